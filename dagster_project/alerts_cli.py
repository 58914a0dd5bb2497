"""The commands about alerts: what is open, what was, and whether messages arrive.

Part of the command line (cli.py), which owns the global options and how errors are told.
"""

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from dagster_project.messages import KeizokuError

if TYPE_CHECKING:
    from dagster_project.cli import Invocation

app = typer.Typer()
alerts_app = typer.Typer(no_args_is_help=True, help="通知 / alerts: what is open, and a test")
app.add_typer(alerts_app, name="alerts")
FAILED, USAGE = 1, 2


@alerts_app.command(name="list")
def alerts_list(
    ctx: typer.Context,
    is_all: Annotated[
        bool, typer.Option("--all", help="解消したものも / those resolved too")
    ] = False,
) -> None:
    """確認が必要なこと / what is open, the newest first."""
    from dagster_project import alerts

    invocation: Invocation = ctx.obj
    settings = invocation.settings()
    console = invocation.console
    found = [
        alert
        for alert in reversed(alerts.read_alerts(alerts.read_lines(settings.alerts_file)))
        if is_all or alert.is_open
    ]
    texts = [alerts.describe(alert.kind, alert.values, console.lang) for alert in found]
    console.answer(
        [
            dataclasses.asdict(alert)
            | {
                "is_open": alert.is_open,
                "text": text,
                "address": alerts.page_address(settings, alert.page),
            }
            for alert, text in zip(found, texts, strict=True)
        ]
    )
    if console.is_json:
        return
    if not found:
        console.say("alerts_none")
        return
    console.table(
        [console.text(f"col_{name}") for name in ("state", "opened", "closed", "alert", "unsent")],
        [
            (
                console.text("alert_is_open" if alert.is_open else "alert_is_closed"),
                alert.opened_at,
                alert.closed_at,
                text,
                ", ".join(alert.unsent),
            )
            for alert, text in zip(found, texts, strict=True)
        ],
    )


@alerts_app.command(name="test")
def alerts_test(ctx: typer.Context) -> None:
    """テストの通知を送る / send a test message by every configured channel."""
    from dagster_project import commands

    invocation: Invocation = ctx.obj
    console = invocation.console
    settings = invocation.settings()
    if not settings.config.alerts.channels:
        raise KeizokuError("alerts_no_channel", where=str(settings.config_file), exit_code=USAGE)
    outcome = commands.try_channels(settings)
    console.answer(outcome)
    for channel, error in outcome.items():
        if error is None:
            console.say("alerts_test_sent", channel=channel)
        else:
            console.say("alerts_test_failed", channel=channel, error=error)
    if any(outcome.values()):
        raise typer.Exit(FAILED)
