"""Which reminders were sent, so that nobody is told of the same thing twice."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .fields import month_end, one_of
from .target import Target


class Stage(models.TextChoices):
    """How pressing a period that was not reported has become."""

    SOON = "soon", _("即将到期")
    OVERDUE = "overdue", _("逾期未报")
    LONG_OVERDUE = "long", _("逾期较久")


class Reminder(models.Model):
    """催报记录: one person was told once that one period of one target has reached a stage."""

    target = models.ForeignKey(Target, verbose_name=_("目标"), on_delete=models.CASCADE, related_name="reminders")
    period = models.DateField(_("报告期"))
    stage = models.CharField(_("催报阶段"), max_length=7, choices=Stage)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("收件人"), on_delete=models.CASCADE, related_name="+"
    )
    sent_at = models.DateTimeField(_("发送时间"), default=timezone.now)

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
            month_end("reminder", "period"),
            one_of("reminder", stage=Stage),
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.period:%Y-%m} {self.get_stage_display()} · {self.recipient}"
