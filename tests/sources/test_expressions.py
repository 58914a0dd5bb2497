"""Computed columns: what the fixed list of functions gives, and that nothing else gets through."""

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from sources.expressions import ExpressionRefused, compile_expression

EXPORTED_AT = datetime.fromisoformat("2026-03-31T14:59:59")  # 23:59:59 in Tokyo


def compute(text: str, **columns: list[str | None]) -> tuple[list, list]:
    frame = pl.DataFrame(columns, schema={name: pl.String for name in columns})
    computed = compile_expression(text).evaluate(
        frame,
        {"exported_at": EXPORTED_AT, "file_name": "telco_2026-03-31.csv"},
        tz="Asia/Tokyo",
        local_tz="Asia/Tokyo",
    )
    return computed.values.to_list(), computed.reasons.to_list()


def values(text: str, **columns: list[str | None]) -> list:
    return compute(text, **columns)[0]


# ── dates ───────────────────────────────────────────────────────────────────────────────────────


def test_a_start_is_computed_from_the_tenure_and_the_day_of_the_export():
    starts = values("add_months(date_of(exported_at), -int(tenure))", tenure=["0", "1", "13"])
    assert starts == [date(2026, 3, 31), date(2026, 2, 28), date(2025, 2, 28)]


def test_months_are_counted_from_the_day_given_and_end_at_the_end_of_a_short_month():
    days = values("add_months(date(d), 1)", d=["2026-01-31", "2024-01-31", "2026-02-28"])
    assert days == [date(2026, 2, 28), date(2024, 2, 29), date(2026, 3, 28)]


def test_a_count_of_months_that_is_no_whole_number_is_refused():
    assert compute("add_months(date(d), number(n))", d=["2026-01-31"], n=["1.5"]) == (
        [None],
        ["number_out_of_range"],
    )


def test_days_are_added_across_a_leap_day():
    assert values("add_days(date(d), -1)", d=["2024-03-01", "2026-03-01"]) == [
        date(2024, 2, 29),
        date(2026, 2, 28),
    ]


def test_the_date_of_the_export_is_the_local_one():
    # 14:59:59 UTC is still the same day in Tokyo, one second later it would not be.
    assert values("date_of(exported_at)", a=["x"]) == [date(2026, 3, 31)]


def test_dates_are_read_in_a_declared_format():
    assert values("date(d, '%m/%d/%Y')", d=["03/04/2026"]) == [date(2026, 3, 4)]


# ── numbers ─────────────────────────────────────────────────────────────────────────────────────


def test_money_is_computed_without_floats():
    assert values("number(a) * number(b)", a=["0.1", "￥1,200"], b=["3", "12"]) == [
        Decimal("0.3"),
        Decimal("14400"),
    ]


def test_a_third_keeps_ten_digits():
    assert values("number(a) / 3", a=["100000"]) == [Decimal("33333.3333333333")]


def test_division_by_zero_is_a_reason_and_not_an_error():
    assert compute("number(a) / number(b)", a=["1", "1", None], b=["0", "2", "1"]) == (
        [None, Decimal("0.5"), None],
        ["division_by_zero", None, None],
    )


def test_one_absurd_cell_does_not_fail_the_column():
    computed = compute("number(a) * number(a) * number(a)", a=["99999999999", "2"])
    assert computed == ([None, Decimal("8")], ["number_out_of_range", None])


def test_a_cell_that_is_no_number_is_a_reason():
    assert compute("number(a) + 1", a=["abc", "1", ""]) == (
        [None, Decimal("2"), None],
        ["unreadable_number", None, None],
    )


def test_a_fraction_is_not_cut_to_a_whole_number():
    assert compute("int(a)", a=["12.75", "12"]) == ([None, Decimal("12")], ["not_whole", None])
    ways = ["切り捨て", "切り上げ", "四捨五入"]
    assert values("rounded(number(a) / 2, b)", a=["5", "5", "5"], b=ways) == [2, 3, 3]
    assert values("rounded(number(a) / 2, b)", a=["-5", "-5", "-5"], b=ways) == [-2, -3, -3]
    assert values("rounded(number(a) / 2, 'half')", a=["4.8", None]) == [2, None]
    assert compute("rounded(number(a), b)", a=["1", "1"], b=["適当", None]) == (
        [None, None],
        ["unknown_value", None],
    )


# ── text and choices ────────────────────────────────────────────────────────────────────────────


def test_texts_are_joined_and_a_blank_part_is_left_out():
    joined = values("concat(\"姓\", ' ', 名)", 姓=["山田", "佐藤"], 名=["花子", None])
    assert joined == ["山田 花子", "佐藤 "]


def test_part_of_a_list_in_one_cell():
    parts = values("split_part(ids, ';', 1)", ids=["9002;9999", "7", None])
    assert parts == ["9002", "7", None]


def test_the_third_of_two_parts_is_blank():
    assert values("split_part(ids, ';', 3)", ids=["9002;9999"]) == [None]


def test_text_is_replaced_literally():
    assert values("replace(a, '.', '')", a=["1.2.3"]) == ["123"]


def test_a_branch_that_is_not_taken_may_be_unreadable():
    chosen = compute("if(a = '-', 0, number(a))", a=["-", "12", "x"])
    assert chosen == (
        [Decimal("0"), Decimal("12"), None],
        [None, None, "unreadable_number"],
    )


def test_the_first_filled_one_counts():
    assert values("coalesce(a, b, '無')", a=["1", None, None], b=["2", "3", None]) == [
        "1",
        "3",
        "無",
    ]


def test_an_unreadable_cell_is_not_passed_over_as_if_it_were_blank():
    assert compute("coalesce(number(a), 0)", a=["x", None]) == (
        [None, Decimal("0")],
        ["unreadable_number", None],
    )


def test_conditions_with_and_or_not_in_between_and_null():
    condition = (
        "(plan in ('A', 'B') and not status = 'x') or number(price) between 10 and 20"
        " or status is null"
    )
    met = values(
        condition,
        plan=["A", "A", "C", "C", "C"],
        status=["y", "x", "x", "x", None],
        price=["1", "1", "15", "21", "1"],
    )
    assert met == [True, False, True, False, True]


def test_headers_with_spaces_and_brackets_stand_in_double_quotes():
    assert values('"Created (UTC)"', **{"Created (UTC)": ["2026-01-01"]}) == ["2026-01-01"]


def test_full_width_header_names_are_the_same_as_half_width_ones():
    assert compile_expression("ＩＤ").names == frozenset({"ID"})


def test_the_name_of_the_file_is_known():
    assert values("file_name", a=["x"]) == ["telco_2026-03-31.csv"]


def test_numbers_become_text_without_padding():
    assert values("text(number(a))", a=["1200", "1.50", "0"]) == ["1200", "1.5", "0"]


def test_an_empty_frame_gives_an_empty_column():
    assert values("add_months(date(d), int(n))", d=[], n=[]) == []


# ── what is refused ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "upper(a)",
        "read_csv('x')",
        "current_date",
        "current_timestamp",
        "cast(a as int)",
        "a::int",
        "case when a = 'x' then 1 end",
        "a like 'x%'",
        "(select 1)",
        "a in (select 1)",
        "sum(number(a)) over ()",
        "a || b",
        "a; drop table x",
        "number(a) % 2",
        "t.a",
        "lambda x: x",
        "?",
        "a as b",
        "*",
        "",
        "if(",
        "null",
        "getenv('HOME')",
    ],
)
def test_anything_outside_the_list_is_refused(text):
    with pytest.raises(ExpressionRefused):
        compile_expression(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a > 3", "mixes"),
        ("a + 1", "needs number"),
        ("add_months(a, 1)", "needs date"),
        ("if(a, 1, 2)", "needs bool"),
        ("if(a = 'x', 1, 'y')", "mixes"),
        ("concat(a, 1)", "needs text"),
        ("a = null", "is null"),
        ("date_of(a)", "needs ts"),
        ("add_months(date(a))", "not an expression"),
        ("int(a, b)", "takes 1 to 1"),
        ("99999999999999 * 2", "too large"),
        ("split_part(a, ';', 0)", "position from 1"),
        ("replace(a, b, 'x')", "written as"),
    ],
)
def test_types_are_checked_when_the_mapping_is_read(text, why):
    with pytest.raises(ExpressionRefused) as refused:
        compile_expression(text)
    assert why in refused.value.en
    assert refused.value.ja
