"""How figures, periods and goals are worded: with the digits they were stated with; empty where there is none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .models import Comparator, Measure, ProgressUpdate, Target, Unit
from .models.target import SIGNS


def number(value: Decimal | None) -> str:
    """1234.50 as "1,234.50"; Django would pad it to the column's six decimals. Empty for None."""
    return "" if value is None else f"{value:,f}"


def measured(value: Decimal | None, unit: Unit | None) -> str:
    """A value with its unit: "678 亿元", "4.2%"."""
    if value is None or unit is None:
        return number(value)
    return f"{number(value)}{unit}" if unit.symbol == "%" else f"{number(value)} {unit}"


def percent(value: Decimal | None) -> str:
    return "" if value is None else f"{number(value)}%"


def goal(target: Target) -> str:
    """What the value facet promises: "≥ 678 亿元"."""
    if target.value is None:
        return ""
    return f"{SIGNS[Comparator(target.comparator)]} {measured(target.value, target.indicator.unit)}"


def growth_goal(target: Target) -> str:
    """What the growth facet promises: "≥ 9.5%"."""
    if target.growth is None:
        return ""
    return f"{SIGNS[Comparator(target.growth_comparator)]} {percent(target.growth)}"


def goals(target: Target) -> str:
    """Both facets in one line: "≥ 678 亿元，增速 ≥ 9.5%"; empty for a task."""
    value, growth = goal(target), growth_goal(target)
    if value and growth:
        return _("%(value)s，增速 %(growth)s") % {"value": value, "growth": growth}
    return value or (growth and _("增速 %(growth)s") % {"growth": growth})


def defused(text: str) -> str:
    """`text`, quoted with an apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def listed(items: Iterable[Any]) -> str:
    return _("、").join(map(str, items))


def stated(update: ProgressUpdate) -> str:
    """What an update says, in one line: "16.6 亿元，同比 13%", or "推进中，已完成节点 1、2"."""
    if update.measure == Measure.MILESTONE:
        steps = listed(update.steps_done)
        if update.stage and steps:
            return _("%(stage)s，已完成节点 %(steps)s") % {"stage": update.get_stage_display(), "steps": steps}
        return update.get_stage_display() or (steps and _("已完成节点 %(steps)s") % {"steps": steps})
    value, growth = measured(update.value, update.target.indicator.unit), percent(update.growth)
    if value and growth:
        return _("%(value)s，同比 %(growth)s") % {"value": value, "growth": growth}
    return value or (growth and _("同比 %(growth)s") % {"growth": growth})


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


def lateness(days: int) -> str:
    """Days since a deadline, 0 or less until it has passed: 逾期 5 天, 今天到期, 还有 2 天."""
    if days > 0:
        return ngettext("逾期 %(days)d 天", "逾期 %(days)d 天", days) % {"days": days}
    if days == 0:
        return _("今天到期")
    return ngettext("还有 %(days)d 天", "还有 %(days)d 天", -days) % {"days": -days}
