"""Forecasts of one series: expected values typed by hand; M3 figures kept beside the benchmark."""

import json

import numpy as np
import pytest

from dagster_project.compute import time_series
from tests.benchmarks import forecast_m3

YEAR = np.arange(1.0, 13.0)  # 1 ... 12


def test_the_naive_methods_repeat_the_last_the_year_ago_and_the_mean_of_three():
    paths = time_series.naive_paths(YEAR, 3)
    assert paths["naive"].tolist() == [12, 12, 12]
    assert paths["seasonal_naive"].tolist() == [1, 2, 3]
    assert paths["average_3_months"].tolist() == [11, 11, 11]


def test_there_is_no_seasonal_forecast_without_a_year():
    assert "seasonal_naive" not in time_series.naive_paths(YEAR[:11], 3)


def test_the_combination_is_the_median_of_the_three():
    values = 1000 + 30 * np.arange(24.0)
    paths = time_series.model_paths(values, 2)
    seasonal = [1360.0, 1390.0]  # months 13 and 14
    for ahead in range(2):
        three = sorted(
            [paths["auto_ets"][ahead], paths["dynamic_optimized_theta"][ahead], seasonal[ahead]]
        )
        assert paths["combination"][ahead] == three[1]


def test_a_series_that_never_changes_is_forecast_as_it_is():
    paths = time_series.model_paths(np.full(14, 500.0), 3)
    assert [paths[method].tolist() for method in time_series.MODEL_METHODS] == [[500] * 3] * 3


def test_a_model_estimated_once_forecasts_every_origin_of_known_values_only():
    values = 1000 + 30 * np.arange(30.0) + 50 * np.sin(np.arange(30.0))
    paths = time_series.refitted_paths(values, 24, 3)["combination"]
    changed = values.copy()
    changed[26:] *= 2
    assert len(paths) == 6
    again = time_series.refitted_paths(changed, 24, 3)["combination"]
    assert np.array_equal(paths[:3], again[:3])  # known: 24, 25 and 26 months


def test_errors_are_measured_by_months_ahead():
    origins = range(2, 4)
    values = np.array([100.0, 110.0, 120.0, 150.0])
    forecasts = time_series.roll(
        lambda known: {"naive": values[known - 1] * np.ones(2)}, origins, 2
    )
    actual = time_series.actuals(values, origins, 2)
    assert np.array_equal(actual, [[120, 150], [150, np.nan]], equal_nan=True)
    scale = time_series.scales(values, origins)
    assert scale.tolist() == [10, 10]  # 100 -> 110; 110 -> 120
    measured = time_series.measure(forecasts["naive"], actual, scale)
    assert measured.origin_count.tolist() == [2, 1]
    assert measured.mase.tolist() == [2.0, 4.0]  # errors 10 and 30; 40
    assert measured.bias.tolist() == [-20.0, -40.0]
    assert measured.bias_rate.tolist() == pytest.approx([-20 / 135, -40 / 150])
    assert measured.mape.tolist() == pytest.approx([(10 / 120 + 30 / 150) / 2, 40 / 150])


def test_where_nothing_changed_there_is_no_scale_and_no_mase():
    values = np.array([100.0, 100.0, 100.0])
    scale = time_series.scales(values, range(2, 3))
    assert np.isnan(scale).all()
    measured = time_series.measure(np.array([[90.0]]), np.array([[100.0]]), scale)
    assert np.isnan(measured.mase[0])
    assert measured.mape[0] == pytest.approx(0.1)


def test_the_factors_are_quantiles_of_errors_over_what_was_typical_when_forecast():
    # every forecast is 100; actual exp(0.1) or exp(0.2) times it, one month ahead
    logs = np.array([0.1, 0.1, 0.2, 0.1])
    calibration = time_series.calibrate(
        np.full((4, 1), 100.0), 100 * np.exp(logs)[:, None], horizon=1
    )
    # typical known at origins 1, 2, 3: 0.1; 0.1; sqrt((0.01 + 0.01 + 0.04) / 3) = 0.141421
    assert calibration.scores[:, 0] == pytest.approx([np.nan, 1.0, 2.0, 0.707107], nan_ok=True)
    # 3 scores: rank ceil(4 x 0.5) = 2 -> 1.0; ceil(4 x 0.8) = 4 > 3 -> not to be told
    assert calibration.factors == pytest.approx([1.0, np.nan, np.nan], nan_ok=True)
    assert calibration.typical == pytest.approx([np.sqrt(0.07 / 4)])
    assert time_series.half_widths(calibration)[0] == pytest.approx([np.sqrt(0.07 / 4)])


def test_further_ahead_than_ever_measured_an_interval_widens_with_the_root_of_time():
    actual = np.array([[110.0, np.nan, np.nan, np.nan]])
    calibration = time_series.calibrate(np.full((1, 4), 100.0), actual, horizon=4)
    one = np.log(1.1)
    assert calibration.typical == pytest.approx([one, one * 2**0.5, one * 3**0.5, one * 2])


def test_an_interval_of_then_rests_on_no_later_error():
    chance = np.random.default_rng(1)
    forecasts = np.full((40, 1), 100.0)
    actual = 100 * np.exp(chance.normal(0, 0.1, (40, 1)))
    later = actual.copy()
    later[30:] *= 3
    then = time_series.cover_then(time_series.calibrate(forecasts, actual, 1))
    again = time_series.cover_then(time_series.calibrate(forecasts, later, 1))
    assert np.array_equal(then[:, :30], again[:, :30], equal_nan=True)


def test_intervals_hold_what_they_say_where_errors_are_alike():
    chance = np.random.default_rng(2)
    actual = 100 * np.exp(chance.normal(0, 0.1, (400, 1)))
    calibration = time_series.calibrate(np.full((400, 1), 100.0), actual, 1)
    for covered in (time_series.cover(calibration), time_series.cover_then(calibration)):
        assert np.nanmean(covered, axis=(1, 2)) == pytest.approx([0.5, 0.8, 0.95], abs=0.05)


def test_no_error_yet_means_no_interval():
    calibration = time_series.calibrate(np.ones((1, 2)), np.full((1, 2), np.nan), 2)
    assert np.isnan(time_series.half_widths(calibration)).all()


@pytest.mark.golden("G-34/m3_industry")
def test_the_kept_figures_of_the_m3_benchmark_are_as_good_as_promised():
    kept = json.loads(forecast_m3.KEPT.read_text(encoding="utf-8"))
    assert kept["series"] == 334
    assert kept["mase"]["combination"] <= 0.95
    assert 0.75 <= kept["coverage"]["80%"] <= 0.85


@pytest.mark.skipif(not forecast_m3.DATA.exists(), reason="shared data not here")
def test_ten_series_of_m3_are_forecast_better_than_by_the_naive_methods():
    series = forecast_m3.read_series()
    every_33rd = list(series.values())[::33][:10]
    figures = forecast_m3.summarize([forecast_m3.score(*parts) for parts in every_33rd])
    naive = min(figures["mase"][method] for method in time_series.NAIVE_METHODS)
    assert figures["mase"]["combination"] < naive
    assert 0.65 <= figures["coverage"]["80%"] <= 0.95
