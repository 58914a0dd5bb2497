"""The tables of what comes next: declared to dbt as their modules make them, and checked."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
import yaml

from dagster_project.compute import forecasters

SOURCES = (
    Path(__file__).parents[2] / "dbt" / "models" / "staging" / "_forecast__sources.yml"
).read_text(encoding="utf-8")
TYPES = {
    pl.String: "string",
    pl.Int64: "bigint",
    pl.Float64: "double",
    pl.Boolean: "boolean",
    pl.Date: "date",
}


def test_dbt_is_told_the_tables_and_columns_that_the_modules_make():
    (source,) = yaml.safe_load(SOURCES)["sources"]
    declared = {
        table["name"]: {column["name"]: column["data_type"] for column in table["columns"]}
        for table in source["tables"]
    }
    made = {
        name: {
            column: f"decimal({kind.precision}, {kind.scale})"
            if isinstance(kind, pl.Decimal)
            else TYPES[type(kind)]
            for column, kind in schema.items()
        }
        for name, schema in forecasters.schemas().items()
    }
    assert declared == made


def test_a_module_that_makes_another_table_than_it_declares_is_named(monkeypatch):
    odd = SimpleNamespace(
        __name__="odd",
        QUERIES={"one": "select 1"},
        SCHEMAS={"declared": pl.Schema({"n": pl.Int64()})},
        compute=lambda frames, **_: {"made": frames["one"]},
    )
    monkeypatch.setattr(forecasters, "MODULES", (odd,))
    with pytest.raises(ValueError, match="odd made"):
        forecasters.compute_all(
            lambda sql: pl.DataFrame({"n": [1]}), as_of=date(2026, 6, 30), policy={}
        )
