"""What a figure is called: an indicator as it is known, a count with its verb; never padding."""

from __future__ import annotations

import re

from .words import ACTIONS, BARE, INDICATOR

_VERBS = "|".join(sorted(ACTIONS, key=len, reverse=True))

#: What may stand before a subject without belonging to it: scope, time, adverbs, particles.
_SCOPE = r"全[区县市省](?:各级|上下)?(?!域)|我[区县市省]|本[区县市]|我们|各乡镇|辖区|境内|全域(?=实)"
_TIME = (
    r"全年|今年(?:以来)?|去年|上年|当年|本年度|本年|年内|年底前?|年末|年初|每年|明年|新的一年|一年来|"
    r"五年来|五年间|五年|过去五年|[上下]半年|[一二三四]季度|(?:19|20)[0-9]{2}年(?:度|底|末|前|以来|"
    r"全年|全[县区市])?|"
    r"[0-9]{1,2}月(?:底|末|份)?前?|截至目前|截至|截止|目前|现(?![代有役场金货房])|到(?:19|"
    r"20)[0-9]{2}年(?:底|末)?|“?十[一二三四五六七八九]五”?(?:末|期间|时期|以来)|用.{1,3}(?:年|"
    r"个月)(?:左右)?的?时间"
)
#: One character that begins a clause, and what it must not be torn from (共济, 对口, 再生).
_PARTICLES = (
    r"并(?![网购联])|且|而|但|仍|还有|还|以及|和(?!谐)|及(?!时)|与|又有|又|再(?!生|就业|造|担保|保险)|"
    r"也|将|要(?![素闻])|使(?!用)|让|把|对(?![口接外标])|为(?![民农老企])|在(?=全[国省市县区]|"
    r"[^，]{1,12}(?:中|上|下|内|方面))|由|按(?![时期规揭劳])|从(?![业事])|"
    r"以(?!工代|旧换|内|上|下|竹)|于|通过|围绕|针对|共(?![济享建产青同育])|已经|已(?![批建开])|"
    r"均(?!衡)|分别|各(?![类级项种地村乡单])|都(?!市)|仅|有(?![线机效色关害轨序])"
)
_ADVERBS = (
    rf"其中|其余(?!额)|余下|另有|除(?:因.{{2,8}}?)?(?=取消|调整|暂缓|停)|除(?![尘险雪四湿])|同时|此外|另外|并且|预计|预期(?!性|目标)|计划(?!生育|投资)|拟|力争|"
    rf"争取(?=(?:{_VERBS}|实现|完成|达到|全年|年内|今年|尽快|早日|在))|谋划(?=(?:{_VERBS}))|确保|努力|"
    rf"积极|全力|着力|大力|强力|持续|继续|进一步|不断|深入|扎实|稳步|有序|加快|加速|统筹|全面(?!小康)|"
    r"全部(?=完成|实现|达到|建成)|顺利|成功|圆满|高标准(?!农田|厂房|粮|基本)|高质量(?!发展|数据|就业)|"
    r"高效(?![节林农日设])|高水平(?![医大学科开人])|依法|妥善|铁腕|实行|严厉|严格|强化|先后|"
    r"集中(?![供连式居安治充])|"
    r"重点(?=实施|推进|抓好|打造|建设|支持|培育|完成)|切实|认真|主动|精准(?![扶医脱])|"
    r"有效(?![期投灌发])|累计|共计|总计|合计|超额|再次|首次|拥有|直接|相继|分类|分批|滚动|"
    r"[一二三四五六七八九十]是|除(?:因.{2,8}?)?(?=取消|调整|暂缓|停)"
)
_LEADING = re.compile(
    rf"^(?:[0-9]{{1,2}}[.．、](?![0-9])|[、，,；;。：:\s　—\-–①-⑳]|的|{_ADVERBS}|{_TIME}|{_SCOPE}|"
    rf"{_PARTICLES}|(?:主要)?(?:预期)?(?:发展)?(?:目标|指标|任务)[是为：:]+)"
)
#: Verbs that only say that a figure was reached.
_REACHED = re.compile(r"^(?:超额完成|全面完成|圆满完成|完成了|实现了|完成(?!投资$)|实现|达到|取得|达成)(?=.{2,})")
_TRAILING = re.compile(
    r"(?:[、，,；;：:\s　的了]|其中|分别|均|(?<!公)共|各|都|累计|共计|合计|总计|已|再|全年|今年|同比|"
    r"预计|可|(?<![签预条合])约|近|超|和|(?<![涉惠普])及|(?<!参)与|并|等|达|(?<![行作])为|较)$"
)
_INNER = re.compile(
    r"(?<=[一-鿿])(?:累计|共)?(?:实现|完成)(?=(?:年|总|工业)?(?:产值|税收|利税|利润|营业收入|销售收入|"
    r"主营业务收入|营收|增加值|旅游收入|交易额|销售额|进出口|纳税|收入))"
)
#: Examples before the class that they belong to: 甲、乙等企业; 甲、乙两大集群; 总投资3亿元的项目.
_EXAMPLES = re.compile(
    rf"^(?P<verb>{_VERBS})?了?(?:[^等]*、[^等]*?等(?![级候次额值待])|"
    rf"[^等、]{{2,14}}等(?![级候次额值待])|.*、.*?[一二两三四五六七八九十](?:大|个|家|条|所|座|项)|"
    rf".*投资[0-9.]+(?:万|亿)?元的)(?P<thing>.{{2,}})$"
)
_BEFORE_VERB = re.compile(rf"^.{{2,}}(?:年内|全年|今年|力争|争取|确保)(?=(?:{_VERBS}).)")
_DONE_TO = re.compile(rf"^({_VERBS})了(?=.{{2,}})")
_PUSHED = {"启动", "实施", "推进", "开展", "组织", "进行"}
_EMPTY_QUOTES = re.compile(r"“”|（）|\(\)|《》")

#: One name for what is printed in several ways.
CANONICAL: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"^(?:地方|地区|全[市县区省]|[全我](?:市|县|区|省))?(?:生产总值|GDP)(?:（GDP）|\(GDP\))?$"),
        "地区生产总值",
    ),
    (re.compile(r"^(?:全[市县区省])?经济$"), "地区生产总值"),
    (re.compile(r"^(?:地方|地区)生产总值\(?（?GDP）?\)?$"), "地区生产总值"),
    (re.compile(r"^全社会消费品零售总额$"), "社会消费品零售总额"),
    (re.compile(r"规上(?=工业|企业|服务业|营利|高新)"), "规模以上"),
    (re.compile(r"^一般公共财政预算收入$"), "一般公共预算收入"),
)

#: The longest name proposed.
LONGEST = 30


def tidy(printed: str) -> str:
    """Return the name that a subject gives: without what stands around it, as it is known, at most ``LONGEST`` long."""
    return canonical(_close(_shorten(bare(printed))))


def bare(printed: str) -> str:
    """Return a subject without what stands around it: 全年预计完成财政收入 → 财政收入."""
    name = printed
    while True:
        shorter = _REACHED.sub("", _LEADING.sub("", name))
        if shorter == name:
            break
        name = shorter
    while (shorter := _TRAILING.sub("", name)) != name:
        name = shorter
    name = re.sub(r"(?<=[一-鿿])(?:总|计划|协议)?投资[0-9.]+(?:万|亿)?元(?:的|(?=[一-鿿“]|$))", "", name)
    name = re.sub(
        r"(?<=[一-鿿])(?:(?:19|20)[0-9]{2}年(?:度|底|末)?的?|(?:今年)?(?:上|下)半年|今年|年内|年底前?)(?=[一-鿿]|$)",
        "",
        name,
    )
    name = _EXAMPLES.sub(lambda match: (match["verb"] or "") + match["thing"], name)
    name = _BEFORE_VERB.sub("", name)
    name = _DONE_TO.sub(lambda match: "" if match[1] in _PUSHED else match[1], name)
    return _EMPTY_QUOTES.sub("", _INNER.sub("", name)).strip()


def _close(name: str) -> str:
    """Drop a bracket or quotation mark that has lost its other half."""
    for left, right in ("“”", "（）", "()", "《》"):
        if name.count(left) != name.count(right):
            name = name.replace(left, "").replace(right, "")
    return name


def _shorten(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    _, _, tail = name.rpartition("的")
    if 4 <= len(tail) <= LONGEST:
        return tail
    parts = re.split(r"[，、]", name)
    return parts[-1] if 4 <= len(parts[-1]) <= LONGEST else name[-LONGEST:]


def canonical(name: str) -> str:
    """Return the name under which an indicator is known where it is printed in another form."""
    for pattern, known in CANONICAL:
        name = pattern.sub(known, name)
    return name


def is_indicator(name: str) -> bool:
    """Tell whether a name ends in what is measured (收入, 增加值, 率) and not in things that are counted."""
    return bool(INDICATOR.search(name))


_RATE = re.compile(
    r"(?:投资|年度投资|项目|群众|社会|按时|总体|平均|综合)*(?:开工|完成|竣工|投产|办复|办结|满意|合格|"
    r"达标|入园|入学|巩固|覆盖|普及|利用|处理|入统|化解|签约|参保|参合|资助|上线|整改|回复|供水|解决|"
    r"见面|兑现|到位|履约|入库|调解成功|转化|销号|回收|成活|达产)率"
)


def is_bare(name: str) -> bool:
    """Tell whether a name is only an attribute (总投资, 办复率) and needs the thing it is said of."""
    return bool(BARE.search(name)) or bool(_RATE.fullmatch(name))


#: Two of a kind: what is said of one by its full name is said of the other by this word alone.
OPPOSITES = (("城镇", "农村"), ("城市", "农村"))

_PAIRS = {"城乡": ("城镇", "农村"), "存贷款": ("存款", "贷款"), "进出口": ("进口", "出口"), "供排水": ("供水", "排水")}
_AND = re.compile(r"和(?!谐|美|睦|平|解|顺)|与|以及|(?<![普涉惠危触遍顾])及(?!以上|以下|时|其|格)")


def parts(printed: str, count: int | None = None) -> list[str]:
    """
    Return the names that a subject joins, each complete.

    城镇和农村居民人均可支配收入 → 城镇居民人均可支配收入, 农村居民人均可支配收入; 存贷款余额 → 存款余额, 贷款余额.
    """
    listed = items(printed, count)
    if len(listed) < 2:
        return _pair(printed)
    last = listed[-1]
    found = [complete(item, last) for item in listed[:-1]] + [last]
    owner = next((found[0][:at] for at in range(2, len(found[0]) - 1) if BARE.search(found[0][at:])), "")
    if (place := re.match(r"农村|城镇|城区|中心城区|城乡", found[0])) and all(name.endswith("率") for name in found):
        found = [found[0], *(name if re.match(r"[城农全县乡人居]", name) else place[0] + name for name in found[1:])]
    return [found[0], *(owner + name if is_bare(name) else name for name in found[1:])]


def items(printed: str, count: int | None = None) -> list[str]:
    """
    Return the items of a list, apart at 以及, at 、, and in the last of these at 和.

    ``count`` is the number of numbers to be shared out, where it is known: it decides between several ways to part.
    """
    first, also, rest = printed.partition("以及")
    if also and "、" in first:
        return [item for item in [*first.split("、"), rest] if item.strip("、，")]
    listed = [item for item in re.split(r"[、，]", printed) if item.strip()]
    if not listed:
        return []
    last_apart = listed[:-1] + [item for item in _AND.split(listed[-1]) if item.strip()]
    all_apart = [item for part in listed for item in _AND.split(part) if item.strip()]
    if all(item.endswith("率") for item in all_apart):
        return all_apart
    return next((split for split in (last_apart, listed, all_apart) if len(split) == count), last_apart)


def _pair(name: str) -> list[str]:
    for pair, (first, second) in _PAIRS.items():
        if pair in name:
            return [name.replace(pair, first, 1), name.replace(pair, second, 1)]
    return [name]


_MODIFIER = re.compile(
    r"城镇|城市|农村|县城|乡村|存|贷|存款|进|出|供|排|收|支|.{1,3}级|[一二三]产|初中|高中|小学|城区|中心城区|内资|外资"
)
_TRADE = re.compile(r"(?:行业|产业|业务|领域)(?:增加值|产值|量|投资|收入|营业收入|销售收入|用电量)$")


def complete(item: str, last: str) -> str:
    """Return an item of a list with the part that it shares with the last one: 存 of 存、贷款余额 → 存款余额."""
    if is_indicator(item) and len(item) >= 3:
        return item
    for size in range(min(len(item), len(last) - 1), 1, -1):
        if (at := last.find(item[-size:])) >= 0 and at + size < len(last):
            return item + last[at + size :]
    if trade := _TRADE.search(last):
        return item + trade[0]
    pair = len(item) == 2 and len(last) == 4 and not is_indicator(item) and not is_indicator(last)
    if pair or (len(item) < len(last) and _MODIFIER.fullmatch(item)):
        return item + last[len(item) :]
    tail = INDICATOR.search(last)
    return item + tail[0] if tail and not is_indicator(item) else item
