"""Base classes for the pages of all records.

- Everyone sees what `visible_to(user)` gives; an address guessed by hand is 403 or 404.
- What the workflow or the database refuses comes back as a sentence on the filled form, never as an error page.
- Nothing is deleted from here unless a class says so.
- A demonstration account changes demonstration data only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import BadRequest
from django.db import models
from django.http import Http404, HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property

from tracker.models.fields import PrintedDecimalField

from .display import Column, figure
from .forms import FigureField, RefusableForm
from .history import object_history
from .refused import RefusedError, refusals

if TYPE_CHECKING:
    BaseModelAdmin = admin.options.BaseModelAdmin[Any]
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    BaseModelAdmin = admin.options.BaseModelAdmin
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline


class LedgerOptions(BaseModelAdmin):
    """What model pages and the inlines in them share."""

    formfield_overrides: ClassVar[Any] = {
        PrintedDecimalField: {"form_class": FigureField},
        models.URLField: {"assume_scheme": "https"},
    }
    #: Whether what a demonstration account makes here is marked as such; where it is not, such an account only reads.
    marks_samples = False

    def has_add_permission(self, request: HttpRequest, *parent: Any) -> bool:
        return self._open_to(request) and super().has_add_permission(request, *parent)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._open_to(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._open_to(request) and super().has_delete_permission(request, obj)

    def _open_to(self, request: HttpRequest) -> bool:
        return self.marks_samples or not getattr(request.user, "is_sample", False)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Users who may only read get figures as they were printed, where Django would pad them with zeros."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [(title, {**options, "fields": self._printed(options["fields"])}) for title, options in fieldsets]

    @cached_property
    def printed_figures(self) -> dict[str, Column]:
        """A read-only column for every figure of the model."""
        return {
            field.name: figure(field.name, field.verbose_name)
            for field in self.opts.get_fields()
            if isinstance(field, PrintedDecimalField)
        }

    def _printed(self, fields: Sequence[Any]) -> list[Any]:
        return [
            self._printed(name) if isinstance(name, (list, tuple)) else self.printed_figures.get(name, name)
            for name in fields
        ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, models.TextField) and field is not None:
            field.widget.attrs["rows"] = 3
        return field


class LedgerInline(LedgerOptions, TabularInline):
    extra = 0

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        may_change = obj is None or self.has_change_permission(request, obj)
        return () if may_change else tuple(self.printed_figures.values())


class LedgerAdmin(LedgerOptions, ModelAdmin):
    form: Any = RefusableForm
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    #: Whether rows can be deleted at all; the ledger's can not.
    deletable = False
    actions: Sequence[Any] = ()

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        if isinstance(self.list_select_related, (list, tuple)):
            # Also where Django itself would not join: choices of an autocomplete print their rows.
            rows = rows.select_related(*self.list_select_related)
        return rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletable and super().has_delete_permission(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if not issubclass(form, RefusableForm):
            form = type(form.__name__, (RefusableForm, form), {})
        form.refusal = getattr(request, "refusal", None)
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            with refusals(permissions=False):
                return super().changeform_view(request, object_id, form_url, extra_context)
        except RefusedError as error:
            reason = error.reason
        # Nothing was written. A second pass with the reason renders the form as it was filled, with the sentence on it.
        request.refusal = reason  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Validates the whole record: a form checks only the rules whose fields are all on it."""
        with refusals():
            obj.full_clean()
            super().save_model(request, obj, form, change)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        try:
            with refusals(permissions=False):
                return super().delete_view(request, object_id, extra_context)
        except RefusedError as error:
            self.message_user(request, " ".join(error.reason.messages), messages.ERROR)
            return redirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id]))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        try:
            response = super().changelist_view(
                request, {"title": self.opts.verbose_name_plural, **(extra_context or {})}
            )
        except OverflowError:  # a year that no calendar has
            raise BadRequest from None
        context = getattr(response, "context_data", None) or {}
        if "cl" in context:
            context["has_sample"] = any(self.is_sample(row) for row in context["cl"].result_list)
        return response

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        context.setdefault("has_sample", obj is not None and self.is_sample(obj))
        context["has_history"] = self.has_history
        return super().render_change_form(request, context, *args, **kwargs)

    @staticmethod
    def is_sample(row: Any) -> bool:
        """Whether a page that shows `row` must say that it shows demonstration data."""
        return bool(getattr(row, "is_sample", False))

    @property
    def has_history(self) -> bool:
        return hasattr(self.model, "pgh_event_model")

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        """What the database's triggers recorded of this row; Django's own log knows only of changes made here."""
        row = self.get_object(request, object_id)
        if not self.has_history:
            raise Http404
        return object_history(self, request, row, self.history_of(row))

    def history_of(self, row: Any) -> list[models.QuerySet[Any]]:
        """The recorded changes of `row` and its parts, one queryset per kind of record."""
        return [type(row).pgh_event_model.objects.filter(pgh_obj_id=row.pk)]
