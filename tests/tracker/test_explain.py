"""`manage.py assess --explain` tells how a target came to its status, and agrees with the verdict."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.factories import IndicatorFactory, MilestoneFactory, TargetFactory, UpdateFactory, WorkReportFactory
from tracker.assessment import Judgement, Light, Reason, sql
from tracker.explain import SENTENCES, explain
from tracker.models import Target

pytestmark = pytest.mark.django_db

JUNE = dt.date(2018, 6, 1)


def sentences(target, as_of=JUNE, **kwargs):
    return "\n".join(explain(target, as_of, **kwargs))


def assess(*args):
    out = StringIO()
    call_command("assess", *args, stdout=out)
    return out.getvalue()


def test_the_arithmetic_of_a_cumulative_target_is_written_out():
    target = TargetFactory(value=Decimal(678), growth=Decimal("9.5"), growth_comparator=">=")
    UpdateFactory(target=target, value=Decimal(263), growth=Decimal("7.5"))
    told = sentences(target)
    assert "完成率 = 263 ÷ 678 = 38.79%。" in told
    assert "序时进度 = 月份 ÷ 期限月份 = 6 ÷ 12 = 50.00%。" in told
    assert "超/欠序时 = 38.79 − 50.00 = −11.21 个百分点。" in told
    assert "增速差 = 7.50 − 9.50 = −2.00 个百分点，不满足 ≥ 9.5%" in told
    assert "总评：欠序时，红灯" in told


def test_growth_is_rounded_half_up_as_it_was_compared():
    target = TargetFactory(growth=Decimal("9.5"), growth_comparator=">=")
    UpdateFactory(target=target, growth=Decimal("9.485"))
    assert "增速差 = 9.49 − 9.50 = −0.01 个百分点" in sentences(target)


def test_without_a_counting_update_no_number_is_invented():
    told = sentences(TargetFactory())
    assert "未填报，不亮灯" in told
    assert "÷" not in told


def test_a_past_account_is_told_as_it_was_known_then():
    target = TargetFactory()
    UpdateFactory(target=target, verified_at=dt.datetime(2018, 7, 10, tzinfo=dt.UTC))
    assert "未填报" in sentences(target, known_at=dt.datetime(2018, 7, 9, tzinfo=dt.UTC))
    assert "达序时" in sentences(target, known_at=dt.datetime(2018, 7, 11, tzinfo=dt.UTC))


def test_a_schedule_that_fell_back_to_linear_says_so():
    target = TargetFactory(schedule="last_year")
    UpdateFactory(target=target)
    assert "没有上年同期数，改按月均摊" in sentences(target)


def every_kind_of_target():
    """Targets that between them fire every rule of the assessment."""
    for value in (0, 1, 49, 50, 61, 99, 100, 300):
        yield UpdateFactory(value=Decimal(value)).target
        yield UpdateFactory(target__level=True, value=Decimal(value)).target
        yield UpdateFactory(target__comparator="<=", value=Decimal(value)).target
        yield UpdateFactory(target__level=True, target__comparator="<", value=Decimal(value)).target
        yield UpdateFactory(target__comparator=">", value=Decimal(value), period=dt.date(2018, 12, 31)).target
        yield UpdateFactory(target__schedule="annual", value=Decimal(value)).target
        yield UpdateFactory(target__schedule="quarterly", value=Decimal(value), period=dt.date(2018, 2, 28)).target
        yield UpdateFactory(target__schedule="nodes", value=Decimal(value)).target
        yield UpdateFactory(
            target__growth=Decimal(10), target__growth_comparator=">=", growth=Decimal(value), value=None
        ).target
    for stage in ("未启动", "前期工作", "推进中", "已完成"):
        for pace in ("正常推进", "推进缓慢", ""):
            for period in (dt.date(2018, 6, 30), dt.date(2018, 12, 31)):
                yield UpdateFactory(target__task=True, value=None, stage=stage, pace=pace, period=period).target
    growing = {"target__growth": Decimal(10), "target__growth_comparator": ">="}
    for schedule in ("linear", "annual"):
        for growth in (Decimal(9), Decimal(11), None):
            for period in (dt.date(2018, 6, 30), dt.date(2018, 12, 31)):
                yield UpdateFactory(**growing, target__schedule=schedule, growth=growth, period=period).target
    yield UpdateFactory(**growing, target__judged_by="growth").target
    step = MilestoneFactory()
    MilestoneFactory(target=step.target, due_on=dt.date(2018, 12, 31))
    UpdateFactory(target=step.target, value=None, steps_done=[step.number])
    yield step.target
    yield TargetFactory()


def test_what_is_told_agrees_with_the_verdict_for_every_kind_of_target():
    kinds = list(every_kind_of_target())
    verdicts = Target.objects.assessed(dt.date(2018, 12, 1)).in_bulk([target.pk for target in kinds])
    for target in kinds:
        told = sentences(target, dt.date(2018, 12, 1))
        verdict = verdicts[target.pk]
        if verdict.status == Judgement.NO_DATA:
            assert "未填报" in told
            continue
        assert f"总评：{Judgement(verdict.status).label}，{Light(verdict.light).label}" in told, told
        assert "None" not in told, told
        if verdict.completion is not None:
            assert f"= {verdict.completion}%" in told


def test_every_reason_that_the_rules_can_give_has_a_sentence_and_no_other():
    rules = Path(sql.__file__).parent
    text = "".join((rules / name).read_text(encoding="utf-8") for name in ("layers.sql", "verdict.sql"))
    assert set(re.findall(r"'([A-Z_]+\.[a-z_]+)'", text)) == set(Reason) == set(SENTENCES)


def test_every_reason_occurs_and_names_the_status_that_it_is_the_reason_of():
    for _target in every_kind_of_target():
        pass
    found = set()
    for target in Target.objects.assessed(dt.date(2018, 12, 1)):
        for facet in ("value_", "growth_", ""):
            status, reason = getattr(target, f"{facet}status"), getattr(target, f"{facet}reason")
            assert (status is None) == (reason is None)
            if reason is not None:
                assert Reason(reason).judgement == status
                found.add(Reason(reason))
        assert target.reason in {target.value_reason, target.growth_reason, Reason.NO_FACET, Reason.NO_UPDATE}
    assert found == set(Reason)


def test_a_target_of_which_nothing_is_judged_says_so():
    target = UpdateFactory(
        target__growth=Decimal(10), target__growth_comparator=">=", target__judged_by="growth"
    ).target
    assert "总评：不评价，不亮灯：评价依据（增速）中没有可评价的一项。" in sentences(target)


def test_a_promise_and_a_figure_are_told_with_their_place_and_their_digits():
    WorkReportFactory(plan_year=2018)
    target = TargetFactory(section=None, paragraph=None, source_url="https://example.org/goals", value=Decimal(12000))
    UpdateFactory(target=target, value=Decimal("6000.50"), growth=Decimal("-1.5"))
    told = sentences(target)
    assert "出处 https://example.org/goals" in told
    assert "完成值 6,000.50个，增速 −1.5%" in told


def test_a_completion_that_is_99_99_without_being_cut_is_written_out_as_it_is():
    assert "四舍五入为 100.00，记 99.99" in sentences(UpdateFactory(value=Decimal("99.996")).target)
    assert "完成率 = 99.99 ÷ 100 = 99.99%。" in sentences(UpdateFactory(value=Decimal("99.99")).target)


def test_it_asks_the_same_number_of_queries_for_any_target(django_assert_num_queries):
    update = UpdateFactory()
    target = Target.objects.select_related("indicator__unit", "section").get(pk=update.target.pk)
    with django_assert_num_queries(3):
        sentences(target)


def test_the_command_takes_a_code_a_month_and_an_instant():
    UpdateFactory(target__indicator=IndicatorFactory(code="gdp"))
    assert "截至 2018-06" in assess("--explain", "gdp", "--as-of", "2018-06")
    assert "截至 2018-12" in assess("--explain", "gdp")
    assert "未填报" in assess("--explain", "gdp", "--known-at", "2018-01-01")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--explain", "nothing"], "没有代码为“nothing”的目标"),
        (["--explain", "gdp", "--as-of", "2018-13"], "月份“2018-13”无法识别"),
        (["--explain", "gdp", "--as-of", "June"], "月份“June”无法识别"),
        (["--explain", "gdp", "--known-at", "yesterday"], "账面时点“yesterday”无法识别"),
        (["--explain", "gdp", "--known-at", "2018-02-30"], "账面时点“2018-02-30”无法识别"),
    ],
)
def test_a_wrong_argument_is_answered_with_a_sentence(args, sentence):
    UpdateFactory(target__indicator=IndicatorFactory(code="gdp"))
    with pytest.raises(CommandError, match=sentence):
        assess(*args)
