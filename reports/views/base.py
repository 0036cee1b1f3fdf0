"""What the pages for officials share: each asks `visible_to(user)` for what it shows, and speaks for one month."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic.base import ContextMixin

from tracker.models import ProgressUpdate, Target

from .. import sheets
from ..months import AsOf, choose_month
from ..sheets import AssessedTargets


class MonthPage(PermissionRequiredMixin, ContextMixin):
    """A page that speaks for one month, as known at one instant: every query of it uses the same two."""

    permission_required = "tracker.view_target"
    request: HttpRequest
    as_of: AsOf

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        self.known_at = timezone.now()
        chosen = choose_month(request.GET.get("as_of", ""), ProgressUpdate.objects.visible_to(request.user))
        if chosen is None:
            return render(request, "reports/no_report.html")
        self.as_of = chosen
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def targets(self) -> AssessedTargets:
        """The plan year's targets that the reader may see, assessed, in the order of the report."""
        visible = Target.objects.visible_to(self.request.user).filter(year=self.as_of.report.plan_year)
        return sheets.target_rows(visible, self.as_of.month, self.known_at)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            report=self.as_of.report,
            as_of=self.as_of,
            known_at=self.known_at,
            notices=[self.as_of.notice] if self.as_of.notice else [],
            **kwargs,
        )
