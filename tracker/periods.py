"""Months, those that a reporting frequency has, and months and instants as people write them.

A month as a reporting period is named by its last day. Written: `2018-06`, `2018-07-18`, `2018-07-18T09:20`.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

#: Months from one report to the next, by the code of a frequency (models.Frequency); SQL is given it from here too.
INTERVALS = {"monthly": 1, "quarterly": 3, "half-yearly": 6, "annual": 12}


def report_months(frequency: str, first_month: int = 1) -> list[int]:
    """The months, 1–12, at whose end there is a report."""
    return [month for month in range(first_month, 13) if month % INTERVALS[frequency] == 0]


def frequencies_at(month: int) -> list[str]:
    """The frequencies that have a report at the end of a month."""
    return [frequency for frequency in INTERVALS if month in report_months(frequency)]


def last_day(year: int, month: int) -> dt.date:
    """The day that names a month as a period."""
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def month_end(day: dt.date) -> dt.date:
    """The last day of `day`'s month, which names the period."""
    return last_day(day.year, day.month)


def parse_month(text: str) -> dt.date:
    """The month that `2018-06` names, by its last day.

    Raises:
        ValueError: it is anything else.
    """
    if not (match := re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text, re.ASCII)):
        raise ValueError(text)
    return last_day(int(match[1]), int(match[2]))


def parse_instant(text: str) -> dt.datetime:
    """A date, or a date with time; local unless it states its offset. A date alone stands for the end of that day.

    Raises:
        ValueError: it is anything else.
    """
    if day := parse_date(text):
        return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time()))
    if moment := parse_datetime(text):
        return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    raise ValueError(text)
