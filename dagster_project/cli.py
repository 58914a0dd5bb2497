"""The command line. It reads the clock, asks commands to act, and says what came of it.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 partial (a source is held, the rest is published),
4 a mapping needs your answer.
Heavy modules are imported where they are used, so that --help answers at once.
"""

import dataclasses
import getpass
import os
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer
from typer.core import TyperGroup

from dagster_project import (
    alerts_cli,
    control_cli,
    disk,
    export_cli,
    mapping_cli,
    report_cli,
    usage,
)
from dagster_project.console import Console, language
from dagster_project.messages import KeizokuError

if TYPE_CHECKING:
    from dagster_project.publish import Version
    from dagster_project.runs import Report
    from dagster_project.settings import Settings

FAILED, USAGE, PARTIAL = 1, 2, 3
SHOWN_REJECTS = 100


class Lang(StrEnum):
    ja = "ja"
    en = "en"


class ReceiptState(StrEnum):
    matched = "matched"
    partial = "partial"
    unapplied = "unapplied"
    review = "review"
    unmatched = "unmatched"


class Format(StrEnum):
    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


@dataclasses.dataclass
class Invocation:
    """The global options, and the voice of the command."""

    root: Path
    console: Console
    lang: str | None

    def settings(self) -> "Settings":
        """The settings of the home; from here on its language counts."""
        from dagster_project.settings import load_settings

        settings = load_settings(self.root)
        self.console.lang = language(self.lang, settings.config.lang)
        return settings

    def language_of_home(self) -> str:
        """The language to speak before a command has read its settings, which may be wrong."""
        with suppress(KeizokuError):
            self.settings()
        return self.console.lang

    def current_version(self) -> "Version":
        """The version readers see; says so when it is not the one CURRENT names."""
        from dagster_project import publish

        opened, reason = publish.find_current(self.settings().published)
        if reason:
            text = self.console.text("fell_back", version=opened.name, reason=reason)
            sys.stderr.write(text + "\n")
        return opened


class _Commands(TyperGroup):
    """Turns what a person can act on into 何が・どこで・なぜ・どうする and an exit code."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        typed = list(args)
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            if not usage.is_about_usage(error):
                raise
            # the global options themselves: nothing of them is read yet
            console = Console(language(_asked_language(typed), None), is_json="--json" in typed)
            console.fail(usage.told(error, console.lang))
            raise typer.Exit(USAGE) from error

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeizokuError as error:
            told = error
        except Exception as error:
            if ctx.obj is None:
                if not usage.is_about_usage(error):
                    raise
                # no such command: the global options are read, the callback was not asked
                ctx.obj = _invocation(
                    **{name: ctx.params[name] for name in ("home", "is_json", "lang", "is_debug")}
                )
            if usage.is_about_usage(error):
                told = usage.told(error, ctx.obj.language_of_home())
            # Exit, Abort and the help are the framework's own.
            elif type(error).__module__.split(".")[0] in ("typer", "click"):
                raise
            else:
                told = disk.told(error, ctx.obj.root) or KeizokuError(
                    "unexpected", detail=f"{type(error).__name__}: {error}"
                )
            told.__cause__ = error
        if ctx.obj.console.is_debug:
            raise told
        ctx.obj.console.fail(told)
        raise typer.Exit(told.exit_code)


def _asked_language(typed: list[str]) -> str | None:
    """What --lang says in a command line that cannot be read."""
    after = dict(pairwise(typed))
    told = after.get("--lang") or next(
        (one.partition("=")[2] for one in typed if one.startswith("--lang=")), None
    )
    return told if told in list(Lang) else None


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="継続 Keizoku: サブスクリプションのデータ基盤 / subscription warehouse.\n\n"
    "終了コード / exit codes: 0 完了 done, 1 失敗 failed, 2 使い方 usage,"
    " 3 一部保留 partial (a source is held, the rest is published), 4 要回答 answer needed (map)",
)

HomeArgument = Annotated[
    Path | None, typer.Argument(metavar="[HOME]", help="ホーム / the home (default: --home)")
]
DateOption = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="DATE", help="基準日 / as-of date, YYYY-MM-DD (昨日/yesterday)"
    ),
]
KnownOption = Annotated[
    str | None,
    typer.Option(
        "--known-at",
        metavar="TIME",
        help="この時刻までに届いたもの / what had arrived by then (business time)",
    ),
]


@app.callback(invoke_without_command=True)
def _globals(
    ctx: typer.Context,
    home: Annotated[
        Path | None, typer.Option("--home", help="会社のホーム / company home (KEIZOKU_HOME)")
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="JSON で出力 / answer as JSON")] = False,
    lang: Annotated[Lang | None, typer.Option("--lang", help="表示言語 / language")] = None,
    is_debug: Annotated[bool, typer.Option("--debug", help="詳しい記録 / tracebacks")] = False,
    is_version: Annotated[
        bool, typer.Option("--version", help="版を表示して終わる / show the version and end")
    ] = False,
) -> None:
    ctx.obj = _invocation(home, is_json, lang, is_debug)
    if is_version:
        _say_version(ctx.obj.console)
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        ctx.fail("Missing command.")


def _invocation(home: Path | None, is_json: bool, lang: Lang | None, is_debug: bool) -> Invocation:
    chosen = home or Path(os.environ.get("KEIZOKU_HOME") or "~/keizoku")
    asked = lang.value if lang else None
    return Invocation(
        root=chosen.expanduser(),
        console=Console(language(asked, None), is_json=is_json, is_debug=is_debug),
        lang=asked,
    )


def _say_version(console: Console) -> None:
    from importlib import metadata

    versions = {
        "keizoku": metadata.version("keizoku"),
        "dbt": metadata.version("dbt-core"),
        "duckdb": metadata.version("duckdb"),
        "python": ".".join(map(str, sys.version_info[:3])),
    }
    for name, version in versions.items():
        console.line(f"{name} {version}")
    console.answer(versions)


# ---- a home ----


@app.command()
def init(ctx: typer.Context, home: HomeArgument = None) -> None:
    """ホームを作る / create a company home with commented settings."""
    invocation: Invocation = ctx.obj
    _init(invocation, (home or invocation.root).expanduser())


def _init(invocation: Invocation, root: Path) -> None:
    from dagster_project import commands

    is_new = commands.init_home(root)
    console = invocation.console
    console.say("home_created" if is_new else "home_exists", home=root)
    console.say("home_next", inbox=root / "inbox", home=root)
    console.answer({"home": str(root), "is_new": is_new})


@app.command()
def demo(
    ctx: typer.Context,
    home: HomeArgument = None,
    customers: Annotated[int, typer.Option(min=1, help="顧客数 / customers")] = 200,
    months: Annotated[int, typer.Option(min=1, help="月数 / months")] = 24,
    seed: Annotated[int | None, typer.Option(help="乱数の種 / seed")] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="最後の日 / last day (先月末/last month)")
    ] = None,
) -> None:
    """デモ会社の書き出しを受信箱に置く / write a believable company's exports into the inbox."""
    invocation: Invocation = ctx.obj
    if home:
        invocation.root = home.expanduser()
    settings = invocation.settings()
    written = _write_demo(invocation, settings, customers, months, seed, _date(until))
    invocation.console.answer(written)


def _write_demo(
    invocation: Invocation,
    settings: "Settings",
    customers: int = 200,
    months: int = 24,
    seed: int | None = None,
    until: date | None = None,
) -> dict[str, Any]:
    from dagster_project import commands

    written = commands.write_demo(
        settings, customers=customers, months=months, seed=seed, until=until
    )
    invocation.console.say(
        "demo_written",
        count=written["files"],
        mistakes=len(written["mistakes"]),
        inbox=settings.inbox,
    )
    return written


# ---- runs ----


@app.command()
def run(
    ctx: typer.Context,
    as_of: DateOption = None,
    known_at: KnownOption = None,
    is_after_stop: Annotated[bool, typer.Option("--after-stop", hidden=True)] = False,
) -> None:
    """取り込みから公開まで一度実行する / land, build, audit and publish once."""
    invocation: Invocation = ctx.obj
    settings = invocation.settings()
    report = _run(invocation, settings, _date(as_of), known_at, is_after_stop=is_after_stop)
    raise typer.Exit(_tell_report(invocation.console, report))


@app.command()
def rebuild(ctx: typer.Context, as_of: DateOption = None, known_at: KnownOption = None) -> None:
    """原本から全てを作り直す / drop every cache and build again from the kept originals."""
    from dagster_project import commands

    invocation: Invocation = ctx.obj
    settings = invocation.settings()
    invocation.console.say("rebuilding")
    for detail in commands.drop_caches(settings):
        invocation.console.say("put_right", detail=detail)
    report = _run(invocation, settings, _date(as_of), known_at, is_forced=True)
    raise typer.Exit(_tell_report(invocation.console, report))


def _run(
    invocation: Invocation,
    settings: "Settings",
    as_of: date | None,
    known_at: str | None,
    *,
    is_forced: bool = False,
    is_after_stop: bool = False,
) -> "Report":
    """Executes the Dagster job in this process, so that the run is visible in Dagster's pages."""
    from dagster_project.local_run import execute

    reporter = invocation.console.reporter()
    try:
        return execute(
            settings,
            run_id=str(uuid4()),
            as_of=as_of,
            known_at=_moment(known_at, settings) if known_at else None,
            is_forced=is_forced,
            is_after_stop=is_after_stop,
            is_debug=invocation.console.is_debug,
            reporter=reporter,
        )
    finally:
        reporter.close()


def _tell_report(console: Console, report: "Report") -> int:
    """Says what became of a run; returns the exit code."""
    console.answer(dataclasses.asdict(report) | {"held": report.held})
    _tell_deliveries(console, report.deliveries)
    if report.outcome not in ("published", "nothing_new"):
        if not console.is_json:
            facts = report.error or {"code": "unexpected", "where": "", "values": {"detail": "?"}}
            error = KeizokuError(facts["code"], where=facts["where"], **facts["values"])
            console.fail(error)
            for test in report.failed_tests:
                console.line(f"  ✗ {test['name']}: {test['asserts']} ({_rows(console, test)})")
        return FAILED
    console.say(f"run_{report.outcome}", version=report.version, as_of=report.as_of_date)
    seconds = ", ".join(
        f"{console.text(f'phase_{name}')} {spent:.1f}s" for name, spent in report.seconds.items()
    )
    console.say("run_took", phases=seconds)
    if report.held:
        console.say("run_partial", count=len(report.held))
        return PARTIAL
    return 0


def _rows(console: Console, test: dict[str, Any]) -> str:
    if test["failing_rows"] is None:
        return console.text("test_failed_to_run")
    return console.text("failing_rows", count=test["failing_rows"])


def _tell_deliveries(console: Console, deliveries: list[dict[str, Any]]) -> None:
    if not deliveries:
        console.say("no_files")
        return
    states = [delivery["state"] for delivery in deliveries]
    sums = {
        name: sum(delivery[f"rows_{name}"] for delivery in deliveries)
        for name in ("read", "landed", "quarantined", "repeated", "filtered")
    }
    console.say(
        "files_landed",
        **{state: states.count(state) for state in ("live", "repeated", "held", "unrecognised")},
        **(sums | {"twice": sums.pop("repeated")}),
    )
    for delivery in deliveries:
        if delivery["state"] in ("held", "unrecognised"):
            _tell_held(console, delivery)


def _tell_held(console: Console, delivery: dict[str, Any]) -> None:
    system, delivery_id = delivery["source_system"], delivery["delivery_id"]
    name = f"{system}/{delivery['file_name']}" if system else delivery["file_name"]
    if delivery["state"] == "held" and delivery_id:
        console.say("held_file", file=name, delivery_id=delivery_id)
    elif delivery["state"] == "held":
        console.say("waiting_file", file=name)
    else:
        console.say("unrecognised_file", file=name)
    for problem in delivery["problems"]:
        _tell_problem(console, problem)
    if delivery["nearest_mapping"]:
        console.say(
            "nearest_mapping",
            mapping=delivery["nearest_mapping"],
            missing=", ".join(delivery["missing_headers"]) or "–",
        )


def _tell_problem(console: Console, problem: dict[str, Any]) -> None:
    place = "; ".join(part for part in (problem["where"], problem["detail"]) if part)
    console.line(f"  {problem[console.lang]}{f' [{place}]' if place else ''}")
    console.line(f"  → {problem[f'remedy_{console.lang}']}")


@app.command()
def check(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="調べるファイル / the file")],
    mapping: Annotated[
        str | None, typer.Option("--mapping", help="設定の ID か YAML / mapping id or YAML file")
    ] = None,
) -> None:
    """読めるもの・読めないものを調べる / what would load and what not; stores nothing."""
    from dagster_project import commands

    invocation: Invocation = ctx.obj
    settings = invocation.settings()
    console = invocation.console
    checked = commands.check_file(settings, file, mapping)
    delivery = commands.describe_delivery(checked.result)
    console.answer(delivery | {"quarantine": checked.quarantine})
    is_fine = delivery["state"] in ("live", "repeated")
    if delivery["feed_id"]:
        console.say("check_matched", mapping=delivery["feed_id"])
    for counts in delivery["entities"]:
        console.say(
            "rows_balance",
            entity=counts["entity"],
            read=counts["rows_read"],
            landed=counts["rows_landed"],
            quarantined=counts["rows_quarantined"],
            twice=counts["rows_repeated"],
            filtered=counts["rows_filtered"],
        )
    for note in delivery["notes"]:
        _tell_problem(console, note)
    if not is_fine:
        _tell_held(console, delivery)
    if checked.quarantine and not console.is_json:
        _tell_rejects(console, checked.quarantine)
    console.say("check_stores_nothing")
    has_rejects = bool(checked.quarantine)
    raise typer.Exit(0 if is_fine and not has_rejects else PARTIAL if is_fine else FAILED)


# ---- reading ----


@app.command()
def sql(
    ctx: typer.Context,
    statement: Annotated[str, typer.Argument(metavar="SQL", help="SQL（読み取り専用 / read-only)")],
    output: Annotated[
        Format, typer.Option("--format", help="出力形式 / output format")
    ] = Format.table,
    version: Annotated[
        str | None, typer.Option("--version", help="版 / a kept version (default: current)")
    ] = None,
) -> None:
    """公開中の版に尋ねる / ask the published version (personal columns: pii.<table>)."""
    from dagster_project import commands, publish, query

    invocation: Invocation = ctx.obj
    settings = invocation.settings()
    console = invocation.console
    if version:
        opened = publish.open_version(settings.published, version)
    else:
        opened = invocation.current_version()
    if output is Format.parquet:
        if sys.stdout.isatty():
            raise KeizokuError("sql_parquet_to_terminal", exit_code=USAGE)
        found = commands.ask(settings, opened, statement, now=datetime.now(UTC))
        sys.stdout.buffer.write(query.as_parquet(found))
        return
    answer = commands.ask(settings, opened, statement, now=datetime.now(UTC)).answer
    if output is Format.json or (console.is_json and output is Format.table):
        sys.stdout.write(query.as_json(answer) + "\n")
    elif output is Format.csv:
        sys.stdout.write(query.as_csv(answer))
    else:
        console.table(answer.columns, answer.rows)


@app.command()
def status(ctx: typer.Context) -> None:
    """今の状態を見る / what is published, held, waiting and running."""
    from dagster_project import commands, lock, publish
    from dagster_project.runs import read_report
    from sources import landing

    invocation: Invocation = ctx.obj
    settings = invocation.settings()
    console = invocation.console
    current, reason = None, None
    try:
        current, reason = publish.find_current(settings.published)
    except KeizokuError as error:
        if error.code != "nothing_published":
            raise
    deliveries = landing.deliveries(commands.landing_home(settings))
    counts = {
        state: sum(delivery.state == state for delivery in deliveries)
        for state in ("live", "held", "withdrawn")
    }
    last_run = read_report(settings.last_run_file)
    holder = lock.read_holder(settings.run_lock)
    waiting = commands.list_inbox(settings)
    console.answer(
        {
            "home": str(settings.root),
            "company_name": settings.config.company_name,
            "version": current.name if current else None,
            "fell_back": reason,
            "as_of_date": current.manifest["as_of_date"] if current else None,
            "policy_id": settings.policy_id,
            "deliveries": counts,
            "held": [
                commands.describe_delivery(delivery)
                for delivery in deliveries
                if delivery.state == "held"
            ],
            "inbox": waiting,
            "last_run": dataclasses.asdict(last_run) if last_run else None,
            "running": dataclasses.asdict(holder) if holder else None,
        }
    )
    if console.is_json:
        return
    none = console.text("status_none")
    finished = last_run and f"{console.text(f'outcome_{last_run.outcome}')} {last_run.started_at}"
    console.table(
        ("", ""),
        [
            (console.text("status_home"), settings.root),
            (console.text("status_company"), settings.config.company_name or none),
            (console.text("status_version"), current.name if current else none),
            (console.text("status_as_of"), current.manifest["as_of_date"] if current else none),
            (console.text("status_policy"), settings.policy_id),
            (console.text("status_last_run"), finished or none),
            (console.text("status_deliveries"), console.text("status_counts", **counts)),
            (console.text("status_inbox"), ", ".join(waiting) or none),
            (console.text("status_running"), holder.purpose if holder else none),
        ],
    )
    if reason:
        console.say("fell_back", version=current.name, reason=reason)
    for delivery in deliveries:
        if delivery.state == "held":
            _tell_held(console, commands.describe_delivery(delivery))


@app.command()
def deliveries(ctx: typer.Context) -> None:
    """届いたファイルの一覧 / every delivery and what became of it."""
    from dagster_project import commands
    from sources import landing

    invocation: Invocation = ctx.obj
    console = invocation.console
    settings = invocation.settings()
    found = landing.deliveries(commands.landing_home(settings))
    described = [commands.describe_delivery(delivery) for delivery in found]
    console.answer(described)
    if console.is_json:
        return
    if not described:
        console.say("no_deliveries")
        return
    console.table(
        [
            console.text(f"col_{name}")
            for name in (
                *("delivery", "state", "system", "file"),
                *("exported", "received", "rows", "quarantined"),
            )
        ],
        [
            (
                delivery["delivery_id"],
                console.text(f"state_{delivery['state']}"),
                delivery["source_system"],
                delivery["file_name"],
                delivery["exported_at"],
                delivery["received_at"],
                delivery["rows_landed"],
                delivery["rows_quarantined"],
            )
            for delivery in described
        ],
    )
    for delivery in described:
        if delivery["state"] == "held":
            _tell_held(console, delivery)


@app.command()
def rejects(
    ctx: typer.Context,
    delivery_id: Annotated[
        str | None, typer.Argument(help="受領ID / one delivery (default: all that count)")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="最大行数 / rows shown")] = SHOWN_REJECTS,
) -> None:
    """隔離された行と直し方 / refused cells, why, and what to do."""
    from dagster_project import commands

    invocation: Invocation = ctx.obj
    console = invocation.console
    found = commands.read_rejects(invocation.settings(), delivery_id, limit)
    console.answer(found)
    if console.is_json:
        return
    if not found:
        console.say("no_rejects")
        return
    _tell_rejects(console, found)


def _tell_rejects(console: Console, found: Any) -> None:
    console.table(
        [
            console.text(f"col_{name}")
            for name in ("file", "row", "column", "value", "reason", "remedy")
        ],
        [
            (
                reject["file_name"],
                reject["source_row"],
                reject["column_name"],
                reject["raw_value"],
                reject[f"message_{console.lang}"],
                reject[f"remedy_{console.lang}"],
            )
            for reject in found
        ],
    )


# ---- by hand ----


@app.command()
def accept(ctx: typer.Context, delivery_id: str) -> None:
    """保留のファイルを有効にする / let a held delivery count."""
    from dagster_project import commands

    invocation: Invocation = ctx.obj
    accepted = commands.accept_delivery(invocation.settings(), delivery_id)
    invocation.console.answer(commands.describe_delivery(accepted))
    invocation.console.say("accepted", delivery_id=delivery_id)
    invocation.console.say("run_to_apply")


@app.command()
def withdraw(
    ctx: typer.Context,
    delivery_id: str,
    reason: Annotated[str, typer.Option("--reason", help="理由 / why (kept in the ledger)")],
) -> None:
    """ファイルを取り下げる / take a delivery out of what counts."""
    from dagster_project import commands

    invocation: Invocation = ctx.obj
    withdrawn = commands.withdraw_delivery(invocation.settings(), delivery_id, reason)
    invocation.console.answer(commands.describe_delivery(withdrawn))
    invocation.console.say("withdrawn", delivery_id=delivery_id)
    invocation.console.say("run_to_apply")


cash_app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="入金消込の確認と判断 / cash application: look, accept, reject, name a payer",
)
app.add_typer(cash_app, name="cash")
ReasonOption = Annotated[str, typer.Option("--reason", help="理由 / why (kept for good)")]
ByOption = Annotated[
    str | None, typer.Option("--by", help="判断した人 / who decided (default: login name)")
]


@cash_app.command(name="list")
def cash_list(
    ctx: typer.Context,
    status: Annotated[
        ReceiptState | None, typer.Option("--status", help="状態 / state (全て / all)")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="最大行数 / rows shown")] = SHOWN_REJECTS,
) -> None:
    """入金と消込の状態 / receipts, what waits for a decision first."""
    from dagster_project import commands

    invocation: Invocation = ctx.obj
    console = invocation.console
    found = commands.list_cash(invocation.settings(), status, limit)
    console.answer(found)
    if console.is_json:
        return
    if not found:
        console.say("cash_nothing")
        return
    shown = {
        "receipt": "source_id",
        "received_on": "received_date",
        "amount": "amount_native",
        "payer": "payer_name",
        "state": "application_status",
        "rule": "match_rule",
        "reason": "reason",
        "invoices": "settled_invoice_ids",
        "proposal": "proposal_invoice_ids",
    }
    console.table(
        [console.text(f"col_{name}") for name in shown],
        [[receipt[column] for column in shown.values()] for receipt in found],
    )


@cash_app.command(name="accept")
def cash_accept(
    ctx: typer.Context,
    receipt: str,
    reason: ReasonOption,
    invoice: Annotated[
        list[str] | None, typer.Option("--invoice", help="請求書 / invoice (default: the proposal)")
    ] = None,
    by: ByOption = None,
) -> None:
    """提案または指定した請求書に消し込む / apply a receipt to the proposal or to these invoices."""
    from dagster_project import commands

    invocation: Invocation = ctx.obj
    _tell_decision(
        invocation,
        commands.accept_match(
            *(invocation.settings(), receipt, invoice or []),
            reason=reason,
            by=by or getpass.getuser(),
            now=datetime.now(UTC),
        ),
    )


@cash_app.command(name="reject")
def cash_reject(
    ctx: typer.Context, receipt: str, reason: ReasonOption, by: ByOption = None
) -> None:
    """消込を取り消す / take a match back."""
    from dagster_project import commands

    invocation: Invocation = ctx.obj
    _tell_decision(
        invocation,
        commands.reject_match(
            *(invocation.settings(), receipt),
            reason=reason,
            by=by or getpass.getuser(),
            now=datetime.now(UTC),
        ),
    )


@cash_app.command(name="alias")
def cash_alias(
    ctx: typer.Context, payer: str, customer: str, reason: ReasonOption, by: ByOption = None
) -> None:
    """振込人名を顧客に結び付ける / say which customer a payer's name stands for."""
    from dagster_project import commands

    invocation: Invocation = ctx.obj
    _tell_decision(
        invocation,
        commands.alias_payer(
            *(invocation.settings(), payer, customer),
            reason=reason,
            by=by or getpass.getuser(),
            now=datetime.now(UTC),
        ),
    )


def _tell_decision(invocation: Invocation, decision: dict[str, Any]) -> None:
    invocation.console.answer(decision)
    invocation.console.say("cash_decided", action=decision["action"], by=decision["decided_by"])
    invocation.console.say("run_to_apply")


actions_app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="要注意顧客への対応の記録 / what was done about customers at risk",
)
app.add_typer(actions_app, name="actions")


@actions_app.command(name="add")
def actions_add(
    ctx: typer.Context,
    customer: str,
    action: Annotated[
        str, typer.Option("--action", help="call, confirm_renewal, … (mart_approach_list)")
    ],
    outcome: Annotated[
        str,
        typer.Option(
            "--outcome", help="no_answer | talked | promised_to_stay | solved | will_leave"
        ),
    ],
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="実施日 / day (default: today)"),
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help="メモ / note")] = None,
    by: ByOption = None,
) -> None:
    """対応と結果を記録する / record an approach and what came of it."""
    from dagster_project import commands

    invocation: Invocation = ctx.obj
    settings = invocation.settings()
    now = datetime.now(UTC)
    recorded = commands.record_approach(
        *(settings, customer),
        action=action,
        outcome=outcome,
        on=on.date() if on else now.astimezone(settings.timezone).date(),
        note=note,
        by=by or getpass.getuser(),
        now=now,
    )
    invocation.console.answer(recorded)
    invocation.console.say(
        "approach_recorded", action=action, outcome=outcome, by=recorded["decided_by"]
    )
    invocation.console.say("run_to_apply")


@actions_app.command(name="list")
def actions_list(
    ctx: typer.Context,
    customer: Annotated[
        str | None, typer.Option("--customer", help="顧客の ID / id of the customer")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="最大行数 / rows shown")] = SHOWN_REJECTS,
) -> None:
    """記録した対応 / recorded approaches, the latest first."""
    from dagster_project import commands

    invocation: Invocation = ctx.obj
    console = invocation.console
    found = commands.list_approaches(invocation.settings(), customer, limit)
    console.answer(found)
    if console.is_json:
        return
    if not found:
        console.say("approaches_nothing")
        return
    shown = {
        "acted_on": "acted_on",
        "customer": "customer",
        "action": "action_code",
        "outcome": "outcome_code",
        "by": "decided_by",
        "note": "note",
    }
    console.table(
        [console.text(f"col_{name}") for name in shown],
        [[one[column] for column in shown.values()] for one in found],
    )


@app.command()
def versions(ctx: typer.Context) -> None:
    """公開した版の一覧 / the kept versions."""
    from dagster_project import publish

    invocation: Invocation = ctx.obj
    console = invocation.console
    described = publish.describe_versions(invocation.settings().published)
    console.answer(described)
    if console.is_json:
        return
    if not described:
        console.say("no_versions")
        return
    marks = {
        version["version"]: [
            *([console.text("is_current")] if version["is_current"] else []),
            *(
                [f"{console.text('is_damaged')}: {version['problem']}"]
                if version["problem"]
                else []
            ),
        ]
        for version in described
    }
    console.table(
        [console.text(f"col_{name}") for name in ("version", "as_of", "published", "note")],
        [
            (
                version["version"],
                version["as_of_date"],
                version["published_at"],
                ", ".join(marks[version["version"]]),
            )
            for version in described
        ],
    )


@app.command(name="publish")
def publish_command(
    ctx: typer.Context,
    to: Annotated[str, typer.Option("--to", metavar="VERSION", help="戻す版 / version to show")],
) -> None:
    """公開する版を切り替える / point readers at a kept version."""
    from dagster_project import commands

    invocation: Invocation = ctx.obj
    version = commands.publish_to(invocation.settings(), to)
    invocation.console.answer({"version": version.name})
    invocation.console.say("pointed", version=version.name)


# ---- metrics, month close, policy ----

app.add_typer(control_cli.app)
app.add_typer(mapping_cli.app)
app.add_typer(alerts_cli.app)
app.add_typer(export_cli.app)
app.add_typer(report_cli.app)


# ---- everything ----


@app.command()
def up(
    ctx: typer.Context,
    is_demo: Annotated[bool, typer.Option("--demo", help="デモ会社 / a demo company")] = False,
    is_check: Annotated[bool, typer.Option("--check-and-exit", hidden=True)] = False,
) -> None:
    """実行して Dagster と画面を起動する / run once, start Dagster and the dashboards."""
    from dagster_project import commands, lock, services

    invocation: Invocation = ctx.obj
    console = invocation.console
    if not (invocation.root / "keizoku.toml").exists():
        _init(invocation, invocation.root)
    settings = invocation.settings()
    with lock.hold(settings.up_lock, "keizoku up"), services.stop_signals() as is_stopping:
        if is_demo and commands.has_no_data(settings):
            _write_demo(invocation, settings)
        if _run_in_child(invocation, settings) == FAILED:
            console.say("up_first_run_failed")
        if is_stopping.is_set():
            return
        console.say("up_starting")
        ports = {
            name: services.free_port(wanted)
            for name, wanted in (
                ("dagster", settings.config.ports.dagster),
                ("dashboards", settings.config.ports.dashboards),
            )
        }
        for name, port in ports.items():
            wanted = getattr(settings.config.ports, name)
            if port != wanted:
                console.say("port_taken", wanted=wanted, port=port)
        planned = services.plan_services(
            settings, dagster_port=ports["dagster"], dashboards_port=ports["dashboards"]
        )
        with services.run_services(settings, planned) as running:
            urls = {name: f"http://{services.ADDRESS}:{port}" for name, port in ports.items()}
            console.say("up_ready")
            console.line(f"  {console.text('up_dashboards')}: {urls['dashboards']}")
            console.line(f"  {console.text('up_dagster')}: {urls['dagster']}")
            console.answer(urls)
            if is_check:
                return
            console.say("up_stop_hint")
            services.wait_for_end(running, is_stopping)
            console.say("up_stopping")


def _run_in_child(invocation: Invocation, settings: "Settings") -> int:
    """`keizoku run` as its own process, whose memory is given back when it ends."""
    from dagster_project import services

    command = [sys.executable, "-m", "dagster_project.cli", "--home", str(settings.root)]
    command += ["--lang", invocation.console.lang, "run", "--after-stop"]
    child = subprocess.Popen(
        services.die_with_parent(command),
        env=services.child_environment(settings),
        # With --json stdout is kept for the one answer of `up`.
        stdout=sys.stderr if invocation.console.is_json else None,
    )
    return child.wait()


# ---- what people write ----


def _date(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise KeizokuError(
            "wrong_date", value=text, expected="YYYY-MM-DD", exit_code=USAGE
        ) from None


def _moment(text: str, settings: "Settings") -> datetime:
    """Naive UTC. Without a zone: business time; a bare date: the end of that day."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise KeizokuError(
            "wrong_date", value=text, expected="YYYY-MM-DD[THH:MM[:SS][+09:00]]", exit_code=USAGE
        ) from None
    if len(text) == len("YYYY-MM-DD"):
        moment = datetime.combine(moment.date(), time()) + timedelta(days=1, seconds=-1)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=settings.timezone)
    return moment.astimezone(UTC).replace(tzinfo=None)


def main() -> None:
    """The console script `keizoku`."""
    app()


if __name__ == "__main__":
    main()
