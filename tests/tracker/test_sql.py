"""The statements of the rules: slots, and what stands both in SQL and in Python."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection
from django.db.models import TextChoices

from tests.factories import TargetFactory, UpdateFactory
from tracker import models
from tracker.assessment import words
from tracker.assessment.sql import DUE, VERDICT, expand
from tracker.models import Frequency, ProgressUpdate, Status, Target
from tracker.periods import INTERVALS, frequencies_at, report_months


def test_a_slot_without_sql_is_an_error():
    with pytest.raises(LookupError):
        expand("SELECT {nothing}")
    with pytest.raises(LookupError):
        expand("{known}")  # whose own slot is the instant


def test_sql_without_a_slot_is_an_error():
    with pytest.raises(LookupError, match="elsewhere"):
        expand("SELECT {here}", here="1", elsewhere="2")


def test_slots_within_slots_are_filled_and_functions_written_out():
    assert expand("SELECT {outer}", outer="{inner} + 1", inner="x") == "SELECT x + 1"
    written = expand("{holds(round(a, 2), sign, round(b, 2))}")
    assert "round(a, 2) >= round(b, 2)" in written


def test_every_word_in_the_rules_is_one_that_the_models_have():
    sql = expand(VERDICT, as_of="as_of", known_at="known_at", which="true")
    choices = [
        kind
        for module in (words, models, models.progress, models.target)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, TextChoices)
    ]
    known = {value for kind in choices for value in kind.values} | set(words.Reason) | {"Asia/Shanghai", "month", "."}
    quoted = re.sub(r"--.*|interval '[^']*'", "", sql)
    assert not set(re.findall(r"'([^']*)'", quoted)) - known


def test_each_frequency_has_its_months():
    assert set(INTERVALS) == set(Frequency.values)
    assert [report_months(code) for code in ("quarterly", "half-yearly", "annual")] == [[3, 6, 9, 12], [6, 12], [12]]
    assert frequencies_at(6) == ["monthly", "quarterly", "half-yearly"]


@pytest.mark.django_db
@pytest.mark.parametrize("first_month", [1, 2, 7, 12])
@pytest.mark.parametrize("frequency", Frequency.values)
def test_a_target_is_due_in_the_months_that_its_frequency_has(frequency, first_month):
    target = TargetFactory(indicator__frequency=frequency, indicator__first_month=first_month)
    sql = expand(DUE, known_at="now()", today="current_date")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT due.period FROM tracker_target t CROSS JOIN LATERAL ({sql}) due ORDER BY 1")
        due = [period.month for (period,) in cursor.fetchall()]
    assert due == report_months(frequency, first_month) == target.indicator.report_months()
    listed = [
        month
        for month in range(1, 13)
        if Target.objects.filter(
            indicator__frequency__in=frequencies_at(month), indicator__first_month__lte=month
        ).exists()
    ]
    assert listed == due


@pytest.mark.django_db
def test_sql_and_orm_agree_on_what_is_known_at_every_instant():
    instants = [dt.datetime(2018, 7, day, tzinfo=dt.UTC) for day in range(1, 7)]
    first = UpdateFactory(verified_at=instants[1], superseded_at=instants[3])
    UpdateFactory(target=first.target, revision=2, correction_reason="笔误", verified_at=instants[3])
    UpdateFactory(verified_at=instants[2])
    UpdateFactory(status=Status.SUBMITTED, submitted_at=instants[0])
    UpdateFactory(status=Status.RETURNED, submitted_at=instants[0], return_reason="请核对")
    sql = expand("SELECT u.id FROM tracker_progressupdate u WHERE {known}", known_at="%(known_at)s")
    numbers = []
    for instant in instants:
        with connection.cursor() as cursor:
            cursor.execute(sql, {"known_at": instant})
            known = {pk for (pk,) in cursor.fetchall()}
        assert known == set(ProgressUpdate.objects.known_at(instant).values_list("pk", flat=True))
        numbers.append(len(known))
    assert numbers == [0, 1, 2, 2, 2, 2]
