"""How the admin prints figures, periods, goals and people: in the ledger's wording; "—" where there is none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from tracker.models import ProgressUpdate, User
from tracker.text import listed, month, number, percent
from tracker.wording import goal, goals, growth_goal, measured, summary

__all__ = [
    "Column",
    "column",
    "figure",
    "goal",
    "goals",
    "growth_goal",
    "listed",
    "measured",
    "month",
    "number",
    "percent",
    "signed",
    "state",
    "summary",
]

Column = Callable[[Any], Any]


def signed(person: User | None, at: dt.datetime | None) -> str:
    """Who did a step of the workflow, and when."""
    moment = date_format(timezone.localtime(at), "Y-m-d H:i") if at else ""
    return " · ".join(filter(None, [str(person) if person else "", moment]))


def state(update: ProgressUpdate) -> str:
    """Where an update stands; a verified one that was corrected since says so."""
    return str(_("已更正") if update.superseded_at else update.get_status_display())


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
