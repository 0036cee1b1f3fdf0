"""The import rules: who may know whom (README, "Where things are")."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Folder → modules that it never imports.
FORBIDDEN = {
    "tracker": ["reports"],
    "tracker/models": ["tracker.admin", "django.forms", "django.template", "django.contrib.admin", "django.utils.html"],
    "tracker/spreadsheets": ["tracker.admin", "django.contrib.admin", "django.template"],
    "tracker/reader": ["django", "tracker.models", "tracker.fixtures"],
    "reports/exports": ["tracker", "django.db"],
}


def modules(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, absolute, with its line."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module, node.lineno
            for alias in node.names:
                yield f"{module}.{alias.name}", node.lineno


def imports_of(folder: str) -> Iterator[tuple[Path, str, int]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        for module, line in modules(path):
            yield path, module, line


def is_within(module: str, name: str) -> bool:
    return module == name or module.startswith(name + ".")


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_a_room_does_not_know_the_rooms_it_must_not_know(folder):
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path, module, line in imports_of(folder)
        if any(is_within(module, name) for name in FORBIDDEN[folder])
    ]
    assert not found


def test_reports_knows_only_the_models_and_the_assessments_words_of_tracker():
    # Besides: what is judged told in words and month by month, which is the same rule and no second one.
    told = ("tracker.explain", "tracker.history", "tracker.trend")
    allowed = ("tracker.models", "tracker.assessment", "tracker.datacheck", "tracker.middleware", *told)
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path, module, line in imports_of("reports")
        if is_within(module, "tracker") and module != "tracker" and not any(is_within(module, name) for name in allowed)
    ]
    assert not found


def test_reports_writes_nothing():
    writing = {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "delete"}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} calls .{node.func.attr}()"
        for path in sorted((ROOT / "reports").rglob("*.py"))
        if path.parent.name != "exports"  # writes files, and knows no model
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in writing
    ]
    assert not found
    assert not (ROOT / "reports" / "models.py").exists()
    assert not (ROOT / "reports" / "migrations").exists()


def test_code_and_tests_read_nothing_outside_the_repository():
    outside = "/".join(["..", "shared"])
    readable = {".py", ".yaml", ".toml", ".html", ".js", ".css", ".json", ".md", ".txt"}
    folders = [ROOT / name for name in ("tracker", "reports", "templates", "fixtures", "tests", ".ci")]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in readable]
    assert len(files) > 50
    assert not [str(path) for path in files if outside in path.read_text(encoding="utf-8")]
