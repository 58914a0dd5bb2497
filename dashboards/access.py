"""Who is looking, and what they may see.

Local mode: one person at one machine, who owns the home folder and may see all of it. Everything
that shows personal columns or an original file asks here, so that roles from access.toml and a
login replace `principal()` and nothing else.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from dagster_project import audit
from dagster_project.audit import LOG
from dashboards import clock

PERSONAL_COLUMNS = "personal_columns"  # may open pii.duckdb
ORIGINAL_FILES = "original_files"  # may see a line of a delivered file
RECORD_APPROACHES = "record_approaches"  # may write down what was done about a customer
AD_HOC_SQL = "ad_hoc_sql"  # may ask the published version in SQL
MANAGE_HOME = "manage_home"  # may see the access log and switch the version everybody reads


@dataclass(frozen=True)
class Principal:
    """A person or process with the rights it holds."""

    name: str
    rights: frozenset[str]

    def may(self, right: str) -> bool:
        """Whether this principal holds a right."""
        return right in self.rights


class Refused(Exception):
    """The principal does not hold the right that was asked for."""


def principal() -> Principal:
    """The one looking at this session: the local administrator."""
    rights = {PERSONAL_COLUMNS, ORIGINAL_FILES, RECORD_APPROACHES, AD_HOC_SQL, MANAGE_HOME}
    return Principal(audit.LOCAL_ADMIN, frozenset(rights))


def has_come_before(home: Path, who: Principal) -> bool:
    """Whether the access log names this principal: a first visit leaves it. A log that cannot be
    read says nothing; then nobody is taken for new.
    """
    mark = json.dumps({"principal": who.name}, ensure_ascii=False)[1:-1]
    try:
        with (home / LOG).open(encoding="utf-8", errors="replace") as log:
            return any(mark in line for line in log)
    except FileNotFoundError:
        return False
    except OSError:
        return True


def record(home: Path, who: Principal, action: str, **details: object) -> None:
    """Append one line to the home's access log, audit/access.jsonl, before the thing is shown.

    Raises OSError when the log cannot be written: what cannot be recorded is not shown.
    """
    audit.append(home, who.name, action, now=clock.utc_now(), **details)
