"""The papers keep what they promise: every section cited exists, every link leads somewhere, every command runs."""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class

import tracker
from tests.factories import UpdateFactory
from tracker.models import Department

ROOT = Path(__file__).resolve().parent.parent
PAPERS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
READABLE = {".py", ".sql", ".md", ".html", ".js", ".css", ".yaml", ".toml"}
#: A section of docs/domain.md, as code and papers cite it: §5 or §5.2.
CITED = re.compile("\N{SECTION SIGN}\\s?(\\d+(?:\\.\\d+)?)")


def place(path: Path, text: str, at: int) -> str:
    return f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, at) + 1}"


def texts() -> Iterator[tuple[Path, str]]:
    """Everything that people write in this repository."""
    for folder in ("tracker", "reports", "templates", "tests", "docs"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in READABLE:
                yield path, path.read_text(encoding="utf-8")
    for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "pyproject.toml"):
        yield ROOT / name, (ROOT / name).read_text(encoding="utf-8")


def headings(path: Path) -> list[str]:
    return re.findall(r"^#+ +(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_section_of_the_domain_that_is_cited_exists() -> None:
    sections = {heading.split()[0].rstrip(".") for heading in headings(ROOT / "docs" / "domain.md")}
    cited = [(place(path, text, match.start()), match[1]) for path, text in texts() for match in CITED.finditer(text)]
    assert len(cited) > 30
    assert not [f"{where} cites {section}" for where, section in cited if section not in sections]


def test_every_paper_that_code_names_exists() -> None:
    named = re.compile(r"\b(?:domain|architecture)\.md\b")
    assert any(named.search(text) for path, text in texts() if path.suffix == ".py")
    wanted = {match[0] for _path, text in texts() for match in named.finditer(text)}
    assert not [name for name in wanted if not (ROOT / "docs" / name).is_file()]


def anchor(heading: str) -> str:
    """The name by which a heading can be linked."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_link_within_the_papers_leads_somewhere() -> None:
    wrong, followed = [], 0
    for path in PAPERS:
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"\]\(([^)\s]+)\)", text):
            target, _, section = match[1].partition("#")
            if re.match(r"\w+:", target):
                continue
            followed += 1
            linked = (path.parent / target).resolve() if target else path
            is_there = linked.is_relative_to(ROOT) and linked.exists()
            if not is_there or (section and section not in map(anchor, headings(linked))):
                wrong.append(f"{place(path, text, match.start())} links {match[1]}")
    assert followed > 15
    assert not wrong


def layout(block: str) -> Iterator[str]:
    """The paths that a drawing of folders names: a name at the edge is a folder, those indented stand in it."""
    folder = ""
    for line in block.splitlines():
        # What stands within a description is no entry.
        names = re.findall(r"(?:^ *|  |(?<=py )|(?<=/ ))(\w+\.py|\w+/)(?=\s|$)", line)
        if not line.startswith(" ") and names:
            folder = names[0]
            yield from names
        else:
            yield from (folder + name for name in names)


def test_every_path_that_the_papers_name_exists() -> None:
    wrong, named = [], 0
    for path in PAPERS:
        text = path.read_text(encoding="utf-8")
        drawn = [
            name
            for block in re.findall(r"^```\n(.*?)^```", text, re.M | re.S)
            if "tracker/ " in block
            for name in layout(block)
        ]
        written = re.findall(r"`((?:tracker|reports|templates|fixtures|tests|docs)/[\w./*]*)`", text)
        for name in [*drawn, *written]:
            named += 1
            if not any(ROOT.glob(name.rstrip("/"))):
                wrong.append(f"{path.relative_to(ROOT)}: {name}")
    assert named > 80
    assert not wrong


# --- commands ---


def fenced(path: Path) -> Iterator[str]:
    """The lines of the shell blocks, without comments; a line that goes on is one with the next."""
    for block in re.findall(r"^```sh\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        yield from (re.sub(r"\s+# .*", "", line) for line in re.sub(r"\n\s+", " ", block).strip().splitlines())


def quoted(path: Path) -> Iterator[str]:
    """Commands within the text."""
    for code in re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.M | re.S)):
        for part in re.split(r"\s*&&\s*", " ".join(code.split())):
            if re.match(r"(make|manage\.py|\S*\.venv/bin/\w+) ", part):
                yield part


COMMANDS = sorted({(path, line) for path in PAPERS for line in (*fenced(path), *quoted(path))})
MANAGE = re.compile(r"^(?:\.venv/bin/python )?manage\.py ")


def parser_of(name: str) -> argparse.ArgumentParser:
    apps = get_commands()
    command = apps[name] if not isinstance(apps[name], str) else load_command_class(apps[name], name)
    return command.create_parser("manage.py", name)


def test_every_command_of_the_papers_exists_with_its_options() -> None:
    wrong = []
    for path, line in COMMANDS:
        where = f"{path.relative_to(ROOT)}: {line}"
        if line.startswith("make "):
            asked = subprocess.run(
                ["make", "--dry-run", *shlex.split(line)[1:]], cwd=ROOT, capture_output=True, text=True
            )
            wrong += [f"{where}: {asked.stderr}"] * bool(asked.returncode)
        elif MANAGE.match(line):
            name, *rest = MANAGE.sub("", line).split(maxsplit=1)
            if name not in get_commands():
                wrong.append(f"{where}: no such command")
                continue
            known = parser_of(name)._option_string_actions
            options = re.findall(r"(?<![\w-])--[a-z-]+", " ".join(rest))
            wrong += [f"{where}: no option {option}" for option in options if option not in known]
        elif match := re.match(r"\.venv/bin/(\S+)", line):
            wrong += [f"{where}: no such program"] * (not (Path(sys.executable).parent / match[1]).exists())
    assert len(COMMANDS) > 20
    assert not wrong


#: Commands that write, with the tests that run them with each of their options; CI runs them plainly, by `make run`.
RUN_BY = {
    "load_report": "tracker/test_fixtures.py",
    "demo": "tracker/test_demo.py",
    "read_report": "reader/test_read_report.py",
}


def synopses() -> Iterator[str]:
    return (MANAGE.sub("", line) for line in fenced(ROOT / "README.md") if MANAGE.match(line))


def parts(synopsis: str) -> tuple[str, list[str]]:
    """What a synopsis demands, and each thing that it allows besides."""
    allowed = [choice for part in re.findall(r"\[([^\]]+)\]", synopsis) for choice in part.split(" | ")]
    return re.sub(r"\s*\[[^\]]+\]", "", synopsis), allowed


def examples(synopsis: str) -> Iterator[str]:
    """The command lines for which a synopsis stands: each alternative, and each option by itself."""
    plain, allowed = parts(synopsis)
    choices = re.search(r"\{(.+?)\}", plain)
    demanded = [plain.replace(choices[0], choice) for choice in choices[1].split("|")] if choices else [plain]
    for line in demanded:
        yield line
        for option in allowed:
            name, _, value = option.partition(" ")
            yield from (f"{line} {name} {choice}" for choice in ([value] if "'" in value else value.split("|")))


def test_the_readme_tells_of_each_command_that_reads() -> None:
    assert {synopsis.split()[0] for synopsis in synopses()} - set(RUN_BY) == {"export", "assess", "remind"}


@pytest.mark.django_db
@pytest.mark.parametrize("synopsis", [line for line in synopses() if line.split()[0] not in RUN_BY])
def test_a_command_of_the_readme_runs_with_each_of_its_options(synopsis: str, unit: Department, tmp_path: Path) -> None:
    UpdateFactory(target__indicator__code="gdp", target__lead=unit)
    stands_for = {"CODE": unit.code if synopsis.startswith("export") else "gdp", "FILE": f"{tmp_path}/other"}
    plain, allowed = parts(synopsis)
    wanted, taken = {option.split()[0] for option in allowed}, set()
    for example in examples(synopsis):
        argv = [stands_for.get(word, word) for word in shlex.split(example)]
        given = wanted & set(argv)
        if argv[0] == "export" and "--output" not in argv:
            argv += ["--output", f"{tmp_path}/file"]
        # Not every kind of export has every option; refusing one, it says so.
        with contextlib.suppress(CommandError) if given else contextlib.nullcontext():
            call_command(*argv, stdout=io.StringIO(), stderr=io.StringIO())
            taken |= given
    assert taken == wanted, plain


def test_commands_that_write_are_run_with_each_of_their_options() -> None:
    for synopsis in synopses():
        name = synopsis.split()[0]
        if name in RUN_BY:
            tests = (ROOT / "tests" / RUN_BY[name]).read_text(encoding="utf-8")
            assert f'call_command("{name}"' in tests
            options = [option.split()[0] for option in parts(synopsis)[1]]
            assert not [option for option in options if not re.search(rf"{option.strip('-')}\b", tests)], synopsis


def test_both_readmes_name_the_same_commands() -> None:
    chinese = {"代码": "CODE", "文件": "FILE"}

    def commands(name: str) -> list[str]:
        lines = fenced(ROOT / name)
        return [re.sub("|".join(chinese), lambda word: chinese[word[0]], line) for line in lines]

    assert commands("README.zh-CN.md") == commands("README.md")


def test_ci_runs_the_two_commands_of_the_readme() -> None:
    two = list(fenced(ROOT / "README.md"))[:2]
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert two == ["make run", "make test"]
    assert not [command for command in two if not re.search(rf"^{command}\b", run, re.MULTILINE)]


def test_the_changelog_begins_with_the_present_version() -> None:
    newest = re.search(r"^## (\S+) \((.+)\)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest
    assert newest[1] == tracker.__version__.removesuffix(".dev0")
    assert (newest[2] == "unreleased") == tracker.__version__.endswith(".dev0")
