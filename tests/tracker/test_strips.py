"""The twelve months of a target: as judged when they were due, and as known now."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.factories import TargetFactory, UpdateFactory
from tracker.assessment import strips

pytestmark = pytest.mark.django_db


def at(*when):
    return dt.datetime(*when, tzinfo=dt.timezone(dt.timedelta(hours=8)))


NEXT_YEAR = at(2019, 3, 1)


def strip(target, known_at=NEXT_YEAR):
    return {month.month: month for month in strips([target.pk], known_at)[target.pk]}


def test_a_month_once_red_stays_red_after_the_target_has_caught_up():
    target = TargetFactory()
    UpdateFactory(target=target, period=dt.date(2018, 3, 31), value=Decimal(5))
    UpdateFactory(target=target, period=dt.date(2018, 6, 30), value=Decimal(55))
    year = strip(target)
    assert (year[3].then_light, year[3].now_light) == ("red", "red")
    assert (year[6].then_light, year[6].now_light) == ("green", "green")


def test_a_correction_changes_what_is_known_now_and_not_what_was_known_then():
    target = TargetFactory()
    corrected = at(2018, 9, 1)
    UpdateFactory(target=target, period=dt.date(2018, 6, 30), value=Decimal(20), superseded_at=corrected)
    UpdateFactory(
        target=target,
        period=dt.date(2018, 6, 30),
        value=Decimal(60),
        revision=2,
        correction_reason="漏报",
        verified_at=corrected,
    )
    june = strip(target)[6]
    assert (june.then_status, june.then_light) == ("BEHIND", "red")
    assert (june.now_status, june.now_light) == ("AHEAD", "green")


def test_a_late_report_left_its_month_without_data_when_it_was_due():
    target = TargetFactory()
    UpdateFactory(target=target, period=dt.date(2018, 6, 30), verified_at=at(2018, 7, 20))
    june = strip(target)[6]
    assert (june.then_status, june.now_status) == ("NO_DATA", "ON")


def test_the_deadline_counts_to_the_end_of_its_day():
    target = TargetFactory(indicator__due_lag=10)
    UpdateFactory(target=target, period=dt.date(2018, 6, 30), verified_at=at(2018, 7, 10, 23, 59))
    assert strip(target)[6].then_status == "ON"


def test_months_to_come_have_no_judgement():
    target = TargetFactory()
    UpdateFactory(target=target, period=dt.date(2018, 6, 30))
    year = strip(target, known_at=at(2018, 7, 31, 12))
    assert year[7].then_status is None  # July's deadline has not passed
    assert year[7].now_status == "ON"  # but July has ended
    assert year[8].now_status is None
    assert len(year) == 12


def test_a_page_of_targets_is_one_query(django_assert_num_queries):
    targets = [UpdateFactory().target.pk for _ in range(20)]
    with django_assert_num_queries(1):
        assert len(strips(targets, NEXT_YEAR)) == 20


def test_each_target_gets_its_own_months():
    ahead, behind = UpdateFactory(value=Decimal(90)).target, UpdateFactory(value=Decimal(1)).target
    both = strips([ahead.pk, behind.pk], NEXT_YEAR)
    assert both[ahead.pk][5].now_status == "AHEAD"
    assert both[behind.pk][5].now_status == "BEHIND"
