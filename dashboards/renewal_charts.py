"""Charts of terms that end: what became of them by month, and the days of one month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import altair as alt
import polars as pl

from dashboards.charts import PUTS, colour, pressable, puts_of, styled
from dashboards.formatting import week_start

# blue goes on, orange is lost, grey is not decided: light, dark
OUTCOMES = {
    "on_time": ("#2b7bba", "#58a6ee"),
    "late": ("#9cc4e4", "#2f5f8f"),
    "lost": ("#d9730d", "#f0883e"),
    "open": ("#c3ccd5", "#56646f"),
}
HEIGHT = 340
DAY_HEIGHT = 62


@dataclass(frozen=True)
class Part:
    """One block of a month's bar: what became of this much."""

    month: str
    outcome: str  # a key of OUTCOMES
    label: str
    value: float
    text: str
    count_text: str
    puts: Mapping[str, str] | None = None


def outcomes_by_month(
    parts: Sequence[Part],
    months: Sequence[str],
    *,
    month_title: str,
    value_title: str,
    count_title: str,
    is_dark: bool,
) -> alt.Chart:
    """Stacked months: renewed at the bottom, then late, lost and open.

    months: all of the axis, so that one in which nothing ends is a gap and not left out.
    """
    order = list(OUTCOMES)
    labels = {part.outcome: part.label for part in parts}
    shown = [outcome for outcome in order if outcome in labels]
    table = pl.DataFrame(
        [
            {
                "month": part.month,
                "outcome": part.label,
                "order": order.index(part.outcome),
                "value": part.value,
                "text": part.text,
                "count": part.count_text,
                PUTS: puts_of(part.puts),
            }
            for part in parts
        ]
    )
    chart = (
        pressable(alt.Chart(table), table)
        .mark_bar(stroke=colour("grid", is_dark), strokeWidth=0.4)
        .encode(
            x=alt.X(
                "month:O",
                title=month_title,
                scale=alt.Scale(domain=list(months), paddingInner=0.12),
                axis=alt.Axis(labelAngle=0, labelOverlap="greedy", ticks=False),
            ),
            y=alt.Y("value:Q", title=value_title, axis=alt.Axis(format=",.3~f", tickCount=5)),
            color=alt.Color(
                "outcome:N",
                title=None,
                scale=alt.Scale(
                    domain=[labels[outcome] for outcome in shown],
                    range=[OUTCOMES[outcome][int(is_dark)] for outcome in shown],
                ),
                legend=alt.Legend(orient="bottom", columns=2, symbolType="square"),
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("month:O", title=month_title),
                alt.Tooltip("outcome:N", title=" "),
                alt.Tooltip("text:N", title=value_title),
                alt.Tooltip("count:N", title=count_title),
            ],
        )
    )
    return styled(chart, is_dark).properties(height=HEIGHT)


@dataclass(frozen=True)
class Day:
    """One day of a month's calendar."""

    day: date
    is_working: bool
    name: str  # what a reader is told of the day: date, holiday
    ends: int
    ends_text: str  # in the cell
    deadline_text: str  # in the cell, below
    facts: str  # on hover


def calendar(
    days: Sequence[Day],
    weekdays: Sequence[str],
    *,
    first_weekday: int,
    facts_title: str,
    is_dark: bool,
) -> alt.Chart:
    """The days of a month in weeks; days on which terms end are filled.

    weekdays: in the order of the week, which begins on first_weekday (0 = Monday).
    """
    before = (days[0].day - week_start(days[0].day, first_weekday)).days
    table = pl.DataFrame(
        [
            {
                "week": (day.day.day + before - 1) // 7,
                "weekday": weekdays[(day.day.weekday() - first_weekday) % 7],
                "number": str(day.day.day),
                "name": day.name,
                "kind": "ends" if day.ends else "working" if day.is_working else "off",
                "ends": day.ends_text,
                "deadline": day.deadline_text,
                "facts": day.facts,
            }
            for day in days
        ]
    )
    base = alt.Chart(table).encode(
        x=alt.X(
            "weekday:O",
            sort=list(weekdays),
            title=None,
            axis=alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False),
            scale=alt.Scale(domain=list(weekdays), paddingInner=0.04, paddingOuter=0),
        ),
        y=alt.Y("week:O", title=None, axis=None, scale=alt.Scale(paddingInner=0.05)),
        tooltip=[alt.Tooltip("name:N", title=" "), alt.Tooltip("facts:N", title=facts_title)],
    )
    fills = ("#2f5f8f", "#1c2733", "#131b24") if is_dark else ("#b5d5ee", "#f1f4f7", "#dfe5eb")
    cells = base.mark_rect(cornerRadius=3).encode(
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=["ends", "working", "off"], range=list(fills)),
            legend=None,
        )
    )
    ink = colour("text", is_dark)
    middle = {"align": "center", "fontSize": 12, "color": ink}
    numbers = base.mark_text(dy=-18, **middle).encode(text="number:N")
    ends = base.mark_text(dy=1, fontWeight=700, **middle).encode(text="ends:N")
    deadlines = base.mark_text(dy=18, **middle).encode(text="deadline:N")
    weeks = table["week"].n_unique()
    return styled(alt.layer(cells, numbers, ends, deadlines), is_dark).properties(
        height=DAY_HEIGHT * weeks + 24
    )
