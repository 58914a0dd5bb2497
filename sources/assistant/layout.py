"""How an unknown file is laid out: its kind, delimiter, header row (titles may stand above), sheet.

Only the beginning is looked at. What is found is a proposal of a FileFormat; files.py then reads
by it as by any declared one, and refuses what it would refuse at landing.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sources.archives import open_archive
from sources.assistant.matching import names_of, plain
from sources.encodings import decode
from sources.entities import entities
from sources.files import first_bytes
from sources.mapping import FORMAT_BY_SUFFIX
from sources.sheets import FileFormat, FileRefused, header_name
from sources.workbooks import first_rows, is_workbook

ROWS_LOOKED_AT = 60
HEADER_WITHIN = 30
RECORDS_DEPTH = 3
DELIMITERS = (",", "\t", ";", "|")
# Encodings a declared mapping may name and no byte-order mark gives away.
DECLARED_ENCODINGS = ("utf-16", "euc_jp")

Rows = Sequence[Sequence[str | None]]


@dataclass(frozen=True)
class Found:
    """The proposed format, the other visible sheets, and the filled cells above the header."""

    format: FileFormat
    sheets: tuple[str, ...] = ()
    titles: tuple[tuple[str | None, ...], ...] = ()


def find_layout(path: Path, kind_name: str) -> Found:
    """The layout of a file. kind_name: the name that tells its kind (of a ZIP, its member's).

    Raises FileRefused.
    """
    kind = FORMAT_BY_SUFFIX.get(Path(kind_name).suffix.lower(), "csv")
    if kind == "parquet":
        return Found(FileFormat("parquet"))
    data = first_bytes(path, kind)
    if kind == "xlsx":
        return _workbook(data)
    if kind in ("json", "jsonl"):
        return Found(FileFormat(kind, records=_records(data) if kind == "json" else None))
    return _delimited(data)


# ── header row ──────────────────────────────────────────────────────────────────────────────────


def header_row_of(rows: Rows) -> int:
    """Which of the rows (from 1) is most like a header: filled, in words, names that are known."""
    scores = {
        position: _header_score(cells) for position, cells in enumerate(rows[:HEADER_WITHIN], 1)
    }
    return max(scores, key=lambda position: (scores[position], -position), default=1)


def _header_score(cells: Sequence[str | None]) -> float:
    names = [header_name(cell) for cell in cells]
    filled = [name for name in names if name]
    if not filled:
        return -1000.0
    known = sum(plain(name) in _known_names() for name in filled)
    unknown = (name for name in filled if plain(name) not in _known_names())
    values = sum(any(char.isdigit() for char in name) for name in unknown)
    doubled = len(filled) - len(set(filled))
    long = sum(len(name) > 40 for name in filled)
    return len(filled) + 3 * known - 2 * values - 2 * doubled - 2 * long


@cache
def _known_names() -> frozenset[str]:
    return frozenset(
        name for entity_id in entities() for names in names_of(entity_id).values() for name in names
    )


def _titles(rows: Rows, header_row: int) -> tuple[tuple[str | None, ...], ...]:
    return tuple(tuple(row) for row in rows[: header_row - 1])


# ── workbooks ───────────────────────────────────────────────────────────────────────────────────


def _workbook(data: bytes) -> Found:
    # what else stands under that name is told when it is read
    archive = open_archive(data) if data.startswith(b"PK\x03\x04") else None
    if archive is None or not is_workbook(archive):
        return Found(FileFormat("xlsx"))
    sheets = first_rows(data, archive, ROWS_LOOKED_AT)
    if not sheets:
        return Found(FileFormat("xlsx"))
    best, rows = max(
        sheets.items(),
        key=lambda sheet: (_header_score(_header_of(sheet[1])), len(sheet[1])),
    )
    header_row = header_row_of(rows)
    name = best if len(sheets) > 1 else None
    others = tuple(other for other in sheets if other != best)
    found = FileFormat("xlsx", header_row=header_row, sheet=name)
    return Found(found, others, _titles(rows, header_row))


def _header_of(rows: Rows) -> Sequence[str | None]:
    return rows[header_row_of(rows) - 1] if rows else ()


# ── delimited text ──────────────────────────────────────────────────────────────────────────────


def _delimited(data: bytes) -> Found:
    encoding, text = _decoded(data)
    best: tuple[float, FileFormat, Rows] | None = None
    for delimiter in DELIMITERS:
        rows, starts = _split(text, delimiter)
        if not rows:
            continue
        position = header_row_of(rows)
        width = len([cell for cell in rows[position - 1] if header_name(cell)])
        below = [len(row) for row in rows[position:] if any(header_name(cell) for cell in row)]
        same = Counter(below).get(len(rows[position - 1]), 0)
        score = (width if width > 1 else 0.5) * (1 + same) / (1 + len(below))
        found = FileFormat(
            "csv",
            encoding=encoding,
            delimiter=delimiter,
            header_row=starts[position - 1],
            allow_no_final_newline=not text.endswith(("\n", "\r")),
        )
        if best is None or score > best[0]:
            best = score, found, rows[: position - 1]
    if best is None:
        raise FileRefused("empty_file")
    return Found(best[1], (), tuple(tuple(cell or None for cell in row) for row in best[2]))


def _decoded(data: bytes) -> tuple[str, str]:
    """The encoding a mapping has to declare (`auto` where it need not) and the text."""
    try:
        return "auto", decode(data, "auto").text.decode("utf-8")
    except FileRefused as refused:
        for encoding in DECLARED_ENCODINGS:
            try:
                text = decode(data, encoding).text.decode("utf-8")
            except FileRefused:
                continue
            if _is_likely(text):
                return encoding, text
        raise refused


def _is_likely(text: str) -> bool:
    """Text a person could have written: hardly anything that cannot be printed."""
    seen = text[:4096]
    odd = sum(not (char.isprintable() or char.isspace()) for char in seen)
    return odd * 50 <= len(seen)


def _split(text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The first records and the line each begins at."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[: 4 * ROWS_LOOKED_AT]
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)
    rows: list[list[str]] = []
    starts: list[int] = []
    start = 1
    try:
        for row in reader:
            rows.append(row)
            starts.append(start)
            start = reader.line_num + 1
            if len(rows) == ROWS_LOOKED_AT:
                break
    except csv.Error:
        pass  # a cell beyond the module's limit: the rows before it tell enough
    return rows, starts


# ── JSON ────────────────────────────────────────────────────────────────────────────────────────


def _records(data: bytes) -> str | None:
    """The dotted path to the longest list of objects, where a mapping has to say it."""
    try:
        document = json.loads(decode(data, "auto").text)
    except (ValueError, RecursionError):
        return None  # what is wrong with it is said when it is read
    if not isinstance(document, dict):
        return None
    lists = dict(_lists(document, ()))
    if not lists:
        return None
    top = [value for value in document.values() if isinstance(value, list)]
    path = max(lists, key=lists.__getitem__)
    # with a single list at the top there is nothing to choose
    return None if len(top) == 1 and path.count(".") == 0 else path


def _lists(value: Any, path: tuple[str, ...]) -> list[tuple[str, int]]:
    if isinstance(value, list):
        is_records = any(isinstance(one, dict) for one in value)
        return [(".".join(path), len(value))] if is_records and path else []
    if not isinstance(value, dict) or len(path) >= RECORDS_DEPTH:
        return []
    return [found for name, inner in value.items() for found in _lists(inner, (*path, name))]
