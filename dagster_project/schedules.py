"""When it runs by itself: the one job, every day; the monthly report, on the close day."""

from datetime import timedelta

import dagster as dg

from dagster_project.settings import Settings

JOB_NAME = "keizoku_run"
REPORT_JOB_NAME = "monthly_report"
# The daily run of the close day comes first.
HOURS_AFTER_THE_RUN = 2


def build_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Daily in the business time zone; the run is for the day before its tick, however late."""
    hour, minute = settings.config.schedule.daily_at.split(":")

    @dg.schedule(
        name="daily",
        job_name=JOB_NAME,
        cron_schedule=f"{int(minute)} {int(hour)} * * *",
        execution_timezone=settings.policy["business_timezone"],
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="毎日の実行 / the daily run",
    )
    def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        tick = context.scheduled_execution_time.astimezone(settings.timezone)
        as_of = (tick.date() - timedelta(days=1)).isoformat()
        return dg.RunRequest(
            run_key=as_of,
            run_config={"ops": {"build_staging": {"config": {"as_of": as_of}}}},
            tags={"keizoku/as_of": as_of},
        )

    return daily


def build_report_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """On the day the books are closed, for the month before, after that morning's run."""
    hour, minute = (int(part) for part in settings.config.schedule.daily_at.split(":"))
    close_day = settings.policy["close_day"]

    @dg.schedule(
        name="monthly_report",
        job_name=REPORT_JOB_NAME,
        cron_schedule=f"{minute} {min(hour + HOURS_AFTER_THE_RUN, 23)} {close_day} * *",
        execution_timezone=settings.policy["business_timezone"],
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="月次報告 / the monthly report",
    )
    def monthly_report(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        tick = context.scheduled_execution_time.astimezone(settings.timezone)
        last = tick.date().replace(day=1) - timedelta(days=1)
        month = f"{last:%Y-%m}"
        return dg.RunRequest(
            run_key=f"report-{month}",
            run_config={"ops": {"write_report": {"config": {"month": month}}}},
            tags={"keizoku/month": month},
        )

    return monthly_report
