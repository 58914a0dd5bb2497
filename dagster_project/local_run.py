"""`keizoku run`: the Dagster job in this process, in the home's own Dagster instance."""

import os
from datetime import datetime
from typing import Any

import dagster as dg

from dagster_project.commands import prepare_dagster_home, prepare_manifest
from dagster_project.definitions import build_definitions
from dagster_project.event_log import spare_the_disk
from dagster_project.messages import KeizokuError
from dagster_project.runs import Report, Reporter, report_of
from dagster_project.schedules import JOB_NAME
from dagster_project.settings import HOME_VARIABLE, Settings

# Of runs that a dead machine left behind.
UNFINISHED = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
STOPPED = "The machine or the process stopped while this run was under way."


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
        if is_after_stop:
            count = fail_dead_runs(instance)
            if count:
                reporter.note("runs_failed_as_dead", count=count)
        job = build_definitions(settings, lambda log: reporter).resolve_job_def(JOB_NAME)
        job.execute_in_process(
            run_id=run_id,
            instance=instance,
            raise_on_error=is_debug,
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


def fail_dead_runs(instance: dg.DagsterInstance) -> int:
    """Marks runs that nothing can be executing any more as failed; returns how many.

    Dagster's default launcher would leave them STARTED for ever, holding the only slot. Only to be
    called when no daemon and no worker of the home is alive.
    """
    dead = instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))
    for run in dead:
        instance.report_run_failed(run, STOPPED)
    return len(dead)
