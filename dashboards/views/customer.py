"""顧客360: one customer, from every system: who it is, what it is worth, what happened, and why we
believe that these records are one customer.
"""

import json
from decimal import Decimal

import polars as pl
import streamlit as st

from dashboards import (
    charts,
    customer_charts,
    customers,
    filters,
    frame,
    levels,
    search,
    source_line,
    tables,
    tiles,
    timeline,
)
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import customer, people
from dashboards.tables import Column

MART, HEALTH, RISK, RFM = "mart_customer_360", "mart_customer_health", "mart_at_risk", "mart_rfm"
BELOW_VIEW = ("kind", "event", "piece", "invoice", "receipt", "inquiry", "contact")
ALL = "all"
LAST_DIGIT = Decimal("0.000001")
BAND_COLOURS = {"green": "green", "yellow": "orange", "red": "red", "unknown": "gray"}
CONTRACTS, INVOICES, TICKETS = "billing.subscriptions", "billing.invoices", "inquiry.tickets"
INTERACTIONS = "crm.interactions"
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


def main(page: Frame) -> None:
    """The customer the URL names; without one, the list to choose it from."""
    asked = st.query_params.get("customer", "")
    known = customer.overview(page.snapshot, asked) if asked else None
    if known is None:
        if asked:
            st.warning(page.text("customer.unknown"), icon=":material/person_off:")
        show_list(page)
        return
    show_header(page, known)
    view = filters.segments(
        "view",
        tuple(VIEWS),
        default=next(iter(VIEWS)),
        label=page.text("customer.view"),
        show=lambda name: page.text(f"customer.view_name.{name}"),
        clears=BELOW_VIEW,
    )
    VIEWS[view](page, known)


def name_of(page: Frame, customer_key: str) -> str:
    """What a customer is called; a short key where nobody may know or no source says."""
    names = people.names(page.snapshot, (customer_key,))
    return names.get(customer_key) or page.text("drill.unnamed", key=customer_key[:8])


# ---- the list to choose from ----


def show_list(page: Frame) -> None:
    """Customers that fit the search, else the largest; a pressed row opens its page."""
    text, formats = page.text, page.formats
    asked = st.query_params.get(search.NAME, "").strip()
    found = search.find(page.snapshot, asked) if asked else None
    count = customer.count(page.snapshot) if found is None else len(found)

    def first(at_most: int) -> pl.DataFrame:
        if found is None:
            return customer.largest(page.snapshot, at_most)
        return customer.named_by(page.snapshot, tuple(found[:at_most]))

    listed = first(levels.ROWS_SHOWN)
    title = text("customer.list_found" if asked else "customer.list", words=literal(asked))
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[("mart_kpi_monthly", "mrr")],
        notes=[text("customer.list_note")],
    )
    if listed.is_empty():
        st.info(text("customer.nobody" if asked else "customer.empty"), icon=":material/search:")
        return
    if count > listed.height:
        st.caption(text("drill.first_rows", shown=listed.height, all=formats.count(count)))
    shown = levels.with_status(page, listed)
    columns = [
        Column("customer", text("column.customer"), is_pinned=True),
        Column("mrr", page.metric_name("mart_kpi_monthly", "mrr"), "money"),
        Column("status_name", text("column.state")),
        Column("plan_names", text("column.plan_id")),
        Column("owner", text("customer.fact.owner")),
        Column("first_paid_month", text("column.cohort_month"), "month"),
        Column("next_term_end_date", text("customer.fact.next_term_end_date"), "date"),
        Column("net_revenue_12m", text("customer.tile.net_revenue_12m"), "money"),
        Column("rfm_cell", text("customer.fact.rfm_cell")),
        Column("ar_open_balance", text("customer.tile.ar_open_balance"), "money"),
    ]
    keys = shown["customer_key"].to_list()
    below = ("view", *BELOW_VIEW)
    tables.show(
        shown,
        columns,
        formats,
        selectable=tables.rows_in_url("customer", keys, clears=below),
        key="customer_table",
        alt=title,
    )
    tables.download(
        page,
        lambda: levels.with_status(page, first(count)),
        columns,
        name=MART,
        key="customer_csv",
        before=lambda: levels.record_export(page, MART, count),
    )
    names = dict(zip(keys, shown["customer"], strict=True))
    filters.select(
        "customer",
        keys,
        default=None,
        label=text("customer.choose"),
        show=names.get,
        clears=below,
        placeholder=text("level.choose"),
    )


# ---- header ----


def show_header(page: Frame, known: dict) -> None:
    """Name, what it is worth, where it stands, and what to worry about."""
    text = page.text
    key = known["customer_key"]
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
    facts = [
        (
            page.metric_name("mart_kpi_monthly", "mrr"),
            "money",
            known["mrr"],
            text("customer.contracts_count", count=formats.count(known["running_contract_count"])),
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
                without_change=note,
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
        return None if value is None else text("format.months").split()[value - 1]

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


# ---- views ----


def show_timeline(page: Frame, known: dict) -> None:
    """MRR over time, and everything that happened in one list by day."""
    text, formats = page.text, page.formats
    key = known["customer_key"]
    show_mrr(page, known)
    events = timeline.of_customer(page, key)
    counts = dict(events.group_by("kind").len().iter_rows())
    title = text("customer.timeline")
    frame.heading(
        page,
        title,
        unit=text("customer.unit_event"),
        definition=text("customer.timeline_help"),
        notes=[text("customer.timeline_note")],
    )
    if events.is_empty():
        st.info(text("customer.no_event"), icon=":material/hourglass_empty:")
        return
    kind = filters.segments(
        "kind",
        (ALL, *(name for name in timeline.KINDS if name in counts)),
        default=ALL,
        label=text("customer.kind"),
        show=lambda name: text(
            "customer.kind_count",
            kind=text.code("customer.event", name),
            count=formats.count(counts.get(name, events.height)),
        ),
        clears=("event",),
    )
    shown = events if kind == ALL else events.filter(pl.col("kind") == kind)
    event = levels.show(
        page,
        levels.Level(
            "event", "event_key", title, text("customer.choose_event"), "customer_timeline"
        ),
        shown,
        [
            Column("day", text("customer.day"), "date", is_pinned=True),
            Column("kind_name", text("column.movement_type")),
            Column("what", text("customer.what")),
            Column("amount", text("customer.amount")),
            Column("source", text("column.source")),
        ],
        describe=lambda row: text(
            "customer.event_name",
            day=formats.date(row["day"]),
            kind=row["kind_name"],
            what=row["what"],
        ),
    )
    if event is None:
        return
    if event["kind"] == "movement":
        st.page_link(
            "views/mrr.py",
            label=text("customer.to_movement"),
            icon=":material/arrow_forward:",
            query_params={
                **filters.frame_values(),
                "month": event["month"],
                "type": event["movement_type"],
                "customer": key,
            },
        )
    show_line(page, event, event["entity"])


def show_mrr(page: Frame, known: dict) -> None:
    """MRR at each month's end, as stairs; the last one is the tile above."""
    text, formats = page.text, page.formats
    key = known["customer_key"]
    by_month = customer.mrr_by_month(page.snapshot, key)
    if by_month.is_empty():
        return
    moved = {
        row["month"]: timeline.movement_key(row)
        for row in customer.movements(page.snapshot, key).to_dicts()
    }
    title = text("customer.mrr_over_time")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[("mart_kpi_monthly", "mrr")],
        notes=[text("customer.mrr_note")],
    )
    stairs = [
        customer_charts.Level(
            row["month_end"],
            formats.money_pixels(row["mrr"]),
            formats.money(row["mrr"]),
            formats.month(row["month"]),
            {"kind": "movement", "event": moved[row["month"]]} if row["month"] in moved else None,
        )
        for row in by_month.to_dicts()
    ]
    chart = customer_charts.levels_over_time(
        stairs,
        day_title=text("column.month_end"),
        mrr_title=formats.money_unit(),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="mrr_over_time", alt=title)


def show_line(page: Frame, row: dict, entity: str | None) -> None:
    """The delivered line a row was read from, where it was read from a line."""
    if entity is None or not row["file_name"]:
        return
    source = literal(source_line.name(page, row))
    st.markdown(page.text("customer.original", source=source))
    source_line.show(page, row, entity)


def placed(page: Frame, rows: pl.DataFrame, **words: list[str]) -> pl.DataFrame:
    """The rows with `source`, the place they were read from, and columns of words."""
    places = [source_line.name(page, row) if row["file_name"] else "" for row in rows.to_dicts()]
    return rows.with_columns(
        pl.Series(name, values, dtype=pl.String)
        for name, values in {**words, "source": places}.items()
    )


def show_contracts(page: Frame, known: dict) -> None:
    """Contract lines, and every piece of constant state and price down to the delivered line."""
    text, formats = page.text, page.formats
    contracts = customer.contracts(page.snapshot, known["customer_key"])
    pieces = customer.pieces(page.snapshot, known["customer_key"])
    title = text("customer.contracts", count=formats.count(contracts.height))
    frame.heading(
        page,
        title,
        unit=text("customer.unit_contract"),
        metrics=[("mart_kpi_monthly", "mrr")],
    )
    if contracts.is_empty():
        st.info(text("customer.no_contract"), icon=":material/inbox:")
        return
    renewals = {
        None: text("customer.unsaid"),
        True: text("customer.said_yes"),
        False: text("customer.said_no"),
    }
    shown = contracts.with_columns(
        pl.Series(
            "renews", [renewals[value] for value in contracts["is_auto_renewed"]], dtype=pl.String
        ),
        pl.Series(
            "ended",
            [text.code("customer.end_cause", code or "open") for code in contracts["end_cause"]],
            dtype=pl.String,
        ),
    )
    levels.show(
        page,
        levels.Level("contract", "subscription_key", title, "", "dim_subscription"),
        shown,
        [
            Column("contract_id", text("column.contract_id"), is_pinned=True),
            Column("plan_name", text("column.plan_id")),
            Column("first_start_date", text("customer.start"), "date"),
            Column("service_end_excl", text("customer.end_excl"), "date"),
            Column("ended", text("column.state")),
            Column("term_end_date", text("customer.term_end"), "date"),
            Column("term_months", text("customer.term_months"), "count"),
            Column("notice_days", text("customer.notice_days"), "count"),
            Column("renews", text("customer.renews")),
            Column("campaign_id", text("segment_attribute.campaign")),
        ],
        describe=str,
        is_chosen_here=False,
    )
    st.markdown(text("customer.pieces"))
    in_words = placed(
        page,
        pieces,
        state_name=[text.code("segment_state", code) for code in pieces["segment_state"]],
        mrr_native_text=[
            formats.native(row["mrr_native"], row["currency"]) for row in pieces.to_dicts()
        ],
    )
    piece = levels.show(
        page,
        levels.Level(
            "piece", "segment_key", title, text("customer.choose_line"), "fct_subscription_segment"
        ),
        in_words,
        [
            Column("contract_id", text("column.contract_id"), is_pinned=True),
            Column("plan_name", text("column.plan_id")),
            Column("state_name", text("column.state")),
            Column("piece_start_date", text("column.piece_start"), "date"),
            Column("piece_end_excl", text("column.piece_end_excl"), "date"),
            Column("quantity", text("customer.quantity"), "count"),
            Column("mrr_native_text", text("column.mrr_native")),
            Column("source", text("column.source")),
        ],
        describe=lambda row: text(
            "drill.line_name",
            contract=row["contract_id"],
            start=formats.date(row["piece_start_date"]),
            source=row["source"],
        ),
    )
    if piece is not None:
        show_line(page, piece, CONTRACTS)


def show_cash(page: Frame, known: dict) -> None:
    """Invoices and what is owed on them; receipts and which invoices they settled."""
    show_invoices(page, known["customer_key"])
    show_payments(page, known["customer_key"])


def show_invoices(page: Frame, customer_key: str) -> None:
    """Every invoice with its balance, down to the delivered line."""
    text, formats = page.text, page.formats
    invoices = customer.invoices(page.snapshot, customer_key)
    title = text("customer.invoices", count=formats.count(invoices.height))
    frame.heading(
        page,
        title,
        unit=text("cash.contract_currency"),
        metrics=[("mart_ar_aging", "balance")],
    )
    if invoices.is_empty():
        st.info(text("customer.no_invoice"), icon=":material/inbox:")
        return
    amounts = {
        f"{name}_native_text": [
            formats.native(row[f"{name}_native"], row["currency"]) for row in invoices.to_dicts()
        ]
        for name in ("total", "allocated", "balance")
    }
    invoice = levels.show(
        page,
        levels.Level("invoice", "invoice_key", title, text("cash.choose_invoice"), "fct_invoice"),
        placed(
            page,
            invoices,
            method=[text.code("payment_method", code) for code in invoices["payment_method"]],
            **amounts,
        ),
        [
            Column("invoice_id", text("cash.invoice_id"), is_pinned=True),
            Column("issue_date", text("cash.issue_date"), "date"),
            Column("due_date", text("cash.due_date"), "date"),
            Column("total_native_text", text("cash.total_native")),
            Column("allocated_native_text", text("cash.collected")),
            Column("balance_native_text", text("cash.balance")),
            Column("settled_date", text("customer.settled_on"), "date"),
            Column("method", text("cash.method")),
            Column("source", text("column.source")),
        ],
        describe=lambda row: text(
            "customer.invoice_name",
            invoice=row["invoice_id"],
            day=formats.date(row["issue_date"]),
            amount=row["total_native_text"],
        ),
    )
    if invoice is not None:
        show_line(page, invoice, INVOICES)


def show_payments(page: Frame, customer_key: str) -> None:
    """Every receipt with the invoices it settled, down to the delivered line."""
    text, formats = page.text, page.formats
    payments = customer.payments(page.snapshot, customer_key)
    title = text("customer.payments", count=formats.count(payments.height))
    frame.heading(
        page,
        title,
        unit=text("cash.contract_currency"),
        definition=text("cash.application_help"),
    )
    if payments.is_empty():
        st.info(text("customer.no_payment"), icon=":material/inbox:")
        return
    settled: dict[str, list[str]] = {}
    for receipt, invoice in customer.settled(page.snapshot, customer_key).iter_rows():
        settled.setdefault(receipt, []).append(invoice)
    receipt = levels.show(
        page,
        levels.Level(
            "receipt", "receipt_key", title, text("customer.choose_receipt"), "fct_payment"
        ),
        placed(
            page,
            payments,
            amount_native_text=[
                formats.native(row["amount_native"], row["currency"]) for row in payments.to_dicts()
            ],
            method=[text.code("payment_method", code) for code in payments["payment_method"]],
            invoices=[text.joined(settled.get(key, [])) for key in payments["receipt_key"]],
        ),
        [
            Column("received_date", text("cash.received_date"), "date", is_pinned=True),
            Column("amount_native_text", text("cash.received_amount")),
            Column("method", text("cash.method")),
            Column("invoices", text("cash.settled_invoices")),
            Column("source_id", text("cash.receipt_id")),
            Column("source", text("column.source")),
        ],
        describe=lambda row: text(
            "cash.receipt_name",
            receipt=row["source_id"],
            date=formats.date(row["received_date"]),
            amount=row["amount_native_text"],
        ),
    )
    if receipt is not None:
        show_line(page, receipt, timeline.OF_PAYMENT[receipt["origin"]])


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


def show_value(page: Frame, known: dict) -> None:
    """Place among all customers, points of the health score, and the segments it belongs to."""
    show_place(page, known)
    show_health(page, known["customer_key"])
    show_segments(page, known["customer_key"])


def show_place(page: Frame, known: dict) -> None:
    """RFM scores with what they were made from, decile, ABC and shares."""
    text, formats = page.text, page.formats
    rfm = customer.rfm(page.snapshot, known["customer_key"])
    title = text("customer.rfm")
    scores = [(RFM, f"{name}_score") for name in ("r", "f", "m")]
    frame.heading(page, title, unit=text("customer.unit_score"), metrics=scores)
    if rfm is None:
        st.info(text("customer.no_rfm"), icon=":material/inbox:")
        return
    made_from = {
        "r_score": text("customer.days", value=formats.count(rfm["recency_days"])),
        "f_score": text("customer.times", value=formats.count(rfm["frequency_count"])),
        "m_score": formats.money(rfm["net_revenue_12m"]),
    }
    with st.container(key="tiles_rates"):
        for score, note in made_from.items():
            tiles.show(
                page.metric_name(RFM, score),
                "count",
                rfm[score],
                None,
                formats,
                compared_with="",
                without_change=note,
                definition=page.definition(RFM, score),
            )
        tiles.show(
            text("customer.decile"),
            "count",
            rfm["decile"],
            None,
            formats,
            compared_with="",
            without_change=text("customer.rank", rank=formats.count(rfm["value_rank"])),
            definition=page.definition("mart_decile", "net_revenue_12m"),
        )
        tiles.show(
            page.metric_name(RFM, "revenue_share_rate"),
            "rate",
            rfm["revenue_share_rate"],
            None,
            formats,
            compared_with="",
            without_change=text("customer.abc", abc=rfm["abc_class"] or text("format.missing")),
            definition=page.definition(RFM, "abc_class"),
        )
    if rfm["rfm_cell"]:
        st.page_link(
            "views/segments.py",
            label=text("customer.to_cell", cell=rfm["rfm_cell"]),
            icon=":material/arrow_forward:",
            query_params={**filters.frame_values(), "view": "rfm", "cell": rfm["rfm_cell"][:2]},
        )


def show_health(page: Frame, customer_key: str) -> None:
    """The components of the health score; their points add up to it."""
    text, formats = page.text, page.formats
    health = customer.health(page.snapshot, customer_key)
    title = text("customer.health")
    frame.heading(
        page,
        title,
        unit=text("customer.unit_points"),
        metrics=[(HEALTH, "health_score")],
    )
    if health is None:
        st.info(text("customer.no_health"), icon=":material/inbox:")
        return
    parts = customer.health_parts(page.snapshot, customer_key)
    shown = parts.with_columns(
        pl.Series("name", [text.code("customer.component", code) for code in parts["component"]]),
        pl.Series(
            "why", [text.code("customer.health_reason", code) for code in parts["reason_code"]]
        ),
    )
    if health["health_score"] is not None:
        score, total = health["health_score"], parts["contribution_score"].drop_nulls().sum()
        # each part is rounded to the millionth by itself
        is_rounding = abs(total - score) <= parts.height * LAST_DIGIT
        levels.show_match(page, score if is_rounding else total, score, formats.ratio)
    columns = [
        Column("name", text("customer.component_title"), is_pinned=True),
        Column("contribution_score", text("customer.contribution"), "ratio"),
        Column("component_score", text("customer.component_score"), "ratio"),
        Column("weight", text("customer.weight"), "ratio"),
        Column("why", text("column.reason")),
    ]
    tables.show(shown, columns, formats, key="health_parts", alt=title)
    tables.download(page, lambda: shown, columns, name="health", key="health_csv")


def show_segments(page: Frame, customer_key: str) -> None:
    """The value of each attribute figures can be cut by; each leads to the others of it."""
    text = page.text
    segments = customer.segments(page.snapshot, customer_key)
    title = text("customer.segments")
    st.subheader(title, anchor=False)
    for row in segments.to_dicts():
        attribute, value = row["segment_attribute"], row["segment_value"]
        st.page_link(
            "views/segments.py",
            label=text(
                "customer.segment",
                attribute=text.code("segment_attribute", attribute),
                value=literal(text.code("segment_value", value)),
            ),
            icon=":material/donut_small:",
            query_params={
                **filters.frame_values(),
                "view": "attribute",
                "by": attribute,
                "value": value,
            },
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


VIEWS = {
    "timeline": show_timeline,
    "contracts": show_contracts,
    "cash": show_cash,
    "talk": show_talk,
    "value": show_value,
    "identity": show_identity,
}


main(frame.current())
