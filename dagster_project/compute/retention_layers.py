"""The layer model (G-01): the same number of new customers every year, the same share of them kept.

The arithmetic of mart_retention_simulation for a number of new customers a reader types in; for the
company's own number it is the mart, row for row.
"""

from decimal import ROUND_HALF_UP, Decimal

import polars as pl

YEARS = 5  # as many as mart_retention_simulation shows
COUNT = pl.Decimal(28, 6)
SHARE = Decimal("1e-10")  # a power of the rate, as the mart rounds it
MILLIONTH = Decimal("0.000001")
SCHEMA = pl.Schema(
    {
        "year_number": pl.Int64(),
        "layer_number": pl.Int64(),
        "new_customer_count": pl.Int64(),
        "yearly_retention_rate": pl.Decimal(18, 6),
        "layer_customers": COUNT,
        "year_customers": COUNT,
        "limit_customers": pl.Decimal(18, 6),
        "limit_customers_null_reason": pl.String(),
    }
)


def simulate(new_customer_count: int, yearly_retention_rate: Decimal) -> pl.DataFrame:
    """Customers by year and layer: new × r^(year − layer), decimals kept; the limit new / (1 − r).

    One row per year × layer (SCHEMA). Raises ValueError for a negative number of customers or a
    rate outside 0 to 1.
    """
    rate = Decimal(yearly_retention_rate)
    if new_customer_count < 0 or not 0 <= rate <= 1:
        raise ValueError(f"{new_customer_count} new customers, of whom {rate} are kept")
    limit = None if rate == 1 else _rounded(new_customer_count / (1 - rate), MILLIONTH)
    rows = []
    for year in range(1, YEARS + 1):
        layers = [
            _rounded(new_customer_count * _rounded(_power(rate, age), SHARE), MILLIONTH)
            for age in reversed(range(year))
        ]
        rows += [
            {
                "year_number": year,
                "layer_number": layer,
                "new_customer_count": new_customer_count,
                "yearly_retention_rate": rate,
                "layer_customers": customers,
                "year_customers": sum(layers),
                "limit_customers": limit,
                "limit_customers_null_reason": "nobody_leaves" if limit is None else None,
            }
            for layer, customers in enumerate(layers, start=1)
        ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _power(rate: Decimal, age: int) -> Decimal:
    return rate**age if age else Decimal(1)  # Decimal has no 0 ** 0


def _rounded(value: Decimal, step: Decimal) -> Decimal:
    return value.quantize(step, rounding=ROUND_HALF_UP)
