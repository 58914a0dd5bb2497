"""A page or a report as PDF on A4, with an embedded Japanese font."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboards.exports import fonts

ROWS_OF_A_TABLE = 40
MARGIN = 14  # mm
INK, MUTED, LINE = (27, 37, 48), (92, 107, 122), (200, 208, 216)


@dataclass(frozen=True)
class Words:
    """Text of one kind: title | heading | body | note."""

    kind: str
    text: str


@dataclass(frozen=True)
class Picture:
    """A PNG over the whole width, and what it shows in words."""

    png: bytes
    alt: str


@dataclass(frozen=True)
class Grid:
    """A table as text. Only the first rows are printed; `more` says in words how many are not."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    is_number: Sequence[bool]
    more: str | None = None


@dataclass(frozen=True)
class Figures:
    """Tiles: (name, value, change) each."""

    tiles: Sequence[tuple[str, str, str]]


Part = Words | Picture | Grid | Figures


def document(parts: Sequence[Part], *, title: str, author: str, footer: str, at: datetime) -> bytes:
    """The parts in their order as a PDF. at: when it was made, with its zone."""
    paper = _paper(footer)
    paper.set_title(title)
    paper.set_author(author)
    paper.set_creation_date(at)
    paper.add_page()
    for part in parts:
        _DRAWN_BY[type(part)](paper, part)
    return bytes(paper.output())


def _paper(footer: str):
    from fpdf import FPDF

    class Paper(FPDF):
        def footer(self):
            self.set_y(-MARGIN)
            self.set_font(fonts.FAMILY, size=8)
            self.set_text_color(*MUTED)
            self.cell(0, 5, fonts.drawable(footer), align="L")
            self.set_x(self.l_margin)
            self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="R")

    paper = Paper(format="A4", unit="mm")
    paper.set_margin(MARGIN)
    paper.set_auto_page_break(True, margin=MARGIN + 6)
    paper.add_font(fonts.FAMILY, fname=fonts.FILE)
    return paper


_SIZES = {"title": 18, "heading": 13, "body": 10, "note": 8.5}


def _write(paper, words: Words) -> None:
    size = _SIZES[words.kind]
    if words.kind == "heading":
        paper.ln(4)
        # a heading does not stand alone at the foot of a page
        if paper.will_page_break(40):
            paper.add_page()
        paper.start_section(fonts.drawable(words.text))
    paper.set_font(fonts.FAMILY, size=size)
    paper.set_text_color(*(MUTED if words.kind == "note" else INK))
    paper.multi_cell(
        0, size * 0.55, fonts.drawable(words.text), new_x="LMARGIN", new_y="NEXT", align="L"
    )
    paper.ln(1.5)


def _place(paper, picture: Picture) -> None:
    import io

    from PIL import Image

    with Image.open(io.BytesIO(picture.png)) as image:
        height = paper.epw * image.height / image.width
    width = paper.epw
    if height > paper.eph:
        width, height = width * paper.eph / height, paper.eph
    if paper.will_page_break(height):
        paper.add_page()
    paper.image(io.BytesIO(picture.png), w=width, alt_text=picture.alt)
    paper.ln(2)


def _tabulate(paper, grid: Grid) -> None:
    from fpdf.fonts import FontFace

    paper.set_font(fonts.FAMILY, size=8)
    paper.set_text_color(*INK)
    paper.set_draw_color(*LINE)
    shown = grid.rows[:ROWS_OF_A_TABLE]
    with paper.table(
        borders_layout="HORIZONTAL_LINES",
        headings_style=FontFace(emphasis="", fill_color=(232, 238, 244)),
        col_widths=_widths(grid, shown),
        text_align=["RIGHT" if number else "LEFT" for number in grid.is_number],
        line_height=4.6,
        padding=0.6,
    ) as table:
        for row in (grid.headings, *shown):
            drawn = table.row()
            for cell in row:
                drawn.cell(fonts.drawable(cell))
    if grid.more:
        _write(paper, Words("note", grid.more))
    paper.ln(1)


def _widths(grid: Grid, rows: Sequence[Sequence[str]]) -> list[int]:
    # by the longest cell, a full-width character counting two; no column takes all or nothing
    return [
        min(max(4, *(len(row[c].encode("cp932", "replace")) for row in (grid.headings, *rows))), 40)
        for c in range(len(grid.headings))
    ]


def _tile(paper, figures: Figures) -> None:
    columns, height = 4, 19
    width = paper.epw / columns
    for start in range(0, len(figures.tiles), columns):
        if paper.will_page_break(height):
            paper.add_page()
        top = paper.get_y()
        for place, (name, value, change) in enumerate(figures.tiles[start : start + columns]):
            left = paper.l_margin + place * width
            paper.set_draw_color(*LINE)
            paper.rect(left, top, width - 2, height - 2)
            lines = ((name, 8, MUTED), (value, 12, INK), (change, 8, MUTED))
            for line, (text, size, ink) in enumerate(lines):
                paper.set_xy(left + 1.5, top + 1.2 + line * 5.2)
                paper.set_font(fonts.FAMILY, size=_fitting(paper, text, size, width - 5))
                paper.set_text_color(*ink)
                paper.cell(width - 5, 5, fonts.drawable(text))
        paper.set_xy(paper.l_margin, top + height)
    paper.ln(1)


def _fitting(paper, text: str, size: float, width: float) -> float:
    # smaller letters rather than a number without its last digits
    paper.set_font(fonts.FAMILY, size=size)
    wide = paper.get_string_width(fonts.drawable(text)) + 2
    return size if wide <= width else size * width / wide


_DRAWN_BY = {Words: _write, Picture: _place, Grid: _tabulate, Figures: _tile}
