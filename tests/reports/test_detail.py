"""目标详情: one target, for whoever may see it, with everything that belongs to it and nothing else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.factories import (
    EvidenceFactory,
    MilestoneFactory,
    ResponsibilityFactory,
    TargetFactory,
    UpdateFactory,
)
from tracker.models import Category, ProgressUpdate, Role

pytestmark = pytest.mark.django_db

JUNE = "?as_of=2018-06"


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def corrected(target, before, after, **kwargs):
    """A figure of June that was corrected on 1 September."""
    instant = dt.datetime(2018, 9, 1, tzinfo=dt.UTC)
    UpdateFactory(target=target, value=Decimal(before), superseded_at=instant)
    return UpdateFactory(
        target=target, value=Decimal(after), revision=2, correction_reason="漏计一处", verified_at=instant, **kwargs
    )


def test_everyone_who_reads_the_ledger_sees_a_target(as_user, ledger, official, reporter, colleague, auditor):
    for user in (official, reporter, colleague, auditor):
        response = as_user(user).get("/targets/gdp/")
        assert response.status_code == 200
        assert "地区生产总值" in text_of(response)


def test_somebody_without_a_role_is_refused_and_a_stranger_asked_to_sign_in(as_user, client, ledger, outsider):
    assert as_user(outsider).get("/targets/gdp/").status_code == 403
    assert client.get("/targets/gdp/").headers["Location"] == "/login/?next=/targets/gdp/"


@pytest.mark.parametrize("address", ["/targets/nothing/", "/targets/gdp/extra/", "/targets/g dp/", "/targets/GDP/"])
def test_a_target_that_does_not_exist_is_not_found(as_user, ledger, official, address):
    assert as_user(official).get(address).status_code == 404


def test_the_target_of_another_year_is_not_shown_in_this_one(as_user, ledger, official):
    last_year = TargetFactory(year=2017, section__report__plan_year=2017, indicator__code="old")
    page = as_user(official)
    assert page.get("/targets/old/?as_of=2018-06").status_code == 404
    assert page.get("/targets/old/?as_of=2017-06").context["target"].pk == last_year.pk


def test_the_promise_stands_there_as_worded_with_its_place(as_user, ledger, official):
    text = text_of(as_user(official).get(f"/targets/revenue/{JUNE}"))
    assert "“增长15%，达到30亿元”" in text
    assert "总目标 主要预期目标 · 第 1 段" in text
    assert "原文限定词：以内" in text_of(as_user(official).get(f"/targets/unemployment/{JUNE}"))


def test_a_target_outside_the_report_names_its_source(as_user, report, official):
    TargetFactory(section=None, paragraph=None, source_url="https://example.org/notice", indicator__code="extra")
    text = text_of(as_user(official).get("/targets/extra/"))
    assert "报告之外公布的目标" in text
    assert 'href="https://example.org/notice"' in text


def test_both_facets_have_a_status_of_their_own(as_user, ledger, official):
    response = as_user(official).get(f"/targets/revenue/{JUNE}")
    facets = {facet.name: facet for facet in response.context["facets"]}
    assert (facets["value"].status, facets["value"].light) == ("ON", "green")
    assert (facets["growth"].status, facets["growth"].light) == ("BEHIND", "red")
    assert "只作对照，不参与评价" not in text_of(response)


def test_a_facet_that_does_not_count_says_so(as_user, ledger, official):
    response = as_user(official).get(f"/targets/gdp/{JUNE}")
    assert [(facet.name, facet.counts) for facet in response.context["facets"]] == [("value", False), ("growth", True)]
    assert "只作对照，不参与评价" in text_of(response)


def test_the_reason_is_the_arithmetic_that_was_done(as_user, ledger, official):
    response = as_user(official).get(f"/targets/gdp/{JUNE}")
    told = "\n".join(response.context["reasoning"])
    assert "完成率 = 263 ÷ 678 = 38.79%。" in told
    assert "增速差 = 7.50 − 9.50 = −2.00 个百分点" in told
    assert "增速低于目标 2.00 个百分点" in text_of(response)


def test_what_remains_is_labelled_as_arithmetic(as_user, ledger, official):
    text = text_of(as_user(official).get(f"/targets/revenue/{JUNE}"))
    assert "算术推算，不是预测" in text
    for shown in ("13.40", "2.23", "33.20"):
        assert shown in text
    assert "算术推算" not in text_of(as_user(official).get(f"/targets/census/{JUNE}"))


def test_the_trend_and_its_table_are_the_same_series(as_user, ledger, official):
    UpdateFactory(target=ledger["revenue"], period=dt.date(2018, 3, 31), value=Decimal("9.01"))
    level, growth = as_user(official).get(f"/targets/revenue/{JUNE}").context["charts"]
    lines = {series.role: series.values for series in level.series}
    assert (lines["actual"][2], lines["actual"][5], lines["actual"][6]) == (Decimal("9.01"), Decimal("16.60"), None)
    assert lines["planned"] == [Decimal("2.50") * month for month in range(1, 13)]
    assert set(lines["goal"]) == {Decimal(30)}
    assert "before" not in lines, "there is no figure of last year"
    assert [series.role for series in growth.series] == ["actual", "goal"]
    assert level.data["series"][0]["values"][5] == "16.60"


def test_last_years_figures_are_drawn_beside_this_years(as_user, ledger, official):
    last_year = TargetFactory(
        indicator=ledger["revenue"].indicator, year=2017, section__report__plan_year=2017, value=25
    )
    UpdateFactory(target=last_year, period=dt.date(2017, 6, 30), value=Decimal("14.2"))
    level, _growth = as_user(official).get(f"/targets/revenue/{JUNE}").context["charts"]
    (before,) = [series for series in level.series if series.role == "before"]
    assert before.values[5] == Decimal("14.2")


def test_months_after_the_chosen_one_are_not_shown(as_user, ledger, official):
    UpdateFactory(target=ledger["revenue"], period=dt.date(2018, 9, 30), value=Decimal("27.77"))
    page = as_user(official)
    assert "27.77" not in text_of(page.get(f"/targets/revenue/{JUNE}"))
    assert "27.77" in text_of(page.get("/targets/revenue/?as_of=2018-09"))


def test_a_schedule_that_is_the_goal_itself_is_no_second_line(as_user, ledger, official):
    target = TargetFactory(level=True, value=60)
    UpdateFactory(target=target, value=50)
    (level,) = as_user(official).get(f"/targets/{target.indicator.code}/{JUNE}").context["charts"]
    assert [series.role for series in level.series] == ["actual", "goal"]


def test_a_plain_task_has_no_chart_and_shows_its_stage(as_user, ledger, official):
    response = as_user(official).get(f"/targets/census/{JUNE}")
    assert response.context["charts"] == []
    assert "echarts" not in response.content.decode()
    assert '<li aria-current="step">推进中</li>' in text_of(response)
    assert "人工评定" in text_of(response)


def test_steps_are_done_due_or_to_come(as_user, ledger, official):
    MilestoneFactory(target=ledger["road"], number=3, due_on=dt.date(2018, 5, 31))
    steps = as_user(official).get(f"/targets/road/{JUNE}").context["steps"]
    assert [(step.milestone.number, step.is_done, step.is_due) for step in steps] == [
        (1, True, True),
        (2, False, False),
        (3, False, True),
    ]


def test_a_month_once_red_stays_in_the_strip(as_user, report, official):
    target = UpdateFactory(target__indicator__code="dams", period=dt.date(2018, 3, 31), value=Decimal(5)).target
    UpdateFactory(target=target, period=dt.date(2018, 6, 30), value=Decimal(55))
    strip = as_user(official).get(f"/targets/dams/{JUNE}").context["strip"]
    assert [strip[2].judged.then_light, strip[5].judged.then_light] == ["red", "green"]
    assert strip[5].is_chosen
    assert strip[6].judged.now_status is None, "the page speaks for June"


def test_a_correction_is_shown_with_its_reason_and_what_it_replaced(as_user, report, official):
    target = TargetFactory(indicator__code="dams")
    corrected(target, 20, 60)
    response = as_user(official).get(f"/targets/dams/{JUNE}")
    (period,) = response.context["periods"]
    assert (period.latest.value, [update.value for update in period.earlier]) == (60, [20])
    text = text_of(response)
    for shown in ("漏计一处", "已更正", "更正于 2018-09-01", "据此评价"):
        assert shown in text


def test_a_past_account_shows_what_was_known_then(as_user, report, reporter, unit):
    target = TargetFactory(indicator__code="dams", lead=unit)
    corrected(target, 20, 60)
    UpdateFactory(target=target, period=dt.date(2018, 5, 31), status="draft", value=Decimal(4321), source_url="")
    response = as_user(reporter).get(f"/targets/dams/{JUNE}&known_at=2018-08-01")
    assert response.context["target"].actual == 20
    assert [(period.latest.value, period.earlier) for period in response.context["periods"]] == [(20, [])]
    text = text_of(response)
    assert "已更正" not in text
    assert "4,321" not in text, "what is under way now was not known then"
    assert "known_at=2018-08-02T00%3A00%3A00" in text, "links stay at the same instant"


def test_the_public_sees_figures_and_no_remarks_names_or_files(client, settings, ledger, supervisor):
    settings.PUBLIC = True
    UpdateFactory(
        target=ledger["trees"], value=Decimal(77), remark="内部说明", problem="内部问题", next_step="内部措施",
        verified_by=supervisor, entered_by=supervisor,
    )  # fmt: skip
    UpdateFactory(target=ledger["trees"], period=dt.date(2018, 5, 31), status="draft", value=Decimal(4321))
    text = text_of(client.get(f"/targets/trees/{JUNE}"))
    assert "77" in text
    for hidden in ("内部说明", "内部问题", "内部措施", supervisor.username, "4,321", "填报人", "核验人"):
        assert hidden not in text


def test_remarks_and_the_next_step_are_told(as_user, ledger, official):
    UpdateFactory(
        target=ledger["trees"], problem="苗木\n未到位", next_step="<b>补种</b>", remark="分两批", confirmation="已核"
    )
    text = text_of(as_user(official).get(f"/targets/trees/{JUNE}"))
    assert "苗木<br>未到位" in text
    assert "&lt;b&gt;补种&lt;/b&gt;" in text
    assert "分两批" in text
    assert "已核" in text


def test_unverified_updates_are_for_those_concerned_only(
    as_user, ledger, official, reporter, colleague, supervisor, auditor
):
    UpdateFactory(
        target=ledger["toilets"], period=dt.date(2018, 5, 31), status="submitted", value=Decimal("4321"), source_url=""
    )
    for user, sees in ((reporter, True), (supervisor, True), (auditor, True), (colleague, False), (official, False)):
        text = text_of(as_user(user).get(f"/targets/toilets/{JUNE}"))
        assert ("4,321" in text) is sees
        assert ("尚未核验" in text) is sees


def test_evidence_is_linked_for_those_who_may_see_it(as_user, ledger, official, reporter, colleague):
    draft = UpdateFactory(target=ledger["toilets"], period=dt.date(2018, 5, 31), status="draft", source_url="")
    file = EvidenceFactory(update=draft)
    link = f'href="/evidence/{file.pk}/"'
    assert link in text_of(as_user(reporter).get(f"/targets/toilets/{JUNE}"))
    for user in (colleague, official):
        assert link not in text_of(as_user(user).get(f"/targets/toilets/{JUNE}"))


def test_the_form_is_linked_for_those_who_enter_the_figure(as_user, ledger, reporter, colleague, official):
    link = f'href="/admin/tracker/progressupdate/add/?target={ledger["toilets"].pk}"'
    assert link in text_of(as_user(reporter).get("/targets/toilets/"))
    for user in (colleague, official):
        assert link not in text_of(as_user(user).get("/targets/toilets/"))


def test_who_is_responsible_and_how_that_is_known(as_user, ledger, official):
    response = as_user(official).get(f"/targets/squares/{JUNE}")
    roles = {str(role): [row.department.name for row in rows] for role, rows in response.context["responsibilities"]}
    assert roles == {"牵头单位": ["岳阳楼公安分局"], "配合单位": ["区教育局"], "数据来源单位": ["区教育局"]}
    assert 'href="/departments/jiaoyu/' in text_of(response)
    assert "按职能" in text_of(response)


def test_sub_targets_are_added_up_and_the_difference_is_shown(as_user, ledger, official):
    for value in (2000, 3000):
        UpdateFactory(target__parent=ledger["toilets"], value=Decimal(value))
    response = as_user(official).get(f"/targets/toilets/{JUNE}")
    assert response.context["total"].parts_total == 5000
    assert "可加总的 2 项合计" in text_of(response)
    assert "260" in text_of(response), "5,260 − 5,000"


def test_the_baseline_and_what_the_data_check_says_of_it(as_user, ledger, official):
    text = text_of(as_user(official).get(f"/targets/gdp/{JUNE}"))
    assert "614.8 × (1 + 9.5%) = 673.21，所印为 678（亿元）" in text
    assert "基数须约为 619.18 亿元" in text
    assert "超出舍入误差" in text


def test_a_target_without_anything_is_still_a_page(as_user, report, official):
    TargetFactory(indicator__code="bare", category=Category.MAIN)
    text = text_of(as_user(official).get("/targets/bare/"))
    assert "未填报" in text
    assert "还没有登记责任单位" in text
    assert "截至本月还没有经核验的填报" in text


def test_demonstration_data_is_announced(as_user, ledger, official):
    page = as_user(official)
    assert "本页含演示数据" in text_of(page.get(f"/targets/toilets/{JUNE}"))
    assert "本页含演示数据" not in text_of(page.get(f"/targets/gdp/{JUNE}"))


def test_a_wrong_month_gives_a_usable_page_with_a_notice(as_user, ledger, official):
    response = as_user(official).get("/targets/gdp/?as_of=2018-13")
    assert "现按2018年6月显示" in text_of(response)


def test_the_number_of_queries_does_not_depend_on_the_number_of_updates(as_user, ledger, official, queries_of):
    page = as_user(official)
    few = queries_of(page, "/targets/trees/?as_of=2018-12")
    for month in range(1, 13):
        end = (dt.date(2018, month, 28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
        for revision in range(1, 6):
            counts = revision == 5
            UpdateFactory(
                target=ledger["trees"],
                period=end,
                revision=revision,
                correction_reason="" if revision == 1 else "更正",
                superseded_at=None if counts else dt.datetime(2019, 1, 20, tzinfo=dt.UTC),
            )
    ResponsibilityFactory(target=ledger["trees"], role=Role.COOPERATING)
    for _ in range(20):
        UpdateFactory(target__parent=ledger["trees"], target__lead=None)
    assert ProgressUpdate.objects.filter(target=ledger["trees"]).count() >= 50
    # Sub-targets cost one more query than none: their total.
    many = queries_of(page, "/targets/trees/?as_of=2018-12")
    assert many - few <= 3
    assert many <= 30
