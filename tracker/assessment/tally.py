"""Assessed targets counted (domain.md §6). Rates and growths are never added or averaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import CharField, Count, DecimalField, F, Q, QuerySet, Value, Window
from django.db.models.functions import Cast, NullIf, Rank, Round
from django_cte import CTE, with_cte

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


def tally(targets: QuerySet[Any, Any], *group: str, **further: Any) -> QuerySet[Any, dict[str, Any]]:
    """Assessed targets counted by group, best first.

    Args:
        group: fields or annotations, such as `category`. (All in one: `.aggregate(**counts())`.)
        further: aggregates by name.

    Adds: `counts()`, `further`, and `rank` by rate (1 is best, shared on ties: 6, 6, 8; last without a rate).
    Queries: 1.
    """
    rows: QuerySet[Any, dict[str, Any]] = targets.order_by().values(*group).annotate(**counts(), **further)
    ranked: QuerySet[Any, dict[str, Any]] = rows.annotate(
        rank=Window(Rank(), order_by=F("rate").desc(nulls_last=True))
    ).order_by("rank", *group)
    return ranked


def tallies(
    targets: QuerySet[Any, Any], groups: Mapping[str, Sequence[str]], **further: Any
) -> dict[str, list[dict[str, Any]]]:
    """Assessed targets counted by several groups in one statement that assesses each target once.

    Args:
        targets: the `.values()` that groups and aggregates name, with `pk`, `status` and `light` among them.
        groups: by a name of its own, the fields or annotations of each group, which are text; none of them for all
            targets in one row. Targets whose first one is null are left out of that group.
        further: aggregates by name, of each group.

    Returns:
        name of a group → its rows as those of `tally`.

    Queries: 1.
    """
    assessed = CTE(targets.order_by(), name="assessed", materialized=True)
    keys = [f"key{number}" for number in range(max(map(len, groups.values())))]

    def counted(name: str, group: Sequence[str]) -> QuerySet[Any, Any]:
        named = dict(zip(keys, map(F, group), strict=False))
        # One union of all: what a group lacks is null.
        padded = {key: named.get(key, Value(None, CharField())) for key in keys}
        rows = assessed.queryset().annotate(tally=Value(name), **padded)
        present = rows.filter(**{f"{field}__isnull": False for field in group[:1]})
        return tally(present, "tally", *keys, **further).order_by()

    first, *others = (counted(name, group) for name, group in groups.items())
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in groups}
    for row in with_cte(assessed, select=first.union(*others, all=True)):
        name, key = row.pop("tally"), [row.pop(key) for key in keys]
        found[name].append(dict(zip(groups[name], key, strict=False)) | row)
    for name, group in groups.items():
        found[name].sort(key=lambda row: (row["rank"], *(row[field] for field in group[:1])))
    return found
