"""The files of an update, on its page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest

from tracker.models import Evidence

from ..base import LedgerInline


class EvidenceInline(LedgerInline):
    """Files of one update; they are added and removed while it is a draft, never exchanged."""

    model = Evidence
    marks_samples = True
    fields = ("file",)
    extra = 3
    template = "admin/tracker/evidence_inline.html"
    formfield_overrides = {models.FileField: {"widget": forms.FileInput}}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
