"""The golden figures and the tests that prove them: `make goldens`.

A golden is a figure typed by hand in goldens.yml. A test claims it: pytest by
`@pytest.mark.golden("G-07/arr_june")`, a dbt unit test by `config: {meta: {golden: [...]}}`.
Claims are read from the source, so the list runs no test; that they pass is the suite's work.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
LIST = Path(__file__).with_suffix(".yml")


def goldens() -> dict[str, str]:
    """Golden id (`card/slug`) → figure, in the order of the list."""
    cards = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    return {
        f"{card}/{slug}": figure for card, slugs in cards.items() for slug, figure in slugs.items()
    }


def claims() -> dict[str, list[str]]:
    """Golden id → the tests that claim it, as `file::test` below the checkout."""
    found: dict[str, list[str]] = defaultdict(list)
    for golden, test in sorted([*pytest_claims(), *unit_test_claims()]):
        found[golden].append(test)
    return dict(found)


def pytest_claims() -> list[tuple[str, str]]:
    """(golden id, test) of every golden marker in tests/; one outside a function is its file's."""
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        where = str(path.relative_to(ROOT))
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            owner = f"{where}::{node.name}" if isinstance(node, ast.FunctionDef) else where
            for call in (inner for inner in ast.walk(node) if isinstance(inner, ast.Call)):
                if ast.unparse(call.func) == "pytest.mark.golden":
                    found += [(ast.literal_eval(argument), owner) for argument in call.args]
    return found


def unit_test_claims() -> list[tuple[str, str]]:
    """(golden id, test) of every dbt unit test whose meta names a golden."""
    found = []
    for path in sorted((ROOT / "dbt" / "models").rglob("*.yml")):
        declared = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for test in declared.get("unit_tests", []):
            named = test.get("config", {}).get("meta", {}).get("golden", [])
            where = f"{path.relative_to(ROOT)}::{test['name']}"
            found += [(golden, where) for golden in named]
    return found


def main() -> int:
    """Prints every golden with its tests; 1 when one is missing or a claim names none."""
    figures, proofs = goldens(), claims()
    missing = [golden for golden in figures if golden not in proofs]
    unknown = sorted(proofs.keys() - figures.keys())
    lines = []
    for golden, figure in figures.items():
        lines.append(f"{golden}: {figure}")
        lines += [f"    {test}" for test in proofs.get(golden, ["MISSING"])]
    lines += [f"unknown golden {golden}: {', '.join(proofs[golden])}" for golden in unknown]
    lines.append(
        f"{len(figures)} goldens, {len(figures) - len(missing)} proved, {len(missing)} missing"
    )
    lines += [f"    missing {golden}" for golden in missing]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if missing or unknown else 0


if __name__ == "__main__":
    sys.exit(main())
