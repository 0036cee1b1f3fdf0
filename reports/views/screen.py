"""大屏: the year on one screen that nobody operates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import summary
from .base import ContentView, MonthPage

#: As many as can be read from ten metres.
CARDS = 8
ATTENTION_ROWS = 7
ONE_COLUMN = 10  # of units or chapters


class Screen(MonthPage, ContentView):
    """Panels that take turns; the script beside the page asks for it again and swaps them. Queries: constant."""

    template_name = "reports/screen.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = summary.summarize(self.targets, self.as_of.month.year, self.some_targets, attention=ATTENTION_ROWS)
        return super().get_context_data(
            card_pages=_pages(found.cards, CARDS),
            distribution=found.distribution,
            attention=found.attention,
            chapter_pages=_pages(found.chapters, ONE_COLUMN),
            lead_pages=[_pages(page, ONE_COLUMN) for page in _pages(found.leads, 2 * ONE_COLUMN)],
            has_sample=found.has_sample,
            **kwargs,
        )


def _pages(rows: Sequence[Any], size: int) -> list[Sequence[Any]]:
    """A list in pieces of `size`, the last one shorter."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]
