"""The monthly report as PDF and Excel: `python -m dashboards.report --month 2026-03 --out DIR`.

A program of its own, so that the schedule and the command line can run it as a child process. It
reads the published version as the pages do and says the same words; names of customers are in it
only when asked for by someone who holds the right.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from pathlib import Path

import polars as pl

from dagster_project.messages import KeizokuError
from dagster_project.settings import load_display
from dashboards import access, charts, clock, frame, levels, printout, steps, warehouse
from dashboards.aging import bucket_name
from dashboards.catalogue import LANGUAGES, Text, plain
from dashboards.exports import pdf, png, xlsx
from dashboards.exports.table import Cell, Heading, Table
from dashboards.frame import KPI_MART, Frame
from dashboards.queries import about, cash, control, renewals, report, revenue
from dashboards.tables import Column

FORMATS = ("pdf", "xlsx")
MONTHS_OF_HISTORY = 13
RENEWAL_DAYS = 90
WINDOWS = {"overdue": (-100_000, -1), "30": (0, 30), "60": (31, 60), "90": (61, 90)}
# column of mart_kpi_monthly -> how it is written
KPIS = {
    "mrr": "money",
    "arr": "money",
    "customer_count": "count",
    "arpa": "money",
    "logo_churn_rate": "rate",
    "nrr_rate": "rate",
    "grr_rate": "rate",
    "quick_ratio": "ratio",
}
RETENTION = ("logo_churn_rate", "grr_rate", "nrr_rate", "grr_12m_rate", "nrr_12m_rate")
CASH = ("billed_incl_tax", "collected", "ar_balance")
DEFINED = (
    *((KPI_MART, column) for column in KPIS),
    *((KPI_MART, column) for column in ("grr_12m_rate", "nrr_12m_rate")),
    *(("mart_cash_monthly", column) for column in CASH),
    ("mart_renewal_probability", "expected_value"),
    ("mart_at_risk", "mrr_at_stake"),
)
MISSING_MONTH = 3  # exit code: the version does not show that month


class NoSuchMonth(Exception):
    """The published version does not show the month; `str()` names those it does."""


@dataclass(frozen=True)
class Section:
    """One part of the report: a title, a line about it, and a table (raw values) or none."""

    title: str
    note: str = ""
    columns: Sequence[Column] = ()
    rows: pl.DataFrame | None = None
    picture: Callable[[], bytes] | None = None


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the files and prints their paths as JSON; exit code 0, or 3 for an unknown month."""
    parser = argparse.ArgumentParser(prog="python -m dashboards.report")
    parser.add_argument("--month")
    parser.add_argument("--format", choices=FORMATS, action="append")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--lang", choices=LANGUAGES, default=LANGUAGES[0])
    parser.add_argument("--names", action="store_true")
    asked = parser.parse_args(arguments)
    home = warehouse.home()
    who = access.principal()
    if not asked.names:  # a file that is sent around names nobody unless it was asked for
        who = access.Principal(who.name, who.rights - {access.PERSONAL_COLUMNS})
    try:
        page = open_page(home, who, asked.lang)
        month = find_month(page, asked.month)
    except (NoSuchMonth, warehouse.NotPublished, warehouse.VersionBroken, KeizokuError) as error:
        sys.stderr.write(f"{error}\n")
        return MISSING_MONTH
    folder = asked.out or home / "reports"
    written = write(page, month, folder, asked.format or FORMATS)
    sys.stdout.write(json.dumps([str(path) for path in written], ensure_ascii=False) + "\n")
    return 0


def open_page(home: Path, who: access.Principal, lang: str) -> Frame:
    """The frame of a page without a browser: the current version, in that language, in yen.

    Raises NoSuchMonth when no month is complete, NotPublished, VersionBroken, KeizokuError when
    keizoku.toml cannot be read.
    """
    snapshot, _ = warehouse.current(home, who)
    as_of = about.as_of(snapshot)
    if as_of is None:
        raise NoSuchMonth("-")
    text = Text(lang)
    formats = frame.formats_of(snapshot, load_display(home), text)
    return Frame(home, snapshot, as_of, who, text, formats, is_dark=False)


def find_month(page: Frame, asked: str | None) -> date:
    """The month asked for (YYYY-MM), else the last complete one. Raises NoSuchMonth."""
    months = {f"{month:%Y-%m}": month for month in about.months(page.snapshot)["month"]}
    if asked is None:
        return list(months.values())[-1]
    if asked not in months:
        raise NoSuchMonth(", ".join(months))
    return months[asked]


def write(page: Frame, month: date, folder: Path, formats: Sequence[str]) -> list[Path]:
    """The report in each format as files of the folder, recorded in the access log first.

    A file is complete or not there: it is written aside and put in place.
    """
    sections = make_sections(page, month)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in dict.fromkeys(formats):
        content = {"pdf": as_pdf, "xlsx": as_xlsx}[kind](page, month, sections)
        # never the file that is sent around, which names nobody
        names = "_names" if page.snapshot.has_personal_columns else ""
        path = folder / f"monthly_report_{month:%Y-%m}_{page.as_of:%Y%m%d}{names}.{kind}"
        access.record(
            page.home,
            page.who,
            "export",
            version=page.snapshot.name,
            table="monthly_report",
            month=f"{month:%Y-%m}",
            format=kind,
            has_personal_columns=page.snapshot.has_personal_columns,
        )
        aside = path.with_name(f".{path.name}.new")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        written.append(path)
    return written


# ---- what it says ----


def make_sections(page: Frame, month: date) -> list[Section]:
    """Every part after the tiles, in reading order."""
    return [
        movement_section(page, month),
        history_section(page, month),
        retention_section(page, month),
        renewal_section(page),
        renewal_list(page),
        forecast_section(page),
        risk_section(page),
        cash_section(page, month),
        aging_section(page),
        source_section(page),
        definition_section(page),
    ]


def movement_section(page: Frame, month: date) -> Section:
    """What moved MRR in the month: the sentence, the waterfall and its numbers."""
    text, formats = page.text, page.formats
    totals = revenue.movement_totals(page.snapshot, month, month)
    movements = revenue.movements(page.snapshot, month, month)
    bars = steps.of_range(page, movements, totals, lambda name: {})
    title = text("home.waterfall", month=formats.month(month))

    def picture() -> bytes:
        drawn = charts.waterfall(bars, formats.money_unit(), page.is_dark)
        notes = text.joined(
            [text("chart.unit", unit=formats.money_unit()), *steps.axis_note(page, bars)]
        )
        specification = json.loads(charts.in_light_colours(drawn.to_json()))
        return png.picture(specification, title=title, notes=notes, background=printout.LIGHT_PAGE)

    moved = totals.filter(pl.col("mrr_change") != 0)
    names = [text.code("movement_type", one) for one in moved["movement_type"]]
    words = moved.with_columns(pl.Series("movement", names, dtype=pl.String))
    return Section(
        title,
        plain(steps.explained(page, kpis_until(page, month).tail(2), totals)),
        [
            Column("movement", text("report.movement")),
            Column("mrr_change", text("report.change"), "money"),
        ],
        words,
        picture,
    )


def kpis_until(page: Frame, month: date) -> pl.DataFrame:
    """The KPIs from the first month to this one."""
    first = about.months(page.snapshot)["month"][0]
    return revenue.kpis(page.snapshot, first, month)


def metric_columns(page: Frame, names: Sequence[str], kinds: dict[str, str]) -> list[Column]:
    """A column per KPI under its registered name, the month before them."""
    return [
        Column("month", page.text("column.month"), "month"),
        *(
            Column(name, page.metric_name(KPI_MART, name), kinds.get(name, "rate"))
            for name in names
        ),
    ]


def history_section(page: Frame, month: date) -> Section:
    """The KPIs of the last thirteen months, newest first."""
    rows = kpis_until(page, month).tail(MONTHS_OF_HISTORY).reverse()
    return Section(page.text("home.table"), "", metric_columns(page, list(KPIS), KPIS), rows)


def retention_section(page: Frame, month: date) -> Section:
    """Churn and retention of the last thirteen months."""
    rows = kpis_until(page, month).tail(MONTHS_OF_HISTORY).reverse()
    return Section(page.text("retention.title"), "", metric_columns(page, RETENTION, {}), rows)


def renewal_section(page: Frame) -> Section:
    """What is up for renewal: number, amount and expectation by days to the end."""
    text = page.text
    found = [
        renewals.window(page.snapshot, True, None, *days).with_columns(
            window=pl.lit(text(f"renewals.window_{name}"))
        )
        for name, days in WINDOWS.items()
    ]
    return Section(
        text("report.renewals"),
        text("renewals.windows_note", date=page.formats.date(page.as_of)),
        [
            Column("window", text("report.window")),
            Column("term_count", text("report.terms"), "count"),
            Column("atr", page.metric_name("mart_atr_monthly", "atr"), "money"),
            Column(
                "expected_value",
                page.metric_name("mart_renewal_probability", "expected_value"),
                "money",
            ),
        ],
        pl.concat(found),
    )


def renewal_list(page: Frame) -> Section:
    """Each open term that ends within 90 days; customers by name with the right, else by key."""
    text = page.text
    open_terms = renewals.terms(page.snapshot, True, None, -100_000, RENEWAL_DAYS)
    terms = levels.named(page, open_terms.all())
    return Section(
        text("report.renewal_list"),
        "" if page.snapshot.has_personal_columns else text("report.no_names"),
        [
            Column("customer", text("column.customer")),
            Column("term_end_date", text("report.term_end"), "date"),
            Column("notice_deadline_date", text("report.notice_deadline"), "date"),
            Column("atr", page.metric_name("mart_atr_monthly", "atr"), "money"),
            Column("p_renew", page.metric_name("mart_renewal_probability", "p_renew"), "rate"),
            Column("owner", text("report.owner")),
        ],
        terms,
    )


def forecast_section(page: Frame) -> Section:
    """The published forecast with its 80 % interval."""
    text = page.text
    return Section(
        text("report.forecast"),
        text("report.forecast_note"),
        [
            Column("month", text("column.month"), "month"),
            Column("forecast_mrr", text("report.forecast_mrr"), "money"),
            Column("lower_80_mrr", text("report.lower"), "money"),
            Column("upper_80_mrr", text("report.upper"), "money"),
        ],
        report.forecast(page.snapshot),
    )


def risk_section(page: Frame) -> Section:
    """How many customers are at risk; nobody is named."""
    text = page.text
    return Section(
        text("report.at_risk"),
        "",
        [
            Column("customer_count", text("column.customers"), "count"),
            Column("mrr_at_stake", page.metric_name("mart_at_risk", "mrr_at_stake"), "money"),
        ],
        report.at_risk(page.snapshot),
    )


def cash_section(page: Frame, month: date) -> Section:
    """Billed, collected and owed by month, newest first."""
    rows = cash.months(page.snapshot).filter(pl.col("month") <= month)
    return Section(
        page.text("cash.title"),
        "",
        [
            Column("month", page.text("column.month"), "month"),
            *(Column(name, page.metric_name("mart_cash_monthly", name), "money") for name in CASH),
        ],
        rows.tail(MONTHS_OF_HISTORY).reverse(),
    )


def aging_section(page: Frame) -> Section:
    """What is owed by days since it was due."""
    text = page.text
    rows = cash.buckets(page.snapshot)
    named = rows.with_columns(
        pl.Series(
            "bucket_name",
            [bucket_name(page, code) for code in rows["bucket"]],
            dtype=pl.String,
        )
    )
    return Section(
        text("report.aging"),
        text("frame.as_of", date=page.formats.date(page.as_of)),
        [
            Column("bucket_name", text("cash.bucket")),
            Column("balance", text("cash.balance"), "money"),
            Column("customer_count", text("column.customers"), "count"),
            Column("invoice_count", text("cash.invoices"), "count"),
        ],
        named,
    )


def source_section(page: Frame) -> Section:
    """How far each source reaches, and how many of its rows were kept back."""
    text, formats = page.text, page.formats
    rows = about.data_through(page.snapshot)
    counted = control.totals(page.snapshot).row(0, named=True)
    dated = rows.with_columns(
        pl.Series(
            "through",
            [formats.instant(value) for value in rows["data_through_at"]],
            dtype=pl.String,
        )
    )
    return Section(
        text("quality.title"),
        text(
            "report.quality_note",
            read=formats.count(counted["rows_read"] or 0),
            rejected=formats.count(counted["rows_quarantined"] or 0),
        ),
        [
            Column("source_system", text("column.source")),
            Column("through", text("report.through")),
            Column("rows_landed", text("report.rows_landed"), "count"),
            Column("rows_quarantined", text("report.rows_rejected"), "count"),
        ],
        dated,
    )


def definition_section(page: Frame) -> Section:
    """What each figure means, from the registry of the version."""
    text = page.text
    found = [(pair, about.metric(page.snapshot, *pair)) for pair in DEFINED]
    rows = [
        (metric[f"name_{text.lang}"], metric[f"definition_{text.lang}"], metric["formula"])
        for _, metric in found
        if metric
    ]
    schema = dict.fromkeys(("name", "definition", "formula"), pl.String)
    return Section(
        text("report.definitions"),
        "",
        [Column(name, text(f"report.{name}")) for name in schema],
        pl.DataFrame(rows, schema=schema, orient="row"),
    )


def tiles(page: Frame, month: date) -> list[tuple[str, str, str]]:
    """Name, value and change to the month before of each KPI."""
    text, formats = page.text, page.formats
    last = kpis_until(page, month).tail(2).to_dicts()
    now, before = last[-1], last[0] if len(last) > 1 else {}
    shown = []
    for column, kind in KPIS.items():
        value = getattr(formats, kind)(now[column], now.get(f"{column}_null_reason"))
        change = getattr(formats, f"{kind}_change")(now[column], before.get(column))
        said = text("report.change_to", change=change) if change else ""
        shown.append((page.metric_name(KPI_MART, column), value, said))
    return shown


def figures(page: Frame, month: date) -> list[tuple[str, Cell, Cell]]:
    """The same as numbers, unrounded and in single yen; what does not exist says why."""
    last = kpis_until(page, month).tail(2).to_dicts()
    now, before = last[-1], last[0] if len(last) > 1 else {}
    shown = []
    for column, kind in KPIS.items():
        reason = now.get(f"{column}_null_reason")
        value = Cell(now[column], kind)
        change = Cell(None, kind)
        if now[column] is None:
            value = Cell(page.formats.missing(reason), "text")
        elif before.get(column) is not None:
            moved = now[column] - before[column]
            change = Cell(moved * 100, "points") if kind == "rate" else Cell(moved, kind)
        name = Column(column, page.metric_name(KPI_MART, column), kind)
        shown.append((heading(page, name), value, change))
    return shown


# ---- how it is written ----


def as_pdf(page: Frame, month: date, sections: Sequence[Section]) -> bytes:
    """The report on A4."""
    text = page.text
    title = title_of(page, month)
    parts: list[pdf.Part] = [
        pdf.Words("title", title),
        pdf.Words("note", origin(page)),
        pdf.Figures(tiles(page, month)),
    ]
    for section in sections:
        parts.append(pdf.Words("heading", section.title))
        if section.note:
            parts.append(pdf.Words("body", section.note))
        if section.picture:
            parts.append(pdf.Picture(section.picture(), section.title))
        if section.rows is None or section.rows.is_empty():
            parts.append(pdf.Words("note", text("report.nothing")))
        else:
            parts.append(grid(page, section))
    return pdf.document(
        parts,
        title=title,
        author=page.who.name,
        footer=text("printout.footer", version=page.snapshot.name),
        at=clock.utc_now().astimezone(UTC),
    )


def grid(page: Frame, section: Section) -> pdf.Grid:
    """A section's table as text, the first rows of it."""
    rows = section.rows
    hidden = rows.height - pdf.ROWS_OF_A_TABLE
    more = page.text("printout.more", count=page.formats.count(hidden)) if hidden > 0 else None
    return pdf.Grid(
        [column.label for column in section.columns],
        [
            [cell(page, row, column) for column in section.columns]
            for row in rows.head(pdf.ROWS_OF_A_TABLE).to_dicts()
        ],
        [column.kind in ("money", "count", "rate", "ratio") for column in section.columns],
        more,
    )


def cell(page: Frame, row: dict, column: Column) -> str:
    """A value as the pages write it; null is a dash with its reason."""
    value = row[column.name]
    if column.kind == "text":
        return page.formats.missing(None) if value is None else str(value)
    if column.kind in ("month", "date"):
        return (
            page.formats.missing(None)
            if value is None
            else getattr(page.formats, column.kind)(value)
        )
    return getattr(page.formats, column.kind)(value, row.get(f"{column.name}_null_reason"))


def as_xlsx(page: Frame, month: date, sections: Sequence[Section]) -> bytes:
    """A workbook: the KPIs with their change, a sheet per section with unrounded values, notes."""
    text = page.text
    summary = Table(
        title_of(page, month),
        [Heading(text(f"report.{name}")) for name in ("name", "value", "change")],
        figures(page, month),
    )
    sheets = [
        Table(
            section.title,
            [Heading(heading(page, column), column.kind) for column in section.columns],
            section.rows.select(column.name for column in section.columns).rows(),
        )
        for section in sections
    ]
    notes = Table(
        text("table.note.sheet"),
        [Heading(text("table.note.what")), Heading(text("table.note.value"))],
        [
            (text("table.note.as_of"), page.formats.date(page.as_of)),
            (text("table.note.version"), page.snapshot.name),
            (text("table.note.who"), page.who.name),
            (
                text("table.note.at"),
                page.formats.instant(clock.utc_now().astimezone(UTC).replace(tzinfo=None)),
            ),
            *((section.title, section.note) for section in sections if section.note),
        ],
    )
    return xlsx.workbook([summary, *sheets], notes, negative=page.formats.negative)


def heading(page: Frame, column: Column) -> str:
    """A column's heading; amounts in a file are in single yen and say so."""
    if column.kind != "money":
        return column.label
    return page.text("table.money_heading", label=column.label, unit=page.formats.base_unit())


def title_of(page: Frame, month: date) -> str:
    """The report's title."""
    return page.text("report.title", month=page.formats.month(month))


def origin(page: Frame) -> str:
    """As of which day, from which version."""
    text = page.text
    return text.joined(
        [
            text("frame.as_of", date=page.formats.date(page.as_of)),
            text("frame.version", version=page.snapshot.name),
        ]
    )


if __name__ == "__main__":
    raise SystemExit(main())
