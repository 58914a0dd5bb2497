"""What is left of a personal value: enough to know which is meant, not enough to use it."""

import pytest

from dashboards import masks


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("taro@example.jp", "t***@e***.jp"),
        ("hanako.yamada@sales.example.co.jp", "h***@s***.jp"),
        ("ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ", "t***@e***.jp"),
        (" t@e.jp ", "t***@e***.jp"),
        ("taro", "***"),
        ("taro@localhost", "***"),
        ("@example.jp", "***"),
        ("山田 <taro@example.jp>", "***"),
        ("", None),
        (None, None),
    ],
)
def test_of_an_address_first_letters_and_the_last_part_stay(written, shown):
    assert masks.mail(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("090-1234-5678", "***-****-5678"),
        ("０９０１２３４５６７８", "***-****-5678"),
        ("+81 90 1234 5678", "***-****-5678"),
        ("(03)1234-5678", "***-****-5678"),
        ("5678", "***-****-****"),  # the last four would be all of it
        ("内線 12", "***-****-****"),
        (" ", None),
        (None, None),
    ],
)
def test_of_a_telephone_number_the_last_four_digits_stay(written, shown):
    assert masks.phone(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("山田 太郎", "山＊＊"),
        ("山", "＊＊"),
        ("ヤマダ　タロウ", "ヤ＊＊"),
        ("ｶﾞﾓｳ", "ガ＊＊"),
        ("𠮷田", "𠮷＊＊"),
        ("John Smith", "J＊＊"),
        ("　", None),
        (None, None),
    ],
)
def test_of_a_name_the_first_character_stays(written, shown):
    assert masks.name(written) == shown
