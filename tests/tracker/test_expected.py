"""What should be done by a month's end is the same before anything is reported and after."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.factories import MilestoneFactory, TargetFactory, UpdateFactory
from tracker.assessment import preview
from tracker.models import ProgressUpdate, ScheduleNode, Target

pytestmark = pytest.mark.django_db

JUNE = dt.date(2018, 6, 30)


def with_nodes() -> Target:
    target = TargetFactory(schedule="nodes")
    ScheduleNode.objects.create(target=target, month=5, value=Decimal("33.3"))
    return target


def with_steps() -> Target:
    target = MilestoneFactory(number=1, weight=1, due_on=JUNE).target
    MilestoneFactory(target=target, number=2, weight=2, due_on=dt.date(2018, 12, 31))
    return target


@pytest.mark.parametrize(
    ("make", "share", "said"),
    [
        (TargetFactory, "50.00", {"value": 10}),
        (lambda: TargetFactory(due_on=dt.date(2018, 9, 30)), "66.67", {"value": 10}),
        (lambda: TargetFactory(schedule="quarterly"), "50.00", {"value": 10}),
        (lambda: TargetFactory(schedule="annual"), None, {"value": 10}),
        (with_nodes, "33.30", {"value": 10}),
        (lambda: TargetFactory(level=True), "100.00", {"value": 10}),
        (lambda: TargetFactory(level=True, comparator="<="), None, {"value": 10}),
        (with_steps, "33.33", {"value": None, "stage": "推进中"}),
        (lambda: TargetFactory(task=True), None, {"value": None, "stage": "推进中"}),
    ],
    ids=["linear", "due in September", "quarterly", "annual", "nodes", "level", "ceiling", "steps", "plain task"],
)
def test_expected_does_not_depend_on_what_was_reported(make, share, said):
    target = make()
    share = None if share is None else Decimal(share)
    silent = ProgressUpdate(target=target, period=JUNE)
    assert preview([silent])[0].expected == share
    UpdateFactory(target=target, period=JUNE, **said)
    assert preview([silent])[0].expected == share
    assert Target.objects.filter(pk=target.pk).assessed(JUNE).get().expected == share
