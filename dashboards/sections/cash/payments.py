"""Billed and paid by month, by payment method, and what failed."""

import polars as pl
import streamlit as st

from dashboards import charts, frame, levels, missing, tables
from dashboards.frame import Frame
from dashboards.queries import cash
from dashboards.sections.cash.lists import MONTHS_SHOWN, choose_month, nothing
from dashboards.tables import Column

RECEIPTS = ("billing.payments", "billing.bank_transactions")
BILLED = {frame.WITH_TAX: "billed_incl_tax", frame.WITHOUT_TAX: "billed"}
# what changes receivables beside what is billed, in the order of the table
ROLLFORWARD = (
    *("collected_applied", "fee_diff", "credited", "settled_elsewhere", "overpaid"),
    "fx_revaluation",
)
DOCUMENTS = ("billing.invoices", *RECEIPTS)


def show_months(page: Frame) -> None:
    """Billed, collected, owed and DSO by month."""
    text, formats = page.text, page.formats
    months = cash.months(page.snapshot)
    title = text("cash.months")
    billed = BILLED[page.tax]
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[("mart_cash_monthly", billed), ("mart_cash_monthly", "collected")],
        notes=[text("cash.tax_note", tax=text(f"frame.tax_name.{page.tax}"))],
        tax=None,
    )
    if months.is_empty() or missing.all_of(page, DOCUMENTS):
        nothing(page, "months")
        return
    shown = months.tail(MONTHS_SHOWN)
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            page.metric_name("mart_cash_monthly", column),
            formats.money_pixels(row[column]),
            formats.money(row[column]),
        )
        for row in shown.to_dicts()
        for column in (billed, "collected")
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=formats.money_unit(),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="months", alt=title)

    name = page.metric_name("mart_cash_monthly", "dso_days")
    frame.heading(
        page,
        name,
        unit=text("cash.days"),
        metrics=[("mart_cash_monthly", "dso_days")],
    )
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            name,
            row["dso_days"],
            formats.ratio(row["dso_days"], row["dso_days_null_reason"]),
        )
        for row in shown.to_dicts()
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=text("cash.days"),
        is_dark=page.is_dark,
        mark="line",
    )
    charts.show(chart, key="dso", alt=name)
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        *(
            Column(column, page.metric_name("mart_cash_monthly", column), kind)
            for column, kind in (
                (billed, "money"),
                ("collected", "money"),
                ("ar_balance", "money"),
                ("dso_days", "ratio"),
            )
        ),
    ]
    tables.show(shown.reverse(), columns, formats, key="months_table", alt=title)
    levels.reasons(page, shown, columns)
    tables.download(page, lambda: months, columns, name="cash_monthly", key="months_csv")
    show_rollforward(page)


def show_rollforward(page: Frame) -> None:
    """How the receivables of each month-end came out of those of the last one, to the yen."""
    text, formats = page.text, page.formats
    moved = cash.rollforward(page.snapshot)
    title = text("cash.rollforward")
    mart, monthly = "mart_receivables_rollforward", "mart_cash_monthly"
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[(mart, column) for column in ROLLFORWARD],
        notes=[text("cash.rollforward_note")],
        tax=None,
    )
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        Column("opening_ar_balance", text("cash.opening"), "money"),
        Column(
            "billed_incl_tax", page.metric_name("mart_cash_monthly", "billed_incl_tax"), "money"
        ),
        *(Column(column, page.metric_name(mart, column), "money") for column in ROLLFORWARD),
        Column("ar_balance", page.metric_name(monthly, "ar_balance"), "money"),
    ]
    shown = moved.tail(MONTHS_SHOWN).reverse()
    tables.show(shown, columns, formats, key="rollforward", alt=title)
    tables.download(page, lambda: moved, columns, name="receivables", key="rollforward_csv")


def show_mix(page: Frame) -> None:
    """The share of each way to pay, by month, and the month's figures."""
    text, formats = page.text, page.formats
    mix = cash.mix(page.snapshot)
    title = text("cash.mix")
    frame.heading(
        page,
        title,
        unit=text("cash.percent"),
        metrics=[("mart_payment_mix", "collected_share_rate")],
        notes=[page.metric_name("mart_payment_mix", "collected_share_rate")],
    )
    if mix.is_empty() or missing.all_of(page, DOCUMENTS):
        nothing(page, "mix")
        return
    if missing.all_of(page, RECEIPTS):
        missing.tell(page, "payments", RECEIPTS)
    months = {f"{month:%Y-%m}": month for month in mix["month"].unique().sort()}
    first = list(months.values())[-MONTHS_SHOWN:][0]
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            text.code("payment_method", row["payment_method"]),
            row["collected_share_rate"],
            formats.rate(row["collected_share_rate"], row["collected_share_rate_null_reason"]),
            {"month": f"{row['month']:%Y-%m}"},
        )
        for row in mix.filter(pl.col("month") >= first).to_dicts()
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=text("cash.percent"),
        is_dark=page.is_dark,
        mark="stacked",
        axis_format="%",
    )
    charts.show(chart, key="mix", alt=title)
    month = choose_month(page, months)
    of_month = mix.filter(pl.col("month") == month).sort("mrr", descending=True)
    columns = [
        Column("method", text("cash.method"), is_pinned=True),
        Column("customer_count", text("column.customers"), "count"),
        *(
            Column(column, page.metric_name("mart_payment_mix", column), kind)
            for column, kind in (("customer_share_rate", "rate"), ("mrr_share_rate", "rate"))
        ),
        Column("mrr", text("cash.mrr"), "money"),
        Column("collected", text("cash.collected"), "money"),
        Column(
            "collected_share_rate",
            page.metric_name("mart_payment_mix", "collected_share_rate"),
            "rate",
        ),
    ]
    in_words = method_names(page, of_month)
    tables.show(in_words, columns, formats, key="mix_table", alt=title)
    levels.reasons(page, of_month, columns)
    tables.download(
        page,
        lambda: method_names(page, mix),
        [Column("month", text("column.month"), "month"), *columns],
        name="payment_mix",
        key="mix_csv",
    )


def method_names(page: Frame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `method`: the way to pay in words."""
    words = [page.text.code("payment_method", code) for code in rows["payment_method"]]
    return rows.with_columns(pl.Series("method", words, dtype=pl.String))


def show_failures(page: Frame) -> None:
    """How often collecting fails at the first attempt, what comes back, and why it failed."""
    text, formats = page.text, page.formats
    dunning = cash.dunning(page.snapshot)
    title = text("cash.failures")
    rates = ("payment_failure_rate", "payment_recovery_rate", "involuntary_loss_rate")
    frame.heading(
        page,
        title,
        unit=text("cash.percent"),
        metrics=[("mart_dunning", column) for column in rates],
        notes=[text("cash.failures_note")],
    )
    if dunning.is_empty():
        nothing(page, "failures")
        return
    shown = dunning.tail(MONTHS_SHOWN)
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            page.metric_name("mart_dunning", column),
            row[column],
            formats.rate(row[column], row[f"{column}_null_reason"]),
        )
        for column in rates
        for row in shown.to_dicts()
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=text("cash.percent"),
        is_dark=page.is_dark,
        mark="line",
        axis_format="%",
    )
    charts.show(chart, key="failures", alt=title)
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        Column("first_attempt_count", text("cash.first_attempts"), "count"),
        Column("failed_first_attempt_count", text("cash.failed"), "count"),
        Column("recovered_count", text("cash.recovered"), "count"),
        Column("lost_count", text("cash.lost"), "count"),
        *(Column(column, page.metric_name("mart_dunning", column), "rate") for column in rates),
    ]
    tables.show(shown.reverse(), columns, formats, key="failures_table", alt=title)
    levels.reasons(page, shown, columns)
    tables.download(page, lambda: dunning, columns, name="dunning", key="failures_csv")
    month = choose_month(
        page, {f"{row['month']:%Y-%m}": row["month"] for row in dunning.to_dicts()}
    )
    show_codes(page, month, dunning.filter(pl.col("month") == month).row(0, named=True))


def show_codes(page: Frame, month, above: dict) -> None:
    """Why the month's first attempts failed."""
    text, formats = page.text, page.formats
    codes = cash.failures(page.snapshot, month)
    st.markdown(text("cash.codes", month=formats.month(month)))
    total = sum(codes["failed_first_attempt_count"])
    levels.show_match(page, total, above["failed_first_attempt_count"], formats.count)
    if codes.is_empty():
        return
    in_words = codes.with_columns(
        pl.Series("code", [text.code("failure_code", code) for code in codes["failure_code"]])
    )
    columns = [
        Column("code", text("column.reason"), is_pinned=True),
        Column("failed_first_attempt_count", text("cash.failed"), "count"),
        Column("failure_share_rate", text("cash.failure_share"), "rate"),
        Column("recovered_count", text("cash.recovered"), "count"),
        Column("lost_count", text("cash.lost"), "count"),
        Column("recovery_rate", text("cash.recovery_rate"), "rate"),
    ]
    tables.show(in_words, columns, formats, key="codes", alt=text("cash.failures"))
    levels.reasons(page, codes, columns)
    tables.download(page, lambda: in_words, columns, name="dunning_code", key="codes_csv")
