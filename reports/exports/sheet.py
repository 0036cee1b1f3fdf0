"""What every writer is given: a title, columns and an iterator of rows. Nothing in this package knows a model."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
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
    INSTANT = enum.auto()
    FLAG = enum.auto()

    @property
    def is_number(self) -> bool:
        return self in {Kind.INTEGER, Kind.DECIMAL, Kind.PERCENT, Kind.POINTS}


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


@dataclass(frozen=True)
class Sheet:
    title: str
    #: Lines between the title and the table: as of, units.
    notes: Sequence[str]
    fields: Sequence[Field]
    rows: Iterable[Sequence[Any]]
    #: The sentence that a file without rows carries.
    empty: str
    #: "Page … of …", with Excel's own codes &P and &N.
    page_label: str = "&P / &N"
