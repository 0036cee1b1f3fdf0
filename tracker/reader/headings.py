"""The headings of a report as a tree, and which part of it speaks of which year."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .types import Heading, Side

_CHINESE = "一二三四五六七八九十百"

#: Forms of numbered headings from the highest to the lowest: 第一部分, 一、, （一）, 1.; a heading ends with its line
#: or its first full stop.
FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("part", re.compile(rf"第([{_CHINESE}]+)(?:部分|章)[\s、:：]*")),
    ("chinese", re.compile(rf"([{_CHINESE}]{{1,3}})[、．.]\s*")),
    ("bracketed", re.compile(rf"[（(]([{_CHINESE}]{{1,3}})[）)][、.．]?\s*")),
    ("arabic", re.compile(r"([0-9]{1,2})(?:[.．](?![0-9])|、)\s*")),
    ("bracketed arabic", re.compile(r"[（(]([0-9]{1,2})[）)]\s*")),
)

#: What headings of a part call it.
REVIEW = re.compile(r"回顾|过去|成就|成绩|工作总结|工作情况|主要工作情况|^关于[0-9]{4}年政府工作$|发展情况")
PLAN = re.compile(
    r"安排|任务|目标|重点|要求|部署|计划|谋划|思路|打算|建议|今后|未来|展望|下一步|下半年|实事|"
    r"自身建设|政府工作$|发展战略|政府$|效能$|举措|奋斗|政府职能|统筹做好|主要工作$|"
    r"20[0-9]{2}年(?:政府)?工作$"
)
#: Years after the one planned: a five-year plan, a distant year.
LATER = re.compile(
    r"(?:今后|未来|此后|下个)(?:的)?[五三几]年|“?十[一二三四五六七八九]五”?(?:时期|期间|规划|的?总体|"
    r"的?目标|的?主要|的?发展)|[0-9]{4}年?[—\-－至到][0-9]{4}年|远景|新一届政府"
)
_YEAR = re.compile(r"(20[0-9]{2}|19[0-9]{2})\s*年")

_TITLE_LENGTH = 60
_UNNUMBERED_LENGTH = 30
_UNNUMBERED = re.compile(
    r"(?:20[0-9]{2}|今|过去|一|今后|未来|十.五).{0,20}(?:回顾|安排|任务|目标|重点|工作|要求|部署|计划|成就|谋划)"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the text: where it stands, and its text."""

    start: int
    end: int
    text: str


def lines(text: str) -> Iterator[Line]:
    """Return the lines that are not empty, without the spaces around them."""
    for match in re.finditer(r"[^\n]+", text):
        stripped = match[0].strip(" \t\r\u3000\xa0")
        if stripped:
            start = match.start() + match[0].index(stripped)
            yield Line(start, start + len(stripped), stripped)


def headings(text: str, levels: Mapping[int, int] | None = None) -> list[Heading]:
    """
    Return the headings in the order of the text, each with its parent and its side.

    ``levels`` maps a line's start to the level that the file itself gives it (DOCX). Lines that look like the heading
    of a part but bear no number (2017年工作回顾) stand above the numbered ones.
    """
    found: list[tuple[int, str, str, int, int]] = []
    for line in lines(text):
        if heading := _heading(line, (levels or {}).get(line.start)):
            found.append(heading)
    return _tree(found, _plan_year(title for _, _, title, _, _ in found))


def _heading(line: Line, level: int | None) -> tuple[int, str, str, int, int] | None:
    if "\t" in line.text:  # a row of a table
        return None
    for rank, (_, form) in enumerate(FORMS, 1):
        if match := form.match(line.text):
            title = re.split(r"[。！；]", line.text[match.end() :], maxsplit=1)[0].rstrip("：: ")
            whole = match.end() + len(title) >= len(line.text) - 1
            if (
                not title
                or len(title) > _TITLE_LENGTH
                or (rank >= 4 and (line.text.endswith(("。", "；")) if whole else len(title) > 30))
            ):
                return None
            return rank, match[1], title, line.start, line.start + match.end() + len(title)
    if level is not None or (
        len(line.text) <= _UNNUMBERED_LENGTH
        and not re.search(r"[。；，！,;：:]|各位|^[-—]|现在|工作报告", line.text)
        and _UNNUMBERED.search(line.text)
        and not re.search(r"来源|发布|日期|作者|页|[:：].|公报|\d\s*$", line.text)
    ):
        return _unnumbered_rank(line.text, level), "", line.text, line.start, line.end
    return None


def _unnumbered_rank(title: str, level: int | None) -> int:
    """Return the rank of a heading without a number: a part's is the highest, any other's follows the file's level."""
    if level is None or level == 1 or (level == 2 and _UNNUMBERED.search(title)):
        return (level or 1) - 1
    return min(level + 1, len(FORMS))


def _tree(found: list[tuple[int, str, str, int, int]], plan_year: int | None) -> list[Heading]:
    tree: list[Heading] = []
    open_: list[tuple[int, int]] = []  # (rank, index) from the top to the last heading
    for rank, number, title, start, end in found:
        while open_ and open_[-1][0] >= rank:
            open_.pop()
        parent = open_[-1][1] if open_ else None
        above = tree[parent].side if parent is not None else None
        path = "/".join(part for part in (tree[parent].path if parent is not None else "", number or title) if part)
        side = (
            side_of(title, plan_year, above)
            if rank <= 2 and (above is None or rank == 0 or above == "front")
            else above
        )
        tree.append(Heading(len(open_) + 1, number, title, start, end, parent, side or "front", path))
        open_.append((rank, len(tree) - 1))
    return _carry_sides(tree)


def _carry_sides(tree: list[Heading]) -> list[Heading]:
    """Give a top heading that names no year the side of the one before it: what follows the plan is the plan."""
    last: Side = "front"
    for heading in tree:
        if heading.side == "front":
            heading.side = tree[heading.parent].side if heading.parent is not None else last
        last = heading.side
    return tree


def side_of(title: str, plan_year: int | None, above: Side | None = None) -> Side:
    """
    Return the side that a heading names, "front" where it names none.

    回顾 is the review, 任务 and 安排 the plan, 十四五时期目标 later years.
    """
    if REVIEW.search(title) and not (
        plan_year
        and f"{plan_year}年" in title
        and PLAN.search(title.split(f"{plan_year}年")[-1])
        and not re.search("回顾", title)
    ):
        return "review"
    if PLAN.search(title):
        later = LATER.search(title) and not (plan_year and re.search(rf"{plan_year}\s*年", title))
        return "later" if later else "plan"
    return above or "front"


def _plan_year(titles: Iterator[str] | list[str]) -> int | None:
    """Return the year that the headings plan: the one a plan heading names, else the one after the year reviewed."""
    reviewed: list[int] = []
    planned: list[int] = []
    for title in titles:
        years = [int(year) for year in _YEAR.findall(title)]
        (reviewed if REVIEW.search(title) else planned if PLAN.search(title) else []).extend(years)
    if planned:
        return (
            max(year for year in planned)
            if not reviewed
            else max((year for year in planned if year > max(reviewed)), default=max(reviewed) + 1)
        )
    return max(reviewed) + 1 if reviewed else None


def plan_year(text: str, tree: list[Heading]) -> int | None:
    """Return the year planned: the headings', else the one that sentences plan (20XX年是…之年), else the meeting's."""
    if year := _plan_year([heading.title for heading in tree]):
        return year
    opening = text[:600]
    held = (
        re.search(r"(20[0-9]{2})\s*年\s*[0-9]{1,2}\s*月\s*[0-9]{1,2}\s*日", opening)
        if re.search("会议|大会", opening)
        else None
    )
    named = re.findall(r"(20[0-9]{2})年(?:是|全[县区市省]经济|经济社会|政府工作|工作的?总体|的?主要预期|要重点)", text)
    return max(map(int, named)) if named else int(held[1]) if held else None
