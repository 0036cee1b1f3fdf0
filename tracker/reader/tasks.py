"""
Commitments without a figure: works with a date (6月底前完工), and tasks, one checkable thing each.

Not everything that a plan says can be checked: 坚持, 加强, 提高 with nothing that could stand or not at the year's end
are left alone.
"""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Iterator
from itertools import pairwise

from . import names
from .rules import RULES
from .sentences import hard_stops
from .tables import table
from .types import Kind, Proposal, Sentence

#: No clause with a commitment is longer.
_REACH = 300

#: The longest name of a task.
LONGEST = 20

_MONTHS = dict(zip(table("一 二 三 四 五 六 七 八 九 十 十一 十二"), range(1, 13), strict=True))
_QUARTERS = {"一": 3, "二": 6, "三": 9, "四": 12, "1": 3, "2": 6, "3": 9, "4": 12}

#: When something is due: a month, a day, a quarter, a half, the year.
DATE = re.compile(
    r"(?P<year>20[0-9]{2}年|今年|明年)?(?:的)?(?:"
    r"(?P<month>1[0-2]|[1-9]|十[一二]?|[一二三四五六七八九])月(?P<part>(?:[0-9]{1,2}日|底|末|初|上旬|"
    r"中旬|下旬|份)?)(?:之?前|以前)?"
    r"|(?:第)?(?P<quarter>[一二三四1-4])季度(?:末|底)?(?:之?前)?"
    r"|(?P<half>上半年|下半年)(?:之?前)?"
    r"|(?P<end>年底|年末|年内|年终|当年)(?:之?前)?"
    r"|(?P<feast>国庆节?前|七一前|“七一”前|十一前|“十一”前|元旦前|五一前|秋季开学前?|秋季学期|(?<!寒)暑期|(?<!寒)暑假)"
    r")(?!均|度)"
)
_FEASTS = {
    "国庆": (9, 30),
    "七一": (6, 30),
    "“七一": (6, 30),
    "十一": (9, 30),
    "“十一": (9, 30),
    "元旦": (12, 31),
    "五一": (4, 30),
    "秋季": (8, 31),
    "暑": (8, 31),
}

_DONE = re.compile(
    r"完工|竣工|建成|投用|投入使用|投入运营|投产|达产|开工|启动|开业|开园|开馆|开放|通车|运营|运行|"
    r"完成|主体|封顶|合龙|入驻|落地|交付|回迁|挂牌|通水|通气|供暖|见效|达标|验收|开建|动工|开通|入园|"
    r"试运行|签约|实现|上市|搬迁|到位|出台|清零|全覆盖|取缔|拆除|整改|办结|摘牌|揭牌|交房|安置|并网|"
    r"发电|贯通|招生|成立|组建|实施"
)

#: Verbs that say that something will stand, begin or be in force; what follows them can be checked.
STRONG = sorted(
    table(
        """
        建成投用 建成运营 建成投产 建成 新建 改建 扩建 改扩建 完成 全面完成 启动 启动建设 启动实施 开工建设
        开工 新开工 改造提升 提升改造 提质改造 升级改造 改造 制定出台 制定 出台 建立健全 做优做强 修订 制订 推行 建立
        成立 组建 设立 开设 举办 承办 编制完成 编制 修编 创建 争创 创成 打造 实施 组织实施 谋划实施 拆除
        关停 取缔 淘汰 开通 打通 贯通 引进 搬迁 迁建 铺设 硬化 修建 整修 修缮 修复 续建 复建 筹建 建设 划定
        发布 印发 开展 搭建 布局建设 布局 申报 申建 竣工 投用 办好 培育 清理 整治 治理 疏浚 清淤 补齐 配齐
        招聘 选聘 落地 签约
        """
    ),
    key=len,
    reverse=True,
)
#: Verbs that only push on: what follows must be a work or a document by name.
WEAK = sorted(
    table(
        """
        加快推进 加快推动 配合推动 积极服务
        全力推进 扎实推进 深入推进 持续推进 大力推进 积极推进 强力推进 统筹推进 有序推进 稳步推进
        协调推进 重点推进 全面推进 推进 统筹推动 持续推动
        推动 加快建设 加快实施 加快 抓好 做好 确保 保障 抓紧 跟踪 服务 配合推进
        配合做好 协助推进 协同推进 深化 完善 健全 优化 谋划建设 谋划推进 谋划 争取 力促 促成 规范
        """
    ),
    key=len,
    reverse=True,
)

#: What can be pointed at: works, places, documents, drives with a name.
_WORK = (
    r"(?:项目|工程|[^道出思财活退销生套网线链公半迷]路|大道|大街|街|桥|隧道|公园|园区|产业园|示范园|"
    r"示范区|游园|植物园|中心|车站|枢纽|泵站|变电站|服务站|污水站|水厂|污水处理厂|热电厂|电厂|厂房|"
    r"处理厂|学校|小学|中学|高中|幼儿园|学院|医院|卫生院|卫生室|养老院|敬老院|平台|系统|综合体|博物馆|"
    r"图书馆|文化馆|纪念馆|体育馆|展馆|场馆|大厦|办公楼|综合楼|教学楼|楼宇|小区|管网|管线|水库|渠|堤|"
    r"广场|农贸市场|停车场|充电桩|景区|度假区|特色小镇|小镇|生产线|车间|线路|铁路|高速|机场|码头|港|"
    r"派出所|消防站|公厕|厕所|安置房|保障房|廉租房|公租房|产业基地|基地|实验室|孵化器|绿道|湿地|林带|"
    r"景观带|生态带|文化带|产业带|[东西南北]延|[一二三四五内外]环|绿地|商圈|商贸区|街区|聚集区|集聚区|目的地|机埠|数据库|信息库|热线|专区)"
)
_PAPER = (
    r"(?:规划|方案|办法|意见|细则|条例|清单|目录|名录|预案|标准|计划|制度|机制|政策|"
    r"[河湖林田路街段]长制|《[^》]+》|图则|基金|联盟|专班|委员会|领导小组|管理局|公司|协会)"
)
_DRIVE = (
    r"(?:专项行动|行动|整治行动|大会战|攻坚战|战役|改革试点|试点|普查|创建工作|创建|确权登记|登记颁证|"
    r"登记|选举|换届|比赛|大赛|运动会|论坛|博览会|艺术节|文化节|旅游节|推介会|洽谈会|招商会|活动|改革|"
    r"改造|整治|搬迁|征收|拆迁|征迁|修编|编制|建设|治理|修复|绿化|更新|水体|筛查|体检|颁证|普法|征缴|移交|脱钩|清零|任务|机构|体系|"
    r"模式)"
)

_CHECKABLE = re.compile(
    rf"{_WORK}(?:[^，。；、]{{0,8}})?$|{_PAPER}$|{_DRIVE}$|{_WORK}|^“[^”]+”$|“[^”]+”(?:工程|行动|计划|"
    rf"活动|项目|制度|模式|机制|改革|试点)"
)
_CONCRETE_WEAK = re.compile(
    rf"{_WORK}(?:(?:一期|二期|三期|[东西南北]段|延伸|改造|改扩建|扩建|迁建|新建|前期|项目|工程|"
    rf"规划)*(?:建设|开发|改造|工程|扩建|实施|落地|开工|投产|前期工作|进度|步伐|任务)*)$|(?:专项行动|"
    rf"三年行动|攻坚行动|普查|登记颁证|[^、]{(5,)}(?:整治|升级改造|上市)|颁证|普法|征缴|移交|搬迁|集中整治|[^、和]{(3,)}(?:清单|制度|监管体系|信用体系建设)|创建工作|棚户区改造|小区改造|管网改造|整治行动|《[^》]+》|"
    rf"脱钩)$"
)

#: What cannot be checked whatever the verb: attitudes, ideas, levels of something without a measure.
_VAGUE = re.compile(
    r"精神|思想|理念|意识|作风|本领|初心|使命|纪律|决议|决定|落实.*(?:政策|部署|要求|规定|决策|任务)$|"
    r"(?:能力|水平|优势|氛围|合力|活力|动力|信心|形象|品质|素质|质量|效率|效能|环境|格局|态势|局面|"
    r"步伐|力度|方向|基础|底线|关系|导向|举措|措施|作用|权益|责任|意愿|认识|领导|监督|纪律|初心|使命|"
    r"廉|决议|决定|渠道|空间|方式|功能|氛围|发展|繁荣|特色|品牌|幸福|需求|服务|管理|工作|安全|稳定|"
    r"支撑|保障|投入|融合|衔接|联动|协同|互动|合作|交流|创新|升级|转型|提升|增收|消费|要素|关键|重点|"
    r"问题|风险|矛盾|资源|潜力|新高地|高地|核心|极|样板|典范|引擎|名片|主力军|排头兵|生力军|先行区|"
    r"增长点|支柱|家园|城市|强[区县市省]|新区|之[城乡都地区]|为中心)$"
)
#: Names that name nothing.
_GENERIC = re.compile(
    r"^(?:加快|推进|推动|抓好|做好|实施|启动|完成|建设|开展|谋划)*(?:重点|重大|一批|在建|新建|各类|"
    r"相关|有关|签约|新|优选|优质|优势|外资|公共服务|骨干|产业|便民|惠民|民生|专项|系列|承接)*(?:项目|"
    r"工程|活动|行动|整治|改革|建设|平台|机制|体系)(?:建设|落地|开工|投产|实施|转化|达产)*$|.*(?:目标任务|的好项目|的基础)$|.*(?:各项|各类|群众性|为代表)|(?:加快|推进)?(?:现代农业园区|棚户区|老旧小区)(?:建设|改造)$"
)
_LIST_TITLE = re.compile(r"^(?:[一二三四五六七八九十]是|第[一二三四五六七八九十]+，)[^，、；]{2,16}[。：]$")
_SUBJECT_DONE = re.compile(
    r"^(?P<subject>[^，。；]{3,40}?)(?:全面|全部|如期|按期|尽快|正式|早日|顺利|"
    r"基本)*(?P<done>(?:建成投入使用|建成投用|投入使用|投入运营|开工建设|建成通车|竣工投产|建成投产|"
    r"竣工验收|完工|竣工|投产|达产|通车|开业|开园|开馆|封顶|落地开工|开工|运营|交付使用|"
    r"启用)(?:并[^，。；]{2,8})?)$"
)
_ENDS = re.compile(r"(?:等)?(?:重点|重大|一批)?(?:的)?(?:工作|步伐|进度|进程|力度)$")


def due_on(text: str, year: int | None) -> str | None:
    """Return the day (ISO) by which something is due, None where the clause names none or the year is not known."""
    match = DATE.search(text)
    if match is None or year is None:
        return None
    said = match["year"] or ""
    year = int(said[:4]) if said[:1] == "2" else year + (said == "明年")
    if match["month"]:
        month = int(match["month"]) if match["month"].isdigit() else _MONTHS.get(match["month"], 0)
        return _day(year, month, match["part"]) if month else None
    if match["quarter"]:
        return _day(year, _QUARTERS[match["quarter"]], "")
    if match["half"]:
        return _day(year, 6 if match["half"] == "上半年" else 12, "")
    if match["end"]:
        return f"{year}-12-31"
    month, day = next(when for feast, when in _FEASTS.items() if match["feast"].startswith(feast))
    return f"{year}-{month:02}-{day:02}"


def _day(year: int, month: int, part: str) -> str | None:
    last = calendar.monthrange(year, month)[1]
    day = int(part[:-1]) if part.endswith("日") else {"上旬": 10, "中旬": 20, "初": 10}.get(part, last)
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return None


def later_works(text: str, sentence: Sentence, year: int | None) -> Iterator[Proposal]:
    """Return the dated works that a review's sentence announces for the year planned: 大桥将于2024年6月底前通车."""
    stops = [sentence.start - 1, *hard_stops(text, sentence.start, sentence.end), sentence.end]
    for left, right in pairwise(stops):
        clause = text[left + 1 : right].strip()
        due = due_on(clause, None if f"{year}年" not in clause else year)
        if due and due.startswith(str(year)) and re.search(r"将于?|预计|计划|有望", clause) and _DONE.search(clause):
            before = text[sentence.start : left]
            name = _dated_name(re.sub(r"将于?|有望", "", clause), re.split(r"[，；]", before)[-1] if before else "")
            if len(name) >= 4:
                yield _proposal(
                    "milestone_dated",
                    name,
                    sentence,
                    left + 1 + len(text[left + 1 : right]) - len(text[left + 1 : right].lstrip()),
                    right,
                    "work-announced",
                    due,
                )


def without_figures(
    text: str, sentence: Sentence, taken: list[tuple[int, int]], year: int | None
) -> Iterator[Proposal]:
    """
    Return the dated works and tasks of a plan's sentence.

    ``taken`` are the spans that already are figures or relative targets.
    """
    if _LIST_TITLE.match(text[sentence.start : sentence.end]):
        return
    stops = [sentence.start - 1, *hard_stops(text, sentence.start, sentence.end), sentence.end]
    before = ""
    for left, right in pairwise(stops):
        start, end = left + 1, right
        clause = text[start:end]
        start += len(clause) - len(clause.lstrip())
        clause = clause.strip()
        if len(clause) <= _REACH and not any(start < stop and first < end for first, stop in taken):
            yield from _of_clause(text, sentence, clause, start, end, before, year)
        before = clause or before


def _of_clause(
    text: str, sentence: Sentence, clause: str, start: int, end: int, before: str, year: int | None
) -> Iterator[Proposal]:
    due = due_on(clause, year)
    if due and (_DONE.search(clause) or len(DATE.sub("", clause)) >= 6):
        name = _dated_name(clause, before)
        if len(name) >= 4:
            yield _proposal("milestone_dated", name, sentence, start, end, "dated-work", due)
            return
    for name, rule in _task_names(clause):
        if name and not _GENERIC.match(name):
            yield _proposal("task", name, sentence, start, end, rule, None)


def _proposal(kind: Kind, name: str, sentence: Sentence, start: int, end: int, rule: str, due: str | None) -> Proposal:
    return Proposal(
        kind=kind,
        name=name,
        section=sentence.section,
        paragraph=sentence.paragraph,
        offset=start,
        end=end,
        rule=rule,
        confidence=RULES[rule].confidence,
        due_on=due,
    )


#: What may stand before 完工 without saying of what.
_NO_SUBJECT = frozenset(table("主体 全面 全线 全部 基本 投入 正式 顺利 如期 按期 早日 具备 确保")) | {""}


def _dated_name(clause: str, before: str) -> str:
    """Return what a dated clause promises, with the work of the clause before where it names none (年底封顶)."""
    rest = re.sub(r"^(?:[、，\s]|其中|同时|争取|力争|确保|努力|计划|预计|实现|要)+", "", DATE.sub("", clause)).strip(
        "，、 "
    )
    rest = re.sub(r"(?:力争|争取|确保|计划|预计|要)(?=[^，]{2,})", "", rest)
    rest = names.tidy(rest) if len(rest) > 4 else rest
    done = _DONE.search(rest)
    if done and rest[: done.start()] in _NO_SUBJECT and len(rest) <= 12 and before:
        work = _work_of(before)
        rest = work + rest if work else rest
    return _fit(rest) or rest[-LONGEST:]


def _work_of(clause: str) -> str:
    """Return the work that a clause speaks of: 加快推进甲基地项目建设进度 → 甲基地项目."""
    rest = _ENDS.sub("", names.tidy(DATE.sub("", clause)))
    if not _verb(rest, WEAK) and not _verb(rest, STRONG) and (done := _DONE.search(rest, 4)):
        rest = rest[: done.start()]
    for verb in (*WEAK, *STRONG):
        if rest.startswith(verb) and len(rest) > len(verb) + 1:
            rest = rest[len(verb) :]
            break
    return re.sub(r"(?:项目)?(?:建设|工程建设|改造建设)$", "", rest)


def _task_names(clause: str) -> Iterator[tuple[str, str]]:
    body = _bare(clause)
    if len(body) < 5:
        return
    if (
        (match := _SUBJECT_DONE.match(body))
        and re.search(_WORK, match["subject"])
        and not _verb(match["subject"], STRONG)
    ):
        for subject in _items(match["subject"]):
            yield _fit(subject + match["done"]), "work-to-finish"
        return
    if works := list(_listed_works(body)):
        for work in works:
            yield _fit(work), "listed-works"
    elif (
        (verb := _verb(body, WEAK))
        and _CONCRETE_WEAK.search(target := _ENDS.sub("", body[len(verb) :]))
        and not _VAGUE.search(target)
    ):
        for item in _items(target):
            yield _fit(item if len(item) >= 5 else verb + item), "work-to-push"
    elif (match := _RULES_KEPT.fullmatch(body)) and not _VAGUE.search(match["rule"]):
        yield _fit(body), "rules-to-complete"
    elif (
        (verb := _verb(body, STRONG))
        and (_CHECKABLE.search(target := _ENDS.sub("", body[len(verb) :])) or (verb in _TITLES and len(target) >= 5))
        and not _VAGUE.search(target)
        and len(target) >= 3
        and _is_promise(verb, target)
    ):
        for item in _items(target):
            yield _fit(verb + item), "thing-to-do"


#: What is done to each work of a list: 甲路、乙路和丙桥建设.
_DONE_TO_EACH = (
    r"(?:(?:条件成熟)?(?:地块|片区)?挂牌出让|开发建设|建设任务|项目建设|工程建设|道路建设|建设|选址重建|重建|迁建|"
    r"改扩建|改造提升|提升改造|改造|修复|项目|工程|落地|业态创新|智能化改造|生产线改造|竣工投产|开工建设)"
)
_LISTED = re.compile(
    rf"(?P<works>[^，。；]+?)(?:等(?P<kind>[^，。；等、]{{0,10}}?))?(?P<done>{_DONE_TO_EACH})(?:任务|工作|进度|步伐)?$"
)


def _with(work: str, done: str) -> str:
    """Return a work with what is done to it, nothing said twice: 甲项目 + 项目建设 → 甲项目建设."""
    if work.endswith(done):
        return work
    return work + (done.removeprefix("项目") if work.endswith("项目") else done)


_WORK_END = re.compile(rf"{_WORK}(?:[一二三]期)?$")
#: What ranks the members of a list and names none of them: 等重点道路建设.
_RANKED_KIND = re.compile(r"主要|重点|重大|骨干|标志|一批|大型|基础|条件|配套")


def _is_named(work: str, exemplary: bool) -> bool:
    """Tell whether a member of a list names one work: short words (供热, 绿化) name kinds, but before 等."""
    return (
        len(work) <= 16
        and not _VAGUE.search(work)
        and (len(work) >= (3 if exemplary else 4) or bool(_WORK_END.search(work)))
    )


def _listed_works(body: str) -> Iterator[str]:
    """Return each work of a list that one verb pushes: 推进甲厂、乙公园等项目建设 → 甲厂项目建设, 乙公园项目建设."""
    verb = _verb(body, WEAK) or _verb(body, STRONG)
    match = _LISTED.fullmatch(body[len(verb) :]) if verb and verb not in {"深化", "完善", "健全", "优化"} else None
    if match is None:
        return
    works = names.items(match["works"])
    named = [work for work in works if _is_named(work, exemplary=match["kind"] is not None)]
    if len(works) < 2 or len(named) < len(works) or "方面" in (match["kind"] or ""):
        return
    kind, done = match["kind"], match["done"]
    alike = all if done in {"建设", "改造"} else any
    if kind is None and (done in {"项目", "工程"} or not alike(_WORK_END.search(work) for work in works)):
        return
    if kind and not _RANKED_KIND.search(kind):
        done = kind + done
    yield from (_with(work, done) for work in works)


#: Rules that are to be completed, called by a name of their own.
_RULES_KEPT = re.compile(
    r"(?:完善|健全|完善和实施|落实)(?P<rule>(?!.*(?:长效|体制机制))[^、“]{5,}(?:制度|机制|清单|办法))"
)

#: Verbs before a title that is won or not.
_TITLES = frozenset(table("争创 创建 创成 申报"))

#: What may follow verbs that promise little by themselves.
_HELD = re.compile(
    r"(?:行动|活动|普查|整治|试点|评选|比赛|大赛|创建|筛查|体检|培训|演练|论坛|大会|会|节|评估|审计|"
    r"督查|巡查|检查|清理|征集|确权|登记|编制|招商|颁证|“[^”]+”)$"
)
_PUBLISHED = ("制定", "制定出台", "出台", "修订", "制订", "印发", "发布", "编制")


def _is_promise(verb: str, target: str) -> bool:
    """Tell whether one can find a verb and its object kept or not: what is 开展 must be held, a policy issued."""
    if verb in {"开展", "推行", "组织实施"}:
        return bool(_HELD.search(target)) or (verb == "推行" and bool(_PAPER_END.search(target)))
    if target.endswith(("政策", "措施")):
        return verb in _PUBLISHED
    return not (verb in {"打造", "建设", "创建"} and re.fullmatch(r"“[^”]+”", target))


_PAPER_END = re.compile(r"制$|制度$|机制$|办法$|模式$")


def _bare(clause: str) -> str:
    """Return a clause without what stands before its verb."""
    rest = re.sub(r"^[一二三四五六七八九十]+是(?:要)?", "", clause)
    while (
        shorter := re.sub(
            r"^(?:[、，\s“]*(?:积极|全力|着力|大力|强力|持续|继续|进一步|不断|深入|扎实|稳步|有序|统筹|全面|"
            r"认真|切实|重点|高标准|高质量|高效|高起点|依法|严格|强化|力争|争取|确保|努力|尽快|抓紧|主动|精准|"
            r"有效|同时|今年|年内|要|将|实现|加大力度|集中力量|按照[^，]{2,12}要求))",
            "",
            rest,
        )
    ) != rest:
        rest = shorter
    return rest.strip("，。；、 ")


def _verb(text: str, table: list[str]) -> str:
    return next((verb for verb in table if text.startswith(verb)), "")


def _items(target: str) -> list[str]:
    """Return the single works of a list: 甲路、乙路和丙桥建设 → 甲路建设, 乙路建设, 丙桥建设; features stay one."""
    target = re.sub(r"^[^，。；]*?等(?=[一二两三四五六七八九十0-9]+[个所家条处座项])", "", target)
    parts = [part for part in names.items(target) if part]
    if (
        len(parts) < 2
        or any(not _WORK_END.search(part) and index < len(parts) - 1 for index, part in enumerate(parts))
        or any(len(part) < 2 for part in parts)
    ):
        return [target]
    parts[-1] = re.sub(r"等[^等]{0,8}?(?=(?:建设|改造|工程|工程建设|项目建设|建设任务)$)", "", parts[-1])
    tail = re.search(r"(?:建设|改造|工程|工程建设|项目建设|建设任务|开工建设|提升改造|改造提升)$", parts[-1])
    ending = tail[0].removeprefix("等") if tail else ""
    return [part if part.endswith(ending) else part + ending for part in parts]


def _fit(name: str) -> str:
    """Return a name of at most ``LONGEST`` characters: without modifiers first, without quotation next."""
    name = names.canonical(re.sub(r"等.{0,4}?(?=项目|工程|活动|景区建设)", "", name).strip("，、。； "))
    if len(name) <= LONGEST:
        return name
    if quoted := re.search(r"“[^”]+”.*", name):
        return quoted[0] if 4 <= len(quoted[0]) <= LONGEST else ""
    without = re.sub(r"（[^）]*）|\([^)]*\)", "", name)
    if len(without) <= LONGEST:
        return without
    _, _, tail = without.rpartition("的")
    if 5 <= len(tail) <= LONGEST:
        return tail
    for mark in ("、", "和", "及", "与"):
        tail = without.rpartition(mark)[2]
        if 6 <= len(tail) <= LONGEST and tail.count("“") == tail.count("”") and tail.count("《") == tail.count("》"):
            return tail
    return ""
