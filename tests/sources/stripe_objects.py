"""Objects of the Stripe API with the members that matter, and lists of them."""

import json

# 2026-03-31 14:59:59 and 15:00:00 UTC: the last second of March and the first of April in Tokyo.
LAST_OF_MARCH, FIRST_OF_APRIL = 1774969199, 1774969200
FIRST_OF_MARCH = 1772290800  # 2026-02-28 15:00:00 UTC
MIDDLE_OF_MARCH = 1773500400  # 2026-03-14 15:00:00 UTC


def a_list(*objects: dict) -> str:
    return json.dumps({"object": "list", "data": objects, "has_more": False, "url": "/v1/x"})


def price(**other) -> dict:
    return {
        "id": "price_1",
        "object": "price",
        "billing_scheme": "per_unit",
        "currency": "jpy",
        "nickname": None,
        "product": "prod_1",
        "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
        "tax_behavior": "inclusive",
        "transform_quantity": None,
        "unit_amount": 9800,
        "unit_amount_decimal": "9800",
        **other,
    }


def item(number: int, **other) -> dict:
    return {
        "id": f"si_{number}",
        "object": "subscription_item",
        "created": FIRST_OF_MARCH,
        "current_period_start": FIRST_OF_MARCH,
        "current_period_end": FIRST_OF_APRIL,
        "quantity": 2,
        "price": price(),
        **other,
    }


def subscription(number: int, *items: dict, **other) -> dict:
    return {
        "id": f"sub_{number}",
        "object": "subscription",
        "customer": "cus_1",
        "status": "active",
        "currency": "jpy",
        "created": FIRST_OF_MARCH,
        "start_date": FIRST_OF_MARCH,
        "ended_at": None,
        "cancel_at": None,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "discounts": [],
        "items": {"object": "list", "data": list(items), "has_more": False},
        **other,
    }


def invoice(number: int, lines: list[dict], **other) -> dict:
    return {
        "id": f"in_{number}",
        "object": "invoice",
        "customer": "cus_1",
        "currency": "jpy",
        "status": "paid",
        "collection_method": "charge_automatically",
        "created": LAST_OF_MARCH,
        "due_date": None,
        "subtotal": 11000,
        "total": 11000,
        "total_excluding_tax": 10000,
        "amount_remaining": 0,
        "status_transitions": {"finalized_at": FIRST_OF_APRIL, "paid_at": FIRST_OF_APRIL},
        "parent": {"type": "x", "subscription_details": {"subscription": "sub_1"}},
        "total_discount_amounts": [],
        "lines": {"object": "list", "data": lines, "has_more": False},
        **other,
    }


def line(amount: int, parent: str, **other) -> dict:
    details = {"subscription": "sub_1", "proration": False}
    return {
        "id": f"il_{amount}",
        "object": "line_item",
        "amount": amount,
        "amount_excluding_tax": None,
        "currency": "jpy",
        "description": "プラン",
        "quantity": 1,
        "period": {"start": FIRST_OF_MARCH, "end": FIRST_OF_APRIL},
        "parent": {"type": parent, parent: details},
        "pricing": {"price_details": {"price": "price_1", "product": "prod_1"}},
        **other,
    }


def charge(number: int, status: str, **other) -> dict:
    return {
        "id": f"ch_{number}",
        "object": "charge",
        "amount": 11000,
        "amount_captured": 11000,
        "captured": True,
        "created": FIRST_OF_APRIL,
        "currency": "jpy",
        "customer": "cus_1",
        "failure_code": None,
        "invoice": "in_1",
        "status": status,
        "payment_method_details": {"type": "card", "card": {"last4": "4242"}},
        **other,
    }
