"""`keizoku sql`: exact values out, and nothing but the two files in reach."""

import io
from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import polars as pl
import pytest

from dagster_project import publish, query
from dagster_project.console import json_text
from dagster_project.messages import KeizokuError
from dagster_project.publish import Column, Mart, Stamp


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(
            "create table dim_customer as"
            " select 'k1' as customer_key, '山田, \"花子\"' as display_name, null::date as born,"
            " 106600::decimal(28, 6) as mrr"
        )
    mart = Mart(
        "dim_customer",
        "Grain: one row per customer.",
        (
            Column("customer_key", "", 1, True),
            Column("display_name", "", 2, False),
            Column("born", "", 2, False),
            Column("mrr", "", 1, False),
        ),
    )
    stamp = Stamp("r", datetime(2026, 4, 1, tzinfo=UTC), "2026-03-31", None, "f" * 64, "p", {})
    return publish.publish(folder / "published", folder / "warehouse.duckdb", (mart,), stamp)


def test_core_is_the_default_and_personal_columns_stand_in_pii(version):
    answer = query.run_sql(
        version,
        "select customer_key, mrr, display_name from dim_customer"
        " join pii.dim_customer using (customer_key)",
    )
    assert answer.columns == ("customer_key", "mrr", "display_name")
    assert answer.rows == [("k1", Decimal("106600.000000"), '山田, "花子"')]


def test_formats_keep_decimals_exact_and_nulls_empty(version):
    answer = query.run_sql(
        version,
        "select mrr, display_name, born from dim_customer"
        " join pii.dim_customer using (customer_key)",
    )
    assert query.as_csv(answer) == 'mrr,display_name,born\n106600.000000,"山田, ""花子""",\n'
    assert (
        query.as_json(answer)
        == '[{"mrr": 106600.000000, "display_name": "山田, \\"花子\\"", "born": null}]'
    )
    frame = pl.read_parquet(
        io.BytesIO(query.run_sql_as_parquet(version, "select mrr from dim_customer"))
    )
    assert frame.rows() == [(Decimal("106600.000000"),)]


def test_json_holds_what_a_database_can_return():
    value = [1, True, None, 0.1, float("nan"), Decimal("0.10"), ["あ", {"k": Decimal("NaN")}]]
    assert json_text(value) == '[1, true, null, 0.1, null, 0.10, ["あ", {"k": null}]]'


@pytest.mark.parametrize(
    "statement",
    [
        "insert into dim_customer values ('k2', 1)",
        "create table core.main.t as select 1",
        "drop table pii.dim_customer",
        "with x as (insert into dim_customer values ('k2', 1) returning *) select * from x",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from glob('/*')",
        "select * from '/etc/passwd'",
        "copy dim_customer to '/tmp/keizoku-must-not-exist.csv'",
        "export database '/tmp/keizoku-must-not-exist'",
        "attach '/tmp/keizoku-must-not-exist.db' as other",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "pragma enable_external_access = true",
        "set lock_configuration = false",
        "select * from answer",
        "selec 1",
    ],
)
def test_g03_g04_writing_reading_files_and_changing_settings_are_refused(version, statement):
    answer = "a variable of this test that SQL must not see"
    assert answer
    with pytest.raises(KeizokuError) as caught:
        query.run_sql(version, statement)
    assert caught.value.code == "sql_failed"
    assert publish._open_version(version.folder)[1] == ""
