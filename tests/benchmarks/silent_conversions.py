"""How many cells of the corpus of bad files each tool reads silently wrong.

    python -m tests.benchmarks.silent_conversions [--keep]

The same files (tests/sources/bad_files.py) go through the inbox of a home, `duckdb read_csv` and
`polars.read_csv`, both finding everything out by themselves. Prints one line of JSON per tool:
cells by what became of them, and the files with a silent one. --keep writes it into
silent_conversions.json, which a test reads.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.sources.bad_files import SILENT, TOOLS, corpus, judge

KEPT = Path(__file__).with_suffix(".json")
VERSIONS = {"duckdb": "duckdb", "polars": "polars"}


def measure(tool: str) -> dict[str, Any]:
    """Cells by outcome, and the names of the files with a silent conversion or loss."""
    outcomes: Counter[str] = Counter()
    silent: dict[str, None] = {}
    with tempfile.TemporaryDirectory() as folder:
        read = TOOLS[tool](Path(folder))
        for file in corpus():
            for _, outcome in judge(file, read):
                outcomes[outcome] += 1
                if outcome in SILENT:
                    silent[file.name] = None
    return {
        "tool": tool,
        "version": version(VERSIONS[tool]) if tool in VERSIONS else None,
        "cells": sum(outcomes.values()),
        "silent": sum(outcomes[one] for one in SILENT),
        **dict(sorted(outcomes.items())),
        "silent_files": list(silent),
    }


def main() -> None:
    """Measures every tool and prints what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true")
    is_kept = parser.parse_args().keep
    found = [measure(tool) for tool in TOOLS]
    for one in found:
        sys.stdout.write(json.dumps(one, ensure_ascii=False) + "\n")
    if is_kept:
        KEPT.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
