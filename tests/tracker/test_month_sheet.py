"""月度填报表: a unit's whole month on one page; each row is saved, refused and asked about for itself."""

from __future__ import annotations

import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import (
    MilestoneFactory,
    ResponsibilityFactory,
    TargetFactory,
    UpdateFactory,
    UserFactory,
    close_years,
)
from tracker import roles
from tracker.models import ProgressUpdate, Role, Status, Target

pytestmark = pytest.mark.django_db

MAY, JUNE = dt.date(2018, 5, 31), dt.date(2018, 6, 30)


@pytest.fixture
def jobs(unit) -> Target:
    return TargetFactory(lead=unit, indicator__name="新增就业", wording="新增就业100人")


@pytest.fixture
def task(unit) -> Target:
    return TargetFactory(lead=unit, task=True, indicator__name="办事大厅")


def address(month: str = "2018-06", unit: str = "jiaoyu", name: str = "month_sheet") -> str:
    return f"{reverse(f'admin:{name}')}?unit={unit}&month={month}"


def shown(response) -> list[Target]:
    return [row.target for row in response.context["sheet"].rows]


def row_of(response, target: Target):
    return next(row for row in response.context["sheet"].rows if row.target == target)


class SheetFields(HTMLParser):
    """What a browser would send of the sheet on a page as it stands, its buttons apart."""

    def __init__(self, response) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.is_inside, self.text_of = False, ""
        self.feed(response.content.decode())

    def handle_starttag(self, tag: str, attributes) -> None:
        given = dict(attributes)
        self.is_inside |= given.get("id") == "sheet"
        if not self.is_inside or "name" not in given or tag == "button":
            return
        if tag == "textarea":
            self.text_of = given["name"]
            self.fields[self.text_of] = [""]
        elif given.get("type") not in ("radio", "checkbox") or "checked" in given:
            self.fields.setdefault(given["name"], []).append(given.get("value") or "")

    def handle_data(self, data: str) -> None:
        if self.text_of:
            self.fields[self.text_of] = [data.removeprefix("\n").replace("\n", "\r\n")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.text_of = ""
        if tag == "form":
            self.is_inside = False


@pytest.fixture
def send(as_user):
    """Fill in the page that the person sees, and send it: `send(reporter, {(target, "value"): "50"})`."""

    def sent(user, typed: dict[tuple[Target, str], object], *, submit: bool = False, url: str | None = None, page=None):
        url = url or address()
        fields = SheetFields(page or as_user(user).get(url)).fields
        fields |= {f"{target.pk}-{name}": value for (target, name), value in typed.items()}
        return as_user(user).post(url, fields | {"_submit" if submit else "_save": "1"}, follow=True)

    return sent


def said(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


# --- who ---


def test_a_reporter_sees_the_own_units_targets_and_no_others(as_user, reporter, jobs, other_unit):
    foreign = TargetFactory(lead=other_unit)
    page = as_user(reporter).get(address())
    assert shown(page) == [jobs]
    assert str(foreign.indicator) not in page.content.decode()
    assert (
        address().replace("&", "&amp;").split("?")[0] in as_user(reporter).get(reverse("admin:index")).content.decode()
    )


def test_another_units_sheet_is_not_found(as_user, colleague, jobs):
    for name in ("month_sheet", "month_sheet_check"):
        assert as_user(colleague).post(address(name=name), {f"{jobs.pk}-value": "5"}).status_code == 404
    assert as_user(colleague).get(address()).status_code == 404
    assert not ProgressUpdate.objects.exists()


def test_anonymous_is_asked_to_sign_in(client, jobs):
    response = client.get(address())
    assert response.status_code == 302
    assert "/login/" in response["Location"]


def test_a_foreign_target_cannot_be_slipped_into_the_own_sheet(as_user, reporter, jobs, other_unit):
    foreign = TargetFactory(lead=other_unit)
    as_user(reporter).post(address(), {f"{foreign.pk}-fingerprint": "", f"{foreign.pk}-value": "50", "_save": "1"})
    assert not ProgressUpdate.objects.exists()


def test_what_does_not_exist_is_not_found(as_user, reporter, jobs):
    client, url = as_user(reporter), reverse("admin:month_sheet")
    queries = ["unit=nowhere", "month=2018-13", "month=2018", "month=x", "month=2031-06", "unit="]
    assert {query: client.get(f"{url}?{query}").status_code for query in queries} == dict.fromkeys(queries, 404)


def test_a_reporter_without_targets_is_told_so(as_user, reporter):
    assert "还没有可填报的目标" in as_user(reporter).get(reverse("admin:month_sheet")).content.decode()


# --- what stands on it ---


def test_a_sheet_has_what_is_reported_that_month(as_user, reporter, unit):
    monthly = TargetFactory(lead=unit)
    quarterly = TargetFactory(lead=unit, indicator__frequency="quarterly")
    from_february = TargetFactory(lead=unit, indicator__first_month=2)
    TargetFactory(lead=unit, section__report__plan_year=2019, year=2019)
    client = as_user(reporter)
    assert shown(client.get(address("2018-01"))) == [monthly]
    assert shown(client.get(address("2018-05"))) == [monthly, from_february]
    assert shown(client.get(address("2018-06"))) == [monthly, quarterly, from_february]


def test_figures_come_before_tasks_and_what_others_lead_comes_last(as_user, reporter, unit, other_unit):
    shared = TargetFactory(lead=other_unit)
    ResponsibilityFactory(target=shared, department=unit, role=Role.COOPERATING)
    task = TargetFactory(lead=unit, task=True)
    sourced = TargetFactory(lead=other_unit)
    ResponsibilityFactory(target=sourced, department=unit, role=Role.DATA_OWNER)
    page = as_user(reporter).get(address())
    assert shown(page) == [sourced, task, shared]
    assert [group.rows[0].target for group in page.context["sheet"].shared] == [shared]


def test_a_row_shows_what_one_needs_to_know(as_user, reporter, jobs):
    UpdateFactory(target=jobs, period=MAY, value=Decimal(42))
    page = as_user(reporter).get(address()).content.decode()
    for text in ("新增就业", "新增就业100人", "≥ 100 个", "42 个", "2018年5月", "50.00%"):
        assert text in page


def test_growth_is_asked_for_where_it_is_promised_or_was_stated(as_user, reporter, unit):
    plain = TargetFactory(lead=unit)
    promised = TargetFactory(lead=unit, growth=Decimal(9), growth_comparator=">=")
    stated = TargetFactory(lead=unit)
    UpdateFactory(target=stated, period=MAY, growth=Decimal(3))
    page = as_user(reporter).get(address())
    assert {target: "growth" in row_of(page, target).figures for target in (plain, promised, stated)} == {
        plain: False,
        promised: True,
        stated: True,
    }


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.ENDORSED, Status.VERIFIED])
def test_what_was_handed_on_is_only_read_with_its_meaning(status, as_user, reporter, jobs, send):
    UpdateFactory(target=jobs, status=status, value=Decimal(61))
    page = as_user(reporter).get(address())
    assert row_of(page, jobs).form is None
    assert "61.00%" in page.content.decode()
    assert "超序时" in page.content.decode()
    as_user(reporter).post(address(), {f"{jobs.pk}-fingerprint": "", f"{jobs.pk}-value": "99", "_save": "1"})
    assert ProgressUpdate.objects.get().value == Decimal(61)


def test_a_returned_row_is_open_and_says_why(as_user, reporter, jobs):
    UpdateFactory(target=jobs, status=Status.RETURNED, return_reason="与统计局不符")
    page = as_user(reporter).get(address())
    assert row_of(page, jobs).form
    assert "与统计局不符" in page.content.decode()


def test_a_correction_under_way_is_what_the_row_is_about(as_user, reporter, jobs, send):
    verified = UpdateFactory(target=jobs, value=Decimal(50))
    correction = UpdateFactory(
        target=jobs, value=Decimal(50), status=Status.DRAFT, revision=2, correction_reason="漏报", source_url=""
    )
    send(reporter, {(jobs, "value"): "52"})
    verified.refresh_from_db()
    correction.refresh_from_db()
    assert (verified.value, correction.value) == (Decimal(50), Decimal(52))


def test_a_month_that_has_not_ended_is_not_filled_in(as_user, reporter, jobs, time_machine):
    time_machine.move_to(dt.datetime(2018, 6, 15, tzinfo=dt.UTC))
    page = as_user(reporter).get(address())
    assert row_of(page, jobs).form is None
    assert "尚未结束" in page.content.decode()


def test_a_closed_year_is_only_read(as_user, reporter, jobs):
    draft = UpdateFactory(target=jobs, status=Status.DRAFT)
    close_years()
    page = as_user(reporter).get(address())
    assert row_of(page, jobs).form is None
    assert "已封账" in page.content.decode()
    typed = {f"{jobs.pk}-fingerprint": draft.fingerprint(), f"{jobs.pk}-value": "9"}
    assert "已经封账" in as_user(reporter).post(address(), typed).content.decode()
    assert ProgressUpdate.objects.get().value == Decimal(50)


# --- which month it opens with ---


@pytest.fixture
def opened(as_user, reporter, time_machine):
    """The month that opens by itself, on the ides of March of the year after unless told otherwise."""

    def month(today: dt.date = dt.date(2019, 3, 15)) -> str:
        time_machine.move_to(dt.datetime.combine(today, dt.time(4), dt.UTC))
        return f"{as_user(reporter).get(reverse('admin:month_sheet')).context['choice'].period:%Y-%m}"

    return month


def test_the_first_month_opens_where_nothing_is_reported(jobs, opened):
    assert opened() == "2018-01"


def test_the_last_month_begun_opens_until_it_is_wholly_reported(jobs, unit, opened):
    other = TargetFactory(lead=unit)
    UpdateFactory(target=jobs, period=MAY)
    assert opened() == "2018-05"
    draft = UpdateFactory(target=other, period=MAY, status=Status.DRAFT)
    assert opened() == "2018-05"
    ProgressUpdate.objects.filter(pk=draft.pk).update(status=Status.SUBMITTED, submitted_at="2018-06-05T08:00Z")
    assert opened() == "2018-06"


def test_a_month_opens_only_once_it_has_ended(jobs, opened):
    UpdateFactory(target=jobs, period=MAY)
    assert opened(dt.date(2018, 6, 29)) == "2018-05"
    assert opened(dt.date(2018, 7, 1)) == "2018-06"


def test_what_others_lead_does_not_hold_up_the_month(jobs, unit, opened):
    ResponsibilityFactory(target=TargetFactory(), department=unit, role=Role.COOPERATING)
    UpdateFactory(target=jobs, period=MAY)
    assert opened() == "2018-06"


def test_a_closed_year_does_not_open_by_itself(jobs, unit, opened):
    UpdateFactory(target=jobs, period=MAY)
    close_years()
    TargetFactory(lead=unit, section__report__plan_year=2019, year=2019)
    assert opened() == "2019-01"


def test_of_several_units_one_is_chosen(as_user, unit, other_unit, jobs):
    both = UserFactory(role=roles.REPORTER, departments=[unit, other_unit])
    foreign = TargetFactory(lead=other_unit)
    assert shown(as_user(both).get(address(unit="gongan"))) == [foreign]
    page = as_user(both).get(address())
    assert shown(page) == [jobs]
    assert '<option value="gongan">' in page.content.decode()


# --- saving ---


def test_touched_rows_are_saved_and_untouched_ones_are_not(reporter, jobs, task, send, unit):
    untouched = TargetFactory(lead=unit)
    response = send(reporter, {(jobs, "value"): "１,０５０．５", (task, "stage"): "推进中", (task, "remark"): "封顶"})
    assert "已保存 2 项" in said(response)
    assert not untouched.updates.exists()
    update = jobs.updates.get()
    assert (update.value, update.status, update.entered_by) == (Decimal("1050.5"), Status.DRAFT, reporter)
    assert (task.updates.get().stage, task.updates.get().remark) == ("推进中", "封顶")


def test_sending_the_page_as_it_stands_saves_nothing(reporter, jobs, task, send):
    draft = UpdateFactory(target=jobs, status=Status.DRAFT, value=Decimal("50.0"), remark="一\n二")
    before = draft.fingerprint()
    response = send(reporter, {})
    assert "没有新填的内容" in said(response)
    draft.refresh_from_db()
    assert (draft.fingerprint(), draft.entered_by, ProgressUpdate.objects.count()) == (before, None, 1)


def test_a_zero_is_a_figure_and_a_blank_is_none(reporter, jobs, unit, send):
    other = TargetFactory(lead=unit)
    send(reporter, {(jobs, "value"): "0", (other, "value"): "  ", (other, "remark"): "尚无数据"})
    assert (jobs.updates.get().value, other.updates.get().value) == (Decimal(0), None)


def test_steps_and_growth_are_saved(reporter, unit, send):
    task = TargetFactory(lead=unit, task=True)
    for number in (1, 2):
        MilestoneFactory(target=task, number=number)
    figure = TargetFactory(lead=unit, growth=Decimal(9), growth_comparator=">=")
    send(reporter, {(task, "steps_done"): ["1"], (figure, "value"): "60", (figure, "growth"): "−2.5%"})
    assert task.updates.get().steps_done == [1]
    assert figure.updates.get().growth == Decimal("-2.5")


def test_one_bad_row_holds_up_no_other_and_keeps_what_was_typed(reporter, jobs, task, unit, send):
    bad = TargetFactory(lead=unit)
    response = send(reporter, {(jobs, "value"): "50", (bad, "value"): "五十", (bad, "remark"): "说明文字"}, submit=True)
    assert "已提交 1 项" in said(response)
    assert "1 项没有保存" in said(response)
    row = row_of(response, bad)
    assert "不是数字" in row.form.errors["value"][0]
    assert (row.form["value"].value(), row.form["remark"].value()) == ("五十", "说明文字")
    assert not bad.updates.exists()
    assert row_of(response, jobs).form is None
    # Put right, it is saved from the page that came back.
    send(reporter, {(bad, "value"): "50"}, submit=True, page=response)
    assert bad.updates.get().status == Status.SUBMITTED


def test_all_that_is_complete_is_submitted_earlier_drafts_too(reporter, jobs, task, send):
    UpdateFactory(target=jobs, status=Status.DRAFT, value=Decimal(60), source_url="")
    response = send(reporter, {(task, "stage"): "已完成"}, submit=True)
    assert "已提交 2 项" in said(response)
    assert set(ProgressUpdate.objects.values_list("status", flat=True)) == {Status.SUBMITTED}


def test_what_is_behind_is_kept_as_a_draft_until_it_is_explained(reporter, jobs, send):
    response = send(reporter, {(jobs, "value"): "20"}, submit=True)
    assert "1 项还不完整" in said(response)
    row = row_of(response, jobs)
    assert set(row.objections) == {"problem", "next_step"}
    assert row.needs_words
    assert jobs.updates.get().status == Status.DRAFT
    send(reporter, {(jobs, "problem"): "雨季", (jobs, "next_step"): "增派人手"}, submit=True)
    assert jobs.updates.get().status == Status.SUBMITTED


def test_a_question_is_answered_with_a_remark(reporter, jobs, send):
    UpdateFactory(target=jobs, period=MAY, value=Decimal(70))
    response = send(reporter, {(jobs, "value"): "60"}, submit=True)
    assert "低于" in " ".join(row_of(response, jobs).objections["confirmation"])
    assert jobs.updates.get(period=JUNE).status == Status.DRAFT
    send(reporter, {(jobs, "confirmation"): "上月多报，已核实"}, submit=True)
    assert jobs.updates.get(period=JUNE).status == Status.SUBMITTED


def test_a_returned_row_that_nobody_touched_is_not_handed_on_again(reporter, jobs, task, send):
    returned = UpdateFactory(target=jobs, status=Status.RETURNED, return_reason="请核对", source_url="")
    send(reporter, {(task, "stage"): "已完成"}, submit=True)
    returned.refresh_from_db()
    assert returned.status == Status.RETURNED
    send(reporter, {(jobs, "value"): "51"}, submit=True)
    returned.refresh_from_db()
    assert (returned.status, returned.value) == (Status.SUBMITTED, Decimal(51))


def test_whoever_changed_a_row_answers_for_it(reporter, unit, jobs, send):
    writer = UserFactory(role=roles.REPORTER, departments=[unit])
    draft = UpdateFactory(target=jobs, status=Status.DRAFT, entered_by=writer)
    send(reporter, {(jobs, "value"): "55"})
    draft.refresh_from_db()
    assert draft.entered_by == reporter


def test_a_demonstration_account_fills_in_demonstration_data_only(unit, jobs, task, send):
    demo = UserFactory(role=roles.REPORTER, departments=[unit], is_sample=True)
    real = UpdateFactory(target=jobs, status=Status.DRAFT)
    send(demo, {(jobs, "value"): "99", (task, "stage"): "推进中"})
    real.refresh_from_db()
    assert real.value == Decimal(50)
    assert task.updates.get().is_sample


# --- two people at once ---


def test_what_a_colleague_changed_meanwhile_is_not_overwritten_unseen(as_user, reporter, unit, jobs, send):
    mate = UserFactory(role=roles.REPORTER, departments=[unit], display_name="李四")
    UpdateFactory(target=jobs, status=Status.DRAFT, value=Decimal(50))
    seen = as_user(reporter).get(address())
    send(mate, {(jobs, "value"): "60"})
    response = send(reporter, {(jobs, "value"): "70"}, page=seen)
    assert "李四" in row_of(response, jobs).form.non_field_errors()[0]
    assert row_of(response, jobs).form["value"].value() == "70"
    assert jobs.updates.get().value == Decimal(60)
    # Told so, one may insist.
    send(reporter, {}, page=response)
    assert jobs.updates.get().value == Decimal(70)


def test_what_a_colleague_changed_meanwhile_is_left_alone_where_one_typed_nothing(as_user, reporter, unit, jobs, send):
    mate = UserFactory(role=roles.REPORTER, departments=[unit])
    other = TargetFactory(lead=unit)
    UpdateFactory(target=jobs, status=Status.DRAFT, value=Decimal(50), source_url="")
    seen = as_user(reporter).get(address())
    send(mate, {(jobs, "value"): "60"})
    response = send(reporter, {(other, "value"): "70"}, page=seen)
    assert "已保存 1 项" in said(response)
    assert jobs.updates.get().value == Decimal(60)
    # But what one did not see is not handed on.
    response = send(reporter, {}, page=seen, submit=True)
    assert jobs.updates.get().status == Status.DRAFT


def test_two_that_begin_the_same_row_do_not_overwrite_each_other(as_user, reporter, unit, jobs, send):
    mate = UserFactory(role=roles.REPORTER, departments=[unit])
    seen = as_user(reporter).get(address())
    send(mate, {(jobs, "value"): "60"})
    response = send(reporter, {(jobs, "value"): "70"}, page=seen)
    assert row_of(response, jobs).form.errors
    assert jobs.updates.get().value == Decimal(60)
    # The same figure twice is no conflict.
    response = send(reporter, {(jobs, "value"): "60"}, page=seen)
    assert not row_of(response, jobs).form.errors
    assert jobs.updates.get().entered_by == mate


def test_what_was_typed_into_a_row_that_a_colleague_submitted_is_shown_and_not_saved(
    as_user, reporter, unit, jobs, send
):
    draft = UpdateFactory(target=jobs, status=Status.DRAFT, value=Decimal(50), source_url="")
    seen = as_user(reporter).get(address())
    ProgressUpdate.objects.filter(pk=draft.pk).update(status=Status.SUBMITTED)
    response = send(reporter, {(jobs, "remark"): "写了很久的说明"}, page=seen)
    assert "待审核" in row_of(response, jobs).form.non_field_errors()[0]
    assert "写了很久的说明" in response.content.decode()
    assert jobs.updates.get().remark == ""


@pytest.mark.django_db(transaction=True)
def test_a_save_waits_for_the_one_before_it_and_does_not_undo_it(as_user, reporter, jobs):
    draft = UpdateFactory(target=jobs, status=Status.DRAFT, value=Decimal(50))
    client = as_user(reporter)
    fields = SheetFields(client.get(address())).fields | {f"{jobs.pk}-value": "70", "_save": "1"}

    def save_sheet():
        try:
            return client.post(address(), fields)
        finally:
            connection.close()

    def is_waiting() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))")
            return cursor.rowcount > 0

    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            ProgressUpdate.objects.filter(pk=draft.pk).update(value=60)
            saving = pool.submit(save_sheet)
            deadline = time.monotonic() + 10
            while not is_waiting():
                assert time.monotonic() < deadline, "the save does not wait"
                time.sleep(0.01)
        assert row_of(saving.result(), jobs).form.errors
    draft.refresh_from_db()
    assert draft.value == Decimal(60)


# --- telling what it means while it is typed ---


def test_what_is_typed_is_judged_and_not_saved(as_user, reporter, jobs, task, unit):
    bad = TargetFactory(lead=unit)
    fields = SheetFields(as_user(reporter).get(address())).fields
    fields |= {f"{jobs.pk}-value": "20", f"{bad.pk}-value": "x"}
    answer = as_user(reporter).post(address(name="month_sheet_check"), fields).json()["rows"]
    assert set(answer) == {str(jobs.pk), str(bad.pk)}
    judged = answer[str(jobs.pk)]
    assert judged["meaning"] == {
        "completion": "20.00%",
        "gap": "−30.00",
        "status": "欠序时",
        "light": "red",
        "lamp": "红灯",
    }
    assert set(judged["objections"]) == {"problem", "next_step"}
    assert set(answer[str(bad.pk)]["errors"]) == {"value"}
    assert not ProgressUpdate.objects.exists()


# --- what it costs ---


def test_a_sheet_of_fifty_rows_costs_as_many_queries_as_one_of_one(as_user, reporter, unit, jobs, task):
    client = as_user(reporter)
    UpdateFactory(target=jobs, status=Status.DRAFT, value=Decimal(20))
    MilestoneFactory(target=task)

    def check(page) -> None:
        client.post(address(name="month_sheet_check"), SheetFields(page).fields | {f"{task.pk}-stage": "推进中"})

    page = client.get(address())
    with CaptureQueriesContext(connection) as one:
        page = client.get(address())
        check(page)
    for _n in range(24):
        UpdateFactory(target=TargetFactory(lead=unit), status=Status.DRAFT, value=Decimal(20))
        MilestoneFactory(target=TargetFactory(lead=unit, task=True))
    with CaptureQueriesContext(connection) as many:
        check(client.get(address()))
    assert len(many) == len(one), "\n".join(query["sql"][:300] for query in many)


def test_submitting_costs_three_queries_for_each_row(reporter, unit, send):
    def queries(count: int) -> int:
        targets = [TargetFactory(lead=unit) for _n in range(count)]
        typed = {(target, "value"): "60" for target in targets}
        with CaptureQueriesContext(connection) as captured:
            send(reporter, typed, submit=True)
        assert ProgressUpdate.objects.filter(target__in=targets, status=Status.SUBMITTED).count() == count
        return len(captured)

    queries(1)  # the first sheet of all
    assert queries(12) - queries(2) == 3 * 10
