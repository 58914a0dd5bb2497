"""請求・入金: what is owed, what came in and settled what, why billed MRR is not contract MRR.

One view at a time, named in the URL; every view goes down to customers and invoices.
"""

import polars as pl
import streamlit as st

from dashboards import filters, frame, missing, tiles
from dashboards.frame import Frame
from dashboards.queries import cash
from dashboards.sections.cash.aging import show_aging
from dashboards.sections.cash.application import show_application
from dashboards.sections.cash.bridge import show_bridge
from dashboards.sections.cash.deferred import show_deferred
from dashboards.sections.cash.payments import BILLED, RECEIPTS, show_failures, show_mix, show_months
from dashboards.sections.cash.reconciliation import show_reconciliation

MONTHS_OF_HISTORY = 13
# figure -> the exports without any of which it is not 0 but unknown
RESTS_ON = {
    "ar_balance": ("billing.invoices",),
    "billed_incl_tax": ("billing.invoices",),
    "billed": ("billing.invoices",),
    "collected": RECEIPTS,
    "dso_days": (),
}


def main(page: Frame) -> None:
    """KPI of the newest month → one of the views."""
    months = cash.months(page.snapshot)
    show_tiles(page, months)
    view = filters.segments(
        "view",
        tuple(VIEWS),
        default=next(iter(VIEWS)),
        label=page.text("cash.view"),
        show=lambda name: page.text(f"cash.view_name.{name}"),
        clears=(
            *("bucket", "state", "item", "maybe", "compared", "currency"),
            *("customer", "invoice", "receipt"),
        ),
    )
    VIEWS[view](page)


def show_tiles(page: Frame, months: pl.DataFrame) -> None:
    """The newest month's receivables, billing, receipts and DSO, and the month's failures."""
    if months.is_empty():
        return
    text = page.text
    history = months.tail(MONTHS_OF_HISTORY).to_dicts()
    now, before = history[-1], history[-2] if len(history) > 1 else {}
    st.caption(text("cash.tiles_month", month=page.formats.month(now["month"])))
    billed = BILLED[page.tax]
    with st.container(key="tiles"):
        for column, kind, is_more_better in (
            ("ar_balance", "money", False),
            (billed, "money", True),
            ("collected", "money", True),
            ("dso_days", "ratio", False),
        ):
            reason = now.get(f"{column}_null_reason")
            if RESTS_ON[column] and missing.all_of(page, RESTS_ON[column]):
                reason = missing.REASON
            is_known = reason != missing.REASON
            line = [float("nan" if row[column] is None else row[column]) for row in history]
            name = page.metric_name("mart_cash_monthly", column)
            tiles.show(
                text("cash.in_days", name=name) if column == "dso_days" else name,
                kind,
                now[column] if is_known else None,
                before.get(column) if is_known else None,
                page.formats,
                compared_with=text("home.to_previous_month"),
                without_change=text.code("null_reason", reason)
                if reason
                else text("home.nothing_to_compare"),
                definition=page.definition("mart_cash_monthly", column),
                is_more_better=is_more_better,
                line=line if is_known and len(line) > 1 else None,
            )
    unknown = now["billed_tax_unknown_count"] if page.tax == frame.WITHOUT_TAX else 0
    st.caption(
        text.joined(
            [
                text("cash.tiles_tax"),
                *([text("cash.tax_unknown", count=unknown)] if unknown else []),
            ]
        )
    )


VIEWS = {
    "aging": show_aging,
    "application": show_application,
    "months": show_months,
    "reconciliation": show_reconciliation,
    "mix": show_mix,
    "failures": show_failures,
    "deferred": show_deferred,
    "bridge": show_bridge,
}


main(frame.current())
