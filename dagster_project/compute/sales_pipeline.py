"""What open deals of new business are expected to bring, by month.

The chance of winning is learned from the deals that were decided, never taken from the CRM's own
percentage. The CRM says the current stage of a deal and not its earlier ones, so a stage has a
chance of its own only where decided deals of both kinds still carry it; else all deals share one.
"""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import polars as pl

MIN_DECIDED = 20  # of a stage, and of all deals before any chance is learned


class Pipeline(NamedTuple):
    """mrr: expected new MRR by month ahead, JPY. reason: how the chance was learned, or why there
    is nothing to expect (pipeline_empty, too_few_decided_deals, no_won_deal_with_contract).
    """

    mrr: np.ndarray
    open_deal_count: int
    reason: str


def expect(deals: pl.DataFrame, *, as_of: date, horizon: int) -> Pipeline:
    """Expected MRR of the deals open at `as_of`, by month after its last complete month.

    deals: stage, deal_outcome (open, won, lost, as known by `as_of`), expected_close_date,
      closed_date, amount (JPY), brought_mrr (JPY, of a won deal with its contract).
    A deal brings amount × (MRR of won deals / their amount) × chance in the month it is expected
    to close, and an overdue one in the first month. The chance of a deal that is d days past its
    expected day is the share won of all deals that were still open then.
    """
    # in an order of their own: sums of floats must not depend on the order of rows
    rows = deals.filter(pl.col("amount") > 0).sort(deals.columns).to_dicts()
    still_open = [row for row in rows if row["deal_outcome"] == "open"]
    nothing = np.zeros(horizon)
    if not still_open:
        return Pipeline(nothing, 0, "pipeline_empty")
    decided = [row for row in rows if row["deal_outcome"] != "open"]
    if len(decided) < MIN_DECIDED:
        return Pipeline(nothing, len(still_open), "too_few_decided_deals")
    brought = [row for row in decided if row["brought_mrr"]]
    if not brought:
        return Pipeline(nothing, len(still_open), "no_won_deal_with_contract")
    mrr_per_amount = float(sum(row["brought_mrr"] for row in brought)) / float(
        sum(row["amount"] for row in brought)
    )
    groups = _learned_stages(decided)
    delays = _delays(rows, groups, as_of)
    mrr = nothing.copy()
    for row in still_open:
        stage = row["stage"] if row["stage"] in groups else None
        expected = row["expected_close_date"] or as_of
        ahead = max(_months_ahead(expected, as_of), 0)
        if ahead < horizon:
            chance = _chance(*delays[stage], (as_of - expected).days)
            mrr[ahead] += float(row["amount"]) * mrr_per_amount * chance
    reason = "learned_by_stage" if groups else "no_stage_history"
    return Pipeline(mrr, len(still_open), reason)


def _learned_stages(decided: list[dict[str, Any]]) -> frozenset[str]:
    outcomes: dict[str, list[str]] = defaultdict(list)
    for row in decided:
        outcomes[row["stage"]].append(row["deal_outcome"])
    return frozenset(
        stage
        for stage, known in outcomes.items()
        if len(known) >= MIN_DECIDED and len(set(known)) > 1
    )


def _delays(
    rows: list[dict[str, Any]], stages: frozenset[str], as_of: date
) -> dict[str | None, tuple[np.ndarray, np.ndarray]]:
    """Days past the expected day, and whether won, of what says something about winning.

    An open deal that is overdue was not won until then; one that is not due yet says nothing.
    """
    told: dict[str | None, list[tuple[int, bool]]] = {None: []} | {stage: [] for stage in stages}
    for row in rows:
        ended = row["closed_date"] or as_of
        expected = row["expected_close_date"] or ended
        days = (ended - expected).days
        if row["deal_outcome"] == "open" and days <= 0:
            continue
        for group in {None, row["stage"]} & told.keys():
            told[group].append((days, row["deal_outcome"] == "won"))
    return {
        group: (np.array([days for days, _ in known]), np.array([won for _, won in known]))
        for group, known in told.items()
    }


def _chance(days: np.ndarray, won: np.ndarray, overdue: int) -> float:
    remaining = days >= overdue
    return float(won[remaining].mean()) if remaining.any() else 0.0


def _months_ahead(day: date, as_of: date) -> int:
    """0 = the month after the last complete one."""
    first = as_of + timedelta(days=1)  # a complete month ends on as_of; else it runs
    return (day.year - first.year) * 12 + day.month - first.month
