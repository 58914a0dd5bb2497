"""U8: from a clone to "what was a month's churn, who left, and which file says so", by the README.

The month is March, or the month before it when nobody left: the demo ends today, so which of its
months are without a churn changes with the calendar.

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
from tests.dashboards.browsing import choose, settle, text
from tests.dashboards.gd1_home import REPO

TEN_MINUTES = 600
MARCH = 3
CHURN_BAR = 'path[aria-roledescription="bar"][aria-label*="解約"]'

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


def test_in_ten_minutes_one_knows_a_month_s_churn_who_left_and_which_file_says_so(
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

        # what was the month's churn?
        month = month_somebody_left(page)
        assert re.search(r"解約率（顧客数）\s+(?!0\.00)\d+\.\d\d%", text(page))

        # who left?
        page.locator(CHURN_BAR).click()
        page.wait_for_url("**type=churn**")
        settle(page)
        page.get_by_text("一つ上の数字と一致しています").first.wait_for()
        assert re.search(rf"① {month}の「解約」： \d+ 顧客、合計 ▲[\d,]+円", text(page))

        # under which contract, and which file says so?
        choose(page, "契約を見る顧客")
        page.wait_for_url("**customer=**")
        settle(page)
        choose(page, "元データの行を見る契約")
        page.wait_for_url("**line=**")
        settle(page)
        page.get_by_text("③ 元データ：").wait_for()
        assert re.search(r"③ 元データ： \S+\.(csv|xlsx|json)\S* の \d+ 行目", text(page))
    took = time.monotonic() - began
    print(f"clone to the line of the file: {took:.0f} s")  # noqa: T201 asked for as a figure
    assert took < TEN_MINUTES


def month_somebody_left(page) -> str:
    """Shows the last March on ホーム, then the months before it, until one has a churn."""
    months = page.get_by_label("表示する月", exact=True)
    months.click()
    names = [option.inner_text() for option in page.get_by_role("option").all()]
    page.keyboard.press("Escape")
    march = next(at for at, name in enumerate(names) if name.endswith(f"年{MARCH}月"))
    for name in names[march:]:
        choose(page, "表示する月", name)
        page.get_by_text(f"{name}にMRRはなぜ動いたか").wait_for()
        settle(page)
        if page.locator(CHURN_BAR).count():
            return name
    pytest.fail("nobody ever left the demo company")
