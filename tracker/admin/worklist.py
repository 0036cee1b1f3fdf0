"""工作台: what waits for the signed-in person, each item one click from its form."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from tracker import overdue, workflow
from tracker.models import PlanYear, ProgressUpdate, Responsibility, Role, Target, User
from tracker.models.progress import OPEN_TO_ENTRY
from tracker.overdue import DepartmentProgress, OverdueTarget
from tracker.periods import last_day

from .display import goals, summary

#: A queue on the front page shows this many; the rest is one click away.
SHOWN = 10


class Next(NamedTuple):
    """A target and the period that its unit reports next."""

    target: Target
    goals: str
    last: dt.date | None
    period: dt.date | None  # null once the year is reported, or before the next period has ended


def next_period(target: Target, last: dt.date | None) -> dt.date | None:
    """The first period after `last` that the target's frequency has; None after the year's last one."""
    reported = last.month if last else 0
    later = [month for month in target.indicator.report_months() if month > reported]
    return last_day(target.year, later[0]) if later else None


def reportable(user: User) -> list[Next]:
    """The targets of the open years whose progress `user` enters, in the order of the report. Queries: 1."""
    latest = ProgressUpdate.objects.filter(target=OuterRef("pk")).order_by("-period")
    targets = (
        Target.objects.reportable_by(user)
        .exclude(year__in=PlanYear.objects.closed_years())
        .select_related("indicator__unit", "section")
        .annotate(last=Subquery(latest.values("period")[:1]))
        .in_report_order()
    )
    return [_next(target) for target in targets]


def _next(target: Any) -> Next:
    period = next_period(target, target.last)
    return Next(target, goals(target), target.last, period if period and period <= timezone.localdate() else None)


class DepartmentsMonth(NamedTuple):
    """How far departments have come with the latest month."""

    period: dt.date
    departments: list[DepartmentProgress]

    @property
    def unfinished(self) -> list[DepartmentProgress]:
        return [one for one in self.departments if one.reported < one.total]

    @property
    def complete(self) -> int:
        """How many departments have reported everything."""
        return len(self.departments) - len(self.unfinished)

    @property
    def silent(self) -> int:
        """How many have reported nothing."""
        return sum(one.reported == 0 for one in self.departments)

    @property
    def begun(self) -> int:
        """How many have reported some of it."""
        return len(self.unfinished) - self.silent


def month_of(responsibilities: Any) -> DepartmentsMonth | None:
    """The latest month that is over, with every department that has something due in it. Queries: 2."""
    period = overdue.latest_month(Target.objects.filter(pk__in=responsibilities.values("target")))
    return DepartmentsMonth(period, overdue.progress_by_department(responsibilities, period)) if period else None


class DueTarget(NamedTuple):
    """应报: one target with its periods that are over and not reported."""

    overdue: OverdueTarget
    goals: str


def due(responsibilities: Any) -> list[DueTarget]:
    """What is not reported, the most late first. Queries: 1."""
    targets = Target.objects.filter(pk__in=responsibilities.values("target")).select_related("indicator__unit")
    begun = ProgressUpdate.objects.filter(target=OuterRef("pk"), period=OuterRef("period"), status__in=OPEN_TO_ENTRY)
    rows = overdue.due_reports(targets).filter(is_reported=False)
    rows = rows.annotate(begun=Subquery(begun.values("pk")[:1]), begun_status=Subquery(begun.values("status")[:1]))
    found = overdue.by_target(overdue.in_order(rows))
    return [DueTarget(late, goals(late.target)) for late in sorted(found, key=lambda late: late.target.deadline)]


def worklist(user: Any) -> dict[str, Any]:
    """Context of the front page: the queues that the user's roles have, each with its first rows and its length."""
    updates = ProgressUpdate.objects.for_list().order_by("submitted_at", "pk")
    context: dict[str, Any] = {}
    if user.has_perm("tracker.add_progressupdate"):
        own = Responsibility.objects.of(Role.LEAD, Role.DATA_OWNER, user=user)
        waiting = due(own)
        context |= {"due": waiting[:SHOWN], "due_count": len(waiting), "own_month": month_of(own)}
        context["open_updates"] = workflow.editable_by(user, updates).order_by("-status", "period", "pk")
    if user.has_perm("tracker.endorse_progressupdate"):
        context["to_endorse"] = workflow.movable("endorse", user, updates)
    if user.has_perm("tracker.verify_progressupdate"):
        context["to_verify"] = workflow.movable("verify", user, updates)
        context["all_departments"] = month_of(Responsibility.objects.of(Role.LEAD))
    for queue in ("open_updates", "to_endorse", "to_verify"):
        if queue in context:
            rows = context[queue][:SHOWN]
            context[f"{queue}_count"] = context[queue].count()
            context[queue] = [(row, summary(row)) for row in rows]
            context["has_sample"] = context.get("has_sample") or any(row.is_sample for row in rows)
    if user.has_perm("tracker.view_target"):
        context["overdue"] = overdue.counts_by_urgency(overdue.visible_to(Target.objects.all(), user))
    return context
