"""催报: the list and the judgement's lateness agree; who sees whose gaps; whom to call; what the page says."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import (
    DepartmentFactory,
    PlanYearFactory,
    ReminderFactory,
    ResponsibilityFactory,
    TargetFactory,
    UpdateFactory,
    UserFactory,
    close_years,
)
from tracker import overdue, roles
from tracker.models import Department, Reminder, Responsibility, Role, Status, Target, User

pytestmark = pytest.mark.django_db

OVERDUE = "/admin/chase/"
#: Monthly figures are due on the 10th; on this day, September is two days late and nothing else can be.
TODAY = dt.date(2018, 10, 12)


@pytest.fixture(autouse=True)
def on_12_october_2018(time_machine):
    time_machine.move_to(dt.datetime(2018, 10, 12, 4, tzinfo=dt.UTC), tick=False)


def up_to(month: int, **given) -> Target:
    """A monthly target that was reported up to a month."""
    target = TargetFactory(**given)
    for number in range(1, month + 1):
        UpdateFactory(target=target, period=month_end(number))
    return target


def month_end(month: int) -> dt.date:
    return dt.date(2018 + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)


def urgent(today: dt.date = TODAY) -> list[tuple[str, int, str]]:
    rows = overdue.overdue_reports(Target.objects.all(), today)
    return [(row.period.strftime("%m"), row.days_late, row.urgency) for row in rows]


# --- which periods, how pressing ---


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        ((2018, 9, 30), []),
        ((2018, 10, 6), []),
        ((2018, 10, 7), [("09", -3, "soon")]),
        ((2018, 10, 10), [("09", 0, "soon")]),
        ((2018, 10, 11), [("09", 1, "overdue")]),
        ((2018, 10, 20), [("09", 10, "overdue")]),
        ((2018, 10, 21), [("09", 11, "long")]),
        ((2018, 11, 8), [("09", 29, "long"), ("10", -2, "soon")]),
    ],
)
def test_a_period_becomes_more_pressing_day_by_day(today, expected):
    up_to(8)
    assert urgent(dt.date(*today)) == expected


def test_what_was_submitted_is_not_chased_and_a_draft_is():
    for status in (Status.SUBMITTED, Status.ENDORSED, Status.DRAFT):
        target = up_to(8)
        submitted_at = None if status == Status.DRAFT else dt.datetime(2018, 10, 5, tzinfo=dt.UTC)
        UpdateFactory(target=target, period=month_end(9), status=status, submitted_at=submitted_at)
    assert urgent() == [("09", 2, "overdue")]


def test_a_period_that_is_not_over_is_not_chased_even_where_its_deadline_is_near():
    target = up_to(8)
    target.indicator.due_lag = 0
    target.indicator.save()
    assert urgent(dt.date(2018, 9, 28)) == []
    assert urgent(dt.date(2018, 9, 30)) == [("09", 0, "soon")]


def test_closed_years_are_never_chased():
    up_to(8)
    close_years()
    assert urgent() == []


def test_the_list_and_the_judgement_agree_on_every_days_late():
    """`overdue_days` of the assessment is the most late period of the list, for every frequency and state."""
    for frequency, first_month, lag in [("monthly", 1, 10), ("monthly", 2, 0), ("quarterly", 1, 25), ("annual", 1, 40)]:
        for reported in (0, 1, 6):
            target = up_to(reported) if frequency == "monthly" else TargetFactory()
            indicator = target.indicator
            indicator.frequency, indicator.first_month, indicator.due_lag = frequency, first_month, lag
            indicator.save()
    UpdateFactory(target=target, period=month_end(6), status=Status.SUBMITTED, submitted_at="2018-07-30T00:00Z")
    seen = 0
    for month, day in [(1, 31), (2, 11), (4, 26), (7, 25), (7, 26), (8, 1), (10, 12), (12, 31)]:
        instant = dt.datetime(2018, month, day, 4, tzinfo=dt.UTC)
        listed: dict[int, int] = {}
        for row in overdue.due_reports(Target.objects.all(), known_at=instant).filter(
            is_reported=False, days_late__gt=0
        ):
            listed[row.pk] = max(listed.get(row.pk, 0), row.days_late)
        judged = Target.objects.assessed(dt.date(2018, 12, 31), instant).exclude(overdue_days=None)
        assert listed == dict(judged.values_list("pk", "overdue_days"))
        seen += len(listed)
    assert seen > 20


# --- whom to call ---


def test_the_active_reporters_and_endorsers_of_a_unit_can_be_told(unit, reporter, endorser, colleague, supervisor):
    UserFactory(role=roles.REPORTER, departments=[unit], is_active=False)
    UserFactory(role=roles.VIEWER, departments=[unit])
    UserFactory(departments=[unit])
    assert set(overdue.people_to_remind()[unit.pk]) == {reporter, endorser}


def test_whoever_took_over_a_units_tasks_is_told_of_them(unit, reporter):
    later = DepartmentFactory(successor=None)
    last = DepartmentFactory()
    later.successor = last
    later.save()
    unit.successor = later
    unit.save()
    heir = UserFactory(role=roles.REPORTER, departments=[last])
    told = overdue.people_to_remind()
    assert set(told[unit.pk]) == {reporter, heir}
    assert told[last.pk] == [heir]
    for user in User.objects.filter(groups__name=roles.REPORTER):
        assert set(Department.objects.of(user)) == {one for one in Department.objects.all() if user in told[one.pk]}


# --- the page ---


def units_on_page(client, **query) -> list[str]:
    response = client.get(OVERDUE, query)
    assert response.status_code == 200
    return [entry.department.code for entry in response.context["entries"]]


@pytest.fixture
def two_units(unit, other_unit) -> tuple[Target, Target]:
    return up_to(8, lead=unit), up_to(7, lead=other_unit)


def test_reporters_and_endorsers_see_their_own_units_and_other_readers_all(
    as_user, two_units, reporter, endorser, colleague, supervisor, official, auditor
):
    up_to(8)  # nobody leads it
    assert units_on_page(as_user(reporter)) == units_on_page(as_user(endorser)) == ["jiaoyu"]
    assert units_on_page(as_user(colleague)) == ["gongan"]
    for reader in (supervisor, official, auditor):
        assert units_on_page(as_user(reader)) == ["jiaoyu", "gongan", ""]


@pytest.mark.parametrize("person", ["system_admin", "outsider"])
def test_whoever_may_not_see_the_ledger_may_not_see_its_gaps(person, request, as_user):
    assert as_user(request.getfixturevalue(person)).get(OVERDUE).status_code == 403


def test_anonymous_is_asked_to_sign_in(client):
    assert "/login/" in client.get(OVERDUE)["Location"]


def test_a_unit_and_a_stage_can_be_picked_and_nonsense_filters_nothing(as_user, two_units, supervisor, reporter):
    client = as_user(supervisor)
    assert units_on_page(client, unit="gongan") == ["gongan"]
    assert units_on_page(client, stage="long") == ["gongan"]
    assert units_on_page(client, stage="soon") == []
    for nonsense in ({"unit": "x"}, {"stage": "x"}, {"unit": "一" * 500}):
        assert units_on_page(client, **nonsense) == ["jiaoyu", "gongan"]
        assert client.get(OVERDUE, nonsense).context["form"].errors
    assert units_on_page(as_user(reporter), unit="gongan") == ["jiaoyu"]


def test_the_page_says_what_is_missing_how_late_and_whom_to_call(as_user, two_units, reporter, supervisor):
    _own, other = two_units
    ReminderFactory(target=other, period=month_end(8), recipient=reporter, sent_at="2018-09-25T01:30Z")
    page = as_user(supervisor).get(OVERDUE).content.decode()
    for text in (
        "2018年8月、9月",
        "2018-09-10",
        "逾期 32 天",
        "2018-09-25 09:30",
        f"{reporter}（没有登记邮箱）",
        "逾期 2 天",
    ):
        assert text in page
    assert "这个单位还没有填报员或审核人的账号" in page
    assert f"1. {other.indicator}：2018年8月、9月（应于2018年9月10日前报送，逾期 32 天）" in page


def test_the_file_of_the_old_address_says_what_the_page_says_under_the_same_filters(
    as_user, two_units, supervisor, reporter, outsider
):
    own, other = two_units
    own.indicator.name = "=HYPERLINK(1)"
    own.indicator.save()

    def lines(user, **query) -> list[list[str]]:
        response = as_user(user).get(f"{OVERDUE}list.csv", query, follow=True)
        assert response["Content-Type"].startswith("text/csv")
        return list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"))))

    jiaoyu, gongan = "区教育局", "岳阳楼公安分局"
    assert lines(supervisor) == [
        ["牵头单位", "名称", "代码", "报告期", "期限", "逾期天数", "阶段", "上次提醒"],
        [jiaoyu, "'=HYPERLINK(1)", own.code, "2018-09", "2018-10-10", "2", "逾期未报", ""],
        [gongan, str(other.indicator), other.code, "2018-08", "2018-09-10", "32", "逾期较久", ""],
        [gongan, str(other.indicator), other.code, "2018-09", "2018-10-10", "2", "逾期未报", ""],
    ]
    assert [line[3] for line in lines(supervisor, stage="long")[1:]] == ["2018-08"]
    assert len(lines(supervisor, stage="x")) == 4
    assert {line[0] for line in lines(supervisor, unit="gongan")[1:]} == {gongan}
    assert {line[0] for line in lines(reporter, unit="gongan")[1:]} == {jiaoyu}
    assert as_user(outsider).get(f"{OVERDUE}list.csv").status_code == 403


def test_the_list_is_a_table_that_is_filtered_sorted_and_taken_away_like_the_others(
    as_user, two_units, supervisor, reporter, client, settings
):
    _own, other = two_units
    ReminderFactory(target=other, period=month_end(8), recipient=reporter, sent_at="2018-09-25T01:30Z")

    def rows(user, address: str) -> list[tuple[str, str, int, str]]:
        found = json.loads(as_user(user).get(address).getvalue())
        return [(row["lead"], row["period"], row["days_late"], row["urgency"]) for row in found]

    late, two_days = ("岳阳楼公安分局", "2018-08", 32, "long"), ("岳阳楼公安分局", "2018-09", 2, "overdue")
    assert rows(supervisor, "/overdue/all.json") == [("区教育局", "2018-09", 2, "overdue"), late, two_days]
    assert rows(supervisor, "/overdue/view.json?lead=gongan&sort=days_late") == [two_days, late]
    assert rows(supervisor, "/overdue/view.json?urgency=long&urgency=soon") == [late]
    assert rows(reporter, "/overdue/all.json") == [("区教育局", "2018-09", 2, "overdue")]
    for format in ("xlsx", "docx", "csv", "json"):
        assert as_user(supervisor).get(f"/overdue/view.{format}").status_code == 200
    page = as_user(supervisor).get("/overdue/").content.decode()
    assert "催报清单（截至2018-10-12），共 3 期" in page
    assert "2018-09-25 09:30" in page
    # The command line writes what the page's file has.
    for arguments, address in [
        ([], "/overdue/all.json"),
        (["--format", "csv"], "/overdue/all.csv"),
        (["--view", "lead=gongan&sort=days_late"], "/overdue/view.json?lead=gongan&sort=days_late"),
    ]:
        terminal = io.TextIOWrapper(io.BytesIO())
        call_command("export", "overdue", *arguments, stdout=terminal)
        assert terminal.buffer.getvalue() == as_user(supervisor).get(address).getvalue()
    # Who is late is nobody's business outside, even where the figures are public.
    settings.PUBLIC = True
    assert "/login/" in client.get("/overdue/")["Location"]
    assert "/overdue/" not in client.get("/").content.decode()


def test_a_link_leads_to_the_table_from_every_page_of_those_who_may_see_it(
    as_user, two_units, supervisor, reporter, official, auditor, client
):
    wrong = []
    for user, pages in [
        (supervisor, ["/", "/targets/", "/overdue/", "/admin/"]),
        (reporter, ["/", "/admin/"]),
        (official, ["/"]),
        (auditor, ["/", "/admin/"]),
    ]:
        for page in pages:
            if '<a href="/overdue/"' not in as_user(user).get(page).content.decode():
                wrong.append((str(user), page))
    assert not wrong
    for language, word in [("zh-hans", "催报"), ("en", "Missing reports")]:
        client.force_login(official)
        client.cookies["django_language"] = language
        assert f'<a href="/overdue/" aria-current="page">{word}</a>' in client.get("/overdue/").content.decode()


def test_a_reminder_makes_the_table_a_new_one_for_a_browser_that_holds_it(as_user, two_units, supervisor, reporter):
    browser, (own, _other) = as_user(supervisor), two_units
    held = browser.get("/overdue/")["ETag"]
    assert browser.get("/overdue/", headers={"If-None-Match": held}).status_code == 304
    ReminderFactory(target=own, period=month_end(9), recipient=reporter)
    assert browser.get("/overdue/", headers={"If-None-Match": held}).status_code == 200


def test_the_page_costs_the_same_for_one_unit_and_for_fifty(as_user, supervisor):
    client = as_user(supervisor)

    def more(count: int) -> None:
        for _n in range(count):
            unit = DepartmentFactory()
            UserFactory(role=roles.REPORTER, departments=[unit])
            TargetFactory(lead=unit)

    more(1)
    client.get(OVERDUE)
    with CaptureQueriesContext(connection) as one:
        client.get(OVERDUE)
    more(49)
    with CaptureQueriesContext(connection) as fifty:
        assert len(client.get(OVERDUE).context["entries"]) == 50
    assert len(fifty) == len(one), "\n".join(query["sql"][:300] for query in fifty)


# --- sending from the page ---


@pytest.fixture
def addressed(reporter) -> User:
    reporter.email = "reporter@example.org"
    reporter.save()
    return reporter


def said(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_the_supervision_office_sends_reminders_once(as_user, two_units, addressed, supervisor):
    client = as_user(supervisor)
    assert "已发出 1 封提醒" in said(client.post(OVERDUE, follow=True))
    assert "没有新的提醒要发" in said(client.post(OVERDUE, follow=True))
    assert [message.to for message in mail.outbox] == [["reporter@example.org"]]


def test_only_the_picked_unit_is_reminded_and_nonsense_reminds_nobody(as_user, two_units, addressed, supervisor):
    client = as_user(supervisor)
    for unit in ("gongan", "x"):
        client.post(f"{OVERDUE}?unit={unit}")
        assert mail.outbox == []
    client.post(f"{OVERDUE}?unit=jiaoyu")
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("person", ["reporter", "endorser", "official", "auditor", "outsider", "system_admin"])
def test_nobody_else_sends_reminders(person, request, as_user, two_units, addressed):
    user = request.getfixturevalue(person)
    assert as_user(user).post(OVERDUE).status_code == 403
    assert mail.outbox == []
    if user.has_perm("tracker.view_target"):
        assert "发送提醒" not in as_user(user).get(OVERDUE).content.decode()


def test_a_demonstration_account_sends_no_mail_to_real_people(as_user, two_units, addressed):
    demo = UserFactory(role=roles.SUPERVISOR, is_sample=True)
    assert "演示账号不能发送提醒" in said(as_user(demo).post(OVERDUE, follow=True))
    assert mail.outbox == []


def test_without_mail_the_page_says_so_instead_of_offering_a_button(as_user, two_units, supervisor, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    client = as_user(supervisor)
    page = client.get(OVERDUE).content.decode()
    assert "还没有配置邮件，不能从这里发送提醒" in page
    assert "给全部单位发送提醒" not in page
    assert "还没有配置邮件" in said(client.post(OVERDUE, follow=True))
    assert not Reminder.objects.exists()


# --- how far the units have come ---


def test_the_standing_of_a_month_counts_what_is_due_and_what_was_submitted(unit, other_unit):
    up_to(9, lead=unit)
    up_to(8, lead=unit)
    shared = up_to(9, lead=other_unit)
    ResponsibilityFactory(target=shared, department=other_unit, role=Role.DATA_OWNER)
    annual = TargetFactory(lead=other_unit)
    annual.indicator.frequency = "annual"
    annual.indicator.save()
    PlanYearFactory(year=2017, is_closed=True)
    assert overdue.latest_month(Target.objects.all()) == month_end(9)
    both = Responsibility.objects.of(Role.LEAD, Role.DATA_OWNER)
    assert [(row.code, row.total, row.reported) for row in overdue.progress_by_department(both, month_end(9))] == [
        ("jiaoyu", 2, 1),
        ("gongan", 1, 1),
    ]


def test_the_office_reads_on_its_work_list_which_units_have_reported(as_user, two_units, unit, supervisor):
    up_to(9, lead=unit)
    page = as_user(supervisor).get(reverse("admin:index")).content.decode()
    assert "应报 2 个单位：报齐 0 个，报了一部分 1 个，还没有报 1 个" in page
    assert '<a href="/admin/chase/?unit=jiaoyu">区教育局</a> 1/2' in page
