"""XLSX that opens ready to read and to print: typed cells, frozen header, filters, A4 landscape."""

from __future__ import annotations

import math
import re
import tempfile
import unicodedata
from collections.abc import Generator
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.utils import timezone

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
LONGEST_TEXT = 32_767  # what one cell can hold
A4 = 9


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
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(file, options) as workbook:
        workbook.set_properties({"title": sheet.title})
        _Page(workbook, sheet).write()


class _Page:
    def __init__(self, workbook: Any, sheet: Sheet) -> None:
        self.workbook = workbook
        self.sheet = sheet
        self.page = workbook.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", sheet.title)[:31])
        self.formats: dict[tuple[str, str, bool], Any] = {}
        self.headers = [re.sub(r" ?(?=[（(])", "\n", field.header) for field in sheet.fields]  # the unit below the name
        self.widths = [width(header) + 2 for header in self.headers]

    def write(self) -> None:
        page, fields = self.page, self.sheet.fields
        tone_at = {field.name: at for at, field in enumerate(fields)}
        header_row = 1 + len(self.sheet.notes)
        self._write_top(header_row)
        row = header_row
        for row, values in enumerate(self.sheet.rows, header_row + 1):
            for column, (field, value) in enumerate(zip(fields, values, strict=True)):
                tone = values[tone_at[field.tone]] if field.tone in tone_at else ""
                self._write_cell(row, column, field, value, tone)
        if row == header_row:
            page.write_string(row + 1, 0, self.sheet.empty, self.workbook.add_format(FONT))
        page.autofilter(header_row, 0, row, len(fields) - 1)
        widths = [max(NARROWEST, min(WIDEST, wide)) for wide in self.widths]
        for column, wide in enumerate(widths):
            page.set_column(column, column, wide)
        page.freeze_panes(header_row + 1, 1)
        page.set_landscape()
        page.set_paper(A4)
        page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        # As many pages wide as keep the print legible; the first column is repeated on each.
        page.fit_to_pages(math.ceil(sum(widths) / WIDEST_PAGE), 0)
        page.repeat_rows(header_row)
        page.repeat_columns(0)
        page.set_footer(f"&C{self.sheet.page_label}")

    def _write_top(self, header_row: int) -> None:
        title = self.workbook.add_format({**FONT, "font_size": 15, "bold": True})
        note = self.workbook.add_format({**FONT, "font_color": "#4A5560"})
        header = self.workbook.add_format(
            {**FONT, "bold": True, "text_wrap": True, "align": "center", "bg_color": "#E8EEF4", "border": 1}
        )
        self.page.set_row(0, 26)
        self.page.write_string(0, 0, self.sheet.title, title)
        for row, text in enumerate(self.sheet.notes, 1):
            self.page.write_string(row, 0, text, note)
        self.page.set_row(header_row, 32)
        for column, text in enumerate(self.headers):
            self.page.write_string(header_row, column, text, header)

    def _write_cell(self, row: int, column: int, field: Field, value: Any, tone: str) -> None:
        if value is None or value == "":
            self.page.write_blank(row, column, None, self._format("", tone))
            return
        number_format = _number_format(field, value)
        style = self._format(number_format, tone, wrap=not number_format)
        if number_format and field.kind.is_number:
            self.page.write_number(row, column, value, style)
            shown = f"{value:,}"
        elif number_format:
            self.page.write_datetime(row, column, timezone.localtime(value) if _aware(field) else value, style)
            shown = number_format
        else:
            shown = field.words.get(value, str(value))[:LONGEST_TEXT]
            self.page.write_string(row, column, shown, style)
        self.widths[column] = max(self.widths[column], width(shown) + 3)

    def _format(self, number_format: str, tone: str, *, wrap: bool = False) -> Any:
        key = (number_format, tone, wrap)
        if key not in self.formats:
            style = {**FONT, "border": 1, "border_color": "#D5DBE1", **TONES.get(tone, {})}
            if number_format:
                style["num_format"] = number_format
            if wrap:
                style |= {"text_wrap": True, "indent": 1}
            self.formats[key] = self.workbook.add_format(style)
        return self.formats[key]


def _number_format(field: Field, value: Any) -> str:
    """Excel's format for a typed cell, with as many decimals as the figure has; empty for text."""
    if field.words:
        return ""
    match field.kind:
        case Kind.INTEGER:
            return "0"
        case Kind.DECIMAL:
            decimals = max(0, -int(Decimal(value).as_tuple().exponent))
            return "#,##0" + ("." + "0" * decimals if decimals else "")
        case Kind.PERCENT:
            return "0.00"
        case Kind.POINTS:
            return "+0.00;-0.00;0.00"
        case Kind.DATE:
            return "yyyy-mm-dd"
        case Kind.MONTH:
            return "yyyy-mm"
        case Kind.INSTANT:
            return "yyyy-mm-dd hh:mm"
        case _:
            return ""


def _aware(field: Field) -> bool:
    return field.kind is Kind.INSTANT


def width(text: str) -> int:
    """How many columns of a terminal, and so of Excel's measure, a text takes: a Chinese character takes two."""
    return max(
        (sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line) for line in text.split("\n")),
        default=0,
    )
