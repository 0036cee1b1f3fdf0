"""A year that is kept as demonstration or archive has a clock: its instant counts as now, and pages say so."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from tests.factories import PlanYearFactory, TargetFactory, UpdateFactory
from tracker import overdue, workflow
from tracker.models import Department, PlanYear, ProgressUpdate, Status, Target, User

pytestmark = pytest.mark.django_db

CLOCK = dt.datetime(2018, 10, 25, 4, tzinfo=dt.UTC)
SEPTEMBER = dt.date(2018, 9, 30)


@pytest.fixture
def target(unit: Department) -> Target:
    target = TargetFactory(lead=unit)
    UpdateFactory(target=target, period=SEPTEMBER, value=70, verified_at=CLOCK - dt.timedelta(days=9))
    UpdateFactory(target=target, period=dt.date(2018, 10, 31), value=80, verified_at=CLOCK + dt.timedelta(days=9))
    PlanYear.objects.update(clock=CLOCK)
    return target


def test_pages_show_what_was_known_at_the_instant_and_say_so(target: Target, official: User, as_user: Any) -> None:
    page = as_user(official).get("/targets/")
    assert "演示时点 2018-10-25" in page.content.decode()
    assert (page.context["as_of"].month, page.context["as_of"].known_at) == (SEPTEMBER, CLOCK)
    assert "回到最新账面" not in page.content.decode()
    PlanYear.objects.update(clock=None)
    page = as_user(official).get("/targets/")
    assert "演示时点" not in page.content.decode()
    assert page.context["as_of"].month == dt.date(2018, 10, 31)


def test_a_past_instant_can_be_asked_for_and_a_later_one_not(target: Target, official: User, as_user: Any) -> None:
    client: Client = as_user(official)
    assert client.get("/targets/?known_at=2018-10-01").context["as_of"].looks_back
    later = client.get("/targets/?known_at=2018-11-30")
    assert later.context["as_of"].known_at == CLOCK
    assert "账面时点不能晚于现在" in later.content.decode()


def test_exports_go_by_the_clock_too(target: Target) -> None:
    out = StringIO()
    call_command("export", "targets", "--year", "2018", "--as-of", "2018-10", stdout=out)
    [row] = json.loads(out.getvalue())
    assert row["period"] == "2018-09"


def test_nothing_is_later_overdue_than_on_the_day_of_the_clock(target: Target) -> None:
    rows = overdue.due_reports(Target.objects.all())
    assert max(row.period for row in rows) == SEPTEMBER
    assert max(row.days_late for row in rows) == (dt.date(2018, 10, 25) - dt.date(2018, 2, 10)).days


def test_what_is_done_now_is_done_at_the_instant_so_that_pages_show_it(
    unit: Department, reporter: User, endorser: User, supervisor: User
) -> None:
    update = UpdateFactory(
        target=TargetFactory(lead=unit), period=SEPTEMBER, status=Status.DRAFT, entered_by=reporter, value=75
    )
    PlanYear.objects.update(clock=CLOCK)
    workflow.submit(update, reporter)
    workflow.send_back(update, endorser, "请核对")
    assert (update.submitted_at, update.returned_at) == (CLOCK, CLOCK)
    workflow.submit(update, reporter)
    workflow.endorse(update, endorser)
    workflow.verify(update, supervisor)
    assert (update.endorsed_at, update.verified_at) == (CLOCK, CLOCK)
    assert ProgressUpdate.objects.known_at(CLOCK).get() == update
    assert ProgressUpdate.objects.state_at(CLOCK).get().state == Status.VERIFIED
    assert workflow.correct(update, reporter, "漏报").entered_at == CLOCK


def test_the_supervision_office_closes_a_year_and_opens_it_again_on_its_page(supervisor: User, as_user: Any) -> None:
    year, client = PlanYearFactory(), as_user(supervisor)
    page = f"/admin/tracker/planyear/{year.pk}/change/"
    margins = {"margins-TOTAL_FORMS": "0", "margins-INITIAL_FORMS": "0"}
    form = {"needs_endorsement": "on", "first_month": "1", "clock_0": "", "clock_1": "", **margins}
    assert client.post(page, form | {"closes": "on"}).status_code == 302
    year.refresh_from_db()
    assert (year.is_closed, year.closed_by) == (True, supervisor)
    assert client.post(page, form).status_code == 302
    year.refresh_from_db()
    assert (year.is_closed, year.closed_by) == (False, None)
