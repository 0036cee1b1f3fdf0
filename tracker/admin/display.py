"""How the admin prints figures, periods and goals: with the digits they were stated with; "—" where there is none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tracker.models import Comparator, Measure, ProgressUpdate, Target, Unit, User
from tracker.models.target import SIGNS

Column = Callable[[Any], Any]


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


def signed(person: User | None, at: dt.datetime | None) -> str:
    """Who did a step of the workflow, and when."""
    moment = date_format(timezone.localtime(at), "Y-m-d H:i") if at else ""
    return " · ".join(filter(None, [str(person) if person else "", moment]))


def column(name: str, label: Any, text: Callable[[Any], Any], ordering: str | None = None) -> Column:
    """A list column or read-only field named `name`, which prints `text(row)` and sorts by `ordering`."""

    @admin.display(description=label, ordering=ordering)
    def shown(row: Any) -> Any:
        return text(row) or "—"

    # Names the column in the page's CSS classes.
    shown.__name__ = name
    return shown


def figure(name: str, label: Any) -> Column:
    """A column that prints the figure in field `name`."""
    return column(f"{name}_figure", label, lambda row: number(getattr(row, name)), name)
