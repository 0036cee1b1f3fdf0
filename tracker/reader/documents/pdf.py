"""PDF files with a text layer, printed in one column: the lines of each page put together to paragraphs again."""

import math
import re
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

import pypdfium2
import pypdfium2.raw as pdfium

from .base import Document, DocumentError, note_mark

PASSWORD = "PDF 文件设有打开密码。请用密码打开，另存为没有密码的 PDF 后重试。"  # noqa: S105
DAMAGED = "PDF 文件已损坏，不能打开。请重新下载，或用原文件重新生成 PDF 后重试。"
SCANNED = "PDF 是扫描件，没有文字层，里面的文字读不出来。请改用报告的 DOCX 或 TXT 文件，或先做文字识别（OCR）再重试。"
COLUMNS = "PDF 排成多栏，文字的先后次序无法确定。请改用报告的 DOCX 或 TXT 文件，或把各栏文字依次复制到 TXT 文件后重试。"
UNREADABLE = "PDF 的字体没有附带文字编码，读出来的是乱码。请改用报告的 DOCX 或 TXT 文件。"
SOME_PAGES = "PDF 第 {pages} 页没有文字层（可能是图片或扫描件），其中的内容没有读到，请对照原件补上。"

#: PDFium holds state for the whole process, and is not made for several threads.
PDFIUM = threading.Lock()


def read_pdf(data: bytes) -> Document:
    """Return the document's text, or raise `DocumentError` for a scan, several columns or unreadable fonts."""
    with PDFIUM:
        pages = _pages(data)
    without = [page.number for page in pages if not page.lines and page.has_image]
    if not any(page.lines for page in pages) or len(without) * 2 > len(pages):
        raise DocumentError(SCANNED)
    _refuse_unreadable("".join(line.text for page in pages for line in page.lines))
    long_pages = [page for page in pages if len(page.lines) >= MIN_LINES]
    if long_pages and sum(map(_in_columns, long_pages)) * 2 >= len(long_pages):
        raise DocumentError(COLUMNS)
    warnings = [SOME_PAGES.format(pages="、".join(map(str, without)))] if without else []
    return Document("\n".join(_paragraphs(_without_headers(pages))), {}, tuple(warnings))


# ----------------------------------------------------------------------------------------------- pages and lines


@dataclass(frozen=True, slots=True)
class Character:
    text: str
    left: float
    bottom: float
    right: float
    top: float
    size: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters that follow each other on one line without a wide gap."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    em: float


@dataclass(frozen=True, slots=True)
class Line:
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return "\t".join(piece.text for piece in self.pieces)

    @property
    def left(self) -> float:
        return self.pieces[0].left

    @property
    def right(self) -> float:
        return self.pieces[-1].right

    @property
    def top(self) -> float:
        return max(piece.top for piece in self.pieces)

    @property
    def size(self) -> float:
        return self.pieces[0].size

    @property
    def em(self) -> float:
        return self.pieces[0].em


@dataclass(frozen=True, slots=True)
class Page:
    number: int
    lines: list[Line]
    has_image: bool


def _pages(data: bytes) -> list[Page]:
    try:
        document = pypdfium2.PdfDocument(data)
        return [_page(number, page) for number, page in enumerate(document, 1)]
    except pypdfium2.PdfiumError as error:
        raise DocumentError(PASSWORD if "password" in str(error).lower() else DAMAGED) from error


def _page(number: int, page: pypdfium2.PdfPage) -> Page:
    text = page.get_textpage()
    images = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3)
    return Page(number, _lines(list(_characters(text))), any(True for _ in images))


def _characters(text: pypdfium2.PdfTextPage) -> Iterator[Character]:
    """Yield the characters that are printed upright, in the order in which they were written."""
    for i in range(text.count_chars()):
        angle = pdfium.FPDFText_GetCharAngle(text, i) % (math.pi / 2)
        if pdfium.FPDFText_IsGenerated(text, i) == 1 or 0.02 < angle < math.pi / 2 - 0.02:
            continue
        character = chr(pdfium.FPDFText_GetUnicode(text, i))
        left, bottom, right, top = text.get_charbox(i, loose=True)
        if character > " " and right > left:
            yield Character(character, left, bottom, right, top, top - bottom)


GAP = 2.0
CHINESE = re.compile(r"[^\x00-\xff]+")


def _lines(characters: list[Character]) -> list[Line]:
    """Put characters together to lines, from the top of the page to its bottom."""
    rows: list[list[Character]] = []
    tallest: list[Character] = []
    for character in characters:
        n = next((n for n in range(len(rows) - 1, max(-1, len(rows) - 4), -1) if _level(tallest[n], character)), None)
        if n is None:
            rows.append([character])
            tallest.append(character)
        else:
            rows[n].append(character)
            tallest[n] = max(tallest[n], character, key=lambda c: c.size)
    pieces = [piece for row in rows for piece in _pieces(sorted(row, key=lambda c: c.left))]
    pieces.sort(key=lambda piece: -(piece.top + piece.bottom))
    lines: list[list[Piece]] = []
    for piece in pieces:
        if lines and _overlap(lines[-1][0], piece):
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return [Line(tuple(sorted(line, key=lambda piece: piece.left))) for line in lines]


def _level(a: Character, b: Character) -> bool:
    """Return whether two characters stand on one line: the middle of one is within the height of the other."""
    return a.bottom < b.middle < a.top or b.bottom < a.middle < b.top


def _overlap(a: Piece, b: Piece) -> bool:
    return min(a.top, b.top) - max(a.bottom, b.bottom) > 0.5 * min(a.top - a.bottom, b.top - b.bottom)


def _pieces(row: list[Character]) -> Iterator[Piece]:
    size = median(character.size for character in row)
    em = median([c.right - c.left for c in row if "\u4e00" <= c.text <= "\u9fff"] or [size])
    begin = 0
    for i in range(1, len(row) + 1):
        if i == len(row) or row[i].left - row[i - 1].right > GAP * size:
            part = row[begin:i]
            yield Piece(
                _joined(part, size),
                part[0].left,
                part[-1].right,
                min(c.bottom for c in part),
                max(c.top for c in part),
                size,
                em,
            )
            begin = i


def _joined(part: list[Character], size: float) -> str:
    """Return the characters as text: a space where a gap parts words, raised digits as the mark of a note."""
    text, before = "", part[0]
    for small, group in groupby(part, key=lambda c: c.size < 0.8 * size and c.text in "0123456789[]"):
        run = list(group)
        said = "".join(_spaced([before, *run]))[len(before.text) :]
        text += note_mark(said.strip(), text) if small and _is_raised(run, part, size) else said
        before = run[-1]
    return text


def _is_raised(run: list[Character], part: list[Character], size: float) -> bool:
    base = median(c.bottom for c in part if c.size >= 0.8 * size)
    return min(c.bottom for c in run) > base + 0.15 * size


def _spaced(run: list[Character]) -> Iterator[str]:
    """Yield the characters with a space where there is a gap beside a letter or digit; Chinese is printed without."""
    yield run[0].text
    for before, character in pairwise(run):
        if character.left - before.right > 0.3 * character.size and not CHINESE.fullmatch(before.text + character.text):
            yield " "
        yield character.text


# ----------------------------------------------------------------------------------------------- what is refused

MIN_LINES = 8
LONG = 8


def _refuse_unreadable(text: str) -> None:
    lost = sum(character == "\ufffd" or "\ue000" <= character <= "\uf8ff" or character < " " for character in text)
    if lost * 10 > len(text) or not re.search(r"[\u4e00-\u9fff]", text):
        raise DocumentError(UNREADABLE)


def _in_columns(page: Page) -> bool:
    """Return whether a blank strip runs down the middle of the page, with lines of text on either side."""
    pieces = [piece for line in page.lines for piece in line.pieces if len(piece.text) >= LONG]
    if len(pieces) < MIN_LINES:
        return False
    left, right = min(p.left for p in pieces), max(p.right for p in pieces)
    return any(_parts(pieces, left + (right - left) * share / 20) for share in range(5, 16))


def _parts(pieces: list[Piece], x: float) -> bool:
    crossing = sum(piece.left < x < piece.right for piece in pieces)
    before, behind = sum(piece.right <= x for piece in pieces), sum(piece.left >= x for piece in pieces)
    return crossing * 5 <= len(pieces) and min(before, behind) >= max(3, len(pieces) // 5)


# ----------------------------------------------------------------------------------------------- paragraphs

PAGE_NUMBER = re.compile(r"[-—–―·.\s]*\d{1,3}[-—–―·.\s]*|第\d{1,3}页(?:[，,/]?共\d{1,3}页)?|\d{1,3}/\d{1,3}")
EDGE = 2


def _without_headers(pages: list[Page]) -> list[list[Line]]:
    """
    Return the pages' lines without page numbers and titles that stand at the same edge of several pages.

    Of a running title that is the report's own, the one that heads the first page stays.
    """
    often = Counter(key for page in pages for key in {_shape(page.lines[i]) for i in _edges(page.lines)})
    several = max(2, math.ceil(len(pages) / 2))
    dropped = [{i for i in _edges(page.lines) if _is_header(page.lines[i], often, several)} for page in pages]
    first = next(n for n, page in enumerate(pages) if page.lines)
    dropped[first].discard(_own_title(pages[first].lines, dropped[first]))
    return [[line for i, line in enumerate(page.lines) if i not in dropped[n]] for n, page in enumerate(pages)]


def _own_title(lines: list[Line], dropped: set[int]) -> int:
    """Return the last of the headers in Chinese at the top of the first page; -1 for none."""
    titles = [i for i in dropped if i < EDGE and re.search(r"[\u4e00-\u9fff]{4}", lines[i].text)]
    return max(titles, default=-1)


def _edges(lines: list[Line]) -> set[int]:
    return {i for i in range(len(lines)) if i < EDGE or i >= len(lines) - EDGE}


def _words(line: Line) -> str:
    return re.sub(r"\s+", "", line.text)


def _shape(line: Line) -> str:
    return re.sub(r"\d+", "#", _words(line))


def _is_header(line: Line, often: Counter[str], several: int) -> bool:
    words = _words(line)
    return bool(PAGE_NUMBER.fullmatch(words)) or (len(words) <= 60 and often[_shape(line)] >= several)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the document's paragraphs are set: its margins, the usual way from line to line, and whether it indents."""

    left: float
    right: float
    leading: float
    indents: bool


def _layout(lines: list[Line]) -> Layout:
    left = float(Counter(round(line.left) for line in lines).most_common(1)[0][0])
    steps = [a.top - b.top for a, b in pairwise(lines) if a.top > b.top]
    indented = sum(line.left > left + 0.8 * line.size for line in lines)
    return Layout(left, max(line.right for line in lines), median(steps or [0]), indented * 20 >= len(lines))


def _paragraphs(pages: list[list[Line]]) -> Iterator[str]:
    """Yield paragraphs: a line goes on with the one before where its first word would not have fitted there."""
    lines = [line for page in pages for line in page]
    layout = _layout(lines)
    paragraph = lines[0].text
    for before, line in pairwise(lines):
        if _goes_on(before, line, layout):
            paragraph += line.text
        else:
            yield paragraph
            paragraph = line.text
    yield paragraph


OPENING, CLOSING = re.escape("（《〈【〔(["), re.escape("）》〉】〕)]，。；、！？：%‰,;!?")
UNBROKEN = rf"[{OPENING}]*(?:[A-Za-z0-9.,%‰:/+-]+|.(?:[-+/.·][A-Za-z0-9]+)?)[{CLOSING}]*"
WORD = re.compile(rf"[“‘]*{UNBROKEN}(?:[“”‘’]+(?:{UNBROKEN})?)*", re.S)
SENTENCE_END = ("。", "！", "？")
ITEM = re.compile(r"[（(]?[一二三四五六七八九十]{1,3}[）)、]|\d{1,2}[.、](?!\d)|[①-⑳]|各位(?:代表|委员)|[—―─-]{2}")


def _goes_on(before: Line, line: Line, layout: Layout) -> bool:
    if len(before.pieces) > 1 or len(line.pieces) > 1 or line.left > layout.left + 0.8 * line.size:
        return False
    if abs(before.size - line.size) > 0.3 * before.size or before.top - line.top > 1.4 * layout.leading:
        return False
    if before.text.endswith(SENTENCE_END) and (not layout.indents or ITEM.match(line.text)):
        return False  # without indents nothing tells a full last line from any other: a sentence's end parts them
    slack = 2.5 if layout.indents else 1
    return layout.right - before.right < _first_word(line) + slack * line.em


def _first_word(line: Line) -> float:
    """Return how wide the line's first word is, with the signs that may not be parted from it."""
    match = WORD.match(line.text)
    return line.em / 2 * sum(1 if character.isascii() else 2 for character in (match[0] if match else ""))
