"""Everything made again from the originals: after a crash, a lost ledger, a changed mapping."""

import shutil

from sources import ledger, originals
from sources.control import CONTROL_TABLES, SCHEMA_FILE
from sources.deliveries import DeliveryResult, LandingRefused, describe, result_of
from sources.ledger import HELD, LIVE, REMAPPED, WITHDRAWN, Delivery
from sources.originals import Receipt
from sources.reading import Finding, ReadRequest
from sources.session import Session
from sources.settling import is_revised, parquet_of, place_files, restore, set_withdrawn, settle


def receipt_of(session: Session, delivery: Delivery) -> Receipt:
    receipts = originals.read_receipts(session.home.originals, delivery.content_sha256)
    for receipt in receipts:
        if receipt.receipt_id == delivery.receipt_id:
            return receipt
    raise LandingRefused(describe(Finding("original_damaged", delivery.file_name)))


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
            results.append(reland(session, receipt_of(session, delivery)))
    return results


def reland(session: Session, receipt: Receipt) -> DeliveryResult:
    """Lands an arrival again from its original, under the present mapping of its feed."""
    home = session.home
    original = originals.path_of(home.originals, receipt.content_sha256)
    if not original.exists() or originals.sha256_of(original) != receipt.content_sha256:
        finding = Finding("original_damaged", receipt.file_name, receipt.content_sha256)
        return DeliveryResult(
            HELD, receipt.system, receipt.file_name, problems=(describe(finding),)
        )
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


def reconcile_all(session: Session) -> list[str]:
    home = session.home
    done = []
    if home.aside.exists() and any(home.aside.iterdir()):
        shutil.rmtree(home.aside)
        done.append("removed half-written Parquet")
    if originals.remove_leftovers(home.originals):
        done.append("removed half-written originals")
    done += _reconcile_receipts(session)
    done += _reconcile_files(session)
    return done


def _reconcile_receipts(session: Session) -> list[str]:
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
            result = reland(session, receipt)
            done.append(f"landed again: {receipt.file_name} ({result.state})")
        elif receipt.is_withdrawn and delivery.state in (LIVE, HELD):
            set_withdrawn(session, delivery, receipt.decisions[-1].reason)
            done.append(f"withdrawn: {receipt.file_name}")
        elif receipt.decisions and not receipt.is_withdrawn and _waits_for_accept(delivery):
            restore(session, delivery)
            done.append(f"accepted: {receipt.file_name}")
    return done


def _waits_for_accept(delivery: Delivery) -> bool:
    is_withdrawn = delivery.state == WITHDRAWN and not is_revised(delivery)
    return delivery.state == HELD or is_withdrawn


def _reconcile_files(session: Session) -> list[str]:
    """Every Parquet file in the folder of its delivery's state, and no other file in live/."""
    home, done = session.home, []
    known = ledger.read_deliveries(session.connection)
    for delivery in known:
        if not place_files(home, delivery):
            result = reland(session, receipt_of(session, delivery))
            done.append(f"Parquet made again: {delivery.file_name} ({result.state})")
    known = ledger.read_deliveries(session.connection)
    expected = {parquet_of(home, one, counts.entity) for one in known for counts in one.entities}
    for state in (LIVE, HELD, WITHDRAWN, REMAPPED):
        for path in home.landed.glob(f"*/{state}/*.parquet"):
            is_own = path.name == SCHEMA_FILE or path.parent.parent.name in CONTROL_TABLES
            if not is_own and path not in expected:
                path.unlink()
                done.append(f"removed {path.relative_to(home.landed)}")
    return done
