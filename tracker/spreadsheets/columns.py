"""The columns of a table of progress updates: how each is headed, read from a cell and written as text."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from tracker.models import Measure, ProgressUpdate, Stage, Unit, Vintage
from tracker.periods import month_end
from tracker.quantities import PERCENT, read_quantity
from tracker.text import listed, number

from .reading import Unusable

_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*(?:月|[-/.月]\s*(\d{1,2})\s*日?)?(?:[ T]\d\d:.*)?", re.ASCII)
_COMPACT = re.compile(r"(20\d\d)(\d\d)(\d\d)?", re.ASCII)
_STEPS = re.compile(r"\d{1,4}(?:[、,;\s]+\d{1,4})*", re.ASCII)
#: Day 0 of a date in a cell that was formatted as a number.
_DAY_ZERO = dt.date(1899, 12, 30)


def plain(value: Any) -> Any:
    """A value as it is compared: the line breaks and surrounding blanks of a text are the work of some program."""
    return value.replace("\r\n", "\n").replace("\r", "\n").strip() if isinstance(value, str) else value


def read_month(text: str) -> dt.date:
    """The month that `2018-06`, `2018年6月`, `201806` or any day of it names, by its last day.

    Raises:
        ValidationError: it names none.
    """
    return month_end(_day(text, _("“%(text)s”不是报告期，请写成 2018-06 的样子。"), needs_day=False))


def _day(text: str, refusal: str | Promise, *, needs_day: bool) -> dt.date:
    text = unicodedata.normalize("NFKC", text).strip()
    try:
        if len(text) == 5 and text.isascii() and text.isdigit():
            return _DAY_ZERO + dt.timedelta(days=int(text))
        match = _DAY.fullmatch(text) or _COMPACT.fullmatch(text)
        if match is None or (needs_day and not match[3]):
            raise ValueError(text)
        return dt.date(int(match[1]), int(match[2]), int(match[3] or 1))
    except ValueError:
        raise ValidationError(str(refusal), params={"text": text[:40]}) from None


# --- cells ---


class Cell:
    """A kind of cell: reads its text and writes a value as text. This one: a text as it stands."""

    def clean(self, text: str, update: ProgressUpdate, units: Mapping[str, Unit]) -> Any:
        """The value that a cell states.

        Args:
            update: what the cell's row is about, with target and unit.
            units: all of them by symbol.

        Raises:
            ValidationError: it states none; a sentence that says what to write instead.
        """
        if isinstance(text, Unusable):
            raise ValidationError(str(text))
        return self.read(text.strip(), update, units)

    def read(self, text: str, update: ProgressUpdate, units: Mapping[str, Unit]) -> Any:
        return plain(text)

    def render(self, value: Any) -> str:
        return "" if value is None else str(value)


class FigureCell(Cell):
    """A figure in the unit of the update's target, or in one of its own."""

    def __init__(self, unit: Unit | None = None) -> None:
        self.unit = unit

    def read(self, text: str, update: ProgressUpdate, units: Mapping[str, Unit]) -> Decimal | None:
        return read_quantity(text.lstrip("'"), self.unit or update.target.indicator.unit, units)

    def render(self, value: Decimal | None) -> str:
        return number(value)


class WordCell(Cell):
    """A word from a list, in any language of the site, or its code."""

    def __init__(self, words: type[TextChoices]) -> None:
        self.words = words

    def read(self, text: str, update: ProgressUpdate, units: Mapping[str, Unit]) -> str:
        code = _codes(self.words).get(text, "")
        if text and not code:
            raise ValidationError(
                _("“%(text)s”不在可选范围内，请填：%(options)s。"),
                params={"text": text[:40], "options": listed(self.words.labels)},
            )
        return code

    def render(self, value: str) -> str:
        return str(self.words(value).label) if value else ""


class StepsCell(Cell):
    """The numbers of the steps that are done."""

    def read(self, text: str, update: ProgressUpdate, units: Mapping[str, Unit]) -> list[int]:
        text = unicodedata.normalize("NFKC", text)
        if text and not _STEPS.fullmatch(text):
            raise ValidationError(_("已完成节点请填节点序号，用顿号隔开，如 1、2。"))
        return sorted({int(digits) for digits in re.findall(r"\d+", text)})

    def render(self, value: Sequence[int]) -> str:
        return listed(value)


class DayCell(Cell):
    def read(self, text: str, update: ProgressUpdate, units: Mapping[str, Unit]) -> dt.date | None:
        return _day(text, _("“%(text)s”不是日期，请写成 2018-06-30 的样子。"), needs_day=True) if text else None


# --- columns ---


class Column:
    """A field of an update as a column: headed by the field's own label, or by one that other tables give it.

    Args:
        attribute: name of the field.
        only: the measures of targets that have it.
    """

    def __init__(
        self, attribute: str, cell: Cell, *also_headed: Promise, only: Sequence[Measure] = tuple(Measure)
    ) -> None:
        self.attribute, self.cell, self.also_headed, self.only = attribute, cell, also_headed, only

    @property
    def label(self) -> str:
        return str(ProgressUpdate._meta.get_field(self.attribute).verbose_name)  # type: ignore[union-attr]

    def value(self, update: ProgressUpdate) -> Any:
        """What an update states in this column, as it is compared (`plain`)."""
        return plain(getattr(update, self.attribute))

    def text(self, update: ProgressUpdate) -> str:
        return self.cell.render(getattr(update, self.attribute))


_FIGURES = (Measure.CUMULATIVE, Measure.LEVEL)
_TASKS = (Measure.MILESTONE,)

#: Everything that a unit states of an update, by the name of the field.
COLUMNS = {
    column.attribute: column
    for column in (
        Column("value", FigureCell(), only=_FIGURES),
        Column("growth", FigureCell(PERCENT), _("增速（%）"), only=_FIGURES),
        Column("stage", WordCell(Stage), only=_TASKS),
        Column("steps_done", StepsCell(), only=_TASKS),
        Column("vintage", WordCell(Vintage), only=_FIGURES),
        Column("stated_rate", FigureCell(PERCENT), only=_FIGURES),
        Column("remark", Cell()),
        Column("problem", Cell()),
        Column("next_step", Cell()),
        Column("confirmation", Cell()),
        Column("source_url", Cell()),
        Column("published_on", DayCell()),
    )
}


#: The columns that say which update a row speaks of, by what they are headed.
KEYS: dict[str, tuple[Promise, ...]] = {
    "code": (_("代码"), _("指标代码")),
    "period": (_("报告期"), _("月份")),
    "revision": (_("版次"),),
}


def in_every_language(label: str | Promise) -> Iterator[str]:
    """A label as each language of the site has it."""
    for code, _name in settings.LANGUAGES:
        with override(code):
            yield str(label)


@cache
def _codes(words: type[TextChoices]) -> Mapping[str, str]:
    """What people read, in every language, and the code itself → the code."""
    return {word: word_.value for word_ in words for word in (word_.value, *in_every_language(word_.label))}


def heading(text: str) -> str:
    """A heading as it is compared: without blanks and line breaks, without the unit in brackets behind it."""
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold()
    return re.sub(r"\(.*\)\Z", "", text)


@cache
def _headings() -> Mapping[str, str]:
    """Heading → name of the column, for every language, and for the name itself."""
    labels: dict[str, tuple[str | Promise, ...]] = {**KEYS}
    for name, column in COLUMNS.items():
        labels[name] = (ProgressUpdate._meta.get_field(name).verbose_name, *column.also_headed)  # type: ignore[union-attr]
    return {
        heading(said): name
        for name, given in labels.items()
        for said in (name, *(word for label in given for word in in_every_language(label)))
    }


def read_headings(cells: Sequence[str]) -> dict[str, int] | None:
    """Where each known column stands, if this row heads a table of updates: it names at least code and period.

    Raises:
        ValidationError: a column is there twice.
    """
    found: dict[str, int] = {}
    for position, text in enumerate(cells):
        name = _headings().get(heading(text))
        if name in found:
            raise ValidationError(_("“%(heading)s”列出现了两次，请只保留一列。"), params={"heading": text.strip()})
        if name:
            found[name] = position
    return found if {"code", "period"} <= found.keys() else None
