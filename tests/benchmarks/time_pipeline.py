"""How long a run takes on this machine: a demo company of some size, landed, built and published.

    python -m tests.benchmarks.time_pipeline --customers 200 1000 5000

Prints one line of JSON per size: files and lines delivered, seconds per phase as the run reports
them, seconds of the whole command, and of a second run that finds nothing new; then how both grew
against the first size. Not a test: numbers of one machine are no limit for another.
"""

import argparse
import json
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from sources.demo import generate
from tests.end_to_end.company_home import Finished, found, keizoku

UNTIL = date(2026, 6, 30)


def time_size(customers: int, months: int) -> dict:
    """Facts and seconds of one demo company."""
    with tempfile.TemporaryDirectory() as folder:
        home = found(Path(folder) / "home")
        generating = time.perf_counter()
        generate(home / "inbox", customers=customers, months=months, until=UNTIL)
        generated = time.perf_counter()
        files = [path for path in (home / "inbox").rglob("*") if path.is_file()]
        rows = sum(path.read_bytes().count(b"\n") for path in files)
        first, first_seconds = _timed_run(home)
        _, second_seconds = _timed_run(home)
    return {
        "customers": customers,
        "months": months,
        "files": len(files),
        "lines": rows,
        "generate": round(generated - generating, 1),
        "run": first_seconds,
        "phases": first.json["seconds"],
        "run_with_nothing_new": second_seconds,
    }


def _timed_run(home: Path) -> tuple[Finished, float]:
    started = time.perf_counter()
    done = keizoku(home, "run", "--as-of", UNTIL.isoformat())
    if done.code not in (0, 3):
        raise SystemExit(done.text)
    return done, round(time.perf_counter() - started, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--months", type=int, default=24)
    arguments = parser.parse_args()
    first = None
    for customers in arguments.customers:
        timed = time_size(customers, arguments.months)
        first = first or timed
        timed |= {
            f"{name}_against_first": round(timed[name] / first[name], 1)
            for name in ("lines", "run")
        }
        sys.stdout.write(json.dumps(timed) + "\n")


if __name__ == "__main__":
    main()
