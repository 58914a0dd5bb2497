"""What was done about a customer at risk: to record it, and what came of it."""

from datetime import date

import polars as pl
import streamlit as st

from dashboards import access, clock, frame, levels, tables
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import risk
from dashboards.tables import Column

OUTCOME = "mart_approach_outcome"
WAIT_SECONDS = 5  # for a run in progress; the reader is told and can press again
OUTCOMES = ("no_answer", "talked", "promised_to_stay", "solved", "will_leave")
ACTIONS = (
    "call",
    "confirm_renewal",
    "settle_payment",
    "apologise_and_solve",
    "help_to_use",
    "collect_papers",
    "win_back",
)


def show_record(page: Frame, customer: dict) -> None:
    """What was done about the customer so far, and a form to write down what was done now."""
    text, formats = page.text, page.formats
    key = customer["customer_key"]
    st.markdown(text("risk.done"))
    done = risk.actions(page.snapshot, key)
    if done.is_empty():
        st.caption(text("risk.nothing_done"))
    else:
        show_actions(page, done, key)
    if not page.who.may(access.RECORD_APPROACHES):
        st.caption(text("risk.may_not_record"))
        return
    recorded = st.session_state.setdefault("approaches_recorded", {})
    today = formats.local_date(clock.utc_now().replace(tzinfo=None))
    with (
        st.expander(text("risk.record_title"), icon=":material/edit_note:"),
        # a new form after each one recorded; what could not be recorded stays as it was typed
        st.form(f"approach_{key}_{len(recorded.get(key, ()))}", border=False),
    ):
        action = st.selectbox(
            text("risk.what"),
            ACTIONS,
            index=ACTIONS.index(customer["action_code"]),
            format_func=lambda code: text.code("approach_action", code),
        )
        outcome = st.selectbox(
            text("risk.outcome"),
            OUTCOMES,
            format_func=lambda code: text.code("approach_outcome", code),
        )
        on = st.date_input(
            text("risk.when"), today, max_value=today, format=text("risk.date_format")
        )
        by = st.text_input(text("risk.who"), page.who.name)
        note = st.text_area(text("risk.note"), placeholder=text("risk.note_hint"))
        if st.form_submit_button(text("risk.save"), icon=":material/save:"):
            problem = record(page, key, action, outcome, on, note.strip(), by.strip())
            if problem:
                st.error(problem, icon=":material/error:")
            else:
                recorded.setdefault(key, []).append(
                    text(
                        "risk.recorded_line",
                        date=formats.date(on),
                        action=text.code("approach_action", action),
                        outcome=text.code("approach_outcome", outcome),
                    )
                )
    if recorded.get(key):
        st.success(text("risk.recorded", lines=text.joined(recorded[key])), icon=":material/check:")


def record(
    page: Frame, key: str, action: str, outcome: str, on: date, note: str, by: str
) -> str | None:
    """Keep the approach through the one command that writes; what went wrong in words, or None."""
    from dagster_project import commands, messages
    from dagster_project.messages import KeizokuError
    from dagster_project.settings import load_settings

    access.record(
        page.home,
        page.who,
        "record_approach",
        version=page.snapshot.name,
        customer_key=key,
        action_code=action,
        outcome_code=outcome,
    )
    try:
        commands.record_approach(
            load_settings(page.home),
            key,
            action=action,
            outcome=outcome,
            on=on,
            note=note or None,
            by=by or page.who.name,
            now=clock.utc_now(),
            wait_seconds=WAIT_SECONDS,
        )
    except KeizokuError as error:
        told = messages.explain(error.code, page.text.lang, where=error.where, **error.values)
        return page.text(
            "risk.not_recorded", **{part: literal(value) for part, value in told.items()}
        )
    return None


def show_actions(page: Frame, done: pl.DataFrame, key: str | None) -> None:
    """Approaches recorded: when, what, what came of it, and whether the customer was kept."""
    text = page.text
    noted = risk.notes(page.snapshot, key)
    rows = done.to_dicts()
    shown = levels.named(page, done).with_columns(
        pl.Series("action", [text.code("approach_action", row["action_code"]) for row in rows]),
        pl.Series("outcome", [text.code("approach_outcome", row["outcome_code"]) for row in rows]),
        pl.Series("note", [noted.get(row["approach_key"], "") for row in rows], dtype=pl.String),
        pl.Series("kept", [kept(page, row) for row in rows]),
    )
    columns = [
        Column("acted_on", text("risk.when"), "date", is_pinned=True),
        *([] if key else [Column("customer", text("column.customer"))]),
        Column("action", text("risk.what")),
        Column("outcome", text("risk.outcome")),
        Column("kept", text("risk.kept")),
        Column("recorded_by", text("risk.who")),
        Column("note", text("risk.note")),
    ]
    tables.show(shown, columns, page.formats, key="actions", alt=text("risk.done"))
    tables.download(
        page,
        lambda: shown,
        columns,
        name="approaches",
        key="actions_csv",
        before=lambda: levels.record_export(page, "mart_approach_action", shown.height),
    )


def kept(page: Frame, row: dict) -> str:
    """Whether the customer was still there 90 days after the approach, or not known yet."""
    if row["is_retained_90d"] is None:
        return page.text("risk.kept_open")
    if row["is_retained_90d"]:
        return page.text("risk.kept_yes")
    return page.text("risk.kept_no", date=page.formats.date(row["churned_on"]))


def show_approaches(page: Frame) -> None:
    """What came of the approaches by action and outcome, and every one recorded."""
    text = page.text
    title = text("risk.outcomes")
    frame.heading(
        page,
        title,
        unit=text("risk.times"),
        metrics=[(OUTCOME, "retained_rate")],
        notes=[text("risk.outcomes_note")],
    )
    outcomes = risk.outcomes(page.snapshot)
    done = risk.actions(page.snapshot, None)
    if outcomes.is_empty():
        st.info(text("risk.no_outcome"), icon=":material/edit_note:")
        return
    shown = outcomes.with_columns(
        pl.Series(
            "action", [text.code("approach_action", code) for code in outcomes["action_code"]]
        ),
        pl.Series(
            "outcome", [text.code("approach_outcome", code) for code in outcomes["outcome_code"]]
        ),
    )
    levels.show_match(page, done.height, shown["action_count"].sum(), page.formats.count)
    columns = [
        Column("action", text("risk.what"), is_pinned=True),
        Column("outcome", text("risk.outcome")),
        Column("action_count", text("risk.action_count"), "count"),
        Column("watched_count", text("risk.watched"), "count"),
        Column("retained_count", text("risk.retained"), "count"),
        Column("retained_rate", page.metric_name(OUTCOME, "retained_rate"), "rate"),
    ]
    tables.show(shown, columns, page.formats, key="outcomes", alt=title)
    levels.reasons(page, shown, columns)
    tables.download(page, lambda: shown, columns, name="approach_outcomes", key="outcomes_csv")
    st.subheader(text("risk.all_done"), anchor=False)
    show_actions(page, done, None)
