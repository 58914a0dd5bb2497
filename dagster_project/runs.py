"""One run of one home: its lock, folder and dbt process, and the report of what became of it."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

from dagster_project import dbt_code, disk, lock
from dagster_project.dbt_build import Dbt, open_dbt
from dagster_project.messages import KeizokuError
from dagster_project.settings import Settings, canonical_json, json_lines

WAIT_FOR_RUN_SECONDS = 3600
KEPT_BUILDS = 2
REPORT_NAME = "report.json"


class Reporter(Protocol):
    """Where a run tells people what it is doing."""

    def phase(self, name: str) -> None:
        """A phase begins: land, plan, staging, identity, cash, marts, forecast,
        forecasts, publish."""

    def progress(self, text: str, done: int, total: int) -> None:
        """`done` of `total` things of the phase are done; `text` is the one at hand."""

    def note(self, code: str, **values: Any) -> None:
        """A sentence of the catalogue."""


@dataclass(frozen=True)
class Request:
    """What a run is asked for. as_of None: yesterday; known_at None: everything received."""

    as_of: date | None = None
    known_at: datetime | None = None
    is_forced: bool = False


@dataclass(frozen=True)
class Plan:
    """What a run builds; `version` names the published one when nothing is new."""

    as_of_date: str
    known_at: str | None
    input_fingerprint: str
    is_needed: bool
    version: str | None


@dataclass
class Report:
    """What became of a run. outcome: running | published | nothing_new | failed | incomplete."""

    run_id: str
    started_at: str
    finished_at: str | None = None
    outcome: str = "running"
    as_of_date: str | None = None
    known_at: str | None = None
    version: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    failed_tests: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, Any] | None = None

    @property
    def held(self) -> list[dict[str, Any]]:
        """Files of this run that do not count: held, or recognised by no mapping."""
        return [one for one in self.deliveries if one["state"] in ("held", "unrecognised")]


@dataclass
class Run:
    """One run that holds the home's lock; made by open_run()."""

    settings: Settings
    reporter: Reporter
    report: Report
    plan: Plan | None = None
    _stack: ExitStack = field(default_factory=ExitStack)
    _dbt: Dbt | None = None
    _parse: Path | None = None
    _manifest: dict[str, Any] | None = None

    @property
    def folder(self) -> Path:
        return self.settings.build / self.report.run_id

    @property
    def build_db(self) -> Path:
        # The stem becomes the catalog's name: always the same, and no schema is called like it.
        return self.folder / "warehouse.duckdb"

    @property
    def control(self) -> Path:
        """What the marts are given besides data: a folder of Parquet files per table."""
        return self.folder / "control"

    @property
    def manifest(self) -> dict[str, Any]:
        """dbt's manifest of the code as it was when the run first asked."""
        if self._manifest is None:
            self._parse = dbt_code.prepare_parse(self.settings.dbt_dir, self.settings.build)
            self._manifest = dbt_code.read_manifest(self._parse)
        return self._manifest

    def dbt(self) -> Dbt:
        """The run's dbt process, started when first asked for. Raises `plan_missing`."""
        if self._dbt is None:
            if self.plan is None:
                raise KeizokuError("plan_missing", where=self.report.run_id)
            assert self.manifest
            self._dbt = self._stack.enter_context(
                open_dbt(
                    dbt_dir=self.settings.dbt_dir,
                    target_dir=self.folder / "dbt",
                    parse=self._parse,
                    build_db=self.build_db,
                    log_file=self.folder / "dbt.log",
                    variables=self.settings.policy
                    | {
                        "as_of_date": self.plan.as_of_date,
                        "known_at": self.plan.known_at,
                        "landed_dir": str(self.settings.landed),
                        "identity_dir": str(self.settings.identity),
                        "cash_dir": str(self.settings.cash),
                        "control_dir": str(self.control),
                        "policy_id": self.settings.policy_id,
                    },
                )
            )
        return self._dbt


@contextmanager
def open_run(
    settings: Settings, run_id: str, purpose: str, reporter: Reporter, *, now: datetime
) -> Iterator[Run]:
    """Takes the home's lock (waiting for another run, and saying so) and opens a run.

    The report is written at every phase and when the block ends, also to build/last_run.json.
    """
    with lock.hold(
        settings.run_lock,
        purpose,
        wait_seconds=WAIT_FOR_RUN_SECONDS,
        on_wait=lambda holder: reporter.note("waiting_for_run", **lock.describe(holder)),
    ):
        run = Run(settings, reporter, Report(run_id=run_id, started_at=utc_text(now)))
        run.folder.mkdir(parents=True, exist_ok=True)
        write_report(run)
        try:
            with run._stack:
                yield run
        finally:
            if run.report.error:
                run.report.outcome = "failed"
            elif run.report.outcome == "running":
                run.report.outcome = "incomplete"
            run.report.finished_at = utc_text(datetime.now(UTC))
            write_report(run)
            _remember(settings, run.report)
            _remove_old_builds(settings)


@contextmanager
def phase(run: Run, name: str) -> Iterator[None]:
    """Times a phase and keeps in the report why it failed, if it does."""
    run.reporter.phase(name)
    begun = time.perf_counter()
    try:
        yield
    except KeizokuError as error:
        run.report.error = {"code": error.code, "where": error.where, "values": error.values}
        raise
    except Exception as error:
        told = disk.told(error, run.settings.root) or KeizokuError(
            "unexpected", where=name, detail=f"{type(error).__name__}: {error}"
        )
        run.report.error = {"code": told.code, "where": told.where, "values": told.values}
        raise
    except BaseException:  # Ctrl-C, or Dagster's word for it
        run.report.error = {"code": "interrupted", "where": name, "values": {}}
        raise
    finally:
        run.report.seconds[name] = round(time.perf_counter() - begun, 2)
        write_report(run)


def write_report(run: Run) -> None:
    """Writes the report into the run's folder and as the home's last run."""
    text = json.dumps(asdict(run.report), ensure_ascii=False, indent=2, default=str)
    for path in (run.folder / REPORT_NAME, run.settings.last_run_file):
        aside = path.with_suffix(".new")
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)


def read_report(path: Path) -> Report | None:
    """A report as written, None when there is none."""
    try:
        return Report(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def read_history(settings: Settings) -> list[dict[str, Any]]:
    """What became of every run, the latest first: a Report without its deliveries, with `held`.

    Runs of a home older than this record are known from the kept build folders only. A line that
    cannot be read is left out.
    """
    try:
        lines = json_lines(settings.run_history.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        lines = []
    known: dict[str, dict[str, Any]] = {}
    for path in settings.build.glob(f"*/{REPORT_NAME}"):
        if report := read_report(path):
            known[report.run_id] = _remembered(report)
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):
            told = json.loads(line)
            known[told["run_id"]] = told
    return sorted(known.values(), key=lambda told: told["started_at"], reverse=True)


def _remember(settings: Settings, report: Report) -> None:
    """Adds a run to the home's record; a full disk must not hide how the run ended."""
    with suppress(OSError):
        settings.run_history.parent.mkdir(exist_ok=True)
        with settings.run_history.open("a", encoding="utf-8") as lines:
            lines.write(canonical_json(_remembered(report)) + "\n")


def _remembered(report: Report) -> dict[str, Any]:
    told = asdict(report) | {"held": len(report.held)}
    del told["deliveries"]
    return told


def report_of(settings: Settings, run_id: str) -> Report | None:
    """The report of that run."""
    return read_report(settings.build / run_id / REPORT_NAME)


def utc_text(moment: datetime) -> str:
    """ISO text in UTC to the second; a moment without a zone is UTC already."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="seconds")


def _remove_old_builds(settings: Settings) -> None:
    """Keeps the folders of the newest runs; a build database is a cache."""
    folders = sorted(
        (report.parent for report in settings.build.glob(f"*/{REPORT_NAME}")),
        key=lambda folder: folder.stat().st_mtime_ns,
        reverse=True,
    )
    for folder in folders[KEPT_BUILDS:]:
        shutil.rmtree(folder, ignore_errors=True)
