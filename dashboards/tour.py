"""The first visit: what the pages are and how to read them, in a few steps that can be closed.

Not a dialog: the numbers stay in sight and in reach while it is read.
"""

import streamlit as st

from dashboards import access, filters
from dashboards.frame import Frame

STEPS = ("welcome", "numbers", "way_down", "files", "help")
ASKED_FOR = "tour"  # in the URL: show it again


def begin_on_first_visit(page: Frame) -> None:
    """Open the tour for someone the access log does not know; before this visit is recorded."""
    if "tour_step" not in st.session_state:
        is_new = not access.has_come_before(page.home, page.who)
        st.session_state["tour_step"] = 0 if is_new else None


def show(page: Frame) -> None:
    """The open step with its buttons; nothing once it was closed or read to the end."""
    if ASKED_FOR in st.query_params:
        st.session_state["tour_step"] = 0
        filters.put(**{ASKED_FOR: None})
    step = st.session_state.get("tour_step")
    if step is None:
        return
    text = page.text
    with st.container(border=True, key="tour"):
        st.markdown(text(f"tour.{STEPS[step]}"))
        with st.container(horizontal=True, vertical_alignment="center"):
            if step + 1 < len(STEPS):
                st.button(
                    text("tour.next"),
                    type="primary",
                    key="tour_next",
                    on_click=_go,
                    args=(step + 1,),
                )
            st.button(text("tour.close"), key="tour_close", on_click=_go, args=(None,))
            st.caption(text("tour.place", step=step + 1, count=len(STEPS)), width="content")


def _go(step: int | None) -> None:
    st.session_state["tour_step"] = step
