"""Invoices and receipts of the customer."""

import streamlit as st

from dashboards import frame, levels, timeline
from dashboards.frame import Frame
from dashboards.queries import customer
from dashboards.sections.customer.lines import placed, show_line
from dashboards.tables import Column

INVOICES = "billing.invoices"
BILLED = {frame.WITH_TAX: "total", frame.WITHOUT_TAX: "subtotal"}


def show_cash(page: Frame, known: dict) -> None:
    """Invoices and what is owed on them; receipts and which invoices they settled."""
    show_invoices(page, known["customer_key"])
    show_payments(page, known["customer_key"])


def show_invoices(page: Frame, customer_key: str) -> None:
    """Every invoice with its balance, down to the delivered line."""
    text, formats = page.text, page.formats
    invoices = customer.invoices(page.snapshot, customer_key)
    title = text("customer.invoices", count=formats.count(invoices.height))
    frame.heading(
        page,
        title,
        unit=text("cash.contract_currency"),
        metrics=[("mart_ar_aging", "balance")],
        notes=[text("cash.tax_note", tax=text(f"frame.tax_name.{page.tax}"))],
        tax=None,
    )
    if invoices.is_empty():
        st.info(text("customer.no_invoice"), icon=":material/inbox:")
        return
    billed = BILLED[page.tax]
    amounts = {
        f"{name}_native_text": [
            formats.native(row[f"{name}_native"], row["currency"]) for row in invoices.to_dicts()
        ]
        for name in (billed, "allocated", "balance")
    }
    invoice = levels.show(
        page,
        levels.Level("invoice", "invoice_key", title, text("cash.choose_invoice"), "fct_invoice"),
        placed(
            page,
            invoices,
            method=[text.code("payment_method", code) for code in invoices["payment_method"]],
            **amounts,
        ),
        [
            Column("invoice_id", text("cash.invoice_id"), is_pinned=True),
            Column("issue_date", text("cash.issue_date"), "date"),
            Column("due_date", text("cash.due_date"), "date"),
            Column(f"{billed}_native_text", text(f"cash.{billed}_native")),
            Column("allocated_native_text", text("cash.collected")),
            Column("balance_native_text", text("cash.balance")),
            Column("settled_date", text("customer.settled_on"), "date"),
            Column("method", text("cash.method")),
            Column("source", text("column.source")),
        ],
        describe=lambda row: text(
            "customer.invoice_name",
            invoice=row["invoice_id"],
            day=formats.date(row["issue_date"]),
            amount=row[f"{billed}_native_text"],
        ),
    )
    if invoice is not None:
        show_line(page, invoice, INVOICES)


def show_payments(page: Frame, customer_key: str) -> None:
    """Every receipt with the invoices it settled, down to the delivered line."""
    text, formats = page.text, page.formats
    payments = customer.payments(page.snapshot, customer_key)
    title = text("customer.payments", count=formats.count(payments.height))
    frame.heading(
        page,
        title,
        unit=text("cash.contract_currency"),
        definition=text("cash.application_help"),
        tax=frame.WITH_TAX,
    )
    if payments.is_empty():
        st.info(text("customer.no_payment"), icon=":material/inbox:")
        return
    settled: dict[str, list[str]] = {}
    for receipt, invoice in customer.settled(page.snapshot, customer_key).iter_rows():
        settled.setdefault(receipt, []).append(invoice)
    receipt = levels.show(
        page,
        levels.Level(
            "receipt", "receipt_key", title, text("customer.choose_receipt"), "fct_payment"
        ),
        placed(
            page,
            payments,
            amount_native_text=[
                formats.native(row["amount_native"], row["currency"]) for row in payments.to_dicts()
            ],
            method=[text.code("payment_method", code) for code in payments["payment_method"]],
            invoices=[text.joined(settled.get(key, [])) for key in payments["receipt_key"]],
        ),
        [
            Column("received_date", text("cash.received_date"), "date", is_pinned=True),
            Column("amount_native_text", text("cash.received_amount")),
            Column("method", text("cash.method")),
            Column("invoices", text("cash.settled_invoices")),
            Column("source_id", text("cash.receipt_id")),
            Column("source", text("column.source")),
        ],
        describe=lambda row: text(
            "cash.receipt_name",
            receipt=row["source_id"],
            date=formats.date(row["received_date"]),
            amount=row["amount_native_text"],
        ),
    )
    if receipt is not None:
        show_line(page, receipt, timeline.OF_PAYMENT[receipt["origin"]])
