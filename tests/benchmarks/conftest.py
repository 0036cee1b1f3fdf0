"""Benchmarks take minutes: `make bench` runs them, the ordinary run of the tests leaves them out."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return None if config.getoption("benchmark_only") else True
