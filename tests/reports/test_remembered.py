"""What pages show is remembered for the next reader who may see the same, and for nobody else."""

from __future__ import annotations

import datetime as dt
import random
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import UpdateFactory, UserFactory
from tests.reports.test_queries import PAGES
from tracker import roles
from tracker.models import SavedView, Status

pytestmark = pytest.mark.django_db

#: What differs each time: the token against forged requests, and the instant of the request.
FLEETING = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|(20\d\d-\d\d-\d\d[T ])?\d\d:\d\d(:\d\d(\.\d+)?)?')


@pytest.fixture
def remembering(settings):
    """Pages are remembered, as on the real site."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def readers(as_user, reporter, colleague, endorser, supervisor, official, auditor, outsider) -> dict[str, Client]:
    people = {
        "reporter": reporter, "colleague": colleague, "endorser": endorser, "supervisor": supervisor,
        "official": official, "auditor": auditor, "outsider": outsider,
        "another official": UserFactory(role=roles.VIEWER, display_name="另一位领导"),
    }  # fmt: skip
    return {name: as_user(user) for name, user in people.items()} | {"visitor": Client()}


def seen(client: Client, address: str) -> tuple[int, str]:
    response: Any = client.get(address)
    return response.status_code, FLEETING.sub("", response.content.decode())


@pytest.mark.parametrize("public", [False, True])
def test_every_reader_sees_what_is_made_for_that_reader_whoever_looked_before(
    ledger, unit, other_unit, readers, settings, public
):
    settings.PUBLIC = public
    # Drafts are for their own units; each unit has one, so that what leaked would show.
    UpdateFactory(target=ledger["gdp"], period=dt.date(2018, 7, 31), status=Status.DRAFT, remark="本单位草稿")
    UpdateFactory(target=ledger["revenue"], period=dt.date(2018, 7, 31), status=Status.SUBMITTED, remark="另一单位待审")
    made = {(name, address): seen(client, address) for name, client in readers.items() for address in PAGES}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    visits = random.Random(17).sample([*made], len(made))
    wrong = {visit for visit in visits if seen(readers[visit[0]], visit[1]) != made[visit]}
    cache.clear()
    assert wrong == set()


def test_a_second_look_by_another_reader_asks_the_database_for_nothing_of_the_ledger(ledger, readers, remembering):
    for address in ("/", "/targets/gdp/", "/departments/jiaoyu/", "/sections/", "/data-check/"):
        assert readers["official"].get(address).status_code == 200
        with CaptureQueriesContext(connection) as queries:
            assert readers["another official"].get(address).status_code == 200
        assert [query["sql"] for query in queries if "verdict" in query["sql"]] == [], address


def test_a_change_of_the_ledger_shows_at_once(ledger, readers, remembering):
    official = readers["official"]
    assert "第一次" not in official.get("/targets/gdp/").content.decode()
    UpdateFactory(
        target=ledger["gdp"], period=dt.date(2018, 7, 31), value=400, growth=9, problem="第一次", next_step="改"
    )
    assert "第一次" in official.get("/targets/gdp/").content.decode()


def test_what_an_address_asks_in_vain_is_told_each_time(ledger, readers, remembering):
    for _time in range(2):
        assert "没有可排序的列" in readers["official"].get("/targets/?sort=nothing").content.decode()


def test_saved_views_are_their_readers_own_on_a_remembered_page(ledger, official, readers, remembering):
    SavedView.objects.create(owner=official, table="targets", name="只看红灯", query="light=red")
    assert "只看红灯" in readers["official"].get("/targets/?sort=name").content.decode()
    assert "只看红灯" not in readers["another official"].get("/targets/?sort=name").content.decode()
