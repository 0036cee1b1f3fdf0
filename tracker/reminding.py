"""Reminders of reports that are missing: one mail per user, of each period once at each urgency.

At most once, whatever happens: the reminders of a mail are recorded and committed before the mail goes out
(`Reminder.objects.claim`), so that of two runs at the same time one sends. When the mail is refused, the record is
taken back and the next run tries again. When the connection breaks in the middle of a mail, nobody knows whether it
was accepted; then the record stays, and the outcome says so.
"""

from __future__ import annotations

import datetime as dt
import smtplib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from django.conf import settings
from django.core import mail
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from tracker.mail import NO_MAIL
from tracker.models import Reminder, Target, User
from tracker.models.reminder import Urgency
from tracker.overdue import LateDepartment, by_department, overdue_reports, people_to_remind

NOT_CONFIGURED = _("还没有配置邮件，提醒发不出去；请设置环境变量 EMAIL_URL、DEFAULT_FROM_EMAIL 和 SITE_URL 后再试。")


def is_configured() -> bool:
    """Whether mail can leave at all."""
    return settings.EMAIL_BACKEND != NO_MAIL


class MailUnreachableError(Exception):
    """The mail server cannot be reached; the text is for the user, and nothing was recorded."""


class Digest(NamedTuple):
    """The reports of which one user is to be reminded."""

    recipient: User
    rows: list[Any]  # of `overdue.overdue_reports`
    already_reminded: int  # how many more are still missing; of these the user was reminded before


class Plan(NamedTuple):
    """Whom to remind of what, and whom one cannot remind."""

    digests: list[Digest]
    without_address: list[User]
    without_people: list[LateDepartment]  # nobody works for them, or there is no lead unit


def plan(today: dt.date | None = None, leads: Collection[int] | None = None) -> Plan:
    """Whom to remind of what, without what they were reminded of before. Demonstration accounts never get mail.

    Args:
        today: the day that deadlines are held against; default today.
        leads: ids of the lead units whose items count; default all.

    Queries: 4.
    """
    reachable = people_to_remind()
    rows_of: dict[User, list[Any]] = defaultdict(list)
    without_people = []
    for department in by_department(overdue_reports(Target.objects.all(), today)):
        if leads is not None and department.lead_id not in leads:
            continue
        staff = [user for user in reachable.get(department.lead_id, ()) if not user.is_sample]
        for user in staff:
            rows_of[user] += [row for late in department.targets for row in late.periods]
        if not staff:
            without_people.append(department)
    reminded = set(
        Reminder.objects.in_force()
        .filter(recipient__in=list(rows_of))
        .values_list("recipient", "target", "period", "stage")
    )
    digests = []
    for user, rows in rows_of.items():
        fresh = [row for row in rows if (user.pk, row.pk, row.period, row.urgency) not in reminded]
        if user.email and fresh:
            digests.append(Digest(user, fresh, len(rows) - len(fresh)))
    return Plan(digests, [user for user in rows_of if not user.email], without_people)


class Outcome(NamedTuple):
    """What became of one digest."""

    recipient: User
    sent: int  # of how many periods it reminds
    problem: str = ""  # a sentence; empty when all went well


def send(digests: Iterable[Digest], today: dt.date | None = None) -> Iterator[Outcome]:
    """Mail each digest that still has something new when its turn comes; yields what became of each.

    Args:
        today: as for `plan`.

    Raises:
        MailUnreachableError: the server does not answer; the next run reminds the users who were not yielded yet.

    Queries: 1 per digest, 2 where the mail was refused.
    """
    for digest in digests:
        try:
            connection = mail.get_connection()
            connection.open()  # before anything is recorded
        except Exception as error:  # every backend has its own
            raise MailUnreachableError(
                _("邮件服务器连接不上，请检查 EMAIL_URL 和网络（%(reason)s）。") % {"reason": _reason(error)}
            ) from error
        try:
            outcome = _send(digest, today or timezone.localdate(), connection)
        finally:
            with suppress(Exception):  # what was sent, is
                connection.close()
        yield outcome


def _send(digest: Digest, today: dt.date, connection: Any) -> Outcome:
    recipient = digest.recipient
    claims = Reminder.objects.claim(recipient, [(row.pk, row.period, row.urgency) for row in digest.rows])
    claimed = {(claim.target_id, claim.period) for claim in claims}
    rows = [row for row in digest.rows if (row.pk, row.period) in claimed]
    if not rows:  # another run was faster
        return Outcome(recipient, 0)
    try:
        message(digest._replace(rows=rows), today, connection).send()
    except smtplib.SMTPServerDisconnected as error:
        problem = _("发送中断，不能确定是否送达；为免重复，不再自动补发（%(reason)s）。")
        return Outcome(recipient, 0, problem % {"reason": _reason(error)})
    except Exception as error:  # every backend has its own
        Reminder.objects.filter(pk__in=[claim.pk for claim in claims]).delete()
        problem = _("没有发出，下次会再试（%(reason)s）。")
        return Outcome(recipient, 0, problem % {"reason": _reason(error)})
    return Outcome(recipient, len(rows))


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def message(digest: Digest, today: dt.date, connection: Any = None) -> mail.EmailMessage:
    """The mail of a digest, always in Chinese."""
    with translation.override(settings.LANGUAGE_CODE):
        counts = counted(digest.rows)
        lines = [f"{digest.recipient}：", "", f"截至{day(today)}，以下进展尚未报送（{counts}），请尽快登录填报。"]
        for department in by_department(digest.rows):
            lines += ["", department.name, *listing(department)]
        if digest.already_reminded:
            lines += ["", f"另有 {digest.already_reminded} 项此前已经提醒过，仍未报送。"]
        lines += [
            "",
            f"登录填报：{settings.SITE_URL}{reverse('admin:index')}",
            f"催报清单：{settings.SITE_URL}{reverse('admin:chase')}",
            "",
            "本邮件由目标台账自动发出，已经报送的请忽略。",
        ]
        body = "\n".join(lines)
    return mail.EmailMessage(f"【目标台账】{counts}", body, to=[digest.recipient.email], connection=connection)


def note(department: LateDepartment, today: dt.date) -> str:
    """催报通知 for one unit, to be copied into a letter; always in Chinese."""
    with translation.override(settings.LANGUAGE_CODE):
        rows = [row for late in department.targets for row in late.periods]
        opening = f"截至{day(today)}，你单位负责的下列目标进展尚未报送（{counted(rows)}），请抓紧报送并说明原因："
        return "\n".join([f"{department.name}：", opening, *listing(department)])


def counted(rows: list[Any]) -> str:
    """5 项逾期未报，2 项即将到期."""
    soon = sum(row.urgency == Urgency.SOON for row in rows)
    late = len(rows) - soon
    return "，".join([f"{late} 项逾期未报"] * bool(late) + [f"{soon} 项即将到期"] * bool(soon))


def listing(department: LateDepartment) -> list[str]:
    """A numbered line for each target of `department`."""
    return [
        f"{number}. {late.target.indicator}：{late.months}（应于{day(late.target.deadline)}前报送，{late.lateness}）"
        for number, late in enumerate(department.targets, 1)
    ]


def day(date: dt.date) -> str:
    return f"{date.year}年{date.month}月{date.day}日"
