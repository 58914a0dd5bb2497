"""MRRの動き: what moved recurring revenue, from the total down to the delivered line."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
import streamlit as st

from dashboards import charts, drill, filters, frame, levels, printout, steps, tables, tiles
from dashboards import months as ranges
from dashboards.frame import Frame
from dashboards.queries import about, revenue
from dashboards.tables import Column

MART = frame.KPI_MART


@dataclass(frozen=True)
class Range:
    """The months shown, by URL name; all of them completed."""

    months: dict[str, date]

    @property
    def first(self) -> date:
        return next(iter(self.months.values()))

    @property
    def last(self) -> date:
        return next(reversed(self.months.values()))


def main(page: Frame) -> None:
    """Months → where it began and ended → waterfall → layers → movements → the way down."""
    months = about.months(page.snapshot).to_dicts()
    # the cell pressed below stays in the address: it may be of the new range, too
    shown = Range(ranges.choose(page, months))
    month_end = {row["month"]: row["month_end"] for row in months}
    frame.warn_when_uncovered(page, month_end[shown.last])

    by_month = revenue.movements(page.snapshot, shown.first, shown.last)
    totals = revenue.movement_totals(page.snapshot, shown.first, shown.last)
    show_ends(page, shown)
    show_waterfall(page, shown, by_month, totals)
    show_layers(page, shown)
    show_movements(page, shown, by_month, totals)
    drill.show(page, shown.months, totals["movement_type"].to_list(), month_end)


def show_ends(page: Frame, shown: Range) -> None:
    """Where MRR and customers stood before the range and at its end."""
    text, formats = page.text, page.formats
    month_before = (shown.first - timedelta(days=1)).replace(day=1)
    kpis = revenue.kpis(page.snapshot, month_before, shown.last).to_dicts()
    last = kpis[-1]
    # nobody knows what stood before the first month on record
    before = kpis[0] if kpis[0]["month"] < shown.first else {}
    with st.container(key="tiles"):
        for figure, kind in (("mrr", "money"), ("customer_count", "count")):
            column = page.taxed_column(figure)
            reason = f"{column}_null_reason"
            begin = before.get(column)
            unknown = before.get(reason) if before else "opening_month"
            name, definition = page.metric_name(MART, column), page.definition(MART, column)
            tiles.show(
                text("mrr.begin", name=name),
                kind,
                begin,
                None,
                formats,
                compared_with="",
                without_change=text.code("null_reason", unknown) if unknown else None,
                definition=definition,
            )
            tiles.show(
                text("mrr.end", name=name, month=formats.month(last["month"])),
                kind,
                last[column],
                begin,
                formats,
                compared_with=text("mrr.over_range"),
                without_change=text.code("null_reason", last[reason]) if last.get(reason) else None,
                definition=definition,
            )
    ends = [before, last] if before else [last]
    for note in page.tax_rate_note(ends):
        printout.words(note)
        st.caption(note)


def show_waterfall(page: Frame, shown: Range, by_month: pl.DataFrame, totals: pl.DataFrame) -> None:
    """The range as one waterfall."""
    formats = page.formats
    # of a range of months, a bar opens the newest month in which something moved this way
    moved = by_month.filter(pl.col("mrr_change") != 0).sort("month")
    newest = dict(moved.select("movement_type", "month").iter_rows())
    bars = steps.of_range(
        page, by_month, totals, lambda name: {"month": f"{newest[name]:%Y-%m}", "type": name}
    )
    title = page.text(
        "mrr.waterfall_one" if shown.first == shown.last else "mrr.waterfall",
        first=formats.month(shown.first),
        last=formats.month(shown.last),
    )
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=page.movement_metrics(totals["movement_type"].to_list()),
        notes=[*page.movements_note(), *steps.axis_note(page, bars)],
    )
    charts.show(
        charts.waterfall(bars, formats.money_unit(), page.is_dark),
        key="waterfall",
        alt=title,
        clears=drill.BELOW_CELL,
    )


def show_layers(page: Frame, shown: Range) -> None:
    """MRR at each month-end, by the month or fiscal year in which its customers first paid."""
    text, formats = page.text, page.formats
    by_month = revenue.layers_by_month(page.snapshot, shown.first, shown.last)
    is_readable = by_month["cohort"].n_unique() <= charts.COHORTS_IN_LEGEND
    title = text("mrr.layers")
    column = page.taxed_column("mrr")
    kpis = revenue.kpis(page.snapshot, shown.first, shown.last).to_dicts()
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[("mart_layer_cake", column)],
        notes=[text("mrr.layers_note"), *page.tax_rate_note(kpis)],
        tax=page.tax,
    )
    grain = filters.segments(
        "cohort",
        ("month", "year"),
        default="month" if is_readable else "year",
        label=text("mrr.cohort_grain"),
        show=lambda name: text(f"mrr.cohort_{name}"),
    )
    if grain == "month":
        layers, name_of = by_month, lambda cohort: cohort_month(page, cohort)
    else:
        layers = revenue.layers_by_fiscal_year(page.snapshot, shown.first, shown.last)
        name_of = formats.fiscal_year
    place = {cohort: index for index, cohort in enumerate(layers["cohort"].unique().sort())}
    blocks = [
        charts.Layer(
            month=formats.month_axis(row["month"]),
            cohort=name_of(row["cohort"]),
            cohort_order=place[row["cohort"]],
            mrr=formats.money_pixels(row[column]),
            mrr_text=formats.money(row[column]),
            customers_text=formats.count(row["active_customer_count"]),
            puts={"layer_month": f"{row['month']:%Y-%m}", "layer": layer_id(row["cohort"])},
        )
        for row in layers.filter(pl.col(column).is_not_null()).to_dicts()
    ]
    chart = charts.layer_cake(
        blocks,
        month_title=text("column.month_end"),
        cohort_title=text("column.cohort"),
        mrr_title=formats.money_unit(),
        customers_title=text("column.customers"),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="layers", alt=title)
    show_layer(
        page,
        shown,
        layers.with_columns(
            pl.Series("cohort_name", [name_of(cohort) for cohort in layers["cohort"]]),
            pl.Series("layer", [layer_id(cohort) for cohort in layers["cohort"]]),
        ),
        grain,
    )


def layer_id(cohort: date | int) -> str:
    """A cohort in the URL: its month, or the fiscal year."""
    return str(cohort) if isinstance(cohort, int) else f"{cohort:%Y-%m}"


def show_layer(page: Frame, shown: Range, layers: pl.DataFrame, grain: str) -> None:
    """The layers of one month-end, and the customers of the one chosen; each sum is the one above.

    layers: with `layer`, the cohort in the URL, and `cohort_name`.
    """
    text, formats = page.text, page.formats
    month_name = filters.select(
        "layer_month",
        list(reversed(shown.months)),
        default=None,
        label=text("column.month_end"),
        show=lambda name: formats.month(shown.months[name]),
        clears=("layer", "layer_customer"),
        placeholder=text("mrr.choose_layer_month"),
        width=260,
    )
    if month_name is None:
        return
    month = shown.months[month_name]
    at_end = layers.filter(pl.col("month") == month)
    column = page.taxed_column("mrr")
    end_mrr = revenue.kpis(page.snapshot, month, month)[column].sum()
    levels.show_match(page, at_end[column].sum(), end_mrr, formats.money)
    chosen = levels.show(
        page,
        levels.Level(
            "layer",
            "layer",
            text("mrr.layers"),
            text("mrr.choose_layer"),
            "mart_layer_cake",
            ("layer_customer",),
        ),
        at_end,
        [
            Column("cohort_name", text("column.cohort"), is_pinned=True),
            *(
                Column(name, page.metric_name("mart_layer_cake", name), "money")
                for name in dict.fromkeys((column, "mrr"))
            ),
            Column("active_customer_count", text("column.customers"), "count"),
        ],
        describe=lambda row: row["cohort_name"],
    )
    if chosen is None:
        return
    of_month, of_year = (None, chosen["cohort"]) if grain == "year" else (chosen["cohort"], None)
    people = revenue.layer_customers(page.snapshot, month, of_month, of_year)
    levels.show_match(page, people.total("mrr"), chosen["mrr"], formats.money)
    if page.tax == frame.WITH_TAX:
        st.caption(text("mrr.customers_ex_tax"))
    levels.show(
        page,
        levels.Level(
            "layer_customer",
            "customer_key",
            chosen["cohort_name"],
            text("drill.customer"),
            "fct_mrr_movement",
        ),
        people,
        [
            Column("customer", text("column.customer"), is_pinned=True),
            Column("cohort_month", text("column.cohort_month"), "month"),
            Column("mrr", page.metric_name("mart_layer_cake", "mrr"), "money"),
        ],
        describe=levels.of_name,
        is_chosen_here=False,
        in_words=lambda listed: levels.named(page, listed),
    )


def cohort_month(page: Frame, cohort: date) -> str:
    """A cohort's month; the opening cohort is everyone who paid when the history begins."""
    opening = [
        row["month"] for row in about.months(page.snapshot).to_dicts() if row["is_opening_month"]
    ]
    name = page.formats.month_axis(cohort)
    return page.text("mrr.opening_cohort", month=name) if cohort in opening else name


def show_movements(page: Frame, shown: Range, by_month: pl.DataFrame, totals: pl.DataFrame) -> None:
    """Month × movement type, newest month first; pressing a cell opens the customers behind it."""
    text, formats = page.text, page.formats
    # no column for a movement that is only ever possible in a month not shown
    types = [name for name, _, change in totals.iter_rows() if name != "opening" or change]
    grid = (
        by_month.with_columns(
            pl.when("is_opening_month").then(None).otherwise("begin_mrr").alias("begin_mrr")
        )
        .pivot("movement_type", index=["month", "begin_mrr", "end_mrr"], values="mrr_change")
        .sort("month", descending=True)
    )
    type_of = {text.code("movement_type", name): name for name in types}
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        Column("begin_mrr", text("movement.begin"), "money"),
        *(Column(name, label, "money") for label, name in type_of.items()),
        Column("end_mrr", text("movement.end"), "money"),
    ]
    title = text("mrr.table")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=page.movement_metrics(totals["movement_type"].to_list()),
        notes=[*page.movements_note(), text("mrr.table_note")],
    )

    tables.show(
        grid,
        columns,
        formats,
        selectable=cells_in_url(grid, type_of),
        key="movements",
        alt=title,
    )
    tables.download(page, lambda: grid, columns, name="mrr_movements", key="movements_csv")


def cells_in_url(grid: pl.DataFrame, type_of: dict[str, str]) -> tables.Selectable:
    """Cells that put their month and movement type into the URL when pressed."""
    names = [f"{month:%Y-%m}" for month in grid["month"]]
    month = filters.chosen("month", names, None)
    movement_type = filters.chosen("type", list(type_of.values()), None)

    def press(selection: dict) -> None:
        below = dict.fromkeys(drill.BELOW_CELL)
        for row, label in selection["cells"]:
            if label in type_of:
                filters.put(month=names[row], type=type_of[label], **below)

    marked = []
    if month and movement_type:
        label = next(label for label, name in type_of.items() if name == movement_type)
        marked = [(names.index(month), label)]
    return tables.Selectable("single-cell", f"{month}_{movement_type}", {"cells": marked}, press)


main(frame.current())
