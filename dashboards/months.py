"""A range of months: any first and last one, or a fiscal year, half or quarter at one press."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from dashboards import filters
from dashboards.frame import Frame

MONTHS_SHOWN_FIRST = 12


def choose(page: Frame, months: Sequence[dict], clears: Sequence[str] = ()) -> dict[str, date]:
    """The months from `from` to `to` of the URL, by name; the last twelve when it names none.

    months: rows of about.months. clears: what another range makes meaningless.
    """
    text, formats = page.text, page.formats
    by_name = {f"{row['month']:%Y-%m}": row["month"] for row in months}
    names = list(by_name)
    periods = fiscal_periods(page, months)
    with st.container(horizontal=True):
        first = filters.chosen("from", names, names[-MONTHS_SHOWN_FIRST:][0])
        following = names[names.index(first) :]
        filters.shortcut(
            "period",
            periods,
            now={"from": first, "to": filters.chosen("to", following, following[-1])},
            label=text("mrr.period"),
            clears=clears,
            placeholder=text("mrr.choose_period"),
            width=200,
        )
        filters.select(
            "from",
            names,
            default=first,
            label=text("mrr.from"),
            show=lambda name: formats.month(by_name[name]),
            clears=clears,
            width=160,
        )
        last = filters.select(
            "to",
            following,
            default=following[-1],
            label=text("mrr.to"),
            show=lambda name: formats.month(by_name[name]),
            clears=clears,
            width=160,
        )
    return {name: by_name[name] for name in following[: following.index(last) + 1]}


def fiscal_periods(page: Frame, months: Sequence[dict]) -> dict[str, dict[str, str]]:
    """Fiscal years, halves and quarters with a month on record, the newest first, by their name:
    what each puts into the URL.
    """
    formats = page.formats
    found: dict[str, dict[str, str]] = {}
    for year in sorted({row["fiscal_year"] for row in months}, reverse=True):
        parts = [(formats.fiscal_year(year), (1, 2, 3, 4))]
        parts += [(formats.fiscal_half(year, half), (2 * half - 1, 2 * half)) for half in (2, 1)]
        parts += [(formats.fiscal_quarter(year, quarter), (quarter,)) for quarter in (4, 3, 2, 1)]
        for name, quarters in parts:
            of_it = [
                row["month"]
                for row in months
                if row["fiscal_year"] == year and row["fiscal_quarter"] in quarters
            ]
            if of_it:
                found[name] = {"from": f"{of_it[0]:%Y-%m}", "to": f"{of_it[-1]:%Y-%m}"}
    return found
