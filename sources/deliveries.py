"""What callers see of deliveries: the home, the rules, what became of a file and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sources.ledger import Delivery, EntityCounts
from sources.reading import Finding
from sources.reasons import reasons


@dataclass(frozen=True)
class LandingRules:
    """Policy of landing: shares are 0-1; the limits hold for each worker process."""

    business_timezone: str = "Asia/Tokyo"
    hold_row_drop_share: float = 0.30  # of the previous full delivery of the feed
    hold_quarantine_share: float = 0.30  # of the rows read
    worker_memory_bytes: int = 8 * 1024**3
    worker_seconds: float = 900


@dataclass(frozen=True)
class Home:
    """Where one company's deliveries live; `secret` keys the record keys."""

    root: Path
    secret: bytes
    rules: LandingRules = LandingRules()

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def done(self) -> Path:
        return self.inbox / ".done"

    @property
    def mappings(self) -> Path:
        return self.root / "mappings"

    @property
    def originals(self) -> Path:
        return self.root / "originals"

    @property
    def landed(self) -> Path:
        return self.root / "landed"

    @property
    def aside(self) -> Path:
        return self.landed / ".aside"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.sqlite"


@dataclass(frozen=True)
class Problem:
    """Why a delivery is held, or what should be known about it: 何が・どこで・なぜ・どうする."""

    code: str  # of reasons.yml
    where: str  # file, sheet, row, column; never a value of class 2 or above
    detail: str  # facts in no language: headers, ids, shares
    ja: str
    en: str
    remedy_ja: str
    remedy_en: str


@dataclass(frozen=True)
class Diff:
    """Records of a delivery against an earlier one of the same feed, counted by record key."""

    against: str  # delivery_id
    entity: str
    added: int
    changed: int
    vanished: int
    unchanged: int


@dataclass(frozen=True)
class DeliveryResult:
    """What became of one file.

    state: live | held | withdrawn | remapped | repeated | unrecognised.
    """

    state: str
    source_system: str
    file_name: str
    delivery_id: str | None = None
    feed_id: str | None = None
    content_sha256: str | None = None
    encoding: str | None = None
    exported_at: datetime | None = None  # naive UTC
    is_exported_at_assumed: bool = False
    received_at: datetime | None = None  # naive UTC
    entities: tuple[EntityCounts, ...] = ()
    problems: tuple[Problem, ...] = ()  # why it does not count; several may apply
    notes: tuple[Problem, ...] = ()  # what should be known about a file that was taken
    diffs: tuple[Diff, ...] = ()
    nearest_mapping: str | None = None  # of a file no mapping takes
    missing_headers: tuple[str, ...] = ()  # what the nearest mapping would need


@dataclass(frozen=True)
class CheckResult:
    """What would become of a file. `quarantine` holds the first refused cells (values masked)."""

    result: DeliveryResult
    quarantine: tuple[dict, ...]


class LandingRefused(Exception):
    """A request that cannot be fulfilled; the problem says what, where, why and what to do."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.where}: {problem.en} {problem.remedy_en}")
        self.problem = problem


def describe(finding: Finding) -> Problem:
    reason = reasons()[finding.code]
    return Problem(
        finding.code,
        finding.where,
        finding.detail,
        reason.ja,
        reason.en,
        reason.remedy_ja,
        reason.remedy_en,
    )


def describe_all(facts: Iterable[dict]) -> tuple[Problem, ...]:
    return tuple(describe(Finding(**one)) for one in facts)


def result_of(delivery: Delivery, state: str | None = None) -> DeliveryResult:
    return DeliveryResult(
        state=state or delivery.state,
        source_system=delivery.source_system,
        file_name=delivery.file_name,
        delivery_id=delivery.delivery_id,
        feed_id=delivery.feed_id,
        content_sha256=delivery.content_sha256,
        encoding=delivery.encoding,
        exported_at=delivery.exported_at,
        is_exported_at_assumed=delivery.is_exported_at_assumed,
        received_at=delivery.received_at,
        entities=delivery.entities,
        problems=describe_all(delivery.problems),
        notes=describe_all(delivery.notes),
        diffs=tuple(Diff(**one) for one in delivery.diffs),
    )
