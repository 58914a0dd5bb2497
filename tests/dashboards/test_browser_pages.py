"""Every page of the demo company in a real Chromium: widths, themes, letters, accessibility.

KEIZOKU_SCREENSHOTS names a folder for a picture of each page (`make screenshots`).
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboards.app_pages import PAGES
from tests.dashboards import browsing
from tests.dashboards.browsing import settle, sideways_overflow, small_texts
from tests.end_to_end import company_home

pytestmark = [pytest.mark.browser, browsing.NEEDS_CHROMIUM]

WIDTHS = (1440, 768, 375)
SEVERE = {"serious", "critical"}
MISSING_LETTERS = """() => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 28;
    const context = canvas.getContext('2d', {willReadFrequently: true});
    const main = document.querySelector('[data-testid="stMain"]');
    const drawn = (letter) => {
        context.clearRect(0, 0, 28, 28);
        context.font = '20px ' + getComputedStyle(main).fontFamily;
        context.fillText(letter, 3, 22);
        return context.getImageData(0, 0, 28, 28).data.join();
    };
    const box = drawn('\\uffff');
    return [...new Set(main.innerText)].filter(
        letter => letter.trim() && drawn(letter) === box
    );
}"""
OVERLAPS = """() => {
    const found = [];
    for (const chart of document.querySelectorAll('svg.marks')) {
        const texts = [...chart.querySelectorAll('text')]
            .filter(t => t.textContent.trim() && t.getClientRects().length)
            .filter(t => getComputedStyle(t).opacity > 0);
        const boxes = texts.map(t => t.getBoundingClientRect());
        for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
            const wide = Math.min(boxes[i].right, boxes[j].right)
                - Math.max(boxes[i].left, boxes[j].left);
            const high = Math.min(boxes[i].bottom, boxes[j].bottom)
                - Math.max(boxes[i].top, boxes[j].top);
            if (wide > 3 && high > 5)
                found.push(texts[i].textContent + ' | ' + texts[j].textContent);
        }
    }
    return found;
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """The dashboards over a demo company of its own, run through the whole pipeline."""
    home = tmp_path_factory.mktemp("demo") / "home"
    asked = ["--customers", "120", "--months", "30", "--until", "2026-06-30"]
    for command in (["init", str(home)], ["demo", *asked], ["run", "--as-of", "2026-06-30"]):
        done = company_home.keizoku(home, *command)
        assert done.code in (0, 3), done.text  # 3: a delivery the demo plants is held
    with browsing.served(home, tmp_path_factory.mktemp("elsewhere")) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    """One browser for the module."""
    with browsing.chromium_started() as browser:
        yield browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_every_screen_in_both_themes_with_every_letter(
    chromium, address, name, scheme, tmp_path
):
    context = chromium.new_context(
        viewport={"width": WIDTHS[0], "height": 900}, color_scheme=scheme, locale="ja-JP"
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    try:
        page.goto(f"{address}/{'' if name == 'home' else name}")
        page.wait_for_selector('[data-testid="stMain"] h1')
        settle(page)
        page.wait_for_timeout(800)  # charts are drawn after their numbers arrive
        assert page.locator('[data-testid="stException"]').count() == 0
        keep(page, name, scheme, tmp_path)
        assert page.evaluate(MISSING_LETTERS) == []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(700)
            page.screenshot(path=tmp_path / f"{name}_{scheme}_{width}.png", full_page=True)
            assert (width, sideways_overflow(page)) == (width, 0)
            assert (width, small_texts(page)) == (width, [])
            assert (width, page.evaluate(OVERLAPS)) == (width, [])
    finally:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_serious_finding_of_axe(chromium, address, name, scheme):
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme=scheme, locale="ja-JP"
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    try:
        page.goto(f"{address}/{'' if name == 'home' else name}")
        page.wait_for_selector('[data-testid="stMain"] h1')
        settle(page)
        page.wait_for_timeout(800)
        findings = [
            (one["id"], one["impact"], node["html"][:160])
            for one in Axe().run(page).response["violations"]
            if one["impact"] in SEVERE
            for node in one["nodes"]
        ]
        assert findings == []
    finally:
        context.close()


def keep(page, name: str, scheme: str, tmp_path: Path) -> None:
    """A picture of the page as it opens on a desk, for the manual."""
    folder = os.environ.get("KEIZOKU_SCREENSHOTS")
    if folder and scheme == "light":
        page.screenshot(path=Path(folder) / f"{name}.png")
