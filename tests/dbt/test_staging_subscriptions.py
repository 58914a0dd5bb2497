"""Contract lines as dated segments: deletions that count as churn, snapshots that keep the past."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

utc = datetime.fromisoformat  # naive, as landed
d = date.fromisoformat

# 23:59:59 in Tokyo on the last day of the month
JAN, FEB, MAR, APR = (
    utc("2026-01-31 14:59:59"),
    utc("2026-02-28 14:59:59"),
    utc("2026-03-31 14:59:59"),
    utc("2026-04-30 14:59:59"),
)

SUBSCRIPTIONS = "billing.subscriptions"


def row(contract: str, start: str, end_excl: str | None = None, price: int = 1000, **more) -> dict:
    return {
        "contract_id": contract,
        "line_id": "1",
        "segment_start_date": d(start),
        "segment_end_excl": d(end_excl) if end_excl else None,
        "billing_customer_id": "B1",
        "quantity": Decimal(1),
        "unit_price_native": Decimal(price),
        "price_includes_tax": False,
        "currency": "JPY",
        "interval_unit": "month",
        "interval_count": 1,
    } | more


def dated(exported_at, *rows, **how):
    return rows, {"system": "dated", "exported_at": exported_at} | how


def snapshot(exported_at, *rows, **how):
    return rows, {"system": "snap", "exported_at": exported_at, "history": "snapshot"} | how


DELIVERIES = [
    # ---- full exports of dated segments
    dated(
        JAN,
        row("runs", "2026-01-01"),
        row("corrected", "2026-01-01", "2026-03-16"),
        row("corrected", "2026-03-16", price=2000),
        row("deleted", "2025-01-01", "2026-01-01"),
        row("deleted", "2026-01-01"),
        row("loses_a_line", "2026-01-01"),
        row("loses_a_line", "2026-01-01", line_id="2"),
    ),
    dated(
        FEB,
        row("runs", "2026-01-01"),
        row("corrected", "2026-01-01", "2026-04-01"),
        row("corrected", "2026-04-01", price=2000),
        row("loses_a_line", "2026-01-01"),
    ),
    dated(MAR, row("runs", "2026-01-01"), row("corrected", "2026-01-01", "2026-04-01")),
    # exported after midnight in Tokyo: the first of March there, still February in UTC
    dated(utc("2026-01-31 00:00:00"), row("gone", "2026-01-01"), system="night"),
    dated(utc("2026-02-28 16:00:00"), system="night"),
    # deltas: the first notice dates the deletion, later ones repeat it
    dated(JAN, row("noticed", "2026-01-01"), system="deltas", coverage="delta"),
    dated(
        FEB,
        row("noticed", "2026-01-01", is_tombstone=True),
        system="deltas",
        coverage="delta",
    ),
    dated(
        MAR,
        row("noticed", "2026-01-01", is_tombstone=True),
        system="deltas",
        coverage="delta",
    ),
    # ---- monthly snapshots, one current row per line
    snapshot(
        JAN,
        row("new_price", "2026-01-01", price=5000),
        row("own_change_date", "2026-01-05", price=5000),
        row("late_renewal", "2025-03-16", "2026-03-16", price=20000),
        row("ended", "2026-01-01"),
        row("ended_at_zero", "2026-01-01"),
        row("renewed_dearer", "2025-04-01", "2026-04-01"),
        row("loses_a_line", "2026-01-01"),
        row("loses_a_line", "2026-01-01", line_id="2"),
        row("late_change_date", "2026-01-01"),
        row("away_in_march", "2026-01-01"),
        row("start_corrected", "2026-01-20"),
    ),
    snapshot(
        FEB,
        row("new_price", "2026-01-01", price=5000),
        row("own_change_date", "2026-01-05", price=5000),
        row("late_renewal", "2025-03-16", "2026-03-16", price=20000),
        row("ended", "2026-01-01", "2026-03-01", status="cancelled"),
        row("ended_at_zero", "2026-01-01"),
        row("renewed_dearer", "2025-04-01", "2026-04-01"),
        row("loses_a_line", "2026-01-01"),
        row("loses_a_line", "2026-01-01", line_id="2"),
        row("late_change_date", "2026-01-01"),
        row("away_in_march", "2026-01-01"),
        row("start_corrected", "2026-01-10"),
        row("not_yet_begun", "2026-04-15", price=1),
    ),
    snapshot(
        MAR,
        row("new_price", "2026-01-01", price=8000),
        row("own_change_date", "2026-03-16", price=8000),
        row("late_renewal", "2025-03-16", "2026-03-16", price=20000),
        row("ended", "2026-01-01", "2026-03-01", status="cancelled"),
        row("ended_at_zero", "2026-01-01", "2026-03-01", price=0),
        row("renewed_dearer", "2025-04-01", "2026-04-01"),
        row("loses_a_line", "2026-01-01"),
        row("late_change_date", "2026-01-01", price=2000),
        row("start_corrected", "2026-01-10"),
        row("not_yet_begun", "2026-04-15", price=2),
    ),
    snapshot(
        APR,
        row("new_price", "2026-01-01", price=8000, status="active"),
        row("own_change_date", "2026-03-16", price=8000),
        row("late_renewal", "2026-04-05", "2027-04-05", price=22000),
        row("ended_at_zero", "2026-01-01", "2026-03-01", price=0),
        row("renewed_dearer", "2025-04-01", "2027-04-01", price=1200),
        row("loses_a_line", "2026-01-01"),
        row("late_change_date", "2026-03-10", price=3000),
        row("away_in_march", "2026-01-01"),
        row("start_corrected", "2026-01-10"),
        row("not_yet_begun", "2026-04-15", price=2),
    ),
    # a correction is a delivery of the same export time
    snapshot(JAN, row("mistyped", "2026-01-01", price=5000), system="snap2"),
    snapshot(FEB, row("mistyped", "2026-01-01", price=50), system="snap2", content="aaaa"),
    snapshot(FEB, row("mistyped", "2026-01-01", price=5000), system="snap2", content="bbbb"),
    # a file of dated segments, then snapshots of the same line
    dated(
        JAN,
        row("switched", "2025-01-01", "2026-01-01"),
        row("switched", "2026-01-01", price=1100),
        system="mixed",
        feed="history_file",
    ),
    snapshot(FEB, row("switched", "2025-01-01", price=1100), system="mixed"),
]

SEGMENTS = """
    select
        source_system || ' ' || contract_id, line_id, segment_start_date, segment_end_excl,
        cast(unit_price_native as int), deleted_in_source_date
    from staging.stg_billing__subscriptions
    order by 1, 2, 3
"""


def deliver_all(landed, deliveries):
    for arrival, (rows, how) in enumerate(deliveries):
        received_at = utc("2026-06-01") + timedelta(hours=arrival)
        landed.deliver(SUBSCRIPTIONS, rows, received_at=received_at, **how)


@pytest.fixture(scope="module")
def built(new_landed):
    landed = new_landed()
    deliver_all(landed, DELIVERIES)
    return landed.build_staging()


@pytest.fixture(scope="module")
def segments(built):
    found = {}
    for contract, *segment in built.rows(SEGMENTS):
        found.setdefault(contract, []).append(tuple(segment))
    return found


def test_a_segment_that_vanishes_while_its_contract_stays_was_a_correction(segments):
    # February moved the change from 16 March to 1 April; March dropped it
    assert segments["dated corrected"] == [("1", d("2026-01-01"), d("2026-04-01"), 1000, None)]


def test_a_contract_deleted_in_the_source_stays_with_the_date_of_the_first_export_without_it(
    segments,
):
    assert segments["dated deleted"] == [
        ("1", d("2025-01-01"), d("2026-01-01"), 1000, d("2026-02-28")),
        ("1", d("2026-01-01"), None, 1000, d("2026-02-28")),
    ]


def test_of_a_deleted_contract_the_rows_that_stood_to_the_end_are_kept(segments):
    # line 2 went in February, a correction; the contract went in March
    assert segments["dated loses_a_line"] == [("1", d("2026-01-01"), None, 1000, d("2026-03-31"))]


def test_a_deletion_is_dated_in_the_business_time_zone(segments):
    assert segments["night gone"] == [("1", d("2026-01-01"), None, 1000, d("2026-03-01"))]


def test_a_deletion_notice_counts_from_the_first_time_it_was_sent(segments):
    assert segments["deltas noticed"] == [("1", d("2026-01-01"), None, 1000, d("2026-02-28"))]


def test_a_new_price_in_a_snapshot_opens_a_segment_on_the_day_of_the_export(segments):
    assert segments["snap new_price"] == [
        ("1", d("2026-01-01"), d("2026-03-31"), 5000, None),
        ("1", d("2026-03-31"), None, 8000, None),
    ]


def test_the_change_date_of_the_row_itself_opens_the_segment_there(segments):
    assert segments["snap own_change_date"] == [
        ("1", d("2026-01-05"), d("2026-03-16"), 5000, None),
        ("1", d("2026-03-16"), None, 8000, None),
    ]


def test_the_gap_before_a_late_renewal_is_preserved(segments):
    assert segments["snap late_renewal"] == [
        ("1", d("2025-03-16"), d("2026-03-16"), 20000, None),
        ("1", d("2026-04-05"), d("2027-04-05"), 22000, None),
    ]


def test_an_end_learnt_later_ends_the_same_segment_and_a_contract_no_longer_listed_is_deleted(
    segments,
):
    assert segments["snap ended"] == [
        ("1", d("2026-01-01"), d("2026-03-01"), 1000, d("2026-04-30"))
    ]


def test_terms_first_seen_after_the_end_never_applied(segments):
    # cancelled contracts are often exported with a price of zero
    assert segments["snap ended_at_zero"] == [("1", d("2026-01-01"), d("2026-03-01"), 1000, None)]


def test_an_extended_end_closes_no_gap_of_its_own_making(segments):
    # the same start with a later end ran on: the old price holds until the new one was seen
    assert segments["snap renewed_dearer"] == [
        ("1", d("2025-04-01"), d("2026-04-30"), 1000, None),
        ("1", d("2026-04-30"), d("2027-04-01"), 1200, None),
    ]


def test_a_line_missing_from_a_snapshot_ended_while_its_contract_goes_on(segments):
    assert segments["snap loses_a_line"] == [
        ("1", d("2026-01-01"), None, 1000, None),
        ("2", d("2026-01-01"), d("2026-03-31"), 1000, None),
    ]


def test_a_change_date_given_later_replaces_the_day_of_the_export(segments):
    # March showed 2,000 without a date; April says 3,000 since 10 March
    assert segments["snap late_change_date"] == [
        ("1", d("2026-01-01"), d("2026-03-10"), 1000, None),
        ("1", d("2026-03-10"), None, 3000, None),
    ]


def test_a_start_corrected_to_an_earlier_day_replaces_the_segment(segments):
    assert segments["snap start_corrected"] == [("1", d("2026-01-10"), None, 1000, None)]


def test_a_price_changed_before_the_first_day_holds_from_the_first_day(segments):
    assert segments["snap not_yet_begun"] == [("1", d("2026-04-15"), None, 2, None)]


def test_a_line_absent_from_one_snapshot_and_back_in_the_next_never_left(segments):
    assert segments["snap away_in_march"] == [("1", d("2026-01-01"), None, 1000, None)]


def test_a_snapshot_of_the_same_export_time_is_a_correction(segments):
    assert segments["snap2 mistyped"] == [("1", d("2026-01-01"), None, 5000, None)]


def test_a_line_is_read_the_way_of_the_delivery_that_named_it_last(segments):
    assert segments["mixed switched"] == [("1", d("2025-01-01"), None, 1100, None)]


def test_no_line_has_two_segments_on_one_day(built):
    overlaps = built.rows(
        """
        select earlier.contract_id
        from staging.stg_billing__subscriptions as earlier
        inner join staging.stg_billing__subscriptions as later
            using (source_system, contract_id, line_id)
        where
            earlier.segment_start_date < later.segment_start_date
            and coalesce(earlier.segment_end_excl, date '9999-12-31') > later.segment_start_date
        """
    )
    assert overlaps == []


def test_arrival_order_and_machine_time_zone_change_no_segment(new_landed, built):
    landed = new_landed()
    deliver_all(landed, DELIVERIES[::-1])
    shuffled = landed.build("+stg_billing__subscriptions", machine_timezone="Asia/Tokyo")
    assert shuffled.rows(SEGMENTS) == built.rows(SEGMENTS)


def test_one_delivery_more_changes_only_what_it_names(new_landed, built):
    landed = new_landed()
    deliver_all(landed, DELIVERIES[:-1])
    before = landed.build("+stg_billing__subscriptions").rows(SEGMENTS)
    after = built.rows(SEGMENTS)
    assert {contract for contract, *_ in set(before) ^ set(after)} == {"mixed switched"}


def test_the_outcome_of_a_snapshot_row_says_whether_it_lives_on_as_a_segment(built):
    outcomes = built.rows(
        """
        select deliveries.source_system, deliveries.exported_date, outcome, sum(row_count)
        from obs_row_outcome as outcomes
        inner join staging.stg_control__deliveries as deliveries using (delivery_id, entity)
        where deliveries.source_system in ('snap2', 'mixed', 'night')
        group by all
        order by 1, 2, 3
        """
    )
    assert outcomes == [
        ("mixed", d("2026-01-31"), "superseded", 2),
        ("mixed", d("2026-02-28"), "current", 1),
        ("night", d("2026-01-31"), "deleted", 1),
        ("snap2", d("2026-01-31"), "current", 1),
        ("snap2", d("2026-02-28"), "superseded", 2),
    ]
