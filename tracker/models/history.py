"""History by database triggers: every change leaves an event row, also one made by `.update()` or raw SQL."""

from __future__ import annotations

from collections.abc import Callable

import pghistory
import pgtrigger
from django.db import connection, models
from pghistory.core import event_models


def ledger_history(
    *further: pghistory.RowEvent, exclude: list[str] | None = None, samples_may_go: bool = False
) -> Callable[[type[models.Model]], type[models.Model]]:
    """Record every insert, update and delete of a model in an append-only event table beside it.

    Args:
        further: what else leaves an event, under its own label.
        exclude: fields that need no history, or may have none.
        samples_may_go: the model has `is_sample`; the events of sample rows may be deleted with them, so that
            `demo --clear` leaves nothing behind.
    """
    frozen = pgtrigger.Protect(
        name="append_only",
        operation=pgtrigger.Update | pgtrigger.Delete,
        condition=pgtrigger.Q(old__is_sample=False) if samples_may_go else None,
    )
    tracked: Callable[[type[models.Model]], type[models.Model]] = pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        *further,
        exclude=exclude,
        meta={"triggers": [frozen]},
    )
    return tracked


def ledger_version(reader: int | None = None) -> str | None:
    """A text that differs whenever anything recorded differs; None while a change is being written.

    Args:
        reader: a user's key; then it differs between users of different units, too.

    Every change numbers an event, and a sequence never goes back, whatever becomes of its event. It runs ahead of what
    others see only until its writer commits, and till then the writer's lock on the table of events is seen.

    Queries: 1.
    """
    tables = sorted(model._meta.db_table for model in event_models() if model._meta.app_label == "tracker")
    with connection.cursor() as cursor:
        # Locks must be read after the numbers: the subquery needs the row that they are in.
        cursor.execute(
            """
            WITH events AS MATERIALIZED (
                SELECT array_agg(name::regclass::oid) AS tables, string_agg(
                    pg_sequence_last_value(pg_get_serial_sequence(name, 'pgh_id')::regclass)::text, '-' ORDER BY name
                ) AS numbers
                FROM unnest(%s::text[]) AS name
            )
            SELECT concat(numbers, ' ', (
                SELECT string_agg(department_id::text, '-' ORDER BY department_id)
                FROM tracker_membership WHERE user_id = %s
            )), EXISTS (
                SELECT FROM pg_locks WHERE mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND relation = ANY (events.tables)
            )
            FROM events
            """,
            [tables, reader],
        )
        version, is_being_written = cursor.fetchone()
    return None if is_being_written else version
