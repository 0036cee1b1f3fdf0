"""XLSX that opens ready to read and to print: typed cells, frozen header, filters, A4 landscape, and its rules.

The file leaves while its rows are read. XlsxWriter writes a workbook only as a whole, so it makes the frame: every part
of a workbook whose tables are still empty. Their rows are written here, at the place that the frame leaves for them.
What comes before them is known with the first rows. What comes after them is written last, and so is the list of parts
that a ZIP ends with: no reader opens a file that broke off.
"""

from __future__ import annotations

import io
import itertools
import math
import re
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter
from django.utils import timezone
from openpyxl.utils.datetime import to_excel
from xlsxwriter.utility import xl_col_to_name

from tracker.text import width

from .sheet import Field, Kind, Sheet

#: A fill and an ink for each light; the cell's word says the same without colour.
TONES: dict[str, dict[str, str]] = {
    "": {},
    "green": {"bg_color": "#DDEFE4", "font_color": "#0E5C36"},
    "yellow": {"bg_color": "#FBECCB", "font_color": "#7A4D00"},
    "red": {"bg_color": "#F9DCD8", "font_color": "#9A1B10"},
    "grey": {"bg_color": "#EBEEF1", "font_color": "#4A5560"},
}
FONT = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter"}
GRID = {"border": 1, "border_color": "#D5DBE1"}
NARROWEST, WIDEST = 7, 28
WIDEST_PAGE = 200  # on paper; a wider one would be printed too small to read
MEASURED = 500  # rows whose cells decide how wide a column is
LONGEST_TEXT = 32_767  # what one cell can hold, in the units of UTF-16
MOST_DECIMALS = 15  # the digits that a spreadsheet's number has
MOST_ROWS = 1_048_000  # of a table on one sheet; the format ends at 1,048,576
BATCH = 250  # rows written at a time
#: Of a sheet's XML: once it has so many, the table goes on with another. Excel mistrusts ZIP64, without which a part
#: may have 2 GB; there is room for a last batch of the longest texts.
MOST_BYTES = 1_500_000_000
A4 = 9
#: Excel's format of a typed cell, by the kind of its column.
NUMBER_FORMATS = {
    Kind.INTEGER: "0",
    Kind.PERCENT: "0.00",
    Kind.POINTS: "+0.00;-0.00;0.00",
    Kind.DATE: "yyyy-mm-dd",
    Kind.MONTH: "yyyy-mm",
    Kind.INSTANT: "yyyy-mm-dd hh:mm",
    Kind.MOMENT: "yyyy-mm-dd hh:mm:ss",
}
#: What formats of cells differ by: a text's or an empty cell's tone, a figure's decimals, another value's kind.
Look: TypeAlias = tuple[str, str | int | Kind]
#: All looks that the cells of rows may have.
LOOKS: dict[Look, dict[str, Any]] = {
    **{("text", tone): {**GRID, **ink, "text_wrap": True, "indent": 1} for tone, ink in TONES.items()},
    **{("blank", tone): {**GRID, **ink} for tone, ink in TONES.items()},
    **{("typed", kind): {**GRID, "num_format": number} for kind, number in NUMBER_FORMATS.items()},
    **{("figure", n): {**GRID, "num_format": f"#,##0.{'0' * n}".rstrip(".")} for n in range(MOST_DECIMALS + 1)},
}

#: Text that XML or the format's own escapes of control characters (_x000D_ and the like) would change.
SPECIAL = re.compile(r"[&<>_\x00-\x1f\ufffe\uffff]")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")
LIKE_CONTROL = re.compile(r"_x[0-9A-Fa-f]{4}_")

#: The XML of one cell, of its row's number, its value and its tone.
CellWriter: TypeAlias = Callable[[int, Any, str], str]


def write(sheet: Sheet) -> Generator[bytes]:
    """The workbook in pieces, the first of them as soon as the first rows are read."""
    measured = list(itertools.islice(sheet.rows, MEASURED))
    rows = itertools.chain(measured, sheet.rows)
    batches = iter(lambda: list(itertools.islice(rows, BATCH)), [])
    frame = _Frame(sheet, measured)
    write_rows = _row_writer(sheet.fields, frame.looks())
    outgoing = _Outgoing()
    with ZipFile(outgoing, "w", ZIP_DEFLATED) as archive:
        counts: list[int] = []  # of rows, page by page
        batch = next(batches, [])
        # A table that one page cannot hold goes on with the next; nothing is cut off.
        while batch or not counts:
            counts.append(0)
            name = _part(len(counts))
            with archive.open(name, "w") as part:
                size = part.write(_cut(frame.parts(counts)[name]).before)
                while batch:
                    size += part.write(write_rows(frame.first_row + counts[-1], batch))
                    yield outgoing.taken()
                    counts[-1] += len(batch)
                    batch = next(batches, [])
                    if counts[-1] > MOST_ROWS - BATCH or size > MOST_BYTES:
                        break
                parts = frame.parts(counts)
                part.write(_cut(parts[name]).after)
        for name in sorted(parts.keys() - archive.namelist()):
            archive.writestr(name, parts[name])
    yield outgoing.taken()


class _Outgoing(io.RawIOBase):
    """What a ZIP is written to that leaves piece by piece: nothing taken from it can be written again."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        taken = bytes(self._held)
        self._held.clear()
        return taken


# --- the frame ---


class _Page(NamedTuple):
    """The XML of a page, cut open where its table's rows belong."""

    before: bytes
    looks: Sequence[bytes]  # the numbers of `LOOKS` among the workbook's styles
    after: bytes


def _cut(xml: bytes) -> _Page:
    before, rest = xml.rsplit(b"<row ", 1)
    samples, after = rest.split(b"</row>")
    # How far the table goes is not known yet, and need not be said: wrong, it would hide rows from some readers.
    before = re.sub(rb"<dimension [^>]*>", b"", before)
    return _Page(before, re.findall(rb'<c [^>]*s="(\d+)"', samples), after)


def _part(number: int) -> str:
    """The name of a page's file within the workbook."""
    return f"xl/worksheets/sheet{number}.xml"


class _Frame:
    """The workbook as XlsxWriter makes it, with a table that has no rows.

    It is made before the rows are known and again after them, and everything is written in the same order: a style or
    a text has the same number both times.
    """

    def __init__(self, sheet: Sheet, measured: Sequence[Sequence[Any]]) -> None:
        self.sheet = sheet
        self.is_empty = not measured
        self.headers = [re.sub(r" ?(?=[（(])", "\n", field.header) for field in sheet.fields]  # the unit below the name
        self.widths = [
            _column_width(header, (field.text(row[column]) for row in measured))
            for column, (field, header) in enumerate(zip(sheet.fields, self.headers, strict=True))
        ]
        self.header_row = 1 + len(sheet.notes)
        self.first_row = self.header_row + 2  # of the table's rows; their numbers begin at 1, those of XlsxWriter at 0

    def looks(self) -> dict[Look, str]:
        """The number that each look has among the workbook's styles."""
        numbers = _cut(self.parts([0])[_part(1)]).looks
        return {look: number.decode() for look, number in zip(LOOKS, numbers, strict=True)}

    def parts(self, counts: Sequence[int]) -> dict[str, bytes]:
        """The files within the workbook by name; its table has so many rows on each page."""
        file = io.BytesIO()
        with xlsxwriter.Workbook(file, {"in_memory": True}) as workbook:
            workbook.set_properties({"title": self.sheet.title})
            styles = _Styles(workbook)
            for number, count in enumerate(counts, 1):
                self._write_page(workbook.add_worksheet(_page_name(self.sheet, number)), styles, count)
            if self.sheet.rules:
                _write_rules(workbook.add_worksheet(self.sheet.rules_name), styles, self.sheet)
        with ZipFile(file) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def _write_page(self, page: Any, styles: _Styles, count: int) -> None:
        self._write_top(page, styles)
        if self.is_empty:
            page.write_string(self.header_row + 1, 0, self.sheet.empty, styles.note)
        for column, look in enumerate(styles.looks):  # the last row, at which the page is cut
            page.write_blank(self.header_row + 2, column, None, look)
        page.autofilter(self.header_row, 0, self.header_row + count, len(self.headers) - 1)
        for column, wide in enumerate(self.widths):
            page.set_column(column, column, wide)
        page.freeze_panes(self.header_row + 1, 1)
        page.set_landscape()
        page.set_paper(A4)
        page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        # As many pages wide as keep the print legible; the first column is repeated on each.
        page.fit_to_pages(math.ceil(sum(self.widths) / WIDEST_PAGE), 0)
        page.repeat_rows(self.header_row)
        page.repeat_columns(0)
        page.set_footer(f"&C{self.sheet.page_label}")

    def _write_top(self, page: Any, styles: _Styles) -> None:
        page.set_row(0, 26)
        page.write_string(0, 0, self.sheet.title, styles.title)
        for row, text in enumerate(self.sheet.notes, 1):
            page.write_string(row, 0, text, styles.note)
        page.set_row(self.header_row, 32)
        for column, text in enumerate(self.headers):
            page.write_string(self.header_row, column, text, styles.header)


class _Styles:
    """The workbook's formats, each made once."""

    def __init__(self, workbook: Any) -> None:
        def made(**look: Any) -> Any:
            return workbook.add_format({**FONT, **look})

        self.title = made(font_size=15, bold=True)
        self.heading = made(font_size=11, bold=True)
        self.note = made(font_color="#4A5560")
        self.sentence = made(text_wrap=True, valign="top")
        self.header = made(bold=True, text_wrap=True, align="center", bg_color="#E8EEF4", border=1)
        self.looks = [made(**look) for look in LOOKS.values()]


def _write_rules(page: Any, styles: _Styles, sheet: Sheet) -> None:
    """说明: how the table's words and lights came about, in sentences."""
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


# --- the rows ---


def _row_writer(fields: Sequence[Field], styles: Mapping[Look, str]) -> Callable[[int, Sequence[Sequence[Any]]], bytes]:
    """What makes rows, numbered from a first one on, into the XML of a page."""
    at = {field.name: position for position, field in enumerate(fields)}
    columns = [
        (_cell_writer(xl_col_to_name(column), field, styles), at.get(field.tone)) for column, field in enumerate(fields)
    ]

    def write_rows(first: int, rows: Sequence[Sequence[Any]]) -> bytes:
        xml = []
        for number, values in enumerate(rows, first):
            xml.append(f'<row r="{number}">')
            for value, (write_cell, tone_at) in zip(values, columns, strict=True):
                xml.append(write_cell(number, value, "" if tone_at is None else values[tone_at]))
            xml.append("</row>")
        return "".join(xml).encode()

    return write_rows


def _cell_writer(letters: str, field: Field, styles: Mapping[Look, str]) -> CellWriter:
    """How the cells of a column are written; decided once, because a table may have millions of them."""
    texts = {tone: styles["text", tone] for tone in TONES}
    blanks = {tone: styles["blank", tone] for tone in TONES}
    blank = blanks[""]
    words = field.words

    def write_text(row: int, value: Any, tone: str) -> str:
        # Text stays text: nothing that a department typed becomes a formula, a link or a number.
        if shown := words.get(value, value):
            return f'<c r="{letters}{row}" s="{texts[tone]}" t="inlineStr"><is>{_text(shown)}</is></c>'
        return f'<c r="{letters}{row}" s="{blanks[tone]}"/>'

    figures = [styles["figure", decimals] for decimals in range(MOST_DECIMALS + 1)]

    def write_figure(row: int, value: Any, tone: str) -> str:
        """With as many decimals as it was printed with."""
        if value is None:
            return f'<c r="{letters}{row}" s="{blank}"/>'
        decimals = min(max(0, -value.as_tuple().exponent), MOST_DECIMALS)
        return f'<c r="{letters}{row}" s="{figures[decimals]}"><v>{value:.16G}</v></c>'

    if field.words or field.kind not in {Kind.DECIMAL, *NUMBER_FORMATS}:
        return write_text
    if field.kind is Kind.DECIMAL:
        return write_figure

    style = styles["typed", field.kind]
    number = _number_of(field.kind)

    def write_typed(row: int, value: Any, tone: str) -> str:
        if value is None:
            return f'<c r="{letters}{row}" s="{blank}"/>'
        return f'<c r="{letters}{row}" s="{style}"><v>{number(value):.16G}</v></c>'

    return write_typed


def _number_of(kind: Kind) -> Callable[[Any], Any]:
    """What turns a typed value into a spreadsheet's number: of days for a date, and of local time for an instant."""
    if kind.is_instant:
        zone = timezone.get_current_timezone()
        return lambda value: to_excel(value.astimezone(zone).replace(tzinfo=None))
    return (lambda value: value) if kind.is_number else to_excel


def _text(text: str) -> str:
    """The XML of a text, as much of it as a cell can hold; an ellipsis ends what is cut."""
    if len(text) > LONGEST_TEXT // 2 and len(units := text.encode("utf-16-le")) > 2 * LONGEST_TEXT:
        text = units[: 2 * (LONGEST_TEXT - 1)].decode("utf-16-le", "ignore") + "…"
    if SPECIAL.search(text):
        text = CONTROL.sub(lambda sign: f"_x{ord(sign[0]):04X}_", escape(LIKE_CONTROL.sub(r"_x005F\g<0>", text)))
    space = "" if text.strip() == text else ' xml:space="preserve"'
    return f"<t{space}>{text}</t>"


# --- names and widths ---


def _page_name(sheet: Sheet, number: int) -> str:
    """A worksheet's name: no longer than 31 characters, and without those that Excel forbids."""
    end = "" if number == 1 else sheet.continued % {"number": number}
    return re.sub(r"[\[\]:*?/\\]", " ", sheet.title)[: 31 - len(end)] + end


def _column_width(header: str, texts: Iterable[str]) -> int:
    widest = max([width(header) + 2, *(width(text) + 3 for text in texts)])
    return max(NARROWEST, min(WIDEST, widest))
