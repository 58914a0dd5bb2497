"""Tables and columns of the version on the page, as publish described them, and their search."""

import unicodedata
from dataclasses import dataclass

import polars as pl

from dashboards import warehouse
from dashboards.frame import Frame
from dashboards.queries import registry

PERSONAL = "pii.duckdb"  # the file of personal columns, as the manifest names it


@dataclass(frozen=True)
class Table:
    """A published table as its manifest describes it."""

    name: str
    description: str
    row_count: int
    columns: dict[str, dict]


def tables(page: Frame) -> list[Table]:
    """Every table of the version, by name."""
    marts = warehouse.manifest(page.snapshot)["marts"]
    return [
        Table(name, " ".join(told["description"].split()), told["row_count"], told["columns"])
        for name, told in sorted(marts.items())
    ]


def search(page: Frame, words: str) -> list[Table]:
    """The tables in which every word is found: in names, descriptions or what metrics are called.

    Full and half width, capital and small letters are the same.
    """
    wanted = folded(words).split()
    if not wanted:
        return tables(page)
    called: dict[str, list[str]] = {}
    for row in registry.metrics(page.snapshot).to_dicts():
        names = [row[name] or "" for name in ("name_ja", "name_en", "definition_ja", "metric_id")]
        called.setdefault(row["model"], []).extend(names)
    found = []
    for table in tables(page):
        columns = [text for name, c in table.columns.items() for text in (name, c["description"])]
        parts = [table.name, table.description, *columns, *called.get(table.name, [])]
        haystack = folded("\n".join(parts))
        if all(word in haystack for word in wanted):
            found.append(table)
    # a name says more than a description
    return sorted(found, key=lambda table: (wanted[0] not in folded(table.name), table.name))


def columns(page: Frame, table: Table) -> pl.DataFrame:
    """Grain: one row per column: name to write in SQL, what it is called, unit, type, class."""
    metrics = {
        row["column_name"]: row
        for row in registry.metrics(page.snapshot).to_dicts()
        if row["model"] == table.name
    }
    lang = page.text.lang
    listed = []
    for name, told in table.columns.items():
        metric = metrics.get(name, {})
        is_personal = told["file"] == PERSONAL
        listed.append(
            {
                "name": f"pii.{table.name}.{name}" if is_personal else name,
                "called": metric.get(f"name_{lang}"),
                "unit": page.text.code("metric_unit", metric["unit"]) if metric else None,
                "kind": told["type"].lower(),
                "class": page.text.code("data_class", f"c{told['class']}"),
                "meaning": metric.get(f"definition_{lang}")
                or " ".join(told["description"].split()),
            }
        )
    return pl.DataFrame(
        listed,
        schema=dict.fromkeys(("name", "called", "unit", "kind", "class", "meaning"), pl.String),
    )


def as_shown(rows: pl.DataFrame) -> pl.DataFrame:
    """Values as a table can sort and show them; the file keeps the exact ones."""
    casts = []
    for name, kind in rows.schema.items():
        if kind.is_decimal():
            casts.append(pl.col(name).cast(pl.Float64))
        elif not (kind.is_numeric() or kind == pl.String):
            values = [None if value is None else str(value) for value in rows[name].to_list()]
            casts.append(pl.Series(name, values, dtype=pl.String))
    return rows.with_columns(casts)


def in_file(rows: pl.DataFrame) -> pl.DataFrame:
    """Exact values as a file can hold them: what no sheet has a kind for becomes text."""
    plain = (pl.String, pl.Boolean, pl.Date, pl.Datetime("us"), pl.Datetime("ns"))
    return rows.with_columns(
        pl.Series(
            name,
            [None if one is None else str(one) for one in rows[name].to_list()],
            dtype=pl.String,
        )
        for name, kind in rows.schema.items()
        if not (kind.is_numeric() or kind in plain)
    )


def pointer(line: str, column: int) -> str:
    """A mark under a character (from 1) of a line written with letters of one and two widths."""
    width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line[: column - 1])
    return " " * width + "^"


def folded(text: str) -> str:
    """Text as it is compared: one width, small letters."""
    return unicodedata.normalize("NFKC", text).casefold()
