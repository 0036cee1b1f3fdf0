"""Public mode (`PUBLIC=1`): what visitors who have not signed in may read.

They get the permissions to view what was promised, what was achieved and what was verified; `visible_to()` does the
rest as for everybody. Remarks, problems, next steps, names and evidence are not for them: evidence has its own
permission, and pages show the rest to people who have signed in.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

READABLE = frozenset(
    f"tracker.view_{model}"
    for model in (
        *("workreport", "section", "unit", "indicator", "annualresult", "department"),
        *("target", "responsibility", "milestone", "schedulenode", "progressupdate"),
    )
)


class PublicBackend(BaseBackend):
    """Signs nobody in; answers for people who are not."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        return None

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return settings.PUBLIC and user_obj.is_anonymous and perm in READABLE
