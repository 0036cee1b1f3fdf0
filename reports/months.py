"""截至 and 账面时点: the month and the instant of a page, from the parameters of its address.

Months are named by their last day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from tracker.models import PlanYear, WorkReport
from tracker.models.progress import ProgressUpdateQuerySet
from tracker.periods import last_day, parse_instant, parse_month


@dataclass(frozen=True)
class AsOf:
    """The month of a page, as known at an instant, and the other months that it offers."""

    report: WorkReport
    month: dt.date
    known_at: dt.datetime
    #: Whether the address asks for a past instant; else the page knows what is known now.
    looks_back: bool
    #: The instant of the year's clock, which then counts as now: the year is kept as demonstration or archive.
    clock: dt.datetime | None
    reported: Collection[dt.date]  # months of the year that have a verified figure
    years: list[int]
    #: What was wrong with the address, for the reader.
    notices: Sequence[str] = ()

    @property
    def key(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def params(self) -> dict[str, str]:
        """What an address says of the month and, for a past one, of the instant; forms send it along."""
        return {"as_of": self.key} | ({"known_at": self.instant} if self.looks_back else {})

    @property
    def query(self) -> str:
        """`params` as every link to another page of the same view ends."""
        return urlencode(self.params)

    @property
    def instant(self) -> str:
        """The instant as an address and a form field write it: local, to the second."""
        return timezone.localtime(self.known_at).replace(tzinfo=None).isoformat(timespec="seconds")

    @property
    def label(self) -> str:
        return date_format(self.month, "YEAR_MONTH_FORMAT")

    @property
    def months(self) -> list[tuple[str, dt.date, bool]]:
        """Each month of the year: its address key, its last day, and whether figures of it exist."""
        days = [last_day(self.month.year, number) for number in range(1, 13)]
        return [(f"{day:%Y-%m}", day, day in self.reported) for day in days]

    @property
    def other_years(self) -> list[tuple[int, str]]:
        """The other plan years, each with the key of the same month in it."""
        return [(year, f"{year}-{self.month:%m}") for year in self.years if year != self.month.year]


def reported_months(updates: ProgressUpdateQuerySet, year: int) -> list[dt.date]:
    """The months of a plan year that have a verified figure. Queries: 1, which looks for one of each month."""
    days = [last_day(year, number) for number in range(1, 13)]
    try:
        some, params = updates.verified().filter(period=RawSQL("month.day", ())).values("pk").query.sql_with_params()
    except EmptyResultSet:  # a reader who may see none
        return []
    with connection.cursor() as cursor:
        # One condition for all twelve: the ORM would write it twelve times, which costs more than the answer.
        cursor.execute(f"SELECT day FROM unnest(%s::date[]) AS month (day) WHERE EXISTS ({some})", [days, *params])
        return sorted(day for (day,) in cursor)


def default_month(year: int, reported: Collection[dt.date]) -> dt.date:
    """The latest month with a verified figure; without one the year's last month so far."""
    if reported:
        return max(reported)
    today = timezone.localdate()
    # A year that has not begun is shown at its first month, not at a month before it.
    return max(last_day(year, 1), min(last_day(year, 12), last_day(today.year, today.month)))


def resolve(asked: Mapping[str, str], updates: ProgressUpdateQuerySet, *, may_look_back: bool) -> AsOf | None:
    """The month and instant that an address asks for; the usual ones, with a notice, where it asks for wrong ones.

    Args:
        asked: the address's parameters, of which `as_of` and `known_at` are read.
        updates: those that the reader may see.
        may_look_back: whether the reader may choose the instant.

    Returns None while no report is registered. Queries: 3.
    """
    reports = {report.plan_year: report for report in WorkReport.objects.leading()}
    if not reports:
        return None
    month, problem = None, ""
    if text := asked.get("as_of", ""):
        try:
            month = parse_month(text)
        except ValueError:
            problem = _("截至月份“%(asked)s”无法识别，应写成 2018-06 的样子；现按%(shown)s显示。")
        else:
            if month.year not in reports:
                problem = _("没有登记“%(asked)s”所在年度的政府工作报告；现按%(shown)s显示。")
    year = max(reports) if month is None or problem else month.year
    plan = PlanYear.objects.get(year=year)
    past, notices = _instant(asked.get("known_at", ""), plan.now(), may_look_back=may_look_back)
    known_at = past or plan.now()
    reported = reported_months(updates.known_at(known_at), year)
    if month is None or problem:
        month = default_month(year, reported)
    if problem:
        notices.append(problem % {"asked": text[:20], "shown": date_format(month, "YEAR_MONTH_FORMAT")})
    return AsOf(reports[year], month, known_at, past is not None, plan.clock, reported, list(reports), notices)


def _instant(text: str, now: dt.datetime, *, may_look_back: bool) -> tuple[dt.datetime | None, list[str]]:
    """The past instant that an address asks for, and what is wrong with it; None stands for now."""
    if not text:
        return None, []
    if not may_look_back:
        return None, [_("账面时点须登录后才能选择；现按最新账面显示。")]
    try:
        # A calendar's first and last days have no local time everywhere.
        past = timezone.localtime(parse_instant(text))
    except (ValueError, OverflowError):
        wrong = _("账面时点“%(asked)s”无法识别，应写成 2018-07-18T09:00 的样子；现按最新账面显示。")
        return None, [wrong % {"asked": text[:20]}]
    if past > now:
        return None, [_("账面时点不能晚于现在；现按最新账面显示。")]
    return past, []
