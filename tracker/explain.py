"""How a target came to its status, in sentences: every input, the arithmetic, the rule that applied.

Nothing is judged here: the layers of `tracker.assessment` give a reason for each status, and here it has its sentence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .assessment import Judgement, Light, Reason, explain_row
from .models import JudgedBy, Measure, Pace, ProgressUpdate, Schedule, Stage, Target
from .text import DASH, SIGNS, filled, instant, listed, number, percent, points, two_decimals
from .wording import named

_BY_STAGE = gettext_lazy("任务按阶段和人工评定评价。")
_NO_FIGURE = gettext_lazy("填报中没有可评价的数值或评定。")
_SATISFIES = gettext_lazy("满足 %(condition)s")
_FAILS = gettext_lazy("不满足 %(condition)s")

#: What each reason says; of growth, a clause of the sentence that compares it.
SENTENCES: dict[Reason, str | Promise] = {
    Reason.NO_UPDATE: gettext_lazy("此前没有核验过的填报：未填报，不亮灯，没有百分数。"),
    Reason.NO_FACET: gettext_lazy("总评：%(status)s，%(light)s：评价依据（%(judged_by)s）中没有可评价的一项。"),
    Reason.BEFORE_DECEMBER: gettext_lazy("年底评价的目标在12月前不评价。"),
    Reason.NO_VALUE: _NO_FIGURE,
    Reason.MET: gettext_lazy("已满足目标。"),
    Reason.WITHIN_LIMIT: gettext_lazy("上限目标：未超出控制线，距控制线 %(margin)s。"),
    Reason.USED_FAST: gettext_lazy("上限目标：未超出控制线，但用得快于序时，距控制线 %(margin)s。"),
    Reason.OVER_LIMIT: gettext_lazy("上限目标：已超控，距控制线 %(margin)s。"),
    Reason.NOTHING_EXPECTED: gettext_lazy("完成率和序时进度都是 0。"),
    Reason.UNMET: gettext_lazy("序时已满 100%，而目标的比较条件没有满足。"),
    Reason.SHORT: gettext_lazy("低于序时进度，未达到红灯界限 %(red_margin)s 个百分点。"),
    Reason.FAR_SHORT: gettext_lazy("低于序时进度，达到红灯界限 %(red_margin)s 个百分点。"),
    Reason.AHEAD: gettext_lazy("超序时达到 %(ahead_margin)s 个百分点。"),
    Reason.ON_SCHEDULE: gettext_lazy("不低于序时进度。"),
    Reason.STAGE_DONE: _BY_STAGE,
    Reason.UNFINISHED: gettext_lazy("任务到期仍未完成。"),
    Reason.STAGE_NOT_STARTED: _BY_STAGE,
    Reason.NORMAL_PACE: _BY_STAGE,
    Reason.SLOW_PACE: _BY_STAGE,
    Reason.NO_PACE: _NO_FIGURE,
    Reason.NO_GROWTH: gettext_lazy("增速评价：%(status)s，%(light)s。填报中没有增速。"),
    Reason.GROWTH_MET_EARLY: _SATISFIES,
    Reason.GROWTH_UNMET_EARLY: _FAILS,
    Reason.GROWTH_UNMET: gettext_lazy("不满足 %(condition)s，红灯界限 %(margin)s 个百分点"),
    Reason.GROWTH_COMPLETED: _SATISFIES,
    Reason.GROWTH_MET: _SATISFIES,
}


def explain(target: Target, as_of: dt.date, known_at: dt.datetime | None = None) -> Iterator[str]:
    """The sentences, in the reader's language, one rule a line: what was promised, what counts, how it is judged.

    Args:
        as_of: any day of the month to judge by.
        known_at: the instant whose knowledge counts; default now.

    Queries: 3.
    """
    known_at = known_at or timezone.now()
    verdict: Any = Target.objects.filter(pk=target.pk).assessed(as_of, known_at).get()
    yield from _promise(target)
    yield _("截至 %(month)s，账面时点 %(instant)s。") % {"month": f"{as_of:%Y-%m}", "instant": instant(known_at)}
    if verdict.update_id is not None:
        yield _figure(target, ProgressUpdate.objects.get(pk=verdict.update_id))
    yield from reasoning(verdict, as_of, known_at)
    yield from _arithmetic(verdict, str(target.indicator.unit or ""))


def reasoning(verdict: Any, as_of: dt.date, known_at: dt.datetime) -> Iterator[str]:
    """How a target is judged, facet by facet and as a whole.

    Args:
        verdict: the target as `assessed(as_of, known_at)` gives it.

    Queries: 1; none without a counting update.
    """
    if verdict.reason == Reason.NO_UPDATE:
        yield str(SENTENCES[Reason.NO_UPDATE])
    else:
        row = explain_row(verdict.pk, as_of, known_at)
        yield from _value(verdict, row)
        yield from _growth(row)
        worst = _("总评：%(status)s，%(light)s：取评价依据（%(judged_by)s）中最差的一项。")
        yield (SENTENCES[Reason.NO_FACET] if verdict.reason == Reason.NO_FACET else worst) % {
            "status": Judgement(verdict.status).label,
            "light": Light(verdict.light).label,
            "judged_by": _judged_by(verdict),
        }
    if verdict.overdue_days is not None:
        yield _("逾期未报：最早一期已逾期 %(days)s 天。") % {"days": verdict.overdue_days}


def _promise(target: Target) -> Iterator[str]:
    indicator, section = target.indicator, target.section
    if section:
        place = _("%(path)s 第 %(paragraph)s 段") % {"path": section.path, "paragraph": target.paragraph}
    else:
        place = target.source_url
    yield _("目标：%(name)s（%(code)s），%(year)s 年，出处 %(place)s。") % {
        "name": named(indicator),
        "code": indicator.code,
        "year": target.year,
        "place": place,
    }
    facets = []
    if target.value is not None:
        goal = f"{SIGNS[target.comparator]} {_number(target.value)}"
        facets.append(_("总量 %(goal)s%(unit)s") % {"goal": goal, "unit": indicator.unit or ""})
    if target.growth is not None:
        goal = f"{SIGNS[target.growth_comparator]} {_number(target.growth)}"
        facets.append(_("增速 %(goal)s%%") % {"goal": goal})
    yield _(
        "计量方式：%(measure)s；%(facets)s；评价依据：%(judged_by)s；序时方式：%(schedule)s；完成期限 %(due)s。"
    ) % {
        "measure": Measure(target.measure).label,
        "facets": _("，").join(facets) or _("没有数值，按节点或阶段评价"),
        "judged_by": _judged_by(target),
        "schedule": Schedule(target.schedule).label,
        "due": target.due_on,
    }


def _judged_by(target: Any) -> str:
    """The facets that count, of those that the target has."""
    if target.measure == Measure.MILESTONE:
        return _("节点或阶段")
    value = target.value is not None and target.judged_by != JudgedBy.GROWTH
    growth = target.growth is not None and target.judged_by != JudgedBy.VALUE
    return str((JudgedBy.BOTH if value and growth else JudgedBy.GROWTH if growth else JudgedBy.VALUE).label)


def _figure(target: Target, update: ProgressUpdate) -> str:
    stated = []
    if update.value is not None:
        stated.append(
            _("完成值 %(value)s%(unit)s") % {"value": number(update.value), "unit": target.indicator.unit or ""}
        )
    if update.growth is not None:
        stated.append(_("增速 %(growth)s%%") % {"growth": number(update.growth)})
    if update.stage:
        stated.append(_("阶段 %(stage)s") % {"stage": Stage(update.stage).label})
    if update.pace:
        stated.append(_("人工评定 %(pace)s") % {"pace": Pace(update.pace).label})
    if update.steps_done:
        stated.append(_("已完成节点 %(numbers)s") % {"numbers": listed(update.steps_done)})
    return _(
        "计入的填报（最近一期）：%(period)s 第 %(revision)s 版，核验于 %(instant)s：%(stated)s。以下都按这一期评价。"
    ) % {
        "period": f"{update.period:%Y-%m}",
        "revision": update.revision,
        "instant": instant(update.verified_at),
        "stated": _("，").join(stated),
    }


def _value(target: Any, row: dict[str, Any]) -> Iterator[str]:
    if row["value_reason"] is None:
        return
    reason = Reason(row["value_reason"])
    numbers = {name: _number(row[name]) for name, value in row.items() if isinstance(value, Decimal)}
    if row["completion"] is not None:
        if target.measure == Measure.MILESTONE:
            yield _("完成率 = 已完成节点权重 %(steps_done)s ÷ 总权重 %(steps_all)s = %(completion)s%%。") % numbers
        elif row["is_cut"]:
            yield _("完成率 = %(actual)s ÷ %(goal)s = 99.99%%（未达目标而四舍五入为 100.00，记 99.99）。") % numbers
        else:
            yield _("完成率 = %(actual)s ÷ %(goal)s = %(completion)s%%。") % numbers
    if row["expected"] is not None:
        yield _("序时进度 = %(schedule)s = %(expected)s%%。") % {**numbers, "schedule": _schedule(target, row, numbers)}
    if row["gap"] is not None:
        signed = {**numbers, "gap": points(row["gap"])}
        yield _("超/欠序时 = %(completion)s − %(expected)s = %(gap)s 个百分点。") % signed
    words = {
        "status": reason.judgement.label,
        "light": Light(row["value_light"]).label,
        "rule": filled(SENTENCES[reason], {**numbers, "margin": _number(target.margin)}),
    }
    if target.measure == Measure.MILESTONE:
        yield _("任务评价：%(status)s，%(light)s。%(rule)s") % words
    else:
        yield _("总量评价：%(status)s，%(light)s。%(rule)s") % words


def _schedule(target: Any, row: dict[str, Any], numbers: dict[str, str]) -> str:
    if target.measure == Measure.MILESTONE:
        return _("到期节点权重 %(steps_due)s ÷ 总权重 %(steps_all)s") % numbers
    if target.measure == Measure.LEVEL:
        return _("序时节点 %(planned)s ÷ 目标 %(goal)s") % numbers if row["has_nodes"] else _("时点指标全年按目标值")
    if row["schedule"] == Schedule.LAST_YEAR and row["schedule_used"] == Schedule.LINEAR:
        return _("没有上年同期数，改按月均摊；月份 ÷ 期限月份 = %(share_part)s ÷ %(share_whole)s") % numbers
    return {
        Schedule.LINEAR: _("月份 ÷ 期限月份 = %(share_part)s ÷ %(share_whole)s"),
        Schedule.QUARTERLY: _("已过季度 ÷ 4 = %(share_part)s ÷ 4"),
        Schedule.LAST_YEAR: _("上年同期 ÷ 上年全年 = %(share_part)s ÷ %(share_whole)s"),
        Schedule.NODES: _("序时节点 %(share_part)s ÷ 目标 %(share_whole)s"),
        Schedule.ANNUAL: _("年底 1 ÷ 1"),
    }[Schedule(row["schedule_used"])] % numbers


def _growth(row: dict[str, Any]) -> Iterator[str]:
    if row["growth_reason"] is None:
        return
    reason = Reason(row["growth_reason"])
    words = {"status": reason.judgement.label, "light": Light(row["growth_light"]).label}
    if reason == Reason.NO_GROWTH:
        yield filled(SENTENCES[reason], words)
        return
    numbers = {
        "actual": number(two_decimals(row["actual_growth"])),
        "goal": number(two_decimals(row["growth_goal"])),
        "gap": points(row["growth_gap"]),
        "condition": f"{SIGNS[row['growth_comparator']]} {percent(row['growth_goal'])}",
        "margin": number(row["red_growth"]),
    }
    difference = _("增速差 = %(actual)s − %(goal)s = %(gap)s 个百分点") % numbers
    sentence = {**words, "difference": difference, "rule": filled(SENTENCES[reason], numbers)}
    yield _("增速评价：%(status)s，%(light)s。%(difference)s，%(rule)s。") % sentence


def _arithmetic(verdict: Any, unit: str) -> Iterator[str]:
    if verdict.remaining is not None:
        yield _(
            "剩余任务 %(remaining)s%(unit)s；月均需完成 %(needed)s%(unit)s；"
            "按当前进度推算全年 %(projected)s%(unit)s（算术推算，不是预测）。"
        ) % {
            "remaining": _number(verdict.remaining),
            "needed": _number(verdict.needed_per_month),
            "projected": _number(verdict.projected),
            "unit": unit,
        }
    if verdict.computed_growth is not None:
        yield _("按上年同期 %(before)s%(unit)s 推算的增速 %(growth)s%%，只作参考。") % {
            "before": _number(verdict.year_before),
            "growth": _number(verdict.computed_growth),
            "unit": unit,
        }


def _number(value: Decimal | None) -> str:
    return number(value) or DASH
