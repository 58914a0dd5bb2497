"""The monthly report as the schedule makes it: a child process, files, a mail with them."""

import io
import json
import shutil
import subprocess
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pypdf
import pytest

from dagster_project.reporting import build_report_job
from dagster_project.schedules import build_report_schedule
from dagster_project.settings import load_settings
from tests.dagster_project.test_alerts import (  # noqa: F401 fixtures
    QUIET,
    certificate,
    mail_config,
    mailbox,
)
from tests.dashboards.gd1_home import publish_gd1

CONFIG = {"ops": {"write_report": {"config": {"month": "2026-03"}}}}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    home = tmp_path_factory.mktemp("report") / "home"
    publish_gd1(home)
    return home


@pytest.fixture
def home(published, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(published, home)
    configure(home, QUIET)
    return home


def configure(home, alerts: str) -> None:
    text = f'company_name = "みどり"\nlang = "ja"\n[alerts]\n{alerts}'
    (home / "keizoku.toml").write_text(text, encoding="utf-8")


def test_the_job_makes_both_files_and_mails_them_without_a_name(home, mailbox):  # noqa: F811
    box, port = mailbox
    configure(home, mail_config(port))
    done = build_report_job(load_settings(home)).execute_in_process(run_config=CONFIG)
    assert done.success
    files = sorted(path.name for path in (home / "reports").iterdir())
    assert [name.rsplit(".", 1)[1] for name in files] == ["pdf", "xlsx"]
    [(_, _, is_encrypted, letter)] = box.letters
    assert is_encrypted
    assert letter["Subject"] == "【みどり】月次報告"
    attached = {part.get_filename(): part.get_content() for part in letter.iter_attachments()}
    assert sorted(attached) == files
    said = "".join(
        sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(attached[files[0]])).pages
    )
    assert "103,800円" in said
    assert "顧客名は入れていません" in said


def test_without_a_mail_channel_the_files_stay_and_the_job_is_done(home):
    done = build_report_job(load_settings(home)).execute_in_process(run_config=CONFIG)
    assert done.success
    assert len(list((home / "reports").iterdir())) == 2


def test_the_command_makes_one_format_into_a_folder_and_lists_those_of_the_home(home, tmp_path):
    def keizoku(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "dagster_project.cli", "--home", str(home), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )

    out = tmp_path / "out"
    made = keizoku(
        *("--json", "report", "--month", "2026-03", "--format", "xlsx", "--out", str(out))
    )
    assert json.loads(made.stdout) == [str(out / "monthly_report_2026-03_20260630.xlsx")]
    assert json.loads(keizoku("--json", "report", "--list").stdout) == []
    refused = keizoku("--lang", "ja", "report", "--month", "2020-01")
    assert refused.returncode == 1
    assert "2020-01" in refused.stderr
    assert "2025-12" in refused.stderr


def test_the_schedule_asks_for_the_month_before_on_the_close_day_after_the_daily_run(home):
    settings = load_settings(home)
    schedule = build_report_schedule(settings)
    assert schedule.cron_schedule == "0 8 8 * *"
    assert schedule.execution_timezone == "Asia/Tokyo"
    tick = datetime(2026, 4, 8, 8, tzinfo=ZoneInfo("Asia/Tokyo"))
    request = schedule(dg.build_schedule_context(scheduled_execution_time=tick))
    assert request.run_key == "report-2026-03"
    assert request.run_config == CONFIG
