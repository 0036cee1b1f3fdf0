"""Tables within a report: what a row's cells mean is told by the head of their columns, or they are not read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .rules import RULES
from .types import Kind, Proposal, Sentence
from .units import Quantity

_NAME = re.compile(r"(?:主要)?(?:经济)?(?:指标|项目|目标任务|工作任务|任务|内容)(?:名称|内容)?")
_UNIT = re.compile(r"(?:计量)?单位")
_RESULT = re.compile(r"完成|实绩|实际|实现|预计|上年|去年")
_TARGET = re.compile(r"目标|计划|预期|预算|安排|任务数")
_GROWTH = re.compile(r"增长|增速|增幅|±|同比")
_YEAR = re.compile(r"((?:19|20)\d\d)年?")
_BRACKET = re.compile(r"[（(]([^（()）]{1,8})[)）]$")
_RATE_NAME = re.compile(r"(?:增速|增长率?|增幅|涨幅)$")
_CHANGE_NAME = re.compile(r"(?:降幅|下降率|下降)$")

_COMPARATORS = (
    (re.compile(r"以内|以下|不超过|不高于|控制|≤|<=|低于"), "<="),
    (re.compile(r"左右|约"), "~"),
    (re.compile(r"超过|突破|大于|高于|[>＞](?!=)"), ">"),
    (re.compile(r"以上|不低于|不少于|≥|>="), ">="),
)

Facet = Literal["value", "growth"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a row: where it stands, and its text."""

    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Column:
    """What the head of a column says of the figures below it."""

    kind: Kind
    facet: Facet
    unit: str | None


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a table: which column names what is measured, which gives its unit, which hold figures."""

    name: int
    unit: int | None
    figures: dict[int, Column]


@dataclass(frozen=True, slots=True)
class Read:
    """A proposal read from a row, with the quantities that are its figures."""

    proposal: Proposal
    quantities: tuple[Quantity, ...]


def read_tables(
    text: str, sentences: list[Sentence], quantities: list[Quantity], plan_year: int | None
) -> Iterator[Read]:
    """Yield what the rows of the text's tables state and promise; lines without tabs are no rows."""
    head: Head | None = None
    for number, cells in enumerate(_lines(text), 1):
        if len(cells) < 2:
            head = None
        elif (found := _head([cell.text for cell in cells], plan_year)) is not None:
            head = found
        elif head is not None and (sentence := _sentence(sentences, cells[0].start)) is not None:
            yield from _row(text, cells, head, sentence, quantities, number)


def _lines(text: str) -> Iterator[list[Cell]]:
    position = 0
    for line in text.split("\n"):
        cells = []
        for cell in line.split("\t"):
            cells.append(Cell(position, cell))
            position += len(cell) + 1
        yield cells


def _sentence(sentences: list[Sentence], offset: int) -> Sentence | None:
    """Return the sentence that the row is, unless its part of the text is a note, an annex, or of later years."""
    sentence = next((s for s in sentences if s.start <= offset + 1 and offset < s.end), None)
    return sentence if sentence is not None and sentence.side in ("front", "review", "plan") else None


def _head(cells: list[str], plan_year: int | None) -> Head | None:
    """Return the head that the cells are, if one names what is measured and another says of which year figures are."""
    name = next((i for i, cell in enumerate(cells) if _NAME.fullmatch(_BRACKET.sub("", cell))), None)
    if name is None:
        return None
    figures: dict[int, Column] = {}
    kind: Kind | None = None
    for i, cell in enumerate(cells):
        if i != name and (column := _column(cell, plan_year, kind)):
            figures[i], kind = column, column.kind
    unit = next((i for i, cell in enumerate(cells) if _UNIT.fullmatch(cell)), None)
    return Head(name, unit, figures) if figures else None


def _column(cell: str, plan_year: int | None, before: Kind | None) -> Column | None:
    """
    Return what a column's head says: result or target, a level or a growth; None where it says neither.

    A growth that names no year is that of the column ``before`` it.
    """
    facet: Facet = "growth" if _GROWTH.search(cell) else "value"
    bracket = _BRACKET.search(cell)
    unit = bracket[1] if bracket and not _YEAR.search(bracket[1]) else None
    kind = _kind(cell, plan_year) or (before if facet == "growth" else None)
    return Column(kind, facet, unit) if kind is not None else None


def _kind(cell: str, plan_year: int | None) -> Kind | None:
    year = _YEAR.search(cell)
    if year and plan_year:
        behind = plan_year - int(year[1])
        return {0: "target", 1: "result"}.get(behind, "baseline" if behind > 1 else None)  # type: ignore[return-value]
    if _TARGET.search(cell):
        return "target"
    return "result" if _RESULT.search(cell) else None


def _row(
    text: str, cells: list[Cell], head: Head, sentence: Sentence, quantities: list[Quantity], number: int
) -> Iterator[Read]:
    """Yield a proposal for each kind of figure in the row: its level and its growth are one."""
    if head.name >= len(cells) or not cells[head.name].text.strip():
        return
    label, bracket = cells[head.name].text, _BRACKET.search(cells[head.name].text)
    stated = cells[head.unit].text.strip() if head.unit is not None and head.unit < len(cells) else ""
    unit = stated if stated and not re.search(r"\d", stated) else bracket[1] if bracket else None
    made: dict[Kind, tuple[Proposal, list[Quantity]]] = {}
    for i, column in head.figures.items():
        inside = [q for q in quantities if i < len(cells) and cells[i].start <= q.start < cells[i].end]
        if len(inside) != 1 or inside[0].chinese:
            continue
        proposal, used = made.setdefault(
            column.kind,
            (
                Proposal(
                    column.kind,
                    _BRACKET.sub("", label) if bracket else label,
                    section=sentence.section,
                    paragraph=number,
                    offset=cells[0].start,
                    end=cells[-1].end,
                    quote=text[cells[0].start : cells[-1].end],
                    confidence=RULES["table-row"].confidence,
                    rule="table-row",
                ),
                [],
            ),
        )
        _fill(proposal, column, cells[i].text, inside[0], unit)
        used.append(inside[0])
    yield from (Read(proposal, tuple(used)) for proposal, used in made.values())


def _fill(proposal: Proposal, column: Column, cell: str, quantity: Quantity, unit: str | None) -> None:
    """Put the cell's figure into the proposal, as a growth where its column or its name says that it is one."""
    number = quantity.value if quantity.second is None else (quantity.value, quantity.second)
    printed = quantity.unit or column.unit or unit
    change = _CHANGE_NAME.search(proposal.name)
    is_rate = bool(_RATE_NAME.search(proposal.name) or change) and printed in ("%", None)
    if column.facet == "growth" or is_rate or re.search(r"增长|下降", cell):
        falls = bool(re.search(r"下降|^\s*[-－]", cell) or (is_rate and change))
        proposal.name = _CHANGE_NAME.sub("", _RATE_NAME.sub("", proposal.name)) if is_rate else proposal.name
        proposal.growth = f"-{number}" if falls and isinstance(number, str) else number
        proposal.growth_offset = quantity.start
        proposal.growth_comparator = _comparator(cell, column.kind, falls=falls)
    else:
        proposal.value, proposal.unit, proposal.value_offset = number, printed, quantity.start
        proposal.comparator = _comparator(cell, column.kind, falls=False)


def _comparator(cell: str, kind: Kind, *, falls: bool) -> str:
    for pattern, sign in _COMPARATORS:
        if pattern.search(cell):
            return {">=": "<=", ">": "<"}.get(sign, sign) if falls else sign
    if kind != "target":
        return "="
    return "<=" if falls else ">="
