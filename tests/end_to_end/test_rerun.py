"""Running again: nothing new builds nothing, damage publishes nothing, equal inputs equal marts."""

import shutil
from datetime import date

import pytest

from tests.end_to_end import company_home, golden_company, golden_deliveries
from tests.end_to_end.company_home import keizoku

PARTIAL = 3
FAILED = 1


@pytest.fixture
def home(golden_home, tmp_path):
    """A copy of the golden home that a test may change."""
    return company_home.copy_of(golden_home, tmp_path / "home")


def test_running_again_with_nothing_new_builds_nothing(home):
    before = company_home.current_version(home)

    done = company_home.run(home, golden_company.AS_OF)

    assert done.json["outcome"] == "nothing_new"
    assert company_home.current_version(home) == before
    assert [path.name for path in (home / "published").iterdir() if path.is_dir()] == [before]


def test_the_same_files_delivered_again_build_nothing(home):
    before = company_home.current_version(home)
    golden_deliveries.write_csv(home / "inbox", golden_deliveries.last_exports())

    company_home.run(home, golden_company.AS_OF)

    assert company_home.current_version(home) == before


@pytest.mark.slow
def test_a_build_forced_from_the_same_inputs_gives_equal_marts(home, golden_home):
    """Invariant 8: the caches are gone, the marts come out equal."""
    shutil.rmtree(home / "build")
    shutil.rmtree(home / "identity")
    shutil.rmtree(home / "published")

    company_home.run(home, golden_company.AS_OF)

    assert company_home.differences(company_home.marts(home), company_home.marts(golden_home)) == {}


@pytest.mark.slow
def test_a_past_day_looks_as_it_looked_when_only_its_files_were_there(home, monthly_home):
    """Invariant 8, and no look-ahead: what became known later changes no figure of March."""
    company_home.run(home, date(2026, 3, 31))

    then = monthly_home / "seen" / "2026-03-31"
    tables = (
        "core.mart_mrr_waterfall",
        "core.mart_kpi_monthly",
        "core.mart_retention_cohort",
        "core.mart_layer_cake",
        "core.fct_mrr_movement",
    )
    now = company_home.marts(home)
    seen = company_home.marts(then)
    assert (
        company_home.differences(
            {name: now[name] for name in tables}, {name: seen[name] for name in tables}
        )
        == {}
    )


DAMAGE = {
    "cut_inside_the_last_value": lambda content: content[:-9],
    "half_of_the_bytes": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "not_text": lambda content: bytes(range(256)) * 40,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_delivery_changes_nothing_that_is_published(home, damage):
    before = company_home.marts(home)
    later = golden_deliveries.Export(
        "billing.subscriptions",
        date(2026, 7, 31),
        golden_deliveries.export_of("billing.subscriptions", date(2026, 6, 30)).rows,
    )
    golden_deliveries.write_csv(home / "inbox", [later])
    path = later.path(home / "inbox", ".csv")
    path.write_bytes(DAMAGE[damage](path.read_bytes()))

    done = keizoku(home, "run", "--as-of", golden_company.AS_OF.isoformat())

    assert done.code == PARTIAL, done.text
    assert "subscriptions_20260731.csv" in done.text
    assert company_home.differences(company_home.marts(home), before) == {}


@pytest.mark.slow
def test_a_failing_audit_leaves_the_last_good_version_in_place(home):
    """A contract in a currency without a rate would count as zero: it stops the publish instead."""
    before = company_home.current_version(home)
    rows = golden_deliveries.export_of("billing.subscriptions", golden_company.AS_OF).rows
    in_euro = {**rows[0], "contract_id": "S15", "currency": "EUR"}
    golden_deliveries.write_csv(
        home / "inbox",
        [golden_deliveries.Export("billing.subscriptions", date(2026, 7, 1), (*rows, in_euro))],
    )

    done = keizoku(home, "run", "--as-of", golden_company.AS_OF.isoformat())

    assert done.code == FAILED, done.text
    assert "assert_every_foreign_amount_has_a_rate" in done.text
    assert company_home.current_version(home) == before
    assert (
        company_home.waterfall(home, golden_company.WATERFALL_COLUMNS) == golden_company.WATERFALL
    )
