"""What numbers count: things, what is done to them or what they do, and whose they are."""

from __future__ import annotations

import re

from . import names, words
from .tables import table

_ACTIONS = "|".join(sorted(words.ACTIONS, key=len, reverse=True))
_ADVERBS = "(?:已经|已|全部|均|都|基本|正式|提前|如期|按期|顺利|成功|高质量|高标准|全面|圆满)"

#: Where what a thing does, or what is done to it, begins: 5个村|实现光纤入户.
_PHRASE = re.compile(
    rf"{_ADVERBS}*(?:实现|采取|采用|开展|进行|完成|投入|投产|建成|新?开工|完工|竣工|落户|落地|通过|达到|"
    rf"纳入|列入|被|得到|牵头"
    "|荣获|获评|获批|获得|获|入选|实施|启动|参加|用于|成为|签约|拆除|取缔|复工|脱贫|开通|通上|用上|享受|接入|覆盖|扎根"
    "|[一-鿿]{1,2}了(?=[一-鿿]))"
)
_PLACES = re.compile(r"行政村|村庄?|乡镇|镇|乡|街道|社区|小区|县|家|县市区|单位")
_LIST = re.compile(r"、|和(?!谐)|及(?!以)|与")

#: What stands behind a number and is no thing: the end of the clause, 以外, a reason.
NOT_A_THING = re.compile(r"^(?:\s|[，。；、：,;:）)”\]]|$|以?[外后时内起前](?![一-鿿]{2})|因|由于|未|并|大关|关口|的$)")

#: Stages that tell projects apart: they belong to the thing, and no list carries them on.
STAGES = frozenset(table("签约 落地 投产 竣工 开工 新开工 洽谈 入库 在建 储备 上市 挂牌"))


def thing(after: str) -> tuple[str, str]:
    """
    Return (thing, phrase) of the text behind a number: what is counted, and what it does or what is done to it.

    村实现光纤入户 → (村, 实现光纤入户); 乡镇的规划编制 → (乡镇规划编制, "").
    """
    after = re.split(
        r"[，。；：,;]|年(?=生产|产值|产量|加工|营业|销售|处理)|因(?![素地病])|由于|(?<!（)除(?![尘险雪四湿])", after
    )[0]
    after = re.sub(r"(?:（[^）]*）|\([^)]*\))$", "", after).strip("、 的")
    if match := _PHRASE.search(after):
        if not match.start():
            return "", after
        phrase = re.sub(rf"^{_ADVERBS}*(?:进行了?)?", "", after[match.start() :]).rstrip("了")
        parts = _LIST.split(after[: match.start()])
        return (after[: match.start()] if len(parts) == 2 and parts[0] + "、" in after else parts[0]), phrase
    return _noun(after), ""


def _noun(after: str) -> str:
    head, of, tail = after.partition("的")
    if of and len(tail) > 1 and _PLACES.fullmatch(head):
        return tail if len(tail) > 3 and head.endswith(("村", "村庄", "家", "县")) else head + tail
    if of and 1 < len(tail) <= 5 and len(head) >= 2:
        return head + tail
    parts = re.split(r"、|与", after)
    return after if len(parts) == 2 and "与" not in after else parts[0]


def verb_of(name: str) -> tuple[str, str]:
    """Return (verb, thing) of a count's name: 新增上市企业 → (新增, 上市企业); no verb, the name itself."""
    match = re.match(rf"({_ACTIONS})(?=..)", name)
    return (match[1], name[match.end() :]) if match else ("", name)


_OWNERS = (
    re.compile(r"(.{2,6})接待(?:游客)?$"),
    re.compile(r"(.{2,6})(?:播种面积|种植面积)$"),
    re.compile(
        r"(.{2,16}?(?:公司|集团|园区|开发区|产业园|新区|企业|产业|行业|银行|机构|项目|基地|[^产]业)(?:在..)?)(?:年|总)?"
        r"(?:增加值|产值|税收|利税|利润|营业收入|销售收入|主营业务收入|新增投资|完成投资|投资)$"
    ),
)


def owner(topic: str) -> str:
    """Return whose figure a topic is: 长江公司产值 → 长江公司, so that 税收 in the next clause is the company's."""
    return next((match[1] for form in _OWNERS if (match := form.match(topic))), topic)


_BUYS = r"(?:用于|支持|实施|建设|完成|新建|改造|开展|推进|对)了?"


def purpose(after: str) -> str:
    """Return what an amount is spent on: 实施了一批校舍加固工程 → 校舍加固工程."""
    return names.tidy(thing(re.sub(rf"^，?{_BUYS}(?:一批)?", "", after))[0])


def purpose_of_next_clause(text: str, end: int) -> str:
    """Return what the clause behind an amount spends it on: 投入2000万元，实施农田项目16个 → 农田项目."""
    match = re.match(rf"[，,]{_BUYS}(?:全[区县市])?([^，。；0-9一二两三四五六七八九十]{{3,14}})", text[end : end + 40])
    return names.tidy(thing(match[1])[0]) if match else ""
