"""Retention projection: the figures Fader & Hardie published, then what a small company gets."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from dagster_project.compute.survival import (
    MODELS,
    SCHEMAS,
    Counts,
    Fit,
    choose,
    compute,
    expected_residual,
    fit,
    held_back_error,
    pool,
    residual_lifetimes,
)

# Survivors of 1,000 customers after 0 … 12 years: Fader & Hardie 2007, table 1
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]
# Four cohorts that start a year apart: Fader & Hardie, "Fitting the sBG model to multi-cohort data"
COHORTS = [
    [10000, 8000, 6480, 5307, 4391],
    [10000, 8000, 6480, 5307],
    [10000, 8000, 6480],
    [10000, 8000],
]
POLICY = {"ltv_horizon_months": 60, "gross_margin_rate": 0.80, "discount_rate": 0.10}
AS_OF = date(2026, 6, 30)


def to_digits(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


@pytest.mark.golden("F40/sbg_regular", "F40/sbg_high_end")
@pytest.mark.parametrize(
    ("survivors", "alpha", "beta", "log_likelihood", "year_12"),
    [(REGULAR, 0.704, 1.182, -1680.3, 0.170), (HIGH_END, 0.668, 3.806, -1611.2, 0.378)],
)
def test_sbg_of_years_0_to_7_has_the_published_parameters(
    survivors, alpha, beta, log_likelihood, year_12
):
    fitted = fit("sbg", pool([survivors[:8]]))
    assert [round(parameter, 3) for parameter in fitted.parameters] == [alpha, beta]
    assert round(fitted.log_likelihood, 1) == log_likelihood
    assert round(float(fitted.survival([12])[0]), 3) == year_12


@pytest.mark.golden("F40/sbg_multi_cohort")
def test_sbg_of_cohorts_of_different_length_has_the_published_parameters():
    fitted = fit("sbg", pool(COHORTS))
    assert [to_digits(fitted.parameters[0], 3), to_digits(fitted.parameters[1], 4)] == [3.80, 15.19]


@pytest.mark.golden("F40/derl")
def test_derl_of_a_high_end_customer_kept_seven_times_is_the_published_one():
    fitted = Fit("sbg", (0.668, 3.806), 0.0)
    assert round(float(residual_lifetimes(fitted, 7, discount_rate=0.10)[7]), 3) == 7.530


def test_sbg_survival_by_the_recursion_of_the_paper():
    # P(T = 1) = α/(α + β); P(T = t) = P(T = t−1) · (β + t − 2)/(α + β + t − 1)
    # α = 1, β = 1: S = 1, 1/2, 1/3, 1/4
    survived = Fit("sbg", (1.0, 1.0), 0.0).survival([0, 1, 2, 3])
    assert survived == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])


def test_bdw_is_sbg_where_the_loss_does_not_change_with_age_and_fits_no_worse():
    ages = range(20)
    assert Fit("bdw", (0.7, 1.2, 1.0), 0.0).survival(ages) == pytest.approx(
        Fit("sbg", (0.7, 1.2), 0.0).survival(ages)
    )
    for survivors in (REGULAR, HIGH_END):
        counts = pool([survivors[:8]])
        assert fit("bdw", counts).log_likelihood >= fit("sbg", counts).log_likelihood - 1e-6


def test_ten_percent_lost_every_month_is_a_geometric_loss_of_ten_percent():
    fitted = fit("geometric", pool([[1000, 900, 810, 729]]))
    assert fitted.parameters == (pytest.approx(0.1),)
    # 1 / θ payments in all, the first of them at age 0
    assert expected_residual(fitted, 0) == pytest.approx(9.0)


def test_where_customers_do_not_differ_sbg_comes_to_the_constant_loss():
    survivors = [round(100_000 * 0.95**age) for age in range(25)]
    fitted = fit("sbg", pool([survivors]))
    assert fitted.survival([36]) == pytest.approx([0.95**36], abs=1e-4)


def test_customers_drawn_from_the_sbg_have_its_parameters_and_are_projected_by_it():
    # α 2, β 30; 20,000 customers, each seen for 1 to 48 months
    random = np.random.default_rng(20260630)
    lifetimes = random.geometric(random.beta(2, 30, 20_000))
    seen = random.integers(1, 49, 20_000)
    lapsed = np.bincount(lifetimes[lifetimes <= seen], minlength=49)
    censored = np.bincount(seen[lifetimes > seen], minlength=49)
    counts = Counts(lapsed[1:].astype(float), censored[1:].astype(float))
    assert fit("sbg", counts).parameters == pytest.approx((2, 30), rel=0.1)
    assert choose({model: held_back_error(model, counts, 36, 48) for model in MODELS}) == "sbg"


def test_pooled_counts_hold_who_lapsed_and_who_was_last_seen():
    counts = pool([[10, 8, 6], [5, 4]])
    assert counts.lapsed.tolist() == [3, 2]
    assert counts.censored.tolist() == [4, 6]
    assert counts.at_risk.tolist() == [15, 8]


def test_held_back_ages_are_not_in_the_fit():
    # the same until age 3, everybody gone after it or nobody
    gone = pool([[100, 90, 80, 70, 0, 0]])
    stayed = pool([[100, 90, 80, 70, 70, 70]])
    assert gone.until(3).lapsed.tolist() == stayed.until(3).lapsed.tolist() == [10, 10, 10]
    assert gone.until(3).censored.tolist() == [0, 0, 70]


def test_the_model_nearest_to_the_held_back_years_is_chosen():
    chosen = {}
    for name, survivors in (("regular", REGULAR), ("high_end", HIGH_END)):
        counts = pool([survivors])
        chosen[name] = choose({model: held_back_error(model, counts, 7, 12) for model in MODELS})
    # 2018: the loss of High End first rises with age, which the sBG cannot do
    assert chosen == {"regular": "sbg", "high_end": "bdw"}


def test_of_models_equally_near_the_simplest_is_chosen():
    assert choose({"geometric": 0.0209, "sbg": 0.0205, "bdw": 0.0201}) == "geometric"
    assert choose({"geometric": 0.0300, "sbg": 0.0205, "bdw": 0.0201}) == "sbg"
    assert choose({"geometric": 0.0300, "sbg": 0.0250, "bdw": 0.0201}) == "bdw"


def test_a_mean_lifetime_is_not_stated_where_the_tail_is_too_heavy():
    # α/(α − 1) + β/(α − 1) − 1 beyond age 0 = (β + 0)/(α − 1) = 4 / 3
    assert expected_residual(Fit("sbg", (4.0, 4.0), 0.0), 0) == pytest.approx(4 / 3, rel=1e-3)
    assert expected_residual(Fit("sbg", (0.704, 1.182), 0.0), 0) is None  # infinite
    assert expected_residual(Fit("sbg", (1.05, 50.0), 0.0), 0) is None  # finite, after a century
    assert expected_residual(Fit("bdw", (0.5, 1.0, 1.5), 0.0), 0) is None


# ---- what a company gets ----


def kaplan_meier(counts: Counts, value: str = "all") -> pl.DataFrame:
    """Rows as mart_survival has them, without an interval."""
    at_risk = counts.at_risk
    start = {"at_risk_count": int(at_risk[0]), "lapsed_count": 0, "censored_count": 0}
    rows = [{"months_since_first": 0, **start, "survival_rate": 1.0}]
    for age, kept in enumerate(counts.kept(), start=1):
        ended = int(counts.lapsed[age - 1]), int(counts.censored[age - 1])
        if any(ended):
            rows.append(
                {
                    "months_since_first": age,
                    "at_risk_count": int(at_risk[age - 1]),
                    "lapsed_count": ended[0],
                    "censored_count": ended[1],
                    "survival_rate": float(kept),
                }
            )
    interval = {"survival_lower_rate": pl.lit(None), "survival_upper_rate": pl.lit(None)}
    return pl.DataFrame(rows).with_columns(
        segment_attribute=pl.lit("all"), segment_value=pl.lit(value), **interval
    )


def paying(cohort_count: int, ages: int, arpa: float = 10_000.0) -> pl.DataFrame:
    """ARPA is the same at every age; every cohort is seen at every age."""
    return pl.DataFrame(
        {
            "segment_attribute": ["all"] * ages,
            "segment_value": ["all"] * ages,
            "months_since_first": list(range(ages)),
            "cohort_count": [cohort_count] * ages,
            "mrr": [arpa * 50] * ages,
            "active_customer_count": [50] * ages,
        }
    )


def computed(observed: pl.DataFrame, arpa: pl.DataFrame) -> tuple[dict, pl.DataFrame]:
    made = compute(
        {"survival_observed": observed, "survival_arpa": arpa}, as_of=AS_OF, policy=POLICY
    )
    for name, schema in SCHEMAS.items():
        assert made[name].schema == schema
    [model] = made["retention_model"].to_dicts()
    return model, made["retention_projection"]


def test_a_constant_loss_is_projected_and_worth_what_the_sum_of_its_powers_says():
    counts = pool([[round(100_000 * 0.9**age) for age in range(13)]])
    model, projection = computed(kaplan_meier(counts), paying(12, 13))
    assert model["model"] == "geometric"
    assert model["theta"] == pytest.approx(0.1, abs=1e-4)
    assert (model["observed_months"], model["held_back_months"]) == (12, 4)
    # 1 / 0.1 months in all; to month 60: (1 − 0.9^61) / 0.1 = 9.9838
    assert model["expected_lifetime_months"] == pytest.approx(10.0, abs=0.01)
    assert model["horizon_lifetime_months"] == pytest.approx(9.9838, abs=0.01)
    # ¥10,000 × 80 % × 9.9838 = ¥79,870; after month 12: (0.9^13 − 0.9^61) / 9.9838... = 25.3 %
    assert model["ltv_projected"] == pytest.approx(79_870, abs=80)
    assert model["ltv_projected_extrapolated_rate"] == pytest.approx(0.2530, abs=0.001)
    assert projection["months_since_first"].to_list() == list(range(61))
    assert projection.filter(pl.col("is_extrapolated"))["months_since_first"].min() == 13
    [month_24] = projection.filter(pl.col("months_since_first") == 24).to_dicts()
    assert month_24["projected_survival_rate"] == pytest.approx(0.0798, abs=1e-3)  # 0.9^24
    assert (month_24["at_risk_count"], month_24["observed_survival_rate"]) == (0, None)


def test_the_tail_goes_on_from_what_was_observed():
    counts = pool([HIGH_END])
    model, projection = computed(kaplan_meier(counts), paying(4, 13))
    [joint, after] = projection.filter(pl.col("months_since_first").is_in([12, 13])).to_dicts()
    assert joint["projected_survival_rate"] == pytest.approx(0.394)  # as observed
    lost = after["model_survival_rate"] / joint["model_survival_rate"]
    assert after["projected_survival_rate"] == pytest.approx(0.394 * lost, abs=1e-5)
    assert projection["projected_survival_rate"].is_sorted(descending=True)
    assert model["held_back_error_rate"] == model[f"{model['model']}_error_rate"]


def test_between_two_rows_of_the_curve_it_stays_flat():
    observed = kaplan_meier(Counts(np.array([0.0, 40.0, 0, 0, 20]), np.array([0.0, 0, 0, 0, 40])))
    _, projection = computed(observed, paying(2, 6))
    assert projection["observed_survival_rate"].round(4).to_list() == [1, 1, 0.6, 0.6, 0.6, 0.4]
    assert projection["at_risk_count"].to_list() == [100, 100, 100, 60, 60, 60]


@pytest.mark.parametrize(
    ("survivors", "cohort_count", "reason"),
    [
        ([100, 90, 80, 70, 60, 50, 45], 2, "too_few_cohorts"),
        ([100, 90, 80], 3, "too_few_months"),  # three months of history
        ([100, 99, 98, 98, 97, 97, 96], 12, "too_few_lapses"),
        ([100, 100, 100, 100, 100, 50, 20], 12, "too_few_lapses"),  # all in the ages held back
        ([5, 4, 3, 3, 2, 2, 1], 5, "too_few_months"),  # five customers: no age with ten at risk
    ],
)
def test_with_too_little_there_is_no_tail_and_the_reason_is_given(survivors, cohort_count, reason):
    ages = len(survivors)
    model, projection = computed(kaplan_meier(pool([survivors])), paying(cohort_count, ages))
    assert model["model"] is None
    assert model["model_null_reason"] == reason
    assert model["expected_lifetime_months_null_reason"] == reason
    assert model["ltv_projected_null_reason"] == reason
    for figure in ("expected_lifetime_months", "horizon_lifetime_months", "ltv_projected"):
        assert model[figure] is None
    assert projection["projected_survival_rate"].to_list() == [None] * ages
    assert projection["observed_survival_rate"].null_count() == 0
    assert not projection["is_extrapolated"].any()


def test_before_anybody_was_seen_to_start_one_row_says_so():
    model, projection = computed(kaplan_meier(pool([[10, 9]])).clear(), paying(1, 2).clear())
    assert (model["segment_attribute"], model["segment_value"]) == ("all", "all")
    assert (model["customer_count"], model["model_null_reason"]) == (0, "no_cohort")
    assert projection.is_empty()


def test_a_segment_does_not_change_with_the_order_of_the_rows():
    observed = kaplan_meier(pool([HIGH_END]))
    arpa = paying(4, 13)
    forward, _ = computed(observed, arpa)
    backward, _ = computed(observed.reverse(), arpa.reverse())
    assert forward == backward
