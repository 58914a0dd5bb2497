"""What the version itself says: its day, months, metrics, sources and deliveries."""

from datetime import date

import polars as pl

from dashboards.queries.cache import cached
from dashboards.warehouse import Snapshot, rows


@cached
def as_of(snapshot: Snapshot) -> date | None:
    """The last day the version's numbers know about; None when no month is complete yet."""
    return rows(snapshot, "select max(as_of_date) as as_of_date from mart_kpi_monthly").item()


@cached
def metric(snapshot: Snapshot, model: str, column: str) -> dict[str, str | None] | None:
    """What the registry says about a mart's column: names, definitions, formula; else None."""
    found = rows(
        snapshot,
        """
        select
            metric_id, name_ja, name_en, definition_ja, definition_en, formula, unit,
            policy_values, test_names, owner
        from obs_metric_registry
        where model = ? and column_name = ?
        """,
        [model, column],
    ).to_dicts()
    return found[0] if found else None


@cached
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


@cached
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


@cached
def delivered_entities(snapshot: Snapshot) -> frozenset[str]:
    """The kinds of data of which an export was ever delivered."""
    found = rows(snapshot, "select distinct entity from obs_load_manifest")
    return frozenset(found["entity"])


@cached
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


def last_month(snapshot: Snapshot) -> date:
    """The first day of the last completed month, at whose end MRR of a customer stands."""
    return months(snapshot)["month"][-1]


@cached
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
