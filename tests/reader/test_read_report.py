"""The command: a file in, JSON Lines or a table out, a sentence where something is wrong, and no database."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.reader import papers
from tracker.reader.types import PROPOSAL_KEYS
from tracker.reader.writing import columns, table

FOLDER = Path(__file__).with_name("invented")
REPORT = FOLDER / "report.txt"
TEXT = REPORT.read_text(encoding="utf-8")
ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("read_report", *arguments, stdout=out)
    return out.getvalue()


def rows(*arguments: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in run(*arguments).splitlines()]


def test_each_proposal_is_a_json_object_with_every_key():
    found = rows(str(REPORT))
    assert all(list(row) == list(PROPOSAL_KEYS) for row in found)
    product = next(row for row in found if row["name"] == "地区生产总值")
    assert (product["value"], product["unit"], product["growth"]) == ("412.6", "亿元", "6.3")
    assert TEXT[product["value_offset"] :].startswith("412.6亿元")
    sales = next(row for row in found if row["kind"] == "target" and row["name"] == "社会消费品零售总额")
    assert (sales["value"], sales["growth"], sales["whole_or_range"]) == (None, ["7", "8"], "range")


def test_each_arabic_numeral_is_a_json_object_that_names_its_proposal_or_a_reason():
    numerals, proposals = rows(str(REPORT), "--numerals"), rows(str(REPORT))
    assert all(list(row) == ["offset", "numeral", "proposal", "why"] for row in numerals)
    assert all(TEXT.startswith(row["numeral"], row["offset"]) for row in numerals)
    assert not [row for row in numerals if row["proposal"] is not None and row["why"] is not None]
    at = TEXT.index("412.6")
    product = next(row for row in numerals if row["offset"] == at)
    assert proposals[product["proposal"]]["name"] == "地区生产总值"


def test_the_plan_year_may_be_given():
    assert {row["due_on"][:4] for row in rows(str(REPORT), "--plan-year", "2031") if row["due_on"]} == {"2031"}


def test_the_text_is_printed_as_offsets_count_it(tmp_path):
    path = tmp_path / "report.docx"
    path.write_bytes(papers.word(TEXT))
    text = run(str(path), "--text")
    product = next(row for row in rows(str(path)) if row["name"] == "地区生产总值")
    assert text[product["value_offset"] :].startswith("412.6亿元")


def test_the_table_counts_its_kinds_and_its_columns_stand_under_each_other():
    lines = run(str(REPORT), "--format", "table").splitlines()
    assert lines[0].startswith("序号")
    assert lines[-1].startswith("共 ")
    ruler = lines[1]
    starts = [i for i in range(len(ruler)) if ruler[i] == "-" and (i == 0 or ruler[i - 1] == " ")]
    for line in lines[2:-2]:
        for start in starts[1:]:
            assert line_at(line, start - 1) in (" ", ""), line


def line_at(line: str, column: int) -> str:
    """Return the character that a terminal shows in the column."""
    used = 0
    for character in line:
        if used == column:
            return character
        used += columns(character)
    return ""


def test_a_table_of_numerals_says_what_became_of_each():
    said = run(str(REPORT), "--numerals", "--format", "table")
    assert "【412.6】" in said
    assert "已归入" in said.splitlines()[-1]


def test_a_cell_wider_than_its_column_goes_on_below():
    assert list(table(("名称", "数"), [("城镇居民收入", "1")], (8, 4))) == [
        "名称      数",
        "--------  --",
        "城镇居民  1",
        "收入",
    ]


def test_the_comparison_is_printed_in_words_or_lines():
    assert run(str(REPORT), "--compare", str(FOLDER / "ledger"), "--format", "table").startswith("数字：查全")
    assert "figures_same" in rows(str(REPORT), "--compare", str(FOLDER / "ledger"))[-1]


def test_the_output_may_go_to_a_file(tmp_path):
    path = tmp_path / "proposals.jsonl"
    assert run(str(REPORT), "--output", str(path)) == ""
    assert path.read_text(encoding="utf-8") == run(str(REPORT))


def test_a_page_that_was_not_read_is_named_beside_the_output(tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(papers.pdf(TEXT, pictures=1))
    told = io.StringIO()
    call_command("read_report", str(path), stdout=io.StringIO(), stderr=told)
    assert "第 1 页没有文字层" in told.getvalue()


def test_a_text_without_anything_to_propose_is_asked_about(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear all, the meeting is at ten.", encoding="utf-8")
    told, out = io.StringIO(), io.StringIO()
    call_command("read_report", str(path), stdout=out, stderr=told)
    assert out.getvalue() == ""
    assert "请检查这是不是一份政府工作报告" in told.getvalue()


@pytest.mark.parametrize(
    ("data", "options", "sentence"),
    [
        (None, [], "没有这个文件或文件夹"),
        (b"", [], "没有文字"),
        (b"\x00\x01\x02", [], "不是文本"),
        (papers.scan(), [], "扫描件"),
        (TEXT.encode(), ["--plan-year", "18"], "年度“18”无法识别"),
        (TEXT.encode(), ["--plan-year", "二〇一八"], "无法识别"),
        (TEXT.encode(), ["--output", "/nowhere/at/all"], "不能写入"),
        (TEXT.encode(), ["--compare", "/nowhere"], "没有可比对的台账数据"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(tmp_path, data, options, sentence):
    path = tmp_path / "report.txt"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(CommandError, match=sentence):
        run(str(path), *options)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(CommandError, match="这是文件夹"):
        run(str(tmp_path))


def shell(command: str, **more: object) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a person would, where no database can be reached."""
    environment = os.environ | {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "PYTHON": sys.executable}
    return subprocess.run(command, shell=True, cwd=ROOT, env=environment, capture_output=True, timeout=120, **more)


def test_standard_input_is_read_without_any_database():
    said = shell("$PYTHON manage.py read_report -", input=TEXT.encode("gb18030"))
    assert said.returncode == 0, said.stderr.decode()
    assert said.stdout.decode() == run(str(REPORT))


def test_a_fault_ends_with_one_line_and_exit_code_1():
    said = shell("$PYTHON manage.py read_report -", input=b"\x00")
    assert said.returncode == 1
    assert said.stderr.decode().strip().count("\n") == 0
    assert "Traceback" not in said.stderr.decode()


def test_a_reader_that_has_seen_enough_is_no_fault():
    said = shell(f"$PYTHON manage.py read_report {REPORT} | head -n 1; exit ${{PIPESTATUS[0]}}", executable="/bin/bash")
    assert said.returncode == 0
    assert said.stderr == b""
