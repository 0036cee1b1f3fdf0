"""`manage.py export`: the tables of a year, for machines, for spreadsheets and on paper."""

from __future__ import annotations

import argparse
import datetime as dt
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from reports.exports import FORMATS, NoRoomError, RowFormat
from reports.listing import Listing
from reports.months import default_month, reported_months
from reports.subjects import (
    DepartmentDocumentSubject,
    DepartmentSubject,
    HistorySubject,
    OverdueSubject,
    ResultSubject,
    Subject,
    TargetSubject,
    UpdateSubject,
)
from reports.templatetags.ledger import current_report
from tracker.history import changes
from tracker.models import AnnualResult, Department, PlanYear, ProgressUpdate, Target, WorkReport
from tracker.periods import parse_instant, parse_month


class Command(BaseCommand):
    help = (
        "导出一个年度的实绩（results）、目标（targets）、进展填报（updates）或牵头单位完成情况（departments），"
        "或催报清单（overdue）、变更历史（history），默认写到标准输出。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.add_argument("kind", choices=list(SUBJECTS), help="导出什么")
        parser.add_argument("--year", type=int, metavar="YYYY", help="年度；overdue、history 之外都要写")
        parser.add_argument(
            "--as-of",
            metavar="YYYY-MM",
            help="截至月份：targets、departments 按它评价，updates 只取到它为止，results 与它无关；"
            "省略时前两者取最近有数的月份",
        )
        parser.add_argument(
            "--known-at",
            metavar="DATE",
            help="账面时点，如 2018-07-18 或 2018-07-18T09:20：只用当时已知的填报；省略则为现在",
        )
        parser.add_argument(
            "--view",
            metavar="QUERY",
            help="只导出一个视图：页面网址里问号后的部分，如 'light=red&sort=-gap&columns=name,gap'；"
            "其中的 as_of、known_at 同 --as-of、--known-at，也写了选项的以选项为准",
        )
        parser.add_argument("--unit", metavar="CODE", help="targets 只取这个单位牵头的；DOCX 为该单位的通报")
        parser.add_argument("--format", choices=sorted(FORMATS), default="json", help="默认 json")
        parser.add_argument("--no-bom", action="store_true", help="CSV 不写字节顺序标记（BOM）")
        parser.add_argument("--notes", action="store_true", help="CSV、JSON 也写入标题、截至、筛选和单位说明")
        parser.add_argument("--output", type=Path, metavar="FILE", help="写入文件；写完整才改名，不留半截文件")

    def handle(self, *args: Any, **options: Any) -> None:
        _check_encoding(options)
        output: Path | None = options["output"]
        format = FORMATS[options["format"]]
        if format.row_format is RowFormat.VALUES and output is None and self.stdout.isatty():
            raise CommandError(
                _("%(format)s 不能显示在终端上，请用 --output 写入文件，或用管道转出。") % {"format": format.label}
            )
        view = None if options["view"] is None else QueryDict(options["view"].rpartition("?")[2])
        if options["kind"] in YEARLESS:
            if any(options[name] for name in ("year", "as_of", "known_at")):
                text = _("%(kind)s 不分年度和时点，请去掉 --year、--as-of 和 --known-at。")
                raise CommandError(text % {"kind": options["kind"]})
        elif options["year"] is None:
            raise CommandError(_("请用 --year 写明年度，如 --year 2018。"))
        if options["known_at"] and options["kind"] == "results":
            raise CommandError(_("--known-at 只用于 targets、updates 和 departments，请去掉它。"))
        if view and options["kind"] not in TIMELESS:
            options |= {name: options[name] or view.get(name) for name in ("as_of", "known_at")}
        as_of = _month(options["as_of"], options["year"]) if options["as_of"] else None
        if options["unit"] and options["kind"] != "targets":
            raise CommandError(_("--unit 只用于 targets，请去掉它。"))
        known_at = _instant(options["known_at"]) if options["known_at"] else None
        make = SUBJECTS[options["kind"]]
        subject = make(options["year"], as_of=as_of, known_at=known_at, unit=options["unit"])
        sheet = subject.sheet(
            format,
            made_by=_("命令行"),
            listing=None if view is None else _view(subject, view),
            bom=not options["no_bom"],
            with_notes=options["notes"],
        )
        try:
            with closing(sheet.rows), closing(format.write(sheet)) as chunks:
                if output is None:
                    self._print(chunks)
                else:
                    _save(chunks, output)
        except NoRoomError as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            raise CommandError(_("数据库中断了导出，得到的内容不完整，请重新运行。")) from error

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


def _check_encoding(options: dict[str, Any]) -> None:
    """
    Raises:
        CommandError: something was typed in another encoding than the terminal's.
    """
    for name, value in options.items():
        try:
            if isinstance(value, str):
                value.encode()
        except UnicodeEncodeError:
            text = {"option": f"--{name.replace('_', '-')}"}
            raise CommandError(_("%(option)s 里有不是 UTF-8 的字符，请改用 UTF-8 输入。") % text) from None


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
        instant = parse_instant(text)
    except ValueError:
        raise CommandError(
            _("--known-at 要写成 2018-07-18 或 2018-07-18T09:20 的样子，现在是“%(text)s”。") % {"text": text}
        ) from None
    if instant > timezone.now():
        raise CommandError(_("--known-at %(text)s 还没有到，请写现在以前的时点。") % {"text": text})
    return instant


def _now(year: int) -> dt.datetime:
    """What counts as now in a plan year."""
    return PlanYear.objects.get(year=year).now()


def _planned(year: int) -> WorkReport:
    """The report that plans a year.

    Raises:
        CommandError: none does.
    """
    if report := WorkReport.objects.leading().filter(plan_year=year).first():
        return report
    known = PlanYear.objects.order_by("year").values_list("year", flat=True)
    raise CommandError(
        _("没有 %(year)s 年度的政府工作报告；已登记的年度：%(known)s。") % {"year": year, "known": _listed(known)}
    )


def _listed(years: Iterable[int]) -> str:
    return "、".join(map(str, years)) or _("无")


def _results(year: int, **options: Any) -> ResultSubject:
    reports = WorkReport.objects.leading().filter(Q(review_year=year) | Q(plan_year=year))
    report = reports.last()
    if report is None and not AnnualResult.objects.filter(year=year).exists():
        known = AnnualResult.objects.order_by("year").values_list("year", flat=True).distinct()
        raise CommandError(
            _("没有 %(year)s 年度的实绩；已登记的年度：%(known)s。") % {"year": year, "known": _listed(known)}
        )
    return ResultSubject(AnnualResult.objects.all(), report, year)


def _targets(
    year: int, as_of: dt.date | None, known_at: dt.datetime | None, unit: str | None
) -> TargetSubject | DepartmentDocumentSubject:
    report = _planned(year)
    departments = Department.objects.all()
    spoken = (Target.objects.all(), departments, report, _month_of(year, as_of), known_at or _now(year))
    if unit is None:
        return TargetSubject(*spoken)
    if (department := departments.filter(code=unit).first()) is None:
        raise CommandError(_("没有代码为“%(code)s”的单位，请核对 --unit。") % {"code": unit})
    return DepartmentDocumentSubject(*spoken, department=department)


def _updates(year: int, as_of: dt.date | None, known_at: dt.datetime | None, **options: Any) -> UpdateSubject:
    return UpdateSubject(
        ProgressUpdate.objects.all(),
        Department.objects.all(),
        _planned(year),
        as_of,
        known_at or _now(year),
        looks_back=known_at is not None,
    )


def _departments(year: int, as_of: dt.date | None, known_at: dt.datetime | None, **options: Any) -> DepartmentSubject:
    report = _planned(year)
    return DepartmentSubject(Target.objects.all(), report, _month_of(year, as_of), known_at or _now(year))


def _overdue(year: None, **options: Any) -> OverdueSubject:
    return OverdueSubject(Target.objects.all(), Department.objects.all(), current_report())


def _history(year: None, **options: Any) -> HistorySubject:
    return HistorySubject(changes(), current_report())


def _month_of(year: int, as_of: dt.date | None) -> dt.date:
    return as_of or default_month(year, reported_months(ProgressUpdate.objects.all(), year))


def _view(subject: Subject, params: QueryDict) -> Listing:
    """The view that the parameters of a page's address ask for.

    Raises:
        CommandError: they cannot be followed.
    """
    listing = subject.listing(params)
    if "view" in params:
        raise CommandError(_("--view 里的 view= 是某人保存的视图；请打开它，再抄它转到的网址。"))
    mistakes = [
        _("没有名为“%(name)s”的条件。") % {"name": name}
        for name in params
        if name not in listing.known(params) and name not in {"as_of", "known_at", "page"} and params[name]
    ]
    if mistakes := [*mistakes, *listing.mistakes()]:
        raise CommandError(_("--view 有误：%(mistakes)s") % {"mistakes": "".join(mistakes)})
    return listing


def _save(chunks: Iterator[bytes], output: Path) -> None:
    """Write beside the target, then rename: a reader sees the old file or the whole new one.

    Raises:
        CommandError: the place cannot be written.
    """
    output = output.resolve()  # a link stays a link, to the new content
    try:
        if output.exists() and not output.is_file():
            # A device or a pipe: renaming would replace it.
            with output.open("wb") as file:
                file.writelines(chunks)
            return
        part = output.with_name(f".{output.name}.{os.getpid()}.part")
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


#: Tables of no year.
YEARLESS = {"overdue", "history"}
#: Tables of no month and no instant.
TIMELESS = {"results", *YEARLESS}
#: What can be exported, and what makes it of a year and the other options.
SUBJECTS: dict[str, Callable[..., Subject]] = {
    "results": _results,
    "targets": _targets,
    "updates": _updates,
    "departments": _departments,
    "overdue": _overdue,
    "history": _history,
}
