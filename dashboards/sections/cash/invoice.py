"""One invoice: its parts, lines and the line of the file."""

import polars as pl
import streamlit as st

from dashboards import levels, source_line, tables
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import cash
from dashboards.sections.cash.lists import native
from dashboards.tables import Column

INVOICES = "billing.invoices"  # the entity invoices were landed as
INVOICE_PARTS = (
    "subtotal_native",
    "tax_native",
    "total_native",
    "allocated_native",
    "fee_diff_native",
    "credited_native",
    "settled_otherwise_native",
    "balance_native",
)


def show_invoice(page: Frame, invoice_key: str) -> None:
    """One invoice: what was billed, what settled it, what is owed; and its lines."""
    text, formats = page.text, page.formats
    found = cash.invoice(page.snapshot, invoice_key)
    if found.is_empty():
        return
    invoice = found.row(0, named=True)
    st.markdown(text("cash.invoice", invoice=literal(invoice["invoice_id"])))
    parts = pl.DataFrame(
        {
            "what": [text(f"cash.invoice_part.{name}") for name in INVOICE_PARTS],
            "amount": [
                formats.native(invoice[name], invoice["currency"]) for name in INVOICE_PARTS
            ],
        }
    )
    tables.show(
        parts,
        [Column("what", text("column.heading")), Column("amount", text("column.value"))],
        formats,
        key="invoice_parts",
        alt=text("cash.invoice_lines"),
    )
    show_invoice_lines(page, invoice_key)
    if invoice["file_name"]:
        st.markdown(text("cash.invoice_source", source=literal(source_line.name(page, invoice))))
        source_line.show(page, invoice, INVOICES)


def show_invoice_lines(page: Frame, invoice_key: str) -> None:
    """The lines of an invoice."""
    text = page.text
    lines = native(page, cash.invoice_lines(page.snapshot, invoice_key), "amount_native")
    if lines.is_empty():
        return
    title = text("cash.invoice_lines")
    st.markdown(title)
    levels.show(
        page,
        levels.Level("lines", "line_no", title, "", "fct_invoice_line"),
        lines.with_columns(
            pl.Series("type_name", [text.code("line_type", code) for code in lines["line_type"]])
        ),
        [
            Column("line_no", text("cash.line_no"), "count"),
            Column("type_name", text("cash.line_type")),
            Column("plan_id", text("column.plan_id")),
            Column("contract_id", text("column.contract_id")),
            Column("amount_native_text", text("cash.amount_native")),
            Column("service_start_date", text("cash.service_start"), "date"),
            Column("service_end_excl", text("cash.service_end_excl"), "date"),
        ],
        describe=str,
        is_chosen_here=False,
    )
