"""
Take the debris of web pages and paper out of a report's text, and remember where every character stood.

What is taken out is recognised by its kind: a mark of a footnote, a page's number, a site's menu, a character that an
encoding had lost. Nothing printed as a sentence is touched, and no digit is ever written that did not stand there.
"""

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

FOOTNOTE = "脚注号"
PAGE_NUMBER = "页码"
PAGE_HEADER = "页眉"
FURNITURE = "网页残留"
GARBAGE = "乱码"
ENCODED = "编码残留"


@dataclass(frozen=True, slots=True)
class Removed:
    """A span of the raw text (characters ``start`` to ``end``) that was left out, and why."""

    start: int
    end: int
    why: str


@dataclass(frozen=True, slots=True)
class CleanText:
    """A text without debris, one paragraph a line, and the way back to the raw text it was taken from."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    removed: tuple[Removed, ...]

    def original(self, offset: int) -> int:
        """Return where the character at ``offset`` begins in the raw text; at the end, where the last one ends."""
        if offset < len(self.starts):
            return self.starts[offset]
        return self.ends[-1] if self.ends else 0

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the raw text's span for ``text[start:end]``, without debris at either edge."""
        if start >= end:
            return self.original(start), self.original(start)
        return self.starts[start], self.ends[end - 1]


def clean(raw: str) -> CleanText:
    """Return ``raw`` without debris, with the offsets of every character that stayed."""
    text = _Tracked(raw)
    for step in (
        _unify_characters,
        _decode_escapes,
        _drop_invisible,
        _drop_addresses,
        _drop_source_notes,
        _drop_lost_characters,
        _drop_page_numbers,
        _drop_furniture,
        _join_broken_lines,
        _drop_footnote_marks,
        _join_spaced_numbers,
        _drop_spaces,
    ):
        step(text)
    return text.finished()


Replacement = str | Callable[[re.Match[str]], str]


@dataclass(slots=True)
class _Tracked:
    """A text being cleaned: ``starts`` and ``ends`` say for each character where in the raw text it stood."""

    text: str
    starts: list[int] = field(init=False)
    ends: list[int] = field(init=False)
    removed: list[Removed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.starts = list(range(len(self.text)))
        self.ends = list(range(1, len(self.text) + 1))

    def replace(self, pattern: re.Pattern[str], by: Replacement = "", why: str | None = None) -> None:
        """Replace what ``pattern`` finds; what is replaced by nothing is noted as removed where ``why`` is given."""
        self.edit(
            ((m.start(), m.end(), by if isinstance(by, str) else by(m)) for m in pattern.finditer(self.text)), why
        )

    def drop(self, spans: Iterator[tuple[int, int]], why: str) -> None:
        """Leave the spans out, and note why."""
        self.edit(((start, end, "") for start, end in spans), why)

    def edit(self, edits: Iterator[tuple[int, int, str]], why: str | None = None) -> None:
        """
        Put new characters in the place of spans.

        As many as before stand one for one; otherwise each of them stands for the whole span. What held a digit and
        holds none now is noted as removed in any case.
        """
        text, starts, ends, at = [], [], [], 0
        for start, end, new in edits:
            if new == self.text[start:end]:
                continue
            text += [self.text[at:start], new]
            starts += self.starts[at:start]
            ends += self.ends[at:start]
            if len(new) == end - start:
                starts += self.starts[start:end]
                ends += self.ends[start:end]
            else:
                starts += [self.starts[start]] * len(new)
                ends += [self.ends[end - 1]] * len(new)
            if (why and not new) or (_has_digit(self.text[start:end]) and not _has_digit(new)):
                self.removed.append(Removed(self.starts[start], self.ends[end - 1], why or ENCODED))
            at = end
        if at:
            self.text = "".join([*text, self.text[at:]])
            self.starts = starts + self.starts[at:]
            self.ends = ends + self.ends[at:]

    def lines(self) -> list["_Line"]:
        """Return the lines with where each begins and ends, without its line break."""
        found, at = [], 0
        for line in self.text.split("\n"):
            found.append(_Line(at, at + len(line), line))
            at += len(line) + 1
        return found

    def finished(self) -> CleanText:
        return CleanText(self.text, tuple(self.starts), tuple(self.ends), tuple(sorted(self.removed, key=_by_place)))


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str

    @property
    def words(self) -> str:
        """The line without any spaces: a heading may be printed with its characters spread."""
        return re.sub(r"\s+", "", self.text)

    @property
    def span_with_break(self) -> tuple[int, int]:
        return self.start, self.end + 1


def _has_digit(text: str) -> bool:
    return any(character.isdecimal() for character in text)


def _by_place(removed: Removed) -> tuple[int, int]:
    return removed.start, removed.end


# ----------------------------------------------------------------------------------------------- characters

FULL_WIDTH = {ord(a): b for a, b in zip("％﹪＋－／．～", "%%+-/.~", strict=True)} | {
    code: chr(code - ord("！") + ord("!"))
    for first, last in ("０９", "ＡＺ", "ａｚ")
    for code in range(ord(first), ord(last) + 1)
}
SPACES = dict.fromkeys([0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F], " ")
LINE_BREAKS = dict.fromkeys(map(ord, "\x0b\x0c\x85\u2028\u2029"), "\n")

STORED_PERCENT = re.compile(r"_M_M_")
CARRIAGE_RETURN = re.compile(r"\r\n?|_x000[dD]_\n?")
ESCAPED_BREAK = re.compile(r"(?:\\r)?\\n|\\r")
ESCAPED_SPACE = re.compile(r"\\t|\\u3000|\\xa0")
BREAKING_TAG = re.compile(r"<(?:br|/?p|/?div|/?li|/?tr|/?h[1-6])\b[^<>]{0,200}>", re.I)
TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]{0,300})?/?>", re.I)
ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,5}|#[xX][0-9a-fA-F]{2,4});")
INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe0e\ufe0f\ue000-\uf8ff]+"
)
ADDRESS = re.compile(r"(?:https?://|www\.)[\w./?=&%#~:@+-]+", re.A)
SOURCE_NOTE = re.compile(
    r"(?<=[。！？!?”）])[ \t\u3000]{2,}(?:来源|来自|转自|摘自|搜索|出处)[^。！？，；\n]{1,30}$", re.M
)


def _unify_characters(text: _Tracked) -> None:
    text.text = text.text.translate(FULL_WIDTH | SPACES | LINE_BREAKS)
    text.replace(STORED_PERCENT, "%")


def _decode_escapes(text: _Tracked) -> None:
    """Turn line breaks, spaces and characters that were stored by their codes into what they stand for."""
    text.replace(CARRIAGE_RETURN, "\n")
    text.replace(ESCAPED_BREAK, "\n")
    text.replace(ESCAPED_SPACE, " ")
    text.replace(ENTITY, _character)
    text.replace(BREAKING_TAG, "\n")
    text.replace(TAG, "", FURNITURE)


def _character(entity: re.Match[str]) -> str:
    character = html.unescape(entity[0])
    return character.translate(FULL_WIDTH | SPACES | LINE_BREAKS)


def _drop_invisible(text: _Tracked) -> None:
    text.replace(INVISIBLE)


def _drop_addresses(text: _Tracked) -> None:
    text.replace(ADDRESS, "", FURNITURE)


def _drop_source_notes(text: _Tracked) -> None:
    """Drop where a page was taken from, written behind the last sentence of a paragraph."""
    text.replace(SOURCE_NOTE, "", FURNITURE)


LOST_RUN = re.compile(r"(?:^|(?<=\n))[?\ufffd]{2,}|(?<![0-9?\ufffd])[?\ufffd]{2,}(?![0-9?\ufffd])")
LOST_MARK = re.compile(r"(?:^|(?<=[\n。；！]))[?\ufffd](?=[\u4e00-\u9fff“])")


def _drop_lost_characters(text: _Tracked) -> None:
    """Drop question marks that stand for spaces and marks of items; behind a digit one may be a unit, and stays."""
    text.replace(LOST_RUN, "", GARBAGE)
    text.replace(LOST_MARK, "", GARBAGE)


# ----------------------------------------------------------------------------------------------- lines

PAGE_LINE = re.compile(
    r"[-—–―·.\s]+\d{1,3}[-—–―·.\s]+"  # — 3 —
    r"|第?\s*\d{1,3}\s*页(?:[，,/\s]*[共第]?\s*\d{1,3}\s*页)?"  # 第3页 共20页
    r"|(?:page\s*)?\d{1,3}\s*(?:/|of)\s*\d{1,3}",  # 3/20
    re.I,
)
BARE_NUMBER = re.compile(r"\d{1,3}")
COUNTER = re.compile(r"\d{1,7}")
FAR_APART = 300
SEVERAL = 3


def _drop_page_numbers(text: _Tracked) -> None:
    """Drop lines that hold nothing but a page's number, with the empty lines and the running title around them."""
    lines = text.lines()
    numbers = {i for i, line in enumerate(lines) if PAGE_LINE.fullmatch(line.text.strip())} | _counting_lines(lines)
    behind = [j for i in numbers if (j := _neighbour(lines, i)) is not None]
    often = Counter(lines[j].words for j in behind)
    dropped = numbers | {j for j in behind if often[lines[j].words] >= SEVERAL}
    dropped |= {j for i in dropped for j in _blank_around(lines, i)}
    text.drop(((lines[i].start, min(lines[i].end + 1, len(text.text))) for i in sorted(dropped)), PAGE_NUMBER)


def _counting_lines(lines: list[_Line]) -> set[int]:
    """Return the lines that hold a bare number, where several count the pages: by one, and far from each other."""
    bare = [i for i, line in enumerate(lines) if BARE_NUMBER.fullmatch(line.text.strip())]
    runs: list[list[int]] = []
    for i in bare:
        last = runs[-1][-1] if runs else None
        if last is not None and _next_page(lines[last], lines[i]):
            runs[-1].append(i)
        else:
            runs.append([i])
    return {i for run in runs if len(run) >= SEVERAL for i in run}


def _next_page(page: _Line, other: _Line) -> bool:
    return int(other.text) == int(page.text) + 1 and other.start - page.end >= FAR_APART


def _neighbour(lines: list[_Line], i: int) -> int | None:
    """Return the next line that is not empty, if it is short enough for a running title."""
    j = next((j for j in range(i + 1, len(lines)) if lines[j].words), None)
    return j if j is not None and len(lines[j].words) <= 30 else None


def _blank_around(lines: list[_Line], i: int) -> Iterator[int]:
    for step in (-1, 1):
        j = i + step
        while 0 <= j < len(lines) and not lines[j].words:
            yield j
            j += step


def _alternatives(words: str) -> str:
    """Return a pattern for any of the words, separated by spaces; a colon may be full-width, ~ is anything."""
    return "|".join(re.escape(word).replace(":", "[:：]").replace("\\~", ".*") for word in words.split())


SALUTATION = re.compile(r"(?:尊敬的)?(?:各位(?:代表|委员)|同志们|主任、)")
SITE_LINE = re.compile(
    _alternatives(
        "首页~ 网站首页~ 您的位置~ 您当前的位置~ 当前位置~ 收藏 打印~ 全屏 下载 分享 分享到~ 关闭 关闭窗口 "
        "登录~ 注册~ 搜索 扫一扫~ 无障碍~ 繁体~ 来源:~ 信息来源~ 时间:~ 日期:~ 发布时间~ 发布日期~ 更新时间~ "
        "发布机构~ 发文机关~ 发文机构~ 成文日期~ 作者:~ 编辑:~ 责任编辑~ 浏览:~ 浏览量:~ 浏览次数:~ 阅读:~ "
        "阅读量:~ 点击数:~ 点击率:~ 点击量:~ 访问量:~ 评论:~ 索引号~ 主题词:~ 主题分类:~ 文号:~ 公开方式:~ "
        "公开形式:~ 内容摘要:~ 字号:~ 字体:~ 【字号:~ 【字体:~ 大 中 小 加大 还原 减小 】"
    )
    + r"|[>›»×|]+|\d{4}-\d\d?-\d\d?(?:\d\d:\d\d(?::\d\d)?)?.*"
)
SITE_TAIL = re.compile(
    _alternatives(
        "相关文章 相关报道 相关文档 相关链接 相关新闻 相关阅读 相关附件 相关推荐 相关信息 本栏最新 本栏推荐 "
        "阅读排行 标签云 上一篇 下一篇 上一条 下一条 免责声明 版权声明 声明: 标签: 本站 责任编辑 分享到 收藏 打印 "
        "扫一扫 关闭窗口 返回顶部 "
        "我要纠错 版权所有 主办: 主办单位: 承办: 承办单位: 网站地图 联系我们 关于我们 友情链接 网站标识码 "
        "来源: 编辑: 》》"
    )
    + r"|.{0,12}ICP备|.{0,6}公网安备"
)
TITLE = re.compile(r"工作报告|会议上?|代表大会|人民政府.*[省市县区州旗盟]长|^[（(]?\d{4}年\d+月\d+日[）)]?$")
TEASER = re.compile(r"(?:内容)?摘要[:：]")
ELLIPSIS = re.compile(r"(?:\.{3,}|…+)$")
HEAD_LINES = 80


def _drop_furniture(text: _Tracked) -> None:
    """Drop a site's menus and notes of source before the speech, and what follows behind its last paragraph."""
    lines = text.lines()
    marked = _head_furniture(lines) | _tail_furniture(lines)
    text.drop(((line.start, line.end) for i, line in enumerate(lines) if i in marked and line.text), FURNITURE)


def _head_furniture(lines: list[_Line]) -> set[int]:
    """Return the lines before the salutation that are a site's, with what stands between them and is no title."""
    end = next((i for i, line in enumerate(lines[:HEAD_LINES]) if SALUTATION.match(line.words)), None)
    if end is None:
        end = next((i for i, line in enumerate(lines[:HEAD_LINES]) if len(line.words) > 40), 0)
    teaser = _teaser(lines[:end])
    site = teaser | {i for i in range(end) if SITE_LINE.fullmatch(lines[i].words)}
    site |= {i + 1 for i in site if i + 1 < end and COUNTER.fullmatch(lines[i + 1].words)}
    return {i for i in range(max(site, default=-1) + 1) if i in site or not TITLE.search(lines[i].words)}


def _teaser(head: list[_Line]) -> set[int]:
    """Return the lines of a summary that repeats how the speech begins and breaks off."""
    begin = next((i for i, line in enumerate(head) if TEASER.match(line.words)), None)
    if begin is None:
        return set()
    end = next((i for i in range(begin, min(begin + 4, len(head))) if ELLIPSIS.search(head[i].words)), begin)
    return set(range(begin, end + 1))


def _tail_furniture(lines: list[_Line]) -> set[int]:
    """Return the lines from a site's first word behind the last paragraph on."""
    last = max((i for i, line in enumerate(lines) if _is_prose(line.words)), default=None)
    if last is None:
        return set()
    begin = next((i for i in range(last + 1, len(lines)) if SITE_TAIL.match(lines[i].words)), len(lines))
    return set(range(begin, len(lines)))


def _is_prose(words: str) -> bool:
    return len(words) >= 40 and bool(re.search(r"[。！；]", words))


# ----------------------------------------------------------------------------------------------- broken lines

SENTENCE_END = tuple("。！？；：:;!?")
ITEM = re.compile(
    r"\s*(?:[一二三四五六七八九十]+[、是要]|[（(][一二三四五六七八九十\d]+[）)]|\d{1,2}[.、](?!\d)|第[一二三四五六七八九十]+|[①-⑳]|[-—―─]{2,}|[\[【〔]\d)"
)
OPEN_END = tuple("，、,（(“《〈")
CLOSED_START = re.compile(r"[，。；、）)”》〉：！？%‰,;]")
NUMBER_GOES_ON = re.compile(
    r"(?!(?:19|20)\d\d年)(?:\d[\d.]*|\.\d+)?(?:[%‰万亿千百余多个户家处项]|\.\d|百分点|公里|平方)"
)
WITHIN_NUMBER = re.compile(r"[\u4e00-\u9fff][\d.]*\d\.?$|(?:增长|下降|达到|达|完成|突破|超过|新增|至|为)$")
#: A sentence that goes on behind a finished one and has no end: no heading looks like this.
UNFINISHED = re.compile(r"[。！？；][^。！？；：:“”…—\t]*[\u4e00-\u9fff]$")
MIN_UNFINISHED = 20
TITLE_OF_PART = re.compile(r"(?:附件|附表|表|图|专栏)\s*\d+")
MIN_FULL = 30
MIN_BROKEN = 6


def _join_broken_lines(text: _Tracked) -> None:
    """Join the lines of a paragraph that was printed on several, then drop empty lines."""
    lines = [line for line in text.lines() if line.words]
    width = _broken_at(lines)
    indents = sum(bool(_indent(line.text)) for line in lines) * 20 >= len(lines)
    breaks = (
        (line.end, following.start + _indent(following.text), "")
        for line, following in pairwise(lines)
        if _continues(line.text, following.text, width if following.start == line.end + 1 else None, indents=indents)
    )
    text.edit(breaks)
    text.text = text.text.replace("\u3000", " ")  # till now an indent was as wide as it is printed
    text.replace(re.compile(r"^\s*\n|^ +|[ \t]*\n(?:[ \t]*\n)* *|\s+$"), _one_break)
    text.replace(re.compile(r"^\t[ \t]*(?=[^\t\n]*$)", re.M))  # an indent; before other cells it is an empty one


def _one_break(blank: re.Match[str]) -> str:
    inside = blank.start() > 0 and blank.end() < len(blank.string)
    return "\n" if inside else ""


def _broken_at(lines: list[_Line]) -> int | None:
    """
    Return the width in columns that lines were broken at, if most long lines are as long as each other.

    Closing signs may hang over the margin; half-width characters and whole words leave it short.
    """
    widths = Counter(width for line in lines if (width := _columns(line.text.rstrip())) >= MIN_FULL)
    if not widths:
        return None
    margin = max(widths, key=lambda width: widths[width] + widths[width - 1])
    full = sum(count for width, count in widths.items() if margin - 6 <= width <= margin + 4)
    is_broken = full >= MIN_BROKEN and full * 2 >= widths.total() and max(widths) <= margin + 8
    return margin if is_broken else None


def _columns(text: str) -> int:
    return sum(2 if ord(character) > 0x2000 else 1 for character in text)


def _continues(line: str, following: str, width: int | None, *, indents: bool) -> bool:
    """Return whether ``following`` goes on with the sentence that ``line`` has begun, or with its paragraph."""
    line = line.rstrip()
    if ITEM.match(following) or SALUTATION.match(following.strip()):
        return False
    if line.endswith(OPEN_END) or CLOSED_START.match(following.strip()):
        return True
    if width is not None and _columns(line) + _columns(_first_word(following)) > width:
        return not (_indent(following) if indents else line.endswith(SENTENCE_END))
    if len(line) >= MIN_UNFINISHED and UNFINISHED.search(line):
        return True
    return _breaks_off(line) and bool(NUMBER_GOES_ON.match(following.strip()))


WORD = re.compile(r"\s*(?:[A-Za-z0-9.,%‰:/+-]+|.)[，。；、）”》！？：%‰]*", re.S)


def _first_word(line: str) -> str:
    """Return the line's first word, with the signs that may not be parted from it."""
    match = WORD.match(line)
    return match[0].strip() if match else ""


def _breaks_off(line: str) -> bool:
    """Return whether the line ends within a number, or before one that it announces."""
    return bool(WITHIN_NUMBER.search(line)) and not TITLE_OF_PART.fullmatch(line.strip())


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


# ----------------------------------------------------------------------------------------------- within a line

NOTE_NUMBERS = r"(?:注\s*)?\d{1,3}(?:\s*[,，、-]\s*\d{1,3})*"
BRACKETED_MARK = re.compile(
    rf"(?<=[^\n])(?<!\d)[\[［【〔]\s*{NOTE_NUMBERS}\s*[\]］】〕](?!号)|(?<=\d)[\[［【〔]\s*{NOTE_NUMBERS}\s*[\]］】〕](?![\d号])"
)
SUPERSCRIPT_MARK = re.compile(r"(?<=[\u4e00-\u9fff”》）%])[¹²³⁰⁴-⁹]+")
CIRCLED_MARK = re.compile(r"(?<=[\u4e00-\u9fff”》）%])[①-⑳]")


def _drop_footnote_marks(text: _Tracked) -> None:
    """Drop the marks that point to a note; a mark that begins a line is the note's own, or an item's, and stays."""
    for mark in (BRACKETED_MARK, SUPERSCRIPT_MARK, CIRCLED_MARK):
        text.replace(mark, "", FOOTNOTE)


# A number printed with its digits apart (7 6 5 人): single spaces, a lone digit among the pieces, a measure behind.
SPACED_NUMBER = re.compile(
    r"(?<![\d.:/-])(?<![\d.:/-] )"
    r"(?:(?:\d{1,9} ){0,9}(?:\d \d{1,9}|\d{1,9} \d)(?: \d{1,9}){0,9}(?:\.\d{1,9}(?: \d{1,9}){0,9})?"
    r"|\d{1,9}\.\d{1,9}(?: \d{1,9}){1,9})"
    r"(?= ?(?:[\u4e00-\u9fff%‰]|\.\d))"
)
SPACED_POINT = re.compile(r"(?<=\d) ?\. ?(?=\d)|(?<=\d)\. (?=\d)")


def _join_spaced_numbers(text: _Tracked) -> None:
    text.replace(SPACED_POINT, _without_spaces_point)
    text.replace(SPACED_NUMBER, lambda number: number[0].replace(" ", ""))


def _without_spaces_point(point: re.Match[str]) -> str:
    return "."


LETTER = r"[0-9A-Za-z]"
NEEDLESS_SPACES = re.compile(rf"(?<!{LETTER}) +| +(?!{LETTER})|(?<={LETTER}) {{2,}}(?={LETTER})")
#: Letters and digits that are one mark: PM 2.5, 5 G, 4 A, G 107.
MARK_SPACES = re.compile(
    r"(?<=\bPM) +(?=2\.5|10)|(?<=\b\d) +(?=[GA](?![0-9A-Za-z]))|(?<=(?<![A-Za-z])[GSX]) +(?=\d{2,4})", re.A
)


def _drop_spaces(text: _Tracked) -> None:
    """Drop spaces, but for one between letters or digits; a tab parts the cells of a table's row and stays."""
    text.replace(re.compile(r" *\t *"), "\t")
    text.replace(MARK_SPACES)
    text.replace(NEEDLESS_SPACES, lambda spaces: " " if _between_letters(spaces) else "")


def _between_letters(spaces: re.Match[str]) -> bool:
    before, behind = spaces.string[: spaces.start()][-1:], spaces.string[spaces.end() :][:1]
    return bool(re.fullmatch(LETTER, before) and re.fullmatch(LETTER, behind))
