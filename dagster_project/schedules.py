"""When it runs by itself: the one job, every day."""

from datetime import timedelta

import dagster as dg

from dagster_project.settings import Settings

JOB_NAME = "keizoku_run"


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
