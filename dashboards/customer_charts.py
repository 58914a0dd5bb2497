"""The one chart of a customer's page: what it paid at each month's end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import altair as alt
import polars as pl

from dashboards.charts import PUTS, colour, pressable, puts_of, styled

HEIGHT = 200


@dataclass(frozen=True)
class Level:
    """MRR from the end of a month on, until the next level; `text`: as it is written."""

    day: date
    mrr: Decimal
    text: str
    day_text: str
    puts: Mapping[str, str] | None = None


def levels_over_time(
    levels: Sequence[Level],
    *,
    day_title: str,
    mrr_title: str,
    month_labels: str,
    is_dark: bool,
) -> alt.Chart:
    """Stairs from month-end to month-end; a level holds until the next one.

    month_labels: the expression that writes an instant of the axis.
    """
    table = pl.DataFrame(
        [
            {
                "day": level.day,
                "mrr": float(level.mrr),
                "text": level.text,
                "day_text": level.day_text,
                PUTS: puts_of(level.puts),
            }
            for level in levels
        ]
    )
    base = alt.Chart(table).encode(
        x=alt.X(
            "day:T",
            title=day_title,
            axis=alt.Axis(labelExpr=month_labels, labelOverlap="greedy", tickCount=6),
        ),
        y=alt.Y("mrr:Q", title=mrr_title, axis=alt.Axis(format=",.3~f", tickCount=4)),
    )
    area = base.mark_area(interpolate="step-after", color=colour("more", is_dark), opacity=0.16)
    line = base.mark_line(interpolate="step-after", color=colour("more", is_dark), strokeWidth=2.2)
    points = (
        pressable(base, table)
        .mark_point(color=colour("more", is_dark), filled=True, size=46, opacity=1)
        .encode(
            tooltip=[
                alt.Tooltip("day_text:N", title=day_title),
                alt.Tooltip("text:N", title=mrr_title),
            ]
        )
    )
    return styled(alt.layer(area, line, points), is_dark).properties(height=HEIGHT)
