"""The ledger of one year: its rules, and whether it is open."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tracker.models import Margins, PlanYear

from ..base import LedgerAdmin, LedgerInline
from ..display import column, signed
from ..forms import RefusableForm

OPENED = column("opened", _("建账"), lambda row: signed(row.opened_by, row.opened_at), "opened_at")
CLOSED = column("closed", _("封账"), lambda row: signed(row.closed_by, row.closed_at), "closed_at")


class PlanYearForm(RefusableForm):
    # Not `is_closed`: that is what the database makes of `closed_at`, and no form field may stand in its place.
    closes = forms.BooleanField(label=_("已封账"), required=False, help_text=_("封账后不再接受该年度的填报"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["closes"] = self.instance.closed_at is not None


class MarginsInline(LedgerInline):
    """Present margins are edited until something was judged by them; after that a further row says from when others
    count."""

    model = Margins
    fields = ("since", "until", "ahead_margin", "red_margin_value", "red_margin_growth")
    ordering = ("pk",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("until", *super().get_readonly_fields(request, obj))


@admin.register(PlanYear)
class PlanYearAdmin(LedgerAdmin):
    form = PlanYearForm
    list_display = (
        "year",
        "needs_endorsement",
        "first_month",
        "is_closed",
        OPENED,
        CLOSED,
        "clock",
    )
    list_select_related = ("opened_by", "closed_by")
    ordering = ("-year",)
    inlines = (MarginsInline,)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("year", "needs_endorsement", "first_month", "closes", "clock")}),
        (_("办理情况"), {"fields": (OPENED, CLOSED)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (OPENED, CLOSED, *(("year",) if obj else ()))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj else fieldsets[:1]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """The database gives a new year its first margins."""
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: PlanYear, form: Any, change: bool) -> None:
        if not change:
            obj.opened_by = request.user  # type: ignore[assignment]
        if "closes" in form.cleaned_data and form.cleaned_data["closes"] is not (obj.closed_at is not None):
            obj.sign_closing(request.user if form.cleaned_data["closes"] else None)  # type: ignore[arg-type]
        super().save_model(request, obj, form, change)

    def history_of(self, row: Any) -> list[models.QuerySet[Any]]:
        margins: Any = Margins
        return [*super().history_of(row), margins.pgh_event_model.objects.filter(plan_year_id=row.pk)]
