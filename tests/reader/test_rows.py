"""What the rows of a table within a report state and promise, told by the heads of their columns."""

from __future__ import annotations

import pytest

from tests.reader import papers
from tests.reader.accounts import faults
from tracker.reader.documents import read
from tracker.reader.report import read_report

BEFORE = "各位代表：\n一、2023年工作回顾\n一年来，全区上下共同努力。\n二、2024年工作安排\n主要预期目标如下：\n"


def proposals(table: str) -> list[tuple[object, ...]]:
    report = read_report(BEFORE + table, plan_year=2024)
    assert faults(report) == []
    keys = ("kind", "name", "value", "unit", "comparator", "growth", "growth_comparator")
    return [tuple(getattr(p, key) for key in keys) for p in report.proposals if p.rule == "table-row"]


@pytest.mark.parametrize(
    ("head", "row", "wanted"),
    [
        (
            "指标\t单位\t2023年完成\t2024年目标",
            "地区生产总值\t亿元\t312\t335",
            [
                ("result", "地区生产总值", "312", "亿元", "=", None, None),
                ("target", "地区生产总值", "335", "亿元", ">=", None, None),
            ],
        ),
        (
            "指标\t单位\t2023年完成\t2024年目标",
            "城镇登记失业率\t%\t3.6\t4.5以内",
            [
                ("result", "城镇登记失业率", "3.6", "%", "=", None, None),
                ("target", "城镇登记失业率", "4.5", "%", "<=", None, None),
            ],
        ),
        (
            "指标名称\t计量单位\t上年实绩\t今年计划",
            "地区生产总值增速\t%\t6.3\t6.5左右",
            [
                ("result", "地区生产总值", None, None, None, "6.3", "="),
                ("target", "地区生产总值", None, None, None, "6.5", "~"),
            ],
        ),
        (
            "指标\t单位\t2023年完成\t2024年目标",
            "单位生产总值能耗降幅\t%\t3.1\t3以上",
            [
                ("result", "单位生产总值能耗", None, None, None, "-3.1", "="),
                ("target", "单位生产总值能耗", None, None, None, "-3", "<="),
            ],
        ),
        (
            "项目\t2024年目标\t增长（%）",
            "粮食产量（万吨）\t18.5\t2",
            [("target", "粮食产量", "18.5", "万吨", ">=", "2", ">=")],
        ),
        ("序号\t工程\t投资\t备注", "1\t广场\t3亿元\t在建", []),
        ("指标\t单位\t2023年完成\t2024年目标", "地区生产总值\t亿元\t—\t", []),
    ],
)
def test_a_row_gives_what_the_heads_of_its_columns_say(head, row, wanted):
    assert proposals(f"{head}\n{row}\n以上指标，务必完成。") == wanted


def test_an_empty_cell_keeps_the_others_in_their_columns():
    rows = proposals("指标\t单位\t2023年完成\t2024年目标\n发明专利授权量\t件\t\t80")
    assert rows == [("target", "发明专利授权量", "80", "件", ">=", None, None)]


def test_a_table_of_a_web_page_is_read_like_one_of_a_text():
    table = "指标\t单位\t2023年完成\t2024年目标\n发明专利授权量\t件\t66\t80"
    rows = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row.split("\t")) + "</tr>" for row in table.split("\n")
    )
    page = (
        papers.webpage(BEFORE + "以下为主要目标。")
        .decode()
        .replace("以下为主要目标。</p>", f"</p><table>{rows}</table>")
    )
    text = read(page.encode()).text
    assert table in text
    assert [p.value for p in read_report(text, plan_year=2024).proposals if p.rule == "table-row"] == ["66", "80"]
