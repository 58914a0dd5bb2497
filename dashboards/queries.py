"""Every question a page asks, as one cached select over published marts.

Select, where, group by, sum. No case, no window, no arithmetic on metrics, no join but to a label:
what a number means is decided in dbt/. Money comes back as Decimal in the reporting currency.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import streamlit as st

from dashboards.warehouse import Snapshot, rows

# A version never changes, so results are kept by version and arguments; the cap bounds memory, not
# age.
_cached = st.cache_data(show_spinner=False, max_entries=400)


@_cached
def as_of(snapshot: Snapshot) -> date | None:
    """The last day the version's numbers know about; None when no month is complete yet."""
    return rows(snapshot, "select max(as_of_date) as as_of_date from mart_kpi_monthly").item()


@_cached
def metric(snapshot: Snapshot, model: str, column: str) -> dict[str, str | None] | None:
    """What the registry says about a mart's column: names, definitions, formula; else None."""
    found = rows(
        snapshot,
        """
        select name_ja, name_en, definition_ja, definition_en, formula, unit
        from obs_metric_registry
        where model = ? and column_name = ?
        """,
        [model, column],
    ).to_dicts()
    return found[0] if found else None


@_cached
def data_through(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per source system, with the newest exported_at (UTC) and what it delivered."""
    return rows(
        snapshot,
        """
        select
            source_system,
            max(exported_at) as data_through_at,
            count(distinct delivery_id) as delivery_count,
            sum(rows_landed) as rows_landed,
            sum(rows_quarantined) as rows_quarantined
        from obs_load_manifest
        group by source_system
        order by source_system
        """,
    )


@_cached
def contracts_through(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per source of contracts, with the newest exported_at (UTC): what MRR is made
    from.
    """
    return rows(
        snapshot,
        """
        select source_system, max(exported_at) as data_through_at
        from obs_load_manifest
        where entity = 'billing.subscriptions'
        group by source_system
        order by source_system
        """,
    )


@_cached
def months(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per completed month, oldest first, with its end, fiscal year and quarter."""
    return rows(
        snapshot,
        """
        select
            mart_kpi_monthly.month,
            mart_kpi_monthly.is_opening_month,
            dim_month.month_end,
            dim_month.fiscal_year,
            dim_month.fiscal_quarter
        from mart_kpi_monthly
        inner join dim_month on mart_kpi_monthly.month = dim_month.month
        order by mart_kpi_monthly.month
        """,
    )


@_cached
def kpis(snapshot: Snapshot, first: date, last: date) -> pl.DataFrame:
    """Grain: one row per month from first to last, oldest first; all of mart_kpi_monthly."""
    return rows(
        snapshot,
        "select * from mart_kpi_monthly where month between ? and ? order by month",
        (first, last),
    )


@_cached
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


@_cached
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


@_cached
def layers_by_month(snapshot: Snapshot, first: date, last: date) -> pl.DataFrame:
    """Grain: one row per month and cohort month, oldest cohort first."""
    return rows(
        snapshot,
        """
        select month, cohort_month as cohort, mrr, active_customer_count
        from mart_layer_cake
        where month between ? and ?
        order by month, cohort
        """,
        (first, last),
    )


@_cached
def layers_by_fiscal_year(snapshot: Snapshot, first: date, last: date) -> pl.DataFrame:
    """Grain: one row per month and fiscal year of the cohort, oldest cohort first."""
    return rows(
        snapshot,
        """
        select
            month,
            cohort_fiscal_year as cohort,
            sum(mrr) as mrr,
            sum(active_customer_count) as active_customer_count
        from mart_layer_cake
        where month between ? and ?
        group by month, cohort_fiscal_year
        order by month, cohort
        """,
        (first, last),
    )


@_cached
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


@_cached
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


@_cached
def movement_customers(snapshot: Snapshot, month: date, movement_type: str) -> pl.DataFrame:
    """Grain: one row per customer and reason, largest movement first."""
    return rows(
        snapshot,
        """
        select customer_key, mrr_change, mrr_before, mrr_after, movement_reason, cohort_month
        from fct_mrr_movement
        where month = ? and movement_type = ?
        order by abs(mrr_change) desc, customer_key, movement_reason
        """,
        (month, movement_type),
    )


@_cached
def movement_names(snapshot: Snapshot, month: date, movement_type: str) -> dict[str, str]:
    """Display name by key of the customers who moved this way; none without the right to people."""
    if not snapshot.has_personal_columns:
        return {}
    named = rows(
        snapshot,
        """
        select customer_key, display_name
        from pii.dim_customer
        where
            display_name is not null
            and customer_key in (
                select customer_key from fct_mrr_movement where month = ? and movement_type = ?
            )
        """,
        (month, movement_type),
    )
    return dict(named.iter_rows())


@_cached
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


@_cached
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


@_cached
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


@_cached
def delivery(snapshot: Snapshot, delivery_id: str, entity: str) -> pl.DataFrame:
    """One row: the delivered file a row came from (name, content hash, feed, export time)."""
    return rows(
        snapshot,
        """
        select
            delivery_id, feed_id, content_sha256, source_system, file_name, encoding, exported_at,
            received_at
        from obs_load_manifest
        where delivery_id = ? and entity = ?
        """,
        (delivery_id, entity),
    )
