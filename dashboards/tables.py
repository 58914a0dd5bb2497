"""Tables: numbers that sort as numbers and read as formatted text; download as Excel and CSV."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd
import polars as pl
import streamlit as st

from dashboards import access, clock, filters, printout
from dashboards.catalogue import literal
from dashboards.exports import csv, xlsx
from dashboards.exports.table import Heading, Table
from dashboards.formatting import Formats
from dashboards.frame import Frame

ROWS_WITHOUT_SCROLLING = 14
TALL_TABLE_PIXELS = 520
CELLS_LISTED = 20  # cells that CP932 cannot hold, named one by one
XLSX_MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# a rate of 0 is white, of 1 and more the darkest on which the number is still read with ease
SHADES = ("#fbfdff", "#eff6fc", "#e3eff9", "#d5e8f6", "#c6dff2", "#b5d5ee", "#a2caea", "#8ebfe5")
SHADES += ("#78b2df", "#62a5d9")
SHADE_TEXT = "#10202f"


@dataclass(frozen=True)
class Column:
    """One column of a table: where its value is, its heading, and what kind of value it is.

    kind: text | money | count | rate | ratio | month | date, or share: a rate in a cell of a
    heatmap, shaded by its size and empty where there is none.
    """

    name: str
    label: str
    kind: str = "text"
    is_pinned: bool = False


@dataclass(frozen=True)
class Selectable:
    """What can be pressed in a table: how it is marked now, and what pressing writes into the URL.

    `press` gets Streamlit's selection of rows or cells, empty when something was released.
    """

    mode: str
    place: str  # what the URL says now
    marked: dict[str, list]  # rows or cells to show as pressed, for that place
    press: Callable[[dict], None]


def rows_in_url(name: str, values: Sequence[str], clears: Sequence[str] = ()) -> Selectable:
    """Rows that put `values[row]` into the URL under a name when pressed, and remove it again."""
    place = filters.chosen(name, values, None)

    def press(selection: dict) -> None:
        pressed = next((values[row] for row in selection["rows"]), None)
        filters.put(**{name: pressed}, **dict.fromkeys(clears))

    marked = {"rows": [values.index(place)] if place else []}
    return Selectable("single-row", place or "", marked, press)


def show(
    table: pl.DataFrame,
    columns: Sequence[Column],
    formats: Formats,
    *,
    key: str,
    alt: str,
    selectable: Selectable | None = None,
) -> None:
    """Show a query result as a table. Raises ValueError when two columns are called the same."""
    called = [column.label for column in columns]
    if twice := {label for label in called if called.count(label) > 1}:
        # the table would show one of them and lose the other in silence
        raise ValueError(f"{key}: {', '.join(sorted(twice))}")
    shown = pd.DataFrame(
        {
            column.label: [_sortable(value, column.kind, formats) for value in table[column.name]]
            for column in columns
        }
    )
    styled = shown.style.format(
        {
            column.label: _text_of(column.kind, formats)
            for column in columns
            if column.kind not in ("text", "share")
        },
        na_rep=formats.text("format.missing"),
    ).map(_faint_zero, subset=[column.label for column in columns if column.kind == "money"])
    shares = [column.label for column in columns if column.kind == "share"]
    if shares:
        styled = styled.format(formats.share, subset=shares, na_rep="").map(_shade, subset=shares)
    selection = _selection(selectable, key) if selectable else {}
    st.dataframe(
        styled,
        key=key,
        hide_index=True,
        lazy=False,
        width="stretch",
        height="content" if len(shown) <= ROWS_WITHOUT_SCROLLING else TALL_TABLE_PIXELS,
        column_config={
            column.label: st.column_config.Column(
                pinned=column.is_pinned,
                alignment="left" if column.kind in ("text", "month", "date") else "right",
            )
            for column in columns
        },
        placeholder="" if shares else formats.text("format.missing"),
        alt=alt,
        **selection,
    )
    printout.table(
        [column.label for column in columns],
        lambda count: [
            [_on_paper(row[column.name], column.kind, formats) for column in columns]
            for row in table.head(count).to_dicts()
        ],
        table.height,
        [column.kind not in ("text", "month", "date") for column in columns],
    )


def _selection(selectable: Selectable, key: str) -> dict:
    # Marks are set only when the URL changed by other means than pressing this table: a reader who
    # moves over cells with the arrow keys must not be thrown back.
    seen = f"{key}_place"
    state = st.session_state.get(key)
    current = {name: [*state["selection"][name]] for name in selectable.marked} if state else {}
    if st.session_state.get(seen) != selectable.place and current != selectable.marked:
        st.session_state[key] = {"selection": selectable.marked}
    st.session_state[seen] = selectable.place
    return {
        "on_select": lambda: selectable.press(st.session_state[key]["selection"]),
        "selection_mode": selectable.mode,
    }


def download(
    page: Frame,
    rows: Callable[[], pl.DataFrame],
    columns: Sequence[Column],
    *,
    name: str,
    key: str,
    before: Callable[[], None] | None = None,
    version: str | None = None,
    more: Callable[[], None] | None = None,
) -> None:
    """The rows as a file when pressed: all rows, unrounded, in yen; Excel or CSV (UTF-8, CP932).

    `before` runs first and records the export; without it the export is recorded by its name. What
    cannot be recorded does not leave. version: the one the rows are of, where it is not the page's.
    `more` offers other files of the same rows below these.
    """
    text = page.text
    made: list[Table] = []
    is_of_page = version in (None, page.snapshot.name)
    version = version or page.snapshot.name
    of_day = f"_{page.as_of:%Y%m%d}" if is_of_page else ""
    asked = st.query_params.to_dict()  # now: the file is made outside of the page's run

    def table() -> Table:
        if not made:
            made.append(_as_file(page, rows(), columns, name))
        return made[0]

    def written_by(write: Callable[[Table], bytes]) -> Callable[[], bytes]:
        def content() -> bytes:
            if before:
                before()
            else:
                access.record(
                    page.home,
                    page.who,
                    "export",
                    version=version,
                    table=name,
                    row_count=len(table().rows),
                    has_personal_columns=page.snapshot.has_personal_columns,
                )
            return write(table())

        return content

    offer = st.popover(
        text("table.download"),
        icon=":material/download:",
        type="tertiary",
        key=f"{key}_formats",
        on_change="rerun",
    )
    with offer:
        is_too_long = offer.open and not xlsx.fits(table())
        for kind, ending, mime, write in (
            (
                "xlsx",
                ".xlsx",
                XLSX_MIME,
                lambda made: xlsx.workbook(
                    [made],
                    _notes(page, made, asked, version),
                    negative=page.formats.negative,
                ),
            ),
            ("csv", ".csv", "text/csv", csv.utf8),
            ("cp932", "_cp932.csv", "text/csv", csv.cp932),
        ):
            st.download_button(
                text(f"table.as_{kind}"),
                written_by(write),
                file_name=f"{name}{of_day}_{version}{ending}",
                mime=mime,
                type="tertiary",
                key=key if kind == "csv" else f"{key}_{kind}",
                on_click="ignore",
                disabled=kind == "xlsx" and is_too_long,
                help=text(f"table.as_{kind}_help"),
            )
        if is_too_long:
            st.caption(text("table.too_long"))
        if offer.open:
            _show_unwritable(page, table())
            if more:
                more()


def _as_file(page: Frame, rows: pl.DataFrame, columns: Sequence[Column], name: str) -> Table:
    text, unit = page.text, page.formats.base_unit()
    headings = [
        Heading(
            text("table.money_heading", label=column.label, unit=unit)
            if column.kind == "money"
            else column.label,
            column.kind,
        )
        for column in columns
    ]
    return Table(name, headings, rows.select(column.name for column in columns).rows())


def _notes(page: Frame, table: Table, asked: dict[str, str], version: str) -> Table:
    """What the list is: as of when, from which version, how it was narrowed, who took it."""
    text, formats = page.text, page.formats
    lines = [
        (text("table.note.list"), table.name),
        *(
            [(text("table.note.as_of"), formats.date(page.as_of))]
            if version == page.snapshot.name
            else []
        ),
        (text("table.note.version"), version),
        (text("table.note.rows"), formats.count(len(table.rows))),
        *((text("table.note.filter", name=name), value) for name, value in sorted(asked.items())),
        (text("table.note.who"), page.who.name),
        (text("table.note.at"), formats.instant(clock.utc_now().replace(tzinfo=None))),
    ]
    return Table(
        text("table.note.sheet"),
        [Heading(text("table.note.what")), Heading(text("table.note.value"))],
        lines,
    )


def _show_unwritable(page: Frame, table: Table) -> None:
    """The cells that lose a character in CP932, before anyone takes the file."""
    text = page.text
    cells = list(csv.unwritable(table))
    if not cells:
        return
    lines = [
        text(
            "table.unwritable_cell",
            row=cell.row,
            column=literal(cell.column),
            value=literal(cell.value),
            characters=literal(cell.characters),
        )
        for cell in cells[:CELLS_LISTED]
    ]
    if len(cells) > CELLS_LISTED:
        lines.append(text("table.unwritable_more", count=len(cells) - CELLS_LISTED))
    st.warning(text("table.unwritable", count=len(cells), cells="\n".join(lines)))


def _faint_zero(value: object) -> str:
    # most cells of a movement table are zero; the eye should land on the others
    return "opacity: 0.4; color: gray" if value == 0 else ""


def _shade(value: object) -> str:
    # dark on light in both themes: the shade must read the same, and its number stay readable
    if pd.isna(value):
        return ""
    step = min(int(max(float(value), 0) * len(SHADES)), len(SHADES) - 1)
    return f"background-color: {SHADES[step]}; color: {SHADE_TEXT}"


def _sortable(value: object, kind: str, formats: Formats) -> object:
    if value is None or kind == "text":
        return value
    if kind == "count":
        return float(value) if isinstance(value, Decimal) else value
    if kind == "money":
        return float(formats.money_number(value))
    if kind in ("rate", "ratio", "share"):
        return float(value)
    return pd.Timestamp(value)


def _on_paper(value: object, kind: str, formats: Formats) -> str:
    if value is None:
        return "" if kind == "share" else formats.missing(None)
    if kind == "text":
        return str(value)
    if kind == "share":
        return formats.share(value)
    return _text_of(kind, formats)(_sortable(value, kind, formats))


def _text_of(kind: str, formats: Formats) -> Callable[[object], str]:
    return {
        "money": formats.money_digits,
        "count": lambda value: formats.count(Decimal(repr(float(value)))),
        "rate": lambda value: formats.rate(Decimal(repr(float(value)))),
        "ratio": lambda value: formats.ratio(Decimal(repr(float(value)))),
        "month": formats.month,
        "date": formats.date,
    }[kind]
