"""History by database triggers: every change leaves an event row, also one made by `.update()` or raw SQL."""

from __future__ import annotations

from collections.abc import Callable

import pghistory
import pgtrigger
from django.db import models


def ledger_history(
    *, exclude: list[str] | None = None, samples_may_go: bool = False
) -> Callable[[type[models.Model]], type[models.Model]]:
    """Record every insert, update and delete of a model in an append-only event table beside it.

    Args:
        exclude: fields that need no history because the database computes them.
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
        exclude=exclude,
        meta={"triggers": [frozen]},
    )
    return tracked
