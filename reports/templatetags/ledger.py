"""What every page needs: the ledger's name, and words in the reader's language."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.http import urlencode

from reports.naming import section_name
from tracker.datacheck import Verdict
from tracker.models import Comparator, Section, Stage, Unit, Vintage, WorkReport
from tracker.text import SIGNS
from tracker.wording import named

register = template.Library()


@register.simple_tag
def current_report() -> WorkReport | None:
    """The newest report, for pages that are about none in particular. Queries: 1."""
    return WorkReport.objects.leading().last()


@register.filter(name="named")
def named_filter(record: Any, field: str = "name") -> str:
    """A name of a record, or of a row of values, in the reader's language."""
    return named(record, field) if record else ""


@register.filter
def section_label(section: Section) -> str:
    return section_name(section)


@register.filter
def unit_name(unit: Unit | None) -> str:
    return named(unit, "symbol", "name_en") if unit else ""


@register.filter
def sign(comparator: str) -> str:
    """The sign of a comparator; none for a plain “at least”, which is what a target means unless it says otherwise."""
    return "" if comparator in {"", Comparator.AT_LEAST} else SIGNS[comparator]


@register.filter
def vintage_label(vintage: str) -> str:
    return str(Vintage(vintage).label)


@register.filter
def stage_label(stage: str | None) -> str:
    """The word for a task's stage; empty without one."""
    return str(Stage(stage).label) if stage else ""


@register.filter
def verdict_label(verdict: str) -> str:
    """The word for what the data check found."""
    return str(Verdict(verdict).label)


@register.simple_tag(takes_context=True)
def same_view(context: template.Context) -> str:
    """The month and instant that the present address names, for links to other pages: "?as_of=2018-06", or nothing.

    A page left at its usual month is not tied to it: its links move on with the ledger.
    """
    asked = context["request"].GET
    named_there = {name: asked[name] for name in ("as_of", "known_at") if asked.get(name)}
    return f"?{urlencode(named_there)}" if named_there else ""
