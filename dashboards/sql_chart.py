"""The answer of a person's SQL as a chart: which column goes where stands in the URL.

Nothing is added up here: what one bar or point shows is one row of the answer.
"""

from decimal import Decimal

import polars as pl
import streamlit as st

from dashboards import charts, filters, frame
from dashboards.catalogue import literal
from dashboards.frame import Frame

MARKS = ("bars", "grouped", "stacked", "line")
BARS = 40
POINTS = 600


def show(page: Frame, rows: pl.DataFrame) -> None:
    """Choose x, y, what parts the series, and the mark; then the chart or why there is none."""
    text = page.text
    numbers = [name for name, kind in rows.schema.items() if kind.is_numeric()]
    if not numbers or rows.is_empty():
        st.info(text("sql.no_number"), icon=":material/bar_chart_off:")
        return
    names = rows.columns
    others = [name for name in names if name not in numbers] or names
    with st.container(horizontal=True):
        x = _choose(page, "x", names, others[0])
        y = _choose(page, "y", numbers, next((n for n in numbers if n != x), numbers[0]))
        mark = filters.select(
            "mark",
            MARKS,
            default=MARKS[0],
            label=text("sql.mark"),
            show=lambda name: text(f"sql.mark_name.{name}"),
            width=180,
        )
        by = None
        if mark != MARKS[0]:
            by = _choose(page, "by", [name for name in names if name not in (x, y)], None)
    draw(page, rows, x, y, by, mark)


def _choose(page: Frame, name: str, columns: list[str], default: str | None) -> str | None:
    return filters.select(
        name,
        columns,
        default=default,
        label=page.text(f"sql.axis.{name}"),
        show=lambda column: column,
        placeholder=page.text("sql.no_series"),
        width=180,
    )


def draw(page: Frame, rows: pl.DataFrame, x: str, y: str, by: str | None, mark: str) -> None:
    """The chart of these columns, and how many rows it does not show."""
    text = page.text
    limit = BARS if mark == MARKS[0] else POINTS
    drawn = rows.drop_nulls(y).head(limit)
    keys = [x] if by is None else [x, by]
    if drawn.select(pl.struct(keys).n_unique()).item() < drawn.height:
        repeated = literal(text.joined(keys))
        st.warning(text("sql.repeated", columns=repeated), icon=":material/stacks:")
        return
    title = text("sql.chart", x=literal(x), y=literal(y))
    frame.heading(page, title, unit=literal(y), definition=text("sql.chart_help"))
    if rows.height > drawn.height:
        st.caption(text("sql.chart_cut", shown=drawn.height, all=page.formats.count(rows.height)))
    values = [(_text(row[x]), _text(row[by]) if by else y, row[y]) for row in drawn.to_dicts()]
    if mark == MARKS[0]:
        chart = charts.bars(
            [
                charts.Bar(label, _number(value), show_number(page, value))
                for label, _, value in values
            ],
            y,
            page.is_dark,
        )
    else:
        chart = charts.over_months(
            [
                charts.Point(label, series, _number(value), show_number(page, value))
                for label, series, value in values
            ],
            month_title=x,
            value_title=y,
            is_dark=page.is_dark,
            mark=mark,
        )
    charts.show(chart, key="sql_chart", alt=title)


def show_number(page: Frame, value: int | float | Decimal) -> str:
    """A number nobody told the unit of: whole as it is, else with two decimals."""
    exact = Decimal(str(value))
    return page.formats.count(exact) if exact == exact.to_integral() else page.formats.ratio(exact)


def _number(value: int | float | Decimal) -> Decimal:
    return Decimal(str(value))


def _text(value: object) -> str:
    return "" if value is None else str(value)
