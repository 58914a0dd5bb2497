"""One statement of a person over published files, in a process of its own.

SQL is not made harmless by reading it: what a statement can reach is what this process can reach.
It gets the files its reader may see and nothing else, no network where the kernel allows that (see
sql_child, which starts it), a cap on memory, processor time and written bytes, and its parent ends
it when the time is over. A request as JSON on stdin; on stdout a line of JSON and, when there is an
answer, the rows as an Arrow stream.
"""

import json
import resource
import sys
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

MEGABYTE = 1024**2
# Python, DuckDB and Arrow themselves, beside the memory the statement may use.
OWN_BYTES = 1024 * MEGABYTE
# Arrow types that polars cannot hold, or holds differently from DuckDB: sent as text.
AS_TEXT = ("INTERVAL", "MAP", "UNION", "BIT", "ENUM", "VARIANT", "TIME WITH TIME ZONE", "BLOB")
# After a first line of our own, DuckDB tells lines of the statement one too high.
EXPLAIN = "explain\n"


def open_read_only(
    files: Mapping[str, str | Path], *, memory_bytes: int | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection that sees these files, read-only, by catalog name, and nothing else."""
    connection = duckdb.connect(":memory:")
    for catalog, path in files.items():
        quoted = str(path).replace("'", "''")
        connection.execute(f"attach '{quoted}' as {catalog} (read_only)")
    connection.execute("use core")
    # From here on the statement sees these files and nothing else of the machine.
    limits = (
        (f"memory_limit = '{memory_bytes // MEGABYTE}MiB'", "temp_directory = ''", "threads = 2")
        if memory_bytes
        else ()
    )
    for setting in (
        *limits,
        "TimeZone = 'UTC'",
        "enable_external_access = false",
        "python_enable_replacements = false",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "lock_configuration = true",
    ):
        connection.execute(f"set {setting}")
    return connection


def _confine(memory_bytes: int, seconds: int) -> None:
    for what, limit in (
        (resource.RLIMIT_AS, memory_bytes + OWN_BYTES),
        (resource.RLIMIT_CPU, 2 * seconds),  # two threads
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def _ask(connection: duckdb.DuckDBPyConnection, sql: str, max_rows: int | None) -> Any:
    """The rows as an Arrow table, one more than `max_rows` when there are more."""
    [statement] = connection.extract_statements(sql)
    if statement.type == duckdb.StatementType.EXPLAIN:
        connection.execute(sql)
        return _arrow(connection.fetchall(), [one[0] for one in connection.description])
    connection.execute(EXPLAIN + statement.query)  # names are looked up here, with their place
    relation = connection.sql(statement.query)
    columns, types = relation.columns, [str(one) for one in relation.types]
    if max_rows is not None:
        relation = relation.limit(max_rows + 1)
    if any(kind.startswith(AS_TEXT) for kind in types):
        return _arrow(relation.fetchall(), columns)
    return relation.to_arrow_table().rename_columns(_distinct(columns))


def _arrow(rows: list[tuple], columns: list[str]) -> Any:
    import pyarrow as pa

    plain = (bool, int, float, str, Decimal, date)
    values = [
        [
            one if one is None or isinstance(one, plain) else str(one)
            for one in (row[index] for row in rows)
        ]
        for index in range(len(columns))
    ]
    texts = [
        [None if one is None else str(one) for one in column]
        if any(isinstance(one, str) for one in column)
        else column
        for column in values
    ]
    return pa.table(dict(zip(_distinct(columns), map(pa.array, texts), strict=True)))


def _distinct(columns: list[str]) -> list[str]:
    """The names, a repeated one with a number behind."""
    names: list[str] = []
    for name in columns:
        number, free = 1, name
        while free in names:
            free = f"{name}_{number}"
            number += 1
        names.append(free)
    return names


def _answer(request: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    connection = open_read_only(request["files"], memory_bytes=request["memory_bytes"])
    try:
        statements = connection.extract_statements(request["sql"])
        if len(statements) != 1:
            return {"error": "many" if statements else "empty", "detail": ""}, None
        if statements[0].type not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
            return {"error": "not_select", "detail": statements[0].type.name}, None
        table = _ask(connection, request["sql"], request["max_rows"])
    except duckdb.Error as error:
        return {"error": type(error).__name__, "detail": str(error)}, None
    except MemoryError:
        return {"error": "OutOfMemoryException", "detail": ""}, None
    if request["max_bytes"] is not None and table.nbytes > request["max_bytes"]:
        return {"error": "OutOfMemoryException", "detail": f"{table.nbytes} bytes"}, None
    limit = request["max_rows"]
    is_cut = limit is not None and table.num_rows > limit
    return {"error": None, "is_cut": is_cut}, table.slice(0, limit) if is_cut else table


def main() -> None:
    """Reads the request, answers, ends."""
    import pyarrow as pa

    request = json.load(sys.stdin)
    _confine(request["memory_bytes"], request["seconds"])
    head, table = _answer(request)
    out = sys.stdout.buffer
    out.write(json.dumps(head).encode() + b"\n")
    if table is not None:
        with pa.ipc.new_stream(out, table.schema) as stream:
            stream.write_table(table)
    out.flush()
