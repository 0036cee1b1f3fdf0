"""English is complete: every sentence of the code is in the catalogue, translated, and compiled."""

from __future__ import annotations

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = [ROOT / app / "locale" / "en" / "LC_MESSAGES" / "django.po" for app in ("tracker", "reports")]

each_catalogue = pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.relative_to(ROOT).parts[0])


@each_catalogue
def test_every_message_is_translated_and_none_is_fuzzy(path):
    catalogue = polib.pofile(str(path))
    assert len(catalogue) > 20
    assert not [entry.msgid for entry in catalogue.untranslated_entries()]
    assert not [entry.msgid for entry in catalogue.fuzzy_entries()]
    assert not [entry.msgid for entry in catalogue.obsolete_entries()]


@each_catalogue
def test_translations_keep_the_placeholders_and_are_english(path):
    placeholder = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|&[PN]\b")
    wrong = []
    for entry in polib.pofile(str(path)):
        texts = [entry.msgstr, *entry.msgstr_plural.values()]
        for text in filter(None, texts):
            if sorted(placeholder.findall(text)) != sorted(placeholder.findall(entry.msgid)):
                wrong.append((entry.msgid, text))
            # Chinese may stand in a translation only where it stands for itself, in quotation marks or brackets.
            if re.search(r"[\u4e00-\u9fff]", re.sub(r"[“(（][^”)）]*[”)）]", "", text)) and entry.msgid != text:
                wrong.append((entry.msgid, text))
    assert not wrong


@each_catalogue
def test_the_compiled_catalogue_is_the_present_one(path):
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    stale = [
        entry.msgid
        for entry in polib.pofile(str(path))
        if not entry.msgid_plural and not entry.msgctxt and compiled.gettext(entry.msgid) != entry.msgstr
    ]
    assert not stale, "run `make messages`"


def test_every_sentence_of_the_code_is_in_the_catalogue(tmp_path):
    if not shutil.which("xgettext"):
        if os.environ.get("CI"):
            pytest.fail("CI must have GNU gettext")
        pytest.skip("GNU gettext is not installed; the catalogue cannot be compared with the code")
    for name in ("tracker", "reports", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("manage.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "--locale", "en", "--no-location", "--no-obsolete", "-v", "0"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    for path in CATALOGUES:
        fresh = polib.pofile(str(tmp_path / path.relative_to(ROOT)))
        known = {(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(path))}
        assert {(entry.msgctxt, entry.msgid) for entry in fresh} == known, "run `make messages` and translate"


@pytest.mark.parametrize("room", ["tracker", "reports"])
def test_no_sentence_stands_where_makemessages_does_not_look(room):
    """Within an f-string a sentence is translated if it is in the catalogue, but never gets there."""
    functions = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
    hidden = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in functions
    ]
    assert not hidden
