"""The published MRR forecast: which method, its parts, its intervals, what it says of itself."""

import json
from datetime import date
from decimal import Decimal
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from dagster_project.compute import forecast
from dagster_project.compute.forecast import HORIZON, QUERIES, SCHEMAS, add_months, choose, compute
from tests.benchmarks import forecast_demo

FIRST = date(2023, 7, 1)
AS_OF = date(2026, 6, 30)
POLICY = {"churn_avg_months": 6}
KPI_COLUMNS = (
    "begin_mrr",
    "mrr",
    "new_mrr",
    "reactivation_mrr",
    "expansion_mrr",
    "contraction_mrr",
    "churn_mrr",
    "pause_mrr",
    "resume_mrr",
)
EMPTY = {
    "forecast_months": {"month": pl.Date, **dict.fromkeys(KPI_COLUMNS, pl.Float64)},
    "forecast_cohorts": {
        "cohort_month": pl.Date,
        "month": pl.Date,
        "mrr": pl.Float64,
        "surviving_customer_count": pl.Int64,
    },
    "forecast_commitments": {
        "month": pl.Date,
        "effective_month": pl.Date,
        "commitment": pl.String,
        "mrr_change": pl.Float64,
    },
    "forecast_deals": {
        "stage": pl.String,
        "deal_outcome": pl.String,
        "expected_close_date": pl.Date,
        "closed_date": pl.Date,
        "amount": pl.Float64,
        "brought_mrr": pl.Float64,
    },
}


def company(months, *, seed=1, growth=50_000.0):
    """The frames of a company that starts with ¥500,000, wins about `growth` of MRR a month and
    loses 2 % of each cohort's.
    """
    chance = np.random.default_rng(seed)
    month_list = [add_months(FIRST, place) for place in range(months)]
    cohorts = np.zeros((months, months))
    kpis, rows = [], []
    for place in range(months):
        begin = cohorts[:, place - 1].sum() if place else 0.0
        if place:
            cohorts[:, place] = cohorts[:, place - 1] * 0.98
        new = growth * chance.uniform(0.5, 1.5) if place else 500_000.0
        cohorts[place, place] = new
        churn = -begin * 0.02
        flows = [new if place else 0.0, 0, 0, 0, churn, 0, 0]
        kpis.append([month_list[place], begin, cohorts[:, place].sum(), *map(float, flows)])
    for cohort in range(months):
        for place in range(cohort, months):
            mrr = cohorts[cohort, place]
            rows.append([month_list[cohort], month_list[place], mrr, round(mrr / 100)])
    frames = {name: pl.DataFrame(schema=schema) for name, schema in EMPTY.items()}
    frames["forecast_months"] = pl.DataFrame(kpis, EMPTY["forecast_months"], orient="row")
    frames["forecast_cohorts"] = pl.DataFrame(rows, EMPTY["forecast_cohorts"], orient="row")
    return frames


def run(months, **facts):
    made = compute(company(months, **facts), as_of=AS_OF, policy=POLICY)
    assert {name: frame.schema for name, frame in made.items()} == SCHEMAS
    return made


@pytest.fixture(scope="module")
def two_years_and_a_half():
    return run(30)


def published(made, scenario="base"):
    rows = made["forecast_mrr"]
    return rows.filter(pl.col("is_published") & (pl.col("scenario") == scenario)).sort("month")


def test_every_query_has_its_frame():
    assert QUERIES.keys() == EMPTY.keys()


def test_one_method_is_published_in_every_scenario_and_month(two_years_and_a_half):
    counted = (
        two_years_and_a_half["forecast_mrr"]
        .filter("is_published")
        .group_by("scenario", "month")
        .len()
    )
    assert counted.height == 3 * HORIZON
    assert counted["len"].unique().to_list() == [1]


def test_a_growing_company_is_forecast_better_than_by_its_last_three_months(two_years_and_a_half):
    backtest = two_years_and_a_half["forecast_backtest"].sort("horizon_months")
    average = backtest.filter(pl.col("method") == "average_3_months")["mase_ratio"]
    for shown in (pl.col("is_published"), pl.col("method") == "bottom_up"):
        assert (backtest.filter(shown)["mase_ratio"] < average).all()


def test_the_published_method_is_the_one_that_was_least_wrong(two_years_and_a_half):
    backtest = two_years_and_a_half["forecast_backtest"]
    best = backtest.sort("mean_mase_ratio").row(0, named=True)
    assert backtest.filter("is_published")["method"].unique().to_list() == [best["method"]]


def test_the_components_add_up_to_the_published_forecast(two_years_and_a_half):
    parts = (
        two_years_and_a_half["forecast_component"]
        .group_by("scenario", "month")
        .agg(pl.col("mrr").sum(), pl.col("mrr_change").sum(), pl.col("forecast_mrr").first())
    )
    assert (parts["mrr"] == parts["forecast_mrr"]).all()
    shown = published(two_years_and_a_half)
    base = parts.filter(pl.col("scenario") == "base").sort("month")
    assert base["forecast_mrr"].to_list() == shown["forecast_mrr"].to_list()
    changes = shown["forecast_mrr"].diff().drop_nulls().to_list()
    assert base["mrr_change"].to_list()[1:] == changes


def test_the_scenarios_lie_above_the_base(two_years_and_a_half):
    base = published(two_years_and_a_half)["forecast_mrr"]
    for scenario in ("churn_minus_1pt", "new_plus_10pct"):
        assert (published(two_years_and_a_half, scenario)["forecast_mrr"] > base).all()


def test_the_intervals_lie_within_each_other_and_widen(two_years_and_a_half):
    rows = published(two_years_and_a_half)
    order = ["lower_95", "lower_80", "lower_50", None, "upper_50", "upper_80", "upper_95"]
    columns = [rows[f"{name}_mrr" if name else "forecast_mrr"] for name in order]
    for inner, outer in pairwise(columns):
        assert (inner < outer).all()
    widths = (rows["upper_80_mrr"] - rows["lower_80_mrr"]).to_list()
    assert widths[0] < widths[-1]
    assert rows["interval_null_reason"].null_count() == HORIZON


def test_the_share_of_the_past_inside_the_intervals_is_what_they_say(two_years_and_a_half):
    row = two_years_and_a_half["forecast_backtest"].filter("is_published").row(0, named=True)
    for level in (50, 80, 95):
        assert row[f"mean_coverage_{level}_rate"] == pytest.approx(level / 100, abs=0.05)


def test_every_method_is_measured_on_the_same_months(two_years_and_a_half):
    backtest = two_years_and_a_half["forecast_backtest"]
    by_horizon = backtest.group_by("horizon_months").agg(pl.col("origin_count").unique())
    assert sorted((row[0], row[1]) for row in by_horizon.iter_rows()) == [
        (ahead, [19 - ahead]) for ahead in range(1, HORIZON + 1)
    ]
    assert set(backtest["method"]) == set(forecast.METHODS)


def test_the_pipeline_is_said_to_be_left_out_of_the_backtest(two_years_and_a_half):
    said = two_years_and_a_half["forecast_backtest"].filter(pl.col("left_out").is_not_null())
    assert said["method"].unique().to_list() == ["bottom_up"]


@pytest.mark.golden("G-34/short_history")
def test_less_than_a_year_publishes_the_baseline_and_says_so():
    made = run(11)
    rows = published(made)
    assert rows["method"].unique().to_list() == ["baseline"]
    assert rows["publish_reason"].unique().to_list() == ["fewer_than_12_months"]
    assert rows["notice"].unique().to_list() == ["fewer_than_12_months"]
    assert rows["lower_80_mrr"].null_count() == HORIZON
    assert rows["interval_null_reason"].unique().to_list() == ["fewer_than_12_months"]
    methods = set(made["forecast_mrr"]["method"])
    assert methods == {"naive", "average_3_months", "baseline"}
    assert made["forecast_backtest"].is_empty()


def test_a_year_is_not_enough_to_have_been_wrong_often_enough():
    rows = published(run(15))
    assert rows["method"].unique().to_list() == ["baseline"]
    assert rows["publish_reason"].unique().to_list() == ["fewer_than_6_backtests"]


def test_the_first_month_is_carried_on():
    made = run(1)
    assert published(made)["method"].unique().to_list() == ["naive"]
    assert published(made)["forecast_mrr"].unique().to_list() == [Decimal("500000.000000")]
    parts = made["forecast_component"].filter(pl.col("component") == "method_difference")
    assert parts["mrr"].unique().to_list() == [Decimal("500000.000000")]


def test_no_month_is_no_row():
    made = run(0)
    assert [frame.height for frame in made.values()] == [0, 0, 0]


def test_a_company_that_never_changes_has_nothing_to_be_measured_by():
    frames = company(20)
    columns = [name for name in KPI_COLUMNS if name not in ("begin_mrr", "mrr")]
    frames["forecast_months"] = frames["forecast_months"].with_columns(
        pl.lit(1000.0).alias("mrr"),
        pl.when(pl.col("month") > FIRST).then(1000.0).otherwise(0.0).alias("begin_mrr"),
        *(pl.lit(0.0).alias(name) for name in columns),
    )
    frames["forecast_cohorts"] = pl.DataFrame(schema=EMPTY["forecast_cohorts"])
    rows = published(compute(frames, as_of=AS_OF, policy=POLICY))
    assert rows["publish_reason"].unique().to_list() == ["nothing_changed_to_measure"]
    assert rows["forecast_mrr"].cast(float).to_list() == pytest.approx([1000.0] * HORIZON)


def with_months(frames, **columns):
    """The company with these KPI columns replaced, value by month."""
    replaced = [pl.Series(name, values, pl.Float64) for name, values in columns.items()]
    return frames | {"forecast_months": frames["forecast_months"].with_columns(*replaced)}


def test_a_company_that_has_lost_everybody_is_forecast_at_nothing():
    mrr = [1000.0] * 10 + [0.0] * 10
    frames = with_months(
        company(20),
        mrr=mrr,
        begin_mrr=[0.0, *mrr[:-1]],
        new_mrr=[0.0] * 20,
        churn_mrr=[0.0] * 10 + [-1000.0] + [0.0] * 9,
    )
    rows = published(compute(frames, as_of=AS_OF, policy=POLICY))
    assert rows["forecast_mrr"].unique().to_list() == [Decimal(0)]
    assert rows["interval_null_reason"].unique().to_list() == ["too_few_errors"]  # all were 0


def test_a_rate_of_a_few_yen_is_no_forecast_when_compounded():
    # one yen grew to a million in the last month: times 250,000 a month, if one believed it
    mrr = [1.0, 1.0, 1.0, 1.0, 1_000_001.0]
    frames = with_months(
        company(5),
        mrr=mrr,
        begin_mrr=[0.0, *mrr[:-1]],
        new_mrr=[0.0] * 5,
        churn_mrr=[0.0] * 5,
        expansion_mrr=[0.0] * 4 + [1_000_000.0],
    )
    made = compute(frames, as_of=AS_OF, policy=POLICY)
    assert published(made)["method"].unique().to_list() == ["naive"]
    assert "baseline" not in set(made["forecast_mrr"]["method"])


def test_a_naive_method_that_was_least_wrong_is_the_one_published():
    backtest = forecast._Backtest(
        range(12, 20), {}, np.zeros((8, 12)), np.ones(8), {"naive": 1.0, "bottom_up": 1.1}
    )
    paths = {"naive": np.zeros(12), "baseline": np.zeros(12), "bottom_up": np.zeros(12)}
    assert choose(20, paths, backtest) == ("naive", "naive_was_least_wrong")


def test_of_two_equally_wrong_methods_the_simpler_one_is_published():
    scores = {"bottom_up": 1.0, "baseline": 1.0, "naive": 1.2}
    backtest = forecast._Backtest(range(12, 20), {}, np.zeros((8, 12)), np.ones(8), scores)
    paths = dict.fromkeys(scores, np.zeros(12))
    assert choose(20, paths, backtest) == ("baseline", "least_wrong_in_backtest")


def test_a_published_method_without_parts_moves_with_the_scenario_and_is_still_explained(
    monkeypatch,
):
    monkeypatch.setattr(forecast, "choose", lambda *_: ("naive", "naive_was_least_wrong"))
    made = run(13)
    base, more = published(made)["forecast_mrr"], published(made, "new_plus_10pct")["forecast_mrr"]
    parts = made["forecast_mrr"].filter(pl.col("method") == "bottom_up")
    moved = [
        parts.filter(pl.col("scenario") == scenario).sort("month")["forecast_mrr"]
        for scenario in ("base", "new_plus_10pct")
    ]
    assert (more - base).cast(float).to_list() == pytest.approx(
        (moved[1] - moved[0]).cast(float).to_list(), abs=1e-5
    )
    assert set(made["forecast_component"]["method"]) == {"bottom_up"}


def test_the_same_facts_give_the_same_forecast_in_whatever_order_they_come():
    frames = company(19)
    once = compute(frames, as_of=AS_OF, policy=POLICY)
    frames["forecast_cohorts"] = frames["forecast_cohorts"].reverse()
    again = compute(frames, as_of=AS_OF, policy=POLICY)
    for name, frame in again.items():
        assert frame.equals(once[name]), name


def test_a_commitment_that_is_still_counted_at_the_month_end_takes_effect_in_the_next():
    frames = company(13)
    month = add_months(FIRST, 12)
    frames["forecast_commitments"] = pl.DataFrame(
        [[month, month, "scheduled_end", -1000.0]], EMPTY["forecast_commitments"], orient="row"
    )
    history = forecast.read_history(frames)
    assert history.commitments["scheduled_end"][12, 13] == -1000


@pytest.mark.golden("G-34/demo_backtest")
def test_the_kept_backtest_of_the_demo_company_beats_its_last_three_months():
    kept = json.loads(forecast_demo.KEPT.read_text(encoding="utf-8"))
    rows = {row["horizon_months"]: row for row in kept["backtest"]}
    assert sorted(rows) == list(range(1, 13))
    for ahead in range(3, 13):
        assert rows[ahead]["mape_published"] < rows[ahead]["mape_average_3_months"], ahead
        assert rows[ahead]["mase_published"] < rows[ahead]["mase_average_3_months"], ahead
    for level in (50, 80, 95):
        assert kept["coverage"][str(level)] == pytest.approx(level / 100, abs=0.05)


def test_the_parts_of_a_forecast_of_hundreds_of_millions_add_up_to_the_last_millionth():
    # 10,000 customers: a float of 222,791,945.376657 divided back differed by one millionth
    path = np.random.default_rng(7).uniform(1e8, 1e9, (100, HORIZON))
    for values in path:
        parts = forecast._component_rows(
            [date(2026, 6, 1)], {"base": {"naive": values}}, {"base": {}}, "naive", ""
        )
        summed = parts.group_by("month").agg(pl.col("mrr").sum()).sort("month")["mrr"]
        assert summed.to_list() == [forecast._money(value) for value in values]
