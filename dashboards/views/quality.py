"""データ品質: how far each source reaches, what became of every row, what waits for a person."""

from datetime import UTC, datetime, timedelta

import polars as pl
import streamlit as st

from dagster_project import runs
from dagster_project.settings import load_settings
from dashboards import (
    billing_check,
    filters,
    frame,
    levels,
    reject_file,
    source_line,
    tables,
    tiles,
    warehouse,
)
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import control
from dashboards.tables import Column

OUTCOMES = ("current", "unchanged", "superseded", "deleted", "recomputed")
PARTS = ("rows_landed", "rows_quarantined", "rows_repeated", "rows_filtered")


def main(page: Frame) -> None:
    """What came and what became of it → one of the views."""
    show_tiles(page)
    billing_check.show_link(page)
    view = filters.segments(
        "view",
        tuple(VIEWS),
        default=next(iter(VIEWS)),
        label=page.text("quality.view"),
        show=lambda name: page.text(f"quality.view_name.{name}"),
        clears=("row", "record", "closed", "why"),
    )
    VIEWS[view](page)


def show_tiles(page: Frame) -> None:
    """Deliveries, rows read, rows kept back and decisions that wait."""
    text = page.text
    totals = control.totals(page.snapshot).row(0, named=True)
    restated = control.restated_months(page.snapshot).height
    waiting = sum(control.review_counts(page.snapshot)["record_count"])
    counts = {
        "deliveries": totals["delivery_count"],
        "rows_read": totals["rows_read"],
        "rows_quarantined": totals["rows_quarantined"],
        "reviews": waiting,
        "restated": restated,
    }
    with st.container(key="tiles"):
        for name, count in counts.items():
            tiles.show(
                text(f"quality.tile.{name}"),
                "count",
                count or 0,
                None,
                page.formats,
                compared_with="",
                without_change=None,
                definition=text(f"quality.tile_help.{name}"),
            )


def heading(page: Frame, view: str, unit: str) -> str:
    """The view's title with its explanation; returns the title."""
    title = page.text(f"quality.view_name.{view}")
    frame.heading(page, title, unit=unit, definition=page.text(f"quality.help.{view}"))
    return title


def nothing(page: Frame, view: str, *, is_good: bool) -> None:
    """Why the view is empty: a good sign, or something to deliver."""
    said = page.text(f"quality.empty.{view}")
    if is_good:
        st.success(said, icon=":material/task_alt:")
    else:
        st.info(said, icon=":material/inbox:")


# ---- freshness ----


def show_freshness(page: Frame) -> None:
    """How far each source and kind of data reaches, the oldest first."""
    text, formats = page.text, page.formats
    title = heading(page, "freshness", text("quality.unit_day"))
    rows = control.freshness(page.snapshot)
    if rows.is_empty():
        nothing(page, "freshness", is_good=False)
        return
    behind = [
        max((page.as_of - formats.local_date(through)).days, 0)
        for through in rows["data_through_at"]
    ]
    limits = load_settings(page.home).config.freshness
    allowed = [limits.warn_after(entity) for entity in rows["entity"]]
    is_late = [days > limit for days, limit in zip(behind, allowed, strict=True)]
    if any(is_late):
        st.warning(text("quality.late", count=sum(is_late)), icon=":material/history:")
    else:
        st.success(text("quality.all_fresh"), icon=":material/task_alt:")
    shown = rows.with_columns(
        pl.Series("entity_name", [text.code("entity", code) for code in rows["entity"]]),
        pl.Series("through", [formats.instant(value) for value in rows["data_through_at"]]),
        pl.Series("received", [formats.instant(value) for value in rows["received_at"]]),
        pl.Series("behind", behind),
        pl.Series("allowed", allowed),
        pl.Series(
            "state",
            [text("quality.is_late" if late else "quality.is_fresh") for late in is_late],
        ),
        pl.Series(
            "note",
            [
                text("quality.assumed" if value else "format.missing")
                for value in rows["is_exported_at_assumed"]
            ],
        ),
    ).sort("behind", "source_system", "entity", descending=[True, False, False])
    columns = [
        Column("source_system", text("quality.source"), is_pinned=True),
        Column("entity_name", text("quality.entity")),
        Column("state", text("column.state")),
        Column("through", text("quality.through")),
        Column("behind", text("quality.behind"), "count"),
        Column("allowed", text("quality.allowed"), "count"),
        Column("received", text("quality.received")),
        Column("delivery_count", text("quality.deliveries"), "count"),
        Column("note", text("quality.note")),
    ]
    tables.show(shown, columns, formats, key="freshness", alt=title)
    tables.download(page, lambda: shown, columns, name="freshness", key="freshness_csv")


# ---- balance of rows ----


def show_balance(page: Frame) -> None:
    """Rows read against rows landed, kept back, repeated and filtered; then what landed became."""
    text, formats = page.text, page.formats
    title = heading(page, "balance", text("quality.unit_row"))
    rows = control.balances(page.snapshot)
    if rows.is_empty():
        nothing(page, "balance", is_good=False)
        return
    off = rows.filter(pl.col("rows_read") != pl.col("rows_accounted"))
    if off.is_empty():
        said = text("quality.balanced", count=formats.count(rows.height))
        st.success(said, icon=":material/task_alt:")
    else:
        st.error(text("quality.unbalanced", count=off.height), icon=":material/error:")
    totals = control.totals(page.snapshot).row(0, named=True)
    parts = [text(f"quality.part.{name}", count=formats.count(totals[name])) for name in PARTS]
    st.markdown(
        text(
            "quality.balance",
            read=formats.count(totals["rows_read"]),
            parts=text("quality.plus").join(parts),
        )
    )
    shown = rows.with_columns(
        pl.Series("entity_name", [text.code("entity", code) for code in rows["entity"]]),
        pl.Series("exported", [formats.instant(value) for value in rows["exported_at"]]),
        pl.Series(
            "state",
            [
                text("quality.is_balanced" if read == accounted else "quality.is_unbalanced")
                for read, accounted in rows.select("rows_read", "rows_accounted").iter_rows()
            ],
        ),
    )
    levels.show(
        page,
        levels.Level("delivery", "delivery_id", title, "", "obs_load_manifest"),
        shown,
        [
            Column("file_name", text("quality.file"), is_pinned=True),
            Column("entity_name", text("quality.entity")),
            Column("state", text("quality.balance_state")),
            Column("rows_read", text("quality.rows_read"), "count"),
            *(Column(name, text(f"quality.{name}"), "count") for name in PARTS),
            Column("exported", text("quality.exported")),
            Column("delivery_id", text("quality.delivery")),
        ],
        describe=lambda row: row["file_name"],
        is_chosen_here=False,
    )
    show_outcomes(page, totals["rows_landed"])


def show_outcomes(page: Frame, landed: int) -> None:
    """What the landed rows of each kind of data became."""
    text, formats = page.text, page.formats
    outcomes = control.outcomes(page.snapshot)
    title = text("quality.outcomes")
    frame.heading(
        page, title, unit=text("quality.unit_row"), definition=text("quality.outcomes_help")
    )
    levels.show_match(page, sum(outcomes["row_count"]), landed, formats.count)
    if outcomes.is_empty():
        return
    grid = outcomes.pivot("outcome", index="entity", values="row_count").sort("entity")
    present = [name for name in OUTCOMES if name in grid.columns]
    grid = grid.with_columns(
        pl.col(present).fill_null(0),
        pl.Series("entity_name", [text.code("entity", code) for code in grid["entity"]]),
    )
    columns = [
        Column("entity_name", text("quality.entity"), is_pinned=True),
        *(Column(name, text.code("row_outcome", name), "count") for name in present),
    ]
    tables.show(grid, columns, formats, key="outcomes", alt=title)
    tables.download(page, lambda: grid, columns, name="row_outcome", key="outcomes_csv")


# ---- rows kept back ----


def show_quarantine(page: Frame) -> None:
    """Rows kept back with reason and remedy → the original line of the file."""
    text, formats = page.text, page.formats
    title = heading(page, "quarantine", text("quality.unit_row"))
    rows = control.quarantine(page.snapshot)
    if rows.is_empty():
        nothing(page, "quarantine", is_good=True)
        return
    st.info(text("quality.quarantine_loop"), icon=":material/build:")
    st.markdown(text("quality.kept_back", count=formats.count(rows.height)))
    total = control.totals(page.snapshot)["rows_quarantined"][0]
    kept = control.quarantined_rows(page.snapshot).height
    levels.show_match(page, kept, total, formats.count)
    whole = text("quality.whole_row")

    def in_words(some: pl.DataFrame) -> pl.DataFrame:
        places = [source_line.name(page, row) for row in some.to_dicts()]
        entities = [text.code("entity", code) if code else whole for code in some["entity"]]
        return some.with_columns(
            pl.Series("place", places, dtype=pl.String),
            pl.col("column_name").fill_null(whole).alias("cell"),
            pl.col(f"message_{text.lang}").alias("message"),
            pl.col(f"remedy_{text.lang}").alias("remedy"),
            pl.Series("entity_name", entities, dtype=pl.String),
        )

    row = levels.show(
        page,
        levels.Level("row", "quarantine_key", title, text("quality.choose_row"), "obs_quarantine"),
        rows,
        [
            Column("place", text("column.source"), is_pinned=True),
            Column("cell", text("quality.column")),
            Column("message", text("column.reason")),
            Column("remedy", text("quality.remedy")),
            Column("entity_name", text("quality.entity")),
            Column("reason_code", text("quality.code")),
        ],
        describe=lambda row: text("quality.row_name", place=row["place"], column=row["cell"]),
        in_words=in_words,
    )
    if row is not None:
        show_kept_row(page, row)
    reject_file.offer(page)


def show_kept_row(page: Frame, row: dict) -> None:
    """What is wrong with a row, what to do, and the row as delivered."""
    text = page.text
    st.markdown(text("quality.row", place=literal(row["place"])))
    value = control.quarantined_value(page.snapshot, row["quarantine_key"])
    st.markdown(
        text(
            "quality.row_facts",
            column=literal(row["cell"]),
            value=literal(value) if value is not None else text("format.missing"),
            message=literal(row["message"]),
            remedy=literal(row["remedy"]),
        )
    )
    entity = control.delivered_entity(page.snapshot, row["delivery_id"])
    if entity is not None:
        source_line.show(page, row, entity)


# ---- identity ----


def show_identity(page: Frame) -> None:
    """Records that may belong to another customer, for a person to decide."""
    text, formats = page.text, page.formats
    title = heading(page, "identity", text("quality.unit_record"))
    counts = control.review_counts(page.snapshot)
    if counts.is_empty():
        nothing(page, "identity", is_good=True)
        return
    st.caption(text("quality.identity_note"))
    by_reason = dict(counts.iter_rows())
    reason = filters.segments(
        "why",
        list(by_reason),
        default=next(iter(by_reason)),
        label=text("column.reason"),
        show=lambda code: text(
            "quality.reason_count",
            reason=text.code("review_reason", code),
            count=formats.count(by_reason[code]),
        ),
    )
    reviews = control.reviews(page.snapshot, reason)
    levels.show_match(page, reviews.height, by_reason[reason], formats.count)

    def in_words(rows: pl.DataFrame) -> pl.DataFrame:
        candidates = levels.named(
            page, rows.select(pl.col("candidate_customer_key").alias("customer_key"))
        )
        entities = [text.code("entity", code) for code in rows["source_entity"]]
        return levels.named(page, rows).with_columns(
            candidates["customer"].alias("candidate"),
            pl.Series("entity_name", entities, dtype=pl.String),
        )

    levels.show(
        page,
        levels.Level("record", "record_key", title, "", "obs_identity_review"),
        reviews,
        [
            Column("customer", text("quality.belongs_to"), is_pinned=True),
            Column("candidate", text("quality.candidate")),
            Column("source_system", text("quality.source")),
            Column("entity_name", text("quality.entity")),
            Column("source_id", text("quality.source_id")),
            Column("evidence_json", text("quality.evidence")),
        ],
        describe=lambda row: row["source_id"],
        is_chosen_here=False,
        in_words=in_words,
    )


# ---- closed months that moved ----


def show_restatements(page: Frame) -> None:
    """Closed months whose MRR is no longer what was reported → customers and their cause."""
    text, formats = page.text, page.formats
    title = heading(page, "restatements", formats.money_unit())
    months = control.restated_months(page.snapshot)
    if months.is_empty():
        nothing(page, "restatements", is_good=True)
        return
    st.warning(text("quality.restated", count=months.height), icon=":material/edit_calendar:")
    with_names = months.with_columns(pl.col("month").cast(pl.String).alias("closed"))
    figures = [
        Column("reported_mrr", text("quality.reported"), "money"),
        Column("restated_mrr", text("quality.restated_mrr"), "money"),
        Column("mrr_difference", text("quality.difference"), "money"),
    ]
    month = levels.show(
        page,
        levels.Level(
            "closed", "closed", title, text("quality.choose_month"), "obs_restatement_log"
        ),
        with_names,
        [
            Column("month", text("column.month"), "month", is_pinned=True),
            *figures,
            Column("customer_count", text("column.customers"), "count"),
        ],
        describe=lambda row: formats.month(row["month"]),
    )
    if month is None:
        return
    rows = control.restatements(page.snapshot, month["closed"])
    st.markdown(
        text(
            "quality.restated_customers",
            month=formats.month(month["month"]),
            sum=formats.money_signed(month["mrr_difference"]),
        )
    )
    total = rows.total("mrr_difference")
    levels.show_match(page, total, month["mrr_difference"], formats.money_signed)

    def in_words(some: pl.DataFrame) -> pl.DataFrame:
        causes = [text.code("restatement_cause", code) for code in some["cause_kind"]]
        sources = [cause_source(page, row) for row in some.to_dicts()]
        return levels.named(page, some).with_columns(
            pl.Series("cause", causes, dtype=pl.String),
            pl.Series("source", sources, dtype=pl.String),
        )

    levels.show(
        page,
        levels.Level("restated", "customer_key", title, "", "obs_restatement_log"),
        rows,
        [
            Column("customer", text("column.customer"), is_pinned=True),
            *figures,
            Column("cause", text("quality.cause")),
            Column("source", text("column.source")),
        ],
        describe=levels.of_name,
        is_chosen_here=False,
        in_words=in_words,
    )


def cause_source(page: Frame, row: dict) -> str:
    """The first row delivered since the close that says something new, or a dash."""
    if row["source_file_name"] is None:
        return page.text("format.missing")
    return source_line.name(page, {**row, "file_name": row["source_file_name"]})


# ---- tests ----


def show_tests(page: Frame) -> None:
    """How the last run ended, what failed in it, and which tests guard each metric."""
    text, formats = page.text, page.formats
    heading(page, "tests", text("quality.unit_test"))
    manifest = warehouse.manifest(page.snapshot)
    published_at = datetime.fromisoformat(manifest["published_at"])
    st.success(
        text(
            "quality.version_passed",
            version=page.snapshot.name,
            at=formats.instant(published_at.astimezone(UTC).replace(tzinfo=None)),
        ),
        icon=":material/verified:",
    )
    show_last_run(page)
    metrics = control.tested_metrics(page.snapshot)
    title = text("quality.guards")
    st.subheader(title, anchor=False)
    st.caption(text("quality.guards_note"))
    shown = metrics.with_columns(pl.col(f"name_{text.lang}").alias("name"))
    columns = [
        Column("name", text("quality.metric"), is_pinned=True),
        Column("test_names", text("quality.tests")),
        Column("model", text("quality.model")),
        Column("owner", text("quality.owner")),
    ]
    tables.show(shown, columns, formats, key="guards", alt=title)
    tables.download(page, lambda: shown, columns, name="metric_tests", key="guards_csv")


def show_last_run(page: Frame) -> None:
    """The home's last run: when, how it ended, how long, and the tests that failed."""
    text, formats = page.text, page.formats
    report = runs.read_report(page.home / "build" / "last_run.json")
    if report is None:
        st.caption(text("quality.no_run"))
        return
    finished = datetime.fromisoformat(report.finished_at or report.started_at).astimezone(UTC)
    st.markdown(
        text(
            "quality.last_run",
            at=formats.instant(finished.replace(tzinfo=None)),
            outcome=text.code("run_outcome", report.outcome),
            duration=str(timedelta(seconds=round(sum(report.seconds.values())))),
            failed=formats.count(len(report.failed_tests)),
        )
    )
    if not report.failed_tests:
        return
    failed = pl.DataFrame(
        {
            "asserts": [str(test["asserts"]) for test in report.failed_tests],
            "rows": [test["failing_rows"] for test in report.failed_tests],
            "name": [test["name"] for test in report.failed_tests],
        },
        schema={"asserts": pl.String, "rows": pl.Int64, "name": pl.String},
    )
    columns = [
        Column("asserts", text("quality.asserts"), is_pinned=True),
        Column("rows", text("quality.failing_rows"), "count"),
        Column("name", text("quality.tests")),
    ]
    tables.show(failed, columns, formats, key="failed_tests", alt=text("quality.asserts"))
    tables.download(page, lambda: failed, columns, name="failed_tests", key="failed_csv")


VIEWS = {
    "freshness": show_freshness,
    "balance": show_balance,
    "quarantine": show_quarantine,
    "identity": show_identity,
    "restatements": show_restatements,
    "tests": show_tests,
}

main(frame.current())
