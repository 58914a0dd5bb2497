"""Whom to speak to at the customer: masked until somebody asks, which is recorded."""

import polars as pl
import streamlit as st

from dashboards import access, frame, levels, masks
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import customer
from dashboards.sections.customer.lines import placed, show_line
from dashboards.tables import Column

MART = "dim_contact"
CONTACTS = "crm.contacts"
MASKS = {
    "contact_name": masks.name,
    "contact_name_kana": masks.name,
    "email": masks.mail,
    "phone": masks.phone,
}


def show_people(page: Frame, known: dict) -> None:
    """Every contact the CRM knows, the main one first, down to the delivered line."""
    text, formats = page.text, page.formats
    key = known["customer_key"]
    contacts = customer.contacts(page.snapshot, key)
    title = text("customer.people", count=formats.count(contacts.height))
    frame.heading(
        page, title, unit=text("customer.unit_person"), definition=text("customer.people_help")
    )
    if contacts.is_empty():
        st.info(text("customer.no_person"), icon=":material/inbox:")
        return
    is_whole = page.snapshot.has_personal_columns and is_revealed(page, key, contacts.height)
    person = levels.show(
        page,
        levels.Level(
            "person",
            "contact_key",
            title,
            text("customer.choose_person"),
            MART,
            narrowed={"has_personal_columns": is_whole},
        ),
        with_people(page, contacts, is_whole=is_whole),
        [
            Column("contact_name", text("customer.person_name"), is_pinned=True),
            Column("contact_name_kana", text("customer.person_kana")),
            Column("main", text("customer.person_main")),
            Column("department", text("customer.person_department")),
            Column("title", text("customer.person_title")),
            Column("email", text("customer.fact.email")),
            Column("phone", text("customer.person_phone")),
            Column("contact_id", text("customer.person_id")),
            Column("source", text("column.source")),
        ],
        describe=lambda row: text(
            "customer.person", name=row["contact_name"] or "", contact=row["contact_id"]
        ),
    )
    if not page.snapshot.has_personal_columns:
        st.caption(text("customer.masked_note"))
    if person is not None:
        show_line(page, person, CONTACTS)


def with_people(page: Frame, contacts: pl.DataFrame, *, is_whole: bool) -> pl.DataFrame:
    """The contacts with names, mail and telephone: whole, masked, or dots for who may not see."""
    text = page.text
    people = customer.contact_people(page.snapshot, tuple(contacts["contact_key"]))
    places = {key: place for place, key in enumerate(people)}
    rows = sorted(
        contacts.to_dicts(),
        key=lambda row: (not row["is_primary"], places.get(row["contact_key"], 0)),
    )

    def shown(row: dict, column: str) -> str | None:
        if not page.snapshot.has_personal_columns:
            return text("customer.masked")
        value = people[row["contact_key"]][column]
        return value if is_whole else MASKS[column](value)

    return placed(
        page,
        pl.DataFrame(rows, schema=contacts.schema),
        main=[text("customer.person_is_main") if row["is_primary"] else "" for row in rows],
        **{column: [shown(row, column) for row in rows] for column in MASKS},
    )


def is_revealed(page: Frame, customer_key: str, count: int) -> bool:
    """Whether this session asked to see the people of this customer, offering to ask or to hide.

    Not in the URL: an address never shows more than the one who opens it asked for.
    """
    text = page.text
    revealed = st.session_state.setdefault("revealed", set())
    look = (customer_key, page.snapshot.name)
    if look in revealed:
        if st.button(text("customer.hide"), icon=":material/visibility_off:", key="hide_people"):
            revealed.remove(look)
            st.rerun()
        return True
    st.caption(text("customer.reveal_note"))
    if st.button(text("customer.reveal"), icon=":material/visibility:", key="reveal_people"):
        try:
            access.record(
                page.home,
                page.who,
                "reveal",
                customer_key=customer_key,
                table=MART,
                row_count=count,
                version=page.snapshot.name,
            )
        except OSError as error:
            why = literal(error)
            st.warning(text("access_log.not_recorded", why=why), icon=":material/history_off:")
            return False
        revealed.add(look)
        st.rerun()
    return False
