"""What the progress table can be narrowed to. Each filter stands on its own and all of them together."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from tracker.assessment import Judgement, Light
from tracker.models import Category, Department, JudgedBy, Responsibility, Role, Section, Target, WorkReport

from .naming import named, section_name
from .sheets import AssessedTargets


class DepartmentField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Department) -> str:
        return named(obj)


class SectionField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Section) -> str:
        # Indented under its chapter with full-width spaces, which a list does not swallow.
        return "　" * obj.path.count(".") + section_name(obj)


class DepartmentFilter(django_filters.ModelChoiceFilter):  # type: ignore[misc]
    field_class = DepartmentField


class SectionFilter(django_filters.ModelChoiceFilter):  # type: ignore[misc]
    field_class = SectionField


class TargetFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Filters for assessed targets of one report."""

    q = django_filters.CharFilter(label=_("关键词"), method="search")
    section = SectionFilter(
        label=_("章节"), queryset=Section.objects.none(), to_field_name="path", empty_label=_("全部"), method="within"
    )
    lead = DepartmentFilter(
        label=_("牵头单位"),
        queryset=Department.objects.none(),
        to_field_name="code",
        empty_label=_("全部"),
        method="led_by",
    )
    unit = DepartmentFilter(
        label=_("责任单位（任一角色）"),
        queryset=Department.objects.none(),
        to_field_name="code",
        empty_label=_("全部"),
        method="involving",
    )
    category = django_filters.ChoiceFilter(label=_("类别"), choices=Category.choices, empty_label=_("全部"))
    judged_by = django_filters.ChoiceFilter(label=_("评价依据"), choices=JudgedBy.choices, empty_label=_("全部"))
    status = django_filters.MultipleChoiceFilter(
        label=_("评价"), choices=Judgement.choices, widget=forms.CheckboxSelectMultiple, method="any_of"
    )
    light = django_filters.MultipleChoiceFilter(
        label=_("亮灯"), choices=Light.choices, widget=forms.CheckboxSelectMultiple, method="any_of"
    )

    class Meta:
        model = Target
        fields: list[str] = []

    def __init__(self, *args: Any, report: WorkReport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = Responsibility.objects.filter(target__year=report.plan_year)
        departments = Department.objects.visible_to(self.request.user)
        self.filters["section"].queryset = Section.objects.filter(report=report, year=report.plan_year)
        self.filters["lead"].queryset = departments.filter(pk__in=roles.filter(role=Role.LEAD).values("department"))
        self.filters["unit"].queryset = departments.filter(pk__in=roles.values("department"))

    def search(self, queryset: AssessedTargets, name: str, value: str) -> AssessedTargets:
        return queryset.filter(
            Q(indicator__code__icontains=value)
            | Q(indicator__name__icontains=value)
            | Q(indicator__name_en__icontains=value)
            | Q(wording__icontains=value)
        )

    def within(self, queryset: AssessedTargets, name: str, section: Section) -> AssessedTargets:
        """The section's own targets and those of the sections under it; the report's tree has three levels."""
        return queryset.filter(Q(section=section) | Q(section__parent=section) | Q(section__parent__parent=section))

    def led_by(self, queryset: AssessedTargets, name: str, department: Department) -> AssessedTargets:
        return self._responsible(queryset, Responsibility.objects.filter(department=department, role=Role.LEAD))

    def involving(self, queryset: AssessedTargets, name: str, department: Department) -> AssessedTargets:
        return self._responsible(queryset, Responsibility.objects.filter(department=department))

    def any_of(self, queryset: AssessedTargets, name: str, values: list[str]) -> AssessedTargets:
        return queryset.filter(**{f"{name}__in": values})

    @staticmethod
    def _responsible(queryset: AssessedTargets, roles: QuerySet[Responsibility]) -> AssessedTargets:
        # A subquery: a join would list a target once for each role that the unit has in it.
        return queryset.filter(pk__in=roles.values("target"))
