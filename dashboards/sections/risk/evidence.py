"""One customer at risk: evidence, health, inquiries."""

from datetime import timedelta

import polars as pl
import streamlit as st

from dashboards import charts, customers, drill, frame, levels, risk_charts, source_line, tables
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import about, retention, risk
from dashboards.sections.risk.approaches import show_record
from dashboards.sections.risk.words import band_name
from dashboards.tables import Column

HEALTH = "mart_customer_health"
DAYS_OF_INQUIRIES = 90


def show_customer(page: Frame, customer: dict) -> None:
    """Reasons with their evidence, health, contracts, inquiries, and what is done about it."""
    text, formats = page.text, page.formats
    key = customer["customer_key"]
    st.subheader(text("risk.one", customer=literal(customer["customer"])), anchor=False)
    st.markdown(
        text(
            "risk.one_facts",
            mrr=formats.money(customer["mrr_at_stake"]),
            action=customer["action"],
            due=formats.date(customer["due_date"]),
            why=customer["due_why"],
            channel=customer["channel"],
            owner=literal(customer["owner_name"]),
            chance=formats.rate(customer["p_churn"], customer["p_churn_null_reason"]),
        )
    )
    show_evidence(page, key)
    show_record(page, customer)
    show_health(page, key)
    show_inquiries(page, key)
    st.markdown(text("risk.contracts"))
    last = about.months(page.snapshot).to_dicts()[-1]
    customers.link(page, key)
    drill.show_contracts(page, customer, last["month"], last["month_end"])


def show_evidence(page: Frame, key: str) -> None:
    """Every reason with the record it was read from; a pressed one opens its delivered line."""
    text = page.text
    rows = risk.reasons(page.snapshot, (key,))
    shown = rows.with_columns(
        rows[f"reason_{text.lang}"].alias("reason"),
        pl.Series("group", [text.code("risk_source", code) for code in rows["reason_group"]]),
        pl.Series("entity", [text.code("entity", code) for code in rows["evidence_entity"]]),
        pl.Series(
            "record",
            [evidence_name(page, row) for row in rows.to_dicts()],
            dtype=pl.String,
        ),
    )
    title = text("risk.evidence")
    st.markdown(title)
    chosen = levels.show(
        page,
        levels.Level(
            "evidence",
            "reason_code",
            title,
            text("risk.choose_evidence"),
            "mart_at_risk_reason",
            ("line",),
        ),
        shown,
        [
            Column("reason", text("risk.reason"), is_pinned=True),
            Column("group", text("risk.source")),
            Column("entity", text("risk.entity")),
            Column("record", text("risk.record")),
            Column("evidenced_on", text("risk.evidenced_on"), "date"),
            Column("evidence_count", text("risk.evidence_count"), "count"),
        ],
        describe=lambda row: row["reason"],
    )
    if chosen is not None:
        show_evidence_line(page, chosen)


def evidence_name(page: Frame, row: dict) -> str:
    """What identifies the evidence: an id in its source system, or the names of what counted."""
    text = page.text
    if row["reason_group"] == "model":
        return text.joined(
            text.code("risk_feature", code) for code in (row["evidence_key"] or "").split(",")
        )
    if row["reason_group"] == "health":
        return text.code("health_component", row["evidence_key"])
    if row["reason_group"] == "usage":
        return row["evidence_system"] or ""
    return " ".join(filter(None, [row["evidence_system"], row["evidence_key"]]))


def show_evidence_line(page: Frame, row: dict) -> None:
    """The delivered line of an invoice or an inquiry; of the rest where it is to be seen."""
    text = page.text
    found = {"billing.invoices": risk.invoice_line, "inquiry.tickets": risk.inquiry_line}.get(
        row["evidence_entity"]
    )
    lines = (
        found(page.snapshot, row["evidence_system"], row["evidence_key"]).to_dicts()
        if found
        else []
    )
    if not lines:
        st.caption(text.code("evidence_where", row["evidence_entity"]))
        return
    st.markdown(text("drill.original", source=literal(source_line.name(page, lines[0]))))
    source_line.show(page, lines[0], row["evidence_entity"])


def show_health(page: Frame, key: str) -> None:
    """The score of the day, what it is made of, and how it has moved."""
    text, formats = page.text, page.formats
    for now in risk.health(page.snapshot, key).to_dicts():
        title = text("risk.health")
        frame.heading(
            page,
            title,
            unit=text("risk.points"),
            metrics=[(HEALTH, "health_score")],
            notes=[
                text(
                    "risk.health_now",
                    score=formats.ratio(now["health_score"]),
                    band=band_name(page, now["health_band"]),
                    coverage=formats.ratio(now["health_coverage_score"]),
                )
            ],
        )
    history = risk.health_history(page.snapshot, key)
    if history.is_empty():
        st.caption(text("risk.no_health"))
        return
    scores = [
        risk_charts.Score(
            formats.month_axis(row["month"]),
            None if row["health_score"] is None else float(row["health_score"]),
            text(
                "risk.health_then",
                score=formats.ratio(row["health_score"]),
                band=band_name(page, row["health_band"]),
            ),
        )
        for row in history.to_dicts()
    ]
    chart = risk_charts.health(
        scores,
        month_title=text("column.month"),
        score_title=page.metric_name(HEALTH, "health_score"),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="health", alt=text("risk.health"))
    parts = risk.health_components(page.snapshot, key)
    shown = parts.with_columns(
        pl.Series("name", [text.code("health_component", code) for code in parts["component"]]),
        pl.Series("why", [text.code("health_reason", code) for code in parts["reason_code"]]),
    )
    tables.show(
        shown,
        [
            Column("name", text("risk.component"), is_pinned=True),
            Column("component_score", text("risk.component_score"), "ratio"),
            Column("contribution_score", text("risk.contribution"), "ratio"),
            Column("weight", text("risk.weight"), "ratio"),
            Column("why", text("risk.component_reason")),
        ],
        formats,
        key="health_parts",
        alt=text("risk.health"),
    )


def show_inquiries(page: Frame, key: str) -> None:
    """What the customer asked in the last days."""
    text = page.text
    first = page.as_of - timedelta(days=DAYS_OF_INQUIRIES - 1)
    asked = retention.inquiries(page.snapshot, key, first, page.as_of)
    title = text("risk.inquiries", days=DAYS_OF_INQUIRIES)
    st.markdown(title)
    if asked.is_empty():
        st.caption(text("retention.no_inquiry"))
        return
    shown = asked.with_columns(
        pl.Series(
            "complaint",
            [text("retention.is_complaint") if is_it else "" for is_it in asked["is_complaint"]],
        ),
        pl.Series("state", [text.code("ticket_status", code or "") for code in asked["status"]]),
    )
    columns = [
        Column("asked_date", text("retention.asked_on"), "date"),
        Column("topic", text("retention.topic")),
        Column("complaint", text("retention.complaint")),
        Column("channel", text("retention.channel")),
        Column("state", text("column.state")),
        Column("ticket_id", text("retention.ticket")),
    ]
    tables.show(shown, columns, page.formats, key="inquiries", alt=title)
