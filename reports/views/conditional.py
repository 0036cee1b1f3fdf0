"""An unchanged ledger is not assessed again: pages carry a mark of what they were made from, 304 answers for them.

What a page shows is remembered besides, for the next reader who may see the same (docs/decisions/0005-assess-once.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache as pages
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response, patch_cache_control

from tracker.models.history import ledger_version


def conditional(
    request: HttpRequest,
    respond: Callable[[], HttpResponseBase],
    made_from: Callable[[], Iterable[Any]],
    framed_by: Callable[[], Iterable[Any]],
) -> HttpResponseBase:
    """304 where the browser holds the page that `respond` would make; else that page, marked for the next time.

    Args:
        made_from: what else the page's content is made from, besides the ledger.
        framed_by: what else stands around it.

    Queries: 1 (the ledger's version) before those of the arguments.
    """
    request.content_mark = _content_mark(request, made_from)  # type: ignore[attr-defined]
    etag = _etag(request, framed_by)
    held: HttpResponseBase | None = get_conditional_response(request, etag=etag) if etag else None
    if held is not None:
        return held
    response = respond()
    if etag and response.status_code == 200 and not response.streaming:
        response.headers["ETag"] = etag
    # The browser may keep it, and asks each time; nobody in between keeps it.
    patch_cache_control(response, private=True, no_cache=True)
    return response


#: How long what a page shows is remembered, in seconds. A change of the ledger shows at once, because its version is in
#: the mark; the limit is for what changes by time alone, within a day.
REMEMBERED_SECONDS = 60


def remembered(request: HttpRequest) -> dict[str, str] | None:
    """The parts of the page at this address, as they were last made for a reader who may see the same."""
    mark: str | None = getattr(request, "content_mark", None)
    found: dict[str, str] | None = pages.get(mark) if mark else None
    return found


def remember(request: HttpRequest, parts: dict[str, str]) -> None:
    """Keeps the parts of a page by name, in this process."""
    if parts and (mark := getattr(request, "content_mark", None)):
        pages.set(mark, parts, REMEMBERED_SECONDS)


def _etag(request: HttpRequest, framed_by: Callable[[], Iterable[Any]]) -> str | None:
    """A mark of everything that a page is made from, for one reader's browser; None while that is unknown.

    It is weak: the token against forged requests is written differently each time.
    """
    mark = request.content_mark  # type: ignore[attr-defined]
    if mark is None:
        return None
    # Signing in again changes the token in the forms.
    return f'W/"{_digest(mark, request.user.pk, request.session.session_key, *framed_by())}"'


def _content_mark(request: HttpRequest, made_from: Callable[[], Iterable[Any]]) -> str | None:
    """A mark of everything that a page's content is made from, whoever reads it; None while that cannot be told."""
    # While developing, the next request may come from another program.
    if request.method not in ("GET", "HEAD") or settings.DEBUG or _has_messages(request):
        return None
    # The units that the reader works for decide what is visible; no more is asked of the database than the version.
    if (version := ledger_version(request.user.pk)) is None:
        return None
    return _digest(version, *_circumstances(request), *made_from())


def _digest(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _circumstances(request: HttpRequest) -> Iterator[Any]:
    yield request.get_host(), request.get_full_path()
    yield translation.get_language()
    # Lateness counts days, and a month can be chosen once it has begun.
    yield timezone.localdate()
    yield from _scope(request.user)
    yield _release()


def _scope(user: Any) -> Iterator[Any]:
    """What decides which records a reader may see, and which links a page offers. Besides, `visible_to` asks only for
    the reader's units, which are in the ledger's version."""
    yield user.is_authenticated, settings.PUBLIC
    if user.is_authenticated:
        yield user.is_staff, user.is_superuser, user.is_sample
        yield sorted(user.get_all_permissions())


def _has_messages(request: HttpRequest) -> bool:
    """Whether something is still to be said to the person, on whichever page comes next."""
    return "messages" in request.COOKIES or "_messages" in request.session


@cache
def _release() -> tuple[float, str]:
    """What changes when another version of the program is installed: its newest file, and the names of static files."""
    folders = [settings.BASE_DIR / name for name in ("tracker", "reports", "templates")]
    newest = max(file.stat().st_mtime for folder in folders for file in folder.rglob("*") if file.is_file())
    return newest, getattr(staticfiles_storage, "manifest_hash", "")
