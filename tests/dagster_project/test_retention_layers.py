"""The layer model for any number of new customers (G-01)."""

from decimal import Decimal

import polars as pl
import pytest

from dagster_project.compute import retention_layers
from tests.dashboards.gd1_home import GD1


def years(layers: pl.DataFrame) -> list[Decimal]:
    return layers.filter(pl.col("layer_number") == 1)["year_customers"].to_list()


@pytest.mark.golden("G-01/years_1_to_5")
def test_two_hundred_a_year_of_whom_half_stay():
    layers = retention_layers.simulate(200, Decimal("0.5"))
    assert years(layers) == [200, 300, 350, 375, Decimal("387.5")]


@pytest.mark.golden("G-01/layers_year_3")
def test_the_layers_of_the_third_year():
    layers = retention_layers.simulate(200, Decimal("0.5"))
    third = layers.filter(pl.col("year_number") == 3).sort("layer_number", descending=True)
    assert third["layer_customers"].to_list() == [200, 100, 50]


@pytest.mark.golden("G-01/limit")
def test_the_limit():
    assert set(retention_layers.simulate(200, Decimal("0.5"))["limit_customers"]) == {400}


def test_three_hundred_a_year_of_whom_sixty_percent_stay():
    layers = retention_layers.simulate(300, Decimal("0.6"))
    assert years(layers) == [300, 480, 588, Decimal("652.8"), Decimal("691.68")]
    assert layers["limit_customers"][0] == 750


def test_where_nobody_leaves_there_is_no_limit():
    layers = retention_layers.simulate(10, Decimal(1))
    assert years(layers) == [10, 20, 30, 40, 50]
    assert set(layers["limit_customers"]) == {None}
    assert set(layers["limit_customers_null_reason"]) == {"nobody_leaves"}


def test_where_nobody_stays_every_year_is_the_first():
    assert years(retention_layers.simulate(10, Decimal(0))) == [10] * 5


def test_nobody_new_is_nobody():
    assert years(retention_layers.simulate(0, Decimal("0.5"))) == [0] * 5


@pytest.mark.parametrize(("new", "rate"), [(-1, "0.5"), (1, "1.000001"), (1, "-0.1")])
def test_what_cannot_be_is_refused(new, rate):
    with pytest.raises(ValueError, match="kept"):
        retention_layers.simulate(new, Decimal(rate))


def test_it_is_the_mart_of_the_golden_company():
    typed = pl.read_csv(GD1 / "mart_retention_simulation.csv")
    assert typed.height > 0
    for (scenario,), rows in typed.group_by("scenario"):
        made = retention_layers.simulate(
            rows["new_customer_count"][0], Decimal(str(rows["yearly_retention_rate"][0]))
        )
        for row in rows.to_dicts():
            found = made.filter(
                (pl.col("year_number") == row["year_number"])
                & (pl.col("layer_number") == row["layer_number"])
            ).row(0, named=True)
            for name in ("layer_customers", "year_customers", "limit_customers"):
                assert float(found[name]) == row[name], (scenario, row)
