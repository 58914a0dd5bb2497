"""Forecasts of one monthly series from its own past, and how wrong such forecasts were.

Plain arrays of floats: a forecast is an estimate, rounded where it is published. Nothing here knows
MRR; mrr_flows.py forecasts it from its parts and is measured by the same functions.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

SEASON = 12
# What any better method has to beat.
NAIVE_METHODS = ("naive", "seasonal_naive", "average_3_months")
MODEL_METHODS = ("auto_ets", "dynamic_optimized_theta", "combination")
LEVELS = (0.50, 0.80, 0.95)
SMALLEST = 1e-9  # stands for nothing in a logarithm
MAX_HALF_WIDTH = float(np.log(100))  # between a hundredth and a hundredfold says nothing

Paths = Mapping[str, np.ndarray]


class Accuracy(NamedTuple):
    """How wrong the forecasts of one method were, by months ahead; nan where never measured.

    origin_count: forecasts measured. mape: mean of |error| over actual (share). mase: mean of
    |error| over the scale of its origin. bias: mean of forecast less actual, in the series' unit.
    bias_rate: the same over the mean actual.
    """

    origin_count: np.ndarray
    mape: np.ndarray
    mase: np.ndarray
    bias: np.ndarray
    bias_rate: np.ndarray


def naive_paths(values: np.ndarray, horizon: int) -> dict[str, np.ndarray]:
    """The last value, the value of a year ago (needs a year), the mean of the last 3 months."""
    paths = {
        "naive": np.repeat(values[-1], horizon),
        "average_3_months": np.repeat(values[-3:].mean(), horizon),
    }
    if len(values) >= SEASON:
        paths["seasonal_naive"] = np.resize(values[-SEASON:], horizon)
    return paths


def model_paths(values: np.ndarray, horizon: int) -> dict[str, np.ndarray]:
    """AutoETS, the dynamic optimised Theta model, and their combination with seasonal naive.

    The combination is the median of the three, month by month: one method that is far off (last
    year's level of a growing company) does not pull it. Needs SEASON values.
    """
    from statsforecast.models import AutoETS, DynamicOptimizedTheta

    seasonal = naive_paths(values, horizon)["seasonal_naive"]
    if np.ptp(values) == 0:  # nothing to fit
        return dict.fromkeys(MODEL_METHODS, np.repeat(values[-1], horizon))
    with np.errstate(divide="ignore"):  # a variance of no degree of freedom, which is not used
        ets, theta = (
            np.asarray(model.forecast(values.astype(float), h=horizon)["mean"], dtype=float)
            for model in (
                AutoETS(season_length=SEASON),
                DynamicOptimizedTheta(season_length=SEASON),
            )
        )
    return _named(ets, theta, seasonal)


def refitted_paths(
    values: np.ndarray, first_origin: int, horizon: int
) -> dict[str, list[np.ndarray]]:
    """Paths of every origin from `first_origin` on, by models whose parameters were estimated
    once, on what was known at the first: quicker than a fit per origin, and no later value helps.
    """
    from statsforecast.models import AutoETS, DynamicOptimizedTheta

    known = values[:first_origin].astype(float)
    fitted = [
        model.fit(known)
        for model in (AutoETS(season_length=SEASON), DynamicOptimizedTheta(season_length=SEASON))
    ]
    paths: dict[str, list[np.ndarray]] = {method: [] for method in MODEL_METHODS}
    for origin in range(first_origin, len(values)):
        past = values[:origin].astype(float)
        ets, theta = (np.asarray(one.forward(past, h=horizon)["mean"]) for one in fitted)
        seasonal = naive_paths(past, horizon)["seasonal_naive"]
        for method, path in _named(ets, theta, seasonal).items():
            paths[method].append(path)
    return paths


def _named(ets: np.ndarray, theta: np.ndarray, seasonal: np.ndarray) -> dict[str, np.ndarray]:
    combined = np.median([ets, theta, seasonal], axis=0)
    return dict(zip(MODEL_METHODS, (ets, theta, combined), strict=True))


def roll(forecast: Callable[[int], Paths], origins: range, horizon: int) -> dict[str, np.ndarray]:
    """The forecast of every origin, by method: origins × months ahead, nan where there is none.

    `forecast(known)` sees the first `known` months only; an origin is the number of known months.
    """
    rolled: dict[str, np.ndarray] = {}
    for row, known in enumerate(origins):
        for method, path in forecast(known).items():
            rolled.setdefault(method, np.full((len(origins), horizon), np.nan))[row] = path
    return rolled


def actuals(values: np.ndarray, origins: range, horizon: int) -> np.ndarray:
    """What became of it: origins × months ahead, nan where it is not known yet."""
    table = np.full((len(origins), horizon), np.nan)
    for row, known in enumerate(origins):
        future = values[known : known + horizon]
        table[row, : len(future)] = future
    return table


def scales(values: np.ndarray, origins: range, lag: int = 1) -> np.ndarray:
    """Per origin the mean absolute change over `lag` months so far: the unit of MASE (Hyndman and
    Koehler 2006). nan where nothing has changed yet.
    """
    changes = np.abs(values[lag:] - values[:-lag])
    means = np.array([changes[: max(known - lag, 0)].mean() for known in origins if known > lag])
    padded = np.concatenate([np.full(len(origins) - len(means), np.nan), means])
    return np.where(padded > 0, padded, np.nan)


def measure(forecasts: np.ndarray, actual: np.ndarray, scale: np.ndarray) -> Accuracy:
    """Accuracy by months ahead of one method's forecasts (origins × months ahead)."""
    errors = forecasts - actual
    counted = ~np.isnan(errors)
    shares = np.abs(errors) / np.where(actual > 0, actual, np.nan)
    bias = _mean(errors)
    actual_mean = _mean(np.where(counted, actual, np.nan))
    return Accuracy(
        origin_count=counted.sum(axis=0),
        mape=_mean(shares),
        mase=_mean(np.abs(errors) / scale[:, None]),
        bias=bias,
        bias_rate=bias / np.where(actual_mean > 0, actual_mean, np.nan),
    )


def _mean(table: np.ndarray) -> np.ndarray:
    """Mean of each column without its nan; nan where there is nothing."""
    counts = (~np.isnan(table)).sum(axis=0)
    return np.nansum(table, axis=0) / np.where(counts > 0, counts, np.nan)


class Calibration(NamedTuple):
    """What past errors say about the width of an interval; widths and scores are logarithms.

    typical: months ahead, the typical error now. scores: origins × months ahead, each error over
    the typical error that was known at its own origin. factors: by LEVELS, the quantile of the
    scores; nan for a level that so few errors cannot tell (95 % needs 19).
    """

    typical: np.ndarray
    scores: np.ndarray
    factors: np.ndarray


def calibrate(forecasts: np.ndarray, actual: np.ndarray, horizon: int) -> Calibration:
    """Conformal calibration of |ln(actual / forecast)|, so that an interval never reaches zero.

    An error is judged by what was known when its forecast was made: the factors make up for the
    typical error having been known badly. The quantile has the finite-sample correction
    ceil((n + 1) level); errors of all months ahead are pooled.
    """
    errors = np.abs(log_errors(forecasts, actual))
    scores = np.full(actual.shape, np.nan)
    for origin in range(1, len(actual)):
        typical = _typical_errors(_known_at(errors, origin), horizon)
        scores[origin] = errors[origin] / np.where(typical > 0, typical, np.nan)
    return Calibration(_typical_errors(errors, horizon), scores, _quantiles(scores))


def half_widths(calibration: Calibration) -> np.ndarray:
    """Half-widths of the intervals of LEVELS, as logarithms: levels × months ahead; infinite beyond
    MAX_HALF_WIDTH, nan where so few errors cannot tell.
    """
    widths = calibration.factors[:, None] * calibration.typical[None, :]
    return np.where(widths > MAX_HALF_WIDTH, np.inf, widths)


def cover(calibration: Calibration) -> np.ndarray:
    """Whether the actual values lay within the intervals as they are calibrated now, each around
    its forecast and with the typical error known then: levels × origins × months ahead of 1 and 0,
    nan where there is no score.
    """
    return _inside(calibration.scores, calibration.factors[:, None, None])


def cover_then(calibration: Calibration) -> np.ndarray:
    """The same of the intervals as they would have been published then, calibrated on no later
    error.
    """
    scores = calibration.scores
    then = [_quantiles(_known_at(scores, origin)) for origin in range(len(scores))]
    return _inside(scores, np.array(then).T[:, :, None])


def _inside(scores: np.ndarray, factors: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(scores) | np.isnan(factors), np.nan, scores <= factors)


def _known_at(table: np.ndarray, origin: int) -> np.ndarray:
    """Origins × months ahead, without what became known after that origin."""
    rows, columns = np.indices(table.shape)
    return np.where(rows + columns + 1 <= origin, table, np.nan)


def _typical_errors(errors: np.ndarray, horizon: int) -> np.ndarray:
    """Root mean square by months ahead, which never shrinks further ahead; further ahead than ever
    measured it grows with the square root of time. nan without any error.
    """
    squares = _mean(errors**2)
    measured = ~np.isnan(squares)
    if not measured.any():
        return np.full(horizon, np.nan)
    furthest = int(np.flatnonzero(measured)[-1]) + 1
    typical = np.sqrt(np.maximum.accumulate(np.where(measured, squares, 0)[:furthest]))
    ahead = np.arange(furthest + 1, horizon + 1)
    return np.concatenate([typical, typical[-1] * np.sqrt(ahead / furthest)])[:horizon]


def _quantiles(scores: np.ndarray) -> np.ndarray:
    pooled = np.sort(scores[~np.isnan(scores)])
    ranks = np.ceil((len(pooled) + 1) * np.array(LEVELS)).astype(int)
    padded = np.append(pooled, np.nan)
    return padded[np.minimum(ranks - 1, len(pooled))]


def log_errors(forecasts: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """ln(actual / forecast), both kept away from nothing; nan stays nan."""
    return np.log(np.maximum(actual, SMALLEST)) - np.log(np.maximum(forecasts, SMALLEST))
