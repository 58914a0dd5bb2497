"""Retention of revenue: the layer cake and its values."""

from datetime import date

import polars as pl
import streamlit as st

from dashboards import charts, filters, frame, levels, retention_charts, tables
from dashboards.frame import Frame
from dashboards.queries import retention
from dashboards.sections.retention.segment import EVERYBODY, Segment, segment_name
from dashboards.tables import Column


def show_revenue(page: Frame, segment: Segment, flow: pl.DataFrame) -> None:
    """NRR and GRR by month, of the closed cohort of twelve months ago or as the month's flow."""
    text, formats = page.text, page.formats
    basis = filters.segments(
        "basis",
        ("12m", "month"),
        default="12m",
        label=text("retention.basis"),
        show=lambda name: text(f"retention.basis_{name}"),
    )
    names = ("nrr_12m_rate", "grr_12m_rate") if basis == "12m" else ("nrr_rate", "grr_rate")
    title = text(f"retention.revenue_{basis}")
    frame.heading(
        page,
        title,
        unit=text("retention.percent"),
        metrics=[(segment.mart, name) for name in names],
        notes=[text("retention.revenue_note")],
    )
    known = flow.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in names))
    if known.is_empty():
        reason = None if flow.is_empty() else flow[f"{names[0]}_null_reason"][-1]
        st.info(
            text("retention.no_revenue", value=formats.missing(reason)), icon=":material/timeline:"
        )
    else:
        points = [
            retention_charts.Point(
                page.metric_name(segment.mart, name),
                formats.month_axis(row["month"]),
                None if row[name] is None else float(row[name]),
                formats.rate(row[name], row[f"{name}_null_reason"]),
            )
            for name in names
            for row in known.to_dicts()
        ]
        chart = retention_charts.rates_by_month(
            points,
            month_title=text("column.month"),
            rate_title=text("retention.percent"),
            is_dark=page.is_dark,
        )
        charts.show(chart, key="revenue_retention", alt=title)
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        Column("customer_count", text("column.customers"), "count"),
        Column("mrr", page.metric_name(segment.mart, "mrr"), "money"),
        *(
            Column(name, page.metric_name(segment.mart, name), "rate")
            for name in ("nrr_12m_rate", "grr_12m_rate", "nrr_rate", "grr_rate")
        ),
        Column("churned_customer_count", text("retention.churned"), "count"),
        Column("logo_churn_rate", page.metric_name(segment.mart, "logo_churn_rate"), "rate"),
    ]
    tables.show(flow.reverse(), columns, formats, key="flow", alt=title)
    tables.download(page, lambda: flow, columns, name="nrr_grr", key="flow_csv")
    if segment.attribute != EVERYBODY and not flow.is_empty():
        show_values(page, segment, flow["month"][-1], columns[1:])
    st.page_link(
        "views/mrr.py",
        label=text("retention.to_movements"),
        icon=":material/arrow_forward:",
        query_params=filters.frame_values(),
    )


def show_values(page: Frame, segment: Segment, month: date, columns: list[Column]) -> None:
    """Every value of the attribute in one month, side by side; together they are everybody."""
    text, formats = page.text, page.formats
    values = retention.by_value(page.snapshot, segment.attribute, month)
    shown = values.with_columns(
        pl.Series("name", [segment_name(page, value) for value in values["segment_value"]])
    )
    title = text(
        "retention.values",
        attribute=text.code("segment_attribute", segment.attribute),
        month=formats.month(month),
    )
    st.subheader(title, anchor=False)
    everybody = retention.by_value(page.snapshot, EVERYBODY, month)
    levels.show_match(page, values["mrr"].sum(), everybody["mrr"].sum(), formats.money)
    columns = [Column("name", text("retention.segment"), is_pinned=True), *columns]
    tables.show(shown, columns, formats, key="values", alt=title)
    tables.download(page, lambda: shown, columns, name="nrr_grr_segments", key="values_csv")
