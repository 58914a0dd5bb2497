"""A tiny dbt project of the same shape as the real one, for tests of what surrounds dbt."""

from pathlib import Path

import pytest

PROJECT = """
name: keizoku
version: "1.0.0"
config-version: 2
profile: keizoku
model-paths: [models]
test-paths: [tests]
flags: {send_anonymous_usage_stats: false}
vars:
  business_timezone: Asia/Tokyo
  lapse_grace_days: 30
  hold_row_drop_share: 0.3
  as_of_date: null
  known_at: null
  landed_dir: null
  identity_dir: null
  cash_dir: null
  control_dir: null
  policy_id: null
models:
  keizoku:
    +materialized: table
    staging: {+schema: staging}
    intermediate: {+schema: intermediate}
    marts: {+schema: main}
"""
PROFILES = """
keizoku:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: "{{ env_var('KEIZOKU_BUILD_DB') }}", schema: main, threads: 2}
"""
SCHEMAS = """
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
"""
FILES = {
    "dbt_project.yml": PROJECT,
    "profiles.yml": PROFILES,
    "macros/schemas.sql": SCHEMAS,
    "models/staging/stg_crm__accounts.sql": "select 1 as account_id",
    "models/staging/_staging.yml": """
models:
  - name: stg_crm__accounts
    columns:
      - name: account_id
        data_tests: [not_null]
""",
    "models/marts/mart_kpi_monthly.sql": """
select account_id, cast('{{ var("as_of_date") }}' as date) as as_of_date
from {{ ref('stg_crm__accounts') }}
""",
    "models/marts/_marts.yml": """
models:
  - name: mart_kpi_monthly
    description: "Grain: one row."
    columns:
      - {name: account_id, description: Id, config: {meta: {class: 1, key: true}}}
      - {name: as_of_date, description: Day, config: {meta: {class: 1}}}
""",
    # reads both layers: must run with the marts, not with staging
    "tests/assert_every_account_is_counted.sql": """
select accounts.account_id
from {{ ref('stg_crm__accounts') }} as accounts
left join {{ ref('mart_kpi_monthly') }} as counted on accounts.account_id = counted.account_id
where counted.account_id is null
""",
}


def write_project(folder: Path, changes: dict[str, str] | None = None) -> Path:
    """The tiny project, with some of its files replaced."""
    for name, text in (FILES | (changes or {})).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def tiny_dbt(tmp_path):
    """Writes the tiny project; call with changes by file name."""
    return lambda changes=None: write_project(tmp_path / "dbt", changes)
