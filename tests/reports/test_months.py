from __future__ import annotations

import datetime as dt
import html
import re

import pytest
import time_machine

from reports import months
from reports.months import default_month, parse_month
from tests.factories import TargetFactory, UpdateFactory, WorkReportFactory
from tracker.models import ProgressUpdate

pytestmark = pytest.mark.django_db
JUNE = dt.date(2018, 6, 30)


def resolve(text="", known_at="", *, may_look_back=True):
    asked = {"as_of": text, "known_at": known_at}
    return months.resolve(asked, ProgressUpdate.objects.all(), may_look_back=may_look_back)


@pytest.mark.parametrize(
    "text", ["2018", "2018-13", "2018-6", "2018-00", "２０１８-06", "2018-06-01", "abc", "\x00", "1999-01"]
)
def test_only_a_month_is_a_month(text):
    with pytest.raises(ValueError, match=re.escape(text)):
        parse_month(text)


def test_a_month_is_named_by_its_last_day():
    assert parse_month("2018-02") == dt.date(2018, 2, 28)


def test_without_a_report_there_is_no_month():
    assert resolve() is None


def test_the_default_is_the_latest_month_with_a_verified_figure_of_the_newest_year(report):
    target = TargetFactory()
    UpdateFactory(target=target, period=dt.date(2018, 3, 31))
    UpdateFactory(target=target, period=JUNE)
    UpdateFactory(target=target, period=dt.date(2018, 9, 30), status="draft")
    assert resolve().month == JUNE
    assert [day for _, day, reported in resolve().months if reported] == [dt.date(2018, 3, 31), JUNE]


def test_without_figures_a_past_year_stands_at_december(report):
    assert resolve().month == dt.date(2018, 12, 31)


@pytest.mark.parametrize(("today", "month"), [("2018-04-15", 4), ("2017-12-28", 1), ("2018-12-31", 12)])
def test_without_figures_the_current_year_stands_at_the_current_month(today, month):
    with time_machine.travel(dt.datetime.fromisoformat(today).replace(hour=4, tzinfo=dt.UTC)):
        assert default_month(2018, []).month == month
        assert default_month(2018, []).year == 2018


def test_the_address_chooses_month_and_year(report):
    WorkReportFactory(plan_year=2019)
    chosen = resolve("2018-03")
    assert (chosen.key, chosen.report.plan_year, chosen.notices) == ("2018-03", 2018, [])
    assert chosen.other_years == [(2019, "2019-03")]
    assert resolve().report.plan_year == 2019


@pytest.mark.parametrize("text", ["nonsense", "2018-13", "2031-06"])
def test_a_month_that_cannot_be_shown_is_answered_with_the_default_and_a_notice(report, text):
    UpdateFactory(period=JUNE)
    chosen = resolve(text)
    assert chosen.month == JUNE
    [notice] = chosen.notices
    assert text in notice
    assert "2018年6月" in notice


JULY_18 = dt.datetime(2018, 7, 18, 1, tzinfo=dt.UTC)  # nine in the morning here


def test_a_past_instant_is_carried_along_and_the_present_is_not(report):
    then = resolve("2018-06", "2018-07-18T09:00")
    assert (then.known_at, then.looks_back) == (JULY_18, True)
    assert then.params == {"as_of": "2018-06", "known_at": "2018-07-18T09:00:00"}
    assert then.query == "as_of=2018-06&known_at=2018-07-18T09%3A00%3A00"
    assert resolve("2018-06").params == {"as_of": "2018-06"}


def test_what_is_carried_along_names_the_same_instant_again(report):
    then = resolve("2018-06", "2018-07-18")
    assert then.known_at == dt.datetime(2018, 7, 18, 16, tzinfo=dt.UTC)  # the end of that day
    assert resolve("2018-06", then.params["known_at"]).known_at == then.known_at


def test_the_default_month_is_the_latest_that_was_known_then(report):
    target = TargetFactory()
    UpdateFactory(target=target, period=dt.date(2018, 3, 31), verified_at=dt.datetime(2018, 4, 10, tzinfo=dt.UTC))
    UpdateFactory(target=target, period=JUNE, verified_at=dt.datetime(2018, 7, 10, tzinfo=dt.UTC))
    assert resolve(known_at="2018-05-01").key == "2018-03"
    assert resolve().key == "2018-06"


@pytest.mark.parametrize(
    "text", ["昨天", "2018-13-01", "2018-07-18T99:00", "\x00", "9999-12-31", "0001-01-01T00:00+14:00"]
)
def test_an_instant_that_cannot_be_shown_is_answered_with_the_present_and_a_notice(report, text):
    chosen = resolve("2018-06", text)
    assert not chosen.looks_back
    assert len(chosen.notices) == 1


def test_an_instant_that_is_still_to_come_is_answered_with_the_present(report):
    assert resolve("2018-06", "2999-12-31").notices == ["账面时点不能晚于现在；现按最新账面显示。"]


def test_who_may_see_no_update_sees_no_month_as_reported(report, outsider):
    UpdateFactory(period=JUNE)
    assert months.reported_months(ProgressUpdate.objects.visible_to(outsider), 2018) == []


def test_visitors_who_may_not_look_back_are_told_so(report):
    chosen = resolve("2018-06", "2018-07-18", may_look_back=False)
    assert not chosen.looks_back
    assert "登录" in chosen.notices[0]


THEN = "as_of=2018-05&known_at=2018-07-18T09%3A00%3A00"


@pytest.mark.parametrize("address", ["/", "/targets/", "/departments/", "/sections/", "/data-check/", "/results/2017/"])
def test_every_link_between_pages_keeps_the_month_and_the_instant(as_user, ledger, official, address):
    page = html.unescape(as_user(official).get(f"{address}?{THEN}").content.decode())
    links = re.findall(r'href="(/(?:targets|departments|sections|data-check|results|updates|screen)/[^"#]*)', page)
    assert len(links) > 5
    assert [link for link in links if THEN not in link] == []


def test_choosing_an_instant_keeps_the_filters(as_user, ledger, official):
    page = as_user(official).get("/targets/?light=red&light=yellow&page=2").content.decode()
    form = page[page.index('class="look-back"') : page.index("</details>", page.index('class="look-back"'))]
    assert re.findall(r'name="light" value="(\w+)"', form) == ["red", "yellow"]
    assert 'name="page"' not in form
