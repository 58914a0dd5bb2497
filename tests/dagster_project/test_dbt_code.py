"""dbt's parse, kept once for all homes."""

import json

import pytest

from dagster_project import dbt_code
from dagster_project.dbt_build import PARSE_FILE


def test_a_parse_is_made_once_and_again_when_the_code_changes(tiny_dbt, tmp_path):
    project, spare = tiny_dbt(), tmp_path / "build"
    assert dbt_code.find_parse(project, spare) is None
    first = dbt_code.prepare_parse(project, spare)
    made_at = (first / PARSE_FILE).stat().st_mtime_ns
    assert dbt_code.find_parse(project, spare) == first
    assert dbt_code.prepare_parse(project, spare) == first
    assert (first / PARSE_FILE).stat().st_mtime_ns == made_at
    assert "model.keizoku.mart_kpi_monthly" in dbt_code.read_manifest(first)["nodes"]

    (project / "models" / "marts" / "mart_new.sql").write_text("select 1 as n")
    second = dbt_code.prepare_parse(project, spare)
    assert second != first
    assert "model.keizoku.mart_new" in json.loads((second / "manifest.json").read_text())["nodes"]


def test_a_parse_that_cannot_be_put_in_place_is_told(tiny_dbt, tmp_path, monkeypatch):
    def refuse(self, target):
        raise OSError("no space left")

    monkeypatch.setattr(dbt_code.Path, "rename", refuse)
    with pytest.raises(OSError, match="no space left"):
        dbt_code.prepare_parse(tiny_dbt(), tmp_path / "build")
