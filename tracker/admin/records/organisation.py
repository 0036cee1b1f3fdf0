"""Units, accounts and who works where."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm, UserCreationForm
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tracker import roles
from tracker.models import Department, Membership, RoleMembership, User

from ..base import LedgerAdmin, LedgerInline
from ..display import column, listed

# Roles are code (tracker/roles.py): what is changed here would be undone by the next migrate.
admin.site.unregister(Group)


SHOWN_UNITS = 3


@admin.register(Department)
class DepartmentAdmin(LedgerAdmin):
    list_display = ("name", "code", "full_name", "name_en", "successor", "position")
    list_select_related = ("successor",)
    search_fields = ("name", "full_name", "name_en", "code")
    autocomplete_fields = ("successor",)
    ordering = ("position", "code")


class MembershipInline(LedgerInline):
    model = Membership
    marks_samples = True
    autocomplete_fields = ("department",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and _may_manage(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _may_manage(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_manage(request, obj)


def _may_change(request: HttpRequest, account: User | None) -> bool:
    """Whether the user may change `account`: a superuser only as one, a real one not as a demonstration account."""
    person: Any = request.user
    if account is None or person.is_superuser:
        return True
    return not account.is_superuser and (account.is_sample or not person.is_sample)


def _may_manage(request: HttpRequest, account: User | None) -> bool:
    """Whether the user may change the permissions of `account`: never the user's own."""
    own = account is not None and account.pk == request.user.pk
    return _may_change(request, account) and (request.user.is_superuser or not own)


def _some(names: list[str]) -> str:
    """A list's cell has room for a few names."""
    if len(names) <= SHOWN_UNITS:
        return listed(names)
    return _("%(names)s等%(count)s个") % {"names": listed(names[:SHOWN_UNITS]), "count": len(names)}


@admin.register(User)
class AccountAdmin(LedgerAdmin, UserAdmin):  # type: ignore[type-arg]
    """Accounts get roles and units, never single permissions; only a superuser sees or makes superusers' rights."""

    form = UserChangeForm
    add_form = UserCreationForm
    add_form_template = "admin/change_form.html"
    marks_samples = True
    inlines = (MembershipInline,)
    list_display = (
        "username",
        "display_name",
        column("roles", _("角色"), lambda user: listed(group.name for group in user.groups.all())),
        column("units", _("所属单位"), lambda user: _some([unit.name for unit in user.departments.all()])),
        "is_active",
        "is_staff",
        "last_login",
        "is_sample",
    )
    list_filter = ("groups", "is_active", "is_staff", "is_sample", "departments")
    search_fields = ("username", "display_name", "email", "departments__name")
    ordering = ("username",)
    filter_horizontal = ()
    add_fieldsets = (
        (None, {"fields": ("username", "display_name", "password1", "password2")}),
        (_("权限"), {"fields": ("is_staff", "groups")}),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups", "departments")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return super().get_fieldsets(request, obj)
        rights = ["is_active", "is_staff", "groups", *(["is_superuser"] if request.user.is_superuser else [])]
        secret = ["password"] if self.has_change_permission(request, obj) else []
        return [
            (None, {"fields": ["username", "display_name", "email", *secret]}),
            (_("权限"), {"fields": rights}),
            (_("登录情况"), {"fields": ["last_login", "date_joined"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        rights = () if _may_manage(request, obj) else ("is_active", "is_staff", "groups")
        return ("last_login", "date_joined", *rights)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _may_change(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """What a demonstration account opens is a demonstration account, too."""
        if not change:
            obj.is_sample = getattr(request.user, "is_sample", False)
        super().save_model(request, obj, form, change)

    @staticmethod
    def is_sample(row: Any) -> bool:
        """A demonstration account is no figure."""
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_staff": True, **super().get_changeform_initial_data(request)}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "is_staff":
            kwargs |= {"label": _("可进入填报后台"), "help_text": _("只看总览和报表的人不必勾选")}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs |= {
                "queryset": Group.objects.filter(name__in=roles.ROLES),
                "widget": forms.CheckboxSelectMultiple,
                "label": _("角色"),
                "help_text": "",
            }
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def history_of(self, row: Any) -> list[models.QuerySet[Any]]:
        """Of the account, its roles and its units."""
        parts: list[Any] = [RoleMembership, Membership]
        return [*super().history_of(row), *(part.pgh_event_model.objects.filter(user_id=row.pk) for part in parts)]


@admin.register(Membership)
class MembershipAdmin(LedgerAdmin):
    """Who works where, to look up; it is changed on the account's page."""

    list_display = (
        "department",
        "user",
        column("username", _("用户名"), lambda row: row.user.username, "user__username"),
    )
    list_select_related = ("department", "user")
    list_filter = ("department",)
    search_fields = ("user__username", "user__display_name", "department__name")
    ordering = ("department__position", "user__username")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
