"""What the overview sums up (domain.md §6). Every number comes from the database; nothing is counted here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Count, DecimalField, F, Func, Q, QuerySet, Value, When
from django.db.models.functions import Least
from django.utils.translation import gettext as _

from tracker.assessment import Judgement, Light, Reason, counts, share, tally
from tracker.models import Category, JudgedBy, Section, Status, Target, WorkReport
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


def distribution(targets: AssessedTargets) -> Distribution | None:
    """How many targets have each status, and what share of all; None without a target. Queries: 1."""
    numbers = targets.order_by().aggregate(
        **counts(),
        overdue=Count("pk", filter=Q(overdue_days__isnull=False)),
        **{f"{status.name}_share": share(status.name, "total") for status in Judgement},
    )
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


def by_chapter(targets: AssessedTargets, report: WorkReport) -> list[dict[str, Any]]:
    """The tally of each chapter (一, 二 …; the numbered sections under it included) in the order of the report.

    Adds to each row `section`: the chapter's Section, or None for targets that the report does not contain. Queries: 2.
    """
    chapter = Func(F("section__path"), Value("."), Value(1), function="split_part", output_field=CharField())
    sections = {section.path: section for section in Section.objects.filter(report=report)}
    rows = [
        {**row, "section": sections.get(row["chapter"])} for row in tally(targets.annotate(chapter=chapter), "chapter")
    ]
    return sorted(rows, key=lambda row: row["section"].position if row["section"] else len(sections) + 1)


def by_lead(targets: AssessedTargets) -> QuerySet[Any, dict[str, Any]]:
    """The tally of each lead unit, best first; targets without one are left out. Queries: 1."""
    return tally(targets.filter(lead_code__isnull=False), "lead_code", "lead", "lead_en")


def attention(targets: AssessedTargets, report: WorkReport, limit: int) -> AssessedTargets:
    """Red and yellow targets, worst first: by light, then by how many times over the red margin the worse facet is.

    Adds: `problem`, `next_step` of the counting update (text). Queries: 1 when evaluated.
    """
    value_depth = Case(When(~Q(judged_by=JudgedBy.GROWTH), then=F("gap") / _margin(report.red_margin_value)))
    growth_depth = Case(When(~Q(judged_by=JudgedBy.VALUE), then=F("growth_gap") / _margin(report.red_margin_growth)))
    rows: AssessedTargets = (
        targets.filter(light__in=[Light.RED, Light.YELLOW])
        .select_related("indicator")
        .annotate(problem=counting("problem"), next_step=counting("next_step"))
        .order_by("light_order", Least(value_depth, growth_depth).asc(nulls_last=True), *targets.query.order_by)[:limit]
    )
    return rows


def overdue(targets: AssessedTargets, limit: int) -> AssessedTargets:
    """逾期未报: targets with a due period that nothing was submitted for, latest first. Queries: 1 when evaluated."""
    late: AssessedTargets = targets.filter(overdue_days__isnull=False).select_related("indicator")
    return late.order_by("-overdue_days", *targets.query.order_by)[:limit]


def halves(rows: Sequence[Any], longest: int) -> list[Sequence[Any]]:
    """A list for one column, or cut in two where it is longer than `longest`; none without rows."""
    middle = (len(rows) + 1) // 2 if len(rows) > longest else len(rows)
    return [column for column in (rows[:middle], rows[middle:]) if column]


def _margin(points: Decimal) -> Value:
    # A margin of 0 makes everything behind red; any constant then keeps the order.
    return Value(points or Decimal(1), output_field=_RATE)


@dataclass(frozen=True)
class Card:
    target: Target
    bullet: Bullet | None
    reasons: list[str]


def main_targets(targets: AssessedTargets) -> list[Card]:
    """主要预期目标, in the order of the report. Queries: 1."""
    return [
        Card(target, bullet(target.completion, target.expected), reasons(target))
        for target in targets.filter(category=Category.MAIN).select_related("indicator__unit")
    ]


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
        if target.margin >= 0:
            return [_("低于控制线 %(margin)s %(unit)s") % number]
        return [_("超出控制线 %(margin)s %(unit)s") % number]
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
    counts = updates.filter(target__year=year).aggregate(
        **{step.name: Count("pk", filter=Q(status=step)) for step in steps}
    )
    return [(step, counts[step.name]) for step in steps]


def show_samples(targets: AssessedTargets) -> bool:
    """Whether any figure among these assessed targets is demonstration data. Queries: 1."""
    return targets.filter(is_sample=True).exists()
