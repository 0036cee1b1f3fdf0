"""What is taken out of a pasted text, kind by kind, and the way back to where it stood."""

from __future__ import annotations

import re

import pytest

from tracker.reader.cleaning import FOOTNOTE, FURNITURE, GARBAGE, PAGE_NUMBER, clean
from tracker.reader.writing import columns

LONG = "全区上下齐心协力，经济社会发展取得新的成绩，各项任务按期完成，群众生活持续改善，城乡面貌焕然一新。"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("甲。\\r\\n乙。", "甲。\n乙。"),
        ("甲。\r\n\r\n乙。", "甲。\n乙。"),
        ("甲。_x000D_\n乙。", "甲。\n乙。"),
        ("甲。<br/>乙。&nbsp;丙&ldquo;丁&rdquo;", "甲。\n乙。丙“丁”"),
        ("甲。&lt;br&gt;乙。", "甲。\n乙。"),
        ("????甲。????乙", "甲。乙"),
        ("增长5??，?完成", "增长5??，?完成"),
        ("实事。?完成三项。", "实事。完成三项。"),
        ("增长８．５％、_M_M_、﹪", "增长8.5%、%、%"),
        ("产值 428.1 亿元，占 4 3 %", "产值428.1亿元，占43%"),
        ("患者 7 6 5 人 4 32.1万元", "患者765人432.1万元"),
        ("共 2 .5 万亩、3. 6 公里", "共2.5万亩、3.6公里"),
        ("投资3.6 2亿元、36.5 9 亿元，惠及1 7 00 户", "投资3.62亿元、36.59亿元，惠及1700户"),
        ("“1 10 100”工程", "“1 10 100”工程"),
        ("PM 2.5、5 G、4 A 级、G 107", "PM2.5、5G、4A级、G107"),
        ("发展AI PC产业", "发展AI PC产业"),
        ("生产总值[1]202亿元", "生产总值202亿元"),
        ("“两区”〔 2〕和园区［3］、街区【4】", "“两区”和园区、街区"),
        ("〔2023〕5号", "〔2023〕5号"),
        ("2023[1]202", "2023[1]202"),
        ("任务①完成，面积5km²", "任务完成，面积5km²"),
        ("如下：①建成广场。②改造街巷。", "如下：①建成广场。②改造街巷。"),
        ("[1]名词：一种解释。", "[1]名词：一种解释。"),
        ("增长6\n.5%，投资增长\n8%。", "增长6.5%，投资增长8%。"),
        ("累计投资1\n2.6亿元。", "累计投资12.6亿元。"),
        ("附件1\n2024年重点", "附件1\n2024年重点"),
        ("新建学校、\n医院。", "新建学校、医院。"),
        ("完成任务\n。", "完成任务。"),
        ("一、工作回顾\n一年来，成绩突出。", "一、工作回顾\n一年来，成绩突出。"),
        ("零\u200b宽\ufeff字\u00ad符", "零宽字符"),
        ("项目\t目标\t 12", "项目\t目标\t12"),
        (LONG + "    来源：某某数据网", LONG),
        ("详见https://example.cn/a/12.html。", "详见。"),
    ],
)
def test_debris_goes_and_sentences_stay(raw, text):
    assert clean(raw).text == text


def hanging(paragraph: str, room: int) -> list[str]:
    """Break a paragraph as editors do: closing signs hang over the margin."""
    lines, line = [], ""
    for character in paragraph:
        if columns(line + character) > room and character not in "，。；：、）”":
            lines.append(line)
            line = ""
        line += character
    return [*lines, line]


@pytest.mark.parametrize("room", [52, 60, 72])
@pytest.mark.parametrize("between", ["\n", "\n\n"])
@pytest.mark.parametrize("indent", ["", "\u3000\u3000"])
def test_a_paragraph_broken_at_the_margin_is_one_line_again(room, between, indent):
    words = (
        f"一、工作回顾\n{LONG * 3}\n{LONG[:-1]}：{LONG * 2}新增学位2800个。\n（一）产业升级。{LONG * 2}比重为12.5%。"
    )
    broken = between.join("\n".join(hanging(indent + line, room)) for line in words.split("\n"))
    if indent:
        assert clean(broken).text == words
    else:  # then a full line that ends a sentence may be a paragraph's last
        assert re.sub(r"(?<=。)\n", "", clean(broken).text) == re.sub(r"(?<=。)\n", "", words)


def test_a_line_that_leaves_a_sentence_open_goes_on_whatever_its_width():
    for gap in ("\n", "\n\n"):
        raw = f"3.抓好科技创新。制定出台支持实体经济、加{gap}快开放发展的措施。\n{LONG}"
        assert clean(raw).text == raw.replace(f"加{gap}快", "加快")


def test_page_numbers_go_in_the_middle_of_a_sentence_and_say_so():
    raw = f"{LONG[:22]}\n\n— 3 —\n\n{LONG[22:]}\n第 4 页 共 20 页\n{LONG}"
    cleaned = clean(raw)
    assert "3" not in cleaned.text
    assert "4" not in cleaned.text
    assert [removed.why for removed in cleaned.removed] == [PAGE_NUMBER] * len(cleaned.removed)


def test_bare_numbers_are_pages_only_where_they_count_them():
    pages = "".join(f"{LONG * 8}\n{number}\n" for number in (1, 2, 3))
    assert not any(line.isdigit() for line in clean(pages).text.split("\n"))
    table = "项目\n1\n广场\n2\n公园\n3\n"
    assert clean(table).text == table.strip()


def test_the_site_around_the_speech_goes_and_its_title_stays():
    raw = (
        "您的位置:\n首页\n>\n政务公开\n2024年政府工作报告\n来源：某某日报\n2024-02-03 09:02:33\n"
        "【字体：\n大\n中\n小\n】\n"
        f"浏览次数：\n303\n——2024年1月16日在区人民代表大会上\n区长 某某\n各位代表：\n{LONG}\n{LONG}\n"
        "收藏\n|\n分享到:\n相关文档：\n2023年政府工作报告\n02-03\n"
    )
    cleaned = clean(raw)
    assert cleaned.text == (
        f"2024年政府工作报告\n——2024年1月16日在区人民代表大会上\n区长某某\n各位代表：\n{LONG}\n{LONG}"
    )
    assert "303" in "".join(raw[removed.start : removed.end] for removed in cleaned.removed if removed.why == FURNITURE)


def test_a_title_without_a_site_around_it_is_left_alone():
    raw = f"临澜区\n政府工作报告\n区长\n各位代表：\n{LONG}"
    assert clean(raw).text == raw


def test_a_heading_behind_the_last_long_paragraph_is_no_site():
    raw = f"各位代表：\n{LONG}\n附件1\n十大工程\n序号\n项目"
    assert clean(raw).text == raw


def test_every_offset_leads_back_to_the_character_and_each_removed_span_says_why():
    raw = "????生产 总值[1]２０２亿元，\\r\\n增长9_M_M_。"
    cleaned = clean(raw)
    assert cleaned.text == "生产总值202亿元，增长9%。"
    at = cleaned.text.index
    assert raw[cleaned.original(at("202")) :].startswith("２０２亿元")
    assert raw[slice(*cleaned.span(at("9%"), at("。")))] == "9_M_M_"
    assert cleaned.original(len(cleaned.text)) == len(raw)
    assert [(raw[r.start : r.end], r.why) for r in cleaned.removed] == [("????", GARBAGE), ("[1]", FOOTNOTE)]
