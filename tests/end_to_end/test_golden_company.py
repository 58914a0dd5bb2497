"""The golden company through the whole pipeline: every figure of METRICS.md 2.1, typed by hand."""

from datetime import date
from decimal import Decimal

import pytest

from tests.end_to_end import company_home, golden_company
from tests.end_to_end.company_home import query

# Everything here reads the same two homes: one worker builds them, the others do other files.


@pytest.mark.golden("GD-1/waterfall", "GD-1/customer_counts")
def test_the_waterfall_of_every_month_is_exact(golden_home):
    assert (
        company_home.waterfall(golden_home, golden_company.WATERFALL_COLUMNS)
        == golden_company.WATERFALL
    )


@pytest.mark.golden("GD-1/waterfall_without_grace")
def test_without_lapse_grace_the_late_renewal_churns_and_comes_back(home_without_grace):
    assert (
        company_home.waterfall(home_without_grace, golden_company.WATERFALL_COLUMNS)
        == golden_company.WATERFALL_WITHOUT_GRACE
    )


@pytest.mark.golden("GD-1/opening_month")
def test_the_opening_month_shows_its_end_only(golden_home):
    rows = query(
        golden_home,
        """
        select month, mrr, customer_count, new_mrr, opening_mrr
        from mart_kpi_monthly where is_opening_month
        """,
    )
    assert rows == [
        (golden_company.OPENING_MONTH, golden_company.OPENING_MRR, 1, 0, golden_company.OPENING_MRR)
    ]


def test_the_waterfall_mart_says_the_same_as_the_monthly_kpis(golden_home):
    rows = query(
        golden_home,
        """
        select month, movement_type, mrr_change, begin_mrr, end_mrr
        from mart_mrr_waterfall
        where basis = 'contract' and view = 'as_restated' and month > ?
        """,
        [golden_company.OPENING_MONTH],
    )
    changes = {(month, movement): change for month, movement, change, _, _ in rows}
    types = ("new", "reactivation", "expansion", "contraction", "churn", "pause", "resume", "fx")
    for month, figures in golden_company.WATERFALL.items():
        assert tuple(changes[month, movement] for movement in types) == figures[1:9]
    ends = {(month, begin, end) for month, _, _, begin, end in rows}
    assert ends == {
        (month, figures[0], figures[9]) for month, figures in golden_company.WATERFALL.items()
    }


@pytest.mark.golden("GD-1/paused_and_resumed")
def test_customers_who_pause_or_resume_are_counted_apart(golden_home):
    rows = query(
        golden_home,
        "select month, paused_customer_count, resumed_customer_count from mart_kpi_monthly",
    )
    assert {month: paused for month, paused, _ in rows if paused} == golden_company.PAUSED_CUSTOMERS
    assert {
        month: resumed for month, _, resumed in rows if resumed
    } == golden_company.RESUMED_CUSTOMERS


@pytest.mark.golden("GD-1/intramonth_new_churn")
def test_a_contract_that_lives_inside_one_month_is_a_memo_only(golden_home):
    rows = query(
        golden_home,
        "select distinct month, intramonth_new_churn_count from mart_mrr_waterfall",
    )
    assert {month: count for month, count in rows if count} == golden_company.INTRAMONTH_NEW_CHURN


@pytest.mark.golden("GD-1/row_detail", "G-05/c06_reactivation", "G-02/f_mid_month_start")
def test_every_movement_belongs_to_the_customer_who_made_it(golden_home):
    assert company_home.movements(golden_home) == golden_company.MOVEMENTS


@pytest.mark.golden("GD-1/movement_reasons")
def test_every_expansion_and_contraction_says_why(golden_home):
    names = company_home.customers(golden_home)
    rows = query(
        golden_home,
        """
        select month, customer_key, movement_reason, mrr_change
        from fct_mrr_movement where movement_type in ('expansion', 'contraction')
        """,
    )
    assert {
        (month, names[key], *rest) for month, key, *rest in rows
    } == golden_company.MOVEMENT_REASONS


@pytest.mark.golden("G-04/c01_january", "G-03/prorated_line")
def test_the_prorated_first_invoice_is_an_item_between_the_two_bases(golden_home):
    names = company_home.customers(golden_home)
    rows = query(
        golden_home,
        """
        select customer_key, bridge_item, contract_mrr, mrr_change, billed_mrr
        from fct_mrr_bridge where month = date '2026-01-01'
        """,
    )
    items = {(names[key], item): figures for key, item, *figures in rows}
    assert items["C01", "proration"] == [10000, Decimal("-2903.23"), Decimal("7096.77")]
    assert items["C04", "timing"] == [20000, -20000, 0]


def test_contract_and_bridge_reach_what_was_billed(golden_home):
    rows = query(
        golden_home,
        """
        select month, contract_mrr, sum(mrr_change), billed_mrr
        from mart_mrr_bridge group by month, contract_mrr, billed_mrr
        """,
    )
    by_month = {month.month: figures for month, *figures in rows}
    # January bills C01 alone, February C14 alone; later months have no invoice line at all.
    assert by_month[1] == [93000, Decimal("-85903.23"), Decimal("7096.77")]
    assert by_month[2] == [117200, -113200, 4000]
    assert by_month[6] == [106600, -106600, 0]


def test_gross_discount_and_net_stand_apart_per_currency(golden_home):
    rows = query(
        golden_home,
        """
        select
            month, currency, gross_mrr, recurring_discount_mrr, mrr, mrr_native,
            constant_currency_mrr, usage_revenue, oneoff_revenue
        from mart_revenue_monthly
        """,
    )
    figures = {(month.month, currency): rest for month, currency, *rest in rows}
    # C11: 10,000 with 20 % off, and a set-up fee of 30,000; C10: 100 USD at 152, at 149 when fixed.
    assert figures[2, "JPY"] == [104000, 2000, 102000, 102000, 102000, 0, 30000]
    assert figures[2, "USD"] == [15200, 0, 15200, 100, 14900, 0, 0]
    assert figures[5, "JPY"][:3] == [76000, 0, 76000]


def test_committed_mrr_leaves_out_who_has_asked_to_leave(golden_home):
    rows = query(
        golden_home,
        """
        select month, mrr, scheduled_end_mrr, signed_new_mrr, committed_mrr, carr
        from mart_committed_mrr
        """,
    )
    figures = {month: rest for month, *rest in rows}
    # C04 and C06 had asked by 2/28, their last day; S05B by 4/30, its last day.
    assert figures[date(2026, 2, 1)] == [117200, -23000, 0, 94200, 1130400]
    assert figures[date(2026, 4, 1)] == [93000, -4000, 0, 89000, 1068000]
    assert figures[date(2026, 6, 1)] == [106600, 0, 0, 106600, golden_company.ARR_IN_JUNE]


def test_a_movement_names_the_plan_before_and_after(golden_home):
    names = company_home.customers(golden_home)
    rows = query(
        golden_home,
        """
        select customer_key, month, plan_before, plan_after
        from fct_mrr_movement where movement_type in ('new', 'expansion', 'churn')
        """,
    )
    plans = {(names[key], month.month): (before, after) for key, month, before, after in rows}
    assert plans["C01", 1] == (None, "STANDARD")
    assert plans["C03", 3] == ("LIGHT", "STANDARD")
    assert plans["C04", 3] == ("STANDARD", None)


def test_lapse_grace_changes_the_late_renewal_and_nobody_else(golden_home, home_without_grace):
    with_grace = company_home.movements(golden_home)
    without_grace = company_home.movements(home_without_grace)

    assert without_grace - with_grace == golden_company.MOVEMENTS_ONLY_WITHOUT_GRACE
    assert with_grace - without_grace == golden_company.MOVEMENTS_ONLY_WITH_GRACE


@pytest.mark.golden("GD-1/churn_events")
def test_churn_events_say_who_left_when_and_why(golden_home):
    names = company_home.customers(golden_home)
    rows = query(
        golden_home,
        "select customer_key, month, churned_on, churn_kind, mrr_lost from fct_churn_event",
    )
    assert {(names[key], *rest) for key, *rest in rows} == golden_company.CHURN_EVENTS


@pytest.mark.golden("GD-1/churn_reasons")
def test_who_left_is_told_with_reason_lag_tenure_and_plan(golden_home):
    names = company_home.customers(golden_home)
    rows = query(
        golden_home,
        """
        select customer_key, churn_kind, reason_code, request_lag_days, tenure_days, plan_name
        from mart_churn_analysis
        """,
    )
    assert {(names[key], *rest) for key, *rest in rows} == {
        ("C04", "voluntary", "price", 18, 59, "スタンダード"),
        ("C06", "voluntary", "budget", 8, 59, "ライト"),
        ("C14", "involuntary", "none", None, 119, "ライト"),
    }


@pytest.mark.golden("G-17/february", "G-17/churn_never")
def test_half_of_the_trials_of_february_convert_and_the_other_half_is_no_churn(golden_home):
    names = company_home.customers(golden_home)
    rows = query(
        golden_home,
        """
        select trial_month, window_days, trial_count, conversion_rate
        from mart_trial_funnel
        """,
    )
    assert set(rows) == {(date(2026, 2, 1), days, 2, Decimal("0.500000")) for days in (30, 60, 90)}
    trials = query(golden_home, "select customer_key, converted_on, conversion_days from fct_trial")
    assert {(names[key], *rest) for key, *rest in trials} == {
        ("C07", date(2026, 3, 10), 28),
        ("C08", None, None),
    }
    churned = query(golden_home, "select customer_key from mart_churn_analysis")
    assert "C08" not in {names[key] for (key,) in churned}


@pytest.mark.golden(
    "GD-1/cohort_sizes",
    "GD-1/cohort_active",
    "GD-1/cohort_survival",
    "GD-1/cohort_mrr",
    "GD-1/cohort_immature_cells",
)
def test_the_cohort_table_is_exact_and_has_no_cell_beyond_the_last_month(golden_home):
    rows = query(
        golden_home,
        """
        select
            cohort_month,
            cohort_customer_count,
            active_customer_count,
            surviving_customer_count,
            mrr
        from mart_retention_cohort
        where segment_attribute = 'all'
        order by cohort_month, months_since_first
        """,
    )
    for cohort, (size, active, surviving, mrr) in golden_company.COHORTS.items():
        cells = [row[1:] for row in rows if row[0] == cohort]
        assert cells == [(size, *cell) for cell in zip(active, surviving, mrr, strict=True)]
    assert {row[0] for row in rows} == set(golden_company.COHORTS)


@pytest.mark.parametrize(
    ("months_since_first", "retained", "of", "rate"),
    # G-16: k=3 over the cohorts 2026-01..03, k=4 over the two of them that are old enough.
    [(3, 7, 11, "0.636364"), (4, 8, 10, "0.800000")],
)
@pytest.mark.golden("G-16/average_k3", "G-16/average_k4")
def test_average_retention_weighs_by_size_and_leaves_the_opening_cohort_out(
    golden_home, months_since_first, retained, of, rate
):
    rows = query(
        golden_home,
        """
        select logo_retention_rate_numerator, logo_retention_rate_denominator, logo_retention_rate
        from mart_retention_average
        where segment_attribute = 'all' and months_since_first = ?
        """,
        [months_since_first],
    )
    assert rows == [(retained, of, Decimal(rate))]


def test_every_attribute_of_the_golden_company_cuts_all_of_its_mrr(golden_home):
    rows = query(
        golden_home,
        """
        select segment_attribute, segment_value, mrr, customer_count
        from mart_revenue_retention
        where month = date '2026-06-01' and segment_attribute in ('acquisition_channel', 'all')
        """,
    )
    assert {tuple(row) for row in rows} == {
        ("all", "all", 106600, 10),
        ("acquisition_channel", "展示会", 22000, 2),
        ("acquisition_channel", "紹介", 56600, 4),
        ("acquisition_channel", "Web", 18000, 3),
        ("acquisition_channel", "キャンペーン", 10000, 1),
    }


@pytest.mark.golden("G-33/june")
def test_the_layers_of_june_are_the_cohorts_and_add_up(golden_home):
    rows = query(
        golden_home, "select cohort_month, mrr from mart_layer_cake where month = date '2026-06-01'"
    )
    assert dict(rows) == golden_company.LAYERS_IN_JUNE
    assert sum(mrr for _, mrr in rows) == Decimal(106600)


def test_the_layers_of_every_month_are_the_cohort_table_read_by_month(golden_home):
    rows = query(golden_home, "select cohort_month, month, mrr from mart_layer_cake where mrr <> 0")
    months = [end.replace(day=1) for end in golden_company.MONTH_ENDS]
    expected = {
        (cohort, months[months.index(cohort) + k], Decimal(mrr))
        for cohort, (_, _, _, by_k) in golden_company.COHORTS.items()
        for k, mrr in enumerate(by_k)
    }
    assert set(rows) == expected


@pytest.mark.parametrize("metric", golden_company.RATES)
@pytest.mark.golden(
    "G-09/march",
    "G-09/april",
    "G-09/march_alternative",
    "G-10/march_gross",
    "G-10/march_net",
    "G-11/march",
    "G-11/may",
    "G-13/march",
    "G-13/may",
    "G-14/march",
    "G-14/may",
)
def test_a_rate_stands_beside_its_numerator_and_denominator(golden_home, metric):
    rows = query(
        golden_home,
        f"""
        select month, {metric}_numerator, {metric}_denominator, round({metric}, 4)
        from mart_kpi_monthly
        """,
    )
    published = {month: figures for month, *figures in rows}
    for month, (numerator, denominator, rate) in golden_company.RATES[metric].items():
        assert published[month] == [numerator, denominator, Decimal(rate)], (metric, month)


@pytest.mark.golden("G-13/june")
def test_a_month_without_losses_has_no_quick_ratio_and_says_why(golden_home):
    rows = query(
        golden_home,
        "select quick_ratio, quick_ratio_null_reason from mart_kpi_monthly where month = ?",
        [date(2026, 6, 1)],
    )
    assert rows == [(None, "no_loss")]


def test_twelve_month_retention_is_missing_with_a_reason_in_a_short_history(golden_home):
    rows = query(
        golden_home,
        """
        select nrr_12m_rate, grr_12m_rate, nrr_12m_rate_null_reason, grr_12m_rate_null_reason
        from mart_kpi_monthly where month = ?
        """,
        [date(2026, 6, 1)],
    )
    [(nrr, grr, nrr_reason, grr_reason)] = rows
    assert (nrr, grr) == (None, None)
    assert nrr_reason
    assert grr_reason


@pytest.mark.slow
@pytest.mark.golden("GD-1/cohort_count_paused")
def test_a_paused_customer_stays_active_in_its_cohort_where_the_policy_says_so(
    golden_home, tmp_path
):
    home = company_home.copy_of(golden_home, tmp_path / "home")
    policy = {"history_start": "2025-12-01", "cohort_count_paused": True}
    company_home.set_policy(home, policy)
    company_home.run(home, golden_company.AS_OF)
    rows = query(
        home,
        """
        select active_customer_count, surviving_customer_count
        from mart_retention_cohort
        where segment_attribute = 'all' and cohort_month = date '2026-02-01'
        order by months_since_first
        """,
    )
    assert rows == [(2, 2)] * 5


@pytest.mark.golden("G-14/march_asp")
def test_a_new_customer_of_march_brings_seven_thousand(golden_home):
    rows = query(
        golden_home,
        "select new_mrr, new_customer_count, asp from mart_unit_economics where month = ?",
        [date(2026, 3, 1)],
    )
    assert rows == [(7000, 1, 7000)]


@pytest.mark.golden("G-07/arr_june")
def test_june_arr_is_twelve_times_mrr(golden_home):
    rows = query(golden_home, "select arr from mart_kpi_monthly where month = date '2026-06-01'")
    assert rows == [(golden_company.ARR_IN_JUNE,)]


def test_accounts_and_billing_records_are_fourteen_customers(golden_home):
    assert query(golden_home, "select count(*) from dim_customer") == [(14,)]
    assert sorted(company_home.customers(golden_home).values()) == [
        f"C{number:02d}" for number in range(1, 15)
    ]


# The company delivers no contacts, payments, bank lines, attempts to collect, tickets or usage.
MARTS_WITHOUT_ROWS = {
    "dim_contact",
    "fct_inquiry",
    "fct_interaction",
    "fct_payment",
    "fct_payment_allocation",
    # nobody gives a reason to worry in June, and nobody was approached
    "mart_approach_action",
    "mart_approach_list",
    "mart_approach_outcome",
    "mart_at_risk",
    "mart_at_risk_reason",
    "mart_billing_reconciliation_item",  # no control total was delivered
    "mart_cash_application",
    "mart_dunning",
    "mart_dunning_code",
    # seven months are too few to hold any back
    "mart_forecast_backtest",
    "mart_renewal_reliability",
    "mart_repeat_purchase",
    "mart_risk_backtest",
    "mart_risk_reliability",
    "mart_upsell_candidates",
}


def test_every_mart_row_carries_the_policy_it_was_computed_under(golden_home, home_without_grace):
    stamps = {}
    for home in (golden_home, home_without_grace):
        facts = company_home.manifest(home)
        assert facts["as_of_date"] == "2026-06-30"
        stamps[home] = facts["policy_id"]
        for table in facts["marts"]:
            if table.startswith(("obs_", "mart_affinity")):  # nobody there holds two plans
                continue
            rows = query(home, f"select distinct policy_id, as_of_date from {table}")
            stamp = [(facts["policy_id"], golden_company.AS_OF)]
            assert rows == ([] if table in MARTS_WITHOUT_ROWS else stamp), table
    assert stamps[golden_home] != stamps[home_without_grace]


def test_the_command_line_reads_what_was_published(golden_home):
    done = company_home.keizoku(
        golden_home, "sql", "select mrr from mart_kpi_monthly where month = '2026-06-01'"
    )
    assert done.code == 0, done.text
    assert "106600" in done.text


@pytest.mark.golden("G-15/june")
def test_expected_ltv_in_june_is_arpa_times_margin_over_six_months_of_churn(golden_home):
    rows = query(
        golden_home,
        """
        select arpa, churn_month_count, round(ltv_expected, 2), ltv_expected_null_reason
        from mart_ltv where month = date '2026-06-01'
        """,
    )
    assert rows == [(Decimal(10660), 6, Decimal("181563.87"), None)]


def test_six_months_of_fourteen_customers_are_too_few_to_project_and_the_mart_says_so(golden_home):
    # eleven customers seen to start: ten of them at risk in month 2 at the latest
    assert query(
        golden_home,
        """
        select customer_count, cohort_count, lapsed_count, observed_months, model,
            model_null_reason, ltv_projected, expected_lifetime_months
        from mart_retention_model where segment_attribute = 'all'
        """,
    ) == [(11, 3, 3, 2, None, "too_few_months", None, None)]
    observed = query(
        golden_home,
        """
        select months_since_first, observed_survival_rate, projected_survival_rate
        from mart_retention_projection where segment_attribute = 'all' order by 1
        """,
    )
    # 11 of 11, then 2 of 11 lapse in month 2 and 1 of 9 (C14) in month 3
    assert observed == [
        (0, 1, None),
        (1, 1, None),
        (2, Decimal("0.818182"), None),
        (3, Decimal("0.727273"), None),
        (4, Decimal("0.727273"), None),
        (5, Decimal("0.727273"), None),
    ]
    assert query(golden_home, "select model_null_reason from mart_repeat_purchase_model") == [
        ("no_buyer",)
    ]
