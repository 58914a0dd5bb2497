"""Headers a known mapping misses, and what they are likely called in the file now.

A suggestion only: the file stays held until somebody writes the new header into the mapping.
"""

from collections.abc import Mapping as Pairs
from dataclasses import dataclass

import polars as pl

from sources.assistant.matching import ALIKE, RENAMED, likeness, names_of, plain
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
    def is_sure(self) -> bool:
        """Whether the name is the same word, or the keys are those of the last delivery."""
        return self.likeness >= ALIKE or (self.keys_known or 0) >= KEYS_MATCH

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
    """For every column that misses its header the likeliest one, if any; no header for two.

    keys_known: (column, header) → share of the header's cells that are keys already landed.
    """
    free = headers - mapping.present_headers(headers) - {"source_row"}
    missing = mapping.missing_headers(headers)
    found = []
    for block in mapping.entities:
        for column, rule in block.pairs():
            known = tuple(rule.headers or ())
            if " | ".join(known) not in missing:
                continue
            other_names = names_of(block.entity)[column.name]
            for header in sorted(free):
                near = max(likeness(header, name) for name in (*known, *other_names))
                near = 1.0 if plain(header) in other_names else near
                share = (keys_known or {}).get((column.name, header))
                if near > RENAMED or (share or 0) >= KEYS_MATCH:
                    facts = (block.entity, column.name, " | ".join(known), known, header, near)
                    found.append(Renamed(*facts, share))
    chosen: dict[str, str] = {}
    for one in sorted(found, key=lambda one: (-(one.keys_known or 0), -one.likeness)):
        if one.missing not in chosen and one.header not in chosen.values():
            chosen[one.missing] = one.header
    kept = [one for one in found if chosen.get(one.missing) == one.header]
    return sorted(kept, key=lambda one: missing.index(one.missing))


def share_of_keys(cells: pl.Series, keys: pl.Series) -> float:
    """Share of the filled cells that are among some keys."""
    text = cells.drop_nulls().str.strip_chars()
    return text.is_in(keys.implode()).mean() if len(text) else 0.0
