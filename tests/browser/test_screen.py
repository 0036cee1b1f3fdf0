"""大屏 as it hangs on a wall: nothing cut off, panels that take turns, figures that come by themselves."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from tests.factories import DepartmentFactory, SectionFactory, TargetFactory, UpdateFactory, UserFactory
from tracker import roles
from tracker.models import Category, Target

LONG = "城乡居民基本养老保险和基本医疗保险参保人数及其续保率达到的年度目标"
LONG_EN = "Enrolment in and renewal of basic old-age and medical insurance for urban and rural residents"
MINUTE = 61_000
# Cut off: a panel higher or wider than its place, or anything in it that sticks out of a card.
CUT_OFF = """() => [...document.querySelectorAll(".panel-turn, .card-target")].filter(
    box => box.scrollHeight > box.clientHeight || box.scrollWidth > box.clientWidth
).map(box => box.textContent.trim().slice(0, 30))"""


@pytest.fixture
def targets(live_server) -> list[Target]:
    """Eight main targets with long names, all red, with a long reason each, each of a unit and a chapter of its own."""
    targets = [
        TargetFactory(
            category=Category.MAIN, indicator__name=f"{LONG}{number}", indicator__name_en=f"{LONG_EN} {number}",
            value=2345678, growth=Decimal("12.5"), growth_comparator=">=", section=SectionFactory(title=LONG),
            lead=DepartmentFactory(name=f"{number}{LONG[:20]}", name_en=LONG_EN[:60]),
        )
        for number in range(8)
    ]  # fmt: skip
    for target in targets:
        UpdateFactory(target=target, value=234567.8, growth=1, problem=LONG * 3, next_step=LONG * 3)
    return targets


@pytest.fixture
def screen(sign_in, targets) -> Page:
    """The screen in the hands of a clock that the test moves."""
    page = sign_in(UserFactory(role=roles.VIEWER))
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.clock.install()
    page.goto("/screen/")
    return page


def shown(page: Page) -> str:
    return page.locator(".panel-turn.shown h2").inner_text().split()[0]


def test_nothing_is_cut_off_on_any_wall_in_either_language(screen):
    for language in ("zh-hans", "en"):
        screen.context.add_cookies([{"name": "django_language", "value": language, "url": screen.url}])
        screen.reload()
        for width, height in ((1920, 1080), (3840, 2160), (1366, 768), (1280, 1024), (2560, 1080)):
            screen.set_viewport_size({"width": width, "height": height})
            assert screen.evaluate(CUT_OFF) == [], (language, width)
            page_size = screen.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
            assert page_size == [width, height]


def test_panels_take_turns_and_can_be_chosen_and_stopped(screen):
    assert shown(screen) == "主要预期目标"
    screen.clock.run_for(16_000)
    assert shown(screen) == "全年目标"
    screen.keyboard.press("ArrowRight")
    assert shown(screen) == "需要关注"
    screen.keyboard.press("ArrowLeft")
    screen.get_by_role("button", name="按章节").click()
    assert shown(screen) == "按章节"
    screen.get_by_role("button", name="暂停轮播").click()
    screen.clock.run_for(40_000)
    assert shown(screen) == "按章节"
    expect(screen.locator(".panel-turn.shown")).to_be_visible()
    expect(screen.locator(".panel-turn:not(.shown)").first).to_be_hidden()


def test_a_newly_verified_figure_comes_without_loading_the_page(screen, targets):
    screen.evaluate("window.stays = true")
    screen.keyboard.press("ArrowRight")
    UpdateFactory(target=targets[0], value=1234567, growth=13, period=dt.date(2018, 7, 31))
    screen.clock.run_for(MINUTE)
    expect(screen.locator(".card-target b").first).to_have_text("1,234,567")
    assert screen.evaluate("window.stays")
    expect(screen.locator(".panel-turn.shown")).to_have_count(1)
    expect(screen.locator("#trouble")).to_have_text("")


def test_a_server_that_is_away_is_said_and_found_again(screen):
    time = screen.locator("#data-time").inner_text()
    screen.route("**/screen/", lambda route: route.abort("aborted") if away else route.continue_())
    away = True
    screen.clock.run_for(MINUTE)
    expect(screen.get_by_role("status")).to_have_text(f"与服务器失去联系，显示的是 {time} 的数据")
    expect(screen.locator(".card-target").first).to_be_attached()
    away = False
    screen.clock.run_for(16_000)
    expect(screen.get_by_role("status")).to_have_text("")


def test_an_expired_login_is_said_and_the_figures_stay(screen):
    screen.context.clear_cookies()
    screen.clock.run_for(MINUTE)
    expect(screen.get_by_role("status")).to_contain_text("登录已过期")
    expect(screen.locator(".card-target").first).to_be_attached()


def test_who_asked_for_less_motion_gets_none(screen):
    transition = "getComputedStyle(document.querySelector('.panel-turn.shown')).transitionDuration"
    assert screen.evaluate(transition) == "0.6s"
    screen.emulate_media(reduced_motion="reduce")
    assert screen.evaluate(transition) == "0s"


def test_without_scripts_all_panels_stand_below_one_another(browser, screen):
    context = browser.new_context(java_script_enabled=False, storage_state=screen.context.storage_state())
    page = context.new_page()
    page.goto(screen.url)
    assert page.locator(".panel-turn").count() == 5
    for panel in page.locator(".panel-turn").all():
        expect(panel).to_be_visible()
    expect(page.get_by_role("button", name="暂停轮播")).to_be_hidden()
    context.close()
