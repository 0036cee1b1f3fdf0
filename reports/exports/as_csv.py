"""CSV for spreadsheets: UTF-8 with a byte order mark, CRLF, and no text that a spreadsheet would run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator
from typing import Any

from django.utils import timezone

from .sheet import Field, Kind, Sheet

#: A text that starts with one of these is a formula, or becomes one once it is trimmed.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
CHUNK = 32_768


def write(sheet: Sheet) -> Generator[bytes]:
    """The sheet's table in pieces of about 32 KB, so that a long one needs no memory."""
    buffer = io.StringIO(newline="")
    buffer.write("\ufeff")
    writer = csv.writer(buffer)
    writer.writerow(defused(field.header) for field in sheet.fields)
    empty = True
    for row in sheet.rows:
        empty = False
        writer.writerow(cell(field, value) for field, value in zip(sheet.fields, row, strict=True))
        if buffer.tell() >= CHUNK:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    if empty:
        writer.writerow([sheet.empty])
    yield buffer.getvalue().encode()


def cell(field: Field, value: Any) -> str:
    """A value as text that a machine reads as well as a person: no thousands separators, an ASCII minus."""
    if value is None or value == "":
        return ""
    if field.words:
        return defused(field.words.get(value, str(value)))
    if field.kind is Kind.TEXT:
        return defused(value)
    if field.kind in {Kind.DECIMAL, Kind.PERCENT, Kind.POINTS}:
        return format(value, "f")
    if field.kind is Kind.MONTH:
        return f"{value:%Y-%m}"
    if field.kind is Kind.INSTANT:
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
    return str(value)


def defused(text: str) -> str:
    """`text`, quoted with an apostrophe where a spreadsheet would take it for a formula. Numbers never come here."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
