"""What comes next, computed from the marts by one module after the other.

A module declares QUERIES (name → SQL over the built marts), SCHEMAS (name → columns of a table it
makes) and compute(frames, *, as_of, policy), a pure function that returns those tables. What an
earlier module made is among the frames of the later ones.
"""

from collections.abc import Callable, Mapping
from datetime import date
from types import ModuleType
from typing import Any

import polars as pl

from dagster_project.compute import forecast, renewal, repeat_purchase, risk, survival

# In the order they run.
MODULES: tuple[ModuleType, ...] = (survival, repeat_purchase, renewal, risk, forecast)


def schemas() -> dict[str, pl.Schema]:
    """Columns of every table, by name, in the order they are made."""
    return {name: schema for module in MODULES for name, schema in module.SCHEMAS.items()}


def compute_all(
    read: Callable[[str], pl.DataFrame], *, as_of: date, policy: Mapping[str, Any]
) -> dict[str, pl.DataFrame]:
    """Every table by name, as declared; `read` answers SQL over the built marts.

    Raises ValueError when a module makes other tables than it declares, and polars' SchemaError
    or ColumnNotFoundError when a table has other columns.
    """
    tables: dict[str, pl.DataFrame] = {}
    for module in MODULES:
        frames = {name: read(statement) for name, statement in module.QUERIES.items()}
        made = module.compute(frames | tables, as_of=as_of, policy=policy)
        if made.keys() != module.SCHEMAS.keys():
            raise ValueError(f"{module.__name__} made {sorted(made)}")
        for name, schema in module.SCHEMAS.items():
            tables[name] = made[name].select(schema.names()).cast(dict(schema))
    return tables
