"""Deciles by revenue, and how many customers make four fifths of it."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from dashboards import charts, frame, levels, segment_charts, tables
from dashboards.frame import Frame
from dashboards.queries import segments
from dashboards.sections.segments.lists import (
    BELOW,
    MONTHS_SHOWN,
    RFM,
    mrr_column,
    nothing,
    quotient,
    revenue_column,
    show_customers,
    show_tiles,
)
from dashboards.tables import Column

DECILE = "mart_decile"
PARETO = "mart_pareto"
CONCENTRATION = "mart_concentration"
LARGEST = 10
CURVE_POINTS = 300  # more than a screen can tell apart


def show_decile(page: Frame) -> None:
    """Ten groups of equal size by revenue → customers."""
    text, formats = page.text, page.formats
    deciles = segments.deciles(page.snapshot)
    title = text("segments.decile")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[(DECILE, "net_revenue_12m"), (DECILE, "cumulative_revenue_share_rate")],
    )
    if deciles.is_empty():
        nothing(page, "decile")
        return
    if deciles["notice"][0]:
        st.caption(text.code("segments.notice", deciles["notice"][0]))
    named = deciles.with_columns(
        pl.Series("name", [text("segments.decile_name", decile=d) for d in deciles["decile"]])
    )
    bars = [
        charts.Bar(
            row["name"],
            formats.money_pixels(row["net_revenue_12m"]),
            formats.money(row["net_revenue_12m"]),
            puts={"decile": str(row["decile"])},
        )
        for row in named.to_dicts()
    ]
    charts.show(
        charts.bars(bars, formats.money_unit(), page.is_dark), key="decile", alt=title, clears=BELOW
    )
    total = deciles["net_revenue_12m_of_all"][0]
    levels.show_match(page, deciles["net_revenue_12m"].sum(), total, formats.money)
    decile = levels.show(
        page,
        levels.Level("decile", "decile", title, text("segments.choose_decile"), DECILE, BELOW),
        named,
        [
            Column("name", text("segments.decile_column"), is_pinned=True),
            Column("customer_count", text("column.customers"), "count"),
            Column("net_revenue_12m", page.metric_name(DECILE, "net_revenue_12m"), "money"),
            Column("revenue_share_rate", page.metric_name(DECILE, "revenue_share_rate"), "rate"),
            Column(
                "cumulative_revenue_share_rate",
                page.metric_name(DECILE, "cumulative_revenue_share_rate"),
                "rate",
            ),
            Column(
                "mean_net_revenue_12m", page.metric_name(DECILE, "mean_net_revenue_12m"), "money"
            ),
        ],
        describe=lambda row: row["name"],
    )
    if decile is not None:
        show_customers(
            page,
            segments.of_decile(page.snapshot, decile["decile"]),
            title=decile["name"],
            amount=revenue_column(page),
            total=decile["net_revenue_12m"],
            show_number=formats.money,
        )


def show_pareto(page: Frame) -> None:
    """The curve of 2:8, the classes A, B and C, and how the share moved over months."""
    text, formats = page.text, page.formats
    months = segments.pareto(page.snapshot)
    classes = segments.abc(page.snapshot)
    title = text("segments.pareto")
    frame.heading(
        page,
        title,
        unit=text("segments.percent"),
        metrics=[
            (PARETO, "top_fifth_share_rate"),
            (PARETO, "customer_for_80_percent_rate"),
            (RFM, "abc_class"),
        ],
        notes=[text("segments.pareto_note")],
    )
    if classes.is_empty():
        nothing(page, "pareto")
        return
    if not months.is_empty():
        show_pareto_tiles(page, months.row(-1, named=True))
    count = classes["customer_count"].sum()
    points = segments.curve(page.snapshot, max(1, -(-count // CURVE_POINTS)))
    drawn = points.drop_nulls("cumulative_revenue_share_rate")
    if not drawn.is_empty():
        chart = segment_charts.pareto(
            [
                segment_charts.Rank(
                    rank,
                    float(share),
                    group or "C",
                    formats.rate(share),
                    {"abc": group} if group else None,
                )
                for rank, share, group in drawn.iter_rows()
            ],
            rank_title=text("segments.rank"),
            share_title=page.metric_name(RFM, "cumulative_revenue_share_rate"),
            group_title=page.metric_name(RFM, "abc_class"),
            is_dark=page.is_dark,
        )
        charts.show(chart, key="pareto", alt=title, clears=BELOW)
    total = segments.rfm_total(page.snapshot)["net_revenue_12m"]
    levels.show_match(page, classes["net_revenue_12m"].sum(), total, formats.money)
    named = classes.with_columns(
        pl.Series("name", [text.code("segments.abc_name", code) for code in classes["abc_class"]])
    )
    group = levels.show(
        page,
        levels.Level("abc", "abc_class", title, text("segments.choose_abc"), RFM, BELOW),
        named,
        [
            Column("name", page.metric_name(RFM, "abc_class"), is_pinned=True),
            Column("customer_count", text("column.customers"), "count"),
            revenue_column(page),
            Column("revenue_share_rate", page.metric_name(RFM, "revenue_share_rate"), "rate"),
        ],
        describe=lambda row: row["name"],
    )
    if group is not None:
        show_customers(
            page,
            segments.of_abc(page.snapshot, group["abc_class"]),
            title=group["name"],
            amount=revenue_column(page),
            total=group["net_revenue_12m"],
            show_number=formats.money,
        )
    show_shares_over_time(
        page,
        text("segments.pareto_months"),
        PARETO,
        ("top_fifth_share_rate", "customer_for_80_percent_rate"),
        months,
        [
            Column("month", text("column.month"), "month", is_pinned=True),
            Column("customer_count", text("column.customers"), "count"),
            Column(
                "top_fifth_share_rate", page.metric_name(PARETO, "top_fifth_share_rate"), "rate"
            ),
            Column(
                "customer_for_80_percent_count",
                page.metric_name(PARETO, "customer_for_80_percent_count"),
                "count",
            ),
            Column(
                "customer_for_80_percent_rate",
                page.metric_name(PARETO, "customer_for_80_percent_rate"),
                "rate",
            ),
        ],
    )


def show_pareto_tiles(page: Frame, now: dict) -> None:
    """The two figures of 2:8 at the end of the last month."""
    text, formats = page.text, page.formats
    reason = now["pareto_null_reason"]
    row = {**now, "top_fifth_share_rate_null_reason": reason}
    row["customer_for_80_percent_rate_null_reason"] = reason
    facts = [("top_fifth_share_rate", "rate"), ("customer_for_80_percent_rate", "rate")]
    notes = {
        "top_fifth_share_rate": quotient(
            page,
            formats.money(now["top_fifth_net_revenue_12m"]),
            formats.money(now["net_revenue_12m"]),
        ),
        "customer_for_80_percent_rate": text(
            "segments.of_customers",
            count=formats.count(now["customer_for_80_percent_count"]),
            all=formats.count(now["customer_count"]),
        ),
    }
    show_tiles(page, PARETO, facts, row, notes)


def show_shares_over_time(
    page: Frame,
    title: str,
    model: str,
    rates: Sequence[str],
    months: pl.DataFrame,
    columns: Sequence[Column],
) -> None:
    """Rates by month as lines, and the months as a table."""
    text, formats = page.text, page.formats
    if months.is_empty():
        return
    frame.heading(
        page,
        title,
        unit=text("segments.percent"),
        metrics=[*((model, rate) for rate in rates)],
    )
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            page.metric_name(model, rate),
            row[rate],
            formats.rate(row[rate]),
        )
        for row in months.tail(MONTHS_SHOWN).to_dicts()
        for rate in rates
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=text("segments.percent"),
        is_dark=page.is_dark,
        mark="line",
        axis_format=".0%",
    )
    charts.show(chart, key=f"{model}_lines", alt=title)
    newest = months.tail(MONTHS_SHOWN).reverse()
    tables.show(newest, columns, formats, key=f"{model}_months", alt=title)
    levels.reasons(page, newest, columns)
    tables.download(page, lambda: months, columns, name=model, key=f"{model}_csv")


def show_concentration(page: Frame) -> None:
    """How much of MRR hangs on the largest, over months; who they are now."""
    text, formats = page.text, page.formats
    months = segments.concentration(page.snapshot)
    title = text("segments.concentration")
    if months.is_empty():
        nothing(page, "concentration")
        return
    now = months.row(-1, named=True)
    rates = [f"top_{size}_share_rate" for size in (1, 5, 10)]
    facts = [*((rate, "rate") for rate in rates), ("hhi_ratio", "ratio")]
    reasons = {f"{column}_null_reason": now["concentration_null_reason"] for column, _ in facts}
    notes = {
        f"top_{size}_share_rate": quotient(
            page, formats.money(now[f"top_{size}_mrr"]), formats.money(now["mrr"])
        )
        for size in (1, 5, 10)
    }
    notes["hhi_ratio"] = text("segments.hhi_note")
    show_tiles(page, CONCENTRATION, facts, {**now, **reasons}, notes)
    show_shares_over_time(
        page,
        title,
        CONCENTRATION,
        rates,
        months,
        [
            Column("month", text("column.month"), "month", is_pinned=True),
            Column("mrr", page.metric_name("mart_kpi_monthly", "mrr"), "money"),
            Column("customer_count", text("column.customers"), "count"),
            *(Column(rate, page.metric_name(CONCENTRATION, rate), "rate") for rate in rates),
            Column("hhi_ratio", page.metric_name(CONCENTRATION, "hhi_ratio"), "ratio"),
        ],
    )
    show_customers(
        page,
        segments.largest(page.snapshot, LARGEST),
        title=text("segments.largest", month=formats.month(now["month"])),
        amount=mrr_column(page),
        total=now["top_10_mrr"],
        show_number=formats.money,
    )
