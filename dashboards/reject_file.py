"""The rows of a file that were kept back, as a workbook to correct by: bad cells marked, each with
its reason and remedy beside it.
"""

import streamlit as st

from dashboards import access, filters, originals, tables
from dashboards.catalogue import literal
from dashboards.exports import xlsx
from dashboards.exports.table import Heading, Table
from dashboards.frame import Frame
from dashboards.queries import about, control


def offer(page: Frame) -> None:
    """Choose one of the files with rows kept back → its workbook."""
    text, formats = page.text, page.formats
    files = {row["delivery_id"]: row for row in control.quarantined_files(page.snapshot).to_dicts()}
    chosen = filters.select(
        "file",
        list(files),
        default=None,
        label=text("quality.repair"),
        show=lambda key: text(
            "quality.repair_file",
            file=files[key]["file_name"],
            count=formats.count(files[key]["row_count"]),
        ),
        placeholder=text("quality.repair_choose"),
    )
    if chosen is None:
        return
    name = files[chosen]["file_name"]
    made = st.session_state.setdefault("reject_files", {})
    asked = (page.snapshot.name, chosen, text.lang)
    # reading an original of a million rows takes seconds, and is recorded: only when asked for
    if asked not in made and not st.button(
        text("quality.repair_make"), icon=":material/table_view:", key="repair_make"
    ):
        return
    try:
        with st.spinner(text("drill.opening")):
            # once per session: reading it again would be recorded as another look
            if asked not in made:
                made[asked] = _workbook(page, chosen, name)
    except access.Refused:
        st.warning(text("drill.refused"), icon=":material/lock:")
        return
    except originals.NotReadable as error:
        why = text.code("not_readable", error.code)
        st.warning(text("drill.not_readable", why=why), icon=":material/description:")
        return
    st.caption(text("quality.repair_note", file=literal(name)))
    st.download_button(
        text("quality.repair_download"),
        made[asked],
        file_name=f"{name}_{text('quality.repair_suffix')}.xlsx",
        mime=tables.XLSX_MIME,
        icon=":material/download:",
        on_click="ignore",
        key="repair_xlsx",
    )


def _workbook(page: Frame, delivery_id: str, file_name: str) -> bytes:
    table = to_correct(page, delivery_id, file_name)
    return xlsx.workbook([table], _notes(page, file_name), negative=page.formats.negative)


def to_correct(page: Frame, delivery_id: str, file_name: str) -> Table:
    """One row per row kept back: where it stands, why, what to do, and every cell as delivered.

    Raises access.Refused without the right to original files, originals.NotReadable.
    """
    text = page.text
    entity = control.delivered_entity(page.snapshot, delivery_id)
    if entity is None:
        raise originals.NotReadable("mapping_gone")
    delivery = about.delivery(page.snapshot, delivery_id, entity).row(0, named=True)
    reasons = control.quarantine_of(page.snapshot, delivery_id)
    places = {(row["source_sheet"], row["source_row"]): [] for row in reasons.to_dicts()}
    for row in reasons.to_dicts():
        places[row["source_sheet"], row["source_row"]].append(row)
    rows = originals.original_rows(
        page.home,
        page.who,
        places,
        content_sha256=delivery["content_sha256"],
        feed_id=delivery["feed_id"],
        file_name=file_name,
        time_zone=page.formats.time_zone,
    )
    headers = list(dict.fromkeys(header for row in rows for header in row.cells))
    front = [
        *([text("quality.repair_sheet")] if any(row.sheet for row in rows) else []),
        text("quality.repair_row"),
        text("quality.column"),
        text("column.reason"),
        text("quality.remedy"),
    ]
    is_split = all(row.raw is None for row in rows)
    labels = [*front, *headers, *([] if is_split else [text("quality.repair_raw")])]
    cells, marked = [], set()
    for number, row in enumerate(rows):
        found = places[row.sheet, row.row]
        bad = [one["column_name"] for one in found if one["column_name"]]
        said = [
            *([row.sheet] if len(front) == 5 else []),
            row.row,
            _joined(bad) or text("quality.whole_row"),
            _joined(one[f"message_{text.lang}"] for one in found),
            _joined(one[f"remedy_{text.lang}"] for one in found),
        ]
        cells.append(
            [
                *said,
                *(row.cells.get(header) for header in headers),
                *([] if is_split else [row.raw]),
            ]
        )
        marked |= {
            (number, len(front) + headers.index(column)) for column in bad if column in headers
        }
        if row.raw is not None:
            marked.add((number, len(labels) - 1))
    return Table(
        text("quality.repair_sheet_name"),
        [
            Heading(label, "count" if label == text("quality.repair_row") else "text")
            for label in labels
        ],
        cells,
        frozenset(marked),
    )


def _joined(texts) -> str:
    return " / ".join(dict.fromkeys(texts))


def _notes(page: Frame, file_name: str) -> Table:
    text = page.text
    lines = [
        (text("table.note.list"), file_name),
        (text("table.note.as_of"), page.formats.date(page.as_of)),
        (text("table.note.version"), page.snapshot.name),
        (text("quality.repair_how"), text("quality.repair_steps")),
        (text("table.note.who"), page.who.name),
    ]
    return Table(
        text("table.note.sheet"),
        [Heading(text("table.note.what")), Heading(text("table.note.value"))],
        lines,
    )
