"""The report of a district that does not exist, and what a careful reader takes from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.reader.accounts import faults
from tracker.reader.report import read_report
from tracker.reader.types import Proposal, Report

FOLDER = Path(__file__).with_name("invented")
KEYS = ("kind", "value", "unit", "comparator", "growth", "growth_comparator", "relative_to", "due_on")

#: Printed numbers that are no figures, with characters around them that find the place.
NO_FIGURES = [
    ("2024年1月16日", "2024"),
    ("2024年1月16日", "16"),
    ("总投资30亿元的远川", "30"),
    ("创新50强", "50"),
    ("207国道", "207"),
    ("220千伏", "220"),
    ("新增4A级", "4"),
    ("（临政发〔2023〕5号）", "2023"),
    ("〕5号", "5"),
    ("常住人口只有52万人", "52"),
    ("“1369”工作思路[1]", "1369"),
    ("思路[1]，", "1"),
    ("突破500亿元。\n", "500"),
    ("总投资45亿元的新能源", "45"),
    ("“1+4+2”基层", "4"),
    ("为60岁以上", "60"),
    ("6项工程、9个", "6"),
]
TASKS = [
    "河湖长制",
    "国土空间总体规划",
    "第二轮城市更新",
    "黑臭水体",
    "营商环境专项整治",
    "重大项目服务专班制度",
    "政企恳谈机制",
    "“一件事一次办”",
]
NO_TASKS = ["谱写", "同心同德", "坚强领导", "一张蓝图", "清醒看到", "围绕上述目标"]


@pytest.fixture(scope="module")
def report() -> Report:
    return read_report((FOLDER / "report.txt").read_text(encoding="utf-8"))


def expected() -> list[dict[str, Any]]:
    return list(yaml.safe_load((FOLDER / "expected.yaml").read_text(encoding="utf-8")))


def described(row: dict[str, Any]) -> str:
    return " ".join(str(row[key]) for key in ("kind", "name", *KEYS[1:]) if row.get(key) is not None)


def is_met(wanted: dict[str, Any], proposal: Proposal) -> bool:
    row = proposal.as_json()
    names = [wanted["name"], *wanted.get("also", [])]
    return row["name"] in names and all(row[key] == wanted.get(key) for key in KEYS)


def test_every_figure_and_dated_work_is_proposed_as_it_is_printed(report):
    left = [p for p in report.proposals if p.kind != "task"]
    missing = []
    for wanted in expected():
        met = next((p for p in left if is_met(wanted, p)), None)
        if met is not None:
            left.remove(met)
        elif not wanted.get("optional"):
            missing.append(f"not proposed: {described(wanted)}")
    wrong = [*missing, *(f"not expected: {described(p.as_json())}" for p in left)]
    assert not wrong, "\n".join(wrong)


def test_each_number_that_is_no_figure_says_why(report):
    silent = []
    for around, number in NO_FIGURES:
        offset = report.text.index(around) + around.index(number)
        numeral = next((n for n in report.numerals if n.offset == offset and n.numeral == number), None)
        if numeral is None or numeral.why is None:
            silent.append(f"{number} in {around!r}: {numeral}")
    assert not silent, "\n".join(silent)


def test_promises_without_a_number_are_tasks_with_short_names_and_rhetoric_is_none(report):
    names = [p.name for p in report.proposals if p.kind in ("task", "target_relative", "milestone_dated")]
    wrong = [f"no task: {task}" for task in TASKS if not any(task in name for name in names)]
    wrong += [f"longer than 20 characters: {name}" for name in names if len(name) > 20]
    wrong += [f"rhetoric: {name}" for name in names for words in NO_TASKS if words in name]
    assert not wrong, "\n".join(wrong)


def test_every_offset_points_at_what_it_names_and_every_digit_is_accounted_for_once(report):
    wrong = faults(report)
    assert not wrong, "\n".join(wrong)


def test_the_parts_of_the_report_are_told_apart(report):
    titles = {heading.title: heading.side for heading in report.headings}
    assert titles["2023年工作回顾"] == "review"
    assert titles["2024年工作安排"] == "plan"
    assert report.plan_year == 2024


def test_headings_are_a_tree_with_and_without_numbers(report):
    headings = {heading.title: heading for heading in report.headings}
    inner = headings["增进民生福祉，共享发展成果"]
    assert inner.parent is not None
    assert report.headings[inner.parent].title == "2024年工作安排"
