"""How figures and goals of the ledger are worded: with the digits as reported; empty where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from .models import Measure, ProgressUpdate, Target, Unit
from .text import SIGNS, listed, number, percent


def in_english() -> bool:
    return (get_language() or "").startswith("en")


def named(record: Any, field: str = "name", english: str = "") -> str:
    """A name of a record, or of a row of values; the English one where English is read and there is one."""
    if not isinstance(record, Mapping):
        record = {key: getattr(record, key) for key in (field, english or f"{field}_en")}
    name: str = (in_english() and record[english or f"{field}_en"]) or record[field]
    return name


def measured(value: Decimal | None, unit: Unit | None) -> str:
    """A value with its unit: "678 亿元", "4.2%"."""
    if value is None or unit is None:
        return number(value)
    return f"{number(value)}{unit}" if unit.symbol == "%" else f"{number(value)} {unit}"


def goal(target: Target) -> str:
    """What the value facet promises: "≥ 678 亿元"."""
    if target.value is None:
        return ""
    return f"{SIGNS[target.comparator]} {measured(target.value, target.indicator.unit)}"


def growth_goal(target: Target) -> str:
    """What the growth facet promises: "≥ 9.5%"."""
    if target.growth is None:
        return ""
    return f"{SIGNS[target.growth_comparator]} {percent(target.growth)}"


def goals(target: Target) -> str:
    """Both facets in one line: "≥ 678 亿元，增速 ≥ 9.5%"; empty for a task."""
    value, growth = goal(target), growth_goal(target)
    if value and growth:
        return _("%(value)s，增速 %(growth)s") % {"value": value, "growth": growth}
    return value or (growth and _("增速 %(growth)s") % {"growth": growth})


def summary(update: ProgressUpdate) -> str:
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
