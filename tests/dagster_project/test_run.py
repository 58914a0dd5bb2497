"""The real thing on a small company: init → inbox CSV → run → sql, by the command line."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from dagster_project import commands, lock
from dagster_project.console import Console, LineReporter
from dagster_project.runs import open_run
from dagster_project.settings import load_settings

AS_OF = "2026-03-31"
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
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


def test_b01_a_second_run_waits_for_the_first_and_says_so(home):
    command = [sys.executable, "-m", "dagster_project.cli", "--home", str(home), "--lang", "en"]
    with lock.hold(home / "run.lock", "the nightly run"):
        second = subprocess.Popen(
            [*command, "run", "--as-of", AS_OF], stderr=subprocess.PIPE, text=True
        )
        told = second.stderr.readline()
        while "Waiting" not in told:
            told = second.stderr.readline()
        assert f"the nightly run, pid {os.getpid()}" in told
        assert second.poll() is None
    assert second.wait(timeout=60) == 0
    second.stderr.close()


def test_c01_a_file_that_is_still_being_copied_is_waited_for(home):
    """The copy takes longer than the run needs to reach the inbox."""
    path = home / "inbox" / "crm" / "accounts_20260401.csv"
    lines = [*ACCOUNTS.splitlines(), "A8,person,鈴木,,2026-03-03"]

    def copy_slowly():
        with path.open("w", encoding="utf-8") as file:
            for line in lines:
                file.write(line + "\n")
                file.flush()
                time.sleep(0.8)

    settings = load_settings(home)
    copying = threading.Thread(target=copy_slowly)
    copying.start()
    time.sleep(0.2)
    with open_run(settings, "r1", "test", LineReporter(Console("en")), now=NOW) as opened:
        (landed,) = commands.land(opened, now=NOW)
    copying.join()
    assert landed.entities[0].rows_landed == 3


@pytest.mark.slow
def test_the_time_zone_of_the_machine_changes_nothing(home):
    for zone in ("America/New_York", "Asia/Tokyo"):
        code, report = run(home, TZ=zone)
        assert (code, report["outcome"]) == (0, "nothing_new"), zone


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_delivery_can_be_withdrawn_and_accepted_again(home):
    (delivery,) = [
        one
        for one in json.loads(keizoku(home, "--json", "deliveries").stdout)
        if one["file_name"].startswith("accounts")
    ]
    done = keizoku(home, "withdraw", delivery["delivery_id"], "--reason", "wrong file")
    assert done.returncode == 0, done.stderr
    assert json.loads(keizoku(home, "--json", "status").stdout)["deliveries"] == {
        "live": 2,
        "held": 0,
        "withdrawn": 1,
    }
    assert keizoku(home, "accept", delivery["delivery_id"]).returncode == 0
    # the inputs are those of the published version again
    assert run(home)[1]["outcome"] == "nothing_new"


def test_a03_a_run_whose_machine_stopped_is_told_as_failed_by_the_next_one(home):
    more = CUSTOMERS + "B3,,鈴木,suzuki@example.jp,2026-03-01\n"
    put(home, "billing/billing_customers_20260401.csv", more)
    killed = keizoku(home, "run", "--as-of", AS_OF, FAULT_AT="aside_written")
    assert killed.returncode == -signal.SIGKILL
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        (dead,) = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    (home / "inbox" / "billing" / "billing_customers_20260401.csv").unlink()

    assert run(home)[1]["outcome"] == "nothing_new"

    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        assert instance.get_run_by_id(dead.run_id).status == dg.DagsterRunStatus.FAILURE
        assert instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])) == 0


@pytest.mark.slow
def test_up_shows_dagster_and_the_dashboards_and_stops_when_told(home):
    process = subprocess.Popen(
        [sys.executable, "-m", "dagster_project.cli", "--home", str(home), "--json", "up"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        urls = json.loads(process.stdout.readline())
        with urllib.request.urlopen(urls["dashboards"] + "/_stcore/health") as answer:
            assert answer.read() == b"ok"
        question = {
            "query": "{ repositoriesOrError { ... on RepositoryConnection { nodes {"
            " jobs { name } schedules { name scheduleState { status } }"
            " sensors { name sensorState { status } } } } } }"
        }
        request = urllib.request.Request(
            urls["dagster"] + "/graphql",
            data=json.dumps(question).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            (repository,) = json.load(answer)["data"]["repositoriesOrError"]["nodes"]
        assert {"name": "keizoku_run"} in repository["jobs"]
        assert {
            each["name"]: each["scheduleState"]["status"] for each in repository["schedules"]
        } == {
            "daily": "RUNNING",
            "monthly_report": "RUNNING",
        }
        assert {
            sensor["name"]: sensor["sensorState"]["status"] for sensor in repository["sensors"]
        } == {
            "inbox": "RUNNING",
            "dead_runs": "RUNNING",
        }

        second = keizoku(home, "up")
        assert second.returncode == 1
        assert f"pid {process.pid}" in second.stderr
    finally:
        process.terminate()
        process.wait(timeout=60)
        process.stdout.close()
    assert process.returncode == 0
    for url in urls.values():
        with pytest.raises(OSError):
            urllib.request.urlopen(url, timeout=2)


@pytest.mark.slow
def test_the_job_tells_alerts_after_it_whatever_it_came_to_and_each_once(home):
    """Exports of March, looked at months later: stale; then a run that fails."""
    from tests.dagster_project.test_alerts import SECRET, Slack

    shutil.rmtree(home / "alerts")  # its first run told nobody: there was no channel
    slack = Slack()
    secret = {"KEIZOKU_ALERT_WEBHOOK_URL": slack.address}
    rules = '[alerts]\nchannels = ["webhook"]\n[freshness]\nfail_after_days = 1\n'
    (home / "keizoku.toml").write_text(f"{rules}warn_after_days = 1\n", encoding="utf-8")
    code, report = run(home, **secret)
    assert (code, report["outcome"]) == (0, "nothing_new")
    assert [text.splitlines()[0] for text in slack.texts] == ["【Keizoku】要確認: 2 件"]
    assert "billing" in slack.texts[0]
    assert "crm" in slack.texts[0]
    (home / "secret").rename(home / "secret.away")
    code, report = run(home, **secret)
    assert (code, report["outcome"]) == (1, "failed")
    (home / "secret.away").rename(home / "secret")
    done = keizoku(home, "--debug", "run", "--as-of", AS_OF, **secret)
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout + done.stderr
    slack.close()
    assert [text.splitlines()[0] for text in slack.texts[1:]] == [
        "【Keizoku】要確認: 1 件",
        "【Keizoku】解消: 1 件",
    ]
    leaks = [
        path for path in home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
    ]
    assert leaks == []
