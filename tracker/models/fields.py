"""Field and constraint building blocks that every ledger model shares."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import ExtractDay
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    _DecimalField = models.DecimalField[Any, Any]
else:
    _DecimalField = models.DecimalField

#: Largest magnitude that the ledger accepts. It bounds typing errors; the district's GDP in 元 is below 10¹¹.
LIMIT = Decimal(10) ** 14
OUT_OF_RANGE = _("数值超出可登记的范围，请核对数值和计量单位。")


class PrintedDecimalField(_DecimalField):
    """A decimal kept with the digits it was printed with: 614.8 stays 614.8 and 435 stays 435.

    The column is PostgreSQL `numeric` without a scale, so the number of printed decimals survives; the data check
    (domain.md §9) reads from it how far a printed figure may be from the true one.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 6)
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str:
        return "numeric"

    def to_python(self, value: Any) -> Any:
        # A float has already lost what was printed; only text and Decimal are trusted.
        return super().to_python(repr(value) if isinstance(value, float) else value)


def slug_code(label: Any) -> models.CharField[str, str]:
    """A stable identifier that reads well in addresses and fixtures: lower-case letters, digits and hyphens."""
    return models.CharField(
        label,
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z", _("代码只能用小写英文字母、数字和连字符，如 rural-toilets。"))
        ],
    )


def named_check(
    name: str, condition: models.Q | models.lookups.Lookup[Any], message: Promise
) -> models.CheckConstraint:
    """A CHECK constraint with the sentence shown when it refuses."""
    return models.CheckConstraint(condition=condition, name=name, violation_error_message=message)  # type: ignore[arg-type]


def together(name: str, figure: str, comparator: str, message: Promise) -> models.CheckConstraint:
    """A facet is whole: a figure with its comparator, or neither."""
    return named_check(
        name,
        models.Q(**{f"{figure}__isnull": True, comparator: ""})
        | models.Q(**{f"{figure}__isnull": False}) & ~models.Q(**{comparator: ""}),
        message,
    )


def finite(prefix: str, *fields: str) -> models.CheckConstraint:
    """Numbers are numbers: NaN and the infinities sort outside every bound, so one range check excludes them."""
    condition = models.Q()
    for field in fields:
        condition &= models.Q(**{f"{field}__isnull": True}) | models.Q(
            **{f"{field}__gt": -LIMIT, f"{field}__lt": LIMIT}
        )
    return named_check(f"{prefix}_finite", condition, OUT_OF_RANGE)


def period_is_month_end(prefix: str, field: str) -> models.CheckConstraint:
    """Periods are months, named by their last day: the day after it is a first."""
    next_day = models.ExpressionWrapper(models.F(field) + models.Value(1), output_field=models.DateField())
    return named_check(
        f"{prefix}_month_end",
        models.lookups.Exact(ExtractDay(next_day), 1),
        _("报告期须是某月的最后一天，如 2018-06-30。"),
    )


def year_range(prefix: str, field: str = "year") -> models.CheckConstraint:
    return named_check(
        f"{prefix}_year_range",
        models.Q(**{f"{field}__gte": 2000, f"{field}__lte": 2100}),
        _("年份须在 2000 至 2100 之间。"),
    )


def one_of(prefix: str, **choices: type[models.TextChoices]) -> models.CheckConstraint:
    """Fields that hold a word from a list are held to it by the database too.

    Args:
        choices: field name → its words; a trailing underscore on the name allows the field to be blank.
    """
    condition = models.Q()
    for field, words in choices.items():
        allowed = [*words.values, ""] if field.endswith("_") else words.values
        condition &= models.Q(**{f"{field.rstrip('_')}__in": allowed})
    return named_check(f"{prefix}_choices", condition, _("有选项不在可选范围内，请重新选择。"))
