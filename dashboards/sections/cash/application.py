"""Receipts matched with invoices, and what waits for a decision."""

import shlex
from collections.abc import Sequence

import polars as pl
import streamlit as st

from dashboards import filters, frame, levels
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import cash
from dashboards.sections.cash.lists import native, nothing
from dashboards.tables import Column

STATES = ("review", "unmatched", "partial", "unapplied", "matched")  # what waits comes first
NEEDS_DECISION = ("review", "unmatched")


def show_application(page: Frame) -> None:
    """Receipts by state → the receipts → how to accept, take back or name the payer."""
    text, formats = page.text, page.formats
    states = cash.receipt_states(page.snapshot)
    title = text("cash.application")
    frame.heading(
        page,
        title,
        unit=text("cash.contract_currency"),
        tax=frame.WITH_TAX,
        definition=text("cash.application_help"),
        notes=[text("cash.application_note")],
    )
    if states.is_empty():
        nothing(page, "application")
        return
    waiting = states.filter(pl.col("application_status").is_in(NEEDS_DECISION))
    count = sum(waiting["receipt_count"])
    if count:
        st.warning(
            text("cash.waiting", count=formats.count(count)), icon=":material/pending_actions:"
        )
    else:
        st.success(text("cash.nothing_waits"), icon=":material/task_alt:")
    named = [text.code("application_status", code) for code in states["application_status"]]
    levels.show(
        page,
        levels.Level("states", "application_status", title, "", "mart_cash_application"),
        with_words(page, native(page, states, "amount_native")).with_columns(
            pl.Series("state_name", named, dtype=pl.String)
        ),
        [
            Column("state_name", text("column.state"), is_pinned=True),
            Column("how", text("cash.how")),
            Column("why", text("column.reason")),
            Column("receipt_count", text("cash.receipt_count"), "count"),
            Column("amount_native_text", text("cash.received_amount")),
        ],
        describe=str,
        is_chosen_here=False,
    )
    present = [name for name in STATES if name in set(states["application_status"])]
    state = filters.segments(
        "state",
        present,
        default=present[0],
        label=text("cash.choose_state"),
        show=lambda name: text.code("application_status", name),
        clears=("receipt",),
    )
    show_receipts(page, state, states.filter(pl.col("application_status") == state))


def show_receipts(page: Frame, state: str, summary: pl.DataFrame) -> None:
    """The receipts of one state, and what may be done with the chosen one."""
    text, formats = page.text, page.formats
    receipts = cash.receipts(page.snapshot, state)
    count = sum(summary["receipt_count"])
    st.markdown(
        text(
            "cash.receipts",
            state=text.code("application_status", state),
            count=formats.count(receipts.height),
        )
    )
    levels.show_match(page, receipts.height, count, formats.count)
    receipt = levels.show(
        page,
        levels.Level(
            "receipt",
            "receipt_key",
            text("cash.application"),
            text("cash.choose_receipt"),
            "mart_cash_application",
        ),
        receipts,
        [
            Column("received_date", text("cash.received_date"), "date"),
            Column("source_id", text("cash.receipt_id")),
            Column("customer", text("column.customer")),
            Column("amount_native_text", text("cash.received_amount")),
            Column("how", text("cash.how")),
            Column("why", text("column.reason")),
            Column("settled_invoice_ids", text("cash.settled_invoices")),
            Column("proposal_invoice_ids", text("cash.proposal")),
            Column("decided_by", text("cash.decided_by")),
        ],
        describe=lambda row: text(
            "cash.receipt_name",
            receipt=row["source_id"],
            date=formats.date(row["received_date"]),
            amount=row["amount_native_text"],
        ),
        in_words=lambda listed: with_words(
            page, levels.named(page, native(page, listed, "amount_native"))
        ),
    )
    if receipt is not None:
        show_decision(page, state, receipt)


def show_decision(page: Frame, state: str, receipt: dict) -> None:
    """The commands that accept, take back or name the payer, ready to copy."""
    text = page.text
    st.markdown(text("cash.receipt", receipt=literal(receipt["source_id"])))
    payer = cash.payer(page.snapshot, receipt["receipt_key"])
    facts = [
        text("cash.fact_payer", payer=literal(payer)) if payer else "",
        text("cash.fact_proposal", invoices=literal(receipt["proposal_invoice_ids"]))
        if receipt["proposal_invoice_ids"]
        else "",
        text(
            "cash.fact_decided",
            by=literal(receipt["decided_by"]),
            at=page.formats.instant(receipt["decided_at"]),
            why=literal(receipt["decision_reason"] or ""),
        )
        if receipt["decided_by"]
        else "",
    ]
    st.markdown("\n".join(fact for fact in facts if fact) or text("cash.fact_none"))
    for name, command in commands_for(page, state, receipt, payer):
        st.caption(text(f"cash.command.{name}"))
        st.code(command, language="shell", wrap_lines=True)
    st.caption(text("cash.command_note"))


def commands_for(
    page: Frame, state: str, receipt: dict, payer: str | None
) -> Sequence[tuple[str, str]]:
    """What may be done with a receipt in this state, as commands; values are quoted for a shell."""
    text = page.text
    why = shlex.quote(text("cash.command_reason"))
    key = shlex.quote(receipt["receipt_key"])
    home = shlex.quote(str(page.home))
    start = ("keizoku", "--home", home, "cash")
    accept = ("accept", " ".join((*start, "accept", key, "--reason", why)))
    choose = (
        "choose",
        " ".join(
            (*start, "accept", key, "--invoice", text("cash.command_invoice"), "--reason", why)
        ),
    )
    reject = ("reject", " ".join((*start, "reject", key, "--reason", why)))
    if state in ("matched", "partial"):
        return [reject]
    found = [accept] if receipt["proposal_invoice_ids"] else []
    found.append(choose)
    if payer and state == "unmatched":
        alias = (*start, "alias", shlex.quote(payer), text("cash.command_customer"))
        found.append(("alias", " ".join((*alias, "--reason", why))))
    return found


def with_words(page: Frame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `how` (the rule that matched) and `why` (the reason) in words."""
    text = page.text
    none = text("format.missing")
    return rows.with_columns(
        pl.Series(
            "how",
            [text.code("match_rule", code) if code else none for code in rows["match_rule"]],
            dtype=pl.String,
        ),
        pl.Series(
            "why",
            [text.code("match_reason", code) if code else none for code in rows["reason"]],
            dtype=pl.String,
        ),
    )
