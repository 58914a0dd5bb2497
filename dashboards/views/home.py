"""ホーム: how recurring revenue stands at the end of one month, against the month before."""

import math
from dataclasses import dataclass, replace
from datetime import date

import polars as pl
import streamlit as st

from dashboards import (
    alert_card,
    billing_check,
    charts,
    drill,
    filters,
    frame,
    landing,
    printout,
    steps,
    tables,
    tiles,
)
from dashboards.frame import Frame
from dashboards.queries import about, control, forecast, revenue
from dashboards.tables import Column

MART = frame.KPI_MART
MONTHS_OF_HISTORY = 13
RESTATED_NAMED = 3  # closed months named in the notice; the page it leads to has all


@dataclass(frozen=True)
class Tile:
    """One KPI: a column of mart_kpi_monthly, how it is written, and whether more of it is good."""

    column: str
    kind: str  # money | count | rate | ratio: the functions of that name in formatting.py
    is_more_better: bool = True
    quotient: tuple[str, str] | None = None  # how its numerator and denominator are written


TILES = (
    Tile("mrr", "money"),
    Tile("arr", "money"),
    Tile("customer_count", "count"),
    Tile("arpa", "money", quotient=("money", "count")),
    Tile("logo_churn_rate", "rate", is_more_better=False, quotient=("count", "count")),
    Tile("nrr_rate", "rate", quotient=("money", "money")),
    Tile("grr_rate", "rate", quotient=("money", "money")),
    Tile("quick_ratio", "ratio", quotient=("money", "money")),
)


def main(page: Frame) -> None:
    """Month → tiles → what moved it → the last months as a table."""
    months = {f"{row['month']:%Y-%m}": row for row in about.months(page.snapshot).to_dicts()}
    chosen = choose_month(page, months)
    first, month = next(iter(months.values()))["month"], months[chosen]["month"]
    frame.warn_when_uncovered(page, months[chosen]["month_end"])
    show_restated(page)

    kpis = revenue.kpis(page.snapshot, first, month)
    history = kpis.tail(MONTHS_OF_HISTORY).to_dicts()
    with st.container(key="tiles_five"):
        for tile in shown_tiles(page):
            show_tile(page, tile, history)
        if month == list(months.values())[-1]["month"]:
            for row in forecast.landing(page.snapshot).to_dicts():
                if row["scenario"] == "base":
                    landing.show_tile(page, row)
    show_tax(page, history[-1])
    billing_check.show_notice(page)
    alert_card.show(page)

    show_movements(page, chosen, months[chosen]["month_end"], kpis)
    show_history(page, kpis)


def choose_month(page: Frame, months: dict[str, dict]) -> str:
    """The month shown, newest first; its fiscal quarter beside it."""
    text, formats = page.text, page.formats
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = filters.select(
            "month",
            list(reversed(months)),
            default=next(reversed(months)),
            label=text("home.month"),
            show=lambda name: formats.month(months[name]["month"]),
            clears=("type", *drill.BELOW_CELL),
            width=200,
        )
        st.caption(
            formats.fiscal_quarter(months[chosen]["fiscal_year"], months[chosen]["fiscal_quarter"])
        )
    return chosen


def show_restated(page: Frame) -> None:
    """The notice that closed months are no longer what was reported, and the way to who and why."""
    moved = control.restated_months(page.snapshot)
    if moved.is_empty():
        return
    text, formats = page.text, page.formats
    months = [
        text(
            "home.restated_month",
            month=formats.month(row["month"]),
            change=formats.money_signed(row["mrr_difference"]),
            customers=formats.count(row["customer_count"]),
        )
        for row in moved.head(RESTATED_NAMED).to_dicts()
    ]
    st.info(
        text("home.restated", count=moved.height, months=text.joined(months)),
        icon=":material/edit_calendar:",
    )
    st.page_link(
        "views/quality.py",
        label=text("home.to_restatements"),
        icon=":material/arrow_forward:",
        query_params={**filters.frame_values(), "view": "restatements"},
    )


def shown_tiles(page: Frame) -> list[Tile]:
    """The tiles on the side of the tax that was chosen; most figures have one side only."""
    return [replace(tile, column=page.taxed_column(tile.column)) for tile in TILES]


def show_tax(page: Frame, now: dict) -> None:
    """Which tiles hold the tax, and what they leave out, where amounts with tax were asked for."""
    if page.tax != frame.WITH_TAX:
        return
    note = page.text.joined([page.text("home.tax_note"), *page.tax_rate_note([now])])
    printout.words(note)
    st.caption(note)


def show_tile(page: Frame, tile: Tile, history: list[dict]) -> None:
    """One tile: the month's value, its change to the month before, its last months as a line."""
    text = page.text
    now, before = history[-1], history[-2] if len(history) > 1 else {}
    reason = now.get(f"{tile.column}_null_reason")
    # a month without a value is a gap in the line, not a point
    line = [float("nan" if month[tile.column] is None else month[tile.column]) for month in history]
    tiles.show(
        page.metric_name(MART, tile.column),
        tile.kind,
        now[tile.column],
        before.get(tile.column),
        page.formats,
        compared_with=text("home.to_previous_month"),
        without_change=text.code("null_reason", reason)
        if reason
        else text("home.nothing_to_compare"),
        definition=tile_help(page, tile, now),
        is_more_better=tile.is_more_better,
        line=line if sum(map(math.isfinite, line)) > 1 else None,
    )


def tile_help(page: Frame, tile: Tile, now: dict) -> str:
    """The metric's definition and, for a quotient, what was divided by what in this month."""
    definition = page.definition(MART, tile.column)
    if tile.quotient is None:
        return definition
    above, below = (getattr(page.formats, kind) for kind in tile.quotient)
    return page.text(
        "home.quotient",
        definition=definition,
        numerator=above(now[f"{tile.column}_numerator"]),
        denominator=below(now[f"{tile.column}_denominator"]),
    )


def show_movements(page: Frame, chosen: str, month_end: date, kpis: pl.DataFrame) -> None:
    """What moved MRR in the month: in words, as a waterfall, and the way to the customers behind
    it.
    """
    text, formats = page.text, page.formats
    month = kpis["month"][-1]
    totals = revenue.movement_totals(page.snapshot, month, month)
    movements = revenue.movements(page.snapshot, month, month)
    bars = steps.of_range(page, movements, totals, lambda name: {"type": name})
    title = text("home.waterfall", month=formats.month(month))
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=page.movement_metrics(totals["movement_type"].to_list()),
        notes=[*page.movements_note(), *steps.axis_note(page, bars)],
    )
    said = steps.explained(page, kpis.tail(2), totals)
    printout.words(said)
    st.markdown(said)
    charts.show(
        charts.waterfall(bars, formats.money_unit(), page.is_dark),
        key="waterfall",
        alt=title,
        clears=drill.BELOW_CELL,
    )
    moved = totals.filter(pl.col("mrr_change") != 0)["movement_type"].to_list()
    drill.show_month(page, month, moved, month_end)
    st.page_link(
        "views/mrr.py",
        label=text("home.to_movements"),
        icon=":material/arrow_forward:",
        query_params={**filters.frame_values(), "from": chosen, "to": chosen},
    )


def show_history(page: Frame, kpis: pl.DataFrame) -> None:
    """The tiles' numbers for the last months, newest first, and all months as a file."""
    text = page.text
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        *(
            Column(tile.column, page.metric_name(MART, tile.column), tile.kind)
            for tile in shown_tiles(page)
        ),
    ]
    st.subheader(text("home.table"), anchor=False)
    unit = page.money_unit()
    if page.tax == frame.WITH_TAX:
        unit = text("home.unit_both", unit=page.formats.money_unit())
    shown = kpis.tail(MONTHS_OF_HISTORY)
    for note in (text("home.table_note", unit=unit), *page.tax_rate_note(shown.to_dicts())):
        st.caption(note)
    tables.show(
        shown.reverse(),
        columns,
        page.formats,
        key="kpi_table",
        alt=text("home.table"),
    )
    tables.download(page, lambda: kpis, columns, name="kpi", key="kpi_csv")


main(frame.current())
