"""The one way from a number back to the line of the file it came from.

Everything else on the pages comes from published data. A line of an original may hold personal and
sensitive columns that no mart carries, so it needs its own right and leaves a line in the access
log.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dashboards import access
from sources.catalogue import load_catalogue
from sources.conversion import place_of
from sources.files import FileRefused, TextSheet, open_text
from sources.originals import path_of
from sources.reading import format_of


class NotReadable(Exception):
    """The line cannot be shown. `code`: mapping_gone | original_gone | file_refused | row_gone."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class OriginalRow:
    """One row of a delivered file: header → cell, or its text where it could not be split."""

    sheet: str | None
    row: int
    cells: dict[str, str | None]
    raw: str | None = None


def original_line(
    home: Path,
    who: access.Principal,
    *,
    content_sha256: str,
    feed_id: str,
    file_name: str,
    sheet: str | None,
    row: int,
    time_zone: str,
) -> dict[str, str | None]:
    """Header → cell of one row of a delivered file, as text, as the source system wrote it.

    sheet and row as in the marts' source_sheet and source_row. Raises access.Refused without the
    right to original files, NotReadable when the row cannot be found.
    """
    facts = {"content_sha256": content_sha256, "file_name": file_name, "sheet": sheet, "row": row}
    is_allowed = who.may(access.ORIGINAL_FILES)
    access.record(home, who, "original_line", is_allowed=is_allowed, **facts)
    if not is_allowed:
        raise access.Refused(access.ORIGINAL_FILES)
    for table in _open(home, content_sha256, feed_id, file_name, time_zone):
        found = table.frame.filter(pl.col("source_row") == row)
        if place_of(table) == sheet and found.height:
            return found.drop("source_row").row(0, named=True)
    raise NotReadable("row_gone")


def original_rows(
    home: Path,
    who: access.Principal,
    places: Collection[tuple[str | None, int]],
    *,
    content_sha256: str,
    feed_id: str,
    file_name: str,
    time_zone: str,
) -> list[OriginalRow]:
    """The rows of a delivered file at these places (sheet, row) as text, in the order of the file.

    Recorded as one look at so many rows. Raises like original_line, but for places that are gone.
    """
    is_allowed = who.may(access.ORIGINAL_FILES)
    facts = {"content_sha256": content_sha256, "file_name": file_name}
    access.record(home, who, "original_line", is_allowed=is_allowed, row_count=len(places), **facts)
    if not is_allowed:
        raise access.Refused(access.ORIGINAL_FILES)
    found = []
    for table in _open(home, content_sha256, feed_id, file_name, time_zone):
        sheet = place_of(table)
        wanted = [row for place, row in places if place == sheet]
        rows = table.frame.filter(pl.col("source_row").is_in(wanted)).to_dicts()
        found += [OriginalRow(sheet, row.pop("source_row"), row) for row in rows]
        damaged = table.damaged.filter(pl.col("source_row").is_in(wanted))
        found += [
            OriginalRow(sheet, row, {}, raw)
            for row, raw in damaged.select("source_row", "raw").rows()
        ]
    return sorted(found, key=lambda one: (one.sheet or "", one.row))


def _open(
    home: Path, content_sha256: str, feed_id: str, file_name: str, time_zone: str
) -> list[TextSheet]:
    """The tables of a kept original. Raises NotReadable."""
    listed = load_catalogue(home / "mappings", time_zone).by_id(feed_id)
    if listed is None:
        raise NotReadable("mapping_gone")
    path = path_of(home / "originals", content_sha256)
    if not path.is_file():
        raise NotReadable("original_gone")
    # The delivery counts, so a missing last line end was declared or accepted when it landed.
    file_format = format_of(listed.mapping, path, file_name, allows_no_final_newline=True)
    if file_format is None:
        raise NotReadable("mapping_gone")
    try:
        return list(open_text(path, file_format))
    except FileRefused as error:
        raise NotReadable("file_refused") from error
