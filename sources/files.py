"""Bytes of a delivered file to frames of text, or a refusal that says what, where, why and what to do.

Nothing here knows entities or mappings: it reads what a FileFormat declares, never sniffs a dialect,
and never turns text into numbers or dates.
"""

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl


@dataclass(frozen=True)
class FileFormat:
    """How a file is to be read, as a mapping declares it."""

    kind: str  # csv | xlsx | json | jsonl | parquet; a ZIP of these is unwrapped by itself
    encoding: str = "auto"  # auto | utf-8 | cp932 | utf-16 | euc_jp
    delimiter: str = ","
    header_row: int = 1
    sheet: str | None = None  # XLSX: by name; None = the only visible one
    records: str | None = None  # JSON: dotted path to the array; None = the document is the array
    allow_no_final_newline: bool = False


@dataclass(frozen=True)
class Note:
    """Something a person should know about a file that was read all the same (code of reasons.yml)."""

    code: str
    detail: str


@dataclass(frozen=True)
class TextSheet:
    """One table of a file.

    frame: all columns String by header name (NFKC, trimmed), null for blank, then `source_row`
      Int64 (line or row number as an editor or Excel shows it, header included).
    damaged: source_row, raw, reason, detail; records that could not be read as a row.
    preamble: cells of the rows above the header, for `exported_at: {cell: B1}`.
    rows_blank: blank rows left out. rows read = frame.height + damaged.height.
    """

    sheet: str | None
    member: str | None
    frame: pl.DataFrame
    damaged: pl.DataFrame
    encoding: str | None
    preamble: tuple[tuple[str | None, ...], ...] = ()
    rows_blank: int = 0
    notes: tuple[Note, ...] = field(default_factory=tuple)


class FileRefused(Exception):
    """A file that is not read at all. `code` is one of reasons.yml; `where` and `detail` are facts.

    message_ja / message_en and remedy_ja / remedy_en are for people.
    """

    def __init__(self, code: str, *, where: str = "", detail: str = "") -> None:
        super().__init__(code, where, detail)
        self.code = code
        self.where = where
        self.detail = detail


def open_text(path: Path, file_format: FileFormat) -> list[TextSheet]:
    """The tables of a file as text (one; several only for a ZIP with several members).

    Raises FileRefused.
    """
    raise NotImplementedError


def open_headers(path: Path, file_format: FileFormat) -> list[tuple[str, ...]]:
    """Only the header names of each table, cheaply, for choosing a mapping. Raises FileRefused."""
    raise NotImplementedError
