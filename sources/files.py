"""A delivered file to tables of text, or a refusal that says what, where, why and what to do.

Nothing here knows entities or mappings: a file is read as its FileFormat declares, no dialect is
sniffed, and text is never turned into numbers or dates.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sources.archives import Archive, open_archive
from sources.delimited import read_delimited
from sources.documents import read_json, read_json_lines, read_parquet
from sources.sheets import (
    MAX_FILE_BYTES,
    MAX_LINE_BYTES,
    FileFormat,
    FileRefused,
    Note,
    TextSheet,
)
from sources.workbooks import is_workbook, read_workbook

__all__ = [
    "FileFormat",
    "FileRefused",
    "Note",
    "TextSheet",
    "first_bytes",
    "open_headers",
    "open_text",
]

_CHUNK = 1024**2
_LINE_KINDS = ("csv", "jsonl")
_MEMBER_SUFFIXES = {
    "csv": (".csv", ".txt", ".tsv", ".dat"),
    "xlsx": (".xlsx", ".xlsm"),
    "json": (".json",),
    "jsonl": (".jsonl", ".ndjson", ".json"),
    "parquet": (".parquet", ".pq"),
}
# What the first bytes say, for a file that is not what it is declared to be.
_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole2"),
    (b"%PDF", "PDF"),
    (b"PAR1", "parquet"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "RAR"),
    (b"\x7fELF", "program"),
    (b"MZ\x90", "program"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"{\\rtf", "RTF"),
)
_HTML = (b"<!doctype html", b"<html", b"<table", b"<meta", b"<head", b"<body", b"<?xml")
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


def open_text(path: Path, file_format: FileFormat) -> list[TextSheet]:
    """The tables of a file as text: one, or one per member of a ZIP. Raises FileRefused."""
    data = _read_regular_file(path, file_format, limit=None)
    return _open(data, file_format, is_part=False)


def open_headers(path: Path, file_format: FileFormat) -> list[tuple[str, ...]]:
    """Only the header names of each table, for choosing a mapping; reads as little as it can.

    Raises FileRefused.
    """
    limit = MAX_LINE_BYTES if file_format.kind in _LINE_KINDS else None
    data = _read_regular_file(path, file_format, limit=limit)
    is_cut = limit is not None and len(data) >= limit and _magic(data) != "zip"
    if is_cut:
        data = _cut_after_last_line(data)
    elif limit is not None and len(data) >= limit:
        data = _read_regular_file(path, file_format, limit=None)
    sheets = _open(data, file_format, is_part=True)
    return [tuple(name for name in sheet.frame.columns if name != "source_row") for sheet in sheets]


def first_bytes(path: Path, kind: str) -> bytes:
    """The beginning of a file in whole lines (all of it where the kind has none), unwrapped.

    Of a ZIP that is no workbook, the first member of the kind. Raises FileRefused.
    """
    data = _read_regular_file(path, FileFormat(kind), limit=None)
    if _magic(data) == "zip" and not is_workbook(archive := open_archive(data)):
        named = (at for at, name in enumerate(archive.names) if _is_member(name, kind))
        position = next(named, None)
        if position is None:
            raise FileRefused("zip_no_member", detail=", ".join(archive.names[:10]))
        data = archive.read(position)
    if kind in _LINE_KINDS and len(data) > MAX_LINE_BYTES:
        return _cut_after_last_line(data[:MAX_LINE_BYTES])
    return data


def _is_member(name: str, kind: str) -> bool:
    base = name.rsplit("/", 1)[-1]
    is_hidden = "__MACOSX/" in name or base.startswith(".")
    return not is_hidden and name.lower().endswith(_MEMBER_SUFFIXES[kind])


def _cut_after_last_line(data: bytes) -> bytes:
    end = data.rfind(b"\n") + 1
    # in UTF-16 little endian the line feed has a second byte
    return data[: end + 1] if data[:2] == b"\xff\xfe" else data[:end]


# ── bytes ────────────────────────────────────────────────────────────────────────────────────────


def _read_regular_file(path: Path, file_format: FileFormat, *, limit: int | None) -> bytes:
    """The bytes of a file that is one: never a link, pipe, device or folder."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise FileRefused("not_a_regular_file", detail=error.strerror or "") from error
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode):
        os.close(descriptor)
        raise FileRefused("not_a_regular_file")
    with os.fdopen(descriptor, "rb") as file:
        if state.st_size == 0:
            raise FileRefused("empty_file", detail="0 bytes")
        if state.st_size > MAX_FILE_BYTES:
            raise FileRefused("file_too_large", detail=f"{state.st_size:,} bytes")
        wanted = state.st_size if limit is None else min(limit, state.st_size)
        data = _read_capped(file.read, wanted, has_lines=file_format.kind in _LINE_KINDS)
        if len(data) < wanted or os.fstat(descriptor).st_size != state.st_size:
            raise FileRefused("file_changing", detail=f"{state.st_size:,} bytes")
    return data


def _read_capped(read: Callable[[int], bytes], wanted: int, *, has_lines: bool) -> bytes:
    """`wanted` bytes; stops at a line longer than the cap before the rest is in memory."""
    data = bytearray()
    line_start = 0
    while len(data) < wanted and (chunk := read(min(_CHUNK, wanted - len(data)))):
        data += chunk
        if has_lines and not data.startswith(b"PK\x03\x04"):
            line_start = _check_lines(data, line_start)
    return bytes(data)


def _check_lines(data: bytes | bytearray, start: int) -> int:
    """A start of a line near the end of data. Raises FileRefused for a line above the cap."""
    while len(data) - start > MAX_LINE_BYTES:
        stop = start + MAX_LINE_BYTES
        end = max(data.rfind(b"\n", start, stop), data.rfind(b"\r", start, stop))
        if end < 0:
            raise FileRefused("line_too_long", where=f"line {data.count(10, 0, start) + 1}")
        start = end + 1
    return start


def _magic(data: bytes) -> str | None:
    for start, name in _MAGIC:
        if data.startswith(start):
            return name
    start = data[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return "HTML/XML" if start.startswith(_HTML) else None


# ── dispatch ─────────────────────────────────────────────────────────────────────────────────────


def _open(data: bytes, file_format: FileFormat, *, is_part: bool) -> list[TextSheet]:
    if file_format.kind not in _MEMBER_SUFFIXES:
        raise ValueError(f"no such kind of file: {file_format.kind}")
    found = _magic(data)
    if found == "zip":
        archive = open_archive(data)
        if not is_workbook(archive):
            return _open_members(archive, file_format, is_part=is_part)
        if file_format.kind != "xlsx":
            raise FileRefused("wrong_kind", detail=f"{file_format.kind} / XLSX")
        return [read_workbook(data, archive, file_format, is_part=is_part)]
    if found == "ole2":
        code = "password_protected" if _ENCRYPTED_PACKAGE in data else "wrong_kind"
        raise FileRefused(code, detail=f"{file_format.kind} / Excel 97-2003 (.xls) / OLE2")
    if found is not None and found != file_format.kind:
        raise FileRefused("wrong_kind", detail=f"{file_format.kind} / {found}")
    match file_format.kind:
        case "csv":
            return [read_delimited(data, file_format, is_part=is_part)]
        case "json":
            return [read_json(data, file_format)]
        case "jsonl":
            return [read_json_lines(data, file_format, is_part=is_part)]
        case "parquet" if found == "parquet":
            return [read_parquet(data, is_part=is_part)]
    raise FileRefused("wrong_kind", detail=f"{file_format.kind} / ?")


def _open_members(archive: Archive, file_format: FileFormat, *, is_part: bool) -> list[TextSheet]:
    suffixes = _MEMBER_SUFFIXES[file_format.kind]
    sheets = []
    skipped = []
    for position, name in enumerate(archive.names):
        if "__MACOSX/" in name or name.rsplit("/", 1)[-1].startswith("."):
            continue
        if name.lower().endswith((".zip", ".gz", ".7z", ".rar", ".tar")):
            raise FileRefused("zip_nested", where=name)
        if not name.lower().endswith(suffixes):
            skipped.append(name)
            continue
        sheets += _open_member(archive, position, file_format, is_part=is_part)
    if not sheets:
        raise FileRefused("zip_no_member", detail=", ".join(skipped[:10]))
    if skipped:
        notes = (*sheets[0].notes, Note("member_skipped", ", ".join(skipped[:10])))
        sheets[0] = replace(sheets[0], notes=notes)
    return sheets


def _open_member(
    archive: Archive, position: int, file_format: FileFormat, *, is_part: bool
) -> list[TextSheet]:
    name = archive.names[position]
    data = archive.read(position)
    try:
        if not data:
            raise FileRefused("empty_file", detail="0 bytes")
        if _magic(data) == "zip" and not is_workbook(open_archive(data)):
            raise FileRefused("zip_nested")
        if file_format.kind in _LINE_KINDS:
            _check_lines(data, 0)
        sheets = _open(data, file_format, is_part=is_part)
    except FileRefused as refused:
        where = f"{name}: {refused.where}" if refused.where else name
        raise FileRefused(refused.code, where=where, detail=refused.detail) from refused
    return [replace(sheet, member=name) for sheet in sheets]
