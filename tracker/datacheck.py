"""数据核对 (domain.md §9): do printed figures agree with each other, as far as their printed digits allow?

Levels at current prices and growth at constant prices need not agree, bases get revised, labels change. The check
shows where they do not, and how far, instead of hiding it; nothing is ever corrected by it.

A printed figure stands for every value that rounds to it: half a unit of its last digit to either side.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    DecimalField,
    Expression,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Round
from django.utils.translation import gettext_lazy as _

from .models.report import AnnualResult

if TYPE_CHECKING:
    from .models.progress import ProgressUpdate
    from .models.target import Target

NUMBER: DecimalField[Any, Any] = DecimalField(max_digits=30, decimal_places=6)


class Verdict(TextChoices):
    CONSISTENT = "consistent", _("相符")
    OUTSIDE = "outside rounding", _("超出舍入误差")
    NOT_COMPARABLE = "not comparable", _("不可比")
    UNTESTABLE = "untestable", _("无法核对")


class HalfDigit(Func):
    """Half a unit in the last printed place of a figure: 0.05 for 614.8, 0.5 for 678."""

    arity = 1
    template = "(0.5 * power(10::numeric, -scale(%(expressions)s)))"
    output_field = NUMBER


def number(expression: Any) -> Expression:
    return ExpressionWrapper(expression, output_field=NUMBER)


def lowest(name: str) -> Expression:
    return number(F(name) - HalfDigit(name))


def highest(name: str) -> Expression:
    return number(F(name) + HalfDigit(name))


def percent_over(part: Combinable, whole: Combinable) -> Expression:
    """part ÷ whole − 1 in %, for positive figures, to four decimals so that a bound is not rounded across a verdict."""
    return Round(number((part / whole - Value(Decimal(1))) * Value(Decimal(100))), 4, output_field=NUMBER)


def _growth_check(rows: QuerySet[Any], *, comparable: Q) -> QuerySet[Any]:
    """`rows` with `value`, `growth` and the annotation `base`, checked against each other.

    Adds: `implied_growth` (%, value ÷ base − 1), `implied_lowest` and `implied_highest` (%, what the printed digits of
    value and base allow), `implied_base` (in the unit, value ÷ (1 + growth)), `implied_value` (in the unit, base ×
    (1 + growth)), `within_rounding` (whether some growth that prints as stated lies between them; null if untestable),
    `verdict` (`Verdict`). Queries: none of its own.
    """
    testable = Q(value__gt=0, growth__gt=-100, base__gt=0)
    factor = 1 + F("growth") / Value(Decimal(100))
    rows = rows.annotate(
        implied_growth=Case(When(testable, percent_over(F("value"), F("base")))),
        implied_lowest=Case(When(testable, percent_over(lowest("value"), highest("base")))),
        implied_highest=Case(When(testable, percent_over(highest("value"), lowest("base")))),
        implied_base=Case(When(testable, Round(number(F("value") / factor), 2, output_field=NUMBER))),
        implied_value=Case(When(testable, Round(number(F("base") * factor), 2, output_field=NUMBER))),
        stated_lowest=lowest("growth"),
        stated_highest=highest("growth"),
    )
    meets = Q(stated_highest__gte=F("implied_lowest"), stated_lowest__lte=F("implied_highest"))
    checked: QuerySet[Any] = rows.annotate(
        within_rounding=Case(When(testable, Case(When(meets, True), default=False)), output_field=BooleanField()),
        verdict=Case(
            When(
                ~testable | Q(base__isnull=True) | Q(growth__isnull=True) | Q(value__isnull=True), Value("untestable")
            ),
            When(~comparable, Value("not comparable")),
            When(meets, Value("consistent")),
            default=Value("outside rounding"),
            output_field=CharField(max_length=20),
        ),
    )
    return checked


def check_targets(targets: QuerySet[Target]) -> QuerySet[Target]:
    """Targets that promise both a level and a growth, held against the linked baseline.

    Adds: `base` (the baseline's value) and all of `_growth_check`. Queries: none until evaluated, then 1.
    """
    both = targets.filter(value__isnull=False, growth__isnull=False).annotate(base=F("baseline__value"))
    return _growth_check(both, comparable=Q(baseline_comparable=True))


def check_results(results: QuerySet[AnnualResult]) -> QuerySet[AnnualResult]:
    """Results that state both a figure and its growth, held against the same indicator's result of the year before.

    Adds: `base` (that result's value) and all of `_growth_check`. Queries: none until evaluated, then 1.
    """
    before = AnnualResult.objects.filter(indicator=OuterRef("indicator"), year=OuterRef("year") - 1)
    both = results.filter(value__isnull=False, growth__isnull=False).annotate(
        base=Subquery(before.values("value")[:1], output_field=NUMBER)
    )
    return _growth_check(both, comparable=Q(base__isnull=False))


def check_updates(updates: QuerySet[ProgressUpdate]) -> QuerySet[ProgressUpdate]:
    """Updates whose source states a completion rate beside the value, held against the target.

    Adds: `goal` (the target's value), `implied_rate`, `implied_lowest`, `implied_highest` (%, what the digits of value
    and target allow), `implied_goal` (in the unit: the target that the stated rate implies), `verdict` (`Verdict`).
    Queries: none until evaluated, then 1.
    """
    rows = updates.filter(stated_rate__isnull=False).annotate(goal=F("target__value"))
    testable = Q(value__gt=0, goal__gt=0, stated_rate__gt=0)
    hundred = Value(Decimal(100))

    def rate(part: Any, whole: Any) -> Case:
        return Case(When(testable, Round(number(part / whole * hundred), 4, output_field=NUMBER)))

    rows = rows.annotate(
        implied_rate=rate(F("value"), F("goal")),
        implied_lowest=rate(lowest("value"), highest("goal")),
        implied_highest=rate(highest("value"), lowest("goal")),
        implied_goal=Case(
            When(testable, Round(number(F("value") / F("stated_rate") * hundred), 2, output_field=NUMBER))
        ),
        stated_lowest=lowest("stated_rate"),
        stated_highest=highest("stated_rate"),
    )
    meets = Q(stated_highest__gte=F("implied_lowest"), stated_lowest__lte=F("implied_highest"))
    return rows.annotate(
        verdict=Case(
            When(~testable | Q(goal__isnull=True) | Q(value__isnull=True), Value("untestable")),
            When(meets, Value("consistent")),
            default=Value("outside rounding"),
            output_field=CharField(max_length=20),
        )
    )
