"""What Dagster loads: `dagster dev -m dagster_project.definitions` with KEIZOKU_HOME set."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from dagster_project.assets import build_assets
from dagster_project.commands import prepare_manifest, tell_alerts
from dagster_project.event_log import spare_the_disk
from dagster_project.messages import say
from dagster_project.reporting import build_report_job
from dagster_project.runs import Reporter, Run, open_run
from dagster_project.schedules import JOB_NAME, build_report_schedule, build_schedule
from dagster_project.sensors import build_dead_run_sensor, build_sensor
from dagster_project.settings import Settings, home_of_environment, load_settings


class LogReporter:
    """Tells Dagster's run log; every tenth node is enough there."""

    def __init__(self, log: Any) -> None:
        self._log = log

    def phase(self, name: str) -> None:
        self._log.info(say(f"phase_{name}", "en"))

    def progress(self, text: str, done: int, total: int) -> None:
        if done == total or done % 10 == 0:
            self._log.info(f"{done}/{total} {text}")

    def note(self, code: str, **values: Any) -> None:
        self._log.info(say(code, "en", **values))


def build_definitions(
    settings: Settings, reporter: Callable[[Any], Reporter] = LogReporter
) -> dg.Definitions:
    """Everything of one home. `reporter` makes the run's reporter from Dagster's logger."""

    @dg.resource(description="One run at a time per home: its lock, folder and dbt process.")
    def run(context: dg.InitResourceContext) -> Iterator[Run]:
        spare_the_disk()
        with open_run(
            settings,
            context.run.run_id,
            f"Dagster run {context.run.run_id}",
            reporter(context.log),
            now=datetime.now(UTC),
        ) as opened:
            try:
                yield opened
            finally:  # also after a failed run; the steps are over, the lock is still held
                tell_alerts(opened, now=datetime.now(UTC))

    return dg.Definitions(
        assets=build_assets(settings, prepare_manifest(settings)),
        jobs=[
            dg.define_asset_job(
                JOB_NAME,
                selection=dg.AssetSelection.all(),
                executor_def=dg.in_process_executor,
                description="Land what arrived, build, audit, publish.",
            ),
            build_report_job(settings),
        ],
        schedules=[build_schedule(settings), build_report_schedule(settings)],
        sensors=[build_sensor(settings), build_dead_run_sensor()],
        resources={"run": run},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The home named by KEIZOKU_HOME."""
    return build_definitions(load_settings(home_of_environment()))
