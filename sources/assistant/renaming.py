"""Headers a known mapping misses, and what they are likely called in the file now.

A suggestion only: the file stays held until somebody writes the new header into the mapping.
"""

from collections.abc import Mapping as Pairs
from dataclasses import dataclass

import polars as pl

from sources.assistant.matching import RENAMED, likeness, names_of, plain
from sources.mapping import Mapping

KEYS_MATCH = 0.8  # share of the last delivery's keys among the cells of a header


@dataclass(frozen=True)
class Renamed:
    """A header that is missing (as missing_headers names it) and the likeliest one in its place.

    keys_known: share of its filled cells that are keys already landed; None where not looked at.
    """

    entity: str
    column: str
    missing: str
    known: tuple[str, ...]  # the headers the mapping reads today
    header: str
    likeness: float
    keys_known: float | None = None

    @property
    def in_words(self) -> str:
        """Facts in no language: what became what, how alike, and the line for the mapping."""
        known = "" if self.keys_known is None else f", keys {self.keys_known:.0%}"
        line = f"{self.column}: {{from: [{', '.join((*self.known, self.header))}]}}"
        return f"{self.missing} → {self.header} ({self.likeness:.2f}{known}); {line}"


def find_renamed(
    mapping: Mapping,
    headers: frozenset[str],
    keys_known: Pairs[tuple[str, str], float] | None = None,
) -> list[Renamed]:
    """One header for each missing column that has a likely one; no header twice, the surest first.

    keys_known: (column, header) → share of the header's cells that are keys already landed.
    """
    free = headers - mapping.present_headers(headers) - {"source_row"}
    lacking = set(mapping.missing_headers(headers))
    found = []
    for block in mapping.entities:
        for column, rule in block.pairs():
            missing = " | ".join(rule.headers or ())
            if missing not in lacking:
                continue
            names = (*rule.headers, column.ja, column.name, *names_of(block.entity)[column.name])
            for header in sorted(free):
                share = (keys_known or {}).get((column.name, header))
                near = 1.0 if plain(header) in names_of(block.entity)[column.name] else max(
                    likeness(header, name) for name in names
                )  # fmt: skip
                if near > RENAMED or (share or 0) >= KEYS_MATCH:
                    known = tuple(rule.headers)
                    found.append(Renamed(block.entity, column.name, missing, known, header, near,
                                         share))  # fmt: skip
    chosen: dict[str, Renamed] = {}
    for one in sorted(found, key=lambda one: (-(one.keys_known or 0), -one.likeness)):
        if one.missing not in chosen and one.header not in {
            kept.header for kept in chosen.values()
        }:
            chosen[one.missing] = one
    return [chosen[missing] for missing in mapping.missing_headers(headers) if missing in chosen]


def share_of_keys(cells: pl.Series, keys: pl.Series) -> float:
    """Share of the filled cells that are among some keys."""
    text = cells.drop_nulls().str.strip_chars()
    return text.is_in(keys.implode()).mean() if len(text) else 0.0
