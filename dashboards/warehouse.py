"""The only reader of published data: finds the version to show, opens it read-only, runs a query.

A version's files never change, so its name is a safe cache key and an open connection stays right
when the pointer moves on. Build databases and landed files are never opened here. The connection
cannot read or write anything but the attached version, and without the right to personal columns
the second file is not attached at all.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import streamlit as st

from dagster_project import publish
from dagster_project.messages import KeizokuError
from dagster_project.settings import home_of_environment
from dashboards import access


class NotPublished(Exception):
    """The home has no published version yet."""


class VersionBroken(Exception):
    """No version can be read. `where` names the file or folder, `why` says what is wrong."""

    def __init__(self, where: Path, why: str):
        super().__init__(f"{where}: {why}")
        self.where = where
        self.why = why


@dataclass(frozen=True)
class Snapshot:
    """One published version as one kind of reader may open it; the cache key of every query."""

    folder: str
    has_personal_columns: bool

    @property
    def name(self) -> str:
        """The version's name, as CURRENT holds it."""
        return Path(self.folder).name


def home() -> Path:
    """The company's home folder: KEIZOKU_HOME, else ~/keizoku."""
    return home_of_environment().resolve()


def current(home: Path, who: access.Principal) -> tuple[Snapshot, str | None]:
    """The version readers see at this moment, and why it is not the one CURRENT names (None when it
    is).

    The rule is publish's own: a damaged version is passed over for the newest whole one. Raises
    NotPublished when there never was a version, VersionBroken when none is whole.
    """
    published = home / "published"
    may_see_people = who.may(access.PERSONAL_COLUMNS)
    try:
        name = (published / publish.CURRENT).read_text(encoding="utf-8").strip()
        return Snapshot(_whole_version(str(published), name), may_see_people), None
    except (OSError, UnicodeDecodeError, KeizokuError):
        pass  # the slow way below says what is wrong and finds the next best
    try:
        version, reason = publish.find_current(published)
    except KeizokuError as error:
        if not (published / publish.CURRENT).exists() and not publish.list_versions(published):
            raise NotPublished(str(published)) from None
        raise VersionBroken(published, error.values.get("detail", "")) from error
    return Snapshot(str(version.folder), may_see_people), reason


@st.cache_data(show_spinner=False, max_entries=32)
def _whole_version(published: str, name: str) -> str:
    # Checksums are read once per version and process; a failure raises and so is not remembered.
    return str(publish.open_version(Path(published), name).folder)


@st.cache_data(show_spinner=False, max_entries=32)
def manifest(snapshot: Snapshot) -> dict:
    """What publish wrote about the version."""
    path = Path(snapshot.folder) / publish.MANIFEST
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise VersionBroken(path, str(error)) from error


def rows(snapshot: Snapshot, sql: str, parameters: Sequence[object] = ()) -> pl.DataFrame:
    """The result of a select over the version's marts; personal columns are in the catalog `pii`.

    Money stays Decimal. Raises VersionBroken when a file is damaged or lacks a mart or column.
    """
    cursor = _connection(snapshot).cursor()
    try:
        cursor.execute("use core")  # a cursor does not inherit the default catalog
        return cursor.execute(sql, list(parameters)).pl()
    except duckdb.Error as error:
        raise VersionBroken(Path(snapshot.folder), str(error)) from error
    finally:
        cursor.close()


# A handful of versions: the current one, and those that sessions opened before the pointer moved.
@st.cache_resource(show_spinner=False, max_entries=8)
def _connection(snapshot: Snapshot) -> duckdb.DuckDBPyConnection:
    # An own in-memory instance per snapshot: attached files belong to an instance, so a reader
    # without the right can never meet `pii` through a connection someone else opened.
    connection = duckdb.connect(":memory:")
    files = {"core": publish.CORE} | ({"pii": publish.PII} if snapshot.has_personal_columns else {})
    for catalog, file_name in files.items():
        path = Path(snapshot.folder) / file_name
        quoted = str(path).replace("'", "''")
        try:
            connection.execute(f"attach '{quoted}' as {catalog} (read_only)")
        except duckdb.Error as error:
            connection.close()
            raise VersionBroken(path, str(error)) from error
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection
