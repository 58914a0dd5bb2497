"""The customers the page is about."""

from dataclasses import dataclass

import streamlit as st

from dashboards import customers, filters
from dashboards.frame import KPI_MART, Frame
from dashboards.queries import retention

EVERYBODY = "all"
FLOW = "mart_revenue_retention"
BELOW_SEGMENT = ("cohort", "k", *customers.BELOW_LIST)


@dataclass(frozen=True)
class Segment:
    """The customers shown: everybody, or those of one value of an attribute."""

    attribute: str
    value: str

    @property
    def mart(self) -> str:
        """Whose metrics the figures are: of everybody they are the company's own."""
        return KPI_MART if self.attribute == EVERYBODY else FLOW


def choose_segment(page: Frame) -> Segment:
    """The attribute and its value; everybody when the URL names none."""
    text = page.text
    values: dict[str, list[str]] = {EVERYBODY: [EVERYBODY]}
    for row in retention.segments(page.snapshot).to_dicts():
        if row["segment_attribute"] != EVERYBODY:
            values.setdefault(row["segment_attribute"], []).append(row["segment_value"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        attribute = filters.select(
            "by",
            list(values),
            default=EVERYBODY,
            label=text("retention.by"),
            show=lambda name: text.code("segment_attribute", name),
            clears=("segment", *BELOW_SEGMENT),
            width=220,
        )
        value = values[attribute][0]
        if attribute != EVERYBODY:
            value = filters.select(
                "segment",
                values[attribute],
                default=value,
                label=text("retention.segment"),
                show=lambda name: segment_name(page, name),
                clears=BELOW_SEGMENT,
                width=260,
            )
    return Segment(attribute, value)


def segment_name(page: Frame, value: str) -> str:
    """A value of an attribute in words: codes of the product are translated, names are not."""
    return page.text.code("segment_value", value)
