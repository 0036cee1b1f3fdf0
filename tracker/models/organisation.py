"""People and posts: who may enter, endorse, verify and read."""

from __future__ import annotations

from typing import Any

import pghistory
import pgtrigger
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_cte import CTE, with_cte

from tracker.roles import EXCLUSIVE

from .fields import named_check, slug_code
from .history import ledger_history


class DepartmentQuerySet(models.QuerySet["Department"]):
    def visible_to(self, user: Any) -> DepartmentQuerySet:
        """Departments that `user` may see: all of them, for whoever may see the ledger.

        Adds: nothing. Queries: none of its own; the permission look-up is cached on the user.
        """
        return self if user.has_perm("tracker.view_department") else self.none()

    def of(self, user: Any) -> DepartmentQuerySet:
        """Departments that `user` works for: the person's own, and those whose tasks these took over, however long ago.

        Adds: nothing. Queries: none of its own (a subquery).
        """
        if not user.is_authenticated:
            return self.none()

        def inherited(units: CTE) -> Any:
            own = Membership.objects.filter(user=user).values(unit=models.F("department_id"))
            # Not `all=True`: only what is new is followed further, so that a ring, too, would come to an end.
            earlier = units.join(Department, successor=units.col.unit).order_by()
            return own.union(earlier.values(unit=models.F("id")))

        units = CTE.recursive(inherited)
        return self.filter(pk__in=with_cte(units, select=units.queryset().values("unit")))


class DepartmentManager(models.Manager["Department"]):
    def get_by_natural_key(self, code: str) -> Department:
        return self.get(code=code)


@ledger_history()
class Department(models.Model):
    """单位: a post that can be made responsible for a target; never a person."""

    code = slug_code(_("代码"))
    name = models.CharField(_("名称"), max_length=40, unique=True, help_text=_("简称，如 区发改局"))
    name_en = models.CharField(_("英文名称"), max_length=80, blank=True)
    full_name = models.CharField(_("全称"), max_length=80, blank=True)
    successor = models.ForeignKey(
        "self",
        verbose_name=_("承接单位"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="predecessors",
        help_text=_("机构改革后承接其任务的单位"),
    )
    position = models.PositiveSmallIntegerField(_("排序"), default=0)

    objects = DepartmentManager.from_queryset(DepartmentQuerySet)()

    class Meta:
        verbose_name = _("单位")
        verbose_name_plural = _("单位")
        ordering = ["position", "code"]
        constraints = [
            named_check(
                "department_not_own_successor",
                models.Q(successor__isnull=True) | ~models.Q(successor=models.F("id")),
                _("单位不能由自己承接，请改选另一个单位或留空。"),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="no_succession_ring",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__successor__isnull=False),
                func="""
                    IF EXISTS (
                        WITH RECURSIVE later (id) AS (
                            SELECT successor_id FROM tracker_department WHERE id = NEW.successor_id
                            UNION
                            SELECT d.successor_id FROM tracker_department d JOIN later ON d.id = later.id
                        )
                        SELECT FROM later WHERE id = NEW.id
                    ) THEN
                        RAISE EXCEPTION 'a unit cannot take over from its own successor'
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'department_ring';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.code,)


# Signing in is no change of the account. A password's hash belongs in no second table; that it was changed, does.
@ledger_history(
    pghistory.UpdateEvent("password", condition=pgtrigger.AnyChange("password")),
    exclude=["password", "last_login"],
    samples_may_go=True,
)
class User(AbstractUser):
    """An account. What it may do comes from groups (tracker/roles.py), for which units from memberships."""

    display_name = models.CharField(_("姓名"), max_length=40, blank=True)
    departments = models.ManyToManyField(
        Department, through="Membership", verbose_name=_("所属单位"), related_name="members", blank=True
    )
    is_sample = models.BooleanField(
        _("演示账号"),
        default=False,
        editable=False,
        help_text=_("由 manage.py demo 建立；其填报的一切数据都标为演示数据"),
    )

    class Meta(AbstractUser.Meta):
        verbose_name = _("用户")  # type: ignore[assignment]
        verbose_name_plural = _("用户")  # type: ignore[assignment]
        permissions = [("view_history", _("可查看变更历史"))]

    def __str__(self) -> str:
        return self.display_name or self.username


@ledger_history()
class Membership(models.Model):
    """A person's place in a unit. One person may belong to several."""

    user = models.ForeignKey(User, verbose_name=_("用户"), on_delete=models.CASCADE)
    department = models.ForeignKey(Department, verbose_name=_("单位"), on_delete=models.PROTECT)

    class Meta:
        verbose_name = _("单位成员")
        verbose_name_plural = _("单位成员")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "department"],
                name="membership_once",
                violation_error_message=_("该用户已是这个单位的成员，不必重复添加。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.department} · {self.user}"


@ledger_history()
class RoleMembership(User.groups.through):  # type: ignore[misc,name-defined]
    """Which role a person has: Django's own table, named here so that the database records its changes."""

    class Meta:
        proxy = True
        verbose_name = _("用户角色")
        verbose_name_plural = _("用户角色")
        triggers = [
            # System, business and audit duties are separate, however a role is given.
            pgtrigger.Trigger(
                name="one_duty",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                # The lock: of two roles given at once, the second is held against the first.
                func=f"""
                    PERFORM FROM tracker_user WHERE id = NEW.user_id FOR UPDATE;
                    IF (
                        SELECT count(*) > 1 AND bool_or(name IN {EXCLUSIVE}) FROM auth_group
                        WHERE id = NEW.group_id OR id IN (
                            SELECT group_id FROM tracker_user_groups WHERE user_id = NEW.user_id AND id <> NEW.id
                        )
                    ) THEN
                        RAISE EXCEPTION 'one person has one duty: system, business or audit'
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'role_one_duty';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608 (the names of two roles, from our own code)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.group}"
