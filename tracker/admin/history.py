"""变更历史: who changed what, when, from which address, old → new, as the database's triggers recorded it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from pghistory.core import event_models

from tracker.models import User
from tracker.models.fields import PrintedDecimalField

from .display import listed, number

if TYPE_CHECKING:
    from .site import LedgerAdmin

PERMISSION = "tracker.view_history"
PER_PAGE = 50
ACTIONS = {"insert": _("新建"), "update": _("修改"), "delete": _("删除")}
#: Where a file lies on disk, and what the database derives, tells a reader nothing.
HIDDEN = {"id", "file"}


class Difference(NamedTuple):
    label: str
    old: str
    new: str


class Change(NamedTuple):
    """One recorded change of one record."""

    at: dt.datetime
    who: str
    address: str
    kind: str
    record: str
    action: str
    differences: list[Difference]
    is_sample: bool


def object_history(
    model_admin: LedgerAdmin, request: HttpRequest, row: Any, events: list[models.QuerySet[Any]]
) -> HttpResponse:
    """The page of one record's history.

    Raises:
        PermissionDenied: the person may not read the history.
    """
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("变更历史"),
        "subtitle": str(row),
        "opts": model_admin.opts,
        "object": row,
        **_page(request, events),
    }
    return TemplateResponse(request, "admin/record_history.html", context)


class Filter(forms.Form):
    kind = forms.ChoiceField(label=_("记录"), required=False)
    who = forms.CharField(label=_("操作人"), required=False, max_length=150)
    since = forms.DateField(label=_("自"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("至"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        kinds = [(model.pgh_tracked_model._meta.model_name, _kind(model)) for model in _tracked()]
        self.fields["kind"].choices = [("", _("全部")), *kinds]  # type: ignore[attr-defined]

    def events(self) -> list[models.QuerySet[Any]]:
        """The events asked for, one queryset per kind; none while the form has errors."""
        if not self.is_valid():
            return []
        asked = self.cleaned_data
        condition = models.Q()
        if asked["who"]:
            people = User.objects.filter(
                models.Q(username__icontains=asked["who"]) | models.Q(display_name__icontains=asked["who"])
            )
            condition &= models.Q(pgh_context__metadata__user__in=list(people.values_list("pk", flat=True)))
        if asked["since"]:
            condition &= models.Q(pgh_created_at__date__gte=asked["since"])
        if asked["until"]:
            condition &= models.Q(pgh_created_at__date__lte=asked["until"])
        return [
            model.objects.filter(condition)
            for model in _tracked()
            if asked["kind"] in ("", model.pgh_tracked_model._meta.model_name)
        ]


def history_list(request: HttpRequest, site_context: dict[str, Any]) -> HttpResponse:
    """Every change of the ledger, latest first; also of records that are gone.

    Raises:
        PermissionDenied: the person may not read the history.
    """
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    form = Filter(request.GET)
    context = {**site_context, "title": _("变更历史"), "form": form, **_page(request, form.events())}
    return TemplateResponse(request, "admin/history.html", context)


def _tracked() -> list[Any]:
    return [model for model in event_models() if model._meta.app_label == "tracker"]


def _kind(event_model: Any) -> str:
    return str(event_model.pgh_tracked_model._meta.verbose_name)


def _page(request: HttpRequest, events: list[models.QuerySet[Any]]) -> dict[str, Any]:
    """Context of the page that was asked for. Queries: a fixed number per kind of record on it."""
    # Only what orders the rows is read of all; their contents for one page.
    keys = [
        rows.order_by().values_list("pgh_created_at", models.Value(rows.model._meta.model_name), "pgh_id")
        for rows in events
    ]
    ordered: Any = keys[0].union(*keys[1:], all=True).order_by("-pgh_created_at", "-pgh_id") if keys else []
    paginator = Paginator(ordered, PER_PAGE)
    page: Page[Any] = paginator.get_page(request.GET.get("p"))
    asked = request.GET.copy()
    asked.pop("p", None)
    changes = describe(list(page.object_list))
    return {
        "changes": changes,
        "has_sample": any(change.is_sample for change in changes),
        "page": page,
        "page_range": paginator.get_elided_page_range(page.number),
        "query": asked.urlencode(),
    }


def describe(keys: list[tuple[dt.datetime, str, int]]) -> list[Change]:
    """The changes named by (time, event model, id), in that order. Queries: a fixed number per kind of record."""
    by_model: dict[str, list[int]] = defaultdict(list)
    for _at, name, pk in keys:
        by_model[name].append(pk)
    changes: dict[tuple[str, int], Change] = {}
    events: list[tuple[Any, Any]] = []
    for model in _tracked():
        if ids := by_model.get(model._meta.model_name):
            events += _with_previous(model, ids)
    names = _Names(events)
    for event, previous in events:
        changes[event._meta.model_name, event.pgh_id] = _change(event, previous, names)
    return [changes[name, pk] for _at, name, pk in keys]


def _with_previous(model: Any, ids: list[int]) -> list[tuple[Any, Any]]:
    """Events with the event before each on the same record, or None."""
    before = model.objects.filter(pgh_obj_id=models.OuterRef("pgh_obj_id"), pgh_id__lt=models.OuterRef("pgh_id"))
    found = list(
        model.objects.filter(pk__in=ids)
        .select_related("pgh_context")
        .annotate(before=models.Subquery(before.order_by("-pgh_id").values("pgh_id")[:1]))
    )
    previous = model.objects.in_bulk({event.before for event in found if event.before})
    return [(event, previous.get(event.before)) for event in found]


class _Names:
    """What foreign keys in the events point to, looked up once per kind; what is gone keeps its number."""

    def __init__(self, events: Iterable[tuple[Any, Any]]) -> None:
        wanted: dict[Any, set[Any]] = defaultdict(set)
        for pair in events:
            for event in filter(None, pair):
                for field in _fields(event):
                    if isinstance(field, models.ForeignKey):
                        wanted[field.related_model].add(getattr(event, field.attname))
                if event.pgh_context_id and event.pgh_context:
                    wanted[User].add(event.pgh_context.metadata.get("user"))
                wanted[event.pgh_tracked_model].add(event.pgh_obj_id)
        self.found: dict[tuple[Any, Any], str] = {}
        for model, ids in wanted.items():
            # Several of them print their own relations.
            joined = [
                field.name for field in model._meta.fields if isinstance(field, models.ForeignKey) and not field.null
            ]
            rows = model._base_manager.select_related(*_printed(joined, model)).in_bulk(ids - {None})
            self.found.update({(model, pk): str(row) for pk, row in rows.items()})

    def get(self, model: Any, pk: Any) -> str:
        return self.found.get((model, pk), f"#{pk}")


def _printed(joined: list[str], model: Any) -> list[str]:
    """Relations that `str()` of the model's rows follows: to a target or update, and on to the indicator."""
    paths = []
    for name in joined:
        related = model._meta.get_field(name).related_model
        further = {"target": "__indicator", "progressupdate": "__target__indicator"}.get(related._meta.model_name, "")
        paths.append(name + further)
    return paths


def _fields(event: Any) -> list[Any]:
    """The recorded columns of the record itself, without those of the recording."""
    return [field for field in event._meta.fields if not field.name.startswith("pgh_") and field.name not in HIDDEN]


def _change(event: Any, previous: Any, names: _Names) -> Change:
    metadata = event.pgh_context.metadata if event.pgh_context_id and event.pgh_context else {}
    person = metadata.get("user")
    # What came without a page was done by a command, or in the database itself.
    who = names.get(User, person) if person else metadata.get("source") or _("数据库或后台命令")
    differences = []
    for field in _fields(event):
        new = _shown(field, event, names)
        old = _shown(field, previous, names) if previous is not None else ""
        if event.pgh_label == "delete":
            old, new = new, ""
        if old != new:
            differences.append(Difference(str(field.verbose_name), old, new))
    return Change(
        at=event.pgh_created_at,
        who=str(who),
        address=metadata.get("address", ""),
        kind=_kind(event),
        record=names.get(event.pgh_tracked_model, event.pgh_obj_id),
        action=str(ACTIONS.get(event.pgh_label, event.pgh_label)),
        differences=differences,
        is_sample=getattr(event, "is_sample", False),
    )


def _shown(field: Any, event: Any, names: _Names) -> str:
    """A recorded value as people read it."""
    value = getattr(event, field.attname)
    if value is None or value == "" or value == []:
        return ""
    if isinstance(field, models.ForeignKey):
        return names.get(field.related_model, value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.BooleanField):
        return str(_("是") if value else _("否"))
    if isinstance(field, (PrintedDecimalField, models.DecimalField)):
        return number(value)
    if isinstance(value, dt.datetime):
        return date_format(timezone.localtime(value), "Y-m-d H:i:s")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list):
        return listed(value)
    return str(value)
