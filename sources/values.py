"""Cells of text to typed values, once and for all: nothing downstream reads text again.

What is ambiguous is refused with a reason code of reasons.yml, never guessed.
Which column has which type or format is the business of entities.yml and of the mapping.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Parsed:
    """Typed values and, where a cell was refused, its reason code (both as long as the input)."""

    values: pl.Series
    reasons: pl.Series


def parse(
    raw: pl.Series,
    column_type: str,
    *,
    formats: Sequence[str] | None = None,
    tz: str = "UTC",
    local_tz: str | None = None,
    unit: str = "major",
    currency: pl.Series | None = None,
    value_map: Mapping[str, str | None] | None = None,
    values: Sequence[str] | None = None,
    required: bool = False,
    default: str | None = None,
) -> Parsed:
    """Cells as `column_type` of entities.TYPES; null where blank or refused.

    formats: strftime formats (`%Y/%m/%d`) or named ones (`wareki`, `excel_serial`,
      `excel_serial_1904`, `unix_seconds`, `unix_milliseconds`) for date and ts; without any,
      year-first dates, 年月日 and 和暦 are read. ISO (`2026-04-01`) is read in any case.
    tz: IANA zone of times without offset. local_tz: zone whose calendar gives the date of an
      instant in a date column (default: tz).
    unit: `minor` divides dec cells by the digits of `currency` (upper-case ISO codes, one per row).
    value_map: cell (matched by NFKC, trimmed, ignoring case) to canonical text; None means blank.
    values: the closed list; a text cell outside is refused with `unknown_value`.
    required, default: blank cells are refused with `missing_required`, or read as `default`.
    Raises ValueError for a format or unit that does not exist (a mistake of the mapping).
    """
    raise NotImplementedError


def fold(raw: pl.Series) -> pl.Series:
    """Text for matching only: NFKC, lower case, no spaces, one hyphen, one long-vowel mark."""
    raise NotImplementedError
