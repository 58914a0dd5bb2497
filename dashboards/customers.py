"""Lists of customers below a number: their names, the one chosen, and the note that they left.

A choice is in the URL as `customer` and `line`, as in drill.py, which shows what is below a
customer.
"""

import polars as pl

from dashboards import access, filters
from dashboards.frame import Frame
from dashboards.queries import people

BELOW_LIST = ("customer", "line")  # what another list makes meaningless


def named(page: Frame, listed: pl.DataFrame) -> pl.DataFrame:
    """The rows with `customer`: the name, or a short key for want of one or of the right to it."""
    keys = listed["customer_key"].to_list()
    names = people.names(page.snapshot, tuple(sorted(set(keys))))
    called = [names.get(key) or page.text("drill.unnamed", key=key[:8]) for key in keys]
    return listed.with_columns(pl.Series("customer", called, dtype=pl.String))


def choose(page: Frame, listed: pl.DataFrame) -> dict | None:
    """The customer of the list whose contracts to show, by the URL or by the reader's choice."""
    by_key = {row["customer_key"]: row for row in listed.to_dicts()}
    chosen = filters.select(
        "customer",
        list(by_key),
        default=None,
        label=page.text("drill.customer"),
        show=lambda key: by_key[key]["customer"],
        clears=("line",),
        placeholder=page.text("drill.choose_customer"),
    )
    return by_key.get(chosen)


def record_export(page: Frame, table: str, row_count: int, **narrowed: object) -> None:
    """Note in the access log that a list of customers left the house as a file."""
    access.record(
        page.home,
        page.who,
        "export",
        version=page.snapshot.name,
        table=table,
        row_count=row_count,
        has_personal_columns=page.snapshot.has_personal_columns,
        **narrowed,
    )
