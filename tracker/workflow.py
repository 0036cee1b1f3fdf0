"""The workflow of progress updates: which transitions there are, who may take them, and what each does.

`TRANSITIONS` is the one table. Which updates a user may move (`movable`), whether a user may move these updates
(`_check`), and the names of the transitions in the history (`NAMED`) are all derived from it.

Each transition is one function: atomic, and refused with a sentence. It locks the updates that it moves, in the order
of their ids, until the transaction ends; of two users who press at once the second gets a sentence.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .checks import check
from .models import Department, Membership, PlanYear, ProgressUpdate, Responsibility, Role, Status
from .models.progress import CONTENT, OPEN_TO_ENTRY
from .models.refusals import refused_as_validation

if TYPE_CHECKING:
    from .models import User
    from .models.progress import ProgressUpdateQuerySet
    from .models.target import AnyUser


class TransitionError(Exception):
    """A transition that the update's present state does not allow; the text is for the user."""


class IncompleteError(ValidationError):
    """Updates that may not be submitted as they are (domain.md §8).

    Attributes:
        objections: update id → field → sentences; those that may be submitted are not in it.
    """

    def __init__(self, objections: Mapping[ProgressUpdate, dict[str, list[str]]]) -> None:
        self.objections = {update.pk: found for update, found in objections.items()}
        super().__init__(
            [
                _("%(update)s：%(sentence)s") % {"update": update, "sentence": sentence}
                for update, found in objections.items()
                for sentences in found.values()
                for sentence in sentences
            ]
        )


# --- the table ---


class Condition(NamedTuple):
    """A filter that an update must match for a user to move it, and the refusal where it does not."""

    matches: Callable[[AnyUser], Q]  # empty where the user is not limited
    refusal: str | Promise
    error: type[Exception] = PermissionDenied


@dataclass(frozen=True)
class Transition:
    """One row of the table."""

    name: str
    sources: tuple[Status, ...]
    #: Where it leads; several where the plan year decides. Empty: the update stays, and its next revision begins.
    targets: tuple[Status, ...]
    permission: str
    #: Whose updates; everybody's if empty.
    whose: tuple[Condition, ...] = ()
    #: Whether the user who entered the update may take it.
    allows_own_entry: bool = False
    also: tuple[Condition, ...] = ()

    @property
    def conditions(self) -> tuple[Condition, ...]:
        entry = () if self.allows_own_entry else (ENTERED_BY_ANOTHER,)
        return (*self.also, SAMPLES_ONLY, *entry, *self.whose)

    def rows(self, user: AnyUser) -> Q:
        """The updates that `user` may move by it, given the permission."""
        return Q(*(condition.matches(user) for condition in self.conditions), status__in=self.sources)


def of_own_departments(user: AnyUser) -> Q:
    """Updates of targets for which one of the user's departments has any responsibility."""
    theirs = Responsibility.objects.filter(department__in=Department.objects.of(user))
    return Q(target__in=theirs.values("target"))


def answered_for(user: AnyUser) -> Q:
    """Updates that a department's head stands behind: those of targets that the department leads or owns the data of,
    and, where it cooperates, only what its own people entered."""
    departments = Department.objects.of(user)
    theirs = Responsibility.objects.filter(department__in=departments)
    people = Membership.objects.filter(department__in=departments).values("user")
    return Q(target__in=theirs.exclude(role=Role.COOPERATING).values("target")) | Q(
        target__in=theirs.values("target"), entered_by__in=people
    )


def _later_revision() -> Exists:
    same = {name: OuterRef(name) for name in ("target", "period")}
    return Exists(ProgressUpdate.objects.filter(**same, revision__gt=OuterRef("revision")))


SAMPLES_ONLY = Condition(
    lambda user: Q(is_sample=True) if getattr(user, "is_sample", False) else Q(), _("演示账号只能办理演示数据。")
)
ENTERED_BY_ANOTHER = Condition(lambda user: ~Q(entered_by=user.pk), _("不能审核或核验自己填报的数据，请由他人办理。"))
ANSWERED_FOR = Condition(answered_for, _("只能审核本单位牵头或提供数据的目标，以及本单位人员的填报。"))
CURRENT = Condition(
    lambda user: Q(superseded_at__isnull=True), _("这一版已被更正，请在最新一版上更正。"), TransitionError
)
NOT_IN_CORRECTION = Condition(
    lambda user: Q(~_later_revision()),
    _("该目标这一报告期已有一份尚未核验的填报，请在原件上修改。"),
    TransitionError,
)

TRANSITIONS = (
    Transition(
        "submit",
        OPEN_TO_ENTRY,
        (Status.SUBMITTED, Status.ENDORSED),
        "tracker.change_progressupdate",
        (Condition(of_own_departments, _("您不是该目标责任单位的填报员，不能提交。")),),
        allows_own_entry=True,
    ),
    Transition("endorse", (Status.SUBMITTED,), (Status.ENDORSED,), "tracker.endorse_progressupdate", (ANSWERED_FOR,)),
    Transition("verify", (Status.ENDORSED,), (Status.VERIFIED,), "tracker.verify_progressupdate"),
    Transition("return", (Status.SUBMITTED,), (Status.RETURNED,), "tracker.endorse_progressupdate", (ANSWERED_FOR,)),
    Transition("return", (Status.ENDORSED,), (Status.RETURNED,), "tracker.verify_progressupdate"),
    Transition(
        "correct",
        (Status.VERIFIED,),
        (),
        "tracker.add_progressupdate",
        (Condition(of_own_departments, _("您不是该目标责任单位的填报员，不能更正。")),),
        allows_own_entry=True,
        also=(CURRENT, NOT_IN_CORRECTION),
    ),
)

#: Status before and after → name of the transition.
NAMED = {
    (source, target): transition.name
    for transition in TRANSITIONS
    for source in transition.sources
    for target in transition.targets
}


def _named(name: str) -> list[Transition]:
    return [transition for transition in TRANSITIONS if transition.name == name]


# --- who may move what ---


def may_take(name: str, user: AnyUser) -> bool:
    """Whether the user's roles include a transition, whatever the update. Queries: none once permissions are cached."""
    return any(user.has_perm(transition.permission) for transition in _named(name))


def movable(name: str, user: AnyUser, updates: ProgressUpdateQuerySet | None = None) -> ProgressUpdateQuerySet:
    """Updates that `user` may take through a transition, in years that are not closed.

    Args:
        updates: those to choose from; default all.

    Adds: nothing. Queries: none of its own (subqueries).
    """
    rows = ProgressUpdate.objects.all() if updates is None else updates
    allowed = [transition.rows(user) for transition in _named(name) if user.has_perm(transition.permission)]
    if not allowed:
        return rows.none()
    return rows.filter(reduce(or_, allowed)).exclude(target__year__in=PlanYear.objects.closed_years())


def editable_by(user: AnyUser, updates: ProgressUpdateQuerySet | None = None) -> ProgressUpdateQuerySet:
    """Updates whose content `user` may change: those that the user may submit. Arguments as for `movable`."""
    return movable("submit", user, updates)


def _check(name: str, updates: Sequence[ProgressUpdate], user: User) -> None:
    """Refuse unless `user` may take each of these updates, whose states allow the transition, through it.

    Raises:
        PermissionDenied: the user may not.
        TransitionError: one is in a state that does not allow it.

    Queries: 1.
    """
    transitions = _named(name)
    by_status = {status: transition for transition in transitions for status in transition.sources}
    conditions = {condition for transition in transitions for condition in transition.conditions}
    filters = {f"matches_{number}": (condition, condition.matches(user)) for number, condition in enumerate(conditions)}
    limits = {alias: matches for alias, (_condition, matches) in filters.items() if matches}
    rows = ProgressUpdate.objects.filter(pk__in=[update.pk for update in updates]).annotate(**limits).order_by("pk")
    for row in rows:
        transition = by_status[Status(row.status)]
        if not user.has_perm(transition.permission):
            raise PermissionDenied(_("您没有这一步的权限。"))
        unmatched = {filters[alias][0] for alias in limits if not getattr(row, alias)}
        for condition in transition.conditions:
            if condition in unmatched:
                raise condition.error(condition.refusal)


def _lock(name: str, updates: Sequence[ProgressUpdate]) -> list[Any]:
    """The rows of `updates` as they are now, locked until the transaction ends.

    Args:
        name: of the transition that was chosen for the states in which the updates were seen.

    Returns:
        The rows in the order of their ids, with target, indicator and unit, and `now` (what counts as now in their
        year, see `PlanYear.now`).

    Raises:
        TransitionError: one was moved or deleted meanwhile, its state does not allow the transition, or its year is
            closed.

    Queries: 2.
    """
    seen = {update.pk: update.status for update in updates}
    sources = {status for transition in _named(name) for status in transition.sources}
    rows: list[Any] = list(
        ProgressUpdate.objects.select_for_update(of=("self",))
        .select_related("target__indicator__unit")
        .filter(pk__in=seen)
        .order_by("pk")
    )
    if len(rows) < len(seen):
        raise TransitionError(_("所选填报中有的已被删除，请刷新后再看。"))
    years = PlanYear.objects.in_bulk({row.target.year for row in rows}, field_name="year")
    for row in rows:
        if row.status not in sources or row.status != seen[row.pk]:
            raise TransitionError(
                _("“%(update)s”现在是“%(status)s”状态，不能进行这一步；可能已由他人处理，请刷新后再看。")
                % {"update": row, "status": row.get_status_display()}
            )
        if years[row.target.year].is_closed:
            raise TransitionError(_("%(year)s年度已封账，不再办理该年度的填报。") % {"year": row.target.year})
        row.now = years[row.target.year].now()
    return rows


def _lock_one(name: str, update: ProgressUpdate, by: User) -> Any:
    [row] = _lock(name, [update])
    _check(name, [row], by)
    return row


def _save(row: ProgressUpdate, update: ProgressUpdate) -> None:
    with refused_as_validation():
        row.save()
    update.refresh_from_db()


# --- the transitions ---


def hold_open(update: ProgressUpdate, seen: str | None = None) -> None:
    """Lock a draft or returned update where it is until the transaction ends, while its content is changed.

    Args:
        seen: the row's fingerprint when the user began to change it; None where it was not shown before.

    Raises:
        TransitionError: it was moved meanwhile.
        ValidationError: it was changed meanwhile.
    """
    [row] = _lock("submit", [update])
    if seen is not None and seen != row.fingerprint():
        raise ValidationError(_("您打开之后，这份填报已被改过，这次没有保存；请对照现有内容，再决定如何保存。"))


@transaction.atomic
def submit_all(updates: Sequence[ProgressUpdate], by: User, *, at: dt.datetime | None = None) -> None:
    """Submit drafts for endorsement, or straight for verification where their plan year skips endorsement.

    All or nothing. Locks: the rows of `updates`.

    Args:
        updates: saved drafts or returned updates; the instances passed in are left as they are.
        at: the instant that counts as now; given by what replays a past year.

    Raises:
        PermissionDenied: `by` does not enter for the departments of one of them.
        TransitionError: one is not a draft or returned.
        IncompleteError: what some say is not complete, or needs a confirmation that is not given.

    Queries: at most 11, and 1 for each further year, however many updates.
    """
    rows = _lock("submit", updates)
    _check("submit", rows, by)
    found = {row: finding.objections(row.confirmation) for row, finding in zip(rows, check(rows), strict=True)}
    if objections := {row: sentences for row, sentences in found.items() if sentences}:
        raise IncompleteError(objections)
    endorsed = set(PlanYear.objects.filter(needs_endorsement=True).values_list("year", flat=True))
    by_year: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_year[row.target.year].append(row)
    for year, its in by_year.items():
        with refused_as_validation():
            ProgressUpdate.objects.filter(pk__in=[row.pk for row in its]).update(
                status=Status.SUBMITTED if year in endorsed else Status.ENDORSED,
                submitted_by=by,
                submitted_at=at or its[0].now,
                return_reason="",
                returned_by=None,
                returned_at=None,
                # What was endorsed before it was returned is not what is submitted now.
                endorsed_by=None,
                endorsed_at=None,
            )


@transaction.atomic
def submit(update: ProgressUpdate, by: User, *, at: dt.datetime | None = None) -> None:
    """Submit one draft; see `submit_all`. Locks: the update's row.

    Args:
        at: the instant that counts as now, here and in the other transitions; given by what replays a past year.

    Raises:
        PermissionDenied, TransitionError: as `submit_all`.
        ValidationError: what it says is not complete, or needs a confirmation that is not given; by field.
    """
    try:
        submit_all([update], by, at=at)
    except IncompleteError as error:
        raise ValidationError(error.objections[update.pk]) from error
    update.refresh_from_db()


@transaction.atomic
def endorse(update: ProgressUpdate, by: User, *, at: dt.datetime | None = None) -> None:
    """The department's head stands behind the figure. Locks: the update's row.

    Raises:
        PermissionDenied: `by` may not endorse, is of another department, or entered it personally.
        TransitionError: it does not wait for endorsement.
    """
    row = _lock_one("endorse", update, by)
    row.status, row.endorsed_by, row.endorsed_at = Status.ENDORSED, by, at or row.now
    _save(row, update)


@transaction.atomic
def verify(update: ProgressUpdate, by: User, pace: str = "", *, at: dt.datetime | None = None) -> None:
    """The supervision office accepts the figure; from now on it counts, and what it corrects no longer does.

    Locks: the update's row, and the row of the revision that it corrects.

    Args:
        pace: the judgement of a task's pace (`Pace`), given by the user who verifies.

    Raises:
        PermissionDenied: `by` may not verify, or entered it personally.
        TransitionError: it does not wait for verification.
    """
    row = _lock_one("verify", update, by)
    now = at or row.now
    corrected = ProgressUpdate.objects.select_for_update().filter(
        target=row.target, period=row.period, status=Status.VERIFIED, superseded_at__isnull=True
    )
    # Else clearing the demonstration would leave the published figure superseded by nothing.
    if row.is_sample and corrected.filter(is_sample=False).exists():
        raise PermissionDenied(_("演示数据不能更正真实数据。"))
    corrected.update(superseded_at=now)
    row.status, row.verified_by, row.verified_at = Status.VERIFIED, by, now
    row.pace = pace or row.pace
    _save(row, update)


@transaction.atomic
def send_back(update: ProgressUpdate, by: User, reason: str, *, at: dt.datetime | None = None) -> None:
    """退回: return the update to its department with a reason. Locks: the update's row.

    Raises:
        PermissionDenied: `by` may not check it in its present state.
        TransitionError: it does not wait for a check.
        ValidationError: no reason was given.
    """
    row = _lock_one("return", update, by)
    row.status, row.return_reason = Status.RETURNED, reason.strip()
    row.returned_by, row.returned_at = by, at or row.now
    _save(row, update)


@transaction.atomic
def correct(update: ProgressUpdate, by: User, reason: str) -> ProgressUpdate:
    """更正: a copy of this verified update as its next revision, a draft, for the same chain of checks.

    Locks: the update's row.

    Raises:
        PermissionDenied: `by` does not enter for this target's departments.
        TransitionError: it is not verified, was corrected already, or is being corrected.
        ValidationError: no reason was given.
    """
    row = _lock_one("correct", update, by)
    revision = ProgressUpdate(
        **{field: getattr(row, field) for field in CONTENT},
        revision=row.revision + 1,
        correction_reason=reason.strip(),
        entered_by=by,
        entered_at=row.now,
    )
    revision.full_clean()
    revision.save()
    return revision
