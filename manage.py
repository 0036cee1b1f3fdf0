#!/usr/bin/env python
"""Django's command line for the ledger."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tracker.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import OperationalError

        from tracker.embedded import DatabaseUnreachable
    except ImportError as error:
        sys.exit(f"依赖没有装好（{error}）；请先运行 make setup。 Dependencies are missing; run `make setup` first.")
    try:
        if sys.argv[1:2] == ["runserver"]:
            # Its autoreloader runs the command in a thread, prints what that raises and goes on for ever.
            from django.db import connection

            connection.ensure_connection()
            connection.close()
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, DatabaseUnreachable) as error:
        sys.exit(str(error))
    except OperationalError as error:
        # 57P: the server was shut down or crashed; 08 or none at all: the line to it broke.
        state = getattr(error.__cause__, "sqlstate", None)
        if state and not state.startswith(("57P", "08")):
            raise
        sys.exit(
            "数据库连接中断，这一步没有完成，没提交的改动都已撤销；请重新运行。"
            " The database connection was lost; nothing uncommitted was kept. Run it again."
        )


if __name__ == "__main__":
    main()
