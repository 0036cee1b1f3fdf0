"""DOCX in the manner of GB/T 9704-2012, the standard for the layout of official documents.

Title in 2号小标宋, text in 3号仿宋 at 22 lines a page, headings in 黑体, the table on landscape pages with its header
repeated and no row split, page numbers — 1 — at the outer edge. Other typefaces are named for computers without them.
"""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Generator, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import docx
from django.utils.translation import gettext as _
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt

from .sheet import Field, NoRoomError, Sheet

SONG_TITLE, FANGSONG, HEI, KAI, SONG = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体"
LATIN = "Times New Roman"
#: Typeface → what stands in for it where it is not installed.
INSTEAD = {
    SONG_TITLE: "方正小标宋_GBK,FZXiaoBiaoSong-B05S,小标宋体,华文中宋,Noto Serif CJK SC",
    FANGSONG: "仿宋,FangSong,华文仿宋,Noto Serif CJK SC",
    HEI: "SimHei,Noto Sans CJK SC",
    KAI: "楷体,KaiTi,华文楷体,Noto Serif CJK SC",
    SONG: "SimSun,Noto Serif CJK SC",
}
# 字号 in points: 2号, 3号, 4号, 五号.
SIZE_2, SIZE_3, SIZE_4, SIZE_5 = 22, 16, 14, 10.5
#: 小四, 五号, 小五, 六号 and 小六, each for so many columns at most: a table takes the largest in which nothing breaks.
TABLE_SIZES = {12.0: 8, 10.5: 12, 9.0: 99, 7.5: 99, 6.5: 99}
LINE = Pt(28.95)  # 22 lines on the 225 mm of a page
MARGINS = {"top_margin": 37, "bottom_margin": 35, "left_margin": 28, "right_margin": 26}
#: The same page turned to the left: its head lies at the binding.
TURNED = {"top_margin": 28, "bottom_margin": 26, "left_margin": 35, "right_margin": 37}
TABLE_WIDTH = 225  # mm
MOST_ROWS = 5000
MEASURED = 200  # rows whose cells decide how wide a column is
#: How many half-width characters a column asks for, at least and at most, when the width is shared out.
NARROWEST, WIDEST = 4, 28
SHORT_WORD = 3  # characters that should stand on one line
MARGIN = 2.5  # points at either side of a cell
PADDING = MARGIN + 0.5  # and half its border, which would take the last character's room
#: What would be misread across two lines: figures, months and short units in brackets.
_FIGURES = re.compile(r"[+−-]?\d[\d,.-]*|（.{1,2}）")
#: And what would only be ugly: a word of another language.
_WORDS = re.compile(rf"{_FIGURES.pattern}|[A-Za-z]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff]+")
FILLS = {"green": "E4F2EA", "yellow": "FBF0D9", "red": "F9E0DC", "grey": "EFF1F3"}


def write(sheet: Sheet) -> Generator[bytes]:
    """The finished document.

    Raises:
        NoRoomError: there are more rows than anybody reads on paper, or more columns than a page is wide.
    """
    table = _Table(sheet)
    document = docx.Document()
    _prepare(document, sheet, table.size)
    _set_page(document.sections[0], landscape=not _has_headings(sheet))
    document.add_paragraph(_printable(sheet.title), "Title")
    for passage in sheet.opening:
        document.add_paragraph(_printable(passage.text), "Heading 1" if passage.is_heading else "Normal")
    if _has_headings(sheet):
        _set_page(document.add_section(WD_SECTION.NEW_PAGE), landscape=True)
        document.add_paragraph(_("附表"), "Table Title")
    elif sheet.opening:
        document.paragraphs[-1].paragraph_format.space_after = Pt(6)
    document.element.body.insert_element_before(table.made(), "w:sectPr")
    if not table.rows:
        document.add_paragraph(sheet.empty, "Table Note")
    for number, note in enumerate(sheet.notes):
        document.add_paragraph((_("注：") if not number else "　　") + _printable(note), "Table Note")
    _number_pages(document.sections[0])
    buffer = io.BytesIO()
    document.save(buffer)
    yield buffer.getvalue()


def _has_headings(sheet: Sheet) -> bool:
    """Whether the opening is a text of its own; otherwise it stands above the table."""
    return any(passage.is_heading for passage in sheet.opening)


def _prepare(document: Any, sheet: Sheet, size: float) -> None:
    document.core_properties.title = sheet.title
    document.core_properties.author = document.core_properties.comments = ""
    document.settings.odd_and_even_pages_header_footer = True
    _style(document, "Normal", FANGSONG, SIZE_3, indent=2)
    _style(document, "Title", SONG_TITLE, SIZE_2, align="CENTER", before=LINE, after=LINE)
    _style(document, "Heading 1", HEI, SIZE_3, indent=2)
    _style(document, "Table Text", FANGSONG, size, align="LEFT", exact=False)
    _style(document, "Table Number", FANGSONG, size, align="RIGHT", exact=False)
    _style(document, "Table Head", HEI, size, align="CENTER", exact=False)
    _style(document, "Table Title", HEI, SIZE_3, align="LEFT", after=Pt(6))
    _style(document, "Table Note", FANGSONG, SIZE_5, align="LEFT", before=Pt(3), exact=False)
    _style(document, "Footer", SONG, SIZE_4, exact=False)
    _name_stand_ins(document)
    _speak_chinese(document)


def _style(
    document: Any,
    name: str,
    face: str,
    size: float,
    *,
    align: str = "JUSTIFY",
    indent: int = 0,
    before: int = 0,
    after: int = 0,
    exact: bool = True,
) -> None:
    """A paragraph style; `indent` in characters, `exact` for the standard's line spacing."""
    styles = document.styles
    style = styles[name] if name in styles else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    if name != "Normal":
        style.base_style = styles["Normal"]
    properties = style.element.get_or_add_rPr()
    for inherited in list(properties):  # the template's own colours, sizes and theme fonts
        properties.remove(inherited)
    fonts = OxmlElement("w:rFonts")
    for script, font in {"ascii": LATIN, "hAnsi": LATIN, "cs": LATIN, "eastAsia": face}.items():
        fonts.set(qn(f"w:{script}"), font)
    properties.append(fonts)
    style.font.size = Pt(size)
    paragraph = style.paragraph_format
    for border in style.element.findall(f".//{qn('w:pBdr')}"):
        border.getparent().remove(border)
    paragraph.alignment = getattr(WD_ALIGN_PARAGRAPH, align)
    paragraph.space_before, paragraph.space_after = before, after
    paragraph.first_line_indent = Pt(size * indent)
    if exact:
        paragraph.line_spacing_rule, paragraph.line_spacing = WD_LINE_SPACING.EXACTLY, max(LINE, Pt(size * 1.5))
    else:
        paragraph.line_spacing = 1.0


def _name_stand_ins(document: Any) -> None:
    part = document.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    fonts = "".join(
        f"<w:font w:name={quoteattr(face)}><w:altName w:val={quoteattr(others)}/></w:font>"
        for face, others in INSTEAD.items()
    )
    part._blob = f'<?xml version="1.0" encoding="UTF-8"?><w:fonts {nsdecls("w")}>{fonts}</w:fonts>'.encode()


def _speak_chinese(document: Any) -> None:
    """Which typeface and which line breaks Chinese characters have; the template's are Japanese."""
    for language in (
        *document.styles.element.iter(qn("w:lang")),
        *document.settings.element.iter(qn("w:themeFontLang")),
    ):
        language.set(qn("w:eastAsia"), "zh-CN")


def _set_page(section: Any, *, landscape: bool) -> None:
    short, long = Mm(210), Mm(297)
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (long, short) if landscape else (short, long)
    for side, size in (TURNED if landscape else MARGINS).items():
        setattr(section, side, Mm(size))
    section.footer_distance = section.bottom_margin - Mm(7 + 5)  # 7 mm below the text, and the number's own height


def _number_pages(section: Any) -> None:
    """— 1 —, odd pages at the right and even ones at the left, one character from the edge."""
    for footer, side in ((section.footer, "RIGHT"), (section.even_page_footer, "LEFT")):
        paragraph = footer.paragraphs[0]
        paragraph.style = "Footer"
        paragraph.alignment = getattr(WD_ALIGN_PARAGRAPH, side)
        paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(SIZE_4)
        paragraph.add_run("— ")
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), "PAGE")
        field.append(parse_xml(f"<w:r {nsdecls('w')}><w:t>1</w:t></w:r>"))
        paragraph._p.append(field)
        paragraph.add_run(" —")


class _Table:
    """The table of a sheet, measured: its rows as texts, in the largest type in which it fits the page.

    Raises:
        NoRoomError: there are more rows than anybody reads on paper, or no type is small enough.
    """

    def __init__(self, sheet: Sheet) -> None:
        layout = sheet.layout or {field.name: (field.name,) for field in sheet.fields}
        at = {field.name: position for position, field in enumerate(sheet.fields)}
        cells = [[at[name] for name in names] for names in layout.values()]
        self.heads = [sheet.fields[at[name]] for name in layout]
        self.tones = [at.get(head.tone) for head in self.heads]
        self.values = list(_bounded(sheet))
        self.rows = [[_texts(sheet.fields, cell, values) for cell in cells] for values in self.values]
        self.size, self.widths = self._fitted()

    def made(self) -> Any:
        table = parse_xml(_table_xml(self.widths))
        count = len(self.heads)
        headers = [[head.header] for head in self.heads]
        table.append(_row(headers, ["Table Head"] * count, self.widths, ["E8EEF4"] * count, head=True))
        styles = ["Table Number" if head.kind.is_number and not head.words else "Table Text" for head in self.heads]
        for texts, values in zip(self.rows, self.values, strict=True):
            fills = ["" if tone is None else FILLS.get(values[tone], "") for tone in self.tones]
            table.append(_row(texts, styles, self.widths, fills))
        return table

    def _fitted(self) -> tuple[float, list[int]]:
        """The size of the type, and the width of each column in twentieths of a point.

        Each column is given what it cannot break, then what is left by how much more it would take.
        """
        room = TABLE_WIDTH * 72 / 25.4 - len(self.heads) * 2 * PADDING  # points
        sizes = [size for size, most_columns in TABLE_SIZES.items() if len(self.heads) <= most_columns]
        # Rather a smaller type than a broken word, and rather a broken word than no document.
        for unbroken, size in itertools.product((_WORDS, _FIGURES), sizes):
            asked = [self._asked(position, head, unbroken) for position, head in enumerate(self.heads)]
            slack = room / (size / 2) - sum(least for least, _most in asked)
            if slack >= 0:
                more = [max(0, most - least) for least, most in asked]
                shares = [least + slack * part / (sum(more) or 1) for (least, _), part in zip(asked, more, strict=True)]
                return size, [round((room * share / sum(shares) + 2 * PADDING) * 20) for share in shares]
        raise NoRoomError(
            _("所选的 %(count)s 列在一页纸上排不下。请少选几列，或改用 XLSX、CSV。") % {"count": len(self.heads)}
        )

    def _asked(self, position: int, head: Field, unbroken: re.Pattern[str]) -> tuple[int, int]:
        """How many half-width characters a column needs so that no word breaks, and how many it takes at most."""
        cells = [row[position] for row in self.rows[:MEASURED]]
        parts = [head.header, *(part for cell in cells for part in cell)]
        words = [word for part in parts for word in [part[:SHORT_WORD], *unbroken.findall(part)]]
        longest = [_half_widths(head.header) // 2, *(_half_widths(" ".join(cell)) for cell in cells)]
        return max([NARROWEST, *(_half_widths(word) for word in words)]), min(WIDEST, max(longest))


def _bounded(sheet: Sheet) -> Generator[Sequence[Any]]:
    for number, values in enumerate(sheet.rows, 1):
        if number > MOST_ROWS:
            raise NoRoomError(
                _("DOCX 最多 %(most)s 行，本表超过此数。请缩小筛选范围，或改用 XLSX、CSV。") % {"most": MOST_ROWS}
            )
        yield values


def _texts(fields: Sequence[Field], cell: Sequence[int], values: Sequence[Any]) -> list[str]:
    """What one cell says, part by part as on the screen; a dash where nothing is set."""
    return [text for position in cell if (text := fields[position].text(values[position]))] or ["—"]


def _half_widths(text: str) -> int:
    """How wide a text is: a Chinese character takes two, a digit one."""
    return len(text.encode("gbk", "replace"))


def _table_xml(widths: Sequence[int]) -> str:
    border = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    margins = "".join(
        f'<w:{side} w:w="{round(size * 20)}" w:type="dxa"/>'
        for side, size in {"top": 1.5, "left": MARGIN, "bottom": 1.5, "right": MARGIN}.items()
    )
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{border}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>{margins}</w:tblCellMar>'
        f"</w:tblPr><w:tblGrid>{grid}</w:tblGrid></w:tbl>"
    )


def _row(
    texts: Sequence[Sequence[str]],
    styles: Sequence[str],
    widths: Sequence[int],
    fills: Sequence[str],
    *,
    head: bool = False,
) -> Any:
    cells = []
    for parts, style, width, fill in zip(texts, styles, widths, fills, strict=True):
        shading = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
        lines = [escape(_printable(line)) for line in " ".join(parts).splitlines()]
        runs = "<w:r><w:br/></w:r>".join(f'<w:r><w:t xml:space="preserve">{line}</w:t></w:r>' for line in lines)
        cells.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shading}<w:vAlign w:val="center"/></w:tcPr>'
            f'<w:p><w:pPr><w:pStyle w:val="{style.replace(" ", "")}"/></w:pPr>{runs}</w:p></w:tc>'
        )
    repeated = "<w:tblHeader/>" if head else ""
    return parse_xml(f"<w:tr {nsdecls('w')}><w:trPr><w:cantSplit/>{repeated}</w:trPr>{''.join(cells)}</w:tr>")


def _printable(text: str) -> str:
    """Without the control characters that XML cannot hold; line breaks and tabs become spaces."""
    return _CONTROL.sub(" ", text)
