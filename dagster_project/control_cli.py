"""The commands of the controller: what metrics mean, what a month closed at, what a policy does.

Part of the command line (cli.py), which owns the global options and how errors are told.
"""

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dagster_project.messages import KeizokuError

if TYPE_CHECKING:
    from dagster_project.cli import Invocation

app = typer.Typer()
policy = typer.Typer(no_args_is_help=True, help="方針を試す / what a policy would change")
app.add_typer(policy, name="policy")
USAGE = 2


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


@app.command()
def close(
    ctx: typer.Context,
    month: Annotated[str, typer.Argument(metavar="YYYY-MM", help="締める月 / the month")],
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DATE", help="締め日 / day the books were closed (close_day)"),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", help="締め直す理由 / why a closed month is closed again"),
    ] = None,
) -> None:
    """月を締める / freeze a month's figures as reported."""
    from dagster_project import commands

    invocation: Invocation = ctx.obj
    closed = commands.close_month(
        invocation.settings(),
        _date(f"{month}-01", month, "YYYY-MM"),
        closed_on=_date(on, on, "YYYY-MM-DD") if on else None,
        reason=reason,
        now=datetime.now(UTC),
    )
    invocation.console.answer(_facts(closed))
    invocation.console.say(
        "closed",
        month=month,
        revision=closed.facts["revision"],
        end_mrr=_yen(closed.facts["end_mrr"]),
        version=closed.facts["version"],
    )
    invocation.console.say("run_to_apply")


@app.command()
def closes(ctx: typer.Context) -> None:
    """締めた月の一覧と照合 / the closed months, each checked against its checksums."""
    from dagster_project import closes as kept

    invocation: Invocation = ctx.obj
    console = invocation.console
    found = kept.read_closes(invocation.settings().closes)
    console.answer([_facts(one) for one in found])
    if not found:
        console.say("no_closes")
    elif not console.is_json:
        names = ("month", "revision", "closed_on", "end_mrr", "version", "reason", "note")
        console.table(
            [console.text(f"col_{name}") for name in names],
            [
                (
                    *(f"{one.month:%Y-%m}", one.facts["revision"], one.facts.get("closed_on")),
                    _yen(one.facts.get("end_mrr", "NaN")),
                    *(one.facts.get(name) for name in ("version", "reason")),
                    f"{console.text('is_damaged')}: {one.problem}" if one.problem else "",
                )
                for one in found
            ],
        )
    if any(one.problem for one in found):
        raise typer.Exit(1)


@policy.command(name="diff")
def policy_diff(
    ctx: typer.Context,
    changes: Annotated[
        list[str],
        typer.Argument(metavar="NAME=VALUE...", help="変える方針 / e.g. lapse_grace_days=0"),
    ],
) -> None:
    """方針を変えると誰のいつの動きが変わるか / whose movements change; publishes nothing."""
    from dagster_project import policy as policies

    invocation: Invocation = ctx.obj
    console = invocation.console
    named = dict(_named_value(text) for text in changes)
    reporter = console.reporter()
    try:
        values, changed = policies.diff_policy(
            invocation.settings(), named, reporter, now=datetime.now(UTC)
        )
    finally:
        reporter.close()
    console.answer({"policy": values, "changes": [_told(change) for change in changed]})
    for name, value in values.items():
        console.line(f"{name}: {value['before']} → {value['after']}")
    if not changed:
        console.say("policy_changes_nothing")
    elif not console.is_json:
        console.table(
            [console.text(f"col_{name}") for name in ("month", "customer", "before", "after")],
            [
                (
                    f"{change.month:%Y-%m}",
                    change.customer_name or change.customer_key,
                    _movements(change.before),
                    _movements(change.after),
                )
                for change in changed
            ],
        )
        customers = len({change.customer_key for change in changed})
        console.say("policy_changes", customers=customers, months=len(changed))
    console.say("policy_published_nothing")


def _named_value(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise KeizokuError("policy_not_named", value=text, exit_code=USAGE)
    return name.strip(), value.strip()


def _told(change: Any) -> dict[str, Any]:
    def rows(movements: dict[tuple[str, str], Any]) -> list[dict[str, Any]]:
        return [
            {"movement_type": movement, "movement_reason": reason, "mrr_change": mrr}
            for (movement, reason), mrr in sorted(movements.items())
        ]

    return {
        "month": change.month,
        "customer_key": change.customer_key,
        "before": rows(change.before),
        "after": rows(change.after),
    }


def _movements(movements: dict[tuple[str, str], Any]) -> str:
    told = [f"{movement} {_yen(mrr, sign='+')}" for (movement, _), mrr in sorted(movements.items())]
    return ", ".join(told) or "–"


def _yen(amount: Any, sign: str = "") -> str:
    """An amount for people: half up to a whole unit of the reporting currency."""
    whole = Decimal(amount)
    if whole.is_nan():
        return "–"
    return f"{whole.quantize(Decimal(1), rounding=ROUND_HALF_UP):{sign},}"


def _facts(close: Any) -> dict[str, Any]:
    """A close as plain data, without the policy block."""
    told = {name: value for name, value in close.facts.items() if name != "policy"}
    return told | {"problem": close.problem}


def _date(text: str, written: str | None, expected: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise KeizokuError(
            "wrong_date", value=written, expected=expected, exit_code=USAGE
        ) from None
