"""Excel workbooks (XLSX) to a table of text.

fastexcel gives every cell as text: dates as ISO, whole numbers without a decimal point, other
numbers with the 15 digits Excel shows. What it cannot tell (errors, formulas without a value,
digits lost) is looked up in the XML of the sheet.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

import fastexcel
import polars as pl

from sources.archives import Archive
from sources.sheets import (
    MAX_COLUMNS,
    MAX_HEADER_ROW,
    FileFormat,
    FileRefused,
    Note,
    TextSheet,
    check_headers,
    damaged_rows,
    find_header,
    header_name,
    is_panic,
    to_sheet,
    visible,
)

_MIDNIGHT = r"^(\d{4}-\d{2}-\d{2}) 00:00:00$"
_CELL = rb"<(?:\w+:)?c\b([^>]*)>"
_FORMULA = rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)"
_VALUE = rb"<(?:\w+:)?v\b[^>]*>"
_ERROR_CELL = re.compile(rb'<(?:\w+:)?c\b([^>]*\bt="e"[^>]*)>')
_EMPTY_FORMULA = re.compile(_CELL + rb"\s*" + _FORMULA + rb"(?!\s*" + _VALUE + rb"[^<])")
_LONG_NUMBER = re.compile(
    _CELL + rb"\s*(?:" + _FORMULA + rb")?\s*" + _VALUE + rb"\s*(-?[0-9.]{16,}(?:[eE][-+]?[0-9]+)?)"
)
_SERIAL_60 = re.compile(
    _CELL + rb"\s*(?:" + _FORMULA + rb")?\s*" + _VALUE + rb"\s*(60(?:\.[0-9]+)?)\s*<"
)
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+[0-9]+:[A-Z]+([0-9]+))"')
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})([0-9]+)"')
_TYPE = re.compile(rb'\bt="(\w+)"')
_LARGEST_EXACT = 2**53


@dataclass(frozen=True)
class _Part:
    name: str
    is_visible: bool
    position: int  # in the archive


def is_workbook(archive: Archive) -> bool:
    return "xl/workbook.xml" in archive.names


def read_workbook(
    data: bytes, archive: Archive, file_format: FileFormat, *, is_part: bool = False
) -> TextSheet:
    """One sheet of a workbook. `is_part`: only the rows down to the header.

    Raises FileRefused.
    """
    part = _choose_sheet(_sheets(archive), file_format.sheet)
    header_row = file_format.header_row
    wanted = file_format.header_has
    frame = _load(data, part.name, (MAX_HEADER_ROW if wanted else header_row) if is_part else None)
    if wanted:
        header_row = find_header(frame.head(MAX_HEADER_ROW).rows(), wanted)
        frame = frame.head(header_row) if is_part else frame
    where = f"{part.name}, row {header_row}"
    if frame.height < header_row:
        raise FileRefused("header_missing", where=where)
    names = check_headers(_without_empty_tail(frame.row(header_row - 1)), where=where)
    odd, notes = ({}, []) if is_part else _inspect(archive, part, header_row, frame)
    in_header = [cell for cell in odd.get(header_row, []) if cell[0] < len(names)]
    if in_header:
        raise FileRefused("header_damaged", where=where, detail=in_header[0][2])

    body = frame.with_columns(source_row=pl.int_range(1, frame.height + 1, dtype=pl.Int64))
    body = body.slice(header_row)
    damaged = []
    for row, cells in odd.items():
        named = [cell for cell in cells if cell[0] < len(names)]
        if row > header_row and named:
            raw = " | ".join(cell or "" for cell in frame.row(row - 1))
            detail = "; ".join(detail for _, _, detail in named)
            damaged.append((row, visible(raw), named[0][1], detail))
    extra = [c for c in frame.columns[len(names) :] if body[c].is_not_null().any()]
    if extra:
        columns = ", ".join(_letters(int(c[1:])) for c in extra)
        raise FileRefused("blank_header", where=where, detail=f"column {columns}")
    body = body.filter(~pl.col("source_row").is_in([row for row, *_ in damaged]))
    return to_sheet(
        body.select([f"c{i}" for i in range(len(names))] + ["source_row"]),
        names,
        damaged=damaged_rows(damaged),
        header_where=where,
        sheet=part.name,
        preamble=tuple(frame.head(header_row - 1).rows()),
        notes=notes,
    )


def first_rows(data: bytes, archive: Archive, rows: int) -> dict[str, list[tuple[str | None, ...]]]:
    """The first rows of each visible sheet as text, for finding the header. Raises FileRefused."""
    return {
        part.name: _load(data, part.name, rows).rows()
        for part in _sheets(archive)
        if part.is_visible
    }


def _without_empty_tail(cells: tuple[str | None, ...]) -> list[str | None]:
    filled = [i for i, cell in enumerate(cells) if header_name(cell)]
    return list(cells[: filled[-1] + 1]) if filled else []


# ── which sheet ──────────────────────────────────────────────────────────────────────────────────


def _sheets(archive: Archive) -> list[_Part]:
    workbook = _xml(archive, "xl/workbook.xml")
    relations = {
        relation.get("Id"): relation.get("Target", "")
        for relation in _xml(archive, "xl/_rels/workbook.xml.rels")
    }
    parts = []
    for sheet in workbook.iterfind("{*}sheets/{*}sheet"):
        identifier = next((v for k, v in sheet.attrib.items() if k.endswith("}id")), None)
        target = relations.get(identifier, "")
        path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        if "worksheets/" in path and path in archive.names:
            is_visible = sheet.get("state", "visible") == "visible"
            parts.append(_Part(sheet.get("name", ""), is_visible, archive.names.index(path)))
    return parts


def _xml(archive: Archive, name: str) -> ElementTree.Element:
    if name not in archive.names:
        raise FileRefused("workbook_broken", where=name)
    data = archive.read(archive.names.index(name))
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise FileRefused("workbook_broken", where=name, detail="document type declaration")
    try:
        return ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise FileRefused("workbook_broken", where=name) from error


def _choose_sheet(parts: list[_Part], declared: str | None) -> _Part:
    if declared is not None:
        named = [p for p in parts if header_name(p.name) == header_name(declared)]
    else:
        named = [p for p in parts if p.is_visible]
    if len(named) != 1:
        names = ", ".join(p.name if p.is_visible else f"({p.name})" for p in parts)
        code = "sheet_missing" if declared is not None else "sheet_not_chosen"
        raise FileRefused(code, where=declared or "", detail=names)
    return named[0]


# ── cells ────────────────────────────────────────────────────────────────────────────────────────


def _load(data: bytes, sheet_name: str, rows: int | None) -> pl.DataFrame:
    """All cells as text in columns c0, c1, … by their place in the sheet, from row 1 on."""
    try:
        reader = fastexcel.read_excel(data)
        sheet = reader.load_sheet(
            sheet_name, header_row=None, skip_rows=0, n_rows=rows, dtypes="string"
        )
        frame = sheet.to_polars()
    except fastexcel.FastExcelError as error:
        raise FileRefused("workbook_broken", where=sheet_name, detail=str(error)[:200]) from error
    except BaseException as error:
        if not is_panic(error):
            raise
        raise FileRefused("workbook_broken", where=sheet_name) from error
    if frame.is_empty():
        return pl.DataFrame()
    places = [column.absolute_index for column in sheet.available_columns()]
    if places[-1] >= MAX_COLUMNS:
        raise FileRefused("too_many_columns", where=sheet_name, detail=f"{places[-1] + 1:,}")
    frame = frame.rename(
        {name: f"c{place}" for name, place in zip(frame.columns, places, strict=True)}
    ).with_columns(
        pl.lit(None, dtype=pl.String).alias(f"c{i}") for i in range(places[0]) if i not in places
    )
    frame = frame.select([f"c{i}" for i in range(places[-1] + 1)])
    return frame.with_columns(pl.all().str.replace(_MIDNIGHT, "${1}"))


def _inspect(
    archive: Archive, part: _Part, header_row: int, frame: pl.DataFrame
) -> tuple[dict[int, list[tuple[int, str, str]]], list[Note]]:
    """What cannot be believed: row → (column, reason, detail); and what should be known."""
    odd: dict[int, list[tuple[int, str, str]]] = {}
    merged: list[str] = []
    has_serial_60 = any(
        column.str.starts_with("1900-02-28").any() for column in frame.get_columns()
    )
    for chunk in _sheet_xml(archive, part):
        for attributes, reason, text in _odd_cells(chunk, has_serial_60):
            reference = _REFERENCE.search(attributes)
            if reference is None:
                raise FileRefused("workbook_broken", where=part.name, detail=f"{reason}, no r=")
            letters, row = reference[1].decode(), int(reference[2])
            if row <= frame.height:
                detail = f"{letters}{row} {text}".strip()
                odd.setdefault(row, []).append((_column_index(letters), reason, detail))
        merged += [m[1].decode() for m in _MERGED.finditer(chunk) if int(m[2]) > header_row]
    notes = [Note("merged_cells", ", ".join(merged[:5]))] if merged else []
    return dict(sorted(odd.items())), notes


def _sheet_xml(archive: Archive, part: _Part) -> Iterator[bytes]:
    """The XML of the sheet in pieces that end with a row."""
    rest = b""
    for chunk in archive.chunks(part.position):
        rest += chunk
        cut = rest.rfind(b"row>") + 4
        if cut > 4:
            yield rest[:cut]
            rest = rest[cut:]
    yield rest


def _odd_cells(chunk: bytes, has_serial_60: bool) -> Iterator[tuple[bytes, str, str]]:
    """Attributes of each odd cell, reason code, what it holds."""
    if b't="e"' in chunk:
        for found in _ERROR_CELL.finditer(chunk):
            value = re.compile(_VALUE + rb"([^<]*)").search(chunk, found.end())
            yield found[1], "formula_error", value[1].decode(errors="replace") if value else ""
    if b"f>" in chunk or b"<f " in chunk:
        for found in _EMPTY_FORMULA.finditer(chunk):
            kind = _TYPE.search(found[1])
            if kind is None or kind[1] not in (b"str", b"e"):  # "" is a value of a text formula
                yield found[1], "formula_without_value", ""
    for found in _LONG_NUMBER.finditer(chunk):
        kind = _TYPE.search(found[1])
        if (kind is None or kind[1] == b"n") and abs(float(found[2])) > _LARGEST_EXACT:
            yield found[1], "digits_lost", found[2].decode()
    if has_serial_60:
        for found in _SERIAL_60.finditer(chunk):
            kind = _TYPE.search(found[1])
            if b"s=" in found[1] and (kind is None or kind[1] == b"n"):
                yield found[1], "no_such_date", found[2].decode()


def _column_index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1


def _letters(index: int) -> str:
    letters = ""
    while index >= 0:
        letters = chr(ord("A") + index % 26) + letters
        index = index // 26 - 1
    return letters
