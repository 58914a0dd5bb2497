"""Every write to a company's home, whoever asks: command line, Dagster or a page.

A run goes through land, plan_build, build_staging, link_identity, apply_cash, build_marts,
forecast, build_forecasts and publish_marts in this order; each leaves its facts in the run's
report. Nothing here knows Dagster, and the business clock is passed in by the edge.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
import sqlite3
import string
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project import closes, dbt_code, kept, lock, publish
from dagster_project.dbt_build import BuildResult, NodeResult, OnNode
from dagster_project.messages import KeizokuError, say
from dagster_project.runs import WAIT_FOR_RUN_SECONDS, Plan, Reporter, Request, Run, phase
from dagster_project.services import run_child
from dagster_project.settings import (
    CONFIG_NAME,
    DBT_DIR,
    PROJECT_DIR,
    Settings,
    canonical_json,
    default_as_of,
    json_lines,
    load_settings,
)

if TYPE_CHECKING:
    import polars as pl

    from dagster_project import query
    from sources.assistant.proposing import Proposal
    from sources.landing import CheckResult, DeliveryResult, Home

# The three dbt selections in their order, and which tests go with each. dbt's default ("eager")
# would run a test that reads staging and a mart before the mart exists; "cautious" and "buildable"
# leave it to a later selection, and nothing is later than the last.
FORECAST_MODELS = "models/marts/forecast"
SELECTIONS: dict[str, dict[str, Any]] = {
    "staging": {"select": ("path:models/staging",), "indirect_selection": "cautious"},
    "marts": {
        "select": ("path:seeds", "path:models/intermediate", "path:models/marts"),
        # with their tests: dbt takes a test of an excluded model along if another one is selected
        "exclude": (f"path:{FORECAST_MODELS}+",),
        "indirect_selection": "buildable",
    },
    "forecasts": {"select": (f"path:{FORECAST_MODELS}",), "indirect_selection": "eager"},
}
TEMPLATES = Path(__file__).with_name("templates")
INBOX_SYSTEMS = ("crm", "billing", "inquiry", "usage", "reference")
HOME_FOLDERS = (
    *("mappings", "build", "published", "identity", "cash", "decisions", "closes", "dagster"),
)
MADE_BY_INIT = {*HOME_FOLDERS, "inbox", "secret", "keizoku.new"}
SECRET_BYTES = 32
# A file changed within the last second may still be growing; one that never rests is taken anyway
# after a minute, and landing holds what is cut short.
SETTLE_SECONDS = 1.0
SETTLE_LIMIT_SECONDS = 60.0
# A build and the version made of it are about as large as the last version each.
SPACE_FACTOR = 3
SPACE_FLOOR_BYTES = 100 * 1024**2


# ---- the home ----


def init_home(root: Path) -> bool:
    """Creates a company's home, or completes one; returns whether it is new.

    Raises KeizokuError `home_in_checkout`, `home_not_empty`, `home_not_writable`.
    """
    root = root.expanduser().resolve()
    if root == PROJECT_DIR or PROJECT_DIR in root.parents:
        raise KeizokuError("home_in_checkout", where=str(root), exit_code=2)
    config_file = root / CONFIG_NAME
    is_new = not config_file.exists()
    try:
        # An init that was cut short left only what is ours, and goes on.
        if is_new and root.exists() and {path.name for path in root.iterdir()} - MADE_BY_INIT:
            raise KeizokuError("home_not_empty", where=str(root), exit_code=2)
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for system in INBOX_SYSTEMS:
            (root / "inbox" / system).mkdir(parents=True, exist_ok=True)
        for folder in HOME_FOLDERS:
            (root / folder).mkdir(exist_ok=True)
        # The secret before the settings: a folder with settings is a home, and has its secret.
        if is_new:
            if not (root / "secret").exists():
                _write_secret(root / "secret")
            aside = config_file.with_suffix(".new")
            shutil.copyfile(TEMPLATES / CONFIG_NAME, aside)
            aside.replace(config_file)
    except OSError as error:
        raise KeizokuError("home_not_writable", where=str(root), detail=error) from error
    from sources import landing

    settings = load_settings(root)
    prepare_dagster_home(settings)
    landing.ensure_schema(landing_home(settings))
    return is_new


def prepare_dagster_home(settings: Settings) -> None:
    """Dagster's folder of the home, a cache: made when it is not there."""
    settings.dagster_home.mkdir(exist_ok=True)
    template = string.Template((TEMPLATES / "dagster.yaml").read_text(encoding="utf-8"))
    # where Dagster has it when nothing is configured; JSON text is YAML text
    event_log_dir = json.dumps(str(settings.dagster_home / "history" / "runs"))
    (settings.dagster_home / "dagster.yaml").write_text(
        template.substitute(EVENT_LOG_DIR=event_log_dir), encoding="utf-8"
    )


def write_demo(
    settings: Settings, *, customers: int, months: int, seed: int | None, until: date | None
) -> dict[str, Any]:
    """Puts a made-up company's exports into the inbox; returns files and planted mistakes."""
    from sources import demo

    before = set(list_inbox(settings))
    mistakes = demo.generate(
        settings.inbox,
        customers=customers,
        months=months,
        seed=demo.DEFAULT_SEED if seed is None else seed,
        until=until,
    )
    return {
        "files": len(set(list_inbox(settings)) - before),
        "mistakes": [
            {
                "file": str(mistake.path),
                "line": mistake.line,
                "column": mistake.column,
                "kind": mistake.kind,
            }
            for mistake in mistakes
        ],
    }


def list_inbox(settings: Settings) -> list[str]:
    """Files waiting in the inbox, as `<system>/<name>`."""
    names = (
        path.relative_to(settings.inbox) for path in settings.inbox.rglob("*") if path.is_file()
    )
    return sorted(str(name) for name in names if not any(part[0] == "." for part in name.parts))


def has_no_data(settings: Settings) -> bool:
    """Whether nothing was ever delivered and nothing waits."""
    from sources import landing

    return not list_inbox(settings) and not landing.deliveries(landing_home(settings))


def read_rejects(settings: Settings, delivery_id: str | None, limit: int) -> list[dict[str, Any]]:
    """Refused cells of live deliveries or of one, by file and row; personal values are masked."""
    from sources import landing

    home = landing_home(settings)
    if delivery_id and delivery_id not in {one.delivery_id for one in landing.deliveries(home)}:
        raise KeizokuError(
            "delivery_unknown", where=str(settings.landed), delivery=delivery_id, exit_code=2
        )
    found = landing.rejects(home, delivery_id)
    return found.sort("file_name", "source_sheet", "source_row").head(limit).to_dicts()


def check_file(settings: Settings, file: Path, mapping: str | None) -> "CheckResult":
    """What would load and what would be refused; stores nothing. mapping: an id or a YAML file.

    Raises KeizokuError `file_missing`, `refused`.
    """
    from sources import landing

    if not file.is_file():
        raise KeizokuError("file_missing", where=str(file), exit_code=2)
    is_path = mapping is not None and mapping.endswith((".yml", ".yaml"))
    if is_path and not Path(mapping).is_file():
        raise KeizokuError("file_missing", where=mapping, exit_code=2)
    chosen = Path(mapping) if mapping and Path(mapping).is_file() else mapping
    with _telling_refusals():
        return landing.check(landing_home(settings), file.resolve(), chosen)


def propose_mapping(
    settings: Settings, file: Path, *, entity: str | None, answers: list[str]
) -> "Proposal":
    """What mapping a file needs, with the evidence and what only a person can tell; stores nothing.

    Raises KeizokuError `file_missing`, `entity_unknown`.
    """
    from sources import landing
    from sources.entities import entities

    if not file.is_file():
        raise KeizokuError("file_missing", where=str(file), exit_code=2)
    if entity is not None and entity not in entities():
        known = ", ".join(entities())
        raise KeizokuError("entity_unknown", entity=entity, known=known, exit_code=2)
    return landing.propose(landing_home(settings), file.resolve(), entity=entity, answers=answers)


def write_mapping(settings: Settings, target: Path, text: str) -> Path:
    """Writes a mapping where there is none yet; returns its path. Relative: counted from the home.

    Raises KeizokuError `mapping_exists`, `mapping_not_written`.
    """
    path = settings.root / target.expanduser()
    aside = path.with_name(f".{path.name}.new")
    try:
        aside.write_text(text, encoding="utf-8")
        os.link(aside, path)  # whole or not at all, and never over another
    except FileExistsError:
        raise KeizokuError("mapping_exists", where=str(path), exit_code=2) from None
    except OSError as error:
        raise KeizokuError("mapping_not_written", where=str(path), detail=error) from error
    finally:
        aside.unlink(missing_ok=True)
    return path


UPLOAD_BYTES = 50 * 1024**2
UPLOADED_NAME_CHARS = 100


@contextmanager
def hold_upload(settings: Settings, system: str, name: str, data: bytes) -> Iterator[Path]:
    """A file somebody handed to a page, in a place of the home's own for as long as it is needed.

    The name says how it is read and is kept, but never becomes a path. Raises KeizokuError
    `upload_too_large`.
    """
    if len(data) > UPLOAD_BYTES:
        raise KeizokuError("upload_too_large", where=name, limit=UPLOAD_BYTES // 1024**2)
    if system not in INBOX_SYSTEMS:
        raise ValueError(f"no such folder of the inbox: {system}")
    base = re.split(r"[/\\]", name)[-1].lstrip(".")
    shown = "".join(char for char in base if char.isprintable())[-UPLOADED_NAME_CHARS:]
    uploads = settings.root / "uploads"
    uploads.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=uploads) as folder:
        path = Path(folder) / system / (shown or "upload")
        path.parent.mkdir()
        path.write_bytes(data)
        yield path


def landing_home(settings: Settings) -> "Home":
    """The home as sources sees it. Raises KeizokuError `secret_missing`."""
    from sources.landing import Home, LandingRules

    return Home(
        root=settings.root,
        secret=_read_secret(settings.secret_file),
        rules=LandingRules(
            business_timezone=settings.policy["business_timezone"],
            hold_row_drop_share=settings.policy["hold_row_drop_share"],
        ),
    )


def _write_secret(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(secrets.token_hex(SECRET_BYTES))
        handle.flush()
        os.fsync(handle.fileno())


def _read_secret(path: Path) -> bytes:
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise KeizokuError("secret_missing", where=str(path), detail=error) from error
    if len(secret) < SECRET_BYTES:
        raise KeizokuError("secret_missing", where=str(path), detail=f"{len(secret)} bytes")
    return secret


# ---- deliveries and versions, by hand ----


def accept_delivery(settings: Settings, delivery_id: str) -> "DeliveryResult":
    """Lets a held delivery count from the next run on. Raises KeizokuError `refused`."""
    from sources import landing

    with _hold_home(settings, f"accept {delivery_id}"):
        return landing.accept(landing_home(settings), delivery_id)


def withdraw_delivery(settings: Settings, delivery_id: str, reason: str) -> "DeliveryResult":
    """Takes a delivery out of what counts from the next run on. Raises KeizokuError `refused`."""
    from sources import landing

    with _hold_home(settings, f"withdraw {delivery_id}"):
        return landing.withdraw(landing_home(settings), delivery_id, reason)


def publish_to(
    settings: Settings, version: str, *, wait_seconds: float = WAIT_FOR_RUN_SECONDS
) -> publish.Version:
    """Points readers at a kept version. Runs with nothing new leave it so.

    Raises KeizokuError `home_busy` when a run takes longer than `wait_seconds`.
    """
    with _hold_home(settings, f"publish --to {version}", wait_seconds=wait_seconds):
        return publish.point_current(settings.published, version)


def close_month(
    settings: Settings, month: date, *, closed_on: date | None, reason: str | None, now: datetime
) -> closes.Close:
    """Freezes a month as the published version shows it; the next run shows it as reported.

    Raises KeizokuError `version_damaged` and what closes.close_month raises.
    """
    with _hold_home(settings, f"close {month:%Y-%m}"):
        version, problem = publish.find_current(settings.published)
        if problem:
            raise KeizokuError("version_damaged", where=version.name, detail=problem)
        return closes.close_month(
            settings.closes,
            month,
            version,
            closed_on=closed_on,
            close_day=settings.policy["close_day"],
            timezone=settings.timezone,
            reason=reason,
            now=now,
        )


def drop_caches(settings: Settings) -> list[str]:
    """Removes what can be made again from the originals, and makes the landed files again.

    Returns what reconciliation put right.
    """
    from sources import landing

    with _hold_home(settings, "rebuild"):
        for folder in (
            *(settings.landed, settings.root / "quarantine"),
            *(settings.identity, settings.cash),
        ):
            shutil.rmtree(folder, ignore_errors=True)
        for file in settings.root.glob("ledger.sqlite*"):
            file.unlink()
        return landing.reconcile(landing_home(settings))


# ---- 入金消込, by hand ----


def cash_decisions(settings: Settings, known_at: str | None = None) -> list[dict[str, Any]]:
    """What people decided about receipts and payers, in order; made by `known_at` if given (UTC).

    Raises KeizokuError `decisions_unreadable`.
    """
    return _read_decisions(settings.cash_decisions, known_at)


def list_cash(settings: Settings, status: str | None, limit: int) -> list[dict[str, Any]]:
    """Receipts of the published version, what waits for a person first; payers in clear text."""
    return _ask_published(
        settings,
        "select applied.receipt_key, applied.source_id, applied.received_date,"
        " applied.amount_native, applied.currency, applied.application_status,"
        " applied.match_rule, applied.reason, applied.settled_invoice_ids,"
        " applied.proposal_invoice_ids, applied.decided_by, payers.payer_name"
        " from mart_cash_application as applied"
        " left join pii.mart_cash_application as payers using (receipt_key)"
        " where $status is null or applied.application_status = $status"
        " order by applied.application_status not in ('review', 'unmatched'),"
        " applied.received_date desc, applied.receipt_key limit $limit",
        {"status": status, "limit": limit},
    )


def reject_match(
    settings: Settings, receipt: str, *, reason: str, by: str, now: datetime
) -> dict[str, Any]:
    """Takes a match back from the next run on; the receipt waits for an accept.

    `receipt`: id in its source, or receipt_key. Raises KeizokuError `cash_not_found`.
    """
    found = _find_receipt(settings, receipt)
    return _decide(settings, {"action": "reject", **found}, reason, by, now)


def accept_match(
    settings: Settings, receipt: str, invoices: list[str], *, reason: str, by: str, now: datetime
) -> dict[str, Any]:
    """Applies a receipt to these invoices, or to the proposal, from the next run on.

    Raises KeizokuError `cash_not_found`, `cash_no_proposal`.
    """
    found = _find_receipt(settings, receipt)
    if invoices:
        keys = [_find_invoice(settings, invoice) for invoice in invoices]
    else:
        proposed = _ask_published(
            settings,
            "select proposal_invoice_keys from mart_cash_application where receipt_key = $key",
            {"key": found["receipt_key"]},
        )[0]["proposal_invoice_keys"]
        if not proposed:
            raise KeizokuError("cash_no_proposal", where=receipt, exit_code=2)
        keys = proposed.split(",")
    return _decide(settings, {"action": "accept", **found, "invoice_keys": keys}, reason, by, now)


CUSTOMER_BY_ID = (
    "select distinct customer_key as found from bridge_customer_identity"
    " where customer_key = $text or source_id = $text"
)


def alias_payer(
    settings: Settings, payer: str, customer: str, *, reason: str, by: str, now: datetime
) -> dict[str, Any]:
    """Says which customer a payer's name stands for, from the next run on.

    `customer`: id in billing or in the CRM, or customer_key. Raises KeizokuError `cash_not_found`.
    """
    import polars as pl

    from sources.values import fold

    folded = fold(pl.Series([payer])).item()
    if folded is None:
        raise KeizokuError("cash_not_found", where=payer, found=0, exit_code=2)
    key = _find_one(
        settings,
        CUSTOMER_BY_ID,
        customer,
    )
    decision = {"action": "alias", "payer": folded, "customer_key": key}
    return _decide(settings, decision, reason, by, now)


def _decide(
    settings: Settings, decision: dict[str, Any], reason: str, by: str, now: datetime
) -> dict[str, Any]:
    """Appends a decision; who, when (UTC) and why stay with it."""
    purpose = f"cash {decision['action']}"
    return _record(
        settings, settings.cash_decisions, purpose, decision | {"reason": reason}, by, now
    )


def _find_receipt(settings: Settings, text: str) -> dict[str, str]:
    key = _find_one(
        settings,
        "select receipt_key as found from mart_cash_application"
        " where $text in (receipt_key, source_id, bank_transaction_id)",
        text,
    )
    return {"receipt_key": key, "receipt": text}


def _find_invoice(settings: Settings, text: str) -> str:
    return _find_one(
        settings,
        "select invoice_key as found from fct_invoice where $text in (invoice_key, invoice_id)",
        text,
    )


def _find_one(
    settings: Settings, statement: str, text: str, refusal: str = "cash_not_found"
) -> str:
    found = _ask_published(settings, statement, {"text": text})
    if len(found) != 1:
        raise KeizokuError(refusal, where=text, found=len(found), exit_code=2)
    return found[0]["found"]


# ---- approaches to customers at risk, by hand ----

APPROACH_OUTCOMES = ("no_answer", "talked", "promised_to_stay", "solved", "will_leave")


def record_approach(
    settings: Settings,
    customer: str,
    *,
    action: str,
    outcome: str,
    on: date,
    note: str | None,
    by: str,
    now: datetime,
    wait_seconds: float = WAIT_FOR_RUN_SECONDS,
) -> dict[str, Any]:
    """Keeps that a customer was approached on a day, how, and what came of it.

    `customer`: id in billing or in the CRM, or customer_key. `action` and `outcome`: codes of
    compute.risk.ACTIONS and APPROACH_OUTCOMES. Raises KeizokuError `customer_not_found`,
    `approach_code_unknown`, `approach_in_the_future`, and `home_busy` after `wait_seconds`.
    """
    from dagster_project.compute.risk import ACTIONS

    for code, known in ((action, tuple(ACTIONS)), (outcome, APPROACH_OUTCOMES)):
        if code not in known:
            raise KeizokuError(
                "approach_code_unknown", where=code, known=", ".join(known), exit_code=2
            )
    if on > now.astimezone(settings.timezone).date():
        raise KeizokuError("approach_in_the_future", where=on.isoformat(), exit_code=2)
    key = _find_one(settings, CUSTOMER_BY_ID, customer, "customer_not_found")
    approach = {
        "customer_key": key,
        "customer": customer,
        "action_code": action,
        "outcome_code": outcome,
        "acted_on": on.isoformat(),
        "note": note,
    }
    return _record(
        *(settings, settings.approach_actions, "actions add", approach, by, now), wait_seconds
    )


def list_approaches(settings: Settings, customer: str | None, limit: int) -> list[dict[str, Any]]:
    """What was recorded, the latest first; of one customer, as it was named then, if given."""
    recorded = _read_decisions(settings.approach_actions)
    chosen = [
        one
        for one in reversed(recorded)
        if customer is None or customer in (one["customer"], one["customer_key"])
    ]
    return chosen[:limit]


def _give_approaches(settings: Settings, known_at: str | None, folder: Path) -> None:
    """The recorded approaches as a table of the build (source control.approach_actions).

    Raises KeizokuError `decisions_unreadable`.
    """
    import polars as pl

    texts = ("customer_key", "action_code", "outcome_code", "note", "decided_by", "decided_at")
    recorded = []
    for one in _read_decisions(settings.approach_actions, known_at):
        try:
            key = hashlib.sha256(canonical_json(one).encode()).hexdigest()[:32]
            acted_on = date.fromisoformat(one["acted_on"])
            told = {name: one[name] for name in texts}
        except (ValueError, KeyError, TypeError) as error:
            where = f"{settings.approach_actions}: {canonical_json(one)}"
            raise KeizokuError("decisions_unreadable", where=where, detail=error) from error
        recorded.append(told | {"approach_key": key, "acted_on": acted_on})
    schema = {"approach_key": pl.String, "acted_on": pl.Date} | dict.fromkeys(texts, pl.String)
    frame = pl.DataFrame(recorded, schema=schema).unique("approach_key").sort("approach_key")
    _replace_parquet(frame, folder / "approach_actions" / "approach_actions.parquet")


# ---- SQL ----


def ask(settings: Settings, version: publish.Version, sql: str, *, now: datetime) -> "query.Found":
    """What a statement of the command line answers, recorded before it is shown.

    Raises KeizokuError `sql_*`, `not_recorded`.
    """
    from dagster_project import audit, query

    found, error = None, None
    try:
        found = query.ask(version, sql, limits=query.CLI_LIMITS)
    except KeizokuError as refused:
        error = refused
    try:
        audit.append(
            settings.root,
            audit.LOCAL_ADMIN,
            "sql",
            now=now,
            via="command",
            version=version.name,
            sql=audit.without_texts(sql),
            has_personal_columns=True,
            outcome=error.code if error else "answered",
            row_count=found.frame.height if found else None,
            seconds=found.seconds if found else None,
        )
    except OSError as cannot:
        where = str(settings.root / audit.LOG)
        raise KeizokuError("not_recorded", where=where, detail=cannot) from cannot
    if error:
        raise error
    return found


# ---- SQL and views that people keep ----


def save_query(
    settings: Settings, name: str, sql: str, *, is_shared: bool, by: str, now: datetime
) -> kept.Kept:
    """Keeps a statement under a name. Raises KeizokuError `sql_empty` and what kept.save raises."""
    if not sql.strip():
        raise KeizokuError("sql_empty", where=name, exit_code=2)
    return kept.save(settings.queries, name, sql.strip(), is_shared=is_shared, by=by, now=now)


def delete_query(settings: Settings, name: str, *, by: str) -> None:
    """Removes one's own statement. Raises what kept.delete raises."""
    kept.delete(settings.queries, name, by=by)


def save_view(
    settings: Settings, name: str, address: str, *, is_shared: bool, by: str, now: datetime
) -> kept.Kept:
    """Keeps the address of a page as it stands, `page?name=value`. Raises what kept.save raises."""
    return kept.save(settings.views, name, address, is_shared=is_shared, by=by, now=now)


def delete_view(settings: Settings, name: str, *, by: str) -> None:
    """Removes one's own view. Raises what kept.delete raises."""
    kept.delete(settings.views, name, by=by)


def remember_query(settings: Settings, sql: str, *, by: str, now: datetime) -> None:
    """Adds a statement to a person's history."""
    kept.remember(settings.queries, sql, by=by, now=now)


# ---- what people recorded ----


def _read_decisions(file: Path, known_at: str | None = None) -> list[dict[str, Any]]:
    """The JSON lines of a file in order; recorded by `known_at` if given (UTC).

    Raises KeizokuError `decisions_unreadable`.
    """
    if not file.exists():
        return []
    decisions = []
    for number, line in enumerate(json_lines(file.read_text(encoding="utf-8")), start=1):
        try:
            decision = json.loads(line)
            if known_at is None or decision["decided_at"] <= known_at:
                decisions.append(decision)
        except (ValueError, KeyError, TypeError) as error:
            where = f"{file}:{number}"
            raise KeizokuError("decisions_unreadable", where=where, detail=error) from error
    return decisions


def _record(
    settings: Settings,
    file: Path,
    purpose: str,
    decision: dict[str, Any],
    by: str,
    now: datetime,
    wait_seconds: float = WAIT_FOR_RUN_SECONDS,
) -> dict[str, Any]:
    """Appends a line; who and when (UTC) stay with it."""
    decision = decision | {
        "decided_by": by,
        "decided_at": now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
    }
    with _hold_home(settings, purpose, wait_seconds=wait_seconds):
        _read_decisions(file)  # never append to a file that cannot be read
        file.parent.mkdir(exist_ok=True)
        with file.open("a", encoding="utf-8") as lines:
            lines.write(canonical_json(decision) + "\n")
            lines.flush()
            os.fsync(lines.fileno())
    return decision


def _ask_published(
    settings: Settings, statement: str, parameters: dict[str, Any]
) -> list[dict[str, Any]]:
    """Rows of the current version. Raises KeizokuError `nothing_published`, `sql_failed`."""
    from dagster_project import query

    version, _ = publish.find_current(settings.published)
    answer = query.run_sql(version, statement, parameters)
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


@contextmanager
def _hold_home(
    settings: Settings, purpose: str, *, wait_seconds: float = WAIT_FOR_RUN_SECONDS
) -> Iterator[None]:
    """The home's lock; what landing refuses is told like any other error."""
    with lock.hold(settings.run_lock, purpose, wait_seconds=wait_seconds), _telling_refusals():
        yield


@contextmanager
def _telling_refusals() -> Iterator[None]:
    from sources.landing import LandingRefused

    try:
        yield
    except LandingRefused as refusal:
        problem = refusal.problem
        raise KeizokuError(
            "refused",
            where=problem.where,
            ja=problem.ja,
            en=problem.en,
            remedy_ja=problem.remedy_ja,
            remedy_en=problem.remedy_en,
        ) from refusal


# ---- a run, step by step ----


def land(run: Run, *, now: datetime) -> "list[DeliveryResult]":
    """Takes what lies in the inbox. A file that cannot count is held and stops no other."""
    from sources import landing

    with phase(run, "land"):
        home = landing_home(run.settings)
        _wait_until_settled(run)
        results = landing.land_inbox(home, now=now, progress=run.reporter.progress)
        landing.ensure_schema(home)
        run.report.deliveries = [describe_delivery(result) for result in results]
    return results


def _wait_until_settled(run: Run) -> None:
    """Gives files that are being copied into the inbox this moment the time to be complete."""
    deadline = time.monotonic() + SETTLE_LIMIT_SECONDS
    before = _inbox_facts(run.settings)
    while any(time.time() - modified < SETTLE_SECONDS for _, modified in before.values()):
        if time.monotonic() > deadline:
            run.reporter.note("still_arriving")
            return
        time.sleep(SETTLE_SECONDS)
        now = _inbox_facts(run.settings)
        if now == before:
            return
        before = now


def _inbox_facts(settings: Settings) -> dict[str, tuple[int, float]]:
    """Size and time of change of every waiting file."""
    facts = {}
    for name in list_inbox(settings):
        with suppress(FileNotFoundError):
            stat = (settings.inbox / name).stat()
            facts[name] = (stat.st_size, stat.st_mtime)
    return facts


def plan_build(run: Run, request: Request, *, now: datetime) -> Plan:
    """What to build: nothing, when a version made from exactly these inputs is there and whole."""
    settings = run.settings
    with phase(run, "plan"):
        yesterday = default_as_of(now, settings.timezone)
        as_of = request.as_of or yesterday
        if as_of > yesterday:
            run.reporter.note("as_of_not_over", as_of=as_of.isoformat())
        known_at = request.known_at and request.known_at.strftime("%Y-%m-%d %H:%M:%S")
        fingerprint = input_fingerprint(settings, as_of, known_at)
        found = publish.find_fingerprint(settings.published, fingerprint)
        is_needed = request.is_forced or found is None
        run.plan = Plan(
            as_of_date=as_of.isoformat(),
            known_at=known_at,
            input_fingerprint=fingerprint,
            is_needed=is_needed,
            version=None if is_needed else found.name,
        )
        run.report.as_of_date, run.report.known_at = run.plan.as_of_date, known_at
        if is_needed:
            _require_space(settings)
            return run.plan
        run.report.outcome, run.report.version = "nothing_new", found.name
        if done := publish.repair_pointer(settings.published, found.name):
            run.reporter.note(done, version=found.name)
        current, _ = publish.find_current(settings.published)
        run.report.version = current.name
        return run.plan


def build_staging(run: Run) -> BuildResult:
    """Builds and tests the staging models.

    Raises KeizokuError `build_failed`, `audit_failed`, `dbt_project_broken`, `dbt_died`.
    """
    with phase(run, "staging"):
        dbt = run.dbt()
        parsed = dbt("parse")
        if not parsed.is_success:
            raise KeizokuError("dbt_project_broken", where="dbt/", detail=parsed.error)
        return _build(run, "staging")


def link_identity(run: Run) -> dict[str, int]:
    """Reads staging, decides who is the same customer, writes the links as Parquet.

    Returns how many records and customers there are.
    """
    from dagster_project.compute import identity

    with phase(run, "identity"):
        _require_build(run)
        links = identity.link_customers(*_read_staging(run))
        _replace_parquet(links, run.settings.links_file)
        return {
            "records": links.height,
            "customers": links["customer_key"].n_unique(),
            "reviews": links["review_customer_key"].count(),
        }


def apply_cash(run: Run) -> dict[str, int]:
    """Reads staging, the links and people's decisions, writes which money settled which invoice.

    Returns how many receipts there are by status.
    """
    import polars as pl

    from dagster_project.compute import cash_application

    with phase(run, "cash"):
        _require_build(run)
        settings = run.settings
        matched = cash_application.match_receipts(
            cash_application.Inputs(*_read_cash(run), pl.read_parquet(settings.links_file)),
            cash_decisions(settings, run.plan.known_at),
            as_of=date.fromisoformat(run.plan.as_of_date),
            fee_tolerance=settings.policy["fee_diff_tolerance"],
            reporting_currency=settings.policy["reporting_currency"],
        )
        for name, frame in zip(matched._fields, matched, strict=True):
            _replace_parquet(frame, settings.cash / name / "live" / f"{name}.parquet")
        counted = matched.receipts["application_status"].value_counts().sort("application_status")
        return dict(counted.iter_rows())


def _replace_parquet(frame: "pl.DataFrame", target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_suffix(".new")
    frame.write_parquet(aside)
    aside.replace(target)


def build_marts(run: Run, selection: dict[str, Any] | None = None) -> BuildResult:
    """Builds and tests what staging feeds, or a part of it. Raises like build_staging."""
    with phase(run, "marts"):
        _require_build(run)
        _give_control(run, run.manifest)
        return _build(run, "marts", selection)


def forecast(run: Run) -> dict[str, int]:
    """Reads the marts, computes what comes next, writes it as Parquet; returns rows by table."""
    from dagster_project.compute import forecasters

    with phase(run, "forecast"):
        _require_build(run)
        tables = forecasters.compute_all(
            _reader(run.build_db),
            as_of=date.fromisoformat(run.plan.as_of_date),
            policy=run.settings.policy,
        )
        for name, frame in tables.items():
            _replace_parquet(frame, run.control / "forecast" / name / f"{name}.parquet")
        return {name: frame.height for name, frame in tables.items()}


def build_forecasts(run: Run) -> BuildResult:
    """Builds and tests the marts of what comes next. Raises like build_staging."""
    with phase(run, "forecasts"):
        _require_build(run)
        return _build(run, "forecasts")


def _reader(build_db: Path) -> "Callable[[str], pl.DataFrame]":
    import duckdb

    def read(statement: str) -> "pl.DataFrame":
        with duckdb.connect(str(build_db), read_only=True) as connection:
            return connection.execute(statement).pl()

    return read


def _give_control(run: Run, manifest: dict[str, Any]) -> None:
    """Writes what the marts read besides data: metrics, closed months, recorded approaches."""
    from dagster_project.compute import metrics

    target = run.control / "metrics" / "metrics.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    metrics.read_metrics(manifest, run.settings.policy).write_parquet(target)
    closes.give_to_build(run.settings.closes, run.control)
    _give_approaches(run.settings, run.plan.known_at, run.control)


def publish_marts(run: Run, *, now: datetime) -> publish.Version:
    """Makes an audited build the version readers see."""
    with phase(run, "publish"):
        _require_build(run)
        marts = publish.read_marts(run.manifest)
        done: list[str] = []

        def tell(name: str) -> None:
            done.append(name)
            run.reporter.progress(name, len(done), len(marts))

        stamp = publish.Stamp(
            run_id=run.report.run_id,
            published_at=now,
            as_of_date=run.plan.as_of_date,
            known_at=run.plan.known_at,
            input_fingerprint=run.plan.input_fingerprint,
            policy_id=run.settings.policy_id,
            policy=run.settings.policy,
        )
        version = publish.publish(run.settings.published, run.build_db, marts, stamp, on_mart=tell)
        run.report.outcome, run.report.version = "published", version.name
        return version


# ---- alerts ----


def tell_alerts(run: Run, *, now: datetime) -> None:
    """Judges the alert rules after a run, good or failed, keeps what is new and sends what is due.

    The run holds the home's lock. Whatever goes wrong here is told in the run's log and never
    changes what the run came to; what could not be sent stays and is tried again by a later run.
    """
    try:
        _tell_alerts(run, now)
    except KeizokuError as error:
        run.reporter.note("alerts_not_judged", error=error)
    except Exception as error:  # its words may hold anything: only its kind is told
        run.reporter.note("alerts_not_judged", error=type(error).__name__)


def _tell_alerts(run: Run, now: datetime) -> None:
    from dagster_project import alerts
    from sources import landing

    settings = run.settings
    config = settings.config.alerts
    lines = alerts.read_lines(settings.alerts_file)
    try:
        version, _ = publish.find_current(settings.published)
    except KeizokuError:  # nothing published yet, or nothing whole
        version = None
    try:
        known = landing.deliveries(landing_home(settings))
        held = [one for one in known if one.state == "held"]
    except (KeizokuError, sqlite3.Error, OSError):
        # what made the run fail: that is told, the files are not known
        held = None
    seen = alerts.look(settings, run.report, held, version, lines, now=now)
    added = alerts.settle(lines, seen, config.channels, now=now)
    if added:
        lines = lines + added
        _write_alerts(settings, lines)
    for channel in dict.fromkeys(channel for _, channel in alerts.unsent(lines)):
        lines = _send_alerts(run, lines, channel, now)


def _send_alerts(
    run: Run, lines: list[dict[str, Any]], channel: str, now: datetime
) -> list[dict[str, Any]]:
    """All that one channel has not been told, in one message; the lines with what came of it."""
    from dagster_project import alerts, channels

    due = alerts.next_try(lines, channel)
    if due and alerts.utc_text(now) < due:
        return lines
    events = [line for line, named in alerts.unsent(lines) if named == channel]
    message = alerts.compose(run.settings, lines, events)
    try:
        refused = channels.send(channel, run.settings.config.alerts, message)
    except channels.NotSent as error:
        failed = alerts.failed_line(lines, channel, str(error), now=now)
        run.reporter.note(
            "alerts_not_sent", channel=channel, error=error, next_at=failed["next_at"]
        )
        lines = [*lines, failed]
    else:
        if refused:
            run.reporter.note("alerts_partly_sent", channel=channel, error=refused)
        at = alerts.utc_text(now)
        lines = [
            *lines,
            *(
                {
                    "event": "sent",
                    "at": at,
                    "alert_id": line["alert_id"],
                    "of": line["event"],
                    "channel": channel,
                }
                for line in events
            ),
        ]
    _write_alerts(run.settings, lines)
    return lines


def _write_alerts(settings: Settings, lines: list[dict[str, Any]]) -> None:
    from dagster_project import alerts

    file = settings.alerts_file
    file.parent.mkdir(exist_ok=True)
    aside = file.with_suffix(".new")
    with aside.open("w", encoding="utf-8") as handle:
        handle.write(alerts.written(lines))
        handle.flush()
        os.fsync(handle.fileno())
    aside.replace(file)


def try_channels(settings: Settings) -> dict[str, str | None]:
    """Sends a test by every channel; per channel why it did not arrive, None where it did."""
    from dagster_project import alerts, channels

    outcome: dict[str, str | None] = {}
    for channel in settings.config.alerts.channels:
        try:
            message = alerts.trial_message(settings)
            outcome[channel] = channels.send(channel, settings.config.alerts, message)
        except channels.NotSent as error:
            outcome[channel] = str(error)
    return outcome


# ---- the monthly report ----

REPORT_SECONDS = 600
REPORT_MODULE = "dashboards.report"


def make_report(
    settings: Settings,
    month: date | None,
    *,
    formats: tuple[str, ...],
    folder: Path | None,
    has_names: bool,
    lang: str,
) -> list[Path]:
    """Writes a month's report from the published version; returns the files.

    The pages' own code makes it, in a process of its own. month None: the last complete one.
    Raises KeizokuError `nothing_published`, `report_failed`.
    """
    publish.find_current(settings.published)
    command = [sys.executable, "-m", REPORT_MODULE, "--lang", lang]
    command += ["--out", str((folder or settings.reports).expanduser().resolve())]
    command += ["--month", f"{month:%Y-%m}"] if month else []
    command += [part for one in formats for part in ("--format", one)]
    command += ["--names"] if has_names else []
    done = run_child(settings, command, REPORT_SECONDS)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        shown = f"{month:%Y-%m}" if month else "–"
        raise KeizokuError("report_failed", where=shown, detail=said[-1] if said else "?")
    return [Path(path) for path in json.loads(done.stdout.splitlines()[-1])]


def export_list(
    settings: Settings, name: str, channel: str, *, kind: str, folder: Path | None, lang: str
) -> dict[str, Any]:
    """Writes a list of customers who agreed to the channel; returns path, rows and who was left
    out by why. Raises KeizokuError `nothing_published`, `list_failed`.
    """
    publish.find_current(settings.published)
    target = (folder or settings.root / "exports").expanduser().resolve()
    command = [sys.executable, "-m", "dashboards.lists", "--list", name, "--for", channel]
    command += ["--format", kind, "--out", str(target), "--lang", lang]
    done = run_child(settings, command, REPORT_SECONDS)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise KeizokuError("list_failed", where=name, detail=said[-1] if said else "?")
    return json.loads(done.stdout.splitlines()[-1])


def list_reports(settings: Settings) -> list[Path]:
    """The reports of the home by name."""
    return sorted(
        path for path in settings.reports.glob("monthly_report_*") if path.suffix != ".new"
    )


def send_report(settings: Settings, files: list[Path], *, lang: str) -> bool:
    """Sends reports by e-mail where that channel is chosen; returns whether it is.

    Raises KeizokuError `report_not_sent`; `report_partly_sent` when some have it and some were
    refused.
    """
    from dagster_project import alerts, channels

    if "email" not in settings.config.alerts.channels:
        return False
    names = "\n".join(path.name for path in files)
    subject = say("report_subject", lang, company=settings.config.company_name or "Keizoku")
    address = alerts.page_address(settings, alerts.HOME_PAGE)
    text = say("report_text", lang, files=names, address=address)
    message = channels.Message(subject, text, tuple(files))
    try:
        refused = channels.send("email", settings.config.alerts, message)
    except channels.NotSent as error:
        raise KeizokuError("report_not_sent", where="email", detail=error) from None
    if refused:
        raise KeizokuError("report_partly_sent", where="email", detail=refused)
    return True


def input_fingerprint(settings: Settings, as_of: date, known_at: str | None) -> str:
    """SHA-256 over everything the marts are a function of: equal inputs, equal marts."""
    inputs = {
        "deliveries": _known_deliveries(settings.landed, known_at),
        "decisions": dbt_code.file_hashes(settings.root / "decisions"),
        "closes": closes.fingerprint(settings.closes),
        "policy": settings.policy,
        "as_of_date": as_of.isoformat(),
        "known_at": known_at,
        "code": code_hash(settings.dbt_dir),
        "libraries": {name: metadata.version(name) for name in publish.LIBRARIES},
    }
    return hashlib.sha256(canonical_json(inputs).encode()).hexdigest()


def code_hash(dbt_dir: Path = DBT_DIR) -> str:
    """SHA-256 over the files that decide what a build computes and how it is published."""
    own = (
        PROJECT_DIR / "sources" / "entities.yml",
        PROJECT_DIR / "dagster_project" / "publish.py",
        *(PROJECT_DIR / "dagster_project" / "compute").glob("*.py"),
    )
    hashes = [
        dbt_code.code_hashes(dbt_dir),
        {path.name: dbt_code.file_hashes(path) for path in sorted(own)},
    ]
    return hashlib.sha256(canonical_json(hashes).encode()).hexdigest()


# ---- dbt's manifest ----


def prepare_manifest(settings: Settings, reporter: Reporter | None = None) -> dict[str, Any]:
    """dbt's manifest for the code as it is; says so when that takes a while.

    Raises KeizokuError `dbt_project_broken`, `dbt_died`.
    """
    if reporter and not dbt_code.find_parse(settings.dbt_dir, settings.build):
        reporter.phase("prepare")
    return dbt_code.read_manifest(dbt_code.prepare_parse(settings.dbt_dir, settings.build))


def selection_of(manifest: dict[str, Any], node: dict[str, Any]) -> str:
    """The dbt selection the node belongs to; a test to the last of those it reads."""
    path = node["original_file_path"]
    if node["resource_type"] != "test":
        if path.startswith("models/staging/"):
            return "staging"
        return "forecasts" if path.startswith(f"{FORECAST_MODELS}/") else "marts"
    order = list(SELECTIONS)
    read = (
        order.index(selection_of(manifest, manifest["nodes"][parent]))
        for parent in node["depends_on"]["nodes"]
        if parent in manifest["nodes"]
    )
    return order[max(read, default=0)]


def describe_test(node: dict[str, Any]) -> str:
    """What a dbt test asserts, in plain words: its description, else its name read aloud."""
    if node.get("description"):
        return node["description"].strip()
    generic = node.get("test_metadata")
    if not generic:
        return node["name"].removeprefix("assert_").replace("_", " ")
    model = (node.get("attached_node") or node["name"]).rsplit(".", 1)[-1]
    column = f".{node['column_name']}" if node.get("column_name") else ""
    arguments = generic.get("kwargs", {})
    detail = ", ".join(
        str(arguments[name]) for name in ("columns", "values", "to", "field") if name in arguments
    )
    rule = generic["name"].replace("_", " ")
    return f"{model}{column}: {rule}" + (f" ({detail})" if detail else "")


def _build(run: Run, name: str, part: dict[str, Any] | None = None) -> BuildResult:
    on_node = _tell_nodes(run, run.manifest, name)
    built = run.dbt()("build", **(part or SELECTIONS[name]), on_node=on_node)
    return _judge(run, built, run.manifest)


def _tell_nodes(run: Run, manifest: dict[str, Any], selection: str) -> OnNode:
    nodes = {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "test", "seed")
        and selection_of(manifest, node) == selection
    }
    done: list[str] = []

    def tell(unique_id: str, status: str) -> None:
        done.append(unique_id)
        name = nodes[unique_id]["name"] if unique_id in nodes else unique_id
        run.reporter.progress(name, len(done), max(len(nodes), len(done)))

    return tell


def _judge(run: Run, result: BuildResult, manifest: dict[str, Any]) -> BuildResult:
    """Returns a result that is good; records in the report what failed and raises otherwise."""
    tests = [node for node in result.failed if node.resource_type == "test"]
    models = [node for node in result.failed if node.resource_type != "test"]
    run.report.failed_tests += [
        {
            "name": node.name,
            "unique_id": node.unique_id,
            "asserts": describe_test(manifest["nodes"][node.unique_id]),
            "failing_rows": node.failures,
            "message": node.message,
        }
        for node in tests
    ]
    log_file = str(run.folder / "dbt.log")
    if models or (result.error and not tests):
        failed = "; ".join(f"{node.name}: {_first_line(node)}" for node in models)
        raise BuildFailed("build_failed", result, where=log_file, models=failed or result.error)
    if tests:
        names = "; ".join(
            f"{test['asserts']} [{test['failing_rows'] or 0}]" for test in run.report.failed_tests
        )
        raise BuildFailed("audit_failed", result, where=log_file, tests=names)
    if not result.is_success:
        raise BuildFailed("build_failed", result, where=log_file, models=result.error or "?")
    return result


class BuildFailed(KeizokuError):
    """A dbt build that must not be published, with what became of every node."""

    def __init__(self, code: str, result: BuildResult, **facts: Any) -> None:
        super().__init__(code, **facts)
        self.result = result


def _first_line(node: NodeResult) -> str:
    lines = [line.strip() for line in node.message.splitlines() if line.strip()]
    return " ".join(lines[:3])


def _require_build(run: Run) -> None:
    if run.plan is None or not run.build_db.exists():
        raise KeizokuError("plan_missing", where=run.report.run_id)


def _require_space(settings: Settings) -> None:
    newest = publish.list_versions(settings.published)[:1]
    last = sum(
        file.stat().st_size for name in newest for file in (settings.published / name).iterdir()
    )
    needed = max(SPACE_FLOOR_BYTES, SPACE_FACTOR * last)
    free = shutil.disk_usage(settings.root).free
    if free < needed:
        raise KeizokuError("disk_full", where=str(settings.root), needed=needed, free=free)


def _read_staging(run: Run) -> "tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]":
    """accounts, billing customers and the billing ids other records name, for identity."""
    import duckdb
    import polars as pl

    from dagster_project.compute.identity import BILLING_CUSTOMERS, TRAITS
    from sources.landing import record_key

    with duckdb.connect(str(run.build_db), read_only=True) as connection:
        accounts = connection.execute(
            "select source_system, account_id, billing_customer_id, created_date, record_key,"
            f" {', '.join(TRAITS)} from staging.stg_crm__accounts"
        ).pl()
        billing_customers = connection.execute(
            "select source_system, billing_customer_id, account_id, created_date, record_key,"
            f" {', '.join(TRAITS)} from staging.stg_billing__billing_customers"
        ).pl()
        references = connection.execute(
            "select distinct source_system, billing_customer_id, 'billing.subscriptions' as entity"
            " from staging.stg_billing__subscriptions"
            " union all"
            " select distinct source_system, billing_customer_id, 'billing.invoices' as entity"
            " from staging.stg_billing__invoices"
        ).pl()
    unknown = references.join(
        billing_customers, on=["source_system", "billing_customer_id"], how="anti"
    )
    secret = landing_home(run.settings).secret
    keys = [
        record_key(secret, BILLING_CUSTOMERS, system, [billing_id])
        for system, billing_id in unknown.select("source_system", "billing_customer_id").rows()
    ]
    return (
        accounts,
        billing_customers,
        unknown.with_columns(record_key=pl.Series(keys, dtype=pl.String)),
    )


def _read_cash(run: Run) -> "Iterator[pl.DataFrame]":
    """What cash_application.Inputs needs of staging, in its order."""
    import duckdb

    statements = (
        "select record_key, source_system, invoice_id, billing_customer_id, issue_date, due_date,"
        " currency, total_native, balance_native, paid_date"
        " from staging.stg_billing__counted_invoices",
        "select source_system, invoice_id, issue_date,"
        " cast(amount_native + coalesce(tax_native, 0) as decimal(18, 6)) as credited_native"
        " from staging.stg_billing__credit_notes where invoice_id is not null",
        "select record_key, source_system, payment_id, billing_customer_id, invoice_id, paid_date,"
        " amount_native, currency, method, payer_name_kana_folded"
        " from staging.stg_billing__payments",
        "select record_key, source_system, transaction_id, booked_date, amount_native, currency,"
        " payer_name_folded, payer_name_kana_folded, memo"
        " from staging.stg_billing__bank_transactions",
        "select record_key, name_folded as name from staging.stg_billing__billing_customers"
        " union all select record_key, name_kana_folded"
        " from staging.stg_billing__billing_customers"
        " union all select record_key, name_folded from staging.stg_crm__accounts"
        " union all select record_key, name_kana_folded from staging.stg_crm__accounts",
    )
    with duckdb.connect(str(run.build_db), read_only=True) as connection:
        for statement in statements:
            yield connection.execute(statement).pl()


def describe_delivery(result: "DeliveryResult") -> dict[str, Any]:
    """A delivery as plain data, with its rows summed over the entities it fed."""
    from dataclasses import asdict

    rows = ("rows_read", "rows_landed", "rows_quarantined", "rows_repeated", "rows_filtered")
    return asdict(result) | {
        name: sum(getattr(entity, name) for entity in result.entities) for name in rows
    }


def _known_deliveries(landed: Path, known_at: str | None) -> list[str]:
    import polars as pl

    files = sorted((landed / "control__deliveries" / "live").glob("*.parquet"))
    if not files:
        return []
    deliveries = pl.concat([pl.read_parquet(file) for file in files], how="vertical")
    if known_at:
        limit = datetime.strptime(known_at, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 naive holds UTC
        deliveries = deliveries.filter(pl.col("received_at") <= limit)
    return sorted(deliveries["delivery_id"].unique().to_list())
