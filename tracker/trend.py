"""The year of one target month by month: what was reached, what should have been, and where last year stood.

Nothing is judged here: the months are read from the layers of `tracker.assessment`.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from django.db import connection

from .assessment import COUNTING, LAYERS, fill, quotient
from .models.periods import month_end

if TYPE_CHECKING:
    from .models import Target


#: In place of the counting update, one for the month itself that says nothing: the schedule does not depend on figures.
_SILENT = """
        SELECT 0 AS id, :as_of::date AS period, NULL::numeric AS value, NULL::numeric AS growth,
            '' AS stage, '' AS pace, '{}'::smallint[] AS steps_done
    """


class MonthFigures(NamedTuple):
    """One month of a target. Everything is null where it does not apply or was not reported; unset is never 0."""

    month: int
    planned: Decimal | None  # what should be reached by its end, in the indicator's unit; null for ceilings of a level
    expected: Decimal | None  # the same in % of the target
    year_before: Decimal | None  # last year's figure for the same month, in the indicator's unit
    actual: Decimal | None  # the figure of this very month, in the indicator's unit
    growth: Decimal | None  # its growth, %
    completion: Decimal | None  # its share of the target, %


def trend(target: Target, as_of: dt.date, known_at: dt.datetime) -> list[MonthFigures]:
    """The twelve months of `target`'s year; figures of months after `as_of` are left out, the schedule is not.

    Args:
        as_of: any day of the month the view speaks for.
        known_at: the instant whose knowledge counts.

    Queries: 1.
    """
    places = {"as_of": "slot.as_of", "known_at": "slot.known_at", "which": "t.id = slot.target_id"}
    due = fill(LAYERS.replace(COUNTING, _SILENT), **places)
    reported = fill(LAYERS, **places)
    sql = f"""
        SELECT slot.month,
            CASE due.measure
                WHEN 'cumulative' THEN {quotient("due.goal * due.share_part", "due.share_whole")}
                WHEN 'level' THEN CASE WHEN due.has_nodes THEN due.planned WHEN NOT due.is_ceiling THEN due.goal END
            END,
            due.expected, due.year_before, reported.actual, reported.actual_growth, reported.completion
        FROM (
            SELECT %(target)s::bigint AS target_id, month, %(known_at)s::timestamptz AS known_at,
                (make_date(%(year)s, month, 1) + interval '1 month' - interval '1 day')::date AS as_of
            FROM generate_series(1, 12) AS month
        ) slot
        CROSS JOIN LATERAL ({due} SELECT * FROM lit) due
        LEFT JOIN LATERAL ({reported} SELECT * FROM lit) reported
            ON reported.period = slot.as_of AND slot.as_of <= %(as_of)s
        ORDER BY slot.month
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, {"target": target.pk, "year": target.year, "known_at": known_at, "as_of": month_end(as_of)})
        return [MonthFigures(*row) for row in cursor.fetchall()]
