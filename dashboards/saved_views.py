"""Views of pages kept under a name: the address as it stands, to come back to or to share.

A view is an address and nothing else: whoever opens it sees what their own rights let them see.
"""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dagster_project import commands, kept
from dagster_project.messages import KeizokuError
from dagster_project.settings import load_settings
from dashboards import access, clock, refusals
from dashboards.catalogue import Text, literal
from dashboards.filters import FRAME_NAMES


def show(
    home: Path,
    who: access.Principal,
    text: Text,
    pages: Mapping[str, StreamlitPage],
    current: str,
) -> None:
    """The list of kept views and the form to keep this one, in a popover of the sidebar.

    pages: by their path in the address; current: the path of the page shown.
    """
    offer = st.sidebar.popover(
        text("saved_views.title"),
        icon=":material/bookmark:",
        width="stretch",
        key="saved_views",
        on_change="rerun",
    )
    if not offer.open:
        return
    with offer:
        try:
            settings = load_settings(home)
            found = kept.read(settings.views, who.name)
        except KeizokuError as error:
            refusals.show(text, error)
            return
        for view in found:
            _show_one(home, who, text, pages, view)
        if not found:
            st.caption(text("saved_views.none"))
        _show_form(home, who, text, current)


def _show_one(home: Path, who, text: Text, pages, view: kept.Kept) -> None:
    path, _, asked = view.content.partition("?")
    if path not in pages:  # a page that is no more
        st.caption(text("saved_views.gone", name=literal(view.name)))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            pages[path],
            label=literal(view.name),
            icon=":material/group:" if view.is_shared else ":material/bookmark:",
            query_params=dict(parse_qsl(asked)),
            help=text("saved_views.kept_by", who=literal(view.saved_by), page=pages[path].title),
        )
        if view.saved_by == who.name:
            st.button(
                text("saved_views.delete"),
                icon=":material/delete:",
                type="tertiary",
                key=f"delete_view_{view.name}",
                on_click=_delete,
                args=(home, who, view.name),
            )


def _delete(home: Path, who: access.Principal, name: str) -> None:
    access.record(home, who, "delete_view", name=name)
    with contextlib.suppress(KeizokuError):  # deleted already, from another tab: it is gone
        commands.delete_view(load_settings(home), name, by=who.name)


def _show_form(home: Path, who: access.Principal, text: Text, current: str) -> None:
    asked = st.query_params.to_dict()
    with st.form(key="keep_view", border=False):
        name = st.text_input(text("saved_views.name"), max_chars=kept.NAME_LENGTH)
        is_shared = st.checkbox(text("saved_views.share"))
        if not st.form_submit_button(text("saved_views.keep"), icon=":material/bookmark_add:"):
            return
    # the language and unit of whoever opens it are their own
    kept_values = {key: value for key, value in asked.items() if key not in FRAME_NAMES}
    try:
        commands.save_view(
            load_settings(home),
            name,
            f"{current}?{urlencode(kept_values)}",
            is_shared=is_shared,
            by=who.name,
            now=clock.utc_now(),
        )
    except KeizokuError as error:
        refusals.show(text, error)
        return
    access.record(home, who, "save_view", name=name, is_shared=is_shared)
    st.rerun()
