"""Environment variables are read strictly: a wrong one stops the start with one sentence, and no secret is shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from tracker import settings
from tracker.mail import NO_MAIL, mail_from_environment, mail_from_url

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


# --- mail ---

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", {"host": "mail.example.org", "port": 25}),
        ("smtp://a%40b.cn:p%3A%2F@10.0.0.1:2525", {"user": "a@b.cn", "password": "p:/", "host": "10.0.0.1"}),
        ("smtp://mail.example.org:2525", {"port": 2525, "user": "", "password": ""}),
        ("smtp+starttls://u:p@mail.example.org", {"port": 587, "use_tls": True}),
        ("smtps://u:p@[::1]", {"host": "::1", "port": 465, "use_ssl": True, "use_tls": False}),
        ("file:///var/mails", {"backend": "django.core.mail.backends.filebased.EmailBackend", "folder": "/var/mails"}),
        ("console:", {"backend": "django.core.mail.backends.console.EmailBackend"}),
    ],
)
def test_how_mail_leaves_is_read_from_one_address(url, expected):
    found = mail_from_url(url)._asdict()
    assert {name: found[name] for name in expected} == expected
    assert found["backend"] == expected.get("backend", SMTP)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://user@mail.example.org",
        "smtp://user:se:cret@mail.example.org",
        "smtp://user:secret@mail.example.org/path",
        "smtp://user:secret@mail.example.org:0",
        "smtp://user:secret@mail.example.org:99999",
        "smtp://user:sec ret@mail.example.org",
        "smtp://mail.example.org\n",
        "SMTP://mail.example.org",
        "file://relative",
        "file:///",
        "console",
    ],
)
def test_an_address_of_mail_that_is_almost_right_is_refused_and_not_repeated(url):
    with pytest.raises(ImproperlyConfigured, match="环境变量 EMAIL_URL") as refused:
        mail_from_url(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEFAULT_FROM_EMAIL", ""),
        ("DEFAULT_FROM_EMAIL", "督查室"),
        ("DEFAULT_FROM_EMAIL", "a@b@c"),
        ("SITE_URL", ""),
        ("SITE_URL", "ledger.example.gov.cn"),
        ("SITE_URL", "https://ledger.example.gov.cn/path"),
        ("SITE_URL", "javascript://x"),
    ],
)
def test_mail_needs_a_sender_and_the_address_of_the_site(monkeypatch, name, value):
    monkeypatch.setenv("EMAIL_URL", "console:")
    monkeypatch.setenv("DEFAULT_FROM_EMAIL", "目标台账 <office@example.gov.cn>")
    monkeypatch.setenv("SITE_URL", "https://ledger.example.gov.cn/")
    assert mail_from_environment().site_url == "https://ledger.example.gov.cn"
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=f"环境变量 {name}"):
        mail_from_environment()


def test_without_an_address_no_mail_is_configured(monkeypatch):
    for name in ("EMAIL_URL", "DEFAULT_FROM_EMAIL", "SITE_URL"):
        monkeypatch.delenv(name, raising=False)
    assert mail_from_environment().backend == NO_MAIL


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
