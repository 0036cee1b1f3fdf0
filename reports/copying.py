"""Rows of files: PostgreSQL's COPY of a table's own query, as text that the database formats by column, or as values.

A file of a million rows then costs little more than the query, and no memory. The first row leaves the server before
the last one is read, and the statement is cancelled when its reader goes away.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, TypeAlias

from django.conf import settings
from django.db import connections, transaction
from django.db.models import QuerySet

from tracker.text import FORMULA_STARTS, defused

from .exports import Field, Kind

#: SQL with its parameters.
Sql: TypeAlias = tuple[str, list[Any]]

BLOCK = 65_536
#: No limit at all. But the planner cannot know that, and prefers a plan whose first row comes soon.
AS_THEY_COME = "LIMIT (SELECT 9223372036854775807)"
#: The type in which values of a kind are read.
TYPES = {
    Kind.TEXT: "text",
    Kind.INTEGER: "bigint",
    Kind.DECIMAL: "numeric",
    Kind.PERCENT: "numeric",
    Kind.POINTS: "numeric",
    Kind.DATE: "date",
    Kind.MONTH: "date",
    Kind.INSTANT: "timestamptz",
    Kind.MOMENT: "timestamptz",
    Kind.FLAG: "boolean",
}


def csv_records(rows: QuerySet[Any, Any], fields: Sequence[Field]) -> Generator[bytes]:
    """Records of RFC 4180 in blocks of about 64 KB; `rows` yields the fields' values in order.

    Queries: 1, between two that set the time zone.
    """
    cells = [_csv_cell(field, name) for name, field in _names(fields).items()]
    select = f"SELECT {', '.join(sql for sql, _ in cells)} FROM {{rows}} AS source ({', '.join(_names(fields))})"
    params = [param for _, params in cells for param in params]
    return _blocks(rows, select, params, "FORMAT csv", b"\r\n")


def json_lines(rows: QuerySet[Any, Any], fields: Sequence[Field]) -> Generator[bytes]:
    """One JSON object a line, in blocks of about 64 KB; `rows` yields the fields' values in order.

    Queries: 1, between two that set the time zone.
    """
    cells = ", ".join(f'{_json_cell(field, name)} AS "{field.name}"' for name, field in _names(fields).items())
    inner = f"SELECT {cells} FROM {{rows}} AS source ({', '.join(_names(fields))})"
    # JSON holds no bare control character: with these for quote and delimiter COPY leaves every line as it is.
    options = r"FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02'"
    return _blocks(rows, f"SELECT row_to_json(object) FROM ({inner}) object", [], options, b"\n")


def values(rows: QuerySet[Any, Any], fields: Sequence[Field]) -> Generator[tuple[Any, ...]]:
    """Values as Python has them, a tuple for each row; `rows` yields those of the fields in order. Queries: 1.

    A cursor would not do: the database plans none in parallel, and so would sort a large table before its first row.

    The connection does nothing else until the last row is read, or the generator is closed.
    """
    types = [TYPES[field.kind] for field in fields]
    names = _names(fields)
    cells = ", ".join(f"{name}::{type}" for name, type in zip(names, types, strict=True))
    select = f"SELECT {cells} FROM {{rows}} AS source ({', '.join(names)})"
    connection: Any = connections[rows.db]
    statement = _statement(rows, select, [], "FORMAT text")
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        yield from copy.rows()


def _blocks(rows: QuerySet[Any, Any], select: str, params: Sequence[Any], options: str, end: bytes) -> Generator[bytes]:
    """What COPY sends, in blocks of about 64 KB; `end` ends each record.

    The connection does nothing else until the last block is read, or the generator is closed.
    """
    connection: Any = connections[rows.db]
    statement = _statement(rows, select, params, options)
    with connection.wrap_database_errors, transaction.atomic(rows.db), connection.cursor() as cursor:
        _set_time_zone(cursor, settings.TIME_ZONE)  # the database itself writes instants in local time
        with cursor.copy(statement) as copy:
            block: list[bytes | memoryview] = []
            size = 0
            for record in copy:  # one at a time, each with a bare line feed
                block.append(record[:-1])
                size += len(record)
                if size >= BLOCK:
                    yield end.join([*block, b""])
                    block, size = [], 0
            if block:
                yield end.join([*block, b""])
        _set_time_zone(cursor, connection.timezone_name)  # a transaction around this one goes on as it was


def _statement(rows: QuerySet[Any, Any], select: str, params: Sequence[Any], options: str) -> str:
    """`COPY (select) TO STDOUT`, where `{rows}` in `select` stands for the rows' own query."""
    connection: Any = connections[rows.db]
    # A filter that nothing can meet makes a query without rows.
    inner, inner_params = rows.query.get_compiler(connection=connection, elide_empty=False).as_sql()
    sql = f"COPY ({select.replace('{rows}', f'({inner} {AS_THEY_COME})')}) TO STDOUT ({options})"
    # Composed here: COPY takes no parameters.
    statement: str = connection.ops.compose_sql(sql, [*params, *inner_params])
    return statement


def _set_time_zone(cursor: Any, name: str) -> None:
    """For the rest of the transaction."""
    cursor.execute("SELECT set_config('TimeZone', %s, true)", [name])


def _names(fields: Sequence[Field]) -> dict[str, Field]:
    """The fields by the names that their columns have within the statement."""
    return {f"c{at}": field for at, field in enumerate(fields)}


def _csv_cell(field: Field, name: str) -> Sql:
    """A value as text that a machine reads as well as a person: no thousands separators, an ASCII minus."""
    if field.words:
        whens = " ".join("WHEN %s THEN %s" for _ in field.words)
        words = [part for code, word in field.words.items() for part in (code, defused(word))]
        return f"nullif(CASE {name} {whens} ELSE {name}::text END, '')", words
    if field.kind is Kind.TEXT:
        starts = ", ".join(str(ord(start)) for start in FORMULA_STARTS)
        return f"CASE WHEN ascii({name}) IN ({starts}) THEN '''' || {name} ELSE nullif({name}, '') END", []
    if field.kind.is_instant:
        return f"to_char({name}, 'YYYY-MM-DD HH24:MI:SS')", []
    return _date_or_plain(field, name), []


def _json_cell(field: Field, name: str) -> str:
    if field.kind is Kind.TEXT:
        return f"nullif({name}, '')"
    if field.kind in {Kind.DECIMAL, Kind.PERCENT, Kind.POINTS}:
        return f"{name}::text"
    # row_to_json writes an instant as ISO 8601 has it, with the zone's offset.
    return _date_or_plain(field, name)


def _date_or_plain(field: Field, name: str) -> str:
    pattern = {Kind.MONTH: "YYYY-MM", Kind.DATE: "YYYY-MM-DD"}.get(field.kind)
    return f"to_char({name}, '{pattern}')" if pattern else name
