"""月度填报表: what a department reports for one month, on one page, saved at once; each row answers for itself."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tracker import workflow
from tracker.assessment import preview
from tracker.checks import check, says_something
from tracker.models import Milestone, ProgressUpdate, Status, Target, User
from tracker.models.refusals import refused_as_validation
from tracker.text import month, percent

from .. import unsaved
from ..refused import RefusedError, refusals
from .choice import Choice, sheet_choice
from .rows import SheetRow


class Sheet:
    """The rows of one department's month, as one user sees or fills them.

    Queries: 6 to read them, 6 more to explain them, however many they are.
    """

    def __init__(self, choice: Choice, user: User, data: QueryDict | None = None, *, lock: bool = False) -> None:
        """The rows, with the forms of those that can be filled in.

        Args:
            data: what was posted.
            lock: hold the updates until the transaction ends, so that of two saves the second sees the first.
        """
        self.choice, self.user = choice, user
        targets: list[Any] = list(
            Target.objects.on_sheet(choice.department, choice.period).select_related("indicator__unit", "section")
        )
        latest = self._latest(targets, lock)
        previous = {update.target_id: update for update in self._previous(targets)}
        steps: dict[int, list[Milestone]] = {}
        for step in Milestone.objects.filter(target__in=targets).order_by("target_id", "number"):
            steps.setdefault(step.target_id, []).append(step)
        reported = set(self._updates(targets).reported().values_list("target", flat=True))
        editable = workflow.editable_by(user).filter(target__in=targets, period=choice.period)
        open_updates = set(editable.values_list("pk", flat=True))
        may_begin = self.has_ended and not choice.is_closed
        self.rows = []
        for target in targets:
            update = latest.get(target.pk) or ProgressUpdate(target=target, period=choice.period, entered_by=user)
            update.target = target
            update.fill_derived()
            self.rows.append(
                SheetRow(
                    target,
                    update,
                    previous=previous.get(target.pk),
                    steps=steps.get(target.pk, []),
                    is_open=update.pk in open_updates if update.pk else may_begin,
                    is_reported=target.pk in reported,
                    data=data,
                )
            )

    def _updates(self, targets: Sequence[Target]) -> Any:
        return ProgressUpdate.objects.filter(target__in=targets, period=self.choice.period)

    def _latest(self, targets: Sequence[Target], lock: bool) -> dict[int, ProgressUpdate]:
        updates = self._updates(targets)
        if lock:
            updates = updates.select_for_update(of=("self",))
        return {update.target_id: update for update in updates.order_by("target_id", "revision")}

    def _previous(self, targets: Sequence[Target]) -> Iterable[ProgressUpdate]:
        known = ProgressUpdate.objects.known_at(timezone.now()).select_related("target__indicator__unit")
        earlier = known.filter(target__in=targets, period__lt=self.choice.period)
        return earlier.order_by("target_id", "-period").distinct("target_id")

    # --- reading and saving what was posted ---

    def read(self, rows: Iterable[SheetRow]) -> list[tuple[SheetRow, ProgressUpdate]]:
        """Of these rows, those that can be saved, each with what was typed; the others have the reason on the form."""
        typed = [(row, update) for row in rows if (update := row.typed())]
        findings = check([update for _row, update in typed])
        for (row, update), finding in zip(typed, findings, strict=True):
            row.take(finding, update.confirmation)
        return [(row, update) for row, update in typed if not row.form.errors]  # type: ignore[union-attr]

    def save(self, *, submit: bool) -> SaveOutcome:
        """Save every touched row that can be; one bad row holds up no other. Untouched rows are not saved.

        Args:
            submit: whether to hand on what is complete: what was touched, and what stood there as a draft.

        Queries: 5, and 3 for each row saved; some more to submit, however many rows.
        """
        acted = [row for row in self.rows if row.is_touched or (submit and row.is_draft)]
        # In one order on every department's sheet: two that are saved at once wait for each other, never both.
        acted.sort(key=lambda row: row.target.pk)
        saved, complete = 0, []
        for row, update in self.read(acted):
            assert row.form is not None
            if update.fingerprint() != row.update.fingerprint():
                update.entered_by = self.user
                try:
                    with refused_as_validation():
                        update.save()
                except ValidationError as error:
                    row.form.add_error(None, error)
                    continue
                saved += 1
            if not row.objections:
                complete.append(update)
        refused = sum(bool(row.form and row.form.errors) for row in acted)
        if not submit:
            return SaveOutcome(saved, refused=refused)
        incomplete = len(acted) - refused - len(complete)
        try:
            with refusals():
                workflow.submit_all(complete, self.user)
        except RefusedError as error:
            return SaveOutcome(saved, refused=refused, incomplete=incomplete, objection=" ".join(error.reason.messages))
        return SaveOutcome(saved, len(complete), refused, incomplete)

    # --- showing ---

    def keep(self, posted: Sheet) -> None:
        """Show the rows that could not be saved as they were posted, with the reasons."""
        forms = {row.target.pk: row.form for row in posted.rows if row.form and row.form.errors}
        for row in self.rows:
            row.form = forms.get(row.target.pk, row.form)

    def explain(self) -> None:
        """Give each row what should be done by the month's end, what its figures mean, and the objections to it."""
        for row, meaning in zip(self.rows, preview([row.update for row in self.rows]), strict=True):
            row.expected = percent(meaning.expected)
            if says_something(row.update) and not row.is_kept:
                row.meaning = meaning
        drafts = [row for row in self.rows if row.form and row.update.pk and not row.is_kept]
        for row, finding in zip(drafts, check([row.update for row in drafts]), strict=True):
            row.objections = finding.objections(row.update.confirmation)

    @cached_property
    def groups(self) -> list[Group]:
        """The rows as the page shows them: figures before tasks, what the department only cooperates in apart."""
        kinds = {(True, False): _("指标"), (True, True): _("任务"), (False, False): _("指标"), (False, True): _("任务")}
        return [
            Group(title, is_own, is_task, rows)
            for (is_own, is_task), title in kinds.items()
            if (rows := [row for row in self.rows if (row.target.is_own, row.target.is_task) == (is_own, is_task)])
        ]

    @property
    def own(self) -> list[Group]:
        return [group for group in self.groups if group.is_own]

    @property
    def shared(self) -> list[Group]:
        """What other units lead and report."""
        return [group for group in self.groups if not group.is_own]

    @property
    def shows_shared(self) -> bool:
        """Whether these stand open: there are no others, or something is wrong with them."""
        return not self.own or any(row.is_kept or row.needs_words for group in self.shared for row in group.rows)

    @property
    def is_open(self) -> bool:
        return any(row.form for row in self.rows)

    @property
    def has_ended(self) -> bool:
        return self.choice.period <= timezone.localdate()

    @property
    def progress(self) -> SheetProgress:
        """How far the department has come: of what it leads or owns the data of, else of what it cooperates in."""
        rows = [row for row in self.rows if row.target.is_own] or self.rows
        states = Counter(row.update.status if row.update.pk else "" for row in rows)
        unreported = [row for row in rows if not row.is_reported]
        lags = [row.target.indicator.due_lag for row in unreported]
        deadline = self.choice.period + dt.timedelta(days=min(lags)) if lags else None
        return SheetProgress(
            len(rows), len(rows) - len(unreported), states[Status.DRAFT], states[Status.RETURNED], deadline
        )

    @property
    def has_sample(self) -> bool:
        shown = [update for row in self.rows for update in (row.update, row.previous) if update is not None]
        return any(update.is_sample and update.pk for update in shown)


class SheetProgress(NamedTuple):
    """A sheet in numbers of rows."""

    due: int
    reported: int
    drafts: int
    returned: int
    deadline: dt.date | None  # the next one; null once all are reported

    @property
    def is_late(self) -> bool:
        return self.deadline is not None and self.deadline < timezone.localdate()


class Group(NamedTuple):
    title: Any
    is_own: bool
    is_task: bool
    rows: list[SheetRow]

    @property
    def has_growth(self) -> bool:
        return any("growth" in row.figures for row in self.rows)

    @property
    def width(self) -> int:
        """How many columns the table has."""
        return 9 if self.has_growth else 8


class SaveOutcome(NamedTuple):
    """What a save came to, counted in rows."""

    saved: int
    submitted: int = 0
    refused: int = 0
    incomplete: int = 0  # saved, and not yet fit to be submitted
    objection: str = ""  # why none could be submitted

    @property
    def is_clean(self) -> bool:
        return not (self.refused or self.incomplete or self.objection)

    def add_messages(self, request: HttpRequest) -> None:
        """Reports it in messages of the request."""
        if self.submitted:
            text = ngettext("已提交 %(count)d 项。", "已提交 %(count)d 项。", self.submitted)
            messages.success(request, text % {"count": self.submitted})
        elif self.saved and not self.incomplete:
            text = ngettext("已保存 %(count)d 项，尚未提交。", "已保存 %(count)d 项，尚未提交。", self.saved)
            messages.success(request, text % {"count": self.saved})
        if self.incomplete:
            text = ngettext(
                "%(count)d 项还不完整，已存为草稿；请补齐标出的内容后再提交。",
                "%(count)d 项还不完整，已存为草稿；请补齐标出的内容后再提交。",
                self.incomplete,
            )
            messages.warning(request, text % {"count": self.incomplete})
        if self.refused:
            text = ngettext(
                "%(count)d 项没有保存，所填内容保留在下面；请按提示改正。",
                "%(count)d 项没有保存，所填内容保留在下面；请按提示改正。",
                self.refused,
            )
            messages.error(request, text % {"count": self.refused})
        if self.objection:
            messages.error(request, self.objection)
        if self == SaveOutcome(0):
            messages.info(request, _("没有新填的内容，没有保存。"))


# --- the pages ---


def month_sheet(request: HttpRequest) -> HttpResponse:
    """The sheet that the address names, to fill in and to save."""
    user = reporting_user(request)
    posted = None
    if request.method == "POST" and (choice := sheet_choice(user, request.GET)):
        with transaction.atomic():
            posted = Sheet(choice, user, request.POST, lock=True)
            outcome = posted.save(submit="_submit" in request.POST)
        outcome.add_messages(request)
        if outcome.is_clean:
            return unsaved.forget(request, redirect(f"{reverse('admin:month_sheet')}?{choice.query}"))
    choice = sheet_choice(user, request.GET)
    context = {
        **admin.site.each_context(request),
        "title": _("月度填报表"),
        "choice": choice,
        # The menu's place is needed for the table.
        "is_nav_sidebar_enabled": False,
        "attend": posted is not None,
    }
    if choice:
        context["sheet"] = sheet = Sheet(choice, user)
        if posted:
            sheet.keep(posted)
        sheet.explain()
        context |= {"subtitle": f"{choice.department} {month(choice.period)}", "has_sample": sheet.has_sample}
    return TemplateResponse(request, "admin/tracker/month_sheet.html", context)


@require_POST
def check_sheet(request: HttpRequest) -> JsonResponse:
    """What is typed on the sheet and not saved yet: what it would mean, the errors in it, and the objections to it.

    Returns:
        `{"rows": {"<target>": {"errors": {field: [sentence]}, "objections": {field: [sentence]}, "meaning": {…}}}}`,
        only rows that hold or change something; `meaning` as `meaning_shown`, empty where nothing is reported.
    """
    user = reporting_user(request)
    choice = sheet_choice(user, request.GET)
    if choice is None:
        raise Http404
    sheet = Sheet(choice, user, request.POST)
    rows = [row for row in sheet.rows if row.is_touched or row.is_draft]
    sheet.read(rows)
    return JsonResponse({"rows": {str(row.target.pk): row.judged for row in rows}})


def reporting_user(request: HttpRequest) -> User:
    """The user of the request, who fills in sheets.

    Raises:
        PermissionDenied: the user does not.
    """
    user: Any = request.user
    if not user.has_perm("tracker.add_progressupdate"):
        raise PermissionDenied
    return user  # type: ignore[no-any-return]
