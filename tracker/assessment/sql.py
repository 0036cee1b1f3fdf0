"""The rules as SQL: the statements in the files beside this one, whose slots are filled here.

A slot is a name in braces. `{as_of}` takes SQL, such as a column or a parameter; `{percent(actual, goal)}` is written
out by the function of that name below. What a slot takes may have slots itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from tracker.periods import INTERVALS

from .words import JUDGED_WORST_FIRST, LIT_WORST_FIRST


def _read(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


#: domain.md §4–§5: the columns of `verdict.ANNOTATIONS`, one row per target.
VERDICT = _read("verdict.sql")
#: The same with every column of the layers.
WHOLE = "{layers} SELECT * FROM lit"
#: domain.md §7: the periods of a target, each with its deadline and whether it is reported.
DUE = _read("due.sql")

#: What an instant knows of an update `u`: it was verified by then, and not superseded until later. For the ORM
#: `ProgressUpdateQuerySet.known_at` says the same.
KNOWN = """u.status = 'verified' AND u.verified_at <= {known_at}
        AND (u.superseded_at IS NULL OR u.superseded_at > {known_at})"""

#: domain.md §4: of the updates of target `t` that are known, the one with the latest period.
COUNTING = """
        SELECT u.* FROM tracker_progressupdate u
        WHERE u.target_id = t.id AND {known} AND u.period <= {as_of}
        ORDER BY u.period DESC, u.revision DESC LIMIT 1
    """


def quotient(part: str, whole: str) -> str:
    """SQL for part ÷ whole, rounded half-up to two decimals, exactly; null where the whole is zero.

    `round(part / whole, 2)` would round twice, because numeric division stops after some sixteen digits. `div` does
    not: it cuts off exactly at the half of a hundredth, which is then rounded.
    """
    return f"round(div(200 * ({part}), nullif({whole}, 0)) * 0.005, 2)"


def percent(part: str, whole: str) -> str:
    """SQL for 100 × part ÷ whole, rounded as `quotient` does."""
    return quotient(f"100 * ({part})", whole)


def holds(actual: str, comparator: str, goal: str) -> str:
    """SQL for "`actual` satisfies `comparator` against `goal`"; null where a figure is."""
    return f"""CASE {comparator}
        WHEN '>=' THEN {actual} >= {goal} WHEN '>' THEN {actual} > {goal}
        WHEN '<=' THEN {actual} <= {goal} WHEN '<' THEN {actual} < {goal} END"""


def _array(words: Iterable[str]) -> str:
    quoted = ", ".join(f"'{word}'" for word in words)
    return f"ARRAY[{quoted}]"


_FUNCTIONS = {function.__name__: function for function in (quotient, percent, holds)}
#: What slots take unless they are given something else.
_SLOTS = {
    "layers": _read("layers.sql"),
    "targets": "tracker_target t",
    "which": "true",
    "counting": COUNTING,
    "known": KNOWN,
    "due": DUE,
    # Deadlines are days of the office's own calendar.
    "local": f"'{settings.TIME_ZONE}'",
    "today": "({known_at} AT TIME ZONE {local})::date",
    "interval": " ".join(
        ["CASE i.frequency", *(f"WHEN '{code}' THEN {months}" for code, months in INTERVALS.items()), "END"]
    ),
    "worst_first": _array(JUDGED_WORST_FIRST),
    "lit_worst_first": _array(LIT_WORST_FIRST),
}
_SLOT = re.compile(r"\{(\w+)(?:\(([^{}]*)\))?\}")
#: Between the arguments of a function, not between those of a function within one.
_COMMA = re.compile(r",\s*(?![^()]*\))")
_PARAMETER = re.compile(r"%\((\w+)\)s")


@cache
def expand(template: str, **slots: str) -> str:
    """A statement with SQL in its slots.

    Args:
        slots: SQL by the name of the slot that takes it.

    Raises:
        LookupError: there is nothing for a slot, or no slot for something that was given.
    """
    given = {**_SLOTS, **slots}
    found: set[str] = set()

    def fill(slot: re.Match[str]) -> str:
        name, arguments = slot.groups()
        if arguments is not None:
            return _FUNCTIONS[name](*_COMMA.split(arguments))
        found.add(name)
        return _SLOT.sub(fill, given[name])

    sql = _SLOT.sub(fill, template)
    if missing := slots.keys() - found:
        raise LookupError(f"no slot is named {', '.join(sorted(missing))}")
    return sql


def positional(sql: str, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """A statement with `%s` in place of each `%(name)s`, and its parameters in order, as the ORM composes SQL."""
    return _PARAMETER.sub("%s", sql), [values[name] for name in _PARAMETER.findall(sql)]
