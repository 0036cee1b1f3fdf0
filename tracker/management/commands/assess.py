"""Say how a target came to its status."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracker.explain import explain
from tracker.models import Target
from tracker.periods import parse_instant, parse_month


def read(parse: Callable[[str], Any], text: str, name: str, example: str) -> Any:
    """`text` parsed, or a `CommandError` that says how to write it."""
    try:
        return parse(text)
    except ValueError:
        raise CommandError(f"{name}“{text}”无法识别，应写成 {example} 的样子。") from None


class Command(BaseCommand):
    help = "说明一项目标的评价是怎样得出的：依据、算式和适用的规则。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--explain", metavar="CODE", required=True, help="指标代码，如 gdp")
        parser.add_argument("--as-of", metavar="YYYY-MM", help="截至月份；不写则为该指标最近年度的12月")
        parser.add_argument("--known-at", metavar="DATE", help="账面时点，如 2018-07-18；不写则为现在")

    def handle(self, *args: Any, **options: Any) -> None:
        code = options["explain"]
        known_at = None
        if options["known_at"]:
            known_at = read(parse_instant, options["known_at"], "账面时点", "2018-07-18 或 2018-07-18T09:20")
        targets = Target.objects.filter(indicator__code=code).select_related("indicator__unit", "section")
        if options["as_of"]:
            as_of = read(parse_month, options["as_of"], "月份", "2018-06")
            targets = targets.filter(year=as_of.year)
        target = targets.order_by("year").last()
        if target is None:
            raise CommandError(f"没有代码为“{code}”的目标；代码见 manage.py export targets。")
        if not options["as_of"]:
            as_of = dt.date(target.year, 12, 1)
        for sentence in explain(target, as_of, known_at):
            self.stdout.write(sentence)
