"""Whether a read delivery counts, and the files and ledger rows that follow from it.

The ledger decides, the folders follow: Parquet lies in landed/<table>/<state of the delivery>/.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import polars as pl

from sources import ledger
from sources.deliveries import Diff, Home
from sources.entities import entities
from sources.fault_points import fault_point
from sources.ledger import HELD, LIVE, REMAPPED, WITHDRAWN, Delivery, EntityCounts
from sources.originals import Receipt, replace_durably
from sources.reading import Finding, Reading
from sources.session import Session

# Few bad rows are looked at one by one; a share says something only of more.
QUARANTINE_SHARE_FROM_ROWS = 10


def settle(session: Session, receipt: Receipt, reading: Reading, aside: Path) -> Delivery:
    """Puts a read file where it belongs: Parquet into the folder of its state, then the ledger."""
    home = session.home
    delivery = Delivery(
        delivery_id=reading.delivery_id,
        feed_id=reading.feed_id,
        mapping_hash=reading.mapping_hash,
        content_sha256=receipt.content_sha256,
        source_system=reading.source_system,
        file_name=receipt.file_name,
        encoding=reading.encoding,
        exported_at=reading.exported_at,
        is_exported_at_assumed=reading.is_exported_at_assumed,
        received_at=receipt.received_at,
        receipt_id=receipt.receipt_id,
        state=LIVE,
        notes=tuple(asdict(one) for one in reading.notes),
        entities=reading.entities,
    )
    holds = [*reading.findings, *share_holds(session, delivery)]
    if receipt.is_withdrawn:
        reason = receipt.decisions[-1].reason
        holds.append(Finding("withdrawn", delivery.file_name, reason))
    delivery = replace(
        delivery,
        diffs=tuple(asdict(one) for one in _diffs(session, delivery, aside)),
        problems=tuple(asdict(one) for one in holds),
        state=_state_of(receipt, holds),
    )
    for counts in delivery.entities:
        target = parquet_of(home, delivery, counts.entity)
        make_folder(target.parent)
        replace_durably(aside / f"{table_of(counts.entity)}.parquet", target)
    make_folder(home.quarantine)
    replace_durably(aside / "quarantine.parquet", quarantine_of(home, delivery))
    aside.rmdir()
    fault_point("parquet_placed")
    _commit(session, [delivery])
    return ledger.read_delivery(session.connection, delivery.delivery_id)


def _state_of(receipt: Receipt, holds: list[Finding]) -> str:
    if receipt.is_withdrawn:
        return WITHDRAWN
    return HELD if {one.code for one in holds} - receipt.accepted_codes else LIVE


def _commit(session: Session, changed: list[Delivery]) -> None:
    """Writes deliveries to the ledger with what follows from them, then moves files accordingly."""
    connection = session.connection
    touched = {one.delivery_id for one in changed}
    with ledger.transaction(connection):
        for delivery in changed:
            ledger.put_delivery(connection, delivery)
            touched |= _replace_earlier_readings(connection, delivery)
            touched |= _replace_revisions(connection, delivery)
        ledger.set_fact(connection, "control_is_stale", "yes")
    fault_point("ledger_committed")
    for delivery_id in sorted(touched):
        place_files(session.home, ledger.read_delivery(connection, delivery_id))


def _replace_earlier_readings(connection: sqlite3.Connection, delivery: Delivery) -> set[str]:
    """Readings of the same arrival under an earlier mapping no longer count."""
    earlier = {
        one.delivery_id
        for one in ledger.read_deliveries(
            connection,
            "receipt_id = ? and delivery_id <> ? and state <> ?",
            [delivery.receipt_id, delivery.delivery_id, REMAPPED],
        )
    }
    ledger.set_state(connection, earlier, REMAPPED)
    return earlier


def _replace_revisions(connection: sqlite3.Connection, delivery: Delivery) -> set[str]:
    """Of the revisions of one complete file (same name, same time of export) the last one counts.

    They could not be told apart by exported_at, so the earlier ones are withdrawn as revised, and
    come back when the later one is withdrawn.
    """
    if delivery.is_exported_at_assumed or any(one.coverage == "delta" for one in delivery.entities):
        return set()
    revisions = [
        one
        for one in ledger.read_deliveries(
            connection,
            "feed_id = ? and source_system = ? and file_name = ? and exported_at = ?"
            " and state in (?, ?)",
            [
                delivery.feed_id,
                delivery.source_system,
                delivery.file_name,
                delivery.exported_at.isoformat(),
                LIVE,
                WITHDRAWN,
            ],
        )
        if one.state == LIVE or is_revised(one)
    ]
    touched = set()
    for position, one in enumerate(revisions):
        is_last = position == len(revisions) - 1
        if is_last != (one.state == LIVE):
            own = tuple(problem for problem in one.problems if problem["code"] != "revised")
            revised = asdict(Finding("revised", one.file_name, revisions[-1].delivery_id))
            problems = own if is_last else (*own, revised)
            state = LIVE if is_last else WITHDRAWN
            ledger.put_delivery(connection, replace(one, state=state, problems=problems))
            touched.add(one.delivery_id)
    return touched


def is_revised(delivery: Delivery) -> bool:
    return any(problem["code"] == "revised" for problem in delivery.problems)


def share_holds(session: Session, delivery: Delivery) -> list[Finding]:
    """Holds that compare counts: too many rows refused, or far fewer than last time."""
    rules = session.home.rules
    holds = []
    for counts in delivery.entities:
        refused, landed = counts.rows_quarantined, counts.rows_landed
        tried = counts.rows_read - counts.rows_filtered
        is_many = refused > tried * rules.hold_quarantine_share
        if is_many and (refused >= QUARANTINE_SHARE_FROM_ROWS or landed == 0):
            detail = f"{counts.entity}: {refused} / {tried}"
            holds.append(Finding("quarantine_share", delivery.file_name, detail))
        before = _previous_full(session, delivery, counts)
        if before is None:
            continue
        rows_before = before.rows_landed + before.rows_quarantined
        if rows_before - (landed + refused) > rows_before * rules.hold_row_drop_share:
            detail = f"{counts.entity}: {rows_before} → {landed + refused}"
            holds.append(Finding("row_drop", delivery.file_name, detail))
    return holds


def _previous_full(
    session: Session, delivery: Delivery, counts: EntityCounts
) -> EntityCounts | None:
    """Counts of the feed's full delivery before this one by exported_at, among those that count."""
    if counts.coverage != "full":
        return None
    before = _last_before(session, delivery, entity=counts.entity, coverage="full")
    found = before.entities if before else ()
    return next((one for one in found if one.entity == counts.entity), None)


def _last_before(session: Session, delivery: Delivery, **facts: str) -> Delivery | None:
    """The feed's last delivery that counts, exported no later than this one.

    facts: file_name of the delivery; entity and coverage, which one of its entities must have.
    """
    where = ["feed_id = ?", "source_system = ?", "exported_at <= ?", "receipt_id <> ?", "state = ?"]
    values = [
        delivery.feed_id,
        delivery.source_system,
        delivery.exported_at.isoformat(),
        delivery.receipt_id,
        LIVE,
    ]
    if "file_name" in facts:
        where.append("file_name = ?")
        values.append(facts["file_name"])
    if "coverage" in facts:
        where.append(
            "delivery_id in"
            " (select delivery_id from delivery_entities where entity = ? and coverage = ?)"
        )
        values += [facts["entity"], facts["coverage"]]
    return ledger.read_latest(session.connection, " and ".join(where), values)


def _diffs(session: Session, delivery: Delivery, aside: Path) -> Iterator[Diff]:
    """Against the last revision of the same name, else the full delivery before."""
    same_name = _last_before(session, delivery, file_name=delivery.file_name)
    for counts in delivery.entities:
        before = same_name
        if before is None and counts.coverage == "full":
            before = _last_before(session, delivery, entity=counts.entity, coverage="full")
        if before is None or counts.entity not in {one.entity for one in before.entities}:
            continue
        old = parquet_of(session.home, before, counts.entity)
        if old.exists():
            new = aside / f"{table_of(counts.entity)}.parquet"
            yield _diff(before.delivery_id, counts.entity, old, new)


def _diff(against: str, entity: str, old: Path, new: Path) -> Diff:
    said = {
        side: (
            pl.read_parquet(path)
            .drop("delivery_id", "source_sheet", "source_row")
            .select("record_key", pl.struct(pl.all()).hash(0).alias("said"))
            .group_by("record_key")
            .agg(pl.col("said").sort())
        )
        for side, path in (("old", old), ("new", new))
    }
    both = said["new"].join(said["old"], on="record_key", how="inner", suffix="_old")
    unchanged = both.filter(pl.col("said") == pl.col("said_old")).height
    return Diff(
        against=against,
        entity=entity,
        added=said["new"].height - both.height,
        changed=both.height - unchanged,
        vanished=said["old"].height - both.height,
        unchanged=unchanged,
    )


def hold(session: Session, delivery: Delivery, finding: Finding) -> None:
    """Takes a delivery out of what counts because its rows can no longer be had."""
    problems = (*delivery.problems, asdict(finding))
    _commit(session, [replace(delivery, state=HELD, problems=problems)])


def restore(session: Session, delivery: Delivery) -> None:
    """Lets a held or withdrawn delivery count."""
    problems = tuple(one for one in delivery.problems if one["code"] != "withdrawn")
    _commit(session, [replace(delivery, state=LIVE, problems=problems)])


def set_withdrawn(session: Session, delivery: Delivery, reason: str) -> None:
    """Takes a delivery out of what counts because somebody said so."""
    own = tuple(one for one in delivery.problems if one["code"] not in ("withdrawn", "revised"))
    finding = asdict(Finding("withdrawn", delivery.file_name, reason))
    _commit(session, [replace(delivery, state=WITHDRAWN, problems=(*own, finding))])


def table_of(entity: str) -> str:
    """The landed table of an entity: billing.plans → billing__plans."""
    return entities()[entity].table


def parquet_of(home: Home, delivery: Delivery, entity: str, state: str | None = None) -> Path:
    """Where the rows of a delivery lie, in its state or another one."""
    name = f"{delivery.delivery_id}-{delivery.mapping_hash}.parquet"
    return home.landed / table_of(entity) / (state or delivery.state) / name


def quarantine_of(home: Home, delivery: Delivery) -> Path:
    """Where the refused cells of a delivery lie, whatever its state."""
    return home.quarantine / f"{delivery.delivery_id}.parquet"


def place_files(home: Home, delivery: Delivery) -> bool:
    """Moves the Parquet files into the folder of the delivery's state; False if one is nowhere."""
    is_whole = quarantine_of(home, delivery).exists() or delivery.state == REMAPPED
    for counts in delivery.entities:
        target = parquet_of(home, delivery, counts.entity)
        for state in (LIVE, HELD, WITHDRAWN, REMAPPED):
            place = parquet_of(home, delivery, counts.entity, state)
            if place != target and place.exists():
                make_folder(target.parent)
                replace_durably(place, target)
        is_whole = is_whole and (target.exists() or delivery.state == REMAPPED)
    return is_whole


def make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
