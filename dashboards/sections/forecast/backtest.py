"""How earlier forecasts did."""

import polars as pl
import streamlit as st

from dashboards import charts, forecast_charts, frame, levels, tables
from dashboards.frame import Frame
from dashboards.queries import forecast
from dashboards.sections.forecast.method import LEVELS, choose_compared, method_name
from dashboards.tables import Column

BACKTEST = "mart_forecast_backtest"
COVERAGES = tuple(f"coverage_{level}_rate" for level in LEVELS)


def show_backtest(page: Frame, ahead: pl.DataFrame) -> None:
    """How wrong such forecasts were on the company's own past, beside another method."""
    text, formats = page.text, page.formats
    published = ahead["method"][0]
    title = text("forecast.backtest")
    frame.heading(
        page,
        title,
        unit=text("retention.percent"),
        metrics=[(BACKTEST, "mape_rate")],
        notes=[text("forecast.backtest_note")],
    )
    rows = forecast.backtest(page.snapshot)
    if rows.is_empty():
        st.info(text("forecast.no_backtest"), icon=":material/history_toggle_off:")
        return
    compared = choose_compared(page, published)
    shown = [published, *([compared] if compared else [])]
    known = rows.filter(pl.col("mape_rate").is_not_null())
    spots = [
        forecast_charts.Spot(
            row["horizon_months"],
            method_name(page, method),
            float(row["mape_rate"]),
            formats.rate(row["mape_rate"]),
        )
        for method in shown
        for row in known.filter(pl.col("method") == method).to_dicts()
    ]
    if spots:
        chart = forecast_charts.errors(
            spots,
            distance_title=text("forecast.distance"),
            rate_title=page.metric_name(BACKTEST, "mape_rate"),
            is_dark=page.is_dark,
        )
        charts.show(chart, key="errors", alt=title)
    for method in shown:
        of_method = rows.filter(pl.col("method") == method)
        if not of_method.is_empty():
            show_errors(page, of_method)
    show_methods(page, rows)


def show_errors(page: Frame, rows: pl.DataFrame) -> None:
    """One method by months ahead: errors and coverage, and what the backtest leaves out."""
    text, formats = page.text, page.formats
    first = rows.to_dicts()[0]
    title = text("forecast.errors_of", method=method_name(page, first["method"]))
    st.subheader(title, anchor=False)
    st.caption(
        text(
            "forecast.origins",
            first=formats.month(first["first_origin_month"]),
            last=formats.month(first["last_origin_month"]),
        )
    )
    if first["left_out"]:
        st.info(text.code("left_out", first["left_out"]), icon=":material/block:")
    columns = [
        Column("horizon_months", text("forecast.distance"), "count", is_pinned=True),
        Column("origin_count", text("forecast.origin_count"), "count"),
        Column("mape_rate", page.metric_name(BACKTEST, "mape_rate"), "rate"),
        Column("mase_ratio", page.metric_name(BACKTEST, "mase_ratio"), "ratio"),
        Column("bias_rate", text("forecast.bias_rate"), "rate"),
        Column("bias_mrr", page.metric_name(BACKTEST, "bias_mrr"), "money"),
        *(Column(name, page.metric_name(BACKTEST, name), "rate") for name in COVERAGES),
        Column("coverage_count", text("forecast.coverage_count"), "count"),
    ]
    key = f"errors_{first['method']}"
    tables.show(rows, columns, formats, key=key, alt=title)
    levels.reasons(page, rows, columns)
    tables.download(page, lambda: rows, columns, name=f"backtest_{key}", key=f"{key}_csv")


def show_methods(page: Frame, rows: pl.DataFrame) -> None:
    """Every method over all months ahead; coverage as calibrated now and as published then."""
    text = page.text
    once = rows.unique("method", keep="first", maintain_order=True)
    shown = once.with_columns(
        pl.Series("name", [method_name(page, method) for method in once["method"]]),
        pl.Series(
            "shown",
            [text("forecast.is_published") if is_it else "" for is_it in once["is_published"]],
        ),
        pl.Series(
            "without",
            [text.code("left_out_short", code) if code else "" for code in once["left_out"]],
        ),
    )
    title = text("forecast.methods")
    st.subheader(title, anchor=False)
    st.caption(text("forecast.methods_note"))
    columns = [
        Column("name", text("forecast.method"), is_pinned=True),
        Column("shown", text("forecast.shown")),
        Column("mean_mase_ratio", text("forecast.mean_mase"), "ratio"),
        *(
            Column(
                f"mean_coverage_{name}{level}_rate", text(f"forecast.{when}", level=level), "rate"
            )
            for level in LEVELS
            for when, name in (("now", ""), ("then", "then_"))
        ),
        Column("without", text("forecast.left_out")),
    ]
    tables.show(shown, columns, page.formats, key="methods", alt=title)
    tables.download(page, lambda: shown, columns, name="forecast_methods", key="methods_csv")
