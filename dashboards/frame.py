"""What every page stands in: the run's version, language and formats; as-of badge; designed states.

app.py builds one Frame per run and hands it to the page through `current()`. Pages hold no words,
read no files and open no connection; they ask the frame for text, formats and definitions.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st

from dagster_project import messages, runs
from dagster_project.settings import DisplayConfig, default_as_of
from dashboards import clock, printout, warehouse
from dashboards.access import Principal
from dashboards.catalogue import Text, literal
from dashboards.formatting import UNITS, Formats
from dashboards.queries import about
from dashboards.warehouse import Snapshot, VersionBroken

# The daily run starts in the morning, so before it the newest possible as-of day is one behind.
DAYS_BEFORE_STALE = 2
WITH_TAX, WITHOUT_TAX = "included", "excluded"
KPI_MART = "mart_kpi_monthly"
# the figures that are held on both sides; all others of contracts are ex tax
COLUMNS_WITH_TAX = {"mrr": "mrr_incl_tax", "arr": "arr_incl_tax"}


@dataclass(frozen=True)
class Frame:
    """One run of the app over one published version, for one reader."""

    home: Path
    snapshot: Snapshot
    as_of: date
    who: Principal
    text: Text
    formats: Formats
    is_dark: bool
    # how invoices, MRR and ARR are shown; what moved MRR and what is made of it never have tax
    tax: str = WITH_TAX

    def money_unit(self, tax: str | None = WITHOUT_TAX) -> str:
        """The unit of amounts with whether tax is in them: `円（税抜）`; tax None: not said."""
        return self.taxed(self.formats.money_unit(), tax)

    def taxed(self, unit: str, tax: str | None) -> str:
        """A unit of money and the tax basis of its amounts."""
        if tax is None:
            return unit
        return self.text("chart.unit_taxed", unit=unit, tax=self.text(f"frame.tax_name.{tax}"))

    def taxed_column(self, column: str) -> str:
        """The column that holds a figure on the side chosen, the figure's own where it has one."""
        return COLUMNS_WITH_TAX.get(column, column) if self.tax == WITH_TAX else column

    def tax_rate_note(self, months: Sequence[dict]) -> list[str]:
        """How many contract lines an amount with tax leaves out, of rows of mart_kpi_monthly: the
        newest month-end with the most.
        """
        if self.tax != WITH_TAX:
            return []
        most = max(reversed(months), key=lambda month: month["tax_rate_missing_line_count"])
        count = most["tax_rate_missing_line_count"]
        if not count:
            return []
        month, lines = self.formats.month(most["month"]), self.formats.count(count)
        return [self.text("frame.tax_rate_missing", month=month, count=lines)]

    def movements_note(self) -> list[str]:
        """What a reader who chose amounts with tax must know of movements: they have none."""
        return [self.text("frame.movements_ex_tax")] if self.tax == WITH_TAX else []

    def metric_name(self, model: str, column: str) -> str:
        """The metric's name in the reader's language, from the registry, else the column's name."""
        metric = about.metric(self.snapshot, model, column) or {}
        return metric.get(f"name_{self.text.lang}") or column

    def definition(self, model: str, column: str) -> str:
        """Name, definition and formula of a metric, from the registry of the published version."""
        metric = about.metric(self.snapshot, model, column)
        if metric is None:
            return self.text("frame.definition_missing", model=model, column=column)
        return self.text(
            "frame.definition",
            name=self.metric_name(model, column),
            definition=_definition(metric, self.text.lang),
            formula=metric["formula"],
        )

    def definitions(self, metrics: Sequence[tuple[str, str]]) -> str:
        """One metric's definition, or a line for each of several."""
        if len(metrics) == 1:
            return self.definition(*metrics[0])
        found = [(pair, about.metric(self.snapshot, *pair)) for pair in metrics]
        return "\n".join(
            self.text(
                "frame.definition_line",
                name=self.metric_name(*pair),
                definition=_definition(metric, self.text.lang),
            )
            for pair, metric in found
            if metric
        )

    def movement_metrics(self, movement_types: Sequence[str]) -> list[tuple[str, str]]:
        """The figures of the registry that movement types are, those it knows."""
        columns = [(KPI_MART, f"{movement_type}_mrr") for movement_type in movement_types]
        return [each for each in columns if about.metric(self.snapshot, *each)]


def _definition(metric: dict[str, str], lang: str) -> str:
    return metric[f"definition_{lang}"] or metric["formula"]


def formats_of(
    snapshot: Snapshot, display: DisplayConfig, text: Text, unit: str = next(iter(UNITS))
) -> Formats:
    """How values of a version are shown under a company's choices."""
    policy = warehouse.manifest(snapshot)["policy"]
    return Formats(
        text,
        unit,
        currency=policy["reporting_currency"],
        time_zone=policy["business_timezone"],
        negative_mark=display.negative_mark,
        calendar_era=display.calendar_era,
        week_starts_on=display.week_starts_on,
        fiscal_year_start_month=policy["fiscal_year_start_month"],
    )


def current() -> Frame:
    """The frame app.py made for this run."""
    return st.session_state["frame"]


def show_badge(frame: Frame) -> None:
    """The line under the title: as of which day, which version; behind it each source's
    data-through.
    """
    text, formats = frame.text, frame.formats
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="badge"):
        st.badge(
            text("frame.as_of", date=formats.date(frame.as_of)),
            icon=":material/event_available:",
            color="blue",
        )
        with st.popover(text("frame.sources"), icon=":material/database:", type="tertiary"):
            _show_sources(frame)
        st.caption(text("frame.version", version=frame.snapshot.name), width="content")


def _show_sources(frame: Frame) -> None:
    text, formats = frame.text, frame.formats
    manifest = warehouse.manifest(frame.snapshot)
    published_at = datetime.fromisoformat(manifest["published_at"]).astimezone(UTC)
    st.markdown(
        text(
            "frame.version_facts",
            version=frame.snapshot.name,
            published_at=formats.instant(published_at.replace(tzinfo=None)),
            as_of=formats.date(frame.as_of),
            policy=manifest["policy_id"],
        )
    )
    _show_source_lines(frame)


def _show_source_lines(frame: Frame) -> None:
    text, formats = frame.text, frame.formats
    st.markdown(text("frame.sources_title"))
    lines = [
        text(
            "frame.source_line",
            source=literal(row["source_system"]),
            through=formats.instant(row["data_through_at"]),
            deliveries=formats.count(row["delivery_count"]),
            landed=formats.count(row["rows_landed"]),
            quarantined=formats.count(row["rows_quarantined"]),
        )
        for row in about.data_through(frame.snapshot).to_dicts()
    ]
    st.markdown("\n".join(lines) if lines else text("frame.no_deliveries"))


# ---- banners ----


def warn_about_version(frame: Frame, passed_over: str | None) -> None:
    """Banners when what is shown is not what it should be: an older version, old numbers, a failed
    run.
    """
    text, formats = frame.text, frame.formats
    if passed_over:
        st.error(
            text("state.passed_over", why=literal(passed_over)), icon=":material/broken_image:"
        )
    expected = default_as_of(clock.utc_now(), ZoneInfo(formats.time_zone))
    days = (expected - frame.as_of).days
    if days >= DAYS_BEFORE_STALE:
        st.warning(
            text("state.stale", as_of=formats.date(frame.as_of), days=days),
            icon=":material/history:",
        )
    report = runs.read_report(frame.home / "build" / "last_run.json")
    if report is not None and report.outcome == "failed" and report.error:
        st.warning(_failed_run(frame, report), icon=":material/report:")
    if report is not None and report.held:
        files = text.joined(sorted({literal(one["file_name"]) for one in report.held}))
        st.warning(
            text("state.held", count=len(report.held), files=files), icon=":material/pan_tool:"
        )


def _failed_run(frame: Frame, report: runs.Report) -> str:
    finished = datetime.fromisoformat(report.finished_at or report.started_at).astimezone(UTC)
    error = messages.explain(
        report.error["code"],
        frame.text.lang,
        where=report.error["where"],
        **report.error["values"],
    )
    return frame.text(
        "state.run_failed",
        at=frame.formats.instant(finished.replace(tzinfo=None)),
        **{part: literal(value) for part, value in error.items()},
    )


def warn_when_uncovered(frame: Frame, month_end: date) -> None:
    """A banner when a source of contracts was last exported before the end of the month shown."""
    text, formats = frame.text, frame.formats
    late = [
        text("state.uncovered_source", source=literal(source), through=formats.instant(through))
        for source, through in about.contracts_through(frame.snapshot).iter_rows()
        if formats.local_date(through) < month_end
    ]
    if late:
        st.warning(
            text("state.uncovered", day=formats.date(month_end), sources=text.joined(late)),
            icon=":material/schedule:",
        )


# ---- states that stand in for a page ----


def show_empty(text: Text, home: Path) -> None:
    """The state before the first run: what to do, in three steps."""
    st.info(text("state.empty_what"), icon=":material/inbox:")
    st.markdown(text("state.empty_steps", home=home))


def show_no_month(text: Text) -> None:
    """The state of a version without one completed month."""
    st.info(text("state.no_month"), icon=":material/hourglass_empty:")


def show_broken(text: Text, error: VersionBroken) -> None:
    """The state when no version can be read: what, where, why, remedy."""
    st.error(text("state.broken_what"), icon=":material/error:")
    st.markdown(text("state.broken_facts", where=error.where, why=literal(error.why)))


# ---- charts ----


def heading(
    frame: Frame,
    title: str,
    *,
    unit: str,
    metrics: Sequence[tuple[str, str]] = (),
    definition: str | None = None,
    notes: Sequence[str] = (),
    tax: str | None = WITHOUT_TAX,
) -> None:
    """What stands above every chart: a title in words, its definition, unit and as-of day.

    metrics: (mart, column) of each figure shown; their registry entries are behind one press.
    definition: what is said on hover where no metric of the registry says it.
    tax: whether amounts in this unit have tax in them, said beside the unit; None where both are
    shown and each column says it. Figures of contracts are without.
    """
    text = frame.text
    said = definition or frame.definitions(metrics)
    st.subheader(title, help=said, anchor=False)
    as_of = text("frame.as_of", date=frame.formats.date(frame.as_of))
    if unit in (frame.formats.money_unit(), text("cash.contract_currency")):
        unit = frame.taxed(unit, tax)
    line = text.joined([text("chart.unit", unit=unit), as_of, *notes])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(line, width="content")
        about_it = st.popover(
            text("chart.about"),
            icon=":material/info:",
            type="tertiary",
            key=f"about_{title}",
            on_change="rerun",
        )
    if about_it.open:
        with about_it:
            _show_metrics(frame, metrics, said)
    printout.section(title, line, about_it if about_it.open else None)


def _show_metrics(frame: Frame, metrics: Sequence[tuple[str, str]], said: str) -> None:
    """Definition, formula, policy and tests of each figure, and how far its sources reach."""
    text = frame.text
    if not metrics:
        st.markdown(said)
    for model, column in metrics:
        metric = about.metric(frame.snapshot, model, column)
        st.markdown(frame.definition(model, column))
        if metric is None:
            continue
        policy = json.loads(metric["policy_values"] or "{}")
        tests = (metric["test_names"] or "").split(", ")
        st.markdown(
            text(
                "chart.metric_facts",
                metric=metric["metric_id"],
                owner=metric["owner"],
                policy=text.joined(
                    f"`{name} = {json.dumps(value)}`" for name, value in policy.items()
                ),
                count=len(tests),
                tests="\n".join(f"- `{name}`" for name in tests),
                version=frame.snapshot.name,
            )
        )
    _show_source_lines(frame)
