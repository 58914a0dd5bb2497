"""The judge of probabilities: published figures, a positive control, and data without a signal."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dagster_project.compute import skill

TELCO = (
    Path(__file__).resolve().parents[3]
    / "shared"
    / "data"
    / "telco_churn"
    / "Telco-Customer-Churn.csv"
)


def held_back(rows: list[tuple[int, float]], base: float = 0.5) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "row": list(range(len(rows))),
            "read_on": [date(2026, 1, 1)] * len(rows),
            "y": [label for label, _ in rows],
            "p": [p for _, p in rows],
            "base_p": [base] * len(rows),
        },
        schema=skill.HELD_BACK_SCHEMA,
    )


@pytest.fixture(scope="module")
def telco() -> tuple[pl.DataFrame, np.ndarray]:
    """Every row of the file was read on one day: no row is earlier than another."""
    if not TELCO.exists():
        pytest.skip(f"the sample data is not on this machine: {TELCO} is absent")
    frame = pl.read_csv(TELCO, null_values=[" "])
    return frame.drop("customerID", "Churn"), (frame["Churn"] == "Yes").cast(pl.Int64).to_numpy()


@pytest.mark.golden("F40/telco_positive_control")
def test_who_leaves_the_telco_is_predicted_and_calibrated(telco):
    found = skill.judge(skill.predict_by_fold(*telco))
    assert (found.row_count, found.event_count) == (7043, 1869)
    assert found.auc >= 0.84
    assert found.brier <= 0.14
    assert found.base_brier == pytest.approx(0.1949, abs=0.0005)  # .26537 × .73463
    assert found.has_skill


@pytest.mark.golden("F40/telco_shuffled")
def test_the_telco_with_shuffled_labels_has_no_skill(telco):
    features, labels = telco
    shuffled = np.random.default_rng(1).permutation(labels)
    found = skill.judge(skill.predict_by_fold(features, shuffled))
    assert not found.has_skill
    assert found.reason == "auc_not_better_than_chance"


def test_the_standard_error_of_an_auc_of_a_half_is_that_of_the_rank_sum():
    # (n + m + 1) / 12nm = 21 / 1200
    assert skill.auc_error(0.5, 10, 10) == pytest.approx(0.0175**0.5)
    assert skill.auc_error(1.0, 10, 10) == 0


def test_the_figures_of_ten_leavers_and_ten_stayers():
    # p .9 for 9 of the leavers and 1 stayer, p .1 for the rest
    rows = [(1, 0.9)] * 9 + [(0, 0.9)] + [(1, 0.1)] + [(0, 0.1)] * 9
    found = skill.judge(held_back(rows))
    # pairs: 9×9 won, 9×1 and 1×9 tied, 1×1 lost
    assert found.auc == pytest.approx((81 + 9) / 100)
    assert found.brier == pytest.approx((18 * 0.01 + 2 * 0.81) / 20)
    assert found.base_brier == pytest.approx(0.25)
    assert found.brier_skill == pytest.approx(1 - 0.09 / 0.25)
    assert found.lift == pytest.approx(2.0)
    assert found.has_skill


def test_a_right_order_with_wrong_probabilities_is_no_skill():
    rows = [(1, 0.02)] * 10 + [(0, 0.01)] * 10
    assert skill.judge(held_back(rows)).reason == "brier_not_better_than_base_rate"


def test_nine_events_are_too_few_to_judge():
    found = skill.judge(held_back([(1, 0.9)] * 9 + [(0, 0.1)] * 50))
    assert (found.auc, found.brier, found.reason) == (None, None, "too_little_history")


def test_precision_at_k_counts_the_first_k():
    rows = [(1, 0.9), (0, 0.8), (1, 0.7), (0, 0.6)]
    assert skill.precision_at(held_back(rows), 1) == 1.0
    assert skill.precision_at(held_back(rows), 2) == 0.5
    assert skill.precision_at(held_back(rows), 10) == 0.5


def test_bins_of_the_reliability_curve_hold_equally_many_rows():
    rows = [(0, 0.1)] * 10 + [(1, 0.8), (0, 0.8)] * 5
    found = skill.reliability(held_back(rows))
    assert found.select("row_count", "event_count", "mean_p", "event_rate").rows() == [
        (10, 0, pytest.approx(0.1), 0.0),
        (10, 5, pytest.approx(0.8), 0.5),
    ]


def panel(outcomes_before_change: int = 1) -> tuple[pl.DataFrame, np.ndarray, pl.Series]:
    """40 quarters of 50 rows: x says who leaves, but only in the second half of the time."""
    random = np.random.default_rng(7)
    x = random.normal(size=2000)
    noise = random.normal(size=2000)
    late = np.arange(2000) >= 1000
    labels = (np.where(late, x, noise) > 0.8).astype(int)
    days = pl.Series([date(2016, 1, 1) + timedelta(days=91 * (row // 50)) for row in range(2000)])
    return pl.DataFrame({"x": x}), labels, days


def test_a_row_is_predicted_only_from_outcomes_known_before_its_block():
    features, labels, days = panel()
    far = pl.Series([date(2099, 1, 1)] * 2000)
    assert skill.predict_out_of_time(features, labels, days, far).height == 0

    known = days.dt.offset_by("91d")
    found = skill.predict_out_of_time(features, labels, days, known)
    first = found.filter(pl.col("read_on") < days[1000])
    # nothing before the change could have told that x matters
    assert skill.judge(first).reason == "auc_not_better_than_chance"
    assert skill.judge(found.filter(pl.col("read_on") >= days[1500])).has_skill


def test_outcomes_of_later_blocks_change_no_earlier_prediction():
    features, labels, days = panel()
    known = days.dt.offset_by("91d")
    changed = np.where(np.arange(2000) >= 1500, 1 - labels, labels)
    before, after = (
        skill.predict_out_of_time(features, one, days, known).filter(
            pl.col("read_on") <= days[1500]
        )
        for one in (labels, changed)
    )
    assert before["p"].to_list() == after["p"].to_list()


def test_missing_values_and_rare_categories_are_no_obstacle():
    random = np.random.default_rng(3)
    labels = (random.random(200) < 0.3).astype(int)
    features = pl.DataFrame(
        {
            "empty": pl.Series([None] * 200, dtype=pl.Float64),
            "gaps": [None if row % 3 else float(row) for row in range(200)],
            "plan": [None if row % 5 == 0 else f"plan {row}" for row in range(200)],
            "flag": [row % 2 == 0 for row in range(200)],
        }
    )
    learned = skill.fit(features, labels)
    new = features.with_columns(pl.lit("never seen").alias("plan"))
    assert set(learned.contributions(new).columns) == {"empty", "gaps", "plan", "flag"}
    assert all(0 < p < 1 for p in learned.predict(new))


def test_contributions_name_the_feature_that_tells():
    features, labels, _ = panel()
    late = features[1000:].with_columns(pl.Series("noise", np.zeros(1000)))
    learned = skill.fit(late, labels[1000:])
    parts = learned.contributions(pl.DataFrame({"x": [2.0, -2.0], "noise": [0.0, 0.0]}))
    assert parts["x"][0] > 1 > -1 > parts["x"][1]
    assert parts["noise"].to_list() == [0.0, 0.0]
