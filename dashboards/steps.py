"""From waterfall rows to the bars of a waterfall and to the sentence above it."""

from collections.abc import Callable, Mapping

import polars as pl

from dashboards.charts import Step, axis_start
from dashboards.frame import Frame


def of_range(
    frame: Frame,
    by_month: pl.DataFrame,
    totals: pl.DataFrame,
    puts: Callable[[str], Mapping[str, str]],
) -> list[Step]:
    """The bars from the first month's begin to the last month's end, in the mart's order.

    by_month: revenue.movements, totals: revenue.movement_totals, both of the same months. puts:
    what pressing the bar of a movement type writes into the URL. Movements
    that did not happen have no bar, nor has the begin of the first month on record: nobody knows
    it.
    """
    text, formats = frame.text, frame.formats
    first, last = by_month.row(0, named=True), by_month.row(-1, named=True)
    level = first["begin_mrr"]
    bars = [] if first["is_opening_month"] else [_level(frame, text("movement.begin"), level)]
    for movement_type, _, change in totals.iter_rows():
        if not change:
            continue
        level += change
        bars.append(
            Step(
                label=text.code("movement_type", movement_type),
                level=formats.money_pixels(level),
                change=formats.money_pixels(change),
                text=formats.money_signed(change),
                puts=puts(movement_type),
            )
        )
    return [*bars, _level(frame, text("movement.end"), last["end_mrr"])]


def _level(frame: Frame, label: str, mrr) -> Step:
    return Step(label, frame.formats.money_pixels(mrr), None, frame.formats.money(mrr))


def explained(frame: Frame, two_months: pl.DataFrame, totals: pl.DataFrame) -> str:
    """The month's change in words, largest movement first: what went up or down, and by what."""
    text, formats = frame.text, frame.formats
    now = two_months.row(-1, named=True)
    if two_months.height < 2:
        return text("explained.opening", mrr=formats.money(now["mrr"]))
    before = two_months.row(0, named=True)["mrr"]
    direction = "up" if now["mrr"] > before else "down" if now["mrr"] < before else "same"
    moved = sorted(
        ((name, change) for name, _, change in totals.iter_rows() if change),
        key=lambda row: abs(row[1]),
        reverse=True,
    )
    return text(
        f"explained.{direction}",
        mrr=formats.money(now["mrr"]),
        change=formats.money(abs(now["mrr"] - before)),
        parts=text.joined(
            text(
                "explained.part",
                name=text.code("movement_type", name),
                change=formats.money_signed(change),
            )
            for name, change in moved
        )
        or text("explained.nothing"),
    )


def axis_note(frame: Frame, bars: list[Step]) -> list[str]:
    """The note a waterfall needs when its axis does not begin at zero."""
    start = axis_start(bars)
    if not start:
        return []
    return [frame.text("chart.cut_axis", start=frame.formats.money_digits(start))]
