"""The months of one target: what was reached, what was planned, and where last year stood."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.factories import MilestoneFactory, ScheduleNodeFactory, TargetFactory, UpdateFactory
from tracker.assessment import trend

pytestmark = pytest.mark.django_db

JUNE = dt.date(2018, 6, 1)
LATER = dt.datetime(2019, 3, 1, tzinfo=dt.UTC)


def months(target, as_of=JUNE, known_at=LATER):
    return {month.month: month for month in trend(target.pk, as_of, known_at)}


def test_the_schedule_goes_on_where_figures_end():
    target = UpdateFactory(value=Decimal(55), growth=Decimal("7.5")).target
    year = months(target)
    assert len(year) == 12
    assert (year[6].actual, year[6].growth, year[6].completion) == (55, Decimal("7.5"), Decimal("55.00"))
    assert (year[6].planned, year[12].planned) == (50, 100)
    assert (year[5].actual, year[7].actual) == (None, None), "a figure belongs to its own month only"


def test_months_after_the_one_that_is_spoken_for_keep_their_figures_to_themselves():
    target = UpdateFactory(period=dt.date(2018, 9, 30), value=Decimal(80)).target
    assert months(target)[9].actual is None
    assert months(target, dt.date(2018, 9, 1))[9].actual == 80


def test_a_correction_is_unknown_before_it_was_made():
    corrected = dt.datetime(2018, 9, 1, tzinfo=dt.UTC)
    target = UpdateFactory(value=Decimal(40), superseded_at=corrected).target
    UpdateFactory(target=target, value=Decimal(60), revision=2, correction_reason="漏报", verified_at=corrected)
    assert months(target, known_at=dt.datetime(2018, 8, 1, tzinfo=dt.UTC))[6].actual == 40
    assert months(target)[6].actual == 60
    assert months(target, known_at=dt.datetime(2018, 1, 1, tzinfo=dt.UTC))[6].actual is None


def test_last_years_figures_stand_beside_this_years_and_shape_the_schedule():
    target = TargetFactory(schedule="last_year")
    before = TargetFactory(indicator=target.indicator, year=2017, section__report__plan_year=2017)
    UpdateFactory(target=before, period=dt.date(2017, 6, 30), value=Decimal(18))
    assert months(target)[6].year_before == 18
    assert months(target)[6].planned == 50, "without last year's total the schedule is linear"
    assert months(target)[7].year_before is None


def test_a_quarterly_schedule_rises_by_steps():
    year = months(TargetFactory(schedule="quarterly"))
    assert [year[month].planned for month in (2, 3, 5, 6)] == [0, 25, 25, 50]


def test_a_level_is_planned_at_its_target_or_its_nodes_and_a_ceiling_not_at_all():
    level = TargetFactory(level=True)
    assert {month.planned for month in trend(level.pk, JUNE, LATER)} == {100}
    ScheduleNodeFactory(target=level, month=6, value=Decimal(80))
    assert (months(level)[5].planned, months(level)[6].planned) == (0, 80)
    ceiling = TargetFactory(level=True, comparator="<=")
    assert {month.planned for month in trend(ceiling.pk, JUNE, LATER)} == {None}


def test_a_task_with_steps_has_shares_and_no_amounts():
    step = MilestoneFactory(due_on=dt.date(2018, 3, 31))
    MilestoneFactory(target=step.target, due_on=dt.date(2018, 12, 31))
    UpdateFactory(target=step.target, value=None, steps_done=[step.number])
    year = months(step.target)
    assert (year[6].completion, year[6].expected, year[6].planned) == (50, 50, None)
    assert year[12].expected == 100


def test_a_year_is_one_query(django_assert_num_queries):
    target = UpdateFactory().target
    with django_assert_num_queries(1):
        trend(target.pk, JUNE, LATER)
