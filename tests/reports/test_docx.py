"""What paper asks of a document beyond its layout: nothing lost, nothing misread, Chinese throughout."""

from __future__ import annotations

import io
from decimal import Decimal

import docx
import pytest
from docx.oxml.ns import qn

from reports.exports import Field, Kind, NoRoomError, Paragraph, as_docx
from tests.factories import ResponsibilityFactory, UpdateFactory
from tests.reports.test_exports import TEXT, written


def document_of(fields, rows, **more):
    return docx.Document(io.BytesIO(written("docx", fields, rows, **more)))


@pytest.mark.parametrize("name", ["𱍐村", "\ue815塘", "👨\u200d👩\u200d👧之家", "甲\u200b乙", "𠮷\u3000田"])
def test_a_rare_character_is_printed_as_it_is(name):
    (table,) = document_of([TEXT], [(name,)], opening=[Paragraph(name)]).tables
    assert table.rows[1].cells[0].text == name


def test_what_xml_cannot_hold_becomes_a_space_wherever_it_stands():
    document = document_of([TEXT], [("甲\x08乙\tb",)], opening=[Paragraph("税源\x01不足\n再说")])
    assert document.tables[0].rows[1].cells[0].text == "甲 乙 b"
    assert "税源 不足 再说" in [paragraph.text for paragraph in document.paragraphs]


@pytest.mark.django_db
def test_control_characters_in_what_a_unit_wrote_do_not_break_its_document(as_user, reporter, ledger, other_unit):
    """Word's soft line break comes along when text is pasted."""
    UpdateFactory(target=ledger["trees"], problem="第一行\x0b第二行", next_step="甲\x1f乙", value=1)
    ResponsibilityFactory(target=ledger["trees"], department=other_unit)
    page = as_user(reporter)
    assert page.get(f"/departments/{other_unit.code}/report.docx?as_of=2018-06").status_code == 200
    for query in ("columns=%00", "sort=%1B", "q=%0B"):
        assert page.get(f"/targets/view.docx?as_of=2018-06&{query}", follow=True).status_code == 200


def test_lines_stay_lines():
    (table,) = document_of([TEXT], [("状态：草稿 → 待审核\n提交时间：空 → 今天",)]).tables
    assert table.rows[1].cells[0].text.splitlines() == ["状态：草稿 → 待审核", "提交时间：空 → 今天"]


def test_chinese_is_set_and_broken_into_lines_as_chinese():
    document = document_of([TEXT], [("甲",)])
    languages = [
        *document.styles.element.iter(qn("w:lang")),
        *document.settings.element.iter(qn("w:themeFontLang")),
    ]
    assert {language.get(qn("w:eastAsia")) for language in languages} == {"zh-CN"}


def widths_and_size(columns: int) -> tuple[list[float], float]:
    fields = [Field(f"f{number}", f"列{number}", Kind.DECIMAL) for number in range(columns)]
    document = document_of(fields, [[Decimal("-12345.67")] * columns])
    points = [column.width.pt for column in document.tables[0].columns]
    return points, document.styles["Table Text"].font.size.pt


def test_the_type_grows_smaller_before_a_figure_would_break():
    sizes = []
    for columns in (4, 10, 14, 15):
        widths, size = widths_and_size(columns)
        assert sum(widths) <= as_docx.TABLE_WIDTH * 72 / 25.4 + 1
        # Nine half-width characters, the margins at both sides and the border.
        assert all(width >= 9 * size / 2 + 2 * as_docx.PADDING - 0.1 for width in widths)
        sizes.append(size)
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) >= 3


def test_words_of_another_language_are_not_broken_while_a_smaller_type_would_do():
    fields = [Field(f"f{number}", "Completion", Kind.TEXT) for number in range(10)]
    document = document_of(fields, [["Demonstration"] * 10])
    size = document.styles["Table Text"].font.size.pt
    assert size < 9
    assert all(
        column.width.pt >= len("Demonstration") * size / 2 + 2 * as_docx.PADDING - 0.1
        for column in document.tables[0].columns
    )


def test_more_columns_than_a_page_is_wide_are_refused_in_words():
    with pytest.raises(NoRoomError, match="所选的 40 列在一页纸上排不下"):
        widths_and_size(40)


def test_a_three_letter_word_has_room_for_its_border():
    fields = [Field(f"f{number}", "欠序时", Kind.TEXT) for number in range(17)]
    document = document_of(fields, [["已核验"] * 17])
    size = document.styles["Table Text"].font.size.pt
    assert all(column.width.pt >= 3 * size + 2 * as_docx.PADDING - 0.1 for column in document.tables[0].columns)
