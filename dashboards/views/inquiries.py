"""問い合わせ: how much is asked, how fast it is answered, about what, and whether askers leave."""

import polars as pl
import streamlit as st

from dashboards import (
    charts,
    customers,
    filters,
    frame,
    levels,
    missing,
    source_line,
    tables,
    tiles,
)
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import support
from dashboards.tables import Column

MART = "mart_voice_of_customer"
MONTHS_OF_HISTORY = 13
TICKETS = "inquiry.tickets"  # the entity inquiries were landed as
TILES = (
    ("complaints_per_100_rate", "ratio", False),
    ("csat_score", "ratio", True),
    ("churn_lift_ratio", "ratio", False),
)
BELOW_MONTH = ("topic", "inquiry")


def main(page: Frame) -> None:
    """Month and plan → tiles → months → topics → plans and inquiries."""
    months = support.by_month(page.snapshot, "all")
    if months.is_empty() or missing.all_of(page, [TICKETS]):
        st.info(page.text("inquiries.empty"), icon=":material/inbox:")
        return
    names = {f"{month:%Y-%m}": month for month in months["month"]}
    month, plan = choose(page, names)
    history = support.by_month(page.snapshot, plan)
    show_tiles(page, history.filter(pl.col("month") <= month))
    show_volume(page, history)
    show_reply(page, history)
    show_topics(page, month, plan, history)


def choose(page: Frame, months: dict) -> tuple:
    """The month and the plan in the URL; the newest month and all plans when it names none."""
    text = page.text
    with st.container(horizontal=True):
        name = filters.select(
            "month",
            list(reversed(months)),
            default=next(reversed(months)),
            label=text("home.month"),
            show=lambda name: page.formats.month(months[name]),
            clears=BELOW_MONTH,
            width=180,
        )
        plan = filters.select(
            "plan",
            support.plans(page.snapshot),
            default="all",
            label=text("column.plan_id"),
            show=lambda name: plan_name(page, name),
            width=240,
        )
    return months[name], plan


def plan_name(page: Frame, name: str) -> str:
    """A plan as the source calls it; `all` and `none` in words."""
    return page.text.code("plan", name)


def topic_name(page: Frame, name: str) -> str:
    """A topic as the source calls it; `unknown` in words."""
    return page.text.code("topic", name)


def minutes(page: Frame, value: int | None) -> str:
    """Business minutes for people: `1時間18分`."""
    if value is None:
        return page.text("format.missing")
    hours, rest = divmod(value, 60)
    if not hours:
        return page.text("inquiries.minutes", minutes=rest)
    return page.text("inquiries.hours", hours=page.formats.count(hours), minutes=rest)


def show_tiles(page: Frame, history: pl.DataFrame) -> None:
    """The month's inquiries, complaints, reply time, rates and lift against the month before."""
    if history.is_empty():
        st.info(page.text("inquiries.no_plan_month"), icon=":material/search_off:")
        return
    text, formats = page.text, page.formats
    shown = history.tail(MONTHS_OF_HISTORY).to_dicts()
    now, before = shown[-1], shown[-2] if len(shown) > 1 else {}

    def tile(label: str, column: str, kind: str, definition: str, is_more_better: bool) -> None:
        reason = now.get(f"{column}_null_reason")
        line = [float("nan" if row[column] is None else row[column]) for row in shown]
        tiles.show(
            label,
            kind,
            now[column],
            before.get(column),
            formats,
            compared_with=text("home.to_previous_month"),
            without_change=text.code("null_reason", reason)
            if reason
            else text("home.nothing_to_compare"),
            definition=definition,
            is_more_better=is_more_better,
            line=line if sum(value == value for value in line) > 1 else None,
        )

    reply = text("inquiries.reply_median")
    with st.container(key="tiles"):
        for column in ("inquiry_count", "complaint_count"):
            tile(
                text(f"inquiries.{column}"),
                column,
                "count",
                text(f"inquiries.{column}_help"),
                is_more_better=False,
            )
        definition = page.definition("fct_inquiry", "first_reply_business_minutes")
        tile(reply, "first_reply_median_minutes", "count", definition, is_more_better=False)
        for column, kind, is_more_better in TILES:
            definition = page.definition(MART, column)
            name = page.metric_name(MART, column)
            tile(name, column, kind, definition, is_more_better=is_more_better)


def show_volume(page: Frame, history: pl.DataFrame) -> None:
    """Inquiries and complaints by month."""
    text, formats = page.text, page.formats
    title = text("inquiries.volume")
    frame.heading(
        page, title, unit=text("inquiries.unit"), definition=text("inquiries.inquiry_count_help")
    )
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            text(f"inquiries.{column}"),
            row[column],
            formats.count(row[column]),
            {"month": f"{row['month']:%Y-%m}"},
        )
        for row in history.to_dicts()
        for column in ("inquiry_count", "complaint_count")
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=text("inquiries.unit"),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="volume", alt=title, clears=BELOW_MONTH)


def show_reply(page: Frame, history: pl.DataFrame) -> None:
    """Median business minutes to the first human reply, by month; the months as a table."""
    text, formats = page.text, page.formats
    title = text("inquiries.reply")
    frame.heading(
        page,
        title,
        unit=text("inquiries.minutes_unit"),
        metrics=[("fct_inquiry", "first_reply_business_minutes")],
        notes=[text("inquiries.reply_note")],
    )
    points = [
        charts.Point(
            formats.month_axis(row["month"]),
            title,
            row["first_reply_median_minutes"],
            minutes(page, row["first_reply_median_minutes"]),
            {"month": f"{row['month']:%Y-%m}"},
        )
        for row in history.to_dicts()
    ]
    chart = charts.over_months(
        points,
        month_title=text("column.month"),
        value_title=text("inquiries.minutes_unit"),
        is_dark=page.is_dark,
        mark="line",
    )
    charts.show(chart, key="reply", alt=title, clears=BELOW_MONTH)
    columns = [Column("month", text("column.month"), "month", is_pinned=True), *measures(page)]
    tables.show(
        history.tail(MONTHS_OF_HISTORY).reverse(), columns, formats, key="months_table", alt=title
    )
    levels.reasons(page, history.tail(MONTHS_OF_HISTORY), columns)
    tables.download(page, lambda: history, columns, name="voice_of_customer", key="months_csv")


def measures(page: Frame) -> list[Column]:
    """The figures a month, a topic or a plan is told by."""
    text = page.text
    return [
        Column("inquiry_count", text("inquiries.inquiry_count"), "count"),
        Column("complaint_count", text("inquiries.complaint_count"), "count"),
        Column("first_reply_median_minutes", text("inquiries.reply_median"), "count"),
        Column("unanswered_count", text("inquiries.unanswered"), "count"),
        *(Column(column, page.metric_name(MART, column), kind) for column, kind, _ in TILES),
        Column("csat_count", text("inquiries.csat_count"), "count"),
    ]


def show_topics(page: Frame, month, plan: str, history: pl.DataFrame) -> None:
    """What was asked in the month, with complaints and lift; a topic opens plans and inquiries."""
    text, formats = page.text, page.formats
    title = text("inquiries.topics", month=formats.month(month), plan=plan_name(page, plan))
    frame.heading(
        page,
        title,
        unit=text("inquiries.unit"),
        metrics=[(MART, "churn_lift_ratio")],
        notes=[text("inquiries.topics_note")],
    )
    topics = support.topics(page.snapshot, month, plan)
    if topics.is_empty():
        st.info(text("inquiries.no_plan_month"), icon=":material/search_off:")
        return
    bars = [
        charts.Bar(
            topic_name(page, row["topic"]),
            row["inquiry_count"],
            formats.count(row["inquiry_count"]),
            puts={"topic": row["topic"]},
        )
        for row in topics.to_dicts()
    ]
    charts.show(
        charts.bars(bars, text("inquiries.unit"), page.is_dark),
        key="topics",
        alt=title,
        clears=("inquiry",),
    )
    above = history.filter(pl.col("month") == month)
    total = sum(topics["inquiry_count"])
    levels.show_match(page, total, sum(above["inquiry_count"]), formats.count)
    columns = [Column("name", text("inquiries.topic"), is_pinned=True), *measures(page)]
    topic = levels.show(
        page,
        levels.Level("topic", "topic", title, text("inquiries.choose_topic"), MART, ("inquiry",)),
        topics.with_columns(
            pl.Series("name", [topic_name(page, name) for name in topics["topic"]])
        ),
        columns,
        describe=lambda row: row["name"],
    )
    levels.reasons(page, topics, columns)
    if topic is not None:
        show_topic(page, month, topic["topic"])


def show_topic(page: Frame, month, topic: str) -> None:
    """One topic of the month: by plan, and every inquiry about it."""
    text, formats = page.text, page.formats
    name = topic_name(page, topic)
    plans = support.plans_of_topic(page.snapshot, month, topic)
    rows = support.inquiries(page.snapshot, month, topic)
    st.markdown(text("inquiries.by_plan", topic=name, month=formats.month(month)))
    columns = [Column("name", text("column.plan_id"), is_pinned=True), *measures(page)]
    levels.show(
        page,
        levels.Level("plans", "plan_name", text("column.plan_id"), "", MART),
        plans.with_columns(
            pl.Series("name", [plan_name(page, code) for code in plans["plan_name"]])
        ),
        columns,
        describe=str,
        is_chosen_here=False,
    )
    levels.reasons(page, plans, columns)
    st.markdown(
        text(
            "inquiries.list",
            topic=name,
            month=formats.month(month),
            count=formats.count(rows.height),
        )
    )
    levels.show_match(page, rows.height, sum(plans["inquiry_count"]), formats.count)
    inquiry = levels.show(
        page,
        levels.Level(
            "inquiry", "inquiry_key", name, text("inquiries.choose_inquiry"), "fct_inquiry"
        ),
        rows,
        [
            Column("asked", text("inquiries.asked")),
            Column("customer", text("column.customer")),
            Column("reply", text("inquiries.reply")),
            Column("complaint", text("inquiries.complaint")),
            Column("csat_score", text("inquiries.csat"), "ratio"),
            Column("status_name", text("column.state")),
            Column("channel_name", text("inquiries.channel")),
            Column("priority_name", text("inquiries.priority")),
            Column("assignee", text("inquiries.assignee")),
            Column("ticket_id", text("inquiries.ticket")),
        ],
        describe=lambda row: text(
            "inquiries.inquiry_name",
            ticket=row["ticket_id"],
            asked=row["asked"],
            customer=row["customer"],
        ),
        in_words=lambda listed: in_words(page, listed),
    )
    if inquiry is not None and inquiry["customer_key"]:
        customers.link(page, inquiry["customer_key"])
    if inquiry is not None and inquiry["file_name"]:
        st.markdown(text("inquiries.source", source=literal(source_line.name(page, inquiry))))
        source_line.show(page, inquiry, TICKETS)


def in_words(page: Frame, rows: pl.DataFrame) -> pl.DataFrame:
    """Inquiries with their customer and every code in the reader's language."""
    text = page.text
    codes = {
        "complaint": [
            text("inquiries.is_complaint" if value else "format.missing")
            for value in rows["is_complaint"]
        ],
        "channel_name": [text.code("channel", code) for code in rows["channel"]],
        "priority_name": [text.code("priority", code) for code in rows["priority"]],
        "status_name": [text.code("ticket_status", code) for code in rows["status"]],
        "asked": [page.formats.instant(value) for value in rows["asked_at"]],
        "reply": [minutes(page, value) for value in rows["first_reply_business_minutes"]],
    }
    return levels.named(page, rows).with_columns(
        pl.Series(column, values, dtype=pl.String) for column, values in codes.items()
    )


main(frame.current())
