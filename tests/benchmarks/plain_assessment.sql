-- The floor of test_assessment_speed.py: right for the ledger of ledger.py, and as fast as plain SQL gets.
WITH c AS (
    SELECT t.id, t.measure, t.value AS goal, t.comparator, t.comparator IN ('<', '<=') AS ceiling, t.growth AS growth_goal,
        t.growth_comparator, t.judged_by, t.schedule, t.baseline_comparable,
        extract(month FROM t.due_on) AS d, extract(month FROM u.period) AS m,
        u.id AS update_id, u.period, u.value AS actual, u.growth AS actual_growth, u.stage, u.pace,
        before.value AS year_before, total.value AS total, steps.total AS weights,
        coalesce(steps.done, 0) AS done, coalesce(steps.due, 0) AS due, node.planned,
        w.ahead_margin, w.red_margin_value, w.red_margin_growth, late.overdue_days
    FROM tracker_target t
    JOIN tracker_planyear y ON y.year = t.year
    JOIN tracker_margins w ON w.plan_year_id = y.id
    LEFT JOIN LATERAL (
        SELECT * FROM tracker_progressupdate u
        WHERE u.target_id = t.id AND u.status = 'verified' AND u.period <= %(as_of)s AND u.verified_at <= %(known_at)s
            AND (u.superseded_at IS NULL OR u.superseded_at > %(known_at)s)
        ORDER BY u.period DESC, u.revision DESC LIMIT 1
    ) u ON true
    LEFT JOIN tracker_target last ON last.indicator_id = t.indicator_id AND last.year = t.year - 1
    LEFT JOIN LATERAL (
        SELECT value FROM tracker_progressupdate b
        WHERE b.target_id = last.id AND b.period = (u.period + 1 - interval '1 year')::date - 1
            AND b.status = 'verified' AND b.verified_at <= %(known_at)s
            AND (b.superseded_at IS NULL OR b.superseded_at > %(known_at)s)
        LIMIT 1
    ) before ON true
    LEFT JOIN tracker_annualresult total ON total.indicator_id = t.indicator_id AND total.year = t.year - 1
    LEFT JOIN LATERAL (
        SELECT sum(weight) AS total, sum(weight) FILTER (WHERE number = ANY (u.steps_done)) AS done,
            sum(weight) FILTER (WHERE due_on <= u.period) AS due
        FROM tracker_milestone WHERE target_id = t.id AND t.measure = 'milestone'
    ) steps ON true
    LEFT JOIN LATERAL (
        SELECT value AS planned FROM tracker_schedulenode n
        WHERE n.target_id = t.id AND t.schedule = 'nodes' AND n.month <= extract(month FROM u.period) ORDER BY n.month DESC LIMIT 1
    ) node ON true
    LEFT JOIN LATERAL (
        SELECT max((%(known_at)s AT TIME ZONE 'Asia/Shanghai')::date - deadline) AS overdue_days
        FROM tracker_indicator i, generate_series(1, 12) AS month,
            LATERAL (SELECT make_date(t.year + month / 12, month %% 12 + 1, 1) - 1 AS month_end) e,
            LATERAL (SELECT month_end + i.due_lag AS deadline) l
        WHERE i.id = t.indicator_id AND month >= i.first_month AND month_end <= %(as_of)s
            AND month %% CASE i.frequency WHEN 'monthly' THEN 1 WHEN 'quarterly' THEN 3 WHEN 'half-yearly' THEN 6 ELSE 12 END = 0
            AND deadline < (%(known_at)s AT TIME ZONE 'Asia/Shanghai')::date
            AND month_end <> ALL (ARRAY(
                SELECT period FROM tracker_progressupdate s
                WHERE s.target_id = t.id AND (s.status IN ('submitted', 'endorsed', 'verified')
                    OR s.status = 'returned' AND s.returned_at > %(known_at)s)
                    AND least(s.submitted_at, s.verified_at) <= %(known_at)s))
    ) late ON true
), rates AS (
    SELECT c.*, x.* FROM c CROSS JOIN LATERAL (
        SELECT
            CASE
                WHEN measure = 'milestone' THEN least(round(done / weights * 100, 2), CASE WHEN done < weights THEN 99.99 END)
                WHEN measure = 'level' AND ceiling THEN NULL
                WHEN actual < goal AND NOT ceiling THEN least(round(actual / goal * 100, 2), 99.99)
                ELSE round(actual / nullif(goal, 0) * 100, 2)
            END AS completion,
            CASE
                WHEN update_id IS NULL OR schedule = 'annual' AND m < 12 THEN NULL
                WHEN measure = 'milestone' THEN due / weights
                WHEN measure = 'level' THEN CASE WHEN NOT ceiling THEN coalesce(planned / goal, 1) END
                WHEN goal IS NULL THEN NULL
                WHEN schedule = 'annual' THEN 1
                WHEN schedule = 'quarterly' THEN floor(m / 3) / 4
                WHEN schedule = 'nodes' THEN coalesce(planned, 0) / nullif(goal, 0)
                WHEN schedule = 'last_year' THEN coalesce(year_before / nullif(total, 0), least(m / d, 1))
                ELSE least(m / d, 1)
            END AS share,
            CASE comparator WHEN '>=' THEN actual >= goal WHEN '>' THEN actual > goal
                WHEN '<=' THEN actual <= goal WHEN '<' THEN actual < goal ELSE done = weights END AS met,
            round(actual_growth, 2) - round(growth_goal, 2) AS growth_gap
        OFFSET 0
    ) x
), facets AS (
    SELECT r.*, x.*, completion - expected AS gap, split_part(value_reason, '.', 1) AS value_status,
        split_part(growth_reason, '.', 1) AS growth_status FROM rates r CROSS JOIN LATERAL (
        SELECT round(share * 100, 2) AS expected,
            CASE
                WHEN goal IS NULL AND measure <> 'milestone' THEN NULL
                WHEN update_id IS NULL THEN 'NO_DATA.no_update'
                WHEN schedule = 'annual' AND m < 12 THEN 'NOT_JUDGED.before_december'
                WHEN measure = 'milestone' AND weights IS NULL THEN CASE
                    WHEN stage = '已完成' THEN 'COMPLETED.stage_done' WHEN m >= d THEN 'BEHIND.unfinished'
                    WHEN stage = '未启动' THEN 'NOT_STARTED.stage_not_started' WHEN pace = '正常推进' THEN 'ON.normal_pace'
                    WHEN pace = '推进缓慢' THEN 'BEHIND.slow_pace' ELSE 'NOT_JUDGED.no_pace' END
                WHEN met IS NULL THEN 'NOT_JUDGED.no_value'
                WHEN met AND (m >= d OR measure <> 'level' AND NOT ceiling) THEN 'COMPLETED.met'
                WHEN ceiling THEN CASE WHEN NOT met THEN 'BEHIND.over_limit'
                    WHEN completion > round(share * 100, 2) THEN 'ON.used_fast' ELSE 'ON.within_limit' END
                WHEN completion = 0 AND round(share * 100, 2) = 0 THEN 'NOT_STARTED.nothing_expected'
                WHEN completion < round(share * 100, 2) THEN CASE WHEN completion - round(share * 100, 2) <= -red_margin_value
                    THEN 'BEHIND.far_short' ELSE 'BEHIND.short' END
                WHEN round(share * 100, 2) >= 100 AND NOT met THEN 'BEHIND.unmet'
                WHEN measure <> 'level' AND completion - round(share * 100, 2) >= ahead_margin THEN 'AHEAD.ahead'
                ELSE 'ON.on_schedule'
            END AS value_reason,
            CASE
                WHEN growth_goal IS NULL THEN NULL
                WHEN update_id IS NULL THEN 'NO_DATA.no_update'
                WHEN actual_growth IS NULL THEN 'NOT_JUDGED.no_growth'
                WHEN CASE growth_comparator WHEN '>=' THEN growth_gap >= 0 WHEN '>' THEN growth_gap > 0
                    WHEN '<=' THEN growth_gap <= 0 ELSE growth_gap < 0 END
                    THEN CASE WHEN schedule = 'annual' AND m < 12 THEN 'NOT_JUDGED.growth_met_early'
                        WHEN m >= d THEN 'COMPLETED.growth_completed' ELSE 'ON.growth_met' END
                ELSE CASE WHEN schedule = 'annual' AND m < 12 THEN 'NOT_JUDGED.growth_unmet_early'
                    ELSE 'BEHIND.growth_unmet' END
            END AS growth_reason
        OFFSET 0
    ) x
), lights AS (
    SELECT f.*, x.* FROM facets f CROSS JOIN LATERAL (
        SELECT
            CASE
                WHEN value_status IN ('NO_DATA', 'NOT_JUDGED') THEN 'grey'
                WHEN value_status = 'NOT_STARTED' OR value_status = 'ON' AND ceiling AND gap > 0 THEN 'yellow'
                WHEN value_status IS NULL THEN NULL
                WHEN value_status <> 'BEHIND' THEN 'green'
                WHEN ceiling OR weights IS NULL AND measure = 'milestone' AND m >= d OR gap <= -red_margin_value THEN 'red'
                ELSE 'yellow'
            END AS value_light,
            CASE
                WHEN growth_status IN ('NO_DATA', 'NOT_JUDGED') THEN 'grey'
                WHEN growth_status IS NULL THEN NULL
                WHEN growth_status <> 'BEHIND' THEN 'green'
                WHEN growth_comparator IN ('<', '<=') OR growth_gap <= -red_margin_growth THEN 'red'
                ELSE 'yellow'
            END AS growth_light,
            ARRAY[CASE WHEN judged_by <> 'growth' THEN value_status END, CASE WHEN judged_by <> 'value' THEN growth_status END]
                AS statuses
        OFFSET 0
    ) x
)
SELECT id, update_id, period, actual, actual_growth, stage, pace,
    CASE WHEN update_id IS NULL THEN NULL WHEN schedule = 'last_year' AND year_before / nullif(total, 0) IS NULL THEN 'linear'
        ELSE schedule END AS schedule_used,
    completion, expected, gap, overdue_days, year_before,
    CASE WHEN baseline_comparable THEN round((actual - year_before) / nullif(year_before, 0) * 100, 2) END AS computed_growth,
    growth_gap, value_status, growth_status, value_reason, growth_reason, value_light, growth_light,
    CASE WHEN 'BEHIND' = ANY (statuses) THEN 'BEHIND' WHEN 'NOT_STARTED' = ANY (statuses) THEN 'NOT_STARTED'
        WHEN 'ON' = ANY (statuses) THEN 'ON' WHEN 'AHEAD' = ANY (statuses) THEN 'AHEAD'
        WHEN 'COMPLETED' = ANY (statuses) THEN 'COMPLETED' WHEN update_id IS NULL THEN 'NO_DATA' ELSE 'NOT_JUDGED' END AS status,
    CASE WHEN value_rank <= coalesce(growth_rank, 9) THEN value_reason WHEN growth_rank IS NOT NULL THEN growth_reason
        WHEN update_id IS NULL THEN 'NO_DATA.no_update' ELSE 'NOT_JUDGED.no_facet' END AS reason,
    CASE WHEN 'red' = ANY (lamps) THEN 'red' WHEN 'yellow' = ANY (lamps) THEN 'yellow'
        WHEN 'green' = ANY (lamps) THEN 'green' ELSE 'grey' END AS light,
    CASE WHEN ceiling THEN goal - actual END AS margin,
    CASE WHEN measure = 'cumulative' AND NOT ceiling THEN goal - actual END AS remaining,
    CASE WHEN measure = 'cumulative' AND NOT ceiling AND m < d AND goal - actual IS NOT NULL
        THEN round(greatest(goal - actual, 0) / (d - m), 2) END AS needed_per_month,
    CASE WHEN measure = 'cumulative' AND NOT ceiling THEN round(actual / nullif(share, 0), 2) END AS projected
FROM lights CROSS JOIN LATERAL (
    SELECT ARRAY[CASE WHEN judged_by <> 'growth' THEN value_light END, CASE WHEN judged_by <> 'value' THEN growth_light END]
            AS lamps,
        array_position(ARRAY['BEHIND', 'NOT_STARTED', 'ON', 'AHEAD', 'COMPLETED'], statuses[1]) AS value_rank,
        array_position(ARRAY['BEHIND', 'NOT_STARTED', 'ON', 'AHEAD', 'COMPLETED'], statuses[2]) AS growth_rank
) x
ORDER BY id
