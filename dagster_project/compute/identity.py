"""Who is the same customer (G-39): records linked by a shared id or number, an equal e-mail, or an
equal name together with an equal telephone, address or company domain. A name alone links nobody:
it is proposed for review. Two different corporate numbers never meet in one customer.

Which version of a record counts was decided in staging; what a customer means for a metric is
decided in the marts. The result does not depend on the order of the rows.
"""

import json
import re
from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

ACCOUNTS = "crm.accounts"
BILLING_CUSTOMERS = "billing.billing_customers"

SCORES = {
    "self": 1.0,
    "shared_id": 1.0,
    "shared_corporate_number": 1.0,
    "shared_email": 0.95,
    "shared_name_and_phone": 0.9,
    "shared_name_and_address": 0.9,
    "shared_name_and_domain": 0.85,
    "dangling": 1.0,
}

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
        "review_customer_key": pl.String(),
        "review_reason": pl.String(),
        "review_evidence": pl.String(),
    }
)

# What identifies a record beside its ids; both masters have them.
TRAITS = (
    "name_folded",
    "phone_folded",
    "email_folded",
    "postal_code",
    "address_folded",
    "corporate_number",
)

# As folded: NFKC made ㈱ (株), full-width brackets half-width, and took the spaces away.
CORPORATE_FORMS = [
    "株式会社",
    "有限会社",
    "合同会社",
    "合資会社",
    "合名会社",
    "相互会社",
    "一般社団法人",
    "一般財団法人",
    "公益社団法人",
    "公益財団法人",
    "医療法人社団",
    "医療法人財団",
    "医療法人",
    "社会福祉法人",
    "学校法人",
    "宗教法人",
    "特定非営利活動法人",
    "npo法人",
    "独立行政法人",
    "国立大学法人",
    "監査法人",
    "税理士法人",
    "弁護士法人",
    "社会保険労務士法人",
    "(株)",
    "(有)",
    "(同)",
    "(資)",
    "(名)",
    "(一社)",
    "(一財)",
    "(公社)",
    "(公財)",
    "(医)",
    "(福)",
    "(学)",
    "(宗)",
    "(特非)",
    "(独)",
]
_CORPORATE_FORM = "|".join(re.escape(form) for form in CORPORATE_FORMS)
_ENGLISH_FORM = r",?(co\.,?ltd\.?|inc\.|corp\.|k\.k\.|,inc|,ltd\.?|,llc|llc\.)$"

# Everybody has an address there: the domain says nothing about the company.
FREE_DOMAINS = [
    "gmail.com",
    "googlemail.com",
    "yahoo.co.jp",
    "yahoo.ne.jp",
    "yahoo.com",
    "ymail.ne.jp",
    "docomo.ne.jp",
    "ezweb.ne.jp",
    "au.com",
    "auone.jp",
    "softbank.ne.jp",
    "i.softbank.jp",
    "ymobile.ne.jp",
    "uqmobile.jp",
    "rakuten.jp",
    "icloud.com",
    "me.com",
    "mac.com",
    "hotmail.com",
    "hotmail.co.jp",
    "outlook.com",
    "outlook.jp",
    "live.jp",
    "live.com",
    "msn.com",
    "aol.com",
    "nifty.com",
    "biglobe.ne.jp",
    "so-net.ne.jp",
    "ocn.ne.jp",
    "plala.or.jp",
    "ybb.ne.jp",
    "goo.jp",
    "infoseek.jp",
    "excite.co.jp",
    "proton.me",
    "protonmail.com",
    "gmx.com",
    "zoho.com",
]
# A domain of more names than this is a provider's or an agent's, whatever it is called.
NAMES_PER_COMPANY_DOMAIN = 3


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

    accounts: source_system, account_id, billing_customer_id, created_date, record_key, TRAITS;
      unique by (source_system, account_id).
    billing_customers: source_system, billing_customer_id, account_id, created_date, record_key,
      TRAITS; unique by (source_system, billing_customer_id).
    references: source_system, billing_customer_id, entity, record_key: billing ids that records of
      `entity` name, with the key a billing customer of that id would have. Ids without a record in
      their own system become billing customers here ("dangling"; the evidence says who named them),
      so that nothing they own is dropped; they keep their key when the record arrives later.

    An id points into its own system if that has the record, else into the only system that has it.
    An id that several other systems have links nothing: which one is meant would be a guess.
    A review is of a record against another customer; it says nothing of who is right.
    """
    records = _records(accounts, billing_customers, references)
    traits = _traits(accounts, billing_customers, records)
    clusters = _Clusters(records.height, dict(traits.select("record", "number").iter_rows()))
    id_edges = {
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
    }
    edges = [
        *clusters.link_groups(
            _groups(traits, "number"), "shared_corporate_number", "corporate_number"
        ),
        *(edge for edge in sorted(id_edges) if clusters.link(edge)),
        *clusters.link_groups(_groups(traits, "email"), "shared_email", "email_folded"),
    ]
    for rule, via, columns in (
        ("shared_name_and_phone", "name_key, phone_folded", ("name_key", "phone")),
        ("shared_name_and_address", "name_key, postal_code, address_folded", ("name_key", "place")),
        ("shared_name_and_domain", "name_key, email domain", ("name_key", "domain")),
    ):
        apart = clusters.of_different_customers(_groups(traits, *columns))
        edges += clusters.link_groups(apart, rule, via)
    edges.sort()
    representative = clusters.representatives()
    reviews = _reviews(clusters, _groups(traits, "name_key"))
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
            **_review_columns(records, reviews, representative),
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


def name_key(name_folded: pl.Expr) -> pl.Expr:
    """A folded name without corporate form and punctuation; null where nothing is left."""
    key = (
        name_folded.str.replace_all(_CORPORATE_FORM, "")
        .str.replace(_ENGLISH_FORM, "")
        .str.replace_all(r"[・.,'()「」]", "")
    )
    return pl.when(key.str.len_chars() > 0).then(key)


def _traits(
    accounts: pl.DataFrame, billing_customers: pl.DataFrame, records: pl.DataFrame
) -> pl.DataFrame:
    """Per master record: number, email, name_key, phone, place and domain; null where unusable."""
    digits = pl.col("corporate_number").str.normalize("NFKC").str.replace_all(r"\D", "")
    phone = pl.col("phone_folded").str.replace_all(r"\D", "")
    postal_code = pl.col("postal_code").str.normalize("NFKC").str.replace_all(r"\D", "")
    domain = pl.col("email_folded").str.extract(r"@([^@]+)$")
    own = pl.concat(
        [frame.select("record_key", *TRAITS) for frame in (accounts, billing_customers)]
    )
    traits = (
        records.filter(pl.col("named_by").is_null())
        .select("record", "record_key")
        .join(own, on="record_key")
        .select(
            "record",
            number=pl.when(digits.str.len_chars() == 13).then(digits),
            email=pl.when(pl.col("email_folded").str.len_chars() > 0).then("email_folded"),
            name_key=name_key(pl.col("name_folded")),
            phone=pl.when(phone.str.len_chars() >= 9).then(phone),
            place=pl.when(postal_code.str.len_chars() > 0).then(
                pl.concat_str(postal_code, pl.col("address_folded"), separator="/")
            ),
            domain=pl.when(~domain.is_in(FREE_DOMAINS)).then(domain),
        )
    )
    is_of_one_company = pl.col("name_key").n_unique().over("domain") <= NAMES_PER_COMPANY_DOMAIN
    return traits.with_columns(domain=pl.when(is_of_one_company).then("domain")).sort("record")


def _groups(traits: pl.DataFrame, *columns: str) -> list[list[int]]:
    """Records that are equal in these columns, smallest first; groups in order of their first."""
    return (
        traits.drop_nulls(columns)
        .group_by(columns)
        .agg(pl.col("record").sort())
        .filter(pl.col("record").list.len() > 1)
        .sort(pl.col("record").list.first())["record"]
        .to_list()
    )


class Refusal(NamedTuple):
    """A record that a rule would have linked to another, and why they stay apart."""

    record: int
    other: int
    reason: str
    via: str


class _Clusters:
    """Union-find whose clusters hold at most one corporate number each."""

    def __init__(self, count: int, numbers: dict[int, str | None]) -> None:
        self._parent = list(range(count))
        self._number = {record: number for record, number in numbers.items() if number}
        self.refusals: list[Refusal] = []

    def find(self, record: int) -> int:
        """The smallest record of the cluster."""
        parent = self._parent
        while parent[record] != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    def number(self, record: int) -> str | None:
        """The corporate number of the cluster, of whichever record it came from."""
        return self._number.get(self.find(record))

    def link(self, edge: Edge) -> bool:
        """Makes one cluster of two; False (and a refusal) where their corporate numbers differ."""
        left, right = self.find(edge.left), self.find(edge.right)
        numbers = {self._number.get(left), self._number.get(right)} - {None}
        if len(numbers) == 2:
            self.refusals.append(
                Refusal(edge.right, edge.left, "corporate_number_differs", edge.via)
            )
            return False
        if left != right:
            self._parent[max(left, right)] = min(left, right)
            if numbers:
                self._number[min(left, right)] = numbers.pop()
        return True

    def link_groups(self, groups: Iterable[list[int]], rule: str, via: str) -> list[Edge]:
        """Links the records of each group to its smallest; the edges made.

        Where a group holds several corporate numbers, each number is linked for itself, and a
        record without one is left alone: which of them is meant would be a guess.
        """
        made = []
        for group in groups:
            numbers = {self.number(record) for record in group} - {None}
            first: dict[str | None, int] = {}
            for record in group:
                number = self.number(record) if len(numbers) > 1 else None
                if number is None and len(numbers) > 1:
                    other = group[1] if record == group[0] else group[0]
                    self.refusals.append(Refusal(record, other, "ambiguous", via))
                    continue
                edge = Edge(first.setdefault(number, record), record, rule, via)
                if edge.left != record and self.link(edge):
                    made.append(edge)
        return made

    def of_different_customers(self, groups: Iterable[list[int]]) -> list[list[int]]:
        """The groups that would still link something: evidence that adds nothing is left out."""
        return [group for group in groups if len({self.find(record) for record in group}) > 1]

    def representatives(self) -> list[int]:
        """Per record the smallest record of its cluster."""
        return [self.find(record) for record in range(len(self._parent))]


def _reviews(
    clusters: _Clusters, same_names: Iterable[list[int]]
) -> dict[int, tuple[int, str, str]]:
    """record -> (a record of the customer it may belong to, reason, via): one proposal a record."""
    reviews: dict[int, tuple[int, str, str]] = {}
    for refusal in clusters.refusals:
        if clusters.find(refusal.record) != clusters.find(refusal.other):
            reviews.setdefault(refusal.record, (refusal.other, refusal.reason, refusal.via))
    for group in same_names:
        # the first cluster by corporate number (None: without one): linear in the group
        seen: dict[int, None] = {}
        candidates: dict[str | None, int] = {}
        for record in group:
            cluster = clusters.find(record)
            if cluster in seen:
                continue
            seen[cluster] = None
            number = clusters.number(record)
            fitting = (
                [candidates[key] for key in (None, number) if key in candidates]
                if number
                else list(candidates.values())
            )
            if fitting:
                reviews.setdefault(record, (min(fitting), "same_name", "name_key"))
            candidates.setdefault(number, record)
    return reviews


def _review_columns(
    records: pl.DataFrame, reviews: dict[int, tuple[int, str, str]], representative: list[int]
) -> dict[str, pl.Series]:
    keys, systems, entities, ids = (
        records[name].to_list() for name in ("record_key", "source_system", "entity", "source_id")
    )
    columns: dict[str, list[str | None]] = {
        name: [None] * records.height
        for name in ("review_customer_key", "review_reason", "review_evidence")
    }
    for record, (other, reason, via) in reviews.items():
        columns["review_customer_key"][record] = keys[representative[other]]
        columns["review_reason"][record] = reason
        columns["review_evidence"][record] = json.dumps(
            {
                "via": via,
                "source_system": systems[other],
                "entity": entities[other],
                "source_id": ids[other],
            },
            ensure_ascii=False,
        )
    return {name: pl.Series(values, dtype=pl.String) for name, values in columns.items()}


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
