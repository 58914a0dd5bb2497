"""Files in the inbox: which are meant, what each one turns out to be, where it goes afterwards.

Only regular files below inbox/<system>/ are looked into. What cannot be read, is recognised by no
mapping or holds forbidden data stays where it lies; nothing of it is written but the answer.
"""

import hashlib
import json
import os
import shutil
import stat
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sources import ledger, originals
from sources.catalogue import Catalogue
from sources.deliveries import (
    DeliveryResult,
    Home,
    LandingRefused,
    describe,
    describe_all,
    result_of,
)
from sources.fault_points import fault_point
from sources.ledger import HELD, REMAPPED, Delivery, Waiting
from sources.originals import ChangedWhileRead, Decision, Receipt
from sources.reading import Finding, Reading, ReadRequest
from sources.session import Session
from sources.settling import make_folder, settle

# Files a program is still writing, or that belong to the desktop.
UNFINISHED_SUFFIXES = (".part", ".partial", ".tmp", ".crdownload", ".download", ".filepart")


# `x.csv.done` says that `x.csv` is complete; it goes where its file goes.
MARKER_SUFFIX = ".done"
NOT_DELIVERIES = ("thumbs.db", "desktop.ini")


# Said about the moment, not about the file: asked again next time.
TRANSIENT_CODES = {"changed_while_read", "took_too_long", "reader_died", "reader_failed"}


@dataclass(frozen=True)
class File:
    """A regular file as it is now; file_time is naive UTC."""

    content_sha256: str
    file_time: datetime


def require_system_folder(home: Home, path: Path) -> None:
    if path.absolute().parent.parent != home.inbox.absolute() or path.parent.name.startswith("."):
        raise LandingRefused(describe(Finding("not_in_inbox", path.name)))


def files_in_inbox(session: Session) -> list[Path]:
    """What lies in inbox/<system>/ (and by mistake in inbox/ itself), by system and name."""
    inbox = session.home.inbox
    if not inbox.is_dir():
        return []
    side_suffixes = _side_suffixes(session.catalogue)
    folders = [inbox, *(one for one in inbox.iterdir() if one.is_dir() and not one.is_symlink())]
    return sorted(
        path
        for folder in folders
        if folder == inbox or not folder.name.startswith(".")
        for path in folder.iterdir()
        if _is_meant(path, side_suffixes) and not (folder == inbox and path.is_dir())
    )


def _is_meant(path: Path, side_suffixes: tuple[str, ...]) -> bool:
    name = path.name.lower()
    return not (
        name.startswith((".", "~$"))
        or name.endswith((*UNFINISHED_SUFFIXES, MARKER_SUFFIX))
        or name in NOT_DELIVERIES
        or (side_suffixes and path.name.endswith(side_suffixes))
    )


def _side_suffixes(catalogue: Catalogue) -> tuple[str, ...]:
    """What the names of side files end with, as the mappings declare it."""
    places = (place for one in catalogue.listed for place in one.mapping.exported_at)
    return tuple(sorted({place.side_file for place in places if place.side_file}))


def look_at(path: Path) -> File | Finding:
    """The file's content hash and time; a finding if it is no regular file or cannot be opened."""
    try:
        # Links, pipes and devices are never followed or waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as problem:
        is_link = path.is_symlink()
        code = "not_a_regular_file" if is_link else "cannot_open"
        return Finding(code, path.name, "" if is_link else os.strerror(problem.errno))
    facts = os.fstat(descriptor)
    if not stat.S_ISREG(facts.st_mode):
        os.close(descriptor)
        return Finding("not_a_regular_file", path.name)
    with os.fdopen(descriptor, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    file_time = datetime.fromtimestamp(facts.st_mtime, UTC).replace(tzinfo=None, microsecond=0)
    return File(digest, file_time)


def take(
    session: Session, path: Path, received_at: datetime, accepted: frozenset[str] = frozenset()
) -> DeliveryResult:
    """One file of the inbox to its end: landed, held, a no-op, or left where it lies."""
    home = session.home
    place = path.relative_to(home.inbox).as_posix()
    if path.parent == home.inbox:
        return _left(path, "", Finding("no_system_folder", path.name))
    system = path.parent.name
    file = look_at(path)
    if isinstance(file, Finding):
        return _left(path, system, file)
    waiting = ledger.read_waiting_at(session.connection, place)
    if waiting and not accepted and _is_answered(session, waiting, file):
        return waiting_result(waiting)

    request = request_for(session, path, system, file)
    aside = home.aside / file.content_sha256[:16]
    request = replace(
        request,
        aside=str(aside),
        allows_no_final_newline="no_final_line_end" in accepted,
    )
    reading = session.worker.read(request)
    fault_point("aside_written")
    if reading.status in ("refused", "unrecognised"):
        shutil.rmtree(aside, ignore_errors=True)
        return _leave(session, place, request, reading)
    if reading.status == "repeated":
        result = _repeated(session, request, reading)
    else:
        receipt = _receipt(session, request, reading, received_at, accepted)
        try:
            originals.store(home.originals, path, file.content_sha256)
        except ChangedWhileRead:
            shutil.rmtree(aside, ignore_errors=True)
            return _left(path, system, Finding("changed_while_read", path.name))
        except OSError as problem:
            shutil.rmtree(aside, ignore_errors=True)
            finding = Finding("cannot_store", path.name, os.strerror(problem.errno))
            return _left(path, system, finding)
        originals.add_receipt(home.originals, receipt)
        fault_point("receipt_written")
        result = result_of(settle(session, receipt, reading, aside))
    ledger.delete_waiting(session.connection, place)
    _move_to_done(session, path, received_at, request)
    return result


def _left(path: Path, system: str, finding: Finding) -> DeliveryResult:
    """The answer for what lies in the inbox and is not even looked into."""
    return DeliveryResult(HELD, system, path.name, problems=(describe(finding),))


def request_for(session: Session, path: Path, system: str, file: File) -> ReadRequest:
    known = [
        one
        for one in ledger.read_deliveries(
            session.connection, "content_sha256 = ? and state <> ?", [file.content_sha256, REMAPPED]
        )
        if one.source_system == system or not _is_folder_system(session, one)
    ]
    return ReadRequest(
        path=str(path.absolute()),
        system=system,
        file_name=path.name,
        file_time=file.file_time,
        content_sha256=file.content_sha256,
        home_mappings=str(session.home.mappings),
        business_timezone=session.home.rules.business_timezone,
        secret=session.home.secret.hex(),
        side_files=_side_files(session, path),
        landed=str(session.home.landed),
        known_ids=tuple(one.delivery_id for one in known),
        # Without a time of its own, the same content again is the same export copied again.
        feeds_known_without_time=tuple(one.feed_id for one in known),
    )


def _is_folder_system(session: Session, delivery: Delivery) -> bool:
    listed = session.catalogue.by_id(delivery.feed_id)
    return listed is None or listed.mapping.source_system is None


def _side_files(session: Session, path: Path) -> dict[str, str]:
    """Texts of the side files beside a file, by suffix."""
    found = {}
    for suffix in _side_suffixes(session.catalogue):
        beside = path.with_name(path.name + suffix)
        if beside.is_file() and not beside.is_symlink():
            found[suffix] = beside.read_text(encoding="utf-8", errors="replace")
    return found


def _is_answered(session: Session, waiting: Waiting, file: File) -> bool:
    return (
        waiting.content_sha256 == file.content_sha256
        and waiting.catalogue_hash == session.catalogue.fingerprint
    )


def _leave(session: Session, place: str, request: ReadRequest, reading: Reading) -> DeliveryResult:
    """Leaves a file in the inbox and remembers why, unless the reason may be gone next time."""
    facts = {
        "state": HELD if reading.status == "refused" else "unrecognised",
        "source_system": reading.source_system or request.system,
        "file_name": request.file_name,
        "delivery_id": reading.delivery_id or _waiting_id(request),
        "feed_id": reading.feed_id,
        "content_sha256": request.content_sha256,
        "problems": [asdict(one) for one in reading.findings],
        "nearest_mapping": reading.nearest_mapping,
        "missing_headers": list(reading.missing_headers),
    }
    waiting = Waiting(place, request.content_sha256, session.catalogue.fingerprint, facts)
    if not {one.code for one in reading.findings} & TRANSIENT_CODES:
        ledger.put_waiting(session.connection, waiting)
    return waiting_result(waiting)


def _waiting_id(request: ReadRequest) -> str:
    """An id to speak of a file that is not a delivery yet."""
    facts = [request.content_sha256, request.system, request.file_name]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def waiting_result(waiting: Waiting) -> DeliveryResult:
    facts = dict(waiting.result)
    facts["problems"] = describe_all(facts["problems"])
    facts["missing_headers"] = tuple(facts["missing_headers"])
    return DeliveryResult(**facts)


def _repeated(session: Session, request: ReadRequest, reading: Reading) -> DeliveryResult:
    """The answer for content that is there already, under whatever name."""
    first = ledger.read_delivery(session.connection, reading.delivery_id)
    if first is None:
        first = next(
            one
            for one in ledger.read_deliveries(
                session.connection, "content_sha256 = ?", [request.content_sha256]
            )
            if one.feed_id == reading.feed_id and one.state != REMAPPED
        )
    note = Finding("already_landed", request.file_name, f"{first.file_name} ({first.state})")
    result = result_of(first, "repeated")
    return replace(result, file_name=request.file_name, notes=(describe(note),))


def _receipt(
    session: Session,
    request: ReadRequest,
    reading: Reading,
    received_at: datetime,
    accepted: frozenset[str],
) -> Receipt:
    """The receipt of this arrival: one left by a run that was cut short, or a new one."""
    known = {
        one.receipt_id
        for one in ledger.read_deliveries(
            session.connection, "content_sha256 = ?", [request.content_sha256]
        )
    }
    for earlier in originals.read_receipts(session.home.originals, request.content_sha256):
        is_same = (earlier.system, earlier.file_name) == (request.system, request.file_name)
        if is_same and earlier.receipt_id not in known:
            return earlier
    decisions = ()
    if accepted:
        at = received_at.isoformat()
        decisions = (Decision("accept", at, codes=tuple(sorted(accepted))),)
    return Receipt(
        content_sha256=request.content_sha256,
        file_name=request.file_name,
        system=request.system,
        file_time=request.file_time,
        received_at=received_at,
        feed_id=reading.feed_id,
        side_files=request.side_files,
        decisions=decisions,
    )


def _move_to_done(
    session: Session, path: Path, received_at: datetime, request: ReadRequest
) -> None:
    zone = ZoneInfo(session.home.rules.business_timezone)
    day = received_at.replace(tzinfo=UTC).astimezone(zone).date().isoformat()
    folder = session.home.done / day / path.parent.name
    make_folder(folder)
    for suffix in ("", MARKER_SUFFIX, *request.side_files):
        source = path.with_name(path.name + suffix)
        target = folder / source.name
        if target.exists():
            target = folder / f"{source.stem}-{request.content_sha256[:8]}{source.suffix}"
        if source.exists():
            source.replace(target)
    fault_point("inbox_moved")


def forget_gone(session: Session, files: list[Path]) -> None:
    """Files that waited and were taken away by somebody."""
    there = {path.relative_to(session.home.inbox).as_posix() for path in files}
    for place in ledger.read_waiting(session.connection).keys() - there:
        ledger.delete_waiting(session.connection, place)


def refused_mappings(session: Session) -> list[DeliveryResult]:
    """The company's mappings that cannot be used, as held entries: their files wait for them."""
    return [
        DeliveryResult(
            HELD,
            "",
            refused.file,
            problems=(
                describe(Finding("mapping_refused", f"{refused.file}: {refused.key}", refused.en)),
            ),
        )
        for refused in session.catalogue.refused
    ]
