"""SQL expressions that several queries of the read side share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Field, IntegerField, OuterRef, Subquery, Value, When
from django_cte import CTE
from django_cte.raw import raw_cte_sql
from psycopg.types.json import Jsonb

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


def handed_back(rows: Sequence[Mapping[str, Any]], fields: Mapping[str, Field[Any, Any]]) -> CTE:
    """Rows that were read before, as a table of their own: to be filtered, sorted and paged without being made again.

    Args:
        fields: the columns' types by name.
    """
    types = ", ".join(f'"{name}" {field.db_type(connection)}' for name, field in fields.items())
    # Decimals go as text: JSON's own numbers would lose printed digits on the way.
    values = Jsonb([{name: row[name] for name in fields} for row in rows], dumps=partial(json.dumps, default=str))
    sql = f"SELECT * FROM jsonb_to_recordset(%s) AS given ({types})"  # noqa: S608 (our own names and types)
    return CTE(raw_cte_sql(sql, [values], dict(fields)), name="given")
