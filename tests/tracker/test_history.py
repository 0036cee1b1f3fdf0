"""Nothing in the ledger changes unseen, and what was verified never changes: held by triggers, whoever writes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import Error, connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from tests.factories import (
    AnnualResultFactory,
    DepartmentFactory,
    EvidenceFactory,
    IndicatorFactory,
    MilestoneFactory,
    PlanYearFactory,
    ResponsibilityFactory,
    ScheduleNodeFactory,
    SectionFactory,
    TargetFactory,
    UnitFactory,
    UpdateFactory,
    UserFactory,
    WorkReportFactory,
)
from tracker import roles
from tracker.models import Department, Margins, Membership, ProgressUpdate, RoleMembership, Stage, Status, User
from tracker.models.refusals import CROSS_TABLE, KEPT, refusal

pytestmark = pytest.mark.django_db


def membership() -> Membership:
    return Membership.objects.create(user=UserFactory(), department=DepartmentFactory())


def role_membership() -> RoleMembership:
    UserFactory(role=roles.REPORTER)
    return RoleMembership.objects.get()


def margins() -> Margins:
    """The margins that the database gives a year; of further ones the deletion changes what was before, too."""
    return PlanYearFactory().margins.get()


def draft() -> ProgressUpdate:
    return UpdateFactory(status=Status.DRAFT)


#: A row of every ledger model, and a column that may change.
LEDGER: dict[str, tuple[Callable[[], Any], str, Any]] = {
    "department": (DepartmentFactory, "name", "区新局"),
    "user": (UserFactory, "display_name", "张三"),
    "rolemembership": (role_membership, "group_id", None),
    "membership": (membership, "department_id", None),
    "planyear": (PlanYearFactory, "needs_endorsement", False),
    "margins": (margins, "ahead_margin", Decimal("5.00")),
    "workreport": (WorkReportFactory, "title", "工作报告"),
    "section": (SectionFactory, "title", "新标题"),
    "unit": (UnitFactory, "name_en", "pieces"),
    "indicator": (IndicatorFactory, "due_lag", 20),
    "annualresult": (AnnualResultFactory, "value", Decimal("614.80")),
    "target": (TargetFactory, "value", Decimal(120)),
    "responsibility": (ResponsibilityFactory, "basis", "已公布"),
    "milestone": (MilestoneFactory, "name", "竣工"),
    "schedulenode": (ScheduleNodeFactory, "value", Decimal(60)),
    "progressupdate": (draft, "remark", "改写"),
    "evidence": (lambda: EvidenceFactory(update=draft()), "name", "另名.txt"),
}
UNDELETABLE = {"annualresult", "target", "planyear"}


def events(row: models.Model) -> list[str]:
    return list(
        row.pgh_event_model.objects.filter(pgh_obj_id=row.pk).order_by("pgh_id").values_list("pgh_label", flat=True)
    )


def another(field: str, value: Any) -> Any:
    if field == "group_id":
        return Group.objects.get(name=roles.ENDORSER).pk
    return DepartmentFactory().pk if field == "department_id" else value


def run(sql: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def refused(write: Callable[[], Any]) -> str:
    """The sentence with which the database refuses; fails where it does not."""
    with pytest.raises(Error) as error, transaction.atomic():
        write()
    return refusal(error.value)


# --- every change leaves an event ---


def test_every_ledger_model_is_listed_here() -> None:
    tracked = {
        model._meta.model_name
        for model in apps.get_app_config("tracker").get_models()
        if hasattr(model, "pgh_event_model")
    }
    assert tracked == set(LEDGER)
    own = {
        model._meta.model_name
        for model in apps.get_app_config("tracker").get_models()
        if not hasattr(model, "pgh_tracked_model")
    }
    # What was sent, and how somebody likes a table, is no part of the ledger; a move is history itself.
    assert own - tracked == {"reminder", "savedview", "move"}


@pytest.mark.parametrize("name", LEDGER)
def test_a_change_leaves_an_event_by_whichever_way_it_is_made(name: str) -> None:
    make, field, value = LEDGER[name]
    row = make()
    assert events(row) == ["insert"]

    type(row)._base_manager.filter(pk=row.pk).update(**{field: another(field, value)})
    assert events(row) == ["insert", "update"]
    run(f'UPDATE {row._meta.db_table} SET "{field}" = "{field}" WHERE id = %s', row.pk)
    assert events(row) == ["insert", "update"], "an update that changes nothing is no event"

    if name in UNDELETABLE:
        return
    run(f"DELETE FROM {row._meta.db_table} WHERE id = %s", row.pk)
    assert events(row) == ["insert", "update", "delete"]


@pytest.mark.parametrize("name", LEDGER)
def test_raw_sql_leaves_the_new_values_in_the_event(name: str) -> None:
    make, field, value = LEDGER[name]
    row, new = make(), another(LEDGER[name][1], value)
    run(f'UPDATE {row._meta.db_table} SET "{field}" = %s WHERE id = %s', new, row.pk)
    event = row.pgh_event_model.objects.filter(pgh_obj_id=row.pk).latest("pgh_id")
    assert (event.pgh_label, getattr(event, field)) == ("update", new)


@pytest.mark.parametrize("name", LEDGER)
def test_an_event_keeps_every_column_of_its_row(name: str) -> None:
    row = LEDGER[name][0]()
    event = row.pgh_event_model.objects.get(pgh_obj_id=row.pk)
    missing = {
        field.attname
        for field in row._meta.concrete_fields
        if getattr(event, field.attname, "missing") != getattr(type(row).objects.get(pk=row.pk), field.attname)
    }
    # What the database computes, what changes without anybody changing it, and what nobody may read.
    assert missing <= {"baseline_year", "is_closed", "last_login", "password"}


@pytest.mark.parametrize("name", LEDGER)
def test_events_are_append_only(name: str) -> None:
    row = LEDGER[name][0]()
    event = row.pgh_event_model.objects.get(pgh_obj_id=row.pk)
    table = event._meta.db_table
    assert refused(event.delete) == KEPT
    assert refused(lambda: type(event).objects.update(pgh_label="other")) == KEPT
    assert refused(lambda: run(f"DELETE FROM {table} WHERE pgh_id = %s", event.pk)) == KEPT
    assert refused(lambda: run(f"UPDATE {table} SET pgh_label = 'other' WHERE pgh_id = %s", event.pk)) == KEPT
    assert events(row) == ["insert"]


# --- who, where, from which address ---


def rename(request: HttpRequest) -> HttpResponse:
    Department.objects.update(name=request.POST["name"])
    return HttpResponse()


urlpatterns = [path("rename/", rename)]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("proxies", "headers", "address"),
    [
        (0, {}, "10.1.2.3"),
        (0, {"X-Forwarded-For": "8.8.8.8"}, "10.1.2.3"),  # anybody can write this header
        (1, {"X-Forwarded-For": "6.6.6.6, 192.0.2.7"}, "192.0.2.7"),  # the part that our own proxy wrote
        (2, {"X-Forwarded-For": "192.0.2.7"}, "10.1.2.3"),  # went round one of the two proxies
    ],
)
def test_a_change_through_a_page_says_who_where_and_from_which_address(
    settings: Any,
    as_user: Callable[[User], Client],
    unit: Department,
    proxies: int,
    headers: dict[str, str],
    address: str,
) -> None:
    settings.TRUSTED_PROXIES = proxies
    person = UserFactory()
    as_user(person).post("/rename/", {"name": "区新局"}, headers=headers, REMOTE_ADDR="10.1.2.3")
    event = unit.pgh_event_model.objects.latest("pgh_id")
    assert event.name == "区新局"
    assert event.pgh_context.metadata == {"user": person.pk, "url": "/rename/", "address": address}


def test_a_change_outside_a_request_has_no_context(unit: Department) -> None:
    assert unit.pgh_event_model.objects.get().pgh_context is None


# --- results and targets are never deleted ---


@pytest.mark.parametrize("name", sorted(UNDELETABLE))
def test_results_and_targets_cannot_be_deleted_in_any_way(name: str) -> None:
    row = LEDGER[name][0]()
    assert refused(row.delete) == KEPT
    assert refused(type(row).objects.all().delete) == KEPT
    assert refused(lambda: type(row).objects.all()._raw_delete("default")) == KEPT
    assert refused(lambda: run(f"DELETE FROM {row._meta.db_table}")) == KEPT
    assert type(row).objects.filter(pk=row.pk).exists()


# --- what was verified stays as it was ---


def verified(**given: Any) -> ProgressUpdate:
    return UpdateFactory(**given)


def other_value(field: models.Field[Any, Any], row: ProgressUpdate) -> Any:
    """A value for a column that differs from what it holds and that its type can hold."""
    now = getattr(row, field.attname)
    if field.name == "target":
        return TargetFactory().pk
    if isinstance(field, models.ForeignKey):
        return UserFactory().pk
    if field.name == "measure":
        return "level"
    if field.name == "steps_done":
        return [1]
    if isinstance(field, models.DateTimeField):
        return dt.datetime(2018, 8, 2, tzinfo=dt.UTC)
    if isinstance(field, models.DateField):
        return dt.date(2018, 7, 31)
    if isinstance(field, models.BooleanField):
        return not now
    if isinstance(field, models.DecimalField):
        return Decimal(99)
    if isinstance(field, models.IntegerField):
        return (now or 0) + 7
    return "x" if now != "x" else "y"


COLUMNS = [field.name for field in ProgressUpdate._meta.concrete_fields if field.name != "superseded_at"]


@pytest.mark.parametrize("column", COLUMNS)
def test_no_column_of_a_verified_update_ever_changes(column: str) -> None:
    row = verified()
    field: Any = ProgressUpdate._meta.get_field(column)
    new = other_value(field, row)
    sentences = {
        refused(lambda: ProgressUpdate.objects.filter(pk=row.pk).update(**{field.attname: new})),
        refused(lambda: run(f'UPDATE tracker_progressupdate SET "{field.column}" = %s WHERE id = %s', new, row.pk)),
    }
    assert sentences <= {str(CROSS_TABLE["verified_frozen"]), str(KEPT)}
    kept = ProgressUpdate.objects.get(pk=row.pk)
    assert [getattr(kept, name) for name in COLUMNS] == [getattr(row, name) for name in COLUMNS]


def test_even_a_printed_digit_of_a_verified_update_stays() -> None:
    row = verified(value=Decimal("9.5"))
    assert refused(lambda: ProgressUpdate.objects.update(value=Decimal("9.50"))) == CROSS_TABLE["verified_frozen"]
    row.refresh_from_db()
    assert str(row.value) == "9.5"


def test_saving_a_verified_update_as_it_is_changes_nothing_and_is_allowed() -> None:
    row = verified()
    row.save()
    assert events(row) == ["insert"]


def test_a_verified_update_is_marked_as_superseded_once_and_with_nothing_else() -> None:
    row, instant = verified(), dt.datetime(2018, 8, 2, tzinfo=dt.UTC)
    everything = ProgressUpdate.objects.filter(pk=row.pk)
    frozen = CROSS_TABLE["verified_frozen"]
    assert refused(lambda: everything.update(superseded_at=instant, value=1)) == frozen
    assert everything.update(superseded_at=instant) == 1
    assert refused(lambda: everything.update(superseded_at=instant + dt.timedelta(days=1))) == frozen
    assert refused(lambda: everything.update(superseded_at=None)) == frozen


def test_a_verified_update_cannot_be_deleted_in_any_way() -> None:
    row = verified()
    assert refused(row.delete) == KEPT
    assert refused(ProgressUpdate.objects.all().delete) == KEPT
    assert refused(lambda: run("DELETE FROM tracker_progressupdate")) == KEPT
    superseded = verified(superseded_at=dt.datetime(2018, 8, 2, tzinfo=dt.UTC))
    assert refused(superseded.delete) == KEPT


def test_the_steps_of_a_verified_task_stay_too() -> None:
    task = TargetFactory(task=True)
    MilestoneFactory(target=task, number=1)
    verified(target=task, value=None, stage=Stage.UNDER_WAY)
    assert refused(lambda: ProgressUpdate.objects.update(steps_done=[1])) == CROSS_TABLE["verified_frozen"]


def test_a_draft_may_change_and_go() -> None:
    row = draft()
    row.value = Decimal(7)
    row.save()
    row.delete()
    assert not ProgressUpdate.objects.exists()


def test_evidence_of_a_verified_update_stays() -> None:
    update = draft()
    evidence = EvidenceFactory(update=update)
    ProgressUpdate.objects.filter(pk=update.pk).update(
        status=Status.VERIFIED, verified_at=dt.datetime(2018, 8, 2, tzinfo=dt.UTC)
    )
    kept = CROSS_TABLE["evidence_kept"]
    assert refused(evidence.delete) == kept
    assert refused(lambda: run("DELETE FROM tracker_evidence")) == kept
    assert refused(lambda: run("UPDATE tracker_evidence SET sha256 = 'x'")) == kept
    assert refused(lambda: run("UPDATE tracker_evidence SET update_id = %s", draft().pk)) == kept


def test_no_evidence_is_slipped_under_a_verified_update() -> None:
    assert refused(lambda: EvidenceFactory(update=verified())) == CROSS_TABLE["evidence_kept"]
    loose = EvidenceFactory(update=draft())
    assert (
        refused(lambda: run("UPDATE tracker_evidence SET update_id = %s", verified().pk))
        == CROSS_TABLE["evidence_kept"]
    )
    loose.refresh_from_db()
    assert loose.update.status == Status.DRAFT


# --- samples may go, and nothing turns into a sample ---


def test_a_sample_may_be_deleted_even_when_verified_and_its_events_with_it() -> None:
    row = verified(is_sample=True)
    EvidenceFactory(update=verified(is_sample=True, period=dt.date(2018, 3, 31), status=Status.DRAFT))
    ProgressUpdate.objects.all().delete()
    assert not ProgressUpdate.objects.exists()
    assert events(row) == ["insert", "delete"]
    ProgressUpdate.pgh_event_model.objects.filter(is_sample=True).delete()
    assert events(row) == []


@pytest.mark.parametrize("status", [Status.DRAFT, Status.VERIFIED])
@pytest.mark.parametrize("sample", [True, False])
def test_whether_a_row_is_a_sample_never_changes(status: str, sample: bool) -> None:
    row = UpdateFactory(status=status, is_sample=sample)
    refused(lambda: ProgressUpdate.objects.update(is_sample=not sample))
    refused(lambda: run("UPDATE tracker_progressupdate SET is_sample = NOT is_sample"))
    row.refresh_from_db()
    assert row.is_sample is sample


def test_an_event_does_not_turn_into_a_sample_s_event() -> None:
    draft()
    event_model = ProgressUpdate.pgh_event_model
    assert refused(lambda: event_model.objects.update(is_sample=True)) == KEPT
    assert not event_model.objects.filter(is_sample=True).exists()


# --- the database and the code agree on the triggers ---


def test_every_trigger_is_installed_and_enabled() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname, tgenabled FROM pg_trigger WHERE tgname LIKE 'pgtrigger_%'")
        installed = dict(cursor.fetchall())
    wanted = {
        trigger.get_pgid(model)
        for model in apps.get_app_config("tracker").get_models()
        for trigger in getattr(model._meta, "triggers", [])
    }
    assert wanted
    assert wanted == set(installed)
    assert set(installed.values()) == {"O"}
