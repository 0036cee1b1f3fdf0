"""
The vocabulary around figures, as tables: what links a subject to its number, what binds it, what is done to things.

A table entry is one word; nothing here knows a place or a year.
"""

from __future__ import annotations

import re

from .tables import table

#: Words that rise and fall; before a percentage they make it a growth.
UP = table(
    """
    同比增长 增长 增加 增速 增幅 提高 提升 上升 上涨 攀升 扩大 递增 涨幅 增 涨 上浮 跃升 激增 提速 加快
    """
)
DOWN = table(
    """
    下降 降低 减少 下调 回落 缩减 缩小 压减 压缩 削减 收窄 减幅 降幅 下滑 负增长 减 降 缩短
    """
)

_CHANGES = frozenset({*UP, *DOWN})

#: Verb → (comparator in a plan, comparator in a review). What only states a level has "=" in a review.
LEVELS: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        table(
            """
            完成 实现 达到 达 为 是 到 至 有 共有 拥有 占 占比 占比达 位居 居 位列 列 排名 排 跃居 取得 保持
            总计 共计 共 合计 累计 约为 约 近 接近 稳定在 稳定 保持在 维持在 提高到 提高至 提升到 提升至 增加到
            增加至 增至 增长到 增长至 扩大到 扩大至 上升到 上升至 升至
            升到 跃升至 跃升到 跃至 升格为 扩大为 攀升至 涨到 发展到 发展至
            扩容至 增长为 提高为 仅 仅为 仅有 分别为 完成了 实现了 达到了 已 已达 已有 每年 年均 平均 人均
            超额完成 由 从 得到 改为
            """
        ),
        (">=", "="),
    ),
    **dict.fromkeys(table("不低于 不少于 不小于"), (">=", ">=")),
    **dict.fromkeys(table("突破 超过 超 超出 高于 多于 大于 突破了 超过了 逾 过"), (">", ">")),
    **dict.fromkeys(
        table(
            """
            不超过 不高于 不多于 控制在 控制到 降到 降至 降低到 降低至 下降到 下降至 减少到 减少至 减至 压减到
            压减至 压缩到 压缩至 缩短到 缩短至 缩减到 缩减至 缩小到 缩小至 压到 回落到 回落至 限制在
            """
        ),
        ("<=", "="),
    ),
    **dict.fromkeys(table("低于 少于 小于"), ("<", "<")),
}
_CEILINGS_ALWAYS = frozenset(table("不超过 不高于 不多于 控制在 控制到"))

#: Words that bind a figure or put it in time; they carry no subject.
QUALIFIERS = table(
    """
    力争 确保 争取 努力 预计 预期 预计可 计划 拟 可望 有望 将 要 再 又 也 还 均 每月 每人每月 每人每年
    月人均 人均每月 每人 分别 各 都 全部 基本 持续 进一步 继续 同比 环比 同期 可比 同口径 按可比价
    按可比价格 按可比价计算 按可比价格计算 可比价 名义 实际 年均 比上年 较上年 比去年 较去年 较年初
    比年初 较年底 比年底 比上年同期 较上年同期 比去年同期 较去年同期 比上年度 与上年同期相比 与上年相比
    同比分别 上年同期 幅度 了 全年 今年 年内 年底 年底前 年末 全年实现 全年完成 平均 大约 大致 初步 首次
    一举 成功 顺利 历史性 连续 能够 不断 最高 最低 至少 最多 已经 目前 现 现有 现已 累计 先后 依法 共
    每年 每年平均 超额 稳步 稳定 平稳 大幅 显著 明显 快速 逐步 动态
    """
)

#: What is done to things that are counted: the verb stays in the name (新增高新技术企业).
ACTIONS = table(
    """
    拓宽 拓宽改造 消化 新增 净增 新建 改建 扩建 改扩建 新改扩建 新建改造 新建改建 新（改、扩）建 新（改）建
    续建 建成 建设 建成投用 建立 共建 创建 打造 组建 完成改造 改造 提升改造 改造提升 提质改造 升级改造
    节能改造 整治 综合整治 整改 治理 清理 清理整治 拆除 取缔 关停 关闭 淘汰 查处 查办 破获 侦破 办理
    办结 化解 处置 处理 解决 排查 排查整改 整治提升 修复 修缮 维修 硬化 亮化 绿化 美化 铺设 敷设 安装
    更换 更新 设置 开通 开辟 优化 优化调整 引进 引入 招引 引育 培育 培养 培训 认定 新认定 获批 获评 创成
    入选 评选 命名 授予 申报 申请 授权 签约 新签约 洽谈 对接 落地 开工 新开工 开工建设 竣工 投产 投用
    投运 实施 推进 谋划 储备 包装 争取 争列 列入 纳入 入库 新入库 入统 盘活 收储 收回 腾退 出让 供应
    征收 征迁 搬迁 安置 回迁 分配 发放 发行 拨付 投放 发送 下达 投入 筹集 募集 兑现 减免 退税 减税
    减税降费 救助 帮扶 资助 慰问 帮助 惠及 覆盖 受益 服务 接待 举办 承办 开展 组织 组织开展 召开 参加
    招聘 招录 选派 派驻 引导 带动 吸纳 安排 解决 新发展 发展 种植 栽植 栽种 补植 新植 营造 造林 植树
    流转 托管 推广 配备 配置 购置 采购 添置 投放 增设 增派 增开 改善 完善 制定 出台 编制 修订 印发 公布
    下放 取消 调整 承接 精简 合并 撤销 立案 起诉 抓获 打掉 刑拘 拘留 逮捕 处罚 问责 约谈 监测 检查 抽检
    检测 检验 评审 审计 审结 受理 调处 调解 回复 答复 转化 登记 注册 新登记 孵化 上市 挂牌 新注册 入驻
    进驻 集聚 聚集 涉及 评定 通过 荣获 获得 获 创 创造 生产 销售 出口 进口 存栏 出栏 播种 收获 打通 贯通
    建设改造 新改建 改造建设 整合 划定 布设 布局 布局建设 疏浚 清淤 打捞 监管 压减 削减 节约 新上 上马
    推动 启动 启动实施 启动建设 集中整治 集中开工 抓好 办好 做好 保障 稳定 巩固 摸排 走访 组团 赴 续签
    签订 达成 谋划实施 组织实施 筹建 筹措 新招 招收 招生 新聘 聘任 录用 提拔 评出 选树 表彰 落实 兑付
    归集 清收 清退 追回 追缴 挽回 收缴 销毁 没收 整合优化 改厕 改造农厕 新添 增投 试点 选定 确定
    规划建设 设立 收治 强制戒毒 刑事拘留 限期治理 行政处罚 查封 离任审计 置换 回收 拍卖 审减 转移
    转移安置 维护更新 规范化改造 标准化建设 义务植树 执法检查 开设
    """
)

#: Indicators: a verb before them (完成, 实现) is no part of their name.
INDICATOR = re.compile(
    r"(?:总值|增加值|收入|支出|投资|总额|零售额|销售额|额|产值|税收|利润|利税|余额|存款|贷款|资金|率|"
    r"比重|占比|比例|产量|总产|面积|里程|人数|户数|数量|总数|规模|指数|浓度|强度|能耗|水平|天数|价格|"
    r"业务量|用电量|蓄积量|保有量|销量|流量|运量|货量|成本|总量|客流量|吞吐量|排放总量|处理量|供应量|"
    r"装机|容量|利用外资|发电量|用电量|交易量|人次|起数|件数|发案率|床位|学位|就业|减排|债券|债务|外资|"
    r"能力|速度|满意度|排放量|排放|密度|GDP|标准|费用|金额|经费|投入|需求量|储量|存栏|出栏)$"
)

#: Attributes that are nothing without the thing that they are said of.
BARE = re.compile(
    r"^(?:总投资|投资|投资额|完成投资|年度投资|总投资额|年度计划投资|计划投资|协议投资|合同额|"
    r"合同引资|到位资金|协议资金|资金|总额|总面积|面积|建筑面积|占地面积|总建筑面积|总长|全长|长度|"
    r"里程|总里程|涉及|惠及|覆盖|受益|增加值|产值|年产值|税收|年税收|纳税|产量|年产量|销售收入|"
    r"营业收入|主营业务收入|收入|利润|利税|开工率|完成率|竣工率|投产率|办复率|办结率|满意率|"
    r"群众满意率|满意度|年度投资完成率|投资完成率|合格率|达标率|入园率|总产量|总数|总量|数量|增速|"
    r"增幅|人数|户数|就业|带动就业|带动|覆盖率|普及率|服务|受益群众|起数|死亡人数|受伤人数|惠及.{0,4}|"
    r"带动.{0,4}|覆盖.{0,4}|受益.{0,4}|价格|综合收入|化解率|受益人口|总产|年均收入|户均|人均|销售额|"
    r"交易额|成交额|发放资金|补助资金|投入|投入资金|累计投入|涉案金额|金额|审减金额|贷款|授信|资产|"
    r"规模|增收|建成|开工|竣工|投产|在建|新开工|续建|完工)$"
)

#: Actions that name their object: nothing is missing behind 植树.
COMPLETE = re.compile(
    r"(?:造林|植树|改厕|流转|搬迁|征迁|拘留|刑拘|立案|存栏|出栏|播种|收获|退税|减税|减税降费|清淤|"
    r"起诉|逮捕|上市|挂牌|安置|回迁|就业|招商|强制戒毒|行政处罚|限期治理|处罚|整改|出口|进口|销售|"
    r"培训|招生|绿化|硬化|亮化|授权|登记|注册)$"
)

#: Words that bind and stand before a name as padding: they leave the name, never the qualifier.
PROMISING = re.compile(r"力争|争取(?=[新引完实达创建年在全申培打])|确保|年内|预计|累计")

_ALL_LINKS = sorted({*LEVELS, *QUALIFIERS, *UP, *DOWN}, key=len, reverse=True)
_ALL_ACTIONS = sorted(set(ACTIONS), key=len, reverse=True)
_LINK_END = re.compile(
    rf"(?:{'|'.join(map(re.escape, _ALL_LINKS))}|[比较与]?(?:20[0-9]{{2}}|上|去)年(?:同期|末|底|"
    rf"初)?(?:相比|的)?|[（(][^（）()]{{0,12}}[）)]|[比较与]“?十[一二三四五六]五”?(?:时期|末|"
    rf"期间)?(?:相比)?)$"
)
#: No word or bracket at the end of a text is longer.
_LONGEST_END = 24
_ACTION_END = re.compile(rf"(?:{'|'.join(map(re.escape, _ALL_ACTIONS))})$")

#: What may follow a figure and bind it.
AFTER = re.compile(r"(?:（[^）\n]{1,4}）)?(?P<word>及?以上|及?以下|以内|之内|左右|上下|之间|以外)(?!学历|文化)")

#: Comparator by the word after the figure.
AFTER_COMPARATORS = {
    "以上": ">=",
    "及以上": ">=",
    "以下": "<=",
    "及以下": "<=",
    "以内": "<=",
    "之内": "<=",
    "左右": "~",
    "上下": "~",
}

#: Words that bind a promise, kept as its qualifier.
BINDING = re.compile(
    r"力争|争取|确保|努力|不低于|不少于|不高于|不超过|控制在|控制到|突破|超过|稳定在|保持在|可比|"
    r"同口径|年均|累计|均|分别|超|近|约|接近|预计"
)


def trailing(text: str) -> tuple[str, list[str], str]:
    """
    Return what precedes a number as (subject, links in the order of the text, action verb).

    "全部财政收入预计完成" → ("全部财政收入", ["预计", "完成"], ""); "年内力争新增" → ("", ["年内", "力争"], "新增").
    """
    links: list[str] = []
    action = ""
    rest = text.rstrip()
    while rest:
        end = rest[-_LONGEST_END:]
        verb = _ACTION_END.search(end)
        link = _LINK_END.search(end)
        if verb and verb[0] in _CHANGES and rest.removesuffix(verb[0]).strip("、，和及 "):
            verb = None
        if verb and (not link or len(verb[0]) >= len(link[0])) and not _levels(links):
            action, rest = verb[0] + action, rest.removesuffix(verb[0]).rstrip()
            continue
        if not link or (action and link[0] not in QUALIFIERS):
            break
        links.insert(0, link[0])
        rest = rest.removesuffix(link[0]).rstrip()
    return rest, links, action


def _levels(links: list[str]) -> bool:
    return any(word in LEVELS or word in UP or word in DOWN for word in links)


def direction(links: list[str]) -> int:
    """Return 1 where the links rise, -1 where they fall, 0 where they state a level (提高到 states one)."""
    found = 0
    for word in links:
        if word in UP:
            found = 1
        elif word in DOWN:
            found = -1
        elif word in {"到", "至"}:
            return 0
    return found


def comparator(links: list[str], after: str, plan: bool, falls: bool) -> str:
    """Return the comparator that the words around a figure print; a fall is a negative number and turns it around."""
    if after in AFTER_COMPARATORS:
        said = AFTER_COMPARATORS[after]
    else:
        said = next(
            (
                LEVELS[word][0 if plan else 1]
                for word in reversed(links)
                if word in LEVELS and LEVELS[word] != (">=", "=")
            ),
            ">=" if plan else "=",
        )
        if said == "=" and plan:
            said = ">="
        if any(word in _CEILINGS_ALWAYS for word in links):
            said = "<="
    if falls and said in {">=", ">", "<=", "<"}:
        return {">=": "<=", ">": "<", "<=": ">=", "<": ">"}[said]
    return said


def qualifier(links: list[str], bound: str, about: str | None) -> str:
    """Return the words that bind a figure, joined by ；: 力争, 控制在…以内, 余."""
    binding = [word for word in links if BINDING.fullmatch(word)]
    falls = next((word for word in links if word in DOWN), "")
    if bound and binding and binding[-1] in {"控制在", "稳定在", "保持在", "控制到"}:
        binding[-1] = f"{binding[-1]}…{bound}"
    elif bound:
        binding.append(f"{falls}…{bound}" if falls else bound)
    elif falls:
        binding.append(falls)
    return "；".join(dict.fromkeys([*binding, *([about] if about else [])]))
