"""The commands of the controller: what metrics mean, what a month closed at, what a policy does.

Part of the command line (cli.py), which owns the global options and how errors are told.
"""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dagster_project.cli import Invocation

app = typer.Typer()


@app.command()
def metrics(
    ctx: typer.Context,
    metric_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="指標 / one metric (default: all)")
    ] = None,
) -> None:
    """指標の定義と方針・検査 / what each figure means, its formula, policy and tests."""
    from dagster_project import query

    invocation: Invocation = ctx.obj
    console = invocation.console
    found = query.read_metrics(invocation.current_version(), metric_id)
    console.answer(found)
    if console.is_json:
        return
    names = ("metric", "name", "unit", "place") if metric_id is None else ()
    if names:
        console.table(
            [console.text(f"col_{name}") for name in names],
            [
                (
                    one["metric_id"],
                    one[f"name_{console.lang}"],
                    one["unit"],
                    f"{one['model']}.{one['column_name']}",
                )
                for one in found
            ],
        )
        return
    [one] = found
    policy = ", ".join(f"{name} = {value}" for name, value in one["policy_values"].items())
    console.table(
        ("", ""),
        [
            (console.text("col_name"), f"{one['name_ja']} / {one['name_en']}"),
            (console.text("metric_definition"), one["definition_ja"]),
            ("", one["definition_en"]),
            (console.text("metric_formula"), one["formula"]),
            (console.text("col_unit"), one["unit"]),
            (console.text("col_place"), f"{one['model']}.{one['column_name']}"),
            (console.text("metric_grain"), one["grain"]),
            (console.text("metric_policy"), policy or console.text("status_none")),
            (console.text("metric_tests"), "\n".join(one["test_names"])),
            (console.text("metric_owner"), one["owner"]),
            (console.text("metric_card"), one["card"]),
        ],
    )
