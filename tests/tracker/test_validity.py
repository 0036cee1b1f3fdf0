"""Rows that hold from an instant to an instant: one at any time, and what was judged by stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import Error, transaction
from django.utils import timezone

from tests.factories import PlanYearFactory, UpdateFactory
from tracker.models import Margins, PlanYear
from tracker.models.refusals import CROSS_TABLE, refusal

pytestmark = pytest.mark.django_db

MAY, JULY = (dt.datetime(2018, month, 1, tzinfo=dt.UTC) for month in (5, 7))
INSTANT = dt.timedelta(microseconds=1)


@pytest.fixture
def year() -> PlanYear:
    return PlanYearFactory()


def add(year: PlanYear, since: dt.datetime | None, ahead: int, **given: Any) -> Margins:
    return Margins.objects.create(plan_year=year, since=since, ahead_margin=ahead, **given)


def series(year: PlanYear) -> list[tuple[Any, ...]]:
    return list(year.margins.order_by("pk").values_list("since", "until", "ahead_margin"))


def refused(write: Callable[[], Any]) -> str:
    with pytest.raises(Error) as error, transaction.atomic():
        write()
    return refusal(error.value)


def test_a_year_is_never_without_margins(year: PlanYear) -> None:
    assert series(year) == [(None, None, Decimal(10))]


def test_a_further_row_ends_the_one_before_it_and_one_holds_at_any_instant(year: PlanYear) -> None:
    add(year, MAY, 20)
    add(year, JULY, 30)
    assert series(year) == [(None, MAY, 10), (MAY, JULY, 20), (JULY, None, 30)]
    known = [MAY - INSTANT, MAY, JULY - INSTANT, JULY, timezone.now()]
    assert [Margins.objects.in_force(2018, instant).ahead_margin for instant in known] == [10, 20, 20, 30, 30]


@pytest.mark.parametrize("since", [None, MAY, MAY - INSTANT])
def test_a_row_that_does_not_begin_after_the_one_before_it_is_refused(year: PlanYear, since: Any) -> None:
    add(year, MAY, 20)
    assert refused(lambda: add(year, since, 30)) == CROSS_TABLE["series_follows"]


def test_what_nothing_was_judged_by_may_be_edited_and_removed_again(year: PlanYear) -> None:
    row = add(year, MAY, 20)
    row.ahead_margin = Decimal(25)
    row.save()
    row.delete()
    assert series(year) == [(None, None, 10)]


def test_what_was_judged_by_stays(year: PlanYear) -> None:
    row = add(year, MAY, 20)
    UpdateFactory()
    row.ahead_margin = Decimal(25)
    assert refused(row.save) == CROSS_TABLE["series_frozen"]
    assert refused(row.delete) == CROSS_TABLE["series_frozen"]


def test_what_is_to_hold_later_may_still_be_withdrawn(year: PlanYear) -> None:
    UpdateFactory()
    row = add(year, timezone.now() + dt.timedelta(days=7), 20)
    row.delete()
    assert series(year) == [(None, None, 10)]


def test_when_a_row_holds_is_changed_by_nobody(year: PlanYear) -> None:
    add(year, MAY, 20)
    for change in ({"since": JULY}, {"until": JULY}, {"until": None}, {"is_sample": True}):
        assert refused(lambda change=change: year.margins.update(**change)) == CROSS_TABLE["series_frozen"]
    assert refused(lambda: year.margins.filter(since=None).delete()) == CROSS_TABLE["series_frozen"]


def test_a_sample_goes_even_when_it_was_judged_by(year: PlanYear) -> None:
    add(year, MAY, 20, is_sample=True)
    UpdateFactory()
    year.margins.filter(is_sample=True).delete()
    assert series(year) == [(None, None, 10)]


def test_a_margin_below_zero_is_refused_with_a_sentence(year: PlanYear) -> None:
    row = year.margins.get()
    row.red_margin_value = Decimal(-1)
    with pytest.raises(ValidationError, match="大于或等于"):
        row.full_clean()
