"""A filled database of an earlier version, and what that version exported from it, in one archive.

`tests/upgrade/v0.1.tar.xz` was packed by this file in a checkout of 0.1, from its own `load_report` and `demo`
and a few steps of everyday work (`everyday_work`, written for 0.1's models):

    DATABASE_URL=… DJANGO_SETTINGS_MODULE=tracker.settings PYTHONPATH=. python …/tests/upgrade/archive.py v0.1.tar.xz

`data/<table>.csv` is a table with its column names, in an order in which foreign keys find what they point at;
`exports/<name>` is what `manage.py export` printed.
"""

from __future__ import annotations

import datetime as dt
import io
import sys
import tarfile
from collections.abc import Iterator
from graphlib import TopologicalSorter
from itertools import product
from pathlib import Path
from typing import Any

#: Months and instants at which the tables are exported: in the middle of the year, at its end, and long after it.
AS_OF = ("2018-01", "2018-03", "2018-06", "2018-09", "2018-12")
KNOWN_AT = ("2018-04-15", "2018-07-18T12:00", "2018-10-25", "2018-12-31", "2019-06-01")
FORMATS = ("csv", "json")
#: What is kept of the tables that are not the ledger's own.
SHARED_TABLES = ("auth_group", "pghistory_context")


def exports() -> Iterator[tuple[str, list[str]]]:
    """Every export that is compared: its name in the archive, and the arguments of `manage.py export`."""
    for year in ("2017", "2018"):
        for format_ in FORMATS:
            yield f"results-{year}.{format_}", ["results", "--year", year, "--format", format_]
    for as_of, known_at in product(AS_OF, KNOWN_AT):
        asked = ["--year", "2018", "--as-of", as_of, "--known-at", known_at]
        for kind in ("targets", "updates", "departments"):
            yield f"{kind} {as_of} {known_at[:10]}.csv", [kind, *asked, "--format", "csv"]
    for as_of, known_at in zip(AS_OF, KNOWN_AT, strict=True):
        asked = ["--year", "2018", "--as-of", as_of, "--known-at", known_at]
        for kind in ("targets", "updates", "departments"):
            yield f"{kind} {as_of} {known_at[:10]}.json", [kind, *asked, "--format", "json"]
    yield (
        "unit-renshe.csv",
        [
            *("targets", "--year", "2018", "--unit", "renshe", "--format", "csv"),
            *("--as-of", "2018-09", "--known-at", "2018-10-25"),
        ],
    )


def exported(arguments: list[str]) -> bytes:
    from django.core.management import call_command

    output = io.StringIO()
    call_command("export", *arguments, stdout=output)
    return output.getvalue().encode()


def tables(cursor: Any) -> list[str]:
    """The tables that are packed, what is pointed at before what points at it."""
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " AND (relname LIKE 'tracker\\_%%' OR relname = ANY (%s)) ORDER BY relname",
        [list(SHARED_TABLES)],
    )
    before: dict[str, set[str]] = {name: set() for (name,) in cursor.fetchall()}
    cursor.execute(
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid <> confrelid"
    )
    for name, other in cursor.fetchall():
        if name in before and other in before:
            before[name].add(other)
    return list(TopologicalSorter(before).static_order())


def everyday_work() -> None:
    """A correction that was verified, one that was returned and handed in again, and a draft that was thrown away."""
    from django.utils import timezone

    from tracker.models import ProgressUpdate, Status, User

    clerk, head, office = (User.objects.get(username=f"demo-{name}") for name in ("clerk", "head", "office"))
    at = timezone.make_aware(dt.datetime(2018, 11, 5, 9))
    hour = dt.timedelta(hours=1)
    verified = ProgressUpdate.objects.filter(status=Status.VERIFIED, is_sample=True, value__gt=1).order_by("pk")
    # A month that nobody corrects by accident: the third of three targets.
    first, second, third = (verified.filter(period="2018-03-31")[number] for number in (3, 7, 11))
    for number, update in enumerate((first, second)):
        revision = update.new_revision(clerk, "漏报一笔，按核定数更正")
        ProgressUpdate.objects.filter(pk=revision.pk).update(entered_at=at + number * hour, confirmation="已核对")
        revision.refresh_from_db()
        revision.submit(clerk, at=at + (number + 1) * hour)
        if number == 0:
            revision.endorse(head, at=at + 3 * hour)
            revision.verify(office, at=at + 4 * hour)
        else:
            revision.send_back(head, "请附依据")
            revision.submit(clerk, at=at + 30 * hour)
    third.new_revision(clerk, "误点").delete()
    User.objects.update(password="!")  # nobody signs in here, and no password goes into a repository


def pack(path: Path) -> None:
    """Pack the configured database and its exports."""
    from django.db import connection

    with tarfile.open(path, "w:xz", preset=9) as archive, connection.cursor() as cursor:
        cursor.execute("ANALYZE")

        def add(name: str, content: bytes) -> None:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))

        for table in tables(cursor):
            cursor.execute(
                "SELECT string_agg(format('%%I', attname), ', ' ORDER BY attnum) FROM pg_attribute"
                " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
                [table],
            )
            (columns,) = cursor.fetchone()
            with cursor.copy(f"COPY (SELECT {columns} FROM {table} ORDER BY 1) TO STDOUT (FORMAT csv, HEADER)") as rows:
                add(f"data/{table}.csv", b"".join(map(bytes, rows)))
        for name, arguments in exports():
            add(f"exports/{name}", exported(arguments))


def restore(archive: tarfile.TarFile) -> None:
    """Fill the configured database, whose tables are those of the packed version and empty; triggers stay silent."""
    from django.db import connection, transaction

    members = [member for member in archive.getmembers() if member.name.startswith("data/")]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(Path(member.name).stem for member in members)} CASCADE")
        for member in members:
            table, file = Path(member.name).stem, archive.extractfile(member)
            assert file is not None
            columns = ", ".join(f'"{name}"' for name in file.readline().decode().strip().split(","))
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)") as rows:
                rows.write(file.read())
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attidentity <> ''", [table]
            )
            for (column,) in cursor.fetchall():
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence(%s, %s), max({column})) FROM {table}", [table, column]
                )
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    import django

    django.setup()
    everyday_work()
    pack(Path(sys.argv[1]))
