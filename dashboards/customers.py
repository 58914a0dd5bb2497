"""Lists of customers below a number: the one chosen.

A choice is in the URL as `customer` and `line`, as in drill.py, which shows what is below a
customer.
"""

import polars as pl

from dashboards import filters
from dashboards.frame import Frame

BELOW_LIST = ("customer", "line")  # what another list makes meaningless


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
