"""Real landed Parquet files and real dbt builds over them, for the tests of the staging rules."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dagster_project.dbt_build import PARSE_FILE
from dagster_project.dbt_code import prepare_parse
from sources.control import CONTROL_REFUSED_INVOICES
from sources.entities import entities

DBT = Path(__file__).parents[2] / "dbt"

# Runs dbt in a process of its own: after dbtRunner a process keeps the DuckDB file open.
RUN_DBT = """
import json, os, sys
from dbt.cli.main import dbtRunner
to_parse, to_build, database = json.loads(sys.argv[1])
os.environ["KEIZOKU_BUILD_DB"] = "warehouse.duckdb"
result = dbtRunner().invoke(to_parse)
if result.success:
    os.environ["KEIZOKU_BUILD_DB"] = database
    result = dbtRunner(manifest=result.result).invoke(to_build)
if result.exception:
    print(result.exception)
sys.exit(0 if result.success else 1)
"""

# What became of deliveries and rows: read from landed and staging alone.
OBSERVED = ("obs_load_manifest", "obs_quarantine", "obs_row_outcome")

DELIVERIES = {
    "delivery_id": pl.String,
    "feed_id": pl.String,
    "mapping_hash": pl.String,
    "content_sha256": pl.String,
    "entity": pl.String,
    "source_system": pl.String,
    "file_name": pl.String,
    "encoding": pl.String,
    "exported_at": pl.Datetime("us"),
    "is_exported_at_assumed": pl.Boolean,
    "received_at": pl.Datetime("us"),
    "coverage": pl.String,
    "coverage_column": pl.String,
    "covers_from": pl.Date,
    "covers_to": pl.Date,
    "history": pl.String,
    "rows_read": pl.Int64,
    "rows_landed": pl.Int64,
    "rows_quarantined": pl.Int64,
    "rows_repeated": pl.Int64,
    "rows_filtered": pl.Int64,
}

QUARANTINE = {
    "delivery_id": pl.String,
    "entity": pl.String,
    "source_system": pl.String,
    "file_name": pl.String,
    "source_sheet": pl.String,
    "source_row": pl.Int64,
    "column_name": pl.String,
    "raw_value": pl.String,
    "reason_code": pl.String,
    "message_ja": pl.String,
    "message_en": pl.String,
    "remedy_ja": pl.String,
    "remedy_en": pl.String,
}


def day(text: str) -> date:
    return date.fromisoformat(text)


def end_of(text: str) -> datetime:
    """23:59:59 in Tokyo on that day, in UTC: the usual exported_at of a dated file name."""
    return datetime.fromisoformat(f"{text}T14:59:59")


def record_key(entity_id: str, system: str, *keys: str) -> str:
    """A stand-in for the HMAC of landing."""
    return sha256("|".join([entity_id, system, *keys]).encode()).hexdigest()[:32]


@dataclass
class Landed:
    """A landed folder under construction, and the dbt builds over it."""

    root: Path
    deliveries: list[dict] = field(default_factory=list)
    quarantine: list[dict] = field(default_factory=list)

    def deliver(
        self,
        entity_id: str,
        rows: Iterable[dict],
        *,
        exported_at: datetime,
        feed: str = "feed",
        system: str = "billing",
        coverage: str = "full",
        coverage_column: str | None = None,
        covers: tuple[str, str] | None = None,
        history: str = "segments",
        received_at: datetime | None = None,
        content: str | None = None,
        quarantined: int = 0,
    ) -> str:
        """Lands one delivery as sources/ would; returns its id. Hashes sort by `content`."""
        entity = entities()[entity_id]
        rows = list(rows)
        shown = json.dumps([feed, system, rows, str(exported_at)], default=str)
        content_sha = (content or "") + sha256(shown.encode()).hexdigest()
        delivery_id = sha256(f"{content_sha}{feed}{exported_at}".encode()).hexdigest()[:16]
        schema = entity.landed_schema()
        landed = []
        for number, row in enumerate(rows, start=2):
            keys = [str(row.get(c.landed_name, c.default)) for c in entity.key_columns]
            lineage = {
                "source_system": system,
                "delivery_id": delivery_id,
                "source_row": number,
                "record_key": record_key(entity_id, system, *keys),
                "is_tombstone": False,
            }
            landed.append({name: None for name in schema} | lineage | row)
        self._write(
            entity.table,
            f"{delivery_id}-{len(self.deliveries)}",
            pl.DataFrame(landed, schema=schema),
        )
        self.deliveries.append(
            dict.fromkeys(DELIVERIES)
            | {
                "delivery_id": delivery_id,
                "feed_id": feed,
                "mapping_hash": "m1",
                "content_sha256": content_sha,
                "entity": entity_id,
                "source_system": system,
                "file_name": f"{entity.name}.csv",
                "encoding": "utf-8",
                "exported_at": exported_at,
                "is_exported_at_assumed": False,
                "received_at": received_at or exported_at + timedelta(hours=3),
                "coverage": coverage,
                "coverage_column": coverage_column,
                "covers_from": day(covers[0]) if covers else None,
                "covers_to": day(covers[1]) if covers else None,
                "history": history,
                "rows_read": len(rows) + quarantined,
                "rows_landed": len(rows),
                "rows_quarantined": quarantined,
                "rows_repeated": 0,
                "rows_filtered": 0,
            }
        )
        return delivery_id

    def build_staging(self) -> "Built":
        """Staging, and what became of deliveries and rows."""
        return self.build("path:models/staging", *OBSERVED)

    def build(
        self,
        *select: str,
        as_of: str = "2026-06-30",
        known_at: str | None = None,
        machine_timezone: str = "UTC",
        policy: dict | None = None,
        with_unit_tests: bool = False,
    ) -> "Built":
        """Runs `dbt build`, dbt tests included, and fails the test when it fails."""
        for entity in entities().values():
            self._write(entity.table, "_schema", pl.DataFrame(schema=entity.landed_schema()))
        self._write("control__deliveries", "all", pl.DataFrame(self.deliveries, schema=DELIVERIES))
        self._write("control__quarantine", "all", pl.DataFrame(self.quarantine, schema=QUARANTINE))
        refused = pl.DataFrame(schema=CONTROL_REFUSED_INVOICES)
        self._write("control__refused_invoices", "all", refused)
        database = self.root / "warehouse.duckdb"  # the name a parse is for
        variables = (policy or {}) | {
            "as_of_date": as_of,
            "known_at": known_at,
            "landed_dir": str(self.root / "landed"),
            "identity_dir": str(self.root / "identity"),
            "cash_dir": str(self.root / "cash"),
            "control_dir": str(self.root / "control"),
            "policy_id": "policy000001",
        }
        parse = prepare_parse(DBT, self.root) / PARSE_FILE
        arguments = ["--project-dir", str(DBT), "--profiles-dir", str(DBT)]
        arguments += ["--target-path", str(self.root / "target")]
        arguments += ["--log-path", str(self.root / "logs")]
        to_parse = ["parse", *arguments, "--partial-parse-file-path", str(parse)]
        to_parse += ["--no-partial-parse-file-diff", "--no-write-json"]
        arguments = [
            "build",
            *arguments,
            "--vars",
            json.dumps(variables),
            "--indirect-selection",
            "buildable",
        ]
        if not with_unit_tests:
            arguments += ["--exclude-resource-type", "unit_test"]
        arguments += ["--select", *select]
        done = subprocess.run(
            [sys.executable, "-c", RUN_DBT, json.dumps([to_parse, arguments, str(database)])],
            env=os.environ | {"TZ": machine_timezone},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return Built(database)

    def _write(self, table: str, name: str, frame: pl.DataFrame) -> None:
        folder = self.root / "landed" / table / "live"
        folder.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(folder / f"{name}.parquet")


@dataclass(frozen=True)
class Built:
    """A finished build file, read with SQL."""

    database: Path

    def rows(self, sql: str, *parameters: object) -> list[tuple]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql, list(parameters)).fetchall()


@pytest.fixture(scope="module")
def new_landed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Landed]:
    """Makes an empty landed folder each time it is called."""
    return lambda: Landed(tmp_path_factory.mktemp("home"))
