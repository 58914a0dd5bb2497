"""請求・入金 with the golden figures G-28 to G-30 of METRICS.md: what it shows, where it leads."""

import shlex
from types import SimpleNamespace

import polars as pl
import pytest

from dashboards import access, levels
from dashboards.catalogue import Text
from dashboards.tables import Column
from tests.dashboards.languages import BOTH
from tests.dashboards.test_pages import UNTRANSLATED, open_page, tiles, words

VIEWS = ("aging", "application", "months", "mix", "failures", "deferred", "bridge")


def table(app, heading: str):
    """The first table with a column of this heading."""
    return next(frame.value for frame in app.dataframe if heading in frame.value)


@pytest.mark.parametrize("lang", BOTH)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_by_its_address_in_both_languages(gd1_home, view, lang):
    app = open_page("cash", view=view, lang=lang)
    assert not app.exception
    assert not app.error
    assert not UNTRANSLATED.search(words(app))


def test_the_tiles_are_of_the_newest_month(gd1_home):
    assert tiles(open_page("cash")) == {
        "月末売掛金残高": ("29,800円", "+9,800円"),
        "請求額（税込）": ("50,000円", "+10,000円"),
        "入金額": ("45,000円", "+10,000円"),
        "売上債権回転日数（日）": ("18.08", "前月の値がありません"),
    }


def test_invoices_are_shown_without_tax_on_request_and_receipts_never_are(gd1_home):
    app = open_page("cash", tax="excluded", view="months")
    shown = tiles(app)
    assert shown["請求額（税抜）"] == ("45,500円", "+9,000円")
    assert shown["入金額"] == ("45,000円", "+10,000円")  # money that came is money with tax
    assert list(table(app, "請求額（税抜）")["請求額（税抜）"]) == [45500, 36500]
    said = words(app)
    assert "請求額は税抜、入金と未回収残高は税込です" in said
    assert "税額の書かれていない請求書 1 件は、税抜でも書かれた金額のままです" in said


def test_every_amount_says_whether_tax_is_in_it(gd1_home):
    assert "単位：円（税込）" in words(open_page("cash"))
    assert "単位：取引の通貨（税込）" in words(open_page("cash", view="application"))
    assert "単位：JPY（税抜）" in words(open_page("cash", view="deferred"))
    assert "単位：円（税抜）" in words(open_page("cash", view="bridge"))
    assert "単位：円（税抜）" in words(open_page("mrr"))
    assert "単位：千円（税抜）" in words(open_page("home", unit="thousand", tax="included"))


def test_the_invoices_of_a_customer_follow_the_tax_of_the_address(gd1_home):
    with_tax = table(open_page("customer", customer="C14", view="cash"), "請求額（税込）")
    assert list(with_tax["請求額（税込）"]) == ["JPY 22,000", "JPY 3,300"]
    app = open_page("customer", customer="C14", view="cash", tax="excluded")
    without = table(app, "請求額（税抜）")
    assert list(without["請求額（税抜）"]) == ["JPY 20,000", "JPY 3,000"]
    assert list(without["未回収残高"]) == list(with_tax["未回収残高"])
    assert "請求額は税抜、入金と未回収残高は税込です" in words(app)


def test_aging_by_due_date_adds_up_to_what_is_owed(gd1_home):
    aging = table(open_page("cash"), "期日からの日数")
    assert dict(zip(aging["期日からの日数"], aging["未回収残高"], strict=True)) == {
        "期日前": 11000,
        "1〜30日超過": 10000,
        "31〜60日超過": 5500,
        "61〜90日超過": 3300,
    }
    assert sum(aging["未回収残高"]) == 29800


def test_a_bucket_leads_to_customers_to_invoices_and_to_what_settled_them(gd1_home):
    app = open_page("cash", view="aging", bucket="1-30", customer="C14", invoice="INV2")
    said = words(app)
    assert "① 「1〜30日超過」の顧客： 1 顧客、合計 10,000円" in said
    assert said.count("✓ 合計 10,000円 は、一つ上の数字と一致しています。") == 2
    assert "③ 請求書 INV\\-0501 の内訳" in said
    parts = table(app, "見出し")
    assert dict(zip(parts["見出し"], parts["値"], strict=True)) == {
        "請求額（税抜）": "JPY 20,000",
        "消費税": "JPY 2,000",
        "請求額（税込）": "JPY 22,000",
        "入金による消込": "JPY 10,000",
        "振込手数料の差額として処理": "JPY 0",
        "返金・取消（赤伝）": "JPY 2,000",
        "その他の消込（請求システムの報告）": "JPY 0",
        "未回収残高": "JPY 10,000",
    }
    assert "④ 元データ： invoices\\_20260630\\.csv の 3 行目" in said
    assert "S02" in set(app.dataframe[-1].value["値"])  # what stands in line 3 of the kept file


def test_choosing_another_bucket_forgets_the_customer_and_invoice(gd1_home):
    app = open_page("cash", bucket="1-30", customer="C14", invoice="INV2")
    next(box for box in app.selectbox if box.label == "内訳を見る区分").select("31-60").run()
    assert not app.exception
    assert {"customer", "invoice"}.isdisjoint(app.query_params)
    assert "① 「31〜60日超過」の顧客： 1 顧客、合計 5,500円" in words(app)


def test_receipts_are_told_by_state_with_what_waits_first(gd1_home):
    app = open_page("cash", view="application")
    assert "2 件の入金が人の判断を待っています" in words(app)
    assert "① 「確認待ち」の入金： 1 件" in words(app)
    states = table(app, "件数")
    shown = set(zip(states["状態"], states["消込の根拠"], states["理由"], strict=True))
    assert ("振込人不明", "—", "振込人がわからない") in shown
    assert ("消込済み", "複数請求の合算", "—") in shown


def commands(app) -> list[list[str]]:
    return [shlex.split(block.value) for block in app.code]


def test_a_proposal_can_be_accepted_with_the_command_shown(gd1_home):
    app = open_page("cash", view="application", state="review", receipt="R6")
    accept, choose = commands(app)
    assert accept[:3] == ["keizoku", "--home", str(gd1_home)]
    assert accept[3:] == ["cash", "accept", "R6", "--reason", "ここに理由"]
    assert choose[3:7] == ["cash", "accept", "R6", "--invoice"]
    assert "提案： 請求書 INV\\-0502" in words(app)


def test_a_match_can_be_taken_back_with_the_command_shown(gd1_home):
    app = open_page("cash", view="application", state="matched", receipt="R1")
    assert [command[3:6] for command in commands(app)] == [["cash", "reject", "R1"]]


def test_the_name_of_a_payer_cannot_become_a_command(gd1_home):
    app = open_page("cash", view="application", state="unmatched", receipt="R5")
    alias = commands(app)[-1]
    assert alias[3:7] == ["cash", "alias", "O'ﾊﾗ; rm -rf ~", "CUSTOMER"]


def test_who_may_not_see_people_sees_no_payer_and_no_customer_name(gd1_home, monkeypatch):
    monkeypatch.setattr(access, "principal", lambda: access.Principal("sales", frozenset()))
    app = open_page("cash", view="application", state="unmatched", receipt="R5")
    assert not app.exception
    assert "ﾊﾗ" not in words(app) + "".join(block.value for block in app.code)
    app = open_page("cash", bucket="1-30")
    assert "C14" in "".join(table(app, "顧客")["顧客"])


def test_a_month_that_cannot_be_said_is_a_dash_with_its_reason(gd1_home):
    said = words(open_page("cash", view="months"))
    assert "—（請求が3か月分たまっていないため）" in said
    assert "—（月末から30日たっていないため）" in words(open_page("cash", view="failures"))


def test_the_receivables_of_a_month_end_could_not_be_reached_from_those_of_the_last(gd1_home):
    june = table(open_page("cash", view="months"), "前月末残高").iloc[0]
    changes = {
        "請求額（税込）": 50000,
        "入金による消込": -39600,
        "振込手数料などの差額": -330,
        "赤伝・返還": -1100,
        "請求システムの報告による増減": 0,
        "過入金の振替": 500,
        "換算差": 330,
    }
    assert {name: june[name] for name in changes} == changes
    assert june["前月末残高"] + sum(changes.values()) == june["月末売掛金残高"] == 29800


def test_ways_to_pay_of_the_month_in_the_address(gd1_home):
    june = table(open_page("cash", view="mix"), "支払方法")
    assert list(june["支払方法"]) == ["銀行振込", "クレジットカード"]
    assert list(june["支払方法別 入金構成比"]) == [0.8, 0.2]
    may = open_page("cash", view="mix", month="2026-05")
    assert list(table(may, "支払方法")["顧客数"]) == [3, 6]
    assert "—（入金がないため）" in words(may)


def test_failures_and_their_reasons_show_the_golden_rates(gd1_home):
    app = open_page("cash", view="failures", month="2026-05")
    may = table(app, "決済失敗率").iloc[1]
    rates = ("決済失敗率", "再決済による回収率", "決済失敗による損失率")
    assert [may[name] for name in rates] == [0.08, 0.625, 0.03]
    assert "✓ 合計 8 は" in words(app)
    assert list(table(app, "失敗に占める割合")["理由"]) == ["残高不足", "カードの有効期限切れ"]


def test_deferred_revenue_leads_to_customers_and_invoice_lines(gd1_home):
    app = open_page("cash", view="deferred", customer="C02", invoice="L02")
    said = words(app)
    assert "① 2026年6月末の前受収益： 2 顧客、合計 JPY 60,493" in said
    assert said.count("✓ 合計 JPY 60,493 は、一つ上の数字と一致しています。") == 2
    assert "③ 請求書 INV\\-0502 の内訳" in said


def test_contract_to_billed_leads_to_the_contract_that_differs_and_its_reason(gd1_home):
    app = open_page("cash", view="bridge", month="2026-01", item="proration")
    said = words(app)
    assert "2026年1月の契約MRRと請求MRRはなぜ違うか" in said
    assert "✓ 合計 90,097円 は、一つ上の数字と一致しています。" in said
    assert "2026年1月の差異一覧（日割り）： 1 件、合計 ▲2,903円" in said
    differences = table(app, "契約番号")
    assert list(differences["契約番号"]) == ["S01"]
    assert list(differences["理由"]) == ["日割り"]


def test_an_amount_shown_with_its_currency_is_a_number_in_the_file():
    page = SimpleNamespace(text=Text("ja"))
    rows = pl.DataFrame({"amount_native_text": ["JPY 5,000"], "currency": ["JPY"]})
    columns = [Column("source_id", "入金番号"), Column("amount_native_text", "入金額")]
    written = levels.in_file(page, columns, rows)
    assert [(column.name, column.label) for column in written] == [
        ("source_id", "入金番号"),
        ("amount_native", "入金額"),
        ("currency", "通貨"),
    ]
