"""Rows and files of each kind: the same querysets feed the screen, the downloads and `manage.py export`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Mapping, Sequence
from typing import Any, TypeAlias

from django.db.models import Case, Exists, F, OuterRef, QuerySet, Subquery, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tracker.assessment import DARKEST_FIRST, WORST_FIRST
from tracker.models import ProgressUpdate, Responsibility
from tracker.models.progress import ProgressUpdateQuerySet
from tracker.models.target import TargetQuerySet
from tracker.text import instant

from . import copying
from .columns import Column, for_people
from .exports import Field, Format, RowFormat, Sheet
from .expressions import counting as counting
from .expressions import ranked

#: A TargetQuerySet with the annotations of `target_rows`, which the type checker cannot see.
AssessedTargets: TypeAlias = "QuerySet[Any]"


def target_rows(targets: TargetQuerySet, as_of: dt.date, known_at: dt.datetime | None = None) -> AssessedTargets:
    """Assessed targets in the order of the report, with all that their columns print or sort by.

    Adds: the verdict (tracker/assessment.py); `lead`, `lead_code`, `lead_en`; `vintage` of the counting figure (text);
    `is_sample` (whether that figure is demonstration data); `status_order`, `light_order` (0 is worst).
    Queries: none until evaluated, then 1.
    """
    sample = ProgressUpdate.objects.filter(pk=OuterRef("update_id"), is_sample=True)
    assessed: AssessedTargets = targets.assessed(as_of, known_at).with_lead().in_report_order()
    rows: AssessedTargets = assessed.annotate(
        vintage=counting("vintage"),
        is_sample=Exists(sample),
        status_order=ranked("status", WORST_FIRST),
        light_order=ranked("light", DARKEST_FIRST),
    )
    return rows


def update_rows(updates: ProgressUpdateQuerySet, known_at: dt.datetime) -> ProgressUpdateQuerySet:
    """Updates with every revision, in the order of the report.

    Adds: `lead`, `lead_en` (text: the lead department's names; null without one); `replaced_at` (the instant of its
    correction, where that was known by `known_at`). Queries: 1 when evaluated.
    """
    lead = Responsibility.objects.lead_of(OuterRef("target_id"))
    return updates.annotate(
        lead=Subquery(lead.values("department__name")[:1]),
        lead_en=Subquery(lead.values("department__name_en")[:1]),
        replaced_at=Case(When(superseded_at__lte=known_at, then=F("superseded_at"))),
    ).order_by(
        F("target__section__position").asc(nulls_last=True),
        "target__paragraph",
        "target__position",
        "target_id",
        "period",
        "revision",
        "pk",
    )


def file_name(title: str, as_of: dt.date | None, made_at: dt.datetime) -> str:
    """The name of a file: its table and place, its month, and when it was made."""
    if as_of:
        title = _("%(title)s（截至%(month)s）") % {"title": title, "month": f"{as_of:%Y-%m}"}
    return f"{title}{timezone.localtime(made_at):%Y%m%d-%H%M}"


def sample_note() -> str:
    return _("本表含演示数据，仅供试用，不是真实统计数。")


def notes(
    units: str,
    *,
    as_of: dt.date | None = None,
    known_at: dt.datetime | None = None,
    filters: Sequence[str] = (),
    has_sample: bool = False,
    made_by: str,
    made_at: dt.datetime,
) -> list[str]:
    """What belongs to every table: as of, known at, filters in words, units, and who exported it when."""
    lines = []
    if as_of:
        lines.append(_("截至：%(month)s") % {"month": date_format(as_of, "YEAR_MONTH_FORMAT")})
    if known_at:
        lines.append(_("账面时点：%(instant)s") % {"instant": instant(known_at)})
    lines.append(_("筛选：%(filters)s") % {"filters": _("；").join(filters) or _("无，全部记录")})
    lines.append(units)
    if has_sample:
        lines.append(sample_note())
    made = {"who": made_by, "when": instant(made_at)}
    return [*lines, _("导出：%(who)s，%(when)s") % made]


def sheet(
    title: str,
    notes: Sequence[str],
    columns: Sequence[Column],
    rows: QuerySet[Any, Any],
    format: Format,
    *,
    layout: Mapping[str, Sequence[Column]] | None = None,
    **more: Any,
) -> Sheet:
    """A file's content: `rows` as they are ordered, streamed from the database. Queries: 1, when written.

    Args:
        layout: cell by cell, the columns that share it on paper.
        more: other fields of the `Sheet`.
    """
    fields = [column.field(for_machines=format.for_machines) for column in columns]
    wanted = for_people(rows, [column for column in columns if not (format.for_machines and column.accessor)])
    sources = [column.source(for_machines=format.for_machines) for column in columns]
    return Sheet(
        title=title,
        notes=notes,
        fields=fields,
        rows=_read(wanted.values_list(*sources), fields, format),
        empty=_("没有符合条件的记录。"),
        broken=_("导出中断，本文件不完整，请重新导出。"),
        page_label=_("第 &P 页，共 &N 页"),
        rules_name=_("说明"),
        continued=_("（续%(number)s）"),
        layout={name: [column.name for column in cell] for name, cell in (layout or {}).items()},
        **more,
    )


def _read(rows: QuerySet[Any, Any], fields: Sequence[Field], format: Format) -> Generator[Any]:
    match format.row_format:
        case RowFormat.CSV:
            return copying.csv_records(rows, fields)
        case RowFormat.JSON:
            return copying.json_lines(rows, fields)
        case RowFormat.VALUES:
            return copying.values(rows, fields)
