"""What stands beside the form of an update, or in its place: what its figure means, and what was reported already."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from tracker.assessment import Judgement, Light, Meaning, preview
from tracker.checks import Finding
from tracker.history import changes
from tracker.models import Measure, ProgressUpdate, Target
from tracker.models.progress import WRITTEN
from tracker.text import listed, month, percent, with_sign
from tracker.wording import goals, measured, summary

from ..display import column, figure, signed, state
from .form import UpdateForm

MONTH = column("month", _("报告期"), lambda row: month(row.period), "period")
STATE = column("state", _("状态"), state, "status")


def panel(target: Target, period: dt.date, user: Any, update: ProgressUpdate | None) -> dict[str, Any]:
    """What stands beside the form: the promise, the last verified figure, what should be done by the period's end, last
    year's figure for it, and what else was reported for it.

    Queries: 4.
    """
    judged: Any = Target.objects.filter(pk=target.pk).assessed(period).with_lead().get()
    counting = ProgressUpdate.objects.for_list().filter(pk=judged.update_id).first()
    [silent] = preview([ProgressUpdate(target=target, period=period)])
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
        "counting_summary": summary(counting) if counting else "",
        "completion": percent(judged.completion),
        "is_sample": counting is not None and counting.is_sample,
        "others": others.order_by("revision"),
    }


@dataclass(frozen=True)
class Interpretation:
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
        parts = [*(f"{label} {text}" for label, text in self.lines), _("评价：%(status)s") % {"status": self.status}]
        return str(_("，").join(parts)) + "。"


def interpret(update: ProgressUpdate, finding: Finding) -> Interpretation:
    if finding.meaning is None:
        return Interpretation(finding, "", "", "", [], "")
    needed = listed(ProgressUpdate._meta.get_field(name).verbose_name for name in finding.missing)  # type: ignore[union-attr]
    status, light = Judgement(finding.meaning.status), Light(finding.meaning.light)
    lines = [(str(label), text) for label, text in _lines(update, finding.meaning) if text]
    return Interpretation(finding, str(status.label), light.value, str(light.label), lines, needed)


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
    return _("%(points)s 个百分点") % {"points": with_sign(difference)}


def css_flags(update: ProgressUpdate, finding: Finding) -> str:
    """CSS classes of the form: what it asks for beyond the figures."""
    asks = ["asks"] if finding.warnings or update.confirmation else []
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
        (str(form[name].label), field_text(present, name) or "—")
        for name, field in form.fields.items()
        if name in WRITTEN and field.has_changed(getattr(present, name), form[name].data)
    ]
    return Conflict(last["who"] if last else "", last["at"] if last else None, differences)


def field_text(update: ProgressUpdate, name: str) -> str:
    """One field of an update as it is printed."""
    value: Any = getattr(update, name)
    if name == "value":
        return measured(value, update.target.indicator.unit)
    if name in ("growth", "stated_rate"):
        return percent(value)
    if name == "period":
        return month(value)
    return listed(value) if name == "steps_done" else str(value or "")


def unsaved_input(update: ProgressUpdate, data: QueryDict) -> str:
    """What a form says that the row does not, so that nothing typed is lost where the form cannot come back."""
    fields: list[Any] = [ProgressUpdate._meta.get_field(name) for name in WRITTEN if name in data]
    typed = [(field, listed(data.getlist(field.name)).strip()) for field in fields]
    return _("；").join(
        f"{field.verbose_name} {text}" for field, text in typed if text and text != field.value_to_string(update)
    )


def readonly_fieldsets(update: ProgressUpdate) -> list[Any]:
    """Fieldsets of an update that the reader cannot change: what it says, and how it went; nothing that is empty."""
    if update.measure == Measure.MILESTONE:
        steps = list(update.target.milestones.filter(number__in=update.steps_done).order_by("number"))
        done = column("steps", _("已完成节点"), lambda row: listed(steps))
        said: list[Any] = ["stage", *([done] if steps else [])]
    else:
        unit = update.target.indicator.unit
        value = column("value_figure", _("完成值"), lambda row: measured(row.value, unit))
        said = [value, figure("growth", _("同比增速（%）")), "vintage"]
    optional = [
        *("pace", "confirmation", "remark", "problem", "next_step", "correction_reason"),
        *("source_url", "published_on"),
    ]
    went: list[tuple[Any, Any]] = [
        (column("entered", _("填报"), lambda row: signed(row.entered_by, row.entered_at)), True),
        (column("submitted", _("提交"), lambda row: signed(None, row.submitted_at)), update.submitted_at),
        (column("endorsed", _("审核"), lambda row: signed(row.endorsed_by, row.endorsed_at)), update.endorsed_at),
        (column("verified", _("核验"), lambda row: signed(row.verified_by, row.verified_at)), update.verified_at),
        (column("superseded", _("被更正"), lambda row: signed(None, row.superseded_at)), update.superseded_at),
        ("return_reason", update.return_reason),
    ]
    return [
        (None, {"fields": [MONTH, *said, *(name for name in optional if getattr(update, name))]}),
        (
            _("办理情况"),
            {
                "fields": [
                    STATE,
                    "revision",
                    *(field for field, is_there in went if is_there),
                ]
            },
        ),
    ]
