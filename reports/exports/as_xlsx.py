"""XLSX that opens ready to read and to print: typed cells, frozen header, filters, A4 landscape, and its rules."""

from __future__ import annotations

import itertools
import math
import re
import tempfile
import unicodedata
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import IO, Any, TypeAlias

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from .sheet import Field, Kind, Sheet

#: A fill and an ink for each light; the cell's word says the same without colour.
TONES = {
    "green": {"bg_color": "#DDEFE4", "font_color": "#0E5C36"},
    "yellow": {"bg_color": "#FBECCB", "font_color": "#7A4D00"},
    "red": {"bg_color": "#F9DCD8", "font_color": "#9A1B10"},
    "grey": {"bg_color": "#EBEEF1", "font_color": "#4A5560"},
}
FONT = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter"}
NARROWEST, WIDEST = 7, 28
WIDEST_PAGE = 300
MEASURED = 500  # rows whose cells decide how wide a column is
LONGEST_TEXT = 32_767  # what one cell can hold
MOST_ROWS = 1_048_000  # of a table on one sheet; the format ends at 1,048,576
A4 = 9
#: Excel's format of a typed cell, by the kind of its column.
NUMBER_FORMATS = {
    Kind.INTEGER: "0",
    Kind.PERCENT: "0.00",
    Kind.POINTS: "+0.00;-0.00;0.00",
    Kind.DATE: "yyyy-mm-dd",
    Kind.MONTH: "yyyy-mm",
    Kind.INSTANT: "yyyy-mm-dd hh:mm",
}

#: Writes one value into a row's cell of one column, coloured by a tone.
CellWriter: TypeAlias = Callable[[int, Any, str], object]


def write(sheet: Sheet) -> Generator[bytes]:
    """The finished workbook in pieces; it is complete on disk before the first one leaves."""
    with tempfile.TemporaryFile() as file:
        build(sheet, file)
        file.seek(0)
        while piece := file.read(65_536):
            yield piece


def build(sheet: Sheet, file: IO[bytes]) -> None:
    # Text stays text: nothing that a unit typed becomes a formula, a link or a number.
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as workbook:
        workbook.set_properties({"title": sheet.title})
        styles = _Styles(workbook)
        rows: Iterator[Sequence[Any]] = sheet.rows
        for number in itertools.count(1):
            page = _Page(workbook, styles, sheet, number)
            page.write(itertools.islice(rows, MOST_ROWS))
            # A table that one sheet cannot hold goes on with the next; nothing is cut off.
            if (following := next(rows, None)) is None:
                break
            rows = itertools.chain([following], rows)
        if sheet.rules:
            _write_rules(workbook, styles, sheet)


class _Styles:
    """The workbook's formats, each made once."""

    def __init__(self, workbook: Any) -> None:
        self.workbook = workbook
        self.cells: dict[tuple[str, str, bool], Any] = {}
        self.title = self._made(font_size=15, bold=True)
        self.heading = self._made(font_size=11, bold=True)
        self.note = self._made(font_color="#4A5560")
        self.sentence = self._made(text_wrap=True, valign="top")
        self.header = self._made(bold=True, text_wrap=True, align="center", bg_color="#E8EEF4", border=1)

    def cell(self, number_format: str, tone: str = "", *, wrap: bool = False) -> Any:
        key = (number_format, tone, wrap)
        if key not in self.cells:
            look = {"border": 1, "border_color": "#D5DBE1", **TONES.get(tone, {})}
            if number_format:
                look["num_format"] = number_format
            if wrap:
                look |= {"text_wrap": True, "indent": 1}
            self.cells[key] = self._made(**look)
        return self.cells[key]

    def _made(self, **look: Any) -> Any:
        return self.workbook.add_format({**FONT, **look})


class _Page:
    """One worksheet of the table, with title, notes and header of its own."""

    def __init__(self, workbook: Any, styles: _Styles, sheet: Sheet, number: int) -> None:
        self.sheet = sheet
        self.styles = styles
        self.page = workbook.add_worksheet(_page_name(sheet.title, number))
        self.headers = [re.sub(r" ?(?=[（(])", "\n", field.header) for field in sheet.fields]  # the unit below the name
        self.widths = [width(header) + 2 for header in self.headers]
        self.header_row = 1 + len(sheet.notes)
        self.figures: dict[int, Any] = {}  # by the exponent of their last digit

    def write(self, rows: Iterator[Sequence[Any]]) -> None:
        page = self.page
        self._write_top()
        measured = list(itertools.islice(rows, MEASURED))
        self._measure(measured)
        last = self._write_rows(itertools.chain(measured, rows))
        if last == self.header_row:
            page.write_string(last + 1, 0, self.sheet.empty, self.styles.note)
        page.autofilter(self.header_row, 0, last, len(self.headers) - 1)
        widths = [max(NARROWEST, min(WIDEST, wide)) for wide in self.widths]
        for column, wide in enumerate(widths):
            page.set_column(column, column, wide)
        page.freeze_panes(self.header_row + 1, 1)
        page.set_landscape()
        page.set_paper(A4)
        page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        # As many pages wide as keep the print legible; the first column is repeated on each.
        page.fit_to_pages(math.ceil(sum(widths) / WIDEST_PAGE), 0)
        page.repeat_rows(self.header_row)
        page.repeat_columns(0)
        page.set_footer(f"&C{self.sheet.page_label}")

    def _write_top(self) -> None:
        self.page.set_row(0, 26)
        self.page.write_string(0, 0, self.sheet.title, self.styles.title)
        for row, text in enumerate(self.sheet.notes, 1):
            self.page.write_string(row, 0, text, self.styles.note)
        self.page.set_row(self.header_row, 32)
        for column, text in enumerate(self.headers):
            self.page.write_string(self.header_row, column, text, self.styles.header)

    def _measure(self, rows: Sequence[Sequence[Any]]) -> None:
        for column, field in enumerate(self.sheet.fields):
            self.widths[column] = max(self.widths[column], *(width(field.text(row[column])) + 3 for row in rows), 0)

    def _write_rows(self, rows: Iterator[Sequence[Any]]) -> int:
        """Returns the last row written."""
        fields = self.sheet.fields
        at = {field.name: position for position, field in enumerate(fields)}
        writers = [(self._writer(column, field), at.get(field.tone)) for column, field in enumerate(fields)]
        row = self.header_row
        for row, values in enumerate(rows, self.header_row + 1):
            for value, (write, tone_at) in zip(values, writers, strict=True):
                write(row, value, "" if tone_at is None else values[tone_at])
        return row

    def _writer(self, column: int, field: Field) -> CellWriter:
        """How the cells of a column are written; decided once, because a table may have millions of them."""
        write_number, write_string, write_blank = self.page.write_number, self.page.write_string, self.page.write_blank
        blank = self.styles.cell("")
        blanks = {tone: self.styles.cell("", tone) for tone in TONES} | {"": blank}
        texts = {tone: self.styles.cell("", tone, wrap=True) for tone in ("", *TONES)}

        words, figures = field.words, self.figures

        def write_text(row: int, value: Any, tone: str) -> None:
            if shown := words.get(value, value):
                write_string(row, column, shown[:LONGEST_TEXT], texts[tone])
            else:
                write_blank(row, column, None, blanks[tone])

        def write_figure(row: int, value: Any, tone: str) -> None:
            if value is None:
                write_blank(row, column, None, blank)
            else:
                exponent = value.as_tuple().exponent
                write_number(row, column, value, figures.get(exponent) or self._figure(exponent))

        if field.words or field.kind not in {Kind.DECIMAL, *NUMBER_FORMATS}:
            return write_text
        if field.kind is Kind.DECIMAL:
            return write_figure

        style = self.styles.cell(NUMBER_FORMATS[field.kind])
        write_value = write_number if field.kind.is_number else self.page.write_datetime
        zone = timezone.get_current_timezone() if field.kind is Kind.INSTANT else None

        def write_typed(row: int, value: Any, tone: str) -> None:
            if value is None:
                write_blank(row, column, None, blank)
            else:
                write_value(row, column, value.astimezone(zone).replace(tzinfo=None) if zone else value, style)

        return write_typed

    def _figure(self, exponent: int) -> Any:
        """The format of a figure, with as many decimals as it was printed with."""
        style = self.styles.cell("#,##0" + ("." + "0" * -exponent if exponent < 0 else ""))
        self.figures[exponent] = style
        return style


def _write_rules(workbook: Any, styles: _Styles, sheet: Sheet) -> None:
    """说明: how the table's words and lights came about, in sentences."""
    page = workbook.add_worksheet(_("说明"))
    page.set_column(0, 0, 110)
    page.write_string(0, 0, sheet.title, styles.title)
    row = 1
    for heading, sentences in [("", sheet.notes), *sheet.rules]:
        row += 1
        if heading:
            page.write_string(row, 0, heading, styles.heading)
            row += 1
        for sentence in sentences:
            page.set_row(row, 16 * math.ceil(width(sentence) / 108))
            page.write_string(row, 0, sentence, styles.sentence)
            row += 1
    page.set_portrait()
    page.set_paper(A4)
    page.fit_to_pages(1, 0)


def _page_name(title: str, number: int) -> str:
    """A worksheet's name: no longer than 31 characters, and without those that Excel forbids."""
    end = "" if number == 1 else _("（续%(number)s）") % {"number": number}
    return re.sub(r"[\[\]:*?/\\]", " ", title)[: 31 - len(end)] + end


def width(text: str) -> int:
    """How many columns of a terminal, and so of Excel's measure, a text takes: a Chinese character takes two."""
    return max(
        (sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line) for line in text.split("\n")),
        default=0,
    )
