"""A real Chromium that tells on every page: what it complains about, and where it calls, is a failure."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tracker.models import User

# Playwright keeps an event loop running in this thread, which makes Django refuse the ORM here. Nothing is concurrent:
# the test waits for the page, and the page is served from another thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# As root, as CI runs, Chromium has no sandbox; and it would otherwise ask its maker for updates.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        sentence = "没有找到 Chromium，浏览器测试跳过；在 Debian 上用 apt-get install chromium 安装后再测。"
        if os.environ.get("CI"):
            pytest.fail(f"CI 上不得跳过：{sentence}")
        pytest.skip(sentence)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, live_server) -> Iterator[Callable[[], Page]]:
    """`visit()`: a fresh visitor's page on the live site; the test fails if one complains or calls anywhere else."""
    troubles: list[str] = []

    def off_site(url: str) -> bool:
        return not url.startswith((live_server.url, "about:", "blob:"))

    def visitor() -> Page:
        context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.on("console", lambda said: troubles.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda sent: troubles.append(f"off-site: {sent.url}") if off_site(sent.url) else None)
        page.on(
            "requestfailed",
            lambda failed: None if failed.failure == "net::ERR_ABORTED" else troubles.append(failed.url),
        )
        contexts.append(context)
        return page

    contexts: list[BrowserContext] = []
    yield visitor
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def page(visit) -> Page:
    """The page of a fresh visitor."""
    return visit()


@pytest.fixture
def arrive(visit, live_server) -> Callable[[User], Page]:
    """`arrive(user)`: a page of the user's own, in a browser of the user's own, signed in without the form."""
    return lambda user: _signed_in(visit(), user, live_server.url)


@pytest.fixture
def sign_in(page, live_server) -> Callable[[User], Page]:
    """`sign_in(user)`: the page, now that user's, without the form."""
    return lambda user: _signed_in(page, user, live_server.url)


def _signed_in(page: Page, user: User, url: str) -> Page:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}])
    return page
