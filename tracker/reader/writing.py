"""A report as read, written as lines: JSON for programs, tables for a person at a terminal."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from .types import Numeral, Proposal, Report, Value

KINDS = {
    "result": "上年实绩",
    "target": "目标",
    "target_relative": "相对目标",
    "milestone_dated": "限期工作",
    "task": "任务",
    "baseline": "以前基数",
}
COMPARATORS = {">=": "≥", "<=": "≤", ">": "＞", "<": "＜", "~": "约"}


def proposal_lines(report: Report) -> Iterator[str]:
    """Yield each proposal as a JSON object."""
    return (_json(proposal.as_json()) for proposal in report.proposals)


def numeral_lines(report: Report) -> Iterator[str]:
    """Yield each Arabic numeral as a JSON object: its place, and its proposal's index or why it is no figure."""
    return (
        _json({"offset": n.offset, "numeral": n.numeral, "proposal": n.proposal, "why": n.why})
        for n in report.numerals
        if not n.chinese
    )


def proposal_table(report: Report) -> Iterator[str]:
    """Yield the proposals as a table, and how many of each kind there are."""
    rows = [
        (str(i), KINDS[p.kind], p.name, _figure(p), _growth(p), p.due_on or "", p.section, p.rule)
        for i, p in enumerate(report.proposals)
    ]
    yield from table(
        ("序号", "类别", "名称", "数值", "增速", "期限", "章节", "规则"), rows, (5, 8, 36, 22, 14, 10, 28, 20)
    )
    kinds = Counter[str](p.kind for p in report.proposals)
    yield ""
    yield f"共 {len(report.proposals)} 条：" + "，".join(
        f"{KINDS[kind]} {kinds[kind]}" for kind in KINDS if kinds[kind]
    )


def numeral_table(report: Report) -> Iterator[str]:
    """Yield the numerals as a table, Chinese ones included, and how many are still open."""
    rows = [(str(n.offset), n.numeral, _account(n), _surroundings(report.text, n)) for n in report.numerals]
    yield from table(("位置", "数字", "去向", "上下文"), rows, (6, 14, 24, 60))
    states = Counter(_state(n) for n in report.numerals)
    yield ""
    yield f"共 {len(rows)} 个数字：" + "，".join(f"{state} {states[state]}" for state in ("已归入", "不是指标", "待定"))


def _json(row: dict[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False)


def _state(numeral: Numeral) -> str:
    if numeral.proposal is not None:
        return "已归入"
    return "不是指标" if numeral.why else "待定"


def _account(numeral: Numeral) -> str:
    return f"第 {numeral.proposal} 条" if numeral.proposal is not None else numeral.why or "待定"


AROUND = 14


def _surroundings(text: str, numeral: Numeral) -> str:
    end = numeral.offset + len(numeral.numeral)
    before, behind = text[max(0, numeral.offset - AROUND) : numeral.offset], text[end : end + AROUND]
    return " ".join(f"{before}【{text[numeral.offset : end]}】{behind}".split())


def _figure(proposal: Proposal) -> str:
    return _printed(proposal.comparator, proposal.value, proposal.unit or "") or (proposal.relative_to or "")


def _growth(proposal: Proposal) -> str:
    return _printed(proposal.growth_comparator, proposal.growth, "%")


def _printed(comparator: str | None, value: Value | None, unit: str) -> str:
    if value is None:
        return ""
    number = "—".join(value) if isinstance(value, tuple) else value
    return f"{COMPARATORS.get(comparator or '', '')}{number}{unit}"


# ----------------------------------------------------------------------------------------------- columns


def table(head: Sequence[str], rows: Iterable[Sequence[str]], widest: Sequence[int]) -> Iterator[str]:
    """Yield a table's lines; a cell wider than its column (in half-width columns) goes on below."""
    cells = [tuple(head), *(tuple(row) for row in rows)]
    widths = [min(limit, max(columns(row[i]) for row in cells)) for i, limit in enumerate(widest)]
    for number, row in enumerate(cells):
        folded = [list(fold(cell, width)) for cell, width in zip(row, widths, strict=True)]
        for line in zip_longest(*folded, fillvalue=""):
            yield "  ".join(pad(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip()
        if number == 0:
            yield "  ".join("-" * width for width in widths)


def columns(text: str) -> int:
    """Return how many columns of a terminal the text takes: two for a Chinese character."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Cc"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def fold(text: str, width: int) -> Iterator[str]:
    """Yield the text in pieces of at most ``width`` columns, at least one piece."""
    piece, used = "", 0
    for character in " ".join(text.split()):
        if used + _columns(character) > width and piece:
            yield piece
            piece, used = "", 0
        piece += character
        used += _columns(character)
    yield piece


def pad(text: str, width: int) -> str:
    return text + " " * (width - columns(text))
