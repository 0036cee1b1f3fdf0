"""Which way updates went from state to state."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tracker.models import Move

from ..base import LedgerAdmin
from ..display import column, month, signed


@admin.register(Move)
class MoveAdmin(LedgerAdmin):
    """流转记录: written by the database, never changed."""

    list_display = (
        column("target", _("目标"), lambda row: row.target.indicator, "target__indicator__name"),
        column("month", _("报告期"), lambda row: month(row.period), "period"),
        "revision",
        "from_status",
        "to_status",
        column("moved", _("办理"), lambda row: signed(row.moved_by, row.moved_at), "moved_at"),
        "reason",
        "is_sample",
    )
    list_display_links = None
    list_select_related = ("target__indicator", "moved_by")
    list_filter = ("to_status", "target__year", "target__departments")
    search_fields = ("target__indicator__name", "target__indicator__code", "moved_by__display_name", "reason")
    date_hierarchy = "period"
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
