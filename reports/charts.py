"""The geometry of the small charts, as percentages of their width; templates turn it into SVG attributes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

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
