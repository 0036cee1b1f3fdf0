"""
Text out of the files in which a report comes: TXT, DOCX, saved web pages, and PDF with a text layer.

What a file is, is told by its first bytes; its name helps only where these are silent.
"""

import zipfile
from io import BytesIO

from .base import Document, DocumentError
from .pdf import read_pdf
from .plain import read_text
from .webpage import is_webpage, read_webpage
from .word import read_word

__all__ = ["Document", "DocumentError", "read"]

EMPTY = "文件里没有文字。请检查是否选错了文件。"
OLD_WORD = "旧版 Word 或 WPS 文件（.doc、.wps）不能直接读取。请用 Word 或 WPS 打开，另存为 DOCX 后重试。"
RICH_TEXT = "RTF 文件不能直接读取。请用 Word 或 WPS 打开，另存为 DOCX 后重试。"
OFD = "OFD 版式文件不能直接读取。请用阅读器另存为 TXT，或取得报告的 DOCX 文件后重试。"
OTHER_ARCHIVE = "这不是报告文本（像是表格、演示文稿或压缩包）。请提供 TXT、DOCX、HTML 或有文字层的 PDF 文件。"
PICTURE = "这是图片，读不出文字。请改用报告的 DOCX 或 TXT 文件，或先做文字识别（OCR）再重试。"
TOO_LARGE = "文件超过 50 MB，不像一份报告的文本。请检查是否选错了文件。"
MAX_BYTES = 50 * 2**20

REFUSED = {
    b"\xd0\xcf\x11\xe0": OLD_WORD,
    b"{\\rtf": RICH_TEXT,
    b"\x89PNG": PICTURE,
    b"\xff\xd8\xff": PICTURE,
    b"GIF8": PICTURE,
    b"II*\x00": PICTURE,
    b"MM\x00*": PICTURE,
    b"BM": PICTURE,
}


def read(source: bytes, name: str = "") -> Document:
    """Return the text of a file's bytes, or raise `DocumentError` with a sentence for the person who chose the file."""
    if len(source) > MAX_BYTES:
        raise DocumentError(TOO_LARGE)
    document = _read(source, name.lower())
    if not document.text.strip("\ufeff \t\r\n"):
        raise DocumentError(EMPTY)
    return document


def _read(source: bytes, name: str) -> Document:
    if source.startswith(b"%PDF-") or b"%PDF-" in source[:1024]:
        return read_pdf(source)
    if source.startswith(b"PK\x03\x04"):
        return _read_archive(source)
    for mark, sentence in REFUSED.items():
        if source.startswith(mark) and (len(mark) > 2 or b"\x00" in source[:64]):
            raise DocumentError(sentence)
    if is_webpage(source) or name.endswith((".html", ".htm", ".mht", ".mhtml", ".xhtml", ".shtml")):
        return read_webpage(source)
    return read_text(source)


def _read_archive(source: bytes) -> Document:
    try:
        names = zipfile.ZipFile(BytesIO(source)).namelist()
    except zipfile.BadZipFile:
        return read_word(source)
    if "word/document.xml" in names:
        return read_word(source)
    raise DocumentError(OFD if "OFD.xml" in names else OTHER_ARCHIVE)
