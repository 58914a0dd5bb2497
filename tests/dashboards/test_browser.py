"""The pages in a real Chromium: numbers on the screen, the way down, phone, dark, addresses."""

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader

from tests.dashboards import browsing
from tests.dashboards.browsing import choose, settle, sideways_overflow, small_texts, text

MARCH_CHURN = "/mrr?month=2026-03&type=churn"

pytestmark = [pytest.mark.browser, browsing.NEEDS_CHROMIUM]


@pytest.fixture(scope="module")
def home(gd1_published, tmp_path_factory) -> Path:
    """A copy of GD-1 that the server may write its access log into."""
    home = tmp_path_factory.mktemp("served") / "home"
    shutil.copytree(gd1_published, home)
    return home


@pytest.fixture(scope="module")
def address(home, tmp_path_factory) -> Iterator[str]:
    """The dashboards over GD-1."""
    with browsing.served(home, tmp_path_factory.mktemp("elsewhere")) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    """One browser for the module."""
    with browsing.chromium_started() as browser:
        yield browser


@pytest.fixture
def visit(chromium, address, tmp_path):
    """Opens an address in a fresh session, waits until it is drawn, and keeps a picture of it."""
    contexts = []

    def open_at(path: str, *, width: int = 1440, scheme: str = "light", locale: str = "ja-JP"):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, locale=locale
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.outside = []
        page.on(
            "request",
            lambda request: (
                page.outside.append(request.url)
                if not request.url.startswith(
                    (address, address.replace("http", "ws"), "data:", "blob:")
                )
                else None
            ),
        )
        page.goto(address + path)
        page.wait_for_selector('[data-testid="stMetric"]')
        settle(page)
        page.screenshot(path=tmp_path / f"{len(contexts)}.png")
        return page

    yield open_at
    for context in contexts:
        context.close()


def test_home_shows_the_golden_month(visit):
    page = visit("/")
    said = text(page)
    for shown in ("106,600円", "1,279,200円", "10,660円", "100.00%", "解約・減額がないため"):
        assert shown in said
    assert "復会 +12,000円" in said
    assert (
        page.locator(
            '[data-testid="stMetricChart"] svg, [data-testid="stMetricChart"] canvas'
        ).count()
        >= 7
    )
    assert page.locator('[data-testid="stVegaLiteChart"]').count() == 1
    assert page.outside == [], "a page of a company's figures asks nobody else for anything"


def test_the_movement_page_draws_waterfall_layers_and_table(visit):
    page = visit("/mrr?from=2026-03&to=2026-04")
    said = text(page)
    assert "117,200円" in said
    assert "▲24,200円" in said
    assert page.locator('[data-testid="stVegaLiteChart"]').count() == 2
    assert page.locator('[data-testid="stDataFrame"]').count() == 1


def test_from_a_cell_down_to_the_delivered_line_by_choosing(visit):
    page = visit("/mrr")
    choose(page, "月", "2026年3月")
    choose(page, "種類", "解約")
    assert "2 顧客、合計 ▲23,000円" in text(page)
    choose(page, "契約を見る顧客", "株式会社サンプル商事")
    assert "MRR 20,000円 → 0円" in text(page)
    choose(
        page,
        "元データの行を見る契約",
        "S04 2026/01/01(木)から（subscriptions_20260630.csv の 6 行目）",
    )
    assert "③ 元データ： subscriptions_20260630.csv の 6 行目" in text(page)
    assert "監査ログ（audit/access.jsonl）に記録しました" in text(page)
    for part in ("month=2026-03", "type=churn", "customer=C04", "line=S04-1"):
        assert part in page.url


def test_pressing_a_cell_and_then_a_row_goes_the_same_way(visit):
    page = visit("/mrr?from=2026-01&to=2026-06")
    table = page.locator('[data-testid="stDataFrame"]').first
    table.scroll_into_view_if_needed()
    place = table.bounding_box()
    # newest month first: March is the fourth row. Columns are as wide as their words, so the
    # pointer walks along the row until it has pressed 解約.
    for x in range(int(place["width"]) - 300, 100, -45):
        page.mouse.click(place["x"] + x, place["y"] + 35 * 4.5)
        page.wait_for_timeout(700)
        if "type=churn" in page.url:
            break
    settle(page)
    assert "month=2026-03&type=churn" in page.url
    assert "2 顧客、合計 ▲23,000円" in text(page)

    customers = page.locator('[data-testid="stDataFrame"]').nth(1)
    customers.scroll_into_view_if_needed()
    place = customers.bounding_box()
    page.mouse.click(place["x"] + 18, place["y"] + 35 * 1.5)
    page.wait_for_url("**customer=C04**")
    settle(page)
    assert "株式会社サンプル商事の契約" in text(page)


def test_arrow_keys_walk_over_cells_without_losing_their_place(visit):
    page = visit("/mrr?from=2026-01&to=2026-06&month=2026-03&type=expansion")
    table = page.locator('[data-testid="stDataFrame"]').first
    table.scroll_into_view_if_needed()
    place = table.bounding_box()
    page.mouse.click(place["x"] + 30, place["y"] + 35 * 4.5)  # the month of March: opens nothing
    page.wait_for_timeout(700)
    for _ in range(2):  # over 期首 to 新規
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(700)
    page.wait_for_url("**type=new**")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**type=reactivation**")


def test_an_address_reproduces_the_view_in_a_fresh_session_in_either_language(visit):
    here = visit(f"{MARCH_CHURN}&customer=C04&unit=thousand&from=2026-01&to=2026-04")
    there = visit("/" + here.url.split("/", 3)[3])
    assert text(here) == text(there)
    english = visit(f"{MARCH_CHURN}&customer=C04&unit=thousand&lang=en")
    assert "“Churn” in Mar 2026: 2 customers, sum -¥23K" in text(english)


def test_language_and_unit_stay_when_the_page_changes(visit):
    page = visit("/?lang=en&unit=thousand")
    page.get_by_role("link", name="MRR movements").click()
    page.wait_for_url("**/mrr*")
    settle(page)
    page.wait_for_selector("text=MRR at the end of Jun 2026")
    assert "¥107K" in text(page)
    assert "lang=en" in page.url
    assert "unit=thousand" in page.url


def test_the_link_on_home_opens_the_month_it_stands_for(visit):
    page = visit("/?month=2026-03")
    page.get_by_role("link", name="MRRの動きをくわしく見る").click()
    page.wait_for_url("**from=2026-03**")
    settle(page)
    page.wait_for_selector("text=2026年3月末のMRR")
    assert "2026年3月のMRRの増減" in text(page)


def test_a_browser_set_to_english_gets_english(visit):
    assert "Why MRR moved in Jun 2026" in text(visit("/", locale="en-US"))


@pytest.mark.parametrize("path", ["/", f"{MARCH_CHURN}&customer=C04&line=S04-1"])
@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("width", [375, 768, 1440])
def test_no_page_scrolls_sideways_or_needs_a_magnifying_glass(visit, path, lang, width):
    page = visit(f"{path}{'&' if '?' in path else '?'}lang={lang}", width=width)
    assert sideways_overflow(page) <= 0
    assert small_texts(page) == []


def test_two_tiles_stand_beside_each_other_on_a_phone_and_five_on_a_desk(visit):
    def tiles_in_first_row(width: int) -> int:
        tops = [box["y"] for box in tile_boxes(visit("/", width=width))]
        return tops.count(tops[0])

    assert tiles_in_first_row(375) == 2
    assert tiles_in_first_row(1440) == 5


def tile_boxes(page) -> list[dict]:
    tiles = page.locator('[data-testid="stMetric"]')
    return [tiles.nth(place).bounding_box() for place in range(tiles.count())]


def test_tiles_do_not_overlap_and_hold_their_text_on_a_phone(visit):
    page = visit("/?lang=en&month=2026-03", width=375)
    clipped = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid="stMetric"] p')]
            .filter(p => p.scrollWidth > p.clientWidth + 1)
            .map(p => p.textContent)"""
    )
    assert clipped == []


@pytest.mark.parametrize("path", ["/", "/mrr"])
def test_dark_pages_are_dark_and_their_texts_stand_out(visit, path):
    page = visit(path, scheme="dark")
    contrast = page.evaluate(
        """() => {
            const light = colour => {
                const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(v => {
                    v /= 255;
                    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
                });
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const ratio = (one, other) => {
                const [a, b] = [light(one), light(other)].sort((x, y) => y - x);
                return (a + 0.05) / (b + 0.05);
            };
            const app = document.querySelector('[data-testid="stApp"]');
            const back = getComputedStyle(app).backgroundColor;
            const texts = [...document.querySelectorAll('[data-testid="stVegaLiteChart"] svg text')]
                .map(t => getComputedStyle(t).fill)
                .concat([...document.querySelectorAll('[data-testid="stMetricValue"], h1, h3')]
                .map(e => getComputedStyle(e).color));
            return [light(back), Math.min(...texts.map(t => ratio(t, back)))];
        }"""
    )
    assert contrast[0] < 0.05
    assert contrast[1] >= 4.5


def test_a_customer_called_like_a_link_is_a_name(visit):
    page = visit("/mrr?month=2026-03&type=new&customer=C07")
    assert "[見積]" in text(page)
    assert page.locator("a[href*='example.invalid']").count() == 0


def saved(page, popover: int, button: str) -> tuple[str, bytes]:
    """What the n-th download popover of the page gives for a format: file name and content."""
    page.get_by_role("button", name="ダウンロード", exact=True).nth(popover).click()
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    content = Path(download.value.path()).read_bytes()
    page.keyboard.press("Escape")
    return download.value.suggested_filename, content


def test_the_csv_of_a_cell_is_safe_to_open_and_its_export_is_recorded(visit, home):
    page = visit("/mrr?month=2026-03&type=new")
    name, content = saved(page, 1, "CSV（UTF-8")
    assert content.startswith(b"\xef\xbb\xbf")
    # in one folder of downloads neither may take the place of the other
    older, in_cp932 = saved(page, 1, "CSV（CP932")
    assert older == f"{name.removesuffix('.csv')}_cp932.csv"
    assert in_cp932.decode("cp932").startswith("顧客,")
    header, line = content.decode("utf-8-sig").splitlines()
    assert header == "顧客,増減（円）,動く前のMRR（円）,動いた後のMRR（円）,理由,初回支払月"
    assert (
        line == "'=1+1 [見積](http://example.invalid/) **太字**,7000,0,7000,契約の変更,2026-03-01"
    )
    entry = json.loads((home / "audit" / "access.jsonl").read_text().splitlines()[-1])
    assert (entry["action"], entry["row_count"]) == ("export", 1)


def test_the_same_cell_as_excel_holds_numbers_and_says_how_it_was_narrowed(visit):
    name, content = saved(visit("/mrr?month=2026-03&type=new"), 1, "Excel（")
    assert name.endswith(".xlsx")
    book = openpyxl.load_workbook(io.BytesIO(content))
    row = [cell.value for cell in book.worksheets[0][2]]
    assert row[0] == "=1+1 [見積](http://example.invalid/) **太字**"
    assert row[1:4] == [7000, 0, 7000]
    notes = dict(book["この表について"].iter_rows(min_row=2, values_only=True))
    assert (notes["条件 month"], notes["条件 type"]) == ("2026-03", "new")
    assert notes["出力した人"] == "local-admin"


def test_pressing_a_bar_of_the_home_page_opens_the_customers_behind_it(visit):
    page = visit("/?month=2026-03")
    page.locator('path[aria-roledescription="bar"][aria-label*="解約"]').click()
    page.wait_for_url("**type=churn**")
    settle(page)
    page.get_by_text("一つ上の数字と一致しています").first.wait_for()
    assert "「解約」： 2 顧客、合計 ▲23,000円" in text(page)


def test_what_a_chart_means_is_one_press_away_with_policy_tests_and_a_picture(visit):
    page = visit("/mrr?from=2026-01&to=2026-03")
    page.get_by_role("button", name="この図について").nth(1).click()
    settle(page)
    body = page.locator('[data-testid="stPopoverBody"]')
    body.get_by_text("初回支払月ごとに積み上げた月末 MRR").first.wait_for()
    said = body.inner_text()
    assert "lapse_grace_days = 30" in said
    assert "assert_layers_add_up_to_mrr" in said
    assert "どのデータまで反映しているか" in said
    with page.expect_download() as download:
        page.get_by_role("button", name="図をPNGで保存").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


def test_the_page_is_kept_as_pdf_with_the_golden_figures(visit):
    page = visit("/?month=2026-03")
    with page.expect_download() as download:
        page.get_by_role("button", name="このページをPDFで保存").click()
    said = "".join(p.extract_text() for p in PdfReader(download.value.path()).pages)
    assert "103,800円" in said
    assert download.value.suggested_filename.startswith("ホーム_20260630")


def walk_to(page, name: str) -> None:
    """Press Tab until the button of this name has the focus."""
    button = page.get_by_role("button", name=name).first
    for _ in range(150):
        page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            return
    raise AssertionError(f"{name} is not reached by the keyboard")


def test_a_list_is_taken_along_with_the_keyboard_alone(visit):
    page = visit("/mrr?month=2026-03&type=new")
    walk_to(page, "ダウンロード")
    page.keyboard.press("Enter")
    settle(page)
    page.get_by_role("button", name="CSV（UTF-8").wait_for()
    settle(page)  # a button that is drawn again on the way would not be pressed
    walk_to(page, "CSV（UTF-8")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert Path(download.value.path()).read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_view_is_kept_shared_and_opened_again(visit, home):
    page = visit("/mrr?month=2026-03&type=churn&unit=thousand")
    page.get_by_role("button", name="保存した表示").click()
    page.get_by_label("いまの表示につける名前").fill("三月の解約")
    page.get_by_text("みんなで使う").click()
    page.get_by_role("button", name="いまの表示を保存").click()
    page.get_by_role("link", name="三月の解約").wait_for()
    there = visit("/")
    there.get_by_role("button", name="保存した表示").click()
    there.get_by_role("link", name="三月の解約").click()
    there.wait_for_url("**/mrr?**type=churn**")
    settle(there)
    there.get_by_text("2 顧客、合計").first.wait_for()
    assert "合計 ▲23,000円" in text(there)  # in the reader's own unit
    kept = json.loads(next((home / "views" / "saved").glob("*.json")).read_text())
    assert kept["content"] == "mrr?month=2026-03&type=churn"
    assert kept["is_shared"] is True
