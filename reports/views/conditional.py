"""An unchanged ledger is not assessed again: pages carry a mark of what they were made from, 304 answers for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response, patch_cache_control

from tracker.models.history import ledger_version


def conditional(
    request: HttpRequest, respond: Callable[[], HttpResponseBase], made_from: Callable[[], Iterable[Any]]
) -> HttpResponseBase:
    """304 where the browser holds the page that `respond` would make; else that page, marked for the next time.

    Args:
        made_from: what else the page is made from, besides the ledger.

    Queries: 1 (the ledger's version) before those of `made_from` and `respond`.
    """
    etag = _etag(request, made_from) if request.method in ("GET", "HEAD") else None
    held: HttpResponseBase | None = get_conditional_response(request, etag=etag) if etag else None
    if held is not None:
        return held
    response = respond()
    if etag and response.status_code == 200 and not response.streaming:
        response.headers["ETag"] = etag
    # The browser may keep it, and asks each time; nobody in between keeps it.
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _etag(request: HttpRequest, made_from: Callable[[], Iterable[Any]]) -> str | None:
    """A mark of everything that a page is made from; None while that is unknown.

    It is weak: the token against forged requests is written differently each time.
    """
    # While developing, the next request may come from another program.
    if settings.DEBUG or _has_messages(request) or (version := ledger_version()) is None:
        return None
    parts = [version, *_circumstances(request), *made_from()]
    return f'W/"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def _circumstances(request: HttpRequest) -> Iterator[Any]:
    yield request.get_full_path()
    yield translation.get_language()
    # Lateness counts days, and a month can be chosen once it has begun.
    yield timezone.localdate()
    # Signing in again changes the token in the forms, and perhaps what the person may see.
    yield request.user.pk, request.session.session_key, settings.PUBLIC
    yield sorted(request.user.get_all_permissions())
    yield _release()


def _has_messages(request: HttpRequest) -> bool:
    """Whether something is still to be said to the person, on whichever page comes next."""
    return "messages" in request.COOKIES or "_messages" in request.session


@cache
def _release() -> tuple[float, str]:
    """What changes when another version of the program is installed: its newest file, and the names of static files."""
    folders = [settings.BASE_DIR / name for name in ("tracker", "reports", "templates")]
    newest = max(file.stat().st_mtime for folder in folders for file in folder.rglob("*") if file.is_file())
    return newest, getattr(staticfiles_storage, "manifest_hash", "")
