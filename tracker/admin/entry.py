"""The form on which a unit states its progress, and what it needs to know to state it right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tracker.assessment import Judgement, Light, Meaning, suppose
from tracker.checks import Finding, check
from tracker.history import changes
from tracker.models import Measure, Milestone, ProgressUpdate, Target
from tracker.models.periods import last_day
from tracker.models.progress import WRITTEN
from tracker.wording import goals, listed, measured, month, number, percent, stated

from .forms import PERCENT, RefusableForm


class UpdateForm(RefusableForm):
    """What a unit states: only periods that the target has, only the fields that its measure has."""

    fields: dict[str, Any]
    #: The target of a new update.
    target: Target | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.target_id is None and self.target is not None:
            self.instance.target = self.target
        target = self.instance.target
        if "period" in self.fields:
            self.fields["period"] = PeriodField(target, self.instance)
        if "value" in self.fields:
            self.fields["value"].unit = target.indicator.unit
            self.fields["growth"].unit = PERCENT
            self.fields["value"].label = _("完成值（%(unit)s）") % {"unit": target.indicator.unit}
            self.fields["value"].help_text = (
                _("1月至本期末的累计数，不是当月数")
                if target.measure == Measure.CUMULATIVE
                else _("本期末的时点数或比率")
            )
        if "steps_done" in self.fields:
            self.fields["steps_done"] = StepsField(list(target.milestones.order_by("number")))

        if not self.is_bound and self.instance._state.adding:
            self._begin_at("value", "stage")

    def full_clean(self) -> None:
        super().full_clean()
        self._begin_at(*(name for name in self.fields if name in self.errors))

    def _begin_at(self, *names: str) -> None:
        """Puts the cursor into the first of these fields that the form has."""
        if first := next((name for name in names if name in self.fields), None):
            self.fields[first].widget.attrs["autofocus"] = True

    def finding(self) -> Finding:
        """What there is to say about the update as it is filled; nothing while what would be judged cannot be read."""
        judged = {"period", "value", "growth", "stage", "steps_done"}
        # Reading the errors fills the instance with what was typed.
        if judged & set(self.errors) or self.instance.period is None:
            return Finding()
        return check([self.instance])[0]


class PeriodField(forms.TypedChoiceField):
    """The periods of a target that have ended, by their months; those already reported say so."""

    def __init__(self, target: Target, update: ProgressUpdate) -> None:
        taken = {
            other.period: other.get_status_display()
            for other in target.updates.exclude(pk=update.pk).order_by("period", "revision")
        }
        ends = [last_day(target.year, number) for number in target.indicator.report_months()]
        choices = [
            (end.isoformat(), f"{month(end)}（{taken[end]}）" if end in taken else month(end))
            for end in ends
            if end <= timezone.localdate()
        ]
        super().__init__(
            label=_("报告期"),
            choices=choices or [("", _("尚无到期的报告期"))],
            coerce=dt.date.fromisoformat,
            error_messages={"invalid_choice": _("该目标没有这一报告期，或这一期尚未结束，请从列表中选择。")},
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        # Choices are texts, and the field's own value is a date.
        return super().has_changed(initial and initial.isoformat(), data)


class StepsField(forms.TypedMultipleChoiceField):
    """Which steps of a task are done."""

    def __init__(self, steps: list[Milestone]) -> None:
        super().__init__(
            label=_("已完成节点"),
            required=False,
            coerce=int,
            choices=[(step.number, _("%(step)s（%(due)s 前）") % {"step": step, "due": step.due_on}) for step in steps],
            widget=forms.CheckboxSelectMultiple,
        )


def panel(target: Target, period: dt.date, user: Any, update: ProgressUpdate | None) -> dict[str, Any]:
    """What stands beside the form: the promise, the last verified figure, what should be done by the period's end, last
    year's figure for it, and what else was stated for it.

    Queries: 4.
    """
    judged: Any = Target.objects.filter(pk=target.pk).assessed(period).with_lead().get()
    counting = ProgressUpdate.objects.for_list().filter(pk=judged.update_id).first()
    [silent] = suppose([ProgressUpdate(target=target, period=period)])
    others = ProgressUpdate.objects.visible_to(user).filter(target=target, period=period)
    if update is not None:
        others = others.exclude(pk=update.pk)
    return {
        "target": target,
        "lead": judged.lead,
        "goals": goals(target),
        "period": month(period),
        "expected": percent(silent.expected),
        "year_before": measured(silent.year_before, target.indicator.unit),
        "year_before_period": month(period.replace(year=period.year - 1, day=1)),
        "counting": counting,
        "counting_period": month(judged.period),
        "counting_stated": stated(counting) if counting else "",
        "completion": percent(judged.completion),
        "is_sample": counting is not None and counting.is_sample,
        "others": others.order_by("revision"),
    }


@dataclass(frozen=True)
class Reading:
    """What the figure means, worded for the page."""

    finding: Finding
    status: str  # empty where nothing is judged
    light: str
    light_word: str
    lines: list[tuple[str, str]]
    needed: str  # what must still be written before it is submitted

    @property
    def sentence(self) -> str:
        """In one line, for a message; empty where nothing is judged."""
        if not self.status:
            return ""
        told = [*(f"{label} {text}" for label, text in self.lines), _("评价：%(status)s") % {"status": self.status}]
        return str(_("，").join(told)) + "。"


def reading(update: ProgressUpdate, finding: Finding) -> Reading:
    if finding.meaning is None:
        return Reading(finding, "", "", "", [], "")
    needed = listed(ProgressUpdate._meta.get_field(name).verbose_name for name in finding.missing)  # type: ignore[union-attr]
    status, light = Judgement(finding.meaning.status), Light(finding.meaning.light)
    lines = [(str(label), text) for label, text in _lines(update, finding.meaning) if text]
    return Reading(finding, str(status.label), light.value, str(light.label), lines, needed)


def _lines(update: ProgressUpdate, meaning: Meaning) -> Iterator[tuple[Any, str]]:
    unit = update.target.indicator.unit
    yield _("完成率"), percent(meaning.completion)
    yield _("序时进度"), percent(meaning.expected)
    yield _("超/欠序时"), _points(meaning.gap)
    yield _("增速与目标之差"), _points(meaning.growth_gap)
    yield _("距控制线"), _points(meaning.margin) if unit and unit.symbol == "%" else measured(meaning.margin, unit)
    if meaning.remaining is not None and meaning.remaining > 0:
        yield _("距目标尚差"), measured(meaning.remaining, unit)


def _points(difference: Decimal | None) -> str:
    """The difference of two percentages: "−11.21 个百分点"."""
    if difference is None:
        return ""
    sign = "\N{MINUS SIGN}" if difference < 0 else "+" if difference > 0 else ""
    return _("%(points)s 个百分点") % {"points": f"{sign}{number(abs(difference))}"}


def demands(update: ProgressUpdate, finding: Finding) -> str:
    """CSS classes of the form: what it asks for beyond the figures."""
    asks = ["asks"] if finding.questions or update.confirmation else []
    return " ".join([*asks, *(f"needs-{name}" for name in finding.missing)])


class Conflict(NamedTuple):
    """What somebody else wrote while the person was typing."""

    who: str
    at: dt.datetime | None
    differences: list[tuple[str, str]]  # label and present content of each field that now says something else


def conflict(present: ProgressUpdate, form: UpdateForm) -> Conflict:
    """The row as it is now, against what the form says. Queries: a small fixed number."""
    events: Any = ProgressUpdate.pgh_event_model  # type: ignore[attr-defined]
    last = changes([events.objects.filter(pgh_obj_id=present.pk)]).values("who", "at").first()
    differences = [
        (str(form[name].label), shown(present, name) or "—")
        for name, field in form.fields.items()
        if name in WRITTEN and field.has_changed(getattr(present, name), form[name].data)
    ]
    return Conflict(last["who"] if last else "", last["at"] if last else None, differences)


def shown(update: ProgressUpdate, name: str) -> str:
    """One field of an update as it is printed."""
    value: Any = getattr(update, name)
    if name == "value":
        return measured(value, update.target.indicator.unit)
    if name in ("growth", "stated_rate"):
        return percent(value)
    if name == "period":
        return month(value)
    return listed(value) if name == "steps_done" else str(value or "")


def typed_otherwise(update: ProgressUpdate, data: QueryDict) -> str:
    """What a form says that the row does not, so that nothing typed is lost where the form cannot come back."""
    fields: list[Any] = [ProgressUpdate._meta.get_field(name) for name in WRITTEN if name in data]
    told = [(field, listed(data.getlist(field.name)).strip()) for field in fields]
    return _("；").join(
        f"{field.verbose_name} {text}" for field, text in told if text and text != field.value_to_string(update)
    )


def state(update: ProgressUpdate) -> str:
    """Where an update stands; a verified one that was corrected since says so."""
    return str(_("已更正") if update.superseded_at else update.get_status_display())
