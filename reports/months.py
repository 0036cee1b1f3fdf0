"""截至: the month that a view speaks for, from its address or by rule. Months are named by their last day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tracker.models import WorkReport
from tracker.models.periods import last_day, parse_month
from tracker.models.progress import ProgressUpdateQuerySet


@dataclass(frozen=True)
class AsOf:
    """The month a page speaks for, and the others that it offers."""

    report: WorkReport
    month: dt.date
    reported: Collection[dt.date]  # months of the year that have a verified figure
    years: list[int]
    #: What was wrong with the address, for the reader; empty when nothing was.
    notice: str = ""

    @property
    def key(self) -> str:
        return f"{self.month:%Y-%m}"

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
    """The months of a plan year that have a verified figure. Queries: 1."""
    return list(updates.verified().filter(target__year=year).order_by().values_list("period", flat=True).distinct())


def default_month(year: int, reported: Collection[dt.date]) -> dt.date:
    """The latest month with a verified figure; without one the year's last month so far."""
    if reported:
        return max(reported)
    today = timezone.localdate()
    # A year that has not begun is shown at its first month, not at a month before it.
    return max(last_day(year, 1), min(last_day(year, 12), last_day(today.year, today.month)))


def choose_month(text: str, updates: ProgressUpdateQuerySet) -> AsOf | None:
    """The month that an address asks for; the default one, with a notice, where it asks for none or a wrong one.

    Returns None while no report is registered. Queries: 2.
    """
    reports = {report.plan_year: report for report in WorkReport.objects.order_by("plan_year")}
    if not reports:
        return None
    month, problem = None, ""
    if text:
        try:
            month = parse_month(text)
        except ValueError:
            problem = _("截至月份“%(asked)s”无法识别，应写成 2018-06 的样子；现按%(shown)s显示。")
        else:
            if month.year not in reports:
                problem = _("没有登记“%(asked)s”所在年度的政府工作报告；现按%(shown)s显示。")
    year = max(reports) if month is None or problem else month.year
    reported = reported_months(updates, year)
    if month is None or problem:
        month = default_month(year, reported)
    shown = date_format(month, "YEAR_MONTH_FORMAT")
    notice = problem and problem % {"asked": text[:20], "shown": shown}
    return AsOf(reports[year], month, reported, list(reports), notice)
