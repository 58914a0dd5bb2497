"""管理: runs, versions, policy, deliveries, mappings, closes, access log, use of the pages."""

import streamlit as st

from dagster_project.messages import KeizokuError
from dagster_project.settings import load_settings
from dashboards import access, filters, frame, refusals
from dashboards.frame import Frame
from dashboards.sections.admin.deliveries import show_closes, show_deliveries
from dashboards.sections.admin.log import show_log, show_usage
from dashboards.sections.admin.mapping import show_mapping
from dashboards.sections.admin.policy import show_policy
from dashboards.sections.admin.runs import show_runs
from dashboards.sections.admin.versions import show_versions


def main(page: Frame) -> None:
    """One of the views, over the home's own records."""
    text = page.text
    st.info(text("admin.local_mode"), icon=":material/computer:")
    if not page.who.may(access.MANAGE_HOME):
        st.warning(text("admin.refused"), icon=":material/lock:")
        return
    try:
        settings = load_settings(page.home)
    except KeizokuError as error:
        refusals.show(text, error)
        return
    view = filters.segments(
        "view",
        tuple(VIEWS),
        default=next(iter(VIEWS)),
        label=text("admin.view"),
        show=lambda name: text(f"admin.view_name.{name}"),
        clears=("run", "delivery"),
    )
    VIEWS[view](page, settings)


VIEWS = {
    "runs": show_runs,
    "versions": show_versions,
    "policy": show_policy,
    "deliveries": show_deliveries,
    "mapping": show_mapping,
    "closes": show_closes,
    "log": show_log,
    "usage": show_usage,
}


main(frame.current())
