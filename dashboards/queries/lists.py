"""Customers to contact, and on which channel they agreed to be: the lists that leave the house."""

import polars as pl

from dashboards.queries.cache import cached
from dashboards.warehouse import Snapshot, rows


@cached
def at_risk(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per customer at risk, whom to approach first at the top."""
    return rows(
        snapshot,
        """
        select
            customer_key, approach_rank, owner, reason_ja, reason_en, action_ja, action_en,
            due_date, mrr_at_stake
        from mart_approach_list
        order by approach_rank, customer_key
        """,
    )


@cached
def renewals(snapshot: Snapshot, last_day: int) -> pl.DataFrame:
    """Grain: one row per open term that ends within these days or should have ended."""
    return rows(
        snapshot,
        """
        select customer_key, contract_id, term_end_date, notice_deadline_date, atr, owner
        from mart_renewal_pipeline
        where outcome = 'open' and days_to_end <= ?
        order by term_end_date, contract_id, term_key
        """,
        (last_day,),
    )


@cached
def dormant(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per lost customer or lead nobody spoke to for 90 days."""
    return rows(
        snapshot,
        """
        select
            customer_key, reapproach_rank, dormant_kind, churned_on, last_mrr, last_contact_date,
            silent_days, owner
        from mart_dormant
        order by reapproach_rank, customer_key
        """,
    )


@cached
def upsell(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per customer who could buy more, the largest first."""
    return rows(
        snapshot,
        """
        select customer_key, plan_name, next_plan_name, mrr, seat_quantity, seats_used, owner
        from mart_upsell_candidates
        order by mrr desc, customer_key
        """,
    )


@cached
def consents(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per customer: what was said about each channel; null nobody said anything."""
    return rows(
        snapshot,
        """
        select
            customer_key,
            has_email_consent,
            has_line_consent,
            has_dm_consent,
            has_phone_consent,
            has_account_email_consent
        from mart_customer_360
        """,
    )


@cached
def crm_ids(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per customer the CRM knows: the smallest of its ids there."""
    return rows(
        snapshot,
        """
        select customer_key, min(source_id) as crm_id
        from bridge_customer_identity
        where source_entity = 'crm.accounts'
        group by customer_key
        """,
    )


@cached
def addresses(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per customer: name and e-mail address. Needs the right to people."""
    return rows(snapshot, "select customer_key, display_name, email from pii.dim_customer")
