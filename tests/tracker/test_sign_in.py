"""Guessing passwords is slow: after some failures a name is locked for the address they came from, and for no other."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.factories import UserFactory
from tracker.models import User

pytestmark = pytest.mark.django_db

OFFICE, HOME = "192.0.2.7", "198.51.100.9"


@pytest.fixture
def person() -> User:
    return UserFactory(username="zhang")


def sign_in(word: str, seen_by_proxy: str, **headers: str) -> int:
    """Whose address only the proxy knows: 302 is in, 200 is the form again, 429 is locked."""
    forwarded = headers.get("claimed", "") + seen_by_proxy
    given = {"username": "zhang", "password": word}
    return Client().post("/login/", given, headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="10.0.0.1").status_code


@pytest.fixture
def behind_a_proxy(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1


@pytest.mark.usefixtures("behind_a_proxy")
def test_failures_from_one_address_lock_the_name_there_and_nowhere_else(person: User) -> None:
    assert [sign_in("wrong", HOME) for _n in range(5)] == [200] * 4 + [429]
    assert sign_in("password", HOME) == 429
    assert sign_in("password", OFFICE) == 302
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=16)):
        assert sign_in("password", HOME) == 302


@pytest.mark.usefixtures("behind_a_proxy")
def test_an_address_that_somebody_claims_to_come_from_unlocks_nothing(person: User) -> None:
    for n in range(5):
        sign_in("wrong", HOME, claimed=f"203.0.113.{n}, ")
    assert sign_in("password", HOME, claimed=f"{OFFICE}, ") == 429


@pytest.mark.usefixtures("behind_a_proxy")
def test_a_proxy_that_tells_no_address_does_not_break_the_sign_in(person: User) -> None:
    told = ["", "unknown", "192.0.2.7:4711", "<script>"]
    assert {text: (sign_in("wrong", text), sign_in("password", text)) for text in told} == dict.fromkeys(
        told, (200, 302)
    )


def test_another_name_from_the_same_office_is_not_locked(person: User) -> None:
    UserFactory(username="li")
    for _n in range(6):
        sign_in("wrong", OFFICE)
    assert (
        Client().post("/login/", {"username": "li", "password": "password"}, REMOTE_ADDR="10.0.0.1").status_code == 302
    )
