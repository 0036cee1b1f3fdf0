"""Breaks the program in many places, one at a time, and sees whether the tests that guard each place notice.

    python -m tests.mutants [--tree FOLDER] [--unchecked] [WORD …]

Works on a copy of the tree with a database server of its own; the tree itself is never touched. WORDs choose the
mutants whose reason contains one of them. Exit code 1: a mutant survived, or could not be made.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
#: Where snippets are looked for.
PRODUCT = ("tracker", "reports", "templates", "fixtures")
#: What a tree needs besides its own files, and shares with its copy.
SHARED = (".venv", "node_modules")
LEFT_OUT = shutil.ignore_patterns(".git", "var", "__pycache__", ".*_cache", ".hypothesis", *SHARED)
#: pytest's exit codes where a test failed, and where tests could not be collected.
FAILED, UNCOLLECTED = 1, 2


class Mutant(NamedTuple):
    why: str
    #: Snippets with what replaces each; the first that the tree has is taken.
    forms: list[tuple[str, str]]
    #: Arguments for pytest.
    tests: list[str]


class UnmadeError(Exception):
    """A mutant cannot be made of this tree, or its tests cannot judge it."""


def mutants(words: list[str]) -> list[Mutant]:
    """The list, as far as it is chosen."""
    entries = yaml.safe_load((Path(__file__).parent / "mutants.yaml").read_text(encoding="utf-8"))
    found = [
        Mutant(
            entry["why"],
            [(form["old"].strip("\n"), form["new"].strip("\n")) for form in (entry, *entry.get("or", []))],
            shlex.split(entry["tests"]),
        )
        for entry in entries
    ]
    return [mutant for mutant in found if not words or any(word in mutant.why for word in words)]


@contextmanager
def copy_of(tree: Path) -> Iterator[Path]:
    """A copy to break, gone afterwards together with its database server."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(tree, copy, ignore=LEFT_OUT)
        for name in SHARED:
            (copy / name).symlink_to((tree / name).resolve())
        try:
            yield copy
        finally:
            subprocess.run([sys.executable, "-m", "tracker.embedded", "stop"], cwd=copy, check=False)


def place(tree: Path, mutant: Mutant) -> tuple[Path, str]:
    """The file to break, and its text when broken.

    Raises:
        UnmadeError: no snippet stands exactly once in the tree.
    """
    files = {
        path: path.read_text(encoding="utf-8")
        for folder in PRODUCT
        for path in sorted((tree / folder).rglob("*"))
        if path.suffix in {".py", ".sql", ".html", ".yaml"} and "migrations" not in path.parts
    }
    counts = []
    for old, new in mutant.forms:
        where = [path for path, text in files.items() for _time in range(text.count(old))]
        if len(where) == 1:
            return where[0], files[where[0]].replace(old, new)
        counts.append(str(len(where)))
    raise UnmadeError(f"its snippet stands {' / '.join(counts)} times in the tree")


def run(tree: Path, tests: list[str]) -> int:
    """Run tests until the first fails. Files that another version of the tree does not have are left out."""
    there = [name for name in tests if not name.startswith("tests/") or (tree / name.partition("::")[0]).exists()]
    if not any(name.startswith("tests/") for name in there):
        raise UnmadeError(f"there is no {' '.join(tests)}")
    options = ["-x", "-q", "--reuse-db", "-p", "no:cacheprovider", "-p", "no:benchmark"]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    command = [sys.executable, "-m", "pytest", *options, *there]
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False).returncode


def judge(tree: Path, mutant: Mutant, sound: dict[tuple[str, ...], int] | None) -> bool:
    """Whether a test notices.

    Args:
        sound: exit codes of tests that were run on the unbroken tree, which this fills; None: they are known to pass.

    Raises:
        UnmadeError: it cannot be made, or its tests fail without it.
    """
    path, broken = place(tree, mutant)
    key = tuple(mutant.tests)
    if sound is not None and key not in sound:
        sound[key] = run(tree, mutant.tests)
    if sound and sound[key]:
        raise UnmadeError(f"its tests fail without it ({sound[key]}): {' '.join(mutant.tests)}")
    unbroken = path.read_text(encoding="utf-8")
    path.write_text(broken, encoding="utf-8")
    try:
        code = run(tree, mutant.tests)
    finally:
        path.write_text(unbroken, encoding="utf-8")
    # Fixtures are read while tests are collected; code that cannot even be imported is a poor mutant.
    noticed = {FAILED, UNCOLLECTED} if path.suffix == ".yaml" else {FAILED}
    if code not in {0, *noticed}:
        raise UnmadeError(f"pytest ends with {code} instead of a failing test")
    return code in noticed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", metavar="WORD", help="only mutants whose reason contains one of these")
    parser.add_argument("--tree", type=Path, default=ROOT, help="another version of the repository to break")
    parser.add_argument("--unchecked", action="store_true", help="the tests are known to pass on the unbroken tree")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the copy and its server go even then
    counts = {"dead": 0, "SURVIVED": 0, "UNMADE": 0}
    sound: dict[tuple[str, ...], int] | None = None if options.unchecked else {}
    with copy_of(options.tree.resolve()) as tree:
        for mutant in mutants(options.words):
            began, detail = time.monotonic(), ""
            try:
                verdict = "dead" if judge(tree, mutant, sound) else "SURVIVED"
            except UnmadeError as error:
                verdict, detail = "UNMADE", f": {error}"
            counts[verdict] += 1
            print(f"{verdict:8} {time.monotonic() - began:5.1f} s  {mutant.why}{detail}", flush=True)
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    return 1 if counts["SURVIVED"] or counts["UNMADE"] else 0


if __name__ == "__main__":
    sys.exit(main())
