"""Lists of customers below a number: the one chosen, and the way to its page.

A choice is in the URL as `customer` and `line`, as in drill.py, which shows what is below a
customer.
"""

import polars as pl
import streamlit as st

from dashboards import filters
from dashboards.frame import Frame

BELOW_LIST = ("customer", "line")  # what another list makes meaningless
PAGE = "views/customer.py"


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


def link(page: Frame, customer_key: str, *, label: str | None = None, **url: str) -> None:
    """A link to the page of one customer; `url`: what its address says besides."""
    st.page_link(
        PAGE,
        label=label or page.text("customer.open"),
        icon=":material/person_search:",
        query_params={**filters.frame_values(), **url, "customer": customer_key},
    )
