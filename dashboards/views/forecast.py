"""予測: what MRR is expected to be, where the year lands, made of what, and how far to trust it."""

import polars as pl
import streamlit as st

from dashboards import filters, frame, landing, tiles
from dashboards.frame import Frame
from dashboards.queries import about, forecast
from dashboards.sections.forecast.assumptions import show_scenario
from dashboards.sections.forecast.backtest import show_backtest
from dashboards.sections.forecast.method import BASE, MART, say_method
from dashboards.sections.forecast.outlook import show_outlook
from dashboards.sections.forecast.parts import BELOW_MONTH, show_parts

VIEWS = ("outlook", "parts", "scenario", "backtest")


def main(page: Frame) -> None:
    """Where the year lands → one of four views, each down to what lies behind a month."""
    text = page.text
    months = about.months(page.snapshot).to_dicts()
    frame.warn_when_uncovered(page, months[-1]["month_end"])
    ahead = forecast.published(page.snapshot, BASE)
    if ahead.is_empty():
        st.info(text("forecast.nothing"), icon=":material/trending_flat:")
        st.markdown(text("forecast.nothing_steps"))
        return
    show_tiles(page, ahead)
    say_method(page, ahead)
    view = filters.segments(
        "view",
        VIEWS,
        default=VIEWS[0],
        label=text("forecast.view"),
        show=lambda name: text(f"forecast.view_{name}"),
        clears=("month", *BELOW_MONTH),
    )
    if view == "outlook":
        show_outlook(page, ahead)
    elif view == "parts":
        show_parts(page)
    elif view == "scenario":
        show_scenario(page)
    else:
        show_backtest(page, ahead)


def show_tiles(page: Frame, ahead: pl.DataFrame) -> None:
    """Today's MRR, where the fiscal year lands and the year ahead, with their intervals."""
    text, formats = page.text, page.formats
    now = forecast.actual(page.snapshot).tail(1).to_dicts()[0]
    last = ahead.tail(1).to_dicts()[0]
    of_year = forecast.landing(page.snapshot).filter(pl.col("scenario") == BASE).to_dicts()
    with st.container(key="tiles"):
        tiles.show(
            text("forecast.mrr_now", month=formats.month(now["month"])),
            "money",
            now["mrr"],
            None,
            formats,
            compared_with="",
            without_change=text("forecast.known"),
            definition=page.definition(frame.KPI_MART, "mrr"),
        )
        for row in of_year:
            year = formats.fiscal_year(row["fiscal_year"])
            landing.show_tile(page, row)
            reason = row["last_year_mrr_total_null_reason"]
            tiles.show(
                text("forecast.landing_total", year=year),
                "money",
                row["landing_mrr_total"],
                row["last_year_mrr_total"],
                formats,
                compared_with=text("forecast.to_last_year"),
                without_change=text.code("null_reason", reason) if reason else None,
                definition=text(
                    "forecast.landing_parts",
                    definition=page.definition(landing.LANDING, "landing_mrr_total"),
                    known=formats.money(row["actual_mrr_total"]),
                    known_months=row["actual_month_count"],
                    ahead=formats.money(row["forecast_mrr_total"]),
                    ahead_months=row["forecast_month_count"],
                ),
            )
        tiles.show(
            text("forecast.mrr_last", month=formats.month(last["month"])),
            "money",
            last["forecast_mrr"],
            None,
            formats,
            compared_with="",
            without_change=landing.interval(
                page, last["lower_80_mrr"], last["upper_80_mrr"], last["lower_80_mrr_null_reason"]
            ),
            definition=page.definition(MART, "forecast_mrr"),
        )


main(frame.current())
