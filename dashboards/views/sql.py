"""SQL: ask the published version anything; the answer as table, chart and file; queries kept."""

import contextlib
from datetime import datetime

import polars as pl
import streamlit as st

from dagster_project import commands, kept
from dagster_project.kept import Kept
from dagster_project.messages import KeizokuError
from dagster_project.settings import load_settings
from dashboards import (
    access,
    clock,
    filters,
    frame,
    levels,
    questions,
    refusals,
    schema,
    sql_chart,
    tables,
)
from dashboards.frame import Frame
from dashboards.questions import Outcome
from dashboards.tables import Column

EDITOR = "sql_text"
OUTCOME = "sql_outcome"
LOADED = "sql_loaded"
PEOPLE = "sql_people"
EDITOR_PIXELS = 230
ROWS_SHOWN = 500
PANELS = ("tables", "saved", "history")
SHOWS = ("table", "chart")


def main(page: Frame) -> None:
    """Editor and what helps to write → the answer."""
    text = page.text
    if not page.who.may(access.AD_HOC_SQL):
        st.warning(text("sql.refused"), icon=":material/lock:")
        return
    st.session_state.setdefault(EDITOR, text("sql.example"))
    saved = read_saved(page)
    open_link(page, saved)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        show_editor(page)
        show_save(page, saved)
    with right:
        show_panel(page, saved)
    show_outcome(page)


def read_saved(page: Frame) -> dict[str, Kept]:
    """The queries this person may see, by name; none, and why, when they cannot be read."""
    try:
        settings = load_settings(page.home)
        found = kept.read(settings.queries, page.who.name)
    except KeizokuError as error:
        refusals.show(page.text, error)
        return {}
    return {one.name: one for one in found}


def open_link(page: Frame, saved: dict[str, Kept]) -> None:
    """An address that names a saved query fills the editor and runs it without personal columns.

    Personal columns are opened only by the person who presses the button: an address sent by
    somebody else cannot.
    """
    name = st.query_params.get("query")
    if name is None:
        st.session_state.pop(LOADED, None)
        return
    if name not in saved:
        st.warning(page.text("sql.no_such_query"), icon=":material/link_off:")
        return
    if st.session_state.get(LOADED) == name:
        return
    st.session_state[LOADED] = name
    st.session_state[EDITOR] = saved[name].content
    run(page, has_personal_columns=False)


# ---- editor ----


def show_editor(page: Frame) -> None:
    """The statement, whether personal columns are opened, and the button that runs it."""
    text = page.text
    st.text_area(
        text("sql.editor"),
        key=EDITOR,
        height=EDITOR_PIXELS,
        help=text("sql.editor_help"),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        is_pressed = st.button(
            text("sql.run"), type="primary", icon=":material/play_arrow:", key="sql_run"
        )
        has_people = page.snapshot.has_personal_columns and st.toggle(
            text("sql.people"), key=PEOPLE, help=text("sql.people_help")
        )
    limits = questions.LIMITS
    st.caption(
        text(
            "sql.limits",
            seconds=limits.seconds,
            rows=page.formats.count(limits.row_count),
        )
    )
    if is_pressed:
        forget_link_of_another_text(page)
        run(page, has_personal_columns=has_people)


def run(page: Frame, *, has_personal_columns: bool) -> None:
    """Runs what stands in the editor and keeps the outcome for the session."""
    with st.spinner(page.text("sql.running")):
        st.session_state[OUTCOME] = questions.ask(
            page, st.session_state[EDITOR], has_personal_columns=has_personal_columns
        )


def forget_link_of_another_text(page: Frame) -> None:
    """The address names a saved query only while that is what runs."""
    saved = read_saved(page).get(st.query_params.get("query", ""))
    if saved is not None and saved.content != st.session_state[EDITOR].strip():
        filters.put(query=None)
        st.session_state.pop(LOADED, None)


def put_in_editor(sql: str) -> None:
    """Callback: this statement stands in the editor, not run; the address names no query."""
    st.session_state[EDITOR] = sql
    st.session_state.pop(LOADED, None)
    filters.put(query=None)


def show_save(page: Frame, saved: dict[str, Kept]) -> None:
    """A name for what stands in the editor, for oneself or for everybody."""
    text = page.text
    with st.popover(text("sql.save"), icon=":material/bookmark_add:", type="tertiary"):
        name = st.text_input(text("sql.name"), key="sql_name", max_chars=kept.NAME_LENGTH)
        is_shared = st.toggle(text("sql.share"), key="sql_share", help=text("sql.share_help"))
        if name in saved:
            st.caption(text("sql.replaces"))
        if not st.button(text("sql.save_now"), key="sql_save", disabled=not name):
            return
        try:
            made = commands.save_query(
                load_settings(page.home),
                name,
                st.session_state[EDITOR],
                is_shared=is_shared,
                by=page.who.name,
                now=clock.utc_now(),
            )
        except KeizokuError as error:
            refusals.show(text, error)
            return
        access.record(page.home, page.who, "save_query", name=made.name, is_shared=is_shared)
        st.session_state[LOADED] = made.name  # what stands in the editor; not run again
        filters.put(query=made.name, panel="saved")
        st.rerun()


# ---- what helps to write ----


def show_panel(page: Frame, saved: dict[str, Kept]) -> None:
    """Tables and columns, saved queries, or what this person ran."""
    panel = filters.segments(
        "panel",
        PANELS,
        default=PANELS[0],
        label=page.text("sql.panel"),
        show=lambda name: page.text(f"sql.panel_name.{name}"),
    )
    if panel == "tables":
        show_tables(page)
    elif panel == "saved":
        show_saved(page, saved)
    else:
        show_history(page)


def show_tables(page: Frame) -> None:
    """Tables of the version found by what they or their columns are called; one in detail below."""
    text = page.text
    words = st.text_input(text("sql.search"), key="sql_search", placeholder=text("sql.search_hint"))
    found = schema.search(page, words)
    if not found:
        st.info(text("sql.nothing_found"), icon=":material/search_off:")
        return
    st.caption(text("sql.tables_found", count=page.formats.count(len(found))))
    by_name = {table.name: table for table in found}
    chosen = filters.select(
        "table",
        list(by_name),
        default=None,
        label=text("sql.table"),
        show=lambda name: name,
        placeholder=text("sql.choose_table"),
    )
    if chosen is None:
        return
    table = by_name[chosen]
    st.caption(text("sql.table_facts", rows=page.formats.count(table.row_count)))
    st.text(table.description)
    st.button(
        text("sql.start_here"),
        icon=":material/edit:",
        key="sql_start",
        on_click=put_in_editor,
        args=(text("sql.starter", table=table.name),),
    )
    columns = [
        Column("name", text("sql.column"), is_pinned=True),
        Column("called", text("sql.called")),
        Column("unit", text("sql.unit")),
        Column("meaning", text("sql.meaning")),
        Column("kind", text("sql.kind")),
        Column("class", text("sql.class")),
    ]
    rows = schema.columns(page, table)
    tables.show(rows, columns, page.formats, key="sql_columns", alt=table.name)
    tables.download(page, lambda: rows, columns, name=table.name, key="sql_columns_csv")


def show_saved(page: Frame, saved: dict[str, Kept]) -> None:
    """Saved queries: choosing one puts it into the address, which is the link to send."""
    text, formats = page.text, page.formats
    if not saved:
        st.info(text("sql.none_saved"), icon=":material/bookmark:")
        return
    chosen = filters.select(
        "query",
        list(saved),
        default=None,
        label=text("sql.saved"),
        show=lambda name: name,
        placeholder=text("sql.choose_query"),
    )
    if chosen is None:
        return
    one = saved[chosen]
    st.caption(
        text(
            "sql.saved_by",
            who=one.saved_by,
            at=formats.instant(naive(one.saved_at)),
            seen_by=text("sql.seen_by_all" if one.is_shared else "sql.seen_by_me"),
        )
    )
    st.caption(text("sql.link_note"))
    if one.saved_by == page.who.name:
        with st.popover(text("sql.delete"), icon=":material/delete:", type="tertiary"):
            st.button(
                text("sql.delete_now"),
                key="sql_delete",
                on_click=delete,
                args=(page, one.name),
            )


def delete(page: Frame, name: str) -> None:
    """Callback: removes a saved query; its address says from now on that it is gone."""
    with contextlib.suppress(KeizokuError):  # deleted already, from another tab: it is gone
        commands.delete_query(load_settings(page.home), name, by=page.who.name)
    access.record(page.home, page.who, "delete_query", name=name)
    st.session_state.pop(LOADED, None)
    filters.put(query=None)


def show_history(page: Frame) -> None:
    """What this person ran, the latest first; one of them back into the editor."""
    text, formats = page.text, page.formats
    try:
        asked = kept.read_history(load_settings(page.home).queries, page.who.name)
    except KeizokuError as error:
        refusals.show(text, error)
        return
    if not asked:
        st.info(text("sql.no_history"), icon=":material/history:")
        return
    index = st.selectbox(
        text("sql.ran"),
        range(len(asked)),
        format_func=lambda place: text(
            "sql.ran_at",
            at=formats.instant(naive(asked[place].asked_at)),
            sql=" ".join(asked[place].sql.split()),
        ),
        key="sql_ran",
    )
    st.code(asked[index].sql, language="sql", wrap_lines=True)
    st.button(
        text("sql.again"),
        icon=":material/edit:",
        key="sql_again",
        on_click=put_in_editor,
        args=(asked[index].sql,),
    )


def naive(moment: str) -> datetime:
    """A UTC instant as the formats take it."""
    return datetime.fromisoformat(moment).replace(tzinfo=None)


# ---- the answer ----


def show_outcome(page: Frame) -> None:
    """Rows as table, chart and file, or what is wrong and where."""
    text, formats = page.text, page.formats
    outcome: Outcome | None = st.session_state.get(OUTCOME)
    if outcome is None:
        return
    st.subheader(text("sql.answer"), anchor=False)
    if outcome.error is not None:
        show_error(page, outcome)
        return
    rows = outcome.found.frame
    facts = [
        text("sql.answered", rows=formats.count(rows.height), seconds=outcome.found.seconds),
        frame_version(page, outcome),
    ]
    st.caption(text.joined(facts))
    if outcome.found.is_cut:
        st.warning(text("sql.cut", rows=formats.count(rows.height)), icon=":material/content_cut:")
    if rows.is_empty():
        st.info(text("sql.no_row"), icon=":material/table_rows_narrow:")
        return
    shown = filters.segments(
        "show",
        SHOWS,
        default=SHOWS[0],
        label=text("sql.show"),
        show=lambda name: text(f"sql.show_name.{name}"),
    )
    if shown == "chart":
        sql_chart.show(page, rows)
    else:
        show_rows(page, rows)
    columns = [Column(name, name) for name in rows.columns]
    tables.download(
        page,
        lambda: schema.in_file(rows),
        columns,
        name="sql",
        key="sql_csv",
        version=outcome.version,
        before=lambda: levels.record_export(
            page,
            "sql",
            rows.height,
            sql=questions.in_log(outcome),
            opened=outcome.version,
            has_personal_columns=outcome.has_personal_columns,
        ),
    )


def frame_version(page: Frame, outcome: Outcome) -> str:
    """Which version answered, and whether personal columns were open."""
    people = "sql.with_people" if outcome.has_personal_columns else "sql.without_people"
    return page.text.joined(
        [page.text("frame.version", version=outcome.version), page.text(people)]
    )


def show_error(page: Frame, outcome: Outcome) -> None:
    """What is wrong, the place, the line it stands in, and what to do."""
    text, error = page.text, outcome.error
    line, column = error.values.get("line"), error.values.get("column")
    place = text("sql.place", line=line, column=column) if line else None
    refusals.show(text, error, where=place)
    if line:
        written = outcome.sql.splitlines()[int(line) - 1]
        st.code(f"{written}\n{schema.pointer(written, int(column))}", language=None)


def show_rows(page: Frame, rows: pl.DataFrame) -> None:
    """The first rows as a table; all are in the file."""
    shown = rows.head(ROWS_SHOWN)
    if rows.height > shown.height:
        st.caption(
            page.text("sql.first_rows", shown=shown.height, all=page.formats.count(rows.height))
        )
    tables.show(
        schema.as_shown(shown),
        [Column(name, name) for name in shown.columns],
        page.formats,
        key="sql_rows",
        alt=page.text("sql.answer"),
    )


main(frame.current())
