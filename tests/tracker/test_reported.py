"""Whether a period is reported is said once in SQL and once in the ORM, and every page and mail goes by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import TargetFactory, UpdateFactory, UserFactory
from tracker import overdue, reminding, roles, workflow
from tracker.admin.sheet.choice import sheet_choice
from tracker.admin.sheet.page import Sheet
from tracker.models import Department, ProgressUpdate, Status, Target, User

pytestmark = pytest.mark.django_db

SEPTEMBER = dt.date(2018, 9, 30)
BEFORE, AFTER = (dt.datetime(2018, 10, day, tzinfo=dt.UTC) for day in (8, 12))
INSTANT = dt.datetime(2018, 10, 10, tzinfo=dt.UTC)


def reported_in_sql(known_at: dt.datetime) -> set[int]:
    """Ids of the targets whose September is reported, as the assessment and 催报 have it."""
    rows = overdue.due_reports(Target.objects.all(), known_at=known_at).filter(period=SEPTEMBER, is_reported=True)
    return set(rows.values_list("pk", flat=True))


def test_sql_and_orm_agree_on_what_is_reported_in_every_state_at_every_instant(
    unit: Department, reporter: User, endorser: User, supervisor: User
) -> None:
    """As far as an update is moved: until one is submitted again, the columns know of its earlier submission."""
    hours = [BEFORE + dt.timedelta(hours=number) for number in range(6)]
    moves: list[Callable[[ProgressUpdate], Any]] = [
        lambda update: workflow.submit(update, reporter, at=hours[1]),
        lambda update: workflow.endorse(update, endorser, at=hours[2]),
        lambda update: workflow.send_back(update, supervisor, "请核对", at=hours[3]),
        lambda update: workflow.submit(update, reporter, at=hours[4]),
    ]
    ways = [moves[:length] for length in range(len(moves) + 1)]
    ways.append([*moves[:2], lambda update: workflow.verify(update, supervisor, at=hours[3])])
    ways.append([moves[0], lambda update: workflow.send_back(update, endorser, "请核对", at=hours[2])])
    for way in ways:
        update = UpdateFactory(
            target=TargetFactory(lead=unit), period=SEPTEMBER, status=Status.DRAFT, value=90, source_url=""
        )
        for move in way:
            move(update)
    UpdateFactory(period=SEPTEMBER, verified_at=hours[2])
    again = ProgressUpdate.objects.filter(submitted_at=hours[4]).values_list("target", flat=True)
    numbers = []
    for instant in [BEFORE - dt.timedelta(days=1), *hours, AFTER]:
        expected = set(ProgressUpdate.objects.reported(instant).values_list("target", flat=True))
        if instant < hours[4]:
            expected -= set(again)
        assert reported_in_sql(instant) == expected
        numbers.append(len(expected))
    assert numbers == [0, 0, 5, 5, 4, 5, 5, 5]


def test_a_correction_that_is_a_draft_or_returned_leaves_the_verified_figure_reported() -> None:
    for status in (Status.DRAFT, Status.RETURNED):
        first = UpdateFactory(period=SEPTEMBER, verified_at=BEFORE)
        correction = {"revision": 2, "correction_reason": "笔误", "return_reason": "请核对"}
        UpdateFactory(target=first.target, period=SEPTEMBER, status=status, **correction)
        assert first.target_id in reported_in_sql(INSTANT)
        assert ProgressUpdate.objects.reported(INSTANT).filter(target=first.target).exists()


def test_everybody_is_told_the_same_of_a_figure_that_was_handed_in_and_returned(
    unit: Department, reporter: User, endorser: User, supervisor: User, client: Any, time_machine: Any
) -> None:
    """Months strip and head of the sheet, work list, 催报, reminders and the days late of the judgement."""
    time_machine.move_to(dt.datetime(2018, 10, 12, 4, tzinfo=dt.UTC), tick=False)
    reporter.email = "reporter@example.org"
    reporter.save()
    target = TargetFactory(lead=unit)
    for month in range(1, 9):
        UpdateFactory(target=target, period=dt.date(2018, month + 1, 1) - dt.timedelta(days=1), value=10 * month)
    update = UpdateFactory(
        target=target, period=SEPTEMBER, status=Status.DRAFT, value=90, entered_by=UserFactory(role=roles.REPORTER)
    )

    def told() -> dict[str, Any]:
        choice = sheet_choice(reporter, {"unit": unit.code, "month": "2018-09"})
        assert choice is not None
        client.force_login(reporter)
        own = client.get("/admin/").context
        client.force_login(supervisor)
        all_units = client.get("/admin/").context["all_departments"]
        listed = client.get("/admin/chase/").context["entries"]
        return {
            "strip": choice.months[8].reported,
            "sheet": Sheet(choice, reporter).progress.reported,
            "work list": 1 - own["due_count"],
            "units under way": all_units.complete,
            "催报": 1 - len(listed),
            "reminders": 1 - len(reminding.plan().digests),
            "judged": 1 - Target.objects.assessed(SEPTEMBER).exclude(overdue_days=None).count(),
        }

    assert set(told().values()) == {0}
    workflow.submit(update, reporter)
    assert set(told().values()) == {1}
    workflow.send_back(update, endorser, "请核对")
    assert set(told().values()) == {0}, told()
    # The work list leads to the returned figure, not to a second one.
    client.force_login(reporter)
    assert f"/admin/tracker/progressupdate/{update.pk}/change/" in client.get("/admin/").content.decode()
    workflow.submit(update, reporter)
    assert set(told().values()) == {1}
