"""What the monthly report says besides the pages' own figures: the forecast and who is at risk."""

import polars as pl

from dashboards.queries.cache import cached
from dashboards.warehouse import Snapshot, rows


@cached
def forecast(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per month ahead, the published forecast without a change of assumptions."""
    return rows(
        snapshot,
        """
        select
            month, horizon_months, forecast_mrr, lower_80_mrr, lower_80_mrr_null_reason,
            upper_80_mrr, upper_80_mrr_null_reason
        from mart_forecast_mrr
        where is_published and scenario = 'base'
        order by month
        """,
    )


@cached
def at_risk(snapshot: Snapshot) -> pl.DataFrame:
    """One row: how many paying customers are at risk, and their MRR."""
    return rows(
        snapshot,
        """
        select
            count(*) as customer_count,
            coalesce(sum(mrr_at_stake), 0) as mrr_at_stake
        from mart_at_risk
        """,
    )
