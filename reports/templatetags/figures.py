"""How numbers and dates are printed for people: the one place that knows.

The digits are those that were printed or computed; nothing is rounded here but percentages, which are two decimals
everywhere. What is unset is “—”, never 0.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.utils import timezone

from reports.exports import Kind

register = template.Library()

UNSET = "—"
MINUS = "−"


@register.filter
def figure(value: Decimal | int | None) -> str:
    """1234.50 → 1,234.50; −3 with a real minus."""
    return UNSET if value is None else f"{Decimal(value):,f}".replace("-", MINUS)


@register.filter
def rate(value: Decimal | None) -> str:
    """A percentage whose % stands in the header: 38.79."""
    return UNSET if value is None else figure(_two_decimals(value))


@register.filter
def percent(value: Decimal | None) -> str:
    """38.79%."""
    return UNSET if value is None else f"{rate(value)}%"


@register.filter
def points(value: Decimal | None) -> str:
    """Percentage points, signed: +5.33, −11.21, 0.00."""
    if value is None:
        return UNSET
    rounded = _two_decimals(value)
    return f"{rounded:+,f}".replace("-", MINUS) if rounded else "0.00"


@register.filter
def magnitude(value: Decimal | None) -> str:
    """The size of a difference whose direction the sentence around it tells: 11.21."""
    return UNSET if value is None else figure(abs(value))


@register.filter
def month(value: dt.date | None) -> str:
    """2018-06."""
    return UNSET if value is None else f"{value:%Y-%m}"


@register.filter
def minutes(duration: dt.timedelta) -> int:
    """A duration in whole minutes, rounded up: whoever waits that long has waited enough."""
    return -(-duration // dt.timedelta(minutes=1))


def text(kind: Kind, value: Any) -> str:
    """A table cell's value, by the kind of its column."""
    if value is None or value == "":
        return UNSET
    match kind:
        case Kind.DECIMAL:
            return figure(value)
        case Kind.PERCENT:
            return rate(value)
        case Kind.POINTS:
            return points(value)
        case Kind.MONTH:
            return month(value)
        case Kind.INSTANT:
            return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
        case Kind.MOMENT:
            return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
        case _:
            return str(value)


def _two_decimals(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)
