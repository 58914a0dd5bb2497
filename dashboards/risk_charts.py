"""Charts of customers at risk: health over months, chance against what came."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import polars as pl

from dashboards.charts import colour, styled
from dashboards.retention_charts import SERIES


@dataclass(frozen=True)
class Score:
    """The health score at one month-end; None where no component had data."""

    month: str
    score: float | None
    text: str


def health(
    scores: Sequence[Score], *, month_title: str, score_title: str, is_dark: bool
) -> alt.Chart:
    """The score from 0 to 100 by month."""
    table = pl.DataFrame(
        [{"month": one.month, "score": one.score, "text": one.text} for one in scores],
        schema={"month": pl.String, "score": pl.Float64, "text": pl.String},
    )
    line = (
        alt.Chart(table)
        .mark_line(
            strokeWidth=2.4, point=alt.OverlayMarkDef(size=36), color=SERIES[0][int(is_dark)]
        )
        .encode(
            x=alt.X(
                "month:O",
                title=month_title,
                axis=alt.Axis(labelAngle=0, labelOverlap="greedy", ticks=False),
            ),
            y=alt.Y(
                "score:Q",
                title=score_title,
                scale=alt.Scale(domain=[0, 100]),
                axis=alt.Axis(values=[0, 25, 50, 75, 100]),
            ),
            tooltip=[
                alt.Tooltip("month:O", title=month_title),
                alt.Tooltip("text:N", title=score_title),
            ],
        )
    )
    return styled(line, is_dark).properties(height=220)


@dataclass(frozen=True)
class Bin:
    """Customers of about the same chance: what was predicted, what came, in words."""

    predicted: float
    happened: float
    text: str


def reliability(
    bins: Sequence[Bin], *, predicted_title: str, happened_title: str, is_dark: bool
) -> alt.Chart:
    """Points near the diagonal: the chance can be taken at its word."""
    table = pl.DataFrame(
        [{"predicted": b.predicted, "happened": b.happened, "text": b.text} for b in bins]
    )
    most = max(float(table["predicted"].max()), float(table["happened"].max()), 0.01)
    scale = alt.Scale(domain=[0, most], nice=True)
    rate = {"scale": scale, "axis": alt.Axis(format=".0%", tickCount=5)}
    points = (
        alt.Chart(table)
        .mark_circle(size=110, opacity=0.9, color=SERIES[0][int(is_dark)])
        .encode(
            x=alt.X("predicted:Q", title=predicted_title, **rate),
            y=alt.Y("happened:Q", title=happened_title, **rate),
            tooltip=[alt.Tooltip("text:N", title=" ")],
        )
    )
    diagonal = (
        alt.Chart(pl.DataFrame({"both": [0.0, most]}))
        .mark_line(strokeDash=[4, 4], color=colour("muted", is_dark))
        .encode(x=alt.X("both:Q", **rate), y=alt.Y("both:Q", **rate))
    )
    return styled(alt.layer(diagonal, points), is_dark).properties(height=300)
