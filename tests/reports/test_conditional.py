"""An unchanged ledger answers 304 without being assessed; any change of what a page shows makes a new page."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection

from tests.factories import TargetFactory, UpdateFactory
from tracker.models import Department, ProgressUpdate, RoleMembership, SavedView, Target
from tracker.models.history import ledger_version

PAGES = [
    "/",
    "/targets/",
    "/targets/gdp/",
    "/departments/",
    "/sections/",
    "/data-check/",
    "/results/2017/",
    "/updates/",
]


@pytest.mark.django_db
class TestPages:
    @pytest.mark.parametrize("address", PAGES)
    def test_an_unchanged_ledger_is_not_assessed_again(
        self, as_user, ledger, official, address, django_assert_max_num_queries
    ):
        client = as_user(official)
        held = client.get(address).headers["ETag"]
        # Session, user, permissions of the user and of the roles, the ledger's version; saved views of a table.
        with django_assert_max_num_queries(6) as queries:
            answer = client.get(address, headers={"If-None-Match": held})
        assert (answer.status_code, answer.content) == (304, b"")
        assert not any("WITH" in query["sql"] and "verdict" in query["sql"] for query in queries.captured_queries)

    def test_a_verified_figure_makes_a_new_page(self, as_user, ledger, official):
        client = as_user(official)
        held = client.get("/").headers["ETag"]
        UpdateFactory(target=Target.objects.first(), period=dt.date(2018, 7, 31))
        assert client.get("/", headers={"If-None-Match": held}).status_code == 200

    def test_each_address_language_and_person_has_a_page_of_its_own(self, as_user, ledger, official, auditor):
        client = as_user(official)
        held = client.get("/?as_of=2018-06").headers["ETag"]
        assert client.get("/?as_of=2018-05", headers={"If-None-Match": held}).status_code == 200
        assert as_user(auditor).get("/?as_of=2018-06", headers={"If-None-Match": held}).status_code == 200
        client.cookies["django_language"] = "en"
        assert client.get("/?as_of=2018-06", headers={"If-None-Match": held}).status_code == 200

    def test_the_history_is_not_told_again_either(self, as_user, ledger, auditor):
        client = as_user(auditor)
        held = client.get("/history/").headers["ETag"]
        assert client.get("/history/", headers={"If-None-Match": held}).status_code == 304
        Department.objects.update(full_name="改过")
        assert client.get("/history/", headers={"If-None-Match": held}).status_code == 200

    def test_a_new_day_makes_a_new_page_because_lateness_counts_days(self, as_user, ledger, official):
        client = as_user(official)
        today = client.get("/").headers["ETag"]
        with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=24), tick=False):
            client = as_user(official)
            assert client.get("/").headers["ETag"] != today

    def test_a_saved_view_changes_the_table(self, as_user, ledger, official):
        client = as_user(official)
        held = client.get("/targets/").headers["ETag"]
        SavedView.objects.create(owner=official, table="targets", name="欠序时", query="status=BEHIND")
        assert client.get("/targets/", headers={"If-None-Match": held}).status_code == 200

    def test_a_permission_given_or_taken_makes_a_new_page(self, as_user, ledger, official):
        client = as_user(official)
        held = client.get("/").headers["ETag"]
        official.user_permissions.add(Permission.objects.get(codename="view_unverified"))
        assert client.get("/", headers={"If-None-Match": held}).status_code == 200

    def test_files_are_made_anew_and_nobody_in_between_keeps_anything(self, as_user, ledger, official):
        client = as_user(official)
        assert "ETag" not in client.get("/targets/all.csv").headers
        assert client.get("/").headers["Cache-Control"] == "private, no-cache"

    def test_who_may_not_see_a_page_gets_no_mark_of_it(self, as_user, ledger, official, outsider):
        held = as_user(official).get("/").headers["ETag"]
        assert as_user(outsider).get("/", headers={"If-None-Match": held}).status_code == 403


@pytest.mark.django_db
class TestTheLedgersVersion:
    def test_reading_leaves_it_as_it_is(self, ledger):
        before = ledger_version()
        list(Target.objects.assessed(dt.date(2018, 6, 30)))
        assert ledger_version() == before

    @pytest.mark.parametrize(
        "change",
        [
            lambda: ProgressUpdate.objects.filter(status="draft").update(remark="改"),
            lambda: ProgressUpdate.objects.filter(status="draft").delete(),
            lambda: Department.objects.update(name_en="Renamed"),
            lambda: connection.cursor().execute("UPDATE tracker_target SET note = note || '。'"),
            lambda: RoleMembership.objects.first().delete(),
        ],
        ids=["update()", "delete()", "another kind", "raw SQL", "a role"],
    )
    def test_every_kind_of_write_changes_it(self, ledger, official, change):
        UpdateFactory(target=Target.objects.first(), status="draft", period=dt.date(2018, 8, 31))
        before = ledger_version()
        change()
        assert ledger_version() != before


@contextmanager
def another_connection():
    """A second person's connection to the same database."""
    other = connection.copy()
    try:
        yield other
    finally:
        other.close()


@pytest.mark.django_db(transaction=True)
def test_samples_that_go_with_their_history_change_it_too(transactional_db):
    """Their events are deleted, so that no number left in a table tells of them."""
    target = TargetFactory()
    sample = UpdateFactory(target=target, status="draft", is_sample=True)
    UpdateFactory(target=target, period=dt.date(2018, 5, 31))
    before = ledger_version()
    sample.delete()
    ProgressUpdate.pgh_event_model.objects.filter(is_sample=True).delete()
    assert ledger_version() != before


@pytest.mark.django_db(transaction=True)
def test_while_somebody_writes_there_is_no_version(transactional_db):
    """A writer that began earlier may commit after one that began later; until then nothing is certain."""
    TargetFactory()
    assert ledger_version()
    with another_connection() as other:
        other.set_autocommit(False)
        other.cursor().execute("UPDATE tracker_target SET note = '改'")
        assert ledger_version() is None
        other.rollback()
        assert ledger_version()
