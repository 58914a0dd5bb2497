"""Groups of customers: by value, by what they are and where they came from, and whom to approach.

Lists of customers are rows of mart_customer_360, so that every list reads alike.
"""

from datetime import date

import polars as pl

from dashboards.queries.cache import cached
from dashboards.queries.listing import Listing
from dashboards.warehouse import Snapshot, rows

# ---- by value ----


@cached
def rfm_total(snapshot: Snapshot) -> dict:
    """How many customers have a place, and their net revenue of twelve months."""
    return rows(
        snapshot,
        """
        select count(*) as customer_count, sum(net_revenue_12m) as net_revenue_12m
        from mart_rfm
        """,
    ).row(0, named=True)


@cached
def rfm_cells(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per R and F score with customers, the best first; `cell` is both, e.g. 54."""
    return rows(
        snapshot,
        """
        select
            r_score,
            f_score,
            left(rfm_cell, 2) as cell,
            count(*) as customer_count,
            sum(net_revenue_12m) as net_revenue_12m
        from mart_rfm
        group by r_score, f_score, left(rfm_cell, 2)
        order by r_score desc, f_score desc
        """,
    )


def of_cell(snapshot: Snapshot, cell: str) -> Listing:
    """Grain: one row per customer of an R and F score, the largest net revenue first."""
    return Listing(
        snapshot,
        """
        select *
        from mart_customer_360
        where left(rfm_cell, 2) = ?
        order by net_revenue_12m desc, customer_key
        """,
        (cell,),
    )


@cached
def deciles(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per decile, the largest customers first; all of mart_decile."""
    return rows(snapshot, "select * from mart_decile order by decile")


def of_decile(snapshot: Snapshot, decile: int) -> Listing:
    """Grain: one row per customer of a decile, the largest net revenue first."""
    return Listing(
        snapshot,
        """
        select *
        from mart_customer_360
        where decile = ?
        order by net_revenue_12m desc, customer_key
        """,
        (decile,),
    )


@cached
def abc(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per ABC class, A first; null where there is no revenue to share out."""
    return rows(
        snapshot,
        """
        select
            coalesce(abc_class, 'none') as abc_class,
            count(*) as customer_count,
            sum(net_revenue_12m) as net_revenue_12m,
            sum(revenue_share_rate) as revenue_share_rate
        from mart_rfm
        group by abc_class
        order by abc_class
        """,
    )


def of_abc(snapshot: Snapshot, abc_class: str) -> Listing:
    """Grain: one row per customer of an ABC class (`none`: of no class), the largest first."""
    return Listing(
        snapshot,
        """
        select customers.*
        from mart_customer_360 as customers
        inner join mart_rfm as places on customers.customer_key = places.customer_key
        where coalesce(places.abc_class, 'none') = ?
        order by places.value_rank
        """,
        (abc_class,),
    )


@cached
def curve(snapshot: Snapshot, every: int) -> pl.DataFrame:
    """Grain: one row per `every`-th customer by value, and the first: the share up to it."""
    return rows(
        snapshot,
        """
        select value_rank, cumulative_revenue_share_rate, abc_class
        from mart_rfm
        where value_rank = 1 or value_rank % ? = 0
        order by value_rank
        """,
        (every,),
    )


@cached
def pareto(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per month, oldest first; all of mart_pareto."""
    return rows(snapshot, "select * from mart_pareto order by month")


@cached
def concentration(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per month, oldest first; all of mart_concentration."""
    return rows(snapshot, "select * from mart_concentration order by month")


@cached
def largest(snapshot: Snapshot, count: int) -> pl.DataFrame:
    """Grain: one row per customer, those with most MRR at the end of the last month."""
    return rows(
        snapshot,
        """
        select *
        from mart_customer_360
        where mrr > 0
        order by mrr desc, customer_key
        limit ?
        """,
        (count,),
    )


@cached
def ltv(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per month, oldest first; all of mart_ltv for everybody."""
    return rows(snapshot, "select * from mart_ltv where segment = 'all' order by month")


def billed(snapshot: Snapshot) -> Listing:
    """Grain: one row per customer with net revenue, the most valuable so far first."""
    return Listing(
        snapshot,
        """
        select *
        from mart_customer_360
        where net_revenue_to_date != 0
        order by ltv_realised_amount desc, customer_key
        """,
    )


# ---- by what they are, and where they came from ----


def of_value(snapshot: Snapshot, attribute: str, value: str) -> Listing:
    """Grain: one row per customer with this value of an attribute, the most MRR first."""
    return Listing(
        snapshot,
        """
        select *
        from mart_customer_360
        where
            customer_key in (
                select customer_key
                from bridge_customer_segment
                where segment_attribute = ? and segment_value = ?
            )
        order by mrr desc, customer_key
        """,
        (attribute, value),
    )


@cached
def channels(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per channel, and `all`; the most customers won first."""
    return rows(
        snapshot,
        """
        select *
        from mart_campaign_total
        where campaign_id = 'all'
        order by new_customer_count desc, channel
        """,
    )


@cached
def campaigns(snapshot: Snapshot, channel: str) -> pl.DataFrame:
    """Grain: one row per campaign of a channel, the most customers won first."""
    return rows(
        snapshot,
        """
        select *
        from mart_campaign_total
        where channel = ? and campaign_id != 'all'
        order by new_customer_count desc, campaign_id
        """,
        (channel,),
    )


def of_campaign(snapshot: Snapshot, campaign_name: str, channel: str) -> Listing:
    """Grain: one row per customer won by a campaign, or by the channel without one (未設定).

    By the name of the campaign: that is the value of the segment.
    """
    return Listing(
        snapshot,
        """
        select customers.*
        from mart_customer_360 as customers
        inner join dim_customer as attributes
            on customers.customer_key = attributes.customer_key
        where
            customers.first_paid_month is not null
            and customers.customer_key in (
                select customer_key
                from bridge_customer_segment
                where segment_attribute = 'campaign' and segment_value = ?
            )
            -- who paid already when the history begins was won before it
            and customers.customer_key not in (
                select customer_key from fct_mrr_movement where movement_type = 'opening'
            )
            and (? != '未設定' or coalesce(attributes.acquisition_channel, '未設定') = ?)
        order by customers.ltv_realised_amount desc, customers.customer_key
        """,
        (campaign_name, campaign_name, channel),
    )


@cached
def trial_months(snapshot: Snapshot, window: int) -> pl.DataFrame:
    """Grain: one row per month in which trials began, oldest first, for one window of days."""
    return rows(
        snapshot,
        "select * from mart_trial_conversion where window_days = ? order by trial_month",
        (window,),
    )


def trials(snapshot: Snapshot, month: date) -> Listing:
    """Grain: one row per trial begun in the month by somebody who did not pay yet."""
    return Listing(
        snapshot,
        """
        select *
        from fct_trial
        where date_trunc('month', trial_start_date) = ? and not is_existing_customer
        order by trial_start_date, customer_key
        """,
        (month,),
    )


@cached
def economics(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per month, oldest first; all of mart_unit_economics."""
    return rows(snapshot, "select * from mart_unit_economics order by month")


# ---- whom to approach ----


@cached
def pairs(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per pair of plans paid for together, the strongest affinity first."""
    return rows(
        snapshot,
        """
        select *
        from mart_affinity
        order by lift_ratio desc, customer_both_count desc, plan_name_a, plan_name_b
        """,
    )


def of_pair(snapshot: Snapshot, day: date, plan_a: str, plan_b: str) -> Listing:
    """Grain: one row per customer who pays for both plans on the day, the most MRR first."""
    return Listing(
        snapshot,
        """
        select *
        from mart_customer_360
        where
            customer_key in (
                select pieces.customer_key
                from fct_subscription_segment as pieces
                left join dim_plan as plans
                    on
                        pieces.source_system = plans.source_system
                        and pieces.plan_id = plans.plan_id
                        and plans.is_current
                where
                    pieces.mrr_native > 0
                    and pieces.piece_start_date <= ?
                    and (pieces.piece_end_excl is null or pieces.piece_end_excl > ?)
                    and coalesce(plans.plan_name, pieces.plan_id) in (?, ?)
                group by pieces.customer_key
                having count(distinct coalesce(plans.plan_name, pieces.plan_id)) = 2
            )
        order by mrr desc, customer_key
        """,
        (day, day, plan_a, plan_b),
    )


@cached
def offers(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per reason and offer of an upsell candidate, the most MRR first."""
    return rows(
        snapshot,
        """
        select reason_code, offer_code, count(*) as customer_count, sum(mrr) as mrr
        from mart_upsell_candidates
        group by reason_code, offer_code
        order by mrr desc, reason_code, offer_code
        """,
    )


def candidates(snapshot: Snapshot, reason: str, offer: str) -> Listing:
    """Grain: one row per upsell candidate of one reason and offer, the most MRR first."""
    return Listing(
        snapshot,
        """
        select *
        from mart_upsell_candidates
        where reason_code = ? and offer_code = ?
        order by mrr desc, customer_key
        """,
        (reason, offer),
    )


@cached
def dormant_kinds(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per kind of dormant customer (lost, lead), with what they paid last."""
    return rows(
        snapshot,
        """
        select
            dormant_kind,
            count(*) as customer_count,
            sum(last_mrr) as last_mrr,
            sum(last_deal_amount) as last_deal_amount
        from mart_dormant
        group by dormant_kind
        order by dormant_kind desc
        """,
    )


def dormant(snapshot: Snapshot, kind: str) -> Listing:
    """Grain: one row per dormant customer of a kind, whom to approach first first; its consents."""
    return Listing(
        snapshot,
        """
        select
            dormant.*,
            customers.has_email_consent,
            customers.has_phone_consent
        from mart_dormant as dormant
        left join mart_customer_360 as customers on dormant.customer_key = customers.customer_key
        where dormant.dormant_kind = ?
        order by dormant.reapproach_rank
        """,
        (kind,),
    )
