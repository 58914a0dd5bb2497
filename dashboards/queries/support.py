"""What customers ask and complain about, how fast they are answered, and who then leaves."""

from datetime import date

import polars as pl

from dashboards.queries.cache import cached
from dashboards.queries.listing import Listing
from dashboards.warehouse import Snapshot, rows


@cached
def by_month(snapshot: Snapshot, plan_name: str) -> pl.DataFrame:
    """Grain: one row per month, oldest first, over all topics; of one plan or of all."""
    return rows(
        snapshot,
        """
        select * from mart_voice_of_customer
        where topic = 'all' and plan_name = ?
        order by month
        """,
        (plan_name,),
    )


@cached
def plans(snapshot: Snapshot) -> list[str]:
    """The plans asked about, `all` first."""
    found = rows(
        snapshot,
        """
        select plan_name
        from mart_voice_of_customer
        where plan_name != 'all'
        group by plan_name
        order by plan_name
        """,
    )
    return ["all", *found["plan_name"]]


@cached
def topics(snapshot: Snapshot, month: date, plan_name: str) -> pl.DataFrame:
    """Grain: one row per topic of the month, the most asked first, without the total."""
    return rows(
        snapshot,
        """
        select * from mart_voice_of_customer
        where month = ? and plan_name = ? and topic != 'all'
        order by inquiry_count desc, topic
        """,
        (month, plan_name),
    )


@cached
def plans_of_topic(snapshot: Snapshot, month: date, topic: str) -> pl.DataFrame:
    """Grain: one row per plan that asked about the topic in the month, the most first."""
    return rows(
        snapshot,
        """
        select * from mart_voice_of_customer
        where month = ? and topic = ? and plan_name != 'all'
        order by inquiry_count desc, plan_name
        """,
        (month, topic),
    )


def inquiries(snapshot: Snapshot, month: date, topic: str) -> Listing:
    """Grain: one row per inquiry of the month about the topic (`unknown`: none), newest first."""
    return Listing(
        snapshot,
        """
        select
            inquiries.inquiry_key,
            inquiries.ticket_id,
            inquiries.customer_key,
            inquiries.asked_at,
            inquiries.channel,
            inquiries.topic,
            inquiries.is_complaint,
            inquiries.priority,
            inquiries.status,
            inquiries.assignee,
            inquiries.first_reply_business_minutes,
            inquiries.csat_score,
            inquiries.delivery_id,
            inquiries.source_sheet,
            inquiries.source_row,
            deliveries.file_name
        from fct_inquiry as inquiries
        left join obs_load_manifest as deliveries
            on
                inquiries.delivery_id = deliveries.delivery_id
                and deliveries.entity = 'inquiry.tickets'
        where inquiries.asked_month = ? and coalesce(inquiries.topic, 'unknown') = ?
        order by inquiries.asked_at desc, inquiries.inquiry_key
        """,
        (month, topic),
    )
