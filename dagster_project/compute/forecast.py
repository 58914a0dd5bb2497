"""MRR of the next twelve months: every method, what became of its earlier forecasts, its parts.

One method is published: the one that was least wrong on the company's own history, naive methods
among them. Less than a year of history publishes the baseline only. Tables: forecast_mrr,
forecast_component, forecast_backtest (SCHEMAS).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from dagster_project.compute import mrr_flows, sales_pipeline, time_series
from dagster_project.compute.mrr_flows import Components, History, Scenario
from dagster_project.compute.time_series import LEVELS, MODEL_METHODS, NAIVE_METHODS

HORIZON = 12
MIN_HISTORY_MONTHS = 12
MIN_BACKTESTS = 6
MAX_ORIGINS = 60
MAX_GROWTH = 1000  # of the largest MRR so far: a rate of a few yen, compounded, is no forecast
MAX_RATIO = 1e9  # an error over next to nothing
# Simplest first: of two that are equally wrong the simpler one is published.
METHODS = (*NAIVE_METHODS, "baseline", *MODEL_METHODS, "bottom_up")
PERCENTS = tuple(round(level * 100) for level in LEVELS)

QUERIES = {
    "forecast_months": """
        select
            month, begin_mrr, mrr, new_mrr, reactivation_mrr, expansion_mrr, contraction_mrr,
            churn_mrr, pause_mrr, resume_mrr
        from main.mart_kpi_monthly
        order by month
    """,
    "forecast_cohorts": """
        select cohort_month, month, mrr, surviving_customer_count
        from main.mart_retention_cohort
        where segment_attribute = 'all'
    """,
    "forecast_commitments": """
        select month, effective_month, commitment, sum(mrr_change) as mrr_change
        from main.fct_committed_change
        group by all
    """,
    "forecast_deals": """
        select stage, deal_outcome, expected_close_date, closed_date, amount, brought_mrr
        from intermediate.int_new_deals_valued
    """,
}

MONEY = pl.Decimal(28, 6)
SCHEMAS = {
    "forecast_mrr": pl.Schema(
        {
            "month": pl.Date(),
            "scenario": pl.String(),
            "method": pl.String(),
            "origin_month": pl.Date(),
            "horizon_months": pl.Int64(),
            "forecast_mrr": MONEY,
            **{f"{side}_{level}_mrr": MONEY for level in PERCENTS for side in ("lower", "upper")},
            "interval_null_reason": pl.String(),
            "is_published": pl.Boolean(),
            "is_naive_method": pl.Boolean(),
            "publish_reason": pl.String(),
            "history_month_count": pl.Int64(),
            "notice": pl.String(),
        }
    ),
    "forecast_component": pl.Schema(
        {
            "month": pl.Date(),
            "scenario": pl.String(),
            "component": pl.String(),
            "component_order": pl.Int64(),
            "method": pl.String(),
            "origin_month": pl.Date(),
            "horizon_months": pl.Int64(),
            "mrr_change": MONEY,
            "mrr": MONEY,
            "forecast_mrr": MONEY,
            "component_reason": pl.String(),
        }
    ),
    "forecast_backtest": pl.Schema(
        {
            "method": pl.String(),
            "horizon_months": pl.Int64(),
            "origin_count": pl.Int64(),
            "first_origin_month": pl.Date(),
            "last_origin_month": pl.Date(),
            "mape_rate": pl.Float64(),
            "mase_ratio": pl.Float64(),
            "mean_mase_ratio": pl.Float64(),
            "bias_mrr": MONEY,
            "bias_rate": pl.Float64(),
            **{
                f"{name}_{level}_rate": pl.Float64()
                for level in PERCENTS
                for name in ("coverage", "mean_coverage", "mean_coverage_then")
            },
            "coverage_count": pl.Int64(),
            "null_reason": pl.String(),
            "is_published": pl.Boolean(),
            "is_naive_method": pl.Boolean(),
            "left_out": pl.String(),
        }
    ),
}


@dataclass(frozen=True)
class _Backtest:
    """Every method's forecasts from every origin (origins × months ahead), and what became of it.
    mean_mase: over the months ahead, by method; nan where nothing can be measured.
    """

    origins: range
    forecasts: dict[str, np.ndarray]
    actual: np.ndarray
    scale: np.ndarray
    mean_mase: dict[str, float]


def compute(
    frames: Mapping[str, pl.DataFrame], *, as_of: date, policy: Mapping[str, Any]
) -> dict[str, pl.DataFrame]:
    """The three tables of SCHEMAS; empty without a complete month of MRR.

    frames: those of QUERIES. policy: churn_avg_months, the window of the baseline.
    """
    months = frames["forecast_months"]["month"].to_list()
    if not months:
        return {name: schema.to_frame() for name, schema in SCHEMAS.items()}
    history = read_history(frames)
    average_months = int(policy["churn_avg_months"])
    pipeline = sales_pipeline.expect(frames["forecast_deals"], as_of=as_of, horizon=HORIZON)
    known = len(months)
    parts = {
        scenario.name: _project(history, known, scenario, average_months, pipeline.mrr)
        for scenario in mrr_flows.SCENARIOS
    }
    paths = _paths(history, known, parts["base"])
    parts = {
        name: {method: made for method, made in by_method.items() if method in paths}
        for name, by_method in parts.items()
    }
    backtest = _backtest(history, average_months)
    published, reason = choose(known, paths, backtest)
    forecasts = {
        scenario.name: _scenario_paths(paths, parts["base"], parts[scenario.name], published)
        for scenario in mrr_flows.SCENARIOS
    }
    notice = "fewer_than_12_months" if known < MIN_HISTORY_MONTHS else None
    return {
        "forecast_mrr": _forecast_rows(months, forecasts, backtest, published, reason, notice),
        "forecast_component": _component_rows(months, forecasts, parts, published, pipeline.reason),
        "forecast_backtest": _backtest_rows(months, backtest, published),
    }


def read_history(frames: Mapping[str, pl.DataFrame]) -> History:
    """The frames of QUERIES as arrays by month."""
    kpis = frames["forecast_months"]
    places = {month: place for place, month in enumerate(kpis["month"])}
    count = len(places)
    cohort_mrr, survivors = np.zeros((count, count)), np.zeros((count, count))
    for cohort, month, mrr, surviving in frames["forecast_cohorts"].iter_rows():
        if cohort in places and month in places:
            cohort_mrr[places[cohort], places[month]] = float(mrr)
            survivors[places[cohort], places[month]] = surviving
    commitments = {name: np.zeros((count, count + HORIZON)) for name in mrr_flows.COMMITMENTS}
    for month, effective, commitment, change in frames["forecast_commitments"].iter_rows():
        if month not in places:
            continue
        ahead = (effective.year - month.year) * 12 + effective.month - month.month
        effect = places[month] + max(
            ahead, 1
        )  # still there at the month's end: not before the next
        if effect < count + HORIZON:
            commitments[commitment][places[month], effect] += float(change)
    return History(
        mrr=_floats(kpis["mrr"]),
        begin=_floats(kpis["begin_mrr"]),
        flows={name: _floats(kpis[f"{name}_mrr"]) for name in mrr_flows.FLOWS},
        cohort_mrr=cohort_mrr,
        survivors=survivors,
        commitments=commitments,
    )


def _floats(column: pl.Series) -> np.ndarray:
    return column.cast(pl.Float64).fill_null(0).to_numpy().copy()


def choose(
    known: int, paths: Mapping[str, np.ndarray], backtest: _Backtest | None
) -> tuple[str, str]:
    """The method published, and why."""
    simple = "baseline" if "baseline" in paths else "naive"
    if known < MIN_HISTORY_MONTHS:
        return simple, "fewer_than_12_months"
    if backtest is None or len(backtest.origins) < MIN_BACKTESTS:
        return simple, "fewer_than_6_backtests"
    scored = {
        name: score
        for name, score in backtest.mean_mase.items()
        if name in paths and not np.isnan(score)
    }
    if not scored:
        return simple, "nothing_changed_to_measure"
    best = min((name for name in METHODS if name in scored), key=scored.__getitem__)
    return best, "naive_was_least_wrong" if best in NAIVE_METHODS else "least_wrong_in_backtest"


def _project(
    history: History,
    known: int,
    scenario: Scenario,
    average_months: int,
    pipeline: np.ndarray,
) -> dict[str, Components]:
    """The parts of each method that has parts, from the first `known` months."""
    projected = {}
    if mrr_flows.has_rates(history, known, average_months):
        projected["baseline"] = mrr_flows.project_baseline(
            history, known, scenario, horizon=HORIZON, average_months=average_months
        )
    if known >= MIN_HISTORY_MONTHS:
        come = (history.flows["new"] + history.flows["reactivation"])[:known]
        trend = time_series.model_paths(come, HORIZON)["combination"]
        projected["bottom_up"] = mrr_flows.project_bottom_up(
            history, known, scenario, trend=np.maximum(trend, 0), pipeline=pipeline
        )
    return projected


def _paths(
    history: History, known: int, projected: Mapping[str, Components]
) -> dict[str, np.ndarray]:
    """MRR by month ahead of every method that says something, from the first `known` months."""
    past = history.mrr[:known]
    paths = time_series.naive_paths(past, HORIZON)
    if known >= MIN_HISTORY_MONTHS:
        paths |= time_series.model_paths(past, HORIZON)
    paths |= {method: mrr_flows.total(parts) for method, parts in projected.items()}
    largest = MAX_GROWTH * past.max()
    return {name: np.maximum(path, 0) for name, path in paths.items() if path.max() <= largest}


def _backtest(history: History, average_months: int) -> _Backtest | None:
    """Rolling origin over the last MAX_ORIGINS months; None where no origin has a year before it.

    The pipeline is left out: the CRM does not say what was open at an earlier day.
    """
    count = len(history.mrr)
    origins = range(max(MIN_HISTORY_MONTHS, count - MAX_ORIGINS), count)
    if not origins:
        return None
    base, no_pipeline = mrr_flows.SCENARIOS[0], np.zeros(HORIZON)

    def forecast(known: int) -> dict[str, np.ndarray]:
        projected = _project(history, known, base, average_months, no_pipeline)
        return _paths(history, known, projected)

    forecasts = time_series.roll(forecast, origins, HORIZON)
    actual = time_series.actuals(history.mrr, origins, HORIZON)
    scale = time_series.scales(history.mrr, origins)
    return _Backtest(
        origins,
        forecasts,
        actual,
        scale,
        {
            name: _mean(time_series.measure(table, actual, scale).mase)
            for name, table in forecasts.items()
        },
    )


def _mean(values: np.ndarray) -> float:
    counted = values[~np.isnan(values)]
    return float(counted.mean()) if len(counted) else float("nan")


def _scenario_paths(
    paths: Mapping[str, np.ndarray],
    base: Mapping[str, Components],
    assumed: Mapping[str, Components],
    published: str,
) -> dict[str, np.ndarray]:
    """MRR of each method under a scenario; only what is computed from parts can answer it.

    A published method without parts moves by what the bottom-up forecast moves.
    """
    if assumed is base:
        return dict(paths)
    answered = {method: mrr_flows.total(parts) for method, parts in assumed.items()}
    parts_of = _parts_method(published, base)
    if published not in answered and parts_of:
        moved = answered[parts_of] - mrr_flows.total(base[parts_of])
        answered[published] = np.maximum(paths[published] + moved, 0)
    return answered


def _parts_method(published: str, projected: Mapping[str, Components]) -> str | None:
    """The method whose parts explain the published one; the rest is method_difference."""
    return next(
        (method for method in (published, "bottom_up", "baseline") if method in projected), None
    )


def _forecast_rows(
    months: list[date],
    forecasts: Mapping[str, Mapping[str, np.ndarray]],
    backtest: _Backtest | None,
    published: str,
    reason: str,
    notice: str | None,
) -> pl.DataFrame:
    known, origin = len(months), months[-1]
    nothing = np.full((len(LEVELS), HORIZON), np.nan)
    widths = {
        method: time_series.half_widths(time_series.calibrate(table, backtest.actual, HORIZON))
        for method, table in (backtest.forecasts.items() if backtest else ())
    }
    rows = []
    for scenario, paths in forecasts.items():
        for method in (name for name in METHODS if name in paths):
            width = widths.get(method, nothing)
            for ahead, mrr in enumerate(paths[method]):
                row = {
                    "month": add_months(origin, ahead + 1),
                    "scenario": scenario,
                    "method": method,
                    "origin_month": origin,
                    "horizon_months": ahead + 1,
                    "forecast_mrr": _money(mrr),
                    "interval_null_reason": _why_no_interval(width[:, ahead], notice),
                    "is_published": method == published,
                    "is_naive_method": method in NAIVE_METHODS,
                    "publish_reason": reason if method == published else None,
                    "history_month_count": known,
                    "notice": notice,
                }
                for level, half in zip(PERCENTS, width[:, ahead], strict=True):
                    name = f"{level}_mrr"
                    if np.isfinite(half):
                        row[f"lower_{name}"] = _money(mrr * np.exp(-half))
                        row[f"upper_{name}"] = _money(mrr * np.exp(half))
                rows.append(row)
    return _frame("forecast_mrr", rows)


def _why_no_interval(widths: np.ndarray, notice: str | None) -> str | None:
    if np.isfinite(widths).all():
        return None
    return notice or ("too_few_errors" if np.isnan(widths).any() else "past_errors_too_large")


def _component_rows(
    months: list[date],
    forecasts: Mapping[str, Mapping[str, np.ndarray]],
    parts: Mapping[str, Mapping[str, Components]],
    published: str,
    pipeline_reason: str,
) -> pl.DataFrame:
    """The parts of the published forecast, which add up to it."""
    rows = []
    for scenario, paths in forecasts.items():
        if published not in paths:
            continue
        path = _millionths(paths[published])
        method = _parts_method(published, parts[scenario])
        changes = {
            name: _millionths(change)
            for name, change in (parts[scenario][method] if method else {}).items()
        }
        # whatever the parts do not explain, the last millionth of rounding included
        changes["method_difference"] = np.diff(path, prepend=0) - sum(changes.values())
        for order, name in enumerate(mrr_flows.COMPONENTS, start=1):
            change = changes.get(name, np.zeros(HORIZON, dtype=np.int64))
            for ahead, sum_so_far in enumerate(np.cumsum(change)):
                rows.append(
                    {
                        "month": add_months(months[-1], ahead + 1),
                        "scenario": scenario,
                        "component": name,
                        "component_order": order,
                        "method": method or published,
                        "origin_month": months[-1],
                        "horizon_months": ahead + 1,
                        "mrr_change": _exact(change[ahead]),
                        "mrr": _exact(sum_so_far),
                        "forecast_mrr": _exact(path[ahead]),
                        "component_reason": pipeline_reason if name == "pipeline_new" else None,
                    }
                )
    return _frame("forecast_component", rows)


def _backtest_rows(months: list[date], backtest: _Backtest | None, published: str) -> pl.DataFrame:
    rows = []
    for method in (name for name in METHODS if backtest and name in backtest.forecasts):
        table = backtest.forecasts[method]
        accuracy = time_series.measure(table, backtest.actual, backtest.scale)
        calibration = time_series.calibrate(table, backtest.actual, HORIZON)
        covered = time_series.cover(calibration)
        covered_then = time_series.cover_then(calibration)
        for ahead in range(HORIZON):
            is_measured = accuracy.origin_count[ahead] > 0
            row = {
                "method": method,
                "horizon_months": ahead + 1,
                "origin_count": int(accuracy.origin_count[ahead]),
                "first_origin_month": months[backtest.origins[0] - 1],
                "last_origin_month": months[backtest.origins[-1] - 1],
                "mape_rate": _number(accuracy.mape[ahead]),
                "mase_ratio": _number(accuracy.mase[ahead]),
                "mean_mase_ratio": _number(backtest.mean_mase[method]),
                "bias_mrr": _money(accuracy.bias[ahead]),
                "bias_rate": _number(accuracy.bias_rate[ahead]),
                "coverage_count": int((~np.isnan(covered[1, :, ahead])).sum()),
                "null_reason": None if is_measured else "history_too_short",
                "is_published": method == published,
                "is_naive_method": method in NAIVE_METHODS,
                "left_out": "pipeline" if method == "bottom_up" else None,
            }
            for level, now, then in zip(PERCENTS, covered, covered_then, strict=True):
                name = f"{level}_rate"
                row[f"coverage_{name}"] = _number(_mean(now[:, ahead]))
                row[f"mean_coverage_{name}"] = _number(_mean(now.ravel()))
                row[f"mean_coverage_then_{name}"] = _number(_mean(then.ravel()))
            rows.append(row)
    return _frame("forecast_backtest", rows)


def _millionths(values: np.ndarray) -> np.ndarray:
    return np.rint(values * 10**6).astype(np.int64)


def _exact(millionths: int) -> Decimal:
    """A float holds 222,791,945.376657 only almost: parts of it would not add up to it."""
    return Decimal(int(millionths)).scaleb(-6)


def _frame(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMAS[name], orient="row")


def _money(value: float) -> Decimal | None:
    return None if np.isnan(value) else _exact(np.rint(value * 10**6))


def _number(value: float) -> float | None:
    return None if np.isnan(value) or abs(value) > MAX_RATIO else round(float(value), 6)


def add_months(month: date, count: int) -> date:
    """First day of the month so many months later."""
    place = month.year * 12 + month.month - 1 + count
    return date(place // 12, place % 12 + 1, 1)
