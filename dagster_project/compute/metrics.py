"""The metric registry: what dbt's manifest says about every metric column of the marts.

A metric is declared once, as `meta.metric` of its column. Everything that explains a figure (help
texts, glossary, `keizoku metrics`) reads the table made of these rows.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

import polars as pl

SCHEMA = {
    "metric_id": pl.String,
    "model": pl.String,
    "column_name": pl.String,
    "card": pl.String,
    "name_ja": pl.String,
    "name_en": pl.String,
    "definition_ja": pl.String,
    "definition_en": pl.String,
    "formula": pl.String,
    "unit": pl.String,
    "grain": pl.String,
    "policy_values": pl.String,
    "test_names": pl.String,
    "owner": pl.String,
}
DECLARED = ("card", "name_ja", "name_en", "definition_ja", "definition_en", "formula", "unit")
GRAIN = "Grain: "
VARS_READ = re.compile(r"\bvar\(\s*['\"](\w+)['\"]")


def read_metrics(manifest: dict[str, Any], policy: dict[str, Any]) -> pl.DataFrame:
    """One row per metric, by metric_id; texts as declared, null where nothing is declared.

    `policy_values` is JSON: the policy variables the figure depends on with their values in force
    (those the metric names, else all that its model and what it is made of read). `test_names` is
    the sorted list of tests of the column or its model, separated by commas.
    """
    rows = [
        _metric(manifest, policy, node, column, metric)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        for column in node["columns"].values()
        if (metric := _meta(column).get("metric"))
    ]
    return pl.DataFrame(sorted(rows, key=lambda row: row["metric_id"]), schema=SCHEMA)


def _metric(
    manifest: dict[str, Any],
    policy: dict[str, Any],
    node: dict[str, Any],
    column: dict[str, Any],
    metric: dict[str, Any],
) -> dict[str, Any]:
    named = metric.get("policy") or _meta(column).get("policy")
    variables = set(named) if named else _variables(manifest, node)
    values = {name: policy[name] for name in sorted(variables) if name in policy}
    return {name: metric.get(name) for name in DECLARED} | {
        "metric_id": metric["id"],
        "model": node["name"],
        "column_name": column["name"],
        "grain": node["description"].split(".")[0].removeprefix(GRAIN),
        "policy_values": json.dumps(values, ensure_ascii=False, default=str),
        "test_names": ", ".join(sorted(_tests(manifest, node, column["name"]))),
        "owner": metric.get("owner") or _meta(node).get("owner"),
    }


def _meta(declared: dict[str, Any]) -> dict[str, Any]:
    return declared.get("meta") or declared.get("config", {}).get("meta") or {}


def _variables(manifest: dict[str, Any], node: dict[str, Any]) -> set[str]:
    """The vars read by a model, the models it is made of and the macros they call."""
    found: set[str] = set()
    waiting, seen = [node["unique_id"]], set()
    while waiting:
        unique_id = waiting.pop()
        known = manifest["nodes"].get(unique_id) or manifest["macros"].get(unique_id)
        if unique_id in seen or known is None or known["package_name"] != node["package_name"]:
            continue
        seen.add(unique_id)
        code = known.get("raw_code") or known.get("macro_sql") or ""
        found |= set(VARS_READ.findall(code))
        reads = known["depends_on"]
        waiting += [*reads.get("nodes", ()), *reads.get("macros", ())]
    return found


def _tests(manifest: dict[str, Any], node: dict[str, Any], column: str) -> Iterable[str]:
    """Tests of that column, those of the model that name it, its singular and unit tests."""
    for test in manifest["nodes"].values():
        if test["resource_type"] != "test" or node["unique_id"] not in test["depends_on"]["nodes"]:
            continue
        generic = test.get("test_metadata")
        if generic is None:
            yield test["name"]
        elif test.get("attached_node") == node["unique_id"]:
            named = generic.get("kwargs", {}).get("columns") or []
            if test.get("column_name") == column or column in named:
                yield test["name"]
    for test in manifest.get("unit_tests", {}).values():
        if test["model"] == node["name"]:
            yield test["name"]
