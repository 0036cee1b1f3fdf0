"""Which month of which department a user comes to fill in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db import models
from django.http import Http404
from django.utils import timezone

from tracker.models import Department, PlanYear, ProgressUpdate, Responsibility, Target, User
from tracker.periods import last_day, parse_month


class SheetMonth(NamedTuple):
    """How far a department has come with one month."""

    period: dt.date
    due: int  # targets that have a report then
    reported: int  # of these
    is_begun: bool  # something is reported, if only as a draft

    @property
    def has_ended(self) -> bool:
        return self.period <= timezone.localdate()

    @property
    def is_done(self) -> bool:
        return self.reported == self.due


def months_of(department: Department, years: Iterable[int]) -> list[SheetMonth]:
    """The months of `years`, in order, by what the department itself has to report; where it only cooperates, by that.

    Queries: 3.
    """
    targets: list[Any] = list(
        Target.objects.of_department(department).filter(year__in=years).select_related("indicator")
    )
    targets = [target for target in targets if target.is_own] or targets
    updates = ProgressUpdate.objects.filter(target__in=targets)
    begun = set(updates.values_list("target", "period"))
    reported = set(updates.reported().values_list("target", "period"))
    months = []
    for year in sorted(years):
        theirs = [(target.pk, target.indicator.report_months()) for target in targets if target.year == year]
        for period in (last_day(year, number) for number in range(1, 13)):
            due = {(target, period) for target, reported_months in theirs if period.month in reported_months}
            months.append(SheetMonth(period, len(due), len(due & reported), bool(due & begun)))
    return months


def next_month(months: list[SheetMonth]) -> SheetMonth:
    """The month that a clerk comes to fill in: the last one begun, until it is wholly reported; then the one after it.

    Args:
        months: in order, at least one.
    """
    ended = [month for month in months if month.due and month.has_ended]
    begun = [month for month in ended if month.is_begun]
    if not begun:
        return ended[0] if ended else months[0]
    later = [month for month in ended if month.period > begun[-1].period]
    return later[0] if begun[-1].is_done and later else begun[-1]


class Choice(NamedTuple):
    """The sheet that the address names, and which others there are."""

    department: Department
    period: dt.date
    is_closed: bool
    departments: list[Department]  # of the user, with anything to report
    months: list[SheetMonth]  # of the same year
    years: list[int]

    @property
    def query(self) -> str:
        """What follows the "?" in every address that speaks of this sheet."""
        return urlencode({"unit": self.department.code, "month": f"{self.period:%Y-%m}"})


def sheet_choice(user: User, wanted: Mapping[str, Any]) -> Choice | None:
    """The sheet that an address names; by default the first department's month to fill in.

    Returns:
        None where the user's departments have nothing to report.

    Raises:
        Http404: not one of the user's departments, or no month of a year that has a report.

    Queries: 5.
    """
    theirs = Responsibility.objects.filter(department=models.OuterRef("pk"))
    departments: list[Any] = list(Department.objects.of(user).annotate(has_targets=models.Exists(theirs)))
    named = {department.code: department for department in departments}
    if "unit" in wanted and wanted["unit"] not in named:
        raise Http404
    departments = [department for department in departments if department.has_targets]
    closed = dict(PlanYear.objects.order_by("year").values_list("year", "is_closed"))
    if not departments or not closed:
        return None
    department = named[wanted["unit"]] if "unit" in wanted else departments[0]
    if "month" in wanted:
        try:
            period = parse_month(wanted["month"])
        except ValueError:
            raise Http404 from None
        if period.year not in closed:
            raise Http404
        months = months_of(department, [period.year])
    else:
        months = months_of(department, [year for year in closed if not closed[year]] or closed)
        period = next_month(months).period
        months = [month for month in months if month.period.year == period.year]
    return Choice(department, period, closed[period.year], departments, months, list(closed))
