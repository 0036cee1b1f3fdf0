"""python -m tracker.embedded start|stop|status — the embedded server, by hand.

Its data folder is that of the settings; `--data` names another. `status` exits with 3 where no
server runs.
"""

import argparse
import os
import sys
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from . import DatabaseUnreachable

NOT_RUNNING = 3  # as pg_ctl and systemctl have it


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tracker.embedded", description="内置 PostgreSQL 服务器")
    parser.add_argument("action", choices=("start", "stop", "status"))
    parser.add_argument("--data", help="数据目录（默认按 tracker.settings）")
    options = parser.parse_args(arguments)
    name, data = "tracker", options.data
    if not data:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tracker.settings")
        database = settings.DATABASES["default"]
        name, data = database["NAME"], database.get("EMBEDDED_DATA")
    if not data:
        return say("环境变量 DATABASE_URL 指定了服务器，内置 PostgreSQL 没有启用，无须启动或停止。")

    from .server import Server  # needs what Windows lacks

    server = Server(Path(data))
    if options.action == "stop":
        return say("内置 PostgreSQL 已停止。" if server.stop() else "内置 PostgreSQL 没有在运行。")
    if options.action == "start":
        server.start(name)
    if pid := server.status():
        return say(f"内置 PostgreSQL 正在运行：进程 {pid}，数据 {server.data}")
    return say("内置 PostgreSQL 没有在运行。", NOT_RUNNING)


def say(sentence: str, exit_code: int = 0) -> int:
    """Print the outcome; hand the exit code on."""
    sys.stdout.write(f"{sentence}\n")
    return exit_code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (DatabaseUnreachable, ImproperlyConfigured) as error:
        sys.exit(str(error))
