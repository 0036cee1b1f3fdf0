"""Refusals, missing fields and warnings (domain.md §8): the one place, for form, month sheet, upload and workflow.

    refusals    may not be saved, not even as a draft (`models.progress.unsavable`)
    missing     may be saved, not submitted
    warnings    may be submitted once the user has confirmed the figure with a remark

What an update would mean is computed by the assessment itself (`tracker.assessment.preview`); nothing is judged here.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from .assessment import Judgement, Meaning, preview
from .models import AnnualResult, JudgedBy, Measure, ProgressUpdate, Target
from .models.progress import unsavable
from .text import month, percent
from .wording import goal, growth_goal, measured

#: A value this many times what the last period suggests, or less than its inverse, needs confirmation.
LEAP = 10


@dataclass
class Finding:
    """What there is to say about one update."""

    refusals: dict[str, list[str]] = field(default_factory=dict)  # field → sentences
    missing: dict[str, str] = field(default_factory=dict)  # field → sentence
    warnings: list[str] = field(default_factory=list)
    meaning: Meaning | None = None  # None where it is refused or empty

    def objections(self, confirmation: str) -> dict[str, list[str]]:
        """Why it may not be submitted, by field; empty where it may.

        Args:
            confirmation: the remark with which the user confirms the figure.
        """
        found = {**self.refusals}
        for name, sentence in self.missing.items():
            found[name] = [*found.get(name, []), sentence]
        if self.warnings and not confirmation.strip():
            found["confirmation"] = [
                *self.warnings,
                _("数字属实的，请在“核对说明”中写明依据后再提交；有误的，请改正。"),
            ]
        return found


def check(updates: Sequence[ProgressUpdate]) -> list[Finding]:
    """One finding for each update, in order.

    Args:
        updates: saved or not; their targets come with `indicator.unit` loaded.

    Queries: at most 5, however many updates.
    """
    findings = [Finding(refusals=refused) for refused in unsavable(updates)]
    sound: list[tuple[ProgressUpdate, Finding]] = []
    for update, finding in zip(updates, findings, strict=True):
        if not says_something(update):
            finding.missing[_main_field(update.target)] = _(
                "提交前请填写完成值、增速或进展阶段中的至少一项；没有数据请不要填 0。"
            )
        elif update.period and not finding.refusals:
            sound.append((update, finding))
    judged = [update for update, _finding in sound]
    known, bases = _known(judged), _bases(judged)
    for (update, finding), meaning in zip(sound, preview(judged), strict=True):
        finding.meaning = meaning
        finding.missing |= _unexplained(update, meaning)
        figures = known[update.target_id]
        finding.warnings = [
            *_falls(update, figures),
            *_leaps(update, figures),
            *_contradicts(update, _base(update, meaning, bases)),
        ]
    return findings


def says_something(update: ProgressUpdate) -> bool:
    """Whether it has any figure, stage or step."""
    return bool(update.stage or update.steps_done) or update.value is not None or update.growth is not None


# --- missing ---


def _main_field(target: Target) -> str:
    """The field to begin with in an empty update."""
    if target.measure == Measure.MILESTONE:
        return "stage"
    return "growth" if target.value is None else "value"


def _unexplained(update: ProgressUpdate, meaning: Meaning) -> dict[str, str]:
    """An update that is behind needs a problem and a next step."""
    if meaning.status != Judgement.BEHIND:
        return {}
    why = "；".join(_shortfalls(update, meaning))
    sentences = {
        "problem": _("评价为欠序时（%(why)s），提交前请写明存在问题。"),
        "next_step": _("评价为欠序时（%(why)s），提交前请写明下一步措施。"),
    }
    return {name: text % {"why": why} for name, text in sentences.items() if not getattr(update, name).strip()}


def _shortfalls(update: ProgressUpdate, meaning: Meaning) -> Iterator[str]:
    """What makes it behind: each facet that counts, with its figures."""
    target = update.target
    if meaning.value_status == Judgement.BEHIND and target.judged_by != JudgedBy.GROWTH:
        if meaning.gap is not None and meaning.gap < 0:
            yield _("完成率 %(completion)s，低于序时进度 %(expected)s") % {
                "completion": percent(meaning.completion),
                "expected": percent(meaning.expected),
            }
        elif target.value is not None:
            yield _("完成值 %(value)s，未满足目标 %(goal)s") % {"value": _value(update), "goal": goal(target)}
        else:
            yield _("任务到期仍未完成")
    if meaning.growth_status == Judgement.BEHIND and target.judged_by != JudgedBy.VALUE:
        yield _("增速 %(growth)s，未满足目标 %(goal)s") % {
            "growth": percent(update.growth),
            "goal": growth_goal(target),
        }


# --- warnings ---


class Known(NamedTuple):
    """A verified figure that counts."""

    period: dt.date
    value: Decimal


def _known(updates: Sequence[ProgressUpdate]) -> dict[int, list[Known]]:
    """The verified figures of the year by target, in the order of their periods. Queries: 1."""
    found: dict[int, list[Known]] = defaultdict(list)
    targets = {update.target_id for update in updates if update.value is not None}
    rows = ProgressUpdate.objects.known_at(timezone.now()).filter(target__in=targets)
    for target, period, value in rows.order_by("period").values_list("target", "period", "value"):
        if value is not None:
            found[target].append(Known(period, value))
    return found


def _falls(update: ProgressUpdate, known: Sequence[Known]) -> Iterator[str]:
    """A total since 1 January that is smaller than an earlier one, or greater than a later one."""
    if update.target.measure != Measure.CUMULATIVE or update.value is None:
        return
    for other in (_before(update, known), next((one for one in known if one.period > update.period), None)):
        if other is None:
            continue
        figures = {"value": _value(update), "period": month(other.period), "other": _in_unit(update, other.value)}
        if other.period < update.period and update.value < other.value:
            yield _("累计完成值 %(value)s低于%(period)s已核验的 %(other)s，累计数一般不会减少，请核对。") % figures
        if other.period > update.period and update.value > other.value:
            yield _("累计完成值 %(value)s高于%(period)s已核验的 %(other)s，累计数一般不会减少，请核对。") % figures


def _leaps(update: ProgressUpdate, known: Sequence[Known]) -> Iterator[str]:
    """A value of another order of magnitude than the last period suggests: most often another unit."""
    # A correction of the year's first period is held against what it corrects.
    last = _before(update, known) or next((one for one in known if one.period == update.period), None)
    if update.value is None or last is None:
        return
    is_total = update.target.measure == Measure.CUMULATIVE
    months, past = (update.period.month, last.period.month) if is_total else (1, 1)
    # Multiplied out, so that nothing is rounded before it is compared.
    typed, suggested = abs(update.value) * past, abs(last.value) * months
    if typed > suggested * LEAP > 0:
        text = _("按%(period)s的 %(last)s推算，本期约 %(suggested)s；所填 %(value)s超过其十倍，请核对数值和单位。")
    elif typed * LEAP < suggested:
        text = _("按%(period)s的 %(last)s推算，本期约 %(suggested)s；所填 %(value)s不到其十分之一，请核对数值和单位。")
    else:
        return
    yield text % {
        "value": _value(update),
        "period": month(last.period),
        "last": _in_unit(update, last.value),
        "suggested": _in_unit(update, (last.value * months / past).quantize(last.value)),
    }


def _contradicts(update: ProgressUpdate, base: Decimal | None) -> Iterator[str]:
    """A growth that points the other way than the level does against a comparable figure of the year before."""
    if update.value is None or update.growth is None or base is None or base <= 0:
        return
    figures = {"value": _value(update), "base": _in_unit(update, base), "growth": percent(update.growth)}
    if update.value > base and update.growth < 0:
        yield _("完成值 %(value)s高于上年同期的 %(base)s，同比增速却为 %(growth)s，请核对。") % figures
    if update.value < base and update.growth > 0:
        yield _("完成值 %(value)s低于上年同期的 %(base)s，同比增速却为 %(growth)s，请核对。") % figures


def _bases(updates: Sequence[ProgressUpdate]) -> dict[int, Decimal]:
    """Last year's annual figures that stand for its December, by the baseline's id. Queries: 1."""
    baselines = {update.target.baseline_id for update in updates if update.period.month == 12}
    rows = AnnualResult.objects.filter(pk__in=baselines - {None})
    return {pk: value for pk, value in rows.values_list("pk", "value") if value is not None}


def _base(update: ProgressUpdate, meaning: Meaning, bases: dict[int, Decimal]) -> Decimal | None:
    """Last year's figure for the same month, where it is comparable."""
    if not update.target.baseline_comparable:
        return None
    if meaning.year_before is None and update.period.month == 12 and update.target.baseline_id:
        return bases.get(update.target.baseline_id)
    return meaning.year_before


def _before(update: ProgressUpdate, known: Sequence[Known]) -> Known | None:
    """The last verified figure of an earlier period."""
    return next((one for one in reversed(known) if one.period < update.period), None)


def _value(update: ProgressUpdate) -> str:
    return _in_unit(update, update.value)


def _in_unit(update: ProgressUpdate, value: Decimal | None) -> str:
    return measured(value, update.target.indicator.unit)
