"""Sub-targets are added up where that means something, and the difference is shown."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.factories import TargetFactory, UnitFactory, UpdateFactory
from tracker.models import Target

pytestmark = pytest.mark.django_db

JUNE = dt.date(2018, 6, 1)


def total(target):
    return Target.objects.filter(pk=target.pk).assessed(JUNE).with_parts(JUNE).get()


def test_parts_are_added_up_and_the_difference_is_shown():
    city = UpdateFactory(value=Decimal(60)).target
    for value in (25, 30):
        UpdateFactory(target__parent=city, value=Decimal(value))
    checked = total(city)
    assert (checked.parts_count, checked.parts_total, checked.parts_difference) == (2, 55, 5)


def test_only_the_counting_figure_of_each_part_is_added():
    city = UpdateFactory().target
    street = TargetFactory(parent=city)
    UpdateFactory(target=street, period=dt.date(2018, 5, 31), value=Decimal(20))
    UpdateFactory(target=street, period=dt.date(2018, 6, 30), value=Decimal(30))
    UpdateFactory(target=street, period=dt.date(2018, 7, 31), value=Decimal(40))
    assert total(city).parts_total == 30


def test_rates_and_other_units_are_never_added():
    city = UpdateFactory().target
    UpdateFactory(target__parent=city, target__level=True, value=Decimal(99))
    UpdateFactory(target__parent=city, target__indicator__unit=UnitFactory(symbol="人"), value=Decimal(7))
    assert total(city).parts_count is None
    assert total(city).parts_total is None


def test_parts_without_figures_are_unset_and_not_zero():
    city = UpdateFactory().target
    TargetFactory(parent=city)
    assert (total(city).parts_count, total(city).parts_total, total(city).parts_difference) == (1, None, None)


def test_any_number_of_totals_is_one_query(django_assert_num_queries):
    for _ in range(5):
        UpdateFactory(target__parent=UpdateFactory().target)
    with django_assert_num_queries(1):
        assert len(Target.objects.assessed(JUNE).with_parts(JUNE)) == 10
