"""What the overview sums up (domain.md §6). Every number comes from the database; nothing is counted here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg, BoolOr
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Case, CharField, Count, DecimalField, F, Func, Q, Value, When, Window
from django.db.models.functions import Cast, Coalesce, Least, NullIf, RowNumber
from django.utils.translation import gettext as _

from tracker.assessment import Judgement, Light, Reason, counts, share, tallies
from tracker.models import Category, Comparator, JudgedBy, Section, Status, Target
from tracker.models.progress import ProgressUpdateQuerySet
from tracker.wording import named

from .charts import Bullet, Chart, Slice, bullet, distribution_bar, slices
from .sheets import AssessedTargets, counting
from .templatetags.figures import magnitude

_RATE: DecimalField[Any, Any] = DecimalField(max_digits=7, decimal_places=2)


@dataclass(frozen=True)
class Part:
    """One status in the distribution."""

    status: Judgement
    count: int
    share: Decimal
    slice: Slice


@dataclass(frozen=True)
class Distribution:
    total: int
    judged: int
    yellow: int
    red: int
    overdue: int
    rate: Decimal | None
    parts: list[Part]

    @property
    def attention(self) -> int:
        return self.red + self.yellow

    @property
    def chart(self) -> Chart:
        return distribution_bar({part.status.name: part.count for part in self.parts})


@dataclass(frozen=True)
class Card:
    target: Target
    bullet: Bullet | None
    reasons: list[str]


@dataclass(frozen=True)
class Summary:
    """A year at a glance. The tallies are rows of `tracker.assessment.tally`."""

    #: None without a target.
    distribution: Distribution | None
    #: 主要预期目标, in the order of the report.
    cards: list[Card]
    #: The tally of each chapter (一, 二 …; the numbered sections under it included) in the order of the report, each
    #: row with its `section`: the chapter's Section, or None for targets that the report does not contain.
    chapters: list[dict[str, Any]]
    #: The tally of each lead department, best first; targets without one are left out.
    leads: list[dict[str, Any]]
    #: Red and yellow targets, worst first.
    attention: list[Any]
    #: 逾期未报: targets with a due period that nothing was submitted for, latest first.
    overdue: list[Any]
    #: Whether any figure is demonstration data.
    has_sample: bool


#: The counts of a department that leads nothing.
NOTHING: Mapping[str, Any] = {**dict.fromkeys(counts(), 0), "rate": None, "rank": None}
#: What a tally by lead department is grouped by.
LEAD = ("lead_code", "lead", "lead_en")


def summarize(
    targets: AssessedTargets,
    year: int,
    some: Callable[[Collection[int]], AssessedTargets],
    *,
    attention: int,
    overdue: int = 0,
) -> Summary:
    """The year at a glance, from one assessment of every target and one of the few that are shown.

    Args:
        targets: rows of `sheets.target_rows`.
        some: those of them with given keys.
        attention, overdue: how many are listed at most.

    Queries: 3.
    """
    order: Any = targets.query.order_by
    rows = targets.annotate(
        chapter=Coalesce(_heading(_chapter), Value("")),
        depth=_depth,
        place=Window(RowNumber(), order_by=list(order)),
    ).values(
        *("pk", "status", "light", "light_order", "overdue_days", "category", "chapter", *LEAD, "is_sample"),
        *("depth", "place"),
    )
    found = tallies(
        rows,
        {"all": (), "chapter": ("chapter",), "lead": LEAD},
        overdue=Count("pk", filter=Q(overdue_days__isnull=False)),
        **{f"{status.name}_share": share(status.name, "total") for status in Judgement},
        has_sample=BoolOr("is_sample"),
        cards=ArrayAgg("pk", filter=Q(category=Category.MAIN), order_by="place"),
        worst=_first(
            attention,
            ArrayAgg("pk", filter=_in_need, order_by=["light_order", F("depth").asc(nulls_last=True), "place"]),
        ),
        latest=_first(
            overdue, ArrayAgg("pk", filter=Q(overdue_days__isnull=False), order_by=["-overdue_days", "place"])
        ),
    )
    (numbers,) = found["all"]
    lists = [numbers[name] or [] for name in ("cards", "worst", "latest")]
    shown = {target.pk: target for target in with_remarks(some({pk for pks in lists for pk in pks}))}
    cards, worst, latest = ([shown[pk] for pk in pks if pk in shown] for pks in lists)
    return Summary(
        distribution=_distribution(numbers),
        cards=[Card(target, bullet(target.completion, target.expected), reasons(target)) for target in cards],
        chapters=_in_report_order(found["chapter"], year),
        leads=found["lead"],
        attention=worst,
        overdue=latest,
        has_sample=bool(numbers["has_sample"]),
    )


def by_lead(targets: AssessedTargets) -> list[dict[str, Any]]:
    """The tally of each lead department, best first; targets without one are left out. Queries: 1."""
    return tallies(targets.values("pk", "status", "light", *LEAD), {"lead": LEAD})["lead"]


def by_heading(targets: AssessedTargets, year: int) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """The tally of each chapter as in `Summary`, and of the targets right under each heading, by its `key` ("" for
    those that no source contains). Queries: 2."""
    rows = targets.annotate(
        chapter=Coalesce(_heading(_chapter), Value("")), heading=Coalesce(_heading(F("section__path")), Value(""))
    )
    found = tallies(
        rows.values("pk", "status", "light", "chapter", "heading"), {"chapter": ("chapter",), "heading": ("heading",)}
    )
    return _in_report_order(found["chapter"], year), {row["heading"]: row for row in found["heading"]}


def with_remarks(targets: AssessedTargets) -> AssessedTargets:
    """Assessed targets with what the lead department wrote about them.

    Adds: `problem`, `next_step` of the counting update (text). Queries: 1 when evaluated.
    """
    rows: AssessedTargets = targets.select_related("indicator__unit", "section").annotate(
        problem=counting("problem"), next_step=counting("next_step")
    )
    return rows


def in_attention_order(targets: AssessedTargets) -> AssessedTargets:
    """Adds: `attention_place` (int: the place among all that need attention, worst first; null for others).

    Ordered by the light, then by how many times over the red margin the worse facet is.
    Queries: none until evaluated, then 1.
    """
    by: list[Any] = ["light_order", _depth.asc(nulls_last=True), *targets.query.order_by]
    rows: AssessedTargets = targets.annotate(
        attention_place=Case(When(_in_need, then=Window(RowNumber(), order_by=by)))
    )
    return rows


_in_need = Q(light__in=[Light.RED, Light.YELLOW])


def _distribution(numbers: Mapping[str, Any]) -> Distribution | None:
    if not numbers["total"]:
        return None
    bar = slices([numbers[status.name] for status in Judgement])
    return Distribution(
        **{name: numbers[name] for name in ("total", "judged", "yellow", "red", "overdue", "rate")},
        parts=[
            Part(status, numbers[status.name], numbers[f"{status.name}_share"], part)
            for status, part in zip(Judgement, bar, strict=True)
        ],
    )


_chapter = Func(F("section__path"), Value("."), Value(1), function="split_part", output_field=CharField())


def _heading(path: Any) -> Func:
    """The `key` of a target's heading in SQL; null without one."""
    report = Cast("section__report", CharField())
    return Func(report, path, template="(%(expressions)s)", arg_joiner=" || ' ' || ", output_field=CharField())


def key(section: Section) -> str:
    """What names a heading among those of all sources of a year."""
    return f"{section.report_id} {section.path}"


def _in_report_order(rows: Sequence[dict[str, Any]], year: int) -> list[dict[str, Any]]:
    """Adds to each row of a tally by chapter its `section`; one source of the year after the other. Queries: 1."""
    sections = {key(section): section for section in Section.objects.filter(report__plan_year=year)}
    places = {name: place for place, name in enumerate(sections)}
    found = [{**row, "section": sections.get(row["chapter"])} for row in rows]
    return sorted(found, key=lambda row: places.get(row["chapter"], len(places)))


def _margin(points: str) -> Coalesce:
    # A margin of 0 makes everything behind red; any constant then keeps the order.
    return Coalesce(NullIf(F(points), Value(Decimal(0))), Value(Decimal(1)), output_field=_RATE)


#: How many times over the red margin the worse facet is, negative behind; null where no facet has a gap.
_depth = Least(
    Case(When(~Q(judged_by=JudgedBy.GROWTH), then=F("gap") / _margin("red_margin"))),
    Case(When(~Q(judged_by=JudgedBy.VALUE), then=F("growth_gap") / _margin("red_growth"))),
)


def _first(count: int, array: ArrayAgg) -> Func:
    """The first elements of an array, as many as `count`."""
    return Func(array, template=f"(%(expressions)s)[:{count}]", output_field=ArrayField(BigIntegerField()))


def halves(rows: Sequence[Any], longest: int) -> list[Sequence[Any]]:
    """A list for one column, or cut in two where it is longer than `longest`; none without rows."""
    middle = (len(rows) + 1) // 2 if len(rows) > longest else len(rows)
    return [column for column in (rows[:middle], rows[middle:]) if column]


def reasons(target: Any) -> list[str]:
    """What an assessed target's status rests on, facet by facet, as sentences. Queries: none."""
    if target.reason == Reason.NO_UPDATE:
        return [_("截至本月没有经核验的数据")]
    sentences = []
    if target.judged_by != JudgedBy.GROWTH:
        sentences += _value_reasons(target)
    if target.judged_by != JudgedBy.VALUE and target.growth_reason == Reason.NO_GROWTH:
        sentences.append(_("未报增速，增速不参与评价"))
    elif target.judged_by != JudgedBy.VALUE and target.growth_gap is not None:
        number = {"points": magnitude(target.growth_gap)}
        if target.growth_gap > 0:
            sentences.append(_("增速高于目标 %(points)s 个百分点") % number)
        elif target.growth_gap < 0:
            sentences.append(_("增速低于目标 %(points)s 个百分点") % number)
        else:
            sentences.append(_("增速与目标持平"))
    if target.judged_by == JudgedBy.GROWTH and target.value is not None:
        sentences.append(_("按增速评价，总量只作对照"))
    return sentences


def _value_reasons(target: Any) -> list[str]:
    if target.margin is not None and target.completion is None:
        # The difference of two percentages is in percentage points.
        unit = target.indicator.unit
        unit = _("个百分点") if unit.symbol == "%" else named(unit, "symbol", "name_en")
        number = {"margin": magnitude(target.margin), "unit": unit}
        if not target.margin:
            # 0 off a limit that may be reached is no violation; off one that must be undercut it is.
            return [_("已达控制线，须低于控制线") if target.comparator == Comparator.LESS_THAN else _("与控制线持平")]
        return [
            (_("低于控制线 %(margin)s %(unit)s") if target.margin > 0 else _("超出控制线 %(margin)s %(unit)s")) % number
        ]
    if target.gap is None:
        return []
    number = {"points": magnitude(target.gap)}
    if target.gap > 0:
        return [_("总量高于序时 %(points)s 个百分点") % number]
    if target.gap < 0:
        return [_("总量低于序时 %(points)s 个百分点") % number]
    return [_("总量与序时持平")]


def recent(
    updates: ProgressUpdateQuerySet, year: int, as_of: dt.date, known_at: dt.datetime, limit: int
) -> ProgressUpdateQuerySet:
    """The updates verified last by then, of periods up to the month. Adds: nothing; joins. Queries: 1."""
    return (
        updates.known_at(known_at)
        .filter(target__year=year, period__lte=as_of)
        .select_related("target__indicator__unit")
        .order_by("-verified_at", "-period", "target__position", "pk")[:limit]
    )


def in_progress(updates: ProgressUpdateQuerySet, year: int) -> list[tuple[Status, int]]:
    """How many of a year's updates wait at each step before verification. Queries: 1."""
    steps = (Status.DRAFT, Status.RETURNED, Status.SUBMITTED, Status.ENDORSED)
    counts = updates.filter(target__year=year, status__in=steps).aggregate(
        **{step.name: Count("pk", filter=Q(status=step)) for step in steps}
    )
    return [(step, counts[step.name]) for step in steps]
