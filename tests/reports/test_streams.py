"""Streamed files over real sockets: gunicorn as it is deployed, PostgreSQL, and a client that may hang up.

The rows weigh more than the buffers on the way hold, so that a client that does not read stops the query in its
middle. The server has one worker with one thread: were it not free again, whoever comes next would wait in vain.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, urlencode

import pgtrigger
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from tests.benchmarks.ledger import fill
from tests.factories import UserFactory
from tracker import roles

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
BROKEN = "导出中断，本文件不完整，请重新导出。"
STREAMED = ("csv", "json", "jsonl", "xlsx")
ROWS = 2_500
#: By this name the database knows the connections of the site and its commands.
APPLICATION = "streams"
PATIENCE = 15  # seconds
BUFFER = 16_384


class Site:
    """The app as a process of its own, and what the database knows of it."""

    def __init__(self, port: int, environment: dict[str, str], cookie: str) -> None:
        self.port = port
        self.environment = environment
        self.cookie = cookie

    @contextmanager
    def download(self, address: str) -> Iterator[http.client.HTTPResponse]:
        """The response to somebody who hangs up at the end, whether or not everything has come."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        client.settimeout(PATIENCE)
        with closing(client), closing(http.client.HTTPConnection("127.0.0.1", self.port)) as line:
            client.connect(("127.0.0.1", self.port))
            line.sock = client
            line.request("GET", address, headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={self.cookie}"})
            with closing(line.getresponse()) as response:
                assert response.status == 200
                yield response

    def answers(self) -> bool:
        """Whether somebody else's file comes whole."""
        with self.download("/results/2017/all.csv") as response:
            return is_whole("csv", response.read())

    def command(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "manage.py", "export", "updates", "--year", "2018", *words],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip


def waits() -> list[str]:
    """What each statement or transaction of the site and its commands waits for; empty where it does not wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # or a transaction would see what it saw before
        cursor.execute(
            "SELECT coalesce(wait_event, '') FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database() AND backend_type = 'client backend'"
            " AND state <> 'idle'",
            [APPLICATION],
        )
        return [wait for (wait,) in cursor.fetchall()]


def stop(how: str) -> None:
    """Ends the one query by the function `how` of PostgreSQL; the connection that the site keeps rests meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {how}(pid) FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database() AND backend_type = 'client backend'"
            " AND state = 'active'",
            [APPLICATION],
        )
        assert cursor.fetchall() == [(True,)]


def soon(is_so: Callable[[], object]) -> bool:
    """Whether it comes true while one would still wait for it."""
    end = time.monotonic() + PATIENCE
    while not is_so() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(is_so())


@pytest.fixture(scope="module")
def environment(django_db_setup) -> dict[str, str]:
    """What a process needs in order to work on the test database."""
    database = connection.settings_dict
    if not database["HOST"].startswith("/"):
        pytest.skip("over TCP the buffers on the way would hold the whole file: name the server by its socket")
    place = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}@{quote(database['HOST'], '')}:{database['PORT']}"
    options = urlencode({**database["OPTIONS"], "application_name": APPLICATION}, quote_via=quote)
    return {
        **os.environ,
        "DATABASE_URL": f"postgres://{place}/{database['NAME']}?{options}",
        "SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "tracker.settings",
    }


@pytest.fixture(scope="module")
def port(environment) -> Iterator[int]:
    """Where the site is served."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "tracker.wsgi", "--bind", f"fd://{listener.fileno()}",
             "--worker-class", "gthread", "--workers", "1", "--threads", "1",
             "--log-level", "critical", "--no-control-socket"],
            cwd=ROOT, env=environment, pass_fds=[listener.fileno()],
        )  # fmt: skip
        yield listener.getsockname()[1]
        server.terminate()
        server.wait(PATIENCE)


@pytest.fixture
def site(environment, port) -> Site:
    browser = Client()
    with transaction.atomic():
        fill(400)
        weigh_down()
        browser.force_login(UserFactory(role=roles.VIEWER), "django.contrib.auth.backends.ModelBackend")
    return Site(port, environment, browser.cookies[settings.SESSION_COOKIE_NAME].value)


@pgtrigger.ignore()
def weigh_down() -> None:
    """Gives each update of 2018 a remark of about 1 KB that no packing makes much smaller."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tracker_progressupdate SET remark ="
            " (SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 30 + 0 * revision))"
            " WHERE period >= '2018-01-01'"
        )
        assert cursor.rowcount > ROWS


def is_whole(suffix: str, content: bytes) -> bool:
    """Whether a reader of the format could take the content for a whole file."""
    try:
        match suffix:
            case "json":
                return bool(json.loads(content))
            case "jsonl":
                return all(json.loads(line) for line in content.splitlines())
            case "xlsx":
                return bool(zipfile.ZipFile(BytesIO(content)).namelist())
            case _:
                return BROKEN not in content.decode("utf-8-sig")
    except (ValueError, zipfile.BadZipFile):
        return False


def rows_of(suffix: str, content: bytes) -> bytes:
    """The text of a file, or of its beginning; of a workbook that of its first page, with which it begins."""
    if suffix != "xlsx":
        return content
    name, extra = struct.unpack("<HH", content[26:30])  # how long they are, that come before a ZIP's first part
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(content[30 + name + extra :])


def test_rows_arrive_while_the_query_is_still_running(site):
    for suffix in STREAMED:
        with site.download(f"/updates/all.{suffix}?as_of=2018-12") as response:
            begun = response.read(5_000)
            assert b"bench-" in rows_of(suffix, begun), "a row has come"
            assert soon(lambda: waits() == ["ClientWrite"]), "and the database waits until more is wanted"
            content = begun + response.read()
        assert is_whole(suffix, content)
        assert rows_of(suffix, content).count(b"bench-") > ROWS
        assert soon(lambda: waits() == [])


def test_a_reader_who_hangs_up_ends_the_query_and_frees_the_thread(site):
    for suffix in STREAMED:
        with site.download(f"/updates/all.{suffix}?as_of=2018-12") as response:
            response.read(5_000)
            assert waits() != []
        assert soon(lambda: waits() == []), suffix
    assert site.answers()


@pytest.mark.parametrize("how", ["pg_terminate_backend", "pg_cancel_backend"])
def test_a_file_that_breaks_off_is_not_taken_for_a_whole_one(site, how):
    for suffix in STREAMED:
        with site.download(f"/updates/all.{suffix}?as_of=2018-12") as response:
            begun = response.read(5_000)
            stop(how)
            with pytest.raises(http.client.IncompleteRead) as broken:
                response.read()
        content = begun + broken.value.partial
        assert not is_whole(suffix, content)
        if suffix in {"csv", "jsonl"}:
            assert content.decode().splitlines()[-1] == BROKEN
    assert site.answers()


def test_a_command_whose_query_breaks_off_fails_with_a_sentence(site):
    with site.command("--format", "csv") as command:
        begun = command.stdout.read(5_000)
        stop("pg_cancel_backend")
        rest, said = command.communicate(timeout=PATIENCE)
    assert command.returncode == 1
    assert (begun + rest).decode().splitlines()[-1] == BROKEN
    assert said.decode() == "CommandError: 数据库中断了导出，得到的内容不完整，请重新运行。\n"


def test_a_command_that_breaks_off_leaves_the_old_file_as_it_was(site, tmp_path):
    path = tmp_path / "updates.json"
    path.write_text("old")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE tracker_section")  # at which the query waits, the file begun
        with site.command("--output", str(path)) as command:
            assert soon(lambda: waits() == ["relation"])
            stop("pg_terminate_backend")
    assert command.returncode == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["updates.json"]
    assert path.read_text() == "old"


def test_a_command_whose_reader_has_seen_enough_ends_quietly(site):
    with site.command("--format", "jsonl") as command:
        assert json.loads(command.stdout.readline())["code"].startswith("bench-")
        assert waits() != []
        command.stdout.close()
        assert command.stderr.read() == b""
    assert command.returncode == 0
    assert waits() == []
