"""Sentences and clauses, with the part of the report that each speaks for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .headings import Line, lines
from .types import Heading, Sentence, Side

_END = re.compile(r"[^。！？!?]*(?:[。！？!?]+[”’」）)]*|$)")
_OPEN = dict(zip("（(《“[【〔", "）)》”]】〕", strict=True))

#: What turns a paragraph to another year, inside a part that speaks of several (十五五目标和2026年重点工作).
_LATER = re.compile(
    r"^(?:[^，。；]{0,24}，)?(?:今后|未来|此后)[五三几]年|“?十[一二三四五六七八九]五”?(?:时期|期间|"
    r"规划)[^。；]{0,40}(?:目标|要求|思路)[^。；]{0,12}[是为：]|^(?:[^，。]{0,12}，)?(?:到|"
    r"至)20[0-9]{2}年|新一届政府[^。]{0,20}目标"
)
#: The outline of a five-year plan and what it sets.
_OUTLINE = re.compile(r"《?纲要(?:》?（草案）》?)?[^，。；]{0,8}(?:明确|提出|确定|安排)")
_PLAN_BEGINS = re.compile(
    r"(?:预期|主要|发展|工作)目标(?:初步)?(?:确定|安排|建议)?[是为：:]|(?:今年|"
    r"20[0-9]{2}年)[^，。]{0,16}(?:总体要求|总体思路|指导思想|工作思路)[是为：:]"
)
_REVIEW_BEGINS = re.compile(r"过去的?[一五]年|[一五]年来|(?:20[0-9]{2}年|去年)，(?:面对|在|我|全)")
_NOTES = re.compile(
    r"^[（(【\[]?(?:附件?[0-9一二三]?[：:]?)?(?:相关|有关|部分|《政府工作报告》)?(?:名词|术语|用语|"
    r"专业)(?:解释|注释|说明|术语)[）)】\]]?[：:]?$|^(?:注释|附注|注解|备注)[：:]?$"
)
_ANNEX = re.compile(r"^附(?:件|表|录)\s*[0-9一二三四五]?\s*[：:]?[^。]{0,30}$")
_NOTE = re.compile(r"^(?:[\[［〔【]\s*[0-9]{1,2}\s*[\]］〕】]|[①-⑳]|注[0-9]{1,2}[.、：:]).{2,40}(?:[：:]|指|即|为)")
_PLANNED = re.compile(r"今年|新的一年|全年")
_PAST = re.compile(r"(?:上年|去年)(?:度|底|末)?[，,]|(?:已|已经)(?:全部|基本)?(?:完成|建成|达到|开工|竣工)")


#: No line of a speech's title and greeting is longer.
_GREETING = 80


def sentences(text: str, tree: list[Heading], plan_year: int | None) -> list[Sentence]:
    """Return the sentences in the order of the text; a heading run into its paragraph is a sentence of its own."""
    found: list[Sentence] = []
    side: Side = "front"
    parts = any(heading.side != "front" for heading in tree)
    index = -1
    for line in lines(text):
        here = [position for position in range(index + 1, len(tree)) if tree[position].start < line.end]
        if ending := _ending(line.text, line.start / max(1, len(text)), side):
            side = ending
        elif here:
            index = here[-1]
            side = tree[index].side if tree[index].side != "front" else side
        section = tree[index].path if index >= 0 else ""
        paragraph = text.count("\n", 0, line.start) + 1
        turned = turn(line.text, side, plan_year) if not (here and tree[index].end >= line.end - 1) else side
        side = turned
        if side == "front" and not parts and len(line.text) > _GREETING and not _PLAN_BEGINS.search(line.text):
            side = "review"  # without headings of parts, a speech begins with what was done
        for start, end in split(line):
            found.append(Sentence(start, end, paragraph, section, sentence_side(text[start:end], side, plan_year)))
    return found


def _ending(line: str, place: float, side: Side) -> Side | None:
    """
    Return what follows the report from this line on: explanations of terms, an annex; None while the report goes on.

    Terms begin with their heading or, in the text's second half, with a line that begins with a footnote's mark.
    """
    if place > 0.5 and _ANNEX.match(line):
        return "annex"
    if _NOTES.match(line) or (place > 0.5 and _NOTE.match(line)):
        return "notes"
    return side if side in {"notes", "annex"} else None


def split(line: Line) -> Iterator[tuple[int, int]]:
    """Return where the sentences of a line start and end."""
    for match in _END.finditer(line.text):
        if match[0].strip():
            yield line.start + match.start(), line.start + match.end()


def turn(paragraph: str, side: Side, plan_year: int | None) -> Side:
    """Return the side from this paragraph on: a plan turns to later years and back where a paragraph opens so."""
    opening = paragraph[:60]
    if (
        side in {"front", "review"}
        and _PLAN_BEGINS.search(paragraph if side == "front" else opening)
        and not (side == "review" and re.search("去年|上年", opening))
    ):
        return "plan"
    if side == "front" and _REVIEW_BEGINS.search(opening):
        return "review"
    if side == "plan" and _OUTLINE.search(opening):
        return "later"
    if side == "plan" and _LATER.search(opening) and not (plan_year and f"{plan_year}年" in opening):
        return "later"
    if (
        side == "later"
        and _PLAN_BEGINS.search(paragraph[:120])
        and not _LATER.search(opening)
        and not _OUTLINE.search(paragraph)
    ):
        return "plan"
    if (
        side == "later"
        and plan_year
        and (
            re.search(rf"(?:^|[，。、和])(?:做好)?{plan_year}年", opening)
            or re.search(r"^(?:[^，。]{0,10}[，！])?今年", opening)
        )
    ):
        return "plan"
    return side


def sentence_side(sentence: str, side: Side, plan_year: int | None) -> Side:
    """Return the side of one sentence: a plan in the review, what was done in the plan, a later year in either."""
    if side == "front" or plan_year is None:
        return side
    opening = sentence[:40]
    if side == "plan" and _OUTLINE.search(opening):
        return "later"
    if (
        side == "review"
        and re.search(rf"^(?:[^，。]{{0,10}}，)?(?:{plan_year}年|今年)(?:，|我们|将|要|力争|计划)", opening)
        and re.search(r"将|力争|计划|确保|目标", sentence)
    ):
        return "plan"
    if side == "plan":
        if (year := re.search(r"(?:^|，)到(20[0-9]{2})年", opening)) and int(year[1]) > plan_year:
            return "later"
        if (
            (year := re.match(r"(?:\S{0,6}，)?(20[0-9]{2})年(?!实施的|以来|底前|起)", opening))
            and int(year[1]) < plan_year
            and not re.search(r"力争|确保|今年", sentence)
        ):
            return "review"
    this_year = rf"(?:^|[，；]){plan_year}年(?!是)|^今年|^全年"
    if side == "later" and (
        re.search(this_year, opening) or re.search(rf"今年(?!是)|年内|{plan_year}年底前", sentence)
    ):
        return "plan"
    return side


def brackets(text: str) -> list[tuple[int, int]]:
    """Return the spans in brackets and quotation marks, outermost only."""
    found: list[tuple[int, int]] = []
    stack: list[tuple[str, int]] = []
    for position, character in enumerate(text):
        if character in _OPEN:
            stack.append((_OPEN[character], position))
        elif stack and character == stack[-1][0]:
            _, start = stack.pop()
            if not stack:
                found.append((start, position + 1))
    return found


def hard_stops(text: str, start: int, end: int) -> list[int]:
    """Return the positions of commas, semicolons, colons and full stops between two offsets, but in brackets."""
    inside = [(start + left, start + right) for left, right in brackets(text[start:end])]
    return [
        start + match.start()
        for match in re.finditer(r"[，,；;：:。！？!?]|——|－－|--+", text[start:end])
        if not any(left <= start + match.start() < right for left, right in inside)
    ]
