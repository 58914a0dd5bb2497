"""管理: runs, versions and switching, policy, deliveries, closes, access log, use of the pages."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import streamlit as st

from dagster_project import closes, commands, lock, messages, publish, runs
from dagster_project.messages import KeizokuError
from dagster_project.settings import Settings, load_settings, policy_defaults
from dashboards import (
    access,
    access_log,
    charts,
    clock,
    filters,
    frame,
    levels,
    printout,
    refusals,
    tables,
    tiles,
    warehouse,
)
from dashboards.access_log import EXPORT, ORIGINAL, SQL, VIEW
from dashboards.catalogue import entries, literal
from dashboards.frame import Frame
from dashboards.tables import Column

PERIODS = {"7": 7, "30": 30, "90": 90, "all": None}
POLICY_DIFF = "policy_diff.json"
ANY = "all"
LOG_ROWS = 500


def main(page: Frame) -> None:
    """One of the views, over the home's own records."""
    text = page.text
    st.info(text("admin.local_mode"), icon=":material/computer:")
    if not page.who.may(access.MANAGE_HOME):
        st.warning(text("admin.refused"), icon=":material/lock:")
        return
    try:
        settings = load_settings(page.home)
    except KeizokuError as error:
        refusals.show(text, error)
        return
    view = filters.segments(
        "view",
        tuple(VIEWS),
        default=next(iter(VIEWS)),
        label=text("admin.view"),
        show=lambda name: text(f"admin.view_name.{name}"),
        clears=("run", "delivery"),
    )
    VIEWS[view](page, settings)


def heading(page: Frame, view: str, unit: str) -> str:
    """The view's title with its explanation; returns the title."""
    title = page.text(f"admin.view_name.{view}")
    titled(page, title, unit, page.text(f"admin.help.{view}"))
    return title


def titled(page: Frame, title: str, unit: str, said: str) -> None:
    """A title and a unit. No as-of day: records of the home are those of this moment."""
    line = page.text("chart.unit", unit=page.text(f"admin.unit.{unit}"))
    st.subheader(title, help=said, anchor=False)
    st.caption(line)
    printout.section(title, line, None)


def instant(page: Frame, moment: str | None) -> str:
    """A time as a file keeps it (ISO, with or without its zone) as the reader's own."""
    if not moment:
        return page.text("format.missing")
    at = datetime.fromisoformat(moment)
    naive = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    return page.formats.instant(naive)


def duration(seconds: float) -> str:
    """Hours, minutes and seconds."""
    return str(timedelta(seconds=round(seconds)))


# ---- runs ----


def show_runs(page: Frame, settings: Settings) -> None:
    """Every run: when, outcome, how long, what failed; one of them in detail."""
    text = page.text
    title = heading(page, "runs", "runs")
    holder = lock.read_holder(settings.run_lock)
    if holder is not None:
        st.info(
            text(
                "admin.running", what=literal(holder.purpose), at=instant(page, holder.started_at)
            ),
            icon=":material/sync:",
        )
    history = runs.read_history(settings)
    if not history:
        st.info(text("admin.no_run"), icon=":material/inbox:")
        return
    rows = pl.DataFrame(
        [
            {
                "run_id": told["run_id"],
                "started": instant(page, told["started_at"]),
                "outcome": text.code("run_outcome", told["outcome"]),
                "duration": duration(sum(told["seconds"].values())),
                "as_of": told["as_of_date"],
                "failed": len(told["failed_tests"]),
                "held": told["held"],
                "why": why(page, told),
                "version": told["version"],
            }
            for told in history
        ],
        schema_overrides={"as_of": pl.String, "version": pl.String},
        infer_schema_length=None,
    )
    columns = [
        Column("started", text("admin.started"), is_pinned=True),
        Column("outcome", text("admin.outcome")),
        Column("duration", text("admin.duration")),
        Column("failed", text("admin.failed_tests"), "count"),
        Column("held", text("admin.held"), "count"),
        Column("why", text("column.reason")),
        Column("as_of", text("admin.as_of")),
        Column("version", text("admin.version")),
    ]
    chosen = levels.show(
        page,
        levels.Level("run", "run_id", title, text("admin.choose_run"), "runs"),
        rows,
        columns,
        describe=lambda row: text("admin.run_name", at=row["started"], outcome=row["outcome"]),
    )
    if chosen is not None:
        show_run(page, next(told for told in history if told["run_id"] == chosen["run_id"]))


def why(page: Frame, told: dict) -> str | None:
    """Why a run failed, in one line; None when it did not."""
    error = told["error"]
    if not error:
        return None
    explained = messages.explain(
        error["code"], page.text.lang, where=error["where"], **error["values"]
    )
    return messages.one_line(explained)


def show_run(page: Frame, told: dict) -> None:
    """The steps of a run with their time, and the promises that were broken."""
    text = page.text
    phases = "\n".join(
        text(
            "admin.phase",
            name=messages.say(f"phase_{name}", text.lang),
            duration=duration(seconds),
        )
        for name, seconds in told["seconds"].items()
    )
    st.markdown(text("admin.phases", phases=phases or text("format.missing")))
    if said := why(page, told):
        st.error(literal(said), icon=":material/report:")
    if told["failed_tests"]:
        failed = pl.DataFrame(
            [
                {"asserts": test["asserts"], "rows": test["failing_rows"], "name": test["name"]}
                for test in told["failed_tests"]
            ],
            schema={"asserts": pl.String, "rows": pl.Int64, "name": pl.String},
        )
        columns = [
            Column("asserts", text("quality.asserts"), is_pinned=True),
            Column("rows", text("quality.failing_rows"), "count"),
            Column("name", text("quality.tests")),
        ]
        tables.show(failed, columns, page.formats, key="run_tests", alt=text("quality.asserts"))


# ---- versions ----


def show_versions(page: Frame, settings: Settings) -> None:
    """The kept versions, and the way back to one of them."""
    text = page.text
    title = heading(page, "versions", "versions")
    names = tuple(publish.list_versions(settings.published))
    described = described_versions(settings, names, page.snapshot.name)
    rows = pl.DataFrame(
        [
            {
                "version": one["version"],
                "shown": text(
                    "admin.is_shown" if one["version"] == page.snapshot.name else "admin.kept"
                ),
                "as_of": one["as_of_date"],
                "published": instant(page, one["published_at"]),
                "state": one["problem"] or text("admin.whole"),
            }
            for one in described
        ],
        schema_overrides={"as_of": pl.String},
    )
    columns = [
        Column("version", text("admin.version"), is_pinned=True),
        Column("shown", text("admin.shown")),
        Column("as_of", text("admin.as_of")),
        Column("published", text("admin.published")),
        Column("state", text("column.state")),
    ]
    tables.show(rows, columns, page.formats, key="versions", alt=title)
    show_switch(
        page,
        settings,
        [
            one["version"]
            for one in described
            if not one["problem"] and one["version"] != page.snapshot.name
        ],
    )


@st.cache_data(show_spinner=False, max_entries=8)
def described_versions(_settings: Settings, names: tuple[str, ...], current: str) -> list[dict]:
    """Every version checked against its checksums: once per set of versions, not per look."""
    return publish.describe_versions(_settings.published)


def show_switch(page: Frame, settings: Settings, others: list[str]) -> None:
    """Choose a version, say that everybody shall see it, press."""
    text = page.text
    st.subheader(text("admin.switch"), anchor=False)
    if done := st.session_state.pop("switched_to", None):
        st.success(text("admin.switched", version=done), icon=":material/task_alt:")
    if not others:
        st.info(text("admin.no_other_version"), icon=":material/inventory_2:")
        return
    st.caption(text("admin.switch_note"))
    chosen = st.selectbox(
        text("admin.switch_to"),
        others,
        index=None,
        placeholder=text("admin.choose_version"),
        key="switch_to",
    )
    is_sure = st.checkbox(text("admin.switch_sure"), key="switch_sure", disabled=chosen is None)
    if not st.button(
        text("admin.switch_now"),
        type="primary",
        icon=":material/swap_horiz:",
        key="switch_now",
        disabled=not (chosen and is_sure),
    ):
        return
    # before it happens: what cannot be recorded is not done
    access.record(page.home, page.who, "publish", version=chosen, previous=page.snapshot.name)
    try:
        commands.publish_to(settings, chosen, wait_seconds=0)
    except KeizokuError as error:
        access.record(page.home, page.who, "publish_failed", version=chosen, why=error.code)
        refusals.show(text, error)
        return
    st.session_state["switched_to"] = chosen
    st.rerun()


# ---- policy ----


def show_policy(page: Frame, settings: Settings) -> None:
    """Every rule with its value in the version shown, its default and what the settings say now."""
    text = page.text
    title = heading(page, "policy", "rules")
    manifest = warehouse.manifest(page.snapshot)
    shown, defaults, now = manifest["policy"], policy_defaults(), settings.policy
    changed = [name for name in now if now[name] != shown.get(name)]
    if changed:
        names = text.joined(text.code("policy_rule", name) for name in changed)
        st.warning(text("admin.policy_differs", names=names), icon=":material/rule:")
    rows = pl.DataFrame(
        [
            {
                "rule": text.code("policy_rule", name),
                "value": written(shown.get(name)),
                "default": written(defaults.get(name)),
                "next": written(now.get(name)),
                "name": name,
            }
            for name in sorted(now)
        ]
    )
    columns = [
        Column("rule", text("admin.rule"), is_pinned=True),
        Column("value", text("admin.value")),
        Column("default", text("admin.default")),
        Column("next", text("admin.next")),
        Column("name", text("admin.rule_name")),
    ]
    st.caption(text("admin.policy_id", id=manifest["policy_id"]))
    tables.show(rows, columns, page.formats, key="policy", alt=title)
    tables.download(page, lambda: rows, columns, name="policy", key="policy_csv")
    show_policy_diff(page)


def written(value: object) -> str:
    """A value of a rule as its settings file writes it."""
    return json.dumps(value, ensure_ascii=False, default=str)


def show_policy_diff(page: Frame) -> None:
    """What the last try of another policy would change, if its answer was kept; else how to try."""
    text, formats = page.text, page.formats
    title = text("admin.policy_diff")
    st.subheader(title, anchor=False)
    st.caption(text("admin.policy_diff_note"))
    path = page.home / POLICY_DIFF
    st.code(text("admin.policy_diff_command", file=path), language="sh", wrap_lines=True)
    if not path.is_file():
        return
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        changes = "\n".join(
            text(
                "admin.policy_change",
                rule=text.code("policy_rule", name),
                before=written(value["before"]),
                after=written(value["after"]),
            )
            for name, value in told["policy"].items()
        )
        rows = [
            {
                "month": date.fromisoformat(one["month"][:10]),
                "customer_key": one["customer_key"],
                "before": moved(page, one["before"]),
                "after": moved(page, one["after"]),
            }
            for one in told["changes"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        st.warning(
            text("admin.policy_diff_unreadable", why=literal(error)), icon=":material/error:"
        )
        return
    tried = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
    st.markdown(text("admin.policy_diff_of", at=formats.instant(tried), changes=changes))
    if not rows:
        st.success(text("admin.policy_changes_nothing"), icon=":material/task_alt:")
        return
    shown = levels.named(page, pl.DataFrame(rows))
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        Column("customer", text("column.customer")),
        Column("before", text("admin.before")),
        Column("after", text("admin.after")),
    ]
    tables.show(shown, columns, formats, key="policy_diff", alt=title)


def moved(page: Frame, movements: list[dict]) -> str:
    """Movements of one customer's month in words."""
    return page.text.joined(
        page.text(
            "explained.part",
            name=page.text.code("movement_type", one["movement_type"]),
            change=page.formats.money_signed(Decimal(str(one["mrr_change"]))),
        )
        for one in movements
    ) or page.text("format.missing")


# ---- deliveries and closes ----


def show_deliveries(page: Frame, settings: Settings) -> None:
    """Every file that arrived, whether it counts, and why not."""
    from sources import landing

    text, formats = page.text, page.formats
    title = heading(page, "deliveries", "files")
    try:
        found = landing.deliveries(commands.landing_home(settings))
    except KeizokuError as error:
        refusals.show(text, error)
        return
    if not found:
        st.info(text("admin.no_delivery"), icon=":material/inbox:")
        return
    newest_first = sorted(found, key=lambda one: str(one.received_at), reverse=True)
    rows = pl.DataFrame(
        [delivery_row(page, commands.describe_delivery(one)) for one in newest_first],
        infer_schema_length=None,
    )
    waiting = rows.filter(pl.col("state_code") == "held").height
    if waiting:
        st.warning(text("admin.waiting", count=waiting), icon=":material/pan_tool:")
    columns = [
        Column("file", text("quality.file"), is_pinned=True),
        Column("state", text("column.state")),
        Column("system", text("quality.source")),
        Column("received", text("quality.received")),
        Column("exported", text("quality.exported")),
        Column("rows", text("quality.rows_landed"), "count"),
        Column("quarantined", text("quality.rows_quarantined"), "count"),
        Column("why", text("column.reason")),
        Column("delivery_id", text("quality.delivery")),
    ]
    tables.show(rows, columns, formats, key="deliveries", alt=title)
    tables.download(page, lambda: rows, columns, name="deliveries", key="deliveries_csv")
    st.caption(text("admin.delivery_commands"))


def delivery_row(page: Frame, told: dict) -> dict:
    """A delivery as a row of the table."""
    problems = [problem[page.text.lang] for problem in told["problems"]]
    return {
        "delivery_id": told["delivery_id"],
        "file": told["file_name"],
        "state_code": str(told["state"]),
        "state": page.text.code("delivery_state", told["state"]),
        "system": told["source_system"],
        "received": moment(page, told["received_at"]),
        "exported": moment(page, told["exported_at"]),
        "rows": told["rows_landed"],
        "quarantined": told["rows_quarantined"],
        "why": page.text.joined(problems) or None,
    }


def moment(page: Frame, at: datetime | str | None) -> str:
    """A naive UTC time of the ledger."""
    return instant(page, at.isoformat() if isinstance(at, datetime) else at)


def show_closes(page: Frame, settings: Settings) -> None:
    """The closed months as reported, each checked against what was kept."""
    text, formats = page.text, page.formats
    title = heading(page, "closes", "months")
    found = closes.read_closes(settings.closes)
    if not found:
        st.info(text("admin.no_close"), icon=":material/event_busy:")
        return
    rows = pl.DataFrame(
        [
            {
                "month": one.month,
                "revision": one.facts["revision"],
                "closed_on": one.facts.get("closed_on"),
                "end_mrr": Decimal(str(one.facts["end_mrr"])) if "end_mrr" in one.facts else None,
                "version": one.facts.get("version"),
                "why": one.facts.get("reason"),
                "state": one.problem or text("admin.whole"),
            }
            for one in found
        ],
        infer_schema_length=None,
    )
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        Column("revision", text("admin.revision"), "count"),
        Column("closed_on", text("admin.closed_on")),
        Column("end_mrr", text("quality.reported"), "money"),
        Column("why", text("column.reason")),
        Column("state", text("column.state")),
        Column("version", text("admin.version")),
    ]
    tables.show(rows, columns, formats, key="closes", alt=title)
    tables.download(page, lambda: rows, columns, name="closes", key="closes_csv")


# ---- who looked at what ----


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
    log, unreadable = access_log.read(page.home, page.formats.time_zone)
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


# ---- use of the pages ----


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
    """Views by week, weeks beginning on Monday."""
    text, formats = page.text, page.formats
    title = text("admin.by_week")
    titled(page, title, "views", text("admin.by_week_help"))
    rows = access_log.counted(views, "week").sort("week")
    name = text("admin.tile.views")
    points = [
        charts.Point(f"{week:%Y/%m/%d}", name, Decimal(count), formats.count(count))
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


VIEWS = {
    "runs": show_runs,
    "versions": show_versions,
    "policy": show_policy,
    "deliveries": show_deliveries,
    "closes": show_closes,
    "log": show_log,
    "usage": show_usage,
}

main(frame.current())
