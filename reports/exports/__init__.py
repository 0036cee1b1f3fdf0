"""Files made from rows. Each writer takes a `Sheet` and yields bytes; none knows a model."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from . import as_csv, as_json, as_xlsx
from .sheet import Field, Kind, Sheet

__all__ = ["FORMATS", "Field", "Format", "Kind", "Sheet"]


@dataclass(frozen=True)
class Format:
    content_type: str
    write: Callable[[Sheet], Generator[bytes]]
    #: Stored codes and the source language instead of what people read: stable keys want stable values.
    for_machines: bool = False


FORMATS = {
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx.write),
    "csv": Format("text/csv; charset=utf-8", as_csv.write),
    "json": Format("application/json", as_json.write, for_machines=True),
}
