"""How numbers, dates and missing values read, in both languages. Expected texts typed by hand."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from dashboards.catalogue import Text
from dashboards.formatting import Formats

JA = Formats(Text("ja"))
EN = Formats(Text("en"))


@pytest.mark.parametrize(
    ("unit", "amount", "shown"),
    [
        ("one", "106600", "106,600円"),
        ("one", "-23000", "▲23,000円"),
        ("one", "0", "0円"),
        ("one", "10333.333333", "10,333円"),
        ("one", "10000.5", "10,001円"),
        ("one", "-0.4", "0円"),
        ("thousand", "106600", "107千円"),
        ("thousand", "-500", "▲1千円"),
        ("million", "1279200", "1.3百万円"),
        ("million", "123456789000", "123,456.8百万円"),
    ],
)
def test_yen_in_each_display_unit_is_rounded_half_up_with_a_triangle_for_negative(
    unit, amount, shown
):
    assert Formats(Text("ja"), unit).money(Decimal(amount)) == shown


def test_english_readers_get_a_yen_sign_and_a_minus():
    assert EN.money(Decimal(-23000)) == "-¥23,000"
    assert Formats(Text("en"), "thousand").money(Decimal(106600)) == "¥107K"


@pytest.mark.golden("G-01/integer_display")
def test_modelled_customers_are_shown_whole_and_rounded_half_up():
    assert JA.count(Decimal("387.5")) == "388"
    assert JA.count(Decimal("386.5")) == "387"


def test_another_reporting_currency_is_named_and_keeps_its_cents():
    assert Formats(Text("ja"), currency="USD").money(Decimal("1234.5")) == "1,234.50 USD"


def test_a_movement_always_shows_its_sign():
    assert JA.money_signed(Decimal(12600)) == "+12,600円"
    assert JA.money_signed(Decimal(-4000)) == "▲4,000円"
    assert JA.money_signed(Decimal(0)) == "0円"


def test_null_is_a_dash_with_its_reason():
    assert JA.ratio(None, "no_loss") == "—（解約・減額がないため）"
    assert EN.ratio(None, "no_loss") == "— (nothing was lost)"
    assert JA.money(None) == "—"


def test_a_reason_the_catalogue_does_not_know_is_shown_as_it_is():
    assert JA.rate(None, "some_new_reason") == "—（some_new_reason）"


def test_rates_and_their_changes():
    assert JA.rate(Decimal("0.181818")) == "18.18%"
    assert JA.rate_change(Decimal("0.1"), Decimal("0.181818")) == "▲8.18pt"
    assert JA.rate_change(Decimal("0.1"), None) is None
    assert JA.ratio_change(Decimal("1.25"), Decimal("0.434783")) == "+0.82"
    assert JA.count_change(8, 10) == "▲2"


def test_dates_months_and_fiscal_years():
    assert JA.date(date(2026, 4, 1)) == "2026/04/01(水)"
    assert JA.month(date(2026, 4, 1)) == "2026年4月"
    assert JA.fiscal_year(2026) == "2026年度"
    assert JA.fiscal_half(2026, 1) == "2026年度 上期"
    assert JA.fiscal_half(2025, 2) == "2025年度 下期"
    assert JA.fiscal_quarter(2026, 1) == "2026年度 第1四半期"
    assert EN.date(date(2026, 4, 1)) == "2026/04/01 (Wed)"
    assert EN.month(date(2026, 4, 1)) == "Apr 2026"


def test_an_export_time_is_told_in_business_time_across_the_new_fiscal_year():
    assert JA.instant(datetime.fromisoformat("2026-03-31 15:00:00")) == "2026/04/01(水) 00:00"
    assert JA.local_date(datetime.fromisoformat("2026-03-31 14:59:59")) == date(2026, 3, 31)


def test_contract_currency_amounts_name_their_currency():
    assert JA.native(Decimal("120"), "USD") == "USD 120.00"
    assert JA.native(Decimal("8000"), "JPY") == "JPY 8,000"
