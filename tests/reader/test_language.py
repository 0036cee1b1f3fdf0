"""What the reader makes of single sentences: each rule's own example, and the ways in which reports put figures."""

from __future__ import annotations

import pytest

from tracker.reader import relative, traps
from tracker.reader.headings import headings
from tracker.reader.names import parts, tidy
from tracker.reader.numerals import chinese_value
from tracker.reader.report import read_report
from tracker.reader.rules import RULES
from tracker.reader.tasks import LONGEST, due_on
from tracker.reader.types import Proposal, Report
from tracker.reader.units import quantities

TITLES = {"review": "一、2023年工作回顾\n", "plan": "二、2024年工作安排\n"}


def read(sentence: str, side: str = "review") -> Report:
    return read_report(TITLES[side] + sentence, plan_year=2024)


def figures(report: Report) -> list[Proposal]:
    return [p for p in report.proposals if p.value is not None or p.growth is not None]


def printed(proposal: Proposal) -> str:
    """The proposal as one line: name value unit comparator | growth comparator."""
    value, growth = (
        "—".join(figure) if isinstance(figure, tuple) else figure for figure in (proposal.value, proposal.growth)
    )
    level = f" {proposal.comparator}{value}{proposal.unit or ''}" if value is not None else ""
    change = f" {proposal.growth_comparator}{growth}%" if growth is not None else ""
    return f"{proposal.name}{level}{' |' + change if change else ''}"


#: Side, sentence, and the figures in it as ``printed``; a sentence without figures stands with none.
SENTENCES = [
    ("review", "全年完成地区生产总值86.4亿元，同比增长6.2%。", ["地区生产总值 =86.4亿元 | =6.2%"]),
    ("review", "财政收入突破9亿元，增长11%，其中税收收入7.2亿元。", ["财政收入 >9亿元 | =11%", "税收收入 =7.2亿元"]),
    ("review", "PM2.5平均浓度降至33微克/立方米，下降9.1%。", ["PM2.5平均浓度 =33微克/立方米 | =-9.1%"]),
    (
        "review",
        "城镇和农村居民收入分别达到3.1万元、1.8万元，分别增长5%、7%。",
        ["城镇居民收入 =3.1万元 | =5%", "农村居民收入 =1.8万元 | =7%"],
    ),
    (
        "review",
        "城乡居民人均可支配收入分别增长5%、7%。",
        ["城镇居民人均可支配收入 | =5%", "农村居民人均可支配收入 | =7%"],
    ),
    (
        "review",
        "存款余额达90亿元，贷款余额达60亿元，同比分别增长8%、9%。",
        ["存款余额 =90亿元 | =8%", "贷款余额 =60亿元 | =9%"],
    ),
    ("review", "存、贷款余额分别达90亿元、60亿元。", ["存款余额 =90亿元", "贷款余额 =60亿元"]),
    ("review", "云河公司、青岭公司分别实现税收2亿元、1亿元。", ["云河公司税收 =2亿元", "青岭公司税收 =1亿元"]),
    (
        "review",
        "云河公司实现产值20亿元，增长9%；实现税收2亿元。",
        ["云河公司产值 =20亿元 | =9%", "云河公司税收 =2亿元"],
    ),
    ("review", "快递业务收入稳定增长，全年完成4.2亿元。", ["快递业务收入 =4.2亿元"]),
    ("review", "新增规上企业8家，总数达61家。", ["新增规模以上企业 =8家", "规模以上企业总数 =61家"]),
    (
        "review",
        "调解用水纠纷41宗，共涉及300户、5万平米。",
        ["调解用水纠纷 =41宗", "涉及用水纠纷 =300户", "涉及用水纠纷面积 =5万平米"],
    ),
    (
        "review",
        "优良天数260天，比上年250天增加10天。",
        ["优良天数 =260天", "优良天数（上年） =250天", "优良天数增加 =10天"],
    ),
    ("review", "非化石能源占比由31%提高到54%。", ["非化石能源占比（上年） =31%", "非化石能源占比 =54%"]),
    ("review", "教育支出7亿元，占财政支出21%。", ["教育支出 =7亿元", "教育支出占财政支出比重 =21%"]),
    ("review", "完成了对22家小砂场的关闭。", ["小砂场关闭 =22家"]),
    ("review", "甲、乙等12个项目获得省级支持。", ["获得省级支持的项目 =12个"]),
    ("review", "投入5000余万元改造校舍。", ["校舍投入 >=5000万元"]),
    ("review", "快递收入位居全省第6位。", ["快递收入全省位次 =6位"]),
    ("review", "新改扩建学校、幼儿园各4所。", ["新改扩建学校 =4所", "新改扩建幼儿园 =4所"]),
    ("review", "全区6个街道41个小区完成改造。", ["街道 =6个", "小区完成改造 =41个"]),
    ("review", "刑事、交通案件分别下降14%、4%。", ["刑事案件 | =-14%", "交通案件 | =-4%"]),
    ("review", "培训县级骨干教师50名、市级6名。", ["培训县级骨干教师 =50名", "培训市级骨干教师 =6名"]),
    (
        "plan",
        "地区生产总值增长7%以上，城镇登记失业率控制在4.5%以内。",
        ["地区生产总值 | >=7%", "城镇登记失业率 <=4.5%"],
    ),
    ("plan", "财政收入增长9.5%，达到67亿元。", ["财政收入 >=67亿元 | >=9.5%"]),
    ("plan", "全部财政收入和一般预算收入均增长8%左右。", ["全部财政收入 | ~8%", "一般预算收入 | ~8%"]),
    ("plan", "地区生产总值增长4.5%—5%。", ["地区生产总值 | >=4.5—5%"]),
    ("plan", "单位能耗再下降3%以上。", ["单位能耗 | <=-3%"]),
    (
        "plan",
        "PM2.5浓度降至30微克/立方米以下，人口自然增长率不高于7‰。",
        ["PM2.5浓度 <=30微克/立方米", "人口自然增长率 <=7‰"],
    ),
    ("plan", "力争全年新增龙头企业2家、合作社20家。", ["新增龙头企业 >=2家", "新增合作社 >=20家"]),
    ("plan", "社会消费品零售总额突破60亿元。", ["社会消费品零售总额 >60亿元"]),
    ("plan", "新建便民市场三个。", ["新建便民市场 >=3个"]),
    ("plan", "数字化车间占比达到三成以上。", ["数字化车间占比 >=30%"]),
    ("plan", "去年全县完成植树造林9000亩，其中人工造林2500亩。", ["植树造林 >=9000亩", "人工造林 >=2500亩"]),
    ("plan", "到2030年，产业规模达到500亿元。", []),
    (
        "plan",
        "青岭、云河两个集群年营业收入分别突破30亿元、40亿元。",
        ["青岭集群年营业收入 >30亿元", "云河集群年营业收入 >40亿元"],
    ),
    ("plan", "综合排名力争进入全市前3名，抓好5个方面工作，深化与9家商会伙伴关系。", []),
    ("plan", "甲公司30兆瓦光伏、乙公司26兆瓦风电等3个项目开工。", ["开工项目 >=3个"]),
    ("review", "财政支出的86%用于民生事业。", ["财政支出用于民生事业比重 =86%"]),
    ("review", "承接项目13项，其中新开工5个、竣工4个。", ["承接项目 =13项", "新开工项目 =5个", "竣工项目 =4个"]),
    (
        "review",
        "接待游客60万人次，旅游收入4亿元，同比均增长20%。",
        ["接待游客 =60万人次 | =20%", "旅游收入 =4亿元 | =20%"],
    ),
    ("review", "投资13亿元完成装机容量30万千瓦。", ["投资 =13亿元", "装机容量 =30万千瓦"]),
]


def test_sentences_give_the_figures_that_they_print():
    wrong = []
    for side, sentence, expected in SENTENCES:
        got = [printed(p) for p in figures(read(sentence, side))]
        if got != expected:
            wrong.append(f"{sentence}\n    expected {expected}\n    read     {got}")
    assert not wrong, "\n".join(wrong)


def test_each_rule_proposes_its_own_example():
    wrong = {
        name: [p.rule for p in read(rule.example, rule.side).proposals]
        for name, rule in RULES.items()
        if name not in {p.rule for p in read(rule.example, rule.side).proposals}
    }
    assert not wrong


@pytest.mark.parametrize("trap", traps.TRAPS, ids=lambda trap: trap.name)
def test_each_kind_of_numeral_that_is_no_figure_is_recognised_in_its_example(trap):
    assert trap.name in {found.rule for found in traps.recognise(trap.example)}


def test_a_trap_keeps_its_numerals_from_being_figures_and_says_why():
    sentence = "总投资15亿元的商贸中心开工，107国道、220kV变电站和4A级景区（含5G基站）完工，60岁以上老人免费乘车。"
    report = read(sentence)
    assert figures(report) == []
    assert [n.why for n in report.numerals if not n.chinese][1:] == [
        "项目规模", "道路名", "电压等级", "等级", "名称", "限额"]  # fmt: skip


def test_each_form_of_a_relative_target_is_read_in_its_example():
    wrong = []
    for form in relative.FORMS:
        sentence = ("主要预期目标是：" if form.listed_only else "") + form.example + "。"
        found = [p for p in read(sentence, "plan").proposals if p.kind == "target_relative"]
        if [p.rule for p in found] != [form.rule] or not found[0].relative_to or found[0].value is not None:
            wrong.append((form.rule, found))
    assert not wrong


def test_relative_targets_name_each_subject_and_what_it_is_held_against():
    report = read("工业增加值、进出口总额增速均高于全市平均水平，居民收入与经济增长同步。", "plan")
    assert [(p.name, p.comparator, p.relative_to, p.qualifier) for p in report.proposals] == [
        ("工业增加值增速", ">", "全市平均水平", "高于全市平均水平"),
        ("进出口总额增速", ">", "全市平均水平", "高于全市平均水平"),
        ("居民收入", "=", "经济增长", "与经济增长同步"),
    ]


def test_words_that_bind_stay_in_the_qualifier_although_they_leave_the_name():
    report = read("力争全年新增龙头企业2家以上，失业率控制在4%以内。", "plan")
    assert [(p.name, p.qualifier) for p in figures(report)] == [
        ("新增龙头企业", "力争；以上"),
        ("失业率", "控制在…以内"),
    ]


def test_dates_in_words_become_days():
    said = {
        "6月底前完工": "2024-06-30",
        "5月1日前通水": "2024-05-01",
        "三季度启动": "2024-09-30",
        "上半年完工": "2024-06-30",
        "年内建成": "2024-12-31",
        "2025年2月开工": "2025-02-28",
        "二月三十日前": None,
        "尽快完工": None,
    }
    assert {words: due_on(words, 2024) for words in said} == {**said, "二月三十日前": "2024-02-29"}
    assert due_on("年内建成", None) is None


def test_dated_works_carry_the_work_of_the_clause_before():
    report = read("加快推进青岭陶瓷产业基地项目，争取年底封顶；图书馆6月底前开放。", "plan")
    dated = [(p.name, p.due_on) for p in report.proposals if p.kind == "milestone_dated"]
    assert dated == [("青岭陶瓷产业基地项目封顶", "2024-12-31"), ("图书馆开放", "2024-06-30")]


def test_tasks_are_single_works_with_short_names_and_attitudes_are_none():
    report = read(
        "推进城东污水厂二期、城西公园、云河大桥等项目建设。出台人才引进办法。坚持以人为本，提高服务水平，优化发展环境。",
        "plan",
    )
    tasks = [p.name for p in report.proposals if p.kind == "task"]
    assert tasks == ["城东污水厂二期项目建设", "城西公园项目建设", "云河大桥项目建设", "出台人才引进办法"]
    assert all(len(name) <= LONGEST for name in tasks)


def test_parts_review_plan_look_ahead_or_explain():
    text = (
        "一、“十三五”时期和2020年工作回顾\n去年植树3000亩。\n二、“十四五”时期主要目标任务\n到2025年植树5万亩。\n"
        "三、2021年重点工作\n今年植树4000亩。\n名词解释\n[1]甲：指3项制度。\n"
    )
    report = read_report(text)
    assert report.plan_year == 2021
    assert [heading.side for heading in report.headings] == ["review", "later", "plan"]
    assert [(p.kind, p.value) for p in figures(report)] == [("result", "3000"), ("target", "4000")]
    whys = {n.numeral: n.why for n in report.numerals if n.numeral in {"5", "3"}}
    assert whys == {"5": "远期目标", "3": "名词解释"}


def test_a_speech_without_headings_reviews_until_it_names_its_targets():
    report = read_report(
        "各位代表：\n过去的一年，我们坚持稳中求进、攻坚克难，经济社会发展取得新成绩。"
        "全区上下同心协力，各项事业全面进步，植树3000亩，修路20公里，新建学校2所，改造管网11公里，人民生活改善。\n"
        "2024年全区经济社会发展的主要预期目标是：财政收入增长7%。\n（一）抓生态。植树4000亩。\n"
    )
    assert [(p.kind, p.name) for p in figures(report)] == [
        ("result", "植树"),
        ("result", "修路"),
        ("result", "新建学校"),
        ("result", "改造管网"),
        ("target", "财政收入"),
        ("target", "植树"),
    ]


def test_headings_are_a_tree_of_every_form():
    tree = headings("一、2020年工作回顾\n（一）做强产业。一年来很好。\n1.办好园区\n二、2021年工作安排\n（一）抓项目")
    assert [(h.level, h.title, h.parent) for h in tree] == [
        (1, "2020年工作回顾", None),
        (2, "做强产业", 0),
        (3, "办好园区", 1),
        (1, "2021年工作安排", None),
        (2, "抓项目", 3),
    ]


def test_names_lose_padding_and_lists_are_completed_by_whole_words():
    assert tidy("全年预计完成规上工业增加值") == "规模以上工业增加值"
    assert parts("城镇和农村居民人均可支配收入") == ["城镇居民人均可支配收入", "农村居民人均可支配收入"]
    assert parts("战略性新兴产业、高新技术产业增加值") == ["战略性新兴产业增加值", "高新技术产业增加值"]
    assert parts("氨氮、二氧化硫排放量") == ["氨氮排放量", "二氧化硫排放量"]


def test_units_are_kept_as_printed_without_more_or_less():
    found = [
        (q.value, q.unit, q.about) for q in quantities("4亿余元，160余项，300多万元，38微克/立方米，1,414.9公里，20件")
    ]
    assert found == [
        ("4", "亿元", "余"),
        ("160", "项", "余"),
        ("300", "万元", "多"),
        ("38", "微克/立方米", None),
        ("1414.9", "公里", None),
        ("20", "件", None),
    ]


def test_chinese_numerals_are_numbers_or_none():
    said = {
        "七": "7",
        "两": "2",
        "十二": "12",
        "二十": "20",
        "一百零五": "105",
        "三千六百": "3600",
        "五万": "50000",
        "百千": None,
    }
    assert {words: chinese_value(words) for words in said} == said
