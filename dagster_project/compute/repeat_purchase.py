"""Who buys again without a contract: BG/NBD for one-off, goods and pay-as-you-go revenue.

Such a customer never cancels, so nobody can see that it has left; the BG/NBD (Fader, Hardie & Lee
2005, "Counting your customers the easy way") infers it from how long ago the last purchase was,
given how often this customer used to buy. Contract customers do not belong here: survival.py.

A purchase is a day on which something was bought; what counts is the repeat purchases after the
first one. Time is in weeks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import polars as pl

MIN_BUYERS = 30
MIN_REPEAT_BUYERS = 10
MIN_WEEKS = 26  # since the first purchase of all: half of them are held back
MAX_HELD_BACK = 52  # weeks
YEAR = 365 / 7  # weeks
MODELS = ("last_period", "bg_nbd")  # the naive one first: of equal errors it is used

QUERIES = {
    # Customers who never had MRR: a set-up fee of a contract is no purchase that will be repeated.
    "repeat_purchase_days": """
        with contracted as (
            select distinct customer_key from fct_mrr_movement
        )
        select distinct
            fct_invoice_line.customer_key,
            fct_invoice_line.issue_date as purchase_date
        from fct_invoice_line
        left join contracted on fct_invoice_line.customer_key = contracted.customer_key
        where
            fct_invoice_line.line_type in ('oneoff', 'usage')
            and fct_invoice_line.amount_native > 0
            and fct_invoice_line.customer_key is not null
            and contracted.customer_key is null
    """,
}
SCHEMAS = {
    "repeat_purchase": pl.Schema(
        {
            "customer_key": pl.String(),
            "first_purchase_date": pl.Date(),
            "last_purchase_date": pl.Date(),
            "purchase_count": pl.Int64(),
            "model": pl.String(),
            "model_null_reason": pl.String(),
            "expected_purchases_12m": pl.Float64(),
            "alive_rate": pl.Float64(),
            "alive_rate_null_reason": pl.String(),
        }
    ),
    "repeat_purchase_model": pl.Schema(
        {
            "buyer_count": pl.Int64(),
            "repeat_buyer_count": pl.Int64(),
            "observed_weeks": pl.Int64(),
            "model": pl.String(),
            "model_null_reason": pl.String(),
            "r": pl.Float64(),
            "alpha": pl.Float64(),
            "a": pl.Float64(),
            "b": pl.Float64(),
            "log_likelihood": pl.Float64(),
            "held_back_weeks": pl.Int64(),
            "held_back_purchases": pl.Int64(),
            "bg_nbd_purchases": pl.Float64(),
            "last_period_purchases": pl.Float64(),
            "bg_nbd_error": pl.Float64(),
            "last_period_error": pl.Float64(),
            "expected_purchases_12m": pl.Float64(),
            "new_buyer_purchases_12m": pl.Float64(),
        }
    ),
}


class Buyers(NamedTuple):
    """Per customer: repeat purchases, weeks from the first to the last one, weeks observed."""

    repeats: np.ndarray
    recency: np.ndarray
    age: np.ndarray


@dataclass(frozen=True)
class BgNbd:
    """Purchases come at a rate that is gamma(r, α) among customers, per week; after each of them a
    customer leaves with a probability that is beta(a, b) among them."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float

    def alive(self, buyers: Buyers) -> np.ndarray:
        """Probability that the customer has not left. 1 by construction without a repeat purchase:
        the model lets nobody leave before one."""
        return 1 / (1 + self._left(buyers))

    def expected_purchases(self, buyers: Buyers, weeks: float | np.ndarray) -> np.ndarray:
        """Purchases expected of each customer in the next `weeks`, given its own history.

        Equation 10 of the paper; its 2F1 by Euler's transformation, which stays exact for customers
        with hundreds of purchases, and as printed where a and b are too large for that.
        """
        from scipy.special import hyp2f1

        a, b, bought = self.a, self.b, self.r + buyers.repeats
        total = a + b + buyers.repeats - 1
        rest = (self.alpha + buyers.age) / (self.alpha + buyers.age + weeks)
        with np.errstate(over="ignore", invalid="ignore"):
            stayed = rest ** (a - 1) * hyp2f1(a + b - 1 - self.r, a - 1, total, 1 - rest)
            printed = rest**bought * hyp2f1(bought, b + buyers.repeats, total, 1 - rest)
        stayed = np.where(np.isfinite(stayed), stayed, printed)
        return total / (a - 1) * (1 - stayed) / (1 + self._left(buyers))

    def purchases_of_new(self, weeks: float | np.ndarray) -> np.ndarray:
        """Repeat purchases expected of a customer of whom nothing is known in its first `weeks`.

        Equation 9 of the paper; for the customers of a cohort, its forecast of the total.
        """
        nothing = np.zeros_like(np.asarray(weeks, dtype=float))
        return self.expected_purchases(Buyers(nothing, nothing, nothing), weeks)

    def _left(self, buyers: Buyers) -> np.ndarray:
        repeats = buyers.repeats
        ratio = (self.alpha + buyers.age) / (self.alpha + buyers.recency)
        odds = self.a / np.maximum(self.b + repeats - 1, 1e-12) * ratio ** (self.r + repeats)
        return np.where(repeats > 0, odds, 0.0)


def fit(buyers: Buyers) -> BgNbd:
    """The BG/NBD at its maximum likelihood (equation 6 of the paper); somebody bought again."""
    from scipy.optimize import OptimizeResult, minimize

    # Customers with the same history count once, with their number.
    same, weights = np.unique(np.column_stack(buyers), axis=0, return_counts=True)
    alike = Buyers(*same.T)

    def climb(where: np.ndarray, precision: float) -> OptimizeResult:
        return minimize(
            lambda searched: -float(weights @ _log_likelihoods(np.exp(searched), alike)),
            where,
            method="Nelder-Mead",
            bounds=[(-9.0, 9.0)] * 4,
            options={"xatol": precision, "fatol": precision, "maxiter": 2000, "maxfev": 4000},
        )

    # From several starts, because a search may end where nobody ever leaves.
    between = float(np.log(buyers.age.sum() / buyers.repeats.sum()))  # ln of weeks per purchase
    starts = [np.array([0.0, between, *leaving]) for leaving in ((-0.5, 0.5), (-1.5, 0.0), (1, 3))]
    found = [climb(start, 1e-2) for start in starts]
    best = climb(min(found, key=lambda one: one.fun).x, 1e-7)
    r, alpha, a, b = (float(parameter) for parameter in np.exp(best.x))
    return BgNbd(r, alpha, a, b, -float(best.fun))


def _log_likelihoods(parameters: np.ndarray, buyers: Buyers) -> np.ndarray:
    from scipy.special import betaln, gammaln

    r, alpha, a, b = parameters
    repeats, recency, age = buyers
    bought = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
    stayed = betaln(a, b + repeats) - betaln(a, b) - (r + repeats) * np.log(alpha + age)
    left = np.where(
        repeats > 0,
        betaln(a + 1, b + np.maximum(repeats, 1) - 1)
        - betaln(a, b)
        - (r + repeats) * np.log(alpha + recency),
        -np.inf,
    )
    return bought + np.logaddexp(stayed, left)


def histories(purchase_days: pl.DataFrame, until: date) -> pl.DataFrame:
    """One row per customer who bought by `until`, in the order of the keys: first and last day,
    purchase_count."""
    return (
        purchase_days.filter(pl.col("purchase_date") <= until)
        .group_by("customer_key")
        .agg(
            pl.col("purchase_date").min().alias("first_purchase_date"),
            pl.col("purchase_date").max().alias("last_purchase_date"),
            pl.col("purchase_date").n_unique().cast(pl.Int64).alias("purchase_count"),
        )
        .sort("customer_key")
    )


def buyers_of(customers: pl.DataFrame, until: date) -> Buyers:
    """What the model reads of `histories`."""
    first = pl.col("first_purchase_date")
    weeks = customers.select(
        (pl.col("last_purchase_date") - first).dt.total_days().alias("recency") / 7,
        (pl.lit(until) - first).dt.total_days().alias("age") / 7,
    )
    return Buyers(
        (customers["purchase_count"] - 1).to_numpy().astype(float),
        weeks["recency"].to_numpy(),
        weeks["age"].to_numpy(),
    )


def repeats_between(purchase_days: pl.DataFrame, after: date, until: date) -> pl.DataFrame:
    """customer_key, purchases: days after `after` up to `until`, without the very first one of a
    customer."""
    day = pl.col("purchase_date")
    return (
        purchase_days.filter(day > day.min().over("customer_key"))
        .filter(day.is_between(after, until, closed="right"))
        .group_by("customer_key")
        .agg(pl.col("purchase_date").n_unique().cast(pl.Int64).alias("purchases"))
    )


class _Backtest(NamedTuple):
    weeks: int
    actual: int
    expected: dict[str, float]  # by model
    error: dict[str, float]  # root mean squared error per customer


def backtest(purchase_days: pl.DataFrame, until: date, weeks: int) -> _Backtest:
    """Each model with the last `weeks` held back, against what was bought in them by the customers
    known before. `last_period` says that each buys again as often as in as many weeks before."""
    cut = until - timedelta(weeks=weeks)
    known = histories(purchase_days, cut)
    before = repeats_between(purchase_days, cut - timedelta(weeks=weeks), cut)
    actual = _of(known, repeats_between(purchase_days, cut, until))
    buyers = buyers_of(known, cut)
    expected = {
        "bg_nbd": fit(buyers).expected_purchases(buyers, weeks),
        "last_period": _of(known, before),
    }
    return _Backtest(
        weeks,
        int(actual.sum()),
        {model: float(purchases.sum()) for model, purchases in expected.items()},
        {model: float(np.sqrt(((each - actual) ** 2).mean())) for model, each in expected.items()},
    )


def _of(customers: pl.DataFrame, purchases: pl.DataFrame) -> np.ndarray:
    joined = customers.select("customer_key").join(
        purchases, on="customer_key", how="left", maintain_order="left"
    )
    return joined["purchases"].fill_null(0).to_numpy().astype(float)


def compute(
    frames: Mapping[str, pl.DataFrame], *, as_of: date, policy: Mapping[str, Any]
) -> dict[str, pl.DataFrame]:
    """repeat_purchase, one row per buyer without a contract, and repeat_purchase_model, one row.

    repeat_purchase_days: customer_key, purchase_date, once per day. The model is the one whose
    expectation per customer was nearer to the last half of the history (at most MAX_HELD_BACK
    weeks) when fitted to what came before it. Nothing of `policy` counts. Expectations are
    purchases in the twelve months after as_of.
    """
    days = frames["repeat_purchase_days"].filter(pl.col("purchase_date") <= as_of).unique()
    customers = histories(days, as_of)
    buyers = buyers_of(customers, as_of)
    observed_weeks = int(buyers.age.max(initial=0))
    held_back = min(MAX_HELD_BACK, observed_weeks // 2)
    reason = _why_not(days, as_of, observed_weeks, held_back)
    row: dict[str, Any] = {
        "buyer_count": customers.height,
        "repeat_buyer_count": int((buyers.repeats > 0).sum()),
        "observed_weeks": observed_weeks,
        "model_null_reason": reason,
    }
    chosen, expected, alive = None, None, None
    if reason is None:
        tested = backtest(days, as_of, held_back)
        chosen = min(MODELS, key=lambda model: tested.error[model])
        row |= {
            "model": chosen,
            "held_back_weeks": tested.weeks,
            "held_back_purchases": tested.actual,
            **{f"{model}_purchases": round(tested.expected[model], 6) for model in MODELS},
            **{f"{model}_error": round(tested.error[model], 6) for model in MODELS},
        }
        if chosen == "bg_nbd":
            fitted = fit(buyers)
            expected = fitted.expected_purchases(buyers, YEAR)
            alive = np.where(buyers.repeats > 0, fitted.alive(buyers), np.nan)
            row |= {
                name: round(getattr(fitted, name), 6)
                for name in ("r", "alpha", "a", "b", "log_likelihood")
            }
            row["new_buyer_purchases_12m"] = round(float(fitted.purchases_of_new(YEAR)), 6)
        else:
            year_before = as_of - timedelta(days=365)
            expected = _of(customers, repeats_between(days, year_before, as_of))
        row["expected_purchases_12m"] = round(float(expected.sum()), 6)
    by_customer = customers.with_columns(
        model=pl.lit(chosen),
        model_null_reason=pl.lit(reason),
        expected_purchases_12m=pl.lit(None) if expected is None else pl.Series(expected.round(6)),
        alive_rate=pl.lit(None) if alive is None else pl.Series(alive.round(6)).fill_nan(None),
    ).with_columns(
        alive_rate_null_reason=pl.when(pl.col("alive_rate").is_not_null())
        .then(None)
        .when(pl.lit(alive is None))
        .then(pl.lit(reason or "not_of_this_model"))
        .otherwise(pl.lit("no_repeat_purchase"))
    )
    columns = SCHEMAS["repeat_purchase_model"].names()
    return {
        "repeat_purchase": by_customer.select(SCHEMAS["repeat_purchase"].names()).cast(
            dict(SCHEMAS["repeat_purchase"])
        ),
        "repeat_purchase_model": pl.DataFrame(
            [{name: row.get(name) for name in columns}], schema=SCHEMAS["repeat_purchase_model"]
        ),
    }


def _why_not(days: pl.DataFrame, as_of: date, observed_weeks: int, held_back: int) -> str | None:
    """Why there is no model; None where both the test and the fit have enough to go by."""
    if days.is_empty():
        return "no_buyer"
    if observed_weeks < MIN_WEEKS:
        return "too_few_weeks"
    known = histories(days, as_of - timedelta(weeks=held_back))
    if known.height < MIN_BUYERS:
        return "too_few_buyers"
    if known.filter(pl.col("purchase_count") > 1).height < MIN_REPEAT_BUYERS:
        return "too_few_repeat_buyers"
    return None
