"""The SQL of tracker/assessment.py against the second reading of domain.md in oracle.py, over random ledgers.

Each example is a small ledger of several indicators, three years of targets for each, and updates with revisions that
were verified at random instants; it is read at several months and instants. Values are drawn so that they often fall
exactly on a margin, or a hair beside it.

The examples are always the same. `HUNT=5000 pytest tests/tracker/test_assessment_properties.py` looks at that many new
ones, and takes the minutes that it needs to make a failing ledger small.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.factories import PlanYearFactory, UnitFactory
from tests.tracker import oracle
from tests.tracker.oracle import DISTRICT_TIME, Book, Indicator, Node, Rules, Step, Update, Verdict, month_end
from tracker import models

pytestmark = pytest.mark.django_db

HUNT = int(os.environ.get("HUNT", "0"))
ledgers_of_chance = settings(
    max_examples=HUNT or 100,
    derandomize=not HUNT,
    database=None,
    deadline=None,
    print_blob=False,
    phases=[Phase.generate, Phase.shrink] if HUNT else [Phase.generate],
    suppress_health_check=list(HealthCheck),
)

YEARS = (2017, 2018, 2019)
ANSWERS = [answer.name for answer in fields(Verdict)]


# --- a ledger by chance ---


@dataclass(frozen=True)
class Shelf:
    """One indicator over the years: targets, their updates, and annual results."""

    indicator: Indicator
    targets: dict[int, oracle.Target]
    updates: dict[int, tuple[Update, ...]]
    results: dict[int, Decimal | None]


@dataclass(frozen=True)
class Ledger:
    shelves: list[Shelf]
    rules: dict[int, Rules]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Too much to print; the message of a failure shows the one book that is judged differently."""
        printer.text(f"a ledger of {len(self.shelves)} shelves")

    def book(self, shelf: Shelf, year: int) -> Book:
        return Book(
            shelf.indicator,
            shelf.targets[year],
            shelf.updates[year],
            shelf.updates.get(year - 1, ()),
            shelf.results.get(year - 1),
            self.rules[year],
        )


def plain(number: Fraction, places: int) -> Decimal:
    """The fraction as a decimal of at most so many places."""
    scaled = Decimal(round(number * 10**places))
    return scaled.scaleb(-places, Context(prec=60)).normalize(Context(prec=60))


def pick(draw: st.DrawFn, *options: Any) -> Any:
    return options[draw(POSITIONS[len(options)])]


POSITIONS = [st.nothing(), *(st.integers(0, last) for last in range(20))]
MONTHS = st.lists(st.sampled_from([*range(1, 13), 12, 12, 12, 6, 6]), unique=True, min_size=1, max_size=5)
FIGURES = (
    st.sampled_from([0, 1, 3, 7, 12, 30, 100, 300, 678, 1200, 40000]).map(Decimal)
    | st.decimals(min_value="0.000001", max_value="1e13", places=6)
    | st.integers(0, 1000).map(Decimal)
    | st.sampled_from([Decimal("0.1"), Decimal("614.8")])
)
POSITIVE = FIGURES.filter(bool)
SIGNED = st.builds(lambda figure, sign: figure * sign, FIGURES, st.sampled_from([1, 1, 1, -1]))
WEIGHTS = st.sampled_from([1, 1, 2, 3, Decimal("0.5")]).map(Decimal) | POSITIVE
RATES = st.decimals(min_value=-30, max_value=60, places=1) | st.decimals(min_value=-1000, max_value=1000, places=6)
#: Percentage points beside a margin, a schedule or a target: exactly on it, or so near that only rounding decides.
HAIRS = st.builds(
    lambda hair, sign: Decimal(hair) * sign,
    st.sampled_from(
        ["0", "0", "0.004", "0.005", "0.006", "0.004999999999999999999", "1", "2", "9.995", "10", "10.005", "5", "100"]
    ),
    st.sampled_from([1, -1]),
)
MARGINS = st.sampled_from(["10.00", "10.00", "0.00", "0.01", "2.00", "5.00", "100.00"]).map(Decimal)
RULES = st.fixed_dictionaries({year: st.builds(Rules, MARGINS, MARGINS, MARGINS) for year in YEARS})

#: Few enough that any instant may meet any other; among them the midnights at which a day of grace ends.
DAYS = st.dates(dt.date(2018, 1, 1), dt.date(2020, 1, 31)) | st.builds(
    lambda year, month, lag: month_end(year, month) + dt.timedelta(days=lag),
    st.sampled_from([2018, 2019]),
    st.integers(1, 12),
    st.sampled_from([0, 1, 5, 6, 10, 11]),
)
CLOCKS = st.sampled_from([dt.time(0), dt.time(12), dt.time(23, 59, 59, 999999)])
INSTANTS = st.builds(lambda day, clock: dt.datetime.combine(day, clock, DISTRICT_TIME), DAYS, CLOCKS)
HISTORIES = st.lists(INSTANTS, min_size=2, max_size=6).map(sorted)
IN_THE_END = dt.datetime(2020, 3, 1, tzinfo=DISTRICT_TIME)
MOMENTS = st.dates(dt.date(2018, 3, 1), dt.date(2019, 12, 31))
VIEWS = st.tuples(
    st.tuples(MOMENTS, INSTANTS),
    st.tuples(MOMENTS, st.just(IN_THE_END)),
    st.tuples(st.just(dt.date(2019, 12, 1)), INSTANTS | st.just(IN_THE_END)),
)


def draw_target(draw: st.DrawFn, measure: str, year: int) -> oracle.Target:
    if measure == "milestone":
        numbers = draw(st.lists(st.integers(1, 6), unique=True, max_size=4))
        return oracle.Target(
            year,
            schedule=pick(draw, "linear", "linear", "annual"),
            due_month=pick(draw, 12, 6, 1),
            steps=tuple(Step(number, draw_due(draw, year), draw(WEIGHTS)) for number in numbers),
        )
    comparator = pick(draw, ">=", ">", "<=", "<", ">=", "")
    value = draw(SIGNED if comparator.startswith("<") else POSITIVE) if comparator else None
    growth_comparator = pick(draw, ">=", ">", "<=", "<", *([""] if comparator else []))
    facets = ["both", "both", *(["value"] if comparator else []), *(["growth"] if growth_comparator else [])]
    schedules = ["linear", "linear", "nodes", "annual"]
    if measure == "cumulative":
        schedules += ["quarterly", "last_year"]
    months = draw(MONTHS) if pick(draw, True, False) else []
    return oracle.Target(
        year,
        value,
        comparator,
        draw(RATES) if growth_comparator else None,
        growth_comparator,
        judged_by=pick(draw, *facets),
        schedule=pick(draw, *schedules),
        due_month=pick(draw, 12, 12, 10, 6, 3, 1),
        baseline_comparable=pick(draw, None, True, True, False),
        nodes=tuple(Node(month, draw_value(draw, value, month)) for month in months),
    )


def draw_due(draw: st.DrawFn, year: int) -> dt.date:
    return dt.date(year, 1, 1) + dt.timedelta(days=pick(draw, 0, 100, 179, 180, 181, 182, 200, 364, 365))


def draw_value(draw: st.DrawFn, target: Decimal | None, month: int) -> Decimal:
    """A figure that has something to do with the target: on its schedule, a margin off it, at the very end; or not."""
    kind = pick(draw, "anything", "target", "near", "near", "near")
    if target is None or kind == "anything":
        return draw(SIGNED)
    if kind == "target":
        return target
    bases = [Fraction(0), Fraction(month, 12), Fraction(month // 3, 4), Fraction(min(month, 6), 6), Fraction(1)]
    points = pick(draw, *bases) * 100 + Fraction(draw(HAIRS))
    return plain(points * Fraction(target) / 100, places=pick(draw, 2, 6, 24))


def draw_updates(draw: st.DrawFn, measure: str, target: oracle.Target) -> tuple[Update, ...]:
    made: list[Update] = []
    for month in draw(MONTHS):
        # Each revision is handed in and verified after the one before it; the last may still be under way.
        history = draw(HISTORIES)
        revisions = list(zip(history[::2], history[1::2], strict=False))
        for revision, (submitted, verified) in enumerate(revisions, 1):
            stated = replace(draw_statement(draw, measure, target, month), revision=revision, submitted_at=submitted)
            if revision == len(revisions) and (status := pick(draw, "", "", "", "submitted", "returned")):
                returned = verified if status == "returned" else None
                made.append(replace(stated, status=status, returned_at=returned))
            else:
                # What was published elsewhere is verified without having been submitted.
                submitted_at = pick(draw, submitted, submitted, None)
                made.append(replace(stated, submitted_at=submitted_at, verified_at=verified))
    return superseded(made)


def superseded(updates: Sequence[Update]) -> tuple[Update, ...]:
    """Each verified revision ends its predecessor at the instant of its own verification."""
    verified_at = {(update.month, update.revision): update.verified_at for update in updates}
    return tuple(
        replace(update, superseded_at=verified_at.get((update.month, update.revision + 1))) for update in updates
    )


def draw_statement(draw: st.DrawFn, measure: str, target: oracle.Target, month: int) -> Update:
    if measure == "milestone":
        numbers = [step.number for step in target.steps]
        done = [pick(draw, *numbers, *numbers, 9) for _ in range(pick(draw, *range(6)))] if numbers else []
        return Update(
            month,
            target.year,
            stage=pick(draw, "未启动", "前期工作", "推进中", "已完成", *([""] if done else [])),
            pace=pick(draw, "", "正常推进", "推进缓慢"),
            steps_done=tuple(done),
        )
    what = pick(draw, "both", "both", "value", "growth")
    near = target.growth is not None and pick(draw, True, False)
    growth = target.growth + draw(HAIRS) if near else draw(RATES)
    return Update(
        month,
        target.year,
        value=draw_value(draw, target.value, month) if what != "growth" else None,
        growth=growth if what != "value" else None,
    )


def draw_shelf(draw: st.DrawFn) -> Shelf:
    measure = pick(draw, "cumulative", "cumulative", "level", "milestone")
    indicator = Indicator(
        measure,
        frequency=pick(draw, "monthly", "monthly", "quarterly", "half-yearly", "annual"),
        first_month=pick(draw, 1, 1, 2, 7),
        due_lag=pick(draw, 10, 10, 0, 5, 40),
    )
    years = pick(draw, (2018,), (2018, 2019), (2017, 2018), YEARS)
    targets = {year: draw_target(draw, measure, year) for year in years}
    return Shelf(
        indicator,
        targets,
        {year: draw_updates(draw, measure, target) for year, target in targets.items()},
        {year: draw(SIGNED) if pick(draw, True, False) else None for year in pick(draw, (), (2017,), (2017, 2018))},
    )


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    return Ledger([draw_shelf(draw) for _ in range(8)], draw(RULES))


# --- the same ledger in the database ---


@contextmanager
def in_the_database(ledger: Ledger) -> Iterator[dict[int, Book]]:
    """The ledger as rows, under all constraints and triggers, while the block lasts; yields each target's book."""
    source = "https://example.org/published"
    with transaction.atomic():
        for year, rules in ledger.rules.items():
            PlanYearFactory(
                year=year,
                ahead_margin=rules.ahead,
                red_margin_value=rules.red_value,
                red_margin_growth=rules.red_growth,
            )
        models.WorkReport.objects.bulk_create(
            models.WorkReport(
                jurisdiction="岳阳楼区",
                title="政府工作报告",
                meeting="第二次会议",
                delivered_on=dt.date(year - 1, 12, 25),
                review_year=year - 1,
                plan_year=year,
            )
            for year in ledger.rules
        )
        unit = UnitFactory()
        indicators = models.Indicator.objects.bulk_create(
            models.Indicator(
                code=f"i-{number}",
                name=f"指标 {number}",
                unit=None if shelf.indicator.measure == "milestone" else unit,
                **asdict(shelf.indicator),
            )
            for number, shelf in enumerate(ledger.shelves)
        )
        # Baselines are of another series: growth is reckoned from last year's updates, shares from the own result.
        other = models.Indicator.objects.create(code="other", name="另一指标", unit=unit, measure="cumulative")
        baselines = {
            year: models.AnnualResult.objects.create(indicator=other, year=year - 1, value=7, source_url=source)
            for year in YEARS
        }
        models.AnnualResult.objects.bulk_create(
            models.AnnualResult(indicator=indicator, year=year, value=total, growth=1, source_url=source)
            for indicator, shelf in zip(indicators, ledger.shelves, strict=True)
            for year, total in shelf.results.items()
        )
        books = [
            (indicator, target, ledger.book(shelf, year))
            for indicator, shelf in zip(indicators, ledger.shelves, strict=True)
            for year, target in shelf.targets.items()
        ]
        rows = models.Target.objects.bulk_create(
            models.Target(
                indicator=indicator,
                measure=indicator.measure,
                category=models.Category.KEY,
                year=target.year,
                value=target.value,
                comparator=target.comparator,
                growth=target.growth,
                growth_comparator=target.growth_comparator,
                judged_by=target.judged_by,
                schedule=target.schedule,
                due_on=dt.date(target.year, target.due_month, 15),
                baseline=None if target.baseline_comparable is None else baselines[target.year],
                baseline_comparable=target.baseline_comparable,
                baseline_note="口径不同",
                source_url=source,
            )
            for indicator, target, _ in books
        )
        held = list(zip(rows, [book for _, _, book in books], strict=True))
        models.Milestone.objects.bulk_create(
            models.Milestone(target=row, name="节点", **asdict(step))
            for row, book in held
            for step in book.target.steps
        )
        models.ScheduleNode.objects.bulk_create(
            models.ScheduleNode(target=row, **asdict(node)) for row, book in held for node in book.target.nodes
        )
        models.ProgressUpdate.objects.bulk_create(
            update_row(row, update) for row, book in held for update in book.updates
        )
        yield {row.pk: book for row, book in held}
        transaction.set_rollback(True)


def update_row(target: models.Target, update: Update) -> models.ProgressUpdate:
    stated = asdict(update) | {"steps_done": list(update.steps_done)}
    period = month_end(stated.pop("year"), stated.pop("month"))
    return models.ProgressUpdate(
        target=target,
        measure=target.measure,
        period=period,
        correction_reason="更正" if update.revision > 1 else "",
        return_reason="请核对" if update.status == "returned" else "",
        source_url="https://example.org/published",
        **stated,
    )


def as_shown(as_of: dt.date, known_at: dt.datetime) -> dict[int, dict[str, Any]]:
    rows = models.Target.objects.assessed(as_of, known_at).values("pk", *ANSWERS)
    return {row.pop("pk"): row for row in rows}


# --- what must hold ---


@ledgers_of_chance
@given(ledgers(), VIEWS)
def test_the_sql_and_the_plain_reading_of_the_domain_agree_on_every_cell(ledger, views):
    with in_the_database(ledger) as books:
        for as_of, known_at in views:
            shown = as_shown(as_of, known_at)
            assert shown.keys() == books.keys()
            for pk, book in books.items():
                reckoned = asdict(oracle.assess(book, as_of, known_at))
                differing = {
                    name: f"SQL {shown[pk][name]!r}, domain {reckoned[name]!r}"
                    for name in ANSWERS
                    if shown[pk][name] != reckoned[name]
                }
                assert not differing, f"{differing}\nas of {as_of}, known at {known_at}\n{book}"


def as_known_at(updates: tuple[Update, ...], instant: dt.datetime) -> tuple[Update, ...]:
    """What the ledger held at an instant: without later submissions; what moved on later still waiting."""
    return tuple(
        update
        if any(at is not None and at <= instant for at in (update.returned_at, update.verified_at))
        else replace(update, status="submitted", returned_at=None, verified_at=None)
        for update in updates
        if any(at is not None and at <= instant for at in (update.submitted_at, update.verified_at))
    )


@settings(ledgers_of_chance, max_examples=HUNT or 30)
@given(ledgers(), VIEWS)
def test_a_past_view_shows_what_was_shown_then_whatever_was_corrected_since(ledger, views):
    as_of, known_at = views[0]
    then = replace(
        ledger,
        shelves=[
            replace(
                shelf,
                updates={year: superseded(as_known_at(updates, known_at)) for year, updates in shelf.updates.items()},
            )
            for shelf in ledger.shelves
        ],
    )
    with in_the_database(then):
        shown_then = list(as_shown(as_of, known_at).values())
    with in_the_database(ledger):
        assert list(as_shown(as_of, known_at).values()) == shown_then
