"""What the auditor reads of the history, on the page and in the file: steps by name, with reason, old and new."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator
from typing import Any

import openpyxl
import pghistory
import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import DepartmentFactory, TargetFactory, UpdateFactory, UserFactory
from tracker import roles
from tracker.admin import history, history_file
from tracker.models import Department, Membership, ProgressUpdate, Status, User

pytestmark = pytest.mark.django_db

HEADERS = ["时间", "操作人", "网络地址", "记录类别", "记录", "操作", "原因", "内容", "原为", "改为"]
AsUser = Callable[[User], Client]


@pytest.fixture
def client(auditor: User, as_user: AsUser) -> Client:
    return as_user(auditor)


def page_of(row: Any) -> str:
    return reverse(f"admin:tracker_{row._meta.model_name}_history", args=[row.pk])


def steps(client: Client, row: Any, kind: str) -> list[tuple[str, str]]:
    """What was done to a record, oldest first, with the reasons given."""
    changes = client.get(page_of(row)).context["changes"]
    return [(change.action, change.reason) for change in reversed(changes) if change.kind == kind]


def download(client: Client, format: str, **asked: str) -> bytes:
    response = client.get(reverse("admin:history_download", args=[format]), asked)
    assert response.status_code == 200
    return b"".join(response)


def read_csv(content: bytes) -> tuple[list[dict[str, str]], list[str]]:
    """The lines of a file by their headers, and the notes below them."""
    headers, *rest = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert headers == HEADERS
    lines = [dict(zip(headers, row, strict=True)) for row in rest if len(row) == len(headers)]
    return lines, [row[0] for row in rest if len(row) == 1]


# --- the steps of the workflow, by their names ---


def test_every_step_is_called_by_its_name_and_tells_its_reason(
    client: Client, unit: Department, reporter: User, endorser: User, supervisor: User
) -> None:
    update = UpdateFactory(target=TargetFactory(lead=unit), status=Status.DRAFT, entered_by=reporter, source_url="")
    update.submit(reporter)
    update.send_back(endorser, "缺佐证")
    update.submit(reporter)
    update.endorse(endorser)
    update.send_back(supervisor, "与统计局数据不符")
    update.submit(reporter)
    update.endorse(endorser)
    update.verify(supervisor)
    revision = update.new_revision(reporter, "漏报一个街道")
    revision.submit(reporter)
    revision.endorse(endorser)
    revision.verify(supervisor)
    told = [
        ("新建", ""),
        ("提交", ""),
        ("退回", "缺佐证"),
        ("提交", ""),
        ("审核通过", ""),
        ("退回", "与统计局数据不符"),
        ("提交", ""),
        ("审核通过", ""),
        ("核验通过", ""),
        ("更正", "漏报一个街道"),
        ("提交", ""),
        ("审核通过", ""),
    ]
    assert steps(client, revision, "进展填报")[:-2] == told
    # The two are one step: the new revision counts from the instant at which the old one no longer does.
    assert set(steps(client, revision, "进展填报")[-2:]) == {("核验通过", ""), ("被更正", "")}
    text = client.get(page_of(update)).content.decode()
    assert '退回<small class="reason">缺佐证</small>' in text


def test_without_endorsement_a_submitted_update_is_still_called_submitted(
    client: Client, unit: Department, reporter: User
) -> None:
    update = UpdateFactory(target=TargetFactory(lead=unit), status=Status.DRAFT, entered_by=reporter)
    report = update.target.section.report
    report.needs_endorsement = False
    report.save()
    update.submit(reporter)
    assert steps(client, update, "进展填报") == [("新建", ""), ("提交", "")]


def test_a_state_that_was_changed_past_the_steps_is_called_a_change(client: Client) -> None:
    update = UpdateFactory(status=Status.DRAFT)
    ProgressUpdate.objects.update(status=Status.VERIFIED, verified_at=dt.datetime(2018, 8, 2, tzinfo=dt.UTC))
    change = client.get(page_of(update)).context["changes"][0]
    assert (change.who, change.action) == ("数据库或后台命令", "修改")
    assert ("状态", "草稿", "已核验") in change.differences


def test_what_is_gone_is_still_called_what_it_was_called(client: Client, reporter: User) -> None:
    update = UpdateFactory(status=Status.DRAFT, target__indicator__name="新增城镇就业")
    ProgressUpdate.objects.update(remark="改过")
    update.delete()
    reporter.groups.clear()
    changes = client.get(reverse("admin:history"), {"kind": "progressupdate"}).context["changes"]
    assert {change.record for change in changes} == {"新增城镇就业 2018-06"}
    changes = client.get(reverse("admin:history"), {"kind": "rolemembership"}).context["changes"]
    assert f"{reporter} · {roles.REPORTER}" in {change.record for change in changes if change.action == "删除"}


# --- accounts, their roles and units ---


def test_an_account_s_history_tells_its_roles_its_units_and_its_rights(
    client: Client, system_admin: User, reporter: User, unit: Department, other_unit: Department, as_user: AsUser
) -> None:
    member = Membership.objects.get(user=reporter)
    given = {
        "username": reporter.username,
        "display_name": "张三",
        "is_active": "on",
        "groups": [Group.objects.get(name=roles.ENDORSER).pk],
        "membership_set-TOTAL_FORMS": "1",
        "membership_set-INITIAL_FORMS": "1",
        "membership_set-0-id": member.pk,
        "membership_set-0-user": reporter.pk,
        "membership_set-0-department": other_unit.pk,
    }
    page = reverse("admin:tracker_user_change", args=[reporter.pk])
    assert as_user(system_admin).post(page, given).status_code == 302
    changes = [
        (change.kind, change.action, tuple(map(tuple, change.differences)))
        for change in client.get(page_of(reporter)).context["changes"]
        if change.who == str(system_admin)
    ]
    moved = (("单位", unit.name, other_unit.name),)
    assert ("单位成员", "修改", moved) in changes
    assert ("用户角色", "删除", (("用户", "张三", ""), ("角色", roles.REPORTER, ""))) in changes
    assert ("用户角色", "新建", (("用户", "", "张三"), ("角色", "", roles.ENDORSER))) in changes
    rights = next(differences for kind, action, differences in changes if kind == "用户")
    assert {("姓名", "", "张三"), ("工作人员状态", "是", "否")} <= set(rights)


def test_roles_and_rights_given_in_bulk_or_in_the_database_show_too(client: Client, reporter: User) -> None:
    User.objects.filter(pk=reporter.pk).update(is_superuser=True)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tracker_user_groups WHERE user_id = %s", [reporter.pk])
    changes = client.get(page_of(reporter)).context["changes"]
    told = {(change.kind, change.action) for change in changes if change.who == "数据库或后台命令"}
    assert {("用户", "修改"), ("用户角色", "删除")} <= told
    assert ("超级用户状态", "否", "是") in [part for change in changes for part in change.differences]


def test_that_a_password_was_set_is_told_but_not_the_password(
    client: Client, system_admin: User, reporter: User, as_user: AsUser
) -> None:
    words = {"password1": "yue-yang-lou-2018", "password2": "yue-yang-lou-2018", "usable_password": "true"}
    page = reverse("admin:auth_user_password_change", args=[reporter.pk])
    assert as_user(system_admin).post(page, words).status_code == 302
    (change,) = [one for one in client.get(page_of(reporter)).context["changes"] if one.who == str(system_admin)]
    assert (change.kind, change.action, change.differences) == ("用户", "设置密码", [])
    reporter.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(e::text, '') FROM tracker_userevent e")
        assert reporter.password.split("$")[-1] not in cursor.fetchone()[0]


# --- the file ---


@pytest.mark.parametrize("format", ["csv", "xlsx"])
@pytest.mark.parametrize("person", ["reporter", "endorser", "supervisor", "official", "system_admin", "outsider"])
def test_only_the_auditor_takes_the_history_away(
    person: str, format: str, request: pytest.FixtureRequest, as_user: AsUser
) -> None:
    response = as_user(request.getfixturevalue(person)).get(reverse("admin:history_download", args=[format]))
    assert response.status_code == 403


def test_the_file_says_what_the_page_says(client: Client, unit: Department) -> None:
    Department.objects.filter(pk=unit.pk).update(name="区教体局", position=7)
    lines, notes = read_csv(download(client, "csv", kind="department"))
    changes = client.get(reverse("admin:history"), {"kind": "department"}).context["changes"]
    expected = [
        (change.who, change.kind, change.record, change.action, *difference)
        for change in changes
        for difference in change.differences
    ]
    columns = ["操作人", "记录类别", "记录", "操作", "内容", "原为", "改为"]
    assert [tuple(line[column] for column in columns) for line in lines] == expected
    assert ("名称", "区教育局", "区教体局") in [(line["内容"], line["原为"], line["改为"]) for line in lines]
    assert notes[0] == f"记录完，共 {len(lines)} 行。"
    assert notes[1] == "筛选：记录：单位"


def test_csv_and_workbook_hold_the_same(client: Client, auditor: User, unit: Department) -> None:
    Department.objects.update(full_name="岳阳市岳阳楼区教育局")
    asked = {"kind": "department", "since": "2018-01-01"}
    lines, _notes = read_csv(download(client, "csv", **asked))
    book = openpyxl.load_workbook(io.BytesIO(download(client, "xlsx", **asked)))
    rows = [[cell for cell in row if cell is not None] for row in book.active.iter_rows(values_only=True)]
    assert rows[0] == ["变更历史"]
    assert rows[1] == ["筛选：记录：单位；自：2018-01-01"]
    assert rows[2][0].startswith(f"导出：{auditor}，")
    assert rows[3] == HEADERS
    assert rows[-1] == [f"记录完，共 {len(lines)} 行。"]
    cells = list(book.active.iter_rows(min_row=5, max_row=book.active.max_row - 1))
    for row, line in zip(cells, lines, strict=True):
        at, *texts = [cell.value for cell in row]
        assert [f"{at:%Y-%m-%d %H:%M:%S}", *(text or "" for text in texts)] == list(line.values())


def test_the_filters_of_the_page_are_those_of_the_file(
    client: Client, supervisor: User, system_admin: User, unit: Department, as_user: AsUser
) -> None:
    page = reverse("admin:tracker_department_change", args=[unit.pk])
    given = {"code": unit.code, "name": "区教体局", "position": "1"}
    assert as_user(system_admin).post(page, given).status_code == 302
    lines, _notes = read_csv(download(client, "csv", who=system_admin.username))
    assert {(line["操作人"], line["网络地址"], line["操作"]) for line in lines} == {
        (str(system_admin), "127.0.0.1", "修改")
    }
    lines, notes = read_csv(download(client, "csv", until="2000-01-01"))
    assert (lines, notes[0]) == ([], "记录完，共 0 行。")
    text = client.get(reverse("admin:history"), {"kind": "department"}).content.decode()
    assert f'{reverse("admin:history_download", args=["xlsx"])}?kind=department"' in text


def test_a_filter_that_cannot_be_followed_leads_back_to_the_page_that_says_so(client: Client) -> None:
    response = client.get(reverse("admin:history_download", args=["csv"]), {"since": "x"}, follow=True)
    assert response.redirect_chain == [(f"{reverse('admin:history')}?since=x", 302)]
    assert response.context["form"].errors
    assert client.get(reverse("admin:history_download", args=["exe"])).status_code == 404


def test_the_file_speaks_the_reader_s_language(client: Client, unit: Department) -> None:
    client.cookies["django_language"] = "en"
    response = client.get(reverse("admin:history_download", args=["csv"]), {"kind": "department"})
    headers, line = list(csv.reader(io.StringIO(b"".join(response).decode("utf-8-sig"))))[:2]
    assert "操作" not in headers
    assert "新建" not in line


@pytest.mark.parametrize("text", ["=1+1", "+1-2", "-1+2", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")'])
def test_no_spreadsheet_runs_what_somebody_typed(text: str, client: Client) -> None:
    DepartmentFactory(full_name=f"旧{text}")
    Department.objects.update(full_name=text)
    lines, _notes = read_csv(download(client, "csv", kind="department"))
    assert [line["改为"] for line in lines if line["原为"] == f"旧{text}"] == [f"'{text}"]
    page = openpyxl.load_workbook(io.BytesIO(download(client, "xlsx", kind="department"))).active
    (cell,) = [row[9] for row in page.iter_rows(min_row=5) if row[8].value == f"旧{text}"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


@pytest.mark.parametrize("figure", ["-42", "-1,234.50", "+3.2%", "-0.5%"])
def test_figures_stay_figures(figure: str) -> None:
    assert history_file.defused(figure) == figure


def test_a_long_history_is_read_in_pieces_that_all_cost_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PIECE", 20)
    department = DepartmentFactory(full_name="0")
    changes = department.pgh_event_model.objects.all()

    def change(first: int, last: int) -> None:
        for n in range(first, last):
            with pghistory.context(source=f"第{n}次"):
                Department.objects.update(full_name=str(n))

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            list(history.lines([changes], "zh-hans"))
        return len(queries)

    change(1, 20)
    one_piece = cost()
    change(20, 100)
    assert cost() <= 5 * one_piece


def test_a_long_history_goes_on_on_another_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_file, "LAST_ROW", 12)
    at = dt.datetime(2018, 8, 2, tzinfo=dt.UTC)
    lines = ((at, "张三", "10.0.0.1", "单位", f"第{n}个", "修改", "", "名称", "旧", "新") for n in range(15))
    content = b"".join(history_file.as_xlsx(history_file.Log("变更历史", ["筛选：全部"], lines)))
    sheets = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    told = [row[4] for sheet in sheets for row in sheet.iter_rows(min_row=4, values_only=True) if row[1]]
    assert told == [f"第{n}个" for n in range(15)]
    assert [sheet["A1"].value for sheet in sheets] == ["变更历史"] * 2
    assert sheets[-1].cell(sheets[-1].max_row, 1).value == "记录完，共 15 行。"


def test_a_reader_who_goes_away_ends_the_reading() -> None:
    ended = []

    def endless() -> Iterator[history_file.Line]:
        at = dt.datetime(2018, 8, 2, tzinfo=dt.UTC)
        try:
            while True:
                yield (at, *("字" * 200,) * 9)
        finally:
            ended.append(True)

    response = history_file.download(history_file.Log("变更历史", [], endless()), "csv")
    assert next(iter(response.streaming_content))
    response.close()
    assert ended == [True]


def test_a_tie_in_time_leaves_no_change_out_between_two_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PER_PAGE", 3)
    for n in range(5):
        UserFactory(role=roles.REPORTER, departments=[DepartmentFactory(name=f"单位{n}")])
    shown, count = [], 1
    for number in range(1, 20):
        page = client.get(reverse("admin:history"), {"p": number}).context
        shown += [(change.kind, change.record, change.action, *change.differences) for change in page["changes"]]
        count = page["page"].paginator.count
        if not page["page"].has_next():
            break
    assert len(shown) == count == len({str(line) for line in shown})
