"""The way down from a number: month × type → customers → contracts → the delivered line.

Each level shows its sum and whether it equals the number above it. Where one stands is in the URL:
`month`, `type`, `customer`, `line` (a segment_key); a choice on one level empties the levels below.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import streamlit as st

from dashboards import filters, levels, source_line, tables
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import people, revenue
from dashboards.tables import Column

CONTRACTS = "billing.subscriptions"  # the entity contract rows were landed as


BELOW_CELL = ("customer", "line")  # what a choice of another cell makes meaningless


def show(
    page: Frame, months: Mapping[str, date], types: Sequence[str], month_ends: Mapping[date, date]
) -> None:
    """The levels below the movement table, as deep as the URL says; to choose: month and type."""
    text, formats = page.text, page.formats
    st.subheader(text("drill.title"), anchor=False)
    with st.container(horizontal=True):
        month_name = filters.select(
            "month",
            list(reversed(months)),
            default=None,
            label=text("column.month"),
            show=lambda name: formats.month(months[name]),
            clears=BELOW_CELL,
            placeholder=text("drill.choose_month"),
            width=180,
        )
        movement_type = choose_type(page, types)
    if month_name is None or movement_type is None:
        st.info(text("drill.hint"), icon=":material/touch_app:")
        return
    month = months[month_name]
    show_below(page, month, movement_type, month_ends[month])


def show_month(page: Frame, month: date, types: Sequence[str], month_end: date) -> None:
    """The same for a page that shows one month: only the type is chosen."""
    movement_type = choose_type(page, types)
    if movement_type is not None:
        show_below(page, month, movement_type, month_end)


def choose_type(page: Frame, types: Sequence[str]) -> str | None:
    """The movement type in the URL; None when nobody chose one."""
    text = page.text
    return filters.select(
        "type",
        types,
        default=None,
        label=text("column.movement_type"),
        show=lambda name: text.code("movement_type", name),
        clears=BELOW_CELL,
        placeholder=text("drill.choose_type"),
        width=180,
    )


def show_below(page: Frame, month: date, movement_type: str, month_end: date) -> None:
    """The customers of one cell, and the contracts of the one chosen."""
    customer = show_customers(page, month, movement_type)
    if customer is not None:
        show_contracts(page, customer, month, month_end)


# ---- customers ----


def show_customers(page: Frame, month: date, movement_type: str) -> dict | None:
    """The customers who moved this way, their sum against the cell; returns the chosen one."""
    text, formats = page.text, page.formats
    total = revenue.movement_sum(page.snapshot, month, movement_type).row(0, named=True)
    if not total["customer_count"]:
        st.info(text("drill.nobody"), icon=":material/person_off:")
        return None
    moved = revenue.movement_customers(page.snapshot, month, movement_type)
    st.markdown(
        text(
            "drill.customers",
            month=formats.month(month),
            type=text.code("movement_type", movement_type),
            count=formats.count(total["customer_count"]),
            sum=formats.money_signed(total["mrr_change"]),
        )
    )
    cell = revenue.movement_cell(page.snapshot, month, movement_type)
    levels.show_match(page, total["mrr_change"], cell, formats.money_signed)

    columns = [
        Column("customer", text("column.customer"), is_pinned=True),
        Column("mrr_change", text("column.mrr_change"), "money"),
        Column("mrr_before", text("column.mrr_before"), "money"),
        Column("mrr_after", text("column.mrr_after"), "money"),
        Column("reason", text("column.reason")),
        Column("cohort_month", text("column.cohort_month"), "month"),
    ]
    return levels.show(
        page,
        levels.of_customers(
            page,
            text("column.customer"),
            "fct_mrr_movement",
            file=f"mrr_{month:%Y%m}_{movement_type}",
            month=month.isoformat(),
            movement_type=movement_type,
        ),
        moved,
        columns,
        describe=levels.of_name,
        in_words=lambda rows: in_words(page, rows),
    )


def in_words(page: Frame, customers: pl.DataFrame) -> pl.DataFrame:
    """The rows with `customer` (the name, or a short key for want of one) and `reason` as text."""
    keys, codes = customers["customer_key"], customers["movement_reason"]
    names = people.names(page.snapshot, tuple(sorted(set(keys))))
    called = [names.get(key) or page.text("drill.unnamed", key=key[:8]) for key in keys]
    reasons = [page.text.code("movement_reason", code) for code in codes]
    return customers.with_columns(
        pl.Series("customer", called, dtype=pl.String),
        pl.Series("reason", reasons, dtype=pl.String),
    )


# ---- contracts ----


def show_contracts(page: Frame, customer: dict, month: date, month_end: date) -> None:
    """The customer's contracts at the month-end before and at this one, with their sums."""
    text, formats = page.text, page.formats
    key = customer["customer_key"]
    after = month_end + timedelta(days=1)
    ends = {
        "before": (month - timedelta(days=1), revenue.customer_mrr(page.snapshot, key, month)),
        "after": (month_end, revenue.customer_mrr(page.snapshot, key, after)),
    }
    st.markdown(
        text(
            "drill.contracts",
            customer=literal(customer["customer"]),
            before=formats.money(ends["before"][1]),
            after=formats.money(ends["after"][1]),
        )
    )
    lines: dict[str, dict] = {}
    for name, (day, mrr) in ends.items():
        pieces = revenue.contracts_in_force(page.snapshot, key, day)
        st.markdown(text(f"drill.at_{name}", day=formats.date(day)))
        show_contract_sum(page, key, day, mrr)
        if pieces.is_empty():
            st.caption(text("drill.none_in_force"))
        else:
            show_pieces(page, pieces, name)
            lines |= {row["segment_key"]: row for row in pieces.to_dicts()}
    chosen = filters.select(
        "line",
        list(lines),
        default=None,
        label=text("drill.line"),
        show=lambda key: line_name(page, lines[key]),
        placeholder=text("drill.choose_line"),
    )
    if chosen is not None:
        source = literal(source_line.name(page, lines[chosen]))
        st.markdown(text("drill.original", source=source))
        source_line.show(page, lines[chosen], CONTRACTS)


def show_contract_sum(page: Frame, customer_key: str, day: date, mrr: Decimal) -> None:
    """The sum of the contracts against the customer's MRR; in a foreign currency beside it."""
    text, formats = page.text, page.formats
    sums = revenue.contract_sums(page.snapshot, customer_key, day).rows()
    if any(currency != formats.currency for currency, _ in sums):
        native = text.joined(formats.native(amount, currency) for currency, amount in sums)
        st.caption(text("drill.foreign_sum", native=native, mrr=formats.money(mrr)))
        return
    total = sum((amount for _, amount in sums), Decimal(0))
    levels.show_match(page, total, mrr, formats.money)


def show_pieces(page: Frame, pieces: pl.DataFrame, name: str) -> None:
    """The contract pieces that cover the day; pressing one opens its line in the delivered file."""
    text, formats = page.text, page.formats
    shown = pieces.with_columns(
        pl.Series(
            "state_name", [text.code("segment_state", code) for code in pieces["segment_state"]]
        ),
        pl.Series(
            "mrr_text",
            [formats.native(row["mrr_native"], row["currency"]) for row in pieces.to_dicts()],
        ),
        pl.Series("source", [source_line.name(page, row) for row in pieces.to_dicts()]),
    )

    tables.show(
        shown,
        [
            Column("contract_id", text("column.contract_id"), is_pinned=True),
            Column("plan_id", text("column.plan_id")),
            Column("state_name", text("column.state")),
            Column("mrr_text", text("column.mrr_native")),
            Column("piece_start_date", text("column.piece_start"), "date"),
            Column("piece_end_excl", text("column.piece_end_excl"), "date"),
            Column("source", text("column.source")),
        ],
        formats,
        selectable=tables.rows_in_url("line", shown["segment_key"].to_list()),
        key=f"pieces_{name}",
        alt=text(f"drill.at_{name}", day=""),
    )


def line_name(page: Frame, piece: dict) -> str:
    """A contract segment with the place it came from, for the list to choose a line from."""
    return page.text(
        "drill.line_name",
        contract=piece["contract_id"],
        start=page.formats.date(piece["piece_start_date"]),
        source=source_line.name(page, piece),
    )
