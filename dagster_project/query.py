"""Asking a published version in SQL: a person's statement, and the product's own.

A person's statement (`keizoku sql`, the SQL page) goes through `ask`: a process of its own with
limits, in which only the files its reader may see are open. `run_sql` is for statements written in
this repository.
"""

import csv
import difflib
import io
import json
import os
import re
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from dagster_project.console import json_text
from dagster_project.messages import KeizokuError
from dagster_project.publish import Version
from dagster_project.settings import PROJECT_DIR
from dagster_project.sql_process import EXPLAIN, MEGABYTE, open_read_only

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Answer:
    """Column names and rows of a statement."""

    columns: tuple[str, ...]
    rows: list[tuple]


@dataclass(frozen=True)
class Limits:
    """What one statement may use. None: no limit. `row_count` rows are kept of a longer answer."""

    seconds: int
    memory_bytes: int
    row_count: int | None
    answer_bytes: int | None


# The command line belongs to whoever owns the machine; a page shares it with everybody.
CLI_LIMITS = Limits(600, 4096 * MEGABYTE, None, None)
PAGE_LIMITS = Limits(30, 1024 * MEGABYTE, 10_000, 64 * MEGABYTE)
STATEMENTS_AT_ONCE = 2
WAIT_FOR_SLOT_SECONDS = 10
_slots = threading.BoundedSemaphore(STATEMENTS_AT_ONCE)


@dataclass(frozen=True)
class Found:
    """The rows a person asked for; `is_cut`: there were more than the limit."""

    frame: "pl.DataFrame"
    is_cut: bool
    seconds: float

    @property
    def answer(self) -> Answer:
        return Answer(tuple(self.frame.columns), self.frame.rows())


def ask(version: Version, sql: str, *, limits: Limits, has_personal_columns: bool = True) -> Found:
    """The rows of one select of a person; the tables stand in `core` (default) and `pii`.

    Without personal columns the file `pii` is not open in the process that answers. Raises
    KeizokuError `sql_*`: what is wrong, with `line` and `column` (from 1) where DuckDB tells them.
    """
    import polars as pl

    request = {
        "sql": sql,
        "files": {"core": str(version.core_file)}
        | ({"pii": str(version.pii_file)} if has_personal_columns else {}),
        "memory_bytes": limits.memory_bytes,
        "seconds": limits.seconds,
        "max_rows": limits.row_count,
        "max_bytes": limits.answer_bytes,
    }
    if not _slots.acquire(timeout=WAIT_FOR_SLOT_SECONDS):
        raise KeizokuError("sql_busy", where=version.name, count=STATEMENTS_AT_ONCE)
    begun = time.perf_counter()
    try:
        head, rows = _ask_process(request, limits.seconds)
    finally:
        _slots.release()
    if head["error"]:
        raise _explained(version, sql, head["error"], head["detail"], has_personal_columns)
    seconds = round(time.perf_counter() - begun, 2)
    return Found(pl.read_ipc_stream(rows), head["is_cut"], seconds)


def _ask_process(request: dict[str, Any], seconds: int) -> tuple[dict[str, Any], bytes]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "dagster_project.sql_child"],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=seconds,
            # nothing of this process's surroundings: no secret, no proxy, no home
            env={
                "PATH": os.defpath,
                "PYTHONPATH": str(PROJECT_DIR),
                "PYTHONUTF8": "1",
                "MALLOC_ARENA_MAX": "2",
                "ARROW_DEFAULT_MEMORY_POOL": "system",
            },
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": "time", "detail": str(seconds)}, b""
    head, _, rows = done.stdout.partition(b"\n")
    if done.returncode or not head:
        # the kernel refused it memory or processor time in the middle of its work
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        return {"error": "OutOfMemoryException", "detail": "".join(last)}, b""
    return json.loads(head), rows


# What DuckDB or the process said, and the error it is for a person.
ERRORS_OF_SQL = {
    "empty": "sql_empty",
    "many": "sql_one_statement",
    "not_select": "sql_only_select",
    "time": "sql_too_long",
    "OutOfMemoryException": "sql_too_large",
    "ParserException": "sql_syntax",
    "PermissionException": "sql_not_allowed",
}
NOT_ALLOWED = re.compile(
    r"disabled (by|through) configuration|configuration has been locked|read-only"
)
UNKNOWN_COLUMN = re.compile(
    r'Referenced column "([^"]+)" not found|does not have a column named "([^"]+)"'
)
# What DuckDB says, and the error it is; what it names, and what it would put there instead.
SAID = (
    (re.compile(r'Table with name "?([^\s"]+)"? does not exist'), "sql_unknown_table"),
    (re.compile(r'Referenced table "([^"]+)" not found'), "sql_unknown_table"),
    (
        re.compile(r'Function with name (\S+) does not exist!?(?:\s+Did you mean "(.+?)")?', re.S),
        "sql_unknown_function",
    ),
    (re.compile(r'column "([^"]+)" must appear in the GROUP BY'), "sql_not_grouped"),
    (re.compile(r'Ambiguous reference to column name "([^"]+)" \(use: (.*)\)'), "sql_ambiguous"),
    (re.compile(r"No function matches .* argument types '([^']+)'"), "sql_wrong_kinds"),
    (re.compile(r"WHERE clause cannot contain (aggregates)"), "sql_sum_in_where"),
    (re.compile(r"Could not convert \w+ '([^']*)'"), "sql_wrong_value"),
    (re.compile(r'field value out of range: "([^"]*)"'), "sql_wrong_value"),
    (re.compile(r"(?:at or near \"(.*)\"|(?:at )?(end of input))$", re.S), "sql_syntax"),
)
PREFIX = re.compile(r"^[A-Z][A-Za-z ]+ Error: ")
ADVICE = "\nDatabase is launched"  # from here on DuckDB tells what only its owner could do
PLACE = re.compile(r"\n+LINE (\d+): (.*)\n( *)\^")


def _explained(
    version: Version, sql: str, kind: str, detail: str, has_personal_columns: bool
) -> KeizokuError:
    """What DuckDB said as what, where, why and what to do, with the place in the statement."""
    place, said = _place(sql, detail)
    said = PREFIX.sub("", said.split(ADVICE)[0].strip())
    marts = version.manifest["marts"]
    facts: dict[str, Any] = {"detail": " ".join(said.split()), "seconds": detail}
    code = ERRORS_OF_SQL.get(kind, "sql_failed")
    if NOT_ALLOWED.search(said):
        code = "sql_not_allowed"
    elif not has_personal_columns and re.search(r"\bpii\b", sql) and "pii" in said:
        code = "sql_personal"
    elif column := UNKNOWN_COLUMN.search(said):
        name = column[1] or column[2]
        named = [mart for mart in marts if re.search(rf"\b{re.escape(mart)}\b", sql)]
        known = {one for mart in named or marts for one in marts[mart]["columns"]}
        code = "sql_unknown_column"
        facts |= {"name": name, "nearest": _nearest(name, known)}
    else:
        for pattern, told in SAID:
            if found := pattern.search(said):
                code = told
                name, instead = ([*filter(None, found.groups()), ""])[:2]
                if told == "sql_unknown_table":
                    instead = _nearest(name, marts)
                facts |= {"name": name.rstrip("!"), "nearest": instead or "–"}
                break
    if code == "sql_syntax":
        facts.setdefault("name", facts["detail"])
    where = "{}:{}".format(*place) if place else ""
    line, column = place or ("", "")
    return KeizokuError(code, where=where, line=line, column=column, **facts)


def _nearest(name: str, known: Any) -> str:
    return (
        ", ".join(difflib.get_close_matches(name.strip('"'), sorted(known), n=3, cutoff=0.4)) or "–"
    )


def _place(sql: str, detail: str) -> tuple[tuple[int, int] | None, str]:
    """Line and character (from 1) DuckDB points at, and what it said without the picture."""
    found = PLACE.search(detail)
    if not found:
        return None, detail
    said = detail[: found.start()]
    lines = sql.splitlines() or [""]
    snippet = found[2]
    # a long line is told in part, between dots
    part = snippet.removeprefix("...").removesuffix("...")
    number = int(found[1])
    for line in (number, number - EXPLAIN.count("\n")):
        if 1 <= line <= len(lines) and part and part in lines[line - 1]:
            before = snippet[: _characters(snippet, len(found[3]) - len(f"LINE {number}: "))]
            start = lines[line - 1].index(part) - (len(snippet.removesuffix("...")) - len(part))
            return (line, start + len(before) + 1), said
    return None, said


def _characters(text: str, width: int) -> int:
    """How many characters stand in so many columns of a terminal, where 漢 takes two."""
    taken = 0
    for count, character in enumerate(text):
        if taken >= width:
            return count
        taken += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return len(text)


def run_sql(version: Version, sql: str, parameters: dict[str, Any] | None = None) -> Answer:
    """The rows of a statement of our own; the tables stand in `core` (default) and `pii`.

    Raises KeizokuError `sql_failed`.
    """
    with _open(version) as connection:
        try:
            connection.execute(sql, parameters)
            columns = tuple(column[0] for column in connection.description or ())
            return Answer(columns, connection.fetchall() if columns else [])
        except duckdb.Error as error:
            raise KeizokuError("sql_failed", where=version.name, detail=error) from error


def read_metrics(version: Version, metric_id: str | None) -> list[dict[str, Any]]:
    """The metric registry of a version by id, or that one metric.

    `policy_values` is a mapping, `test_names` a list. Raises KeizokuError `metric_unknown`.
    """
    answer = run_sql(version, "select * from obs_metric_registry order by metric_id")
    metrics = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    for one in metrics:
        one["policy_values"] = json.loads(one["policy_values"])
        one["test_names"] = one["test_names"].split(", ")
    if metric_id is None:
        return metrics
    found = [one for one in metrics if one["metric_id"] == metric_id]
    if not found:
        names = [one["metric_id"] for one in metrics]
        nearest = difflib.get_close_matches(metric_id, names, n=3, cutoff=0.3)
        raise KeizokuError(
            "metric_unknown", where=version.name, metric=metric_id, nearest=", ".join(nearest)
        )
    return found


def as_parquet(found: Found) -> bytes:
    """The rows as the bytes of a Parquet file."""
    buffer = io.BytesIO()
    found.frame.write_parquet(buffer)
    return buffer.getvalue()


def as_csv(answer: Answer) -> str:
    """RFC 4180 text with a header, lines ended by \\n; null is an empty cell."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows(_cells(row) for row in answer.rows)
    return buffer.getvalue()


def as_json(answer: Answer) -> str:
    """A JSON array with one object per row."""
    return json_text([dict(zip(answer.columns, row, strict=True)) for row in answer.rows])


def _cells(row: Sequence[Any]) -> list[Any]:
    return ["" if value is None else value for value in row]


def _open(version: Version) -> duckdb.DuckDBPyConnection:
    return open_read_only({"core": version.core_file, "pii": version.pii_file})
