"""The home's access log read back: who looked at, asked, took or changed what, and when.

Days and weeks are those of the business time zone. What an entry is about (`thing`) is the page,
the table, the file, the version or the saved query it names.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

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


def read(home: Path, time_zone: str) -> tuple[pl.DataFrame, int]:
    """Every entry, the latest first (SCHEMA; `at` naive UTC), and how many lines cannot be read."""
    try:
        lines = (home / "audit" / "access.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    zone = ZoneInfo(time_zone)
    entries, unreadable = [], 0
    for line in lines:
        try:
            entries.append(_entry(json.loads(line), zone))
        except (ValueError, KeyError, TypeError, AttributeError):
            unreadable += 1
    frame = pl.DataFrame(entries, schema=SCHEMA, orient="row")
    return frame.reverse(), unreadable


def _entry(told: dict, zone: ZoneInfo) -> tuple:
    at = datetime.fromisoformat(told["at"])
    day = at.astimezone(zone).date()
    named = (str(told[name]) for name in NAMES_THE_THING if told.get(name))
    thing = SQL if told["action"] == SQL else next(named, None)
    details = {name: value for name, value in told.items() if name not in STANDARD}
    return (
        (at - at.utcoffset()).replace(tzinfo=None),
        day,
        day - timedelta(days=day.weekday()),
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
