"""CSV downloads that open correctly in Japanese Excel."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

# A text cell that starts like this would run as a formula when the file is opened (also full-width
# forms, which Excel folds). The apostrophe is Excel's own mark for "this is text".
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_bytes(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file as bytes: UTF-8 with BOM, CRLF, numbers unrounded, text safe from formula
    injection.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([_cell(header) for header in headers])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return buffer.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        # 10000.000000 as stored is 10000 to a reader; nothing is rounded
        return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return str(value)
