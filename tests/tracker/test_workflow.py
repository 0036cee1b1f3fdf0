"""From draft to verified: who may take which step, in which state, and what a correction does to what was known."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.factories import (
    MilestoneFactory,
    ResponsibilityFactory,
    TargetFactory,
    UpdateFactory,
    UserFactory,
    close_years,
)
from tracker import roles, workflow
from tracker.models import Department, Evidence, Pace, PlanYear, ProgressUpdate, Role, Stage, Status, Target, User
from tracker.workflow import IncompleteError, TransitionError

APRIL, JULY, AUGUST = (dt.datetime(2018, month, 5, 9, tzinfo=dt.UTC) for month in (4, 7, 8))


@pytest.fixture
def target(unit: Department) -> Target:
    return TargetFactory(lead=unit)


@pytest.fixture
def in_state(target: Target, unit: Department) -> Callable[..., ProgressUpdate]:
    """An update of the unit in some state, entered by a reporter who takes no part in the test."""

    def make(status: str, **given: Any) -> ProgressUpdate:
        writer = given.pop("entered_by", None) or UserFactory(role=roles.REPORTER, departments=[unit])
        reason = {"return_reason": "请核对"} if status == Status.RETURNED else {}
        return UpdateFactory(target=target, status=status, entered_by=writer, **reason, **given)

    return make


@pytest.fixture
def other_endorser(other_unit: Department) -> User:
    return UserFactory(role=roles.ENDORSER, departments=[other_unit])


@pytest.fixture
def anonymous() -> AnonymousUser:
    return AnonymousUser()


@pytest.fixture
def retired(unit: Department) -> User:
    """Held every permission in the unit, but the account is switched off."""
    person = UserFactory(role=roles.REPORTER, departments=[unit], is_active=False)
    person.user_permissions.set(Permission.objects.all())
    return person


PEOPLE = ["reporter", "colleague", "endorser", "other_endorser", "supervisor", "official", "auditor", "system_admin"]
PEOPLE += ["outsider", "retired", "anonymous"]

#: Step → transition, the state it starts from, who may take it, the state it leads to, how it is taken.
STEPS: dict[str, tuple[str, Status, str, Status, Callable[[ProgressUpdate, Any], Any]]] = {
    "submit": ("submit", Status.DRAFT, "reporter", Status.SUBMITTED, workflow.submit),
    "submit again": ("submit", Status.RETURNED, "reporter", Status.SUBMITTED, workflow.submit),
    "endorse": ("endorse", Status.SUBMITTED, "endorser", Status.ENDORSED, workflow.endorse),
    "verify": ("verify", Status.ENDORSED, "supervisor", Status.VERIFIED, workflow.verify),
    "send back to the unit's own": (
        *("return", Status.SUBMITTED, "endorser", Status.RETURNED),
        lambda update, by: workflow.send_back(update, by, "请核对"),
    ),
    "send back to the unit": (
        *("return", Status.ENDORSED, "supervisor", Status.RETURNED),
        lambda update, by: workflow.send_back(update, by, "请核对"),
    ),
    "correct": (
        *("correct", Status.VERIFIED, "reporter", Status.VERIFIED),
        lambda update, by: workflow.correct(update, by, "笔误"),
    ),
}


class Undo(Exception):  # noqa: N818
    """Leaves a block whose writes are to be undone."""


@contextmanager
def undone() -> Iterator[None]:
    """Undoes what is written inside, so that one ledger serves many attempts."""
    with suppress(Undo), transaction.atomic():
        yield
        raise Undo


def refusal(take: Any, update: ProgressUpdate, by: Any) -> BaseException | None:
    try:
        with transaction.atomic():
            take(update, by)
    except (PermissionDenied, TransitionError, ValidationError) as error:
        return error
    return None


def is_a_sentence(error: BaseException) -> bool:
    return bool(re.search(r"[\u4e00-\u9fff].*。$", str(error)))


def row_of(update: ProgressUpdate) -> dict[str, Any]:
    return ProgressUpdate.objects.filter(pk=update.pk).values().get()


# --- who may take which step ---


def test_a_step_is_listed_for_and_taken_by_whom_it_belongs_to_and_nobody_else(
    in_state: Any, request: pytest.FixtureRequest
) -> None:
    people = {person: request.getfixturevalue(person) for person in PEOPLE}
    wrong = []
    for step, (name, before, allowed, after, take) in STEPS.items():
        for person, by in people.items():
            with undone():
                update = in_state(before)
                stored = row_of(update)
                listed = workflow.movable(name, by).filter(pk=update.pk).exists()
                error = refusal(take, update, by)
                if person == allowed:
                    is_right = listed and error is None and row_of(update)["status"] == after == update.status
                else:
                    is_unchanged = row_of(update) == stored and ProgressUpdate.objects.count() == 1
                    is_right = isinstance(error, PermissionDenied) and is_a_sentence(error) and is_unchanged
                    is_right = is_right and not listed
                if not is_right:
                    wrong.append((step, person, listed, repr(error)))
    assert not wrong


def test_a_step_from_a_wrong_state_is_refused_by_naming_the_state(
    in_state: Any, request: pytest.FixtureRequest
) -> None:
    wrong = []
    for step, (name, _before, allowed, _after, take) in STEPS.items():
        by = request.getfixturevalue(allowed)
        for status in set(Status) - {before for other, before, *_rest in STEPS.values() if other == name}:
            with undone():
                update = in_state(status)
                stored = row_of(update)
                error = refusal(take, update, by)
                is_named = isinstance(error, TransitionError) and f"“{status.label}”状态，不能进行这一步" in str(error)
                if not is_named or row_of(update) != stored or workflow.movable(name, by).exists():
                    wrong.append((step, status, repr(error)))
    assert not wrong


def test_a_closed_year_lists_and_allows_no_step(in_state: Any, request: pytest.FixtureRequest) -> None:
    close_years()
    wrong = []
    for step, (name, before, allowed, _after, take) in STEPS.items():
        by = request.getfixturevalue(allowed)
        with undone():
            update = in_state(before)
            error = refusal(take, update, by)
            is_told = isinstance(error, TransitionError) and str(error) == "2018年度已封账，不再办理该年度的填报。"
            if not is_told or row_of(update)["status"] != before or workflow.movable(name, by).exists():
                wrong.append((step, repr(error)))
    assert not wrong


@pytest.mark.parametrize("role", [Role.COOPERATING, Role.DATA_OWNER])
def test_a_unit_takes_part_whatever_its_role_in_the_target(
    role: str, in_state: Any, colleague: User, other_unit: Department, target: Target
) -> None:
    ResponsibilityFactory(target=target, department=other_unit, role=role)
    update = in_state(Status.DRAFT)
    workflow.submit(update, colleague)
    assert update.status == Status.SUBMITTED


@pytest.fixture
def everything(unit: Department) -> User:
    """Reports, endorses and verifies for the unit."""
    person = UserFactory(role=roles.REPORTER, departments=[unit])
    person.groups.add(*Group.objects.filter(name__in=[roles.ENDORSER, roles.SUPERVISOR]))
    return person


def test_nobody_checks_what_they_entered_themselves_nor_is_it_offered_to_them(everything: User, in_state: Any) -> None:
    for step in ("endorse", "send back to the unit's own", "verify", "send back to the unit"):
        name, before, _allowed, _after, take = STEPS[step]
        with undone():
            own, other = in_state(before, entered_by=everything), in_state(before, period=dt.date(2018, 3, 31))
            assert list(workflow.movable(name, everything)) == [other], step
            error = refusal(take, own, everything)
            assert isinstance(error, PermissionDenied), step
            assert str(error) == "不能审核或核验自己填报的数据，请由他人办理。"
            assert refusal(take, other, everything) is None, step


# --- what each step leaves behind ---


def test_a_step_is_signed_with_person_and_time(in_state: Any, reporter: User, endorser: User, supervisor: User) -> None:
    update = in_state(Status.DRAFT)
    workflow.submit(update, reporter, at=APRIL)
    assert update.submitted_at == APRIL
    workflow.endorse(update, endorser, at=JULY)
    assert (update.endorsed_by, update.endorsed_at) == (endorser, JULY)
    workflow.verify(update, supervisor, at=AUGUST)
    assert (update.verified_by, update.verified_at) == (supervisor, AUGUST)


def test_without_a_stated_instant_a_step_happens_now(in_state: Any, reporter: User, time_machine: Any) -> None:
    time_machine.move_to(JULY, tick=False)
    update = in_state(Status.DRAFT)
    workflow.submit(update, reporter)
    assert update.submitted_at == JULY


def test_what_is_submitted_again_must_be_endorsed_again(
    in_state: Any, reporter: User, endorser: User, supervisor: User
) -> None:
    update = in_state(Status.SUBMITTED)
    workflow.endorse(update, endorser)
    workflow.send_back(update, supervisor, "  数据与上期衔接不上  ")
    assert (update.status, update.return_reason) == (Status.RETURNED, "数据与上期衔接不上")
    workflow.submit(update, reporter)
    assert (update.status, update.return_reason) == (Status.SUBMITTED, "")
    assert (update.endorsed_by, update.endorsed_at) == (None, None)


def test_where_the_year_skips_endorsement_a_submission_goes_straight_to_verification(
    in_state: Any, reporter: User, endorser: User, supervisor: User
) -> None:
    update = in_state(Status.DRAFT)
    PlanYear.objects.update(needs_endorsement=False)
    workflow.submit(update, reporter)
    assert (update.status, update.endorsed_by) == (Status.ENDORSED, None)
    with pytest.raises(TransitionError):
        workflow.endorse(update, endorser)
    workflow.verify(update, supervisor)
    assert update.status == Status.VERIFIED


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_return_needs_a_reason(reason: str, in_state: Any, endorser: User) -> None:
    update = in_state(Status.SUBMITTED)
    with pytest.raises(ValidationError, match="退回须写明原因"):
        workflow.send_back(update, endorser, reason)
    assert row_of(update)["status"] == Status.SUBMITTED


def test_nothing_is_submitted_that_says_nothing(in_state: Any, reporter: User) -> None:
    update = in_state(Status.DRAFT, value=None)
    with pytest.raises(ValidationError, match="没有数据请不要填 0"):
        workflow.submit(update, reporter)
    assert row_of(update)["status"] == Status.DRAFT


@pytest.mark.parametrize("said", [{"value": Decimal(0)}, {"value": None, "growth": Decimal("-1.5")}])
def test_a_zero_and_a_growth_alone_say_something(said: dict[str, Any], in_state: Any, reporter: User) -> None:
    update = in_state(Status.DRAFT, problem="尚未开工", next_step="六月底前开工", **said)
    workflow.submit(update, reporter)
    assert update.status == Status.SUBMITTED


def test_whoever_verifies_a_task_judges_its_pace(unit: Department, supervisor: User) -> None:
    task = TargetFactory(task=True, lead=unit)
    update = UpdateFactory(target=task, status=Status.ENDORSED, value=None, stage=Stage.UNDER_WAY)
    with pytest.raises(ValidationError, match="有选项不在可选范围内"):
        workflow.verify(update, supervisor, "飞快")
    workflow.verify(update, supervisor, Pace.SLOW)
    assert update.pace == Pace.SLOW


def test_a_figure_has_no_pace(in_state: Any, supervisor: User) -> None:
    update = in_state(Status.ENDORSED)
    with pytest.raises(ValidationError, match="指标填数值或增速，不填阶段"):
        workflow.verify(update, supervisor, Pace.NORMAL)
    assert row_of(update)["status"] == Status.ENDORSED


# --- corrections ---


def test_a_correction_supersedes_at_the_instant_of_its_verification_and_not_before(
    in_state: Any, target: Target, reporter: User, endorser: User, supervisor: User
) -> None:
    first = in_state(Status.VERIFIED, value=Decimal(50), verified_at=JULY)
    second = workflow.correct(first, reporter, "漏计一个单位")
    second.value = Decimal(45)
    second.problem, second.next_step = "漏计的单位进度偏慢", "下月补齐"
    second.save()
    workflow.submit(second, reporter, at=AUGUST - dt.timedelta(hours=2))
    workflow.endorse(second, endorser, at=AUGUST - dt.timedelta(hours=1))
    first.refresh_from_db()
    assert first.superseded_at is None

    workflow.verify(second, supervisor, at=AUGUST)
    first.refresh_from_db()
    assert first.superseded_at == AUGUST == second.verified_at

    just_before = AUGUST - dt.timedelta(microseconds=1)
    for instant, known, figure in [
        (JULY - dt.timedelta(microseconds=1), [], None),
        (JULY, [first], 50),
        (just_before, [first], 50),
        (AUGUST, [second], 45),
    ]:
        assert list(ProgressUpdate.objects.known_at(instant)) == known
        judged = Target.objects.assessed(dt.date(2018, 6, 30), known_at=instant).get(pk=target.pk)
        assert judged.actual == figure


def test_a_correction_starts_as_a_copy_of_what_was_stated(in_state: Any, reporter: User) -> None:
    first = in_state(Status.VERIFIED, value=Decimal("50.0"), growth=Decimal("7.50"), vintage="预计数", remark="按计划")
    second = workflow.correct(first, reporter, " 笔误 ")
    second.refresh_from_db()
    assert (second.status, second.revision, second.correction_reason) == (Status.DRAFT, 2, "笔误")
    assert (second.entered_by, second.verified_by, second.verified_at) == (reporter, None, None)
    for field in ("target", "period", "value", "growth", "vintage", "remark"):
        assert str(getattr(second, field)) == str(getattr(first, field))
    assert not Evidence.objects.filter(update=second).exists()


def test_the_copy_of_a_task_keeps_its_stage_and_steps_but_not_its_pace(unit: Department, reporter: User) -> None:
    task = TargetFactory(task=True, lead=unit)
    MilestoneFactory(target=task, number=1)
    first = UpdateFactory(target=task, value=None, stage=Stage.UNDER_WAY, steps_done=[1], pace=Pace.SLOW)
    second = workflow.correct(first, reporter, "笔误")
    assert (second.stage, second.steps_done, second.pace) == (Stage.UNDER_WAY, [1], "")


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_correction_needs_a_reason(reason: str, in_state: Any, reporter: User) -> None:
    first = in_state(Status.VERIFIED)
    with pytest.raises(ValidationError, match="更正须写明原因"):
        workflow.correct(first, reporter, reason)
    assert ProgressUpdate.objects.get() == first


def test_one_correction_at_a_time(in_state: Any, reporter: User) -> None:
    first = in_state(Status.VERIFIED)
    workflow.correct(first, reporter, "笔误")
    with pytest.raises(TransitionError, match="已有"):
        workflow.correct(first, reporter, "又一处笔误")
    assert ProgressUpdate.objects.count() == 2


def test_only_the_latest_revision_is_corrected(in_state: Any, reporter: User) -> None:
    first = in_state(Status.VERIFIED, verified_at=JULY, superseded_at=AUGUST)
    with pytest.raises(TransitionError, match="这一版已被更正，请在最新一版上更正。"):
        workflow.correct(first, reporter, "笔误")


def test_a_correction_that_is_refused_leaves_the_old_figure_counting(
    in_state: Any, endorser: User, supervisor: User
) -> None:
    first = in_state(Status.VERIFIED)
    second = in_state(Status.ENDORSED, revision=2, correction_reason="笔误")
    with pytest.raises(ValidationError):
        workflow.verify(second, supervisor, Pace.NORMAL)
    assert list(ProgressUpdate.objects.known_at(dt.datetime.now(dt.UTC))) == [first]


# --- demonstration accounts ---


def test_a_demonstration_account_is_shown_and_handles_sample_rows_only(
    in_state: Any, request: pytest.FixtureRequest
) -> None:
    wrong = []
    for step, (name, before, allowed, after, take) in STEPS.items():
        pretender = request.getfixturevalue(allowed)
        with undone():
            User.objects.filter(pk=pretender.pk).update(is_sample=True)
            pretender = User.objects.get(pk=pretender.pk)
            real = in_state(before)
            sample = in_state(before, period=dt.date(2018, 3, 31), is_sample=True)
            listed = list(workflow.movable(name, pretender))
            error = refusal(take, real, pretender)
            made = take(sample, pretender)
            is_refused = isinstance(error, PermissionDenied) and str(error) == "演示账号只能办理演示数据。"
            are_samples = all(update.is_sample for update in [sample, made] if update)
            if listed != [sample] or not is_refused or row_of(real)["status"] != before:
                wrong.append((step, listed, repr(error)))
            if sample.status != after or not are_samples:
                wrong.append((step, sample.status))
    assert not wrong


def test_a_sample_never_supersedes_a_real_figure(in_state: Any, supervisor: User) -> None:
    real = in_state(Status.VERIFIED)
    sample = in_state(Status.ENDORSED, revision=2, correction_reason="演示", is_sample=True)
    with pytest.raises(PermissionDenied, match="演示数据不能更正真实数据。"):
        workflow.verify(sample, supervisor)
    real.refresh_from_db()
    assert real.superseded_at is None


# --- who sees and who edits ---

EVERY_STATE = list(Status)
#: Role → the states visible of the own unit's updates, and of others'; the states open to editing of the own unit's.
SIGHT: dict[str, tuple[list[Status], list[Status], list[Status]]] = {
    "reporter": (EVERY_STATE, [Status.VERIFIED], [Status.DRAFT, Status.RETURNED]),
    "endorser": (EVERY_STATE, [Status.VERIFIED], []),
    "supervisor": (EVERY_STATE, EVERY_STATE, []),
    "official": ([Status.VERIFIED], [Status.VERIFIED], []),
    "auditor": (EVERY_STATE, EVERY_STATE, []),
    "system_admin": ([], [], []),
    "outsider": ([], [], []),
    "retired": ([], [], []),
    "anonymous": ([], [], []),
}


def test_every_role_is_tried_here() -> None:
    assert len(SIGHT) == len(roles.ROLES) + 3


def test_each_role_sees_and_edits_what_concerns_it(
    unit: Department, other_unit: Department, request: pytest.FixtureRequest
) -> None:
    for department in (unit, other_unit):
        for status in Status:
            reason = {"return_reason": "请核对"} if status == Status.RETURNED else {}
            UpdateFactory(target=TargetFactory(lead=department), status=status, **reason)

    def states(updates: Any, department: Department) -> set[str]:
        found = updates.filter(target__departments=department)
        return set(found.values_list("status", flat=True))

    # The queues hold exactly what the steps allow.
    queues: dict[str, tuple[str, set[str], set[str]]] = {
        "endorse": ("endorser", {Status.SUBMITTED}, set()),
        "verify": ("supervisor", {Status.ENDORSED}, {Status.ENDORSED}),
        "correct": ("reporter", {Status.VERIFIED}, set()),
    }
    wrong = []
    for person, (own, others, editable) in SIGHT.items():
        by = request.getfixturevalue(person)
        expected = {
            "sees": (ProgressUpdate.objects.visible_to(by), set(own), set(others)),
            "edits": (workflow.editable_by(by), set(editable), set()),
        }
        for name, (role, mine, theirs) in queues.items():
            expected[name] = (workflow.movable(name, by), *((mine, theirs) if person == role else (set(), set())))
        for what, (updates, here, there) in expected.items():
            if (found := (states(updates, unit), states(updates, other_unit))) != (here, there):
                wrong.append((person, what, found))
    assert not wrong


def test_a_unit_reports_what_it_answers_for(unit: Department, target: Target, reporter: User, colleague: User) -> None:
    assert list(Target.objects.reportable_by(reporter)) == [target]
    assert not Target.objects.reportable_by(colleague).exists()
    assert not Target.objects.reportable_by(AnonymousUser()).exists()


# --- what stands against submitting ---


def test_who_is_behind_submits_with_a_problem_and_a_next_step_or_not_at_all(in_state: Any, reporter: User) -> None:
    update = in_state(Status.DRAFT, value=Decimal("49.9"))
    with pytest.raises(ValidationError) as refused:
        workflow.submit(update, reporter)
    assert set(refused.value.message_dict) == {"problem", "next_step"}
    assert row_of(update)["status"] == Status.DRAFT
    update.problem, update.next_step = "用工需求不足", "举办专场招聘会"
    update.save()
    workflow.submit(update, reporter)
    assert update.status == Status.SUBMITTED


def test_a_figure_that_is_asked_about_is_submitted_once_it_is_confirmed(in_state: Any, reporter: User) -> None:
    in_state(Status.VERIFIED, period=dt.date(2018, 5, 31), value=Decimal(60))
    update = in_state(Status.DRAFT, value=Decimal(55))
    with pytest.raises(ValidationError, match="低于2018年5月已核验的 60 个") as refused:
        workflow.submit(update, reporter)
    assert set(refused.value.message_dict) == {"confirmation"}
    update.confirmation = "剔除重复登记的 5 个"
    update.save()
    workflow.submit(update, reporter)
    assert update.status == Status.SUBMITTED


def test_what_confirmed_a_figure_does_not_confirm_its_correction(in_state: Any, reporter: User) -> None:
    first = in_state(Status.VERIFIED, confirmation="剔除重复登记的 5 个")
    assert workflow.correct(first, reporter, "笔误").confirmation == ""


def drafts_of(unit: Department, values: list[int]) -> list[ProgressUpdate]:
    return [
        UpdateFactory(target=TargetFactory(lead=unit), status=Status.DRAFT, source_url="", value=Decimal(value))
        for value in values
    ]


def test_many_drafts_are_submitted_together(unit: Department, reporter: User) -> None:
    drafts = drafts_of(unit, [50, 60])
    workflow.submit_all(drafts, reporter, at=JULY)
    for update in drafts:
        update.refresh_from_db()
        assert (update.status, update.submitted_at) == (Status.SUBMITTED, JULY)


def test_of_many_drafts_none_is_submitted_when_one_is_not_complete(unit: Department, reporter: User) -> None:
    good, behind = drafts_of(unit, [50, 40])
    with pytest.raises(IncompleteError, match=f"{behind}：") as refused:
        workflow.submit_all([good, behind], reporter)
    assert {pk: set(fields) for pk, fields in refused.value.objections.items()} == {behind.pk: {"problem", "next_step"}}
    assert {row_of(update)["status"] for update in (good, behind)} == {Status.DRAFT}


def test_of_many_drafts_none_is_submitted_when_one_is_of_another_unit(
    unit: Department, other_unit: Department, reporter: User
) -> None:
    updates = [*drafts_of(unit, [50]), *drafts_of(other_unit, [50])]
    with pytest.raises(PermissionDenied):
        workflow.submit_all(updates, reporter)
    assert not ProgressUpdate.objects.exclude(status=Status.DRAFT).exists()


def test_of_many_drafts_none_is_submitted_when_one_was_moved_on_or_is_gone(unit: Department, reporter: User) -> None:
    for happens in (
        lambda update: workflow.submit(update, reporter),
        lambda update: ProgressUpdate.objects.get(pk=update.pk).delete(),
    ):
        updates = drafts_of(unit, [50, 60])
        seen = list(ProgressUpdate.objects.filter(pk__in=[update.pk for update in updates]))
        happens(updates[1])
        with pytest.raises(TransitionError):
            workflow.submit_all(seen, reporter)
        assert row_of(updates[0])["status"] == Status.DRAFT


def test_submitting_costs_the_same_for_one_draft_and_for_fifty(unit: Department, reporter: User) -> None:
    workflow.submit_all(drafts_of(unit, [50]), reporter)  # the permissions are looked up once
    counts = []
    for number in (1, 50):
        drafts = drafts_of(unit, [50] * number)
        with CaptureQueriesContext(connection) as queries:
            workflow.submit_all(drafts, reporter)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- who changed it meanwhile ---


def test_a_fingerprint_is_the_same_until_somebody_writes_or_moves_the_update(in_state: Any, reporter: User) -> None:
    update = in_state(Status.DRAFT, value=Decimal("50.0"))
    seen = update.fingerprint()
    assert ProgressUpdate.objects.get().fingerprint() == seen
    changes = {"value": Decimal(51), "remark": "说明", "confirmation": "属实", "vintage": "快报数", "steps_done": []}
    for name, value in changes.items():
        before = update.fingerprint()
        is_other = getattr(update, name) != value
        setattr(update, name, value)
        assert (update.fingerprint() != before) is is_other, name
    update.refresh_from_db()
    workflow.submit(update, reporter)
    assert update.fingerprint() != seen


def test_a_draft_that_was_changed_meanwhile_is_not_held_open(in_state: Any) -> None:
    update = in_state(Status.DRAFT)
    seen = update.fingerprint()
    workflow.hold_open(update, seen)
    ProgressUpdate.objects.update(remark="同事写的")
    with pytest.raises(ValidationError, match="已被改过，这次没有保存"):
        workflow.hold_open(update, seen)
    workflow.hold_open(update)


# --- units that only cooperate ---


@pytest.mark.parametrize(
    ("role", "own_entry", "may"),
    [
        (Role.LEAD, False, True),
        (Role.DATA_OWNER, False, True),
        (Role.COOPERATING, False, False),
        (Role.COOPERATING, True, True),
    ],
)
def test_the_head_of_a_cooperating_unit_stands_behind_what_its_own_people_entered_only(
    role: Role, own_entry: bool, may: bool, unit: Department, other_unit: Department, endorser: User
) -> None:
    target = TargetFactory(lead=None if role == Role.LEAD else other_unit)
    ResponsibilityFactory(target=target, department=unit, role=role)
    writer = UserFactory(role=roles.REPORTER, departments=[unit if own_entry else other_unit])
    update = UpdateFactory(target=target, status=Status.SUBMITTED, entered_by=writer)
    assert workflow.movable("endorse", endorser).exists() is may
    if may:
        workflow.endorse(update, endorser)
    else:
        for step in (lambda: workflow.endorse(update, endorser), lambda: workflow.send_back(update, endorser, "不对")):
            with pytest.raises(PermissionDenied, match="本单位牵头或提供数据的目标"):
                step()
    assert row_of(update)["status"] == (Status.ENDORSED if may else Status.SUBMITTED)
