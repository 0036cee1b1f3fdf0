"""大屏: the year on one screen that nobody operates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.views.generic import TemplateView

from .. import summary
from .base import MonthPage

#: As many as can be read from ten metres.
CARDS = 8
ATTENTION_ROWS = 7
ONE_COLUMN = 10  # of units or chapters


class Screen(MonthPage, TemplateView):
    """Panels that take turns; the script beside the page asks for it again and swaps them. Queries: constant."""

    template_name = "reports/screen.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        cards = summary.main_targets(self.targets)
        leads = list(summary.by_lead(self.targets))
        return super().get_context_data(
            card_pages=_pages(cards, CARDS),
            distribution=summary.distribution(self.targets),
            attention=summary.attention(self.targets, self.as_of.report, ATTENTION_ROWS),
            chapter_pages=_pages(list(summary.by_chapter(self.targets, self.as_of.report)), ONE_COLUMN),
            lead_pages=[_pages(page, ONE_COLUMN) for page in _pages(leads, 2 * ONE_COLUMN)],
            has_sample=summary.show_samples(self.targets),
            **kwargs,
        )


def _pages(rows: Sequence[Any], size: int) -> list[Sequence[Any]]:
    """A list in pieces of `size`, the last one shorter."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]
