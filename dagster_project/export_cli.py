"""The command that hands lists back to other tools. Part of the command line (cli.py)."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dagster_project.cli import Invocation

app = typer.Typer()
export_app = typer.Typer(no_args_is_help=True, help="他のツールへ渡す / hand over to other tools")
app.add_typer(export_app, name="export")


class ListName(StrEnum):
    at_risk = "at_risk"
    renewals = "renewals"
    dormant = "dormant"
    upsell = "upsell"


class ListChannel(StrEnum):
    email = "email"
    line = "line"
    crm = "crm"


class ListFormat(StrEnum):
    csv = "csv"
    cp932 = "cp932"
    xlsx = "xlsx"


@export_app.callback()
def _export() -> None:
    """Keeps `list` a command of its own."""


@export_app.command(name="list")
def export_list(
    ctx: typer.Context,
    name: Annotated[ListName, typer.Argument(help="どのリスト / which list")],
    channel: Annotated[ListChannel, typer.Option("--for", help="用途 / the tool it is for")],
    kind: Annotated[
        ListFormat, typer.Option("--format", help="ファイル形式 / file format")
    ] = ListFormat.csv,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="保存先 / folder (HOME/exports)")
    ] = None,
) -> None:
    """同意した顧客だけのリストを書く / a list of those who agreed to the channel."""
    from dagster_project import commands

    invocation: Invocation = ctx.obj
    console = invocation.console
    settings = invocation.settings()
    made = commands.export_list(
        settings, name.value, channel.value, kind=kind.value, folder=out, lang=console.lang
    )
    words = made.pop("left_out_words")
    console.answer(made)
    console.say(
        "list_written",
        rows=made["row_count"],
        customers=made["customer_count"],
        path=made["path"],
    )
    for why, count in made["left_out"].items():
        console.say("list_left_out", why=words[why], count=count)
