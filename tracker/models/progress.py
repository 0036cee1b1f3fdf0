"""What a unit states for one target and one period, on its way from draft to verified."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .fields import PrintedDecimalField, finite, month_end, named_check, one_of
from .history import ledger_history
from .move import REPORTED, Move, Status
from .organisation import Department, Membership
from .refusals import refused_as_validation
from .report import Measure, Vintage, WorkReport
from .target import Responsibility, Role, Target

if TYPE_CHECKING:
    from .organisation import User
    from .target import AnyUser


#: States in which the entering unit may still change what it wrote.
OPEN_TO_ENTRY = (Status.DRAFT, Status.RETURNED)


#: What the unit states; a correction starts from it. What confirmed one figure says nothing of the next one.
STATED = (
    *("target", "period", "value", "growth", "stage", "steps_done", "vintage", "stated_rate"),
    *("remark", "problem", "next_step"),
)
#: Everything that a person can write on an update.
WRITTEN = (*STATED, "confirmation", "correction_reason", "source_url", "published_on")


class Stage(models.TextChoices):
    """How far a task without numbers has come, as its unit states it."""

    NOT_STARTED = "未启动", _("未启动")
    PREPARING = "前期工作", _("前期工作")
    UNDER_WAY = "推进中", _("推进中")
    DONE = "已完成", _("已完成")


class Pace(models.TextChoices):
    """人工评定: how whoever verifies an update judges the task's pace."""

    NORMAL = "正常推进", _("正常推进")
    SLOW = "推进缓慢", _("推进缓慢")


class TransitionError(Exception):
    """A step of the workflow that the update's present state does not allow; the text is for the person."""


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


class ProgressUpdateQuerySet(models.QuerySet["ProgressUpdate"]):
    def verified(self) -> ProgressUpdateQuerySet:
        """Updates that count or once counted. Adds: nothing. Queries: none of its own."""
        return self.filter(status=Status.VERIFIED)

    def known_at(self, instant: dt.datetime | models.Expression) -> ProgressUpdateQuerySet:
        """Verified at or before `instant` and not yet superseded then. Adds: nothing. Queries: none of its own."""
        return self.verified().filter(
            models.Q(superseded_at__isnull=True) | models.Q(superseded_at__gt=instant), verified_at__lte=instant
        )

    def state_at(self, instant: dt.datetime | models.Expression) -> ProgressUpdateQuerySet:
        """With the state in which each update was at `instant`, as its moves tell.

        Adds: `state` (a `Status`; null where it did not exist yet). Queries: none of its own (a subquery).
        """
        last = Move.objects.filter(update_id=models.OuterRef("pk"), moved_at__lte=instant).order_by("-pk")
        return self.annotate(state=models.Subquery(last.values("to_status")[:1]))

    def reported(self, known_at: dt.datetime | models.Expression) -> ProgressUpdateQuerySet:
        """Updates that answered for their period at `known_at`: submitted, endorsed or verified then; not one that was
        a draft, or returned and not handed in again (domain.md §7).

        Adds: `state`, as `state_at`. Queries: none of its own (a subquery).
        """
        known: Any = self.state_at(known_at)
        return known.filter(state__in=REPORTED)  # type: ignore[no-any-return]

    def visible_to(self, user: AnyUser) -> ProgressUpdateQuerySet:
        """Verified updates for every reader; unfinished ones for the units concerned and for whoever checks them.

        Adds: nothing. Queries: none of its own (subqueries).
        """
        if not user.has_perm("tracker.view_progressupdate"):
            return self.none()
        if user.has_perm("tracker.view_unverified"):
            return self
        return self.filter(models.Q(status=Status.VERIFIED) | self._own(user))

    def editable_by(self, user: AnyUser) -> ProgressUpdateQuerySet:
        """Drafts and returned updates of the user's own units, in years that are not closed.

        A demonstration account edits demonstration rows only.

        Adds: nothing. Queries: none of its own (subqueries).
        """
        if not user.has_perm("tracker.change_progressupdate"):
            return self.none()
        closed = WorkReport.objects.filter(is_closed=True).values("plan_year")
        editable = self.filter(self._own(user), status__in=OPEN_TO_ENTRY).exclude(target__year__in=closed)
        return editable.filter(is_sample=True) if getattr(user, "is_sample", False) else editable

    def endorsable_by(self, user: AnyUser) -> ProgressUpdateQuerySet:
        """待我审核: submitted updates that the user's own units answer for, and that somebody else entered.

        Adds: nothing. Queries: none of its own (subqueries).
        """
        return self._checkable(user, "tracker.endorse_progressupdate", Status.SUBMITTED).filter(self._answered(user))

    def verifiable_by(self, user: AnyUser) -> ProgressUpdateQuerySet:
        """待核验: endorsed updates that somebody else entered, for whoever verifies.

        Adds: nothing. Queries: none of its own.
        """
        return self._checkable(user, "tracker.verify_progressupdate", Status.ENDORSED)

    def correctable_by(self, user: AnyUser) -> ProgressUpdateQuerySet:
        """Verified updates of the user's own units that count and have no correction under way, in years not closed.

        Adds: nothing. Queries: none of its own (subqueries).
        """
        if not user.has_perm("tracker.add_progressupdate"):
            return self.none()
        later = ProgressUpdate.objects.filter(
            target=models.OuterRef("target"), period=models.OuterRef("period"), revision__gt=models.OuterRef("revision")
        )
        closed = WorkReport.objects.filter(is_closed=True).values("plan_year")
        correctable = (
            self.verified()
            .filter(self._own(user), ~models.Exists(later), superseded_at__isnull=True)
            .exclude(target__year__in=closed)
        )
        return correctable.filter(is_sample=True) if getattr(user, "is_sample", False) else correctable

    def _checkable(self, user: AnyUser, permission: str, status: Status) -> ProgressUpdateQuerySet:
        if not user.has_perm(permission):
            return self.none()
        waiting = self.filter(status=status).exclude(entered_by_id=user.pk)
        return waiting.filter(is_sample=True) if getattr(user, "is_sample", False) else waiting

    @staticmethod
    def _own(user: AnyUser) -> models.Q:
        units = Department.objects.of(user)
        return models.Q(target__in=Responsibility.objects.filter(department__in=units).values("target"))

    @staticmethod
    def _answered(user: AnyUser) -> models.Q:
        """What the head of a unit stands behind: figures of targets that the unit leads or owns the data of, and, where
        it cooperates, only what its own people entered."""
        units = Department.objects.of(user)
        its = Responsibility.objects.filter(department__in=units)
        people = Membership.objects.filter(department__in=units).values("user")
        return models.Q(target__in=its.exclude(role=Role.COOPERATING).values("target")) | models.Q(
            target__in=its.values("target"), entered_by__in=people
        )

    def for_list(self) -> ProgressUpdateQuerySet:
        """With everything that a list of updates prints. Adds: nothing; joins. Queries: 1 in all."""
        return self.select_related("target__indicator__unit", "target__section", "entered_by", "verified_by")

    # --- many at once: each step is all or nothing, in a constant number of queries ---

    def locked(self, updates: Sequence[ProgressUpdate], *allowed: str) -> list[ProgressUpdate]:
        """These rows as they are now, locked, so that of two people who press at once the second is told so.

        Args:
            updates: as they were seen; a step was chosen for the state that they had then.
            allowed: the states from which the step may be taken.

        Returns:
            The rows in order of their ids, with target, indicator and unit.

        Raises:
            TransitionError: somebody moved one on or deleted it meanwhile, or its year is closed.

        Queries: 2.
        """
        seen = {update.pk: update.status for update in updates}
        rows = list(
            self.select_for_update(of=("self",))
            .select_related("target__indicator__unit")
            .filter(pk__in=seen)
            .order_by("pk")
        )
        if len(rows) < len(seen):
            raise TransitionError(_("所选填报中有的已被删除，请刷新后再看。"))
        years = {row.target.year for row in rows}
        closed = set(WorkReport.objects.filter(plan_year__in=years, is_closed=True).values_list("plan_year", flat=True))
        for row in rows:
            if row.status not in allowed or row.status != seen[row.pk]:
                raise TransitionError(
                    _("“%(update)s”现在是“%(status)s”状态，不能进行这一步；可能已由他人处理，请刷新后再看。")
                    % {"update": row, "status": row.get_status_display()}
                )
            if row.target.year in closed:
                raise TransitionError(_("%(year)s年度已封账，不再办理该年度的填报。") % {"year": row.target.year})
        return rows

    @transaction.atomic
    def submit_all(self, updates: Sequence[ProgressUpdate], by: User, *, at: dt.datetime | None = None) -> None:
        """Hand drafts on for endorsement, or straight to verification where their plan year skips endorsement.

        Args:
            updates: saved drafts or returned updates; the instances passed in are left as they are.
            at: the instant that counts as now; stated by what replays a past year.

        Raises:
            PermissionDenied: `by` does not enter for the units of one of them.
            TransitionError: one is not a draft or returned.
            IncompleteError: what some say is not complete, or asked about and not confirmed.

        Queries: at most 11, however many updates.
        """
        from tracker.checks import check

        rows = self.locked(updates, *OPEN_TO_ENTRY)
        if self.editable_by(by).filter(pk__in=[row.pk for row in rows]).count() < len(rows):
            raise PermissionDenied(_("您不是该目标责任单位的填报员，不能提交。"))
        found = {row: finding.objections(row.confirmation) for row, finding in zip(rows, check(rows), strict=True)}
        if objections := {row: sentences for row, sentences in found.items() if sentences}:
            raise IncompleteError(objections)
        endorsed = set(WorkReport.objects.filter(needs_endorsement=True).values_list("plan_year", flat=True))
        for status, needs in ((Status.SUBMITTED, True), (Status.ENDORSED, False)):
            with refused_as_validation():
                self.filter(pk__in=[row.pk for row in rows if (row.target.year in endorsed) is needs]).update(
                    status=status,
                    submitted_by=by,
                    submitted_at=at or timezone.now(),
                    return_reason="",
                    returned_by=None,
                    returned_at=None,
                    # What was endorsed before it was returned is not what is submitted now.
                    endorsed_by=None,
                    endorsed_at=None,
                )


class ProgressUpdateManager(models.Manager["ProgressUpdate"]):
    def get_by_natural_key(self, code: str, year: int, period: str, revision: int) -> ProgressUpdate:
        return self.get(target__indicator__code=code, target__year=year, period=period, revision=revision)


@ledger_history(samples_may_go=True)
class ProgressUpdate(models.Model):
    """进展填报: what a unit states for one target and one period.

    A verified update is never edited. A correction is a new revision with a reason; it supersedes the old one at the
    instant that it is verified.
    """

    target = models.ForeignKey(Target, verbose_name=_("目标"), on_delete=models.PROTECT, related_name="updates")
    measure = models.CharField(_("计量方式"), max_length=10, choices=Measure, editable=False)
    period = models.DateField(_("报告期"), help_text=_("该期最后一天，如 2018-06-30"))
    revision = models.PositiveSmallIntegerField(_("版次"), default=1, editable=False)
    value = PrintedDecimalField(_("完成值"), null=True, blank=True, help_text=_("累计量填1月至本期累计数"))
    growth = PrintedDecimalField(_("同比增速（%）"), null=True, blank=True)
    stage = models.CharField(_("进展阶段"), max_length=4, choices=Stage, blank=True)
    steps_done = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("已完成节点"), default=list, blank=True)
    pace = models.CharField(
        _("推进评定"), max_length=4, choices=Pace, blank=True, help_text=_("人工评定，由核验人填写")
    )
    vintage = models.CharField(_("数据性质"), max_length=10, choices=Vintage, blank=True)
    stated_rate = PrintedDecimalField(
        _("自报完成率（%）"), null=True, blank=True, help_text=_("来源表中写明的完成率，只作核对，不参与评价")
    )
    remark = models.TextField(_("进展说明"), blank=True)
    problem = models.TextField(_("存在问题"), blank=True)
    next_step = models.TextField(_("下一步措施"), blank=True)
    confirmation = models.TextField(
        _("核对说明"), blank=True, help_text=_("系统对数字有疑问时，说明数字为何属实；没有疑问不必填")
    )
    correction_reason = models.CharField(_("更正原因"), max_length=200, blank=True)
    source_url = models.URLField(_("来源网址"), blank=True)
    published_on = models.DateField(_("公布日期"), null=True, blank=True)
    is_sample = models.BooleanField(_("演示数据"), default=False, editable=False)

    status = models.CharField(_("状态"), max_length=9, choices=Status, default=Status.DRAFT, editable=False)
    return_reason = models.CharField(_("退回原因"), max_length=200, blank=True, editable=False)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("填报人"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    entered_at = models.DateTimeField(_("填报时间"), default=timezone.now, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("提交人"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True, editable=False)
    endorsed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("审核人"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    endorsed_at = models.DateTimeField(_("审核时间"), null=True, blank=True, editable=False)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("核验人"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    verified_at = models.DateTimeField(_("核验时间"), null=True, blank=True, editable=False)
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("退回人"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    returned_at = models.DateTimeField(_("退回时间"), null=True, blank=True, editable=False)
    superseded_at = models.DateTimeField(_("被更正时间"), null=True, blank=True, editable=False)

    objects = ProgressUpdateManager.from_queryset(ProgressUpdateQuerySet)()

    class Meta:
        verbose_name = _("进展填报")
        verbose_name_plural = _("进展填报")
        ordering = ["-period", "target", "-revision", "pk"]
        permissions = [
            ("endorse_progressupdate", _("可审核本单位进展填报")),
            ("verify_progressupdate", _("可核验进展填报")),
            ("view_unverified", _("可查看各单位未核验的进展填报")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["target", "period", "revision"],
                name="update_revision_once",
                violation_error_message=_("该目标这一报告期已有同一版次的填报。"),
            ),
            models.UniqueConstraint(
                fields=["target", "period"],
                condition=~models.Q(status=Status.VERIFIED),
                name="update_one_in_progress",
                violation_error_message=_("该目标这一报告期已有一份尚未核验的填报，请在原件上修改。"),
            ),
            models.UniqueConstraint(
                fields=["target", "period"],
                condition=models.Q(status=Status.VERIFIED, superseded_at__isnull=True),
                name="update_one_counts",
                violation_error_message=_("该目标这一报告期已有核验过的填报，请以更正方式提交。"),
            ),
            month_end("update", "period"),
            one_of("update", measure=Measure, status=Status, stage_=Stage, pace_=Pace, vintage_=Vintage),
            finite("update", "value", "growth", "stated_rate"),
            named_check("update_revision_from_1", models.Q(revision__gte=1), _("版次从 1 开始。")),
            named_check(
                "update_task_or_figure",
                models.Q(measure=Measure.MILESTONE, value__isnull=True, growth__isnull=True)
                | ~models.Q(measure=Measure.MILESTONE) & models.Q(stage="", pace="", steps_done=[]),
                _("任务填进展阶段和已完成节点，不填数值；指标填数值或增速，不填阶段。"),
            ),
            named_check(
                "update_says_something",
                models.Q(status__in=OPEN_TO_ENTRY)
                | models.Q(value__isnull=False)
                | models.Q(growth__isnull=False)
                | ~models.Q(stage="")
                | ~models.Q(steps_done=[]),
                _("提交前请填写完成值、增速或进展阶段中的至少一项；没有数据请不要填 0。"),
            ),
            named_check(
                "update_return_has_reason",
                ~models.Q(status=Status.RETURNED) | ~models.Q(return_reason=""),
                _("退回须写明原因，让填报单位知道改什么。"),
            ),
            named_check(
                "update_correction_reason",
                models.Q(revision=1) | ~models.Q(correction_reason=""),
                _("更正须写明原因。"),
            ),
            named_check(
                "update_verified_is_signed",
                ~models.Q(status=Status.VERIFIED)
                | models.Q(verified_at__isnull=False)
                & (models.Q(verified_by__isnull=False) | ~models.Q(source_url="")),
                _("已核验的填报须有核验人和核验时间，或公开来源网址。"),
            ),
            named_check(
                "update_superseded_verified",
                models.Q(superseded_at__isnull=True)
                | models.Q(status=Status.VERIFIED, superseded_at__gte=models.F("verified_at")),
                _("只有核验过的填报才能被更正。"),
            ),
        ]
        indexes = [
            # The counting update of each target: latest period first (tracker/assessment.py).
            models.Index(
                fields=["target", "-period", "-revision"],
                condition=models.Q(status=Status.VERIFIED),
                name="update_counting",
            ),
            models.Index(fields=["status", "period"], name="update_queue"),
        ]
        triggers = [
            # A verified update may only be marked as superseded, once; nothing else of it ever changes. Comparing the
            # whole row covers columns that are added later.
            pgtrigger.Trigger(
                name="verified_frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status=Status.VERIFIED),
                declare=[("seen", "tracker_progressupdate%ROWTYPE")],
                func="""
                    seen := NEW;
                    IF OLD.superseded_at IS NULL THEN
                        seen.superseded_at := NULL;
                    END IF;
                    IF seen::text IS DISTINCT FROM OLD::text THEN
                        RAISE EXCEPTION 'a verified update cannot be changed; correct it with a new revision'
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'verified_frozen';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(
                name="verified_kept",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__status=Status.VERIFIED, old__is_sample=False),
            ),
            # Each change of state leaves a `Move`, however it is made, at the instant that the step itself states.
            pgtrigger.Trigger(
                name="record_move",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF TG_OP = 'UPDATE' AND OLD.status = NEW.status THEN
                        RETURN NULL;
                    END IF;
                    INSERT INTO tracker_move (
                        update_id, target_id, period, revision, is_sample, from_status, to_status,
                        moved_by_id, moved_at, reason
                    )
                    VALUES (
                        NEW.id, NEW.target_id, NEW.period, NEW.revision, NEW.is_sample,
                        CASE WHEN TG_OP = 'UPDATE' THEN OLD.status ELSE '' END, NEW.status,
                        CASE NEW.status WHEN 'draft' THEN NEW.entered_by_id
                            WHEN 'submitted' THEN NEW.submitted_by_id
                            WHEN 'endorsed' THEN coalesce(NEW.endorsed_by_id, NEW.submitted_by_id)
                            WHEN 'verified' THEN NEW.verified_by_id
                            WHEN 'returned' THEN NEW.returned_by_id END,
                        coalesce(CASE NEW.status WHEN 'draft' THEN NEW.entered_at
                            WHEN 'submitted' THEN NEW.submitted_at
                            WHEN 'endorsed' THEN coalesce(NEW.endorsed_at, NEW.submitted_at)
                            WHEN 'verified' THEN NEW.verified_at
                            WHEN 'returned' THEN NEW.returned_at END, now()),
                        CASE NEW.status WHEN 'draft' THEN NEW.correction_reason
                            WHEN 'returned' THEN NEW.return_reason ELSE '' END
                    );
                    RETURN NULL;
                """,
            ),
            # What was once handed in was reported until it was thrown away; a mere draft leaves nothing.
            pgtrigger.Trigger(
                name="record_deletion",
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                func="""
                    IF OLD.is_sample OR NOT EXISTS (
                        SELECT FROM tracker_move WHERE update_id = OLD.id AND to_status <> 'draft'
                    ) THEN
                        DELETE FROM tracker_move WHERE update_id = OLD.id;
                    ELSE
                        INSERT INTO tracker_move (
                            update_id, target_id, period, revision, is_sample, from_status, to_status, moved_at, reason
                        )
                        VALUES (OLD.id, OLD.target_id, OLD.period, OLD.revision, false, OLD.status, '', now(), '');
                    END IF;
                    RETURN NULL;
                """,
            ),
            # Otherwise a real figure could be relabelled as a sample and deleted.
            pgtrigger.Protect(
                name="sample_stays_sample",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("is_sample"),
            ),
        ]

    def __str__(self) -> str:
        text = f"{self.target.indicator} {self.period:%Y-%m}"
        return f"{text} 第{self.revision}版" if self.revision > 1 else text

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fill_derived()
        super().save(*args, **kwargs)

    def natural_key(self) -> tuple[str, int, str, int]:
        return (*self.target.natural_key(), self.period.isoformat(), self.revision)

    natural_key.dependencies = ["tracker.target"]  # type: ignore[attr-defined]

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        self.fill_derived()
        super().full_clean(*args, **kwargs)

    def fill_derived(self) -> None:
        """Fill what a person need not state: the target's measure, and whether a demonstration account wrote this."""
        if self.target_id:
            self.measure = self.target.measure
        if self._state.adding and self.entered_by is not None and self.entered_by.is_sample:
            self.is_sample = True

    def clean(self) -> None:
        """Refuse what the target's calendar and steps do not have (domain.md §8). Queries: at most 2.

        Raises:
            ValidationError: by field, each a sentence that says what to do.
        """
        from tracker.checks import refusals

        if self.target_id and (refused := refusals([self])[0]):
            raise ValidationError(refused)

    def fingerprint(self) -> str:
        """A digest of all that a person wrote, with revision and status: it differs once somebody changed the row."""
        fields: list[Any] = [self._meta.get_field(name) for name in (*WRITTEN, "revision", "status")]
        return sha256("\x1f".join(field.value_to_string(self) for field in fields).encode()).hexdigest()[:16]

    # --- the workflow: each step one method, atomic, refused with a sentence ---

    def _locked(self, *allowed: str) -> ProgressUpdate:
        """This row as it is now, locked; see `ProgressUpdateQuerySet.locked`."""
        return ProgressUpdate.objects.locked([self], *allowed)[0]

    def hold_open(self, seen: str | None = None) -> None:
        """Keep this draft or returned update where it is until the transaction ends, while its words are changed.

        Args:
            seen: the row's fingerprint when the person began to change it; None where nobody looked at it before.

        Raises:
            TransitionError: somebody moved it on meanwhile.
            ValidationError: somebody changed it meanwhile.
        """
        row = self._locked(*OPEN_TO_ENTRY)
        if seen is not None and seen != row.fingerprint():
            raise ValidationError(_("您打开之后，这份填报已被改过，这次没有保存；请对照现有内容，再决定如何保存。"))

    def _moved(self, row: ProgressUpdate) -> None:
        with refused_as_validation():
            row.save()
        self.refresh_from_db()

    @transaction.atomic
    def submit(self, by: User, *, at: dt.datetime | None = None) -> None:
        """Hand the draft on for endorsement, or straight to verification where the plan year skips endorsement.

        Args:
            at: the instant that counts as now, here and in the other steps; stated by what replays a past year.

        Raises:
            PermissionDenied: `by` does not enter for this target's units.
            TransitionError: it is not a draft or returned.
            ValidationError: what it says is not complete, or asked about and not confirmed; by field.
        """
        try:
            ProgressUpdate.objects.submit_all([self], by, at=at)
        except IncompleteError as error:
            raise ValidationError(error.objections[self.pk]) from error
        self.refresh_from_db()

    @transaction.atomic
    def endorse(self, by: User, *, at: dt.datetime | None = None) -> None:
        """The unit's head stands behind the figure.

        Raises:
            PermissionDenied: `by` may not endorse, is of another unit, or entered it personally.
            TransitionError: it was not waiting for endorsement.
        """
        row = self._locked(Status.SUBMITTED)
        row._check_checker(by, "tracker.endorse_progressupdate", own_unit=True)
        row.status, row.endorsed_by, row.endorsed_at = Status.ENDORSED, by, at or timezone.now()
        self._moved(row)

    @transaction.atomic
    def verify(self, by: User, pace: str = "", *, at: dt.datetime | None = None) -> None:
        """The supervision office accepts the figure; from now on it counts, and what it corrects no longer does.

        Args:
            pace: the judgement of a task's pace (`Pace`), stated by whoever verifies.

        Raises:
            PermissionDenied: `by` may not verify, or entered it personally.
            TransitionError: it was not waiting for verification.
        """
        row = self._locked(Status.ENDORSED)
        row._check_checker(by, "tracker.verify_progressupdate")
        now = at or timezone.now()
        corrected = ProgressUpdate.objects.select_for_update().filter(
            target=row.target, period=row.period, status=Status.VERIFIED, superseded_at__isnull=True
        )
        # Else clearing the demonstration would leave the published figure superseded by nothing.
        if row.is_sample and corrected.filter(is_sample=False).exists():
            raise PermissionDenied(_("演示数据不能更正真实数据。"))
        corrected.update(superseded_at=now)
        row.status, row.verified_by, row.verified_at = Status.VERIFIED, by, now
        row.pace = pace or row.pace
        self._moved(row)

    @transaction.atomic
    def send_back(self, by: User, reason: str, *, at: dt.datetime | None = None) -> None:
        """退回: return the update to its unit with a reason.

        Raises:
            PermissionDenied: `by` may not check it at its present stage.
            TransitionError: it is not waiting for a check.
            ValidationError: no reason was given.
        """
        row = self._locked(Status.SUBMITTED, Status.ENDORSED)
        if row.status == Status.SUBMITTED:
            row._check_checker(by, "tracker.endorse_progressupdate", own_unit=True)
        else:
            row._check_checker(by, "tracker.verify_progressupdate")
        row.status, row.return_reason = Status.RETURNED, reason.strip()
        row.returned_by, row.returned_at = by, at or timezone.now()
        self._moved(row)

    def _check_checker(self, by: User, permission: str, *, own_unit: bool = False) -> None:
        if not by.has_perm(permission):
            raise PermissionDenied(_("您没有这一步的权限。"))
        if by.is_sample and not self.is_sample:
            raise PermissionDenied(_("演示账号只能办理演示数据。"))
        if self.entered_by_id == by.pk:
            raise PermissionDenied(_("不能审核或核验自己填报的数据，请由他人办理。"))
        if own_unit and not ProgressUpdate.objects.filter(ProgressUpdateQuerySet._answered(by), pk=self.pk).exists():
            raise PermissionDenied(_("只能审核本单位牵头或提供数据的目标，以及本单位人员的填报。"))

    @transaction.atomic
    def new_revision(self, by: User, reason: str) -> ProgressUpdate:
        """更正: a copy of this verified update as the next revision, a draft, for the same chain of checks.

        Raises:
            PermissionDenied: `by` does not enter for this target's units.
            TransitionError: this one is not verified, or was already corrected.
            ValidationError: no reason was given, or a revision is already under way.
        """
        row = self._locked(Status.VERIFIED)
        if row.superseded_at is not None:
            raise TransitionError(_("这一版已被更正，请在最新一版上更正。"))
        if not by.has_perm("tracker.add_progressupdate") or not (
            ProgressUpdate.objects.filter(ProgressUpdateQuerySet._own(by), pk=self.pk).exists()
        ):
            raise PermissionDenied(_("您不是该目标责任单位的填报员，不能更正。"))
        if by.is_sample and not row.is_sample:
            raise PermissionDenied(_("演示账号只能办理演示数据。"))
        revision = ProgressUpdate(
            **{field: getattr(row, field) for field in STATED},
            revision=row.revision + 1,
            correction_reason=reason.strip(),
            entered_by=by,
        )
        revision.full_clean()
        revision.save()
        return revision
