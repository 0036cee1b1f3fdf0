"""Entering progress in the admin and taking it to verified: by the right people, in the right order, with sentences."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse, reverse_lazy

from tests.factories import (
    MilestoneFactory,
    ResponsibilityFactory,
    TargetFactory,
    UnitFactory,
    UpdateFactory,
    UserFactory,
    WorkReportFactory,
    close_years,
)
from tracker import roles
from tracker.admin.entry.update import ProgressUpdateAdmin
from tracker.models import Evidence, PlanYear, ProgressUpdate, Role, Status, Target

pytestmark = pytest.mark.django_db

JUNE = dt.date(2018, 6, 30)
NO_FILES = {"evidence-TOTAL_FORMS": "0", "evidence-INITIAL_FORMS": "0"}


@pytest.fixture
def target(unit) -> Target:
    return TargetFactory(lead=unit)


@pytest.fixture
def task(unit) -> Target:
    return TargetFactory(task=True, lead=unit)


@pytest.fixture
def in_state(target, unit):
    """An update of June in some state, entered by somebody who takes no part in the test."""

    def make(status: str, **given) -> ProgressUpdate:
        writer = UserFactory(role=roles.REPORTER, departments=[unit])
        reason = {"return_reason": "请核对"} if status == Status.RETURNED else {}
        given = {"target": target, "entered_by": writer, "source_url": "", **reason, **given}
        if status == Status.VERIFIED:
            given = {"verified_by": UserFactory(role=roles.SUPERVISOR), **given}
        return UpdateFactory(status=status, **given)

    return make


def add_url(target: Target) -> str:
    return f"{reverse('admin:tracker_progressupdate_add')}?target={target.pk}"


def change_url(update: ProgressUpdate) -> str:
    return reverse("admin:tracker_progressupdate_change", args=[update.pk])


def step_url(update: ProgressUpdate, step: str) -> str:
    return reverse("admin:tracker_progressupdate_step", args=[update.pk, step])


def typed(**fields: str) -> dict[str, str]:
    return {"period": "2018-06-30", **NO_FILES, **fields}


def retyped(update: ProgressUpdate, **fields: str) -> dict[str, str]:
    """What the form of `update` sends when it was opened just now."""
    return typed(fingerprint=ProgressUpdate.objects.get(pk=update.pk).fingerprint(), **fields)


def said(response) -> str:
    """The messages on the page that the person ends up on."""
    return " ".join(str(message) for message in response.context["messages"])


def status_of(update: ProgressUpdate) -> str:
    return ProgressUpdate.objects.get(pk=update.pk).status


# --- adding ---


def test_a_reporter_saves_a_draft_of_the_own_unit(as_user, reporter, target):
    response = as_user(reporter).post(add_url(target), typed(value="50", _save="1"), follow=True)
    update = ProgressUpdate.objects.get()
    assert (update.target, update.period, update.value, update.status) == (target, JUNE, Decimal(50), Status.DRAFT)
    assert update.entered_by == reporter
    assert "已保存，尚未提交" in said(response)
    assert response.request["PATH_INFO"] == reverse("admin:index")


def test_a_reporter_saves_and_submits_at_once(as_user, reporter, target):
    response = as_user(reporter).post(add_url(target), typed(value="50", _submit="1"), follow=True)
    assert ProgressUpdate.objects.get().status == Status.SUBMITTED
    assert "等待单位审核" in said(response)


def test_without_endorsement_an_update_goes_straight_to_the_supervision_office(as_user, reporter, target):
    PlanYear.objects.update(needs_endorsement=False)
    response = as_user(reporter).post(add_url(target), typed(value="50", _submit="1"), follow=True)
    assert ProgressUpdate.objects.get().status == Status.ENDORSED
    assert "等待督查室核验" in said(response)


def test_anonymous_is_asked_to_sign_in(client, target, in_state):
    update = in_state(Status.SUBMITTED)
    for url in (add_url(target), change_url(update), step_url(update, "endorse"), reverse("admin:index")):
        for response in (client.get(url), client.post(url, typed())):
            assert response.status_code == 302
            assert "/login/" in response["Location"]
    assert status_of(update) == Status.SUBMITTED


def test_whoever_may_not_enter_the_staff_site_is_told_so(as_user, official):
    official.is_staff = False
    official.save()
    assert as_user(official).get(reverse("admin:index")).status_code == 403


def test_a_target_that_does_not_exist_is_not_found(as_user, reporter):
    client, url = as_user(reporter), reverse("admin:tracker_progressupdate_add")
    keys = ["999999", "x", "", "9" * 40, "1 OR 1=1"]
    assert {key: client.get(url, {"target": key}).status_code for key in keys} == dict.fromkeys(keys, 404)


def test_a_closed_year_takes_no_more_updates(as_user, reporter, target):
    close_years()
    response = as_user(reporter).post(add_url(target), typed(value="50", _save="1"), follow=True)
    assert "已封账" in said(response)
    assert not ProgressUpdate.objects.exists()


def test_without_a_target_the_units_targets_are_offered(as_user, reporter, target, other_unit):
    foreign = TargetFactory(lead=other_unit)
    page = as_user(reporter).get(reverse("admin:tracker_progressupdate_add")).content.decode()
    assert str(target.indicator) in page
    assert str(foreign.indicator) not in page


def test_only_ended_periods_that_the_target_has_are_offered(as_user, reporter, unit, time_machine):
    time_machine.move_to(dt.datetime(2018, 8, 15, tzinfo=dt.UTC))
    quarterly = TargetFactory(lead=unit, indicator__frequency="quarterly")
    UpdateFactory(target=quarterly, period=dt.date(2018, 3, 31))
    form = as_user(reporter).get(add_url(quarterly)).context["adminform"].form
    assert form.fields["period"].choices == [("2018-03-31", "2018年3月（已核验）"), ("2018-06-30", "2018年6月")]
    assert form["period"].value() == JUNE


def test_a_period_that_the_target_does_not_have_is_refused_with_a_sentence(as_user, reporter, unit):
    client, url = as_user(reporter), add_url(TargetFactory(lead=unit, indicator__frequency="quarterly"))
    periods = ["2018-07-31", "2018-06-29", "2017-12-31", "2099-12-31", "nonsense", ""]
    answers = {period: client.post(url, typed(period=period, value="50", _save="1")) for period in periods}
    assert not [
        period
        for period, answer in answers.items()
        if answer.status_code != 200 or not answer.context["adminform"].form.errors.get("period")
    ]
    assert not ProgressUpdate.objects.exists()


def test_a_period_already_reported_is_refused_and_the_form_comes_back_filled(as_user, reporter, target, in_state):
    in_state(Status.SUBMITTED)
    response = as_user(reporter).post(add_url(target), typed(value="61.5", remark="说明文字", _submit="1"))
    page = response.content.decode()
    assert "尚未核验的填报，请在原件上修改" in page
    assert 'value="61.5"' in page
    assert "说明文字" in page
    assert ProgressUpdate.objects.count() == 1


def test_a_refused_submit_saves_nothing_and_loses_nothing(as_user, reporter, target):
    response = as_user(reporter).post(add_url(target), typed(remark="还没有数", _submit="1"))
    page = response.content.decode()
    assert "没有数据请不要填 0" in page
    assert "还没有数" in page
    assert not ProgressUpdate.objects.exists()


def test_a_draft_may_still_be_empty(as_user, reporter, target):
    as_user(reporter).post(add_url(target), typed(_save="1"))
    assert ProgressUpdate.objects.get().value is None


def test_figures_are_read_as_people_type_them(as_user, reporter, target):
    UnitFactory(symbol="万个", dimension="个", factor=10_000)
    client = as_user(reporter)
    texts = ["1,234.50", "１２３．５", " 7 ", "0", "0.5万个", ""]
    for month, text in enumerate(texts, 1):
        period = dt.date(2018, month + 1, 1) - dt.timedelta(days=1)
        client.post(add_url(target), typed(period=str(period), value=text, growth="9.5%", _save="1"))
    read = ProgressUpdate.objects.order_by("period").values_list("value", "growth")
    values = ["1234.50", "123.5", "7", "0", "5000", None]
    assert list(read) == [(None if value is None else Decimal(value), Decimal("9.5")) for value in values]


def test_what_is_no_figure_is_refused_with_what_was_typed(as_user, reporter, target):
    client = as_user(reporter)
    texts = ["NaN", "Infinity", "1e308", "1,5", "12a", "=1+1", "--", "9" * 30, "5亿元", "1\x002"]
    answers = {text: client.post(add_url(target), typed(value=text, _save="1")) for text in texts}
    assert not [
        text
        for text, answer in answers.items()
        if answer.status_code != 200 or not answer.context["adminform"].form.errors.get("value")
    ]
    assert not ProgressUpdate.objects.exists()


def test_a_plain_task_states_a_stage_and_no_figure(as_user, reporter, task):
    client = as_user(reporter)
    assert set(client.get(add_url(task)).context["adminform"].form.fields) & {"value", "growth", "steps_done"} == set()
    client.post(add_url(task), typed(stage="推进中", value="5", _submit="1"))
    update = ProgressUpdate.objects.get()
    assert (update.stage, update.value, update.status) == ("推进中", None, Status.SUBMITTED)


def test_a_task_with_steps_ticks_those_that_are_done(as_user, reporter, task):
    for number in (1, 2):
        MilestoneFactory(target=task, number=number, name=f"步骤{number}")
    client = as_user(reporter)
    client.post(add_url(task), typed(stage="推进中", steps_done=["1"], _save="1"))
    assert ProgressUpdate.objects.get().steps_done == [1]
    refused = client.post(add_url(task), typed(period="2018-07-31", steps_done=["3"], _save="1"))
    assert refused.context["adminform"].form.errors["steps_done"]


def test_the_form_shows_what_one_needs_to_know(as_user, reporter, unit):
    target = TargetFactory(
        lead=unit, wording="新增就业9500人", value=Decimal(9500), growth=Decimal("5.0"), growth_comparator=">="
    )
    UpdateFactory(target=target, period=dt.date(2018, 5, 31), value=Decimal(4000))
    page = as_user(reporter).get(add_url(target) + "&period=2018-06-30").content.decode()
    for text in (
        "新增就业9500人",
        "≥ 9,500 个",
        "≥ 5.0%",
        "4,000 个",
        "2018年5月",
        "完成率 42.11%",
        "50.00%",
        unit.name,
    ):
        assert text in page


def test_a_demonstration_account_writes_demonstration_data_and_the_page_says_so(as_user, unit, target):
    demo = UserFactory(role=roles.REPORTER, departments=[unit], is_sample=True)
    as_user(demo).post(add_url(target), typed(value="50", _save="1"))
    update = ProgressUpdate.objects.get()
    assert update.is_sample
    assert "本页含演示数据" in as_user(demo).get(change_url(update)).content.decode()
    assert "本页含演示数据" in as_user(demo).get(reverse("admin:index")).content.decode()


# --- the checks, on the form ---


@pytest.fixture
def reported(target, unit) -> Target:
    """The target of 100, which stood at 60 in May."""
    UpdateFactory(target=target, period=dt.date(2018, 5, 31), value=Decimal(60))
    return target


def field_errors(response) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


def test_who_is_behind_is_asked_for_problem_and_next_step_and_keeps_what_was_typed(as_user, reporter, target):
    response = as_user(reporter).post(add_url(target), typed(value="40", remark="已开两场招聘会", _submit="1"))
    assert set(field_errors(response)) == {"problem", "next_step"}
    assert "完成率 40.00%，低于序时进度 50.00%" in field_errors(response)["problem"][0]
    assert "已开两场招聘会" in response.content.decode()
    assert not ProgressUpdate.objects.exists()


def test_a_draft_may_be_behind_without_a_word_and_its_meaning_is_told_at_once(as_user, reporter, target):
    response = as_user(reporter).post(add_url(target), typed(value="40", _save="1"), follow=True)
    assert "完成率 40.00%，序时进度 50.00%，超/欠序时 −10.00 个百分点" in said(response)
    assert "评价：欠序时" in said(response)


def test_a_figure_that_is_asked_about_needs_a_remark(as_user, reporter, reported):
    client = as_user(reporter)
    refused = client.post(add_url(reported), typed(value="55", _submit="1"))
    assert "低于2018年5月已核验的 60 个" in field_errors(refused)["confirmation"][0]
    client.post(add_url(reported), typed(value="55", confirmation="剔除重复登记", _submit="1"))
    update = ProgressUpdate.objects.get(status=Status.SUBMITTED)
    assert update.confirmation == "剔除重复登记"


def test_the_remark_is_asked_for_only_where_there_is_a_question(as_user, reporter, reported, in_state):
    client = as_user(reporter)
    assert client.get(add_url(reported)).context["css_flags"] == ""
    asked = client.post(add_url(reported), typed(value="40", _submit="1"))
    assert asked.context["css_flags"] == "asks needs-problem needs-next_step"
    answered = in_state(Status.SUBMITTED, confirmation="剔除重复登记", value=Decimal(70))
    assert "剔除重复登记" in client.get(change_url(answered)).content.decode()


def test_whoever_checks_an_update_reads_what_it_means_and_what_was_asked(as_user, endorser, reported, in_state):
    update = in_state(Status.SUBMITTED, value=Decimal(45))
    page = as_user(endorser).get(change_url(update)).content.decode()
    for text in ("欠序时", "45.00%", "−5.00 个百分点", "低于2018年5月已核验的 60 个"):
        assert text in page


def test_last_years_figure_for_the_same_month_stands_beside_the_form(as_user, reporter, target):
    WorkReportFactory(plan_year=2017)
    past = TargetFactory(indicator=target.indicator, year=2017)
    UpdateFactory(target=past, period=dt.date(2017, 6, 30), value=Decimal("43.5"))
    panel = as_user(reporter).get(f"{add_url(target)}&period=2018-06-30").context["panel"]
    assert (panel["year_before"], panel["year_before_period"]) == ("43.5 个", "2017年6月")


# --- what a figure means, while it is typed ---

MEANING = reverse_lazy("admin:tracker_progressupdate_meaning")


def test_a_figure_is_explained_while_it_is_typed_and_nothing_is_saved(as_user, reporter, reported):
    url = f"{MEANING}?target={reported.pk}"
    answer = as_user(reporter).post(url, typed(period="2018-07-31", value="５５")).json()
    assert answer["demands"] == "asks needs-problem needs-next_step"
    for text in ("欠序时", "55.00%", "58.33%", "−3.33 个百分点", "45 个", "低于2018年5月", "存在问题、下一步措施"):
        assert text in answer["meaning"]
    assert "58.33%" in answer["panel"], "the panel follows the period"
    assert ProgressUpdate.objects.count() == 1


def test_what_cannot_be_read_is_said_while_it_is_typed(as_user, reporter, reported):
    url = f"{MEANING}?target={reported.pk}"
    answer = as_user(reporter).post(url, typed(value="30.7%")).json()
    assert "请只填数字" in answer["meaning"]


def test_the_panel_leads_to_what_was_already_stated_for_the_period(as_user, reporter, reported):
    answer = as_user(reporter).post(f"{MEANING}?target={reported.pk}", typed(period="2018-05-31", value="61")).json()
    assert change_url(reported.updates.get()) in answer["panel"]


def test_a_draft_that_is_changed_is_explained_as_it_is_typed(as_user, reporter, in_state):
    update = in_state(Status.DRAFT)
    answer = as_user(reporter).post(f"{MEANING}?update={update.pk}", typed(value="70")).json()
    assert "70.00%" in answer["meaning"]
    assert ProgressUpdate.objects.get().value == Decimal(50)


def test_an_odd_question_about_a_figure_is_not_found(as_user, reporter):
    client = as_user(reporter)
    queries = ["", "target=", "target=x", "update=", "update=x", "update=999999", "target=9e9"]
    answers = {query: client.post(f"{MEANING}?{query}", typed(value="70")).status_code for query in queries}
    assert answers == dict.fromkeys(queries, 404)


# --- changing ---


@pytest.mark.parametrize("state", [Status.DRAFT, Status.RETURNED])
def test_a_reporter_changes_and_submits_what_is_open(state, as_user, reporter, in_state):
    update = in_state(state)
    as_user(reporter).post(change_url(update), retyped(update, value="77", _submit="1"))
    update.refresh_from_db()
    assert (update.value, update.status) == (Decimal(77), Status.SUBMITTED)


def test_whoever_stated_it_last_answers_for_it_and_cannot_endorse_it(as_user, unit, in_state):
    both = UserFactory(role=roles.REPORTER, departments=[unit])
    both.groups.add(*UserFactory(role=roles.ENDORSER).groups.all())
    update = in_state(Status.DRAFT)
    as_user(both).post(change_url(update), retyped(update, value="77", _submit="1"))
    update.refresh_from_db()
    assert update.entered_by == both
    response = as_user(both).post(step_url(update, "endorse"))
    assert response.status_code == 403
    assert "不能审核或核验自己填报的数据" in response.content.decode()
    assert status_of(update) == Status.SUBMITTED


@pytest.mark.parametrize("state", [Status.SUBMITTED, Status.ENDORSED, Status.VERIFIED])
def test_a_second_submit_gets_a_sentence_and_changes_nothing(state, as_user, reporter, in_state):
    update = in_state(state)
    response = as_user(reporter).post(change_url(update), retyped(update, value="99", _submit="1"), follow=True)
    assert "可能已经提交过，或已由他人处理" in said(response)
    update.refresh_from_db()
    assert (update.value, update.status) == (Decimal(50), state)


def test_what_was_submitted_while_one_was_typing_is_not_pulled_back(as_user, reporter, in_state, monkeypatch):
    update = in_state(Status.DRAFT)
    save_form = ProgressUpdateAdmin.save_form

    def somebody_is_faster(self, request, form, change):
        ProgressUpdate.objects.filter(pk=update.pk).update(status=Status.SUBMITTED)
        return save_form(self, request, form, change)

    monkeypatch.setattr(ProgressUpdateAdmin, "save_form", somebody_is_faster)
    page = as_user(reporter).post(change_url(update), retyped(update, value="99", _save="1")).content.decode()
    assert "可能已由他人处理" in page
    assert 'value="99"' in page


def test_what_was_typed_is_told_where_the_form_cannot_come_back(as_user, reporter, in_state):
    update = in_state(Status.SUBMITTED)
    data = retyped(update, value="50", remark="补充：含乡镇", _submit="1")
    response = as_user(reporter).post(change_url(update), data, follow=True)
    assert "您刚才填写的内容没有保存：进展说明 补充：含乡镇。" in said(response)


def test_two_people_do_not_overwrite_each_other_unknowingly(as_user, reporter, unit, in_state):
    update = in_state(Status.DRAFT)
    mine = retyped(update, value="77", remark="我写的")
    other = UserFactory(role=roles.REPORTER, departments=[unit], display_name="李四")
    as_user(other).post(change_url(update), retyped(update, value="61.0", remark="同事写的", _save="1"))

    response = as_user(reporter).post(change_url(update), {**mine, "_save": "1"})
    assert "已被改过，这次没有保存" in str(response.context["adminform"].form.non_field_errors())
    conflict = response.context["conflict"]
    assert conflict.who == str(other)
    assert dict(conflict.differences) == {"完成值（个）": "61.0 个", "进展说明": "同事写的"}
    assert 'value="77"' in response.content.decode()
    assert ProgressUpdate.objects.get().value == Decimal("61.0")

    # Now that it is known, the second save counts.
    known = {**mine, "fingerprint": response.context["fingerprint"], "_save": "1"}
    assert as_user(reporter).post(change_url(update), known).status_code == 302
    assert ProgressUpdate.objects.get().value == Decimal(77)


def test_a_form_that_is_refused_for_another_reason_still_tells_that_the_row_was_changed(as_user, reporter, in_state):
    update = in_state(Status.DRAFT)
    mine = retyped(update, value="七十七", _save="1")
    ProgressUpdate.objects.update(remark="同事写的")
    response = as_user(reporter).post(change_url(update), mine)
    assert dict(response.context["conflict"].differences)["进展说明"] == "同事写的"


def test_submitting_what_somebody_else_entered_unchanged_leaves_it_theirs(as_user, reporter, in_state):
    update = in_state(Status.DRAFT)
    as_user(reporter).post(change_url(update), retyped(update, value="50", _submit="1"))
    assert ProgressUpdate.objects.get().entered_by == update.entered_by


def test_the_browser_hears_which_typing_was_saved(as_user, reporter, target):
    client = as_user(reporter)
    refused = client.post(add_url(target), typed(value="40", unsaved="abc1", _submit="1"))
    assert "saved" not in refused.cookies
    odd = client.post(add_url(target), typed(value="50", period="2018-05-31", unsaved="a; b=c", _save="1"))
    assert "saved" not in odd.cookies
    saved = client.post(add_url(target), typed(value="50", unsaved="abc1", _save="1"))
    assert saved.cookies["saved"].value == "abc1"


def test_a_verified_update_is_read_only_and_tells_how_it_went(as_user, official, in_state):
    update = in_state(Status.VERIFIED, value=Decimal("50.0"))
    response = as_user(official).get(change_url(update))
    page = response.content.decode()
    assert "50.0 个" in page
    assert str(update.verified_by) in page
    assert "_submit" not in page
    assert "更正原因" not in page
    assert as_user(official).post(change_url(update), retyped(update, value="99")).status_code == 403


def test_a_draft_is_deleted_by_its_unit_and_a_verified_update_by_nobody(as_user, reporter, in_state):
    draft, verified = in_state(Status.DRAFT), in_state(Status.VERIFIED, period=dt.date(2018, 5, 31))
    root = as_user(UserFactory(is_superuser=True))
    for update, client, code in (
        (verified, as_user(reporter), 403),
        (verified, root, 403),
        (draft, as_user(reporter), 302),
    ):
        url = reverse("admin:tracker_progressupdate_delete", args=[update.pk])
        assert client.post(url, {"post": "yes"}).status_code == code
    assert list(ProgressUpdate.objects.all()) == [verified]


# --- the steps ---

#: Step → the state it starts from, who may take it, what is typed, the state it leads to.
STEPS = {
    "endorse": (Status.SUBMITTED, "endorser", {}, Status.ENDORSED),
    "verify": (Status.ENDORSED, "supervisor", {}, Status.VERIFIED),
    "return": (Status.SUBMITTED, "endorser", {"reason": "数据有误"}, Status.RETURNED),
    "correct": (Status.VERIFIED, "reporter", {"reason": "统计口径调整"}, Status.VERIFIED),
}
PEOPLE = ["reporter", "colleague", "endorser", "supervisor", "official", "auditor", "system_admin", "outsider"]


@pytest.mark.parametrize("step", STEPS)
def test_the_page_offers_exactly_the_steps_one_may_take(step, request, as_user, in_state):
    start, allowed, _given, _end = STEPS[step]
    update = in_state(start)
    for person in PEOPLE:
        response = as_user(request.getfixturevalue(person)).get(change_url(update))
        offered = [line["name"] for line in response.context["steps"]] if response.status_code == 200 else []
        assert (step in offered) == (person == allowed), person


@pytest.mark.parametrize("step", STEPS)
def test_a_step_pressed_twice_gets_a_sentence_the_second_time(step, request, as_user, in_state):
    start, allowed, given, end = STEPS[step]
    update = in_state(start)
    client = as_user(request.getfixturevalue(allowed))
    client.post(step_url(update, step), given)
    again = client.post(step_url(update, step), given)
    assert again.context["step"]["form"].errors
    assert again.status_code in (200, 409)
    assert status_of(update) == end
    assert ProgressUpdate.objects.count() == (2 if step == "correct" else 1)


@pytest.mark.parametrize("step", ["return", "correct"])
def test_a_step_that_needs_a_reason_is_refused_without_one(step, request, as_user, in_state):
    start, allowed, _given, _end = STEPS[step]
    update, client = in_state(start), as_user(request.getfixturevalue(allowed))
    for reason in ("", "   ", "长" * 201):
        response = client.post(step_url(update, step), {"reason": reason})
        assert response.status_code == 200, reason
        assert response.context["step"]["form"].errors["reason"], reason
        assert reason.strip() in response.content.decode()
        assert status_of(update) == start, reason


def test_a_step_needs_its_csrf_token(supervisor, in_state):
    update = in_state(Status.ENDORSED)
    client = Client(enforce_csrf_checks=True)
    client.force_login(supervisor, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(step_url(update, "verify")).status_code == 403
    assert status_of(update) == Status.ENDORSED


def test_looking_at_a_step_takes_none(as_user, supervisor, in_state):
    update = in_state(Status.ENDORSED)
    client = as_user(supervisor)
    assert client.get(step_url(update, "verify")).status_code == 200
    assert client.get(step_url(update, "endorse")).status_code == 302
    assert client.get(step_url(update, "nonsense")).status_code == 404
    assert status_of(update) == Status.ENDORSED


def test_the_supervision_office_returns_with_a_reason_that_the_unit_then_reads(as_user, supervisor, reporter, in_state):
    update = in_state(Status.ENDORSED)
    as_user(supervisor).post(step_url(update, "return"), {"reason": "与统计局数据不符"})
    assert "与统计局数据不符" in as_user(reporter).get(reverse("admin:index")).content.decode()
    assert "与统计局数据不符" in as_user(reporter).get(change_url(update)).content.decode()


def test_a_resubmitted_update_is_no_longer_endorsed(as_user, supervisor, reporter, endorser, in_state):
    update = in_state(Status.SUBMITTED)
    as_user(endorser).post(step_url(update, "endorse"))
    as_user(supervisor).post(step_url(update, "return"), {"reason": "请核对"})
    as_user(reporter).post(change_url(update), retyped(update, value="51", _submit="1"))
    update.refresh_from_db()
    assert (update.endorsed_by, update.endorsed_at) == (None, None)


def test_whoever_verifies_a_task_under_way_judges_its_pace_or_says_that_it_stays_open(as_user, supervisor, task):
    client = as_user(supervisor)
    for month, pace, kept in ((4, "推进缓慢", "推进缓慢"), (5, "-", "")):
        update = UpdateFactory(
            target=task,
            value=None,
            stage="推进中",
            status=Status.ENDORSED,
            period=dt.date(2018, month, 30 if month == 4 else 31),
        )
        assert client.post(step_url(update, "verify")).context["step"]["form"].errors["pace"]
        assert client.post(step_url(update, "verify"), {"pace": "飞快"}).context["step"]["form"].errors["pace"]
        client.post(step_url(update, "verify"), {"pace": pace})
        update.refresh_from_db()
        assert (update.status, update.pace) == (Status.VERIFIED, kept)


# --- many at once ---


def act(client: Client, action: str, *updates: ProgressUpdate, **typed: str):
    data = {"action": action, "_selected_action": [update.pk for update in updates], **typed}
    return client.post(reverse("admin:tracker_progressupdate_changelist"), data, follow=True)


def test_bulk_verify_does_each_by_itself_and_says_which_failed_and_why(as_user, supervisor, in_state):
    good = in_state(Status.ENDORSED)
    moved_on = in_state(Status.SUBMITTED, period=dt.date(2018, 5, 31))
    own = in_state(Status.ENDORSED, period=dt.date(2018, 4, 30), entered_by=supervisor)
    response = act(as_user(supervisor), "verify_selected", good, moved_on, own)
    assert "1 项已核验" in said(response)
    assert f"未办理：{moved_on}。" in said(response)
    assert "不能审核或核验自己填报的数据" in said(response)
    assert [status_of(update) for update in (good, moved_on, own)] == [
        Status.VERIFIED,
        Status.SUBMITTED,
        Status.ENDORSED,
    ]


def test_bulk_verify_asks_for_the_pace_of_the_tasks_among_them_and_then_does_all(as_user, supervisor, in_state, unit):
    good = in_state(Status.ENDORSED)
    tasks = [
        UpdateFactory(
            target=TargetFactory(task=True, lead=unit),
            value=None,
            stage="推进中",
            status=Status.ENDORSED,
            source_url="",
        )
        for _n in range(2)
    ]
    client = as_user(supervisor)
    asked = act(client, "verify_selected", good, *tasks)
    assert asked.templates[0].name == "admin/tracker/bulk.html"
    assert [bool(form) for _row, form in asked.context["rows"]] == [False, True, True]
    half = act(client, "verify_selected", good, *tasks, asked="1", **{f"{tasks[0].pk}-pace": "推进缓慢"})
    assert half.context["rows"][2][1].errors["pace"]
    assert {status_of(update) for update in (good, *tasks)} == {Status.ENDORSED}
    paces = {f"{tasks[0].pk}-pace": "推进缓慢", f"{tasks[1].pk}-pace": "-"}
    assert "3 项已核验" in said(act(client, "verify_selected", good, *tasks, asked="1", **paces))
    assert [ProgressUpdate.objects.get(pk=task.pk).pace for task in tasks] == ["推进缓慢", ""]


@pytest.mark.parametrize(("person", "state"), [("endorser", Status.SUBMITTED), ("supervisor", Status.ENDORSED)])
def test_bulk_return_gives_all_one_reason_and_says_which_were_not_returned(person, state, request, as_user, in_state):
    user = request.getfixturevalue(person)
    chosen = [in_state(state, period=dt.date(2018, month, 30)) for month in (4, 6)]
    own = in_state(state, period=dt.date(2018, 3, 31), entered_by=user)
    client = as_user(user)
    asked = act(client, "return_selected", *chosen, own)
    assert [row.update for row, _pace in asked.context["rows"]] == [*chosen, own]
    for reason in ("", "  ", "长" * 201):
        refused = act(client, "return_selected", *chosen, own, asked="1", reason=reason)
        assert refused.context["form"].errors["reason"]
    assert {status_of(update) for update in chosen} == {state}
    response = act(client, "return_selected", *chosen, own, asked="1", reason="请附佐证材料")
    assert "2 项已退回" in said(response)
    assert f"未办理：{own}。" in said(response)
    for update in chosen:
        update.refresh_from_db()
        assert (update.status, update.return_reason) == (Status.RETURNED, "请附佐证材料")
    assert status_of(own) == state


def test_what_somebody_else_did_meanwhile_is_told_although_it_left_the_queue(as_user, supervisor, in_state):
    update = in_state(Status.ENDORSED)
    act(as_user(supervisor), "return_selected", update, asked="1", reason="请核对")
    url = reverse("admin:tracker_progressupdate_changelist") + "?queue=verify"
    late = {"action": "verify_selected", "_selected_action": [update.pk]}
    response = as_user(UserFactory(role=roles.SUPERVISOR)).post(url, late, follow=True)
    assert f"未办理：{update}。" in said(response)
    assert "可能已由他人处理" in said(response)


def test_the_queue_shows_what_a_checker_needs(as_user, supervisor, in_state):
    in_state(Status.VERIFIED, period=dt.date(2018, 5, 31), value=Decimal(60))
    update = in_state(
        Status.DRAFT, value=Decimal(40), confirmation="剔除了重复登记", problem="用工需求不足", next_step="x"
    )
    Evidence.objects.create(update=update, file=ContentFile(b"%PDF-1.7", name="证明.pdf"))
    ProgressUpdate.objects.filter(pk=update.pk).update(status=Status.ENDORSED)
    url = reverse("admin:tracker_progressupdate_changelist") + "?queue=verify"
    page = as_user(supervisor).get(url).content.decode()
    for text in (
        "40 个",
        "欠序时",
        "完成率 40.00%",
        "低于2018年5月已核验的",
        "剔除了重复登记",
        "用工需求不足",
        "佐证 1 份",
    ):
        assert text in page


def test_the_queue_and_the_page_that_asks_cost_the_same_for_one_and_for_fifty(as_user, supervisor, unit):
    client = as_user(supervisor)
    url = reverse("admin:tracker_progressupdate_changelist")

    def pages(count: int) -> list[int]:
        chosen = list(ProgressUpdate.objects.values_list("pk", flat=True)[:count])
        costs = []
        for get in (
            lambda: client.get(url, {"queue": "verify"}),
            lambda: client.post(url, {"action": "return_selected", "_selected_action": chosen}),
        ):
            with CaptureQueriesContext(connection) as queries:
                assert get().status_code == 200
            costs.append(len(queries))
        return costs

    def more(count: int) -> None:
        for number in range(count):
            task = number % 2 == 0
            stated = {"value": None, "stage": "推进中"} if task else {}
            UpdateFactory(target=TargetFactory(task=task, lead=unit), status=Status.ENDORSED, source_url="", **stated)

    more(2)
    pages(2)
    few = pages(2)
    more(48)
    assert pages(50) == few


def test_bulk_endorse_is_for_the_own_unit(as_user, endorser, in_state, other_unit):
    mine = in_state(Status.SUBMITTED)
    foreign = in_state(Status.SUBMITTED, target=TargetFactory(lead=other_unit))
    response = act(as_user(endorser), "endorse_selected", mine, foreign)
    assert "1 项已审核通过" in said(response)
    assert (status_of(mine), status_of(foreign)) == (Status.ENDORSED, Status.SUBMITTED)


def test_bulk_actions_are_not_there_for_others(request, as_user, in_state):
    updates = [in_state(Status.SUBMITTED), in_state(Status.ENDORSED, period=dt.date(2018, 5, 31))]
    moved = []
    for person in ("reporter", "colleague", "official", "auditor"):
        client = as_user(request.getfixturevalue(person))
        for action in ("endorse_selected", "verify_selected", "return_selected", "delete_selected"):
            act(client, action, *updates, asked="1", reason="x")
            if ProgressUpdate.objects.filter(status__in=[Status.SUBMITTED, Status.ENDORSED]).count() != 2:
                moved.append((person, action))
    assert not moved
    assert [status_of(update) for update in updates] == [Status.SUBMITTED, Status.ENDORSED]


def test_odd_selections_never_break_the_list(as_user, supervisor, in_state):
    in_state(Status.ENDORSED)
    client, url = as_user(supervisor), reverse("admin:tracker_progressupdate_changelist")
    answers = {}
    for selected in ("x", "\0", "9" * 40, "-1", "1 OR 1=1"):
        data = {"action": "verify_selected", "_selected_action": [selected], "select_across": "x", "index": "9"}
        answers[selected] = client.post(url, data).status_code
    assert set(answers.values()) <= {200, 302, 400}, answers


# --- evidence ---


def zipped(*members: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for member in members:
            archive.writestr(member, "x")
    return content.getvalue()


def upload(*files: tuple[str, bytes]) -> dict:
    return {
        "evidence-TOTAL_FORMS": str(len(files)),
        "evidence-INITIAL_FORMS": "0",
        **{f"evidence-{number}-file": SimpleUploadedFile(*file) for number, file in enumerate(files)},
    }


def test_evidence_comes_with_the_draft_and_is_read_through_the_check(as_user, reporter, colleague, target):
    client = as_user(reporter)
    files = {
        "证明材料.pdf": b"%PDF-1.7\n",
        "照片.JPG": b"\xff\xd8\xff\xe0",
        "表.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "表.xlsx": zipped("xl/workbook.xml"),
        "公文.ofd": zipped("OFD.xml"),
    }
    client.post(add_url(target), typed(value="50", _save="1") | upload(*files.items()))
    assert {evidence.name for evidence in Evidence.objects.all()} == set(files)
    for evidence in Evidence.objects.all():
        assert (evidence.size, evidence.uploaded_by) == (len(files[evidence.name]), reporter), evidence
        assert client.get(reverse("evidence", args=[evidence.pk])).getvalue() == files[evidence.name]
        assert as_user(colleague).get(reverse("evidence", args=[evidence.pk])).status_code == 404


def test_evidence_of_another_kind_is_refused_with_a_sentence(as_user, reporter, target):
    client = as_user(reporter)
    files = [
        ("病毒.exe", b"MZ\x90"),
        ("改名.pdf", b"MZ\x90"),
        ("网页.html", b"<script>alert(1)</script>"),
        ("改名.png", b"<script>alert(1)</script>"),
        ("改名.xlsx", zipped("word/document.xml")),
        ("残缺.docx", b"PK\x03\x04\x00\x00"),
        ("没有扩展名", b"%PDF-1.7"),
        ("空.pdf", b""),
    ]
    response = client.post(add_url(target), typed(value="50", _submit="1") | upload(*files))
    errors = response.context["inline_admin_formsets"][0].formset.errors
    assert not [name for (name, _content), error in zip(files, errors, strict=True) if not error.get("file")]
    for file in files:
        response = client.post(add_url(target), typed(value="50", _submit="1") | upload(file))
        assert response.status_code == 200, file
        assert 'value="50"' in response.content.decode(), file
    assert not ProgressUpdate.objects.exists()


def test_evidence_that_is_too_large_is_refused(as_user, reporter, target, monkeypatch):
    monkeypatch.setattr("tracker.models.attachments.LARGEST", 10)
    response = as_user(reporter).post(add_url(target), typed(_save="1") | upload(("大.pdf", b"%PDF-1.7 and more")))
    assert "不能超过 20 MB" in response.content.decode()


def test_a_drafts_file_can_be_removed_and_leaves_the_disk(
    as_user, reporter, in_state, django_capture_on_commit_callbacks
):
    update = in_state(Status.DRAFT)
    evidence = Evidence.objects.create(update=update, file=ContentFile(b"%PDF-1.7", name="旧.pdf"))
    storage, name = evidence.file.storage, evidence.file.name
    files = {
        "evidence-TOTAL_FORMS": "1",
        "evidence-INITIAL_FORMS": "1",
        "evidence-0-id": evidence.pk,
        "evidence-0-update": update.pk,
        "evidence-0-DELETE": "on",
    }
    with django_capture_on_commit_callbacks(execute=True):
        as_user(reporter).post(change_url(update), retyped(update, value="50", _save="1") | files)
    assert not Evidence.objects.exists()
    assert not storage.exists(name)


def test_a_file_is_never_exchanged_in_place_not_even_by_a_superuser(as_user, unit, in_state):
    root = UserFactory(is_superuser=True, departments=[unit])
    update = in_state(Status.DRAFT)
    evidence = Evidence.objects.create(update=update, file=ContentFile(b"%PDF-1.7", name="旧.pdf"))
    files = {
        "evidence-TOTAL_FORMS": "1",
        "evidence-INITIAL_FORMS": "1",
        "evidence-0-id": evidence.pk,
        "evidence-0-update": update.pk,
        "evidence-0-file": SimpleUploadedFile("新.pdf", b"%PDF-2.0"),
    }
    assert as_user(root).post(change_url(update), retyped(update, value="50", _save="1") | files).status_code == 302
    with Evidence.objects.get().file.open() as file:
        assert file.read() == b"%PDF-1.7"


def test_evidence_of_what_was_submitted_is_neither_added_nor_removed(as_user, reporter, supervisor, in_state):
    update = in_state(Status.DRAFT)
    evidence = Evidence.objects.create(update=update, file=ContentFile(b"%PDF-1.7", name="旧.pdf"))
    ProgressUpdate.objects.filter(pk=update.pk).update(status=Status.ENDORSED)
    for client in (as_user(reporter), as_user(supervisor), as_user(UserFactory(is_superuser=True))):
        client.post(change_url(update), retyped(update, value="50") | upload(("新.pdf", b"%PDF-1.7")))
        client.post(reverse("admin:tracker_evidence_delete", args=[evidence.pk]), {"post": "yes"})
    assert list(Evidence.objects.all()) == [evidence]


# --- the work list ---


def test_each_role_finds_its_own_queue_and_no_other(as_user, reporter, endorser, supervisor, official, in_state):
    in_state(Status.SUBMITTED)
    in_state(Status.ENDORSED, period=dt.date(2018, 5, 31))
    in_state(Status.RETURNED, period=dt.date(2018, 4, 30))
    queues = {
        person: {
            name: as_user(person).get(reverse("admin:index")).context.get(f"{name}_count")
            for name in ("open_updates", "to_endorse", "to_verify")
        }
        for person in (reporter, endorser, supervisor, official)
    }
    assert queues == {
        reporter: {"open_updates": 1, "to_endorse": None, "to_verify": None},
        endorser: {"open_updates": None, "to_endorse": 1, "to_verify": None},
        supervisor: {"open_updates": None, "to_endorse": None, "to_verify": 1},
        official: {"open_updates": None, "to_endorse": None, "to_verify": None},
    }


def test_everything_that_the_unit_leads_and_has_not_submitted_is_due_once_it_is_over(
    as_user, reporter, unit, time_machine
):
    time_machine.move_to(dt.datetime(2018, 3, 8, tzinfo=dt.UTC))
    monthly, begun = TargetFactory(lead=unit), TargetFactory(lead=unit)
    annual, helped = TargetFactory(), TargetFactory()
    annual.indicator.frequency = "annual"
    annual.indicator.save()
    ResponsibilityFactory(target=annual, department=unit)
    ResponsibilityFactory(target=helped, department=unit, role=Role.COOPERATING)
    draft = UpdateFactory(target=begun, period=dt.date(2018, 2, 28), status=Status.DRAFT, source_url="")
    UpdateFactory(target=begun, period=dt.date(2018, 1, 31))
    response = as_user(reporter).get(reverse("admin:index"))
    assert [(item.overdue.target, item.overdue.months, item.overdue.lateness) for item in response.context["due"]] == [
        (monthly, "2018年1月、2月", "逾期 26 天"),
        (begun, "2018年2月", "还有 2 天"),
    ]
    page = response.content.decode()
    for month in ("2018-01-31", "2018-02-28"):
        assert f"?target={monthly.pk}&amp;period={month}" in page
    assert f'href="{change_url(draft)}">2018年2月（草稿）' in page
    assert f"{unit} 2018年2月应报 2 项，已报 0 项" in page
    assert f"/admin/sheet/?unit={unit.code}&amp;month=2018-02" in page


def test_the_work_list_costs_the_same_for_one_item_and_for_fifty(as_user, unit, in_state):
    everything = UserFactory(role=roles.REPORTER, departments=[unit])
    everything.groups.add(
        *UserFactory(role=roles.ENDORSER).groups.all(), *UserFactory(role=roles.SUPERVISOR).groups.all()
    )
    client = as_user(everything)

    def fill() -> None:
        for state in (Status.DRAFT, Status.SUBMITTED, Status.ENDORSED):
            in_state(state, target=TargetFactory(lead=unit))

    fill()
    client.get(reverse("admin:index"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("admin:index"))
    for _n in range(16):
        fill()
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("admin:index"))
    assert len(many) == len(one), "\n".join(query["sql"][:300] for query in many)


# --- the whole path ---


def judged(target: Target):
    return Target.objects.filter(pk=target.pk).assessed(JUNE).get()


def test_from_draft_to_verified_and_corrected_with_both_in_the_history(
    as_user, reporter, endorser, supervisor, auditor, target
):
    assert judged(target).status == "NO_DATA"
    behind = {"problem": "用工需求不足", "next_step": "举办专场招聘会"}
    as_user(reporter).post(add_url(target), typed(value="40", _submit="1", **behind))
    update = ProgressUpdate.objects.get()
    as_user(endorser).post(step_url(update, "endorse"))
    assert judged(target).status == "NO_DATA"
    as_user(supervisor).post(step_url(update, "verify"))
    assert (judged(target).completion, judged(target).status) == (Decimal("40.00"), "BEHIND")

    begun = as_user(reporter).post(step_url(update, "correct"), {"reason": "漏报两个街道"}, follow=True)
    correction = ProgressUpdate.objects.get(revision=2)
    assert begun.request["PATH_INFO"] == change_url(correction)
    as_user(reporter).post(
        change_url(correction), retyped(correction, value="55", correction_reason="漏报两个街道", _submit="1")
    )
    assert judged(target).completion == Decimal("40.00")
    as_user(endorser).post(step_url(correction, "endorse"))
    as_user(supervisor).post(step_url(correction, "verify"))
    assert (judged(target).completion, judged(target).status) == (Decimal("55.00"), "ON")

    history = as_user(auditor).get(reverse("admin:tracker_progressupdate_history", args=[update.pk]))
    told = [(change["who"], change["record"], change["differences"]) for change in history.context["changes"]]
    statuses = [
        (who, record, old, new)
        for who, record, parts in reversed(told)
        for label, old, new in parts
        if label == "状态" and old
    ]
    first, second = str(update), str(correction)
    assert statuses == [
        (str(reporter), first, "草稿", "待审核"),
        (str(endorser), first, "待审核", "待核验"),
        (str(supervisor), first, "待核验", "已核验"),
        (str(reporter), second, "草稿", "待审核"),
        (str(endorser), second, "待审核", "待核验"),
        (str(supervisor), second, "待核验", "已核验"),
    ]
    assert any(["完成值", "40", "55"] in parts for _who, _record, parts in told)
    assert {change["address"] for change in history.context["changes"]} == {"127.0.0.1"}


def test_whoever_may_only_read_the_update_of_a_task_reads_its_stage_and_the_steps_by_name(
    as_user, supervisor, unit, reporter
):
    task = TargetFactory(lead=unit, task=True)
    MilestoneFactory(target=task, number=1, name="开工")
    MilestoneFactory(target=task, number=2, name="竣工")
    update = UpdateFactory(target=task, value=None, stage="推进中", steps_done=[1], entered_by=reporter)
    page = as_user(supervisor).get(change_url(update)).content.decode()
    assert "已完成节点" in page
    assert "推进中" in page
    assert "1. 开工" in page
    assert "2. 竣工" not in page
