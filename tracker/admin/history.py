"""变更历史: who changed what, when, from which address, old → new, as the database's triggers recorded it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Generator, Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from pghistory.core import event_models

from tracker.models import Status, User
from tracker.models.fields import PrintedDecimalField

from . import history_file
from .display import listed, number

if TYPE_CHECKING:
    from .site import LedgerAdmin

PERMISSION = "tracker.view_history"
PER_PAGE = 50
PIECE = 500
ACTIONS = {"insert": _("新建"), "update": _("修改"), "delete": _("删除"), "password": _("设置密码")}
#: What a change of an update's state is called; any other change of it is a mere change.
STEPS = {
    (Status.DRAFT, Status.SUBMITTED): _("提交"),
    (Status.DRAFT, Status.ENDORSED): _("提交"),
    (Status.RETURNED, Status.SUBMITTED): _("提交"),
    (Status.RETURNED, Status.ENDORSED): _("提交"),
    (Status.SUBMITTED, Status.ENDORSED): _("审核通过"),
    (Status.ENDORSED, Status.VERIFIED): _("核验通过"),
    (Status.SUBMITTED, Status.RETURNED): _("退回"),
    (Status.ENDORSED, Status.RETURNED): _("退回"),
}
#: Django's own table of roles names its columns in no Chinese.
LABELS = {"user": _("用户"), "group": _("角色")}
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
    reason: str  # why it was returned or corrected
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

    def in_words(self) -> str:
        """What is asked for, as people read it."""
        kinds: dict[str, Any] = dict(self.fields["kind"].choices)  # type: ignore[attr-defined]
        asked = {**self.cleaned_data, "kind": kinds[self.cleaned_data["kind"]] if self.cleaned_data["kind"] else ""}
        said = {field.label: asked[name] for name, field in self.fields.items() if asked[name]}
        return "；".join(f"{label}：{value}" for label, value in said.items()) or str(_("全部"))


def history_list(request: HttpRequest, site_context: dict[str, Any]) -> HttpResponse:
    """Every change of the ledger, latest first; also of records that are gone.

    Raises:
        PermissionDenied: the person may not read the history.
    """
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    form = Filter(request.GET)
    page = _page(request, form.events())
    context = {**site_context, "title": _("变更历史"), "form": form, "formats": list(history_file.FORMATS), **page}
    return TemplateResponse(request, "admin/history.html", context)


def history_download(request: HttpRequest, format: str) -> HttpResponseBase:
    """The changes that the list shows under the same filters, all of them, as a file.

    Raises:
        PermissionDenied: the person may not read the history.
        Http404: there is no such format.
    """
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    if format not in history_file.FORMATS:
        raise Http404
    form = Filter(request.GET)
    if not form.is_valid():
        return redirect(f"{reverse('admin:history')}?{request.GET.urlencode()}")
    notes = [
        _("筛选：%(filters)s") % {"filters": form.in_words()},
        _("导出：%(who)s，%(when)s") % {"who": request.user, "when": _moment(timezone.now())},
    ]
    log = history_file.Log(str(_("变更历史")), notes, lines(form.events(), translation.get_language()))
    return history_file.download(log, format)


def lines(events: list[models.QuerySet[Any]], language: str) -> Generator[history_file.Line]:
    """Every change, latest first, one line for each field that it changed; read in pieces, so that a long one needs
    no memory. Queries: a fixed number for each piece.

    Args:
        language: what is written in; a file is written after the request's own language is gone.
    """
    keys = iter(in_order(events).iterator(chunk_size=PIECE))
    while piece := list(islice(keys, PIECE)):
        with translation.override(language):
            changes = describe(piece)
        for change in changes:
            told = (change.who, change.address, change.kind, change.record, change.action, change.reason)
            for difference in change.differences or [Difference("", "", "")]:
                yield (change.at, *told, *difference)


def _tracked() -> list[Any]:
    return [model for model in event_models() if model._meta.app_label == "tracker"]


def _kind(event_model: Any) -> str:
    return str(event_model.pgh_tracked_model._meta.verbose_name)


def _page(request: HttpRequest, events: list[models.QuerySet[Any]]) -> dict[str, Any]:
    """Context of the page that was asked for. Queries: a fixed number per kind of record on it."""
    paginator = Paginator(in_order(events), PER_PAGE)
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


def in_order(events: list[models.QuerySet[Any]]) -> Any:
    """Keys (time, event model, id) of the events, latest first, without what they say."""
    keys = [
        rows.order_by()
        .annotate(model=models.Value(rows.model._meta.model_name))
        .values_list("pgh_created_at", "model", "pgh_id")
        for rows in events
    ]
    # All changes of one transaction have one time.
    return keys[0].union(*keys[1:], all=True).order_by("-pgh_created_at", "model", "-pgh_id") if keys else []


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
    """What foreign keys in the events point to, looked up once per kind; what is gone is called what it was called."""

    def __init__(self, events: Iterable[tuple[Any, Any]]) -> None:
        wanted: dict[Any, set[Any]] = defaultdict(set)
        for event, previous in events:
            wanted[event.pgh_tracked_model].add(event.pgh_obj_id)
            wanted[User].add(_context(event).get("user"))
            for row in filter(None, (event, previous)):
                for field in _fields(row):
                    if isinstance(field, models.ForeignKey):
                        wanted[field.related_model].add(getattr(row, field.attname))
        self.found: dict[tuple[Any, Any], str] = {}
        for model, ids in wanted.items():
            # Several of them print their own relations.
            joined = _printed(
                [field.name for field in model._meta.fields if isinstance(field, models.ForeignKey) and not field.null],
                model,
            )
            rows = model._base_manager.select_related(*joined).in_bulk(ids - {None})
            gone = ids - {None} - rows.keys()
            if gone and hasattr(model, "pgh_event_model"):
                rows |= _as_they_were(model, gone, joined)
            self.found.update({(model, pk): str(row) for pk, row in rows.items()})

    def get(self, model: Any, pk: Any) -> str:
        return self.found.get((model, pk), f"#{pk}")


def _as_they_were(model: Any, ids: set[Any], joined: list[str]) -> dict[Any, Any]:
    """Rows that are gone, from their last events; not those whose relations are gone, too. Queries: 1."""
    last = model.pgh_event_model.objects.filter(pgh_obj_id__in=ids).order_by("pgh_obj_id", "-pgh_id")
    rows = {}
    for event in last.distinct("pgh_obj_id").select_related(*joined):
        rows[event.pgh_obj_id] = row = model(
            **{field.attname: getattr(event, field.attname) for field in _fields(event)}
        )
        for name in {path.partition("__")[0] for path in joined}:
            setattr(row, name, getattr(event, name))
    return rows


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


def _context(event: Any) -> dict[str, Any]:
    """Who, where and from which address, as the page or command that made the change told; empty for raw SQL."""
    return event.pgh_context.metadata if event.pgh_context_id and event.pgh_context else {}


def _change(event: Any, previous: Any, names: _Names) -> Change:
    metadata = _context(event)
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
            label = LABELS.get(field.verbose_name, field.verbose_name)
            differences.append(Difference(str(label), old, new))
    action, reason = _action(event, previous)
    return Change(
        at=event.pgh_created_at,
        who=str(who),
        address=metadata.get("address", ""),
        kind=_kind(event),
        record=names.get(event.pgh_tracked_model, event.pgh_obj_id),
        action=str(action),
        reason=reason,
        differences=differences,
        is_sample=getattr(event, "is_sample", False),
    )


def _action(event: Any, previous: Any) -> tuple[Any, str]:
    """What was done, and the reason that was given for it."""
    if event.pgh_label == "insert" and getattr(event, "correction_reason", ""):
        return _("更正"), event.correction_reason
    if event.pgh_label == "update" and previous is not None and hasattr(event, "superseded_at"):
        if event.superseded_at != previous.superseded_at:
            return _("被更正"), ""
        if step := STEPS.get((previous.status, event.status)):
            return step, event.return_reason if event.status == Status.RETURNED else ""
    return ACTIONS.get(event.pgh_label, event.pgh_label), ""


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
        return _moment(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list):
        return listed(value)
    return str(value)


def _moment(instant: dt.datetime) -> str:
    return date_format(timezone.localtime(instant), "Y-m-d H:i:s")
