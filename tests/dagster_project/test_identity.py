"""Who is the same customer: expected keys are typed by hand."""

import json
import random
from datetime import date

import polars as pl

from dagster_project.compute.identity import LINKS_SCHEMA, link_customers

ACCOUNT_COLUMNS = {
    "source_system": pl.String,
    "account_id": pl.String,
    "billing_customer_id": pl.String,
    "email_folded": pl.String,
    "created_date": pl.Date,
    "record_key": pl.String,
}
BILLING_COLUMNS = {
    "source_system": pl.String,
    "billing_customer_id": pl.String,
    "account_id": pl.String,
    "email_folded": pl.String,
    "created_date": pl.Date,
    "record_key": pl.String,
}
REFERENCE_COLUMNS = {
    "source_system": pl.String,
    "billing_customer_id": pl.String,
    "entity": pl.String,
    "record_key": pl.String,
}


def link(accounts=(), billing_customers=(), references=()):
    return link_customers(
        pl.DataFrame(list(accounts), schema=ACCOUNT_COLUMNS, orient="row"),
        pl.DataFrame(list(billing_customers), schema=BILLING_COLUMNS, orient="row"),
        pl.DataFrame(list(references), schema=REFERENCE_COLUMNS, orient="row"),
    )


def keys(links):
    return dict(links.select("record_key", "customer_key").iter_rows())


def rules(links):
    return dict(links.select("record_key", "match_rule").iter_rows())


def test_a_billing_customer_that_names_its_account_is_the_same_customer():
    links = link(
        accounts=[("crm", "A1", None, None, date(2025, 1, 1), "ka1")],
        billing_customers=[("billing", "B1", "A1", None, date(2025, 2, 1), "kb1")],
    )
    assert keys(links) == {"ka1": "ka1", "kb1": "ka1"}
    assert rules(links) == {"ka1": "self", "kb1": "shared_id"}


def test_an_account_that_names_its_billing_customer_is_the_same_customer():
    links = link(
        accounts=[("crm", "A1", "B1", None, date(2025, 3, 1), "ka1")],
        billing_customers=[("billing", "B1", None, None, date(2025, 2, 1), "kb1")],
    )
    assert keys(links) == {"ka1": "kb1", "kb1": "kb1"}


def test_equal_folded_emails_are_the_same_customer_and_the_evidence_holds_no_email():
    links = link(
        accounts=[
            ("crm", "A1", None, "taro@example.jp", date(2025, 1, 1), "ka1"),
            ("crm", "A2", None, "hanako@example.jp", date(2025, 1, 1), "ka2"),
        ],
        billing_customers=[("billing", "B1", None, "taro@example.jp", None, "kb1")],
    )
    assert keys(links) == {"ka1": "ka1", "ka2": "ka2", "kb1": "ka1"}
    assert rules(links)["kb1"] == "shared_email"
    evidence = links.filter(pl.col("record_key") == "kb1")["evidence"].item()
    assert json.loads(evidence) == [
        {
            "rule": "shared_email",
            "via": "email_folded",
            "source_system": "crm",
            "entity": "crm.accounts",
            "source_id": "A1",
        }
    ]


def test_a_link_by_id_was_reported_as_the_weaker_link_by_email():
    links = link(
        accounts=[("crm", "A1", None, "taro@example.jp", date(2025, 1, 1), "ka1")],
        billing_customers=[("billing", "B1", "A1", "taro@example.jp", None, "kb1")],
    )
    assert rules(links)["kb1"] == "shared_id"
    assert links.filter(pl.col("record_key") == "kb1")["match_score"].item() == 1.0


def test_missing_and_empty_emails_link_nobody():
    links = link(
        accounts=[
            ("crm", "A1", None, None, None, "ka1"),
            ("crm", "A2", None, None, None, "ka2"),
            ("crm", "A3", None, "", None, "ka3"),
            ("crm", "A4", None, "", None, "ka4"),
        ]
    )
    assert keys(links) == {"ka1": "ka1", "ka2": "ka2", "ka3": "ka3", "ka4": "ka4"}
    assert links["evidence"].to_list() == [None, None, None, None]


def test_links_reach_over_several_records():
    links = link(
        accounts=[
            ("crm", "A1", "B1", None, date(2025, 5, 1), "ka1"),
            ("sfa", "S9", None, "taro@example.jp", date(2024, 1, 1), "ks9"),
        ],
        billing_customers=[("billing", "B1", None, "taro@example.jp", date(2025, 6, 1), "kb1")],
    )
    assert keys(links) == {"ka1": "ks9", "ks9": "ks9", "kb1": "ks9"}


def test_a_contract_without_a_customer_record_is_a_customer_of_its_own():
    links = link(
        billing_customers=[("billing", "B1", None, None, date(2025, 1, 1), "kb1")],
        references=[
            ("billing", "B1", "billing.subscriptions", "kb1"),
            ("billing", "B2", "billing.subscriptions", "kb2"),
            ("billing", "B2", "billing.invoices", "kb2"),
            ("billing", "B3", "billing.invoices", "kb3"),
        ],
    )
    assert keys(links) == {"kb1": "kb1", "kb2": "kb2", "kb3": "kb3"}
    assert rules(links) == {"kb1": "self", "kb2": "dangling", "kb3": "dangling"}
    assert links.height == 3
    assert links["entity"].unique().to_list() == ["billing.billing_customers"]
    evidence = dict(links.select("source_id", "evidence").iter_rows())
    assert json.loads(evidence["B2"]) == [
        {"rule": "dangling", "via": "billing.invoices, billing.subscriptions"}
    ]


def test_a_customer_keeps_its_key_when_its_record_arrives_after_its_contracts():
    references = [("billing", "B1", "billing.subscriptions", "kb1")]
    before = link(references=references)
    after = link(
        billing_customers=[("billing", "B1", None, None, date(2025, 1, 1), "kb1")],
        references=references,
    )
    assert keys(before) == keys(after) == {"kb1": "kb1"}


def test_a_contract_of_another_system_finds_the_only_record_with_its_id():
    links = link(
        billing_customers=[("billing", "B1", None, None, date(2025, 1, 1), "kb1")],
        references=[("contracts", "B1", "billing.subscriptions", "kc1")],
    )
    assert keys(links) == {"kb1": "kb1", "kc1": "kb1"}
    assert rules(links)["kc1"] == "shared_id"


def test_an_id_that_two_other_systems_have_links_neither():
    links = link(
        accounts=[("crm", "A1", "0001", None, date(2025, 1, 1), "ka1")],
        billing_customers=[
            ("billing_east", "0001", None, None, date(2025, 1, 1), "ke"),
            ("billing_west", "0001", None, None, date(2025, 1, 1), "kw"),
        ],
    )
    assert keys(links) == {"ka1": "ka1", "ke": "ke", "kw": "kw"}


def test_an_id_means_the_record_of_its_own_system_first():
    links = link(
        accounts=[("east", "A1", "0001", None, date(2025, 1, 1), "ka1")],
        billing_customers=[
            ("east", "0001", None, None, date(2025, 1, 2), "ke"),
            ("west", "0001", None, None, date(2025, 1, 1), "kw"),
        ],
    )
    assert keys(links) == {"ka1": "ka1", "ke": "ka1", "kw": "kw"}


def test_the_oldest_record_names_the_customer_and_unknown_dates_come_last():
    links = link(
        accounts=[("crm", "A1", None, "t@example.jp", None, "ka1")],
        billing_customers=[
            ("billing", "B1", None, "t@example.jp", date(2026, 1, 1), "kb1"),
            ("billing", "B2", None, "t@example.jp", date(2026, 1, 1), "kb2"),
        ],
    )
    assert keys(links) == {"ka1": "kb1", "kb1": "kb1", "kb2": "kb1"}


def test_the_order_of_rows_changes_nothing():
    accounts = [
        ("crm", f"A{n}", f"B{n}" if n % 2 else None, f"m{n % 7}@example.jp", None, f"ka{n}")
        for n in range(40)
    ]
    billing_customers = [
        ("billing", f"B{n}", None, None, date(2025, 1, 1 + n % 9), f"kb{n}") for n in range(40)
    ]
    references = [("billing", f"B{n}", "billing.subscriptions", f"kb{n}") for n in range(60)]
    first = link(accounts, billing_customers, references)
    for seed in range(5):
        shuffled = random.Random(seed)
        for rows in (accounts, billing_customers, references):
            shuffled.shuffle(rows)
        assert link(accounts, billing_customers, references).equals(first)


def test_no_records_give_an_empty_frame_with_the_declared_columns():
    assert link().schema == LINKS_SCHEMA
    assert link().height == 0
