"""The command line answers with a sentence where a person can do something about it."""

from __future__ import annotations

import psycopg.errors
import pytest
from django.db import OperationalError

import manage


def fail_with(monkeypatch, cause: Exception) -> None:
    def execute(argv):
        raise OperationalError(str(cause)) from cause

    monkeypatch.setattr("django.core.management.execute_from_command_line", execute)
    monkeypatch.setattr("sys.argv", ["manage.py", "load_report"])


@pytest.mark.parametrize(
    "cause",
    [
        psycopg.errors.AdminShutdown("terminating connection due to unexpected postmaster exit"),
        psycopg.errors.ConnectionFailure("broken"),
        psycopg.OperationalError("server closed the connection unexpectedly"),
    ],
)
def test_a_server_that_dies_midway_is_told_in_one_sentence(monkeypatch, cause):
    fail_with(monkeypatch, cause)
    with pytest.raises(SystemExit) as stopped:
        manage.main()
    assert "数据库连接中断" in str(stopped.value)
    assert "\n" not in str(stopped.value)


def test_any_other_fault_of_the_database_is_not_hidden(monkeypatch):
    fail_with(monkeypatch, psycopg.errors.DiskFull("no space left"))
    with pytest.raises(OperationalError, match="no space left"):
        manage.main()
