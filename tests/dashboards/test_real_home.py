"""The pages over GD-1 delivered as files and taken through the whole pipeline."""

from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from dashboards import access, clock, originals, warehouse
from dashboards.app_pages import DEFAULT_PAGE, PAGES
from dashboards.catalogue import LANGUAGES
from dashboards.queries import about, revenue
from tests.dashboards.gd1_home import (
    DELIVERED_ALONE,
    EMPTY_WITHOUT_THE_REST,
    REPO,
    THE_MORNING_AFTER,
)
from tests.end_to_end import company_home, golden_company, golden_deliveries

# Built once per session, by whichever test asks first.
from tests.end_to_end.conftest import POLICY, built_once, golden_home, shared_folder  # noqa: F401

RATES = "reference.fx_rates"  # a contract of GD-1 is in USD


@pytest.fixture
def real_home(golden_home, tmp_path, monkeypatch):  # noqa: F811
    """A copy, because looking at an original line writes into the home."""
    home = tmp_path / "real"
    company_home.copy_of(golden_home, home)
    monkeypatch.setenv("KEIZOKU_HOME", str(home))
    monkeypatch.setattr(clock, "utc_now", lambda: THE_MORNING_AFTER)
    return home


@pytest.fixture
def snapshot(real_home):
    snapshot, passed_over = warehouse.current(real_home, access.principal())
    assert passed_over is None
    return snapshot


def open_page(page: str | None = None, **url: str) -> AppTest:
    app = AppTest.from_file(REPO / "dashboards" / "app.py", default_timeout=60).run()
    if page:
        app.switch_page(page)
    for name, value in url.items():
        app.query_params[name] = value
    return app.run()


def test_home_shows_the_golden_figures(real_home):
    app = open_page()
    assert not app.exception
    assert not app.warning
    assert not app.error
    june = {metric.label: metric.value for metric in app.metric if "着地予測" not in metric.label}
    assert june == {
        "MRR": "106,600円",
        "ARR": "1,279,200円",
        "顧客数": "10",
        "ARPA": "10,660円",
        "解約率（顧客数）": "0.00%",
        "NRR（月次）": "100.00%",
        "GRR（月次）": "100.00%",
        "クイックレシオ": "—",
    }
    march = {metric.label: metric.value for metric in open_page(month="2026-03").metric}
    assert march["MRR"] == "103,800円"
    assert march["解約率（顧客数）"] == "18.18%"
    assert march["NRR（月次）"] == "82.94%"
    assert march["クイックレシオ"] == "0.43"


def test_every_cell_adds_up_from_its_customers_and_their_contracts(snapshot):
    months = about.months(snapshot).to_dicts()
    month_end = {row["month"]: row["month_end"] for row in months}
    cells = revenue.movements(snapshot, months[0]["month"], months[-1]["month"])
    assert cells.height == 63  # 7 months × 9 types
    for cell in cells.to_dicts():
        customers = revenue.movement_customers(snapshot, cell["month"], cell["movement_type"]).all()
        assert sum(customers["mrr_change"], Decimal(0)) == cell["mrr_change"]
        for key in customers["customer_key"]:
            day = month_end[cell["month"]]
            sums = dict(revenue.contract_sums(snapshot, key, day).rows())
            if set(sums) <= {"JPY"}:
                assert sums.get("JPY", 0) == revenue.customer_mrr(snapshot, key, day)


def test_churn_of_march_goes_down_to_the_line_the_billing_system_wrote(real_home, snapshot):
    month = next(row for row in about.months(snapshot).to_dicts() if f"{row['month']:%m}" == "02")
    march = next(row for row in about.months(snapshot).to_dicts() if f"{row['month']:%m}" == "03")
    largest = revenue.movement_customers(snapshot, march["month"], "churn").all().row(0, named=True)
    assert largest["mrr_change"] == -20000
    (contract,) = revenue.contracts_in_force(
        snapshot, largest["customer_key"], month["month_end"]
    ).to_dicts()
    app = open_page(
        "views/mrr.py",
        month="2026-03",
        type="churn",
        customer=largest["customer_key"],
        line=contract["segment_key"],
    )
    assert not app.exception
    assert not app.error
    said = "\n".join(element.value for kind in ("markdown", "caption") for element in app.get(kind))
    assert "2 顧客、合計 ▲23,000円" in said
    assert "MRR 20,000円 → 0円" in said
    assert said.count("✓ 合計") == 3
    line = next(frame.value for frame in app.dataframe if "見出し" in frame.value)
    cells = dict(zip(line["見出し"], line["値"], strict=True))
    assert cells["contract_id"] == contract["contract_id"] == "S04"
    assert cells["segment_end_date"] == "2026-02-28"


def test_every_contract_of_the_last_month_has_its_line(real_home, snapshot):
    last = about.months(snapshot).to_dicts()[-1]
    found = 0
    for key in revenue.movement_customers(snapshot, last["month"], "resume").all()["customer_key"]:
        for piece in revenue.contracts_in_force(snapshot, key, last["month_end"]).to_dicts():
            delivery = about.delivery(snapshot, piece["delivery_id"], "billing.subscriptions").row(
                0, named=True
            )
            line = originals.original_line(
                real_home,
                access.principal(),
                content_sha256=delivery["content_sha256"],
                feed_id=delivery["feed_id"],
                file_name=delivery["file_name"],
                sheet=piece["source_sheet"],
                row=piece["source_row"],
                time_zone="Asia/Tokyo",
            )
            assert line["contract_id"] == piece["contract_id"]
            found += 1
    assert found == 1


@pytest.mark.slow
def test_a_company_that_delivers_accounts_and_contracts_alone_sees_every_page(
    built_once,  # noqa: F811
    tmp_path,
    monkeypatch,
):
    """The state test_pages.py makes out of GD-1 by hand, as a run really leaves it."""

    def build(home):
        exports = golden_deliveries.last_exports()
        alone = [each for each in exports if each.entity in (*DELIVERED_ALONE, RATES)]
        company_home.found(home, POLICY)
        golden_deliveries.write_csv(home / "inbox", alone)
        company_home.run(home, golden_company.AS_OF, env={"TZ": "UTC"})

    home = company_home.copy_of(built_once("accounts_and_contracts", build), tmp_path / "home")
    monkeypatch.setenv("KEIZOKU_HOME", str(home))
    monkeypatch.setattr(clock, "utc_now", lambda: THE_MORNING_AFTER)
    for name in EMPTY_WITHOUT_THE_REST:
        assert company_home.query(home, f"select count(*) from {name}") == [(0,)], name
    for page in PAGES:
        for lang in LANGUAGES:
            app = open_page(None if page == DEFAULT_PAGE else f"views/{page}.py", lang=lang)
            assert not app.exception, (page, lang)
            assert not app.error, (page, lang, app.error[0].value)
            assert app.title
