"""JSON, JSON lines and Parquet to a table of text.

Numbers of JSON keep their literal text, nested objects become columns with dotted names, lists
become JSON text. Parquet cells become the shortest text that reads back as the same value.
"""

import io
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import polars as pl

from sources.encodings import decode
from sources.sheets import (
    MAX_COLUMNS,
    MAX_ROWS,
    FileFormat,
    FileRefused,
    TextSheet,
    check_headers,
    damaged_rows,
    header_name,
    is_panic,
    to_sheet,
    visible,
)

MAX_JSON_BYTES = 512 * 1024**2


class _Literal(str):
    """A number as it stands in the document."""


class _BrokenRecord(Exception):
    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class _Doubled(dict):
    """An object that names a key twice; which value counts cannot be known."""

    key: str


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    keys = [key for key, _ in pairs]
    doubled = _Doubled(found)
    doubled.key = next(key for key in keys if keys.count(key) > 1)
    return doubled


def _loads(text: str) -> Any:
    return json.loads(
        text,
        parse_float=_Literal,
        parse_int=_Literal,
        parse_constant=_Literal,
        object_pairs_hook=_object,
    )


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────────


def read_json(data: bytes, file_format: FileFormat) -> TextSheet:
    """Records of one document: the array `records` points to, else the only one there is.

    Raises FileRefused.
    """
    if len(data) > MAX_JSON_BYTES:
        raise FileRefused("file_too_large", detail=f"{len(data):,} bytes")
    decoded = decode(data, file_format.encoding)
    if not decoded.text.strip():
        raise FileRefused("empty_file")
    if decoded.foreign:
        line, byte = next(iter(decoded.foreign.items()))
        raise FileRefused("encoding_wrong", where=f"line {line}, byte {byte}")
    try:
        document = _loads(decoded.text.decode("utf-8"))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise FileRefused("json_unreadable", where=where, detail=error.msg) from error
    except RecursionError as error:
        raise FileRefused("json_unreadable", detail="nested too deeply") from error
    records = document
    for step in file_format.records.split(".") if file_format.records else ():
        if not isinstance(records, dict) or step not in records:
            raise FileRefused("json_records_missing", where=file_format.records or "", detail=step)
        records = records[step]
    if not file_format.records and isinstance(document, dict):
        # {"tickets": [...], "count": 2}: with a single array there is nothing to choose.
        arrays = [value for value in document.values() if isinstance(value, list)]
        records = arrays[0] if len(arrays) == 1 else document
    if not isinstance(records, list):
        keys = ", ".join(list(document)[:20]) if isinstance(document, dict) else ""
        where = file_format.records or "(document)"
        raise FileRefused("json_records_missing", where=where, detail=keys)
    numbered = ((number, record, None) for number, record in enumerate(records, start=1))
    return _sheet_of_records(numbered, decoded.encoding, 0)


def read_json_lines(data: bytes, file_format: FileFormat, *, is_part: bool = False) -> TextSheet:
    """One record per line; a line that is none is a damaged row. Raises FileRefused."""
    decoded = decode(data, file_format.encoding)
    text = decoded.text.decode("utf-8")
    if not text.strip():
        raise FileRefused("empty_file")
    lines = text.split("\n")
    if is_part:
        lines = lines[:200]
    blank = sum(1 for line in lines if not line.strip()) - (not lines[-1].strip())

    def records() -> Iterator[tuple[int, Any, str]]:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            if number in decoded.foreign:
                detail = f"byte {decoded.foreign[number]}"
                yield number, _BrokenRecord("mixed_encoding", detail), line
                continue
            try:
                yield number, _loads(line), line
            except json.JSONDecodeError as error:
                detail = f"column {error.colno}: {error.msg}"
                yield number, _BrokenRecord("json_broken", detail), line
            except RecursionError:
                yield number, _BrokenRecord("json_broken", "nested too deeply"), line

    return _sheet_of_records(records(), decoded.encoding, blank)


def _sheet_of_records(
    records: Iterable[tuple[int, Any, str | None]], encoding: str, blank: int
) -> TextSheet:
    columns: dict[str, dict[int, str | None]] = {}
    rows: list[int] = []
    damaged: list[tuple[int, str, str, str]] = []
    for number, record, raw in records:
        try:
            if isinstance(record, _BrokenRecord):
                raise record
            if not isinstance(record, dict):
                raise _BrokenRecord("json_not_an_object")
            cells = dict(_flatten(record, ""))
        except _BrokenRecord as broken:
            shown = raw if raw is not None else _json_text(record)
            damaged.append((number, visible(_encodable(shown)), broken.reason, broken.detail))
            continue
        for name, cell in cells.items():
            columns.setdefault(name, {})[len(rows)] = cell
        rows.append(number)
        if len(columns) > MAX_COLUMNS:
            raise FileRefused("too_many_columns", where=f"record {number}")
    if not columns and damaged:
        raise FileRefused("json_unreadable", where=f"record {damaged[0][0]}", detail=damaged[0][2])
    if not columns:
        # an empty array is a complete export of nothing; without names there is no header to match
        empty = pl.DataFrame(schema={"source_row": pl.Int64()})
        return TextSheet(None, None, empty, damaged_rows([]), encoding, rows_blank=blank)
    names = check_headers(list(columns), where="keys")
    table = pl.DataFrame(
        {
            f"c{i}": pl.Series([cells.get(row) for row in range(len(rows))], dtype=pl.String)
            for i, cells in enumerate(columns.values())
        }
        | {"source_row": pl.Series(rows, dtype=pl.Int64)}
    )
    return to_sheet(
        table, names, damaged=damaged_rows(damaged), encoding=encoding, rows_blank=blank
    )


def elements_of(text: str, name: str) -> list[dict[str, str | None]]:
    """The members of a JSON list in a cell: names below `name`, and cells; scalars as `name`.

    Raises ValueError for text that is no such list.
    """
    try:
        members = _loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError("not JSON") from error
    if not isinstance(members, list):
        raise ValueError("not a list")
    try:
        return [
            {header_name(key): cell for key, cell in _flatten(member, f"{name}.")}
            if isinstance(member, dict)
            else {name: _cell(member)}
            for member in members
        ]
    except _BrokenRecord as broken:
        raise ValueError(broken.reason) from broken


def _flatten(value: dict[str, Any], prefix: str) -> Iterator[tuple[str, str | None]]:
    """Dotted names and cells of an object. Raises _BrokenRecord."""
    if isinstance(value, _Doubled):
        raise _BrokenRecord("json_duplicate_key", f"{prefix}{value.key}")
    seen: set[str] = set()
    for key, member in value.items():
        _check_encodable(key)
        nested = _flatten(member, f"{key}.") if isinstance(member, dict) else [(key, _cell(member))]
        for name, cell in nested:
            if name in seen:
                raise _BrokenRecord("json_duplicate_key", f"{prefix}{name}")
            seen.add(name)
            yield f"{prefix}{name}", cell


def _cell(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        _check_encodable(value)
        return str(value)
    if isinstance(value, list):
        return _encodable(_json_text(value)) if value else None
    return json.dumps(value)


def _check_encodable(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _BrokenRecord("unreadable_text", "half a surrogate pair") from error


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _json_text(value: Any) -> str:
    """JSON of a parsed value, numbers with the literal they came with."""
    if isinstance(value, dict):
        members = (
            f"{json.dumps(k, ensure_ascii=False)}: {_json_text(v)}" for k, v in value.items()
        )
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_json_text(member) for member in value) + "]"
    if isinstance(value, _Literal):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


# ── Parquet ──────────────────────────────────────────────────────────────────────────────────────


def read_parquet(data: bytes, *, is_part: bool = False) -> TextSheet:
    """Columns as text; structs become columns with dotted names. Raises FileRefused."""
    try:
        rows = pl.scan_parquet(io.BytesIO(data)).select(pl.len()).collect().item()
        if rows > MAX_ROWS:
            raise FileRefused("too_many_rows", detail=f"{rows:,}")
        table = pl.read_parquet(io.BytesIO(data), n_rows=0 if is_part else None)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FileRefused("parquet_broken", detail=str(error).splitlines()[0][:200]) from error
    except BaseException as error:
        if not is_panic(error):
            raise
        raise FileRefused("parquet_broken") from error
    while structs := [name for name, dtype in table.schema.items() if dtype == pl.Struct]:
        table = table.unnest(structs, separator=".")
    names = check_headers(table.columns, where="schema")
    table = table.rename({old: f"c{i}" for i, old in enumerate(table.columns)})
    original = table.with_columns(source_row=pl.int_range(1, table.height + 1, dtype=pl.Int64))
    texts = original.with_columns(
        _parquet_text(original[c], name) for c, name in zip(table.columns, names, strict=True)
    )
    lost = pl.any_horizontal(
        pl.lit(original[c].is_not_null()) & pl.col(c).is_null() for c in table.columns
    )
    bad = texts.filter(lost) if table.height else texts
    damaged = [(row, "", "unreadable_text", "bytes that are no UTF-8") for row in bad["source_row"]]
    texts = texts.filter(~pl.col("source_row").is_in(bad["source_row"].implode()))
    return to_sheet(texts, names, damaged=damaged_rows(damaged), header_where="schema")


def _parquet_text(column: pl.Series, name: str) -> pl.Series:
    match column.dtype:
        case pl.Datetime(time_zone=None):
            return _without_zero_time(column.dt.to_string("%Y-%m-%d %H:%M:%S%.f"))
        case pl.Datetime():
            utc = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
            return utc.dt.to_string("%Y-%m-%dT%H:%M:%S%.f") + "Z"
        case pl.Float32 | pl.Float64:
            return _float_text(column)
        case pl.List() | pl.Array():
            values = [
                None if value is None else json.dumps(value, ensure_ascii=False, default=str)
                for value in column.to_list()
            ]
            return pl.Series(column.name, values, dtype=pl.String)
        case pl.Duration | pl.Object:
            raise FileRefused("parquet_column_type", where=name, detail=str(column.dtype))
    return column.cast(pl.String, strict=False)


def _without_zero_time(text: pl.Series) -> pl.Series:
    return text.str.replace(r" 00:00:00$", "")


def _float_text(column: pl.Series) -> pl.Series:
    """Shortest text that reads back as the same float, without exponent and without `.0`."""
    distinct = column.unique().drop_nulls()
    texts = [_plain_number(value) for value in distinct]
    return column.replace_strict(distinct, pl.Series(texts, dtype=pl.String), default=None)


def _plain_number(value: float) -> str:
    text = repr(value)
    if "e" in text:
        text = f"{Decimal(text):f}"
    return text.removesuffix(".0")
