"""Excel workbooks: real dates and numbers, ids as text, headings frozen, ready to print on A4."""

import io
import math
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from dashboards.exports.table import NOT_IN_A_SHEET_NAME, Cell, Heading, Table, written
from dashboards.formatting import IN_BRACKETS

FONT = "游ゴシック"
WIDEST, NARROWEST = 60, 6  # in characters; a full-width character counts two
DIGITS_OF_EXCEL = 15  # a longer number is rounded by Excel, so it goes in as text
LONGEST_CELL = 32_767
LAST_ROW = 1_048_576
LONGEST_SHEET_NAME = 31
FIRST_DAY_OF_EXCEL = date(1900, 3, 1)  # before it Excel counts a day that never was
ROWS_MEASURED = 500  # rows looked at for the width of a column
# kind -> how Excel shows it; amounts have no decimals unless the values have some
SHOWN_AS = {
    "money": "#,##0",
    "count": "#,##0",
    "rate": "0.00%",
    "points": '0.00"pt"',
    "share": "0%",
    "ratio": "0.00",
    "month": 'yyyy"年"m"月"',
    "date": "yyyy/mm/dd",
    "instant": "yyyy/mm/dd hh:mm",
}
WITH_DECIMALS = "#,##0.00####"
MARKED = (
    "money",
    "count",
    "rate",
    "ratio",
    "points",
)  # kinds whose negatives are marked as on the pages


class TooLong(Exception):
    """The table has more rows than a sheet holds, or a cell more characters than a cell."""


def workbook(tables: Sequence[Table], notes: Table, *, negative: str) -> bytes:
    """An .xlsx file: one sheet per table, then the notes (as-of day, filters, who).

    negative: the mark before a negative number, or `()` (Formats.negative).
    Raises TooLong when a table does not fit: nothing is cut off.
    """
    import xlsxwriter

    for table in tables:
        if not fits(table):
            raise TooLong(table.name)
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer,
        {
            "in_memory": True,
            # a name that looks like a formula, an address or a number stays the text it is
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.formats[0].set_font_name(FONT)
    styles = _Styles(book, negative)
    taken: set[str] = set()
    for table in (*tables, notes):
        sheet = book.add_worksheet(_sheet_name(table.name, taken))
        _fill(sheet, table, styles)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.freeze_panes(1, 0)
        sheet.set_footer("&L&A&R&P / &N")
    book.close()
    return buffer.getvalue()


def fits(table: Table) -> bool:
    """Whether a sheet can hold the whole table."""
    return len(table.rows) < LAST_ROW and all(
        len(value) <= LONGEST_CELL for row in table.rows for value in row if isinstance(value, str)
    )


class _Styles:
    """Cell formats of one workbook, each made once."""

    def __init__(self, book, negative: str):
        self._book = book
        self._negative = negative
        self._made: dict[str, object] = {}

    def of(self, number_format: str, **more: object):
        key = f"{number_format}{more}"
        if key not in self._made:
            self._made[key] = self._book.add_format(
                {"font_name": FONT, "num_format": number_format, "valign": "top", **more}
            )
        return self._made[key]

    def of_number(self, kind: str, *, has_decimals: bool):
        shown = WITH_DECIMALS if has_decimals else SHOWN_AS.get(kind, "General")
        if kind not in MARKED:
            return self.of(shown)
        below = f"({shown})" if self._negative == IN_BRACKETS else f'"{self._negative}"{shown}'
        return self.of(f"{shown};{below}")


def _fill(sheet, table: Table, styles: _Styles) -> None:
    head = styles.of("@", bold=True, bg_color="#E8EEF4", border=1, text_wrap=True)
    for column, heading in enumerate(table.headings):
        sheet.write_string(0, column, heading.label, head)
    for number, row in enumerate(table.rows, start=1):
        for column, (heading, value) in enumerate(zip(table.headings, row, strict=True)):
            cell = value if isinstance(value, Cell) else Cell(value, heading.kind)
            _write(sheet, number, column, cell.kind, cell.value, styles)
    for row, column in table.marked:
        value = written(table.rows[row][column])
        sheet.write_string(row + 1, column, value, styles.of("@", bg_color="#FFD966", bold=True))
    for column, heading in enumerate(table.headings):
        sheet.set_column(column, column, _width(heading, table.rows, column))


def _write(sheet, row: int, column: int, kind: str, value: object, styles: _Styles) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value, styles.of("General"))
    elif isinstance(value, (int, float, Decimal)) and (
        # an amount is added up: losing its millionths is less than missing it in a sum
        (kind == "money" and abs(value) < 10**DIGITS_OF_EXCEL) or _is_exact_in_excel(value)
    ):
        has_decimals = kind == "money" and value != int(value)
        shown = styles.of_number(kind, has_decimals=has_decimals)
        sheet.write_number(row, column, float(value), shown)
    elif isinstance(value, date) and _day(value) >= FIRST_DAY_OF_EXCEL:
        shown = SHOWN_AS.get("instant" if isinstance(value, datetime) else kind, SHOWN_AS["date"])
        sheet.write_datetime(row, column, value, styles.of(shown, align="left"))
    else:
        sheet.write_string(row, column, written(value), styles.of("@"))


def _is_exact_in_excel(value: float | int | Decimal) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return len(Decimal(value).normalize().as_tuple().digits) <= DIGITS_OF_EXCEL


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _width(heading: Heading, rows: Sequence[Sequence[object]], column: int) -> float:
    longest = max(
        (_cells(_measured(row[column])) for row in rows[:ROWS_MEASURED]),
        default=0,
    )
    grouped = longest * 4 / 3 if heading.kind in ("money", "count") else longest
    return min(max(grouped, _cells(heading.label), NARROWEST), WIDEST) + 2


def _measured(value: object) -> str:
    return written(value.value if isinstance(value, Cell) else value)


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def _sheet_name(name: str, taken: set[str]) -> str:
    clean = NOT_IN_A_SHEET_NAME.sub("・", name).strip("'")[:LONGEST_SHEET_NAME] or "1"
    unique, number = clean, 2
    while unique.casefold() in taken:
        tail = f" {number}"
        unique, number = clean[: LONGEST_SHEET_NAME - len(tail)] + tail, number + 1
    taken.add(unique.casefold())
    return unique
