"""What the ledger refuses, and with which sentence: by `full_clean()`, and by the database when nobody asked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import Error, IntegrityError, connection, models, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import (
    AnnualResultFactory,
    DepartmentFactory,
    EvidenceFactory,
    IndicatorFactory,
    MilestoneFactory,
    PlanYearFactory,
    ReminderFactory,
    ResponsibilityFactory,
    SavedViewFactory,
    ScheduleNodeFactory,
    SectionFactory,
    SourceFactory,
    TargetFactory,
    UnitFactory,
    UpdateFactory,
    UserFactory,
    WorkReportFactory,
    close_years,
)
from tracker.models import (
    Frequency,
    Indicator,
    Measure,
    Membership,
    Move,
    ProgressUpdate,
    Role,
    SourceKind,
    Stage,
    Status,
    Target,
    Unit,
)
from tracker.models.refusals import CROSS_TABLE, KEPT, refusal, refused_as_validation

JUNE, MARCH = dt.date(2018, 6, 30), dt.date(2018, 3, 31)
LATER = dt.datetime(2018, 8, 1, 4, tzinfo=dt.UTC)
PUBLISHED = "https://example.org/published"
TOO_LARGE = Decimal(10) ** 14

TRACKER = [model for model in apps.get_app_config("tracker").get_models() if not hasattr(model, "pgh_tracked_model")]
CONSTRAINTS = {constraint.name: (model, constraint) for model in TRACKER for constraint in model._meta.constraints}


def is_chinese(text: object) -> bool:
    return bool(re.search(r"[\u4e00-\u9fff]", str(text)))


def names_a_row(constraint: models.BaseConstraint) -> bool:
    """Unique by the key alone: there for a composite foreign key to point at, and impossible to violate."""
    return isinstance(constraint, models.UniqueConstraint) and "id" in constraint.fields


def sentence(name: str) -> str:
    return str(CONSTRAINTS[name][1].violation_error_message)


# --- one bad row for every constraint: a valid row, and what is then changed in it ---

Bad = tuple[models.Model, dict[str, Any]]


def draft(**given: Any) -> ProgressUpdate:
    return UpdateFactory(status=Status.DRAFT, source_url="", **given)


def draft_task(**given: Any) -> ProgressUpdate:
    return draft(target=TargetFactory(task=True), value=None, stage=Stage.UNDER_WAY, **given)


def second(factory: Any, *fields: str, change: dict[str, Any] | None = None, **given: Any) -> Bad:
    """Another row, whose `fields` become those of the first."""
    first = factory(**given)
    return factory(), {**{field: getattr(first, field) for field in fields}, **(change or {})}


def own(field: str, row: models.Model) -> Bad:
    return row, {field: row}


def membership_twice() -> Bad:
    person, unit, other = UserFactory(), DepartmentFactory(), DepartmentFactory()
    Membership.objects.create(user=person, department=unit)
    return Membership.objects.create(user=person, department=other), {"department": unit}


def second_lead() -> Bad:
    lead = ResponsibilityFactory()
    return ResponsibilityFactory(target=lead.target, role=Role.COOPERATING), {"role": Role.LEAD}


def same_role_twice() -> Bad:
    first = ResponsibilityFactory(role=Role.COOPERATING)
    other = ResponsibilityFactory(target=first.target, role=Role.COOPERATING)
    return other, {"department": first.department}


def revision_twice() -> Bad:
    corrected = UpdateFactory(superseded_at=LATER)
    correction = draft(target=corrected.target, revision=2, correction_reason="笔误")
    return correction, {"revision": 1}


def two_in_progress() -> Bad:
    first = draft()
    return draft(target=first.target, period=MARCH, revision=2, correction_reason="笔误"), {"period": JUNE}


def second_speech() -> Bad:
    WorkReportFactory()
    return SourceFactory(), {"source_kind": SourceKind.WORK_REPORT}


def two_that_count() -> Bad:
    counting = UpdateFactory()
    correction = draft(target=counting.target, revision=2, correction_reason="笔误")
    return correction, {"status": Status.VERIFIED, "verified_at": LATER, "source_url": PUBLISHED}


def sample_move() -> Move:
    """A move that the database lets change; any other it keeps."""
    return draft(is_sample=True).moves.get()


def level() -> Target:
    return TargetFactory(level=True)


BAD_ROWS: dict[str, Callable[[], Bad]] = {
    "department_not_own_successor": lambda: own("successor", DepartmentFactory()),
    "membership_once": membership_twice,
    "workreport_years_follow": lambda: (WorkReportFactory(), {"review_year": 2016}),
    "planyear_year_range": lambda: (PlanYearFactory(), {"year": 2101}),
    "planyear_first_month": lambda: (PlanYearFactory(), {"first_month": 13}),
    "planyear_closed_by": lambda: (PlanYearFactory(), {"closed_by": UserFactory()}),
    "margins_not_negative": lambda: (PlanYearFactory().margins.get(), {"red_margin_growth": Decimal(-1)}),
    "workreport_once_a_year": second_speech,
    "workreport_title_once": lambda: (SourceFactory(title="清单"), {"title": SourceFactory(title="任务").title}),
    "workreport_meeting": lambda: (WorkReportFactory(), {"meeting": ""}),
    "workreport_choices": lambda: (SourceFactory(), {"source_kind": "传闻"}),
    "workreport_year_range": lambda: (WorkReportFactory(), {"plan_year": 2101, "review_year": 2100}),
    "section_path_once": lambda: (SectionFactory(), {"path": SectionFactory(path="2018/二").path}),
    "section_position_once": lambda: (
        SectionFactory(path="2018/二", position=2),
        {"position": SectionFactory(position=1).position},
    ),
    "section_not_own_parent": lambda: own("parent", SectionFactory()),
    "section_year_range": lambda: (SectionFactory(), {"year": 1999}),
    "unit_factor_positive": lambda: (UnitFactory(), {"factor": Decimal(0)}),
    "unit_finite": lambda: (UnitFactory(), {"factor": TOO_LARGE}),
    "indicator_unit_measure": lambda: (IndicatorFactory(), {"unit": None}),
    "indicator_choices": lambda: (IndicatorFactory(), {"frequency": "weekly"}),
    "indicator_first_month": lambda: (IndicatorFactory(), {"first_month": 13}),
    "result_once_a_year": lambda: second(AnnualResultFactory, "indicator"),
    "result_states_something": lambda: (AnnualResultFactory(), {"value": None}),
    "result_has_source": lambda: (AnnualResultFactory(), {"section": None}),
    "result_choices": lambda: (AnnualResultFactory(), {"vintage": "估计数"}),
    "result_finite": lambda: (AnnualResultFactory(), {"growth": -TOO_LARGE}),
    "result_year_range": lambda: (AnnualResultFactory(), {"year": 1999}),
    "target_once_a_year": lambda: second(TargetFactory, "indicator"),
    "target_value_comparator": lambda: (TargetFactory(), {"comparator": ""}),
    "target_growth_comparator": lambda: (TargetFactory(), {"growth": Decimal(9)}),
    "target_task_has_no_figure": lambda: (TargetFactory(task=True), {"value": Decimal(5), "comparator": ">="}),
    "target_figure_unless_task": lambda: (TargetFactory(), {"value": None, "comparator": ""}),
    "target_floor_positive": lambda: (TargetFactory(), {"value": Decimal(0)}),
    "target_judged_by_facet": lambda: (TargetFactory(), {"judged_by": "growth"}),
    "target_schedule_measure": lambda: (level(), {"schedule": "quarterly"}),
    "target_baseline_judged": lambda: (TargetFactory(), {"baseline": AnnualResultFactory()}),
    "target_due_in_year": lambda: (TargetFactory(), {"due_on": dt.date(2019, 1, 1)}),
    "target_has_source": lambda: (TargetFactory(), {"paragraph": None}),
    "target_not_own_parent": lambda: own("parent", TargetFactory()),
    "target_choices": lambda: (TargetFactory(), {"category": "其他"}),
    "target_finite": lambda: (TargetFactory(), {"value": TOO_LARGE}),
    "target_year_range": lambda: (TargetFactory(), {"year": 1999, "due_on": dt.date(1999, 12, 31)}),
    "responsibility_choices": lambda: (ResponsibilityFactory(), {"basis": "口头"}),
    "responsibility_once": same_role_twice,
    "responsibility_one_lead": second_lead,
    "milestone_number_once": lambda: second(MilestoneFactory, "target", "number"),
    "milestone_weight_positive": lambda: (MilestoneFactory(), {"weight": Decimal(0)}),
    "milestone_finite": lambda: (MilestoneFactory(), {"weight": TOO_LARGE}),
    "node_month_once": lambda: second(ScheduleNodeFactory, "target", "month"),
    "node_month": lambda: (ScheduleNodeFactory(), {"month": 13}),
    "node_finite": lambda: (ScheduleNodeFactory(), {"value": TOO_LARGE}),
    "update_revision_once": revision_twice,
    "update_one_in_progress": two_in_progress,
    "update_one_counts": two_that_count,
    "update_month_end": lambda: (draft(), {"period": dt.date(2018, 6, 29)}),
    "update_choices": lambda: (draft(), {"status": "lost"}),
    "update_finite": lambda: (draft(), {"stated_rate": TOO_LARGE}),
    "update_revision_from_1": lambda: (draft(), {"revision": 0, "correction_reason": "笔误"}),
    "update_task_or_figure": lambda: (draft_task(), {"value": Decimal(1)}),
    "update_says_something": lambda: (draft(), {"status": Status.SUBMITTED, "value": None}),
    "update_return_has_reason": lambda: (draft(), {"status": Status.RETURNED}),
    "update_correction_reason": lambda: (draft(), {"revision": 2}),
    "update_verified_is_signed": lambda: (draft(), {"status": Status.VERIFIED, "verified_at": LATER}),
    "update_superseded_verified": lambda: (draft(), {"superseded_at": LATER}),
    "move_month_end": lambda: (sample_move(), {"period": dt.date(2018, 6, 29)}),
    "move_choices": lambda: (sample_move(), {"to_status": "lost"}),
    "reminder_once": lambda: second(ReminderFactory, "target", "recipient"),
    "reminder_month_end": lambda: (ReminderFactory(), {"period": dt.date(2018, 6, 29)}),
    "reminder_choices": lambda: (ReminderFactory(), {"stage": "later"}),
    "view_name_once": lambda: second(SavedViewFactory, "owner", "name"),
    "view_one_default": lambda: second(SavedViewFactory, "owner", change={"is_default": True}, is_default=True),
    "view_unit_named": lambda: (SavedViewFactory(), {"sharing": "unit"}),
    "view_layout_is_own": lambda: (SavedViewFactory(), {"name": "", "is_default": True}),
    "view_choices": lambda: (SavedViewFactory(), {"sharing": "nobody"}),
    "evidence_not_empty": lambda: (EvidenceFactory(update=draft()), {"size": 0}),
}

#: Where a form already says what is wrong with the one field, so that the constraint is not asked any more.
REFUSED_BY_THE_FIELD = {"margins_not_negative", *(name for name in BAD_ROWS if name.endswith(("_choices", "_finite")))}
REFUSED_BY_THE_FIELD -= {"update_choices"}  # nobody edits `status`


def test_every_constraint_has_a_bad_row_here() -> None:
    assert set(BAD_ROWS) == {name for name, (_, rule) in CONSTRAINTS.items() if not names_a_row(rule)}


@pytest.mark.django_db
@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_refused_by_validation_and_by_the_database_with_one_sentence(name: str) -> None:
    row, changes = BAD_ROWS[name]()
    row.full_clean()

    # By the database, when nobody validated: the rule's own sentence is found again.
    with pytest.raises(Error) as database, transaction.atomic():
        type(row)._base_manager.filter(pk=row.pk).update(**changes)
    assert refusal(database.value) == sentence(name)

    for field, value in changes.items():
        setattr(row, field, value)
    with pytest.raises(ValidationError) as form:
        row.full_clean()
    if name in REFUSED_BY_THE_FIELD:
        assert set(form.value.message_dict) == set(changes)
    else:
        assert sentence(name) in form.value.messages


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_is_not_finite_is_refused_everywhere(number: str) -> None:
    target = TargetFactory()
    target.value = Decimal(number)
    with pytest.raises(ValidationError, match="value"):
        target.full_clean()
    with pytest.raises(IntegrityError) as database, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE tracker_target SET value = %s::numeric WHERE id = %s", [number, target.pk])
    assert refusal(database.value) == sentence("target_finite")


@pytest.mark.django_db
def test_a_level_of_zero_may_be_a_ceiling_but_never_a_floor() -> None:
    TargetFactory(value=0, comparator="<=").full_clean()
    with pytest.raises(ValidationError, match="下限目标须大于零"):
        TargetFactory.build(
            indicator=IndicatorFactory(), section=SectionFactory(), value=0, comparator=">"
        ).full_clean()


# --- names and messages ---


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_a_constraint_has_a_short_name_and_a_chinese_sentence(name: str) -> None:
    _, constraint = CONSTRAINTS[name]
    assert len(name) <= 30
    if not names_a_row(constraint):
        assert is_chinese(constraint.violation_error_message)
        assert str(constraint.violation_error_message).endswith("。")


def test_index_names_are_short() -> None:
    names = [index.name for model in TRACKER for index in model._meta.indexes]
    assert names
    assert all(len(name) <= 30 for name in names)


@pytest.mark.django_db
def test_rules_that_only_the_database_states_have_sentences_too() -> None:
    """Every named rule of the database that no field makes by itself: foreign keys over two columns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint"
            " WHERE contype = 'f' AND (cardinality(conkey) > 1 OR conname NOT LIKE '%%_fk_%%')"
            " AND conrelid::regclass::text LIKE 'tracker_%%'"
        )
        composite = {name for (name,) in cursor.fetchall()}
    assert composite == {
        "target_year_has_plan",
        "workreport_year_has_plan",
        "target_measure_agrees",
        "target_baseline_year",
        "update_measure_agrees",
    }
    assert composite <= set(CROSS_TABLE)
    assert all(is_chinese(text) and len(name) <= 30 for name, text in CROSS_TABLE.items())


# --- the foreign keys over two columns (migration 0002) ---


@pytest.mark.django_db
def test_a_target_needs_the_report_of_its_year() -> None:
    target = TargetFactory()
    with pytest.raises(IntegrityError) as database, transaction.atomic():
        Target.objects.filter(pk=target.pk).update(year=2020, due_on="2020-12-31")
    assert refusal(database.value) == CROSS_TABLE["target_year_has_plan"]

    target.year, target.due_on = 2020, dt.date(2020, 12, 31)
    with pytest.raises(ValidationError) as form:
        target.full_clean()
    assert form.value.messages == [CROSS_TABLE["target_year_has_plan"]]

    WorkReportFactory(plan_year=2020)
    target.full_clean()
    target.save()


@pytest.mark.django_db
def test_a_baseline_is_of_the_year_before() -> None:
    target, same_year = TargetFactory(), AnnualResultFactory(year=2018)
    with pytest.raises(IntegrityError) as database, transaction.atomic():
        Target.objects.filter(pk=target.pk).update(baseline=same_year, baseline_comparable=True)
    assert refusal(database.value) == CROSS_TABLE["target_baseline_year"]

    target.baseline, target.baseline_comparable = same_year, True
    with pytest.raises(ValidationError) as form:
        target.full_clean()
    assert form.value.messages == [CROSS_TABLE["target_baseline_year"]]

    target.baseline = AnnualResultFactory(year=2017)
    target.full_clean()
    target.save()


@pytest.mark.django_db
def test_the_measure_of_an_indicator_with_targets_stays() -> None:
    indicator = TargetFactory().indicator
    with pytest.raises(IntegrityError) as database, transaction.atomic():
        Indicator.objects.filter(pk=indicator.pk).update(measure=Measure.LEVEL)
    assert refusal(database.value) == CROSS_TABLE["target_measure_agrees"]

    indicator.measure = Measure.LEVEL
    with pytest.raises(ValidationError) as form:
        indicator.full_clean()
    assert form.value.messages == [CROSS_TABLE["target_measure_agrees"]]

    free = IndicatorFactory()
    free.measure = Measure.LEVEL
    free.full_clean()
    free.save()


@pytest.mark.django_db
def test_the_measure_of_a_target_with_updates_stays() -> None:
    target = UpdateFactory().target
    ratio = IndicatorFactory(measure=Measure.LEVEL)
    with pytest.raises(IntegrityError) as database, transaction.atomic():
        Target.objects.filter(pk=target.pk).update(indicator=ratio, measure=Measure.LEVEL)
    assert refusal(database.value) == CROSS_TABLE["update_measure_agrees"]

    target.indicator = ratio
    with pytest.raises(ValidationError) as form:
        target.full_clean()
    assert form.value.messages == [CROSS_TABLE["update_measure_agrees"]]


@pytest.mark.django_db
def test_a_copied_measure_cannot_differ_from_what_it_copies() -> None:
    update = draft()
    with pytest.raises(IntegrityError), transaction.atomic():
        Target.objects.filter(pk=update.target_id).update(measure=Measure.LEVEL)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProgressUpdate.objects.filter(pk=update.pk).update(measure=Measure.LEVEL)


# --- what the database says by itself ---


@pytest.mark.django_db
def test_a_code_used_twice_is_not_reported_as_a_frozen_record() -> None:
    first, other = DepartmentFactory(), DepartmentFactory()
    with pytest.raises(ValidationError) as refused, refused_as_validation():
        type(first).objects.filter(pk=other.pk).update(code=first.code)
    assert refused.value.messages == ["已有同样的记录，请在原有记录上修改。"]


@pytest.mark.django_db
def test_what_a_trigger_protects_is_reported_as_kept() -> None:
    target = TargetFactory()
    with pytest.raises(ValidationError) as refused, refused_as_validation():
        target.delete()
    assert refused.value.messages == [KEPT]
    assert Target.objects.filter(pk=target.pk).exists()


@pytest.mark.django_db
def test_a_fault_of_the_server_is_no_refusal() -> None:
    with pytest.raises(Error, match="no_such_table"), refused_as_validation(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")
    with pytest.raises(Error, match="lost"), refused_as_validation():
        raise Error("lost")  # without a cause, as when the connection breaks


# --- printed figures ---


@pytest.mark.django_db
@pytest.mark.parametrize("printed", ["614.8", "435", "9.50", "26.20", "0.000001", "99999999999999"])
def test_a_figure_keeps_the_digits_it_was_printed_with(printed: str) -> None:
    target = TargetFactory(value=printed, growth=printed, growth_comparator=">=")
    target.full_clean()
    target.refresh_from_db()
    assert str(target.value) == printed
    assert str(target.growth) == printed


def test_a_float_is_taken_as_it_reads() -> None:
    assert Target._meta.get_field("value").to_python(614.8) == Decimal("614.8")


# --- units ---


def unit(symbol: str, dimension: str, factor: int | str) -> Unit:
    return Unit(symbol=symbol, dimension=dimension, factor=Decimal(factor))


YUAN, TEN_THOUSAND, HUNDRED_MILLION = unit("元", "money", 1), unit("万元", "money", 10**4), unit("亿元", "money", 10**8)


@pytest.mark.parametrize(
    ("value", "given", "wanted", "result"),
    [
        ("6.6", unit("万平方米", "area", 10**4), unit("平方米", "area", 1), "66000"),
        ("0.5", HUNDRED_MILLION, TEN_THOUSAND, "5000"),
        ("5000", TEN_THOUSAND, HUNDRED_MILLION, "0.5"),
        ("36100", YUAN, HUNDRED_MILLION, "0.000361"),
        ("-0.1", HUNDRED_MILLION, YUAN, "-10000000"),
    ],
)
def test_units_of_one_dimension_convert_exactly(value: str, given: Unit, wanted: Unit, result: str) -> None:
    assert given.convert(Decimal(value), wanted) == Decimal(result)


def test_a_figure_in_its_own_unit_keeps_its_digits() -> None:
    assert str(HUNDRED_MILLION.convert(Decimal("9.50"), HUNDRED_MILLION)) == "9.50"


UNITS = st.sampled_from([YUAN, TEN_THOUSAND, HUNDRED_MILLION])


@given(st.decimals(-(10**13), 10**13, places=6), UNITS, UNITS)
def test_a_conversion_there_and_back_loses_nothing(value: Decimal, one: Unit, other: Unit) -> None:
    assert other.convert(one.convert(value, other), one) == value


def test_two_dimensions_never_mix() -> None:
    with pytest.raises(ValueError, match="“人”与“户”量纲不同，不能换算；请按“户”填报。"):
        unit("人", "person", 1).convert(Decimal(1), unit("户", "household", 1))


def test_a_conversion_that_does_not_come_out_even_is_refused() -> None:
    """1 平方米 is 0.0015 亩, but 1 亩 is 2000/3 平方米, which no decimal states."""
    third = unit("三分之一", "test", 3)
    with pytest.raises(ValueError, match="除不尽"):
        unit("一", "test", 1).convert(Decimal(1), third)
    assert unit("一", "test", 1).convert(Decimal(9), third) == 3


# --- which periods there are ---


@pytest.mark.parametrize(
    ("frequency", "first_month", "months"),
    [
        (Frequency.MONTHLY, 1, list(range(1, 13))),
        (Frequency.MONTHLY, 2, list(range(2, 13))),
        (Frequency.QUARTERLY, 1, [3, 6, 9, 12]),
        (Frequency.HALF_YEARLY, 1, [6, 12]),
        (Frequency.ANNUAL, 1, [12]),
    ],
)
def test_an_indicator_is_reported_at_the_ends_of_its_periods(
    frequency: str, first_month: int, months: list[int]
) -> None:
    assert Indicator(frequency=frequency, first_month=first_month).report_months() == months


def period_errors(period: str, **indicator: Any) -> list[str]:
    target = TargetFactory(indicator=IndicatorFactory(**indicator))
    update = ProgressUpdate(target=target, period=dt.date.fromisoformat(period), value=Decimal(1))
    try:
        update.full_clean()
    except ValidationError as error:
        return error.message_dict["period"]
    return []


@pytest.mark.django_db
def test_a_quarterly_indicator_has_no_month() -> None:
    quarterly = {"name": "地区生产总值", "frequency": Frequency.QUARTERLY, "code": "gdp"}
    assert period_errors("2018-04-30", **quarterly) == [
        "“地区生产总值”为季报，报告期只有：3月、6月、9月、12月，请改选。"
    ]


@pytest.mark.django_db
def test_investment_has_no_january() -> None:
    errors = period_errors("2018-01-31", name="固定资产投资", first_month=2)
    assert errors == [
        "“固定资产投资”为月报，报告期只有：2月、3月、4月、5月、6月、7月、8月、9月、10月、11月、12月，请改选。"
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("period", "frequency"),
    [("2018-01-31", "monthly"), ("2018-06-30", "quarterly"), ("2018-06-30", "half-yearly"), ("2018-12-31", "annual")],
)
def test_a_period_that_the_calendar_has_is_accepted(period: str, frequency: str) -> None:
    assert period_errors(period, frequency=frequency) == []


@pytest.mark.django_db
def test_a_period_of_another_year_is_refused() -> None:
    assert period_errors("2017-12-31") == ["这是2018年度的目标，报告期须在当年之内。"]


@pytest.mark.django_db
def test_a_month_is_reported_from_its_last_day_in_beijing(time_machine: Any) -> None:
    time_machine.move_to("2018-06-29T15:59:00Z")  # 23:59 on 29 June
    assert period_errors("2018-06-30") == ["2018-06 尚未结束，不能提前填报。"]
    time_machine.move_to("2018-06-29T16:00:00Z")  # midnight
    assert period_errors("2018-06-30") == []


@pytest.mark.django_db
def test_a_closed_year_takes_no_more_updates() -> None:
    update = draft()
    close_years()
    with pytest.raises(ValidationError, match="2018年度已封账"):
        update.full_clean()


@pytest.mark.django_db
def test_only_the_task_s_own_steps_can_be_done() -> None:
    update = draft_task()
    MilestoneFactory(target=update.target, number=1)
    update.steps_done = [1, 3, 2]
    with pytest.raises(ValidationError, match="该任务没有序号为 2、3 的节点。"):
        update.full_clean()
    update.steps_done = [1]
    update.full_clean()


# --- what a person need not state ---


@pytest.mark.django_db
def test_a_target_takes_its_measure_from_the_indicator_and_is_due_at_the_year_s_end() -> None:
    target = TargetFactory(level=True)
    assert (target.measure, target.due_on) == (Measure.LEVEL, dt.date(2018, 12, 31))
    assert UpdateFactory(target=target).measure == Measure.LEVEL


@pytest.mark.django_db
def test_what_a_demonstration_account_enters_is_marked_from_the_start() -> None:
    pretender = UserFactory(is_sample=True)
    assert draft(entered_by=pretender).is_sample
    assert not draft(entered_by=UserFactory()).is_sample


# --- natural keys ---


@pytest.mark.django_db
def test_every_natural_key_finds_its_record() -> None:
    target = TargetFactory(task=True)
    records = [
        target,
        UnitFactory(),
        DepartmentFactory(),
        IndicatorFactory(),
        SectionFactory(),
        WorkReportFactory(),
        PlanYearFactory(),
        AnnualResultFactory(),
        ResponsibilityFactory(),
        MilestoneFactory(target=target),
        ScheduleNodeFactory(),
        UpdateFactory(),
        UserFactory(),
    ]
    keyed = {model for model in TRACKER if hasattr(model._default_manager, "get_by_natural_key")}
    assert {type(record) for record in records} == keyed
    for record in records:
        assert type(record).objects.get_by_natural_key(*record.natural_key()) == record
