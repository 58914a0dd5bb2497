"""From contract MRR to billed MRR."""

import polars as pl
import streamlit as st

from dashboards import charts, frame, levels, tables
from dashboards.frame import Frame
from dashboards.queries import cash
from dashboards.sections.cash.lists import MONTHS_SHOWN, choose_month, nothing
from dashboards.tables import Column


def show_bridge(page: Frame) -> None:
    """Contract MRR to billed MRR of a month, by reason → the contracts that differ."""
    text, formats = page.text, page.formats
    bridge = cash.bridge(page.snapshot)
    metrics = [("mart_mrr_bridge", "mrr_change")]
    if bridge.is_empty():
        frame.heading(page, text("cash.bridge_empty"), unit=formats.money_unit(), metrics=metrics)
        nothing(page, "bridge")
        return
    months = {f"{month:%Y-%m}": month for month in bridge["month"].unique().sort()}
    month = choose_month(page, months)
    items = bridge.filter(pl.col("month") == month)
    title = text("cash.bridge", month=formats.month(month))
    bars = bridge_steps(page, items)
    start = charts.axis_start(bars)
    notes = [text("chart.cut_axis", start=formats.money_digits(start))] if start else []
    frame.heading(page, title, unit=formats.money_unit(), metrics=metrics, notes=notes)
    charts.show(charts.waterfall(bars, formats.money_unit(), page.is_dark), key="bridge", alt=title)
    total = sum(items["mrr_change"], items["contract_mrr"][0])
    levels.show_match(page, total, items["billed_mrr"][0], formats.money)
    item = levels.show(
        page,
        levels.Level(
            "item",
            "bridge_item",
            title,
            text("cash.choose_item"),
            "mart_mrr_bridge",
            ("difference",),
        ),
        items.with_columns(
            pl.Series("name", [text.code("bridge_item", code) for code in items["bridge_item"]]),
            pl.Series(
                "meaning", [text.code("bridge_meaning", code) for code in items["bridge_item"]]
            ),
        ),
        [
            Column("name", text("column.reason"), is_pinned=True),
            Column("mrr_change", text("cash.difference"), "money"),
            Column("customer_count", text("column.customers"), "count"),
            Column("meaning", text("cash.meaning")),
        ],
        describe=lambda row: row["name"],
    )
    if item is not None:
        show_differences(page, month, item)
    show_bridge_months(page, bridge)


def bridge_steps(page: Frame, items: pl.DataFrame) -> list[charts.Step]:
    """The bars from contract MRR to billed MRR; reasons that explain nothing have none."""
    text, formats = page.text, page.formats
    level = items["contract_mrr"][0]
    first = charts.Step(
        text("cash.contract_mrr"), formats.money_pixels(level), None, formats.money(level)
    )
    found = [first]
    for row in items.to_dicts():
        if not row["mrr_change"]:
            continue
        level += row["mrr_change"]
        found.append(
            charts.Step(
                text.code("bridge_item", row["bridge_item"]),
                formats.money_pixels(level),
                formats.money_pixels(row["mrr_change"]),
                formats.money_signed(row["mrr_change"]),
            )
        )
    billed = items["billed_mrr"][0]
    last = charts.Step(
        text("cash.billed_mrr"), formats.money_pixels(billed), None, formats.money(billed)
    )
    return [*found, last]


def show_differences(page: Frame, month, item: dict) -> None:
    """The customers and contracts one reason makes differ."""
    text, formats = page.text, page.formats
    rows = cash.differences(page.snapshot, month, item["bridge_item"])
    st.markdown(
        text(
            "cash.differences",
            item=item["name"],
            month=formats.month(month),
            count=formats.count(rows.height),
            sum=formats.money_signed(item["mrr_change"]),
        )
    )
    total = cash.difference_sum(page.snapshot, month, item["bridge_item"])
    levels.show_match(page, total, item["mrr_change"], formats.money_signed)
    if rows.is_empty():
        return
    levels.show(
        page,
        levels.Level("difference", "bridge_key", item["name"], "", "fct_mrr_bridge"),
        rows,
        [
            Column("customer", text("column.customer"), is_pinned=True),
            Column("contract_id", text("column.contract_id")),
            Column("item", text("column.reason")),
            Column("mrr_change", text("cash.difference"), "money"),
            Column("contract_mrr", text("cash.contract_mrr"), "money"),
            Column("billed_mrr", text("cash.billed_mrr"), "money"),
        ],
        describe=levels.of_name,
        is_chosen_here=False,
        in_words=lambda listed: levels.named(page, listed).with_columns(
            pl.lit(item["name"]).alias("item")
        ),
    )


def show_bridge_months(page: Frame, bridge: pl.DataFrame) -> None:
    """Every month's bridge as a table, newest first."""
    text, formats = page.text, page.formats
    items = bridge.unique("bridge_item", maintain_order=True).sort("item_order")["bridge_item"]
    grid = bridge.pivot(
        "bridge_item", index=["month", "contract_mrr", "billed_mrr"], values="mrr_change"
    ).sort("month", descending=True)
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        Column("contract_mrr", text("cash.contract_mrr"), "money"),
        *(Column(code, text.code("bridge_item", code), "money") for code in items),
        Column("billed_mrr", text("cash.billed_mrr"), "money"),
    ]
    title = text("cash.bridge_months")
    st.subheader(title, anchor=False)
    tables.show(grid.head(MONTHS_SHOWN), columns, formats, key="bridge_months", alt=title)
    tables.download(page, lambda: grid, columns, name="mrr_bridge", key="bridge_csv")
