"""Write, audit, publish: immutable version folders and a pointer, CURRENT, that names one.

A version is visible whole or not at all: its files are written aside, synced and checksummed, the
folder is renamed into place, and only then the pointer is flipped by a rename. Readers that find
the pointer or a version damaged fall back to the newest version that is whole. Whether a build
deserves to be published is not decided here.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from dagster_project.messages import KeizokuError
from dagster_project.settings import KEPT_VERSIONS
from sources.fault_points import fault_point

CURRENT = "CURRENT"
MANIFEST = "manifest.json"
CORE = "core.duckdb"
PII = "pii.duckdb"
PERSONAL_CLASS = 2  # dbt meta.class from here on goes to pii.duckdb
BUILDING = ".building-"
# Where a row was read, not what it says: differs between equal marts (DESIGN.md 5).
LINEAGE_COLUMNS = frozenset(
    {"delivery_id", "source_sheet", "source_row", "source_updated_at", "source_file_name"}
)
LIBRARIES = ("keizoku", "duckdb", "dbt-core", "dbt-duckdb", "polars", "dagster")


@dataclass(frozen=True)
class Column:
    """A column of a mart as dbt declares it."""

    name: str
    description: str
    data_class: int
    is_key: bool

    @property
    def is_personal(self) -> bool:
        return self.data_class >= PERSONAL_CLASS


@dataclass(frozen=True)
class Mart:
    """A published table as dbt declares it."""

    name: str
    description: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Version:
    """A version folder whose files match its manifest."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def core_file(self) -> Path:
        return self.folder / CORE

    @property
    def pii_file(self) -> Path:
        return self.folder / PII


@dataclass(frozen=True)
class Stamp:
    """What a version was made from; goes into its manifest as it is."""

    run_id: str
    published_at: datetime
    as_of_date: str
    known_at: str | None
    input_fingerprint: str
    policy_id: str
    policy: dict[str, Any]


# ---- reading ----


def find_current(published: Path) -> tuple[Version, str | None]:
    """The version readers see, and why it is not the one CURRENT names (None when it is).

    Every file is checked against the manifest. Raises KeizokuError `nothing_published` when no
    version is whole.
    """
    named = _read_pointer(published)
    candidates = list_versions(published)
    if named in candidates:
        candidates.remove(named)
        candidates.insert(0, named)
    reason = None if named else "CURRENT is missing or unreadable"
    if named and named not in candidates:
        reason = f"CURRENT names {named}, which is not there"
    for name in candidates:
        version, problem = _open_version(published / name)
        if version:
            return version, reason
        reason = reason or f"{name}: {problem}"
    raise KeizokuError("nothing_published", where=str(published), detail=reason or "")


def list_versions(published: Path) -> list[str]:
    """Names of the version folders, newest first, whole or not."""
    if not published.is_dir():
        return []
    folders = (entry.name for entry in published.iterdir() if entry.is_dir())
    return sorted((name for name in folders if not name.startswith(".")), reverse=True)


def describe_versions(published: Path) -> list[dict[str, Any]]:
    """The kept versions, newest first, with what is wrong with each (None when it is whole)."""
    current = _read_pointer(published)
    names = list_versions(published)
    described = []
    with ThreadPoolExecutor() as threads:  # each is read whole for its checksums
        opened = threads.map(lambda name: _open_version(published / name), names)
    for name, (version, problem) in zip(names, opened, strict=True):
        manifest = version.manifest if version else {}
        described.append(
            {
                "version": name,
                "is_current": name == current,
                "as_of_date": manifest.get("as_of_date"),
                "published_at": manifest.get("published_at"),
                "problem": problem or None,
            }
        )
    return described


def open_version(published: Path, name: str) -> Version:
    """That version, checked. Raises KeizokuError `version_unknown` or `version_damaged`."""
    if name not in list_versions(published):
        raise KeizokuError("version_unknown", where=str(published), version=name)
    version, problem = _open_version(published / name)
    if version is None:
        raise KeizokuError("version_damaged", where=str(published / name), detail=problem)
    return version


def find_fingerprint(published: Path, fingerprint: str) -> Version | None:
    """The newest whole version made from exactly these inputs, or None."""
    for name in list_versions(published):
        manifest, _ = _read_manifest(published / name)
        if manifest and manifest["input_fingerprint"] == fingerprint:
            version, _ = _open_version(published / name)
            if version:
                return version
    return None


def _read_pointer(published: Path) -> str | None:
    try:
        name = (published / CURRENT).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    is_plain = name and "/" not in name and "\0" not in name and not name.startswith(".")
    return name if is_plain else None


def _open_version(folder: Path) -> tuple[Version | None, str]:
    manifest, problem = _read_manifest(folder)
    if manifest is None:
        return None, problem
    for file_name, facts in manifest["files"].items():
        try:
            is_same = _sha256(folder / file_name) == facts["sha256"]
        except OSError as error:
            return None, f"{file_name}: {error.strerror}"
        if not is_same:
            return None, f"{file_name} differs from its checksum"
    return Version(folder, manifest), ""


def _read_manifest(folder: Path) -> tuple[dict[str, Any] | None, str]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        stated = manifest.pop("manifest_sha256")
    except (OSError, ValueError, KeyError, AttributeError):
        return None, f"{MANIFEST} is missing or unreadable"
    if stated != _manifest_hash(manifest):
        return None, f"{MANIFEST} differs from its checksum"
    return manifest, ""


# ---- writing ----


def publish(
    published: Path,
    build_db: Path,
    marts: tuple[Mart, ...],
    stamp: Stamp,
    *,
    on_mart: Callable[[str], None] = lambda name: None,
) -> Version:
    """Copies the marts out of an audited build into a new version and points CURRENT at it.

    Raises KeizokuError `mart_missing` when a declared column is not in the build.
    """
    published.mkdir(parents=True, exist_ok=True)
    sweep(published)
    moment = stamp.published_at.strftime("%Y%m%dT%H%M%S") + f"{stamp.published_at.microsecond:06d}Z"
    name = f"{moment}-{stamp.input_fingerprint[:8]}"
    aside = published / f"{BUILDING}{name}"
    aside.mkdir()
    try:
        _write_version(aside, name, build_db, marts, stamp, on_mart)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)  # a full disk needs the room back
        raise
    fault_point("version_written")
    aside.rename(published / name)
    _sync_folder(published)
    fault_point("version_placed")
    version = point_current(published, name)
    collect_garbage(published, KEPT_VERSIONS)
    return version


def _write_version(
    folder: Path,
    name: str,
    build_db: Path,
    marts: tuple[Mart, ...],
    stamp: Stamp,
    on_mart: Callable[[str], None],
) -> None:
    facts = _copy_marts(build_db, folder, marts, on_mart)
    fault_point("marts_copied")
    manifest = {
        "format": 1,
        "version": name,
        "run_id": stamp.run_id,
        "published_at": stamp.published_at.isoformat(timespec="seconds"),
        "as_of_date": stamp.as_of_date,
        "known_at": stamp.known_at,
        "input_fingerprint": stamp.input_fingerprint,
        "policy_id": stamp.policy_id,
        "policy": stamp.policy,
        "libraries": {library: metadata.version(library) for library in LIBRARIES},
        "files": {
            file_name: {
                "sha256": _sha256(folder / file_name),
                "bytes": (folder / file_name).stat().st_size,
            }
            for file_name in (CORE, PII)
        },
        "marts": facts,
    }
    stated = {"manifest_sha256": _manifest_hash(manifest)}
    text = json.dumps(manifest | stated, ensure_ascii=False, indent=2, default=str)
    _write_synced(folder / MANIFEST, text)
    _sync_folder(folder)


def point_current(published: Path, name: str) -> Version:
    """Makes `name` the version readers see, after checking it. Returns it."""
    version = open_version(published, name)
    aside = published / f"{CURRENT}.new"
    _write_synced(aside, name + "\n")
    fault_point("pointer_written")
    aside.replace(published / CURRENT)
    _sync_folder(published)
    fault_point("pointer_flipped")
    return version


def repair_pointer(published: Path, name: str) -> str | None:
    """Points CURRENT at the version that a run found to be what it would make; says what was done.

    `repointed`: it named no whole version. `pointed_back`: it named a younger one, made from other
    inputs (a run as of another day). `rolled_back`: it names an older whole one, and that stands,
    because somebody went back to it. None: nothing to do.
    """
    named = _read_pointer(published)
    if named == name:
        return None
    is_whole = bool(named and _open_version(published / named)[0])
    if is_whole and named < name:  # a name begins with the moment it was published
        return "rolled_back"
    point_current(published, name)
    return "pointed_back" if is_whole else "repointed"


def collect_garbage(published: Path, keep: int) -> list[str]:
    """Removes all but the newest `keep` versions and the current one; returns what went."""
    current = _read_pointer(published)
    gone = [name for name in list_versions(published)[keep:] if name != current]
    for name in gone:
        shutil.rmtree(published / name)
    return gone


def sweep(published: Path) -> None:
    """Removes what a killed publish left behind."""
    for leftover in published.glob(f"{BUILDING}*"):
        shutil.rmtree(leftover)


def read_marts(dbt_manifest: dict[str, Any]) -> tuple[Mart, ...]:
    """The models under models/marts with what dbt declares about their columns, by name."""
    models = (
        node
        for node in dbt_manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["original_file_path"].startswith("models/marts/")
    )
    return tuple(
        Mart(
            name=node["name"],
            description=node["description"],
            columns=tuple(_read_column(column) for column in node["columns"].values()),
        )
        for node in sorted(models, key=lambda node: node["name"])
    )


def _read_column(column: dict[str, Any]) -> Column:
    meta = column.get("meta") or column.get("config", {}).get("meta") or {}
    return Column(
        name=column["name"],
        description=column["description"],
        data_class=int(meta.get("class", 1)),
        is_key=bool(meta.get("key", False)),
    )


def _copy_marts(
    build_db: Path, aside: Path, marts: tuple[Mart, ...], on_mart: Callable[[str], None]
) -> dict[str, Any]:
    import duckdb

    facts = {}
    with duckdb.connect(":memory:") as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {_text(build_db)} as build (read_only)")
        connection.execute(f"attach {_text(aside / CORE)} as core")
        connection.execute(f"attach {_text(aside / PII)} as pii")
        for mart in marts:
            facts[mart.name] = _copy_mart(connection, mart)
            on_mart(mart.name)
        for database in ("core", "pii"):
            connection.execute(f"checkpoint {database}")
            connection.execute(f"detach {database}")
    for file_name in (CORE, PII):
        _sync_file(aside / file_name)
    return facts


def _copy_mart(connection: Any, mart: Mart) -> dict[str, Any]:
    source = f"build.main.{_name(mart.name)}"
    types = {
        name: type_
        for name, type_ in connection.execute(
            "select column_name, data_type from duckdb_columns()"
            " where database_name = 'build' and schema_name = 'main' and table_name = ?"
            " order by column_index",
            [mart.name],
        ).fetchall()
    }
    declared = {column.name: column for column in mart.columns}
    missing = sorted(set(declared) - set(types)) if types else ["(table)"]
    if missing:
        raise KeizokuError("mart_missing", where=mart.name, columns=", ".join(missing))
    columns = [declared.get(name) or Column(name, "", 1, False) for name in types]
    core = [column for column in columns if not column.is_personal]
    pii = [column for column in columns if column.is_personal]
    if pii:
        pii = [column for column in columns if column.is_key and not column.is_personal] + pii
    for database, kept in (("core", core), ("pii", pii)):
        if kept:
            _create_table(connection, f"{database}.main.{_name(mart.name)}", source, mart, kept)
    row_count, content_hash = _hash_rows(connection, source, types)
    return {
        "row_count": row_count,
        "content_hash": content_hash,
        "description": mart.description,
        "columns": {
            column.name: {
                "type": types[column.name],
                "description": column.description,
                "class": column.data_class,
                "is_key": column.is_key,
                "file": PII if column.is_personal else CORE,
            }
            for column in columns
        },
    }


def _create_table(
    connection: Any, target: str, source: str, mart: Mart, columns: list[Column]
) -> None:
    # Without `order by` two builds of the same rows could differ in bytes; bytes are not compared.
    names = ", ".join(_name(column.name) for column in columns)
    connection.execute(f"create table {target} as select {names} from {source}")
    connection.execute(f"comment on table {target} is {_text(mart.description)}")
    for column in columns:
        if column.description:
            connection.execute(
                f"comment on column {target}.{_name(column.name)} is {_text(column.description)}"
            )


def _hash_rows(connection: Any, source: str, types: dict[str, str]) -> tuple[int, str]:
    """Row count and a hash over names, types and rows that does not depend on the order of rows.

    A row becomes text with every value length-prefixed (so that no two rows share a text); the
    128-bit MD5 numbers of the rows are added up in two halves, which keeps repeated rows apart.
    """
    compared = {name: type_ for name, type_ in types.items() if name not in LINEAGE_COLUMNS}
    row_text = " || ".join(
        f"coalesce(length({_name(name)}::varchar) || ':' || {_name(name)}::varchar, 'n')"
        for name in compared
    )
    row_count, low, high = connection.execute(
        f"""
        with rows as (select {row_text or "''"} as row_text from {source})
        select
            count(*),
            coalesce(sum(md5_number_lower(row_text)::hugeint), 0)::varchar,
            coalesce(sum(md5_number_upper(row_text)::hugeint), 0)::varchar
        from rows
        """
    ).fetchone()
    content = json.dumps([compared, row_count, low, high], sort_keys=True)
    return row_count, hashlib.sha256(content.encode()).hexdigest()


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _manifest_hash(manifest: dict[str, Any]) -> str:
    text = json.dumps(manifest, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _write_synced(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    _sync_file(path)


def _sync_file(path: Path) -> None:
    _sync(path, os.O_RDONLY)


def _sync_folder(path: Path) -> None:
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
