"""The monthly report as a Dagster job: made from the published version, then sent where chosen."""

from datetime import date
from pathlib import Path

import dagster as dg

from dagster_project import commands
from dagster_project.messages import KeizokuError
from dagster_project.schedules import REPORT_JOB_NAME
from dagster_project.settings import Settings

FORMATS = ("pdf", "xlsx")
# A mail server that is down is tried again after 5, 10 and 20 minutes; the files stay.
AGAIN = dg.RetryPolicy(max_retries=3, delay=300, backoff=dg.Backoff.EXPONENTIAL)


class ReportConfig(dg.Config):
    """Which month, YYYY-MM."""

    month: str


def build_report_job(settings: Settings) -> dg.JobDefinition:
    """Two steps, so that a mail that cannot be sent does not make the report anew."""
    lang = settings.config.lang or "ja"

    @dg.op(name="write_report", description="PDF and Excel under reports/; names nobody.")
    def write_report(context: dg.OpExecutionContext, config: ReportConfig) -> list[str]:
        try:
            files = commands.make_report(
                settings,
                date.fromisoformat(f"{config.month}-01"),
                formats=FORMATS,
                folder=None,
                has_names=False,
                lang=lang,
            )
        except KeizokuError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        context.log.info(", ".join(path.name for path in files))
        return [str(path) for path in files]

    @dg.op(name="send_report", retry_policy=AGAIN, description="By e-mail, where it is chosen.")
    def send_report(context: dg.OpExecutionContext, files: list[str]) -> None:
        try:
            is_sent = commands.send_report(settings, [Path(path) for path in files], lang=lang)
        except KeizokuError as error:
            # a second try would send it again to those who have it
            can_retry = error.code != "report_partly_sent"
            raise dg.Failure(description=str(error), allow_retries=can_retry) from error
        context.log.info("sent by e-mail" if is_sent else "no e-mail channel: kept in reports/")

    @dg.job(
        name=REPORT_JOB_NAME,
        executor_def=dg.in_process_executor,
        description="The report of a closed month, as files and by e-mail.",
    )
    def monthly_report() -> None:
        send_report(write_report())

    return monthly_report
