# ruff: noqa: E501 (tables stay one line per row)
"""The golden company GD-1 (METRICS.md 2.1), typed by hand: what it holds and what must come out.

No figure in this file is computed. How the company is written into files stands in golden_deliveries.py.

Two columns of the tables never reach a file: `known_from` is the day the record first stood in its
system, `end_known_from` the day its end date did (blank: together with the record). A month-end
export holds only what was known by then.
"""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

MONTH_ENDS = (
    date(2025, 12, 31),
    date(2026, 1, 31),
    date(2026, 2, 28),
    date(2026, 3, 31),
    date(2026, 4, 30),
    date(2026, 5, 31),
    date(2026, 6, 30),
)
AS_OF = date(2026, 6, 30)
HISTORY_START = date(2025, 12, 1)
LAST_EXPORT = AS_OF

# ------------------------------------------------------------------------------------------------
# What the company's systems hold
# ------------------------------------------------------------------------------------------------

# C12 signed up on the web and never reached the CRM; everyone else stands in both systems.
ACCOUNTS = """
account_id,kind,name,name_kana,email,prefecture,acquisition_channel,billing_customer_id,created_date,known_from
A01,company,株式会社あさひ製作所,アサヒセイサクショ,keiri@asahi-ss.example,東京都,展示会,C01,2025-12-20,2026-01-10
A02,company,株式会社いずみ会計,イズミカイケイ,info@izumi.example,神奈川県,紹介,C02,2025-12-21,2026-01-01
A03,company,㈱うみかぜ商店,ウミカゼショウテン,order@umikaze.example,静岡県,Web,C03,2026-01-04,2026-01-05
A04,company,えびす工業株式会社,エビスコウギョウ,soumu@ebisu.example,大阪府,Web,C04,2025-12-22,2026-01-01
A05,company,おおぞら運輸株式会社,オオゾラウンユ,office@oozora.example,愛知県,紹介,C05,2025-12-23,2026-01-01
A06,person,柿本 真由美,カキモト マユミ,mayumi@kakimoto.example,京都府,Web,C06,2025-12-24,2026-01-01
A07,person,木村 健太,キムラ ケンタ,kenta@kimura.example,東京都,Web,C07,2026-02-10,2026-02-10
A08,person,熊谷 さくら,クマガイ サクラ,sakura@kumagai.example,宮城県,Web,C08,2026-02-15,2026-02-15
A09,company,けやき不動産株式会社,ケヤキフドウサン,contact@keyaki.example,埼玉県,展示会,C09,2026-01-20,2026-02-01
A10,company,Kodama Trading Inc.,コダマトレーディング,ap@kodama-trading.example,,紹介,C10,2025-12-25,2026-01-01
A11,company,株式会社さくら学園,サクラガクエン,jimu@sakura-gakuen.example,福岡県,キャンペーン,C11,2026-01-25,2026-02-01
A13,company,株式会社すみれ出版,スミレシュッパン,hanbai@sumire.example,東京都,紹介,C13,2025-03-01,2025-03-16
A14,company,株式会社せせらぎ食品,セセラギショクヒン,keiri@seseragi.example,新潟県,Web,C14,2025-12-26,2026-01-01
"""

BILLING_CUSTOMERS = """
billing_customer_id,account_id,name,email,payment_method,created_date,known_from
C01,A01,株式会社あさひ製作所,keiri@asahi-ss.example,transfer,2026-01-10,2026-01-10
C02,A02,株式会社いずみ会計,info@izumi.example,transfer,2026-01-01,2026-01-01
C03,A03,㈱うみかぜ商店,order@umikaze.example,card,2026-01-05,2026-01-05
C04,A04,えびす工業株式会社,soumu@ebisu.example,direct_debit,2026-01-01,2026-01-01
C05,A05,おおぞら運輸株式会社,office@oozora.example,transfer,2026-01-01,2026-01-01
C06,A06,柿本 真由美,mayumi@kakimoto.example,card,2026-01-01,2026-01-01
C07,A07,木村 健太,kenta@kimura.example,card,2026-02-10,2026-02-10
C08,A08,熊谷 さくら,sakura@kumagai.example,card,2026-02-15,2026-02-15
C09,A09,けやき不動産株式会社,contact@keyaki.example,direct_debit,2026-02-01,2026-02-01
C10,A10,Kodama Trading Inc.,ap@kodama-trading.example,card,2026-01-01,2026-01-01
C11,A11,株式会社さくら学園,jimu@sakura-gakuen.example,invoice,2026-02-01,2026-02-01
C12,,椎名 翔,sho@shiina.example,card,2026-03-05,2026-03-05
C13,A13,株式会社すみれ出版,hanbai@sumire.example,transfer,2025-03-16,2025-03-16
C14,A14,株式会社せせらぎ食品,keiri@seseragi.example,transfer,2026-01-01,2026-01-01
"""

PLANS = """
plan_id,name,product,plan_rank,is_addon,interval_unit,interval_count,list_price_native,currency,tax_rate,known_from
LIGHT,ライト,継続クラウド,1,false,month,1,5000,JPY,0.1,2025-04-01
STANDARD,スタンダード,継続クラウド,2,false,month,1,8000,JPY,0.1,2025-04-01
GLOBAL,Global seats,継続クラウド,2,false,month,1,10,USD,0,2025-04-01
YEARLY,年間契約,継続クラウド,2,false,year,1,120000,JPY,0.1,2025-04-01
"""

# One contract line by price segment. S03, S06, S07, S10 and S13 have two segments each; S02 says
# "one year", S13 "twelve months": the same length in two spellings. S10 is 10 seats, then 12.
SUBSCRIPTIONS = """
contract_id,segment_start_date,segment_end_date,billing_customer_id,plan_id,quantity,unit_price_native,price_includes_tax,tax_rate,currency,interval_unit,interval_count,is_trial,term_months,known_from,end_known_from
S01,2026-01-10,,C01,STANDARD,1,10000,false,0.1,JPY,month,1,false,,2026-01-10,
S02,2026-01-01,2026-12-31,C02,YEARLY,1,120000,false,0.1,JPY,year,1,false,12,2026-01-01,
S03,2026-01-05,2026-03-15,C03,LIGHT,1,5000,false,0.1,JPY,month,1,false,,2026-01-05,2026-03-14
S03,2026-03-16,,C03,STANDARD,1,8000,false,0.1,JPY,month,1,false,,2026-03-14,
S04,2026-01-01,2026-02-28,C04,STANDARD,1,20000,false,0.1,JPY,month,1,false,,2026-01-01,2026-02-10
S05A,2026-01-01,,C05,LIGHT,1,6000,false,0.1,JPY,month,1,false,,2026-01-01,
S05B,2026-02-01,2026-04-30,C05,LIGHT,1,4000,false,0.1,JPY,month,1,false,,2026-02-01,2026-04-05
S06,2026-01-01,2026-02-28,C06,LIGHT,1,3000,false,0.1,JPY,month,1,false,,2026-01-01,2026-02-20
S06,2026-05-01,,C06,LIGHT,1,3000,false,0.1,JPY,month,1,false,,2026-05-01,
S07,2026-02-10,2026-03-09,C07,STANDARD,1,0,false,0.1,JPY,month,1,true,,2026-02-10,
S07,2026-03-10,,C07,STANDARD,1,7000,false,0.1,JPY,month,1,false,,2026-03-10,
S08,2026-02-15,2026-03-14,C08,STANDARD,1,0,false,0.1,JPY,month,1,true,,2026-02-15,
S09,2026-02-01,,C09,STANDARD,1,12000,false,0.1,JPY,month,1,false,,2026-02-01,
S10,2026-01-01,2026-04-09,C10,GLOBAL,10,10,false,0,USD,month,1,false,,2026-01-01,2026-04-09
S10,2026-04-10,,C10,GLOBAL,12,10,false,0,USD,month,1,false,,2026-04-09,
S11,2026-02-01,,C11,STANDARD,1,10000,false,0.1,JPY,month,1,false,,2026-02-01,
S12,2026-03-05,2026-03-20,C12,STANDARD,1,9000,false,0.1,JPY,month,1,false,,2026-03-05,2026-03-18
S13,2025-03-16,2026-03-15,C13,YEARLY,1,240000,false,0.1,JPY,month,12,false,12,2025-03-16,
S13,2026-04-05,2027-04-04,C13,YEARLY,1,264000,false,0.1,JPY,month,12,false,12,2026-04-08,
S14,2026-01-01,,C14,LIGHT,1,4000,false,0.1,JPY,month,1,false,,2026-01-01,
"""

SUBSCRIPTION_PAUSES = """
contract_id,pause_start_date,pause_end_date,known_from,end_known_from
S09,2026-04-01,2026-05-31,2026-03-31,2026-05-20
"""

SUBSCRIPTION_DISCOUNTS = """
contract_id,line_id,discount_id,percent,start_date,end_date,known_from
S11,1,SPRING20,20,2026-02-01,2026-04-30,2026-02-01
"""

CANCEL_REQUESTS = """
contract_id,requested_at,effective_date,reason_code,initiated_by,known_from
S04,2026-02-10,2026-02-28,price,customer,2026-02-10
S05B,2026-04-05,2026-04-30,unused,customer,2026-04-05
S06,2026-02-20,2026-02-28,budget,customer,2026-02-20
S12,2026-03-18,2026-03-20,mistake,customer,2026-03-18
"""

# C14 never pays the invoice due 2026-02-28. The other two show what must not move MRR: the prorated
# first invoice of C01 and the set-up fee of C11, both paid.
INVOICES = """
invoice_id,billing_customer_id,contract_id,issue_date,due_date,currency,subtotal_native,tax_native,total_native,balance_native,paid_date,document_type,known_from
I-0001,C01,S01,2026-01-10,2026-01-31,JPY,7096.77,709,7805.77,0,2026-01-30,invoice,2026-01-31
I-0002,C11,S11,2026-02-01,2026-02-28,JPY,30000,3000,33000,0,2026-02-27,invoice,2026-02-28
I-0003,C14,S14,2026-02-01,2026-02-28,JPY,4000,400,4400,4400,,invoice,2026-02-01
"""

INVOICE_LINES = """
invoice_id,line_no,contract_id,plan_id,line_type,description,quantity,amount_native,tax_rate,service_start_date,service_end_date,known_from
I-0001,1,S01,STANDARD,proration,1月分（日割）,1,7096.77,0.1,2026-01-10,2026-01-31,2026-01-31
I-0002,1,S11,STANDARD,oneoff,初期費用,1,30000,0.1,,,2026-02-28
I-0003,1,S14,LIGHT,recurring,2月分,1,4000,0.1,2026-02-01,2026-02-28,2026-02-01
"""

FX_RATES = """
date,from_currency,to_currency,rate,known_from
2025-12-31,USD,JPY,149,2025-12-31
2026-01-31,USD,JPY,150,2026-01-31
2026-02-28,USD,JPY,152,2026-02-28
2026-03-31,USD,JPY,148,2026-03-31
2026-04-30,USD,JPY,150,2026-04-30
2026-05-31,USD,JPY,150,2026-05-31
2026-06-30,USD,JPY,155,2026-06-30
"""


def rows_of(table: str) -> list[dict[str, str]]:
    """The rows of a table above as texts, blank where blank."""
    return list(csv.DictReader(io.StringIO(table.strip())))


# Every entity the company delivers: its rows, and the column whose value `end_known_from` dates.
COMPANY: dict[str, tuple[list[dict[str, str]], str | None]] = {
    "crm.accounts": (rows_of(ACCOUNTS), None),
    "billing.billing_customers": (rows_of(BILLING_CUSTOMERS), None),
    "billing.plans": (rows_of(PLANS), None),
    "billing.subscriptions": (rows_of(SUBSCRIPTIONS), "segment_end_date"),
    "billing.subscription_pauses": (rows_of(SUBSCRIPTION_PAUSES), "pause_end_date"),
    "billing.subscription_discounts": (rows_of(SUBSCRIPTION_DISCOUNTS), None),
    "billing.cancel_requests": (rows_of(CANCEL_REQUESTS), None),
    "billing.invoices": (rows_of(INVOICES), None),
    "billing.invoice_lines": (rows_of(INVOICE_LINES), None),
    "reference.fx_rates": (rows_of(FX_RATES), None),
}

# ------------------------------------------------------------------------------------------------
# What must come out
# ------------------------------------------------------------------------------------------------

WATERFALL_COLUMNS = (
    "begin_mrr",
    "new_mrr",
    "reactivation_mrr",
    "expansion_mrr",
    "contraction_mrr",
    "churn_mrr",
    "pause_mrr",
    "resume_mrr",
    "fx_mrr",
    "mrr",
    "begin_customer_count",
    "customer_count",
    "new_customer_count",
    "reactivated_customer_count",
    "churned_customer_count",
)

# The opening month shows its end only: 20,000 of one customer.
OPENING_MONTH = date(2025, 12, 1)
OPENING_MRR = Decimal("20000")

# month: begin, new, reactivation, expansion, contraction, churn, pause, resume, fx, end,
#        customers at begin, at end, new, reactivated, churned
WATERFALL: dict[date, tuple[int, ...]] = {
    date(2026, 1, 1): (20000, 73000, 0, 0, 0, 0, 0, 0, 0, 93000, 1, 9, 8, 0, 0),
    date(2026, 2, 1): (93000, 20000, 0, 4000, 0, 0, 0, 0, 200, 117200, 9, 11, 2, 0, 0),
    date(2026, 3, 1): (117200, 7000, 0, 3000, 0, -23000, 0, 0, -400, 103800, 11, 10, 1, 0, 2),
    date(2026, 4, 1): (103800, 0, 0, 5000, 0, -4000, -12000, 0, 200, 93000, 10, 8, 0, 0, 1),
    date(2026, 5, 1): (93000, 0, 3000, 2000, -4000, 0, 0, 0, 0, 94000, 8, 9, 0, 1, 0),
    date(2026, 6, 1): (94000, 0, 0, 0, 0, 0, 0, 12000, 600, 106600, 9, 10, 0, 0, 0),
}

# The same with lapse_grace_days = 0: C13 churns in March and comes back in April.
WATERFALL_WITHOUT_GRACE: dict[date, tuple[int, ...]] = {
    **WATERFALL,
    date(2026, 3, 1): (117200, 7000, 0, 3000, 0, -43000, 0, 0, -400, 83800, 11, 9, 1, 0, 3),
    date(2026, 4, 1): (83800, 0, 22000, 3000, 0, -4000, -12000, 0, 200, 93000, 9, 8, 0, 1, 1),
}

# Customers whose service was paused or resumed in the month (C09).
PAUSED_CUSTOMERS = {date(2026, 4, 1): 1}
RESUMED_CUSTOMERS = {date(2026, 6, 1): 1}

# Started and ended inside the month, never seen at a month end (C12).
INTRAMONTH_NEW_CHURN = {date(2026, 3, 1): 1}

# month, customer, movement type, change: the "row detail" of METRICS.md 2.1.
MOVEMENTS = {
    (date(2025, 12, 1), "C13", "opening", 20000),
    (date(2026, 1, 1), "C01", "new", 10000),
    (date(2026, 1, 1), "C02", "new", 10000),
    (date(2026, 1, 1), "C03", "new", 5000),
    (date(2026, 1, 1), "C04", "new", 20000),
    (date(2026, 1, 1), "C05", "new", 6000),
    (date(2026, 1, 1), "C06", "new", 3000),
    (date(2026, 1, 1), "C10", "new", 15000),
    (date(2026, 1, 1), "C14", "new", 4000),
    (date(2026, 2, 1), "C09", "new", 12000),
    (date(2026, 2, 1), "C11", "new", 8000),
    (date(2026, 2, 1), "C05", "expansion", 4000),
    (date(2026, 2, 1), "C10", "fx", 200),
    (date(2026, 3, 1), "C07", "new", 7000),
    (date(2026, 3, 1), "C03", "expansion", 3000),
    (date(2026, 3, 1), "C04", "churn", -20000),
    (date(2026, 3, 1), "C06", "churn", -3000),
    (date(2026, 3, 1), "C10", "fx", -400),
    (date(2026, 4, 1), "C10", "expansion", 3000),
    (date(2026, 4, 1), "C13", "expansion", 2000),
    (date(2026, 4, 1), "C09", "pause", -12000),
    (date(2026, 4, 1), "C14", "churn", -4000),
    (date(2026, 4, 1), "C10", "fx", 200),
    (date(2026, 5, 1), "C05", "contraction", -4000),
    (date(2026, 5, 1), "C06", "reactivation", 3000),
    (date(2026, 5, 1), "C11", "expansion", 2000),
    (date(2026, 6, 1), "C09", "resume", 12000),
    (date(2026, 6, 1), "C10", "fx", 600),
}

# month, customer, reason, change: why the expansions and contractions above happened (G-06). C13 is
# one contract renewed at a higher price, C05 a second contract that comes and goes.
MOVEMENT_REASONS = {
    (date(2026, 2, 1), "C05", "addon", 4000),
    (date(2026, 3, 1), "C03", "tier", 3000),
    (date(2026, 4, 1), "C10", "seat", 3000),
    (date(2026, 4, 1), "C13", "price", 2000),
    (date(2026, 5, 1), "C05", "addon", -4000),
    (date(2026, 5, 1), "C11", "discount_end", 2000),
}

# What lapse_grace_days = 0 changes, and nothing else: exactly C13, in March and April.
MOVEMENTS_ONLY_WITHOUT_GRACE = {
    (date(2026, 3, 1), "C13", "churn", -20000),
    (date(2026, 4, 1), "C13", "reactivation", 22000),
}
MOVEMENTS_ONLY_WITH_GRACE = {(date(2026, 4, 1), "C13", "expansion", 2000)}

# customer, month it shows in, last day of service, kind, MRR lost.
CHURN_EVENTS = {
    ("C04", date(2026, 3, 1), date(2026, 2, 28), "voluntary", 20000),
    ("C06", date(2026, 3, 1), date(2026, 2, 28), "voluntary", 3000),
    ("C14", date(2026, 4, 1), date(2026, 4, 29), "involuntary", 4000),
}

# cohort: size, active at k, survivors at k, MRR at k (k = months after the first paid month end).
COHORTS: dict[date, tuple[int, tuple[int, ...], tuple[int, ...], tuple[int, ...]]] = {
    date(2025, 12, 1): (
        1,
        (1, 1, 1, 1, 1, 1, 1),
        (1, 1, 1, 1, 1, 1, 1),
        (20000, 20000, 20000, 20000, 22000, 22000, 22000),
    ),
    date(2026, 1, 1): (
        8,
        (8, 8, 6, 5, 6, 6),
        (8, 8, 6, 5, 5, 5),
        (73000, 77200, 56800, 56000, 55000, 55600),
    ),
    date(2026, 2, 1): (
        2,
        (2, 2, 1, 1, 2),
        (2, 2, 2, 2, 2),
        (20000, 20000, 8000, 10000, 22000),
    ),
    date(2026, 3, 1): (
        1,
        (1, 1, 1, 1),
        (1, 1, 1, 1),
        (7000, 7000, 7000, 7000),
    ),
}

# June's layers, oldest cohort first: together 106,600.
LAYERS_IN_JUNE = {
    date(2025, 12, 1): 22000,
    date(2026, 1, 1): 55600,
    date(2026, 2, 1): 22000,
    date(2026, 3, 1): 7000,
}

# metric: {month: (numerator, denominator, rate to four decimals)} — METRICS.md G-09 to G-14.
RATES: dict[str, dict[date, tuple[int, int, str]]] = {
    "logo_churn_rate": {
        date(2026, 2, 1): (0, 9, "0.0000"),
        date(2026, 3, 1): (2, 11, "0.1818"),
        date(2026, 4, 1): (1, 10, "0.1000"),
        date(2026, 6, 1): (0, 9, "0.0000"),
    },
    "logo_churn_with_new_rate": {
        date(2026, 3, 1): (2, 12, "0.1667"),
    },
    "gross_mrr_churn_rate": {
        date(2026, 3, 1): (23000, 117200, "0.1962"),
        date(2026, 5, 1): (4000, 93000, "0.0430"),
    },
    "net_mrr_churn_rate": {
        date(2026, 3, 1): (20000, 117200, "0.1706"),
        date(2026, 5, 1): (-1000, 93000, "-0.0108"),
    },
    "grr_rate": {
        date(2026, 3, 1): (94200, 117200, "0.8038"),
        date(2026, 5, 1): (89000, 93000, "0.9570"),
    },
    "nrr_rate": {
        date(2026, 3, 1): (97200, 117200, "0.8294"),
        date(2026, 5, 1): (91000, 93000, "0.9785"),
    },
    "quick_ratio": {
        date(2026, 3, 1): (10000, 23000, "0.4348"),
        date(2026, 5, 1): (5000, 4000, "1.2500"),
    },
    "arpa": {
        date(2026, 3, 1): (103800, 10, "10380.0000"),
        date(2026, 5, 1): (94000, 9, "10444.4444"),
    },
}
ARR_IN_JUNE = Decimal("1279200")
