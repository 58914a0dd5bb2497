"""データ品質: freshness, balance of rows, quarantine to the delivered line, reviews, tests."""

import json

import polars as pl
import pytest

from dashboards.queries import control
from tests.dashboards.conftest import looks
from tests.dashboards.languages import BOTH
from tests.dashboards.test_cash import table
from tests.dashboards.test_pages import UNTRANSLATED, open_page, tiles, words

VIEWS = ("freshness", "balance", "quarantine", "identity", "restatements", "tests")


@pytest.mark.parametrize("lang", BOTH)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_by_its_address_in_both_languages(gd1_home, view, lang):
    app = open_page("quality", view=view, lang=lang)
    assert not app.exception
    assert not app.error
    assert not UNTRANSLATED.search(words(app))


def test_the_tiles_count_what_came_and_what_waits(gd1_home):
    assert {name: value for name, (value, _) in tiles(open_page("quality")).items()} == {
        "届いたファイル": "5",
        "読んだ行": "47",
        "隔離された行": "1",
        "名寄せの確認待ち": "1",
        "修正された締め月": "1",
    }


def test_every_source_tells_how_far_it_reaches(gd1_home):
    app = open_page("quality")
    fresh = table(app, "どこまで届いたか")
    assert list(fresh["データの種類"]) == ["契約", "取引先", "請求書", "入金", "問い合わせ"]
    assert set(fresh["どこまで届いたか"]) == {"2026/06/30(火) 23:59"}
    assert set(fresh["状態"]) == {"届いています"}


@pytest.mark.parametrize(
    ("settings", "state"),
    [
        ("", "届いています"),  # 32 days
        ("[freshness]\nwarn_after_days = 22\n", "遅れています"),
        ('[freshness.entities]\n"billing.invoices" = 22\n', "届いています 遅れています"),
    ],
    ids=["as_shipped", "stricter", "stricter_for_invoices"],
)
def test_a_monthly_export_was_called_late_after_two_days_whatever_was_set(
    gd1_home, monkeypatch, settings, state
):
    known = control.freshness
    monkeypatch.setattr(
        control,
        "freshness",
        lambda snapshot: known(snapshot).with_columns(
            pl.col("data_through_at").dt.offset_by("-23d")
        ),
    )
    (gd1_home / "keizoku.toml").write_text(settings, encoding="utf-8")
    shown = table(open_page("quality"), "どこまで届いたか")
    assert " ".join(sorted(set(shown["状態"]))) == state


def test_rows_read_are_rows_accounted_for_and_every_landed_row_became_something(gd1_home):
    app = open_page("quality", view="balance")
    said = words(app)
    assert "**読んだ 47 行** ＝ 取り込み 44 ＋ 隔離 1 ＋ 重複 1 ＋ 対象外 1" in said
    assert "✓ 合計 44 は、一つ上の数字と一致しています。" in said
    assert set(table(app, "収支")["収支"]) == {"✓ 一致"}


def test_a_quarantined_row_tells_file_line_column_reason_remedy_and_shows_its_line(gd1_home):
    app = open_page("quality", view="quarantine", row="K1")
    said = words(app)
    assert "accounts\\_20260630\\.csv の 6 行目" in said
    assert "**列**： registered\\_date" in said
    assert "**届いた値**： 2026\\-02\\-30" in said
    assert "**なぜ**： 暦にない日付です" in said
    assert "**どうする**： 元システムの値を直して出力し直してください" in said
    line = table(app, "見出し")
    assert "S04" in set(line["値"])
    assert [entry["row"] for entry in looks(gd1_home)] == [6]


def test_a_record_that_may_be_another_customer_names_both(gd1_home):
    shown = table(open_page("quality", view="identity"), "同じかもしれない顧客")
    assert list(shown["今の顧客"]) == ["さくら印刷株式会社"]
    assert list(shown["同じかもしれない顧客"]) == ["㈱北斗システム"]


def test_a_closed_month_that_moved_leads_to_customers_and_the_row_that_moved_it(gd1_home):
    app = open_page("quality", view="restatements", closed="2026-05-01")
    assert "✓ 合計 ▲3,000円 は、一つ上の数字と一致しています。" in words(app)
    moved = table(app, "原因")
    assert list(moved["原因"]) == ["あとから届いた行", "計算方針の変更"]
    assert list(moved["元データ"]) == ["cancel_requests_20260630.csv の 5 行目", "—"]


def test_a_failed_run_tells_which_promise_was_broken_by_how_many_rows(failed_run_home):
    report = failed_run_home / "build" / "last_run.json"
    told = json.loads(report.read_text(encoding="utf-8"))
    told["failed_tests"] = [
        {
            "name": "assert_aging_buckets_add_up_to_the_ledger",
            "unique_id": "test.keizoku.assert_aging_buckets_add_up_to_the_ledger",
            "asserts": "aging buckets add up to the ledger",
            "failing_rows": 3,
            "message": None,
        }
    ]
    report.write_text(json.dumps(told), encoding="utf-8")
    app = open_page("quality", view="tests")
    said = words(app)
    assert "結果： 失敗・所要 0:00:00・失敗した検査 1 件" in said
    failed = table(app, "破られた約束")
    assert list(failed["破られた約束"]) == ["aging buckets add up to the ledger"]
    assert list(failed["違反した行"]) == [3]


def test_every_metric_names_the_tests_that_guard_it(gd1_home):
    guards = table(open_page("quality", view="tests"), "指標")
    tests = dict(zip(guards["指標"], guards["モデル"], strict=True))
    assert tests["売掛金残高"] == "mart_ar_aging"
