"""数据核对: the figures that do not agree are shown, calmly and exactly."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.factories import AnnualResultFactory, IndicatorFactory, TargetFactory, UpdateFactory
from tracker.models import ProgressUpdate

pytestmark = pytest.mark.django_db

JUNE = "?as_of=2018-06"


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def test_readers_see_it_outsiders_do_not(as_user, client, ledger, official, colleague, outsider):
    for user in (official, colleague):
        assert "地区生产总值" in text_of(as_user(user).get("/data-check/"))
    assert as_user(outsider).get("/data-check/").status_code == 403
    assert client.get("/data-check/").headers["Location"] == "/login/?next=/data-check/"


def test_the_reports_gdp_is_shown_as_it_is(as_user, ledger, official):
    text = text_of(as_user(official).get(f"/data-check/{JUNE}"))
    assert "614.8 × (1 + 9.5%) = 673.21，所印为 678（亿元）" in text
    assert "678 ÷ 614.8 − 1 = 10.28%；按所印位数，增速可在 10.1895%～10.3701% 之间" in text
    assert "超出舍入误差" in text
    assert "不等不等于有错" in text


def test_each_verdict_is_counted(as_user, ledger, official):
    context = as_user(official).get(f"/data-check/{JUNE}").context
    assert [(str(verdict.label), count) for verdict, count in context["promises"].verdicts] == [
        ("超出舍入误差", 1),
        ("无法核对", 1),
    ]


def test_what_is_not_comparable_says_why(as_user, report, official):
    TargetFactory(
        value=Decimal(30),
        growth=Decimal(15),
        growth_comparator=">=",
        baseline=AnnualResultFactory(value=Decimal("26.2"), indicator__name="财政总收入"),
        baseline_comparable=False,
        baseline_note="口径不同，不宜相除。",
    )
    text = text_of(as_user(official).get("/data-check/"))
    for shown in ("不可比", "基数：财政总收入", "口径不同，不宜相除。"):
        assert shown in text


def test_results_are_held_against_the_year_before(as_user, report, official):
    indicator = IndicatorFactory(name="社零")
    AnnualResultFactory(indicator=indicator, year=2017, value=Decimal(435))
    AnnualResultFactory(
        indicator=indicator, year=2018, value=Decimal(455), growth=Decimal("10.1"), section=None, paragraph=None,
        source_url="https://example.org/",
    )  # fmt: skip
    (row,) = as_user(official).get("/data-check/").context["results"].rows
    assert (row.verdict, row.implied_value) == ("outside rounding", Decimal("478.94"))


def test_a_stated_rate_is_held_against_the_target(as_user, ledger, official):
    UpdateFactory(
        target=ledger["revenue"], period=dt.date(2018, 3, 31), value=Decimal("9.01"), stated_rate=Decimal("30.7")
    )
    page = as_user(official)
    text = text_of(page.get(f"/data-check/{JUNE}"))
    assert "9.01 ÷ 30（亿元）= 30.03%" in text
    assert "按它倒推，目标约为 29.35 亿元" in text
    assert "30.7" not in text_of(page.get("/data-check/?as_of=2018-02"))


def test_an_unverified_or_corrected_rate_is_left_out(as_user, ledger, supervisor):
    UpdateFactory(target=ledger["trees"], status="submitted", stated_rate=Decimal("51"), source_url="")
    old = UpdateFactory(target=ledger["trees"], period=dt.date(2018, 3, 31), stated_rate=Decimal("52"))
    ProgressUpdate.objects.filter(pk=old.pk).update(superseded_at=dt.datetime(2018, 8, 1, tzinfo=dt.UTC))
    assert as_user(supervisor).get(f"/data-check/{JUNE}").context["rates"].rows == []


def test_an_empty_year_is_still_a_page(as_user, report, official):
    text = text_of(as_user(official).get("/data-check/"))
    assert "没有同时写明总量和增速的数" in text
    assert "截至本月没有写明完成率的填报" in text


def test_the_number_of_queries_does_not_depend_on_the_number_of_figures(as_user, ledger, official, queries_of):
    page = as_user(official)
    UpdateFactory(target=ledger["trees"], stated_rate=Decimal(50))
    few = queries_of(page, "/data-check/")
    for _ in range(25):
        baseline = AnnualResultFactory(value=Decimal(90), growth=Decimal(5))
        UpdateFactory(
            target__baseline=baseline, target__baseline_comparable=True, target__growth=Decimal(10),
            target__growth_comparator=">=", stated_rate=Decimal(50),
        )  # fmt: skip
    assert queries_of(page, "/data-check/") == few
    assert few <= 12
