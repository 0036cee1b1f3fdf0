"""Buttons and forms of the transitions (tracker/workflow.py) that an update's page offers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tracker import workflow
from tracker.models import Measure, Pace, ProgressUpdate, Stage


class ConfirmForm(forms.Form):
    """Nothing to fill in."""


def reason(label: Any, missing: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(label=label, max_length=200, widget=widget, error_messages={"required": missing})


class ReturnForm(forms.Form):
    reason = reason(_("退回原因"), _("退回须写明原因，让填报单位知道改什么。"))


class CorrectForm(forms.Form):
    reason = reason(_("更正原因"), _("更正须写明原因。"))


class PaceForm(forms.Form):
    """A task under way without dated steps is judged by its verifier; leaving that open is said, not forgotten."""

    OPEN = "-"
    pace = forms.ChoiceField(
        label=_("推进评定"), choices=[*Pace.choices, (OPEN, _("暂不评定"))], widget=forms.RadioSelect
    )

    def clean_pace(self) -> str:
        pace: str = self.cleaned_data["pace"]
        return "" if pace == self.OPEN else pace


def needs_pace(update: ProgressUpdate) -> bool:
    """Whether the judgement of this update rests on its verifier (domain.md §5)."""
    return (
        update.measure == Measure.MILESTONE
        and update.stage in (Stage.PREPARING, Stage.UNDER_WAY)
        and not update.target.milestones.exists()
    )


@dataclass(frozen=True)
class Button:
    """A transition on the page of an update."""

    label: str | Promise
    done: str | Promise
    form: Callable[[ProgressUpdate], type[forms.Form]]
    #: Takes it, given the update, the user and what the form asks for; returns the correction where one was begun.
    act: Callable[..., ProgressUpdate | None]
    is_default: bool = False
    #: Folded away until it is asked for.
    is_rare: bool = False


#: Name of the transition → its button.
BUTTONS = {
    "endorse": Button(
        label=_("审核通过"),
        done=_("“%(update)s”已审核通过，等待督查室核验。"),
        form=lambda update: ConfirmForm,
        act=workflow.endorse,
        is_default=True,
    ),
    "verify": Button(
        label=_("核验通过"),
        done=_("“%(update)s”已核验，计入完成情况。"),
        form=lambda update: PaceForm if needs_pace(update) else ConfirmForm,
        act=workflow.verify,
        is_default=True,
    ),
    "return": Button(
        label=_("退回"),
        done=_("“%(update)s”已退回填报单位。"),
        form=lambda update: ReturnForm,
        act=workflow.send_back,
    ),
    "correct": Button(
        label=_("更正"),
        done=_("已建立“%(update)s”的更正稿，请改正后提交；核验通过之前，仍以原数为准。"),
        form=lambda update: CorrectForm,
        act=workflow.correct,
        is_rare=True,
    ),
}
