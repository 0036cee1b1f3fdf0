"""An upload held against the ledger: what each row would change, what is refused and in which cell; then all of it, or
nothing.

Looking writes nothing. Saving looks again, with the rows locked, and goes on only if it sees what the user saw.
"""

from __future__ import annotations

import copy
import datetime as dt
import enum
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from tracker import workflow
from tracker.checks import Finding, check
from tracker.models import Measure, ProgressUpdate, Status, Target, Unit, User
from tracker.models.progress import OPEN_TO_ENTRY
from tracker.models.refusals import refused_as_validation

from .columns import COLUMNS, Column, plain, read_headings, read_month
from .reading import Table

#: Rows written by one statement.
BATCH = 1000
#: A title and notes may stand above the headings, not more than this many rows of them.
MOST_NOTES = 30


class UploadRow(NamedTuple):
    """A row of a table of updates: what its known columns say, and where they stand."""

    sheet: str
    number: int
    cells: dict[str, str]  # name of the column → text
    letters: Mapping[str, str]  # name of the column → its letter in the sheet

    def address(self, name: str = "") -> str:
        """The address of a column of this row as spreadsheets show it (月度填报 C7); of a missing one, the row."""
        if name in self.letters:
            return f"{self.sheet} {self.letters[name]}{self.number}"
        return _("%(sheet)s 第 %(row)s 行") % {"sheet": self.sheet, "row": self.number}


class Content(NamedTuple):
    """What a file has to say of updates."""

    rows: list[UploadRow]
    unread: list[str]  # headings of the columns that are not read


def read_rows(tables: Sequence[Table]) -> Content:
    """The rows below the headings of every table of updates; other sheets, as of notes, are passed over.

    Raises:
        ValidationError: no sheet is such a table, or one has a column twice.
    """
    content = Content([], [])
    tops = [(table, top) for table in tables if (top := _top(table))]
    if not tops:
        raise ValidationError(_("没有找到表头：要有“代码”和“报告期”两列，可下载本月填报表照着填。"))
    for table, (start, positions) in tops:
        letters = {name: letter(position) for name, position in positions.items()}
        for number, cells in table.rows[start:]:
            said = {name: cells[at] if at < len(cells) else "" for name, at in positions.items()}
            if any(text.strip() for text in said.values()):
                content.rows.append(UploadRow(table.name, number, said, letters))
        headings = [text.strip() for at, text in enumerate(table.rows[start - 1][1]) if at not in positions.values()]
        content.unread.extend(text for text in headings if text and text not in content.unread)
    return content


def _top(table: Table) -> tuple[int, dict[str, int]] | None:
    """After how many rows the table's own begin, and where its columns stand; None where it has no such headings."""
    for index, (_number, cells) in enumerate(table.rows[:MOST_NOTES], 1):
        if positions := read_headings(cells):
            return index, positions
    return None


def letter(position: int) -> str:
    """The letters of a column, counted from 0: A, B, … Z, AA."""
    high, low = divmod(position, 26)
    return (letter(high - 1) if high else "") + chr(ord("A") + low)


class RowKind(enum.Enum):
    """What comes of a row."""

    REFUSED = "refused"
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    EMPTY = "empty"  # says nothing, and nothing is there: a target that is not filled in yet


class Refusal(NamedTuple):
    address: str
    sentence: str


@dataclass
class UploadLine:
    """A row and what would come of it."""

    row: UploadRow
    period: dt.date | None = None
    target: Target | None = None
    before: ProgressUpdate | None = None  # unsaved and empty where there is none yet
    after: ProgressUpdate | None = None
    changes: list[Column] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    finding: Finding = field(default_factory=Finding)

    @property
    def kind(self) -> RowKind:
        if self.refusals:
            return RowKind.REFUSED
        is_there = self.before is not None and self.before.pk
        if not self.changes:
            return RowKind.SAME if is_there else RowKind.EMPTY
        return RowKind.CHANGED if is_there else RowKind.NEW

    def refuse(self, sentence: Any, name: str = "") -> None:
        """Note why the row is refused.

        Args:
            name: the column that is to blame; none, or one that the file does not have, is the row.
        """
        self.refusals.append(Refusal(self.row.address(name), str(sentence)))

    @property
    def old_and_new(self) -> list[tuple[str, str, str]]:
        """Label, old text and new text of each column that changes."""
        if self.before is None or self.after is None:
            return []
        return [(column.label, column.text(self.before), column.text(self.after)) for column in self.changes]

    @property
    def objections(self) -> list[str]:
        """Why it can be saved but not submitted; empty where it can."""
        found = self.finding.objections(self.after.confirmation if self.after else "")
        return [sentence for sentences in found.values() for sentence in sentences]


class Import:
    """The rows of an upload held against the ledger as `user` may see and change it.

    Args:
        for_update: lock the rows that may be changed, in a transaction of the caller.

    Queries: at most 10, however many rows.
    """

    def __init__(self, user: User, rows: Iterable[UploadRow], *, for_update: bool = False) -> None:
        self.user = user
        self.lines = [UploadLine(row) for row in rows]
        self._find_targets()
        self._find_updates(for_update=for_update)
        for line in self.lines:
            if line.before:
                self._read(line)
        self._refuse_duplicates()
        self._refuse_what_may_not_change()
        self._check()

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many rows of each kind."""
        counted = Counter(line.kind for line in self.lines)
        return {kind.value: counted[kind] for kind in RowKind}

    @property
    def refused(self) -> list[UploadLine]:
        return [line for line in self.lines if line.kind is RowKind.REFUSED]

    @property
    def writing(self) -> list[UploadLine]:
        """The rows that would be written, in the order of the file."""
        return [line for line in self.lines if line.kind in {RowKind.NEW, RowKind.CHANGED}]

    def seen(self) -> str:
        """A digest of what would be written over what: the same again only where a second look sees the same."""
        digest = sha256()
        for line in self.writing:
            for update in filter(None, (line.before, line.after)):
                digest.update(repr((update.target_id, update.period, update.pk, update.fingerprint())).encode())
        return digest.hexdigest()

    def save(self, *, submit: bool) -> None:
        """Write every row that says something new as a draft of `user`'s, and hand all of these on if so wished.

        Raises:
            ValidationError: a row is refused, also because another user was quicker; nothing is written.
            PermissionDenied, TransitionError: as `submit_all` does.

        Queries: two for each thousand rows, and those of `submit_all`.
        """
        if refused := self.refused:
            raise ValidationError([refusal.sentence for line in refused for refusal in line.refusals])
        new = [line.after for line in self.writing if line.kind is RowKind.NEW and line.after]
        changed = [line.after for line in self.writing if line.kind is RowKind.CHANGED and line.after]
        # Only what some row changes; the user who changed it last answers for it, and does not check it.
        names = {column.attribute for line in self.writing for column in line.changes}
        with transaction.atomic(), refused_as_validation():
            ProgressUpdate.objects.bulk_create(new, batch_size=BATCH)
            ProgressUpdate.objects.bulk_update(changed, sorted(names | {"entered_by"}), batch_size=BATCH)
            if submit:
                workflow.submit_all([*new, *changed], self.user)

    # --- which update a row speaks of ---

    def _find_targets(self) -> None:
        months: dict[str, dt.date] = {}
        for line in self.lines:
            text = line.row.cells["period"]
            try:
                line.period = months[text] = months.get(text) or read_month(text)
            except ValidationError as error:
                line.refuse(error.messages[0], "period")
        codes = {line.row.cells["code"].strip() for line in self.lines}
        years = {period.year for period in months.values()}
        targets = {
            (target.indicator.code, target.year): target
            for target in Target.objects.visible_to(self.user)
            .filter(indicator__code__in=codes, year__in=years)
            .select_related("indicator__unit")
        }
        for line in self.lines:
            if line.period is None:
                continue
            code = line.row.cells["code"].strip()
            line.target = targets.get((code, line.period.year))
            if line.target is None:
                figures = {"year": line.period.year, "code": code[:40]}
                line.refuse(_("%(year)s年度没有代码为“%(code)s”的目标，请核对代码和报告期。") % figures, "code")

    def _find_updates(self, *, for_update: bool) -> None:
        """What stands in the ledger for each line: the revision that it names, else the last one."""
        targets = {line.target.pk: line.target for line in self.lines if line.target}
        theirs = {"target__in": targets, "period__in": {line.period for line in self.lines if line.target}}
        editable = workflow.editable_by(self.user).filter(**theirs).order_by("pk")
        if for_update:
            editable = editable.select_for_update(of=("self",))
        self._editable = set(editable.values_list("pk", flat=True))
        self._reportable = set(
            Target.objects.reportable_by(self.user).filter(pk__in=targets).values_list("pk", flat=True)
        )
        revisions: dict[tuple[int, dt.date], list[ProgressUpdate]] = defaultdict(list)
        for update in ProgressUpdate.objects.visible_to(self.user).filter(**theirs).order_by("revision"):
            update.target = targets[update.target_id]
            revisions[update.target_id, update.period].append(update)
        for line in self.lines:
            if line.target and line.period:
                blank = ProgressUpdate(target=line.target, period=line.period)
                blank.fill_derived()
                line.before = self._revision(line, revisions[line.target.pk, line.period], blank)

    @staticmethod
    def _revision(line: UploadLine, stored: list[ProgressUpdate], blank: ProgressUpdate) -> ProgressUpdate | None:
        named = line.row.cells.get("revision", "").strip()
        if not named:
            return stored[-1] if stored else blank
        if named == "1" and not stored:
            return blank
        found = next((update for update in stored if str(update.revision) == named), None)
        if found is None:
            line.refuse(
                _("这一期没有第“%(number)s”版；更正请在该填报的页面上办理。") % {"number": named[:10]}, "revision"
            )
        return found

    # --- what it says ---

    def _read(self, line: UploadLine) -> None:
        """Fills `after` and `changes`, or notes the cells that cannot be read."""
        before = line.before
        assert before is not None
        line.after = after = copy.copy(before)
        for name, column in COLUMNS.items():
            if name not in line.row.cells:
                continue
            has_column = before.measure in column.only
            try:
                value = column.cell.clean(line.row.cells[name], before, self._units)
            except ValidationError as error:
                line.refuse(" ".join(error.messages) if has_column else _misfit(column, before), name)
                continue
            # 16.6 for a 16.60, or another kind of line break, is no change.
            if plain(value) != column.value(before):
                setattr(after, name, value)
                line.changes.append(column)
                if not has_column:
                    line.refuse(_misfit(column, before), name)

    @cached_property
    def _units(self) -> dict[str, Unit]:
        return {unit.symbol: unit for unit in Unit.objects.all()}

    # --- whether it may ---

    def _refuse_duplicates(self) -> None:
        """Two rows for the same update, of which one would change it: nobody can tell which is meant."""
        first: dict[tuple[int, dt.date, int | None], UploadLine] = {}
        for line in self.lines:
            if line.before is None or line.kind is RowKind.EMPTY:
                continue
            key = (line.before.target_id, line.before.period, line.before.pk)
            other = first.setdefault(key, line)
            if other is not line and {RowKind.NEW, RowKind.CHANGED} & {line.kind, other.kind}:
                line.refuse(
                    _("与 %(other)s 是同一目标的同一期，请只留一行。") % {"other": other.row.address("code")}, "code"
                )

    def _refuse_what_may_not_change(self) -> None:
        for line in self.writing:
            before, after = line.before, line.after
            assert before is not None
            assert after is not None
            if before.target_id not in self._reportable:
                line.refuse(
                    _("“%(target)s”不是您所在单位的目标，不能填报。") % {"target": before.target.indicator}, "code"
                )
            elif before.pk and before.status not in OPEN_TO_ENTRY:
                for column in line.changes:
                    line.refuse(_settled(before, column), column.attribute)
            else:
                after.entered_by = self.user
                after.fill_derived()
                self._clean_fields(line, after)

    def _clean_fields(self, line: UploadLine, update: ProgressUpdate) -> None:
        """The rules of each field by itself, as a form has them: lengths, choices, a proper address."""
        others = {field.name for field in update._meta.fields} - {column.attribute for column in line.changes}
        try:
            update.clean_fields(exclude=others)
        except ValidationError as error:
            for name, sentences in error.message_dict.items():
                for sentence in sentences:
                    line.refuse(sentence, name)

    def _check(self) -> None:
        """The checks that every way of entry shares (tracker/checks.py); then what `editable_by` alone refuses."""
        lines = self.writing
        for line, finding in zip(lines, check([line.after for line in lines if line.after]), strict=True):
            line.finding = finding
            for name, sentences in finding.refusals.items():
                for sentence in sentences:
                    line.refuse(sentence, name)
            if line.kind is RowKind.CHANGED and line.before and line.before.pk not in self._editable:
                line.refuse(_("这份填报您不能修改；演示账号只能办理演示数据。"), "code")


def _misfit(column: Column, update: ProgressUpdate) -> str:
    if update.measure == Measure.MILESTONE:
        return _("“%(target)s”是任务，没有“%(column)s”，请清空这一格。") % _naming(column, update)
    return _("“%(target)s”按数值填报，没有“%(column)s”，请清空这一格。") % _naming(column, update)


def _settled(update: ProgressUpdate, column: Column) -> str:
    """Why a column of an update that is out of the unit's hands stays as it is."""
    figures = {"old": column.text(update) or _("空"), "status": update.get_status_display()}
    if update.status == Status.VERIFIED:
        return _("这一期已核验为“%(old)s”，不能用上传改动；请在该填报的页面上办理更正。") % figures
    return _("这一期%(status)s，已填“%(old)s”，不能改动；要改请先由审核人退回。") % figures


def _naming(column: Column, update: ProgressUpdate) -> dict[str, Any]:
    return {"target": update.target.indicator, "column": column.label}
