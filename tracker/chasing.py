"""催报: which periods were not reported, how pressing each has become, and who can be told (domain.md §7).

Lateness itself is defined once, in `assessment/due.sql`; this module lists it, period by period, where a judgement only
says how many days the worst one is late. Closed years are never chased.
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
from tracker.models.reminder import Stage
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
    JOIN tracker_workreport report ON report.plan_year = t.year AND NOT report.is_closed
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


def due(
    targets: TargetQuerySet, today: dt.date | None = None, known_at: dt.datetime | None = None
) -> QuerySet[Any, Any]:
    """`targets` of open years, each once for every period that it has and that is over.

    Args:
        today: the day that deadlines are held against; default the day of `known_at`.
        known_at: the instant whose knowledge of what was submitted counts; default now.

    Adds: `period` (date, a month's last day), `deadline` (date), `days_late` (days since the deadline; 0 or less until
    it has passed), `is_reported` (bool: something was submitted for the period), `urgency` (`reminder.Stage`; empty
    where something was submitted or the deadline is still far). Queries: none until evaluated, then 1.
    """
    known_at = known_at or timezone.now()
    statement = expand(
        _PERIODS,
        known_at="%(known_at)s",
        today="%(today)s::date",
        soon=str(SOON),
        long=str(LONG),
        due_soon=Stage.SOON,
        overdue=Stage.OVERDUE,
        long_overdue=Stage.LONG_OVERDUE,
    )
    values = {"known_at": known_at, "today": today or timezone.localdate(known_at)}
    sql, params = positional(statement, values)
    periods = CTE(raw_cte_sql(sql, params, {"target_id": BigIntegerField(), **_COLUMNS}), name="periods")
    joined = periods.join(targets, pk=periods.col.target_id)
    return with_cte(periods, select=joined).annotate(  # type: ignore[no-any-return]
        **{name: getattr(periods.col, name) for name in _COLUMNS}
    )


def pressing(targets: TargetQuerySet, today: dt.date | None = None) -> QuerySet[Any, Any]:
    """The periods that were not reported and are overdue or soon due, by lead unit, in the order of the report.

    Args:
        today: as for `due`.

    Adds: as `due` and `with_lead`; `lead_id` (the lead unit's id; null without one), `reminded_at` (when somebody was
    last reminded of this period; null if never). Queries: none until evaluated, then 1.
    """
    lead = Responsibility.objects.filter(target=OuterRef("pk"), role=Role.LEAD)
    sent = Reminder.objects.filter(target=OuterRef("pk"), period=OuterRef("period"))
    unreported: Any = due(targets, today)
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
    """Rows of `due` in the order of the report, the periods of a target in theirs; `first` as for `in_report_order`."""
    ordered: QuerySet[Any, Any] = rows.in_report_order(*first)
    return ordered.order_by(*ordered.query.order_by, "period")


class Case(NamedTuple):
    """One target with everything that its unit has not reported of it: rows of `pressing` or `due`, earliest first."""

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
        """When somebody was last reminded of any of it."""
        return max((row.reminded_at for row in self.periods if row.reminded_at), default=None)


class Unit(NamedTuple):
    """What one lead unit has not reported; targets that nobody leads have no unit: id None, name and code empty."""

    lead_id: int | None
    name: str
    code: str
    cases: list[Case]

    @property
    def counts(self) -> dict[str, int]:
        """How many periods have reached each stage."""
        reached = Counter(row.urgency for case in self.cases for row in case.periods)
        return {stage.name: reached[stage] for stage in Stage}

    @property
    def days_late(self) -> int:
        """Of the worst case."""
        days: int = max(case.target.days_late for case in self.cases)
        return days

    @property
    def reminded_at(self) -> dt.datetime | None:
        return max((case.reminded_at for case in self.cases if case.reminded_at), default=None)


def by_target(rows: Iterable[Any]) -> list[Case]:
    """Rows of `pressing` or `due` that stand in the order of their targets, gathered by target."""
    return [Case(list(periods)) for _pk, periods in groupby(rows, key=lambda row: row.pk)]


def by_unit(rows: Iterable[Any]) -> list[Unit]:
    """Rows of `pressing`, in its order, gathered by lead unit and target."""
    units = []
    for lead_id, of_unit in groupby(rows, key=lambda row: row.lead_id):
        cases = by_target(of_unit)
        lead = cases[0].target
        units.append(Unit(lead_id, lead.lead or "", lead.lead_code or "", cases))
    return units


def visible(targets: TargetQuerySet, user: User) -> TargetQuerySet:
    """Those whose missing reports `user` may see: whoever enters or endorses for units, theirs; other readers, all.

    Adds: nothing. Queries: none of its own (a subquery).
    """
    targets = targets.visible_to(user)
    works_for_units = user.has_perm("tracker.add_progressupdate") or user.has_perm("tracker.endorse_progressupdate")
    if user.has_perm("tracker.view_unverified") or not works_for_units:
        return targets
    return targets.filter(pk__in=duties(Role.LEAD, user=user).values("target"))


def duties(*roles_: Role, user: User | None = None) -> QuerySet[Responsibility]:
    """Responsibilities with one of these roles, of `user`'s units or of all. Queries: none of its own (a subquery)."""
    found = Responsibility.objects.filter(role__in=roles_)
    return found.filter(department__in=Department.objects.of(user)) if user else found


class Standing(NamedTuple):
    """How far one unit has come with one month."""

    code: str
    unit: str
    total: int  # of its targets, how many are due then
    reported: int


def latest_month(targets: TargetQuerySet) -> dt.date | None:
    """The last period of `targets` that is over, in the years that are open. Queries: 1."""
    latest: dt.date | None = due(targets).aggregate(latest=Max("period"))["latest"]
    return latest


def standings(responsibilities: QuerySet[Responsibility], period: dt.date) -> list[Standing]:
    """How far each unit has come with what it is responsible for at `period`, in the order of the units. Queries: 1."""
    rows = due(Target.objects.filter(year=period.year))
    unit = "responsibilities__department"
    counted = (
        rows.filter(period=period, responsibilities__in=responsibilities)
        .order_by()
        .values(f"{unit}__code", f"{unit}__name", f"{unit}__position")
        # A unit may both lead a target and own its data.
        .annotate(total=Count("pk", distinct=True), done=Count("pk", distinct=True, filter=Q(is_reported=True)))
        .order_by(f"{unit}__position", f"{unit}__code")
    )
    return [Standing(*row) for row in counted.values_list(f"{unit}__code", f"{unit}__name", "total", "done")]


def counts(targets: TargetQuerySet) -> dict[str, int]:
    """How many periods of `targets` have reached each stage, by the stage's name. Queries: 1."""
    found = dict(due(targets).exclude(urgency="").order_by().values_list("urgency").annotate(Count("pk")))
    return {stage.name: found.get(stage.value, 0) for stage in Stage}


def people() -> Mapping[int | None, list[User]]:
    """Who can be told what a unit has not reported: its active reporters and endorsers, and those of its successors.

    Returns:
        department id → people; units without anybody are left out.

    Queries: 2.
    """
    members: dict[int, list[User]] = defaultdict(list)
    told = Membership.objects.filter(user__is_active=True, user__groups__name__in=[roles.REPORTER, roles.ENDORSER])
    for membership in told.select_related("user").order_by("user__username").distinct():
        members[membership.department_id].append(membership.user)
    # Whoever works for a unit works for those that it took over, as `DepartmentQuerySet.of` says from the other side.
    successors = dict(Department.objects.values_list("pk", "successor"))
    found: dict[int | None, list[User]] = {}
    for unit in successors:
        holder: int | None = unit
        everyone: dict[int, User] = {}
        while holder is not None:
            everyone |= {user.pk: user for user in members[holder]}
            holder = successors[holder]
        if everyone:
            found[unit] = list(everyone.values())
    return found
