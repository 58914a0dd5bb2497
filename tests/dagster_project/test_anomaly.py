"""The usual range of a figure; every expected value computed by hand."""

from decimal import Decimal

from dagster_project.compute.anomaly import Range, usual_range


def decimals(*values: object) -> list[Decimal]:
    return [Decimal(str(value)) for value in values]


def test_an_amount_is_compared_by_its_changes():
    # changes 1,2,3 four times: median 2, median deviation 1 -> 1.4826, times 3.5 = 5.1891
    # the last value is 124, so 126 is expected
    history = decimals(100, 101, 103, 106, 107, 109, 112, 113, 115, 118, 119, 121, 124)
    usual = usual_range(history, is_level=False)
    assert usual == Range(Decimal("120.8109"), Decimal("131.1891"))
    assert usual.holds(Decimal("131.1891"))
    assert not usual.holds(Decimal("131.1892"))
    assert not usual.holds(Decimal("120.8108"))


def test_a_rate_is_compared_by_its_level_and_by_the_mean_deviation_where_the_median_one_is_zero():
    # eleven times 0.02 and once 0.05: mean deviation 0.03/12 = 0.0025, times 1.2533 times 3.5
    history = decimals(*[0.02] * 11, 0.05)
    assert usual_range(history, is_level=True) == Range(
        Decimal("0.009033625"), Decimal("0.030966375")
    )


def test_one_odd_month_in_the_past_does_not_hide_the_next():
    history = decimals(10, 11, 12, 10, 11, 12, 900, 11, 12, 10, 11, 12)
    assert not usual_range(history, is_level=True).holds(Decimal(900))


def test_a_figure_that_never_moved_is_expected_to_stay():
    usual = usual_range(decimals(*[7] * 12), is_level=True)
    assert usual.holds(Decimal(7))
    assert not usual.holds(Decimal("7.01"))


def test_with_less_than_a_year_to_compare_with_nothing_is_unusual():
    assert usual_range(decimals(*range(11)), is_level=True) is None
    assert usual_range(decimals(*range(12)), is_level=False) is None  # eleven changes
    assert usual_range(decimals(*range(13)), is_level=False) is not None


def test_what_was_usual_more_than_two_years_ago_does_not_count():
    history = decimals(*[1000] * 30, *[10, 11, 12] * 8)
    assert not usual_range(history, is_level=True).holds(Decimal(1000))
