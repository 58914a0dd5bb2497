"""What the published MRR forecast becomes when new business, churn or expansion differ from it.

A what-if over the published parts (mart_forecast_component, scenario base), not a forecast of its
own: nothing is fitted again. In a month

- new business that is not signed (trend_new, pipeline_new) is multiplied by its factor;
- churn, contraction, expansion and pauses keep the rate of the base, over the MRR the month now
  begins with; churn and expansion are multiplied by their factor;
- what is on record (renewal_book, signed_new), the start and method_difference stay.

With every factor 1 the result is the published forecast, to the millionth. MRR is never negative.
Beside the published scenarios, which are computed again by age of cohort, it is near, not equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext

import polars as pl

MOST_PERCENT = 100  # nothing at all, or twice as much
PROPORTIONAL = ("churn", "contraction", "expansion", "pause")  # to the MRR a month begins with
UNSIGNED = ("trend_new", "pipeline_new")
START, REST = "starting_mrr", "method_difference"
MILLIONTH = Decimal("0.000001")
DIGITS = 80  # a product of two amounts of the marts is exact
MONEY = pl.Decimal(28, 6)
SCHEMA = pl.Schema(
    {
        "month": pl.Date(),
        "component": pl.String(),
        "component_order": pl.Int64(),
        "base_mrr_change": MONEY,
        "mrr_change": MONEY,
        "base_forecast_mrr": MONEY,
        "forecast_mrr": MONEY,
        "difference_mrr": MONEY,
    }
)


@dataclass(frozen=True)
class Assumptions:
    """How much more or less than the base expects, in percent: 10 is a tenth more.

    Raises ValueError beyond ±MOST_PERCENT.
    """

    new_percent: int = 0
    churn_percent: int = 0
    expansion_percent: int = 0

    def __post_init__(self) -> None:
        for percent in (self.new_percent, self.churn_percent, self.expansion_percent):
            if abs(percent) > MOST_PERCENT:
                raise ValueError(f"{percent} % is beyond {MOST_PERCENT} %")

    def factor(self, component: str) -> Decimal:
        """What a component is multiplied by."""
        percent = {
            **dict.fromkeys(UNSIGNED, self.new_percent),
            "churn": self.churn_percent,
            "expansion": self.expansion_percent,
        }.get(component, 0)
        return 1 + Decimal(percent) / 100


def project(parts: pl.DataFrame, assumptions: Assumptions) -> pl.DataFrame:
    """The forecast under the assumptions: one row per month × component (SCHEMA), oldest first.

    parts: month, component, component_order, mrr_change (Decimal, JPY ex tax) of one scenario.
    base_* is the published forecast, difference_mrr what the month's MRR differs from it by.
    """
    by_month: dict[date, list[dict]] = {}
    for row in parts.sort("month", "component_order").to_dicts():
        by_month.setdefault(row["month"], []).append(row)
    rows: list[dict] = []
    base = assumed = Decimal(0)
    for month, changes in by_month.items():
        given = {row["component"]: Decimal(row["mrr_change"]) for row in changes}
        base += given.get(START, Decimal(0))
        assumed += given.get(START, Decimal(0))
        made = _month(given, base, assumed, assumptions)
        base += sum(given.values()) - given.get(START, Decimal(0))
        assumed += sum(made.values()) - made.get(START, Decimal(0))
        if assumed < 0:
            made[REST] = made.get(REST, Decimal(0)) - assumed
            assumed = Decimal(0)
        rows += [
            {
                "month": month,
                "component": row["component"],
                "component_order": row["component_order"],
                "base_mrr_change": given[row["component"]],
                "mrr_change": made[row["component"]],
                "base_forecast_mrr": base,
                "forecast_mrr": assumed,
                "difference_mrr": assumed - base,
            }
            for row in changes
        ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def has_parts(parts: pl.DataFrame) -> bool:
    """Whether the forecast has parts a scenario could change: more than a start and a rest."""
    return not parts.filter(
        pl.col("component").is_in((*PROPORTIONAL, *UNSIGNED)) & (pl.col("mrr_change") != 0)
    ).is_empty()


def _month(
    given: Mapping[str, Decimal], base: Decimal, assumed: Decimal, assumptions: Assumptions
) -> dict[str, Decimal]:
    """The changes of one month that began with `assumed` instead of `base`."""
    with localcontext() as context:
        context.prec = DIGITS
        context.rounding = ROUND_HALF_UP
        made = {}
        for component, change in given.items():
            grown = change * assumptions.factor(component)
            if component in PROPORTIONAL and base > 0:
                grown = grown * assumed / base
            made[component] = grown.quantize(MILLIONTH)
    return made
