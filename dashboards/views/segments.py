"""セグメント: customers in groups, by value, by what they are and where they came from, and whom to
approach next. One view at a time, named in the URL; every number leads to its customers.
"""

import streamlit as st

from dashboards import filters, frame
from dashboards.frame import Frame
from dashboards.sections.segments.acquisition import show_campaign, show_trial
from dashboards.sections.segments.attribute import show_attribute
from dashboards.sections.segments.decile import show_concentration, show_decile, show_pareto
from dashboards.sections.segments.dormant import show_dormant
from dashboards.sections.segments.offers import show_affinity, show_upsell
from dashboards.sections.segments.rfm import show_rfm
from dashboards.sections.segments.value import show_economics, show_ltv

BELOW_VIEW = (
    *("cell", "decile", "abc", "value", "channel", "campaign", "month", "pair", "offer", "kind"),
    *("customer", "trial", "line"),
)


def main(page: Frame) -> None:
    """Group of views → view."""
    text = page.text
    asked = st.query_params.get("view", "")
    group_of = {view: group for group, views in GROUPS.items() for view in views}
    group = filters.segments(
        "group",
        tuple(GROUPS),
        default=group_of.get(asked, next(iter(GROUPS))),
        label=text("segments.group"),
        show=lambda name: text(f"segments.group_name.{name}"),
        clears=("view", *BELOW_VIEW),
    )
    views = GROUPS[group]
    view = filters.segments(
        "view",
        tuple(views),
        default=next(iter(views)),
        label=text("segments.view"),
        show=lambda name: text(f"segments.view_name.{name}"),
        clears=BELOW_VIEW,
    )
    views[view](page)


GROUPS = {
    "value": {
        "rfm": show_rfm,
        "decile": show_decile,
        "pareto": show_pareto,
        "concentration": show_concentration,
        "ltv": show_ltv,
    },
    "origin": {
        "attribute": show_attribute,
        "campaign": show_campaign,
        "trial": show_trial,
        "economics": show_economics,
    },
    "next": {
        "affinity": show_affinity,
        "upsell": show_upsell,
        "dormant": show_dormant,
    },
}


main(frame.current())
