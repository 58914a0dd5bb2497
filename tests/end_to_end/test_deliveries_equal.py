"""The same company, however its files arrive, gives equal marts: columns, types and rows."""

from datetime import UTC, date, datetime

import pytest

from sources import landing
from tests.end_to_end import company_home, golden_company, golden_deliveries
from tests.end_to_end.conftest import POLICY

pytestmark = pytest.mark.slow

SHUFFLE_SEED = 20260630


@pytest.fixture(scope="session")
def golden_marts(golden_home):
    return company_home.marts(golden_home)


def published_at(home, month_end: date):
    """What the monthly home had published after the run of that month."""
    return home / "seen" / month_end.isoformat()


def test_month_by_month_ends_in_the_same_marts(monthly_home, golden_marts):
    assert company_home.differences(company_home.marts(monthly_home), golden_marts) == {}


@pytest.mark.parametrize("month_end", golden_company.MONTH_ENDS, ids=str)
def test_each_month_already_showed_the_figures_it_has_at_the_end(monthly_home, month_end):
    shown = company_home.waterfall(
        published_at(monthly_home, month_end), golden_company.WATERFALL_COLUMNS
    )
    assert shown == {
        month: figures
        for month, figures in golden_company.WATERFALL.items()
        if month <= month_end.replace(day=1)
    }


def test_all_months_in_one_go_and_out_of_order_give_the_same_marts(tmp_path, golden_marts):
    home = company_home.found(tmp_path / "home", POLICY)
    for month_end in golden_company.MONTH_ENDS:
        golden_deliveries.write_csv(home / "inbox", golden_deliveries.exports_of_month(month_end))
    company_home.run(home, golden_company.AS_OF)

    assert company_home.differences(company_home.marts(home), golden_marts) == {}


def test_the_newest_month_first_and_then_file_after_file_shuffled_gives_the_same_marts(
    tmp_path, golden_marts
):
    home = company_home.found(tmp_path / "home", POLICY)
    *earlier, newest = golden_company.MONTH_ENDS
    golden_deliveries.write_csv(home / "inbox", golden_deliveries.exports_of_month(newest))
    company_home.run(home, golden_company.AS_OF)

    staged = tmp_path / "staged"
    for month_end in earlier:
        golden_deliveries.write_csv(staged, golden_deliveries.exports_of_month(month_end))
    files = golden_deliveries.shuffled_files(staged, SHUFFLE_SEED)
    for minute, file in enumerate(files):
        arrived = golden_deliveries.move_into(home / "inbox", file, staged)
        result = landing.deliver(
            landing.Home(home, company_home.SECRET_BYTES),
            arrived,
            received_at=datetime(2026, 7, 1, 0, minute, tzinfo=UTC),
        )
        assert result.state == "live", (file, result.problems)
    company_home.run(home, golden_company.AS_OF)

    assert company_home.differences(company_home.marts(home), golden_marts) == {}


@pytest.mark.parametrize(
    "write",
    [golden_deliveries.write_japanese_csv, golden_deliveries.write_xlsx],
    ids=["cp932_with_japanese_headers", "xlsx"],
)
def test_another_spelling_of_the_same_files_gives_the_same_marts(tmp_path, golden_marts, write):
    home = company_home.found(tmp_path / "home", POLICY)
    write(home / "inbox", golden_deliveries.last_exports())
    company_home.run(home, golden_company.AS_OF)

    assert company_home.differences(company_home.marts(home), golden_marts) == {}


def test_monthly_snapshots_with_a_change_date_give_the_same_waterfall(tmp_path):
    home = company_home.found(tmp_path / "home", POLICY)
    golden_deliveries.write_snapshot_mapping(home / "mappings")
    for month_end in golden_company.MONTH_ENDS:
        exports = golden_deliveries.exports_of_month(month_end)
        others = [export for export in exports if export.entity != "billing.subscriptions"]
        golden_deliveries.write_csv(home / "inbox", others)
        golden_deliveries.write_snapshot(home / "inbox", month_end)
    company_home.run(home, golden_company.AS_OF)

    assert (
        company_home.waterfall(home, golden_company.WATERFALL_COLUMNS) == golden_company.WATERFALL
    )
    assert company_home.movements(home) == golden_company.MOVEMENTS
