"""継続・解約: who stays and for how long, who left and why, and what a better rate would bring."""

import polars as pl
import streamlit as st

from dashboards import filters, frame, tiles
from dashboards.frame import Frame
from dashboards.months import MONTHS_SHOWN_FIRST
from dashboards.queries import about, retention
from dashboards.sections.retention.churn import show_churn
from dashboards.sections.retention.cohorts import show_cohorts
from dashboards.sections.retention.curves import show_curves
from dashboards.sections.retention.revenue import show_revenue
from dashboards.sections.retention.segment import BELOW_SEGMENT, Segment, choose_segment
from dashboards.sections.retention.simulation import show_simulation

TILES = {
    "nrr_12m_rate": ("money", "money"),
    "grr_12m_rate": ("money", "money"),
    "nrr_rate": ("money", "money"),
    "grr_rate": ("money", "money"),
    "logo_churn_rate": ("count", "count"),
}


VIEWS = ("cohort", "curve", "revenue", "churn", "simulation")


def main(page: Frame) -> None:
    """Segment → tiles → one of five views, each with the customers behind it."""
    months = about.months(page.snapshot).to_dicts()
    frame.warn_when_uncovered(page, months[-1]["month_end"])
    segment = choose_segment(page)
    flow = retention.by_month(page.snapshot, segment.attribute, segment.value)
    show_tiles(page, segment, flow)
    view = filters.segments(
        "view",
        VIEWS,
        default=VIEWS[0],
        label=page.text("retention.view"),
        show=lambda name: page.text(f"retention.view_{name}"),
        clears=(*BELOW_SEGMENT, "reason"),
    )
    if view == "cohort":
        show_cohorts(page, segment, months)
    elif view == "curve":
        show_curves(page, segment)
    elif view == "revenue":
        show_revenue(page, segment, flow)
    elif view == "churn":
        show_churn(page, months)
    else:
        show_simulation(page)


def show_tiles(page: Frame, segment: Segment, flow: pl.DataFrame) -> None:
    """The last month's rates of the segment against the month before."""
    text, formats = page.text, page.formats
    if flow.is_empty():
        st.info(text("retention.nobody"), icon=":material/group_off:")
        return
    history = flow.tail(MONTHS_SHOWN_FIRST + 1).to_dicts()
    now, before = history[-1], history[-2] if len(history) > 1 else {}
    st.caption(text("retention.tiles", month=formats.month(now["month"])))
    with st.container(key="tiles_five"):
        for column, (above, below) in TILES.items():
            reason = now[f"{column}_null_reason"]
            line = [float("nan" if row[column] is None else row[column]) for row in history]
            known = [value for value in line if value == value]
            tiles.show(
                page.metric_name(segment.mart, column),
                "rate",
                now[column],
                before.get(column),
                formats,
                compared_with=text("home.to_previous_month"),
                without_change=text.code("null_reason", reason)
                if reason
                else text("home.nothing_to_compare"),
                definition=text(
                    "home.quotient",
                    definition=page.definition(segment.mart, column),
                    numerator=getattr(formats, above)(now[f"{column}_numerator"]),
                    denominator=getattr(formats, below)(now[f"{column}_denominator"]),
                ),
                is_more_better=column != "logo_churn_rate",
                line=line if len(known) > 1 else None,
            )


main(frame.current())
