"""What was never delivered: a figure that rests on it is unknown, not nought, and says so."""

from collections.abc import Sequence

import streamlit as st

from dashboards.frame import Frame
from dashboards.queries import about

REASON = "not_delivered"  # of the null of a figure whose export never came


def all_of(page: Frame, entities: Sequence[str]) -> bool:
    """Whether not one export of these kinds of data was ever delivered."""
    return about.delivered_entities(page.snapshot).isdisjoint(entities)


def tell(page: Frame, what: str, entities: Sequence[str]) -> None:
    """One line that names those never delivered, and what fills once they are; else nothing.

    what: the key of the words for what fills.
    """
    text = page.text
    delivered = about.delivered_entities(page.snapshot)
    names = [
        text("missing.export", name=text.code("entity", entity), entity=entity)
        for entity in entities
        if entity not in delivered
    ]
    if names:
        exports = text("missing.separator").join(names)
        st.caption(text("missing.tell", exports=exports, what=text(f"missing.{what}")))
