from __future__ import annotations

import datetime as dt
import html
import re

import pytest
from django.http import QueryDict
from django.utils import timezone

from reports.columns import RESULTS, TARGETS
from reports.subjects import TargetSubject
from reports.tables import PAGE_SIZES
from tests.factories import (
    AnnualResultFactory,
    DepartmentFactory,
    SectionFactory,
    TargetFactory,
    UpdateFactory,
    WorkReportFactory,
)
from tracker.models import Department, Target

pytestmark = pytest.mark.django_db
JUNE = "/targets/?as_of=2018-06"


@pytest.fixture
def table(as_user, official, ledger, on_screen):
    """`table("&light=red")`: the codes on the page, in order; the page must be usable."""
    page = as_user(official)

    def codes(query: str = "") -> list[str]:
        response = page.get(JUNE + query)
        assert response.status_code == 200
        return [row["code"] for row in on_screen(response)]

    return codes


@pytest.fixture
def notices(as_user, official, ledger):
    page = as_user(official)
    return lambda query: page.get(f"/targets/?{query}").context["notices"]


# --- who may see it ---


def test_readers_see_the_table_others_are_refused_and_strangers_sign_in(
    as_user, client, ledger, official, reporter, colleague, outsider, system_admin
):
    for address in ("/targets/", "/results/2017/", "/targets/view.csv", "/targets/all.xlsx", "/results/2017/all.json"):
        for user in (official, reporter, colleague):
            response = as_user(user).get(address)
            assert response.status_code == 200
            b"".join(response)  # a file that is not read to its end keeps the database's cursor open
        for user in (outsider, system_admin):
            response = as_user(user).get(address)
            assert response.status_code == 403
            assert "没有权限" in response.content.decode()
        assert client.get(address).headers["Location"].startswith("/login/?next=/")


# --- what it says ---


def test_every_target_is_there_in_the_order_of_the_report(table):
    assert table() == ["gdp", "revenue", "unemployment", "toilets", "squares", "census", "road", "trees"]


def test_a_row_shows_both_facets_and_never_a_zero_for_what_is_unset(as_user, official, ledger, on_screen):
    rows = {row["code"]: row for row in on_screen(as_user(official).get(JUNE))}
    assert rows["gdp"] == {
        "code": "gdp",
        "name": "地区生产总值",
        "section": "总目标 主要预期目标",
        "category": "主要预期目标",
        "lead": "区教育局",
        "unit": "亿元",
        "comparator": "≥",
        "value": "678",
        "actual": "263",
        "vintage": "预计数",
        "period": "2018-06",
        "completion": "38.79",
        "expected": "50.00",
        "gap": "−11.21",
        "growth_comparator": "≥",
        "growth": "9.5",
        "actual_growth": "7.5",
        "growth_gap": "−2.00",
        "status": "欠序时",
        "light": "红灯",
    }
    assert rows["toilets"]["actual"] == "5,260"
    assert rows["toilets"]["is_sample"] == "演示数据"
    assert rows["toilets"]["gap"] == "+5.37"
    assert rows["squares"]["actual"] == "−1"
    assert rows["unemployment"]["comparator"] == "≤"
    assert rows["unemployment"]["qualifier"] == "以内"
    assert rows["census"]["stage"] == "推进中"
    assert rows["road"]["completion"] == "50.00"
    assert set(rows["trees"]) == {
        "code", "name", "section", "category", "unit", "comparator", "value", "status", "light",
    }  # fmt: skip


def test_the_table_speaks_to_screen_readers(as_user, official, ledger):
    content = as_user(official).get(f"{JUNE}&sort=-gap").content.decode()
    assert "<caption>2018年度目标进度（截至2018年6月），共 8 项</caption>" in content
    assert content.count('scope="col"') == len(TARGETS.cells)
    assert content.count('scope="row"') == 8
    assert content.count("aria-sort=") == content.count('aria-sort="descending"') == 1


def test_what_people_typed_is_escaped(as_user, official, ledger):
    TargetFactory(indicator__name="<script>alert(1)</script>")
    content = as_user(official).get("/targets/").content.decode()
    assert "<script" not in content
    assert "&lt;script&gt;" in content


# --- filters ---


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("&section=2018/一", ["toilets", "squares", "census", "road", "trees"]),
        ("&section=2018/一.1", ["squares", "census", "road", "trees"]),
        ("&lead=jiaoyu", ["gdp", "unemployment", "toilets", "census"]),
        ("&unit=jiaoyu", ["gdp", "unemployment", "toilets", "squares", "census"]),
        ("&category=定性任务", ["census"]),
        ("&judged_by=growth", ["gdp"]),
        ("&status=NO_DATA", ["trees"]),
        ("&status=NO_DATA&status=BEHIND", ["gdp", "revenue", "squares", "trees"]),
        ("&light=red", ["gdp", "revenue", "squares"]),
        ("&light=red&section=2018/一", ["squares"]),
        ("&light=red&lead=jiaoyu&section=2018/一", []),
        ("&q=GDP", ["gdp"]),
        ("&q=改厕", ["toilets"]),
        ("&q=达到30亿元", ["revenue"]),
        ("&q=%25", ["revenue"]),
        ("&q=+gdp+", ["gdp"]),
    ],
)
def test_each_filter_narrows_and_all_hold_together(table, query, codes):
    assert table(query) == codes


def test_an_empty_result_says_so(as_user, official, ledger):
    assert "没有符合条件的记录" in as_user(official).get(f"{JUNE}&q=nix").content.decode()


def test_only_units_and_sections_of_the_year_are_offered(as_user, official, ledger):
    DepartmentFactory(name="无关单位")
    content = as_user(official).get(JUNE).content.decode()
    assert "无关单位" not in content
    assert '<option value="2018/一.1">　一.1 坚持棚改拆建并举</option>' in content


def test_the_address_keeps_every_choice(as_user, official, ledger):
    content = as_user(official).get(f"{JUNE}&light=red&light=yellow&q=a&sort=-gap&per_page=50").content.decode()
    kept = "light=red&amp;light=yellow&amp;q=a&amp;sort=-gap"
    assert f'href="?as_of=2018-03&amp;{kept}&amp;per_page=50"' in content
    assert f'href="/targets/view.xlsx?as_of=2018-06&amp;{kept}"' in content
    assert '<input type="hidden" name="sort" value="-gap">' in content
    assert '<option value="50" selected>' in content


# --- sorting ---


def test_every_column_sorts_both_ways_into_a_total_order(report, ledger):
    targets, departments = Target.objects.all(), Department.objects.all()
    june = TargetSubject(targets, departments, report, dt.date(2018, 6, 30), timezone.now())
    for name in TARGETS.choosable():
        for direction in ("", "-"):
            listing = june.listing(QueryDict(f"columns=code&sort={direction}{name}"))
            assert list(listing.mistakes()) == []
            assert {row["indicator__code"] for row in listing.table.data} == set(ledger)
            assert listing.rows.query.order_by[-1] == "pk"


def test_every_column_of_the_results_sorts(as_user, official, report):
    for code in ("a", "b"):
        AnnualResultFactory(indicator__code=code, section__report=report)
    page = as_user(official)
    for name in RESULTS.choosable():
        response = page.get(f"/results/2017/?sort=-{name}")
        assert response.context["notices"] == []
        assert len(response.context["table"].rows) == 2


def test_numbers_sort_as_numbers_and_unset_ones_come_last_either_way(table):
    assert table("&sort=completion")[:3] == ["squares", "gdp", "road"]
    assert table("&sort=-completion")[:3] == ["toilets", "revenue", "road"]
    for query in ("&sort=completion", "&sort=-completion"):
        assert set(table(query)[-3:]) == {"unemployment", "census", "trees"}


def test_lights_and_judgements_sort_from_worst_to_best(table):
    assert table("&sort=light")[:3] == ["gdp", "revenue", "squares"]
    assert table("&sort=status")[-1] == "trees"


def test_equal_values_keep_the_order_of_the_report(table):
    assert table("&sort=expected")[:5] == ["gdp", "revenue", "toilets", "squares", "road"]


# --- pages ---


def test_pages_are_bounded(as_user, official, report):
    for _ in range(60):
        TargetFactory()
    page = as_user(official)
    sizes = {
        asked: page.get(f"/targets/?per_page={asked}").context["table"].paginator.per_page for asked in (50, 5000, 30)
    }
    assert sizes == {50: 50, 5000: 100, 30: 25}
    seen = [
        row.record["indicator__code"]
        for number in (1, 2, 3)
        for row in page.get(f"/targets/?sort=category&page={number}").context["table"].page
    ]
    assert len(seen) == len(set(seen)) == 60, "pages neither repeat nor lose a row, though all sort alike"


@pytest.mark.parametrize(
    "query",
    ["page=99", "page=0", "page=-1", "page=x", "per_page=5000", "per_page=0", "per_page=-5", "per_page=x", "sort=nix",
     "sort=-", "columns=name,nix", "section=nix", "lead=nix", "unit=%00", "category=nix", "status=nix", "light=purple",
     "judged_by=nix", "q=%00", "as_of=nix", f"page={'9' * 5000}", f"per_page={'9' * 5000}"],
)  # fmt: skip
def test_a_wrong_parameter_gives_a_usable_page_with_a_notice(as_user, official, ledger, query):
    response = as_user(official).get(f"/targets/?{query}")
    assert response.status_code == 200
    assert len(response.context["notices"]) == 1
    assert len(response.context["table"].page) == 8
    assert response.context["notices"][0] in response.content.decode().replace("&quot;", '"')


def test_a_right_parameter_gives_none_and_a_strange_one_is_ignored(notices):
    assert notices("as_of=2018-06&page=1&per_page=100&sort=-gap&light=red&utm=1") == []


def test_the_page_sizes_are_those_that_are_offered():
    assert PAGE_SIZES == (25, 50, 100)


# --- results ---


def test_results_stand_in_the_order_of_the_report(as_user, official, report, on_screen):
    later = AnnualResultFactory(indicator__code="b", section__path="2017/二", section__year=2017, section__position=9)
    AnnualResultFactory(
        indicator__code="a",
        value="300",
        qualifier="多",
        section__path="2017/一",
        section__year=2017,
        section__position=8,
    )
    rows = on_screen(as_user(official).get("/results/2017/"))
    assert [row["code"] for row in rows] == ["a", later.indicator.code]
    assert rows[0]["qualifier"] == "多"
    assert rows[0]["section"] == "一 加快转型发展"


def test_a_year_without_a_report_is_a_page_not_found(as_user, official, report):
    response = as_user(official).get("/results/1999/")
    assert response.status_code == 404
    assert "没有这个页面" in response.content.decode()


def test_targets_of_another_year_are_not_mixed_in(as_user, official, ledger, on_screen):
    section = SectionFactory(path="2019/一", year=2019, report=WorkReportFactory(plan_year=2019))
    UpdateFactory(
        target__year=2019, target__section=section, target__due_on=dt.date(2019, 12, 31), period=dt.date(2019, 6, 30)
    )
    page = as_user(official)
    assert len(on_screen(page.get(JUNE))) == 8
    assert len(on_screen(page.get("/targets/"))) == 1, "the newest plan year is shown first"


def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(as_user, ledger, many, official, queries_of):
    page = as_user(official)
    addresses = ["/targets/?per_page=100&sort=-gap&light=red&light=green", "/results/2017/", "/targets/view.csv"]
    few = [queries_of(page, address) for address in addresses]
    many(50)
    for number in range(50):
        AnnualResultFactory(indicator__code=f"more-{number}")
    assert [queries_of(page, address) for address in addresses] == few
    assert max(few) <= 18


@pytest.mark.parametrize(("asked", "shown"), [("0", 1), ("-1", 1), ("00", 1), ("99", 2), ("x", 1), ("-x", 1)])
def test_a_page_that_is_not_there_leads_to_the_nearest(as_user, ledger, many, official, asked, shown):
    many(20)
    response = as_user(official).get(f"/targets/?page={asked}")
    assert response.context["table"].page.number == shown
    assert response.context["notices"] == [f"没有第“{asked}”页，现显示第{shown}页。"]


def test_a_notice_claims_no_order_that_the_table_does_not_have(as_user, ledger, official):
    response = as_user(official).get("/targets/?as_of=2018-06&sort=name&sort=nix")
    assert response.context["notices"] == ["没有可排序的列“nix”，未按它排序。"]


def test_parameters_left_empty_ask_for_nothing(as_user, ledger, official):
    assert as_user(official).get("/targets/?as_of=2018-06&sort=&per_page=&page=").context["notices"] == []


def test_paper_says_that_it_holds_only_a_page(as_user, ledger, many, official):
    page = as_user(official)
    assert "要印全表" not in page.get("/targets/").content.decode()
    many(30)
    assert "本页只有第 26–38 行；要印全表" in page.get("/targets/?page=2").content.decode()


def test_no_link_of_a_table_leads_nowhere(as_user, ledger, auditor):
    client = as_user(auditor)
    AnnualResultFactory()  # of an indicator for which nobody set a target
    for address in ("/targets/", "/results/2017/", "/updates/", "/departments/", "/history/"):
        page = client.get(address).content.decode()
        assert 'href=""' not in page, address
        for link in re.findall(r'<a href="([^"]*)" data-column="name"', page):
            assert client.get(html.unescape(link)).status_code == 200, (address, link)
