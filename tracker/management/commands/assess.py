"""Say how a target came to its status."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from tracker.explain import explain
from tracker.models import Target


def read_month(text: str) -> dt.date:
    """`2018-06` as a day of that month.

    Raises:
        CommandError: it is anything else.
    """
    try:
        if day := parse_date(f"{text}-01"):
            return day
    except ValueError:
        pass
    raise CommandError(f"月份“{text}”无法识别，应写成 2018-06 的样子。")


def read_instant(text: str) -> dt.datetime:
    """A date or a date with time, local unless it states its offset; a date alone means the end of that day.

    Raises:
        CommandError: it is anything else.
    """
    try:
        if day := parse_date(text):
            return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time()))
        if moment := parse_datetime(text):
            return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    except ValueError:
        pass
    raise CommandError(f"账面时点“{text}”无法识别，应写成 2018-07-18 或 2018-07-18T09:20 的样子。")


class Command(BaseCommand):
    help = "说明一项目标的评价是怎样得出的：依据、算式和适用的规则。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--explain", metavar="CODE", required=True, help="指标代码，如 gdp")
        parser.add_argument("--as-of", metavar="YYYY-MM", help="截至月份；不写则为该指标最近年度的12月")
        parser.add_argument("--known-at", metavar="DATE", help="账面时点，如 2018-07-18；不写则为现在")

    def handle(self, *args: Any, **options: Any) -> None:
        code = options["explain"]
        known_at = read_instant(options["known_at"]) if options["known_at"] else None
        targets = Target.objects.filter(indicator__code=code).select_related("indicator__unit", "section")
        if options["as_of"]:
            as_of = read_month(options["as_of"])
            targets = targets.filter(year=as_of.year)
        target = targets.order_by("year").last()
        if target is None:
            raise CommandError(f"没有代码为“{code}”的目标；代码见 manage.py export targets。")
        if not options["as_of"]:
            as_of = dt.date(target.year, 12, 1)
        for sentence in explain(target, as_of, known_at):
            self.stdout.write(sentence)
