"""A table on its way into a file, whatever the format: headings, rows, and what must stay text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

# A text cell that starts like this would run as a formula when the file is opened (also full-width
# forms, which Excel folds). The apostrophe is Excel's own mark for "this is text".
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "−", "＠")
NOT_IN_A_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")


@dataclass(frozen=True)
class Heading:
    """One column: what stands above it and what kind of value it holds.

    kind: text | money | count | rate | ratio | month | date | instant | share | points.
    """

    label: str
    kind: str = "text"


@dataclass(frozen=True)
class Cell:
    """A value of another kind than its column, where a column of a workbook holds several."""

    value: object
    kind: str


@dataclass(frozen=True)
class Table:
    """A table by its name. Rows hold str, int, Decimal, float, date, datetime, bool or None; those
    of a workbook also Cell.

    marked: (row, column) of text cells to point out, counted from 0 without the headings.
    """

    name: str
    headings: Sequence[Heading]
    rows: Sequence[Sequence[object]]
    marked: frozenset[tuple[int, int]] = frozenset()


def written(value: object) -> str:
    """A value as text without loss: 10000.000000 as stored is 10000 to a reader, never rounded."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def neutral(value: object) -> str:
    """The same, and text that would run as a formula marked as text."""
    text = written(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA_STARTS) else text
