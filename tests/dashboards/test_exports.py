"""A downloaded CSV opens in Japanese Excel, keeps its digits and runs nothing."""

from datetime import date
from decimal import Decimal

import pytest

from dashboards.exports import csv_bytes


def test_the_file_has_a_byte_order_mark_and_windows_line_ends():
    assert csv_bytes(["顧客"], [["髙橋 𠮷野"]]) == "\ufeff顧客\r\n髙橋 𠮷野\r\n".encode()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_text_that_would_run_as_a_formula_is_marked_as_text(start):
    line = csv_bytes(["a"], [[f"{start}1+1"]]).decode("utf-8-sig").split("\r\n", 1)[1]
    assert line.lstrip('"').startswith(f"'{start}")


def test_numbers_stay_numbers_even_when_negative_and_lose_only_zeros_after_the_point():
    rows = [[Decimal("-23000.000000"), Decimal("10333.333333"), Decimal("100"), 8, None]]
    assert csv_bytes(list("abcde"), rows).splitlines()[1] == b"-23000,10333.333333,100,8,"


def test_leading_zeros_and_dates_are_written_as_they_are():
    assert csv_bytes(["a", "b"], [["0012", date(2026, 4, 1)]]).splitlines()[1] == b"0012,2026-04-01"
