"""The presets of Stripe: dashboard exports and lists of the API."""

import json
from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.sources.exports import SHARED, counts, csv_text, read_one, read_rows, reading_of, refused
from tests.sources.stripe_objects import (
    FIRST_OF_APRIL,
    FIRST_OF_MARCH,
    MIDDLE_OF_MARCH,
    a_list,
    charge,
    invoice,
    item,
    line,
    price,
    subscription,
)

ASKED = datetime.fromisoformat("2026-03-14T15:00:00")


# ── dashboard ───────────────────────────────────────────────────────────────────────────────────


def test_customers_of_the_dashboard(home, put, real_headers):
    headers = real_headers["stripe_customers_dashboard"]
    asahi = {
        "id": "cus_1",
        "Email": "keiri@asahi.example",
        "Name": "あさひ製作所",
        "Created (UTC)": "2026-03-31 15:00",
        "Total Spend": "12,000",
        "Delinquent": "false",
    }
    nameless = {"id": "cus_2", "Description": "山田商店", "Created (UTC)": "2026-03-31 14:59"}
    put("stripe/unified_customers.csv", csv_text(headers, asahi, nameless, {"Name": "no id"}))
    result = read_one(home, "unified_customers.csv")
    assert result.feed_id == "stripe_customers"
    assert counts(result) == {"billing.billing_customers": (3, 2, 1, 0, 0)}
    assert read_rows(
        home, "billing.billing_customers", "billing_customer_id", "name", "email", "created_date"
    ) == [
        ("cus_1", "あさひ製作所", "keiri@asahi.example", date(2026, 4, 1)),
        ("cus_2", "山田商店", None, date(2026, 3, 31)),
    ]
    assert refused(home) == [("billing.billing_customers", 4, "id", "missing_required")]


def subscription_of_dashboard(number: int, status: str, **other: str) -> dict[str, str]:
    return {
        "id": f"sub_{number}",
        "Customer ID": "cus_1",
        "Status": status,
        "Amount": "1,200.00",
        "Currency": "usd",
        "Interval": "month",
        "Created (UTC)": "2026-01-01 00:00",
        **other,
    }


@pytest.mark.parametrize("start", ["Start (UTC)", "Start Date (UTC)"])
def test_subscriptions_of_the_dashboard_with_either_start(home, put, real_headers, start):
    known = real_headers["stripe_subscriptions_dashboard"]
    dropped = {"Start (UTC)", "Start Date (UTC)", "<key> (metadata)"} - {start}
    headers = [*(header for header in known if header not in dropped), "Currency"]
    ended = {
        start: "2026-02-28 15:00",
        "Canceled At (UTC)": "2026-03-14 15:00",
        "Ended At (UTC)": "2026-03-31 15:00",
        "Cancellation Reason": "too_expensive",
    }
    put(
        "stripe/subscriptions_2026-03-31.csv",
        csv_text(
            headers,
            subscription_of_dashboard(1, "active", **{start: "2026-01-01 00:00"}),
            subscription_of_dashboard(2, "canceled", **ended),
            subscription_of_dashboard(3, "incomplete_expired", **{start: "2026-01-01 00:00"}),
            subscription_of_dashboard(4, "frozen", **{start: "2026-01-01 00:00"}),
        ),
    )
    result = read_one(home, "subscriptions_2026-03-31.csv")
    assert result.feed_id == "stripe_subscriptions"
    assert counts(result) == {
        "billing.subscriptions": (4, 2, 1, 0, 1),
        "billing.cancel_requests": (4, 1, 0, 0, 3),
    }
    columns = ("contract_id", "segment_start_date", "segment_end_excl", "unit_price_native")
    assert read_rows(home, "billing.subscriptions", *columns, "currency", "interval_unit") == [
        ("sub_1", date(2026, 1, 1), None, Decimal("1200"), "USD", "month"),
        ("sub_2", date(2026, 3, 1), date(2026, 4, 1), Decimal("1200"), "USD", "month"),
    ]
    columns = ("contract_id", "requested_at", "effective_date", "reason_code")
    assert read_rows(home, "billing.cancel_requests", *columns) == [
        ("sub_2", ASKED, date(2026, 3, 31), "too_expensive")
    ]
    ((_, row, _, reason),) = refused(home)
    assert (row, reason) == (5, "refused_by_mapping")


def test_a_payment_with_a_status_nobody_knows_was_left_out_without_a_word(home, put, real_headers):
    headers = real_headers["stripe_payments_dashboard_2026"]
    payment = {
        "Created date (UTC)": "2026-03-01 10:20:30",
        "Amount": "1,000.00",
        "Currency": "jpy",
        "Mode": "Live",
    }
    statuses = ["Paid", "Failed", "Bezahlt"]
    listed = [payment | {"id": f"ch_{s}", "Status": s} for s in statuses]
    put("stripe/unified_payments.csv", csv_text(headers, *listed))
    result = read_one(home, "unified_payments.csv")
    assert counts(result)["billing.payments"] == (3, 1, 1, 0, 1)
    ((entity, row, _, reason),) = refused(home)
    assert (entity, row, reason) == ("billing.payments", 4, "refused_by_mapping")


# ── API ─────────────────────────────────────────────────────────────────────────────────────────


def test_each_item_of_a_subscription_is_a_line_with_its_own_period(home, put):
    seats = item(1)
    dollars = price(id="price_2", currency="usd", unit_amount=1999, unit_amount_decimal="1999")
    added = item(2, created=MIDDLE_OF_MARCH, quantity=None, price=dollars)
    put("stripe/subscriptions_2026-03-31.json", a_list(subscription(1, seats, added)))
    result = read_one(home, "subscriptions_2026-03-31.json")
    assert result.feed_id == "stripe_api_subscriptions"
    assert counts(result)["billing.subscriptions"] == (2, 2, 0, 0, 0)
    columns = ("contract_id", "line_id", "segment_start_date", "segment_end_excl", "plan_id")
    assert read_rows(home, "billing.subscriptions", *columns) == [
        ("sub_1", "si_1", date(2026, 3, 1), None, "price_1"),
        ("sub_1", "si_2", date(2026, 3, 15), None, "price_2"),
    ]
    columns = ("quantity", "unit_price_native", "currency", "price_includes_tax", "term_end_date")
    assert read_rows(home, "billing.subscriptions", *columns, "auto_renew", "source_row") == [
        (Decimal("2"), Decimal("9800"), "JPY", True, date(2026, 3, 31), True, 1),
        (Decimal("1"), Decimal("19.99"), "USD", True, date(2026, 3, 31), True, 1),
    ]


def test_metered_packed_and_tiered_items(home, put):
    metered = {"interval": "month", "interval_count": 1, "usage_type": "metered"}
    packs = {"divide_by": 10, "round": "up"}
    tiers = {"billing_scheme": "tiered", "unit_amount": None, "unit_amount_decimal": None}
    put(
        "stripe/subscriptions.json",
        a_list(
            subscription(
                1,
                item(1, price=price(recurring=metered, **tiers), quantity=None),
                item(2, price=price(transform_quantity=packs), quantity=25),
                item(3, price=price(**tiers)),
            )
        ),
    )
    result = read_one(home, "subscriptions.json")
    assert counts(result)["billing.subscriptions"] == (3, 2, 1, 0, 0)
    assert read_rows(home, "billing.subscriptions", "line_id", "quantity", "unit_price_native") == [
        ("si_1", Decimal("1"), Decimal("0")),
        ("si_2", Decimal("3"), Decimal("9800")),  # 25 in packs of 10
    ]
    ((_, row, condition, reason),) = refused(home)
    assert (row, reason) == (1, "refused_by_mapping")
    assert "tiered" in condition


def test_a_cancelled_subscription_ends_and_says_who_asked(home, put):
    asked = {"reason": "cancellation_requested", "feedback": "too_expensive", "comment": "高い"}
    unpaid = {"reason": "payment_failed", "feedback": None, "comment": None}
    put(
        "stripe/subscriptions.json",
        a_list(
            subscription(1, item(1), cancel_at=FIRST_OF_APRIL, canceled_at=MIDDLE_OF_MARCH,
                         cancellation_details=asked),
            subscription(2, item(2), status="canceled", ended_at=MIDDLE_OF_MARCH,
                         canceled_at=MIDDLE_OF_MARCH, cancellation_details=unpaid),
            subscription(3, item(3), status="incomplete"),
            subscription(4, item(4), status="hibernating"),
        ),
    )  # fmt: skip
    result = read_one(home, "subscriptions.json")
    assert counts(result) == {
        "billing.subscriptions": (4, 2, 1, 0, 1),
        "billing.cancel_requests": (4, 2, 0, 0, 2),
        "billing.subscription_discounts": (0, 0, 0, 0, 0),
    }
    columns = ("contract_id", "segment_end_excl", "auto_renew", "status")
    assert read_rows(home, "billing.subscriptions", *columns) == [
        ("sub_1", date(2026, 4, 1), False, "active"),
        ("sub_2", date(2026, 3, 15), False, "canceled"),
    ]
    columns = ("contract_id", "requested_at", "effective_date", "reason_code", "initiated_by")
    assert read_rows(home, "billing.cancel_requests", *columns) == [
        ("sub_1", ASKED, date(2026, 3, 31), "too_expensive", "customer"),
        ("sub_2", ASKED, date(2026, 3, 14), None, "payment"),
    ]


def test_discounts_count_when_they_were_expanded(home, put):
    coupon = {"id": "c1", "percent_off": 20, "amount_off": None, "duration": "repeating"}
    dollars = {"id": "c2", "percent_off": None, "amount_off": 550, "currency": "usd"}
    discounts = [
        {"id": "di_1", "coupon": coupon, "start": FIRST_OF_MARCH, "end": FIRST_OF_APRIL},
        {"id": "di_2", "coupon": dollars | {"duration": "once"}, "start": FIRST_OF_MARCH},
        "di_3",
    ]
    put("stripe/subscriptions.json", a_list(subscription(1, item(1), discounts=discounts)))
    result = read_one(home, "subscriptions.json")
    assert counts(result)["billing.subscription_discounts"] == (3, 2, 1, 0, 0)
    columns = ("discount_id", "percent", "amount_native", "start_date", "end_date", "max_invoices")
    assert read_rows(home, "billing.subscription_discounts", *columns) == [
        ("di_1", Decimal("20"), None, date(2026, 3, 1), date(2026, 3, 31), None),
        ("di_2", None, Decimal("5.5"), date(2026, 3, 1), None, 1),
    ]
    assert {reason for *_, reason in refused(home)} == {"missing_required"}


def test_an_invoice_with_its_lines_and_what_came_off(home, put):
    setup = line(2000, "invoice_item_details", period={"start": 1772290800, "end": 1772290800})
    lines = [line(9000, "subscription_item_details"), setup]
    off = [{"amount": 1000, "discount": "di_1"}]
    dollars = invoice(2, [line(1999, "subscription_item_details", currency="usd")], currency="usd",
                      total=2199, total_excluding_tax=1999, amount_remaining=2199,
                      status="open")  # fmt: skip
    draft = invoice(3, [], status="draft", status_transitions={"finalized_at": None})
    cut = invoice(4, []) | {"lines": {"data": [line(1, "x")], "has_more": True}}
    put(
        "stripe/invoices_2026-03-31.json",
        a_list(invoice(1, lines, total_discount_amounts=off), dollars, draft, cut),
    )
    result = read_one(home, "invoices_2026-03-31.json")
    assert counts(result) == {
        "billing.invoices": (4, 4, 0, 0, 0),
        "billing.invoice_lines": (5, 4, 1, 0, 0),
    }
    columns = ("invoice_id", "contract_id", "issue_date", "currency", "subtotal_native")
    assert read_rows(home, "billing.invoices", *columns) == [
        ("in_1", "sub_1", date(2026, 4, 1), "JPY", Decimal("10000")),
        ("in_2", "sub_1", date(2026, 4, 1), "USD", Decimal("19.99")),
        ("in_3", "sub_1", date(2026, 3, 31), "JPY", Decimal("10000")),
        ("in_4", "sub_1", date(2026, 4, 1), "JPY", Decimal("10000")),
    ]
    columns = ("tax_native", "total_native", "balance_native", "paid_date", "document_type")
    assert read_rows(home, "billing.invoices", *columns)[:3] == [
        (Decimal("1000"), Decimal("11000"), Decimal("0"), date(2026, 4, 1), "invoice"),
        (Decimal("2"), Decimal("21.99"), Decimal("21.99"), date(2026, 4, 1), "invoice"),
        (Decimal("1000"), Decimal("11000"), Decimal("0"), None, "other"),
    ]
    columns = ("invoice_id", "line_no", "line_type", "amount_native", "service_end_date", "plan_id")
    assert sorted(read_rows(home, "billing.invoice_lines", *columns)) == [
        ("in_1", 1, "recurring", Decimal("9000"), date(2026, 3, 31), "price_1"),
        ("in_1", 2, "oneoff", Decimal("2000"), None, "price_1"),
        ("in_1", 100001, "discount", Decimal("-1000"), None, None),
        ("in_2", 1, "recurring", Decimal("19.99"), date(2026, 3, 31), "price_1"),
    ]
    ((entity, row, _, reason),) = refused(home)
    assert (entity, row, reason) == ("billing.invoice_lines", 4, "refused_by_mapping")


def test_a_card_number_inside_a_list_holds_the_file(home, put):
    told = line(9000, "subscription_item_details", description="card 4242 4242 4242 4242")
    put("stripe/invoices.json", a_list(invoice(1, [told])))
    reading = reading_of(home, "invoices.json")
    assert reading.status == "refused"
    assert [finding.code for finding in reading.findings] == ["card_number"]
    assert not (home.root / "aside").exists()


def test_charges_are_payments_and_attempts(home, put):
    put(
        "stripe/charges_2026-03-31.json",
        a_list(
            charge(1, "succeeded"),
            charge(2, "failed", failure_code="card_declined", captured=False),
            charge(3, "succeeded", captured=False, amount_captured=0, invoice=None),
            charge(4, "unheard-of", invoice=None),
        ),
    )
    result = read_one(home, "charges_2026-03-31.json")
    assert counts(result) == {
        "billing.payments": (4, 1, 1, 0, 2),
        "billing.payment_attempts": (4, 2, 0, 0, 2),
    }
    columns = ("payment_id", "invoice_id", "paid_date", "amount_native", "method")
    assert read_rows(home, "billing.payments", *columns) == [
        ("ch_1", "in_1", date(2026, 4, 1), Decimal("11000"), "card")
    ]
    columns = ("attempt_id", "result", "failure_code", "amount_native")
    assert read_rows(home, "billing.payment_attempts", *columns) == [
        ("ch_1", "succeeded", None, Decimal("11000")),
        ("ch_2", "failed", "card_declined", Decimal("11000")),
    ]


def test_a_payment_intent_is_the_payment_of_its_charge(home, put):
    intent = {
        "id": "pi_1",
        "object": "payment_intent",
        "amount_received": 1250,
        "created": FIRST_OF_APRIL,
        "currency": "usd",
        "customer": "cus_1",
        "latest_charge": "ch_1",
        "status": "succeeded",
    }
    waiting = intent | {"id": "pi_2", "status": "processing", "latest_charge": None}
    put("stripe/payment_intents.json", a_list(intent, waiting))
    result = read_one(home, "payment_intents.json")
    assert counts(result) == {"billing.payments": (2, 1, 0, 0, 1)}
    assert read_rows(home, "billing.payments", "payment_id", "amount_native", "currency") == [
        ("ch_1", Decimal("12.5"), "USD")
    ]


REAL_OBJECTS = [
    # kind, what lands, and the rows read, landed, quarantined, repeated and left out.
    ("customer", {"billing.billing_customers": (1, 1, 0, 0, 0)}),
    ("price", {"billing.plans": (1, 1, 0, 0, 0)}),
    ("plan", {"billing.plans": (1, 1, 0, 0, 0)}),
    (
        "subscription",
        {
            "billing.subscriptions": (1, 1, 0, 0, 0),
            "billing.cancel_requests": (1, 1, 0, 0, 0),
            "billing.subscription_discounts": (0, 0, 0, 0, 0),
        },
    ),
    ("invoice", {"billing.invoices": (1, 1, 0, 0, 0), "billing.invoice_lines": (1, 1, 0, 0, 0)}),
    # The sample charge is authorised only; the sample payment intent waits for a card.
    ("charge", {"billing.payments": (1, 0, 0, 0, 1), "billing.payment_attempts": (1, 0, 0, 0, 1)}),
    ("payment_intent", {"billing.payments": (1, 0, 0, 0, 1)}),
    ("refund", {"billing.refunds": (1, 1, 0, 0, 0)}),
    ("credit_note", {"billing.credit_notes": (1, 1, 0, 0, 0)}),
]


@pytest.mark.parametrize(("kind", "expected"), REAL_OBJECTS, ids=[kind for kind, _ in REAL_OBJECTS])
def test_the_objects_of_todays_api_are_taken_as_they_are(home, put, kind, expected):
    path = SHARED / "stripe_openapi" / "fixtures3.json"
    if not path.exists():
        pytest.skip("needs ../shared/data/stripe_openapi")
    real = json.loads(path.read_text("utf-8"))["resources"][kind]
    put(f"stripe/{kind}s.json", a_list(real))
    result = read_one(home, f"{kind}s.json")
    assert counts(result) == expected


def test_amounts_of_the_real_objects(home, put):
    path = SHARED / "stripe_openapi" / "fixtures3.json"
    if not path.exists():
        pytest.skip("needs ../shared/data/stripe_openapi")
    real = json.loads(path.read_text("utf-8"))["resources"]
    for kind in ("price", "credit_note", "refund"):
        put(f"stripe/{kind}s.json", a_list(real[kind]))
        read_one(home, f"{kind}s.json")
    assert read_rows(home, "billing.plans", "name", "product", "list_price_native", "currency") == [
        ("price_1PgafmB7WZ01zgkW6dKueIc5", "prod_QXg1hqf4jFNsqG", Decimal("20"), "USD")
    ]
    assert read_rows(home, "billing.credit_notes", "amount_native", "tax_native", "issue_date") == [
        (Decimal("16.9"), Decimal("0"), date(2009, 2, 14))
    ]
    assert read_rows(home, "billing.refunds", "payment_id", "amount_native") == [
        ("ch_1PgafuB7WZ01zgkWXYmPNZs8", Decimal("1"))
    ]
