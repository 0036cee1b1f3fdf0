"""The pages for officials as a browser sees them."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.factories import (
    DepartmentFactory,
    SectionFactory,
    TargetFactory,
    UpdateFactory,
    UserFactory,
    WorkReportFactory,
)
from tracker import roles
from tracker.models import Category, ProgressUpdate, Target

WIDTHS = [360, 768, 1280, 3840]


@pytest.fixture
def target(live_server) -> Target:
    """A small ledger: one main target at 38.79%, and thirty others."""
    WorkReportFactory()
    lead = DepartmentFactory(name="区发改局")
    section = SectionFactory(path="2018/一", title="加快转型发展")
    main = TargetFactory(
        indicator__code="gdp",
        indicator__name="地区生产总值",
        category=Category.MAIN,
        value=678,
        lead=lead,
        section=section,
    )
    UpdateFactory(target=main, value=263, problem="批零增速回落", next_step="调度重点企业")
    for number in range(30):
        UpdateFactory(target__indicator__name=f"项目{number}", target__section=section, value=40 + number)
    return main


@pytest.fixture
def official(live_server):
    return UserFactory(role=roles.VIEWER, username="lingdao")


def width_of(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_signing_in_by_keyboard_leads_to_the_overview_and_out_again(page, target, official):
    page.goto("/")
    expect(page.get_by_label("用户名")).to_be_focused()
    page.keyboard.type("lingdao")
    page.keyboard.press("Tab")
    page.keyboard.type("password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="总览")).to_be_visible()
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()


def test_the_first_tab_offers_to_skip_to_the_content(sign_in, target, official):
    page = sign_in(official)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_bullet_bar_is_as_long_as_the_completion_says(sign_in, target, official):
    page = sign_in(official)
    page.goto("/")
    bar = page.get_by_role("img", name="完成 38.79%，序时 50.00%")
    whole = bar.locator(".track").bounding_box()["width"]
    assert bar.locator(".fill").bounding_box()["width"] / whole == pytest.approx(0.3879, abs=0.01)
    offset = bar.locator(".tick").bounding_box()["x"] - bar.locator(".track").bounding_box()["x"]
    assert offset / whole == pytest.approx(0.5, abs=0.01)


def test_a_verified_update_moves_the_bar(sign_in, target, official):
    page = sign_in(official)
    page.goto("/?as_of=2018-09")
    expect(page.locator(".card-target").first).to_contain_text("38.79%")
    UpdateFactory(target=target, period=dt.date(2018, 9, 30), value=Decimal("508.50"))
    assert ProgressUpdate.objects.filter(target=target).count() == 2
    page.reload()
    expect(page.locator(".card-target").first).to_contain_text("75.00%")


def test_choosing_a_month_changes_the_address_and_the_page(sign_in, target, official):
    page = sign_in(official)
    page.goto("/")
    page.get_by_role("link", name="3月").click()
    expect(page).to_have_url("http://" + page.url.split("/")[2] + "/?as_of=2018-03")
    expect(page.get_by_role("link", name="3月")).to_have_attribute("aria-current", "true")
    expect(page.locator(".card-target").first).to_contain_text("未填报")


def test_narrowing_and_sorting_the_table_without_any_script(sign_in, target, official):
    page = sign_in(official)
    page.goto("/targets/")
    page.get_by_role("checkbox", name="欠序时", exact=True).check()
    page.get_by_label("关键词").fill("项目")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator("caption")).to_contain_text("共 10 项")
    page.get_by_role("link", name="完成率").click()
    page.get_by_role("link", name="完成率").click()
    expect(page.locator("th[aria-sort=descending]")).to_have_count(1)
    expect(page.locator("tbody tr").first).to_contain_text("49.00")
    expect(page.get_by_role("checkbox", name="欠序时", exact=True)).to_be_checked()


def test_the_downloaded_workbook_is_the_table_on_screen(sign_in, target, official, tmp_path):
    page = sign_in(official)
    page.goto("/targets/?q=生产总值")
    with page.expect_download() as waiting:
        page.locator(".exports a", has_text="XLSX").first.click()
    name = waiting.value.suggested_filename
    assert re.fullmatch(r"岳阳楼区2018年度目标进度总表（截至2018-06）\d{8}-\d{4}\.xlsx", name)
    waiting.value.save_as(tmp_path / "table.xlsx")
    values = [cell.value for row in openpyxl.load_workbook(tmp_path / "table.xlsx").active.iter_rows() for cell in row]
    assert "地区生产总值" in values
    assert 38.79 in values
    assert "项目1" not in values


def test_switching_the_language_stays_on_the_page(sign_in, target, official):
    page = sign_in(official)
    page.goto("/targets/?light=red")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url.endswith("/targets/?light=red")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_its_window(sign_in, target, official, width):
    page = sign_in(official)
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/", "/targets/", "/results/2017/", "/password/"):
        page.goto(address)
        assert width_of(page) == 0, address


def test_what_can_be_pressed_on_a_phone_is_large_enough(sign_in, target, official):
    page = sign_in(official)
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto("/targets/")
    controls = page.locator("button, select, input:not([type=hidden]):not([type=checkbox]), .asof a")
    for element in controls.filter(visible=True).all():
        assert element.bounding_box()["height"] >= 24, element.inner_text()


def test_paper_has_the_content_and_no_controls(sign_in, target, official):
    page = sign_in(official)
    page.emulate_media(media="print")
    page.goto("/targets/")
    for hidden in (".pages", ".filters", ".asof", ".exports"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.locator(".page-head .print-only")).to_contain_text("截至2018年6月")
    expect(page.locator("table.ledger")).to_be_visible()
    width, height = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)", page.pdf(prefer_css_page_size=True)).groups()
    assert (round(float(width)), round(float(height))) == (842, 595), "A4 landscape"
