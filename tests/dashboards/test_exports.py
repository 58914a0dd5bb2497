"""Files that leave the house: they open in Japanese Excel, keep their digits and run nothing."""

import io
import struct
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from pypdf import PdfReader

from dashboards import charts
from dashboards.exports import csv, fonts, pdf, png, xlsx
from dashboards.exports.table import Heading, Table
from tests.dashboards.test_pages import open_page

APRIL_FIRST = datetime(2026, 4, 1, tzinfo=UTC).replace(tzinfo=None)  # Excel knows no zones
NOTES = Table("この表について", [Heading("項目"), Heading("内容")], [("基準日", "2026/06/30(火)")])


def of(rows, *headings):
    return Table("一覧", [h if isinstance(h, Heading) else Heading(h) for h in headings], rows)


# ---- CSV ----


def test_the_file_has_a_byte_order_mark_and_windows_line_ends():
    assert csv.utf8(of([["髙橋 𠮷野"]], "顧客")) == "\ufeff顧客\r\n髙橋 𠮷野\r\n".encode()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "−", "＠"])
@pytest.mark.parametrize(("write", "encoding"), [(csv.utf8, "utf-8-sig"), (csv.cp932, "cp932")])
def test_text_that_would_run_as_a_formula_is_marked_as_text(start, write, encoding):
    line = write(of([[f"{start}1+1"]], "a")).decode(encoding).split("\r\n", 1)[1]
    # CP932 writes the minus sign as its full-width form
    known = {start, "－" if start == "−" else start}
    assert any(line.lstrip('"').startswith(f"'{one}") for one in known)


def test_numbers_stay_numbers_even_when_negative_and_lose_only_zeros_after_the_point():
    rows = [[Decimal("-23000.000000"), Decimal("10333.333333"), Decimal("100"), 8, None]]
    assert csv.utf8(of(rows, *"abcde")).splitlines()[1] == b"-23000,10333.333333,100,8,"


def test_leading_zeros_and_dates_are_written_as_they_are():
    rows = [["0012", date(2026, 4, 1)]]
    assert csv.utf8(of(rows, "a", "b")).splitlines()[1] == b"0012,2026-04-01"


def test_cp932_lists_the_cells_it_cannot_hold_and_never_writes_a_question_mark():
    table = of([["髙橋①㈱", 1], ["𠮷野家😀", 2], ["サーバ〜100−1", 3]], "顧客", "数")
    assert list(csv.unwritable(table)) == [csv.Unwritable(2, "顧客", "𠮷野家😀", "𠮷😀")]
    lines = csv.cp932(table).decode("cp932").split("\r\n")
    assert lines == ["顧客,数", "髙橋①㈱,1", "〓野家〓,2", "サーバ～100－1,3", ""]


# ---- Excel ----


def opened(table: Table):
    return openpyxl.load_workbook(io.BytesIO(xlsx.workbook([table], NOTES, negative="▲")))


@pytest.mark.parametrize(
    ("mark", "amount", "rate"),
    [
        ("▲", '#,##0;"▲"#,##0', '0.00%;"▲"0.00%'),
        ("-", '#,##0;"-"#,##0', '0.00%;"-"0.00%'),
        ("()", "#,##0;(#,##0)", "0.00%;(0.00%)"),
    ],
)
def test_a_negative_number_in_excel_is_a_number_marked_as_the_company_does(mark, amount, rate):
    table = of(
        [[Decimal(-23000), Decimal("-0.1818")]],
        Heading("MRR（円）", "money"),
        Heading("率", "rate"),
    )
    book = openpyxl.load_workbook(io.BytesIO(xlsx.workbook([table], NOTES, negative=mark)))
    cells = book.worksheets[0][2]
    assert [cell.value for cell in cells] == [-23000, -0.1818]
    assert [cell.number_format for cell in cells] == [amount, rate]


def test_excel_holds_real_dates_and_numbers_and_ids_as_text():
    table = of(
        [["00123", "1-2", Decimal("-23000.000000"), Decimal("0.1818"), date(2026, 4, 1), None]],
        *("コード", "番地", Heading("MRR（円）", "money"), Heading("率", "rate")),
        *(Heading("日付", "date"), Heading("空", "money")),
    )
    row = opened(table)["一覧"][2]
    assert [cell.value for cell in row] == [*("00123", "1-2", -23000, 0.1818, APRIL_FIRST, None)]
    assert [cell.data_type for cell in row] == ["s", "s", "n", "n", "d", "n"]
    assert row[0].number_format == "@"
    assert "▲" in row[2].number_format
    assert row[3].number_format.startswith("0.00%")


def test_excel_runs_no_formula_follows_no_link_and_rounds_no_long_number():
    rows = [["=1+1", "http://example.invalid/", Decimal("12345678901234567890"), "1E5"]]
    book = opened(of(rows, "a", "b", Heading("c", "money"), "d"))
    cells = book["一覧"][2]
    assert [cell.value for cell in cells] == [
        *("=1+1", "http://example.invalid/", "12345678901234567890", "1E5")
    ]
    assert {cell.data_type for cell in cells} == {"s"}
    assert cells[1].hyperlink is None


def test_an_amount_of_sixteen_digits_was_left_out_of_a_sum():
    """A forecast of ¥1,222,791,945.376657 was a text in a column of numbers."""
    table = of([[Decimal("1222791945.376657")]], Heading("MRR", "money"))
    cell = opened(table)["一覧"]["A2"]
    assert cell.data_type == "n"
    assert cell.value == pytest.approx(1222791945.376657, abs=1e-5)


def test_excel_opens_ready_to_read_and_to_print():
    book = opened(of([["あいうえおかきくけこ", 1]], "顧客", "数"))
    sheet = book["一覧"]
    assert sheet.freeze_panes == "A2"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.column_dimensions["A"].width > 20  # ten full-width characters
    assert sheet["A2"].font.name == "游ゴシック"
    assert book.sheetnames == ["一覧", "この表について"]
    assert book["この表について"]["B2"].value == "2026/06/30(火)"


def test_sheet_names_excel_refuses_are_made_ones_it_takes():
    long = Table("売上[2026/04]:" + "あ" * 40, [Heading("a")], [])
    content = xlsx.workbook([long, long], NOTES, negative="▲")
    names = openpyxl.load_workbook(io.BytesIO(content)).sheetnames
    assert [len(name) for name in names[:2]] == [31, 31]
    assert names[0] != names[1]


def test_what_does_not_fit_a_sheet_is_refused_and_not_cut_off(monkeypatch):
    with pytest.raises(xlsx.TooLong):
        xlsx.workbook([of([["あ" * 32_768]], "a")], NOTES, negative="▲")
    monkeypatch.setattr(xlsx, "LAST_ROW", 3)
    assert xlsx.fits(of([["1"], ["2"]], "a"))
    with pytest.raises(xlsx.TooLong):
        xlsx.workbook([of([["1"], ["2"], ["3"]], "a")], NOTES, negative="▲")


# ---- PNG and PDF ----


def drawing(label: str) -> dict:
    return charts.bars([charts.Bar(label, Decimal(100), "100円")], "円", False).to_dict()


def size(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG")
    return struct.unpack(">II", picture[16:24])


def test_a_picture_is_drawn_wide_enough_for_a_slide_and_japanese_is_not_boxes():
    def drawn(label):
        return png.picture(drawing(label), title=label, notes="単位：円", background="#ffffff")

    assert size(drawn("解約"))[0] > 1900
    # a font without Japanese draws the same empty box for both
    assert drawn("解約") != drawn("継続")
    # what our font lacks is a geta, whatever fonts the machine has
    assert drawn("\U0001f600") == drawn("〓")


def test_the_font_can_draw_every_character_of_the_pages():
    from dashboards.catalogue import LANGUAGES, entries

    said = "".join(value for lang in LANGUAGES for value in entries(lang).values())
    assert {c for c in said if fonts.drawable(c) != c} == set()


def test_a_document_holds_its_words_as_text_with_the_font_inside():
    content = pdf.document(
        [
            pdf.Words("heading", "解約の理由"),
            pdf.Figures([("MRR", "106,600円", "+12,600円")] * 5),
            pdf.Grid(["顧客"], [[f"株式会社見本{n:03}"] for n in range(60)], [False], "ほか 20 行"),
        ],
        title="ホーム",
        author="local-admin",
        footer="版",
        at=datetime(2026, 7, 1, tzinfo=UTC),
    )
    read = PdfReader(io.BytesIO(content))
    said = "".join(page.extract_text() for page in read.pages)
    assert "解約の理由" in said
    assert said.count("106,600円") == 5
    assert "株式会社見本039" in said
    assert "株式会社見本040" not in said
    assert "ほか 20 行" in said
    font = read.pages[0]["/Resources"]["/Font"]["/F1"]["/DescendantFonts"][0].get_object()
    assert "/FontFile2" in font["/FontDescriptor"]


def test_the_home_page_as_pdf_says_what_the_page_says(gd1_home):
    from dashboards import printout

    app = open_page(month="2026-03")
    content = printout.as_pdf(app.session_state["printout"], "month=2026-03")
    read = PdfReader(io.BytesIO(content))
    said = "".join(page.extract_text() for page in read.pages).replace("\n", "")
    assert "month=2026-03" in said
    assert "103,800円" in said
    assert "▲13,400円" in said
    assert "2026年3月にMRRはなぜ動いたか" in said
    assert sum(len(page.images) for page in read.pages) == 1


def test_a_chart_of_a_dark_page_is_kept_in_light_colours():
    dark = charts.bars([charts.Bar("解約", Decimal(1), "1")], "円", True).to_json()
    light = charts.bars([charts.Bar("解約", Decimal(1), "1")], "円", False).to_json()
    assert dark != light
    for _, colour in charts.COLOURS.values():
        assert colour not in charts.in_light_colours(dark)
