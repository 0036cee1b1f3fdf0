"""月度填报表 as a clerk uses it: typing down a column, pasting one, going to what is wrong, handing it all on."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.factories import DepartmentFactory, TargetFactory, UpdateFactory, UserFactory
from tracker import roles
from tracker.models import ProgressUpdate, Status, Target, User

SHEET = "/admin/sheet/?unit=renshe&month=2018-06"


@pytest.fixture
def targets(live_server) -> list[Target]:
    """Four figures and a task of one unit; the second figure is submitted."""
    unit = DepartmentFactory(code="renshe", name="区人社局")
    names = ("新增就业", "技能培训", "创业担保贷款", "社保扩面")
    figures = [TargetFactory(lead=unit, indicator__name=name, position=n) for n, name in enumerate(names)]
    UpdateFactory(target=figures[1], status=Status.SUBMITTED, value=55)
    return [*figures, TargetFactory(lead=unit, task=True, indicator__name="养老保险改革")]


@pytest.fixture
def clerk(targets) -> User:
    return UserFactory(role=roles.REPORTER, departments=list(targets[0].departments.all()), username="clerk")


@pytest.fixture
def sheet(page, sign_in, clerk) -> Page:
    sign_in(clerk).goto(SHEET)
    return page


def paste(page: Page, text: str) -> None:
    """As Excel puts it on the clipboard, into the field that has the focus."""
    page.evaluate(
        """text => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const paste = new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true});
            document.activeElement.dispatchEvent(paste);
        }""",
        text,
    )


def figures(page: Page) -> dict[str, str]:
    fields = page.locator("input.figure").all()
    return {field.get_attribute("aria-label").split()[0]: field.input_value() for field in fields}


def test_a_column_is_pasted_read_judged_and_submitted(sheet, targets):
    sheet.get_by_label("新增就业 完成值").focus()
    # A line for every row, the submitted one among them; the blank leaves what is there.
    paste(sheet, "６５\r\n99\r\n\r\n1,050.5\r\n7\r\n")
    assert figures(sheet) == {"新增就业": "65", "创业担保贷款": "", "社保扩面": "1,050.5"}
    expect(sheet.locator("#sheet-status")).to_contain_text("2 项改动尚未保存")
    expect(sheet.locator("#sheet-status")).to_contain_text("2 格没有对应的填报项")
    row = sheet.locator("tbody", has_text="新增就业")
    expect(row).to_contain_text("65.00%")
    expect(row).to_contain_text("超序时")
    assert ProgressUpdate.objects.count() == 1

    sheet.locator("tbody", has_text="养老保险改革").get_by_text("推进中", exact=True).click()
    sheet.get_by_label("养老保险改革 进展说明").fill("方案已印发")
    sheet.get_by_role("button", name="保存并提交").click()
    expect(sheet.locator(".messagelist")).to_contain_text("已提交 3 项")
    assert targets[3].updates.get().value == Decimal("1050.5")
    assert targets[4].updates.get().remark == "方案已印发"
    assert not targets[2].updates.exists()


def test_a_column_is_walked_with_enter_and_the_arrows(sheet):
    sheet.get_by_label("新增就业 完成值").focus()
    sheet.keyboard.type("60")
    sheet.keyboard.press("Enter")
    sheet.keyboard.type("61")
    sheet.keyboard.press("ArrowDown")
    sheet.keyboard.type("62")
    sheet.keyboard.press("ArrowUp")
    sheet.keyboard.type("63")
    assert figures(sheet) == {"新增就业": "60", "创业担保贷款": "63", "社保扩面": "62"}
    for _n in range(2):
        sheet.keyboard.press("Enter")
    # Below the last row is the button that saves.
    sheet.keyboard.press("Enter")
    expect(sheet.locator(".messagelist")).to_contain_text("已保存 3 项")
    assert set(ProgressUpdate.objects.values_list("status", flat=True)) == {Status.DRAFT, Status.SUBMITTED}


def test_what_is_behind_asks_for_words_at_once_and_focus_goes_to_what_is_wrong(sheet, targets):
    sheet.get_by_label("新增就业 完成值").fill("20")
    expect(sheet.get_by_label("新增就业 存在问题")).to_be_visible()
    sheet.get_by_label("社保扩面 完成值").fill("六十")
    expect(sheet.locator("tbody", has_text="社保扩面")).to_contain_text("不是数字")
    sheet.get_by_role("button", name="保存并提交").click()
    expect(sheet.locator(".messagelist")).to_contain_text("1 项还不完整")
    expect(sheet.get_by_label("社保扩面 完成值")).to_be_focused()
    expect(sheet.get_by_label("社保扩面 完成值")).to_have_value("六十")
    sheet.keyboard.type("60")
    sheet.get_by_label("新增就业 存在问题").fill("雨季")
    sheet.get_by_label("新增就业 下一步措施").fill("增派人手")
    sheet.get_by_role("button", name="保存并提交").click()
    expect(sheet.locator(".messagelist")).to_contain_text("已提交 2 项")


def test_nothing_typed_is_lost_when_the_sign_in_expires(sheet, clerk, sign_in):
    sheet.on("dialog", lambda dialog: dialog.accept())
    sheet.get_by_label("新增就业 完成值").fill("65")
    sheet.locator("tbody", has_text="养老保险改革").get_by_text("推进中", exact=True).click()
    session = next(one for one in sheet.context.cookies() if one["name"] == settings.SESSION_COOKIE_NAME)
    sheet.context.clear_cookies(name=session["name"])
    sheet.get_by_role("button", name="保存草稿").click()
    expect(sheet.locator("#id_username")).to_be_visible()
    sign_in(clerk).goto(SHEET)
    sheet.get_by_role("button", name="恢复未保存的内容").click()
    expect(sheet.get_by_label("新增就业 完成值")).to_have_value("65")
    sheet.get_by_role("button", name="保存草稿").click()
    expect(sheet.locator(".messagelist")).to_contain_text("已保存 2 项")


@pytest.mark.parametrize("width", [360, 768, 1024, 1280])
def test_the_sheet_fits_every_screen(width, sheet, targets):
    UpdateFactory(
        target=targets[0],
        status=Status.RETURNED,
        return_reason="与统计局数据不符，请核对",
        growth=1,
        value=Decimal("1234567.5"),
    )
    sheet.set_viewport_size({"width": width, "height": 800})
    sheet.goto(SHEET)
    assert sheet.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
