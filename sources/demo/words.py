"""Words the demo company is made of: names with their readings, places, plans, reasons, topics.

All names are made up; e-mail domains end in .example, telephone numbers have no exchange.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

FAMILY_NAMES = (
    ("佐藤", "サトウ", "sato"),
    ("鈴木", "スズキ", "suzuki"),
    ("高橋", "タカハシ", "takahashi"),
    ("田中", "タナカ", "tanaka"),
    ("伊藤", "イトウ", "ito"),
    ("渡邊", "ワタナベ", "watanabe"),
    ("山本", "ヤマモト", "yamamoto"),
    ("中村", "ナカムラ", "nakamura"),
    ("小林", "コバヤシ", "kobayashi"),
    ("加藤", "カトウ", "kato"),
    ("吉田", "ヨシダ", "yoshida"),
    ("山田", "ヤマダ", "yamada"),
    ("佐々木", "ササキ", "sasaki"),
    ("山口", "ヤマグチ", "yamaguchi"),
    ("松本", "マツモト", "matsumoto"),
    ("井上", "イノウエ", "inoue"),
    ("木村", "キムラ", "kimura"),
    ("林", "ハヤシ", "hayashi"),
    ("清水", "シミズ", "shimizu"),
    ("斎藤", "サイトウ", "saito"),
    ("髙木", "タカギ", "takagi"),
    ("森", "モリ", "mori"),
    ("池田", "イケダ", "ikeda"),
    ("橋本", "ハシモト", "hashimoto"),
)
GIVEN_NAMES = (
    ("陽子", "ヨウコ", "yoko"),
    ("健太", "ケンタ", "kenta"),
    ("美咲", "ミサキ", "misaki"),
    ("翔", "ショウ", "sho"),
    ("さくら", "サクラ", "sakura"),
    ("大輔", "ダイスケ", "daisuke"),
    ("由美", "ユミ", "yumi"),
    ("拓也", "タクヤ", "takuya"),
    ("真理子", "マリコ", "mariko"),
    ("誠", "マコト", "makoto"),
    ("恵", "メグミ", "megumi"),
    ("隆", "タカシ", "takashi"),
    ("直樹", "ナオキ", "naoki"),
    ("愛", "アイ", "ai"),
    ("浩二", "コウジ", "koji"),
    ("千尋", "チヒロ", "chihiro"),
)
COMPANY_WORDS = (
    ("あおば", "アオバ", "aoba"),
    ("みらい", "ミライ", "mirai"),
    ("東海", "トウカイ", "tokai"),
    ("北斗", "ホクト", "hokuto"),
    ("さくら", "サクラ", "sakura"),
    ("大和", "ヤマト", "yamato"),
    ("ひかり", "ヒカリ", "hikari"),
    ("朝日", "アサヒ", "asahi"),
    ("富士見", "フジミ", "fujimi"),
    ("瀬戸内", "セトウチ", "setouchi"),
    ("若葉", "ワカバ", "wakaba"),
    ("日向", "ヒュウガ", "hyuga"),
    ("丸山", "マルヤマ", "maruyama"),
    ("いろは", "イロハ", "iroha"),
    ("青山", "アオヤマ", "aoyama"),
    ("常盤", "トキワ", "tokiwa"),
    ("三ツ星", "ミツボシ", "mitsuboshi"),
    ("はやぶさ", "ハヤブサ", "hayabusa"),
    ("しらかば", "シラカバ", "shirakaba"),
    ("こもれび", "コモレビ", "komorebi"),
)
# What the company does: the word in its name, its reading, in the address, and the industry.
TRADES = (
    ("製作所", "セイサクショ", "ss", "製造業"),
    ("運輸", "ウンユ", "unyu", "運輸業"),
    ("商事", "ショウジ", "shoji", "卸売業"),
    ("不動産", "フドウサン", "fudosan", "不動産業"),
    ("食品", "ショクヒン", "foods", "食品"),
    ("システムズ", "システムズ", "systems", "情報通信業"),
    ("会計事務所", "カイケイジムショ", "kaikei", "専門サービス"),
    ("クリニック", "クリニック", "clinic", "医療"),
    ("設計", "セッケイ", "sekkei", "建設業"),
    ("学園", "ガクエン", "gakuen", "教育"),
)
# How a Japanese company writes its form, before or after the name, and how a bank writes it.
COMPANY_FORMS = (
    ("株式会社{}", "ｶ){}"),
    ("{}株式会社", "{}(ｶ"),
    ("(株){}", "ｶ){}"),
    ("㈱{}", "ｶ){}"),
    ("有限会社{}", "ﾕ){}"),
)
FOREIGN_COMPANIES = (
    ("Maple Ridge Software Inc.", "メープルリッジソフトウェア", "mapleridge"),
    ("Blue Harbor LLC", "ブルーハーバー", "blueharbor"),
    ("Northwind Robotics Ltd.", "ノースウインドロボティクス", "northwind-robotics"),
    ("Sierra Analytics Inc.", "シエラアナリティクス", "sierra-analytics"),
    ("Lakeside Foods Co.", "レイクサイドフーズ", "lakeside-foods"),
)
PREFECTURES = (
    ("東京都", "千代田区神田", "101-00", 30),
    ("大阪府", "大阪市北区梅田", "530-00", 14),
    ("愛知県", "名古屋市中区栄", "460-00", 10),
    ("神奈川県", "横浜市西区高島", "220-00", 10),
    ("福岡県", "福岡市博多区博多駅前", "812-00", 8),
    ("北海道", "札幌市中央区北一条", "060-00", 6),
    ("宮城県", "仙台市青葉区一番町", "980-08", 5),
    ("広島県", "広島市中区紙屋町", "730-00", 5),
    ("京都府", "京都市下京区四条", "600-80", 5),
    ("静岡県", "静岡市葵区追手町", "420-08", 4),
    ("沖縄県", "那覇市久茂地", "900-00", 3),
)
CHANNELS = (("Web", 40), ("紹介", 25), ("展示会", 15), ("広告", 12), ("パートナー", 8))
CHANNEL_CODES = {
    "Web": "WEB",
    "紹介": "REF",
    "展示会": "EXPO",
    "広告": "AD",
    "パートナー": "PARTNER",
}
# What a channel costs in a month, in yen per customer the company ever signed.
CHANNEL_COSTS = {"Web": 400, "紹介": 100, "展示会": 500, "広告": 700, "パートナー": 150}
CONTACT_TITLES = (
    ("部長", "総務部"),
    ("課長", "情報システム部"),
    ("主任", "営業部"),
    ("代表取締役", ""),
    ("担当", "経理部"),
)
# kind, direction, weight
INTERACTIONS = (
    ("call", "out", 30),
    ("call", "in", 12),
    ("mail", "out", 25),
    ("mail", "in", 10),
    ("meeting", "out", 12),
    ("visit", "out", 8),
    ("event", "in", 3),
)
OWNERS = ("営業一課 岡田", "営業一課 藤井", "営業二課 村上", "カスタマーサクセス 西村")


@dataclass(frozen=True)
class Plan:
    """One line of the price list; `monthly_loss` is the chance that a month's customer leaves."""

    plan_id: str
    name: str
    rank: int
    interval_unit: str
    price: Decimal
    currency: str = "JPY"
    is_addon: bool = False
    monthly_loss: float = 0.0

    @property
    def tax_rate(self) -> Decimal:
        return Decimal("0.1") if self.currency == "JPY" else Decimal(0)

    @property
    def is_yearly(self) -> bool:
        return self.interval_unit == "year"


PERSONAL = Plan("P010", "パーソナル", 1, "month", Decimal(1480), monthly_loss=0.045)
LIGHT = Plan("P020", "ライト", 2, "month", Decimal(1200), monthly_loss=0.024)
STANDARD = Plan("P030", "スタンダード", 3, "month", Decimal(1800), monthly_loss=0.014)
PRO = Plan("P040", "プロ", 4, "month", Decimal(2800), monthly_loss=0.009)
STANDARD_YEAR = Plan("P031", "スタンダード（年間）", 3, "year", Decimal(18000))
PRO_YEAR = Plan("P041", "プロ（年間）", 4, "year", Decimal(28000))
GLOBAL = Plan("P050", "Global", 3, "month", Decimal(15), "USD", monthly_loss=0.012)
SECURITY = Plan("P090", "セキュリティ追加", 0, "month", Decimal(500), is_addon=True)
PLANS = (PERSONAL, LIGHT, STANDARD, PRO, STANDARD_YEAR, PRO_YEAR, GLOBAL, SECURITY)
UPGRADES = {LIGHT: STANDARD, STANDARD: PRO}
DOWNGRADES = {STANDARD: LIGHT, PRO: STANDARD}

# code, words of the customer, Japanese and English label, group, weight
CHURN_REASONS = (
    ("price", "予算の見直しで継続が難しくなりました", "料金", "Price", "料金", 28),
    ("unused", "社内であまり使われていませんでした", "利用が少ない", "Low use", "利用", 24),
    ("feature", "必要な機能がありませんでした", "機能不足", "Missing feature", "製品", 16),
    ("competitor", "他社のサービスに切り替えます", "他社へ乗り換え", "Competitor", "競合", 12),
    ("business", "事業縮小のため解約します", "事業都合", "Business change", "顧客都合", 12),
    ("support", "問い合わせへの対応に不満がありました", "サポート", "Support", "サポート", 8),
)
# topic, subject, body, is it a complaint, weight
TICKET_TOPICS = (
    ("使い方", "設定方法について", "権限の設定方法を教えてください。", False, 40),
    ("請求", "請求書の宛名変更", "請求書の宛名を変更したいです。", False, 18),
    ("不具合", "画面が開きません", "昨日から集計画面が開きません。", True, 16),
    ("要望", "CSV出力の項目追加", "出力できる項目を増やしてほしいです。", False, 14),
    ("苦情", "返信が遅い", "先週の問い合わせにまだ返信がありません。", True, 6),
    ("解約", "解約の手続き", "解約の手続きを教えてください。", False, 6),
)
SUPPORT_STAFF = ("support-aoki", "support-endo", "support-ueda")
FEATURES = ("dashboard", "report", "api")
