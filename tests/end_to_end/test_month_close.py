"""Month close (G-38): what March was reported as stays, what is known now is beside it."""

import shutil
from datetime import date
from decimal import Decimal

import pytest

from tests.end_to_end import company_home, golden_company, golden_deliveries
from tests.end_to_end.company_home import keizoku, query

pytestmark = pytest.mark.slow

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
POLICY = {"history_start": golden_company.HISTORY_START.isoformat()}
LATE_REQUEST = {
    "contract_id": "S01",
    "requested_at": "2026-03-20",
    "effective_date": "2026-03-30",
    "reason_code": "price",
    "initiated_by": "customer",
}
LATE_FILE = "cancel_requests_20260420.csv"


@pytest.fixture(scope="module")
def march_home(built_once):
    """GD-1 as it stood on the last day of March."""

    def build(home):
        company_home.found(home, POLICY)
        exports = golden_deliveries.exports_of_month(date(2026, 3, 31))
        golden_deliveries.write_csv(home / "inbox", exports)
        company_home.run(home, date(2026, 3, 31))

    return built_once("march", build)


@pytest.fixture(scope="module")
def closed_home(built_once, march_home):
    """March closed on what was received by then."""

    def build(home):
        company_home.copy_of(march_home, home)
        done = keizoku(home, "close", "2026-03", "--on", day_received(home))
        assert done.code == 0, done.text

    return built_once("march_closed", build)


@pytest.fixture(scope="module")
def april_home(built_once, closed_home):
    """April delivered and run, with the file that tells late that C01 left on 30 March."""

    def build(home):
        company_home.copy_of(closed_home, home)
        entity = "billing.cancel_requests"
        exports = [
            export
            for export in golden_deliveries.exports_of_month(date(2026, 4, 30))
            if export.entity != entity
        ]
        known = golden_deliveries.export_of(entity, date(2026, 4, 20))
        late = golden_deliveries.Export(entity, date(2026, 4, 20), (*known.rows, LATE_REQUEST))
        golden_deliveries.write_csv(home / "inbox", [*exports, late])
        company_home.run(home, date(2026, 4, 30))

    return built_once("march_restated", build)


def day_received(home) -> str:
    """The day (UTC, one later: any zone) the files of the home came in: the books close then."""
    [(received,)] = query(home, "select max(received_at) + interval 1 day from obs_load_manifest")
    return received.date().isoformat()


def waterfall(home, month: date, view: str) -> dict[str, Decimal]:
    rows = query(
        home,
        "select movement_type, mrr_change, begin_mrr, end_mrr from mart_mrr_waterfall"
        " where month = ? and basis = 'contract' and view = ?",
        [month, view],
    )
    ends = {(begin, end) for _, _, begin, end in rows}
    assert len(ends) == 1, rows
    [(begin, end)] = ends
    moved = {movement: change for movement, change, _, _ in rows if change}
    return {"begin": begin} | moved | {"end": end}


@pytest.mark.golden("G-38/closed_march")
def test_march_closes_at_what_was_published(closed_home):
    done = keizoku(closed_home, "closes")
    assert done.code == 0
    [close] = done.json
    assert (close["month"], close["revision"], close["problem"]) == ("2026-03-01", 1, None)
    assert Decimal(close["end_mrr"]) == 103800
    assert set(close["files"]) == {
        "waterfall.parquet",
        "kpi.parquet",
        "movements.parquet",
        "levels.parquet",
        "deliveries.parquet",
    }


@pytest.mark.golden("G-38/as_restated", "G-38/as_reported", "G-38/prior_period")
def test_a_late_cancellation_restates_march_and_shows_as_prior_period_of_april(april_home):
    assert waterfall(april_home, MARCH, "as_restated")["end"] == 93800
    assert waterfall(april_home, MARCH, "as_reported") == {
        "begin": 117200,
        "new": 7000,
        "expansion": 3000,
        "churn": -23000,
        "fx": -400,
        "end": 103800,
    }
    assert waterfall(april_home, APRIL, "as_reported") == {
        "begin": 103800,
        "expansion": 5000,
        "churn": -4000,
        "pause": -12000,
        "fx": 200,
        "prior_period": -10000,
        "end": 83000,
    }
    assert waterfall(april_home, APRIL, "as_restated")["begin"] == 93800
    kpi = query(april_home, "select mrr from mart_kpi_monthly where month = ?", [MARCH])
    assert kpi == [(93800,)]


def test_customers_roll_forward_through_the_prior_period_too(april_home):
    rows = query(
        april_home,
        """
        select
            movement_type, customer_count, begin_customer_count, end_customer_count
        from mart_mrr_waterfall
        where month = ? and view = 'as_reported' and movement_type in ('prior_period', 'churn')
        """,
        [APRIL],
    )
    assert sorted(rows) == [("churn", 1, 10, 7), ("prior_period", -1, 10, 7)]


@pytest.mark.golden("G-38/log")
def test_the_log_names_the_customer_the_file_and_the_row(april_home):
    names = company_home.customers(april_home)
    [row] = query(
        april_home,
        """
        select
            month, customer_key, reported_mrr, restated_mrr, mrr_difference,
            cause_kind, cause_row_count, entity, source_file_name, source_row
        from obs_restatement_log
        """,
    )
    month, customer_key, *rest = row
    # the header, five requests known on 4/20, and the late one below them
    line = (
        1 + len(golden_deliveries.export_of("billing.cancel_requests", date(2026, 4, 20)).rows) + 1
    )
    assert (month, names[customer_key], *rest) == (
        *(MARCH, "C01", 10000, 0, -10000),
        *("row", 1, "billing.cancel_requests", LATE_FILE, line),
    )


def test_april_closes_with_its_prior_period_and_march_is_corrected_no_more(april_home, tmp_path):
    home = company_home.copy_of(april_home, tmp_path / "home")
    assert keizoku(home, "close", "2026-04", "--on", day_received(home)).code == 0
    company_home.run(home, date(2026, 4, 30))
    reported = waterfall(home, APRIL, "as_reported")
    assert (reported["begin"], reported["prior_period"], reported["end"]) == (103800, -10000, 83000)

    refused = keizoku(home, "close", "2026-03", "--reason", "late request")
    assert (refused.code, refused.json["error"]["code"]) == (1, "close_out_of_order")


def test_a_correction_is_a_second_revision_with_a_reason(april_home, tmp_path):
    home = company_home.copy_of(april_home, tmp_path / "home")
    on = ("--on", day_received(home))
    twice = keizoku(home, "close", "2026-03", *on)
    assert (twice.code, twice.json["error"]["code"]) == (1, "close_twice")
    first = (home / "closes" / "2026-03" / "r1" / "close.json").read_bytes()

    assert keizoku(home, "close", "2026-03", *on, "--reason", "late request of C01").code == 0
    company_home.run(home, date(2026, 4, 30))

    assert (home / "closes" / "2026-03" / "r1" / "close.json").read_bytes() == first
    assert waterfall(home, MARCH, "as_reported")["end"] == 93800
    assert "prior_period" not in waterfall(home, APRIL, "as_reported")
    assert query(home, "select count(*) from obs_restatement_log") == [(0,)]
    assert [one["revision"] for one in keizoku(home, "closes").json] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("2026-04",), "close_incomplete"),
        (("2026-03", "--on", "2026-04-08"), "close_late_facts"),
        (("2026-03",), "close_late_facts"),
        (("2026-13",), "wrong_date"),
    ],
)
def test_what_cannot_be_closed_is_refused_and_leaves_nothing(march_home, tmp_path, arguments, code):
    home = company_home.copy_of(march_home, tmp_path / "home")
    done = keizoku(home, "close", *arguments)
    assert done.json["error"]["code"] == code
    assert list((home / "closes").iterdir()) == []


def test_a_month_is_not_skipped(closed_home, tmp_path):
    home = company_home.copy_of(closed_home, tmp_path / "home")
    done = keizoku(home, "close", "2026-05")
    assert done.json["error"]["code"] == "close_out_of_order"


@pytest.mark.parametrize("damage", ["changed", "removed"])
def test_a_close_somebody_changed_is_seen_and_nothing_is_built_over_it(
    april_home, tmp_path, damage
):
    home = company_home.copy_of(april_home, tmp_path / "home")
    close = home / "closes" / "2026-03" / "r1"
    if damage == "changed":
        (close / "waterfall.parquet").chmod(0o644)
        with (close / "waterfall.parquet").open("ab") as file:
            file.write(b"x")
    else:
        assert keizoku(home, "close", "2026-04", "--on", day_received(home)).code == 0
        shutil.rmtree(close.parent)
    listed = keizoku(home, "closes")
    assert listed.code == 1
    assert [one["problem"] for one in listed.json if one["problem"]]
    before = company_home.current_version(home)
    done = keizoku(home, "run", "--as-of", "2026-04-30")
    assert done.code == 1, done.text
    assert company_home.current_version(home) == before
