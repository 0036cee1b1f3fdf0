"""章节: the targets in the report's own order, under its own headings."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from tracker.models import Section

from .. import summary
from .base import ContentView, MonthPage


class Heading(NamedTuple):
    """A heading of the report with the targets directly under it."""

    section: Section | None  # None for targets that the report does not contain
    depth: int  # 0 for a chapter, 1 for a numbered section under it
    targets: list[Any]
    counts: dict[str, Any] | None  # of a chapter with all under it, or of this heading; None where there is no target


class Sections(MonthPage, ContentView):
    """The plan year's part of the report as a tree. The number of queries does not depend on the number of targets."""

    template_name = "reports/sections.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        headings = self._headings()
        return super().get_context_data(
            headings=headings,
            chapters=[heading for heading in headings if heading.depth == 0],
            has_sample=any(target.is_sample for heading in headings for target in heading.targets),
            **kwargs,
        )

    def _headings(self) -> list[Heading]:
        year = self.as_of.month.year
        under: dict[int | None, list[Any]] = {}
        for target in self.targets.select_related("indicator__unit"):
            under.setdefault(target.section_id, []).append(target)
        tally, own = summary.by_heading(self.targets, year)
        chapters = {row["chapter"]: row for row in tally}
        headings = []
        for section in _within_parts(Section.objects.filter(report__plan_year=year, year=year)):
            depth = section.path.count(".")
            counts = own if depth else chapters
            headings.append(Heading(section, depth, under.get(section.pk, []), counts.get(summary.key(section))))
        if None in under:
            headings.append(Heading(None, 0, under[None], chapters[""]))
        return headings


def _within_parts(sections: QuerySet[Section]) -> QuerySet[Section]:
    """Chapters and what is under them; not the parts of a speech that are divided into chapters (2018年工作安排).

    Adds: nothing. Queries: none of its own (a subquery).
    """
    chapters = Section.objects.filter(parent=OuterRef("pk")).exclude(path__contains=".")
    return sections.exclude(Exists(chapters), parent__isnull=True)
