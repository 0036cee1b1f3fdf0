from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
from decimal import Decimal

import docx
import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from reports.management.commands import export as command
from tests.factories import AnnualResultFactory, UpdateFactory
from tracker.models import ProgressUpdate

pytestmark = pytest.mark.django_db

TARGET_KEYS = (
    "code name year category measure comparator value unit growth growth_comparator baseline section paragraph lead"
    " due_on frequency schedule judged_by period actual actual_growth completion expected gap status"
    " growth_gap value_status growth_status light overdue_days remaining needed_per_month projected margin"
    " schedule_used qualifier stage vintage is_sample"
)
UPDATE_KEYS = (
    "code name year period revision value growth stage vintage stated_rate remark problem next_step correction_reason"
    " status source_url published_on verified_at superseded_at is_sample"
)


def run(*args) -> str:
    out = io.StringIO()
    call_command("export", *args, stdout=out)
    return out.getvalue()


def records(*args) -> list[dict]:
    return json.loads(run(*args))


def test_results_have_exactly_their_keys(report):
    AnnualResultFactory(
        indicator__code="gdp", indicator__name="地区生产总值", value=Decimal("614.8"), growth=Decimal("6.6"),
        section__path="2017/一", section__year=2017,
    )  # fmt: skip
    assert records("results", "--year", "2017") == [
        {
            "code": "gdp",
            "name": "地区生产总值",
            "year": 2017,
            "value": "614.8",
            "unit": "个",
            "qualifier": None,
            "growth": "6.6",
            "section": "2017/一",
            "paragraph": 1,
        }
    ]


def test_targets_have_their_keys_and_the_verdict(ledger):
    by_code = {record["code"]: record for record in records("targets", "--year", "2018", "--as-of", "2018-06")}
    gdp = by_code["gdp"]
    assert " ".join(gdp) == TARGET_KEYS
    assert dict(list(gdp.items())[:25]) == {
        "code": "gdp",
        "name": "地区生产总值",
        "year": 2018,
        "category": "主要预期目标",
        "measure": "cumulative",
        "comparator": ">=",
        "value": "678",
        "unit": "亿元",
        "growth": "9.5",
        "growth_comparator": ">=",
        "baseline": "614.8",
        "section": "2018/总目标",
        "paragraph": 1,
        "lead": "区教育局",
        "due_on": "2018-12-31",
        "frequency": "monthly",
        "schedule": "linear",
        "judged_by": "growth",
        "period": "2018-06",
        "actual": "263",
        "actual_growth": "7.5",
        "completion": "38.79",
        "expected": "50.00",
        "gap": "-11.21",
        "status": "BEHIND",
    }
    assert by_code["unemployment"]["margin"] == "0.38"
    assert by_code["toilets"]["remaining"] == "4240"
    assert by_code["toilets"]["is_sample"] is True
    task = by_code["census"]
    unset = ("comparator", "value", "unit", "growth", "growth_comparator", "baseline", "actual", "completion", "gap")
    assert {task[key] for key in unset} == {None}
    assert by_code["trees"]["status"] == "NO_DATA"
    assert by_code["trees"]["lead"] is None


def test_the_default_month_is_that_of_the_overview(ledger):
    assert records("targets", "--year", "2018")[0]["period"] == "2018-06"
    assert records("targets", "--year", "2018", "--as-of", "2018-05")[0]["period"] is None


def test_updates_include_every_revision_and_state(ledger):
    first = ProgressUpdate.objects.get(target=ledger["gdp"])
    at = dt.datetime(2018, 8, 1, tzinfo=dt.UTC)
    ProgressUpdate.objects.filter(pk=first.pk).update(superseded_at=at)
    UpdateFactory(target=ledger["gdp"], revision=2, correction_reason="漏计", verified_at=at, value=Decimal("264.0"))
    UpdateFactory(target=ledger["gdp"], period=dt.date(2018, 3, 31), status="draft")
    found = [record for record in records("updates", "--year", "2018") if record["code"] == "gdp"]
    assert [(one["period"], one["revision"], one["value"], one["status"]) for one in found] == [
        ("2018-03", 1, "50", "draft"),
        ("2018-06", 1, "263", "verified"),
        ("2018-06", 2, "264.0", "verified"),
    ]
    assert " ".join(found[0]) == UPDATE_KEYS
    assert found[1]["superseded_at"] == "2018-08-01T08:00:00+08:00"
    assert found[2]["correction_reason"] == "漏计"
    assert found[0]["is_sample"] is False
    early = records("updates", "--year", "2018", "--as-of", "2018-03")
    assert {record["period"] for record in early} == {"2018-03"}


def test_csv_and_xlsx_hold_the_same_rows(ledger, tmp_path):
    rows = list(csv.reader(io.StringIO(run("targets", "--year", "2018", "--format", "csv").removeprefix("\ufeff"))))
    run("targets", "--year", "2018", "--format", "xlsx", "--output", str(tmp_path / "t.xlsx"))
    page = openpyxl.load_workbook(tmp_path / "t.xlsx").active
    assert [row[0] for row in rows[1:]] == [
        page.cell(row, 1).value for row in range(page.max_row - 7, page.max_row + 1)
    ]
    assert page["A1"].value == "岳阳楼区2018年度目标进度总表"


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["targets", "--year", "2030"], "没有 2030 年度的政府工作报告；已登记的年度：2018"),
        (["updates", "--year", "2030"], "没有 2030 年度的政府工作报告"),
        (["results", "--year", "2030"], "没有 2030 年度的实绩"),
        (["targets", "--year", "2018", "--as-of", "2018-13"], "现在是“2018-13”"),
        (["targets", "--year", "2018", "--as-of", "2017-12"], "不在 --year 2018 之内"),
        (["targets", "--year", "2018", "--output", "/nowhere/at/all.json"], "不能写入 /nowhere/at/all.json"),
        (["targets", "--year", "2018", "--output", "/"], "不能写入 /"),
        (["targets", "--year", "2018", "--known-at", "2999-01-01"], "2999-01-01 还没有到"),
        (["targets", "--year", "2018", "--view", "known_at=2999-01-01"], "2999-01-01 还没有到"),
        (["targets", "--year", "2018", "--view", "as_of=2018-13"], "现在是“2018-13”"),
        (["targets", "--year", "2018", "--view", "ligth=red"], "没有名为“ligth”的条件"),
        (["targets", "--year", "2018", "--view", "view=3"], "某人保存的视图"),
        (["targets", "--year", "2018", "--view", "q=\udcff"], "--view 里有不是 UTF-8 的字符"),
        (["targets"], "请用 --year 写明年度"),
        (["history", "--year", "2018"], "history 不分年度"),
        (["overdue", "--known-at", "2018-06-30"], "overdue 不分年度"),
        (["history", "--view", "sort=nix"], "没有可排序的列“nix”"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(ledger, args, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(*args)


def test_a_views_address_speaks_for_its_month_and_instant_unless_an_option_does(ledger):
    UpdateFactory(target=ledger["trees"], period=dt.date(2018, 3, 31), value=20)

    def periods(*args: str) -> set[str]:
        return {record["period"] for record in records("targets", "--year", "2018", *args)} - {None}

    address = "http://127.0.0.1:8000/targets/?as_of=2018-03&page=2&columns=period"
    assert periods("--view", address) == {"2018-03"}
    assert periods("--view", address, "--as-of", "2018-06") == {"2018-03", "2018-06"}
    assert periods("--view", "known_at=2018-07-01T00:00") == {"2018-03"}
    # A table of no month takes the address of one that came from a month.
    assert records("results", "--year", "2017", "--view", "as_of=2018-03&known_at=2018-07-01")


def test_an_empty_database_has_no_years_to_offer(db):
    with pytest.raises(CommandError, match="已登记的年度：无"):
        run("targets", "--year", "2018")


def test_a_workbook_is_not_poured_onto_a_terminal(ledger):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    with pytest.raises(CommandError, match="--output"):
        call_command("export", "targets", "--year", "2018", "--format", "xlsx", stdout=Terminal())


def test_a_workbook_goes_into_a_pipe_as_it_is(ledger):
    pipe = io.BytesIO()
    stdout = io.TextIOWrapper(pipe)
    call_command("export", "targets", "--year", "2018", "--format", "xlsx", stdout=stdout)
    assert openpyxl.load_workbook(pipe).active["A1"].value == "岳阳楼区2018年度目标进度总表"


def test_a_failed_export_leaves_the_old_file_and_no_half_one(ledger, tmp_path, monkeypatch):
    path = tmp_path / "targets.json"
    path.write_text("old")

    def breaks(sheet):
        yield b"half"
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(command.FORMATS, "json", type(command.FORMATS["json"])("JSON", "x/y", breaks))
    with pytest.raises(CommandError, match="No space left"):
        run("targets", "--year", "2018", "--output", str(path))
    assert [entry.name for entry in tmp_path.iterdir()] == ["targets.json"]
    assert path.read_text() == "old"


def test_a_finished_export_replaces_the_file_and_follows_a_link(ledger, tmp_path):
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old")
    link.symlink_to(real)
    run("targets", "--year", "2018", "--output", str(link))
    assert link.is_symlink()
    assert len(json.loads(real.read_text())) == 8


def test_a_device_is_written_to_and_not_replaced(ledger, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        run("results", "--year", "2017", "--output", str(pipe))
        assert pipe.is_fifo()
        assert json.loads(os.read(reader, 65_536))[0]["code"] == "gdp"
    finally:
        os.close(reader)


def test_targets_as_known_at_an_earlier_instant_are_what_was_exported_then(ledger):
    update = UpdateFactory(target=ledger["gdp"], period=dt.date(2018, 7, 31), value=Decimal(300))
    verified = update.verified_at
    (before,) = [
        row
        for row in records("targets", "--year", "2018", "--as-of", "2018-07", "--known-at", "2018-08-01")
        if row["code"] == "gdp"
    ]
    assert before["period"] == "2018-06"
    (after,) = [
        row
        for row in records("targets", "--year", "2018", "--as-of", "2018-07", "--known-at", verified.isoformat())
        if row["code"] == "gdp"
    ]
    assert (after["period"], after["actual"]) == ("2018-07", "300")


@pytest.mark.parametrize("text", ["yesterday", "2018-13-01", "2018-02-30", "2018-07-18T25:00"])
def test_an_instant_that_is_none_is_refused_with_a_sentence(ledger, text):
    with pytest.raises(CommandError, match="--known-at 要写成 2018-07-18"):
        run("targets", "--year", "2018", "--known-at", text)


def test_an_instant_is_refused_where_it_means_nothing(ledger):
    with pytest.raises(CommandError, match="--known-at 只用于 targets"):
        run("results", "--year", "2017", "--known-at", "2018-07-18")


def test_a_view_is_exported_as_its_page_shows_it(ledger):
    rows = records("targets", "--year", "2018", "--as-of", "2018-06", "--view", "light=red&sort=-gap&columns=name,gap")
    assert [list(row) for row in rows] == [["name", "code", "gap"]] * 3
    assert [row["code"] for row in rows] == ["revenue", "gdp", "squares"]
    whole = records("updates", "--year", "2018", "--view", "/updates/?as_of=2018-06&q=gdp&columns=code,value,vintage")
    assert whole == [{"code": "gdp", "value": "263", "vintage": "预计数"}]


@pytest.mark.parametrize(
    ("view", "sentence"),
    [
        ("light=purple", "--view 有误：筛选条件“亮灯”的值无效"),
        ("columns=nix", "没有名为“nix”的列"),
        ("sort=nix", "没有可排序的列“nix”"),
    ],
)
def test_a_view_that_cannot_be_followed_is_refused(ledger, view, sentence):
    with pytest.raises(CommandError, match=sentence):
        run("targets", "--year", "2018", "--view", view)


def test_units_are_exported_best_first(ledger):
    rows = records("departments", "--year", "2018", "--as-of", "2018-06")
    assert [(row["rank"], row["code"], row["name"], row["rate"]) for row in rows] == [
        (1, "jiaoyu", "区教育局", "75.00"),
        (2, "gongan", "岳阳楼公安分局", "33.33"),
    ]


def test_a_units_targets_are_a_list_for_machines_and_a_notice_on_paper(ledger, tmp_path):
    args = ["targets", "--year", "2018", "--as-of", "2018-06", "--unit", "gongan"]
    assert [row["code"] for row in records(*args)] == ["revenue", "squares", "road"]
    run(*args, "--format", "docx", "--output", str(tmp_path / "notice.docx"))
    said = [paragraph.text for paragraph in docx.Document(tmp_path / "notice.docx").paragraphs]
    assert said[0] == "岳阳楼公安分局2018年度目标完成情况通报"


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["targets", "--unit", "nix"], "没有代码为“nix”的单位"),
        (["updates", "--unit", "jiaoyu"], "--unit 只用于 targets"),
    ],
)
def test_a_unit_that_means_nothing_is_refused(ledger, args, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(*args, "--year", "2018")


def test_csv_goes_without_its_mark_and_with_its_notes_on_request(ledger):
    text = run("targets", "--year", "2018", "--as-of", "2018-06", "--format", "csv", "--no-bom", "--notes")
    lines = [line.rstrip(",").strip('"') for line in text.splitlines()]
    assert lines[:2] == ["岳阳楼区2018年度目标进度总表", "截至：2018年6月"]
    assert lines[3] == "筛选：无，全部记录"
    header = next(number for number, line in enumerate(lines) if line.startswith("代码,名称"))
    assert len(lines) == header + 1 + len(ledger)


def test_a_stream_that_breaks_off_says_so_in_its_last_line_and_fails(ledger, monkeypatch):
    def breaks(rows, fields):
        yield b'{"code": "gdp"}\n'
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr("reports.copying.json_lines", breaks)
    out = io.StringIO()
    with pytest.raises(CommandError, match="数据库中断了导出"):
        call_command("export", "updates", "--year", "2018", "--format", "jsonl", stdout=out)
    assert out.getvalue().splitlines() == ['{"code": "gdp"}', "导出中断，本文件不完整，请重新导出。"]


def test_updates_as_known_at_an_earlier_instant_know_no_later_correction(ledger):
    first = ProgressUpdate.objects.get(target=ledger["gdp"])
    corrected = dt.datetime(2018, 8, 1, tzinfo=dt.UTC)
    ProgressUpdate.objects.filter(pk=first.pk).update(superseded_at=corrected)
    UpdateFactory(target=ledger["gdp"], revision=2, correction_reason="漏计", verified_at=corrected)
    UpdateFactory(target=ledger["gdp"], period=dt.date(2018, 7, 31), status="draft")

    def known(*args):
        rows = [row for row in records("updates", "--year", "2018", *args) if row["code"] == "gdp"]
        return [(row["period"], row["revision"], row["superseded_at"] is not None) for row in rows]

    assert known("--known-at", "2018-07-31") == [("2018-06", 1, False)]
    assert known("--known-at", "2018-08-02") == [("2018-06", 1, True), ("2018-06", 2, False)]
    assert known() == [("2018-06", 1, True), ("2018-06", 2, False), ("2018-07", 1, False)]
