"""催报: what has not been reported, unit by unit, with whom to call, what to write, and what was sent already."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tracker import reminding
from tracker.chasing import LONG, SOON, Unit, by_unit, people, pressing, visible
from tracker.models import Department, Role, Target, User
from tracker.models.reminder import Stage
from tracker.text import defused

from .display import listed

#: Who may have reminders sent.
SEND = "tracker.add_reminder"


class ChaseFilter(forms.Form):
    unit = forms.ModelChoiceField(
        Department.objects.none(), label=_("牵头单位"), required=False, to_field_name="code", empty_label=_("全部单位")
    )
    stage = forms.ChoiceField(label=_("阶段"), required=False)

    def __init__(self, data: Any, targets: Any) -> None:
        super().__init__(data)
        self.targets = targets
        leads = Department.objects.filter(responsibilities__role=Role.LEAD, responsibilities__target__in=targets)
        self.fields["unit"].queryset = leads.distinct()  # type: ignore[attr-defined]
        self.fields["stage"].choices = [("", _("全部阶段")), *Stage.choices]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> dict[str, Any]:
        """What was picked; a filter that makes no sense is told on the form, and filters nothing."""
        return {name: value for name, value in self.cleaned_data.items() if value} if self.is_valid() else {}

    def rows(self) -> Any:
        """What is missing, as it was picked. Queries: none until evaluated, then 1."""
        rows = pressing(self.targets)
        if unit := self.chosen.get("unit"):
            rows = rows.filter(lead_id=unit.pk)
        if stage := self.chosen.get("stage"):
            rows = rows.filter(urgency=stage)
        return rows


def filter_form(request: HttpRequest) -> ChaseFilter:
    """What the address picks among what the person may see.

    Raises:
        PermissionDenied: the person may not see the ledger.
    """
    user: Any = request.user
    if not user.has_perm("tracker.view_target"):
        raise PermissionDenied
    return ChaseFilter(request.GET, visible(Target.objects.all(), user))


@dataclass(frozen=True)
class Entry:
    """A unit on the page."""

    unit: Unit
    people: list[User]
    note: str


def chase(request: HttpRequest) -> HttpResponse:
    """The list, by GET; by POST, reminders to everybody whom it concerns.

    Raises:
        PermissionDenied: the person may not see the ledger, or, by POST, not send reminders.
    """
    form = filter_form(request)
    user: Any = request.user
    if request.method == "POST":
        if not user.has_perm(SEND):
            raise PermissionDenied
        if form.is_valid():
            send(request, form.chosen.get("unit"))
        return redirect(request.get_full_path())
    today, reachable = timezone.localdate(), people()
    entries = [
        Entry(unit, reachable.get(unit.lead_id, []), reminding.note(unit, today)) for unit in by_unit(form.rows())
    ]
    context = {
        **admin.site.each_context(request),
        "title": _("催报"),
        "form": form,
        "today": today,
        "entries": entries,
        "totals": {stage: sum(entry.unit.counts[stage] for entry in entries) for stage in Stage.names},
        "limits": {"soon": SOON, "long": LONG},
        "unit": form.chosen.get("unit"),
        "query": request.GET.urlencode(),
        "may_send": user.has_perm(SEND),
        "is_configured": reminding.is_configured(),
    }
    return TemplateResponse(request, "admin/chase.html", context)


def chase_csv(request: HttpRequest) -> HttpResponse:
    """The list under the same filters, a line for each period, in UTF-8 with a BOM, which Excel needs.

    Raises:
        PermissionDenied: the person may not see the ledger.
    """
    form = filter_form(request)
    title = _("催报")
    name = f"{title}_{timezone.localdate():%Y%m%d}.csv"
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    writer = csv.writer(response)
    writer.writerow([_("牵头单位"), _("目标"), _("报告期"), _("期限"), _("逾期天数"), _("阶段"), _("上次提醒")])
    for row in form.rows():
        told = timezone.localtime(row.reminded_at).strftime("%Y-%m-%d %H:%M") if row.reminded_at else ""
        texts = [defused(row.lead or ""), defused(str(row.indicator)), f"{row.period:%Y-%m}", row.deadline]
        writer.writerow([*texts, max(row.days_late, 0), Stage(row.urgency).label, told])
    return response


def send(request: HttpRequest, unit: Department | None) -> None:
    """Send what `manage.py remind` would, for one unit or for all, and say what became of it."""
    user: Any = request.user
    if user.is_sample:
        messages.error(request, _("演示账号不能发送提醒。"))
        return
    if not reminding.is_configured():
        messages.error(request, reminding.NOT_CONFIGURED)
        return
    plan = reminding.plan(leads=[unit.pk] if unit else None)
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
