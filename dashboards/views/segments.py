"""セグメント: customers in groups, by value, by what they are and where they came from, and whom to
approach next. One view at a time, named in the URL; every number leads to its customers.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

import polars as pl
import streamlit as st

from dashboards import (
    charts,
    customers,
    drill,
    filters,
    frame,
    levels,
    segment_charts,
    tables,
    tiles,
)
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import about, retention, segments
from dashboards.tables import Column

MART, RFM, DECILE = "mart_customer_360", "mart_rfm", "mart_decile"
PARETO, CONCENTRATION, LTV = "mart_pareto", "mart_concentration", "mart_ltv"
BY_VALUE, CAMPAIGN, TRIAL = (
    "mart_revenue_retention",
    "mart_campaign_performance",
    "mart_trial_funnel",
)
ECONOMICS, AFFINITY, UPSELL = "mart_unit_economics", "mart_affinity", "mart_upsell_candidates"
DORMANT = "mart_dormant"
BELOW_VIEW = (
    *("cell", "decile", "abc", "value", "channel", "campaign", "month", "pair", "offer", "kind"),
    *("customer", "trial", "line"),
)
BELOW = ("customer", "line")
ATTRIBUTES = (
    *("customer_type", "industry", "prefecture", "acquisition_channel", "campaign"),
    *("first_plan", "first_product", "first_billing_interval", "first_payment_method"),
)
SCORES = ("1", "2", "3", "4", "5")
WINDOWS = ("30", "60", "90")
LARGEST = 10
CURVE_POINTS = 300  # more than a screen can tell apart
BARS_SHOWN = 12
MONTHS_SHOWN = 24


def main(page: Frame) -> None:
    """Group of views → view."""
    text = page.text
    asked = st.query_params.get("view", "")
    group_of = {view: group for group, views in GROUPS.items() for view in views}
    group = filters.segments(
        "group",
        tuple(GROUPS),
        default=group_of.get(asked, next(iter(GROUPS))),
        label=text("segments.group"),
        show=lambda name: text(f"segments.group_name.{name}"),
        clears=("view", *BELOW_VIEW),
    )
    views = GROUPS[group]
    view = filters.segments(
        "view",
        tuple(views),
        default=next(iter(views)),
        label=text("segments.view"),
        show=lambda name: text(f"segments.view_name.{name}"),
        clears=BELOW_VIEW,
    )
    views[view](page)


# ---- parts ----


def nothing(page: Frame, what: str) -> None:
    """What to deliver so that the view fills."""
    st.info(page.text(f"segments.empty.{what}"), icon=":material/inbox:")


def show_customers(
    page: Frame,
    rows: pl.DataFrame,
    *,
    title: str,
    amount: Column,
    total: Decimal | int | None,
    show_number: Callable,
    mart: str = MART,
) -> None:
    """The customers behind a number, whether they add up to it, and the way to each one's page.

    amount: the column that adds up to `total`; total None where it has no number above it.
    """
    text = page.text
    st.markdown(
        text("segments.customers", title=literal(title), count=page.formats.count(rows.height))
    )
    if total is not None:
        levels.show_match(page, rows[amount.name].sum() or Decimal(0), total, show_number)
    if rows.is_empty():
        st.info(text("segments.nobody"), icon=":material/person_off:")
        return
    others = [
        Column("mrr", page.metric_name("mart_kpi_monthly", "mrr"), "money"),
        Column("net_revenue_12m", text("customer.tile.net_revenue_12m"), "money"),
        Column("ltv_realised_amount", text("customer.tile.ltv"), "money"),
    ]
    levels.show(
        page,
        levels.Level(
            "customer", "customer_key", title, text("segments.choose_customer"), mart, ("line",)
        ),
        rows,
        [
            Column("customer", text("column.customer"), is_pinned=True),
            amount,
            Column("status_name", text("column.state")),
            *(column for column in others if column.name != amount.name),
            Column("rfm_cell", text("customer.fact.rfm_cell")),
            Column("decile", text("customer.decile"), "count"),
            Column("plan_names", text("column.plan_id")),
            Column("owner", text("customer.fact.owner")),
            Column("first_paid_month", text("column.cohort_month"), "month"),
            Column("last_contact_date", text("customer.fact.last_contact_date"), "date"),
        ],
        describe=lambda row: row["customer"],
        in_words=lambda listed: levels.with_status(page, listed),
    )


def revenue_column(page: Frame) -> Column:
    """Net revenue of twelve months as the column a list adds up by."""
    return Column("net_revenue_12m", page.text("customer.tile.net_revenue_12m"), "money")


def mrr_column(page: Frame) -> Column:
    """MRR as the column a list adds up by."""
    return Column("mrr", page.metric_name("mart_kpi_monthly", "mrr"), "money")


def show_tiles(
    page: Frame, model: str, facts: Sequence[tuple[str, str]], row: dict, notes: dict[str, str]
) -> None:
    """Metrics of one row of a mart: a value or why there is none, and what it was made from."""
    text = page.text
    with st.container(key="tiles"):
        for column, kind in facts:
            reason = row.get(f"{column}_null_reason")
            tiles.show(
                page.metric_name(model, column),
                kind,
                row[column],
                None,
                page.formats,
                compared_with="",
                without_change=text.code("null_reason", reason) if reason else notes.get(column),
                definition=page.definition(model, column),
            )


def quotient(page: Frame, numerator: str, denominator: str) -> str:
    """What was divided by what."""
    return page.text("segments.quotient", numerator=numerator, denominator=denominator)


# ---- by value ----


def show_rfm(page: Frame) -> None:
    """The grid of recency and frequency → its cells → customers."""
    text, formats = page.text, page.formats
    cells = segments.rfm_cells(page.snapshot)
    title = text("segments.rfm")
    frame.heading(
        page,
        title,
        unit=text("segments.people"),
        metrics=[(RFM, "r_score"), (RFM, "f_score"), (RFM, "m_score")],
        notes=[text("segments.rfm_note")],
    )
    if cells.is_empty():
        nothing(page, "rfm")
        return
    rows = cells.to_dicts()
    chart = segment_charts.grid(
        [
            segment_charts.Cell(
                across=str(row["f_score"]),
                down=str(row["r_score"]),
                value=row["customer_count"],
                text=formats.count(row["customer_count"]),
                facts=text(
                    "segments.cell_facts",
                    r=row["r_score"],
                    f=row["f_score"],
                    count=formats.count(row["customer_count"]),
                    revenue=formats.money(row["net_revenue_12m"]),
                ),
                puts={"cell": row["cell"]},
            )
            for row in rows
        ],
        across=SCORES,
        down=SCORES[::-1],
        across_title=text("segments.frequency"),
        down_title=text("segments.recency"),
        facts_title=text("segments.cell"),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="rfm", alt=title, clears=BELOW)
    total = segments.rfm_total(page.snapshot)
    levels.show_match(page, cells["customer_count"].sum(), total["customer_count"], formats.count)
    named = cells.with_columns(
        pl.Series(
            "name",
            [text("segments.cell_name", r=row["r_score"], f=row["f_score"]) for row in rows],
        )
    )
    cell = levels.show(
        page,
        levels.Level("cell", "cell", title, text("segments.choose_cell"), RFM, BELOW),
        named,
        [
            Column("name", text("segments.cell"), is_pinned=True),
            Column("customer_count", text("column.customers"), "count"),
            revenue_column(page),
        ],
        describe=lambda row: row["name"],
    )
    if cell is not None:
        show_customers(
            page,
            segments.of_cell(page.snapshot, cell["cell"]),
            title=cell["name"],
            amount=revenue_column(page),
            total=cell["net_revenue_12m"],
            show_number=formats.money,
        )


def show_decile(page: Frame) -> None:
    """Ten groups of equal size by revenue → customers."""
    text, formats = page.text, page.formats
    deciles = segments.deciles(page.snapshot)
    title = text("segments.decile")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[(DECILE, "net_revenue_12m"), (DECILE, "cumulative_revenue_share_rate")],
    )
    if deciles.is_empty():
        nothing(page, "decile")
        return
    if deciles["notice"][0]:
        st.caption(text.code("segments.notice", deciles["notice"][0]))
    named = deciles.with_columns(
        pl.Series("name", [text("segments.decile_name", decile=d) for d in deciles["decile"]])
    )
    bars = [
        charts.Bar(
            row["name"],
            formats.money_pixels(row["net_revenue_12m"]),
            formats.money(row["net_revenue_12m"]),
            puts={"decile": str(row["decile"])},
        )
        for row in named.to_dicts()
    ]
    charts.show(
        charts.bars(bars, formats.money_unit(), page.is_dark), key="decile", alt=title, clears=BELOW
    )
    total = deciles["net_revenue_12m_of_all"][0]
    levels.show_match(page, deciles["net_revenue_12m"].sum(), total, formats.money)
    decile = levels.show(
        page,
        levels.Level("decile", "decile", title, text("segments.choose_decile"), DECILE, BELOW),
        named,
        [
            Column("name", text("segments.decile_column"), is_pinned=True),
            Column("customer_count", text("column.customers"), "count"),
            Column("net_revenue_12m", page.metric_name(DECILE, "net_revenue_12m"), "money"),
            Column("revenue_share_rate", page.metric_name(DECILE, "revenue_share_rate"), "rate"),
            Column(
                "cumulative_revenue_share_rate",
                page.metric_name(DECILE, "cumulative_revenue_share_rate"),
                "rate",
            ),
            Column(
                "mean_net_revenue_12m", page.metric_name(DECILE, "mean_net_revenue_12m"), "money"
            ),
        ],
        describe=lambda row: row["name"],
    )
    if decile is not None:
        show_customers(
            page,
            segments.of_decile(page.snapshot, decile["decile"]),
            title=decile["name"],
            amount=revenue_column(page),
            total=decile["net_revenue_12m"],
            show_number=formats.money,
        )


def show_pareto(page: Frame) -> None:
    """The curve of 2:8, the classes A, B and C, and how the share moved over months."""
    text, formats = page.text, page.formats
    months = segments.pareto(page.snapshot)
    classes = segments.abc(page.snapshot)
    title = text("segments.pareto")
    frame.heading(
        page,
        title,
        unit=text("segments.percent"),
        metrics=[
            (PARETO, "top_fifth_share_rate"),
            (PARETO, "customer_for_80_percent_rate"),
            (RFM, "abc_class"),
        ],
        notes=[text("segments.pareto_note")],
    )
    if classes.is_empty():
        nothing(page, "pareto")
        return
    if not months.is_empty():
        show_pareto_tiles(page, months.row(-1, named=True))
    count = classes["customer_count"].sum()
    points = segments.curve(page.snapshot, max(1, -(-count // CURVE_POINTS)))
    drawn = points.drop_nulls("cumulative_revenue_share_rate")
    if not drawn.is_empty():
        chart = segment_charts.pareto(
            [
                segment_charts.Rank(
                    rank,
                    float(share),
                    group or "C",
                    formats.rate(share),
                    {"abc": group} if group else None,
                )
                for rank, share, group in drawn.iter_rows()
            ],
            rank_title=text("segments.rank"),
            share_title=page.metric_name(RFM, "cumulative_revenue_share_rate"),
            group_title=page.metric_name(RFM, "abc_class"),
            is_dark=page.is_dark,
        )
        charts.show(chart, key="pareto", alt=title, clears=BELOW)
    total = segments.rfm_total(page.snapshot)["net_revenue_12m"]
    levels.show_match(page, classes["net_revenue_12m"].sum(), total, formats.money)
    named = classes.with_columns(
        pl.Series("name", [text.code("segments.abc_name", code) for code in classes["abc_class"]])
    )
    group = levels.show(
        page,
        levels.Level("abc", "abc_class", title, text("segments.choose_abc"), RFM, BELOW),
        named,
        [
            Column("name", page.metric_name(RFM, "abc_class"), is_pinned=True),
            Column("customer_count", text("column.customers"), "count"),
            revenue_column(page),
            Column("revenue_share_rate", page.metric_name(RFM, "revenue_share_rate"), "rate"),
        ],
        describe=lambda row: row["name"],
    )
    if group is not None:
        show_customers(
            page,
            segments.of_abc(page.snapshot, group["abc_class"]),
            title=group["name"],
            amount=revenue_column(page),
            total=group["net_revenue_12m"],
            show_number=formats.money,
        )
    show_shares_over_time(
        page,
        text("segments.pareto_months"),
        PARETO,
        ("top_fifth_share_rate", "customer_for_80_percent_rate"),
        months,
        [
            Column("month", text("column.month"), "month", is_pinned=True),
            Column("customer_count", text("column.customers"), "count"),
            Column(
                "top_fifth_share_rate", page.metric_name(PARETO, "top_fifth_share_rate"), "rate"
            ),
            Column(
                "customer_for_80_percent_count",
                page.metric_name(PARETO, "customer_for_80_percent_count"),
                "count",
            ),
            Column(
                "customer_for_80_percent_rate",
                page.metric_name(PARETO, "customer_for_80_percent_rate"),
                "rate",
            ),
        ],
    )


def show_pareto_tiles(page: Frame, now: dict) -> None:
    """The two figures of 2:8 at the end of the last month."""
    text, formats = page.text, page.formats
    reason = now["pareto_null_reason"]
    row = {**now, "top_fifth_share_rate_null_reason": reason}
    row["customer_for_80_percent_rate_null_reason"] = reason
    facts = [("top_fifth_share_rate", "rate"), ("customer_for_80_percent_rate", "rate")]
    notes = {
        "top_fifth_share_rate": quotient(
            page,
            formats.money(now["top_fifth_net_revenue_12m"]),
            formats.money(now["net_revenue_12m"]),
        ),
        "customer_for_80_percent_rate": text(
            "segments.of_customers",
            count=formats.count(now["customer_for_80_percent_count"]),
            all=formats.count(now["customer_count"]),
        ),
    }
    show_tiles(page, PARETO, facts, row, notes)


def show_shares_over_time(
    page: Frame,
    title: str,
    model: str,
    rates: Sequence[str],
    months: pl.DataFrame,
    columns: Sequence[Column],
) -> None:
    """Rates by month as lines, and the months as a table."""
    text, formats = page.text, page.formats
    if months.is_empty():
        return
    frame.heading(
        page,
        title,
        unit=text("segments.percent"),
        metrics=[*((model, rate) for rate in rates)],
    )
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            page.metric_name(model, rate),
            row[rate],
            formats.rate(row[rate]),
        )
        for row in months.tail(MONTHS_SHOWN).to_dicts()
        for rate in rates
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=text("segments.percent"),
        is_dark=page.is_dark,
        mark="line",
        axis_format=".0%",
    )
    charts.show(chart, key=f"{model}_lines", alt=title)
    newest = months.tail(MONTHS_SHOWN).reverse()
    tables.show(newest, columns, formats, key=f"{model}_months", alt=title)
    levels.reasons(page, newest, columns)
    tables.download(page, lambda: months, columns, name=model, key=f"{model}_csv")


def show_concentration(page: Frame) -> None:
    """How much of MRR hangs on the largest, over months; who they are now."""
    text, formats = page.text, page.formats
    months = segments.concentration(page.snapshot)
    title = text("segments.concentration")
    if months.is_empty():
        nothing(page, "concentration")
        return
    now = months.row(-1, named=True)
    rates = [f"top_{size}_share_rate" for size in (1, 5, 10)]
    facts = [*((rate, "rate") for rate in rates), ("hhi_ratio", "ratio")]
    reasons = {f"{column}_null_reason": now["concentration_null_reason"] for column, _ in facts}
    notes = {
        f"top_{size}_share_rate": quotient(
            page, formats.money(now[f"top_{size}_mrr"]), formats.money(now["mrr"])
        )
        for size in (1, 5, 10)
    }
    notes["hhi_ratio"] = text("segments.hhi_note")
    show_tiles(page, CONCENTRATION, facts, {**now, **reasons}, notes)
    show_shares_over_time(
        page,
        title,
        CONCENTRATION,
        rates,
        months,
        [
            Column("month", text("column.month"), "month", is_pinned=True),
            Column("mrr", page.metric_name("mart_kpi_monthly", "mrr"), "money"),
            Column("customer_count", text("column.customers"), "count"),
            *(Column(rate, page.metric_name(CONCENTRATION, rate), "rate") for rate in rates),
            Column("hhi_ratio", page.metric_name(CONCENTRATION, "hhi_ratio"), "ratio"),
        ],
    )
    show_customers(
        page,
        segments.largest(page.snapshot, LARGEST),
        title=text("segments.largest", month=formats.month(now["month"])),
        amount=mrr_column(page),
        total=now["top_10_mrr"],
        show_number=formats.money,
    )


def show_ltv(page: Frame) -> None:
    """What a customer is worth, three ways, over months; what each one brought so far."""
    text, formats = page.text, page.formats
    months = segments.ltv(page.snapshot)
    title = text("segments.ltv")
    ways = ("ltv_expected", "ltv_realised", "ltv_survival")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[*((LTV, way) for way in ways)],
    )
    if months.is_empty():
        nothing(page, "ltv")
        return
    now = months.row(-1, named=True)
    margin = formats.rate(now["gross_margin_rate"])
    notes = {
        "ltv_expected": text(
            "segments.ltv_expected_note",
            arpa=formats.money(now["arpa"]),
            margin=margin,
            churn=formats.rate(now["mean_logo_churn_rate"]),
        ),
        "ltv_realised": text(
            "segments.ltv_realised_note",
            revenue=formats.money(now["net_revenue_to_date"]),
            margin=margin,
            count=formats.count(now["billed_customer_count"]),
        ),
        "ltv_survival": text(
            "segments.ltv_survival_note",
            months=formats.count(now["ltv_horizon_months"]),
            share=formats.rate(now["ltv_survival_extrapolated_rate"]),
        ),
    }
    show_tiles(page, LTV, [(way, "money") for way in ways], now, notes)
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            page.metric_name(LTV, way),
            None if row[way] is None else formats.money_pixels(row[way]),
            formats.money(row[way], row[f"{way}_null_reason"]),
        )
        for row in months.tail(MONTHS_SHOWN).to_dicts()
        for way in ways
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=formats.money_unit(),
        is_dark=page.is_dark,
        mark="line",
    )
    charts.show(chart, key="ltv", alt=title)
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        *(Column(way, page.metric_name(LTV, way), "money") for way in ways),
        Column("arpa", page.metric_name("mart_kpi_monthly", "arpa"), "money"),
        Column("mean_logo_churn_rate", text("segments.mean_churn"), "rate"),
        Column("customer_count", text("column.customers"), "count"),
    ]
    newest = months.tail(MONTHS_SHOWN).reverse()
    tables.show(newest, columns, formats, key="ltv_months", alt=title)
    levels.reasons(page, newest, columns)
    tables.download(page, lambda: months, columns, name="ltv", key="ltv_csv")
    # what was invoiced after the last month's end is in the customers' sum, not in the month's
    is_same_day = about.months(page.snapshot)["month_end"][-1] == page.as_of
    show_customers(
        page,
        segments.billed(page.snapshot),
        title=text("segments.billed"),
        amount=Column("net_revenue_to_date", text("segments.revenue_to_date"), "money"),
        total=now["net_revenue_to_date"] if is_same_day else None,
        show_number=formats.money,
    )


# ---- by what they are, and where they came from ----


def show_attribute(page: Frame) -> None:
    """Any attribute: MRR, customers, retention and churn by value → customers."""
    text, formats = page.text, page.formats
    month = about.months(page.snapshot)["month"][-1]
    present = set(retention.segments(page.snapshot)["segment_attribute"])
    options = [name for name in ATTRIBUTES if name in present]
    if not options:
        nothing(page, "attribute")
        return
    by = filters.select(
        "by",
        options,
        default=options[0],
        label=text("retention.by"),
        show=lambda name: text.code("segment_attribute", name),
        clears=("value", *BELOW),
        width=260,
    )
    values = retention.by_value(page.snapshot, by, month)
    name = text.code("segment_attribute", by)
    title = text("segments.attribute", attribute=name, month=formats.month(month))
    rates = ("logo_churn_rate", "nrr_rate", "grr_rate", "nrr_12m_rate", "grr_12m_rate")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[(BY_VALUE, "mrr"), *((BY_VALUE, rate) for rate in rates)],
        notes=[text("segments.attribute_note")],
    )
    if values.is_empty():
        nothing(page, "attribute")
        return
    named = values.with_columns(
        pl.Series("name", [text.code("segment_value", code) for code in values["segment_value"]])
    )
    bars = [
        charts.Bar(
            row["name"],
            formats.money_pixels(row["mrr"]),
            formats.money(row["mrr"]),
            puts={"value": row["segment_value"]},
        )
        for row in named.head(BARS_SHOWN).to_dicts()
    ]
    if named.height > len(bars):
        st.caption(text("segments.first_bars", shown=len(bars), all=formats.count(named.height)))
    charts.show(
        charts.bars(bars, formats.money_unit(), page.is_dark), key="values", alt=title, clears=BELOW
    )
    everybody = retention.by_value(page.snapshot, "all", month)["mrr"].sum()
    levels.show_match(page, values["mrr"].sum(), everybody, formats.money)
    columns = [
        Column("name", name, is_pinned=True),
        Column("mrr", page.metric_name(BY_VALUE, "mrr"), "money"),
        Column("customer_count", text("column.customers"), "count"),
        Column("arpa", page.metric_name(BY_VALUE, "arpa"), "money"),
        Column("new_customer_count", text("segments.new_customers"), "count"),
        Column("churned_customer_count", text("retention.churned"), "count"),
        *(Column(rate, page.metric_name(BY_VALUE, rate), "rate") for rate in rates),
    ]
    value = levels.show(
        page,
        levels.Level(
            "value", "segment_value", title, text("segments.choose_value"), BY_VALUE, BELOW
        ),
        named,
        columns,
        describe=lambda row: row["name"],
    )
    levels.reasons(page, named, columns)
    if value is not None:
        show_customers(
            page,
            segments.of_value(page.snapshot, by, value["segment_value"]),
            title=text("customer.segment", attribute=name, value=value["name"]),
            amount=mrr_column(page),
            total=value["mrr"],
            show_number=formats.money,
        )


def campaign_columns(page: Frame, first: Column) -> list[Column]:
    """The figures a channel or a campaign is told by."""
    rates = ("conversion_90d_rate", "retention_3m_rate", "retention_6m_rate", "retention_12m_rate")
    return [
        first,
        Column("new_customer_count", page.text("segments.won"), "count"),
        Column("trial_count", page.text("segments.trial_count"), "count"),
        *(Column(rate, page.metric_name(CAMPAIGN, rate), "rate") for rate in rates),
        Column("cac", page.metric_name(CAMPAIGN, "cac"), "money"),
        Column("realised_ltv", page.metric_name(CAMPAIGN, "realised_ltv"), "money"),
        Column("ltv_cac_ratio", page.metric_name(CAMPAIGN, "ltv_cac_ratio"), "ratio"),
        Column("net_revenue", page.text("segments.revenue_to_date"), "money"),
    ]


def show_campaign(page: Frame) -> None:
    """Channels → campaigns → the customers they won: do they stay, are they worth their cost."""
    text, formats = page.text, page.formats
    found = segments.channels(page.snapshot)
    everything = found.filter(pl.col("channel") == "all").to_dicts()
    channels = found.filter(pl.col("channel") != "all")
    title = text("segments.campaign")
    frame.heading(
        page,
        title,
        unit=text("segments.people"),
        metrics=[
            (CAMPAIGN, "retention_12m_rate"),
            (CAMPAIGN, "cac"),
            (CAMPAIGN, "realised_ltv"),
            (CAMPAIGN, "ltv_cac_ratio"),
        ],
        notes=[text("segments.campaign_note")],
    )
    if channels.is_empty():
        nothing(page, "campaign")
        return
    bars = [
        charts.Bar(
            row["channel"],
            row["new_customer_count"],
            formats.count(row["new_customer_count"]),
            puts={"channel": row["channel"]},
        )
        for row in channels.head(BARS_SHOWN).to_dicts()
    ]
    charts.show(
        charts.bars(bars, text("segments.won"), page.is_dark),
        key="channels",
        alt=title,
        clears=("campaign", *BELOW),
    )
    total = everything[0]["new_customer_count"]
    levels.show_match(page, channels["new_customer_count"].sum(), total, formats.count)
    columns = campaign_columns(
        page, Column("channel", text.code("segment_attribute", "acquisition_channel"))
    )
    channel = levels.show(
        page,
        levels.Level(
            "channel",
            "channel",
            title,
            text("segments.choose_channel"),
            "mart_campaign_total",
            ("campaign", *BELOW),
        ),
        channels,
        columns,
        describe=lambda row: row["channel"],
    )
    levels.reasons(page, channels, columns)
    if channel is not None:
        show_campaigns_of(page, channel)


def show_campaigns_of(page: Frame, channel: dict) -> None:
    """The campaigns of one channel and the customers each won."""
    text, formats = page.text, page.formats
    campaigns = segments.campaigns(page.snapshot, channel["channel"])
    title = text("segments.campaigns_of", channel=literal(channel["channel"]))
    st.markdown(title)
    levels.show_match(
        page,
        campaigns["new_customer_count"].sum(),
        channel["new_customer_count"],
        formats.count,
    )
    columns = campaign_columns(
        page, Column("campaign_name", text.code("segment_attribute", "campaign"))
    )
    campaign = levels.show(
        page,
        levels.Level(
            "campaign",
            "campaign_id",
            title,
            text("segments.choose_campaign"),
            "mart_campaign_total",
            BELOW,
        ),
        campaigns,
        columns,
        describe=lambda row: row["campaign_name"],
    )
    levels.reasons(page, campaigns, columns)
    if campaign is None:
        return
    won = segments.of_campaign(page.snapshot, campaign["campaign_name"], channel["channel"])
    levels.show_match(page, won.height, campaign["new_customer_count"], formats.count)
    show_customers(
        page,
        won,
        title=campaign["campaign_name"],
        amount=Column("net_revenue_to_date", text("segments.revenue_to_date"), "money"),
        total=None,
        show_number=formats.money,
    )


def show_trial(page: Frame) -> None:
    """Trials begun by month and how many pay by now → the trials and who they are."""
    text, formats = page.text, page.formats
    window = filters.segments(
        "window",
        WINDOWS,
        default=WINDOWS[0],
        label=text("segments.window"),
        show=lambda name: text("segments.window_days", days=name),
        clears=("month", "trial"),
    )
    months = segments.trial_months(page.snapshot, int(window))
    title = text("segments.trial", days=window)
    frame.heading(
        page,
        title,
        unit=text("inquiries.unit"),
        metrics=[(TRIAL, "conversion_rate")],
        notes=[text("segments.trial_note")],
    )
    if months.is_empty():
        nothing(page, "trial")
        return
    points = [
        charts.Point(
            formats.month_axis(row["trial_month"]),
            text(f"segments.{column}"),
            row[column],
            formats.count(row[column]),
            {"month": f"{row['trial_month']:%Y-%m}"},
        )
        for row in months.tail(MONTHS_SHOWN).to_dicts()
        for column in ("trial_count", "converted_so_far_count")
    ]
    chart = charts.over_months(
        points,
        month_title=text("segments.trial_month"),
        value_title=text("inquiries.unit"),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="trials", alt=title, clears=("trial",))
    newest = months.reverse().with_columns(
        pl.Series("name", [f"{month:%Y-%m}" for month in months.reverse()["trial_month"]])
    )
    columns = [
        Column("trial_month", text("segments.trial_month"), "month", is_pinned=True),
        Column("trial_count", text("segments.trial_count"), "count"),
        Column("converted_so_far_count", text("segments.converted_so_far_count"), "count"),
        Column("conversion_rate", page.metric_name(TRIAL, "conversion_rate"), "rate"),
    ]
    month = levels.show(
        page,
        levels.Level(
            "month",
            "name",
            title,
            text("segments.choose_month"),
            "mart_trial_conversion",
            ("trial",),
        ),
        newest,
        columns,
        describe=lambda row: formats.month(row["trial_month"]),
    )
    levels.reasons(page, newest, columns)
    if month is None:
        return
    trials = segments.trials(page.snapshot, month["trial_month"])
    title = text("segments.trials_of", month=formats.month(month["trial_month"]))
    st.markdown(title)
    levels.show_match(page, trials.height, month["trial_count"], formats.count)
    trial = levels.show(
        page,
        levels.Level("trial", "trial_key", title, text("segments.choose_customer"), "fct_trial"),
        levels.named(page, trials),
        [
            Column("customer", text("column.customer"), is_pinned=True),
            Column("contract_id", text("column.contract_id")),
            Column("trial_start_date", text("segments.trial_start"), "date"),
            Column("trial_end_excl", text("column.piece_end_excl"), "date"),
            Column("converted_on", text("segments.converted_on"), "date"),
            Column("conversion_days", text("segments.conversion_days"), "count"),
            Column("campaign_id", text.code("segment_attribute", "campaign")),
        ],
        describe=lambda row: row["customer"],
    )
    if trial is not None:
        customers.link(page, trial["customer_key"])


def show_economics(page: Frame) -> None:
    """What a new customer costs and brings by month, the 1:5 check → the month's new customers."""
    text, formats = page.text, page.formats
    months = segments.economics(page.snapshot)
    if months.is_empty():
        nothing(page, "economics")
        return
    by_name = {f"{row['month']:%Y-%m}": row for row in reversed(months.to_dicts())}
    chosen = filters.select(
        "month",
        list(by_name),
        default=next(iter(by_name)),
        label=text("column.month"),
        show=lambda name: formats.month(by_name[name]["month"]),
        clears=BELOW,
        width=200,
    )
    now = by_name[chosen]
    title = text("segments.economics", month=formats.month(now["month"]))
    facts = [
        ("cac", "money"),
        ("asp", "money"),
        ("payback_months", "ratio"),
        ("ltv_cac_ratio", "ratio"),
        ("one_to_five_ratio", "ratio"),
    ]
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[*((ECONOMICS, column) for column, _ in facts)],
        notes=[text("segments.economics_note")],
    )
    new = formats.count(now["new_customer_count"])
    notes = {
        "cac": quotient(page, formats.money(now["acquisition_cost"]), new),
        "asp": quotient(page, formats.money(now["new_mrr"]), new),
        "payback_months": text("segments.months"),
        "ltv_cac_ratio": quotient(
            page, formats.money(now["ltv_expected"]), formats.money(now["cac"])
        ),
        "one_to_five_ratio": quotient(
            page, formats.money(now["cac"]), formats.money(now["retention_cost_per_customer"])
        ),
    }
    show_tiles(page, ECONOMICS, facts, now, notes)
    compared = ("cac", "retention_cost_per_customer")
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            text(f"segments.cost.{column}"),
            None if row[column] is None else formats.money_pixels(row[column]),
            formats.money(row[column], row[f"{column}_null_reason"]),
            {"month": f"{row['month']:%Y-%m}"},
        )
        for row in months.tail(MONTHS_SHOWN).to_dicts()
        for column in compared
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=formats.money_unit(),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="economics", alt=title, clears=BELOW)
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        *(Column(column, page.metric_name(ECONOMICS, column), kind) for column, kind in facts),
        Column("acquisition_cost", text("segments.acquisition_cost"), "money"),
        Column("retention_cost", text("segments.retention_cost"), "money"),
        Column("new_customer_count", text("segments.new_customers"), "count"),
        Column("retained_customer_count", text("segments.retained_customers"), "count"),
    ]
    newest = months.tail(MONTHS_SHOWN).reverse()
    tables.show(newest, columns, formats, key="economics_months", alt=title)
    levels.reasons(page, newest, columns)
    tables.download(page, lambda: months, columns, name="unit_economics", key="economics_csv")
    st.subheader(text("segments.new_of", month=formats.month(now["month"])), anchor=False)
    ends = dict(about.months(page.snapshot).select("month", "month_end").iter_rows())
    customer = drill.show_customers(page, now["month"], "new")
    if customer is not None:
        drill.show_contracts(page, customer, now["month"], ends[now["month"]])


# ---- whom to approach ----


def show_affinity(page: Frame) -> None:
    """Plans paid for together more often than by chance → who pays for both."""
    text, formats = page.text, page.formats
    pairs = segments.pairs(page.snapshot)
    title = text("segments.affinity")
    frame.heading(
        page,
        title,
        unit=text("segments.times"),
        metrics=[(AFFINITY, "lift_ratio")],
        notes=[text("segments.affinity_note")],
    )
    if pairs.is_empty():
        nothing(page, "affinity")
        return
    named = pairs.with_columns(
        pl.Series(
            "name",
            [
                text("segments.pair", a=row["plan_name_a"], b=row["plan_name_b"])
                for row in pairs.to_dicts()
            ],
        ),
        pl.Series("place", [str(place) for place in range(1, pairs.height + 1)]),
    )
    bars = [
        charts.Bar(
            row["name"],
            row["lift_ratio"],
            formats.ratio(row["lift_ratio"]),
            puts={"pair": row["place"]},
        )
        for row in named.head(BARS_SHOWN).to_dicts()
    ]
    lift = page.metric_name(AFFINITY, "lift_ratio")
    charts.show(charts.bars(bars, lift, page.is_dark), key="affinity", alt=title, clears=BELOW)
    pair = levels.show(
        page,
        levels.Level("pair", "place", title, text("segments.choose_pair"), AFFINITY, BELOW),
        named,
        [
            Column("name", text("segments.pair_column"), is_pinned=True),
            Column("lift_ratio", lift, "ratio"),
            Column("customer_both_count", text("segments.both"), "count"),
            Column("customer_a_count", text("segments.plan_a"), "count"),
            Column("customer_b_count", text("segments.plan_b"), "count"),
            Column("support_rate", text("segments.support"), "rate"),
            Column("b_given_a_rate", text("segments.b_given_a"), "rate"),
            Column("a_given_b_rate", text("segments.a_given_b"), "rate"),
        ],
        describe=lambda row: row["name"],
    )
    if pair is None:
        return
    both = segments.of_pair(page.snapshot, page.as_of, pair["plan_name_a"], pair["plan_name_b"])
    levels.show_match(page, both.height, pair["customer_both_count"], formats.count)
    show_customers(
        page,
        both,
        title=pair["name"],
        amount=mrr_column(page),
        total=None,
        show_number=formats.money,
    )


def show_upsell(page: Frame) -> None:
    """Who is short of seats or uses more and more, by what to offer → customers."""
    text, formats = page.text, page.formats
    offers = segments.offers(page.snapshot)
    title = text("segments.upsell")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[(UPSELL, "seats_used_rate")],
        notes=[text("segments.upsell_note")],
    )
    if offers.is_empty():
        nothing(page, "upsell")
        return
    rows = offers.to_dicts()
    named = offers.with_columns(
        pl.Series(
            "name",
            [
                text(
                    "segments.offer_name",
                    offer=text.code("segments.offer", row["offer_code"]),
                    reason=text.code("segments.upsell_reason", row["reason_code"]),
                )
                for row in rows
            ],
        ),
        pl.Series("offer_key", [f"{row['reason_code']}.{row['offer_code']}" for row in rows]),
    )
    bars = [
        charts.Bar(
            row["name"],
            formats.money_pixels(row["mrr"]),
            formats.money(row["mrr"]),
            "more",
            {"offer": row["offer_key"]},
        )
        for row in named.to_dicts()
    ]
    charts.show(
        charts.bars(bars, formats.money_unit(), page.is_dark), key="upsell", alt=title, clears=BELOW
    )
    offer = levels.show(
        page,
        levels.Level("offer", "offer_key", title, text("segments.choose_offer"), UPSELL, BELOW),
        named,
        [
            Column("name", text("segments.offer_column"), is_pinned=True),
            Column("customer_count", text("column.customers"), "count"),
            Column("mrr", page.metric_name("mart_kpi_monthly", "mrr"), "money"),
        ],
        describe=lambda row: row["name"],
    )
    if offer is not None:
        show_candidates(page, offer)


def show_candidates(page: Frame, offer: dict) -> None:
    """The candidates of one offer with what makes them one."""
    text, formats = page.text, page.formats
    rows = segments.candidates(page.snapshot, offer["reason_code"], offer["offer_code"])
    title = text(
        "segments.customers", title=literal(offer["name"]), count=formats.count(rows.height)
    )
    st.markdown(title)
    levels.show_match(page, rows["mrr"].sum(), offer["mrr"], formats.money)
    shown = levels.named(page, rows).with_columns(
        pl.Series("health", [text.code("health_band", code) for code in rows["health_band"]])
    )
    levels.show(
        page,
        levels.Level(
            "customer", "customer_key", title, text("segments.choose_customer"), UPSELL, ("line",)
        ),
        shown,
        [
            Column("customer", text("column.customer"), is_pinned=True),
            Column("mrr", page.metric_name("mart_kpi_monthly", "mrr"), "money"),
            Column("plan_name", text("column.plan_id")),
            Column("next_plan_name", text("segments.next_plan")),
            Column("seats_used_rate", page.metric_name(UPSELL, "seats_used_rate"), "rate"),
            Column("seats_used", text("segments.seats_used"), "count"),
            Column("seat_quantity", text("segments.seats"), "count"),
            Column("events", text("segments.events"), "count"),
            Column("events_before", text("segments.events_before"), "count"),
            Column("health", text("renewals.health")),
            Column("owner", text("customer.fact.owner")),
            Column("last_contact_date", text("customer.fact.last_contact_date"), "date"),
        ],
        describe=lambda row: row["customer"],
    )


def show_dormant(page: Frame) -> None:
    """Lost customers and leads nobody spoke to for 90 days, whom to approach first first."""
    text, formats = page.text, page.formats
    kinds = segments.dormant_kinds(page.snapshot)
    title = text("segments.dormant")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        definition=text("segments.dormant_help"),
        notes=[text("segments.dormant_note")],
    )
    if kinds.is_empty():
        nothing(page, "dormant")
        return
    by_kind = {row["dormant_kind"]: row for row in kinds.to_dicts()}
    kind = filters.segments(
        "kind",
        tuple(by_kind),
        default=next(iter(by_kind)),
        label=text("segments.dormant_kind"),
        show=lambda name: text(
            "segments.dormant_count",
            kind=text.code("segments.dormant_name", name),
            count=formats.count(by_kind[name]["customer_count"]),
        ),
        clears=BELOW,
    )
    rows = segments.dormant(page.snapshot, kind)
    levels.show_match(page, rows["last_mrr"].sum(), by_kind[kind]["last_mrr"], formats.money)
    answers = {
        True: text("customer.said_yes"),
        False: text("customer.said_no"),
        None: text("customer.unsaid"),
    }
    listed = rows.to_dicts()

    def words(name: str, values: list[str]) -> pl.Series:
        return pl.Series(name, values, dtype=pl.String)

    shown = levels.named(page, rows).with_columns(
        words(
            "why",
            [
                row["lost_reason"] or text.code("churn_reason", row["reason_code"] or "none")
                for row in listed
            ],
        ),
        words(
            "contact",
            [text.code("contact_kind", row["last_contact_kind"] or "") for row in listed],
        ),
        words("email", [answers[row["has_email_consent"]] for row in listed]),
        words("phone", [answers[row["has_phone_consent"]] for row in listed]),
    )
    levels.show(
        page,
        levels.Level(
            "customer", "customer_key", title, text("segments.choose_customer"), DORMANT, ("line",)
        ),
        shown,
        [
            Column("reapproach_rank", text("segments.order"), "count"),
            Column("customer", text("column.customer"), is_pinned=True),
            Column("last_mrr", text("segments.last_mrr"), "money"),
            Column("last_deal_amount", text("segments.last_deal"), "money"),
            Column("churned_on", text("retention.churned_on"), "date"),
            Column("why", text("column.reason")),
            Column("last_contact_date", text("customer.fact.last_contact_date"), "date"),
            Column("contact", text("segments.contact_kind")),
            Column("silent_days", text("segments.silent_days"), "count"),
            Column("owner", text("customer.fact.owner")),
            Column("email", text("segments.consent_email")),
            Column("phone", text("segments.consent_phone")),
        ],
        describe=lambda row: row["customer"],
    )


GROUPS = {
    "value": {
        "rfm": show_rfm,
        "decile": show_decile,
        "pareto": show_pareto,
        "concentration": show_concentration,
        "ltv": show_ltv,
    },
    "origin": {
        "attribute": show_attribute,
        "campaign": show_campaign,
        "trial": show_trial,
        "economics": show_economics,
    },
    "next": {
        "affinity": show_affinity,
        "upsell": show_upsell,
        "dormant": show_dormant,
    },
}


main(frame.current())
