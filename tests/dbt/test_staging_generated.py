"""The committed sources, staging models and their docs are those the entity declarations give."""

import importlib.util
from pathlib import Path

import pytest
import yaml

from sources.entities import entities

DBT = Path(__file__).parents[2] / "dbt"

spec = importlib.util.spec_from_file_location("generate", DBT / "generate.py")
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)


@pytest.mark.parametrize("path", generate.generated_files(), ids=str)
def test_committed_files_equal_the_generated_ones(path):
    committed = (DBT / path).read_text(encoding="utf-8")
    assert committed == generate.generated_files()[path], "run `make generate`"


def test_every_entity_has_a_staging_model_with_its_columns(new_landed):
    built = new_landed().build("path:models/staging")
    found = {}
    for table, column, data_type in built.rows(
        """
        select table_name, column_name, data_type from information_schema.columns
        where table_schema = 'staging' order by ordinal_position
        """
    ):
        found.setdefault(table, {})[column] = data_type
    types = {
        "text": "VARCHAR",
        "date": "DATE",
        "ts": "TIMESTAMP",
        "dec": "DECIMAL(18,6)",
        "int": "BIGINT",
        "bool": "BOOLEAN",
    }
    for entity in entities().values():
        own = {c.landed_name: types[c.type] for c in entity.columns}
        own |= {c.folded_name: "VARCHAR" for c in entity.folded_columns}
        lineage = {
            "extra": "VARCHAR",
            "source_system": "VARCHAR",
            "delivery_id": "VARCHAR",
            "source_sheet": "VARCHAR",
            "source_row": "BIGINT",
            "source_updated_at": "TIMESTAMP",
            "record_key": "VARCHAR",
        }
        deleted = {"deleted_in_source_date": "DATE"} if entity.name == "subscriptions" else {}
        assert found[f"stg_{entity.table}"] == own | lineage | deleted, entity.id


def test_the_policy_block_is_that_of_the_specification():
    specification = DBT.parents[1] / "shared" / "METRICS.md"
    if not specification.exists():
        pytest.skip("../shared is not here: the specification cannot be compared")
    text = specification.read_text(encoding="utf-8")
    block = yaml.safe_load(text.split("```yaml\n", 1)[1].split("```", 1)[0])["vars"]
    variables = yaml.safe_load((DBT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    run = {"as_of_date", "known_at", "landed_dir", "identity_dir", "cash_dir", "control_dir"}
    run.add("policy_id")
    # DECISIONS.md, "Retention beyond what was observed": residual lifetimes are discounted
    ours = {"discount_rate": 0.10}
    assert {name: value for name, value in variables.items() if name not in run} == block | ours
    assert {name: variables[name] for name in run} == dict.fromkeys(run)


def test_every_staging_column_is_described_in_both_languages():
    for path in (DBT / "models" / "staging").rglob("_*__models.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            assert model["description"].startswith("Grain: one row per ")
            for column in model["columns"]:
                assert column["description"], f"{model['name']}.{column['name']}"
