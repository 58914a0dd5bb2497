"""How many customers there will be at the company's own rates."""

import polars as pl
import streamlit as st

from dagster_project.compute import retention_layers
from dashboards import charts, filters, frame, tables
from dashboards.frame import Frame
from dashboards.queries import retention
from dashboards.tables import Column

LAYERS = "mart_retention_simulation"
MOST_NEW = 1_000_000  # new customers a year one may type in


def show_simulation(page: Frame) -> None:
    """What keeping more of each year's new customers brings: 200 → 300 → 350."""
    text, formats = page.text, page.formats
    title = text("retention.simulation")
    frame.heading(
        page,
        title,
        unit=text("retention.cases"),
        metrics=[(LAYERS, "year_customers")],
    )
    st.markdown(text("retention.simulation_example"))
    rows = retention.simulation(page.snapshot)
    if rows.is_empty():
        st.info(text("retention.no_simulation"), icon=":material/layers_clear:")
        return
    own = rows["new_customer_count"][0]
    new = filters.number(
        "yearly_new",
        least=1,
        most=MOST_NEW,
        default=own,
        label=text("retention.yearly_new"),
        help=text("retention.yearly_new_help", own=formats.count(own)),
        width=260,
    )
    rows = simulated(rows, new)
    years = rows.filter(pl.col("layer_number") == 1).sort("yearly_retention_rate", "year_number")
    scenarios = list(dict.fromkeys(years["scenario"]))
    first_of = {row["scenario"]: row for row in reversed(years.to_dicts())}
    default = "observed" if "observed" in scenarios else scenarios[0]
    scenario = filters.select(
        "scenario",
        scenarios,
        default=default,
        label=text("retention.scenario"),
        show=lambda name: scenario_name(page, first_of[name]),
        width=360,
    )
    if "observed" not in scenarios:
        st.caption(text("retention.no_observed_rate"))
    of_scenario = rows.filter(pl.col("scenario") == scenario)
    say_simulation(page, years.filter(pl.col("scenario") == scenario))
    blocks = [
        charts.Layer(
            month=text("retention.year", year=row["year_number"]),
            cohort=text("retention.layer", year=row["layer_number"]),
            cohort_order=row["layer_number"],
            mrr=row["layer_customers"],
            mrr_text=formats.count(row["layer_customers"]),
            customers_text=formats.count(row["year_customers"]),
        )
        for row in of_scenario.to_dicts()
    ]
    chart = charts.layer_cake(
        blocks,
        month_title=text("retention.year_axis"),
        cohort_title=text("retention.layers"),
        mrr_title=text("retention.cases"),
        customers_title=text("retention.all_layers"),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="simulation", alt=title)
    show_scenarios(page, years, first_of)


def simulated(rows: pl.DataFrame, new: int) -> pl.DataFrame:
    """The layers of every scenario of the mart at its rate, for so many new customers a year."""
    rates = rows.select("scenario", "yearly_retention_rate").unique().sort("scenario")
    return pl.concat(
        retention_layers.simulate(new, rate).with_columns(pl.lit(scenario).alias("scenario"))
        for scenario, rate in rates.iter_rows()
    )


def scenario_name(page: Frame, row: dict) -> str:
    """A scenario by its rate, and whether the rate is the company's own."""
    kind = "observed" if row["scenario"] == "observed" else "assumed"
    rate = page.formats.rate(row["yearly_retention_rate"])
    return page.text(f"retention.scenario_{kind}", rate=rate)


def say_simulation(page: Frame, years: pl.DataFrame) -> None:
    """The scenario in one sentence: 200 → 300 → 350 …, and where it ends."""
    text, formats = page.text, page.formats
    first = years.row(0, named=True)
    steps = text("retention.then").join(
        text("retention.customers", count=formats.count(count)) for count in years["year_customers"]
    )
    limit = formats.count(first["limit_customers"], first["limit_customers_null_reason"])
    st.markdown(
        text(
            "retention.simulation_said",
            new=formats.count(first["new_customer_count"]),
            rate=formats.rate(first["yearly_retention_rate"]),
            steps=steps,
            limit=limit,
        )
    )


def show_scenarios(page: Frame, years: pl.DataFrame, first_of: dict[str, dict]) -> None:
    """All scenarios side by side: what five points more would bring."""
    text, formats = page.text, page.formats
    numbers = sorted(years["year_number"].unique().to_list())
    grid = (
        years.with_columns(pl.col("year_number").cast(pl.String))
        .pivot(
            "year_number",
            index=["scenario", "yearly_retention_rate", "limit_customers"],
            values="year_customers",
        )
        .sort("yearly_retention_rate")
    )
    shown = grid.with_columns(
        pl.Series("name", [scenario_name(page, first_of[name]) for name in grid["scenario"]])
    )
    columns = [
        Column("name", text("retention.scenario"), is_pinned=True),
        *(Column(str(number), text("retention.year", year=number), "count") for number in numbers),
        Column("limit_customers", page.metric_name(LAYERS, "limit_customers"), "count"),
    ]
    st.subheader(text("retention.scenarios"), anchor=False)
    tables.show(shown, columns, formats, key="scenarios", alt=text("retention.scenarios"))
    tables.download(page, lambda: shown, columns, name="retention_simulation", key="scenarios_csv")
