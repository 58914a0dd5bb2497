"""MRR, what moved it, and the customers and contracts behind it."""

from datetime import date
from decimal import Decimal

import polars as pl

from dashboards.queries.cache import cached
from dashboards.queries.listing import Listing
from dashboards.warehouse import Snapshot, rows


@cached
def kpis(snapshot: Snapshot, first: date, last: date) -> pl.DataFrame:
    """Grain: one row per month from first to last, oldest first; all of mart_kpi_monthly."""
    return rows(
        snapshot,
        "select * from mart_kpi_monthly where month between ? and ? order by month",
        (first, last),
    )


@cached
def movements(snapshot: Snapshot, first: date, last: date) -> pl.DataFrame:
    """Grain: one row per month and movement type, with the month's begin and end MRR."""
    return rows(
        snapshot,
        """
        select
            month,
            movement_type,
            movement_order,
            mrr_change,
            customer_count,
            begin_mrr,
            end_mrr,
            is_opening_month
        from mart_mrr_waterfall
        where basis = 'contract' and view = 'as_restated' and month between ? and ?
        order by month, movement_order
        """,
        (first, last),
    )


@cached
def movement_totals(snapshot: Snapshot, first: date, last: date) -> pl.DataFrame:
    """Grain: one row per movement type, with its sum over the months from first to last."""
    return rows(
        snapshot,
        """
        select movement_type, movement_order, sum(mrr_change) as mrr_change
        from mart_mrr_waterfall
        where basis = 'contract' and view = 'as_restated' and month between ? and ?
        group by movement_type, movement_order
        order by movement_order
        """,
        (first, last),
    )


@cached
def layers_by_month(snapshot: Snapshot, first: date, last: date) -> pl.DataFrame:
    """Grain: one row per month and cohort month, oldest cohort first."""
    return rows(
        snapshot,
        """
        select month, cohort_month as cohort, mrr, mrr_incl_tax, active_customer_count
        from mart_layer_cake
        where month between ? and ?
        order by month, cohort
        """,
        (first, last),
    )


@cached
def layers_by_fiscal_year(snapshot: Snapshot, first: date, last: date) -> pl.DataFrame:
    """Grain: one row per month and fiscal year of the cohort, oldest cohort first."""
    return rows(
        snapshot,
        """
        select
            month,
            cohort_fiscal_year as cohort,
            sum(mrr) as mrr,
            sum(mrr_incl_tax) as mrr_incl_tax,
            sum(active_customer_count) as active_customer_count
        from mart_layer_cake
        where month between ? and ?
        group by month, cohort_fiscal_year
        order by month, cohort
        """,
        (first, last),
    )


def layer_customers(
    snapshot: Snapshot, month: date, cohort_month: date | None, fiscal_year: int | None
) -> Listing:
    """Grain: one row per paying customer of a layer at the month's end, the largest MRR first.

    A layer is a month or a fiscal year of first payment; the other is None.
    """
    return Listing(
        snapshot,
        """
        select
            movements.customer_key,
            movements.cohort_month,
            sum(movements.mrr_change) as mrr
        from fct_mrr_movement as movements
        inner join dim_month on movements.cohort_month = dim_month.month
        where
            movements.month <= ?
            and (movements.cohort_month = ? or dim_month.fiscal_year = ?)
        group by movements.customer_key, movements.cohort_month
        having sum(movements.mrr_change) != 0
        order by mrr desc, movements.customer_key
        """,
        (month, cohort_month, fiscal_year),
    )


@cached
def movement_sum(snapshot: Snapshot, month: date, movement_type: str) -> pl.DataFrame:
    """One row: how many customers moved this way in the month, and the sum of their movements."""
    return rows(
        snapshot,
        """
        select count(distinct customer_key) as customer_count, sum(mrr_change) as mrr_change
        from fct_mrr_movement
        where month = ? and movement_type = ?
        """,
        (month, movement_type),
    )


@cached
def movement_cell(snapshot: Snapshot, month: date, movement_type: str) -> Decimal:
    """The number of one cell of the movement table, from the mart the table shows."""
    return rows(
        snapshot,
        """
        select sum(mrr_change) as mrr_change
        from mart_mrr_waterfall
        where
            basis = 'contract' and view = 'as_restated' and month = ? and movement_type = ?
        """,
        (month, movement_type),
    ).item()


def movement_customers(snapshot: Snapshot, month: date, movement_type: str) -> Listing:
    """Grain: one row per customer and reason, largest movement first."""
    return Listing(
        snapshot,
        """
        select customer_key, mrr_change, mrr_before, mrr_after, movement_reason, cohort_month
        from fct_mrr_movement
        where month = ? and movement_type = ?
        order by abs(mrr_change) desc, customer_key, movement_reason
        """,
        (month, movement_type),
    )


@cached
def customer_mrr(snapshot: Snapshot, customer_key: str, before: date) -> Decimal:
    """A customer's MRR at the end of the month before `before`: the sum of its movements until
    then.
    """
    total = rows(
        snapshot,
        """
        select sum(mrr_change) as mrr
        from fct_mrr_movement
        where customer_key = ? and month < ?
        """,
        (customer_key, before),
    ).item()
    return total or Decimal(0)


@cached
def contracts_in_force(snapshot: Snapshot, customer_key: str, day: date) -> pl.DataFrame:
    """Grain: one row per contract piece of the customer that covers the day; its source row."""
    return rows(
        snapshot,
        """
        select
            segments.segment_key,
            segments.contract_id,
            segments.line_id,
            segments.plan_id,
            segments.segment_state,
            segments.piece_start_date,
            segments.piece_end_excl,
            segments.quantity,
            segments.net_native,
            segments.mrr_native,
            segments.currency,
            segments.delivery_id,
            segments.source_sheet,
            segments.source_row,
            deliveries.file_name
        from fct_subscription_segment as segments
        left join obs_load_manifest as deliveries
            on
                segments.delivery_id = deliveries.delivery_id
                and deliveries.entity = 'billing.subscriptions'
        where
            segments.customer_key = ?
            and segments.piece_start_date <= ?
            and (segments.piece_end_excl is null or segments.piece_end_excl > ?)
        order by segments.contract_id, segments.line_id, segments.piece_start_date
        """,
        (customer_key, day, day),
    )


@cached
def contract_sums(snapshot: Snapshot, customer_key: str, day: date) -> pl.DataFrame:
    """Grain: one row per currency: the sum of MRR of the customer's pieces that cover the day."""
    return rows(
        snapshot,
        """
        select currency, sum(mrr_native) as mrr_native
        from fct_subscription_segment
        where
            customer_key = ?
            and piece_start_date <= ?
            and (piece_end_excl is null or piece_end_excl > ?)
        group by currency
        order by currency
        """,
        (customer_key, day, day),
    )
