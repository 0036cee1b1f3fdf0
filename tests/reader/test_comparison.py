"""What was read is held against a ledger of fixtures: what is the same, what differs, and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tracker.comparison import Comparison, compare, comparison_lines, comparison_report, likeness, read_ledger
from tracker.fixtures import FixtureError
from tracker.reader.report import read_report

FOLDER = Path(__file__).with_name("invented")


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    report = read_report((FOLDER / "report.txt").read_text(encoding="utf-8"))
    return compare(report, read_ledger(FOLDER / "ledger"))


def differences(comparison: Comparison, code: str, year: int) -> tuple[str, ...] | None:
    return next((m.differences for m in comparison.matches if (m.entry.code, m.entry.year) == (code, year)), None)


def test_the_same_level_and_growth_under_the_same_name_differ_in_nothing(comparison):
    assert differences(comparison, "gdp", 2023) == ()


def test_one_amount_in_another_unit_is_the_same_and_says_so(comparison):
    said = differences(comparison, "taxes", 2023)
    assert said is not None
    assert "单位不同：台账 万元，读得 亿元" in said
    assert any(words.startswith("名称相近") for words in said)


def test_a_decrease_that_the_ledger_holds_as_a_value_is_found(comparison):
    said = differences(comparison, "energy", 2023)
    assert said is not None
    assert any(words.startswith("台账记为幅度，读作增速") for words in said)


def test_a_comparator_that_was_read_otherwise_is_a_difference(comparison):
    assert differences(comparison, "gdp", 2024) == ("增速比较方式不同：台账 >=，读得 ~",)


def test_each_record_that_was_not_proposed_says_why(comparison):
    why = {entry.code: words for entry, words in comparison.missing}
    assert "零由文字表示" in why["accidents"]
    assert "文本里没有这个阿拉伯数字" in why["patents"]
    assert why["population"].startswith("数字认作")
    assert why["night-economy"] == "没有提出这项任务"


def test_tasks_are_found_by_their_words(comparison):
    assert differences(comparison, "river-chiefs", 2024) is not None


def test_recall_and_precision_count_figures_and_tasks_apart(comparison):
    counts = comparison.counts
    assert counts["figures_stated"] == 9  # the zero that words say is none
    assert counts["figures_same"] == 7
    assert counts["tasks_stated"] == 2
    assert counts["tasks_same"] == 1


def test_every_record_and_proposal_is_named_once_and_the_report_says_the_rates(comparison):
    rows = [json.loads(line) for line in comparison_lines(comparison)]
    proposals = [row["proposal"] for row in rows if row.get("proposal") is not None]
    assert sorted(proposals) == list(range(len(comparison.report.proposals)))
    assert sum(row.get("code") is not None for row in rows) == len(read_ledger(FOLDER / "ledger").entries)
    assert next(comparison_report(comparison)).startswith("数字：查全 7/9（77.8%）")


def test_names_are_alike_whatever_says_whose_they_are():
    assert likeness("全区地区生产总值", "地区生产总值（GDP）") == 1
    assert likeness("城镇新增就业", "粮食产量") == 0


def test_a_folder_without_a_ledger_and_a_record_without_its_indicator_are_refused(tmp_path):
    with pytest.raises(FixtureError, match="没有可比对的台账数据"):
        read_ledger(tmp_path)
    for path in (FOLDER / "ledger").glob("*.yaml"):
        if path.stem != "indicators":
            (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(FixtureError, match="没有代码为“gdp”的指标"):
        read_ledger(tmp_path)
