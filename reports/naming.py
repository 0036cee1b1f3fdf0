"""Names in the reader's language: the ledger's own names are Chinese, most have an English one beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import CharField, Expression, F, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import get_language

from tracker.models import Section


def in_english() -> bool:
    return (get_language() or "").startswith("en")


def named(record: Any, field: str = "name", english: str = "") -> str:
    """A name of a record, or of a row of values; the English one where English is read and there is one."""
    if not isinstance(record, Mapping):
        record = {key: getattr(record, key) for key in (field, english or f"{field}_en")}
    name: str = (in_english() and record[english or f"{field}_en"]) or record[field]
    return name


def section_name(section: Section) -> str:
    """“四.3 坚持棚改拆建并举”: the number without its year, and the heading."""
    return f"{section.path.partition('/')[2]} {named(section, 'title')}".strip()


def sql_name(chinese: str, english: str) -> Expression | F:
    """The choice of `named` between two fields, made by the database, so that it can be sorted."""
    if not in_english():
        return F(chinese)
    return Coalesce(NullIf(F(english), Value("")), F(chinese), output_field=CharField())
