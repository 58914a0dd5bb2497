"""予測: what MRR is expected to be, where the year lands, made of what, and how far to trust it."""

from datetime import date

import polars as pl
import streamlit as st

from dagster_project.compute import scenario
from dashboards import (
    charts,
    customers,
    drill,
    filters,
    forecast_charts,
    frame,
    landing,
    levels,
    tables,
    tiles,
)
from dashboards.frame import Frame
from dashboards.queries import about, forecast
from dashboards.tables import Column

MART, PART, BACKTEST = "mart_forecast_mrr", "mart_forecast_component", "mart_forecast_backtest"
CHANCE = "mart_renewal_probability"
VIEWS = ("outlook", "parts", "scenario", "backtest")
BASE = "base"
PUBLISHED_SCENARIOS = (BASE, "churn_minus_1pt", "new_plus_10pct")
LEVELS = (50, 80, 95)
NAIVE = "naive"
MONTHS_OF_ACTUALS = 18
BELOW_MONTH = ("part", *customers.BELOW_LIST)
# what a part of the forecast rests on, where the marts hold it line by line
ON_RECORD = {
    "renewal_book": ("scheduled_end", "scheduled_contraction", "signed_expansion"),
    "signed_new": ("signed_new",),
}
MOVEMENT_OF = {
    "churn": "churn",
    "contraction": "contraction",
    "expansion": "expansion",
    "pause": "pause",
    "trend_new": "new",
}
SLIDERS = {"new": "new_percent", "churn": "churn_percent", "expansion": "expansion_percent"}
STEP = 5
COVERAGES = tuple(f"coverage_{level}_rate" for level in LEVELS)


def main(page: Frame) -> None:
    """Where the year lands → one of four views, each down to what lies behind a month."""
    text = page.text
    months = about.months(page.snapshot).to_dicts()
    frame.warn_when_uncovered(page, months[-1]["month_end"])
    ahead = forecast.published(page.snapshot, BASE)
    if ahead.is_empty():
        st.info(text("forecast.nothing"), icon=":material/trending_flat:")
        st.markdown(text("forecast.nothing_steps"))
        return
    show_tiles(page, ahead)
    say_method(page, ahead)
    view = filters.segments(
        "view",
        VIEWS,
        default=VIEWS[0],
        label=text("forecast.view"),
        show=lambda name: text(f"forecast.view_{name}"),
        clears=("month", *BELOW_MONTH),
    )
    if view == "outlook":
        show_outlook(page, ahead)
    elif view == "parts":
        show_parts(page)
    elif view == "scenario":
        show_scenario(page)
    else:
        show_backtest(page, ahead)


# ---- where it lands ----


def show_tiles(page: Frame, ahead: pl.DataFrame) -> None:
    """Today's MRR, where the fiscal year lands and the year ahead, with their intervals."""
    text, formats = page.text, page.formats
    now = forecast.actual(page.snapshot).tail(1).to_dicts()[0]
    last = ahead.tail(1).to_dicts()[0]
    of_year = forecast.landing(page.snapshot).filter(pl.col("scenario") == BASE).to_dicts()
    with st.container(key="tiles"):
        tiles.show(
            text("forecast.mrr_now", month=formats.month(now["month"])),
            "money",
            now["mrr"],
            None,
            formats,
            compared_with="",
            without_change=text("forecast.known"),
            definition=page.definition(frame.KPI_MART, "mrr"),
        )
        for row in of_year:
            year = formats.fiscal_year(row["fiscal_year"])
            landing.show_tile(page, row)
            reason = row["last_year_mrr_total_null_reason"]
            tiles.show(
                text("forecast.landing_total", year=year),
                "money",
                row["landing_mrr_total"],
                row["last_year_mrr_total"],
                formats,
                compared_with=text("forecast.to_last_year"),
                without_change=text.code("null_reason", reason) if reason else None,
                definition=text(
                    "forecast.landing_parts",
                    definition=page.definition(landing.LANDING, "landing_mrr_total"),
                    known=formats.money(row["actual_mrr_total"]),
                    known_months=row["actual_month_count"],
                    ahead=formats.money(row["forecast_mrr_total"]),
                    ahead_months=row["forecast_month_count"],
                ),
            )
        tiles.show(
            text("forecast.mrr_last", month=formats.month(last["month"])),
            "money",
            last["forecast_mrr"],
            None,
            formats,
            compared_with="",
            without_change=landing.interval(
                page, last["lower_80_mrr"], last["upper_80_mrr"], last["lower_80_mrr_null_reason"]
            ),
            definition=page.definition(MART, "forecast_mrr"),
        )


def say_method(page: Frame, ahead: pl.DataFrame) -> None:
    """Which method is published and why, in one paragraph."""
    text = page.text
    first = ahead.to_dicts()[0]
    st.markdown(
        text(
            "forecast.method_said",
            method=method_name(page, first["method"]),
            reason=text.code("publish_reason", first["publish_reason"]),
            months=page.formats.count(first["history_month_count"]),
        )
    )
    if first["notice"]:
        st.warning(
            text.code("forecast_notice", first["notice"]), icon=":material/history_toggle_off:"
        )


def method_name(page: Frame, method: str) -> str:
    """A method in words."""
    return page.text.code("forecast_method", method)


def choose_compared(page: Frame, published: str) -> str | None:
    """The method beside the published one: the last value goes on, unless another is chosen."""
    text = page.text
    others = [name for name in forecast.methods(page.snapshot)["method"] if name != published]
    if not others:
        return None
    return filters.select(
        "against",
        others,
        default=NAIVE if NAIVE in others else others[0],
        label=text("forecast.against"),
        show=lambda name: method_name(page, name),
        width=340,
    )


# ---- the fan ----


def show_outlook(page: Frame, ahead: pl.DataFrame) -> None:
    """Actual MRR, the months ahead with their intervals, a simpler method; a month opens."""
    text, formats = page.text, page.formats
    published = ahead["method"][0]
    compared = choose_compared(page, published)
    known = forecast.actual(page.snapshot).tail(MONTHS_OF_ACTUALS).to_dicts()
    other = forecast.path(page.snapshot, compared) if compared else ahead.clear()
    rows = ahead.to_dicts()
    spots = path_spots(page, text("forecast.actual"), known, "mrr")
    for method, path in ((published, rows), (compared, other.to_dicts())):
        if method:
            line = [from_origin(known), *path]
            spots += path_spots(page, method_name(page, method), line, "forecast_mrr")
    bands = [month_ahead(page, row) for row in rows]
    title = text("forecast.fan")
    notes = [text("forecast.fan_note")]
    if forecast_charts.is_cut(spots, bands):
        notes.append(text("forecast.fan_cut"))
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[(MART, "forecast_mrr")],
        notes=notes,
    )
    chart = forecast_charts.fan(
        spots,
        bands,
        month_title=text("column.month"),
        value_title=formats.money_unit(),
        interval_titles={level: text("forecast.interval", level=level) for level in LEVELS},
        is_dark=page.is_dark,
    )
    charts.show(chart, key="fan", alt=title, clears=BELOW_MONTH)
    show_months_ahead(page, ahead, other, compared)
    show_month(page)


def from_origin(known: list[dict]) -> dict:
    """The last known month, where every line of the months ahead begins."""
    return {"month": known[-1]["month"], "forecast_mrr": known[-1]["mrr"]}


def path_spots(
    page: Frame, series: str, rows: list[dict], column: str
) -> list[forecast_charts.Spot]:
    """One line over months."""
    formats = page.formats
    return [
        forecast_charts.Spot(
            formats.month_axis(row["month"]),
            series,
            float(formats.money_pixels(row[column])),
            page.text("forecast.spot", series=series, mrr=formats.money(row[column])),
        )
        for row in rows
    ]


def month_ahead(page: Frame, row: dict) -> forecast_charts.Ahead:
    """One month of the fan with every interval in words."""
    formats = page.formats
    ends = {level: (row[f"lower_{level}_mrr"], row[f"upper_{level}_mrr"]) for level in LEVELS}
    return forecast_charts.Ahead(
        formats.month_axis(row["month"]),
        {
            level: None
            if low is None
            else (float(formats.money_pixels(low)), float(formats.money_pixels(high)))
            for level, (low, high) in ends.items()
        },
        {
            level: formats.missing(row[f"lower_{level}_mrr_null_reason"])
            if low is None
            else page.text("forecast.range", low=formats.money(low), high=formats.money(high))
            for level, (low, high) in ends.items()
        },
        formats.money(row["forecast_mrr"]),
        {"month": f"{row['month']:%Y-%m}"},
    )


def show_months_ahead(
    page: Frame, ahead: pl.DataFrame, other: pl.DataFrame, compared: str | None
) -> None:
    """The months ahead as a table; a pressed row opens what the month is made of."""
    text = page.text
    shown = ahead.join(
        other.select("month", pl.col("forecast_mrr").alias("compared_mrr")), on="month", how="left"
    )
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        Column("forecast_mrr", page.metric_name(MART, "forecast_mrr"), "money"),
        *(
            Column(f"{side}_{level}_mrr", text(f"forecast.{side}", level=level), "money")
            for level in LEVELS
            for side in ("lower", "upper")
        ),
    ]
    if compared:
        columns.append(Column("compared_mrr", method_name(page, compared), "money"))
    title = text("forecast.months_ahead")
    st.subheader(title, anchor=False)
    st.caption(text("forecast.months_ahead_note", unit=page.formats.money_unit()))
    tables.show(
        shown,
        columns,
        page.formats,
        selectable=tables.rows_in_url("month", month_names(shown), clears=BELOW_MONTH),
        key="ahead",
        alt=title,
    )
    levels.reasons(page, shown, columns)
    tables.download(page, lambda: shown, columns, name="mrr_forecast", key="ahead_csv")


def month_names(rows: pl.DataFrame) -> list[str]:
    """The months of the rows as the URL writes them."""
    return [f"{month:%Y-%m}" for month in rows["month"].unique().sort()]


# ---- what it is made of ----


def show_parts(page: Frame) -> None:
    """What every month ahead changes, by cause; a month opens the causes behind it."""
    text, formats = page.text, page.formats
    parts = forecast.parts(page.snapshot)
    title = text("forecast.parts")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[(PART, "mrr_change")],
        notes=[text("forecast.parts_note")],
    )
    made_by, published = parts["method"][0], forecast.published(page.snapshot, BASE)["method"][0]
    if made_by != published:
        st.info(
            text(
                "forecast.parts_of_another",
                published=method_name(page, published),
                parts=method_name(page, made_by),
                rest=part_name(page, scenario.REST),
            ),
            icon=":material/info:",
        )
    moved = parts.filter(pl.col("component") != scenario.START)
    used = {row["component"] for row in moved.to_dicts() if formats.money_number(row["mrr_change"])}
    pieces = [
        forecast_charts.Piece(
            formats.month_axis(row["month"]),
            row["component"],
            part_name(page, row["component"]),
            float(formats.money_pixels(row["mrr_change"])),
            formats.money_signed(row["mrr_change"]),
            {"month": f"{row['month']:%Y-%m}", "part": row["component"]},
        )
        for row in moved.to_dicts()
        if row["component"] in used
    ]
    chart = forecast_charts.parts_by_month(
        pieces,
        month_title=text("column.month"),
        value_title=formats.money_unit(),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="parts", alt=title, clears=customers.BELOW_LIST)
    show_parts_table(page, parts)
    show_month(page)


def part_name(page: Frame, component: str) -> str:
    """A part of the forecast in words."""
    return page.text.code("forecast_part", component)


def show_parts_table(page: Frame, parts: pl.DataFrame) -> None:
    """Months × parts; every month's parts since the start add up to its forecast."""
    text = page.text
    order = parts.select("component", "component_order").unique().sort("component_order")
    names = order["component"].to_list()
    grid = (
        parts.select("month", "component", "mrr_change", "forecast_mrr")
        .pivot("component", index=["month", "forecast_mrr"], values="mrr_change")
        .sort("month")
    )
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        *(Column(name, part_name(page, name), "money") for name in names),
        Column("forecast_mrr", page.metric_name(MART, "forecast_mrr"), "money"),
    ]
    title = text("forecast.parts_table")
    st.subheader(title, anchor=False)
    levels.show_match(page, parts["mrr_change"].sum(), grid["forecast_mrr"][-1], page.formats.money)
    tables.show(
        grid,
        columns,
        page.formats,
        selectable=tables.rows_in_url("month", month_names(grid), clears=BELOW_MONTH),
        key="parts_table",
        alt=title,
    )
    st.caption(text("forecast.parts_table_note", unit=page.formats.money_unit()))
    tables.download(page, lambda: grid, columns, name="mrr_forecast_parts", key="parts_csv")


# ---- a month ahead ----


def show_month(page: Frame) -> None:
    """The parts of the chosen month, and what lies behind the chosen part."""
    text, formats = page.text, page.formats
    parts = forecast.parts(page.snapshot)
    names = month_names(parts)
    months = dict(zip(names, parts["month"].unique().sort(), strict=True))
    st.subheader(text("forecast.month_title"), anchor=False)
    chosen = filters.select(
        "month",
        names,
        default=None,
        label=text("column.month"),
        show=lambda name: formats.month(months[name]),
        clears=BELOW_MONTH,
        placeholder=text("forecast.choose_month"),
        width=240,
    )
    if chosen is None:
        st.info(text("forecast.month_hint"), icon=":material/touch_app:")
        return
    rows = parts.filter(pl.col("month") == months[chosen])
    above = rows["forecast_mrr"][0]
    st.markdown(
        text("forecast.month_said", month=formats.month(months[chosen]), mrr=formats.money(above))
    )
    levels.show_match(page, rows["mrr"].sum(), above, formats.money)
    shown = rows.with_columns(
        pl.Series("name", [part_name(page, part) for part in rows["component"]]),
        pl.Series("what", [text(f"forecast.part_means.{part}") for part in rows["component"]]),
    )
    level = levels.Level(
        "part",
        "component",
        text("forecast.month_parts", month=formats.month(months[chosen])),
        text("forecast.choose_part"),
        PART,
        customers.BELOW_LIST,
    )
    part = levels.show(
        page,
        level,
        shown,
        [
            Column("name", text("forecast.part"), is_pinned=True),
            Column("mrr_change", text("forecast.change_of_month"), "money"),
            Column("mrr", text("forecast.since_start"), "money"),
            Column("what", text("forecast.what_it_is")),
        ],
        describe=lambda row: row["name"],
    )
    if part is not None:
        show_behind(page, part)


def show_behind(page: Frame, part: dict) -> None:
    """What a part rests on: lines on record, terms that end, or how it was computed."""
    text = page.text
    component = part["component"]
    if component in ON_RECORD:
        show_on_record(page, part)
        return
    st.markdown(text(f"forecast.behind.{component}"))
    if part["component_reason"]:
        st.caption(text.code("pipeline_reason", part["component_reason"]))
    if component == "churn":
        show_ending_terms(page, part["month"])
        st.page_link(
            "views/risk.py",
            label=text("forecast.to_risk"),
            icon=":material/arrow_forward:",
            query_params=filters.frame_values(),
        )
        st.page_link(
            "views/retention.py",
            label=text("forecast.to_curve"),
            icon=":material/arrow_forward:",
            query_params={**filters.frame_values(), "view": "curve"},
        )
    if component in MOVEMENT_OF:
        st.page_link(
            "views/mrr.py",
            label=text(
                "forecast.to_movements", type=text.code("movement_type", MOVEMENT_OF[component])
            ),
            icon=":material/arrow_forward:",
            query_params=filters.frame_values(),
        )


def show_on_record(page: Frame, part: dict) -> None:
    """The contracts whose end, change or start is on record for this month; their sum."""
    text, formats = page.text, page.formats
    # what should have happened by then and did not is counted in the first month ahead
    first = date.min if part["horizon_months"] == 1 else part["month"]
    listed = forecast.commitments(
        page.snapshot, part["origin_month"], first, part["month"], ON_RECORD[part["component"]]
    )
    if listed.is_empty():
        st.info(text("forecast.nothing_on_record"), icon=":material/event_available:")
        return
    st.markdown(text("forecast.on_record", count=formats.count(listed.height)))
    levels.show_match(page, listed["mrr_change"].sum(), part["mrr_change"], formats.money_signed)
    shown = levels.named(page, listed).with_columns(
        pl.Series("kind", [text.code("commitment", code) for code in listed["commitment"]])
    )
    columns = [
        Column("customer", text("column.customer"), is_pinned=True),
        Column("kind", text("forecast.commitment")),
        Column("effective_date", text("forecast.effective"), "date"),
        Column("mrr_change", text("column.mrr_change"), "money"),
        Column("contract_id", text("column.contract_id")),
    ]
    show_customers(page, shown, columns, "fct_committed_change", "on_record")


def show_ending_terms(page: Frame, month: date) -> None:
    """The terms that end in the month with their chance: near the part, not added up to it."""
    text = page.text
    terms = forecast.ending_terms(page.snapshot, month)
    if terms.is_empty():
        st.caption(text("forecast.no_ending_term", month=page.formats.month(month)))
        return
    st.markdown(text("forecast.ending_terms", month=page.formats.month(month)))
    shown = levels.named(page, terms).with_columns(
        pl.Series("from", [text.code("p_source", code) for code in terms["p_source"]])
    )
    columns = [
        Column("customer", text("column.customer"), is_pinned=True),
        Column("term_end_date", text("renewals.end"), "date"),
        Column("atr", page.metric_name("mart_atr_monthly", "atr"), "money"),
        Column("p_renew", page.metric_name(CHANCE, "p_renew"), "rate"),
        Column("expected_value", page.metric_name(CHANCE, "expected_value"), "money"),
        Column("from", text("renewals.source")),
        Column("contract_id", text("column.contract_id")),
    ]
    show_customers(page, shown, columns, CHANCE, "ending_terms")


def show_customers(
    page: Frame, shown: pl.DataFrame, columns: list[Column], mart: str, key: str
) -> None:
    """Customers behind a part, their file, and the contracts of the chosen one."""
    tables.show(
        shown,
        columns,
        page.formats,
        selectable=tables.rows_in_url(
            "customer", shown["customer_key"].to_list(), clears=("line",)
        ),
        key=key,
        alt=page.text("column.customer"),
    )
    tables.download(
        page,
        lambda: shown,
        columns,
        name=key,
        key=f"{key}_csv",
        before=lambda: levels.record_export(page, mart, shown.height),
    )
    customer = customers.choose(page, shown.unique("customer_key", maintain_order=True))
    if customer is not None:
        last = about.months(page.snapshot).to_dicts()[-1]
        drill.show_contracts(page, customer, last["month"], last["month_end"])


# ---- what if ----


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


# ---- how far to trust it ----


def show_backtest(page: Frame, ahead: pl.DataFrame) -> None:
    """How wrong such forecasts were on the company's own past, beside another method."""
    text, formats = page.text, page.formats
    published = ahead["method"][0]
    title = text("forecast.backtest")
    frame.heading(
        page,
        title,
        unit=text("retention.percent"),
        metrics=[(BACKTEST, "mape_rate")],
        notes=[text("forecast.backtest_note")],
    )
    rows = forecast.backtest(page.snapshot)
    if rows.is_empty():
        st.info(text("forecast.no_backtest"), icon=":material/history_toggle_off:")
        return
    compared = choose_compared(page, published)
    shown = [published, *([compared] if compared else [])]
    known = rows.filter(pl.col("mape_rate").is_not_null())
    spots = [
        forecast_charts.Spot(
            row["horizon_months"],
            method_name(page, method),
            float(row["mape_rate"]),
            formats.rate(row["mape_rate"]),
        )
        for method in shown
        for row in known.filter(pl.col("method") == method).to_dicts()
    ]
    if spots:
        chart = forecast_charts.errors(
            spots,
            distance_title=text("forecast.distance"),
            rate_title=page.metric_name(BACKTEST, "mape_rate"),
            is_dark=page.is_dark,
        )
        charts.show(chart, key="errors", alt=title)
    for method in shown:
        of_method = rows.filter(pl.col("method") == method)
        if not of_method.is_empty():
            show_errors(page, of_method)
    show_methods(page, rows)


def show_errors(page: Frame, rows: pl.DataFrame) -> None:
    """One method by months ahead: errors and coverage, and what the backtest leaves out."""
    text, formats = page.text, page.formats
    first = rows.to_dicts()[0]
    title = text("forecast.errors_of", method=method_name(page, first["method"]))
    st.subheader(title, anchor=False)
    st.caption(
        text(
            "forecast.origins",
            first=formats.month(first["first_origin_month"]),
            last=formats.month(first["last_origin_month"]),
        )
    )
    if first["left_out"]:
        st.info(text.code("left_out", first["left_out"]), icon=":material/block:")
    columns = [
        Column("horizon_months", text("forecast.distance"), "count", is_pinned=True),
        Column("origin_count", text("forecast.origin_count"), "count"),
        Column("mape_rate", page.metric_name(BACKTEST, "mape_rate"), "rate"),
        Column("mase_ratio", page.metric_name(BACKTEST, "mase_ratio"), "ratio"),
        Column("bias_rate", text("forecast.bias_rate"), "rate"),
        Column("bias_mrr", page.metric_name(BACKTEST, "bias_mrr"), "money"),
        *(Column(name, page.metric_name(BACKTEST, name), "rate") for name in COVERAGES),
        Column("coverage_count", text("forecast.coverage_count"), "count"),
    ]
    key = f"errors_{first['method']}"
    tables.show(rows, columns, formats, key=key, alt=title)
    levels.reasons(page, rows, columns)
    tables.download(page, lambda: rows, columns, name=f"backtest_{key}", key=f"{key}_csv")


def show_methods(page: Frame, rows: pl.DataFrame) -> None:
    """Every method over all months ahead; coverage as calibrated now and as published then."""
    text = page.text
    once = rows.unique("method", keep="first", maintain_order=True)
    shown = once.with_columns(
        pl.Series("name", [method_name(page, method) for method in once["method"]]),
        pl.Series(
            "shown",
            [text("forecast.is_published") if is_it else "" for is_it in once["is_published"]],
        ),
        pl.Series(
            "without",
            [text.code("left_out_short", code) if code else "" for code in once["left_out"]],
        ),
    )
    title = text("forecast.methods")
    st.subheader(title, anchor=False)
    st.caption(text("forecast.methods_note"))
    columns = [
        Column("name", text("forecast.method"), is_pinned=True),
        Column("shown", text("forecast.shown")),
        Column("mean_mase_ratio", text("forecast.mean_mase"), "ratio"),
        *(
            Column(
                f"mean_coverage_{name}{level}_rate", text(f"forecast.{when}", level=level), "rate"
            )
            for level in LEVELS
            for when, name in (("now", ""), ("then", "then_"))
        ),
        Column("without", text("forecast.left_out")),
    ]
    tables.show(shown, columns, page.formats, key="methods", alt=title)
    tables.download(page, lambda: shown, columns, name="forecast_methods", key="methods_csv")


main(frame.current())
