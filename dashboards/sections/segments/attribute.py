"""Any attribute of the customer as a segment."""

import polars as pl
import streamlit as st

from dashboards import charts, filters, frame, levels
from dashboards.frame import Frame
from dashboards.queries import about, retention, segments
from dashboards.sections.segments.lists import (
    BARS_SHOWN,
    BELOW,
    mrr_column,
    nothing,
    show_customers,
)
from dashboards.tables import Column

BY_VALUE = "mart_revenue_retention"
ATTRIBUTES = (
    *("customer_type", "industry", "prefecture", "acquisition_channel", "campaign"),
    *("first_plan", "first_product", "first_billing_interval", "first_payment_method"),
)


def show_attribute(page: Frame) -> None:
    """Any attribute: MRR, customers, retention and churn by value → customers."""
    text, formats = page.text, page.formats
    month = about.months(page.snapshot)["month"][-1]
    present = set(retention.segments(page.snapshot)["segment_attribute"])
    options = [name for name in ATTRIBUTES if name in present]
    if not options:
        nothing(page, "attribute")
        return
    by = filters.select(
        "by",
        options,
        default=options[0],
        label=text("retention.by"),
        show=lambda name: text.code("segment_attribute", name),
        clears=("value", *BELOW),
        width=260,
    )
    values = retention.by_value(page.snapshot, by, month)
    name = text.code("segment_attribute", by)
    title = text("segments.attribute", attribute=name, month=formats.month(month))
    rates = ("logo_churn_rate", "nrr_rate", "grr_rate", "nrr_12m_rate", "grr_12m_rate")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[(BY_VALUE, "mrr"), *((BY_VALUE, rate) for rate in rates)],
        notes=[text("segments.attribute_note")],
    )
    if values.is_empty():
        nothing(page, "attribute")
        return
    named = values.with_columns(
        pl.Series("name", [text.code("segment_value", code) for code in values["segment_value"]])
    )
    bars = [
        charts.Bar(
            row["name"],
            formats.money_pixels(row["mrr"]),
            formats.money(row["mrr"]),
            puts={"value": row["segment_value"]},
        )
        for row in named.head(BARS_SHOWN).to_dicts()
    ]
    if named.height > len(bars):
        st.caption(text("segments.first_bars", shown=len(bars), all=formats.count(named.height)))
    charts.show(
        charts.bars(bars, formats.money_unit(), page.is_dark), key="values", alt=title, clears=BELOW
    )
    everybody = retention.by_value(page.snapshot, "all", month)["mrr"].sum()
    levels.show_match(page, values["mrr"].sum(), everybody, formats.money)
    columns = [
        Column("name", name, is_pinned=True),
        Column("mrr", page.metric_name(BY_VALUE, "mrr"), "money"),
        Column("customer_count", text("column.customers"), "count"),
        Column("arpa", page.metric_name(BY_VALUE, "arpa"), "money"),
        Column("new_customer_count", text("segments.new_customers"), "count"),
        Column("churned_customer_count", text("retention.churned"), "count"),
        *(Column(rate, page.metric_name(BY_VALUE, rate), "rate") for rate in rates),
    ]
    value = levels.show(
        page,
        levels.Level(
            "value", "segment_value", title, text("segments.choose_value"), BY_VALUE, BELOW
        ),
        named,
        columns,
        describe=lambda row: row["name"],
    )
    levels.reasons(page, named, columns)
    if value is not None:
        show_customers(
            page,
            segments.of_value(page.snapshot, by, value["segment_value"]),
            title=text("customer.segment", attribute=name, value=value["name"]),
            amount=mrr_column(page),
            total=value["mrr"],
            show_number=formats.money,
        )
