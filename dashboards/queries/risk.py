"""Who may leave, why, what is done about it, and how far the score can be trusted."""

from datetime import date

import polars as pl

from dashboards.queries.cache import cached
from dashboards.queries.listing import Listing
from dashboards.warehouse import Snapshot, rows


@cached
def options(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per health band × person in charge × plan of customers at risk."""
    return rows(
        snapshot,
        """
        select distinct at_risk.health_band, approach.owner, at_risk.plan_name
        from mart_at_risk as at_risk
        left join mart_approach_list as approach on at_risk.customer_key = approach.customer_key
        order by at_risk.health_band, approach.owner nulls last, at_risk.plan_name nulls last
        """,
    )


@cached
def by_reason(
    snapshot: Snapshot,
    band: str | None,
    is_anyone: bool,
    owner: str | None,
    plan: str | None,
) -> pl.DataFrame:
    """Grain: one row per reason: customers of the choice that have it and their MRR, the most money
    first.
    """
    return rows(
        snapshot,
        """
        select
            reasons.reason_code,
            count(*) as customer_count,
            sum(at_risk.mrr_at_stake) as mrr_at_stake
        from mart_at_risk_reason as reasons
        inner join mart_at_risk as at_risk on reasons.customer_key = at_risk.customer_key
        left join mart_approach_list as approach on at_risk.customer_key = approach.customer_key
        where
            (? is null or at_risk.health_band = ?)
            and (? or approach.owner is not distinct from ?)
            and (? is null or at_risk.plan_name = ?)
        group by reasons.reason_code
        order by mrr_at_stake desc, reasons.reason_code
        """,
        (band, band, is_anyone, owner, plan, plan),
    )


@cached
def paying(snapshot: Snapshot) -> pl.DataFrame:
    """One row: customers that pay on the day, and their MRR."""
    return rows(
        snapshot,
        "select count(*) as customer_count, sum(mrr) as mrr from mart_customer_health",
    )


@cached
def totals(
    snapshot: Snapshot,
    band: str | None,
    is_anyone: bool,
    owner: str | None,
    plan: str | None,
    reason: str | None,
    soon: date,
) -> pl.DataFrame:
    """One row: customers at risk of the choice, their MRR, those announced, those due by `soon`."""
    return rows(
        snapshot,
        """
        select
            count(*) as customer_count,
            coalesce(sum(at_risk.mrr_at_stake), 0) as mrr_at_stake,
            count(*) filter (where at_risk.p_churn_null_reason = 'announced') as announced_count,
            coalesce(
                sum(at_risk.mrr_at_stake) filter (where at_risk.p_churn_null_reason = 'announced'),
                0
            ) as announced_mrr,
            count(*) filter (where approach.due_date <= ?) as due_count,
            coalesce(
                sum(at_risk.mrr_at_stake) filter (where approach.due_date <= ?), 0
            ) as due_mrr
        from mart_at_risk as at_risk
        left join mart_approach_list as approach on at_risk.customer_key = approach.customer_key
        where
            (? is null or at_risk.health_band = ?)
            and (? or approach.owner is not distinct from ?)
            and (? is null or at_risk.plan_name = ?)
            and (? is null or at_risk.customer_key in (
                select customer_key from mart_at_risk_reason where reason_code = ?
            ))
        """,
        (soon, soon, band, band, is_anyone, owner, plan, plan, reason, reason),
    )


def customers(
    snapshot: Snapshot,
    band: str | None,
    is_anyone: bool,
    owner: str | None,
    plan: str | None,
    reason: str | None,
) -> Listing:
    """Grain: one row per customer at risk of this choice, in the order of the mart: whom to
    approach, why, how and by when, and what the customer agreed to be written by.
    """
    return Listing(
        snapshot,
        """
        select
            at_risk.customer_key,
            at_risk.risk_rank,
            at_risk.p_churn,
            at_risk.p_churn_null_reason,
            at_risk.raising_features,
            at_risk.mrr_at_stake,
            at_risk.health_band,
            at_risk.plan_name,
            at_risk.reason_count,
            at_risk.reason_code,
            at_risk.action_code,
            approach.owner,
            approach.channel_code,
            approach.due_date,
            approach.due_reason,
            approach.notice_deadline_date,
            approach.last_contact_date,
            approach.last_acted_on,
            approach.last_outcome_code,
            people.has_phone_consent,
            people.has_email_consent,
            people.has_line_consent,
            people.has_dm_consent
        from mart_at_risk as at_risk
        left join mart_approach_list as approach on at_risk.customer_key = approach.customer_key
        left join mart_customer_360 as people on at_risk.customer_key = people.customer_key
        where
            (? is null or at_risk.health_band = ?)
            and (? or approach.owner is not distinct from ?)
            and (? is null or at_risk.plan_name = ?)
            and (? is null or at_risk.customer_key in (
                select customer_key from mart_at_risk_reason where reason_code = ?
            ))
        order by at_risk.risk_rank
        """,
        (band, band, is_anyone, owner, plan, plan, reason, reason),
    )


@cached
def reasons(snapshot: Snapshot, customer_keys: tuple[str, ...]) -> pl.DataFrame:
    """Grain: one row per customer of these keys × reason, the one that calls for action first on
    top.
    """
    return rows(
        snapshot,
        """
        select *
        from mart_at_risk_reason
        where customer_key in (select unnest(?))
        order by customer_key, reason_no, reason_code
        """,
        [list(customer_keys)],
    )


@cached
def health(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """One row of the customer's health on the day; none where it does not pay."""
    return rows(
        snapshot, "select * from mart_customer_health where customer_key = ?", (customer_key,)
    )


@cached
def health_components(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per component of the customer's health score, the heaviest first."""
    return rows(
        snapshot,
        """
        select component, weight, component_score, contribution_score, reason_code
        from mart_customer_health_component
        where customer_key = ?
        order by weight desc, component
        """,
        (customer_key,),
    )


@cached
def health_history(snapshot: Snapshot, customer_key: str) -> pl.DataFrame:
    """Grain: one row per month at whose end the customer paid, oldest first."""
    return rows(
        snapshot,
        """
        select month, health_score, health_coverage_score, health_band, mrr
        from mart_customer_health_history
        where customer_key = ?
        order by month
        """,
        (customer_key,),
    )


@cached
def inquiry_line(snapshot: Snapshot, source_system: str, ticket_id: str) -> pl.DataFrame:
    """The inquiry of a source system, with the place it was read from; at most one row."""
    return rows(
        snapshot,
        """
        select
            inquiries.delivery_id,
            inquiries.source_sheet,
            inquiries.source_row,
            deliveries.file_name
        from fct_inquiry as inquiries
        inner join obs_load_manifest as deliveries
            on
                inquiries.delivery_id = deliveries.delivery_id
                and deliveries.entity = 'inquiry.tickets'
        where inquiries.source_system = ? and inquiries.ticket_id = ?
        """,
        (source_system, ticket_id),
    )


@cached
def invoice_line(snapshot: Snapshot, source_system: str, invoice_id: str) -> pl.DataFrame:
    """The invoice of a source system, with the place it was read from; at most one row."""
    return rows(
        snapshot,
        """
        select
            invoices.delivery_id,
            invoices.source_sheet,
            invoices.source_row,
            deliveries.file_name
        from fct_invoice as invoices
        inner join obs_load_manifest as deliveries
            on
                invoices.delivery_id = deliveries.delivery_id
                and deliveries.entity = 'billing.invoices'
        where invoices.source_system = ? and invoices.invoice_id = ?
        """,
        (source_system, invoice_id),
    )


@cached
def actions(snapshot: Snapshot, customer_key: str | None) -> pl.DataFrame:
    """Grain: one row per approach recorded, the latest first; of one customer or of all."""
    return rows(
        snapshot,
        """
        select *
        from mart_approach_action
        where ? is null or customer_key = ?
        order by acted_on desc, recorded_at desc, approach_key
        """,
        (customer_key, customer_key),
    )


@cached
def notes(snapshot: Snapshot, customer_key: str | None) -> dict[str, str]:
    """What was noted by approach_key; none without the right to people."""
    if not snapshot.has_personal_columns:
        return {}
    said = rows(
        snapshot,
        """
        select approach_key, note
        from pii.mart_approach_action
        where
            note is not null
            and approach_key in (
                select approach_key from mart_approach_action where ? is null or customer_key = ?
            )
        """,
        (customer_key, customer_key),
    )
    return dict(said.iter_rows())


@cached
def outcomes(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per action × outcome, the most frequent first."""
    return rows(
        snapshot,
        """
        select *
        from mart_approach_outcome
        order by action_count desc, action_code, outcome_code
        """,
    )


@cached
def model(snapshot: Snapshot) -> pl.DataFrame:
    """One row: what the past quarters teach, and whether it holds; all of mart_risk_model."""
    return rows(snapshot, "select * from mart_risk_model")


@cached
def reliability(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per bin of the chance, the lowest first; all of mart_risk_reliability."""
    return rows(snapshot, "select * from mart_risk_reliability order by bin")


@cached
def backtest(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per quarter × k, the latest first; all of mart_risk_backtest."""
    return rows(snapshot, "select * from mart_risk_backtest order by read_on desc, top_k")
