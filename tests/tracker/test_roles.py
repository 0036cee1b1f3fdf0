"""Six roles, three duties, and nobody with two of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import Error, connection, transaction

from tests.factories import UserFactory
from tracker import roles
from tracker.models import RoleMembership, User
from tracker.models.refusals import CROSS_TABLE, refusal

LEDGER = {"workreport", "section", "unit", "indicator", "annualresult", "target", "responsibility", "milestone"}
LEDGER |= {"planyear", "margins", "schedulenode", "progressupdate", "evidence", "reminder", "move"}
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


# --- one person, one duty: whoever gives the role, and by whichever way ---


def give(user: User, names: list[str]) -> None:
    user.groups.set(Group.objects.filter(name__in=names))


def give_one_by_one(user: User, names: list[str]) -> None:
    for name in names:
        Group.objects.get(name=name).user_set.add(user)


def give_by_sql(user: User, names: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tracker_user_groups (user_id, group_id) SELECT %s, id FROM auth_group WHERE name = ANY (%s)",
            [user.pk, names],
        )


def exchange(user: User, names: list[str]) -> None:
    """All but the last are given first, and one of them is then turned into the last."""
    give(user, names[:-1])
    RoleMembership.objects.filter(user=user, group__name=names[0]).update(group=Group.objects.get(name=names[-1]))


TOGETHER = [
    ([roles.REPORTER, roles.ENDORSER], True),
    ([roles.REPORTER, roles.SUPERVISOR, roles.VIEWER], True),
    ([roles.SUPERVISOR, roles.AUDITOR], False),
    ([roles.SYSTEM_ADMIN, roles.VIEWER], False),
    ([roles.AUDITOR, roles.SYSTEM_ADMIN], False),
]


def outcome(way: Callable[[User, list[str]], None], names: list[str]) -> str:
    """What comes of giving a new account these roles: `given`, or the sentence that refuses it and leaves none."""
    user = UserFactory()
    try:
        with transaction.atomic():
            way(user, names)
    except Error as error:
        return refusal(error) if not user.groups.exists() else "refused, and given in part"
    return "given" if set(user.groups.values_list("name", flat=True)) == set(names) else "given in part"


@pytest.mark.django_db
def test_one_person_has_one_duty() -> None:
    refused = str(CROSS_TABLE["role_one_duty"])
    ways = (give, give_one_by_one, give_by_sql)
    found = {(way.__name__, *names): outcome(way, names) for way in ways for names, _allowed in TOGETHER}
    assert found == {
        (way.__name__, *names): "given" if allowed else refused for way in ways for names, allowed in TOGETHER
    }


@pytest.mark.django_db
def test_a_role_may_be_exchanged_for_one_of_another_duty_but_not_beside_a_third() -> None:
    user = UserFactory()
    exchange(user, [roles.AUDITOR, roles.SUPERVISOR])
    assert [group.name for group in user.groups.all()] == [roles.SUPERVISOR]
    give(user, [roles.SYSTEM_ADMIN])
    give(user, [roles.REPORTER, roles.ENDORSER])
    with pytest.raises(Error) as refused, transaction.atomic():
        exchange(user, [roles.REPORTER, roles.ENDORSER, roles.AUDITOR])
    assert refusal(refused.value) == CROSS_TABLE["role_one_duty"]


@pytest.mark.django_db(transaction=True)
def test_of_two_duties_given_at_the_same_time_the_second_is_refused() -> None:
    user = UserFactory()
    refused: list[str] = []

    def other_administrator() -> None:
        try:
            give(user, [roles.AUDITOR])
        except Error as error:
            refused.append(refusal(error))
        finally:
            connection.close()

    thread = threading.Thread(target=other_administrator)
    with transaction.atomic():
        give(user, [roles.SUPERVISOR])
        thread.start()
        wait_until_blocked()
    thread.join()
    assert refused == [CROSS_TABLE["role_one_duty"]]
    assert [group.name for group in user.groups.all()] == [roles.SUPERVISOR]


def wait_until_blocked() -> None:
    """Until some other connection waits for a lock of this one."""
    for _attempt in range(500):
        with connection.cursor() as cursor:
            cursor.execute("SELECT bool_or(pg_backend_pid() = ANY (pg_blocking_pids(pid))) FROM pg_locks")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    pytest.fail("nobody waits")


# --- what each role may do ---


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
