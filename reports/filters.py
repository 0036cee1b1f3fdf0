"""What a table can be narrowed to. Each filter stands on its own and all of them together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tracker.assessment import Judgement, Light
from tracker.history import ACTIONS, kinds
from tracker.models import (
    AnnualResult,
    Category,
    Department,
    JudgedBy,
    ProgressUpdate,
    Responsibility,
    Role,
    Section,
    Status,
    Target,
    User,
    Vintage,
    WorkReport,
)
from tracker.models.organisation import DepartmentQuerySet
from tracker.models.reminder import Urgency
from tracker.periods import parse_month
from tracker.wording import named

from .naming import section_name
from .sheets import AssessedTargets

ALL = _("全部")
_INDICATOR = ("indicator__code", "indicator__name", "indicator__name_en")
_CALENDAR = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class DepartmentField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Department) -> str:
        return named(obj)


class SectionField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Section) -> str:
        # Indented under its chapter with full-width spaces, which a list does not swallow.
        return "　" * obj.path.count(".") + section_name(obj)


class DepartmentFilter(django_filters.ModelChoiceFilter):  # type: ignore[misc]
    """By the code of a department; which ones may be chosen is said for each table."""

    field_class = DepartmentField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Department.objects.none(), to_field_name="code", empty_label=ALL, **kwargs)


class SectionFilter(django_filters.ModelChoiceFilter):  # type: ignore[misc]
    """By the path of a section; which ones may be chosen is said for each table."""

    field_class = SectionField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Section.objects.none(), to_field_name="path", empty_label=ALL, **kwargs)


class LedgerFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Filters that can say in words what they do, and the conditions that several tables have."""

    #: Filters that are ticked, each a row of boxes.
    boxes: Sequence[str] = ()
    #: The fields in which the keyword is looked for.
    searched: Sequence[str] = ()
    #: The field that holds a row's target.
    target_key = "pk"

    def in_words(self) -> list[str]:
        """The filters that narrow the table, each with its value: 牵头单位：区教育局."""
        return [
            gettext("%(label)s：%(value)s") % {"label": field.label, "value": gettext("、").join(words)}
            for name, field in self.form.fields.items()
            if (words := list(self._words(field, self.form.cleaned_data.get(name))))
        ]

    @staticmethod
    def _words(field: forms.Field, value: Any) -> Iterator[str]:
        if value in (None, "", []):
            return
        if isinstance(field, forms.ModelChoiceField):
            yield field.label_from_instance(value).strip()
        elif isinstance(field, forms.ChoiceField):
            labels = {str(code): str(label) for code, label in field.choices}  # type: ignore[misc,union-attr]
            yield from (labels[str(code)] for code in (value if isinstance(value, list) else [value]))
        else:
            yield str(value)

    @property
    def mistakes(self) -> list[str]:
        """A sentence for each filter that cannot be followed and is left out."""
        return [
            gettext("筛选条件“%(label)s”的值无效，未按它筛选。") % {"label": self.form.fields[name].label}
            for name in self.errors
        ]

    def offer_departments(self, departments: DepartmentQuerySet, year: int) -> None:
        """Let those departments be chosen that are responsible for a target of the year."""
        responsibilities = Responsibility.objects.filter(target__year=year)
        for name, found in {"lead": responsibilities.filter(role=Role.LEAD), "unit": responsibilities}.items():
            self.filters[name].queryset = departments.filter(pk__in=found.values("department"))

    def search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(Q(*((f"{field}__icontains", value) for field in self.searched), _connector=Q.OR))

    def within(self, queryset: QuerySet[Any], name: str, section: Section) -> QuerySet[Any]:
        # The section's own rows and those of the sections under it; the report's tree has three levels.
        return queryset.filter(Q(section=section) | Q(section__parent=section) | Q(section__parent__parent=section))

    def led_by(self, queryset: QuerySet[Any], name: str, department: Department) -> QuerySet[Any]:
        return self._responsible(queryset, Responsibility.objects.filter(department=department, role=Role.LEAD))

    def involving(self, queryset: QuerySet[Any], name: str, department: Department) -> QuerySet[Any]:
        return self._responsible(queryset, Responsibility.objects.filter(department=department))

    def _responsible(self, queryset: QuerySet[Any], found: QuerySet[Any]) -> QuerySet[Any]:
        # In a subquery, because a join would repeat the rows.
        return queryset.filter(**{f"{self.target_key}__in": found.values("target")})

    def any_of(self, queryset: QuerySet[Any], name: str, values: list[str]) -> QuerySet[Any]:
        return queryset.filter(**{f"{name}__in": values})


class TargetFilter(LedgerFilter):
    """Filters for assessed targets of one report.

    Args:
        departments: those that may be chosen.
    """

    boxes = ("status", "light")
    searched = (*_INDICATOR, "wording")

    q = django_filters.CharFilter(label=_("关键词"), method="search")
    section = SectionFilter(label=_("章节"), method="within")
    lead = DepartmentFilter(label=_("牵头单位"), method="led_by")
    unit = DepartmentFilter(label=_("责任单位（任一角色）"), method="involving")
    category = django_filters.ChoiceFilter(label=_("类别"), choices=Category.choices, empty_label=ALL)
    judged_by = django_filters.ChoiceFilter(label=_("评价依据"), choices=JudgedBy.choices, empty_label=ALL)
    overdue = django_filters.ChoiceFilter(
        label=_("逾期未报"), choices=[("1", _("有逾期")), ("0", _("无逾期"))], empty_label=ALL, method="late"
    )
    status = django_filters.MultipleChoiceFilter(
        label=_("评价"), choices=Judgement.choices, widget=forms.CheckboxSelectMultiple, method="any_of"
    )
    light = django_filters.MultipleChoiceFilter(
        label=_("亮灯"), choices=Light.choices, widget=forms.CheckboxSelectMultiple, method="any_of"
    )

    class Meta:
        model = Target
        fields: list[str] = []

    def __init__(self, *args: Any, report: WorkReport, departments: DepartmentQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        year = report.plan_year
        self.filters["section"].queryset = Section.objects.filter(report__plan_year=year, year=year)
        self.offer_departments(departments, year)

    def late(self, queryset: AssessedTargets, name: str, value: str) -> AssessedTargets:
        return queryset.filter(overdue_days__isnull=value == "0")


class UpdateFilter(LedgerFilter):
    """Filters for the updates of one report's year; `departments` are those that may be chosen."""

    boxes = ("status",)
    searched = [f"target__{field}" for field in _INDICATOR]
    target_key = "target"

    q = django_filters.CharFilter(label=_("关键词"), method="search")
    period = django_filters.ChoiceFilter(label=_("报告期"), empty_label=ALL, method="of_month")
    lead = DepartmentFilter(label=_("牵头单位"), method="led_by")
    unit = DepartmentFilter(label=_("责任单位（任一角色）"), method="involving")
    category = django_filters.ChoiceFilter(
        label=_("类别"), choices=Category.choices, empty_label=ALL, field_name="target__category"
    )
    vintage = django_filters.ChoiceFilter(label=_("数据性质"), choices=Vintage.choices, empty_label=ALL)
    revisions = django_filters.ChoiceFilter(
        label=_("版次"),
        choices=[("current", _("只看现行版次")), ("corrected", _("只看更正"))],
        empty_label=ALL,
        method="of_revision",
    )
    status = django_filters.MultipleChoiceFilter(
        label=_("状态"), choices=Status.choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = ProgressUpdate
        fields: list[str] = []

    def __init__(self, *args: Any, report: WorkReport, departments: DepartmentQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        months = [f"{report.plan_year}-{number:02}" for number in range(1, 13)]
        self.filters["period"].extra["choices"] = [(month, month) for month in months]
        self.offer_departments(departments, report.plan_year)

    def of_month(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(period=parse_month(value))

    def of_revision(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(revision__gt=1) if value == "corrected" else queryset.filter(replaced_at__isnull=True)


class ResultFilter(LedgerFilter):
    """Filters for a year's results; `report` is the one that reviews the year, if any."""

    searched = (*_INDICATOR, "wording")

    q = django_filters.CharFilter(label=_("关键词"), method="search")
    section = SectionFilter(label=_("章节"), method="within")
    has = django_filters.ChoiceFilter(
        label=_("内容"), choices=[("value", _("有数值")), ("growth", _("有增速"))], empty_label=ALL, method="stating"
    )

    class Meta:
        model = AnnualResult
        fields: list[str] = []

    def __init__(self, *args: Any, report: WorkReport | None, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["section"].queryset = Section.objects.filter(report=report, year=year)

    def stating(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(**{f"{value}__isnull": False})


class HistoryFilter(LedgerFilter):
    """Filters for what was recorded (tracker.history.changes)."""

    searched = ("record", "content", "reason")

    q = django_filters.CharFilter(label=_("关键词"), method="search")
    kind = django_filters.ChoiceFilter(label=_("记录类别"), choices=list(kinds().items()), empty_label=ALL)
    action = django_filters.ChoiceFilter(label=_("操作"), choices=list(ACTIONS.items()), empty_label=ALL)
    who = django_filters.CharFilter(label=_("操作人"), method="done_by")
    since = django_filters.DateFilter(label=_("自"), field_name="at", lookup_expr="date__gte", widget=_CALENDAR)
    until = django_filters.DateFilter(label=_("至"), field_name="at", lookup_expr="date__lte", widget=_CALENDAR)

    def done_by(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        accounts = User.objects.filter(username__icontains=value).values("pk")
        return queryset.filter(Q(who__icontains=value) | Q(user_id__in=accounts))


class DepartmentTallyFilter(LedgerFilter):
    """Filters for the tally of lead departments."""

    searched = ("lead", "lead_en", "lead_code")

    q = django_filters.CharFilter(label=_("单位名称"), method="search")
    light = django_filters.ChoiceFilter(
        label=_("亮灯"), choices=[("red", _("有红灯")), ("yellow", _("有黄灯"))], empty_label=ALL, method="with_light"
    )

    class Meta:
        model = Target
        fields: list[str] = []

    def with_light(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(**{f"{value}__gt": 0})


class OverdueFilter(LedgerFilter):
    """Filters for overdue reports; `departments` are those that may be chosen."""

    boxes = ("urgency",)
    searched = _INDICATOR

    q = django_filters.CharFilter(label=_("关键词"), method="search")
    lead = DepartmentFilter(label=_("牵头单位"), method="led_by")
    category = django_filters.ChoiceFilter(label=_("类别"), choices=Category.choices, empty_label=ALL)
    urgency = django_filters.MultipleChoiceFilter(
        label=_("阶段"), choices=Urgency.choices, widget=forms.CheckboxSelectMultiple, method="any_of"
    )

    class Meta:
        model = Target
        fields: list[str] = []

    def __init__(self, *args: Any, departments: QuerySet[Department], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["lead"].queryset = departments

    def led_by(self, queryset: QuerySet[Any], name: str, department: Department) -> QuerySet[Any]:
        return queryset.filter(lead_id=department.pk)
