"""顧客360: one customer, from every system: who it is, what it is worth, what happened, and why we
believe that these records are one customer.
"""

import polars as pl
import streamlit as st

from dashboards import consent, filters, frame, levels, missing, search, tables
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import about, customer
from dashboards.sections.customer.cash import show_cash
from dashboards.sections.customer.contracts import show_contracts
from dashboards.sections.customer.header import MART, show_header
from dashboards.sections.customer.identity import show_identity
from dashboards.sections.customer.people import show_people
from dashboards.sections.customer.story import show_timeline
from dashboards.sections.customer.talk import show_talk
from dashboards.sections.customer.value import show_value
from dashboards.tables import Column

ORDERS = ("mrr", "kana")
BELOW_VIEW = ("kind", "event", "piece", "invoice", "receipt", "inquiry", "contact", "person")


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


def show_list(page: Frame) -> None:
    """Customers that fit the search, else the largest; a pressed row opens its page."""
    text, formats = page.text, page.formats
    asked = st.query_params.get(search.NAME, "").strip()
    found = search.find(page.snapshot, asked) if asked else None
    order = choose_order(page) if found is None else None
    count = customer.count(page.snapshot) if found is None else len(found)

    def first(at_most: int) -> pl.DataFrame:
        if found is None and order == "kana":
            return customer.by_kana(page.snapshot, at_most)
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
        notes=[
            text("customer.mrr_of", month=formats.month(about.last_month(page.snapshot))),
            text("customer.list_note"),
        ],
    )
    if listed.is_empty():
        st.info(text("customer.nobody" if asked else "customer.empty"), icon=":material/search:")
        return
    missing.tell(page, "invoices", ["billing.invoices"])
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
        Column("ar_open_balance", text("customer.ar_open_balance_incl_tax"), "money"),
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
        more=lambda: consent.offer(page, "customers", lambda: first(count)),
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


def choose_order(page: Frame) -> str:
    """By MRR, or by kana for who may see names."""
    if not page.snapshot.has_personal_columns:
        return ORDERS[0]
    return filters.segments(
        "order",
        ORDERS,
        default=ORDERS[0],
        label=page.text("customer.order"),
        show=lambda name: page.text(f"customer.order_name.{name}"),
    )


VIEWS = {
    "timeline": show_timeline,
    "contracts": show_contracts,
    "cash": show_cash,
    "people": show_people,
    "talk": show_talk,
    "value": show_value,
    "identity": show_identity,
}


main(frame.current())
