"""Which method is published, and what it is compared with."""

import polars as pl
import streamlit as st

from dashboards import filters
from dashboards.frame import Frame
from dashboards.queries import forecast

MART = "mart_forecast_mrr"
BASE = "base"
LEVELS = (50, 80, 95)
NAIVE = "naive"
MONTHS_OF_ACTUALS = 18


def say_method(page: Frame, ahead: pl.DataFrame) -> None:
    """Which method is published and why, in one paragraph."""
    text = page.text
    first = ahead.to_dicts()[0]
    st.markdown(
        text(
            "forecast.method_said",
            method=method_name(page, first["method"]),
            reason=text.code("publish_reason", first["publish_reason"]),
            months=page.formats.count(first["history_month_count"]),
        )
    )
    if first["notice"]:
        st.warning(
            text.code("forecast_notice", first["notice"]), icon=":material/history_toggle_off:"
        )


def method_name(page: Frame, method: str) -> str:
    """A method in words."""
    return page.text.code("forecast_method", method)


def choose_compared(page: Frame, published: str) -> str | None:
    """The method beside the published one: the last value goes on, unless another is chosen."""
    text = page.text
    others = [name for name in forecast.methods(page.snapshot)["method"] if name != published]
    if not others:
        return None
    return filters.select(
        "against",
        others,
        default=NAIVE if NAIVE in others else others[0],
        label=text("forecast.against"),
        show=lambda name: method_name(page, name),
        width=340,
    )


def month_names(rows: pl.DataFrame) -> list[str]:
    """The months of the rows as the URL writes them."""
    return [f"{month:%Y-%m}" for month in rows["month"].unique().sort()]
