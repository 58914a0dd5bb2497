"""Homes in each state a page must stand: never run, golden, some data never delivered, old,
damaged, last run failed.
"""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st

from dashboards import clock
from tests.dashboards.gd1_home import BUILD, THE_MORNING_AFTER, forget_the_rest, publish_gd1


@pytest.fixture(scope="session")
def gd1_published(tmp_path_factory) -> Path:
    """One published GD-1 home for the whole session; tests that write take `gd1_home`."""
    home = tmp_path_factory.mktemp("gd1")
    publish_gd1(home)
    (home / "keizoku.toml").write_text("", encoding="utf-8")
    return home


@pytest.fixture
def gd1_home(gd1_published, tmp_path, monkeypatch) -> Path:
    """A copy of the GD-1 home of one's own, on the morning after its as-of day."""
    home = tmp_path / "home"
    shutil.copytree(gd1_published, home)
    monkeypatch.setenv("KEIZOKU_HOME", str(home))
    monkeypatch.setattr(clock, "utc_now", lambda: THE_MORNING_AFTER)
    return home


@pytest.fixture(scope="session")
def partial_published(gd1_published, tmp_path_factory) -> Path:
    """GD-1 of which only the CRM's accounts and the contracts were ever delivered."""
    home = tmp_path_factory.mktemp("partial")
    shutil.copy(gd1_published / BUILD, home / BUILD)
    forget_the_rest(home / BUILD)
    publish_gd1(home)
    (home / "keizoku.toml").write_text("", encoding="utf-8")
    return home


@pytest.fixture
def partial_home(partial_published, tmp_path, monkeypatch) -> Path:
    """A copy of one's own of the home that knows accounts and contracts alone."""
    home = tmp_path / "home"
    shutil.copytree(partial_published, home)
    monkeypatch.setenv("KEIZOKU_HOME", str(home))
    monkeypatch.setattr(clock, "utc_now", lambda: THE_MORNING_AFTER)
    return home


@pytest.fixture
def empty_home(tmp_path, monkeypatch) -> Path:
    """A home in which nothing was ever published."""
    home = tmp_path / "empty"
    home.mkdir()
    monkeypatch.setenv("KEIZOKU_HOME", str(home))
    return home


@pytest.fixture
def stale_home(gd1_home, monkeypatch) -> Path:
    """GD-1 ten days later, with nothing run since."""
    later = datetime(2026, 7, 10, 21, 5, tzinfo=UTC)
    monkeypatch.setattr(clock, "utc_now", lambda: later)
    return gd1_home


@pytest.fixture
def broken_home(gd1_home) -> Path:
    """GD-1 with its only version damaged on disk."""
    core = next((gd1_home / "published").glob("*/core.duckdb"))
    core.write_bytes(core.read_bytes()[: core.stat().st_size // 2])
    return gd1_home


@pytest.fixture
def failed_run_home(gd1_home) -> Path:
    """GD-1 whose newest run failed its tests; the version before it is still published."""
    report = {
        "run_id": "r2",
        "started_at": "2026-07-01T21:00:00+00:00",
        "finished_at": "2026-07-01T21:01:00+00:00",
        "outcome": "failed",
        "error": {"code": "nothing_published", "where": "marts", "values": {"detail": ""}},
        "deliveries": [{"state": "held", "file_name": "subscriptions_20260701.csv"}],
    }
    (gd1_home / "build").mkdir()
    (gd1_home / "build" / "last_run.json").write_text(json.dumps(report), encoding="utf-8")
    return gd1_home


def looks(home: Path) -> list[dict]:
    """The lines of the access log but those of pages opened."""
    log = (home / "audit" / "access.jsonl").read_text(encoding="utf-8").splitlines()
    return [entry for line in log if (entry := json.loads(line))["action"] != "view"]


@pytest.fixture(autouse=True)
def _no_cache_from_another_test():
    st.cache_data.clear()
    yield
    st.cache_data.clear()
