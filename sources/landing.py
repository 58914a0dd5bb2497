"""Deliveries: what happens to a file from the inbox until its rows count, are held or withdrawn.

Originals are kept byte for byte under their SHA-256 with a side file of what is known about them;
the ledger and every Parquet file below landed/ can be made again from those.
How a vendor's columns are read belongs in mapping.py and conversion.py, not here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path


@dataclass(frozen=True)
class LandingRules:
    """Policy of landing: shares are 0-1; the limits hold for each worker process."""

    business_timezone: str = "Asia/Tokyo"
    hold_row_drop_share: float = 0.30  # of the previous full delivery of the feed
    hold_quarantine_share: float = 0.30  # of the rows read
    worker_memory_bytes: int = 8 * 1024**3
    worker_seconds: int = 900


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
    def mappings(self) -> Path:
        return self.root / "mappings"

    @property
    def originals(self) -> Path:
        return self.root / "originals"

    @property
    def landed(self) -> Path:
        return self.root / "landed"

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
    ja: str
    en: str
    remedy_ja: str
    remedy_en: str


@dataclass(frozen=True)
class EntityCounts:
    """Rows of one delivery for one entity: read = landed + quarantined + repeated + filtered."""

    entity: str
    coverage: str  # full | delta | full_within
    coverage_column: str | None
    covers_from: date | None
    covers_to: date | None
    history: str  # segments | events | snapshot
    rows_read: int
    rows_landed: int
    rows_quarantined: int
    rows_repeated: int
    rows_filtered: int


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
    """What became of one file. state: live | held | withdrawn | repeated | unrecognised."""

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
    problems: tuple[Problem, ...] = ()  # why held or unrecognised; several may apply
    notes: tuple[Problem, ...] = ()  # what should be known about a file that was taken
    diffs: tuple[Diff, ...] = ()
    nearest_mapping: str | None = None  # of an unrecognised file
    missing_headers: tuple[str, ...] = ()  # what the nearest mapping would need


@dataclass(frozen=True)
class CheckResult:
    """What would become of a file. `quarantine` holds the first refused cells (values masked)."""

    result: DeliveryResult
    quarantine: tuple[dict, ...]


# Called with what is being done, how many files are done and how many there are.
Progress = Callable[[str, int, int], None]


def deliver(
    home: Home, path: Path, *, received_at: datetime, progress: Progress | None = None
) -> DeliveryResult:
    """Takes one file lying in inbox/<system>/. received_at: aware or naive UTC."""
    raise NotImplementedError


def land_inbox(
    home: Home, *, now: datetime, progress: Progress | None = None
) -> list[DeliveryResult]:
    """Reconciles, re-lands what a changed mapping concerns, then takes every file in the inbox."""
    raise NotImplementedError


def check(home: Home, path: Path, mapping: Path | str | None = None) -> CheckResult:
    """What would load and what would be refused; stores nothing. mapping: an id or a YAML file."""
    raise NotImplementedError


def deliveries(home: Home) -> Sequence[DeliveryResult]:
    """Every delivery in the ledger, oldest received first."""
    raise NotImplementedError


def accept(home: Home, delivery_id: str) -> DeliveryResult:
    """Lets a held (or withdrawn) delivery count. Raises LandingRefused if it cannot be."""
    raise NotImplementedError


def withdraw(home: Home, delivery_id: str, reason: str) -> DeliveryResult:
    """Takes a delivery out of what counts; the original and its Parquet are kept."""
    raise NotImplementedError


def reconcile(home: Home) -> list[str]:
    """Makes folders and ledger agree after a crash; returns what was put right (for the log)."""
    raise NotImplementedError


def ensure_schema(home: Home) -> None:
    """Writes a zero-row Parquet with the declared schema into every live/ folder."""
    raise NotImplementedError
