"""What if: the sliders, and the scenarios that are published."""

import polars as pl
import streamlit as st

from dagster_project.compute import scenario
from dashboards import charts, filters, forecast_charts, frame, landing, levels, tables, tiles
from dashboards.frame import Frame
from dashboards.queries import forecast
from dashboards.sections.forecast.method import BASE, MART, MONTHS_OF_ACTUALS
from dashboards.sections.forecast.outlook import path_spots
from dashboards.sections.forecast.parts import part_name
from dashboards.tables import Column

SLIDERS = {"new": "new_percent", "churn": "churn_percent", "expansion": "expansion_percent"}
STEP = 5


def show_scenario(page: Frame) -> None:
    """Sliders over the published parts: what more business or less churn would bring."""
    text, formats = page.text, page.formats
    parts = forecast.parts(page.snapshot)
    title = text("forecast.scenario")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[(MART, "forecast_mrr")],
        notes=[text("forecast.scenario_note")],
    )
    st.markdown(text("forecast.scenario_rules"))
    if not scenario.has_parts(parts):
        st.info(text("forecast.no_parts"), icon=":material/tune:")
        return
    assumed = choose_assumptions(page)
    projected = scenario.project(parts, assumed)
    months = projected.unique("month", keep="first").sort("month")
    show_scenario_tiles(page, months)
    known = forecast.actual(page.snapshot).tail(MONTHS_OF_ACTUALS).to_dicts()
    origin = {"month": known[-1]["month"], "mrr": known[-1]["mrr"]}
    named = {"base_forecast_mrr": "scenario_base", "forecast_mrr": "scenario_assumed"}
    spots = path_spots(page, text("forecast.actual"), known, "mrr")
    for column, label in named.items():
        rows = [{"month": origin["month"], column: origin["mrr"]}, *months.to_dicts()]
        spots += path_spots(page, text(f"forecast.{label}"), rows, column)
    chart = forecast_charts.by_month(
        spots,
        month_title=text("column.month"),
        value_title=formats.money_unit(),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="scenario", alt=title)
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        Column("base_forecast_mrr", text("forecast.scenario_base"), "money"),
        Column("forecast_mrr", text("forecast.scenario_assumed"), "money"),
        Column("difference_mrr", text("forecast.difference"), "money"),
    ]
    tables.show(months, columns, formats, key="scenario_table", alt=title)
    tables.download(page, lambda: months, columns, name="mrr_scenario", key="scenario_csv")
    show_assumed_parts(page, projected)
    show_published_scenarios(page)


def choose_assumptions(page: Frame) -> scenario.Assumptions:
    """Three sliders in percent of what the published forecast expects; kept in the URL."""
    text = page.text
    chosen = {}
    for place, (name, field) in zip(st.columns(len(SLIDERS)), SLIDERS.items(), strict=True):
        with place:
            chosen[field] = filters.slider(
                name,
                least=-scenario.MOST_PERCENT,
                most=scenario.MOST_PERCENT,
                default=0,
                label=text(f"forecast.slider_{name}"),
                step=STEP,
                format=text("forecast.slider_format"),
                help=text(f"forecast.slider_{name}_help"),
            )
    st.button(
        text("forecast.reset"),
        icon=":material/restart_alt:",
        type="tertiary",
        on_click=filters.put,
        kwargs=dict.fromkeys(SLIDERS),
        disabled=not any(chosen.values()),
    )
    return scenario.Assumptions(**chosen)


def show_scenario_tiles(page: Frame, months: pl.DataFrame) -> None:
    """The year's end and the last month under the assumptions, against the published forecast."""
    text, formats = page.text, page.formats
    ends_of_year = forecast.landing(page.snapshot).filter(pl.col("scenario") == BASE)
    wanted = [*ends_of_year["last_month"], months["month"][-1]]
    with st.container(key="tiles_rates"):
        for row in months.filter(pl.col("month").is_in(wanted)).to_dicts():
            tiles.show(
                text("forecast.scenario_tile", month=formats.month(row["month"])),
                "money",
                row["forecast_mrr"],
                row["base_forecast_mrr"],
                formats,
                compared_with=text("forecast.to_published"),
                without_change=None,
                definition=page.definition(MART, "forecast_mrr"),
            )


def show_assumed_parts(page: Frame, projected: pl.DataFrame) -> None:
    """What each part adds up to over the months ahead, published and assumed."""
    text, formats = page.text, page.formats
    sums = (
        projected.group_by("component", "component_order")
        .agg(pl.col("base_mrr_change").sum(), pl.col("mrr_change").sum())
        .sort("component_order")
    )
    shown = sums.with_columns(
        pl.Series("name", [part_name(page, part) for part in sums["component"]])
    )
    title = text("forecast.assumed_parts")
    st.subheader(title, anchor=False)
    levels.show_match(page, sums["mrr_change"].sum(), projected["forecast_mrr"][-1], formats.money)
    columns = [
        Column("name", text("forecast.part"), is_pinned=True),
        Column("base_mrr_change", text("forecast.scenario_base"), "money"),
        Column("mrr_change", text("forecast.scenario_assumed"), "money"),
    ]
    tables.show(shown, columns, formats, key="assumed_parts", alt=title)
    tables.download(page, lambda: shown, columns, name="scenario_parts", key="assumed_csv")


def show_published_scenarios(page: Frame) -> None:
    """The scenarios that were computed anew with the forecast, where they land."""
    text, formats = page.text, page.formats
    of_year = forecast.landing(page.snapshot)
    ends = [forecast.published(page.snapshot, name) for name in of_year["scenario"]]
    shown = of_year.with_columns(
        pl.Series("name", [text.code("scenario", name) for name in of_year["scenario"]]),
        pl.Series("last_mrr", [end["forecast_mrr"][-1] for end in ends], dtype=pl.Decimal(28, 6)),
    )
    title = text("forecast.published_scenarios")
    st.subheader(title, anchor=False)
    st.caption(text("forecast.published_scenarios_note"))
    last = ends[0]["month"][-1]
    columns = [
        Column("name", text("forecast.scenario_name"), is_pinned=True),
        Column("landing_mrr", page.metric_name(landing.LANDING, "landing_mrr"), "money"),
        Column(
            "landing_mrr_total", page.metric_name(landing.LANDING, "landing_mrr_total"), "money"
        ),
        Column("last_mrr", text("forecast.mrr_last", month=formats.month(last)), "money"),
    ]
    tables.show(shown, columns, formats, key="published_scenarios", alt=title)
    tables.download(page, lambda: shown, columns, name="scenarios", key="published_scenarios_csv")
