"""Who looked at and took away what, and which pages are used."""

from datetime import timedelta
from decimal import Decimal

import polars as pl
import streamlit as st

from dagster_project.settings import Settings
from dashboards import access_log, charts, clock, filters, levels, tables, tiles
from dashboards.access_log import EXPORT, ORIGINAL, SQL, VIEW
from dashboards.catalogue import entries
from dashboards.frame import Frame
from dashboards.sections.admin.words import heading, titled
from dashboards.tables import Column

PERIODS = {"7": 7, "30": 30, "90": 90, "all": None}
ANY = "all"
LOG_ROWS = 500


def show_log(page: Frame, settings: Settings) -> None:
    """The access log, narrowed by person, action and page or table."""
    text, formats = page.text, page.formats
    title = heading(page, "log", "entries")
    log = read_log(page)
    if log.is_empty():
        st.info(text("admin.no_entry"), icon=":material/history:")
        return
    with st.container(horizontal=True):
        who = narrow(page, log, "principal", "who", lambda name: name)
        action = narrow(page, log, "action", "action", lambda code: text.code("action", code))
        thing = narrow(page, log, "thing", "thing", lambda name: thing_name(page, name))
    for column, chosen in (("principal", who), ("action", action), ("thing", thing)):
        if chosen != ANY:
            log = log.filter(pl.col(column) == chosen)
    st.caption(
        text("admin.entries", shown=min(LOG_ROWS, log.height), all=formats.count(log.height))
    )
    named = log.with_columns(
        pl.Series("when", [formats.instant(at) for at in log["at"]], dtype=pl.String),
        pl.Series("did", [text.code("action", code) for code in log["action"]], dtype=pl.String),
        pl.Series("about", [thing_name(page, name) for name in log["thing"]], dtype=pl.String),
    )
    columns = [
        Column("when", text("admin.when"), is_pinned=True),
        Column("principal", text("admin.who")),
        Column("did", text("admin.action")),
        Column("about", text("admin.thing")),
        Column("row_count", text("admin.rows"), "count"),
        Column("details", text("admin.details")),
    ]
    tables.show(named.head(LOG_ROWS), columns, formats, key="log", alt=title)
    tables.download(
        page,
        lambda: named,
        columns,
        name="access_log",
        key="log_csv",
        before=lambda: levels.record_export(page, "access_log", named.height),
    )


def read_log(page: Frame) -> pl.DataFrame:
    """The log; lines that cannot be read are counted and told."""
    log, unreadable = access_log.read(page.home, page.formats)
    if unreadable:
        st.warning(page.text("admin.unreadable", count=unreadable), icon=":material/broken_image:")
    return log


def narrow(page: Frame, log: pl.DataFrame, column: str, name: str, show) -> str:
    """A list of what stands in a column of the log, bound to the URL; everything by default."""
    values = sorted(log[column].drop_nulls().unique().to_list())
    return filters.select(
        name,
        [ANY, *values],
        default=ANY,
        label=page.text(f"admin.{name}"),
        show=lambda value: page.text("admin.any") if value == ANY else show(value),
        width=220,
    )


def thing_name(page: Frame, name: str | None) -> str | None:
    """A page by its title; any other thing as the log names it."""
    if name is None:
        return None
    return entries(page.text.lang).get(f"{name}.title", name)


def show_usage(page: Frame, settings: Settings) -> None:
    """Views by page, person and week, lists taken and SQL run in a period."""
    text, formats = page.text, page.formats
    period = filters.segments(
        "period",
        tuple(PERIODS),
        default="30",
        label=text("admin.period"),
        show=lambda name: text(f"admin.period_name.{name}"),
    )
    log = read_log(page)
    days = PERIODS[period]
    if days is not None:
        today = formats.local_date(clock.utc_now().replace(tzinfo=None))
        log = log.filter(pl.col("day") > today - timedelta(days=days))
    if log.is_empty():
        st.info(text("admin.no_use"), icon=":material/visibility_off:")
        return
    show_usage_tiles(page, log)
    views = log.filter(pl.col("action") == VIEW)
    if views.is_empty():
        return
    show_by_page(page, views)
    show_by_week(page, views)
    show_by_person(page, log)


def show_usage_tiles(page: Frame, log: pl.DataFrame) -> None:
    """How often pages were opened, by how many, lists taken, SQL run."""
    text = page.text
    counts = {
        "views": log.filter(pl.col("action") == VIEW).height,
        "people": log["principal"].n_unique(),
        "exports": log.filter(pl.col("action") == EXPORT).height,
        "sql": log.filter(pl.col("action") == SQL).height,
    }
    with st.container(key="tiles"):
        for name, count in counts.items():
            tiles.show(
                text(f"admin.tile.{name}"),
                "count",
                count,
                None,
                page.formats,
                compared_with="",
                without_change=None,
                definition=text(f"admin.tile_help.{name}"),
            )


def show_by_page(page: Frame, views: pl.DataFrame) -> None:
    """Which pages are opened most, and which by nobody."""
    text, formats = page.text, page.formats
    title = text("admin.by_page")
    titled(page, title, "views", text("admin.tile_help.views"))
    rows = access_log.counted(views, "thing")
    items = [
        charts.Bar(
            thing_name(page, name) or "",
            count,
            formats.count(count),
            puts={"view": "log", "action": VIEW, "thing": name},
        )
        for name, count in rows.select("thing", VIEW).drop_nulls().iter_rows()
    ]
    charts.show(
        charts.bars(items, text("admin.unit.views"), page.is_dark), key="by_page", alt=title
    )
    st.caption(text("admin.by_page_hint"))


def show_by_week(page: Frame, views: pl.DataFrame) -> None:
    """Views by week, weeks beginning on the day the company chose."""
    text, formats = page.text, page.formats
    title = text("admin.by_week")
    titled(page, title, "views", text("admin.by_week_help", weekday=formats.weekdays()[0]))
    rows = access_log.counted(views, "week").sort("week")
    name = text("admin.tile.views")
    points = [
        charts.Point(formats.day_axis(week), name, Decimal(count), formats.count(count))
        for week, count in rows.select("week", VIEW).iter_rows()
    ]
    charts.show(
        charts.over_months(
            points,
            month_title=text("admin.week"),
            value_title=text("admin.unit.views"),
            is_dark=page.is_dark,
        ),
        key="by_week",
        alt=title,
    )


def show_by_person(page: Frame, log: pl.DataFrame) -> None:
    """What each person did, and when last."""
    text, formats = page.text, page.formats
    title = text("admin.by_person")
    st.subheader(title, anchor=False)
    rows = access_log.counted(log, "principal")
    shown = rows.with_columns(
        pl.Series("last_seen", [formats.instant(at) for at in rows["last"]], dtype=pl.String)
    )
    columns = [
        Column("principal", text("admin.who"), is_pinned=True),
        Column(VIEW, text("admin.tile.views"), "count"),
        Column(EXPORT, text("admin.tile.exports"), "count"),
        Column(SQL, text("admin.tile.sql"), "count"),
        Column(ORIGINAL, text("admin.originals"), "count"),
        Column("last_seen", text("admin.last_seen")),
    ]
    tables.show(shown, columns, formats, key="by_person", alt=title)
    tables.download(page, lambda: shown, columns, name="usage", key="usage_csv")
