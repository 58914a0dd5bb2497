"""What was said: inquiries and contacts with the customer."""

import streamlit as st

from dashboards import frame, levels
from dashboards.frame import Frame
from dashboards.queries import customer
from dashboards.sections.customer.lines import placed, show_line
from dashboards.tables import Column

TICKETS = "inquiry.tickets"
INTERACTIONS = "crm.interactions"


def show_talk(page: Frame, known: dict) -> None:
    """What the customer asked, and when we spoke."""
    show_inquiries(page, known["customer_key"])
    show_interactions(page, known["customer_key"])


def show_inquiries(page: Frame, customer_key: str) -> None:
    """Every inquiry, who asked it where one may see, down to the delivered line."""
    text, formats = page.text, page.formats
    inquiries = customer.inquiries(page.snapshot, customer_key)
    title = text("customer.inquiries", count=formats.count(inquiries.height))
    frame.heading(
        page,
        title,
        unit=text("inquiries.unit"),
        metrics=[("fct_inquiry", "first_reply_business_minutes")],
    )
    if inquiries.is_empty():
        st.info(text("customer.no_inquiry"), icon=":material/inbox:")
        return
    askers = customer.requesters(page.snapshot, customer_key)
    hidden = text("customer.masked")
    may_see = page.snapshot.has_personal_columns
    who = [
        text.joined(part for part in askers.get(key, ()) if part) if may_see else hidden
        for key in inquiries["inquiry_key"]
    ]
    inquiry = levels.show(
        page,
        levels.Level(
            "inquiry", "inquiry_key", title, text("inquiries.choose_inquiry"), "fct_inquiry"
        ),
        placed(
            page,
            inquiries,
            asked=[formats.instant(value) for value in inquiries["asked_at"]],
            topic_name=[text.code("topic", code or "unknown") for code in inquiries["topic"]],
            complaint=[
                text("inquiries.is_complaint" if value else "format.missing")
                for value in inquiries["is_complaint"]
            ],
            status_name=[text.code("ticket_status", code or "") for code in inquiries["status"]],
            channel_name=[text.code("channel", code or "") for code in inquiries["channel"]],
            who=who,
        ),
        [
            Column("asked", text("inquiries.asked"), is_pinned=True),
            Column("topic_name", text("inquiries.topic")),
            Column("complaint", text("inquiries.complaint")),
            Column("who", text("customer.requester")),
            Column("status_name", text("column.state")),
            Column("first_reply_business_minutes", text("inquiries.reply"), "count"),
            Column("csat_score", text("inquiries.csat"), "ratio"),
            Column("channel_name", text("inquiries.channel")),
            Column("assignee", text("inquiries.assignee")),
            Column("ticket_id", text("inquiries.ticket")),
            Column("source", text("column.source")),
        ],
        describe=lambda row: text(
            "inquiries.inquiry_name",
            ticket=row["ticket_id"],
            asked=row["asked"],
            customer=row["topic_name"],
        ),
    )
    if not may_see:
        st.caption(text("customer.masked_note"))
    if inquiry is not None:
        show_line(page, inquiry, TICKETS)


def show_interactions(page: Frame, customer_key: str) -> None:
    """Every call, visit, mail and meeting the CRM knows, down to the delivered line."""
    text, formats = page.text, page.formats
    contacts = customer.interactions(page.snapshot, customer_key)
    title = text("customer.interactions", count=formats.count(contacts.height))
    frame.heading(
        page,
        title,
        unit=text("customer.unit_event"),
        definition=text("customer.interactions_help"),
    )
    if contacts.is_empty():
        st.info(text("customer.no_interaction"), icon=":material/inbox:")
        return
    contact = levels.show(
        page,
        levels.Level(
            "contact", "interaction_key", title, text("customer.choose_contact"), "fct_interaction"
        ),
        placed(
            page,
            contacts,
            at=[formats.instant(value) for value in contacts["interacted_at"]],
            kind_name=[text.code("contact_kind", code) for code in contacts["kind"]],
            direction_name=[
                text.code("customer.direction", code or "none") for code in contacts["direction"]
            ],
        ),
        [
            Column("at", text("customer.day"), is_pinned=True),
            Column("kind_name", text("column.movement_type")),
            Column("direction_name", text("customer.direction_title")),
            Column("owner", text("customer.fact.owner")),
            Column("source", text("column.source")),
        ],
        describe=lambda row: text(
            "customer.event_name", day=row["at"], kind=row["kind_name"], what=row["source"]
        ),
    )
    if contact is not None:
        show_line(page, contact, INTERACTIONS)
