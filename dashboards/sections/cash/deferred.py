"""Billed in advance and not yet earned."""

from decimal import Decimal

import polars as pl
import streamlit as st

from dashboards import charts, filters, frame, levels
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import cash
from dashboards.sections.cash.invoice import show_invoice
from dashboards.sections.cash.lists import MONTHS_SHOWN, choose_month, native, nothing
from dashboards.tables import Column


def show_deferred(page: Frame) -> None:
    """Billed and not yet earned at each month-end → customers → invoice lines."""
    text, formats = page.text, page.formats
    by_month = cash.deferred_by_month(page.snapshot)
    title = text("cash.deferred")
    if by_month.is_empty():
        frame.heading(
            page,
            title,
            unit=text("cash.contract_currency"),
            metrics=[("mart_deferred_revenue", "deferred_native")],
        )
        nothing(page, "deferred")
        return
    currencies = by_month["currency"].unique().sort().to_list()
    currency = filters.segments(
        "currency",
        currencies,
        default=formats.currency if formats.currency in currencies else currencies[0],
        label=text("cash.currency"),
        show=str,
        clears=("customer", "invoice"),
    )
    frame.heading(
        page,
        title,
        unit=page.taxed(currency, frame.WITHOUT_TAX),
        metrics=[("mart_deferred_revenue", "deferred_native")],
        notes=[text("cash.deferred_note")],
    )
    of_currency = by_month.filter(pl.col("currency") == currency)
    shown = of_currency.tail(MONTHS_SHOWN)
    names = {
        column: page.metric_name("mart_deferred_revenue", column)
        for column in ("deferred_native", "recognised_native")
    }
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            name,
            row[column],
            formats.native(row[column], currency),
        )
        for row in shown.to_dicts()
        for column, name in names.items()
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=currency,
        is_dark=page.is_dark,
    )
    charts.show(chart, key="deferred", alt=title)
    months = {f"{row['month']:%Y-%m}": row["month"] for row in of_currency.to_dicts()}
    month = choose_month(page, months)
    above = of_currency.filter(pl.col("month") == month).row(0, named=True)
    show_deferred_customers(page, month, currency, above, names)


def show_deferred_customers(page: Frame, month, currency: str, above: dict, names: dict) -> None:
    """The customers behind a month's deferred revenue, and the lines of one of them."""
    text, formats = page.text, page.formats
    customers = cash.deferred_customers(page.snapshot, month, currency)
    st.markdown(
        text(
            "cash.deferred_customers",
            month=formats.month(month),
            count=formats.count(customers.height),
            sum=formats.native(above["deferred_native"], currency),
        )
    )

    def amount(value: Decimal) -> str:
        return formats.native(value, currency)

    levels.show_match(page, customers.total("deferred_native"), above["deferred_native"], amount)
    both = [Column(f"{column}_text", name) for column, name in names.items()]

    def in_words(listed: pl.DataFrame) -> pl.DataFrame:
        named = levels.named(page, listed).with_columns(pl.lit(currency).alias("currency"))
        return native(page, named, *names)

    customer = levels.show(
        page,
        levels.Level(
            "customer",
            "customer_key",
            text("cash.deferred"),
            text("cash.choose_customer"),
            "mart_deferred_revenue",
            ("invoice",),
        ),
        customers,
        [
            Column("customer", text("column.customer"), is_pinned=True),
            *both,
            Column("line_count", text("cash.lines"), "count"),
        ],
        describe=levels.of_name,
        in_words=in_words,
    )
    if customer is None:
        return
    lines = cash.deferred_lines(page.snapshot, month, currency, customer["customer_key"])
    st.markdown(
        text(
            "cash.deferred_lines",
            customer=literal(customer["customer"]),
            sum=amount(customer["deferred_native"]),
        )
    )
    total = sum(lines["deferred_native"], Decimal(0))
    levels.show_match(page, total, customer["deferred_native"], amount)
    lines_in_words = native(page, lines, "amount_native", *names).with_columns(
        pl.Series("type_name", [text.code("line_type", code) for code in lines["line_type"]])
    )
    line = levels.show(
        page,
        levels.Level(
            "invoice",
            "invoice_line_key",
            text("cash.deferred"),
            text("cash.choose_invoice"),
            "mart_deferred_revenue",
        ),
        lines_in_words,
        [
            Column("invoice_id", text("cash.invoice_id"), is_pinned=True),
            Column("type_name", text("cash.line_type")),
            Column("amount_native_text", text("cash.amount_native")),
            *both,
            Column("service_start_date", text("cash.service_start"), "date"),
            Column("service_end_excl", text("cash.service_end_excl"), "date"),
        ],
        describe=lambda row: text("cash.line_name", invoice=row["invoice_id"], line=row["line_no"]),
    )
    if line is not None:
        show_invoice(page, line["invoice_key"])
