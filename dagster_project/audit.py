"""The record of who looked at what and took what away: audit/access.jsonl of the home.

One JSON object per line: at (UTC), principal, action, and what the action was on. Pages and the
command line write it here; access_log.py of the dashboards reads it.
"""

import json
import re
from datetime import datetime
from pathlib import Path

LOG = Path("audit") / "access.jsonl"
LOCAL_ADMIN = "local-admin"  # the one person of a machine, by whatever door
TEXT_IN_SQL = re.compile(r"'(?:[^']|'')*'")


def append(home: Path, principal: str, action: str, *, now: datetime, **details: object) -> None:
    """Adds one line, before the thing is shown.

    Raises OSError when the log cannot be written: what cannot be recorded is not shown.
    """
    entry = {
        "at": now.isoformat(timespec="seconds"),
        "principal": principal,
        "action": action,
        **details,
    }
    (home / LOG).parent.mkdir(exist_ok=True)
    with (home / LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n")


def without_texts(sql: str) -> str:
    """A statement without the texts in it: with names in reach, one of them may be a name."""
    return TEXT_IN_SQL.sub("'…'", sql)
