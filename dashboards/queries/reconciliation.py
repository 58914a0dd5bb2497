"""Our billed total against the billing system's own: months, and what is behind a difference."""

import polars as pl

from dashboards.queries.cache import cached
from dashboards.warehouse import Snapshot, rows


@cached
def comparisons(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per month, source system and currency, the newest month first."""
    return rows(
        snapshot,
        """
        select * from mart_billing_reconciliation
        order by month desc, source_system, currency
        """,
    )


@cached
def unexplained(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per comparison of the last complete month that nothing explains."""
    return rows(
        snapshot,
        """
        select reconciliation_key, month, source_system, currency, unexplained_native
        from mart_billing_reconciliation
        where
            unexplained_native <> 0
            and month = (select max(month) from mart_kpi_monthly)
        order by source_system, currency
        """,
    )


@cached
def items(snapshot: Snapshot, reconciliation_key: str) -> pl.DataFrame:
    """Grain: one row per item of a comparison, with the file its row stands in: certain first."""
    return rows(
        snapshot,
        """
        select items.*, deliveries.file_name
        from mart_billing_reconciliation_item as items
        left join obs_load_manifest as deliveries
            on
                items.delivery_id = deliveries.delivery_id
                and items.entity = deliveries.entity
        where items.reconciliation_key = ?
        order by items.kind_order, abs(items.amount_native) desc, items.document_id, items.item_key
        """,
        (reconciliation_key,),
    )


@cached
def refusals(snapshot: Snapshot, delivery_id: str, source_row: int) -> pl.DataFrame:
    """Grain: one row per reason for which a row was kept back at landing."""
    return rows(
        snapshot,
        """
        select source_sheet, column_name, message_ja, message_en, remedy_ja, remedy_en
        from obs_quarantine
        where delivery_id = ? and source_row = ?
        order by column_name, quarantine_key
        """,
        (delivery_id, source_row),
    )
