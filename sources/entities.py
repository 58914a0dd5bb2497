"""The canonical entities, as declared in entities.yml.

Facts only: which columns exist, their types, keys and classes. How a vendor spells them belongs
in a mapping, how a cell is read in values.py, and what a column means for a metric in dbt.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl
import yaml

DECLARATION = Path(__file__).with_name("entities.yml")

TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "date": pl.Date(),
    "ts": pl.Datetime("us"),  # naive, holding UTC
    "dec": pl.Decimal(18, 6),
    "int": pl.Int64(),
    "bool": pl.Boolean(),
}


@dataclass(frozen=True)
class Column:
    """One declared column; `name` is the canonical name, `landed_name` the one in Parquet."""

    name: str
    type: str
    ja: str
    en: str
    key: bool = False
    required: bool = False
    data_class: int = 1
    values: tuple[str, ...] | None = None
    default: str | None = None
    folded: bool = False
    inclusive_end: bool = False
    landed_as: str | None = None
    is_month: bool = False
    not_negative: bool = False
    # places that "10%" moves: 2 where 0.10 is meant, 0 where 10 is; None where no share is meant
    percent_digits: int | None = None

    @property
    def landed_name(self) -> str:
        return self.landed_as or self.name

    @property
    def folded_name(self) -> str:
        return f"{self.name}_folded"

    @property
    def polars_type(self) -> pl.DataType:
        return TYPES[self.type]


@dataclass(frozen=True)
class Entity:
    """One entity: `billing.subscriptions` has group `billing` and name `subscriptions`."""

    group: str
    name: str
    ja: str
    en: str
    columns: tuple[Column, ...]
    any_of: tuple[tuple[str, ...], ...] = ()
    also_called: tuple[str, ...] = ()
    coverage: str = "full"  # of the generic presets

    @property
    def id(self) -> str:
        return f"{self.group}.{self.name}"

    @property
    def table(self) -> str:
        return f"{self.group}__{self.name}"

    @property
    def key_columns(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.key)

    @property
    def required_columns(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.required)

    @property
    def folded_columns(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.folded)

    def column(self, name: str) -> Column:
        """The column of that canonical name; KeyError naming the entity if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.id} has no column {name!r}")

    def landed_schema(self) -> dict[str, pl.DataType]:
        """Columns of the landed Parquet files in order: own, folded, lineage."""
        schema = {column.landed_name: column.polars_type for column in self.columns}
        schema |= {column.folded_name: pl.String() for column in self.folded_columns}
        return schema | {column.name: column.polars_type for column in lineage()}


def _read_column(name: str, declared: dict) -> Column:
    facts = dict(declared)
    data_class = facts.pop("class", 1)
    values = facts.pop("values", None)
    if values == "currencies":
        values = sorted(currencies())
    column = Column(
        name=name, data_class=data_class, values=tuple(values) if values else None, **facts
    )
    if column.type not in TYPES or column.data_class not in (1, 2, 3):
        raise ValueError(f"entities.yml: {name}: type {column.type}, class {column.data_class}")
    return column


@cache
def _declaration() -> dict:
    return yaml.safe_load(DECLARATION.read_text(encoding="utf-8"))


@cache
def currencies() -> dict[str, int]:
    """Digits after the point by ISO 4217 code (JPY 0, USD 2)."""
    by_digits = _declaration()["currencies"]
    return {code: digits for digits, codes in by_digits.items() for code in codes}


@cache
def lineage() -> tuple[Column, ...]:
    """The columns every landed table has besides its own, in order (`extra` first)."""
    return tuple(_read_column(name, facts) for name, facts in _declaration()["lineage"].items())


@cache
def entities() -> dict[str, Entity]:
    """Every entity by id (`billing.subscriptions`), in the order of the declaration."""
    return {
        entity_id: Entity(
            *entity_id.split("."),
            ja=facts["ja"],
            en=facts["en"],
            columns=tuple(_read_column(name, c) for name, c in facts["columns"].items()),
            any_of=tuple(tuple(group) for group in facts.get("any_of", ())),
            also_called=tuple(facts.get("also_called", ())),
            coverage=facts.get("coverage", "full"),
        )
        for entity_id, facts in _declaration()["entities"].items()
    }
