"""Numbers, months and cells as text: one way for staff pages, officials' pages and documents."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from reports.templatetags import figures
from tracker import text, wording
from tracker.admin.sheet.rows import meaning_shown
from tracker.assessment import Meaning
from tracker.models import Unit


def test_a_number_keeps_its_digits_and_has_a_real_minus():
    assert text.number(Decimal("1234.50")) == "1,234.50"
    assert text.number(Decimal("-3")) == "−3"
    assert text.number(12345) == "12,345"
    assert text.number(None) == "", "unset is never 0"


@pytest.mark.parametrize(
    ("value", "signed", "points"),
    [
        ("5.33", "+5.33", "+5.33"),
        ("-11.205", "−11.205", "−11.21"),
        ("0", "0", "0.00"),
        ("-0.001", "−0.001", "0.00"),
        ("1234.5", "+1,234.5", "+1,234.50"),
    ],
)
def test_a_difference_is_signed_and_points_have_two_decimals(value, signed, points):
    assert (text.with_sign(Decimal(value)), text.points(Decimal(value))) == (signed, points)


def test_staff_and_officials_read_the_same_minus():
    value = Decimal("-3.5")
    assert wording.measured(value, Unit(symbol="亿元")) == f"{figures.figure(value)} 亿元" == "−3.5 亿元"
    meaning = Meaning(*[None] * len(Meaning._fields))._replace(gap=Decimal("-3.50"), status="BEHIND", light="yellow")
    assert meaning_shown(meaning)["gap"] == figures.points(value) == "−3.50"


def test_an_instant_is_local_and_months_of_a_year_name_it_once():
    assert text.instant(dt.datetime(2018, 6, 30, 20, 5, tzinfo=dt.UTC)) == "2018-07-01 04:05"
    assert text.instant(None) == ""
    assert text.months([dt.date(2018, 6, 30), dt.date(2018, 7, 31)]) == "2018年6月、7月"


@pytest.mark.parametrize("start", text.FORMULA_STARTS)
def test_a_text_that_a_spreadsheet_would_run_is_quoted(start):
    assert text.defused(f"{start}1") == f"'{start}1"
    assert text.defused(f"1{start}") == f"1{start}"
