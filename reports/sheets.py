"""Rows and files of each kind: the same querysets feed the screen, the downloads and `manage.py export`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, TypeAlias

from django.db.models import Case, CharField, Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tracker.assessment import Judgement, Light
from tracker.models import ProgressUpdate, WorkReport
from tracker.models.progress import ProgressUpdateQuerySet
from tracker.models.target import TargetQuerySet

from .columns import Column, for_people
from .exports import Format, Sheet
from .naming import named

#: A TargetQuerySet with the annotations of `target_rows`, which the type checker cannot see.
AssessedTargets: TypeAlias = "QuerySet[Any]"

#: From what needs attention to what does not; the order of sorting by status or light.
WORST_FIRST = (
    Judgement.BEHIND,
    Judgement.NOT_STARTED,
    Judgement.ON,
    Judgement.AHEAD,
    Judgement.COMPLETED,
    Judgement.NO_DATA,
    Judgement.NOT_JUDGED,
)
DARKEST_FIRST = (Light.RED, Light.YELLOW, Light.GREEN, Light.GREY)


def ranked(field: str, order: Sequence[str]) -> Case:
    return Case(
        *(When(**{field: word}, then=Value(rank)) for rank, word in enumerate(order)), output_field=IntegerField()
    )


def counting(field: str) -> Subquery:
    """A text field of the counting update of each assessed target; null without one."""
    update = ProgressUpdate.objects.filter(pk=OuterRef("update_id"))
    return Subquery(update.values(field)[:1], output_field=CharField())


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


def update_rows(updates: ProgressUpdateQuerySet, year: int) -> ProgressUpdateQuerySet:
    """One year's updates with every revision, in the order of the report. Adds: nothing. Queries: 1."""
    return updates.filter(target__year=year).order_by(
        F("target__section__position").asc(nulls_last=True),
        "target__paragraph",
        "target__position",
        "target",
        "period",
        "revision",
    )


def results_title(report: WorkReport | None, year: int) -> str:
    return _("%(place)s%(year)s年度实绩表") % {"place": _place(report), "year": year}


def targets_title(report: WorkReport | None, year: int) -> str:
    return _("%(place)s%(year)s年度目标进度总表") % {"place": _place(report), "year": year}


def updates_title(report: WorkReport | None, year: int) -> str:
    return _("%(place)s%(year)s年度进展填报明细表") % {"place": _place(report), "year": year}


def _place(report: WorkReport | None) -> str:
    return named(report, "jurisdiction") if report else ""


def dated(title: str, as_of: dt.date) -> str:
    """A title with its month: what a file is called."""
    return _("%(title)s（截至%(month)s）") % {"title": title, "month": f"{as_of:%Y-%m}"}


def result_notes() -> list[str]:
    return [_("单位：数值见“计量单位”列；增速为百分数。空白为报告未写明，不是 0。")]


def target_notes(as_of: dt.date, *, has_sample: bool) -> list[str]:
    notes = [
        _("截至：%(month)s") % {"month": date_format(as_of, "YEAR_MONTH_FORMAT")},
        _("单位：数值见“计量单位”列；完成率、序时进度、增速为%，超/欠序时、增速差为百分点。空白为未填报。"),
    ]
    return [*notes, sample_note()] if has_sample else notes


def sample_note() -> str:
    return _("本表含演示数据，仅供试用，不是真实统计数。")


def sheet(title: str, notes: Sequence[str], columns: Sequence[Column], rows: QuerySet[Any], format: Format) -> Sheet:
    """A file's content: `rows` as they are ordered, streamed from the database. Queries: 1, when written."""
    if format.for_machines:
        accessors = [column.accessor for column in columns]
    else:
        rows = for_people(rows, columns)
        accessors = [column.key for column in columns]
    return Sheet(
        title=title,
        notes=notes,
        fields=[column.field(for_machines=format.for_machines) for column in columns],
        rows=rows.values_list(*accessors).iterator(chunk_size=2000),
        empty=_("没有符合条件的记录。"),
        page_label=_("第 &P 页，共 &N 页"),
    )
