"""What charts show: the small ones as percentages of their width, which templates turn into SVG attributes; the large
ones as the same words and numbers that stand in the table beside them, which `charts.js` draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from tracker.assessment import Judgement, MonthFigures
from tracker.wording import named

from .templatetags.figures import figure, percent

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Bullet:
    """A bar of what is done, a tick where the schedule stands, and, once passed, a line where the target was."""

    fill: Decimal
    tick: Decimal | None
    goal: Decimal | None


def bullet(completion: Decimal | None, expected: Decimal | None) -> Bullet | None:
    """None where no percentage exists: an empty bar would look like a zero."""
    if completion is None:
        return None
    scale = max(HUNDRED, completion)
    return Bullet(
        fill=_share(max(completion, Decimal(0)), scale),
        tick=None if expected is None else _share(expected, scale),
        goal=_share(HUNDRED, scale) if scale > HUNDRED else None,
    )


@dataclass(frozen=True)
class Slice:
    """One part of a divided bar: where it begins and how wide it is."""

    start: Decimal
    width: Decimal


def slices(counts: list[int]) -> list[Slice]:
    """A bar divided in proportion to `counts`; their sum is positive."""
    total, start, parts = sum(counts), 0, []
    for count in counts:
        parts.append(Slice(_share(Decimal(start), Decimal(total)), _share(Decimal(count), Decimal(total))))
        start += count
    return parts


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return round(part * HUNDRED / whole, 2)


@dataclass(frozen=True)
class Series:
    """One line of a chart, or one part of its bars; also one row of the table that says the same."""

    name: str
    #: What it is, for its colour, dash and pattern: `actual`, `planned`, `before`, `goal`, or the name of a status.
    role: str
    values: Sequence[Decimal | int | None]

    @property
    def texts(self) -> list[str]:
        return [figure(value) for value in self.values]


@dataclass(frozen=True)
class Chart:
    """A chart, and the table beside it: series by labels, in one unit."""

    kind: str  # `lines` or `bars`, as charts.js calls them
    title: str
    unit: str
    labels: Sequence[str]
    series: Sequence[Series]
    #: Whether the axis begins at zero; rates, which differ by tenths, have it begin near their figures.
    from_zero: bool = True
    #: What is printed at the end of each bar.
    notes: Sequence[str] = ()

    @property
    def data(self) -> dict[str, Any]:
        """What charts.js is given. Decimals go as text, so that no digit is lost before it is printed."""
        return {
            "kind": self.kind,
            "title": self.title,
            "unit": self.unit,
            "labels": list(self.labels),
            "from_zero": self.from_zero,
            "notes": list(self.notes),
            "series": [
                {
                    "name": series.name,
                    "role": series.role,
                    "values": [None if value is None else str(value) for value in series.values],
                    "texts": series.texts,
                }
                for series in self.series
            ],
        }


def trends(target: Any, months: Sequence[MonthFigures]) -> list[Chart]:
    """The year of a target as charts: its level in its unit, its growth, or the share done of a task with steps.

    A chart is left out where the target has no such facet; a line where none of its months has a figure.
    """
    unit = target.indicator.unit
    charts = []
    if target.value is not None:
        goal = Series(_("目标"), "goal", [target.value] * 12)
        lines = [
            Series(_("完成值"), "actual", [month.actual for month in months]),
            Series(_("序时"), "planned", [month.planned for month in months]),
            Series(_("上年同期"), "before", [month.year_before for month in months]),
        ]
        # The schedule of most levels is the target itself; drawn twice, one line would hide the other.
        if lines[1].values == goal.values:
            del lines[1]
        # The zero of a rate says nothing: unemployment between 3.6 and 4 % is a line, not a floor.
        charts.append(_lines(_("总量走势"), named(unit, "symbol", "name_en"), [*lines, goal], unit.symbol != "%"))
    if target.growth is not None:
        lines = [
            Series(_("增速"), "actual", [month.growth for month in months]),
            Series(_("目标增速"), "goal", [target.growth] * 12),
        ]
        charts.append(_lines(_("增速走势"), "%", lines, from_zero=False))
    if target.value is None and target.growth is None and any(month.expected is not None for month in months):
        lines = [
            Series(_("完成率"), "actual", [month.completion for month in months]),
            Series(_("序时"), "planned", [month.expected for month in months]),
        ]
        charts.append(_lines(_("节点进度走势"), "%", lines))
    return charts


def _lines(title: str, unit: str, lines: Iterable[Series], from_zero: bool = True) -> Chart:
    labels = [_("%(number)s月") % {"number": number} for number in range(1, 13)]
    drawn = [line for line in lines if line.role == "actual" or any(value is not None for value in line.values)]
    return Chart("lines", title, unit, labels, drawn, from_zero)


def distribution_bar(counts: Mapping[str, int]) -> Chart:
    """How many targets have each status, as one divided bar.

    Args:
        counts: how many, by the name of each `Judgement`.
    """
    return _bars(_("评价分布"), [""], [counts], [])


def ranking_bars(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """The targets of each department by status, in the order of the ranking, each with its on-schedule rate."""
    return _bars(
        _("各单位评价构成"), [named(row, "lead") for row in rows], rows, [percent(row["rate"]) for row in rows]
    )


def _bars(title: str, labels: Sequence[str], rows: Sequence[Mapping[str, Any]], notes: Sequence[str]) -> Chart:
    parts = [
        Series(str(status.label), status.name, [row[status.name] for row in rows])
        for status in Judgement
        if any(row[status.name] for row in rows)
    ]
    return Chart("bars", title, _("项"), labels, parts, notes=notes)
