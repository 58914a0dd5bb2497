"""What is bought together and who may want more."""

import polars as pl
import streamlit as st

from dashboards import charts, consent, frame, levels
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import segments
from dashboards.sections.segments.lists import (
    BARS_SHOWN,
    BELOW,
    mrr_column,
    nothing,
    show_customers,
)
from dashboards.tables import Column

AFFINITY = "mart_affinity"
UPSELL = "mart_upsell_candidates"


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
    levels.show_match(page, rows.total("mrr"), offer["mrr"], formats.money)

    def in_words(listed: pl.DataFrame) -> pl.DataFrame:
        bands = [text.code("health_band", code) for code in listed["health_band"]]
        return levels.named(page, listed).with_columns(pl.Series("health", bands, dtype=pl.String))

    levels.show(
        page,
        levels.of_customers(page, title, UPSELL, label=text("segments.choose_customer")),
        rows,
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
        describe=levels.of_name,
        in_words=in_words,
        more=lambda: consent.offer(page, "upsell", rows.all),
    )
