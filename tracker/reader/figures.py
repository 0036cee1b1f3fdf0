"""
Figures: what a sentence's numbers say, of what, and how they bind.

A number stands behind its subject (财政收入完成20亿元), before the thing counted (新建3所学校), or alone, so that its
subject is carried over from the clause before (同比增长9%). Numbers joined by 、 and 和 are shared out among the names
before them.
"""

from __future__ import annotations

import re

from . import clauses, names, things, words
from .carrying import UNNAMED, Thread
from .clauses import JOINED, NEXT, Figure
from .rules import RULES
from .tables import table
from .things import NOT_A_THING, verb_of
from .types import Proposal, Sentence
from .units import DIMENSION_NAMES, Quantity

#: Words that share a number, or several, out among the names before them.
_SHARES = re.compile(r"分别|(?<![人户年平日月场亩村校地])均(?![衡等匀价])|各(?=[完增减达新建为]|$)|都(?=[达增完是])")
#: What comes before the figure of an earlier year: 比上年, 由.
_BEFORE = re.compile(r"(?:比|较)(?:上年|去年|上年同期|去年同期|20[0-9]{2}年)(?:的|同期)?$")
_FROM = re.compile(r"(?:(?<!自)由|从(?![业事严]))[^，。；、]{0,10}?$")
_CHANGES = table(
    """
    提高 增加 提升 上升 增长 扩大 下降 降低 降 减少 压缩 缩短 缩减 攀升 跃升 上涨 调整 发展 拓展 升
    增 减 优化 变 收窄 回升
    回落 压减 扩展 涨 上调 下调
    """
)
_TO = re.compile(rf"(?:以上|左右|的)?(?:大幅|逐步|分别|迅速|稳步)?(?:{'|'.join(_CHANGES)})")
_RANK = re.compile(r"(?:位居|位列|居|排名|排|列)?(?P<where>全[国省市县区]|[^，。；、居列排]{0,6})?第$")
_WHOLE = re.compile(r".*(?:拿出|安排|提取|划出|按)(?:不低于)?")
_SHARE_NAME = re.compile(r"(?:比重|比例|占比|率)$")
_LEVEL = re.compile(r"(?:国家|[省市县区乡镇])级")
#: What behind a share makes it a rate: 托育点100%覆盖 is their 覆盖率.
_REACHED_RATE = re.compile(r"覆盖|达标|办结|办复|回复|兑现|参保|入学|入园|完成|到位")
#: A list counted before what is said of each: 甲、乙两个集群营业收入.
_COUNTED_LIST = re.compile(r"([^，。；]*?、[^，。；]*?)[两三四五六七八九十](?:个|大|家|条|所)(.{3,})")
_GENERIC_THINGS = frozenset({"项目", "企业", "工程"})
_BARE_VERBS = frozenset({"涉及", "惠及", "覆盖", "受益", "带动"})
_INCREASES = frozenset({"新增", "净增", "新发展", "新认定"})
#: Words that fall and are themselves the direction of a growth: they say nothing of its bound.
_FALLS = frozenset({"降低", "下降", "减少"})

Named = tuple[list[str], str]


class FigureReader:
    """
    Turns the quantities of one sentence after the other into proposals.

    ``sources`` maps the start of each numeral to the first proposal that it is part of.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.proposals: list[Proposal] = []
        self.sources: dict[int, Proposal] = {}

    def read(self, sentence: Sentence, quantities: list[Quantity]) -> None:
        """Add the proposals of one sentence."""
        self.sentence = sentence
        self.plan = sentence.side == "plan"
        self.thread = Thread(self.text, sentence.start)
        for group in clauses.groups(clauses.figures(self.text, sentence, quantities)):
            self._group(group)

    def _group(self, group: list[Figure]) -> None:
        first = group[0]
        if _RANK.search(first.before) and first.quantity.unit in {"位", "名", None}:
            self._ranks(group)
        elif _BEFORE.search(first.before) and not _is_growth(first.quantity, words.trailing(first.before)[1]):
            self._baseline(first, _BEFORE.sub("", first.before))
        elif _FROM.search(first.before) and _TO.match(self.text, first.end):
            self._baseline(first, _FROM.sub("", first.before))
        else:
            self._statement(group)

    def _statement(self, group: list[Figure]) -> None:
        subject, links, action, shared = _parse(group[0].before)
        growth = _is_growth(group[0].quantity, links)
        labels = self._labels(subject, "" if growth else action, shared, group, links)
        if growth:
            self._growths(group, labels, links, shared)
        elif self._stands_before_thing(group, labels):
            self._before_thing(group[0], labels, links, action)
        else:
            self._levels(group, labels, links, action, shared)

    # Names that numbers are shared out among

    def _labels(self, subject: str, action: str, shared: str, group: list[Figure], links: list[str]) -> list[str]:
        """Return the names that a group of numbers belongs to; none where the subject must be carried."""
        name = names.tidy(subject + action) if subject.strip("、，和及 ") else ""
        if not name:
            return []
        name = self._opposite(name)
        if re.search(r"以[上下]$", name):
            name += self.thread.name
        if not shared and "、" in subject and {"增速", "增幅"} & set(links):
            shared = "均"
        if not (shared or len(group) > 1 or group[0].quantity.share):
            return [name]
        if (each := _COUNTED_LIST.fullmatch(subject.strip())) and len(owners := names.items(each[1])) == len(group) > 1:
            return [names.tidy(owner + each[2]) for owner in owners]
        return self._shared_labels(names.bare(subject), action, shared, len(group)) or [name]

    def _opposite(self, name: str) -> str:
        """Return the whole name of a subject that is said by its difference alone: 农村居民 after 城镇居民收入."""
        if re.fullmatch(r"(?:国家|[省市县区乡镇])级", name) and _LEVEL.search(self.thread.name):
            return _LEVEL.sub(name, self.thread.name, count=1)
        for pair in names.OPPOSITES:
            for here, there in (pair, pair[::-1]):
                whole = self.thread.name.replace(there, here, 1)
                if name.startswith(here) and whole.startswith(name):
                    return whole
        return name

    def _shared_labels(self, subject: str, action: str, shared: str, count: int) -> list[str]:
        listed = names.items(subject)
        if any(item in words.ACTIONS for item in listed):
            verb, thing = verb_of(listed[-1])
            return [each + thing for each in (*listed[:-1], verb)] if shared and verb and count == 1 else []
        if len(listed) == 1 and count == 1 and not (shared and "城乡" in subject):
            return []
        found = names.parts(subject, count if count > 1 else None)
        one_for_all = count == 1 and (shared not in {"", "分别"} or _all_indicators(listed, subject, shared))
        if len(found) < 2 or not (len(found) == count or one_for_all):
            return []
        verb = "" if names.is_indicator(found[0]) else verb_of(found[0])[0]
        found = [found[0], *(label if verb_of(label)[0] else verb + label for label in found[1:])]
        if action and not words.COMPLETE.search(action):
            return [names.canonical(action + names.tidy(label)) for label in found]
        return [names.canonical(names.tidy(label + action)) for label in found]

    # Growths

    def _growths(self, group: list[Figure], labels: list[str], links: list[str], shared: str) -> None:
        at = group[0].start
        if not labels and (between := self.thread.new_subject(at)):
            labels = [between]
        if (not labels or labels == ["增速"]) and self._attach_growths(group, links, shared):
            return
        if labels and labels != ["增速"]:
            labels = [self.thread.owner_of(label, at) + label if names.is_bare(label) else label for label in labels]
            rule = _rule_of_shares(labels, group, shared, "growth")
        else:
            last = self.thread.last
            labels = (
                [p.name for p in last] if len(last) == len(group) else [self.thread.name or self.thread.spoken_of(at)]
            )
            rule = "carried-subject"
        made = [self._new(figure, label, rule, group) for figure, label in _deal(group, labels)]
        for proposal, (figure, _) in zip(made, _deal(group, labels), strict=True):
            self._set_growth(proposal, figure, links, group[-1].bound)
        self.thread.carry(made, "", made[-1].name)

    def _attach_growths(self, group: list[Figure], links: list[str], shared: str) -> bool:
        """Give growths without a subject to the levels before them; return whether there were such levels."""
        last = self.thread.last
        if len(group) > 1 and len(last) != len(group):
            last = self.thread.without_growth(len(group))
        each = len(group) == 1 and shared not in {"", "分别"}
        if each and len(last) == 1:
            last = self.thread.without_growth(3) or last
        targets = last if len(last) == len(group) or each else last[-1:]
        if not targets or any(p.growth is not None for p in targets) or (len(group) > 1 and len(targets) != len(group)):
            return False
        for index, proposal in enumerate(targets):
            self._set_growth(proposal, group[min(index, len(group) - 1)], links, group[-1].bound)
        return True

    # Levels and counts

    def _stands_before_thing(self, group: list[Figure], labels: list[str]) -> bool:
        first = group[0]
        if len(group) > 1 or NOT_A_THING.match(first.after):
            return False
        return not first.quantity.share or (not labels and not NEXT.match(first.after))

    def _levels(self, group: list[Figure], labels: list[str], links: list[str], action: str, shared: str) -> None:
        first = group[0]
        if first.quantity.share and first.after.startswith("的资金"):
            whole = _WHOLE.sub("", labels[0]) if labels else ""
            labels = [names.tidy(first.after[1:]) + "占" + whole + "比重"]
        if first.quantity.share and labels and (used := re.match(r"用于([一-鿿]{2,10})", first.after)):
            labels = [labels[0] + "用于" + used[1] + "比重"]
        if first.quantity.share and len(labels) == 1 and (reached := _REACHED_RATE.fullmatch(first.after)):
            labels = [labels[0] + reached[0] + "率"]
        if not labels and not action and self._attach_levels(group, links):
            return
        labels, rule = self._named(group, labels, links, action, shared)
        labels, rule = self._completed(labels, rule, first, links)
        made = [self._new(figure, label, rule, group) for figure, label in _deal(group, labels)]
        for proposal, (figure, _) in zip(made, _deal(group, labels), strict=True):
            self._set_value(proposal, figure, links, group[-1].bound)
        verb, thing = verb_of(made[-1].name)
        if verb in things.STAGES and thing == self.thread.topic:
            verb = ""  # the stages of one and the same thing
        elif not verb or verb in things.STAGES or words.COMPLETE.search(verb):
            verb, thing = "", made[-1].name
        self.thread.carry(made, verb, thing, first.quantity.base)

    def _attach_levels(self, group: list[Figure], links: list[str]) -> bool:
        """Give levels without a subject to the growths before them (增长8%，达到3亿元); tell whether there are any."""
        last = self.thread.last
        targets = last if len(last) == len(group) else last[-1:]
        if len(targets) != len(group) or any(p.value is not None or p.growth is None for p in targets):
            return False
        if self.thread.new_subject(group[0].start):
            return False
        for proposal, figure in zip(targets, group, strict=True):
            self._set_value(proposal, figure, links, group[-1].bound)
        return True

    def _named(self, group: list[Figure], labels: list[str], links: list[str], action: str, shared: str) -> Named:
        first = group[0]
        if not labels and not action:
            return self._carried(group, links)
        if labels and labels != [action]:
            return labels, _rule_of_shares(
                labels, group, shared, "count-after-name" if first.quantity.counted else "level"
            )
        if first.quantity.dimension == "money" and (purpose := things.purpose_of_next_clause(self.text, first.end)):
            return [purpose + action], "amount-for-purpose"
        if action in _BARE_VERBS and not self.thread.last and (topic := self.thread.topic_before(first.start)):
            return [topic + action], "count-after-name"
        takes_topic = not words.COMPLETE.search(action) and not names.is_indicator(self.thread.topic)
        return [names.canonical(action + (self.thread.topic if takes_topic else ""))], "count-after-name"

    def _carried(self, group: list[Figure], links: list[str]) -> Named:
        thread, first = self.thread, group[0]
        if between := thread.new_subject(first.start):
            return [between], "carried-subject"
        if not thread.last:
            return [thread.spoken_of(first.start)], "carried-subject"
        if len(thread.last) == len(group) > 1:
            return [proposal.name for proposal in thread.last], "carried-subject"
        if first.quantity.share and any(link.startswith("占") for link in links):
            return [thread.name + "占比"], "carried-subject"
        verb, thing = verb_of(thread.name)
        same_unit = thread.last[-1].unit == first.quantity.unit
        if verb in _INCREASES and same_unit and any(word in words.LEVELS for word in links):
            return [thing + "总数"], "total-after-increase"
        return [thread.name if same_unit else self._in_other_unit(first)], "carried-subject"

    def _in_other_unit(self, figure: Figure) -> str:
        """Return the last name, told apart where one clause gives two amounts of one thing: 涉及300户、5万平米."""
        name, quantity = self.thread.name, figure.quantity
        dimension = DIMENSION_NAMES.get(quantity.base, DIMENSION_NAMES.get(quantity.dimension, ""))
        alone = figure.before.strip("、和及 ") == "" and self.thread.last[-1].end >= figure.start
        if not alone or not dimension or quantity.share:
            return name
        for known in DIMENSION_NAMES.values():
            name = name.removesuffix(known)
        return name + dimension

    def _completed(self, labels: list[str], rule: str, figure: Figure, links: list[str]) -> Named:
        """Complete names that say too little alone: a share's 比重, an attribute's thing, a list's verb."""
        if len(labels) == 1:
            label = labels[0]
            if figure.quantity.share:
                labels = [self._share_name(label, links, figure)]
            elif names.is_bare(label) and (owner := self.thread.owner_of(label, figure.start)):
                labels = [self._owned(owner, label, figure.quantity)]
            elif rule in {"count-after-name", "level"} and self._continues_list(label, links, figure):
                labels, rule = [self.thread.verb + label], "carried-verb"
        elif figure.quantity.share and any(link.startswith("占") for link in links):
            labels = [label if _SHARE_NAME.search(label) else label + "占比" for label in labels]
        change = _change(links)
        if change and words.direction(links) and rule != "total-after-increase":
            labels = [label if label.endswith(change) else label + change for label in labels]
        return labels, rule

    def _owned(self, owner: str, attribute: str, quantity: Quantity) -> str:
        if attribute.startswith("惠及") and self.thread.last:
            owner = self.thread.name
        dimension = DIMENSION_NAMES.get(quantity.dimension, "") if attribute in _BARE_VERBS else ""
        return owner + attribute + dimension

    def _continues_list(self, label: str, links: list[str], figure: Figure) -> bool:
        """Tell whether a name takes the verb of the list that it continues: 新增龙头企业3家、合作社8家."""
        thread, quantity, listed = self.thread, figure.quantity, figure.before.startswith("、")
        if not thread.verb or verb_of(label)[0] or names.is_indicator(label):
            return False
        if quantity.base != thread.unit and not (listed and quantity.dimension != "money"):
            return False
        if any(word in words.LEVELS for word in links) and not figure.before.lstrip("，").startswith("其中"):
            return False
        return listed or not any(verb_of(label[at:])[0] for at in range(1, 5))

    def _share_name(self, name: str, links: list[str], figure: Figure) -> str:
        if name.startswith("占"):
            name = self.thread.name + name
        if "占" in name and not _SHARE_NAME.search(name):
            return name.removesuffix("的") + "比重"
        if any(link.startswith("占") for link in links) and not _SHARE_NAME.search(name):
            return name + "占比"
        return self.thread.owner_of(name, figure.start) + name if names.is_bare(name) else name

    # Numbers before the thing counted

    def _before_thing(self, figure: Figure, labels: list[str], links: list[str], action: str) -> None:
        """Propose a number that stands before the thing counted: 新建3所学校, 5个村通了公路."""
        if figure.quantity.dimension == "money":
            self._amount_for(figure, labels[0] if labels else "", links, action)
            return
        subject, action = self._doer(figure, labels[0] if labels else "", action)
        thing, phrase = things.thing(figure.after)
        thing = names.tidy(thing)
        if not thing:
            topic = "" if subject or action or names.is_indicator(self.thread.topic) else self.thread.topic
            thing, phrase = topic + names.tidy(phrase), ""
        verb = action or _change(links) or (self.thread.verb if not subject and self._repeats(figure, phrase) else "")
        name = _order(subject, verb, thing, phrase)
        if len(name) <= 4 and not phrase and (listed := re.search(r"([^，。；]{4,24}等)$", figure.before)):
            name = names.bare(listed[1] + "…")[:-1] + name.removeprefix(
                verb
            )  # the class alone says too little: 甲路、乙路等道路建设
        if figure.quantity.share:
            name += "占比"
        if figure.adjoins:
            name += DIMENSION_NAMES.get(figure.quantity.base, "")
        rule = "carried-verb" if verb and not action else "count-before-thing"
        made = self._new(figure, names.canonical(name[: names.LONGEST]), rule, [figure])
        if not figure.adjoins:
            made.end = max(made.end, figure.end + len(figure.after.rstrip("、和及与 ")))
        self._set_value(made, figure, links, "")
        self.thread.carry([made], verb, thing, figure.quantity.base)

    def _amount_for(self, figure: Figure, subject: str, links: list[str], action: str) -> None:
        """Propose an amount by what it is for: 投资800万元实施校舍改造工程; 争取到央行2亿元的支持."""
        if given := re.match(r"的([一-鿿]{2,4})$", figure.after.strip()):
            topic = name = names.tidy(re.sub(r"(?<=争取)到", "", subject) + given[1])
        else:
            topic = things.purpose(figure.after)
            if names.is_indicator(topic):
                topic = ""  # what was reached with it is another figure
            spent = not subject or re.search(r"(?:投资|投入|资金|经费|补贴|补助)$", subject)
            name = topic + (subject or action or "投入资金") if spent else subject + topic
        made = self._new(figure, name, "amount-for-purpose", [figure])
        self._set_value(made, figure, links, "")
        self.thread.carry([made], "", topic)

    def _doer(self, figure: Figure, subject: str, action: str) -> tuple[str, str]:
        """Return (subject, verb) that belong into the name of a number before its thing."""
        listed = "、" in subject and not action and figure.quantity.counted and not verb_of(subject)[0]
        if listed or re.search(r"[对将把给为]$", figure.before):
            subject = ""
        subject = subject.removesuffix(action) if action else subject
        if action and len(subject) == 2 and not names.is_indicator(subject):
            subject, action = "", subject + action
        if joint := re.match(r"(.*?)(?:[和及与、]|等)\s*$", figure.before):
            leading = verb_of(names.bare(joint[1]))[0]
            if figure.before.endswith("等") or (leading and not action):
                subject, action = "", leading
        if not subject and not action and figure.adjacent:
            subject = self.thread.subject
        self.thread.subject = subject
        return subject, action

    def _repeats(self, figure: Figure, phrase: str) -> bool:
        """Tell whether a number before its thing continues the list of the number before it."""
        if JOINED.match(figure.before):
            return True
        return not figure.before.strip() and not phrase and figure.quantity.base == self.thread.unit

    # Places in a ranking, figures of an earlier year

    def _ranks(self, group: list[Figure]) -> None:
        match = _RANK.search(group[0].before)
        subject, links, action, shared = _parse(group[0].before[: match.start()] if match else "")
        labels = self._labels(subject, action, shared, group, links)
        labels = labels or [self.thread.name or self.thread.spoken_of(group[0].start)]
        where = (match["where"] if match else None) or ""
        where = where if re.fullmatch("全[国省市县区]", where) else ""
        for figure, label in _deal(group, labels):
            label = re.sub("(?:全[国省市县区])?位次$", "", label)
            made = self._new(figure, f"{label}{where}位次", "rank", group)
            self._set_value(made, figure, links, "")
            made.unit, made.qualifier = "位", "第"

    def _baseline(self, figure: Figure, before: str) -> None:
        """Propose the figure of an earlier year that a new one is held against: 比上年180天增加15天, 由20%提高到25%."""
        subject, links, action = words.trailing(before)
        labels = self._labels(subject, action, "", [figure], [])
        if not labels and "占比" in links and self.thread.last:
            labels = [self.thread.name + "占比"]
        if labels and any(link.startswith("占") for link in links) and not _SHARE_NAME.search(labels[0]):
            labels = [labels[0] + "占比"]
        name = labels[0] if labels else self.thread.name or self.thread.spoken_of(figure.start)
        made = self._new(figure, name + "（上年）", "previous-year", [figure])
        made.kind = "baseline"
        self._set_value(made, figure, links, "")
        made.comparator = "="
        if labels or not self.thread.last:
            # The new figure carries this name, never this figure.
            carrier = Proposal("result", name, value="", growth="", unit=figure.quantity.unit, end=figure.end)
            self.thread.last = [carrier]

    # Making proposals

    def _new(self, figure: Figure, name: str, rule: str, group: list[Figure]) -> Proposal:
        start = group[0].start
        while start < figure.quantity.start and self.text[start] in "、，和及与 　,:：\t":
            start += 1
        name = name or self.thread.spoken_of(figure.start)
        if name == UNNAMED:
            rule = "no-subject"
        if figure.quantity.chinese:
            rule = "chinese-numeral"
        proposal = Proposal(
            kind="target" if self.plan else "result",
            name=name,
            section=self.sentence.section,
            paragraph=self.sentence.paragraph,
            offset=start,
            end=figure.end,
            rule=rule,
            confidence=RULES[rule].confidence,
        )
        self.proposals.append(proposal)
        self.thread.made.append(proposal)
        return proposal

    def _set_value(self, proposal: Proposal, figure: Figure, links: list[str], bound: str) -> None:
        quantity, bound = figure.quantity, figure.bound or bound
        proposal.value = (quantity.value, quantity.second) if quantity.second else quantity.value
        proposal.unit = quantity.unit
        proposal.value_offset = quantity.start
        more = quantity.about and not self.plan
        proposal.comparator = ">=" if more else words.comparator(links, bound, self.plan, falls=False)
        self._bind(proposal, figure, words.qualifier(links, bound, quantity.about))

    def _set_growth(self, proposal: Proposal, figure: Figure, links: list[str], bound: str) -> None:
        quantity, bound, falls = figure.quantity, figure.bound or bound, words.direction(links) < 0
        sign = "-" if falls else ""
        proposal.growth = (sign + quantity.value, sign + quantity.second) if quantity.second else sign + quantity.value
        proposal.growth_offset = quantity.start
        binding = [word for word in links if word not in _FALLS]
        proposal.growth_comparator = words.comparator(binding, bound, self.plan, falls)
        self._bind(proposal, figure, words.qualifier(links, bound, quantity.about))

    def _bind(self, proposal: Proposal, figure: Figure, qualifier: str) -> None:
        left = max(self.text.rfind(mark, self.sentence.start, figure.quantity.start) for mark in "，；。：")
        padding = words.PROMISING.findall(self.text[max(left + 1, self.sentence.start) : figure.quantity.start])
        said = [part for text in (proposal.qualifier or "", *padding, qualifier) for part in text.split("；") if part]
        proposal.qualifier = "；".join(dict.fromkeys(said)) or None
        proposal.end = max(proposal.end, figure.end)
        self.sources.setdefault(figure.quantity.start, proposal)


def _parse(before: str) -> tuple[str, list[str], str, str]:
    """Return (subject, links, action, sharing word) of the text before a number."""
    shares = list(_SHARES.finditer(before))
    if not shares:
        return (*words.trailing(before), "")
    at = shares[-1]
    rest, links, action = words.trailing(before[at.end() :])
    head, head_links, head_action = words.trailing(before[: at.start()])
    subject = head + head_action
    noun = names.tidy(rest)
    if at[0] == "各" and (action or verb_of(noun)[0]):
        return rest, [at[0], *links], action, at[0]
    if noun and not action and subject:
        subject = "、".join(part + noun for part in names.parts(names.bare(subject)))
    else:
        subject += noun
    return subject, [*head_links, at[0], *links], action, at[0]


def _is_growth(quantity: Quantity, links: list[str]) -> bool:
    return quantity.share and quantity.base != "‰" and words.direction(links) != 0


def _all_indicators(listed: list[str], subject: str, shared: str) -> bool:
    """Tell whether a rate belongs to each indicator before it although no word says so (入学率和升学率达到99%)."""
    return not shared and all(map(names.is_indicator, listed)) and not re.search("占|中", subject)


def _rule_of_shares(labels: list[str], group: list[Figure], shared: str, otherwise: str) -> str:
    if len(labels) < 2:
        return otherwise
    return "shared-each" if len(group) == 1 else "shared-respectively"


def _deal(group: list[Figure], labels: list[str]) -> list[tuple[Figure, str]]:
    """Return figures and names pairwise; the last of the shorter list goes on with the rest of the longer one."""
    return [
        (group[min(index, len(group) - 1)], labels[min(index, len(labels) - 1)])
        for index in range(max(len(group), len(labels)))
    ]


def _change(links: list[str]) -> str:
    return next((word for word in links if word in words.UP or word in words.DOWN), "")


def _order(subject: str, verb: str, thing: str, phrase: str) -> str:
    """Return a name in the order of the text where it can be read, else with the phrase as an attribute."""
    if subject.startswith("比"):
        return subject + verb + thing
    if verb:
        return verb + thing
    if phrase and len(phrase) > 4:
        return subject + re.sub(r"(?<=[一-鿿])了(?=[一-鿿])", "", phrase) + "的" + thing
    return subject + (phrase + thing if thing in _GENERIC_THINGS else thing + phrase)
