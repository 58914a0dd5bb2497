"""What the customer is worth, how it fares and where it stands among the others."""

import polars as pl
import streamlit as st

from dashboards import filters, frame, levels, tables, tiles
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import customer
from dashboards.sections.customer.header import HEALTH, RFM
from dashboards.sections.customer.lines import LAST_DIGIT
from dashboards.tables import Column


def show_value(page: Frame, known: dict) -> None:
    """Place among all customers, points of the health score, and the segments it belongs to."""
    show_place(page, known)
    show_health(page, known["customer_key"])
    show_segments(page, known["customer_key"])


def show_place(page: Frame, known: dict) -> None:
    """RFM scores with what they were made from, decile, ABC and shares."""
    text, formats = page.text, page.formats
    rfm = customer.rfm(page.snapshot, known["customer_key"])
    title = text("customer.rfm")
    scores = [(RFM, f"{name}_score") for name in ("r", "f", "m")]
    frame.heading(page, title, unit=text("customer.unit_score"), metrics=scores)
    if rfm is None:
        st.info(text("customer.no_rfm"), icon=":material/inbox:")
        return
    made_from = {
        "r_score": text("customer.days", value=formats.count(rfm["recency_days"])),
        "f_score": text("customer.times", value=formats.count(rfm["frequency_count"])),
        "m_score": formats.money(rfm["net_revenue_12m"]),
    }
    with st.container(key="tiles_rates"):
        for score, note in made_from.items():
            tiles.show(
                page.metric_name(RFM, score),
                "count",
                rfm[score],
                None,
                formats,
                compared_with="",
                without_change=note,
                definition=page.definition(RFM, score),
            )
        tiles.show(
            text("customer.decile"),
            "count",
            rfm["decile"],
            None,
            formats,
            compared_with="",
            without_change=text("customer.rank", rank=formats.count(rfm["value_rank"])),
            definition=page.definition("mart_decile", "net_revenue_12m"),
        )
        tiles.show(
            page.metric_name(RFM, "revenue_share_rate"),
            "rate",
            rfm["revenue_share_rate"],
            None,
            formats,
            compared_with="",
            without_change=text("customer.abc", abc=rfm["abc_class"] or text("format.missing")),
            definition=page.definition(RFM, "abc_class"),
        )
    if rfm["rfm_cell"]:
        st.page_link(
            "views/segments.py",
            label=text("customer.to_cell", cell=rfm["rfm_cell"]),
            icon=":material/arrow_forward:",
            query_params={**filters.frame_values(), "view": "rfm", "cell": rfm["rfm_cell"][:2]},
        )


def show_health(page: Frame, customer_key: str) -> None:
    """The components of the health score; their points add up to it."""
    text, formats = page.text, page.formats
    health = customer.health(page.snapshot, customer_key)
    title = text("customer.health")
    frame.heading(
        page,
        title,
        unit=text("customer.unit_points"),
        metrics=[(HEALTH, "health_score")],
    )
    if health is None:
        st.info(text("customer.no_health"), icon=":material/inbox:")
        return
    parts = customer.health_parts(page.snapshot, customer_key)
    shown = parts.with_columns(
        pl.Series("name", [text.code("customer.component", code) for code in parts["component"]]),
        pl.Series(
            "why", [text.code("customer.health_reason", code) for code in parts["reason_code"]]
        ),
    )
    if health["health_score"] is not None:
        score, total = health["health_score"], parts["contribution_score"].drop_nulls().sum()
        # each part is rounded to the millionth by itself
        is_rounding = abs(total - score) <= parts.height * LAST_DIGIT
        levels.show_match(page, score if is_rounding else total, score, formats.ratio)
    columns = [
        Column("name", text("customer.component_title"), is_pinned=True),
        Column("contribution_score", text("customer.contribution"), "ratio"),
        Column("component_score", text("customer.component_score"), "ratio"),
        Column("weight", text("customer.weight"), "ratio"),
        Column("why", text("column.reason")),
    ]
    tables.show(shown, columns, formats, key="health_parts", alt=title)
    tables.download(page, lambda: shown, columns, name="health", key="health_csv")


def show_segments(page: Frame, customer_key: str) -> None:
    """The value of each attribute figures can be cut by; each leads to the others of it."""
    text = page.text
    segments = customer.segments(page.snapshot, customer_key)
    title = text("customer.segments")
    st.subheader(title, anchor=False)
    for row in segments.to_dicts():
        attribute, value = row["segment_attribute"], row["segment_value"]
        st.page_link(
            "views/segments.py",
            label=text(
                "customer.segment",
                attribute=text.code("segment_attribute", attribute),
                value=literal(text.code("segment_value", value)),
            ),
            icon=":material/donut_small:",
            query_params={
                **filters.frame_values(),
                "view": "attribute",
                "by": attribute,
                "value": value,
            },
        )
