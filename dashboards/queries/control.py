"""What was delivered, what became of its rows, what was kept back, what a person must decide."""

import polars as pl

from dashboards.queries.cache import cached
from dashboards.queries.listing import Listing
from dashboards.warehouse import Snapshot, rows


@cached
def freshness(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per source system and entity, with its newest exported_at (UTC)."""
    return rows(
        snapshot,
        """
        select
            source_system,
            entity,
            max(exported_at) as data_through_at,
            max(received_at) as received_at,
            count(distinct delivery_id) as delivery_count,
            bool_or(is_exported_at_assumed) as is_exported_at_assumed
        from obs_load_manifest
        group by source_system, entity
        order by data_through_at, source_system, entity
        """,
    )


@cached
def totals(snapshot: Snapshot) -> pl.DataFrame:
    """One row: all live deliveries and what became of their rows."""
    return rows(
        snapshot,
        """
        select
            count(distinct delivery_id) as delivery_count,
            count(distinct source_system) as source_count,
            max(exported_at) as data_through_at,
            cast(sum(rows_read) as bigint) as rows_read,
            cast(sum(rows_landed) as bigint) as rows_landed,
            cast(sum(rows_quarantined) as bigint) as rows_quarantined,
            cast(sum(rows_repeated) as bigint) as rows_repeated,
            cast(sum(rows_filtered) as bigint) as rows_filtered
        from obs_load_manifest
        """,
    )


@cached
def balances(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per delivery and entity, newest first.

    `rows_accounted`: landed + quarantined + repeated + filtered, which has to be rows_read.
    """
    return rows(
        snapshot,
        """
        select
            delivery_id,
            entity,
            source_system,
            file_name,
            exported_at,
            received_at,
            coverage,
            rows_read,
            rows_landed,
            rows_quarantined,
            rows_repeated,
            rows_filtered,
            rows_landed + rows_quarantined + rows_repeated + rows_filtered as rows_accounted,
            rows_current,
            rows_unchanged,
            rows_superseded,
            rows_deleted,
            rows_recomputed
        from obs_load_manifest
        order by received_at desc, exported_at desc, entity, delivery_id
        """,
    )


@cached
def outcomes(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per entity and outcome of its landed rows."""
    return rows(
        snapshot,
        """
        select entity, outcome, cast(sum(row_count) as bigint) as row_count
        from obs_row_outcome
        group by entity, outcome
        order by entity, outcome
        """,
    )


def quarantine(snapshot: Snapshot) -> Listing:
    """Grain: one row per reason for which a row was kept back, newest delivery first."""
    return Listing(
        snapshot,
        """
        select
            quarantine_key, delivery_id, entity, source_system, file_name, source_sheet, source_row,
            column_name, reason_code, message_ja, message_en, remedy_ja, remedy_en, received_at
        from obs_quarantine
        order by received_at desc, file_name, source_row, quarantine_key
        """,
    )


@cached
def quarantined_rows(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per row kept back, by where it stands."""
    return rows(
        snapshot,
        """
        select delivery_id, source_sheet, source_row
        from obs_quarantine
        group by delivery_id, source_sheet, source_row
        """,
    )


@cached
def quarantined_files(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per delivery with rows kept back, the newest first."""
    return rows(
        snapshot,
        """
        select
            delivery_id,
            file_name,
            count(distinct (source_sheet, source_row)) as row_count
        from obs_quarantine
        group by delivery_id, file_name
        order by max(received_at) desc, file_name, delivery_id
        """,
    )


@cached
def quarantine_of(snapshot: Snapshot, delivery_id: str) -> pl.DataFrame:
    """Grain: one row per reason for which a row of the delivery was kept back, as in the file."""
    return rows(
        snapshot,
        """
        select
            source_sheet, source_row, column_name, message_ja, message_en, remedy_ja, remedy_en
        from obs_quarantine
        where delivery_id = ?
        order by source_sheet, source_row, quarantine_key
        """,
        (delivery_id,),
    )


@cached
def quarantined_value(snapshot: Snapshot, quarantine_key: str) -> str | None:
    """The cell as sent; None where it was blank or without the right to people."""
    if not snapshot.has_personal_columns:
        return None
    found = rows(
        snapshot,
        "select raw_value from pii.obs_quarantine where quarantine_key = ?",
        (quarantine_key,),
    )
    return found.item() if found.height else None


@cached
def delivered_entity(snapshot: Snapshot, delivery_id: str) -> str | None:
    """An entity the delivery fed, to find its file by; None where it fed none."""
    found = rows(
        snapshot,
        "select min(entity) as entity from obs_load_manifest where delivery_id = ?",
        (delivery_id,),
    )
    return found.item()


@cached
def review_counts(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per reason for which a record may belong to another customer."""
    return rows(
        snapshot,
        """
        select review_reason, count(*) as record_count
        from obs_identity_review
        group by review_reason
        order by review_reason
        """,
    )


def reviews(snapshot: Snapshot, review_reason: str) -> Listing:
    """Grain: one row per record that may belong to another customer, for this reason."""
    return Listing(
        snapshot,
        """
        select
            record_key, source_system, source_entity, source_id, customer_key,
            candidate_customer_key, evidence_json
        from obs_identity_review
        where review_reason = ?
        order by source_system, source_entity, source_id, record_key
        """,
        (review_reason,),
    )


@cached
def restated_months(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per closed month that moved, newest first."""
    return rows(
        snapshot,
        """
        select
            month,
            count(distinct customer_key) as customer_count,
            sum(reported_mrr) as reported_mrr,
            sum(restated_mrr) as restated_mrr,
            sum(mrr_difference) as mrr_difference
        from obs_restatement_log
        group by month
        order by month desc
        """,
    )


def restatements(snapshot: Snapshot, month: str) -> Listing:
    """Grain: one row per customer whose closed MRR of the month (ISO date) moved."""
    return Listing(
        snapshot,
        """
        select
            customer_key, reported_mrr, restated_mrr, mrr_difference, cause_kind, cause_row_count,
            entity, source_file_name, delivery_id, source_sheet, source_row
        from obs_restatement_log
        where month = cast(? as date)
        order by abs(mrr_difference) desc, customer_key
        """,
        (month,),
    )


@cached
def tested_metrics(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per metric with the names of the tests that guard it."""
    return rows(
        snapshot,
        """
        select metric_id, name_ja, name_en, model, owner, test_names
        from obs_metric_registry
        order by metric_id
        """,
    )
