"""What open deals are expected to bring: chances counted by hand."""

from datetime import date

import polars as pl
import pytest

from dagster_project.compute import sales_pipeline

AS_OF = date(2026, 6, 30)
SCHEMA = {
    "stage": pl.String,
    "deal_outcome": pl.String,
    "expected_close_date": pl.Date,
    "closed_date": pl.Date,
    "amount": pl.Decimal(18, 6),
    "brought_mrr": pl.Decimal(18, 6),
}


def deals(*rows):
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def decided(won, lost, *, stage=("受注", "失注"), delay=0):
    """Deals of ¥120,000 a year; a won one began with ¥10,000 of MRR."""
    closed = date(2026, 3, 1 + delay)
    expected = date(2026, 3, 1)
    return [(stage[0], "won", expected, closed, 120_000, 10_000)] * won + [
        (stage[-1], "lost", expected, closed, 120_000, None)
    ] * lost


def an_open_deal(expected, *, stage="提案"):
    return (stage, "open", expected, None, 240_000, None)


def expect(*rows):
    return sales_pipeline.expect(deals(*rows), as_of=AS_OF, horizon=3)


def test_a_deal_brings_its_share_of_a_month_in_the_month_it_is_expected_to_close():
    # 240,000 / 12 x 15 of 20
    pipeline = expect(*decided(15, 5), an_open_deal(date(2026, 8, 10)))
    assert pipeline.mrr.tolist() == pytest.approx([0, 15_000, 0])
    assert (pipeline.open_deal_count, pipeline.reason) == (1, "no_stage_history")


def test_a_deal_as_late_as_no_won_one_ever_was_brings_nothing():
    pipeline = expect(*decided(15, 5), an_open_deal(date(2026, 5, 1)))
    assert pipeline.mrr.tolist() == [0, 0, 0]


def test_a_late_deal_has_the_chance_of_those_that_were_as_late():
    rows = [*decided(15, 5), *decided(1, 2, delay=20)]
    # 10 days late: of the three that were still open, and itself not won by then, one was won
    pipeline = expect(*rows, an_open_deal(date(2026, 6, 20)))
    assert pipeline.mrr.tolist() == pytest.approx([240_000 / 12 / 4, 0, 0])


def test_a_stage_has_its_own_chance_where_enough_deals_of_both_kinds_ended_in_it():
    rows = [*decided(5, 15, stage=("提案", "提案")), *decided(20, 0)]
    proposed = expect(*rows, an_open_deal(date(2026, 7, 10)))
    assert (proposed.mrr[0], proposed.reason) == (pytest.approx(5_000), "learned_by_stage")
    other = expect(*rows, an_open_deal(date(2026, 7, 10), stage="ヒアリング"))
    assert other.mrr[0] == pytest.approx(20_000 * 25 / 40)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (decided(15, 5), "pipeline_empty"),
        ([*decided(10, 5), an_open_deal(date(2026, 7, 1))], "too_few_decided_deals"),
        (
            [*decided(0, 25), an_open_deal(date(2026, 7, 1))],
            "no_won_deal_with_contract",
        ),
    ],
)
def test_what_cannot_be_learned_is_nothing_with_a_reason(rows, reason):
    pipeline = expect(*rows)
    assert (pipeline.mrr.tolist(), pipeline.reason) == ([0, 0, 0], reason)


def test_without_a_day_a_deal_is_taken_as_due_now_and_beyond_the_horizon_it_is_left_out():
    undated = expect(*decided(15, 5), an_open_deal(None))
    assert undated.mrr.tolist() == pytest.approx([15_000, 0, 0])
    far = expect(*decided(15, 5), an_open_deal(date(2026, 12, 1)))
    assert far.mrr.tolist() == [0, 0, 0]
