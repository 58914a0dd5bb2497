"""Retention projected beyond what was observed: which curve fits, and what it says of the tail.

The observed part is mart_survival's (Kaplan–Meier); no curve is estimated twice. Three models of
the month in which a customer lapses, by maximum likelihood: a constant loss (geometric, the naive
one), and two in which customers differ in their loss: shifted beta geometric (sBG: Fader & Hardie
2007, "How to project customer retention") and beta discrete Weibull (BdW: Fader, Hardie, Liu, Davin
& Steenburgh 2018), whose loss also changes with age. The one that is nearest to ages it has not
seen is used.

Survivors of several cohorts are pooled: how many lapsed at an age and how many were last seen at it
is all that the likelihood needs. Ages are whole months since the first payment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import polars as pl

MODELS = ("geometric", "sbg", "bdw")  # simplest first
MIN_GAIN = 0.001  # of held-back error, for which a model that is less simple is taken
MIN_COHORTS = 3
MIN_MONTHS = 6
MIN_LAPSES = 10
MIN_AT_RISK = 10  # an age with fewer is not what a curve is judged by
MAX_HELD_BACK = 12
MONTHS_PROJECTED = 24  # beyond the oldest customer, where the horizon does not reach
FOREVER = 1200  # months in which a lifetime has to end to be stated
MAX_SHARE_AFTER = 0.01  # of a lifetime, after FOREVER

QUERIES = {
    "survival_observed": """
        select
            segment_attribute, segment_value, months_since_first,
            at_risk_count, lapsed_count, censored_count,
            survival_rate, survival_lower_rate, survival_upper_rate
        from mart_survival
    """,
    # MRR per paying customer by age, as the LTV of G-15 counts it
    "survival_arpa": """
        select
            segment_attribute, segment_value, months_since_first,
            count(distinct cohort_month) as cohort_count,
            cast(sum(mrr) as double) as mrr,
            cast(sum(active_customer_count) as bigint) as active_customer_count
        from mart_retention_cohort
        where not is_opening_cohort
        group by segment_attribute, segment_value, months_since_first
    """,
}
SCHEMAS = {
    "retention_projection": pl.Schema(
        {
            "segment_attribute": pl.String(),
            "segment_value": pl.String(),
            "months_since_first": pl.Int64(),
            "at_risk_count": pl.Int64(),
            "observed_survival_rate": pl.Float64(),
            "observed_survival_lower_rate": pl.Float64(),
            "observed_survival_upper_rate": pl.Float64(),
            "model": pl.String(),
            "model_null_reason": pl.String(),
            "model_survival_rate": pl.Float64(),
            "projected_survival_rate": pl.Float64(),
            "is_extrapolated": pl.Boolean(),
            "residual_lifetime_months": pl.Float64(),
        }
    ),
    "retention_model": pl.Schema(
        {
            "segment_attribute": pl.String(),
            "segment_value": pl.String(),
            "customer_count": pl.Int64(),
            "cohort_count": pl.Int64(),
            "lapsed_count": pl.Int64(),
            "observed_months": pl.Int64(),
            "model": pl.String(),
            "model_null_reason": pl.String(),
            "theta": pl.Float64(),
            "alpha": pl.Float64(),
            "beta": pl.Float64(),
            "shape": pl.Float64(),
            "log_likelihood": pl.Float64(),
            "held_back_months": pl.Int64(),
            "held_back_error_rate": pl.Float64(),
            "geometric_error_rate": pl.Float64(),
            "sbg_error_rate": pl.Float64(),
            "bdw_error_rate": pl.Float64(),
            "expected_lifetime_months": pl.Float64(),
            "expected_lifetime_months_null_reason": pl.String(),
            "horizon_lifetime_months": pl.Float64(),
            "horizon_lifetime_extrapolated_rate": pl.Float64(),
            "arpa": pl.Float64(),
            "ltv_projected": pl.Float64(),
            "ltv_projected_null_reason": pl.String(),
            "ltv_projected_extrapolated_rate": pl.Float64(),
        }
    ),
}


class Counts(NamedTuple):
    """Customers by age 1, 2, …: who lapsed at it, and who was last seen at it without a lapse."""

    lapsed: np.ndarray
    censored: np.ndarray

    @property
    def at_risk(self) -> np.ndarray:
        """Who was seen up to an age or longer."""
        return np.cumsum((self.lapsed + self.censored)[::-1])[::-1]

    def kept(self) -> np.ndarray:
        """Kaplan–Meier survival at the ages 1, 2, …"""
        at_risk = np.maximum(self.at_risk, 1)
        return np.cumprod(1 - self.lapsed / at_risk)

    def until(self, age: int) -> Counts:
        """What was known when nobody had been seen for longer than `age`."""
        censored = self.censored[:age].copy()
        censored[-1] += self.lapsed[age:].sum() + self.censored[age:].sum()
        return Counts(self.lapsed[:age], censored)


@dataclass(frozen=True)
class Fit:
    """A fitted model. Parameters: geometric (θ), sBG (α, β), BdW (α, β, c); the BdW's α and β are
    called γ and δ in its paper. The log-likelihood is that of the counts it was fitted to."""

    model: str
    parameters: tuple[float, ...]
    log_likelihood: float

    def survival(self, ages: Sequence[int] | np.ndarray) -> np.ndarray:
        """Share still there after each age; 1 at age 0."""
        return np.exp(_log_survival(self.model, self.parameters, np.asarray(ages, dtype=float)))


def pool(cohorts: Sequence[Sequence[int]]) -> Counts:
    """Survivors of cohorts, each from age 0 to the last one seen, as counts by age."""
    ages = max(len(survivors) for survivors in cohorts) - 1
    lapsed, censored = np.zeros(ages), np.zeros(ages)
    for survivors in cohorts:
        lost = -np.diff(np.asarray(survivors, dtype=float))
        lapsed[: len(lost)] += lost
        if len(lost):  # who was seen at age 0 only says nothing
            censored[len(lost) - 1] += survivors[-1]
    return Counts(lapsed, censored)


def fit(model: str, counts: Counts) -> Fit:
    """The model at its maximum likelihood.

    log L = Σ lapsed(t) · ln(S(t−1) − S(t)) + Σ censored(t) · ln S(t), with
    S(t) = (1 − θ)^t, B(α, β + t) / B(α, β), or B(α, β + t^c) / B(α, β).
    """
    if model == "geometric":
        theta = float(counts.lapsed.sum() / counts.at_risk.sum())
        parameters: tuple[float, ...] = (theta,)
        return Fit(model, parameters, _log_likelihood(model, parameters, counts))
    from scipy.optimize import OptimizeResult, minimize

    # Searched by the mean loss and by how much customers differ: α and β themselves run off
    # together to infinity where customers do not differ at all. The BdW has several summits (do
    # customers differ, or does age matter?), so it is climbed from several sides.
    mean_loss = counts.lapsed.sum() / counts.at_risk.sum()
    start = float(np.log(mean_loss / (1 - mean_loss))) if mean_loss < 1 else 5.0
    bounds = [(-12.0, 12.0), (-12.0, 6.0), (-2.0, 1.5)][: 3 if model == "bdw" else 2]
    sides = [(-1.0,)] if model == "sbg" else [(-1.0, 0.0), (-6.0, 0.3), (-3.0, 1.0), (1.0, 0.7)]

    def climb(where: np.ndarray, precision: float) -> OptimizeResult:
        return minimize(
            lambda searched: -_log_likelihood(model, _parameters(searched), counts),
            where,
            method="Nelder-Mead",  # without the matrices that keep both cores busy for nothing
            bounds=bounds,
            options={"xatol": precision, "fatol": precision, "maxiter": 2000, "maxfev": 4000},
        )

    found = [climb(np.array([start, *side]), 1e-3) for side in sides]
    best = climb(min(found, key=lambda one: one.fun).x, 1e-8)
    return Fit(model, _parameters(best.x), -float(best.fun))


def _parameters(searched: np.ndarray) -> tuple[float, ...]:
    mean_loss, difference = 1 / (1 + np.exp(-searched[:2]))
    total = 1 / difference - 1  # α + β; `difference` is 1 / (α + β + 1)
    alpha, beta = mean_loss * total, (1 - mean_loss) * total
    return (float(alpha), float(beta), *(float(np.exp(shape)) for shape in searched[2:]))


def _log_survival(model: str, parameters: tuple[float, ...], ages: np.ndarray) -> np.ndarray:
    if model == "geometric":
        loss = min(parameters[0], 1 - 1e-15)
        return ages * np.log1p(-loss)
    from scipy.special import betaln

    alpha, beta = parameters[:2]
    shape = parameters[2] if model == "bdw" else 1.0
    return betaln(alpha, beta + ages**shape) - betaln(alpha, beta)


def _log_likelihood(model: str, parameters: tuple[float, ...], counts: Counts) -> float:
    survived = _log_survival(model, parameters, np.arange(len(counts.lapsed) + 1, dtype=float))
    # ln(S(t−1) − S(t)) without taking the difference of two nearly equal numbers
    hazard = np.maximum(-np.expm1(np.diff(survived)), 1e-300)
    lapses = np.log(hazard) + survived[:-1]
    return float(counts.lapsed @ lapses + counts.censored @ survived[1:])


def held_back_error(model: str, counts: Counts, age: int, last: int) -> float:
    """How far the model, fitted to the ages up to `age`, is from Kaplan–Meier on the later ones.

    Mean absolute difference of the share kept since `age`, over the ages up to `last`, weighted by
    customers at risk; a share between 0 and 1.
    """
    fitted = fit(model, counts.until(age))
    survived = fitted.survival(np.arange(age, last + 1))
    kept = counts.kept()
    weights = counts.at_risk[age:last]
    differences = np.abs(survived[1:] / survived[0] - kept[age:last] / kept[age - 1])
    return float(weights @ differences / weights.sum())


def choose(errors: Mapping[str, float]) -> str:
    """The simplest model whose held-back error is within MIN_GAIN of the smallest one."""
    smallest = min(errors.values())
    return next(model for model in MODELS if errors[model] < smallest + MIN_GAIN)


def residual_lifetimes(fitted: Fit, last_age: int, *, discount_rate: float) -> np.ndarray:
    """Discounted expected residual lifetime (DERL) at each age 0 … last_age, in periods.

    Σ_{j ≥ 1} S(n + j) / S(n) / (1 + d)^(j − 1): the periods still to be paid by a customer who has
    been kept n times, the next one undiscounted (Fader & Hardie 2010). `discount_rate` is per
    period and above 0. Summed backwards from FOREVER; what follows it goes on at the loss there.
    """
    ages = np.arange(max(FOREVER, last_age + 1) + 2)
    kept = np.exp(np.diff(_log_survival(fitted.model, fitted.parameters, ages.astype(float))))
    residual = float(kept[-1] / (1 - kept[-1] / (1 + discount_rate)))
    residuals = np.empty(len(kept))
    for age in range(len(kept) - 1, -1, -1):
        residuals[age] = residual = kept[age] * (1 + residual / (1 + discount_rate))
    return residuals[: last_age + 1]


def expected_residual(fitted: Fit, age: int) -> float | None:
    """Expected periods beyond `age` of a customer seen so far; None where a mean says nothing.

    Σ_{j ≥ 1} S(age + j) / S(age). The mean is infinite where the tail is heavy (α ≤ 1), and it is
    not stated either where more than MAX_SHARE_AFTER of it lies after FOREVER.
    """
    ages = np.arange(age, max(FOREVER, age) + 1)
    survived = fitted.survival(ages)
    if survived[0] <= 0:
        return 0.0
    known = float(survived[1:].sum())
    if fitted.model == "geometric":
        [theta] = fitted.parameters
        after = float(survived[-1] * (1 - theta) / theta) if theta > 0 else float("inf")
    else:
        # S(t) goes down as t to the power of −α·c
        power = fitted.parameters[0] * (fitted.parameters[2] if fitted.model == "bdw" else 1.0)
        after = float(survived[-1] * ages[-1] / (power - 1)) if power > 1 else float("inf")
    if after > MAX_SHARE_AFTER * (known + after) or not np.isfinite(after):
        return None
    return float((known + after) / survived[0])


def compute(
    frames: Mapping[str, pl.DataFrame], *, as_of: date, policy: Mapping[str, Any]
) -> dict[str, pl.DataFrame]:
    """retention_projection and retention_model, one block of ages and one row per segment.

    survival_observed: mart_survival. survival_arpa: MRR and paying customers by age, and cohorts.
    policy: ltv_horizon_months, gross_margin_rate, discount_rate (a year). The marts were built for
    as_of; nothing here looks at another day. Survival is Kaplan–Meier up to the last age with
    MIN_AT_RISK customers; from there on the chosen model's loss goes on. Rates are shares,
    lifetimes months, money is in the reporting currency.
    """
    projections, models = [], []
    for segment in _segments(frames) or [_nobody(frames)]:
        projection, model = _project(segment, policy)
        projections.append(projection)
        models.append(model)
    return {
        "retention_projection": pl.concat(projections),
        "retention_model": pl.DataFrame(models, schema=SCHEMAS["retention_model"], orient="row"),
    }


class _Segment(NamedTuple):
    attribute: str
    value: str
    observed: pl.DataFrame  # by age
    arpa: pl.DataFrame  # by age


def _segments(frames: Mapping[str, pl.DataFrame]) -> list[_Segment]:
    keys = ["segment_attribute", "segment_value"]
    arpa = {
        key: frame.sort("months_since_first")
        for key, frame in frames["survival_arpa"].group_by(keys)
    }
    nothing = frames["survival_arpa"].clear()
    observed = frames["survival_observed"].sort(*keys, "months_since_first")
    return [
        _Segment(*key, frame, arpa.get(key, nothing))
        for key, frame in observed.group_by(keys, maintain_order=True)
    ]


def _nobody(frames: Mapping[str, pl.DataFrame]) -> _Segment:
    """Everybody, where nobody has been seen to start: a row that says why there is nothing."""
    return _Segment("all", "all", frames["survival_observed"].clear(), frames["survival_arpa"])


class Chosen(NamedTuple):
    """The model that was nearest to the months held back, or the reason why there is none, and each
    model's error there (see held_back_error).
    """

    fitted: Fit | None
    reason: str | None
    held_back_months: int | None
    errors: dict[str, float]


def choose_model(counts: Counts, observed_months: int, cohort_count: int) -> Chosen:
    """The model for counts whose ages up to `observed_months` have customers enough to judge by."""
    held_back = min(MAX_HELD_BACK, max(2, observed_months // 3))
    age = observed_months - held_back
    reason = None
    if cohort_count == 0:
        reason = "no_cohort"
    elif cohort_count < MIN_COHORTS:
        reason = "too_few_cohorts"
    elif observed_months < MIN_MONTHS:
        reason = "too_few_months"
    # half of them before the ages that are held back
    elif counts.lapsed.sum() < MIN_LAPSES or counts.lapsed[:age].sum() < MIN_LAPSES / 2:
        reason = "too_few_lapses"
    if reason:
        return Chosen(None, reason, None, {})
    errors = {model: held_back_error(model, counts, age, observed_months) for model in MODELS}
    return Chosen(fit(choose(errors), counts), None, held_back, errors)


def _project(segment: _Segment, policy: Mapping[str, Any]) -> tuple[pl.DataFrame, dict[str, Any]]:
    horizon = int(policy["ltv_horizon_months"])
    observed = _by_age(segment.observed)
    counts = Counts(
        observed["lapsed_count"].to_numpy().astype(float)[1:],
        observed["censored_count"].to_numpy().astype(float)[1:],
    )
    at_risk = observed["at_risk_count"].to_numpy()
    observed_months = int(np.flatnonzero(at_risk >= MIN_AT_RISK).max(initial=0))
    cohort_count = int(
        segment.arpa.filter(pl.col("months_since_first") > 0)["cohort_count"].max() or 0
    )
    chosen = choose_model(counts, observed_months, cohort_count)
    fitted = chosen.fitted
    kept = observed["survival_rate"].to_numpy()
    last_age = observed.height - 1
    projected: dict[str, Any] = {}
    if fitted:
        last_age = max(horizon, last_age + MONTHS_PROJECTED)
        ages = np.arange(last_age + 1)
        curve = fitted.survival(ages)
        joined = kept[observed_months] * curve / curve[observed_months]
        joined[: observed_months + 1] = kept[: observed_months + 1]
        monthly_discount = (1 + float(policy["discount_rate"])) ** (1 / 12) - 1
        projected = {
            "model_survival_rate": curve.round(6),
            "projected_survival_rate": joined.round(6),
            "residual_lifetime_months": residual_lifetimes(
                fitted, last_age, discount_rate=monthly_discount
            ).round(6),
        }
    ages = np.arange(last_age + 1)
    projection = (
        pl.DataFrame(
            {
                "segment_attribute": [segment.attribute] * len(ages),
                "segment_value": [segment.value] * len(ages),
                "months_since_first": ages,
                "model": [fitted.model if fitted else None] * len(ages),
                "model_null_reason": [chosen.reason] * len(ages),
                "is_extrapolated": (ages > observed_months) & (fitted is not None),
                **projected,
            }
        )
        .join(
            observed.select(
                "months_since_first",
                "at_risk_count",
                pl.col("survival_rate").alias("observed_survival_rate"),
                pl.col("survival_lower_rate").alias("observed_survival_lower_rate"),
                pl.col("survival_upper_rate").alias("observed_survival_upper_rate"),
            ),
            on="months_since_first",
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.col("at_risk_count").fill_null(0))
        .pipe(_complete, SCHEMAS["retention_projection"])
    )
    model = {
        "segment_attribute": segment.attribute,
        "segment_value": segment.value,
        "customer_count": int(at_risk.max(initial=0)),
        "cohort_count": cohort_count,
        "lapsed_count": int(counts.lapsed.sum()),
        "observed_months": observed_months,
        "model": fitted.model if fitted else None,
        "model_null_reason": chosen.reason,
        "held_back_months": chosen.held_back_months,
        **{f"{name}_error_rate": round(error, 6) for name, error in chosen.errors.items()},
        "expected_lifetime_months_null_reason": chosen.reason,
        "ltv_projected_null_reason": chosen.reason,
    }
    if fitted:
        model |= _worth(segment, fitted, joined, observed_months, horizon, policy)
        model["held_back_error_rate"] = round(chosen.errors[fitted.model], 6)
    return projection, {name: model.get(name) for name in SCHEMAS["retention_model"].names()}


def _worth(
    segment: _Segment,
    fitted: Fit,
    joined: np.ndarray,
    observed_months: int,
    horizon: int,
    policy: Mapping[str, Any],
) -> dict[str, Any]:
    names = {"geometric": ("theta",), "sbg": ("alpha", "beta"), "bdw": ("alpha", "beta", "shape")}
    beyond = expected_residual(fitted, observed_months)
    survived = joined[: horizon + 1]
    extrapolated = np.arange(horizon + 1) > observed_months
    arpa, pooled = _arpa_by_age(segment.arpa, observed_months, horizon)
    worth = survived * arpa * float(policy["gross_margin_rate"])
    return {
        **dict(
            zip(
                names[fitted.model],
                (round(parameter, 6) for parameter in fitted.parameters),
                strict=True,
            )
        ),
        "log_likelihood": round(fitted.log_likelihood, 6),
        "expected_lifetime_months": None
        if beyond is None
        else round(
            float(joined[: observed_months + 1].sum() + joined[observed_months] * beyond), 6
        ),
        "expected_lifetime_months_null_reason": "tail_too_heavy" if beyond is None else None,
        "horizon_lifetime_months": round(float(survived.sum()), 6),
        "horizon_lifetime_extrapolated_rate": _share(survived, extrapolated),
        "arpa": round(pooled, 6),
        "ltv_projected": round(float(worth.sum()), 6),
        "ltv_projected_null_reason": None,
        "ltv_projected_extrapolated_rate": _share(worth, extrapolated),
    }


def _share(amounts: np.ndarray, selected: np.ndarray) -> float | None:
    total = float(amounts.sum())
    return round(float(amounts[selected].sum()) / total, 6) if total > 0 else None


def _arpa_by_age(
    arpa: pl.DataFrame, observed_months: int, horizon: int
) -> tuple[np.ndarray, float]:
    """ARPA at each age 0 … horizon, and over all ages; the latter stands where nobody paid and
    beyond what was observed."""
    paying = arpa.filter(pl.col("active_customer_count") > 0)
    pooled = float(paying["mrr"].sum() / max(paying["active_customer_count"].sum(), 1))
    by_age = np.full(horizon + 1, pooled)
    seen = paying.filter(pl.col("months_since_first") <= min(observed_months, horizon))
    by_age[seen["months_since_first"].to_numpy()] = (
        seen["mrr"] / seen["active_customer_count"]
    ).to_numpy()
    return by_age, pooled


def _by_age(observed: pl.DataFrame) -> pl.DataFrame:
    """Every age from 0; mart_survival has a row where something happens and stays flat between."""
    if observed.is_empty():
        return observed
    last_age = observed["months_since_first"].max()
    ages = pl.DataFrame({"months_since_first": pl.int_range(last_age + 1, eager=True)})
    rates = ("survival_rate", "survival_lower_rate", "survival_upper_rate")
    return (
        observed.with_columns(pl.col(*rates).cast(pl.Float64))
        .join(ages, on="months_since_first", how="right", maintain_order="right")
        .with_columns(
            pl.col("lapsed_count", "censored_count").fill_null(0),
            pl.col("at_risk_count").fill_null(strategy="backward"),
            # a null bound stands for no interval, which is also what the ages after it have
            *(
                pl.when(pl.col("survival_rate").is_null())
                .then(pl.col(rate).forward_fill())
                .otherwise(pl.col(rate))
                .alias(rate)
                for rate in rates
            ),
        )
    )


def _complete(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    missing = [pl.lit(None).alias(name) for name in schema.names() if name not in frame.columns]
    return frame.with_columns(missing).select(schema.names()).cast(dict(schema))
