"""Public mode: everybody reads what was verified, and nothing that people wrote to each other."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest
from django.urls import reverse

from reports.exports import FORMATS
from reports.urls import urlpatterns
from tests.factories import EvidenceFactory, UpdateFactory, UserFactory
from tracker import roles
from tracker.models import ProgressUpdate, SavedView, Status, Target

pytestmark = pytest.mark.django_db

#: What no visitor may ever read.
SECRETS = ["机密说明", "机密问题", "机密措施", "机密核对", "张三丰", "机密佐证", "机密草稿", "4321.5"]
#: What stands in the addresses, by the name of the address's part.
PARTS = {"year": 2017, "code": "gdp", "scope": "all", "pk": 1}
#: Addresses that only people who have signed in have any use for.
PERSONAL = {"saved_view", "history", "history_export", "overdue", "overdue_export"}


def addresses() -> list[str]:
    """Every address of the read side, each file in every format."""
    found = []
    for pattern in urlpatterns:
        names = pattern.pattern.converters
        if pattern.name in PERSONAL:
            continue
        for format in FORMATS if "format" in names else [""]:
            kwargs = {name: format if name == "format" else PARTS[name] for name in names}
            if pattern.name.startswith("department"):
                kwargs |= {"code": "jiaoyu"} if "code" in kwargs else {}
            found.append(reverse(pattern.name, kwargs={**kwargs, **pattern.default_args}))
    return found


@pytest.fixture
def written(ledger, unit) -> None:
    """Words, names, files and drafts beside the figures."""
    clerk = UserFactory(role=roles.REPORTER, departments=[unit], display_name="张三丰")
    words = {"remark": "机密说明", "problem": "机密问题", "next_step": "机密措施", "confirmation": "机密核对"}
    for target in Target.objects.exclude(measure="milestone"):
        told = {**words, "entered_by": clerk, "verified_by": clerk}
        draft = UpdateFactory(target=target, period=dt.date(2018, 7, 31), value=1, status=Status.DRAFT, **told)
        EvidenceFactory(update=draft, name="机密佐证.txt")
        ProgressUpdate.objects.filter(pk=draft.pk).update(
            status=Status.VERIFIED, verified_at=dt.datetime(2018, 8, 10, tzinfo=dt.UTC)
        )
        UpdateFactory(
            target=target, period=dt.date(2018, 8, 31), value="4321.5", status=Status.DRAFT, remark="机密草稿"
        )


def text_of(response) -> str:
    """What a page or a file says; an office document is a folder of XML."""
    content = b"".join(response) if response.streaming else response.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            content = b"".join(parts.read(name) for name in parts.namelist())
    return content.decode("utf-8", "replace")


@pytest.mark.parametrize("address", addresses())
def test_strangers_sign_in_unless_the_site_is_public(client, ledger, settings, address):
    settings.PUBLIC = False
    response = client.get(address)
    assert (response.status_code, response.headers["Location"].partition("?")[0]) == (302, "/login/")


@pytest.mark.parametrize("address", addresses())
def test_the_public_reads_figures_and_nothing_that_people_wrote(client, written, settings, address):
    settings.PUBLIC = True
    response = client.get(address)
    assert response.status_code == 200
    said = text_of(response)
    assert said
    assert [secret for secret in SECRETS if secret in said] == []


@pytest.mark.parametrize("address", ["/targets/gdp/", "/", "/updates/all.csv", "/departments/jiaoyu/"])
def test_who_has_signed_in_reads_the_words(as_user, official, written, settings, address):
    settings.PUBLIC = True
    assert "机密" in text_of(as_user(official).get(address))


def test_the_public_sees_verified_figures_beside_their_targets(client, ledger, settings):
    settings.PUBLIC = True
    page = text_of(client.get("/targets/gdp/"))
    assert "地区生产总值" in page
    assert "登录" in page
    assert "修改密码" not in page


@pytest.mark.parametrize(
    "address", ["/admin/", "/evidence/1/", "/password/", "/views/1/", "/history/", "/history/all.csv"]
)
def test_the_rest_of_the_site_stays_closed(client, ledger, settings, address):
    settings.PUBLIC = True
    response = client.get(address)
    assert response.status_code == 302
    assert "/login/?next=" in response.headers["Location"]


def test_the_public_cannot_look_back_or_ask_for_columns_of_words(client, written, settings):
    settings.PUBLIC = True
    page = text_of(client.get("/targets/?known_at=2018-07-18"))
    assert "登录后才能选择" in page
    asked = text_of(client.get("/updates/?columns=target,remark,problem,next_step,entered_by&q=机密"))
    assert [secret for secret in SECRETS if secret in asked.replace("q=机密", "")] == []


def test_visitors_keep_no_view(client, ledger, settings):
    settings.PUBLIC = True
    response = client.post("/targets/?light=red", {"name": "红灯"})
    assert (response.status_code, response.headers["Location"].partition("?")[0]) == (302, "/login/")
    assert not SavedView.objects.exists()
