"""Who is at risk, who is chosen, and the reasons they share."""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl
import streamlit as st

from dashboards import charts, consent, filters, frame, levels
from dashboards.frame import Frame
from dashboards.queries import lists, risk
from dashboards.queries.listing import Listing
from dashboards.sections.risk.evidence import show_customer
from dashboards.sections.risk.words import CONSENTS, NOBODY, band_name, in_words, reason_name
from dashboards.tables import Column

MART = "mart_at_risk"
ANYBODY = "all"
ALL = "all"
SOON_DAYS = 7
BELOW_LIST = ("customer", "evidence", "line")


@dataclass(frozen=True)
class Choice:
    """Which customers are shown; None where it is all of them."""

    band: str | None
    is_anyone: bool
    owner: str | None
    plan: str | None
    reason: str | None

    def values(self) -> tuple:
        """As the queries take it."""
        return (self.band, self.is_anyone, self.owner, self.plan, self.reason)


def choose(page: Frame, options: pl.DataFrame) -> Choice:
    """Band, person in charge, plan and reason; all of them where the URL names none."""
    text = page.text
    owners = options["owner"].unique().sort().to_list()
    people = [ANYBODY, *(one for one in owners if one), *([NOBODY] if None in owners else [])]
    plans = [ALL, *options["plan_name"].drop_nulls().unique().sort()]
    bands = [ALL, *options["health_band"].unique().sort()]
    codes = [ALL, *risk.by_reason(page.snapshot, None, True, None, None)["reason_code"]]
    with st.container(horizontal=True):
        band = filters.select(
            "band",
            bands,
            default=ALL,
            label=text("risk.band"),
            show=lambda code: text("risk.all") if code == ALL else band_name(page, code),
            clears=BELOW_LIST,
            width=130,
        )
        owner = filters.select(
            "owner",
            people,
            default=ANYBODY,
            label=text("risk.owner"),
            show=lambda name: text.code("renewal_owner", name),
            clears=BELOW_LIST,
            width=210,
        )
        plan = filters.select(
            "plan",
            plans,
            default=ALL,
            label=text("column.plan_id"),
            show=lambda name: text("risk.all") if name == ALL else name,
            clears=BELOW_LIST,
            width=180,
        )
        reason = filters.select(
            "reason",
            codes,
            default=ALL,
            label=text("risk.reason"),
            show=lambda code: text("risk.all") if code == ALL else reason_name(page, code),
            clears=BELOW_LIST,
            width=210,
        )
    return Choice(
        None if band == ALL else band,
        owner == ANYBODY,
        None if owner in (ANYBODY, NOBODY) else owner,
        None if plan == ALL else plan,
        None if reason == ALL else reason,
    )


def show_list(page: Frame, choice: Choice, *, has_skill: bool) -> None:
    """Reasons as bars, then whom to approach, why, how and by when; a customer opens."""
    text, formats = page.text, page.formats
    show_reasons(page, choice)
    rows = risk.customers(page.snapshot, *choice.values())
    title = text("risk.list", count=formats.count(rows.height))
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[(MART, "mrr_at_stake"), (MART, "p_churn")],
        notes=[text("risk.order_skill" if has_skill else "risk.order_mrr")],
    )
    if rows.is_empty():
        st.info(text("risk.nobody_chosen"), icon=":material/filter_alt_off:")
        return
    soon = page.as_of + timedelta(days=SOON_DAYS)
    total = risk.totals(page.snapshot, *choice.values(), soon)["mrr_at_stake"][0]
    levels.show_match(page, rows.total("mrr_at_stake"), total, formats.money)
    chance = [Column("p_churn", page.metric_name(MART, "p_churn"), "rate")] if has_skill else []
    raising = [Column("raising", text("risk.raising"))] if has_skill else []
    columns = [
        Column("risk_rank", text("risk.rank"), "count", is_pinned=True),
        Column("customer", text("column.customer"), is_pinned=True),
        Column("mrr_at_stake", page.metric_name(MART, "mrr_at_stake"), "money"),
        Column("why", text("risk.reason")),
        Column("action", text("risk.action")),
        Column("due_date", text("risk.due_on"), "date"),
        Column("due_why", text("risk.due_reason")),
        Column("channel", text("risk.channel")),
        Column("owner_name", text("risk.owner")),
        Column("band", text("risk.band")),
        *chance,
        *raising,
        Column("plan_name", text("column.plan_id")),
        Column("last_contact_date", text("risk.last_contact"), "date"),
        Column("last_acted_on", text("risk.last_acted"), "date"),
        Column("last_outcome", text("risk.outcome")),
        Column("said", text("risk.facts")),
        *(Column(f"{one}_consent", text(f"risk.consent_{one}")) for one in CONSENTS),
    ]
    level = levels.Level(
        "customer", "customer_key", title, text("risk.choose"), MART, ("evidence", "line")
    )
    chosen = levels.show(
        page,
        level,
        rows,
        columns,
        describe=lambda row: text(
            "risk.customer_name", rank=row["risk_rank"], customer=row["customer"]
        ),
        in_words=lambda some: in_words(page, some),
        more=lambda: consent.offer(page, "at_risk", lambda: to_contact(page, rows)),
    )
    st.caption(text("risk.list_note"))
    if chosen is not None:
        show_customer(page, chosen)


def to_contact(page: Frame, rows: Listing) -> pl.DataFrame:
    """The customers listed as the approach list has them: rank, reason, action, by when."""
    return lists.at_risk(page.snapshot).filter(
        pl.col("customer_key").is_in(rows.all()["customer_key"].to_list())
    )


def show_reasons(page: Frame, choice: Choice) -> None:
    """How many of the chosen customers have each reason, by the money they pay; a bar narrows the
    list to one.
    """
    text, formats = page.text, page.formats
    title = text("risk.reasons")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[(MART, "mrr_at_stake")],
        notes=[text("risk.reasons_note")],
    )
    bars = [
        charts.Bar(
            reason_name(page, row["reason_code"]),
            formats.money_pixels(row["mrr_at_stake"]),
            text("risk.reason_bar", count=formats.count(row["customer_count"])),
            "less",
            {"reason": row["reason_code"]},
        )
        for row in risk.by_reason(page.snapshot, *choice.values()[:-1]).to_dicts()
    ]
    charts.show(
        charts.bars(bars, formats.money_unit(), page.is_dark),
        key="reasons",
        alt=title,
        clears=BELOW_LIST,
    )
