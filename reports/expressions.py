"""SQL expressions that several queries of the read side share."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Case, CharField, IntegerField, OuterRef, Subquery, Value, When

from tracker.models import ProgressUpdate


def ranked(field: str, order: Sequence[str]) -> Case:
    """The place of a field's word in `order`, from 0; null for another word."""
    return Case(
        *(When(**{field: word}, then=Value(rank)) for rank, word in enumerate(order)), output_field=IntegerField()
    )


def counting(field: str) -> Subquery:
    """A text field of the counting update of each assessed target; null without one."""
    update = ProgressUpdate.objects.filter(pk=OuterRef("update_id"))
    return Subquery(update.values(field)[:1], output_field=CharField())
