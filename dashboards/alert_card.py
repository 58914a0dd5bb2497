"""What needs a look today, on ホーム: the open alerts, and behind one press all there ever were."""

from datetime import UTC, datetime

import polars as pl
import streamlit as st

from dagster_project import alerts
from dagster_project.messages import KeizokuError
from dashboards import tables
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.tables import Column

OPEN_SHOWN = 3  # the numbers of the month are what ホーム is for; all are one press away
PAGES = {"quality": "views/quality.py", "risk": "views/risk.py"}
SHORT = ("failed_run", "held_delivery", "unrecognised_file", "stale_source", "broken_rule")


def show(page: Frame) -> None:
    """The card; nothing where nothing was ever told."""
    text = page.text
    try:
        known = alerts.read_alerts(alerts.read_lines(page.home / "alerts" / "alerts.jsonl"))
    except KeizokuError as error:
        st.warning(text("alerts.unreadable", where=literal(error.where)), icon=":material/report:")
        return
    if not known:
        return
    newest_first = list(reversed(known))
    waiting = [alert for alert in newest_first if alert.is_open]
    with st.container(border=True, key="alert_card"):
        title = text("alerts.title", count=len(waiting))
        st.subheader(title, anchor=False, help=text("alerts.help"))
        if not waiting:
            st.markdown(text("alerts.nothing"))
        for alert in waiting[:OPEN_SHOWN]:
            _show_line(page, alert)
        if len(waiting) > OPEN_SHOWN:
            st.caption(text("alerts.more", count=len(waiting) - OPEN_SHOWN))
        history = st.expander(text("alerts.history", count=len(known)), on_change="rerun")
        if history.open:
            with history:
                _show_history(page, newest_first)


def _show_line(page: Frame, alert: alerts.Alert) -> None:
    text = page.text
    about_running = ":material/build_circle:"
    icon = about_running if alert.kind in SHORT else ":material/notifications:"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            text(
                "alerts.line",
                icon=icon,
                what=literal(_said(page, alert)),
            ),
            width="content",
        )
        st.caption(text("alerts.since", since=_instant(page, alert.opened_at)), width="content")
        name = alert.page.split("?")[0]
        if name in PAGES:
            label = text(f"alerts.to_page.{name}")
            st.page_link(PAGES[name], label=label, icon=":material/arrow_forward:")
    if alert.unsent:
        channels = text.joined(text.code("alerts.channel", name) for name in alert.unsent)
        st.caption(text("alerts.unsent", channels=channels))


def _show_history(page: Frame, known: list[alerts.Alert]) -> None:
    text = page.text
    rows = pl.DataFrame(
        {
            "state": [text(f"alerts.state.{_state(alert)}") for alert in known],
            "what": [_said(page, alert) for alert in known],
            "opened": [_instant(page, alert.opened_at) for alert in known],
            "closed": [
                _instant(page, alert.closed_at) if alert.closed_at else text("format.missing")
                for alert in known
            ],
            "unsent": [
                text.joined(text.code("alerts.channel", name) for name in alert.unsent)
                or text("format.missing")
                for alert in known
            ],
        }
    )
    columns = [
        Column(name, text(f"alerts.column.{name}"), is_pinned=name == "state")
        for name in rows.columns
    ]
    title = text("alerts.history", count=len(known))
    tables.show(rows, columns, page.formats, key="alert_history", alt=title)
    tables.download(page, lambda: rows, columns, name="alerts", key="alerts_csv")


def _state(alert: alerts.Alert) -> str:
    return "open" if alert.is_open else "closed"


def _said(page: Frame, alert: alerts.Alert) -> str:
    return alerts.describe(alert.kind, alert.values, page.text.lang)


def _instant(page: Frame, moment: str) -> str:
    utc = datetime.fromisoformat(moment).astimezone(UTC)
    return page.formats.instant(utc.replace(tzinfo=None))
