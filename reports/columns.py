"""Every column of every table, defined once: the screen and all files print from these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db.models import Case, CharField, Expression, F, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Concat, Greatest, NullIf, Substr, Trim
from django.utils.translation import gettext_lazy as _

from tracker.assessment import Judgement, Light
from tracker.history import ACTIONS, kinds
from tracker.models import (
    Category,
    Frequency,
    JudgedBy,
    Measure,
    Schedule,
    Stage,
    Status,
    Vintage,
)
from tracker.models.reminder import Urgency
from tracker.text import SIGNS

from .exports import Field, Kind
from .expressions import counting
from .naming import sql_name
from .templatetags.figures import cell_text

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

SAMPLE: dict[bool, str | _StrPromise] = {True: _("演示数据"), False: ""}


@dataclass(frozen=True)
class Column:
    """One column.

    `accessor` is the field or annotation that a machine is given. People are given `key`: the same, unless `shown`
    makes an expression for them (a name in their language); and `words` in place of stored codes. A column without an
    accessor is what `shown` makes for both.
    """

    name: str
    header: str | _StrPromise
    kind: Kind
    accessor: str = ""
    shown: Callable[[], Expression | Combinable] | None = None
    words: Mapping[Any, str | _StrPromise] = field(default_factory=dict)
    #: What to sort by, where that is not the value itself.
    order: str = ""
    #: The column whose value (a light) colours this one.
    tone: str = ""
    #: Not for the public: what departments write to the office, and who they are.
    is_private: bool = False

    @property
    def key(self) -> str:
        return f"shown_{self.name}" if self.shown else self.accessor

    def source(self, *, for_machines: bool) -> str:
        """The field or annotation that a file reads."""
        return (for_machines and self.accessor) or self.key

    def field(self, *, for_machines: bool) -> Field:
        words = {} if for_machines else {code: str(word) for code, word in self.words.items()}
        show = str if self.kind is Kind.TEXT else partial(cell_text, self.kind)
        return Field(self.name, str(self.header), self.kind, words, self.tone, show)


@dataclass(frozen=True)
class Catalogue:
    """The columns of one table, and how a page lays them out unless its reader chooses."""

    #: What an export of everything holds: keys and order are stable.
    every: Sequence[Column]
    #: The cells of the page, by the column that heads and sorts each.
    cells: Sequence[str]
    #: What a cell shows beside its head, in order, where those columns have no cell of their own.
    together: Mapping[str, Sequence[str]] = field(default_factory=dict)
    #: May be chosen, and is in no export of everything.
    more: Sequence[Column] = ()
    #: The field whose code leads to the page about a row.
    code_key: str = "indicator__code"

    def choosable(self, *, public: bool = False) -> dict[str, Column]:
        """The columns that a reader may choose from, by name."""
        return {column.name: column for column in (*self.every, *self.more) if not (public and column.is_private)}

    def everything(self, *, public: bool = False) -> list[Column]:
        return [column for column in self.every if not (public and column.is_private)]

    def layout(self, chosen: Iterable[str] = (), *, public: bool = False) -> dict[str, list[Column]]:
        """The columns in each cell, by the name of its head; names that cannot be chosen are passed over."""
        known = self.choosable(public=public)
        heads = [name for name in dict.fromkeys(chosen) if name in known] or [
            name for name in self.cells if name in known
        ]
        return {
            head: [
                known[name]
                for name in self.together.get(head, (head,))
                if name in known and (name == head or name not in heads)
            ]
            for head in heads
        }


def for_people(queryset: QuerySet[Any], columns: Iterable[Column]) -> QuerySet[Any]:
    """Adds: `shown_<name>` for each column that is made for its readers. Queries: none of its own."""
    added = {
        column.key: column.shown()
        for column in columns
        if column.shown and column.key not in queryset.query.annotations
    }
    shown: QuerySet[Any] = queryset.annotate(**added)
    return shown


def _name(chinese: str, english: str) -> Callable[[], Expression | Combinable]:
    # Chosen when the rows are asked for: only then is it known who reads them.
    return lambda: sql_name(chinese, english)


def _section() -> Expression:
    """“四.3 坚持棚改拆建并举”: the number without its year, and the heading; empty for what is not in the report."""
    return Trim(
        Concat(
            Substr("section__path", 6),
            Value(" "),
            sql_name("section__title", "section__title_en"),
            output_field=CharField(),
        )
    )


_CODE = Column("code", _("代码"), Kind.TEXT, "indicator__code")
_NAME = Column("name", _("名称"), Kind.TEXT, "indicator__name", _name("indicator__name", "indicator__name_en"))
_YEAR = Column("year", _("年度"), Kind.INTEGER, "year")
_UNIT = Column(
    "unit",
    _("计量单位"),
    Kind.TEXT,
    "indicator__unit__symbol",
    _name("indicator__unit__symbol", "indicator__unit__name_en"),
)
_QUALIFIER = Column("qualifier", _("限定词"), Kind.TEXT, "qualifier")
_SECTION = Column("section", _("章节"), Kind.TEXT, "section__path", _section, order="section__position")
_PARAGRAPH = Column("paragraph", _("段落"), Kind.INTEGER, "paragraph")

_LIGHTS = dict(Light.choices)
_JUDGEMENTS = dict(Judgement.choices)

_RESULTS = (
    _CODE,
    _NAME,
    _YEAR,
    Column("value", _("实绩"), Kind.DECIMAL, "value"),
    _UNIT,
    _QUALIFIER,
    Column("growth", _("增速（%）"), Kind.DECIMAL, "growth"),
    _SECTION,
    _PARAGRAPH,
)

RESULTS = Catalogue(
    every=_RESULTS,
    cells=("name", "section", "paragraph", "value", "unit", "growth"),
    together={"name": ("name", "code"), "value": ("value", "qualifier")},
    more=(
        Column("vintage", _("数据性质"), Kind.TEXT, "vintage", words=dict(Vintage.choices)),
        Column("wording", _("原文表述"), Kind.TEXT, "wording"),
        Column("source_url", _("来源网址"), Kind.TEXT, "source_url"),
    ),
)

_TARGETS = (
    _CODE,
    _NAME,
    _YEAR,
    Column("category", _("类别"), Kind.TEXT, "category", words=dict(Category.choices)),
    Column("measure", _("计量方式"), Kind.TEXT, "measure", words=dict(Measure.choices)),
    Column("comparator", _("总量比较"), Kind.TEXT, "comparator", words=SIGNS),
    Column("value", _("目标值"), Kind.DECIMAL, "value"),
    _UNIT,
    Column("growth", _("增速目标（%）"), Kind.DECIMAL, "growth"),
    Column("growth_comparator", _("增速比较"), Kind.TEXT, "growth_comparator", words=SIGNS),
    Column("baseline", _("上年基数"), Kind.DECIMAL, "baseline__value"),
    _SECTION,
    _PARAGRAPH,
    Column("lead", _("牵头单位"), Kind.TEXT, "lead", _name("lead", "lead_en")),
    Column("due_on", _("完成期限"), Kind.DATE, "due_on"),
    Column("frequency", _("报送频率"), Kind.TEXT, "indicator__frequency", words=dict(Frequency.choices)),
    Column("schedule", _("序时方式"), Kind.TEXT, "schedule", words=dict(Schedule.choices)),
    Column("judged_by", _("评价依据"), Kind.TEXT, "judged_by", words=dict(JudgedBy.choices)),
    Column("period", _("报告期"), Kind.MONTH, "period"),
    Column("actual", _("完成值"), Kind.DECIMAL, "actual"),
    Column("actual_growth", _("增速（%）"), Kind.DECIMAL, "actual_growth"),
    Column("completion", _("完成率（%）"), Kind.PERCENT, "completion"),
    Column("expected", _("序时进度（%）"), Kind.PERCENT, "expected"),
    Column("gap", _("超/欠序时（百分点）"), Kind.POINTS, "gap"),
    Column("status", _("评价"), Kind.TEXT, "status", words=_JUDGEMENTS, order="status_order", tone="light"),
    Column("growth_gap", _("增速差（百分点）"), Kind.POINTS, "growth_gap"),
    Column("value_status", _("总量评价"), Kind.TEXT, "value_status", words=_JUDGEMENTS),
    Column("growth_status", _("增速评价"), Kind.TEXT, "growth_status", words=_JUDGEMENTS),
    Column("light", _("亮灯"), Kind.TEXT, "light", words=_LIGHTS, order="light_order", tone="light"),
    Column("overdue_days", _("逾期未报（天）"), Kind.INTEGER, "overdue_days"),
    Column("remaining", _("剩余任务"), Kind.DECIMAL, "remaining"),
    Column("needed_per_month", _("月均需完成"), Kind.DECIMAL, "needed_per_month"),
    Column("projected", _("按当前进度推算全年"), Kind.DECIMAL, "projected"),
    Column("margin", _("距控制线"), Kind.DECIMAL, "margin"),
    Column("schedule_used", _("实用序时方式"), Kind.TEXT, "schedule_used", words=dict(Schedule.choices)),
    _QUALIFIER,
    Column("stage", _("进展阶段"), Kind.TEXT, "stage", words=dict(Stage.choices)),
    Column("vintage", _("数据性质"), Kind.TEXT, "vintage", words=dict(Vintage.choices)),
    Column("is_sample", _("数据标识"), Kind.FLAG, "is_sample", words=SAMPLE),
)

TARGETS = Catalogue(
    every=_TARGETS,
    cells=(
        *("name", "section", "category", "lead", "unit", "value", "actual", "period", "completion", "expected", "gap"),
        *("growth", "actual_growth", "growth_gap", "status", "light"),
    ),
    together={
        "name": ("name", "code"),
        "value": ("comparator", "value", "qualifier"),
        "actual": ("actual", "vintage", "stage"),
        "period": ("period", "is_sample"),
        "growth": ("growth_comparator", "growth"),
    },
    more=(
        Column("wording", _("原文表述"), Kind.TEXT, "wording"),
        Column("problem", _("存在问题"), Kind.TEXT, shown=lambda: counting("problem"), is_private=True),
        Column("next_step", _("下一步措施"), Kind.TEXT, shown=lambda: counting("next_step"), is_private=True),
    ),
)

_UPDATES = (
    Column("code", _("代码"), Kind.TEXT, "target__indicator__code"),
    Column(
        "name",
        _("名称"),
        Kind.TEXT,
        "target__indicator__name",
        _name("target__indicator__name", "target__indicator__name_en"),
    ),
    Column("year", _("年度"), Kind.INTEGER, "target__year"),
    Column("period", _("报告期"), Kind.MONTH, "period"),
    Column("revision", _("版次"), Kind.INTEGER, "revision"),
    Column("value", _("完成值"), Kind.DECIMAL, "value"),
    Column("growth", _("增速（%）"), Kind.DECIMAL, "growth"),
    Column("stage", _("进展阶段"), Kind.TEXT, "stage", words=dict(Stage.choices)),
    Column("vintage", _("数据性质"), Kind.TEXT, "vintage", words=dict(Vintage.choices)),
    Column("stated_rate", _("自报完成率（%）"), Kind.DECIMAL, "stated_rate"),
    Column("remark", _("进展说明"), Kind.TEXT, "remark", is_private=True),
    Column("problem", _("存在问题"), Kind.TEXT, "problem", is_private=True),
    Column("next_step", _("下一步措施"), Kind.TEXT, "next_step", is_private=True),
    Column("correction_reason", _("更正原因"), Kind.TEXT, "correction_reason", is_private=True),
    Column("status", _("状态"), Kind.TEXT, "status", words=dict(Status.choices)),
    Column("source_url", _("来源网址"), Kind.TEXT, "source_url"),
    Column("published_on", _("公布日期"), Kind.DATE, "published_on"),
    Column("verified_at", _("核验时间"), Kind.INSTANT, "verified_at"),
    Column("superseded_at", _("被更正时间"), Kind.INSTANT, "replaced_at"),
    Column("is_sample", _("数据标识"), Kind.FLAG, "is_sample", words=SAMPLE),
)

UPDATES = Catalogue(
    every=_UPDATES,
    code_key="target__indicator__code",
    cells=("name", "lead", "period", "revision", "value", "unit", "growth", "stage", "status", "verified_at"),
    together={
        "name": ("name", "code"),
        "period": ("period", "is_sample"),
        "value": ("value", "vintage"),
    },
    more=(
        Column(
            "unit",
            _("计量单位"),
            Kind.TEXT,
            "target__indicator__unit__symbol",
            _name("target__indicator__unit__symbol", "target__indicator__unit__name_en"),
        ),
        Column("lead", _("牵头单位"), Kind.TEXT, "lead", _name("lead", "lead_en")),
        Column(
            "entered_by",
            _("填报人"),
            Kind.TEXT,
            shown=lambda: Coalesce(
                NullIf(F("entered_by__display_name"), Value("")), F("entered_by__username"), output_field=CharField()
            ),
            is_private=True,
        ),
        Column("entered_at", _("填报时间"), Kind.INSTANT, "entered_at"),
        Column("submitted_at", _("提交时间"), Kind.INSTANT, "submitted_at"),
    ),
)

_DEPARTMENTS = (
    # Without a judged target there is no rate to be ranked by.
    Column("rank", _("名次"), Kind.INTEGER, shown=lambda: Case(When(rate__isnull=False, then=F("rank")))),
    Column("code", _("代码"), Kind.TEXT, "lead_code"),
    Column("name", _("单位"), Kind.TEXT, "lead", _name("lead", "lead_en")),
    Column("total", _("目标（项）"), Kind.INTEGER, "total"),
    Column("judged", _("参评（项）"), Kind.INTEGER, "judged"),
    Column("on_schedule", _("达序时及以上（项）"), Kind.INTEGER, "on_schedule"),
    Column("rate", _("达序时率（%）"), Kind.PERCENT, "rate"),
    *(Column(word.name.lower(), word.label, Kind.INTEGER, word.name) for word in Judgement),
    Column("yellow", Light.YELLOW.label, Kind.INTEGER, "yellow"),
    Column("red", Light.RED.label, Kind.INTEGER, "red"),
)

_HISTORY = (
    Column("at", _("时间"), Kind.MOMENT, "at"),
    Column("who", _("操作人"), Kind.TEXT, "who"),
    Column("address", _("网络地址"), Kind.TEXT, "address"),
    Column("kind", _("记录类别"), Kind.TEXT, "kind", words=kinds()),
    Column("record", _("记录"), Kind.TEXT, "record"),
    Column("action", _("操作"), Kind.TEXT, "action", words=ACTIONS),
    Column("reason", _("原因"), Kind.TEXT, "reason"),
    Column("content", _("变更内容"), Kind.TEXT, "content"),
    Column("is_sample", _("数据标识"), Kind.FLAG, "is_sample", words=SAMPLE),
)

#: What was recorded (tracker.history.changes).
HISTORY = Catalogue(
    every=_HISTORY,
    cells=("at", "who", "record", "action", "content"),
    together={
        "at": ("at", "is_sample"),
        "who": ("who", "address"),
        "record": ("record", "kind"),
        "action": ("action", "reason"),
    },
    more=(Column("record_id", _("记录编号"), Kind.INTEGER, "record_id"),),
)

#: The tally by lead department (summary.by_lead).
DEPARTMENTS = Catalogue(
    every=_DEPARTMENTS,
    cells=[column.name for column in _DEPARTMENTS if column.name != "code"],
    code_key="lead_code",
)

#: The overdue reports (tracker.overdue.overdue_reports).
OVERDUE = Catalogue(
    every=(
        Column("lead", _("牵头单位"), Kind.TEXT, "lead", _name("lead", "lead_en"), order="lead_position"),
        _CODE,
        _NAME,
        _YEAR,
        Column("period", _("报告期"), Kind.MONTH, "period"),
        Column("deadline", _("期限"), Kind.DATE, "deadline"),
        # Until the deadline has passed, the days that are left are no lateness.
        Column("days_late", _("逾期天数"), Kind.INTEGER, shown=lambda: Greatest(F("days_late"), 0), order="days_late"),
        Column("urgency", _("阶段"), Kind.TEXT, "urgency", words=dict(Urgency.choices), order="days_late"),
        Column("reminded_at", _("上次提醒"), Kind.INSTANT, "reminded_at"),
    ),
    cells=("lead", "name", "period", "deadline", "days_late", "urgency", "reminded_at"),
    together={"name": ("name", "code")},
    more=(
        Column("category", _("类别"), Kind.TEXT, "category", words=dict(Category.choices)),
        Column("frequency", _("报送频率"), Kind.TEXT, "indicator__frequency", words=dict(Frequency.choices)),
        _SECTION,
    ),
)
