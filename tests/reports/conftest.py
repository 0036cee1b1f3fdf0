"""A small ledger with one of everything that a page must get right, and readers of what pages and files say."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import (
    AnnualResultFactory,
    DepartmentFactory,
    IndicatorFactory,
    MilestoneFactory,
    ResponsibilityFactory,
    SectionFactory,
    TargetFactory,
    UnitFactory,
    UpdateFactory,
    WorkReportFactory,
)
from tracker.models import Category, Comparator, JudgedBy, Measure, Role, Target, WorkReport


@pytest.fixture
def report(db) -> WorkReport:
    return WorkReportFactory()


@pytest.fixture
def ledger(report, unit, other_unit) -> dict[str, Target]:
    """Targets of every kind in two chapters, by code, with figures of June 2018."""
    money = UnitFactory(symbol="亿元", dimension="money", name_en="100 million yuan")
    rate = UnitFactory(symbol="%", dimension="ratio")
    main = SectionFactory(path="2018/总目标", title="主要预期目标", title_en="Main targets", position=1)
    chapter = SectionFactory(path="2018/一", title="加快转型发展", position=2)
    part = SectionFactory(path="2018/一.1", title="坚持棚改拆建并举", parent=chapter, position=3)

    def indicator(code, name, unit=money, **kwargs):
        return IndicatorFactory(code=code, name=name, name_en=f"{code} in English", unit=unit, **kwargs)

    gdp = indicator("gdp", "地区生产总值")
    targets = [
        TargetFactory(
            indicator=gdp, category=Category.MAIN, section=main, value=678, growth=Decimal("9.5"),
            growth_comparator=Comparator.AT_LEAST, judged_by=JudgedBy.GROWTH, lead=unit,
            baseline=AnnualResultFactory(indicator=gdp, value=Decimal("614.8"), growth=Decimal("6.6"), section=None,
                                         paragraph=None, source_url="https://example.org/"),
            baseline_comparable=True,
        ),
        TargetFactory(
            indicator=indicator("revenue", "公共财政预算收入"), category=Category.MAIN, section=main, value=30,
            growth=15, growth_comparator=Comparator.AT_LEAST, lead=other_unit, wording="增长15%，达到30亿元",
        ),
        TargetFactory(
            indicator=indicator("unemployment", "城镇登记失业率", unit=rate, measure=Measure.LEVEL),
            category=Category.MAIN, section=main, value=4, comparator=Comparator.AT_MOST, qualifier="以内", lead=unit,
        ),
        TargetFactory(indicator__code="toilets", indicator__name="=改厕", value=9500, section=chapter, lead=unit),
        TargetFactory(indicator__code="squares", indicator__name="小广场", value=10, section=part, lead=other_unit),
        TargetFactory(indicator__code="census", indicator__name="经济普查", task=True, section=part, lead=unit,
                      category=Category.QUALITATIVE),
        TargetFactory(indicator__code="road", indicator__name="道路", task=True, section=part, lead=other_unit),
        TargetFactory(indicator__code="trees", indicator__name="植树", value=100, section=part),
    ]  # fmt: skip
    by_code = {target.indicator.code: target for target in targets}
    MilestoneFactory(target=by_code["road"], number=1, due_on=dt.date(2018, 6, 30))
    MilestoneFactory(target=by_code["road"], number=2, due_on=dt.date(2018, 12, 31))
    ResponsibilityFactory(target=by_code["squares"], department=unit, role=Role.DATA_OWNER)
    ResponsibilityFactory(target=by_code["squares"], department=unit, role=Role.COOPERATING)
    figures = {
        "gdp": {"value": Decimal("263"), "growth": Decimal("7.5"), "vintage": "预计数"},
        "revenue": {"value": Decimal("16.60"), "growth": Decimal("13"), "problem": "税源不足", "next_step": "加强征管"},
        "unemployment": {"value": Decimal("3.62")},
        "toilets": {"value": Decimal("5260"), "is_sample": True},
        "squares": {"value": Decimal("-1")},
        "census": {"value": None, "stage": "推进中", "pace": "正常推进"},
        "road": {"value": None, "steps_done": [1]},
    }
    for code, stated in figures.items():
        UpdateFactory(target=by_code[code], **stated)
    return by_code


@pytest.fixture
def many():
    """`many(50)`: that many more targets with figures, each of a unit of its own."""

    def make(count: int) -> None:
        for number in range(count):
            UpdateFactory(
                target__lead=DepartmentFactory(),
                target__category=Category.MAIN if number % 2 else Category.KEY,
                value=10 + number,
            )

    return make


@pytest.fixture
def queries_of():
    """How many queries a page needs: `queries_of(client, "/")`."""

    def count(client, address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            response = client.get(address)
            b"".join(response)
        assert response.status_code == 200
        return len(captured)

    return count


class _Screen(HTMLParser):
    """RowFormat the big table: what stands in each `data-column` of each row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, str]] = []
        self.inside = False
        self.column: str | None = None
        self.hidden = False

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.inside |= tag == "tbody"
        if tag == "tr" and self.inside:
            self.rows.append({})
        elif "data-column" in attributes:
            self.column = attributes["data-column"]
            self.rows[-1][self.column] = ""
        elif self.inside and "aria-hidden" in attributes:
            self.hidden = True

    def handle_endtag(self, tag):
        if tag == "tbody":
            self.inside = False
        elif tag == "i":
            self.hidden = False
        elif tag in {"span", "small", "a"}:
            self.column = None

    def handle_data(self, data):
        if self.column and not self.hidden:
            self.rows[-1][self.column] += data


@pytest.fixture
def on_screen():
    """The rows of a page's table, each a mapping of column names to the text shown; what is unset is left out."""

    def read(response) -> list[dict[str, str]]:
        screen = _Screen()
        screen.feed(response.content.decode())
        return [row for row in screen.rows if row]

    return read
