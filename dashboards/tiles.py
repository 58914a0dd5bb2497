"""One number in a bordered tile: its value, its change in words, colour and arrow, its line."""

from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from dashboards import printout
from dashboards.formatting import Formats

ARROWS = {1: "up", 0: "off", -1: "down"}
COLOURS = {1: "blue", 0: "gray", -1: "orange"}  # better, neither, worse: on every page


def show(
    label: str,
    kind: str,
    now: Decimal | int | None,
    before: Decimal | int | None,
    formats: Formats,
    *,
    compared_with: str,
    without_change: str | None,
    definition: str,
    is_more_better: bool = True,
    line: Sequence[float] | None = None,
) -> None:
    """A tile. kind: money | count | rate | ratio, the functions of that name in formatting.py.

    compared_with: what `before` is, said beside the change. without_change: said in place of a
    change when one of the two values does not exist. line: earlier values, nan for none.
    """
    change = getattr(formats, f"{kind}_change")(now, before)
    direction = (now > before) - (now < before) if change else 0
    value = getattr(formats, kind)(now)
    printout.tile(label, value, change or without_change or "")
    st.metric(
        label,
        value,
        delta=change or without_change,
        delta_color=COLOURS[direction if is_more_better else -direction],
        delta_arrow=ARROWS[direction],
        delta_description=compared_with if change else None,
        chart_data=line,
        chart_type="bar",
        help=definition,
        border=True,
        height="stretch",
    )
