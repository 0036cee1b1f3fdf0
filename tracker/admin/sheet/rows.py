"""The rows of the month sheet: what is reported, what is typed, and what the checks find."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from tracker.assessment import Judgement, Light, Meaning
from tracker.checks import Finding
from tracker.models import Milestone, ProgressUpdate, Stage, Status
from tracker.text import percent, points
from tracker.wording import goal, growth_goal, summary

from ..display import state
from ..entry.form import StepsField
from ..forms import PERCENT, FigureField

#: What a row states beside its figures or its stage.
TEXTS = ("remark", "problem", "next_step", "confirmation")


class WordsField(forms.CharField):
    """Some sentences. Not every browser sends line ends of a hidden field as those of a text area."""

    widget = forms.Textarea(attrs={"rows": 2})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(*("\n".join((text or "").splitlines()) for text in (initial, data)))


class RowForm(forms.Form):
    """The form of one target's row; its fields are those that the target has."""

    #: What the user saw when starting to type; a row that changed since is not overwritten.
    fingerprint = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, row: SheetRow, data: QueryDict | None) -> None:
        self.content = (*row.figures, *TEXTS)
        initial = {name: getattr(row.update, name) for name in self.content}
        super().__init__(data, prefix=str(row.target.pk), initial=initial)
        for name in self.content:
            self.fields[name] = field = _field(name, row)
            # Sent along, it tells what the user changed from what another user changed meanwhile.
            field.show_hidden_initial = name != "steps_done"
            field.widget.attrs["aria-describedby"] = f"{self[name].auto_id}-notes"
            if name not in ("stage", "steps_done"):  # groups, named by their legends
                field.widget.attrs["aria-label"] = f"{row.target.indicator} {field.label}"

    def has_changed(self) -> bool:
        """Whether the user changed anything since the page was shown; an untouched row is never saved."""
        return any(name != "fingerprint" for name in self.changed_data)


def _field(name: str, row: SheetRow) -> forms.Field:
    label: Any = ProgressUpdate._meta.get_field(name).verbose_name  # type: ignore[union-attr]
    if name == "steps_done":
        return StepsField(row.steps)
    if name == "stage":
        stages = [("", _("不填")), *Stage.choices]
        return forms.ChoiceField(label=label, choices=stages, required=False, widget=forms.RadioSelect)
    if name in TEXTS:
        return WordsField(label=label, required=False)
    figure = FigureField(label=label, required=False)
    figure.unit = PERCENT if name == "growth" else row.target.indicator.unit
    return figure


@dataclass(frozen=True)
class Cell:
    """A field of a row, with why the row may not be submitted because of it."""

    name: str
    field: forms.BoundField
    objections: list[str]

    @property
    def initial(self) -> str:
        """The hidden field beside it."""
        return self.field.as_hidden(only_initial=True) if self.field.field.show_hidden_initial else ""


class SheetRow:
    """A target on the sheet: what is reported for it this month, and what one needs to know to report it."""

    form: RowForm | None = None  # null where it is only read
    meaning: Meaning | None = None  # of what is reported; null where nothing is
    expected = ""  # 序时 at the month's end

    def __init__(
        self,
        target: Any,
        update: ProgressUpdate,
        *,
        previous: ProgressUpdate | None,
        steps: list[Milestone],
        is_open: bool,
        is_reported: bool,
        data: QueryDict | None = None,
    ) -> None:
        """A row, with its form where it can be filled in or was posted.

        Args:
            target: with `is_own` and `is_task` (`TargetQuerySet.on_sheet`).
            update: this month's latest revision; unsaved and empty where nothing is reported yet.
            previous: the last verified update of an earlier month.
            steps: the dated steps of a task.
            is_open: whether the user may fill it in.
            is_reported: whether the target is reported for this month (`ProgressUpdateQuerySet.reported`).
            data: what was posted, for all rows.
        """
        self.target, self.update, self.previous, self.steps = target, update, previous, steps
        self.is_open, self.is_reported = is_open, is_reported
        self.objections: dict[str, list[str]] = {}
        is_posted = data is not None and f"{target.pk}-fingerprint" in data
        if is_open or is_posted:
            self.form = RowForm(self, data if is_posted else None)

    @property
    def figures(self) -> tuple[str, ...]:
        """The fields beside the texts. They include growth where one is promised, or was reported before."""
        if self.target.is_task:
            return ("stage", "steps_done") if self.steps else ("stage",)
        updates = filter(None, (self.update, self.previous))
        has_growth = self.target.growth is not None or any(update.growth is not None for update in updates)
        return ("value", "growth") if has_growth else ("value",)

    @property
    def is_touched(self) -> bool:
        return self.form is not None and self.form.is_bound and self.form.has_changed()

    def typed(self) -> ProgressUpdate | None:
        """The update as it was typed, unsaved; None, with the reason on the form, where that cannot be."""
        assert self.form is not None
        typed = copy.copy(self.update)
        if not self.form.is_valid():
            return None
        for name in self.form.content:
            setattr(typed, name, self.form.cleaned_data[name])
        present = self.update.fingerprint()
        # Whether one may begin is for the checks to say.
        if self.update.pk and not self.is_open:
            text = _("这一项现在是“%(state)s”状态，不能再改，所填没有保存；可能已由他人处理，或年度已经封账。")
            self.form.add_error(None, text % {"state": self.state})
        elif present not in (self.form.cleaned_data["fingerprint"], typed.fingerprint()):
            # The page comes back with the present fingerprint: saved again, it is overwritten knowingly.
            text = _("这一项刚由%(who)s改为“%(stated)s”，您所填的没有保存；如以您填的为准，请再次保存。")
            who = self.update.entered_by or _("他人")
            self.form.add_error(None, text % {"who": who, "stated": self.summary or _("空")})
        return None if self.form.errors else typed

    def take(self, finding: Finding, confirmation: str) -> None:
        """Keep what the checks found: refusals on the form, the rest as objections to submitting it."""
        assert self.form is not None
        self.meaning = finding.meaning
        self.objections = finding.objections(confirmation)
        for name, sentences in finding.refusals.items():
            del self.objections[name]
            self.form.add_error(name if name in self.form.fields else None, sentences)

    @property
    def is_draft(self) -> bool:
        """Whether the posted page showed it as a draft that can be submitted."""
        is_posted = self.form is not None and self.form.is_bound
        return is_posted and self.is_open and self.update.pk is not None and self.update.status == Status.DRAFT

    @property
    def is_kept(self) -> bool:
        """Whether it shows what could not be saved."""
        return self.form is not None and self.form.is_bound

    # --- what is shown ---

    @property
    def judged(self) -> dict[str, Any]:
        """What the checks found, for a page that is being typed into."""
        assert self.form is not None
        errors = {name: [str(text) for text in texts] for name, texts in self.form.errors.items()}
        return {"errors": errors, "objections": self.objections, "meaning": self.shown}

    @property
    def figure_cells(self) -> list[Cell]:
        return self._cells(self.figures)

    @property
    def text_cells(self) -> list[Cell]:
        return self._cells(TEXTS)

    def _cells(self, names: Iterable[str]) -> list[Cell]:
        assert self.form is not None
        return [Cell(name, self.form[name], self.objections.get(name, [])) for name in names]

    @property
    def texts(self) -> list[tuple[Any, str]]:
        """What the update says in words, each with its label."""
        said = [(ProgressUpdate._meta.get_field(name).verbose_name, getattr(self.update, name)) for name in TEXTS]  # type: ignore[union-attr]
        return [(label, text) for label, text in said if text]

    @property
    def needs_words(self) -> bool:
        """Whether the texts stand open: there are errors or objections to them."""
        return self.form is not None and any(cell.objections or cell.field.errors for cell in self.text_cells)

    @property
    def summary(self) -> str:
        return summary(self.update)

    @property
    def previous_summary(self) -> str:
        return summary(self.previous) if self.previous else ""

    @property
    def state(self) -> str:
        return state(self.update) if self.update.pk else ""

    @property
    def goals(self) -> list[str]:
        growth = growth_goal(self.target)
        return [text for text in (goal(self.target), growth and _("增速 %(growth)s") % {"growth": growth}) if text]

    @property
    def shown(self) -> dict[str, str]:
        return meaning_shown(self.meaning) if self.meaning else {}


def meaning_shown(meaning: Meaning) -> dict[str, str]:
    """What a figure means, as the page prints it."""
    gap = meaning.gap if meaning.gap is not None else meaning.growth_gap
    return {
        "completion": percent(meaning.completion),
        "gap": points(gap),
        "light": meaning.light,
        "status": str(Judgement(meaning.status).label),
        "lamp": str(Light(meaning.light).label),
    }
