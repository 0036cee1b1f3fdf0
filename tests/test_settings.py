"""Environment variables are read strictly: a wrong one stops the start with one sentence, and no secret is shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from tracker import settings

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("text", ["yes", "true", "2", "", " on"])
def test_a_switch_that_is_neither_0_nor_1_is_refused_by_name(monkeypatch, text):
    monkeypatch.setenv("HTTPS", text)
    with pytest.raises(ImproperlyConfigured, match="HTTPS 只能是 0 或 1"):
        settings.read_flag("HTTPS")


@pytest.mark.parametrize(("text", "value"), [("0", False), ("1", True), (None, False)])
def test_a_switch_is_off_unless_it_is_1(monkeypatch, text, value):
    monkeypatch.delenv("HTTPS", raising=False)
    if text is not None:
        monkeypatch.setenv("HTTPS", text)
    assert settings.read_flag("HTTPS") is value


@pytest.mark.parametrize("text", ["six", "-1", "6", "1.5", "", "１"])
def test_a_number_of_proxies_outside_its_range_is_refused(monkeypatch, text):
    monkeypatch.setenv("TRUSTED_PROXIES", text)
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES 须是 0 至 5 的整数"):
        settings.read_number("TRUSTED_PROXIES", 0, 5)


@pytest.mark.parametrize("text", ["", "a.example,,b.example", ","])
def test_an_empty_host_name_is_refused(monkeypatch, text):
    monkeypatch.setenv("ALLOWED_HOSTS", text)
    with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS"):
        settings.read_list("ALLOWED_HOSTS", "localhost")


def test_a_short_secret_key_is_refused_and_not_repeated(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    with pytest.raises(ImproperlyConfigured, match="50 个字符") as caught:
        settings.read_secret_key()
    assert "hunter2" not in str(caught.value)


def test_a_secret_key_is_made_once_and_only_its_owner_can_read_it(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setattr(settings, "VAR_DIR", tmp_path / "var")
    first = settings.read_secret_key()
    assert len(first) >= 50
    assert settings.read_secret_key() == first
    assert (tmp_path / "var" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_half_written_secret_key_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setattr(settings, "VAR_DIR", tmp_path)
    (tmp_path / "secret_key").write_text("abc")
    with pytest.raises(ImproperlyConfigured, match="请删除它后重新启动"):
        settings.read_secret_key()


def test_a_wrong_environment_stops_the_command_line_with_one_sentence_and_no_traceback():
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "DEBUG": "maybe"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "环境变量 DEBUG 只能是 0 或 1" in done.stderr
    assert "Traceback" not in done.stderr
