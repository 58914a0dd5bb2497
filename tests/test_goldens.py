"""The list of goldens is honest: no claim names a figure that is not there, no id stands twice."""

from tests import goldens


def test_every_claim_names_a_golden_of_the_list():
    unknown = {
        golden: tests
        for golden, tests in goldens.claims().items()
        if golden not in goldens.goldens()
    }
    assert unknown == {}


def test_every_figure_is_told_in_words():
    assert [golden for golden, figure in goldens.goldens().items() if not figure.strip()] == []
    assert len(goldens.goldens()) > 100


def test_claims_of_pytest_and_of_dbt_are_both_found():
    claims = goldens.claims()
    assert (
        "tests/end_to_end/test_golden_company.py::test_june_arr_is_twelve_times_mrr"
        in claims["G-07/arr_june"]
    )
    assert [test for test in claims["G-12/closed_cohort"] if test.startswith("dbt/")]
