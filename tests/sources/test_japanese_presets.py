"""The presets of Japanese systems: stacked invoices, business cards, banks, payment notices."""

from datetime import date
from decimal import Decimal

import pytest

from tests.sources.exports import counts, csv_text, read_one, read_rows, refused

# ── マネーフォワード クラウド請求書 ─────────────────────────────────────────────────────────────


def mf_invoice(number: str, subtotal: str, tax: str, total: str, **other: str) -> dict[str, str]:
    return {
        "csv_type(変更不可)": "40101",
        "行形式": "請求書",
        "取引先名称": "株式会社あさひ製作所",
        "請求日": "2026/03/31",
        "お支払期限": "2026/04/30",
        "請求書番号": number,
        "小計": subtotal,
        "消費税": tax,
        "合計金額": total,
        "取引先郵便番号": "100-0001",
        "取引先都道府県": "東京都",
        "取引先住所1": "千代田区千代田1-1",
        "入金ステータス": "未入金",
        **other,
    }


def mf_item(name: str, amount: str, rate: str = "10%", **other: str) -> dict[str, str]:
    return {
        "csv_type(変更不可)": "40101",
        "行形式": "品目",
        "品名": name,
        "品目コード": "P1",
        "単価": amount,
        "数量": "1",
        "金額": amount,
        "品目消費税率": rate,
        **other,
    }


def test_money_forward_stacks_an_invoice_and_its_items(home, put, real_headers):
    headers = real_headers["moneyforward_invoice_40101_vertical"]
    text = csv_text(
        headers,
        mf_item("前の月の続き", "500"),
        mf_invoice("S-1", "12,000", "1,160", "13,160"),
        mf_item("基本料金", "10,000"),
        mf_item("茶菓", "2,000", "8%（軽減税率）"),
        # Tax inside: the subtotal is the total.
        mf_invoice("S-2", "1,100", "100", "1,100", 入金ステータス="入金済み"),
        mf_item("オプション", "1,100"),
        # Neither: withholding tax, for instance.
        mf_invoice("S-3", "1,000", "100", "998"),
        mf_item("講演料", "1,000"),
        mf_invoice("S-4", "1,000", "100", "1,100", 入金ステータス="回収不能"),
    )
    put("invoice/請求書_20260331.csv", text.encode("cp932"))
    result = read_one(home, "請求書_20260331.csv")
    assert result.feed_id == "moneyforward_invoices"
    assert counts(result) == {
        "billing.invoices": (9, 3, 2, 0, 4),
        "billing.invoice_lines": (8, 3, 1, 0, 4),
        "billing.billing_customers": (8, 1, 0, 3, 4),
    }
    columns = ("invoice_id", "issue_date", "subtotal_native", "tax_native", "total_native")
    assert read_rows(home, "billing.invoices", *columns, "balance_native") == [
        ("S-1", date(2026, 3, 31), Decimal("12000"), Decimal("1160"), Decimal("13160"), None),
        ("S-2", date(2026, 3, 31), Decimal("1000"), Decimal("100"), Decimal("1100"), Decimal("0")),
        ("S-3", date(2026, 3, 31), Decimal("898"), Decimal("100"), Decimal("998"), None),
    ]
    columns = ("invoice_id", "line_no", "description", "amount_native", "tax_rate", "line_type")
    assert read_rows(home, "billing.invoice_lines", *columns) == [
        ("S-1", 1, "基本料金", Decimal("10000"), Decimal("0.1"), "other"),
        ("S-1", 2, "茶菓", Decimal("2000"), Decimal("0.08"), "other"),
        ("S-2", 1, "オプション", Decimal("1000"), Decimal("0.1"), "other"),
    ]
    columns = ("billing_customer_id", "postal_code", "address")
    assert read_rows(home, "billing.billing_customers", *columns) == [
        ("株式会社あさひ製作所", "100-0001", "東京都千代田区千代田1-1")
    ]
    assert [(row, reason) for _, row, _, reason in refused(home)] == [
        (9, "refused_by_mapping"),
        (10, "unreadable_number"),
        (2, "no_row_above"),
    ]


# ── freee請求書 ─────────────────────────────────────────────────────────────────────────────────


def freee_invoice(number: str, tax: str, tax_rounding: str, **other: str) -> dict[str, str]:
    return {
        "行形式": "本文",
        "発行日": "2026/03/31",
        "番号": number,
        "消費税の表示方法": tax,
        "消費税端数の計算方法": tax_rounding,
        "金額端数の計算方法": "切り捨て",
        "取引先名称": "株式会社あさひ製作所",
        "取引先郵便番号": "100-0001",
        "取引先都道府県": "東京都",
        "取引先市区町村・番地": "千代田区千代田1-1",
        **other,
    }


def freee_line(text: str, price: str, quantity: str = "1", rate: str = "10%") -> dict[str, str]:
    line = {"行形式": "明細", "行の種類": "通常", "摘要": text}
    return line | {"単価": price, "数量": quantity, "税率": rate}


def test_freee_invoices_are_totalled_by_their_own_rules(home, put, real_headers):
    headers = real_headers["freee_invoice_36col"]
    text = csv_text(
        headers,
        # 3 × 33.5 = 100.5 → 100; 105 at 10 % = 10.5 → 10; 1,005 at 8 % = 80.4 → 80.
        freee_invoice("F-1", "外税", "切り捨て"),
        freee_line("席", "33.5", "3"),
        freee_line("端数", "5"),
        freee_line("茶菓", "1,005", rate="8%（軽減）"),
        {"行形式": "明細", "行の種類": "テキスト", "摘要": "以上"},
        # 1,105 with tax inside: 1,105 × 10 / 110 = 100.45… → 101.
        freee_invoice("F-2", "内税", "切り上げ", 枝番="2"),
        freee_line("席", "1,105"),
        # 15 at 10 % = 1.5 → 2.
        freee_invoice("F-3", "外税", "四捨五入"),
        freee_line("席", "15"),
        freee_invoice("F-4", "外税", "切り捨て"),
        freee_line("席", "100", rate="課税"),
        freee_invoice("F-5", "税抜", "切り捨て"),
        freee_invoice("F-6", "外税", "てきとう"),
        freee_line("席", "100"),
    )
    put("invoice/請求書_20260331.csv", text.encode("cp932"))
    result = read_one(home, "請求書_20260331.csv")
    assert result.feed_id == "freee_invoices"
    assert counts(result) == {
        "billing.invoices": (14, 3, 3, 0, 8),
        "billing.invoice_lines": (14, 6, 1, 0, 7),
        "billing.billing_customers": (14, 1, 0, 5, 8),
    }
    columns = ("invoice_id", "issue_date", "tax_native", "total_native")
    assert read_rows(home, "billing.invoices", *columns) == [
        ("F-1", date(2026, 3, 31), Decimal("90"), Decimal("1200")),
        ("F-2-2", date(2026, 3, 31), Decimal("101"), Decimal("1105")),
        ("F-3", date(2026, 3, 31), Decimal("2"), Decimal("17")),
    ]
    columns = ("invoice_id", "line_no", "quantity", "amount_native", "tax_rate")
    assert read_rows(home, "billing.invoice_lines", *columns) == [
        ("F-1", 1, Decimal("3"), Decimal("100"), Decimal("0.1")),
        ("F-1", 2, Decimal("1"), Decimal("5"), Decimal("0.1")),
        ("F-1", 3, Decimal("1"), Decimal("1005"), Decimal("0.08")),
        ("F-2-2", 1, Decimal("1"), Decimal("1004.545455"), Decimal("0.1")),
        ("F-3", 1, Decimal("1"), Decimal("15"), Decimal("0.1")),
        ("F-6", 1, Decimal("1"), Decimal("100"), Decimal("0.1")),
    ]
    assert {(entity, row, reason) for entity, row, _, reason in refused(home)} == {
        ("billing.invoices", 11, "missing_required"),  # a rate nobody knows: no total
        ("billing.invoice_lines", 12, "unreadable_number"),
        ("billing.invoices", 13, "refused_by_mapping"),
        ("billing.invoices", 14, "unknown_value"),
    }


# ── Eight ───────────────────────────────────────────────────────────────────────────────────────

EIGHT_ABOVE = [
    "02月08日23時00分 JST にEightで生成された名刺リストです。",
    "合計 2 件",
    "*データ化の際に認識できない文字が含まれていた場合は「?」で代替されます。",
    "*プレミアム登録キャンペーンにより不足項目を入力し直している名刺はP列にて特定ができます。",
    "*データ生成時に文字化けする恐れがある文字は「＊」として置き換えてあります。",
    "",
    "",
]


@pytest.mark.parametrize("above", [EIGHT_ABOVE, EIGHT_ABOVE[:3]], ids=["line 8", "line 4"])
def test_eight_cards_below_however_many_lines(home, put, real_headers, above):
    headers = real_headers["eight_business_cards"]
    card = {
        "会社名": "あさひ製作所",
        "部署名": "経理部",
        "役職": "部長",
        "氏名": "山田 花子",
        "e-mail": "hanako@asahi.example",
        "TEL会社": "03-1234-5678",
        "名刺交換日": "2026/02/01",
    }
    alone = {"氏名": "独立 太郎", "e-mail": "taro@home.example", "携帯電話": "090-0000-0000"}
    text = "\n".join(above) + "\n" + csv_text(headers, card, alone)
    put("eight/eight_20260208.csv", text)
    result = read_one(home, "eight_20260208.csv")
    assert result.feed_id == "eight_business_cards"
    assert counts(result) == {"crm.contacts": (2, 2, 0, 0, 0), "crm.accounts": (2, 2, 0, 0, 0)}
    columns = ("contact_id", "account_id", "name", "title", "phone")
    assert read_rows(home, "crm.contacts", *columns) == [
        (
            "山田 花子/あさひ製作所/hanako@asahi.example",
            "あさひ製作所",
            "山田 花子",
            "部長",
            "03-1234-5678",
        ),
        (
            "独立 太郎//taro@home.example",
            "contact:独立 太郎/taro@home.example",
            "独立 太郎",
            None,
            "090-0000-0000",
        ),
    ]
    assert read_rows(home, "crm.accounts", "kind", "source_row") == [
        ("company", len(above) + 2),
        ("person", len(above) + 3),
    ]


def test_eight_cards_with_family_and_given_name_apart(home, put, real_headers):
    known = real_headers["eight_business_cards"]
    headers = [part for one in known for part in (("姓", "名") if one == "氏名" else (one,))]
    card = {"会社名": "あさひ製作所", "姓": "山田", "名": "花子"}
    put("eight/eight_20260208.csv", "\n".join(EIGHT_ABOVE) + "\n" + csv_text(headers, card))
    read_one(home, "eight_20260208.csv")
    assert read_rows(home, "crm.contacts", "name") == [("山田 花子",)]


# ── kintone: the labels are the app's own, so the company writes the mapping ────────────────────

KINTONE = r"""
id: kintone_contracts
files: ["契約アプリ*.csv"]
carry: {when: "レコードの開始行 = '*'", columns: [レコード番号, 顧客番号, 開始日], number: 表の行}
coverage: full
history: snapshot
exported_at: {file_name: '_(\d{8})', format: '%Y%m%d'}
entities:
  - entity: billing.subscriptions
    # A record without table rows has its fields alone.
    when: "商品 is not null"
    columns:
      contract_id: レコード番号
      line_id: 行ID
      segment_start_date: 開始日
      billing_customer_id: 顧客番号
      plan_id: 商品
      quantity: 数量
      unit_price_native: 単価
      price_includes_tax: {const: "false"}
      currency: {const: JPY}
      interval_unit: {const: month}
      interval_count: {const: "1"}
"""
KINTONE_HEADERS = [
    "レコードの開始行", "レコード番号", "顧客番号", "開始日", "行ID", "商品", "数量", "単価",
    "更新日時",
]  # fmt: skip


def test_kintone_table_rows_belong_to_the_record_that_starts_above(home, put, add_mapping):
    add_mapping("kintone.yml", KINTONE)
    first = {
        "レコードの開始行": "*",
        "レコード番号": "7",
        "顧客番号": "C1",
        "開始日": "2026-01-01",
        "行ID": "1",
        "商品": "基本",
        "数量": "1",
        "単価": "10000",
    }
    second = {"行ID": "2", "商品": "席", "数量": "5", "単価": "1000"}
    bare = {"レコードの開始行": "*", "レコード番号": "8", "顧客番号": "C2", "開始日": "2026-02-01"}
    text = csv_text(KINTONE_HEADERS, first, second, bare)
    put("kintone/契約アプリ_20260331.csv", text.encode("cp932"))
    result = read_one(home, "契約アプリ_20260331.csv")
    assert counts(result) == {"billing.subscriptions": (3, 2, 0, 0, 1)}
    columns = ("contract_id", "line_id", "billing_customer_id", "segment_start_date", "quantity")
    assert read_rows(home, "billing.subscriptions", *columns) == [
        ("7", "1", "C1", date(2026, 1, 1), Decimal("1")),
        ("7", "2", "C1", date(2026, 1, 1), Decimal("5")),
    ]


# ── banks ───────────────────────────────────────────────────────────────────────────────────────

BANKS = [
    (
        "bank_mufg",
        "日付,摘要,摘要内容,支払い金額,預かり金額,差引残高,メモ,未資金化区分,入払区分\n"
        '2026/3/2,振込入金,ｶ)ｱｻﾋｾｲｻｸｼﾖ,,"110,000","583,716",,,入金\n'
        '2026/3/3,口座振替３,ﾃﾞﾝｷﾀﾞｲ,"13,530",,"570,186",,,出金\n'
        "2026/3/4,残高,,,,570186,,,\n",
        "振込入金",
    ),
    (
        "bank_smbc",
        "年月日,お引出し,お預入れ,お取り扱い内容,残高,メモ,ラベル\n"
        '2026/3/2,,110000,"振込　ｶ)ｱｻﾋｾｲｻｸｼﾖ",583716,"",\n'
        '2026/3/3,13530,,"V123456　ﾃﾞﾝｷﾀﾞｲ",570186,"",\n'
        '2026/3/4,,,"残高",570186,"",\n',
        "振込 ｶ)ｱｻﾋｾｲｻｸｼﾖ",
    ),
    (
        "bank_statement_ja",
        "日付,摘要,お支払金額,お預り金額,残高\n"
        "2026/3/2,ｶ)ｱｻﾋｾｲｻｸｼﾖ,0,110000,583716\n"
        "2026/3/3,ﾃﾞﾝｷﾀﾞｲ,13530,0,570186\n"
        "2026/3/4,残高,,,570186\n",
        "ｶ)ｱｻﾋｾｲｻｸｼﾖ",
    ),
    (
        "bank_rakuten",
        "取引日,入出金(円),取引後残高(円),入出金内容\n"
        "20260302,110000,583716,ｶ)ｱｻﾋｾｲｻｸｼﾖ\n"
        "20260303,-13530,570186,ﾃﾞﾝｷﾀﾞｲ\n"
        "20260304,,570186,残高\n",
        "ｶ)ｱｻﾋｾｲｻｸｼﾖ",
    ),
]


@pytest.mark.parametrize(("feed", "text", "memo"), BANKS, ids=[feed for feed, *_ in BANKS])
def test_bank_statements(home, put, feed, text, memo):
    put("bank/入出金明細_20260331.csv", text.encode("cp932"))
    result = read_one(home, "入出金明細_20260331.csv")
    assert result.feed_id == feed
    # A line without an amount is refused, not taken for 0.
    assert counts(result) == {"billing.bank_transactions": (3, 2, 1, 0, 0)}
    columns = ("booked_date", "amount_native", "payer_name_kana_folded")
    (came, went) = read_rows(home, "billing.bank_transactions", *columns)
    assert came == (date(2026, 3, 2), Decimal("110000"), "カ)アサヒセイサクシヨ")
    assert went[:2] == (date(2026, 3, 3), Decimal("-13530"))
    keys = read_rows(home, "billing.bank_transactions", "transaction_id")
    assert len(set(keys)) == 2


def test_a_later_statement_repeats_lines_under_the_same_number(home, put):
    _, text, _ = BANKS[0]
    lines = text.splitlines(keepends=True)
    keys = []
    for name, content in (("明細_20260331.csv", text), ("明細_20260430.csv", lines[0] + lines[1])):
        put(f"bank/{name}", content.encode("cp932"))
        read_one(home, name)
        keys.append(read_rows(home, "billing.bank_transactions", "transaction_id", "record_key"))
    assert len(keys[0]) == 2
    assert keys[1] == keys[0][:1]


# ── サブスクペイ ────────────────────────────────────────────────────────────────────────────────


def test_a_result_notice_that_came_twice_is_one_payment(home, put):
    headers = ["received_at", "gid", "rst", "cod", "am", "tx", "sf", "ta", "acid"]
    paid = dict(zip(headers, ["2026-03-31T23:59:00+09:00", "20000001", "1", "O-1", "1000", "100",
                              "0", "1100", "A-1"], strict=True))  # fmt: skip
    again = paid | {"received_at": "2026-04-01T00:10:00+09:00"}
    failed = paid | {"gid": "20000002", "rst": "2"}
    silent = paid | {"gid": "20000003", "rst": ""}
    put("payment/subscpay_20260401.csv", csv_text(headers, paid, paid, again, failed, silent))
    result = read_one(home, "subscpay_20260401.csv")
    assert result.feed_id == "subscpay_notices"
    # Word for word the same is repeated; at another time it is another version of one payment.
    assert counts(result) == {"billing.payments": (5, 2, 1, 1, 1)}
    found = read_rows(
        home, "billing.payments", "payment_id", "billing_customer_id", "amount_native"
    )
    assert set(found) == {("20000001", "A-1", Decimal("1100"))}
    assert len(set(read_rows(home, "billing.payments", "record_key"))) == 1


# ── what the generic presets cover ──────────────────────────────────────────────────────────────


def test_usage_logs_and_surveys_need_no_preset_of_their_own(home, put):
    usage = ["顧客ID", "日付", "機能", "イベント数", "端末"]
    row = dict(zip(usage, ["A01", "2026/03/31", "レポート", "12", "iPad"], strict=True))
    put("app/日次利用_20260331.csv", csv_text(usage, row).encode("cp932"))
    assert read_one(home, "日次利用_20260331.csv").feed_id == "generic_usage_days_ja"
    assert read_rows(home, "usage.usage_days", "account_id", "date", "feature", "events") == [
        ("A01", date(2026, 3, 31), "レポート", 12)
    ]
    survey = ["回答ID", "顧客ID", "アンケート名", "回答日時", "NPS", "コメント"]
    answer = dict(zip(survey, ["R1", "A01", "年次", "2026/03/31 10:00", "9", "速い"], strict=True))
    put("form/アンケート回答_20260331.csv", csv_text(survey, answer))
    assert read_one(home, "アンケート回答_20260331.csv").feed_id == "generic_surveys_ja"
    assert read_rows(home, "inquiry.surveys", "response_id", "nps") == [("R1", 9)]


def test_a_list_of_ones_own_extends_the_generic_preset(home, put, add_mapping):
    add_mapping(
        "rakuraku.yml",
        """
id: rakuraku_contracts
extends: generic_subscriptions_ja
files: ["契約一覧*.csv"]
coverage: full
history: snapshot
entities:
  - entity: billing.subscriptions
    columns:
      contract_id: 契約No.
      segment_start_date: 契約開始日
      billing_customer_id: 取引先コード
      unit_price_native: 月額（税抜）
      price_includes_tax: {const: "false"}
      currency: {const: JPY}
      interval_unit: {const: month}
      interval_count: {const: "1"}
      status: {from: 契約状況, values: {契約中: active, 解約: cancelled}}
""",
    )
    headers = ["契約No.", "契約開始日", "取引先コード", "月額（税抜）", "契約状況", "担当"]
    running = ["K-1", "2025年4月1日", "T01", "￥9,800", "契約中", "佐藤"]
    odd = ["K-2", "2025年4月1日", "T02", "￥9,800", "休会", "佐藤"]
    listed = [dict(zip(headers, one, strict=True)) for one in (running, odd)]
    put("sales/契約一覧_20260331.csv", csv_text(headers, *listed).encode("cp932"))
    result = read_one(home, "契約一覧_20260331.csv")
    assert counts(result) == {"billing.subscriptions": (2, 1, 1, 0, 0)}
    columns = ("contract_id", "segment_start_date", "unit_price_native", "status", "extra")
    assert read_rows(home, "billing.subscriptions", *columns) == [
        ("K-1", date(2025, 4, 1), Decimal("9800"), "active", '{"担当":"佐藤"}')
    ]
    assert refused(home) == [("billing.subscriptions", 3, "契約状況", "unknown_value")]
