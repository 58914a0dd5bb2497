"""継続・解約: who stays and for how long, who left and why, and what a better rate would bring."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
import streamlit as st

from dagster_project.compute import retention_layers
from dashboards import (
    charts,
    customers,
    drill,
    filters,
    frame,
    levels,
    retention_charts,
    tables,
    tiles,
)
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import about, retention
from dashboards.tables import Column

FLOW, COHORT, AVERAGE = "mart_revenue_retention", "mart_retention_cohort", "mart_retention_average"
SURVIVAL, REASON, LAYERS = "mart_survival", "mart_churn_reason", "mart_retention_simulation"
EVERYBODY = "all"
VIEWS = ("cohort", "curve", "revenue", "churn", "simulation")
MEASURES = {
    "logo": "logo_retention_rate",
    "survival": "survival_rate",
    "mrr": "mrr_retention_rate",
}
TILES = {
    "nrr_12m_rate": ("money", "money"),
    "grr_12m_rate": ("money", "money"),
    "nrr_rate": ("money", "money"),
    "grr_rate": ("money", "money"),
    "logo_churn_rate": ("count", "count"),
}
SPANS = ("12", "24", "all")
CURVES_AT_ONCE = 5
REASONS_DRAWN = 10
MONTHS_SHOWN_FIRST = 12
DAYS_OF_INQUIRIES = 90
MOST_NEW = 1_000_000  # new customers a year one may type in
BELOW_SEGMENT = ("cohort", "k", *customers.BELOW_LIST)


@dataclass(frozen=True)
class Segment:
    """The customers shown: everybody, or those of one value of an attribute."""

    attribute: str
    value: str


def main(page: Frame) -> None:
    """Segment → tiles → one of five views, each with the customers behind it."""
    months = about.months(page.snapshot).to_dicts()
    frame.warn_when_uncovered(page, months[-1]["month_end"])
    segment = choose_segment(page)
    flow = retention.by_month(page.snapshot, segment.attribute, segment.value)
    show_tiles(page, flow)
    view = filters.segments(
        "view",
        VIEWS,
        default=VIEWS[0],
        label=page.text("retention.view"),
        show=lambda name: page.text(f"retention.view_{name}"),
        clears=(*BELOW_SEGMENT, "reason"),
    )
    if view == "cohort":
        show_cohorts(page, segment, months)
    elif view == "curve":
        show_curves(page, segment)
    elif view == "revenue":
        show_revenue(page, segment, flow)
    elif view == "churn":
        show_churn(page, months)
    else:
        show_simulation(page)


# ---- whose numbers ----


def choose_segment(page: Frame) -> Segment:
    """The attribute and its value; everybody when the URL names none."""
    text = page.text
    values: dict[str, list[str]] = {EVERYBODY: [EVERYBODY]}
    for row in retention.segments(page.snapshot).to_dicts():
        if row["segment_attribute"] != EVERYBODY:
            values.setdefault(row["segment_attribute"], []).append(row["segment_value"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        attribute = filters.select(
            "by",
            list(values),
            default=EVERYBODY,
            label=text("retention.by"),
            show=lambda name: text.code("segment_attribute", name),
            clears=("segment", *BELOW_SEGMENT),
            width=220,
        )
        value = values[attribute][0]
        if attribute != EVERYBODY:
            value = filters.select(
                "segment",
                values[attribute],
                default=value,
                label=text("retention.segment"),
                show=lambda name: segment_name(page, name),
                clears=BELOW_SEGMENT,
                width=260,
            )
    return Segment(attribute, value)


def segment_name(page: Frame, value: str) -> str:
    """A value of an attribute in words: codes of the product are translated, names are not."""
    return page.text.code("segment_value", value)


def show_tiles(page: Frame, flow: pl.DataFrame) -> None:
    """The last month's rates of the segment against the month before."""
    text, formats = page.text, page.formats
    if flow.is_empty():
        st.info(text("retention.nobody"), icon=":material/group_off:")
        return
    history = flow.tail(MONTHS_SHOWN_FIRST + 1).to_dicts()
    now, before = history[-1], history[-2] if len(history) > 1 else {}
    st.caption(text("retention.tiles", month=formats.month(now["month"])))
    with st.container(key="tiles_five"):
        for column, (above, below) in TILES.items():
            reason = now[f"{column}_null_reason"]
            line = [float("nan" if row[column] is None else row[column]) for row in history]
            known = [value for value in line if value == value]
            tiles.show(
                page.metric_name(FLOW, column),
                "rate",
                now[column],
                before.get(column),
                formats,
                compared_with=text("home.to_previous_month"),
                without_change=text.code("null_reason", reason)
                if reason
                else text("home.nothing_to_compare"),
                definition=text(
                    "home.quotient",
                    definition=page.definition(FLOW, column),
                    numerator=getattr(formats, above)(now[f"{column}_numerator"]),
                    denominator=getattr(formats, below)(now[f"{column}_denominator"]),
                ),
                is_more_better=column != "logo_churn_rate",
                line=line if len(known) > 1 else None,
            )


# ---- cohorts ----


def show_cohorts(page: Frame, segment: Segment, months: list[dict]) -> None:
    """Cohort × months since the first payment, shaded; a pressed cell opens its customers."""
    text, formats = page.text, page.formats
    cells = retention.cohorts(page.snapshot, segment.attribute, segment.value)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = filters.segments(
            "measure",
            tuple(MEASURES),
            default="logo",
            label=text("retention.measure"),
            show=lambda name: text(f"retention.measure_{name}"),
        )
        span = filters.segments(
            "span",
            SPANS,
            default=SPANS[0],
            label=text("retention.span"),
            show=lambda name: text(f"retention.span_{name}"),
        )
    rate = MEASURES[measure]
    title = text("retention.cohorts", measure=text(f"retention.measure_{measure}"))
    frame.heading(
        page,
        title,
        unit=text("retention.percent"),
        metrics=[(COHORT, rate)],
        notes=[text("retention.cohorts_note")],
    )
    if cells.is_empty():
        st.info(text("retention.no_cohort"), icon=":material/grid_off:")
        return
    if span != "all":
        begins = months[-int(span) :][0]["month"]
        cells = cells.filter(pl.col("cohort_month") >= begins)
    if cells.is_empty():
        st.info(text("retention.no_cohort_in_span"), icon=":material/grid_off:")
        return
    average = retention.averages(page.snapshot, segment.attribute, segment.value)
    grid, columns = triangle(page, cells, average, rate)
    tables.show(
        grid,
        columns,
        formats,
        selectable=cells_in_url(cells, columns),
        key="cohorts",
        alt=title,
    )
    tables.download(page, lambda: grid, columns, name=f"cohort_{measure}", key="cohorts_csv")
    show_cohort_customers(page, segment, cells)


def triangle(
    page: Frame, cells: pl.DataFrame, average: pl.DataFrame, rate: str
) -> tuple[pl.DataFrame, list[Column]]:
    """One row per cohort and the average on top; one column per month, empty where immature."""
    ages = sorted(cells["months_since_first"].unique().to_list())
    rows = [
        {"cohort": page.text("retention.average"), "size": None}
        | {
            f"k{row['months_since_first']}": row[rate]
            for row in average.to_dicts()
            if row["months_since_first"] in ages
        }
    ]
    for cohort in cells["cohort_month"].unique().sort():
        of_cohort = cells.filter(pl.col("cohort_month") == cohort).to_dicts()
        rows.append(
            {
                "cohort": cohort_name(page, of_cohort[0]),
                "size": of_cohort[0]["cohort_customer_count"],
            }
            | {f"k{row['months_since_first']}": row[rate] for row in of_cohort}
        )
    names = ["cohort", "size", *(f"k{age}" for age in ages)]
    grid = pl.DataFrame([{name: row.get(name) for name in names} for row in rows], strict=False)
    columns = [
        Column("cohort", page.text("column.cohort"), is_pinned=True),
        Column("size", page.text("column.customers"), "count"),
        *(Column(f"k{age}", age_name(page, age), "share") for age in ages),
    ]
    return grid, columns


def cohort_name(page: Frame, cell: dict) -> str:
    """A cohort's month; the opening cohort is everyone who paid when the history begins."""
    name = page.formats.month_axis(cell["cohort_month"])
    return page.text("mrr.opening_cohort", month=name) if cell["is_opening_cohort"] else name


def age_name(page: Frame, age: int) -> str:
    """Months since the first payment as a heading."""
    return page.text("retention.age", months=age)


def cells_in_url(cells: pl.DataFrame, columns: list[Column]) -> tables.Selectable:
    """Cells that put their cohort and age into the URL when pressed; the average row has none."""
    cohorts = [f"{cohort:%Y-%m}" for cohort in cells["cohort_month"].unique().sort()]
    age_of = {column.label: column.name[1:] for column in columns if column.kind == "share"}
    label_of = {age: label for label, age in age_of.items()}
    cohort = filters.chosen("cohort", cohorts, None)
    age = filters.chosen("k", list(label_of), None)

    def press(selection: dict) -> None:
        below = dict.fromkeys(customers.BELOW_LIST)
        for row, label in selection["cells"]:
            if row and label in age_of:
                filters.put(cohort=cohorts[row - 1], k=age_of[label], **below)

    marked = [(cohorts.index(cohort) + 1, label_of[age])] if cohort and age else []
    return tables.Selectable("single-cell", f"{cohort}_{age}", {"cells": marked}, press)


def show_cohort_customers(page: Frame, segment: Segment, cells: pl.DataFrame) -> None:
    """The customers of the pressed cell with their MRR then, and the way on to their contracts."""
    text, formats = page.text, page.formats
    place = {
        (f"{c['cohort_month']:%Y-%m}", str(c["months_since_first"])): c for c in cells.to_dicts()
    }
    cell = place.get((st.query_params.get("cohort", ""), st.query_params.get("k", "")))
    if cell is None:
        st.info(text("retention.cohort_hint"), icon=":material/touch_app:")
        return
    listed = retention.cohort_customers(
        page.snapshot, cell["cohort_month"], cell["month"], segment.attribute, segment.value
    )
    st.markdown(
        text(
            "retention.cohort_customers",
            cohort=cohort_name(page, cell),
            month=formats.month(cell["month"]),
            size=formats.count(cell["cohort_customer_count"]),
            active=formats.count(cell["active_customer_count"]),
            surviving=formats.count(cell["surviving_customer_count"]),
            mrr=formats.money(cell["mrr"]),
        )
    )
    levels.show_match(page, listed["mrr"].sum(), cell["mrr"], formats.money)
    shown = levels.named(page, listed)
    columns = [
        Column("customer", text("column.customer"), is_pinned=True),
        Column("initial_mrr", text("retention.initial_mrr"), "money"),
        Column("mrr", text("retention.mrr_then", month=formats.month(cell["month"])), "money"),
    ]
    tables.show(
        shown,
        columns,
        formats,
        selectable=tables.rows_in_url(
            "customer", shown["customer_key"].to_list(), clears=("line",)
        ),
        key="cohort_customers",
        alt=text("column.customer"),
    )
    tables.download(
        page,
        lambda: shown,
        columns,
        name=f"cohort_{cell['cohort_month']:%Y%m}_{cell['months_since_first']}",
        key="cohort_customers_csv",
        before=lambda: levels.record_export(
            page, "fct_mrr_movement", shown.height, cohort=cell["cohort_month"].isoformat()
        ),
    )
    show_below(page, customers.choose(page, shown), cell["month"])


def show_below(page: Frame, customer: dict | None, month: date) -> None:
    """The contracts of the chosen customer at both ends of the month, and their lines."""
    if customer is None:
        return
    ends = {row["month"]: row["month_end"] for row in about.months(page.snapshot).to_dicts()}
    drill.show_contracts(page, customer, month, ends[month])


# ---- survival ----


def show_curves(page: Frame, segment: Segment) -> None:
    """Kaplan–Meier curves with their interval: the segment, its neighbours beside it on request."""
    text, formats = page.text, page.formats
    values = [segment.value]
    if (
        segment.attribute != EVERYBODY
        and filters.segments(
            "curves",
            ("largest", "one"),
            default="largest",
            label=text("retention.curves_shown"),
            show=lambda name: text(f"retention.curves_{name}"),
        )
        == "largest"
    ):
        listed = retention.segments(page.snapshot).filter(
            pl.col("segment_attribute") == segment.attribute
        )["segment_value"]
        others = [value for value in listed if value != segment.value]
        values += others[: CURVES_AT_ONCE - 1]
    title = text("retention.curve")
    frame.heading(
        page,
        title,
        unit=text("retention.percent"),
        metrics=[(SURVIVAL, "survival_rate")],
        notes=[text("retention.curve_note")],
    )
    curves = {
        value: retention.survival(page.snapshot, segment.attribute, value) for value in values
    }
    curves = {value: curve for value, curve in curves.items() if not curve.is_empty()}
    if not curves:
        st.info(text("retention.no_curve"), icon=":material/show_chart:")
        return
    points = [
        point
        for value, curve in curves.items()
        for point in stairs(page, segment_name(page, value), curve)
    ]
    chart = retention_charts.survival(
        points,
        month_title=text("retention.months_since_first"),
        rate_title=page.metric_name(SURVIVAL, "survival_rate"),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="survival", alt=title)
    table = pl.concat(
        curve.with_columns(
            pl.lit(segment_name(page, value)).alias("segment"),
            pl.Series("note", [note_of(page, row) for row in curve.to_dicts()], dtype=pl.String),
        )
        for value, curve in curves.items()
    )
    columns = [
        Column("segment", text("retention.segment"), is_pinned=True),
        Column("months_since_first", text("retention.months_since_first"), "count"),
        Column("at_risk_count", text("retention.at_risk"), "count"),
        Column("lapsed_count", text("retention.lapsed"), "count"),
        Column("censored_count", text("retention.censored"), "count"),
        Column("survival_rate", page.metric_name(SURVIVAL, "survival_rate"), "rate"),
        Column("survival_lower_rate", text("retention.lower"), "rate"),
        Column("survival_upper_rate", text("retention.upper"), "rate"),
        Column("note", text("retention.interval")),
    ]
    tables.show(table, columns, formats, key="survival_table", alt=title)
    tables.download(page, lambda: table, columns, name="survival", key="survival_csv")
    st.caption(text("retention.curve_customers"))


def stairs(page: Frame, name: str, curve: pl.DataFrame) -> list[retention_charts.Point]:
    """The points of one curve, from everybody at the first payment on."""
    formats = page.formats
    points = []
    if curve["months_since_first"][0] > 0:
        points.append(retention_charts.Point(name, 0, 1.0, formats.rate(1)))
    for row in curve.to_dicts():
        low, high = row["survival_lower_rate"], row["survival_upper_rate"]
        said = formats.rate(row["survival_rate"])
        if low is not None:
            said = page.text(
                "retention.with_interval",
                rate=said,
                low=formats.rate(low),
                high=formats.rate(high),
            )
        points.append(
            retention_charts.Point(
                name,
                row["months_since_first"],
                float(row["survival_rate"]),
                said,
                None if low is None else float(low),
                None if high is None else float(high),
            )
        )
    return points


def note_of(page: Frame, row: dict) -> str:
    """Why a row has no interval; nothing where it has one."""
    reason = row["interval_null_reason"]
    return page.text.code("null_reason", reason) if reason else ""


# ---- NRR and GRR ----


def show_revenue(page: Frame, segment: Segment, flow: pl.DataFrame) -> None:
    """NRR and GRR by month, of the closed cohort of twelve months ago or as the month's flow."""
    text, formats = page.text, page.formats
    basis = filters.segments(
        "basis",
        ("12m", "month"),
        default="12m",
        label=text("retention.basis"),
        show=lambda name: text(f"retention.basis_{name}"),
    )
    names = ("nrr_12m_rate", "grr_12m_rate") if basis == "12m" else ("nrr_rate", "grr_rate")
    title = text(f"retention.revenue_{basis}")
    frame.heading(
        page,
        title,
        unit=text("retention.percent"),
        metrics=[(FLOW, name) for name in names],
        notes=[text("retention.revenue_note")],
    )
    known = flow.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in names))
    if known.is_empty():
        reason = None if flow.is_empty() else flow[f"{names[0]}_null_reason"][-1]
        st.info(
            text("retention.no_revenue", value=formats.missing(reason)), icon=":material/timeline:"
        )
    else:
        points = [
            retention_charts.Point(
                page.metric_name(FLOW, name),
                formats.month_axis(row["month"]),
                None if row[name] is None else float(row[name]),
                formats.rate(row[name], row[f"{name}_null_reason"]),
            )
            for name in names
            for row in known.to_dicts()
        ]
        chart = retention_charts.rates_by_month(
            points,
            month_title=text("column.month"),
            rate_title=text("retention.percent"),
            is_dark=page.is_dark,
        )
        charts.show(chart, key="revenue_retention", alt=title)
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        Column("customer_count", text("column.customers"), "count"),
        Column("mrr", page.metric_name(FLOW, "mrr"), "money"),
        *(
            Column(name, page.metric_name(FLOW, name), "rate")
            for name in ("nrr_12m_rate", "grr_12m_rate", "nrr_rate", "grr_rate")
        ),
        Column("churned_customer_count", text("retention.churned"), "count"),
        Column("logo_churn_rate", page.metric_name(FLOW, "logo_churn_rate"), "rate"),
    ]
    tables.show(flow.reverse(), columns, formats, key="flow", alt=title)
    tables.download(page, lambda: flow, columns, name="nrr_grr", key="flow_csv")
    if segment.attribute != EVERYBODY and not flow.is_empty():
        show_values(page, segment, flow["month"][-1], columns[1:])
    st.page_link(
        "views/mrr.py",
        label=text("retention.to_movements"),
        icon=":material/arrow_forward:",
        query_params=filters.frame_values(),
    )


def show_values(page: Frame, segment: Segment, month: date, columns: list[Column]) -> None:
    """Every value of the attribute in one month, side by side; together they are everybody."""
    text, formats = page.text, page.formats
    values = retention.by_value(page.snapshot, segment.attribute, month)
    shown = values.with_columns(
        pl.Series("name", [segment_name(page, value) for value in values["segment_value"]])
    )
    title = text(
        "retention.values",
        attribute=text.code("segment_attribute", segment.attribute),
        month=formats.month(month),
    )
    st.subheader(title, anchor=False)
    everybody = retention.by_value(page.snapshot, EVERYBODY, month)
    levels.show_match(page, values["mrr"].sum(), everybody["mrr"].sum(), formats.money)
    columns = [Column("name", text("retention.segment"), is_pinned=True), *columns]
    tables.show(shown, columns, formats, key="values", alt=title)
    tables.download(page, lambda: shown, columns, name="nrr_grr_segments", key="values_csv")


# ---- churn ----


def show_churn(page: Frame, months: list[dict]) -> None:
    """Why customers left in a range of months; a pressed reason opens who they were."""
    text, formats = page.text, page.formats
    by_name = {f"{row['month']:%Y-%m}": row["month"] for row in months}
    names = list(by_name)
    with st.container(horizontal=True):
        first = filters.select(
            "from",
            names,
            default=names[-MONTHS_SHOWN_FIRST:][0],
            label=text("mrr.from"),
            show=lambda name: formats.month(by_name[name]),
            clears=customers.BELOW_LIST,
            width=160,
        )
        following = names[names.index(first) :]
        last = filters.select(
            "to",
            following,
            default=following[-1],
            label=text("mrr.to"),
            show=lambda name: formats.month(by_name[name]),
            clears=customers.BELOW_LIST,
            width=160,
        )
    begin, end = by_name[first], by_name[last]
    reasons = retention.churn_reasons(page.snapshot, begin, end)
    title = text("retention.reasons", first=formats.month(begin), last=formats.month(end))
    frame.heading(
        page,
        title,
        unit=text("retention.people"),
        metrics=[(REASON, "churned_customer_count")],
        notes=[text("retention.reasons_note")],
    )
    if reasons.is_empty():
        st.info(text("retention.nobody_left"), icon=":material/sentiment_satisfied:")
        return
    shown = reasons.with_columns(
        pl.Series("reason", [reason_name(page, row) for row in reasons.to_dicts()]),
        pl.Series("kind", [text.code("churn_kind", kind) for kind in reasons["churn_kind"]]),
    )
    said_once = shown["reason"].is_unique()
    bars = [
        retention_charts.Reason(
            row["reason"]
            if is_alone
            else text("retention.reason_and_kind", reason=row["reason"], kind=row["kind"]),
            int(row["churned_customer_count"]),
            text(
                "retention.reason_bar",
                count=formats.count(row["churned_customer_count"]),
                mrr=formats.money(row["mrr_lost"]),
            ),
            {"reason": reason_key(row)},
        )
        for row, is_alone in zip(shown.head(REASONS_DRAWN).to_dicts(), said_once, strict=False)
    ]
    chart = retention_charts.reasons(
        bars, count_title=text("retention.people"), is_dark=page.is_dark
    )
    charts.show(chart, key="reasons", alt=title, clears=customers.BELOW_LIST)
    columns = [
        Column("reason", text("column.reason"), is_pinned=True),
        Column("kind", text("retention.kind")),
        Column(
            "churned_customer_count",
            page.metric_name(REASON, "churned_customer_count"),
            "count",
        ),
        Column("mrr_lost", page.metric_name(REASON, "mrr_lost"), "money"),
        Column("churned_while_paused_count", text("retention.while_paused"), "count"),
        Column("requested_count", text("retention.requested"), "count"),
    ]
    keys = [reason_key(row) for row in shown.to_dicts()]
    tables.show(
        shown,
        columns,
        formats,
        selectable=tables.rows_in_url("reason", keys, clears=customers.BELOW_LIST),
        key="reasons_table",
        alt=title,
    )
    tables.download(page, lambda: shown, columns, name="churn_reasons", key="reasons_csv")
    chosen = filters.chosen("reason", keys, None)
    if chosen is None:
        st.info(text("retention.reason_hint"), icon=":material/touch_app:")
        return
    show_churned(page, begin, end, shown.row(keys.index(chosen), named=True))


def reason_key(row: dict) -> str:
    """A reason in the URL."""
    return f"{row['churn_kind']}.{row['reason_code']}"


def reason_name(page: Frame, row: dict) -> str:
    """The reason in the reader's language, as the company lists it; else the code in words."""
    code = row["reason_code"]
    label = row[f"reason_label_{page.text.lang}"]
    return page.text.code("churn_reason", code) if label in (None, code) else label


def show_churned(page: Frame, begin: date, end: date, above: dict) -> None:
    """Who left for this reason, in their own words, after how long, and what they had asked."""
    text, formats = page.text, page.formats
    kind, reason = above["churn_kind"], above["reason_code"]
    counted = retention.churn_sum(page.snapshot, begin, end, kind, reason).row(0, named=True)
    st.markdown(
        text(
            "retention.churned_customers",
            reason=literal(above["reason"]),
            kind=above["kind"],
            count=formats.count(counted["churned_customer_count"]),
            mrr=formats.money(counted["mrr_lost"]),
        )
    )
    levels.show_match(page, counted["mrr_lost"], above["mrr_lost"], formats.money)
    churns = retention.churns(page.snapshot, begin, end, kind, reason)
    said = retention.churn_texts(page.snapshot, begin, end)
    listed = levels.named(page, churns).with_columns(
        pl.Series("text", [said.get(key) for key in churns["churn_key"]], dtype=pl.String),
        pl.Series(
            "paused",
            [text("retention.paused") if paused else "" for paused in churns["is_while_paused"]],
        ),
    )
    columns = [
        Column("customer", text("column.customer"), is_pinned=True),
        Column("churned_on", text("retention.churned_on"), "date"),
        Column("mrr_lost", text("retention.mrr_lost"), "money"),
        Column("text", text("retention.in_their_words")),
        Column("tenure_months", text("retention.tenure_months"), "count"),
        Column("plan_name", text("column.plan_id")),
        Column("requested_date", text("retention.requested_date"), "date"),
        Column(
            "request_lag_days", page.metric_name("mart_churn_analysis", "request_lag_days"), "count"
        ),
        Column("inquiry_90d_count", text("retention.inquiries"), "count"),
        Column("complaint_90d_count", text("retention.complaints"), "count"),
        Column("last_inquiry_date", text("retention.last_inquiry"), "date"),
        Column("paused", text("retention.while_paused")),
    ]
    tables.show(
        listed,
        columns,
        formats,
        selectable=tables.rows_in_url(
            "customer", listed["customer_key"].to_list(), clears=("line",)
        ),
        key="churned",
        alt=text("column.customer"),
    )
    tables.download(
        page,
        lambda: listed,
        columns,
        name=f"churned_{begin:%Y%m}_{end:%Y%m}_{kind}_{reason}",
        key="churned_csv",
        before=lambda: levels.record_export(
            page, "mart_churn_analysis", listed.height, churn_kind=kind, reason_code=reason
        ),
    )
    customer = customers.choose(page, listed)
    if customer is not None:
        show_inquiries(page, customer)
        show_below(page, customer, customer["month"])


def show_inquiries(page: Frame, customer: dict) -> None:
    """What the customer had asked in the days before leaving."""
    text, formats = page.text, page.formats
    last = customer["churned_on"]
    first = last - timedelta(days=DAYS_OF_INQUIRIES - 1)
    asked = retention.inquiries(page.snapshot, customer["customer_key"], first, last)
    title = text("retention.inquiries_before", day=formats.date(last))
    st.markdown(title)
    if asked.is_empty():
        st.caption(text("retention.no_inquiry"))
        return
    shown = asked.with_columns(
        pl.Series(
            "complaint",
            [text("retention.is_complaint") if is_it else "" for is_it in asked["is_complaint"]],
        )
    )
    columns = [
        Column("asked_date", text("retention.asked_on"), "date"),
        Column("topic", text("retention.topic")),
        Column("complaint", text("retention.complaint")),
        Column("channel", text("retention.channel")),
        Column("status", text("column.state")),
        Column("ticket_id", text("retention.ticket")),
    ]
    tables.show(shown, columns, formats, key="inquiries", alt=title)


# ---- the layer model ----


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


main(frame.current())
