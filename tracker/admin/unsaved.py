"""Words that were typed and not saved: the browser keeps them (unsaved.js) until it hears that they were saved."""

from __future__ import annotations

import re
from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

#: Read by unsaved.js; it names the typing that was saved last.
COOKIE = "saved"

Response = TypeVar("Response", bound=HttpResponseBase)


def forget(request: HttpRequest, response: Response) -> Response:
    """Inform the browser, with `response`, that what the form of `request` carried is saved."""
    typing = request.POST.get("unsaved", "")
    if re.fullmatch(r"[0-9a-z]{1,20}", typing):
        response.set_cookie(
            COOKIE, typing, path=reverse("admin:index"), secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
        )
    return response
