"""The speech, its headings, what is measured, and what was achieved."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tracker.models import AnnualResult, Indicator, Section, Target, Unit, WorkReport

from ..base import LedgerAdmin
from ..display import column, figure, measured, percent


@admin.register(AnnualResult)
class AnnualResultAdmin(LedgerAdmin):
    list_display = (
        "indicator",
        column("code", _("代码"), lambda row: row.indicator.code, "indicator__code"),
        "year",
        "qualifier",
        column("value_figure", _("数值"), lambda row: measured(row.value, row.indicator.unit), "value"),
        column("growth_figure", _("增速"), lambda row: percent(row.growth), "growth"),
        "vintage",
        "section",
        "paragraph",
    )
    list_select_related = ("indicator__unit", "section")
    list_filter = ("year", "indicator__measure", "vintage", "section")
    search_fields = ("indicator__name", "indicator__code", "wording")
    autocomplete_fields = ("indicator", "section")
    ordering = ("-year", "section__position", "paragraph", "position", "pk")
    fieldsets = (
        (None, {"fields": ("indicator", "year", ("qualifier", "value"), "growth", "vintage")}),
        (
            _("出处"),
            {"fields": (("section", "paragraph", "position"), "wording", "source_url", "published_on", "note")},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # A target's baseline is this indicator's figure of this year.
        return ("indicator", "year") if obj and obj.baseline_of.exists() else ()


@admin.register(Indicator)
class IndicatorAdmin(LedgerAdmin):
    list_display = ("name", "code", "unit", "measure", "frequency", "first_month", "due_lag")
    list_select_related = ("unit",)
    list_filter = ("measure", "frequency", "unit")
    search_fields = ("name", "code", "name_en", "definition")
    autocomplete_fields = ("unit",)
    ordering = ("code",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # The figures that are already registered are in this unit and of this kind.
        return ("unit", "measure") if obj and (obj.targets.exists() or obj.results.exists()) else ()


@admin.register(Unit)
class UnitAdmin(LedgerAdmin):
    list_display = ("symbol", "name_en", "dimension", figure("factor", _("换算系数")))
    list_filter = ("dimension",)
    search_fields = ("symbol", "name_en", "dimension")
    ordering = ("dimension", "factor")


@admin.register(Section)
class SectionAdmin(LedgerAdmin):
    list_display = ("path", "title", "title_en", "year", "position")
    list_select_related = ("report", "parent")
    list_filter = ("report", "year")
    search_fields = ("path", "title", "title_en")
    autocomplete_fields = ("report", "parent")
    ordering = ("report", "position")


@admin.register(WorkReport)
class WorkReportAdmin(LedgerAdmin):
    list_display = (
        "title",
        "source_kind",
        "jurisdiction",
        "review_year",
        "plan_year",
        "meeting",
        "delivered_on",
    )
    list_filter = ("source_kind",)
    search_fields = ("title", "jurisdiction", "meeting")
    ordering = ("-plan_year",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "source_kind",
                    ("jurisdiction", "jurisdiction_en"),
                    ("title", "title_en"),
                    ("meeting", "meeting_en"),
                    "delivered_on",
                    ("review_year", "plan_year"),
                    "source_url",
                )
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("review_year", "plan_year") if obj and Target.objects.filter(year=obj.plan_year).exists() else ()
