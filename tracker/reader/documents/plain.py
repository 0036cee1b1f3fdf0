"""Text files: UTF-8, UTF-16 with a mark, or the national standard GB18030."""

import codecs
import unicodedata

from .base import Document, DocumentError

MARKED = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
#: What calls itself GB 2312 or GBK is read as browsers do: in the standard that holds both.
WIDER = {"gb2312": "gb18030", "gbk": "gb18030"}
BINARY = "文件不是文本：里面有文本不会有的字节。请提供 TXT、DOCX、HTML 或有文字层的 PDF 文件。"
UNKNOWN = "文件的文字编码无法识别（不是 UTF-8，也不是 GB18030）。请在编辑器中另存为 UTF-8 编码后重试。"


def read_text(data: bytes) -> Document:
    """Return the text file's text."""
    return Document(decode(data))


def decode(data: bytes, declared: str | None = None) -> str:
    """Return the bytes as text in the encoding they are marked, declared or found to be in."""
    for mark, encoding in MARKED.items():
        if data.startswith(mark):
            return _checked(_decoded(data, encoding))
    if b"\x00" in data:
        raise DocumentError(BINARY)
    text = _decoded(data, "utf-8") or (_decoded(data, WIDER.get(declared.lower(), declared)) if declared else None)
    return _checked(text or _plausible(_decoded(data, "gb18030")))


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _plausible(text: str | None) -> str | None:
    """Return the text if most of its characters are common ones: nearly any bytes are some text in GB18030."""
    if text is None:
        return None
    foreign = [character for character in text if not character.isascii()]
    return text if sum(map(_is_common, foreign)) >= len(foreign) * 0.9 else None


def _is_common(character: str) -> bool:
    """Return whether the character is in the first level of GB 2312 or among its signs."""
    try:
        first = character.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xA1 <= first <= 0xD7


def _checked(text: str | None) -> str:
    if text is None:
        raise DocumentError(UNKNOWN)
    controls = sum(unicodedata.category(character) == "Cc" and not character.isspace() for character in text)
    if controls * 100 > len(text):
        raise DocumentError(BINARY)
    return text
