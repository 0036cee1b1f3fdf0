"""The ledger of one year: by which rules it is kept, and whether it is open."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .fields import named_check, year_range
from .history import ledger_history
from .validity import Series, in_force, series_triggers

if TYPE_CHECKING:
    from .organisation import User


#: The fields of `Margins` that are judged by.
MARGINS = ("ahead_margin", "red_margin_value", "red_margin_growth")


class PlanYearQuerySet(models.QuerySet["PlanYear"]):
    def closed_years(self) -> models.QuerySet[PlanYear, int]:
        """Years in which nothing is entered, moved or owed any more. Queries: 1 when evaluated."""
        return self.filter(is_closed=True).values_list("year", flat=True)


class PlanYearManager(models.Manager["PlanYear"]):
    def get_by_natural_key(self, year: int) -> PlanYear:
        return self.get(year=year)


@ledger_history(exclude=["is_closed"])
class PlanYear(models.Model):
    """年度: the ledger of one year."""

    year = models.PositiveSmallIntegerField(_("年度"), unique=True)
    needs_endorsement = models.BooleanField(
        _("须经单位审核"), default=True, help_text=_("关闭后，填报提交后直接进入督查室核验")
    )
    first_month = models.PositiveSmallIntegerField(
        _("起报月"), default=1, help_text=_("年中建账的，从这个月起报；此前各期不催报")
    )
    opened_at = models.DateTimeField(_("建账时间"), default=timezone.now, editable=False)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("建账人"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    closed_at = models.DateTimeField(_("封账时间"), null=True, blank=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("封账人"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    is_closed = models.GeneratedField(
        expression=models.ExpressionWrapper(models.Q(closed_at__isnull=False), models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
        verbose_name=_("已封账"),
    )
    clock = models.DateTimeField(
        _("演示时点"), null=True, blank=True, help_text=_("只用于演示或存档的年度：各页面一律按这个时点显示")
    )

    objects = PlanYearManager.from_queryset(PlanYearQuerySet)()

    class Meta:
        verbose_name = _("年度")
        verbose_name_plural = _("年度")
        ordering = ["-year"]
        constraints = [
            year_range("planyear"),
            named_check(
                "planyear_first_month",
                models.Q(first_month__gte=1, first_month__lte=12),
                _("起报月须在 1 至 12 之间。"),
            ),
            named_check(
                "planyear_closed_by",
                models.Q(closed_at__isnull=False) | models.Q(closed_by__isnull=True),
                _("没有封账的年度，没有封账人。"),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
            # A year is never without margins to judge by.
            pgtrigger.Trigger(
                name="first_margins",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="INSERT INTO tracker_margins (plan_year_id) VALUES (NEW.id); RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year}年"

    def now(self) -> dt.datetime:
        """The instant that counts as now in this year: that of its clock, where it has one."""
        return self.clock or timezone.now()

    def natural_key(self) -> tuple[int]:
        return (self.year,)

    def sign_closing(self, by: User | None, *, at: dt.datetime | None = None) -> None:
        """Close the year in the name of `by`, or with None open it again; it is still to be saved.

        Args:
            at: the instant that counts as now; stated by what replays a past year.
        """
        self.closed_by, self.closed_at = by, (at or timezone.now()) if by else None


def _margin(label: Any, default: str, help_text: Any) -> models.DecimalField[Any, Any]:
    return models.DecimalField(
        label,
        max_digits=5,
        decimal_places=2,
        default=Decimal(default),
        db_default=Decimal(default),
        validators=[MinValueValidator(Decimal(0))],
        help_text=help_text,
    )


class MarginsQuerySet(models.QuerySet["Margins"]):
    def in_force(self, year: int, instant: dt.datetime | None = None) -> Margins:
        """The margins by which a year is judged at an instant; default now. Queries: 1."""
        return self.get(in_force(instant), plan_year__year=year)


@ledger_history(samples_may_go=True)
class Margins(Series):
    """评价界限: from how many percentage points on a target is ahead, or red."""

    plan_year = models.ForeignKey(PlanYear, verbose_name=_("年度"), on_delete=models.PROTECT, related_name="margins")
    ahead_margin = _margin(_("超序时界限（百分点）"), "10.00", _("完成率高出序时进度达到此值的，评为超序时"))
    red_margin_value = _margin(_("总量红灯界限（百分点）"), "10.00", _("完成率低于序时进度达到此值的，亮红灯"))
    red_margin_growth = _margin(_("增速红灯界限（百分点）"), "2.00", _("增速低于目标增速达到此值的，亮红灯"))

    objects = models.Manager.from_queryset(MarginsQuerySet)()

    class Meta:
        verbose_name = _("评价界限")
        verbose_name_plural = _("评价界限")
        ordering = ["plan_year", "pk"]
        constraints = [
            named_check(
                "margins_not_negative",
                models.Q(ahead_margin__gte=0, red_margin_value__gte=0, red_margin_growth__gte=0),
                _("界限不能为负数。"),
            ),
        ]
        triggers = series_triggers(
            "tracker_margins",
            "plan_year_id",
            "tracker_planyear",
            """EXISTS (
                SELECT FROM tracker_progressupdate u JOIN tracker_target t ON t.id = u.target_id
                JOIN tracker_planyear y ON y.year = t.year
                WHERE y.id = OLD.plan_year_id AND u.status = 'verified'
            )""",
        )

    def __str__(self) -> str:
        return f"{self.plan_year}评价界限"
