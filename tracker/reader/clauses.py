"""Where each number of a sentence stands: the text before it, the thing behind it, the numbers it is joined with."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from itertools import groupby, pairwise

from . import names, words
from .sentences import hard_stops
from .tables import table
from .things import NOT_A_THING, verb_of
from .types import Sentence
from .units import Quantity

#: Nothing but a joint stands between two numbers: 3亿元、2亿元.
JOINED = re.compile(r"\s*[、和及与]\s*第?$")

#: Text between two numbers that begins the second's own statement: 3亿元增长5%.
_BEGINNINGS = {*words.UP, *words.DOWN, *table("同比 比上年 较上年 比去年 环比 提高到 增加到 达到 占 至 到")}
NEXT = re.compile(
    "^(?:"
    + "|".join(sorted((word for word in _BEGINNINGS if len(word) > 1), key=len, reverse=True))
    + "|(?:"
    + "|".join(word for word in sorted(_BEGINNINGS) if len(word) == 1)
    + ")(?:约|近|了|至|到|为)?$)"
)
#: How far a number's own text reaches at most, in characters.
_REACH = 150
_CUT = re.compile(r"、|和(?!谐)|及(?!以)|与|并")
_CONTINUES = re.compile(r"\s*(?:以及|及|和|并)")
_RANKED = re.compile(r"[^，。；]{1,4}级")


@dataclass(slots=True)
class Figure:
    """
    A quantity with the text of its own clause before and behind it.

    ``bound`` is the word that binds it (以上). Figures joined to one another share a ``group``.
    """

    quantity: Quantity
    start: int
    before: str
    after: str
    bound: str
    end: int
    group: int = 0
    #: The thing behind it is that of the number right behind it: 120户310名移民.
    adjoins: bool = False
    #: It stands right behind another number's thing: 6个街道41个小区.
    adjacent: bool = False


def figures(text: str, sentence: Sentence, quantities: list[Quantity]) -> list[Figure]:
    """Return the figures of a sentence in its order, each with what belongs to it."""
    stops = [sentence.start - 1, *hard_stops(text, sentence.start, sentence.end), sentence.end]
    found: list[Figure] = []
    for index, quantity in enumerate(quantities):
        following = quantities[index + 1].start if index + 1 < len(quantities) else sentence.end
        found.append(_figure(text, sentence, quantity, found, stops, following))
    for figure, following_figure in reversed(list(pairwise(found))):
        _borrow_thing(figure, following_figure)
    return found


def groups(found: list[Figure]) -> list[list[Figure]]:
    """Return the figures by group, in their order."""
    return [list(group) for _, group in groupby(found, key=lambda figure: figure.group)]


def _figure(
    text: str, sentence: Sentence, quantity: Quantity, found: list[Figure], stops: list[int], following: int
) -> Figure:
    at = bisect.bisect_left(stops, quantity.start)
    left = stops[at - 1] + 1
    right = stops[min(bisect.bisect_left(stops, quantity.end), len(stops) - 1)]
    bound = words.AFTER.match(text, quantity.end)
    end = bound.end() if bound else quantity.end
    last = found[-1] if found and found[-1].end > left else None
    start = max(left, last.end) if last else left
    if not found and left > sentence.start and _CONTINUES.match(text[left : quantity.start]):
        start = stops[max(at - 2, 0)] + 1
    if last:
        last.after, start = _share_out(text, last, start, quantity)
    before = text[max(start, quantity.start - _REACH) : quantity.start]
    return Figure(
        quantity,
        start,
        before if last else before.replace("，", "、"),
        text[end : min(right, max(end, following), end + _REACH)],
        bound["word"] if bound else "",
        end,
        _group(last, found, before, quantity),
        adjacent=last is not None and not before,
    )


def _group(last: Figure | None, found: list[Figure], before: str, quantity: Quantity) -> int:
    if not found:
        return 0
    if last is not None and not last.after and JOINED.match(before):
        first = next(figure for figure in found if figure.group == last.group)
        if last.quantity.base == quantity.base or "分别" in first.before:
            return last.group
    return found[-1].group + 1


def _share_out(text: str, last: Figure, start: int, quantity: Quantity) -> tuple[str, int]:
    """Return what of the text between two numbers belongs behind the first, and where the second's own text starts."""
    if bracket := re.match(r"\s*（[^）\n]*）", text[start : quantity.start]):
        start += bracket.end()
    between = text[max(start, quantity.start - _REACH) : quantity.start]
    if last.quantity.share and between.startswith("的"):
        return between, start
    if JOINED.match(between) or NEXT.match(between) or NOT_A_THING.match(between):
        return "", start
    if cuts := list(_CUT.finditer(between)):
        cut = cuts[0] if cuts[0][0] == "、" else cuts[-1]
        return between[: cut.start()], start + cut.start()
    return _uncut(last, between, start, quantity)


def _uncut(last: Figure, between: str, start: int, quantity: Quantity) -> tuple[str, int]:
    _, links, _ = words.trailing(between)
    if names.is_indicator(names.bare(between)) and not quantity.counted:
        return "", start
    spends = last.quantity.dimension == "money" and bool(verb_of(between)[0]) and quantity.dimension != "money"
    yields = re.search(r"年(?:生产|产值|产量|加工|营业|销售|处理)", between)
    costs = quantity.dimension == "money" and last.quantity.counted and last.quantity.dimension != "money"
    if (
        spends
        or yields
        or costs
        or (links and last.quantity.counted and not names.bare(words.trailing(last.before)[0]))
    ):
        return between, start  # it is the thing of the first and the subject of the second
    if any(word in words.LEVELS for word in links):
        return "", start
    return between, quantity.start


def _borrow_thing(figure: Figure, following: Figure) -> None:
    """Give a figure the next one's thing where they share it: 2个国家级、5个省级园区; 甲村3亩、乙村4亩整理项目."""
    if _RANKED.fullmatch(figure.after) and (head := re.match(rf"{_RANKED.pattern}(.{{2,}})", following.after)):
        figure.after += head[1]
    short = figure.quantity.base == following.quantity.base and len(figure.after) == 2 and following.before == "、"
    if short and len(following.after) >= 4 and not names.is_indicator(figure.after):
        figure.after += following.after[2:]
    if figure.after:
        return
    in_list = figure.quantity.base == following.quantity.base and re.fullmatch(r"、[一-鿿]{2,6}", following.before)
    if in_list and not NOT_A_THING.match(following.after) and len(verb_of(names.bare(figure.before))[1]) <= 6:
        figure.after = following.after
    elif not following.before and following.quantity.start == figure.end:
        figure.after, figure.adjoins = following.after, True
