"""Recorded approaches as a table of the build."""

import json
from datetime import date
from types import SimpleNamespace

import polars as pl
import pytest

from dagster_project import commands
from dagster_project.messages import KeizokuError

RECORD = {
    "customer_key": "c1",
    "customer": "B1",
    "action_code": "call",
    "outcome_code": "talked",
    "acted_on": "2026-06-15",
    "note": None,
    "decided_by": "西村",
    "decided_at": "2026-06-16 01:00:00",
}


def given(tmp_path, lines, known_at=None) -> pl.DataFrame:
    file = tmp_path / "actions.jsonl"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    commands._give_approaches(SimpleNamespace(approach_actions=file), known_at, tmp_path)
    return pl.read_parquet(tmp_path / "approach_actions" / "approach_actions.parquet")


def test_a_record_becomes_a_row_and_the_same_record_twice_is_one(tmp_path):
    line = json.dumps(RECORD)
    [row] = given(tmp_path, [line, line]).to_dicts()
    assert (row["customer_key"], row["acted_on"]) == ("c1", date(2026, 6, 15))
    assert len(row["approach_key"]) == 32


def test_a_pasted_line_separator_made_every_record_unreadable(tmp_path):
    told = RECORD | {"note": "社長と\u2028電話\u0085済"}
    assert given(tmp_path, [json.dumps(told, ensure_ascii=False)]).height == 1


def test_what_was_recorded_later_is_not_known_yet(tmp_path):
    later = RECORD | {"decided_at": "2026-06-17 00:00:00"}
    lines = [json.dumps(RECORD), json.dumps(later)]
    assert given(tmp_path, lines, "2026-06-16 23:59:59").height == 1


def test_no_record_is_an_empty_table_with_its_columns(tmp_path):
    empty = given(tmp_path, [])
    assert empty.is_empty()
    assert empty.schema["acted_on"] == pl.Date


@pytest.mark.parametrize(
    "line", ["{not json", "[1]", '{"decided_at": "2026-06-16 01:00:00"}', '{"acted_on": "soon"}']
)
def test_a_line_that_cannot_be_read_is_named(tmp_path, line):
    with pytest.raises(KeizokuError) as caught:
        given(tmp_path, [json.dumps(RECORD), line])
    assert caught.value.code == "decisions_unreadable"
    assert "actions.jsonl" in str(caught.value.where)
