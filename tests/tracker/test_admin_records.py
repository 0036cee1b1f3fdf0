"""The office's own records in the admin: who maintains what, what the ledger refuses, and what the history tells."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pghistory
import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import (
    AnnualResultFactory,
    DepartmentFactory,
    IndicatorFactory,
    MilestoneFactory,
    ReminderFactory,
    SectionFactory,
    TargetFactory,
    UnitFactory,
    UpdateFactory,
    UserFactory,
)
from tracker import roles
from tracker.admin.entry.update import ProgressUpdateAdmin
from tracker.models import (
    AnnualResult,
    Department,
    Evidence,
    Indicator,
    Membership,
    Move,
    PlanYear,
    ProgressUpdate,
    Reminder,
    Responsibility,
    ScheduleNode,
    Section,
    Status,
    Target,
    Unit,
    User,
    WorkReport,
)

pytestmark = pytest.mark.django_db

MODELS = [model for model in admin.site._registry if model._meta.app_label == "tracker"]
PEOPLE = ["reporter", "colleague", "endorser", "supervisor", "official", "auditor", "system_admin", "outsider"]


def url(page: str, row) -> str:
    return reverse(f"admin:tracker_{row._meta.model_name}_{page}", args=[row.pk] if page != "add" else [])


@pytest.fixture
def root(as_user):
    return as_user(UserFactory(is_superuser=True, username="root"))


@pytest.fixture
def rows(unit) -> dict[type, object]:
    """One row of every kind; the update is verified."""
    target = TargetFactory(lead=unit, growth=Decimal("5.0"), growth_comparator=">=")
    draft = UpdateFactory(target=target, status=Status.DRAFT, period=dt.date(2018, 7, 31))
    member = UserFactory(departments=[unit])
    verified = UpdateFactory(target=target)
    return {
        Target: target,
        ProgressUpdate: verified,
        Move: Move.objects.filter(update=verified).first(),
        Evidence: Evidence.objects.create(update=draft, file=ContentFile(b"%PDF-1.7", name="证明.pdf")),
        Indicator: target.indicator,
        Unit: target.indicator.unit,
        Section: target.section,
        WorkReport: WorkReport.objects.get(),
        PlanYear: PlanYear.objects.get(),
        AnnualResult: AnnualResultFactory(),
        Department: unit,
        User: member,
        Membership: Membership.objects.get(user=member),
        Reminder: ReminderFactory(target=target, recipient=member),
    }


# Which role reads, adds and changes which record stands in the table RECORDS of tests/test_permission_matrix.py.


def test_nothing_is_deleted_from_the_admin_but_drafts_and_their_files(root, rows):
    before = {model: model.objects.count() for model in MODELS}
    answers = {model: root.post(url("delete", rows[model]), {"post": "yes"}).status_code for model in MODELS}
    assert answers == dict.fromkeys(MODELS, 403)
    assert {model: model.objects.count() for model in MODELS} == before


def test_an_address_guessed_by_hand_is_not_found(root):
    guesses = [
        reverse(f"admin:tracker_{model._meta.model_name}_{page}", args=[pk])
        for model in MODELS
        for page in ("change", "delete", "history")
        for pk in ("999999", "x", "_", "9" * 40, "1_2F")
    ]
    answers = {address: root.get(address).status_code for address in guesses}
    assert not {address: status for address, status in answers.items() if status not in (403, 404)}


def test_pages_run_under_the_content_security_policy(root, rows):
    added = set(MODELS) - {Evidence, Membership, Move, ProgressUpdate, Reminder}
    pages = [reverse("admin:index")]
    for model in MODELS:
        pages += [url("change", rows[model]), url("history", rows[model])]
        pages += [reverse(f"admin:tracker_{model._meta.model_name}_changelist")]
        pages += [url("add", rows[model])] if model in added else []
    forbidden = re.compile(r"<style|\sstyle=|\son\w+=\"|javascript:|<script(?![^>]*\ssrc=)")
    assert not [page for page in pages if forbidden.search(root.get(page).content.decode())]


def test_a_reader_sees_figures_with_the_digits_they_were_stated_with(as_user, official, rows):
    target = rows[Target]
    ScheduleNode.objects.create(target=target, month=6, value=Decimal("45.50"))
    page = as_user(official).get(url("change", target)).content.decode()
    assert "45.50" in page
    assert not re.search(r"\d\.\d*0{4}", page)


# --- targets, indicators, results ---


def target_fields(target: Target, **given) -> dict:
    """What the target's form sends when nothing is changed."""
    inlines = {}
    for prefix in ("responsibilities", "milestones", "schedule_nodes"):
        inlines |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    names = [
        *("category", "wording", "qualifier", "comparator", "value", "growth_comparator", "growth", "judged_by"),
        *("schedule", "due_on", "baseline_note", "paragraph", "position", "source_url", "note"),
    ]
    fields = {name: "" if getattr(target, name) is None else str(getattr(target, name)) for name in names}
    keys = {"indicator": target.indicator_id, "year": target.year, "section": target.section_id or ""}
    return {**fields, **keys, **inlines, **given}


def test_the_supervision_office_changes_a_target_and_its_parts(as_user, supervisor, unit, other_unit):
    target = TargetFactory(lead=unit)
    lead = target.responsibilities.get()
    given = {
        "value": "1,200",
        "responsibilities-TOTAL_FORMS": "2",
        "responsibilities-INITIAL_FORMS": "1",
        "responsibilities-0-id": lead.pk,
        "responsibilities-0-target": target.pk,
        "responsibilities-0-department": unit.pk,
        "responsibilities-0-role": "lead",
        "responsibilities-0-basis": "已公布",
        "responsibilities-1-target": target.pk,
        "responsibilities-1-department": other_unit.pk,
        "responsibilities-1-role": "cooperating",
        "responsibilities-1-basis": "按职能",
        "schedule_nodes-TOTAL_FORMS": "1",
        "schedule_nodes-0-target": target.pk,
        "schedule_nodes-0-month": "6",
        "schedule_nodes-0-value": "600",
    }
    response = as_user(supervisor).post(url("change", target), target_fields(target, **given))
    assert response.status_code == 302, response.context["errors"]
    target.refresh_from_db()
    assert target.value == Decimal(1200)
    assert list(target.responsibilities.order_by("role").values_list("department__code", "basis")) == [
        ("gongan", "按职能"),
        ("jiaoyu", "已公布"),
    ]
    assert target.schedule_nodes.get().value == Decimal(600)


def test_a_new_target_fills_what_follows_from_its_indicator(as_user, supervisor):
    draft = TargetFactory.build(indicator=IndicatorFactory(measure="level"), section=SectionFactory(), due_on=None)
    response = as_user(supervisor).post(reverse("admin:tracker_target_add"), target_fields(draft))
    assert response.status_code == 302, response.context["errors"]
    target = Target.objects.get()
    assert (target.measure, target.due_on) == ("level", dt.date(2018, 12, 31))


#: What a target's form may not say, with the sentence that refuses it.
AGAINST_THE_RULES = [
    ({"comparator": ""}, "总量目标与总量比较须同时填写"),
    ({"value": "0"}, "下限目标须大于零"),
    ({"section": "", "paragraph": ""}, "请写明出处"),
    ({"due_on": "2019-06-30"}, "完成期限须在目标年度之内"),
    ({"value": "NaN"}, "不是数字"),
    ({"year": "2031"}, "2031"),
    ({"schedule": "nodes", "judged_by": "growth"}, "评价依据所指的总量或增速没有目标值"),
]


def test_a_target_against_the_rules_is_refused_with_a_sentence_and_keeps_what_was_typed(as_user, supervisor):
    target = TargetFactory()
    client = as_user(supervisor)
    wrong = []
    for given, sentence in AGAINST_THE_RULES:
        response = client.post(url("change", target), target_fields(target, note="不要丢", **given))
        page = response.content.decode()
        if response.status_code != 200 or sentence not in page or "不要丢" not in page:
            wrong.append((given, response.status_code))
    assert not wrong
    target.refresh_from_db()
    assert target.note == ""


def test_a_demonstration_account_reads_real_records_and_changes_none(as_user, rows):
    client = as_user(UserFactory(role=roles.SUPERVISOR, is_sample=True))
    target = rows[Target]
    assert client.get(url("change", target)).status_code == 200
    assert client.post(url("change", target), target_fields(target, note="改过")).status_code == 403
    assert client.get(url("add", target)).status_code == 403
    target.refresh_from_db()
    assert target.note == ""


def test_files_go_only_while_their_update_may_be_edited(as_user, reporter, unit):
    update = UpdateFactory(target__lead=unit, status=Status.SUBMITTED)
    evidence = Evidence.objects.create(update=update, file=ContentFile(b"%PDF-1.7", name="证明.pdf"))
    assert as_user(reporter).get(url("change", evidence)).status_code == 200
    assert as_user(reporter).post(url("delete", evidence), {"post": "yes"}).status_code == 403
    assert Evidence.objects.exists()


def test_an_account_without_access_to_these_pages_is_told_so_and_not_asked_to_sign_in(as_user):
    reader = UserFactory(role=roles.VIEWER, is_staff=False)
    assert as_user(reader).get(reverse("admin:index")).status_code == 403


def test_a_second_lead_unit_is_refused_with_a_sentence(as_user, supervisor, unit, other_unit):
    target = TargetFactory()
    given = {"responsibilities-TOTAL_FORMS": "2"}
    for number, department in enumerate((unit, other_unit)):
        given |= {
            f"responsibilities-{number}-department": department.pk,
            f"responsibilities-{number}-role": "lead",
            f"responsibilities-{number}-basis": "按职能",
        }
    response = as_user(supervisor).post(url("change", target), target_fields(target, **given))
    assert "一项目标只能有一个牵头单位" in response.content.decode()
    assert not Responsibility.objects.exists()


def test_a_target_that_was_reported_on_keeps_its_indicator_and_year(as_user, supervisor):
    target = UpdateFactory().target
    other = IndicatorFactory()
    as_user(supervisor).post(url("change", target), target_fields(target, indicator=other.pk, note="改过"))
    before = target.indicator
    target.refresh_from_db()
    assert (target.indicator, target.note) == (before, "改过")


def test_tasks_have_steps_and_figures_have_a_schedule(as_user, supervisor):
    def inlines(target: Target) -> list[str]:
        response = as_user(supervisor).get(url("change", target))
        return [formset.opts.model.__name__ for formset in response.context["inline_admin_formsets"]]

    assert inlines(TargetFactory()) == ["Responsibility", "ScheduleNode"]
    assert inlines(MilestoneFactory().target) == ["Responsibility", "Milestone"]


def test_an_indicator_in_use_keeps_its_unit_and_measure(as_user, supervisor):
    indicator = TargetFactory().indicator
    other = UnitFactory(symbol="户")
    given = {"code": indicator.code, "name": "新名", "unit": other.pk, "measure": "level", "frequency": "quarterly"}
    given |= {"first_month": "1", "due_lag": "20"}
    assert as_user(supervisor).post(url("change", indicator), given).status_code == 302
    indicator.refresh_from_db()
    assert (indicator.name, indicator.unit.symbol, indicator.measure) == ("新名", "个", "cumulative")


# --- what the database itself refuses, when a race got past the form ---


def test_a_constraint_of_the_database_becomes_a_sentence_on_the_filled_form(as_user, supervisor, monkeypatch):
    target = TargetFactory()
    monkeypatch.setattr(Target, "full_clean", lambda *args, **kwargs: None)
    response = as_user(supervisor).post(url("change", target), target_fields(target, comparator="", note="不要丢"))
    page = response.content.decode()
    assert "总量目标与总量比较须同时填写" in page
    assert "不要丢" in page


def test_a_trigger_of_the_database_becomes_a_sentence_on_the_filled_form(as_user, reporter, unit, monkeypatch):
    update = UpdateFactory(target=TargetFactory(lead=unit))
    monkeypatch.setattr(ProgressUpdateAdmin, "has_change_permission", lambda *args: True)
    monkeypatch.setattr("tracker.workflow.hold_open", lambda *args: None)
    given = {"period": "2018-06-30", "value": "99", "source_url": update.source_url}
    given |= {"evidence-TOTAL_FORMS": "0", "evidence-INITIAL_FORMS": "0"}
    page = as_user(reporter).post(url("change", update), given).content.decode()
    assert "已核验的填报不能改动" in page
    assert 'value="99"' in page
    update.refresh_from_db()
    assert update.value == Decimal(50)


def test_a_trigger_that_keeps_a_record_becomes_a_message(as_user, reporter, unit, monkeypatch):
    update = UpdateFactory(target=TargetFactory(lead=unit))
    monkeypatch.setattr(ProgressUpdateAdmin, "has_delete_permission", lambda *args: True)
    monkeypatch.setattr("tracker.workflow.hold_open", lambda *args: None)
    response = as_user(reporter).post(url("delete", update), {"post": "yes"}, follow=True)
    assert "台账不允许改动或删除这条记录" in " ".join(map(str, response.context["messages"]))
    assert ProgressUpdate.objects.exists()


# --- accounts ---


def account_fields(account: User, **given) -> dict:
    fields = {"username": account.username, "display_name": account.display_name, "email": "", "is_active": "on"}
    members = {"membership_set-TOTAL_FORMS": "0", "membership_set-INITIAL_FORMS": "0"}
    groups = list(account.groups.values_list("pk", flat=True))
    return {**fields, **members, "is_staff": "on", "groups": groups, **given}


def role(name: str) -> int:
    return Group.objects.get(name=name).pk


def test_the_system_administrator_opens_an_account_with_role_and_unit(as_user, system_admin, unit):
    given = {
        "username": "zhang",
        "display_name": "张三",
        "password1": "yue-yang-lou-2018",
        "password2": "yue-yang-lou-2018",
        "is_staff": "on",
        "groups": [role(roles.REPORTER)],
        "membership_set-TOTAL_FORMS": "1",
        "membership_set-INITIAL_FORMS": "0",
        "membership_set-0-department": unit.pk,
        "is_superuser": "on",
        "user_permissions": ["1"],
    }
    response = as_user(system_admin).post(reverse("admin:tracker_user_add"), given)
    assert response.status_code == 302, response.context["errors"]
    user = User.objects.get(username="zhang")
    assert (user.is_superuser, user.user_permissions.count()) == (False, 0)
    assert list(user.departments.all()) == [unit]
    assert user.has_perm("tracker.add_progressupdate")


def test_a_list_of_accounts_names_a_few_of_many_units(root):
    UserFactory(departments=[DepartmentFactory(name=f"第{n}局", position=n) for n in range(5)])
    assert "第0局、第1局、第2局等5个" in root.get(reverse("admin:tracker_user_changelist")).content.decode()


def test_the_system_administrator_makes_no_superuser(as_user, system_admin, reporter):
    given = account_fields(reporter, is_superuser="on", user_permissions=["1"], display_name="改过")
    assert as_user(system_admin).post(url("change", reporter), given).status_code == 302
    reporter.refresh_from_db()
    assert (reporter.display_name, reporter.is_superuser, reporter.user_permissions.count()) == ("改过", False, 0)


def test_the_system_administrator_does_not_touch_a_superuser(as_user, system_admin, unit):
    superuser = UserFactory(is_superuser=True)
    client = as_user(system_admin)
    before = superuser.password
    assert client.post(url("change", superuser), account_fields(superuser, username="mine")).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[superuser.pk])
    assert (
        client.post(password, {"password1": "yue-yang-lou-2018", "password2": "yue-yang-lou-2018"}).status_code == 403
    )
    superuser.refresh_from_db()
    assert (superuser.password, superuser.username != "mine") == (before, True)


def test_nobody_raises_their_own_rights(as_user, system_admin, unit):
    given = account_fields(system_admin, groups=[role(roles.SUPERVISOR)], display_name="改过")
    given |= {"membership_set-TOTAL_FORMS": "1", "membership_set-0-department": unit.pk}
    as_user(system_admin).post(url("change", system_admin), given)
    system_admin.refresh_from_db()
    assert system_admin.display_name == "改过"
    assert [group.name for group in system_admin.groups.all()] == [roles.SYSTEM_ADMIN]
    assert not system_admin.departments.exists()


@pytest.mark.parametrize(
    ("chosen", "refused"),
    [
        ([roles.REPORTER, roles.ENDORSER], False),
        ([roles.REPORTER, roles.AUDITOR], True),
        ([roles.SUPERVISOR, roles.SYSTEM_ADMIN], True),
        ([roles.SYSTEM_ADMIN, roles.AUDITOR], True),
    ],
)
def test_one_person_has_one_duty(chosen, refused, as_user, system_admin, reporter):
    given = account_fields(reporter, groups=[role(name) for name in chosen])
    response = as_user(system_admin).post(url("change", reporter), given)
    assert ("须由不同的人担任" in response.content.decode()) == refused
    assert (set(reporter.groups.values_list("name", flat=True)) == set(chosen)) == (not refused)


def test_an_auditor_reads_an_account_without_its_password(as_user, auditor, reporter):
    page = as_user(auditor).get(url("change", reporter)).content.decode()
    assert reporter.username in page
    assert reporter.password.split("$")[-1][:6] not in page


def test_groups_are_code_and_have_no_page(root):
    assert root.get("/admin/auth/group/").status_code == 404


# --- history ---


def test_only_an_auditor_reads_the_history(as_user, rows, request):
    for person in PEOPLE:
        client = as_user(request.getfixturevalue(person))
        for page in (url("history", rows[Target]), url("history", rows[User]), reverse("history")):
            status = client.get(page).status_code
            assert status == 200 if person == "auditor" else status in (403, 404), (person, page)
    page = as_user(request.getfixturevalue("official")).get(url("change", rows[Target])).content.decode()
    assert "变更历史" not in page


def test_the_history_of_every_record_opens(as_user, auditor, rows):
    client = as_user(auditor)
    answers = {model: client.get(url("history", rows[model])).status_code for model in MODELS}
    # A reminder and a move are themselves records of what happened.
    assert answers == {**dict.fromkeys(MODELS, 200), Reminder: 404, Move: 404}


def test_the_history_tells_who_changed_what_from_where(as_user, supervisor, auditor, unit, other_unit):
    target = TargetFactory(lead=unit, note="旧说明")
    lead = target.responsibilities.get()
    given = {
        "note": "新说明",
        "responsibilities-TOTAL_FORMS": "1",
        "responsibilities-INITIAL_FORMS": "1",
        "responsibilities-0-id": lead.pk,
        "responsibilities-0-target": target.pk,
        "responsibilities-0-department": other_unit.pk,
        "responsibilities-0-role": "lead",
        "responsibilities-0-basis": "按职能",
    }
    as_user(supervisor).post(url("change", target), target_fields(target, **given))
    changes = as_user(auditor).get(url("history", target)).context["changes"]
    told = [
        (change["who"], change["address"], change["kind"], change["action"], change["differences"])
        for change in changes
    ]
    assert (str(supervisor), "127.0.0.1", "年度目标", "修改", [["说明", "旧说明", "新说明"]]) in told
    moved = [["单位", unit.name, other_unit.name]]
    assert (str(supervisor), "127.0.0.1", "责任分工", "修改", moved) in told


def test_the_history_shows_what_was_changed_behind_the_applications_back(as_user, auditor):
    result = AnnualResultFactory(value=Decimal("614.8"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tracker_annualresult SET value = 620 WHERE id = %s", [result.pk])
    change = as_user(auditor).get(url("history", result)).context["changes"][0]
    assert (change["who"], change["differences"]) == ("数据库或后台命令", [["数值", "614.8", "620"]])


def test_the_history_costs_the_same_for_one_change_and_for_fifty(as_user, auditor):
    client = as_user(auditor)
    department = DepartmentFactory(full_name="0")
    client.get(url("history", department))
    with CaptureQueriesContext(connection) as one:
        client.get(url("history", department))
    for n in range(1, 50):
        with pghistory.context(source=f"第{n}次"):
            Department.objects.update(full_name=str(n))
    with CaptureQueriesContext(connection) as fifty:
        assert len(client.get(url("history", department)).context["changes"]) == 50
    assert len(fifty) == len(one)


def test_the_list_of_accounts_names_three_units_and_counts_the_rest(as_user, system_admin):
    UserFactory(
        username="few", departments=[DepartmentFactory(name=f"甲{number}局", position=number) for number in (1, 2)]
    )
    UserFactory(
        username="many",
        departments=[DepartmentFactory(name=f"乙{number}局", position=number) for number in range(1, 6)],
    )
    page = as_user(system_admin).get("/admin/tracker/user/").content.decode()
    assert "甲1局、甲2局<" in page
    assert "乙1局、乙2局、乙3局等5个" in page
