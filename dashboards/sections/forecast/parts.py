"""The parts of a month ahead, and the customers and terms behind each."""

from collections.abc import Callable
from datetime import date

import polars as pl
import streamlit as st

from dagster_project.compute import scenario
from dashboards import charts, customers, drill, filters, forecast_charts, frame, levels, tables
from dashboards.frame import Frame
from dashboards.queries import about, forecast
from dashboards.queries.listing import Listing
from dashboards.sections.forecast.method import BASE, MART, method_name, month_names
from dashboards.tables import Column

PART = "mart_forecast_component"
CHANCE = "mart_renewal_probability"
BELOW_MONTH = ("part", *customers.BELOW_LIST)
# what a part of the forecast rests on, where the marts hold it line by line
ON_RECORD = {
    "renewal_book": ("scheduled_end", "scheduled_contraction", "signed_expansion"),
    "signed_new": ("signed_new",),
}
MOVEMENT_OF = {
    "churn": "churn",
    "contraction": "contraction",
    "expansion": "expansion",
    "pause": "pause",
    "trend_new": "new",
}


def show_parts(page: Frame) -> None:
    """What every month ahead changes, by cause; a month opens the causes behind it."""
    text, formats = page.text, page.formats
    parts = forecast.parts(page.snapshot)
    title = text("forecast.parts")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[(PART, "mrr_change")],
        notes=[text("forecast.parts_note")],
    )
    made_by, published = parts["method"][0], forecast.published(page.snapshot, BASE)["method"][0]
    if made_by != published:
        st.info(
            text(
                "forecast.parts_of_another",
                published=method_name(page, published),
                parts=method_name(page, made_by),
                rest=part_name(page, scenario.REST),
            ),
            icon=":material/info:",
        )
    moved = parts.filter(pl.col("component") != scenario.START)
    used = {row["component"] for row in moved.to_dicts() if formats.money_number(row["mrr_change"])}
    pieces = [
        forecast_charts.Piece(
            formats.month_axis(row["month"]),
            row["component"],
            part_name(page, row["component"]),
            float(formats.money_pixels(row["mrr_change"])),
            formats.money_signed(row["mrr_change"]),
            {"month": f"{row['month']:%Y-%m}", "part": row["component"]},
        )
        for row in moved.to_dicts()
        if row["component"] in used
    ]
    chart = forecast_charts.parts_by_month(
        pieces,
        month_title=text("column.month"),
        value_title=formats.money_unit(),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="parts", alt=title, clears=customers.BELOW_LIST)
    show_parts_table(page, parts)
    show_month(page)


def part_name(page: Frame, component: str) -> str:
    """A part of the forecast in words."""
    return page.text.code("forecast_part", component)


def show_parts_table(page: Frame, parts: pl.DataFrame) -> None:
    """Months × parts; every month's parts since the start add up to its forecast."""
    text = page.text
    order = parts.select("component", "component_order").unique().sort("component_order")
    names = order["component"].to_list()
    grid = (
        parts.select("month", "component", "mrr_change", "forecast_mrr")
        .pivot("component", index=["month", "forecast_mrr"], values="mrr_change")
        .sort("month")
    )
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        *(Column(name, part_name(page, name), "money") for name in names),
        Column("forecast_mrr", page.metric_name(MART, "forecast_mrr"), "money"),
    ]
    title = text("forecast.parts_table")
    st.subheader(title, anchor=False)
    levels.show_match(page, parts["mrr_change"].sum(), grid["forecast_mrr"][-1], page.formats.money)
    tables.show(
        grid,
        columns,
        page.formats,
        selectable=tables.rows_in_url("month", month_names(grid), clears=BELOW_MONTH),
        key="parts_table",
        alt=title,
    )
    st.caption(text("forecast.parts_table_note", unit=page.money_unit()))
    tables.download(page, lambda: grid, columns, name="mrr_forecast_parts", key="parts_csv")


def show_month(page: Frame) -> None:
    """The parts of the chosen month, and what lies behind the chosen part."""
    text, formats = page.text, page.formats
    parts = forecast.parts(page.snapshot)
    names = month_names(parts)
    months = dict(zip(names, parts["month"].unique().sort(), strict=True))
    st.subheader(text("forecast.month_title"), anchor=False)
    chosen = filters.select(
        "month",
        names,
        default=None,
        label=text("column.month"),
        show=lambda name: formats.month(months[name]),
        clears=BELOW_MONTH,
        placeholder=text("forecast.choose_month"),
        width=240,
    )
    if chosen is None:
        st.info(text("forecast.month_hint"), icon=":material/touch_app:")
        return
    rows = parts.filter(pl.col("month") == months[chosen])
    above = rows["forecast_mrr"][0]
    st.markdown(
        text("forecast.month_said", month=formats.month(months[chosen]), mrr=formats.money(above))
    )
    levels.show_match(page, rows["mrr"].sum(), above, formats.money)
    shown = rows.with_columns(
        pl.Series("name", [part_name(page, part) for part in rows["component"]]),
        pl.Series("what", [text(f"forecast.part_means.{part}") for part in rows["component"]]),
    )
    level = levels.Level(
        "part",
        "component",
        text("forecast.month_parts", month=formats.month(months[chosen])),
        text("forecast.choose_part"),
        PART,
        customers.BELOW_LIST,
    )
    part = levels.show(
        page,
        level,
        shown,
        [
            Column("name", text("forecast.part"), is_pinned=True),
            Column("mrr_change", text("forecast.change_of_month"), "money"),
            Column("mrr", text("forecast.since_start"), "money"),
            Column("what", text("forecast.what_it_is")),
        ],
        describe=lambda row: row["name"],
    )
    if part is not None:
        show_behind(page, part)


def show_behind(page: Frame, part: dict) -> None:
    """What a part rests on: lines on record, terms that end, or how it was computed."""
    text = page.text
    component = part["component"]
    if component in ON_RECORD:
        show_on_record(page, part)
        return
    st.markdown(text(f"forecast.behind.{component}"))
    if part["component_reason"]:
        st.caption(text.code("pipeline_reason", part["component_reason"]))
    if component == "churn":
        show_ending_terms(page, part["month"])
        st.page_link(
            "views/risk.py",
            label=text("forecast.to_risk"),
            icon=":material/arrow_forward:",
            query_params=filters.frame_values(),
        )
        st.page_link(
            "views/retention.py",
            label=text("forecast.to_curve"),
            icon=":material/arrow_forward:",
            query_params={**filters.frame_values(), "view": "curve"},
        )
    if component in MOVEMENT_OF:
        st.page_link(
            "views/mrr.py",
            label=text(
                "forecast.to_movements", type=text.code("movement_type", MOVEMENT_OF[component])
            ),
            icon=":material/arrow_forward:",
            query_params=filters.frame_values(),
        )


def show_on_record(page: Frame, part: dict) -> None:
    """The contracts whose end, change or start is on record for this month; their sum."""
    text, formats = page.text, page.formats
    # what should have happened by then and did not is counted in the first month ahead
    first = date.min if part["horizon_months"] == 1 else part["month"]
    listed = forecast.commitments(
        page.snapshot, part["origin_month"], first, part["month"], ON_RECORD[part["component"]]
    )
    if listed.is_empty():
        st.info(text("forecast.nothing_on_record"), icon=":material/event_available:")
        return
    st.markdown(text("forecast.on_record", count=formats.count(listed.height)))
    levels.show_match(page, listed.total("mrr_change"), part["mrr_change"], formats.money_signed)

    def in_words(rows: pl.DataFrame) -> pl.DataFrame:
        kinds = [text.code("commitment", code) for code in rows["commitment"]]
        return levels.named(page, rows).with_columns(pl.Series("kind", kinds, dtype=pl.String))

    columns = [
        Column("customer", text("column.customer"), is_pinned=True),
        Column("kind", text("forecast.commitment")),
        Column("effective_date", text("forecast.effective"), "date"),
        Column("mrr_change", text("column.mrr_change"), "money"),
        Column("contract_id", text("column.contract_id")),
    ]
    show_customers(page, listed, in_words, columns, "fct_committed_change", "on_record")


def show_ending_terms(page: Frame, month: date) -> None:
    """The terms that end in the month with their chance: near the part, not added up to it."""
    text = page.text
    terms = forecast.ending_terms(page.snapshot, month)
    if terms.is_empty():
        st.caption(text("forecast.no_ending_term", month=page.formats.month(month)))
        return
    st.markdown(text("forecast.ending_terms", month=page.formats.month(month)))

    def in_words(rows: pl.DataFrame) -> pl.DataFrame:
        sources = [text.code("p_source", code) for code in rows["p_source"]]
        return levels.named(page, rows).with_columns(pl.Series("from", sources, dtype=pl.String))

    columns = [
        Column("customer", text("column.customer"), is_pinned=True),
        Column("term_end_date", text("renewals.end"), "date"),
        Column("atr", page.metric_name("mart_atr_monthly", "atr"), "money"),
        Column("p_renew", page.metric_name(CHANCE, "p_renew"), "rate"),
        Column("expected_value", page.metric_name(CHANCE, "expected_value"), "money"),
        Column("from", text("renewals.source")),
        Column("contract_id", text("column.contract_id")),
    ]
    show_customers(page, terms, in_words, columns, CHANCE, "ending_terms")


def show_customers(
    page: Frame,
    rows: Listing,
    in_words: Callable[[pl.DataFrame], pl.DataFrame],
    columns: list[Column],
    mart: str,
    file: str,
) -> None:
    """Customers behind a part, their file, and the contracts of the chosen one."""
    customer = levels.show(
        page,
        levels.of_customers(page, page.text("column.customer"), mart, file=file),
        rows,
        columns,
        describe=levels.of_name,
        in_words=in_words,
    )
    if customer is not None:
        last = about.months(page.snapshot).to_dicts()[-1]
        drill.show_contracts(page, customer, last["month"], last["month_end"])
