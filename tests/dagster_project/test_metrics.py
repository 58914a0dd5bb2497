"""The metric registry as read from the manifest of dbt, and what it says of each metric."""

import json

import pytest

from dagster_project.compute.metrics import SCHEMA, read_metrics

METRIC = {
    "id": "kpi.mrr",
    "name_ja": "MRR",
    "name_en": "MRR",
    "definition_ja": "月末の月額",
    "definition_en": "Monthly value at the end of the month",
    "formula": "sum",
    "unit": "JPY",
    "card": "G-02",
}


def node(name: str, code: str, *, reads=(), macros=(), columns=None, meta=None) -> dict:
    return {
        "unique_id": f"model.k.{name}",
        "resource_type": "model",
        "package_name": "k",
        "name": name,
        "description": "Grain: one row per month. More words.",
        "raw_code": code,
        "columns": columns or {},
        "depends_on": {"nodes": [f"model.k.{one}" for one in reads], "macros": list(macros)},
        "config": {"meta": meta or {}},
    }


def generic(name: str, model: str, *, column=None, columns=None) -> dict:
    return {
        "resource_type": "test",
        "name": name,
        "package_name": "k",
        "columns": {},
        "attached_node": f"model.k.{model}",
        "column_name": column,
        "test_metadata": {"name": name, "kwargs": {"columns": columns or []}},
        "depends_on": {"nodes": [f"model.k.{model}"], "macros": []},
    }


@pytest.fixture
def manifest() -> dict:
    columns = {
        "mrr": {"name": "mrr", "config": {"meta": {"class": 0, "metric": METRIC}}},
        "month": {"name": "month", "config": {"meta": {"class": 0}}},
    }
    nodes = [
        node(
            "mart_kpi", "{{ grace() }}", reads=["int_x"], macros=["macro.k.grace"], columns=columns
        )
        | {"meta": {"owner": "finance"}},
        node("int_x", "{{ var('fx_mode') }} {{ var(\"as_of_date\") }}"),
        node("other", "{{ var('close_day') }}"),
    ]
    tests = [
        generic("never_null_mrr", "mart_kpi", columns=["month", "mrr"]),
        generic("mrr_is_positive", "mart_kpi", column="mrr"),
        generic("month_is_first", "mart_kpi", column="month"),
        generic("of_another_model", "other", columns=["mrr"]),
        {
            "resource_type": "test",
            "name": "assert_it_adds_up",
            "package_name": "k",
            "columns": {},
            "depends_on": {"nodes": ["model.k.mart_kpi"], "macros": []},
        },
    ]
    grace = {
        "package_name": "k",
        "macro_sql": "{{ var('lapse_grace_days') }}",
        "depends_on": {"macros": []},
    }
    return {
        "nodes": {one["unique_id"]: one for one in nodes} | {one["name"]: one for one in tests},
        "macros": {"macro.k.grace": grace},
        "unit_tests": {
            "u1": {"model": "mart_kpi", "name": "zero_is_zero"},
            "u2": {"model": "int_x", "name": "not_of_this_model"},
        },
    }


POLICY = {"lapse_grace_days": 30, "fx_mode": "month_end", "close_day": 8}


def test_a_metric_is_told_with_its_grain_owner_tests_and_the_policy_its_lineage_reads(manifest):
    [metric] = read_metrics(manifest, POLICY).to_dicts()
    assert metric == {
        "metric_id": "kpi.mrr",
        "model": "mart_kpi",
        "column_name": "mrr",
        "card": "G-02",
        "name_ja": "MRR",
        "name_en": "MRR",
        "definition_ja": "月末の月額",
        "definition_en": "Monthly value at the end of the month",
        "formula": "sum",
        "unit": "JPY",
        "grain": "one row per month",
        "policy_values": '{"fx_mode": "month_end", "lapse_grace_days": 30}',
        "test_names": "assert_it_adds_up, mrr_is_positive, never_null_mrr, zero_is_zero",
        "owner": "finance",
    }


def test_a_metric_that_names_its_policy_is_told_with_exactly_that(manifest):
    named = METRIC | {"policy": ["close_day"]}
    manifest["nodes"]["model.k.mart_kpi"]["columns"]["mrr"]["config"]["meta"]["metric"] = named
    [metric] = read_metrics(manifest, POLICY).to_dicts()
    assert json.loads(metric["policy_values"]) == {"close_day": 8}


def test_no_metrics_give_an_empty_table_with_the_declared_columns():
    assert read_metrics({"nodes": {}, "macros": {}}, {}).schema == SCHEMA
