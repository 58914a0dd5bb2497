"""RFM: recency, frequency, monetary value."""

import polars as pl

from dashboards import charts, frame, levels, segment_charts
from dashboards.frame import Frame
from dashboards.queries import segments
from dashboards.sections.segments.lists import BELOW, RFM, nothing, revenue_column, show_customers
from dashboards.tables import Column

SCORES = ("1", "2", "3", "4", "5")


def show_rfm(page: Frame) -> None:
    """The grid of recency and frequency → its cells → customers."""
    text, formats = page.text, page.formats
    cells = segments.rfm_cells(page.snapshot)
    title = text("segments.rfm")
    frame.heading(
        page,
        title,
        unit=text("segments.people"),
        metrics=[(RFM, "r_score"), (RFM, "f_score"), (RFM, "m_score")],
        notes=[text("segments.rfm_note")],
    )
    if cells.is_empty():
        nothing(page, "rfm")
        return
    rows = cells.to_dicts()
    chart = segment_charts.grid(
        [
            segment_charts.Cell(
                across=str(row["f_score"]),
                down=str(row["r_score"]),
                value=row["customer_count"],
                text=formats.count(row["customer_count"]),
                facts=text(
                    "segments.cell_facts",
                    r=row["r_score"],
                    f=row["f_score"],
                    count=formats.count(row["customer_count"]),
                    revenue=formats.money(row["net_revenue_12m"]),
                ),
                puts={"cell": row["cell"]},
            )
            for row in rows
        ],
        across=SCORES,
        down=SCORES[::-1],
        across_title=text("segments.frequency"),
        down_title=text("segments.recency"),
        facts_title=text("segments.cell"),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="rfm", alt=title, clears=BELOW)
    total = segments.rfm_total(page.snapshot)
    levels.show_match(page, cells["customer_count"].sum(), total["customer_count"], formats.count)
    named = cells.with_columns(
        pl.Series(
            "name",
            [text("segments.cell_name", r=row["r_score"], f=row["f_score"]) for row in rows],
        )
    )
    cell = levels.show(
        page,
        levels.Level("cell", "cell", title, text("segments.choose_cell"), RFM, BELOW),
        named,
        [
            Column("name", text("segments.cell"), is_pinned=True),
            Column("customer_count", text("column.customers"), "count"),
            revenue_column(page),
        ],
        describe=lambda row: row["name"],
    )
    if cell is not None:
        show_customers(
            page,
            segments.of_cell(page.snapshot, cell["cell"]),
            title=cell["name"],
            amount=revenue_column(page),
            total=cell["net_revenue_12m"],
            show_number=formats.money,
        )
