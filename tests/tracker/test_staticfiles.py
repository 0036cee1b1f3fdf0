"""Of the npm packages only what pages use is collected."""

from __future__ import annotations

from django.contrib.staticfiles import finders


def test_of_echarts_one_build_is_collected():
    collected = [path for finder in finders.get_finders() for path, storage in finder.list([])
                 if getattr(storage, "prefix", "") == "echarts"]  # fmt: skip
    assert collected == ["echarts.common.min.js"]


def test_what_pages_link_is_found():
    for name in ("echarts/echarts.common.min.js", "bootstrap/bootstrap.min.css", "reports/charts.js"):
        assert finders.find(name), name
