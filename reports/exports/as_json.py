"""JSON for machines, of objects that the database has written (reports/copying.py).

Stable keys, stored codes, decimals as strings, null where unset. A file is a list of objects, or one object a line;
title and notes are added only on request.
"""

from __future__ import annotations

import json
from collections.abc import Generator

from .sheet import Sheet


def write(sheet: Sheet) -> Generator[bytes]:
    """A list, one object a line; with notes, an object whose `rows` is that list. Cut off, it is no JSON."""
    if sheet.with_notes:
        yield _head(sheet)[:-1] + b', "rows": '
    yield b"["
    lead = b"\n"
    for block in sheet.rows:
        # A line break within a value is written \n, so that each one here ends an object.
        yield lead + block[:-1].replace(b"\n", b",\n")
        lead = b",\n"
    yield b"\n]}\n" if sheet.with_notes else b"\n]\n"


def write_lines(sheet: Sheet) -> Generator[bytes]:
    """JSON Lines: one object a line; with notes, the first line holds them."""
    if sheet.with_notes:
        yield _head(sheet) + b"\n"
    try:
        yield from sheet.rows
    except Exception:
        # Not JSON: no reader can take it for one more object.
        yield sheet.broken.encode()
        raise


def _head(sheet: Sheet) -> bytes:
    return json.dumps({"title": sheet.title, "notes": list(sheet.notes)}, ensure_ascii=False).encode()
