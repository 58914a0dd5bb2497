"""Headings, moments and durations of the page."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from dashboards import printout
from dashboards.frame import Frame


def heading(page: Frame, view: str, unit: str) -> str:
    """The view's title with its explanation; returns the title."""
    title = page.text(f"admin.view_name.{view}")
    titled(page, title, unit, page.text(f"admin.help.{view}"))
    return title


def titled(page: Frame, title: str, unit: str, said: str) -> None:
    """A title and a unit. No as-of day: records of the home are those of this moment."""
    line = page.text("chart.unit", unit=page.text(f"admin.unit.{unit}"))
    st.subheader(title, help=said, anchor=False)
    st.caption(line)
    printout.section(title, line, None)


def instant(page: Frame, moment: str | None) -> str:
    """A time as a file keeps it (ISO, with or without its zone) as the reader's own."""
    if not moment:
        return page.text("format.missing")
    at = datetime.fromisoformat(moment)
    naive = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    return page.formats.instant(naive)


def duration(seconds: float) -> str:
    """Hours, minutes and seconds."""
    return str(timedelta(seconds=round(seconds)))


def moment(page: Frame, at: datetime | str | None) -> str:
    """A naive UTC time of the ledger."""
    return instant(page, at.isoformat() if isinstance(at, datetime) else at)
