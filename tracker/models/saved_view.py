"""保存的视图: the filters, columns and order of a table under a name, for oneself, for the unit or for everyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from .fields import named_check, one_of
from .organisation import Department
from .refusals import refused_as_validation

if TYPE_CHECKING:
    from .organisation import User
    from .target import AnyUser


#: The longest address that is kept: no browser or proxy refuses it.
QUERY_LENGTH = 2000


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

    def named(self) -> SavedViewQuerySet:
        """Without the layouts that are merely remembered. Adds: nothing. Queries: none of its own."""
        return self.exclude(name="")

    def discard(self) -> None:
        """Deletes the views. Queries: 1."""
        self.delete()


class SavedViewManager(models.Manager["SavedView"]):
    def remember(self, owner: User, table: str, query: str) -> None:
        """Keeps how `owner` last looked at a table; a query too long to keep is not kept. Queries: at most 5."""
        if len(query) <= QUERY_LENGTH:
            self.update_or_create(owner=owner, table=table, name="", defaults={"query": query})

    def keep(self, view: SavedView) -> None:
        """Saves a view. As its table's default it takes the place of the one that was.

        Raises:
            ValidationError: a sentence for each rule that it breaks; nothing is saved then.
        """
        with transaction.atomic():
            if view.is_default:
                self.filter(owner=view.owner, table=view.table, is_default=True).update(is_default=False)
            view.full_clean()
            with refused_as_validation():  # somebody else's request may have come between
                view.save()


class SavedView(models.Model):
    """A table's address under a name. The one without a name is how its owner last laid the table out."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("建立人"), on_delete=models.CASCADE, related_name="saved_views"
    )
    table = models.CharField(_("表格"), max_length=20, help_text=_("表格的代码，如 targets"))
    name = models.CharField(_("名称"), max_length=40, blank=True)
    query = models.CharField(
        _("网址参数"),
        max_length=QUERY_LENGTH,
        blank=True,
        error_messages={"max_length": _("筛选条件太多，不能存为视图；请减少条件或列后再存。")},
    )
    sharing = models.CharField(_("共享范围"), max_length=8, choices=Sharing, default=Sharing.PRIVATE)
    department = models.ForeignKey(
        Department, verbose_name=_("共享单位"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    is_default = models.BooleanField(_("默认视图"), default=False)

    objects = SavedViewManager.from_queryset(SavedViewQuerySet)()

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

    def clean(self) -> None:
        """
        Raises:
            ValidationError: it is shared with a unit that is not its owner's.
        """
        if self.department_id and not Department.objects.of(self.owner).filter(pk=self.department_id).exists():
            raise ValidationError({"department": _("只能与自己所属的单位共享，请改选。")})
