"""Runs the dashboards as `keizoku up` does and notes every query that reaches the published files.

A process of its own: python -m tests.benchmarks.served_measured PORT
KEIZOKU_QUERY_LOG names the file of the notes, one line of JSON per query: the page that asked, the
function of dashboards/queries, its SQL and parameters, milliseconds and rows. An answer from the
cache is no query and is not noted.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

import polars as pl
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.web.cli import main

from dagster_project.settings import DASHBOARD_SCRIPT
from dashboards import warehouse
from dashboards.app_pages import DEFAULT_PAGE

LOG_VARIABLE = "KEIZOKU_QUERY_LOG"
_lock = threading.Lock()


def measured(log: Path):
    """warehouse.rows, with a note of each call."""
    plain = warehouse.rows

    def rows(snapshot, sql, parameters=()) -> pl.DataFrame:
        started = time.perf_counter()
        found = plain(snapshot, sql, parameters)
        milliseconds = (time.perf_counter() - started) * 1000
        note = {
            "page": _page(),
            "query": _asked_by(sys._getframe(1)),
            "sql": sql,
            "parameters": [_plain(value) for value in parameters],
            "ms": milliseconds,
            "rows": found.height,
        }
        with _lock, log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(note, ensure_ascii=False, default=str) + "\n")
        return found

    return rows


def _asked_by(frame) -> str:
    """The function of dashboards/queries; for a listing, the section that shows it."""
    while frame is not None:
        module = frame.f_globals["__name__"]
        if module == "__main__" and Path(frame.f_code.co_filename).parent.name == "views":
            return f"views.{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}"
        is_between = module in ("dashboards.queries.listing", "dashboards.levels")
        if module.startswith("dashboards.") and not is_between:
            return f"{module.removeprefix('dashboards.')}.{frame.f_code.co_name}"
        frame = frame.f_back
    return "the page itself"


def _page() -> str:
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return ""
    page = context.pages_manager.get_pages().get(context.page_script_hash, {})
    return page.get("url_pathname") or DEFAULT_PAGE


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | list | None) else str(value)


if __name__ == "__main__":
    warehouse.rows = measured(Path(os.environ[LOG_VARIABLE]))
    sys.argv = [
        *("streamlit", "run", str(DASHBOARD_SCRIPT), "--server.port", sys.argv[1]),
        *("--server.headless", "true", "--browser.gatherUsageStats", "false"),
        *("--server.fileWatcherType", "none"),
    ]
    main()
