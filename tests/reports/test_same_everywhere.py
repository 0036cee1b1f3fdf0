"""One target, one month, one string: on its card, on the 大屏, in the table, on its own page and in every file."""

from __future__ import annotations

import csv
import io
import json
import re

import docx
import openpyxl
import pytest

pytestmark = pytest.mark.django_db

FIGURES = ("actual", "completion", "expected", "gap", "actual_growth", "growth_gap")
WORDS = ("status", "light", "vintage", "stage")
COLUMNS = ["code", *FIGURES, *WORDS]
QUERY = f"as_of=2018-06&columns={','.join(COLUMNS)}"


@pytest.fixture
def table(as_user, official, ledger, on_screen):
    """What the table says of each target, by its code; what is unset is left out."""
    return {row["code"]: row for row in on_screen(as_user(official).get(f"/targets/?{QUERY}"))}


def ascii_digits(text: str) -> str:
    return text.replace(",", "").replace("−", "-").removeprefix("+")


def words(html: str) -> str:
    """A piece of a page as it is read: no shapes, no tags, no line breaks."""
    return " ".join(re.sub(r"<[^>]*>", " ", re.sub(r"<i aria-hidden.*?</i>", "", html)).split())


@pytest.mark.parametrize("address", ["/?as_of=2018-06", "/screen/?as_of=2018-06"])
def test_a_card_says_what_the_table_says(as_user, official, table, address):
    content = as_user(official).get(address).content.decode()
    cards = {
        re.search(r'href="/targets/([^/]+)/', card)[1]: words(card)
        for card in re.findall(r'<article class="card-target.*?</article>', content, re.DOTALL)
    }
    assert set(cards) == {"gdp", "revenue", "unemployment"}
    for code, said in cards.items():
        row = table[code]
        assert f"{row['status']} （{row['light']}）" in said
        assert re.search(rf"（{row['light']}） {re.escape(row['actual'])} ", said)
        if "completion" in row:
            assert f"完成 {row['completion']}% 序时 {row['expected']}%" in said
        if "actual_growth" in row:
            assert f"增速 {row['actual_growth']}%" in said


def test_a_targets_own_page_says_what_the_table_says(as_user, official, table):
    page = as_user(official)
    for code, row in table.items():
        said = words(page.get(f"/targets/{code}/?as_of=2018-06").content.decode())
        assert f"{row['status']} （{row['light']}）" in said
        for name, said_as in {
            "actual": "{} ",
            "completion": "{}%",
            "expected": "序时 {}%",
            "gap": "较序时 {} 个百分点",
            "actual_growth": "{} %",
            "growth_gap": "增速差 {} 个百分点",
        }.items():
            if name in row and (name, code) != ("expected", "unemployment"):  # a ceiling has nothing to show it by
                assert said_as.format(row[name]) in said, (code, name)


def test_what_needs_attention_is_listed_with_the_tables_figures(as_user, official, table):
    for address in ("/?as_of=2018-06", "/screen/?as_of=2018-06", "/departments/gongan/?as_of=2018-06"):
        content = as_user(official).get(address).content.decode()
        line, *_ = re.findall(r"<tr>(?:(?!</tr>).)*公共财政预算收入.*?</tr>", content, re.DOTALL)
        said = words(line)
        row = table["revenue"]
        assert f"{row['completion']}% {row['gap']} {row['growth_gap']}" in said


def test_every_file_says_what_the_table_says(as_user, official, table):
    page = as_user(official)
    files = {
        suffix: b"".join(page.get(f"/targets/view.{suffix}?{QUERY}")) for suffix in ("csv", "json", "xlsx", "docx")
    }
    (paper,) = docx.Document(io.BytesIO(files["docx"])).tables
    printed = {row.cells[0].text: [cell.text for cell in row.cells] for row in paper.rows}
    as_csv = {row[0]: row for row in csv.reader(io.StringIO(files["csv"].decode("utf-8-sig"), newline=""))}
    as_json = {record["code"]: record for record in json.loads(files["json"])}
    rows = openpyxl.load_workbook(io.BytesIO(files["xlsx"])).worksheets[0].iter_rows()
    as_cells = {cells[0].value: cells for cells in rows}
    for code, row in table.items():
        assert printed[code] == [row.get(name, "—") for name in COLUMNS]
        assert as_csv[code] == [
            row.get(name, "") if name in {"code", *WORDS} else ascii_digits(row.get(name, "")) for name in COLUMNS
        ]
        for name, cell in zip(COLUMNS[1:7], as_cells[code][1:7], strict=True):
            figure = ascii_digits(row.get(name, ""))
            assert as_json[code][name] == (figure or None)
            assert cell.value == (float(figure) if figure else None)
            if figure:
                decimals = len(figure.partition(".")[2])
                assert cell.number_format.split(";")[0].lstrip("+#,") == "0" + (
                    "." + "0" * decimals if decimals else ""
                )
