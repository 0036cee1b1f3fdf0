"""What the columns of a spreadsheet state of a progress update, and how each is read and shown (django-import-export).

Its resource, fields and widgets serve here; its import does not: it validates and saves row by row, where the checks of
the ledger take all rows at once; it knows neither sheet nor cell; and its trial run writes, and rolls back. What takes
its place is `tracker/spreadsheets/importing.py`.
"""

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
from import_export.fields import Field
from import_export.resources import Resource
from import_export.widgets import Widget

from .models import Measure, ProgressUpdate, Stage, Unit, Vintage
from .periods import month_end
from .quantities import PERCENT, read_quantity
from .spreadsheets.reading import Unusable
from .text import listed, number

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


class Cell(Widget):  # type: ignore[misc]
    """Reads what a cell says and shows a value as text; here, a text as it stands."""

    def clean(self, value: str, row: Any = None, **context: Any) -> Any:
        """The value that a cell states.

        Args:
            value: its text.
            context: `update` that it speaks of, with its target and unit; `units`, all of them by symbol.

        Raises:
            ValueError: it states none; a sentence that says what to write instead.
        """
        if isinstance(value, Unusable):
            raise ValueError(str(value))
        try:
            return self.read(value.strip(), **context)
        except ValidationError as error:
            raise ValueError(" ".join(error.messages)) from error

    def read(self, text: str, **context: Any) -> Any:
        return plain(text)


class FigureCell(Cell):
    """A figure in the unit of the update's target, or in one of its own."""

    def __init__(self, unit: Unit | None = None) -> None:
        super().__init__()
        self.unit = unit

    def read(self, text: str, **context: Any) -> Decimal | None:
        update: ProgressUpdate = context["update"]
        return read_quantity(text.lstrip("'"), self.unit or update.target.indicator.unit, context["units"])

    def render(self, value: Decimal | None, obj: Any = None, **context: Any) -> str:
        return number(value)


class WordCell(Cell):
    """A word from a list, in any language of the site, or its code."""

    def __init__(self, words: type[TextChoices]) -> None:
        super().__init__()
        self.words = words

    def read(self, text: str, **context: Any) -> str:
        code = _codes(self.words).get(text, "")
        if text and not code:
            raise ValidationError(
                _("“%(text)s”不在可选范围内，请填：%(options)s。"),
                params={"text": text[:40], "options": listed(self.words.labels)},
            )
        return code

    def render(self, value: str, obj: Any = None, **context: Any) -> str:
        return str(self.words(value).label) if value else ""


class StepsCell(Cell):
    """The numbers of the steps that are done."""

    def read(self, text: str, **context: Any) -> list[int]:
        text = unicodedata.normalize("NFKC", text)
        if text and not _STEPS.fullmatch(text):
            raise ValidationError(_("已完成节点请填节点序号，用顿号隔开，如 1、2。"))
        return sorted({int(digits) for digits in re.findall(r"\d+", text)})

    def render(self, value: Sequence[int], obj: Any = None, **context: Any) -> str:
        return listed(value)


class DayCell(Cell):
    def read(self, text: str, **context: Any) -> dt.date | None:
        return _day(text, _("“%(text)s”不是日期，请写成 2018-06-30 的样子。"), needs_day=True) if text else None


# --- columns ---


class Column(Field):  # type: ignore[misc]
    """A field of an update as a column: headed by the field's own label, or by one that other tables give it."""

    def __init__(self, name: str, cell: Cell, *also_headed: Promise, only: Sequence[Measure] = tuple(Measure)) -> None:
        super().__init__(attribute=name, column_name=name, widget=cell)
        self.also_headed = also_headed
        #: The measures of targets that have this field.
        self.only = only

    @property
    def label(self) -> str:
        return str(ProgressUpdate._meta.get_field(self.attribute).verbose_name)  # type: ignore[union-attr]


_FIGURES = (Measure.CUMULATIVE, Measure.LEVEL)
_TASKS = (Measure.MILESTONE,)


class ProgressUpdateResource(Resource):  # type: ignore[misc]
    """Everything that a unit states of an update."""

    value = Column("value", FigureCell(), only=_FIGURES)
    growth = Column("growth", FigureCell(PERCENT), _("增速（%）"), only=_FIGURES)
    stage = Column("stage", WordCell(Stage), only=_TASKS)
    steps_done = Column("steps_done", StepsCell(), only=_TASKS)
    vintage = Column("vintage", WordCell(Vintage), only=_FIGURES)
    stated_rate = Column("stated_rate", FigureCell(PERCENT), only=_FIGURES)
    remark = Column("remark", Cell())
    problem = Column("problem", Cell())
    next_step = Column("next_step", Cell())
    confirmation = Column("confirmation", Cell())
    source_url = Column("source_url", Cell())
    published_on = Column("published_on", DayCell())

    def differing(self, before: ProgressUpdate, after: ProgressUpdate) -> list[Column]:
        """The columns in which two updates say something else."""
        return [
            column
            for column in self.get_import_fields()
            if plain(column.get_value(before)) != plain(column.get_value(after))
        ]


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
    for name, column in ProgressUpdateResource().fields.items():
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
