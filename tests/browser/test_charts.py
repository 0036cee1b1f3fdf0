"""Charts as a browser draws them: from the table's own figures, without a complaint, and not needed by anybody."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from tests.factories import DepartmentFactory, SectionFactory, TargetFactory, UpdateFactory, UserFactory
from tracker import roles

# What ECharts was given, read back from the chart itself.
DRAWN = """figure => echarts.getInstanceByDom(figure).getOption().series.map(
    series => ({name: series.name, data: series.data}))"""


@pytest.fixture
def target(live_server):
    """A target with figures of three months, both facets and a unit."""
    target = TargetFactory(
        indicator__code="dams", indicator__name="水库加固", value=Decimal(12000), growth=Decimal("9.5"),
        growth_comparator=">=", lead=DepartmentFactory(name="区水务局"), section=SectionFactory(),
    )  # fmt: skip
    for month, value in ((3, "1000.5"), (4, "-20"), (6, "5260")):
        end = dt.date(2018, month, 30 if month in {4, 6} else 31)
        UpdateFactory(target=target, period=end, value=Decimal(value), growth=Decimal("7.50"))
    return target


@pytest.fixture
def official(live_server):
    return UserFactory(role=roles.VIEWER)


def figures(row) -> list[float | None]:
    """The numbers of a table row as they are printed; None for what is unset."""
    texts = row.locator("td").all_inner_texts()
    return [None if text == "—" else float(text.replace(",", "").replace("−", "-")) for text in texts]


def test_the_trend_is_drawn_from_the_figures_of_the_table_beside_it(sign_in, target, official):
    page = sign_in(official)
    page.goto("/targets/dams/?as_of=2018-06")
    expect(page.locator("figure.chart svg")).to_have_count(2)
    for panel in page.locator(".trend").all():
        drawn = {series["name"]: series["data"] for series in panel.locator("figure").evaluate(DRAWN)}
        rows = panel.locator("tbody tr").all()
        assert len(rows) == len(drawn)
        for row in rows:
            assert drawn[row.locator("th").inner_text()] == figures(row)
    assert figures(page.locator(".trend tr.actual").first)[:6] == [None, None, 1000.5, -20, None, 5260]


def test_the_ranking_is_drawn_from_the_table_above_it(sign_in, target, official):
    UpdateFactory(target__lead=DepartmentFactory(name="区林业局"), target__section=target.section, value=90)
    page = sign_in(official)
    page.goto("/departments/?as_of=2018-06")
    drawn = page.locator("figure.chart").evaluate(DRAWN)
    heads = page.locator("main table thead th").all_inner_texts()
    rows = [row.locator("th, td").all_inner_texts() for row in page.locator("main table tbody tr").all()]
    assert len(rows) == 2
    for series in drawn[:-1]:  # the last one carries the rates at the ends of the bars
        column = [head.strip() for head in heads].index(series["name"])
        assert series["data"] == [int(row[column]) for row in rows]
    expect(page.locator("figure.chart")).to_contain_text("100.00%")


def test_the_distribution_is_drawn_from_the_table_below_it(sign_in, target, official):
    page = sign_in(official)
    page.goto("/?as_of=2018-06")
    drawn = {series["name"]: series["data"] for series in page.locator("figure.chart").evaluate(DRAWN)}
    legend = [row.locator("th, td").all_inner_texts() for row in page.locator("table.legend tbody tr").all()]
    assert {name.strip(): [int(count)] for name, count, _share in legend if int(count)} == drawn
    expect(page.locator("svg.dist")).to_be_hidden()


def test_a_chart_has_a_name_for_those_who_do_not_see_it(sign_in, target, official):
    page = sign_in(official)
    page.goto("/targets/dams/?as_of=2018-06")
    expect(page.get_by_role("img", name="总量走势")).to_be_visible()


def test_charts_follow_the_width_of_the_window_and_the_paper(sign_in, target, official):
    page = sign_in(official)
    page.goto("/targets/dams/?as_of=2018-06")
    chart = page.locator("figure.chart svg").first
    for width in (1280, 360, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(
            "() => { const figure = document.querySelector('figure.chart');"
            " return Math.abs(figure.querySelector('svg').clientWidth - figure.clientWidth) <= 1; }"
        )
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert chart.get_attribute("viewBox") == "0 0 900 234"
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert chart.get_attribute("viewBox") != "0 0 900 234"


def test_colours_are_the_pages_own_so_that_another_scheme_needs_no_redrawing(sign_in, target, official):
    page = sign_in(official)
    page.goto("/targets/dams/?as_of=2018-06")
    line = page.locator("figure.chart path[stroke='var(--accent)']").first
    before = line.evaluate("path => getComputedStyle(path).stroke")
    page.evaluate("document.documentElement.style.setProperty('--accent', 'rgb(1, 2, 3)')")
    assert line.evaluate("path => getComputedStyle(path).stroke") == "rgb(1, 2, 3)" != before


def test_the_charts_speak_the_readers_language(sign_in, target, official):
    page = sign_in(official)
    page.goto("/targets/dams/?as_of=2018-06")
    months = "figure => echarts.getInstanceByDom(figure).getModel().getLocaleModel().get(['time', 'month'])[0]"
    assert page.locator("figure.chart").first.evaluate(months) == "一月"
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.locator("figure.chart").first.evaluate(months) == "January"


def test_without_scripts_the_tables_say_everything(browser, sign_in, target, official, live_server):
    signed_in = sign_in(official)
    context = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, storage_state=signed_in.context.storage_state()
    )
    page = context.new_page()
    page.goto("/targets/dams/?as_of=2018-06")
    expect(page.locator(".trend tr.actual").first).to_contain_text("5,260")
    expect(page.locator("figure.chart").first).to_be_hidden()
    page.goto("/departments/?as_of=2018-06")
    expect(page.locator("main table")).to_contain_text("区水务局")
    expect(page.locator(".charted")).to_be_hidden()
    context.close()


def test_every_page_keeps_to_its_window(sign_in, target, official):
    page = sign_in(official)
    unit = target.responsibilities.get().department.code
    for width in (360, 3840):
        page.set_viewport_size({"width": width, "height": 800})
        for address in ("/targets/dams/", "/departments/", f"/departments/{unit}/", "/sections/", "/data-check/"):
            page.goto(f"{address}?as_of=2018-06")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide == 0, (address, width)
