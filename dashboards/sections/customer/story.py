"""What happened: the timeline and the MRR beside it."""

import polars as pl
import streamlit as st

from dashboards import charts, customer_charts, filters, frame, levels, timeline
from dashboards.frame import Frame
from dashboards.queries import customer
from dashboards.sections.customer.lines import show_line
from dashboards.tables import Column

ALL = "all"


def show_timeline(page: Frame, known: dict) -> None:
    """MRR over time, and everything that happened in one list by day."""
    text, formats = page.text, page.formats
    key = known["customer_key"]
    show_mrr(page, known)
    events = timeline.of_customer(page, key)
    counts = dict(events.group_by("kind").len().iter_rows())
    title = text("customer.timeline")
    frame.heading(
        page,
        title,
        unit=text("customer.unit_event"),
        definition=text("customer.timeline_help"),
        notes=[text("customer.timeline_note")],
    )
    if events.is_empty():
        st.info(text("customer.no_event"), icon=":material/hourglass_empty:")
        return
    kind = filters.segments(
        "kind",
        (ALL, *(name for name in timeline.KINDS if name in counts)),
        default=ALL,
        label=text("customer.kind"),
        show=lambda name: text(
            "customer.kind_count",
            kind=text.code("customer.event", name),
            count=formats.count(counts.get(name, events.height)),
        ),
        clears=("event",),
    )
    shown = events if kind == ALL else events.filter(pl.col("kind") == kind)
    event = levels.show(
        page,
        levels.Level(
            "event", "event_key", title, text("customer.choose_event"), "customer_timeline"
        ),
        shown,
        [
            Column("day", text("customer.day"), "date", is_pinned=True),
            Column("kind_name", text("column.movement_type")),
            Column("what", text("customer.what")),
            Column("amount", text("customer.amount")),
            Column("source", text("column.source")),
        ],
        describe=lambda row: text(
            "customer.event_name",
            day=formats.date(row["day"]),
            kind=row["kind_name"],
            what=row["what"],
        ),
    )
    if event is None:
        return
    if event["kind"] == "movement":
        st.page_link(
            "views/mrr.py",
            label=text("customer.to_movement"),
            icon=":material/arrow_forward:",
            query_params={
                **filters.frame_values(),
                "month": event["month"],
                "type": event["movement_type"],
                "customer": key,
            },
        )
    show_line(page, event, event["entity"])


def show_mrr(page: Frame, known: dict) -> None:
    """MRR at each month's end, as stairs; the last one is the tile above."""
    text, formats = page.text, page.formats
    key = known["customer_key"]
    by_month = customer.mrr_by_month(page.snapshot, key)
    if by_month.is_empty():
        return
    moved = {
        row["month"]: timeline.movement_key(row)
        for row in customer.movements(page.snapshot, key).to_dicts()
    }
    title = text("customer.mrr_over_time")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[("mart_kpi_monthly", "mrr")],
        notes=[text("customer.mrr_note")],
    )
    stairs = [
        customer_charts.Level(
            row["month_end"],
            formats.money_pixels(row["mrr"]),
            formats.money(row["mrr"]),
            formats.month(row["month"]),
            {"kind": "movement", "event": moved[row["month"]]} if row["month"] in moved else None,
        )
        for row in by_month.to_dicts()
    ]
    chart = customer_charts.levels_over_time(
        stairs,
        day_title=text("column.month_end"),
        mrr_title=formats.money_unit(),
        month_labels=formats.month_axis_expression(),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="mrr_over_time", alt=title)
