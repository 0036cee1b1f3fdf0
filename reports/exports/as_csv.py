"""CSV as RFC 4180 has it, of records that the database has written (reports/copying.py).

The file is one table: a header and records, nothing before or after it. Title and notes are in the file's name, and
only on request in records of their own above the header, where the import of spreadsheets passes over them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Sequence

from tracker.text import defused

from .sheet import Sheet

BOM = "\ufeff"


def write(sheet: Sheet) -> Generator[bytes]:
    """The header at once, the records as they come; a failure leaves a last line that says so."""
    notes = [sheet.title, *sheet.notes] if sheet.with_notes else []
    padding = [""] * (len(sheet.fields) - 1)
    header = [field.header for field in sheet.fields]
    top = [*([note, *padding] for note in notes), header]
    yield _records(*(list(map(defused, record)) for record in top), start=BOM if sheet.bom else "")
    empty = True
    try:
        for block in sheet.rows:
            empty = False
            yield block
    except Exception:
        yield _records([sheet.broken])
        raise
    if empty:
        yield _records([sheet.empty])


def _records(*records: Sequence[str], start: str = "") -> bytes:
    buffer = io.StringIO(start, newline="")
    buffer.seek(0, io.SEEK_END)
    csv.writer(buffer).writerows(records)
    return buffer.getvalue().encode()
