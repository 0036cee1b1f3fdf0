"""What every page asks the database before its own questions, whoever reads it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

PAGES = ["/", "/targets/", "/targets/gdp/", "/departments/", "/departments/jiaoyu/", "/sections/", "/data-check/"]
PAGES += ["/results/2017/", "/updates/", "/history/", "/screen/"]
#: What a page's own questions are about.
OWN = [f'"tracker_{name}"' for name in ("workreport", "savedview", "progressupdate", "target", "annualresult")]
AT_MOST = 5  # session, user, the user's permissions, those of the roles, version


def before_its_own(client: Client, address: str) -> tuple[int, list[str]]:
    """How a page answers, and the queries that it sends before the first of its own."""
    with CaptureQueriesContext(connection) as queries:
        status = client.get(address).status_code
    sent = [query["sql"] for query in queries]
    return status, sent[: next((at for at, sql in enumerate(sent) if any(name in sql for name in OWN)), len(sent))]


@pytest.mark.django_db
def test_no_page_asks_more_than_five_things_before_its_own(
    as_user, ledger, reporter, endorser, supervisor, official, auditor, system_admin, outsider
):
    answers = {
        (str(user), address): before_its_own(as_user(user), address)
        for user in (reporter, endorser, supervisor, official, auditor, system_admin, outsider)
        for address in PAGES
    }
    assert {status for status, _sent in answers.values()} == {200, 403}
    assert {key: sent for key, (_status, sent) in answers.items() if len(sent) > AT_MOST} == {}


@pytest.mark.django_db
def test_a_public_page_asks_one_thing_before_its_own(client, ledger, settings):
    settings.PUBLIC = True
    for address in PAGES:
        status, sent = before_its_own(client, address)
        assert (status, len(sent)) in {(200, 1), (302, 0)}, address
