"""Numbers, signs, instants, months and lists as text, for staff pages, officials' pages and documents alike.

This module knows no model; `tracker.wording` words figures and goals of the ledger with it. Nothing is rounded but
percentages and points, which have two decimals everywhere; all other numbers keep the digits that were printed or
computed. What is unset is the empty text, never 0. People read a real minus sign; what programs read, files of plain
values and the values of form fields, is not printed here and keeps ASCII's hyphen-minus.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from unicodedata import east_asian_width

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUS = "\N{MINUS SIGN}"
#: What stands in place of a value that is unset.
DASH = "—"
#: A comparator (models.Comparator) as it is printed before a figure.
SIGNS = {">=": "≥", ">": ">", "<=": "≤", "<": "<"}
#: A text that starts with one of these is a formula in a spreadsheet, or becomes one once it is trimmed.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


# --- numbers ---


def number(value: Decimal | int | None) -> str:
    """1234.50 as "1,234.50"; Django would pad it to the six decimals of its column."""
    return "" if value is None else f"{Decimal(value):,f}".replace("-", MINUS)


def with_sign(value: Decimal | None) -> str:
    """A difference with its sign: "+5.33", "−11.21"; zero has none."""
    return f"+{number(value)}" if value and value > 0 else number(value)


def two_decimals(value: Decimal) -> Decimal:
    """Rounded half-up, as the assessment rounds before it compares; a format specification rounds half to even."""
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def rate(value: Decimal | None) -> str:
    """A computed percentage whose % is printed elsewhere: "38.79"."""
    return "" if value is None else number(two_decimals(value))


def points(value: Decimal | None) -> str:
    """A difference of computed percentages, in percentage points: "+5.33", "−11.21", "0.00"."""
    return "" if value is None else with_sign(two_decimals(value) or Decimal("0.00"))


def percent(value: Decimal | None) -> str:
    """A percentage with the digits that it has: "9.5%"."""
    return "" if value is None else f"{number(value)}%"


# --- months, instants, days ---


def month(period: dt.date | None) -> str:
    """A period by its month: 2018年6月."""
    return date_format(period, "YEAR_MONTH_FORMAT") if period else ""


def short_month(period: dt.date) -> str:
    """A period whose year is known: 6月."""
    return date_format(period, _("n月"))


def months(periods: Sequence[dt.date]) -> str:
    """Periods of one year: 2018年6月、7月."""
    names = listed(short_month(period) for period in periods)
    return _("%(year)s年%(months)s") % {"year": periods[0].year, "months": names}


def instant(moment: dt.datetime | None) -> str:
    """An instant in local time, to the minute: 2018-07-18 09:20."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""


def lateness(days: int) -> str:
    """Days since a deadline, 0 or less until it has passed: 逾期 5 天, 今天到期, 还有 2 天."""
    if days > 0:
        return ngettext("逾期 %(days)d 天", "逾期 %(days)d 天", days) % {"days": days}
    if days == 0:
        return _("今天到期")
    return ngettext("还有 %(days)d 天", "还有 %(days)d 天", -days) % {"days": -days}


# --- lists and cells ---


def listed(items: Iterable[Any]) -> str:
    """Items in one line: 6月、7月."""
    return _("、").join(map(str, items))


def width(text: str) -> int:
    """How many columns of a terminal, and so of a sheet's measure, its longest line takes: two a Chinese character."""
    lines = (sum(2 if east_asian_width(sign) in "WF" else 1 for sign in line) for line in text.split("\n"))
    return max(lines, default=0)


def filled(sentence: str | Promise, values: Mapping[str, Any]) -> str:
    """A translatable sentence with its placeholders filled; in a sentence without any, % is a per cent sign."""
    text = str(sentence)
    return text % values if "%(" in text else text


def defused(text: str) -> str:
    """`text`, quoted with an apostrophe where a spreadsheet would take it for a formula. Never for numbers."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
