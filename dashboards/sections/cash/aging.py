"""What is open, by age."""

from decimal import Decimal

import polars as pl
import streamlit as st

from dashboards import charts, frame, levels
from dashboards.aging import NOT_DUE, bucket_name
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import cash
from dashboards.sections.cash.invoice import show_invoice
from dashboards.sections.cash.lists import native, nothing
from dashboards.tables import Column

BELOW_BUCKET = ("customer", "invoice")


def show_aging(page: Frame) -> None:
    """Buckets by days overdue → customers → invoices → what settled the invoice."""
    text, formats = page.text, page.formats
    buckets = cash.buckets(page.snapshot)
    title = text("cash.aging")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        tax=frame.WITH_TAX,
        metrics=[("mart_ar_aging", "balance")],
        notes=[text("cash.aging_note")],
    )
    if buckets.is_empty():
        nothing(page, "aging")
        return
    bars = [
        charts.Bar(
            bucket_name(page, row["bucket"]),
            formats.money_pixels(row["balance"]),
            formats.money(row["balance"]),
            "level" if row["bucket"] in NOT_DUE else "less",
            {"bucket": row["bucket"]},
        )
        for row in buckets.to_dicts()
    ]
    charts.show(
        charts.bars(bars, formats.money_unit(), page.is_dark),
        key="aging",
        alt=title,
        clears=BELOW_BUCKET,
    )
    in_words = buckets.with_columns(
        pl.Series("bucket_name", [bucket_name(page, code) for code in buckets["bucket"]])
    )
    bucket = levels.show(
        page,
        levels.Level(
            "bucket", "bucket", title, text("cash.choose_bucket"), "mart_ar_aging", BELOW_BUCKET
        ),
        in_words,
        [
            Column("bucket_name", text("cash.bucket"), is_pinned=True),
            Column("balance", text("cash.balance"), "money"),
            Column("customer_count", text("column.customers"), "count"),
            Column("invoice_count", text("cash.invoices"), "count"),
        ],
        describe=lambda row: row["bucket_name"],
    )
    if bucket is not None:
        show_bucket(page, bucket)


def show_bucket(page: Frame, bucket: dict) -> None:
    """The customers who owe in the bucket."""
    text, formats = page.text, page.formats
    customers = cash.bucket_customers(page.snapshot, bucket["bucket"])
    title = text(
        "cash.bucket_customers",
        bucket=bucket["bucket_name"],
        count=formats.count(customers.height),
        sum=formats.money(bucket["balance"]),
    )
    st.markdown(title)
    levels.show_match(page, customers.total("balance"), bucket["balance"], formats.money)
    customer = levels.show(
        page,
        levels.Level(
            "customer",
            "customer_key",
            title,
            text("cash.choose_customer"),
            "mart_ar_aging_customer",
            ("invoice",),
        ),
        customers,
        [
            Column("customer", text("column.customer"), is_pinned=True),
            Column("balance", text("cash.balance"), "money"),
            Column("invoice_count", text("cash.invoices"), "count"),
            Column("longest_overdue_days", text("cash.longest_overdue"), "count"),
        ],
        describe=levels.of_name,
        in_words=lambda listed: levels.named(page, listed),
    )
    if customer is not None:
        show_open_invoices(page, bucket, customer)


def show_open_invoices(page: Frame, bucket: dict, customer: dict) -> None:
    """The customer's open invoices of the bucket."""
    text, formats = page.text, page.formats
    invoices = cash.bucket_invoices(page.snapshot, bucket["bucket"], customer["customer_key"])
    title = text(
        "cash.open_invoices",
        customer=literal(customer["customer"]),
        bucket=bucket["bucket_name"],
        sum=formats.money(customer["balance"]),
    )
    st.markdown(title)
    total = sum(invoices["balance"], Decimal(0))
    levels.show_match(page, total, customer["balance"], formats.money)
    invoice = levels.show(
        page,
        levels.Level("invoice", "invoice_key", title, text("cash.choose_invoice"), "mart_ar_aging"),
        native(page, invoices, "total_native", "balance_native"),
        [
            Column("invoice_id", text("cash.invoice_id"), is_pinned=True),
            Column("due_date", text("cash.due_date"), "date"),
            Column("overdue_days", text("cash.overdue_days"), "count"),
            Column("balance", text("cash.balance"), "money"),
            Column("balance_native_text", text("cash.balance_native")),
            Column("total_native_text", text("cash.total_native")),
            Column("issue_date", text("cash.issue_date"), "date"),
        ],
        describe=lambda row: row["invoice_id"],
    )
    if invoice is not None:
        show_invoice(page, invoice["invoice_key"])
