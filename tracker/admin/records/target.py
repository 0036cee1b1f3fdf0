"""What was promised, who is responsible, and by which steps and schedule."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tracker.models import Measure, Milestone, PlanYear, Responsibility, ScheduleNode, Target

from ..base import LedgerAdmin, LedgerInline
from ..display import column, goal, growth_goal


class ResponsibilityInline(LedgerInline):
    model = Responsibility
    autocomplete_fields = ("department",)
    ordering = ("role", "department__position")


class MilestoneInline(LedgerInline):
    model = Milestone
    ordering = ("number",)


class ScheduleNodeInline(LedgerInline):
    model = ScheduleNode
    ordering = ("month",)


@admin.register(Target)
class TargetAdmin(LedgerAdmin):
    list_display = (
        "indicator",
        column("code", _("代码"), lambda row: row.indicator.code, "indicator__code"),
        "year",
        "category",
        column("goal", _("总量目标"), goal, "value"),
        column("growth_goal", _("增速目标"), growth_goal, "growth"),
        column("lead", _("牵头单位"), lambda row: row.lead, "lead"),
        "due_on",
    )
    list_select_related = ("indicator__unit", "section")
    list_filter = ("year", "category", "measure", "schedule", "judged_by", "departments", "section")
    search_fields = ("indicator__name", "indicator__code", "wording", "departments__name")
    autocomplete_fields = ("indicator", "baseline", "parent", "section")
    ordering = ("-year", "section__position", "paragraph", "position", "pk")
    fieldsets = (
        (None, {"fields": (("indicator", "year"), "category", "wording", "qualifier")}),
        (
            _("目标值"),
            {"fields": (("comparator", "value"), ("growth_comparator", "growth"), "judged_by", "schedule", "due_on")},
        ),
        (_("上年基数"), {"fields": ("baseline", "baseline_comparable", "baseline_note")}),
        (_("出处"), {"fields": (("section", "paragraph", "position"), "parent", "source_url", "note")}),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Target]:
        rows: Any = super().get_queryset(request)
        return rows.with_lead()  # type: ignore[no-any-return]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # What was reported was reported for this indicator and this year.
        return ("indicator", "year") if obj and obj.updates.exists() else ()

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Steps belong to tasks, a schedule of values to figures; before it is saved it is not known which it is."""
        if obj is None:
            return (ResponsibilityInline,)
        return (ResponsibilityInline, MilestoneInline if obj.measure == Measure.MILESTONE else ScheduleNodeInline)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "year":
            years = PlanYear.objects.order_by("-year").values_list("year", flat=True)
            return forms.TypedChoiceField(
                label=db_field.verbose_name, coerce=int, choices=[(year, str(year)) for year in years]
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def history_of(self, row: Any) -> list[models.QuerySet[Any]]:
        parts: list[Any] = [Responsibility, Milestone, ScheduleNode]
        return [*super().history_of(row), *(part.pgh_event_model.objects.filter(target_id=row.pk) for part in parts)]
