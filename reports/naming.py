"""Names in the reader's language as SQL, and those of sections; `tracker.wording.named` names a record."""

from __future__ import annotations

from django.db.models import CharField, Expression, F, Value
from django.db.models.functions import Coalesce, NullIf

from tracker.models import Section
from tracker.wording import in_english, named


def section_name(section: Section) -> str:
    """“四.3 坚持棚改拆建并举”: the number without its year, and the heading."""
    return f"{section.path.partition('/')[2]} {named(section, 'title')}".strip()


def sql_name(chinese: str, english: str) -> Expression | F:
    """The choice of `named` between two fields, made by the database, so that it can be sorted."""
    if not in_english():
        return F(chinese)
    return Coalesce(NullIf(F(english), Value("")), F(chinese), output_field=CharField())
