"""What-if over the published forecast: months of G-34 counted by hand."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from dagster_project.compute import scenario
from dagster_project.compute.mrr_flows import COMPONENTS
from dagster_project.compute.scenario import Assumptions

ORDER = {name: place for place, name in enumerate(COMPONENTS, start=1)}
# G-34: 1,000,000, churn 2 %, expansion 1 %, new 50,000
G34 = (
    {"starting_mrr": "1000000", "churn": "-20000", "expansion": "10000", "trend_new": "50000"},
    {"churn": "-20800", "expansion": "10400", "trend_new": "50000"},
    {"churn": "-21592", "expansion": "10796", "trend_new": "50000"},
)


def parts(*months: dict[str, str]) -> pl.DataFrame:
    """The parts of July 2026 on."""
    return pl.DataFrame(
        [
            (date(2026, 7 + ahead, 1), name, ORDER[name], Decimal(change))
            for ahead, changes in enumerate(months)
            for name, change in changes.items()
        ],
        schema={
            "month": pl.Date,
            "component": pl.String,
            "component_order": pl.Int64,
            "mrr_change": pl.Decimal(28, 6),
        },
        orient="row",
    )


def path(projected: pl.DataFrame) -> list[Decimal]:
    return (
        projected.group_by("month")
        .agg(pl.col("forecast_mrr").first())
        .sort("month")["forecast_mrr"]
        .to_list()
    )


def amounts(*typed: str) -> list[Decimal]:
    return [Decimal(one) for one in typed]


def test_with_nothing_assumed_it_is_the_published_forecast():
    projected = scenario.project(parts(*G34), Assumptions())
    assert path(projected) == amounts("1040000", "1079600", "1118804")
    assert projected["mrr_change"].to_list() == projected["base_mrr_change"].to_list()
    assert set(projected["difference_mrr"]) == {0}


def test_nothing_assumed_is_exact_also_where_a_rate_never_ends():
    odd = ({"starting_mrr": "3", "churn": "-0.333333", "trend_new": "222791945.376657"},) * 1
    then = ({"churn": "-74263982.458885", "expansion": "0.000001", "method_difference": "-7"},)
    projected = scenario.project(parts(*odd, *then), Assumptions())
    assert projected["mrr_change"].to_list() == projected["base_mrr_change"].to_list()


def test_half_the_churn_compounds():
    # 1 % out, 1 % up: only the new 50,000 a month stay
    projected = scenario.project(parts(*G34), Assumptions(churn_percent=-50))
    assert path(projected) == amounts("1050000", "1100000", "1150000")
    churn = projected.filter(pl.col("component") == "churn")["mrr_change"].to_list()
    assert churn == amounts("-10000", "-10500", "-11000")


def test_a_tenth_more_new_business_leaves_and_grows_like_the_rest():
    # 1,000,000 × 0.99 + 55,000; 1,045,000 × 0.99 + 55,000; 1,089,550 × 0.99 + 55,000
    projected = scenario.project(parts(*G34), Assumptions(new_percent=10))
    assert path(projected) == amounts("1045000", "1089550", "1133654.5")
    assert projected["difference_mrr"][-1] == Decimal("14850.5")


def test_twice_the_expansion():
    projected = scenario.project(parts(*G34), Assumptions(expansion_percent=100))
    assert path(projected) == amounts("1050000", "1100000", "1150000")


def test_all_three_at_once():
    # 1,000,000 - 10,000 + 20,000 + 25,000; 1,035,000 × 1.01 + 25,000; 1,070,350 × 1.01 + 25,000
    assumed = Assumptions(new_percent=-50, churn_percent=-50, expansion_percent=100)
    assert path(scenario.project(parts(*G34), assumed)) == amounts(
        "1035000", "1070350", "1106053.5"
    )


def test_what_is_on_record_happens_whatever_is_assumed():
    month = {
        "starting_mrr": "100000",
        "renewal_book": "-30000",
        "signed_new": "5000",
        "method_difference": "700",
    }
    assumed = Assumptions(new_percent=50, churn_percent=50, expansion_percent=50)
    assert path(scenario.project(parts(month), assumed)) == amounts("75700")


def test_contraction_and_pauses_keep_their_rate():
    first = {"starting_mrr": "100000", "trend_new": "100000"}
    then = {"contraction": "-2000", "pause": "-1000"}
    # 100,000 begin the second month instead of 200,000
    projected = scenario.project(parts(first, then), Assumptions(new_percent=-100))
    assert path(projected) == amounts("100000", "98500")


def test_open_deals_are_new_business_that_is_not_signed():
    month = {"starting_mrr": "100000", "pipeline_new": "4000", "signed_new": "9000"}
    assert path(scenario.project(parts(month), Assumptions(new_percent=-100))) == amounts("109000")


def test_mrr_is_never_negative_and_the_parts_still_add_up():
    month = {"starting_mrr": "1000", "churn": "-800", "renewal_book": "-900"}
    month |= {"trend_new": "800", "method_difference": "0"}
    projected = scenario.project(parts(month), Assumptions(new_percent=-100))
    assert path(projected) == [0]
    assert sum(projected["mrr_change"]) == 0


@pytest.mark.parametrize("percent", [-37, 0, 25])
def test_the_parts_of_every_month_add_up_to_its_change(percent):
    assumed = Assumptions(new_percent=percent, churn_percent=-percent, expansion_percent=percent)
    projected = scenario.project(parts(*G34), assumed)
    before = Decimal(0)
    for (_,), month in projected.group_by("month", maintain_order=True):
        assert sum(month["mrr_change"]) == month["forecast_mrr"][0] - before
        assert month["difference_mrr"][0] == (
            month["forecast_mrr"][0] - month["base_forecast_mrr"][0]
        )
        before = month["forecast_mrr"][0]


def test_a_month_that_begins_with_nothing_keeps_its_changes():
    projected = scenario.project(parts({"expansion": "500"}), Assumptions(expansion_percent=10))
    assert path(projected) == amounts("550")


def test_more_than_everything_cannot_be_assumed():
    with pytest.raises(ValueError, match="beyond"):
        Assumptions(churn_percent=-101)


def test_a_forecast_that_is_one_number_has_nothing_to_change():
    assert scenario.has_parts(parts(*G34))
    assert not scenario.has_parts(parts({"starting_mrr": "1000", "method_difference": "40"}))


def test_every_part_of_the_forecast_is_changed_or_kept_on_purpose():
    known = {*scenario.PROPORTIONAL, *scenario.UNSIGNED, scenario.START, scenario.REST}
    assert known | {"renewal_book", "signed_new"} == set(COMPONENTS)
