"""Files as real systems export them, and what became of their rows."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from sources import landing
from sources.entities import entities

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
NOW = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)


def csv_text(headers: list[str], *rows: dict[str, str]) -> str:
    """A CSV of those headers; columns a row does not name are blank."""
    text = io.StringIO()
    writer = csv.DictWriter(text, headers, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(dict.fromkeys(headers, "") | row)
    return text.getvalue()


def land_one(home, name: str) -> landing.DeliveryResult:
    """The only file of the inbox, landed without a problem."""
    (result,) = landing.land_inbox(home, now=NOW)
    assert result.file_name == name
    assert result.problems == ()
    return result


def rows(home, entity: str, *columns: str) -> list[tuple]:
    """The landed rows of an entity in the order of their file."""
    table = entities()[entity].table
    frame = pl.read_parquet(home.landed / table / "live" / "*.parquet")
    return frame.sort("source_row", maintain_order=True).select(*columns).rows()


def counts(result: landing.DeliveryResult) -> dict[str, tuple[int, int, int, int, int]]:
    """By entity: rows read, landed, quarantined, repeated in the file, filtered out."""
    return {
        one.entity: (
            one.rows_read,
            one.rows_landed,
            one.rows_quarantined,
            one.rows_repeated,
            one.rows_filtered,
        )
        for one in result.entities
    }


def refused(home) -> list[tuple]:
    """What is in quarantine: entity, row, column, reason."""
    found = landing.rejects(home)
    columns = ("entity", "source_row", "column_name", "reason_code")
    return sorted(found.select(columns).rows(), key=str)
