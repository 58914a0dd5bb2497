"""Runs and why one failed."""

import polars as pl
import streamlit as st

from dagster_project import lock, messages, runs
from dagster_project.settings import Settings
from dashboards import levels, tables
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.sections.admin.words import duration, heading, instant
from dashboards.tables import Column


def show_runs(page: Frame, settings: Settings) -> None:
    """Every run: when, outcome, how long, what failed; one of them in detail."""
    text = page.text
    title = heading(page, "runs", "runs")
    holder = lock.read_holder(settings.run_lock)
    if holder is not None:
        st.info(
            text(
                "admin.running", what=literal(holder.purpose), at=instant(page, holder.started_at)
            ),
            icon=":material/sync:",
        )
    history = runs.read_history(settings)
    if not history:
        st.info(text("admin.no_run"), icon=":material/inbox:")
        return
    rows = pl.DataFrame(
        [
            {
                "run_id": told["run_id"],
                "started": instant(page, told["started_at"]),
                "outcome": text.code("run_outcome", told["outcome"]),
                "duration": duration(sum(told["seconds"].values())),
                "as_of": told["as_of_date"],
                "failed": len(told["failed_tests"]),
                "held": told["held"],
                "why": why(page, told),
                "version": told["version"],
            }
            for told in history
        ],
        schema_overrides={"as_of": pl.String, "version": pl.String},
        infer_schema_length=None,
    )
    columns = [
        Column("started", text("admin.started"), is_pinned=True),
        Column("outcome", text("admin.outcome")),
        Column("duration", text("admin.duration")),
        Column("failed", text("admin.failed_tests"), "count"),
        Column("held", text("admin.held"), "count"),
        Column("why", text("column.reason")),
        Column("as_of", text("admin.as_of")),
        Column("version", text("admin.version")),
    ]
    chosen = levels.show(
        page,
        levels.Level("run", "run_id", title, text("admin.choose_run"), "runs"),
        rows,
        columns,
        describe=lambda row: text("admin.run_name", at=row["started"], outcome=row["outcome"]),
    )
    if chosen is not None:
        show_run(page, next(told for told in history if told["run_id"] == chosen["run_id"]))


def why(page: Frame, told: dict) -> str | None:
    """Why a run failed, in one line; None when it did not."""
    error = told["error"]
    if not error:
        return None
    explained = messages.explain(
        error["code"], page.text.lang, where=error["where"], **error["values"]
    )
    return messages.one_line(explained)


def show_run(page: Frame, told: dict) -> None:
    """The steps of a run with their time, and the promises that were broken."""
    text = page.text
    phases = "\n".join(
        text(
            "admin.phase",
            name=messages.say(f"phase_{name}", text.lang),
            duration=duration(seconds),
        )
        for name, seconds in told["seconds"].items()
    )
    st.markdown(text("admin.phases", phases=phases or text("format.missing")))
    if said := why(page, told):
        st.error(literal(said), icon=":material/report:")
    if told["failed_tests"]:
        failed = pl.DataFrame(
            [
                {"asserts": test["asserts"], "rows": test["failing_rows"], "name": test["name"]}
                for test in told["failed_tests"]
            ],
            schema={"asserts": pl.String, "rows": pl.Int64, "name": pl.String},
        )
        columns = [
            Column("asserts", text("quality.asserts"), is_pinned=True),
            Column("rows", text("quality.failing_rows"), "count"),
            Column("name", text("quality.tests")),
        ]
        tables.show(failed, columns, page.formats, key="run_tests", alt=text("quality.asserts"))
