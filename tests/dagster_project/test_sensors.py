"""The inbox sensor: complete files start one run, whatever happens around it."""

import os
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.schedules import build_schedule
from dagster_project.sensors import build_sensor, complete_files, look, run_key
from dagster_project.settings import load_settings


@pytest.fixture
def home(tmp_path):
    (tmp_path / "keizoku.toml").write_text("", encoding="utf-8")
    (tmp_path / "inbox" / "billing").mkdir(parents=True)
    return load_settings(tmp_path)


def tick(home, cursor: str | None) -> tuple[list[str], str]:
    """Run keys asked for at this tick, and the new cursor."""
    with dg.build_sensor_context(cursor=cursor) as context:
        result = build_sensor(home)(context)
    return [request.run_key for request in result.run_requests or []], result.cursor


def put(home, name: str, content: str = "a\n", second: int = 0) -> Path:
    path = home.inbox / "billing" / name
    path.write_text(content, encoding="utf-8")
    os.utime(path, (1_700_000_000 + second, 1_700_000_000 + second))
    return path


def test_c01_a_file_that_still_grows_starts_no_run_until_it_rests(home):
    put(home, "contracts.csv", "a\n", second=0)
    keys, cursor = tick(home, None)
    assert keys == []
    put(home, "contracts.csv", "a\nb\n", second=5)
    keys, cursor = tick(home, cursor)
    assert keys == []
    keys, cursor = tick(home, cursor)
    assert len(keys) == 1


def test_a_marker_beside_a_file_says_that_it_is_complete(home):
    put(home, "contracts.csv")
    put(home, "contracts.csv.done", "")
    keys, _ = tick(home, None)
    assert len(keys) == 1


def test_b04_the_same_tick_twice_or_an_old_cursor_asks_for_the_same_run(home):
    put(home, "contracts.csv")
    _, cursor = tick(home, None)
    first, _ = tick(home, cursor)
    again, _ = tick(home, cursor)
    assert first == again


def test_a_file_nobody_takes_starts_no_second_run_but_a_new_one_does(home):
    put(home, "unknown.csv")
    _, cursor = tick(home, None)
    first, cursor = tick(home, cursor)
    same, cursor = tick(home, cursor)
    assert first == same  # Dagster starts one run per key
    put(home, "contracts.csv")
    _, cursor = tick(home, cursor)
    other, _ = tick(home, cursor)
    assert other != first


def test_hidden_files_taken_files_and_links_are_not_looked_at(home, tmp_path):
    (home.inbox / ".done" / "2026-04-01").mkdir(parents=True)
    (home.inbox / ".done" / "2026-04-01" / "old.csv").write_text("a")
    put(home, ".part-of-something")
    (home.inbox / "billing" / "link.csv").symlink_to(tmp_path / "keizoku.toml")
    os.mkfifo(home.inbox / "billing" / "pipe.csv")
    (home.inbox / "billing" / "folder.csv").mkdir()
    assert look(home.inbox) == {}


def test_an_inbox_that_is_missing_is_an_empty_one(tmp_path):
    assert look(tmp_path / "nowhere") == {}


def test_the_key_of_a_run_depends_on_name_size_and_time():
    files = {"billing/a.csv": [3, 10]}
    assert complete_files(files, {"billing/a.csv": [2, 10]}) == {}
    assert run_key(files) != run_key({"billing/a.csv": [3, 11]})


@pytest.mark.parametrize(
    ("tick_utc", "as_of"),
    [
        # 06:00 on 1 April in Tokyo
        (datetime(2026, 3, 31, 21, 0, tzinfo=UTC), "2026-03-31"),
        # a tick evaluated late is still for the day before the tick
        (datetime(2026, 4, 1, 21, 0, tzinfo=UTC), "2026-04-01"),
    ],
)
def test_the_daily_run_is_for_the_day_before_in_the_business_time_zone(home, tick_utc, as_of):
    with dg.build_schedule_context(scheduled_execution_time=tick_utc) as context:
        request = build_schedule(home)(context)
    assert request.run_config["ops"]["build_staging"]["config"] == {"as_of": as_of}
    assert request.run_key == as_of


def test_the_schedule_runs_at_six_in_tokyo_unless_the_settings_say_otherwise(home):
    schedule = build_schedule(home)
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 * * *", "Asia/Tokyo")
    (home.root / "keizoku.toml").write_text(
        '[schedule]\ndaily_at = "23:45"\n[policy]\nbusiness_timezone = "Europe/Berlin"\n'
    )
    schedule = build_schedule(load_settings(home.root))
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("45 23 * * *", "Europe/Berlin")
