"""What exports cost, as ratios taken in the same run; seconds and megabytes are this machine's.

CSV and JSON Lines are held against PostgreSQL's own COPY of the same query, XLSX against XlsxWriter with its cells.
`UPDATES=1000000 make bench` takes the larger ledger.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.db import connection
from django.utils import timezone

from reports import sheets
from reports.columns import UPDATES
from reports.exports import FORMATS, Kind, Sheet, as_xlsx
from tests.benchmarks.ledger import fill
from tracker.models import ProgressUpdate

pytestmark = pytest.mark.django_db

ROWS = int(os.environ.get("UPDATES", "100000"))
UPDATES_OF_A_TARGET = 12.6
ROUNDS = 5 if ROWS <= 100_000 else 2
RATIOS = {"csv": 2.0, "jsonl": 3.0, "xlsx": 0.6}
MOST_GROWTH = 32 * 2**20
FIRST_BYTE = 0.3  # seconds


@pytest.fixture
def updates():
    fill(round(ROWS / UPDATES_OF_A_TARGET / 2) * 2)
    rows = sheets.update_rows(ProgressUpdate.objects.all(), timezone.now())
    assert abs(rows.count() - ROWS) < ROWS / 50
    return rows


def made(rows: Any, suffix: str) -> Sheet:
    return sheets.sheet("填报", ["截至：2018年12月"], UPDATES.every, rows, FORMATS[suffix])


def memory() -> int:
    """Bytes that this process occupies."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def copied(rows: Any, suffix: str) -> float:
    """Seconds of COPY of the query that the file is made from, with nothing done to it."""
    sources = [column.source(for_machines=FORMATS[suffix].for_machines) for column in UPDATES.every]
    wanted = rows if FORMATS[suffix].for_machines else sheets.for_people(rows, UPDATES.every)
    sql, params = wanted.values_list(*sources).query.sql_with_params()
    started = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT WITH (FORMAT csv)", params) as copy:
        for _ in copy:
            pass
    return time.perf_counter() - started


class Written:
    """One export, chunk by chunk: how long it took, when the first byte came, how far memory grew."""

    def __init__(self, sheet: Sheet, suffix: str) -> None:
        before = highest = memory()
        started = time.perf_counter()
        self.first_byte = None
        for number, chunk in enumerate(FORMATS[suffix].write(sheet)):
            if self.first_byte is None and chunk:
                self.first_byte = time.perf_counter() - started
            if number % 50 == 0:
                highest = max(highest, memory())
        self.seconds = time.perf_counter() - started
        self.growth = highest - before


def report(benchmark: Any, suffix: str, seconds: float, floor: float, **more: Any) -> float:
    ratio = seconds / floor
    benchmark.extra_info |= {"rows": ROWS, "floor_seconds": round(floor, 3), "ratio": round(ratio, 3), **more}
    print(f"\n{suffix} of {ROWS} updates: {seconds:.2f} s, floor {floor:.2f} s, ratio {ratio:.2f}, {more}")  # noqa: T201
    return ratio


def compare(benchmark: Any, updates: Any, suffix: str, floor: Callable[[], float], rounds: int = ROUNDS) -> None:
    """Hold an export against its floor, in seconds; and to its promises on memory and the first byte."""
    floors, written = [], []

    def export() -> None:
        written.append(Written(made(updates, suffix), suffix))

    # Turn by turn, so that whatever else the machine does falls on both.
    benchmark.pedantic(export, setup=lambda: floors.append(floor()), rounds=rounds, warmup_rounds=1)
    first_byte = min(one.first_byte for one in written)
    growth = max(one.growth for one in written[1:])
    ratio = report(
        benchmark,
        suffix,
        min(one.seconds for one in written),
        min(floors),
        first_byte_ms=round(first_byte * 1000),
        growth_mb=round(growth / 2**20, 1),
    )
    assert ratio <= RATIOS[suffix]
    assert growth < MOST_GROWTH
    assert first_byte < FIRST_BYTE


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_text_costs_little_more_than_copy_and_no_memory(benchmark, updates, suffix):
    compare(benchmark, updates, suffix, lambda: copied(updates, suffix))


def bare(rows: Iterator[Any], fields: list[Any]) -> float:
    """Seconds that XlsxWriter by itself takes for the same cells: those of reading them are not counted."""
    seconds = 0.0
    with tempfile.TemporaryFile() as file:
        started = time.perf_counter()
        workbook = xlsxwriter.Workbook(file, {"constant_memory": True})
        page = workbook.add_worksheet()
        look = {**as_xlsx.FONT, "border": 1, "border_color": "#D5DBE1"}
        plain = workbook.add_format(look)
        wrapped = workbook.add_format({**look, "text_wrap": True, "indent": 1})
        typed = {
            kind: workbook.add_format({**look, "num_format": form}) for kind, form in as_xlsx.NUMBER_FORMATS.items()
        }
        figure = workbook.add_format({**look, "num_format": "#,##0.00"})
        seconds += time.perf_counter() - started
        number = 0
        while batch := [row for _, row in zip(range(2000), rows, strict=False)]:
            started = time.perf_counter()
            for row in batch:
                number += 1
                for column, (field, value) in enumerate(zip(fields, row, strict=True)):
                    if value is None or value == "":
                        page.write_blank(number, column, None, plain)
                    elif field.kind is Kind.DECIMAL:
                        page.write_number(number, column, value, figure)
                    elif field.words or field.kind is Kind.TEXT:
                        page.write_string(number, column, value, wrapped)
                    elif field.kind is Kind.INTEGER:
                        page.write_number(number, column, value, typed[Kind.INTEGER])
                    else:
                        page.write_datetime(number, column, value, typed[field.kind])
            seconds += time.perf_counter() - started
        started = time.perf_counter()
        workbook.close()
        return seconds + time.perf_counter() - started


def as_cells(sheet: Sheet) -> Iterator[Any]:
    """The sheet's rows with words for codes and without time zones, as bare XlsxWriter wants them."""
    for row in sheet.rows:
        yield [
            field.text(value)
            if field.words
            else timezone.localtime(value).replace(tzinfo=None)
            if field.kind is Kind.INSTANT and value
            else value
            for field, value in zip(sheet.fields, row, strict=True)
        ]


def test_a_workbook_costs_less_than_its_cells_in_xlsxwriter_and_no_memory(benchmark, updates):
    fields = list(made(updates, "xlsx").fields)
    compare(benchmark, updates, "xlsx", lambda: bare(as_cells(made(updates, "xlsx")), fields), ROUNDS // 2)
