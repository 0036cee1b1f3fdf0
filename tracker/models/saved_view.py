"""保存的视图: the filters, columns and order of a table under a name, for oneself, for the unit or for everyone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .fields import named_check, one_of
from .organisation import Department

if TYPE_CHECKING:
    from .target import AnyUser


class Sharing(models.TextChoices):
    PRIVATE = "private", _("仅自己")
    UNIT = "unit", _("本单位")
    EVERYONE = "everyone", _("所有人")


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: AnyUser) -> SavedViewQuerySet:
        """The person's own views, those of the person's units and those for everyone.

        Adds: nothing. Queries: none of its own (a subquery).
        """
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            models.Q(owner=user)
            | models.Q(sharing=Sharing.EVERYONE)
            | models.Q(sharing=Sharing.UNIT, department__in=Department.objects.of(user))
        )

    def editable_by(self, user: AnyUser) -> SavedViewQuerySet:
        """The person's own views. Adds: nothing. Queries: none of its own."""
        return self.filter(owner=user) if user.is_authenticated else self.none()


class SavedView(models.Model):
    """A table's address under a name. The one without a name is how its owner last laid the table out."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("建立人"), on_delete=models.CASCADE, related_name="saved_views"
    )
    table = models.CharField(_("表格"), max_length=20, help_text=_("表格的代码，如 targets"))
    name = models.CharField(_("名称"), max_length=40, blank=True)
    query = models.CharField(_("网址参数"), max_length=2000, blank=True)
    sharing = models.CharField(_("共享范围"), max_length=8, choices=Sharing, default=Sharing.PRIVATE)
    department = models.ForeignKey(
        Department, verbose_name=_("共享单位"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    is_default = models.BooleanField(_("默认视图"), default=False)

    objects: Any = models.Manager.from_queryset(SavedViewQuerySet)()

    class Meta:
        verbose_name = _("保存的视图")
        verbose_name_plural = _("保存的视图")
        ordering = ["table", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "table", "name"],
                name="view_name_once",
                violation_error_message=_("您已有同名的视图，请换一个名称。"),
            ),
            models.UniqueConstraint(
                fields=["owner", "table"],
                condition=models.Q(is_default=True),
                name="view_one_default",
                violation_error_message=_("每张表只能有一个默认视图。"),
            ),
            named_check(
                "view_unit_named",
                models.Q(sharing=Sharing.UNIT, department__isnull=False)
                | ~models.Q(sharing=Sharing.UNIT) & models.Q(department__isnull=True),
                _("与本单位共享时请选择单位；其他范围不选单位。"),
            ),
            named_check(
                "view_layout_is_own",
                ~models.Q(name="") | models.Q(sharing=Sharing.PRIVATE, is_default=False),
                _("没有名称的视图不能共享，也不能设为默认，请先起一个名称。"),
            ),
            one_of("view", sharing=Sharing),
        ]

    def __str__(self) -> str:
        return self.name or str(_("上次的版式"))
