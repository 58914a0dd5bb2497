"""Deliveries: what happens to a file from the inbox until its rows count, are held or withdrawn.

A delivery goes: read in a worker (Parquet aside) → original kept → receipt written → Parquet into
its folder → ledger → control tables → file out of the inbox. Cut anywhere, the next run comes to
the same end: before the receipt nothing has happened, after it everything can be made again.
This module is the door; the steps are in inbox, settling, reconciling and control.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from sources import ledger, originals
from sources.assistant.proposing import Proposal
from sources.control import ensure_schema, quarantine_table, write_control_tables
from sources.conversion import record_key
from sources.deliveries import (
    CheckResult,
    DeliveryResult,
    Diff,
    Home,
    LandingRefused,
    LandingRules,
    Problem,
    describe,
    result_of,
)
from sources.fault_points import fault_point
from sources.inbox import (
    files_in_inbox,
    forget_gone,
    look_at,
    refused_mappings,
    request_for,
    require_system_folder,
    take,
    waiting_result,
)
from sources.ledger import HELD, LIVE, REMAPPED, Delivery, EntityCounts
from sources.originals import Decision
from sources.reading import Finding, Reading, ReadRequest
from sources.reasons import reasons
from sources.reconciling import present_reading, receipt_of, reconcile_all, reland_changed
from sources.session import Session, open_session
from sources.settling import is_revised, restore, set_withdrawn, share_holds

__all__ = [
    "CheckResult",
    "DeliveryResult",
    "Diff",
    "EntityCounts",
    "Home",
    "LandingRefused",
    "LandingRules",
    "Problem",
    "accept",
    "check",
    "deliver",
    "deliveries",
    "ensure_schema",
    "land_inbox",
    "propose",
    "reconcile",
    "record_key",
    "rejects",
    "withdraw",
]


# Called with what is being done, how many files are done and how many there are.
Progress = Callable[[str, int, int], None]


def deliver(
    home: Home, path: Path, *, received_at: datetime, progress: Progress | None = None
) -> DeliveryResult:
    """Takes one file lying in inbox/<system>/. received_at: aware or naive UTC.

    Raises LandingRefused if the path is not in a system's folder of the inbox.
    """
    with open_session(home) as session:
        require_system_folder(home, path)
        if progress:
            progress(path.name, 0, 1)
        result = take(session, path, _naive_utc(received_at))
        write_control_tables(session)
        return result


def land_inbox(
    home: Home, *, now: datetime, progress: Progress | None = None
) -> list[DeliveryResult]:
    """Reconciles, re-lands what a changed mapping concerns, then takes every file in the inbox.

    Files that stay in the inbox (held there or unrecognised) are among the results each time.
    """
    received_at = _naive_utc(now)
    with open_session(home) as session:
        repaired = [one.result for one in reconcile_all(session) if one.result]
        results = [one for one in repaired if one.state == HELD]
        results += refused_mappings(session) + reland_changed(session)
        files = files_in_inbox(session)
        forget_gone(session, files)
        for done, path in enumerate(files):
            if progress:
                progress(path.name, done, len(files))
            results.append(take(session, path, received_at))
        write_control_tables(session)
    if progress:
        progress("", len(files), len(files))
    return results


def check(home: Home, path: Path, mapping: Path | str | None = None) -> CheckResult:
    """What would load and what would be refused; stores nothing. mapping: an id or a YAML file.

    The file may lie anywhere; outside the inbox its folder's name stands for the system.
    """
    file = look_at(path)
    if isinstance(file, Finding):
        result = DeliveryResult(
            HELD, path.absolute().parent.name, path.name, problems=(describe(file),)
        )
        return CheckResult(result, ())
    with open_session(home, stores=False) as session:
        request = request_for(session, path, path.absolute().parent.name, file)
        if isinstance(mapping, Path):
            request = replace(request, mapping_file=str(mapping))
        elif mapping is not None:
            if session.catalogue.by_id(mapping) is None:
                raise LandingRefused(describe(Finding("unknown_mapping", mapping)))
            request = replace(request, feed_id=mapping)
        reading = session.worker.read(request)
        refused = tuple(_explained(cell, request.file_name) for cell in reading.quarantine)
        return CheckResult(_checked(session, request, reading), refused)


def propose(
    home: Home, path: Path, *, entity: str | None = None, answers: Sequence[str] = ()
) -> Proposal:
    """What mapping a file needs, with the evidence; stores nothing. answers: `column=answer`."""
    file = look_at(path)
    if isinstance(file, Finding):
        return Proposal("refused", path.name, (file,))
    with open_session(home, stores=False) as session:
        request = request_for(session, path, path.absolute().parent.name, file)
        # known bytes are looked at like any others
        request = replace(request, known_ids=(), feeds_known_without_time=())
        return session.worker.propose(request, entity, answers)


def deliveries(home: Home) -> list[DeliveryResult]:
    """Every delivery in the ledger, oldest received first, then what waits in the inbox."""
    with ledger.open_ledger(home.ledger) as connection:
        found = [result_of(one) for one in ledger.read_deliveries(connection)]
        return found + [waiting_result(one) for one in ledger.read_waiting(connection).values()]


def accept(home: Home, delivery_id: str, *, now: datetime | None = None) -> DeliveryResult:
    """Lets a held or withdrawn delivery count, whatever it was held for.

    Raises LandingRefused if there is none, or it cannot count (a file that cannot be read).
    """
    with open_session(home) as session:
        delivery = ledger.read_delivery(session.connection, delivery_id)
        if delivery is None:
            result = _accept_waiting(session, delivery_id, _moment(now))
        else:
            result = _accept(session, delivery, _moment(now))
        write_control_tables(session)
        return result


def withdraw(
    home: Home, delivery_id: str, reason: str, *, now: datetime | None = None
) -> DeliveryResult:
    """Takes a delivery out of what counts; the original and its Parquet are kept.

    Raises LandingRefused if there is no such delivery.
    """
    with open_session(home) as session:
        delivery = ledger.read_delivery(session.connection, delivery_id)
        if delivery is None or delivery.state == REMAPPED:
            raise LandingRefused(describe(Finding("unknown_delivery", delivery_id)))
        receipt = receipt_of(session, delivery)
        decision = Decision("withdraw", _moment(now).isoformat(), reason)
        originals.decide(home.originals, receipt, decision)
        fault_point("decision_written")
        set_withdrawn(session, delivery, reason)
        write_control_tables(session)
        return result_of(ledger.read_delivery(session.connection, delivery_id))


def rejects(home: Home, delivery_id: str | None = None) -> pl.DataFrame:
    """Refused cells (as control__quarantine) of the live deliveries, or of one in any state."""
    with ledger.open_ledger(home.ledger) as connection:
        if delivery_id is None:
            asked = ledger.read_deliveries(connection, "state = ?", [LIVE])
        else:
            asked = ledger.read_deliveries(connection, "delivery_id = ?", [delivery_id])
        return quarantine_table(home, asked)


def reconcile(home: Home) -> list[str]:
    """Makes folders and ledger agree after a crash; returns what was put right (for the log)."""
    with open_session(home) as session:
        done = reconcile_all(session)
        write_control_tables(session)
        return [one.text for one in done]


def _explained(cell: dict, file_name: str) -> dict:
    """A refused cell in the words of control__quarantine."""
    reason = reasons()[cell["reason_code"]]
    return cell | {
        "file_name": file_name,
        "message_ja": reason.ja,
        "message_en": reason.en,
        "remedy_ja": reason.remedy_ja,
        "remedy_en": reason.remedy_en,
    }


def _naive_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _moment(now: datetime | None) -> datetime:
    """When a person decided something: said by the caller, else now (naive UTC)."""
    return _naive_utc(now or datetime.now(UTC))


def _accept(session: Session, delivery: Delivery, now: datetime) -> DeliveryResult:
    if delivery.state == REMAPPED:
        raise LandingRefused(describe(Finding("unknown_delivery", delivery.delivery_id)))
    if is_revised(delivery):
        newer = next(one["detail"] for one in delivery.problems if one["code"] == "revised")
        raise LandingRefused(describe(Finding("revised", delivery.file_name, newer)))
    if delivery.state != LIVE:
        codes = {problem["code"] for problem in delivery.problems} - {"withdrawn"}
        decision = Decision("accept", now.isoformat(), codes=tuple(sorted(codes)))
        originals.decide(session.home.originals, receipt_of(session, delivery), decision)
        fault_point("decision_written")
        restore(session, delivery)
        reland_changed(session)
    return result_of(present_reading(session, delivery.receipt_id))


def _accept_waiting(session: Session, delivery_id: str, now: datetime) -> DeliveryResult:
    """The one thing that can be accepted of an unread file: that its last line has no end."""
    for waiting in ledger.read_waiting(session.connection).values():
        if waiting.result["delivery_id"] != delivery_id:
            continue
        codes = {problem["code"] for problem in waiting.result["problems"]}
        if codes == {"no_final_line_end"}:
            path = session.home.inbox / waiting.path
            return take(session, path, now, accepted=frozenset(codes))
        raise LandingRefused(waiting_result(waiting).problems[0])
    raise LandingRefused(describe(Finding("unknown_delivery", delivery_id)))


def _checked(session: Session, request: ReadRequest, reading: Reading) -> DeliveryResult:
    """The result a delivery of this file would have."""
    holds = list(reading.findings)
    state = {"refused": HELD, "unrecognised": "unrecognised", "repeated": "repeated"}.get(
        reading.status, LIVE
    )
    if reading.status == "read":
        would_be = Delivery(
            delivery_id=reading.delivery_id,
            feed_id=reading.feed_id,
            mapping_hash=reading.mapping_hash,
            content_sha256=request.content_sha256,
            source_system=reading.source_system,
            file_name=request.file_name,
            encoding=reading.encoding,
            exported_at=reading.exported_at,
            is_exported_at_assumed=reading.is_exported_at_assumed,
            received_at=request.file_time,
            receipt_id="",
            state=LIVE,
            entities=reading.entities,
        )
        holds += share_holds(session, would_be)
        state = HELD if holds else LIVE
    return DeliveryResult(
        state=state,
        source_system=reading.source_system or request.system,
        file_name=request.file_name,
        delivery_id=reading.delivery_id,
        feed_id=reading.feed_id,
        content_sha256=request.content_sha256,
        encoding=reading.encoding,
        exported_at=reading.exported_at,
        is_exported_at_assumed=reading.is_exported_at_assumed,
        entities=reading.entities,
        problems=tuple(describe(one) for one in holds),
        notes=tuple(describe(one) for one in reading.notes),
        nearest_mapping=reading.nearest_mapping,
        missing_headers=reading.missing_headers,
    )
