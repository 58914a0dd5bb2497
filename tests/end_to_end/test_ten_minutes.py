"""U8: from a clone to "what was March's churn, who left, and which file says so", by the README.

The environment is the one that runs this test; making it is the first minute of `make up`.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from tests.dashboards import browsing
from tests.dashboards.browsing import settle, text
from tests.dashboards.gd1_home import REPO

TEN_MINUTES = 600
MARCH = "2026-03"

pytestmark = [pytest.mark.browser, browsing.NEEDS_CHROMIUM]


@pytest.fixture
def started_from_a_clone(tmp_path):
    """The address of the dashboards of `keizoku up --demo`, and when the clone began."""
    began = time.monotonic()
    clone, home = tmp_path / "keizoku", tmp_path / "home"
    subprocess.run(["git", "clone", "--quiet", str(REPO), str(clone)], check=True)
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "dagster_project.cli"),
            *("--home", str(home), "--json", "up", "--demo"),
        ],
        cwd=clone,
        env=os.environ | {"PYTHONPATH": str(clone)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        # the demo and the first run tell their own lines before the addresses
        told = (json.loads(line) for line in process.stdout)
        yield next(each["dashboards"] for each in told if "dashboards" in each), began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def test_in_ten_minutes_one_knows_march_s_churn_who_left_and_which_file_says_so(
    started_from_a_clone,
):
    address, began = started_from_a_clone
    with browsing.chromium_started() as chromium:
        page = chromium.new_context(
            viewport={"width": 1440, "height": 1000}, locale="ja-JP"
        ).new_page()
        page.set_default_timeout(60_000)
        page.goto(address)
        page.wait_for_selector('[data-testid="stMetric"]')
        settle(page)

        # what was March's churn?
        page.get_by_label("表示する月", exact=True).click()
        page.get_by_role("option", name="2026年3月", exact=True).click()
        page.wait_for_url(f"**month={MARCH}**")
        settle(page)
        assert re.search(r"解約率（顧客数）\s+\d+\.\d\d%", text(page))

        # who left?
        page.locator('path[aria-roledescription="bar"][aria-label*="解約"]').click()
        page.wait_for_url("**type=churn**")
        settle(page)
        page.get_by_text("一つ上の数字と一致しています").first.wait_for()
        assert re.search(r"① 2026年3月の「解約」： \d+ 顧客、合計 ▲[\d,]+円", text(page))

        # under which contract, and which file says so?
        pick_first(page, "契約を見る顧客")
        page.wait_for_url("**customer=**")
        settle(page)
        pick_first(page, "元データの行を見る契約")
        page.wait_for_url("**line=**")
        settle(page)
        page.get_by_text("③ 元データ：").wait_for()
        assert re.search(r"③ 元データ： \S+\.(csv|xlsx|json)\S* の \d+ 行目", text(page))
    took = time.monotonic() - began
    print(f"clone to the line of the file: {took:.0f} s")  # noqa: T201 asked for as a figure
    assert took < TEN_MINUTES


def pick_first(page, label: str) -> None:
    """The first choice of a list, as a person would take it."""
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option").first.click()
