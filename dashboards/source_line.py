"""The line of a delivered file behind a row, as the source system wrote it."""

import polars as pl
import streamlit as st

from dashboards import access, originals, tables
from dashboards.frame import Frame
from dashboards.queries import about
from dashboards.tables import Column


def name(page: Frame, row: dict) -> str:
    """File, sheet and row a row of a mart was read from."""
    key = "drill.source_in_sheet" if row["source_sheet"] else "drill.source"
    return page.text(key, file=row["file_name"], sheet=row["source_sheet"], row=row["source_row"])


def show(page: Frame, piece: dict, entity: str) -> None:
    """The row as the source system exported it, read from the kept original.

    piece: delivery_id, file_name, source_sheet and source_row; entity: what the delivery fed.
    """
    text, formats = page.text, page.formats
    delivery = about.delivery(page.snapshot, piece["delivery_id"], entity).row(0, named=True)
    # once per session and line, so that changing the display unit is not a second look in the
    # access log
    seen = st.session_state.setdefault("original_lines", {})
    place = (delivery["content_sha256"], piece["source_sheet"], piece["source_row"])
    try:
        if place not in seen:
            with st.spinner(text("drill.opening")):
                seen[place] = originals.original_line(
                    page.home,
                    page.who,
                    content_sha256=delivery["content_sha256"],
                    feed_id=delivery["feed_id"],
                    file_name=delivery["file_name"],
                    sheet=piece["source_sheet"],
                    row=piece["source_row"],
                    time_zone=formats.time_zone,
                )
        cells = seen[place]
    except access.Refused:
        st.warning(text("drill.refused"), icon=":material/lock:")
        return
    except originals.NotReadable as error:
        why = text.code("not_readable", error.code)
        st.warning(text("drill.not_readable", why=why), icon=":material/description:")
        return
    tables.show(
        pl.DataFrame({"heading": list(cells), "value": [value or "" for value in cells.values()]}),
        [Column("heading", text("column.heading")), Column("value", text("column.value"))],
        formats,
        key="original",
        alt=name(page, piece),
    )
    st.caption(
        text(
            "drill.original_note",
            exported_at=formats.instant(delivery["exported_at"]),
            delivery=piece["delivery_id"],
            sha=delivery["content_sha256"][:12],
        )
    )
