"""Word documents: paragraphs, headings, numbering that Word counts, and tables, in the order of the page."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import docx
from docx.oxml.ns import qn

from .base import Document, DocumentError, Lines, note_mark

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

Element = Any  # lxml has no types of its own

DAMAGED = "DOCX 文件已损坏，不能打开。请用 Word 或 WPS 打开后另存为 DOCX，再重试。"
TOO_LARGE = "DOCX 文件解开后超过 200 MB，不像一份报告。请删去其中的图片后重试。"
MAX_UNPACKED = 200 * 2**20

HEADING = re.compile(r"(?:heading|标题)\s*(\d)", re.I)
CHINESE_COUNTS = "chineseCounting chineseCountingThousand ideographDigital japaneseCounting taiwaneseCountingThousand"
CHINESE_DIGITS = "〇一二三四五六七八九"


def read_word(data: bytes) -> Document:
    """Return the document's text; what was deleted under revision, headers, footers and notes are left out."""
    try:
        return _read(_opened(data))
    except DocumentError:
        raise
    except Exception as error:  # a damaged file fails wherever its damage is met
        raise DocumentError(DAMAGED) from error


def _read(document: "WordDocument") -> Document:
    numbering = _Numbering(document)
    lines = Lines()
    for element in _blocks(document.element.body):
        if element.tag == qn("w:tbl"):
            for row in element.iter(qn("w:tr")):
                lines.add("\t".join(_cell(cell) for cell in row.iterchildren(qn("w:tc"))))
        else:
            text = _text(element)
            lines.add(numbering.of(element) + text if text.strip() else "", _level(document, element))
    return lines.document()


def _opened(data: bytes) -> "WordDocument":
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
            raise DocumentError(TOO_LARGE)
    return docx.Document(io.BytesIO(data))


def _blocks(parent: Element) -> Iterator[Element]:
    """Yield paragraphs and tables, also those inside content controls and insertions under revision."""
    for child in parent.iterchildren():
        if child.tag in (qn("w:p"), qn("w:tbl")):
            yield child
        elif child.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:customXml"), qn("w:moveTo")):
            yield from _blocks(child)


def _cell(cell: Element) -> str:
    """Return a cell's paragraphs in one line; a cell that only continues a merged one is empty."""
    merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
    if merge is not None and merge.get(qn("w:val"), "continue") == "continue":
        return ""
    return " ".join(filter(None, (_text(paragraph).strip() for paragraph in cell.iter(qn("w:p")))))


SKIPPED = [qn(f"w:{name}") for name in ("del", "moveFrom", "txbxContent", "pPr", "rPr")]


def _text(parent: Element) -> str:
    """Return the paragraph's text as it is read, with what was inserted and without what was deleted."""
    pieces = ""
    for child in parent.iterchildren():
        if child.tag in SKIPPED:
            continue
        if child.tag == qn("w:r") and _is_raised(child) and (digits := _text_of(child).strip()):
            pieces += note_mark(digits, pieces) if re.fullmatch(r"[\[［〔【]?\d{1,3}[\]］〕】]?", digits) else digits
        elif child.tag == qn("w:r"):
            pieces += _text_of(child)
        else:
            pieces += _text(child)
    return pieces


def _text_of(run: Element) -> str:
    signs = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
    return "".join(child.text or "" if child.tag == qn("w:t") else signs.get(child.tag, "") for child in run)


def _is_raised(run: Element) -> bool:
    aligned = run.find(f"{qn('w:rPr')}/{qn('w:vertAlign')}")
    return aligned is not None and aligned.get(qn("w:val")) == "superscript"


def _level(document: "WordDocument", paragraph: Element) -> int | None:
    """Return the heading's level: of its own outline, or of its style or one that this is based on."""
    own = paragraph.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
    if own is not None:
        return _outline(own)
    for style in _styles(document, paragraph):
        name = style.find(qn("w:name"))
        if match := HEADING.match(name.get(qn("w:val"), "") if name is not None else ""):
            return int(match[1])
        outline = style.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        if outline is not None:
            return _outline(outline)
    return None


def _outline(element: Element) -> int | None:
    level = int(element.get(qn("w:val")))
    return level + 1 if level < 9 else None  # Word's tenth level is the text itself


def _styles(document: "WordDocument", paragraph: Element) -> Iterator[Element]:
    """Yield the paragraph's style and those it is based on."""
    reference = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    by_id = {style.get(qn("w:styleId")): style for style in document.styles.element.iterchildren(qn("w:style"))}
    seen = set()
    while reference is not None and (key := reference.get(qn("w:val"))) in by_id and key not in seen:
        seen.add(key)
        yield by_id[key]
        reference = by_id[key].find(qn("w:basedOn"))


class _Numbering:
    """Counts numbered paragraphs as Word does, so that a number that is only drawn (一、 1.) is read too."""

    def __init__(self, document: "WordDocument") -> None:
        self.document = document
        self.counts: dict[str, dict[int, int]] = {}
        part = next((r.target_part for r in document.part.rels.values() if r.reltype.endswith("/numbering")), None)
        root = getattr(part, "element", None)
        children = list(root) if root is not None else []
        self.abstract = {e.get(qn("w:abstractNumId")): e for e in children if e.tag == qn("w:abstractNum")}
        self.lists = {
            e.get(qn("w:numId")): e.find(qn("w:abstractNumId")).get(qn("w:val"))
            for e in children
            if e.tag == qn("w:num")
        }

    def of(self, paragraph: Element) -> str:
        """Return the number printed before the paragraph, and count it; nothing where it has none or a bullet."""
        number = self._number(paragraph)
        if number is None:
            return ""
        list_id, level = number
        levels = self._levels(list_id)
        if level not in levels:
            return ""
        counts = self.counts.setdefault(self.lists[list_id], {})
        counts[level] = counts.get(level, _start(levels[level]) - 1) + 1
        for deeper in [key for key in counts if key > level]:
            del counts[deeper]
        return self._printed(levels, counts, level)

    def _number(self, paragraph: Element) -> tuple[str, int] | None:
        """Return the list and the level that the paragraph, or its style, belongs to."""
        for owner in (paragraph, *_styles(self.document, paragraph)):
            properties = owner.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
            if properties is not None and (number := properties.find(qn("w:numId"))) is not None:
                list_id, level = number.get(qn("w:val")), properties.find(qn("w:ilvl"))
                return (list_id, 0 if level is None else int(level.get(qn("w:val")))) if list_id in self.lists else None
        return None

    def _levels(self, list_id: str) -> dict[int, Element]:
        abstract = self.abstract.get(self.lists[list_id])
        return {} if abstract is None else {int(e.get(qn("w:ilvl"))): e for e in abstract.iterchildren(qn("w:lvl"))}

    def _printed(self, levels: dict[int, Element], counts: dict[int, int], level: int) -> str:
        pattern = _value(levels[level], "lvlText", "")
        if _value(levels[level], "numFmt", "decimal") == "bullet":
            return ""
        return re.sub(r"%(\d)", lambda m: _counted(levels, counts, int(m[1]) - 1), pattern)


def _value(level: Element, name: str, default: str) -> str:
    element = level.find(qn(f"w:{name}"))
    return default if element is None else str(element.get(qn("w:val"), default))


def _start(level: Element) -> int:
    return int(_value(level, "start", "1"))


def _counted(levels: dict[int, Element], counts: dict[int, int], level: int) -> str:
    if level not in levels:
        return ""
    number = counts.get(level, _start(levels[level]))
    style = _value(levels[level], "numFmt", "decimal")
    if style in CHINESE_COUNTS.split():
        return _chinese(number)
    if style.startswith("decimalEnclosedCircle") and 1 <= number <= 20:
        return chr(ord("①") + number - 1)
    return str(number)


def _chinese(number: int) -> str:
    """Return a number below 100 in Chinese characters; a longer list is counted in digits."""
    if not 0 < number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    return (CHINESE_DIGITS[tens] if tens > 1 else "") + ("十" if tens else "") + (CHINESE_DIGITS[ones] if ones else "")
