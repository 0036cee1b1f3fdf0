"""What was promised for a year, who is responsible, and by which schedule it is judged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.sql.constants import LOUTER
from django.utils.translation import gettext_lazy as _
from django_cte import CTE, with_cte

from tracker.assessment import ANNOTATIONS, annotate
from tracker.periods import frequencies_at

from .fields import PrintedDecimalField, finite, named_check, one_of, together, year_range
from .history import ledger_history
from .organisation import Department
from .refusals import CROSS_TABLE
from .report import AnnualResult, Indicator, Measure, Section
from .year import PlanYear

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from .organisation import User

    AnyUser = User | AnonymousUser


class Category(models.TextChoices):
    MAIN = "主要预期目标", _("主要预期目标")
    KEY = "重点工作", _("重点工作")
    LIVELIHOOD = "民生实事", _("民生实事")
    QUALITATIVE = "定性任务", _("定性任务")


class Comparator(models.TextChoices):
    """How a figure is held against its target, as the report words it."""

    AT_LEAST = ">=", _("不低于")
    MORE_THAN = ">", _("突破")
    AT_MOST = "<=", _("不超过")
    LESS_THAN = "<", _("低于")


class Schedule(models.TextChoices):
    """Which share of the year's target should be done by a month's end (domain.md §5)."""

    LINEAR = "linear", _("按月均摊")
    QUARTERLY = "quarterly", _("按季均摊")
    LAST_YEAR = "last_year", _("按上年同期占比")
    NODES = "nodes", _("按序时节点")
    ANNUAL = "annual", _("年底评价")


class JudgedBy(models.TextChoices):
    VALUE = "value", _("总量")
    GROWTH = "growth", _("增速")
    BOTH = "both", _("总量与增速")


class TargetQuerySet(models.QuerySet["Target"]):
    def visible_to(self, user: AnyUser) -> TargetQuerySet:
        """Targets that `user` may see: all of the year's promises, for whoever may see the ledger.

        Adds: nothing. Queries: none of its own.
        """
        return self if user.has_perm("tracker.view_target") else self.none()

    def reportable_by(self, user: AnyUser) -> TargetQuerySet:
        """Targets whose progress `user` enters: those for which one of the user's units leads, cooperates or owns data.

        Adds: nothing. Queries: none of its own (a subquery).
        """
        units = Department.objects.of(user)
        return self.filter(pk__in=Responsibility.objects.filter(department__in=units).values("target"))

    def of_department(self, department: Department) -> TargetQuerySet:
        """Targets for which `department` has any responsibility.

        Adds: `is_own` (bool: the department leads the target or owns its data). Queries: none of its own (subqueries).
        """
        theirs = Responsibility.objects.filter(target=models.OuterRef("pk"), department=department)
        own = theirs.filter(role__in=[Role.LEAD, Role.DATA_OWNER])
        return self.filter(models.Exists(theirs)).annotate(is_own=models.Exists(own))

    def on_sheet(self, department: Department, period: dt.date) -> TargetQuerySet:
        """What stands on a department's 月度填报表: its targets that have a report at `period`, a month's last day.

        What it leads or owns the data of comes before what it cooperates in; figures before tasks; then the order of
        the report.

        Adds: `is_own` as `of_department`, `is_task` (bool). Queries: none of its own (subqueries).
        """
        return (
            self.of_department(department)
            .filter(
                year=period.year,
                indicator__frequency__in=frequencies_at(period.month),
                indicator__first_month__lte=period.month,
            )
            .annotate(is_task=models.Q(measure=Measure.MILESTONE))
            .in_report_order("-is_own", "is_task")
        )

    def assessed(self, as_of: dt.date, known_at: dt.datetime | None = None) -> TargetQuerySet:
        """Targets judged as of a month, as known at an instant; see `tracker.assessment` for the rules.

        Filters that stand before it save the assessment of what they leave out; those behind it do not.

        Args:
            as_of: any day of the month.
            known_at: the instant whose knowledge counts; default now.

        Adds: `tracker.assessment.ANNOTATIONS`. Queries: none until evaluated, then 1.
        """
        return annotate(self, as_of, known_at)

    def with_parts(
        self, as_of: dt.date, known_at: dt.datetime | None = None, among: Collection[int] | None = None
    ) -> TargetQuerySet:
        """Assessed targets beside the sum of their sub-targets (a city's total broken down by street).

        Only cumulative values in the total's own unit are added up; rates and growths never are.

        Args:
            as_of, known_at: as for `assessed`.
            among: keys of the only sub-targets to add up; default all.

        Adds: `parts_count` (sub-targets that can be added up; null without one), `parts_total` (their counting values
        added up, in the indicator's unit), `parts_difference` (the target's own value − `parts_total`: shown, not
        forced away). Queries: none until evaluated, then 1.
        """
        addable = Target.objects.filter(
            measure=Measure.CUMULATIVE,
            parent__measure=Measure.CUMULATIVE,
            indicator__unit=models.F("parent__indicator__unit"),
        )
        if among is not None:
            addable = addable.filter(pk__in=among)
        sums = (
            addable.assessed(as_of, known_at)
            .order_by()
            .values("parent_id")
            .annotate(parts_count=models.Count("pk"), parts_total=models.Sum("actual"))
        )
        parts = CTE(sums, name="parts")
        joined = parts.join(self, pk=parts.col.parent_id, _join_type=LOUTER)
        difference = models.ExpressionWrapper(
            models.F("actual") - parts.col.parts_total, output_field=ANNOTATIONS["actual"]
        )
        return with_cte(parts, select=joined).annotate(  # type: ignore[no-any-return]
            parts_count=parts.col.parts_count, parts_total=parts.col.parts_total, parts_difference=difference
        )

    def with_lead(self) -> TargetQuerySet:
        """Who leads, for one page or export of many targets.

        Adds: `lead`, `lead_en`, `lead_code` (text: the lead unit's name, English name and code; null without one).
        Queries: none of its own (joins).
        """
        duty = models.FilteredRelation("responsibilities", condition=models.Q(responsibilities__role=Role.LEAD))
        return self.annotate(
            lead_duty=duty,
            lead=models.F("lead_duty__department__name"),
            lead_code=models.F("lead_duty__department__code"),
            lead_en=models.F("lead_duty__department__name_en"),
        )

    def in_report_order(self, *first: str) -> TargetQuerySet:
        """The order of the speech; what is not in it comes last. Adds: nothing. Queries: none of its own.

        Args:
            first: what goes before it, as for `order_by`.
        """
        place = models.F("section__position").asc(nulls_last=True)
        return self.order_by(*first, place, "paragraph", "position", "pk")


class TargetManager(models.Manager["Target"]):
    def get_by_natural_key(self, code: str, year: int) -> Target:
        return self.get(indicator__code=code, year=year)


@ledger_history(exclude=["baseline_year"])
class Target(models.Model):
    """年度目标: what was promised for one indicator or task in one year.

    A level (总量) and a growth rate (增速) are two independent facets; neither is ever derived from the other.
    """

    indicator = models.ForeignKey(Indicator, verbose_name=_("指标"), on_delete=models.PROTECT, related_name="targets")
    year = models.PositiveSmallIntegerField(_("年度"))
    measure = models.CharField(_("计量方式"), max_length=10, choices=Measure, editable=False)
    category = models.CharField(_("类别"), max_length=8, choices=Category)
    value = PrintedDecimalField(_("总量目标"), null=True, blank=True)
    comparator = models.CharField(_("总量比较"), max_length=2, choices=Comparator, blank=True)
    growth = PrintedDecimalField(_("增速目标（%）"), null=True, blank=True)
    growth_comparator = models.CharField(_("增速比较"), max_length=2, choices=Comparator, blank=True)
    qualifier = models.CharField(_("限定词"), max_length=12, blank=True, help_text=_("原文的 力争、突破、以内 等"))
    judged_by = models.CharField(_("评价依据"), max_length=6, choices=JudgedBy, default=JudgedBy.BOTH)
    schedule = models.CharField(_("序时方式"), max_length=10, choices=Schedule, default=Schedule.LINEAR)
    due_on = models.DateField(_("完成期限"), blank=True, help_text=_("未写明的为当年12月31日"))
    baseline = models.ForeignKey(
        AnnualResult,
        verbose_name=_("上年基数"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="baseline_of",
    )
    baseline_comparable = models.BooleanField(_("基数可比"), null=True, blank=True)
    baseline_note = models.CharField(_("基数说明"), max_length=200, blank=True)
    baseline_year = models.GeneratedField(
        expression=models.F("year") - 1,
        output_field=models.IntegerField(),
        db_persist=True,
        verbose_name=_("基数年度"),
    )
    parent = models.ForeignKey(
        "self", verbose_name=_("上级目标"), null=True, blank=True, on_delete=models.PROTECT, related_name="parts"
    )
    section = models.ForeignKey(
        Section, verbose_name=_("章节"), null=True, blank=True, on_delete=models.PROTECT, related_name="targets"
    )
    paragraph = models.PositiveSmallIntegerField(_("段落"), null=True, blank=True, help_text=_("在该章节中的第几段"))
    position = models.PositiveSmallIntegerField(_("次序"), default=0)
    wording = models.CharField(_("原文表述"), max_length=200, blank=True)
    note = models.TextField(_("说明"), blank=True)
    source_url = models.URLField(_("来源网址"), blank=True, help_text=_("报告之外公布的目标，须写明网址"))
    departments = models.ManyToManyField(
        Department, through="Responsibility", verbose_name=_("责任单位"), related_name="targets"
    )

    objects = TargetManager.from_queryset(TargetQuerySet)()

    class Meta:
        verbose_name = _("年度目标")
        verbose_name_plural = _("年度目标")
        ordering = ["-year", "section__position", "paragraph", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "year"],
                name="target_once_a_year",
                violation_error_message=_("该指标这一年度已有目标，请修改原有目标。"),
            ),
            # Lets ProgressUpdate copy the measure and be held to it by a composite foreign key.
            models.UniqueConstraint(fields=["id", "measure"], name="target_id_measure"),
            together("target_value_comparator", "value", "comparator", _("总量目标与总量比较须同时填写，或同时留空。")),
            together(
                "target_growth_comparator",
                "growth",
                "growth_comparator",
                _("增速目标与增速比较须同时填写，或同时留空。"),
            ),
            named_check(
                "target_task_has_no_figure",
                ~models.Q(measure=Measure.MILESTONE) | models.Q(value__isnull=True, growth__isnull=True),
                _("任务按节点或阶段评价，不填总量和增速。"),
            ),
            named_check(
                "target_figure_unless_task",
                models.Q(measure=Measure.MILESTONE) | models.Q(value__isnull=False) | models.Q(growth__isnull=False),
                _("累计量和时点目标至少要有总量或增速之一；没有数字的请改为任务。"),
            ),
            named_check(
                "target_floor_positive",
                ~models.Q(comparator__in=[Comparator.AT_LEAST, Comparator.MORE_THAN]) | models.Q(value__gt=0),
                _("下限目标须大于零，完成率才有意义。"),
            ),
            named_check(
                "target_judged_by_facet",
                models.Q(judged_by=JudgedBy.BOTH)
                | models.Q(judged_by=JudgedBy.GROWTH, growth__isnull=False)
                | models.Q(judged_by=JudgedBy.VALUE)
                & (models.Q(value__isnull=False) | models.Q(measure=Measure.MILESTONE)),
                _("评价依据所指的总量或增速没有目标值，请改选评价依据或补填目标值。"),
            ),
            named_check(
                "target_schedule_measure",
                models.Q(measure=Measure.CUMULATIVE)
                | models.Q(schedule__in=[Schedule.LINEAR, Schedule.ANNUAL])
                | models.Q(measure=Measure.LEVEL, schedule=Schedule.NODES),
                _("按季均摊、按上年同期占比只用于累计量；任务的进度由节点决定。"),
            ),
            named_check(
                "target_baseline_judged",
                # Not null in so many words: a CHECK that comes out as null would pass.
                models.Q(baseline__isnull=True, baseline_comparable__isnull=True)
                | models.Q(baseline__isnull=False, baseline_comparable__isnull=False)
                & (models.Q(baseline_comparable=True) | ~models.Q(baseline_note="")),
                _("选了上年基数就要注明是否可比；不可比的，请写明原因。"),
            ),
            named_check(
                "target_due_in_year",
                models.Q(due_on__year=models.F("year")),
                _("完成期限须在目标年度之内。"),
            ),
            named_check(
                "target_has_source",
                models.Q(section__isnull=False, paragraph__isnull=False) | ~models.Q(source_url=""),
                _("请写明出处：报告的章节和段落，或来源网址。"),
            ),
            named_check(
                "target_not_own_parent",
                models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                _("目标不能以自己为上级目标。"),
            ),
            one_of(
                "target",
                measure=Measure,
                category=Category,
                comparator_=Comparator,
                growth_comparator_=Comparator,
                judged_by=JudgedBy,
                schedule=Schedule,
            ),
            finite("target", "value", "growth"),
            year_range("target"),
        ]
        triggers = [pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.indicator} {self.year}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fill_derived()
        super().save(*args, **kwargs)

    def natural_key(self) -> tuple[str, int]:
        return (self.indicator.code, self.year)

    natural_key.dependencies = [  # type: ignore[attr-defined]
        "tracker.indicator",
        "tracker.section",
        "tracker.annualresult",
    ]

    @property
    def code(self) -> str:
        return self.indicator.code

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        self.fill_derived()
        super().full_clean(*args, **kwargs)

    def clean(self) -> None:
        """Refuse what no constraint of this table can see; foreign keys over two columns hold it in the database.

        Raises:
            ValidationError: a sentence for each; on no field, because forms may leave any of them out.
        """
        rules = {
            "target_year_has_plan": PlanYear.objects.filter(year=self.year).exists(),
            "target_baseline_year": self.baseline is None or self.baseline.year + 1 == self.year,
            "update_measure_agrees": self._state.adding or not self.updates.exclude(measure=self.measure).exists(),
        }
        if self.year is not None and (broken := [CROSS_TABLE[name] for name, holds in rules.items() if not holds]):
            raise ValidationError(broken)

    def fill_derived(self) -> None:
        """Fill what a person need not state: the indicator's measure, and 31 December as the due date."""
        if self.indicator_id:
            self.measure = self.indicator.measure
        if not self.due_on and self.year:
            self.due_on = dt.date(self.year, 12, 31)


class Role(models.TextChoices):
    LEAD = "lead", _("牵头单位")
    COOPERATING = "cooperating", _("配合单位")
    DATA_OWNER = "data_owner", _("数据来源单位")


class Basis(models.TextChoices):
    """From where it is known that a unit is responsible."""

    PUBLISHED = "已公布", _("已公布")
    BY_FUNCTION = "按职能", _("按职能")


class ResponsibilityQuerySet(models.QuerySet["Responsibility"]):
    def lead_of(self, target: Any) -> ResponsibilityQuerySet:
        """The responsibility of who leads a target, at most one; `target` may be an `OuterRef`.

        Adds: nothing. Queries: none of its own.
        """
        return self.filter(target=target, role=Role.LEAD).order_by()

    def of(self, *roles: Role, user: User | None = None) -> ResponsibilityQuerySet:
        """Responsibilities with one of these roles, of the departments that `user` works for or of all.

        Adds: nothing. Queries: none of its own (a subquery).
        """
        found = self.filter(role__in=roles)
        return found.filter(department__in=Department.objects.of(user)) if user else found


class ResponsibilityManager(models.Manager["Responsibility"]):
    def get_by_natural_key(self, code: str, year: int, department: str, role: str) -> Responsibility:
        return self.get(target__indicator__code=code, target__year=year, department__code=department, role=role)


@ledger_history()
class Responsibility(models.Model):
    """责任分工: target × department × role."""

    target = models.ForeignKey(
        Target, verbose_name=_("目标"), on_delete=models.PROTECT, related_name="responsibilities"
    )
    department = models.ForeignKey(
        Department, verbose_name=_("单位"), on_delete=models.PROTECT, related_name="responsibilities"
    )
    role = models.CharField(_("角色"), max_length=12, choices=Role)
    basis = models.CharField(_("依据"), max_length=4, choices=Basis)

    objects = ResponsibilityManager.from_queryset(ResponsibilityQuerySet)()

    class Meta:
        verbose_name = _("责任分工")
        verbose_name_plural = _("责任分工")
        ordering = ["target", "role", "department"]
        constraints = [
            one_of("responsibility", role=Role, basis=Basis),
            models.UniqueConstraint(
                fields=["target", "department", "role"],
                name="responsibility_once",
                violation_error_message=_("该单位在这一目标中已有此角色。"),
            ),
            models.UniqueConstraint(
                fields=["target"],
                condition=models.Q(role=Role.LEAD),
                name="responsibility_one_lead",
                violation_error_message=_("一项目标只能有一个牵头单位，其余请列为配合单位。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target} · {self.department}（{self.get_role_display()}）"

    def natural_key(self) -> tuple[str, int, str, str]:
        return (*self.target.natural_key(), self.department.code, self.role)

    natural_key.dependencies = ["tracker.target", "tracker.department"]  # type: ignore[attr-defined]


class MilestoneManager(models.Manager["Milestone"]):
    def get_by_natural_key(self, code: str, year: int, number: int) -> Milestone:
        return self.get(target__indicator__code=code, target__year=year, number=number)


@ledger_history()
class Milestone(models.Model):
    """节点: a dated, weighted step of a task. Updates state by `number` which steps are done."""

    target = models.ForeignKey(Target, verbose_name=_("目标"), on_delete=models.PROTECT, related_name="milestones")
    number = models.PositiveSmallIntegerField(_("序号"))
    name = models.CharField(_("节点"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=120, blank=True)
    due_on = models.DateField(_("期限"))
    weight = PrintedDecimalField(_("权重"), default=1)

    objects = MilestoneManager()

    class Meta:
        verbose_name = _("节点")
        verbose_name_plural = _("节点")
        ordering = ["target", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["target", "number"],
                name="milestone_number_once",
                violation_error_message=_("该目标已有此序号的节点。"),
            ),
            named_check("milestone_weight_positive", models.Q(weight__gt=0), _("节点权重须大于零。")),
            finite("milestone", "weight"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.name}"

    def natural_key(self) -> tuple[str, int, int]:
        return (*self.target.natural_key(), self.number)

    natural_key.dependencies = ["tracker.target"]  # type: ignore[attr-defined]


class ScheduleNodeManager(models.Manager["ScheduleNode"]):
    def get_by_natural_key(self, code: str, year: int, month: int) -> ScheduleNode:
        return self.get(target__indicator__code=code, target__year=year, month=month)


@ledger_history()
class ScheduleNode(models.Model):
    """序时节点: the planned cumulative value of a target at a month's end, in the indicator's unit."""

    target = models.ForeignKey(Target, verbose_name=_("目标"), on_delete=models.PROTECT, related_name="schedule_nodes")
    month = models.PositiveSmallIntegerField(_("月份"))
    value = PrintedDecimalField(_("计划累计数"))

    objects = ScheduleNodeManager()

    class Meta:
        verbose_name = _("序时节点")
        verbose_name_plural = _("序时节点")
        ordering = ["target", "month"]
        constraints = [
            models.UniqueConstraint(
                fields=["target", "month"],
                name="node_month_once",
                violation_error_message=_("该目标这个月已有序时节点。"),
            ),
            named_check("node_month", models.Q(month__gte=1, month__lte=12), _("月份须在 1 至 12 之间。")),
            finite("node", "value"),
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.month}月"

    def natural_key(self) -> tuple[str, int, int]:
        return (*self.target.natural_key(), self.month)

    natural_key.dependencies = ["tracker.target"]  # type: ignore[attr-defined]
