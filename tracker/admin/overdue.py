"""催报: the overdue reports by department, with whom to call, what to write, and what was sent already.

The same list as a table, with its files, is a page of the reports (reports/subjects.py); reminders are sent from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tracker import overdue, reminding
from tracker.models import Department, Responsibility, Role, Target, User
from tracker.models.reminder import Urgency
from tracker.overdue import LateDepartment

from .display import listed

#: Who may have reminders sent.
SEND = "tracker.add_reminder"


class OverdueForm(forms.Form):
    """What the list is narrowed to. The names of the fields are those of its addresses."""

    unit = forms.ModelChoiceField(
        Department.objects.none(), label=_("牵头单位"), required=False, to_field_name="code", empty_label=_("全部单位")
    )
    stage = forms.ChoiceField(label=_("阶段"), required=False)

    def __init__(self, data: Any, targets: Any) -> None:
        super().__init__(data)
        self.targets = targets
        leads = Responsibility.objects.of(Role.LEAD).filter(target__in=targets)
        self.fields["unit"].queryset = Department.objects.filter(  # type: ignore[attr-defined]
            pk__in=leads.values("department")
        )
        self.fields["stage"].choices = [("", _("全部阶段")), *Urgency.choices]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> dict[str, Any]:
        """What was chosen; an invalid filter is shown on the form, and filters nothing."""
        return {name: value for name, value in self.cleaned_data.items() if value} if self.is_valid() else {}

    def rows(self) -> Any:
        """The overdue reports that were chosen. Queries: none until evaluated, then 1."""
        rows = overdue.overdue_reports(self.targets)
        if department := self.chosen.get("unit"):
            rows = rows.filter(lead_id=department.pk)
        if urgency := self.chosen.get("stage"):
            rows = rows.filter(urgency=urgency)
        return rows


def _form(request: HttpRequest) -> OverdueForm:
    """The form as the address fills it in, over what the user may see.

    Raises:
        PermissionDenied: the user may not see the ledger.
    """
    user: Any = request.user
    if not user.has_perm("tracker.view_target"):
        raise PermissionDenied
    return OverdueForm(request.GET, overdue.visible_to(Target.objects.all(), user))


@dataclass(frozen=True)
class Entry:
    """A department on the page."""

    department: LateDepartment
    people: list[User]
    note: str


def overdue_list(request: HttpRequest) -> HttpResponse:
    """The list, by GET; by POST, reminders to all users whom it concerns.

    Raises:
        PermissionDenied: the user may not see the ledger, or, by POST, not send reminders.
    """
    form = _form(request)
    user: Any = request.user
    if request.method == "POST":
        if not user.has_perm(SEND):
            raise PermissionDenied
        if form.is_valid():
            send(request, form.chosen.get("unit"))
        return redirect(request.get_full_path())
    today, people = timezone.localdate(), overdue.people_to_remind()
    entries = [
        Entry(department, people.get(department.lead_id, []), reminding.note(department, today))
        for department in overdue.by_department(form.rows())
    ]
    context = {
        **admin.site.each_context(request),
        "title": _("催报"),
        "form": form,
        "today": today,
        "entries": entries,
        "totals": {name: sum(entry.department.counts[name] for entry in entries) for name in Urgency.names},
        "limits": {"soon": overdue.SOON, "long": overdue.LONG},
        "department": form.chosen.get("unit"),
        "table": _table_address(form),
        "csv": _table_address(form, "view.csv"),
        "may_send": user.has_perm(SEND),
        "is_configured": reminding.is_configured(),
    }
    return TemplateResponse(request, "admin/overdue.html", context)


def overdue_csv(request: HttpRequest) -> HttpResponse:
    """Redirects an address of version 0.1 to the table's CSV under the same filters.

    Raises:
        PermissionDenied: the user may not see the ledger.
    """
    return redirect(_table_address(_form(request), "view.csv"))


def _table_address(form: OverdueForm, file: str = "") -> str:
    """The list as a table, or a file of it, under the filters of this page."""
    query = QueryDict(mutable=True)
    if department := form.chosen.get("unit"):
        query["lead"] = department.code
    if urgency := form.chosen.get("stage"):
        query["urgency"] = urgency
    # Without a filter, the table as it is laid out for everybody and not as this user last saw it.
    return f"{reverse('overdue')}{file}?{(query or QueryDict('view=all')).urlencode()}"


def send(request: HttpRequest, department: Department | None) -> None:
    """Send what `manage.py remind` would, for one department or for all, and report the outcome in messages."""
    user: Any = request.user
    if user.is_sample:
        messages.error(request, _("演示账号不能发送提醒。"))
        return
    if not reminding.is_configured():
        messages.error(request, reminding.NOT_CONFIGURED)
        return
    plan = reminding.plan(leads=[department.pk] if department else None)
    sent = 0
    try:
        for outcome in reminding.send(plan.digests):
            sent += bool(outcome.sent)
            if outcome.problem:
                messages.error(request, f"{outcome.recipient}：{outcome.problem}")
    except reminding.MailUnreachableError as error:
        messages.error(request, str(error))
    if sent:
        text = ngettext("已发出 %(count)d 封提醒。", "已发出 %(count)d 封提醒。", sent)
        messages.success(request, text % {"count": sent})
    elif not plan.digests:
        messages.info(request, _("没有新的提醒要发：该提醒的都已提醒过，或没有可提醒的人。"))
    if plan.without_address:
        text = _("没有登记邮箱、未能提醒：%(people)s。") % {"people": listed(plan.without_address)}
        messages.warning(request, text)
