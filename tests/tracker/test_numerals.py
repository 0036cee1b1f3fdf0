"""The audit of the report's numerals: each is held by a record with that very figure, or is no figure and says why.

Reads the fixtures as plain YAML; no database.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

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


def faults(year: int, entry: dict[str, Any]) -> Iterator[str]:
    """What is wrong with an entry by itself."""
    if odd := set(entry) - {"section", "paragraph", "numeral", "record", "field", "why", "note"}:
        yield f"has {odd}"
    if not isinstance(entry["numeral"], str):
        yield "is not quoted"
    if entry["section"] not in SECTIONS or not entry["section"].startswith(str(year)):
        yield f"stands in no section of {year}"
    if ("record" in entry) == ("why" in entry):
        yield "has neither record nor reason, or both"
    elif "why" in entry:
        if entry["why"] not in REASONS:
            yield f"has the reason {entry['why']}"
    elif tuple(entry["record"]) not in LEDGER or entry["record"][2] != year:
        yield f"has no record {entry['record']} of {year}"
    elif not held(entry):
        yield f"is not what {entry['record']} holds"


def test_every_numeral_is_held_by_a_record_or_says_why_it_is_no_figure() -> None:
    assert len(ENTRIES) > 250
    assert not [f"{title(entry)} {fault}" for year, entry in ENTRIES for fault in faults(year, entry)]


RECORDED = [entry for _, entry in ENTRIES if tuple(entry.get("record", ())) in LEDGER]


def test_a_record_stands_where_its_numeral_stands() -> None:
    assert not [
        title(entry)
        for entry in RECORDED
        for record in [LEDGER[tuple(entry["record"])]]
        if (record["section"], record["paragraph"]) != ([entry["section"]], entry["paragraph"])
    ]


MEASURED = [entry for entry in RECORDED if re.match(r"[近约]?\d", entry["numeral"]) and "note" not in entry]
MEASURED = [entry for entry in MEASURED if {"value", "growth"} & set(LEDGER[tuple(entry["record"])])]


def symbol(entry: dict[str, Any]) -> str:
    """The unit in which the ledger keeps the entry's figure."""
    return "%" if entry.get("field") == "growth" else INDICATORS[entry["record"][1]]["unit"][0]


def test_a_figure_has_the_unit_it_is_printed_with() -> None:
    assert len(MEASURED) > 100
    assert not [
        f"{title(entry)} is kept in {symbol(entry)}"
        for entry in MEASURED
        # 12大项 and 17小项 are counted in 项.
        if re.sub(f"[{QUALIFIERS}]|[大小](?=项)", "", entry["numeral"]) != f"{figure(entry['numeral'])}{symbol(entry)}"
        or symbol(entry) not in UNITS
    ]


def test_a_result_keeps_the_qualifier_it_is_printed_with() -> None:
    assert not [
        title(entry)
        for entry in MEASURED
        if entry["record"][0] == "tracker.annualresult" and entry.get("field") != "growth"
        if LEDGER[tuple(entry["record"])].get("qualifier", "")
        != "".join(re.findall(f"[{QUALIFIERS}]", entry["numeral"]))
    ]


# --- backwards: no figure comes from nowhere ---


def test_every_figure_of_the_ledger_is_printed_in_the_report() -> None:
    printed = {(*entry["record"], entry.get("field", "value"), figure(entry["numeral"])) for entry in RECORDED}
    figures = [
        (key, facet, record) for key, record in LEDGER.items() for facet in ("value", "growth") if facet in record
    ]
    assert len(figures) > 100
    assert not [
        (key, facet)
        for key, facet, record in figures
        if (*key, facet, Decimal(record[facet])) not in printed
        # An implied zero, or a figure that was published elsewhere.
        and not (record[facet] == "0" and "为0" in record.get("note", "").replace(" ", ""))
        and not (record.get("source_url") and "section" not in record)
    ]


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


def test_well_known_figures_are_as_printed() -> None:
    known = {
        ("gdp", 2017): ("614.8", "6.6"),
        ("gdp", 2018): ("678", "9.5"),
        ("debt-resolved", 2017): ("9.25", None),
        ("fiscal-revenue-total", 2017): ("26.2", "15.1"),
        ("budget-revenue", 2018): ("30", "15"),
        ("urban-green-area", 2018): ("6.6", None),
        ("rural-income", 2018): ("19618", "9.5"),
    }
    models = {2017: "tracker.annualresult", 2018: "tracker.target"}
    kept = {key: LEDGER[models[key[1]], *key] for key in known}
    assert {key: (record["value"], record.get("growth")) for key, record in kept.items()} == known
