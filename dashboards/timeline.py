"""What happened with one customer, from every system, in one list by day.

Each event knows the line of the delivered file it was read from, or the page that has more of it.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta

import polars as pl

from dashboards import source_line
from dashboards.frame import Frame
from dashboards.queries import customer

KINDS = ("movement", "churn", "contract", "invoice", "payment", "inquiry", "contact", "action")
OF_PAYMENT = {"payment": "billing.payments", "bank": "billing.bank_transactions"}


@dataclass(frozen=True)
class Event:
    """One thing that happened on a day. The last six: where it was read; month: of a movement."""

    event_key: str
    day: date
    kind: str
    what: str
    amount: str
    month: str | None = None
    movement_type: str | None = None
    entity: str | None = None
    file_name: str | None = None
    delivery_id: str | None = None
    source_sheet: str | None = None
    source_row: int | None = None


SCHEMA = {
    field.name: pl.Date
    if field.name == "day"
    else pl.Int64
    if field.name == "source_row"
    else pl.String
    for field in fields(Event)
}


def of_customer(page: Frame, customer_key: str) -> pl.DataFrame:
    """Grain: one row per event up to the as-of day, the newest first; columns of Event, and
    `kind_name` and `source` in words.
    """
    events = [event for listed in LISTED for event in listed(page, customer_key)]
    table = pl.DataFrame([asdict(event) for event in events], schema=SCHEMA)
    order = {kind: place for place, kind in enumerate(KINDS)}
    table = (
        table.filter(pl.col("day") <= page.as_of)
        .with_columns(place=pl.col("kind").replace_strict(order, return_dtype=pl.Int64))
        .sort("day", "place", "event_key", descending=[True, False, False])
        .drop("place")
    )
    return table.with_columns(
        pl.Series(
            "kind_name",
            [page.text.code("customer.event", kind) for kind in table["kind"]],
            dtype=pl.String,
        ),
        pl.Series(
            "source",
            [source_line.name(page, row) if row["file_name"] else "" for row in table.to_dicts()],
            dtype=pl.String,
        ),
    )


def _place(row: dict, entity: str) -> dict:
    names = ("file_name", "delivery_id", "source_sheet", "source_row")
    return {"entity": entity, **{name: row[name] for name in names}}


def movement_key(row: dict) -> str:
    """The key of the event a movement is."""
    return f"movement.{row['month']:%Y-%m}.{row['movement_type']}.{row['movement_reason']}"


def _movements(page: Frame, customer_key: str) -> Iterator[Event]:
    text, formats = page.text, page.formats
    for row in customer.movements(page.snapshot, customer_key).to_dicts():
        yield Event(
            movement_key(row),
            # what a completed month changed is known at its end
            row["month_end"],
            "movement",
            text(
                "customer.happened.movement",
                type=text.code("movement_type", row["movement_type"]),
                reason=text.code("movement_reason", row["movement_reason"]),
                after=formats.money(row["mrr_after"]),
            ),
            formats.money_signed(row["mrr_change"]),
            month=f"{row['month']:%Y-%m}",
            movement_type=row["movement_type"],
        )


def _churns(page: Frame, customer_key: str) -> Iterator[Event]:
    text = page.text
    for row in customer.churns(page.snapshot, customer_key).to_dicts():
        yield Event(
            f"churn.{row['churn_key']}",
            row["churned_on"],
            "churn",
            text(
                "customer.happened.churn",
                kind=text.code("churn_kind", row["churn_kind"]),
                reason=text.code("churn_reason", row["reason_code"] or "none"),
            ),
            page.formats.money(row["mrr_lost"]),
        )


def _contracts(page: Frame, customer_key: str) -> Iterator[Event]:
    text, formats = page.text, page.formats
    seen, last_of = set(), {}
    for row in customer.pieces(page.snapshot, customer_key).to_dicts():
        line = (row["source_system"], row["contract_id"], row["line_id"])
        yield Event(
            f"contract.{row['segment_key']}",
            row["piece_start_date"],
            "contract",
            text(
                "customer.happened.changed" if line in seen else "customer.happened.began",
                contract=row["contract_id"],
                plan=row["plan_name"] or text("format.missing"),
                state=text.code("segment_state", row["segment_state"]),
            ),
            formats.native(row["mrr_native"], row["currency"]),
            **_place(row, "billing.subscriptions"),
        )
        seen.add(line)
        last_of[line] = row
    for row in last_of.values():
        if row["piece_end_excl"] is not None:
            yield Event(
                f"end.{row['segment_key']}",
                row["piece_end_excl"] - timedelta(days=1),
                "contract",
                text(
                    "customer.happened.ended",
                    contract=row["contract_id"],
                    plan=row["plan_name"] or text("format.missing"),
                    cause=text.code("customer.end_cause", row["end_cause"] or "open"),
                ),
                "",
                **_place(row, "billing.subscriptions"),
            )


def _invoices(page: Frame, customer_key: str) -> Iterator[Event]:
    text, formats = page.text, page.formats
    for row in customer.invoices(page.snapshot, customer_key).to_dicts():
        is_open = row["balance_native"] > 0
        yield Event(
            f"invoice.{row['invoice_key']}",
            row["issue_date"],
            "invoice",
            text(
                "customer.happened.invoice_open" if is_open else "customer.happened.invoice",
                invoice=row["invoice_id"],
                due=formats.date(row["due_date"]),
                balance=formats.native(row["balance_native"], row["currency"]),
            ),
            formats.native(row["total_native"], row["currency"]),
            **_place(row, "billing.invoices"),
        )


def _payments(page: Frame, customer_key: str) -> Iterator[Event]:
    text, formats = page.text, page.formats
    for row in customer.payments(page.snapshot, customer_key).to_dicts():
        yield Event(
            f"payment.{row['receipt_key']}",
            row["received_date"],
            "payment",
            text(
                "customer.happened.payment",
                method=text.code("payment_method", row["payment_method"]),
                receipt=row["source_id"],
            ),
            formats.native(row["amount_native"], row["currency"]),
            **_place(row, OF_PAYMENT[row["origin"]]),
        )


def _inquiries(page: Frame, customer_key: str) -> Iterator[Event]:
    text = page.text
    for row in customer.inquiries(page.snapshot, customer_key).to_dicts():
        complaint = "customer.happened.complaint"
        yield Event(
            f"inquiry.{row['inquiry_key']}",
            row["asked_date"],
            "inquiry",
            text(
                complaint if row["is_complaint"] else "customer.happened.inquiry",
                topic=text.code("topic", row["topic"] or "unknown"),
                status=text.code("ticket_status", row["status"] or ""),
            ),
            "",
            **_place(row, "inquiry.tickets"),
        )


def _contacts(page: Frame, customer_key: str) -> Iterator[Event]:
    text = page.text
    for row in customer.interactions(page.snapshot, customer_key).to_dicts():
        yield Event(
            f"contact.{row['interaction_key']}",
            row["interacted_date"],
            "contact",
            text(
                "customer.happened.contact",
                kind=text.code("contact_kind", row["kind"]),
                direction=text.code("customer.direction", row["direction"] or "none"),
                owner=row["owner"] or text("format.missing"),
            ),
            "",
            **_place(row, "crm.interactions"),
        )


def _actions(page: Frame, customer_key: str) -> Iterator[Event]:
    text = page.text
    for row in customer.actions(page.snapshot, customer_key).to_dicts():
        yield Event(
            f"action.{row['approach_key']}",
            row["acted_on"],
            "action",
            text(
                "customer.happened.action",
                action=text.code("customer.action", row["action_code"]),
                outcome=text.code("customer.outcome", row["outcome_code"]),
                who=row["recorded_by"],
            ),
            "",
        )


LISTED = (
    _movements,
    _churns,
    _contracts,
    _invoices,
    _payments,
    _inquiries,
    _contacts,
    _actions,
)
