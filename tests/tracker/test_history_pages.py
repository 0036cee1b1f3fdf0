"""What the auditor reads of one record's history: steps by name, with reason, old and new."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.factories import TargetFactory, UpdateFactory
from tracker import roles, workflow
from tracker.models import Department, Membership, PlanYear, ProgressUpdate, Status, User

pytestmark = pytest.mark.django_db

AsUser = Callable[[User], Client]


@pytest.fixture
def client(auditor: User, as_user: AsUser) -> Client:
    return as_user(auditor)


def page_of(row: Any) -> str:
    return reverse(f"admin:tracker_{row._meta.model_name}_history", args=[row.pk])


def steps(client: Client, row: Any, kind: str) -> list[tuple[str, str]]:
    """What was done to a record, oldest first, with the reasons given."""
    changes = client.get(page_of(row)).context["changes"]
    return [(change["action"], change["reason"] or "") for change in reversed(changes) if change["kind"] == kind]


# --- the steps of the workflow, by their names ---


def test_every_step_is_called_by_its_name_and_tells_its_reason(
    client: Client, unit: Department, reporter: User, endorser: User, supervisor: User
) -> None:
    update = UpdateFactory(target=TargetFactory(lead=unit), status=Status.DRAFT, entered_by=reporter, source_url="")
    workflow.submit(update, reporter)
    workflow.send_back(update, endorser, "缺佐证")
    workflow.submit(update, reporter)
    workflow.endorse(update, endorser)
    workflow.send_back(update, supervisor, "与统计局数据不符")
    workflow.submit(update, reporter)
    workflow.endorse(update, endorser)
    workflow.verify(update, supervisor)
    revision = workflow.correct(update, reporter, "漏报一个街道")
    workflow.submit(revision, reporter)
    workflow.endorse(revision, endorser)
    workflow.verify(revision, supervisor)
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
    PlanYear.objects.update(needs_endorsement=False)
    workflow.submit(update, reporter)
    assert steps(client, update, "进展填报") == [("新建", ""), ("提交", "")]


def test_a_state_that_was_changed_past_the_steps_is_called_a_change(client: Client) -> None:
    update = UpdateFactory(status=Status.DRAFT)
    ProgressUpdate.objects.update(status=Status.VERIFIED, verified_at=dt.datetime(2018, 8, 2, tzinfo=dt.UTC))
    change = client.get(page_of(update)).context["changes"][0]
    assert (change["who"], change["action"]) == ("数据库或后台命令", "修改")
    assert ["状态", "草稿", "已核验"] in change["differences"]


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
        (change["kind"], change["action"], tuple(map(tuple, change["differences"])))
        for change in client.get(page_of(reporter)).context["changes"]
        if change["who"] == str(system_admin)
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
    told = {(change["kind"], change["action"]) for change in changes if change["who"] == "数据库或后台命令"}
    assert {("用户", "修改"), ("用户角色", "删除")} <= told
    assert ["超级用户状态", "否", "是"] in [part for change in changes for part in change["differences"] or []]


def test_that_a_password_was_set_is_told_but_not_the_password(
    client: Client, system_admin: User, reporter: User, as_user: AsUser
) -> None:
    words = {"password1": "yue-yang-lou-2018", "password2": "yue-yang-lou-2018", "usable_password": "true"}
    page = reverse("admin:auth_user_password_change", args=[reporter.pk])
    assert as_user(system_admin).post(page, words).status_code == 302
    (change,) = [one for one in client.get(page_of(reporter)).context["changes"] if one["who"] == str(system_admin)]
    assert (change["kind"], change["action"], change["differences"]) == ("用户", "设置密码", None)
    reporter.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(e::text, '') FROM tracker_userevent e")
        assert reporter.password.split("$")[-1] not in cursor.fetchone()[0]
