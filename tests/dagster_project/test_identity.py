"""Who is the same customer: expected keys are typed by hand."""

import json
import random
from datetime import date

import polars as pl
import pytest

from dagster_project.compute.identity import LINKS_SCHEMA, TRAITS, link_customers, name_key
from sources.values import fold

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
        with_traits(pl.DataFrame(list(accounts), schema=ACCOUNT_COLUMNS, orient="row")),
        with_traits(pl.DataFrame(list(billing_customers), schema=BILLING_COLUMNS, orient="row")),
        pl.DataFrame(list(references), schema=REFERENCE_COLUMNS, orient="row"),
    )


def with_traits(frame):
    """Traits the test does not speak of are unknown."""
    missing = [name for name in TRAITS if name not in frame.columns]
    return frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing)


def link_known(*records):
    """Accounts of these traits, ka1, ka2 …, created in this order."""
    frame = pl.DataFrame(
        [
            {
                "source_system": "crm",
                "account_id": f"A{number}",
                "billing_customer_id": None,
                "created_date": date(2025, 1, number),
                "record_key": f"ka{number}",
            }
            | {name: traits.get(name) for name in TRAITS}
            for number, traits in enumerate(records, start=1)
        ],
        schema=ACCOUNT_COLUMNS | dict.fromkeys(TRAITS, pl.String),
    )
    nobody = with_traits(pl.DataFrame(schema=BILLING_COLUMNS))
    return link_customers(frame, nobody, pl.DataFrame(schema=REFERENCE_COLUMNS))


def reviews(links):
    return (
        links.drop_nulls("review_customer_key")
        .select("record_key", "review_customer_key", "review_reason")
        .rows()
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


SAMPLE = {"name_folded": "サンプル商事"}
NUMBER = {"corporate_number": "1234567890123"}


@pytest.mark.golden("G-39/two_customers_one_pair")
def test_four_spellings_of_one_company_are_two_customers_and_one_pair_to_review():
    links = link_known(
        {"name_folded": "株式会社サンプル商事", "phone_folded": "03-1234-5678"} | NUMBER,
        {"name_folded": "(株)サンプル商事"} | NUMBER,
        {"name_folded": "(株)サンプル商事", "phone_folded": "0312345678"},
        {"name_folded": "サンプル商事株式会社"},
    )
    assert keys(links) == {"ka1": "ka1", "ka2": "ka1", "ka3": "ka1", "ka4": "ka4"}
    assert rules(links) == {
        "ka1": "self",
        "ka2": "shared_corporate_number",
        "ka3": "shared_name_and_phone",
        "ka4": "self",
    }
    assert reviews(links) == [("ka4", "ka1", "same_name")]


def test_spellings_of_a_company_have_one_name_key_and_a_bare_form_has_none():
    names = pl.Series(
        [
            "株式会社サンプル商事",
            "㈱ｻﾝﾌﾟﾙ商事",
            "サンプル商事　株式会社",
            "（株）サンプル商事",
            "Kodama Trading, Inc.",
            "KODAMA TRADING",
            "株式会社",
            "有限会社みどり",
        ]
    )
    found = fold(names).to_frame("name").select(name_key(pl.col("name"))).to_series()
    assert found.to_list() == ["サンプル商事"] * 4 + ["kodamatrading"] * 2 + [None, "みどり"]


@pytest.mark.golden("G-39/different_numbers")
def test_different_corporate_numbers_never_meet_not_even_through_a_third_record():
    first, second = {"corporate_number": "1111111111111"}, {"corporate_number": "2222222222222"}
    links = link_known(
        SAMPLE | first | {"email_folded": "info@sample.example"},
        SAMPLE | second | {"phone_folded": "0312345678"},
        # the e-mail of one, name and telephone of the other: the stronger rule decides
        SAMPLE | {"email_folded": "info@sample.example", "phone_folded": "0312345678"},
    )
    assert keys(links) == {"ka1": "ka1", "ka2": "ka2", "ka3": "ka1"}


def test_a_record_that_fits_two_corporate_numbers_is_reviewed_not_guessed():
    mail = {"email_folded": "keiri@agent.example"}
    links = link_known(
        mail | {"corporate_number": "1111111111111"},
        mail | {"corporate_number": "2222222222222"},
        mail,
    )
    assert keys(links) == {"ka1": "ka1", "ka2": "ka2", "ka3": "ka3"}
    assert reviews(links) == [("ka3", "ka1", "ambiguous")]


def test_an_id_that_joins_two_corporate_numbers_is_reviewed():
    accounts = with_traits(
        pl.DataFrame(
            [("crm", "A1", "B1", None, date(2025, 1, 1), "ka1")],
            schema=ACCOUNT_COLUMNS,
            orient="row",
        )
    ).with_columns(corporate_number=pl.lit("1111111111111"))
    billing_customers = with_traits(
        pl.DataFrame(
            [("billing", "B1", None, None, date(2025, 2, 1), "kb1")],
            schema=BILLING_COLUMNS,
            orient="row",
        )
    ).with_columns(corporate_number=pl.lit("2222222222222"))
    links = link_customers(accounts, billing_customers, pl.DataFrame(schema=REFERENCE_COLUMNS))
    assert keys(links) == {"ka1": "ka1", "kb1": "kb1"}
    assert reviews(links) == [("kb1", "ka1", "corporate_number_differs")]


def test_a_name_and_a_company_domain_link_a_free_mail_domain_does_not():
    def mail(address):
        return SAMPLE | {"email_folded": address}

    assert keys(link_known(mail("a@sample.example"), mail("b@sample.example"))) == {
        "ka1": "ka1",
        "ka2": "ka1",
    }
    free = link_known(mail("a@gmail.com"), mail("b@gmail.com"))
    assert keys(free) == {"ka1": "ka1", "ka2": "ka2"}
    assert reviews(free) == [("ka2", "ka1", "same_name")]


def test_the_domain_of_many_names_is_a_providers():
    people = [{"name_folded": f"人{n}", "email_folded": f"{n}@mail.example"} for n in range(3)]
    links = link_known(
        *people,
        SAMPLE | {"email_folded": "a@mail.example"},
        SAMPLE | {"email_folded": "b@mail.example"},
    )
    assert keys(links)["ka5"] == "ka5"


def test_a_name_and_an_address_link_an_address_alone_does_not():
    office = {"postal_code": "100-0001", "address_folded": "東京都千代田区1-1"}
    links = link_known(
        SAMPLE | office,
        SAMPLE | office | {"postal_code": "1000001"},
        {"name_folded": "隣"} | office,
    )
    assert keys(links) == {"ka1": "ka1", "ka2": "ka1", "ka3": "ka3"}
    assert rules(links)["ka2"] == "shared_name_and_address"
