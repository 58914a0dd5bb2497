"""入金消込 by the command line: what is matched, what a person decides, what comes of it."""

from datetime import date
from decimal import Decimal

import pytest

from tests.end_to_end import company_home
from tests.end_to_end.company_home import keizoku, query

pytestmark = pytest.mark.slow

AS_OF = date(2026, 3, 31)
FILES = {
    "billing/billing_customers_20260331.csv": (
        "billing_customer_id,name,name_kana,payment_method\n"
        "B1,株式会社サンプル商事,サンプルショウジ,transfer\n"
        "B2,別野株式会社,ベツノ,transfer\n"
    ),
    "billing/invoices_20260331.csv": (
        "invoice_id,billing_customer_id,issue_date,due_date,currency,total_native\n"
        "INV-1,B1,2026-01-31,2026-02-28,JPY,11000\n"
        "INV-2,B1,2026-02-28,2026-03-31,JPY,22000\n"
        "INV-3,B2,2026-01-31,2026-02-28,JPY,5500\n"
    ),
    "bank/bank_transactions_20260331.csv": (
        "transaction_id,booked_date,amount_native,currency,payer_name_kana,memo\n"
        "T1,2026-03-10,33000,JPY,ｶ)ｻﾝﾌﾟﾙｼﾖｳｼﾞ,振込\n"
        "T2,2026-03-11,5060,JPY,ﾀﾞﾚｶ,振込\n"
    ),
}


def statuses(home):
    rows = query(
        home, "select source_id, application_status, match_rule from mart_cash_application"
    )
    return {receipt: (status, rule) for receipt, status, rule in rows}


def owed(home):
    return dict(query(home, "select invoice_id, balance_native from fct_invoice"))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("cash") / "home"
    company_home.found(home)
    for name, text in FILES.items():
        path = home / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    company_home.run(home, AS_OF)
    return home


def test_matches_are_listed_taken_back_and_made_by_hand(home):
    assert statuses(home) == {"T1": ("matched", "combined"), "T2": ("unmatched", None)}
    assert owed(home) == {"INV-1": 0, "INV-2": 0, "INV-3": 5500}
    assert query(home, "select bucket, balance from mart_ar_aging") == [("31-60", Decimal(5500))]
    listed = keizoku(home, "cash", "list", "--status", "unmatched").json
    assert [(one["source_id"], one["payer_name"]) for one in listed] == [("T2", "ﾀﾞﾚｶ")]

    why = ("--reason", "電話で確認", "--by", "keiri")
    assert keizoku(home, "cash", "reject", "T1", *why).code == 0
    assert keizoku(home, "cash", "alias", "ダレカ", "B2", *why).code == 0
    nothing_proposed = keizoku(home, "cash", "accept", "T2", *why)
    assert nothing_proposed.code == 2, nothing_proposed.text
    unknown = keizoku(home, "cash", "reject", "T9", *why)
    assert unknown.code == 2, unknown.text
    company_home.run(home, AS_OF)

    assert statuses(home) == {"T1": ("review", None), "T2": ("matched", "fee_difference")}
    assert owed(home) == {"INV-1": 11000, "INV-2": 22000, "INV-3": 0}
    decided = "select decided_by, decision_reason from mart_cash_application where source_id = 'T1'"
    assert query(home, decided) == [("keiri", "電話で確認")]

    accepted = keizoku(home, "cash", "accept", "T1", "--invoice", "INV-2", *why)
    assert accepted.code == 0, accepted.text
    company_home.run(home, AS_OF)
    assert statuses(home)["T1"] == ("matched", "decision")
    assert owed(home) == {"INV-1": 11000, "INV-2": 0, "INV-3": 0}
    rest = "select unapplied_native from fct_payment where source_id = 'T1'"
    assert query(home, rest) == [(Decimal(11000),)]


def test_a_decision_that_cannot_be_read_stops_the_run_and_names_the_line(home, tmp_path):
    broken = company_home.copy_of(home, tmp_path / "home")
    with (broken / "decisions" / "cash.jsonl").open("a", encoding="utf-8") as file:
        file.write("{not json\n")
    done = keizoku(broken, "run", "--as-of", AS_OF.isoformat())
    assert done.code == 1
    assert "cash.jsonl:4" in done.text
