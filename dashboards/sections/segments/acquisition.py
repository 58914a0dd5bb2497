"""Where customers come from: campaigns, channels, trials."""

import polars as pl
import streamlit as st

from dashboards import charts, customers, filters, frame, levels
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import segments
from dashboards.sections.segments.lists import (
    BARS_SHOWN,
    BELOW,
    MONTHS_SHOWN,
    nothing,
    show_customers,
)
from dashboards.tables import Column

CAMPAIGN = "mart_campaign_performance"
TRIAL = "mart_trial_funnel"
WINDOWS = ("30", "60", "90")


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
        trials,
        [
            Column("customer", text("column.customer"), is_pinned=True),
            Column("contract_id", text("column.contract_id")),
            Column("trial_start_date", text("segments.trial_start"), "date"),
            Column("trial_end_excl", text("column.piece_end_excl"), "date"),
            Column("converted_on", text("segments.converted_on"), "date"),
            Column("conversion_days", text("segments.conversion_days"), "count"),
            Column("campaign_id", text.code("segment_attribute", "campaign")),
        ],
        describe=levels.of_name,
        in_words=lambda listed: levels.named(page, listed),
    )
    if trial is not None:
        customers.link(page, trial["customer_key"])
