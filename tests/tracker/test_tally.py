"""Summing up (domain.md §6): counts, on-schedule rates and shared ranks."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.factories import DepartmentFactory, SectionFactory, TargetFactory, UpdateFactory
from tracker import assessment
from tracker.assessment import counts
from tracker.models import Category, Target

pytestmark = pytest.mark.django_db

JUNE = dt.date(2018, 6, 1)


def tally(*group):
    return list(assessment.tally(Target.objects.assessed(JUNE).with_lead(), *group))


def targets(good=0, bad=0, unreported=0, **kwargs):
    """So many targets on schedule, behind, and without a report."""
    for value, count in ((60, good), (10, bad)):
        for _ in range(count):
            UpdateFactory(target=TargetFactory(**kwargs), value=Decimal(value))
    for _ in range(unreported):
        TargetFactory(**kwargs)


def test_the_rate_is_of_the_judged_and_not_of_all():
    targets(good=1, bad=2, unreported=3)
    row = Target.objects.assessed(JUNE).aggregate(**counts())
    assert (row["total"], row["judged"], row["on_schedule"], row["NO_DATA"]) == (6, 3, 1, 3)
    assert row["rate"] == Decimal("33.33")


def test_without_a_judged_target_there_is_no_rate():
    targets(unreported=2)
    assert Target.objects.assessed(JUNE).aggregate(**counts())["rate"] is None
    assert tally("category")[0]["rate"] is None


def test_equal_rates_share_a_rank_and_the_next_is_skipped():
    for name, good, bad in (("a", 2, 0), ("b", 1, 1), ("c", 2, 2), ("d", 0, 1)):
        targets(good=good, bad=bad, lead=DepartmentFactory(code=name))
    assert [(row["lead_code"], row["rank"]) for row in tally("lead_code")] == [("a", 1), ("b", 2), ("c", 2), ("d", 4)]


def test_it_counts_by_category_section_and_status():
    targets(good=2, category=Category.MAIN, section=SectionFactory(path="2018/一"))
    targets(bad=1, category=Category.KEY, section=SectionFactory(path="2018/二"))
    assert {row["category"]: row["total"] for row in tally("category")} == {Category.MAIN: 2, Category.KEY: 1}
    assert {row["section__path"]: row["red"] for row in tally("section__path")} == {"2018/一": 0, "2018/二": 1}
    assert {row["status"]: row["total"] for row in tally("status")} == {"AHEAD": 2, "BEHIND": 1}


def test_a_tally_is_one_query_for_any_number_of_targets(django_assert_num_queries):
    targets(good=3, bad=3)
    with django_assert_num_queries(1):
        tally("category")
