"""The six roles (groups) and what each may do. No role holds two of the three duties: system, business, audit."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management import create_permissions

REPORTER = "填报员"
ENDORSER = "单位审核人"
SUPERVISOR = "督查室"
VIEWER = "领导"
SYSTEM_ADMIN = "系统管理员"
AUDITOR = "审计员"

LEDGER = (
    *("planyear", "margins", "workreport", "section", "unit", "indicator", "annualresult", "department"),
    *("target", "responsibility", "milestone", "schedulenode", "progressupdate", "evidence"),
)


def _can(actions: str, *models: str) -> list[str]:
    return [f"{action}_{model}" for model in models for action in actions.split()]


READ = _can("view", *LEDGER)

#: Role → codenames of permissions in the `tracker` app.
ROLES: dict[str, list[str]] = {
    REPORTER: [*READ, *_can("add change delete", "progressupdate"), *_can("add delete", "evidence")],
    ENDORSER: [*READ, "endorse_progressupdate"],
    SUPERVISOR: [
        *READ,
        *_can(
            "add change",
            "section",
            "indicator",
            "annualresult",
            "target",
            "responsibility",
            "workreport",
            "planyear",
            "margins",
        ),
        "delete_margins",
        *_can("add change delete", "milestone", "schedulenode"),
        "add_unit",
        "delete_responsibility",
        "verify_progressupdate",
        "view_unverified",
        *_can("view add", "reminder"),
        "view_move",
    ],
    VIEWER: READ,
    SYSTEM_ADMIN: _can("view add change", "user", "department") + _can("view add change delete", "membership"),
    AUDITOR: [*READ, *_can("view", "user", "membership", "reminder", "move"), "view_unverified", "view_history"],
}

#: The roles of the system and of the audit duty: whoever has one of them has no other.
EXCLUSIVE = (SYSTEM_ADMIN, AUDITOR)


def sync_roles(**kwargs: Any) -> None:
    """Make every role exist with exactly its permissions; safe to run any number of times."""
    from django.apps import apps
    from django.contrib.auth.models import Group, Permission

    create_permissions(apps.get_app_config("tracker"), verbosity=0, using=kwargs.get("using", "default"))
    known = {
        permission.codename: permission for permission in Permission.objects.filter(content_type__app_label="tracker")
    }
    for name, codenames in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(known[codename] for codename in codenames)
