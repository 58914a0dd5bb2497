"""The real thing on a small company: init → inbox CSV → run → sql, by the command line."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

pytestmark = pytest.mark.xdist_group("dagster_project_run")

AS_OF = "2026-03-31"
CUSTOMERS = """billing_customer_id,account_id,name,email,created_date
B1,A1,株式会社みどり,midori@example.jp,2026-01-05
B2,,山田商店,yamada@example.jp,2026-01-06
"""
ACCOUNTS = """account_id,kind,name,email,created_date
A1,company,㈱みどり,info@midori.example.jp,2025-12-01
A9,company,山田商店 本店,YAMADA@example.jp,2026-02-01
"""
HEADER = (
    "contract_id,segment_start_date,segment_end_date,billing_customer_id,unit_price_native,"
    "price_includes_tax,currency,interval_unit,interval_count,plan_id"
)
CONTRACTS = [
    "S1,2026-01-10,,B1,10000,false,JPY,month,1,P1",
    "S2,2026-02-01,,B2,24000,false,JPY,year,1,P2",
    "S3,2026-03-01,,B3,500,false,JPY,month,1,P1",
]


def keizoku(home: Path, *arguments: str, **environment: str):
    command = [sys.executable, "-m", "dagster_project.cli", "--home", str(home), "--lang", "en"]
    return subprocess.run(
        [*command, *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        env=os.environ | environment,
        check=False,
    )


def run(home: Path, **environment: str):
    done = keizoku(home, "--json", "run", "--as-of", AS_OF, **environment)
    return done.returncode, json.loads(done.stdout)


def sql(home: Path, statement: str):
    done = keizoku(home, "sql", "--format", "json", statement)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def put(home: Path, name: str, text: str) -> None:
    path = home / "inbox" / name
    path.write_text(text, encoding="utf-8")


def contracts(*lines: str) -> str:
    return "\n".join([HEADER, *lines]) + "\n"


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A home after its first run; tests that change it take a copy."""
    home = tmp_path_factory.mktemp("company") / "home"
    assert keizoku(home, "init").returncode == 0
    put(home, "billing/billing_customers_20260331.csv", CUSTOMERS)
    put(home, "crm/accounts_20260331.csv", ACCOUNTS)
    put(home, "billing/subscriptions_20260331.csv", contracts(*CONTRACTS))
    code, report = run(home)
    assert code == 0, report
    return home, report


@pytest.fixture
def home(first, tmp_path):
    copy = tmp_path / "home"
    shutil.copytree(first[0], copy)
    return copy


def test_the_exports_become_published_numbers(first):
    home, report = first
    assert report["outcome"] == "published"
    assert sql(home, "select month, mrr, customer_count from mart_kpi_monthly order by month") == [
        {"month": "2026-01-01", "mrr": 10000, "customer_count": 1},
        {"month": "2026-02-01", "mrr": 12000, "customer_count": 2},
        {"month": "2026-03-01", "mrr": 12500, "customer_count": 3},
    ]
    names = sql(home, "select display_name as name from pii.dim_customer")
    assert {row["name"] for row in names} == {"㈱みどり", "山田商店 本店", "B3"}


def test_records_are_linked_by_id_and_email_and_a_contract_without_a_record_is_kept(first):
    home, _ = first
    rows = sql(
        home,
        "select source_id, match_rule, count(*) over (partition by customer_key) as records"
        " from bridge_customer_identity order by source_id",
    )
    assert [(row["source_id"], row["match_rule"], row["records"]) for row in rows] == [
        ("A1", "self", 2),
        ("A9", "shared_email", 2),
        ("B1", "shared_id", 2),
        ("B2", "self", 2),
        ("B3", "dangling", 1),
    ]


def test_the_manual_run_is_visible_in_dagster_with_its_checks(first):
    home, report = first
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        recorded = instance.get_run_by_id(report["run_id"])
        assert (recorded.job_name, recorded.status) == ("keizoku_run", dg.DagsterRunStatus.SUCCESS)
        keys = (["landed", "billing__subscriptions"], ["main", "mart_kpi_monthly"])
        for key in keys:
            event = instance.get_latest_materialization_event(dg.AssetKey(key))
            assert event.run_id == report["run_id"], key
        check = dg.AssetCheckKey(
            dg.AssetKey(["main", "mart_kpi_monthly"]), "assert_customers_roll_forward"
        )
        (latest,) = instance.event_log_storage.get_asset_check_execution_history(check, limit=1)
        assert latest.status.value == "SUCCEEDED"


def test_a_second_run_finds_nothing_new_and_builds_nothing(home):
    before = sorted(path.name for path in (home / "published").iterdir())
    code, report = run(home)
    assert (code, report["outcome"]) == (0, "nothing_new")
    assert set(report["seconds"]) == {"land", "plan"}
    assert sorted(path.name for path in (home / "published").iterdir()) == before


def test_the_time_zone_of_the_machine_changes_nothing(home):
    for zone in ("America/New_York", "Asia/Tokyo"):
        code, report = run(home, TZ=zone)
        assert (code, report["outcome"]) == (0, "nothing_new"), zone


def test_b07_a_broken_file_is_held_the_rest_is_published_and_the_exit_code_says_so(home):
    put(home, "billing/subscriptions_20260401.csv", "")
    more = CUSTOMERS + "B3,,鈴木,suzuki@example.jp,2026-03-01\n"
    put(home, "billing/billing_customers_20260401.csv", more)
    code, report = run(home)
    assert (code, report["outcome"]) == (3, "published")
    assert [one["file_name"] for one in report["held"]] == ["subscriptions_20260401.csv"]
    rows = sql(home, "select customer_count, mrr from mart_kpi_monthly order by month desc limit 1")
    assert rows == [{"customer_count": 3, "mrr": 12500}]
    rows = sql(home, "select count(*) as n from pii.dim_customer where display_name = '鈴木'")
    assert rows == [{"n": 1}]


def test_a_failed_audit_publishes_nothing_and_names_the_test(home):
    before = (home / "published" / "CURRENT").read_text()
    euro = "S4,2026-03-01,,B2,100,false,EUR,month,1,P1"
    put(home, "billing/subscriptions_20260401.csv", contracts(*CONTRACTS, euro))
    done = keizoku(home, "run", "--as-of", AS_OF)
    assert done.returncode == 1
    assert "every foreign amount has a rate" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert (home / "published" / "CURRENT").read_text() == before
    status = json.loads(keizoku(home, "--json", "status").stdout)
    assert status["last_run"]["outcome"] == "failed"
    assert status["version"] == before.strip()


def test_h03_a_rollback_stands_until_something_is_new(home):
    old = (home / "published" / "CURRENT").read_text().strip()
    put(home, "billing/subscriptions_20260401.csv", contracts(*CONTRACTS[:2], CONTRACTS[2]))
    assert run(home)[1]["outcome"] == "published"
    new = (home / "published" / "CURRENT").read_text().strip()
    assert new != old

    assert keizoku(home, "publish", "--to", old).returncode == 0
    assert run(home)[1]["outcome"] == "nothing_new"
    assert (home / "published" / "CURRENT").read_text().strip() == old
    listed = json.loads(keizoku(home, "--json", "versions").stdout)
    assert [(one["version"], one["is_current"]) for one in listed] == [(new, False), (old, True)]


def test_a08_a_damaged_version_is_built_again_by_the_next_run(home):
    old = (home / "published" / "CURRENT").read_text().strip()
    (home / "published" / old / "core.duckdb").write_bytes(b"not a database")
    code, report = run(home)
    assert (code, report["outcome"]) == (0, "published")
    assert report["version"] != old
    assert (home / "published" / "CURRENT").read_text().strip() == report["version"]


def test_a12_a_rebuild_from_the_originals_gives_equal_marts(home, first):
    for folder in ("landed", "build", "published", "identity", "dagster", "quarantine"):
        shutil.rmtree(home / folder, ignore_errors=True)
    (home / "ledger.sqlite").unlink()
    done = keizoku(home, "--json", "rebuild", "--as-of", AS_OF)
    assert done.returncode == 0, done.stderr

    def hashes(folder):
        name = (folder / "published" / "CURRENT").read_text().strip()
        manifest = json.loads((folder / "published" / name / "manifest.json").read_text())
        return {
            mart: facts["content_hash"]
            for mart, facts in manifest["marts"].items()
            if not mart.startswith("obs_")
        }

    assert hashes(home) == hashes(first[0])


def test_a_policy_override_changes_the_policy_id_and_builds_again(home):
    before = json.loads(keizoku(home, "--json", "status").stdout)["policy_id"]
    (home / "keizoku.toml").write_text("[policy]\nlapse_grace_days = 0\n", encoding="utf-8")
    code, report = run(home)
    assert (code, report["outcome"]) == (0, "published")
    rows = sql(home, "select distinct policy_id from mart_kpi_monthly")
    assert rows != [{"policy_id": before}]


def test_check_says_what_would_load_and_stores_nothing(home, tmp_path):
    bad = "S9,2026-02-31,,B1,abc,false,JPY,month,1,P1"
    path = home / "inbox" / "billing" / "subscriptions_20260402.csv"
    path.write_text(contracts(*CONTRACTS, bad), encoding="utf-8")
    before = sorted(str(one) for one in home.rglob("*"))
    done = keizoku(home, "--json", "check", str(path))
    answer = json.loads(done.stdout)
    assert done.returncode == 3
    assert answer["feed_id"].startswith("generic_subscriptions")
    assert (answer["rows_read"], answer["rows_landed"], answer["rows_quarantined"]) == (4, 3, 1)
    assert {cell["column_name"] for cell in answer["quarantine"]} >= {"segment_start_date"}
    assert sorted(str(one) for one in home.rglob("*")) == before


def test_a_delivery_can_be_withdrawn_and_accepted_again(home):
    (delivery,) = [
        one
        for one in json.loads(keizoku(home, "--json", "deliveries").stdout)
        if one["file_name"].startswith("accounts")
    ]
    done = keizoku(home, "withdraw", delivery["delivery_id"], "--reason", "wrong file")
    assert done.returncode == 0, done.stderr
    assert run(home)[1]["outcome"] == "published"
    names = sql(home, "select display_name as name from pii.dim_customer")
    assert {row["name"] for row in names} == {"株式会社みどり", "山田商店", "B3"}

    assert keizoku(home, "accept", delivery["delivery_id"]).returncode == 0
    # the inputs are those of the first version again, which is still there
    assert run(home)[1]["outcome"] == "nothing_new"
