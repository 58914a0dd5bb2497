"""What the sections share: empty words, amounts of a document's currency, the month."""

import polars as pl
import streamlit as st

from dashboards import filters
from dashboards.frame import Frame

MONTHS_SHOWN = 24


def nothing(page: Frame, what: str) -> None:
    """What to deliver so that the view fills."""
    st.info(page.text(f"cash.empty.{what}"), icon=":material/inbox:")


def native(page: Frame, rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The rows with `<column>_text`: the amount with its currency."""
    return rows.with_columns(
        pl.Series(
            f"{column}_text",
            [page.formats.native(row[column], row["currency"]) for row in rows.to_dicts()],
            dtype=pl.String,
        )
        for column in columns
    )


def choose_month(page: Frame, months: dict) -> object:
    """The month in the URL, the newest when it names none."""
    chosen = filters.select(
        "month",
        list(reversed(months)),
        default=next(reversed(months)),
        label=page.text("home.month"),
        show=lambda name: page.formats.month(months[name]),
        clears=("customer", "invoice"),
        width=200,
    )
    return months[chosen]
