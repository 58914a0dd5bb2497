"""Drives a company's home the way a person does, by the command line, and reads what it published.

Everything goes through child processes of `python -m dagster_project.cli`. The published files are
read directly, because one command per query would take longer than the run itself.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

PROJECT = Path(__file__).resolve().parents[2]

# All homes share one secret, so that the same record has the same key in each.
SECRET = "6b65697a6f6b752d676f6c64656e2d636f6d70616e792d6b65792d30303031aa"
SECRET_BYTES = bytes.fromhex(SECRET)
RUN_TIMEOUT_SECONDS = 300

# Where a row was read, not what it says (DESIGN.md, decision 5).
LINEAGE_COLUMNS = {
    "delivery_id",
    "source_sheet",
    "source_row",
    "source_updated_at",
    "source_file_name",
}


@dataclass(frozen=True)
class Finished:
    """What a command left: exit code, its JSON (None if it printed none) and everything it said."""

    code: int
    json: Any
    text: str


@dataclass(frozen=True)
class Mart:
    """One published table: (column, type) pairs in order of name, and its rows sorted as text."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple, ...]


def keizoku(
    home: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    as_json: bool = True,
    timeout_seconds: float | None = RUN_TIMEOUT_SECONDS,
) -> Finished:
    """Runs one command on a home, in English."""
    command = [sys.executable, "-m", "dagster_project.cli"]
    command += ["--home", str(home), "--lang", "en", *(["--json"] if as_json else []), *arguments]
    environment = {name: text for name, text in os.environ.items() if name != "KEIZOKU_HOME"}
    done = subprocess.run(
        command,
        cwd=PROJECT,
        env=environment | dict(env or {}),
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
    )
    try:
        printed = json.loads(done.stdout)
    except json.JSONDecodeError:
        printed = None
    return Finished(done.returncode, printed, done.stdout + done.stderr)


def found(home: Path, policy: Mapping[str, str | int] | None = None) -> Path:
    """A new home with the shared secret and these overrides of the policy."""
    done = keizoku(home, "init", str(home))
    assert done.code == 0, done.text
    (home / "secret").write_text(SECRET + "\n", encoding="ascii")
    set_policy(home, policy or {})
    return home


def set_policy(home: Path, policy: Mapping[str, str | int]) -> None:
    """Replaces keizoku.toml by one that holds these policy overrides only."""
    lines = ["[policy]"]
    lines += [f"{name} = {json.dumps(value)}" for name, value in policy.items()]
    (home / "keizoku.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def run(home: Path, as_of: date, *, env: Mapping[str, str] | None = None) -> Finished:
    """`keizoku run`; fails the test unless everything was published (or nothing was new)."""
    done = keizoku(home, "run", "--as-of", as_of.isoformat(), env=env)
    assert done.code == 0, done.text
    return done


def copy_of(home: Path, target: Path) -> Path:
    """The same home elsewhere, to be changed without changing the first."""
    shutil.copytree(home, target, symlinks=True)
    return target


def current_version(home: Path) -> str:
    return (home / "published" / "CURRENT").read_text(encoding="utf-8").strip()


def manifest(home: Path) -> dict[str, Any]:
    """The manifest of the current version."""
    path = home / "published" / current_version(home) / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8"))


def query(home: Path, sql: str, parameters: list | None = None) -> list[tuple]:
    """Rows of a statement over the current version; tables of the personal file are in `pii`."""
    version = home / "published" / current_version(home)
    with duckdb.connect(":memory:") as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{version / 'core.duckdb'}' as core (read_only)")
        connection.execute(f"attach '{version / 'pii.duckdb'}' as pii (read_only)")
        connection.execute("use core")
        return connection.execute(sql, parameters or []).fetchall()


# What was said when, dated by the exports: more exports say more, so these are compared only
# between homes that received the same exports.
DATED_BY_EXPORT = {"dim_customer_history", "dim_plan"}


def marts(home: Path) -> dict[str, Mart]:
    """Every published table that the company decides and not the number of its exports, without
    lineage columns and as-loaded observability.
    """
    tables = query(
        home,
        """
        select database_name, table_name from duckdb_tables()
        where database_name in ('core', 'pii') and table_name not like 'obs\\_%' escape '\\'
        """,
    )
    return {
        f"{database}.{table}": _mart(home, database, table)
        for database, table in tables
        if table not in DATED_BY_EXPORT
    }


def _mart(home: Path, database: str, table: str) -> Mart:
    described = query(home, f"select * from (describe {database}.main.{table})")
    columns = sorted((row[0], row[1]) for row in described if row[0] not in LINEAGE_COLUMNS)
    names = ", ".join(f'"{name}"' for name, _ in columns)
    rows = query(home, f"select {names} from {database}.main.{table}")
    return Mart(tuple(columns), tuple(sorted(rows, key=repr)))


def differences(left: Mapping[str, Mart], right: Mapping[str, Mart]) -> dict[str, list[str]]:
    """What keeps two published versions from being equal, by table; empty when they are."""
    found_differences: dict[str, list[str]] = {}
    for name in sorted(left.keys() | right.keys()):
        if name not in left or name not in right:
            found_differences[name] = ["missing on one side"]
        elif left[name] != right[name]:
            here, there = left[name], right[name]
            lines = [f"{one} only left" for one in here.columns if one not in there.columns]
            lines += [f"{one} only right" for one in there.columns if one not in here.columns]
            lines += [f"left {row}" for row in here.rows if row not in there.rows][:5]
            lines += [f"right {row}" for row in there.rows if row not in here.rows][:5]
            found_differences[name] = lines
    return found_differences


# ------------------------------------------------------------------------------------------------
# Figures in the words of golden_company.py
# ------------------------------------------------------------------------------------------------


def waterfall(home: Path, columns: tuple[str, ...]) -> dict[date, tuple[Decimal | int, ...]]:
    """The KPI columns of every month but the opening one."""
    rows = query(
        home,
        f"select month, {', '.join(columns)} from mart_kpi_monthly where not is_opening_month",
    )
    return {row[0]: row[1:] for row in rows}


def customers(home: Path) -> dict[str, str]:
    """Customer key → the id billing gave the customer (C01 …)."""
    return dict(
        query(
            home,
            """
            select customer_key, source_id from bridge_customer_identity
            where source_entity = 'billing.billing_customers'
            """,
        )
    )


def movements(home: Path) -> set[tuple[date, str, str, Decimal]]:
    """(month, billing customer, movement type, change), reasons added up."""
    names = customers(home)
    rows = query(
        home,
        """
        select month, customer_key, movement_type, sum(mrr_change)
        from fct_mrr_movement
        group by month, customer_key, movement_type
        """,
    )
    return {(month, names[key], movement, change) for month, key, movement, change in rows}
