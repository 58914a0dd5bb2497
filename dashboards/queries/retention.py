"""Who stays, who leaves and why: cohorts, survival, NRR and GRR, churn, the layer model."""

from datetime import date

import polars as pl

from dashboards.queries.cache import cached
from dashboards.queries.listing import Listing
from dashboards.warehouse import Snapshot, rows


@cached
def segments(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per segment (attribute × value), the one with most customers ever first."""
    return rows(
        snapshot,
        """
        select segment_attribute, segment_value, max(customer_count) as customer_count
        from mart_revenue_retention
        group by segment_attribute, segment_value
        order by segment_attribute, customer_count desc, segment_value
        """,
    )


@cached
def by_month(snapshot: Snapshot, attribute: str, value: str) -> pl.DataFrame:
    """Grain: one row per month of the segment, oldest first; all of mart_revenue_retention."""
    return rows(
        snapshot,
        """
        select *
        from mart_revenue_retention
        where segment_attribute = ? and segment_value = ?
        order by month
        """,
        (attribute, value),
    )


@cached
def by_value(snapshot: Snapshot, attribute: str, month: date) -> pl.DataFrame:
    """Grain: one row per value of the attribute in the month, the one with most MRR first."""
    return rows(
        snapshot,
        """
        select *
        from mart_revenue_retention
        where segment_attribute = ? and month = ?
        order by mrr desc, segment_value
        """,
        (attribute, month),
    )


@cached
def cohorts(snapshot: Snapshot, attribute: str, value: str) -> pl.DataFrame:
    """Grain: one row per cohort × months since first payment of the segment, oldest first."""
    return rows(
        snapshot,
        """
        select *
        from mart_retention_cohort
        where segment_attribute = ? and segment_value = ?
        order by cohort_month, months_since_first
        """,
        (attribute, value),
    )


@cached
def averages(snapshot: Snapshot, attribute: str, value: str) -> pl.DataFrame:
    """Grain: one row per months since first payment: the averages over mature cohorts."""
    return rows(
        snapshot,
        """
        select *
        from mart_retention_average
        where segment_attribute = ? and segment_value = ?
        order by months_since_first
        """,
        (attribute, value),
    )


def cohort_customers(
    snapshot: Snapshot, cohort_month: date, month: date, attribute: str, value: str
) -> Listing:
    """Grain: one row per customer of the cohort: MRR in its first month and at the month's end."""
    return Listing(
        snapshot,
        """
        select
            customer_key,
            sum(mrr_change) filter (where month = cohort_month) as initial_mrr,
            sum(mrr_change) as mrr
        from fct_mrr_movement
        where
            cohort_month = ?
            and month <= ?
            and customer_key in (
                select customer_key
                from bridge_customer_segment
                where segment_attribute = ? and segment_value = ?
            )
        group by customer_key
        order by mrr, initial_mrr desc, customer_key
        """,
        (cohort_month, month, attribute, value),
    )


@cached
def survival(snapshot: Snapshot, attribute: str, value: str) -> pl.DataFrame:
    """Grain: one row per months since first payment in which something happened; the interval."""
    return rows(
        snapshot,
        """
        select *
        from mart_survival
        where segment_attribute = ? and segment_value = ?
        order by months_since_first
        """,
        (attribute, value),
    )


@cached
def churn_reasons(snapshot: Snapshot, first: date, last: date) -> pl.DataFrame:
    """Grain: one row per kind of churn × reason, over the months from first to last."""
    return rows(
        snapshot,
        """
        select
            churn_kind,
            reason_code,
            max(reason_label_ja) as reason_label_ja,
            max(reason_label_en) as reason_label_en,
            sum(churned_customer_count) as churned_customer_count,
            sum(churned_while_paused_count) as churned_while_paused_count,
            sum(mrr_lost) as mrr_lost,
            sum(requested_count) as requested_count
        from mart_churn_reason
        where month between ? and ?
        group by churn_kind, reason_code
        order by churned_customer_count desc, mrr_lost desc, churn_kind, reason_code
        """,
        (first, last),
    )


def churns(snapshot: Snapshot, first: date, last: date, kind: str, reason: str) -> Listing:
    """Grain: one row per customer × churn of a kind and reason, largest loss first."""
    return Listing(
        snapshot,
        """
        select *
        from mart_churn_analysis
        where month between ? and ? and churn_kind = ? and reason_code = ?
        order by mrr_lost desc, churned_on, churn_key
        """,
        (first, last, kind, reason),
    )


@cached
def churn_sum(snapshot: Snapshot, first: date, last: date, kind: str, reason: str) -> pl.DataFrame:
    """One row: customers and MRR of these churns that count in the churn rate."""
    return rows(
        snapshot,
        """
        select count(*) as churned_customer_count, coalesce(sum(mrr_lost), 0) as mrr_lost
        from mart_churn_analysis
        where
            month between ? and ? and churn_kind = ? and reason_code = ? and not is_while_paused
        """,
        (first, last, kind, reason),
    )


@cached
def churn_texts(snapshot: Snapshot, churn_keys: tuple[str, ...]) -> dict[str, str]:
    """Reason in the customer's words by churn_key; none without the right to people."""
    if not snapshot.has_personal_columns or not churn_keys:
        return {}
    said = rows(
        snapshot,
        """
        select churn_key, reason_text
        from pii.mart_churn_analysis
        where reason_text is not null and churn_key in (select unnest(?))
        """,
        [list(churn_keys)],
    )
    return dict(said.iter_rows())


@cached
def inquiries(snapshot: Snapshot, customer_key: str, first: date, last: date) -> pl.DataFrame:
    """Grain: one row per inquiry of the customer asked on the days from first to last, newest
    first.
    """
    return rows(
        snapshot,
        """
        select asked_date, ticket_id, channel, topic, is_complaint, status
        from fct_inquiry
        where customer_key = ? and asked_date between ? and ?
        order by asked_at desc, inquiry_key
        """,
        (customer_key, first, last),
    )


@cached
def simulation(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per scenario × year × layer; all of mart_retention_simulation."""
    return rows(
        snapshot,
        """
        select *
        from mart_retention_simulation
        order by scenario, year_number, layer_number
        """,
    )
