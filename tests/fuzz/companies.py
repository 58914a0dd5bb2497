"""Random companies for the property test: small, and dense in the days where rules change.

A company is drawn as records with a biography (in which exports they stand, what they said before)
and then written down as the deliveries its systems would have sent.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.fuzz.reference import DAY, Company, Delivery, Rate, month_end, month_ends

ENTITIES = (
    "billing.subscriptions",
    "billing.subscription_pauses",
    "billing.subscription_discounts",
    "billing.cancel_requests",
    "billing.invoices",
    "billing.payments",
    "billing.credit_notes",
)

INTERVALS = [("month", 1)] * 6 + [
    ("year", 1),
    ("month", 12),
    ("month", 3),
    ("month", 24),
    ("week", 1),
    ("week", 2),
    ("day", 1),
]
TERM_DAYS = [10, 28, 30, 31, 59, 61, 90, 181, 365]
GAP_DAYS = [0, 0, 0, 1, 10, 20, 29, 30, 31, 32, 45, 100]
PAUSE_DAYS = [1, 15, 31, 61, 179, 180, 181, 182, 230]


@dataclass(frozen=True)
class Record:
    """A row, the exports [first, gone) it stands in, and how it read before export `settled`."""

    entity: str
    row: dict
    first: int
    gone: int
    settled: int
    earlier: dict


@st.composite
def days(draw: st.DrawFn) -> date:
    """2025-01 to 2026-06, the edges of months more often than the rest."""
    first = date(2025 + draw(st.integers(0, 17)) // 12, 1, 1)
    first = first.replace(month=draw(st.integers(1, 12 if first.year == 2025 else 6)))
    last = month_end(first)
    return draw(st.sampled_from([first, first + DAY, first + 9 * DAY, last - DAY, last]))


@st.composite
def segments_of_line(draw: st.DrawFn, contract: str, line: str, customers: list[str]) -> list[dict]:
    rows = []
    start = draw(days())
    customer = draw(st.sampled_from(customers))
    currency = draw(st.sampled_from(["JPY", "JPY", "JPY", "USD", "EUR"]))
    for _ in range(draw(st.integers(1, 3))):
        term = draw(st.sampled_from(TERM_DAYS))
        end = start + term * DAY
        if draw(st.booleans()):
            end = month_end(end) + DAY
        is_open = draw(st.sampled_from([True, False, False]))
        unit, count = draw(st.sampled_from(INTERVALS))
        includes_tax = draw(st.sampled_from([False, False, True]))
        rows.append(
            {
                "contract_id": contract,
                "line_id": line,
                "segment_start_date": start,
                "segment_end_excl": None if is_open else end,
                "billing_customer_id": customer,
                "plan_id": draw(st.sampled_from(["P1", "P2", None])),
                "quantity": Decimal(draw(st.sampled_from(["1", "1", "1", "2", "12", "2.5", "0"]))),
                "unit_price_native": Decimal(
                    draw(st.sampled_from(["1000", "980", "100000", "3", "33333.33", "0", "1200"]))
                ),
                "price_includes_tax": includes_tax,
                "tax_rate": Decimal("0.1") if includes_tax else None,
                "currency": currency,
                "interval_unit": unit,
                "interval_count": count,
                "is_trial": draw(st.sampled_from([False, False, False, False, None, True])),
                "committed_minimum_native": None
                if includes_tax
                else draw(st.sampled_from([None, None, None, Decimal(5000)])),
            }
        )
        start = end + draw(st.sampled_from(GAP_DAYS)) * DAY
        if draw(st.integers(0, 9)) == 0:
            currency = draw(st.sampled_from(["JPY", "USD"]))
        if draw(st.integers(0, 14)) == 0:
            customer = draw(st.sampled_from(customers))
    return rows


@st.composite
def papers_of_contract(
    draw: st.DrawFn, contract: str, rows: list[dict]
) -> list[tuple[str, dict, dict]]:
    """Everything beside the segments: (entity, row, how it read before)."""
    begun = min(row["segment_start_date"] for row in rows)
    lines = sorted({row["line_id"] for row in rows})
    offset = st.sampled_from([0, 5, 20, 27, 31, 45, 58, 90, 120, 200, 365])
    papers: list[tuple[str, dict, dict]] = []

    paused_from = begun
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
        start = paused_from + draw(offset) * DAY
        last = start + (draw(st.sampled_from(PAUSE_DAYS)) - 1) * DAY
        is_open = draw(st.integers(0, 4)) == 0
        pause = {
            "contract_id": contract,
            "pause_start_date": start,
            "pause_end_date": None if is_open else last,
        }
        papers.append(("billing.subscription_pauses", pause, pause | {"pause_end_date": None}))
        if is_open:
            break
        paused_from = last + draw(st.sampled_from([2, 10, 31])) * DAY

    for number in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
        start = begun + draw(offset) * DAY
        length = draw(st.sampled_from([27, 28, 30, 31, 60, 364, 365, 366]))
        is_percent = draw(st.booleans())
        discount = {
            "contract_id": contract,
            "line_id": draw(st.sampled_from([lines[0], lines[-1], None])),
            "discount_id": f"D{number}",
            "percent": Decimal(draw(st.sampled_from([10, 33, 50, 100, 120])))
            if is_percent
            else None,
            "amount_native": None
            if is_percent
            else Decimal(draw(st.sampled_from(["100", "980", "5000"]))),
            "start_date": start,
            "end_date": draw(st.sampled_from([None, start + (length - 1) * DAY])),
            "max_invoices": draw(st.sampled_from([None, None, None, 1, 2, 12])),
        }
        papers.append(("billing.subscription_discounts", discount, discount | {"end_date": None}))

    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        asked = begun + draw(offset) * DAY
        hour = draw(st.sampled_from([time(0), time(14, 59, 59), time(15), time(3)]))
        requested_at = datetime.combine(asked, hour)
        ends_at = asked + draw(st.sampled_from([-10, 0, 0, 15, 28, 60])) * DAY
        request = {
            "contract_id": contract,
            "requested_at": requested_at,
            "effective_date": draw(
                st.sampled_from([None, ends_at, ends_at, month_end(ends_at), month_end(ends_at)])
            ),
            "withdrawn_at": draw(
                st.sampled_from([None, None, None, requested_at + timedelta(days=3)])
            ),
            "initiated_by": draw(st.sampled_from(["customer", "company", "payment", None])),
        }
        papers.append(("billing.cancel_requests", request, request | {"withdrawn_at": None}))

    for number in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        invoice_id = f"I-{contract}-{number}"
        issued = begun + draw(offset) * DAY
        due = issued + draw(st.sampled_from([0, 15, 30])) * DAY
        paid_on = due + draw(st.sampled_from([-5, 0, 30, 60, 61, 75, 100])) * DAY
        is_paid = draw(st.booleans())
        reports_balance = draw(st.booleans())
        invoice = {
            "invoice_id": invoice_id,
            "billing_customer_id": rows[0]["billing_customer_id"],
            "contract_id": draw(st.sampled_from([contract, contract, contract, None])),
            "issue_date": issued,
            "due_date": draw(st.sampled_from([due, due, due, due, None])),
            "currency": rows[0]["currency"],
            "total_native": Decimal(1100),
            "balance_native": Decimal(0 if is_paid else 1100) if reports_balance else None,
            "paid_date": paid_on if is_paid and draw(st.booleans()) else None,
            "document_type": draw(st.sampled_from(["invoice"] * 5 + ["delivery_note"])),
        }
        before = invoice | {"paid_date": None}
        before |= {"balance_native": Decimal(1100)} if reports_balance else {}
        papers.append(("billing.invoices", invoice, before))
        if is_paid:
            papers += draw(settlements(invoice, paid_on))
    return papers


@st.composite
def settlements(draw: st.DrawFn, invoice: dict, paid_on: date) -> list[tuple[str, dict, dict]]:
    """Nothing, one payment, two, or a payment and a credit note; some fall short of the invoice."""
    found = []
    for number, amount in enumerate(
        draw(st.sampled_from([[], [1100], [500, 600], [600, 500], [600]]))
    ):
        payment = {
            "payment_id": f"{invoice['invoice_id']}-{number}",
            "billing_customer_id": invoice["billing_customer_id"],
            "invoice_id": invoice["invoice_id"],
            "paid_date": paid_on + number * 40 * DAY,
            "amount_native": Decimal(amount),
            "currency": invoice["currency"],
        }
        found.append(("billing.payments", payment, payment))
    if draw(st.integers(0, 3)) == 0:
        note = {
            "credit_note_id": f"{invoice['invoice_id']}-C",
            "invoice_id": invoice["invoice_id"],
            "billing_customer_id": invoice["billing_customer_id"],
            "issue_date": paid_on + draw(st.sampled_from([-10, 10, 150])) * DAY,
            "amount_native": Decimal(draw(st.sampled_from([500, 450, 400, 100]))),
            "tax_native": draw(st.sampled_from([Decimal(50), None])),
        }
        found.append(("billing.credit_notes", note, note))
    return found


@st.composite
def companies(draw: st.DrawFn) -> Company:
    """A company called `?` with one to three customers."""
    export_count = draw(st.integers(1, 4))
    customer_of = {"B1": "A", "B2": "B", "B3": "A"}
    customers = draw(st.sampled_from([["B1"], ["B1", "B2"], ["B1", "B2", "B3"]]))

    statements: list[tuple[str, dict, dict]] = []
    vanishing: dict[str, int] = {}
    for number in range(draw(st.integers(1, 3))):
        contract = f"K{number}"
        rows = []
        for line in draw(st.sampled_from([["1"], ["1"], ["1", "2"]])):
            rows += draw(segments_of_line(contract, line, customers))
        statements += [
            (
                "billing.subscriptions",
                row,
                row
                | draw(
                    st.sampled_from(
                        [{"segment_end_excl": None}, {"unit_price_native": Decimal(777)}]
                    )
                ),
            )
            for row in rows
        ]
        statements += draw(papers_of_contract(contract, rows))
        if draw(st.integers(0, 4)) == 0:
            vanishing[contract] = draw(st.integers(1, export_count))

    records = []
    often_first = st.sampled_from([0, 0, 0, 0, *range(export_count)])
    often_last = st.sampled_from([export_count] * 6 + list(range(1, export_count + 1)))
    for entity, row, earlier in statements:
        gone = draw(often_last)
        if entity == "billing.subscriptions":
            gone = min(gone, vanishing.get(row["contract_id"], export_count))
        records.append(Record(entity, row, draw(often_first), gone, draw(often_first), earlier))
    return replace(
        Company("?", (), customer_of), deliveries=tuple(draw(deliveries(records, export_count)))
    )


@st.composite
def deliveries(draw: st.DrawFn, records: list[Record], export_count: int) -> list[Delivery]:
    instants = []
    for _ in range(export_count):
        instants.append(
            datetime.combine(draw(days()), draw(st.sampled_from([time(14, 59, 59), time(15, 30)])))
        )
    instants.sort()
    entities = [entity for entity in ENTITIES if any(r.entity == entity for r in records)]
    sent = []
    for number, exported_at in enumerate(instants):
        coverage = draw(st.sampled_from(["full", "full", "full", "full", "delta"]))
        delay = draw(st.sampled_from([timedelta(hours=3), timedelta(hours=3), timedelta(days=40)]))
        quarantined = draw(st.sampled_from([0] * 9 + [1]))
        rows: dict[str, list[dict]] = defaultdict(list)
        for record in records:
            if record.first <= number < record.gone:
                reading = record.row if number >= record.settled else record.earlier
                rows[record.entity].append(reading)
        sent += [
            Delivery(
                entity=entity,
                rows=tuple(rows[entity]),
                exported_at=exported_at,
                received_at=exported_at + delay,
                order=number,
                coverage=coverage,
                quarantined=quarantined,
            )
            for entity in entities
        ]
    return sent


def yen_rates() -> list[Rate]:
    """A rate of each month, on its last day or a few days before, never two months alike."""
    rates = []
    for number, end in enumerate(month_ends(date(2024, 12, 1), date(2027, 1, 31))):
        quoted = end - (number % 4) * DAY
        rates.append(Rate(quoted, "USD", Decimal("140.25") + Decimal(number * 37 % 19)))
        rates.append(Rate(quoted, "EUR", Decimal("160.5") + Decimal(number * 23 % 17)))
    return rates
