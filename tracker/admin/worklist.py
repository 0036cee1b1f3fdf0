"""工作台: what waits for the signed-in person, each item one click from its form."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from tracker.models import Department, ProgressUpdate, Responsibility, Role, Target, User, WorkReport
from tracker.models.periods import last_day

from .display import goals, stated

#: A queue on the front page shows this many; the rest is one click away.
SHOWN = 10


class Due(NamedTuple):
    """A target and the period that its unit reports next."""

    target: Target
    goals: str
    last: dt.date | None
    period: dt.date | None  # null once the year is reported, or before the next period has ended
    deadline: dt.date | None
    is_late: bool


def next_period(target: Target, last: dt.date | None) -> dt.date | None:
    """The first period after `last` that the target's frequency has; None after the year's last one."""
    reported = last.month if last else 0
    later = [month for month in target.indicator.report_months() if month > reported]
    return last_day(target.year, later[0]) if later else None


def reportable(user: User) -> list[Due]:
    """The targets of the open years whose progress `user` enters, in the order of the report. Queries: 1."""
    latest = ProgressUpdate.objects.filter(target=OuterRef("pk")).order_by("-period")
    targets = (
        Target.objects.reportable_by(user)
        .exclude(year__in=WorkReport.objects.filter(is_closed=True).values("plan_year"))
        .select_related("indicator__unit", "section")
        .annotate(last=Subquery(latest.values("period")[:1]))
        .in_report_order()
    )
    return [_due(target) for target in targets]


def _due(target: Any) -> Due:
    today = timezone.localdate()
    period = next_period(target, target.last)
    if period is None or period > today:
        period = None
    deadline = period + dt.timedelta(days=target.indicator.due_lag) if period else None
    return Due(target, goals(target), target.last, period, deadline, deadline is not None and deadline < today)


def due(user: User) -> list[Due]:
    """应报: what `user`'s units lead or own the data of, and have not reported; earliest deadline first. Queries: 2."""
    units = Department.objects.of(user)
    theirs = set(
        Responsibility.objects.filter(department__in=units, role__in=[Role.LEAD, Role.DATA_OWNER]).values_list(
            "target", flat=True
        )
    )
    waiting = [item for item in reportable(user) if item.period and item.target.pk in theirs]
    return sorted(waiting, key=lambda item: item.deadline or dt.date.max)


def worklist(user: Any) -> dict[str, Any]:
    """Context of the front page: the queues that the person's roles have, each with its first rows and its length."""
    updates = ProgressUpdate.objects.for_list().order_by("submitted_at", "pk")
    context: dict[str, Any] = {}
    if user.has_perm("tracker.add_progressupdate"):
        context["due"] = due(user)
        context["open_updates"] = updates.editable_by(user).order_by("-status", "period", "pk")
    if user.has_perm("tracker.endorse_progressupdate"):
        context["to_endorse"] = updates.endorsable_by(user)
    if user.has_perm("tracker.verify_progressupdate"):
        context["to_verify"] = updates.verifiable_by(user)
    for queue in ("open_updates", "to_endorse", "to_verify"):
        if queue in context:
            rows = list(context[queue])
            context[queue] = [(row, stated(row)) for row in rows[:SHOWN]]
            context[f"{queue}_count"] = len(rows)
            context["has_sample"] = context.get("has_sample") or any(row.is_sample for row in rows[:SHOWN])
    return context
