"""Everything made again from the originals: after a crash, a lost ledger, a changed mapping."""

import shutil
from dataclasses import dataclass

from sources import ledger, originals
from sources.control import CONTROL_TABLES, SCHEMA_FILE
from sources.deliveries import DeliveryResult, LandingRefused, describe, result_of
from sources.ledger import HELD, LIVE, REMAPPED, WITHDRAWN, Delivery
from sources.originals import Receipt
from sources.reading import Finding, ReadRequest
from sources.session import Session
from sources.settling import (
    hold,
    is_revised,
    parquet_of,
    place_files,
    restore,
    set_withdrawn,
    settle,
)


def receipt_of(session: Session, delivery: Delivery) -> Receipt:
    """The receipt a delivery came with. Raises LandingRefused if the side file is gone."""
    receipt = _find_receipt(session, delivery)
    if receipt is None:
        raise LandingRefused(describe(_damaged(delivery.file_name, delivery.content_sha256)))
    return receipt


def _find_receipt(session: Session, delivery: Delivery) -> Receipt | None:
    receipts = originals.read_receipts(session.home.originals, delivery.content_sha256)
    return next((one for one in receipts if one.receipt_id == delivery.receipt_id), None)


def _damaged(file_name: str, content_sha256: str) -> Finding:
    return Finding("original_damaged", file_name, f"sha256 {content_sha256}")


def present_reading(session: Session, receipt_id: str) -> Delivery:
    """The reading of an arrival under the present mapping."""
    found = ledger.read_deliveries(
        session.connection, "receipt_id = ? and state <> ?", [receipt_id, REMAPPED]
    )
    return found[-1]


def reland_changed(session: Session) -> list[DeliveryResult]:
    """Reads deliveries again whose mapping has changed; those it cannot read stay as they are."""
    results = []
    counting = ledger.read_deliveries(session.connection, "state in (?, ?)", [LIVE, HELD])
    for delivery in sorted(counting, key=lambda one: (one.exported_at, one.received_at)):
        listed = session.catalogue.by_id(delivery.feed_id)
        if listed is not None and listed.hash != delivery.mapping_hash:
            results.append(_reland_delivery(session, delivery))
    return results


def _reland_delivery(session: Session, delivery: Delivery) -> DeliveryResult:
    receipt = _find_receipt(session, delivery)
    if receipt is not None:
        return _reland(session, receipt)
    problem = describe(_damaged(delivery.file_name, delivery.content_sha256))
    return DeliveryResult(HELD, delivery.source_system, delivery.file_name, problems=(problem,))


def _reland(session: Session, receipt: Receipt) -> DeliveryResult:
    """Lands an arrival again from its original, under the present mapping of its feed."""
    home = session.home
    original = originals.path_of(home.originals, receipt.content_sha256)
    if not original.exists() or originals.sha256_of(original) != receipt.content_sha256:
        problem = describe(_damaged(receipt.file_name, receipt.content_sha256))
        return DeliveryResult(HELD, receipt.system, receipt.file_name, problems=(problem,))
    aside = home.aside / receipt.receipt_id
    reading = session.worker.read(
        ReadRequest(
            path=str(original.absolute()),
            system=receipt.system,
            file_name=receipt.file_name,
            file_time=receipt.file_time,
            content_sha256=receipt.content_sha256,
            home_mappings=str(home.mappings),
            business_timezone=home.rules.business_timezone,
            secret=home.secret.hex(),
            aside=str(aside),
            side_files=receipt.side_files,
            feed_id=receipt.feed_id if session.catalogue.by_id(receipt.feed_id) else None,
            allows_no_final_newline="no_final_line_end" in receipt.accepted_codes,
        )
    )
    if reading.status != "read":
        shutil.rmtree(aside, ignore_errors=True)
        return DeliveryResult(
            HELD,
            receipt.system,
            receipt.file_name,
            feed_id=receipt.feed_id,
            content_sha256=receipt.content_sha256,
            received_at=receipt.received_at,
            problems=tuple(describe(one) for one in reading.findings),
        )
    return result_of(settle(session, receipt, reading, aside))


@dataclass(frozen=True)
class Repair:
    """One thing put right; `result` when a delivery was landed again, or could not be."""

    text: str
    result: DeliveryResult | None = None


def reconcile_all(session: Session) -> list[Repair]:
    """Makes folders and ledger agree with the originals."""
    home = session.home
    done = []
    if home.aside.exists() and any(home.aside.iterdir()):
        shutil.rmtree(home.aside)
        done.append(Repair("removed half-written Parquet"))
    if originals.remove_leftovers(home.originals):
        done.append(Repair("removed half-written originals"))
    return done + _reconcile_receipts(session) + _reconcile_files(session)


def _reconcile_receipts(session: Session) -> list[Repair]:
    """Arrivals and decisions the ledger does not know: the originals are the truth."""
    done = []
    by_receipt = {
        one.receipt_id: one
        for one in ledger.read_deliveries(session.connection, "state <> ?", [REMAPPED])
    }
    receipts = sorted(
        originals.read_all_receipts(session.home.originals),
        key=lambda one: (one.received_at, one.system, one.file_name),
    )
    for receipt in receipts:
        delivery = by_receipt.get(receipt.receipt_id)
        if delivery is None:
            result = _reland(session, receipt)
            done.append(Repair(f"landed again: {receipt.file_name} ({result.state})", result))
        elif receipt.is_withdrawn and delivery.state in (LIVE, HELD):
            set_withdrawn(session, delivery, receipt.decisions[-1].reason)
            done.append(Repair(f"withdrawn: {receipt.file_name}"))
        elif not receipt.is_withdrawn and _is_accepted(delivery, receipt):
            restore(session, delivery)
            done.append(Repair(f"accepted: {receipt.file_name}"))
    return done


def _is_accepted(delivery: Delivery, receipt: Receipt) -> bool:
    """Whether a delivery that does not count was accepted with all its problems."""
    codes = {problem["code"] for problem in delivery.problems}
    is_held = delivery.state == HELD and codes <= receipt.accepted_codes
    is_withdrawn = delivery.state == WITHDRAWN and not is_revised(delivery)
    return bool(receipt.decisions) and (is_held or is_withdrawn)


def _reconcile_files(session: Session) -> list[Repair]:
    """Every Parquet file in the folder of its delivery's state, and no other file in live/."""
    home, done = session.home, []
    for delivery in ledger.read_deliveries(session.connection):
        if place_files(home, delivery):
            continue
        result = _reland_delivery(session, delivery)
        done.append(Repair(f"Parquet made again: {delivery.file_name} ({result.state})", result))
        if delivery.state == LIVE and not place_files(home, delivery):
            # A full delivery without its rows would say that everything is gone.
            hold(session, delivery, Finding(result.problems[0].code, delivery.file_name))
    known = ledger.read_deliveries(session.connection)
    expected = {parquet_of(home, one, counts.entity) for one in known for counts in one.entities}
    for state in (LIVE, HELD, WITHDRAWN, REMAPPED):
        for path in home.landed.glob(f"*/{state}/*.parquet"):
            is_own = path.name == SCHEMA_FILE or path.parent.parent.name in CONTROL_TABLES
            if not is_own and path not in expected:
                path.unlink()
                done.append(Repair(f"removed {path.relative_to(home.landed)}"))
    return done
