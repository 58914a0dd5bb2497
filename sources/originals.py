"""Delivered files kept byte for byte under their SHA-256, each with a side file of what is known.

`originals/<first two digits>/<sha256>` holds the bytes, `originals/<sha256>.json` the receipts:
under which name, in which folder and when they came, and what people decided about them. This is
the one state of landing that cannot be made again. Nothing here knows mappings or rows.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sources.fault_points import fault_point

CHUNK = 1 << 20


class ChangedWhileRead(Exception):
    """The file is not the one it was a moment ago: somebody is still writing it."""


@dataclass(frozen=True)
class Decision:
    """What a person decided. action: accept | withdraw; codes: the reasons accepted."""

    action: str
    at: str  # naive UTC, ISO
    reason: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """One arrival of some bytes; times are naive UTC."""

    content_sha256: str
    file_name: str
    system: str
    file_time: datetime
    received_at: datetime
    feed_id: str
    side_files: dict[str, str]
    decisions: tuple[Decision, ...] = ()

    @property
    def receipt_id(self) -> str:
        """16 hex digits: the same bytes under the same name at the same time are one arrival."""
        facts = [self.content_sha256, self.system, self.file_name, self.received_at.isoformat()]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]

    @property
    def accepted_codes(self) -> frozenset[str]:
        return frozenset(code for decision in self.decisions for code in decision.codes)

    @property
    def is_withdrawn(self) -> bool:
        return bool(self.decisions) and self.decisions[-1].action == "withdraw"


def path_of(originals: Path, content_sha256: str) -> Path:
    """Where the bytes lie."""
    return originals / content_sha256[:2] / content_sha256


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def store(originals: Path, source: Path, content_sha256: str) -> None:
    """Copies the bytes in, unless they are there. Raises ChangedWhileRead."""
    target = path_of(originals, content_sha256)
    if target.exists():
        if sha256_of(source) != content_sha256:
            raise ChangedWhileRead(source.name)
        return
    target.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    aside = target.with_name(target.name + ".new")
    digest = hashlib.sha256()
    descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as bytes_in, _private(aside) as bytes_out:
        while chunk := bytes_in.read(CHUNK):
            digest.update(chunk)
            bytes_out.write(chunk)
        bytes_out.flush()
        os.fsync(bytes_out.fileno())
    if digest.hexdigest() != content_sha256:
        aside.unlink()
        raise ChangedWhileRead(source.name)
    fault_point("original_written")
    replace_durably(aside, target)


def add_receipt(originals: Path, receipt: Receipt) -> None:
    """Notes an arrival in the side file, or the decisions about one that is already there."""
    receipts = {one.receipt_id: one for one in read_receipts(originals, receipt.content_sha256)}
    receipts[receipt.receipt_id] = receipt
    facts = {
        "content_sha256": receipt.content_sha256,
        "byte_count": path_of(originals, receipt.content_sha256).stat().st_size,
        "receipts": [_plain(one) for one in receipts.values()],
    }
    target = originals / f"{receipt.content_sha256}.json"
    aside = target.with_suffix(".json.new")
    with _private(aside) as file:
        file.write(json.dumps(facts, ensure_ascii=False, indent=1).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    replace_durably(aside, target)


def decide(originals: Path, receipt: Receipt, decision: Decision) -> Receipt:
    """The receipt with one more decision, written down."""
    decided = replace(receipt, decisions=(*receipt.decisions, decision))
    add_receipt(originals, decided)
    return decided


def read_receipts(originals: Path, content_sha256: str) -> list[Receipt]:
    """The arrivals of some bytes, oldest first."""
    path = originals / f"{content_sha256}.json"
    if not path.exists():
        return []
    facts = json.loads(path.read_text(encoding="utf-8"))
    return [_receipt(content_sha256, one) for one in facts["receipts"]]


def read_all_receipts(originals: Path) -> Iterator[Receipt]:
    """Every arrival there has been."""
    for path in sorted(originals.glob("*.json")):
        yield from read_receipts(originals, path.stem)


def remove_leftovers(originals: Path) -> int:
    """Half-written files of a crash; how many there were."""
    leftovers = [*originals.glob("*.new"), *originals.glob("*/*.new")]
    for path in leftovers:
        path.unlink()
    return len(leftovers)


def replace_durably(aside: Path, target: Path) -> None:
    """Renames a complete file to its name so that the name survives a power cut."""
    aside.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _private(path: Path):
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _plain(receipt: Receipt) -> dict[str, Any]:
    facts = asdict(receipt)
    del facts["content_sha256"]
    for name in ("file_time", "received_at"):
        facts[name] = facts[name].isoformat()
    return facts


def _receipt(content_sha256: str, facts: dict[str, Any]) -> Receipt:
    decisions = tuple(
        Decision(**{**one, "codes": tuple(one["codes"])}) for one in facts.pop("decisions")
    )
    for name in ("file_time", "received_at"):
        facts[name] = datetime.fromisoformat(facts[name])
    return Receipt(content_sha256=content_sha256, decisions=decisions, **facts)
