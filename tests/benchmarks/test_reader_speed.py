"""What it costs to read a report of 12,000 characters, in seconds of one processor."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reader import papers
from tracker.reader.documents import read
from tracker.reader.report import read_report

REPORT = (Path(__file__).parents[1] / "reader" / "invented" / "report.txt").read_text(encoding="utf-8")
LENGTH = 12_000
LIMIT = 3


def long_report() -> str:
    """Return the invented report with its paragraphs repeated, each in its part, until it is as long as a real one."""
    review, plan = REPORT.split("二、2024年工作安排\n")
    plan, notes = plan.split("名词解释\n")
    times = LENGTH // len(REPORT) + 1
    return f"{review * times}二、2024年工作安排\n{plan * times}名词解释\n{notes}"


def processor_time(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def as_text() -> None:
    read_report(long_report())


def as_pdf(data: bytes = papers.pdf(long_report())) -> None:
    document = read(data)
    read_report(document.text, levels=document.levels)


@pytest.mark.parametrize("work", [as_text, as_pdf], ids=["text", "pdf"])
def test_a_whole_report_is_read_in_three_seconds_of_a_processor(benchmark, work):
    assert len(long_report()) >= LENGTH
    benchmark.pedantic(work, rounds=5, warmup_rounds=1)
    assert min(processor_time(work) for _ in range(3)) < LIMIT
