"""A demonstration year: one account per role, and sample progress for what the district did not publish.

The figures are made up, the same on every machine, and marked `is_sample`. They go through the same steps as real
ones: a reporter enters and submits, a head endorses, the supervision office verifies.
"""

from __future__ import annotations

import datetime as dt
import random
import secrets
from decimal import Decimal
from typing import Any

import pghistory
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from tracker import roles, workflow
from tracker.checks import check
from tracker.models import (
    Comparator,
    Department,
    Measure,
    Membership,
    Pace,
    ProgressUpdate,
    Responsibility,
    Role,
    Stage,
    Target,
    User,
)
from tracker.periods import last_day

YEAR = 2018
LAST_MONTH = 9
#: The unit of the two accounts that work for one: it has monthly figures, a ceiling and tasks.
UNIT = "renshe"

ACCOUNTS = {
    roles.REPORTER: "tianbao",
    roles.ENDORSER: "shenhe",
    roles.SUPERVISOR: "ducha",
    roles.VIEWER: "lingdao",
    roles.SYSTEM_ADMIN: "guanli",
    roles.AUDITOR: "shenji",
}
#: Signs the sample figures of every unit; nobody can log in as them.
CLERK, HEAD, OFFICE = "demo-clerk", "demo-head", "demo-office"

#: How targets fare: share of all, and how fast against an even year.
PACES = [
    (0.14, "1.18", "1.40"),
    (0.56, "1.00", "1.08"),
    (0.20, "0.86", "0.98"),
    (0.10, "0.35", "0.70"),
]
PROBLEMS = [
    ("前期手续办理偏慢，部分工作面尚未打开", "倒排工期，每周调度一次，下月补齐欠账"),
    ("阴雨天气较多，现场施工时间不足", "增派施工力量，抢抓晴好天气推进"),
    ("资金拨付进度滞后于计划", "会同财政部门加快资金审核拨付"),
    ("个别点位权属协调未到位", "专人对接，本月底前完成协调"),
]


def open_accounts() -> dict[str, tuple[str, str]]:
    """Make the accounts that do not exist yet and give every one a new random password.

    Returns:
        role → (user name, password), to be shown once; only hashes are stored.

    Raises:
        ValueError: a real account has one of the user names.
    """
    shown = {}
    with transaction.atomic():
        for role, username in ACCOUNTS.items():
            password = secrets.token_urlsafe(9)
            user = _account(username, display_name=f"演示·{role}", is_staff=role != roles.VIEWER)
            user.set_password(password)
            user.save()
            user.groups.set([Group.objects.get(name=role)])
            if role in (roles.REPORTER, roles.ENDORSER):
                Membership.objects.get_or_create(user=user, department=Department.objects.get(code=UNIT))
            shown[role] = (username, password)
    return shown


def _account(username: str, **defaults: Any) -> User:
    user, _ = User.objects.get_or_create(username=username, defaults={"is_sample": True, **defaults})
    if not user.is_sample:
        raise ValueError(f"用户名 {username} 已被真实账号使用，请先改名再建立演示账号。")
    return user


def is_filled() -> bool:
    return ProgressUpdate.objects.filter(is_sample=True).exists()


@transaction.atomic
def fill() -> int:
    """Enter January–September for every target of the year without published figures; returns how many updates.

    Raises:
        ValueError: a real account has one of the user names.
    """
    with pghistory.context(source="manage.py demo"):
        clerk = _signer(CLERK, roles.REPORTER, "演示·各单位填报员")
        head = _signer(HEAD, roles.ENDORSER, "演示·各单位审核人")
        office = _signer(OFFICE, roles.SUPERVISOR, "演示·督查室核验人")
        for department in Department.objects.filter(
            responsibilities__role=Role.LEAD, responsibilities__target__year=YEAR
        ).distinct():
            for user in (clerk, head):
                Membership.objects.get_or_create(user=user, department=department)
        targets = (
            Target.objects.filter(year=YEAR)
            .exclude(updates__is_sample=False)
            .filter(pk__in=Responsibility.objects.filter(role=Role.LEAD).values("target"))
            .select_related("indicator__unit")
            .prefetch_related("milestones")
            .order_by("indicator__code")
        )
        return sum(_fill_target(target, clerk, head, office) for target in targets)


def _signer(username: str, role: str, display_name: str) -> User:
    user = _account(username, display_name=display_name, password="!")  # noqa: S106 (no password matches it)
    user.groups.set([Group.objects.get(name=role)])
    return User.objects.get(pk=user.pk)  # without the permissions cached before it had a role


def _fill_target(target: Target, clerk: User, head: User, office: User) -> int:
    # Seeded by the code alone, so that one more target does not change the others.
    chance = random.Random(target.indicator.code)  # noqa: S311
    shape = _Year(target, chance)
    months = [month for month in target.indicator.report_months() if month <= LAST_MONTH]
    year: list[tuple[ProgressUpdate, str]] = []
    for month in months:
        period = last_day(YEAR, month)
        entered = timezone.make_aware(dt.datetime.combine(period, dt.time(9))) + dt.timedelta(
            days=chance.randint(2, max(3, target.indicator.due_lag)), minutes=chance.randint(0, 400)
        )
        fields, pace = shape.at(month)
        year.append(
            (ProgressUpdate(target=target, period=period, entered_by=clerk, entered_at=entered, **fields), pace)
        )
    for (update, pace), finding in zip(year, check([update for update, _pace in year]), strict=True):
        if finding.missing or pace == Pace.SLOW:
            shape.explain(update)
    for update, pace in year:
        entered = update.entered_at
        update.clean()
        update.save()
        # The last month is still on its way for some, so that every queue has something in it.
        far = chance.random() if update.period.month == LAST_MONTH else 1
        if far < 0.03:
            continue
        workflow.submit(update, clerk, at=entered + dt.timedelta(hours=1))
        if far < 0.08:
            continue
        if far < 0.10:
            workflow.send_back(update, head, "数据与上期衔接不上，请核对后重报", at=entered + dt.timedelta(hours=3))
            continue
        workflow.endorse(update, head, at=entered + dt.timedelta(hours=5))
        if far < 0.18:
            continue
        workflow.verify(update, office, pace, at=entered + dt.timedelta(days=1))
    return len(months)


class _Year:
    """How one target's year goes: what its unit states each month."""

    def __init__(self, target: Target, chance: random.Random) -> None:
        self.target = target
        self.chance = chance
        _share, low, high = chance.choices(PACES, [share for share, _, _ in PACES])[0]
        self.speed = Decimal(low) + (Decimal(high) - Decimal(low)) * chance.randrange(100) / 100
        self.slow = self.speed < 1
        self.done_in = chance.randint(7, 14) if not self.slow else 14
        self.starts_in = chance.randint(1, 2) if not self.slow else chance.randint(3, 6)
        self.problem, self.next_step = chance.choice(PROBLEMS)
        self.last = Decimal(0)

    def at(self, month: int) -> tuple[dict[str, Any], str]:
        """The fields at a month's end, and how the verifier judges a task's pace."""
        if self.target.measure == Measure.MILESTONE:
            return self._task(month)
        fields: dict[str, Any] = {}
        if self.target.value is not None:
            fields["value"] = self._level() if self.target.measure == Measure.LEVEL else self._total(month)
        if self.target.growth is not None:
            fields["growth"] = self.target.growth + Decimal(self.chance.randint(-25, 12)) / 10
        return {**fields, "remark": "按计划推进"}, ""

    def explain(self, update: ProgressUpdate) -> None:
        """Say why the target is behind, and what is done about it."""
        update.problem, update.next_step, update.remark = self.problem, self.next_step, ""

    def _total(self, month: int) -> Decimal:
        goal = self.target.value or Decimal(0)
        if self.target.comparator in (Comparator.AT_MOST, Comparator.LESS_THAN):
            return Decimal(0)
        wobble = Decimal(self.chance.randint(-3, 3)) / 100
        exact = goal * month / 12 * (self.speed + wobble)
        # With the digits that the target has; what is counted stays whole.
        digits = max(-int(goal.as_tuple().exponent), 0)
        value = exact.quantize(Decimal(1).scaleb(-digits))
        self.last = max(self.last, value)
        return self.last

    def _level(self) -> Decimal:
        goal = self.target.value or Decimal(0)
        if self.target.comparator in (Comparator.AT_MOST, Comparator.LESS_THAN):
            return (goal * Decimal(self.chance.randint(88, 97)) / 100).quantize(Decimal("0.01")) if goal else goal
        low, high = (90, 99) if self.slow else (100, 109)
        return (goal * Decimal(self.chance.randint(low, high)) / 100).quantize(Decimal("0.1"))

    def _task(self, month: int) -> tuple[dict[str, Any], str]:
        steps = list(self.target.milestones.all())
        if month >= self.done_in:
            stage = Stage.DONE
        elif month < self.starts_in:
            stage = Stage.NOT_STARTED
        elif month < self.starts_in + 3:
            stage = Stage.PREPARING
        else:
            stage = Stage.UNDER_WAY
        done = [step.number for step in steps[: len(steps) if stage == Stage.DONE else month // 6]]
        pace = Pace.SLOW if self.slow else Pace.NORMAL
        return {"stage": stage, "steps_done": done, "remark": "按计划推进"}, pace


@transaction.atomic
def clear() -> tuple[int, int]:
    """Remove every sample update and the demonstration accounts, with their history; returns how many of each."""
    # The accounts have signed the updates.
    return _remove_samples(ProgressUpdate), _remove_samples(User)


def _remove_samples(model: Any) -> int:
    samples = model.objects.filter(is_sample=True)
    count: int = samples.count()
    samples.delete()
    model.pgh_event_model.objects.filter(is_sample=True).delete()
    return count
