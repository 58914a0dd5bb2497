"""A person's own SQL: run in its own process, recorded before it is shown, kept in their history.

The page never opens a file: dagster_project.query does, and only those the reader may see.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dagster_project import audit, commands, publish, query
from dagster_project.messages import KeizokuError
from dagster_project.settings import load_settings
from dashboards import access, clock, warehouse
from dashboards.frame import Frame

LIMITS = query.PAGE_LIMITS


@dataclass(frozen=True)
class Outcome:
    """What became of a statement over a version: rows, or why there are none."""

    sql: str
    version: str
    has_personal_columns: bool
    found: query.Found | None
    error: KeizokuError | None


def ask(page: Frame, sql: str, *, has_personal_columns: bool) -> Outcome:
    """Runs a statement over the version on the page.

    Personal columns need the right to them. The access log names the statement and what became of
    it; what people are called is left out there. Raises access.Refused without the right to SQL,
    OSError when it cannot be recorded.
    """
    if not page.who.may(access.AD_HOC_SQL):
        access.record(page.home, page.who, "sql", is_allowed=False)
        raise access.Refused(access.AD_HOC_SQL)
    opens_people = has_personal_columns and page.snapshot.has_personal_columns
    version = publish.Version(Path(page.snapshot.folder), warehouse.manifest(page.snapshot))
    found, error = None, None
    try:
        found = query.ask(version, sql, limits=LIMITS, has_personal_columns=opens_people)
    except KeizokuError as refused:
        error = refused
    access.record(
        page.home,
        page.who,
        "sql",
        version=page.snapshot.name,
        sql=_in_log(sql, opens_people),
        has_personal_columns=opens_people,
        outcome=error.code if error else "answered",
        row_count=found.frame.height if found else None,
        seconds=found.seconds if found else None,
    )
    if sql.strip():
        with suppress(OSError, KeizokuError):  # a convenience; the answer is what was asked for
            settings = load_settings(page.home)
            commands.remember_query(settings, sql, by=page.who.name, now=clock.utc_now())
    return Outcome(sql, page.snapshot.name, opens_people, found, error)


def in_log(outcome: Outcome) -> str:
    """A statement as the access log keeps it."""
    return _in_log(outcome.sql, outcome.has_personal_columns)


def _in_log(sql: str, opens_people: bool) -> str:
    return audit.without_texts(sql) if opens_people else sql
