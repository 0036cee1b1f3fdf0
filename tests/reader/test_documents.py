"""The files in which a report comes give the same text, and what cannot be read says why and what to do."""

from __future__ import annotations

import codecs
import io
import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls

from tests.reader import papers
from tracker.reader.documents import DocumentError, read
from tracker.reader.report import read_report

REPORT = Path(__file__).with_name("invented").joinpath("report.txt").read_text(encoding="utf-8")
#: What is printed says nothing of a space between Chinese characters.
PRINTED = REPORT.strip().replace(" ", "")
SENTENCE = "全年实现地区生产总值412.6亿元，增长6.3%。"


def proposals(data: bytes, name: str = "") -> list[dict[str, object]]:
    """Return what is proposed, without what depends on the text's places."""
    document = read(data, name)
    report = read_report(document.text, levels=document.levels)
    placed = ("offset", "value_offset", "growth_offset", "paragraph")
    return [{k: v for k, v in p.as_json().items() if k not in placed} for p in report.proposals]


# ----------------------------------------------------------------------------------------------- one text, four files


@pytest.mark.parametrize("make", [papers.word, papers.webpage, papers.pdf])
def test_every_kind_of_file_gives_the_same_proposals(make):
    assert proposals(make(REPORT)) == proposals(REPORT.encode())


@pytest.mark.parametrize(
    "encoded",
    [
        REPORT.encode(),
        codecs.BOM_UTF8 + REPORT.encode(),
        REPORT.encode("gb18030"),
        REPORT.encode("utf-16"),
    ],
    ids=["UTF-8", "UTF-8 with a mark", "GB18030", "UTF-16"],
)
def test_a_text_file_is_read_in_any_encoding_of_an_office(encoded):
    assert read(encoded, "report.txt").text == REPORT


# ----------------------------------------------------------------------------------------------- Word


def test_a_table_is_read_row_by_row_with_a_tab_between_cells():
    document = docx.Document()
    document.add_paragraph("主要指标：")
    table = document.add_table(rows=2, cols=3)
    for row, cells in zip(table.rows, (("指标", "目标", "单位"), ("粮食产量", "18.5", "万吨")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.add_paragraph("以上。")
    assert read(papers.saved(document)).text == "主要指标：\n指标\t目标\t单位\n粮食产量\t18.5\t万吨\n以上。"


def test_headings_have_the_levels_of_their_styles():
    document = docx.Document()
    document.add_paragraph("工作回顾", style="Heading 1")
    document.add_paragraph(SENTENCE)
    document.add_paragraph("产业升级", style="Heading 2")
    assert read(papers.saved(document)).levels == {0: 1, 2: 2}


def test_headings_keep_their_levels_where_debris_before_them_is_dropped():
    document = docx.Document()
    for text, style in (
        ("第 1 页 共 9 页", None),
        ("2023年回顾", "Heading 1"),
        (SENTENCE, None),
        ("— 2 —", None),
        ("产业怎样升级", "Heading 2"),
        (SENTENCE, None),
    ):
        document.add_paragraph(text, style=style)
    read_back = read(papers.saved(document))
    headings = read_report(read_back.text, plan_year=2024, levels=read_back.levels).headings
    assert [(heading.title, heading.level) for heading in headings] == [("2023年回顾", 1), ("产业怎样升级", 2)]


NUMBERING = f"""<w:abstractNum {nsdecls("w")} w:abstractNumId="77">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl>
</w:abstractNum>"""


def test_numbers_that_word_only_draws_are_read():
    document = docx.Document()
    numbering = document.part.numbering_part.element
    numbering.insert(0, parse_xml(NUMBERING))
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="78"><w:abstractNumId w:val="77"/></w:num>'))
    for text, level in (("回顾", 0), ("产业", 1), ("城乡", 1), ("安排", 0), ("项目", 1)):
        properties = document.add_paragraph(text)._p.get_or_add_pPr()
        properties.append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="78"/></w:numPr>')
        )
    assert read(papers.saved(document)).text == "一、回顾\n1.产业\n2.城乡\n二、安排\n1.项目"


def test_raised_digits_are_marks_of_notes_and_never_run_into_a_number():
    document = docx.Document()
    paragraph = document.add_paragraph("实现地区生产总值")
    paragraph.add_run("1").font.superscript = True
    paragraph.add_run("412.6亿元，建成区面积20km")
    paragraph.add_run("2").font.superscript = True
    assert read(papers.saved(document)).text == "实现地区生产总值[1]412.6亿元，建成区面积20km²"


def test_revisions_are_read_as_accepted():
    document = docx.Document()
    paragraph = document.add_paragraph("新增学位")
    for tag, text_tag, text in (("w:del", "w:delText", "2000"), ("w:ins", "w:t", "2800")):
        change, run, words = OxmlElement(tag), OxmlElement("w:r"), OxmlElement(text_tag)
        words.text = text
        run.append(words)
        change.append(run)
        paragraph._p.append(change)
    paragraph.add_run("个。")
    assert read(papers.saved(document)).text == "新增学位2800个。"


# ----------------------------------------------------------------------------------------------- web pages


def test_a_page_gives_its_article_without_menus_scripts_and_footers():
    text = read(papers.webpage(REPORT)).text
    assert text.startswith("临澜区人民政府工作报告\n")
    assert not [words for words in ("首页", "10086", "345", "分享到", "备案", "2022年政府工作报告") if words in text]


def test_a_page_in_gb18030_says_so_itself_or_is_found_out():
    page = papers.webpage(REPORT).decode()
    declared = page.replace('charset="utf-8"', 'charset="gb2312"')
    assert read(declared.encode("gb18030")).text == read(page.encode()).text
    assert read(page.replace('<meta charset="utf-8">', "").encode("gb18030")).text == read(page.encode()).text


def test_a_page_that_is_one_form_keeps_its_article():
    page = papers.webpage(REPORT).decode()
    form = page.replace("<body>", '<body><form id="site"><table><tr><td>').replace(
        "</body>", "</td></tr></table></form></body>"
    )
    assert "412.6亿元" in read(form.encode()).text


def test_lines_within_a_paragraph_raised_notes_and_tables_of_a_page():
    page = (
        f"<html><body><div><p>{SENTENCE}<br>增长<sup>[2]</sup>9.4%，<b>其中</b>\n工业增长8%。</p><h2>附表</h2>"
        "<table><tr><td>粮食 产量</td><td>18.5</td></tr></table></div></body></html>"
    )
    document = read(page.encode())
    assert document.text == f"{SENTENCE}\n增长[2]9.4%，其中 工业增长8%。\n附表\n粮食产量\t18.5"
    assert document.levels == {2: 2}


def test_an_archive_of_a_page_is_read_too():
    page = papers.webpage(REPORT)
    archive = (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + page + b"\r\n--b--\r\n"
    )
    assert read(archive, "report.mht").text == read(page).text


# ----------------------------------------------------------------------------------------------- PDF


def test_the_lines_of_a_pdf_are_paragraphs_again_without_titles_and_numbers_of_pages():
    assert read(papers.pdf(REPORT)).text == PRINTED


def test_a_page_without_a_text_layer_is_named_in_a_warning():
    document = read(papers.pdf(REPORT, pictures=1))
    assert document.text == PRINTED
    assert "第 1 页没有文字层" in document.warnings[0]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: papers.scan(), "扫描件"),
        (lambda: papers.pdf(REPORT, columns=2), "多栏"),
        (lambda: papers.pdf(REPORT)[:900], "PDF 文件已损坏"),
        (lambda: b"%PDF-1.4\n", "PDF 文件已损坏"),
        (lambda: b"", "没有文字"),
        (lambda: codecs.BOM_UTF8 + b" \n", "没有文字"),
        (lambda: b"\x7fELF\x02\x01\x01\x00\x00" * 9, "不是文本"),
        (lambda: "工作報告與責任".encode("big5") * 30, "编码无法识别"),
        (lambda: bytes(range(128, 256)) * 9, "编码无法识别"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 99, "另存为 DOCX"),
        (lambda: b"{\\rtf1 \\ansi}", "RTF"),
        (lambda: b"\x89PNG\r\n\x1a\n" + b"\x00" * 20, "图片"),
        (lambda: archive("OFD.xml"), "OFD"),
        (lambda: archive("xl/workbook.xml"), "表格"),
        (lambda: archive("word/document.xml"), "DOCX 文件已损坏"),
        (lambda: b"PK\x03\x04" + b"\x00" * 60, "DOCX 文件已损坏"),
        (lambda: b"<html><body><script>var a = 1;</script></body></html>", "没有找到正文"),
        (lambda: b"0" * (50 * 2**20 + 1), "50 MB"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_to_do(make, sentence):
    with pytest.raises(DocumentError, match=sentence) as refused:
        read(make(), "report.txt")
    assert str(refused.value).endswith("。")


def archive(name: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr(name, "<a/>")
    return stream.getvalue()


def test_a_bomb_of_an_archive_is_refused_before_it_is_unpacked():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("word/document.xml", b"0" * (201 * 2**20))
    with pytest.raises(DocumentError, match="200 MB"):
        read(stream.getvalue())
