"""The twelve months of targets: how each was judged when it was due and is judged now, and how its figures ran."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from tracker.periods import month_end

from .sql import VERDICT, WHOLE, expand


class Month(NamedTuple):
    """One month of a target's strip: how it was judged when it was due, and how it is judged by what is known now."""

    month: int
    then_status: str | None  # Judgement as known at the end of the month's deadline; null before that instant
    then_light: str | None
    now_status: str | None
    now_light: str | None


_STRIPS = """
    SELECT slot.target_id, slot.month,
        CASE WHEN slot.deadline <= slot.now THEN first.status END,
        CASE WHEN slot.deadline <= slot.now THEN first.light END,
        latest.status, latest.light
    FROM (
        SELECT t.id AS target_id, month, month_end AS as_of, now,
            -- The deadline is a day of the office's calendar; it is over when the next one begins.
            (month_end + i.due_lag + 1)::timestamp AT TIME ZONE {local} AS deadline
        FROM tracker_target t
        JOIN tracker_indicator i ON i.id = t.indicator_id
        CROSS JOIN generate_series(1, 12) AS month
        CROSS JOIN LATERAL (
            SELECT (make_date(t.year, month, 1) + interval '1 month' - interval '1 day')::date AS month_end
        ) ends
        CROSS JOIN (SELECT %(now)s::timestamptz AS now) clock
        WHERE t.id = ANY (%(targets)s)
    ) slot
    LEFT JOIN LATERAL ({first}) first ON true
    LEFT JOIN LATERAL ({latest}) latest ON slot.as_of <= (slot.now AT TIME ZONE {local})::date
    ORDER BY slot.target_id, slot.month
"""


def strips(target_ids: Sequence[int], known_at: dt.datetime | None = None) -> dict[int, list[Month]]:
    """The twelve months of each target, so that a month once judged red stays visible after the target caught up.

    Args:
        target_ids: the targets of one page.
        known_at: the instant that counts as now; months that begin after it have no judgement.

    Returns:
        target id → twelve `Month`s in order.

    Queries: 1.
    """
    places = {"as_of": "slot.as_of", "which": "t.id = slot.target_id"}
    sql = expand(
        _STRIPS,
        first=expand(VERDICT, known_at="least(slot.deadline, slot.now)", **places),
        latest=expand(VERDICT, known_at="slot.now", **places),
    )
    found: dict[int, list[Month]] = {pk: [] for pk in target_ids}
    with connection.cursor() as cursor:
        cursor.execute(sql, {"now": known_at or timezone.now(), "targets": list(target_ids)})
        for target_id, *month in cursor.fetchall():
            found[target_id].append(Month(*month))
    return found


class MonthFigures(NamedTuple):
    """One month of a target. Everything is null where it does not apply or was not reported; unset is never 0."""

    month: int
    planned: Decimal | None  # what should be reached by its end, in the indicator's unit; null for ceilings of a level
    expected: Decimal | None  # the same in % of the target
    year_before: Decimal | None  # last year's figure for the same month, in the indicator's unit
    actual: Decimal | None  # the figure of this very month, in the indicator's unit
    growth: Decimal | None  # its growth, %
    completion: Decimal | None  # its share of the target, %


#: In place of the counting update, one of the month itself without figures: the schedule does not depend on them.
NO_FIGURES = """
        SELECT 0 AS id, {as_of}::date AS period, NULL::numeric AS value, NULL::numeric AS growth,
            '' AS stage, '' AS pace, '{}'::smallint[] AS steps_done
    """
_TREND = """
    SELECT slot.month,
        CASE due.measure
            WHEN 'cumulative' THEN {quotient(due.goal * due.share_part, due.share_whole)}
            WHEN 'level' THEN CASE WHEN due.has_nodes THEN due.planned WHEN NOT due.is_ceiling THEN due.goal END
        END,
        due.expected, due.year_before, reported.actual, reported.actual_growth, reported.completion
    FROM (
        SELECT t.id AS target_id, month, %(known_at)s::timestamptz AS known_at,
            (make_date(t.year, month, 1) + interval '1 month' - interval '1 day')::date AS as_of
        FROM tracker_target t
        CROSS JOIN generate_series(1, 12) AS month
        WHERE t.id = %(target)s
    ) slot
    CROSS JOIN LATERAL ({schedule}) due
    LEFT JOIN LATERAL ({figures}) reported
        ON reported.period = slot.as_of AND slot.as_of <= %(as_of)s
    ORDER BY slot.month
"""


def trend(target_id: int, as_of: dt.date, known_at: dt.datetime) -> list[MonthFigures]:
    """The twelve months of a target's year; figures of months after `as_of` are left out, the schedule is not.

    Nothing is judged here: the months are read from the layers.

    Args:
        as_of: any day of a month.
        known_at: the instant whose knowledge counts.

    Queries: 1.
    """
    places = {"as_of": "slot.as_of", "known_at": "slot.known_at", "which": "t.id = slot.target_id"}
    sql = expand(_TREND, schedule=expand(WHOLE, counting=NO_FIGURES, **places), figures=expand(WHOLE, **places))
    with connection.cursor() as cursor:
        cursor.execute(sql, {"target": target_id, "known_at": known_at, "as_of": month_end(as_of)})
        return [MonthFigures(*row) for row in cursor.fetchall()]
