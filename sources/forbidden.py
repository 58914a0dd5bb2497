"""Card numbers, card verification codes and My Numbers: looked for in memory, never written.

A hit holds the whole file; what is kept of it is its position and a hash, never the value.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from sources.files import TextSheet

# First digits and lengths of the card schemes (ISO/IEC 7812): a Luhn digit alone is right for one
# number in ten, which would hold files over order numbers and compact timestamps.
_CARD = re.compile(
    r"4\d{12}(\d{3}){0,2}"  # Visa 13, 16, 19
    r"|5[1-5]\d{14}|2(22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"  # Mastercard 16
    r"|3[47]\d{13}"  # American Express 15
    r"|35(2[89]|[3-8]\d)\d{12,15}"  # JCB 16-19
    r"|3(0[0-5]|[689]\d)\d{11,16}"  # Diners 14-19
    r"|6(011|4[4-9]\d|5\d\d|2\d\d)\d{12,15}"  # Discover, UnionPay 16-19
)
# \d also finds full-width digits; groups may be parted by one space or hyphen each.
_CANDIDATE = r"\d(?:[ 　\-‐－]?\d){12,18}"
_CARD_CODE_HEADER = re.compile(
    r"(cvv2?|cvc2?|csc|cid|cardsecuritycode|securitycode|(カード)?セキュリティコード)",
    re.IGNORECASE,
)
_MY_NUMBER_HEADER = re.compile(r"(mynumber|マイナンバー|個人番号)", re.IGNORECASE)
# Without such a header one number in eleven passes by chance: a whole column does not.
_MY_NUMBERS_AT_LEAST = 5


@dataclass(frozen=True)
class Hit:
    """One forbidden value: what it looks like, where it stands, SHA-256 of its digits."""

    code: str  # card_number | card_code | my_number
    sheet: str | None
    source_row: int
    column: str
    digits_sha256: str


def find_forbidden(sheets: Sequence[TextSheet], id_headers: Collection[str]) -> list[Hit]:
    """The first hit of every column and every damaged line of some sheets.

    id_headers: columns declared as identifiers, in which long numbers are no card numbers.
    """
    hits = []
    for sheet in sheets:
        for column in sheet.frame.columns:
            if column == "source_row":
                continue
            cells = sheet.frame.select("source_row", pl.col(column).alias("cell")).drop_nulls()
            if column not in id_headers:
                hits += _cards(sheet, column, cells)
            hits += _card_codes(sheet, column, cells) + _my_numbers(sheet, column, cells)
        lines = sheet.damaged.select("source_row", pl.col("raw").alias("cell")).drop_nulls()
        hits += _cards(sheet, "", lines)
    return hits


def _digits(text: str) -> str:
    return re.sub(r"\D", "", unicodedata.normalize("NFKC", text))


def _hit(code: str, sheet: TextSheet, column: str, row: int, digits: str) -> Hit:
    sealed = hashlib.sha256(digits.encode()).hexdigest()
    return Hit(code, sheet.member or sheet.sheet, row, column, sealed)


def _cards(sheet: TextSheet, column: str, cells: pl.DataFrame) -> list[Hit]:
    suspects = cells.filter(pl.col("cell").str.contains(_CANDIDATE))
    for row, cell in suspects.iter_rows():
        for found in re.finditer(_CANDIDATE, cell):
            # A longer run of digits is some other number.
            around = cell[max(found.start() - 1, 0) : found.start()] + cell[found.end() :][:1]
            digits = _digits(found.group())
            if not re.search(r"\d", around) and _CARD.fullmatch(digits) and is_luhn(digits):
                return [_hit("card_number", sheet, column, row, digits)]
    return []


def _card_codes(sheet: TextSheet, column: str, cells: pl.DataFrame) -> list[Hit]:
    if not _CARD_CODE_HEADER.fullmatch(re.sub(r"[\s_\-]", "", column)):
        return []
    for row, cell in cells.iter_rows():
        if re.fullmatch(r"\d{3,4}", cell.strip()):
            return [_hit("card_code", sheet, column, row, _digits(cell))]
    return []


def _my_numbers(sheet: TextSheet, column: str, cells: pl.DataFrame) -> list[Hit]:
    suspects = cells.filter(pl.col("cell").str.contains(r"^\s*\d{4}[ \-]?\d{4}[ \-]?\d{4}\s*$"))
    is_named = _MY_NUMBER_HEADER.search(re.sub(r"[\s_\-]", "", column)) is not None
    first: Hit | None = None
    for row, cell in suspects.iter_rows():
        digits = _digits(cell)
        if not is_my_number(digits):
            if not is_named:
                return []
            continue
        first = first or _hit("my_number", sheet, column, row, digits)
        if is_named:
            break
    is_whole_column = suspects.height == cells.height >= _MY_NUMBERS_AT_LEAST
    return [first] if first and (is_named or is_whole_column) else []


def is_luhn(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of the others (ISO/IEC 7812-1 annex B)."""
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def is_my_number(digits: str) -> bool:
    """Whether 12 digits carry the check digit of 番号法施行規則 (総務省令第85号, 第5条)."""
    if len(digits) != 12 or len(set(digits)) == 1:
        return False
    # P_n: n-th digit from the right, the check digit not counted; Q_n: n+1, from 7 on n-5.
    weighted = sum(
        int(digit) * (n + 1 if n <= 6 else n - 5)
        for n, digit in enumerate(reversed(digits[:11]), start=1)
    )
    remainder = weighted % 11
    return int(digits[11]) == (0 if remainder <= 1 else 11 - remainder)
