"""The house rules that a machine can check: imports, portable SQL, what a mart must declare."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
import sqlglot
import yaml

ROOT = Path(__file__).resolve().parent.parent
DBT = ROOT / "dbt"

# ---------------------------------------------------------------- Python: who may import what

# folder -> modules it may not import, each with the reason a reader would ask for
FORBIDDEN_IMPORTS = {
    "sources": {"dagster", "dbt", "streamlit", "dagster_project", "dashboards"},
    "dagster_project/compute": {"dagster", "streamlit", "dashboards"},
    "dagster_project": {"streamlit", "dashboards"},
    "dashboards": {"dagster", "dbt"},
}


def python_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported_modules(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            modules.add(node.module.split(".")[0])
    return modules


@pytest.mark.parametrize("folder", FORBIDDEN_IMPORTS)
def test_each_room_imports_only_what_it_may(folder):
    files = python_files(folder)
    assert files, f"{folder} holds no Python file: the rule would check nothing"
    broken = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files
        for name in imported_modules(path) & FORBIDDEN_IMPORTS[folder]
    }
    assert broken == set()


def test_the_dbt_folder_never_becomes_a_python_package():
    assert not (DBT / "__init__.py").exists(), "dbt/__init__.py would shadow the real dbt package"


def test_no_module_has_a_name_that_says_nothing():
    names = {"utils.py", "helpers.py", "common.py", "manager.py", "handler.py", "misc.py"}
    folders = ["sources", "dagster_project", "dashboards", "tests"]
    assert [p for f in folders for p in python_files(f) if p.name in names] == []


CLOCKS = re.compile(
    r"current_date|current_timestamp|\bnow\(\)|date\.today\(|datetime\.now\(|datetime\.utcnow\(|time\.time\("
)


def test_nothing_in_dbt_or_dashboards_reads_a_clock():
    """One exception: dashboards/clock.py dates audit lines and the badge of age, no number."""
    pages = [p for p in (ROOT / "dashboards").rglob("*.py") if p.name != "clock.py"]
    files = [*DBT.rglob("*.sql"), *pages]
    readers = [
        str(path.relative_to(ROOT))
        for path in files
        if "target" not in path.parts and CLOCKS.search(without_comments(path))
    ]
    assert readers == []


def test_the_lock_file_holds_versions_and_hashes_and_no_address():
    lock = (ROOT / "requirements.lock").read_text()
    assert "--hash=sha256:" in lock
    assert not re.search(r"https?://|file://|--index-url|--find-links| @ ", lock)


# ---------------------------------------------------------------- SQL: portable, in layers


def without_comments(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.S)
    if path.suffix == ".sql":
        text = re.sub(r"--[^\n]*", "", text)
    else:
        text = re.sub(r'""".*?"""', "", text, flags=re.S)
        text = re.sub(r"#[^\n]*", "", text)
    return text


# construct -> what to write instead; ENGINES.md section 1 has the measured difference of each
NOT_PORTABLE = {
    r"::": "cast(x as type)",
    r"\bqualify\b": "a CTE with a row_number and where pick = 1",
    r"\bgroup\s+by\s+all\b": "the keys by name",
    r"\b(avg|median|percentile_cont|stddev\w*)\s*\(": "sum and count beside each other",
    r"\b(trim|ltrim|rtrim)\s*\(": "strip()",
    r"\btry_cast\s*\(": "matches() and cast",
    r"\b(strftime|strptime|date_format|to_char)\s*\(": "month_label() or a macro",
    r"\b(date_diff|datediff|date_sub|date_add)\s*\(": "days_between() or add_days()",
    r"\binterval\s+'?\d": "add_months() or add_days()",
    r"\b(dayofweek|extract)\s*\(": "a macro",
    r"\b(arg_max|arg_min|max_by|min_by|any_value)\s*\(": "row_number and where pick = 1",
    r"\b(regexp_replace|regexp_matches|regexp_like|rlike)\b": "strip() or matches()",
    r"->>|->": "json_text()",
    r"\b(json_object|to_json)\s*\(": "json_of()",
    r"\b(unnest|explode|generate_series|sequence)\s*\(": "month_spine()",
    r"\bhash\s*\(": "hash_key()",
    r"\b(string_agg|listagg|group_concat)\s*\(": "distinct_list()",
    r"\bconcat_ws\s*\(": "hash_key(), or || of non-null parts",
    r"'[^'\n]*\\[^'\n]*'": "no backslash in a literal: one engine unescapes it",
}


def model_files() -> list[Path]:
    files = [
        *(DBT / "models").rglob("*.sql"),
        *(DBT / "tests").rglob("*.sql"),
        *(p for p in (DBT / "macros").rglob("*.sql") if "engine" not in p.parts),
    ]
    assert files
    return sorted(files)


@pytest.mark.parametrize("construct", NOT_PORTABLE)
def test_models_are_written_in_the_portable_subset(construct):
    pattern = re.compile(construct, re.I)
    found = []
    for path in model_files():
        sql = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", without_comments(path), flags=re.S)
        if pattern.search(sql):
            found.append(str(path.relative_to(ROOT)))
    assert found == [], f"write {NOT_PORTABLE[construct]} instead"


def test_no_division_outside_the_divide_macro():
    found = []
    for path in model_files():
        sql = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", " ", without_comments(path), flags=re.S)
        sql = re.sub(r"'[^']*'", "''", sql)
        if re.search(r"[\w)]\s*/\s*[\w(]", sql):
            found.append(str(path.relative_to(ROOT)))
    assert found == []


def test_every_order_by_says_where_nulls_go():
    found = []
    for path in model_files():
        sql = re.sub(r"\{%.*?%\}", " ", without_comments(path), flags=re.S)
        for clause in re.findall(
            r"order\s+by\s+(.*?)(?=\brows\s+between\b|\)\s*(?:as\b|,|\n|$))", sql, re.S | re.I
        ):
            clause = re.sub(
                r"\{\{.*?\}\}", "key nulls last", clause
            )  # a macro is checked where it is written
            keys = [key for key in re.split(r",(?![^(]*\))", clause) if key.strip()]
            if not all(re.search(r"\bnulls\s+(first|last)\b", key, re.I) for key in keys):
                found.append(f"{path.relative_to(ROOT)}: order by {' '.join(clause.split())}")
    assert found == []


LAYERS = {"seeds": 0, "staging": 0, "intermediate": 1, "marts": 2}


def test_models_read_only_earlier_layers():
    layer_of = {
        p.stem: p.relative_to(DBT / "models").parts[0] for p in (DBT / "models").rglob("*.sql")
    }
    layer_of |= {p.stem: "seeds" for p in (DBT / "seeds").glob("*.csv")}
    broken = []
    for path in (DBT / "models").rglob("*.sql"):
        sql = without_comments(path)
        layer = layer_of[path.stem]
        for name in re.findall(r"ref\(\s*'(\w+)'\s*\)", sql):
            if LAYERS[layer_of[name]] > LAYERS[layer]:
                broken.append(f"{path.stem} ({layer}) reads {name} ({layer_of[name]})")
        if (
            layer != "staging"
            and re.search(r"source\(\s*'landed'", sql)
            and "observability" not in path.parts
        ):
            broken.append(f"{path.stem} ({layer}) reads a landed table around staging")
    assert broken == []


# ---------------------------------------------------------------- what a mart must declare


def declared_models(folder: str) -> dict[str, dict]:
    models = {}
    for path in (DBT / "models" / folder).rglob("*.yml"):
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", []):
            models[model["name"]] = model
    return models


def mart_names() -> list[str]:
    return sorted(p.stem for p in (DBT / "models" / "marts").rglob("*.sql"))


@pytest.mark.parametrize("name", mart_names())
def test_every_mart_has_a_contract_a_grain_and_described_classified_columns(name):
    model = declared_models("marts").get(name)
    assert model, f"{name} is not declared in a _*__models.yml"
    assert model["config"]["contract"]["enforced"] is True
    assert model["description"].startswith("Grain: one row per")
    columns = {column["name"]: column for column in model["columns"]}
    assert {"policy_id", "as_of_date"} <= columns.keys()
    for column in columns.values():
        assert column.get("description"), f"{name}.{column['name']} has no description"
        meta = column.get("config", {}).get("meta", {})
        assert meta.get("class") in {0, 1, 2, 3}, f"{name}.{column['name']} has no data class"
    tests = {next(iter(test)) for test in model["data_tests"]}
    assert "one_row_per" in tests, f"the grain of {name} is not tested"


def test_money_and_counts_of_marts_are_never_null():
    """One engine writes null where the other fails (decimal overflow, missing rate)."""
    missing = []
    for name, model in declared_models("marts").items():
        if name.startswith("dim_"):  # attributes as they were stated, or not
            continue
        never_null = {
            column
            for test in model["data_tests"]
            if "never_null" in test
            for column in test["never_null"]["arguments"]["columns"]
        }
        names = {column["name"] for column in model["columns"]}
        for column in model["columns"]:
            if f"{column['name']}_null_reason" in names:  # null, and the row says why
                continue
            is_money = column["data_type"].startswith("decimal") and not re.search(
                r"(_rate|_ratio|_score|^arpa)$", column["name"]
            )
            is_count = column["name"].endswith("_count") and column["data_type"] == "bigint"
            if (is_money or is_count) and column["name"] not in never_null | {"interval_count"}:
                missing.append(f"{name}.{column['name']}")
    assert missing == []


# what a metric says about itself, and the names by which a column of a mart is one
METRIC_KEYS = {
    "id",
    "name_ja",
    "name_en",
    "unit",
    "formula",
    "definition_ja",
    "definition_en",
    "card",
}
METRIC_COLUMN = re.compile(r"^(mrr|arr|arpa)$|_(rate|ratio|score)$")
# columns that look like a metric and are none of their own: the registered one they repeat at
# another grain, or None for what goes into a figure (a price, a policy value, an interval's end)
NOT_A_METRIC_OF_ITS_OWN = {
    "mart_affinity.a_given_b_rate": None,
    "mart_affinity.b_given_a_rate": None,
    "mart_affinity.support_rate": None,
    "mart_customer_360.f_score": None,
    "mart_customer_360.health_score": None,
    "mart_customer_360.m_score": None,
    "mart_customer_360.mrr": "kpi_monthly.mrr",
    "mart_customer_360.r_score": None,
    "mart_campaign_total.conversion_90d_rate": "campaign_performance.conversion_90d_rate",
    "mart_campaign_total.retention_3m_rate": "campaign_performance.retention_3m_rate",
    "mart_campaign_total.retention_6m_rate": "campaign_performance.retention_6m_rate",
    "mart_campaign_total.retention_12m_rate": "campaign_performance.retention_12m_rate",
    "mart_campaign_total.ltv_cac_ratio": "campaign_performance.ltv_cac_ratio",
    "mart_committed_mrr.arr": "kpi_monthly.arr",
    "mart_committed_mrr.mrr": "kpi_monthly.mrr",
    "mart_customer_health.health_change_score": None,
    "mart_customer_health.health_coverage_score": None,
    "mart_customer_health.mrr": "kpi_monthly.mrr",
    "mart_customer_health_component.component_score": None,
    "mart_customer_health_component.contribution_score": None,
    "mart_customer_health_history.health_coverage_score": None,
    "mart_customer_health_history.health_score": None,
    "mart_customer_health_history.mrr": "kpi_monthly.mrr",
    "mart_dunning_code.failure_share_rate": None,
    "mart_dunning_code.recovery_rate": "payment_recovery_rate",
    "mart_forecast_backtest.bias_rate": "forecast_backtest.bias_mrr",
    "mart_forecast_backtest.mean_coverage_50_rate": "forecast_backtest.coverage_50_rate",
    "mart_forecast_backtest.mean_coverage_80_rate": "forecast_backtest.coverage_80_rate",
    "mart_forecast_backtest.mean_coverage_95_rate": "forecast_backtest.coverage_95_rate",
    "mart_forecast_backtest.mean_coverage_then_50_rate": "forecast_backtest.coverage_50_rate",
    "mart_forecast_backtest.mean_coverage_then_80_rate": "forecast_backtest.coverage_80_rate",
    "mart_forecast_backtest.mean_coverage_then_95_rate": "forecast_backtest.coverage_95_rate",
    "mart_forecast_backtest.mean_mase_ratio": "forecast_backtest.mase_ratio",
    "mart_forecast_baseline.monthly_keep_ratio": None,
    "mart_invoice_tax.tax_rate": None,
    "mart_ltv.arpa": "kpi_monthly.arpa",
    "mart_ltv.gross_margin_rate": None,
    "mart_ltv.mean_logo_churn_rate": "kpi_monthly.logo_churn_rate",
    "mart_payment_mix.mrr": "kpi_monthly.mrr",
    "mart_retention_model.arpa": "kpi_monthly.arpa",
    "mart_retention_model.bdw_error_rate": "retention_model.held_back_error_rate",
    "mart_retention_model.geometric_error_rate": "retention_model.held_back_error_rate",
    "mart_retention_model.gross_margin_rate": None,
    "mart_retention_model.sbg_error_rate": "retention_model.held_back_error_rate",
    "mart_retention_projection.model_survival_rate": None,
    "mart_retention_projection.observed_survival_lower_rate": None,
    "mart_retention_projection.observed_survival_rate": "survival.survival_rate",
    "mart_retention_projection.observed_survival_upper_rate": None,
    "mart_renewal_model.auc_error_score": None,
    "mart_renewal_model.band_brier_score": None,
    "mart_renewal_model.base_brier_score": None,
    "mart_renewal_reliability.renewed_rate": None,
    "mart_retention_simulation.yearly_retention_rate": None,
    "mart_revenue_monthly.fixed_rate": None,
    "mart_revenue_monthly.month_end_rate": None,
    "mart_revenue_monthly.mrr": "kpi_monthly.mrr",
    "mart_risk_model.auc_error_score": None,
    "mart_risk_model.base_brier_score": None,
    "mart_risk_reliability.churned_rate": None,
    "mart_survival.survival_lower_rate": None,
    "mart_survival.survival_upper_rate": None,
    "mart_trial_conversion.conversion_rate": "trial_funnel.conversion_rate",
    "mart_upsell_candidates.mrr": "kpi_monthly.mrr",
}


def test_every_metric_is_registered_once_and_in_both_languages():
    ids, wrong, unregistered = [], [], set()
    for name, model in declared_models("marts").items():
        for column in model["columns"]:
            metric = column.get("config", {}).get("meta", {}).get("metric")
            is_figure = column["data_type"].startswith(("decimal", "double", "bigint"))
            looks_like_one = METRIC_COLUMN.search(column["name"]) and is_figure
            if metric:
                ids.append(metric["id"])
                missing = METRIC_KEYS - {key for key, text in metric.items() if text}
                wrong += [f"{name}.{column['name']} lacks {key}" for key in sorted(missing)]
            elif name.startswith("mart_") and looks_like_one:
                unregistered.add(f"{name}.{column['name']}")
    assert wrong == [], wrong
    assert unregistered - NOT_A_METRIC_OF_ITS_OWN.keys() == set()
    assert {one for one in NOT_A_METRIC_OF_ITS_OWN.values() if one} <= set(ids)
    assert len(ids) > 20
    assert sorted(one for one in set(ids) if ids.count(one) > 1) == []


def test_a_metric_names_only_policy_variables_that_exist():
    policy = yaml.safe_load((DBT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    named = []
    for name, model in declared_models("marts").items():
        for column in model["columns"]:
            meta = column.get("config", {}).get("meta", {})
            variables = [*meta.get("policy", []), *meta.get("metric", {}).get("policy", [])]
            named += [(f"{name}.{column['name']}", variable) for variable in variables]
    assert [one for one in named if one[1] not in policy] == []


# ---------------------------------------------------------------- pages


def sql_strings(path: Path) -> list[str]:
    strings = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value.strip()
            if re.match(r"(select|with)\s", text, re.I):
                strings.append(text)
    return strings


def test_pages_only_select_from_published_marts():
    """No rule in a page: no CASE, no window function, no table that is not a mart."""
    marts = set(mart_names())
    checked = 0
    for path in python_files("dashboards"):
        for sql in sql_strings(path):
            tree = sqlglot.parse_one(sql, dialect="duckdb")
            checked += 1
            where = f"{path.relative_to(ROOT)}: {' '.join(sql.split())[:80]}"
            assert not list(tree.find_all(sqlglot.exp.Case)), f"CASE in {where}"
            assert not list(tree.find_all(sqlglot.exp.Window)), f"window function in {where}"
            ctes = {cte.alias for cte in tree.find_all(sqlglot.exp.CTE)}
            tables = {table.name for table in tree.find_all(sqlglot.exp.Table)} - ctes
            assert tables <= marts, f"{tables - marts} in {where}"
    assert checked > 0


def marts_read_by_query() -> dict[tuple[str, str], set[str]]:
    """Per module and function of dashboards/queries/: the relations its SQL names."""
    found = {}
    for path in (ROOT / "dashboards" / "queries").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
            found[path.stem, function.name] = {
                table.name
                for node in ast.walk(function)
                if isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.match(r"\s*(select|with)\b", node.value)
                for table in sqlglot.parse_one(node.value, read="duckdb").find_all(
                    sqlglot.exp.Table
                )
            }
    return found


def test_every_page_has_an_exposure_that_names_the_marts_it_reads():
    """A page reads what its own module and the modules of dashboards/ it imports ask for."""
    queries = marts_read_by_query()

    def read_by(path: Path, seen: set[Path]) -> set[str]:
        seen.add(path)
        marts = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                marts |= queries.get((node.value.id, node.attr), set())
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dashboards"):
                folder = ROOT / node.module.replace(".", "/")
                inner = [folder.with_suffix(".py"), *(folder / f"{a.name}.py" for a in node.names)]
                for module in inner:
                    is_asked = module.parent.name == "queries"
                    if module.is_file() and not is_asked and module not in seen:
                        marts |= read_by(module, seen)
        return marts

    exposures = {}
    for path in (DBT / "models").rglob("*.yml"):
        for exposure in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get(
            "exposures", []
        ):
            refs = {re.fullmatch(r"ref\('(.*)'\)", ref)[1] for ref in exposure["depends_on"]}
            exposures[exposure["name"]] = refs
    views = ROOT / "dashboards" / "views"
    pages = {p.stem: p for p in views.glob("*.py") if p.stem != "__init__"}
    assert pages, "no page found"
    assert exposures == {f"page_{name}": read_by(path, set()) for name, path in pages.items()}


def test_every_python_package_is_installed():
    """setuptools takes the packages named one by one; a forgotten one is missing at the user's."""
    named = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = {
        ".".join(init.parent.relative_to(ROOT).parts)
        for top in ("sources", "dagster_project", "dashboards")
        for init in (ROOT / top).rglob("__init__.py")
    }
    assert set(named["tool"]["setuptools"]["packages"]) == folders
