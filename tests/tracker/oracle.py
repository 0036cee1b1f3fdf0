"""domain.md §4–§7 read a second time, in plain Python and exact fractions, to hold tracker/assessment.py against.

It shares nothing with the SQL: neither code, nor constants, nor the order of evaluation. It is written to be checked by
eye against domain.md, not to be quick. Numbers come in as `Decimal`, are reckoned as `Fraction`, and are rounded where
domain.md rounds and nowhere else.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass, field
from decimal import Context, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

DISTRICT_TIME = ZoneInfo("Asia/Shanghai")
HUNDRED = Decimal("100.00")


# --- what the ledger holds ---


@dataclass(frozen=True)
class Rules:
    """The plan year's margins, in percentage points."""

    ahead: Decimal = Decimal("10.00")
    red_value: Decimal = Decimal("10.00")
    red_growth: Decimal = Decimal("2.00")


@dataclass(frozen=True)
class Indicator:
    measure: str = "cumulative"
    frequency: str = "monthly"
    first_month: int = 1
    due_lag: int = 10


@dataclass(frozen=True)
class Step:
    number: int
    due_on: dt.date
    weight: Decimal = Decimal(1)


@dataclass(frozen=True)
class Node:
    month: int
    value: Decimal


@dataclass(frozen=True)
class Target:
    year: int = 2018
    value: Decimal | None = None
    comparator: str = ""
    growth: Decimal | None = None
    growth_comparator: str = ""
    judged_by: str = "both"
    schedule: str = "linear"
    due_month: int = 12
    baseline_comparable: bool | None = None
    steps: tuple[Step, ...] = ()
    nodes: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Update:
    month: int
    year: int = 2018
    revision: int = 1
    status: str = "verified"
    value: Decimal | None = None
    growth: Decimal | None = None
    stage: str = ""
    pace: str = ""
    steps_done: tuple[int, ...] = ()
    submitted_at: dt.datetime | None = None
    returned_at: dt.datetime | None = None
    verified_at: dt.datetime | None = None
    superseded_at: dt.datetime | None = None


@dataclass(frozen=True)
class Book:
    """Everything that the ledger holds about one target."""

    indicator: Indicator
    target: Target
    updates: tuple[Update, ...] = ()
    last_year: tuple[Update, ...] = ()
    last_years_total: Decimal | None = None
    rules: Rules = field(default_factory=Rules)


# --- what is said about it ---


@dataclass
class Verdict:
    """One name for each annotation of `assessed()`; None is a blank."""

    period: dt.date | None = None
    actual: Decimal | None = None
    actual_growth: Decimal | None = None
    stage: str | None = None
    pace: str | None = None
    schedule_used: str | None = None
    completion: Decimal | None = None
    expected: Decimal | None = None
    gap: Decimal | None = None
    growth_gap: Decimal | None = None
    value_status: str | None = None
    growth_status: str | None = None
    value_light: str | None = None
    growth_light: str | None = None
    status: str = "NO_DATA"
    light: str = "grey"
    overdue_days: int | None = None
    year_before: Decimal | None = None
    computed_growth: Decimal | None = None
    margin: Decimal | None = None
    remaining: Decimal | None = None
    needed_per_month: Decimal | None = None
    projected: Decimal | None = None


# --- arithmetic ---


def half_up(number: Fraction | Decimal) -> Decimal:
    """Two decimals; a half goes away from zero."""
    cents = abs(Fraction(number)) * 100
    whole = int(cents + Fraction(1, 2))
    return Decimal(-whole if number < 0 else whole).scaleb(-2)


def difference(minuend: Decimal, subtrahend: Decimal) -> Decimal:
    """To the last digit, of which `-` keeps only 28."""
    return Context(prec=100).subtract(minuend, subtrahend)


def satisfied(value: Decimal, comparator: str, target: Decimal) -> bool:
    match comparator:
        case ">=":
            return value >= target
        case ">":
            return value > target
        case "<=":
            return value <= target
        case "<":
            return value < target
    raise ValueError(comparator)


def is_floor(comparator: str) -> bool:
    return comparator in {">=", ">"}


def is_ceiling(comparator: str) -> bool:
    return comparator in {"<=", "<"}


def month_end(year: int, month: int) -> dt.date:
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def share_done(part: Fraction | Decimal, whole: Fraction | Decimal, finished: bool) -> Decimal:
    """A completion in %; it never reads 100.00 before the thing is finished."""
    rate = half_up(Fraction(part) / Fraction(whole) * 100)
    return Decimal("99.99") if rate == HUNDRED and not finished else rate


# --- §4 which update counts ---


def counts(update: Update, known_at: dt.datetime) -> bool:
    return (
        update.status == "verified"
        and update.verified_at is not None
        and update.verified_at <= known_at
        and (update.superseded_at is None or update.superseded_at > known_at)
    )


def counting_update(updates: tuple[Update, ...], as_of: dt.date, known_at: dt.datetime) -> Update | None:
    limit = (as_of.year, as_of.month)
    eligible = [update for update in updates if (update.year, update.month) <= limit and counts(update, known_at)]
    return max(eligible, key=lambda update: (update.year, update.month, update.revision), default=None)


def same_month_last_year(book: Book, month: int, known_at: dt.datetime) -> Decimal | None:
    for update in book.last_year:
        if update.month == month and counts(update, known_at):
            return update.value
    return None


# --- §5 how much should be done ---


def last_node(nodes: tuple[Node, ...], month: int) -> Decimal:
    passed = [node for node in nodes if node.month <= month]
    return max(passed, key=lambda node: node.month).value if passed else Decimal(0)


def schedule_used(book: Book, year_before: Decimal | None) -> str:
    target = book.target
    if target.schedule == "last_year" and (year_before is None or not book.last_years_total):
        return "linear"
    return target.schedule


def schedule_share(book: Book, schedule: str, month: int, year_before: Decimal | None) -> Fraction | None:
    """The share of a cumulative target that should be done by the month's end; None when there is none to speak of."""
    target = book.target
    match schedule:
        case "linear":
            return min(Fraction(1), Fraction(month, target.due_month))
        case "quarterly":
            return Fraction(month // 3, 4)
        case "last_year":
            assert year_before is not None
            assert book.last_years_total
            return Fraction(year_before) / Fraction(book.last_years_total)
        case "nodes":
            return Fraction(last_node(target.nodes, month)) / Fraction(target.value) if target.value else None
        case "annual":
            return Fraction(1) if month == 12 else None
    raise ValueError(schedule)


# --- §5 the facets ---


@dataclass
class Facet:
    status: str
    light: str


def at_due_month(book: Book, month: int) -> bool:
    return month >= book.target.due_month


def too_early(book: Book, month: int) -> bool:
    """An `annual` schedule is judged only at the year's end."""
    return book.target.schedule == "annual" and month < 12


def behind(shortfall: Decimal, red_margin: Decimal) -> Facet:
    return Facet("BEHIND", "red" if shortfall >= red_margin else "yellow")


NOT_JUDGED = Facet("NOT_JUDGED", "grey")
COMPLETED = Facet("COMPLETED", "green")
NOT_STARTED = Facet("NOT_STARTED", "yellow")
AHEAD = Facet("AHEAD", "green")
ON = Facet("ON", "green")
VIOLATED = Facet("BEHIND", "red")


def judge_progress(book: Book, verdict: Verdict, finished: bool) -> Facet:
    """A cumulative floor, or a task with steps."""
    completion, expected, gap = verdict.completion, verdict.expected, verdict.gap
    if completion is None or expected is None or gap is None:
        return NOT_JUDGED
    if finished:
        return COMPLETED
    if completion == 0 and expected == 0:
        return NOT_STARTED
    if gap < 0 or expected >= HUNDRED:
        return behind(-gap, book.rules.red_value)
    return AHEAD if gap >= book.rules.ahead else ON


def judge_cumulative(book: Book, update: Update, share: Fraction | None, verdict: Verdict) -> Facet:
    target, actual = book.target, update.value
    assert target.value is not None
    if share is not None:
        verdict.expected = half_up(share * 100)
    if actual is None:
        return NOT_JUDGED
    floor = is_floor(target.comparator)
    met = satisfied(actual, target.comparator, target.value)
    if floor:
        verdict.completion = share_done(actual, target.value, actual >= target.value)
    elif target.value != 0:
        verdict.completion = half_up(Fraction(actual) / Fraction(target.value) * 100)
    if verdict.completion is not None and verdict.expected is not None:
        verdict.gap = difference(verdict.completion, verdict.expected)
    if too_early(book, update.month):
        return NOT_JUDGED
    if floor:
        return judge_progress(book, verdict, met)
    if not met:
        return VIOLATED
    if at_due_month(book, update.month):
        return COMPLETED
    used_too_fast = verdict.gap is not None and verdict.gap > 0
    return Facet("ON", "yellow") if used_too_fast else ON


def judge_level(book: Book, update: Update, verdict: Verdict) -> Facet:
    target, actual = book.target, update.value
    assert target.value is not None
    floor = is_floor(target.comparator)
    if floor and not too_early(book, update.month):
        planned = last_node(target.nodes, update.month) if target.nodes else target.value
        verdict.expected = half_up(Fraction(planned) / Fraction(target.value) * 100)
    if actual is None:
        return NOT_JUDGED
    met = satisfied(actual, target.comparator, target.value)
    if floor:
        verdict.completion = share_done(actual, target.value, actual >= target.value)
        if verdict.expected is not None:
            verdict.gap = difference(verdict.completion, verdict.expected)
    if too_early(book, update.month):
        return NOT_JUDGED
    if met and at_due_month(book, update.month):
        return COMPLETED
    if not floor:
        return ON if met else VIOLATED
    assert verdict.gap is not None
    assert verdict.expected is not None
    if verdict.completion == 0 and verdict.expected == 0:
        return NOT_STARTED
    if verdict.gap < 0 or (verdict.expected >= HUNDRED and not met):
        return behind(-verdict.gap, book.rules.red_value)
    return ON


def judge_steps(book: Book, update: Update, verdict: Verdict) -> Facet:
    steps = book.target.steps
    total = sum(Fraction(step.weight) for step in steps)
    done = sum(Fraction(step.weight) for step in steps if step.number in update.steps_done)
    due = sum(Fraction(step.weight) for step in steps if step.due_on <= month_end(update.year, update.month))
    finished = all(step.number in update.steps_done for step in steps)
    verdict.completion = share_done(done, total, finished)
    if too_early(book, update.month):
        return NOT_JUDGED
    verdict.expected = half_up(due / total * 100)
    verdict.gap = difference(verdict.completion, verdict.expected)
    return judge_progress(book, verdict, finished)


def judge_stage(book: Book, update: Update) -> Facet:
    if too_early(book, update.month):
        return NOT_JUDGED
    if update.stage == "已完成":
        return COMPLETED
    if at_due_month(book, update.month):
        return Facet("BEHIND", "red")
    if update.stage == "未启动":
        return NOT_STARTED
    return {"正常推进": ON, "推进缓慢": Facet("BEHIND", "yellow")}.get(update.pace, NOT_JUDGED)


def judge_growth(book: Book, update: Update, verdict: Verdict) -> Facet:
    target = book.target
    assert target.growth is not None
    if update.growth is None:
        return NOT_JUDGED
    growth, promised = half_up(update.growth), half_up(target.growth)
    verdict.growth_gap = difference(growth, promised)
    if too_early(book, update.month):
        return NOT_JUDGED
    if satisfied(growth, target.growth_comparator, promised):
        return COMPLETED if at_due_month(book, update.month) else ON
    if is_ceiling(target.growth_comparator):
        return VIOLATED
    return behind(-verdict.growth_gap, book.rules.red_growth)


# --- §5 the whole ---

WORST_FIRST = ("BEHIND", "NOT_STARTED", "ON", "AHEAD", "COMPLETED")
DIMMEST_FIRST = ("red", "yellow", "green")


def assess(book: Book, as_of: dt.date, known_at: dt.datetime) -> Verdict:
    verdict = Verdict(overdue_days=overdue_days(book, as_of, known_at))
    target, task = book.target, book.indicator.measure == "milestone"
    has_value = task or target.value is not None
    has_growth = target.growth is not None
    update = counting_update(book.updates, as_of, known_at)
    if update is None:
        verdict.value_status, verdict.value_light = ("NO_DATA", "grey") if has_value else (None, None)
        verdict.growth_status, verdict.growth_light = ("NO_DATA", "grey") if has_growth else (None, None)
        return verdict

    verdict.period = month_end(update.year, update.month)
    verdict.actual, verdict.actual_growth = update.value, update.growth
    verdict.stage, verdict.pace = update.stage, update.pace
    if not task:
        verdict.year_before = same_month_last_year(book, update.month, known_at)
    verdict.schedule_used = schedule_used(book, verdict.year_before)

    facets = []
    if has_value:
        share = None
        if task:
            facet = judge_steps(book, update, verdict) if target.steps else judge_stage(book, update)
        elif book.indicator.measure == "level":
            facet = judge_level(book, update, verdict)
        else:
            share = schedule_share(book, verdict.schedule_used, update.month, verdict.year_before)
            facet = judge_cumulative(book, update, share, verdict)
        verdict.value_status, verdict.value_light = facet.status, facet.light
        if target.judged_by != "growth":
            facets.append(facet)
        look_forward(book, update, share, verdict)
    if has_growth:
        facet = judge_growth(book, update, verdict)
        verdict.growth_status, verdict.growth_light = facet.status, facet.light
        if target.judged_by != "value":
            facets.append(facet)

    judged = [facet for facet in facets if facet.status != "NOT_JUDGED"]
    verdict.status = min((facet.status for facet in judged), key=WORST_FIRST.index, default="NOT_JUDGED")
    verdict.light = min((facet.light for facet in judged), key=DIMMEST_FIRST.index, default="grey")

    if target.baseline_comparable and update.value is not None and verdict.year_before:
        before = Fraction(verdict.year_before)
        verdict.computed_growth = half_up((Fraction(update.value) - before) / before * 100)
    return verdict


def look_forward(book: Book, update: Update, share: Fraction | None, verdict: Verdict) -> None:
    """What is left to do, and how far the pace so far would lead."""
    target = book.target
    if target.value is None or update.value is None:
        return
    left = difference(target.value, update.value)
    if is_ceiling(target.comparator):
        verdict.margin = left
    elif book.indicator.measure == "cumulative":
        verdict.remaining = left
        months_left = target.due_month - update.month
        if months_left > 0:
            verdict.needed_per_month = half_up(max(Fraction(left), Fraction(0)) / months_left)
        if share:
            verdict.projected = half_up(Fraction(update.value) / share)


# --- §7 lateness ---

MONTHS_BETWEEN = {"monthly": 1, "quarterly": 3, "half-yearly": 6, "annual": 12}


def overdue_days(book: Book, as_of: dt.date, known_at: dt.datetime) -> int | None:
    today = known_at.astimezone(DISTRICT_TIME).date()
    every = MONTHS_BETWEEN[book.indicator.frequency]
    for month in range(1, 13):
        if month % every or month < book.indicator.first_month:
            continue
        if (book.target.year, month) > (as_of.year, as_of.month):
            break
        deadline = month_end(book.target.year, month) + dt.timedelta(days=book.indicator.due_lag)
        handed_in = any(
            instant is not None and instant <= known_at
            for update in book.updates
            if (update.year, update.month) == (book.target.year, month)
            for instant in (update.submitted_at, update.verified_at)
            if update.returned_at is None or known_at < update.returned_at
        )
        if today > deadline and not handed_in:
            return (today - deadline).days
    return None
