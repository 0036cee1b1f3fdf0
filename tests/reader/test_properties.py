"""Any text can be read: no exception, every offset points at what it names, every digit is accounted for once."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reader import papers
from tests.reader.accounts import faults
from tracker.reader.cleaning import clean
from tracker.reader.documents import DocumentError, read
from tracker.reader.report import read_report

#: What reports and pages are made of, so that chance meets the rules; anything at all is mixed in.
WORDS = (
    "一、2023年工作回顾|二、2024年工作安排|（一）|1.|各位代表：|\n|\\r\\n|????|    |\u3000\u3000|。|，|；|、|：|"
    "地区生产总值|城镇和农村居民人均可支配收入|社会消费品零售总额|高新技术企业|新增|完成|达到|突破|超|控制在|以内|不低于|"
    "降至|下降|增长|分别|均|各|其中|左右|以上|力争|翻一番|净增|累计|比上年|高于全市平均水平|与经济增长同步|完成市下达任务|"
    "6月底前|年内|三季度|12|3.5|1,234.5|１２．５|7 6 5|4.5%—5%|7|%|％|_M_M_|‰|个百分点|亿元|万人次|微克/立方米|个|家|"
    "处|两|三成|十件|[1]|〔 2〕|①|（2023）5号|107国道|220千伏|4A|PM2.5|总投资100亿元的|“1+4+2”|首页|来源：|— 3 —|"
    "第 4 页|2024-01-16|&#8220;|<h1>|_x000D_|https://a.cn/12"
)
PIECES = st.sampled_from(WORDS.split("|"))
TEXTS = st.lists(PIECES | st.text(max_size=6), max_size=60).map("".join)


@settings(max_examples=100, deadline=None)
@given(TEXTS | st.text(max_size=300))
def test_any_text_is_read_and_every_offset_points_at_what_it_names(text):
    wrong = faults(read_report(text, plan_year=2024))
    assert not wrong, "\n".join(wrong)


@settings(max_examples=100, deadline=None)
@given(TEXTS | st.text(max_size=300))
def test_a_cleaned_text_remembers_where_every_character_stood(text):
    cleaned = clean(text)
    assert len(cleaned.text) == len(cleaned.starts) == len(cleaned.ends)
    assert list(cleaned.starts) == sorted(cleaned.starts)
    assert all(0 <= start < end <= len(text) for start, end in zip(cleaned.starts, cleaned.ends, strict=True))
    assert cleaned.original(len(cleaned.text)) <= len(text)


@settings(max_examples=100, deadline=None)
@given(TEXTS | st.text(max_size=300))
def test_cleaning_writes_no_digit_that_did_not_stand_there(text):
    cleaned = clean(text)
    kept = [(cleaned.text[i], text[cleaned.starts[i] : cleaned.ends[i]]) for i in range(len(cleaned.text))]
    made = [(new, old) for new, old in kept if new.isascii() and new.isdigit() and not any(c.isdigit() for c in old)]
    assert made == []


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_cleaning_what_is_clean_changes_nothing_but_what_only_shows_once_the_rest_is_gone(text):
    once = clean(text).text
    assert len(clean(once).text) <= len(once)


SENTENCES = "一、2023年工作回顾\n新增学位2800个。\n二、2024年工作安排\n新增学位3000个。"
FILES = st.sampled_from([papers.word(SENTENCES), papers.webpage(SENTENCES), papers.pdf(SENTENCES), b""])


@settings(max_examples=100, deadline=None)
@given(FILES, st.integers(0, 4000), st.integers(0, 40), st.binary(max_size=40))
def test_a_damaged_file_is_read_or_refused_with_a_sentence(data, at, cut, put):
    damaged = data[:at] + put + data[at + cut :]
    assert said_of(damaged) in ([], ["。"])


def said_of(data: bytes) -> list[str]:
    """Return what is wrong with the report that was read, or how the sentence ends that refused it."""
    try:
        return faults(read_report(read(data).text))
    except DocumentError as refused:
        return [str(refused)[-1]]


def test_a_digit_left_out_or_told_twice_and_an_offset_that_is_wrong_are_noticed():
    report = read_report(SENTENCES)
    assert faults(report) == []
    report.numerals.append(report.numerals[0])
    assert len(faults(report)) == 1
    del report.numerals[-1], report.numerals[0]
    assert len(faults(report)) == 1
    report.proposals[0].value_offset = 1
    assert len(faults(report)) == 2
