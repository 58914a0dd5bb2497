"""Lists of customers below a number: the one chosen, and the way to its page.

A choice is in the URL as `customer` and `line`, as in drill.py, which shows what is below a
customer.
"""

import streamlit as st

from dashboards import filters
from dashboards.frame import Frame

BELOW_LIST = ("customer", "line")  # what another list makes meaningless
PAGE = "views/customer.py"


def link(page: Frame, customer_key: str, *, label: str | None = None, **url: str) -> None:
    """A link to the page of one customer; `url`: what its address says besides."""
    st.page_link(
        PAGE,
        label=label or page.text("customer.open"),
        icon=":material/person_search:",
        query_params={**filters.frame_values(), **url, "customer": customer_key},
    )
