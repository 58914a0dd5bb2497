"""The billed total against the billing system's own: every state, and the way down to the file."""

from decimal import Decimal

import polars as pl
import pytest

from dashboards.queries import reconciliation
from tests.dashboards.languages import BOTH
from tests.dashboards.test_cash import table
from tests.dashboards.test_pages import UNTRANSLATED, open_page, words

VIEW = {"view": "reconciliation"}


@pytest.mark.parametrize("lang", BOTH)
@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"compared": "R202606", "item": "IT1"},
        {"compared": "R202605", "item": "IT3"},
        {"compared": "R202605", "maybe": "IT6"},
        {"compared": "R202604"},
        {"compared": "R202603"},
        {"compared": "gone", "item": "gone"},
    ],
)
def test_every_state_opens_by_its_address_in_both_languages(gd1_home, chosen, lang):
    app = open_page("cash", **VIEW, **chosen, lang=lang)
    assert not app.exception
    assert not app.error
    assert not UNTRANSLATED.search(words(app))


def test_months_are_told_with_a_sign_and_words_newest_first(gd1_home):
    app = open_page("cash", **VIEW)
    months = table(app, "取り込んだ請求合計")
    assert list(months["突合の結果"]) == [
        "○ 説明済み",
        "! 理由不明",
        "✓ 一致",
        "— 集計が未着",
    ]
    assert list(months["差額"]) == ["JPY ▲5,500", "JPY ▲12,000", "JPY 0", MISSING]
    assert list(months["説明できない差額"]) == ["JPY 0", "JPY ▲11,000", "JPY 0", MISSING]
    assert list(months["月次集計の請求合計"]) == ["JPY 55,500", "JPY 52,000", "JPY 27,500", MISSING]
    assert "2026年6月の請求合計と月次集計の差額は、すべて理由がわかっています。" in said(app)


MISSING = "—（月次集計が届いていないため）"


def said(app) -> str:
    """Everything on the page, its boxes included."""
    boxes = (*app.success, *app.info, *app.warning)
    return words(app) + "".join(str(box.value) for box in boxes)


def test_the_items_of_a_month_add_up_to_its_difference_and_what_may_be_is_not_added(gd1_home):
    app = open_page("cash", **VIEW, compared="R202605")
    items, possible = (
        frame.value for frame in app.dataframe if "請求書・赤伝の番号" in frame.value
    )
    assert dict(zip(items["理由"], items["差額"], strict=True)) == {
        "集計の後に消えた請求書": "JPY ▲2,200",
        "集計の後に金額が変わった請求書": "JPY 1,200",
        "理由がわからない差額": "JPY ▲11,000",
    }
    assert "✓ 合計 JPY ▲12,000 は、一つ上の数字と一致しています。" in said(app)
    assert dict(zip(possible["理由"], possible["差額"], strict=True)) == {
        "取消・下書きの請求書": "JPY ▲22,000",
        "読めなかった行": "—（金額が読めないため）",
    }
    assert "差額の合計には足していません" in said(app)


def test_an_item_we_count_leads_to_the_invoice_and_one_we_do_not_to_its_line(gd1_home):
    invoice = said(open_page("cash", **VIEW, compared="R202605", item="IT3"))
    assert "② 集計の後に金額が変わった請求書" in invoice
    assert "③ 請求書 INV\\-0501 の内訳" in invoice
    kept_back = open_page("cash", **VIEW, compared="R202606", item="IT1")
    assert "③ 元データ： invoices\\_20260630\\.csv の 4 行目" in said(kept_back)
    assert set(kept_back.dataframe[-1].value.columns) == {"見出し", "値"}


def test_without_monthly_totals_the_page_says_which_small_file_to_deliver(gd1_home, monkeypatch):
    none = reconciliation.comparisons
    monkeypatch.setattr(
        reconciliation,
        "comparisons",
        lambda snapshot: none(snapshot).filter(pl.col("control_native").is_null()),
    )
    text = said(open_page("cash", **VIEW))
    assert "Excelに手で打った2列の表" in text
    assert "年月" in text
    assert "請求合計" in text
    assert "月次集計_20260630.xlsx" in text


def test_home_tells_of_the_last_complete_month_only_when_nothing_explains_it(gd1_home, monkeypatch):
    assert "月次集計と合いません" not in said(open_page("home"))
    monkeypatch.setattr(
        reconciliation,
        "unexplained",
        lambda snapshot: pl.DataFrame(
            {
                "reconciliation_key": ["R202606"],
                "month": [reconciliation.comparisons(snapshot)["month"][0]],
                "currency": ["JPY"],
                "unexplained_native": [Decimal(-11000)],
            }
        ),
    )
    assert (
        "2026年6月の請求合計が、請求システムの月次集計と合いません。"
        "理由が確かめられない差額： JPY 11,000" in said(open_page("home"))
    )
