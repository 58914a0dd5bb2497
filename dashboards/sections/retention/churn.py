"""Who left and why."""

from datetime import date, timedelta

import polars as pl
import streamlit as st

from dashboards import charts, customers, filters, frame, levels, retention_charts, tables
from dashboards import months as ranges
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import retention
from dashboards.sections.retention.cohorts import show_below
from dashboards.tables import Column

REASON = "mart_churn_reason"
REASONS_DRAWN = 10
DAYS_OF_INQUIRIES = 90


def show_churn(page: Frame, months: list[dict]) -> None:
    """Why customers left in a range of months; a pressed reason opens who they were."""
    text, formats = page.text, page.formats
    shown = list(ranges.choose(page, months, clears=customers.BELOW_LIST).values())
    begin, end = shown[0], shown[-1]
    reasons = retention.churn_reasons(page.snapshot, begin, end)
    title = text("retention.reasons", first=formats.month(begin), last=formats.month(end))
    frame.heading(
        page,
        title,
        unit=text("retention.people"),
        metrics=[(REASON, "churned_customer_count")],
        notes=[text("retention.reasons_note")],
    )
    if reasons.is_empty():
        st.info(text("retention.nobody_left"), icon=":material/sentiment_satisfied:")
        return
    shown = reasons.with_columns(
        pl.Series("reason", [reason_name(page, row) for row in reasons.to_dicts()]),
        pl.Series("kind", [text.code("churn_kind", kind) for kind in reasons["churn_kind"]]),
    )
    said_once = shown["reason"].is_unique()
    bars = [
        retention_charts.Reason(
            row["reason"]
            if is_alone
            else text("retention.reason_and_kind", reason=row["reason"], kind=row["kind"]),
            int(row["churned_customer_count"]),
            text(
                "retention.reason_bar",
                count=formats.count(row["churned_customer_count"]),
                mrr=formats.money(row["mrr_lost"]),
            ),
            {"reason": reason_key(row)},
        )
        for row, is_alone in zip(shown.head(REASONS_DRAWN).to_dicts(), said_once, strict=False)
    ]
    chart = retention_charts.reasons(
        bars, count_title=text("retention.people"), is_dark=page.is_dark
    )
    charts.show(chart, key="reasons", alt=title, clears=customers.BELOW_LIST)
    columns = [
        Column("reason", text("column.reason"), is_pinned=True),
        Column("kind", text("retention.kind")),
        Column(
            "churned_customer_count",
            page.metric_name(REASON, "churned_customer_count"),
            "count",
        ),
        Column("mrr_lost", page.metric_name(REASON, "mrr_lost"), "money"),
        Column("churned_while_paused_count", text("retention.while_paused"), "count"),
        Column("requested_count", text("retention.requested"), "count"),
    ]
    keys = [reason_key(row) for row in shown.to_dicts()]
    tables.show(
        shown,
        columns,
        formats,
        selectable=tables.rows_in_url("reason", keys, clears=customers.BELOW_LIST),
        key="reasons_table",
        alt=title,
    )
    tables.download(page, lambda: shown, columns, name="churn_reasons", key="reasons_csv")
    chosen = filters.chosen("reason", keys, None)
    if chosen is None:
        st.info(text("retention.reason_hint"), icon=":material/touch_app:")
        return
    show_churned(page, begin, end, shown.row(keys.index(chosen), named=True))


def reason_key(row: dict) -> str:
    """A reason in the URL."""
    return f"{row['churn_kind']}.{row['reason_code']}"


def reason_name(page: Frame, row: dict) -> str:
    """The reason in the reader's language, as the company lists it; else the code in words."""
    code = row["reason_code"]
    label = row[f"reason_label_{page.text.lang}"]
    return page.text.code("churn_reason", code) if label in (None, code) else label


def show_churned(page: Frame, begin: date, end: date, above: dict) -> None:
    """Who left for this reason, in their own words, after how long, and what they had asked."""
    text, formats = page.text, page.formats
    kind, reason = above["churn_kind"], above["reason_code"]
    counted = retention.churn_sum(page.snapshot, begin, end, kind, reason).row(0, named=True)
    st.markdown(
        text(
            "retention.churned_customers",
            reason=literal(above["reason"]),
            kind=above["kind"],
            count=formats.count(counted["churned_customer_count"]),
            mrr=formats.money(counted["mrr_lost"]),
        )
    )
    levels.show_match(page, counted["mrr_lost"], above["mrr_lost"], formats.money)
    churns = retention.churns(page.snapshot, begin, end, kind, reason)

    def in_words(rows: pl.DataFrame) -> pl.DataFrame:
        said = retention.churn_texts(page.snapshot, tuple(rows["churn_key"]))
        paused = [text("retention.paused") if is_it else "" for is_it in rows["is_while_paused"]]
        return levels.named(page, rows).with_columns(
            pl.Series("text", [said.get(key) for key in rows["churn_key"]], dtype=pl.String),
            pl.Series("paused", paused, dtype=pl.String),
        )

    columns = [
        Column("customer", text("column.customer"), is_pinned=True),
        Column("churned_on", text("retention.churned_on"), "date"),
        Column("mrr_lost", text("retention.mrr_lost"), "money"),
        Column("text", text("retention.in_their_words")),
        Column("tenure_months", text("retention.tenure_months"), "count"),
        Column("plan_name", text("column.plan_id")),
        Column("requested_date", text("retention.requested_date"), "date"),
        Column(
            "request_lag_days", page.metric_name("mart_churn_analysis", "request_lag_days"), "count"
        ),
        Column("inquiry_90d_count", text("retention.inquiries"), "count"),
        Column("complaint_90d_count", text("retention.complaints"), "count"),
        Column("last_inquiry_date", text("retention.last_inquiry"), "date"),
        Column("paused", text("retention.while_paused")),
    ]
    customer = levels.show(
        page,
        levels.of_customers(
            page,
            text("column.customer"),
            "mart_churn_analysis",
            file=f"churned_{begin:%Y%m}_{end:%Y%m}_{kind}_{reason}",
            churn_kind=kind,
            reason_code=reason,
        ),
        churns,
        columns,
        describe=levels.of_name,
        in_words=in_words,
    )
    if customer is not None:
        show_inquiries(page, customer)
        show_below(page, customer, customer["month"])


def show_inquiries(page: Frame, customer: dict) -> None:
    """What the customer had asked in the days before leaving."""
    text, formats = page.text, page.formats
    last = customer["churned_on"]
    first = last - timedelta(days=DAYS_OF_INQUIRIES - 1)
    asked = retention.inquiries(page.snapshot, customer["customer_key"], first, last)
    title = text("retention.inquiries_before", day=formats.date(last))
    st.markdown(title)
    if asked.is_empty():
        st.caption(text("retention.no_inquiry"))
        return
    shown = asked.with_columns(
        pl.Series(
            "complaint",
            [text("retention.is_complaint") if is_it else "" for is_it in asked["is_complaint"]],
        )
    )
    columns = [
        Column("asked_date", text("retention.asked_on"), "date"),
        Column("topic", text("retention.topic")),
        Column("complaint", text("retention.complaint")),
        Column("channel", text("retention.channel")),
        Column("status", text("column.state")),
        Column("ticket_id", text("retention.ticket")),
    ]
    tables.show(shown, columns, formats, key="inquiries", alt=title)
