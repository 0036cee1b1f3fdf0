"""What is uploaded is read as a person reads it, or refused with a sentence; nothing in it is run."""

from __future__ import annotations

import datetime as dt
import io
import random
import re
import struct
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import override
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tracker.models import ProgressUpdate
from tracker.spreadsheets import importing, reading
from tracker.spreadsheets.columns import COLUMNS, KEYS, heading, read_headings, read_month
from tracker.spreadsheets.reading import Unusable, read_tables


def workbook(*rows: list, formats: dict[str, str] | None = None, state: str = "visible") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "填报"
    for row in rows:
        sheet.append(row)
    for cell, number_format in (formats or {}).items():
        sheet[cell].number_format = number_format
    if state != "visible":
        sheet.sheet_state = state
        book.create_sheet("看得见的")
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rezipped(data: bytes, **members: bytes) -> bytes:
    """The archive with members added or replaced; double underscores stand for slashes, single ones for dots."""
    named = {name.replace("__", "/").replace("_", "."): content for name, content in members.items()}
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in named:
                new.writestr(name, old.read(name))
        for name, content in named.items():
            new.writestr(name, content)
    return file.getvalue()


def cells_of(data: bytes, name: str = "表.xlsx") -> list[str]:
    """The cells of the first row."""
    return read_tables(name, data)[0].rows[0][1]


def refusal(data: bytes, name: str = "表.xlsx") -> str:
    with pytest.raises(ValidationError) as caught:
        read_tables(name, data)
    return caught.value.messages[0]


# --- XLSX ---


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        ("文字", "General", "文字"),
        ("16.60", "@", "16.60"),  # a number typed into a text cell keeps its digits
        (16.6, "General", "16.6"),
        (0.1 + 0.2, "General", "0.3"),  # as the sheet shows it: fifteen digits
        (30.699999999999996, "0.0", "30.7"),
        (-42, "General", "-42"),
        (1e20, "General", "100000000000000000000"),
        (0.095, "0.0%", "9.5%"),  # what one types as 9.5% is stored as 0.095
        (0.095, '0.000" %"', "0.095"),  # that sign is only printed
        (dt.date(2018, 6, 30), "yyyy-mm", "2018-06-30"),
        (dt.datetime(2018, 7, 5, 9, 20), "yyyy-mm-dd hh:mm", "2018-07-05 09:20:00"),
        (True, "General", "True"),
        ("'-42", "General", "-42"),  # defused by an export
        ("'引'", "General", "'引'"),
        (None, "General", ""),
    ],
)
def test_a_cell_is_read_as_the_sheet_shows_it(value, number_format, text):
    assert cells_of(workbook(["首", value], formats={"B1": number_format}))[1] == text


def test_a_formula_is_not_run_and_its_old_result_not_taken():
    cell = cells_of(workbook(["首", "=1+1"]))[1]
    assert isinstance(cell, Unusable)
    assert "公式" in cell


def test_an_error_value_says_what_it_is():
    cell = cells_of(workbook(["首", "#DIV/0!"]))[1]
    assert isinstance(cell, Unusable)
    assert "#DIV/0!" in cell


def test_rows_keep_the_numbers_that_stand_beside_them():
    table = read_tables("表.xlsx", workbook(["一"], [], ["三"]))[0]
    assert [number for number, _cells in table.rows] == [1, 3]


def test_a_hidden_sheet_is_not_read():
    assert [table.name for table in read_tables("表.xlsx", workbook(["一"], state="hidden"))] == ["看得见的"]


def test_a_sheet_that_states_a_wrong_size_is_read_whole():
    data = workbook(["一", "二"], ["三", "四"])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    wrong = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', sheet)
    assert wrong != sheet
    tables = read_tables("表.xlsx", rezipped(data, xl__worksheets__sheet1_xml=wrong))
    assert [cells[:2] for _number, cells in tables[0].rows] == [["一", "二"], ["三", "四"]]


def test_a_macro_workbook_is_refused_by_name_and_by_content():
    assert "宏" in refusal(workbook(["一"]), "表.xlsm")
    assert "宏" in refusal(rezipped(workbook(["一"]), xl__vbaProject_bin=b"macro"))


def test_an_old_workbook_and_an_encrypted_one_are_told_apart():
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    assert "旧版" in refusal(ole, "表.xls")
    assert "密码" in refusal(ole + "EncryptedPackage".encode("utf-16-le"))


def test_another_archive_and_another_kind_of_file_are_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "")
    assert "不是 Excel" in refusal(file.getvalue())
    assert "XLSX 或 CSV" in refusal(b"%PDF-1.7", "表.pdf")
    assert "空的" in refusal(b"")


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr("openpyxl.load_workbook", lambda *args, **kwargs: pytest.fail("unpacked"))
    bomb = rezipped(workbook(["一"]), xl__worksheets__sheet1_xml=bytes(reading.LARGEST_UNPACKED + 1))
    assert len(bomb) < 200_000
    assert "过大" in refusal(bomb)
    many = rezipped(workbook(["一"]), **{f"x{number}": b"" for number in range(reading.MOST_MEMBERS)})
    assert "过大" in refusal(many)


def test_a_bomb_that_lies_about_its_size_is_only_a_damaged_file():
    bomb = bytearray(rezipped(workbook(["一"]), xl__worksheets__sheet1_xml=bytes(10_000_000)))
    assert "过大" in refusal(bytes(bomb))
    # The declared size stands in the central directory and in the member's own header.
    while (at := bomb.find(struct.pack("<I", 10_000_000))) >= 0:
        bomb[at : at + 4] = struct.pack("<I", 1000)
    assert "损坏" in refusal(bytes(bomb))


def test_entities_are_not_expanded():
    lol = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    sheet = lol + (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        b'<c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
    )
    assert "损坏" in refusal(rezipped(workbook(["一"]), xl__worksheets__sheet1_xml=sheet))


def test_a_row_far_down_is_refused_by_its_number_and_one_beyond_every_sheet_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(reading, "LAST_ROW", 2 * reading.MOST_ROWS)

    def sheet(number: int) -> bytes:
        return (
            b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            b'<row r="%d"><c t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>' % number
        )

    last = rezipped(workbook(["一"]), xl__worksheets__sheet1_xml=sheet(reading.MOST_ROWS + 1))
    assert f"最多 {reading.MOST_ROWS} 行" in refusal(last)
    beyond = rezipped(workbook(["一"]), xl__worksheets__sheet1_xml=sheet(10**15))
    assert read_tables("表.xlsx", beyond)[0].rows == []


def test_what_is_too_large_is_refused():
    assert "5 MB" in refusal(bytes(reading.LARGEST + 1), "表.csv")
    assert f"最多 {reading.MOST_ROWS} 行" in refusal(b"x\n" * (reading.MOST_ROWS + 1), "表.csv")


# --- CSV ---


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_a_csv_is_read_in_every_encoding_that_is_in_use(encoding):
    assert cells_of("代码,完成值\r\n".encode(encoding), "表.csv") == ["代码", "完成值"]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_csv_is_read_with_the_delimiter_that_it_has(delimiter):
    text = delimiter.join(["代码", '"一, 二; 三"', "５０"])
    assert cells_of(f"{text}\n".encode(), "表.csv") == ["代码", "一, 二; 三", "５０"]


def test_a_text_may_hold_lines_and_quotes():
    table = read_tables("表.csv", '代码,说明\r\nx,"一\r\n""二"""\r\ny,三\r\n'.encode())[0]
    assert [(number, cells) for number, cells in table.rows] == [
        (1, ["代码", "说明"]),
        (2, ["x", '一\r\n"二"']),
        (3, ["y", "三"]),
    ]


def test_what_an_export_defused_is_read_back():
    assert cells_of(b"'=x,'-5,'@a,'b,-42\n", "表.csv") == ["=x", "-5", "@a", "'b", "-42"]


def test_a_formula_in_a_csv_is_refused_too():
    assert isinstance(cells_of(b"x,=1+1\n", "表.csv")[1], Unusable)


@pytest.mark.parametrize(
    ("data", "word"),
    [(b"\x81\xff\xff", "编码"), (b"a\0b,c", "文本"), (b'a,"b\n', "第 1 行"), (b"\xff\xfe\x00\xd8,", "编码")],
)
def test_a_csv_that_cannot_be_read_is_refused(data, word):
    assert word in refusal(data, "表.csv")


# --- whatever comes ---

FEW = examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def is_read_or_refused(name: str, data: bytes) -> None:
    try:
        importing.read_rows(read_tables(name, data))
    except ValidationError as error:
        refusals = error.messages
    else:
        return
    assert all(re.search(r"[\u4e00-\u9fff].*。$", sentence) for sentence in refusals)


@FEW
@given(st.sampled_from(["表.xlsx", "表.csv", "表.txt", "表", "a.xlsm", ".csv"]), st.binary(max_size=300))
def test_random_bytes_are_read_or_refused(name, data):
    is_read_or_refused(name, data)
    is_read_or_refused(name, b"PK\x03\x04" + data)
    is_read_or_refused(name, "代码,报告期\r\n".encode("gbk") + data)


@FEW
@given(st.integers(min_value=0), st.integers(min_value=0, max_value=2**32))
def test_a_truncated_or_damaged_workbook_is_read_or_refused(at, seed):
    data = SOUND
    is_read_or_refused("表.xlsx", data[: at % len(data)])
    damaged = bytearray(data)
    for _ in range(5):
        damaged[random.Random(seed).randrange(len(data))] = seed % 256
    is_read_or_refused("表.xlsx", bytes(damaged))


@FEW
@given(st.sampled_from(["sheetData", "row", "<c ", "<v>", 't="', 'r="', "ref=", "</"]), st.text(max_size=8))
def test_a_sheet_with_damaged_xml_is_read_or_refused(part, instead):
    with zipfile.ZipFile(io.BytesIO(SOUND)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    broken = sheet.replace(part, instead).encode("utf-8", "surrogatepass")
    is_read_or_refused("表.xlsx", rezipped(SOUND, xl__worksheets__sheet1_xml=broken))


SOUND = workbook(["代码", "报告期", "完成值"], ["gdp", "2018-06", 50], ["gdp", dt.date(2018, 7, 31), "=1+1"])


# --- headings, months, addresses ---


@pytest.mark.parametrize("text", ["完成值", "完成值\n（亿元）", " 完成值 (万元) ", "value", "Value", "Ｖａｌｕｅ"])
def test_a_column_is_known_by_any_of_its_names(text):
    assert read_headings(["代码", "报告期", text]) == {"code": 0, "period": 1, "value": 2}


@pytest.mark.parametrize("text", ["完成值说明", "目标值", ""])
def test_another_column_is_not_read(text):
    assert read_headings(["代码", "报告期", text]) == {"code": 0, "period": 1}


def test_english_headings_are_known_whatever_language_the_person_reads():
    with override("en"):
        label = str(ProgressUpdate._meta.get_field("problem").verbose_name)
    assert label != "存在问题"
    assert read_headings(["code", "period", label]) == {"code": 0, "period": 1, "problem": 2}


def test_no_two_columns_go_by_the_same_name_in_any_language():
    columns = COLUMNS
    for code, _name in settings.LANGUAGES:
        with override(code):
            labels = [heading(str(label)) for labels in KEYS.values() for label in labels]
            labels += [heading(column.label) for column in columns.values()]
            assert len(labels) == len(set(labels))
            assert read_headings(
                [*map(str, (KEYS["code"][0], KEYS["period"][0])), *(c.label for c in columns.values())]
            )


def test_a_column_that_is_there_twice_is_refused():
    with pytest.raises(ValidationError, match="两次"):
        read_headings(["代码", "报告期", "完成值", "完成值（亿元）"])


@pytest.mark.parametrize(
    "text",
    [
        *("2018-06", "2018-6", "2018/06", "2018.6", "2018年6月", "２０１８年６月", "201806", "20180601", "2018-06-30"),
        *("2018年6月30日", "2018-06-15 00:00:00", "43281", " 2018-06 "),
    ],
)
def test_a_month_is_read_however_a_spreadsheet_writes_it(text):
    assert read_month(text) == dt.date(2018, 6, 30)


@pytest.mark.parametrize(
    "text", ["", "六月", "2018-13", "2018-06-31", "99999999", "2018", "6", "2018-06-", "-1", "0-0"]
)
def test_what_is_no_month_is_refused(text):
    with pytest.raises(ValidationError, match="不是报告期"):
        read_month(text)


@pytest.mark.parametrize(("position", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_named_as_the_spreadsheet_names_them(position, letters):
    assert importing.letter(position) == letters


def test_decimals_never_pass_through_a_float():
    assert Decimal(cells_of(workbook(["首", 123456789012.5]))[1]) == Decimal("123456789012.5")
