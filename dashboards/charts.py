"""Charts Streamlit has no primitive for, in Altair: waterfall, layer cake, bars, series by month.

Here Decimals become floats, for pixels only; every number a reader sees is text made by
formatting.py. A colour means one thing on all pages: blue is more recurring revenue, orange is
less, grey is a level.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import parse_qsl, urlencode

import altair as alt
import polars as pl
import streamlit as st
from altair.utils import schemapi

from dashboards import filters, printout

# Every channel would be checked against the schema when it is made and the whole chart again when
# it is shown; the second time suffices and takes half as long.
schemapi.disable_debug_mode()

# light, dark; blue and orange stay apart for every kind of colour vision
COLOURS = {
    "more": ("#2b7bba", "#58a6ee"),
    "less": ("#d9730d", "#f0883e"),
    "level": ("#6b7b8c", "#8fa1b3"),
    "text": ("#1b2530", "#e6edf3"),
    "muted": ("#5c6b7a", "#9fb0c0"),
    "grid": ("#e3e8ee", "#2a3541"),
}
PRESSED = "pressed"  # the selection of a chart
PUTS = "puts"  # the column with what a mark writes into the URL
ROW_HEIGHT = 34
AXIS_HEIGHT = 56
COHORTS_IN_LEGEND = 12
SHORT_NAME = 8  # characters of which two stand beside each other in a legend on a phone
VALUE_MARGIN = 92  # pixels kept free at the right for the value beside the longest bar
CUT_AXIS_BELOW = Decimal(
    "0.35"
)  # a span smaller than this share of the total is unreadable from zero


@dataclass(frozen=True)
class Step:
    """One bar of a waterfall: a level (`change` None) or a movement from the level before it."""

    label: str
    level: Decimal  # MRR after this step
    change: Decimal | None
    text: str
    puts: Mapping[str, str] | None = None


def waterfall(steps: Sequence[Step], axis_title: str, is_dark: bool) -> alt.Chart:
    """Bars from top to bottom, so that labels and values stay readable on a phone."""
    start = axis_start(steps)
    table = pl.DataFrame([_bar(step, start) for step in steps])
    order = [step.label for step in steps]
    values = alt.X(
        "from:Q",
        title=axis_title,
        scale=alt.Scale(
            domain=[float(start), float(table["high"].max())],
            range=[0, {"expr": f"width - {VALUE_MARGIN}"}],
            nice=False,
            zero=False,
        ),
        axis=alt.Axis(format=",.3~f", tickCount=4, labelFlush=True),
    )
    rows = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False))
    base = alt.Chart(table).encode(y=rows)
    bars = (
        pressable(base, table)
        .mark_bar(cornerRadius=2, height=ROW_HEIGHT * 0.62)
        .encode(
            x=values,
            x2="to:Q",
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(
                    domain=["more", "less", "level"],
                    range=[colour(kind, is_dark) for kind in ("more", "less", "level")],
                ),
                legend=None,
            ),
            tooltip=[alt.Tooltip("label:N", title=" "), alt.Tooltip("text:N", title=axis_title)],
        )
    )
    texts = base.mark_text(
        align="left", dx=7, fontSize=13, fontWeight=600, color=colour("text", is_dark)
    ).encode(x=alt.X("high:Q", scale=alt.Scale()), text="text:N")
    return styled(alt.layer(bars, texts), is_dark).properties(
        height=ROW_HEIGHT * len(steps) + AXIS_HEIGHT
    )


def axis_start(steps: Sequence[Step]) -> Decimal:
    """Where the waterfall's axis begins: zero, or just below bars that would be slivers."""
    lows = [step.level - max(step.change or 0, 0) for step in steps]
    highs = [step.level - min(step.change or 0, 0) for step in steps]
    low, high = min(lows), max(highs)
    span = high - low
    if low <= 0 or span >= high * CUT_AXIS_BELOW:
        return Decimal(0)
    margin = span / 3 if span else high * CUT_AXIS_BELOW
    magnitude = Decimal(1).scaleb(margin.adjusted())
    return max(Decimal(0), (low - margin) // magnitude * magnitude)


def _bar(step: Step, start: Decimal) -> dict:
    before = start if step.change is None else step.level - step.change
    kind = "level" if step.change is None else "less" if step.change < 0 else "more"
    return {
        "label": step.label,
        "from": float(before),
        "to": float(step.level),
        "high": float(max(before, step.level)),
        "kind": kind,
        "text": step.text,
        PUTS: puts_of(step.puts),
    }


@dataclass(frozen=True)
class Bar:
    """One horizontal bar: a category's amount and how it is written. colour: as in COLOURS."""

    label: str
    value: Decimal | int
    text: str
    colour: str = "level"
    puts: Mapping[str, str] | None = None


def bars(items: Sequence[Bar], axis_title: str, is_dark: bool) -> alt.Chart:
    """Bars from top to bottom in the order given, each with its value beside it."""
    table = pl.DataFrame(
        [
            {
                "label": item.label,
                "value": float(item.value),
                "text": item.text,
                "kind": item.colour,
                PUTS: puts_of(item.puts),
            }
            for item in items
        ]
    )
    kinds = sorted({item.colour for item in items})
    base = alt.Chart(table).encode(
        y=alt.Y(
            "label:N",
            sort=[item.label for item in items],
            title=None,
            axis=alt.Axis(ticks=False, domain=False),
        )
    )
    values = alt.X(
        "value:Q",
        title=axis_title,
        scale=alt.Scale(range=[0, {"expr": f"width - {VALUE_MARGIN}"}], nice=False, zero=True),
        axis=alt.Axis(format=",.3~f", tickCount=4, labelFlush=True),
    )
    drawn = (
        pressable(base, table)
        .mark_bar(cornerRadius=2, height=ROW_HEIGHT * 0.62)
        .encode(
            x=values,
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=kinds, range=[colour(kind, is_dark) for kind in kinds]),
                legend=None,
            ),
            tooltip=[alt.Tooltip("label:N", title=" "), alt.Tooltip("text:N", title=axis_title)],
        )
    )
    texts = base.mark_text(
        align="left", dx=7, fontSize=13, fontWeight=600, color=colour("text", is_dark)
    ).encode(x="value:Q", text="text:N")
    return styled(alt.layer(drawn, texts), is_dark).properties(
        height=ROW_HEIGHT * len(items) + AXIS_HEIGHT
    )


@dataclass(frozen=True)
class Point:
    """One value of one series in one month; value None where it does not exist."""

    month: str
    series: str
    value: Decimal | float | None
    text: str
    puts: Mapping[str, str] | None = None


def over_months(
    points: Sequence[Point],
    *,
    month_title: str,
    value_title: str,
    is_dark: bool,
    mark: str = "grouped",
    axis_format: str = ",.3~f",
) -> alt.Chart:
    """Series over months in the order given. mark: grouped | stacked bars, or line."""
    table = pl.DataFrame(
        [
            {
                "month": point.month,
                "series": point.series,
                "value": None if point.value is None else float(point.value),
                "text": point.text,
                PUTS: puts_of(point.puts),
            }
            for point in points
        ],
        schema={
            "month": pl.String,
            "series": pl.String,
            "value": pl.Float64,
            "text": pl.String,
            PUTS: pl.String,
        },
    )
    names = list(dict.fromkeys(point.series for point in points))
    scheme = alt.SchemeParams("yellowgreenblue", extent=[0.8, 0.1] if is_dark else [1, 0.3])
    chart = pressable(alt.Chart(table), table)
    chart = (
        chart.mark_line(point=alt.OverlayMarkDef(size=36), strokeWidth=2)
        if mark == "line"
        else chart.mark_bar()
    )
    encoded = chart.encode(
        x=alt.X(
            "month:O",
            title=month_title,
            scale=alt.Scale(paddingInner=0.2),
            axis=alt.Axis(labelAngle=0, labelOverlap="greedy", ticks=False),
        ),
        y=alt.Y(
            "value:Q",
            title=value_title,
            stack="zero" if mark == "stacked" else None,
            axis=alt.Axis(format=axis_format, tickCount=5),
            scale=alt.Scale(zero=True),
        ),
        color=alt.Color(
            "series:O",
            sort=names,
            title=None,
            scale=alt.Scale(domain=names, scheme=scheme),
            legend=alt.Legend(
                orient="bottom",
                columns=2 if max(map(len, names)) <= SHORT_NAME else 1,
                symbolType="square",
                labelLimit=260,
            )
            if len(names) > 1
            else None,
        ),
        tooltip=[
            alt.Tooltip("month:O", title=month_title),
            alt.Tooltip("series:N", title=" "),
            alt.Tooltip("text:N", title=value_title),
        ],
    )
    if mark == "grouped" and len(names) > 1:
        encoded = encoded.encode(xOffset=alt.XOffset("series:O", sort=names))
    return styled(encoded, is_dark).properties(height=300)


@dataclass(frozen=True)
class Layer:
    """One block of the layer cake: a cohort's MRR at one month-end."""

    month: str
    cohort: str
    cohort_order: int
    mrr: Decimal
    mrr_text: str
    customers_text: str
    puts: Mapping[str, str] | None = None


def layer_cake(
    layers: Sequence[Layer],
    *,
    month_title: str,
    cohort_title: str,
    mrr_title: str,
    customers_title: str,
    is_dark: bool,
) -> alt.Chart:
    """Stacked months, the oldest cohort at the bottom."""
    table = pl.DataFrame(
        [
            {
                "month": layer.month,
                "cohort": layer.cohort,
                "order": layer.cohort_order,
                "mrr": float(layer.mrr),
                "mrr_text": layer.mrr_text,
                "customers": layer.customers_text,
                PUTS: puts_of(layer.puts),
            }
            for layer in layers
        ]
    )
    cohorts = [
        name
        for name, _ in sorted(
            {(layer.cohort, layer.cohort_order) for layer in layers}, key=lambda pair: pair[1]
        )
    ]
    has_few = len(cohorts) <= COHORTS_IN_LEGEND  # more than that is a shade, not a list of names
    chart = (
        pressable(alt.Chart(table), table)
        .mark_bar(stroke=colour("grid", is_dark), strokeWidth=0.4 if has_few else 0)
        .encode(
            x=alt.X(
                "month:O",
                title=month_title,
                scale=alt.Scale(paddingInner=0.12),
                axis=alt.Axis(labelAngle=0, labelOverlap="greedy", ticks=False),
            ),
            y=alt.Y("mrr:Q", title=mrr_title, axis=alt.Axis(format=",.3~f", tickCount=5)),
            color=alt.Color(
                "cohort:O",
                sort=cohorts,
                title=cohort_title,
                scale=alt.Scale(
                    domain=cohorts,
                    # dark blue to yellow-green; not into the page's own colour, light or dark
                    scheme=alt.SchemeParams(
                        "yellowgreenblue", extent=[0.85, 0.1] if is_dark else [1, 0.22]
                    ),
                ),
                legend=alt.Legend(orient="bottom", columns=3, symbolType="square")
                if has_few
                else None,
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("month:O", title=month_title),
                alt.Tooltip("cohort:O", title=cohort_title),
                alt.Tooltip("mrr_text:N", title=mrr_title),
                alt.Tooltip("customers:N", title=customers_title),
            ],
        )
    )
    return styled(chart, is_dark).properties(height=380)


def styled(chart: alt.Chart, is_dark: bool) -> alt.Chart:
    """A chart in the page's own type sizes and colours."""
    label = colour("text", is_dark)
    return (
        chart.configure_axis(
            labelFontSize=12,
            titleFontSize=12,
            labelColor=label,
            titleColor=colour("muted", is_dark),
            gridColor=colour("grid", is_dark),
            labelLimit=140,
        )
        .configure_legend(labelFontSize=12, titleFontSize=12, labelColor=label, titleColor=label)
        .configure_view(stroke=None)
    )


def colour(name: str, is_dark: bool) -> str:
    """A named colour for a light or dark page."""
    return COLOURS[name][int(is_dark)]


def show(chart: alt.Chart, *, key: str, alt: str, clears: Sequence[str] = ()) -> None:
    """Put a chart on the page, as wide as the page; `alt` is what a screen reader says.

    Pressing a mark that was given `puts` writes them into the URL and removes `clears` from it.
    """
    printout.chart(chart, in_light_colours, key=key, alt=alt)
    if not _is_pressable(chart):
        st.altair_chart(chart, width="stretch", key=key, alt=alt)
        return

    def press() -> None:
        for mark in st.session_state[key]["selection"].get(PRESSED, ()):
            if mark.get(PUTS):
                filters.put(**dict.fromkeys(clears) | dict(parse_qsl(mark[PUTS])))

    st.altair_chart(chart, width="stretch", key=key, alt=alt, on_select=press)


def puts_of(puts: Mapping[str, str] | None) -> str:
    """URL values as one text, for the table behind a chart; empty for a mark that does nothing."""
    return urlencode(puts or {})


def pressable(chart: alt.Chart, table: pl.DataFrame) -> alt.Chart:
    """The chart, answering to a press where its table has marks that put something."""
    if not (table[PUTS] != "").any():
        return chart
    return chart.add_params(
        alt.selection_point(name=PRESSED, fields=[PUTS], toggle=False, on="click")
    )


def _is_pressable(chart: alt.Chart) -> bool:
    # of the chart and not of its text, which holds what the data say as well; not checked against
    # the schema a second time: st.altair_chart does
    drawn = chart.to_dict(validate=False)
    return any(one.get("name") == PRESSED for one in drawn.get("params", ()))


def in_light_colours(specification: str) -> str:
    """A specification drawn for a dark page, in the colours of a light one (paper is white)."""
    for light, dark in COLOURS.values():
        specification = specification.replace(dark, light)
    return specification
