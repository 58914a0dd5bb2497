"""The home's access log read back: who looked at, asked, took or changed what, and when.

Days are those of the business time zone, weeks begin on the day the company chose. What an entry
is about (`thing`) is the page, the table, the file, the version or the saved query it names.
"""

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from dagster_project.settings import json_lines
from dashboards import access
from dashboards.formatting import Formats, week_start

VIEW, SQL, EXPORT, ORIGINAL = "view", "sql", "export", "original_line"
NAMES_THE_THING = ("page", "table", "file_name", "name", "version")
STANDARD = {"at", "principal", "action"}
SCHEMA = {
    "at": pl.Datetime("us"),
    "day": pl.Date,
    "week": pl.Date,
    "principal": pl.String,
    "action": pl.String,
    "thing": pl.String,
    "row_count": pl.Int64,
    "details": pl.String,
}


def read(home: Path, formats: Formats) -> tuple[pl.DataFrame, int]:
    """Every entry, the latest first (SCHEMA; `at` naive UTC), and how many lines cannot be read."""
    path = home / access.LOG
    try:
        facts = path.stat()
    except OSError:
        return pl.DataFrame(schema=SCHEMA), 0
    state = (facts.st_size, facts.st_mtime_ns)
    return _read(str(path), state, formats.time_zone, formats.first_weekday)


@st.cache_data(show_spinner=False, max_entries=2)
def _read(
    path: str, state: tuple[int, int], time_zone: str, first_weekday: int
) -> tuple[pl.DataFrame, int]:
    # once per state of the file: narrowing a long log must not read it again
    zone = ZoneInfo(time_zone)
    entries, unreadable = [], 0
    for line in json_lines(Path(path).read_text(encoding="utf-8", errors="replace")):
        try:
            entries.append(_entry(json.loads(line), zone, first_weekday))
        except (ValueError, KeyError, TypeError, AttributeError):
            unreadable += 1
    return pl.DataFrame(entries, schema=SCHEMA, orient="row").reverse(), unreadable


def _entry(told: dict, zone: ZoneInfo, first_weekday: int) -> tuple:
    at = datetime.fromisoformat(told["at"])
    day = at.astimezone(zone).date()
    named = (str(told[name]) for name in NAMES_THE_THING if told.get(name))
    thing = SQL if told["action"] == SQL else next(named, None)
    details = {name: value for name, value in told.items() if name not in STANDARD}
    return (
        (at - at.utcoffset()).replace(tzinfo=None),
        day,
        week_start(day, first_weekday),
        str(told["principal"]),
        str(told["action"]),
        thing,
        told.get("row_count"),
        json.dumps(details, ensure_ascii=False, sort_keys=True),
    )


def counted(entries: pl.DataFrame, by: str) -> pl.DataFrame:
    """Grain: one row per value of `by`, most views first: views, exports, SQL, lines looked at."""
    return (
        entries.group_by(by)
        .agg(
            *(
                (pl.col("action") == action).sum().cast(pl.Int64).alias(action)
                for action in (VIEW, SQL, EXPORT, ORIGINAL)
            ),
            pl.col("at").max().alias("last"),
        )
        .sort([VIEW, by], descending=[True, False])
    )
