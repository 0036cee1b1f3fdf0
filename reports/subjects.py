"""What each table is about: its rows, its columns and its words, for its page, its files and `manage.py export`."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import CharField, DecimalField, Field, IntegerField, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django_cte import with_cte

from tracker import overdue
from tracker.assessment import Judgement, Light, counts, tallies
from tracker.models import Department, Margins, Responsibility, Role, WorkReport
from tracker.models.organisation import DepartmentQuerySet
from tracker.models.progress import ProgressUpdateQuerySet
from tracker.models.report import AnnualResultQuerySet
from tracker.models.target import TargetQuerySet
from tracker.wording import named

from . import rules, sheets, summary
from .columns import DEPARTMENTS, HISTORY, OVERDUE, RESULTS, TARGETS, UPDATES, Catalogue
from .exports import Format, Paragraph, RowFormat, Sheet
from .expressions import handed_back
from .filters import (
    DepartmentTallyFilter,
    HistoryFilter,
    LedgerFilter,
    OverdueFilter,
    ResultFilter,
    TargetFilter,
    UpdateFilter,
)
from .listing import Listing
from .rules import Rule
from .tables import (
    PAGE_SIZES,
    Link,
)
from .wording import counts_sentence


class Subject(ABC):
    """One table, for one reader: `public` is without remarks and names."""

    #: Its name in saved views.
    key: ClassVar[str]
    catalogue: ClassVar[Catalogue]
    per_page: ClassVar[int] = PAGE_SIZES[0]
    title: str
    units: str
    #: Whose figures it lists, or the newest; None while no report is registered.
    report: WorkReport | None
    #: Its month and instant; None for a table without them.
    month: dt.date | None
    known_at: dt.datetime | None
    public: bool

    @property
    def place(self) -> str:
        """Whose ledger it is, as titles begin."""
        return named(self.report, "jurisdiction") if self.report else ""

    @property
    def paper_title(self) -> str:
        """What a document is called."""
        return self.title

    @property
    def narrowed(self) -> Sequence[str]:
        """What the rows are narrowed to from the outset, in words."""
        return ()

    @abstractmethod
    def everything(self) -> QuerySet[Any, Any]:
        """Every row that the reader may see, in its own order."""

    @abstractmethod
    def filterset(self, params: QueryDict) -> LedgerFilter:
        """The filters that an address may name, over everything."""

    @abstractmethod
    def caption(self, count: int) -> str:
        """The table's caption: what it lists, and how many."""

    def listing(self, params: QueryDict, link: Link | None = None) -> Listing:
        """The table as an address asks for it; `link` is where a row's name leads."""
        return Listing(
            params,
            self.catalogue,
            self.filterset(params),
            public=self.public,
            link=link,
            per_page=self.per_page,
            some=self.some,
        )

    #: The rows with given keys, for a table whose rows are expensive to annotate.
    some: Callable[[Collection[int]], QuerySet[Any, Any]] | None = None

    def has_sample(self, rows: QuerySet[Any, Any]) -> bool:
        """Whether any figure among the rows is demonstration data. Queries: at most 1."""
        return False

    def page_has_sample(self, listing: Listing) -> bool:
        """The same of all that a page lists. Queries: at most 1."""
        return self.has_sample(listing.rows)

    def rules(self) -> list[Rule]:
        return []

    def opening(self, rows: QuerySet[Any, Any]) -> list[Paragraph]:
        """What a document says before the table. Queries: at most 1."""
        return []

    def sheet(self, format: Format, *, made_by: str, listing: Listing | None = None, **more: Any) -> Sheet:
        """The file of a view, or without `listing` of everything, in every column that the format has room for.

        Args:
            more: other fields of the `Sheet`.

        Queries: at most 3, and those of the rows when the sheet is written.
        """
        layout = listing.table.layout if listing else self.catalogue.layout(public=self.public)
        rows = listing.rows if listing else self.everything()
        columns = self.catalogue.everything(public=self.public)
        if listing or format.on_paper:
            columns = [column for cell in layout.values() for column in cell]
        # A machine's file has its notes on request only; to look for samples may be to read everything.
        has_notes = format.row_format is RowFormat.VALUES or more.get("with_notes", False)
        notes = sheets.notes(
            self.units,
            as_of=self.month,
            known_at=self.known_at,
            filters=[*self.narrowed, *(listing.filters if listing else ())],
            has_sample=has_notes and self.has_sample(rows),
            made_by=made_by,
            made_at=timezone.now(),
        )
        return sheets.sheet(
            self.paper_title if format.on_paper else self.title,
            notes,
            columns,
            rows,
            format,
            layout=layout,
            rules=self.rules(),
            opening=self.opening(rows) if format.on_paper else (),
            **more,
        )


@dataclass
class TargetSubject(Subject):
    """进度总表: a plan year's targets with their verdicts.

    Args:
        targets: of all years, those that the reader may see; `departments` likewise.
    """

    targets: TargetQuerySet
    departments: DepartmentQuerySet
    report: WorkReport
    month: dt.date
    known_at: dt.datetime
    public: bool = False

    key = "targets"
    catalogue = TARGETS

    @property
    def title(self) -> str:  # type: ignore[override]
        return _("%(place)s%(year)s年度目标进度总表") % {
            "place": self.place,
            "year": self.report.plan_year,
        }

    @property
    def paper_title(self) -> str:
        return _("%(place)s%(year)s年度目标完成情况一览表") % {
            "place": self.place,
            "year": self.report.plan_year,
        }

    @property
    def units(self) -> str:  # type: ignore[override]
        return _("单位：数值见“计量单位”列；完成率、序时进度、增速为%，超/欠序时、增速差为百分点。空白为未填报。")

    def everything(self) -> sheets.AssessedTargets:
        return self.some(None)

    def some(self, among: Collection[int] | None) -> sheets.AssessedTargets:
        """Of everything those with these keys; the others are not even assessed."""
        year = self.targets.filter(year=self.report.plan_year)
        some = year if among is None else year.filter(pk__in=among)
        return sheets.target_rows(some, self.month, self.known_at)

    def filterset(self, params: QueryDict) -> TargetFilter:
        return TargetFilter(params, self.everything(), report=self.report, departments=self.departments)

    def caption(self, count: int) -> str:
        month = date_format(self.month, "YEAR_MONTH_FORMAT")
        what = {"year": self.report.plan_year, "month": month, "count": count}
        return _("%(year)s年度目标进度（截至%(month)s），共 %(count)s 项") % what

    def has_sample(self, rows: QuerySet[Any, Any]) -> bool:
        return bool(rows.filter(is_sample=True).exists())

    def page_has_sample(self, listing: Listing) -> bool:
        return any(is_sample for _key, is_sample in listing.table.data.in_order)

    def rules(self) -> list[Rule]:
        return rules.target_rules(Margins.objects.in_force(self.report.plan_year, self.known_at))

    def opening(self, rows: QuerySet[Any, Any]) -> list[Paragraph]:
        month = _("截至%(month)s，") % {"month": date_format(self.month, "YEAR_MONTH_FORMAT")}
        return [Paragraph(month + counts_sentence(rows.order_by().aggregate(**counts()), led=False))]


@dataclass(kw_only=True)
class DepartmentDocumentSubject(TargetSubject):
    """通报: the targets that one department leads, those behind and those overdue, as a document to be circulated."""

    department: Department

    catalogue = replace(
        TARGETS, cells=[name for name in TARGETS.cells if name not in {"section", "category", "lead", "light"}]
    )

    @property
    def title(self) -> str:  # type: ignore[override]
        what = {"unit": named(self.department), "year": self.report.plan_year}
        return _("%(unit)s%(year)s年度牵头目标进度表") % what

    @property
    def paper_title(self) -> str:
        return _("%(unit)s%(year)s年度目标完成情况通报") % {
            "unit": named(self.department),
            "year": self.report.plan_year,
        }

    @property
    def narrowed(self) -> Sequence[str]:
        return [_("%(label)s：%(value)s") % {"label": _("牵头单位"), "value": named(self.department)}]

    def everything(self) -> sheets.AssessedTargets:
        return super().everything().filter(lead_code=self.department.code)

    def opening(self, rows: QuerySet[Any, Any]) -> list[Paragraph]:
        leads = {row["lead_code"]: row for row in summary.by_lead(super().everything())}
        tallied = leads.get(self.department.code) or summary.NOTHING
        ranking = [row for row in leads.values() if row["judged"]]
        rank = tallied["rank"] if tallied["judged"] else None
        month = _("截至%(month)s，") % {"month": date_format(self.month, "YEAR_MONTH_FORMAT")}
        targets = list(summary.with_remarks(summary.in_attention_order(rows)))
        behind = sorted((row for row in targets if row.attention_place), key=lambda row: row.attention_place)
        overdue = [row for row in targets if row.overdue_days is not None]
        return [
            Paragraph(_("一、总体情况"), is_heading=True),
            Paragraph(month + counts_sentence(rows.order_by().aggregate(**counts()), rank, len(ranking))),
            Paragraph(_("二、进展落后事项"), is_heading=True),
            *_numbered(map(self._behind, behind), _("没有亮红灯或黄灯的目标。")),
            Paragraph(_("三、逾期未报事项"), is_heading=True),
            *_numbered(map(self._overdue, overdue), _("没有逾期未报的目标。")),
            Paragraph(_("牵头目标逐项完成情况见附表。")),
        ]

    def _behind(self, target: Any) -> str:
        judged = _("，").join([str(Judgement(target.status).label), str(Light(target.light).label)])
        sentence = _("%(name)s：%(judged)s。%(reasons)s。") % {
            "name": named(target.indicator),
            "judged": judged,
            "reasons": _("；").join(summary.reasons(target)) or _("按填报的阶段和推进评定评价"),
        }
        if self.public:
            return sentence
        texts = {"problem": target.problem or _("未填写"), "next_step": target.next_step or _("未填写")}
        return sentence + _("存在问题：%(problem)s。下一步措施：%(next_step)s。") % {
            name: text.rstrip("。．. ") for name, text in texts.items()
        }

    @staticmethod
    def _overdue(target: Any) -> str:
        what = {"name": named(target.indicator), "days": target.overdue_days}
        return _("%(name)s：最早一期已逾期 %(days)s 天。") % what


def _numbered(sentences: Iterable[str], empty: str) -> list[Paragraph]:
    """A paragraph for each sentence, with its number; without any, one that says `empty`."""
    return [Paragraph(f"{number}. {sentence}") for number, sentence in enumerate(sentences, 1)] or [Paragraph(empty)]


@dataclass
class UpdateSubject(Subject):
    """进展填报: every revision of every update of a year's targets, in the periods up to a month.

    Args:
        month: the last period; None for the whole year.
        looks_back: only what was verified by `known_at`; else what is still under way, too.
    """

    updates: ProgressUpdateQuerySet
    departments: DepartmentQuerySet
    report: WorkReport
    month: dt.date | None
    known_at: dt.datetime
    looks_back: bool = False
    public: bool = False

    key = "updates"
    catalogue = UPDATES

    @property
    def title(self) -> str:  # type: ignore[override]
        return _("%(place)s%(year)s年度进展填报明细表") % {
            "place": self.place,
            "year": self.report.plan_year,
        }

    @property
    def units(self) -> str:  # type: ignore[override]
        return _("单位：数值按各指标的计量单位，增速、自报完成率为%。空白为未填报，不是 0。")

    def everything(self) -> ProgressUpdateQuerySet:
        updates = self.updates.filter(target__year=self.report.plan_year)
        if self.month:
            updates = updates.filter(period__lte=self.month)
        if self.looks_back:
            updates = updates.verified().filter(verified_at__lte=self.known_at)
        return sheets.update_rows(updates, self.known_at)

    def filterset(self, params: QueryDict) -> UpdateFilter:
        return UpdateFilter(params, self.everything(), report=self.report, departments=self.departments)

    def caption(self, count: int) -> str:
        what = {"year": self.report.plan_year, "count": count}
        return _("%(year)s年度进展填报，共 %(count)s 条") % what

    def has_sample(self, rows: QuerySet[Any, Any]) -> bool:
        return rows.filter(is_sample=True).exists()

    def rules(self) -> list[Rule]:
        return rules.update_rules()


@dataclass
class ResultSubject(Subject):
    """上年实绩: what was achieved in a year. `report` reviews it, or failing that planned it."""

    results: AnnualResultQuerySet
    report: WorkReport | None
    year: int
    public: bool = False

    key = "results"
    month = known_at = None
    catalogue = RESULTS
    per_page = PAGE_SIZES[-1]

    @property
    def title(self) -> str:  # type: ignore[override]
        return _("%(place)s%(year)s年度实绩表") % {"place": self.place, "year": self.year}

    @property
    def units(self) -> str:  # type: ignore[override]
        return _("单位：数值见“计量单位”列；增速为百分数。空白为报告未写明，不是 0。")

    def everything(self) -> AnnualResultQuerySet:
        return self.results.for_export(self.year)

    def filterset(self, params: QueryDict) -> ResultFilter:
        return ResultFilter(params, self.everything(), report=self.report, year=self.year)

    def caption(self, count: int) -> str:
        return _("%(year)s年度实绩，共 %(count)s 项") % {"year": self.year, "count": count}


#: The columns of a tally by lead department.
TALLY_FIELDS: dict[str, Field[Any, Any]] = {
    **{name: CharField() for name in summary.LEAD},
    **{name: IntegerField() for name in counts()},
    "rate": DecimalField(max_digits=20, decimal_places=2),
    "rank": IntegerField(),
}


@dataclass
class DepartmentSubject(Subject):
    """单位: the tally of each lead department, best first."""

    targets: TargetQuerySet
    report: WorkReport
    month: dt.date
    known_at: dt.datetime
    public: bool = False

    key = "departments"
    catalogue = DEPARTMENTS
    per_page = PAGE_SIZES[-1]

    @property
    def title(self) -> str:  # type: ignore[override]
        return _("%(place)s%(year)s年度目标牵头单位完成情况表") % {
            "place": self.place,
            "year": self.report.plan_year,
        }

    @property
    def units(self) -> str:  # type: ignore[override]
        return _("单位：各列项数为项，达序时率为%，同率同名次。没有参评目标的单位不排名次。")

    def assessed(self) -> sheets.AssessedTargets:
        return sheets.target_rows(self.targets.filter(year=self.report.plan_year), self.month, self.known_at)

    @cached_property
    def _tallies(self) -> dict[str, list[dict[str, Any]]]:
        rows = self.assessed().values("pk", "status", "light", *summary.LEAD, "is_sample")
        return tallies(rows, {"all": (), "lead": summary.LEAD}, sample=BoolOr("is_sample"))

    @property
    def tally(self) -> list[dict[str, Any]]:
        """The row of every lead department, best first. Queries: 1, however often it is read."""
        return self._tallies["lead"]

    def everything(self) -> QuerySet[Any, Any]:
        """The finished tally handed back to the database, which filters, sorts and pages it without assessing again."""
        rows = handed_back(self.tally, TALLY_FIELDS)
        found: QuerySet[Any, Any] = with_cte(rows, select=rows.join(Department, code=rows.col.lead_code)).annotate(
            **{name: getattr(rows.col, name) for name in TALLY_FIELDS}
        )
        return found.order_by("rank", "lead_code")

    def filterset(self, params: QueryDict) -> DepartmentTallyFilter:
        return DepartmentTallyFilter(params, self.everything())

    def caption(self, count: int) -> str:
        month = date_format(self.month, "YEAR_MONTH_FORMAT")
        what = {"year": self.report.plan_year, "month": month, "count": count}
        return _("%(year)s年度牵头单位完成情况（截至%(month)s），共 %(count)s 个单位") % what

    def has_sample(self, rows: QuerySet[Any, Any]) -> bool:
        return bool(self._tallies["all"][0]["sample"])

    def rules(self) -> list[Rule]:
        return [
            *rules.department_rules(),
            *rules.target_rules(Margins.objects.in_force(self.report.plan_year, self.known_at)),
        ]


@dataclass
class HistorySubject(Subject):
    """变更历史: who changed what, when and from where, latest first.

    Args:
        changes: those that the reader may see (tracker.history).
        report: whose ledger it is.
    """

    changes: QuerySet[Any, Any]
    report: WorkReport | None
    public: bool = False

    key = "history"
    month = known_at = None
    catalogue = HISTORY

    @property
    def title(self) -> str:  # type: ignore[override]
        return _("%(place)s目标台账变更历史") % {"place": self.place}

    @property
    def units(self) -> str:  # type: ignore[override]
        return _("变更内容逐项列出“原为 → 改为”，新建的只列填入的内容；时间为当地时间。")

    def everything(self) -> QuerySet[Any, Any]:
        return self.changes

    def filterset(self, params: QueryDict) -> HistoryFilter:
        return HistoryFilter(params, self.everything())

    def caption(self, count: int) -> str:
        return _("变更历史，共 %(count)s 条") % {"count": count}

    def has_sample(self, rows: QuerySet[Any, Any]) -> bool:
        return rows.filter(is_sample=True).exists()


@dataclass
class OverdueSubject(Subject):
    """催报: the reports that are overdue or soon due in the years that are not closed, by lead department.

    Args:
        targets: those whose overdue reports the reader may see (`tracker.overdue.visible_to`).
        departments: those that the reader may see.
        report: whose ledger it is.
    """

    targets: TargetQuerySet
    departments: DepartmentQuerySet
    report: WorkReport | None
    public: bool = False

    key = "overdue"
    month = known_at = None
    catalogue = OVERDUE
    per_page = PAGE_SIZES[-1]

    @property
    def title(self) -> str:  # type: ignore[override]
        place = named(self.report, "jurisdiction") if self.report else ""
        return _("%(place)s目标进展催报清单") % {"place": place}

    @property
    def units(self) -> str:  # type: ignore[override]
        return _("每一行是一项目标未报送的一期；期限未到的，逾期天数为 0。")

    def everything(self) -> QuerySet[Any, Any]:
        return overdue.overdue_reports(self.targets)

    def filterset(self, params: QueryDict) -> OverdueFilter:
        leads = Responsibility.objects.of(Role.LEAD).filter(target__in=self.targets)
        departments = self.departments.filter(pk__in=leads.values("department"))
        return OverdueFilter(params, self.everything(), departments=departments)

    def caption(self, count: int) -> str:
        what = {"day": f"{timezone.localdate():%Y-%m-%d}", "count": count}
        return _("催报清单（截至%(day)s），共 %(count)s 期") % what
