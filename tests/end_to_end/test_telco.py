"""Real input nobody here wrote, onboarded with the mapping of examples/telco_churn and no code."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from tests.end_to_end import company_home
from tests.end_to_end.company_home import PROJECT, query

EXAMPLE = PROJECT / "examples" / "telco_churn"
REAL_FILE = PROJECT.parent / "shared" / "data" / "telco_churn" / "Telco-Customer-Churn.csv"
DELIVERED_AS = "telco_churn_2026-03-31.csv"
AS_OF = date(2026, 3, 31)


def onboarded(home: Path, file: Path) -> Path:
    """A home with the example's mapping, the file delivered as of 2026-03-31, run once."""
    company_home.found(home)
    shutil.copyfile(EXAMPLE / "keizoku.toml", home / "keizoku.toml")
    shutil.copyfile(EXAMPLE / "mapping.yml", home / "mappings" / "telco_churn.yml")
    inbox = home / "inbox" / "telco"
    inbox.mkdir(parents=True)
    shutil.copyfile(file, inbox / DELIVERED_AS)
    company_home.run(home, AS_OF)
    return home


@pytest.fixture(scope="session")
def sample_home(built_once):
    return built_once("telco_sample", lambda home: onboarded(home, EXAMPLE / DELIVERED_AS))


@pytest.fixture(scope="session")
def telco_home(built_once):
    if not REAL_FILE.exists():
        pytest.skip(f"the sample data is not on this machine: {REAL_FILE} is absent")
    return built_once("telco", lambda home: onboarded(home, REAL_FILE))


def landed(home: Path, table: str) -> pl.DataFrame:
    return pl.read_parquet(home / "landed" / table / "live" / "*.parquet")


def blank_totals(home: Path) -> list[tuple]:
    return query(
        home,
        """
        select source_row, column_name, reason_code from obs_quarantine
        where entity = 'billing.invoices' order by source_row
        """,
    )


def test_the_synthetic_sample_shows_what_the_how_to_promises(sample_home):
    subscriptions = landed(sample_home, "billing__subscriptions")
    assert subscriptions.height == 20
    assert subscriptions["unit_price_native"].sum() == Decimal("1352.00")

    [figures] = query(
        sample_home,
        """
        select mrr, customer_count, churned_customer_count, churn_mrr
        from mart_kpi_monthly where month = date '2026-03-01'
        """,
    )
    assert figures == (Decimal("1036.25"), 15, 5, Decimal("-315.75"))
    # line 7 of the file: tenure 0, nothing charged yet
    assert blank_totals(sample_home) == [(7, "TotalCharges", "missing_required")]


def test_check_shows_what_would_not_load_with_its_line_and_remedy(sample_home):
    file = EXAMPLE / DELIVERED_AS
    done = company_home.keizoku(
        sample_home, "check", str(file), "--mapping", "telco_churn", as_json=False
    )
    assert done.code == 3, done.text
    assert "billing.invoices: 20 read = 19 landed + 1 quarantined" in done.text
    [line] = [line for line in done.text.splitlines() if "TotalCharges" in line]
    assert line.split()[:3] == [DELIVERED_AS, "7", "TotalCharges"]
    assert "A required column is blank" in line


def test_every_customer_of_the_telco_file_is_landed_with_its_monthly_charge(telco_home):
    subscriptions = landed(telco_home, "billing__subscriptions")

    assert subscriptions.height == 7043
    assert subscriptions["unit_price_native"].sum() == Decimal("456116.60")
    assert landed(telco_home, "crm__accounts").height == 7043
    assert query(telco_home, "select count(*) from dim_customer") == [(7043,)]


def test_those_who_left_the_telco_churn_in_the_month_of_the_file(telco_home):
    [figures] = query(
        telco_home,
        """
        select churned_customer_count, churn_mrr, mrr, customer_count
        from mart_kpi_monthly where month = date '2026-03-01'
        """,
    )
    assert figures == (1869, Decimal("-139130.85"), Decimal("316985.75"), 5174)
    assert query(
        telco_home,
        "select count(*), sum(mrr_lost), min(churn_kind), max(churn_kind) from fct_churn_event",
    ) == [(1869, Decimal("139130.85"), "voluntary", "voluntary")]


def test_no_telco_customer_leaves_before_the_file_says_so(telco_home):
    rows = query(
        telco_home,
        "select month, churned_customer_count from mart_kpi_monthly where month < '2026-03-01'",
    )
    assert len(rows) == 72
    assert {count for _, count in rows} == {0}


def test_the_eleven_blank_totals_are_reported_with_their_lines_and_nobody_is_dropped(telco_home):
    lines = (490, 755, 938, 1084, 1342, 3333, 3828, 4382, 5220, 6672, 6756)
    assert blank_totals(telco_home) == [
        (line, "TotalCharges", "missing_required") for line in lines
    ]
    rows = query(
        telco_home,
        """
        select rows_read, rows_landed, rows_quarantined, rows_repeated, rows_filtered
        from obs_load_manifest where entity = 'billing.invoices'
        """,
    )
    assert rows == [(7043, 7032, 11, 0, 0)]
    assert landed(telco_home, "billing__invoices")["total_native"].sum() == Decimal("16056168.70")


def test_a_telco_row_is_found_again_in_its_file(telco_home):
    [(file_name, line)] = query(
        telco_home,
        """
        select distinct obs_load_manifest.file_name, fct_subscription_segment.source_row
        from fct_subscription_segment
        inner join obs_load_manifest
            on fct_subscription_segment.delivery_id = obs_load_manifest.delivery_id
        where fct_subscription_segment.contract_id = '7590-VHVEG'
        """,
    )
    assert (file_name, line) == (DELIVERED_AS, 2)
