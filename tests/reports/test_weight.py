"""What a page weighs on its way to a reader who comes for the first time: at most 150 kB, without ECharts."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

pytestmark = pytest.mark.django_db

PAGES = [
    "/",
    "/targets/",
    "/targets/gdp/",
    "/departments/",
    "/departments/jiaoyu/",
    "/sections/",
    "/results/2017/",
    "/data-check/",
    "/updates/",
    "/screen/",
    "/password/",
]
LIMIT = 150_000


def packed(content: bytes) -> int:
    return len(gzip.compress(content, mtime=0))


def files(page: str) -> set[str]:
    """The static files that a page asks for by itself, ECharts left out."""
    asked = re.findall(rf'<(?:link|script)[^>]+(?:href|src)="/{settings.STATIC_URL.strip("/")}/([^"]+)"', page)
    return {name for name in asked if "echarts" not in name}


def test_a_full_page_and_all_that_it_asks_for_is_light(as_user, ledger, many, supervisor):
    many(50)
    client = as_user(supervisor)
    weights = {}
    for address in PAGES:
        page = client.get(address)
        assert page.status_code == 200, address
        names = files(page.content.decode())
        assert "reports/site.css" in names
        weights[address] = packed(page.content) + sum(packed(Path(finders.find(name)).read_bytes()) for name in names)
    assert {address: weight for address, weight in weights.items() if weight > LIMIT} == {}
