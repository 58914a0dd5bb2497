"""Who is the same customer: records linked by a shared id or an equal e-mail, never by a name.

Which version of a record counts was decided in staging; what a customer means for a metric is
decided in the marts. The result does not depend on the order of the rows.
"""

import json
from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

ACCOUNTS = "crm.accounts"
BILLING_CUSTOMERS = "billing.billing_customers"

SCORES = {"self": 1.0, "shared_id": 1.0, "shared_email": 0.95, "dangling": 1.0}

LINKS_SCHEMA = pl.Schema(
    {
        "source_system": pl.String(),
        "entity": pl.String(),
        "source_id": pl.String(),
        "record_key": pl.String(),
        "customer_key": pl.String(),
        "match_rule": pl.String(),
        "match_score": pl.Float64(),
        "evidence": pl.String(),
    }
)


class Edge(NamedTuple):
    """Two records that are the same customer, and why. `via` names columns, never values."""

    left: int
    right: int
    rule: str
    via: str


def link_customers(
    accounts: pl.DataFrame, billing_customers: pl.DataFrame, references: pl.DataFrame
) -> pl.DataFrame:
    """One row per source record with the customer it belongs to, in LINKS_SCHEMA, sorted.

    accounts: source_system, account_id, billing_customer_id, email_folded, created_date,
      record_key; unique by (source_system, account_id).
    billing_customers: source_system, billing_customer_id, account_id, email_folded, created_date,
      record_key; unique by (source_system, billing_customer_id).
    references: source_system, billing_customer_id, entity, record_key: billing ids that records of
      `entity` name, with the key a billing customer of that id would have. Ids without a record in
      their own system become billing customers here ("dangling"; the evidence says who named them),
      so that nothing they own is dropped; they keep their key when the record arrives later.

    An id points into its own system if that has the record, else into the only system that has it.
    An id that several other systems have links nothing: which one is meant would be a guess.
    """
    records = _records(accounts, billing_customers, references)
    edges = sorted(
        {
            *_id_edges(accounts, ACCOUNTS, "account_id", records, BILLING_CUSTOMERS, "accounts"),
            *_id_edges(
                billing_customers,
                BILLING_CUSTOMERS,
                "billing_customer_id",
                records,
                ACCOUNTS,
                "billing_customers",
            ),
            *_reference_edges(records),
            *_email_edges(accounts, billing_customers, records),
        }
    )
    representative = _representatives(records.height, edges)
    rules, evidence = _explain(records, edges)
    keys = records["record_key"].to_list()
    is_dangling = records["named_by"].is_not_null().to_list()
    match_rules = [
        rules.get(record)
        if representative[record] != record and record in rules
        else ("dangling" if is_dangling[record] else "self")
        for record in range(records.height)
    ]
    return (
        records.select("source_system", "entity", "source_id", "record_key")
        .with_columns(
            customer_key=pl.Series([keys[record] for record in representative], dtype=pl.String),
            match_rule=pl.Series(match_rules, dtype=pl.String),
            match_score=pl.Series([SCORES[rule] for rule in match_rules], dtype=pl.Float64),
            evidence=pl.Series(
                [evidence.get(record) for record in range(records.height)], dtype=pl.String
            ),
        )
        .sort("entity", "source_system", "source_id")
        .match_to_schema(LINKS_SCHEMA)
    )


def _records(
    accounts: pl.DataFrame, billing_customers: pl.DataFrame, references: pl.DataFrame
) -> pl.DataFrame:
    """Every record, numbered so that the smallest number of a cluster represents it."""
    columns = ["source_system", "entity", "source_id", "record_key", "created_date", "named_by"]
    masters = [
        frame.select(
            "source_system",
            entity=pl.lit(entity),
            source_id=pl.col(id_column),
            record_key="record_key",
            created_date=pl.col("created_date").cast(pl.Date),
            named_by=pl.lit(None, dtype=pl.String),
        )
        for frame, entity, id_column in (
            (accounts, ACCOUNTS, "account_id"),
            (billing_customers, BILLING_CUSTOMERS, "billing_customer_id"),
        )
    ]
    dangling = (
        references.join(billing_customers, on=["source_system", "billing_customer_id"], how="anti")
        .drop_nulls("billing_customer_id")
        .group_by("source_system", "billing_customer_id", "record_key")
        .agg(named_by=pl.col("entity").unique().sort().str.join(", "))
        .select(
            "source_system",
            "named_by",
            entity=pl.lit(BILLING_CUSTOMERS),
            source_id="billing_customer_id",
            record_key="record_key",
            created_date=pl.lit(None, dtype=pl.Date),
        )
    )
    return (
        pl.concat([*(frame.select(columns) for frame in masters), dangling.select(columns)])
        .sort("created_date", "source_system", "source_id", "entity", nulls_last=True)
        .with_row_index("record")
    )


def _id_edges(
    frame: pl.DataFrame,
    entity: str,
    id_column: str,
    records: pl.DataFrame,
    target_entity: str,
    table: str,
) -> Iterable[Edge]:
    """Cross-references from the rows of `frame` to records of the other master."""
    target_column = "account_id" if target_entity == ACCOUNTS else "billing_customer_id"
    own = records.filter((pl.col("entity") == entity) & pl.col("named_by").is_null()).select(
        "record", "source_system", pl.col("source_id").alias(id_column)
    )
    pointers = (
        frame.join(own, on=["source_system", id_column])
        .select("record", "source_system", pl.col(target_column).alias("target_id"))
        .drop_nulls("target_id")
    )
    return _resolve(pointers, records, target_entity, f"{table}.{target_column}")


def _reference_edges(records: pl.DataFrame) -> Iterable[Edge]:
    """Ids without a record of their own system, to the only other system that has one."""
    pointers = records.filter(pl.col("named_by").is_not_null()).select(
        "record", "source_system", target_id="source_id"
    )
    return _resolve(pointers, records, BILLING_CUSTOMERS, "billing_customer_id")


def _resolve(
    pointers: pl.DataFrame, records: pl.DataFrame, target_entity: str, via: str
) -> Iterable[Edge]:
    targets = records.filter(
        (pl.col("entity") == target_entity) & pl.col("named_by").is_null()
    ).select(target="record", target_system="source_system", target_id="source_id")
    found = pointers.join(targets, on="target_id").with_columns(
        is_own=pl.col("target_system") == pl.col("source_system")
    )
    resolved = found.filter(
        pl.col("is_own") | (~pl.col("is_own").any().over("record") & (pl.len().over("record") == 1))
    )
    return (Edge(*sorted(pair), "shared_id", via) for pair in resolved["record", "target"].rows())


def _email_edges(
    accounts: pl.DataFrame, billing_customers: pl.DataFrame, records: pl.DataFrame
) -> Iterable[Edge]:
    """Records with an equal folded e-mail, each linked to the smallest of them."""
    emails = pl.concat(
        [
            accounts.select("record_key", "email_folded"),
            billing_customers.select("record_key", "email_folded"),
        ]
    )
    sharing = (
        records.select("record", "record_key")
        .join(emails, on="record_key")
        .filter(pl.col("email_folded").str.len_chars() > 0)
        .with_columns(smallest=pl.col("record").min().over("email_folded"))
        .filter(pl.col("record") != pl.col("smallest"))
    )
    return (
        Edge(smallest, record, "shared_email", "email_folded")
        for smallest, record in sharing["smallest", "record"].rows()
    )


def _representatives(count: int, edges: list[Edge]) -> list[int]:
    """Union-find: the smallest record of each record's cluster."""
    parent = list(range(count))

    def find(record: int) -> int:
        while parent[record] != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    for edge in edges:
        left, right = find(edge.left), find(edge.right)
        if left != right:
            parent[max(left, right)] = min(left, right)
    return [find(record) for record in range(count)]


def _explain(records: pl.DataFrame, edges: list[Edge]) -> tuple[dict[int, str], dict[int, str]]:
    """Per linked record: the strongest rule that touches it, and every link as JSON."""
    touched: dict[int, list[tuple[str, str, int]]] = {}
    for edge in edges:
        touched.setdefault(edge.left, []).append((edge.rule, edge.via, edge.right))
        touched.setdefault(edge.right, []).append((edge.rule, edge.via, edge.left))
    systems, entities, ids = (
        records[name].to_list() for name in ("source_system", "entity", "source_id")
    )
    named_by = records.filter(pl.col("named_by").is_not_null()).select("record", "named_by")
    evidence = {
        record: json.dumps([{"rule": "dangling", "via": via}]) for record, via in named_by.rows()
    }
    evidence |= {
        record: json.dumps(
            [
                {
                    "rule": rule,
                    "via": via,
                    "source_system": systems[other],
                    "entity": entities[other],
                    "source_id": ids[other],
                }
                for rule, via, other in sorted(links)
            ],
            ensure_ascii=False,
        )
        for record, links in touched.items()
    }
    rules = {
        record: max((rule for rule, _, _ in links), key=SCORES.__getitem__)
        for record, links in touched.items()
    }
    return rules, evidence
