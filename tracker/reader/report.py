"""From the text of a report to its headings, sentences, proposals and the account of its numerals."""

from __future__ import annotations

import bisect
import re
from collections.abc import Mapping

from . import headings as _headings
from . import relative, tasks, traps
from .cleaning import CleanText, clean
from .figures import FigureReader
from .rows import read_tables
from .sentences import sentences as _sentences
from .types import Heading, Numeral, Proposal, Report, Sentence
from .units import Quantity, quantities

_BREAK = re.compile(r"\n|\\r\\n|\\n")
#: Parts of a text whose numbers are no figures of the two years.
_WHY_OF_SIDE: dict[str, str] = {"later": "远期目标", "notes": "名词解释", "annex": "附件"}
_DIGITS = re.compile(r"[0-9０-９]+(?:[.．][0-9０-９]+)?")


def read_report(text: str, *, plan_year: int | None = None, levels: Mapping[int, int] | None = None) -> Report:
    """
    Read a report's text, debris included.

    ``plan_year`` is found in the headings where it is not given; ``levels`` gives the level of headings that the file
    itself marks, by line number from 0. All offsets of the result count characters of ``text``.
    """
    cleaned = clean(text)
    body = cleaned.text
    tree = _headings.headings(body, _starts(cleaned, text, levels))
    year = plan_year or _headings.plan_year(body, tree)
    found = _sentences(body, tree, year)
    recognised = _recognised(body)
    reader = FigureReader(body)
    for row in read_tables(body, found, quantities(body), year):
        reader.proposals.append(row.proposal)
        reader.sources.update((quantity.start, row.proposal) for quantity in row.quantities)
    titles = [(heading.start, heading.end) for heading in tree]
    account = _account(body, found, titles, recognised, reader)
    proposals = sorted(
        reader.proposals + _without_figures(body, found, reader, titles, year),
        key=lambda proposal: (proposal.offset, proposal.end),
    )
    return _Original(text, cleaned).report(year, tree, found, proposals, account, reader.sources)


def _starts(cleaned: CleanText, text: str, levels: Mapping[int, int] | None) -> dict[int, int] | None:
    """Return the levels by where their lines begin in the clean text, without lines of which nothing was left."""
    if not levels:
        return None
    begins = [0, *(match.end() for match in re.finditer("\n", text)), len(text) + 1]
    found = {}
    for line, level in levels.items():
        start = bisect.bisect_left(cleaned.starts, begins[line]) if line + 1 < len(begins) else len(cleaned.starts)
        if start < len(cleaned.starts) and cleaned.starts[start] < begins[line + 1]:
            found[start] = level
    return found


def _recognised(body: str) -> dict[int, str]:
    """Return offset → reason for every character of a span that a trap recognises; the first rule that does decides."""
    reasons: dict[int, str] = {}
    for span in traps.recognise(body):
        for offset in range(span.start, span.end):
            reasons.setdefault(offset, span.why)
    return reasons


def _account(
    body: str, found: list[Sentence], titles: list[tuple[int, int]], recognised: dict[int, str], reader: FigureReader
) -> list[tuple[Quantity, str | None]]:
    """Read the figures of every sentence; return each quantity with the reason why it is no figure, or None."""
    account: list[tuple[Quantity, str | None]] = []
    waiting = quantities(body)
    index = 0
    for sentence in found:
        here: list[Quantity] = []
        while index < len(waiting) and waiting[index].start < sentence.end:
            quantity = waiting[index]
            why = recognised.get(quantity.start) or (
                _WHY_OF_SIDE.get(sentence.side) if not quantity.chinese or sentence.side in {"notes", "annex"} else None
            )
            account.append((quantity, why))
            titled = quantity.chinese and any(start <= quantity.start < end for start, end in titles)
            if quantity.start in reader.sources:
                pass  # a table's row has it
            elif why is None and not titled and is_figure(body, quantity, sentence):
                here.append(quantity)
            index += 1
        if here:
            reader.read(sentence, here)
    for offset in _footnote_marks(account, reader):
        recognised[offset] = "脚注号"
    account = [
        (quantity, why or (recognised.get(quantity.start) if quantity.start in recognised else None))
        for quantity, why in account
    ]
    account += [(quantity, recognised.get(quantity.start)) for quantity in waiting[index:]]
    return account


def _footnote_marks(account: list[tuple[Quantity, str | None]], reader: FigureReader) -> list[int]:
    """Return the offsets of footnote marks without brackets: numbers that count up from 1 (“双修”1，… 管理2，…)."""
    marks: list[int] = []
    last = 0
    for quantity, why in account:
        if (
            why is None
            and quantity.unit is None
            and quantity.start not in reader.sources
            and quantity.value.isdigit()
            and last < int(quantity.value) <= last + 2
        ):
            marks.append(quantity.start)
            last = int(quantity.value)
    return marks if len(marks) >= 4 else []


_LINKED = re.compile(
    r"(?:达到|达|为|突破|超过|超|完成|提高到|增加到|至|到)(?:了|约|近)?$|(?:指数|系数|均值|浓度|"
    r"比值)$|(?:全[国省市县区]|位居|排名?|位列|居)第$"
)
_COUNTED_AT_THE_END = re.compile(r"(?:以上|左右|)?(?:[，。；、）]|$)")


_FROM = re.compile(r"(?<!自)由$|从$")
_TO = re.compile(r"(?:提高|提升|增加|缩小|下降|降低|上升|扩大|降|升|增|减)[到至]")
#: Those who are counted without a measure word.
_PEOPLE = re.compile(r"(?:余|多)?(?:农户|贫困户|群众|干部|党员|师生|学生|居民|村民|职工|家庭|民警|志愿者)")
_GOOD_DEEDS = re.compile(
    r"(?:重点|省级?|市级?|[区县]级?|为民|民生|惠民|利民|便民|民心|大事){0,3}(?:实事|民心工程|民生工程|惠民工程)"
)


def is_figure(body: str, quantity: Quantity, sentence: Sentence) -> bool:
    """
    Tell whether a numeral that no trap recognises is read as a figure.

    A number without a unit must be linked (指数达到105.2). A Chinese numeral must stand at the end of its clause behind
    what is counted (新建道路七条): before things it mostly counts a list.
    """
    if sentence.side not in {"review", "plan"}:
        return False
    if quantity.chinese:
        before = body[max(sentence.start, quantity.start - 12) : quantity.start]
        if quantity.share:
            return bool(re.search(r"(?:达到|达|超过|超|突破|近|约|占|提高到?|增长|下降|降低到?)了?$", before))
        if _GOOD_DEEDS.match(body, quantity.end) and re.search(
            r"(?:办好|抓好|办理|实施|完成|办成|兴办|推出|安排|办实)了?$", before
        ):
            return True
        return (
            bool(_COUNTED_AT_THE_END.match(body, quantity.end))
            and bool(
                re.search(
                    r"(?:建成|新建|新增|改造|完成|扩建|改建|开通|打通|引进|创建|新上|整修|修建|新建扩建|"
                    r"实施)[^，。；、]{2,10}$",
                    before,
                )
            )
            and quantity.counted
        )
    if quantity.unit is None and _FROM.search(body[max(sentence.start, quantity.start - 2) : quantity.start]):
        return bool(_TO.match(body, quantity.end))
    if quantity.unit is None and _PEOPLE.match(body, quantity.end):
        return True
    if quantity.unit is None:
        return bool(_LINKED.search(body[max(sentence.start, quantity.start - 8) : quantity.start]))
    return True


def _without_figures(
    body: str, found: list[Sentence], reader: FigureReader, titles: list[tuple[int, int]], year: int | None
) -> list[Proposal]:
    made: list[Proposal] = []
    figures = sorted((proposal.offset, proposal.end) for proposal in reader.proposals)
    numbers = sorted(reader.sources)
    for sentence in found:
        if sentence.side == "review":
            made += tasks.later_works(body, sentence, year)
        if sentence.side != "plan" or any(start <= sentence.start and sentence.end <= end + 1 for start, end in titles):
            continue
        taken = [span for span in figures if span[0] < sentence.end and sentence.start < span[1]]
        relatives = list(
            relative.relative_targets(
                body, sentence, [number for number in numbers if sentence.start <= number < sentence.end]
            )
        )
        made += [proposal for proposal, _, _ in relatives]
        made += tasks.without_figures(body, sentence, taken + [(start, end) for _, start, end in relatives], year)
    for proposal in reader.proposals:
        if proposal.kind == "target":
            proposal.due_on = tasks.due_on(_clause(body, proposal), year)
    return made


def _clause(body: str, proposal: Proposal) -> str:
    """Return the proposal's quotation with what stands before it in its clause."""
    start = max(body.rfind(mark, 0, proposal.offset) for mark in "，。；：\n") + 1
    return body[max(start, proposal.offset - 100) : min(proposal.end, proposal.offset + 300)]


def _promises_rank(proposal: Proposal) -> bool:
    """Tell whether the number in a relative target is what is promised (进入全市前3名)."""
    return proposal.kind == "target_relative" and bool(re.search("[前后][0-9]", proposal.relative_to or ""))


class _Original:
    """Writes offsets of the cleaned text as offsets of the text given."""

    def __init__(self, text: str, cleaned: CleanText) -> None:
        self.text = text
        self.cleaned = cleaned
        self.breaks = [match.end() for match in _BREAK.finditer(text)]

    def report(
        self,
        year: int | None,
        tree: list[Heading],
        found: list[Sentence],
        proposals: list[Proposal],
        account: list[tuple[Quantity, str | None]],
        sources: dict[int, Proposal],
    ) -> Report:
        numerals = self._numerals(proposals, account, sources)
        for sentence in found:
            sentence.start, sentence.end = self.cleaned.span(sentence.start, sentence.end)
            sentence.paragraph = self._paragraph(sentence.start)
        for heading in tree:
            heading.start, heading.end = self.cleaned.span(heading.start, heading.end)
        for proposal in proposals:
            self._move(proposal)
        return Report(self.text, year, tree, found, proposals, numerals)

    def _move(self, proposal: Proposal) -> None:
        proposal.offset, proposal.end = self.cleaned.span(proposal.offset, proposal.end)
        proposal.quote = self.text[proposal.offset : proposal.end]
        for name in ("value_offset", "growth_offset"):
            if getattr(proposal, name) is not None:
                setattr(proposal, name, self.cleaned.original(getattr(proposal, name)))
        figure = proposal.value_offset if proposal.value_offset is not None else proposal.growth_offset
        proposal.paragraph = self._paragraph(proposal.offset if figure is None else figure)

    def _paragraph(self, offset: int) -> int:
        return bisect.bisect_right(self.breaks, offset) + 1

    def _numerals(
        self, proposals: list[Proposal], account: list[tuple[Quantity, str | None]], sources: dict[int, Proposal]
    ) -> list[Numeral]:
        index = {id(proposal): number for number, proposal in enumerate(proposals)}
        spans = [(proposal.offset, proposal.end, number) for number, proposal in enumerate(proposals)]
        found: list[Numeral] = []
        for quantity, why in account:
            places = [(quantity.start, quantity.digits_end)]
            if quantity.second_start is not None and quantity.second is not None:
                places.append((quantity.second_start, quantity.second_start + len(quantity.second)))
            source = sources.get(quantity.start)
            number = index[id(source)] if source is not None else None
            if number is None:
                covering = (at for start, end, at in spans if start <= quantity.start < end)
                number = next((at for at in covering if why is None or _promises_rank(proposals[at])), None)
            for start, end in places:
                left, right = self.cleaned.span(start, end)
                found.append(
                    Numeral(left, self.text[left:right], number, why if number is None else None, quantity.chinese)
                )
        for removed in self.cleaned.removed:
            found += [
                Numeral(removed.start + match.start(), match[0], None, removed.why)
                for match in _DIGITS.finditer(self.text[removed.start : removed.end])
            ]
        return sorted(found, key=lambda numeral: numeral.offset)
