"""CSV that opens correctly in Japanese Excel: UTF-8 with BOM, or CP932 for older systems."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from dashboards.exports.table import Table, neutral

# What stands for a character CP932 does not hold: the geta, as in Japanese typesetting.
GETA = "〓"
# One character under two code points; Windows writes the second (Microsoft's table for CP932).
SAME_IN_CP932 = str.maketrans("〜−‖—¢£¬", "～－∥―￠￡￢")


@dataclass(frozen=True)
class Unwritable:
    """A cell CP932 cannot hold. row: 1 is the first below the headings, 0 the headings."""

    row: int
    column: str
    value: str
    characters: str


def utf8(table: Table) -> bytes:
    """The file as bytes: UTF-8 with BOM, CRLF, numbers unrounded, text safe from formulas."""
    return _text(table).encode("utf-8-sig")


def cp932(table: Table) -> bytes:
    """The same in CP932; each character it does not hold is a geta (see `unwritable`)."""
    return "".join(
        GETA if _missing(character) else character
        for character in _text(table).translate(SAME_IN_CP932)
    ).encode("cp932")


def unwritable(table: Table) -> Iterator[Unwritable]:
    """The cells that lose a character in CP932, in the order of the file."""
    labels = [heading.label for heading in table.headings]
    for number, row in enumerate([labels, *table.rows]):
        for label, value in zip(labels, row, strict=True):
            if isinstance(value, str):
                lost = "".join(dict.fromkeys(filter(_missing, value.translate(SAME_IN_CP932))))
                if lost:
                    yield Unwritable(number, label, value, lost)


def _text(table: Table) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([neutral(heading.label) for heading in table.headings])
    writer.writerows([neutral(value) for value in row] for row in table.rows)
    return buffer.getvalue()


def _missing(character: str) -> bool:
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return True
    return False
