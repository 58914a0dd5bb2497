"""What another policy would change: the same landed data built a second time, aside, and compared.

Nothing of the home changes: the second build has a folder of its own with links to what it reads,
and that folder goes when the answer is there.
"""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from dagster_project import commands, lock, publish
from dagster_project.runs import WAIT_FOR_RUN_SECONDS, Plan, Reporter, open_run
from dagster_project.settings import Settings, with_policy

# Everything the movements are made of, and nothing after them.
MOVEMENTS = {
    "select": ("path:seeds", "path:models/intermediate,+fct_mrr_movement", "fct_mrr_movement"),
    "indirect_selection": "cautious",
}
SCRATCH = "policy-"
# What a build reads of a home besides its settings.
READ_OF_HOME = ("landed", "decisions", "closes", "secret")
SQL = "select month, customer_key, movement_type, movement_reason, mrr_change from fct_mrr_movement"

Movements = dict[tuple[date, str], dict[tuple[str, str], Decimal]]


@dataclass(frozen=True)
class Change:
    """A customer's month that another policy changes: its movements as published and changed.

    Each maps (movement type, reason) to the change of MRR in the reporting currency.
    """

    month: date
    customer_key: str
    customer_name: str | None
    before: dict[tuple[str, str], Decimal]
    after: dict[tuple[str, str], Decimal]


def diff_policy(
    settings: Settings, changes: dict[str, str], reporter: Reporter, *, now: datetime
) -> tuple[dict[str, dict[str, Any]], list[Change]]:
    """The values that change ({name: {before, after}}), and the customers' months they change.

    Compares with the published version where it was made from today's data and settings, else with
    a build of those. Raises KeizokuError `nothing_published`, `config_wrong_key`,
    `config_wrong_value`, `policy_not_supported`, and what a build raises.
    """
    changed = with_policy(settings, changes)
    values = {
        name: {"before": settings.policy[name], "after": changed.policy[name]}
        for name in changes
        if settings.policy[name] != changed.policy[name]
    }
    with lock.hold(settings.run_lock, "policy diff", wait_seconds=WAIT_FOR_RUN_SECONDS):
        for leftover in settings.build.glob(f"{SCRATCH}*"):  # of a diff that was killed
            shutil.rmtree(leftover)
        version, _ = publish.find_current(settings.published)
        if not values:
            return values, []
        facts = version.manifest
        as_of, known_at = date.fromisoformat(facts["as_of_date"]), facts["known_at"]
        fingerprint = commands.input_fingerprint(settings, as_of, known_at)
        if fingerprint == facts["input_fingerprint"]:
            before = _read(version.core_file)
        else:
            before = _build(settings, as_of, known_at, reporter, now)
        after = _build(changed, as_of, known_at, reporter, now)
        names = _names(version.pii_file)
    return values, [
        Change(*key, names.get(key[1]), before.get(key, {}), after.get(key, {}))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def _build(
    settings: Settings, as_of: date, known_at: str | None, reporter: Reporter, now: datetime
) -> Movements:
    with (
        _scratch(settings) as scratch,
        open_run(scratch, "diff", "policy diff", reporter, now=now) as run,
    ):
        run.plan = Plan(as_of.isoformat(), known_at, "", is_needed=True, version=None)
        commands.build_staging(run)
        commands.link_identity(run)
        commands.apply_cash(run)
        commands.build_marts(run, MOVEMENTS)
        return _read(run.build_db)


@contextmanager
def _scratch(settings: Settings) -> Iterator[Settings]:
    """A home of its own for one build, inside the build folder; gone afterwards."""
    settings.build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.build, prefix=SCRATCH) as folder:
        for name in READ_OF_HOME:
            (Path(folder) / name).symlink_to(settings.root / name)
        (Path(folder) / "build").mkdir()
        yield replace(settings, root=Path(folder))


def _read(database: Path) -> Movements:
    import duckdb

    found: Movements = defaultdict(dict)
    with duckdb.connect(str(database), read_only=True) as connection:
        for month, customer, movement, reason, change in connection.execute(SQL).fetchall():
            found[month, customer][movement, reason] = change
    return found


def _names(pii_file: Path) -> dict[str, str]:
    import duckdb

    with duckdb.connect(str(pii_file), read_only=True) as connection:
        rows = connection.execute("select customer_key, display_name from dim_customer").fetchall()
    return dict(rows)
