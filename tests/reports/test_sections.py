"""章节: the report's own order."""

from __future__ import annotations

import pytest

from tests.factories import SectionFactory, TargetFactory

pytestmark = pytest.mark.django_db

JUNE = "?as_of=2018-06"


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def test_readers_see_it_outsiders_do_not(as_user, client, ledger, official, colleague, outsider):
    for user in (official, colleague):
        assert "坚持棚改拆建并举" in text_of(as_user(user).get("/sections/"))
    assert as_user(outsider).get("/sections/").status_code == 403
    assert client.get("/sections/").headers["Location"] == "/login/?next=/sections/"


@pytest.fixture
def tree(ledger):
    """The report's root above its chapters, as it is loaded."""
    root = SectionFactory(path="2018", title="2018年工作安排", position=0)
    for path in ("2018/总目标", "2018/一"):
        type(root).objects.filter(path=path).update(parent=root)
    return ledger


def test_headings_and_targets_stand_in_the_order_of_the_report(as_user, tree, official):
    headings = as_user(official).get(f"/sections/{JUNE}").context["headings"]
    assert [
        (heading.section.path, heading.depth, [target.indicator.code for target in heading.targets])
        for heading in headings
    ] == [
        ("2018/总目标", 0, ["gdp", "revenue", "unemployment"]),
        ("2018/一", 0, ["toilets"]),
        ("2018/一.1", 1, ["squares", "census", "road", "trees"]),
    ]


def test_a_chapter_counts_all_under_it_and_a_section_its_own(as_user, tree, official):
    main, chapter, part = as_user(official).get(f"/sections/{JUNE}").context["headings"]
    assert (main.counts["total"], main.counts["red"]) == (3, 2)
    assert (chapter.counts["total"], chapter.counts["on_schedule"]) == (5, 3)
    assert (part.counts["total"], part.counts["on_schedule"]) == (4, 2)


def test_targets_outside_the_report_come_last_under_a_heading_of_their_own(as_user, tree, official):
    TargetFactory(section=None, paragraph=None, source_url="https://example.org/", indicator__name="另外公布")
    last = as_user(official).get("/sections/").context["headings"][-1]
    assert last.section is None
    assert [target.indicator.name for target in last.targets] == ["另外公布"]
    assert last.counts["total"] == 1


def test_every_target_leads_to_its_own_page_and_its_unit(as_user, tree, official):
    text = text_of(as_user(official).get(f"/sections/{JUNE}"))
    assert 'href="/targets/gdp/?as_of=2018-06"' in text
    assert 'href="/departments/jiaoyu/?as_of=2018-06"' in text


def test_a_heading_without_targets_says_so(as_user, tree, official):
    root = SectionFactory(path="2018")
    SectionFactory(path="2018/二", title="空章", parent=root, position=9)
    assert "这一章没有登记目标" in text_of(as_user(official).get("/sections/"))


def test_a_report_without_sections_is_still_a_page(as_user, report, official):
    assert "还没有章节" in text_of(as_user(official).get("/sections/"))


def test_the_number_of_queries_does_not_depend_on_the_number_of_targets(as_user, tree, many, official, queries_of):
    page = as_user(official)
    few = queries_of(page, "/sections/")
    many(50)
    assert queries_of(page, "/sections/") == few
    assert few <= 15
