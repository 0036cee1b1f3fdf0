"""A filled ledger of an earlier version is upgraded without loss: whatever it exported then, it exports now."""

from __future__ import annotations

import difflib
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

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
