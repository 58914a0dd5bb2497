"""The golden company as files: one writer per way a company may deliver the same facts.

What the files say stands in golden_company.py; what they must become in the tests.
"""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from sources.entities import Column, entities
from tests.end_to_end.golden_company import COMPANY, LAST_EXPORT
from tests.end_to_end.xlsx_file import Cell, write_workbook

Row = dict[str, str]

# The folder of the inbox, and so the source system, that exports each group of entities.
SYSTEMS = {"crm": "crm", "billing": "billing", "reference": "reference"}


@dataclass(frozen=True)
class Export:
    """One full export: every row of an entity that its system held on that day."""

    entity: str
    exported_on: date
    rows: tuple[Row, ...]

    @property
    def header(self) -> list[str]:
        return list(self.rows[0])

    def path(self, inbox: Path, suffix: str) -> Path:
        group, name = self.entity.split(".")
        return inbox / SYSTEMS[group] / f"{name}_{self.exported_on:%Y%m%d}{suffix}"


def export_of(entity: str, exported_on: date) -> Export:
    """The full export of that day: rows known by then, with end dates only if known by then."""
    rows, end_column = COMPANY[entity]
    known = []
    for row in rows:
        if date.fromisoformat(row["known_from"]) > exported_on:
            continue
        sent = {name: text for name, text in row.items() if not name.endswith("known_from")}
        end_known_from = row.get("end_known_from")
        if end_known_from and date.fromisoformat(end_known_from) > exported_on:
            sent[end_column] = ""
        known.append(sent)
    return Export(entity, exported_on, tuple(known))


def last_exports() -> list[Export]:
    """One full export per entity, as the company stands at the end."""
    return [export_of(entity, LAST_EXPORT) for entity in COMPANY]


def exports_of_month(month_end: date) -> list[Export]:
    """The full exports of one month end; a system that holds no row of an entity sends no file."""
    exports = [export_of(entity, month_end) for entity in COMPANY]
    return [export for export in exports if export.rows]


def write_csv(inbox: Path, exports: Iterable[Export]) -> None:
    """UTF-8 CSV with the canonical English headers."""
    for export in exports:
        path = export.path(inbox, ".csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, export.header)
            writer.writeheader()
            writer.writerows(export.rows)


def write_japanese_csv(inbox: Path, exports: Iterable[Export]) -> None:
    """CP932 CSV as Excel in Japan saves it: Japanese headers and words, 2026/1/5, ￥10,000."""
    for export in exports:
        columns = [entities()[export.entity].column(name) for name in export.header]
        path = export.path(inbox, ".csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="cp932", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([column.ja for column in columns])
            for row in export.rows:
                writer.writerow([_japanese(column, row[column.name]) for column in columns])


# Columns with a closed list that such an export writes in Japanese, and its words for them.
JAPANESE_COLUMNS = {
    "kind",
    "payment_method",
    "interval_unit",
    "initiated_by",
    "document_type",
    "line_type",
}
JAPANESE_WORDS = {
    "true": "はい",
    "false": "いいえ",
    "company": "法人",
    "person": "個人",
    "month": "月",
    "year": "年",
    "card": "カード",
    "transfer": "振込",
    "direct_debit": "口座振替",
    "invoice": "請求書",
    "customer": "顧客",
    "recurring": "定期",
    "oneoff": "一時",
    "proration": "日割",
}


def _japanese(column: Column, text: str) -> str:
    if not text:
        return ""
    if column.type in ("date", "ts"):
        day = date.fromisoformat(text)
        return f"{day.year}/{day.month}/{day.day}"
    if column.type == "bool" or column.name in JAPANESE_COLUMNS:
        return JAPANESE_WORDS[text]
    if column.name.endswith("_native"):
        return f"￥{Decimal(text):,}"
    return text


def write_xlsx(inbox: Path, exports: Iterable[Export]) -> None:
    """One workbook per entity with real dates, numbers and booleans."""
    for export in exports:
        columns = [entities()[export.entity].column(name) for name in export.header]
        path = export.path(inbox, ".xlsx")
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [
            [
                _TYPED[column.type](row[column.name]) if row[column.name] else None
                for column in columns
            ]
            for row in export.rows
        ]
        write_workbook(path, export.header, rows)


_TYPED: dict[str, Callable[[str], Cell]] = {
    "text": str,
    "date": date.fromisoformat,
    "ts": date.fromisoformat,
    "dec": Decimal,
    "int": int,
    "bool": lambda text: text == "true",
}


def shuffled_files(inbox: Path, seed: int) -> list[Path]:
    """Every file of the inbox, in an order that has nothing to do with dates or names."""
    files = sorted(path for path in inbox.rglob("*") if path.is_file())
    random.Random(seed).shuffle(files)
    return files


def move_into(inbox: Path, file: Path, staged: Path) -> Path:
    """Moves a file of a staged inbox to the same place of a real one; returns where it is now."""
    target = inbox / file.relative_to(staged)
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.move(file, target))


# ------------------------------------------------------------------------------------------------
# (e) monthly snapshots: one current row and a change date per contract
# ------------------------------------------------------------------------------------------------


# What a company writes for such an export: the preset of the canonical headers, with a change date.
SNAPSHOT_MAPPING = """
id: contract_list
extends: generic_subscriptions_en
files: ["contract_list_*.csv"]
history: snapshot
entities:
  - entity: billing.subscriptions
    columns:
      segment_start_date: changed_on
      segment_end_date: ends_on
"""


def write_snapshot_mapping(mappings: Path) -> None:
    mappings.mkdir(exist_ok=True)
    (mappings / "contract_list.yml").write_text(SNAPSHOT_MAPPING.lstrip(), encoding="utf-8")


def write_snapshot(inbox: Path, month_end: date) -> None:
    """Contracts as a system lists them that keeps only the present: the newest segment of each."""
    newest: dict[str, Row] = {}
    for segment in export_of("billing.subscriptions", month_end).rows:
        seen = newest.get(segment["contract_id"])
        if seen is None or segment["segment_start_date"] > seen["segment_start_date"]:
            newest[segment["contract_id"]] = segment
    named = {"segment_start_date": "changed_on", "segment_end_date": "ends_on"}
    rows = [{named.get(name, name): text for name, text in row.items()} for row in newest.values()]
    path = inbox / "billing" / f"contract_list_{month_end:%Y%m%d}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
