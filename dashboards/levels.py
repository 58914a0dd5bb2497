"""One level of a way down: its rows, whether their sum is the number above, and the one chosen.

Where one stands is in the URL, one name per level; a choice on one level empties those below.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl
import streamlit as st

from dashboards import access, customers, filters, tables
from dashboards.frame import Frame
from dashboards.queries import people
from dashboards.queries.listing import Listing
from dashboards.tables import Column

ROWS_SHOWN = 200  # what a person reads; the file holds all


@dataclass(frozen=True)
class Level:
    """What a level is called in the URL and on the page, and what identifies its rows.

    The mart is named in the access log when the rows leave as a file, with how they were narrowed;
    the file is called like the mart unless `file` says otherwise. `clears`: the levels below.
    """

    name: str
    key: str
    title: str
    label: str
    mart: str
    clears: Sequence[str] = ()
    file: str = ""
    narrowed: Mapping[str, object] = field(default_factory=dict)


def of_customers(
    page: Frame, title: str, mart: str, *, label: str = "", file: str = "", **narrowed: object
) -> Level:
    """The level of customers; what is below one is its contracts (drill.py) or its own page."""
    return Level(
        "customer",
        "customer_key",
        title,
        label or page.text("drill.customer"),
        mart,
        ("line",),
        file,
        narrowed,
    )


def of_name(row: dict) -> str:
    """A customer as the list to choose from calls it."""
    return row["customer"]


def show(
    page: Frame,
    level: Level,
    rows: pl.DataFrame | Listing,
    columns: Sequence[Column],
    *,
    describe: Callable[[dict], str],
    is_chosen_here: bool = True,
    in_words: Callable[[pl.DataFrame], pl.DataFrame] = pl.DataFrame.clone,
    more: Callable[[], None] | None = None,
) -> dict | None:
    """The rows as a table with its CSV, and the list to choose one from; returns the chosen row.

    in_words: adds columns of words to rows; asked for those shown, for all only when they leave.
    more: offers other files of the same rows.
    """
    text, formats = page.text, page.formats
    shown = first_of(page, rows, in_words)
    keys = [str(key) for key in shown[level.key]]
    tables.show(
        shown,
        columns,
        formats,
        selectable=tables.rows_in_url(level.name, keys, clears=level.clears)
        if is_chosen_here
        else None,
        key=f"{level.name}_table",
        alt=level.title,
    )
    tables.download(
        page,
        lambda: in_words(all_of(rows)),
        in_file(page, columns, shown),
        name=level.file or level.mart,
        key=f"{level.name}_csv",
        before=lambda: record_export(page, level.mart, rows.height, **level.narrowed),
        more=more,
    )
    if not is_chosen_here:
        return None
    listed = with_asked(rows, shown, level.name, level.key, in_words)
    by_key = {str(row[level.key]): row for row in listed.to_dicts()}
    chosen = filters.select(
        level.name,
        list(by_key),
        default=None,
        label=level.label,
        show=lambda key: describe(by_key[key]),
        clears=level.clears,
        placeholder=text("level.choose"),
    )
    if level.key == "customer_key" and chosen is not None:
        customers.link(page, chosen)
    return by_key.get(chosen)


def first_of(
    page: Frame,
    rows: pl.DataFrame | Listing,
    in_words: Callable[[pl.DataFrame], pl.DataFrame] = pl.DataFrame.clone,
) -> pl.DataFrame:
    """The rows a page draws, in words; says so where there are more."""
    shown = in_words(rows.head(ROWS_SHOWN))
    if shown.height == ROWS_SHOWN and rows.height > ROWS_SHOWN:
        everything = page.formats.count(rows.height)
        st.caption(page.text("drill.first_rows", shown=ROWS_SHOWN, all=everything))
    return shown


def total_of(rows: pl.DataFrame | Listing, column: str) -> Decimal:
    """The sum of a column over every row; 0 over none."""
    if isinstance(rows, Listing):
        return rows.total(column)
    return rows[column].sum() or Decimal(0)


def all_of(rows: pl.DataFrame | Listing) -> pl.DataFrame:
    """Every row, for a file."""
    return rows.all() if isinstance(rows, Listing) else rows


def with_asked(
    rows: pl.DataFrame | Listing,
    shown: pl.DataFrame,
    name: str,
    key: str,
    in_words: Callable[[pl.DataFrame], pl.DataFrame] = pl.DataFrame.clone,
) -> pl.DataFrame:
    """The rows shown and the one the address names: it may be any, also below the last shown."""
    value = st.query_params.get(name)
    if value is None or value in {str(one) for one in shown[key]}:
        return shown
    asked = (
        rows.only(key, value)
        if isinstance(rows, Listing)
        else rows.filter(pl.col(key).cast(pl.String) == value)
    )
    return pl.concat([shown, in_words(asked)]) if asked.height else shown


def in_file(page: Frame, columns: Sequence[Column], rows: pl.DataFrame) -> list[Column]:
    """The columns of a file: an amount shown with its currency is a number and a currency there."""
    numbers = [
        Column(column.name.removesuffix("_text"), column.label)
        if column.name.endswith("_native_text")
        else column
        for column in columns
    ]
    if numbers == list(columns) or "currency" not in rows.columns:
        return list(columns)
    return [*numbers, Column("currency", page.text("level.currency"))]


def show_match(
    page: Frame, total: Decimal, above: Decimal, show_number: Callable[[Decimal], str]
) -> None:
    """Whether the sum of this level is the number of the level above, exactly."""
    if total == above:
        st.caption(page.text("drill.match", sum=show_number(total)))
    else:
        st.error(
            page.text("drill.mismatch", sum=show_number(total), above=show_number(above)),
            icon=":material/error:",
        )


def named(page: Frame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `customer`: the display name, or a short key where there is none to show."""
    keys = rows["customer_key"]
    names = people.names(page.snapshot, tuple(sorted(set(keys.drop_nulls()))))
    called = [
        page.text("level.nobody")
        if key is None
        else names.get(key) or page.text("drill.unnamed", key=key[:8])
        for key in keys
    ]
    return rows.with_columns(pl.Series("customer", called, dtype=pl.String))


def with_status(page: Frame, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of mart_customer_360 with `customer` and, in words, `status_name`."""
    status = [page.text.code("customer.status", code) for code in rows["customer_status"]]
    return named(page, rows).with_columns(pl.Series("status_name", status, dtype=pl.String))


def record_export(page: Frame, mart: str, row_count: int, **narrowed: object) -> None:
    """Note in the access log that a list left the house as a file, and how it was narrowed."""
    access.record(
        page.home,
        page.who,
        "export",
        version=page.snapshot.name,
        table=mart,
        row_count=row_count,
        **{"has_personal_columns": page.snapshot.has_personal_columns} | narrowed,
    )


def reasons(page: Frame, rows: pl.DataFrame, columns: Sequence[Column]) -> None:
    """Why some cells of the rows are a dash: each reason once, below the table."""
    codes = [
        code
        for column in columns
        if f"{column.name}_null_reason" in rows.columns
        for code in rows[f"{column.name}_null_reason"].drop_nulls().unique()
    ]
    if codes:
        st.caption(
            page.text.joined(page.formats.missing(code) for code in dict.fromkeys(sorted(codes)))
        )
