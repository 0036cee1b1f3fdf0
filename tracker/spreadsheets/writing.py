"""The month's sheet as a workbook to fill in away from the site: what is known stands there, locked; what is asked is
open.

Each row is named by code and period, so that `importing` finds it again wherever it is moved.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import xlsxwriter
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracker.models import Measure, Milestone, ProgressUpdate, Stage, Vintage
from tracker.text import width
from tracker.wording import goals

from .columns import COLUMNS, KEYS, Column
from .reading import LONGEST_TEXT

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: What is asked, in the order of the sheet; what a source says of itself is entered on the update's own page.
ENTRY = ("value", "growth", "stage", "steps_done", "vintage", "remark", "problem", "next_step", "confirmation")
WIDTHS = {"value": 14, "growth": 11, "stage": 11, "steps_done": 12, "vintage": 13}
WIDTH_OF_TEXT = 24
LISTS: dict[str, type[TextChoices]] = {"stage": Stage, "vintage": Vintage}

A4 = 9
FONT = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter", "text_wrap": True}
MUTED, RULE, KNOWN, OPEN, KNOWN_HEAD, OPEN_HEAD = "#586470", "#C9D1D9", "#F4F6F8", "#FFFBE6", "#E8EEF4", "#FBE9B7"
HEADER_ROW = 2
LINE_HEIGHT, MOST_HEIGHT = 15, 400  # in points; no row can be higher than 409
MOST_DIGITS = 15  # that a spreadsheet's number holds


class WorkbookLine(NamedTuple):
    """A target on the sheet."""

    update: ProgressUpdate  # of this month; unsaved and empty where there is none yet
    is_open: bool
    state: str
    previous: str  # the last verified figure, with its month
    expected: str
    steps: Sequence[Milestone]


class Fact(NamedTuple):
    """A column that is filled in already."""

    header: str | Promise
    width: int
    text: Callable[[WorkbookLine], str]


FACTS = (
    Fact(KEYS["code"][0], 17, lambda line: line.update.target.code),
    Fact(KEYS["period"][0], 9, lambda line: f"{line.update.period:%Y-%m}"),
    Fact(gettext_lazy("目标"), 26, lambda line: str(line.update.target.indicator)),
    Fact(gettext_lazy("年度目标"), 18, lambda line: goals(line.update.target)),
    Fact(gettext_lazy("上次核验"), 18, lambda line: line.previous),
    Fact(gettext_lazy("序时进度"), 9, lambda line: line.expected),
    Fact(gettext_lazy("状态"), 8, lambda line: line.state),
    Fact(gettext_lazy("计量单位"), 9, lambda line: str(line.update.target.indicator.unit or "")),
)


def write_sheet(title: str, lines: Sequence[WorkbookLine]) -> bytes:
    """The workbook: a sheet to fill in, and one that says how.

    Args:
        title: whose sheet it is, and of which month.
        lines: in the order of the page.
    """
    file = io.BytesIO()
    # Text stays text: nothing that a unit typed becomes a formula, a link or a number.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(file, options) as workbook:
        workbook.set_properties({"title": title})
        _Sheet(workbook, title, lines).write()
        _write_notes(workbook, lines)
    return file.getvalue()


class _Sheet:
    def __init__(self, workbook: Any, title: str, lines: Sequence[WorkbookLine]) -> None:
        self.workbook, self.title, self.lines = workbook, title, lines
        self.page = workbook.add_worksheet(_("月度填报"))
        self.formats: dict[tuple[bool, str], Any] = {}
        measures = {line.update.measure for line in lines}
        self.columns = [COLUMNS[name] for name in ENTRY if measures & set(COLUMNS[name].only)]

    def write(self) -> None:
        page = self.page
        self._write_top()
        for row, line in enumerate(self.lines, HEADER_ROW + 1):
            page.set_row(row, self._height(line))
            for at, fact in enumerate(FACTS):
                page.write_string(row, at, fact.text(line), self._format(is_open=False))
            for at, column in enumerate(self.columns, len(FACTS)):
                self._write_entry(row, at, column, line)
        # Without a password: it keeps a slip of the hand from what is known, and nobody from anything.
        page.protect("", {"format_columns": True, "format_rows": True, "format_cells": True})
        page.freeze_panes(HEADER_ROW + 1, 3)
        page.set_landscape()
        page.set_paper(A4)
        page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        # What is known on one page, what is asked on the next; on a single one nobody could read it.
        page.fit_to_pages(2, 0)
        page.repeat_rows(HEADER_ROW)
        page.repeat_columns(0, 2)
        page.set_footer("&C" + _("第 &P 页，共 &N 页"))

    def _write_top(self) -> None:
        page, add = self.page, self.workbook.add_format
        page.set_row(0, 28)
        page.write_string(0, 0, self.title, add({**FONT, "text_wrap": False, "font_size": 15, "bold": True}))
        note = (
            _("浅黄色的格子由您填写，其余已经填好。没有数据请留空，不要填 0。填法见“说明”页。")
            if self.lines
            else _("这个月没有应报的目标。")
        )
        page.write_string(1, 0, note, add({**FONT, "text_wrap": False, "font_color": MUTED}))
        head = {**FONT, "bold": True, "align": "center", "border": 1, "border_color": RULE}
        known, asked = add({**head, "bg_color": KNOWN_HEAD}), add({**head, "bg_color": OPEN_HEAD})
        page.set_row(HEADER_ROW, 32)
        for at, fact in enumerate(FACTS):
            page.set_column(at, at, fact.width)
            page.write_string(HEADER_ROW, at, str(fact.header), known)
        for at, column in enumerate(self.columns, len(FACTS)):
            page.set_column(at, at, _column_width(column))
            page.write_string(HEADER_ROW, at, column.label, asked)

    def _height(self, line: WorkbookLine) -> float:
        """As many lines of text as the fullest cell needs, two at least: programs differ in finding that out."""
        texts = [(fact.text(line), fact.width) for fact in FACTS]
        texts += [(column.text(line.update), _column_width(column)) for column in self.columns]
        needed = [sum(max(1, -(-width(part) // (wide - 2))) for part in text.split("\n")) for text, wide in texts]
        return min(MOST_HEIGHT, LINE_HEIGHT * max(2, *needed) + 4)

    def _write_entry(self, row: int, at: int, column: Column, line: WorkbookLine) -> None:
        """One cell of what is asked: open where the unit can fill it in, else as it stands."""
        is_open = line.is_open and _asks(line, column)
        value = column.value(line.update)
        if isinstance(value, Decimal) and len(value.as_tuple().digits) <= MOST_DIGITS:
            decimals = max(0, -int(value.as_tuple().exponent))
            self.page.write_number(row, at, value, self._format(is_open, "0" + "." * bool(decimals) + "0" * decimals))
        elif value in (None, "", []):
            self.page.write_blank(row, at, None, self._format(is_open, "General" if _is_figure(column) else "@"))
        else:
            text = f"{value:f}" if isinstance(value, Decimal) else column.text(line.update)
            self.page.write_string(row, at, text[:LONGEST_TEXT], self._format(is_open, "@"))
        if is_open and (help_ := _help(column, line.update)):
            self.page.data_validation(row, at, row, at, help_)

    def _format(self, is_open: bool, number_format: str = "@") -> Any:
        key = (is_open, number_format)
        if key not in self.formats:
            style = {**FONT, "num_format": number_format, "border": 1, "border_color": RULE, "locked": not is_open}
            self.formats[key] = self.workbook.add_format({**style, "bg_color": OPEN if is_open else KNOWN})
        return self.formats[key]


def _asks(line: WorkbookLine, column: Column) -> bool:
    """Whether this target has this column."""
    return line.update.measure in column.only and (column.attribute != "steps_done" or bool(line.steps))


def _column_width(column: Column) -> int:
    return WIDTHS.get(column.attribute, WIDTH_OF_TEXT)


def _is_figure(column: Column) -> bool:
    return column.attribute in {"value", "growth"}


def _help(column: Column, update: ProgressUpdate) -> dict[str, Any] | None:
    """What appears beside an open cell when it is chosen: the list of words, or what figure is meant."""
    if words := LISTS.get(column.attribute):
        return {
            "validate": "list",
            "source": [str(label) for label in words.labels],
            "error_title": column.label,
            "error_message": _("请从列表中选择，或清空这一格。"),
        }
    if column.attribute != "value":
        return None
    unit = update.target.indicator.unit
    text = _("1月至本期末的累计数，不是当月数") if update.measure == Measure.CUMULATIVE else _("本期末的时点数或比率")
    return {"validate": "any", "input_title": _("单位：%(unit)s") % {"unit": unit}, "input_message": text}


def _notes(lines: Sequence[WorkbookLine]) -> Iterator[str]:
    """How to fill in the sheet, point by point."""
    yield _("只填浅黄色的格子。灰色的格子是已知内容，或已经提交、核验的填报，上传时不能改动。")
    yield _("“代码”和“报告期”用来认出每一行，请不要改。用自己的表上传时也要有这两列，行和列的次序不限。")
    yield _("累计量填1月至本期末的累计数，不是当月数；时点数和比率填本期末的数。")
    yield _(
        "数字按“计量单位”列填；也可以写明同类的其他单位，如在万元列写 0.5亿元，系统会准确换算。增速填百分数，如 9.5。"
    )
    yield _("没有数据请留空，不要填 0。清空原来填过的格子，上传后这一项也会清空；上传前的预览会逐项列出。")
    yield _("评价为欠序时的目标，要写明存在问题和下一步措施才能提交；系统对数字有疑问的，在“核对说明”中写明依据。")
    yield _("请填数值，不要用公式；不能用含宏的工作簿。填好后在“月度填报表”页上传本表，或另存为 CSV 上传。")
    if any(line.steps for line in lines):
        yield _("任务的“已完成节点”填下表中的序号，用顿号隔开，如 1、2。")


def _write_notes(workbook: Any, lines: Sequence[WorkbookLine]) -> None:
    page = workbook.add_worksheet(_("说明"))
    title = workbook.add_format({**FONT, "text_wrap": False, "font_size": 15, "bold": True})
    text, head = (
        workbook.add_format(FONT),
        workbook.add_format({**FONT, "bold": True, "bg_color": KNOWN_HEAD, "border": 1}),
    )
    cell = workbook.add_format({**FONT, "border": 1, "border_color": RULE})
    for at, columns in enumerate((34, 8, 40, 14)):
        page.set_column(at, at, columns)
    page.set_row(0, 28)
    page.write_string(0, 0, _("填表说明"), title)
    notes = list(_notes(lines))
    for row, note in enumerate(notes, 1):
        page.merge_range(row, 0, row, 3, f"{row}. {note}", text)
        page.set_row(row, LINE_HEIGHT * -(-width(note) // 104) + 4)
    stepped = [(line, step) for line in lines for step in line.steps]
    if stepped:
        top = len(notes) + 2
        for at, label in enumerate((_("目标"), _("序号"), _("节点"), _("期限"))):
            page.write_string(top, at, label, head)
        for row, (line, step) in enumerate(stepped, top + 1):
            page.write_string(row, 0, str(line.update.target.indicator), cell)
            page.write_number(row, 1, step.number, cell)
            page.write_string(row, 2, step.name, cell)
            page.write_string(row, 3, f"{step.due_on:%Y-%m-%d}", cell)
    page.set_paper(A4)
    page.fit_to_pages(1, 0)
