"""The queues of those who check: what a checker needs to see of each update, and what can be done with many at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tracker import workflow
from tracker.checks import check
from tracker.models import Evidence, ProgressUpdate

from ..base import LedgerAdmin
from ..display import column, listed, signed, summary
from ..refused import RefusedError, refusals
from .panel import MONTH, STATE, Interpretation, interpret
from .transitions import PaceForm, ReturnForm, needs_pace

TITLE = column("title", _("目标"), lambda row: row.target.indicator, "target__indicator__name")
LEAD = column("lead", _("牵头单位"), lambda row: row.lead, "lead")
SUMMARY = column("summary", _("填报内容"), summary, "value")


class QueueFilter(admin.SimpleListFilter):
    """The queues of the work list."""

    title = _("待办")
    parameter_name = "queue"
    #: Name of the queue → its label, and the transition for which its updates wait.
    queues: dict[str, tuple[Any, str]] = {
        "open": (_("草稿与退回修改"), "submit"),
        "endorse": (_("待我审核"), "endorse"),
        "verify": (_("待核验"), "verify"),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        user: Any = request.user
        return [
            (name, label) for name, (label, transition) in self.queues.items() if workflow.may_take(transition, user)
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        queue = self.queues.get(self.value() or "")
        return workflow.movable(queue[1], request.user, queryset) if queue else queryset


class QueueRow(NamedTuple):
    """An update as its checker sees it."""

    update: ProgressUpdate
    interpretation: Interpretation
    files: int

    @property
    def summary(self) -> str:
        return summary(self.update)

    @property
    def needs_pace(self) -> bool:
        return needs_pace(self.update)


def queue_rows(updates: Iterable[ProgressUpdate]) -> list[QueueRow]:
    """What each would mean if it were verified now, the warnings about it, and how many files support it.

    Args:
        updates: with what `ProgressUpdateQuerySet.for_list` joins.

    Queries: at most 7, however many updates.
    """
    rows = list(updates)
    models.prefetch_related_objects(rows, "target__milestones")
    files = dict(Evidence.objects.filter(update__in=rows).order_by().values_list("update").annotate(models.Count("pk")))
    return [
        QueueRow(row, interpret(row, finding), files.get(row.pk, 0))
        for row, finding in zip(rows, check(rows), strict=True)
    ]


class CheckingList(ChangeList):
    """A page of updates that wait for a check."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        for row, seen in zip(self.result_list, queue_rows(self.result_list), strict=True):
            row.queue_row = seen


def part(row: Any, template: str) -> str:
    """A cell of the list, as the template writes it; empty where it has nothing to say."""
    text = render_to_string(f"admin/tracker/{template}.html", {"row": row.queue_row})
    return text if text.strip() else ""


class Queues(LedgerAdmin):
    """The list of updates, whose actions do one step for many."""

    list_display = (
        TITLE,
        MONTH,
        SUMMARY,
        STATE,
        LEAD,
        "entered_by",
        column("verified", _("核验时间"), lambda row: signed(None, row.verified_at), "verified_at"),
        "is_sample",
    )
    #: In the queues of those who check.
    checking_display = (
        TITLE,
        MONTH,
        column("summary", _("填报内容"), lambda row: part(row, "summary"), "submitted_at"),
        column("verdict", _("核验后评价"), lambda row: part(row, "verdict")),
        column("warnings", _("说明与佐证"), lambda row: part(row, "warnings")),
    )
    actions = ("endorse_selected", "verify_selected", "return_selected")

    class Media:
        css = {"all": ["tracker/supervision.css"]}

    def _is_checking(self, request: HttpRequest) -> bool:
        return request.GET.get("queue") in ("endorse", "verify")

    def get_list_display(self, request: HttpRequest) -> Any:
        return self.checking_display if self._is_checking(request) else self.list_display

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CheckingList if self._is_checking(request) else ChangeList

    def get_list_filter(self, request: HttpRequest) -> Any:
        return (QueueFilter, "status", "target__year", "target__category", "target__departments", "is_sample")

    def has_endorse_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tracker.endorse_progressupdate")

    def has_verify_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tracker.verify_progressupdate")

    # --- many at once ---

    @admin.action(description=_("审核通过所选填报"), permissions=["endorse"])
    def endorse_selected(self, request: HttpRequest, queryset: Any) -> None:
        user: Any = request.user
        if count := self._each(request, self._chosen(request, queryset), lambda update: workflow.endorse(update, user)):
            text = ngettext("%(count)d 项已审核通过。", "%(count)d 项已审核通过。", count)
            self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.action(description=_("核验通过所选填报"), permissions=["verify"])
    def verify_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Asks first for the pace of the tasks that need a judgement."""
        user: Any = request.user
        rows = list(self._chosen(request, queryset).prefetch_related("target__milestones"))
        judged = {row.pk: PaceForm(self._typed(request), prefix=str(row.pk)) for row in rows if needs_pace(row)}
        if not all(form.is_valid() for form in judged.values()):
            return self._ask(request, "verify_selected", _("核验通过"), rows, paces=judged)

        def verify(update: ProgressUpdate) -> None:
            workflow.verify(update, user, judged[update.pk].cleaned_data["pace"] if update.pk in judged else "")

        if count := self._each(request, rows, verify):
            text = ngettext("%(count)d 项已核验。", "%(count)d 项已核验。", count)
            self.message_user(request, text % {"count": count}, messages.SUCCESS)
        return None

    @admin.action(description=_("退回所选填报"), permissions=["endorse", "verify"])
    def return_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Asks first for the reason, which all of them are given."""
        user: Any = request.user
        rows = list(self._chosen(request, queryset))
        form = ReturnForm(self._typed(request))
        if not form.is_valid():
            return self._ask(request, "return_selected", _("退回"), rows, form=form)
        if count := self._each(request, rows, lambda row: workflow.send_back(row, user, form.cleaned_data["reason"])):
            text = ngettext("%(count)d 项已退回填报单位。", "%(count)d 项已退回填报单位。", count)
            self.message_user(request, text % {"count": count}, messages.SUCCESS)
        return None

    def response_action(self, request: HttpRequest, queryset: Any, *args: Any, **kwargs: Any) -> HttpResponse | None:
        if not all(re.fullmatch(r"\d{1,18}", pk, re.ASCII) for pk in request.POST.getlist("_selected_action")):
            raise BadRequest
        return super().response_action(request, queryset, *args, **kwargs)

    def _chosen(self, request: HttpRequest, queryset: Any) -> Any:
        """The rows that were ticked; also those that have left the queue meanwhile, so that each gets its answer."""
        ticked = request.POST.getlist("_selected_action")
        is_across = request.POST.get("select_across", "0") != "0"
        return (queryset if is_across else self.get_queryset(request).filter(pk__in=ticked)).order_by("pk")

    @staticmethod
    def _typed(request: HttpRequest) -> Any:
        """What was filled in on the page that asked; None before it was shown."""
        return request.POST if "asked" in request.POST else None

    def _ask(
        self,
        request: HttpRequest,
        action: str,
        label: Any,
        rows: list[ProgressUpdate],
        form: forms.Form | None = None,
        paces: Mapping[int, forms.Form] | None = None,
    ) -> HttpResponse:
        """The chosen rows, and what is still to be said about them."""
        context = {
            **self.admin_site.each_context(request),
            "title": label,
            "opts": self.opts,
            "action": action,
            "form": form,
            "rows": [(row, (paces or {}).get(row.update.pk)) for row in queue_rows(rows)],
            "has_sample": any(row.is_sample for row in rows),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/tracker/bulk.html", context)

    def _each(
        self, request: HttpRequest, updates: Iterable[ProgressUpdate], act: Callable[[ProgressUpdate], None]
    ) -> int:
        """Do one step for each row by itself, so that one refusal holds up no other; returns how many were done."""
        done = 0
        refused: dict[str, list[ProgressUpdate]] = {}
        for update in updates:
            try:
                with refusals():
                    act(update)
            except RefusedError as error:
                refused.setdefault(" ".join(error.reason.messages), []).append(update)
            else:
                done += 1
        for reason, updates in refused.items():
            text = _("未办理：%(updates)s。%(reason)s") % {"updates": listed(updates), "reason": reason}
            self.message_user(request, text, messages.ERROR)
        return done
