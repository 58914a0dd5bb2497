"""Files received and months closed."""

import sqlite3
from decimal import Decimal

import polars as pl
import streamlit as st

from dagster_project import closes, commands
from dagster_project.messages import KeizokuError
from dagster_project.settings import Settings
from dashboards import refusals, tables
from dashboards.frame import Frame
from dashboards.sections.admin.words import heading, moment
from dashboards.tables import Column


def show_deliveries(page: Frame, settings: Settings) -> None:
    """Every file that arrived, whether it counts, and why not."""
    from sources import landing

    text, formats = page.text, page.formats
    title = heading(page, "deliveries", "files")
    try:
        found = landing.deliveries(commands.landing_home(settings))
    except KeizokuError as error:
        refusals.show(text, error)
        return
    except (sqlite3.Error, OSError) as error:
        said = KeizokuError("ledger_unreadable", where=str(settings.landed), detail=error)
        refusals.show(text, said)
        return
    if not found:
        st.info(text("admin.no_delivery"), icon=":material/inbox:")
        return
    newest_first = sorted(found, key=lambda one: str(one.received_at), reverse=True)
    rows = pl.DataFrame(
        [delivery_row(page, commands.describe_delivery(one)) for one in newest_first],
        infer_schema_length=None,
    )
    waiting = rows.filter(pl.col("state_code") == "held").height
    if waiting:
        st.warning(text("admin.waiting", count=waiting), icon=":material/pan_tool:")
    columns = [
        Column("file", text("quality.file"), is_pinned=True),
        Column("state", text("column.state")),
        Column("system", text("quality.source")),
        Column("received", text("quality.received")),
        Column("exported", text("quality.exported")),
        Column("rows", text("quality.rows_landed"), "count"),
        Column("quarantined", text("quality.rows_quarantined"), "count"),
        Column("why", text("column.reason")),
        Column("delivery_id", text("quality.delivery")),
    ]
    tables.show(rows, columns, formats, key="deliveries", alt=title)
    tables.download(page, lambda: rows, columns, name="deliveries", key="deliveries_csv")
    st.caption(text("admin.delivery_commands"))


def delivery_row(page: Frame, told: dict) -> dict:
    """A delivery as a row of the table."""
    problems = [
        f"{problem[page.text.lang]} [{problem['detail']}]"
        if problem["detail"]
        else problem[page.text.lang]
        for problem in told["problems"]
    ]
    return {
        "delivery_id": told["delivery_id"],
        "file": told["file_name"],
        "state_code": str(told["state"]),
        "state": page.text.code("delivery_state", told["state"]),
        "system": told["source_system"],
        "received": moment(page, told["received_at"]),
        "exported": moment(page, told["exported_at"]),
        "rows": told["rows_landed"],
        "quarantined": told["rows_quarantined"],
        "why": page.text.joined(problems) or None,
    }


def show_closes(page: Frame, settings: Settings) -> None:
    """The closed months as reported, each checked against what was kept."""
    text, formats = page.text, page.formats
    title = heading(page, "closes", "months")
    found = closes.read_closes(settings.closes)
    if not found:
        st.info(text("admin.no_close"), icon=":material/event_busy:")
        return
    rows = pl.DataFrame(
        [
            {
                "month": one.month,
                "revision": one.facts["revision"],
                "closed_on": one.facts.get("closed_on"),
                "end_mrr": Decimal(str(one.facts["end_mrr"])) if "end_mrr" in one.facts else None,
                "version": one.facts.get("version"),
                "why": one.facts.get("reason"),
                "state": one.problem or text("admin.whole"),
            }
            for one in found
        ],
        infer_schema_length=None,
    )
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        Column("revision", text("admin.revision"), "count"),
        Column("closed_on", text("admin.closed_on")),
        Column("end_mrr", text("quality.reported"), "money"),
        Column("why", text("column.reason")),
        Column("state", text("column.state")),
        Column("version", text("admin.version")),
    ]
    tables.show(rows, columns, formats, key="closes", alt=title)
    tables.download(page, lambda: rows, columns, name="closes", key="closes_csv")
