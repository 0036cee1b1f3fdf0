"""What the writers write, what a file carries besides its cells, and what becomes of one that fails."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import itertools
import json
import time
import zipfile
from decimal import Decimal
from urllib.parse import unquote
from wsgiref.handlers import BaseCGIHandler

import docx
import openpyxl
import psycopg
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, transaction
from django.db.models import (
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    Func,
    IntegerField,
    Value,
)
from django.db.models.functions import Cast
from django.utils import timezone, translation

from reports import copying
from reports.exports import FORMATS, Field, Kind, NoRoomError, Paragraph, Sheet, as_docx, as_xlsx
from reports.views import TargetExport
from tests.factories import AnnualResultFactory, TargetFactory
from tracker.assessment import Light
from tracker.models import Department, Margins, PlanYear
from tracker.models.fields import PrintedDecimalField

TEXT = Field("text", "文字", Kind.TEXT)
NUMBER = Field("number", "数", Kind.DECIMAL)
COLUMNS = {
    Kind.TEXT: CharField(),
    Kind.INTEGER: IntegerField(),
    Kind.DECIMAL: PrintedDecimalField(),
    Kind.PERCENT: PrintedDecimalField(),
    Kind.POINTS: PrintedDecimalField(),
    Kind.DATE: DateField(),
    Kind.MONTH: DateField(),
    Kind.INSTANT: DateTimeField(),
    Kind.FLAG: BooleanField(),
}


def body(response) -> bytes:
    assert response.status_code == 200
    return b"".join(response)


def read_csv(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def read_xlsx(content: bytes):
    return openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]


def sheet(fields: list[Field], rows, **more) -> Sheet:
    return Sheet("标题", ["截至：2018年6月"], fields, (row for row in rows), "没有记录。", "不完整。", **more)


def written(kind: str, fields: list[Field], rows: list, **more) -> bytes:
    """A file of rows in memory, for the formats that are written here."""
    return b"".join(FORMATS[kind].write(sheet(fields, rows, **more)))


@pytest.fixture
def by_database(unit):
    """`by_database("csv", fields, values)`: a file of one row, for the formats that the database writes."""

    def write(kind: str, fields: list[Field], values: list, **more) -> bytes:
        cells = {
            f"x{at}": Cast(Value(value, output_field=COLUMNS[field.kind]), COLUMNS[field.kind])
            for at, (field, value) in enumerate(zip(fields, values, strict=True))
        }
        rows = Department.objects.filter(pk=unit.pk).annotate(**cells).values_list(*cells)
        read = copying.csv_records if kind == "csv" else copying.json_lines
        return b"".join(FORMATS[kind].write(sheet(fields, read(rows, fields), **more)))

    return write


# --- the writers ---


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_csv_defuses_text_that_a_spreadsheet_would_run(by_database, text):
    assert read_csv(by_database("csv", [TEXT], [text]))[1] == [f"'{text}"]


def test_csv_leaves_negative_numbers_and_harmless_text_alone(by_database):
    row = read_csv(
        by_database("csv", [TEXT, TEXT, NUMBER, NUMBER], ["税收 -42", "a=b", Decimal(-42), Decimal("-0.50")])
    )[1]
    assert row == ["税收 -42", "a=b", "-42", "-0.50"]


def test_csv_is_as_rfc_4180_has_it(by_database):
    texts = ['a,"b"', "两\n行", "；", "\\N", "\\."]
    content = by_database("csv", [TEXT] * 5, texts)
    assert read_csv(content)[1] == texts
    assert content.endswith(b"\r\n")
    assert content.count(b"\r\n") == 2, "a line break within a text stays as it was typed"


def test_csv_goes_without_its_mark_on_request(by_database):
    assert by_database("csv", [TEXT], ["进度"], bom=False) == "文字\r\n进度\r\n".encode()


def test_words_stand_in_for_codes_and_are_defused_too(by_database):
    field = Field("x", "某列", Kind.TEXT, {"a": "=甲", "b": ""})
    assert read_csv(by_database("csv", [field, field, field], ["a", "b", "c"]))[1] == ["'=甲", "", "c"]


@pytest.mark.parametrize(
    ("kind", "value", "in_csv", "in_json"),
    [
        (Kind.TEXT, "改厕", "改厕", "改厕"),
        (Kind.TEXT, "", "", None),
        (Kind.TEXT, '引号"\\反斜杠\n\t换行%s', '引号"\\反斜杠\n\t换行%s', '引号"\\反斜杠\n\t换行%s'),
        (Kind.DECIMAL, Decimal("9500"), "9500", "9500"),
        (Kind.DECIMAL, Decimal("614.80"), "614.80", "614.80"),
        (Kind.DECIMAL, Decimal("1E+3"), "1000", "1000"),
        (Kind.DECIMAL, Decimal("0"), "0", "0"),
        (Kind.DECIMAL, None, "", None),
        (Kind.PERCENT, Decimal("38.79"), "38.79", "38.79"),
        (Kind.POINTS, Decimal("-11.21"), "-11.21", "-11.21"),
        (Kind.INTEGER, 2018, "2018", 2018),
        (Kind.MONTH, dt.date(2018, 6, 30), "2018-06", "2018-06"),
        (Kind.DATE, dt.date(2018, 12, 31), "2018-12-31", "2018-12-31"),
        (Kind.INSTANT, dt.datetime(2018, 7, 4, 16, tzinfo=dt.UTC), "2018-07-05 00:00:00", "2018-07-05T00:00:00+08:00"),
        (Kind.INSTANT, None, "", None),
    ],
)
def test_each_kind_of_value_in_csv_and_json(by_database, kind, value, in_csv, in_json):
    field = Field("x", "某列", kind)
    assert read_csv(by_database("csv", [field], [value]))[1:] == [[in_csv] if in_csv else []]
    assert json.loads(by_database("json", [field], [value])) == [{"x": in_json}]
    assert json.loads(by_database("jsonl", [field], [value])) == {"x": in_json}


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York", "UTC"])
def test_an_instant_names_its_offset_wherever_the_office_is(by_database, settings, zone):
    settings.TIME_ZONE = zone
    moment = dt.datetime(2018, 7, 4, 16, 0, 0, 123456, tzinfo=dt.UTC)
    with timezone.override(zone):
        (record,) = json.loads(by_database("json", [Field("x", "时", Kind.INSTANT)], [moment]))
        assert record["x"] == timezone.localtime(moment).isoformat()


def test_lists_and_lines_of_json_hold_the_same_objects(db):
    Department.objects.bulk_create(
        Department(code=f"d{number}", name=f"很长很长很长很长很长的单位{number}") for number in range(3000)
    )
    rows = Department.objects.order_by("pk").values_list("name")
    objects = {}
    for kind in ("json", "jsonl"):
        pieces = list(FORMATS[kind].write(sheet([TEXT], copying.json_lines(rows, [TEXT]))))
        assert len(pieces) > 2, "in pieces"
        objects[kind] = b"".join(pieces)
    assert json.loads(objects["json"]) == [json.loads(line) for line in objects["jsonl"].splitlines()]
    assert len(objects["jsonl"].splitlines()) == 3000


def test_title_and_notes_join_a_machines_file_on_request(by_database):
    notes = {"title": "标题", "notes": ["截至：2018年6月"]}
    content = by_database("json", [TEXT], ["甲"], with_notes=True)
    assert json.loads(content) == {**notes, "rows": [{"text": "甲"}]}
    first, second = by_database("jsonl", [TEXT], ["甲"], with_notes=True).splitlines()
    assert (json.loads(first), json.loads(second)) == (notes, {"text": "甲"})
    rows = read_csv(by_database("csv", [TEXT, NUMBER], ["甲", None], with_notes=True))
    assert rows == [["标题", ""], ["截至：2018年6月", ""], ["文字", "数"], ["甲", ""]]


def test_xlsx_types_its_cells():
    fields = [
        TEXT,
        NUMBER,
        Field("p", "点", Kind.POINTS),
        Field("m", "月", Kind.MONTH),
        Field("i", "时", Kind.INSTANT),
        Field("y", "年", Kind.INTEGER),
    ]
    moment = dt.datetime(2018, 7, 4, 16, tzinfo=dt.UTC)
    rows = [("=1+1", Decimal("1234.50"), Decimal("-11.21"), dt.date(2018, 6, 30), moment, 2018), (None,) * 6]
    page = read_xlsx(written("xlsx", fields, rows))
    cells = page[4]
    assert [cell.value for cell in cells] == [
        "=1+1", 1234.5, -11.21, dt.datetime(2018, 6, 30), dt.datetime(2018, 7, 5), 2018,
    ]  # fmt: skip
    assert cells[0].data_type == "s", "text stays text"
    assert [cell.number_format for cell in cells[1:]] == [
        "#,##0.00", "+0.00;-0.00;0.00", "yyyy-mm", "yyyy-mm-dd hh:mm", "0",
    ]  # fmt: skip
    assert [cell.value for cell in page[5]] == [None] * 6


def test_xlsx_takes_no_text_for_a_formula_a_link_or_a_number():
    texts = ['=HYPERLINK("http://x")', "http://example.org", "mailto:a@b", "00123", "{=1}", "internal:a!A1"]
    page = read_xlsx(written("xlsx", [TEXT], [(text,) for text in texts]))
    cells = [page.cell(row, 1) for row in range(4, 4 + len(texts))]
    assert [cell.value for cell in cells] == texts
    assert all(cell.data_type == "s" and cell.hyperlink is None for cell in cells)


def test_xlsx_keeps_every_character_of_a_text():
    texts = ["<r>删去</r>", "a & b &lt; c", " 两头有空格 ", "两\n行", "\t制表", "全角空格\u3000", "𠮷"]
    content = written("xlsx", [TEXT], [(text,) for text in texts])
    page = read_xlsx(content)
    assert [page.cell(row, 1).value for row in range(4, 4 + len(texts))] == texts
    xml = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert '<t xml:space="preserve"> 两头有空格 </t>' in xml, "without which Excel drops them"


def test_xlsx_writes_what_xml_cannot_hold_as_the_format_has_it():
    page = read_xlsx(written("xlsx", [TEXT], [("a\r\x0b\uffff",), ("_x000D_ 是原文",)]))
    assert page["A4"].value == "a_x000D__x000B__xFFFF_"
    assert page["A5"].value == "_x005F_x000D_ 是原文"


@pytest.mark.parametrize(("sign", "most"), [("长", 32_766), ("𠮷", 16_383)])  # the second takes two of UTF-16's units
def test_xlsx_keeps_what_it_can_of_a_text_that_is_too_long_for_a_cell(sign, most):
    page = read_xlsx(written("xlsx", [TEXT], [(sign * 40_000,), ("长" * 32_767,)]))
    assert page["A4"].value == sign * most + "…"
    assert page["A5"].value == "长" * 32_767


@pytest.mark.parametrize(
    ("figure", "number_format"),
    [("614.8", "#,##0.0"), ("-0.000001", "#,##0.000000"), ("1E+3", "#,##0"), (f"0.{'1' * 20}", f"#,##0.{'0' * 15}")],
)
def test_xlsx_shows_a_figure_with_the_decimals_it_was_printed_with(figure, number_format):
    cell = read_xlsx(written("xlsx", [NUMBER], [(Decimal(figure),)]))["A4"]
    assert cell.number_format == number_format
    assert cell.value == pytest.approx(float(figure))


def test_xlsx_is_ready_to_read_and_to_print():
    fields = [TEXT, Field("light", "灯", Kind.TEXT, {"red": "红灯"}, tone="light")]
    page = read_xlsx(written("xlsx", fields, [("很长的名称" * 20, "red")]))
    assert [page["A1"].value, page["A2"].value, page["A3"].value] == ["标题", "截至：2018年6月", "文字"]
    assert page.freeze_panes == "B4"
    assert page.auto_filter.ref == "A3:B4"
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert page.print_title_rows == "$3:$3"
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page["B4"].value == "红灯"
    assert page["B4"].fill.fgColor.rgb == "FFF9DCD8"
    assert 7 < page.column_dimensions["A"].width < 40
    assert "&P" in page.oddFooter.center.text


@pytest.mark.parametrize("limits", [{"MOST_ROWS": 3}, {"MOST_BYTES": 1_000}])
def test_xlsx_goes_on_with_another_sheet_where_one_is_full(monkeypatch, limits):
    for name, most in {**limits, "BATCH": 3}.items():
        monkeypatch.setattr(as_xlsx, name, most)
    content = written("xlsx", [TEXT], [(str(number),) for number in range(7)], rules=[("规则", ["句子"])])
    *pages, rules = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    assert [page.title for page in (*pages, rules)] == ["标题", "标题（续2）", "标题（续3）", "说明"]
    assert [row[0].value for page in pages for row in page.iter_rows(min_row=4)] == ["0", "1", "2", "3", "4", "5", "6"]
    assert [page.auto_filter.ref for page in pages] == ["A3:A6", "A3:A6", "A3:A4"]
    assert {page["A3"].value for page in pages} == {"文字"}
    assert "句子" in [row[0].value for row in rules]


def test_xlsx_is_whole_for_readers_that_take_it_part_by_part():
    content = written("xlsx", [TEXT, NUMBER], [(str(number), Decimal(number)) for number in range(1_200)])
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    assert all(part.extract_version < zipfile.ZIP64_VERSION for part in archive.infolist()), "Excel mistrusts ZIP64"
    page = openpyxl.load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
    rows = list(page.iter_rows(min_row=4, values_only=True))
    assert rows == [(str(number), number) for number in range(1_200)]


def test_xlsx_leaves_while_its_rows_are_read():
    reading = 0

    def rows():
        nonlocal reading
        for reading in range(1, 5_001):
            yield (hashlib.sha256(b"%d" % reading).hexdigest(),)

    sizes, read = [], []
    for piece in FORMATS["xlsx"].write(sheet([TEXT], rows())):
        sizes.append(len(piece))
        read.append(reading)
    assert read[0] == as_xlsx.MEASURED, "the first piece leaves as soon as the widths are known"
    assert all(later - sooner <= as_xlsx.BATCH for sooner, later in itertools.pairwise(read))
    assert max(sizes) < sum(sizes) / 5, "and the others follow steadily"


def test_a_document_follows_the_standard_for_official_ones():
    fields = [TEXT, NUMBER, Field("light", "灯", Kind.TEXT, {"red": "红灯"}, tone="light")]
    rows = [("两\n行\x0b与控制符", Decimal("-1234.50"), "red"), (None, None, "red")]
    document = docx.Document(io.BytesIO(written("docx", fields, rows, opening=[Paragraph("截至6月，共 2 项。")])))
    (section,) = document.sections
    assert [round(length.mm) for length in (section.page_width, section.page_height)] == [297, 210]
    assert [round(side.mm) for side in (section.top_margin, section.left_margin)] == [28, 35]
    styles = document.styles
    fonts = {name: styles[name].element.rPr.rFonts.get(docx.oxml.ns.qn("w:eastAsia")) for name in ("Title", "Normal")}
    assert fonts == {"Title": "方正小标宋简体", "Normal": "仿宋_GB2312"}
    assert (styles["Title"].font.size.pt, styles["Normal"].font.size.pt) == (22, 16)
    assert [paragraph.text for paragraph in document.paragraphs[:2]] == ["标题", "截至6月，共 2 项。"]
    (table,) = document.tables
    assert [cell.text for cell in table.rows[1].cells] == ["两\n行\n与控制符", "-1234.50", "红灯"]
    assert [cell.text for cell in table.rows[2].cells] == ["—", "—", "红灯"]
    assert all("cantSplit" in row._tr.xml for row in table.rows), "no row is split"
    assert ["tblHeader" in row._tr.xml for row in table.rows] == [True, False, False], "the header is repeated"
    assert "PAGE" in section.footer._element.xml
    assert section.footer.paragraphs[0].text.startswith("— ")


def test_a_document_with_headings_is_upright_and_its_table_follows_on_turned_pages():
    opening = [Paragraph("一、总体情况", is_heading=True), Paragraph("共 1 项。")]
    document = docx.Document(io.BytesIO(written("docx", [TEXT], [("甲",)], opening=opening)))
    upright, turned = document.sections
    assert [round(side.mm) for side in (upright.top_margin, upright.bottom_margin)] == [37, 35]
    assert [round(side.mm) for side in (upright.left_margin, upright.right_margin)] == [28, 26]
    assert turned.page_width > turned.page_height
    assert document.paragraphs[1].style.name == "Heading 1"


def test_a_document_of_more_rows_than_anybody_reads_is_refused(monkeypatch):
    monkeypatch.setattr(as_docx, "MOST_ROWS", 2)
    with pytest.raises(NoRoomError, match="最多 2 行"):
        written("docx", [TEXT], [("甲",)] * 3)


def test_an_export_of_nothing_says_so(by_database):
    nothing = Department.objects.none().values_list("name", "position")
    content = b"".join(FORMATS["csv"].write(sheet([TEXT, NUMBER], copying.csv_records(nothing, [TEXT, NUMBER]))))
    assert read_csv(content)[1] == ["没有记录。"]
    assert read_xlsx(written("xlsx", [TEXT, NUMBER], []))["A4"].value == "没有记录。"
    document = docx.Document(io.BytesIO(written("docx", [TEXT, NUMBER], [])))
    assert "没有记录。" in [paragraph.text for paragraph in document.paragraphs]
    assert json.loads(written("json", [TEXT, NUMBER], [])) == []
    assert written("jsonl", [TEXT], []) == b""


def test_a_workbook_that_breaks_off_is_opened_by_no_reader():
    def rows():
        for number in range(3_000):
            yield (str(number),)
        raise psycopg.OperationalError("gone")

    file = io.BytesIO()
    with pytest.raises(psycopg.OperationalError):
        file.writelines(FORMATS["xlsx"].write(sheet([TEXT], rows())))
    assert file.tell() > 1_000
    with pytest.raises(zipfile.BadZipFile):
        openpyxl.load_workbook(file)


@pytest.mark.parametrize("kind", ["csv", "json", "jsonl"])
def test_a_file_that_breaks_off_does_not_look_complete(kind):
    def rows():
        yield b'{"text": "a"}\n' if kind != "csv" else b"a\r\n"
        raise psycopg.OperationalError("gone")

    file = io.BytesIO()
    with pytest.raises(psycopg.OperationalError):  # which resets the connection, and ends a command in error
        file.writelines(FORMATS[kind].write(sheet([TEXT], rows())))
    content = file.getvalue().decode()
    if kind == "json":
        with pytest.raises(json.JSONDecodeError):
            json.loads(content)
    else:
        assert content.splitlines()[-1] == "不完整。"


# --- what a file carries ---


@pytest.fixture
def view(as_user, official, ledger):
    page = as_user(official)

    def get(address: str):
        return page.get(address)

    return get


def notes_of(content: bytes) -> list[str]:
    page = read_xlsx(content)
    return [page.cell(row, 1).value for row in range(1, 8)]


@pytest.mark.django_db
def test_everything_means_every_target_and_every_column_whatever_is_filtered(view):
    records = json.loads(body(view("/targets/all.json?as_of=2018-06&light=red&q=nix&sort=-gap&columns=name")))
    assert [record["code"] for record in records][:3] == ["gdp", "revenue", "unemployment"]
    assert len(records) == 8
    assert len(records[0]) == 39


@pytest.mark.django_db
def test_an_export_goes_on_where_the_page_ends(view):
    for _ in range(40):
        TargetFactory()
    assert len(read_csv(body(view("/targets/view.csv?per_page=25&page=2")))) == 49


@pytest.mark.django_db
def test_a_file_is_named_after_table_place_month_and_time(view, time_machine):
    time_machine.move_to(dt.datetime(2018, 7, 18, 1, 20, tzinfo=dt.UTC))
    names = {
        "/targets/view.xlsx?as_of=2018-03": "岳阳楼区2018年度目标进度总表（截至2018-03）20180718-0920.xlsx",
        "/targets/view.docx?as_of=2018-03": "岳阳楼区2018年度目标完成情况一览表（截至2018-03）20180718-0920.docx",
        "/updates/all.jsonl?as_of=2018-06": "岳阳楼区2018年度进展填报明细表（截至2018-06）20180718-0920.jsonl",
        "/results/2017/all.csv": "岳阳楼区2017年度实绩表20180718-0920.csv",
        "/departments/all.csv?as_of=2018-06": "岳阳楼区2018年度目标牵头单位完成情况表（截至2018-06）20180718-0920.csv",
    }
    for address, name in names.items():
        response = view(address)
        body(response)
        disposition = response.headers["Content-Disposition"]
        assert disposition.startswith("attachment; filename*=utf-8''")
        assert unquote(disposition).endswith(f"''{name}")


@pytest.mark.django_db
def test_a_workbook_says_what_it_speaks_for_what_it_holds_and_who_made_it_when(view, official, time_machine):
    time_machine.move_to(dt.datetime(2018, 7, 18, 1, 20, tzinfo=dt.UTC))
    query = "as_of=2018-06&light=red&light=yellow&lead=jiaoyu&q=gdp&overdue=0"
    assert notes_of(body(view(f"/targets/view.xlsx?{query}"))) == [
        "岳阳楼区2018年度目标进度总表",
        "截至：2018年6月",
        "账面时点：2018-07-18 09:20",
        "筛选：关键词：gdp；牵头单位：区教育局；逾期未报：无逾期；亮灯：红灯、黄灯",
        "单位：数值见“计量单位”列；完成率、序时进度、增速为%，超/欠序时、增速差为百分点。空白为未填报。",
        f"导出：{official}，2018-07-18 09:20",
        "名称",
    ]
    assert "筛选：无，全部记录" in notes_of(body(view("/targets/all.xlsx?as_of=2018-06&light=red")))


@pytest.mark.django_db
def test_the_second_sheet_tells_the_rule_with_the_years_own_margins(view, report):
    since = dt.datetime(2018, 7, 1, tzinfo=dt.UTC)
    Margins.objects.create(plan_year=PlanYear.objects.get(), since=since, red_margin_value=Decimal("12.5"))
    workbook = openpyxl.load_workbook(io.BytesIO(body(view("/targets/view.xlsx?as_of=2018-06&light=red"))))
    sentences = [row[0].value for row in workbook["说明"].iter_rows() if row[0].value]
    assert "筛选：亮灯：红灯" in sentences
    assert any(sentence.startswith("红灯：总量欠序时 12.5") for sentence in sentences)
    assert any("按上年同期占比" in sentence for sentence in sentences)


@pytest.mark.django_db
def test_a_file_with_demonstration_data_says_so_and_one_without_does_not(view):
    sentence = "本表含演示数据，仅供试用，不是真实统计数。"
    assert sentence in notes_of(body(view("/targets/view.xlsx?as_of=2018-06")))
    assert sentence not in notes_of(body(view("/targets/view.xlsx?as_of=2018-06&section=2018/总目标")))
    assert sentence in notes_of(body(view("/departments/all.xlsx?as_of=2018-06")))


@pytest.mark.django_db
@pytest.mark.parametrize("suffix", FORMATS)
def test_a_view_that_cannot_be_followed_makes_no_file_but_leads_to_the_page_that_tells(
    as_user, official, ledger, suffix
):
    address = f"/targets/view.{suffix}?as_of=2018-06&light=nix&columns=name,nix&sort=nix"
    response = as_user(official).get(address, follow=True)
    assert response.redirect_chain == [("./?as_of=2018-06&light=nix&columns=name%2Cnix&sort=nix", 302)]
    assert response.request["PATH_INFO"] == "/targets/"
    assert response.context["notices"] == [
        "筛选条件“亮灯”的值无效，未按它筛选。",
        "没有可排序的列“nix”，未按它排序。",
        "没有名为“nix”的列，已略去。",
    ]


@pytest.mark.django_db
def test_a_file_may_go_without_its_mark(view):
    assert body(view("/targets/view.csv?as_of=2018-06&bom=0")).startswith("名称,代码".encode())


@pytest.mark.django_db
def test_files_follow_the_readers_language_but_json_does_not(as_user, official, ledger):
    page = as_user(official)
    page.cookies["django_language"] = "en"
    rows = read_csv(body(page.get("/targets/view.csv?as_of=2018-06")))
    assert rows[1][0] == "gdp in English"
    record = json.loads(body(page.get("/targets/all.json?as_of=2018-06")))[0]
    assert (record["name"], record["lead"], record["status"]) == ("地区生产总值", "区教育局", "BEHIND")
    (record, *_) = json.loads(body(page.get("/updates/view.json?as_of=2018-06&columns=name,lead,unit")))
    assert (record["name"], record["lead"], record["unit"]) == ("地区生产总值", "区教育局", "亿元")


@pytest.mark.django_db
def test_the_wording_of_a_file_outlives_the_request(as_user, official, ledger):
    page = as_user(official)
    page.cookies["django_language"] = "en"
    response = page.get("/targets/view.csv?as_of=2018-06")
    rows = read_csv(body(response))  # written after the middleware has put the language back
    with translation.override("en"):
        assert {row[-1] for row in rows[1:]} == {str(light.label) for light in (Light.GREEN, Light.RED, Light.GREY)}
    workbook = openpyxl.load_workbook(io.BytesIO(body(page.get("/targets/view.xlsx?as_of=2018-06"))))
    assert not [title for title in workbook.sheetnames if "说明" in title]
    assert "Page" in workbook.worksheets[0].oddFooter.center.text


@pytest.mark.django_db
def test_unknown_formats_and_scopes_do_not_exist(view):
    for address in ("/targets/view.pdf", "/targets/some.csv", "/results/1999/view.csv", "/departments/nix/report.docx"):
        assert view(address).status_code == 404


@pytest.mark.django_db
def test_the_notice_about_a_unit_says_what_is_behind_why_and_what_is_late(view, other_unit, time_machine):
    time_machine.move_to(dt.datetime(2018, 7, 18, 1, 20, tzinfo=dt.UTC))
    response = view(f"/departments/{other_unit.code}/report.docx?as_of=2018-06")
    document = docx.Document(io.BytesIO(body(response)))
    said = [paragraph.text for paragraph in document.paragraphs]
    assert said[0] == "岳阳楼公安分局2018年度目标完成情况通报"
    assert said[2].startswith("截至2018年6月，牵头目标 3 项")
    assert any(
        text.startswith("2. 公共财政预算收入：欠序时") and text.endswith("存在问题：税源不足。下一步措施：加强征管。")
        for text in said
    )
    assert any("最早一期已逾期" in text for text in said)
    (table,) = document.tables
    assert [row.cells[0].text.split()[0] for row in table.rows[1:]] == ["公共财政预算收入", "小广场", "道路"]


# --- failures, and readers who leave ---


@pytest.fixture
def query_fails(monkeypatch):
    """The rows of a file cannot be read: the database refuses their query."""

    def refused(rows, fields):
        raise OperationalError("canceling statement due to statement timeout")
        yield

    monkeypatch.setattr(copying, "values", refused)


@pytest.mark.django_db
def test_a_document_whose_query_fails_is_an_error_page(view, query_fails):
    with pytest.raises(OperationalError):
        view("/targets/view.docx")


@pytest.mark.django_db
def test_a_workbook_whose_query_fails_at_once_is_an_error_page_of_the_server(view, query_fails):
    response = view("/targets/view.xlsx?as_of=2018-06")
    sent = io.BytesIO()

    def application(environ, start_response):
        start_response("200 OK", list(response.items()))
        return response.streaming_content

    BaseCGIHandler(io.BytesIO(), sent, io.StringIO(), {}).run(application)
    assert sent.getvalue().startswith(b"Status: 500"), "nothing was sent that could be taken for a file"


@pytest.mark.django_db
def test_a_document_that_would_be_too_long_leads_back_with_a_sentence(view, monkeypatch):
    monkeypatch.setattr(as_docx, "MOST_ROWS", 2)
    response = view("/targets/view.docx?as_of=2018-06")
    assert response.status_code == 302
    assert "DOCX 最多 2 行" in view(response.headers["Location"]).content.decode()


def test_a_reader_who_hangs_up_stops_the_query(unit):
    series = Func(Value(1), Value(10**9), function="generate_series", output_field=IntegerField())
    endless = Department.objects.filter(pk=unit.pk).annotate(number=series).values_list("number")
    blocks = copying.csv_records(endless, [Field("number", "数", Kind.INTEGER)])
    started = time.monotonic()
    savepoint = transaction.savepoint()  # a cancelled statement takes the test's own transaction with it
    assert next(blocks).startswith(b"1\r\n2\r\n"), "the first rows leave long before the last one is made"
    blocks.close()
    assert time.monotonic() - started < 10
    transaction.savepoint_rollback(savepoint)
    assert Department.objects.count() == 1, "the connection is free again"


@pytest.mark.parametrize(("format", "begun"), [("csv", b"gdp"), ("xlsx", b"PK")])
@pytest.mark.django_db
def test_closing_a_download_closes_what_it_reads(ledger, official, rf, monkeypatch, format, begun):
    monkeypatch.setattr(as_xlsx, "MEASURED", 2)
    monkeypatch.setattr(as_xlsx, "BATCH", 1)
    request = rf.get(f"/targets/all.{format}?as_of=2018-06")
    request.user, request.session = official, SessionStore()
    response = TargetExport.as_view()(request, scope="all", format=format)
    pieces = iter(response.streaming_content)
    savepoint = transaction.savepoint()
    while begun not in next(pieces):
        pass
    for close in response._resource_closers:  # as response.close() does, which would also end the test's connection
        close()
    transaction.savepoint_rollback(savepoint)
    assert Department.objects.count() == 2, "the connection is free again"


@pytest.mark.django_db
def test_results_files_hold_the_results(view):
    AnnualResultFactory(
        indicator__code="b", value=Decimal("300"), qualifier="多", section__path="2017/一", section__year=2017
    )
    header, *rows = read_csv(body(view("/results/2017/all.csv")))
    assert header == ["代码", "名称", "年度", "实绩", "计量单位", "限定词", "增速（%）", "章节", "段落"]
    assert rows[0][:7] == ["b", "指标 b", "2017", "300", "个", "多", ""]
