"""The demonstration: made through the real steps, the same everywhere, marked as such, and gone without a trace."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from tests.factories import (
    DepartmentFactory,
    EvidenceFactory,
    IndicatorFactory,
    MilestoneFactory,
    TargetFactory,
    UpdateFactory,
    UserFactory,
)
from tracker import demo, roles, workflow
from tracker.models import Department, Measure, Membership, ProgressUpdate, Status, Target, User

pytestmark = pytest.mark.django_db


def small_ledger() -> Department:
    """A target of each kind, all of the unit that the demonstration's accounts work for."""
    unit = DepartmentFactory(code=demo.UNIT, name="区人社局")
    TargetFactory(indicator=IndicatorFactory(code="jobs"), value=Decimal(9500), lead=unit)
    TargetFactory(indicator=IndicatorFactory(code="green", first_month=2), value=Decimal("6.6"), lead=unit)
    TargetFactory(
        indicator=IndicatorFactory(code="unemployment", measure=Measure.LEVEL),
        value=Decimal(4),
        comparator="<=",
        lead=unit,
    )
    school = TargetFactory(indicator=IndicatorFactory(code="school", measure=Measure.MILESTONE), task=True, lead=unit)
    MilestoneFactory(target=school, number=1)
    MilestoneFactory(target=school, number=2)
    TargetFactory(
        indicator=IndicatorFactory(code="gdp", frequency="quarterly"),
        value=Decimal(678),
        growth=Decimal("9.5"),
        growth_comparator=">=",
        lead=unit,
    )
    published = TargetFactory(indicator=IndicatorFactory(code="revenue"), value=Decimal(30), lead=unit)
    UpdateFactory(target=published, value=Decimal("9.01"), period=dt.date(2018, 3, 31))
    TargetFactory(indicator=IndicatorFactory(code="nobodys"))
    return unit


@pytest.fixture
def ledger() -> Department:
    return small_ledger()


def run_demo(**options: bool) -> str:
    out = StringIO()
    call_command("demo", stdout=out, **options)
    return out.getvalue()


def printed_accounts(printed: str) -> dict[str, tuple[str, str]]:
    return {role: (name, word) for role, name, word in re.findall(r"  (\S+)：用户名 (\S+)  密码 (\S+)", printed)}


def can_log_in(username: str, password: str) -> bool:
    answer = Client().post("/login/", {"username": username, "password": password, "next": "/nowhere/"})
    return answer.status_code == 302 and answer.headers["Location"] == "/nowhere/"


def everything() -> dict[str, list[Any]]:
    """Every row of the ledger, its events, and of the tables of people."""
    models = [*apps.get_app_config("tracker").get_models(), Group, User.groups.through, User.user_permissions.through]
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in models}


def figures() -> list[dict[str, Any]]:
    """What the demonstration states, without the numbers of rows."""
    stated = [
        field.name for field in ProgressUpdate._meta.concrete_fields if not field.is_relation and field.name != "id"
    ]
    return list(ProgressUpdate.objects.order_by("target__indicator__code", "period").values("target", *stated))


def test_it_needs_the_report() -> None:
    with pytest.raises(CommandError, match="还没有 2018 年目标，请先运行"):
        run_demo()
    assert not User.objects.exists()


def test_one_account_per_role_whose_printed_password_really_logs_in(ledger: Department, settings: Any) -> None:
    settings.AXES_ENABLED = False
    accounts = printed_accounts(run_demo())
    assert set(accounts) == set(roles.ROLES)
    for role, (username, password) in accounts.items():
        user = User.objects.get(username=username)
        assert user.is_sample
        assert not user.is_superuser
        assert [group.name for group in user.groups.all()] == [role]
        assert password not in user.password
        assert can_log_in(username, password)
        assert not can_log_in(username, password + "x")
    assert len({password for _, password in accounts.values()}) == len(accounts)
    workers = Membership.objects.filter(department=ledger).values_list("user__username", flat=True)
    assert {accounts[roles.REPORTER][0], accounts[roles.ENDORSER][0]} <= set(workers)


def test_nobody_logs_in_as_a_signer_of_sample_figures(ledger: Department) -> None:
    run_demo()
    signers = User.objects.filter(username__in=[demo.CLERK, demo.HEAD, demo.OFFICE])
    assert signers.count() == 3
    assert not any(signer.has_usable_password() or signer.is_staff for signer in signers)


@pytest.fixture(scope="class")
def _filled(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The sample figures of a small ledger, entered once for all tests of a class and rolled back after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        small_ledger()
        demo.fill()
        yield
        transaction.set_rollback(True)


@pytest.mark.usefixtures("_filled")
class TestTheFigures:
    def test_every_row_is_marked_as_a_sample_and_so_are_its_events(self) -> None:
        made = ProgressUpdate.objects.exclude(entered_by=None)
        # Three targets report monthly (one from February on), one quarterly: 9 + 8 + 9 + 9 + 3.
        assert made.count() == 38
        assert set(made.values_list("is_sample", flat=True)) == {True}
        event_model: Any = ProgressUpdate.pgh_event_model
        assert not event_model.objects.exclude(entered_by=None).filter(is_sample=False).exists()
        assert [str(row["value"]) for row in figures() if not row["is_sample"]] == ["9.01"]

    def test_published_targets_and_targets_of_nobody_are_left_alone(self) -> None:
        sampled = set(ProgressUpdate.objects.filter(is_sample=True).values_list("target__indicator__code", flat=True))
        assert sampled == {"jobs", "green", "unemployment", "school", "gdp"}

    def test_the_figures_go_through_the_real_steps(self) -> None:
        verified = ProgressUpdate.objects.filter(is_sample=True, status=Status.VERIFIED)
        assert verified.count() >= 30
        for update in verified:
            update.full_clean()
            assert update.entered_by is not None
            signers = [update.entered_by.username, update.endorsed_by.username, update.verified_by.username]
            assert signers == [demo.CLERK, demo.HEAD, demo.OFFICE]
            assert update.period < update.entered_at.date()
            assert update.entered_at < update.submitted_at < update.endorsed_at < update.verified_at
        labels = ProgressUpdate.pgh_event_model.objects.filter(pgh_obj=verified[0])
        assert list(labels.order_by("pgh_id").values_list("status", flat=True)) == [
            Status.DRAFT,
            Status.SUBMITTED,
            Status.ENDORSED,
            Status.VERIFIED,
        ]
        assert labels.first().pgh_context.metadata == {"source": "manage.py demo"}

    def test_cumulative_figures_never_fall_and_counted_things_stay_whole(self) -> None:
        for code, digits in (("jobs", 0), ("green", 1)):
            values = list(
                ProgressUpdate.objects.filter(target__indicator__code=code)
                .order_by("period")
                .values_list("value", flat=True)
            )
            assert values == sorted(values)
            assert all(-value.as_tuple().exponent == digits for value in values)


def test_two_machines_make_the_same_figures_and_one_more_target_changes_no_other(ledger: Department) -> None:
    demo.fill()
    first = figures()
    demo.clear()
    TargetFactory(indicator=IndicatorFactory(code="aaa"), lead=ledger)
    demo.fill()
    assert [row for row in figures() if row in first] == first
    assert len(figures()) == len(first) + 9


def test_a_second_run_changes_nothing_and_prints_no_password(ledger: Department) -> None:
    run_demo()
    before = everything()
    printed = run_demo()
    assert printed.startswith("演示数据已在库中。")
    assert "密码只显示" not in printed
    assert everything() == before


def test_new_passwords_replace_the_old_ones_and_touch_nothing_else(ledger: Department, settings: Any) -> None:
    settings.AXES_ENABLED = False
    old = printed_accounts(run_demo())
    before = figures()
    new = printed_accounts(run_demo(passwords=True))
    assert figures() == before
    assert set(new) == set(old)
    for role, (username, password) in new.items():
        assert can_log_in(username, password)
        assert not can_log_in(*old[role])


def test_clearing_leaves_the_database_as_it_was(ledger: Department, django_capture_on_commit_callbacks: Any) -> None:
    person = UserFactory(role=roles.SUPERVISOR, departments=[ledger])
    before = everything()
    run_demo()
    # People have tried it out: a sample has evidence, and a real account took a step with another.
    spare = Target.objects.get(indicator__code="nobodys")
    draft = UpdateFactory(target=spare, period=dt.date(2018, 1, 31), status=Status.DRAFT, is_sample=True)
    file = EvidenceFactory(update=draft, uploaded_by=User.objects.get(username=demo.CLERK)).file
    waiting = UpdateFactory(target=spare, period=dt.date(2018, 2, 28), status=Status.ENDORSED, is_sample=True)
    workflow.verify(waiting, person)
    assert file.storage.exists(file.name)

    with django_capture_on_commit_callbacks(execute=True):
        printed = run_demo(clear=True)
    assert re.fullmatch(r"已清除 \d+ 条演示填报和 9 个演示账号。\n", printed)
    assert not file.storage.exists(file.name)

    after = everything()
    # That somebody had a role, was a member of a unit, or had uploaded a file, is not taken out of the history.
    kept = {"tracker.RoleMembershipEvent", "tracker.MembershipEvent", "tracker.EvidenceEvent"}
    assert {name for name in after if after[name] != before[name]} == kept
    assert [row for name in kept for row in after[name] if row["pgh_label"] == "update"] == []
    assert run_demo(clear=True) == "已清除 0 条演示填报和 0 个演示账号。\n"


@pytest.mark.parametrize("username", [demo.ACCOUNTS[roles.REPORTER], demo.CLERK])
def test_a_real_account_of_the_same_name_is_not_taken_over(ledger: Department, username: str) -> None:
    UserFactory(username=username)
    before = everything()
    with pytest.raises(CommandError, match=f"用户名 {username} 已被真实账号使用"):
        run_demo()
    assert everything() == before
