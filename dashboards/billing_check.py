"""The way to the comparison of our billed total with the billing system's, from other pages."""

import streamlit as st

from dashboards import filters
from dashboards.frame import Frame
from dashboards.queries import reconciliation

VIEW = "reconciliation"  # of the page 請求・入金


def show_notice(page: Frame) -> None:
    """What the last complete month's billing differs by without a reason; nothing where it does
    not.
    """
    text, formats = page.text, page.formats
    open_ones = reconciliation.unexplained(page.snapshot).to_dicts()
    if not open_ones:
        return
    amounts = [formats.native(abs(row["unexplained_native"]), row["currency"]) for row in open_ones]
    st.warning(
        text(
            "reconciliation.notice",
            month=formats.month(open_ones[0]["month"]),
            amounts=text.joined(amounts),
        ),
        icon=":material/balance:",
    )
    show_link(page, compared=open_ones[0]["reconciliation_key"])


def show_link(page: Frame, **chosen: str) -> None:
    """The link to the comparison, at one month of it when one is given."""
    st.page_link(
        "views/cash.py",
        label=page.text("reconciliation.to_page"),
        icon=":material/arrow_forward:",
        query_params={**filters.frame_values(), "view": VIEW, **chosen},
    )
