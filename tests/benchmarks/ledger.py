"""A ledger of any size, written by plain SQL: two years of targets, twelve months each, 5 % of the updates revised."""

from __future__ import annotations

import pgtrigger
from django.db import connection

#: What a district promises, in about the proportions in which it does: amounts, levels and tasks, on every schedule.
STATEMENTS = [
    """
    INSERT INTO tracker_planyear (year, needs_endorsement, first_month, opened_at)
    SELECT year, true, 1, now() FROM generate_series(2017, 2018) AS year
    """,
    """
    INSERT INTO tracker_margins (plan_year_id, ahead_margin, red_margin_value, red_margin_growth)
    SELECT id, 10, 10, 2 FROM tracker_planyear
    """,
    """
    INSERT INTO tracker_workreport (
        jurisdiction, jurisdiction_en, title, title_en, meeting, meeting_en, delivered_on, review_year, plan_year,
        source_url)
    SELECT '岳阳楼区', '', '政府工作报告', '', '第二次会议', '', make_date(year - 1, 12, 25), year - 1, year, ''
    FROM generate_series(2017, 2018) AS year
    """,
    "INSERT INTO tracker_unit (symbol, name_en, dimension, factor) VALUES ('个', '', '个', 1)",
    """
    INSERT INTO tracker_indicator (code, name, name_en, unit_id, measure, frequency, first_month, due_lag, definition)
    SELECT 'bench-' || i, '指标 ' || i, '', CASE WHEN measure <> 'milestone' THEN unit.id END, measure,
        CASE WHEN mod(i, 5) < 3 THEN 'monthly' ELSE 'quarterly' END, 1, 10, ''
    FROM generate_series(1, :targets / 2) AS i
    CROSS JOIN tracker_unit unit
    CROSS JOIN LATERAL (
        SELECT CASE WHEN mod(i, 20) < 14 THEN 'cumulative' WHEN mod(i, 20) < 17 THEN 'level' ELSE 'milestone' END
    ) kind (measure)
    """,
    """
    INSERT INTO tracker_annualresult (
        indicator_id, year, value, qualifier, growth, vintage, position, wording, note, source_url)
    SELECT id, 2017, 1000 + mod(id, 1000), '', 5.5, '', 0, '', '', 'https://example.org'
    FROM tracker_indicator WHERE measure <> 'milestone'
    """,
    """
    INSERT INTO tracker_target (
        indicator_id, year, measure, category, value, comparator, growth, growth_comparator, qualifier, judged_by,
        schedule, due_on, baseline_id, baseline_comparable, baseline_note, position, wording, note, source_url)
    SELECT i.id, plan_year, i.measure, '重点工作',
        CASE WHEN i.measure <> 'milestone' THEN 1000 + mod(i.id, 1000) END,
        CASE WHEN i.measure = 'milestone' THEN '' WHEN mod(i.id, 9) = 0 THEN '<=' ELSE '>=' END,
        CASE WHEN i.measure <> 'milestone' AND mod(i.id, 3) = 0 THEN 8.5 END,
        CASE WHEN i.measure <> 'milestone' AND mod(i.id, 3) = 0 THEN '>=' ELSE '' END, '', 'both',
        CASE WHEN i.measure <> 'cumulative' THEN 'linear' ELSE (ARRAY[
            'linear', 'linear', 'linear', 'last_year', 'last_year', 'quarterly', 'nodes', 'annual'
        ])[1 + mod(i.id, 8)] END,
        make_date(plan_year, CASE WHEN mod(i.id, 10) = 0 THEN 10 ELSE 12 END, 31),
        r.id, CASE WHEN r.id IS NOT NULL THEN true END, '', 0, '', '', 'https://example.org'
    FROM tracker_indicator i
    CROSS JOIN generate_series(2017, 2018) AS plan_year
    LEFT JOIN tracker_annualresult r ON r.indicator_id = i.id AND r.year = plan_year - 1
    """,
    """
    INSERT INTO tracker_milestone (target_id, number, name, name_en, due_on, weight)
    SELECT id, number, '节点', '', make_date(year, 3 * number, 15), number
    FROM tracker_target CROSS JOIN generate_series(1, 4) AS number WHERE measure = 'milestone'
    """,
    """
    INSERT INTO tracker_schedulenode (target_id, month, value)
    SELECT id, month, value * month / 12
    FROM tracker_target CROSS JOIN generate_series(3, 12, 3) AS month WHERE schedule = 'nodes'
    """,
    """
    INSERT INTO tracker_progressupdate (
        target_id, measure, period, revision, value, growth, stage, steps_done, pace, vintage, remark, problem,
        next_step, confirmation, correction_reason, source_url, is_sample, status, return_reason,
        entered_at, submitted_at, verified_at, superseded_at)
    SELECT t.id, t.measure, period, revision,
        CASE WHEN t.measure <> 'milestone' THEN round(t.value * month / 12.0 * (0.8 + mod(t.id, 50) / 100.0), 2) END,
        CASE WHEN t.growth IS NOT NULL THEN 7.5 + mod(t.id, 3) END,
        CASE WHEN t.measure = 'milestone' THEN '推进中' ELSE '' END,
        CASE WHEN t.measure = 'milestone' THEN (ARRAY[1, 2, 3, 4]::smallint[])[:month / 3] ELSE '{}' END,
        '', '', '按计划推进，各项工作有序开展。', '', '', '', CASE WHEN revision > 1 THEN '更正' ELSE '' END,
        'https://example.org', false, 'verified', '',
        period + interval '5 days', period + interval '6 days', period + interval '8 days' * (2 * revision - 1),
        CASE WHEN revision < revisions THEN period + interval '24 days' END
    FROM tracker_target t
    CROSS JOIN generate_series(1, 12) AS month
    CROSS JOIN LATERAL (
        SELECT (make_date(t.year, month, 1) + interval '1 month' - interval '1 day')::date AS period,
            CASE WHEN mod(t.id * 12 + month, 20) = 0 THEN 2 ELSE 1 END AS revisions
    ) month_end
    CROSS JOIN LATERAL generate_series(1, revisions) AS revision
    """,
]


@pgtrigger.ignore()
def fill(targets: int) -> None:
    """Fill an empty database with so many targets and what belongs to them. Called within the test's transaction."""
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement.replace(":targets", str(targets)))
        cursor.execute("ANALYZE")
