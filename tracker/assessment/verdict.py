"""The verdict on targets: for a queryset, for updates that are not verified yet, and for one target layer by layer.

Everything is computed by the database (layers.sql). What is added to a queryset can be filtered, sorted and counted
there.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from django.db import connection
from django.db.models import BigIntegerField, CharField, DateField, DecimalField, Field, IntegerField, QuerySet
from django.utils import timezone
from django_cte import CTE, with_cte
from django_cte.raw import raw_cte_sql
from psycopg.types.json import Jsonb

from tracker.periods import month_end

from .sql import VERDICT, WHOLE, expand, positional

Targets = TypeVar("Targets", bound="QuerySet[Any, Any]")

_NUMBER: DecimalField[Any, Any] = DecimalField(max_digits=30, decimal_places=6)
_WORD: CharField[Any, Any] = CharField(max_length=12)
_REASON: CharField[Any, Any] = CharField(max_length=40)

#: Every annotation that `annotate()` adds, with its type. All are null where they do not apply; unset is never 0.
ANNOTATIONS: dict[str, Field[Any, Any]] = {
    "update_id": BigIntegerField(),  # the counting update
    "period": DateField(),  # its period, a month's last day; everything below is as of it
    "actual": _NUMBER,  # its value, in the indicator's unit
    "actual_growth": _NUMBER,  # its growth, %
    "stage": _WORD,  # its stage, for a task (models.Stage)
    "pace": _WORD,  # the verifier's judgement of a task (models.Pace)
    "schedule_used": _WORD,  # models.Schedule; `linear` where last year's figures are missing
    "completion": _NUMBER,  # % of the target, two decimals, not capped
    "expected": _NUMBER,  # % that should be done by the period's end
    "gap": _NUMBER,  # completion − expected, percentage points
    "overdue_days": IntegerField(),  # since the deadline of the first due period that is not reported (domain.md §7)
    "year_before": _NUMBER,  # last year's figure for the same month, where last year's updates exist
    "computed_growth": _NUMBER,  # % over `year_before`, two decimals; only with a comparable baseline
    "growth_gap": _NUMBER,  # growth − target growth, percentage points
    "red_margin": _NUMBER,  # percentage points behind from which the value facet is red
    "red_growth": _NUMBER,  # the same of the growth facet
    "value_status": _WORD,  # Judgement of the value facet; null where the target has none
    "growth_status": _WORD,  # Judgement of the growth facet; null where the target has none
    "value_reason": _REASON,  # Reason of `value_status`; null where it is
    "growth_reason": _REASON,  # Reason of `growth_status`; null where it is
    "value_light": _WORD,  # Light of the value facet; null where the target has none
    "growth_light": _WORD,  # Light of the growth facet; null where the target has none
    "status": _WORD,  # Judgement: the worst judged facet
    "reason": _REASON,  # Reason of `status`: the worst judged facet's
    "light": _WORD,  # Light: the worst judged facet's
    "margin": _NUMBER,  # ceilings: target − value, in the unit
    "remaining": _NUMBER,  # floors of cumulative figures: target − value
    "needed_per_month": _NUMBER,  # remaining ÷ months left until the due month; 0 once reached
    "projected": _NUMBER,  # value ÷ schedule share
}


def annotate(targets: Targets, as_of: dt.date, known_at: dt.datetime | None = None) -> Targets:
    """`targets` with the verdict on each, as of a month and as known at an instant.

    Only `targets` as they are here are assessed. What they are filtered by afterwards is asked of the finished
    verdicts, but for a single key.

    Args:
        targets: a queryset of targets.
        as_of: any day of the month.
        known_at: the instant whose knowledge counts; default now.

    Adds: `ANNOTATIONS`. Queries: none until evaluated, then 1.
    """
    chosen = CTE(targets.order_by().values("pk"), name="chosen")
    values = {"as_of": month_end(as_of), "known_at": known_at or timezone.now()}
    statement = expand(
        VERDICT,
        as_of="%(as_of)s",
        known_at="%(known_at)s",
        targets="chosen JOIN tracker_target t ON t.id = chosen.pk",
    )
    sql, params = positional(statement, values)
    verdict = CTE(raw_cte_sql(sql, params, {"target_id": BigIntegerField(), **ANNOTATIONS}), name="verdict")
    joined = verdict.join(targets, pk=verdict.col.target_id)
    return with_cte(chosen, verdict, select=joined).annotate(  # type: ignore[no-any-return]
        **{name: getattr(verdict.col, name) for name in ANNOTATIONS}
    )


class Proposal(Protocol):
    """The figures of an update, such as a ProgressUpdate, saved or not."""

    target_id: Any
    period: Any
    value: Any
    growth: Any
    stage: Any
    pace: Any
    steps_done: Any


class Meaning(NamedTuple):
    """What an update would mean if it were verified now; as `ANNOTATIONS` describes each."""

    completion: Decimal | None
    expected: Decimal | None
    gap: Decimal | None
    growth_gap: Decimal | None
    margin: Decimal | None
    remaining: Decimal | None
    year_before: Decimal | None
    status: str
    light: str
    value_status: str | None
    growth_status: str | None


#: In place of the counting update, updates that are not verified, each numbered and for its own period.
PROPOSED = """
        SELECT u.* FROM jsonb_to_recordset(%(proposed)s) AS u (
            id int, target_id bigint, period date, value numeric, growth numeric, stage text, pace text,
            steps_done smallint[]
        ) WHERE u.target_id = t.id
    """
_PREVIEW = "SELECT {columns} FROM ({verdict}) verdict ORDER BY update_id"


def preview(updates: Sequence[Proposal]) -> list[Meaning]:
    """What each update would mean for its own period, in place of the one that counts.

    What should be done by a month's end does not depend on what is reported, so that an update without figures still
    yields `expected` and `year_before` of its target and period.

    Args:
        updates: of any targets and periods; their figures are finite.

    Returns:
        One meaning for each, in order.

    Queries: 1, none without updates.
    """
    if not updates:
        return []
    names = ("target_id", "period", "value", "growth", "stage", "pace", "steps_done")
    proposed = [
        {"id": number, **{name: getattr(update, name) for name in names}} for number, update in enumerate(updates)
    ]
    verdict = expand(VERDICT, counting=PROPOSED, as_of="c.period", known_at="%(known_at)s", which="c.id IS NOT NULL")
    # Decimals go as text: JSON's own numbers would lose printed digits on the way.
    as_text = partial(json.dumps, default=str)
    params: dict[str, Any] = {"known_at": timezone.now(), "proposed": Jsonb(proposed, dumps=as_text)}
    with connection.cursor() as cursor:
        cursor.execute(expand(_PREVIEW, columns=", ".join(Meaning._fields), verdict=verdict), params)
        return [Meaning(*row) for row in cursor.fetchall()]


def explain_row(target_id: int, as_of: dt.date, known_at: dt.datetime) -> dict[str, Any]:
    """Every column of the layers for one target; empty where it does not exist. Queries: 1."""
    sql = expand(WHOLE, as_of="%(as_of)s", known_at="%(known_at)s", which="t.id = %(target)s")
    with connection.cursor() as cursor:
        cursor.execute(sql, {"as_of": month_end(as_of), "known_at": known_at, "target": target_id})
        row = cursor.fetchone()
        return dict(zip([column.name for column in cursor.description], row, strict=True)) if row else {}
