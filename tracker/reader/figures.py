"""
Figures: what a sentence's numbers say, of what, and how they bind.

A number stands behind its subject (财政收入完成20亿元), before the thing counted (新建3所学校), or alone, so that its subject is carried over from the
clause before (同比增长9%). Numbers joined by 、 and 和 are shared out among the names before them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from . import names, words
from .sentences import hard_stops
from .types import Proposal, Sentence
from .units import DIMENSION_NAMES, Quantity

#: rule → confidence. The name of the rule stands in each proposal.
RULES = {
    "level": "0.95",
    "growth": "0.95",
    "count-after-name": "0.95",
    "count-before-thing": "0.9",
    "amount-for-purpose": "0.85",
    "shared-respectively": "0.95",
    "shared-each": "0.95",
    "carried-subject": "0.85",
    "carried-verb": "0.9",
    "total-after-increase": "0.85",
    "rank": "0.85",
    "previous-year": "0.8",
    "chinese-numeral": "0.7",
    "no-subject": "0.5",
}

_JOINED = re.compile(r"\s*[、和及与]\s*第?$")
_SHARES = re.compile(r"分别|(?<![人户年平日月场亩村校地])均(?![衡等匀价])|各(?=[完增减达新建为]|$)|都(?=[达增完是])")
_NEXT = re.compile(rf"^(?:{'|'.join(map(re.escape, sorted({*words.UP, *words.DOWN, '同比', '比上年', '较上年', '比去年', '环比', '提高到', '增加到', '达到', '占', '至', '到', '以'}, key=len, reverse=True)))})")
_BEFORE = re.compile(r"(?:比|较)(?:上年|去年|上年同期|去年同期|20[0-9]{2}年)(?:的|同期)?$")
_FROM = re.compile(r"(?:(?<!自)由|从(?![业事严]))[^，。；、]{0,10}?$")
_TO = re.compile(r"(?:以上|左右|的)?(?:大幅|逐步|分别|迅速|稳步)?(?:提高|增加|提升|上升|增长|扩大|下降|降低|降|减少|压缩|缩短|缩减|攀升|跃升|上涨|调整|发展|拓展|升|增|减|优化|变|收窄|回升|回落|压减|扩展|涨|上调|下调)")
_RANK = re.compile(r"(?:位居|位列|居|排名|排|列)?(?P<where>全[国省市县区]|[^，。；、居列排]{0,6})?第$")
_VERB_PHRASE = re.compile(r"(?:已|已经|全部|均|都|基本|正式|提前|如期|按期|顺利|成功)*(?:实现|采取|采用|开展|进行|完成|投入|投产|建成|新?开工|竣工|落户|落地|通过|达到|纳入|列入|被|得到|牵头|荣获|获评|获批|获得|获|入选|实施|启动|参加|用于|成为|签约|拆除|取缔|复工|脱贫|开通|通上|用上|享受|接入|覆盖|[一-鿿]{1,2}了(?=[一-鿿]))")
_PURPOSE = re.compile(r"^(?:，)?(?:用于|支持|实施|建设|完成|新建|改造|开展|推进|对)(?:了)?(?:一批)?")
_MONEY_WORDS = re.compile(r"(?:投资|投入|资金|经费|补贴|补助)$")
_NOT_A_THING = re.compile(r"^(?:\s|[，。；、：,;:）)”\]]|$|以?[外后时内起前](?![一-鿿]{2})|因|由于|未|并|的$)")


#: Stages that tell projects apart: they belong to the thing, and no list carries them on.
_STAGES = frozenset("签约 落地 投产 竣工 开工 新开工 洽谈 入库 在建 储备 上市 挂牌".split())


@dataclass(slots=True)
class Figure:
    """A quantity with the text of its own clause before it and behind it, and the word that binds it (以上)."""

    quantity: Quantity
    start: int
    before: str
    after: str
    bound: str
    end: int
    group: int = 0
    #: The thing behind it is that of the number right behind it: 1131户2397名贫困人口.
    adjoins: bool = False
    #: It stands right behind another number's thing: 8个乡镇63个村.
    adjacent: bool = False


@dataclass(slots=True)
class Thread:
    """What a sentence carries from clause to clause: the last proposals, the thing spoken of, the verb."""

    last: list[Proposal] = field(default_factory=list)
    topic: str = ""
    subject: str = ""
    made: list[Proposal] = field(default_factory=list)
    verb: str = ""
    unit: str = ""


class FigureReader:
    """Turns the quantities of one sentence after the other into proposals."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.proposals: list[Proposal] = []
        self.sources: dict[int, Proposal] = {}  # start of a numeral → the first proposal that it is part of
        self.previous = ""  # the last subject of the sentence before

    def read(self, sentence: Sentence, quantities: list[Quantity]) -> None:
        """Add the proposals of one sentence."""
        self.sentence = sentence
        self.plan = sentence.side == "plan"
        self.thread = Thread()
        figures = self._figures(quantities)
        index = 0
        while index < len(figures):
            group = [figure for figure in figures[index:] if figure.group == figures[index].group]
            self._group(group)
            index += len(group)

    # Where each number stands

    def _figures(self, quantities: list[Quantity]) -> list[Figure]:
        stops = [self.sentence.start - 1, *hard_stops(self.text, self.sentence.start, self.sentence.end), self.sentence.end]
        found: list[Figure] = []
        for index, quantity in enumerate(quantities):
            left = max(stop for stop in stops if stop < quantity.start) + 1
            right = min((stop for stop in stops if stop >= quantity.end), default=self.sentence.end)
            bound = words.AFTER.match(self.text, quantity.end)
            end = bound.end() if bound else quantity.end
            last = found[-1] if found and found[-1].end > left else None
            start = max(left, last.end if last else left)
            if not last and re.match(r"\s*(?:以及|及|和|并)", self.text[left : quantity.start]) and not found and left > self.sentence.start:
                start = left = max(stop for stop in stops if stop < left - 1) + 1
            if last:
                last.after, start = self._share_out(last, start, quantity)
            following = quantities[index + 1].start if index + 1 < len(quantities) else right
            before = self.text[start : quantity.start]
            joined = last is not None and not last.after and bool(_JOINED.match(before)) and (last.quantity.base == quantity.base or "分别" in next(figure for figure in found if figure.group == found[-1].group).before)
            group = found[-1].group if joined else (found[-1].group + 1 if found else 0)
            found.append(Figure(quantity, start, before.replace("，", "、") if not last else before, self.text[end : min(right, max(end, following))], bound["word"] if bound else "", end, group, adjacent=last is not None and not before))
        for figure, following in zip(reversed(found[:-1]), reversed(found[1:]), strict=True):
            if re.fullmatch(r"[^，。；]{1,4}级", figure.after) and (head := re.match(r"[^，。；]{1,4}级(.{2,})", following.after)):
                figure.after += head[1]
            if (
                not figure.after
                and figure.quantity.base == following.quantity.base
                and re.fullmatch(r"、[一-鿿]{2,6}", following.before)
                and not _NOT_A_THING.match(following.after)
                and len(_verb_of(names.bare(figure.before))[1]) <= 6
            ):
                figure.after = following.after
            if not figure.after and not following.before and following.quantity.start == figure.end:
                figure.after, figure.adjoins = following.after, True
        return found

    def _share_out(self, last: Figure, start: int, quantity: Quantity) -> tuple[str, int]:
        """Return what of the text between two numbers belongs behind the first, and where the second's own text starts."""
        if bracket := re.match(r"\s*（[^）\n]*）", self.text[start : quantity.start]):
            start += bracket.end()
        end = quantity.start
        between = self.text[start:end]
        if last.quantity.share and between.startswith("的"):
            return between, start
        if _JOINED.match(between) or _NEXT.match(between) or _NOT_A_THING.match(between):
            return "", start
        cuts = [match for match in re.finditer(r"、|和(?!谐)|及(?!以)|与|并", between)]
        if cuts:
            return between[: cuts[0].start()] if cuts[0][0] == "、" else between[: cuts[-1].start()], start + (cuts[0] if cuts[0][0] == "、" else cuts[-1]).start()
        _, links, action = words.trailing(between)
        if names.is_indicator(names.bare(between)) and not quantity.counted:
            return "", start
        spends = last.quantity.dimension == "money" and bool(_verb_of(between)[0]) and quantity.dimension != "money"
        if spends or (links and last.quantity.counted and not names.bare(words.trailing(last.before)[0])):
            return between, start
        if links and any(word in words.LEVELS for word in links):
            return "", start
        return between, end

    # What each group says

    def _group(self, group: list[Figure]) -> None:
        first = group[0]
        before = first.before
        if _RANK.search(before) and first.quantity.unit in {"位", "名", None}:
            return self._rank(group)
        if _BEFORE.search(before) and not self._grows(before, first.quantity):
            return self._baseline(first, before)
        if _FROM.search(before) and _TO.match(self.text, first.end):
            return self._baseline(first, _FROM.sub("", before))
        subject, links, action, shared = self._parse(before)
        growth = self._is_growth(first.quantity, links)
        tail = "" if growth else action
        labels = self._labels(subject, tail, shared, group, links)
        if growth:
            return self._growth(group, labels, links, shared)
        return self._levels(group, labels, links, action, shared)

    def _parse(self, before: str) -> tuple[str, list[str], str, str]:
        """Return (subject, links, action, sharing word) of the text before a number."""
        shares = list(_SHARES.finditer(before))
        if not shares:
            rest, links, action = words.trailing(before)
            return rest, links, action, ""
        at = shares[-1]
        rest, links, action = words.trailing(before[at.end() :])
        head, head_links, head_action = words.trailing(before[: at.start()])
        subject = head + (head_action or "")
        noun = names.tidy(rest)
        if at[0] == "各" and (action or _verb_of(noun)[0]):
            return rest, [at[0], *links], action, at[0]
        if noun and not action and subject:
            subject = "、".join(part + noun for part in names.parts(names.bare(subject)))
        elif noun:
            subject = subject + noun
        return subject, [*head_links, at[0], *links], action, at[0]

    def _labels(self, subject: str, action: str, shared: str, group: list[Figure], links: list[str]) -> list[str]:
        """Return the names that a group of numbers is shared out among; one where nothing is shared, none where it must be carried."""
        if not shared and "、" in subject and {"增速", "增幅"} & set(links):
            shared = "均"
        name = names.tidy(subject + action) if subject.strip("、，和及 ") else ""
        for one, other in names.OPPOSITES:
            for here, there in ((one, other), (other, one)):
                last = self.thread.last[-1].name.replace(there, here, 1) if self.thread.last else ""
                if name.startswith(here) and last.startswith(name):
                    name = last
        if re.search(r"以[上下]$", name) and self.thread.last:
            name += self.thread.last[-1].name
        if name and (shared or len(group) > 1 or group[0].quantity.share):
            found = names.parts(names.bare(subject), len(group) if len(group) > 1 else None)
            if any(item in words.ACTIONS for item in names.items(names.bare(subject))):
                return [name]
            if len(names.items(names.bare(subject))) == 1 and len(group) == 1 and not (shared and "城乡" in subject):
                found = [name]
            if not shared and len(group) == 1 and all(map(names.is_indicator, names.items(names.bare(subject)))) and not re.search("占|中", subject):
                shared = "均"
            if len(found) > 1 and (len(found) == len(group) or (len(group) == 1 and shared and shared != "分别")):
                verb = "" if names.is_indicator(found[0]) else _verb_of(found[0])[0]
                found = [found[0], *(label if _verb_of(label)[0] else verb + label for label in found[1:])]
                if action and not words.COMPLETE.search(action):
                    return [names.canonical(action + names.tidy(label)) for label in found]
                return [names.canonical(names.tidy(label + action)) for label in found]
        return [name] if name else []

    def _grows(self, before: str, quantity: Quantity) -> bool:
        _, links, _ = words.trailing(before)
        return self._is_growth(quantity, links)

    @staticmethod
    def _is_growth(quantity: Quantity, links: list[str]) -> bool:
        return quantity.share and quantity.base != "‰" and words.direction(links) != 0

    def _growth(self, group: list[Figure], labels: list[str], links: list[str], shared: str) -> None:
        falls = words.direction(links) < 0
        bound = group[-1].bound
        last = self.thread.last
        if not labels and (between := self._new_subject(group[0])):
            labels = [between]
        if len(group) > 1 and not labels and len(last) != len(group):
            last = [proposal for proposal in self.thread.made if proposal.value is not None and proposal.growth is None][-len(group) :]
        if not labels or labels == ["增速"]:
            targets = last if len(last) == len(group) or (len(group) == 1 and shared and shared != "分别") else last[-1:]
            if targets and all(proposal.growth is None for proposal in targets) and (len(group) == 1 or len(targets) == len(group)):
                for index, proposal in enumerate(targets):
                    self._set_growth(proposal, group[min(index, len(group) - 1)], links, bound, falls)
                return
            labels = [proposal.name for proposal in last] if len(last) == len(group) else [last[-1].name] if last else [self._carried(group[0])]
            rule = "carried-subject"
        else:
            labels = [self._owner_of(label, group[0]) + label if names.is_bare(label) else label for label in labels]
            rule = "shared-each" if shared and len(group) == 1 and len(labels) > 1 else "shared-respectively" if len(labels) > 1 else "growth"
        made = []
        for index in range(max(len(labels), len(group))):
            figure = group[min(index, len(group) - 1)]
            proposal = self._new(figure, labels[min(index, len(labels) - 1)], rule, group)
            self._set_growth(proposal, figure, links, bound, falls)
            made.append(proposal)
        self._carry(made, "", made[-1].name)

    def _set_growth(self, proposal: Proposal, figure: Figure, links: list[str], bound: str, falls: bool) -> None:
        quantity = figure.quantity
        sign = "-" if falls else ""
        proposal.growth = (sign + quantity.value, sign + quantity.second) if quantity.second else sign + quantity.value
        proposal.growth_offset = quantity.start
        proposal.growth_comparator = words.comparator([word for word in links if word not in {"降低", "下降", "减少"}], figure.bound or bound, self.plan, falls)
        proposal.qualifier = _joined(proposal.qualifier, _qualifier(links, figure.bound or bound, quantity))
        proposal.end = max(proposal.end, figure.end)
        self.sources.setdefault(quantity.start, proposal)

    def _levels(self, group: list[Figure], labels: list[str], links: list[str], action: str, shared: str) -> None:
        first = group[0]
        last = self.thread.last
        thing = first.after if len(group) == 1 else ""
        if not _NOT_A_THING.match(thing) and (not first.quantity.share or not labels and not _NEXT.match(thing)):
            return self._before_thing(first, labels, links, action)
        if first.quantity.share and first.after.startswith("的资金"):
            whole = re.sub(r".*(?:拿出|安排|提取|划出|按)(?:不低于)?", "", labels[0]) if labels else ""
            labels, thing = [names.tidy(first.after[1:]) + "占" + whole + "比重"], ""
        if not labels and not action:
            targets = last if len(last) == len(group) else last[-1:]
            if targets and not self._new_subject(first) and all(proposal.value is None and proposal.growth is not None for proposal in targets) and len(targets) == len(group):
                for proposal, figure in zip(targets, group, strict=True):
                    self._set_value(proposal, figure, links, group[-1].bound)
                return
            labels, rule = self._carried_labels(group, links)
        elif first.quantity.dimension == "money" and (not labels or labels == [action]) and (purpose := self._purpose(first)):
            labels, rule = [purpose + action], "amount-for-purpose"
        elif not labels or labels == [action]:
            takes_topic = self.thread.topic and not words.COMPLETE.search(action) and not names.is_indicator(self.thread.topic)
            labels, rule = [names.canonical(action + (self.thread.topic if takes_topic else ""))], "count-after-name"
        else:
            rule = "shared-each" if shared and len(group) == 1 and len(labels) > 1 else "shared-respectively" if len(labels) > 1 else "count-after-name" if first.quantity.counted else "level"
        labels, rule = self._completed(labels, rule, first, links)
        made = []
        for index in range(max(len(labels), len(group))):
            figure = group[min(index, len(group) - 1)]
            proposal = self._new(figure, labels[min(index, len(labels) - 1)], rule, group)
            self._set_value(proposal, figure, links, group[-1].bound)
            made.append(proposal)
        verb, thing = _verb_of(made[-1].name)
        if verb in _STAGES or words.COMPLETE.search(verb):
            verb, thing = "", made[-1].name
        self._carry(made, verb, thing if verb else made[-1].name, first.quantity.base)

    def _purpose(self, figure: Figure) -> str:
        """Return what the clause behind an amount spends it on: 投入2000万元，实施农田项目16个 → 农田项目."""
        match = re.match(r"[，,](?:用于|实施|完成|建设|支持|新建|改造|推进|开展|对)了?(?:全[区县市])?([^，。；0-9一二两三四五六七八九十]{3,14})", self.text[figure.end : figure.end + 40])
        return names.tidy(_thing(match[1])[0]) if match else ""

    def _completed(self, labels: list[str], rule: str, figure: Figure, links: list[str]) -> tuple[list[str], str]:
        """Complete names that say too little alone: a share's 比重, an attribute's thing, a list's verb, a change's direction."""
        quantity, thread = figure.quantity, self.thread
        if quantity.share and len(labels) == 1:
            labels = [self._share_name(labels[0], links, figure)]
        elif len(labels) == 1 and names.is_bare(labels[0]) and (owner := self._owner_of(labels[0], figure)):
            if labels[0].startswith("惠及") and thread.last:
                owner = thread.last[-1].name
            labels = [owner + labels[0] + (DIMENSION_NAMES.get(quantity.dimension, "") if labels[0] in {"涉及", "惠及", "覆盖", "受益", "带动"} else "")]
        elif (
            len(labels) == 1
            and thread.verb
            and (quantity.base == thread.unit or (quantity.dimension != "money" and figure.before.startswith("、")))
            and not _verb_of(labels[0])[0]
            and not names.is_indicator(labels[0])
            and (not any(word in words.LEVELS for word in links) or figure.before.lstrip("，").startswith("其中"))
            and (figure.before.startswith("、") or not re.match(rf".{{0,4}}(?:{'|'.join(words.ACTIONS)})", labels[0]))
            and rule in {"count-after-name", "level"}
        ):
            labels, rule = [thread.verb + labels[0]], "carried-verb"
        change = next((word for word in links if word in words.UP or word in words.DOWN), None)
        if change and words.direction(links) and rule != "total-after-increase":
            labels = [label if label.endswith(change) else label + change for label in labels]
        return labels, rule

    def _owner_of(self, attribute: str, figure: Figure) -> str:
        """Return the thing that an attribute is said of: the topic, else the park, company or trade last named in the sentence."""
        topic = self.thread.topic
        if between := self._topic_between(figure):
            topic = between
        if topic and attribute in {"总数", "总量", "数量", "总额"}:
            return _verb_of(topic)[1]
        if topic:
            counted = re.match(r"(.{2,})(?:户数|人数|金额|数量|件数|个数|次数)$", topic)
            return counted[1] if counted else "" if names.is_indicator(topic) else topic
        found = re.findall(r"[一-鿿]{0,10}?(?:开发区|园区|产业园|集团|公司|景区|产业集群)", self.text[self.sentence.start : figure.start])
        return names.tidy(re.split(rf"支持|推动|推进|加快|做强|做大|提升|发挥|{'|'.join(words.ACTIONS)}", found[-1])[-1]) if found and names.is_indicator(attribute) else ""

    def _topic_between(self, figure: Figure) -> str:
        """Return the thing that the clause without a number right before this one speaks of: 推进新农合工作，参合率达到80%."""
        start = self.thread.last[-1].end if self.thread.last else self.sentence.start
        clauses = re.split(r"[，,；;]", self.text[start : figure.start])[:-1]
        if not clauses or len(clauses) < 2 and self.thread.last:
            return ""
        thing = re.sub(rf"^(?:{'|'.join(sorted({*words.ACTIONS, '推进', '推动', '加强', '强化', '深化', '提升', '做好', '抓好'}, key=len, reverse=True))})", "", names.bare(clauses[-1]))
        thing = re.sub(r"(?:工作|建设|力度)$", "", thing)
        return thing if 2 <= len(thing) <= 10 and not re.search(r"[一二三四五六七八九十]|发展|增长|提升|突破|成效|进展|推进|完善|有力|稳步|持续", thing) else ""

    def _share_name(self, name: str, links: list[str], figure: Figure) -> str:
        if name.startswith("占") and self.thread.last:
            name = self.thread.last[-1].name + name
        if "占" in name and not re.search(r"(?:比重|比例|占比|率)$", name):
            return re.sub(r"的$", "", name) + "比重"
        if any(link.startswith("占") for link in links) and not re.search(r"(?:比重|比例|占比|率)$", name):
            return name + "占比"
        return self._owner_of(name, figure) + name if names.is_bare(name) else name

    def _new_subject(self, figure: Figure) -> str:
        """Return the indicator that a clause without a number names between the last figure and this one: 其中地方收入首次过半，完成2亿元."""
        if not self.thread.last:
            return ""
        clauses = re.split(r"[，,；;]", self.text[self.thread.last[-1].end : figure.start])[1:-1]
        found = [match[0] for clause in clauses if (match := re.match(r".{2,14}?(?:总值|增加值|收入|支出|投资|总额|产值|税收|余额|产量|面积|率(?!先))", names.bare(clause)))]
        return names.tidy(found[-1]) if found else ""

    def _carried_labels(self, group: list[Figure], links: list[str]) -> tuple[list[str], str]:
        last, quantity = self.thread.last, group[0].quantity
        if between := self._new_subject(group[0]):
            return [between], "carried-subject"
        if not last:
            return [self._carried(group[0])], "carried-subject"
        if len(last) == len(group) > 1:
            return [proposal.name for proposal in last], "carried-subject"
        name = last[-1].name
        if quantity.share and any(link.startswith("占") for link in links):
            return [name + "占比"], "carried-subject"
        verb, thing = _verb_of(name)
        if verb in {"新增", "净增", "新发展", "新认定"} and last[-1].unit == quantity.unit and any(word in words.LEVELS for word in links):
            return [thing + "总数"], "total-after-increase"
        dimension = DIMENSION_NAMES.get(quantity.base, DIMENSION_NAMES.get(quantity.dimension, ""))
        alike = group[0].before.strip("、和及 ") == "" and last[-1].end >= group[0].start
        if alike and last[-1].unit != quantity.unit and dimension and not quantity.share:
            for known in DIMENSION_NAMES.values():
                name = name.removesuffix(known)
            return [name + dimension], "carried-subject"
        return [name], "carried-subject"

    def _before_thing(self, figure: Figure, labels: list[str], links: list[str], action: str) -> None:
        """Propose a number that stands before the thing counted: 新建3所学校, 5个村通了公路."""
        quantity = figure.quantity
        subject = labels[0] if labels else ""
        if quantity.dimension == "money" and (support := re.match(r"的([一-鿿]{2,4})$", figure.after.strip())):
            made = self._new(figure, names.tidy(re.sub(r"(?<=争取)到", "", subject) + support[1]), "amount-for-purpose", [figure])
            self._set_value(made, figure, links, "")
            return self._carry([made], "", made.name)
        if quantity.dimension == "money":
            purpose = _PURPOSE.sub("", figure.after)
            made = self._new(figure, names.tidy(_thing(purpose)[0]) + (subject or action or "投入资金"), "amount-for-purpose", [figure])
            self._set_value(made, figure, links, "")
            return self._carry([made], "", names.tidy(_thing(purpose)[0]))
        if re.search(r"(?:对|将|把|给|为)$", figure.before) or ("、" in subject and not action and quantity.counted and not _verb_of(subject)[0]):
            subject = ""
        if action and len(subject.removesuffix(action)) == 2 and not names.is_indicator(subject.removesuffix(action)):
            action = subject.removesuffix(action) + action
            subject = ""
        if action and subject.endswith(action):
            subject = subject.removesuffix(action)
        coordinated = re.match(r"(.*?)(?:[和及与、]|等)\s*$", figure.before)
        if coordinated and figure.before.endswith("等"):
            subject, action = "", _verb_of(names.bare(coordinated[1]))[0]
        elif coordinated and not action and (leading := _verb_of(names.bare(coordinated[1]))[0]):
            subject, action = "", leading
        if not subject and not action and figure.adjacent:
            subject = self.thread.subject
        self.thread.subject = subject
        thing, phrase = _thing(figure.after)
        thing = names.tidy(thing)
        if not thing:
            thing, phrase = (self.thread.topic if not subject and not action and not names.is_indicator(self.thread.topic) else "") + names.tidy(phrase), ""
        verb = action or next((word for word in links if word in words.UP or word in words.DOWN), "") or (self.thread.verb if not subject and (_JOINED.match(figure.before) or (not figure.before.strip() and not phrase and quantity.base == self.thread.unit)) else "")
        rule = "carried-verb" if verb and not action else "count-before-thing"
        if subject and subject.startswith("比"):
            name = subject + verb + thing
        elif verb:
            name = verb + thing
        elif phrase and len(phrase) <= 4:
            name = subject + (phrase + thing if thing in {"项目", "企业", "工程"} else thing + phrase)
        elif phrase:
            name = subject + re.sub(r"(?<=[一-鿿])了(?=[一-鿿])", "", phrase) + "的" + thing
        else:
            name = subject + thing
        if quantity.share:
            name += "占比"
        if figure.adjoins:
            name += DIMENSION_NAMES.get(quantity.base, "")
        made = self._new(figure, names.canonical(_cut(name)), rule, [figure])
        if not figure.adjoins:
            made.end = max(made.end, figure.end + len(figure.after.rstrip("、和及与 ")))
        self._set_value(made, figure, links, "")
        self._carry([made], verb, thing, quantity.base)

    def _rank(self, group: list[Figure]) -> None:
        match = _RANK.search(group[0].before)
        subject, links, action, shared = self._parse(group[0].before[: match.start()] if match else "")
        labels = self._labels(subject, action, shared, group, links) or [self.thread.last[-1].name if self.thread.last else self._carried(group[0])]
        for index, figure in enumerate(group):
            label = labels[min(index, len(labels) - 1)]
            made = self._new(figure, label if label.endswith("位次") else label + "位次", "rank", group)
            self._set_value(made, figure, links, "")
            made.qualifier = "第"

    def _baseline(self, figure: Figure, before: str) -> None:
        """Propose the figure of an earlier year that a new one is held against: 比上年190天增加19天, 由20%提高到25%."""
        subject, links, action = words.trailing(_BEFORE.sub("", before))
        labels = self._labels(subject, action, "", [figure], [])
        if not labels and "占比" in links and self.thread.last:
            labels = [self.thread.last[-1].name + "占比"]
        name = (labels[0] if labels else "") or (self.thread.last[-1].name if self.thread.last else self._carried(figure))
        made = self._new(figure, name + "（上年）", "previous-year", [figure])
        made.kind = "baseline"
        self._set_value(made, figure, links, "")
        made.comparator = "="
        if not self.thread.last or names.tidy(subject + action):
            carrier = Proposal(kind="result", name=name, value="", growth="", unit=figure.quantity.unit, end=figure.end)
            self.thread.last = [carrier]

    # Making proposals

    def _set_value(self, proposal: Proposal, figure: Figure, links: list[str], bound: str) -> None:
        quantity = figure.quantity
        proposal.value = (quantity.value, quantity.second) if quantity.second else quantity.value
        proposal.unit = quantity.unit
        proposal.value_offset = quantity.start
        proposal.comparator = ">=" if quantity.about and not self.plan else words.comparator(links, figure.bound or bound, self.plan, falls=False)
        proposal.qualifier = _joined(proposal.qualifier, _qualifier(links, figure.bound or bound, quantity))
        proposal.end = max(proposal.end, figure.end)
        self.sources.setdefault(quantity.start, proposal)

    def _new(self, figure: Figure, name: str, rule: str, group: list[Figure]) -> Proposal:
        start = group[0].start
        while start < figure.quantity.start and self.text[start] in "、，和及与 　,:：\t":
            start += 1
        if not name:
            name, rule = self._carried(figure), "no-subject"
        proposal = Proposal(
            kind="target" if self.plan else "result",
            name=name,
            section=self.sentence.section,
            paragraph=self.sentence.paragraph,
            offset=start,
            end=figure.end,
            rule="chinese-numeral" if figure.quantity.chinese else rule,
            confidence=RULES["chinese-numeral" if figure.quantity.chinese else rule],
        )
        self.proposals.append(proposal)
        self.thread.made.append(proposal)
        return proposal

    def _carry(self, made: list[Proposal], verb: str, topic: str, unit: str = "") -> None:
        thread = self.thread
        thread.last, thread.verb, thread.unit = made, verb, unit
        if not names.is_bare(topic) and not (thread.topic and topic.startswith(thread.topic)):
            thread.topic = _owner(topic)
        self.previous = made[-1].name

    def _carried(self, figure: Figure) -> str:
        """Return the subject of the clauses before, where the number's own clause has none."""
        before = self.text[self.sentence.start : figure.start]
        for clause in reversed(re.split(r"[，,；;：:]", before)):
            name = names.tidy(re.split(r"(?:持续|保持|稳定|平稳|稳步|大幅|快速|明显|不断|显著|进一步|实现|再创|再上|迈上)", clause)[0] or clause)
            if len(name) >= 2:
                return name
        return self.thread.topic or "未写明"


def _thing(after: str) -> tuple[str, str]:
    """Return (thing, what is done to it or what it does) of the text behind a number: 村实现电代煤取暖 → (村, 实现电代煤取暖)."""
    after = re.sub(r"(?:（[^）]*）|\([^)]*\))$", "", re.split(r"[，。；：,;]|因(?![素地病])|由于", after)[0]).strip("、 的")
    if match := _VERB_PHRASE.search(after):
        if match.start() > 0:
            phrase = re.sub(r"^(?:已|已经|全部|均|都|基本|正式|提前|如期|按期|顺利|成功)+", "", after[match.start() :])
            return re.split(r"、|和(?!谐)|及(?!以)|与", after[: match.start()])[0], re.sub(r"^(?:进行)", "", phrase).rstrip("了")
        return "", after
    head, middle, tail = after.partition("的")
    if middle and len(tail) > 1 and re.fullmatch(r"行政村|村庄?|乡镇|镇|乡|街道|社区|小区|县|家|县市区|单位", head):
        return (tail if len(tail) > 3 else head + tail), ""
    if middle and 1 < len(tail) <= 5 and len(head) >= 2:
        return head + tail, ""
    parts = re.split(r"、|与", after)
    return (after if len(parts) == 2 and "与" not in after else parts[0]), ""


def _verb_of(name: str) -> tuple[str, str]:
    """Return (verb, thing) of a count's name: 新增上市企业 → (新增, 上市企业)."""
    found = max((action for action in words.ACTIONS if name.startswith(action) and len(name) >= len(action) + 2), key=len, default="")
    return found, name.removeprefix(found)


def _owner(topic: str) -> str:
    """Return whose figure it is: 长江公司产值 → 长江公司, so that 税收 in the next clause is the company's."""
    if trade := re.match(r"(.{2,6})接待(?:游客)?$", topic):
        return trade[1]
    if crop := re.match(r"(.{2,6})(?:播种面积|种植面积)$", topic):
        return crop[1]
    match = re.match(r"(.{2,16}?(?:公司|集团|园区|开发区|产业园|新区|企业|产业|行业|银行|机构|项目|基地|[^产]业)(?:在..)?)(?:年|总)?(?:增加值|产值|税收|利税|利润|营业收入|销售收入|主营业务收入|新增投资|完成投资|投资)$", topic)
    return match[1] if match else topic


def _cut(name: str) -> str:
    return name if len(name) <= names.LONGEST else name[: names.LONGEST]


def _joined(first: str | None, second: str | None) -> str | None:
    found = list(dict.fromkeys(part for text in (first, second) if text for part in text.split("；")))
    return "；".join(found) or None


def _qualifier(links: list[str], bound: str, quantity: Quantity) -> str | None:
    """Return the words that bind a figure, joined by ；: 力争, 控制在…以内, 余."""
    binding = [word for word in links if words.BINDING.fullmatch(word)]
    falls = next((word for word in links if word in words.DOWN), "")
    if bound and binding and binding[-1] in {"控制在", "稳定在", "保持在", "控制到"}:
        binding[-1] = f"{binding[-1]}…{bound}"
    elif bound:
        binding.append(f"{falls}…{bound}" if falls else bound)
    elif falls:
        binding.append(falls)
    if quantity.about:
        binding.append(quantity.about)
    return "；".join(dict.fromkeys(binding)) or None
