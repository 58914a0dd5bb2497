"""The monthly report over GD-1, read back from the files it leaves (METRICS.md 2.1)."""

import io
import json
from datetime import date, datetime

import openpyxl
import pypdf
import pytest

from dashboards import access, report
from dashboards.catalogue import LANGUAGES

MARCH = date(2026, 3, 1)


def page(home, lang="ja", *, has_names=False):
    who = access.principal()
    if not has_names:
        who = access.Principal(who.name, who.rights - {access.PERSONAL_COLUMNS})
    return report.open_page(home, who, lang)


def text_of(content: bytes) -> str:
    said = "\n".join(sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(content)).pages)
    return said.replace("\u3000", " ")


def pdf_text(frame, month=MARCH) -> str:
    return text_of(report.as_pdf(frame, month, report.make_sections(frame, month)))


def test_march_is_on_paper_with_its_golden_figures(gd1_home):
    said = pdf_text(page(gd1_home))
    assert "2026年3月 月次報告" in said
    for figure in (
        *("103,800円", "▲13,400円", "1,245,600円", "18.18%", "80.38%"),
        *("7,000円", "3,000円", "▲23,000円", "▲400円"),
    ):
        assert figure in said, figure
    assert "MRRは前月より 13,400円 減って 103,800円 になりました" in said.replace("\n", " ")
    assert "2026年6月" not in said.split("90日以内")[0]  # nothing of the months after it


def test_the_picture_of_what_moved_mrr_is_in_it(gd1_home):
    frame = page(gd1_home)
    content = report.as_pdf(frame, MARCH, report.make_sections(frame, MARCH))
    pictures = [
        image for sheet in pypdf.PdfReader(io.BytesIO(content)).pages for image in sheet.images
    ]
    assert len(pictures) == 1
    assert pictures[0].image.width > 1000


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_section_has_its_title_and_a_table_or_a_word_why_not(gd1_home, lang):
    frame = page(gd1_home, lang)
    said = pdf_text(frame)
    for section in report.make_sections(frame, MARCH):
        assert section.title[:12] in said, section.title
    assert frame.text("report.nothing") in said  # GD-1 has no forecast


def test_the_workbook_holds_the_same_figures_as_numbers_and_dates(gd1_home):
    frame = page(gd1_home)
    content = report.as_xlsx(frame, MARCH, report.make_sections(frame, MARCH))
    book = openpyxl.load_workbook(io.BytesIO(content))
    summary = {row[0].value: row[1:] for row in book.worksheets[0].iter_rows(min_row=2)}
    assert {name: [cell.value for cell in cells] for name, cells in summary.items()} == {
        "MRR（円）": [103800, -13400],
        "ARR（円）": [1245600, -160800],
        "顧客数": [10, -1],
        "ARPA（円）": [10380, pytest.approx(-274.545455)],
        "解約率（顧客数）": [pytest.approx(0.181818), pytest.approx(18.1818)],
        "NRR（月次）": [pytest.approx(0.829352), pytest.approx(-21.3659)],
        "GRR（月次）": [pytest.approx(0.803754), pytest.approx(-19.6246)],
        "クイックレシオ": [pytest.approx(0.434783), None],
    }
    assert summary["MRR（円）"][0].number_format == '#,##0;"▲"#,##0'
    assert summary["解約率（顧客数）"][0].number_format == '0.00%;"▲"0.00%'
    assert summary["NRR（月次）"][1].number_format == '0.00"pt";"▲"0.00"pt"'
    moved = {row[0].value: row[1].value for row in book.worksheets[1].iter_rows(min_row=2)}
    assert moved == {"新規": 7000, "増額": 3000, "解約": -23000, "為替影響": -400}
    history = book["月ごとの推移"]
    newest = [cell.value for cell in history[2]]
    assert newest[:3] == [datetime(2026, 3, 1), 103800, 1245600]  # noqa: DTZ001 Excel has no zones
    assert history.max_row == 5  # December to March, and the headings
    assert book.worksheets[-1].title == "この表について"


def test_a_null_is_a_dash_with_its_reason(gd1_home):
    said = pdf_text(page(gd1_home), date(2026, 1, 1))
    assert "—（" in said.replace("\n", "")


def test_nobody_is_named_unless_it_is_asked_for_with_the_right(gd1_home, monkeypatch):
    monkeypatch.setattr(report, "RENEWAL_DAYS", 400)  # GD-1's terms end in half a year and later

    def listed(frame):
        return report.renewal_list(frame).rows["customer"].to_list()

    named, unnamed = listed(page(gd1_home, has_names=True)), listed(page(gd1_home))
    assert len(named) == len(unnamed) > 0
    assert not set(named) & set(unnamed)
    with_names = "".join(pdf_text(page(gd1_home, has_names=True)).split())  # long ones wrap
    without = "".join(pdf_text(page(gd1_home)).split())
    for name in set(named):
        assert name in with_names
        assert name not in without
    assert "顧客名は入れていません" in without


def test_files_are_put_in_place_whole_and_recorded(gd1_home):
    frame = page(gd1_home)
    written = report.write(frame, MARCH, gd1_home / "reports", ("pdf", "xlsx"))
    assert [path.name for path in written] == [
        "monthly_report_2026-03_20260630.pdf",
        "monthly_report_2026-03_20260630.xlsx",
    ]
    assert sorted((gd1_home / "reports").iterdir()) == written
    lines = (gd1_home / "audit" / "access.jsonl").read_text(encoding="utf-8").splitlines()
    assert [
        (line["action"], line["table"], line["format"], line["has_personal_columns"])
        for line in map(json.loads, lines)
    ] == [
        ("export", "monthly_report", "pdf", False),
        ("export", "monthly_report", "xlsx", False),
    ]


def test_a_month_the_version_does_not_show_is_refused_with_those_it_does(gd1_home, capsys):
    assert report.main(["--month", "2025-01", "--out", str(gd1_home / "r")]) == 3
    assert "2025-12, 2026-01" in capsys.readouterr().err
    assert not (gd1_home / "r").exists()
    assert report.find_month(page(gd1_home), None) == date(2026, 6, 1)


def test_a_home_without_a_version_is_refused(empty_home, capsys):
    assert report.main([]) == 3
    assert capsys.readouterr().err
