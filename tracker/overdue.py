"""催报: which reports are overdue or soon due, how urgent each is, and whom to remind (domain.md §7).

Lateness itself is defined once, in `assessment/due.sql`; this module lists it, period by period, where a judgement only
says how many days the worst one is late. In closed years nothing is overdue.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    Count,
    DateField,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.utils import timezone
from django_cte import CTE, with_cte
from django_cte.raw import raw_cte_sql

from tracker import roles
from tracker.assessment.sql import expand, positional
from tracker.models import Department, Membership, Reminder, Responsibility, Role, Target, User
from tracker.models.reminder import Urgency
from tracker.text import lateness, months

if TYPE_CHECKING:
    from tracker.models.target import TargetQuerySet

#: A period is about to fall due when its deadline is at most this many days away,
SOON = 3
#: and long overdue when its deadline is more than this many days past.
LONG = 10

_PERIODS = """
    SELECT t.id AS target_id, due.period, due.deadline, due.days_late, due.is_reported,
        CASE WHEN due.is_reported THEN ''
            WHEN due.days_late > {long} THEN '{long_overdue}'
            WHEN due.days_late > 0 THEN '{overdue}'
            WHEN due.days_late >= -{soon} THEN '{due_soon}'
            ELSE '' END AS urgency
    FROM tracker_target t
    JOIN tracker_planyear y ON y.year = t.year AND NOT y.is_closed
    CROSS JOIN LATERAL ({due}) due
    -- A period is reported when it is over, not before.
    WHERE due.period <= {today}
"""
_COLUMNS: dict[str, Any] = {
    "period": DateField(),
    "deadline": DateField(),
    "days_late": IntegerField(),
    "is_reported": BooleanField(),
    "urgency": CharField(max_length=7),
}


def due_reports(
    targets: TargetQuerySet, today: dt.date | None = None, known_at: dt.datetime | None = None
) -> QuerySet[Any, Any]:
    """`targets` of open years, each once for every period that it has and that is over.

    In a year that has a clock (`PlanYear.clock`) its instant counts, where that is earlier.

    Args:
        today: the day that deadlines are held against; default the day of `known_at`.
        known_at: the instant whose knowledge of what was submitted counts; default now.

    Adds: `period` (date, a month's last day), `deadline` (date), `days_late` (days since the deadline; 0 or less until
    it has passed), `is_reported` (bool; see `ProgressUpdateQuerySet.reported`), `urgency` (`Urgency`; empty
    where it is reported or the deadline is still far). Queries: none until evaluated, then 1.
    """
    known_at = known_at or timezone.now()
    statement = expand(
        _PERIODS,
        # A year's clock goes no further than its instant.
        known_at="least(%(known_at)s, y.clock)",
        today="least(%(today)s::date, (y.clock AT TIME ZONE {local})::date)",
        soon=str(SOON),
        long=str(LONG),
        due_soon=Urgency.SOON,
        overdue=Urgency.OVERDUE,
        long_overdue=Urgency.LONG_OVERDUE,
    )
    values = {"known_at": known_at, "today": today or timezone.localdate(known_at)}
    sql, params = positional(statement, values)
    periods = CTE(raw_cte_sql(sql, params, {"target_id": BigIntegerField(), **_COLUMNS}), name="periods")
    joined = periods.join(targets, pk=periods.col.target_id)
    return with_cte(periods, select=joined).annotate(  # type: ignore[no-any-return]
        **{name: getattr(periods.col, name) for name in _COLUMNS}
    )


def overdue_reports(targets: TargetQuerySet, today: dt.date | None = None) -> QuerySet[Any, Any]:
    """The unreported periods that are overdue or soon due, by lead department, in the order of the report.

    Args:
        today: as for `due_reports`.

    Adds: as `due_reports` and `with_lead`; `lead_id` (the lead department's id; null without one), `reminded_at` (when
    a user was last reminded of this period; null if never). Queries: none until evaluated, then 1.
    """
    lead = Responsibility.objects.lead_of(OuterRef("pk"))
    sent = Reminder.objects.filter(target=OuterRef("pk"), period=OuterRef("period"))
    unreported: Any = due_reports(targets, today)
    rows = (
        unreported.exclude(urgency="")
        .select_related("indicator__unit", "section")
        .with_lead()
        .annotate(
            lead_id=Subquery(lead.values("department")[:1]),
            lead_position=Subquery(lead.values("department__position")[:1]),
            reminded_at=Subquery(sent.order_by("-sent_at").values("sent_at")[:1]),
        )
    )
    return in_order(rows, "lead_position", "lead_code", "year")


def in_order(rows: Any, *first: str) -> QuerySet[Any, Any]:
    """Rows of `due_reports` in the order of the report, the periods of a target in theirs.

    Args:
        first: as for `in_report_order`.
    """
    ordered: QuerySet[Any, Any] = rows.in_report_order(*first)
    return ordered.order_by(*ordered.query.order_by, "period")


class OverdueTarget(NamedTuple):
    """One target with its unreported periods: rows of `overdue_reports` or `due_reports`, earliest first."""

    periods: list[Any]

    @property
    def target(self) -> Any:
        """Its row of the earliest period, which is the most late."""
        return self.periods[0]

    @property
    def months(self) -> str:
        return months([row.period for row in self.periods])

    @property
    def lateness(self) -> str:
        return lateness(self.target.days_late)

    @property
    def reminded_at(self) -> dt.datetime | None:
        """When a user was last reminded of any of it."""
        return max((row.reminded_at for row in self.periods if row.reminded_at), default=None)


class LateDepartment(NamedTuple):
    """What one lead department has not reported; without a lead: id None, name and code empty."""

    lead_id: int | None
    name: str
    code: str
    targets: list[OverdueTarget]

    @property
    def counts(self) -> dict[str, int]:
        """How many periods have reached each urgency."""
        reached = Counter(row.urgency for target in self.targets for row in target.periods)
        return {urgency.name: reached[urgency] for urgency in Urgency}

    @property
    def days_late(self) -> int:
        """Of the most late report."""
        days: int = max(target.target.days_late for target in self.targets)
        return days

    @property
    def reminded_at(self) -> dt.datetime | None:
        return max((target.reminded_at for target in self.targets if target.reminded_at), default=None)


def by_target(rows: Iterable[Any]) -> list[OverdueTarget]:
    """Rows of `overdue_reports` or `due_reports` that stand in the order of their targets, gathered by target."""
    return [OverdueTarget(list(periods)) for _pk, periods in groupby(rows, key=lambda row: row.pk)]


def by_department(rows: Iterable[Any]) -> list[LateDepartment]:
    """Rows of `overdue_reports`, in its order, gathered by lead department and target."""
    departments = []
    for lead_id, of_department in groupby(rows, key=lambda row: row.lead_id):
        late = by_target(of_department)
        lead = late[0].target
        departments.append(LateDepartment(lead_id, lead.lead or "", lead.lead_code or "", late))
    return departments


def visible_to(targets: TargetQuerySet, user: User) -> TargetQuerySet:
    """Targets whose overdue reports `user` may see: who enters or endorses for departments, theirs; other readers, all.

    Adds: nothing. Queries: none of its own (a subquery).
    """
    targets = targets.visible_to(user)
    works_for_units = user.has_perm("tracker.add_progressupdate") or user.has_perm("tracker.endorse_progressupdate")
    if user.has_perm("tracker.view_unverified") or not works_for_units:
        return targets
    return targets.filter(pk__in=Responsibility.objects.of(Role.LEAD, user=user).values("target"))


class DepartmentProgress(NamedTuple):
    """How far one department has come with one month."""

    code: str
    name: str
    total: int  # of its targets, how many are due then
    reported: int


def latest_month(targets: TargetQuerySet) -> dt.date | None:
    """The last period of `targets` that is over, in the years that are open. Queries: 1."""
    latest: dt.date | None = due_reports(targets).aggregate(latest=Max("period"))["latest"]
    return latest


def progress_by_department(responsibilities: QuerySet[Responsibility], period: dt.date) -> list[DepartmentProgress]:
    """How far each department has come with what it is responsible for at `period`, in their order. Queries: 1."""
    rows = due_reports(Target.objects.filter(year=period.year))
    department = "responsibilities__department"
    counted = (
        rows.filter(period=period, responsibilities__in=responsibilities)
        .order_by()
        .values(f"{department}__code", f"{department}__name", f"{department}__position")
        # A department may both lead a target and own its data.
        .annotate(total=Count("pk", distinct=True), done=Count("pk", distinct=True, filter=Q(is_reported=True)))
        .order_by(f"{department}__position", f"{department}__code")
    )
    return [
        DepartmentProgress(*row)
        for row in counted.values_list(f"{department}__code", f"{department}__name", "total", "done")
    ]


def counts_by_urgency(targets: TargetQuerySet) -> dict[str, int]:
    """How many periods of `targets` have reached each urgency, by its name. Queries: 1."""
    found = dict(due_reports(targets).exclude(urgency="").order_by().values_list("urgency").annotate(Count("pk")))
    return {urgency.name: found.get(urgency.value, 0) for urgency in Urgency}


def people_to_remind() -> Mapping[int | None, list[User]]:
    """Users to remind of what a department has not reported: its active reporters and endorsers, and its successors'.

    Returns:
        department id → people; departments without anybody are left out.

    Queries: 2.
    """
    members: dict[int, list[User]] = defaultdict(list)
    memberships = Membership.objects.filter(
        user__is_active=True, user__groups__name__in=[roles.REPORTER, roles.ENDORSER]
    )
    for membership in memberships.select_related("user").order_by("user__username").distinct():
        members[membership.department_id].append(membership.user)
    # Who works for a department works for those that it took over, as `DepartmentQuerySet.of` says from the other side.
    successors = dict(Department.objects.values_list("pk", "successor"))
    found: dict[int | None, list[User]] = {}
    for department in successors:
        holder: int | None = department
        everyone: dict[int, User] = {}
        while holder is not None:
            everyone |= {user.pk: user for user in members[holder]}
            holder = successors[holder]
        if everyone:
            found[department] = list(everyone.values())
    return found
