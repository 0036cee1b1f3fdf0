"""Every evidence file, to look up."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from tracker import workflow
from tracker.models import Evidence

from ..base import LedgerAdmin
from ..display import column


@admin.register(Evidence)
class EvidenceAdmin(LedgerAdmin):
    """Every file that the user may see, to look up; files are added and removed on the update they support."""

    deletable = True
    marks_samples = True
    list_display = (
        column("download", _("文件"), lambda row: download(row), "name"),
        column("supports", _("进展填报"), lambda row: row.update, "update"),
        column("size", _("大小"), lambda row: filesizeformat(row.size), "size"),
        "uploaded_by",
        "uploaded_at",
    )
    list_display_links = None
    list_select_related = ("update__target__indicator", "uploaded_by")
    list_filter = ("update__target__year", "update__target__departments", "update__status")
    search_fields = ("name", "sha256", "update__target__indicator__name")
    date_hierarchy = "uploaded_at"
    ordering = ("-uploaded_at", "pk")
    fields: ClassVar[Any] = (
        column("download", _("文件"), lambda row: download(row)),
        "update",
        "size",
        "sha256",
        "uploaded_by",
        "uploaded_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (
            obj is None or workflow.editable_by(request.user).filter(pk=obj.update_id).exists()
        )

    @staticmethod
    def is_sample(row: Any) -> bool:
        return bool(row.update.is_sample)


def download(evidence: Evidence) -> str:
    """A link to the file, through the permission check."""
    return format_html('<a href="{}">{}</a>', reverse("evidence", args=[evidence.pk]), evidence.name)
