"""The history of one record, beside its form; the whole history is a table of its own (reports/subjects.py)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from tracker.history import ACTIONS, PERMISSION, changes, kinds

PER_PAGE = 50
SHOWN = ("at", "who", "address", "kind", "record", "action", "reason", "differences", "is_sample")


def object_history(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, row: Any, events: list[models.QuerySet[Any]]
) -> HttpResponse:
    """The page of one record's history.

    Raises:
        PermissionDenied: the user may not read the history.
    """
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    paginator = Paginator(changes(events).values(*SHOWN), PER_PAGE)
    page = paginator.get_page(request.GET.get("p"))
    named = kinds()
    shown = [change | {"kind": named[change["kind"]], "action": ACTIONS[change["action"]]} for change in page]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("变更历史"),
        "subtitle": str(row),
        "opts": model_admin.opts,
        "object": row,
        "changes": shown,
        "has_sample": any(change["is_sample"] for change in shown),
        "page": page,
        "page_range": paginator.get_elided_page_range(page.number),
    }
    return TemplateResponse(request, "admin/record_history.html", context)
