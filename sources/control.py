"""What dbt reads beside the rows: one row per delivery and entity, per refused cell and invoice.

Rewritten whole from the ledger and quarantine/ after each change.
"""

from dataclasses import asdict

import polars as pl

from sources import ledger
from sources.deliveries import Home
from sources.entities import entities
from sources.fault_points import fault_point
from sources.ledger import LIVE, Delivery
from sources.originals import replace_durably
from sources.reading import write_durably
from sources.reasons import reasons
from sources.session import Session
from sources.settling import make_folder, quarantine_of

CONTROL_DELIVERIES = {
    "delivery_id": pl.String(),
    "feed_id": pl.String(),
    "mapping_hash": pl.String(),
    "content_sha256": pl.String(),
    "entity": pl.String(),
    "source_system": pl.String(),
    "file_name": pl.String(),
    "encoding": pl.String(),
    "exported_at": pl.Datetime("us"),
    "is_exported_at_assumed": pl.Boolean(),
    "received_at": pl.Datetime("us"),
    "coverage": pl.String(),
    "coverage_column": pl.String(),
    "covers_from": pl.Date(),
    "covers_to": pl.Date(),
    "history": pl.String(),
    "rows_read": pl.Int64(),
    "rows_landed": pl.Int64(),
    "rows_quarantined": pl.Int64(),
    "rows_repeated": pl.Int64(),
    "rows_filtered": pl.Int64(),
}


# One row per refused cell or damaged line: a row with two bad cells stands here twice.
CONTROL_QUARANTINE = {
    "delivery_id": pl.String(),
    "entity": pl.String(),
    "source_system": pl.String(),
    "file_name": pl.String(),
    "source_sheet": pl.String(),
    "source_row": pl.Int64(),
    "column_name": pl.String(),
    "raw_value": pl.String(),
    "reason_code": pl.String(),
    "message_ja": pl.String(),
    "message_en": pl.String(),
    "remedy_ja": pl.String(),
    "remedy_en": pl.String(),
}


# One row per invoice that was kept back, with what of it could be read: what the source billed and
# we do not count.
CONTROL_REFUSED_INVOICES = {
    "delivery_id": pl.String(),
    "source_system": pl.String(),
    "file_name": pl.String(),
    "source_sheet": pl.String(),
    "source_row": pl.Int64(),
    "record_key": pl.String(),
    "invoice_id": pl.String(),
    "issue_date": pl.Date(),
    "currency": pl.String(),
    "total_native": pl.Decimal(18, 6),
    "document_type": pl.String(),
    "status": pl.String(),
}


CONTROL_TABLES = {
    "control__deliveries": CONTROL_DELIVERIES,
    "control__quarantine": CONTROL_QUARANTINE,
    "control__refused_invoices": CONTROL_REFUSED_INVOICES,
}
INVOICES = "billing.invoices"


SCHEMA_FILE = "_schema.parquet"


def ensure_schema(home: Home) -> None:
    """Writes a zero-row Parquet with the declared schema into every live/ folder."""
    schemas = {entity.table: entity.landed_schema() for entity in entities().values()}
    for table, schema in (schemas | CONTROL_TABLES).items():
        target = home.landed / table / LIVE / SCHEMA_FILE
        if target.exists() and pl.read_parquet_schema(target) == schema:
            continue
        make_folder(target.parent)
        aside = target.with_suffix(".new")
        write_durably(pl.DataFrame(schema=schema), aside)
        replace_durably(aside, target)


def write_control_tables(session: Session) -> None:
    """Rewrites the control tables if anything changed since they were last written."""
    home = session.home
    files = {table: home.landed / table / LIVE / f"{table}.parquet" for table in CONTROL_TABLES}
    is_stale = ledger.read_fact(session.connection, "control_is_stale") != "no"
    if not is_stale and all(path.exists() for path in files.values()):
        return
    live = ledger.read_deliveries(session.connection, "state = ?", [LIVE])
    frames = {
        "control__deliveries": _deliveries_table(live),
        "control__quarantine": quarantine_table(home, live),
        "control__refused_invoices": refused_invoices_table(home, live),
    }
    for table, frame in frames.items():
        make_folder(files[table].parent)
        aside = files[table].with_suffix(".new")
        write_durably(frame, aside)
        replace_durably(aside, files[table])
        fault_point("control_written")
    ledger.set_fact(session.connection, "control_is_stale", "no")


def _deliveries_table(live: list[Delivery]) -> pl.DataFrame:
    rows = [
        {name: getattr(one, name) for name in CONTROL_DELIVERIES if hasattr(one, name)}
        | asdict(counts)
        for one in live
        for counts in one.entities
    ]
    return pl.DataFrame(rows, schema=CONTROL_DELIVERIES, orient="row")


def quarantine_table(home: Home, asked: list[Delivery]) -> pl.DataFrame:
    frames = [pl.DataFrame(schema=CONTROL_QUARANTINE)]
    texts = pl.DataFrame(
        [
            {
                "reason_code": reason.code,
                "message_ja": reason.ja,
                "message_en": reason.en,
                "remedy_ja": reason.remedy_ja,
                "remedy_en": reason.remedy_en,
            }
            for reason in reasons().values()
        ]
    )
    for one in asked:
        path = quarantine_of(home, one)
        if path.exists() and any(counts.rows_quarantined for counts in one.entities):
            cells = pl.read_parquet(path).with_columns(
                pl.lit(one.delivery_id).alias("delivery_id"),
                pl.lit(one.source_system).alias("source_system"),
                pl.lit(one.file_name).alias("file_name"),
            )
            frames.append(
                cells.join(texts, on="reason_code", how="left", maintain_order="left").select(
                    list(CONTROL_QUARANTINE)
                )
            )
    return pl.concat(frames)


def refused_invoices_table(home: Home, asked: list[Delivery]) -> pl.DataFrame:
    """The invoices these deliveries brought and that were kept back, as CONTROL_REFUSED_INVOICES.

    A cell that could not be read is null; so are all where a delivery was read before the product
    kept what it could read.
    """
    frames = [pl.DataFrame(schema=CONTROL_REFUSED_INVOICES)]
    places_of_file = ("delivery_id", "source_system", "file_name", "source_sheet", "source_row")
    read_as = pl.Struct(
        {column: pl.String() for column in CONTROL_REFUSED_INVOICES if column not in places_of_file}
    )
    for one in asked:
        path = quarantine_of(home, one)
        is_refused = any(
            counts.entity == INVOICES and counts.rows_quarantined for counts in one.entities
        )
        if not is_refused or not path.exists():
            continue
        cells = pl.read_parquet(path).filter(pl.col("entity") == INVOICES)
        if "read_row" not in cells.columns:
            cells = cells.with_columns(pl.lit(None, pl.String).alias("read_row"))
        places = ["source_sheet", "source_row"]
        rows = cells.unique(places, keep="first", maintain_order=True).sort(places)
        frames.append(
            rows.select(
                pl.lit(one.delivery_id).alias("delivery_id"),
                pl.lit(one.source_system).alias("source_system"),
                pl.lit(one.file_name).alias("file_name"),
                "source_sheet",
                "source_row",
                pl.col("read_row").str.json_decode(read_as).alias("read"),
            )
            .unnest("read")
            .with_columns(
                # the key of a row whose number could not be read is nobody's
                pl.when(pl.col("invoice_id").is_not_null()).then("record_key").alias("record_key"),
                pl.col("issue_date").str.to_date(strict=False),
                pl.col("total_native").cast(pl.Decimal(18, 6), strict=False),
            )
            .select(list(CONTROL_REFUSED_INVOICES))
        )
    return pl.concat(frames)
