"""Lists of the Stripe API, dropped as they came, down to the figures of the dashboard."""

from datetime import date
from decimal import Decimal

import pytest

from tests.end_to_end import company_home
from tests.end_to_end.company_home import query
from tests.sources.stripe_objects import a_list, charge, invoice, item, line, price, subscription

pytestmark = pytest.mark.slow

AS_OF = date(2026, 3, 31)
# Midnight in Tokyo.
JAN_1, FEB_10, MAR_1, APR_1 = 1767193200, 1770649200, 1772290800, 1774969200

CUSTOMER = {
    "id": "cus_1",
    "object": "customer",
    "name": "あさひ製作所",
    "email": "keiri@asahi.example",
    "phone": None,
    "delinquent": False,
    "created": JAN_1,
    "address": {"postal_code": None, "state": None, "city": None, "line1": None, "line2": None},
}
SEAT = price(id="price_2", unit_amount=1000, unit_amount_decimal="1000")
SINCE_JANUARY = {"created": JAN_1, "start_date": JAN_1}
MARCH = {"period": {"start": MAR_1, "end": APR_1}}
OBJECTS = {
    "customers": [CUSTOMER],
    "prices": [price(), SEAT],
    "subscriptions": [
        # 2 × 9,800 + 2 × 1,000 a month
        subscription(
            1, item(1, created=JAN_1), item(2, created=JAN_1, price=SEAT), **SINCE_JANUARY
        ),
        # 2 × 9,800 a month until the end of February
        subscription(
            2,
            item(3, created=JAN_1),
            **SINCE_JANUARY,
            status="canceled",
            canceled_at=FEB_10,
            ended_at=MAR_1,
            cancellation_details={
                "reason": "cancellation_requested",
                "feedback": "too_expensive",
                "comment": None,
            },
        ),
    ],
    "invoices": [
        invoice(
            1,
            [
                line(19600, "subscription_item_details", **MARCH),
                line(2000, "subscription_item_details", **MARCH),
            ],
            total=23650,
            total_excluding_tax=21500,
            total_discount_amounts=[{"amount": 100, "discount": "di_1"}],
            created=MAR_1,
            status_transitions={"finalized_at": MAR_1, "paid_at": MAR_1},
        )
    ],
    "charges": [charge(1, "succeeded", amount=23650, amount_captured=23650, created=MAR_1)],
}


@pytest.fixture(scope="session")
def stripe_home(built_once):
    def build(home):
        company_home.found(home)
        inbox = home / "inbox" / "stripe"
        inbox.mkdir(parents=True)
        for name, objects in OBJECTS.items():
            (inbox / f"{name}_20260331.json").write_text(a_list(*objects), encoding="utf-8")
        company_home.run(home, AS_OF)
        return home

    return built_once("stripe", build)


def test_items_of_subscriptions_become_mrr_and_a_cancelled_one_ends(stripe_home):
    segments = query(
        stripe_home,
        """
        select contract_id, line_id, segment_start_date, segment_end_excl, mrr_native
        from fct_subscription_segment order by line_id
        """,
    )
    assert segments == [
        ("sub_1", "si_1", date(2026, 1, 1), None, Decimal("19600")),
        ("sub_1", "si_2", date(2026, 1, 1), None, Decimal("2000")),
        ("sub_2", "si_3", date(2026, 1, 1), date(2026, 3, 1), Decimal("19600")),
    ]
    ends = query(
        stripe_home,
        """
        select distinct month, end_mrr from mart_mrr_waterfall
        where basis = 'contract' order by month
        """,
    )
    assert ends == [
        (date(2026, 1, 1), Decimal("41200")),
        (date(2026, 2, 1), Decimal("41200")),
        (date(2026, 3, 1), Decimal("21600")),
    ]


def test_the_invoice_its_lines_and_its_payment_agree(stripe_home):
    lines = query(
        stripe_home,
        "select line_no, line_type, amount_native from fct_invoice_line order by line_no",
    )
    assert lines == [
        (1, "recurring", Decimal("19600")),
        (2, "recurring", Decimal("2000")),
        (100001, "discount", Decimal("-100")),
    ]
    invoices = query(
        stripe_home, "select invoice_id, subtotal_native, contract_id from fct_invoice"
    )
    assert invoices == [("in_1", Decimal("21500"), "sub_1")]
    assert query(stripe_home, "select source_id, amount_native from fct_payment") == [
        ("ch_1", Decimal("23650"))
    ]
    assert query(stripe_home, "select count(*) from obs_quarantine") == [(0,)]
