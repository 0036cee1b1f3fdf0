"""变更历史 as a table: filtered, sorted, laid out, kept and exported like the others, and for auditors only."""

from __future__ import annotations

import csv
import io

import pghistory
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports.columns import HISTORY
from tests.factories import DepartmentFactory, TargetFactory, UpdateFactory, WorkReportFactory
from tracker.models import Department, ProgressUpdate, Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def history(as_user, auditor, on_screen):
    """What the table shows at an address: `history("kind=target")`."""
    client = as_user(auditor)

    def read(query: str = "") -> list[dict[str, str]]:
        response = client.get(f"/history/?{query}")
        assert response.status_code == 200
        return on_screen(response)

    return read


def test_the_table_says_who_changed_what_when_and_from_where(as_user, system_admin, history, unit):
    given = {"code": unit.code, "name": "区教体局", "position": "999"}
    assert as_user(system_admin).post(f"/admin/tracker/department/{unit.pk}/change/", given).status_code == 302
    change = history("kind=department")[0]
    assert change.pop("at")[:2] == "20"
    assert change == {
        "who": str(system_admin),
        "address": "127.0.0.1",
        "record": "区教体局",
        "kind": "单位",
        "action": "修改",
        "content": f"名称：区教育局 → 区教体局\n英文名称：Education Bureau → 空\n排序：{unit.position} → 999",
    }


def test_it_is_narrowed_by_kind_action_person_words_and_days(history, reporter, unit):
    draft = UpdateFactory(target=TargetFactory(lead=unit), status=Status.DRAFT, remark="将被删除")
    with pghistory.context(user=reporter.pk):
        draft.delete()
    assert not ProgressUpdate.objects.exists()
    (gone,) = history(f"kind=progressupdate&who={reporter.username}")
    assert gone["action"] == "删除"
    assert "进展说明：将被删除 → 空" in gone["content"]
    assert history("kind=progressupdate&action=delete") == [gone]
    assert gone in history("q=将被删除")
    assert history("q=没有这样的词") == history("until=2000-01-01") == history("since=2999-01-01") == []
    assert len(history("per_page=100&since=2000-01-01&until=2998-01-01")) == len(history("per_page=100"))


def test_what_cannot_be_followed_is_told_and_left_out(as_user, auditor):
    DepartmentFactory()
    client = as_user(auditor)
    for query in ("kind=x", "action=x", "since=x", "sort=x", "columns=x", "page=x", "per_page=7", "view=99999"):
        response = client.get(f"/history/?{query}")
        assert response.status_code == 200, query
        assert len(response.context["notices"]) == 1, query
        assert response.context["table"].paginator.count > 0


@pytest.mark.parametrize("name", HISTORY.choosable())
def test_every_column_can_be_shown_and_sorted_by(history, name):
    for _ in range(2):
        UpdateFactory(is_sample=True)
    rising, falling = (history(f"per_page=100&columns={name},at,kind&sort={sign}{name}") for sign in ("", "-"))
    assert len(rising) == len(falling) > 5
    values = [[row[name] for row in rows if name in row] for rows in (rising, falling)]
    assert list(dict.fromkeys(values[0])) == list(dict.fromkeys(values[1]))[::-1]
    if name != "is_sample":  # which is unset for nobody, but has a word for one of its two values only
        assert all(name in row for row in rising[: len(values[0])]), "what is unset stands last"


def test_it_is_told_in_english_to_whoever_reads_english(as_user, auditor, on_screen):
    UpdateFactory(is_sample=True)
    client = as_user(auditor)
    client.cookies["django_language"] = "en"
    response = client.get("/history/?kind=progressupdate")
    (change,) = on_screen(response)
    assert (change["kind"], change["action"], change["is_sample"]) == (
        "Progress update",
        "Created",
        "Demonstration data",
    )
    assert "Status: Verified" in change["content"].splitlines()
    assert "Kind of record: Progress update" in response.context["filters"]


def test_the_small_print_of_a_change_stands_with_what_it_belongs_to(as_user, auditor):
    UpdateFactory(is_sample=True)
    page = as_user(auditor).get("/history/?kind=progressupdate").content.decode()
    assert '<small data-column="kind">进展填报</small>' in page
    assert "演示数据" in page


def test_a_view_of_it_is_saved_and_opened_like_any_other(as_user, auditor):
    client = as_user(auditor)
    client.post("/history/?kind=department&columns=at,content&sort=-content", {"name": "单位变动", "is_default": "on"})
    opened = client.get("/history/", follow=True)
    assert opened.redirect_chain == [("/history/?kind=department&sort=-content&columns=at%2Ccontent", 302)]
    assert "单位变动" in opened.content.decode()


def test_pages_cut_one_transaction_without_losing_or_repeating_a_change(history):
    for number in range(30):
        DepartmentFactory(name=f"单位{number}")
    shown = [(row["record"], row["kind"], row["content"]) for page in (1, 2) for row in history(f"page={page}")]
    assert len(shown) == len(set(shown)) >= 30


def test_one_change_costs_as_many_queries_as_fifty(as_user, auditor):
    WorkReportFactory()  # without any, every page looks for one once more
    client = as_user(auditor)

    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
            assert response.status_code == 200
            b"".join(response)
        return len(queries)

    addresses = ("/history/?per_page=100", "/history/all.csv")
    for address in addresses:
        cost(address)
    few = [cost(address) for address in addresses]
    for number in range(50):
        UpdateFactory(target__lead=DepartmentFactory(full_name=str(number)))
    assert [cost(address) for address in addresses] == few


def test_the_command_line_exports_the_same(as_user, auditor, capfdbinary):
    Department.objects.create(code="x", name="=区新局")
    call_command("export", "history", "--format", "csv", "--view", "kind=department")
    printed = list(csv.reader(io.StringIO(capfdbinary.readouterr().out.decode("utf-8-sig"), newline="")))
    downloaded = b"".join(as_user(auditor).get("/history/view.csv?kind=department"))
    assert printed == list(csv.reader(io.StringIO(downloaded.decode("utf-8-sig"), newline="")))
    assert "名称：=区新局" in printed[1][-1]
    assert printed[1][printed[0].index("记录")] == "'=区新局"
