"""`keizoku sql`: exact values out, and nothing but the two files in reach."""

import io
import subprocess
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import polars as pl
import pytest

from dagster_project import publish, query
from dagster_project.console import json_text
from dagster_project.messages import KeizokuError, explain
from dagster_project.publish import Column, Mart, Stamp
from dagster_project.sql_process import MEGABYTE


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


def ask(version, sql: str) -> query.Found:
    return query.ask(version, sql, limits=query.PAGE_LIMITS)


def test_core_is_the_default_and_personal_columns_stand_in_pii(version):
    answer = ask(
        version,
        "select customer_key, mrr, display_name from dim_customer"
        " join pii.dim_customer using (customer_key)",
    ).answer
    assert answer.columns == ("customer_key", "mrr", "display_name")
    assert answer.rows == [("k1", Decimal("106600.000000"), '山田, "花子"')]


def test_formats_keep_decimals_exact_and_nulls_empty(version):
    answer = ask(
        version,
        "select mrr, display_name, born from dim_customer"
        " join pii.dim_customer using (customer_key)",
    ).answer
    assert query.as_csv(answer) == 'mrr,display_name,born\n106600.000000,"山田, ""花子""",\n'
    assert (
        query.as_json(answer)
        == '[{"mrr": 106600.000000, "display_name": "山田, \\"花子\\"", "born": null}]'
    )
    frame = pl.read_parquet(
        io.BytesIO(query.as_parquet(ask(version, "select mrr from dim_customer")))
    )
    assert frame.rows() == [(Decimal("106600.000000"),)]


def test_json_holds_what_a_database_can_return():
    value = [1, True, None, 0.1, float("nan"), Decimal("0.10"), ["あ", {"k": Decimal("NaN")}]]
    assert json_text(value) == '[1, true, null, 0.1, null, 0.10, ["あ", {"k": null}]]'


REFUSED = {
    "sql_only_select": (
        "insert into dim_customer values ('k2', 1)",
        "create table core.main.t as select 1",
        "create temp table t as select 1",
        "drop table pii.dim_customer",
        "copy dim_customer to '/tmp/keizoku-must-not-exist.csv'",
        "export database '/tmp/keizoku-must-not-exist'",
        "attach '/tmp/keizoku-must-not-exist.db' as other",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "pragma enable_external_access = true",
    ),
    "sql_one_statement": ("select 1; select 2", "select 1; drop table dim_customer"),
    "sql_empty": ("", " -- nothing"),
    "sql_not_allowed": (
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from read_blob('/proc/self/environ')",
        "select * from glob('/*')",
        "select * from sniff_csv('/etc/passwd')",
        "from query('select * from read_text(''/etc/passwd'')')",
    ),
    "sql_unknown_table": ("select * from '/etc/passwd'", "select * from answer"),
    "sql_unknown_function": ("select getenv('HOME')",),
    "sql_unknown_column": ("select mrrr from dim_customer",),
    "sql_syntax": (
        "selec 1",
        # later versions of DuckDB know this one, and call it a SELECT
        "with x as (insert into dim_customer values ('k2', 1) returning *) select * from x",
    ),
}


@pytest.mark.parametrize(
    ("code", "statement"), [(code, one) for code, told in REFUSED.items() for one in told]
)
def test_g03_g04_writing_reading_files_and_changing_settings_are_refused(version, code, statement):
    answer = "a variable of this test that SQL must not see"
    assert answer
    with pytest.raises(KeizokuError) as caught:
        ask(version, statement)
    assert caught.value.code == code
    assert publish._open_version(version.folder)[1] == ""


def test_the_place_is_told_by_line_and_character_also_behind_japanese(version):
    with pytest.raises(KeizokuError) as caught:
        ask(version, "select '売上', mrr\n  , '株式会社' || nope(mrr)\nfrom dim_customer")
    assert (caught.value.values["line"], caught.value.values["column"]) == ("2", "15")
    assert caught.value.where == "2:15"
    with pytest.raises(KeizokuError) as caught:
        ask(version, "select mrr frm\n\ndim_customer x")
    assert caught.value.where == "3:1"


@pytest.mark.parametrize(
    ("statement", "code", "name"),
    [
        ("select customer_key, sum(mrr) from dim_customer", "sql_not_grouped", "customer_key"),
        ("select mrr from dim_customer a join dim_customer b on true", "sql_ambiguous", "mrr"),
        ("select sum(customer_key) from dim_customer", "sql_wrong_kinds", "sum(VARCHAR)"),
        ("select 1 from dim_customer where sum(mrr) > 1", "sql_sum_in_where", "aggregates"),
        ("select cast('二十' as integer)", "sql_wrong_value", "二十"),
        ("select date '2026-13-01'", "sql_wrong_value", "2026-13-01"),
        ("select (1", "sql_syntax", "end of input"),
        ("select mrr, from dim_customer group n", "sql_syntax", "n"),
        ("select z.mrr from dim_customer", "sql_unknown_table", "z"),
        ("select dat_trunc('month', 1)", "sql_unknown_function", "dat_trunc"),
    ],
)
def test_the_usual_mistakes_are_told_by_what_they_are(version, statement, code, name):
    with pytest.raises(KeizokuError) as caught:
        ask(version, statement)
    assert (caught.value.code, caught.value.values["name"]) == (code, name)
    for lang in ("ja", "en"):
        told = explain(code, lang, where=caught.value.where, **caught.value.values)
        assert not {part for part in told.values() if "{" in part}
        assert "Error:" not in told["why"]


def test_a_wrong_name_is_told_with_the_nearest_one(version):
    with pytest.raises(KeizokuError) as caught:
        ask(version, "select * from dim_custmer")
    assert caught.value.values["nearest"] == "dim_customer"
    with pytest.raises(KeizokuError) as caught:
        ask(version, "select mr from dim_customer")
    assert caught.value.values["nearest"] == "mrr"


@pytest.mark.parametrize(
    "statement",
    [
        "select display_name from pii.dim_customer",
        "from query_table('pii.dim_customer')",
        "select table_name from duckdb_tables() where database_name = 'pii'",
        "attach 'pii.duckdb' as pii",
    ],
)
def test_g05_without_the_right_the_personal_file_is_not_in_the_process(version, statement):
    try:
        found = query.ask(version, statement, limits=query.PAGE_LIMITS, has_personal_columns=False)
    except KeizokuError as error:
        assert error.code in {"sql_personal", "sql_unknown_table", "sql_only_select"}
    else:
        assert found.frame.is_empty()


def test_g06_a_statement_that_never_ends_is_stopped_when_its_time_is_over(version):
    endless = (
        "with recursive t as (select 1 as a union all select a + 1 from t) select count(*) from t"
    )
    begun = time.monotonic()
    with pytest.raises(KeizokuError) as caught:
        query.ask(version, endless, limits=query.Limits(1, 256 * MEGABYTE, 10, None))
    assert caught.value.code == "sql_too_long"
    assert time.monotonic() - begun < 5
    assert query.PAGE_LIMITS.seconds == 30


@pytest.mark.parametrize(
    "statement",
    [
        "select repeat('x', 2000000000)",
        "select list(range) from range(1000000000)",
        "select repeat('x', 1000000) from range(200)",
    ],
)
def test_g06_a_statement_that_needs_too_much_memory_is_stopped(version, statement):
    with pytest.raises(KeizokuError) as caught:
        ask(version, statement)
    assert caught.value.code == "sql_too_large"


def test_a_long_answer_is_cut_and_says_so(version):
    found = query.ask(
        version,
        "select range from range(1000000)",
        limits=query.Limits(30, 256 * MEGABYTE, 3, None),
    )
    assert found.answer.rows == [(0,), (1,), (2,)]
    assert found.is_cut
    whole = query.ask(
        version, "select range from range(3)", limits=query.Limits(30, 256 * MEGABYTE, 3, None)
    )
    assert whole.answer.rows == [(0,), (1,), (2,)]
    assert not whole.is_cut


def test_kinds_no_table_knows_come_as_text_and_a_repeated_name_stays_apart(version):
    found = ask(version, "select interval 2 day as d, 1.50 as a, null as a, map {'k': 1} as m")
    assert found.answer.columns == ("d", "a", "a_1", "m")
    assert found.answer.rows == [("2 days, 0:00:00", Decimal("1.50"), None, "{'k': 1}")]


def test_the_process_sees_no_environment_of_its_parent(monkeypatch):
    monkeypatch.setenv("KEIZOKU_SECRET_OF_THIS_TEST", "x")
    seen = {}

    def run(command, **options):
        seen.update(options)
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(query.subprocess, "run", run)
    assert query._ask_process({}, 1)[0]["error"] == "time"
    assert set(seen["env"]) == {
        *("PATH", "PYTHONPATH", "PYTHONUTF8", "MALLOC_ARENA_MAX", "ARROW_DEFAULT_MEMORY_POOL")
    }


def test_no_more_than_two_statements_run_at_once(version, monkeypatch):
    monkeypatch.setattr(query, "WAIT_FOR_SLOT_SECONDS", 0.01)
    with query._slots, query._slots, pytest.raises(KeizokuError) as caught:
        ask(version, "select 1 as n")
    assert caught.value.code == "sql_busy"
    assert ask(version, "select 1 as n").answer.rows == [(1,)]


def test_g07_the_process_has_no_network():
    code = (
        "from dagster_project.sql_child import leave_network; from pathlib import Path\n"
        "print(leave_network())\n"
        "print([line.split(':')[0].strip() for line in"
        " Path('/proc/self/net/dev').read_text().splitlines()[2:]])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    is_left, interfaces = done.stdout.splitlines()
    if is_left == "False":
        pytest.skip("this kernel lets this user not give up the network")
    assert interfaces == "['lo']"
