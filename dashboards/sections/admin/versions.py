"""Published versions and the way back to one."""

import polars as pl
import streamlit as st

from dagster_project import commands, publish
from dagster_project.messages import KeizokuError
from dagster_project.settings import Settings
from dashboards import access, refusals, tables
from dashboards.frame import Frame
from dashboards.sections.admin.words import heading, instant
from dashboards.tables import Column


def show_versions(page: Frame, settings: Settings) -> None:
    """The kept versions, and the way back to one of them."""
    text = page.text
    title = heading(page, "versions", "versions")
    names = tuple(publish.list_versions(settings.published))
    described = described_versions(settings, names, page.snapshot.name)
    rows = pl.DataFrame(
        [
            {
                "version": one["version"],
                "shown": text(
                    "admin.is_shown" if one["version"] == page.snapshot.name else "admin.kept"
                ),
                "as_of": one["as_of_date"],
                "published": instant(page, one["published_at"]),
                "state": one["problem"] or text("admin.whole"),
            }
            for one in described
        ],
        schema_overrides={"as_of": pl.String},
    )
    columns = [
        Column("version", text("admin.version"), is_pinned=True),
        Column("shown", text("admin.shown")),
        Column("as_of", text("admin.as_of")),
        Column("published", text("admin.published")),
        Column("state", text("column.state")),
    ]
    tables.show(rows, columns, page.formats, key="versions", alt=title)
    show_switch(
        page,
        settings,
        [
            one["version"]
            for one in described
            if not one["problem"] and one["version"] != page.snapshot.name
        ],
    )


@st.cache_data(show_spinner=False, max_entries=8)
def described_versions(_settings: Settings, names: tuple[str, ...], current: str) -> list[dict]:
    """Every version checked against its checksums: once per set of versions, not per look."""
    return publish.describe_versions(_settings.published)


def show_switch(page: Frame, settings: Settings, others: list[str]) -> None:
    """Choose a version, say that everybody shall see it, press."""
    text = page.text
    st.subheader(text("admin.switch"), anchor=False)
    if done := st.session_state.pop("switched_to", None):
        st.success(text("admin.switched", version=done), icon=":material/task_alt:")
    if not others:
        st.info(text("admin.no_other_version"), icon=":material/inventory_2:")
        return
    st.caption(text("admin.switch_note"))
    chosen = st.selectbox(
        text("admin.switch_to"),
        others,
        index=None,
        placeholder=text("admin.choose_version"),
        key="switch_to",
    )
    is_sure = st.checkbox(text("admin.switch_sure"), key="switch_sure", disabled=chosen is None)
    if not st.button(
        text("admin.switch_now"),
        type="primary",
        icon=":material/swap_horiz:",
        key="switch_now",
        disabled=not (chosen and is_sure),
    ):
        return
    # before it happens: what cannot be recorded is not done
    access.record(page.home, page.who, "publish", version=chosen, previous=page.snapshot.name)
    try:
        commands.publish_to(settings, chosen, wait_seconds=0)
    except KeizokuError as error:
        access.record(page.home, page.who, "publish_failed", version=chosen, why=error.code)
        refusals.show(text, error)
        return
    st.session_state["switched_to"] = chosen
    st.rerun()
