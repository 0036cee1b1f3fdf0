"""The language a person chose, and the address a change came from."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from tracker.middleware import client_address


@pytest.mark.django_db
def test_pages_are_chinese_even_for_a_browser_installed_in_english(client):
    page = client.get("/login/", headers={"accept-language": "en-US,en"})
    assert page.headers["Content-Language"] == "zh-hans"
    assert 'lang="zh-' in page.text.lower()


@pytest.mark.django_db
def test_a_chosen_language_is_remembered_and_an_unknown_one_ignored(client):
    client.post("/language/", {"language": "en", "next": "/login/"})
    assert client.get("/login/").headers["Content-Language"] == "en"
    client.cookies["django_language"] = "xx"
    assert client.get("/login/").headers["Content-Language"] == "zh-hans"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "9.9.9.9", "127.0.0.1"),  # nobody is trusted: what the client claims counts for nothing
        (1, "9.9.9.9", "9.9.9.9"),
        (1, "1.1.1.1, 9.9.9.9", "9.9.9.9"),  # only the nearest hop was written by our proxy
        (2, "1.1.1.1, 9.9.9.9, 8.8.8.8", "9.9.9.9"),
        (1, "", "127.0.0.1"),
    ],
)
def test_the_address_is_the_one_that_the_trusted_proxies_saw(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded} if forwarded else {})
    assert client_address(request) == address
