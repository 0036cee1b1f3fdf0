"""A unit's sheet goes out as a workbook and comes back: looked at first, then written whole or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.factories import (
    MilestoneFactory,
    SectionFactory,
    TargetFactory,
    UnitFactory,
    UpdateFactory,
    UserFactory,
    WorkReportFactory,
    close_years,
)
from tracker import roles, workflow
from tracker.models import (
    Basis,
    Category,
    Indicator,
    Measure,
    ProgressUpdate,
    Responsibility,
    Role,
    Stage,
    Status,
    Target,
)
from tracker.spreadsheets.importing import Import, UploadRow

pytestmark = pytest.mark.django_db

JUNE = dt.date(2018, 6, 30)


@pytest.fixture
def money():
    """Units of money, by symbol; there are others."""
    UnitFactory(symbol="%", dimension="ratio")
    factors = {"亿元": 10**8, "万元": 10**4, "元": 1}
    return {symbol: UnitFactory(symbol=symbol, dimension="money", factor=factor) for symbol, factor in factors.items()}


@pytest.fixture
def target(unit, money) -> Target:
    return TargetFactory(
        lead=unit, indicator__code="invest", indicator__name="固定资产投资", indicator__unit=money["万元"], value=100
    )


@pytest.fixture
def task(unit) -> Target:
    task = TargetFactory(task=True, lead=unit, indicator__code="road", indicator__name="道路改造")
    for number, name in enumerate(["开工", "竣工"], 1):
        MilestoneFactory(target=task, number=number, name=name)
    return task


def sheet_of(*rows: dict[str, Any], encoding: str = "utf-8-sig") -> SimpleUploadedFile:
    """A CSV with a heading for each key of the first row."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return SimpleUploadedFile("六月.csv", text.getvalue().encode(encoding))


def workbook_of(*rows: list[Any], name: str = "六月.xlsx") -> SimpleUploadedFile:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return SimpleUploadedFile(name, file.getvalue())


def row(code: str = "invest", period: str = "2018-06", **cells: Any) -> dict[str, Any]:
    return {"代码": code, "报告期": period, **cells}


def look(client, file) -> Any:
    return client.post(reverse("admin:sheet_upload"), {"file": file})


def confirm(client, page, **buttons: str) -> Any:
    return client.post(
        reverse("admin:sheet_upload"), {"preview": page.context["preview"], **(buttons or {"_save": "1"})}, follow=True
    )


def counted(page) -> dict[str, int]:
    """How many rows of each kind the preview counts, where there are any."""
    return {kind: count for kind, count in page.context["counts"].items() if count}


def refused(page) -> list[tuple[str, str]]:
    """Where and why, for each refusal on the preview."""
    return [tuple(refusal) for line in page.context["refused"] for refusal in line.refusals]


def said(page) -> str:
    return " ".join(str(message) for message in page.context["messages"])


def stored() -> list[tuple[str, Decimal | None, str]]:
    rows = ProgressUpdate.objects.order_by("target__indicator__code", "period", "revision")
    return [(row.target.code, row.value, row.status) for row in rows.select_related("target__indicator")]


# --- looking, then confirming ---


def test_looking_shows_old_and_new_and_writes_nothing(as_user, reporter, target):
    draft = UpdateFactory(target=target, value=Decimal(40), status=Status.DRAFT, entered_by=reporter, source_url="")
    page = look(as_user(reporter), sheet_of(row(完成值="50")))
    assert counted(page) == {"changed": 1}
    assert re.search(r"<del>40</del>.*→.*<ins>50</ins>", page.content.decode())
    draft.refresh_from_db()
    assert draft.value == 40


def test_what_was_shown_is_saved_as_drafts(as_user, reporter, target):
    client = as_user(reporter)
    page = confirm(client, look(client, sheet_of(row(完成值="50"))))
    assert "已保存 1 项，尚未提交" in said(page)
    assert stored() == [("invest", Decimal(50), Status.DRAFT)]
    assert ProgressUpdate.objects.get().entered_by == reporter
    assert page.request["PATH_INFO"] == reverse("admin:month_sheet")


def test_what_was_shown_is_saved_and_submitted(as_user, reporter, target):
    client = as_user(reporter)
    page = confirm(client, look(client, sheet_of(row(完成值="50"))), _submit="1")
    assert "已提交 1 项" in said(page)
    assert stored() == [("invest", Decimal(50), Status.SUBMITTED)]


def test_a_row_that_is_not_filled_in_makes_no_draft(as_user, reporter, target, task):
    page = look(as_user(reporter), sheet_of(row(完成值="", 进展阶段=""), row("road", 完成值="", 进展阶段="")))
    assert counted(page) == {"empty": 2}
    assert "没有变化" in page.content.decode()
    assert 'name="preview"' not in page.content.decode()


def test_the_same_file_again_changes_nothing(as_user, reporter, target, task):
    client = as_user(reporter)
    rows = [
        row(完成值="0.5亿元", 进展阶段="", 已完成节点="", 进展说明="一\r\n二 "),
        row("road", 完成值="", 进展阶段="推进中", 已完成节点="2、1", 进展说明=""),
    ]
    confirm(client, look(client, sheet_of(*rows)))
    before = list(ProgressUpdate.objects.order_by("pk").values())
    assert [(update["value"], update["stage"], update["steps_done"], update["remark"]) for update in before] == [
        (Decimal(5000), "", [], "一\n二"),
        (None, Stage.UNDER_WAY, [1, 2], ""),
    ]
    events = ProgressUpdate.pgh_event_model.objects.count()
    page = look(client, sheet_of(*rows))
    assert counted(page) == {"same": 2}
    assert "没有变化" in page.content.decode()
    assert list(ProgressUpdate.objects.order_by("pk").values()) == before
    assert ProgressUpdate.pgh_event_model.objects.count() == events


def test_a_column_that_the_file_does_not_have_is_left_alone_and_an_empty_cell_clears(as_user, reporter, target):
    draft = UpdateFactory(
        target=target, value=40, remark="说明", problem="问题", status=Status.DRAFT, entered_by=reporter, source_url=""
    )
    client = as_user(reporter)
    page = look(client, sheet_of(row(完成值="40", 存在问题="")))
    assert "（清空）" in page.content.decode()
    confirm(client, page)
    draft.refresh_from_db()
    assert (draft.value, draft.remark, draft.problem) == (40, "说明", "")


def test_only_whoever_changed_a_row_answers_for_it(as_user, reporter, unit, target, task):
    other = UserFactory(role=roles.REPORTER, departments=[unit])
    for theirs in (target, task):
        UpdateFactory(target=theirs, value=None, remark="原", status=Status.DRAFT, entered_by=other, source_url="")
    client = as_user(reporter)
    confirm(client, look(client, sheet_of(row(进展说明="新"), row("road", 进展说明="原"))))
    assert [update.entered_by for update in ProgressUpdate.objects.order_by("target__indicator__code")] == [
        reporter,
        other,
    ]


def test_what_is_not_complete_can_be_saved_but_not_submitted(as_user, reporter, target):
    client = as_user(reporter)
    page = look(client, sheet_of(row(完成值="3")))  # far behind, and says nothing of it
    assert "提交前请写明存在问题" in page.content.decode()
    assert "保存并提交" not in page.content.decode()
    assert "没有保存" in said(confirm(client, page, _submit="1"))
    assert stored() == []
    confirm(client, page)
    assert stored() == [("invest", Decimal(3), Status.DRAFT)]


def test_history_tells_who_uploaded_and_from_where(as_user, reporter, target):
    client = as_user(reporter)
    confirm(client, look(client, sheet_of(row(完成值="50"))))
    event = ProgressUpdate.pgh_event_model.objects.select_related("pgh_context").get()
    assert event.value == 50
    assert event.pgh_context.metadata["user"] == reporter.pk
    assert event.pgh_context.metadata["address"] == "127.0.0.1"


# --- refused: the cell, the reason, and nothing written ---


def test_a_wrong_cell_is_named_with_its_reason(as_user, reporter, target, time_machine):
    time_machine.move_to(dt.datetime(2018, 11, 15, tzinfo=dt.UTC))
    client = as_user(reporter)
    wrong = []
    for cells, address, reason in [
        ({"完成值": "=1+1"}, "六月.csv C2", "公式"),
        ({"完成值": "约50"}, "六月.csv C2", "不是数字"),
        ({"完成值": "1e308"}, "六月.csv C2", "不认识计量单位|不是数字"),
        ({"完成值": "NaN"}, "六月.csv C2", "不是数字"),
        ({"完成值": "-Infinity"}, "六月.csv C2", "不是数字"),
        ({"完成值": "9" * 40}, "六月.csv C2", "太大"),
        ({"完成值": "9" * 100_000}, "六月.csv C2", "不是数字"),
        ({"完成值": "65%"}, "六月.csv C2", "量纲不同"),
        ({"完成值": "2018-06-01"}, "六月.csv C2", "不是数字|不认识计量单位"),
        ({"进展阶段": "推进中"}, "六月.csv C2", "没有“进展阶段”"),
        ({"数据性质": "大概"}, "六月.csv C2", "可选范围"),
        ({"来源网址": "不是网址"}, "六月.csv C2", "URL|网址"),
        ({"公布日期": "六月"}, "六月.csv C2", "不是日期"),
        ({"版次": "2"}, "六月.csv C2", "没有第“2”版"),
        ({"报告期": "六月", "完成值": "50"}, "六月.csv B2", "不是报告期"),
        ({"报告期": "2017-06", "完成值": "50"}, "六月.csv A2", "没有代码为"),
        ({"报告期": "2018-12", "完成值": "50"}, "六月.csv B2", "尚未结束"),
        ({"代码": "nobody", "完成值": "50"}, "六月.csv A2", "没有代码为"),
    ]:
        page = look(client, sheet_of(row(**cells)))
        content = page.content.decode()
        found = refused(page)
        is_named = [where for where, _why in found] == [address] and address in content
        if not is_named or not re.search(reason, found[0][1]) or 'name="preview"' in content:
            wrong.append((cells, found))
    assert not wrong
    assert stored() == []


def test_one_wrong_row_holds_up_all(as_user, reporter, target, task):
    client = as_user(reporter)
    page = look(client, sheet_of(row(完成值="50", 已完成节点=""), row("road", 完成值="", 已完成节点="7")))
    assert refused(page) == [("六月.csv D3", "该任务没有序号为 7 的节点。")]
    assert counted(page) == {"refused": 1, "new": 1}
    assert 'name="preview"' not in page.content.decode()


def test_nothing_is_saved_where_a_row_is_refused(reporter, target):
    rows = [
        UploadRow("表", number, {"code": code, "period": "2018-06", "value": "5"}, {})
        for number, code in enumerate(["invest", "x"])
    ]
    found = Import(reporter, rows)
    with pytest.raises(Exception, match="没有代码为"):
        found.save(submit=False)
    assert stored() == []


def test_two_rows_for_the_same_update_are_refused(as_user, reporter, target):
    page = look(as_user(reporter), sheet_of(row(完成值="50"), row(完成值="51")))
    assert refused(page) == [("六月.csv A3", "与 六月.csv A2 是同一目标的同一期，请只留一行。")]


def test_a_closed_year_takes_no_upload(as_user, reporter, target):
    close_years()
    [(where, why)] = refused(look(as_user(reporter), sheet_of(row(完成值="50"))))
    assert where == "六月.csv B2"
    assert "已封账" in why


@pytest.mark.parametrize(
    ("status", "reason"),
    [(Status.VERIFIED, "已核验为“40”.*更正"), (Status.SUBMITTED, "待审核"), (Status.ENDORSED, "待核验")],
)
def test_what_is_out_of_the_units_hands_is_not_changed(status, reason, as_user, reporter, target):
    UpdateFactory(target=target, value=40, status=status, entered_by=reporter)
    client = as_user(reporter)
    [(where, why)] = refused(look(client, sheet_of(row(完成值="50"))))
    assert where == "六月.csv C2"
    assert re.search(reason, why)
    assert counted(look(client, sheet_of(row(完成值="40.00")))) == {"same": 1}


# --- who ---


def test_a_row_of_another_unit_is_refused_with_its_cell(as_user, colleague, target):
    page = look(as_user(colleague), sheet_of(row(完成值="50")))
    assert refused(page) == [("六月.csv A2", "“固定资产投资”不是您所在单位的目标，不能填报。")]


def test_another_units_draft_is_neither_changed_nor_shown(as_user, colleague, reporter, target):
    UpdateFactory(target=target, value=40, remark="内部说明", status=Status.DRAFT, entered_by=reporter, source_url="")
    page = look(as_user(colleague), sheet_of(row(完成值="50")))
    assert refused(page) == [("六月.csv A2", "“固定资产投资”不是您所在单位的目标，不能填报。")]
    assert "内部说明" not in page.content.decode()
    # Nor can it be guessed at: the same figure is refused alike.
    assert len(refused(look(as_user(colleague), sheet_of(row(完成值="40"))))) == 1


def test_another_units_verified_figure_that_is_the_same_is_no_change(as_user, colleague, target):
    UpdateFactory(target=target, value=40)
    assert counted(look(as_user(colleague), sheet_of(row(完成值="40")))) == {"same": 1}


def test_anonymous_is_asked_to_sign_in(client, target):
    for name in ("sheet_upload", "sheet_download"):
        assert "/login/" in client.get(reverse(f"admin:{name}"))["Location"]


def test_a_sheet_of_another_unit_is_not_found(as_user, colleague, target):
    for name in ("sheet_upload", "sheet_download"):
        assert as_user(colleague).get(reverse(f"admin:{name}"), {"unit": "jiaoyu"}).status_code == 404


def test_somebody_elses_preview_and_a_forged_one_are_not_confirmed(as_user, reporter, unit, target):
    page = look(as_user(reporter), sheet_of(row(完成值="50")))
    other = as_user(UserFactory(role=roles.REPORTER, departments=[unit]))
    for preview in (page.context["preview"], page.context["preview"][:-1], "", "x:y:z"):
        answer = other.post(reverse("admin:sheet_upload"), {"preview": preview, "_save": "1"})
        assert "预览已经失效" in answer.content.decode()
    assert stored() == []


def test_a_demonstration_account_writes_demonstration_data_only(as_user, unit, target, task):
    sample = UserFactory(role=roles.REPORTER, departments=[unit], is_sample=True)
    real = UpdateFactory(target=target, value=40, status=Status.DRAFT, source_url="")
    client = as_user(sample)
    assert len(refused(look(client, sheet_of(row(完成值="50"))))) == 1
    confirm(client, look(client, sheet_of(row("road", 进展阶段="推进中"))))
    assert ProgressUpdate.objects.exclude(pk=real.pk).get().is_sample


# --- between looking and confirming ---


def test_what_somebody_else_changed_meanwhile_is_shown_and_not_overwritten(as_user, reporter, target):
    draft = UpdateFactory(target=target, value=40, status=Status.DRAFT, entered_by=reporter, source_url="")
    client = as_user(reporter)
    page = look(client, sheet_of(row(完成值="50")))
    ProgressUpdate.objects.update(value=45)
    again = confirm(client, page)
    assert "预览之后台账有了变化" in said(again)
    assert "<del>45</del>" in again.content.decode()
    draft.refresh_from_db()
    assert draft.value == 45
    confirm(client, again)
    draft.refresh_from_db()
    assert draft.value == 50


def test_confirmed_twice_it_is_saved_once(as_user, reporter, target):
    client = as_user(reporter)
    page = look(client, sheet_of(row(完成值="50")))
    confirm(client, page, _submit="1")
    again = confirm(client, page, _submit="1")
    assert "预览之后台账有了变化" in said(again)
    assert stored() == [("invest", Decimal(50), Status.SUBMITTED)]


def test_a_target_that_the_unit_lost_meanwhile_is_refused(as_user, reporter, target):
    client = as_user(reporter)
    page = look(client, sheet_of(row(完成值="50")))
    Responsibility.objects.all().delete()
    again = confirm(client, page)
    assert refused(again) == [("六月.csv A2", "“固定资产投资”不是您所在单位的目标，不能填报。")]
    assert stored() == []


def test_a_preview_can_be_confirmed_in_the_other_language(as_user, reporter, target):
    client = as_user(reporter)
    page = look(client, sheet_of(row(完成值="50")))
    client.cookies["django_language"] = "en"
    confirm(client, page)
    assert stored() == [("invest", Decimal(50), Status.DRAFT)]


# --- files ---


def encrypted() -> bytes:
    """A workbook whose directory says that its one member is encrypted."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/workbook.xml", "x")
    data = bytearray(content.getvalue())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(as_user, reporter, target):
    client = as_user(reporter)
    for file, word in [
        (SimpleUploadedFile("表.xlsx", b"PK\x03\x04xx"), "不完整"),
        (SimpleUploadedFile("表.xlsx", encrypted()), "加了密码"),
        (SimpleUploadedFile("表.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "旧版"),
        (SimpleUploadedFile("表.csv", "目标,完成值\n投资,50\n".encode()), "没有找到表头"),
        (SimpleUploadedFile("表.csv", b"x" * (5 * 1024**2 + 1)), "5 MB"),
        (None, "请选择"),
    ]:
        page = client.post(reverse("admin:sheet_upload"), {"file": file} if file else {})
        assert (page.status_code, word in page.content.decode()) == (200, True), word


def test_more_changes_than_a_page_can_send_back_are_refused_with_a_sentence(as_user, reporter, target, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_100
    assert "分成几份上传" in look(as_user(reporter), sheet_of(row(完成值="50"))).content.decode()


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_figures_come_as_people_type_them_and_files_as_programs_save_them(encoding, as_user, reporter, target):
    client = as_user(reporter)
    confirm(client, look(client, sheet_of(row(完成值="０．５亿元", 同比增速="'-4.2%"), encoding=encoding)))
    update = ProgressUpdate.objects.get()
    assert (update.value, update.growth) == (5000, Decimal("-4.2"))


def test_a_workbook_of_ones_own_is_read_in_any_order_below_its_title(as_user, reporter, target, task):
    client = as_user(reporter)
    page = look(
        client,
        workbook_of(
            ["六月填报"],
            ["单位：万元"],
            ["完成值\n（万元）", "备注", "period", "指标", "代码", "Stage"],
            [50.5, "不读", dt.date(2018, 6, 1), "投资", "invest", None],
            [None, None, "2018年6月", "道路", "road", "推进中"],
            [None, "填表人：王"],
        ),
    )
    assert counted(page) == {"new": 2}
    assert "没有读取的列：备注、指标" in page.content.decode()
    confirm(client, page)
    assert stored() == [("invest", Decimal("50.5"), Status.DRAFT), ("road", None, Status.DRAFT)]


# --- the sheet that is downloaded ---


def download(client, **query: str) -> openpyxl.Workbook:
    answer = client.get(reverse("admin:sheet_download"), {"month": "2018-06", **query})
    assert answer.status_code == 200
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert answer["Content-Disposition"].startswith("attachment")
    return openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))


def as_upload(book: openpyxl.Workbook) -> SimpleUploadedFile:
    file = io.BytesIO()
    book.save(file)
    return SimpleUploadedFile("填好.xlsx", file.getvalue())


def places(book: openpyxl.Workbook) -> dict[tuple[str, str], Any]:
    """The cells of the sheet by code and heading."""
    sheet = book.worksheets[0]
    headings = {cell.column: cell.value for cell in sheet[3]}
    return {(line[0].value, headings[cell.column]): cell for line in sheet.iter_rows(min_row=4) for cell in line}


def test_the_sheet_comes_filled_with_what_is_known_and_open_where_it_is_asked(as_user, reporter, target, task):
    done = TargetFactory(lead=target.departments.get(), indicator__code="done")
    UpdateFactory(target=done, value=40)
    UpdateFactory(target=target, value=Decimal("16.60"), status=Status.DRAFT, entered_by=reporter, source_url="")
    book = download(as_user(reporter))
    cells = places(book)
    assert book.sheetnames == ["月度填报", "说明"]
    assert book.worksheets[0].protection.sheet
    assert cells["invest", "报告期"].value == "2018-06"
    assert cells["invest", "计量单位"].value == "万元"
    assert (cells["invest", "完成值"].value, cells["invest", "完成值"].number_format) == (16.6, "0.00")
    assert cells["done", "完成值"].value == 40
    is_open = {place for place, cell in cells.items() if not cell.protection.locked}
    assert {code for code, _heading in is_open} == {"invest", "road"}
    assert ("road", "进展阶段") in is_open
    assert ("road", "完成值") not in is_open
    assert ("invest", "代码") not in is_open
    lists = {
        str(rule.sqref): rule.formula1
        for rule in book.worksheets[0].data_validations.dataValidation
        if rule.type == "list"
    }
    assert lists[cells["road", "进展阶段"].coordinate] == '"未启动,前期工作,推进中,已完成"'
    assert any("竣工" in str(cell.value) for line in book["说明"] for cell in line)


def test_the_sheet_comes_back_unchanged_and_filled_in(as_user, reporter, target, task):
    UpdateFactory(
        target=target,
        value=Decimal("16.60"),
        growth=Decimal("-4.2"),
        vintage="快报数",
        remark="=一\r\n二",
        status=Status.DRAFT,
        entered_by=reporter,
        source_url="",
    )
    client = as_user(reporter)
    book = download(client)
    assert counted(look(client, as_upload(book))) == {"same": 1, "empty": 1}
    cells = places(book)
    cells["invest", "完成值"].value = 17
    cells["road", "进展阶段"].value, cells["road", "已完成节点"].value = "推进中", 1
    confirm(client, look(client, as_upload(book)))
    road, invest = ProgressUpdate.objects.order_by("-target__indicator__code")
    assert (road.stage, road.steps_done) == (Stage.UNDER_WAY, [1])
    assert (invest.value, invest.growth, invest.remark) == (17, Decimal("-4.2"), "=一\r\n二")
    with override("en"):
        client.cookies["django_language"] = "en"
        english = download(client)
    assert english.sheetnames != book.sheetnames
    assert counted(look(client, as_upload(english))) == {"same": 2}


# --- what an export gives can be given back ---


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_an_export_of_all_updates_changes_nothing(format, as_user, reporter, target, task, other_unit, tmp_path):
    texts = {"remark": "-四\r\n五", "problem": "'引'", "next_step": "=1+1", "source_url": "https://example.org/a?b=1,2"}
    old = UpdateFactory(target=target, value=Decimal("16.60"), growth=Decimal("-4.2"), vintage="快报数", **texts)
    ProgressUpdate.objects.filter(pk=old.pk).update(superseded_at=old.verified_at)
    UpdateFactory(target=target, value=17, revision=2, correction_reason="笔误", published_on=JUNE)
    UpdateFactory(target=target, period=dt.date(2018, 7, 31), value=20, status=Status.DRAFT, entered_by=reporter)
    UpdateFactory(target=task, value=None, stage=Stage.UNDER_WAY, steps_done=[1])
    UpdateFactory(target=TargetFactory(lead=other_unit), value=Decimal("0.000001"))
    path = tmp_path / f"updates.{format}"
    call_command("export", "updates", year=2018, format=format, output=path)
    page = look(as_user(reporter), SimpleUploadedFile(path.name, path.read_bytes()))
    assert refused(page) == []
    assert counted(page) == {"same": 5}


# --- whatever comes ---


@examples(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["invest", "road", "gdp", "", "\x00", "'", "９"]),
            st.sampled_from(["2018-06", "43281", "2018-13", "", "9999-12", "0000-01", "1e5"]),
            st.sampled_from(
                [
                    "",
                    "5",
                    "５",
                    "1e308",
                    "9" * 40,
                    "NaN",
                    "-Infinity",
                    "٣",
                    "=1",
                    "0.5亿元",
                    "5%",
                    "\ud7ff",
                    "−1",
                    "1,00",
                ]
            )
            | st.text(max_size=12),
            st.sampled_from(["", "推进中", "Under way", "1、9", "99999", "9" * 5000]) | st.text(max_size=5),
            st.sampled_from(["", "1", "2", "-1", "９", "x"]),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_stands_in_the_cells_is_saved_whole_or_refused(clerk, rows):
    file = io.StringIO(newline="")
    csv.writer(file).writerows([["code", "period", "value", "steps_done", "revision"], *rows])
    before = stored()
    page = look(clerk, SimpleUploadedFile("表.csv", file.getvalue().encode("utf-8", "surrogatepass")))
    assert page.status_code == 200
    assert stored() == before
    if page.context.get("writing") and not page.context["refused"]:
        assert confirm(clerk, page).status_code == 200
        assert len(stored()) == len(before) + page.context["counts"]["new"]
        ProgressUpdate.objects.all().delete()


@pytest.fixture
def clerk(as_user, reporter, target, task):
    """A client of the unit that has both targets."""
    return as_user(reporter)


# --- cost ---


def sheet_with(count: int, unit) -> SimpleUploadedFile:
    """A file of that many rows, all new and fit to be submitted, for targets of the unit that are made for it."""
    report, piece = WorkReportFactory(), UnitFactory(symbol="个")
    section = SectionFactory(report=report)
    indicators = Indicator.objects.bulk_create(
        Indicator(code=f"many-{count}-{number}", name=f"很多 {count} {number}", measure=Measure.CUMULATIVE, unit=piece)
        for number in range(count // 10)
    )
    targets = Target.objects.bulk_create(
        Target(
            indicator=indicator,
            year=2018,
            measure=indicator.measure,
            category=Category.KEY,
            value=100,
            comparator=">=",
            due_on=dt.date(2018, 12, 31),
            section=section,
            paragraph=1,
        )
        for indicator in indicators
    )
    Responsibility.objects.bulk_create(
        Responsibility(target=target, department=unit, role=Role.LEAD, basis=Basis.BY_FUNCTION) for target in targets
    )
    rows = [
        row(target.code, f"2018-{month:02}", 完成值=f"{month * 9}个", 同比增速="9.5%", 进展说明="按计划推进")
        for target in targets
        for month in range(1, 11)
    ]
    return sheet_of(*rows)


def queries_of(client, count: int, unit) -> int:
    """How many queries it takes to look at that many rows, and to save and submit them."""
    file = sheet_with(count, unit)
    with CaptureQueriesContext(connection) as queries:
        page = look(client, file)
        answer = client.post(reverse("admin:sheet_upload"), {"preview": page.context["preview"], "_submit": "1"})
    assert answer.status_code == 302, refused(page)[:3]
    assert ProgressUpdate.objects.filter(target__indicator__code__startswith=f"many-{count}-").count() == count
    return len(queries)


def test_many_rows_cost_no_more_queries_than_few(as_user, reporter, unit):
    """Rows are written a thousand at a time, so that 10,000 cost nine queries more than 1,000."""
    client = as_user(reporter)
    few = queries_of(client, 10, unit)
    assert queries_of(client, 1000, unit) == few
    assert few + 2 * 9 <= 100


def test_changing_many_rows_costs_no_more_queries_than_few(as_user, reporter, unit):
    counts = []
    for count in (10, 200):
        client, file = as_user(reporter), sheet_with(count, unit)
        confirm(client, look(client, file))
        changed = SimpleUploadedFile("表.csv", file.file.getvalue().replace("按计划".encode(), "加快".encode()))
        with CaptureQueriesContext(connection) as queries:
            page = look(client, changed)
            assert counted(page) == {"changed": count}
            client.post(reverse("admin:sheet_upload"), {"preview": page.context["preview"], "_save": "1"})
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] + 2 * 9 <= 100


# --- two at once ---


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    """On connections of their own, as two people are."""

    def test_of_two_uploads_of_a_new_figure_one_is_saved(self, as_user, reporter, unit, target):
        other = UserFactory(role=roles.REPORTER, departments=[unit])
        clients = [as_user(person) for person in (reporter, other)]
        pages = [look(client, sheet_of(row(完成值=value))) for client, value in zip(clients, ("50", "60"), strict=True)]
        with ThreadPoolExecutor(2) as people:
            answers = list(people.map(closing(confirm), clients, pages))
        # The contexts of pages that are made at the same time are mixed up; what they say is not.
        told = [answer.content.decode() for answer in answers]
        assert sorted("已保存 1 项" in text for text in told) == [False, True]
        assert sorted("没有保存" in text for text in told) == [False, True]
        assert len(stored()) == 1

    def test_an_upload_waits_for_an_entry_and_does_not_overwrite_it(self, as_user, reporter, target):
        draft = UpdateFactory(target=target, value=40, status=Status.DRAFT, entered_by=reporter, source_url="")
        client = as_user(reporter)
        page = look(client, sheet_of(row(完成值="50")))
        with ThreadPoolExecutor(1) as somebody, transaction.atomic():
            workflow.hold_open(draft)
            answer = somebody.submit(closing(confirm), client, page)
            time.sleep(0.3)
            assert not answer.done()
            ProgressUpdate.objects.filter(pk=draft.pk).update(value=45)
        # The entry is in; the upload, which waited for it, sees it.
        assert "预览之后台账有了变化" in answer.result().content.decode()
        draft.refresh_from_db()
        assert draft.value == 45


def closing(work):
    """`work` on a connection of its own thread, which is closed after it."""

    def done(*args: Any) -> Any:
        try:
            return work(*args)
        finally:
            connection.close()

    return done
