"""`manage.py export`: the ledger's results, targets or updates of a year, for machines and for spreadsheets."""

from __future__ import annotations

import argparse
import datetime as dt
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from reports import sheets
from reports.columns import RESULTS, TARGETS, UPDATES
from reports.exports import FORMATS, Format, Sheet
from reports.months import default_month, reported_months
from tracker.models import AnnualResult, ProgressUpdate, Target, WorkReport
from tracker.models.periods import parse_instant, parse_month


class Command(BaseCommand):
    help = "导出一个年度的实绩（results）、目标（targets）或进展填报（updates），默认写到标准输出。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.add_argument("kind", choices=["results", "targets", "updates"], help="导出什么")
        parser.add_argument("--year", type=int, required=True, metavar="YYYY", help="年度")
        parser.add_argument(
            "--as-of",
            metavar="YYYY-MM",
            help="截至月份：targets 按它评价，updates 只取到它为止，results 与它无关；省略时 targets 取最近有数的月份",
        )
        parser.add_argument(
            "--known-at",
            metavar="DATE",
            help="账面时点，如 2018-07-18 或 2018-07-18T09:20：targets 只用当时已知的填报评价；省略则为现在",
        )
        parser.add_argument("--format", choices=sorted(FORMATS), default="json", help="默认 json")
        parser.add_argument("--output", type=Path, metavar="FILE", help="写入文件；写完整才改名，不留半截文件")

    def handle(self, *args: Any, **options: Any) -> None:
        output: Path | None = options["output"]
        if options["format"] == "xlsx" and output is None and self.stdout.isatty():
            raise CommandError(_("XLSX 不能显示在终端上，请用 --output 写入文件，或用管道转出。"))
        as_of = _month(options["as_of"], options["year"]) if options["as_of"] else None
        if options["known_at"] and options["kind"] != "targets":
            raise CommandError(_("--known-at 只用于 targets，请去掉它。"))
        known_at = _instant(options["known_at"]) if options["known_at"] else None
        make = {"results": _results, "targets": _targets, "updates": _updates}[options["kind"]]
        format = FORMATS[options["format"]]
        chunks = format.write(make(options["year"], as_of, known_at, format))
        if output is None:
            self._print(chunks)
        else:
            _save(chunks, output)

    def _print(self, chunks: Iterator[bytes]) -> None:
        buffer = getattr(self.stdout, "buffer", None)
        try:
            for chunk in chunks:
                if buffer is not None:
                    buffer.write(chunk)
                else:  # a caller's StringIO
                    self.stdout.write(chunk.decode(), ending="")
            self.stdout.flush()
        except BrokenPipeError:
            # `… | head` has seen enough; without this Python would complain once more while it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stdout.fileno())


def _month(text: str, year: int) -> dt.date:
    try:
        month = parse_month(text)
    except ValueError:
        raise CommandError(_("--as-of 要写成 2018-06 的样子，现在是“%(text)s”。") % {"text": text}) from None
    if month.year != year:
        raise CommandError(
            _("--as-of %(text)s 不在 --year %(year)s 之内，请改成同一年。") % {"text": text, "year": year}
        )
    return month


def _instant(text: str) -> dt.datetime:
    try:
        return parse_instant(text)
    except ValueError:
        raise CommandError(
            _("--known-at 要写成 2018-07-18 或 2018-07-18T09:20 的样子，现在是“%(text)s”。") % {"text": text}
        ) from None


def _report(year: int, field: str) -> WorkReport | None:
    return WorkReport.objects.filter(**{field: year}).first()


def _planned(year: int) -> WorkReport:
    """The report that plans a year.

    Raises:
        CommandError: none does.
    """
    if report := _report(year, "plan_year"):
        return report
    known = WorkReport.objects.order_by("plan_year").values_list("plan_year", flat=True)
    raise CommandError(
        _("没有 %(year)s 年度的政府工作报告；已登记的年度：%(known)s。") % {"year": year, "known": _listed(known)}
    )


def _listed(years: Iterable[int]) -> str:
    return "、".join(map(str, years)) or _("无")


def _results(year: int, as_of: dt.date | None, known_at: dt.datetime | None, format: Format) -> Sheet:
    results = AnnualResult.objects.for_export(year)
    report = _report(year, "review_year") or _report(year, "plan_year")
    if report is None and not results.exists():
        known = AnnualResult.objects.order_by("year").values_list("year", flat=True).distinct()
        raise CommandError(
            _("没有 %(year)s 年度的实绩；已登记的年度：%(known)s。") % {"year": year, "known": _listed(known)}
        )
    return sheets.sheet(sheets.results_title(report, year), sheets.result_notes(), RESULTS, results, format)


def _targets(year: int, as_of: dt.date | None, known_at: dt.datetime | None, format: Format) -> Sheet:
    report = _planned(year)
    month = as_of or default_month(year, reported_months(ProgressUpdate.objects.all(), year))
    rows = sheets.target_rows(Target.objects.filter(year=year), month, known_at)
    notes = sheets.target_notes(month, has_sample=rows.filter(is_sample=True).exists())
    return sheets.sheet(sheets.targets_title(report, year), notes, TARGETS, rows, format)


def _updates(year: int, as_of: dt.date | None, known_at: dt.datetime | None, format: Format) -> Sheet:
    report = _planned(year)
    rows = sheets.update_rows(ProgressUpdate.objects.all(), year)
    if as_of:
        rows = rows.filter(period__lte=as_of)
    notes = [sheets.sample_note()] if rows.filter(is_sample=True).exists() else []
    return sheets.sheet(sheets.updates_title(report, year), notes, UPDATES, rows, format)


def _save(chunks: Iterator[bytes], output: Path) -> None:
    """Write beside the target, then rename: a reader sees the old file or the whole new one.

    Raises:
        CommandError: the place cannot be written.
    """
    output = output.resolve()  # a link stays a link, to the new content
    part = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        if output.exists() and not output.is_file():
            # A device or a pipe: renaming would replace it.
            with output.open("wb") as file:
                file.writelines(chunks)
            return
        try:
            with part.open("xb") as file:
                file.writelines(chunks)
            part.replace(output)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(
            _("不能写入 %(path)s：%(reason)s。请换一个可写的位置。") % {"path": output, "reason": error.strerror}
        ) from error
