"""What the sections share: the customers behind a mark, columns, tiles."""

from collections.abc import Callable, Sequence
from decimal import Decimal

import polars as pl
import streamlit as st

from dashboards import consent, levels, tiles
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries.listing import Listing
from dashboards.tables import Column

MART = "mart_customer_360"
RFM = "mart_rfm"
BELOW = ("customer", "line")
BARS_SHOWN = 12
MONTHS_SHOWN = 24


def nothing(page: Frame, what: str) -> None:
    """What to deliver so that the view fills."""
    st.info(page.text(f"segments.empty.{what}"), icon=":material/inbox:")


def show_customers(
    page: Frame,
    rows: pl.DataFrame | Listing,
    *,
    title: str,
    amount: Column,
    total: Decimal | int | None,
    show_number: Callable,
    mart: str = MART,
) -> None:
    """The customers behind a number, whether they add up to it, and the way to each one's page.

    amount: the column that adds up to `total`; total None where it has no number above it.
    """
    text = page.text
    st.markdown(
        text("segments.customers", title=literal(title), count=page.formats.count(rows.height))
    )
    if total is not None:
        levels.show_match(page, levels.total_of(rows, amount.name), total, show_number)
    if rows.is_empty():
        st.info(text("segments.nobody"), icon=":material/person_off:")
        return
    others = [
        Column("mrr", page.metric_name("mart_kpi_monthly", "mrr"), "money"),
        Column("net_revenue_12m", text("customer.tile.net_revenue_12m"), "money"),
        Column("ltv_realised_amount", text("customer.tile.ltv"), "money"),
    ]
    levels.show(
        page,
        levels.of_customers(page, title, mart, label=text("segments.choose_customer")),
        rows,
        [
            Column("customer", text("column.customer"), is_pinned=True),
            amount,
            Column("status_name", text("column.state")),
            *(column for column in others if column.name != amount.name),
            Column("rfm_cell", text("customer.fact.rfm_cell")),
            Column("decile", text("customer.decile"), "count"),
            Column("plan_names", text("column.plan_id")),
            Column("owner", text("customer.fact.owner")),
            Column("first_paid_month", text("column.cohort_month"), "month"),
            Column("last_contact_date", text("customer.fact.last_contact_date"), "date"),
        ],
        describe=levels.of_name,
        in_words=lambda listed: levels.with_status(page, listed),
        more=lambda: consent.offer(page, "customers", lambda: levels.all_of(rows)),
    )


def revenue_column(page: Frame) -> Column:
    """Net revenue of twelve months as the column a list adds up by."""
    return Column("net_revenue_12m", page.text("customer.tile.net_revenue_12m"), "money")


def mrr_column(page: Frame) -> Column:
    """MRR as the column a list adds up by."""
    return Column("mrr", page.metric_name("mart_kpi_monthly", "mrr"), "money")


def show_tiles(
    page: Frame, model: str, facts: Sequence[tuple[str, str]], row: dict, notes: dict[str, str]
) -> None:
    """Metrics of one row of a mart: a value or why there is none, and what it was made from."""
    text = page.text
    with st.container(key="tiles"):
        for column, kind in facts:
            reason = row.get(f"{column}_null_reason")
            tiles.show(
                page.metric_name(model, column),
                kind,
                row[column],
                None,
                page.formats,
                compared_with="",
                without_change=text.code("null_reason", reason) if reason else notes.get(column),
                definition=page.definition(model, column),
            )


def quotient(page: Frame, numerator: str, denominator: str) -> str:
    """What was divided by what."""
    return page.text("segments.quotient", numerator=numerator, denominator=denominator)
