"""数据核对: do the printed figures agree with each other, as far as their digits allow (domain.md §9)?"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from django.db.models import QuerySet

from tracker.datacheck import Verdict, check_results, check_targets, check_updates
from tracker.models import AnnualResult, ProgressUpdate, Target

from .base import ContentView, MonthPage


class Check(NamedTuple):
    """One list of checked figures, and how many there are of each verdict."""

    rows: list[Any]
    verdicts: list[tuple[Verdict, int]]


class DataCheck(MonthPage, ContentView):
    """Every pair of level, growth and baseline, and every stated completion rate, compared with each other.

    Queries: constant.
    """

    template_name = "reports/data_check.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, year = self.request.user, self.as_of.report.plan_year
        targets = Target.objects.visible_to(user).filter(year=year).in_report_order()
        results = AnnualResult.objects.visible_to(user).filter(year__in=[year - 1, year])
        updates = (
            ProgressUpdate.objects.visible_to(user)
            .known_at(self.known_at)
            .filter(target__year=year, period__lte=self.as_of.month)
            .order_by("period", "target__section__position", "target__paragraph", "target__position", "pk")
        )
        rates = _checked(check_updates(updates).select_related("target__indicator__unit"))
        return super().get_context_data(
            promises=_checked(check_targets(targets).select_related("indicator__unit", "baseline__indicator")),
            results=_checked(check_results(results).select_related("indicator__unit")),
            rates=rates,
            has_sample=any(update.is_sample for update in rates.rows),
            **kwargs,
        )


def _checked(rows: QuerySet[Any]) -> Check:
    found = list(rows)
    counted = Counter(row.verdict for row in found)
    return Check(found, [(verdict, counted[verdict]) for verdict in Verdict if counted[verdict]])
