"""The speech, its headings, and what was achieved in the reviewed year."""

from __future__ import annotations

from decimal import Decimal, Inexact, localcontext
from typing import Any

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from tracker.periods import report_months

from .fields import PrintedDecimalField, finite, named_check, one_of, slug_code, year_range
from .history import ledger_history
from .refusals import CROSS_TABLE
from .year import PlanYear


class SourceKind(models.TextChoices):
    """Which document of a year a target is promised in."""

    WORK_REPORT = "政府工作报告", _("政府工作报告")
    LIVELIHOOD_LIST = "民生实事清单", _("民生实事清单")
    KEY_PROJECTS = "重点项目清单", _("重点项目清单")
    CITY_TASKS = "市下达任务", _("市下达任务")
    OTHER = "其他", _("其他")


class WorkReportQuerySet(models.QuerySet["WorkReport"]):
    def leading(self) -> WorkReportQuerySet:
        """The document that names each year's ledger: the work report, or its first source where there is none; the
        earliest year first.

        Adds: nothing. Queries: none of its own.
        """
        is_further = ~models.Q(source_kind=SourceKind.WORK_REPORT)
        return self.order_by("plan_year", models.ExpressionWrapper(is_further, models.BooleanField()), "pk").distinct(
            "plan_year"
        )


class WorkReportManager(models.Manager["WorkReport"]):
    def get_by_natural_key(self, plan_year: int, title: str | None = None) -> WorkReport:
        """A year's work report, or with a title one of its further sources."""
        if title is None:
            return self.get(plan_year=plan_year, source_kind=SourceKind.WORK_REPORT)
        return self.get(plan_year=plan_year, title=title)


@ledger_history()
class WorkReport(models.Model):
    """政府工作报告: one speech, which reviews one year and plans the next; or a further document of the same year.

    Each has its own sections and numbering. Registering one opens the ledger of its year.
    """

    source_kind = models.CharField(
        _("文件类型"), max_length=6, choices=SourceKind, default=SourceKind.WORK_REPORT, db_default="政府工作报告"
    )
    jurisdiction = models.CharField(_("行政区划"), max_length=40)
    jurisdiction_en = models.CharField(_("行政区划（英文）"), max_length=80, blank=True)
    title = models.CharField(_("标题"), max_length=80)
    title_en = models.CharField(_("标题（英文）"), max_length=80, blank=True)
    meeting = models.CharField(_("会议"), max_length=80, blank=True)
    meeting_en = models.CharField(_("会议（英文）"), max_length=120, blank=True)
    delivered_on = models.DateField(_("报告日期"))
    review_year = models.PositiveSmallIntegerField(_("回顾年度"))
    plan_year = models.PositiveSmallIntegerField(_("计划年度"))
    source_url = models.URLField(_("来源网址"), blank=True)
    objects = WorkReportManager.from_queryset(WorkReportQuerySet)()

    class Meta:
        verbose_name = _("政府工作报告")
        verbose_name_plural = _("政府工作报告")
        ordering = ["-plan_year", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan_year"],
                condition=models.Q(source_kind=SourceKind.WORK_REPORT),
                name="workreport_once_a_year",
                violation_error_message=_("这一年度已登记政府工作报告；其他文件请另选文件类型。"),
            ),
            models.UniqueConstraint(
                fields=["plan_year", "title"],
                name="workreport_title_once",
                violation_error_message=_("这一年度已有同名的文件，请换一个标题。"),
            ),
            named_check(
                "workreport_meeting",
                ~models.Q(source_kind=SourceKind.WORK_REPORT) | ~models.Q(meeting=""),
                _("政府工作报告须写明在哪次会议上作的。"),
            ),
            one_of("workreport", source_kind=SourceKind),
            named_check(
                "workreport_years_follow",
                models.Q(plan_year=models.F("review_year") + 1),
                _("计划年度须是回顾年度的下一年。"),
            ),
            year_range("workreport", "plan_year"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_year}年{self.title}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.plan_year:
            PlanYear.objects.get_or_create(year=self.plan_year)
        super().save(*args, **kwargs)

    def natural_key(self) -> tuple[int] | tuple[int, str]:
        is_speech = self.source_kind == SourceKind.WORK_REPORT
        return (self.plan_year,) if is_speech else (self.plan_year, self.title)


class SectionManager(models.Manager["Section"]):
    def get_by_natural_key(self, path: str, *report: Any) -> Section:
        """A heading by its path; of a further source, with the source's own key."""
        if report:
            return self.get(path=path, report=WorkReport.objects.get_by_natural_key(*report))
        return self.get(path=path, report__source_kind=SourceKind.WORK_REPORT)


@ledger_history()
class Section(models.Model):
    """章节: a heading of the report, in a tree: 2018 / 四 / 3."""

    report = models.ForeignKey(WorkReport, verbose_name=_("报告"), on_delete=models.PROTECT, related_name="sections")
    parent = models.ForeignKey(
        "self", verbose_name=_("上级章节"), null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.CharField(_("路径"), max_length=20, help_text=_("如 2018/四.3；总目标为 2018/总目标"))
    year = models.PositiveSmallIntegerField(_("所述年度"))
    title = models.CharField(_("标题"), max_length=60)
    title_en = models.CharField(_("英文标题"), max_length=120, blank=True)
    position = models.PositiveSmallIntegerField(_("次序"), help_text=_("在报告中的先后"))

    objects = SectionManager()

    class Meta:
        verbose_name = _("章节")
        verbose_name_plural = _("章节")
        ordering = ["report", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "path"],
                name="section_path_once",
                violation_error_message=_("同一报告中已有这个路径的章节。"),
            ),
            # Lets Target copy the source and be held to it by a composite foreign key.
            models.UniqueConstraint(fields=["id", "report"], name="section_id_report"),
            models.UniqueConstraint(
                fields=["report", "position"],
                name="section_position_once",
                violation_error_message=_("同一报告中已有章节用了这个次序。"),
            ),
            named_check(
                "section_not_own_parent",
                models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                _("章节不能以自己为上级。"),
            ),
            year_range("section"),
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.title}"

    def natural_key(self) -> tuple[Any, ...]:
        report = self.report
        if report.source_kind == SourceKind.WORK_REPORT and self.path[:4] in (
            str(report.plan_year),
            str(report.review_year),
        ):
            return (self.path,)
        return (self.path, *report.natural_key())

    natural_key.dependencies = ["tracker.workreport"]  # type: ignore[attr-defined]


class UnitManager(models.Manager["Unit"]):
    def get_by_natural_key(self, symbol: str) -> Unit:
        return self.get(symbol=symbol)


@ledger_history()
class Unit(models.Model):
    """计量单位 as printed. Units of one dimension convert exactly by their factors; two dimensions never mix."""

    symbol = models.CharField(_("单位"), max_length=12, unique=True)
    name_en = models.CharField(_("英文说明"), max_length=40, blank=True)
    dimension = models.CharField(_("量纲"), max_length=20, help_text=_("如 money、area、person；同一量纲之间才可换算"))
    factor = PrintedDecimalField(_("换算系数"), help_text=_("折合该量纲基本单位的数量，如 亿元 为 100000000"))

    objects = UnitManager()

    class Meta:
        verbose_name = _("计量单位")
        verbose_name_plural = _("计量单位")
        ordering = ["dimension", "factor"]
        constraints = [
            named_check("unit_factor_positive", models.Q(factor__gt=0), _("换算系数须大于零。")),
            finite("unit", "factor"),
        ]

    def __str__(self) -> str:
        return self.symbol

    def natural_key(self) -> tuple[str]:
        return (self.symbol,)

    def convert(self, value: Decimal, to: Unit) -> Decimal:
        """`value` of this unit, stated in `to`.

        Raises:
            ValueError: the two units measure different things, or the result is no finite decimal; with a sentence for
                the person who typed it.
        """
        if self.dimension != to.dimension:
            raise ValueError(_("“%(a)s”与“%(b)s”量纲不同，不能换算；请按“%(b)s”填报。") % {"a": self, "b": to})
        if self.factor == to.factor:
            return value
        try:
            with localcontext(prec=60) as exactly:
                exactly.traps[Inexact] = True
                converted: Decimal = value * self.factor / to.factor
                return converted
        except Inexact:
            raise ValueError(
                _("%(value)s%(a)s折合“%(b)s”除不尽，得不到准确的数；请按“%(b)s”填报。")
                % {"value": value, "a": self, "b": to}
            ) from None


class Measure(models.TextChoices):
    """What kind of quantity an update states (domain.md §3)."""

    CUMULATIVE = "cumulative", _("累计量")
    LEVEL = "level", _("时点/比率")
    MILESTONE = "milestone", _("任务")


class Frequency(models.TextChoices):
    MONTHLY = "monthly", _("月报")
    QUARTERLY = "quarterly", _("季报")
    HALF_YEARLY = "half-yearly", _("半年报")
    ANNUAL = "annual", _("年报")


class Vintage(models.TextChoices):
    """How final a published figure is."""

    FORECAST = "预计数", _("预计数")
    FLASH = "快报数", _("快报数")
    PRELIMINARY = "初步核算数", _("初步核算数")
    FINAL = "核定数", _("核定数")
    REVISED = "修订数", _("修订数")


class IndicatorManager(models.Manager["Indicator"]):
    def get_by_natural_key(self, code: str) -> Indicator:
        return self.get(code=code)


@ledger_history()
class Indicator(models.Model):
    """指标: what is measured, stable over the years, so that one year's target meets last year's result."""

    code = slug_code(_("代码"))
    name = models.CharField(_("名称"), max_length=60, unique=True)
    name_en = models.CharField(_("英文名称"), max_length=120, blank=True)
    unit = models.ForeignKey(Unit, verbose_name=_("计量单位"), null=True, blank=True, on_delete=models.PROTECT)
    measure = models.CharField(_("计量方式"), max_length=10, choices=Measure)
    frequency = models.CharField(_("报送频率"), max_length=12, choices=Frequency, default=Frequency.MONTHLY)
    first_month = models.PositiveSmallIntegerField(
        _("首报月份"), default=1, help_text=_("固投、社零等无1月数的指标从2月（1–2月合并）报起")
    )
    due_lag = models.PositiveSmallIntegerField(_("报送时限（天）"), default=10, help_text=_("期末之后多少天内应报"))
    definition = models.TextField(_("口径"), blank=True)

    objects = IndicatorManager()

    class Meta:
        verbose_name = _("指标")
        verbose_name_plural = _("指标")
        ordering = ["code"]
        constraints = [
            # Lets Target copy the measure and be held to it by a composite foreign key.
            models.UniqueConstraint(fields=["id", "measure"], name="indicator_id_measure"),
            named_check(
                "indicator_unit_measure",
                models.Q(measure=Measure.MILESTONE, unit__isnull=True)
                | ~models.Q(measure=Measure.MILESTONE) & models.Q(unit__isnull=False),
                _("累计量和时点指标须有计量单位；任务没有计量单位。"),
            ),
            one_of("indicator", measure=Measure, frequency=Frequency),
            named_check(
                "indicator_first_month",
                models.Q(first_month__gte=1, first_month__lte=12),
                _("首报月份须在 1 至 12 之间。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.code,)

    natural_key.dependencies = ["tracker.unit"]  # type: ignore[attr-defined]

    def clean(self) -> None:
        """Refuse another measure once targets stand on this one; a foreign key over two columns holds it too.

        Raises:
            ValidationError: on no field, because forms may leave the measure out.
        """
        if not self._state.adding and self.targets.exclude(measure=self.measure).exists():
            raise ValidationError(CROSS_TABLE["target_measure_agrees"])

    def report_months(self) -> list[int]:
        """Months 1–12 at whose end this indicator is reported."""
        return report_months(self.frequency, self.first_month)


class AnnualResultQuerySet(models.QuerySet["AnnualResult"]):
    def visible_to(self, user: Any) -> AnnualResultQuerySet:
        """Results that `user` may see: all, for whoever may see the ledger.

        Adds: nothing. Queries: none of its own.
        """
        return self if user.has_perm("tracker.view_annualresult") else self.none()

    def for_export(self, year: int) -> AnnualResultQuerySet:
        """One year's results in the order of the report, with what an export prints.

        Adds: nothing; joins indicator, unit and section. Queries: 1.
        """
        return (
            self.filter(year=year)
            .select_related("indicator__unit", "section")
            .order_by(models.F("section__position").asc(nulls_last=True), "paragraph", "position", "pk")
        )


class AnnualResultManager(models.Manager["AnnualResult"]):
    def get_by_natural_key(self, code: str, year: int) -> AnnualResult:
        return self.get(indicator__code=code, year=year)


@ledger_history()
class AnnualResult(models.Model):
    """年度实绩: an indicator's figure for one year. Never deleted; every change of it is in the history."""

    indicator = models.ForeignKey(Indicator, verbose_name=_("指标"), on_delete=models.PROTECT, related_name="results")
    year = models.PositiveSmallIntegerField(_("年度"))
    value = PrintedDecimalField(_("数值"), null=True, blank=True)
    qualifier = models.CharField(_("限定词"), max_length=12, blank=True, help_text=_("原文的 近、多、余、以内 等"))
    growth = PrintedDecimalField(_("增速（%）"), null=True, blank=True)
    vintage = models.CharField(_("数据性质"), max_length=10, choices=Vintage, blank=True)
    section = models.ForeignKey(
        Section, verbose_name=_("章节"), null=True, blank=True, on_delete=models.PROTECT, related_name="results"
    )
    paragraph = models.PositiveSmallIntegerField(_("段落"), null=True, blank=True, help_text=_("在该章节中的第几段"))
    position = models.PositiveSmallIntegerField(_("次序"), default=0)
    wording = models.CharField(_("原文表述"), max_length=200, blank=True)
    note = models.TextField(_("说明"), blank=True)
    source_url = models.URLField(_("来源网址"), blank=True)
    published_on = models.DateField(_("公布日期"), null=True, blank=True)

    objects = AnnualResultManager.from_queryset(AnnualResultQuerySet)()

    class Meta:
        verbose_name = _("年度实绩")
        verbose_name_plural = _("年度实绩")
        ordering = ["-year", "section__position", "paragraph", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "year"],
                name="result_once_a_year",
                violation_error_message=_("该指标这一年度的实绩已登记，请修改原有记录。"),
            ),
            # The composite foreign key of Target's baseline points here.
            models.UniqueConstraint(fields=["id", "year"], name="result_id_year"),
            named_check(
                "result_states_something",
                models.Q(value__isnull=False) | models.Q(growth__isnull=False),
                _("实绩至少要有数值或增速之一；没有就不要登记，不要填 0。"),
            ),
            named_check(
                "result_has_source",
                models.Q(section__isnull=False, paragraph__isnull=False) | ~models.Q(source_url=""),
                _("请写明出处：报告的章节和段落，或来源网址。"),
            ),
            one_of("result", vintage_=Vintage),
            finite("result", "value", "growth"),
            year_range("result"),
        ]
        triggers = [pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.indicator} {self.year}"

    def natural_key(self) -> tuple[str, int]:
        return (self.indicator.code, self.year)

    natural_key.dependencies = ["tracker.indicator", "tracker.section"]  # type: ignore[attr-defined]
