"""The fan of months ahead."""

import polars as pl
import streamlit as st

from dashboards import charts, forecast_charts, frame, levels, tables
from dashboards.frame import Frame
from dashboards.queries import forecast
from dashboards.sections.forecast.method import (
    LEVELS,
    MART,
    MONTHS_OF_ACTUALS,
    choose_compared,
    method_name,
    month_names,
)
from dashboards.sections.forecast.parts import BELOW_MONTH, show_month
from dashboards.tables import Column


def show_outlook(page: Frame, ahead: pl.DataFrame) -> None:
    """Actual MRR, the months ahead with their intervals, a simpler method; a month opens."""
    text, formats = page.text, page.formats
    published = ahead["method"][0]
    compared = choose_compared(page, published)
    known = forecast.actual(page.snapshot).tail(MONTHS_OF_ACTUALS).to_dicts()
    other = forecast.path(page.snapshot, compared) if compared else ahead.clear()
    rows = ahead.to_dicts()
    spots = path_spots(page, text("forecast.actual"), known, "mrr")
    for method, path in ((published, rows), (compared, other.to_dicts())):
        if method:
            line = [from_origin(known), *path]
            spots += path_spots(page, method_name(page, method), line, "forecast_mrr")
    bands = [month_ahead(page, row) for row in rows]
    title = text("forecast.fan")
    notes = [text("forecast.fan_note")]
    if forecast_charts.is_cut(spots, bands):
        notes.append(text("forecast.fan_cut"))
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[(MART, "forecast_mrr")],
        notes=notes,
    )
    chart = forecast_charts.fan(
        spots,
        bands,
        month_title=text("column.month"),
        value_title=formats.money_unit(),
        interval_titles={level: text("forecast.interval", level=level) for level in LEVELS},
        is_dark=page.is_dark,
    )
    charts.show(chart, key="fan", alt=title, clears=BELOW_MONTH)
    show_months_ahead(page, ahead, other, compared)
    show_month(page)


def from_origin(known: list[dict]) -> dict:
    """The last known month, where every line of the months ahead begins."""
    return {"month": known[-1]["month"], "forecast_mrr": known[-1]["mrr"]}


def path_spots(
    page: Frame, series: str, rows: list[dict], column: str
) -> list[forecast_charts.Spot]:
    """One line over months."""
    formats = page.formats
    return [
        forecast_charts.Spot(
            formats.month_axis(row["month"]),
            series,
            float(formats.money_pixels(row[column])),
            page.text("forecast.spot", series=series, mrr=formats.money(row[column])),
        )
        for row in rows
    ]


def month_ahead(page: Frame, row: dict) -> forecast_charts.Ahead:
    """One month of the fan with every interval in words."""
    formats = page.formats
    ends = {level: (row[f"lower_{level}_mrr"], row[f"upper_{level}_mrr"]) for level in LEVELS}
    return forecast_charts.Ahead(
        formats.month_axis(row["month"]),
        {
            level: None
            if low is None
            else (float(formats.money_pixels(low)), float(formats.money_pixels(high)))
            for level, (low, high) in ends.items()
        },
        {
            level: formats.missing(row[f"lower_{level}_mrr_null_reason"])
            if low is None
            else page.text("forecast.range", low=formats.money(low), high=formats.money(high))
            for level, (low, high) in ends.items()
        },
        formats.money(row["forecast_mrr"]),
        {"month": f"{row['month']:%Y-%m}"},
    )


def show_months_ahead(
    page: Frame, ahead: pl.DataFrame, other: pl.DataFrame, compared: str | None
) -> None:
    """The months ahead as a table; a pressed row opens what the month is made of."""
    text = page.text
    shown = ahead.join(
        other.select("month", pl.col("forecast_mrr").alias("compared_mrr")), on="month", how="left"
    )
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        Column("forecast_mrr", page.metric_name(MART, "forecast_mrr"), "money"),
        *(
            Column(f"{side}_{level}_mrr", text(f"forecast.{side}", level=level), "money")
            for level in LEVELS
            for side in ("lower", "upper")
        ),
    ]
    if compared:
        columns.append(Column("compared_mrr", method_name(page, compared), "money"))
    title = text("forecast.months_ahead")
    st.subheader(title, anchor=False)
    st.caption(text("forecast.months_ahead_note", unit=page.money_unit()))
    tables.show(
        shown,
        columns,
        page.formats,
        selectable=tables.rows_in_url("month", month_names(shown), clears=BELOW_MONTH),
        key="ahead",
        alt=title,
    )
    levels.reasons(page, shown, columns)
    tables.download(page, lambda: shown, columns, name="mrr_forecast", key="ahead_csv")
