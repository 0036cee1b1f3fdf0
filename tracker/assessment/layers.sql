-- How progress is judged (domain.md §4–§5), in layers. Each uses the columns of the one before by name, so that every
-- rule is written once and computed once per target:
--
--     facts      the target, the update that counts as of a month and as known at an instant, the plan year's margins
--     measured   completion, expected, gap: percentages, rounded half-up to two decimals before they are compared
--     judged     a reason for each facet (words.Reason), whose first part is the facet's status
--     lit        a light for each facet, and how bad each is
--
-- A layer that computes does so in a LATERAL with OFFSET 0. Without that fence the planner writes each expression out
-- again wherever a later layer names it, and completion is computed a dozen times per target. A key still goes
-- through it to the innermost layer, other conditions do not: which targets are judged is said there, by the slots
-- `targets` (what has them as `t`) and `which`.
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
    FROM {targets}
    JOIN tracker_planyear y ON y.year = t.year
    JOIN tracker_margins rule ON rule.plan_year_id = y.id
        AND (rule.since IS NULL OR rule.since <= {known_at}) AND (rule.until IS NULL OR rule.until > {known_at})
    LEFT JOIN LATERAL ({counting}) c ON true
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
          AND {known} AND t.measure <> 'milestone'
        LIMIT 1
    ) past ON true
    LEFT JOIN LATERAL (
        SELECT max(days_late) AS overdue_days FROM ({due}) due
        WHERE days_late > 0 AND NOT is_reported AND period <= {as_of}
    ) missing ON true
    WHERE {which}
), measured AS (
    SELECT * FROM facts CROSS JOIN LATERAL (
        SELECT
            CASE
                WHEN update_id IS NULL OR by_stage OR measure = 'level' AND is_ceiling THEN NULL
                WHEN measure = 'milestone' THEN
                    least({percent(steps_done, steps_all)}, CASE WHEN steps_done < steps_all THEN 99.99 END)
                -- What rounds to 100.00 without being there is 99.99, so that the number cannot contradict the status.
                WHEN NOT is_ceiling AND actual < goal THEN least({percent(actual, goal)}, 99.99)
                ELSE {percent(actual, goal)}
            END AS completion,
            CASE
                WHEN update_id IS NULL OR by_stage OR measure = 'level' AND is_ceiling
                    OR goal IS NULL AND steps_all IS NULL OR schedule = 'annual' AND m < 12 THEN NULL
                WHEN measure = 'milestone' THEN {percent(steps_due, steps_all)}
                WHEN measure = 'level' THEN CASE WHEN has_nodes THEN {percent(planned, goal)} ELSE 100.00 END
                ELSE {percent(share_part, share_whole)}
            END AS expected,
            CASE WHEN measure = 'milestone' THEN steps_done = steps_all
                ELSE {holds(actual, comparator, goal)} END AS is_met,
            NOT is_ceiling AND actual < goal AND {percent(actual, goal)} >= 100 AS is_cut,
            round(actual_growth, 2) - round(growth_goal, 2) AS growth_gap,
            {holds(round(actual_growth, 2), growth_comparator, round(growth_goal, 2))} AS growth_met
        OFFSET 0
    ) measured
), judged AS (
    SELECT *, split_part(value_reason, '.', 1) AS value_status, split_part(growth_reason, '.', 1) AS growth_status
    FROM measured CROSS JOIN LATERAL (
        SELECT
            completion - expected AS gap,
            CASE
                WHEN goal IS NULL AND measure <> 'milestone' THEN NULL
                WHEN update_id IS NULL THEN 'NO_DATA.no_update'
                WHEN schedule = 'annual' AND m < 12 THEN 'NOT_JUDGED.before_december'
                WHEN by_stage THEN CASE
                    WHEN stage = '已完成' THEN 'COMPLETED.stage_done'
                    WHEN at_due THEN 'BEHIND.unfinished'
                    WHEN stage = '未启动' THEN 'NOT_STARTED.stage_not_started'
                    WHEN pace = '正常推进' THEN 'ON.normal_pace'
                    WHEN pace = '推进缓慢' THEN 'BEHIND.slow_pace'
                    ELSE 'NOT_JUDGED.no_pace' END
                WHEN actual IS NULL AND measure <> 'milestone' THEN 'NOT_JUDGED.no_value'
                WHEN is_met AND (at_due OR measure <> 'level' AND NOT is_ceiling) THEN 'COMPLETED.met'
                WHEN is_ceiling THEN CASE
                    WHEN NOT is_met THEN 'BEHIND.over_limit'
                    WHEN completion > expected THEN 'ON.used_fast'
                    ELSE 'ON.within_limit' END
                WHEN completion = 0 AND expected = 0 THEN 'NOT_STARTED.nothing_expected'
                WHEN completion < expected THEN CASE
                    WHEN completion - expected <= -red_margin THEN 'BEHIND.far_short' ELSE 'BEHIND.short' END
                WHEN expected >= 100 AND NOT is_met THEN 'BEHIND.unmet'
                WHEN measure <> 'level' AND completion - expected >= ahead_margin THEN 'AHEAD.ahead'
                ELSE 'ON.on_schedule'
            END AS value_reason,
            CASE
                WHEN growth_goal IS NULL THEN NULL
                WHEN update_id IS NULL THEN 'NO_DATA.no_update'
                WHEN actual_growth IS NULL THEN 'NOT_JUDGED.no_growth'
                WHEN schedule = 'annual' AND m < 12 THEN CASE
                    WHEN growth_met THEN 'NOT_JUDGED.growth_met_early' ELSE 'NOT_JUDGED.growth_unmet_early' END
                WHEN NOT growth_met THEN 'BEHIND.growth_unmet'
                WHEN at_due THEN 'COMPLETED.growth_completed'
                ELSE 'ON.growth_met'
            END AS growth_reason
        OFFSET 0
    ) judged
), lit AS (
    SELECT * FROM judged CROSS JOIN LATERAL (
        SELECT
            CASE value_status
                WHEN 'COMPLETED' THEN 'green'
                WHEN 'AHEAD' THEN 'green'
                WHEN 'ON' THEN CASE WHEN value_reason = 'ON.used_fast' THEN 'yellow' ELSE 'green' END
                WHEN 'NOT_STARTED' THEN 'yellow'
                WHEN 'BEHIND' THEN CASE
                    WHEN value_reason IN ('BEHIND.over_limit', 'BEHIND.unfinished', 'BEHIND.far_short')
                        OR value_reason = 'BEHIND.unmet' AND gap <= -red_margin THEN 'red' ELSE 'yellow' END
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
            array_position({worst_first}, CASE WHEN judged_by <> 'growth' THEN value_status END) AS value_rank,
            array_position({worst_first}, CASE WHEN judged_by <> 'value' THEN growth_status END) AS growth_rank
        OFFSET 0
    ) lit
)
