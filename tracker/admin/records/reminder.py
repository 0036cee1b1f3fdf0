"""Which reminders were sent."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tracker.models import Reminder

from ..base import LedgerAdmin
from ..display import column, month, signed


@admin.register(Reminder)
class ReminderAdmin(LedgerAdmin):
    """催报记录: what was sent to whom; written by sending, never changed."""

    list_display = (
        column("target", _("目标"), lambda row: row.target.indicator, "target__indicator__name"),
        column("month", _("报告期"), lambda row: month(row.period), "period"),
        "stage",
        "recipient",
        column("sent", _("发送时间"), lambda row: signed(None, row.sent_at), "sent_at"),
    )
    list_display_links = None
    list_select_related = ("target__indicator", "recipient")
    list_filter = ("stage", "target__year", "target__departments")
    search_fields = ("target__indicator__name", "target__indicator__code", "recipient__display_name")
    date_hierarchy = "period"
    ordering = ("-sent_at", "pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
