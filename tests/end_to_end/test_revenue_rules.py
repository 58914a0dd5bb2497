"""Recurring revenue: contracts made for one rule each, their figures typed by hand."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.end_to_end import company_home, golden_company, golden_deliveries
from tests.end_to_end.company_home import query

pytestmark = pytest.mark.slow

# A company whose system writes the instant a contract terminated, in UTC.
TERMINATIONS_MAPPING = """
id: terminations
extends: generic_subscriptions_en
files: ["terminations_*.csv"]
entities:
  - entity: billing.subscriptions
    columns:
      segment_end_date: {from: terminated_at, end: exclusive}
"""


def contract(contract_id, price, start, end="", **terms) -> dict[str, str]:
    """One contract, or one price segment of it, of the customer it is named after."""
    row = {
        "contract_id": contract_id,
        "segment_start_date": start,
        "segment_end_date": end,
        "billing_customer_id": f"of {contract_id.split('/')[0]}",
        "plan_id": "",
        "quantity": "1",
        "unit_price_native": price,
        "price_includes_tax": "false",
        "tax_rate": "0.1",
        "currency": "JPY",
        "interval_unit": "month",
        "interval_count": "1",
        "is_trial": "false",
    }
    return row | terms


CONTRACTS = [
    *(contract(f"a-month-{n:03d}", "100", "2026-01-01") for n in range(100)),
    *(contract(f"a-year-{n:02d}", "600", "2026-01-01", interval_unit="year") for n in range(50)),
    *(contract(f"b-five-{n}", "5", "2026-01-01") for n in range(5)),
    *(contract(f"b-thirty-{n}", "30", "2026-02-01") for n in range(2)),
    *(contract(f"d-{n}", "100000", "2026-01-01", interval_unit="year") for n in range(3)),
    *(contract(f"e-{n:03d}", "980", "2026-01-01", price_includes_tax="true") for n in range(100)),
    contract("tax-mixed/ten", "1000", "2026-01-01"),
    contract("tax-mixed/eight", "500", "2026-01-01", tax_rate="0.08"),
    contract("tax-exempt", "300", "2026-01-01", tax_rate="0"),
    contract("tax-unsaid", "700", "2026-01-01", tax_rate=""),
    contract("tax-dollars", "10", "2026-01-01", currency="USD"),
    contract("tax-raised", "1000", "2026-01-01", "2026-02-28", tax_rate="0.08"),
    contract("tax-raised", "1000", "2026-03-01"),
    *(contract(f"g-{n}", "1000", "2026-01-01", interval_unit="week") for n in range(10)),
    contract("h-ramp", "1000000", "2024-01-01", "2024-12-31", interval_unit="year"),
    contract("h-ramp", "1200000", "2025-01-01", "2025-12-31", interval_unit="year"),
    contract("h-ramp", "1400000", "2026-01-01", "2026-12-31", interval_unit="year"),
    contract("pause-then-cancel", "5000", "2026-01-01", "2026-04-20"),
    contract("pause-then-dearer", "5000", "2026-01-01", "2026-03-31"),
    contract("pause-then-dearer", "7000", "2026-04-01"),
    contract("dollars", "100", "2026-01-01", "2026-03-31", currency="USD", interval_count="3"),
    contract("dollars", "111", "2026-04-01", currency="USD", interval_count="3"),
]
PAUSES = [
    {
        "contract_id": "pause-then-cancel",
        "pause_start_date": "2026-03-10",
        "pause_end_date": "",
    },
    {
        "contract_id": "pause-then-dearer",
        "pause_start_date": "2026-03-01",
        "pause_end_date": "2026-03-31",
    },
]
CANCEL_REQUESTS = [
    {
        "contract_id": contract_id,
        "requested_at": requested,
        "effective_date": effective,
        "reason_code": "unused",
        "initiated_by": "customer",
    }
    for contract_id, requested, effective in (
        ("pause-then-cancel", "2026-04-05", "2026-04-20"),
        ("after-midnight", "2026-03-20", ""),
        ("before-midnight", "2026-03-20", ""),
    )
]
RATES = {
    "2025-12-31": "149.13",
    "2026-01-31": "150.37",
    "2026-02-28": "152.11",
    "2026-03-31": "148.77",
    "2026-04-30": "150.01",
}
FX_RATES = [
    {"date": day, "from_currency": "USD", "to_currency": "JPY", "rate": rate}
    for day, rate in RATES.items()
]
TERMINATED = [
    contract("after-midnight", "1000", "2026-01-01", "2026-03-31T15:30:00Z"),
    contract("before-midnight", "1000", "2026-01-01", "2026-03-31T14:59:59Z"),
]


def write(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def rules_home(built_once) -> Path:
    """The contracts above, delivered once and run as of 2026-04-30."""

    def build(home: Path) -> None:
        company_home.found(home, {"history_start": "2024-12-01"})
        billing = home / "inbox" / "billing"
        write(billing / "subscriptions_20260430.csv", CONTRACTS)
        write(billing / "subscription_pauses_20260430.csv", PAUSES)
        write(billing / "cancel_requests_20260430.csv", CANCEL_REQUESTS)
        write(home / "inbox" / "reference" / "fx_rates_20260430.csv", FX_RATES)
        mappings = home / "mappings"
        mappings.mkdir(exist_ok=True)
        (mappings / "terminations.yml").write_text(TERMINATIONS_MAPPING, encoding="utf-8")
        terminated = [
            {
                "terminated_at" if name == "segment_end_date" else name: text
                for name, text in row.items()
            }
            for row in TERMINATED
        ]
        write(billing / "terminations_20260430.csv", terminated)
        company_home.run(home, date(2026, 4, 30))

    return built_once("revenue_rules", build)


def mrr(home: Path, contract_like: str, month_end: str) -> tuple[Decimal, int]:
    """MRR of the contracts in force on that day in their currency, and how many they are."""
    [row] = query(
        home,
        """
        select coalesce(sum(mrr_native), 0), count(*) filter (where mrr_native > 0)
        from fct_subscription_segment
        where
            contract_id like ?
            and piece_start_date <= cast(? as date)
            and (piece_end_excl is null or piece_end_excl > cast(? as date))
        """,
        [contract_like, month_end, month_end],
    )
    return row


def movements_of(home: Path, contract_id: str) -> list[tuple]:
    return query(
        home,
        """
        select month, movement_type, movement_reason, mrr_change
        from fct_mrr_movement
        inner join bridge_customer_identity using (customer_key)
        where source_id = ?
        order by month, movement_type
        """,
        [f"of {contract_id}"],
    )


@pytest.mark.golden("G-02/a_monthly_and_yearly")
def test_monthly_and_yearly_contracts_add_up(rules_home):
    assert mrr(rules_home, "a-%", "2026-04-30") == (Decimal(12500), 150)


@pytest.mark.golden("G-02/b_plan_added")
def test_a_second_plan_adds_to_the_first(rules_home):
    assert mrr(rules_home, "b-%", "2026-01-31") == (Decimal(25), 5)
    assert mrr(rules_home, "b-%", "2026-02-28") == (Decimal(85), 7)


@pytest.mark.golden("G-02/d_thirds_display", "G-02/e_tax_included", "G-02/g_ten_weekly")
@pytest.mark.parametrize(
    ("contracts", "one", "shown", "digits"),
    [
        ("d-%", "8333.333333", "25000", 0),
        ("e-%", "890.909091", "89091", 0),
        ("g-%", "4333.333333", "43333.33", 2),
    ],
)
def test_amounts_are_added_up_first_and_rounded_once(rules_home, contracts, one, shown, digits):
    [(each,)] = query(
        rules_home,
        "select distinct mrr_native from fct_subscription_segment where contract_id like ?",
        [contracts],
    )
    assert each == Decimal(one)
    total, _ = mrr(rules_home, contracts, "2026-04-30")
    assert round(total, digits) == Decimal(shown)


def with_tax(home: Path, contract_like: str, month_end: str) -> tuple[Decimal, int]:
    """MRR with tax of the same contracts in their currency, and how many say no rate."""
    [row] = query(
        home,
        """
        select sum(mrr_incl_tax_native), count(*) filter (where mrr_incl_tax_native is null)
        from fct_subscription_segment
        where
            contract_id like ?
            and piece_start_date <= cast(? as date)
            and (piece_end_excl is null or piece_end_excl > cast(? as date))
        """,
        [contract_like, month_end, month_end],
    )
    return row


@pytest.mark.golden("G-02/e_with_tax", "G-02/e_mixed_rates", "G-02/e_without_rate")
def test_mrr_with_tax_is_the_price_itself_or_the_price_with_its_rate(rules_home):
    assert with_tax(rules_home, "e-%", "2026-04-30") == (Decimal(98000), 0)
    assert mrr(rules_home, "tax-mixed/%", "2026-04-30")[0] == Decimal(1500)
    assert with_tax(rules_home, "tax-mixed/%", "2026-04-30") == (Decimal(1640), 0)
    assert with_tax(rules_home, "tax-exempt", "2026-04-30") == (Decimal(300), 0)
    assert mrr(rules_home, "tax-unsaid", "2026-04-30")[0] == Decimal(700)
    assert with_tax(rules_home, "tax-unsaid", "2026-04-30") == (None, 1)


@pytest.mark.golden("G-02/e_dollars_with_tax")
def test_the_months_say_mrr_with_tax_and_how_many_lines_say_no_rate(rules_home):
    # a 13,750; b 93.50; d 27,500.000001; e 98,000; g 47,666.66667; ramp 128,333.333333;
    # dearer 7,700; dollars 40.7 x 150.01; mixed 1,640; exempt 300; raised 1,100;
    # tax-dollars 11 x 150.01 = 1,650.11
    [kpi] = query(
        rules_home,
        """
        select mrr_incl_tax, arr_incl_tax, mrr_incl_tax_null_reason, tax_rate_missing_line_count
        from mart_kpi_monthly where month = date '2026-04-01'
        """,
    )
    assert kpi == (Decimal("333839.017004"), Decimal("4006068.204048"), None, 1)
    by_currency = query(
        rules_home,
        """
        select currency, mrr_incl_tax_native, mrr_incl_tax, tax_rate_missing_line_count
        from mart_revenue_monthly where month = date '2026-04-01' order by currency
        """,
    )
    assert by_currency == [
        ("JPY", Decimal("326083.500004"), Decimal("326083.500004"), 1),
        ("USD", Decimal("51.7"), Decimal("7755.517"), 0),
    ]


@pytest.mark.golden("G-02/e_rate_raised")
def test_a_new_tax_rate_moves_the_amount_with_tax_and_nothing_else(rules_home):
    assert with_tax(rules_home, "tax-raised", "2026-02-28")[0] == Decimal(1080)
    assert with_tax(rules_home, "tax-raised", "2026-04-30")[0] == Decimal(1100)
    assert movements_of(rules_home, "tax-raised") == [
        (date(2026, 1, 1), "new", "contract", 1000),
    ]


@pytest.mark.golden("G-02/h_ramp")
def test_a_ramp_is_worth_each_years_price(rules_home):
    days = ("2024-12-31", "2025-12-31", "2026-04-30")
    by_year = [mrr(rules_home, "h-ramp", day)[0] for day in days]
    assert [round(amount, 2) for amount in by_year] == [
        Decimal("83333.33"),
        Decimal("100000.00"),
        Decimal("116666.67"),
    ]
    assert [(str(month), reason) for month, _, reason, _ in movements_of(rules_home, "h-ramp")] == [
        ("2024-12-01", "contract"),
        ("2025-01-01", "price"),
        ("2026-01-01", "price"),
    ]


@pytest.mark.golden("G-05/churned_while_paused")
def test_who_cancels_while_paused_is_an_event_without_a_movement(rules_home):
    assert movements_of(rules_home, "pause-then-cancel") == [
        (date(2026, 1, 1), "new", "contract", 5000),
        (date(2026, 3, 1), "pause", "contract", -5000),
    ]
    events = query(
        rules_home,
        """
        select month, churned_on, mrr_lost, is_while_paused
        from fct_churn_event where contract_id = 'pause-then-cancel'
        """,
    )
    assert events == [(date(2026, 4, 1), date(2026, 4, 20), 5000, True)]
    [(memo,)] = query(
        rules_home,
        """
        select distinct churned_while_paused_count from mart_mrr_waterfall
        where month = date '2026-04-01' and basis = 'contract' and view = 'as_restated'
        """,
    )
    assert memo == 1
    # April's churn is the contract terminated just after March, not this one
    [(churned,)] = query(
        rules_home,
        """
        select customer_count from mart_mrr_waterfall
        where
            month = date '2026-04-01' and movement_type = 'churn'
            and basis = 'contract' and view = 'as_restated'
        """,
    )
    assert churned == 1


@pytest.mark.golden("G-05/resume_at_another_price")
def test_a_resume_at_another_price_is_all_resume(rules_home):
    assert movements_of(rules_home, "pause-then-dearer")[1:] == [
        (date(2026, 3, 1), "pause", "contract", -5000),
        (date(2026, 4, 1), "resume", "contract", 7000),
    ]


@pytest.mark.golden("G-05/fx_is_the_residual")
def test_the_rate_takes_what_the_contract_leaves_to_the_last_digit(rules_home):
    # 33.333333 USD at 150.37, 152.11, 148.77; 37 USD at 150.01 from April on.
    assert movements_of(rules_home, "dollars") == [
        (date(2026, 1, 1), "new", "contract", Decimal("5012.333283")),
        (date(2026, 2, 1), "fx", "rate", Decimal("58.000000")),
        (date(2026, 3, 1), "fx", "rate", Decimal("-111.333333")),
        (date(2026, 4, 1), "expansion", "price", Decimal("550.036717")),
        (date(2026, 4, 1), "fx", "rate", Decimal("41.333333")),
    ]


@pytest.mark.golden("G-37/after_midnight", "G-37/before_midnight")
def test_a_termination_counts_by_its_day_in_tokyo(rules_home):
    assert mrr(rules_home, "after-midnight", "2026-03-31") == (Decimal(1000), 1)
    assert mrr(rules_home, "after-midnight", "2026-04-01") == (Decimal(0), 0)
    assert mrr(rules_home, "before-midnight", "2026-03-30") == (Decimal(1000), 1)
    assert mrr(rules_home, "before-midnight", "2026-03-31") == (Decimal(0), 0)


@pytest.mark.golden("G-08/known_by_0619", "G-08/known_by_0630")
def test_a_request_counts_in_committed_mrr_once_it_is_on_record(golden_home, tmp_path):
    committed = "select mrr, committed_mrr from mart_committed_mrr where month = date '2026-06-01'"
    # what was recorded by 6/19: nobody has asked to leave
    assert query(golden_home, committed) == [(106600, 106600)]

    home = company_home.copy_of(golden_home, tmp_path / "home")
    request = {
        "contract_id": "S05A",
        "requested_at": "2026-06-20",
        "effective_date": "2026-07-31",
        "reason_code": "unused",
        "initiated_by": "customer",
    }
    asked = golden_company.rows_of(golden_company.CANCEL_REQUESTS)
    rows = tuple({name: row[name] for name in request} for row in [*asked, request])
    export = golden_deliveries.Export("billing.cancel_requests", date(2026, 7, 1), rows)
    golden_deliveries.write_csv(home / "inbox", [export])
    company_home.run(home, golden_company.AS_OF)
    assert query(home, committed) == [(106600, 100600)]
    may = "select committed_mrr from mart_committed_mrr where month = date '2026-05-01'"
    assert query(home, may) == [(94000,)]
