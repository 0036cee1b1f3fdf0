"""The rules that propose figures, dated works and tasks: what each is called, how sure it is, and an example of it."""

from __future__ import annotations

from typing import NamedTuple

from .types import Side


class Rule(NamedTuple):
    """A rule's confidence (0 to 1), and a sentence, from the review or the plan, in which it proposes something."""

    confidence: str
    example: str
    side: Side = "review"


#: The name of the rule that fired stands in each proposal.
RULES: dict[str, Rule] = {
    "level": Rule("0.95", "固定资产投资完成36亿元。"),
    "growth": Rule("0.95", "固定资产投资增长8%。"),
    "count-after-name": Rule("0.95", "新建便民市场3个。"),
    "count-before-thing": Rule("0.9", "新建3所小学。"),
    "amount-for-purpose": Rule("0.85", "投资800万元实施了校舍改造工程。"),
    "shared-respectively": Rule("0.95", "城镇和农村居民收入分别增长6%、7%。"),
    "shared-each": Rule("0.95", "供水普及率、供热普及率均达到98%。"),
    "carried-subject": Rule("0.85", "快递业务收入稳定增长，全年完成9亿元。"),
    "carried-verb": Rule("0.9", "新增龙头企业3家、合作社8家。"),
    "total-after-increase": Rule("0.85", "新增龙头企业3家，达31家。"),
    "rank": Rule("0.85", "快递收入位居全省第6位。"),
    "table-row": Rule("0.85", "指标\t上年完成\n粮食产量（万吨）\t18.7"),
    "previous-year": Rule("0.8", "优良天数251天，比上年240天增加11天。"),
    "chinese-numeral": Rule("0.7", "新建公厕五座。"),
    "no-subject": Rule("0.5", "3亿元。"),
    "above-benchmark": Rule("0.8", "居民收入增速高于全市平均水平。", "plan"),
    "in-step": Rule("0.8", "居民收入与经济增长同步。", "plan"),
    "assigned": Rule("0.8", "节能减排完成市下达任务。", "plan"),
    "in-front": Rule("0.8", "投资增速保持全市前列。", "plan"),
    "doubling": Rule("0.8", "交易额在2020年基础上翻一番。", "plan"),
    "positive-growth": Rule("0.8", "外贸出口实现正增长。", "plan"),
    "direction": Rule("0.7", "主要预期目标是：财政收入稳步提高。", "plan"),
    "dated-work": Rule("0.85", "图书馆6月底前完工。", "plan"),
    "work-announced": Rule("0.75", "滨河大桥合龙，预计2024年6月底前通车。"),
    "work-to-finish": Rule("0.8", "人民医院新院区建成投用。", "plan"),
    "listed-works": Rule("0.7", "推进城东水厂、城西公园等项目建设。", "plan"),
    "work-to-push": Rule("0.65", "推进城东污水处理厂建设。", "plan"),
    "rules-to-complete": Rule("0.55", "完善国有林场管护制度。", "plan"),
    "thing-to-do": Rule("0.7", "出台人才引进办法。", "plan"),
}
