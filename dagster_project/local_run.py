"""`keizoku run`: the Dagster job in this process, in the home's own Dagster instance."""

import os
from datetime import datetime
from typing import Any

import dagster as dg

from dagster_project.commands import prepare_dagster_home, prepare_manifest
from dagster_project.dead_runs import PROCESS_TAG, fail_dead_runs, process_mark
from dagster_project.definitions import build_definitions
from dagster_project.event_log import spare_the_disk
from dagster_project.messages import KeizokuError
from dagster_project.runs import Report, Reporter, report_of
from dagster_project.schedules import JOB_NAME
from dagster_project.settings import HOME_VARIABLE, Settings


def execute(
    settings: Settings,
    *,
    run_id: str,
    as_of: Any,
    known_at: datetime | None,
    is_forced: bool,
    is_after_stop: bool,
    is_debug: bool,
    reporter: Reporter,
) -> Report:
    """Runs the job once; returns its report. `is_after_stop`: no daemon of this home is alive."""
    spare_the_disk()
    prepare_dagster_home(settings)
    prepare_manifest(settings, reporter)
    os.environ[HOME_VARIABLE] = str(settings.root)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    with dg.DagsterInstance.get() as instance:
        count = fail_dead_runs(instance, is_alone=is_after_stop)
        if count:
            reporter.note("runs_failed_as_dead", count=count)
        job = build_definitions(settings, lambda log: reporter).resolve_job_def(JOB_NAME)
        job.execute_in_process(
            run_id=run_id,
            instance=instance,
            raise_on_error=is_debug,
            tags={PROCESS_TAG: process_mark()},
            run_config={
                "ops": {
                    "build_staging": {
                        "config": {
                            "as_of": as_of.isoformat() if as_of else None,
                            "known_at": known_at.isoformat(sep=" ") if known_at else None,
                            "force": is_forced,
                        }
                    }
                },
                "loggers": {
                    "console": {"config": {"log_level": "DEBUG" if is_debug else "CRITICAL"}}
                },
            },
        )
    report = report_of(settings, run_id)
    if report is None:
        raise KeizokuError("unexpected", where=run_id, detail="the run left no report")
    return report
