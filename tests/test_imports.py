"""The import rules of docs/architecture.md: layers, no circle, and who never knows whom."""

from __future__ import annotations

import ast
import re
from collections import defaultdict, deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Folder → modules that it never imports.
FORBIDDEN = {
    "tracker": ["reports"],
    "tracker/models": ["tracker.admin", "django.forms", "django.template", "django.contrib.admin", "django.utils.html"],
    "tracker/spreadsheets": ["tracker.admin", "django.contrib.admin", "django.template"],
    "tracker/embedded": ["tracker.models", "tracker.admin"],
    "reports": [
        *("tracker.admin", "tracker.spreadsheets", "tracker.checks", "tracker.quantities", "tracker.workflow"),
        *("tracker.fixtures", "tracker.demo", "tracker.reminding", "django.contrib.admin"),
    ],
    "tracker/reader": ["django", "tracker.models", "tracker.fixtures"],
    "reports/exports": ["tracker", "django.db"],
}
#: What a folder may know all the same: printing knows no model.
EXCEPT = {"reports/exports": ["tracker.text"]}
#: Why a module may be imported within a function. A circle is no reason.
REASONS = {
    "tracker.admin": "models are there once the registry of apps is ready",
    "tracker.roles": "ready() connects to a signal",
    "tracker.embedded.server": "Windows lacks what it needs",
}


class Arrow(NamedTuple):
    """One module imports another."""

    importer: str
    imported: str
    where: str
    is_in_function: bool


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


#: Every module of the product by its name; what migrations say is history.
MODULES = {
    module_name(path): path
    for app in ("tracker", "reports")
    for path in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in path.parts
}


def imports(name: str) -> Iterator[tuple[str, int, bool]]:
    """All that a module imports, absolute, with line and whether within a function.

    An import under TYPE_CHECKING counts like any other: a module that names another one's types knows it.
    """
    path = MODULES[name]
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    pending: list[tuple[ast.AST, bool]] = [(ast.parse(path.read_text(encoding="utf-8")), False)]
    while pending:
        node, is_in_function = pending.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, is_in_function
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{module}.{alias.name}", node.lineno, is_in_function
        inner = is_in_function or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        pending += [(child, inner) for child in ast.iter_child_nodes(node)]


def is_within(module: str, name: str) -> bool:
    return module == name or module.startswith(name + ".")


def arrows() -> Iterator[Arrow]:
    """Every import of one module of the product by another; `from package import name` leads to the module `name` where
    there is one, else to the package."""
    for importer, path in MODULES.items():
        for target, line, is_in_function in imports(importer):
            imported = target
            while imported and imported not in MODULES:
                imported = imported.rpartition(".")[0]
            # The version alone stands in the package itself.
            if imported not in {"", "tracker", "reports", importer}:
                yield Arrow(importer, imported, f"{path.relative_to(ROOT)}:{line}", is_in_function)


ARROWS = list(arrows())


def shortest_circle() -> list[str]:
    """The modules of the shortest way from one back to itself; none if there is no circle."""
    following: dict[str, set[str]] = defaultdict(set)
    for arrow in ARROWS:
        following[arrow.importer].add(arrow.imported)
    found: list[list[str]] = []
    for start in sorted(following):
        ways, seen = deque([[start]]), {start}
        while ways:
            way = ways.popleft()
            if start in following[way[-1]]:
                found.append([*way, start])
                break
            ways += [[*way, module] for module in sorted(following[way[-1]] - seen)]
            seen |= following[way[-1]]
    return min(found, key=len, default=[])


def test_no_imports_form_a_circle():
    assert len(ARROWS) > 300
    assert " → ".join(shortest_circle()) == ""


def layers() -> list[list[str]]:
    """The rows of the table in docs/architecture.md, lowest first."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("\n## Layers\n")[2]
    rows = re.findall(r"^\| [a-z]+ \| (`.+`) \|$", text.partition("\n## ")[0], re.MULTILINE)
    return [re.findall(r"`([^`]+)`", row) for row in rows]


def test_imports_lead_to_the_same_layer_or_a_lower_one():
    height = {name: at for at, row in enumerate(layers()) for name in row}
    assert len(height) > 20

    def room(module: str) -> str:
        return max((name for name in height if is_within(module, name)), key=len, default="")

    assert not [module for module in MODULES if module not in {"tracker", "reports"} and not room(module)], (
        "in no layer"
    )
    assert not [name for name in height if name not in MODULES], "no module"
    wrong = [
        f"{arrow.where} ({room(arrow.importer)}) imports {arrow.imported}"
        for arrow in ARROWS
        if height[room(arrow.importer)] < height[room(arrow.imported)]
        or {room(arrow.importer), room(arrow.imported)} == {"tracker.admin", "reports"}
    ]
    assert not wrong


def test_an_import_within_a_function_has_a_reason():
    within = [arrow for arrow in ARROWS if arrow.is_in_function]
    assert not [f"{arrow.where} imports {arrow.imported}" for arrow in within if not reasons(arrow)]
    assert not [name for name in REASONS if not any(name in reasons(arrow) for arrow in within)], "no longer needed"


def reasons(arrow: Arrow) -> list[str]:
    return [name for name in REASONS if is_within(arrow.imported, name)]


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_a_room_does_not_know_the_rooms_it_must_not_know(folder):
    package = folder.replace("/", ".")
    assert not [
        f"{MODULES[name].relative_to(ROOT)}:{line} imports {module}"
        for name in MODULES
        if is_within(name, package)
        for module, line, _is_in_function in imports(name)
        if any(is_within(module, forbidden) for forbidden in FORBIDDEN[folder])
        and not any(is_within(module, allowed) for allowed in EXCEPT.get(folder, []))
    ]


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
