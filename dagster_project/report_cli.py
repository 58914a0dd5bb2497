"""The command that makes the monthly report. Part of the command line (cli.py)."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dagster_project.messages import KeizokuError

if TYPE_CHECKING:
    from dagster_project.cli import Invocation

app = typer.Typer()


class ReportFormat(StrEnum):
    pdf = "pdf"
    xlsx = "xlsx"


@app.command()
def report(
    ctx: typer.Context,
    month: Annotated[
        datetime | None,
        typer.Option(
            "--month", formats=["%Y-%m"], help="対象の月 / month (最新の月/last complete)"
        ),
    ] = None,
    formats: Annotated[
        list[ReportFormat] | None,
        typer.Option("--format", help="pdf | xlsx（両方 / both）"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="保存先 / folder (HOME/reports)")
    ] = None,
    has_names: Annotated[
        bool, typer.Option("--names", help="顧客名を入れる / with names of customers")
    ] = False,
    is_sent: Annotated[
        bool, typer.Option("--mail", help="メールでも送る / send by e-mail as well")
    ] = False,
    is_list: Annotated[
        bool, typer.Option("--list", help="作成済みの一覧 / list those made before")
    ] = False,
) -> None:
    """月次報告を作る / make the monthly report as PDF and Excel."""
    from dagster_project import commands

    invocation: Invocation = ctx.obj
    settings = invocation.settings()
    console = invocation.console
    if is_list:
        found = commands.list_reports(settings)
        console.answer([str(path) for path in found])
        for path in found:
            console.line(str(path))
        if not found:
            console.say("reports_none")
        return
    written = commands.make_report(
        settings,
        month.date() if month else None,
        formats=tuple(formats or ReportFormat),
        folder=out,
        has_names=has_names,
        lang=console.lang,
    )
    console.answer([str(path) for path in written])
    for path in written:
        console.say("report_written", path=path)
    if is_sent:
        if not commands.send_report(settings, written, lang=console.lang):
            raise KeizokuError("report_no_mail", where=str(settings.config_file))
        console.say("report_sent")
