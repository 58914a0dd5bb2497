"""Lifetime value, and what winning a customer costs."""

import streamlit as st

from dashboards import charts, drill, filters, frame, levels, missing, tables
from dashboards.frame import Frame
from dashboards.queries import about, segments
from dashboards.sections.segments.lists import (
    BELOW,
    MONTHS_SHOWN,
    nothing,
    quotient,
    show_customers,
    show_tiles,
)
from dashboards.tables import Column

LTV = "mart_ltv"
ECONOMICS = "mart_unit_economics"


def show_ltv(page: Frame) -> None:
    """What a customer is worth, three ways, over months; what each one brought so far."""
    text, formats = page.text, page.formats
    months = segments.ltv(page.snapshot)
    title = text("segments.ltv")
    ways = ("ltv_expected", "ltv_realised", "ltv_survival")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[*((LTV, way) for way in ways)],
    )
    if months.is_empty():
        nothing(page, "ltv")
        return
    now = months.row(-1, named=True)
    margin = formats.rate(now["gross_margin_rate"])
    notes = {
        "ltv_expected": text(
            "segments.ltv_expected_note",
            arpa=formats.money(now["arpa"]),
            margin=margin,
            churn=formats.rate(now["mean_logo_churn_rate"]),
        ),
        "ltv_realised": text(
            "segments.ltv_realised_note",
            revenue=formats.money(now["net_revenue_to_date"]),
            margin=margin,
            count=formats.count(now["billed_customer_count"]),
        ),
        "ltv_survival": text(
            "segments.ltv_survival_note",
            months=formats.count(now["ltv_horizon_months"]),
            share=formats.rate(now["ltv_survival_extrapolated_rate"]),
        ),
    }
    show_tiles(page, LTV, [(way, "money") for way in ways], now, notes)
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            page.metric_name(LTV, way),
            None if row[way] is None else formats.money_pixels(row[way]),
            formats.money(row[way], row[f"{way}_null_reason"]),
        )
        for row in months.tail(MONTHS_SHOWN).to_dicts()
        for way in ways
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=formats.money_unit(),
        is_dark=page.is_dark,
        mark="line",
    )
    charts.show(chart, key="ltv", alt=title)
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        *(Column(way, page.metric_name(LTV, way), "money") for way in ways),
        Column("arpa", page.metric_name("mart_kpi_monthly", "arpa"), "money"),
        Column("mean_logo_churn_rate", text("segments.mean_churn"), "rate"),
        Column("customer_count", text("column.customers"), "count"),
    ]
    newest = months.tail(MONTHS_SHOWN).reverse()
    tables.show(newest, columns, formats, key="ltv_months", alt=title)
    levels.reasons(page, newest, columns)
    tables.download(page, lambda: months, columns, name="ltv", key="ltv_csv")
    # what was invoiced after the last month's end is in the customers' sum, not in the month's
    is_same_day = about.months(page.snapshot)["month_end"][-1] == page.as_of
    show_customers(
        page,
        segments.billed(page.snapshot),
        title=text("segments.billed"),
        amount=Column("net_revenue_to_date", text("segments.revenue_to_date"), "money"),
        total=now["net_revenue_to_date"] if is_same_day else None,
        show_number=formats.money,
    )


def show_economics(page: Frame) -> None:
    """What a new customer costs and brings by month, the 1:5 check → the month's new customers."""
    text, formats = page.text, page.formats
    months = segments.economics(page.snapshot)
    if months.is_empty():
        nothing(page, "economics")
        return
    by_name = {f"{row['month']:%Y-%m}": row for row in reversed(months.to_dicts())}
    chosen = filters.select(
        "month",
        list(by_name),
        default=next(iter(by_name)),
        label=text("column.month"),
        show=lambda name: formats.month(by_name[name]["month"]),
        clears=BELOW,
        width=200,
    )
    now = by_name[chosen]
    title = text("segments.economics", month=formats.month(now["month"]))
    facts = [
        ("cac", "money"),
        ("asp", "money"),
        ("payback_months", "ratio"),
        ("ltv_cac_ratio", "ratio"),
        ("one_to_five_ratio", "ratio"),
    ]
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[*((ECONOMICS, column) for column, _ in facts)],
        tax=None,
        notes=[text("segments.economics_note")],
    )
    missing.tell(page, "economics", ["crm.campaign_costs"])
    new = formats.count(now["new_customer_count"])
    notes = {
        "cac": quotient(page, formats.money(now["acquisition_cost"]), new),
        "asp": quotient(page, formats.money(now["new_mrr"]), new),
        "payback_months": text("segments.months"),
        "ltv_cac_ratio": quotient(
            page, formats.money(now["ltv_expected"]), formats.money(now["cac"])
        ),
        "one_to_five_ratio": quotient(
            page, formats.money(now["cac"]), formats.money(now["retention_cost_per_customer"])
        ),
    }
    show_tiles(page, ECONOMICS, facts, now, notes)
    compared = ("cac", "retention_cost_per_customer")
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            text(f"segments.cost.{column}"),
            None if row[column] is None else formats.money_pixels(row[column]),
            formats.money(row[column], row[f"{column}_null_reason"]),
            {"month": f"{row['month']:%Y-%m}"},
        )
        for row in months.tail(MONTHS_SHOWN).to_dicts()
        for column in compared
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=formats.money_unit(),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="economics", alt=title, clears=BELOW)
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        *(Column(column, page.metric_name(ECONOMICS, column), kind) for column, kind in facts),
        Column("acquisition_cost", text("segments.acquisition_cost"), "money"),
        Column("retention_cost", text("segments.retention_cost"), "money"),
        Column("new_customer_count", text("segments.new_customers"), "count"),
        Column("retained_customer_count", text("segments.retained_customers"), "count"),
    ]
    newest = months.tail(MONTHS_SHOWN).reverse()
    tables.show(newest, columns, formats, key="economics_months", alt=title)
    levels.reasons(page, newest, columns)
    tables.download(page, lambda: months, columns, name="unit_economics", key="economics_csv")
    st.subheader(text("segments.new_of", month=formats.month(now["month"])), anchor=False)
    ends = dict(about.months(page.snapshot).select("month", "month_end").iter_rows())
    customer = drill.show_customers(page, now["month"], "new")
    if customer is not None:
        drill.show_contracts(page, customer, now["month"], ends[now["month"]])
