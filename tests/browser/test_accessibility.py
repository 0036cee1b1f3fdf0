"""axe-core finds nothing on any page, in both languages and both colour schemes, on a desk and on a phone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.factories import (
    AnnualResultFactory,
    DepartmentFactory,
    IndicatorFactory,
    MilestoneFactory,
    SectionFactory,
    TargetFactory,
    UpdateFactory,
    UserFactory,
    WorkReportFactory,
)
from tracker import roles
from tracker.models import Category, Department, Status

AXE = settings.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js"
EVERY_RULE = {"rules": {"target-size": {"enabled": True}}}
#: What another width can change; the rest of the page stays as it is.
ROOM = {"runOnly": ["target-size", "scrollable-region-focusable"], **EVERY_RULE}
FOUND = """async options => (await axe.run(document, {resultTypes: ["violations"], ...options})).violations.flatMap(
    violation => violation.nodes.map(node => violation.id + ": " + node.html.slice(0, 160)))"""

#: Who reads or works where.
PAGES = {
    None: ["/login/"],
    roles.VIEWER: [
        "/",
        "/?as_of=2018-07&known_at=2018-07-18T09:00:00",
        "/targets/",
        "/targets/gdp/",
        "/targets/road/",
        "/departments/",
        "/departments/fagai/",
        "/sections/",
        "/results/2017/",
        "/data-check/",
        "/updates/",
        "/overdue/",
        "/screen/",
        "/password/",
    ],
    roles.REPORTER: [
        "/admin/",
        "/admin/sheet/?unit=fagai&month=2018-07",
        "/admin/sheet/upload/",
        "/admin/tracker/progressupdate/add/?target={target}",
        "/admin/tracker/progressupdate/{draft}/change/",
    ],
    roles.SUPERVISOR: [
        "/admin/chase/",
        "/admin/tracker/progressupdate/",
        "/admin/tracker/progressupdate/{submitted}/change/",
    ],
    roles.AUDITOR: ["/history/?kind=target"],
}


@pytest.fixture
def unit(live_server) -> Department:
    return DepartmentFactory(code="fagai", name="区发改局", name_en="Development and Reform Bureau")


@pytest.fixture
def records(unit) -> dict[str, int]:
    """A ledger with something in every part of every page; the keys of records that stand in addresses."""
    WorkReportFactory()
    chapter = SectionFactory(path="2018/一", title="加快转型发展")
    part = SectionFactory(path="2018/一.1", title="坚持棚改拆建并举", parent=chapter)
    gdp = IndicatorFactory(code="gdp", name="地区生产总值")
    before = AnnualResultFactory(indicator=gdp, value=Decimal("614.8"), growth=Decimal("6.6"))
    target = TargetFactory(
        indicator=gdp, category=Category.MAIN, value=678, growth=Decimal("9.5"), growth_comparator=">=", lead=unit,
        section=chapter, wording="增长9.5%，达到678亿元", baseline=before, baseline_comparable=True,
    )  # fmt: skip
    UpdateFactory(target=target, value=263, growth=8, problem="批零增速回落", next_step="调度重点企业", is_sample=True)
    road = TargetFactory(indicator__code="road", indicator__name="道路", task=True, section=part, lead=unit)
    MilestoneFactory(target=road, number=1, due_on=dt.date(2018, 6, 30))
    UpdateFactory(target=road, value=None, steps_done=[1])
    others = [TargetFactory(lead=unit, section=part, value=100 * number) for number in range(1, 5)]
    for number, other in enumerate(others):
        UpdateFactory(target=other, value=35 + 30 * number)
    july = {"period": dt.date(2018, 7, 31), "value": 58}
    draft = UpdateFactory(target=others[0], status=Status.DRAFT, **july)
    submitted = UpdateFactory(target=others[1], status=Status.ENDORSED, **july)
    return {"target": target.pk, "draft": draft.pk, "submitted": submitted.pk}


@pytest.fixture
def page(browser, live_server) -> Iterator[Page]:
    """A page in which axe may set the inline styles with which it measures; the policy forbids them."""
    context = browser.new_context(base_url=live_server.url, bypass_csp=True)
    context.add_init_script(path=AXE)
    yield context.new_page()
    context.close()


@pytest.fixture
def complaints(page, live_server) -> Callable[[str], list[str]]:
    """What axe says about an address, each with the language, colours or width in which it said so."""

    def examine(address: str) -> list[str]:
        found: list[str] = []
        # Each rule once in each language and in each colour scheme, and what a width changes on a phone.
        for language, scheme in (("zh-hans", "light"), ("en", "dark")):
            cookie = {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url}
            page.context.add_cookies([cookie])
            # A colour on its way to another one is neither.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            answer = page.goto(address)
            assert answer.ok, f"{address}: {answer.status}"
            # The panels of the screen that wait for their turn, too.
            page.evaluate("document.documentElement.classList.remove('takes-turns')")
            found += [f"{address} {language}, {scheme}: {said}" for said in page.evaluate(FOUND, EVERY_RULE)]
        page.set_viewport_size({"width": 360, "height": 800})
        found += [f"{address} phone: {said}" for said in page.evaluate(FOUND, ROOM)]
        page.set_viewport_size({"width": 1280, "height": 900})
        return found

    return examine


@pytest.mark.long
@pytest.mark.parametrize("role", PAGES)
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_axe_finds_nothing_in_any_combination(language, scheme, width, sign_in, page, live_server, unit, records, role):
    """Each rule in each of the eight, where the daily test leaves out what two of them have in common."""
    if role:
        sign_in(UserFactory(role=role, departments=[unit]))
    page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url}])
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    found = []
    for address in PAGES[role]:
        page.goto(address.format_map(records))
        page.evaluate("document.documentElement.classList.remove('takes-turns')")
        found += [f"{address}: {said}" for said in page.evaluate(FOUND, EVERY_RULE)]
    assert not found


@pytest.mark.parametrize("role", PAGES)
def test_axe_finds_nothing_on_any_page(sign_in, complaints, unit, records, role):
    if role:
        sign_in(UserFactory(role=role, departments=[unit]))
    assert [said for address in PAGES[role] for said in complaints(address.format_map(records))] == []


def test_from_a_red_light_to_its_reason_by_keyboard(sign_in, page, records):
    """Tab reaches every link in the order in which it is read, and each is seen to have the focus."""
    sign_in(UserFactory(role=roles.VIEWER)).goto("/")
    link = page.locator(".card-target").get_by_role("link", name="地区生产总值")
    for _presses in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        if link.evaluate("link => link === document.activeElement"):
            break
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("批零增速回落").first).to_be_visible()
