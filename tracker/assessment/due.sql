-- The periods that the frequency of target `t` has (domain.md §7), each with its deadline, the days since then (negative
-- before it: overdue is more than 0), and whether it is reported, as
-- `ProgressUpdateQuerySet.reported` says too.
SELECT due.period, late.deadline, {today} - late.deadline AS days_late,
    due.period = ANY (ARRAY(
        SELECT u.period FROM tracker_progressupdate u
        WHERE u.target_id = t.id AND (u.status IN ('submitted', 'endorsed', 'verified') OR u.returned_at > {known_at})
            AND (u.submitted_at <= {known_at} OR u.verified_at <= {known_at})
    )) AS is_reported
FROM tracker_indicator i
CROSS JOIN generate_series(1, 12) AS month
CROSS JOIN LATERAL (SELECT make_date(t.year + month / 12, mod(month, 12) + 1, 1) - 1 AS period) due
CROSS JOIN LATERAL (SELECT due.period + i.due_lag AS deadline) late
WHERE i.id = t.indicator_id AND month >= i.first_month
  AND mod(month, {interval}) = 0
