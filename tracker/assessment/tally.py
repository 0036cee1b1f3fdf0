"""Assessed targets counted (domain.md §6). Rates and growths are never added or averaged."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, DecimalField, F, Q, QuerySet, Window
from django.db.models.functions import Cast, NullIf, Rank, Round

from .words import JUDGED_WORST_FIRST, ON_SCHEDULE, Judgement, Light


def share(part: str, whole: str) -> Round:
    """100 × part ÷ whole of two counts, rounded half-up to two decimals; null where whole is 0."""
    rate = DecimalField(max_digits=20, decimal_places=2)
    return Round(Cast(part, rate) * 100 / NullIf(F(whole), 0), 2, output_field=rate)


def counts() -> dict[str, Any]:
    """Aggregates of assessed targets: how many there are, are judged, are on schedule; how many of each status (by its
    name) and with a red or yellow light; and `rate`, on schedule ÷ judged, %, null where none is judged."""
    return {
        "total": Count("pk"),
        "judged": Count("pk", filter=Q(status__in=JUDGED_WORST_FIRST)),
        "on_schedule": Count("pk", filter=Q(status__in=ON_SCHEDULE)),
        "yellow": Count("pk", filter=Q(light=Light.YELLOW)),
        "red": Count("pk", filter=Q(light=Light.RED)),
        **{status.name: Count("pk", filter=Q(status=status)) for status in Judgement},
        "rate": share("on_schedule", "judged"),
    }


def tally(targets: QuerySet[Any, Any], *group: str) -> QuerySet[Any, dict[str, Any]]:
    """Assessed targets counted by group, best first.

    Args:
        group: fields or annotations, such as `category`. (All in one: `.aggregate(**counts())`.)

    Adds: `counts()`, and `rank` by rate (1 is best, shared on ties: 6, 6, 8; last without a rate). Queries: 1.
    """
    rows: QuerySet[Any, dict[str, Any]] = targets.order_by().values(*group).annotate(**counts())
    ranked: QuerySet[Any, dict[str, Any]] = rows.annotate(
        rank=Window(Rank(), order_by=F("rate").desc(nulls_last=True))
    ).order_by("rank", *group)
    return ranked
