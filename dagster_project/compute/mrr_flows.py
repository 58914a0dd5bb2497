"""MRR forecast from its parts: who leaves, shrinks, grows, pauses and comes.

Two methods: the baseline of G-34 (recent rates go on) and the bottom-up forecast (cohorts age,
the renewal book is known, new business follows its own series and the pipeline). Both answer a
scenario by being computed again with other assumptions. Everything is a function of the first
`known` months of the history: what came later is never looked at.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dagster_project.compute import survival

RATE_MONTHS = 12  # a whole year of expansion, contraction and pauses: months differ by season
LEVEL_MONTHS = 24
SHRINKAGE_CUSTOMERS = 50.0  # an age seen by this many weighs as much as the curve of all ages

FLOWS = ("new", "reactivation", "expansion", "contraction", "churn", "pause", "resume")
COMMITMENTS = ("scheduled_end", "scheduled_contraction", "signed_expansion", "signed_new")
# In the order of the sum. `method_difference` is what a published method says beyond the parts.
COMPONENTS = (
    "starting_mrr",
    "renewal_book",
    "churn",
    "contraction",
    "expansion",
    "pause",
    "signed_new",
    "pipeline_new",
    "trend_new",
    "method_difference",
)

Components = dict[str, np.ndarray]


class Scenario(NamedTuple):
    """churn_points are added to the monthly churn rate (0.01 = 1 point), which stays at or above
    nothing; new_factor multiplies new business that is not signed yet.
    """

    name: str
    churn_points: float = 0.0
    new_factor: float = 1.0


SCENARIOS = (
    Scenario("base"),
    Scenario("churn_minus_1pt", churn_points=-0.01),
    Scenario("new_plus_10pct", new_factor=1.10),
)


@dataclass(frozen=True)
class History:
    """Months in order, JPY ex tax.

    mrr, begin: at the end and beginning of each month. flows: by name of FLOWS, signed as in the
    waterfall. cohort_mrr, survivors: cohort × month at the month's end; cohort c is the c-th month
    and cohort 0 the opening one, whose age is unknown. commitments: by name of COMMITMENTS, month
    of record × month in which it takes effect (as many months again ahead), as on record then.
    """

    mrr: np.ndarray
    begin: np.ndarray
    flows: dict[str, np.ndarray]
    cohort_mrr: np.ndarray
    survivors: np.ndarray
    commitments: dict[str, np.ndarray]


def total(components: Components) -> np.ndarray:
    """MRR at the end of each month ahead: the parts are changes, summed up; never below zero."""
    return np.maximum(np.cumsum(sum(components.values()), axis=0), 0)


def has_rates(history: History, known: int, average_months: int) -> bool:
    """Whether any month of the baseline's window began with MRR, so that a rate exists."""
    return bool((history.begin[max(known - average_months, 0) : known] > 0).any())


def project_baseline(
    history: History, known: int, scenario: Scenario, *, horizon: int, average_months: int
) -> Components:
    """M(t+1) = M(t) (1 - churn - contraction + expansion) + new (G-34), by part and month ahead.

    The rates are the flows of the last months over what they flowed from, rounded like the mart
    (mart_forecast_baseline). Needs has_rates.
    """
    recent = np.arange(max(known - average_months, 0), known)
    recent = recent[history.begin[recent] > 0]
    begin = history.begin[recent].sum()
    rates = {name: history.flows[name][recent].sum() / begin for name in ("contraction", "churn")}
    keep = round(1 + sum(rates.values()) + history.flows["expansion"][recent].sum() / begin, 6)
    rates["expansion"] = keep - 1 - sum(rates.values())
    rates["churn"] = min(rates["churn"] - scenario.churn_points, 0)
    new = round(history.flows["new"][recent].mean() * scenario.new_factor, 6)
    parts = _empty(horizon)
    mrr = history.mrr[known - 1]
    parts["starting_mrr"][0] = mrr
    for ahead in range(horizon):
        for name, rate in rates.items():
            parts[name][ahead] = mrr * rate
        parts["trend_new"][ahead] = new
        mrr = mrr * (1 + sum(rates.values())) + new
    return parts


def project_bottom_up(
    history: History,
    known: int,
    scenario: Scenario,
    *,
    trend: np.ndarray,
    pipeline: np.ndarray,
) -> Components:
    """The change of each part by month ahead, of as many months as `trend` has.

    trend: new and reactivated MRR by month. pipeline: expected MRR of open deals by month; it is
    part of the trend, and only what exceeds the trend adds to it. What is on record (the renewal
    book) happens as recorded; of what is usually not on record that long before, the rates go on.
    """
    horizon = len(trend)
    parts = _empty(horizon)
    hazards = age_hazards(history, known, horizon)
    level = churn_level(history, known, hazards)
    rates = _recent_rates(history, known)
    book = {name: _on_record(history, name, known, horizon) for name in COMMITMENTS}
    unseen = {
        flow: 1 - share_on_record(history, commitment, flow, known, horizon)
        for commitment, flow in (
            ("scheduled_end", "churn"),
            ("scheduled_contraction", "contraction"),
            ("signed_expansion", "expansion"),
        )
    }
    cohorts = np.concatenate([history.cohort_mrr[:known, known - 1], np.zeros(horizon)])
    # a customer without a cohort is as old as the oldest
    cohorts[0] += history.mrr[known - 1] - cohorts.sum()
    paused, resume_rate = _paused_stock(history, known)
    parts["starting_mrr"][0] = history.mrr[known - 1]
    for ahead in range(horizon):
        month = known + ahead
        begin = cohorts.sum()
        ages = np.clip(month - np.arange(len(cohorts)), 0, len(hazards) - 1)
        risk = np.clip(level * hazards[ages] + scenario.churn_points, 0, 1)
        # who has asked to leave leaves on the day, not by chance
        leaving = -book["scheduled_end"][ahead:].sum()
        free = max(1 - leaving / begin, 0) if begin > 0 else 0.0
        churn = cohorts * free * risk * unseen["churn"][ahead]
        recorded = (
            book["scheduled_end"][ahead]
            + book["scheduled_contraction"][ahead]
            + book["signed_expansion"][ahead]
        )
        changes = {
            "renewal_book": max(recorded, -begin),
            "churn": -churn.sum(),
            "contraction": begin * rates["contraction"] * unseen["contraction"][ahead],
            "expansion": begin * rates["expansion"] * unseen["expansion"][ahead],
            "pause": begin * rates["pause"] + paused * resume_rate,
        }
        paused -= changes["pause"]
        cohorts -= churn
        rest = changes["renewal_book"] + changes["contraction"] + changes["expansion"]
        if begin > 0:
            cohorts *= 1 + (rest + changes["pause"]) / max(cohorts.sum(), 1e-9)
        signed = book["signed_new"][ahead]
        deals = pipeline[ahead] * scenario.new_factor
        changes["signed_new"] = signed
        changes["pipeline_new"] = deals
        changes["trend_new"] = max(trend[ahead] * scenario.new_factor - signed - deals, 0)
        cohorts[month] += signed + deals + changes["trend_new"]
        for name, change in changes.items():
            parts[name][ahead] = change
    return parts


def age_hazards(history: History, known: int, horizon: int) -> np.ndarray:
    """Share of a cohort's customers lost at each age in months (index = age, 0 at age 0).

    Lost over at risk, pooled over cohorts and drawn towards the curve that was nearest to the ages
    held back (survival.choose_model; a constant loss where there is too little to choose by).
    Ages nobody has reached follow the curve.
    """
    first = 1 if history.survivors[1:known, :known].any() else 0
    cohorts = [history.survivors[cohort, cohort:known] for cohort in range(first, known - 1)]
    cohorts = [survivors for survivors in cohorts if survivors[0] > 0]
    lost, at_risk = np.zeros(known + horizon), np.zeros(known + horizon)
    for survivors in cohorts:
        lost[1 : len(survivors)] += survivors[:-1] - survivors[1:]
        at_risk[1 : len(survivors)] += survivors[:-1]
    if not lost.any():
        return np.zeros(known + horizon)
    counts = survival.pool(cohorts)
    observed_months = int((counts.at_risk >= survival.MIN_AT_RISK).sum())
    chosen = survival.choose_model(counts, observed_months, len(cohorts))
    fitted = chosen.fitted or survival.fit(survival.MODELS[0], counts)
    kept = fitted.survival(np.arange(known + horizon))
    left = np.where(kept[:-1] > 0, kept[:-1], np.inf)  # after the last one everybody is gone
    curve = np.append(0, 1 - kept[1:] / left)
    return (lost + SHRINKAGE_CUSTOMERS * curve) / (at_risk + SHRINKAGE_CUSTOMERS)


def churn_level(history: History, known: int, hazards: np.ndarray) -> float:
    """MRR that churned over what the hazards of customers say: who leaves is smaller or larger."""
    expected = churned = 0.0
    for month in range(max(known - LEVEL_MONTHS, 1), known):
        ages = month - np.arange(month)
        expected += float((history.cohort_mrr[:month, month - 1] * hazards[ages]).sum())
        churned -= float(history.flows["churn"][month])
    return churned / expected if expected > 0 else 1.0


def share_on_record(
    history: History, commitment: str, flow: str, known: int, horizon: int
) -> np.ndarray:
    """Of the flow of a month, the share that was on record so many months before (0 to 1)."""
    shares = np.zeros(horizon)
    table, actual = history.commitments[commitment], history.flows[flow]
    for ahead in range(1, horizon + 1):
        effects = np.arange(max(known - LEVEL_MONTHS, ahead), known)
        happened = actual[effects].sum()
        if happened != 0:
            shares[ahead - 1] = table[effects - ahead, effects].sum() / happened
    return np.clip(shares, 0, 1)


def _on_record(history: History, commitment: str, known: int, horizon: int) -> np.ndarray:
    return history.commitments[commitment][known - 1, known : known + horizon]


def _recent_rates(history: History, known: int) -> dict[str, float]:
    """Flow over begin MRR of the last year, as one ratio of sums."""
    recent = slice(max(known - RATE_MONTHS, 0), known)
    begin = history.begin[recent].sum()
    return {
        name: history.flows[name][recent].sum() / begin if begin > 0 else 0.0
        for name in ("expansion", "contraction", "pause")
    }


def _paused_stock(history: History, known: int) -> tuple[float, float]:
    """MRR paused and not resumed, and the share of such MRR that resumes in a month."""
    moved = -(history.flows["pause"][:known] + history.flows["resume"][:known])
    stock = np.maximum(np.cumsum(moved), 0)
    waited = stock[:-1].sum()
    rate = history.flows["resume"][1:known].sum() / waited if waited > 0 else 0.0
    return float(stock[-1]), float(min(rate, 1.0))


def _empty(horizon: int) -> Components:
    return {name: np.zeros(horizon) for name in COMPONENTS}
