"""The golden company's billed totals against what its billing system reports, in CP932."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.end_to_end import company_home, golden_company, golden_deliveries
from tests.end_to_end.company_home import query

pytestmark = pytest.mark.slow

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
# GD-1 bills 7,805.77 in January and 33,000 + 4,400 in February. Its system also has an invoice of
# 5,500 whose tax cannot be read, and somebody booked 1,000 by hand.
TOTALS = """年月,請求合計,請求件数
2026年1月,"7,805.77",1
2026/2/28,43900,3
"""
KEPT_BACK = "I-0004,C02,S02,2026-02-10,2026-03-31,JPY,5000,非課税,5500,5500,,invoice\n"


@pytest.fixture(scope="module")
def home(golden_home, tmp_path_factory) -> Path:
    """GD-1, one day later: the invoices again with one that cannot be read, and the totals."""
    copied = company_home.copy_of(golden_home, tmp_path_factory.mktemp("reconciled") / "home")
    staged = tmp_path_factory.mktemp("staged")
    golden_deliveries.write_csv(
        staged, [golden_deliveries.export_of("billing.invoices", golden_company.LAST_EXPORT)]
    )
    [invoices] = staged.rglob("invoices_*.csv")
    with invoices.open("a", encoding="utf-8", newline="") as file:
        file.write(KEPT_BACK)
    shutil.copy(invoices, copied / "inbox" / "billing" / "invoices_20260701.csv")
    totals = copied / "inbox" / "billing" / "月次集計_20260701.csv"
    totals.write_bytes(TOTALS.encode("cp932"))
    company_home.run(copied, golden_company.AS_OF)
    return copied


def test_each_month_is_equal_or_told_how_much_of_it_is_explained(home):
    rows = query(
        home,
        """
        select
            month, billed_native, control_native, difference_native, explained_native,
            unexplained_native, invoice_count, control_document_count, reconciliation_status
        from mart_billing_reconciliation
        order by month
        """,
    )
    january = Decimal("7805.77")
    assert rows == [
        (JANUARY, january, january, 0, 0, 0, 1, 1, "matched"),
        (FEBRUARY, 37400, 43900, -6500, -5500, -1000, 2, 3, "unexplained"),
    ]


def test_the_list_names_the_row_that_was_kept_back_and_the_rest(home):
    rows = query(
        home,
        """
        select items.reason_code, items.amount_native, items.document_id, deliveries.file_name,
            items.source_row
        from mart_billing_reconciliation_item as items
        join obs_load_manifest as deliveries using (delivery_id, entity)
        order by items.kind_order
        """,
    )
    assert rows == [
        ("refused_row", -5500, "I-0004", "invoices_20260701.csv", 5),
        ("unexplained", -1000, None, "月次集計_20260701.csv", 3),
    ]


def test_a_total_reported_again_without_the_error_leaves_no_difference(home, tmp_path):
    corrected = company_home.copy_of(home, tmp_path / "corrected")
    totals = corrected / "inbox" / "billing" / "月次集計_20260702.csv"
    totals.write_bytes("年月,請求合計\n2026年2月,42900\n".encode("cp932"))
    company_home.run(corrected, golden_company.AS_OF)
    assert query(
        corrected,
        "select month, unexplained_native, reconciliation_status from mart_billing_reconciliation"
        " order by month",
    ) == [(JANUARY, 0, "matched"), (FEBRUARY, 0, "explained")]
