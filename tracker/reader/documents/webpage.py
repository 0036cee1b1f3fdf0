"""Saved web pages: the text of the article, without the site around it."""

import email
import email.policy
import re
from typing import Any

import lxml.html

from .base import Document, DocumentError, Lines, note_mark
from .plain import decode

Element = Any  # lxml has no types of its own

EMPTY = "网页中没有找到正文。请打开网页，复制正文存为 TXT 文件后重试。"
ARCHIVE = "网页存档（MHT）中没有网页。请在浏览器中另存为“网页，仅 HTML”后重试。"

DECLARED = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
NEVER_TEXT = "script style noscript template svg iframe object select textarea head audio video map canvas"
MOSTLY_FURNITURE = "nav header footer aside form button"
FURNITURE = re.compile(
    r"(?:^|[-_\s])(?:nav|navbar|menu|sidebar|footer|foot|header|breadcrumbs?|crumbs?|share|toolbar|related|copyright"
    r"|pagination|comments?|advert|ads|banner|hidden)(?:$|[-_\s])",
    re.I,
)
START = re.compile(rb"<!doctype html|<html|<head|<body|<meta|<\?xml[^>]*>\s*<(?:!doctype )?html")
NOTE = re.compile(r"[\[［〔【]?\d{1,3}[\]］〕】]?")
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
BLOCKS = (
    "address article blockquote body center dd div dl dt fieldset figcaption figure h1 h2 h3 h4 h5 h6 hr li main ol p "
    "pre section table tbody thead tfoot tr ul"
)
PROSE = re.compile(r"[。！；，]")
MOST = 0.9


def read_webpage(data: bytes) -> Document:
    """Return the text of the page's article: the smallest part that holds nearly all of its prose."""
    root = _parsed(data)
    title = _title(root)
    for element in [e for e in root.iter() if _is_furniture(e)]:
        if element.getparent() is not None:
            element.drop_tree()
    main = _main(root)
    lines = Lines()
    if title and title not in _squeezed(main.text_content()):
        lines.add(title)
    _Walker(lines).walk(main)
    if not any(PROSE.search(line) for line in lines.lines):
        raise DocumentError(EMPTY)
    return lines.document()


def is_webpage(data: bytes) -> bool:
    """Return whether the bytes begin like a page, or like an archive of one."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return bool(
        re.match(rb"<!doctype html|<html|<head|<body|<meta|<\?xml[^>]*>\s*<(?:!doctype )?html", start)
    ) or _is_archive(data)


def _is_archive(data: bytes) -> bool:
    return b"multipart/related" in data[:4096].lower() and b"mime-version" in data[:4096].lower()


def _parsed(data: bytes) -> Element:
    if _is_archive(data):
        data = _page_of(data)
    declared = DECLARED.search(data[:8192])
    text = decode(data, declared[1].decode("ascii") if declared else None)
    try:
        return lxml.html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*>", "", text))
    except lxml.etree.LxmlError as error:
        raise DocumentError(EMPTY) from error


def _page_of(archive: bytes) -> bytes:
    for part in email.message_from_bytes(archive, policy=email.policy.default).walk():
        if part.get_content_type() == "text/html" and isinstance(payload := part.get_payload(decode=True), bytes):
            return payload
    raise DocumentError(ARCHIVE)


def _title(root: Element) -> str:
    """Return the page's first heading, or the title of its window without the site's name."""
    for heading in root.iter("h1"):
        if text := _squeezed(heading.text_content()):
            return text
    window = root.findtext(".//title") or ""
    return _squeezed(re.split(r"[-_|–—]", window)[0])


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _is_furniture(element: Element) -> bool:
    if not isinstance(element.tag, str) or element.tag in ("html", "body"):
        return False
    if (
        element.tag in NEVER_TEXT.split()
        or HIDDEN.search(element.get("style", ""))
        or element.get("hidden") is not None
    ):
        return True
    if element.tag in MOSTLY_FURNITURE.split():
        return not _has_much_prose(element)  # some sites put the whole page into one form
    names = f"{element.get('class', '')} {element.get('id', '')} {element.get('role', '')}"
    return bool(FURNITURE.search(names)) and not _has_much_prose(element)


def _has_much_prose(element: Element) -> bool:
    return len(PROSE.findall(element.text_content())) > 50


def _main(root: Element) -> Element:
    """Return the smallest element that holds nearly all of the page's prose."""
    body = root.find("body")
    main = body if body is not None else root
    wanted = MOST * len(PROSE.findall(main.text_content()))
    while True:
        inner = [e for e in main if isinstance(e.tag, str) and len(PROSE.findall(e.text_content())) >= wanted]
        if not inner or wanted == 0 or inner[0].tag == "p":
            return main
        main = inner[0]


class _Walker:
    """Writes an element's text down as lines: a block is a paragraph, a table's row a line, a heading has its level."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.pending = ""

    def walk(self, element: Element) -> None:
        self._inside(element)
        self._flush()

    def _inside(self, element: Element) -> None:
        self._say(element.text)
        for child in element:
            self._child(child)
            self._say(child.tail)

    def _child(self, child: Element) -> None:
        if not isinstance(child.tag, str):
            return
        if child.tag == "br":
            self.pending += "\n"
        elif child.tag == "tr":
            self._flush()
            cells = [_squeezed(cell.text_content()) for cell in child if cell.tag in ("td", "th")]
            self.lines.add("\t".join(cells))
        elif child.tag == "sup" and re.fullmatch(
            r"[\[［〔【]?\d{1,3}[\]］〕】]?", mark := _squeezed(child.text_content())
        ):
            self.pending += note_mark(mark, self.pending)
        elif child.tag in BLOCKS.split():
            self._flush()
            self._inside(child)
            self._flush(_heading_level(child))
        else:
            self._inside(child)

    def _say(self, text: str | None) -> None:
        """Add text as a browser shows it: any run of spaces and line breaks is one space."""
        self.pending += re.sub(r"[ \t\r\n\f]+", " ", text or "")

    def _flush(self, level: int | None = None) -> None:
        self.lines.add(self.pending, level)
        self.pending = ""


def _heading_level(element: Element) -> int | None:
    return int(element.tag[1]) if re.fullmatch(r"h[1-6]", element.tag) else None
