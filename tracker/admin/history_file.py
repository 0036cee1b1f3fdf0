"""变更历史 as a file to keep: CSV or XLSX, streamed, with what was asked for and how much was found written into it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import islice
from typing import IO, Any

import xlsxwriter
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

#: When, who, address, kind, record, action, reason, field, old, new.
Line = tuple[dt.datetime, str, str, str, str, str, str, str, str, str]

#: A text that starts with one of these is a formula to a spreadsheet, unless it is a figure.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
FIGURE = re.compile(r"[-+]?\d[\d,]*(\.\d+)?%?")
CHUNK = 65_536
#: What a sheet of a workbook can hold, its last row kept for the end, and a cell of it.
LAST_ROW = 1_048_575
LONGEST_TEXT = 32_767
WIDTHS = (19, 12, 15, 12, 32, 10, 24, 14, 30, 30)
FONT = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "top"}
A4 = 9


class Log:
    """What a file is made of. Its words are settled: it is written when the request's language is gone."""

    def __init__(self, title: str, notes: list[str], lines: Generator[Line]) -> None:
        self.title = title
        self.notes = notes
        self.lines = lines
        self.headers = [
            *(_("时间"), _("操作人"), _("网络地址"), _("记录类别"), _("记录")),
            *(_("操作"), _("原因"), _("内容"), _("原为"), _("改为")),
        ]
        self._end = _("记录完，共 %(count)s 行。")
        self.count = 0

    def counted(self) -> Iterator[Line]:
        for line in self.lines:
            self.count += 1
            yield line

    @property
    def end(self) -> str:
        """The last line: without it a file was cut short."""
        return self._end % {"count": self.count}


def as_csv(log: Log) -> Generator[bytes]:
    buffer = io.StringIO(newline="")
    buffer.write("\ufeff")
    writer = csv.writer(buffer)
    writer.writerow(log.headers)
    for at, *texts in log.counted():
        writer.writerow([f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}", *map(defused, texts)])
        if buffer.tell() >= CHUNK:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    for note in (log.end, *log.notes):
        writer.writerow([defused(note)])
    yield buffer.getvalue().encode()


def defused(text: str) -> str:
    """`text`, quoted with an apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) and not FIGURE.fullmatch(text) else text


def as_xlsx(log: Log) -> Generator[bytes]:
    """The finished workbook in pieces; it is complete on disk before the first one leaves."""
    with tempfile.TemporaryFile() as file:
        _write_workbook(log, file)
        file.seek(0)
        while piece := file.read(CHUNK):
            yield piece


def _write_workbook(log: Log, file: IO[bytes]) -> None:
    with xlsxwriter.Workbook(file, {"constant_memory": True, "remove_timezone": True}) as workbook:
        workbook.set_properties({"title": log.title})
        instant = workbook.add_format({**FONT, "num_format": "yyyy-mm-dd hh:mm:ss"})
        # Excel's own apostrophe: what the cell holds stays text, also when it is edited.
        text = workbook.add_format({**FONT, "quote_prefix": True, "text_wrap": True})
        lines = log.counted()
        while True:
            page, row = _new_page(workbook, log)
            for at, *texts in islice(lines, LAST_ROW - row):
                page.write_datetime(row, 0, timezone.localtime(at), instant)
                for column, value in enumerate(texts, 1):
                    page.write_string(row, column, value[:LONGEST_TEXT], text)
                row += 1
            if row < LAST_ROW:
                break
        page.write_string(row, 0, log.end)


def _new_page(workbook: Any, log: Log) -> tuple[Any, int]:
    """A worksheet with its top, set up to be read and printed; and the first row below."""
    page = workbook.add_worksheet()
    head = workbook.add_format({**FONT, "bold": True, "bg_color": "#E8EEF4", "border": 1})
    page.write_string(0, 0, log.title, workbook.add_format({**FONT, "bold": True, "font_size": 15}))
    for row, note in enumerate(log.notes, 1):
        page.write_string(row, 0, note)
    top = 1 + len(log.notes)
    for column, (header, wide) in enumerate(zip(log.headers, WIDTHS, strict=True)):
        page.write_string(top, column, header, head)
        page.set_column(column, column, wide)
    page.freeze_panes(top + 1, 1)
    page.set_landscape()
    page.set_paper(A4)
    page.fit_to_pages(1, 0)
    page.repeat_rows(top)
    page.set_footer("&C&P / &N")
    return page, top + 1


FORMATS: dict[str, tuple[str, Callable[[Log], Generator[bytes]]]] = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    "csv": ("text/csv; charset=utf-8", as_csv),
}


def download(log: Log, format: str) -> StreamingHttpResponse:
    """The file, streamed, named by its title and the time."""
    content_type, write = FORMATS[format]
    chunks = write(log)
    # Making the first piece here turns a failure into an error page instead of a file that breaks off.
    response = StreamingHttpResponse(_pieces(next(chunks), chunks, log), content_type=content_type)
    name = f"{log.title} {timezone.localtime():%Y-%m-%d %H%M}.{format}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _pieces(first: bytes, rest: Generator[bytes], log: Log) -> Generator[bytes]:
    """The pieces of a download, which close the database's cursor with them when the reader hangs up."""
    with closing(log.lines), closing(rest):
        yield first
        yield from rest
