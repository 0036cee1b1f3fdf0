"""One text made into the files in which reports come."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator

import docx

HEADING = re.compile(r"[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）")


def lines_of(text: str) -> list[str]:
    return text.strip().split("\n")


def level(line: str) -> int | None:
    if len(line) > 40 or not HEADING.match(line):
        return None
    return 2 if line.startswith("（") else 1


def word(text: str) -> bytes:
    """Return the text as a Word document with heading styles."""
    document = docx.Document()
    for line in lines_of(text):
        depth = level(line)
        document.add_paragraph(line, style=f"Heading {depth}" if depth else None)
    return saved(document)


def saved(document: docx.document.Document) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{title}_临澜区人民政府网</title>
<style>p {{ text-indent: 2em }}</style><script>var visits = 10086;</script></head>
<body>
<div class="header"><a href="/">首页</a> <a href="/zw">政务公开</a> <a href="/hd">互动交流</a></div>
<ul class="nav"><li>机构 12 个</li><li>法规 345 件</li></ul>
<div class="crumbs">当前位置：首页 &gt; 政务公开 &gt; 政府工作报告</div>
<div class="main"><div class="article">
<h1>{title}</h1>
<div class="content">
{body}
</div></div>
<div class="share">分享到：微信 微博</div>
<div class="related"><ul><li>2022年政府工作报告</li><li>2021年政府工作报告</li></ul></div></div>
<div class="footer">主办：临澜区人民政府办公室 备案号 08001234</div>
</body></html>
"""


def webpage(text: str) -> bytes:
    """Return the text as a page that a browser saved, with the site around it."""
    title, *rest = lines_of(text)
    body = "\n".join(f"<p>&nbsp;&nbsp;{html.escape(line)}</p>" for line in rest)
    return PAGE.format(title=html.escape(title), body=body).encode()


# ----------------------------------------------------------------------------------------------- PDF

SIZE, LEADING, WIDTH, HEIGHT, MARGIN = 16, 28, 595, 842, 80
COLUMNS_A_LINE = 54  # half-width
PICTURE = "q 400 0 0 600 90 120 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q"
CLOSING = "，。；、）”》！？：%‰"


def pdf(text: str, *, columns: int = 1, pictures: int = 0) -> bytes:
    """Return the text as a PDF: paragraphs indented and broken at the margin, a running title, numbered pages."""
    room = COLUMNS_A_LINE // columns
    lines = [line for paragraph in lines_of(text) for line in broken("\u3000\u3000" + paragraph, room)]
    a_page = (HEIGHT - 2 * MARGIN) // LEADING
    a_sheet = a_page * columns
    sheets = [lines[i : i + a_sheet] for i in range(0, len(lines), a_sheet)]
    written = [_content(sheet, a_page, columns, number) for number, sheet in enumerate(sheets, 1)]
    return _file([PICTURE] * pictures + written)


def scan(pages: int = 2) -> bytes:
    """Return a PDF whose pages are nothing but a picture."""
    return _file([PICTURE] * pages)


def broken(paragraph: str, room: int) -> Iterator[str]:
    """Yield the paragraph's lines: digits and letters stay together, no line begins with a closing sign."""
    line, used = "", 0
    for token in re.findall(rf"(?:[0-9A-Za-z.,+/-]+|.)[{CLOSING}]*", paragraph):
        size = width(token)
        if used + size > room:
            yield line
            line, used = "", 0
        line += token
        used += size
    yield line


def width(text: str) -> int:
    return sum(1 if character.isascii() else 2 for character in text)


def _content(lines: list[str], a_page: int, columns: int, number: int) -> str:
    strip = (WIDTH - 2 * MARGIN) // columns
    written = [_show("临澜区人民政府工作报告", MARGIN, HEIGHT - 40, 10), _show(f"— {number} —", WIDTH // 2, 40, 10)]
    for i, line in enumerate(lines):
        bare = line.lstrip("\u3000")
        left = MARGIN + strip * (i // a_page) + SIZE * (len(line) - len(bare))
        written.append(_show(bare, left, HEIGHT - MARGIN - LEADING * (i % a_page), SIZE if columns == 1 else SIZE - 2))
    return "\n".join(written)


def _show(text: str, x: float, y: float, size: int) -> str:
    return f"BT /F1 {size} Tf {x} {y} Td <{text.encode('utf-16-be').hex()}> Tj ET"


def _file(contents: list[str]) -> bytes:
    """Return a PDF with one page for each content, in a Chinese font that is named but not embedded."""
    kids = " ".join(f"{5 + 2 * i} 0 R" for i in range(len(contents)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>",
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /W [1 95 500] /CIDSystemInfo "
        "<< /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /FontDescriptor << /Type /FontDescriptor /FontName "
        "/STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 "
        "/StemV 93 >> >>",
    ]
    for i, content in enumerate(contents):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {6 + 2 * i} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    tail = (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\n"
    )
    return out + tail.encode() + f"startxref\n{len(out)}\n%%EOF\n".encode()
