"""Health checks for whatever runs the site: a proxy, a container, a monitor. They tell nothing of the ledger."""

from __future__ import annotations

from functools import cache

from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@login_not_required
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """`/healthz`: the process answers. Queries: none."""
    return _plain("ok")


@require_safe
@login_not_required
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """`/readyz`: the database can be reached and has every migration; 503 with the reason otherwise. Queries: 2."""
    try:
        applied = set(MigrationRecorder(connection).applied_migrations())
    except Error:  # unreachable, or refusing
        return _plain("database unavailable", status=503)
    if not _latest_migrations() <= applied:
        return _plain("migrations pending", status=503)
    return _plain("ok")


@cache
def _latest_migrations() -> set[tuple[str, str]]:
    """The last migration of each app that is installed here, as (app label, name)."""
    return set(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())


def _plain(word: str, status: int = 200) -> HttpResponse:
    return HttpResponse(word, status=status, content_type="text/plain; charset=utf-8")
