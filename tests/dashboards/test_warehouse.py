"""The one reader of published versions: which one it shows, and what it can never do."""

import shutil
from datetime import date, timedelta

import duckdb
import pytest

from dashboards import warehouse
from dashboards.access import PERSONAL_COLUMNS, Principal, principal
from dashboards.queries import about, people
from dashboards.warehouse import NotPublished, Snapshot, VersionBroken
from tests.dashboards.gd1_home import AS_OF, THE_MORNING_AFTER, publish_gd1

MARCH = date(2026, 3, 1)
WITHOUT_NAMES = Principal("sales", frozenset())


def only_version(home) -> str:
    return next(path.name for path in (home / "published").iterdir() if path.is_dir())


def test_a_home_without_a_version_says_so(empty_home):
    with pytest.raises(NotPublished):
        warehouse.current(empty_home, principal())


def test_the_version_current_names_is_read(gd1_home):
    snapshot, passed_over = warehouse.current(gd1_home, principal())
    assert snapshot.name == only_version(gd1_home)
    assert passed_over is None
    assert about.as_of(snapshot) == AS_OF


def test_a_new_version_is_seen_at_the_next_look_and_the_old_one_stays_readable(gd1_home):
    before, _ = warehouse.current(gd1_home, principal())
    newer = publish_gd1(gd1_home, when=THE_MORNING_AFTER + timedelta(days=1))
    after, _ = warehouse.current(gd1_home, principal())
    assert after.name == newer.name != before.name
    assert about.as_of(before) == about.as_of(after) == AS_OF


def test_a_damaged_newest_version_is_passed_over_for_the_newest_whole_one(gd1_home):
    whole = only_version(gd1_home)
    newer = publish_gd1(gd1_home, when=THE_MORNING_AFTER + timedelta(days=1))
    newer.core_file.write_bytes(b"half a file")
    snapshot, passed_over = warehouse.current(gd1_home, principal())
    assert snapshot.name == whole
    assert newer.name in passed_over


def test_a_pointer_that_names_nothing_is_passed_over(gd1_home):
    whole = only_version(gd1_home)
    (gd1_home / "published" / "CURRENT").write_text("../../etc\n")
    snapshot, passed_over = warehouse.current(gd1_home, principal())
    assert snapshot.name == whole
    assert passed_over


def test_when_no_version_is_whole_nothing_is_shown(broken_home):
    with pytest.raises(VersionBroken):
        warehouse.current(broken_home, principal())


def test_a_version_whose_folder_vanished_is_broken_not_empty(gd1_home):
    shutil.rmtree(gd1_home / "published" / only_version(gd1_home))
    with pytest.raises(VersionBroken):
        warehouse.current(gd1_home, principal())


def test_a_mart_an_older_version_lacks_is_reported_and_does_not_crash(gd1_home):
    snapshot, _ = warehouse.current(gd1_home, principal())
    with pytest.raises(VersionBroken, match="mart_of_tomorrow"):
        warehouse.rows(snapshot, "select * from mart_of_tomorrow")


@pytest.mark.parametrize(
    "statement",
    [
        "create table core.main.x as select 1",
        "delete from core.main.dim_month",
        "select * from read_csv('/etc/passwd')",
        "copy (select 1) to '/tmp/keizoku_should_not_exist.csv'",
        "attach '/tmp/keizoku_should_not_exist.duckdb' as other",
        "set enable_external_access = true",
    ],
)
def test_the_connection_can_neither_write_nor_reach_outside_the_version(gd1_home, statement):
    snapshot, _ = warehouse.current(gd1_home, principal())
    with pytest.raises((VersionBroken, duckdb.Error)):
        warehouse.rows(snapshot, statement)


def test_who_may_not_see_people_has_no_second_file_even_beside_someone_who_may(gd1_home):
    admin, _ = warehouse.current(gd1_home, principal())
    sales, _ = warehouse.current(gd1_home, WITHOUT_NAMES)
    assert people.names(admin, ("C04", "C06")) == {
        "C04": "株式会社サンプル商事",
        "C06": "髙橋 由美子",
    }
    assert people.names(sales, ("C04", "C06")) == {}
    with pytest.raises(VersionBroken, match="pii"):
        warehouse.rows(sales, "select display_name from pii.dim_customer")


def test_personal_columns_are_not_in_the_file_everyone_opens(gd1_home):
    sales, _ = warehouse.current(gd1_home, WITHOUT_NAMES)
    columns = warehouse.rows(sales, "select * from dim_customer").columns
    assert "customer_key" in columns
    assert {"display_name", "display_name_kana", "email"}.isdisjoint(columns)


def test_a_snapshot_tells_rights_apart(gd1_home):
    folder = str(gd1_home / "published" / only_version(gd1_home))
    with_right, _ = warehouse.current(gd1_home, Principal("cs", frozenset({PERSONAL_COLUMNS})))
    assert with_right == Snapshot(folder, True)
    assert warehouse.current(gd1_home, WITHOUT_NAMES)[0] == Snapshot(folder, False)


def test_a_metric_is_explained_by_the_registry_of_the_version(gd1_home):
    snapshot, _ = warehouse.current(gd1_home, principal())
    metric = about.metric(snapshot, "mart_kpi_monthly", "arr")
    assert (metric["name_ja"], metric["formula"]) == ("ARR", "12 × MRR")
    assert about.metric(snapshot, "mart_kpi_monthly", "no_such_column") is None
