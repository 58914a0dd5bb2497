"""What MRR is expected to be, made of what, and how wrong earlier forecasts were."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from dashboards.queries.cache import cached
from dashboards.queries.listing import Listing
from dashboards.warehouse import Snapshot, rows


@cached
def actual(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per month on record, oldest first: MRR at its end."""
    return rows(snapshot, "select month, mrr from mart_kpi_monthly order by month")


@cached
def published(snapshot: Snapshot, scenario: str) -> pl.DataFrame:
    """Grain: one row per month ahead: the published forecast of a scenario with its intervals."""
    return rows(
        snapshot,
        "select * from mart_forecast_mrr where is_published and scenario = ? order by month",
        (scenario,),
    )


@cached
def methods(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per method that says something about the months ahead."""
    return rows(
        snapshot,
        """
        select distinct method, is_published, is_naive_method
        from mart_forecast_mrr
        where scenario = 'base'
        order by is_naive_method desc, method
        """,
    )


@cached
def path(snapshot: Snapshot, method: str) -> pl.DataFrame:
    """Grain: one row per month ahead: what a method says, nothing assumed."""
    return rows(
        snapshot,
        """
        select month, forecast_mrr
        from mart_forecast_mrr
        where scenario = 'base' and method = ?
        order by month
        """,
        (method,),
    )


@cached
def landing(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per scenario; all of mart_forecast_landing."""
    return rows(snapshot, "select * from mart_forecast_landing order by scenario")


@cached
def parts(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per month ahead × component of the published forecast, nothing assumed."""
    return rows(
        snapshot,
        """
        select *
        from mart_forecast_component
        where scenario = 'base'
        order by month, component_order
        """,
    )


@cached
def backtest(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per method × months ahead, the least wrong method first."""
    return rows(
        snapshot,
        """
        select *
        from mart_forecast_backtest
        order by mean_mase_ratio nulls last, method, horizon_months
        """,
    )


def commitments(
    snapshot: Snapshot,
    origin_month: date,
    first_month: date,
    last_month: date,
    commitment: Sequence[str],
) -> Listing:
    """Grain: one row per contract line × commitment on record that shows in these months."""
    return Listing(
        snapshot,
        """
        select customer_key, contract_id, commitment, effective_date, mrr_change
        from fct_committed_change
        where
            month = ?
            and effective_month between ? and ?
            and commitment in (select unnest(?))
        order by mrr_change, effective_date, committed_change_key
        """,
        (origin_month, first_month, last_month, list(commitment)),
    )


def ending_terms(snapshot: Snapshot, month: date) -> Listing:
    """Grain: one row per open term that ends in the month, with its chance, largest first."""
    return Listing(
        snapshot,
        """
        select
            chances.customer_key,
            pipeline.contract_id,
            chances.term_end_date,
            chances.atr,
            chances.p_renew,
            chances.p_source,
            chances.expected_value
        from mart_renewal_probability as chances
        inner join mart_renewal_pipeline as pipeline on chances.term_key = pipeline.term_key
        where chances.term_end_month = ? and chances.forecast_state = 'open'
        order by chances.atr desc, chances.term_end_date, chances.term_key
        """,
        (month,),
    )
