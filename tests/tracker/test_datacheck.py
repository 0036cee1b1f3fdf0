"""Printed figures held against each other, as far as their digits allow (domain.md §9)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.factories import AnnualResultFactory, IndicatorFactory, TargetFactory, UpdateFactory
from tracker.datacheck import check_results, check_targets, check_updates
from tracker.models import AnnualResult, ProgressUpdate, Target

pytestmark = pytest.mark.django_db


def promise(value, growth, base, *, comparable=True):
    """A target with a level, a growth and a baseline, checked."""
    indicator = IndicatorFactory()
    baseline = AnnualResultFactory(indicator=indicator, value=Decimal(base)) if base else None
    target = TargetFactory(
        indicator=indicator,
        value=Decimal(value),
        growth=Decimal(growth),
        growth_comparator=">=",
        baseline=baseline,
        baseline_comparable=comparable if baseline else None,
        baseline_note="" if comparable else "口径不同",
    )
    return check_targets(Target.objects.filter(pk=target.pk)).get()


def test_the_reports_gdp_disagrees_by_more_than_its_digits_allow():
    gdp = promise("678", "9.5", "614.8")
    assert gdp.verdict == "outside rounding"
    assert (gdp.implied_growth, gdp.implied_base) == (Decimal("10.2798"), Decimal("619.18"))
    assert gdp.implied_value == Decimal("673.21")
    # 677.5 ÷ 614.85 and 678.5 ÷ 614.75: half of each last printed digit to either side.
    assert (gdp.implied_lowest, gdp.implied_highest) == (Decimal("10.1895"), Decimal("10.3701"))


def test_figures_that_agree_within_their_printed_digits_are_consistent():
    assert promise("110", "10", "100").verdict == "consistent"
    assert promise("110", "10.4", "100").verdict == "consistent"  # 109.5 ÷ 100.5 … 110.5 ÷ 99.5
    assert promise("110.0", "10.4", "100.0").verdict == "outside rounding"  # more digits, less room


def test_a_growth_that_only_touches_the_bound_still_agrees():
    # Highest implied growth is 110.5 ÷ 99.5 − 1 = 11.0553 %; a stated 11.1 stands for 11.05 and more.
    assert promise("110", "11.1", "100").verdict == "consistent"
    assert promise("110", "11.2", "100").verdict == "outside rounding"


def test_another_label_is_not_comparable_but_the_arithmetic_is_still_shown():
    revenue = promise("30", "15", "26.2", comparable=False)
    assert revenue.verdict == "not comparable"
    assert revenue.within_rounding is True


def test_without_a_baseline_nothing_can_be_tested():
    income = promise("36100", "9", None)
    assert income.verdict == "untestable"
    assert income.implied_growth is None
    assert income.within_rounding is None


def test_a_baseline_of_zero_is_untestable_and_divides_nothing():
    assert promise("5", "10", "0").verdict == "untestable"


def test_a_result_is_held_against_the_year_before_of_the_same_indicator():
    indicator = IndicatorFactory()
    AnnualResultFactory(indicator=indicator, year=2017, value=Decimal("234.1"))
    AnnualResultFactory(year=2017, value=Decimal(1))
    result = AnnualResultFactory(
        indicator=indicator, year=2018, value=Decimal(228), growth=Decimal(12), section__report__plan_year=2019
    )
    checked = check_results(AnnualResult.objects.all()).get(pk=result.pk)
    assert checked.verdict == "outside rounding"
    assert checked.implied_base == Decimal("203.57")


def test_the_districts_first_quarter_rate_implies_another_target():
    target = TargetFactory(value=Decimal(30))
    UpdateFactory(target=target, value=Decimal("9.01"), stated_rate=Decimal("30.7"))
    checked = check_updates(ProgressUpdate.objects.all()).get()
    assert checked.verdict == "outside rounding"
    assert (checked.implied_rate, checked.implied_goal) == (Decimal("30.0333"), Decimal("29.35"))


def test_a_rounded_rate_is_consistent():
    UpdateFactory(target__value=Decimal(30), value=Decimal("16.6"), stated_rate=Decimal(55))
    assert check_updates(ProgressUpdate.objects.all()).get().verdict == "consistent"


def test_each_check_is_one_query(django_assert_num_queries):
    for number in range(3):
        promise(100 + number, 5, 95)
    with django_assert_num_queries(1):
        assert len(check_targets(Target.objects.all())) == 3
