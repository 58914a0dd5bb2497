"""Repeat purchases without a contract: the published CDNOW figures, then what a company gets."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from dagster_project.compute.repeat_purchase import (
    QUERIES,
    SCHEMAS,
    BgNbd,
    Buyers,
    backtest,
    buyers_of,
    compute,
    fit,
    histories,
    repeats_between,
)

PROJECT = Path(__file__).resolve().parents[2]
CDNOW = PROJECT.parent / "shared" / "data" / "cdnow_lifetimes" / "CDNOW_sample.txt"
PUBLISHED = BgNbd(0.243, 4.414, 0.793, 2.426, -9582.43)
WEEK_39, WEEK_78 = date(1997, 9, 30), date(1998, 6, 30)
AS_OF = date(2026, 6, 30)


@pytest.fixture(scope="module")
def cdnow() -> pl.DataFrame:
    """customer_key, purchase_date of 2,357 customers who first bought in 1997 Q1."""
    if not CDNOW.exists():
        pytest.skip(f"the sample data is not on this machine: {CDNOW} is absent")
    rows = [line.split() for line in CDNOW.read_text().splitlines() if line.strip()]
    return pl.DataFrame(
        {"customer_key": [row[1] for row in rows], "purchase_date": [row[2] for row in rows]}
    ).with_columns(pl.col("purchase_date").str.to_date("%Y%m%d"))


@pytest.fixture(scope="module")
def first_39_weeks(cdnow) -> Buyers:
    return buyers_of(histories(cdnow, WEEK_39), WEEK_39)


@pytest.mark.golden("F71/bg_nbd")
def test_bg_nbd_of_cdnow_has_the_published_parameters(first_39_weeks):
    fitted = fit(first_39_weeks)
    assert round(fitted.r, 3) == 0.243
    assert round(fitted.alpha, 3) == 4.414
    assert round(fitted.a, 3) == 0.793
    assert round(fitted.b, 3) == 2.426
    assert round(fitted.log_likelihood, 2) == -9582.43


@pytest.mark.golden("F71/cdnow_weeks_40_to_78")
def test_bg_nbd_forecasts_cdnow_weeks_40_to_78_within_12_percent(cdnow, first_39_weeks):
    actual = repeats_between(cdnow, WEEK_39, WEEK_78)["purchases"].sum()
    assert actual == 1882
    fitted, age = fit(first_39_weeks), first_39_weeks.age
    # the paper's forecast of the total: what the cohort will have bought less what it had
    forecast = (fitted.purchases_of_new(age + 39) - fitted.purchases_of_new(age)).sum()
    assert round(float(forecast)) == 1667
    assert abs(float(forecast) / actual - 1) < 0.12  # 11.4 % below


def test_what_is_expected_of_each_cdnow_customer_adds_up_to_less(cdnow):
    # Given what each had bought by week 39: 12.1 % below. To buy again as often as before would
    # forget that customers leave: 30.6 % above.
    tested = backtest(cdnow, WEEK_78, 39)
    assert tested.actual == 1882
    assert round(tested.expected["bg_nbd"]) == 1653
    assert round(tested.expected["last_period"]) == 2457
    assert tested.error["bg_nbd"] < tested.error["last_period"]


def test_the_customer_of_the_published_spreadsheet():
    # Fader, Hardie & Lee 2005: x = 2, t_x = 30.43, T = 38.86; 1.226 purchases in 39 weeks
    customer = Buyers(np.array([2.0]), np.array([30.43]), np.array([38.86]))
    assert PUBLISHED.expected_purchases(customer, 39.0) == pytest.approx([1.226], abs=5e-4)


def test_a_daily_buyer_has_finite_expectations():
    customer = Buyers(np.array([900.0]), np.array([155.0]), np.array([156.0]))
    [expected] = PUBLISHED.expected_purchases(customer, 52.0)
    assert 0 < expected < 52 * 900 / 156 * 1.01


def test_who_has_been_silent_for_longer_is_less_likely_to_be_alive():
    ages = np.array([52.0, 52.0, 52.0])
    alive = PUBLISHED.alive(Buyers(np.array([6.0, 6.0, 6.0]), np.array([50.0, 30.0, 10.0]), ages))
    assert list(alive) == sorted(alive, reverse=True)
    assert alive[0] > 0.8 > 0.1 > alive[2]


# ---- what a company gets ----


def computed(days: list[tuple[str, date]]) -> tuple[dict, dict[str, dict]]:
    schema = {"customer_key": pl.String, "purchase_date": pl.Date}
    frame = pl.DataFrame(days, schema=schema, orient="row")
    made = compute({"repeat_purchase_days": frame}, as_of=AS_OF, policy={})
    for name, columns in SCHEMAS.items():
        assert made[name].schema == columns
    [model] = made["repeat_purchase_model"].to_dicts()
    return model, {row["customer_key"]: row for row in made["repeat_purchase"].to_dicts()}


def clockwork(count: int, every_weeks: int) -> list[tuple[str, date]]:
    """Customers who began in the same week two years ago and have bought ever since."""
    start = AS_OF - timedelta(weeks=104)
    return [
        (f"c{number}", start + timedelta(weeks=week))
        for number in range(count)
        for week in range(0, 105, every_weeks)
    ]


def shop(count: int) -> list[tuple[str, date]]:
    """Customers of the model itself (r 1, α 8, a 1, b 4) over two years: they buy at random, and
    leave for good after any repeat purchase with a probability of their own."""
    random = np.random.default_rng(20260630)
    days = []
    for number in range(count):
        rate, leaving = random.gamma(1.0, 1 / 8), random.beta(1.0, 4.0)
        week, is_gone, is_first = random.uniform(0, 60), False, True
        while week < 104 and not is_gone:
            days.append((f"c{number}", AS_OF - timedelta(weeks=104) + timedelta(weeks=week)))
            is_gone, is_first = not is_first and random.uniform() < leaving, False
            week += random.exponential(1 / rate)
    return days


def test_a_shop_that_follows_the_model_has_its_parameters_and_is_forecast_well():
    schema = {"customer_key": pl.String, "purchase_date": pl.Date}
    days = pl.DataFrame(shop(2000), schema=schema, orient="row")
    fitted = fit(buyers_of(histories(days, AS_OF), AS_OF))
    assert (fitted.r, fitted.alpha) == (pytest.approx(1.0, rel=0.1), pytest.approx(8.0, rel=0.1))
    assert fitted.a / (fitted.a + fitted.b) == pytest.approx(0.2, abs=0.03)
    tested = backtest(days, AS_OF, 52)
    assert tested.expected["bg_nbd"] == pytest.approx(tested.actual, rel=0.1)


def test_who_still_buys_is_expected_to_and_who_stopped_long_ago_is_not():
    start = AS_OF - timedelta(weeks=100)
    here = [("here", start + timedelta(weeks=8 * number)) for number in range(13)]
    gone = [("gone", start + timedelta(weeks=4 * number)) for number in range(6)]
    model, buyers = computed([*shop(400), *here, *gone, ("once", AS_OF - timedelta(days=70))])
    assert model["model"] == "bg_nbd"
    assert model["bg_nbd_error"] < model["last_period_error"]
    assert (model["observed_weeks"], model["held_back_weeks"]) == (103, 51)
    assert buyers["here"]["alive_rate"] > 0.8
    assert buyers["gone"]["alive_rate"] < 0.05
    assert 3 < buyers["here"]["expected_purchases_12m"] < 6.5  # 6.5 a year while it stays
    assert buyers["gone"]["expected_purchases_12m"] < 0.3
    # the model cannot tell whether somebody who bought once has left, so nobody is told
    assert buyers["once"]["alive_rate"] is None
    assert buyers["once"]["alive_rate_null_reason"] == "no_repeat_purchase"
    total = sum(row["expected_purchases_12m"] for row in buyers.values())
    assert model["expected_purchases_12m"] == pytest.approx(total, abs=1e-3)


def test_where_everybody_buys_like_clockwork_the_naive_forecast_is_the_one_published():
    model, buyers = computed(clockwork(40, 4))
    assert model["model"] == "last_period"
    assert model["last_period_error"] <= model["bg_nbd_error"]
    assert buyers["c0"]["expected_purchases_12m"] == 14  # 0, 28, … 364 days ago
    assert buyers["c0"]["alive_rate_null_reason"] == "not_of_this_model"


@pytest.mark.parametrize(
    ("days", "reason"),
    [
        ([], "no_buyer"),
        ([(f"c{number}", AS_OF - timedelta(days=90)) for number in range(50)], "too_few_weeks"),
        ([("c", AS_OF - timedelta(days=30 * number)) for number in range(12)], "too_few_buyers"),
        (
            [(f"c{number}", AS_OF - timedelta(days=365)) for number in range(50)],
            "too_few_repeat_buyers",
        ),
    ],
)
def test_with_too_little_the_buyers_are_listed_with_the_reason(days, reason):
    model, buyers = computed(days)
    assert (model["model"], model["model_null_reason"]) == (None, reason)
    assert model["expected_purchases_12m"] is None
    assert len(buyers) == len({customer for customer, _ in days})
    for row in buyers.values():
        assert row["expected_purchases_12m"] is None
        assert (row["model_null_reason"], row["alive_rate_null_reason"]) == (reason, reason)


def test_what_comes_after_the_day_of_the_run_is_not_known():
    days = shop(60)
    later = [(customer, AS_OF + timedelta(days=1)) for customer, _ in days]
    assert computed(days) == computed([*days, *later])


def test_a_purchase_is_a_day_with_a_one_off_or_usage_line_of_who_never_had_a_contract():
    with duckdb.connect() as connection:
        connection.execute("create table fct_mrr_movement as select 'contract' as customer_key")
        connection.execute(
            """
            create table fct_invoice_line as
            select * from (values
                ('buyer', 'oneoff', date '2026-01-05', 3000),
                ('buyer', 'oneoff', date '2026-01-05', 500),   -- the same day
                ('buyer', 'usage', date '2026-02-28', 1200),
                ('buyer', 'oneoff', date '2026-03-01', -3000), -- taken back
                ('buyer', 'discount', date '2026-03-02', 100),
                ('contract', 'oneoff', date '2026-01-01', 30000), -- its set-up fee
                (null, 'oneoff', date '2026-01-01', 700)
            ) as lines (customer_key, line_type, issue_date, amount_native)
            """
        )
        rows = connection.execute(QUERIES["repeat_purchase_days"]).fetchall()
    assert sorted(rows) == [("buyer", date(2026, 1, 5)), ("buyer", date(2026, 2, 28))]
