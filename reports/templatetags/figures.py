"""Numbers and dates on officials' pages: as `tracker.text` prints them, with “—” for what is unset."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone

from reports.exports import Kind
from tracker import text

register = template.Library()

UNSET = text.DASH


@register.filter
def figure(value: Decimal | int | None) -> str:
    """1,234.50."""
    return text.number(value) or UNSET


@register.filter
def rate(value: Decimal | None) -> str:
    """A computed percentage whose % is in the header: 38.79."""
    return text.rate(value) or UNSET


@register.filter
def percent(value: Decimal | None) -> str:
    """A computed percentage: 38.79%."""
    return UNSET if value is None else f"{rate(value)}%"


@register.filter
def points(value: Decimal | None) -> str:
    """Percentage points: +5.33, −11.21, 0.00."""
    return text.points(value) or UNSET


@register.filter
def magnitude(value: Decimal | None) -> str:
    """The size of a difference whose direction is in the sentence around it: 11.21."""
    return UNSET if value is None else figure(abs(value))


@register.filter
def month(value: dt.date | None) -> str:
    """2018-06."""
    return UNSET if value is None else f"{value:%Y-%m}"


@register.filter
def minutes(duration: dt.timedelta) -> int:
    """A duration in whole minutes, rounded up, so that who waits that long has waited enough."""
    return -(-duration // dt.timedelta(minutes=1))


def cell_text(kind: Kind, value: Any) -> str:
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
            return text.instant(value)
        case Kind.MOMENT:
            return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
        case _:
            return str(value)
