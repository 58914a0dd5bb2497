"""Charts of who stays: rates by month, survival curves with their interval, reasons for leaving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import polars as pl

from dashboards.charts import PUTS, colour, pressable, puts_of, styled

# light, dark; neither blue nor orange, which mean more and less; told apart by their dashes too
SERIES = (
    ("#0b7a5e", "#3fc79e"),
    ("#7b4fb5", "#b796ea"),
    ("#8a6a00", "#d9b740"),
    ("#b03a74", "#ea86b4"),
    ("#4f5d6b", "#a9b8c6"),
)
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [4, 4])
HEIGHT = 340
CURVES_WITH_FULL_BANDS = 2  # the bands of more would hide the curves
BAR_HEIGHT = 34
BAR_AXIS_HEIGHT = 56
TEXT_MARGIN = 150  # pixels kept free at the right for the words beside the longest bar


@dataclass(frozen=True)
class Point:
    """One point of a line: where it is, how high, its interval, and what a reader is told."""

    series: str
    x: str | int
    rate: float | None
    text: str
    low: float | None = None
    high: float | None = None


def rates_by_month(
    points: Sequence[Point], *, month_title: str, rate_title: str, is_dark: bool
) -> alt.Chart:
    """Lines over months; a month without a rate is a gap. The level 100 % is drawn."""
    names = list(dict.fromkeys(point.series for point in points))
    table = _table(points)
    lines = (
        alt.Chart(table)
        .mark_line(point=alt.OverlayMarkDef(size=34), strokeWidth=2.4)
        .encode(
            x=alt.X(
                "x:O",
                title=month_title,
                axis=alt.Axis(labelAngle=0, labelOverlap="greedy", ticks=False),
            ),
            y=alt.Y(
                "rate:Q",
                title=rate_title,
                scale=alt.Scale(zero=False),
                axis=alt.Axis(format=".0%", tickCount=5),
            ),
            tooltip=[
                alt.Tooltip("series:N", title=" "),
                alt.Tooltip("x:O", title=month_title),
                alt.Tooltip("text:N", title=rate_title),
            ],
            **_told_apart(names, is_dark),
        )
    )
    level = (
        alt.Chart(pl.DataFrame({"level": [1.0]}))
        .mark_rule(strokeDash=[2, 3], color=colour("muted", is_dark))
        .encode(y="level:Q")
    )
    return styled(alt.layer(level, lines), is_dark).properties(height=HEIGHT)


def survival(
    points: Sequence[Point], *, month_title: str, rate_title: str, is_dark: bool
) -> alt.Chart:
    """Stairs that only go down, each with its interval behind it where there is one."""
    names = list(dict.fromkeys(point.series for point in points))
    base = alt.Chart(_table(points)).encode(
        x=alt.X("x:Q", title=month_title, axis=alt.Axis(tickMinStep=1, tickCount=8, format="d")),
        **_told_apart(names, is_dark),
    )
    rate = {"scale": alt.Scale(domain=[0, 1]), "axis": alt.Axis(format=".0%", tickCount=5)}
    shade = 0.16 if len(names) <= CURVES_WITH_FULL_BANDS else 0.08
    bands = base.mark_area(interpolate="step-after", opacity=shade, strokeWidth=0).encode(
        y=alt.Y("low:Q", title=rate_title, **rate), y2="high:Q"
    )
    lines = base.mark_line(
        interpolate="step-after", strokeWidth=2.4, point=alt.OverlayMarkDef(size=26)
    ).encode(
        y=alt.Y("rate:Q", title=rate_title, **rate),
        tooltip=[
            alt.Tooltip("series:N", title=" "),
            alt.Tooltip("x:Q", title=month_title),
            alt.Tooltip("text:N", title=rate_title),
        ],
    )
    return styled(alt.layer(bands, lines), is_dark).properties(height=HEIGHT)


@dataclass(frozen=True)
class Reason:
    """One bar: a reason, how many gave it, and the words beside the bar."""

    label: str
    count: int
    text: str
    puts: Mapping[str, str] | None = None


def reasons(bars: Sequence[Reason], *, count_title: str, is_dark: bool) -> alt.Chart:
    """Reasons from top to bottom, the most frequent first."""
    table = pl.DataFrame(
        [{"label": b.label, "count": b.count, "text": b.text, PUTS: puts_of(b.puts)} for b in bars]
    )
    base = alt.Chart(table).encode(
        y=alt.Y(
            "label:N",
            sort=[bar.label for bar in bars],
            title=None,
            axis=alt.Axis(ticks=False, domain=False),
        ),
        x=alt.X(
            "count:Q",
            title=count_title,
            scale=alt.Scale(range=[0, {"expr": f"width - {TEXT_MARGIN}"}], nice=False),
            axis=alt.Axis(tickMinStep=1, tickCount=4, format="d", labelFlush=True),
        ),
        tooltip=[alt.Tooltip("label:N", title=" "), alt.Tooltip("text:N", title=count_title)],
    )
    marks = pressable(base, table).mark_bar(
        cornerRadius=2, height=BAR_HEIGHT * 0.62, color=colour("less", is_dark)
    )
    texts = base.mark_text(
        align="left", dx=7, fontSize=13, fontWeight=600, color=colour("text", is_dark)
    ).encode(text="text:N")
    return styled(alt.layer(marks, texts), is_dark).properties(
        height=BAR_HEIGHT * len(bars) + BAR_AXIS_HEIGHT
    )


def _table(points: Sequence[Point]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "series": p.series,
                "x": p.x,
                "rate": p.rate,
                "low": p.low,
                "high": p.high,
                "text": p.text,
            }
            for p in points
        ],
        schema_overrides={"rate": pl.Float64, "low": pl.Float64, "high": pl.Float64},
    )


def _told_apart(names: Sequence[str], is_dark: bool) -> dict:
    # one below the other: names of segments and metrics are long, phones are narrow
    legend = alt.Legend(
        orient="bottom",
        columns=1,
        labelLimit=300,
        symbolType="stroke",
        symbolSize=500,
        symbolStrokeWidth=2.5,
        symbolOpacity=1,
    )
    colours = [SERIES[place % len(SERIES)][int(is_dark)] for place in range(len(names))]
    dashes = [DASHES[place % len(DASHES)] for place in range(len(names))]
    shown = legend if len(names) > 1 else None
    return {
        "color": alt.Color(
            "series:N", title=None, scale=alt.Scale(domain=names, range=colours), legend=shown
        ),
        "strokeDash": alt.StrokeDash(
            "series:N", title=None, scale=alt.Scale(domain=names, range=dashes), legend=shown
        ),
    }
