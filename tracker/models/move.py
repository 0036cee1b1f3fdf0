"""The states of an update, and every move from one to the next, so that its state at any past instant can be told."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import one_of, period_is_month_end

if TYPE_CHECKING:
    from .target import AnyUser


class Status(models.TextChoices):
    DRAFT = "draft", _("草稿")
    SUBMITTED = "submitted", _("待审核")
    ENDORSED = "endorsed", _("待核验")
    VERIFIED = "verified", _("已核验")
    RETURNED = "returned", _("已退回")


#: States in which an update answers for its period.
REPORTED = (Status.SUBMITTED, Status.ENDORSED, Status.VERIFIED)


class MoveQuerySet(models.QuerySet["Move"]):
    def visible_to(self, user: AnyUser) -> MoveQuerySet:
        """Moves that `user` may see: all, for users who may see every unit's unfinished updates.

        Adds: nothing. Queries: none of its own.
        """
        return self if user.has_perm("tracker.view_move") else self.none()

    def at(self, instant: dt.datetime | models.Expression) -> MoveQuerySet:
        """The move of each update that holds at `instant`: the last one recorded of those made by then.

        Adds: nothing. Queries: none of its own (a subquery).
        """
        by_then = Move.objects.filter(update_id=models.OuterRef("update_id"), moved_at__lte=instant)
        return self.filter(pk=models.Subquery(by_then.order_by("-pk").values("pk")[:1]))

    def reopening(self) -> MoveQuerySet:
        """Moves after which an update no longer reports its period: it was returned, or thrown away.

        Adds: nothing. Queries: none of its own.
        """
        return self.filter(from_status__in=REPORTED).exclude(to_status__in=REPORTED)


class Move(models.Model):
    """流转记录: an update went from one state to another. Written by a trigger on the update's own table, whoever
    moves it; changed and deleted by nobody.

    It outlives an update that is thrown away, because until then the period was reported; a draft that was never
    handed in takes its moves along.
    """

    update = models.ForeignKey(
        "tracker.ProgressUpdate",
        verbose_name=_("进展填报"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="moves",
    )
    target = models.ForeignKey("tracker.Target", verbose_name=_("目标"), on_delete=models.PROTECT, related_name="moves")
    period = models.DateField(_("报告期"))
    revision = models.PositiveSmallIntegerField(_("版次"))
    from_status = models.CharField(_("原状态"), max_length=9, choices=Status, blank=True)
    to_status = models.CharField(_("新状态"), max_length=9, choices=Status, blank=True)
    moved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("办理人"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    moved_at = models.DateTimeField(_("办理时间"))
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    is_sample = models.BooleanField(_("演示数据"), default=False)

    objects = models.Manager.from_queryset(MoveQuerySet)()

    class Meta:
        verbose_name = _("流转记录")
        verbose_name_plural = _("流转记录")
        ordering = ["-pk"]
        constraints = [
            period_is_month_end("move", "period"),
            one_of("move", from_status_=Status, to_status_=Status),
        ]
        indexes = [
            models.Index(fields=["target", "period", "moved_at"], name="move_of_period"),
        ]
        triggers = [
            # Deletes from within another trigger are those of `ProgressUpdate`'s own, which keeps what must be kept.
            pgtrigger.Protect(
                name="append_only",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("NOT OLD.is_sample AND pg_trigger_depth() = 0"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.period:%Y-%m} {self.get_from_status_display()} → {self.get_to_status_display()}"
