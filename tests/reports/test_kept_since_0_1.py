"""What 0.1 promised those who link to the ledger, read its files or saved views of its tables, and what still holds.

Everything here is written as 0.1 wrote it; the file as it stands passes there too.
"""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import parse_qsl, urlencode

import pytest
from django.urls import resolve

from tests.factories import AnnualResultFactory, SavedViewFactory

pytestmark = pytest.mark.django_db

#: Addresses of 0.1, one for each of its patterns.
ADDRESSES = """
/ /targets/ /targets/view.xlsx /targets/all.json /targets/gdp/
/departments/ /departments/view.csv /departments/all.xlsx /departments/edu/ /departments/edu/report.docx
/sections/ /screen/ /data-check/ /updates/ /updates/view.docx /updates/all.jsonl
/history/ /history/view.csv /history/all.xlsx
/views/1/ /results/2017/ /results/2017/view.csv /results/2017/all.json
/login/ /logout/ /password/ /password/done/ /language/ /evidence/1/
/admin/ /admin/chase/ /admin/chase/list.csv /admin/sheet/ /admin/sheet/check/ /admin/sheet/download/
/admin/sheet/upload/ /admin/tracker/target/ /admin/tracker/target/1/change/ /admin/tracker/target/1/history/
/admin/tracker/progressupdate/ /admin/tracker/progressupdate/add/ /admin/tracker/progressupdate/meaning/
/admin/tracker/progressupdate/1/step/endorse/ /admin/tracker/progressupdate/1/change/
/admin/tracker/annualresult/ /admin/tracker/department/ /admin/tracker/indicator/ /admin/tracker/membership/
/admin/tracker/reminder/ /admin/tracker/section/ /admin/tracker/unit/ /admin/tracker/user/ /admin/tracker/workreport/
"""

#: The filters of each table's address.
FILTERS = {
    "/targets/": "q section lead unit category judged_by overdue status light",
    "/updates/": "q period lead unit category vintage revisions status",
    "/results/2017/": "q section has",
    "/departments/": "q light",
    "/history/": "q kind action who since until",
}

#: The columns of each table's files, in order: the keys of JSON, each with the header that people read.
COLUMNS = {
    "/targets/": """
        code 代码 name 名称 year 年度 category 类别 measure 计量方式 comparator 总量比较 value 目标值 unit 计量单位
        growth 增速目标（%） growth_comparator 增速比较 baseline 上年基数 section 章节 paragraph 段落 lead 牵头单位
        due_on 完成期限 frequency 报送频率 schedule 序时方式 judged_by 评价依据 period 报告期 actual 完成值
        actual_growth 增速（%） completion 完成率（%） expected 序时进度（%） gap 超/欠序时（百分点） status 评价
        growth_gap 增速差（百分点） value_status 总量评价 growth_status 增速评价 light 亮灯 overdue_days 逾期未报（天）
        remaining 剩余任务 needed_per_month 月均需完成 projected 按当前进度推算全年 margin 距控制线
        schedule_used 实用序时方式 qualifier 限定词 stage 进展阶段 vintage 数据性质 is_sample 数据标识""",
    "/updates/": """
        code 代码 name 名称 year 年度 period 报告期 revision 版次 value 完成值 growth 增速（%） stage 进展阶段
        vintage 数据性质 stated_rate 自报完成率（%） remark 进展说明 problem 存在问题 next_step 下一步措施
        correction_reason 更正原因 status 状态 source_url 来源网址 published_on 公布日期 verified_at 核验时间
        superseded_at 被更正时间 is_sample 数据标识""",
    "/results/2017/": """
        code 代码 name 名称 year 年度 value 实绩 unit 计量单位 qualifier 限定词 growth 增速（%） section 章节
        paragraph 段落""",
    "/departments/": """
        rank 名次 code 代码 name 单位 total 目标（项） judged 参评（项） on_schedule 达序时及以上（项）
        rate 达序时率（%） completed 已完成 ahead 超序时 on 达序时 behind 欠序时
        not_started 未启动 no_data 未填报 not_judged 不评价 yellow 黄灯 red 红灯""",
    "/history/": """
        at 时间 who 操作人 address 网络地址 kind 记录类别 record 记录 action 操作 reason 原因 content 变更内容
        is_sample 数据标识""",
}
#: The columns that a view may choose besides.
MORE = {
    "/targets/": "wording 原文表述 problem 存在问题 next_step 下一步措施",
    "/updates/": "unit 计量单位 lead 牵头单位 entered_by 填报人 entered_at 填报时间 submitted_at 提交时间",
    "/results/2017/": "vintage 数据性质 wording 原文表述 source_url 来源网址",
    "/departments/": "",
    "/history/": "record_id 记录编号",
}

#: Saved views of 0.1, which kept them encoded: every filter at once, an order, and columns. Then what they showed:
#: the columns in each cell, the filters in words, the first cell of each row.
VIEWS = {
    "/targets/": (
        "q=公&section=2018/总目标&lead=gongan&unit=gongan&category=主要预期目标&judged_by=both&overdue=1"
        "&status=AHEAD&status=BEHIND&light=yellow&light=red&sort=-gap&columns=gap,name,value,problem&per_page=50",
        "gap | name code | comparator value qualifier | problem",
        "关键词：公 章节：总目标 主要预期目标 牵头单位：岳阳楼公安分局 责任单位（任一角色）：岳阳楼公安分局"
        " 类别：主要预期目标 评价依据：总量与增速 逾期未报：有逾期 评价：超序时、欠序时 亮灯：黄灯、红灯",
        ["+5.33"],
    ),
    "/updates/": (
        "q=地区&period=2018-06&lead=jiaoyu&unit=jiaoyu&category=主要预期目标&vintage=预计数&revisions=current"
        "&status=verified&sort=-verified_at&sort=name&columns=lead,value,entered_by&per_page=100",
        "lead | value vintage | entered_by",
        "关键词：地区 报告期：2018-06 牵头单位：区教育局 责任单位（任一角色）：区教育局 类别：主要预期目标"
        " 数据性质：预计数 版次：只看现行版次 状态：已核验",
        ["区教育局"],
    ),
    "/results/2017/": (
        "q=预算&section=2017/一&has=growth&sort=growth&columns=wording,name",
        "wording | name code",
        "关键词：预算 章节：一 加快转型发展 内容：有增速",
        ["26亿元，增长3%"],
    ),
    "/departments/": (
        "q=公安&light=red&sort=rate&columns=name,rate,code",
        "name | rate | code",
        "单位名称：公安 亮灯：有红灯",
        ["岳阳楼公安分局"],
    ),
    "/history/": (
        "q=地区&kind=target&action=insert&since=2018-01-01&until=2999-12-31&sort=-at&columns=record,action,at,record_id",
        "record kind | action reason | at is_sample | record_id",
        "关键词：地区 记录类别：年度目标 操作：新建 自：2018-01-01 至：2999-12-31",
        ["地区生产总值 2018"],
    ),
}


@pytest.fixture
def page(as_user, auditor, ledger):
    """Somebody who may open every table; each has rows."""
    AnnualResultFactory(indicator=ledger["revenue"].indicator, value=26, growth=3, wording="26亿元，增长3%")
    return as_user(auditor)


def named(text: str) -> dict[str, str]:
    """A list of COLUMNS: headers by key."""
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


def content(response) -> str:
    return b"".join(response).decode("utf-8-sig")


def test_every_address_leads_to_a_page_of_its_own():
    assert [address for address in ADDRESSES.split() if not resolve(address).url_name] == []


def test_every_table_has_its_filters(page):
    found = {address: " ".join(page.get(f"{address}?view=all").context["filter"].filters) for address in FILTERS}
    assert found == FILTERS


def test_every_file_has_its_keys_and_headers(page):
    wrong = []
    for address, text in COLUMNS.items():
        columns, more = named(text), named(MORE[address])
        chosen = {**columns, **more}
        view = f"{address}view.csv?columns={','.join(chosen)}"
        found = {
            "all.json": list(json.loads(content(page.get(f"{address}all.json")))[0]),
            "all.jsonl": list(json.loads(content(page.get(f"{address}all.jsonl")).splitlines()[0])),
            "all.csv": headers(page.get(f"{address}all.csv")),
            "view.csv": headers(page.get(view)),
        }
        kept = {
            "all.json": list(columns),
            "all.jsonl": list(columns),
            "all.csv": list(columns.values()),
            "view.csv": list(chosen.values()),
        }
        wrong += [(address, file, found[file]) for file in found if found[file] != kept[file]]
    assert wrong == []


def headers(response) -> list[str]:
    return next(csv.reader(io.StringIO(content(response))))


def test_a_saved_view_lays_its_table_out_as_it_did(page, auditor, on_screen):
    found, kept = {}, {}
    for address, (text, cells, filters, rows) in VIEWS.items():
        query = urlencode(parse_qsl(text))
        view = SavedViewFactory(owner=auditor, table=address.split("/")[1], query=query)
        response = page.get(f"{address}?as_of=2018-06&view={view.pk}", follow=True)
        layout = response.context["table"].layout
        found[address] = (
            response.redirect_chain[-1][0].partition("?")[2].removeprefix("as_of=2018-06&"),
            response.context["mistakes"],
            " | ".join(" ".join(column.name for column in cell) for cell in layout.values()),
            " ".join(response.context["filters"]),
            [next(iter(row.values())) for row in on_screen(response)],
        )
        kept[address] = (query, [], cells, filters, rows)
    assert found == kept
