"""
Hold what reading a report's text proposes against a ledger written down as fixtures.

What is measured is whether the ledger could have been made from the proposals: which of its records were proposed,
which proposals it does not have, and for each difference the reason as far as it can be told.
"""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

import yaml

from .fixtures import FixtureError, Record, read
from .reader.types import Numeral, Proposal, Report, Value
from .reader.writing import KINDS

Side = Literal["result", "target"]
Facet = Literal["value", "growth"]
Figure = tuple[Decimal, str]

ALIKE = 0.5
NO_LEDGER = "文件夹“{folder}”里没有可比对的台账数据（work_report、indicators、results、targets 的 YAML 文件）。"


@dataclass(frozen=True, slots=True)
class Entry:
    """A result or target of the ledger; a task has neither value nor growth."""

    code: str
    side: Side
    year: int
    name: str
    unit: str
    wording: str
    value: str | None
    comparator: str | None
    growth: str | None
    growth_comparator: str | None

    @property
    def is_task(self) -> bool:
        return self.value is None and self.growth is None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The fixtures' records that a report's text gave rise to, and their account of its numerals."""

    entries: list[Entry]
    factors: dict[str, tuple[str, Decimal]]
    numerals: list[dict[str, Any]]

    def figure(self, value: Value | None, unit: str | None) -> Figure | None:
        """Return a value in its dimension's base unit (1.2亿元 and 12000万元 are one); a range by its lower end."""
        number = _decimal(value)
        if number is None:
            return None
        dimension, factor = self.factors.get(unit or "", (unit or "", Decimal(1)))
        return number * factor, dimension


@dataclass(frozen=True, slots=True)
class Match:
    """A record of the ledger and the proposal (its index) that stands for it, with what differs between the two."""

    entry: Entry
    proposal: int
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Records and proposals that stand for each other, and with reasons those that stand alone."""

    report: Report
    matches: list[Match]
    missing: list[tuple[Entry, str]]
    extra: list[tuple[int, str]]
    counts: dict[str, int] = field(default_factory=dict)


# ----------------------------------------------------------------------------------------------- the ledger


def read_ledger(folder: Path) -> Ledger:
    """Return the ledger that a folder of fixtures holds.

    Raises:
        FixtureError: a file is no fixture, a record lacks its indicator, or there is none at all.
    """
    years = [r.fields for r in _records(folder, "work_report")]
    reviewed, planned = {f.get("review_year") for f in years}, {f.get("plan_year") for f in years}
    indicators = {r.fields.get("code"): r.fields for r in _records(folder, "indicators")}
    entries = [_entry(r, "result", indicators) for r in _records(folder, "results") if r.fields.get("year") in reviewed]
    entries += [_entry(r, "target", indicators) for r in _records(folder, "targets") if r.fields.get("year") in planned]
    if not entries:
        raise FixtureError(NO_LEDGER.format(folder=folder))
    factors = {
        str(r.fields.get("symbol")): (str(r.fields.get("dimension")), _decimal(r.fields.get("factor")) or Decimal(1))
        for r in _records(folder, "units")
    }
    return Ledger(entries, factors, _numerals(folder))


def _records(folder: Path, kind: str) -> Iterator[Record]:
    for path in sorted(folder.glob(f"{kind}*.yaml")):
        yield from read(path)


def _numerals(folder: Path) -> list[dict[str, Any]]:
    """Return the audit of the report's numerals, where the folder has one."""
    rows: list[dict[str, Any]] = []
    for path in sorted(folder.glob("numerals*.yaml")):
        rows += yaml.safe_load(path.read_text(encoding="utf-8")) or []
    return rows


def _entry(record: Record, side: Side, indicators: dict[Any, dict[str, Any]]) -> Entry:
    fields = record.fields
    code = next(iter(fields.get("indicator") or []), None)
    if code not in indicators:
        raise record.refuse(f"没有代码为“{code}”的指标，请先登记它或核对拼写。")
    indicator = indicators[code]
    return Entry(
        code=str(code),
        side=side,
        year=int(fields["year"]),
        name=str(indicator.get("name", "")),
        unit=str(next(iter(indicator.get("unit") or []), "")),
        wording=str(fields.get("wording", "")),
        value=fields.get("value"),
        comparator=fields.get("comparator"),
        growth=fields.get("growth"),
        growth_comparator=fields.get("growth_comparator"),
    )


def _decimal(value: Any) -> Decimal | None:
    text = value[0] if isinstance(value, tuple | list) else value
    try:
        return None if text is None else Decimal(str(text).replace(",", ""))
    except InvalidOperation:
        return None


# ----------------------------------------------------------------------------------------------- matching


def compare(report: Report, ledger: Ledger) -> Comparison:
    """Return which records and proposals stand for each other: figures by number and name, tasks by their words."""
    pairs = _pairs(report, ledger)
    matches = [Match(entry, i, _differences(ledger, entry, report.proposals[i])) for entry, i in pairs]
    matched, used = {id(entry) for entry, _ in pairs}, {i for _, i in pairs}
    missing = [(e, _why_missing(report, ledger, e)) for e in ledger.entries if id(e) not in matched]
    extra = [(i, _why_extra(ledger, p)) for i, p in enumerate(report.proposals) if i not in used]
    return Comparison(report, matches, missing, extra, _counts(report, ledger, matches))


def _side(proposal: Proposal) -> Side | None:
    if proposal.kind == "baseline":
        return None
    return "result" if proposal.kind == "result" else "target"


def _pairs(report: Report, ledger: Ledger) -> list[tuple[Entry, int]]:
    """Return records with proposals, the likest first; neither is used twice."""
    candidates = sorted(
        (
            (score, -i, n)
            for n, entry in enumerate(ledger.entries)
            for i, proposal in enumerate(report.proposals)
            if _side(proposal) == entry.side and (score := _likeness(ledger, entry, proposal))
        ),
        reverse=True,
    )
    entries, proposals, pairs = set(), set(), []
    for _, i, n in candidates:
        if n not in entries and -i not in proposals:
            entries.add(n)
            proposals.add(-i)
            pairs.append((ledger.entries[n], -i))
    return pairs


def _likeness(ledger: Ledger, entry: Entry, proposal: Proposal) -> float:
    """Return how much a proposal is like a record, 0 where they have no number in common or, for tasks, few words."""
    words = likeness(entry.name, proposal.name)
    if entry.is_task:
        words = max(words, likeness(entry.wording, proposal.name), _share(entry.wording, proposal.quote))
        return words if words >= ALIKE and not _has_figure(proposal) else 0
    common = sum(_same(ledger, entry, proposal, facet) for facet in ("value", "growth"))
    return common + max(words, _share(entry.wording, proposal.quote)) if common else 0


def _has_figure(proposal: Proposal) -> bool:
    return proposal.value is not None or proposal.growth is not None


def _same(ledger: Ledger, entry: Entry, proposal: Proposal, facet: Facet) -> bool:
    """Return whether the record's figure is among the proposal's, whatever their units."""
    stated, proposed = _decimal(getattr(entry, facet)), _decimal(getattr(proposal, facet))
    if stated is not None and stated == proposed:
        return True
    return facet == "value" and (_converted(ledger, entry, proposal) or _is_change(entry, proposal))


def _converted(ledger: Ledger, entry: Entry, proposal: Proposal) -> bool:
    figure = ledger.figure(entry.value, entry.unit)
    return figure is not None and figure == ledger.figure(proposal.value, proposal.unit)


def _is_change(entry: Entry, proposal: Proposal) -> bool:
    """Return whether the ledger holds as a value (降幅 10%) what the proposal reads as a change (-10%)."""
    change, value = _decimal(proposal.growth), _decimal(entry.value)
    return entry.unit in ("%", "百分点") and None not in (change, value) and abs(change or 0) == value


def likeness(a: str, b: str) -> float:
    """Return how alike two names are, from 0 to 1, without what only says whose or which kind."""
    return difflib.SequenceMatcher(None, _bare(a), _bare(b), autojunk=False).ratio()


def _bare(name: str) -> str:
    return re.sub(r"[（(].*?[）)]|全[区县市]|[“”\s]", "", name)


def _share(wording: str, quote: str) -> float:
    """Return which share of the wording's characters stands in the quotation, in its order."""
    blocks = difflib.SequenceMatcher(None, wording, quote, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size > 1) / max(1, len(wording))


# ----------------------------------------------------------------------------------------------- reasons


def _differences(ledger: Ledger, entry: Entry, proposal: Proposal) -> tuple[str, ...]:
    return tuple(_differing(ledger, entry, proposal))


def _differing(ledger: Ledger, entry: Entry, proposal: Proposal) -> Iterator[str]:
    if _bare(entry.name) != _bare(proposal.name):
        alike = likeness(entry.name, proposal.name) >= ALIKE
        yield f"名称{'相近' if alike else '不同'}：台账“{entry.name}”，读得“{proposal.name}”"
    if entry.is_task:
        return
    if _is_change(entry, proposal):
        yield f"台账记为幅度，读作增速：台账 {entry.value}{entry.unit}，读得 {_shown(proposal.growth)}%"
        return
    for facet, word in (("value", "数值"), ("growth", "增速")):
        stated, proposed = getattr(entry, facet), getattr(proposal, facet)
        if (stated is None) != (proposed is None) or (stated is not None and _decimal(stated) != _decimal(proposed)):
            if facet == "value" and _same(ledger, entry, proposal, "value"):
                continue
            yield f"{word}不同：台账 {_shown(stated)}，读得 {_shown(proposed)}"
    if entry.value is not None and proposal.value is not None and entry.unit != (proposal.unit or ""):
        yield f"单位不同：台账 {entry.unit or '无'}，读得 {proposal.unit or '无'}"
    for name, word in (("comparator", "比较方式"), ("growth_comparator", "增速比较方式")):
        stated, proposed = getattr(entry, name), getattr(proposal, name)
        if stated is not None and proposed is not None and stated != proposed:
            yield f"{word}不同：台账 {stated}，读得 {proposed}"


def _shown(value: Any) -> str:
    return "无" if value is None else "—".join(value) if isinstance(value, tuple) else str(value)


def _why_missing(report: Report, ledger: Ledger, entry: Entry) -> str:
    """Return why a record was not proposed, as far as the account of the text's numerals tells."""
    if entry.is_task:
        like = [i for i, p in enumerate(report.proposals) if _has_figure(p) and _share(entry.wording, p.quote) >= ALIKE]
        return f"这句话读成了带数字的一条（第 {like[0]} 条）" if like else "没有提出这项任务"
    if _decimal(entry.value) == 0:
        return "零由文字表示（未发生、动态清零），文本里没有数字"
    return _why_no_figure(report, entry)


def _why_no_figure(report: Report, entry: Entry) -> str:
    places = [n for n in report.numerals if _prints(report.text, n, entry)]
    if not places:
        return "文本里没有这个阿拉伯数字（可能印成汉字）"
    if any(n.proposal is None and n.why is None for n in places):
        return "数字待定，没有提出"
    taken = next((n for n in places if n.proposal is not None), None)
    if taken is not None and taken.proposal is not None:
        proposal = report.proposals[taken.proposal]
        return f"数字归入了第 {taken.proposal} 条（{KINDS[proposal.kind]}“{proposal.name}”）"
    return f"数字认作“{places[0].why}”"


def _prints(text: str, numeral: Numeral, entry: Entry) -> bool:
    """Return whether the numeral is the record's value before its unit, or its growth before a percent sign."""
    number = _decimal(re.sub(r"\s", "", numeral.numeral))
    end = numeral.offset + len(numeral.numeral)
    behind = re.sub(r"[\s余多]", "", text[end : end + 12])
    if number is not None and number == _decimal(entry.value):
        return behind.startswith(entry.unit) or (bool(entry.unit) and entry.unit[:1] in behind[:2])
    return number is not None and number == _decimal(entry.growth) and behind.startswith(("%", "％"))


def _why_extra(ledger: Ledger, proposal: Proposal) -> str:
    """Return why the ledger has no record for a proposal, as far as its account of the numerals tells."""
    if proposal.kind == "baseline":
        return "以前年度的基数，台账不登记"
    if not _has_figure(proposal):
        return "台账没有登记这一项" if proposal.kind == "task" else f"台账没有登记这一条{KINDS[proposal.kind]}"
    figure = _printed(proposal)
    for row in ledger.numerals:
        if str(row.get("numeral", "")).startswith(figure) and _in_the_same_part(ledger, row, proposal):
            if why := row.get("why"):
                return f"台账核对为“{why}”，不登记"
            return f"台账把这个数字登记在“{_record_name(ledger, row)}”名下"
    return "台账没有登记这个数字"


def _printed(proposal: Proposal) -> str:
    value, unit = (proposal.value, proposal.unit or "") if proposal.value is not None else (proposal.growth, "%")
    number = value[0] if isinstance(value, tuple) else value or ""
    return f"{number}{unit}"


def _in_the_same_part(ledger: Ledger, row: dict[str, Any], proposal: Proposal) -> bool:
    """Return whether a row of the audit may speak of the proposal's place: its part of the report is the same."""
    year = str(row.get("section", "")).split("/")[0]
    years = {entry.side: str(entry.year) for entry in ledger.entries}
    return years.get(_side(proposal) or "result") == year


def _record_name(ledger: Ledger, row: dict[str, Any]) -> str:
    code = next(iter(row.get("record", [None])[1:2]), None)
    return next((entry.name for entry in ledger.entries if entry.code == code), str(code))


# ----------------------------------------------------------------------------------------------- counts and lines


def _counts(report: Report, ledger: Ledger, matches: list[Match]) -> dict[str, int]:
    """Return what recall and precision are made of: figures (a value and a growth are two) and tasks."""
    proposals = report.proposals
    stated = [e for e in ledger.entries if not e.is_task and _decimal(e.value) != 0]
    proposed = [p for p in proposals if p.kind in ("result", "target")]
    same = [
        (m.entry, proposals[m.proposal], facet)
        for m in matches
        if not m.entry.is_task
        for facet in ("value", "growth")
        if _same(ledger, m.entry, proposals[m.proposal], facet)
    ]
    tasks = [m for m in matches if m.entry.is_task]
    return {
        "figures_stated": sum((e.value is not None) + (e.growth is not None) for e in stated),
        "figures_proposed": sum((p.value is not None) + (p.growth is not None) for p in proposed),
        "figures_same": len(same),
        "names_alike": sum(likeness(entry.name, proposal.name) >= ALIKE for entry, proposal, _ in same),
        "tasks_stated": sum(entry.is_task for entry in ledger.entries),
        "tasks_proposed": sum(not _has_figure(p) for p in proposals),
        "tasks_same": len(tasks),
    }


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    """Yield each record and proposal as a JSON object, with what differs or why it stands alone; the counts last."""
    for match in comparison.matches:
        differences = list(match.differences)
        yield _json(code=match.entry.code, year=match.entry.year, proposal=match.proposal, differences=differences)
    for entry, why in comparison.missing:
        yield _json(code=entry.code, year=entry.year, proposal=None, differences=[why])
    for proposal, why in comparison.extra:
        yield _json(code=None, year=None, proposal=proposal, differences=[why])
    yield _json(**comparison.counts)


def _json(**row: Any) -> str:
    return json.dumps(row, ensure_ascii=False)


def comparison_report(comparison: Comparison) -> Iterator[str]:
    """Yield the comparison in words: rates first, then each difference under its kind."""
    counts = comparison.counts
    yield _rates("数字", counts["figures_same"], counts["figures_stated"], counts["figures_proposed"])
    yield f"名称：相符或相近 {_share_of(counts['names_alike'], counts['figures_same'])}"
    yield _rates("任务", counts["tasks_same"], counts["tasks_stated"], counts["tasks_proposed"])
    yield ""
    yield from _kinds(comparison)
    report, matches = comparison.report, [match for match in comparison.matches if match.differences]
    for title, lines in (
        ("台账有、没有提出", [f"{e.name}（{e.code}）{_given(e)}：{why}" for e, why in comparison.missing]),
        ("提出、台账没有", [_extra(report, i, why) for i, why in comparison.extra]),
        ("两边都有、但有不同", [f"{m.entry.code} ↔ 第 {m.proposal} 条：{'；'.join(m.differences)}" for m in matches]),
    ):
        yield ""
        yield f"{title}（{len(lines)}）"
        yield from lines


def _rates(what: str, same: int, stated: int, proposed: int) -> str:
    return f"{what}：查全 {_share_of(same, stated)}，查准 {_share_of(same, proposed)}"


def _share_of(part: int, whole: int) -> str:
    return f"{part}/{whole}" + (f"（{Decimal(part * 100) / whole:.1f}%）" if whole else "")


def _kinds(comparison: Comparison) -> Iterator[str]:
    """Yield how many differences there are of each kind."""
    kinds = Counter(_kind(d) for m in comparison.matches for d in m.differences)
    kinds += Counter("没有提出：" + _kind(why) for _, why in comparison.missing)
    kinds += Counter("台账没有：" + _kind(why) for _, why in comparison.extra)
    for kind, count in kinds.most_common():
        yield f"{count:>4}  {kind}"


def _kind(difference: str) -> str:
    """Return a difference without the names and numbers that make it this one."""
    general = re.sub(r"（第 \d+ 条）", "", difference.split("：")[0])
    return re.sub(r"第 \d+ 条.*|“.*”(?=名下)", "另一条", general)


def _given(entry: Entry) -> str:
    value = f" {entry.value}{entry.unit}" if entry.value is not None else ""
    return value + (f" 增长{entry.growth}%" if entry.growth is not None else "")


def _extra(report: Report, index: int, why: str) -> str:
    proposal = report.proposals[index]
    return f"第 {index} 条 {KINDS[proposal.kind]}“{proposal.name}”{_figure_of(proposal)}：{why}"


def _figure_of(proposal: Proposal) -> str:
    return f" {_printed(proposal)}" if _has_figure(proposal) else ""
