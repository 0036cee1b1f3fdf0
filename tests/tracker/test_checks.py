"""What is refused and what is asked about (domain.md §8), whoever asks: form, month sheet, upload or workflow."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import (
    AnnualResultFactory,
    MilestoneFactory,
    ScheduleNodeFactory,
    TargetFactory,
    UnitFactory,
    UpdateFactory,
    WorkReportFactory,
    close_years,
)
from tracker.assessment import Meaning, preview
from tracker.checks import check
from tracker.models import Measure, ProgressUpdate, Target
from tracker.quantities import read_quantity
from tracker.text import MINUS

pytestmark = pytest.mark.django_db

MARCH, MAY, JUNE, JULY, DECEMBER = (
    dt.date(2018, month, day) for month, day in ((3, 31), (5, 31), (6, 30), (7, 31), (12, 31))
)


def proposed(target: Target, period: dt.date = JUNE, **said: Any) -> ProgressUpdate:
    """An unsaved update; figures as people type them."""
    figures = {name: Decimal(text) if name in ("value", "growth") else text for name, text in said.items()}
    return ProgressUpdate(target=target, period=period, **figures)


def questions(target: Target, period: dt.date = JUNE, **said: Any) -> list[str]:
    return check([proposed(target, period, **said)])[0].warnings


# --- what an update would mean ---


@pytest.mark.parametrize(
    ("make", "period", "said"),
    [
        (lambda: TargetFactory(), JUNE, {"value": "40.5"}),
        (lambda: TargetFactory(comparator="<="), JUNE, {"value": "70"}),
        (lambda: TargetFactory(schedule="annual"), JUNE, {"value": "70"}),
        (lambda: ScheduleNodeFactory(target__schedule="nodes").target, JUNE, {"value": "50"}),
        (lambda: TargetFactory(level=True, growth=Decimal(5), growth_comparator=">="), DECEMBER, {"growth": "4.99"}),
        (lambda: TargetFactory(level=True, comparator="<"), JUNE, {"value": "100"}),
        (lambda: TargetFactory(task=True), DECEMBER, {"stage": "推进中"}),
        (lambda: MilestoneFactory(number=7).target, JUNE, {"stage": "推进中", "steps_done": [7]}),
    ],
    ids=["total", "quota", "annual", "nodes", "growth", "ceiling", "plain task", "steps"],
)
def test_an_update_means_what_it_will_be_judged_to_be_once_it_is_verified(make, period, said):
    target = make()
    [finding] = check([proposed(target, period, **said)])
    UpdateFactory(target=target, period=period, **{"value": None, **proposed_figures(said)})
    judged = Target.objects.filter(pk=target.pk).assessed(period).get()
    assert finding.meaning == Meaning(*(getattr(judged, name) for name in Meaning._fields))


def proposed_figures(said: dict[str, Any]) -> dict[str, Any]:
    return {name: Decimal(text) if name in ("value", "growth") else text for name, text in said.items()}


def test_an_update_is_judged_in_place_of_the_one_that_counts_and_for_its_own_period():
    target = TargetFactory()
    UpdateFactory(target=target, period=JULY, value=Decimal(90))
    [finding] = check([proposed(target, JUNE, value="40")])
    assert finding.meaning is not None
    assert (finding.meaning.completion, finding.meaning.expected, finding.meaning.status) == (40, 50, "BEHIND")


def test_many_updates_of_one_target_are_each_judged_for_themselves():
    target, other = TargetFactory(), TargetFactory(value=Decimal(200))
    updates = [
        proposed(target, MARCH, value="50"),
        proposed(other, JUNE, value="50"),
        proposed(target, JUNE, value="50"),
    ]
    assert [(meaning.completion, meaning.expected) for meaning in preview(updates)] == [(50, 25), (25, 50), (50, 50)]


# --- refused, even as a draft ---


@pytest.mark.parametrize(
    ("make", "period", "sentence"),
    [
        (lambda: TargetFactory(indicator__frequency="quarterly"), MAY, "报告期只有：3月、6月、9月、12月"),
        (lambda: TargetFactory(indicator__first_month=2), dt.date(2018, 1, 31), "报告期只有：2月、3月"),
        (lambda: TargetFactory(), dt.date(2019, 6, 30), "这是2018年度的目标"),
        (lambda: TargetFactory(), dt.date(2018, 9, 30), "2018-09 尚未结束"),
    ],
    ids=["a frequency without it", "before the first month", "another year", "the future"],
)
def test_a_period_that_cannot_be_reported_is_refused_with_what_to_do(make, period, sentence, time_machine):
    time_machine.move_to(dt.datetime(2018, 9, 29, 12, tzinfo=dt.UTC))
    update = proposed(make(), period, value="1")
    [finding] = check([update])
    assert sentence in finding.refusals["period"][0]
    assert finding.meaning is None
    with pytest.raises(ValidationError, match=sentence):
        update.full_clean()


def test_a_month_may_be_reported_on_its_last_day_and_not_before(time_machine):
    target = TargetFactory()
    for day, refused in ((29, True), (30, False)):
        time_machine.move_to(dt.datetime(2018, 6, day, 4, tzinfo=dt.UTC))
        assert ("period" in check([proposed(target, value="50")])[0].refusals) is refused


def test_a_closed_year_refuses_everything():
    target = TargetFactory()
    close_years()
    assert "2018年度已封账" in check([proposed(target, value="50")])[0].refusals["period"][0]


def test_a_number_that_is_not_finite_is_refused():
    target = TargetFactory()
    typed = [
        {name: figure} for name in ("value", "growth") for figure in ("NaN", "Infinity", "-Infinity", "1e14", "-1e15")
    ]
    findings = check([proposed(target, **said) for said in typed])
    refused = [
        {name: "请核对数值和计量单位" in text for name, [text] in finding.refusals.items()} for finding in findings
    ]
    assert refused == [dict.fromkeys(said, True) for said in typed]
    assert not any(finding.meaning for finding in findings)


def test_steps_that_the_task_does_not_have_are_refused():
    step = MilestoneFactory(number=1)
    [finding] = check([proposed(step.target, steps_done=[1, 3, 2])])
    assert finding.refusals["steps_done"] == ["该任务没有序号为 2、3 的节点。"]


@pytest.mark.parametrize(("text", "unit"), [("30.7%", "亿元"), ("５亿元", "个"), ("6.6万平方米", "亿元")])
def test_a_percentage_or_another_dimension_is_no_amount(text, unit):
    UnitFactory(symbol="%", dimension="ratio")
    UnitFactory(symbol="万平方米", dimension="area", factor=10_000)
    amount, _other = UnitFactory(symbol="亿元", dimension="money", factor=10**8), UnitFactory(symbol="个")
    with pytest.raises(ValidationError, match=f"请按“{unit}”填报"):
        read_quantity(text, {"亿元": amount, "个": _other}[unit])


# --- missing: kept as a draft, not submitted ---


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: TargetFactory(), "value"),
        (lambda: TargetFactory(value=None, comparator="", growth=Decimal(5), growth_comparator=">="), "growth"),
        (lambda: TargetFactory(task=True), "stage"),
    ],
    ids=["a value", "a growth", "a task"],
)
def test_nothing_stated_is_no_report(make, where):
    [finding] = check([proposed(make())])
    assert finding.refusals == {}
    assert "没有数据请不要填 0" in finding.missing[where]
    assert finding.meaning is None


@pytest.mark.parametrize(
    ("make", "period", "said", "why"),
    [
        (lambda: TargetFactory(), JUNE, {"value": "49.99"}, "完成率 49.99%，低于序时进度 50.00%"),
        (lambda: TargetFactory(comparator=">"), DECEMBER, {"value": "100"}, "完成值 100 个，未满足目标 > 100 个"),
        (
            lambda: TargetFactory(level=True, comparator="<="),
            JUNE,
            {"value": "101"},
            "完成值 101 个，未满足目标 ≤ 100 个",
        ),
        (
            lambda: TargetFactory(growth=Decimal("9.5"), growth_comparator=">="),
            JUNE,
            {"value": "60", "growth": "9.4"},
            "增速 9.4%，未满足目标 ≥ 9.5%",
        ),
        (lambda: TargetFactory(task=True), DECEMBER, {"stage": "推进中"}, "任务到期仍未完成"),
    ],
    ids=["schedule", "not more than", "ceiling", "growth", "task past due"],
)
def test_who_is_behind_says_why_and_what_is_done_about_it(make, period, said, why):
    target = make()
    [finding] = check([proposed(target, period, **said)])
    assert set(finding.missing) == {"problem", "next_step"}
    assert f"（{why}）" in finding.missing["problem"]
    [half] = check([proposed(target, period, **said, problem="用工不足", next_step="  ")])
    assert set(half.missing) == {"next_step"}
    [explained] = check([proposed(target, period, **said, problem="用工不足", next_step="专场招聘")])
    assert explained.missing == {}


@pytest.mark.parametrize(
    ("judged_by", "counts", "does_not"), [("value", "完成率 40.00%", "增速"), ("growth", "增速 1%", "完成率")]
)
def test_a_facet_that_does_not_count_needs_no_explanation(judged_by, counts, does_not):
    target = TargetFactory(growth=Decimal("9.5"), growth_comparator=">=", judged_by=judged_by)
    [finding] = check([proposed(target, value="40", growth="1")])
    assert counts in finding.missing["problem"]
    assert does_not not in finding.missing["problem"]
    met = {"value": {"value": "50", "growth": "1"}, "growth": {"value": "40", "growth": "9.5"}}[judged_by]
    assert check([proposed(target, **met)])[0].missing == {}


# --- asked about ---


@pytest.fixture
def reported() -> Target:
    """A total of 100 that stood at 40 in May, verified, after 30 in March."""
    target = TargetFactory()
    UpdateFactory(target=target, period=MARCH, value=Decimal(30))
    UpdateFactory(target=target, period=MAY, value=Decimal(40))
    return target


def test_a_total_below_the_last_verified_one_is_asked_about(reported):
    sentence = "累计完成值 39.9 个低于2018年5月已核验的 40 个，累计数一般不会减少，请核对。"
    found = {value: questions(reported, value=value) for value in ("39.9", "40", "40.1")}
    assert found == {"39.9": [sentence], "40": [], "40.1": []}


def test_a_total_is_held_only_against_figures_that_are_verified_and_still_count():
    target, corrected_at = TargetFactory(), dt.datetime(2018, 7, 1, tzinfo=dt.UTC)
    correction = {"revision": 2, "correction_reason": "笔误", "verified_at": corrected_at}
    UpdateFactory(target=target, period=MAY, value=Decimal(35), **correction)
    UpdateFactory(target=target, period=MAY, value=Decimal(40), superseded_at=corrected_at)
    UpdateFactory(target=target, period=JUNE, value=Decimal(90), status="draft")
    assert questions(target, JULY, value="36") == []
    assert "2018年5月已核验的 35 个" in questions(target, JULY, value="34")[0]


def test_a_correction_is_held_against_its_neighbours_and_not_against_what_it_corrects(reported):
    assert questions(reported, MARCH, value="20") == []
    assert questions(reported, MARCH, value="41") == [
        "累计完成值 41 个高于2018年5月已核验的 40 个，累计数一般不会减少，请核对。"
    ]
    assert "低于2018年3月" in questions(reported, MAY, value="29")[0]


def test_a_level_may_fall():
    target = TargetFactory(level=True)
    UpdateFactory(target=target, period=MAY, value=Decimal(40))
    assert questions(target, value="30") == []


def test_a_total_of_another_order_than_the_months_suggest_is_asked_about(reported):
    found, expected = {}, {}
    for value, asked in [("480", ""), ("480.01", "超过其十倍"), ("40", ""), ("4.79", "不到其十分之一")]:
        found[value] = [question for question in questions(reported, value=value) if "推算" in question]
        sentence = f"按2018年5月的 40 个推算，本期约 48 个；所填 {value} 个{asked}，请核对数值和单位。"
        expected[value] = [sentence] if asked else []
    assert found == expected


def test_a_level_of_another_order_than_the_last_one_is_asked_about():
    asked = {}
    for last, value in [("4", "40"), ("4", "40.1"), ("4", "0.4"), ("4", "0.39"), ("-4", "-41"), ("0", "7")]:
        target = TargetFactory(level=True)
        UpdateFactory(target=target, period=MARCH, value=Decimal(last))
        asked[last, value] = len(questions(target, DECEMBER, value=value))
    assert {case for case, count in asked.items() if count} == {("4", "40.1"), ("4", "0.39"), ("-4", "-41")}
    assert set(asked.values()) == {0, 1}


def test_a_correction_of_the_first_period_is_held_against_the_order_of_what_it_corrects(reported):
    assert "按2018年3月的 30 个" in questions(reported, MARCH, value="0.003")[0]


@pytest.fixture
def compared() -> Target:
    """A total with a comparable baseline, which stood at 40 in June of the year before, and at 100 in its December."""
    baseline = AnnualResultFactory(value=Decimal(100))
    WorkReportFactory(plan_year=2017)
    past = TargetFactory(indicator=baseline.indicator, year=2017)
    UpdateFactory(target=past, period=dt.date(2017, 6, 30), value=Decimal(40))
    return TargetFactory(indicator=baseline.indicator, baseline=baseline, baseline_comparable=True)


def test_a_growth_that_contradicts_the_level_is_asked_about(compared):
    cases = [("50", "-1"), ("39", "2"), ("50", "2"), ("39", "-2"), ("50", "0"), ("40", "-2")]
    found = {case: questions(compared, value=case[0], growth=case[1]) for case in cases}
    assert {case: asked for case, asked in found.items() if asked} == {
        ("50", "-1"): [f"完成值 50 个高于上年同期的 40 个，同比增速却为 {MINUS}1%，请核对。"],
        ("39", "2"): ["完成值 39 个低于上年同期的 40 个，同比增速却为 2%，请核对。"],
    }


def test_in_december_the_baseline_itself_is_the_figure_of_the_year_before(compared):
    assert "上年同期的 100 个" in questions(compared, DECEMBER, value="99", growth="3")[0]
    july, december = check(
        [proposed(compared, JULY, value="50", growth="3"), proposed(compared, DECEMBER, value="99", growth="3")]
    )
    assert (len(july.warnings), len(december.warnings)) == (0, 1)


def test_a_baseline_that_is_not_comparable_contradicts_nothing(compared):
    Target.objects.filter(pk=compared.pk).update(baseline_comparable=False, baseline_note="口径不同")
    compared.refresh_from_db()
    assert questions(compared, value="50", growth="-1") == []
    assert questions(compared, DECEMBER, value="50", growth="1") == []


# --- what stands against submitting ---


def test_a_question_is_answered_by_a_remark_and_by_nothing_else(reported):
    [finding] = check([proposed(reported, value="39", problem="核减", next_step="补齐")])
    for blank in ("", "  "):
        assert len(finding.objections(blank)["confirmation"]) == 2
    assert finding.objections("剔除重复登记的 1 个") == {}


def test_refusals_and_what_is_missing_stand_against_submitting_whatever_was_confirmed():
    late = proposed(TargetFactory(indicator__frequency="quarterly"), MAY)
    assert set(check([late])[0].objections("属实")) == {"period", "value"}


# --- cost ---


def test_checking_costs_the_same_for_one_update_and_for_a_thousand():
    baseline = AnnualResultFactory()
    step = MilestoneFactory(number=1)
    targets = [
        TargetFactory(indicator=baseline.indicator, baseline=baseline, baseline_comparable=True),
        Target.objects.get(pk=step.target_id),
    ]
    UpdateFactory(target=targets[0], period=MAY)

    def all_kinds(times: int) -> list[ProgressUpdate]:
        total, task = (
            Target.objects.select_related("indicator__unit").filter(pk__in=[t.pk for t in targets]).order_by("pk")
        )
        if total.measure == Measure.MILESTONE:
            total, task = task, total
        return [
            proposed(total, DECEMBER, value="70", growth="3"),
            proposed(task, JUNE, stage="推进中", steps_done=[1]),
        ] * times

    counts = []
    for times in (1, 25, 500):
        updates = all_kinds(times)
        with CaptureQueriesContext(connection) as queries:
            findings = check(updates)
        assert len(findings) == len(updates)
        assert all(finding.meaning for finding in findings)
        counts.append(len(queries))
    assert counts == [5, 5, 5]


def test_no_updates_cost_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert check([]) == []
