"""Tables: numbers that sort as numbers and read as formatted text; download as CSV."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd
import polars as pl
import streamlit as st

from dashboards import exports, filters
from dashboards.formatting import Formats
from dashboards.frame import Frame

ROWS_WITHOUT_SCROLLING = 14
TALL_TABLE_PIXELS = 520
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
    """Show a query result as a table."""
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
    frame: Frame,
    rows: Callable[[], pl.DataFrame],
    columns: Sequence[Column],
    *,
    name: str,
    key: str,
    before: Callable[[], None] | None = None,
) -> None:
    """A button that writes the rows as CSV when pressed: all rows, unrounded, in yen.

    `before` runs first and may refuse or record the export.
    """

    def content() -> bytes:
        if before:
            before()
        headers = [
            frame.text("table.money_heading", label=column.label, unit=frame.formats.base_unit())
            if column.kind == "money"
            else column.label
            for column in columns
        ]
        return exports.csv_bytes(headers, rows().select(c.name for c in columns).iter_rows())

    st.download_button(
        frame.text("table.download"),
        content,
        file_name=f"{name}_{frame.as_of:%Y%m%d}_{frame.snapshot.name}.csv",
        mime="text/csv",
        icon=":material/download:",
        type="tertiary",
        key=key,
        on_click="ignore",
        help=frame.text("table.download_help"),
    )


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


def _text_of(kind: str, formats: Formats) -> Callable[[object], str]:
    return {
        "money": formats.money_digits,
        "count": lambda value: formats.count(Decimal(repr(float(value)))),
        "rate": lambda value: formats.rate(Decimal(repr(float(value)))),
        "ratio": lambda value: formats.ratio(Decimal(repr(float(value)))),
        "month": formats.month,
        "date": formats.date,
    }[kind]
