"""What the readers of files.py give back: a table of text, damaged rows, or a refusal.

Nothing here opens a file. Every reader ends in `to_sheet`, so that headers, blank rows and limits
are judged by one rule whatever the format.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from sources.reasons import reasons

MAX_FILE_BYTES = 2 * 1024**3
MAX_LINE_BYTES = 4 * 1024**2
MAX_CELL_BYTES = 1024**2
MAX_COLUMNS = 2_000
MAX_ROWS = 20_000_000
MAX_RAW_CHARS = 2_000  # of a damaged row kept for people to look at
MAX_HEADER_ROW = 50  # how far down a header is looked for by its names

DAMAGED_SCHEMA = {
    "source_row": pl.Int64(),
    "raw": pl.String(),
    "reason": pl.String(),
    "detail": pl.String(),
}
# Tab, line feed, vertical tab, form feed and carriage return occur in honest text.
CONTROL_CHARACTERS = r"[\x00-\x08\x0e-\x1f\x7f]"
# UTF-8 read as CP932: these kanji start nearly every garbled word and hardly occur otherwise.
MOJIBAKE = ("縺", "繧", "繝")


@dataclass(frozen=True)
class FileFormat:
    """How a file is to be read, as a mapping declares it."""

    kind: str  # csv | xlsx | json | jsonl | parquet; a ZIP of these is unwrapped by itself
    encoding: str = "auto"  # auto | utf-8 | cp932 | utf-16 | euc_jp
    delimiter: str = ","
    header_row: int = 1
    header_has: tuple[str, ...] = ()  # the header is the first row with all of these names
    sheet: str | None = None  # XLSX: by name; None = the only visible one
    records: str | None = None  # JSON: dotted path to the array; None = the only one
    allow_no_final_newline: bool = False


@dataclass(frozen=True)
class Note:
    """What a person should know of a file that was read all the same (code of reasons.yml)."""

    code: str
    detail: str


@dataclass(frozen=True)
class TextSheet:
    """One table of a file.

    frame: all columns String by header name (NFKC, trimmed), null for blank, then `source_row`
      Int64: line or row number as an editor or Excel shows it, header included; for JSON arrays
      and Parquet the number of the record.
    damaged: source_row, raw, reason, detail; records that could not be read as a row.
    preamble: cells of the rows above the header, for `exported_at: {cell: B1}`.
    rows_blank: blank rows left out. Rows read = frame.height + damaged.height.
    """

    sheet: str | None
    member: str | None
    frame: pl.DataFrame
    damaged: pl.DataFrame
    encoding: str | None
    preamble: tuple[tuple[str | None, ...], ...] = ()
    rows_blank: int = 0
    notes: tuple[Note, ...] = ()


class FileRefused(Exception):
    """A file that is not read at all: code of reasons.yml, where in the file, and the facts.

    ja/en say what and why; remedy_ja/remedy_en what to do.
    """

    def __init__(self, code: str, *, where: str = "", detail: str = "") -> None:
        reason = reasons()[code]
        facts = "; ".join(part for part in (where, detail) if part)
        self.code = code
        self.where = where
        self.detail = detail
        self.ja = f"{reason.ja}（{facts}）" if facts else reason.ja
        self.en = f"{reason.en} ({facts})" if facts else reason.en
        self.remedy_ja = reason.remedy_ja
        self.remedy_en = reason.remedy_en
        super().__init__(f"{self.en} {self.remedy_en}")


def is_panic(error: BaseException) -> bool:
    """A panic inside a parser written in Rust: no Exception, and the file's fault."""
    return type(error).__name__ == "PanicException"


def damaged_rows(rows: Sequence[tuple[int, str, str, str]]) -> pl.DataFrame:
    """Rows of (source_row, raw, reason, detail); the raw text is shortened."""
    shortened = [(row, raw[:MAX_RAW_CHARS], *why) for row, raw, *why in rows]
    return pl.DataFrame(shortened, schema=DAMAGED_SCHEMA, orient="row")


def header_name(cell: str | None) -> str:
    """A header as it is matched: NFKC, line breaks and runs of spaces as one space, trimmed."""
    text = unicodedata.normalize("NFKC", cell or "").replace("\ufeff", "")
    return " ".join(text.split())


def check_headers(cells: Sequence[str | None], *, where: str) -> tuple[str, ...]:
    """Header names by position; "" where blank, to be judged by `to_sheet` with the values.

    Raises FileRefused.
    """
    names = tuple(header_name(cell) for cell in cells)
    named = [name for name in names if name]
    if not named:
        raise FileRefused("header_missing", where=where)
    if len(names) > MAX_COLUMNS:
        raise FileRefused("too_many_columns", where=where, detail=f"{len(names):,}")
    doubled = sorted({name for name in named if named.count(name) > 1})
    if doubled:
        raise FileRefused("duplicate_header", where=where, detail=", ".join(doubled))
    if "source_row" in named:
        raise FileRefused("reserved_header", where=where, detail="source_row")
    return names


def find_header(rows: Iterable[Sequence[str | None]], wanted: Sequence[str]) -> int:
    """The number (from 1) of the first row with all the wanted names, in any order.

    Raises FileRefused when none of the rows a header is looked for in has them.
    """
    asked = {header_name(name) for name in wanted}
    for number, cells in enumerate(rows, start=1):
        if asked <= {header_name(cell) for cell in cells}:
            return number
    raise FileRefused(
        "header_missing", where=f"1-{MAX_HEADER_ROW}", detail=", ".join(sorted(asked))
    )


def to_sheet(
    rows: pl.DataFrame,
    names: Sequence[str],
    *,
    damaged: pl.DataFrame,
    header_where: str = "",
    sheet: str | None = None,
    encoding: str | None = None,
    preamble: tuple[tuple[str | None, ...], ...] = (),
    rows_blank: int = 0,
    notes: Sequence[Note] = (),
) -> TextSheet:
    """A TextSheet from columns by position (`c0`, `c1`, …, `source_row`) and their header names."""
    if rows.height > MAX_ROWS:
        raise FileRefused("too_many_rows", detail=f"{rows.height:,}")
    positions = [f"c{i}" for i in range(len(names))]
    rows = rows.with_columns(pl.when(pl.col(c) != "").then(pl.col(c)) for c in positions)
    unnamed = [c for c, name in zip(positions, names, strict=True) if not name]
    filled = [c for c in unnamed if rows[c].str.strip_chars().ne("").any()]
    if filled:
        columns = ", ".join(str(int(c[1:]) + 1) for c in filled)
        raise FileRefused("blank_header", where=header_where, detail=f"column {columns}")

    blank = pl.all_horizontal(pl.col(c).is_null() | _is_blank(c) for c in positions)
    is_blank = rows.select(blank.alias("is_blank"))["is_blank"]
    rows_blank += int(is_blank.sum())
    rows = rows.filter(~is_blank)
    rows, unreadable = _set_aside_unreadable_cells(rows, positions)
    named = {c: name for c, name in zip(positions, names, strict=True) if name}
    frame = rows.select(*(pl.col(c).alias(name) for c, name in named.items()), "source_row")
    damaged = pl.concat([damaged, unreadable]).sort("source_row")
    return TextSheet(
        sheet=sheet,
        member=None,
        frame=frame,
        damaged=damaged,
        encoding=encoding,
        preamble=preamble,
        rows_blank=rows_blank,
        notes=(*notes, *_suspicious_text(rows, positions)),
    )


def _is_blank(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars() == ""


def _set_aside_unreadable_cells(
    rows: pl.DataFrame, positions: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    reason = pl.lit(None, dtype=pl.String)
    for column in positions:
        cell = pl.col(column)
        # contains() with literals first would cost more than it saves: one regex pass per column
        reason = (
            pl.when(cell.str.contains(CONTROL_CHARACTERS))
            .then(pl.lit("control_character"))
            .when(cell.str.len_bytes() > MAX_CELL_BYTES)
            .then(pl.lit("cell_too_long"))
            .otherwise(reason)
        )
    judged = rows.with_columns(reason=reason)
    bad = judged.filter(pl.col("reason").is_not_null())
    if bad.is_empty():
        return rows, damaged_rows([])
    found = [
        (row["source_row"], visible(" | ".join(row[c] or "" for c in positions)), row["reason"], "")
        for row in bad.iter_rows(named=True)
    ]
    return judged.filter(pl.col("reason").is_null()).drop("reason"), damaged_rows(found)


def _suspicious_text(rows: pl.DataFrame, positions: Sequence[str]) -> list[Note]:
    notes = []
    for code, marks in (("mojibake", MOJIBAKE), ("replacement_character", ("\ufffd",))):
        hit = pl.any_horizontal(pl.col(c).str.contains_any(list(marks)) for c in positions)
        found = rows.filter(hit.fill_null(False))["source_row"]
        if len(found):
            first = ", ".join(str(row) for row in found.head(5))
            notes.append(Note(code, f"{len(found)} rows; first: {first}"))
    return notes


def visible(text: str) -> str:
    """Text with its control characters written out, so that it cannot forge a log or a terminal."""
    shown = text[:MAX_RAW_CHARS]
    return "".join(
        c if c in "\t\n" or c.isprintable() or c.isspace() else f"\\x{ord(c):02x}" for c in shown
    )
