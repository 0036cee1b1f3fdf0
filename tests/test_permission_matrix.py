"""Who may open what: every role × every address × what belongs to the own unit, to another one, to nobody.

The addresses come from the URL configuration: one that stands in neither table below fails
`test_every_address_stands_in_a_table`.
"""

from __future__ import annotations

import copy
import datetime as dt
import io
import logging
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, get_resolver, resolve

from tests.factories import (
    AnnualResultFactory,
    DepartmentFactory,
    TargetFactory,
    UpdateFactory,
)
from tracker import roles
from tracker.models import Department, Evidence, Membership, PlanYear, Reminder, SavedView, Status, User

pytestmark = pytest.mark.django_db

#: The columns of both tables: a stranger, the six roles (the first two of the own unit), and an account without one.
PEOPLE = {
    "stranger": None,
    "reporter": roles.REPORTER,
    "endorser": roles.ENDORSER,
    "supervisor": roles.SUPERVISOR,
    "viewer": roles.VIEWER,
    "administrator": roles.SYSTEM_ADMIN,
    "auditor": roles.AUDITOR,
    "nobody": "",
}

#: What an address answers: `→` is the way to the sign-in page, `×` a refusal: 403, or 404 where not even it being there
#: is told. 405 is a method that it does not have, 409 a step that comes too early or too late for anybody.
#: What stands after `#` is what the form holds. `{own.…}`, `{other.…}` and `{nobodys.…}` belongs to the own unit, to
#: another one, to none; `{any.…}` is each of them.
ADDRESSES = """
                                                                        stranger
                                                                            reporter
                                                                                endorser
                                                                                    supervisor
                                                                                        viewer
                                                                                            administrator
                                                                                                auditor
                                                                                                    nobody
--- signing in ---
GET  /login/                                                            200 302 302 302 302 302 302 302
GET  /logout/                                                             → 405 405 405 405 405 405 405
POST /logout/                                                             → 302 302 302 302 302 302 302
GET  /password/                                                           → 200 200 200 200 200 200 200
POST /password/                                                           → 200 200 200 200 200 200 200
GET  /password/done/                                                      → 200 200 200 200 200 200 200
POST /language/#language=en                                             302 302 302 302 302 302 302 302
GET  /admin/login/                                                        →   →   →   →   →   →   →   →
POST /admin/logout/                                                       → 302 302 302 302 302 302 302
GET  /admin/password_change/                                              → 200 200 200 200 200 200 200
GET  /admin/password_change/done/                                         → 200 200 200 200 200 200 200

--- health checks ---
GET  /healthz                                                           200 200 200 200 200 200 200 200
GET  /readyz                                                            200 200 200 200 200 200 200 200
POST /readyz                                                            405 405 405 405 405 405 405 405

--- pages for officials ---
GET  /                                                                    → 200 200 200 200   × 200   ×
GET  /?as_of=2018-05                                                      → 200 200 200 200   × 200   ×
GET  /targets/                                                            → 200 200 200 200   × 200   ×
GET  /targets/?q=目标&as_of=2018-05                                       → 200 200 200 200   × 200   ×
GET  /targets/view.csv                                                    → 200 200 200 200   × 200   ×
GET  /targets/all.xlsx                                                    → 200 200 200 200   × 200   ×
GET  /targets/all.docx                                                    → 200 200 200 200   × 200   ×
GET  /targets/all.json                                                    → 200 200 200 200   × 200   ×
GET  /targets/{any.code}/                                                 → 200 200 200 200   × 200   ×
GET  /targets/no-such-code/                                               →   ×   ×   ×   ×   ×   ×   ×
GET  /departments/                                                        → 200 200 200 200   × 200   ×
GET  /departments/all.xlsx                                                → 200 200 200 200   × 200   ×
GET  /departments/{any.unit_code}/                                        → 200 200 200 200   × 200   ×
GET  /departments/{own.unit_code}/report.docx                             → 200 200 200 200   × 200   ×
GET  /departments/{other.unit_code}/report.docx                           → 200 200 200 200   × 200   ×
GET  /sections/                                                           → 200 200 200 200   × 200   ×
GET  /data-check/                                                         → 200 200 200 200   × 200   ×
GET  /screen/                                                             → 200 200 200 200   × 200   ×
GET  /updates/                                                            → 200 200 200 200   × 200   ×
GET  /updates/view.csv                                                    → 200 200 200 200   × 200   ×
GET  /updates/all.xlsx                                                    → 200 200 200 200   × 200   ×
GET  /updates/all.jsonl                                                   → 200 200 200 200   × 200   ×
GET  /results/2017/                                                       → 200 200 200 200   × 200   ×
GET  /results/2017/all.csv                                                → 200 200 200 200   × 200   ×
GET  /overdue/                                                            → 200 200 200 200   × 200   ×
GET  /overdue/?lead={own.unit_code}&urgency=long                          → 200 200 200 200   × 200   ×
POST /overdue/?urgency=long#name=逾期较久                                 → 302 302 302 302   × 302   ×
GET  /overdue/view.csv                                                    → 200 200 200 200   × 200   ×
GET  /overdue/all.xlsx                                                    → 200 200 200 200   × 200   ×
GET  /history/                                                            →   ×   ×   ×   ×   × 200   ×
GET  /history/?q=目标&since=2018-01-01                                    →   ×   ×   ×   ×   × 200   ×
POST /history/?kind=target#name=目标                                      →   ×   ×   ×   ×   × 302   ×
GET  /history/view.csv                                                    →   ×   ×   ×   ×   × 200   ×
GET  /history/all.xlsx                                                    →   ×   ×   ×   ×   × 200   ×
GET  /history/all.jsonl                                                   →   ×   ×   ×   ×   × 200   ×
GET  /views/{own.view}/                                                   → 405 405 405 405 405 405 405
POST /views/{own.view}/                                                   → 302   ×   ×   ×   ×   ×   ×
POST /views/{own.view}/#discard=1                                         → 302   ×   ×   ×   ×   ×   ×
POST /views/{other.view}/#discard=1                                       →   ×   ×   ×   ×   ×   ×   ×

--- files behind an update ---
GET  /evidence/{own.evidence}/                                            → 200 200 200   ×   × 200   ×
GET  /evidence/{other.evidence}/                                          →   ×   × 200   ×   × 200   ×
GET  /evidence/{nobodys.evidence}/                                        →   ×   × 200   ×   × 200   ×
GET  /evidence/0/                                                         →   ×   ×   ×   ×   ×   ×   ×

--- the staff's own pages ---
GET  /admin/                                                              → 200 200 200 200 200 200 200
GET  /admin/tracker/                                                      → 200 200 200 200 200 200   ×
GET  /admin/jsi18n/                                                       → 200 200 200 200 200 200 200
GET  /admin/r/1/1/                                                        →   ×   ×   ×   ×   ×   ×   ×
GET  /admin/no/such/page/                                                 →   ×   ×   ×   ×   ×   ×   ×
GET  /admin/chase/                                                        → 200 200 200 200   × 200   ×
GET  /admin/chase/list.csv                                                → 302 302 302 302   × 302   ×
POST /admin/chase/                                                        →   ×   × 302   ×   ×   ×   ×
GET  {autocomplete}responsibility&field_name=department                   → 200 200 200 200 200 200   ×
GET  {autocomplete}target&field_name=baseline                             → 200 200 200 200   × 200   ×
GET  {autocomplete}membership&field_name=user                             →   ×   ×   ×   × 200 200   ×

--- the month's sheet ---
GET  /admin/sheet/                                                        → 200   ×   ×   ×   ×   ×   ×
GET  /admin/sheet/?unit={own.unit_code}&month=2018-05                     → 200   ×   ×   ×   ×   ×   ×
GET  /admin/sheet/?unit={other.unit_code}&month=2018-05                   →   ×   ×   ×   ×   ×   ×   ×
POST /admin/sheet/?unit={own.unit_code}&month=2018-05                     → 302   ×   ×   ×   ×   ×   ×
POST /admin/sheet/?unit={other.unit_code}&month=2018-05                   →   ×   ×   ×   ×   ×   ×   ×
GET  /admin/sheet/check/                                                  → 405 405 405 405 405 405 405
POST /admin/sheet/check/?unit={own.unit_code}&month=2018-05               → 200   ×   ×   ×   ×   ×   ×
POST /admin/sheet/check/?unit={other.unit_code}&month=2018-05             →   ×   ×   ×   ×   ×   ×   ×
GET  /admin/sheet/download/?unit={own.unit_code}&month=2018-05            → 200   ×   ×   ×   ×   ×   ×
GET  /admin/sheet/download/?unit={other.unit_code}&month=2018-05          →   ×   ×   ×   ×   ×   ×   ×
GET  /admin/sheet/upload/                                                 → 200   ×   ×   ×   ×   ×   ×
POST /admin/sheet/upload/                                                 → 200   ×   ×   ×   ×   ×   ×

--- updates: drafts of May, submitted of April, endorsed of March, verified of February ---
GET  {update}                                                             → 200 200 200 200   × 200   ×
GET  {update}?q=机密&o=-3.1                                               → 200 200 200 200   × 200   ×
GET  {update}?queue=verify                                                → 200 200 200 200   × 200   ×
GET  {update}add/                                                         → 200   ×   ×   ×   ×   ×   ×
GET  {update}add/?target={own.target}                                     → 200   ×   ×   ×   ×   ×   ×
GET  {update}add/?target={other.target}                                   →   ×   ×   ×   ×   ×   ×   ×
GET  {update}add/?target={nobodys.target}&_popup=1                        →   ×   ×   ×   ×   ×   ×   ×
POST {update}add/?target={own.target}                                     → 200   ×   ×   ×   ×   ×   ×
POST {update}add/?target={other.target}                                   →   ×   ×   ×   ×   ×   ×   ×
POST {update}meaning/?target={own.target}                                 → 200   ×   ×   ×   ×   ×   ×
POST {update}meaning/?target={other.target}                               →   ×   ×   ×   ×   ×   ×   ×
POST {update}meaning/?update={own.draft}                                  → 200   ×   ×   ×   ×   ×   ×
POST {update}meaning/?update={other.draft}                                →   ×   ×   ×   ×   ×   ×   ×
GET  {update}{own.draft}/                                                 → 302 302 302 302 302 302 302
GET  {update}{own.draft}/change/                                          → 200 200 200   ×   × 200   ×
GET  {update}{other.draft}/change/                                        →   ×   × 200   ×   × 200   ×
GET  {update}{nobodys.draft}/change/                                      →   ×   × 200   ×   × 200   ×
GET  {update}{any.verified}/change/                                       → 200 200 200 200   × 200   ×
POST {update}{own.draft}/change/                                          → 200   ×   ×   ×   ×   ×   ×
POST {update}{other.draft}/change/                                        →   ×   ×   ×   ×   ×   ×   ×
POST {update}{nobodys.draft}/change/                                      →   ×   ×   ×   ×   ×   ×   ×
POST {update}{own.verified}/change/                                       → 302   ×   ×   ×   ×   ×   ×
POST {update}{other.verified}/change/                                     →   ×   ×   ×   ×   ×   ×   ×
GET  {update}{own.draft}/delete/                                          → 200   ×   ×   ×   ×   ×   ×
POST {update}{own.draft}/delete/#post=yes                                 → 302   ×   ×   ×   ×   ×   ×
POST {update}{other.draft}/delete/#post=yes                               →   ×   ×   ×   ×   ×   ×   ×
POST {update}{nobodys.draft}/delete/#post=yes                             →   ×   ×   ×   ×   ×   ×   ×
POST {update}{own.verified}/delete/#post=yes                              →   ×   ×   ×   ×   ×   ×   ×
GET  {update}{any.verified}/history/                                      →   ×   ×   ×   ×   × 200   ×

GET  {update}{own.submitted}/step/endorse/                                → 302 200 302   ×   × 302   ×
POST {update}{own.submitted}/step/endorse/                                →   × 302   ×   ×   ×   ×   ×
POST {update}{other.submitted}/step/endorse/                              →   ×   ×   ×   ×   ×   ×   ×
POST {update}{nobodys.submitted}/step/endorse/                            →   ×   ×   ×   ×   ×   ×   ×
POST {update}{own.submitted}/step/return/#reason=不符                     →   × 302   ×   ×   ×   ×   ×
POST {update}{other.submitted}/step/return/#reason=不符                   →   ×   ×   ×   ×   ×   ×   ×
POST {update}{own.endorsed}/step/verify/                                  →   ×   × 302   ×   ×   ×   ×
POST {update}{other.endorsed}/step/verify/                                →   ×   × 302   ×   ×   ×   ×
POST {update}{nobodys.endorsed}/step/verify/                              →   ×   × 302   ×   ×   ×   ×
POST {update}{other.endorsed}/step/return/#reason=不符                    →   ×   × 302   ×   ×   ×   ×
POST {update}{own.draft}/step/verify/                                     → 409 409 409   ×   × 409   ×
POST {update}{own.verified}/step/correct/#reason=漏报                     → 302   ×   ×   ×   ×   ×   ×
POST {update}{other.verified}/step/correct/#reason=漏报                   →   ×   ×   ×   ×   ×   ×   ×
POST {update}{nobodys.verified}/step/correct/#reason=漏报                 →   ×   ×   ×   ×   ×   ×   ×
POST {update}{own.draft}/step/no-such-step/                               →   ×   ×   ×   ×   ×   ×   ×

--- evidence, to look up ---
GET  {evidence}                                                           → 200 200 200 200   × 200   ×
GET  {evidence}add/                                                       →   ×   ×   ×   ×   ×   ×   ×
GET  {evidence}{own.evidence}/                                            → 302 302 302 302 302 302 302
GET  {evidence}{own.evidence}/change/                                     → 200 200 200   ×   × 200   ×
GET  {evidence}{other.evidence}/change/                                   →   ×   × 200   ×   × 200   ×
GET  {evidence}{nobodys.evidence}/change/                                 →   ×   × 200   ×   × 200   ×
POST {evidence}{own.evidence}/change/                                     →   ×   ×   ×   ×   ×   ×   ×
POST {evidence}{own.evidence}/delete/#post=yes                            → 302   ×   ×   ×   ×   ×   ×
POST {evidence}{other.evidence}/delete/#post=yes                          →   ×   ×   ×   ×   ×   ×   ×
POST {evidence}{nobodys.evidence}/delete/#post=yes                        →   ×   ×   ×   ×   ×   ×   ×
GET  {evidence}{own.evidence}/history/                                    →   ×   ×   ×   ×   × 200   ×

--- passwords of others ---
GET  /admin/tracker/user/{any.member}/password/                           →   ×   ×   ×   × 200   ×   ×
POST /admin/tracker/user/{any.member}/password/                           →   ×   ×   ×   × 200   ×   ×
"""

#: Where an address begins, and what an autocomplete is asked.
SHORT = {
    "update": "/admin/tracker/progressupdate/",
    "evidence": "/admin/tracker/evidence/",
    "autocomplete": "/admin/autocomplete/?app_label=tracker&model_name=",
}

#: The other records of the admin have the same pages; nobody deletes any of them from here. Each role by its letter:
#: R reporter, E endorser, S supervision office, V viewer, A administrator, U auditor.
RECORDS = """
                                                        reads     adds      changes   history
tracker/target            {any.target}                  RESVU     S         S         U
tracker/annualresult      {own.result}                  RESVU     S         S         U
tracker/indicator         {own.indicator}               RESVU     S         S         U
tracker/unit              {own.measure}                 RESVU     S         -         U
tracker/section           {own.section}                 RESVU     S         S         U
tracker/workreport        {own.report}                  RESVU     S         S         U
tracker/planyear          {own.year}                    RESVU     S         S         U
tracker/department        {any.department}              RESVAU    A         A         U
tracker/user              {any.member}                  AU        A         A         U
tracker/membership        {any.membership}              AU        -         -         U
tracker/reminder          {any.reminder}                SU        -         -         -
tracker/move              {any.move}                    SU        -         -         -
axes/accessattempt        {own.accessattempt}           -         -         -         -
axes/accesslog            {own.accesslog}               -         -         -         -
axes/accessfailurelog     {own.accessfailurelog}        -         -         -         -
"""
#: What nobody else may see of a unit's unverified updates; each is a text that no page has by chance.
FIGURES = {"own": "55555.55", "other": "77777.77", "nobodys": "88888.88"}
#: What units say of verified figures, and how names begin: for people who have signed in.
WORDS, NAMES = "内部说明", "姓名-"
LETTERS = {"R": "reporter", "E": "endorser", "S": "supervisor", "V": "viewer", "A": "administrator", "U": "auditor"}


class Row(NamedTuple):
    method: str
    address: str
    expected: dict[str, str]


def _rows() -> Iterator[Row]:
    for line in ADDRESSES.splitlines():
        for name, text in SHORT.items():
            line = line.replace(f"{{{name}}}", text)
        if line.startswith(("GET", "POST")):
            *address, codes = re.split(rf"\s+(?=(?:\S+\s+){{{len(PEOPLE) - 1}}}\S+$)", line)
            method, path = address[0].split(maxsplit=1)
            yield from _each(Row(method, path, dict(zip(PEOPLE, codes.split(), strict=True))))
    for line in RECORDS.strip().splitlines()[1:]:
        model, pk, *granted = line.split()
        reads, adds, changes, history = ({LETTERS[letter] for letter in letters.strip("-")} for letters in granted)
        page = f"/admin/{model}/"
        yield Row("GET", f"{page}?q=一&o=-1", _only(reads))
        yield Row("GET", f"{page}add/?_popup=1", _only(adds))
        yield Row("POST", f"{page}add/", _only(adds))
        yield from _each(Row("GET", f"{page}{pk}/change/", _only(reads)))
        yield from _each(Row("POST", f"{page}{pk}/change/", _only(changes)))
        yield Row("GET", f"{page}{pk}/history/".replace("{any.", "{own."), _only(history))
        yield Row("POST", f"{page}{pk}/delete/#post=yes".replace("{any.", "{own."), _only(set()))
        yield Row("GET", f"{page}0/", {**dict.fromkeys(PEOPLE, "302"), "stranger": "→"})


def _only(names: set[str]) -> dict[str, str]:
    return {name: "→" if role is None else "200" if name in names else "×" for name, role in PEOPLE.items()}


def _each(row: Row) -> list[Row]:
    """The row for what belongs to each kind of owner, where it speaks of any."""
    if "{any." not in row.address:
        return [row]
    return [row._replace(address=row.address.replace("{any.", f"{{{kind}.")) for kind in ("own", "other", "nobodys")]


ROWS = list(_rows())


# --- the ledger that everybody looks at ---


class World(NamedTuple):
    clients: dict[str, Client]
    things: dict[str, SimpleNamespace]
    #: Person → texts that no page may show to them.
    secrets: dict[str, list[str]]

    def ask(self, person: str, method: str, address: str) -> tuple[str, bytes]:
        """What the address answers: its code, and its content where there is some; nothing of it stays."""
        path, _, form = address.format(**self.things).partition("#")
        client: Any = copy.copy(self.clients[person])
        client.cookies = copy.deepcopy(client.cookies)
        with transaction.atomic():
            response = client.get(path) if method == "GET" else client.post(path, dict(parse_qsl(form)))
            content = _content(response)
            transaction.set_rollback(True)
        if "/login/?next=" in response.headers.get("Location", ""):
            return "→", content
        return "×" if response.status_code in (403, 404) else str(response.status_code), content


def _content(response: HttpResponseBase) -> bytes:
    pieces: Any = response.streaming_content if response.streaming else [response.content]  # type: ignore[attr-defined]
    content = b"".join(map(bytes, pieces))
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(map(archive.read, archive.namelist()))
    return content


@pytest.fixture(scope="module", autouse=True)
def evidence_in_a_temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One folder for all of these tests: they look at the same files."""
    with pytest.MonkeyPatch.context() as patch:
        storage = FileSystemStorage(location=tmp_path_factory.mktemp("evidence"))
        patch.setattr(Evidence._meta.get_field("file"), "storage", storage)
        yield


@pytest.fixture(scope="module", autouse=True)
def refusals_unlogged() -> Iterator[None]:
    """Printing the traceback of every refusal takes longer than refusing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.getLogger("django.request"), "disabled", True)
        yield


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, evidence_in_a_temporary_folder: None) -> Iterator[World]:
    """Made once, and rolled back after the last of these tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        units = {
            "own": DepartmentFactory(code="own", name="本单位"),
            "other": DepartmentFactory(code="other", name="另一单位"),
            "nobodys": DepartmentFactory(code="nobodys", name="无人单位"),
        }
        people = {
            name: person(name, role, [units["own"]] if role in (roles.REPORTER, roles.ENDORSER) else [])
            for name, role in PEOPLE.items()
            if role is not None
        }
        clients = {"stranger": Client()}
        for name, user in people.items():
            clients[name] = Client()
            clients[name].force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        things = {kind: belongings(kind, unit) for kind, unit in units.items()}
        things["own"].view = SavedView.objects.create(owner=people["reporter"], table="targets", name="我的").pk
        for model in (AccessAttempt, AccessLog, AccessFailureLog):
            counted = {"failures_since_start": 1} if model is AccessAttempt else {}
            row = model.objects.create(username="somebody", **counted)
            setattr(things["own"], model._meta.model_name, row.pk)
        hidden = {kind: [f"{kind}-机密", FIGURES[kind], f"{Decimal(FIGURES[kind]):,}"] for kind in units}
        secrets = {name: [*hidden["own"], *hidden["other"], *hidden["nobodys"]] for name in PEOPLE}
        secrets["reporter"] = secrets["endorser"] = hidden["other"] + hidden["nobodys"]
        secrets["supervisor"] = secrets["auditor"] = []
        yield World(clients, things, secrets)
        transaction.set_rollback(True)


def person(username: str, role: str, units: list[Department]) -> User:
    # Nobody signs in by password here, and hashing one takes its time.
    user = User.objects.create(username=username, display_name=f"{NAMES}{username}", password="!", is_staff=True)
    user.groups.set(Group.objects.filter(name=role))
    for unit in units:
        Membership.objects.create(user=user, department=unit)
    return user


def belongings(kind: str, unit: Department) -> SimpleNamespace:
    """One of everything that belongs to a unit, or, for the last kind, a target that no unit is responsible for."""
    target = TargetFactory(
        indicator__code=f"target-{kind}", indicator__name=f"{unit}的目标", lead=unit if kind != "nobodys" else None
    )
    words = dict.fromkeys(["remark", "problem", "next_step"], WORDS)
    secret = {**dict.fromkeys(words, f"{kind}-机密"), "value": Decimal(FIGURES[kind])}

    def update(month: int, status: str, **given: Any) -> Any:
        period = dt.date(2018, month + 1, 1) - dt.timedelta(days=1)
        return UpdateFactory(target=target, period=period, status=status, **given)

    draft = update(5, Status.DRAFT, **secret)
    member = person(f"member-{kind}", roles.REPORTER, [unit])
    file = ContentFile(b"%PDF-1.7", name=f"{kind}-机密.pdf")
    result = AnnualResultFactory()
    reminder = Reminder.objects.create(target=target, period=draft.period, stage="overdue", recipient=member)
    return SimpleNamespace(
        target=target.pk,
        code=target.code,
        draft=draft.pk,
        submitted=update(4, Status.SUBMITTED, **secret).pk,
        endorsed=update(3, Status.ENDORSED, **secret).pk,
        verified=update(2, Status.VERIFIED, value=7, entered_by=member, **words).pk,
        evidence=Evidence.objects.create(update=draft, file=file).pk,
        department=unit.pk,
        unit_code=unit.code,
        member=member.pk,
        membership=Membership.objects.get(user=member).pk,
        reminder=reminder.pk,
        move=draft.moves.get().pk,
        indicator=target.indicator_id,
        measure=target.indicator.unit_id,
        section=target.section_id,
        report=target.section.report_id,
        year=PlanYear.objects.get().pk,
        result=result.pk,
        view=SavedView.objects.create(owner=member, table="targets", name="他的").pk,
    )


# --- the tests ---


def every_route(patterns: Any = None, before: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = f"{before}{str(pattern.pattern).removeprefix('^')}"
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from every_route(pattern.url_patterns, route)


def test_every_address_stands_in_a_table(world: World) -> None:
    asked = {
        resolve(row.address.format(**world.things).partition("?")[0].partition("#")[0]).route.replace("^", "")
        for row in ROWS
    }
    missing = sorted({route.replace("^", "") for route in every_route()} - asked)
    assert not missing, f"谁可以打开这些地址？请在 ADDRESSES 或 RECORDS 中各加一行：{missing}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.address}")
def test_who_may_open_it_and_that_it_shows_nobody_what_is_not_theirs(row: Row, world: World) -> None:
    answers, leaks = {}, {}
    for name in PEOPLE:
        answers[name], content = world.ask(name, row.method, row.address)
        if found := [secret for secret in world.secrets[name] if secret.encode() in content]:
            leaks[name] = found
    assert answers == row.expected
    assert not leaks


def test_those_who_may_see_it_do_see_it(world: World) -> None:
    """Without this, looking for leaks might look for nothing."""
    for person_, kind in [("reporter", "own"), ("auditor", "other"), ("supervisor", "nobodys")]:
        _status, content = world.ask(person_, "GET", f"{SHORT['update']}{{{kind}.draft}}/change/")
        assert f"{kind}-机密".encode() in content
        assert f"{Decimal(FIGURES[kind]):,}".encode() in content


def test_in_public_mode_strangers_read_figures_and_neither_words_nor_names(world: World, settings: Any) -> None:
    settings.PUBLIC = True
    opened = set()
    for row in ROWS:
        answer, content = world.ask("stranger", row.method, row.address)
        if answer == "200":
            opened.add(row.address)
            told = [text for text in (*world.secrets["stranger"], WORDS, NAMES) if text.encode() in content]
            assert not told, row.address
    assert {"/", "/targets/", "/targets/all.xlsx", "/departments/", "/results/2017/"} <= opened
    assert not [address for address in opened if address.startswith(("/admin/", "/evidence/", "/password/"))]
