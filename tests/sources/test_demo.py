"""The demo company: same arguments, same bytes; planted mistakes stand where it says they do."""

import csv
import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sources import landing
from sources.demo import generate

UNTIL = date(2026, 6, 30)


def digest(inbox: Path) -> dict[str, str]:
    return {
        str(path.relative_to(inbox)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in inbox.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    inbox = tmp_path_factory.mktemp("demo")
    return inbox, generate(inbox, customers=120, months=18, seed=7, until=UNTIL)


def rows_of(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def test_the_same_seed_gives_the_same_bytes(demo, tmp_path):
    inbox, _ = demo
    generate(tmp_path / "again", customers=120, months=18, seed=7, until=UNTIL)
    generate(tmp_path / "other", customers=120, months=18, seed=8, until=UNTIL)

    assert digest(tmp_path / "again") == digest(inbox)
    assert digest(tmp_path / "other") != digest(inbox)


def test_every_system_sends_its_files_named_with_the_day_of_export(demo):
    inbox, _ = demo
    names = {str(path.relative_to(inbox)) for path in inbox.rglob("*") if path.is_file()}

    assert {
        "crm/accounts_20260430.csv",
        "crm/accounts_20260531.csv",
        "crm/accounts_20260630.csv",
        "crm/campaigns_20260630.csv",
        "crm/campaign_costs_20260630.csv",
        "crm/consents_20260630.csv",
        "billing/subscriptions_20260430.csv",
        "billing/subscriptions_20260531.csv",
        "billing/subscriptions_20260630.csv",
        "support/tickets_20260630.json",
        "bank/bank_transactions_20260630.csv",
        "usage/usage_days_20260630.csv",
        "reference/fx_rates_20260630.csv",
    } <= names


def test_the_company_has_every_kind_of_story_the_metrics_tell_apart(demo):
    inbox, _ = demo
    subscriptions = rows_of(inbox / "billing/subscriptions_20260630.csv")
    cancelled = rows_of(inbox / "billing/cancel_requests_20260630.csv")
    invoices = rows_of(inbox / "billing/invoices_20260630.csv")

    assert {row["is_trial"] for row in subscriptions} == {"true", "false"}
    assert {row["interval_unit"] for row in subscriptions} == {"month", "year"}
    assert {row["currency"] for row in subscriptions} == {"JPY", "USD"}
    assert {row["line_id"] for row in subscriptions} == {"1", "2"}
    assert {row["initiated_by"] for row in cancelled} == {"customer", "payment"}
    assert rows_of(inbox / "billing/subscription_pauses_20260630.csv")
    assert rows_of(inbox / "billing/subscription_discounts_20260630.csv")
    assert any(row["status"] == "open" and row["due_date"] < "2026-04-01" for row in invoices)
    assert all(row["segment_start_date"] <= "2026-07-30" for row in subscriptions)


def test_every_month_has_a_cost_of_winning_and_of_keeping_and_customers_say_yes_or_no(demo):
    inbox, _ = demo
    costs = rows_of(inbox / "crm/campaign_costs_20260630.csv", "cp932")
    consents = rows_of(inbox / "crm/consents_20260630.csv", "cp932")

    assert len({(row["月"], row["目的"]) for row in costs}) == 18 * 2
    assert {row["同意"] for row in consents} == {"true", "false"}


def test_an_earlier_export_holds_only_what_was_known_then(demo):
    inbox, _ = demo
    earlier = rows_of(inbox / "billing/cancel_requests_20260430.csv")
    later = rows_of(inbox / "billing/cancel_requests_20260630.csv")

    assert max(row["requested_at"] for row in earlier) < "2026-05-01"
    assert len(earlier) < len(later)
    assert all(row in later for row in earlier)


def test_segments_of_a_contract_line_do_not_overlap(demo):
    inbox, _ = demo
    ends: dict[tuple[str, str], str] = {}
    for row in sorted(
        rows_of(inbox / "billing/subscriptions_20260630.csv"),
        key=lambda row: row["segment_start_date"],
    ):
        line = (row["contract_id"], row["line_id"])
        assert ends.get(line, "") < row["segment_start_date"]
        ends[line] = row["segment_end_date"] or "9999"


def test_planted_mistakes_stand_on_the_lines_it_names(demo):
    inbox, mistakes = demo

    assert [(mistake.path.relative_to(inbox).as_posix(), mistake.kind) for mistake in mistakes] == [
        ("crm/accounts_20260630.csv", "no_such_date"),
        ("billing/invoices_20260630.csv", "unknown_value"),
        ("billing/invoice_lines_20260630.csv", "unreadable_number"),
        ("usage/usage_days_20260630.csv", "unreadable_date"),
        ("billing/payments_20260630.csv", "repeated"),
        ("bank/bank_transactions_20260630.csv", "ragged_row"),
        ("billing/invoices_20260630.csv", "unreadable_number"),
        ("billing/月次集計_20260630.csv", "differs"),
    ]
    for mistake in mistakes:
        is_cp932 = mistake.path.parent.name == "crm" or mistake.path.name.startswith("月次集計")
        encoding = "cp932" if is_cp932 else "utf-8"
        lines = mistake.path.read_text(encoding=encoding).splitlines()
        assert mistake.text in lines[mistake.line - 1]


def test_the_newest_transfers_left_nothing_to_decide_because_billing_knew_them_all(demo):
    inbox, _ = demo
    posted = {row["invoice_id"] for row in rows_of(inbox / "billing/payments_20260630.csv")}
    invoices = {row["invoice_id"]: row for row in rows_of(inbox / "billing/invoices_20260630.csv")}
    transfers = {
        row["transaction_id"].replace("TRF", "INV"): row
        for row in rows_of(inbox / "bank/bank_transactions_20260630.csv")
        if row["transaction_id"]
    }

    unposted = [number for number in transfers if number not in posted]
    assert len(unposted) == 4
    assert [invoices[number]["paid_date"] for number in unposted] == [""] * 4
    assert [
        int(invoices[number]["total_native"]) - int(transfers[number]["amount_native"])
        for number in unposted
    ] == [0, 440, 0, 5000]


def test_landing_reports_every_planted_mistake_and_holds_nothing(home):
    mistakes = generate(home.inbox, until=UNTIL)

    results = landing.land_inbox(home, now=datetime(2026, 7, 1, tzinfo=UTC))

    assert {
        (result.file_name, result.state) for result in results if result.state != "live"
    } == set()
    rejects = landing.rejects(home).select("file_name", "source_row", "column_name", "reason_code")
    assert sorted(rejects.iter_rows(), key=repr) == sorted(
        (
            (mistake.path.name, mistake.line, mistake.column, mistake.kind)
            for mistake in mistakes
            if mistake.kind not in ("repeated", "differs")
        ),
        key=repr,
    )
    repeated = {
        result.file_name: entity.rows_repeated
        for result in results
        for entity in result.entities
        if entity.rows_repeated
    }
    assert repeated == {"payments_20260630.csv": 1}


def test_tickets_are_json_with_instants_in_utc(demo):
    inbox, _ = demo
    tickets = json.loads((inbox / "support/tickets_20260630.json").read_text())["tickets"]

    assert len(tickets) > 100
    assert all(ticket["asked_at"].endswith("Z") for ticket in tickets)


def test_a_company_of_one_customer_and_one_month_can_be_written(tmp_path):
    generate(tmp_path, customers=1, months=1, until=UNTIL)

    assert (tmp_path / "billing/subscriptions_20260630.csv").exists()


def test_a_company_without_customers_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least 1"):
        generate(tmp_path, customers=0, until=UNTIL)
