"""Versions are whole or invisible: real DuckDB files, damaged by hand."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from dagster_project import publish
from dagster_project.messages import KeizokuError
from dagster_project.publish import Column, Mart, Stamp
from dagster_project.settings import PROJECT_DIR

STAMP = Stamp(
    run_id="r1",
    published_at=datetime(2026, 4, 1, 6, 0, tzinfo=UTC),
    as_of_date="2026-03-31",
    known_at=None,
    input_fingerprint="f" * 64,
    policy_id="0123456789ab",
    policy={"lapse_grace_days": 30},
)
CUSTOMERS = Mart(
    "dim_customer",
    "Grain: one row per customer.",
    (
        Column("customer_key", "Key of the customer's record", 1, True),
        Column("display_name", "Name", 2, False),
        Column("prefecture", "", 1, False),
    ),
)
WATERFALL = Mart(
    "mart_mrr_waterfall",
    "Grain: one row per month; the customer's money.",
    (
        Column("month", "First day", 0, True),
        Column("mrr", "MRR", 0, False),
        Column("source_row", "", 1, False),
    ),
)


def build(
    path: Path, waterfall: str = "(date '2026-02-01', 10.5, 3), (date '2026-03-01', 20, 4)"
) -> Path:
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table dim_customer as select * from (values ('k1', '山田''s', '東京都'))"
            " as t(customer_key, display_name, prefecture)"
        )
        connection.execute(
            "create table mart_mrr_waterfall as select month, mrr::decimal(28, 6) as mrr,"
            f" source_row from (values {waterfall}) as t(month, mrr, source_row)"
        )
    return path


@pytest.fixture
def published(tmp_path):
    return tmp_path / "published"


def publish_at(published: Path, build_db: Path, minute: int, fingerprint: str = "f" * 64):
    stamp = dataclasses.replace(
        STAMP,
        published_at=STAMP.published_at + timedelta(minutes=minute),
        input_fingerprint=fingerprint,
    )
    return publish.publish(published, build_db, (CUSTOMERS, WATERFALL), stamp)


@pytest.fixture
def versions(published, tmp_path):
    build_db = build(tmp_path / "warehouse.duckdb")
    return [publish_at(published, build_db, minute).name for minute in (0, 1)]


def rows(path: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_personal_columns_go_to_the_second_file_with_the_key(published, versions):
    version, reason = publish.find_current(published)
    assert (version.name, reason) == (versions[1], None)
    assert rows(version.core_file, "from dim_customer") == [("k1", "東京都")]
    assert rows(version.pii_file, "from dim_customer") == [("k1", "山田's")]
    assert rows(version.core_file, "select count(*) from mart_mrr_waterfall") == [(2,)]
    tables = rows(version.pii_file, "select table_name from duckdb_tables()")
    assert tables == [("dim_customer",)]


def test_descriptions_travel_as_comments(published, versions):
    version, _ = publish.find_current(published)
    comments = rows(
        version.core_file,
        "select column_name, comment from duckdb_columns() where table_name = 'dim_customer'"
        " and not internal order by column_index",
    )
    assert comments == [("customer_key", "Key of the customer's record"), ("prefecture", None)]


def test_the_manifest_says_what_the_version_is_and_what_it_was_made_from(published, versions):
    manifest = publish.find_current(published)[0].manifest
    assert manifest["as_of_date"] == "2026-03-31"
    assert manifest["policy_id"] == "0123456789ab"
    assert manifest["marts"]["mart_mrr_waterfall"]["row_count"] == 2
    assert manifest["marts"]["mart_mrr_waterfall"]["columns"]["mrr"] == {
        "type": "DECIMAL(28,6)",
        "description": "MRR",
        "class": 0,
        "is_key": False,
        "file": "core.duckdb",
    }
    assert manifest["libraries"]["duckdb"] == "1.5.5"
    assert set(manifest["files"]) == {"core.duckdb", "pii.duckdb"}


def content_hash(published: Path, build_db: Path, minute: int) -> str:
    version = publish_at(published, build_db, minute)
    return version.manifest["marts"]["mart_mrr_waterfall"]["content_hash"]


def test_equal_rows_have_the_same_hash_whatever_their_order_and_lineage(published, tmp_path):
    path = tmp_path / "warehouse.duckdb"
    first = content_hash(published, build(path), 0)
    other_order = "(date '2026-03-01', 20.000, 99), (date '2026-02-01', 10.5, 98)"
    assert content_hash(published, build(path, other_order), 1) == first


@pytest.mark.parametrize(
    "waterfall",
    [
        "(date '2026-02-01', 10.5, 3), (date '2026-03-01', 20.000001, 4)",
        "(date '2026-02-01', 10.5, 3)",
        "(date '2026-02-01', 10.5, 3), (date '2026-03-01', 20, 4), (date '2026-03-01', 20, 4)",
        "(date '2026-02-01', 10.5, 3), (null, 20, 4)",
    ],
)
def test_different_rows_have_another_hash(published, tmp_path, waterfall):
    path = tmp_path / "warehouse.duckdb"
    first = content_hash(published, build(path), 0)
    assert content_hash(published, build(path, waterfall), 1) != first


def damage_core(published: Path, name: str) -> None:
    content = bytearray((published / name / "core.duckdb").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (published / name / "core.duckdb").write_bytes(content)


def damage_manifest(published: Path, name: str) -> None:
    path = published / name / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"row_count": 2', '"row_count": 3'))


def cut_manifest(published: Path, name: str) -> None:
    path = published / name / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8")[:40])


def truncate_pii(published: Path, name: str) -> None:
    (published / name / "pii.duckdb").write_bytes(b"")


def remove_core(published: Path, name: str) -> None:
    (published / name / "core.duckdb").unlink()


@pytest.mark.parametrize(
    "damage", [damage_core, damage_manifest, cut_manifest, truncate_pii, remove_core]
)
def test_a08_a_damaged_version_is_refused_and_the_one_before_is_read(published, versions, damage):
    damage(published, versions[1])
    version, reason = publish.find_current(published)
    assert version.name == versions[0]
    assert reason.startswith(versions[1])


@pytest.mark.parametrize("junk", [b"", b"\xff\xfe\x00", b"no-such-version\n", b"../../etc\n"])
def test_a09_a_damaged_pointer_falls_back_to_the_newest_whole_version(published, versions, junk):
    (published / "CURRENT").write_bytes(junk)
    version, reason = publish.find_current(published)
    assert version.name == versions[1]
    assert reason.startswith("CURRENT")


def test_a_missing_pointer_is_put_back_but_a_rollback_stands(published, versions):
    (published / "CURRENT").unlink()
    assert publish.repair_pointer(published, versions[1]) == "repointed"
    assert (published / "CURRENT").read_text() == versions[1] + "\n"
    publish.point_current(published, versions[0])
    assert publish.repair_pointer(published, versions[1]) == "rolled_back"
    assert publish.find_current(published)[0].name == versions[0]


def test_a_version_of_another_day_stayed_published_after_a_run_as_of_today(published, versions):
    """run; run --as-of earlier; run: the third named the first version as published; it was not."""
    publish.point_current(published, versions[1])
    assert publish.repair_pointer(published, versions[0]) == "pointed_back"
    assert publish.find_current(published)[0].name == versions[0]
    assert publish.repair_pointer(published, versions[0]) is None


def test_nothing_published_is_said_so(published):
    with pytest.raises(KeizokuError) as caught:
        publish.find_current(published)
    assert caught.value.code == "nothing_published"


def test_pointing_at_an_unknown_or_damaged_version_is_refused(published, versions):
    damage_core(published, versions[0])
    for name, code in (
        ("nothing", "version_unknown"),
        ("../published", "version_unknown"),
        (versions[0], "version_damaged"),
    ):
        with pytest.raises(KeizokuError) as caught:
            publish.point_current(published, name)
        assert caught.value.code == code
    assert publish.find_current(published)[0].name == versions[1]


def test_the_last_five_versions_and_the_current_one_are_kept(published, tmp_path):
    build_db = build(tmp_path / "warehouse.duckdb")
    names = [publish_at(published, build_db, minute).name for minute in range(5)]
    assert publish.list_versions(published) == names[::-1]
    newest = publish_at(published, build_db, 5).name
    assert publish.list_versions(published) == [newest, *names[:0:-1]]
    publish.point_current(published, names[1])
    assert publish.collect_garbage(published, 2) == [names[3], names[2]]
    assert publish.list_versions(published) == [newest, names[4], names[1]]


def test_what_a_killed_publish_left_is_invisible_and_swept(published, versions, tmp_path):
    leftover = published / ".building-20260401T000000000000Z-ffffffff"
    leftover.mkdir()
    (leftover / "core.duckdb").write_bytes(b"half")
    assert publish.list_versions(published) == versions[::-1]
    publish_at(published, build(tmp_path / "warehouse.duckdb"), 2)
    assert not leftover.exists()


def test_a_version_is_found_by_the_fingerprint_of_its_inputs_if_it_is_whole(published, tmp_path):
    build_db = build(tmp_path / "warehouse.duckdb")
    one = publish_at(published, build_db, 0, "1" * 64).name
    publish_at(published, build_db, 1, "2" * 64)
    assert publish.find_fingerprint(published, "1" * 64).name == one
    assert publish.find_fingerprint(published, "3" * 64) is None
    damage_core(published, one)
    assert publish.find_fingerprint(published, "1" * 64) is None


def test_a_declared_column_the_build_lacks_stops_the_publish(published, versions, tmp_path):
    lacking = dataclasses.replace(
        WATERFALL, columns=(*WATERFALL.columns, Column("arr", "", 0, False))
    )
    with pytest.raises(KeizokuError) as caught:
        publish.publish(
            published, build(tmp_path / "warehouse.duckdb"), (CUSTOMERS, lacking), STAMP
        )
    assert (caught.value.code, caught.value.values["columns"]) == ("mart_missing", "arr")
    assert sorted(path.name for path in published.iterdir()) == sorted([*versions, "CURRENT"])
    assert publish.find_current(published)[0].name == versions[1]


def test_marts_are_read_from_the_manifest_with_meta_in_either_place():
    manifest = {
        "nodes": {
            "model.keizoku.stg": {
                "resource_type": "model",
                "name": "stg",
                "original_file_path": "models/staging/stg.sql",
            },
            "model.keizoku.mart": {
                "resource_type": "model",
                "name": "mart",
                "description": "Grain: one row.",
                "original_file_path": "models/marts/mart.sql",
                "columns": {
                    "a": {"name": "a", "description": "A", "meta": {"class": 2}, "config": {}},
                    "b": {
                        "name": "b",
                        "description": "B",
                        "meta": {},
                        "config": {"meta": {"class": 0, "key": True}},
                    },
                },
            },
        }
    }
    assert publish.read_marts(json.loads(json.dumps(manifest))) == (
        Mart(
            "mart",
            "Grain: one row.",
            (Column("a", "A", 2, False), Column("b", "B", 0, True)),
        ),
    )


PUBLISH_IN_CHILD = """
import sys
from pathlib import Path
from tests.dagster_project.test_publish import publish_at
publish_at(Path(sys.argv[1]), Path(sys.argv[2]), 9)
"""


@pytest.mark.parametrize(
    ("step", "is_new_visible"),
    [
        ("marts_copied", False),
        ("version_written", False),
        ("version_placed", False),
        ("pointer_written", False),
        ("pointer_flipped", True),
    ],
)
def test_a01_a_publish_killed_at_any_step_shows_one_whole_version_and_can_be_repeated(
    published, versions, tmp_path, step, is_new_visible
):
    build_db = build(tmp_path / "warehouse.duckdb")
    killed = subprocess.run(
        [sys.executable, "-c", PUBLISH_IN_CHILD, str(published), str(build_db)],
        env=os.environ | {"FAULT_AT": step},
        cwd=PROJECT_DIR,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    version, reason = publish.find_current(published)
    assert reason is None
    assert (version.name not in versions) == is_new_visible
    again = publish_at(published, build_db, 10)
    assert publish.find_current(published)[0].name == again.name
    assert not list(published.glob(".building-*"))


READ_IN_CHILD = """
import sys
from pathlib import Path
import duckdb
from dagster_project import publish

published, stop = Path(sys.argv[1]), Path(sys.argv[2])
reads, seen = 0, []
while not stop.exists():
    version, reason = publish.find_current(published)
    assert reason is None, reason
    with duckdb.connect(str(version.core_file), read_only=True) as core:
        one = core.execute("select max(mrr)::int from mart_mrr_waterfall").fetchone()[0]
    with duckdb.connect(str(version.pii_file), read_only=True) as pii:
        other = pii.execute("select max(display_name) from dim_customer").fetchone()[0]
    assert str(one) == other, (version.name, one, other)
    reads += 1
    seen.append(one)
assert seen == sorted(seen)
print(reads, len(set(seen)))
"""


def test_b02_readers_see_whole_versions_in_order_while_others_are_published(published, tmp_path):
    def publish_number(number: int) -> None:
        path = build(tmp_path / "warehouse.duckdb", f"(date '2026-02-01', {number}, 3)")
        with duckdb.connect(str(path)) as connection:
            connection.execute(f"update dim_customer set display_name = '{number}'")
        publish_at(published, path, number)

    publish_number(10)
    stop = tmp_path / "stop"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READ_IN_CHILD, str(published), str(stop)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT_DIR,
        )
        for _ in range(2)
    ]
    for number in range(11, 31):
        publish_number(number)
    stop.touch()
    counts = [reader.communicate(timeout=60)[0].split() for reader in readers]
    assert [reader.returncode for reader in readers] == [0, 0]
    assert all(int(reads) > 10 and int(versions) > 3 for reads, versions in counts)
