"""The line of the delivered file behind a row, and rows with their place in it."""

from decimal import Decimal

import polars as pl
import streamlit as st

from dashboards import source_line
from dashboards.catalogue import literal
from dashboards.frame import Frame

LAST_DIGIT = Decimal("0.000001")


def show_line(page: Frame, row: dict, entity: str | None) -> None:
    """The delivered line a row was read from, where it was read from a line."""
    if entity is None or not row["file_name"]:
        return
    source = literal(source_line.name(page, row))
    st.markdown(page.text("customer.original", source=source))
    source_line.show(page, row, entity)


def placed(page: Frame, rows: pl.DataFrame, **words: list[str]) -> pl.DataFrame:
    """The rows with `source`, the place they were read from, and columns of words."""
    places = [source_line.name(page, row) if row["file_name"] else "" for row in rows.to_dicts()]
    return rows.with_columns(
        pl.Series(name, values, dtype=pl.String)
        for name, values in {**words, "source": places}.items()
    )
