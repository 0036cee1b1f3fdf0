"""大屏: the overview's own figures, panel by panel, and a page that says something without script or data too."""

from __future__ import annotations

import re

import pytest

from tests.factories import TargetFactory
from tracker.models import Category

pytestmark = pytest.mark.django_db


def cards(page: str) -> list[str]:
    return re.findall(r'<article class="card-target.*?</article>', page, re.S)


def test_its_cards_are_the_overviews(as_user, ledger, official):
    client = as_user(official)
    screen, overview = (client.get(address).content.decode() for address in ("/screen/", "/"))
    assert cards(screen)
    assert cards(screen) == cards(overview)


def test_it_speaks_for_the_month_and_the_instant_of_its_address(as_user, ledger, official):
    page = as_user(official).get("/screen/?as_of=2018-06&known_at=2018-07-18T09:00").content.decode()
    assert "截至2018年6月" in page
    assert "按 2018-07-18 09:00 的账面显示" in page


def test_a_year_without_targets_says_so(as_user, report, official):
    assert "尚未建账" in as_user(official).get("/screen/").content.decode()


def test_a_single_target_has_a_screen(as_user, report, official):
    TargetFactory(category=Category.MAIN)
    page = as_user(official).get("/screen/").content.decode()
    assert len(cards(page)) == 1
    assert "未填报" in page


def test_the_number_of_queries_does_not_depend_on_the_number_of_targets(as_user, ledger, official, many, queries_of):
    client = as_user(official)
    few = queries_of(client, "/screen/")
    many(50)
    assert queries_of(client, "/screen/") == few


def test_outsiders_and_strangers_see_none(client, as_user, ledger, outsider):
    assert as_user(outsider).get("/screen/").status_code == 403
    assert client.get("/screen/").status_code == 302
