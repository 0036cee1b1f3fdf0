"""How progress is judged (domain.md §4–§5, §7): one example for every rule, and for every mistake that peers make."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db.models import Avg, Count, Max, Min, Q

from tests.factories import (
    AnnualResultFactory,
    IndicatorFactory,
    MilestoneFactory,
    PlanYearFactory,
    ScheduleNodeFactory,
    TargetFactory,
    UpdateFactory,
    WorkReportFactory,
)
from tests.tracker.oracle import month_end
from tracker import assessment
from tracker.models import Margins, PlanYear, ProgressUpdate, Target

pytestmark = pytest.mark.django_db

DISTRICT = dt.timezone(dt.timedelta(hours=8))


def at(*when):
    return dt.datetime(*when, tzinfo=DISTRICT)


LATER = at(2019, 3, 1)


def report(target, month, value=None, **facts):
    """A verified update of `target`, known ten days after the month's end."""
    value = None if value is None else Decimal(str(value))
    return UpdateFactory(target=target, period=month_end(target.year, month), value=value, **facts)


def judged(target, month=12, known_at=LATER):
    return Target.objects.assessed(dt.date(target.year, month, 1), known_at).get(pk=target.pk)


def verdict(month, value, growth=None, /, **promised):
    """The verdict on one figure for a month, against a target of at least 100 unless told otherwise."""
    target = TargetFactory(**promised)
    report(target, month, value, growth=None if growth is None else Decimal(str(growth)))
    return judged(target)


# --- what peers get wrong ---


def test_fewer_is_better_where_the_report_says_within():
    unemployment = {"level": True, "value": Decimal("4.5"), "comparator": "<="}
    assert verdict(6, "4.1", **unemployment).status == "ON"
    over = verdict(6, "4.9", **unemployment)
    assert (over.status, over.light, over.margin) == ("BEHIND", "red", Decimal("-0.4"))


def test_cumulative_figures_are_not_added_up_again():
    target = TargetFactory()
    for month, value in [(1, 8), (3, 25), (6, 50)]:
        report(target, month, value)
    june = judged(target)
    assert (june.actual, june.completion) == (50, 50)


def test_zero_is_a_figure_and_not_a_missing_one():
    nothing_done = verdict(6, 0)
    assert (nothing_done.actual, nothing_done.completion, nothing_done.gap) == (0, 0, -50)
    assert (nothing_done.status, nothing_done.light) == ("BEHIND", "red")
    assert verdict(6, 0, level=True, comparator="<=").status == "ON"


def test_what_nobody_reported_is_blank_and_not_zero():
    blank = judged(TargetFactory())
    assert (blank.status, blank.light) == ("NO_DATA", "grey")
    numbers = ["actual", "completion", "expected", "gap", "remaining", "needed_per_month", "projected", "margin"]
    assert [getattr(blank, name) for name in numbers] == [None] * len(numbers)


def test_a_month_is_held_against_its_own_schedule_however_late_it_is_read():
    target = TargetFactory()
    report(target, 3, 25)
    for month in (3, 6, 12):
        row = judged(target, month)
        assert (row.period, row.expected, row.status) == (dt.date(2018, 3, 31), 25, "ON")


def test_the_colour_follows_the_number_that_is_shown():
    # Unrounded, it would be 9.996 points behind: yellow beside a printed −10.00.
    shown = verdict(6, "40.004")
    assert (shown.gap, shown.light) == (Decimal("-10.00"), "red")


def test_every_month_has_a_judgement_not_only_the_last():
    target = TargetFactory()
    statuses = []
    for month in range(1, 13):
        report(target, month, Decimal(100) * month / 12)
        statuses.append(judged(target, month).status)
    assert statuses == ["ON"] * 11 + ["COMPLETED"]


def test_a_gap_that_rounds_to_nothing_is_on_schedule():
    row = verdict(6, "49.996")
    assert (row.gap, row.status, row.light) == (0, "ON", "green")


def test_300_does_not_exceed_300():
    promise = {"value": Decimal(300), "comparator": ">"}
    exactly = verdict(12, 300, **promise)
    assert (exactly.completion, exactly.gap, exactly.status, exactly.light) == (100, 0, "BEHIND", "yellow")
    assert verdict(12, "300.01", **promise).status == "COMPLETED"
    assert verdict(6, 300, **promise).status == "AHEAD"


def test_what_is_short_of_the_target_never_reads_100():
    short = verdict(12, "99.9999")
    assert (short.completion, short.status, short.light) == (Decimal("99.99"), "BEHIND", "yellow")
    assert verdict(12, 100).completion == Decimal("100.00")


def test_halves_are_rounded_away_from_zero_exactly_and_once():
    assert verdict(6, "33.335").completion == Decimal("33.34")
    assert verdict(6, "-33.335").completion == Decimal("-33.34")
    # A division stopped after sixteen digits would read …33.335 here, and round that up.
    assert verdict(6, "3333499999999.999999", value=Decimal(10) ** 13).completion == Decimal("33.33")


# --- statuses and lights, at their borders ---


@pytest.mark.parametrize(
    ("value", "status", "light"),
    [
        ("100", "COMPLETED", "green"),
        ("99.99", "AHEAD", "green"),
        ("60.00", "AHEAD", "green"),
        ("59.995", "AHEAD", "green"),
        ("59.994", "ON", "green"),
        ("50.00", "ON", "green"),
        ("49.995", "ON", "green"),
        ("49.994", "BEHIND", "yellow"),
        ("40.01", "BEHIND", "yellow"),
        ("40.005", "BEHIND", "yellow"),
        ("40.00", "BEHIND", "red"),
        ("0", "BEHIND", "red"),
        ("-1", "BEHIND", "red"),
    ],
)
def test_a_cumulative_figure_of_june_against_100(value, status, light):
    row = verdict(6, value)
    assert (row.value_status, row.status, row.light) == (status, status, light)


@pytest.mark.parametrize(
    ("growth", "gap", "status", "light"),
    [
        ("12", "2.50", "ON", "green"),
        ("9.5", "0.00", "ON", "green"),
        ("9.495", "0.00", "ON", "green"),
        ("9.49", "-0.01", "BEHIND", "yellow"),
        ("7.51", "-1.99", "BEHIND", "yellow"),
        ("7.5", "-2.00", "BEHIND", "red"),
        ("-3", "-12.50", "BEHIND", "red"),
    ],
)
def test_a_growth_rate_against_9_and_a_half(growth, gap, status, light):
    row = verdict(6, None, growth, value=None, comparator="", growth=Decimal("9.5"), growth_comparator=">=")
    assert (row.growth_gap, row.growth_status, row.light) == (Decimal(gap), status, light)


def test_growth_is_completed_only_at_the_due_month():
    promise = {"value": None, "comparator": "", "growth": Decimal("9.5"), "growth_comparator": ">="}
    assert [verdict(month, None, 10, **promise).status for month in (6, 11, 12)] == ["ON", "ON", "COMPLETED"]
    assert verdict(6, None, 10, **promise, due_on=dt.date(2018, 6, 30)).status == "COMPLETED"


def test_growth_that_must_exceed_is_behind_when_exactly_met():
    row = verdict(6, None, "9.5", value=None, comparator="", growth=Decimal("9.5"), growth_comparator=">")
    assert (row.growth_gap, row.status, row.light) == (0, "BEHIND", "yellow")


def test_growth_beyond_its_limit_is_red_at_once():
    row = verdict(6, None, "3.01", value=None, comparator="", growth=Decimal(3), growth_comparator="<=")
    assert (row.growth_gap, row.status, row.light) == (Decimal("0.01"), "BEHIND", "red")


def test_nothing_done_while_nothing_is_due_is_not_started():
    row = verdict(2, 0, schedule="quarterly")
    assert (row.completion, row.expected, row.status, row.light) == (0, 0, "NOT_STARTED", "yellow")
    # To use nothing of a quota is no delay.
    assert verdict(2, 0, schedule="quarterly", comparator="<=").status == "ON"


def test_the_plan_years_margins_draw_the_borders():
    PlanYearFactory(year=2018, ahead_margin=5, red_margin_value=Decimal("0.5"), red_margin_growth=0)
    assert verdict(6, 55).status == "AHEAD"
    assert verdict(6, "49.5").light == "red"
    met_exactly = verdict(6, None, 8, value=None, comparator="", growth=Decimal(8), growth_comparator=">")
    assert (met_exactly.status, met_exactly.light) == ("BEHIND", "red")


def test_margins_changed_during_the_year_count_from_then_on_and_other_years_keep_theirs():
    PlanYearFactory(year=2017, ahead_margin=30)
    both = IndicatorFactory()
    last_year, this_year = (TargetFactory(indicator=both, year=year) for year in (2017, 2018))
    for target in (last_year, this_year):
        report(target, 6, 70)
    assert (judged(last_year).status, judged(this_year).status) == ("ON", "AHEAD")
    before = dt.datetime.now(dt.UTC)
    Margins.objects.create(plan_year=PlanYear.objects.get(year=2018), since=before, ahead_margin=25)
    now = dt.datetime.now(dt.UTC)
    assert (judged(last_year, known_at=now).status, judged(this_year, known_at=now).status) == ("ON", "ON")
    known_before = before - dt.timedelta(seconds=1)
    assert Target.objects.assessed(dt.date(2018, 6, 30), known_before).get(pk=this_year.pk).status == "AHEAD"


# --- two facets ---


@pytest.mark.parametrize(
    ("value", "growth", "value_status", "growth_status", "status", "light"),
    [
        (70, 10, "AHEAD", "ON", "ON", "green"),
        (70, 9, "AHEAD", "BEHIND", "BEHIND", "yellow"),
        (70, 5, "AHEAD", "BEHIND", "BEHIND", "red"),
        (45, 5, "BEHIND", "BEHIND", "BEHIND", "red"),
        (20, 10, "BEHIND", "ON", "BEHIND", "red"),
        (100, 10, "COMPLETED", "ON", "ON", "green"),
    ],
)
def test_a_target_of_two_facets_is_as_good_as_the_worse(value, growth, value_status, growth_status, status, light):
    row = verdict(6, value, growth, growth=Decimal("9.5"), growth_comparator=">=")
    assert (row.value_status, row.growth_status) == (value_status, growth_status)
    assert (row.status, row.light) == (status, light)


def test_a_facet_without_figures_is_left_out():
    facets = {"growth": Decimal("9.5"), "growth_comparator": ">="}
    row = verdict(6, 70, None, **facets)
    assert (row.value_status, row.growth_status, row.status) == ("AHEAD", "NOT_JUDGED", "AHEAD")
    row = verdict(6, None, 9, **facets)
    assert (row.value_status, row.growth_status, row.status) == ("NOT_JUDGED", "BEHIND", "BEHIND")
    assert (row.completion, row.gap, row.remaining, row.needed_per_month) == (None, None, None, None)


def test_only_the_facet_that_counts_decides_and_the_other_is_still_shown():
    facets = {"growth": Decimal("9.5"), "growth_comparator": ">="}
    by_value = verdict(6, 70, 2, **facets, judged_by="value")
    assert (by_value.growth_status, by_value.growth_light) == ("BEHIND", "red")
    assert (by_value.status, by_value.light) == ("AHEAD", "green")
    by_growth = verdict(6, 20, 12, **facets, judged_by="growth")
    assert (by_growth.value_status, by_growth.status, by_growth.light) == ("BEHIND", "ON", "green")


def test_a_target_without_a_facet_has_no_status_and_no_light_for_it():
    row = verdict(6, 50)
    assert (row.growth_status, row.growth_light, row.growth_gap) == (None, None, None)
    growth_only = verdict(6, 50, 10, value=None, comparator="", growth=Decimal(9), growth_comparator=">=")
    assert (growth_only.value_status, growth_only.value_light) == (None, None)
    assert (growth_only.completion, growth_only.expected, growth_only.projected) == (None, None, None)


# --- schedules ---


@pytest.mark.parametrize(
    ("promise", "months"),
    [
        ({"schedule": "linear"}, {1: "8.33", 2: "16.67", 6: "50.00", 11: "91.67", 12: "100.00"}),
        (
            {"schedule": "linear", "due_on": dt.date(2018, 9, 15)},
            {1: "11.11", 6: "66.67", 9: "100.00", 12: "100.00"},
        ),
        ({"schedule": "quarterly"}, {1: "0.00", 2: "0.00", 3: "25.00", 5: "25.00", 11: "75.00", 12: "100.00"}),
        ({"schedule": "annual"}, {6: None, 11: None, 12: "100.00"}),
    ],
)
def test_what_a_schedule_expects_month_by_month(promise, months):
    target = TargetFactory(**promise)
    for month in months:
        report(target, month, 1)
    assert {month: judged(target, month).expected for month in months} == {
        month: share and Decimal(share) for month, share in months.items()
    }


def test_nodes_hold_until_the_next_one():
    target = TargetFactory(value=Decimal(200), schedule="nodes")
    for month, value in [(3, 20), (9, 150)]:
        ScheduleNodeFactory(target=target, month=month, value=value)
    for month in (2, 3, 8, 9, 12):
        report(target, month, 10)
    assert [judged(target, month).expected for month in (2, 3, 8, 9, 12)] == [0, 10, 10, 75, 75]


def with_last_year(months, total=None, **promise):
    """A target of 2018 whose indicator had the given cumulative figures by month in 2017."""
    WorkReportFactory(plan_year=2017)
    indicator = IndicatorFactory()
    last = TargetFactory(indicator=indicator, year=2017)
    for month, value in months.items():
        report(last, month, value)
    if total is not None:
        AnnualResultFactory(indicator=indicator, value=total)
    return TargetFactory(indicator=indicator, **promise)


def test_last_years_shape_is_this_years_schedule():
    # The district's GDP: 18 % after the first quarter, 38.8 % after the first half.
    target = with_last_year({3: "110.66", 6: "238.54"}, Decimal("614.8"), value=Decimal(678), schedule="last_year")
    report(target, 3, "122.04")
    report(target, 6, "250")
    march, june = judged(target, 3), judged(target, 6)
    assert (march.expected, march.completion, march.status) == (18, 18, "ON")
    assert (june.expected, june.status, june.schedule_used) == (Decimal("38.80"), "BEHIND", "last_year")


@pytest.mark.parametrize(
    ("months", "total"),
    [({}, 600), ({3: 100}, 600), ({6: 200}, None), ({6: 200}, 0), ({6: None}, 600)],
    ids=["no figures", "another month", "no total", "a total of zero", "growth only"],
)
def test_without_last_years_figures_the_schedule_is_linear_and_says_so(months, total):
    WorkReportFactory(plan_year=2017)
    indicator = IndicatorFactory()
    last = TargetFactory(indicator=indicator, year=2017)
    for month, value in months.items():
        report(last, month, value, growth=Decimal(5))
    if total is not None:
        AnnualResultFactory(indicator=indicator, value=Decimal(total))
    target = TargetFactory(indicator=indicator, schedule="last_year", due_on=dt.date(2018, 10, 31))
    report(target, 6, 60)
    row = judged(target)
    assert (row.schedule_used, row.expected, row.status) == ("linear", 60, "ON")


def test_an_annual_target_is_not_judged_before_december():
    target = TargetFactory(schedule="annual", growth=Decimal(5), growth_comparator=">=")
    report(target, 6, 100, growth=Decimal(1))
    report(target, 11, 100, growth=Decimal(1))
    report(target, 12, 100, growth=Decimal(5))
    december = judged(target, 12)
    for before in (judged(target, 6), judged(target, 11)):
        assert (before.value_status, before.growth_status, before.status, before.light) == (*["NOT_JUDGED"] * 3, "grey")
        assert (before.completion, before.expected, before.gap) == (100, None, None)
    assert (december.status, december.expected) == ("COMPLETED", 100)


# --- quotas and levels ---


@pytest.mark.parametrize(
    ("month", "used", "status", "light"),
    [
        (6, 0, "ON", "green"),
        (6, 50, "ON", "green"),
        (6, "50.004", "ON", "green"),
        (6, "50.01", "ON", "yellow"),
        (6, 100, "ON", "yellow"),
        (6, "100.01", "BEHIND", "red"),
        (12, 100, "COMPLETED", "green"),
        (12, "100.01", "BEHIND", "red"),
    ],
)
def test_a_quota_is_held_and_warned_of_when_used_too_fast(month, used, status, light):
    row = verdict(month, used, comparator="<=")
    assert (row.status, row.light) == (status, light)
    assert (row.completion, row.margin) == (Decimal(used).quantize(Decimal("0.01")), 100 - Decimal(used))


def test_a_quota_of_nothing_has_no_share_but_can_be_exceeded():
    assert verdict(6, 0, value=Decimal(0), comparator="<=").status == "ON"
    row = verdict(6, 1, value=Decimal(0), comparator="<=")
    assert (row.completion, row.gap, row.status, row.light) == (None, None, "BEHIND", "red")


def test_below_means_below():
    promise = {"level": True, "value": Decimal("4.5"), "comparator": "<"}
    assert verdict(6, "4.5", **promise).light == "red"
    assert verdict(6, "4.4999", **promise).status == "ON"


@pytest.mark.parametrize(
    ("month", "value", "status", "light"),
    [
        (6, 100, "ON", "green"),
        (6, 150, "ON", "green"),
        (6, "99.999", "BEHIND", "yellow"),
        (6, "90.01", "BEHIND", "yellow"),
        (6, 90, "BEHIND", "red"),
        (6, 0, "BEHIND", "red"),
        (12, 100, "COMPLETED", "green"),
        (12, "99.99", "BEHIND", "yellow"),
    ],
)
def test_a_level_is_expected_in_full_all_year_and_completed_only_in_the_end(month, value, status, light):
    row = verdict(month, value, level=True)
    assert (row.expected, row.status, row.light) == (100, status, light)


def test_a_level_may_rise_along_its_nodes():
    target = TargetFactory(level=True, value=Decimal(80), schedule="nodes")
    ScheduleNodeFactory(target=target, month=6, value=60)
    for month, value in [(3, 50), (6, 59), (9, 60)]:
        report(target, month, value)
    assert [(row.expected, row.status) for row in (judged(target, month) for month in (3, 6, 9))] == [
        (0, "ON"),
        (75, "BEHIND"),
        (75, "ON"),
    ]


def test_a_level_that_must_stay_below_has_no_percentages():
    row = verdict(6, 4, level=True, value=Decimal(5), comparator="<=")
    assert (row.completion, row.expected, row.gap, row.margin) == (None, None, None, 1)
    assert verdict(12, 4, level=True, value=Decimal(5), comparator="<=").status == "COMPLETED"


# --- tasks ---


def task_with_steps(**promise):
    target = TargetFactory(task=True, **promise)
    for number, due, weight in [(1, (3, 31), 1), (2, (6, 30), 2), (3, (12, 31), 3)]:
        MilestoneFactory(target=target, number=number, due_on=dt.date(2018, *due), weight=weight)
    return target


@pytest.mark.parametrize(
    ("month", "done", "completion", "expected", "status", "light"),
    [
        (2, [], "0.00", "0.00", "NOT_STARTED", "yellow"),
        (3, [], "0.00", "16.67", "BEHIND", "red"),
        (3, [1], "16.67", "16.67", "ON", "green"),
        (6, [1, 2], "50.00", "50.00", "ON", "green"),
        (6, [2], "33.33", "50.00", "BEHIND", "red"),
        (6, [3], "50.00", "50.00", "ON", "green"),
        (6, [2, 3], "83.33", "50.00", "AHEAD", "green"),
        (6, [1, 2, 3], "100.00", "50.00", "COMPLETED", "green"),
        (12, [1, 2], "50.00", "100.00", "BEHIND", "red"),
    ],
)
def test_a_task_is_as_far_as_the_weight_of_its_steps(month, done, completion, expected, status, light):
    target = task_with_steps()
    # The stage that it also states does not matter.
    report(target, month, stage="未启动", steps_done=done)
    row = judged(target)
    assert (row.completion, row.expected) == (Decimal(completion), Decimal(expected))
    assert (row.status, row.light) == (status, light)


def test_a_step_named_twice_counts_once_and_an_unknown_one_not_at_all():
    target = task_with_steps()
    report(target, 6, stage="推进中", steps_done=[2, 2, 9])
    assert judged(target).completion == Decimal("33.33")


def test_a_task_short_of_a_feather_never_reads_100():
    target = TargetFactory(task=True)
    for number, weight in [(1, 100_000), (2, 1)]:
        MilestoneFactory(target=target, number=number, due_on=dt.date(2018, 6, 30), weight=weight)
    report(target, 6, steps_done=[1])
    row = judged(target)
    assert (row.completion, row.expected, row.status) == (Decimal("99.99"), 100, "BEHIND")


@pytest.mark.parametrize(
    ("stage", "pace", "status", "light"),
    [
        ("已完成", "", "COMPLETED", "green"),
        ("已完成", "推进缓慢", "COMPLETED", "green"),
        ("未启动", "", "NOT_STARTED", "yellow"),
        ("未启动", "正常推进", "NOT_STARTED", "yellow"),
        ("前期工作", "正常推进", "ON", "green"),
        ("推进中", "推进缓慢", "BEHIND", "yellow"),
        ("推进中", "", "NOT_JUDGED", "grey"),
    ],
)
def test_a_plain_task_is_judged_by_people_and_given_no_percentage(stage, pace, status, light):
    target = TargetFactory(task=True)
    report(target, 6, stage=stage, pace=pace)
    row = judged(target)
    assert (row.status, row.light) == (status, light)
    assert (row.completion, row.expected, row.gap) == (None, None, None)


@pytest.mark.parametrize("stage", ["未启动", "推进中"])
def test_a_plain_task_that_is_due_and_not_done_is_red_whatever_was_said_of_its_pace(stage):
    target = TargetFactory(task=True, due_on=dt.date(2018, 6, 15))
    report(target, 5, stage="推进中", pace="正常推进")
    report(target, 6, stage=stage, pace="正常推进")
    may, june = judged(target, 5), judged(target, 6)
    assert (may.status, june.status, june.light) == ("ON", "BEHIND", "red")


# --- the due month ---


def test_a_quota_and_a_level_are_completed_at_their_own_due_month():
    due = {"due_on": dt.date(2018, 9, 30)}
    for promise in ({"comparator": "<="}, {"level": True}, {"level": True, "comparator": "<="}):
        statuses = [verdict(month, 100, **promise, **due).status for month in (8, 9, 10)]
        assert statuses == ["ON", "COMPLETED", "COMPLETED"]


def test_what_was_due_in_september_and_is_not_done_stays_behind():
    row = verdict(11, "99.99", due_on=dt.date(2018, 9, 30))
    assert (row.expected, row.status, row.needed_per_month) == (100, "BEHIND", None)


# --- looking forward, and back ---


def test_what_is_left_is_shared_out_over_the_months_that_are_left():
    row = verdict(5, 30)
    assert (row.remaining, row.needed_per_month, row.projected) == (70, 10, 72)
    row = verdict(5, 30, due_on=dt.date(2018, 8, 31))
    assert (row.needed_per_month, row.projected) == (Decimal("23.33"), 48)


def test_when_the_target_is_reached_nothing_more_is_needed():
    row = verdict(5, 110)
    assert (row.remaining, row.needed_per_month, row.projected) == (-10, 0, 264)


def test_a_schedule_that_expects_nothing_yet_projects_nothing():
    assert verdict(2, 30, schedule="quarterly").projected is None


def test_only_cumulative_floors_look_forward():
    for promise in ({"level": True}, {"comparator": "<="}):
        row = verdict(5, 30, **promise)
        assert (row.remaining, row.needed_per_month, row.projected) == (None, None, None)
    assert verdict(5, 30).margin is None


@pytest.mark.parametrize(("comparable", "growth"), [(True, Decimal("12.50")), (False, None), (None, None)])
def test_growth_is_reckoned_only_from_a_comparable_baseline(comparable, growth):
    target = with_last_year({5: 30, 6: 40}, total=90)
    if comparable is not None:
        target.baseline = target.indicator.results.get()
        target.baseline_comparable, target.baseline_note = comparable, "口径不同"
        target.save()
    report(target, 6, 45, growth=Decimal(3))
    row = judged(target)
    assert (row.year_before, row.computed_growth, row.actual_growth) == (40, growth, 3)


def test_growth_over_nothing_is_blank():
    target = with_last_year({6: 0}, total=90)
    target.baseline, target.baseline_comparable = target.indicator.results.get(), True
    target.save()
    report(target, 6, 45)
    assert (judged(target).year_before, judged(target).computed_growth) == (0, None)


# --- two times ---


def correct(update, value, known_from):
    """The next revision of `update`, verified at `known_from`, as the workflow leaves it."""
    ProgressUpdate.objects.filter(pk=update.pk).update(superseded_at=known_from)
    return UpdateFactory(
        target=update.target,
        period=update.period,
        value=Decimal(value),
        revision=update.revision + 1,
        correction_reason="口径修正",
        verified_at=known_from,
    )


def cells(as_of, known_at):
    return list(Target.objects.assessed(as_of, known_at).order_by("pk").values_list("pk", *assessment.ANNOTATIONS))


def test_a_past_view_stays_as_it_was_shown_after_any_number_of_corrections():
    target = with_last_year({3: 20, 6: 40}, total=90, schedule="last_year")
    last_year = ProgressUpdate.objects.get(target__year=2017, period=dt.date(2017, 6, 30))
    march, june = report(target, 3, 25), report(target, 6, 45)
    shown = {}
    for day in range(1, 25):
        now = at(2018, 8, day, 12)
        if day % 3 == 0:
            march = correct(march, day, known_from=now)
        elif day % 3 == 1:
            june = correct(june, 40 + day, known_from=now)
        else:
            last_year = correct(last_year, 50 - day, known_from=now)
        shown[now] = [cells(dt.date(2018, month, 1), now) for month in (1, 3, 6, 12)]
    assert len({str(view) for view in shown.values()}) == len(shown)
    for then, views in shown.items():
        assert [cells(dt.date(2018, month, 1), then) for month in (1, 3, 6, 12)] == views


def test_a_correction_counts_from_the_instant_it_is_verified_and_not_before():
    target = TargetFactory()
    noon = at(2018, 8, 1, 12)
    correct(report(target, 6, 45), 55, known_from=noon)
    assert judged(target, known_at=noon - dt.timedelta(microseconds=1)).actual == 45
    assert judged(target, known_at=noon).actual == 55


def test_only_verified_updates_count():
    target = TargetFactory()
    report(target, 3, 25)
    for month, status in [(4, "draft"), (5, "submitted"), (6, "endorsed"), (7, "returned")]:
        report(target, month, 60, status=status, return_reason="请核对")
    assert (judged(target).period, judged(target).actual) == (dt.date(2018, 3, 31), 25)


def test_a_later_period_does_not_count_before_its_month():
    target = TargetFactory()
    report(target, 3, 25)
    report(target, 6, 50)
    assert [judged(target, month).actual for month in (2, 3, 5, 6)] == [None, 25, 25, 50]


def test_a_correction_of_an_older_month_does_not_displace_the_latest_one():
    target = TargetFactory()
    march = report(target, 3, 25)
    report(target, 6, 50)
    correct(march, 26, known_from=at(2018, 9, 1))
    assert [judged(target, month).actual for month in (3, 6)] == [26, 50]


# --- lateness ---


def overdue(target, month, known_at):
    return judged(target, month, known_at).overdue_days


def test_a_period_is_overdue_from_the_day_after_its_deadline_in_the_districts_own_time():
    target = TargetFactory()
    assert overdue(target, 1, at(2018, 2, 10, 23, 59, 59)) is None
    assert overdue(target, 1, at(2018, 2, 11)) == 1
    assert overdue(target, 1, at(2018, 3, 1)) == 19


def test_the_earliest_missing_period_tells_how_late_it_is():
    target = TargetFactory()
    report(target, 1, 8)
    report(target, 3, 25)
    assert overdue(target, 3, at(2018, 4, 20)) == (dt.date(2018, 4, 20) - dt.date(2018, 3, 10)).days


def test_periods_after_the_as_of_month_are_not_missed():
    target = TargetFactory()
    report(target, 1, 8)
    assert overdue(target, 1, LATER) is None
    assert overdue(target, 2, LATER) is not None


@pytest.mark.parametrize(
    ("frequency", "first_month", "first_due"),
    [
        ("monthly", 1, dt.date(2018, 2, 10)),
        ("monthly", 2, dt.date(2018, 3, 10)),
        ("quarterly", 1, dt.date(2018, 4, 10)),
        ("half-yearly", 1, dt.date(2018, 7, 10)),
        ("annual", 1, dt.date(2019, 1, 10)),
    ],
)
def test_only_periods_that_the_frequency_has_can_be_overdue(frequency, first_month, first_due):
    target = TargetFactory(indicator=IndicatorFactory(frequency=frequency, first_month=first_month))
    assert overdue(target, 12, LATER) == (LATER.date() - first_due).days


@pytest.mark.parametrize("status", ["submitted", "endorsed"])
def test_what_was_submitted_in_time_is_not_overdue_while_it_waits(status):
    target = TargetFactory()
    report(target, 1, 8, status=status, submitted_at=at(2018, 2, 9))
    assert overdue(target, 1, LATER) is None
    assert overdue(target, 1, at(2018, 2, 8)) is None


def test_a_figure_that_was_returned_is_overdue_again_and_was_not_before():
    target = TargetFactory()
    sent, returned = at(2018, 2, 9), at(2018, 2, 25, 9)
    report(target, 1, 8, status="returned", submitted_at=sent, returned_at=returned, return_reason="请核对")
    assert overdue(target, 1, at(2018, 2, 25, 8)) is None
    assert overdue(target, 1, returned) == 15


def test_a_late_submission_was_overdue_until_it_came():
    target = TargetFactory()
    report(target, 1, 8, status="submitted", submitted_at=at(2018, 2, 20, 9))
    assert overdue(target, 1, at(2018, 2, 20, 8)) == 10
    assert overdue(target, 1, at(2018, 2, 20, 9)) is None


def test_a_draft_is_no_submission():
    target = TargetFactory()
    report(target, 1, 8, status="draft")
    assert overdue(target, 1, at(2018, 2, 11)) == 1


# --- what a queryset of verdicts can do ---


@pytest.fixture
def year_of_targets():
    """Five targets at the end of June: 100, 60, 50, 45 and 20 of 100 done, and one without a report."""
    targets = [TargetFactory(position=position) for position in range(6)]
    for target, value in zip(targets, [100, 60, 50, 45, 20], strict=False):
        report(target, 6, value)
    return targets


@pytest.mark.usefixtures("year_of_targets")
def test_verdicts_are_filtered_sorted_counted_and_summed_up_in_sql(django_assert_num_queries):
    june = Target.objects.assessed(dt.date(2018, 6, 30), LATER)
    with django_assert_num_queries(6):
        assert june.filter(light="red").count() == 1
        assert june.exclude(status="NO_DATA").filter(gap__lt=0).count() == 2
        assert list(june.filter(gap__isnull=False).order_by("gap").values_list("gap", flat=True)) == [
            *(Decimal(gap) for gap in ("-30.00", "-5.00", "0.00", "10.00", "50.00")),
        ]
        assert dict(june.order_by().values_list("status").annotate(Count("pk"))) == {
            "COMPLETED": 1,
            "AHEAD": 1,
            "ON": 1,
            "BEHIND": 2,
            "NO_DATA": 1,
        }
        assert june.aggregate(best=Max("gap"), worst=Min("gap"), red=Count("pk", filter=Q(light="red"))) == {
            "best": 50,
            "worst": -30,
            "red": 1,
        }
        assert june.filter(status="ON").aggregate(Avg("completion"))["completion__avg"] == 50


def test_every_annotation_sorts_both_ways(year_of_targets):
    june = Target.objects.assessed(dt.date(2018, 6, 30), LATER)
    for name in assessment.ANNOTATIONS:
        assert len(june.order_by(name, "pk")) == len(june.order_by(f"-{name}", "pk")) == len(year_of_targets)


def test_conditions_before_and_after_the_assessment_both_hold(year_of_targets):
    first = year_of_targets[0]
    june = Target.objects.filter(pk=first.pk).assessed(dt.date(2018, 6, 30), LATER)
    assert [row.pk for row in june] == [first.pk]
    assert not june.filter(light="red").exists()


def test_one_query_assesses_one_target_or_two_hundred(django_assert_num_queries):
    indicator_count = 200
    for position in range(indicator_count):
        target = TargetFactory(position=position)
        if position in (0, indicator_count - 1):
            report(target, 6, 50)
    rows = Target.objects.assessed(dt.date(2018, 6, 30), LATER)
    with django_assert_num_queries(1):
        assert [row.status for row in rows[:1]] == ["ON"]
    with django_assert_num_queries(1):
        assert [row.status for row in rows].count("NO_DATA") == indicator_count - 2


def test_without_an_instant_the_present_counts(time_machine):
    target = TargetFactory()
    report(target, 6, 50)
    as_of = dt.date(2018, 6, 30)
    time_machine.move_to(at(2018, 7, 1))
    assert Target.objects.assessed(as_of).get(pk=target.pk).status == "NO_DATA"
    time_machine.move_to(at(2018, 8, 1))
    assert Target.objects.assessed(as_of).get(pk=target.pk).status == "ON"
