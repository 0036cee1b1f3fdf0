"""Six roles, three duties, and nobody with two of them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from tracker import roles

LEDGER = {"workreport", "section", "unit", "indicator", "annualresult", "target", "responsibility", "milestone"}
LEDGER |= {"schedulenode", "progressupdate", "evidence"}
PEOPLE = {"user", "membership", "department"}


def duties(codenames: list[str]) -> set[str]:
    """What the permissions amount to: running the system, doing the business, auditing both. Reading is no duty."""
    found = set()
    for codename in codenames:
        action, _, model = codename.rpartition("_")
        if codename == "view_history":
            found.add("audit")
        elif action != "view" and model in PEOPLE:
            found.add("system")
        elif action != "view" and model in LEDGER:
            found.add("business")
    return found


def test_no_role_holds_two_of_the_three_duties() -> None:
    held = {role: duties(codenames) for role, codenames in roles.ROLES.items()}
    assert held == {
        roles.REPORTER: {"business"},
        roles.ENDORSER: {"business"},
        roles.SUPERVISOR: {"business"},
        roles.VIEWER: set(),
        roles.SYSTEM_ADMIN: {"system"},
        roles.AUDITOR: {"audit"},
    }


def test_the_two_lists_above_name_every_model_that_a_permission_is_about() -> None:
    spoken_of = {codename.rpartition("_")[2] for codenames in roles.ROLES.values() for codename in codenames}
    assert spoken_of - {"unverified", "history"} == LEDGER | PEOPLE


@pytest.mark.parametrize(
    ("names", "held"),
    [
        ([], set()),
        ([roles.REPORTER, roles.ENDORSER], {"business"}),
        ([roles.SUPERVISOR, roles.AUDITOR], {"business", "audit"}),
        ([roles.SYSTEM_ADMIN, roles.VIEWER], {"system", "business"}),
    ],
)
def test_a_person_s_duties_are_those_of_all_their_roles(names: list[str], held: set[str]) -> None:
    assert roles.duties(names) == held


def test_whoever_enters_neither_endorses_nor_verifies() -> None:
    steps = {"change_progressupdate", "endorse_progressupdate", "verify_progressupdate"}
    for codenames in roles.ROLES.values():
        assert len(steps & set(codenames)) <= 1


def test_nobody_may_change_or_delete_what_the_ledger_keeps() -> None:
    granted = {codename for codenames in roles.ROLES.values() for codename in codenames}
    assert not granted & {"delete_target", "delete_annualresult", "delete_user", "change_evidence"}
    assert not any(codename.endswith("event") for codename in granted)


def held_permissions() -> dict[str, set[str]]:
    return {
        group.name: set(group.permissions.values_list("codename", flat=True))
        for group in Group.objects.prefetch_related("permissions")
    }


@pytest.mark.django_db
def test_every_role_is_a_group_with_exactly_its_permissions() -> None:
    assert held_permissions() == {role: set(codenames) for role, codenames in roles.ROLES.items()}
    assert (
        not Permission.objects.exclude(content_type__app_label="tracker").filter(group__name__in=roles.ROLES).exists()
    )


@pytest.mark.django_db
def test_syncing_again_changes_nothing_and_mends_what_was_changed() -> None:
    ids = set(Group.objects.values_list("name", "pk"))
    reporter = Group.objects.get(name=roles.REPORTER)
    reporter.permissions.add(Permission.objects.get(codename="verify_progressupdate"))
    Group.objects.get(name=roles.AUDITOR).permissions.clear()
    own = Group.objects.create(name="本区自设")
    roles.sync_roles()
    roles.sync_roles()
    expected = {role: set(codenames) for role, codenames in roles.ROLES.items()}
    assert held_permissions() == {**expected, own.name: set()}
    assert ids < set(Group.objects.values_list("name", "pk")), "people keep their roles"


@pytest.mark.django_db(transaction=True)
def test_the_roles_survive_a_flush() -> None:
    Group.objects.all().delete()
    call_command("flush", interactive=False, verbosity=0)
    assert held_permissions() == {role: set(codenames) for role, codenames in roles.ROLES.items()}
