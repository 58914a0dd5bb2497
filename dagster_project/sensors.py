"""What is looked at between the daily runs: the inbox, and runs whose process is gone."""

import hashlib
import json
from pathlib import Path

import dagster as dg

from dagster_project.dead_runs import fail_dead_runs
from dagster_project.schedules import JOB_NAME
from dagster_project.settings import Settings

SECONDS_BETWEEN_LOOKS = 30
# A file of this name beside `x.csv` says that `x.csv` is complete.
MARKER_SUFFIX = ".done"

Seen = dict[str, list[int]]


def build_sensor(settings: Settings) -> dg.SensorDefinition:
    """Asks for a run once per set of complete files; files nobody takes start no second run."""

    @dg.sensor(
        name="inbox",
        job_name=JOB_NAME,
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="受信箱の監視 / watches the inbox",
    )
    def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        now = look(settings.inbox)
        before: Seen = json.loads(context.cursor or "{}")
        complete = complete_files(now, before)
        cursor = json.dumps(now)
        if not complete:
            waiting = f"{len(now)} file(s) still arriving" if now else "the inbox is empty"
            return dg.SensorResult(skip_reason=waiting, cursor=cursor)
        # Dagster never starts a second run with the same key.
        return dg.SensorResult(
            run_requests=[dg.RunRequest(run_key=run_key(complete))], cursor=cursor
        )

    return inbox


def build_dead_run_sensor() -> dg.SensorDefinition:
    """Frees the only slot when a `keizoku run` was killed; asks for nothing."""

    @dg.sensor(
        name="dead_runs",
        job_name=JOB_NAME,
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="止まった手動実行の後始末 / marks manual runs whose process is gone as failed",
    )
    def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        count = fail_dead_runs(context.instance, is_alone=False)
        return dg.SkipReason(f"{count} run(s) marked as failed" if count else "none is dead")

    return dead_runs


def look(inbox: Path) -> Seen:
    """Size and time of change (ns) of every plain file, by path below the inbox."""
    seen: Seen = {}
    for path in sorted(inbox.rglob("*")):
        parts = path.relative_to(inbox).parts
        if any(part.startswith(".") for part in parts) or path.is_symlink() or not path.is_file():
            continue
        try:
            facts = path.stat()
        except FileNotFoundError:  # taken by a run in this moment
            continue
        seen["/".join(parts)] = [facts.st_size, facts.st_mtime_ns]
    return seen


def complete_files(now: Seen, before: Seen) -> Seen:
    """Files that did not change since the last look, or whose marker lies beside them."""
    return {
        name: facts
        for name, facts in now.items()
        if not name.endswith(MARKER_SUFFIX)
        and (before.get(name) == facts or f"{name}{MARKER_SUFFIX}" in now)
    }


def run_key(files: Seen) -> str:
    """The same set of files with the same sizes and times has the same key."""
    return "inbox-" + hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]
