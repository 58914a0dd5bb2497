"""What a customer can be found by: names of people and companies, and the ids of every system."""

import polars as pl

from dashboards.warehouse import Snapshot, rows


def names(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per name or kana of a customer; none without the right to people.

    Not cached: the one reader keeps what it makes of it.
    """
    if not snapshot.has_personal_columns:
        return pl.DataFrame(schema={"customer_key": pl.String, "value": pl.String})
    return rows(
        snapshot,
        """
        select customer_key, display_name as value
        from pii.dim_customer
        where display_name is not null
        union all
        select customer_key, display_name_kana as value
        from pii.dim_customer
        where display_name_kana is not null
        """,
    )


def ids(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per id of a customer: of its records, of its contracts, 法人番号.

    Not cached: the one reader keeps what it makes of it.
    """
    return rows(
        snapshot,
        """
        select customer_key, source_id as value
        from bridge_customer_identity
        union
        select customer_key, contract_id as value
        from dim_subscription
        where customer_key is not null
        union
        select customer_key, corporate_number as value
        from dim_customer
        where corporate_number is not null
        """,
    )


def worth(snapshot: Snapshot) -> pl.DataFrame:
    """Grain: one row per customer with its MRR: of two that fit alike the larger comes first.

    Not cached: the one reader keeps what it makes of it.
    """
    return rows(snapshot, "select customer_key, mrr from mart_customer_360")
