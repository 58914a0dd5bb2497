"""Why these records are one customer, and what changed in them."""

import json
from decimal import Decimal

import polars as pl
import streamlit as st

from dashboards import customers, frame, levels, tables
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import customer
from dashboards.sections.customer.header import name_of
from dashboards.tables import Column

CHANGES = (  # attributes whose change the history tells
    "customer_type",
    "industry",
    "prefecture",
    "region",
    "owner",
    "acquisition_channel",
    "payment_method",
    "employees",
    "capital",
    "listed",
    "fiscal_month",
    "corporate_number",
)


def show_identity(page: Frame, known: dict) -> None:
    """Which records of which systems are this customer, by which rule; what changed over time."""
    show_records(page, known["customer_key"])
    show_history(page, known["customer_key"])


def show_records(page: Frame, customer_key: str) -> None:
    """The records with the rule and the values that linked each, and what waits for a person."""
    text, formats = page.text, page.formats
    records = customer.records(page.snapshot, customer_key)
    evidence = customer.evidence(page.snapshot, customer_key)
    title = text("customer.records", count=formats.count(records.height))
    frame.heading(
        page, title, unit=text("quality.unit_record"), definition=text("customer.records_help")
    )
    may_see = page.snapshot.has_personal_columns
    rows = records.to_dicts()
    shown = records.with_columns(
        pl.Series("entity_name", [text.code("entity", row["source_entity"]) for row in rows]),
        pl.Series("rule", [text.code("customer.match_rule", row["match_rule"]) for row in rows]),
        pl.Series(
            "evidence",
            [
                in_words(page, evidence.get(row["record_key"]))
                if may_see
                else text("customer.masked")
                for row in rows
            ],
        ),
    )
    columns = [
        Column("source_system", text("quality.source"), is_pinned=True),
        Column("entity_name", text("quality.entity")),
        Column("source_id", text("quality.source_id")),
        Column("rule", text("customer.rule")),
        Column("match_score", text("customer.certainty"), "ratio"),
        Column("evidence", text("quality.evidence")),
    ]
    levels.show(
        page,
        levels.Level("record", "record_key", title, "", "bridge_customer_identity"),
        shown,
        columns,
        describe=str,
        is_chosen_here=False,
    )
    doubts = customer.doubts(page.snapshot, customer_key)
    if doubts.is_empty():
        st.caption(text("customer.no_doubt"))
        return
    st.warning(text("customer.doubts", count=formats.count(doubts.height)), icon=":material/help:")
    for row in doubts.to_dicts():
        other = row["candidate_customer_key"]
        if other == customer_key:
            other = row["customer_key"]
        customers.link(
            page,
            other,
            label=text(
                "customer.doubt",
                customer=literal(name_of(page, other)),
                reason=text.code("review_reason", row["review_reason"]),
                source=literal(row["source_id"]),
            ),
        )


def in_words(page: Frame, evidence: str | None) -> str:
    """What linked a record, as the identity step noted it: rule and the record it met."""
    text = page.text
    links = [
        text(
            "customer.link",
            rule=text.code("customer.match_rule", link["rule"]),
            system=link.get("source_system") or "",
            source=link.get("source_id") or "",
        )
        for link in json.loads(evidence or "[]")
    ]
    return text.joined(dict.fromkeys(links)) or text("format.missing")


def show_history(page: Frame, customer_key: str) -> None:
    """What the sources said about the customer in each period, and what was different before."""
    text, formats = page.text, page.formats
    periods = customer.history(page.snapshot, customer_key).to_dicts()
    title = text("customer.history")
    frame.heading(
        page,
        title,
        unit=text("customer.unit_period"),
        definition=text("customer.history_help"),
    )
    if not periods:
        st.info(text("customer.no_history"), icon=":material/inbox:")
        return
    rows = []
    for before, now in zip([None, *periods], periods, strict=False):
        changed = CHANGES if before is None else [n for n in CHANGES if before[n] != now[n]]
        rows.append(
            {
                "valid_from": now["valid_from"],
                "valid_to": now["valid_to"],
                "changes": text.joined(
                    changed_in_words(page, name, before, now)
                    for name in changed
                    if before is not None or now[name] is not None
                ),
            }
        )
    shown = pl.DataFrame(
        rows[::-1], schema={"valid_from": pl.Date, "valid_to": pl.Date, "changes": pl.String}
    )
    columns = [
        Column("valid_from", text("customer.valid_from"), "date", is_pinned=True),
        Column("valid_to", text("customer.valid_to"), "date"),
        Column("changes", text("customer.changes")),
    ]
    tables.show(shown, columns, formats, key="history", alt=title)
    tables.download(page, lambda: shown, columns, name="customer_history", key="history_csv")


def changed_in_words(page: Frame, name: str, before: dict | None, now: dict) -> str:
    """One attribute of a period: its value, and what it was before."""
    text = page.text
    label = text.code("customer.history_fact", name)
    value = shown_value(page, now[name])
    if before is None:
        return text("customer.stated", fact=label, value=value)
    return text("customer.changed", fact=label, before=shown_value(page, before[name]), value=value)


def shown_value(page: Frame, value: object) -> str:
    """A value of an attribute as words."""
    if value is None:
        return page.text("format.missing")
    if isinstance(value, bool):
        return page.text("customer.said_yes" if value else "customer.said_no")
    if isinstance(value, int | Decimal):
        return page.formats.count(value)
    return page.text.code("segment_value", str(value))
