"""問い合わせ: volume, business minutes, topics by plan, and the way down to the inquiries."""

from tests.dashboards.test_cash import table
from tests.dashboards.test_pages import open_page, tiles, words


def test_the_tiles_of_june_hold_the_golden_reply_time_and_lift(gd1_home):
    assert tiles(open_page("inquiries")) == {
        "問い合わせ": ("3", "+2"),
        "苦情": ("1", "+1"),
        "初回返信の中央値（営業分）": ("45", "▲15"),
        "苦情件数（顧客100社あたり）": ("10.00", "+10.00"),
        "満足度（平均）": ("4.00", "前月の値がありません"),
        "苦情の解約リフト": ("4.00", "前月の値がありません"),
    }


def test_a_month_without_an_answer_says_why(gd1_home):
    may = tiles(open_page("inquiries", month="2026-05"))
    assert may["満足度（平均）"] == ("—", "回答がないため")
    assert may["苦情の解約リフト"] == ("—", "解約または継続顧客の苦情がないため")


def test_a_topic_leads_to_its_plans_and_inquiries_with_equal_sums(gd1_home):
    app = open_page("inquiries", topic="使い方")
    said = words(app)
    assert "✓ 合計 3 は、一つ上の数字と一致しています。" in said
    assert "✓ 合計 2 は、一つ上の数字と一致しています。" in said
    listed = table(app, "問い合わせ番号")
    assert list(listed["問い合わせ番号"]) == ["T-12", "T-11"]
    assert list(listed["最初の返信までの営業時間"]) == ["—", "45分"]
    assert list(listed["顧客"]) == ["さくら印刷株式会社", "株式会社あおぞら製作所"]


def test_an_inquiry_leads_to_the_line_it_was_delivered_in(gd1_home):
    app = open_page("inquiries", topic="使い方", inquiry="Q11")
    assert "③ 元データ： tickets\\_20260630\\.csv の 2 行目" in words(app)
    assert "S01" in set(table(app, "見出し")["値"])


def test_inquiries_without_a_topic_or_a_customer_are_not_lost(gd1_home):
    listed = table(open_page("inquiries", topic="unknown"), "問い合わせ番号")
    assert list(listed["顧客"]) == ["顧客不明"]
    assert list(listed["最初の返信までの営業時間"]) == ["1時間15分"]
    assert list(listed["苦情か"]) == ["苦情"]


def test_a_plan_in_the_address_narrows_the_rates(gd1_home):
    app = open_page("inquiries", plan="BASIC")
    assert tiles(app)["苦情件数（顧客100社あたり）"][0] == "20.00"
    assert "2026年6月の話題（BASIC）" in words(app)


def test_a_plan_nobody_asked_from_in_the_month_says_so(gd1_home):
    app = open_page("inquiries", plan="BASIC", month="2026-05")
    assert not app.exception
    assert "このプランの問い合わせはこの月にありません。" in words(app)
