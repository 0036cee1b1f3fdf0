"""目标详情: everything that the ledger knows of one target, as of a month and as known at an instant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Prefetch
from django.http import Http404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from tracker.assessment import Month, strips, trend
from tracker.datacheck import check_targets, check_updates
from tracker.explain import reasoning
from tracker.models import Evidence, JudgedBy, Milestone, ProgressUpdate, Role, Section, Stage, Status, Target

from .. import charts, sheets, summary
from ..charts import Bullet, bullet
from .base import ContentView, MonthPage


class Facet(NamedTuple):
    """One side of a promise beside what was reached: its own status and light, and whether it counts."""

    name: str  # `value` or `growth`
    status: str
    light: str
    counts: bool
    bullet: Bullet | None


@dataclass(frozen=True)
class Period:
    """One month's updates: the revision that counts or is under way first, then those that it replaced."""

    latest: ProgressUpdate
    earlier: Sequence[ProgressUpdate]


class Step(NamedTuple):
    milestone: Milestone
    is_done: bool
    is_due: bool


class StripMonth(NamedTuple):
    """One month of the strip: how it was judged when it was due and now, and what was reported for it."""

    judged: Month
    update: ProgressUpdate | None
    is_chosen: bool
    key: str


class TargetDetail(MonthPage, ContentView):
    """One target of the plan year. The number of queries depends neither on its updates nor on its parts."""

    template_name = "reports/target.html"

    @cached_property
    def target(self) -> Any:
        """The assessed target, beside the sum of its parts where it has some (`TargetQuerySet.with_parts`).

        Raises:
            Http404: the plan year has no target of this code, or the reader may not see it.
        """
        visible = Target.objects.visible_to(self.request.user)
        year = visible.filter(year=self.as_of.report.plan_year, indicator__code=self.kwargs["code"])
        if (pk := year.values_list("pk", flat=True).first()) is None:
            what = {"year": self.as_of.report.plan_year, "code": self.kwargs["code"]}
            raise Http404(_("%(year)s年度没有代码为“%(code)s”的目标，请从进度总表中选。") % what)
        self.part_keys = list(visible.filter(parent=pk).values_list("pk", flat=True))
        rows: Any = self.some_targets([pk]).select_related(
            "indicator__unit", "section__parent__parent", "baseline__indicator__unit", "parent__indicator"
        )
        if self.part_keys:
            rows = rows.with_parts(self.as_of.month, self.known_at, self.part_keys)
        return rows.get()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        target, user = self.target, self.request.user
        periods = list(self._periods())
        parts = self._parts()
        months = trend(target.pk, self.as_of.month, self.known_at)
        roles = list(target.responsibilities.select_related("department").order_by("role", "department__position"))
        counting = next((period.latest for period in periods if period.latest.pk == target.update_id), None)
        return super().get_context_data(
            target=target,
            facets=list(facets(target)),
            reasons=summary.reasons(target),
            reasoning=list(reasoning(target, self.as_of.month, self.known_at)),
            charts=charts.trends(target, months),
            strip=self._strip(periods),
            periods=periods,
            counting=counting,
            unverified=list(self._unverified()),
            steps=list(self._steps(counting)),
            responsibilities=[(role.label, [row for row in roles if row.role == role]) for role in Role if roles],
            stages=list(Stage),
            place=self._place(),
            may_open=user.is_staff and user.has_perm("tracker.view_progressupdate"),
            parts=parts,
            total=target if parts else None,
            check=check_targets(Target.objects.filter(pk=target.pk)).first(),
            rate_checks=list(check_updates(self._counted()).order_by("period")),
            may_enter=self._may_enter(),
            has_sample=target.is_sample or any(period.latest.is_sample for period in periods),
            **kwargs,
        )

    def _place(self) -> list[Section]:
        """The headings above the target, chapter first, its own last; the part of the year is left out."""
        above, section = [], self.target.section
        while section is not None and section.parent is not None:
            above.append(section)
            section = section.parent
        return above[::-1]

    def _updates(self) -> Any:
        """What the reader may see of this target's updates up to the month, newest period and revision first."""
        user = self.request.user
        files = Evidence.objects.visible_to(user) if user.has_perm("tracker.view_evidence") else Evidence.objects.none()
        return (
            ProgressUpdate.objects.visible_to(user)
            .filter(target=self.target, period__lte=self.as_of.month)
            .select_related("entered_by", "endorsed_by", "verified_by")
            .prefetch_related(Prefetch("evidence", queryset=files))
            .order_by("-period", "-revision")
        )

    def _counted(self) -> Any:
        visible = ProgressUpdate.objects.visible_to(self.request.user)
        return visible.known_at(self.known_at).filter(target=self.target, period__lte=self.as_of.month)

    def _periods(self) -> Iterator[Period]:
        revisions: dict[Any, list[ProgressUpdate]] = {}
        for update in self._updates().verified().filter(verified_at__lte=self.known_at):
            revisions.setdefault(update.period, []).append(update)
        for latest, *earlier in revisions.values():
            yield Period(latest, earlier)

    def _unverified(self) -> Any:
        """What is still on its way; only the present knows it, a past instant does not show it."""
        if self.as_of.looks_back:
            return []
        return self._updates().exclude(status=Status.VERIFIED)

    def _strip(self, periods: Sequence[Period]) -> list[StripMonth]:
        reported = {period.latest.period.month: period.latest for period in periods}
        year, last = self.target.year, self.as_of.month.month
        return [
            StripMonth(
                judged if judged.month <= last else Month(judged.month, None, None, None, None),
                reported.get(judged.month),
                judged.month == last,
                f"{year}-{judged.month:02}",
            )
            for judged in strips([self.target.pk], self.known_at)[self.target.pk]
        ]

    def _steps(self, counting: ProgressUpdate | None) -> Iterator[Step]:
        done = counting.steps_done if counting else []
        for milestone in self.target.milestones.order_by("number"):
            yield Step(milestone, milestone.number in done, milestone.due_on <= self.as_of.month)

    def _parts(self) -> Sequence[Any]:
        if not self.part_keys:
            return []
        parts = Target.objects.visible_to(self.request.user).filter(pk__in=self.part_keys)
        rows = sheets.target_rows(parts, self.as_of.month, self.known_at)
        return list(rows.select_related("indicator__unit"))

    def _may_enter(self) -> bool:
        user = self.request.user
        return user.has_perm("tracker.add_progressupdate") and bool(
            Target.objects.filter(pk=self.target.pk).reportable_by(user).exists()
        )


def facets(target: Any) -> Iterator[Facet]:
    """The sides that an assessed target has: its level or task, and its growth. Queries: none."""
    if target.value_status:
        yield Facet(
            "value",
            target.value_status,
            target.value_light,
            target.judged_by != JudgedBy.GROWTH,
            bullet(target.completion, target.expected),
        )
    if target.growth_status:
        yield Facet("growth", target.growth_status, target.growth_light, target.judged_by != JudgedBy.VALUE, None)
