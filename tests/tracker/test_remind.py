"""`manage.py remind`: each person once per period and stage, whatever fails, and however often it runs."""

from __future__ import annotations

import datetime as dt
import smtplib
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from threading import Barrier

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import translation

from tests.factories import DepartmentFactory, TargetFactory, UpdateFactory, UserFactory, close_years
from tracker import reminding, roles, workflow
from tracker.models import Department, Reminder, Status, Target, User

pytestmark = pytest.mark.django_db

OCTOBER_12 = dt.datetime(2018, 10, 12, 4, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def a_day_and_a_site(time_machine, settings):
    time_machine.move_to(OCTOBER_12, tick=False)
    settings.SITE_URL = "https://ledger.example.gov.cn"
    settings.DEFAULT_FROM_EMAIL = "office@example.gov.cn"


def lacking_september(lead: Department, **given) -> Target:
    """A monthly target of `lead` that was reported up to August."""
    target = TargetFactory(lead=lead, **given)
    for month in range(1, 9):
        UpdateFactory(target=target, period=dt.date(2018, month + 1, 1) - dt.timedelta(days=1))
    return target


def person(*units: Department, role: str = roles.REPORTER, **given) -> User:
    user = UserFactory(role=role, departments=list(units), **given)
    user.email = given.get("email", f"{user.username}@example.org")
    user.save()
    return user


def remind(*options: str) -> str:
    out = StringIO()
    call_command("remind", *options, stdout=out, stderr=out)
    return out.getvalue()


def recipients() -> list[str]:
    return sorted(address for message in mail.outbox for address in message.to)


# --- who gets what ---


def test_one_mail_per_person_tells_everything_of_all_their_units(unit, other_unit):
    first, second = lacking_september(unit), lacking_september(other_unit)
    writer = person(unit, other_unit, display_name="李明")
    printed = remind()
    (message,) = mail.outbox
    assert (message.to, message.from_email) == ([writer.email], "office@example.gov.cn")
    assert message.subject == "【目标台账】2 项逾期未报"
    assert "李明：" in message.body
    for target in (first, second):
        assert f"1. {target.indicator}：2018年9月（应于2018年10月10日前报送，逾期 2 天）" in message.body
    assert "区教育局" in message.body
    assert "https://ledger.example.gov.cn/admin/chase/" in message.body
    assert f"已发给 李明 <{writer.email}>：2 项。" in printed


def test_a_mail_is_in_chinese_whatever_the_sender_reads(unit):
    lacking_september(unit)
    person(unit)
    with translation.override("en"):
        remind()
    assert "2018年9月" in mail.outbox[0].body
    assert "逾期 2 天" in mail.outbox[0].body


def test_reporters_and_endorsers_of_the_lead_unit_get_mail_and_nobody_else(unit, other_unit):
    lacking_september(unit)
    told = [person(unit), person(unit, role=roles.ENDORSER)]
    person(other_unit)
    person(unit, role=roles.VIEWER)
    person(unit, is_active=False)
    person(unit, is_sample=True)
    person(role=roles.SUPERVISOR)
    remind()
    assert recipients() == sorted(user.email for user in told)


def test_whoever_has_no_address_is_named(unit, other_unit):
    lacking_september(unit)
    lacking_september(other_unit)
    silent = person(unit, email="", display_name="王芳")
    printed = remind()
    assert f"未能提醒的人：王芳（{silent.username}）" in printed
    assert f"没有填报员或审核人可提醒的单位：{other_unit.name}" in printed
    assert mail.outbox == []


def test_what_was_submitted_and_closed_years_remind_nobody(unit):
    person(unit)
    target = lacking_september(unit)
    UpdateFactory(target=target, period=dt.date(2018, 9, 30), status=Status.SUBMITTED, submitted_at=OCTOBER_12)
    assert "没有新的提醒要发" in remind()
    target.updates.filter(period="2018-09-30").update(submitted_at=None, status=Status.DRAFT)
    close_years()
    assert "没有新的提醒要发" in remind()
    assert mail.outbox == []


# --- once ---


def test_each_stage_is_told_once_however_often_it_runs(unit, time_machine):
    lacking_september(unit)
    writer = person(unit)
    for day, stage in [(7, "soon"), (11, "overdue"), (21, "long")]:
        for hour in (0, 4, 30):
            time_machine.move_to(dt.datetime(2018, 10, day, tzinfo=dt.UTC) + dt.timedelta(hours=hour))
            remind()
        assert Reminder.objects.filter(recipient=writer).latest("pk").stage == stage
    assert [message.subject[6:] for message in mail.outbox] == ["1 项即将到期", "1 项逾期未报", "1 项逾期未报"]


def test_what_was_told_before_is_only_counted(unit):
    lacking_september(unit)
    writer = person(unit)
    remind()
    late = lacking_september(unit)
    remind()
    body = mail.outbox[1].body
    assert body.count("2018年9月") == 1
    assert str(late.indicator) in body
    assert "另有 1 项此前已经提醒过" in body
    newcomer = person(unit)
    remind()
    assert recipients() == sorted([writer.email, writer.email, newcomer.email])


def test_a_figure_that_was_returned_since_is_reminded_of_again_and_once(unit, endorser, time_machine):
    writer, target = person(unit), lacking_september(unit)
    remind()
    update = UpdateFactory(
        target=target, period=dt.date(2018, 9, 30), status=Status.DRAFT, value=90, entered_by=writer, source_url=""
    )
    for day in (1, 2):  # whatever is returned, and however often
        time_machine.move_to(OCTOBER_12 + dt.timedelta(days=day), tick=False)
        workflow.submit(update, writer)
        assert "没有新的提醒要发" in remind()
        time_machine.shift(60)
        workflow.send_back(update, endorser, "请核对")
        time_machine.shift(60)
        for _run in range(2):
            remind()
    assert recipients() == [writer.email] * 3
    assert Reminder.objects.filter(recipient=writer).count() == 1
    # A reminder in force is never claimed by another run; and SQL and ORM agree on which those are.
    assert not Reminder.objects.claim(writer, [(target.pk, update.period, "overdue")])
    assert Reminder.objects.in_force().filter(recipient=writer).exists()
    Reminder.objects.update(sent_at=OCTOBER_12)
    assert not Reminder.objects.in_force().exists()
    assert Reminder.objects.claim(writer, [(target.pk, update.period, "overdue")])


def test_a_dry_run_tells_and_sends_and_records_nothing(unit, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    lacking_september(unit)
    writer = person(unit)
    printed = remind("--dry-run")
    assert f"将发给 {writer} <{writer.email}>：1 项逾期未报。" in printed
    assert mail.outbox == []
    assert not Reminder.objects.exists()


def test_another_day_can_be_taken_for_today(unit):
    lacking_september(unit)
    person(unit)
    assert "1 项即将到期" in remind("--dry-run", "--as-of", "2018-10-08")
    assert "2 项逾期未报" in remind("--dry-run", "--as-of", "2018-11-12")
    remind("--as-of", "2018-10-08")
    assert Reminder.objects.get().stage == "soon"


def test_a_past_day_reminds_nobody_of_what_was_submitted_since(unit):
    target = lacking_september(unit)
    person(unit)
    UpdateFactory(target=target, period=dt.date(2018, 9, 30), status=Status.SUBMITTED, submitted_at=OCTOBER_12)
    remind("--as-of", "2018-10-11")
    assert mail.outbox == []


@pytest.mark.parametrize("text", ["2018-13-01", "x", "2018年10月8日", "2018-10"])
def test_a_day_that_is_none_is_refused_with_a_sentence(text):
    with pytest.raises(CommandError, match="应写成 2018-10-15 的样子"):
        remind("--as-of", text)


def test_nobody_is_reminded_today_of_what_would_be_late_tomorrow(unit):
    lacking_september(unit)
    person(unit)
    with pytest.raises(CommandError, match="只想看看请加上 --dry-run"):
        remind("--as-of", "2018-10-13")
    assert mail.outbox == []


def test_without_mail_one_sentence_says_what_to_set(unit, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    lacking_september(unit)
    person(unit)
    with pytest.raises(CommandError, match=r"还没有配置邮件.*EMAIL_URL") as refused:
        remind()
    assert refused.value.returncode == 1
    assert not Reminder.objects.exists()


# --- when sending fails ---


class Failing(EmailBackend):
    """A mail server that fails as it is told, for one recipient or on opening."""

    error: Exception | None = None
    whom = ""
    is_away = False

    def open(self) -> bool:
        if self.is_away:
            raise ConnectionRefusedError("nobody there")
        return True

    def send_messages(self, messages) -> int:
        for message in messages:
            if self.error and self.whom in message.to:
                raise self.error
        return super().send_messages(messages)


@pytest.fixture
def server(settings, monkeypatch) -> type[Failing]:
    settings.EMAIL_BACKEND = f"{__name__}.Failing"
    monkeypatch.setattr(mail, "get_connection", lambda *args, **kwargs: Failing())
    for name in ("error", "whom", "is_away"):
        monkeypatch.setattr(Failing, name, getattr(Failing, name))
    return Failing


def test_a_mail_that_was_refused_keeps_no_other_from_going_and_is_tried_again(unit, server):
    lacking_september(unit)
    first, second = person(unit), person(unit)
    server.error, server.whom = smtplib.SMTPRecipientsRefused({first.email: (550, b"no")}), first.email
    with pytest.raises(CommandError, match="有 1 封没有确认发出"):
        remind()
    assert recipients() == [second.email]
    server.error = None
    remind()
    assert recipients() == sorted([first.email, second.email])


def test_a_mail_that_may_have_arrived_is_never_sent_twice(unit, server):
    lacking_september(unit)
    writer = person(unit)
    server.error, server.whom = smtplib.SMTPServerDisconnected("timed out"), writer.email
    with pytest.raises(CommandError, match="没有确认发出"):
        remind()
    server.error = None
    assert "没有新的提醒要发" in remind()
    assert mail.outbox == []


def test_a_server_that_is_away_is_told_and_the_next_run_sends(unit, server):
    lacking_september(unit)
    person(unit)
    server.is_away = True
    with pytest.raises(CommandError, match="邮件服务器连接不上"):
        remind()
    assert not Reminder.objects.exists()
    server.is_away = False
    remind()
    assert len(mail.outbox) == 1


def test_an_address_that_breaks_the_header_is_refused_and_others_get_theirs(unit):
    lacking_september(unit)
    person(unit, email="evil@example.org\nBcc: all@example.org")
    good = person(unit)
    with pytest.raises(CommandError, match="没有确认发出"):
        remind()
    assert recipients() == [good.email]


# --- cost, and two at once ---


def test_planning_costs_the_same_for_one_unit_and_for_fifty(django_assert_num_queries):
    for _n in range(50):
        unit = DepartmentFactory()
        person(unit)
        TargetFactory(lead=unit)
    with django_assert_num_queries(4):
        assert len(reminding.plan().digests) == 50


@pytest.mark.django_db(transaction=True)
def test_of_two_runs_at_once_one_sends(unit, monkeypatch):
    lacking_september(unit)
    user = person(unit)
    together = Barrier(2, timeout=20)
    plan = reminding.plan

    def planned(*args):
        found = plan(*args)
        together.wait()  # both have seen that nobody was told yet
        return found

    monkeypatch.setattr(reminding, "plan", planned)

    def run() -> str:
        try:
            return remind()
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        printed = list(pool.map(lambda _n: run(), range(2)))
    assert recipients() == [user.email]
    assert sorted("已发给" in text for text in printed) == [False, True]
    assert Reminder.objects.count() == 1


def test_the_page_says_of_each_mail_that_did_not_go_why(unit, server, as_user, supervisor):
    lacking_september(unit)
    writer = person(unit)
    client = as_user(supervisor)

    def told() -> str:
        return " ".join(map(str, client.post("/admin/chase/", follow=True).context["messages"]))

    server.error, server.whom = smtplib.SMTPRecipientsRefused({writer.email: (550, b"no")}), writer.email
    assert f"{writer}：没有发出，下次会再试" in told()
    server.is_away = True
    assert "邮件服务器连接不上" in told()
    assert not Reminder.objects.exists()
