"""How progress is judged: domain.md §4–§5 in SQL, and the only place where it is defined.

`VERDICT` is one statement in layers. Each layer uses the columns of the one before by name, so that every rule is
written once and evaluated once per target:

    facts      the target, the update that counts as of a month and as known at an instant, the plan year's margins
    measured   completion, expected, gap: percentages, rounded half-up to two decimals before anything compares them
    judged     a status for each facet
    lit        a light for each facet, and the worst of both statuses

A layer that reckons does so in a LATERAL with OFFSET 0. Without that fence the planner writes each expression out again
wherever a later layer names it, and completion is reckoned a dozen times per target. A condition on the target still
reaches the innermost layer, so that one target costs one look-up.

`annotate()` joins it to any queryset of targets; everything it adds can be filtered, sorted and counted in SQL.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import (
    BigIntegerField,
    CharField,
    Count,
    DateField,
    DecimalField,
    ExpressionWrapper,
    F,
    Field,
    IntegerField,
    Q,
    QuerySet,
    Sum,
    TextChoices,
    Window,
)
from django.db.models.functions import Cast, NullIf, Rank, Round
from django.db.models.sql.constants import LOUTER
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_cte import CTE, with_cte
from django_cte.raw import raw_cte_sql
from psycopg.types.json import Jsonb

from .models.periods import month_end

if TYPE_CHECKING:
    from .models.progress import ProgressUpdate
    from .models.target import Target, TargetQuerySet


class Judgement(TextChoices):
    """评价: the five words of the supervision notices, and two for what cannot be judged."""

    COMPLETED = "COMPLETED", _("已完成")
    AHEAD = "AHEAD", _("超序时")
    ON = "ON", _("达序时")
    BEHIND = "BEHIND", _("欠序时")
    NOT_STARTED = "NOT_STARTED", _("未启动")
    NO_DATA = "NO_DATA", _("未填报")
    NOT_JUDGED = "NOT_JUDGED", _("不评价")


class Light(TextChoices):
    GREEN = "green", _("绿灯")
    YELLOW = "yellow", _("黄灯")
    RED = "red", _("红灯")
    GREY = "grey", _("不亮灯")


#: Counted as on schedule in the on-schedule rate (domain.md §6).
ON_SCHEDULE = (Judgement.COMPLETED, Judgement.AHEAD, Judgement.ON)
#: Counted in its denominator.
JUDGED = (*ON_SCHEDULE, Judgement.BEHIND, Judgement.NOT_STARTED)


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


#: Deadlines are days of the office's own calendar.
LOCAL = settings.TIME_ZONE
TODAY = f"(:known_at AT TIME ZONE '{LOCAL}')::date"
#: What an instant knows: verified by then, and not corrected until later.
KNOWN = """u.status = 'verified' AND u.verified_at <= :known_at
        AND (u.superseded_at IS NULL OR u.superseded_at > :known_at)"""

#: §4: of the updates known and not yet superseded then, the one with the latest period.
COUNTING = f"""
        SELECT u.* FROM tracker_progressupdate u
        WHERE u.target_id = t.id AND {KNOWN} AND u.period <= :as_of
        ORDER BY u.period DESC, u.revision DESC LIMIT 1
    """
#: In its place, updates that nobody verified, each numbered and for its own period: what they would mean.
SUPPOSED = """
        SELECT u.* FROM jsonb_to_recordset(:supposed) AS u (
            id int, target_id bigint, period date, value numeric, growth numeric, stage text, pace text,
            steps_done smallint[]
        ) WHERE u.target_id = t.id
    """

#: §7: the periods that the frequency of target `t` has, each with its deadline, the days since then (negative before
#: it: overdue is more than 0), and whether anything was submitted for it. `tracker/chasing.py` lists what this judges.
DUE = """
        SELECT due.period, late.deadline, :today - late.deadline AS days_late,
            due.period = ANY (ARRAY(
                SELECT u.period FROM tracker_progressupdate u
                WHERE u.target_id = t.id AND (u.submitted_at <= :known_at OR u.verified_at <= :known_at)
            )) AS is_reported
        FROM tracker_indicator i
        CROSS JOIN generate_series(1, 12) AS month
        CROSS JOIN LATERAL (SELECT make_date(t.year + month / 12, mod(month, 12) + 1, 1) - 1 AS period) due
        CROSS JOIN LATERAL (SELECT due.period + i.due_lag AS deadline) late
        WHERE i.id = t.indicator_id AND month >= i.first_month
          AND mod(month, CASE i.frequency
              WHEN 'monthly' THEN 1 WHEN 'quarterly' THEN 3 WHEN 'half-yearly' THEN 6 ELSE 12 END) = 0
    """

#: Everything that goes into a judgement, one row per target; `tracker/explain.py` reads it whole.
LAYERS = f"""
WITH facts AS (
    SELECT
        t.id AS target_id, t.measure, t.comparator, t.value AS goal, t.growth_comparator, t.growth AS growth_goal,
        t.judged_by, t.schedule,
        t.measure = 'milestone' AND steps.everything IS NULL AS by_stage,
        t.comparator IN ('<=', '<') AS is_ceiling,
        c.id AS update_id, c.period, c.value AS actual, c.growth AS actual_growth, c.stage, c.pace,
        months.m, months.d, months.m >= months.d AS at_due,
        steps.everything AS steps_all, coalesce(steps.done, 0) AS steps_done, coalesce(steps.due, 0) AS steps_due,
        node.planned, node.planned IS NOT NULL AS has_nodes, past.part AS year_before, t.baseline_comparable,
        missing.overdue_days,
        -- A schedule by last year's shape needs last year's figures; without them it is linear, and says so.
        CASE WHEN c.id IS NULL THEN NULL
            WHEN t.schedule = 'last_year' AND past.part / nullif(past.whole, 0) IS NULL THEN 'linear'
            ELSE t.schedule END AS schedule_used,
        CASE t.schedule
            WHEN 'quarterly' THEN div(months.m, 3)
            WHEN 'nodes' THEN coalesce(node.planned, 0)
            WHEN 'annual' THEN CASE WHEN months.m = 12 THEN 1 END
            WHEN 'last_year' THEN
                CASE WHEN past.part / nullif(past.whole, 0) IS NULL THEN least(months.m, months.d) ELSE past.part END
            ELSE least(months.m, months.d) END AS share_part,
        CASE t.schedule
            WHEN 'quarterly' THEN 4
            WHEN 'nodes' THEN t.value
            WHEN 'annual' THEN 1
            WHEN 'last_year' THEN
                CASE WHEN past.part / nullif(past.whole, 0) IS NULL THEN months.d ELSE past.whole END
            ELSE months.d END AS share_whole,
        rule.ahead_margin, rule.red_margin_value AS red_margin, rule.red_margin_growth AS red_growth
    FROM tracker_target t
    JOIN tracker_workreport rule ON rule.plan_year = t.year
    LEFT JOIN LATERAL ({COUNTING}) c ON true
    CROSS JOIN LATERAL (
        SELECT extract(month FROM c.period) AS m, extract(month FROM t.due_on) AS d
    ) months
    LEFT JOIN LATERAL (
        SELECT sum(weight) AS everything,
            sum(weight) FILTER (WHERE number = ANY (c.steps_done)) AS done,
            sum(weight) FILTER (WHERE due_on <= c.period) AS due
        FROM tracker_milestone WHERE target_id = t.id AND t.measure = 'milestone'
    ) steps ON true
    LEFT JOIN LATERAL (
        -- The last node at or before the month; 0 before the first one; null without nodes, or where none count.
        SELECT coalesce((array_agg(value ORDER BY month DESC) FILTER (WHERE month <= months.m))[1], 0) AS planned
        FROM tracker_schedulenode WHERE target_id = t.id AND (t.measure = 'level' OR t.schedule = 'nodes')
        HAVING count(*) > 0
    ) node ON true
    LEFT JOIN LATERAL (
        -- Last year's figure for the same month, and last year's total.
        SELECT u.value AS part, r.value AS whole
        FROM tracker_target l
        JOIN tracker_progressupdate u ON u.target_id = l.id
        LEFT JOIN tracker_annualresult r ON r.indicator_id = l.indicator_id AND r.year = l.year
        WHERE l.indicator_id = t.indicator_id AND l.year = t.year - 1
          AND u.period = (date_trunc('month', c.period) - interval '11 months' - interval '1 day')::date
          AND {KNOWN} AND t.measure <> 'milestone'
        LIMIT 1
    ) past ON true
    LEFT JOIN LATERAL (
        SELECT max(days_late) AS overdue_days FROM ({DUE.replace(":today", TODAY)}) due
        WHERE days_late > 0 AND NOT is_reported AND period <= :as_of
    ) missing ON true
    WHERE :which
), measured AS (
    SELECT * FROM facts CROSS JOIN LATERAL (
        SELECT
            CASE
                WHEN update_id IS NULL OR by_stage OR measure = 'level' AND is_ceiling THEN NULL
                WHEN measure = 'milestone' THEN
                    least({percent("steps_done", "steps_all")}, CASE WHEN steps_done < steps_all THEN 99.99 END)
                -- What rounds to 100.00 without being there is 99.99, so that the number cannot contradict the status.
                WHEN NOT is_ceiling AND actual < goal THEN least({percent("actual", "goal")}, 99.99)
                ELSE {percent("actual", "goal")}
            END AS completion,
            CASE
                WHEN update_id IS NULL OR by_stage OR measure = 'level' AND is_ceiling
                    OR goal IS NULL AND steps_all IS NULL OR schedule = 'annual' AND m < 12 THEN NULL
                WHEN measure = 'milestone' THEN {percent("steps_due", "steps_all")}
                WHEN measure = 'level' THEN CASE WHEN has_nodes THEN {percent("planned", "goal")} ELSE 100.00 END
                ELSE {percent("share_part", "share_whole")}
            END AS expected,
            CASE WHEN measure = 'milestone' THEN steps_done = steps_all
                ELSE {holds("actual", "comparator", "goal")} END AS is_met,
            round(actual_growth, 2) - round(growth_goal, 2) AS growth_gap,
            {holds("round(actual_growth, 2)", "growth_comparator", "round(growth_goal, 2)")} AS growth_met
        OFFSET 0
    ) measured
), judged AS (
    SELECT * FROM measured CROSS JOIN LATERAL (
        SELECT
            completion - expected AS gap,
            CASE
                WHEN goal IS NULL AND measure <> 'milestone' THEN NULL
                WHEN update_id IS NULL THEN 'NO_DATA'
                WHEN schedule = 'annual' AND m < 12 THEN 'NOT_JUDGED'
                WHEN by_stage THEN CASE
                    WHEN stage = '已完成' THEN 'COMPLETED'
                    WHEN at_due THEN 'BEHIND'
                    WHEN stage = '未启动' THEN 'NOT_STARTED'
                    WHEN pace = '正常推进' THEN 'ON'
                    WHEN pace = '推进缓慢' THEN 'BEHIND'
                    ELSE 'NOT_JUDGED' END
                WHEN actual IS NULL AND measure <> 'milestone' THEN 'NOT_JUDGED'
                WHEN is_met AND (at_due OR measure <> 'level' AND NOT is_ceiling) THEN 'COMPLETED'
                WHEN is_ceiling THEN CASE WHEN is_met THEN 'ON' ELSE 'BEHIND' END
                WHEN completion = 0 AND expected = 0 THEN 'NOT_STARTED'
                WHEN expected >= 100 AND NOT is_met OR completion < expected THEN 'BEHIND'
                WHEN measure <> 'level' AND completion - expected >= ahead_margin THEN 'AHEAD'
                ELSE 'ON'
            END AS value_status,
            CASE
                WHEN growth_goal IS NULL THEN NULL
                WHEN update_id IS NULL THEN 'NO_DATA'
                WHEN schedule = 'annual' AND m < 12 OR actual_growth IS NULL THEN 'NOT_JUDGED'
                WHEN NOT growth_met THEN 'BEHIND'
                WHEN at_due THEN 'COMPLETED'
                ELSE 'ON'
            END AS growth_status
        OFFSET 0
    ) judged
), lit AS (
    SELECT * FROM judged CROSS JOIN LATERAL (
        SELECT
            CASE value_status
                WHEN 'COMPLETED' THEN 'green'
                WHEN 'AHEAD' THEN 'green'
                WHEN 'ON' THEN CASE WHEN is_ceiling AND completion > expected THEN 'yellow' ELSE 'green' END
                WHEN 'NOT_STARTED' THEN 'yellow'
                WHEN 'BEHIND' THEN CASE
                    WHEN is_ceiling OR by_stage AND at_due OR gap <= -red_margin THEN 'red' ELSE 'yellow' END
                WHEN 'NO_DATA' THEN 'grey'
                WHEN 'NOT_JUDGED' THEN 'grey'
            END AS value_light,
            CASE growth_status
                WHEN 'COMPLETED' THEN 'green'
                WHEN 'ON' THEN 'green'
                WHEN 'BEHIND' THEN CASE
                    WHEN growth_comparator IN ('<=', '<') OR growth_gap <= -red_growth THEN 'red' ELSE 'yellow' END
                WHEN 'NO_DATA' THEN 'grey'
                WHEN 'NOT_JUDGED' THEN 'grey'
            END AS growth_light,
            -- The worst judged facet has the lowest rank; what is not judged has none and is left out.
            least(
                array_position(ARRAY['BEHIND', 'NOT_STARTED', 'ON', 'AHEAD', 'COMPLETED'],
                    CASE WHEN judged_by <> 'growth' THEN value_status END),
                array_position(ARRAY['BEHIND', 'NOT_STARTED', 'ON', 'AHEAD', 'COMPLETED'],
                    CASE WHEN judged_by <> 'value' THEN growth_status END)
            ) AS worst
        OFFSET 0
    ) lit
)
"""

VERDICT = f"""{LAYERS}
SELECT target_id, update_id, period, actual, actual_growth, stage, pace, schedule_used, completion, expected, gap,
    growth_gap, overdue_days, year_before,
    CASE WHEN baseline_comparable THEN {percent("actual - year_before", "year_before")} END AS computed_growth,
    value_status, growth_status, value_light, growth_light,
    coalesce((ARRAY['BEHIND', 'NOT_STARTED', 'ON', 'AHEAD', 'COMPLETED'])[worst],
        CASE WHEN update_id IS NULL THEN 'NO_DATA' ELSE 'NOT_JUDGED' END) AS status,
    coalesce((ARRAY['red', 'yellow', 'green'])[least(
        array_position(ARRAY['red', 'yellow', 'green'], CASE WHEN judged_by <> 'growth' THEN value_light END),
        array_position(ARRAY['red', 'yellow', 'green'], CASE WHEN judged_by <> 'value' THEN growth_light END)
    )], 'grey') AS light,
    -- What the actual share leaves to do is arithmetic, not a forecast; it exists for floors of cumulative figures.
    CASE WHEN is_ceiling THEN goal - actual END AS margin,
    CASE WHEN measure = 'cumulative' AND NOT is_ceiling THEN goal - actual END AS remaining,
    CASE WHEN measure <> 'cumulative' OR is_ceiling OR m >= d THEN NULL
        WHEN actual < goal THEN {quotient("goal - actual", "d - m")}
        WHEN actual >= goal THEN 0.00 END AS needed_per_month,
    CASE WHEN measure = 'cumulative' AND NOT is_ceiling AND goal IS NOT NULL THEN
        {quotient("actual * share_whole", "share_part")} END AS projected
FROM lit
"""

_NUMBER: DecimalField[Any, Any] = DecimalField(max_digits=30, decimal_places=6)
_WORD: CharField[Any, Any] = CharField(max_length=12)

#: Every annotation that `annotate()` adds, with its type. All are null where they do not apply; unset is never 0.
ANNOTATIONS: dict[str, Field[Any, Any]] = {
    "update_id": BigIntegerField(),  # the counting update
    "period": DateField(),  # its period, a month's last day; everything below speaks for it
    "actual": _NUMBER,  # its value, in the indicator's unit
    "actual_growth": _NUMBER,  # its growth, %
    "stage": _WORD,  # its stage, for a task (models.Stage)
    "pace": _WORD,  # the verifier's judgement of a task (models.Pace)
    "schedule_used": _WORD,  # models.Schedule; `linear` where last year's figures are missing
    "completion": _NUMBER,  # % of the target, two decimals, not capped
    "expected": _NUMBER,  # % that should be done by the period's end
    "gap": _NUMBER,  # completion − expected, percentage points
    "overdue_days": IntegerField(),  # since the deadline of the first due period without a submitted update (§7)
    "year_before": _NUMBER,  # last year's figure for the same month, where last year's updates exist
    "computed_growth": _NUMBER,  # % over `year_before`, two decimals; only with a comparable baseline
    "growth_gap": _NUMBER,  # growth − target growth, percentage points
    "value_status": _WORD,  # Judgement of the value facet; null where the target has none
    "growth_status": _WORD,  # Judgement of the growth facet; null where the target has none
    "value_light": _WORD,  # Light of the value facet; null where the target has none
    "growth_light": _WORD,  # Light of the growth facet; null where the target has none
    "status": _WORD,  # Judgement: the worst judged facet
    "light": _WORD,  # Light: the worst judged facet's
    "margin": _NUMBER,  # ceilings: target − value, in the unit
    "remaining": _NUMBER,  # floors of cumulative figures: target − value
    "needed_per_month": _NUMBER,  # remaining ÷ months left until the due month; 0 once reached
    "projected": _NUMBER,  # value ÷ schedule share
}


def annotate(targets: TargetQuerySet, as_of: dt.date, known_at: dt.datetime | None = None) -> TargetQuerySet:
    """`targets` with the verdict on each, as of a month and as known at an instant.

    Args:
        as_of: any day of the month that the view speaks for.
        known_at: the instant whose knowledge counts; default now.

    Adds: `ANNOTATIONS`. Queries: none until evaluated, then 1.
    """
    values = {"as_of": month_end(as_of), "known_at": known_at or timezone.now()}
    sql = fill(as_of="%s", known_at="%s", which="true")
    params = [values[name] for name in re.findall(r":(as_of|known_at)\b", VERDICT)]
    verdict = CTE(raw_cte_sql(sql, params, {"target_id": BigIntegerField(), **ANNOTATIONS}), name="verdict")
    joined = verdict.join(targets, pk=verdict.col.target_id)
    return with_cte(verdict, select=joined).annotate(  # type: ignore[no-any-return]
        **{name: getattr(verdict.col, name) for name in ANNOTATIONS}
    )


def with_parts(targets: TargetQuerySet, as_of: dt.date, known_at: dt.datetime | None = None) -> TargetQuerySet:
    """Assessed targets beside the sum of their sub-targets (a city's total broken down by street).

    Only cumulative values in the total's own unit are added up; rates and growths never are.

    Adds: `parts_count` (sub-targets that can be added up; null without one), `parts_total` (their counting values added
    up, in the indicator's unit), `parts_difference` (the target's own value − `parts_total`: shown, not forced away).
    Queries: none until evaluated, then 1.
    """
    from .models import Measure, Target

    addable = Target.objects.filter(
        measure=Measure.CUMULATIVE,
        parent__measure=Measure.CUMULATIVE,
        indicator__unit=F("parent__indicator__unit"),
    )
    parts = CTE(
        annotate(addable, as_of, known_at)
        .order_by()
        .values("parent_id")
        .annotate(parts_count=Count("pk"), parts_total=Sum("actual")),
        name="parts",
    )
    joined = parts.join(targets, pk=parts.col.parent_id, _join_type=LOUTER)
    return with_cte(parts, select=joined).annotate(  # type: ignore[no-any-return]
        parts_count=parts.col.parts_count,
        parts_total=parts.col.parts_total,
        parts_difference=ExpressionWrapper(F("actual") - parts.col.parts_total, output_field=_NUMBER),
    )


class Meaning(NamedTuple):
    """What an update would mean if it were verified now; as `ANNOTATIONS` describes each."""

    completion: Decimal | None
    expected: Decimal | None
    gap: Decimal | None
    growth_gap: Decimal | None
    margin: Decimal | None
    remaining: Decimal | None
    year_before: Decimal | None
    status: str
    light: str
    value_status: str | None
    growth_status: str | None


def suppose(updates: Sequence[ProgressUpdate]) -> list[Meaning]:
    """What each update would mean for its own period, in place of the one that counts.

    What should be done by a month's end does not depend on what is stated, so that an update which says nothing tells
    `expected` and `year_before` of its target and period.

    Args:
        updates: saved or not, of any targets and periods; their figures are finite.

    Returns:
        One meaning for each, in order.

    Queries: 1, none without updates.
    """
    if not updates:
        return []
    stated = ("target_id", "period", "value", "growth", "stage", "pace", "steps_done")
    supposed = [
        {"id": number, **{name: getattr(update, name) for name in stated}} for number, update in enumerate(updates)
    ]
    sql = fill(
        VERDICT.replace(COUNTING, SUPPOSED),
        as_of="c.period",
        known_at="%(known_at)s",
        supposed="%(supposed)s",
        which="c.id IS NOT NULL",
    )
    # Decimals go as text: JSON's own numbers would lose printed digits on the way.
    as_text = partial(json.dumps, default=str)
    given: dict[str, Any] = {"known_at": timezone.now(), "supposed": Jsonb(supposed, dumps=as_text)}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(Meaning._fields)} FROM ({sql}) verdict ORDER BY update_id", given)
        return [Meaning(*row) for row in cursor.fetchall()]


def workings(target: Target, as_of: dt.date, known_at: dt.datetime) -> dict[str, Any]:
    """Every column of the layers for one target; empty where it does not exist. Queries: 1."""
    sql = fill(LAYERS, as_of="%(as_of)s", known_at="%(known_at)s", which="t.id = %(target)s") + "SELECT * FROM lit"
    with connection.cursor() as cursor:
        cursor.execute(sql, {"as_of": month_end(as_of), "known_at": known_at, "target": target.pk})
        row = cursor.fetchone()
        return dict(zip([column.name for column in cursor.description], row, strict=True)) if row else {}


def share(part: str, whole: str) -> Round:
    """100 × part ÷ whole of two counts, rounded half-up to two decimals; null where whole is 0."""
    rate = DecimalField(max_digits=20, decimal_places=2)
    return Round(Cast(part, rate) * 100 / NullIf(F(whole), 0), 2, output_field=rate)


def counts() -> dict[str, Any]:
    """Aggregates of assessed targets (§6): how many there are, are judged, are on schedule; how many of each status
    (by its name) and with a red or yellow light; and `rate`, on schedule ÷ judged, %, null where none is judged."""
    return {
        "total": Count("pk"),
        "judged": Count("pk", filter=Q(status__in=JUDGED)),
        "on_schedule": Count("pk", filter=Q(status__in=ON_SCHEDULE)),
        "yellow": Count("pk", filter=Q(light=Light.YELLOW)),
        "red": Count("pk", filter=Q(light=Light.RED)),
        **{status.name: Count("pk", filter=Q(status=status)) for status in Judgement},
        "rate": share("on_schedule", "judged"),
    }


def tally(targets: QuerySet[Any, Any], *group: str) -> QuerySet[Any, dict[str, Any]]:
    """Assessed targets counted by group, best first. Rates and growths are never added or averaged.

    Args:
        group: fields or annotations, such as `category`. (All in one: `.aggregate(**counts())`.)

    Adds: `counts()`, and `rank` by rate (1 is best, shared on ties: 6, 6, 8; last without a rate). Queries: 1.
    """
    rows: QuerySet[Any, dict[str, Any]] = targets.order_by().values(*group).annotate(**counts())
    ranked: QuerySet[Any, dict[str, Any]] = rows.annotate(
        rank=Window(Rank(), order_by=F("rate").desc(nulls_last=True))
    ).order_by("rank", *group)
    return ranked


def fill(sql: str = VERDICT, **places: str) -> str:
    """The statement with SQL put in for its places, such as `:which`, a condition on target `t`."""
    return re.sub(r":(as_of|known_at|which|supposed)\b", lambda match: places[match[1]], sql)


class Month(NamedTuple):
    """One month of a target's strip: how it was judged when it was due, and how it is judged by what is known now."""

    month: int
    then_status: str | None  # Judgement as known at the end of the month's deadline; null before that instant
    then_light: str | None
    now_status: str | None
    now_light: str | None


def strips(target_ids: Sequence[int], known_at: dt.datetime | None = None) -> dict[int, list[Month]]:
    """The twelve months of each target, so that a month once judged red stays visible after the target caught up.

    Args:
        target_ids: the targets of one page.
        known_at: the instant that counts as now; months that begin after it have no judgement.

    Returns:
        target id → twelve `Month`s in order.

    Queries: 1.
    """
    now = known_at or timezone.now()
    then = fill(as_of="slot.as_of", known_at="least(slot.deadline, slot.now)", which="t.id = slot.target_id")
    today = fill(as_of="slot.as_of", known_at="slot.now", which="t.id = slot.target_id")
    sql = f"""
        SELECT slot.target_id, slot.month,
            CASE WHEN slot.deadline <= slot.now THEN first.status END,
            CASE WHEN slot.deadline <= slot.now THEN first.light END,
            latest.status, latest.light
        FROM (
            SELECT t.id AS target_id, month, month_end AS as_of, now,
                -- The deadline is a day of the office's calendar; it is over when the next one begins.
                (month_end + i.due_lag + 1)::timestamp AT TIME ZONE '{LOCAL}' AS deadline
            FROM tracker_target t
            JOIN tracker_indicator i ON i.id = t.indicator_id
            CROSS JOIN generate_series(1, 12) AS month
            CROSS JOIN LATERAL (
                SELECT (make_date(t.year, month, 1) + interval '1 month' - interval '1 day')::date AS month_end
            ) ends
            CROSS JOIN (SELECT %s::timestamptz AS now) clock
            WHERE t.id = ANY (%s)
        ) slot
        LEFT JOIN LATERAL ({then}) first ON true
        LEFT JOIN LATERAL ({today}) latest ON slot.as_of <= (slot.now AT TIME ZONE '{LOCAL}')::date
        ORDER BY slot.target_id, slot.month
    """
    found: dict[int, list[Month]] = {pk: [] for pk in target_ids}
    with connection.cursor() as cursor:
        cursor.execute(sql, [now, list(target_ids)])
        for target_id, *month in cursor.fetchall():
            found[target_id].append(Month(*month))
    return found
