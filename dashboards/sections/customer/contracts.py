"""Contracts of the customer, with what each is worth."""

import polars as pl
import streamlit as st

from dashboards import frame, levels
from dashboards.frame import Frame
from dashboards.queries import customer
from dashboards.sections.customer.lines import placed, show_line
from dashboards.tables import Column

CONTRACTS = "billing.subscriptions"


def show_contracts(page: Frame, known: dict) -> None:
    """Contract lines, and every piece of constant state and price down to the delivered line."""
    text, formats = page.text, page.formats
    contracts = customer.contracts(page.snapshot, known["customer_key"])
    pieces = customer.pieces(page.snapshot, known["customer_key"])
    title = text("customer.contracts", count=formats.count(contracts.height))
    frame.heading(
        page,
        title,
        unit=text("customer.unit_contract"),
        metrics=[("mart_kpi_monthly", "mrr")],
    )
    if contracts.is_empty():
        st.info(text("customer.no_contract"), icon=":material/inbox:")
        return
    renewals = {
        None: text("customer.unsaid"),
        True: text("customer.said_yes"),
        False: text("customer.said_no"),
    }
    shown = contracts.with_columns(
        pl.Series(
            "renews", [renewals[value] for value in contracts["is_auto_renewed"]], dtype=pl.String
        ),
        pl.Series(
            "ended",
            [text.code("customer.end_cause", code or "open") for code in contracts["end_cause"]],
            dtype=pl.String,
        ),
    )
    levels.show(
        page,
        levels.Level("contract", "subscription_key", title, "", "dim_subscription"),
        shown,
        [
            Column("contract_id", text("column.contract_id"), is_pinned=True),
            Column("plan_name", text("column.plan_id")),
            Column("first_start_date", text("customer.start"), "date"),
            Column("service_end_excl", text("customer.end_excl"), "date"),
            Column("ended", text("column.state")),
            Column("term_end_date", text("customer.term_end"), "date"),
            Column("term_months", text("customer.term_months"), "count"),
            Column("notice_days", text("customer.notice_days"), "count"),
            Column("renews", text("customer.renews")),
            Column("campaign_id", text("segment_attribute.campaign")),
        ],
        describe=str,
        is_chosen_here=False,
    )
    st.markdown(text("customer.pieces"))
    in_words = placed(
        page,
        pieces,
        state_name=[text.code("segment_state", code) for code in pieces["segment_state"]],
        mrr_native_text=[
            formats.native(row["mrr_native"], row["currency"]) for row in pieces.to_dicts()
        ],
    )
    piece = levels.show(
        page,
        levels.Level(
            "piece", "segment_key", title, text("customer.choose_line"), "fct_subscription_segment"
        ),
        in_words,
        [
            Column("contract_id", text("column.contract_id"), is_pinned=True),
            Column("plan_name", text("column.plan_id")),
            Column("state_name", text("column.state")),
            Column("piece_start_date", text("column.piece_start"), "date"),
            Column("piece_end_excl", text("column.piece_end_excl"), "date"),
            Column("quantity", text("customer.quantity"), "count"),
            Column("mrr_native_text", text("column.mrr_native")),
            Column("source", text("column.source")),
        ],
        describe=lambda row: text(
            "drill.line_name",
            contract=row["contract_id"],
            start=formats.date(row["piece_start_date"]),
            source=row["source"],
        ),
    )
    if piece is not None:
        show_line(page, piece, CONTRACTS)
