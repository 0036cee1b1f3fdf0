"""What the database tells of each change: names, steps, reasons, old and new, in words that are one with Python's."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pghistory
import pgtrigger
import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.utils import translation

from tests.factories import (
    AnnualResultFactory,
    DepartmentFactory,
    ResponsibilityFactory,
    UpdateFactory,
    UserFactory,
)
from tests.tracker.test_history import LEDGER
from tracker.history import ACTIONS, changes, changes_visible_to, kinds
from tracker.models import Department, ProgressUpdate, Status, User

pytestmark = pytest.mark.django_db


def of(row: Model) -> Any:
    return changes([type(row).pgh_event_model.objects.filter(pgh_obj_id=row.pk)])  # type: ignore[attr-defined]


def last(row: Model) -> dict[str, Any]:
    told: dict[str, Any] = of(row).first()
    return told


# --- what a record is called ---


@pytest.mark.parametrize("name", LEDGER)
def test_a_record_is_called_what_python_calls_it(name: str) -> None:
    row = LEDGER[name][0]()
    assert last(row)["record"] == str(type(row).objects.get(pk=row.pk))


def test_a_revision_and_a_person_without_a_display_name_are_called_what_python_calls_them() -> None:
    first = UpdateFactory()
    ProgressUpdate.objects.update(superseded_at=dt.datetime(2018, 9, 1, tzinfo=dt.UTC))
    second = UpdateFactory(target=first.target, revision=2, correction_reason="漏报")
    assert last(second)["record"] == str(second)
    assert last(UserFactory(username="lisi", display_name=""))["record"] == "lisi"


def test_what_is_gone_keeps_its_name_also_when_what_it_belonged_to_is_gone() -> None:
    part = ResponsibilityFactory(target__indicator__name="新增城镇就业", department__name="区人社局")
    said = changes([type(part).pgh_event_model.objects.filter(pgh_obj_id=part.pk)])
    part.delete()
    assert {row["record"] for row in said.values("record")} == {"新增城镇就业 2018 · 区人社局（牵头单位）"}
    Department.objects.filter(name="区人社局").update(name="区人力局")
    Department.objects.filter(name="区人力局").delete()
    assert {row["record"] for row in said.values("record")} == {"新增城镇就业 2018 · 区人力局（牵头单位）"}


# --- what was changed ---


@pytest.mark.parametrize("name", LEDGER)
def test_a_new_record_tells_what_it_began_with_and_a_change_what_it_changed(name: str) -> None:
    make, field, value = LEDGER[name]
    row = make()
    begun = last(row)
    assert (begun["kind"], begun["action"]) == (row._meta.model_name, "insert")
    assert begun["kind"] in kinds()
    assert begun["differences"]
    assert all(old == "" and new for _label, old, new in begun["differences"])
    if value is None or field.endswith("_id"):
        return
    type(row)._base_manager.filter(pk=row.pk).update(**{field: value})
    changed = last(row)
    assert changed["action"] == "update"
    ((label, _old, new),) = changed["differences"]
    assert label == str(row._meta.get_field(field).verbose_name)
    shown = ("是" if value else "否") if isinstance(value, bool) else str(value)
    assert new == shown


def test_figures_keep_their_digits_dates_their_day_and_instants_the_districts_clock() -> None:
    result = AnnualResultFactory(value=Decimal("-1234567.50"), growth=None, published_on=dt.date(2018, 1, 2))
    told = {label: new for label, _old, new in last(result)["differences"]}
    assert (told["数值"], told["公布日期"]) == ("-1,234,567.50", "2018-01-02")
    assert "增速（%）" not in told
    update = UpdateFactory(verified_at=dt.datetime(2018, 7, 10, 18, 0, 5, tzinfo=dt.UTC))
    told = {label: new for label, _old, new in last(update)["differences"]}
    assert told["核验时间"] == "2018-07-11 02:00:05"
    assert (told["状态"], told["演示数据"]) == ("已核验", "否")


def test_what_was_deleted_is_told_as_it_was() -> None:
    department = DepartmentFactory(name="区旧局", full_name="")
    said = of(department)
    Department.objects.update(full_name="岳阳楼区旧局")
    department.delete()
    gone, changed, begun = said.values("action", "content")
    assert gone["action"] == "delete"
    assert "名称：区旧局 → 空" in gone["content"].splitlines()
    assert "全称：岳阳楼区旧局 → 空" in gone["content"].splitlines()
    assert changed == {"action": "update", "content": "全称：空 → 岳阳楼区旧局"}
    assert "名称：区旧局" in begun["content"].splitlines()
    assert "全称" not in begun["content"]


def test_what_was_there_before_anything_was_recorded_is_told_when_it_is_deleted() -> None:
    with pgtrigger.ignore():
        department = DepartmentFactory(name="区老局")
    said = of(department)
    department.delete()
    (gone,) = said
    assert (gone["action"], gone["record"]) == ("delete", "区老局")
    assert "名称：区老局 → 空" in gone["content"].splitlines()


def test_a_text_of_several_lines_stays_one_line_of_the_content() -> None:
    update = UpdateFactory(status=Status.DRAFT, remark="旧")
    ProgressUpdate.objects.update(remark="第一行\r\n  第二行 '引号' 100%")
    assert last(update)["content"] == "进展说明：旧 → 第一行 / 第二行 '引号' 100%"
    assert last(update)["differences"] == [["进展说明", "旧", "第一行\r\n  第二行 '引号' 100%"]]


def test_a_change_is_told_in_the_readers_language() -> None:
    update = UpdateFactory(status=Status.DRAFT)
    ProgressUpdate.objects.update(status=Status.RETURNED, return_reason="no evidence")
    with translation.override("en"):
        assert last(update)["differences"][0] == ["Status", "Draft", "Returned"]
        assert last(update)["content"].startswith("Status: Draft → Returned\n")
        assert str(ACTIONS[last(update)["action"]]) == "Changed"


# --- who, and what it was ---


def test_a_change_without_a_page_was_made_by_a_command_or_in_the_database() -> None:
    department = DepartmentFactory()
    assert (last(department)["who"], last(department)["address"]) == ("数据库或后台命令", None)
    with pghistory.context(source="manage.py load_report"):
        Department.objects.update(full_name="改")
    assert last(department)["who"] == "manage.py load_report"
    person = UserFactory(display_name="张三")
    with pghistory.context(user=person.pk, address="10.0.0.9"):
        Department.objects.update(full_name="再改")
    change = last(department)
    assert (change["who"], change["user_id"], change["address"]) == ("张三", person.pk, "10.0.0.9")


def test_changes_of_one_transaction_stand_in_a_total_order() -> None:
    UserFactory()
    for _ in range(3):
        DepartmentFactory()
    rows = list(changes().values_list("at", "kind", "event"))
    assert len({row[0] for row in rows}) == 1
    assert rows == sorted(rows, key=lambda row: (row[1], -row[2]))
    assert len(set(rows)) == len(rows)


def test_only_whoever_may_read_the_history_sees_any_change(auditor: User, supervisor: User) -> None:
    assert changes_visible_to(auditor).count() == changes().count() > 0
    assert not changes_visible_to(supervisor).exists()
    assert not changes_visible_to(AnonymousUser()).exists()


def test_one_query_tells_everything(django_assert_num_queries: Any) -> None:
    for name in LEDGER:
        LEDGER[name][0]()
    with django_assert_num_queries(1):
        assert len(changes()) >= len(LEDGER)


def test_a_page_describes_only_the_changes_on_it() -> None:
    for number in range(30):
        DepartmentFactory(full_name=f"第{number}个")
    page: Any = changes().values("at", "record", "content")[:5]
    assert loops(json.loads(page.explain(format="json", analyze=True))[0]["Plan"]) == {5}


def loops(node: dict[str, Any]) -> set[int]:
    """How often each expression of a plan's first `Result` that reads a table was computed, if at all."""
    if node["Node Type"] != "Result":
        return loops(node["Plans"][0])
    parts = [part for part in node["Plans"] if part["Parent Relationship"] == "SubPlan"]
    return {part["Actual Loops"] for part in parts} - {0}
