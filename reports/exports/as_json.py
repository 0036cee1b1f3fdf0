"""JSON for machines: a list of objects with stable keys, stored codes, decimals as strings, null where unset."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

from django.utils import timezone

from .sheet import Kind, Sheet


def write(sheet: Sheet) -> Generator[bytes]:
    """One object a line."""
    lead = "[\n"
    for row in sheet.rows:
        record = {field.name: plain(field.kind, value) for field, value in zip(sheet.fields, row, strict=True)}
        yield (lead + json.dumps(record, ensure_ascii=False)).encode()
        lead = ",\n"
    yield b"\n]\n" if lead != "[\n" else b"[]\n"


def plain(kind: Kind, value: Any) -> Any:
    if value is None or value == "":
        return None
    if kind in {Kind.DECIMAL, Kind.PERCENT, Kind.POINTS}:
        return format(value, "f")
    if kind is Kind.MONTH:
        return f"{value:%Y-%m}"
    if kind is Kind.DATE:
        return value.isoformat()
    if kind is Kind.INSTANT:
        return timezone.localtime(value).isoformat()
    return value
