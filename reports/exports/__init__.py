"""Files made from rows. Each writer takes a `Sheet` and yields bytes; none knows a model."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from . import as_csv, as_docx, as_json, as_xlsx
from .sheet import Field, Kind, NoRoomError, Paragraph, RowFormat, Sheet

__all__ = ["FORMATS", "Field", "Format", "Kind", "NoRoomError", "Paragraph", "RowFormat", "Sheet"]


@dataclass(frozen=True)
class Format:
    label: str
    content_type: str
    write: Callable[[Sheet], Generator[bytes]]
    row_format: RowFormat = RowFormat.VALUES
    #: Stored codes and the source language instead of what people read: stable keys want stable values.
    for_machines: bool = False
    #: Complete before its first piece leaves.
    is_whole: bool = False
    #: A page's width is all there is: it holds what a screen shows, not every column.
    on_paper: bool = False


_OFFICE = "application/vnd.openxmlformats-officedocument"

FORMATS = {
    "xlsx": Format("XLSX", f"{_OFFICE}.spreadsheetml.sheet", as_xlsx.write),
    "docx": Format("DOCX", f"{_OFFICE}.wordprocessingml.document", as_docx.write, is_whole=True, on_paper=True),
    "csv": Format("CSV", "text/csv; charset=utf-8", as_csv.write, RowFormat.CSV),
    "json": Format("JSON", "application/json", as_json.write, RowFormat.JSON, for_machines=True),
    "jsonl": Format("JSON Lines", "application/jsonl", as_json.write_lines, RowFormat.JSON, for_machines=True),
}
