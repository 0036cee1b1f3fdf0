from __future__ import annotations

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from urllib.parse import unquote

import openpyxl
import pytest
from django.db import connection
from django.utils import translation

from reports.columns import RESULTS, TARGETS
from reports.exports import FORMATS, Field, Kind, Sheet
from reports.tables import TargetTable
from reports.views import TargetExport
from tests.factories import AnnualResultFactory, TargetFactory, UpdateFactory
from tracker.assessment import Light

VIEWS = ["as_of=2018-06", "as_of=2018-06&light=red&sort=-gap", "as_of=2018-06&section=2018/一&lead=jiaoyu&sort=name"]


def body(response) -> bytes:
    assert response.status_code == 200
    return b"".join(response)


def read_csv(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_xlsx(content: bytes):
    return openpyxl.load_workbook(io.BytesIO(content)).active


def sheet(fields: list[Field], rows: list[list]) -> Sheet:
    return Sheet("标题", ["截至：2018年6月"], fields, iter(rows), "没有记录。")


def written(kind: str, *args) -> bytes:
    return b"".join(FORMATS[kind].write(sheet(*args)))


TEXT = Field("text", "文字", Kind.TEXT)
NUMBER = Field("number", "数", Kind.DECIMAL)


# --- the writers ---


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_csv_defuses_text_that_a_spreadsheet_would_run(text):
    (_, row) = read_csv(
        written("csv", [TEXT], [[text]]).replace(b"\r=1", b"=1")
        if text[0] == "\r"
        else written("csv", [TEXT], [[text]])
    )
    assert row[0].startswith("'")


def test_csv_leaves_negative_numbers_and_harmless_text_alone():
    content = written("csv", [TEXT, NUMBER], [["税收 -42", Decimal(-42)], ["a=b", Decimal("-0.50")]])
    assert read_csv(content)[1:] == [["税收 -42", "-42"], ["a=b", "-0.50"]]


def test_csv_is_written_in_pieces():
    pieces = list(FORMATS["csv"].write(sheet([TEXT], [["进度" * 100]] * 1000)))
    assert len(pieces) > 5
    assert len(read_csv(b"".join(pieces))) == 1001


@pytest.mark.parametrize(
    ("kind", "value", "in_csv", "in_json"),
    [
        (Kind.TEXT, "改厕", "改厕", "改厕"),
        (Kind.TEXT, "", "", None),
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
        (Kind.FLAG, False, "False", False),
    ],
)
def test_each_kind_of_value_in_csv_and_json(kind, value, in_csv, in_json):
    field = Field("x", "某列", kind)
    assert read_csv(written("csv", [field], [[value]]))[1] == ([in_csv] if in_csv else [""])
    assert json.loads(written("json", [field], [[value]])) == [{"x": in_json}]


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
    rows = [["=1+1", Decimal("1234.50"), Decimal("-11.21"), dt.date(2018, 6, 30), moment, 2018], [None] * 6]
    page = read_xlsx(written("xlsx", fields, rows))
    cells = page[4]
    assert [cell.value for cell in cells] == [
        "=1+1",
        1234.5,
        -11.21,
        dt.datetime(2018, 6, 30),
        dt.datetime(2018, 7, 5),
        2018,
    ]
    assert cells[0].data_type == "s", "text stays text"
    assert [cell.number_format for cell in cells[1:]] == [
        "#,##0.00", "+0.00;-0.00;0.00", "yyyy-mm", "yyyy-mm-dd hh:mm", "0",
    ]  # fmt: skip
    assert [cell.value for cell in page[5]] == [None] * 6


def test_xlsx_takes_no_text_for_a_formula_a_link_or_a_number():
    texts = ['=HYPERLINK("http://x")', "http://example.org", "mailto:a@b", "00123", "{=1}", "internal:a!A1"]
    page = read_xlsx(written("xlsx", [TEXT], [[text] for text in texts]))
    cells = [page.cell(row, 1) for row in range(4, 4 + len(texts))]
    assert [cell.value for cell in cells] == texts
    assert all(cell.data_type == "s" and cell.hyperlink is None for cell in cells)


def test_xlsx_keeps_what_it_can_of_a_text_that_is_too_long_for_a_cell():
    page = read_xlsx(written("xlsx", [TEXT], [["长" * 40_000]]))
    assert page["A4"].value == "长" * 32_767


def test_xlsx_is_ready_to_read_and_to_print():
    fields = [TEXT, Field("light", "灯", Kind.TEXT, {"red": "红灯"}, tone="light")]
    page = read_xlsx(written("xlsx", fields, [["很长的名称" * 20, "red"]]))
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


def test_an_export_of_nothing_says_so():
    assert read_csv(written("csv", [TEXT, NUMBER], []))[1] == ["没有记录。"]
    assert read_xlsx(written("xlsx", [TEXT, NUMBER], []))["A4"].value == "没有记录。"
    assert json.loads(written("json", [TEXT, NUMBER], [])) == []


# --- the screen and its files ---


def numeric(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-"))


@pytest.fixture
def view(as_user, official, ledger):
    page = as_user(official)

    def get(address: str):
        return page.get(address)

    return get


@pytest.mark.django_db
@pytest.mark.parametrize("query", VIEWS)
def test_csv_has_cell_by_cell_what_the_screen_shows(view, on_screen, query):
    shown = on_screen(view(f"/targets/?{query}"))
    header, *rows = read_csv(body(view(f"/targets/view.csv?{query}")))
    columns = TargetTable.shown_columns()
    assert header == [str(column.header) for column in columns]
    assert len(rows) == len(shown) > 0
    for screen_row, row in zip(shown, rows, strict=True):
        for column, text in zip(columns, row, strict=True):
            expected = screen_row.get(column.name, "")
            if column.kind.is_number and expected:
                assert numeric(expected) == Decimal(text), column.name
                assert numeric(expected).as_tuple() == Decimal(text).as_tuple(), "the same digits"
            else:
                assert text.removeprefix("'") == expected, column.name


@pytest.mark.django_db
@pytest.mark.parametrize("query", VIEWS)
def test_xlsx_has_cell_by_cell_what_the_screen_shows(view, on_screen, query):
    shown = on_screen(view(f"/targets/?{query}"))
    page = read_xlsx(body(view(f"/targets/view.xlsx?{query}")))
    rows = list(page.iter_rows())
    start = next(number for number, row in enumerate(rows) if row[0].value == "名称")
    columns = TargetTable.shown_columns()
    assert [cell.value.replace("\n", "") for cell in rows[start]] == [str(column.header) for column in columns]
    assert len(rows) - start - 1 == len(shown)
    for screen_row, cells in zip(shown, rows[start + 1 :], strict=True):
        for column, cell in zip(columns, cells, strict=True):
            expected, value = screen_row.get(column.name, ""), cell.value
            if value is None:
                assert expected == "", column.name
            elif column.kind.is_number:
                assert numeric(expected) == Decimal(str(value)), column.name
            elif column.kind is Kind.MONTH:
                assert expected == f"{value:%Y-%m}"
            else:
                assert expected == value, column.name


@pytest.mark.django_db
@pytest.mark.parametrize("query", VIEWS)
def test_json_has_the_codes_behind_what_the_screen_shows(view, on_screen, query):
    shown = on_screen(view(f"/targets/?{query}"))
    records = json.loads(body(view(f"/targets/view.json?{query}")))
    words = {column.name: column.words for column in TARGETS}
    kinds = {column.name: column.kind for column in TARGETS}
    assert len(records) == len(shown)
    for screen_row, record in zip(shown, records, strict=True):
        assert list(record) == [column.name for column in TargetTable.shown_columns()]
        for name, value in record.items():
            expected = screen_row.get(name, "")
            if name == "section":
                assert value.startswith("2018/")
            elif words[name]:
                assert expected == ("" if value is None else str(words[name][value])), name
            elif value is None:
                assert expected == "", name
            elif kinds[name].is_number:
                assert numeric(expected) == Decimal(value), name
            else:
                assert expected == value, name


@pytest.mark.django_db
def test_everything_means_every_target_and_every_column_whatever_is_filtered(view):
    records = json.loads(body(view("/targets/all.json?as_of=2018-06&light=red&q=nix&sort=-gap")))
    assert [record["code"] for record in records][:3] == ["gdp", "revenue", "unemployment"]
    assert len(records) == 8
    assert list(records[0]) == [column.name for column in TARGETS]


@pytest.mark.django_db
def test_an_export_goes_on_where_the_page_ends(view):
    for _ in range(40):
        TargetFactory()
    assert len(read_csv(body(view("/targets/view.csv?per_page=25&page=2")))) == 49


@pytest.mark.django_db
def test_a_file_of_nothing_says_so(view):
    assert read_csv(body(view("/targets/view.csv?q=nix")))[1] == ["没有符合条件的记录。"]


@pytest.mark.django_db
def test_a_file_is_named_after_table_place_and_month(view):
    response = view("/targets/view.xlsx?as_of=2018-03")
    assert body(response)
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename*=utf-8''")
    assert unquote(disposition).endswith("岳阳楼区2018年度目标进度总表（截至2018-03）.xlsx")
    response = view("/results/2017/all.csv")
    assert body(response)
    assert unquote(response.headers["Content-Disposition"]).endswith("岳阳楼区2017年度实绩表.csv")


@pytest.mark.django_db
def test_a_workbook_with_demonstration_data_says_so_and_one_without_does_not(view):
    def notes(query):
        page = read_xlsx(body(view(f"/targets/view.xlsx?{query}")))
        return [page.cell(row, 1).value for row in range(1, 6)]

    assert "本表含演示数据，仅供试用，不是真实统计数。" in notes("as_of=2018-06")
    assert "本表含演示数据，仅供试用，不是真实统计数。" not in notes("as_of=2018-06&section=2018/总目标")
    assert notes("as_of=2018-06")[:2] == ["岳阳楼区2018年度目标进度总表", "截至：2018年6月"]


@pytest.mark.django_db
def test_a_formula_in_a_name_is_defused_where_it_would_run(view):
    names = [row[0] for row in read_csv(body(view("/targets/view.csv")))]
    assert "'=改厕" in names
    page = read_xlsx(body(view("/targets/view.xlsx")))
    (cell,) = [row[0] for row in page.iter_rows() if row[0].value == "=改厕"]
    assert cell.data_type == "s"


@pytest.mark.django_db
def test_files_follow_the_readers_language_but_json_does_not(as_user, official, ledger):
    page = as_user(official)
    page.cookies["django_language"] = "en"
    rows = read_csv(body(page.get("/targets/view.csv?as_of=2018-06")))
    assert rows[1][0] == "gdp in English"
    record = json.loads(body(page.get("/targets/all.json?as_of=2018-06")))[0]
    assert (record["name"], record["lead"], record["status"]) == ("地区生产总值", "区教育局", "BEHIND")


@pytest.mark.django_db
def test_the_wording_of_a_file_outlives_the_request(as_user, official, ledger):
    page = as_user(official)
    page.cookies["django_language"] = "en"
    for number in range(300):
        UpdateFactory(target__indicator__name=f"很长的名称{number}" * 3)
    response = page.get("/targets/view.csv?as_of=2018-06")
    rows = read_csv(body(response))  # most of it is written after the middleware has put the language back
    lights = {row[-1] for row in rows[1:]}
    with translation.override("en"):
        assert lights == {str(Light.GREEN.label), str(Light.RED.label), str(Light.GREY.label)}


@pytest.mark.django_db
def test_unknown_formats_and_scopes_do_not_exist(view):
    for address in ("/targets/view.pdf", "/targets/some.csv", "/results/2017/view.csv"):
        assert view(address).status_code == 404


@pytest.mark.django_db
def test_a_failure_before_the_first_byte_is_an_error_page_not_a_broken_file(view, monkeypatch):
    def broken(sheet):
        yield from ()
        raise OSError("no space left")

    monkeypatch.setitem(FORMATS, "xlsx", type(FORMATS["xlsx"])("x/y", broken))
    with pytest.raises(OSError, match="no space"):
        view("/targets/view.xlsx")


@pytest.mark.django_db
def test_a_reader_who_hangs_up_leaves_no_cursor_open(ledger, official, rf):
    for _ in range(300):
        TargetFactory()
    request = rf.get("/targets/all.csv")
    request.user = official
    response = TargetExport.as_view()(request, scope="all", format="csv")
    next(iter(response.streaming_content))
    with connection.cursor() as cursor:
        open_cursors = "SELECT count(*) FROM pg_cursors WHERE name LIKE '_django_curs%%'"
        cursor.execute(open_cursors)
        assert cursor.fetchone() == (1,), "it is streamed"
        for close in response._resource_closers:  # as response.close() does, which would also end the test's connection
            close()
        cursor.execute(open_cursors)
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_results_files_hold_the_results(view):
    AnnualResultFactory(
        indicator__code="b", value=Decimal("300"), qualifier="多", section__path="2017/一", section__year=2017
    )
    header, *rows = read_csv(body(view("/results/2017/all.csv")))
    assert header == [str(column.header) for column in RESULTS]
    assert rows[0][:7] == ["b", "指标 b", "2017", "300", "个", "多", ""]
