-- The columns of verdict.ANNOTATIONS, from the last of the layers.
{layers}
SELECT target_id, update_id, period, actual, actual_growth, stage, pace, schedule_used, completion, expected, gap,
    growth_gap, overdue_days, year_before, red_margin, red_growth,
    CASE WHEN baseline_comparable THEN {percent(actual - year_before, year_before)} END AS computed_growth,
    value_status, growth_status, value_reason, growth_reason, value_light, growth_light,
    coalesce(({worst_first})[least(value_rank, growth_rank)],
        CASE WHEN update_id IS NULL THEN 'NO_DATA' ELSE 'NOT_JUDGED' END) AS status,
    CASE least(value_rank, growth_rank) WHEN value_rank THEN value_reason WHEN growth_rank THEN growth_reason
        ELSE CASE WHEN update_id IS NULL THEN 'NO_DATA.no_update' ELSE 'NOT_JUDGED.no_facet' END END AS reason,
    coalesce(({lit_worst_first})[least(
        array_position({lit_worst_first}, CASE WHEN judged_by <> 'growth' THEN value_light END),
        array_position({lit_worst_first}, CASE WHEN judged_by <> 'value' THEN growth_light END)
    )], 'grey') AS light,
    -- What the actual share leaves to do is arithmetic, not a forecast; it exists for floors of cumulative figures.
    CASE WHEN is_ceiling THEN goal - actual END AS margin,
    CASE WHEN measure = 'cumulative' AND NOT is_ceiling THEN goal - actual END AS remaining,
    CASE WHEN measure <> 'cumulative' OR is_ceiling OR m >= d THEN NULL
        WHEN actual < goal THEN {quotient(goal - actual, d - m)}
        WHEN actual >= goal THEN 0.00 END AS needed_per_month,
    CASE WHEN measure = 'cumulative' AND NOT is_ceiling AND goal IS NOT NULL THEN
        {quotient(actual * share_whole, share_part)} END AS projected
FROM lit
