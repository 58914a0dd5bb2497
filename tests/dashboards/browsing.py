"""The dashboards served to a real Chromium: start, open, wait, measure."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.dashboards.gd1_home import REPO

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NEEDS_CHROMIUM = pytest.mark.skipif(
    not Path(CHROMIUM).exists(), reason=f"{CHROMIUM} is missing: apt-get install chromium"
)


@contextlib.contextmanager
def served(home: Path, elsewhere: Path, command: list[str] | None = None) -> Iterator[str]:
    """The address of the dashboards over a home, started from an unrelated working directory.

    command: instead of tests.dashboards.served, which sets the clock to GD-1's morning after.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, *(command or ["-m", "tests.dashboards.served"]), str(port)],
        cwd=elsewhere,
        env=os.environ | {"KEIZOKU_HOME": str(home), "PYTHONPATH": str(REPO)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://localhost:{port}"
    try:
        wait_until_healthy(server, address)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_until_healthy(server: subprocess.Popen, address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert server.poll() is None, "the dashboards ended at once"
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the dashboards did not come up in 60 s")


@contextlib.contextmanager
def chromium_started():
    """One browser; each test opens its own pages in it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def settle(page) -> None:
    """Until Streamlit says it is done running and the last chart is drawn."""
    page.wait_for_selector('[data-test-script-state="notRunning"]', state="attached")
    page.wait_for_function("!document.querySelector('[data-stale=true]')")
    page.wait_for_function("document.fonts.status === 'loaded'")


def text(page) -> str:
    return page.inner_text('[data-testid="stMain"]')


def sideways_overflow(page) -> int:
    """Pixels by which the page is wider than the window."""
    return page.evaluate(
        """() => {
            const main = document.querySelector('[data-testid="stMain"]');
            return Math.max(
                document.documentElement.scrollWidth - window.innerWidth,
                main.scrollWidth - main.clientWidth,
            );
        }"""
    )


def small_texts(page) -> list[str]:
    """Texts of the page drawn smaller than 12 px (text in charts included)."""
    return page.evaluate(
        """() => [...document.querySelectorAll('[data-testid="stMain"] *')]
            .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
            .filter(e => e.getClientRects().length)
            .filter(e => parseFloat(getComputedStyle(e).fontSize) < 11.9)
            .map(e => e.textContent.trim())"""
    )


def choose(page, label: str, option: str | None = None) -> None:
    """Takes an option of a list, or the first there is, as a person would."""
    box = page.get_by_label(label, exact=True)
    options = page.get_by_role("option")
    wanted = page.get_by_role("option", name=option, exact=True) if option else options.first
    # A rerun of the page closes the open list; on a busy machine one may still come. A person
    # would open it again.
    for _ in range(5):
        box.click()
        if option:
            box.fill(option)
        with contextlib.suppress(PlaywrightTimeout):
            wanted.wait_for(timeout=6_000)
            break
        page.keyboard.press("Escape")
        settle(page)
    wanted.click()
    page.wait_for_timeout(300)
    settle(page)
