"""The database engine `tracker.embedded`: Django's PostgreSQL engine, plus a server that starts by
itself when the settings hold EMBEDDED_DATA, plus one clear sentence when no server can be reached.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql import base, client, features
from django.utils.asyncio import async_unsafe

from . import DatabaseUnreachable
from .programs import binary
from .server import PORT, ROLE, Server

# What libpq or the server says, and what it means. Anything else is quoted as it is.
REASONS = {
    "Connection refused": "那里没有 PostgreSQL 在监听",
    "No such file or directory": "那里没有 PostgreSQL 在监听",
    "timeout expired": "连接超时",
    "timed out": "连接超时",
    "Network is unreachable": "网络不通",
    "No route to host": "网络不通",
    "resolve host": "主机名无法解析",
    "translate host name": "主机名无法解析",
    "no password supplied": "需要密码，而 DATABASE_URL 里没有",
    "authentication failed": "用户名或密码不对",
    'FATAL: role "': "服务器上没有这个用户，或不准它登录",
    'FATAL: database "': "服务器上没有这个库",
    "permission denied for database": "这个用户无权使用这个库",
    "no pg_hba.conf entry": "服务器不准这个用户从本机连接",
    "the database system is": "服务器正在启动、停止或恢复，请稍候",
    "too many": "服务器的连接数已满",
    "remaining connection slots": "服务器的连接数已满",
    "SSL": "加密连接（SSL）没有谈成",
}


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell`: starts the server like any other command, and prefers the psql that was
    made for it."""

    def runshell(self, parameters: Iterable[str]) -> None:
        self.connection.ensure_connection()
        self.connection.close()
        super().runshell(parameters)

    @classmethod
    def settings_to_cmd_args_env(cls, settings_dict: dict[str, Any], parameters: Any) -> Any:
        command, environment = super().settings_to_cmd_args_env(settings_dict, parameters)
        if settings_dict.get("EMBEDDED_DATA") or not shutil.which(command[0]):
            command[0] = binary("psql")
        return command, environment


class DatabaseFeatures(features.DatabaseFeatures):
    minimum_database_version = (15,)


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects first and asks questions later: where the server already runs, nothing is added to
    the cost of a connection."""

    client_class = DatabaseClient
    features_class = DatabaseFeatures

    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        self.server: Server | None = None
        if data := settings_dict.get("EMBEDDED_DATA"):
            self.server = Server(Path(data))
            # In the settings themselves, where dbshell and the test runner look for them.
            settings_dict.update(HOST=self.server.host, PORT=PORT, USER=ROLE, PASSWORD="")
        super().__init__(settings_dict, alias)

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            connection = self._connect(conn_params)
        except psycopg.Error as error:
            raise DatabaseUnreachable(self._sentence(conn_params, str(error))) from error
        version = connection.info.server_version
        if version < 150000:
            connection.close()
            raise DatabaseUnreachable(
                f"{_place(conn_params)} 是 PostgreSQL {version // 10000}，本系统需要 15 或更新的版本："
                "请升级它，或让 DATABASE_URL 指向另一台服务器。"
            )
        return connection

    def init_connection_state(self) -> None:
        super().init_connection_state()
        # Compiling the assessment's SQL to machine code takes three times as long as running it. The
        # embedded server cannot; most others do so by default.
        with self.connection.cursor() as cursor:
            cursor.execute("SET jit = off")

    def _connect(self, conn_params: dict[str, Any]) -> Any:
        if self.server:
            self.server.link()
            try:
                return super().get_new_connection(conn_params)
            except psycopg.OperationalError:
                pass  # most often: it does not run yet
            self.server.start(conn_params["dbname"])
        return super().get_new_connection(conn_params)

    def _sentence(self, conn_params: dict[str, Any], message: str) -> str:
        words = " ".join(message.split())
        reason = next((meaning for sign, meaning in REASONS.items() if sign in words), f"原话是“{words}”")
        if self.server:
            return f"内置 PostgreSQL（{self.server.data}）连不上：{reason}；请查看日志 {self.server.log_file}。"
        return f"连不上 PostgreSQL 数据库 {_place(conn_params)}：{reason}；请检查环境变量 DATABASE_URL 和那台服务器。"

    @contextmanager
    def _nodb_cursor(self) -> Iterator[Any]:
        # Not Django's PostgreSQL variant: it answers a failed connection with a warning and a
        # second attempt, where one sentence is wanted.
        with BaseDatabaseWrapper._nodb_cursor(self) as cursor:
            yield cursor


def _place(conn_params: dict[str, Any]) -> str:
    return f"{conn_params.get('host', '')}:{conn_params.get('port', '')}/{conn_params.get('dbname', '')}"
