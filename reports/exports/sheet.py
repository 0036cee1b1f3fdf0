"""What every writer is given: a title, columns and rows. Nothing in this package knows a model."""

from __future__ import annotations

import enum
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class Kind(enum.Enum):
    """What a column holds, and so how it is written."""

    TEXT = enum.auto()
    INTEGER = enum.auto()
    DECIMAL = enum.auto()  # a figure, with the digits it was printed with
    PERCENT = enum.auto()  # two decimals; the header says %
    POINTS = enum.auto()  # percentage points, signed
    DATE = enum.auto()
    MONTH = enum.auto()  # a month, named by its last day
    INSTANT = enum.auto()  # to the minute, where people read it
    MOMENT = enum.auto()  # to the second
    FLAG = enum.auto()

    @property
    def is_number(self) -> bool:
        return self in {Kind.INTEGER, Kind.DECIMAL, Kind.PERCENT, Kind.POINTS}

    @property
    def is_instant(self) -> bool:
        return self in {Kind.INSTANT, Kind.MOMENT}


class RowFormat(enum.Enum):
    """What a writer takes as a sheet's rows."""

    VALUES = enum.auto()  # a sequence of values for each row
    CSV = enum.auto()  # blocks of whole CSV records, as bytes
    JSON = enum.auto()  # blocks of whole lines, as bytes, each a JSON object


@dataclass(frozen=True)
class Field:
    """One column of a file. Its wording is settled: a file may be written after the request's language is gone."""

    name: str
    header: str
    kind: Kind
    #: What people read in place of a stored code.
    words: Mapping[Any, str] = field(default_factory=dict)
    #: The field of the same row whose value (green, yellow, red or grey) colours this one.
    tone: str = ""
    #: How the screen prints a value that has no word.
    show: Callable[[Any], str] = str

    def text(self, value: Any) -> str:
        """The value as the screen shows it; empty where nothing is set."""
        value = self.words.get(value, value)
        if value is None or value == "":
            return ""
        return str(value) if self.words else self.show(value)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph or a heading of a document."""

    text: str
    is_heading: bool = False


@dataclass(frozen=True)
class Sheet:
    title: str
    #: Lines that belong to the table: as of, known at, filters, units, who and when.
    notes: Sequence[str]
    fields: Sequence[Field]
    #: What the format reads (`RowFormat`).
    rows: Generator[Any]
    #: The sentence that a file without rows carries.
    empty: str
    #: The last line of a streamed file whose making failed in the middle.
    broken: str
    #: "Page … of …", with Excel's own codes &P and &N.
    page_label: str = "&P / &N"
    #: XLSX: what the page of rules is called, and how the name ends of a page that the table goes on with.
    rules_name: str = "说明"
    continued: str = "（续%(number)s）"
    #: Cell by cell, the fields that share it on paper; without it each has its own.
    layout: Mapping[str, Sequence[str]] = field(default_factory=dict)
    #: What the words and lights of the table mean: a heading and its sentences.
    rules: Sequence[tuple[str, Sequence[str]]] = ()
    #: What a document says before its table.
    opening: Sequence[Paragraph] = ()
    #: CSV: whether the byte order mark is written, without which Excel garbles Chinese.
    bom: bool = True
    #: CSV and JSON: whether title and notes are written too, though the file is then more than a table.
    with_notes: bool = False


class NoRoomError(Exception):
    """A format cannot hold so many rows or columns; the text is for the person."""
