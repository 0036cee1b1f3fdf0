"""A filled ledger of an earlier version is upgraded without loss: whatever it exported then, it exports now."""

from __future__ import annotations

import difflib
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models

from tracker.models import Move, ProgressUpdate, Status

from .archive import exported, exports, restore

ARCHIVE = Path(__file__).parent / "v0.1.tar.xz"
#: The last migration of 0.1.
SCHEMA = "0004"
SHOWN_LINES = 40


@pytest.fixture(scope="module")
def upgraded(django_db_setup: None, django_db_blocker: Any) -> Iterator[tarfile.TarFile]:
    """The packed database of 0.1, migrated to today's models, in the place of the test database."""
    with django_db_blocker.unblock(), tarfile.open(ARCHIVE) as archive:
        usual = connection.settings_dict["NAME"]
        scratch = f"{usual}_upgraded"
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{scratch}"')
            cursor.execute(f'CREATE DATABASE "{scratch}"')
        try:
            _connect(scratch)
            call_command("migrate", "tracker", SCHEMA, verbosity=0)
            restore(archive)
            call_command("migrate", verbosity=0)
            yield archive
        finally:
            _connect(usual)
            with connection.cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{scratch}" WITH (FORCE)')


def _connect(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def test_every_export_is_what_it_was_byte_for_byte(upgraded: tarfile.TarFile) -> None:
    differing = []
    for name, arguments in exports():
        file = upgraded.extractfile(f"exports/{name}")
        assert file is not None
        before, after = file.read(), exported(arguments)
        if before != after:
            lines = difflib.unified_diff(
                before.decode().splitlines(), after.decode().splitlines(), "0.1", "now", n=0, lineterm=""
            )
            differing.append("\n".join([f"{name}: manage.py export {' '.join(arguments)}", *lines][:SHOWN_LINES]))
    assert not differing, f"{len(differing)} exports differ; the first:\n{differing[0]}"


def test_every_state_that_an_update_was_ever_in_is_known(upgraded: tarfile.TarFile) -> None:
    last = models.Subquery(Move.objects.filter(update_id=models.OuterRef("pk")).order_by("-pk").values("to_status")[:1])
    updates: Any = ProgressUpdate.objects.annotate(last=last)
    assert set(updates.values_list("status", flat=True)) == set(Status)
    assert not updates.exclude(last=models.F("status")).exists()
    assert set(Move.objects.values_list("update_id", flat=True)) == set(updates.values_list("pk", flat=True))


def test_a_return_of_0_1_lies_between_the_steps_around_it(upgraded: tarfile.TarFile) -> None:
    """Its column states no instant, and its event one that is later than what the replay did next."""
    returned = Move.objects.get(to_status=Status.RETURNED, revision=2)
    told = Move.objects.filter(update_id=returned.update_id).order_by("pk")
    assert list(told.values_list("to_status", flat=True)) == ["draft", "submitted", "returned", "submitted"]
    assert list(told) == sorted(told, key=lambda move: move.moved_at)
    assert [move.reason for move in told] == ["漏报一笔，按核定数更正", "", "请附依据", ""]
