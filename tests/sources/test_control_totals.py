"""What a billing system says of itself, typed or exported; and its invoices that were kept back."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl

from sources import landing
from tests.end_to_end.xlsx_file import write_workbook

RECEIVED_AT = datetime(2026, 7, 1, 1, tzinfo=UTC)
TOTALS = """年月,通貨,請求合計,請求件数,うち返還額
2026年5月,JPY,"1,234,567",12,0
2026-06,USD,99.5,1,
"""
INVOICES = """invoice_id,billing_customer_id,issue_date,currency,tax_native,total_native,status
I-1,C01,2026-06-01,JPY,1000,11000,
I-2,C02,2026-06-02,JPY,非課税,5500,
,C03,2026-06-03,JPY,100,1100,
I-4,C04,2026-06-04,円,100,一万円,取消
"""


def totals_of(home, results) -> list[tuple]:
    assert [result.state for result in results] == ["live"]
    [file] = (home.landed / "billing__control_totals" / "live").glob("[!_]*.parquet")
    return (
        pl.read_parquet(file)
        .select("month", "currency", "total_native", "document_count", "credited_native")
        .rows()
    )


def test_a_cp932_export_with_months_without_a_day_lands(home, put):
    put("billing/月次集計_20260630.csv", TOTALS.encode("cp932"))
    assert totals_of(home, landing.land_inbox(home, now=RECEIVED_AT)) == [
        (date(2026, 5, 1), "JPY", Decimal("1234567"), 12, Decimal(0)),
        (date(2026, 6, 1), "USD", Decimal("99.5"), 1, None),
    ]


def test_a_sheet_of_two_columns_typed_by_hand_is_enough(home):
    path = home.inbox / "billing" / "月次集計_20260630.xlsx"
    path.parent.mkdir()
    rows = [[date(2026, 5, 31), 1000], ["2026年6月", 2000]]
    write_workbook(path, ["年月", "請求合計"], rows)
    assert totals_of(home, landing.land_inbox(home, now=RECEIVED_AT)) == [
        (date(2026, 5, 31), "JPY", Decimal(1000), None, None),
        (date(2026, 6, 1), "JPY", Decimal(2000), None, None),
    ]


def test_the_file_of_a_month_takes_nothing_back_of_another(home, put):
    put("billing/control_totals_20260630.csv", "month,total_native\n2026-06,1\n")
    landing.land_inbox(home, now=RECEIVED_AT)
    deliveries = pl.read_parquet(
        home.landed / "control__deliveries" / "live" / "control__deliveries.parquet"
    )
    assert deliveries["coverage"].to_list() == ["delta"]


def test_of_an_invoice_kept_back_what_can_be_read_is_told(home, put):
    put("billing/invoices_20260630.csv", INVOICES)
    landing.land_inbox(home, now=RECEIVED_AT)
    refused = pl.read_parquet(
        home.landed / "control__refused_invoices" / "live" / "control__refused_invoices.parquet"
    )
    assert refused.drop("delivery_id", "source_system", "file_name", "record_key").rows() == [
        (None, 3, "I-2", date(2026, 6, 2), "JPY", Decimal(5500), "invoice", None),
        (None, 4, None, date(2026, 6, 3), "JPY", Decimal(1100), "invoice", None),
        (None, 5, "I-4", date(2026, 6, 4), None, None, "invoice", "取消"),
    ]
    assert refused["record_key"].is_null().to_list() == [False, True, False]


def test_a_delivery_read_before_the_product_kept_what_it_could_read_is_told_without_it(home, put):
    put("billing/invoices_20260630.csv", INVOICES)
    landing.land_inbox(home, now=RECEIVED_AT)
    [file] = home.quarantine.glob("*.parquet")
    pl.read_parquet(file).drop("read_row").write_parquet(file)
    table = home.landed / "control__refused_invoices" / "live" / "control__refused_invoices.parquet"
    table.unlink()
    landing.land_inbox(home, now=RECEIVED_AT)
    refused = pl.read_parquet(table)
    assert refused["source_row"].to_list() == [3, 4, 5]
    assert refused["total_native"].to_list() == [None, None, None]
