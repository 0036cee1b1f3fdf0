"""Which reminders were sent, so that nobody is reminded twice of the same report at the same urgency."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .fields import one_of, period_is_month_end
from .move import REPORTED, Move
from .target import Target

if TYPE_CHECKING:
    from .organisation import User


class Urgency(models.TextChoices):
    """How urgent a report has become."""

    SOON = "soon", _("即将到期")
    OVERDUE = "overdue", _("逾期未报")
    LONG_OVERDUE = "long", _("逾期较久")


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def in_force(self) -> ReminderQuerySet:
        """Reminders of reports that were not handed in and returned since; `claim` renews the others.

        Adds: nothing. Queries: none of its own (a subquery).
        """
        returned = Move.objects.reopening().filter(
            target=models.OuterRef("target"), period=models.OuterRef("period"), moved_at__gt=models.OuterRef("sent_at")
        )
        return self.exclude(models.Exists(returned))

    def claim(self, recipient: User, periods: Iterable[tuple[int, dt.date, str]]) -> list[Reminder]:
        """Record the reminders of a mail before it is sent; of two runs at once, each period falls to one.

        A reminder of a report that was handed in and returned since (see `in_force`) is renewed.

        Args:
            periods: target id, period and urgency of each.

        Returns:
            What was recorded or renewed; the other periods were claimed before and must not be sent again.

        Queries: 1, committed at once.
        """
        # In one order everywhere, so that two runs wait for each other and never both.
        claimed = sorted(set(periods))
        columns = [list(column) for column in zip(*claimed, strict=True)] or [[], [], []]
        # Durable: a claim that an outer transaction could still undo would not keep another run from sending.
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO tracker_reminder AS reminder (target_id, period, stage, recipient_id, sent_at)
                SELECT target_id, period, stage, %s, %s
                FROM unnest(%s::bigint[], %s::date[], %s::text[]) AS claimed (target_id, period, stage)
                ON CONFLICT ON CONSTRAINT reminder_once DO UPDATE SET sent_at = EXCLUDED.sent_at
                WHERE EXISTS (
                    SELECT FROM tracker_move m
                    WHERE m.target_id = reminder.target_id AND m.period = reminder.period
                      AND m.moved_at > reminder.sent_at AND m.from_status = ANY (%s) AND m.to_status <> ALL (%s)
                )
                RETURNING id, target_id, period, stage
                """,
                [recipient.pk, timezone.now(), *columns, list(REPORTED), list(REPORTED)],
            )
            rows = cursor.fetchall()
        return [
            Reminder(pk=pk, target_id=target_id, period=period, stage=stage, recipient=recipient)
            for pk, target_id, period, stage in rows
        ]


class Reminder(models.Model):
    """催报记录: a user was reminded of one period of one target at an urgency; when, is the last time."""

    target = models.ForeignKey(Target, verbose_name=_("目标"), on_delete=models.CASCADE, related_name="reminders")
    period = models.DateField(_("报告期"))
    stage = models.CharField(_("催报阶段"), max_length=7, choices=Urgency)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("收件人"), on_delete=models.CASCADE, related_name="+"
    )
    sent_at = models.DateTimeField(_("发送时间"), default=timezone.now)

    objects = models.Manager.from_queryset(ReminderQuerySet)()

    class Meta:
        verbose_name = _("催报记录")
        verbose_name_plural = _("催报记录")
        ordering = ["-sent_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["target", "period", "stage", "recipient"],
                name="reminder_once",
                violation_error_message=_("这一期的同一阶段已经提醒过此人。"),
            ),
            period_is_month_end("reminder", "period"),
            one_of("reminder", stage=Urgency),
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.period:%Y-%m} {self.get_stage_display()} · {self.recipient}"
