"""
Units and measure words, and the quantities that numerals form with them.

A unit is kept as printed (万元, 微克/立方米); 余, 多 and 来 inside it are no part of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .numerals import ARABIC, CHINESE, chinese_value, plain
from .tables import table

#: Measured things: the number before them is an amount, never a count.
MEASURED = {
    "money": table("元 美元 港元 欧元 日元 块钱"),
    "area": table("平方公里 平方千米 平方米 平米 平方 公顷 亩次 亩 ㎡"),
    "length": table("延米 延长米 公里 千米 厘米 毫米 海里 米 km KM"),
    "volume": table("立方米 立方 升 方 m³ m3"),
    "mass": table("吨标准煤 吨标煤 吨 公斤 千克 毫克 微克 克 斤 担"),
    "energy": table("千瓦时 兆瓦时 千瓦 兆瓦 吉瓦 千伏安 兆伏安 蒸吨 度 kW MW GW KW 马力"),
    "traffic": table("标准箱 标箱 TEU 人公里 吨公里"),
    "time": table("岁 个工作日 工作日 个工作小时 个月 个小时 小时 分钟 天 秒"),
}

#: Things counted one by one: the number is whole, the noun follows or precedes.
COUNTED = table(
    """
    大项 小项 大类 小类 颗 回 人次 人 名 户次 户 位 口 个 家次 家 处 件 项 条 座 所 宗 起 场次 场 车次
    架次 班次 批次 批 次 套 台次 台 辆次 辆 张 盏 支 株 棵 头 只 羽 尾 艘 架 部 本 册 篇 班 列 对 栋 幢
    间 孔 眼 块 道 门 类 种 款 路 笔 单 例 枚 把 顶 片 轮 幅 组 届 期 艇 节 卷 副 枝 箱 袋 瓶 盆 畦 棚
    床 杆 根 段 面 尊 粒 席 团 队 号 步 样
    """
)

#: Shares, changes and places.
RATIOS = table(
    """
    % ％ ‰ 个百分点 百分点 个位次 个基点 倍 番 成 分 位次
    """
)

#: Words that begin like a unit and are none: 项目 is no 项, 人大 no 人.
NOT_A_UNIT = (
    r"项目|人大|人均|个人|家庭|家居|场所|场地|台账|台阶|名单|名录|位于|位居|度假|部门|班子|道路|门店|"
    r"路由|单位|类似|成立|成为|成功|成果|成效|成交|分别|方面|方式|方案|方向|方舟|克服|条例|队伍|组织|"
    r"组建|期间|期末|段落|面积|面上|团结|步行|样板|号线|号楼|号院|号文|号令|号地|升至|升级|升到|升为|"
    r"节能|床位|口岸|口径|件套|起点|次于|块状|片区|单价|组团|席位"
)

_NAMES = sorted({name for group in (*MEASURED.values(), COUNTED, RATIOS) for name in group}, key=len, reverse=True)
_BASE = "|".join(map(re.escape, _NAMES))
_TIMES = "万亿|千亿|百亿|十亿|千万|百万|十万|亿|万|千|百"
_PER = r"(?:/|每)(?:立方米|平方米|平方公里|亩|人|吨|年|月|天|日|户|万元|千瓦时|公里|升|m³|小时|次|万人|千人)"

#: After a numeral: 余, the multiplier, 余 again, the unit, and what it is counted by.
UNIT = re.compile(
    rf"(?P<about1>余|多|来)?(?P<times>{_TIMES})?(?P<about2>余|多|"
    rf"来)?(?P<base>(?!{NOT_A_UNIT})(?:{_BASE}))?(?P<per>{_PER})?"
)

_RANGE = re.compile(
    r"(?P<unit1>[%‰％]|个百分点|万元|亿元|[万亿元个家项亩吨人])?\s*(?P<dash>—{1,2}|-{1,2}|–|－|～|~|"
    r"至|到)\s*(?P<second>[0-9]+(?:\.[0-9]+)?)"
)

#: A measure word that no table has: one character between a number and the end of its clause.
_UNLISTED = re.compile(
    r"(?![年月日号届期版线级等强时分的和至到以与及为是了多余点中内外前后上下度倍位])[一-鿿](?=(?:以上|"
    r"以内|左右)?[，。；])"
)
_SPACES = re.compile(r"[ \t]*")

WHOLE_UNITS = frozenset(COUNTED)
DIMENSIONS = {name: dimension for dimension, names in MEASURED.items() for name in names}

#: What an amount without a noun of its own is called: 涉及1.2万户 is a 户数.
DIMENSION_NAMES = {
    "户": "户数",
    "户次": "户数",
    "人": "人数",
    "人次": "人次",
    "名": "人数",
    "area": "面积",
    "length": "里程",
    "money": "资金",
    "volume": "体积",
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """
    A numeral and its unit.

    ``about`` is 余 or 多 where printed, ``second`` the upper end of a range, ``base`` the unit without its multiplier.
    """

    start: int
    end: int
    digits_end: int
    value: str
    second: str | None
    second_start: int | None
    unit: str | None
    base: str
    about: str | None
    chinese: bool = False

    @property
    def counted(self) -> bool:
        """Tell whether whole things are counted (家, 个, 人)."""
        return self.base in WHOLE_UNITS

    @property
    def share(self) -> bool:
        """Tell whether the number is a percentage or per mille."""
        return self.base in {"%", "％", "‰"}

    @property
    def dimension(self) -> str:
        """Return the dimension of a measured unit, or the measure word."""
        return DIMENSIONS.get(self.base, self.base)


def quantities(text: str, chinese: bool = True) -> list[Quantity]:
    """
    Return the quantities of a text in its order: every Arabic numeral, and every Chinese one that has a measure word.

    The two ends of a range are one quantity.
    """
    found: list[Quantity] = []
    position = 0
    for match in ARABIC.finditer(text):
        if match.start() >= position:
            found.append(_arabic(text, match))
            position = found[-1].end if found[-1].second_start is not None else match.end()
    if chinese:
        taken = {index for quantity in found for index in range(quantity.start, quantity.end)}
        found += [
            quantity
            for match in CHINESE.finditer(text)
            if match.start() not in taken and (quantity := _chinese(text, match))
        ]
    return sorted(found, key=lambda quantity: quantity.start)


def _arabic(text: str, match: re.Match[str]) -> Quantity:
    second = second_start = None
    end = match.end()
    range_ = _RANGE.match(text, end)
    unit = UNIT.match(text, range_.end()) if range_ else None
    if range_ and unit and _is_range(match[0], range_, unit):
        second, second_start, end = range_["second"], range_.start("second"), range_.end()
    else:
        spaced = _SPACES.match(text, end)
        unit = UNIT.match(text, spaced.end() if spaced else end)
        if unit is None or not unit[0]:
            unit = UNIT.match(text, end)
    return _with_unit(match.start(), match.end(), plain(match[0]), unit, end, second, second_start)


def _is_range(first: str, range_: re.Match[str], unit: re.Match[str]) -> bool:
    """Tell 4.5%—5% and 3-5家 from 2018-2020, 1-2月 and a numbered list."""
    if not unit["base"] and not unit["times"]:
        return False
    try:
        return float(plain(first)) < float(range_["second"]) and not (len(first) == 4 and len(range_["second"]) == 4)
    except ValueError:
        return False


def _with_unit(
    start: int,
    digits_end: int,
    value: str,
    unit: re.Match[str] | None,
    end: int,
    second: str | None,
    second_start: int | None,
) -> Quantity:
    if unit is not None and not unit["base"] and (other := _UNLISTED.match(unit.string, unit.end())):
        return Quantity(
            start,
            other.end(),
            digits_end,
            value,
            second,
            second_start,
            (unit["times"] or "") + other[0],
            other[0],
            unit["about1"] or unit["about2"],
        )
    if unit is None or not (unit["base"] or unit["times"]):
        return Quantity(start, end, digits_end, value, second, second_start, None, "", None)
    printed = "".join(unit[part] or "" for part in ("times", "base", "per"))
    about = unit["about1"] or unit["about2"]
    return Quantity(
        start,
        unit.end(),
        digits_end,
        value,
        second,
        second_start,
        printed.replace("％", "%"),
        unit["base"] or "",
        about,
    )


#: Measure words of which a Chinese numeral before them is mostly no number (一步, 三方, 一号).
_NO_COUNT = frozenset(table("分 方 度 号 期 届 样 步 面 片 对"))
#: Measured units that Chinese numerals are printed with.
_MEASURED_CHINESE = frozenset(table("番 公里 亩 吨 元"))


def _chinese(text: str, match: re.Match[str]) -> Quantity | None:
    unit = UNIT.match(text, match.end())
    value = chinese_value(match[0])
    base = unit["base"] if unit else None
    if value is None or unit is None or not base or base in _NO_COUNT:
        return None
    if base == "成":  # 三成 is 30 %
        if match[0] not in "二三四五六七八九":
            return None
        return Quantity(match.start(), unit.end(), match.end(), f"{value}0", None, None, "%", "%", unit["about1"], True)
    if base in DIMENSIONS and base not in _MEASURED_CHINESE:
        return None
    printed = "".join(unit[part] or "" for part in ("times", "base", "per"))
    about = unit["about1"] or unit["about2"]
    return Quantity(match.start(), unit.end(), match.end(), value, None, None, printed, base, about, True)
