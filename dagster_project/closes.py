"""Month close: what a month was reported as, frozen beside the data and never changed again.

A close is a folder <home>/closes/2026-03/r1 with one Parquet file per table and close.json, which
holds their checksums and that of the close before it: a file changed, a close removed or one put in
between is seen. A correction of the last closed month is a new revision with its reason. Facts that
arrive later change the restated figures only; the first open month shows them as prior_period.
"""

import hashlib
import json
import shutil
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dagster_project.messages import KeizokuError
from dagster_project.publish import Version
from dagster_project.settings import canonical_json

FACTS = "close.json"
WRITING = ".writing-"
# What a later build reads of the closes; the rest is kept for people and auditors.
READ_BY_BUILD = ("waterfall", "levels", "deliveries")
# Every table that is frozen: what it holds of the month, by select over the published version.
# The month's begin is what the month before was reported as; the gap is the prior_period row.
TABLES = {
    "waterfall": """
        with restated as (
            select * from mart_mrr_waterfall
            where basis = 'contract' and view = 'as_restated' and month = $month
        ),
        reported as (
            select min(begin_mrr) as begin_mrr, min(begin_customer_count) as begin_customer_count
            from mart_mrr_waterfall
            where basis = 'contract' and view = 'as_reported' and month = $month
        ),
        begun as (
            select
                restated.* replace (
                    coalesce(reported.begin_mrr, restated.begin_mrr) as begin_mrr,
                    coalesce(reported.begin_customer_count, restated.begin_customer_count)
                        as begin_customer_count
                ),
                restated.begin_mrr as restated_begin_mrr,
                restated.begin_customer_count as restated_begin_customer_count
            from restated cross join reported
        ),
        prior_period as (
            select distinct on (month) * replace (
                'prior_period' as movement_type,
                movement_order + 1 as movement_order,
                restated_begin_mrr - begin_mrr as mrr_change,
                restated_begin_customer_count - begin_customer_count as customer_count
            )
            from begun order by month, movement_order desc
        )
        select * exclude (
            basis, view, policy_id, as_of_date, restated_begin_mrr, restated_begin_customer_count
        )
        from (select * from begun union all by name select * from prior_period)
        order by movement_order
    """,
    "kpi": "select * from mart_kpi_monthly where month = $month",
    "movements": """
        select * exclude (policy_id, as_of_date) from fct_mrr_movement
        where month = $month order by customer_key, movement_type, movement_reason
    """,
    "levels": """
        select
            $month as month,
            customer_key,
            cast(sum(mrr_change) as decimal(28, 6)) as mrr
        from fct_mrr_movement where month <= $month
        group by customer_key having sum(mrr_change) <> 0
        order by customer_key
    """,
    "deliveries": """
        select distinct $month as month, delivery_id, file_name, received_at
        from obs_load_manifest order by delivery_id
    """,
}


@dataclass(frozen=True)
class Close:
    """One close as found on disk; `problem` says why it cannot be trusted, None when it can."""

    folder: Path
    facts: dict[str, Any]
    problem: str | None

    @property
    def month(self) -> date:
        return date.fromisoformat(self.facts["month"])

    def file(self, table: str) -> Path:
        return self.folder / f"{table}.parquet"


def read_closes(root: Path) -> list[Close]:
    """Every close in the order they were made, each checked against its checksums and its chain."""
    found = []
    for folder in sorted(root.glob("[0-9]*-[0-9]*/r[0-9]*")):
        facts, problem = _read_facts(folder)
        found.append(Close(folder, facts, problem or _check_files(folder, facts)))
    found.sort(key=lambda close: (close.facts.get("sequence", 0), str(close.folder)))
    checked: list[Close] = []
    for close in found:
        expected = checked[-1].facts.get("close_sha256") if checked else None
        problem = close.problem
        if problem is None and close.facts["previous_sha256"] != expected:
            problem = "the close before it is missing or was replaced"
        checked.append(Close(close.folder, close.facts, problem))
    return checked


def require_whole(closes: Sequence[Close]) -> None:
    """Raises KeizokuError `close_damaged` for the first close that cannot be trusted."""
    for close in closes:
        if close.problem:
            raise KeizokuError("close_damaged", where=str(close.folder), detail=close.problem)


def fingerprint(root: Path) -> list[str]:
    """What the closes contribute to the inputs of a build: the checksum of each.

    Raises KeizokuError `close_damaged`: nothing is built over figures somebody changed.
    """
    closes = read_closes(root)
    require_whole(closes)
    return [close.facts["close_sha256"] for close in closes]


def give_to_build(root: Path, control: Path) -> None:
    """Writes the newest revision of every closed month where the marts read it.

    Raises KeizokuError `close_damaged`.
    """
    import polars as pl

    closes = read_closes(root)
    require_whole(closes)
    newest = {close.month: close for close in closes}
    for table in READ_BY_BUILD:
        if newest:
            target = control / f"close_{table}" / "closes.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            frames = [
                pl.read_parquet(close.file(table)).with_columns(
                    closed_policy_id=pl.lit(close.facts["policy_id"])
                )
                for close in newest.values()
            ]
            pl.concat(frames, how="vertical_relaxed").write_parquet(target)


def close_month(
    root: Path,
    month: date,
    version: Version,
    *,
    closed_on: date | None,
    close_day: int,
    timezone: ZoneInfo,
    reason: str | None,
    now: datetime,
) -> Close:
    """Freezes a month as the published version shows it.

    `closed_on` is the local day the books were closed, by default `close_day` of the next month; a
    delivery received after it is late and belongs to the next month. Raises KeizokuError
    `close_damaged`, `close_incomplete`, `close_out_of_order`, `close_twice`, `close_late_facts`.
    """
    closes = read_closes(root)
    require_whole(closes)
    revision = _require_turn(closes, month, reason)
    closed_on = closed_on or next_month(month).replace(day=close_day)
    _require_complete(version, month)
    _require_no_late_facts(version, month, closed_on, timezone)
    name = f"{month:%Y-%m}"
    target = root / name / f"r{revision}"
    aside = root / f"{WRITING}{name}-r{revision}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    files = _freeze(version, month, aside)
    facts = {
        "format": 1,
        "sequence": len(closes) + 1,
        "previous_sha256": closes[-1].facts["close_sha256"] if closes else None,
        "month": month.isoformat(),
        "revision": revision,
        "reason": reason,
        "closed_on": closed_on.isoformat(),
        "closed_at": now.isoformat(timespec="seconds"),
        "version": version.name,
        "as_of_date": version.manifest["as_of_date"],
        "known_at": version.manifest["known_at"],
        "policy_id": version.manifest["policy_id"],
        "policy": version.manifest["policy"],
        "end_mrr": str(_end_mrr(aside)),
        "files": files,
    }
    facts["close_sha256"] = _hash_of(facts)
    text = json.dumps(facts, ensure_ascii=False, indent=2, default=str)
    (aside / FACTS).write_text(text, encoding="utf-8")
    for file in aside.iterdir():
        file.chmod(0o444)
    target.parent.mkdir(exist_ok=True)
    aside.rename(target)
    return Close(target, facts, None)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def _require_turn(closes: Sequence[Close], month: date, reason: str | None) -> int:
    """The revision to write. Months close one after the other; only the last one is corrected."""
    if not closes:
        return 1
    last = max(close.month for close in closes)
    if month == next_month(last):
        return 1
    if month != last:
        raise KeizokuError(
            "close_out_of_order",
            where=f"{month:%Y-%m}",
            last=f"{last:%Y-%m}",
            next=f"{next_month(last):%Y-%m}",
        )
    if not reason:
        raise KeizokuError("close_twice", where=f"{month:%Y-%m}", month=f"{month:%Y-%m}")
    return 1 + max(close.facts["revision"] for close in closes if close.month == month)


def _require_complete(version: Version, month: date) -> None:
    last_day = month.replace(day=monthrange(month.year, month.month)[1])
    as_of = version.manifest["as_of_date"]
    shown = _rows(version, "select 1 from mart_kpi_monthly where month = $month", month)
    if date.fromisoformat(as_of) < last_day or not shown:
        raise KeizokuError(
            "close_incomplete", where=version.name, month=f"{month:%Y-%m}", as_of=as_of
        )


def _require_no_late_facts(
    version: Version, month: date, closed_on: date, timezone: ZoneInfo
) -> None:
    end = datetime.combine(closed_on + timedelta(days=1), datetime.min.time(), tzinfo=timezone)
    late = _rows(
        version,
        "select distinct file_name from obs_load_manifest"
        " where received_at >= $end order by file_name",
        month,
        end=end.astimezone(ZoneInfo("UTC")).replace(tzinfo=None),
    )
    if late:
        raise KeizokuError(
            "close_late_facts",
            where=version.name,
            closed_on=closed_on.isoformat(),
            count=len(late),
            files=", ".join(name for (name,) in late[:3]),
        )


def _rows(version: Version, sql: str, month: date, **more: Any) -> list[tuple]:
    import duckdb

    parameters = {
        name: value for name, value in ({"month": month} | more).items() if f"${name}" in sql
    }
    with duckdb.connect(str(version.core_file), read_only=True) as connection:
        return connection.execute(sql, parameters).fetchall()


def _freeze(version: Version, month: date, folder: Path) -> dict[str, dict[str, Any]]:
    """Writes every table; returns rows and checksum by file name."""
    import duckdb

    files = {}
    with duckdb.connect(str(version.core_file), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for table, sql in TABLES.items():
            frame = connection.execute(sql, {"month": month}).pl()
            file = folder / f"{table}.parquet"
            frame.write_parquet(file)
            files[file.name] = {"rows": frame.height, "sha256": _sha256(file)}
    return files


def _end_mrr(folder: Path) -> Any:
    import polars as pl

    return pl.read_parquet(folder / "waterfall.parquet")["end_mrr"].min()


def _read_facts(folder: Path) -> tuple[dict[str, Any], str | None]:
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        stated = facts["close_sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        month = f"{folder.parent.name}-01"
        return {"month": month, "revision": 0}, f"{FACTS} is missing or unreadable"
    if stated != _hash_of({name: facts[name] for name in facts if name != "close_sha256"}):
        return facts, f"{FACTS} differs from its checksum"
    return facts, None


def _check_files(folder: Path, facts: dict[str, Any]) -> str | None:
    for name, stated in facts.get("files", {}).items():
        try:
            is_same = _sha256(folder / name) == stated["sha256"]
        except OSError as error:
            return f"{name}: {error.strerror}"
        if not is_same:
            return f"{name} differs from its checksum"
    return None


def _hash_of(facts: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_json(facts).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
