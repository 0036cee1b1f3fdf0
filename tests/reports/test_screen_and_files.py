"""Every cell of every file says what the screen says, under filters, sorts and choices of columns."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from decimal import Decimal

import docx
import openpyxl
import pytest

from reports.columns import DEPARTMENTS, HISTORY, RESULTS, TARGETS, UPDATES, Catalogue, Column
from reports.exports import Kind
from tests.factories import AnnualResultFactory, UpdateFactory
from tracker.models import ProgressUpdate

pytestmark = pytest.mark.django_db

TARGET_VIEWS = [
    "as_of=2018-06",
    "as_of=2018-06&light=red&sort=-gap",
    "as_of=2018-06&section=2018/一&lead=jiaoyu&sort=name",
    "as_of=2018-06&overdue=1&columns=code,overdue_days,problem,next_step,name&sort=-overdue_days",
    "as_of=2018-06&columns=light,status,due_on,value,comparator,growth,baseline,wording,is_sample,margin&sort=light",
    "as_of=2018-03&columns=name,lead&q=nix",
]
UPDATE_VIEWS = [
    "as_of=2018-06",
    "as_of=2018-12&sort=-verified_at&columns=name,period,revision,value,verified_at,superseded_at,entered_by,entered_at",
    "as_of=2018-06&status=draft&columns=code,status,remark,problem,source_url,is_sample",
    "as_of=2018-12&revisions=corrected&columns=correction_reason,name,published_on,stated_rate,unit,lead",
]
RESULT_VIEWS = ["", "sort=-value&columns=value,name,unit,source_url", "q=甲&has=growth"]
HISTORY_VIEWS = [
    "per_page=100",
    "kind=progressupdate&sort=-content&columns=content,at,who,reason,record,record_id,is_sample",
    "q=税源&action=insert&since=2000-01-01&sort=record",
    "who=nix",
]
DEPARTMENT_VIEWS = ["as_of=2018-06", "as_of=2018-06&light=red&sort=-red&columns=name,red,rate,rank"]


@pytest.fixture
def rich_ledger(ledger, reporter):
    """The small ledger with every state of an update and with text that files must not trip over."""
    first = ProgressUpdate.objects.get(target=ledger["gdp"])
    corrected = dt.datetime(2018, 8, 1, 4, 5, 6, tzinfo=dt.UTC)
    ProgressUpdate.objects.filter(pk=first.pk).update(superseded_at=corrected)
    UpdateFactory(
        target=ledger["gdp"], revision=2, correction_reason='漏计"一"项，\n另起一行', verified_at=corrected,
        value=Decimal("264.0"), growth=Decimal("-1.50"), stated_rate=Decimal("30.7"), published_on=dt.date(2018, 8, 2),
    )  # fmt: skip
    UpdateFactory(
        target=ledger["gdp"], period=dt.date(2018, 3, 31), status="draft", entered_by=reporter,
        remark="=SUM(A1)", problem="-税源不足", value=Decimal("-42"),
    )  # fmt: skip
    AnnualResultFactory(indicator__code="a", indicator__name="甲", value=Decimal("1234.50"), growth=Decimal("-3"))
    AnnualResultFactory(indicator__code="b", indicator__name="乙", value=Decimal("300"), qualifier="多")
    return ledger


def figure(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-"))


def as_shown(column: Column, value: str) -> str | Decimal:
    """A figure by its digits, anything else by its text."""
    return figure(value) if column.kind.is_number and value else value


def check_csv(content: bytes, columns: list[Column], shown: list[dict[str, str]]) -> None:
    header, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    assert header == [str(column.header) for column in columns]
    for row, screen in zip(rows if shown else [], shown, strict=True):
        for column, text in zip(columns, row, strict=True):
            expected = screen.get(column.name, "")
            if column.kind.is_number:
                assert as_shown(column, expected) == (Decimal(text) if text else ""), column.name
                assert not text or figure(expected).as_tuple() == Decimal(text).as_tuple(), "the same digits"
            elif column.kind is Kind.INSTANT:
                assert text[:16] == expected, column.name
            else:
                assert text in {expected, f"'{expected}"}, column.name


def check_xlsx(content: bytes, columns: list[Column], shown: list[dict[str, str]]) -> None:
    headers = [str(column.header) for column in columns]
    page = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    rows = list(page.iter_rows())
    start = next(
        number for number, row in enumerate(rows) if [str(cell.value).replace("\n", "") for cell in row] == headers
    )
    for cells, screen in zip(rows[start + 1 :] if shown else [], shown, strict=True):
        for column, cell in zip(columns, cells, strict=True):
            expected, value = screen.get(column.name, ""), cell.value
            if value is None:
                assert expected == "", column.name
            elif column.kind.is_number:
                assert figure(expected) == Decimal(str(value)), column.name
                assert cell.data_type == "n"
            elif column.kind in {Kind.MONTH, Kind.DATE, Kind.INSTANT, Kind.MOMENT}:
                assert value.strftime("%Y-%m-%d %H:%M:%S").startswith(expected), column.name
                assert cell.is_date
            else:
                assert " ".join(value.split()) == " ".join(expected.split()), column.name
                assert cell.data_type == "s", "text stays text"


def check_docx(content: bytes, layout: dict[str, list[Column]], shown: list[dict[str, str]]) -> None:
    (table,) = docx.Document(io.BytesIO(content)).tables
    header, *rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert header == [
        str(cell[0].header if cell[0].name == name else _head(cell, name).header) for name, cell in layout.items()
    ]
    for row, screen in zip(rows, shown, strict=True):
        for text, cell in zip(row, layout.values(), strict=True):
            expected = " ".join(screen[column.name] for column in cell if column.name in screen) or "—"
            assert text.split() == expected.split()


def _head(cell: list[Column], name: str) -> Column:
    return next(column for column in cell if column.name == name)


def check_json(records: list[dict], columns: list[Column], shown: list[dict[str, str]]) -> None:
    for record, screen in zip(records, shown, strict=True):
        assert list(record) == [column.name for column in columns]
        for column in columns:
            expected, value = screen.get(column.name, ""), record[column.name]
            if value is None:
                assert expected == "", column.name
            elif column.name == "section":
                assert value.startswith("201")
            elif column.words:
                assert expected == str(column.words[value]), column.name
            elif column.kind.is_instant:
                assert value.replace("T", " ").startswith(expected), column.name
            elif column.kind.is_number:
                assert figure(expected) == Decimal(value), column.name
            else:
                assert " ".join(str(value).split()) == " ".join(expected.split()), column.name


@pytest.mark.parametrize(
    ("address", "catalogue", "views"),
    [
        ("/targets/", TARGETS, TARGET_VIEWS),
        ("/updates/", UPDATES, UPDATE_VIEWS),
        ("/results/2017/", RESULTS, RESULT_VIEWS),
        ("/departments/", DEPARTMENTS, DEPARTMENT_VIEWS),
        ("/history/", HISTORY, HISTORY_VIEWS),
    ],
)
def test_every_file_says_cell_by_cell_what_the_screen_says(
    as_user, supervisor, auditor, rich_ledger, on_screen, address, catalogue: Catalogue, views
):
    page = as_user(auditor if catalogue is HISTORY else supervisor)
    for query in views:
        response = page.get(f"{address}?{query}")
        assert response.context["notices"] == []
        shown = on_screen(response)
        assert bool(shown) == ("nix" not in query)
        chosen = response.wsgi_request.GET.get("columns", "").split(",")
        layout = catalogue.layout(chosen)
        columns = [column for cell in layout.values() for column in cell]
        files = {
            suffix: b"".join(page.get(f"{address}view.{suffix}?{query}"))
            for suffix in ("csv", "xlsx", "docx", "json", "jsonl")
        }
        check_csv(files["csv"], columns, shown)
        check_xlsx(files["xlsx"], columns, shown)
        check_docx(files["docx"], layout, shown)
        check_json(json.loads(files["json"]), columns, shown)
        check_json([json.loads(line) for line in files["jsonl"].splitlines()], columns, shown)
