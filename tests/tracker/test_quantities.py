"""A figure is read as people type it, converted exactly, and refused with a sentence."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from tests.factories import UnitFactory
from tracker.quantities import read_quantity

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def units():
    for symbol, dimension, factor in [
        ("亿元", "money", "100000000"),
        ("万元", "money", "10000"),
        ("元", "money", "1"),
        ("万平方米", "area", "10000"),
        ("平方米", "area", "1"),
        ("%", "ratio", "1"),
    ]:
        UnitFactory(symbol=symbol, dimension=dimension, factor=Decimal(factor))


def unit(symbol):
    return UnitFactory(symbol=symbol)


@pytest.mark.parametrize(
    ("text", "symbol", "value"),
    [
        ("1234.5", "元", "1234.5"),
        ("1,234,567", "元", "1234567"),
        ("１２３．５０", "元", "123.50"),  # full-width digits, printed digits kept
        ("−42", "%", "-42"),
        ("+3.0", "%", "3.0"),
        ("6.6万平方米", "平方米", "66000"),
        ("0.5亿元", "万元", "5000"),
        ("5000 万元", "亿元", "0.5"),
        ("16.60亿元", "亿元", "16.60"),
        ("９.５％", "%", "9.5"),
    ],
)
def test_a_figure_is_read_as_it_is_typed(text, symbol, value):
    read = read_quantity(text, unit(symbol))
    assert read == Decimal(value)


def test_printed_digits_are_kept_without_conversion():
    assert str(read_quantity("16.60", unit("亿元"))) == "16.60"


@pytest.mark.parametrize("text", ["", "   ", "　"])
def test_nothing_typed_is_unset_and_not_zero(text):
    assert read_quantity(text, unit("元")) is None


@pytest.mark.parametrize(
    ("text", "symbol", "sentence"),
    [
        ("1e308", "元", "不是数字|不认识计量单位"),
        ("NaN", "元", "不是数字"),
        ("Infinity", "元", "不是数字"),
        ("=1+1", "元", "不是数字"),
        ("1.2.3", "元", "不是数字|不认识"),
        ("12,34", "元", "不是数字|不认识"),
        ("约12", "元", "不是数字"),
        ("12公顷", "元", "不认识计量单位“公顷”"),
        ("12%", "元", "量纲不同"),
        ("12平方米", "亿元", "量纲不同"),
        ("99999999999999999", "元", "太大"),
        ("1元", "亿元", "小数最多 6 位"),
        ("1.1234567", "元", "小数最多 6 位"),
    ],
)
def test_what_is_not_a_figure_of_this_unit_is_refused_with_a_sentence(text, symbol, sentence):
    with pytest.raises(ValidationError, match=sentence):
        read_quantity(text, unit(symbol))
