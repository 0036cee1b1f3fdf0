from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from reports.charts import bullet, slices
from reports.exports import Kind
from reports.templatetags import figures


@pytest.mark.parametrize(
    ("value", "shown"),
    [("9500", "9,500"), ("614.8", "614.8"), ("16.60", "16.60"), ("-42", "−42"), ("0", "0"), ("1E+3", "1,000")],
)
def test_a_figure_keeps_the_digits_it_was_printed_with(value, shown):
    assert figures.figure(Decimal(value)) == shown


def test_what_is_unset_is_a_dash_and_never_a_zero():
    for kind in Kind:
        assert figures.cell_text(kind, None) == "—"
    assert figures.percent(None) == figures.points(None) == figures.figure(None) == "—"
    assert figures.percent(Decimal(0)) == "0.00%"


@pytest.mark.parametrize(("value", "shown"), [("38.79", "38.79%"), ("100", "100.00%"), ("1234.5", "1,234.50%")])
def test_a_percentage_has_two_decimals(value, shown):
    assert figures.percent(Decimal(value)) == shown


def test_a_percentage_is_rounded_half_up():
    assert figures.rate(Decimal("0.125")) == "0.13"
    assert figures.rate(Decimal("-0.125")) == "−0.13"


@pytest.mark.parametrize(
    ("value", "shown"),
    [("5.33", "+5.33"), ("-11.21", "−11.21"), ("0.00", "0.00"), ("-0.001", "0.00"), ("-1234.5", "−1,234.50")],
)
def test_points_carry_their_sign_with_a_real_minus(value, shown):
    assert figures.points(Decimal(value)) == shown


def test_months_and_instants_are_written_the_iso_way(settings):
    assert figures.cell_text(Kind.MONTH, dt.date(2018, 6, 30)) == "2018-06"
    assert figures.cell_text(Kind.DATE, dt.date(2018, 6, 30)) == "2018-06-30"
    assert figures.cell_text(Kind.INSTANT, dt.datetime(2018, 6, 30, 20, 5, tzinfo=dt.UTC)) == "2018-07-01 04:05"


def test_waiting_times_are_rounded_up_to_whole_minutes():
    assert figures.minutes(dt.timedelta(minutes=14, seconds=1)) == 15


def test_a_bullet_stands_to_scale():
    bar = bullet(Decimal("38.79"), Decimal("50.00"))
    assert (bar.fill, bar.tick, bar.goal) == (Decimal("38.79"), Decimal("50.00"), None)


def test_a_bullet_beyond_the_target_shows_where_the_target_was():
    bar = bullet(Decimal("125.00"), Decimal("50.00"))
    assert (bar.fill, bar.tick, bar.goal) == (Decimal("100.00"), Decimal("40.00"), Decimal("80.00"))


def test_a_negative_completion_draws_nothing_and_no_completion_no_bar():
    assert bullet(Decimal(-10), Decimal(50)).fill == 0
    assert bullet(None, Decimal(50)) is None


def test_slices_fill_the_bar():
    parts = slices([1, 0, 3])
    assert [(part.start, part.width) for part in parts] == [(0, 25), (25, 0), (25, 75)]
