"""总览: the year at a glance."""

from __future__ import annotations

from typing import Any

from tracker.models import ProgressUpdate

from .. import summary
from .base import ContentView, MonthPage

ATTENTION_ROWS = 10
RECENT_ROWS = 6
OVERDUE_ROWS = 10
ONE_COLUMN = 8  # longer lists of units are set in two columns


class Overview(MonthPage, ContentView):
    """总览: the year at a glance. The number of queries does not depend on the number of targets."""

    template_name = "reports/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        report, as_of = self.as_of.report, self.as_of.month
        updates = ProgressUpdate.objects.visible_to(self.request.user)
        recent = list(summary.recent(updates, report.plan_year, as_of, self.known_at, RECENT_ROWS))
        found = summary.summarize(
            self.targets, report.plan_year, self.some_targets, attention=ATTENTION_ROWS, overdue=OVERDUE_ROWS
        )
        return super().get_context_data(
            cards=found.cards,
            distribution=found.distribution,
            attention=found.attention,
            chapters=found.chapters,
            overdue=summary.halves(found.overdue, ONE_COLUMN // 2),
            leads=summary.halves(found.leads, ONE_COLUMN),
            recent=recent,
            in_progress=summary.in_progress(updates, report.plan_year),
            has_sample=found.has_sample or any(update.is_sample for update in recent),
            **kwargs,
        )
