"""How to read a file nobody knows: look at it, answer what it leaves open, keep the mapping."""

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import streamlit as st

from dagster_project import commands
from dagster_project.messages import KeizokuError
from dagster_project.settings import Settings
from dashboards import access, refusals, tables
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.sections.admin.words import heading
from dashboards.tables import Column

if TYPE_CHECKING:
    from sources.assistant.proposing import Proposal

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
REJECTS_SHOWN = 20


def show_mapping(page: Frame, settings: Settings) -> None:
    """Upload → what was found → questions → the mapping → what it would load."""
    from sources.entities import entities

    text = page.text
    heading(page, "mapping", "columns")
    if done := st.session_state.pop("mapping_saved", None):
        show_saved(page, done)
    file = st.file_uploader(
        text("admin.map.upload"),
        help=text("admin.map.upload_help"),
        max_upload_size=commands.UPLOAD_BYTES // 1024**2,
        key="mapping_file",
    )
    system = st.selectbox(
        text("admin.map.system"),
        commands.INBOX_SYSTEMS,
        index=commands.INBOX_SYSTEMS.index("billing"),
        key="mapping_system",
    )
    entity = st.selectbox(
        text("admin.map.entity"),
        tuple(entities()),
        index=None,
        placeholder=text("admin.map.by_itself"),
        format_func=lambda code: text.code("entity", code),
        key="mapping_entity",
    )
    if file is None:
        return
    data = file.getvalue()
    about = (hashlib.sha256(data).hexdigest(), file.name, system, entity)
    if st.session_state.get("mapping_about") != about:
        st.session_state.update(mapping_about=about, mapping_answers=[])
        access.record(page.home, page.who, "propose_mapping", file_name=file.name)
    answers = st.session_state["mapping_answers"]
    try:
        proposal = proposed(settings, about, tuple(answers), data)
    except KeizokuError as error:
        refusals.show(text, error)
        return
    show_found(page, proposal)
    show_columns(page, proposal)
    show_answers(page, answers)
    if proposal.questions:
        ask(page, proposal, answers)
    if proposal.document:
        show_save(page, settings, proposal, about, data)


@st.cache_data(show_spinner=False, max_entries=8, scope="session")
def proposed(
    _settings: Settings, about: tuple, answers: tuple[str, ...], _data: bytes
) -> "Proposal":
    """The proposal, once per file, place and answers."""
    _, name, system, entity = about
    with commands.hold_upload(_settings, system, name, _data) as path:
        return commands.propose_mapping(_settings, path, entity=entity, answers=list(answers))


def show_found(page: Frame, proposal: "Proposal") -> None:
    """How the file is read and what it is."""
    from sources.assistant import writing

    lines = writing.found(proposal, page.text.lang)
    said = "\n".join(page.text("admin.map.line", said=literal(line)) for line in lines)
    if proposal.status == "refused":
        st.error(said, icon=":material/error:")
    elif proposal.status == "recognised":
        st.success(said, icon=":material/task_alt:")
    else:
        st.info(said, icon=":material/description:")


def show_columns(page: Frame, proposal: "Proposal") -> None:
    """Each column with its header and why; personal values come masked."""
    from sources.assistant import writing

    text = page.text
    if not proposal.columns:
        return
    rows = pl.DataFrame(
        [
            {
                "column": writing.label(proposal.entity, one.column, text.lang),
                "heading": one.header or text("format.missing"),
                "samples": text.joined(one.evidence.samples) if one.evidence else one.rule["const"],
                "read": text("admin.map.share", read=one.evidence.read, filled=one.evidence.filled)
                if one.evidence
                else text("format.missing"),
                "evidence": writing.evidence(proposal, one, text.lang),
            }
            for one in proposal.columns
        ]
    )
    columns = [
        Column("column", text("admin.map.column"), is_pinned=True),
        Column("heading", text("admin.map.heading")),
        Column("samples", text("admin.map.samples")),
        Column("read", text("admin.map.read")),
        Column("evidence", text("admin.map.evidence")),
    ]
    title = text("admin.view_name.mapping")
    tables.show(rows, columns, page.formats, key="mapping_columns", alt=title)
    open_columns = {question.column for question in proposal.questions}
    refused = [
        text(
            "admin.map.problem",
            said=writing.label(proposal.entity, one.column, text.lang),
            detail=text.joined(writing.unread(one.evidence, text.lang)),
        )
        for one in proposal.columns
        if one.evidence and one.evidence.unread and one.column not in open_columns
    ]
    if refused:
        said = "\n".join(text("admin.map.line", said=literal(line)) for line in refused)
        st.warning(said, icon=":material/report:")
    if proposal.unmapped:
        headers = literal(text.joined(proposal.unmapped))
        st.caption(text("admin.map.unmapped", headers=headers))


def show_answers(page: Frame, answers: list[str]) -> None:
    """What was answered so far, and the way to answer anew."""
    text = page.text
    if not answers:
        return
    st.caption(text("admin.map.answered", answers=literal(text.joined(answers))))
    if st.button(text("admin.map.again"), icon=":material/undo:", key="mapping_again"):
        st.session_state["mapping_answers"] = []
        st.rerun()


def ask(page: Frame, proposal: "Proposal", answers: list[str]) -> None:
    """Every open question with its choices; nothing is chosen beforehand."""
    from sources.assistant import writing

    text = page.text
    st.subheader(text("admin.map.questions"), anchor=False)
    with st.form(f"mapping_questions_{len(answers)}", border=True):
        given = {}
        for number, question in enumerate(proposal.questions, start=1):
            asked = literal(writing.ask(proposal.entity, question, text.lang))
            st.markdown(text("admin.map.question", number=number, asked=asked))
            given[writing.place_of_answer(question)] = st.selectbox(
                text("admin.map.answer_to", number=number),
                question.choices or proposal.headers,
                index=None,
                placeholder=text("admin.map.open"),
                key=f"mapping_question_{len(answers)}_{number}",
                label_visibility="collapsed",
            )
        is_pressed = st.form_submit_button(text("admin.map.answer"), icon=":material/check:")
    said = [f"{where}={answer}" for where, answer in given.items() if answer is not None]
    if is_pressed and said:
        st.session_state["mapping_answers"] = [*answers, *said]
        st.rerun()


def show_save(
    page: Frame, settings: Settings, proposal: "Proposal", about: tuple, data: bytes
) -> None:
    """The YAML as it would be written, its name, and the button."""
    from sources.assistant import writing

    text = page.text
    written = writing.yaml_text(proposal, text.lang)
    with st.expander(text("admin.map.yaml"), icon=":material/code:"):
        st.code(written, language="yaml")
    if not proposal.is_decided:
        st.caption(text("admin.map.undecided"))
        return
    name = st.text_input(text("admin.map.name"), proposal.document["id"], key="mapping_name")
    if not NAME.fullmatch(name):
        st.warning(text("admin.map.wrong_name"), icon=":material/edit:")
        return
    if not st.button(
        text("admin.map.save"), type="primary", icon=":material/save:", key="mapping_save"
    ):
        return
    _, file_name, system, _ = about
    # before it happens: what cannot be recorded is not done
    access.record(page.home, page.who, "write_mapping", name=name, file_name=file_name)
    try:
        path = commands.write_mapping(settings, Path("mappings") / f"{name}.yml", written)
        with commands.hold_upload(settings, system, file_name, data) as file:
            checked = commands.check_file(settings, file, str(path))
    except KeizokuError as error:
        access.record(page.home, page.who, "write_mapping_failed", name=name, why=error.code)
        refusals.show(text, error)
        return
    st.session_state["mapping_saved"] = {
        "path": path.name,
        "system": system,
        "delivery": commands.describe_delivery(checked.result),
        "quarantine": checked.quarantine[:REJECTS_SHOWN],
    }
    proposed.clear()  # now a mapping reads it
    st.rerun()


def show_saved(page: Frame, done: dict) -> None:
    """What the mapping just written would load of the file, and what it would not."""
    text, formats = page.text, page.formats
    st.success(text("admin.map.saved", path=literal(done["path"])), icon=":material/task_alt:")
    for counts in done["delivery"]["entities"]:
        st.markdown(
            text(
                "admin.map.balance",
                entity=text.code("entity", counts["entity"]),
                read=formats.count(counts["rows_read"]),
                landed=formats.count(counts["rows_landed"]),
                quarantined=formats.count(counts["rows_quarantined"]),
                twice=formats.count(counts["rows_repeated"]),
                filtered=formats.count(counts["rows_filtered"]),
            )
        )
    for problem in done["delivery"]["problems"]:
        said = text("admin.map.problem", said=problem[text.lang], detail=problem["detail"])
        st.warning(literal(said), icon=":material/pan_tool:")
    if done["quarantine"]:
        columns = [
            Column("source_row", text("admin.map.row"), "count"),
            Column("column_name", text("quality.column")),
            Column("raw_value", text("column.value")),
            Column(f"message_{text.lang}", text("column.reason")),
            Column(f"remedy_{text.lang}", text("quality.remedy")),
        ]
        rows = pl.DataFrame(done["quarantine"], infer_schema_length=None)
        tables.show(rows, columns, formats, key="mapping_rejects", alt=text("admin.map.rejects"))
    st.caption(text("admin.map.put_into_inbox", system=done["system"]))
