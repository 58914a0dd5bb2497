"""Charts of groups of customers: a grid of scores, and the curve of 2:8."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import polars as pl

from dashboards.charts import PUTS, colour, pressable, puts_of, styled

CELL_HEIGHT = 52
CURVE_HEIGHT = 320
# classes from most to least: light, dark; the order is told by the axis too
CLASSES = {
    "A": ("#1c6ba0", "#6db3ee"),
    "B": ("#8a6a00", "#d9b740"),
    "C": ("#6b7b8c", "#8fa1b3"),
}
TEXT_TURNS_AT = (0.8, 0.62)  # share of the largest cell, light, dark: from there the other text


@dataclass(frozen=True)
class Cell:
    """One place of the grid; `value` is what it is shaded by, `text` what is written in it."""

    across: str
    down: str
    value: float
    text: str
    facts: str
    puts: Mapping[str, str] | None = None


def grid(
    cells: Sequence[Cell],
    *,
    across: Sequence[str],
    down: Sequence[str],
    across_title: str,
    down_title: str,
    facts_title: str,
    is_dark: bool,
) -> alt.Chart:
    """Cells by two scores, the darker the more; an empty place is nobody."""
    table = pl.DataFrame(
        [
            {
                "across": cell.across,
                "down": cell.down,
                "value": cell.value,
                "text": cell.text,
                "facts": cell.facts,
                PUTS: puts_of(cell.puts),
            }
            for cell in cells
        ]
    )
    most = max((cell.value for cell in cells), default=1) or 1
    base = alt.Chart(table).encode(
        x=alt.X(
            "across:O",
            title=across_title,
            scale=alt.Scale(domain=list(across), paddingInner=0.04),
            axis=alt.Axis(labelAngle=0, ticks=False, domain=False),
        ),
        y=alt.Y(
            "down:O",
            title=down_title,
            scale=alt.Scale(domain=list(down), paddingInner=0.06),
            axis=alt.Axis(ticks=False, domain=False),
        ),
        tooltip=[alt.Tooltip("facts:N", title=facts_title)],
    )
    low, high = ("#1d2c3a", "#58a6ee") if is_dark else ("#e3eff9", "#1c6ba0")
    places = (
        pressable(base, table)
        .mark_rect(cornerRadius=4)
        .encode(
            color=alt.Color(
                "value:Q", scale=alt.Scale(domain=[0, most], range=[low, high]), legend=None
            )
        )
    )
    on_dark = "#0e1721" if is_dark else "#ffffff"
    texts = base.mark_text(fontSize=13, fontWeight=600).encode(
        text="text:N",
        color=alt.condition(
            alt.datum.value > most * TEXT_TURNS_AT[int(is_dark)],
            alt.value(on_dark),
            alt.value(colour("text", is_dark)),
        ),
    )
    return styled(alt.layer(places, texts), is_dark).properties(height=CELL_HEIGHT * len(down) + 60)


@dataclass(frozen=True)
class Rank:
    """One customer's place by value and the share of revenue up to it."""

    rank: int
    share: float
    group: str
    text: str
    puts: Mapping[str, str] | None = None


def pareto(
    ranks: Sequence[Rank],
    *,
    rank_title: str,
    share_title: str,
    group_title: str,
    is_dark: bool,
) -> alt.Chart:
    """The share of revenue the largest customers bring together, coloured by their class."""
    table = pl.DataFrame(
        [
            {
                "rank": r.rank,
                "share": r.share,
                "group": r.group,
                "text": r.text,
                PUTS: puts_of(r.puts),
            }
            for r in ranks
        ]
    )
    groups = [name for name in CLASSES if name in {r.group for r in ranks}]
    chart = (
        pressable(alt.Chart(table), table)
        .mark_bar(width={"band": 1})
        .encode(
            x=alt.X(
                "rank:O",
                title=rank_title,
                scale=alt.Scale(paddingInner=0, paddingOuter=0),
                axis=alt.Axis(labelAngle=0, labelOverlap="greedy", ticks=False),
            ),
            y=alt.Y(
                "share:Q",
                title=share_title,
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%", values=[0, 0.2, 0.4, 0.6, 0.8, 1]),
            ),
            color=alt.Color(
                "group:N",
                title=group_title,
                scale=alt.Scale(
                    domain=groups, range=[CLASSES[name][int(is_dark)] for name in groups]
                ),
                legend=alt.Legend(orient="bottom", symbolType="square") if groups else None,
            ),
            tooltip=[
                alt.Tooltip("rank:O", title=rank_title),
                alt.Tooltip("text:N", title=share_title),
                alt.Tooltip("group:N", title=group_title),
            ],
        )
    )
    level = (
        alt.Chart(pl.DataFrame({"level": [0.8]}))
        .mark_rule(strokeDash=[4, 3], color=colour("muted", is_dark))
        .encode(y="level:Q")
    )
    return styled(alt.layer(chart, level), is_dark).properties(height=CURVE_HEIGHT)
