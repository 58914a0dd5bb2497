"""MRR from its parts: small companies, expected yen typed by hand."""

import numpy as np
import pytest

from dagster_project.compute import mrr_flows
from dagster_project.compute.mrr_flows import SCENARIOS, History, Scenario

BASE, LESS_CHURN, MORE_NEW = SCENARIOS


def history(mrr, *, flows=None, cohort_mrr=None, survivors=None, commitments=None, ahead=12):
    """A company of one opening cohort unless told otherwise; flows not given are nothing."""
    mrr = np.array(mrr, dtype=float)
    months = len(mrr)
    table = np.zeros((months, months))
    table[0] = mrr
    return History(
        mrr=mrr,
        begin=np.concatenate([[0], mrr[:-1]]),
        flows={
            name: np.array((flows or {}).get(name, np.zeros(months)), dtype=float)
            for name in mrr_flows.FLOWS
        },
        cohort_mrr=table if cohort_mrr is None else cohort_mrr,
        survivors=table / 1000 if survivors is None else survivors,
        commitments={name: np.zeros((months, months + ahead)) for name in mrr_flows.COMMITMENTS}
        | (commitments or {}),
    )


def leaving_a_tenth(months=4):
    """100 customers at ¥1,000; a tenth of them leaves every month."""
    mrr = 100_000 * 0.9 ** np.arange(months)
    churn = np.concatenate([[0], np.diff(mrr)])
    return history(mrr, flows={"churn": churn})


def bottom_up(company, scenario=BASE, *, trend=(0, 0, 0), pipeline=(0, 0, 0), known=None):
    return mrr_flows.project_bottom_up(
        company,
        known or len(company.mrr),
        scenario,
        trend=np.array(trend, dtype=float),
        pipeline=np.array(pipeline, dtype=float),
    )


@pytest.mark.golden("G-34/baseline")
@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        (BASE, [1_040_000, 1_079_600, 1_118_804]),
        # churn 1 %: M x (1 - 0.01 + 0.01) + 50,000
        (LESS_CHURN, [1_050_000, 1_100_000, 1_150_000]),
        # new 55,000
        (MORE_NEW, [1_045_000, 1_089_550, 1_133_654.5]),
    ],
)
def test_the_baseline_goes_on_with_the_recent_rates(scenario, expected):
    company = history(
        [961_538.461538, 1_000_000],
        flows={
            "churn": [0, -19_230.769231],
            "expansion": [0, 9_615.384615],
            "new": [0, 50_000],
        },
    )
    parts = mrr_flows.project_baseline(company, 2, scenario, horizon=3, average_months=6)
    assert mrr_flows.total(parts) == pytest.approx(expected, abs=0.01)


def test_less_churn_never_makes_customers_come_from_churn():
    company = history([1000, 995], flows={"churn": [0, -5]})
    parts = mrr_flows.project_baseline(company, 2, LESS_CHURN, horizon=1, average_months=6)
    assert parts["churn"].tolist() == [0]


def test_a_base_that_always_lost_a_tenth_goes_on_losing_a_tenth():
    parts = bottom_up(leaving_a_tenth())
    # 72,900 -> 65,610 -> 59,049 -> 53,144.1
    assert mrr_flows.total(parts) == pytest.approx([65_610, 59_049, 53_144.1])
    assert parts["churn"] == pytest.approx([-7_290, -6_561, -5_904.9])


def test_one_point_less_churn_is_nine_points_of_ten():
    assert mrr_flows.total(bottom_up(leaving_a_tenth(), LESS_CHURN)) == pytest.approx(
        [66_339, 60_368.49, 54_935.3259]
    )


def test_an_end_on_record_happens_on_its_day_and_not_also_by_chance():
    company = leaving_a_tenth()
    ends = np.zeros((4, 16))
    ends[3, 5] = -22_900  # recorded in the last month for the second month ahead
    company = history(company.mrr, flows=company.flows, commitments={"scheduled_end": ends})
    parts = bottom_up(company)
    # 50,000 of 72,900 may leave by chance: -5,000; 67,900 left, 22,900 go, a tenth of 45,000 too
    assert parts["churn"][:2] == pytest.approx([-5_000, -4_500])
    assert parts["renewal_book"].tolist() == [0, -22_900, 0]
    assert mrr_flows.total(parts)[:2] == pytest.approx([67_900, 40_500])


def test_what_was_usually_on_record_a_month_before_is_not_expected_again():
    company = leaving_a_tenth()
    ends = np.zeros((4, 16))
    for month in range(1, 4):
        ends[month - 1, month] = company.flows["churn"][month] / 2
    company = history(company.mrr, flows=company.flows, commitments={"scheduled_end": ends})
    shares = mrr_flows.share_on_record(company, "scheduled_end", "churn", 4, 3)
    assert shares.tolist() == [0.5, 0, 0]
    assert bottom_up(company)["churn"][0] == pytest.approx(-3_645)


def test_open_deals_name_a_part_of_the_trend_and_only_the_excess_adds_to_it():
    company = history(np.full(12, 1000.0))
    parts = bottom_up(company, trend=(100, 100, 100), pipeline=(40, 0, 150))
    assert parts["pipeline_new"].tolist() == [40, 0, 150]
    assert parts["trend_new"].tolist() == [60, 100, 0]
    more = bottom_up(company, MORE_NEW, trend=(100, 100, 100), pipeline=(40, 0, 150))
    assert (more["pipeline_new"] + more["trend_new"]).tolist() == pytest.approx([110, 110, 165])


def test_a_signed_contract_is_not_made_larger_by_a_scenario():
    signed = np.zeros((12, 24))
    signed[11, 12] = 30
    company = history(np.full(12, 1000.0), commitments={"signed_new": signed})
    parts = bottom_up(company, MORE_NEW, trend=(100, 0, 0))
    assert (parts["signed_new"][0], parts["trend_new"][0]) == (30, pytest.approx(80))


def test_hazards_leave_the_opening_cohort_out_and_go_on_along_the_curve():
    survivors = np.zeros((3, 3))
    survivors[0] = [100, 10, 1]  # opening: nobody knows how old they are
    survivors[1, 1:] = [200, 150]
    company = history(np.full(3, 1000.0), survivors=survivors)
    hazards = mrr_flows.age_hazards(company, 3, 2)
    assert hazards.tolist() == pytest.approx([0, 0.25, 0.25, 0.25, 0.25])


def test_few_customers_of_an_age_are_drawn_towards_the_curve_of_all_ages():
    survivors = np.zeros((4, 4))
    survivors[1, 1:] = [100, 80, 40]
    company = history(np.full(4, 1000.0), survivors=survivors)
    # one cohort is too few to choose a curve by: a constant loss, 60 of 180 = 1/3
    # age 1: (20 + 50/3) / 150; age 2: (40 + 50/3) / 130
    assert mrr_flows.age_hazards(company, 4, 0)[1:3] == pytest.approx(
        [0.244444, 0.435897], abs=1e-6
    )


def test_large_customers_leaving_raise_the_level_of_churn():
    mrr = np.array([100_000.0, 80_000.0])  # a tenth of the customers, a fifth of the MRR
    survivors = np.array([[100.0, 90.0], [0, 0]])
    company = history(mrr, flows={"churn": [0, -20_000]}, survivors=survivors)
    hazards = mrr_flows.age_hazards(company, 2, 1)
    assert mrr_flows.churn_level(company, 2, hazards) == pytest.approx(2.0)


def test_what_is_paused_resumes_as_it_used_to():
    company = history(
        [1000, 900, 950, 850], flows={"pause": [0, -100, 0, -100], "resume": [0, 0, 50, 0]}
    )
    # paused stock 100, 50, 150; 50 of 150 waiting months resumed
    parts = bottom_up(company)
    begin = 1000 + 900 + 950
    assert parts["pause"][0] == pytest.approx(-200 / begin * 850 + 150 / 3)


def test_later_months_change_nothing_of_an_earlier_forecast():
    company = leaving_a_tenth(8)
    changed = leaving_a_tenth(8)
    for table in (changed.mrr, changed.begin, *changed.flows.values()):
        table[5:] *= 7
    changed.cohort_mrr[:, 5:] = 1
    changed.survivors[:, 5:] = 0
    changed.commitments["scheduled_end"][5:] = -99
    for known in (2, 5):
        for name, path in bottom_up(company, known=known).items():
            assert np.array_equal(path, bottom_up(changed, known=known)[name]), name


def test_the_scenarios_are_three_rows_of_one_table():
    assert list(SCENARIOS) == [
        Scenario("base", 0.0, 1.0),
        Scenario("churn_minus_1pt", -0.01, 1.0),
        Scenario("new_plus_10pct", 0.0, 1.10),
    ]


def test_an_empty_company_has_no_forecast_below_zero():
    parts = bottom_up(history(np.zeros(12)))
    assert mrr_flows.total(parts).tolist() == [0, 0, 0]


def test_where_everybody_has_left_everybody_leaves():
    survivors = np.zeros((30, 30))
    survivors[1, 1:3] = [60, 0]
    hazards = mrr_flows.age_hazards(history(np.zeros(30), survivors=survivors), 30, 12)
    assert hazards[1:] == pytest.approx([1] * 41)
