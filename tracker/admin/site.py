"""The admin site and its addresses."""

from __future__ import annotations

from functools import update_wrapper
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from .overdue import overdue_csv, overdue_list
from .sheet.page import check_sheet, month_sheet
from .sheet.upload import sheet_download, sheet_upload
from .worklist import worklist


class LedgerAdminSite(admin.AdminSite):
    site_header = _("目标台账 · 填报与管理")
    site_title = _("目标台账")
    index_title = _("工作台")
    index_template = "admin/worklist.html"
    empty_value_display = "—"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.disable_action("delete_selected")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """As Django's, but users without access to this site get a page that says so, not the sign-in page."""
        admitted: Any = super().admin_view(view, cacheable)

        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            # PostgreSQL has no such character; the forms refuse it themselves, an address must be refused here.
            if "\0" in request.path or any("\0" in text for key in request.GET for text in [key, request.GET[key]]):
                raise BadRequest
            return admitted(request, *args, **kwargs)

        return update_wrapper(checked, admitted)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One sign-in page serves the whole site."""
        return redirect_to_login(request.GET.get("next", reverse("admin:index")), settings.LOGIN_URL)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The work list of the signed-in person."""
        return super().index(request, {**worklist(request.user), **(extra_context or {})})

    def get_urls(self) -> list[Any]:
        return [
            path("chase/", self.admin_view(overdue_list), name="chase"),
            path("chase/list.csv", self.admin_view(overdue_csv), name="chase_csv"),
            path("sheet/", self.admin_view(month_sheet), name="month_sheet"),
            path("sheet/check/", self.admin_view(check_sheet), name="month_sheet_check"),
            path("sheet/download/", self.admin_view(sheet_download), name="sheet_download"),
            path("sheet/upload/", self.admin_view(sheet_upload), name="sheet_upload"),
            # No record has a page elsewhere; Django's redirect to one would stumble over tables that are not there.
            *(url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"),
        ]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Models in the order in which they are registered: daily work first."""
        order = {model: position for position, model in enumerate(self._registry)}
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda entry: order[entry["model"]])
        return apps
