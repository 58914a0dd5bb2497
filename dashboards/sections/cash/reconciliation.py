"""Our billed total against what the billing system itself reports, month by month."""

from decimal import Decimal

import polars as pl
import streamlit as st

from dashboards import frame, levels, source_line
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import cash, reconciliation
from dashboards.sections.cash.invoice import INVOICES, show_invoice
from dashboards.tables import Column

MART = "mart_billing_reconciliation"
ITEMS = "mart_billing_reconciliation_item"


def show_reconciliation(page: Frame) -> None:
    """The months → what is behind a difference → the document → its line of the file."""
    text = page.text
    title = text("reconciliation.title")
    rows = reconciliation.comparisons(page.snapshot)
    frame.heading(
        page,
        title,
        unit=text("cash.contract_currency"),
        metrics=[(MART, "difference_native"), (MART, "unexplained_native")],
        notes=[text("reconciliation.note")],
    )
    if rows["control_native"].is_null().all():  # no row, or no month with a control total
        show_what_to_deliver(page)
        if rows.is_empty():
            return
    else:
        show_state(page, rows)
    compared = levels.show(
        page,
        levels.Level(
            "compared",
            "reconciliation_key",
            title,
            text("reconciliation.choose_month"),
            MART,
            ("item", "maybe"),
        ),
        in_words(page, rows),
        [
            Column("month", text("column.month"), "month", is_pinned=True),
            Column("state", text("reconciliation.state")),
            *source_columns(page, rows),
            Column("billed_native_text", text("reconciliation.billed")),
            Column("control_native_text", text("reconciliation.control")),
            Column("difference_native_text", text("reconciliation.difference")),
            Column("explained_native_text", text("reconciliation.explained")),
            Column("unexplained_native_text", text("reconciliation.unexplained")),
            Column("invoice_count", text("cash.invoices"), "count"),
            Column("control_document_count", text("reconciliation.control_count"), "count"),
        ],
        describe=lambda row: called(page, row),
    )
    if compared is not None:
        show_comparison(page, compared)


def show_what_to_deliver(page: Frame) -> None:
    """Which small file makes the comparison possible, with its headings."""
    text = page.text
    st.info(text("reconciliation.empty"), icon=":material/inbox:")
    st.markdown(text("reconciliation.empty_steps"))


def show_state(page: Frame, rows: pl.DataFrame) -> None:
    """How the newest month with a control total stands, in one sentence."""
    text, formats = page.text, page.formats
    reported = rows.filter(pl.col("control_native").is_not_null())
    month = reported["month"].max()
    newest = reported.filter(pl.col("month") == month)
    open_ones = newest.filter(pl.col("unexplained_native") != 0)
    if open_ones.is_empty():
        states = set(newest["reconciliation_status"])
        key = "all_matched" if states == {"matched"} else "all_explained"
        st.success(
            text(f"reconciliation.{key}", month=formats.month(month)), icon=":material/task_alt:"
        )
        return
    amounts = [
        formats.native(abs(row["unexplained_native"]), row["currency"])
        for row in open_ones.to_dicts()
    ]
    st.warning(
        text("reconciliation.notice", month=formats.month(month), amounts=text.joined(amounts)),
        icon=":material/balance:",
    )


def source_columns(page: Frame, rows: pl.DataFrame) -> list[Column]:
    """The billing system, where there is more than one."""
    if rows["source_system"].n_unique() < 2:
        return []
    return [Column("source_system", page.text("quality.source"))]


def in_words(page: Frame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with their state in words and their amounts with the currency."""
    amounts = ("billed", "control", "difference", "explained", "unexplained")
    return rows.with_columns(
        pl.Series(
            "state",
            [
                page.text.code("reconciliation_status", code)
                for code in rows["reconciliation_status"]
            ],
        ),
        *(
            pl.Series(
                f"{name}_native_text",
                [amount(page, row, f"{name}_native") for row in rows.to_dicts()],
                dtype=pl.String,
            )
            for name in amounts
        ),
    )


def amount(page: Frame, row: dict, column: str) -> str:
    """An amount with its currency, or a dash with the reason it does not exist."""
    if row[column] is None:
        return page.formats.missing(row[f"{column}_null_reason"])
    return page.formats.native(row[column], row["currency"])


def called(page: Frame, row: dict) -> str:
    """A comparison as the list to choose from calls it."""
    return page.text(
        "reconciliation.month_name",
        month=page.formats.month(row["month"]),
        system=row["source_system"],
        currency=row["currency"],
        state=row["state"],
    )


def show_comparison(page: Frame, compared: dict) -> None:
    """The items that make up the difference, and what may be behind what is left."""
    text, formats = page.text, page.formats
    if compared["control_native"] is None:
        st.info(text("reconciliation.nothing_to_compare"), icon=":material/inbox:")
        return
    found = reconciliation.items(page.snapshot, compared["reconciliation_key"])
    bridge = found.filter(pl.col("item_kind") != "possible")
    title = text(
        "reconciliation.items",
        month=formats.month(compared["month"]),
        sum=formats.native(compared["difference_native"], compared["currency"]),
    )
    st.markdown(title)
    levels.show_match(
        page,
        sum(bridge["amount_native"], Decimal(0)),
        compared["difference_native"],
        lambda value: formats.native(value, compared["currency"]),
    )
    if bridge.is_empty():
        st.caption(text("reconciliation.no_items"))
    else:
        item = show_items(page, "item", bridge, title)
        if item is not None:
            show_item(page, item)
            return
    possible = found.filter(pl.col("item_kind") == "possible")
    if possible.is_empty():
        return
    title = text("reconciliation.possible", count=formats.count(possible.height))
    st.markdown(title)
    st.caption(text("reconciliation.possible_note"))
    item = show_items(page, "maybe", possible, title)
    if item is not None:
        show_item(page, item)


def show_items(page: Frame, name: str, items: pl.DataFrame, title: str) -> dict | None:
    """The items with reason, amount and place; returns the chosen one."""
    text = page.text
    rows = items.to_dicts()
    shown = items.with_columns(
        pl.Series(
            "reason", [text.code("reconciliation_reason", row["reason_code"]) for row in rows]
        ),
        pl.Series("amount_native_text", [amount(page, row, "amount_native") for row in rows]),
        pl.Series(
            "meaning", [text.code("reconciliation_meaning", row["reason_code"]) for row in rows]
        ),
        pl.Series("place", [place(page, row) for row in rows]),
    )
    return levels.show(
        page,
        levels.Level(name, "item_key", title, text("reconciliation.choose_item"), ITEMS),
        shown,
        [
            Column("reason", text("column.reason"), is_pinned=True),
            Column("amount_native_text", text("reconciliation.difference")),
            Column("document_id", text("reconciliation.document")),
            Column("issue_date", text("cash.issue_date"), "date"),
            Column("place", text("column.source")),
            Column("meaning", text("cash.meaning")),
        ],
        describe=lambda row: text(
            "reconciliation.item_name",
            reason=row["reason"],
            document=row["document_id"] or row["place"],
            amount=row["amount_native_text"],
        ),
    )


def place(page: Frame, row: dict) -> str:
    """File, sheet and row behind an item; a dash where the delivery is not known any more."""
    return source_line.name(page, row) if row["file_name"] else page.text("format.missing")


def show_item(page: Frame, item: dict) -> None:
    """Why an item differs, what to do, and the document or the line of the file behind it."""
    text = page.text
    st.markdown(
        text(
            "reconciliation.item",
            reason=literal(item["reason"]),
            meaning=literal(item["meaning"]),
            remedy=text.code("reconciliation_remedy", item["reason_code"]),
        )
    )
    if item["item_kind"] == "possible" or item["reason_code"] == "refused_row":
        show_refusals(page, item)
    is_counted = item["entity"] == INVOICES and item["document_key"] is not None
    if is_counted and cash.invoice(page.snapshot, item["document_key"]).height:
        show_invoice(page, item["document_key"])
    elif item["file_name"]:
        st.markdown(text("reconciliation.source", source=literal(place(page, item))))
        source_line.show(page, item, item["entity"])


def show_refusals(page: Frame, item: dict) -> None:
    """Why landing kept the row back, in words, where it did."""
    text = page.text
    for row in reconciliation.refusals(
        page.snapshot, item["delivery_id"], item["source_row"]
    ).to_dicts():
        if row["source_sheet"] == item["source_sheet"]:
            st.markdown(
                text(
                    "reconciliation.refused",
                    column=literal(row["column_name"] or text("quality.whole_row")),
                    message=literal(row[f"message_{text.lang}"]),
                    remedy=literal(row[f"remedy_{text.lang}"]),
                )
            )
