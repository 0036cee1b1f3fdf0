"""Two people press at once, each on a real connection: one of them is told so, and nothing is lost or doubled."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from tests.factories import TargetFactory, UpdateFactory, UserFactory
from tracker import roles, workflow
from tracker.models import Department, ProgressUpdate, Status, Target, User
from tracker.workflow import TransitionError

pytestmark = pytest.mark.django_db(transaction=True)

ONE_IS_TOLD = ["TransitionError", "done"]


@pytest.fixture
def target(unit: Department) -> Target:
    return TargetFactory(lead=unit)


@pytest.fixture
def in_state(target: Target, unit: Department) -> Callable[..., ProgressUpdate]:
    """The unit's update of a month in some state, entered by a reporter who takes no part in the test."""
    writer = UserFactory(role=roles.REPORTER, departments=[unit])

    def make(status: str, month: int) -> ProgressUpdate:
        period = dt.date(2018, month + 1, 1) - dt.timedelta(days=1)
        return UpdateFactory(target=target, period=period, status=status, entered_by=writer, value=Decimal(60))

    return make


def at_once(update: ProgressUpdate, *presses: Callable[[ProgressUpdate], Any]) -> list[str]:
    """What becomes of things done to the same row at the same moment, in order of their outcomes.

    Args:
        presses: each gets an instance of its own, on a connection of its own. Its outcome is the text that it returns,
            else "done", or the name of the refusal.
    """

    def press(step: Callable[[ProgressUpdate], Any]) -> str:
        try:
            outcome = step(ProgressUpdate.objects.get(pk=update.pk))
            return outcome if isinstance(outcome, str) else "done"
        except (TransitionError, ValidationError) as error:
            return type(error).__name__
        finally:
            connection.close()

    def waiting() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            return int(cursor.fetchone()[0])

    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            ProgressUpdate.objects.select_for_update().get(pk=update.pk)
            outcomes = [pool.submit(press, step) for step in presses]
            deadline = time.monotonic() + 20
            while waiting() < len(presses):
                assert time.monotonic() < deadline, "the presses do not wait for each other"
                time.sleep(0.01)
        return sorted(outcome.result() for outcome in outcomes)


def sent_back_by(person: User) -> Callable[[ProgressUpdate], None]:
    return partial(workflow.send_back, by=person, reason="不对")


def test_of_two_people_who_press_at_once_one_is_told_that_it_is_done(
    in_state: Any, unit: Department, endorser: User, supervisor: User, reporter: User
) -> None:
    heads = [endorser, UserFactory(role=roles.ENDORSER, departments=[unit])]
    offices = [supervisor, UserFactory(role=roles.SUPERVISOR)]

    update = in_state(Status.DRAFT, 6)
    one_and_all = [
        lambda update: workflow.submit(update, reporter),
        lambda update: workflow.submit_all([update], reporter),
    ]
    assert at_once(update, *one_and_all) == ONE_IS_TOLD
    endorse = partial(workflow.endorse, by=heads[0])
    assert at_once(update, endorse, sent_back_by(heads[1])) == ONE_IS_TOLD

    checked = in_state(Status.ENDORSED, 3)
    assert at_once(checked, *[lambda update, by=by: workflow.verify(update, by) for by in offices]) == ONE_IS_TOLD
    checked.refresh_from_db()
    assert checked.status == Status.VERIFIED

    disputed = in_state(Status.ENDORSED, 4)
    verify = partial(workflow.verify, by=offices[0])
    assert at_once(disputed, verify, sent_back_by(offices[1])) == ONE_IS_TOLD
    disputed.refresh_from_db()
    assert (disputed.status, disputed.return_reason) in [(Status.VERIFIED, ""), (Status.RETURNED, "不对")]

    correct = [lambda update: workflow.correct(update, reporter, "笔误")] * 2
    assert at_once(checked, *correct) == ONE_IS_TOLD
    assert ProgressUpdate.objects.filter(period=checked.period).count() == 2


def test_of_two_tabs_on_one_draft_the_second_keeps_its_words_and_overwrites_nothing(
    in_state: Any, reporter: User
) -> None:
    update = in_state(Status.DRAFT, 6)
    url = reverse("admin:tracker_progressupdate_change", args=[update.pk])

    def save(remark: str) -> Callable[[ProgressUpdate], str]:
        def in_a_tab(seen: ProgressUpdate) -> str:
            client = Client()
            client.force_login(reporter, backend="django.contrib.auth.backends.ModelBackend")
            said = {"period": "2018-06-30", "value": "60", "remark": remark, "fingerprint": seen.fingerprint()}
            files = {"evidence-TOTAL_FORMS": "0", "evidence-INITIAL_FORMS": "0"}
            response = client.post(url, {**said, **files, "_save": "1"})
            if response.status_code == 302:
                return f"saved {remark}"
            kept = remark in response.content.decode() and "已被改过，这次没有保存" in response.content.decode()
            return f"told {remark}" if kept else "lost"

        return in_a_tab

    outcomes = at_once(update, save("甲"), save("乙"))
    update.refresh_from_db()
    assert outcomes in (["saved 甲", "told 乙"], ["saved 乙", "told 甲"])
    assert f"saved {update.remark}" in outcomes
