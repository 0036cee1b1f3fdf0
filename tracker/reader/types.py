"""What reading a report gives: headings, sentences, proposals and the account of its numerals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from .tables import table

#: What a part of a report speaks of: nothing yet (title, greeting), the past, the year planned, years after it; at the
#: end, terms explained or annexes.
Side = Literal["front", "review", "plan", "later", "notes", "annex"]

Kind = Literal["result", "target", "target_relative", "milestone_dated", "task", "baseline"]

#: A number as printed without separators, or both ends of a range.
Value = str | tuple[str, str]

#: The keys of a proposal written as JSON, in this order.
PROPOSAL_KEYS = table(
    """
    kind name value unit comparator growth growth_comparator qualifier relative_to due_on whole_or_range section
    paragraph offset value_offset growth_offset quote confidence rule
    """
)


@dataclass(slots=True)
class Heading:
    """
    One heading of the report.

    ``level`` counts from 1, ``parent`` is an index in ``Report.headings``, offsets are those of the heading's own text.
    """

    level: int
    number: str
    title: str
    start: int
    end: int
    parent: int | None
    side: Side
    path: str


@dataclass(slots=True)
class Sentence:
    """One sentence with the part it stands in. ``paragraph`` counts the lines of the text from 1."""

    start: int
    end: int
    paragraph: int
    section: str
    side: Side


@dataclass(slots=True)
class Proposal:
    """What a place in the text may become in the ledger: a figure and its growth, a relative target, a work, a task."""

    kind: Kind
    name: str
    value: Value | None = None
    unit: str | None = None
    comparator: str | None = None
    growth: Value | None = None
    growth_comparator: str | None = None
    qualifier: str | None = None
    relative_to: str | None = None
    due_on: str | None = None
    section: str = ""
    paragraph: int = 0
    offset: int = 0
    value_offset: int | None = None
    growth_offset: int | None = None
    quote: str = ""
    confidence: str = ""
    rule: str = ""
    #: Where the quotation ends, in the text that ``offset`` counts in.
    end: int = field(default=0, repr=False)

    @property
    def whole_or_range(self) -> str | None:
        """Return "range" where a figure is an interval, "whole" where it is one number, None without a figure."""
        figures = [figure for figure in (self.value, self.growth) if figure is not None]
        return None if not figures else "range" if any(isinstance(figure, tuple) for figure in figures) else "whole"

    def as_json(self) -> dict[str, Any]:
        """Return the proposal as JSON: decimals as text, a range as a list, None where absent."""
        row = {key: getattr(self, key) for key in PROPOSAL_KEYS}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in row.items()}


@dataclass(slots=True)
class Numeral:
    """One numeral of the text: part of a proposal (its index), or no figure for a reason, or open (both None)."""

    offset: int
    numeral: str
    proposal: int | None = None
    why: str | None = None
    chinese: bool = False


@dataclass(slots=True)
class Report:
    """A report as read. All offsets count characters of ``text``, the text as given."""

    text: str
    plan_year: int | None
    headings: list[Heading]
    sentences: list[Sentence]
    proposals: list[Proposal]
    numerals: list[Numeral]
