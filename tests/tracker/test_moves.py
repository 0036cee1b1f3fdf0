"""Every move of an update is kept: whoever makes it, however it is made, and whatever becomes of the update."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import Error, connection, transaction

from tests.factories import TargetFactory, UpdateFactory
from tracker import workflow
from tracker.models import Department, Move, PlanYear, ProgressUpdate, Status, Target, User
from tracker.models.refusals import KEPT, refusal

pytestmark = pytest.mark.django_db

#: Monday morning, and the hours after it.
ENTERED = dt.datetime(2018, 7, 9, 1, tzinfo=dt.UTC)


def hours(count: int) -> dt.datetime:
    return ENTERED + dt.timedelta(hours=count)


@pytest.fixture
def target(unit: Department) -> Target:
    return TargetFactory(lead=unit)


@pytest.fixture
def draft(target: Target, reporter: User) -> ProgressUpdate:
    return UpdateFactory(
        target=target, status=Status.DRAFT, entered_by=reporter, entered_at=ENTERED, source_url="", value=60
    )


def moves(update: ProgressUpdate) -> list[tuple[Any, ...]]:
    rows = Move.objects.filter(update_id=update.pk).order_by("pk")
    return list(rows.values_list("from_status", "to_status", "moved_by", "moved_at", "reason"))


def state(update: ProgressUpdate, instant: dt.datetime) -> str | None:
    found: str | None = ProgressUpdate.objects.state_at(instant).get(pk=update.pk).state
    return found


def refused(write: Any) -> str:
    with pytest.raises(Error) as error, transaction.atomic():
        write()
    return refusal(error.value)


def test_each_step_is_kept_with_who_when_and_why_also_when_it_is_replayed(
    draft: ProgressUpdate, reporter: User, endorser: User, supervisor: User
) -> None:
    workflow.submit(draft, reporter, at=hours(1))
    workflow.send_back(draft, endorser, "请附依据", at=hours(2))
    workflow.submit(draft, reporter, at=hours(3))
    workflow.endorse(draft, endorser, at=hours(4))
    workflow.verify(draft, supervisor, at=hours(5))
    assert moves(draft) == [
        ("", "draft", reporter.pk, hours(0), ""),
        ("draft", "submitted", reporter.pk, hours(1), ""),
        ("submitted", "returned", endorser.pk, hours(2), "请附依据"),
        ("returned", "submitted", reporter.pk, hours(3), ""),
        ("submitted", "endorsed", endorser.pk, hours(4), ""),
        ("endorsed", "verified", supervisor.pk, hours(5), ""),
    ]


def test_the_state_at_any_past_instant_is_a_query(
    draft: ProgressUpdate, reporter: User, endorser: User, django_assert_num_queries: Any
) -> None:
    workflow.submit(draft, reporter, at=hours(1))
    workflow.send_back(draft, endorser, "请附依据", at=hours(2))
    workflow.submit(draft, reporter, at=hours(3))
    asked = [-1, 0, 1, 2, 3, 99]
    assert [state(draft, hours(hour)) for hour in asked] == [
        *(None, "draft", "submitted", "returned", "submitted", "submitted")
    ]
    with django_assert_num_queries(1):
        list(ProgressUpdate.objects.state_at(hours(2)))


def test_what_is_a_draft_or_was_returned_is_not_reported(draft: ProgressUpdate, reporter: User, endorser: User) -> None:
    def is_reported(hour: int) -> bool:
        return ProgressUpdate.objects.reported(hours(hour)).filter(pk=draft.pk).exists()

    workflow.submit(draft, reporter, at=hours(1))
    workflow.send_back(draft, endorser, "请附依据", at=hours(2))
    assert [is_reported(hour) for hour in (0, 1, 2, 9)] == [False, True, False, False]
    workflow.submit(draft, reporter, at=hours(3))
    assert [is_reported(hour) for hour in (1, 2, 3)] == [True, False, True]


def test_the_move_that_holds_at_an_instant_is_one_for_each_update(
    draft: ProgressUpdate, reporter: User, endorser: User
) -> None:
    published = UpdateFactory(verified_at=hours(1))
    workflow.submit(draft, reporter, at=hours(2))
    held = Move.objects.at(hours(1)).values_list("update_id", "to_status")
    assert set(held) == {(draft.pk, "draft"), (published.pk, "verified")}


def test_what_is_published_is_verified_from_its_first_move_on() -> None:
    published = UpdateFactory(verified_at=hours(1))
    assert moves(published) == [("", "verified", None, hours(1), "")]


def test_where_no_endorsement_is_needed_the_step_that_is_left_out_is_no_move(
    draft: ProgressUpdate, reporter: User
) -> None:
    PlanYear.objects.update(needs_endorsement=False)
    workflow.submit(draft, reporter, at=hours(1))
    assert moves(draft)[-1] == ("draft", "endorsed", reporter.pk, hours(1), "")


def test_a_correction_begins_with_its_reason(draft: ProgressUpdate, reporter: User) -> None:
    published = UpdateFactory(target=draft.target, period=dt.date(2018, 3, 31))
    correction = workflow.correct(published, reporter, "漏报一笔")
    assert moves(correction) == [("", "draft", reporter.pk, correction.entered_at, "漏报一笔")]


def test_raw_sql_leaves_a_move_too(draft: ProgressUpdate) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tracker_progressupdate SET status = 'submitted' WHERE id = %s", [draft.pk])
    assert moves(draft)[-1][:3] == ("draft", "submitted", None)


def test_a_change_of_words_is_no_move(draft: ProgressUpdate) -> None:
    draft.remark = "改写"
    draft.save()
    assert len(moves(draft)) == 1


def test_moves_are_changed_and_deleted_by_nobody(draft: ProgressUpdate) -> None:
    everything = Move.objects.all()
    assert refused(lambda: everything.update(moved_at=hours(9))) == KEPT
    assert refused(lambda: everything.delete()) == KEPT
    assert refused(lambda: everything.update(is_sample=True)) == KEPT


def test_what_was_handed_in_stays_told_when_the_update_is_thrown_away(
    draft: ProgressUpdate, reporter: User, endorser: User
) -> None:
    workflow.submit(draft, reporter, at=hours(1))
    workflow.send_back(draft, endorser, "报错了", at=hours(2))
    kept = ProgressUpdate.objects.get(pk=draft.pk)
    draft.delete()
    assert [move[:2] for move in moves(kept)][-2:] == [("submitted", "returned"), ("returned", "")]
    assert Move.objects.at(hours(1)).get().to_status == Status.SUBMITTED


def test_a_draft_that_was_never_handed_in_takes_its_moves_along(draft: ProgressUpdate) -> None:
    draft.delete()
    assert not Move.objects.exists()


def test_samples_take_their_moves_along_even_when_verified(unit: Department) -> None:
    UpdateFactory(is_sample=True)
    assert Move.objects.get().is_sample
    ProgressUpdate.objects.all().delete()
    assert not Move.objects.exists()


def test_moves_are_shown_to_those_who_see_all_unfinished_updates(
    draft: ProgressUpdate, supervisor: User, auditor: User, official: User, reporter: User
) -> None:
    seen = {person.pk: Move.objects.visible_to(person).count() for person in (supervisor, auditor, official, reporter)}
    assert list(seen.values()) == [1, 1, 0, 0]
