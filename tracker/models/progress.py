"""What a unit states for one target and one period, on its way from draft to verified."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tracker.text import listed

from .fields import LIMIT, OUT_OF_RANGE, PrintedDecimalField, finite, named_check, one_of, period_is_month_end
from .history import ledger_history
from .move import REPORTED, Move, Status
from .organisation import Department
from .report import Frequency, Measure, Vintage
from .target import Milestone, Responsibility, Target
from .year import PlanYear

if TYPE_CHECKING:
    from .target import AnyUser


#: States in which the entering unit may still change what it wrote.
OPEN_TO_ENTRY = (Status.DRAFT, Status.RETURNED)


#: What the unit states; a correction starts from it. What confirmed one figure says nothing of the next one.
CONTENT = (
    *("target", "period", "value", "growth", "stage", "steps_done", "vintage", "stated_rate"),
    *("remark", "problem", "next_step"),
)
#: Everything that a person can write on an update.
WRITTEN = (*CONTENT, "confirmation", "correction_reason", "source_url", "published_on")


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

    def reported(self, known_at: dt.datetime | models.Expression | None = None) -> ProgressUpdateQuerySet:
        """Updates that answered for their period at `known_at`: submitted, endorsed or verified then; not one that was
        a draft, or returned and not handed in again (domain.md §7). `tracker.assessment` says the same in SQL.

        Args:
            known_at: the instant whose knowledge counts; default now.

        Adds: `state`, as `state_at`. Queries: none of its own (a subquery).
        """
        known: Any = self.state_at(known_at or timezone.now())
        return known.filter(state__in=REPORTED)  # type: ignore[no-any-return]

    def visible_to(self, user: AnyUser) -> ProgressUpdateQuerySet:
        """Verified updates for every reader; unfinished ones for the units concerned and for whoever checks them.

        Adds: nothing. Queries: none of its own (subqueries).
        """
        if not user.has_perm("tracker.view_progressupdate"):
            return self.none()
        if user.has_perm("tracker.view_unverified"):
            return self
        own = Responsibility.objects.filter(department__in=Department.objects.of(user))
        return self.filter(models.Q(status=Status.VERIFIED) | models.Q(target__in=own.values("target")))

    def for_list(self) -> ProgressUpdateQuerySet:
        """With everything that a list of updates prints. Adds: nothing; joins. Queries: 1 in all."""
        return self.select_related("target__indicator__unit", "target__section", "entered_by", "verified_by")


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
            period_is_month_end("update", "period"),
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
            # What was verified last, of periods up to a month.
            models.Index(
                fields=["-verified_at", "-period"],
                condition=models.Q(status=Status.VERIFIED),
                name="update_latest",
            ),
            # Whether a figure is demonstration data is asked of every figure, and true of none on a ledger in use.
            models.Index(fields=["id"], condition=models.Q(is_sample=True), name="update_sample"),
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
        """Refuse what the target's calendar and steps do not have; see `unsavable`. Queries: at most 2.

        Raises:
            ValidationError: by field, each a sentence that says what to do.
        """
        if self.target_id and (refused := unsavable([self])[0]):
            raise ValidationError(refused)

    def fingerprint(self) -> str:
        """A digest of all that a person wrote, with revision and status: it differs once somebody changed the row."""
        fields: list[Any] = [self._meta.get_field(name) for name in (*WRITTEN, "revision", "status")]
        return sha256("\x1f".join(field.value_to_string(self) for field in fields).encode()).hexdigest()[:16]


def unsavable(updates: Sequence[ProgressUpdate]) -> list[dict[str, list[str]]]:
    """Why each update may not be saved, not even as a draft: sentences by field, in the order of the updates.

    Queries: at most 2, however many updates.
    """
    years = {update.target.year for update in updates}
    closed = set(PlanYear.objects.closed_years().filter(year__in=years))
    steps: dict[int, set[int]] = defaultdict(set)
    stepped = {update.target_id for update in updates if update.steps_done}
    for target, number in Milestone.objects.filter(target__in=stepped).values_list("target", "number"):
        steps[target].add(number)
    return [
        {
            name: [sentence]
            for name, sentence in [
                ("period", _refused_period(update, closed)),
                *((name, _refused_figure(getattr(update, name))) for name in ("value", "growth")),
                ("steps_done", _refused_steps(update, steps[update.target_id])),
            ]
            if sentence
        }
        for update in updates
    ]


def _refused_period(update: ProgressUpdate, closed: set[int]) -> str:
    period: Any = update.period
    year, indicator = update.target.year, update.target.indicator
    if not isinstance(period, dt.date):  # not stated, or not even a date: its field says so
        return ""
    if period.year != year:
        return gettext("这是%(year)s年度的目标，报告期须在当年之内。") % {"year": year}
    if year in closed:
        return gettext("%(year)s年度已封账，不再接受填报。") % {"year": year}
    if period.month not in (months := indicator.report_months()):
        return gettext("“%(name)s”为%(frequency)s，报告期只有：%(months)s，请改选。") % {
            "name": indicator,
            "frequency": Frequency(indicator.frequency).label,
            "months": listed(gettext("%(month)s月") % {"month": number} for number in months),
        }
    # A month is reported when it is over; its own last day counts as over.
    if period > timezone.localdate():
        return gettext("%(period)s 尚未结束，不能提前填报。") % {"period": f"{period:%Y-%m}"}
    return ""


def _refused_figure(value: Decimal | None) -> str:
    is_sound = not isinstance(value, Decimal) or (value.is_finite() and abs(value) < LIMIT)
    return "" if is_sound else str(OUT_OF_RANGE)


def _refused_steps(update: ProgressUpdate, known: set[int]) -> str:
    unknown = sorted(set(update.steps_done) - known)
    return gettext("该任务没有序号为 %(numbers)s 的节点。") % {"numbers": listed(unknown)} if unknown else ""
