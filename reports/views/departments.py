"""单位: how the lead units rank, and one unit's page, which is made to be printed and taken into a meeting."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from tracker.assessment import Judgement, counts
from tracker.models import Department, Responsibility, Role

from .. import charts, summary
from ..expressions import counting
from ..sheets import AssessedTargets
from ..wording import counts_sentence
from .base import MonthPage
from .tables import DepartmentTablePage, TablePage


class Departments(DepartmentTablePage, TablePage):
    """Every lead unit with its counts by status, its on-schedule rate and its rank. Queries: constant."""

    template_name = "reports/departments.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = list(summary.by_lead(self.targets))
        return super().get_context_data(rows=rows, chart=charts.ranking_bars(rows), **kwargs)


class DepartmentDetail(MonthPage, TemplateView):
    """One unit: what it leads, what is behind and why, what is overdue; what it takes part in, apart.

    Queries: constant.
    """

    template_name = "reports/department.html"

    @cached_property
    def department(self) -> Department:
        """
        Raises:
            Http404: there is no unit of this code.
        """
        visible = Department.objects.visible_to(self.request.user).select_related("successor")
        found = visible.filter(code=self.kwargs["code"]).first()
        if found is None:
            raise Http404(_("没有代码为“%(code)s”的单位，请从单位页中选。") % {"code": self.kwargs["code"]})
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        department = self.department
        led = self.targets.filter(lead_code=department.code)
        rows = list(_told(led))
        attention = list(summary.attention(led, self.as_of.report, len(rows)))
        shown = {target.pk for target in attention}
        others = list(_told(self.targets.filter(pk__in=self._others()).exclude(lead_code=department.code)))
        # Ranked among all, so that the place is the one that the ranking shows.
        ranking = [row for row in summary.by_lead(self.targets) if row["judged"]]
        rank = next((row["rank"] for row in ranking if row["lead_code"] == department.code), None)
        tallied = led.aggregate(**counts())
        return super().get_context_data(
            department=department,
            counts=tallied,
            by_status=[(status, tallied[status.name]) for status in Judgement],
            sentence=counts_sentence(tallied, rank, len(ranking)),
            rank=rank,
            ranked=len(ranking),
            attention=attention,
            overdue=[target for target in rows if target.overdue_days is not None],
            rest=[target for target in rows if target.pk not in shown],
            others=others,
            has_sample=any(target.is_sample for target in [*rows, *others]),
            **kwargs,
        )

    def _others(self) -> Any:
        """Targets that the unit cooperates in or owns the data of."""
        roles = Responsibility.objects.filter(department=self.department).exclude(role=Role.LEAD)
        return roles.values("target")


def _told(targets: AssessedTargets) -> AssessedTargets:
    """Targets with what their lines print. Adds: `problem`, `next_step` (text). Queries: 1 when evaluated."""
    rows: AssessedTargets = targets.select_related("indicator__unit", "section").annotate(
        problem=counting("problem"), next_step=counting("next_step")
    )
    return rows
