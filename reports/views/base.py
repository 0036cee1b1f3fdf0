"""What the pages for officials share: each asks `visible_to(user)` for what it shows, of one month."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.functional import cached_property
from django.views.generic.base import ContextMixin, TemplateView

from tracker.models import ProgressUpdate, Target

from .. import sheets
from ..months import AsOf, resolve
from ..sheets import AssessedTargets
from .conditional import conditional, remember, remembered


class Page(PermissionRequiredMixin):
    """A page for users who have its permission: signed-in people by their roles, everyone where the site is public."""

    request: HttpRequest

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view = super().as_view(**initkwargs)  # type: ignore[misc]
        # The permission decides, and sends strangers to sign in (tracker/public.py).
        view.login_required = False
        return view

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        return conditional(request, lambda: self.respond(request, *args, **kwargs), self.made_from, self.framed_by)

    def made_from(self) -> Iterable[Any]:
        """What the page's content is made from besides the ledger; values that differ where it differs."""
        return ()

    def framed_by(self) -> Iterable[Any]:
        """The same of what stands around the content."""
        return ()

    def respond(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The page itself, for a reader who may see it and does not hold it yet."""
        return super().dispatch(request, *args, **kwargs)

    def frame(self) -> dict[str, Any]:
        """The context of what stands around a page's content, which is made for each reader."""
        return {}


class ContentView(TemplateView):
    """Renders a page's template, whose parts in `{% remember %}` are remembered for readers who may see the same.

    While they are, nothing but the page's `frame` is asked for.
    """

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page(**kwargs)

    def frame(self) -> dict[str, Any]:
        return {}

    def page(self, **kwargs: Any) -> HttpResponse:
        if (held := remembered(self.request)) is not None:
            return self.render_to_response({"view": self, **kwargs, **self.frame(), "remembered": held})
        parts: dict[str, str] = {}
        response: Any = self.render_to_response(self.get_context_data(remembering=parts, **kwargs))
        response.add_post_render_callback(lambda _response: remember(self.request, parts))
        return response  # type: ignore[no-any-return]


class MonthPage(Page, ContextMixin):
    """A page of one month, as known at one instant: every query of it uses the same two."""

    permission_required = "tracker.view_target"
    as_of: AsOf

    def respond(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        updates = ProgressUpdate.objects.visible_to(request.user)
        chosen = resolve(request.GET, updates, may_look_back=request.user.is_authenticated)
        if chosen is None:
            return render(request, "reports/no_report.html")
        self.as_of, self.known_at = chosen, chosen.known_at
        return super().respond(request, *args, **kwargs)

    @cached_property
    def targets(self) -> AssessedTargets:
        """The plan year's targets that the reader may see, assessed, in the order of the report."""
        return self.some_targets(None)

    def some_targets(self, among: Collection[int] | None) -> AssessedTargets:
        """Of `targets` those with these keys; the others are not even assessed."""
        visible = Target.objects.visible_to(self.request.user).filter(year=self.as_of.report.plan_year)
        some = visible if among is None else visible.filter(pk__in=among)
        return sheets.target_rows(some, self.as_of.month, self.known_at)

    def frame(self) -> dict[str, Any]:
        return super().frame() | {
            "report": self.as_of.report,
            "as_of": self.as_of,
            "known_at": self.known_at,
            # Remarks, problems and names are for colleagues, not for the public (`tracker.public`).
            "shows_remarks": self.request.user.is_authenticated,
            "notices": list(self.as_of.notices),
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**MonthPage.frame(self), **kwargs)
