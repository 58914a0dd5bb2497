"""U9: a bad file, what is said about it, the corrected file, and all is green again."""

import io

import openpyxl
import pytest
import streamlit as st

from tests.dashboards.test_pages import open_page, tiles
from tests.end_to_end import company_home, golden_company, golden_deliveries
from tests.end_to_end.company_home import keizoku

PARTIAL = 3


@pytest.fixture
def home(golden_home, tmp_path, monkeypatch):
    """A copy of the golden home that a test may change, as the pages see it."""
    home = company_home.copy_of(golden_home, tmp_path / "home")
    monkeypatch.setenv("KEIZOKU_HOME", str(home))
    st.cache_data.clear()
    st.cache_resource.clear()
    return home


@pytest.mark.slow
def test_a_bad_row_is_told_with_its_remedy_and_gone_once_the_file_is_corrected(home):
    plans = next(one for one in golden_deliveries.last_exports() if one.entity == "billing.plans")
    file = plans.path(home / "inbox", ".csv")
    head = ",".join([*plans.header])
    rows = [",".join(row.values()) for row in plans.rows]
    price = plans.rows[0]["list_price_native"]
    bad = [rows[0].replace(price, "1.2億"), *rows[1:]]

    file.write_text("\n".join([head, *bad, ""]), encoding="utf-8")
    company_home.run(home, golden_company.AS_OF)
    [rejected] = keizoku(home, "rejects").json
    assert (rejected["file_name"], rejected["source_row"]) == (file.name, 2)
    assert rejected["column_name"] == "list_price_native"
    page = open_page("quality", view="quarantine")
    assert tiles(page)["隔離された行"][0] == "1"
    cells = {cell for shown in page.dataframe for row in shown.value.to_numpy() for cell in row}
    assert {rejected["message_ja"], rejected["remedy_ja"]} <= cells
    repair = open_page("quality", view="quarantine", file=rejected["delivery_id"])
    assert "reject_files" not in repair.session_state or not repair.session_state["reject_files"]
    repair.button(key="repair_make").click().run()
    [content] = repair.session_state["reject_files"].values()
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    heads, row = ([cell.value for cell in one] for one in sheet.iter_rows(max_row=2))
    assert heads[:4] == ["行", "列", "理由", "どうする"]
    assert row[:4] == [2, "list_price_native", rejected["message_ja"], rejected["remedy_ja"]]
    assert heads[4:] == [*plans.header]
    assert row[4:] == [value or None for value in bad[0].split(",")]
    marked = [cell.column for cell in sheet[2] if cell.fill.start_color.rgb == "FFFFD966"]
    assert [heads[column - 1] for column in marked] == ["list_price_native"]

    file.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    company_home.run(home, golden_company.AS_OF)
    assert keizoku(home, "rejects").json == []
    assert tiles(open_page("quality", view="quarantine"))["隔離された行"][0] == "0"
