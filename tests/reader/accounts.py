"""What must hold of every report that was read, whatever its text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from tracker.reader.cleaning import FULL_WIDTH
from tracker.reader.types import Report, Value

DIGITS = re.compile(r"[0-9０-９]+")
HALF_WIDTH = FULL_WIDTH | {ord("．"): "."}


def faults(report: Report) -> list[str]:
    """Every offset that does not point at what it names, and every digit that is not accounted for just once."""
    return [*misplaced(report), *unaccounted(report)]


def misplaced(report: Report) -> Iterator[str]:
    for i, proposal in enumerate(report.proposals):
        end = proposal.offset + len(proposal.quote)
        if report.text[proposal.offset : end] != proposal.quote or not proposal.quote:
            yield f"proposal {i}: its quotation is not at {proposal.offset}"
        for facet in ("value", "growth"):
            figure, offset = getattr(proposal, facet), getattr(proposal, f"{facet}_offset")
            if offset is not None and not stands_at(report.text, offset, figure):
                yield f"proposal {i}: {facet} {figure} is not at {offset}: {report.text[offset : offset + 12]!r}"
    for numeral in report.numerals:
        if report.text[numeral.offset : numeral.offset + len(numeral.numeral)] != numeral.numeral:
            yield f"numeral {numeral.numeral!r} is not at {numeral.offset}"
        if numeral.proposal is not None and not 0 <= numeral.proposal < len(report.proposals):
            yield f"numeral {numeral.numeral!r} names a proposal that is not there"


def stands_at(text: str, offset: int, figure: Value | None) -> bool:
    """Return whether the figure's digits are printed at the offset; a Chinese numeral only has to be there."""
    if figure is None:
        return False
    number = (figure[0] if isinstance(figure, tuple) else figure).lstrip("-")
    printed = re.sub(r"[\s,，]", "", text[offset : offset + 40]).translate(HALF_WIDTH)
    return printed.startswith(number) or bool(re.match(r"[一二两三四五六七八九十百千万亿半几翻]", printed))


def unaccounted(report: Report) -> Iterator[str]:
    """Every run of digits of the text that no numeral covers, or more than one does."""
    covered = Counter(i for n in report.numerals if not n.chinese for i in range(n.offset, n.offset + len(n.numeral)))
    for digits in DIGITS.finditer(report.text):
        times = {covered[i] for i in range(digits.start(), digits.end())}
        if times != {1}:
            yield f"{digits[0]!r} at {digits.start()} is accounted for {sorted(times)} times"
