"""Targets held against something other than a number: 高于全市平均, 与经济增长同步, 完成市下达任务, 保持前列."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from . import names
from .rules import RULES
from .sentences import hard_stops
from .types import Proposal, Sentence

_ABOVE = {
    "高于": ">",
    "快于": ">",
    "优于": ">",
    "好于": ">",
    "超过": ">",
    "领先": ">",
    "跑赢": ">",
    "不低于": ">=",
    "不少于": ">=",
    "低于": "<",
    "不高于": "<=",
    "不超过": "<=",
    "少于": "<",
}
_FROM_ABOVE = "省市|市县|上级|国家|中央|省委|市委|省里|市里|省|市|县|区|自治区|全省|全市|国家和省|省和市"


@dataclass(frozen=True, slots=True)
class Form:
    """
    One form of a relative target.

    Group ``to`` is what it is held against, ``thing`` what it is called where nothing stands before it.
    """

    rule: str
    pattern: re.Pattern[str]
    comparator: str
    example: str
    #: Only where main targets are listed (预期目标是…): elsewhere such words are praise or wishes.
    listed_only: bool = False


FORMS: tuple[Form, ...] = (
    Form(
        "above-benchmark",
        re.compile(
            rf"(?P<how>{'|'.join(sorted(_ABOVE, key=len, reverse=True))})(?P<to>[^，。；0-9]{{0,14}}(?:平均|"
            rf"水平|增速|增幅|增长|经济|上年|去年|目标|同期|全国|全省|全市|预期)[^，。；0-9]{{0,6}}|"
            rf"20[0-9]{{2}}年[^，。；0-9]{{0,6}}|经济增速|上年|去年)$"
        ),
        "",
        "城镇居民收入高于全省平均水平",
    ),
    Form(
        "in-step",
        re.compile(
            r"(?:与|同|和)(?P<to>[^，。；、0-9]{2,14}?)(?:保持|实现)?(?:基本)?(?:同步|相适应|相当|持平)(?:增长|提高)?$"
        ),
        "=",
        "居民收入与经济增长基本同步",
    ),
    Form(
        "assigned",
        re.compile(
            rf"(?:全面|圆满|超额|确保|按时|保质保量)*(?:完成|达到|"
            rf"控制在)(?P<to>(?:经)?(?:{_FROM_ABOVE})(?:政府|委)?(?:[^，。；、0-9]{{0,8}}?)(?:下达|定|核定|"
            rf"确定|分配|考核|要求|规定|交办|目标任务|任务目标|约束性|控制(?!性)|"
            rf"核)[^，。；0-9]{{0,6}}?)(?:的)?(?P<thing>[^，。；0-9的]{{0,24}}?(?:任务目标|目标任务|任务指标|"
            rf"任务|目标|指标|要求|标准|范围|以内)?)(?:以内)?$"
        ),
        ">=",
        "万元产值能耗完成市下达任务",
    ),
    Form(
        "in-front",
        re.compile(
            r"(?:保持|位居|居|进入|跻身|退出|处于|走在|排名(?!力争|要|将|进入|退出)|稳居|位列|继续保持)(?:在)?(?P<to>[^，。；、0-9]{0,8}(?:前列|"
            r"先进位次|上游|前茅|第一方阵|领先地位|领先位次)|[^，。；、0-9]{0,8}[前后][0-9]{1,3}[位名强])$"
        ),
        ">=",
        "主要指标增速保持全市前列",
    ),
    Form(
        "doubling",
        re.compile(r"(?:(?:在|比|较)(?P<to>20[0-9]{2}年|上年)(?:的)?(?:基础上)?)?(?:力争|实现|基本实现)*翻[一两]?番$"),
        ">=",
        "产业增加值在2020年基础上翻一番",
    ),
    Form(
        "positive-growth",
        re.compile(r"(?:努力|力争|争取|确保)*(?:实现|保持)(?P<to>(?:同比)?(?:较大|较快|正)(?:幅度)?增长)$"),
        ">",
        "外贸出口实现正增长",
    ),
    Form(
        "direction",
        re.compile(
            r"(?:努力|力争|争取|确保)?(?:(?:实现|保持|继续)(?P<to>(?:同比)?(?:较大|较快|稳步|平稳|稳定|正|"
            r"持续|一定|大幅|快速)?增长)|(?:稳步|进一步|持续|明显|显著|逐步|不断|继续|稳中)(?:有)?(?:提升|"
            r"提高|增长|增加|下降|降低|改善|减少|优化|扩大|升))$"
        ),
        ">",
        "主要污染物排放进一步下降",
        listed_only=True,
    ),
)

#: The sentence that lists the main targets.
LIST = re.compile(
    r"(?:预期|主要|发展|预定|奋斗|工作)?目标(?:任务)?(?:初步)?(?:确定|安排|建议)?(?:[是为]|：|:)|预期目标"
)


def relative_targets(text: str, sentence: Sentence, taken: list[int]) -> Iterator[tuple[Proposal, int, int]]:
    """
    Return the relative targets of a plan's sentence, one a name, with the span of their clause.

    ``taken`` are the offsets of numbers that belong to figures; a clause with one of them is no relative target.
    """
    listed = bool(LIST.search(text[sentence.start : sentence.end]))
    stops = [sentence.start - 1, *hard_stops(text, sentence.start, sentence.end), sentence.end]
    waiting = ""
    for left, right in pairwise(stops):
        start, end = left + 1, right
        clause = text[start:end]
        if any(start <= offset < end for offset in taken):
            waiting = ""
            continue
        found = next(
            (
                (form, match)
                for form in FORMS
                if (listed or not form.listed_only) and (match := form.pattern.search(clause.strip()))
            ),
            None,
        )
        if found is None:
            waiting = clause
            continue
        form, match = found
        yield from (
            (proposal, start, end) for proposal in _proposals(text, sentence, form, match, clause, start, end, waiting)
        )
        waiting = ""


def _proposals(
    text: str, sentence: Sentence, form: Form, match: re.Match[str], clause: str, start: int, end: int, waiting: str
) -> Iterator[Proposal]:
    subject = names.bare(
        re.sub(
            r"(?:[一二两三四五六七八九十]年|均|分别|都|要|应|力争|努力|确保|争取)+$",
            "",
            clause.strip()[: match.start()],
        )
    )
    groups = match.groupdict()
    if not subject and waiting and re.match(r"\s*(?:均|都|全部|要|力争|确保)", clause):
        subject = names.bare(waiting)
    thing = groups.get("thing") or ""
    labels = (
        [names.tidy(part) for part in names.parts(subject)]
        if subject
        else [
            re.sub(r"^各项(?=.{5,})(?!约束)", "", re.sub(r"(?<=下降|降低|增长|提高)(?:目标|任务)$", "", thing))
            or (groups.get("to") or "")
        ]
    )
    if subject and ((len(labels) > 1 and form.rule == "in-step") or not re.search("、|和|及|与|城乡", subject)):
        labels = [names.tidy(subject)]
    if rate := re.search(r"(?:增速|增幅|增长率)$", labels[-1]):
        labels = [label if re.search(r"(?:增速|增幅|增长率|率)$", label) else label + rate[0] for label in labels]
    how = groups.get("how")
    for label in labels:
        if len(label) < 2 or len(label) > names.LONGEST:
            continue
        yield Proposal(
            kind="target_relative",
            name=names.canonical(label),
            comparator=_ABOVE.get(how or "") or ("<" if re.search("下降|降低|减少", match[0]) else form.comparator),
            qualifier=match[0],
            relative_to=(groups.get("to") or "上年").strip()
            if form.rule not in {"direction", "positive-growth"}
            else "上年",
            section=sentence.section,
            paragraph=sentence.paragraph,
            offset=start + len(text[start:end]) - len(text[start:end].lstrip()),
            end=end,
            confidence=RULES[form.rule].confidence,
            rule=form.rule,
        )
