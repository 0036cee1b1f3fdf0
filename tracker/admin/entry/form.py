"""The form on which a unit states its progress, and what it needs to know to state it right."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tracker.checks import Finding, check
from tracker.models import Measure, Milestone, ProgressUpdate, Target
from tracker.periods import last_day
from tracker.text import month

from ..forms import PERCENT, RefusableForm


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
