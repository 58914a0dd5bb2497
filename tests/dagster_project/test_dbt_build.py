"""dbt in its child process, on a tiny project of the real shape."""

import json
import os
import signal
from contextlib import contextmanager

import duckdb
import pytest

from dagster_project.commands import SELECTIONS, describe_test, selection_of
from dagster_project.dbt_build import open_dbt
from dagster_project.messages import KeizokuError


@contextmanager
def dbt_of(project, tmp_path, **variables):
    with open_dbt(
        dbt_dir=project,
        target_dir=tmp_path / "target",
        build_db=tmp_path / "run" / "warehouse.duckdb",
        log_file=tmp_path / "dbt.log",
        variables={"as_of_date": "2026-03-31"} | variables,
    ) as dbt:
        yield dbt


def outcomes(result):
    return {node.name: node.status for node in result.nodes}


def test_the_two_selections_together_run_everything_once_and_let_go_of_the_file(tiny_dbt, tmp_path):
    finished = []

    def tell(node, status):
        finished.append(node)

    build_db = tmp_path / "run" / "warehouse.duckdb"
    with dbt_of(tiny_dbt(), tmp_path) as dbt:
        assert dbt("parse").is_success
        staging = dbt(
            "build", **SELECTIONS["staging"], on_node=lambda node, status: finished.append(node)
        )
        with duckdb.connect(str(build_db)) as connection:  # needs the file for itself
            assert connection.execute("from staging.stg_crm__accounts").fetchall() == [(1,)]
        marts = dbt("build", **SELECTIONS["marts"])
    assert outcomes(staging) == {
        "stg_crm__accounts": "success",
        "not_null_stg_crm__accounts_account_id": "pass",
    }
    assert outcomes(marts) == {
        "mart_kpi_monthly": "success",
        "assert_every_account_is_counted": "pass",
    }
    assert len(finished) == 2
    with duckdb.connect(str(build_db)) as connection:
        rows = connection.execute("select as_of_date::varchar from mart_kpi_monthly").fetchall()
    assert rows == [("2026-03-31",)]


def test_the_manifest_tells_which_selection_a_test_belongs_to(tiny_dbt, tmp_path):
    with dbt_of(tiny_dbt(), tmp_path) as dbt:
        dbt("parse")
    manifest = json.loads((tmp_path / "target" / "manifest.json").read_text())
    selections = {node["name"]: selection_of(manifest, node) for node in manifest["nodes"].values()}
    assert selections == {
        "stg_crm__accounts": "staging",
        "not_null_stg_crm__accounts_account_id": "staging",
        "mart_kpi_monthly": "marts",
        "assert_every_account_is_counted": "marts",
    }
    told = {
        node["name"]: describe_test(node)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
    }
    assert told == {
        "not_null_stg_crm__accounts_account_id": "stg_crm__accounts.account_id: not null",
        "assert_every_account_is_counted": "every account is counted",
    }


def test_a_failing_test_is_told_with_its_rows_and_what_depends_on_it_is_skipped(tiny_dbt, tmp_path):
    project = tiny_dbt(
        {"models/staging/stg_crm__accounts.sql": "select cast(null as int) as account_id"}
    )
    with dbt_of(project, tmp_path) as dbt:
        dbt("parse")
        result = dbt("build", **SELECTIONS["staging"])
    assert not result.is_success
    assert [(node.name, node.status, node.failures) for node in result.failed] == [
        ("not_null_stg_crm__accounts_account_id", "fail", 1)
    ]


def test_a_model_that_does_not_compile_in_the_database_is_told_with_its_message(tiny_dbt, tmp_path):
    project = tiny_dbt({"models/staging/stg_crm__accounts.sql": "select nothing_like_it"})
    with dbt_of(project, tmp_path) as dbt:
        dbt("parse")
        result = dbt("build", **SELECTIONS["staging"])
    (failed,) = result.failed
    assert failed.name == "stg_crm__accounts"
    assert "nothing_like_it" in failed.message


def test_a_project_that_does_not_parse_is_told(tiny_dbt, tmp_path):
    project = tiny_dbt({"models/marts/mart_kpi_monthly.sql": "from {{ ref('not_there') }}"})
    with dbt_of(project, tmp_path) as dbt:
        result = dbt("parse")
    assert not result.is_success
    assert "not_there" in result.error


def test_a_killed_dbt_is_told_and_not_waited_for(tiny_dbt, tmp_path):
    with dbt_of(tiny_dbt(), tmp_path) as dbt:
        dbt("parse")
        (child,) = children_of(os.getpid())
        os.kill(child, signal.SIGKILL)
        with pytest.raises(KeizokuError) as caught:
            dbt("build", **SELECTIONS["staging"])
    assert caught.value.code == "dbt_died"
    assert caught.value.where == str(tmp_path / "dbt.log")


def children_of(parent: int) -> list[int]:
    with open(f"/proc/{parent}/task/{parent}/children") as children:  # noqa: PTH123
        return [
            int(child)
            for child in children.read().split()
            if b"dagster_project.dbt_build" in open(f"/proc/{child}/cmdline", "rb").read()  # noqa: PTH123
        ]
