"""How a target came to its status, in sentences: every input, the arithmetic, the rule that fired.

Nothing is judged here. The sentences read the layers of `tracker.assessment`, so that they tell what was done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import timezone

from .assessment import Judgement, Light, workings
from .models import Comparator, JudgedBy, Measure, ProgressUpdate, Schedule, Target
from .models.target import SIGNS


def explain(target: Target, as_of: dt.date, known_at: dt.datetime | None = None) -> Iterator[str]:
    """The sentences, in Chinese, one rule a line.

    Args:
        as_of: any day of the month the judgement speaks for.
        known_at: the instant whose knowledge counts; default now.

    Queries: 3.
    """
    known_at = known_at or timezone.now()
    verdict = Target.objects.filter(pk=target.pk).assessed(as_of, known_at).get()
    row = workings(target, as_of, known_at)
    yield from _promise(target)
    yield f"截至 {as_of:%Y-%m}，账面时点 {timezone.localtime(known_at):%Y-%m-%d %H:%M}。"
    if row["update_id"] is None:
        yield "此前没有核验过的填报（§4）：未填报，不亮灯，没有百分数。"
        return
    update = ProgressUpdate.objects.get(pk=row["update_id"])
    yield from _figure(target, update)
    yield from _value(target, row)
    yield from _growth(target, row)
    yield from _overall(target, verdict)


def _promise(target: Target) -> Iterator[str]:
    indicator, report = target.indicator, target.section
    place = f"{report.path} 第 {target.paragraph} 段" if report else target.source_url
    yield f"目标：{indicator.name}（{indicator.code}），{target.year} 年，出处 {place}。"
    facets = []
    if target.value is not None:
        facets.append(f"总量 {SIGNS[Comparator(target.comparator)]} {target.value}{indicator.unit or ''}")
    if target.growth is not None:
        facets.append(f"增速 {SIGNS[Comparator(target.growth_comparator)]} {target.growth}%")
    yield (
        f"计量方式：{Measure(target.measure).label}；"
        + ("，".join(facets) or "没有数值，按节点或阶段评价")
        + f"；评价依据：{_judged_by(target)}；序时方式：{Schedule(target.schedule).label}；"
        f"完成期限 {target.due_on}。"
    )


def _judged_by(target: Target) -> str:
    """The facets that count, of those that the target has."""
    if target.measure == Measure.MILESTONE:
        return "节点或阶段"
    facets = []
    if target.value is not None and target.judged_by != JudgedBy.GROWTH:
        facets.append("总量")
    if target.growth is not None and target.judged_by != JudgedBy.VALUE:
        facets.append("增速")
    return "与".join(facets)


def _figure(target: Target, update: ProgressUpdate) -> Iterator[str]:
    stated = []
    if update.value is not None:
        stated.append(f"完成值 {update.value}{target.indicator.unit or ''}")
    if update.growth is not None:
        stated.append(f"增速 {update.growth}%")
    if update.stage:
        stated.append(f"阶段 {update.stage}")
    if update.pace:
        stated.append(f"人工评定 {update.pace}")
    if update.steps_done:
        stated.append("已完成节点 " + "、".join(map(str, update.steps_done)))
    verified = timezone.localtime(update.verified_at) if update.verified_at else None
    yield (
        f"计入的填报（§4，最近一期）：{update.period:%Y-%m} 第 {update.revision} 版，"
        f"核验于 {verified:%Y-%m-%d %H:%M}：{'，'.join(stated)}。以下都按这一期评价。"
    )


def _value(target: Target, row: dict[str, Any]) -> Iterator[str]:
    if row["value_status"] is None:
        return
    if row["completion"] is not None:
        if target.measure == Measure.MILESTONE:
            yield f"完成率 = 已完成节点权重 {row['steps_done']} ÷ 总权重 {row['steps_all']} = {row['completion']}%。"
        else:
            note = "（未达目标而四舍五入为 100.00，记 99.99）" if row["completion"] == Decimal("99.99") else ""
            yield f"完成率 = {row['actual']} ÷ {row['goal']} = {row['completion']}%{note}。"
    if row["expected"] is not None:
        yield f"序时进度 = {_schedule(target, row)} = {row['expected']}%。"
    if row["gap"] is not None:
        yield f"超/欠序时 = {row['completion']} − {row['expected']} = {row['gap']:+} 个百分点。"
    status, light = Judgement(row["value_status"]), Light(row["value_light"])
    yield f"总量评价：{status.label}，{light.label}。{_value_rule(target, row)}"


def _schedule(target: Target, row: dict[str, Any]) -> str:
    if target.measure == Measure.MILESTONE:
        return f"到期节点权重 {row['steps_due']} ÷ 总权重 {row['steps_all']}"
    if target.measure == Measure.LEVEL:
        return f"序时节点 {row['planned']} ÷ 目标 {row['goal']}" if row["has_nodes"] else "时点指标全年按目标值"
    how = {
        "linear": f"月份 ÷ 期限月份 = {row['share_part']} ÷ {row['share_whole']}",
        "quarterly": f"已过季度 ÷ 4 = {row['share_part']} ÷ 4",
        "last_year": f"上年同期 ÷ 上年全年 = {row['share_part']} ÷ {row['share_whole']}",
        "nodes": f"序时节点 {row['share_part']} ÷ 目标 {row['share_whole']}",
        "annual": "年底 1 ÷ 1",
    }[row["schedule_used"]]
    if row["schedule"] == "last_year" and row["schedule_used"] == "linear":
        how = f"没有上年同期数，改按月均摊；{how}"
    return how


def _value_rule(target: Target, row: dict[str, Any]) -> str:
    status = row["value_status"]
    if status == "NOT_JUDGED":
        if row["schedule"] == "annual" and row["m"] < 12:
            return "规则 2：年底评价的目标在12月前不评价。"
        return "规则 2：填报中没有可评价的数值或评定。"
    if row["by_stage"]:
        if status == "BEHIND" and row["at_due"]:
            return "任务到期仍未完成。"
        return "任务按阶段和人工评定评价。"
    if status == "COMPLETED":
        return "规则 3：已满足目标。"
    if row["is_ceiling"]:
        held = "未超出控制线" if row["is_met"] else "已超控"
        fast = "，但用得快于序时" if row["is_met"] and row["value_light"] == "yellow" else ""
        return f"上限目标：{held}{fast}，距控制线 {row['goal'] - row['actual']}。"
    if status == "NOT_STARTED":
        return "规则 4：完成率和序时进度都是 0。"
    if status == "AHEAD":
        return f"规则 5：超序时达到 {row['ahead_margin']} 个百分点。"
    if status == "ON":
        return "规则 6：不低于序时进度。"
    if row["gap"] >= 0:
        return "规则 7：序时已满 100%，而目标的比较条件没有满足。"
    reached = "达到" if row["value_light"] == "red" else "未达到"
    return f"规则 7：低于序时进度，{reached}红灯界限 {row['red_margin']} 个百分点。"


def _growth(target: Target, row: dict[str, Any]) -> Iterator[str]:
    if row["growth_status"] is None:
        return
    status, light = Judgement(row["growth_status"]), Light(row["growth_light"])
    if row["growth_gap"] is None:
        yield f"增速评价：{status.label}，{light.label}。规则 2：填报中没有增速。"
        return
    sign = SIGNS[Comparator(row["growth_comparator"])]
    holds = "满足" if row["growth_met"] else "不满足"
    margin = f"，红灯界限 {row['red_growth']} 个百分点" if status == Judgement.BEHIND else ""
    yield (
        f"增速评价：{status.label}，{light.label}。"
        f"增速差 = {_rounded(row['actual_growth'])} − {_rounded(row['growth_goal'])}"
        f" = {row['growth_gap']:+} 个百分点，{holds} {sign} {row['growth_goal']}%{margin}。"
    )


def _overall(target: Target, verdict: Any) -> Iterator[str]:
    status, light = Judgement(verdict.status), Light(verdict.light)
    yield f"总评：{status.label}，{light.label}：取评价依据（{_judged_by(target)}）中最差的一项。"
    if verdict.remaining is not None:
        yield (
            f"剩余任务 {verdict.remaining}；月均需完成 {_or_dash(verdict.needed_per_month)}；"
            f"按当前进度推算全年 {_or_dash(verdict.projected)}（算术推算，不是预测）。"
        )
    if verdict.computed_growth is not None:
        yield f"按上年同期 {verdict.year_before} 推算的增速 {verdict.computed_growth}%，只作参考。"
    if verdict.overdue_days is not None:
        yield f"逾期未报：最早一期已逾期 {verdict.overdue_days} 天（§7）。"


def _or_dash(number: Decimal | None) -> str:
    return "—" if number is None else str(number)


def _rounded(percent: Decimal) -> Decimal:
    """Half-up, as the assessment rounds before it compares; a format specification would round half to even."""
    return percent.quantize(Decimal("0.01"), ROUND_HALF_UP)
