"""The mapping assistant on the command line: what mapping a file needs, and what must be answered.

Part of the command line (cli.py), which owns the global options and how errors are told.
"""

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dagster_project.cli import Invocation

app = typer.Typer()
FAILED, ANSWER_NEEDED = 1, 4


@app.command(name="map")
def map_file(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="調べるファイル / the file")],
    entity: Annotated[
        str | None,
        typer.Option("--entity", help="データの種類 / what it is, e.g. billing.subscriptions"),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="書き込み先 / where to write it: mappings/NAME.yml (stdout)"),
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option("--answer", help="答え / an answer: 開始日=%d/%m/%Y, 状態:休会=paused"),
    ] = None,
) -> None:
    """知らないファイルの読み方を提案する / propose a mapping for a file, with the evidence."""
    from dagster_project import commands
    from sources.assistant import writing

    invocation: Invocation = ctx.obj
    settings = invocation.settings()
    console = invocation.console
    proposal = commands.propose_mapping(settings, file, entity=entity, answers=answer or [])
    text = writing.yaml_text(proposal, console.lang) if proposal.document else None
    path = commands.write_mapping(settings, to, text) if text and to else None
    console.answer(
        dataclasses.asdict(proposal) | {"yaml": text, "written": str(path) if path else None}
    )
    lines = writing.explain(proposal, console.lang)
    if text and not path and not console.is_json:
        # stdout is the mapping alone, to be kept by whoever asked
        sys.stdout.write(text)
        lines.append(console.text("map_how_to_write"))
        sys.stderr.write("".join(f"{line}\n" for line in lines))
    else:
        for line in lines:
            console.line(line)
    if path:
        console.say("map_written" if proposal.is_decided else "map_undecided", path=path, file=file)
    if proposal.status == "refused":
        raise typer.Exit(FAILED)
    raise typer.Exit(0 if proposal.is_decided else ANSWER_NEEDED)
