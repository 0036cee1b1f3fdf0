"""What a sentence carries from clause to clause: the last figures, the thing spoken of, the verb of a list."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from . import names, words
from .things import owner, verb_of
from .types import Proposal

_COMMAS = re.compile(r"[，,；;]")
_PUSHES = "|".join(
    sorted({*words.ACTIONS, "推进", "推动", "加强", "强化", "深化", "提升", "做好", "抓好"}, key=len, reverse=True)
)
_PRAISE = re.compile(r"[一二三四五六七八九十]|发展|增长|提升|突破|成效|进展|推进|完善|有力|稳步|持续")
#: What only a clause has: a topic with such a word is no thing that an attribute could be said of.
_PREDICATE = re.compile(r"实现|完成|提高|跃升|创优|达到|达标|突破|下降|增长|扶持|较|了")
_SETTLED = re.compile(r"持续|保持|稳定|平稳|稳步|大幅|快速|明显|不断|显著|进一步|实现|再创|再上|迈上")
_INDICATED = re.compile(r".{2,14}?(?:总值|增加值|收入|支出|投资|总额|产值|税收|余额|产量|面积|率(?!先))")
_HOLDERS = re.compile(r"[一-鿿]{0,10}?(?:开发区|园区|产业园|集团|公司|景区|产业集群)")
_SUMS = frozenset({"总数", "总量", "数量", "总额"})

#: The name of a number whose subject the text does not name.
UNNAMED = "未写明"


@dataclass(slots=True)
class Thread:
    """What was said so far in one sentence. ``start`` is where it begins in ``text``."""

    text: str
    start: int
    last: list[Proposal] = field(default_factory=list)
    made: list[Proposal] = field(default_factory=list)
    topic: str = ""
    subject: str = ""
    verb: str = ""
    unit: str = ""

    @property
    def name(self) -> str:
        """Return the name of the last figure, "" before the first."""
        return self.last[-1].name if self.last else ""

    def carry(self, made: list[Proposal], verb: str, topic: str, unit: str = "") -> None:
        """Remember what the clauses to come may leave out."""
        self.last, self.verb, self.unit = made, verb, unit
        if (
            not names.is_bare(topic)
            and topic not in words.ACTIONS
            and not (self.topic and topic.startswith(self.topic))
        ):
            self.topic = owner(topic)

    def without_growth(self, count: int) -> list[Proposal]:
        """Return the last ``count`` levels of the sentence without a growth: A 3亿元，B 2亿元，分别增长5%、6%."""
        return [made for made in self.made if made.value is not None and made.growth is None][-count:]

    def new_subject(self, at: int) -> str:
        """Return the indicator that a clause without a number names before ``at``: 其中地方收入首次过半，完成2亿元."""
        if not self.last:
            return ""
        clauses = _COMMAS.split(self.text[self.last[-1].end : at])[1:-1]
        found = [match[0] for clause in clauses if (match := _INDICATED.match(names.bare(clause)))]
        return names.tidy(found[-1]) if found else ""

    def owner_of(self, attribute: str, at: int) -> str:
        """Return the thing that an attribute is said of: the topic, else a park or company that the sentence names."""
        topic = self.topic_before(at) or self.topic
        if topic and attribute in _SUMS:
            return verb_of(topic)[1]
        if topic and _PREDICATE.search(topic):
            return ""
        if topic:
            counted = re.match(r"(.{2,})(?:户数|人数|金额|数量|件数|个数|次数)$", topic)
            return counted[1] if counted else "" if names.is_indicator(topic) else topic
        holders = _HOLDERS.findall(self.text[self.start : at])
        if not holders or not names.is_indicator(attribute):
            return ""
        return names.tidy(re.split(rf"支持|加快|做强|做大|发挥|{_PUSHES}", holders[-1])[-1])

    def topic_before(self, at: int) -> str:
        """Return what the clause right before ``at``, without a number, speaks of: 推进医保扩面工作，参保率达到80%."""
        clauses = _COMMAS.split(self.text[self.last[-1].end if self.last else self.start : at])[:-1]
        if len(clauses) < (2 if self.last else 1):
            return ""
        thing = re.sub(rf"^(?:{_PUSHES})|(?:工作|建设|力度)$", "", names.bare(clauses[-1]))
        thing = re.sub(r"(?:工作|建设|力度)$", "", thing)
        return thing if 2 <= len(thing) <= 10 and not _PRAISE.search(thing) else ""

    def spoken_of(self, at: int) -> str:
        """Return the subject of the clauses before ``at``: 快递收入稳定增长，全年完成9亿元."""
        for clause in reversed(re.split(r"[，,；;：:]", self.text[self.start : at])):
            name = names.tidy(_SETTLED.split(clause)[0] or clause)
            if len(name) >= 2:
                return name
        return self.topic or UNNAMED
