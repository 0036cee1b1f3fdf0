"""Every list of the admin: costs the same for one row and for fifty, sorts by every column, survives odd input."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import (
    AnnualResultFactory,
    DepartmentFactory,
    IndicatorFactory,
    MilestoneFactory,
    PlanYearFactory,
    ReminderFactory,
    SectionFactory,
    TargetFactory,
    UnitFactory,
    UpdateFactory,
    UserFactory,
    WorkReportFactory,
)
from tracker import roles
from tracker.models import (
    AnnualResult,
    Department,
    Evidence,
    Indicator,
    Membership,
    Move,
    PlanYear,
    ProgressUpdate,
    Reminder,
    RoleMembership,
    SavedView,
    Section,
    Status,
    Target,
    Unit,
    User,
    WorkReport,
)

pytestmark = pytest.mark.django_db

#: How one more row of each kind is made, with relations of its own.
MAKERS = {
    WorkReport: lambda n: WorkReportFactory(plan_year=2020 + n),
    PlanYear: lambda n: PlanYearFactory(year=2020 + n),
    Section: lambda n: SectionFactory(path=f"2018/{n}", report__plan_year=2020 + n),
    Unit: lambda n: UnitFactory(symbol=f"单位{n}", factor=n + 1),
    Indicator: lambda n: IndicatorFactory(unit__symbol=f"单位{n}"),
    AnnualResult: lambda n: AnnualResultFactory(
        indicator__unit__symbol=f"单位{n}", section__path=f"2017/{n}", value=Decimal("12.50")
    ),
    Target: lambda n: TargetFactory(
        indicator__unit__symbol=f"单位{n}",
        section__path=f"2018/{n}",
        lead=DepartmentFactory(),
        growth=5,
        growth_comparator=">=",
    ),
    Department: lambda n: DepartmentFactory(successor=DepartmentFactory(code=f"successor-{n}")),
    User: lambda n: UserFactory(role=roles.REPORTER, departments=[DepartmentFactory()]),
    Membership: lambda n: UserFactory(departments=[DepartmentFactory()]),
    ProgressUpdate: lambda n: UpdateFactory(
        target__indicator__unit__symbol=f"单位{n}", target__lead=DepartmentFactory(), entered_by=UserFactory(), growth=1
    ),
    Evidence: lambda n: evidence(),
    Reminder: lambda n: ReminderFactory(),
    Move: lambda n: UpdateFactory(target__lead=DepartmentFactory(), entered_by=UserFactory()),
}
MODELS = [model for model in admin.site._registry if model._meta.app_label == "tracker"]
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)


def evidence() -> Evidence:
    update = UpdateFactory(target__lead=DepartmentFactory(), status=Status.DRAFT)
    return Evidence.objects.create(
        update=update, file=ContentFile(b"%PDF-1.7", name="证明.pdf"), uploaded_by=UserFactory()
    )


@pytest.fixture
def client_of_superuser(db, as_user):
    return as_user(UserFactory(is_superuser=True, username="root"))


def list_url(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def test_every_ledger_model_has_pages_of_its_own_or_stands_on_its_targets_page():
    inlined = {inline.model for admin_ in admin.site._registry.values() for inline in all_inlines(admin_)}
    events = {model for model in apps.get_app_config("tracker").get_models() if model.__name__.endswith("Event")}
    ledger = set(apps.get_app_config("tracker").get_models()) - events
    elsewhere = {RoleMembership, SavedView}  # on the page of the user; on the tables that they are views of
    assert ledger - set(MODELS) - inlined == elsewhere


def all_inlines(model_admin):
    if model_admin.model is Target:
        from tracker.admin.records.target import MilestoneInline, ResponsibilityInline, ScheduleNodeInline

        return [MilestoneInline, ResponsibilityInline, ScheduleNodeInline]
    return model_admin.inlines


@each_model
def test_list_costs_the_same_for_one_row_and_for_fifty(model, client_of_superuser):
    MAKERS[model](0)
    client_of_superuser.get(list_url(model))
    with CaptureQueriesContext(connection) as one:
        assert client_of_superuser.get(list_url(model)).status_code == 200
    for n in range(1, 50):
        MAKERS[model](n)
    with CaptureQueriesContext(connection) as fifty:
        response = client_of_superuser.get(list_url(model))
    assert response.context_data["cl"].result_count >= 50
    assert len(fifty) == len(one), "\n".join(query["sql"][:300] for query in fifty)
    assert len(fifty) <= 15


@each_model
def test_every_column_sorts_both_ways(model, client_of_superuser):
    for n in range(2):
        MAKERS[model](n)
    columns = len(client_of_superuser.get(list_url(model)).context_data["cl"].list_display)
    for number in range(columns):
        for order in (f"{number}", f"-{number}"):
            assert client_of_superuser.get(list_url(model), {"o": order}).status_code == 200


#: What nobody types, but somebody sends.
ODD = [
    {"q": "%_\\'\""},
    {"q": "\0"},
    {"q": "一" * 3000},
    {"q": "１２３ ²"},
    {"q": "ſİ"},
    {"p": "99999999999999999999"},
    {"p": "x"},
    {"o": "99.-x"},
    {"all": "x"},
    {"e": "1"},
    {"id__exact": "99999999999999999999"},
    {"id__exact": "x"},
    {"id__in": "1,x"},
    {"id\0": "1"},
    {"year": "\0"},
    {"dimension": "\0"},
    {"status__exact": "\0"},
    {"no_such_field": "1"},
    {"year__exact": "x"},
    {"year__exact": "1" * 40},
    {"period__year": "0"},
    {"period__year": "99999", "period__month": "13"},
    {"period__day": "x"},
    {"uploaded_at__year": "99999999999"},
    {"status__exact": "nonsense"},
    {"queue": "nonsense"},
    {"_to_field": "password"},
]


@each_model
def test_odd_input_never_breaks_a_list(model, client_of_superuser):
    MAKERS[model](0)
    answers = [(query, client_of_superuser.get(list_url(model), query).status_code) for query in ODD]
    assert not [(query, status) for query, status in answers if status not in (200, 302, 400)]


AUTOCOMPLETES = [(model, name) for model in MODELS for name in admin.site._registry[model].autocomplete_fields]


@pytest.mark.parametrize(("model", "field"), AUTOCOMPLETES, ids=lambda value: getattr(value, "__name__", value))
def test_autocomplete_finds_and_costs_the_same_for_one_row_and_for_twenty(model, field, client_of_superuser):
    related = model._meta.get_field(field).related_model
    asked = {"app_label": "tracker", "model_name": model._meta.model_name, "field_name": field}
    url = reverse("admin:autocomplete")
    MAKERS[related](0)
    client_of_superuser.get(url, asked)
    with CaptureQueriesContext(connection) as one:
        assert client_of_superuser.get(url, asked).json()["results"]
    for n in range(1, 20):
        MAKERS[related](n)
    with CaptureQueriesContext(connection) as twenty:
        assert len(client_of_superuser.get(url, asked).json()["results"]) >= 20
    assert len(twenty) == len(one), "\n".join(query["sql"][:300] for query in twenty)
    for term in ("\0", "%", "一" * 3000):
        assert client_of_superuser.get(url, {**asked, "term": term}).status_code in (200, 400)


def test_figures_are_printed_with_the_digits_they_were_stated_with(client_of_superuser):
    AnnualResultFactory(value=Decimal("614.80"))
    page = client_of_superuser.get(list_url(AnnualResult)).content.decode()
    assert "614.80 个" in page
    assert not re.search(r"614\.80\d", page)


def test_a_target_that_promises_nothing_in_figures_shows_a_dash_not_zero(client_of_superuser):
    MilestoneFactory(due_on=dt.date(2018, 6, 30))
    page = client_of_superuser.get(list_url(Target)).content.decode()
    assert '<td class="field-goal">—</td>' in page
