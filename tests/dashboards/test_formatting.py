"""How numbers, dates and missing values read, in both languages. Expected texts typed by hand."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from dashboards.catalogue import Text
from dashboards.formatting import Formats, week_start

JA = Formats(Text("ja"))
EN = Formats(Text("en"))
SUNDAY = Formats(Text("ja"), week_starts_on="sunday")
WAREKI = Formats(Text("ja"), calendar_era="wareki")


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
    assert EN.date(date(2026, 4, 1)) == "2026/04/01 (Wed)"
    assert EN.month(date(2026, 4, 1)) == "Apr 2026"


@pytest.mark.parametrize(
    ("start", "quarters"),
    [
        (4, ["FY26 Q1（4–6月）", "FY26 Q2（7–9月）", "FY26 Q3（10–12月）", "FY26 Q4（1–3月）"]),
        (1, ["FY26 Q1（1–3月）", "FY26 Q2（4–6月）", "FY26 Q3（7–9月）", "FY26 Q4（10–12月）"]),
        (10, ["FY26 Q1（10–12月）", "FY26 Q2（1–3月）", "FY26 Q3（4–6月）", "FY26 Q4（7–9月）"]),
        (12, ["FY26 Q1（12–2月）", "FY26 Q2（3–5月）", "FY26 Q3（6–8月）", "FY26 Q4（9–11月）"]),
    ],
)
def test_a_quarter_names_its_months_by_the_start_of_the_fiscal_year(start, quarters):
    formats = Formats(Text("ja"), fiscal_year_start_month=start)
    assert [formats.fiscal_quarter(2026, quarter) for quarter in (1, 2, 3, 4)] == quarters


def test_a_quarter_in_english_and_of_an_early_year():
    assert EN.fiscal_quarter(2026, 1) == "FY26 Q1 (Apr–Jun)"
    assert JA.fiscal_quarter(2009, 4) == "FY09 Q4（1–3月）"


def test_an_export_time_is_told_in_business_time_across_the_new_fiscal_year():
    assert JA.instant(datetime.fromisoformat("2026-03-31 15:00:00")) == "2026/04/01(水) 00:00"
    assert JA.local_date(datetime.fromisoformat("2026-03-31 14:59:59")) == date(2026, 3, 31)


def test_contract_currency_amounts_name_their_currency():
    assert JA.native(Decimal("120"), "USD") == "USD 120.00"
    assert JA.native(Decimal("8000"), "JPY") == "JPY 8,000"


# ---- what a company chose ([display] of keizoku.toml) ----


@pytest.mark.parametrize(
    ("mark", "amount", "rate", "movement", "points", "native", "english"),
    [
        (None, "▲23,000円", "▲8.18%", "▲4,000円", "▲8.18pt", "JPY ▲8,000", "-¥23,000"),
        ("▲", "▲23,000円", "▲8.18%", "▲4,000円", "▲8.18pt", "JPY ▲8,000", "▲¥23,000"),
        ("△", "△23,000円", "△8.18%", "△4,000円", "△8.18pt", "JPY △8,000", "△¥23,000"),
        ("-", "-23,000円", "-8.18%", "-4,000円", "-8.18pt", "JPY -8,000", "-¥23,000"),
        ("()", "(23,000円)", "(8.18%)", "(4,000円)", "(8.18pt)", "JPY (8,000)", "(¥23,000)"),
    ],
)
def test_what_is_below_nought_is_marked_as_the_company_does(
    mark, amount, rate, movement, points, native, english
):
    ja = Formats(Text("ja"), negative_mark=mark)
    assert ja.money(Decimal(-23000)) == amount
    assert ja.rate(Decimal("-0.0818")) == rate
    assert ja.money_signed(Decimal(-4000)) == movement
    assert ja.rate_change(Decimal("0.1"), Decimal("0.181818")) == points
    assert ja.native(Decimal(-8000), "JPY") == native
    assert Formats(Text("en"), negative_mark=mark).money(Decimal(-23000)) == english
    # what is not below stays as it is
    assert ja.money(Decimal("-0.4")) == "0円"
    assert ja.money_signed(Decimal(12600)) == "+12,600円"


def test_brackets_enclose_the_unit_and_the_currency():
    thousands = Formats(Text("ja"), "thousand", currency="USD", negative_mark="()")
    assert thousands.money(Decimal(-23000)) == "(23千 USD)"
    assert Formats(Text("ja"), negative_mark="()").money_digits(Decimal(-3000)) == "(3,000)"
    assert Formats(Text("ja"), negative_mark="()").share(-0.12) == "(12%)"


@pytest.mark.parametrize(
    ("day", "shown", "month", "on_an_axis"),
    [
        (date(2026, 4, 1), "令和8年4月1日(水)", "令和8年4月", "R08/04"),
        (date(2020, 1, 1), "令和2年1月1日(水)", "令和2年1月", "R02/01"),
        (date(2019, 5, 1), "令和元年5月1日(水)", "令和元年5月", "R01/05"),
        (date(2019, 4, 30), "平成31年4月30日(火)", "平成31年4月", "H31/04"),
        (date(1989, 1, 8), "平成元年1月8日(日)", "平成元年1月", "H01/01"),
        (date(1989, 1, 7), "昭和64年1月7日(土)", "昭和64年1月", "S64/01"),
        (date(1926, 12, 25), "昭和元年12月25日(土)", "昭和元年12月", "S01/12"),
        (date(1926, 12, 24), "大正15年12月24日(金)", "大正15年12月", "T15/12"),
        (date(1912, 7, 30), "大正元年7月30日(火)", "大正元年7月", "T01/07"),
        (date(1912, 7, 29), "明治45年7月29日(月)", "明治45年7月", "M45/07"),
        (date(1873, 1, 1), "明治6年1月1日(水)", "明治6年1月", "M06/01"),
        # the calendar of before was another one
        (date(1872, 12, 31), "1872/12/31(火)", "1872年12月", "1872/12"),
    ],
)
def test_years_are_counted_by_eras_where_the_company_does(day, shown, month, on_an_axis):
    assert WAREKI.date(day) == shown
    assert WAREKI.month(day) == month
    assert WAREKI.month_axis(day) == on_an_axis


def test_an_instant_is_told_in_eras_by_its_local_day():
    # 15:00 in London of the last day of Heisei is the first minute of Reiwa in Tokyo
    assert WAREKI.instant(datetime.fromisoformat("2019-04-30 15:00:00")) == (
        "令和元年5月1日(水) 00:00"
    )
    assert WAREKI.day_axis(date(2026, 4, 1)) == "R08/04/01"
    assert JA.day_axis(date(2026, 4, 1)) == "2026/04/01"


def test_fiscal_years_keep_their_western_name():
    assert WAREKI.fiscal_year(2026) == "2026年度"


def test_english_readers_get_the_eras_by_name():
    english = Formats(Text("en"), calendar_era="wareki")
    assert english.date(date(2026, 4, 1)) == "Reiwa 8/4/1 (Wed)"
    assert english.month(date(2019, 5, 1)) == "May Reiwa 1"


def test_a_week_begins_on_the_day_the_company_chose():
    # 2026-06-28 is a Sunday
    assert JA.weekdays() == ["月", "火", "水", "木", "金", "土", "日"]
    assert SUNDAY.weekdays() == ["日", "月", "火", "水", "木", "金", "土"]
    for formats, sunday, monday in (
        (JA, date(2026, 6, 22), date(2026, 6, 29)),
        (SUNDAY, date(2026, 6, 28), date(2026, 6, 28)),
    ):
        assert week_start(date(2026, 6, 28), formats.first_weekday) == sunday
        assert week_start(date(2026, 6, 29), formats.first_weekday) == monday
