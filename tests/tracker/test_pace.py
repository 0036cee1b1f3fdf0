"""Whose pace the verifier is asked to judge: tasks under way that have no dated steps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import MilestoneFactory, TargetFactory
from tracker.admin.entry.transitions import needs_pace
from tracker.models import ProgressUpdate, Stage, Target

pytestmark = pytest.mark.django_db


def asks(target: Target, **stated: Any) -> bool:
    update = ProgressUpdate(target=target, **stated)
    update.fill_derived()
    return needs_pace(update)


def test_the_pace_of_a_task_is_asked_while_it_is_under_way() -> None:
    task = TargetFactory(task=True)
    assert {stage for stage in Stage if asks(task, stage=stage)} == {Stage.PREPARING, Stage.UNDER_WAY}


def test_steps_and_figures_judge_themselves() -> None:
    assert not asks(MilestoneFactory().target, stage=Stage.UNDER_WAY)
    assert not asks(TargetFactory(), value=50)
