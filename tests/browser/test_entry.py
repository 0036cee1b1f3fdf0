"""The main path as people walk it: a clerk enters, the head endorses, the office verifies, the overview changes."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.factories import DepartmentFactory, TargetFactory, UpdateFactory, UserFactory
from tracker import roles
from tracker.models import Category, ProgressUpdate, Status, Target, User


@pytest.fixture
def target(live_server) -> Target:
    """新增城镇就业, led by 区人社局, reported up to May."""
    unit = DepartmentFactory(code="renshe", name="区人社局")
    target = TargetFactory(
        indicator__code="new-jobs",
        indicator__name="新增城镇就业",
        category=Category.MAIN,
        value=9500,
        wording="力争新增就业9500人",
        lead=unit,
    )
    UpdateFactory(target=target, period=dt.date(2018, 5, 31), value=4000)
    return target


@pytest.fixture
def people(target) -> dict[str, User]:
    unit = target.departments.get()
    return {
        "clerk": UserFactory(role=roles.REPORTER, departments=[unit], username="clerk", display_name="张三"),
        "head": UserFactory(role=roles.ENDORSER, departments=[unit], username="head", display_name="李四"),
        "office": UserFactory(role=roles.SUPERVISOR, username="office", display_name="王五"),
    }


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_from_the_clerks_form_to_the_overview(page, sign_in, people, target):
    sign_in(people["clerk"]).goto("/?as_of=2018-06")
    expect(page.locator("main")).to_contain_text("42.11%")

    # The clerk: one click from the work list, and what one needs to know stands beside the form.
    page.goto("/admin/")
    page.get_by_role("region", name="应报").get_by_role("link", name="2018年6月").click()
    expect(page.get_by_label("报告期")).to_have_value("2018-06-30")
    panel = page.get_by_role("complementary", name="填报参考")
    for text in ("力争新增就业9500人", "≥ 9,500 个", "4,000 个", "50.00%"):
        expect(panel).to_contain_text(text)
    page.get_by_role("button", name="保存并提交").click()
    expect(page.locator(".errornote")).to_be_visible()
    page.get_by_label("完成值").fill("５,２６０")
    page.get_by_label("存在问题").fill("无")
    page.get_by_role("button", name="保存并提交").click()
    expect(page.locator(".messagelist")).to_contain_text("等待单位审核")
    assert ProgressUpdate.objects.get(status=Status.SUBMITTED).value == Decimal(5260)

    sign_in(people["head"]).goto("/admin/")
    page.get_by_role("link", name="新增城镇就业").click()
    expect(page.locator("#content")).to_contain_text("5,260 个")
    page.get_by_role("button", name="审核通过").click()
    expect(page.locator(".messagelist")).to_contain_text("等待督查室核验")

    sign_in(people["office"]).goto("/admin/")
    page.get_by_role("link", name="新增城镇就业").click()
    page.get_by_role("button", name="核验通过").click()
    expect(page.locator(".messagelist")).to_contain_text("计入完成情况")

    page.goto("/?as_of=2018-06")
    expect(page.locator("main")).to_contain_text("55.37%")


def test_a_figure_is_explained_while_it_is_typed(page, sign_in, people, target):
    sign_in(people["clerk"]).goto(f"/admin/tracker/progressupdate/add/?target={target.pk}")
    meaning, remark = page.get_by_role("region", name="按此填报的评价"), page.get_by_label("核对说明")
    expect(remark).to_be_hidden()
    expect(page.get_by_label("完成值")).to_be_focused()
    page.keyboard.type("3900")
    for text in (
        "欠序时",
        "41.05%",
        "−8.95 个百分点",
        "提交前还须写明：存在问题、下一步措施",
        "低于2018年5月已核验的 4,000 个",
    ):
        expect(meaning).to_contain_text(text)
    expect(remark).to_be_visible()

    page.get_by_label("完成值").fill("5260")
    expect(meaning).to_contain_text("达序时")
    expect(remark).to_be_hidden()
    page.get_by_label("报告期").select_option("2018-07-31")
    expect(page.get_by_role("complementary", name="填报参考")).to_contain_text("58.33%")
    expect(meaning).to_contain_text("−2.96 个百分点")
    page.get_by_label("存在问题").fill("用工需求不足")
    page.get_by_label("下一步措施").fill("举办专场招聘会")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".messagelist")).to_contain_text("等待单位审核")
    assert ProgressUpdate.objects.filter(status=Status.SUBMITTED, period="2018-07-31").exists()


def test_what_was_typed_outlives_an_expired_sign_in(page, sign_in, people, target):
    address = f"/admin/tracker/progressupdate/add/?target={target.pk}"
    sign_in(people["clerk"]).goto(address)
    page.get_by_label("完成值").fill("５,２６０")
    page.get_by_label("进展说明").fill("第一行\n第二行 <b>&")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="保存并提交").click()
    expect(page).to_have_url(re.compile("/login/"))

    sign_in(people["clerk"]).goto(address)
    offer = page.locator(".unsaved")
    expect(offer).to_contain_text("５,２６０")
    expect(page.get_by_label("完成值")).to_have_value("")
    offer.get_by_role("button", name="恢复未保存的内容").click()
    expect(page.get_by_label("完成值")).to_have_value("５,２６０")
    expect(page.get_by_label("进展说明")).to_have_value("第一行\n第二行 <b>&")
    expect(page.get_by_role("region", name="按此填报的评价")).to_contain_text("55.37%")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator(".messagelist")).to_contain_text("已保存")

    # What is saved is not offered again; what is given up neither.
    page.goto(address)
    expect(offer).to_be_hidden()
    page.get_by_label("完成值").fill("1")
    page.goto(address)
    offer.get_by_role("button", name="放弃").click()
    page.goto(address)
    expect(offer).to_be_hidden()


def test_an_update_is_returned_with_a_reason_and_corrected_by_keyboard(page, sign_in, people, target):
    update = UpdateFactory(target=target, status=Status.ENDORSED, entered_by=people["clerk"], value=5260)
    sign_in(people["office"]).goto(f"/admin/tracker/progressupdate/{update.pk}/change/")
    page.get_by_label("退回原因").focus()
    page.keyboard.type("与统计局数据不符")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("已退回填报单位")

    sign_in(people["clerk"]).goto("/admin/")
    expect(page.get_by_role("region", name="草稿与退回修改")).to_contain_text("与统计局数据不符")
    page.get_by_role("region", name="草稿与退回修改").get_by_role("link", name="新增城镇就业").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".returned")).to_contain_text("与统计局数据不符")
    page.get_by_label("完成值").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("5180")
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("等待单位审核")
    update.refresh_from_db()
    assert (update.value, update.status) == (Decimal(5180), Status.SUBMITTED)


def test_evidence_goes_up_and_comes_down(page, sign_in, people, target):
    sign_in(people["clerk"]).goto(f"/admin/tracker/progressupdate/add/?target={target.pk}")
    page.get_by_label("文件 1").set_input_files(
        {"name": "就业台账.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n"}
    )
    page.get_by_role("button", name="保存草稿").click()
    page.get_by_role("region", name="草稿与退回修改").get_by_role("link", name="新增城镇就业").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="就业台账.pdf").click()
    assert download.value.suggested_filename == "就业台账.pdf"


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_staff_pages_fit_every_screen(width, page, sign_in, people, target):
    update = UpdateFactory(target=target, status=Status.ENDORSED, entered_by=people["clerk"])
    page.set_viewport_size({"width": width, "height": 800})
    updates = "/admin/tracker/progressupdate/"
    addresses = {
        "clerk": ["/admin/", f"{updates}add/", f"{updates}add/?target={target.pk}"],
        "office": ["/admin/", f"{updates}{update.pk}/change/", updates],
    }
    for person, paths in addresses.items():
        sign_in(people[person])
        for path in paths:
            page.goto(path)
            assert fits(page), path


def test_the_supervision_office_picks_relations_by_typing(page, sign_in, people, target):
    DepartmentFactory(code="jiaoyu", name="区教育局")
    sign_in(people["office"]).goto(f"/admin/tracker/target/{target.pk}/change/")
    page.get_by_text("添加另一个 责任分工").click()
    page.locator("#responsibilities-1 .select2-selection").click()
    page.keyboard.type("教育")
    page.get_by_role("option", name="区教育局").click()
    page.locator("#id_responsibilities-1-role").select_option("cooperating")
    page.locator("#id_responsibilities-1-basis").select_option("按职能")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".messagelist")).to_be_visible()
    assert set(target.departments.values_list("name", flat=True)) == {"区人社局", "区教育局"}
