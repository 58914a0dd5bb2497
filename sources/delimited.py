"""Delimited text (CSV, TSV) to a table of text.

Lines that are a complete record by themselves are split by Polars all at once. The others (cells
with line breaks, broken quotes, too many or too few fields) are read one by one, so that a broken
record costs that record and nothing after it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from sources.encodings import Decoded, decode
from sources.sheets import (
    CONTROL_CHARACTERS,
    MAX_HEADER_ROW,
    FileFormat,
    FileRefused,
    Note,
    TextSheet,
    check_headers,
    damaged_rows,
    find_header,
    header_name,
    to_sheet,
    visible,
)

_MAX_RECORD_LINES = 10_000
# Re-reading lines after broken quotes is bounded: a file made of them is refused, not chewed on.
_MAX_LINES_READ_AGAIN = 2_000_000
_OTHER_DELIMITERS = {"\t": "tab", ";": "semicolon", "|": "pipe", ",": "comma"}
_CONTROL_BYTES = bytes({*range(9), *range(14, 32), 127})


@dataclass(frozen=True)
class _Lines:
    """The lines of a file: text without line ends, number of the first one is 1."""

    text: pl.Series
    foreign: dict[int, int]
    delimiter: str


@dataclass
class _Read:
    """What reading the irregular lines found: records, damaged records, lines used up by them."""

    records: list[tuple[int, list[str]]] = field(default_factory=list)
    damaged: list[tuple[int, str, str, str]] = field(default_factory=list)
    used: list[tuple[int, int]] = field(default_factory=list)


class _BrokenRecord(Exception):
    def __init__(self, reason: str, detail: str = "", *, lines_read: int = 1) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
        self.lines_read = lines_read


def read_delimited(data: bytes, file_format: FileFormat, *, is_part: bool = False) -> TextSheet:
    """The table of a delimited file. `is_part`: only the beginning of it was read.

    Raises FileRefused.
    """
    if len(file_format.delimiter) != 1 or file_format.delimiter in '"\r\n':
        raise ValueError(f"not a delimiter: {file_format.delimiter!r}")
    decoded = decode(data, file_format.encoding)
    text = decoded.text.removesuffix(b"\x1a")  # end-of-file mark of old DOS programs
    notes = []
    if b"\n" not in text and b"\r" in text:
        text = text.replace(b"\r", b"\n")
        notes.append(Note("old_line_ends", "CR"))
    if not text.strip():
        raise FileRefused("empty_file")
    if not (text.endswith(b"\n") or file_format.allow_no_final_newline or is_part):
        lines = text.count(b"\n") + 1
        raise FileRefused("no_final_line_end", where=f"line {lines}")

    lines = _Lines(pl.read_lines(text).to_series(), decoded.foreign, file_format.delimiter)
    header_row = file_format.header_row
    if file_format.header_has:
        top = (_read_preamble(line, lines) for line in lines.text.head(MAX_HEADER_ROW))
        header_row = find_header(top, file_format.header_has)
    if len(lines.text) < header_row:
        raise FileRefused("header_missing", where=f"line {header_row}")
    names, first = _read_header(lines, header_row, decoded)
    has_control = len(text.translate(None, _CONTROL_BYTES)) != len(text)
    rows, damaged, rows_blank = _read_body(lines, first, len(names), has_control)
    return to_sheet(
        rows,
        names,
        damaged=damaged,
        header_where=f"line {header_row}",
        encoding=decoded.encoding,
        preamble=tuple(_read_preamble(line, lines) for line in lines.text.head(header_row - 1)),
        rows_blank=rows_blank,
        notes=notes,
    )


def _read_header(lines: _Lines, header_row: int, decoded: Decoded) -> tuple[tuple[str, ...], int]:
    """Header names and the index of the line after the header."""
    where = f"line {header_row}"
    try:
        cells, end = _read_record(lines.text[header_row - 1 :].head(_MAX_RECORD_LINES), 0, lines)
    except _BrokenRecord as broken:
        raise FileRefused("header_damaged", where=where, detail=broken.reason) from broken
    first = header_row - 1 + end
    if any(line in lines.foreign for line in range(header_row, first + 1)):
        raise FileRefused("header_damaged", where=where, detail=f"not {decoded.encoding}")
    if any(re.search(CONTROL_CHARACTERS, cell) for cell in cells):
        raise FileRefused("header_damaged", where=where, detail="control_character")
    names = check_headers(cells, where=where)
    others = [
        name
        for delimiter, name in _OTHER_DELIMITERS.items()
        if delimiter != lines.delimiter and delimiter in cells[0]
    ]
    if sum(1 for name in names if name) == 1 and others:
        detail = f"{header_name(cells[0])[:80]!r}: {', '.join(others)}"
        raise FileRefused("delimiter_not_found", where=where, detail=detail)
    return names, first


def _read_preamble(line: str, lines: _Lines) -> tuple[str | None, ...]:
    try:
        cells, _ = _read_record([line], 0, lines)
    except _BrokenRecord:
        cells = [line]
    return tuple(cell.strip() or None for cell in cells)


def _read_body(
    lines: _Lines, first: int, width: int, has_control: bool
) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Rows by position, damaged rows, number of blank lines, from line index `first` on."""
    text = lines.text[first:]
    quoted = text.str.contains('"', literal=True)
    is_complete = _count(text, lines.delimiter) == width - 1
    if quoted.any():
        is_complete = is_complete.zip_with(~quoted, _is_complete_quoted(text, lines, width, quoted))
    is_complete &= ~_is_unfit(text, quoted, lines, first, has_control)
    is_blank = text.str.strip_chars() == ""
    irregular = (~is_complete & ~is_blank).arg_true()
    is_record = is_complete & ~is_blank
    read = _Read()
    if len(irregular):
        read = _read_irregular(text, irregular.to_list(), is_record, lines, first, width)
    is_free = pl.repeat(True, len(text), eager=True)
    if read.used:
        index = pl.Series([i for start, end in read.used for i in range(start, end)])
        is_free = is_free.scatter(index, False)
    rows = _split(text.filter(is_record & is_free), lines.delimiter, width).with_columns(
        source_row=((is_record & is_free).arg_true() + first + 1).cast(pl.Int64)
    )
    if read.records:
        rows = pl.concat([rows, _frame_of(read.records, width)]).sort("source_row")
    return rows, damaged_rows(read.damaged), int((is_blank & is_free).sum())


def _count(text: pl.Series, delimiter: str) -> pl.Series:
    return text.str.count_matches(delimiter, literal=True)


def _is_complete_quoted(text: pl.Series, lines: _Lines, width: int, quoted: pl.Series) -> pl.Series:
    """Where a line with quotes is one record of the right width by itself."""
    cell = rf'(?:"(?:[^"]|"")*"|[^"{re.escape(lines.delimiter)}]*)'
    pattern = rf"^{cell}(?:{re.escape(lines.delimiter)}{cell})*$"
    with_quotes = text.filter(quoted)
    outside = with_quotes.str.replace_all(r'"(?:[^"]|"")*"', "")
    fits = with_quotes.str.contains(pattern) & (_count(outside, lines.delimiter) == width - 1)
    fits &= ~outside.str.contains("\r", literal=True)
    return pl.repeat(False, len(text), eager=True).scatter(quoted.arg_true(), fits)


def _is_unfit(
    text: pl.Series, quoted: pl.Series, lines: _Lines, first: int, has_control: bool
) -> pl.Series:
    """Where a line is in another encoding, holds control characters or a lone carriage return."""
    unfit = text.str.contains("\r", literal=True) & ~quoted
    if has_control:
        unfit |= text.str.contains(CONTROL_CHARACTERS)
    inside = [line - 1 - first for line in lines.foreign if line > first]
    if inside:
        unfit = unfit.scatter([i for i in inside if i < len(text)], True)
    return unfit


def _split(text: pl.Series, delimiter: str, width: int) -> pl.DataFrame:
    """Cells of lines that are complete records."""
    schema = {f"c{i}": pl.String() for i in range(width)}
    if text.is_empty():
        return pl.DataFrame(schema=schema)
    joined = text.str.join("\n").item().encode("utf-8")
    rows = pl.read_csv(
        joined, has_header=False, schema=schema, separator=delimiter, infer_schema=False
    )
    if rows.height != len(text):
        raise AssertionError(f"{len(text)} lines became {rows.height} rows")
    return rows


def _frame_of(records: Sequence[tuple[int, list[str]]], width: int) -> pl.DataFrame:
    return pl.DataFrame(
        [(*cells, line) for line, cells in records],
        schema={f"c{i}": pl.String() for i in range(width)} | {"source_row": pl.Int64()},
        orient="row",
    )


# ── records that are not one plain line ──────────────────────────────────────────────────────────


def _read_irregular(
    text: pl.Series,
    irregular: Sequence[int],
    is_record: pl.Series,
    lines: _Lines,
    first: int,
    width: int,
) -> _Read:
    read = _Read()
    line_list = text.to_list()
    records = is_record.to_list()
    read_again = 0
    end = 0
    for start in irregular:
        if start < end:  # inside a cell with line breaks
            continue
        end = start + 1
        unfit = _unfit_reason(line_list[start], first + start + 1, lines)
        try:
            cells, end = _read_record(line_list, start, lines)
            swallowed = records[start + 1 : end - 1]
            if len(cells) != width:
                detail = f"header {width}, row {len(cells)}"
                if any(swallowed):  # a quote never closed, rather than one long record
                    raise _BrokenRecord("unterminated_quote", detail, lines_read=end - start)
                if not unfit:
                    unfit = ("ragged_row", detail)
            elif width > 2 and len(swallowed) > 1 and all(swallowed):
                detail = f"{len(swallowed)} rows inside one cell"
                raise _BrokenRecord("unterminated_quote", detail, lines_read=end - start)
        except _BrokenRecord as broken:
            read_again += broken.lines_read
            end = start + 1
            unfit = unfit or (broken.reason, broken.detail)
            cells = []
        if read_again > _MAX_LINES_READ_AGAIN:
            raise FileRefused("quotes_broken", where=f"line {first + start + 1}")
        for inner in range(start + 1, end):
            unfit = unfit or _unfit_reason(line_list[inner], first + inner + 1, lines)
        read.used.append((start, end))
        if unfit:
            raw = visible("\n".join(line_list[start:end]))
            read.damaged.append((first + start + 1, raw, *unfit))
        else:
            read.records.append((first + start + 1, cells))
    return read


def _unfit_reason(line: str, number: int, lines: _Lines) -> tuple[str, str] | None:
    if number in lines.foreign:
        return "mixed_encoding", f"byte {lines.foreign[number]}"
    if re.search(CONTROL_CHARACTERS, line):
        return "control_character", ""
    return None


def _read_record(line_list: Sequence[str], start: int, lines: _Lines) -> tuple[list[str], int]:
    """Cells of the record that begins in line `start`, and the line after it.

    Quotes as in RFC 4180. Raises _BrokenRecord.
    """
    cells: list[str] = []
    end = start
    line = line_list[start]
    position = 0
    while True:
        if line[position : position + 1] == '"':
            parts = []
            position += 1
            while True:
                close = line.find('"', position)
                if close >= 0 and line[close + 1 : close + 2] == '"':
                    parts.append(line[position : close + 1])
                    position = close + 2
                elif close >= 0:
                    parts.append(line[position:close])
                    position = close + 1
                    break
                else:
                    end += 1
                    if end == len(line_list) or end - start >= _MAX_RECORD_LINES:
                        raise _BrokenRecord("unterminated_quote", lines_read=end - start)
                    parts.append(line[position:] + "\n")
                    line = line_list[end]
                    position = 0
            cells.append("".join(parts))
            if position < len(line) and line[position] != lines.delimiter:
                raise _BrokenRecord(
                    "unterminated_quote", "text after a closing quote", lines_read=end - start + 1
                )
        else:
            stop = line.find(lines.delimiter, position)
            stop = len(line) if stop < 0 else stop
            cell = line[position:stop]
            if '"' in cell:
                raise _BrokenRecord("stray_quote")
            if "\r" in cell:
                raise _BrokenRecord("stray_carriage_return")
            cells.append(cell)
            position = stop
        if position == len(line):
            return cells, end + 1
        position += 1
