"""Small, deterministic ledgers: each factory makes a valid record, and those it needs, from few words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import factory
from django.contrib.auth.models import Group
from django.utils import timezone
from factory.django import DjangoModelFactory

from tracker import models
from tracker.models.year import MARGINS


class LedgerFactory(DjangoModelFactory):
    class Meta:
        abstract = True
        skip_postgeneration_save = True


class DepartmentFactory(LedgerFactory):
    class Meta:
        model = models.Department
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"unit-{n}")
    name = factory.LazyAttribute(lambda unit: f"单位 {unit.code}")
    position = factory.Sequence(lambda n: n % 1000)


class UserFactory(LedgerFactory):
    """`UserFactory(role=roles.REPORTER, departments=[unit])`; the password is `password`."""

    class Meta:
        model = models.User

    username = factory.Sequence(lambda n: f"user{n}")
    password = factory.django.Password("password")
    is_staff = True

    @factory.post_generation
    def role(self, create: bool, name: str | None, **kwargs: Any) -> None:
        if name:
            self.groups.add(Group.objects.get(name=name))  # type: ignore[attr-defined]

    @factory.post_generation
    def departments(self, create: bool, departments: list[models.Department] | None, **kwargs: Any) -> None:
        for department in departments or []:
            models.Membership.objects.create(user=self, department=department)


class PlanYearFactory(LedgerFactory):
    """`PlanYearFactory(is_closed=True, ahead_margin=5)`: margins are those from the beginning."""

    class Meta:
        model = models.PlanYear
        django_get_or_create = ("year",)

    class Params:
        is_closed = False

    year = 2018
    closed_at = factory.LazyAttribute(lambda plan: timezone.now() if plan.is_closed else None)

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        margins = {name: kwargs.pop(name) for name in MARGINS if name in kwargs}
        plan = super()._create(model_class, *args, **kwargs)
        if margins:
            plan.margins.update(**margins)
        return plan


def close_years() -> None:
    """Close every year that there is."""
    models.PlanYear.objects.update(closed_at=timezone.now())


class WorkReportFactory(LedgerFactory):
    """Opens the ledger of its year, too; `PlanYearFactory`, called before, gives that other rules."""

    class Meta:
        model = models.WorkReport
        django_get_or_create = ("plan_year", "source_kind")

    source_kind = models.SourceKind.WORK_REPORT

    jurisdiction = "岳阳楼区"
    jurisdiction_en = "Yueyanglou District"
    title = "政府工作报告"
    meeting = "第二次会议"
    plan_year = 2018
    review_year = factory.LazyAttribute(lambda report: report.plan_year - 1)
    delivered_on = factory.LazyAttribute(lambda report: dt.date(report.review_year, 12, 25))


class SourceFactory(WorkReportFactory):
    """A further source of the year, a list of livelihood projects, unless told otherwise."""

    source_kind = models.SourceKind.LIVELIHOOD_LIST
    title = factory.Sequence(lambda n: f"清单 {n}")

    class Meta:
        django_get_or_create = ("plan_year", "title")


class SectionFactory(LedgerFactory):
    class Meta:
        model = models.Section
        django_get_or_create = ("report", "path")

    year = 2018
    report = factory.SubFactory(WorkReportFactory)
    path = factory.LazyAttribute(lambda section: f"{section.year}/一")
    title = "加快转型发展"
    position = factory.Sequence(lambda n: n % 30_000)


class UnitFactory(LedgerFactory):
    class Meta:
        model = models.Unit
        django_get_or_create = ("symbol",)

    symbol = "个"
    dimension = factory.LazyAttribute(lambda unit: unit.symbol)
    factor = Decimal(1)


class IndicatorFactory(LedgerFactory):
    class Meta:
        model = models.Indicator
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"indicator-{n}")
    name = factory.LazyAttribute(lambda indicator: f"指标 {indicator.code}")
    measure = models.Measure.CUMULATIVE
    unit = factory.Maybe(
        factory.LazyAttribute(lambda indicator: indicator.measure != models.Measure.MILESTONE),
        factory.SubFactory(UnitFactory),
        None,
    )


class AnnualResultFactory(LedgerFactory):
    class Meta:
        model = models.AnnualResult

    indicator = factory.SubFactory(IndicatorFactory)
    year = 2017
    value = Decimal(100)
    section = factory.SubFactory(SectionFactory, year=factory.SelfAttribute("..year"))
    paragraph = 1


class TargetFactory(LedgerFactory):
    """A cumulative target of at least 100 个 in 2018, unless told otherwise; `TargetFactory(lead=unit)` adds its unit.

    A task: `TargetFactory(task=True)`. A level: `TargetFactory(level=True)`.
    """

    class Meta:
        model = models.Target

    class Params:
        task = False
        level = False

    indicator = factory.SubFactory(
        IndicatorFactory,
        measure=factory.LazyAttribute(
            lambda indicator: (
                models.Measure.MILESTONE
                if indicator.factory_parent.task
                else models.Measure.LEVEL
                if indicator.factory_parent.level
                else models.Measure.CUMULATIVE
            )
        ),
    )
    year = 2018
    category = models.Category.KEY
    value = factory.LazyAttribute(lambda target: None if target.task else Decimal(100))
    comparator = factory.LazyAttribute(lambda target: "" if target.task else models.Comparator.AT_LEAST)
    section = factory.SubFactory(SectionFactory, year=factory.SelfAttribute("..year"))
    paragraph = 1
    position = factory.Sequence(lambda n: n % 30_000)

    @factory.post_generation
    def lead(self, create: bool, department: models.Department | None, **kwargs: Any) -> None:
        if department:
            ResponsibilityFactory(target=self, department=department)


class ResponsibilityFactory(LedgerFactory):
    class Meta:
        model = models.Responsibility

    target = factory.SubFactory(TargetFactory)
    department = factory.SubFactory(DepartmentFactory)
    role = models.Role.LEAD
    basis = models.Basis.BY_FUNCTION


class MilestoneFactory(LedgerFactory):
    class Meta:
        model = models.Milestone

    target = factory.SubFactory(TargetFactory, task=True)
    number = factory.Sequence(lambda n: n % 30_000)
    name = "开工"
    due_on = dt.date(2018, 6, 30)


class UpdateFactory(LedgerFactory):
    """A verified update of June 2018, unless told otherwise; published figures need no people."""

    class Meta:
        model = models.ProgressUpdate

    target = factory.SubFactory(TargetFactory)
    period = dt.date(2018, 6, 30)
    value = Decimal(50)
    status = models.Status.VERIFIED
    submitted_at = factory.LazyAttribute(
        lambda update: (
            dt.datetime.combine(update.period, dt.time(12), dt.UTC) + dt.timedelta(days=5)
            if update.status in (models.Status.SUBMITTED, models.Status.ENDORSED)
            else None
        )
    )
    verified_at = factory.LazyAttribute(
        lambda update: (
            dt.datetime.combine(update.period, dt.time(12), dt.UTC) + dt.timedelta(days=10)
            if update.status == models.Status.VERIFIED
            else None
        )
    )
    source_url = "https://example.org/published"


class ScheduleNodeFactory(LedgerFactory):
    class Meta:
        model = models.ScheduleNode

    target = factory.SubFactory(TargetFactory)
    month = 6
    value = Decimal(50)


class ReminderFactory(LedgerFactory):
    class Meta:
        model = models.Reminder

    target = factory.SubFactory(TargetFactory)
    period = dt.date(2018, 6, 30)
    stage = "overdue"
    recipient = factory.SubFactory(UserFactory)


class SavedViewFactory(LedgerFactory):
    """Somebody's own view of the progress table, unless told otherwise."""

    class Meta:
        model = models.SavedView

    owner = factory.SubFactory(UserFactory)
    table = "targets"
    name = factory.Sequence(lambda n: f"视图 {n}")
    query = "light=red"


class EvidenceFactory(LedgerFactory):
    """A small text file behind a draft, unless told otherwise."""

    class Meta:
        model = models.Evidence

    update = factory.SubFactory(UpdateFactory, status=models.Status.DRAFT)
    file = factory.django.FileField(filename="佐证.txt", data="佐证".encode())
