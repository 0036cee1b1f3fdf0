"""Reading a figure as people type it: full-width digits, thousands separators, another unit of the same dimension."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .models import Unit
from .models.fields import LIMIT

_FIGURE = re.compile(r"(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\s*(?P<unit>\D*)", re.ASCII)
_DECIMAL_PLACES = 6
#: No figure with its unit takes more; arithmetic fails on a million digits.
_LONGEST = 100
#: The unit of rates and growths, which belong to no indicator.
PERCENT = Unit(symbol="%")


def read_quantity(text: str, unit: Unit | None = None, known: Mapping[str, Unit] | None = None) -> Decimal | None:
    """The figure that `text` states, in `unit`.

    `6.6万平方米` in 平方米 is 66000, `０.５亿元` in 万元 is 5000; a figure without a unit is taken to be in `unit`.
    Conversion is exact; without one, printed digits are kept.

    Args:
        text: what was typed; blank means unset.
        unit: the unit to state the figure in; None where the figure has none.
        known: every unit by its symbol, where many figures are read; without it another unit costs a query.

    Raises:
        ValidationError: it is not a number in plain digits, its unit is unknown or measures something else, or it needs
            more than six decimals in `unit`; each with a sentence that says what to do.
    """
    plain = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-").strip()
    if not plain:
        return None
    match = _FIGURE.fullmatch(plain) if len(plain) <= _LONGEST else None
    if match is None:
        raise ValidationError(_("“%(text)s”不是数字，请只填数字，如 1234.5。"), params={"text": text[:40]})
    value = Decimal(match["number"].replace(",", ""))
    if symbol := match["unit"].strip():
        value = _converted(value, symbol, unit, known)
    if abs(value) >= LIMIT:
        raise ValidationError(_("“%(text)s”太大，请核对数值和计量单位。"), params={"text": text[:40]})
    exponent = int(value.as_tuple().exponent)
    if -exponent > _DECIMAL_PLACES:
        raise ValidationError(_("小数最多 %(places)s 位，请四舍五入后填报。"), params={"places": _DECIMAL_PLACES})
    return value.quantize(Decimal(1)) if exponent > 0 else value


def _converted(value: Decimal, symbol: str, unit: Unit | None, known: Mapping[str, Unit] | None) -> Decimal:
    if unit is not None and symbol == unicodedata.normalize("NFKC", unit.symbol):
        return value
    stated = Unit.objects.filter(symbol=symbol).first() if known is None else known.get(symbol)
    if stated is None or unit is None:
        raise ValidationError(_("不认识计量单位“%(unit)s”，请只填数字。"), params={"unit": symbol[:12]})
    try:
        # The factor's zeros are no printed digits.
        return stated.convert(value, unit).normalize()
    except ValueError as error:
        raise ValidationError(str(error)) from error
