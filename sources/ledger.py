"""The ledger: what became of every delivery, in SQLite.

A cache: landing.reconcile makes it again from originals/ and their side files. Only landing.py
writes it. Times are naive UTC in ISO text.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

SCHEMA = """
create table if not exists deliveries (
    delivery_id text primary key,
    feed_id text not null,
    mapping_hash text not null,
    content_sha256 text not null,
    source_system text not null,
    file_name text not null,
    encoding text,
    exported_at text,
    is_exported_at_assumed integer not null,
    received_at text not null,
    receipt_id text not null,
    state text not null check (state in ('live', 'held', 'withdrawn', 'remapped')),
    problems text not null,
    notes text not null,
    diffs text not null
) strict;
create index if not exists deliveries_by_content on deliveries (content_sha256);
create index if not exists deliveries_by_feed
    on deliveries (feed_id, source_system, exported_at);
create index if not exists deliveries_by_receipt on deliveries (receipt_id);
create table if not exists delivery_entities (
    delivery_id text not null references deliveries on delete cascade,
    entity text not null,
    coverage text not null,
    coverage_column text,
    covers_from text,
    covers_to text,
    history text not null,
    rows_read integer not null,
    rows_landed integer not null,
    rows_quarantined integer not null,
    rows_repeated integer not null,
    rows_filtered integer not null,
    primary key (delivery_id, entity)
) strict;
create table if not exists waiting (
    path text primary key,
    content_sha256 text not null,
    catalogue_hash text not null,
    result text not null
) strict;
create table if not exists facts (name text primary key, value text not null) strict;
"""

LIVE, HELD, WITHDRAWN, REMAPPED = "live", "held", "withdrawn", "remapped"


@dataclass(frozen=True)
class EntityCounts:
    """Rows of one delivery for one entity: read = landed + quarantined + repeated + filtered."""

    entity: str
    coverage: str  # full | delta | full_within
    coverage_column: str | None
    covers_from: date | None
    covers_to: date | None  # inclusive
    history: str  # segments | events | snapshot
    rows_read: int
    rows_landed: int
    rows_quarantined: int
    rows_repeated: int
    rows_filtered: int


@dataclass(frozen=True)
class Delivery:
    """One delivery as the ledger knows it. state: live, held, withdrawn or remapped.

    remapped: read again under a changed mapping; another delivery of the same receipt stands in
    its place.
    """

    delivery_id: str
    feed_id: str
    mapping_hash: str
    content_sha256: str
    source_system: str
    file_name: str
    encoding: str | None
    exported_at: datetime | None
    is_exported_at_assumed: bool
    received_at: datetime
    receipt_id: str
    state: str
    problems: tuple[dict[str, Any], ...] = ()
    notes: tuple[dict[str, Any], ...] = ()
    diffs: tuple[dict[str, Any], ...] = ()
    entities: tuple[EntityCounts, ...] = ()


@dataclass(frozen=True)
class Waiting:
    """A file left in the inbox, and the answer it got: asked again only when something changed."""

    path: str
    content_sha256: str
    catalogue_hash: str
    result: dict[str, Any]


@contextmanager
def open_ledger(path: Path | None) -> Iterator[sqlite3.Connection]:
    """A connection to the ledger, created if absent, closed at the end; None: an empty one."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    connection = sqlite3.connect(path or ":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("pragma foreign_keys = on")
        connection.execute("pragma synchronous = full")
        connection.executescript(SCHEMA)
        yield connection
    finally:
        connection.close()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("begin immediate")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


_DELIVERY_FIELDS = [field.name for field in fields(Delivery) if field.name != "entities"]
_COUNT_FIELDS = [field.name for field in fields(EntityCounts)]
_JSON_FIELDS = ("problems", "notes", "diffs")


def put_delivery(connection: sqlite3.Connection, delivery: Delivery) -> None:
    """Writes a delivery with its counts, in the place of one of the same id."""
    values = {name: getattr(delivery, name) for name in _DELIVERY_FIELDS}
    for name in _JSON_FIELDS:
        values[name] = json.dumps(values[name], ensure_ascii=False)
    for name in ("exported_at", "received_at"):
        values[name] = values[name].isoformat() if values[name] else None
    values["is_exported_at_assumed"] = int(delivery.is_exported_at_assumed)
    connection.execute("delete from deliveries where delivery_id = ?", [delivery.delivery_id])
    _insert(connection, "deliveries", values)
    for counts in delivery.entities:
        row = asdict(counts) | {"delivery_id": delivery.delivery_id}
        for name in ("covers_from", "covers_to"):
            row[name] = row[name].isoformat() if row[name] else None
        _insert(connection, "delivery_entities", row)


def _insert(connection: sqlite3.Connection, table: str, values: dict[str, Any]) -> None:
    columns = ", ".join(values)
    places = ", ".join("?" for _ in values)
    connection.execute(f"insert into {table} ({columns}) values ({places})", [*values.values()])


def set_state(connection: sqlite3.Connection, delivery_ids: Iterable[str], state: str) -> None:
    """Changes the state of deliveries."""
    for delivery_id in delivery_ids:
        connection.execute(
            "update deliveries set state = ? where delivery_id = ?", [state, delivery_id]
        )


def read_deliveries(
    connection: sqlite3.Connection, where: str = "true", values: Iterable[Any] = ()
) -> list[Delivery]:
    """Deliveries of a condition on the columns of `deliveries`, oldest received first."""
    rows = connection.execute(
        f"select * from deliveries where {where} order by received_at, file_name, delivery_id",
        list(values),
    ).fetchall()
    counts: dict[str, list[EntityCounts]] = {}
    for row in connection.execute(
        "select * from delivery_entities where delivery_id in"
        f" (select delivery_id from deliveries where {where}) order by rowid",
        list(values),
    ):
        facts = {name: row[name] for name in _COUNT_FIELDS}
        for name in ("covers_from", "covers_to"):
            facts[name] = date.fromisoformat(facts[name]) if facts[name] else None
        counts.setdefault(row["delivery_id"], []).append(EntityCounts(**facts))
    return [_delivery(row, counts.get(row["delivery_id"], [])) for row in rows]


def _delivery(row: sqlite3.Row, counts: list[EntityCounts]) -> Delivery:
    facts = {name: row[name] for name in _DELIVERY_FIELDS}
    for name in _JSON_FIELDS:
        facts[name] = tuple(json.loads(facts[name]))
    for name in ("exported_at", "received_at"):
        facts[name] = datetime.fromisoformat(facts[name]) if facts[name] else None
    facts["is_exported_at_assumed"] = bool(facts["is_exported_at_assumed"])
    return Delivery(**facts, entities=tuple(counts))


def read_delivery(connection: sqlite3.Connection, delivery_id: str) -> Delivery | None:
    """The delivery of that id."""
    found = read_deliveries(connection, "delivery_id = ?", [delivery_id])
    return found[0] if found else None


def read_latest(
    connection: sqlite3.Connection, where: str, values: Iterable[Any]
) -> Delivery | None:
    """Of the deliveries of a condition the one exported last (received last among equals)."""
    row = connection.execute(
        f"select delivery_id from deliveries where {where}"
        " order by exported_at desc, received_at desc limit 1",
        list(values),
    ).fetchone()
    return read_delivery(connection, row["delivery_id"]) if row else None


def put_waiting(connection: sqlite3.Connection, waiting: Waiting) -> None:
    """Remembers the answer a file left in the inbox got."""
    connection.execute("delete from waiting where path = ?", [waiting.path])
    values = asdict(waiting) | {"result": json.dumps(waiting.result, ensure_ascii=False)}
    _insert(connection, "waiting", values)


def read_waiting(connection: sqlite3.Connection) -> dict[str, Waiting]:
    """The answers given to files left in the inbox, by path below inbox/."""
    return {row["path"]: _waiting(row) for row in connection.execute("select * from waiting")}


def read_waiting_at(connection: sqlite3.Connection, path: str) -> Waiting | None:
    """The answer given to one file left in the inbox."""
    row = connection.execute("select * from waiting where path = ?", [path]).fetchone()
    return _waiting(row) if row else None


def _waiting(row: sqlite3.Row) -> Waiting:
    return Waiting(
        row["path"], row["content_sha256"], row["catalogue_hash"], json.loads(row["result"])
    )


def delete_waiting(connection: sqlite3.Connection, path: str) -> None:
    """Forgets the answer of a file that no longer waits."""
    connection.execute("delete from waiting where path = ?", [path])


def set_fact(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Remembers one fact about the whole ledger."""
    connection.execute("insert or replace into facts (name, value) values (?, ?)", [name, value])


def read_fact(connection: sqlite3.Connection, name: str) -> str | None:
    """The fact of that name."""
    row = connection.execute("select value from facts where name = ?", [name]).fetchone()
    return row["value"] if row else None
