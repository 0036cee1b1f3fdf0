"""单位: the ranking, and one unit's page for a meeting."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from reports.wording import counts_sentence
from tests.factories import DepartmentFactory, ResponsibilityFactory, TargetFactory, UpdateFactory
from tracker.assessment import Judgement
from tracker.models import Role

pytestmark = pytest.mark.django_db

JUNE = "?as_of=2018-06"


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def units(report):
    """Two units with a perfect rate, one with half, one with nothing judged."""
    for name, values in {"甲": [60], "乙": [60, 60], "丙": [60, 10], "丁": []}.items():
        lead = DepartmentFactory(name=name)
        for value in values:
            UpdateFactory(target__lead=lead, value=Decimal(value))
        if not values:
            TargetFactory(lead=lead)


@pytest.mark.parametrize("address", ["/departments/", "/departments/jiaoyu/"])
def test_readers_see_it_outsiders_do_not(as_user, client, ledger, official, colleague, auditor, outsider, address):
    for user in (official, colleague, auditor):
        response = as_user(user).get(address)
        assert response.status_code == 200
        assert "区教育局" in text_of(response)
    assert as_user(outsider).get(address).status_code == 403
    assert client.get(address).headers["Location"] == f"/login/?next={address}"


@pytest.mark.parametrize("address", ["/departments/nothing/", "/departments/jiaoyu/x/", "/departments/区教育局/"])
def test_a_unit_that_does_not_exist_is_not_found(as_user, ledger, official, address):
    assert as_user(official).get(address).status_code == 404


def test_equal_rates_share_a_rank(as_user, units, official):
    rows = as_user(official).get(f"/departments/{JUNE}").context["rows"]
    assert {row["lead"]: (row["rank"], row["rate"]) for row in rows} == {
        "甲": (1, Decimal("100.00")),
        "乙": (1, Decimal("100.00")),
        "丙": (3, Decimal("50.00")),
        "丁": (4, None),
    }


def test_the_chart_says_what_the_table_says(as_user, units, official):
    context = as_user(official).get(f"/departments/{JUNE}").context
    chart = context["chart"]
    assert chart.labels == [row["lead"] for row in context["rows"]]
    assert chart.notes == ["100.00%", "100.00%", "50.00%", "—"]
    for series in chart.series:
        assert series.values == [row[series.role] for row in context["rows"]]
    assert {series.role for series in chart.series} == {"AHEAD", "BEHIND", "NO_DATA"}, "no part for what none has"


def test_a_year_without_lead_units_says_so(as_user, report, official):
    TargetFactory()
    text = text_of(as_user(official).get("/departments/"))
    assert "还没有责任分工" in text
    assert "echarts" not in text


def test_one_units_page_counts_what_it_leads(as_user, ledger, official):
    response = as_user(official).get(f"/departments/jiaoyu/{JUNE}")
    assert response.context["sentence"] == (
        "牵头目标 4 项，参与评价 4 项；达序时 3 项，欠序时 1 项；达序时率 75.00%，在 2 个参评单位中列第 1 位。"
    )
    assert response.context["counts"]["total"] == 4


def test_what_is_behind_comes_first_with_the_reason_and_the_next_step(as_user, ledger, official):
    context = as_user(official).get(f"/departments/gongan/{JUNE}").context
    assert [target.indicator.code for target in context["attention"]] == ["squares", "revenue"]
    assert [target.indicator.code for target in context["rest"]] == ["road"]
    text = text_of(as_user(official).get(f"/departments/gongan/{JUNE}"))
    assert text.index("税源不足") < text.index("其余牵头目标")
    assert "加强征管" in text
    assert 'href="/targets/revenue/' in text


def test_the_public_is_not_told_problems_and_next_steps(client, settings, ledger):
    settings.PUBLIC = True
    text = text_of(client.get(f"/departments/gongan/{JUNE}"))
    assert "公共财政预算收入" in text
    for hidden in ("税源不足", "加强征管", "存在问题"):
        assert hidden not in text


def test_targets_that_it_only_takes_part_in_stand_apart_and_once(as_user, ledger, unit, official):
    ResponsibilityFactory(target=ledger["toilets"], department=unit, role=Role.COOPERATING)
    context = as_user(official).get(f"/departments/jiaoyu/{JUNE}").context
    assert [target.indicator.code for target in context["others"]] == ["squares"]
    assert "squares" not in {target.indicator.code for target in [*context["attention"], *context["rest"]]}


def test_overdue_targets_are_listed_with_their_days(as_user, report, unit, official):
    TargetFactory(indicator__name="无数目标", lead=unit)
    text = text_of(as_user(official).get(f"/departments/jiaoyu/{JUNE}"))
    assert "逾期未报" in text
    assert "最早一期已逾期" in text


def test_a_unit_without_targets_is_still_a_page(as_user, report, official):
    DepartmentFactory(code="idle", name="闲置办")
    assert "没有牵头的目标。" in text_of(as_user(official).get("/departments/idle/"))


def test_a_unit_with_a_successor_says_who_took_over(as_user, report, unit, official):
    DepartmentFactory(code="old", name="旧局", successor=unit)
    assert "其任务由 区教育局 承接" in text_of(as_user(official).get("/departments/old/"))


def test_the_sentence_leaves_out_what_is_not_there():
    counts = {"total": 3, "judged": 0, "rate": None, **{status.name: 0 for status in Judgement}, "NO_DATA": 3}
    assert counts_sentence(counts) == "牵头目标 3 项，参与评价 0 项；未填报 3 项。"
    assert counts_sentence({**counts, "total": 0}) == "没有牵头的目标。"


def test_the_number_of_queries_does_not_depend_on_the_number_of_targets(
    as_user, ledger, unit, many, official, queries_of
):
    page = as_user(official)
    few = {address: queries_of(page, address) for address in ("/departments/", "/departments/jiaoyu/")}
    many(25)
    for number in range(25):
        target = UpdateFactory(target__lead=unit, value=Decimal(number + 1), period=dt.date(2018, 6, 30)).target
        ResponsibilityFactory(target=target, department=unit, role=Role.COOPERATING)
        ResponsibilityFactory(target=UpdateFactory().target, department=unit, role=Role.COOPERATING)
    assert {address: queries_of(page, address) for address in few} == few
    assert max(few.values()) <= 20
