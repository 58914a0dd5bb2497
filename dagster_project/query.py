"""`keizoku sql`: one statement over a published version, read-only, for the local administrator."""

import csv
import difflib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from dagster_project.console import json_text
from dagster_project.messages import KeizokuError
from dagster_project.publish import Version


@dataclass(frozen=True)
class Answer:
    """Column names and rows of a statement."""

    columns: tuple[str, ...]
    rows: list[tuple]


def run_sql(version: Version, sql: str, parameters: dict[str, Any] | None = None) -> Answer:
    """The rows of a statement; the tables stand in `core` (default) and `pii`.

    Raises KeizokuError `sql_failed`.
    """
    with _open(version) as connection:
        try:
            connection.execute(sql, parameters)
            columns = tuple(column[0] for column in connection.description or ())
            return Answer(columns, connection.fetchall() if columns else [])
        except duckdb.Error as error:
            raise KeizokuError("sql_failed", where=version.name, detail=error) from error


def run_sql_as_parquet(version: Version, sql: str) -> bytes:
    """The rows of a statement as the bytes of a Parquet file. Raises KeizokuError `sql_failed`."""
    with _open(version) as connection:
        try:
            frame = connection.execute(sql).pl()
        except duckdb.Error as error:
            raise KeizokuError("sql_failed", where=version.name, detail=error) from error
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


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
    connection = duckdb.connect(":memory:")
    for catalog, path in (("core", version.core_file), ("pii", version.pii_file)):
        quoted = str(path).replace("'", "''")
        connection.execute(f"attach '{quoted}' as {catalog} (read_only)")
    connection.execute("use core")
    # From here on the statement sees the two files and nothing else of the machine.
    for setting in (
        "TimeZone = 'UTC'",
        "enable_external_access = false",
        "python_enable_replacements = false",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "lock_configuration = true",
    ):
        connection.execute(f"set {setting}")
    return connection
