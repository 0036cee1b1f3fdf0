"""The audit of the report's numerals: each is held by a record with that very figure, or is no figure and says why.

Reads the fixtures as plain YAML; no database.
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"

#: Why a numeral is no figure of the ledger.
REASONS = {"日期", "序号", "名称", "口号", "往年", "非目标数字"}
QUALIFIERS = "近多余以内"
#: Chinese words that state a figure: `近万件` is 1 in the unit 万件, `未发生` and `零就业` are a zero.
WORDS = {"九大": "9", "近万件": "1", "零就业": "0", "零就业家庭": "0", "未发生": "0"}


def load(name: str) -> list[dict[str, Any]]:
    return yaml.load((FIXTURES / name).read_text(encoding="utf-8"), yaml.CSafeLoader)


def records(name: str, *key: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    found = [(record["model"], record["fields"]) for record in load(name)]
    return {
        (model, *(fields[part][0] if isinstance(fields[part], list) else fields[part] for part in key)): fields
        for model, fields in found
    }


ENTRIES = [(year, entry) for year in (2017, 2018) for entry in load(f"numerals_{year}.yaml")]
UNITS = {key[1]: fields for key, fields in records("units.yaml", "symbol").items()}
INDICATORS = {key[1]: fields for key, fields in records("indicators.yaml", "code").items()}
SECTIONS = {key[1] for key in records("sections.yaml", "path")}
LEDGER = records("results_2017.yaml", "indicator", "year") | records("targets_2018.yaml", "indicator", "year")


def title(entry: dict[str, Any]) -> str:
    return f"{entry['section']}-{entry['numeral']}"


def figure(numeral: str) -> Decimal | None:
    """The number with which a numeral begins; none for one that is only words."""
    if numeral in WORDS:
        return Decimal(WORDS[numeral])
    number = re.match(r"[近约]?(\d+(?:\.\d+)?)", numeral)
    return Decimal(number[1]) if number else None


def words(code: str, record: dict[str, Any]) -> str:
    """Everything that the record says in words."""
    return " ".join([INDICATORS[code]["name"], record.get("wording", ""), record.get("note", "")])


def held(entry: dict[str, Any]) -> bool:
    """Whether the entry's record holds its figure.

    A task has no figure: there the numeral stands in its words. So may a numeral with a note stand that describes what
    is measured, such as the threshold in 过10亿项目2个.
    """
    _, code, _ = entry["record"]
    record, number = LEDGER[tuple(entry["record"])], figure(entry["numeral"])
    if number is not None and record.get(entry.get("field", "value")) == str(number):
        return True
    if number is not None and {"value", "growth"} & set(record) and "note" not in entry:
        return False
    said, wanted = (re.sub(r"[“”]", "", text) for text in (words(code, record), entry["numeral"]))
    return wanted in said


# --- forwards: every numeral is accounted for ---


@pytest.mark.parametrize(("year", "entry"), ENTRIES, ids=lambda value: title(value) if isinstance(value, dict) else "")
def test_a_numeral_is_held_by_a_record_or_says_why_it_is_no_figure(year: int, entry: dict[str, Any]) -> None:
    assert set(entry) <= {"section", "paragraph", "numeral", "record", "field", "why", "note"}
    assert isinstance(entry["numeral"], str)
    assert entry["section"] in SECTIONS
    assert entry["section"].startswith(str(year))
    assert ("record" in entry) != ("why" in entry)
    if "why" in entry:
        assert entry["why"] in REASONS
    else:
        assert tuple(entry["record"]) in LEDGER
        assert entry["record"][2] == year
        assert held(entry)


RECORDED = [entry for _, entry in ENTRIES if "record" in entry]


@pytest.mark.parametrize("entry", RECORDED, ids=title)
def test_a_record_stands_where_its_numeral_stands(entry: dict[str, Any]) -> None:
    record = LEDGER[tuple(entry["record"])]
    assert (record["section"], record["paragraph"]) == ([entry["section"]], entry["paragraph"])


MEASURED = [entry for entry in RECORDED if re.match(r"[近约]?\d", entry["numeral"]) and "note" not in entry]
MEASURED = [entry for entry in MEASURED if {"value", "growth"} & set(LEDGER[tuple(entry["record"])])]


@pytest.mark.parametrize("entry", MEASURED, ids=title)
def test_a_figure_has_the_unit_it_is_printed_with(entry: dict[str, Any]) -> None:
    symbol = "%" if entry.get("field") == "growth" else INDICATORS[entry["record"][1]]["unit"][0]
    # 12大项 and 17小项 are counted in 项.
    printed = re.sub(f"[{QUALIFIERS}]|[大小](?=项)", "", entry["numeral"])
    assert printed == f"{figure(entry['numeral'])}{symbol}"
    assert symbol in UNITS


@pytest.mark.parametrize(
    "entry", [entry for entry in MEASURED if entry["record"][0] == "tracker.annualresult"], ids=title
)
def test_a_result_keeps_the_qualifier_it_is_printed_with(entry: dict[str, Any]) -> None:
    printed = "".join(re.findall(f"[{QUALIFIERS}]", entry["numeral"]))
    if entry.get("field") != "growth":
        assert LEDGER[tuple(entry["record"])].get("qualifier", "") == printed


# --- backwards: no figure comes from nowhere ---

FACETS = [(key, facet) for key, fields in LEDGER.items() for facet in ("value", "growth") if facet in fields]


@pytest.mark.parametrize(("key", "facet"), FACETS, ids=str)
def test_a_figure_of_the_ledger_is_printed_in_the_report(key: tuple[str, str, int], facet: str) -> None:
    record = LEDGER[key]
    printed = [
        entry
        for entry in RECORDED
        if tuple(entry["record"]) == key
        and entry.get("field", "value") == facet
        and figure(entry["numeral"]) == Decimal(record[facet])
    ]
    is_implied_zero = record[facet] == "0" and "为0" in record.get("note", "").replace(" ", "")
    is_outside_the_report = bool(record.get("source_url")) and "section" not in record
    assert printed or is_implied_zero or is_outside_the_report


def test_no_figure_is_claimed_by_two_numerals() -> None:
    claims = Counter(
        (tuple(entry["record"]), entry.get("field", "value"))
        for entry in MEASURED
        if figure(entry["numeral"]) is not None
    )
    assert [claim for claim, times in claims.items() if times > 1] == []


def test_numbers_in_the_fixtures_are_quoted_so_that_their_digits_survive() -> None:
    for path in FIXTURES.glob("*.yaml"):
        for record in load(path.name):
            fields = record.get("fields", {})
            assert not [name for name, value in fields.items() if isinstance(value, float)], path.name


# --- the audit has found what it should ---


def test_the_whole_report_is_walked() -> None:
    walked = {entry["section"] for _, entry in ENTRIES}
    assert walked == SECTIONS


@pytest.mark.parametrize(
    ("code", "year", "value", "growth"),
    [
        ("gdp", 2017, "614.8", "6.6"),
        ("gdp", 2018, "678", "9.5"),
        ("debt-resolved", 2017, "9.25", None),
        ("fiscal-revenue-total", 2017, "26.2", "15.1"),
        ("budget-revenue", 2018, "30", "15"),
        ("urban-green-area", 2018, "6.6", None),
        ("rural-income", 2018, "19618", "9.5"),
    ],
)
def test_well_known_figures_are_as_printed(code: str, year: int, value: str, growth: str | None) -> None:
    record = LEDGER["tracker.annualresult" if year == 2017 else "tracker.target", code, year]
    assert (record["value"], record.get("growth")) == (value, growth)
