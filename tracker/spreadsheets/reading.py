"""An uploaded XLSX or CSV as tables of text: each cell as a person reads it. Nothing in a file is ever run."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import PurePath
from typing import Any

import openpyxl
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl.cell.read_only import EMPTY_CELL

LARGEST = 5 * 1024 * 1024
MOST_ROWS = 20_000
#: Columns further right are not read.
MOST_COLUMNS = 50
#: A workbook is a zip archive, and a small one can unpack to gigabytes; these bounds are checked before it is unpacked.
LARGEST_UNPACKED = 25 * 1024 * 1024
#: What people type packs to a tenth or twentieth.
HIGHEST_RATIO = 100
MOST_MEMBERS = 1000
#: No worksheet has more rows; a damaged one may claim any number.
LAST_ROW = 1_048_576
#: What one cell of a workbook can hold, in the units of UTF-16; a longer text was cut when it was written there.
LONGEST_TEXT = 32_767

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of old .xls workbooks, and of encrypted new ones
_ZIP = b"PK\x03\x04"
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
#: A text that an export marked with an apostrophe, because a spreadsheet would have taken it for a formula.
_DEFUSED = re.compile(r"\A'(?=[=+\-@\t\r])")
#: In a number format, what is printed as it stands.
_QUOTED = re.compile(r'"[^"]*"|\\.')


class Unusable(str):
    """What stands in place of a cell that cannot be read: the sentence that says why."""


@dataclass(frozen=True)
class Table:
    """One sheet: its rows that are not empty, each with the number that stands beside it and its cells from A."""

    name: str
    rows: list[tuple[int, list[str]]]


def read_tables(name: str, data: bytes) -> list[Table]:
    """The visible sheets of an uploaded file; a CSV is one.

    Numbers come as plain digits, a cell with a percent format as “9.5%”, dates as 2018-06-30, empty cells as "".

    Args:
        name: the file's name, whose extension says what it claims to be.

    Raises:
        ValidationError: it is too large, damaged, or of a kind that is not read; a sentence that says what to do.
    """
    if len(data) > LARGEST:
        raise ValidationError(_("文件不能超过 %(size)s MB，请分成几份上传。") % {"size": LARGEST // 1024**2})
    if not data:
        raise ValidationError(_("文件是空的，请重新选择。"))
    extension = PurePath(name).suffix.lower()
    if extension in {".xlsm", ".xltm", ".xlsb", ".xlam"}:
        raise ValidationError(_("含宏的工作簿不予读取，请另存为“Excel 工作簿（.xlsx）”后再上传。"))
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise ValidationError(_("文件加了密码，请取消密码后再上传。"))
        raise ValidationError(_("这是旧版 Excel 文件，请另存为“Excel 工作簿（.xlsx）”后再上传。"))
    if extension == ".xlsx" or (data.startswith(_ZIP) and extension != ".csv"):
        return _workbook(data)
    if extension not in {".csv", ".txt"}:
        raise ValidationError(_("只能上传 XLSX 或 CSV 文件，请另存为其中一种后再上传。"))
    return [Table(PurePath(name).name, list(_rows(enumerate(_csv(data), 1))))]


def _rows(rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Those that say something.

    Raises:
        ValidationError: they are more, or stand further down, than is read.
    """
    for number, cells in rows:
        if any(cell.strip() for cell in cells):
            if number > MOST_ROWS:
                raise ValidationError(_("一张表最多 %(rows)s 行，请分成几份上传。") % {"rows": MOST_ROWS})
            yield number, cells


# --- CSV ---


def _csv(data: bytes) -> Iterator[list[str]]:
    text = _decoded(data)
    if "\0" in text:
        raise ValidationError(_("文件不是文本，请从表格软件另存为 CSV 后再上传。"))
    top = "".join(text.splitlines(keepends=True)[:20])
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(",\t;", key=top.count), strict=True)
    try:
        for cells in lines:
            yield [_typed(cell) for cell in cells[:MOST_COLUMNS]]
    except csv.Error as error:
        raise ValidationError(
            _("CSV 第 %(line)s 行的引号或换行不完整，请用表格软件打开后另存再上传。") % {"line": lines.line_num}
        ) from error


def _decoded(data: bytes) -> str:
    marked = [encoding for mark, encoding in _BYTE_ORDER_MARKS.items() if data.startswith(mark)]
    # Chinese text in GBK is hardly ever valid UTF-8, so UTF-8 is asked first. GB 18030 includes GBK.
    for encoding in marked or ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValidationError(_("认不出文件的编码，请另存为 UTF-8 或 GBK 编码的 CSV 后再上传。"))


def _typed(text: str) -> str:
    if text.startswith("="):
        return Unusable(_("这一格是公式，请粘贴为数值。"))
    return _DEFUSED.sub("", text)


# --- XLSX ---


def _workbook(data: bytes) -> list[Table]:
    _check_archive(data)
    try:
        with warnings.catch_warnings():
            # openpyxl remarks on what it would lose if the workbook were saved again.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
            return [
                Table(sheet.title, list(_rows(_cells(sheet))))
                for sheet in book.worksheets
                if sheet.sheet_state == "visible"
            ]
    except ValidationError:
        raise
    except Exception as error:  # whatever a damaged part makes openpyxl stumble over
        raise ValidationError(_("读不出这个工作簿，它可能已损坏；请用表格软件打开后另存为 XLSX 再上传。")) from error


def _check_archive(data: bytes) -> None:
    """Refuse, before anything is unpacked, what is no plain workbook or would unpack to too much."""
    try:
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except Exception as error:  # BadZipFile, and what else a damaged directory leads to
        raise ValidationError(_("文件不完整或不是 XLSX，请重新保存后再上传。")) from error
    names = {member.filename for member in members}
    if "xl/vbaProject.bin" in names:
        raise ValidationError(_("含宏的工作簿不予读取，请另存为“Excel 工作簿（.xlsx）”后再上传。"))
    if any(member.flag_bits & 1 for member in members):
        raise ValidationError(_("文件加了密码，请取消密码后再上传。"))
    if "xl/workbook.xml" not in names:
        raise ValidationError(_("文件不是 Excel 工作簿，请另存为“Excel 工作簿（.xlsx）”后再上传。"))
    # Reading stops at the size that a member declares, so that a false one gives a damaged file and not a large one.
    largest = min(LARGEST_UNPACKED, HIGHEST_RATIO * len(data))
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > largest:
        raise ValidationError(_("工作簿展开后过大，不予读取；请只留要上传的表，另存后再上传。"))


def _cells(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    # Some programs state a wrong size; without it the rows themselves count.
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(max_row=LAST_ROW, max_col=MOST_COLUMNS), 1):
        # There may be a million of them above a stray cell.
        if any(cell is not EMPTY_CELL for cell in row):
            yield number, [_text(cell) for cell in row]


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return Unusable(_("这一格是公式，请粘贴为数值。"))
    if cell.data_type == "e":
        return Unusable(_("这一格是错误值 %(value)s，请改为数值或清空。") % {"value": value})
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "seconds")
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
        return _number(value, _shows_percent(cell.number_format))
    if len(str(value)) > LONGEST_TEXT // 2 and len(str(value).encode("utf-16-le")) >= 2 * (LONGEST_TEXT - 1):
        return Unusable(_("这一格的文字太长，存入工作簿时可能已被截断，请在网页上填写。"))
    # How a workbook writes the carriage return of a line break.
    return _DEFUSED.sub("", str(value).replace("_x000D_", ""))


@lru_cache
def _shows_percent(number_format: str) -> bool:
    return "%" in _QUOTED.sub("", number_format)


def _number(value: float, is_percent: bool) -> str:
    """The digits that the sheet shows: Excel keeps fifteen, and a percent format shows a hundred times the value."""
    exact = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")
    return f"{exact.scaleb(2):f}%" if is_percent else f"{exact:f}"
