"""What a page has shown in this run, so that it can be kept: the whole as PDF, a chart as PNG.

The parts of a page (headings, tiles, charts, tables, sentences) tell their content here when they
are drawn; nothing is computed until someone presses a download.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from urllib.parse import urlencode

import altair as alt
import streamlit as st

from dashboards import access, clock
from dashboards.catalogue import Text, plain
from dashboards.exports import pdf, png
from dashboards.formatting import Formats
from dashboards.warehouse import Snapshot

LIGHT_PAGE = "#ffffff"


@dataclass
class Printout:
    """The parts of one page in one run, in their order. A part is made when the file is."""

    page_title: str
    who: str
    as_of: str
    text: Text
    formats: Formats
    snapshot: Snapshot
    home: Path
    parts: list[Callable[[], pdf.Part]] = field(default_factory=list)
    heading: str = ""
    notes: str = ""
    slot: object = None  # where buttons for the section's chart go; None while it is closed

    def file_name(self, title: str, ending: str) -> str:
        """A name that tells what, as of when and from which version."""
        clean = "".join("_" if c in '\\/:*?"<>|' or c.isspace() else c for c in title)
        return f"{clean}_{self.as_of}_{self.snapshot.name}.{ending}"

    def record(self, kind: str, title: str) -> None:
        """Note in the access log that a page or a picture left the house as a file."""
        access.record(
            self.home,
            access.Principal(self.who, frozenset()),
            "export",
            version=self.snapshot.name,
            table=title,
            format=kind,
            has_personal_columns=self.snapshot.has_personal_columns,
        )


def begin(printout: Printout) -> None:
    """Start a page: what was shown in the run before is forgotten."""
    st.session_state["printout"] = printout


def current() -> Printout:
    """The printout of this run."""
    return st.session_state["printout"]


def section(title: str, notes: str, slot: object) -> None:
    """A heading with unit and as-of day; `slot` takes the buttons of the chart below it."""
    shown, title = current(), plain(title)
    shown.heading, shown.notes, shown.slot = title, notes, slot
    shown.parts += [lambda: pdf.Words("heading", title), lambda: pdf.Words("note", notes)]


def words(text: str) -> None:
    """A sentence of the page, without its Markdown marks."""
    said = plain(text)
    current().parts.append(lambda: pdf.Words("body", said))


def tile(name: str, value: str, change: str) -> None:
    """One tile; tiles beside each other become one row of figures."""
    current().parts.append(lambda: pdf.Figures([(name, value, change)]))


def table(
    headings: Sequence[str],
    rows: Callable[[int], Sequence[Sequence[str]]],
    count: int,
    is_number: Sequence[bool],
) -> None:
    """A table. rows: the first n rows as text, on demand; count: all there are."""
    shown = current()
    hidden = count - pdf.ROWS_OF_A_TABLE
    more = shown.text("printout.more", count=shown.formats.count(hidden)) if hidden > 0 else None
    shown.parts.append(
        lambda: pdf.Grid(headings, rows(pdf.ROWS_OF_A_TABLE), is_number, more),
    )


def chart(drawn: alt.Chart, recoloured: Callable[[str], str], *, key: str, alt: str) -> None:
    """A chart for the PDF and, while its section's popover is open, a button for its PNG.

    recoloured: the specification in the colours of a light page.
    """
    shown = current()
    title, notes = shown.heading or alt, shown.notes

    def picture() -> bytes:
        return png.picture(
            json.loads(recoloured(drawn.to_json())), title=title, notes=notes, background=LIGHT_PAGE
        )

    def kept() -> bytes:
        shown.record("png", title)
        return picture()

    shown.parts.append(lambda: pdf.Picture(picture(), alt))
    if shown.slot is not None:
        shown.slot.download_button(
            shown.text("printout.png"),
            kept,
            file_name=shown.file_name(title, "png"),
            mime="image/png",
            icon=":material/image:",
            key=f"{key}_png",
            on_click="ignore",
        )


def offer() -> None:
    """The button at the foot of a page that keeps the page as it stands as PDF."""
    shown = current()
    asked = urlencode(sorted(st.query_params.to_dict().items()))

    def content() -> bytes:
        shown.record("pdf", shown.page_title)
        return as_pdf(shown, asked)

    st.download_button(
        shown.text("printout.pdf"),
        content,
        file_name=shown.file_name(shown.page_title, "pdf"),
        mime="application/pdf",
        icon=":material/picture_as_pdf:",
        type="tertiary",
        key="page_pdf",
        on_click="ignore",
        help=shown.text("printout.pdf_help"),
    )


def as_pdf(shown: Printout, asked: str) -> bytes:
    """The page as PDF. asked: what the URL narrowed it to, printed below the title."""
    text = shown.text
    view = text("printout.asked", as_of=shown.as_of, asked=asked or text("format.missing"))
    return pdf.document(
        [
            pdf.Words("title", shown.page_title),
            pdf.Words("note", view),
            *_joined([make() for make in shown.parts]),
        ],
        title=shown.page_title,
        author=shown.who,
        footer=text("printout.footer", version=shown.snapshot.name),
        at=clock.utc_now().astimezone(UTC),
    )


def _joined(parts: Sequence[pdf.Part]) -> list[pdf.Part]:
    joined: list[pdf.Part] = []
    for part in parts:
        if isinstance(part, pdf.Figures) and joined and isinstance(joined[-1], pdf.Figures):
            joined[-1] = pdf.Figures([*joined[-1].tiles, *part.tiles])
        else:
            joined.append(part)
    return joined
