# ruff: noqa: DTZ001 (landed instants are naive and hold UTC)
"""Cells to values: what is read, what is refused, and that nothing is guessed."""

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.reasons import reasons
from sources.values import fold, parse


def read(column_type, *cells, **options):
    """Values and reasons of some cells as lists."""
    parsed = parse(pl.Series("x", cells, dtype=pl.String), column_type, **options)
    assert len(parsed.values) == len(parsed.reasons) == len(cells)
    return parsed.values.to_list(), parsed.reasons.to_list()


def value_of(column_type, cell, **options):
    values, why = read(column_type, cell, **options)
    assert why == [None], cell
    return values[0]


def reason_of(column_type, cell, **options):
    values, why = read(column_type, cell, **options)
    assert values == [None], cell
    assert why[0] in reasons(), cell
    return why[0]


# ── dates (D14) ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "cell",
    [
        "2026-04-01",
        "2026/4/1",
        "2026/04/01",
        "2026.4.1",
        "20260401",
        "2026年4月1日",
        "２０２６年４月１日",
        "２０２６／４／１",
        "令和8年4月1日",
        "令和８年４月１日",
        "㋿8年4月1日",
        "R8.4.1",
        "R08.04.01",
        "r8/4/1",
        " 2026/4/1 ",
        "2026/4/1(水)",
        "2026年4月1日（水）",
        "2026-04-01 00:00:00",
        "2026/4/1 9:05",
    ],
)
def test_a_year_first_or_era_date_is_read_without_a_declaration(cell):
    assert value_of("date", cell) == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("H31.4.30", date(2019, 4, 30)),
        ("平成31年4月30日", date(2019, 4, 30)),
        ("R1.5.1", date(2019, 5, 1)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("S64.1.7", date(1989, 1, 7)),
        ("H1.1.8", date(1989, 1, 8)),
        ("大正15年12月24日", date(1926, 12, 24)),
    ],
)
def test_eras_change_on_their_day(cell, expected):
    assert value_of("date", cell) == expected


@pytest.mark.parametrize("cell", ["H31.5.1", "平成32年3月31日", "R1.4.30", "S64.1.8"])
def test_a_day_outside_its_era_is_refused(cell):
    assert reason_of("date", cell) == "era_mismatch"


@pytest.mark.parametrize(
    "cell",
    ["01/02/2026", "13/02/2026", "26.4.1", "26/04/01", "4/1", "4月1日", "2026-04", "2026年4月"],
)
def test_a_date_with_several_readings_is_refused_until_its_format_is_declared(cell):
    assert reason_of("date", cell) == "ambiguous_date"


@pytest.mark.parametrize(
    ("cell", "declared", "expected"),
    [
        ("01/02/2026", "%d/%m/%Y", date(2026, 2, 1)),
        ("01/02/2026", "%m/%d/%Y", date(2026, 1, 2)),
        ("26.4.1", "%y.%m.%d", date(2026, 4, 1)),
        ("69.4.1", "%y.%m.%d", date(1969, 4, 1)),
        ("2026-04", "%Y-%m", date(2026, 4, 1)),
        ("202604", "%Y%m", date(2026, 4, 1)),
        ("1 Apr 2026", "%d %b %Y", date(2026, 4, 1)),
        ("April 1, 2026", "%B %d, %Y", date(2026, 4, 1)),
        ("R8.4.1", "wareki", date(2026, 4, 1)),
    ],
)
def test_a_declared_format_is_read_as_declared(cell, declared, expected):
    assert value_of("date", cell, formats=[declared]) == expected


def test_two_declared_formats_that_both_fit_are_ambiguous():
    values, why = read("date", "01/02/2026", "13/02/2026", formats=["%d/%m/%Y", "%m/%d/%Y"])
    assert values == [None, date(2026, 2, 13)]
    assert why == ["ambiguous_date", None]


def test_beside_a_declared_format_only_iso_is_read():
    values, why = read("date", "2026-04-01", "2026/04/01", formats=["%d/%m/%Y"])
    assert values == [date(2026, 4, 1), None]
    assert why == [None, "unreadable_date"]


@pytest.mark.parametrize("cell", ["2026/2/29", "2026-13-01", "2026-04-31", "令和7年2月29日"])
def test_a_day_that_is_not_in_the_calendar_is_refused(cell):
    assert reason_of("date", cell) == "no_such_date"


def test_leap_days_are_read():
    assert value_of("date", "2024/2/29") == date(2024, 2, 29)


def test_the_end_of_time_is_refused_unless_the_mapping_says_it_means_no_end():
    assert reason_of("date", "9999/12/31") == "date_out_of_range"
    assert value_of("date", "9999/12/31", value_map={"9999/12/31": None}) is None


def test_an_excel_serial_is_read_only_where_declared():
    assert reason_of("date", "46113") == "undeclared_serial"
    assert reason_of("date", "46113", formats=["%Y/%m/%d"]) == "undeclared_serial"
    assert value_of("date", "46113", formats=["excel_serial"]) == date(2026, 4, 1)
    assert value_of("date", "44651", formats=["excel_serial_1904"]) == date(2026, 4, 1)


def test_excel_serials_around_the_day_that_never_was():
    values, why = read("date", "1", "59", "60", "61", formats=["excel_serial"])
    assert values == [date(1900, 1, 1), date(1900, 2, 28), None, date(1900, 3, 1)]
    assert why == [None, None, "no_such_date", None]


def test_a_mapping_with_a_wrong_format_is_an_error_of_the_mapping():
    with pytest.raises(ValueError, match="%Q"):
        parse(pl.Series(["2026"]), "date", formats=["%Y-%Q"])
    with pytest.raises(ValueError, match="no year"):
        parse(pl.Series(["4/1"]), "date", formats=["%m/%d"])


# ── instants ─────────────────────────────────────────────────────────────────────────────────────


def test_a_time_without_offset_is_local_time_of_the_mapping():
    assert value_of("ts", "2026-04-01 09:00:00", tz="Asia/Tokyo") == datetime(2026, 4, 1, 0, 0)
    assert value_of("ts", "2026/4/1 9:05", tz="Asia/Tokyo") == datetime(2026, 4, 1, 0, 5)
    assert value_of("ts", "2026年4月1日 9時5分", tz="Asia/Tokyo") == datetime(2026, 4, 1, 0, 5)
    assert value_of("ts", "2026-04-01 09:00:00", tz="UTC") == datetime(2026, 4, 1, 9, 0)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-03-31T15:30:00Z", datetime(2026, 3, 31, 15, 30)),
        ("2026-04-01T00:30:00+09:00", datetime(2026, 3, 31, 15, 30)),
        ("2026-04-01 00:30 +0900", datetime(2026, 3, 31, 15, 30)),
        ("2026-04-01 00:30 JST", datetime(2026, 3, 31, 15, 30)),
        ("2026-03-31 15:30:00 UTC", datetime(2026, 3, 31, 15, 30)),
        ("2026-03-31T10:30:00.250-05:00", datetime(2026, 3, 31, 15, 30, 0, 250_000)),
    ],
)
def test_an_offset_in_the_cell_wins_over_the_zone_of_the_mapping(cell, expected):
    assert value_of("ts", cell, tz="America/New_York") == expected


def test_a_bare_date_is_the_start_of_that_local_day():
    assert value_of("ts", "2026-04-01", tz="Asia/Tokyo") == datetime(2026, 3, 31, 15, 0)


@pytest.mark.golden("G-37/date_only")
def test_a_bare_date_in_a_date_column_is_never_shifted():
    for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
        assert value_of("date", "2026-04-01", tz=zone) == date(2026, 4, 1)


def test_an_instant_in_a_date_column_gives_the_local_date():
    assert value_of("date", "2026-03-31T15:30:00Z", tz="Asia/Tokyo") == date(2026, 4, 1)
    assert value_of("date", "2026-03-31T14:59:59Z", tz="Asia/Tokyo") == date(2026, 3, 31)
    in_utc = {"tz": "UTC", "local_tz": "Asia/Tokyo"}
    assert value_of("date", "2026-03-31 15:30", **in_utc) == date(2026, 4, 1)
    assert value_of("date", "2026-03-31", **in_utc) == date(2026, 3, 31)


@pytest.mark.parametrize("cell", ["2026-03-08 02:30", "2026-11-01 01:30"])
def test_a_local_time_that_is_missing_or_occurs_twice_is_refused(cell):
    assert reason_of("ts", cell, tz="America/New_York") == "unclear_local_time"


@pytest.mark.parametrize("cell", ["2026-04-01 24:00", "2026-04-01 09:60", "2026-04-01 09:00:60"])
def test_a_time_of_day_that_does_not_exist_is_refused(cell):
    assert reason_of("ts", cell) == "no_such_date"


def test_twelve_hour_clocks_are_read_where_declared():
    options = {"formats": ["%m/%d/%Y %I:%M %p"], "tz": "UTC"}
    assert value_of("ts", "4/1/2026 12:05 AM", **options) == datetime(2026, 4, 1, 0, 5)
    assert value_of("ts", "4/1/2026 3:05 PM", **options) == datetime(2026, 4, 1, 15, 5)


def test_unix_times_are_read_where_declared():
    assert reason_of("ts", "1775001600") == "unreadable_date"
    expected = datetime(2026, 4, 1, 0, 0)
    assert value_of("ts", "1775001600", formats=["unix_seconds"], tz="Asia/Tokyo") == expected
    assert value_of("ts", "1775001600000", formats=["unix_milliseconds"]) == expected


def test_an_excel_serial_with_a_fraction_is_a_local_time():
    value = value_of("ts", "46113.6458333333", formats=["excel_serial"], tz="Asia/Tokyo")
    assert value == datetime(2026, 4, 1, 6, 30)


# ── numbers (D15, D16) ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1,234", "1234"),
        ("￥１，２００", "1200"),
        ("¥1,200", "1200"),
        ("\\1,200", "1200"),  # the yen sign of CP932
        ("1,200円", "1200"),
        ("$49.00", "49"),
        ("△500", "-500"),
        ("▲500", "-500"),
        ("▲¥1,200", "-1200"),
        ("¥-1,200", "-1200"),
        ("−500", "-500"),
        ("－５００", "-500"),
        ("(300)", "-300"),
        ("（300）", "-300"),
        ("(¥1,000)", "-1000"),
        ("-0", "0"),
        ("９９", "99"),
        ("+5", "5"),
        (".5", "0.5"),
        ("007", "7"),
        ("123456789012.123456", "123456789012.123456"),
        ("0.1", "0.1"),
        ("12.10000000", "12.1"),
        ("456116.60", "456116.60"),
    ],
)
def test_numbers_as_people_and_systems_write_them(cell, expected):
    assert value_of("dec", cell) == Decimal(expected)


@pytest.mark.parametrize(
    "cell",
    ["NaN", "inf", "-inf", "1.2億", "3千円", "1,23", "12,34,567", "1 200", "①００", "½", "10%",
     "--5", "-+5", "5-", "(5", "-", "1.2.3", "0x1F", "１.２.３", "1_000", "٣"],
)  # fmt: skip
def test_what_is_no_plain_number_is_refused(cell):
    assert reason_of("dec", cell) == "unreadable_number"


@pytest.mark.parametrize("cell", ["1e400", "1.2E+05", "1E5"])
def test_scientific_notation_is_refused_because_it_loses_digits(cell):
    assert reason_of("dec", cell) == "scientific_number"


def test_a_number_that_does_not_fit_is_refused_rather_than_rounded():
    assert reason_of("dec", "1234567890123") == "number_out_of_range"
    assert reason_of("dec", "0.1234567") == "too_many_decimals"


def test_D06_a_fraction_in_an_integer_column_is_refused():
    values, why = read("int", "12", "12.0", "12.75", "1,200", "△3")
    assert values == [12, 12, None, 1200, -3]
    assert why == [None, None, "not_whole", None, None]


def test_D06_the_fraction_is_found_below_twenty_thousand_good_rows():
    values, why = read("int", *["7"] * 30_000, "12.75")
    assert values[29_999:] == [7, None]
    assert why[29_999:] == [None, "not_whole"]


def test_D16_integers_outside_64_bits_are_refused():
    assert value_of("int", "9223372036854775807") == 9223372036854775807
    assert value_of("int", "-9223372036854775808") == -9223372036854775808
    assert reason_of("int", "9223372036854775808") == "number_out_of_range"
    assert reason_of("int", "99999999999999999999999") == "number_out_of_range"


def test_minor_units_are_divided_by_the_digits_of_their_currency():
    parsed = parse(
        pl.Series(["1234", "5", "1200", "-1500", "12.5", "7"]),
        "dec",
        unit="minor",
        currency=pl.Series(["USD", "USD", "JPY", "KWD", "USD", None]),
    )
    expected = ["12.34", "0.05", "1200", "-1.5", "0.125"]
    assert parsed.values.to_list() == [*map(Decimal, expected), None]
    assert parsed.reasons.to_list() == [None] * 5 + ["unknown_currency"]


@pytest.mark.parametrize(
    ("cell", "percent_digits", "expected"),
    [
        ("10%", 2, "0.1"),
        ("8％", 2, "0.08"),
        ("0.5 %", 2, "0.005"),
        ("▲12.5%", 2, "-0.125"),
        ("100%", 2, "1"),
        ("0.1", 2, "0.1"),  # as it stands
        ("20%", 0, "20"),
        ("20", 0, "20"),
    ],
)
def test_a_percentage_was_unreadable(cell, percent_digits, expected):
    assert read("dec", cell, percent_digits=percent_digits) == ([Decimal(expected)], [None])


def test_a_percentage_where_no_share_is_meant_is_refused():
    assert read("dec", "10%") == ([None], ["unreadable_number"])
    assert read("int", "10%") == ([None], ["unreadable_number"])
    assert read("dec", "0.12345%", percent_digits=2) == ([None], ["too_many_decimals"])


@settings(deadline=None)  # the machine may be busy
@given(st.decimals("-999999999999", "999999999999", places=6))
def test_every_decimal_comes_out_exactly_as_written(number):
    assert value_of("dec", f"{number:f}") == number


@settings(deadline=None)  # the machine may be busy
@given(st.dates(date(1868, 1, 1), date(2199, 12, 31)))
def test_every_iso_date_comes_out_as_written(day):
    assert value_of("date", day.isoformat()) == day


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=30), st.sampled_from(["text", "date", "ts", "dec", "int", "bool"]))
def test_D17_any_cell_is_read_refused_or_blank(cell, column_type):
    values, why = read(column_type, cell, tz="Asia/Tokyo")
    assert (values[0] is None) or (why[0] is None)
    assert why[0] is None or why[0] in reasons()
    if values[0] is None and why[0] is None:
        assert not cell.strip()


# ── text, codes, bool ────────────────────────────────────────────────────────────────────────────


def test_D05_ids_stay_text():
    cells = ["007", "0012", "4111111111111111", "1E5", "1-2", "TRUE"]
    assert read("text", *cells) == (cells, [None] * 6)


def test_blank_cells_are_null_and_cells_are_trimmed():
    assert read("text", "", "  ", "　", None, " a ") == ([None, None, None, None, "a"], [None] * 5)
    assert read("dec", "", None) == ([None, None], [None, None])


def test_a_required_cell_that_is_blank_is_refused():
    assert reason_of("text", " ", required=True) == "missing_required"
    assert reason_of("date", None, required=True) == "missing_required"
    assert value_of("dec", None, required=True, default="1") == 1


def test_an_unreadable_required_cell_keeps_its_own_reason():
    assert reason_of("dec", "abc", required=True) == "unreadable_number"


@pytest.mark.parametrize(
    "cell", ["true", "TRUE", "1", "はい", "有", "あり", "○", "〇", "ＴＲＵＥ", "Yes"]
)
def test_words_for_yes(cell):
    assert value_of("bool", cell) is True


@pytest.mark.parametrize("cell", ["false", "0", "０", "いいえ", "無", "なし", "×", "No"])
def test_words_for_no(cell):
    assert value_of("bool", cell) is False


@pytest.mark.parametrize("cell", ["x", "2", "済", "maybe"])
def test_other_words_are_neither(cell):
    assert reason_of("bool", cell) == "unreadable_bool"


def test_E07_a_code_the_value_map_does_not_know_is_refused():
    statuses = {"有効": "active", "解約": "cancelled", "-": None}
    values, why = read("text", "有効", " 有効 ", "active", "-", "休会", None, value_map=statuses)
    assert values == ["active", "active", "active", None, None, None]
    assert why == [None, None, None, None, "unknown_value", None]


def test_a_map_that_only_blanks_leaves_other_text_alone():
    assert read("text", "-", "Tokyo", value_map={"-": None}) == ([None, "Tokyo"], [None, None])


def test_a_closed_list_ignores_case_and_width():
    kinds = ["card", "transfer"]
    assert value_of("text", "Card", values=kinds) == "card"
    assert value_of("text", "ｃａｒｄ", values=kinds) == "card"
    assert reason_of("text", "cash", values=kinds) == "unknown_value"
    assert value_of("text", "jpy", values=["JPY", "USD"]) == "JPY"


def test_mapped_words_go_through_the_closed_list():
    options = {"values": ["card", "transfer"], "value_map": {"口座振込": "transfer"}}
    assert value_of("text", "口座振込", **options) == "transfer"
    assert value_of("text", "card", **options) == "card"


def test_a_mapped_cell_is_parsed_as_its_type():
    assert value_of("dec", "10%", value_map={"10%": "0.10"}) == Decimal("0.10")
    assert value_of("bool", "済", value_map={"済": "true"}) is True


def test_a_value_map_with_two_meanings_is_an_error_of_the_mapping():
    with pytest.raises(ValueError, match="two meanings"):
        parse(pl.Series(["a"]), "text", value_map={"Ａ": "x", "a": "y"})


# ── folding (D04) ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("サービス", "ｻｰﾋﾞｽ"),
        ("サービス", "サ−ビス"),
        ("株式会社　山田 商店", "株式会社山田商店"),
        ("ABC Corp", "ａｂｃ　ＣＯＲＰ"),
        ("10〜20", "10～20"),
        ("03－1234－5678", "03-1234-5678"),
        ("03‐1234‐5678", "03−1234−5678"),
        ("Taro@Example.JP", "taro@example.jp"),
        ("㈱山田", "(株)山田"),
    ],
)
def test_spellings_of_the_same_thing_fold_together(one, other):
    folded = fold(pl.Series([one, other])).to_list()
    assert folded[0] == folded[1]


def test_folding_keeps_different_things_apart():
    folded = fold(pl.Series(["1-2-3", "12-3", "山田", "山本"])).to_list()
    assert len(set(folded)) == 4


def test_folding_a_blank_gives_null():
    assert fold(pl.Series(["", "　", None])).to_list() == [None, None, None]


# ── what people are told ─────────────────────────────────────────────────────────────────────────


def test_every_reason_has_both_languages_and_a_remedy():
    for code, reason in reasons().items():
        texts = (reason.ja, reason.en, reason.remedy_ja, reason.remedy_en)
        assert all(isinstance(text, str) and text for text in texts), code
        assert any(ord(char) > 0x3000 for char in reason.ja + reason.remedy_ja), code
        assert reason.en.isascii(), code
