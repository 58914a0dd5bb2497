"""Charts of the months ahead: the fan, the parts of each month, errors by distance, a what-if."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import polars as pl

from dashboards.charts import PUTS, colour, pressable, puts_of, styled
from dashboards.retention_charts import DASHES, SERIES

HEIGHT = 360
LEVELS = (95, 80, 50)  # the widest behind
SHADE = {95: 0.13, 80: 0.2, 50: 0.34}
FORECAST = SERIES[0]  # light, dark
MOST_ABOVE = 2  # how far above the highest line the axis goes: a band of any width stays readable
# more, less, neither; the darker the surer: on record first
PARTS = {
    "signed_new": ("#134a73", "#9ccbf7"),
    "pipeline_new": ("#2b7bba", "#6fb2ee"),
    "trend_new": ("#6fb0de", "#3f86c4"),
    "expansion": ("#b5d5ee", "#28557e"),
    "renewal_book": ("#8a4300", "#ffc38f"),
    "churn": ("#d9730d", "#f0883e"),
    "contraction": ("#f0a860", "#b8662a"),
    "pause": ("#f8d5b0", "#7a4520"),
    "method_difference": ("#8fa1b3", "#6b7b8c"),
}


@dataclass(frozen=True)
class Ahead:
    """One month ahead: its intervals by level (None where there are none) and what is told."""

    month: str
    intervals: dict[int, tuple[float, float] | None]
    facts: dict[int, str]
    text: str
    puts: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Spot:
    """One point of a line."""

    x: str | int
    series: str
    value: float
    text: str


def fan(
    spots: Sequence[Spot],
    ahead: Sequence[Ahead],
    *,
    month_title: str,
    value_title: str,
    interval_titles: dict[int, str],
    is_dark: bool,
) -> alt.Chart:
    """What was, what is expected with its intervals behind it, and what a simpler method says.

    spots: three series in the order actual, published, compared.
    """
    months = list(dict.fromkeys(str(spot.x) for spot in spots))
    x = _months(months, month_title)
    highest = max([spot.value for spot in spots] + [_upper(one) for one in ahead])
    scale = alt.Scale(domain=[0, min(highest, _top(spots))])
    layers = []
    for level in LEVELS:
        rows = [
            {"month": one.month, "low": one.intervals[level][0], "high": one.intervals[level][1]}
            for one in ahead
            if one.intervals[level] is not None
        ]
        if rows:
            layers.append(
                alt.Chart(pl.DataFrame(rows))
                .mark_area(
                    opacity=SHADE[level], color=FORECAST[int(is_dark)], strokeWidth=0, clip=True
                )
                .encode(x=x, y=alt.Y("low:Q", title=value_title, scale=scale), y2="high:Q")
            )
    layers.append(lines(spots, x, value_title, is_dark))
    told = pl.DataFrame(
        [
            {"month": one.month, "text": one.text, PUTS: puts_of(one.puts)}
            | {f"level{level}": one.facts[level] for level in LEVELS}
            for one in ahead
        ]
    )
    layers.append(
        pressable(alt.Chart(told), told)
        .mark_rule(strokeWidth=20, opacity=0)
        .encode(
            x=x,
            tooltip=[
                alt.Tooltip("month:O", title=month_title),
                alt.Tooltip("text:N", title=value_title),
                *(
                    alt.Tooltip(f"level{level}:N", title=interval_titles[level])
                    for level in reversed(LEVELS)
                ),
            ],
        )
    )
    return styled(alt.layer(*layers), is_dark).properties(height=HEIGHT)


def is_cut(spots: Sequence[Spot], ahead: Sequence[Ahead]) -> bool:
    """Whether a band goes on above the axis of the fan."""
    return any(_upper(one) > _top(spots) for one in ahead)


def _top(spots: Sequence[Spot]) -> float:
    return MOST_ABOVE * max(spot.value for spot in spots)


def _upper(one: Ahead) -> float:
    return max((ends[1] for ends in one.intervals.values() if ends), default=0)


def by_month(
    spots: Sequence[Spot], *, month_title: str, value_title: str, is_dark: bool
) -> alt.Chart:
    """Lines over months, told apart by colour and dashes."""
    months = list(dict.fromkeys(str(spot.x) for spot in spots))
    drawn = lines(spots, _months(months, month_title), value_title, is_dark, told=True)
    return styled(alt.layer(drawn), is_dark).properties(height=HEIGHT)


def errors(
    spots: Sequence[Spot], *, distance_title: str, rate_title: str, is_dark: bool
) -> alt.Chart:
    """How wrong, by months ahead, from zero."""
    x = alt.X(
        "x:Q",
        title=distance_title,
        axis=alt.Axis(tickMinStep=1, format="d", tickCount=12, grid=False),
    )
    drawn = lines(spots, x, rate_title, is_dark, told=True, has_actual=False, axis_format=".0%")
    return styled(alt.layer(drawn), is_dark).properties(height=280)


def lines(
    spots: Sequence[Spot],
    x: alt.X,
    value_title: str,
    is_dark: bool,
    *,
    told: bool = False,
    has_actual: bool = True,
    axis_format: str = ",.3~f",
) -> alt.Chart:
    """The series in their order: what was in ink, the published one in green, others dashed."""
    names = list(dict.fromkeys(spot.series for spot in spots))
    table = pl.DataFrame(
        [{"x": s.x, "month": s.x, "series": s.series, "value": s.value, "t": s.text} for s in spots]
    )
    colours = [pair[int(is_dark)] for pair in SERIES]
    dashes = [*DASHES]
    if has_actual:
        colours, dashes = [colour("text", is_dark), *colours], [DASHES[0], *dashes]
    legend = alt.Legend(
        orient="bottom",
        columns=1,
        labelLimit=320,
        symbolType="stroke",
        symbolSize=500,
        symbolStrokeWidth=2.5,
    )
    shown = {"title": None, "legend": legend}
    encoded = (
        alt.Chart(table)
        .mark_line(strokeWidth=2.4, point=alt.OverlayMarkDef(size=26))
        .encode(
            x=x,
            y=alt.Y("value:Q", title=value_title, axis=alt.Axis(format=axis_format, tickCount=5)),
            color=alt.Color(
                "series:N", scale=alt.Scale(domain=names, range=colours[: len(names)]), **shown
            ),
            strokeDash=alt.StrokeDash(
                "series:N", scale=alt.Scale(domain=names, range=dashes[: len(names)]), **shown
            ),
        )
    )
    if not told:
        return encoded.encode(tooltip=[alt.Tooltip("month:O", title=" "), "t:N"])
    return encoded.encode(
        tooltip=[
            alt.Tooltip("series:N", title=" "),
            alt.Tooltip("x:O", title=str(x.title)),
            alt.Tooltip("t:N", title=value_title),
        ]
    )


@dataclass(frozen=True)
class Piece:
    """What one part changes in one month."""

    month: str
    part: str  # a key of PARTS
    label: str
    value: float
    text: str
    puts: Mapping[str, str] | None = None


def parts_by_month(
    pieces: Sequence[Piece], *, month_title: str, value_title: str, is_dark: bool
) -> alt.Chart:
    """Stacked bars: what comes above zero, what goes below."""
    labels = {piece.part: piece.label for piece in pieces}
    order = [part for part in PARTS if part in labels]
    months = list(dict.fromkeys(piece.month for piece in pieces))
    table = pl.DataFrame(
        [
            {
                "month": piece.month,
                "part": piece.label,
                "order": order.index(piece.part),
                "value": piece.value,
                "text": piece.text,
                PUTS: puts_of(piece.puts),
            }
            for piece in pieces
        ]
    )
    chart = (
        pressable(alt.Chart(table), table)
        .mark_bar()
        .encode(
            x=_months(months, month_title),
            y=alt.Y(
                "value:Q",
                title=value_title,
                stack="zero",
                axis=alt.Axis(format=",.3~f", tickCount=6),
            ),
            color=alt.Color(
                "part:N",
                title=None,
                scale=alt.Scale(
                    domain=[labels[part] for part in order],
                    range=[PARTS[part][int(is_dark)] for part in order],
                ),
                legend=alt.Legend(orient="bottom", columns=2, symbolType="square", labelLimit=150),
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("month:O", title=month_title),
                alt.Tooltip("part:N", title=" "),
                alt.Tooltip("text:N", title=value_title),
            ],
        )
    )
    return styled(chart, is_dark).properties(height=HEIGHT)


def _months(months: Sequence[str], title: str) -> alt.X:
    return alt.X(
        "month:O",
        title=title,
        scale=alt.Scale(domain=list(months), paddingInner=0.16),
        axis=alt.Axis(labelAngle=0, labelOverlap="greedy", ticks=False),
    )
