"""What it costs to judge every target, as a ratio to plain SQL that returns the same cells.

The ratio is what the layers of tracker/assessment.py, the exact rounding, and Django's queryset add. It is asserted;
seconds are only printed, because they are this machine's.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.benchmarks.ledger import fill
from tracker.assessment import ANNOTATIONS
from tracker.models import Target

pytestmark = pytest.mark.django_db

AS_OF = dt.date(2018, 6, 30)
KNOWN_AT = dt.datetime(2019, 3, 1, tzinfo=dt.UTC)
#: The verdict as somebody writes it who needs it once: nothing has a name of its own, and no division is exact.
PLAIN = Path(__file__).with_name("plain_assessment.sql").read_text()
RATIO = 1.3


def by_queryset() -> list[tuple[Any, ...]]:
    return list(Target.objects.assessed(AS_OF, KNOWN_AT).order_by("pk").values_list("pk", *ANNOTATIONS))


def by_plain_sql() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(PLAIN, {"as_of": AS_OF, "known_at": KNOWN_AT})
        return cursor.fetchall()


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@pytest.mark.parametrize(("targets", "rounds"), [(2_000, 40), (50_000, 8)])
def test_assessing_costs_little_more_than_plain_sql_and_uses_the_index(benchmark, targets, rounds):
    fill(targets)
    rows = by_queryset()
    assert len(rows) == targets
    assert rows == by_plain_sql()
    floor: list[float] = []
    # Turn by turn, so that whatever else the machine does falls on both.
    benchmark.pedantic(by_queryset, setup=lambda: floor.append(seconds(by_plain_sql)), rounds=rounds)
    ratio = benchmark.stats.stats.min / min(floor)
    benchmark.extra_info |= {"targets": targets, "plain_sql_seconds": round(min(floor), 4), "ratio": round(ratio, 3)}
    print(f"\n{targets} targets: {benchmark.stats.stats.min:.3f} s, plain SQL {min(floor):.3f} s, ratio {ratio:.2f}")  # noqa: T201
    assert ratio <= RATIO
    plan = Target.objects.assessed(AS_OF, KNOWN_AT).order_by("pk").explain()
    assert "Index Scan using update_counting" in plan
    assert "Seq Scan on tracker_progressupdate" not in plan


def test_one_target_is_assessed_without_assessing_the_others(benchmark):
    fill(2_000)
    june = Target.objects.assessed(AS_OF, KNOWN_AT).filter(pk=Target.objects.order_by("pk")[1_000].pk)
    benchmark.pedantic(june.get, rounds=10)
    assert "Seq Scan on tracker_target" not in june.explain()
