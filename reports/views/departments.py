"""单位: the ranking of the lead departments, and the page of one department, made for print."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from tracker.assessment import Judgement
from tracker.models import Department

from .. import charts, summary
from ..wording import counts_sentence
from .base import ContentView, MonthPage
from .tables import DepartmentTablePage, TablePage


class Departments(DepartmentTablePage, TablePage):
    """Every lead department with its counts by status, its on-schedule rate and its rank. Queries: constant."""

    template_name = "reports/departments.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = self.subject.tally
        return super().get_context_data(rows=rows, chart=charts.ranking_bars(rows), **kwargs)


class DepartmentDetail(MonthPage, ContentView):
    """One department: the targets that it leads, those behind, those overdue, and those it cooperates in.

    Queries: constant.
    """

    template_name = "reports/department.html"

    @cached_property
    def department(self) -> Department:
        """
        Raises:
            Http404: there is no department of this code.
        """
        visible = Department.objects.visible_to(self.request.user).select_related("successor")
        found = visible.filter(code=self.kwargs["code"]).first()
        if found is None:
            raise Http404(_("没有代码为“%(code)s”的单位，请从单位页中选。") % {"code": self.kwargs["code"]})
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        department = self.department
        theirs = self.some_targets(department.responsibilities.values_list("target", flat=True))
        targets = list(summary.with_remarks(summary.in_attention_order(theirs)))
        rows = [target for target in targets if target.lead_code == department.code]
        attention = sorted(
            (target for target in rows if target.attention_place), key=lambda target: target.attention_place
        )
        others = [target for target in targets if target.lead_code != department.code]
        # Ranked among all, so that the place is the one that the ranking shows.
        leads = {row["lead_code"]: row for row in summary.by_lead(self.targets)}
        tallied = leads.get(department.code) or summary.NOTHING
        ranking = [row for row in leads.values() if row["judged"]]
        rank = tallied["rank"] if tallied["judged"] else None
        return super().get_context_data(
            department=department,
            counts=tallied,
            by_status=[(status, tallied[status.name]) for status in Judgement],
            sentence=counts_sentence(tallied, rank, len(ranking)),
            rank=rank,
            ranked=len(ranking),
            attention=attention,
            overdue=[target for target in rows if target.overdue_days is not None],
            rest=[target for target in rows if not target.attention_place],
            others=others,
            has_sample=any(target.is_sample for target in targets),
            **kwargs,
        )
