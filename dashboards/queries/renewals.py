"""Terms that end: what is up for renewal, what became of it, and who to talk to next."""

from datetime import date

import polars as pl

from dashboards.queries.cache import cached
from dashboards.queries.listing import Listing
from dashboards.warehouse import Snapshot, rows


@cached
def by_month(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per month in which terms end, oldest first; all of mart_atr_monthly."""
    return rows(snapshot, "select * from mart_atr_monthly order by month")


@cached
def owners(snapshot: Snapshot) -> list[str | None]:
    """The people in charge of listed terms; None where the CRM names nobody."""
    found = rows(
        snapshot, "select distinct owner from mart_renewal_pipeline order by owner nulls last"
    )
    return found["owner"].to_list()


@cached
def window(
    snapshot: Snapshot, is_anyone: bool, owner: str | None, first_day: int, last_day: int
) -> pl.DataFrame:
    """One row: open terms that end in these days from now: number, ATR, expected value."""
    return rows(
        snapshot,
        """
        select
            count(*) as term_count,
            coalesce(sum(pipeline.atr), 0) as atr,
            coalesce(sum(chances.expected_value), 0) as expected_value
        from mart_renewal_pipeline as pipeline
        left join mart_renewal_probability as chances on pipeline.term_key = chances.term_key
        where
            pipeline.outcome = 'open'
            and (? or pipeline.owner is not distinct from ?)
            and pipeline.days_to_end between ? and ?
        """,
        (is_anyone, owner, first_day, last_day),
    )


def terms(
    snapshot: Snapshot, is_anyone: bool, owner: str | None, first_day: int, last_day: int
) -> Listing:
    """Grain: one row per open term that ends in these days from now, the soonest first; beside it
    the one chance that is shown (mart_renewal_probability, same grain).
    """
    return Listing(
        snapshot,
        """
        select
            pipeline.* exclude (p_renew, expected_value),
            chances.p_renew,
            chances.p_source,
            chances.raising_features,
            chances.lowering_features,
            chances.expected_value
        from mart_renewal_pipeline as pipeline
        left join mart_renewal_probability as chances on pipeline.term_key = chances.term_key
        where
            pipeline.outcome = 'open'
            and (? or pipeline.owner is not distinct from ?)
            and pipeline.days_to_end between ? and ?
        order by pipeline.term_end_date, pipeline.atr desc, pipeline.term_key
        """,
        (is_anyone, owner, first_day, last_day),
    )


def terms_ending_in(snapshot: Snapshot, is_anyone: bool, owner: str | None, month: date) -> Listing:
    """Grain: one row per open term that ends in the month; as `terms`."""
    return Listing(
        snapshot,
        """
        select
            pipeline.* exclude (p_renew, expected_value),
            chances.p_renew,
            chances.p_source,
            chances.raising_features,
            chances.lowering_features,
            chances.expected_value
        from mart_renewal_pipeline as pipeline
        left join mart_renewal_probability as chances on pipeline.term_key = chances.term_key
        where
            pipeline.outcome = 'open'
            and (? or pipeline.owner is not distinct from ?)
            and pipeline.term_end_month = ?
        order by pipeline.term_end_date, pipeline.atr desc, pipeline.term_key
        """,
        (is_anyone, owner, month),
    )


def terms_of_month(snapshot: Snapshot, month: date) -> Listing:
    """Grain: one row per term that ends in the month, whatever became of it, largest first."""
    return Listing(
        snapshot,
        """
        select *
        from fct_renewal_term
        where term_end_month = ?
        order by atr desc, term_end_date, term_key
        """,
        (month,),
    )


@cached
def ends_by_day(
    snapshot: Snapshot, month: date, is_anyone: bool, owner: str | None
) -> pl.DataFrame:
    """Grain: one row per day of the month on which an open term ends: how many, and their ATR."""
    return rows(
        snapshot,
        """
        select term_end_date, count(*) as term_count, sum(atr) as atr
        from mart_renewal_pipeline
        where
            outcome = 'open'
            and term_end_month = ?
            and (? or owner is not distinct from ?)
        group by term_end_date
        order by term_end_date
        """,
        (month, is_anyone, owner),
    )


@cached
def deadlines_by_day(
    snapshot: Snapshot, first: date, last: date, is_anyone: bool, owner: str | None
) -> pl.DataFrame:
    """Grain: one row per day from first to last that is the last day to give notice of a term."""
    return rows(
        snapshot,
        """
        select notice_deadline_date, notice_business_date, count(*) as term_count
        from mart_renewal_pipeline
        where
            outcome = 'open'
            and notice_deadline_date between ? and ?
            and (? or owner is not distinct from ?)
        group by notice_deadline_date, notice_business_date
        order by notice_deadline_date
        """,
        (first, last, is_anyone, owner),
    )


@cached
def days(snapshot: Snapshot, first: date, last: date) -> pl.DataFrame:
    """Grain: one row per day from first to last, with its holiday, its name in the company's own
    calendar and whether the company works.
    """
    return rows(
        snapshot,
        """
        select date_key, iso_weekday, is_business_day, holiday_name_ja, company_day_name
        from dim_date
        where date_key between ? and ?
        order by date_key
        """,
        (first, last),
    )
