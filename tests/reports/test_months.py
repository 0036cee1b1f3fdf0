from __future__ import annotations

import datetime as dt
import re

import pytest
import time_machine

from reports.months import choose_month, default_month, parse_month
from tests.factories import TargetFactory, UpdateFactory, WorkReportFactory
from tracker.models import ProgressUpdate

pytestmark = pytest.mark.django_db
JUNE = dt.date(2018, 6, 30)


def choose(text=""):
    return choose_month(text, ProgressUpdate.objects.all())


@pytest.mark.parametrize(
    "text", ["2018", "2018-13", "2018-6", "2018-00", "２０１８-06", "2018-06-01", "abc", "\x00", "1999-01"]
)
def test_only_a_month_is_a_month(text):
    with pytest.raises(ValueError, match=re.escape(text)):
        parse_month(text)


def test_a_month_is_named_by_its_last_day():
    assert parse_month("2018-02") == dt.date(2018, 2, 28)


def test_without_a_report_there_is_no_month():
    assert choose() is None


def test_the_default_is_the_latest_month_with_a_verified_figure_of_the_newest_year(report):
    target = TargetFactory()
    UpdateFactory(target=target, period=dt.date(2018, 3, 31))
    UpdateFactory(target=target, period=JUNE)
    UpdateFactory(target=target, period=dt.date(2018, 9, 30), status="draft")
    assert choose().month == JUNE
    assert [day for _, day, reported in choose().months if reported] == [dt.date(2018, 3, 31), JUNE]


def test_without_figures_a_past_year_stands_at_december(report):
    assert choose().month == dt.date(2018, 12, 31)


@pytest.mark.parametrize(("today", "month"), [("2018-04-15", 4), ("2017-12-28", 1), ("2018-12-31", 12)])
def test_without_figures_the_current_year_stands_at_the_current_month(today, month):
    with time_machine.travel(dt.datetime.fromisoformat(today).replace(hour=4, tzinfo=dt.UTC)):
        assert default_month(2018, []).month == month
        assert default_month(2018, []).year == 2018


def test_the_address_chooses_month_and_year(report):
    WorkReportFactory(plan_year=2019)
    chosen = choose("2018-03")
    assert (chosen.key, chosen.report.plan_year, chosen.notice) == ("2018-03", 2018, "")
    assert chosen.other_years == [(2019, "2019-03")]
    assert choose().report.plan_year == 2019


@pytest.mark.parametrize("text", ["nonsense", "2018-13", "2031-06"])
def test_a_month_that_cannot_be_shown_is_answered_with_the_default_and_a_notice(report, text):
    UpdateFactory(period=JUNE)
    chosen = choose(text)
    assert chosen.month == JUNE
    assert text in chosen.notice
    assert "2018年6月" in chosen.notice
