"""How progress is judged: domain.md §4–§6, and the only place where it is defined.

The rules are SQL (layers.sql, verdict.sql, due.sql); Python fills their slots and runs them. Nothing here knows a
model: the models ask to be assessed (`TargetQuerySet.assessed`).
"""

from .months import Month, MonthFigures, strips, trend
from .tally import counts, share, tallies, tally
from .verdict import ANNOTATIONS, Meaning, annotate, explain_row, preview
from .words import DARKEST_FIRST, ON_SCHEDULE, WORST_FIRST, Judgement, Light, Reason

__all__ = [
    "ANNOTATIONS",
    "DARKEST_FIRST",
    "ON_SCHEDULE",
    "WORST_FIRST",
    "Judgement",
    "Light",
    "Meaning",
    "Month",
    "MonthFigures",
    "Reason",
    "annotate",
    "counts",
    "explain_row",
    "preview",
    "share",
    "strips",
    "tallies",
    "tally",
    "trend",
]
