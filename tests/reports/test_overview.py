from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.core.management import call_command

from reports import summary
from tests.benchmarks.ledger import fill
from tests.factories import DepartmentFactory, TargetFactory, UpdateFactory, UserFactory
from tracker import roles
from tracker.assessment import Judgement, Reason
from tracker.models import Category, Comparator, ProgressUpdate

pytestmark = pytest.mark.django_db


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def test_everyone_who_reads_the_ledger_sees_the_overview(as_user, ledger, official, reporter, colleague, auditor):
    for user in (official, reporter, colleague, auditor):
        response = as_user(user).get("/")
        assert response.status_code == 200
        assert "地区生产总值" in text_of(response)


def test_somebody_without_a_role_is_told_so_kindly(as_user, ledger, outsider, system_admin):
    for user in (outsider, system_admin):
        response = as_user(user).get("/")
        assert response.status_code == 403
        assert "没有权限" in text_of(response)
        assert "地区生产总值" not in text_of(response)


def test_a_stranger_is_asked_to_sign_in(client, ledger):
    assert client.get("/").headers["Location"] == "/login/?next=/"


def test_the_cards_show_both_facets_of_the_main_targets(as_user, ledger, official):
    response = as_user(official).get("/?as_of=2018-06")
    cards = {card.target.indicator.code: card for card in response.context["cards"]}
    assert list(cards) == ["gdp", "revenue", "unemployment"]
    assert cards["gdp"].reasons == ["增速低于目标 2.00 个百分点", "按增速评价，总量只作对照"]
    assert cards["revenue"].reasons == ["总量高于序时 5.33 个百分点", "增速低于目标 2.00 个百分点"]
    assert cards["unemployment"].reasons == ["低于控制线 0.38 个百分点"]
    text = text_of(response)
    for shown in ("263", "38.79%", "序时 50.00%", "7.5%", "目标 9.5%", "16.60", "预计数", "未超"):
        assert shown in text


def test_a_figure_on_its_limit_says_whether_the_limit_may_be_reached(as_user, ledger, official):
    section, unit = ledger["unemployment"].section, ledger["unemployment"].indicator.unit
    for comparator, value in ((Comparator.AT_MOST, 4), (Comparator.LESS_THAN, 4), (Comparator.AT_MOST, 4.5)):
        target = TargetFactory(
            indicator__unit=unit, level=True, value=4, comparator=comparator, section=section, category=Category.MAIN
        )
        UpdateFactory(target=target, value=Decimal(value))
    cards = as_user(official).get("/?as_of=2018-06").context["cards"][-3:]
    assert [(card.target.status, card.reasons) for card in cards] == [
        (Judgement.ON, ["与控制线持平"]),
        (Judgement.BEHIND, ["已达控制线，须低于控制线"]),
        (Judgement.BEHIND, ["超出控制线 0.5 个百分点"]),
    ]
    pages = [as_user(official).get(f"/targets/{card.target.indicator.code}/?as_of=2018-06") for card in cards]
    assert [("未超" in text_of(page), "已超控" in text_of(page)) for page in pages] == [
        (True, False),
        (False, True),
        (False, True),
    ]


def test_a_bullet_is_drawn_with_attributes_only(as_user, ledger, official):
    content = as_user(official).get("/").content.decode()
    assert 'class="fill" y="4" width="38.79%"' in content
    assert 'class="tick" x="50.00%"' in content
    assert "style=" not in content
    assert not re.search(r"<script(?! src=| id=)", content)  # only files of the site, and data


def test_the_distribution_counts_every_target_once(as_user, ledger, official):
    found = as_user(official).get("/?as_of=2018-06").context["distribution"]
    counts = {part.status: part.count for part in found.parts if part.count}
    assert counts == {Judgement.ON: 4, Judgement.BEHIND: 3, Judgement.NO_DATA: 1}
    assert (found.total, found.judged, found.red, found.yellow) == (8, 7, 3, 0)
    assert found.rate == Decimal("57.14")
    assert {part.status: part.share for part in found.parts}[Judgement.NO_DATA] == Decimal("12.50")


def test_attention_lists_the_worst_first_with_what_the_unit_says(as_user, ledger, official):
    UpdateFactory(target__indicator__name="改路", value=45, target__section=ledger["toilets"].section, problem="雨季")
    rows = list(as_user(official).get("/?as_of=2018-06").context["attention"])
    assert [(row.indicator.name, row.light) for row in rows] == [
        ("小广场", "red"),
        ("地区生产总值", "red"),
        ("公共财政预算收入", "red"),
        ("改路", "yellow"),
    ]
    assert (rows[2].problem, rows[2].next_step, rows[2].lead) == ("税源不足", "加强征管", "岳阳楼公安分局")


def test_a_chapter_counts_the_sections_under_it(as_user, ledger, official):
    rows = as_user(official).get("/?as_of=2018-06").context["chapters"]
    assert [(row["section"].path, row["total"], row["judged"], row["on_schedule"]) for row in rows] == [
        ("2018/总目标", 3, 3, 1),
        ("2018/一", 5, 4, 3),
    ]


def test_targets_outside_the_report_have_a_line_of_their_own(as_user, ledger, official):
    TargetFactory(section=None, paragraph=None, source_url="https://example.org/")
    rows = as_user(official).get("/").context["chapters"]
    assert rows[-1]["section"] is None
    assert rows[-1]["total"] == 1


def test_equal_rates_share_a_rank_and_the_next_rank_is_skipped(as_user, report, official):
    for name, values in {"甲": [60], "乙": [60, 60], "丙": [60, 10], "丁": [], "戊": [10]}.items():
        lead = DepartmentFactory(name=name)
        for value in values:
            UpdateFactory(target__lead=lead, value=value)
        if not values:
            TargetFactory(lead=lead)
    (rows,) = as_user(official).get("/?as_of=2018-06").context["leads"]
    assert {row["lead"]: (row["rank"], row["rate"]) for row in rows} == {
        "甲": (1, Decimal("100.00")),
        "乙": (1, Decimal("100.00")),
        "丙": (3, Decimal("50.00")),
        "戊": (4, Decimal("0.00")),
        "丁": (5, None),
    }
    text = text_of(as_user(official).get("/?as_of=2018-06"))
    assert '<td class="n muted">—</td>' in text, "a unit without a judged target has no rank"


def test_an_entry_and_its_verification_change_the_overview_at_once(as_user, ledger, reporter, supervisor):
    page = as_user(reporter)
    before = page.get("/?as_of=2018-06").context["distribution"].judged
    update = UpdateFactory(target=ledger["trees"], status="submitted", source_url="", value=70)
    ledger["trees"].responsibilities.create(department=reporter.departments.get(), role="lead", basis="按职能")
    waiting = dict(page.get("/?as_of=2018-06").context["in_progress"])
    assert waiting["submitted"] == 1
    assert waiting["endorsed"] == 0
    ProgressUpdate.objects.filter(pk=update.pk).update(
        status="verified", verified_at=dt.datetime(2018, 7, 10, tzinfo=dt.UTC), verified_by=supervisor
    )
    after = page.get("/?as_of=2018-06").context
    assert after["distribution"].judged == before + 1
    assert dict(after["in_progress"])["submitted"] == 0


def test_unfinished_updates_are_counted_for_those_concerned_only(
    as_user, ledger, reporter, colleague, supervisor, official
):
    UpdateFactory(target=ledger["trees"], status="submitted", source_url="")
    ledger["trees"].responsibilities.create(department=reporter.departments.get(), role="lead", basis="按职能")
    seen = {
        user.pk: dict(as_user(user).get("/").context["in_progress"])["submitted"]
        for user in (reporter, colleague, supervisor)
    }
    assert seen == {reporter.pk: 1, colleague.pk: 0, supervisor.pk: 1}
    assert "填报动态" not in text_of(as_user(official).get("/"))
    assert "填报动态" in text_of(as_user(reporter).get("/"))


def test_another_month_speaks_for_itself(as_user, ledger, official):
    response = as_user(official).get("/?as_of=2018-03")
    found = response.context["distribution"]
    assert found.judged == 0
    assert found.rate is None
    assert "未填报" in text_of(response)
    assert not response.context["recent"]


@pytest.mark.parametrize("as_of", ["nonsense", "2018-13", "2031-01", "%00", "2018-06'--"])
def test_a_wrong_month_gives_a_usable_page_with_a_notice(as_user, ledger, official, as_of):
    response = as_user(official).get(f"/?as_of={as_of}")
    assert response.status_code == 200
    assert response.context["as_of"].key == "2018-06"
    assert "现按2018年6月显示" in text_of(response)


def test_nothing_is_wrong_with_an_empty_ledger(as_user, official):
    assert "还没有登记政府工作报告" in text_of(as_user(official).get("/"))


def test_nothing_is_wrong_with_a_report_without_targets(as_user, report, official):
    assert "年度还没有登记目标" in text_of(as_user(official).get("/"))


def test_nothing_is_wrong_with_targets_without_updates(as_user, report, official):
    TargetFactory(category=Category.MAIN)
    text = text_of(as_user(official).get("/"))
    assert "截至本月没有经核验的数据" in text
    assert "截至本月还没有可以评价的目标" in text


def test_demonstration_data_is_announced_wherever_it_is_shown(as_user, ledger, official):
    announced = "本页含演示数据"
    page = as_user(official)
    assert announced in text_of(page.get("/?as_of=2018-06"))
    assert announced not in text_of(page.get("/?as_of=2018-03"))
    assert announced in text_of(page.get("/targets/?as_of=2018-06"))
    assert announced not in text_of(page.get("/targets/?as_of=2018-06&section=2018/总目标"))


def test_recently_verified_shows_what_counts_now(as_user, ledger, official):
    old = UpdateFactory(target=ledger["trees"], value=50)
    ProgressUpdate.objects.filter(pk=old.pk).update(superseded_at=dt.datetime(2018, 8, 1, tzinfo=dt.UTC))
    new = UpdateFactory(
        target=ledger["trees"],
        value=60,
        revision=2,
        correction_reason="漏计",
        verified_at=dt.datetime(2018, 8, 1, tzinfo=dt.UTC),
    )
    recent = as_user(official).get("/").context["recent"]
    assert recent[0] == new
    assert old not in recent


def test_english_readers_see_english_names(as_user, ledger, official):
    page = as_user(official)
    page.cookies["django_language"] = "en"
    text = text_of(page.get("/"))
    assert "gdp in English" in text
    assert "Public Security Branch" in text
    assert "地区生产总值" not in text


def test_the_number_of_queries_does_not_depend_on_the_number_of_targets(as_user, ledger, many, official, queries_of):
    page = as_user(official)
    few = queries_of(page, "/")
    many(50)
    assert queries_of(page, "/") == few
    assert few <= 20


@pytest.mark.django_db(transaction=True)
def test_fifty_and_two_thousand_targets_cost_the_same_number_of_queries(as_user, queries_of):
    costs = set()
    for targets in (50, 2_000):
        # Emptied and not rolled back: so many dead rows would slow down every test after this one.
        call_command("flush", interactive=False, verbosity=0)
        fill(targets)
        page = as_user(UserFactory(role=roles.VIEWER))
        page.get("/")
        costs.add(queries_of(page, "/"))
    assert len(costs) == 1


def test_reasons_cover_every_direction():
    class Assessed:
        update_id, judged_by, value, growth = 1, "both", Decimal(10), Decimal(5)
        margin = completion = gap = growth_gap = None
        reason, growth_reason = Reason.NO_VALUE, Reason.NO_GROWTH

    target = Assessed()
    assert summary.reasons(target) == ["未报增速，增速不参与评价"]
    target.gap, target.growth_gap, target.growth_reason = Decimal("-1.50"), Decimal("0.00"), Reason.GROWTH_MET
    assert summary.reasons(target) == ["总量低于序时 1.50 个百分点", "增速与目标持平"]
    target.gap, target.growth_gap = Decimal("0.00"), Decimal("0.70")
    assert summary.reasons(target) == ["总量与序时持平", "增速高于目标 0.70 个百分点"]
