"""Per-request context: the language a person chose, and who changes what from where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django.contrib.auth.middleware
import pghistory.middleware
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

HEALTH_CHECKS = ("/healthz", "/readyz")


class LanguageMiddleware:
    """Chinese unless the person chose otherwise.

    Django's own LocaleMiddleware follows the browser, and office browsers are often installed in English.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Cookie"])
        return response


class LoginRequiredMiddleware(django.contrib.auth.middleware.LoginRequiredMiddleware):
    """Django's own, but it does not ask for the session where a view needs no login."""

    def process_view(self, request: HttpRequest, view_func: Any, *args: Any) -> HttpResponseBase | None:
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, *args)


class HistoryMiddleware(pghistory.middleware.HistoryMiddleware):
    """Hands the database triggers the person, the page and the network address of a change."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Health checks change nothing; to ask who asks would be to ask the database.
        handle: Any = self.get_response if request.path_info in HEALTH_CHECKS else super().__call__
        response: HttpResponse = handle(request)
        return response

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_context(request), "address": client_address(request)}


def client_address(request: HttpRequest) -> str:
    """The address that the nearest trusted proxy saw, or the peer's where no proxy is trusted or it told none."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    trusted = settings.TRUSTED_PROXIES
    if trusted and len(hops) >= trusted and _is_address(hops[-trusted]):
        return hops[-trusted]
    return str(request.META.get("REMOTE_ADDR", ""))


def _is_address(text: str) -> bool:
    try:
        validate_ipv46_address(text)
    except ValidationError:
        return False
    return True
