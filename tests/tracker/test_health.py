"""What a proxy or a monitor is told of the site, without signing in and without a figure of the ledger."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.django_db


def test_a_process_is_alive_without_asking_the_database_anything(as_user: Any, official: Any) -> None:
    for client in (Client(), as_user(official)):
        with CaptureQueriesContext(connection) as queries:
            response = client.get("/healthz")
        assert (response.status_code, response.text, len(queries)) == (200, "ok", 0)
        assert "no-store" in response.headers["Cache-Control"]
        assert "Set-Cookie" not in response.headers


def test_a_site_with_every_migration_is_ready_and_asks_for_nobodys_session(as_user: Any, official: Any) -> None:
    client = as_user(official)
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/readyz")
    assert (response.status_code, response.text) == (200, "ok")
    assert len(queries) <= 2
    assert not any("session" in query["sql"] or "tracker_" in query["sql"] for query in queries)


@pytest.mark.parametrize("app", ["tracker", "auth"])
def test_a_site_that_lacks_a_migration_is_not_ready(client: Client, app: str) -> None:
    MigrationRecorder.Migration.objects.filter(app=app).last().delete()  # type: ignore[union-attr]
    response = client.get("/readyz")
    assert (response.status_code, response.text) == (503, "migrations pending")


def test_health_is_asked_by_plain_http_even_where_pages_are_not(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/healthz").status_code == 200
    assert Client().get("/login/").status_code == 301
