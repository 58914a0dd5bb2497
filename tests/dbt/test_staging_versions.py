"""Which version of a record counts: full, delta and periodic deliveries, whenever they arrive."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

utc = datetime.fromisoformat  # naive, as landed

JAN = utc("2026-01-31 14:59:59")  # 23:59:59 in Tokyo
FEB = utc("2026-02-28 14:59:59")
MAR = utc("2026-03-31 14:59:59")


def plan(plan_id: str, price: int = 100, **more: object) -> dict:
    return {"plan_id": plan_id, "name": plan_id, "list_price_native": Decimal(price)} | more


def invoice(invoice_id: str, issued: date) -> dict:
    return {
        "invoice_id": invoice_id,
        "billing_customer_id": "B1",
        "issue_date": issued,
        "currency": "JPY",
        "total_native": Decimal(1000),
    }


def ticket(ticket_id: str, asked_at: datetime) -> dict:
    return {"ticket_id": ticket_id, "status": "open", "asked_at": asked_at}


PLANS, INVOICES, TICKETS = "billing.plans", "billing.invoices", "inquiry.tickets"
MARCH, APRIL = ("2026-03-01", "2026-03-31"), ("2026-04-01", "2026-04-30")

# (entity, rows, how they were delivered), in the order in which they were exported
DELIVERIES = [
    # one feed of full exports
    (
        PLANS,
        [plan("stays"), plan("vanishes"), plan("changes", 100), plan("returns")],
        {"system": "monthly", "exported_at": JAN},
    ),
    (PLANS, [plan("stays"), plan("changes", 200)], {"system": "monthly", "exported_at": FEB}),
    (
        PLANS,
        [plan("stays"), plan("changes", 200), plan("returns")],
        {"system": "monthly", "exported_at": MAR},
    ),
    # an empty full export says that nothing is left
    (PLANS, [plan("last_one")], {"system": "emptied", "exported_at": JAN}),
    (PLANS, [], {"system": "emptied", "exported_at": FEB}),
    # the missing row may be the one in quarantine
    (PLANS, [plan("unreadable_now")], {"system": "dirty", "exported_at": JAN}),
    (PLANS, [], {"system": "dirty", "exported_at": FEB, "quarantined": 1}),
    # two deliveries of the same export time
    (
        PLANS,
        [plan("in_both", 1), plan("only_in_first")],
        {"system": "corrected", "exported_at": JAN, "content": "aaaa"},
    ),
    (
        PLANS,
        [plan("in_both", 2), plan("only_in_second")],
        {"system": "corrected", "exported_at": JAN, "content": "bbbb"},
    ),
    (
        PLANS,
        [plan("said_later", 1, source_updated_at=utc("2026-01-20"))],
        {"system": "dated", "exported_at": JAN, "content": "aaaa", "coverage": "delta"},
    ),
    (
        PLANS,
        [plan("said_later", 2, source_updated_at=utc("2026-01-10"))],
        {"system": "dated", "exported_at": JAN, "content": "bbbb", "coverage": "delta"},
    ),
    # deltas: absence means nothing, a tombstone deletes
    (
        PLANS,
        [plan("untouched"), plan("deleted"), plan("revived")],
        {"system": "deltas", "exported_at": JAN, "coverage": "delta"},
    ),
    (
        PLANS,
        [plan("deleted", is_tombstone=True), plan("revived", is_tombstone=True)],
        {"system": "deltas", "exported_at": FEB, "coverage": "delta"},
    ),
    (PLANS, [plan("revived", 300)], {"system": "deltas", "exported_at": MAR, "coverage": "delta"}),
    # two feeds know the same records
    (
        PLANS,
        [plan("in_two_feeds", 1), plan("in_old_feed_only")],
        {"system": "two_feeds", "feed": "old", "exported_at": JAN + timedelta(hours=1)},
    ),
    (
        PLANS,
        [plan("in_two_feeds", 2), plan("notified")],
        {"system": "two_feeds", "feed": "new", "exported_at": JAN},
    ),
    (PLANS, [], {"system": "two_feeds", "feed": "old", "exported_at": FEB}),
    (
        PLANS,
        [plan("notified", is_tombstone=True)],
        {"system": "two_feeds", "feed": "notices", "exported_at": MAR, "coverage": "delta"},
    ),
    # complete for a period
    (
        INVOICES,
        [
            invoice("kept", date(2026, 3, 5)),
            invoice("voided", date(2026, 3, 9)),
            invoice("moved", date(2026, 3, 31)),
        ],
        {
            "exported_at": utc("2026-04-01"),
            "coverage": "full_within",
            "coverage_column": "issue_date",
            "covers": MARCH,
        },
    ),
    (
        INVOICES,
        [invoice("of_april", date(2026, 4, 30)), invoice("moved", date(2026, 4, 1))],
        {
            "exported_at": utc("2026-05-01"),
            "coverage": "full_within",
            "coverage_column": "issue_date",
            "covers": APRIL,
        },
    ),
    (
        INVOICES,
        [invoice("kept", date(2026, 3, 5))],
        {
            "exported_at": utc("2026-05-02"),
            "coverage": "full_within",
            "coverage_column": "issue_date",
            "covers": MARCH,
        },
    ),
    (
        TICKETS,
        [
            ticket("asked_on_31_march", utc("2026-03-31 14:30")),
            ticket("asked_on_1_april_in_tokyo", utc("2026-03-31 15:30")),
        ],
        {"exported_at": utc("2026-04-02"), "coverage": "delta", "coverage_column": "asked_at"},
    ),
    (
        TICKETS,
        [],
        {
            "exported_at": utc("2026-04-03"),
            "coverage": "full_within",
            "coverage_column": "asked_at",
            "covers": MARCH,
        },
    ),
]

SHOWN = """
    select source_system, plan_id, cast(list_price_native as int) from staging.stg_billing__plans
    union all
    select 'billing', invoice_id, cast(total_native as int) from staging.stg_billing__invoices
    union all
    select 'inquiry', ticket_id, 0 from staging.stg_inquiry__tickets
    order by 1, 2
"""

MODELS = ("+stg_billing__plans", "+stg_billing__invoices", "+stg_inquiry__tickets")


def deliver_all(landed, deliveries):
    for arrival, (entity, rows, how) in enumerate(deliveries):
        landed.deliver(
            entity, rows, received_at=utc("2026-06-01") + timedelta(hours=arrival), **how
        )


@pytest.fixture(scope="module")
def built(new_landed):
    landed = new_landed()
    deliver_all(landed, DELIVERIES)
    return landed.build_staging()


@pytest.fixture(scope="module")
def shown(built):
    return {(system, record): price for system, record, price in built.rows(SHOWN)}


def records(shown, system):
    return {record for source_system, record in shown if source_system == system}


def test_the_last_full_export_decides_what_exists(shown):
    assert records(shown, "monthly") == {"stays", "changes", "returns"}
    assert shown["monthly", "changes"] == 200


def test_an_empty_full_export_deletes_everything_of_its_feed(shown):
    assert records(shown, "emptied") == set()


def test_a_full_export_with_rows_in_quarantine_deletes_nothing(shown):
    assert records(shown, "dirty") == {"unreadable_now"}


def test_of_two_exports_of_the_same_time_one_replaces_the_other_whole(shown):
    assert records(shown, "corrected") == {"in_both", "only_in_second"}
    assert shown["corrected", "in_both"] == 2


def test_the_time_the_source_changed_a_record_comes_before_the_content_hash(shown):
    assert shown["dated", "said_later"] == 1


def test_a_delta_deletes_by_notice_and_a_later_row_revives(shown):
    assert records(shown, "deltas") == {"untouched", "revived"}
    assert shown["deltas", "revived"] == 300


def test_a_record_stays_while_one_feed_still_holds_it(shown):
    assert records(shown, "two_feeds") == {"in_two_feeds"}
    # the older feed said 1 last, but it no longer holds the record
    assert shown["two_feeds", "in_two_feeds"] == 2


def test_an_export_complete_for_a_period_deletes_only_inside_it(shown):
    assert records(shown, "billing") == {"kept", "moved", "of_april"}


def test_the_period_of_an_instant_is_its_day_in_tokyo(shown):
    assert records(shown, "inquiry") == {"asked_on_1_april_in_tokyo"}


def test_arrival_order_and_machine_time_zone_change_nothing(new_landed, built):
    landed = new_landed()
    deliver_all(landed, DELIVERIES[::-1])
    shuffled = landed.build(*MODELS, machine_timezone="America/New_York")
    assert shuffled.rows(SHOWN) == built.rows(SHOWN)


def test_a_run_knows_only_what_had_been_received_by_then(new_landed):
    landed = new_landed()
    deliver_all(landed, DELIVERIES[:3])  # received at 00:00, 01:00 and 02:00
    before = landed.build("+stg_billing__plans", known_at="2026-06-01 01:30:00")
    assert before.rows("select plan_id from staging.stg_billing__plans order by 1") == [
        ("changes",),
        ("stays",),
    ]


def test_every_landed_row_gets_one_outcome(built):
    outcomes = built.rows(
        """
        select deliveries.exported_date, outcomes.outcome, outcomes.row_count
        from obs_row_outcome as outcomes
        inner join staging.stg_control__deliveries as deliveries using (delivery_id, entity)
        where deliveries.source_system = 'monthly'
        order by 1, 2
        """
    )
    assert outcomes == [
        (date(2026, 1, 31), "current", 2),  # stays, returns
        (date(2026, 1, 31), "deleted", 1),  # vanishes
        (date(2026, 1, 31), "superseded", 1),  # changes at 100
        (date(2026, 2, 28), "current", 1),  # changes at 200
        (date(2026, 2, 28), "unchanged", 1),
        (date(2026, 3, 31), "unchanged", 3),
    ]


def test_the_manifest_adds_up_for_every_delivery_even_an_empty_one(built):
    unbalanced = built.rows(
        """
        select delivery_id from obs_load_manifest
        where
            rows_landed
            <> rows_current + rows_unchanged + rows_superseded + rows_deleted + rows_recomputed
        """
    )
    assert unbalanced == []
    assert built.rows("select count(*) from obs_load_manifest") == [(23,)]
