"""A list as long as the company: its first rows, its length and its sums, and all of it for a file.

A page that draws five hundred of a hundred thousand customers reads five hundred.
"""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from dashboards.queries.cache import cached
from dashboards.warehouse import Snapshot, rows


@dataclass(frozen=True)
class Listing:
    """The rows of a select that ends with its order; read only as far as one of these asks."""

    snapshot: Snapshot
    select: str
    parameters: tuple = ()

    @property
    def _in_any_order(self) -> str:
        # DuckDB sorts half a million rows before it counts them
        return self.select.rpartition("order by")[0]

    @property
    def height(self) -> int:
        """How many rows there are."""
        query = f"from ({self._in_any_order}) select count(*)"
        return _asked(self.snapshot, query, self.parameters)

    def is_empty(self) -> bool:
        """Whether there is no row."""
        return not self.height

    def total(self, column: str) -> Decimal:
        """The sum of a column over all rows; 0 over none."""
        query = f"from ({self._in_any_order}) select sum({column})"
        return _asked(self.snapshot, query, self.parameters) or Decimal(0)

    def head(self, count: int) -> pl.DataFrame:
        """The first rows."""
        return _read(self.snapshot, f"{self.select}\nlimit ?", (*self.parameters, count))

    def only(self, column: str, value: str) -> pl.DataFrame:
        """The rows whose column, as text, is the value: those an address names."""
        query = f"from ({self._in_any_order}) where cast({column} as varchar) = ?"
        return _read(self.snapshot, query, (*self.parameters, value))

    def all(self) -> pl.DataFrame:
        """Every row, for a file; not kept, because it may be large."""
        return rows(self.snapshot, self.select, self.parameters)


@cached
def _asked(snapshot: Snapshot, query: str, parameters: tuple) -> object:
    return rows(snapshot, query, parameters).item()


@cached
def _read(snapshot: Snapshot, query: str, parameters: tuple) -> pl.DataFrame:
    return rows(snapshot, query, parameters)
