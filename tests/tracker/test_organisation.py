"""Who works for which unit: tasks belong to posts, and a unit that took over another one's does its work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pgtrigger
import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.db import Error, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import DepartmentFactory, TargetFactory, UpdateFactory, UserFactory
from tracker import roles, workflow
from tracker.models import Department, ProgressUpdate, Status, Target, User
from tracker.models.refusals import CROSS_TABLE, refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(unit: Department) -> list[Department]:
    """Three units, each taken over by the next; the last one is the unit under test, which exists today."""
    middle = DepartmentFactory(name="区教育体育局", successor=unit)
    first = DepartmentFactory(name="区体育中心", successor=middle)
    return [first, middle, unit]


def names(departments: object) -> set[str]:
    return {department.name for department in departments}  # type: ignore[attr-defined]


def test_members_of_a_successor_work_for_every_unit_before_it(
    chain: list[Department], reporter: User, other_unit: Department
) -> None:
    assert names(Department.objects.of(reporter)) == {"区体育中心", "区教育体育局", "区教育局"}


def test_members_of_a_unit_that_was_taken_over_do_not_work_for_its_successor(chain: list[Department]) -> None:
    first, middle, _last = chain
    assert names(Department.objects.of(UserFactory(departments=[first]))) == {first.name}
    assert names(Department.objects.of(UserFactory(departments=[middle]))) == {first.name, middle.name}


def test_one_unit_may_take_over_several_and_one_person_belong_to_several(
    unit: Department, other_unit: Department
) -> None:
    old = [DepartmentFactory(successor=later) for later in (unit, unit, other_unit)]
    both = UserFactory(departments=[unit, other_unit])
    assert names(Department.objects.of(both)) == names([unit, other_unit, *old])


def test_nobody_in_particular_works_for_no_unit(chain: list[Department], outsider: User) -> None:
    assert not Department.objects.of(outsider).exists()
    assert not Department.objects.of(AnonymousUser()).exists()


def test_it_costs_no_query_of_its_own(chain: list[Department], reporter: User) -> None:
    reporter.has_perm("tracker.view_progressupdate")
    TargetFactory(lead=chain[0])
    with CaptureQueriesContext(connection) as queries:
        assert len(Target.objects.reportable_by(reporter)) == 1
        assert not ProgressUpdate.objects.visible_to(reporter).exists()
    assert len(queries) == 2


def test_the_task_of_a_unit_that_is_gone_is_entered_and_endorsed_by_its_successor(
    chain: list[Department], reporter: User, endorser: User, colleague: User, as_user: Callable[[User], Client]
) -> None:
    target = TargetFactory(lead=chain[0])
    update = UpdateFactory(target=target, status=Status.DRAFT, period=dt.date(2018, 6, 30), entered_by=reporter)
    assert workflow.editable_by(reporter).get() == update
    assert not ProgressUpdate.objects.visible_to(colleague).exists()
    add = f"{reverse('admin:tracker_progressupdate_add')}?target={target.pk}"
    assert as_user(reporter).get(add).status_code == 200
    assert as_user(colleague).get(add).status_code == 403
    workflow.submit(update, reporter)
    assert workflow.movable("endorse", endorser).get() == update
    workflow.endorse(update, endorser)
    assert update.status == Status.ENDORSED


# --- no unit takes over from its own successor ---


def by_orm(unit: Department, successor: Department) -> None:
    unit.successor = successor
    unit.save()


def in_bulk(unit: Department, successor: Department) -> None:
    Department.objects.filter(pk=unit.pk).update(successor=successor)


@pytest.mark.parametrize("way", [by_orm, in_bulk])
def test_a_ring_of_successors_is_refused(
    way: Callable[[Department, Department], None], chain: list[Department]
) -> None:
    first, middle, last = chain
    for successor in (first, middle):
        with pytest.raises(Error) as refused, transaction.atomic():
            way(last, successor)
        assert refusal(refused.value) == CROSS_TABLE["department_ring"]
    way(first, last)
    assert Department.objects.get(pk=first.pk).successor == last


def test_the_form_says_so_and_keeps_what_was_typed(
    chain: list[Department], system_admin: User, as_user: Callable[[User], Client]
) -> None:
    first, _middle, last = chain
    given = {"code": last.code, "name": "改名", "position": "1", "successor": first.pk}
    page = as_user(system_admin).post(reverse("admin:tracker_department_change", args=[last.pk]), given)
    assert "成了循环；请改选另一个承接单位或留空" in page.content.decode()
    assert "改名" in page.content.decode()
    last.refresh_from_db()
    assert (last.name, last.successor) == ("区教育局", None)


def test_a_ring_that_got_in_all_the_same_hangs_nothing(chain: list[Department], reporter: User) -> None:
    first, _middle, last = chain
    with pgtrigger.ignore("tracker.Department:no_succession_ring"):
        Department.objects.filter(pk=last.pk).update(successor=first)
    assert names(Department.objects.of(reporter)) == names(chain)


# --- accounts of the demonstration keep to demonstration data ---


def account_fields(account: User, **given: Any) -> dict[str, Any]:
    fields = {"username": account.username, "is_active": "on", "is_staff": "on", "display_name": account.display_name}
    fields |= {"groups": list(account.groups.values_list("pk", flat=True))}
    fields |= {"membership_set-TOTAL_FORMS": "0", "membership_set-INITIAL_FORMS": "0"}
    return {**fields, **given}


@pytest.mark.parametrize("is_sample", [True, False])
def test_a_demonstration_account_reads_the_real_ledger_and_does_not_change_it(
    is_sample: bool, as_user: Callable[[User], Client]
) -> None:
    client = as_user(UserFactory(role=roles.SUPERVISOR, is_sample=is_sample))
    report = TargetFactory().section.report
    page = reverse("admin:tracker_workreport_change", args=[report.pk])
    text = client.get(page).content.decode()
    assert ("演示账号，只能改动演示数据" in text) == is_sample
    assert ('name="_save"' in text) != is_sample
    assert client.post(page, {}).status_code == (403 if is_sample else 200)
    assert client.get(reverse("admin:tracker_target_add")).status_code == (403 if is_sample else 200)


def test_a_demonstration_administrator_touches_no_real_account_and_opens_none(
    reporter: User, as_user: Callable[[User], Client], unit: Department
) -> None:
    client = as_user(UserFactory(role=roles.SYSTEM_ADMIN, is_sample=True))
    for name, given in (("tracker_user_change", account_fields(reporter)), ("auth_user_password_change", {})):
        assert client.post(reverse(f"admin:{name}", args=[reporter.pk]), given).status_code == 403
    words = {"password1": "yue-yang-lou-2018", "password2": "yue-yang-lou-2018"}
    reporters = Group.objects.get(name=roles.REPORTER)
    opened = {**account_fields(reporter), "username": "trial", "groups": [reporters.pk]}
    opened |= {"membership_set-TOTAL_FORMS": "1", "membership_set-0-department": unit.pk}
    assert client.post(reverse("admin:tracker_user_add"), {**opened, **words}).status_code == 302
    account = User.objects.get(username="trial")
    assert account.is_sample
    assert list(account.departments.all()) == [unit]
    page = reverse("admin:tracker_user_change", args=[account.pk])
    assert client.post(page, account_fields(account, display_name="改名")).status_code == 302
    account.refresh_from_db()
    assert account.display_name == "改名"
