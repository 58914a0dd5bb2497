"""Files as real systems export them, and what became of their rows."""

import csv
import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from sources import landing
from sources.entities import entities
from sources.reading import Reading, ReadRequest, read_delivery

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


def read_one(home, name: str) -> Reading:
    """A file of the inbox as the worker reads it, but in this process: what lands stays aside."""
    reading = reading_of(home, name)
    assert (reading.status, reading.findings) == ("read", ())
    return reading


def reading_of(home, name: str) -> Reading:
    """The same for a file that may be refused."""
    (path,) = home.inbox.rglob(name)
    return read_delivery(
        ReadRequest(
            path=str(path),
            system=path.parent.name,
            file_name=name,
            file_time=NOW.replace(tzinfo=None),
            content_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            home_mappings=str(home.mappings),
            business_timezone="Asia/Tokyo",
            secret="00",
            aside=str(home.root / "aside"),
        )
    )


def read_rows(home, entity: str, *columns: str) -> list[tuple]:
    """What read_one would land of an entity, in the order of the file."""
    frame = pl.read_parquet(home.root / "aside" / f"{entities()[entity].table}.parquet")
    return frame.sort("source_row", maintain_order=True).select(*columns).rows()


def rows(home, entity: str, *columns: str) -> list[tuple]:
    """The landed rows of an entity in the order of their file."""
    table = entities()[entity].table
    frame = pl.read_parquet(home.landed / table / "live" / "*.parquet")
    return frame.sort("source_row", maintain_order=True).select(*columns).rows()


def counts(result: landing.DeliveryResult | Reading) -> dict[str, tuple[int, int, int, int, int]]:
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
    """What read_one sent to quarantine: entity, row, column, reason."""
    found = pl.read_parquet(home.root / "aside" / "quarantine.parquet")
    columns = ("entity", "source_row", "column_name", "reason_code")
    return sorted(found.select(columns).rows(), key=str)
