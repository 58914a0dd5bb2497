"""Survival curves with their interval."""

import polars as pl
import streamlit as st

from dashboards import charts, filters, frame, retention_charts, tables
from dashboards.frame import Frame
from dashboards.queries import retention
from dashboards.sections.retention.segment import EVERYBODY, Segment, segment_name
from dashboards.tables import Column

SURVIVAL = "mart_survival"
CURVES_AT_ONCE = 5


def show_curves(page: Frame, segment: Segment) -> None:
    """Kaplan–Meier curves with their interval: the segment, its neighbours beside it on request."""
    text, formats = page.text, page.formats
    values = [segment.value]
    if (
        segment.attribute != EVERYBODY
        and filters.segments(
            "curves",
            ("largest", "one"),
            default="largest",
            label=text("retention.curves_shown"),
            show=lambda name: text(f"retention.curves_{name}"),
        )
        == "largest"
    ):
        listed = retention.segments(page.snapshot).filter(
            pl.col("segment_attribute") == segment.attribute
        )["segment_value"]
        others = [value for value in listed if value != segment.value]
        values += others[: CURVES_AT_ONCE - 1]
    title = text("retention.curve")
    frame.heading(
        page,
        title,
        unit=text("retention.percent"),
        metrics=[(SURVIVAL, "survival_rate")],
        notes=[text("retention.curve_note")],
    )
    curves = {
        value: retention.survival(page.snapshot, segment.attribute, value) for value in values
    }
    curves = {value: curve for value, curve in curves.items() if not curve.is_empty()}
    if not curves:
        st.info(text("retention.no_curve"), icon=":material/show_chart:")
        return
    points = [
        point
        for value, curve in curves.items()
        for point in stairs(page, segment_name(page, value), curve)
    ]
    chart = retention_charts.survival(
        points,
        month_title=text("retention.months_since_first"),
        rate_title=page.metric_name(SURVIVAL, "survival_rate"),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="survival", alt=title)
    table = pl.concat(
        curve.with_columns(
            pl.lit(segment_name(page, value)).alias("segment"),
            pl.Series("note", [note_of(page, row) for row in curve.to_dicts()], dtype=pl.String),
        )
        for value, curve in curves.items()
    )
    columns = [
        Column("segment", text("retention.segment"), is_pinned=True),
        Column("months_since_first", text("retention.months_since_first"), "count"),
        Column("at_risk_count", text("retention.at_risk"), "count"),
        Column("lapsed_count", text("retention.lapsed"), "count"),
        Column("censored_count", text("retention.censored"), "count"),
        Column("survival_rate", page.metric_name(SURVIVAL, "survival_rate"), "rate"),
        Column("survival_lower_rate", text("retention.lower"), "rate"),
        Column("survival_upper_rate", text("retention.upper"), "rate"),
        Column("note", text("retention.interval")),
    ]
    tables.show(table, columns, formats, key="survival_table", alt=title)
    tables.download(page, lambda: table, columns, name="survival", key="survival_csv")
    st.caption(text("retention.curve_customers"))


def stairs(page: Frame, name: str, curve: pl.DataFrame) -> list[retention_charts.Point]:
    """The points of one curve, from everybody at the first payment on."""
    formats = page.formats
    points = []
    if curve["months_since_first"][0] > 0:
        points.append(retention_charts.Point(name, 0, 1.0, formats.rate(1)))
    for row in curve.to_dicts():
        low, high = row["survival_lower_rate"], row["survival_upper_rate"]
        said = formats.rate(row["survival_rate"])
        if low is not None:
            said = page.text(
                "retention.with_interval",
                rate=said,
                low=formats.rate(low),
                high=formats.rate(high),
            )
        points.append(
            retention_charts.Point(
                name,
                row["months_since_first"],
                float(row["survival_rate"]),
                said,
                None if low is None else float(low),
                None if high is None else float(high),
            )
        )
    return points


def note_of(page: Frame, row: dict) -> str:
    """Why a row has no interval; nothing where it has one."""
    reason = row["interval_null_reason"]
    return page.text.code("null_reason", reason) if reason else ""
