"""Who the customer is: badges, figures, risk, facts, relatives."""

from decimal import Decimal

import polars as pl
import streamlit as st

from dashboards import access, customers, filters, missing, search, tables, tiles
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import about, customer, people
from dashboards.tables import Column

MART = "mart_customer_360"
HEALTH = "mart_customer_health"
RFM = "mart_rfm"
INVOICED = ("ltv_realised_amount", "net_revenue_12m", "ar_open_balance")  # what invoices say
BAND_COLOURS = {"green": "green", "yellow": "orange", "red": "red", "unknown": "gray"}


def name_of(page: Frame, customer_key: str) -> str:
    """What a customer is called; a short key where nobody may know or no source says."""
    names = people.names(page.snapshot, (customer_key,))
    return names.get(customer_key) or page.text("drill.unnamed", key=customer_key[:8])


def show_header(page: Frame, known: dict) -> None:
    """Name, what it is worth, where it stands, and what to worry about."""
    text = page.text
    key = known["customer_key"]
    record_look(page, key)
    person = customer.person(page.snapshot, key)
    st.page_link(
        customers.PAGE,
        label=text("customer.back"),
        icon=":material/arrow_back:",
        query_params={**filters.frame_values(), **kept_search()},
    )
    st.header(literal(name_of(page, key)), anchor=False)
    if person and person.get("display_name_kana"):
        st.caption(literal(person["display_name_kana"]))
    show_badges(page, known)
    show_tiles(page, known)
    show_risk(page, key)
    show_facts(page, known, person)


def record_look(page: Frame, key: str) -> None:
    """One line in the access log per session, customer and version: whose name somebody saw."""
    seen = st.session_state.setdefault("viewed", set())
    look = (key, page.snapshot.name)
    if look in seen or not page.snapshot.has_personal_columns:
        return
    access.record(
        page.home, page.who, "view_customer", customer_key=key, version=page.snapshot.name
    )
    seen.add(look)


def kept_search() -> dict[str, str]:
    """What was searched for, for links that lead back to it."""
    return {search.NAME: st.query_params[search.NAME]} if search.NAME in st.query_params else {}


def show_badges(page: Frame, known: dict) -> None:
    """Status, kind of customer, health band and risk, each once."""
    text, key = page.text, known["customer_key"]
    health = customer.health(page.snapshot, key)
    risk = customer.risk(page.snapshot, key)
    with st.container(horizontal=True, gap="small", key="customer_badges"):
        st.badge(text.code("customer.status", known["customer_status"]), color="blue")
        if known["customer_type"]:
            st.badge(text.code("segment_value", known["customer_type"]), color="gray")
        if health:
            st.badge(
                text(
                    "customer.badge_health",
                    band=text.code("health_band", health["health_band"]),
                ),
                color=BAND_COLOURS.get(health["health_band"], "gray"),
            )
        if known["next_term_end_date"]:
            st.badge(
                text(
                    "customer.badge_renewal",
                    date=page.formats.date(known["next_term_end_date"]),
                ),
                icon=":material/event_repeat:",
                color="gray",
            )
        if risk:
            st.badge(
                text("customer.badge_risk", rank=page.formats.count(risk["risk_rank"])),
                icon=":material/warning:",
                color="orange",
            )
        if known["rfm_cell"]:
            st.badge(
                text(
                    "customer.badge_rfm",
                    cell=known["rfm_cell"],
                    decile=known["decile"],
                    abc=known["abc_class"] or text("format.missing"),
                ),
                color="gray",
            )


def show_tiles(page: Frame, known: dict) -> None:
    """What the customer pays, brought, owes; how healthy; when the next term ends."""
    text, formats = page.text, page.formats
    health = customer.health(page.snapshot, known["customer_key"])
    if missing.all_of(page, ["billing.invoices"]):
        known = known | dict.fromkeys(INVOICED)
    unknown = text.code("null_reason", missing.REASON)
    facts = [
        (
            page.metric_name("mart_kpi_monthly", "mrr"),
            "money",
            known["mrr"],
            text(
                "customer.contracts_count",
                month=formats.month(about.last_month(page.snapshot)),
                day=formats.date(page.as_of),
                count=formats.count(known["running_contract_count"]),
            ),
            page.definition("mart_kpi_monthly", "mrr"),
        ),
        (
            text("customer.tile.ltv"),
            "money",
            known["ltv_realised_amount"],
            text("customer.tile.ltv_note", revenue=formats.money(known["net_revenue_to_date"])),
            page.definition(MART, "ltv_realised_amount"),
        ),
        (
            text("customer.tile.net_revenue_12m"),
            "money",
            known["net_revenue_12m"],
            text("customer.tile.year"),
            page.definition(RFM, "net_revenue_12m"),
        ),
        (
            text("customer.tile.ar_open_balance"),
            "money",
            known["ar_open_balance"],
            text("customer.tile.incl_tax"),
            page.definition("mart_ar_aging", "balance"),
        ),
        (
            text("customer.tile.tenure"),
            "count",
            known["tenure_months"],
            text("customer.tile.since", month=formats.month(known["first_paid_month"]))
            if known["first_paid_month"]
            else text("customer.tile.never_paid"),
            text("customer.tile.tenure_help"),
        ),
        (
            page.metric_name(HEALTH, "health_score"),
            "ratio",
            health["health_score"] if health else None,
            text.code("health_band", health["health_band"])
            if health
            else text("customer.tile.not_paying"),
            page.definition(HEALTH, "health_score"),
        ),
    ]
    with st.container(key="tiles"):
        for label, kind, value, note, definition in facts:
            tiles.show(
                label,
                kind,
                value,
                None,
                formats,
                compared_with="",
                without_change=unknown if value is None and kind == "money" else note,
                definition=definition,
            )


def show_risk(page: Frame, customer_key: str) -> None:
    """Why to worry and what to do about it, where there is a reason."""
    risk = customer.risk(page.snapshot, customer_key)
    if risk is None:
        return
    text, formats = page.text, page.formats
    lang = text.lang
    reasons = [
        text(
            "customer.risk_reason",
            reason=literal(row[f"reason_{lang}"]),
            evidence=literal(row["evidence_key"] or text("format.missing")),
        )
        for row in customer.risk_reasons(page.snapshot, customer_key).to_dicts()
    ]
    chance = (
        text("customer.chance", rate=formats.rate(risk["p_churn"]))
        if risk["p_churn"] is not None
        else ""
    )
    st.warning(
        text(
            "customer.risk",
            action=literal(risk[f"action_{lang}"]),
            chance=chance,
            mrr=formats.money(risk["mrr_at_stake"]),
            day=formats.date(page.as_of),
            reasons="\n".join(reasons),
        ),
        icon=":material/warning:",
    )


def show_facts(page: Frame, known: dict, person: dict | None) -> None:
    """What the sources say about the customer, as a list of facts; personal ones by right."""
    text, formats = page.text, page.formats
    key = known["customer_key"]
    said = customer.attributes(page.snapshot, key)
    given = {True: text("customer.said_yes"), False: text("customer.said_no")}
    consents = [
        text(
            "customer.consent",
            channel=text(f"customer.channel.{channel}"),
            answer=given.get(known[f"has_{channel}_consent"], text("customer.unsaid")),
        )
        for channel in ("email", "line", "dm", "phone")
    ]

    def money(value: int | None) -> str | None:
        return None if value is None else formats.money(Decimal(value))

    def month(value: int | None) -> str | None:
        return None if value is None else formats.month_name(value)

    facts = {
        "owner": known["owner"],
        "plan_names": known["plan_names"],
        "next_term_end_date": day_or_none(page, known["next_term_end_date"]),
        "last_payment_date": day_or_none(page, known["last_payment_date"]),
        "last_usage_date": day_or_none(page, known["last_usage_date"]),
        "last_contact_date": day_or_none(page, known["last_contact_date"]),
        "last_inquiry_date": day_or_none(page, known["last_inquiry_date"]),
        "inquiry_90d_count": text(
            "customer.inquiries_90d",
            count=known["inquiry_90d_count"],
            complaints=known["complaint_90d_count"],
        ),
        "consents": text.joined(consents),
        "corporate_number": said["corporate_number"],
        "industry": said["industry"],
        "prefecture": said["prefecture"],
        "region": said["region"],
        "employees": None if said["employees"] is None else formats.count(said["employees"]),
        "capital": money(said["capital"]),
        "is_listed": given.get(said["is_listed"]),
        "fiscal_month": month(said["fiscal_month"]),
        "age_band": said["age_band"],
        "acquisition_channel": said["acquisition_channel"],
        **{name: masked(page, person, name) for name in ("email", "postal_code", "gender")},
    }
    rows = [
        {"fact": text(f"customer.fact.{name}"), "value": value}
        for name, value in facts.items()
        if value is not None
    ]
    with st.expander(text("customer.facts"), icon=":material/badge:"):
        tables.show(
            pl.DataFrame(rows),
            [
                Column("fact", text("customer.fact_name"), is_pinned=True),
                Column("value", text("column.value")),
            ],
            formats,
            key="facts",
            alt=text("customer.facts"),
        )
        if person is None:
            st.caption(text("customer.masked_note"))
        show_relatives(page, key, said["parent_customer_key"])


def day_or_none(page: Frame, value) -> str | None:
    """A day in words; None where there is none, so that the fact is left out."""
    return None if value is None else page.formats.date(value)


def masked(page: Frame, person: dict | None, name: str) -> str | None:
    """A personal column for who may see it, dots for who may not; None where nothing is known."""
    if person is None:
        return page.text("customer.masked")
    return person.get(name)


def show_relatives(page: Frame, customer_key: str, parent_key: str | None) -> None:
    """Parent and daughters of the customer as links to their pages."""
    relatives = customer.relatives(page.snapshot, customer_key, parent_key)
    for row in relatives.to_dicts():
        role = "parent" if row["customer_key"] == parent_key else "daughter"
        name = literal(name_of(page, row["customer_key"]))
        customers.link(
            page, row["customer_key"], label=page.text(f"customer.{role}", customer=name)
        )
