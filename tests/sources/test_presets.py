"""The shipped presets against files with the headers their systems write.

The headers come from ../shared/data/export_headers (facts about public exports); the rows are ours.
"""

import io
import json
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from sources import landing
from tests.sources.exports import (
    SHARED,
    counts,
    csv_text,
    land_one,
    read_one,
    read_rows,
    refused,
    rows,
)

# ── HubSpot contacts ────────────────────────────────────────────────────────────────────────────

HANAKO = {
    "Record ID": "151",
    "First Name": "花子",
    "Last Name": "山田",
    "Email": "hanako@asahi.example",
    "Phone Number": "+81 3-1234-5678",
    "Create Date": "2026-01-15 09:30",
    "Associated Company": "あさひ製作所",
    "Country/Region": "Japan",
    "Contact owner": "Sato",
}
TARO = HANAKO | {"Record ID": "152", "First Name": "太郎", "Email": "taro@asahi.example"}
LONER = {
    "Record ID": "153",
    "Last Name": "Smith",
    "Email": "smith@home.example",
    "Create Date": "02/28/2026",
    "Contact owner": "Sato",
}
BLANK = {"Record ID": "154", "Create Date": "2026-03-01 00:00"}
HUBSPOT_NAME = "hubspot-crm-exports-all-contacts-2026-03-31.csv"


def test_hubspot_contacts_give_people_and_the_companies_they_belong_to(home, put, real_headers):
    headers = real_headers["hubspot_contacts_en"]
    put(f"hubspot/{HUBSPOT_NAME}", csv_text(headers, HANAKO, TARO, LONER, BLANK))
    result = land_one(home, HUBSPOT_NAME)
    assert (result.state, result.feed_id) == ("live", "hubspot_contacts_en")
    assert result.exported_at == datetime.fromisoformat("2026-03-31T14:59:59")
    # The blank contact says nothing; the company of two contacts lands once.
    assert counts(result) == {"crm.contacts": (4, 3, 0, 0, 1), "crm.accounts": (4, 2, 0, 1, 1)}
    assert rows(home, "crm.contacts", "contact_id", "account_id", "name", "email") == [
        ("151", "あさひ製作所", "花子 山田", "hanako@asahi.example"),
        ("152", "あさひ製作所", "太郎 山田", "taro@asahi.example"),
        ("153", "contact:153", "Smith", "smith@home.example"),
    ]
    assert rows(
        home, "crm.accounts", "account_id", "kind", "name", "email", "created_date", "owner"
    ) == [
        ("あさひ製作所", "company", "あさひ製作所", None, None, None),
        ("contact:153", "person", "Smith", "smith@home.example", date(2026, 2, 28), "Sato"),
    ]


def test_hubspot_contacts_with_company_ids_use_the_first_of_them(home, put, real_headers):
    headers = [*real_headers["hubspot_contacts_en"], "Associated Company IDs"]
    person = HANAKO | {"Associated Company IDs": "9002;9999"}
    put(f"hubspot/{HUBSPOT_NAME}", csv_text(headers, person, LONER))
    land_one(home, HUBSPOT_NAME)
    assert rows(home, "crm.contacts", "account_id") == [("9002",), ("contact:153",)]
    assert rows(home, "crm.accounts", "account_id", "name") == [
        ("9002", "あさひ製作所"),
        ("contact:153", "Smith"),
    ]


def test_what_hubspot_sends_beyond_the_canonical_columns_is_kept(home, put, real_headers):
    put(f"hubspot/{HUBSPOT_NAME}", csv_text(real_headers["hubspot_contacts_en"], HANAKO))
    land_one(home, HUBSPOT_NAME)
    assert rows(home, "crm.contacts", "extra") == [('{"Country/Region":"Japan"}',)]


# ── Stripe payments ─────────────────────────────────────────────────────────────────────────────


def payment(number: int, status: str = "Paid", **other: str) -> dict[str, str]:
    return {
        "id": f"ch_{number}",
        "Amount": "1,000.00",
        "Amount Refunded": "0.00",
        "Currency": "usd",
        "Converted Currency": "usd",
        "Fee": "36.50",
        "Mode": "Live",
        "Status": status,
        "Payment Source Type": "card",
        **other,
    }


def test_stripe_payments_of_the_older_dashboard(home, put, real_headers):
    headers = real_headers["stripe_payments_dashboard_old"]
    created = "Created (UTC)"
    invoice = {"Invoice ID": "in_1", "Customer ID": "cus_1"}
    put(
        "stripe/unified_payments.csv",
        csv_text(
            headers,
            payment(1, **{created: "2026-03-31 14:59"}, **invoice),
            payment(2, "Failed", **{created: "2026-03-31 15:00"}, **invoice),
            payment(3, "Refunded", **{created: "2026-03-31 15:00", "Amount Refunded": "1,000.00"}),
        ),
    )
    result = land_one(home, "unified_payments.csv")
    assert (result.state, result.feed_id) == ("live", "stripe_payments")
    assert result.is_exported_at_assumed is True
    assert counts(result) == {
        "billing.payments": (3, 2, 0, 0, 1),
        "billing.payment_attempts": (3, 2, 0, 0, 1),
    }
    # 15:00 UTC is the first of April in Tokyo.
    assert rows(
        home,
        "billing.payments",
        "payment_id",
        "billing_customer_id",
        "invoice_id",
        "paid_date",
        "amount_native",
        "currency",
        "fee_native",
    ) == [
        ("ch_1", "cus_1", "in_1", date(2026, 3, 31), Decimal("1000"), "USD", Decimal("36.5")),
        ("ch_3", None, None, date(2026, 4, 1), Decimal("1000"), "USD", Decimal("36.5")),
    ]
    assert rows(home, "billing.payment_attempts", "attempt_id", "result", "attempted_at") == [
        ("ch_1", "succeeded", datetime.fromisoformat("2026-03-31T14:59:00")),
        ("ch_2", "failed", datetime.fromisoformat("2026-03-31T15:00:00")),
    ]


def test_stripe_payments_of_the_2026_dashboard(home, put, real_headers):
    headers = real_headers["stripe_payments_dashboard_2026"]
    created = "Created date (UTC)"
    put(
        "stripe/payments_2026-03-31.csv",
        csv_text(
            headers,
            payment(1, **{created: "2026-03-01 10:20:30"}),
            # Charged in yen, paid out in dollars: the fee is in dollars.
            payment(2, **{created: "2026-03-02 10:20:30", "Currency": "jpy", "Amount": "1,200"}),
            payment(3, **{created: "2026-03-03 10:20:30", "Mode": "Test"}),
        ),
    )
    result = land_one(home, "payments_2026-03-31.csv")
    assert (result.feed_id, result.is_exported_at_assumed) == ("stripe_payments", False)
    assert counts(result) == {
        "billing.payments": (3, 2, 0, 0, 1),
        "billing.payment_attempts": (3, 0, 0, 0, 3),
    }
    assert rows(home, "billing.payments", "amount_native", "currency", "fee_native", "method") == [
        (Decimal("1000"), "USD", Decimal("36.5"), "card"),
        (Decimal("1200"), "JPY", None, "card"),
    ]


def test_metadata_columns_of_stripe_are_kept(home, put, real_headers):
    headers = [*real_headers["stripe_payments_dashboard_2026"], "order_no (metadata)"]
    row = payment(1, **{"Created date (UTC)": "2026-03-01 10:20:30", "order_no (metadata)": "7"})
    put("stripe/unified_payments.csv", csv_text(headers, row))
    land_one(home, "unified_payments.csv")
    (extra,) = rows(home, "billing.payments", "extra")[0]
    assert json.loads(extra)["order_no (metadata)"] == "7"


# ── Zendesk tickets ─────────────────────────────────────────────────────────────────────────────

TICKET = {
    "id": 35436,
    "url": "https://example.zendesk.com/api/v2/tickets/35436.json",
    "via": {"channel": "email"},
    "created_at": "2026-03-20T22:55:29Z",
    "updated_at": "2026-03-21T10:38:52Z",
    "type": "incident",
    "subject": "印刷できません",
    "description": "昨日から印刷できません",
    "priority": "high",
    "status": "solved",
    "requester": {"id": 20978392, "name": "山田花子", "email": "Hanako@asahi.example"},
    "assignee_id": 235323,
    "organization": {"id": 509974, "external_id": "A01"},
    "tags": ["enterprise", "printer"],
    "satisfaction_rating": {"score": "good"},
    "metric_set": {"solved_at": "2026-03-21T10:38:50Z"},
}
OPEN_TICKET = {
    "id": 35437,
    "via": {"channel": "web"},
    "created_at": "2026-03-31T15:00:00Z",
    "updated_at": "2026-03-31T15:00:00Z",
    "subject": "解約したい",
    "description": "…",
    "status": "open",
    "requester": {"name": "Smith", "email": "smith@home.example"},
    "satisfaction_rating": {"score": "unoffered"},
}
DELETED_TICKET = {
    "id": 35438,
    "created_at": "2026-03-01T00:00:00Z",
    "updated_at": "2026-03-31T00:00:00Z",
    "status": "deleted",
}
TICKETS = [TICKET, OPEN_TICKET, DELETED_TICKET]


@pytest.mark.parametrize(
    ("name", "content", "feed"),
    [
        (
            "export-tickets-2026-03-31.json",
            "".join(json.dumps(ticket) + "\n" for ticket in TICKETS),
            "zendesk_tickets_jsonl",
        ),
        (
            "tickets_20260331.jsonl",
            "".join(json.dumps(ticket, ensure_ascii=False) + "\n" for ticket in TICKETS),
            "zendesk_tickets_jsonl",
        ),
        (
            "tickets_20260331.json",
            json.dumps({"tickets": TICKETS, "next_page": None, "count": 3}),
            "zendesk_tickets_json",
        ),
        ("tickets_20260331.json", json.dumps(TICKETS, indent=1), "zendesk_tickets_json"),
    ],
)
def test_zendesk_tickets_as_lines_and_as_a_document(home, put, name, content, feed):
    put(f"zendesk/{name}", content)
    result = land_one(home, name)
    assert (result.state, result.feed_id) == ("live", feed)
    assert result.exported_at == datetime.fromisoformat("2026-03-31T23:59:59")  # times are UTC
    columns = ("ticket_id", "account_id", "requester_email_folded", "channel", "status", "csat")
    assert rows(home, "inquiry.tickets", *columns, "is_tombstone") == [
        ("35436", "A01", "hanako@asahi.example", "email", "solved", Decimal("1"), False),
        ("35437", None, "smith@home.example", "web", "open", None, False),
        ("35438", None, None, None, "deleted", None, True),
    ]
    times = ("asked_at", "resolved_at", "source_updated_at")
    assert rows(home, "inquiry.tickets", *times)[0] == (
        datetime.fromisoformat("2026-03-20T22:55:29"),
        datetime.fromisoformat("2026-03-21T10:38:50"),
        datetime.fromisoformat("2026-03-21T10:38:52"),
    )
    assert rows(home, "inquiry.tickets", "assignee", "topic", "priority")[0] == (
        "235323",
        "incident",
        "high",
    )
    assert json.loads(rows(home, "inquiry.tickets", "extra")[0][0])["tags"] == (
        '["enterprise", "printer"]'
    )


def test_tickets_in_the_canonical_columns_go_to_the_generic_preset(home, put):
    ticket = {"ticket_id": "T1", "status": "open", "asked_at": "2026-03-31T09:00:00+09:00"}
    put("support/tickets_20260331.json", json.dumps({"tickets": [ticket]}))
    result = land_one(home, "tickets_20260331.json")
    assert (result.state, result.feed_id) == ("live", "generic_tickets_en")


# ── real input nobody here wrote ────────────────────────────────────────────────────────────────


def test_the_telco_sample_is_onboarded_with_a_mapping_alone(home):
    sample = next(iter((SHARED / "telco_churn").glob("*.csv")), None)
    if sample is None:
        pytest.skip("needs ../shared/data/telco_churn")
    example = Path(__file__).parents[2] / "examples" / "telco_churn" / "mapping.yml"
    (home.mappings / "telco.yml").write_bytes(example.read_bytes())
    folder = home.inbox / "telco"
    folder.mkdir()
    (folder / "telco_churn_2026-03-31.csv").write_bytes(sample.read_bytes())
    result = land_one(home, "telco_churn_2026-03-31.csv")
    subscriptions = counts(result)["billing.subscriptions"]
    assert subscriptions == (7043, 7043, 0, 0, 0)
    table = pl.read_parquet(home.landed / "billing__subscriptions" / "live" / "*.parquet")
    assert table["unit_price_native"].sum() == Decimal("456116.60")
    churned = table.filter(pl.col("segment_end_excl").is_not_null())
    assert (churned.height, churned["unit_price_native"].sum()) == (1869, Decimal("139130.85"))
    refused = landing.rejects(home)
    assert refused.select("column_name", "reason_code").unique().rows() == [
        ("TotalCharges", "missing_required")
    ]
    assert refused.height == 11


# ── HubSpot: other objects, and the Japanese labels ─────────────────────────────────────────────


def test_hubspot_contacts_of_a_japanese_portal(home, put, real_headers):
    headers = ["レコードID", "名", "姓", "Eメール", "電話番号", "役職", "コンタクト担当者"]
    headers += ["作成日", "リードステータス", "会社名"]
    hanako = dict(zip(headers, ["151", "花子", "山田", "hanako@asahi.example", "03-1234-5678",
                                "部長", "佐藤", "2026-01-15 09:30", "", "あさひ製作所"],
                      strict=True))  # fmt: skip
    taro = {"レコードID": "152", "姓": "独立", "コンタクト担当者": "佐藤"}
    name = "hubspot-crm-exports-コンタクト-2026-03-31.csv"
    put(f"hubspot/{name}", csv_text(headers, hanako, taro, {"レコードID": "153"}))
    result = read_one(home, name)
    assert result.feed_id == "hubspot_contacts_ja"
    assert counts(result) == {"crm.contacts": (3, 2, 0, 0, 1), "crm.accounts": (3, 2, 0, 0, 1)}
    assert read_rows(home, "crm.accounts", "account_id", "kind", "name", "owner") == [
        ("あさひ製作所", "company", "あさひ製作所", None),
        ("contact:152", "person", "独立", "佐藤"),
    ]
    assert read_rows(home, "crm.contacts", "contact_id", "name", "title") == [
        ("151", "山田 花子", "部長"),
        ("152", "独立", None),
    ]


def test_hubspot_companies_and_deals(home, put):
    companies = ["Record ID", "Company name", "Company Domain Name", "Company owner", "Industry"]
    company = dict(zip(companies, ["9002", "あさひ製作所", "asahi.example", "Sato", "Machinery"],
                       strict=True))  # fmt: skip
    put(
        "hubspot/hubspot-crm-exports-all-companies-2026-03-31.csv",
        csv_text([*companies, "Create Date"], company | {"Create Date": "2026-01-15 09:30"}),
    )
    read_one(home, "hubspot-crm-exports-all-companies-2026-03-31.csv")
    assert read_rows(home, "crm.accounts", "account_id", "name", "url", "created_date") == [
        ("9002", "あさひ製作所", "asahi.example", date(2026, 1, 15))
    ]
    deals = ["Record ID", "Deal Name", "Deal Stage", "Amount", "Deal owner", "Close Date"]
    deals += ["Associated Company IDs"]
    listed = [
        ["1", "新規", "Closed Won", "120,000", "Sato", "2026-02-28 10:00", "9002;9999"],
        ["2", "増席", "Contract Sent", "50000", "Sato", "2026-04-30 10:00", "9002"],
        ["3", "更新", "稟議中", "1", "Sato", "", "9002"],
        ["4", "迷子", "Contract Sent", "1", "Sato", "", ""],
    ]
    put(
        "hubspot/hubspot-crm-exports-all-deals-2026-03-31.csv",
        csv_text(deals, *(dict(zip(deals, one, strict=True)) for one in listed)),
    )
    result = read_one(home, "hubspot-crm-exports-all-deals-2026-03-31.csv")
    assert counts(result) == {"crm.deals": (4, 2, 2, 0, 0)}
    columns = ("deal_id", "account_id", "outcome", "closed_date", "expected_close_date")
    assert read_rows(home, "crm.deals", *columns) == [
        ("1", "9002", "won", date(2026, 2, 28), date(2026, 2, 28)),
        ("2", "9002", "open", None, date(2026, 4, 30)),
    ]
    assert [(row, reason) for _, row, _, reason in refused(home)] == [
        (4, "unknown_value"),
        (5, "missing_required"),
    ]


def test_hubspot_tickets(home, put):
    headers = ["Ticket ID", "Ticket name", "Pipeline", "Ticket status", "Create date", "Priority"]
    headers += ["Ticket owner", "Close date", "Associated Company IDs"]
    ticket = dict(zip(headers, ["77", "印刷できない", "Support", "Closed", "2026-03-20 22:55",
                                "High", "Sato", "2026-03-21 10:38", "9002;9003"],
                      strict=True))  # fmt: skip
    put("hubspot/hubspot-crm-exports-tickets-2026-03-31.csv", csv_text(headers, ticket))
    result = read_one(home, "hubspot-crm-exports-tickets-2026-03-31.csv")
    assert result.feed_id == "hubspot_tickets_en"
    assert read_rows(home, "inquiry.tickets", "ticket_id", "account_id", "status", "asked_at") == [
        ("77", "9002", "Closed", datetime.fromisoformat("2026-03-20T13:55:00"))
    ]


# ── Salesforce ──────────────────────────────────────────────────────────────────────────────────

SALESFORCE = [
    (
        "salesforce_accounts",
        "Account.csv",
        "Id,IsDeleted,Name,Type,ParentId,BillingStreet,BillingCity,BillingState,BillingPostalCode,"
        "Phone,Website,Industry,NumberOfEmployees,OwnerId,CreatedDate,LastModifiedDate",
        [
            "0015500000Xyy06AAB,false,あさひ製作所,Customer,,千代田1-1,千代田区,東京都,100-0001,"
            "03-1234-5678,asahi.example,Machinery,120,005A,2026-01-31T15:00:00.000Z,"
            "2026-03-31T15:00:00.000Z",
            "0015500000Ygpq1AAB,true,,,,,,,,,,,,,,",
        ],
        ("crm.accounts", "account_id", "kind", "created_date", "is_tombstone"),
        [
            ("0015500000Xyy06AAB", "company", date(2026, 2, 1), False),
            ("0015500000Ygpq1AAB", "company", None, True),
        ],
        {"crm.accounts": (2, 2, 0, 0, 0)},
    ),
    (
        "salesforce_contacts",
        "Contact.csv",
        "Id,IsDeleted,AccountId,LastName,FirstName,Title,Department,Email,Phone,LastModifiedDate",
        [
            "003A,false,0015500000Xyy06AAB,山田,花子,部長,経理,hanako@asahi.example,,",
            "003B,false,,独立,,,,,,",
        ],
        ("crm.contacts", "contact_id", "account_id", "name"),
        [("003A", "0015500000Xyy06AAB", "山田 花子"), ("003B", "contact:003B", "独立")],
        {"crm.contacts": (2, 2, 0, 0, 0), "crm.accounts": (2, 1, 0, 0, 1)},
    ),
    (
        "salesforce_opportunities",
        "Opportunity.csv",
        "Id,IsDeleted,AccountId,Name,StageName,Amount,Probability,CloseDate,Type,IsClosed,IsWon,"
        "OwnerId,LastModifiedDate",
        [
            "006A,false,001A,更新,商談成立,120000,100,2026-03-31,更新,true,true,005A,",
            "006B,false,001A,新規,失注,50000,0,2026-03-30,新規,true,false,005A,",
            "006C,false,001A,増席,提案,1000,30,2026-05-31,,false,false,005A,",
            "006D,false,001A,不明,提案,1000,30,2026-05-31,,,,005A,",
        ],
        ("crm.deals", "deal_id", "outcome", "closed_date", "probability"),
        [
            ("006A", "won", date(2026, 3, 31), Decimal("1")),
            ("006B", "lost", date(2026, 3, 30), Decimal("0")),
            ("006C", "open", None, Decimal("0.3")),
        ],
        {"crm.deals": (4, 3, 1, 0, 0)},
    ),
    (
        "salesforce_cases",
        "Case.csv",
        "Id,IsDeleted,CaseNumber,ContactId,AccountId,SuppliedName,SuppliedEmail,Type,Status,Reason,"
        "Origin,Subject,Priority,Description,OwnerId,CreatedDate,ClosedDate,LastModifiedDate",
        [
            "500A,false,00001001,003A,001A,,,不具合,Closed,,Email,印刷できない,High,本文,005A,"
            "2026-03-20T22:55:29.000Z,2026-03-21T10:38:50.000Z,",
        ],
        ("inquiry.tickets", "ticket_id", "account_id", "topic", "asked_at"),
        [("500A", "001A", "不具合", datetime.fromisoformat("2026-03-20T22:55:29"))],
        {"inquiry.tickets": (1, 1, 0, 0, 0)},
    ),
]


@pytest.mark.parametrize(
    ("feed", "name", "header", "lines", "asked", "expected", "counted"),
    SALESFORCE,
    ids=[one[0] for one in SALESFORCE],
)
def test_salesforce_objects_under_their_api_names(
    home, put, feed, name, header, lines, asked, expected, counted
):
    put(f"salesforce/{name}", "\n".join([header, *lines, ""]))
    result = read_one(home, name)
    assert result.feed_id == feed
    assert counts(result) == counted
    entity, *columns = asked
    assert read_rows(home, entity, *columns) == expected


# ── Zendesk CSV ─────────────────────────────────────────────────────────────────────────────────


def test_zendesk_csv_in_its_zip(home, put, real_headers):
    headers = [*real_headers["zendesk_ticket_csv"], "製品 [list]"]
    ticket = dict.fromkeys(headers, "-") | {
        "Id": "35436",
        "Requester": "山田花子",
        "Requester id": "20978392",
        "Requester email": "Hanako@asahi.example",
        "Subject": "印刷できません",
        "Status": "Solved",
        "Priority": "High",
        "Via": "Mail",
        "Created at": "2026-03-20 22:55",
        "Updated at": "2026-03-21 10:38",
        "Solved at": "2026-03-21 10:38",
        "Satisfaction Score": "Good",
        "製品 [list]": "複合機",
    }
    deleted = dict.fromkeys(headers, "-") | {"Id": "35437", "Status": "Deleted"}
    odd = ticket | {"Id": "35438", "Satisfaction Score": "Splendid"}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("export-2026-03-31.csv", csv_text(headers, ticket, deleted, odd))
    put("zendesk/export-2026-03-31.csv.zip", packed.getvalue())
    result = read_one(home, "export-2026-03-31.csv.zip")
    assert result.feed_id == "zendesk_tickets_csv"
    assert counts(result) == {"inquiry.tickets": (3, 2, 1, 0, 0)}
    columns = ("ticket_id", "account_id", "status", "asked_at", "csat", "is_tombstone")
    assert read_rows(home, "inquiry.tickets", *columns) == [
        (
            "35436",
            None,
            "Solved",
            datetime.fromisoformat("2026-03-20T22:55:00"),
            Decimal("1"),
            False,
        ),
        ("35437", None, "Deleted", None, None, True),
    ]
    assert json.loads(read_rows(home, "inquiry.tickets", "extra")[0][0])["製品 [list]"] == "複合機"


# ── Lago ────────────────────────────────────────────────────────────────────────────────────────


def test_lago_invoices_are_in_minor_units(home, put, real_headers):
    headers = real_headers["lago_invoice_export"]
    invoice = {
        "invoice.lago_id": "i-1",
        "invoice.issuing_date": "2026-03-31",
        "invoice.customer.external_id": "C1",
        "invoice.total_amount_cents": "11000",
        "invoice.taxes_amount_cents": "1000",
        "invoice.currency": "JPY",
        "invoice.payment_status": "pending",
        "invoice.status": "finalized",
        "invoice.payment_due_date": "2026-04-30",
    }
    dollars = invoice | {
        "invoice.lago_id": "i-2",
        "invoice.currency": "USD",
        "invoice.payment_status": "succeeded",
    }
    draft = invoice | {"invoice.lago_id": "i-3", "invoice.status": "draft"}
    odd = invoice | {"invoice.lago_id": "i-4", "invoice.status": "paused"}
    put("lago/invoices_20260331.csv", csv_text(headers, invoice, dollars, draft, odd))
    result = read_one(home, "invoices_20260331.csv")
    assert result.feed_id == "lago_invoices"
    assert counts(result) == {"billing.invoices": (4, 3, 1, 0, 0)}
    columns = ("invoice_id", "subtotal_native", "total_native", "balance_native", "document_type")
    assert read_rows(home, "billing.invoices", *columns) == [
        ("i-1", Decimal("10000"), Decimal("11000"), Decimal("11000"), "invoice"),
        ("i-2", Decimal("100"), Decimal("110"), Decimal("0"), "invoice"),
        ("i-3", Decimal("10000"), Decimal("11000"), Decimal("11000"), "other"),
    ]
