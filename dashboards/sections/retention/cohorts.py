"""Cohorts: the triangle and the customers of a cell."""

from datetime import date

import polars as pl
import streamlit as st

from dashboards import customers, drill, filters, frame, levels, tables
from dashboards.frame import Frame
from dashboards.queries import about, retention
from dashboards.sections.retention.segment import Segment
from dashboards.tables import Column

COHORT = "mart_retention_cohort"
MEASURES = {
    "logo": "logo_retention_rate",
    "survival": "survival_rate",
    "mrr": "mrr_retention_rate",
}
SPANS = ("12", "24", "all")


def show_cohorts(page: Frame, segment: Segment, months: list[dict]) -> None:
    """Cohort × months since the first payment, shaded; a pressed cell opens its customers."""
    text, formats = page.text, page.formats
    cells = retention.cohorts(page.snapshot, segment.attribute, segment.value)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = filters.segments(
            "measure",
            tuple(MEASURES),
            default="logo",
            label=text("retention.measure"),
            show=lambda name: text(f"retention.measure_{name}"),
        )
        span = filters.segments(
            "span",
            SPANS,
            default=SPANS[0],
            label=text("retention.span"),
            show=lambda name: text(f"retention.span_{name}"),
        )
    rate = MEASURES[measure]
    title = text("retention.cohorts", measure=text(f"retention.measure_{measure}"))
    frame.heading(
        page,
        title,
        unit=text("retention.percent"),
        metrics=[(COHORT, rate)],
        notes=[text("retention.cohorts_note")],
    )
    if cells.is_empty():
        st.info(text("retention.no_cohort"), icon=":material/grid_off:")
        return
    if span != "all":
        begins = months[-int(span) :][0]["month"]
        cells = cells.filter(pl.col("cohort_month") >= begins)
    if cells.is_empty():
        st.info(text("retention.no_cohort_in_span"), icon=":material/grid_off:")
        return
    average = retention.averages(page.snapshot, segment.attribute, segment.value)
    grid, columns = triangle(page, cells, average, rate)
    tables.show(
        grid,
        columns,
        formats,
        selectable=cells_in_url(cells, columns),
        key="cohorts",
        alt=title,
    )
    tables.download(page, lambda: grid, columns, name=f"cohort_{measure}", key="cohorts_csv")
    show_cohort_customers(page, segment, cells)


def triangle(
    page: Frame, cells: pl.DataFrame, average: pl.DataFrame, rate: str
) -> tuple[pl.DataFrame, list[Column]]:
    """One row per cohort and the average on top; one column per month, empty where immature."""
    ages = sorted(cells["months_since_first"].unique().to_list())
    rows = [
        {"cohort": page.text("retention.average"), "size": None}
        | {
            f"k{row['months_since_first']}": row[rate]
            for row in average.to_dicts()
            if row["months_since_first"] in ages
        }
    ]
    for cohort in cells["cohort_month"].unique().sort():
        of_cohort = cells.filter(pl.col("cohort_month") == cohort).to_dicts()
        rows.append(
            {
                "cohort": cohort_name(page, of_cohort[0]),
                "size": of_cohort[0]["cohort_customer_count"],
            }
            | {f"k{row['months_since_first']}": row[rate] for row in of_cohort}
        )
    names = ["cohort", "size", *(f"k{age}" for age in ages)]
    grid = pl.DataFrame([{name: row.get(name) for name in names} for row in rows], strict=False)
    columns = [
        Column("cohort", page.text("column.cohort"), is_pinned=True),
        Column("size", page.text("column.customers"), "count"),
        *(Column(f"k{age}", age_name(page, age), "share") for age in ages),
    ]
    return grid, columns


def cohort_name(page: Frame, cell: dict) -> str:
    """A cohort's month; the opening cohort is everyone who paid when the history begins."""
    name = page.formats.month_axis(cell["cohort_month"])
    return page.text("mrr.opening_cohort", month=name) if cell["is_opening_cohort"] else name


def age_name(page: Frame, age: int) -> str:
    """Months since the first payment as a heading."""
    return page.text("retention.age", months=age)


def cells_in_url(cells: pl.DataFrame, columns: list[Column]) -> tables.Selectable:
    """Cells that put their cohort and age into the URL when pressed; the average row has none."""
    cohorts = [f"{cohort:%Y-%m}" for cohort in cells["cohort_month"].unique().sort()]
    age_of = {column.label: column.name[1:] for column in columns if column.kind == "share"}
    label_of = {age: label for label, age in age_of.items()}
    cohort = filters.chosen("cohort", cohorts, None)
    age = filters.chosen("k", list(label_of), None)

    def press(selection: dict) -> None:
        below = dict.fromkeys(customers.BELOW_LIST)
        for row, label in selection["cells"]:
            if row and label in age_of:
                filters.put(cohort=cohorts[row - 1], k=age_of[label], **below)

    marked = [(cohorts.index(cohort) + 1, label_of[age])] if cohort and age else []
    return tables.Selectable("single-cell", f"{cohort}_{age}", {"cells": marked}, press)


def show_cohort_customers(page: Frame, segment: Segment, cells: pl.DataFrame) -> None:
    """The customers of the pressed cell with their MRR then, and the way on to their contracts."""
    text, formats = page.text, page.formats
    place = {
        (f"{c['cohort_month']:%Y-%m}", str(c["months_since_first"])): c for c in cells.to_dicts()
    }
    cell = place.get((st.query_params.get("cohort", ""), st.query_params.get("k", "")))
    if cell is None:
        st.info(text("retention.cohort_hint"), icon=":material/touch_app:")
        return
    listed = retention.cohort_customers(
        page.snapshot, cell["cohort_month"], cell["month"], segment.attribute, segment.value
    )
    st.markdown(
        text(
            "retention.cohort_customers",
            cohort=cohort_name(page, cell),
            month=formats.month(cell["month"]),
            size=formats.count(cell["cohort_customer_count"]),
            active=formats.count(cell["active_customer_count"]),
            surviving=formats.count(cell["surviving_customer_count"]),
            mrr=formats.money(cell["mrr"]),
        )
    )
    levels.show_match(page, listed.total("mrr"), cell["mrr"], formats.money)
    columns = [
        Column("customer", text("column.customer"), is_pinned=True),
        Column("initial_mrr", text("retention.initial_mrr"), "money"),
        Column("mrr", text("retention.mrr_then", month=formats.month(cell["month"])), "money"),
    ]
    customer = levels.show(
        page,
        levels.of_customers(
            page,
            text("column.customer"),
            "fct_mrr_movement",
            file=f"cohort_{cell['cohort_month']:%Y%m}_{cell['months_since_first']}",
            cohort=cell["cohort_month"].isoformat(),
        ),
        listed,
        columns,
        describe=levels.of_name,
        in_words=lambda listed: levels.named(page, listed),
    )
    show_below(page, customer, cell["month"])


def show_below(page: Frame, customer: dict | None, month: date) -> None:
    """The contracts of the chosen customer at both ends of the month, and their lines."""
    if customer is None:
        return
    ends = {row["month"]: row["month_end"] for row in about.months(page.snapshot).to_dicts()}
    drill.show_contracts(page, customer, month, ends[month])
